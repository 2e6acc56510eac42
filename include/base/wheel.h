/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_WHEEL_H
#define BASE_WHEEL_H
/*
 * wheel.h - a hierarchical timing wheel with ticks of one millisecond.
 *
 * Threads    belongs to one thread. Ownership: a timer is embedded in its owner, who cancels it
 *            before it dies. Order: timers fire in order of their tick; within one, in any order.
 * Limits     set and cancel take constant time. A timer never fires early; it may be set again
 *            from its own callback. Times are milliseconds of whatever clock the caller uses.
 */
#include "base/compiler.h"
#include "base/list.h"
#include <stdint.h>

struct timer {
    struct list_node node;
    int64_t at_ms; /* valid while set */
    void (*fire)(struct timer *timer);
};

enum { WHEEL_LEVELS = 6, WHEEL_SLOTS = 64 };

struct wheel {
    int64_t now_ms;
    uint64_t occupied[WHEEL_LEVELS]; /* one bit a slot that has timers */
    struct list_node slots[WHEEL_LEVELS][WHEEL_SLOTS];
    struct list_node due; /* set for the past: fire first at the next advance */
    struct list_node far; /* beyond the last level: placed again when the wheel comes round */
};

void wheel_init(struct wheel *wheel, int64_t now_ms);
void timer_init(struct timer *timer, void (*fire)(struct timer *timer));
bool timer_is_set(const struct timer *timer);
/* Times in the past fire at the next advance. Setting a set timer moves it. */
void wheel_set(struct wheel *wheel, struct timer *timer, int64_t at_ms);
void wheel_cancel(struct wheel *wheel, struct timer *timer); /* an unset timer is allowed */
/* Fires what is due by `now_ms`; steps from timer to timer, however long the gap. A time in the
 * past only fires what was set for the past. */
void wheel_advance(struct wheel *wheel, int64_t now_ms);
/* A time not later than the next timer's, INT64_MAX when none is set. */
int64_t wheel_next_ms(const struct wheel *wheel);
#endif
