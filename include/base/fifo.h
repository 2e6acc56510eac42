/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_FIFO_H
#define BASE_FIFO_H
/*
 * fifo.h - a growing first-in first-out row of small objects of one size.
 *
 * Threads    belongs to one thread. Ownership: pointers into it die with the next push or pop.
 * Limits     grows by doubling and gives its memory back when it runs empty after having been
 *            large. All zeros is an empty fifo.
 */
#include "base/compiler.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIFO_SLOTS_MIN = 4, FIFO_SLOTS_KEPT_MAX = 64 };

struct fifo {
    uint8_t *slots;
    uint32_t head, count, capacity; /* capacity is a power of two, or 0 */
};

static inline void *fifo_at(const struct fifo *fifo, size_t object_len, uint32_t index)
{
    assert(index < fifo->count);
    return fifo->slots + ((fifo->head + index) & (fifo->capacity - 1)) * object_len;
}

static inline int fifo_grow(struct fifo *fifo, size_t object_len)
{
    const uint32_t capacity = fifo->capacity ? 2 * fifo->capacity : FIFO_SLOTS_MIN;
    uint8_t *slots = fifo->count < UINT32_MAX / 4 ? malloc(capacity * object_len) : NULL;

    if (!slots)
        return -1;
    for (uint32_t i = 0; i < fifo->count; i++)
        memcpy(slots + i * object_len, fifo_at(fifo, object_len, i), object_len);
    free(fifo->slots);
    fifo->slots = slots;
    fifo->capacity = capacity;
    fifo->head = 0;
    return 0;
}

/* Room for one more at the end, not initialised; NULL: no memory. */
static inline void *fifo_push(struct fifo *fifo, size_t object_len)
{
    if (fifo->count == fifo->capacity && fifo_grow(fifo, object_len) != 0)
        return NULL;
    fifo->count++;
    return fifo_at(fifo, object_len, fifo->count - 1);
}

static inline void fifo_fini(struct fifo *fifo)
{
    free(fifo->slots);
    memset(fifo, 0, sizeof *fifo);
}

static inline void fifo_pop(struct fifo *fifo)
{
    assert(fifo->count > 0);
    fifo->head = (fifo->head + 1) & (fifo->capacity - 1);
    if (--fifo->count == 0 && fifo->capacity > FIFO_SLOTS_KEPT_MAX)
        fifo_fini(fifo);
}
#endif
