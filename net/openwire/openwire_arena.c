/* SPDX-License-Identifier: Apache-2.0 */
#include "openwire_arena.h"
#include <stdlib.h>

struct arena_piece {
    struct arena_piece *next;
    size_t size;
    _Alignas(8) uint8_t bytes[];
};

void arena_init(struct arena *arena)
{
    *arena = (struct arena){.kept_size = ARENA_PIECE_MIN};
}

static size_t free_pieces(struct arena *arena)
{
    size_t size = 0;

    while (arena->pieces) {
        struct arena_piece *piece = arena->pieces;

        arena->pieces = piece->next;
        size += piece->size;
        free(piece);
    }
    arena->at = arena->end = NULL;
    return size;
}

void arena_fini(struct arena *arena)
{
    free_pieces(arena);
}

void arena_trim(struct arena *arena)
{
    free_pieces(arena);
    arena->kept_size = ARENA_PIECE_MIN;
}

void arena_reset(struct arena *arena)
{
    struct arena_piece *piece = arena->pieces;

    if (LIKELY(piece && !piece->next && piece->size <= ARENA_KEPT_MAX)) {
        arena->at = piece->bytes;
    } else if (piece) {
        size_t size = free_pieces(arena);

        arena->kept_size = size <= ARENA_KEPT_MAX ? (uint32_t)size : ARENA_PIECE_MIN;
    }
}

void *arena_alloc_slow(struct arena *arena, size_t size)
{
    size_t piece_size = arena->pieces ? arena->pieces->size * 2 : arena->kept_size;
    struct arena_piece *piece;

    if (piece_size < size)
        piece_size = size;
    piece = malloc(sizeof *piece + piece_size);
    if (!piece)
        return NULL;
    piece->size = piece_size;
    piece->next = arena->pieces;
    arena->pieces = piece;
    arena->at = piece->bytes + size;
    arena->end = piece->bytes + piece_size;
    return memset(piece->bytes, 0, size);
}
