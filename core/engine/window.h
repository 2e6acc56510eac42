/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_WINDOW_H
#define ENGINE_WINDOW_H
/*
 * window.h - the dispatched, unacknowledged entries of a subscription, found by tag.
 */
#include "subscription.h"

void window_init(struct window *window);
void window_restart(struct window *window); /* empty; tags begin at 1 for a new consumer */
void window_fini(struct window *window);    /* empty */
int window_push(struct window *window, struct entry *entry, uint64_t *tag) MUST_CHECK;
struct entry *window_at(const struct window *window, uint64_t tag); /* NULL: settled, unknown */
struct entry *window_take(struct window *window, uint64_t tag);
/* Narrows the range to tags in the window; false: none is left. */
bool window_clip(const struct window *window, uint64_t *first, uint64_t *last);
/* Forgets all entries of one queue, which is being removed. */
void window_take_queue(struct engine *engine, struct subscription *subscription,
                       const struct destination *queue);
#endif
