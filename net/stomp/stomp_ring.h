/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STOMP_RING_H
#define STOMP_RING_H
/*
 * stomp_ring.h - a growing first-in first-out row of small objects of one size.
 *
 * Threads    belongs to one thread. Ownership: pointers into it die with the next push or pop.
 * Limits     grows by doubling and gives its memory back when it runs empty after having been
 *            large. All zeros is an empty ring.
 */
#include "base/compiler.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { RING_SLOTS_MIN = 4, RING_SLOTS_KEPT_MAX = 64 };

struct stomp_ring {
    uint8_t *slots;
    uint32_t head, count, capacity; /* capacity is a power of two, or 0 */
};

static inline void *ring_at(const struct stomp_ring *ring, size_t object_len, uint32_t index)
{
    assert(index < ring->count);
    return ring->slots + ((ring->head + index) & (ring->capacity - 1)) * object_len;
}

static inline int ring_grow(struct stomp_ring *ring, size_t object_len)
{
    const uint32_t capacity = ring->capacity ? 2 * ring->capacity : RING_SLOTS_MIN;
    uint8_t *slots = ring->count < UINT32_MAX / 4 ? malloc(capacity * object_len) : NULL;

    if (!slots)
        return -1;
    for (uint32_t i = 0; i < ring->count; i++)
        memcpy(slots + i * object_len, ring_at(ring, object_len, i), object_len);
    free(ring->slots);
    ring->slots = slots;
    ring->capacity = capacity;
    ring->head = 0;
    return 0;
}

/* Room for one more at the end, not initialised; NULL: no memory. */
static inline void *ring_push(struct stomp_ring *ring, size_t object_len)
{
    if (ring->count == ring->capacity && ring_grow(ring, object_len) != 0)
        return NULL;
    ring->count++;
    return ring_at(ring, object_len, ring->count - 1);
}

static inline void ring_fini(struct stomp_ring *ring)
{
    free(ring->slots);
    memset(ring, 0, sizeof *ring);
}

static inline void ring_pop(struct stomp_ring *ring)
{
    assert(ring->count > 0);
    ring->head = (ring->head + 1) & (ring->capacity - 1);
    if (--ring->count == 0 && ring->capacity > RING_SLOTS_KEPT_MAX)
        ring_fini(ring);
}
#endif
