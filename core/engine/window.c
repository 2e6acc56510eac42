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

static struct entry **slot(const struct window *window, uint32_t index)
{
    return &window->slots[(window->head + index) & (window->capacity - 1)];
}

static int grow(struct window *window)
{
    uint32_t capacity = window->capacity ? window->capacity * 2 : WINDOW_FIRST_CAPACITY;
    struct entry **slots = malloc(capacity * sizeof(struct entry *));

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

int window_push(struct window *window, struct entry *entry, uint64_t *tag)
{
    if (window->len == window->capacity && grow(window) != 0)
        return -ENOMEM;
    *slot(window, window->len) = entry;
    *tag = window->base_tag + window->len;
    window->len++;
    window->live++;
    return 0;
}

struct entry *window_at(const struct window *window, uint64_t tag)
{
    if (tag < window->base_tag || tag - window->base_tag >= window->len)
        return NULL;
    return *slot(window, (uint32_t)(tag - window->base_tag));
}

struct entry *window_take(struct window *window, uint64_t tag)
{
    struct entry *entry = window_at(window, tag);

    if (!entry)
        return NULL;
    *slot(window, (uint32_t)(tag - window->base_tag)) = NULL;
    window->live--;
    while (window->len > 0 && !*slot(window, 0)) {
        window->head = (window->head + 1) & (window->capacity - 1);
        window->base_tag++;
        window->len--;
    }
    return entry;
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
