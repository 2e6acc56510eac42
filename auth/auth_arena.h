/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTH_ARENA_H
#define AUTH_ARENA_H
/*
 * auth_arena.h - memory that lives and dies with a realm. Wiped before it is freed, since
 * digests of passwords lie in it.
 *
 * Threads    belongs to one thread while it grows. Ownership: everything dies in auth_arena_fini.
 * Limits     failure to allocate is sticky: check `failed` once at the end. Functions return NULL
 *            (or an absent slice) from then on.
 */
#include "base/compiler.h"
#include "base/slice.h"

struct auth_arena_block;

struct auth_arena {
    struct auth_arena_block *blocks;
    bool failed;
};

void auth_arena_init(struct auth_arena *arena);
void auth_arena_fini(struct auth_arena *arena);
void *auth_arena_alloc(struct auth_arena *arena, size_t len); /* zeroed */
/* A copy with a NUL behind it; never absent unless out of memory. */
struct slice auth_arena_dup(struct auth_arena *arena, struct slice s);
/* A wider copy of an array when `count` items of `item_len` fill it, else `items` itself. */
void *auth_arena_grow(struct auth_arena *arena, void *items, size_t count, size_t item_len);
#endif
