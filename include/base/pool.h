/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_POOL_H
#define BASE_POOL_H
/*
 * pool.h - objects of one size, kept for reuse, so that the hot path does not allocate.
 *
 * Threads    belongs to one thread. Ownership: an object belongs to who took it until given back.
 * Limits     grows by slabs and never gives memory back before pool_fini. Under ASan every
 *            object is its own allocation, so that use after free is seen.
 */
#include "base/compiler.h"
#include <stddef.h>

struct pool {
    size_t object_len;
    size_t slab_count; /* objects in the next slab */
    void *free_list;
    void *slabs;
    size_t in_use;
};

void pool_init(struct pool *pool, size_t object_len);
void pool_fini(struct pool *pool);               /* asserts that everything was given back */
void *pool_take(struct pool *pool) MUST_CHECK;   /* uninitialised; NULL: no memory */
void pool_give(struct pool *pool, void *object); /* NULL is allowed */
#endif
