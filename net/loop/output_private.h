/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OUTPUT_PRIVATE_H
#define OUTPUT_PRIVATE_H
/*
 * output_private.h - the inside of an output, for the connection that sends it.
 *
 * The bytes are a list of pieces. A piece refers either to a part of a chunk, which it shares with
 * the pieces before and after it, or to bytes of somebody else. The last piece of a chunk grows
 * in place, also while the kernel sends its beginning: what was sent is counted in bytes.
 *
 * Threads    belongs to its loop's thread.
 * Ownership  a piece holds one reference of what it refers to. Without unsent bytes an output
 *            holds neither piece nor chunk.
 */
#include "base/list.h"
#include "base/pool.h"
#include "loop/output.h"
#include <sys/uio.h>

struct output_chunk;
struct output_piece;

enum output_state {
    OUTPUT_OPEN,
    OUTPUT_BROKEN, /* no memory: its connection must end */
    OUTPUT_SHUT,   /* nothing is sent any more */
};

/* One a loop. */
struct output_pool {
    struct pool chunks, pieces;
    struct list_node dirty; /* outputs that want to be looked at before the loop waits */
    uint8_t scratch[OUTPUT_RESERVE_MAX];
};

struct output {
    uint8_t *at, *end; /* room in the last piece; equal when it cannot grow */
    struct output_piece *first, *last;
    struct output_chunk *chunk; /* the one being filled */
    struct output_pool *pool;
    uint64_t written, sent;
    struct list_node dirty;
    enum output_state state;
};

void output_pool_init(struct output_pool *pool);
void output_pool_fini(struct output_pool *pool);

void output_init(struct output *output, struct output_pool *pool);
void output_fini(struct output *output); /* releases what was not sent */
void output_shut(struct output *output); /* later writes are swallowed */

/* Puts the output on its pool's dirty list. */
static inline void output_mark_dirty(struct output *output)
{
    if (list_is_empty(&output->dirty))
        list_append(&output->pool->dirty, &output->dirty);
}

/* Fills in at most `max` vectors with what is unsent and returns how many. */
unsigned output_gather(const struct output *output, struct iovec *vectors, unsigned max);
void output_consume(struct output *output, size_t len); /* the first `len` bytes were sent */
#endif
