/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_WINDOW_H
#define ENGINE_WINDOW_H
/*
 * window.h - what a subscription has dispatched and its consumer has not acknowledged, by tag.
 *
 * Most topic messages are dispatched at once and acknowledged without more ado: they stand here
 * as items alone. What else happens to one (it is returned, refused, part of a transaction) makes
 * an entry of it first.
 *
 * Threads    the engine's own (shard.h).
 */
#include "subscription.h"

/* The body may settle the tag. */
#define WINDOW_FOR_EACH(tag, window, first, last) \
    for (uint64_t tag = window_next(window, first); tag != 0 && tag <= (last); \
         tag = window_next(window, tag + 1))
#define WINDOW_FOR_EACH_BACKWARDS(tag, window, first, last) \
    for (uint64_t tag = window_previous(window, last); tag != 0 && tag >= (first); \
         tag = window_previous(window, tag - 1))

void window_init(struct window *window);
void window_restart(struct window *window); /* empty; tags begin at 1 for a new consumer */
void window_fini(struct window *window);    /* empty */
int window_push(struct window *window, struct entry *entry, uint64_t *tag) MUST_CHECK;
int window_push_item(struct window *window, struct item *item, uint64_t *tag) MUST_CHECK;
/* NULL: settled, unknown, or an item alone. */
struct entry *window_at(const struct window *window, uint64_t tag);
struct entry *window_take(struct window *window, uint64_t tag);
/* NULL: settled, unknown, or an entry. The reference passes to the caller. */
struct item *window_take_item(struct window *window, uint64_t tag);
/* If an item stands alone there, makes an entry of it; without memory for that, drops it. */
void window_make_entry(struct engine *engine, struct window *window, uint64_t tag);
/* The first unacknowledged tag from `tag` on, and the last one up to `tag`; 0: there is none. */
uint64_t window_next(const struct window *window, uint64_t tag);
uint64_t window_previous(const struct window *window, uint64_t tag);
/* Forgets all entries of one queue, which is being removed. */
void window_take_queue(struct engine *engine, struct subscription *subscription,
                       const struct destination *queue);
#endif
