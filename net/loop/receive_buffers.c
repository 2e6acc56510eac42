/* SPDX-License-Identifier: Apache-2.0 */
#include "receive_buffers.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
    OFFERED_BYTES_MIN = 512 * 1024, /* about what stays in a core's own cache */
    OFFERED_MIN = 16,
    ADAPT_TURNS = 4096,
};

static size_t ring_len(const struct receive_buffers *buffers)
{
    return buffers->count * sizeof(struct io_uring_buf);
}

static void *map(size_t len)
{
    void *memory = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

static uint32_t offered_min(uint32_t count, uint32_t buffer_len)
{
    uint32_t least = OFFERED_BYTES_MIN / buffer_len;

    if (least < OFFERED_MIN)
        least = OFFERED_MIN;
    return least < count ? least : count;
}

int receive_buffers_init(struct receive_buffers *buffers, struct io_uring *ring, uint32_t count,
                         uint32_t buffer_len)
{
    struct io_uring_buf_reg registration = {.ring_entries = count, .bgid = RECEIVE_GROUP};

    assert(count > 0 && count <= 32768 && (count & (count - 1)) == 0);
    assert(buffer_len > 0);
    *buffers = (struct receive_buffers){
        .count = count,
        .buffer_len = buffer_len,
        .stride = RECEIVE_HEADROOM + buffer_len,
        .offered_min = offered_min(count, buffer_len),
    };
    buffers->offered_wanted = buffers->offered_min;
    buffers->spare = calloc(count, sizeof *buffers->spare);
    buffers->ring = map(ring_len(buffers));
    buffers->memory = map(buffers->stride * count);
    if (!buffers->spare || !buffers->ring || !buffers->memory) {
        receive_buffers_fini(buffers);
        return -ENOMEM;
    }
    for (uint32_t id = count; id-- > 0;)
        buffers->spare[buffers->spare_count++] = (uint16_t)id;
    io_uring_buf_ring_init(buffers->ring);
    registration.ring_addr = (uintptr_t)buffers->ring;
    return io_uring_register_buf_ring(ring, &registration, 0);
}

void receive_buffers_fini(struct receive_buffers *buffers)
{
    free(buffers->spare);
    if (buffers->ring)
        munmap(buffers->ring, ring_len(buffers));
    if (buffers->memory)
        munmap(buffers->memory, buffers->stride * buffers->count);
    *buffers = (struct receive_buffers){0};
}

static uint8_t *buffer_at(const struct receive_buffers *buffers, uint16_t id)
{
    return buffers->memory + id * buffers->stride + RECEIVE_HEADROOM;
}

uint8_t *receive_buffers_take(struct receive_buffers *buffers, uint16_t id)
{
    assert(id < buffers->count);
    assert(buffers->offered > 0);
    buffers->offered--;
    buffers->taken++;
    return buffer_at(buffers, id);
}

void receive_buffers_give(struct receive_buffers *buffers, uint16_t id)
{
    assert(buffers->spare_count < buffers->count); /* else one was given back twice */
    buffers->spare[buffers->spare_count++] = id;
}

void receive_buffers_note_shortage(struct receive_buffers *buffers)
{
    buffers->shortages++;
}

/* A few connections that run short are served in the next turn, from warm memory: that is cheaper
 * than more buffers. Many of them mean that there are too few. */
static void adapt(struct receive_buffers *buffers)
{
    if (buffers->shortages > buffers->offered_wanted / 4 &&
        buffers->offered_wanted < buffers->count)
        buffers->offered_wanted *= 2;
    if (buffers->taken > buffers->taken_max)
        buffers->taken_max = buffers->taken;
    buffers->taken = buffers->shortages = 0;
    if (++buffers->turns < ADAPT_TURNS)
        return;
    if (buffers->taken_max < buffers->offered_wanted / 4 &&
        buffers->offered_wanted / 2 >= buffers->offered_min)
        buffers->offered_wanted /= 2;
    buffers->turns = buffers->taken_max = 0;
}

void receive_buffers_publish(struct receive_buffers *buffers)
{
    struct io_uring_buf *slots = (struct io_uring_buf *)(void *)buffers->ring;
    const uint16_t mask = (uint16_t)(buffers->count - 1);
    uint16_t tail = buffers->ring->tail;

    adapt(buffers);
    while (buffers->offered < buffers->offered_wanted && buffers->spare_count > 0) {
        const uint16_t id = buffers->spare[--buffers->spare_count];
        struct io_uring_buf *slot = &slots[tail++ & mask];

        /* Not the whole slot: the ring's tail lies in the unused field of the first one. */
        slot->addr = (uintptr_t)buffer_at(buffers, id);
        slot->len = buffers->buffer_len;
        slot->bid = id;
        buffers->offered++;
    }
    io_uring_smp_store_release(&buffers->ring->tail, tail);
}
