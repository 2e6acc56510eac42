/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"
#include <assert.h>
#include <stdlib.h>

enum {
    OBJECT_ALIGN = 16, /* what malloc promises */
    SLAB_BYTES_FIRST = 4096,
    SLAB_BYTES_MAX = 65536,
};

struct free_object {
    struct free_object *next;
};

struct slab {
    struct slab *next;
    _Alignas(OBJECT_ALIGN) unsigned char objects[];
};

static size_t objects_in(size_t bytes, size_t object_len)
{
    size_t count = bytes / object_len;

    return count > 0 ? count : 1;
}

void pool_init(struct pool *pool, size_t object_len)
{
    assert(object_len > 0);
    object_len = (object_len + OBJECT_ALIGN - 1) & ~(size_t)(OBJECT_ALIGN - 1);
    *pool = (struct pool){
        .object_len = object_len,
        .slab_count = objects_in(SLAB_BYTES_FIRST, object_len),
    };
}

void pool_fini(struct pool *pool)
{
    struct slab *slab = pool->slabs;

    assert(pool->in_use ==
           0); /* an object outlives its pool: its owner would write into freed memory */
    while (slab) {
        struct slab *next = slab->next;

        free(slab);
        slab = next;
    }
    pool->slabs = NULL;
    pool->free_list = NULL;
}

static int add_slab(struct pool *pool)
{
    const size_t count_max = objects_in(SLAB_BYTES_MAX, pool->object_len);
    const size_t count = pool->slab_count;
    struct slab *slab = malloc(sizeof *slab + count * pool->object_len);

    if (!slab)
        return -1;
    slab->next = pool->slabs;
    pool->slabs = slab;
    for (size_t i = count; i-- > 0;) { /* from the end: objects are taken in address order */
        struct free_object *object = (void *)(slab->objects + i * pool->object_len);

        object->next = pool->free_list;
        pool->free_list = object;
    }
    pool->slab_count = count * 2 < count_max ? count * 2 : count_max;
    return 0;
}

void *pool_take(struct pool *pool)
{
    struct free_object *object;

    if (ASAN_BUILD) {
        object = malloc(pool->object_len);
    } else {
        if (!pool->free_list && add_slab(pool) != 0)
            return NULL;
        object = pool->free_list;
        pool->free_list = object->next;
    }
    if (object)
        pool->in_use++;
    return object;
}

void pool_give(struct pool *pool, void *object)
{
    struct free_object *freed = object;

    if (!object)
        return;
    assert(pool->in_use > 0);
    pool->in_use--;
    if (ASAN_BUILD) {
        free(object);
        return;
    }
    freed->next = pool->free_list;
    pool->free_list = freed;
}
