/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RECEIVE_BUFFERS_H
#define RECEIVE_BUFFERS_H
/*
 * receive_buffers.h - the buffers the kernel receives into, shared by all connections of a loop.
 *
 * The kernel takes buffers in the order they were offered. With all of them on offer it would walk
 * through the whole memory again and again, past every cache. So only as many are on offer as
 * the traffic needs, and those given back last are offered first.
 *
 * Threads    belongs to its loop's thread.
 * Ownership  a buffer is the kernel's from publish until its completion, then the receiver's
 *            until receive_buffers_give.
 * Limits     count <= 32768, the kernel's limit for a buffer ring.
 */
#include "base/compiler.h"
#include <liburing.h>
#include <stdint.h>

enum {
    RECEIVE_GROUP = 0,
    /* Room in front of each buffer: a short rest of earlier bytes is put there, so that even a
     * torn frame is parsed in place. A page, which keeps the buffers themselves aligned. */
    RECEIVE_HEADROOM = 4096,
};

struct receive_buffers {
    struct io_uring_buf_ring *ring;
    uint8_t *memory;
    uint16_t *spare; /* a stack of buffers not on offer */
    size_t stride;
    uint32_t count, buffer_len;
    uint32_t spare_count;
    uint32_t offered, offered_min, offered_wanted;
    uint32_t taken, taken_max, shortages, turns; /* what offered_wanted is adapted by */
};

int receive_buffers_init(struct receive_buffers *buffers, struct io_uring *ring, uint32_t count,
                         uint32_t buffer_len) MUST_CHECK;
void receive_buffers_fini(struct receive_buffers *buffers); /* after the ring is gone */

/* The buffer a completion names; RECEIVE_HEADROOM bytes in front of it may be written too. */
uint8_t *receive_buffers_take(struct receive_buffers *buffers, uint16_t id);
void receive_buffers_give(struct receive_buffers *buffers, uint16_t id);
void receive_buffers_note_shortage(struct receive_buffers *buffers);
/* Offers buffers to the kernel. Once a turn: the kernel takes some only while we are inside it. */
void receive_buffers_publish(struct receive_buffers *buffers);
#endif
