/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPENWIRE_ARENA_H
#define OPENWIRE_ARENA_H
/*
 * openwire_arena.h - memory for the structures of one frame, given back all at once.
 *
 * Threads    belongs to one thread. Ownership: the arena's; reset frees all that came from it.
 * Limits     after a frame that needed more than one piece, the next piece is large enough for
 *            such a frame, up to ARENA_KEPT_MAX; a piece beyond that is not kept.
 */
#include "base/compiler.h"
#include "base/slice.h"

enum { ARENA_PIECE_MIN = 760, ARENA_KEPT_MAX = 8192 };

struct arena_piece;
struct arena {
    uint8_t *at, *end;
    struct arena_piece *pieces; /* the newest first */
    uint32_t kept_size;         /* of the first piece of the next frame */
};

void arena_init(struct arena *arena);
void arena_fini(struct arena *arena);
void arena_reset(struct arena *arena);
void arena_trim(struct arena *arena); /* reset, and keep nothing */
void *arena_alloc_slow(struct arena *arena, size_t size) MUST_CHECK;

/* Zeroed, aligned for any structure; NULL: no memory. */
static inline MUST_CHECK void *arena_alloc(struct arena *arena, size_t size)
{
    uint8_t *at = arena->at;

    size = (size + 7) & ~(size_t)7;
    if (UNLIKELY((size_t)(arena->end - at) < size))
        return arena_alloc_slow(arena, size);
    arena->at = at + size;
    return memset(at, 0, size);
}
#endif
