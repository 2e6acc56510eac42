/* SPDX-License-Identifier: Apache-2.0 */
#include "window.h"

#include <errno.h>
#include <stdlib.h>

#include "destination.h"

enum { WINDOW_FIRST_CAPACITY = 8 };

void window_init(struct window *window)
{
    *window = (struct window){.base_tag = 1};
}

void window_restart(struct window *window)
{
    assert(window->live == 0);
    window->head = window->len = 0;
    window->base_tag = 1;
}

void window_fini(struct window *window)
{
    assert(window->live == 0);
    free(window->slots);
}

/* Pointers are even: an odd slot is an item, and 0 is settled. */
static uintptr_t *slot(const struct window *window, uint32_t index)
{
    return &window->slots[(window->head + index) & (window->capacity - 1)];
}

static uintptr_t slot_at(const struct window *window, uint64_t tag)
{
    if (tag < window->base_tag || tag - window->base_tag >= window->len)
        return 0;
    return *slot(window, (uint32_t)(tag - window->base_tag));
}

static int grow(struct window *window)
{
    uint32_t capacity = window->capacity ? window->capacity * 2 : WINDOW_FIRST_CAPACITY;
    uintptr_t *slots = malloc(capacity * sizeof *slots);

    if (!slots)
        return -ENOMEM;
    for (uint32_t i = 0; i < window->len; i++)
        slots[i] = *slot(window, i);
    free(window->slots);
    window->slots = slots;
    window->capacity = capacity;
    window->head = 0;
    return 0;
}

static int push(struct window *window, uintptr_t value, uint64_t *tag)
{
    if (window->len == window->capacity && grow(window) != 0)
        return -ENOMEM;
    *slot(window, window->len) = value;
    *tag = window->base_tag + window->len;
    window->len++;
    window->live++;
    return 0;
}

static void clear(struct window *window, uint64_t tag)
{
    *slot(window, (uint32_t)(tag - window->base_tag)) = 0;
    window->live--;
    while (window->len > 0 && *slot(window, 0) == 0) {
        window->head = (window->head + 1) & (window->capacity - 1);
        window->base_tag++;
        window->len--;
    }
}

int window_push(struct window *window, struct entry *entry, uint64_t *tag)
{
    return push(window, (uintptr_t)entry, tag);
}

int window_push_item(struct window *window, struct item *item, uint64_t *tag)
{
    int error = push(window, (uintptr_t)item | 1, tag);

    if (error == 0)
        item->refs++;
    return error;
}

struct entry *window_at(const struct window *window, uint64_t tag)
{
    uintptr_t value = slot_at(window, tag);

    return value & 1 ? NULL : (struct entry *)value;
}

struct entry *window_take(struct window *window, uint64_t tag)
{
    struct entry *entry = window_at(window, tag);

    if (entry)
        clear(window, tag);
    return entry;
}

struct item *window_take_item(struct window *window, uint64_t tag)
{
    uintptr_t value = slot_at(window, tag);

    if (!(value & 1))
        return NULL;
    clear(window, tag);
    return (struct item *)(value - 1);
}

void window_make_entry(struct engine *engine, struct window *window, uint64_t tag)
{
    uintptr_t value = slot_at(window, tag);
    struct item *item = (struct item *)(value & ~(uintptr_t)1);
    struct entry *entry;

    if (!(value & 1))
        return;
    entry = entry_create(engine, item->message, item, NULL);
    if (entry) {
        entry->dispatched = true;
        *slot(window, (uint32_t)(tag - window->base_tag)) = (uintptr_t)entry;
    } else {
        clear(window, tag);
    }
    item_unref(engine, item); /* the slot's; the entry has its own */
}

bool window_clip(const struct window *window, uint64_t *first, uint64_t *last)
{
    if (window->len == 0)
        return false;
    if (*first < window->base_tag)
        *first = window->base_tag;
    if (*last > window->base_tag + window->len - 1)
        *last = window->base_tag + window->len - 1;
    return *first <= *last;
}

void window_take_queue(struct engine *engine, struct subscription *subscription,
                       const struct destination *queue)
{
    uint64_t first = 0, last = UINT64_MAX;

    if (!window_clip(&subscription->window, &first, &last))
        return;
    for (uint64_t tag = first; tag <= last; tag++) {
        struct entry *entry = window_at(&subscription->window, tag);

        if (entry && entry->queue == queue) {
            if (entry->extended)
                subscription->extension--;
            queue_forget(engine, window_take(&subscription->window, tag));
        }
    }
}
