/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A time is read as digits to the base of 64. A timer lies on the level of the highest digit in
 * which its time differs from now, in the slot of that digit. So a lower level is always earlier
 * than a higher one, a lower slot earlier than a higher one of the same level, and the place of a
 * timer stays right as long as now does not reach the start of its slot.
 */
#include "base/wheel.h"
#include <assert.h>

enum { DIGIT_BITS = 6 };

static_assert(WHEEL_SLOTS == 1 << DIGIT_BITS, "a slot for each value of a digit");
static_assert(WHEEL_SLOTS == 64, "a bit of a word for each slot");

struct place {
    unsigned level; /* WHEEL_LEVELS: beyond the last one */
    unsigned slot;
};

/* The next time at which something is to be done. */
struct step {
    struct place place;
    int64_t at_ms; /* INT64_MAX: never */
};

static unsigned digit(int64_t at_ms, unsigned level)
{
    return (unsigned)((uint64_t)at_ms >> (level * DIGIT_BITS)) % WHEEL_SLOTS;
}

static struct place place_of(const struct wheel *wheel, int64_t at_ms)
{
    const uint64_t differs = (uint64_t)at_ms ^ (uint64_t)wheel->now_ms;
    unsigned level = 0;

    if (differs != 0)
        level = (63 - (unsigned)__builtin_clzll(differs)) / DIGIT_BITS;
    if (level >= WHEEL_LEVELS)
        return (struct place){WHEEL_LEVELS, 0};
    return (struct place){level, digit(at_ms, level)};
}

static void put(struct wheel *wheel, struct timer *timer)
{
    const struct place place = place_of(wheel, timer->at_ms);

    if (place.level == WHEEL_LEVELS) {
        list_append(&wheel->far, &timer->node);
        return;
    }
    list_append(&wheel->slots[place.level][place.slot], &timer->node);
    wheel->occupied[place.level] |= UINT64_C(1) << place.slot;
}

/* Moves a whole list, so that what is set while its timers are handled does not join them. */
static void take_list(struct list_node *from, struct list_node *to)
{
    list_init(to);
    if (list_is_empty(from))
        return;
    *to = *from;
    to->next->prev = to;
    to->prev->next = to;
    list_init(from);
}

static void fire_all(struct list_node *timers)
{
    while (!list_is_empty(timers)) { /* a callback may cancel any other of them */
        struct timer *timer = LIST_ENTRY(timers->next, struct timer, node);

        list_remove(&timer->node);
        timer->fire(timer);
    }
}

static void put_all(struct wheel *wheel, struct list_node *timers)
{
    LIST_FOR_EACH_SAFE(node, timers) {
        list_remove(node);
        put(wheel, LIST_ENTRY(node, struct timer, node));
    }
}

static struct step next_step(const struct wheel *wheel)
{
    const uint64_t now = (uint64_t)wheel->now_ms;

    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        unsigned slot, shift = level * DIGIT_BITS;

        if (wheel->occupied[level] == 0)
            continue;
        slot = (unsigned)__builtin_ctzll(wheel->occupied[level]);
        return (struct step){
            {level, slot},
            (int64_t)((now >> shift >> DIGIT_BITS << DIGIT_BITS | slot) << shift),
        };
    }
    if (!list_is_empty(&wheel->far)) {
        const uint64_t range = UINT64_C(1) << (WHEEL_LEVELS * DIGIT_BITS);

        return (struct step){{WHEEL_LEVELS, 0}, (int64_t)((now | (range - 1)) + 1)};
    }
    return (struct step){{WHEEL_LEVELS, 0}, INT64_MAX};
}

void wheel_init(struct wheel *wheel, int64_t now_ms)
{
    wheel->now_ms = now_ms;
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        wheel->occupied[level] = 0;
        for (unsigned slot = 0; slot < WHEEL_SLOTS; slot++)
            list_init(&wheel->slots[level][slot]);
    }
    list_init(&wheel->due);
    list_init(&wheel->far);
}

void timer_init(struct timer *timer, void (*fire)(struct timer *timer))
{
    list_init(&timer->node);
    timer->at_ms = 0;
    timer->fire = fire;
}

bool timer_is_set(const struct timer *timer)
{
    return !list_is_empty(&timer->node);
}

void wheel_set(struct wheel *wheel, struct timer *timer, int64_t at_ms)
{
    wheel_cancel(wheel, timer);
    timer->at_ms = at_ms;
    if (at_ms <= wheel->now_ms)
        list_append(&wheel->due, &timer->node);
    else
        put(wheel, timer);
}

void wheel_cancel(struct wheel *wheel, struct timer *timer)
{
    struct place place;

    if (!timer_is_set(timer))
        return;
    list_remove(&timer->node);
    /* The timer may have been in another list than this one; an empty slot's bit is clear anyway.
     */
    place = place_of(wheel, timer->at_ms);
    if (place.level < WHEEL_LEVELS && list_is_empty(&wheel->slots[place.level][place.slot]))
        wheel->occupied[place.level] &= ~(UINT64_C(1) << place.slot);
}

void wheel_advance(struct wheel *wheel, int64_t now_ms)
{
    struct list_node taken;

    take_list(&wheel->due, &taken);
    fire_all(&taken);
    for (;;) {
        const struct step step = next_step(wheel);

        if (step.at_ms > now_ms || step.at_ms == INT64_MAX)
            break;
        wheel->now_ms = step.at_ms;
        if (step.place.level == WHEEL_LEVELS) {
            take_list(&wheel->far, &taken);
            put_all(wheel, &taken);
            continue;
        }
        take_list(&wheel->slots[step.place.level][step.place.slot], &taken);
        wheel->occupied[step.place.level] &= ~(UINT64_C(1) << step.place.slot);
        if (step.place.level == 0)
            fire_all(&taken);
        else
            put_all(wheel, &taken); /* to lower levels: each timer moves at most once a level */
    }
    if (now_ms > wheel->now_ms)
        wheel->now_ms = now_ms;
}

int64_t wheel_next_ms(const struct wheel *wheel)
{
    if (!list_is_empty(&wheel->due))
        return wheel->now_ms;
    return next_step(wheel).at_ms;
}
