/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H
/*
 * table.h - a hash set of pointers to objects that carry their own key (concurrencykit's ck_hs
 * underneath, used by one thread).
 *
 * Threads    belongs to one thread. Ownership: the table holds pointers, never objects.
 * Limits     takes no memory until the first add. Grows by doubling. Removal leaves a mark behind;
 * an add after many removals (more than there are objects) first rebuilds the set at the size it
 * needs, so that space and speed follow the number of objects.
 */
#include "base/compiler.h"
#include "base/slice.h"
#include <ck_hs.h>

/* Both answer from the object itself; `table_find` compares an object with a key. */
typedef uint64_t table_hash_fn(const void *object);
typedef bool table_match_fn(const void *object, const void *key);

struct table {
    struct ck_hs set;
    table_hash_fn *hash_of;
    table_match_fn *matches;
    size_t count;
    size_t removed_count; /* since the last rebuild: at most so many marks */
    size_t expected;      /* never made smaller than for this many */
};

int table_init(struct table *table, table_hash_fn *hash_of, table_match_fn *matches,
               size_t expected) MUST_CHECK;
void table_fini(struct table *table);
void *table_find(const struct table *table, uint64_t hash, const void *key);
int table_add(struct table *table, void *object) MUST_CHECK; /* -ENOMEM; the key must be new */
void table_remove(struct table *table, const void *object);  /* it must be in the table */
/* Calls back for each object, in no order. The callback may remove the object it was given, and
 * no other, and may not add. */
void table_each(struct table *table, void (*visit)(void *arg, void *object), void *arg);
#endif
