/* SPDX-License-Identifier: Apache-2.0 */
#include "auth_arena.h"
#include <stdalign.h>
#include <stdlib.h>

enum { BLOCK_BYTES = 8192 };

struct auth_arena_block {
    struct auth_arena_block *next;
    size_t used, capacity;
    alignas(max_align_t) uint8_t bytes[];
};

void auth_arena_init(struct auth_arena *arena)
{
    *arena = (struct auth_arena){NULL, false};
}

void auth_arena_fini(struct auth_arena *arena)
{
    while (arena->blocks) {
        struct auth_arena_block *block = arena->blocks;

        arena->blocks = block->next;
        explicit_bzero(block->bytes, block->used);
        free(block);
    }
}

void *auth_arena_alloc(struct auth_arena *arena, size_t len)
{
    struct auth_arena_block *block = arena->blocks;
    size_t needed = (len + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    void *at;

    if (arena->failed || needed < len)
        goto failed;
    if (!block || block->capacity - block->used < needed) {
        size_t capacity = needed > BLOCK_BYTES ? needed : BLOCK_BYTES;

        if (capacity > SIZE_MAX - sizeof *block)
            goto failed;
        block = calloc(1, sizeof *block + capacity);
        if (!block)
            goto failed;
        block->capacity = capacity;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    at = block->bytes + block->used;
    block->used += needed;
    return at;

failed:
    arena->failed = true;
    return NULL;
}

struct slice auth_arena_dup(struct auth_arena *arena, struct slice s)
{
    uint8_t *copy = auth_arena_alloc(arena, s.len + 1);

    if (!copy)
        return SLICE_ABSENT;
    if (s.len > 0)
        memcpy(copy, s.bytes, s.len);
    return slice_of(copy, s.len);
}

/* Arrays hold powers of two, so that they are full exactly when the count is one. */
void *auth_arena_grow(struct auth_arena *arena, void *items, size_t count, size_t item_len)
{
    void *wider;

    if ((count & (count - 1)) != 0)
        return items;
    if (count > SIZE_MAX / 2 / item_len) {
        arena->failed = true;
        return NULL;
    }
    wider = auth_arena_alloc(arena, (count > 0 ? 2 * count : 1) * item_len);
    if (wider && count > 0)
        memcpy(wider, items, count * item_len);
    return wider;
}
