/* SPDX-License-Identifier: Apache-2.0 */
#include "window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "destination.h"

enum { WINDOW_FIRST_CAPACITY = 8, WINDOW_SPARSE_MIN = 1024 };

struct straggler {
    uint64_t tag;
    uintptr_t value;
};

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
    free(window->stragglers);
}

/* Pointers are even: an odd slot is an item, and 0 is settled. */
static uintptr_t *slot(const struct window *window, uint32_t index)
{
    return &window->slots[(window->head + index) & (window->capacity - 1)];
}

/* Index of the first straggler whose tag is not below. */
static uint32_t straggler_from(const struct window *window, uint64_t tag)
{
    uint32_t low = 0, high = window->straggler_count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (window->stragglers[middle].tag < tag)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Where the value of a tag stands; NULL: nowhere. */
static uintptr_t *place_of(const struct window *window, uint64_t tag)
{
    uint32_t index;

    if (LIKELY(tag >= window->base_tag))
        return tag - window->base_tag < window->len
                   ? slot(window, (uint32_t)(tag - window->base_tag))
                   : NULL;
    index = straggler_from(window, tag);
    return index < window->straggler_count && window->stragglers[index].tag == tag
               ? &window->stragglers[index].value
               : NULL;
}

static uintptr_t slot_at(const struct window *window, uint64_t tag)
{
    const uintptr_t *place = place_of(window, tag);

    return place ? *place : 0;
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

static int make_room_for_stragglers(struct window *window)
{
    uint32_t capacity = window->straggler_count + window->live;
    struct straggler *row;

    if (window->straggler_capacity >= capacity)
        return 0;
    row = realloc(window->stragglers, capacity * sizeof *row);
    if (!row)
        return -ENOMEM;
    window->stragglers = row;
    window->straggler_capacity = capacity;
    return 0;
}

static void pop(struct window *window)
{
    window->head = (window->head + 1) & (window->capacity - 1);
    window->base_tag++;
    window->len--;
}

/* A full ring of which little is still unacknowledged: the older half moves behind. */
static bool thin_out(struct window *window)
{
    uint32_t in_ring = window->live - window->straggler_count;

    if (window->len < WINDOW_SPARSE_MIN || in_ring > window->len / 4 ||
        make_room_for_stragglers(window) != 0)
        return false;
    for (uint32_t left = window->len / 2; left > 0; left--) {
        uintptr_t value = *slot(window, 0);

        if (value)
            window->stragglers[window->straggler_count++] =
                (struct straggler){window->base_tag, value};
        pop(window);
    }
    return true;
}

static int push(struct window *window, uintptr_t value, uint64_t *tag)
{
    if (window->len == window->capacity && !thin_out(window) && grow(window) != 0)
        return -ENOMEM;
    *slot(window, window->len) = value;
    *tag = window->base_tag + window->len;
    window->len++;
    window->live++;
    return 0;
}

static void forget_straggler(struct window *window, uint64_t tag)
{
    uint32_t index = straggler_from(window, tag);

    window->straggler_count--;
    memmove(&window->stragglers[index], &window->stragglers[index + 1],
            (window->straggler_count - index) * sizeof window->stragglers[0]);
}

/* The tag is in the window. */
static void clear(struct window *window, uint64_t tag)
{
    window->live--;
    if (UNLIKELY(tag < window->base_tag)) {
        forget_straggler(window, tag);
        return;
    }
    *slot(window, (uint32_t)(tag - window->base_tag)) = 0;
    while (window->len > 0 && *slot(window, 0) == 0)
        pop(window);
}

uint64_t window_next(const struct window *window, uint64_t tag)
{
    uint32_t index;

    if (UNLIKELY(tag < window->base_tag)) {
        index = straggler_from(window, tag);
        if (index < window->straggler_count)
            return window->stragglers[index].tag;
        tag = window->base_tag;
    }
    for (; tag - window->base_tag < window->len; tag++)
        if (*slot(window, (uint32_t)(tag - window->base_tag)))
            return tag;
    return 0;
}

uint64_t window_previous(const struct window *window, uint64_t tag)
{
    uint64_t newest = window->base_tag + window->len - 1;
    uint32_t index;

    if (window->len > 0) {
        for (tag = tag < newest ? tag : newest; tag >= window->base_tag; tag--)
            if (*slot(window, (uint32_t)(tag - window->base_tag)))
                return tag;
    }
    index = tag == UINT64_MAX ? window->straggler_count : straggler_from(window, tag + 1);
    return index > 0 ? window->stragglers[index - 1].tag : 0;
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
        *place_of(window, tag) = (uintptr_t)entry;
    } else {
        clear(window, tag);
    }
    item_unref(engine, item); /* the slot's; the entry has its own */
}

void window_take_queue(struct engine *engine, struct subscription *subscription,
                       const struct destination *queue)
{
    WINDOW_FOR_EACH(tag, &subscription->window, 0, UINT64_MAX) {
        struct entry *entry = window_at(&subscription->window, tag);

        if (entry && entry->queue == queue) {
            if (entry->extended)
                subscription->extension--;
            queue_forget(engine, window_take(&subscription->window, tag));
        }
    }
}
