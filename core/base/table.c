/* SPDX-License-Identifier: Apache-2.0 */
#include "base/table.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { EXPECTED_MIN = 2, MARKS_MIN = 16 };

static void *set_malloc(size_t len)
{
    return malloc(len);
}

static void *set_realloc(void *block, size_t old_len, size_t new_len, bool may_defer)
{
    (void)old_len;
    (void)may_defer;
    return realloc(block, new_len);
}

static void set_free(void *block, size_t len, bool must_defer)
{
    (void)len;
    (void)must_defer; /* for readers on other threads: there are none */
    free(block);
}

/* Never written; ck_hs does not take it as const. */
static struct ck_malloc set_memory = {
    .malloc = set_malloc,
    .realloc = set_realloc,
    .free = set_free,
};

/* ck_hs hands its seed to each call: it carries our own function. */
static unsigned long set_hash(const void *object, unsigned long seed)
{
    table_hash_fn *hash_of = (table_hash_fn *)seed;

    return hash_of(object);
}

static_assert(sizeof(unsigned long) == sizeof(table_hash_fn *), "the seed carries a function");

/* Without a comparison ck_hs compares pointers: right for add and remove, see table_find. */
static bool set_init(struct ck_hs *set, table_hash_fn *hash_of, size_t expected)
{
    return ck_hs_init(set, CK_HS_MODE_OBJECT | CK_HS_MODE_SPMC, set_hash, NULL, &set_memory,
                      expected * 4, (unsigned long)hash_of);
}

int table_init(struct table *table, table_hash_fn *hash_of, table_match_fn *matches,
               size_t expected)
{
    if (expected < EXPECTED_MIN)
        expected = EXPECTED_MIN;
    if (expected > SIZE_MAX / 64)
        return -ENOMEM;
    table->set = (struct ck_hs){.map = NULL}; /* many tables of a connection stay empty */
    table->hash_of = hash_of;
    table->matches = matches;
    table->count = 0;
    table->removed_count = 0;
    table->expected = expected;
    return 0;
}

static bool has_set(const struct table *table)
{
    return table->set.map != NULL;
}

void table_fini(struct table *table)
{
    if (has_set(table))
        ck_hs_destroy(&table->set);
}

void *table_find(const struct table *table, uint64_t hash, const void *key)
{
    struct ck_hs set;

    if (table->count == 0)
        return NULL;
    set = table->set; /* the key is no object: only this call may compare with it */
    set.compare = table->matches;
    return ck_hs_get(&set, hash, key);
}

/* Moves the objects to a fresh set of the size they need. Without memory the old one goes on. */
static void rebuild(struct table *table)
{
    const size_t expected = table->count > table->expected ? table->count : table->expected;
    ck_hs_iterator_t at = CK_HS_ITERATOR_INITIALIZER;
    struct ck_hs fresh;
    void *object;

    if (!set_init(&fresh, table->hash_of, expected))
        return;
    while (ck_hs_next(&table->set, &at, &object)) {
        if (!ck_hs_put_unique(&fresh, table->hash_of(object), object)) {
            ck_hs_destroy(&fresh);
            return;
        }
    }
    ck_hs_destroy(&table->set);
    table->set = fresh;
    table->removed_count = 0;
}

int table_add(struct table *table, void *object)
{
    /* A lookup walks over the marks of what was removed. Cleaning when they may outnumber the
     * objects costs a few steps for each removal. ck_hs_stat() does not know their number: a new
     * set of ck 0.7 starts with whatever the memory held. */
    if (table->removed_count > table->count + table->expected + MARKS_MIN)
        rebuild(table);
    if (!has_set(table) && !set_init(&table->set, table->hash_of, table->expected))
        return -ENOMEM;
    if (!ck_hs_put_unique(&table->set, table->hash_of(object), object))
        return -ENOMEM;
    table->count++;
    return 0;
}

void table_remove(struct table *table, const void *object)
{
    void *removed = ck_hs_remove(&table->set, table->hash_of(object), object);

    assert(removed == object);
    (void)removed;
    table->count--;
    table->removed_count++;
}

void table_each(struct table *table, void (*visit)(void *arg, void *object), void *arg)
{
    ck_hs_iterator_t at = CK_HS_ITERATOR_INITIALIZER;
    void *object;

    while (has_set(table) && ck_hs_next(&table->set, &at, &object))
        visit(arg, object);
}
