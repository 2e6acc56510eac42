/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"
#include <stdio.h>
#include <stdlib.h>

enum { CHUNK_BYTES = 16384, ALIGNMENT = 16 };

struct chunk {
    struct chunk *next;
    size_t used, size;
};

struct arena {
    struct chunk *chunks;
};

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);

    if (!memory) {
        fputs("out of memory while reading the configuration\n", stderr);
        exit(EXIT_FAILURE);
    }
    return memory;
}

struct arena *arena_create(void)
{
    return allocate(sizeof(struct arena));
}

void arena_destroy(struct arena *arena)
{
    if (!arena)
        return;
    while (arena->chunks) {
        struct chunk *next = arena->chunks->next;

        free(arena->chunks);
        arena->chunks = next;
    }
    free(arena);
}

static size_t header_bytes(void)
{
    return (sizeof(struct chunk) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t needed = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct chunk *chunk = arena->chunks;

    if (!chunk || chunk->size - chunk->used < needed) {
        size_t payload = needed > CHUNK_BYTES ? needed : CHUNK_BYTES;

        chunk = allocate(header_bytes() + payload);
        chunk->size = payload;
        chunk->next = arena->chunks;
        arena->chunks = chunk;
    }
    chunk->used += needed;
    return (char *)chunk + header_bytes() + chunk->used - needed;
}

char *arena_copy(struct arena *arena, struct slice s)
{
    char *copy = arena_alloc(arena, s.len + 1);

    if (s.len > 0)
        memcpy(copy, s.bytes, s.len);
    return copy;
}

char *arena_copy_text(struct arena *arena, const char *text)
{
    return arena_copy(arena, slice_of_text(text));
}

char *arena_format_list(struct arena *arena, const char *fmt, va_list args)
{
    va_list again;
    int len;
    char *text;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    text = arena_alloc(arena, len < 0 ? 1 : (size_t)len + 1);
    if (len > 0)
        vsnprintf(text, (size_t)len + 1, fmt, args);
    return text;
}

char *arena_format(struct arena *arena, const char *fmt, ...)
{
    va_list args;
    char *text;

    va_start(args, fmt);
    text = arena_format_list(arena, fmt, args);
    va_end(args);
    return text;
}

/* Doubles at powers of two; what is given up stays in the arena, at most as much again. */
void *arena_grow(struct arena *arena, void *old, size_t count, size_t size)
{
    void *grown;

    if (count & (count - 1))
        return old;
    grown = arena_alloc(arena, size * (count ? count * 2 : 1));
    if (count > 0)
        memcpy(grown, old, count * size);
    return grown;
}
