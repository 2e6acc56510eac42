/* SPDX-License-Identifier: Apache-2.0 */
#include "output_private.h"
#include <assert.h>

enum { CHUNK_LEN = OUTPUT_RESERVE_MAX };

struct output_chunk {
    struct pool *pool;
    uint32_t ref_count; /* the output that fills it, and each piece that refers to it */
    uint8_t bytes[CHUNK_LEN];
};

struct output_piece {
    struct output_piece *next;
    const uint8_t *bytes;
    size_t len;
    void (*release)(void *owner);
    void *owner;
};

void output_pool_init(struct output_pool *pool)
{
    pool_init(&pool->chunks, sizeof(struct output_chunk));
    pool_init(&pool->pieces, sizeof(struct output_piece));
    list_init(&pool->dirty);
}

void output_pool_fini(struct output_pool *pool)
{
    assert(list_is_empty(&pool->dirty)); /* an output outlives its pool */
    pool_fini(&pool->pieces);
    pool_fini(&pool->chunks);
}

static void chunk_unref(void *owner)
{
    struct output_chunk *chunk = owner;

    assert(chunk->ref_count > 0);
    if (--chunk->ref_count == 0)
        pool_give(chunk->pool, chunk);
}

void output_init(struct output *output, struct output_pool *pool)
{
    *output = (struct output){.pool = pool};
    list_init(&output->dirty);
}

static void drop_chunk(struct output *output)
{
    if (output->chunk)
        chunk_unref(output->chunk);
    output->chunk = NULL;
    output->at = output->end = NULL;
}

static void drop_first(struct output *output)
{
    struct output_piece *piece = output->first;

    output->first = piece->next;
    if (!output->first) {
        output->last = NULL;
        output->end = output->at;
    }
    piece->release(piece->owner);
    pool_give(&output->pool->pieces, piece);
}

void output_fini(struct output *output)
{
    while (output->first)
        drop_first(output);
    drop_chunk(output);
    list_remove(&output->dirty);
}

void output_shut(struct output *output)
{
    output->state = OUTPUT_SHUT;
    output->end = output->at; /* sends writers the slow way, where the state is looked at */
    list_remove(&output->dirty);
}

static void break_output(struct output *output)
{
    output->state = OUTPUT_BROKEN;
    output->end = output->at;
    output_mark_dirty(output); /* the connection sees it at the end of the turn */
}

static bool add_piece(struct output *output, struct slice bytes, void (*release)(void *owner),
                      void *owner)
{
    struct output_piece *piece = pool_take(&output->pool->pieces);

    if (!piece)
        return false;
    *piece = (struct output_piece){NULL, bytes.bytes, bytes.len, release, owner};
    if (output->last)
        output->last->next = piece;
    else
        output->first = piece;
    output->last = piece;
    return true;
}

static bool start_chunk(struct output *output)
{
    struct output_chunk *chunk = pool_take(&output->pool->chunks);

    if (!chunk)
        return false;
    drop_chunk(output);
    chunk->pool = &output->pool->chunks;
    chunk->ref_count = 1;
    output->chunk = chunk;
    output->at = output->end = chunk->bytes;
    return true;
}

/* Makes the last piece one that can grow by `len`. */
static bool make_room(struct output *output, size_t len)
{
    const struct output_chunk *chunk = output->chunk;

    if (output->end != output->at && (size_t)(output->end - output->at) >= len)
        return true; /* it fits exactly */
    if (!chunk || (size_t)(chunk->bytes + CHUNK_LEN - output->at) < len) {
        if (!start_chunk(output))
            return false;
    }
    if (!add_piece(output, slice_of(output->at, 0), chunk_unref, output->chunk))
        return false;
    output->chunk->ref_count++;
    output->end = output->chunk->bytes + CHUNK_LEN;
    return true;
}

uint8_t *output_reserve(struct output *output, size_t len)
{
    if (LIKELY(len < (size_t)(output->end - output->at)))
        return output->at;
    assert(len <= OUTPUT_RESERVE_MAX);
    if (output->state == OUTPUT_OPEN) {
        if (make_room(output, len))
            return output->at;
        break_output(output);
    }
    return output->pool->scratch;
}

void output_commit(struct output *output, size_t len)
{
    if (UNLIKELY(output->state != OUTPUT_OPEN))
        return; /* it went to the scratch */
    assert(len <= (size_t)(output->end - output->at));
    output->at += len;
    output->last->len += len;
    output->written += len;
    output_mark_dirty(output);
}

void output_add(struct output *output, struct slice bytes)
{
    while (bytes.len > 0) {
        const size_t room = (size_t)(output->end - output->at);
        const size_t piece_max = room > 0 ? room : CHUNK_LEN;
        const size_t len = bytes.len < piece_max ? bytes.len : piece_max;

        memcpy(output_reserve(output, len), bytes.bytes, len);
        output_commit(output, len);
        bytes = slice_after(bytes, len);
    }
}

void output_add_shared(struct output *output, struct slice bytes, void (*release)(void *owner),
                       void *owner)
{
    if (output->state != OUTPUT_OPEN || bytes.len == 0) {
        release(owner);
        return;
    }
    if (!add_piece(output, bytes, release, owner)) {
        release(owner);
        break_output(output);
        return;
    }
    output->end = output->at; /* the next small write goes behind: a new piece, the same chunk */
    output->written += bytes.len;
    output_mark_dirty(output);
}

unsigned output_gather(const struct output *output, struct iovec *vectors, unsigned max)
{
    unsigned count = 0;

    for (struct output_piece *piece = output->first; piece && count < max; piece = piece->next) {
        if (piece->len > 0) /* reserved, but nothing committed */
            vectors[count++] = (struct iovec){(void *)(uintptr_t)piece->bytes, piece->len};
    }
    return count;
}

void output_consume(struct output *output, size_t len)
{
    assert(len <= output->written - output->sent);
    output->sent += len;
    while (output->first && len >= output->first->len) {
        len -= output->first->len;
        drop_first(output);
    }
    if (output->first) {
        output->first->bytes += len;
        output->first->len -= len;
    } else {
        drop_chunk(output);
    }
}
