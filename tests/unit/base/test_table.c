/* SPDX-License-Identifier: Apache-2.0 */
#include "base/table.h"
#include <criterion/criterion.h>
#include <stdlib.h>

struct object {
    uint64_t key;
    unsigned visits;
    bool is_in;
};

static uint64_t hash_of_key(uint64_t key)
{
    return slice_hash(slice_of(&key, sizeof key), 99);
}

static uint64_t object_hash(const void *object)
{
    return hash_of_key(((const struct object *)object)->key);
}

static bool object_matches(const void *object, const void *key)
{
    return ((const struct object *)object)->key == *(const uint64_t *)key;
}

static struct object *find(const struct table *table, uint64_t key)
{
    return table_find(table, hash_of_key(key), &key);
}

static void start(struct table *table, size_t expected)
{
    cr_assert_eq(table_init(table, object_hash, object_matches, expected), 0);
}

Test(table, finds_what_was_added_and_nothing_else)
{
    static struct object objects[5000];
    struct table table;

    start(&table, 0);
    cr_assert_null(find(&table, 0));
    for (size_t i = 0; i < 5000; i++) {
        objects[i].key = i * 2;
        cr_assert_eq(table_add(&table, &objects[i]), 0);
    }
    cr_assert_eq(table.count, 5000);
    for (size_t i = 0; i < 5000; i++) {
        cr_assert_eq(find(&table, i * 2), &objects[i]);
        cr_assert_null(find(&table, i * 2 + 1));
    }
    for (size_t i = 0; i < 5000; i += 2)
        table_remove(&table, &objects[i]);
    cr_assert_eq(table.count, 2500);
    for (size_t i = 0; i < 5000; i++)
        cr_assert_eq(find(&table, i * 2), i % 2 ? &objects[i] : NULL);
    table_fini(&table);
}

static uint64_t same_hash(const void *object)
{
    (void)object;
    return 7;
}

/* The comparison gets a key only from table_find; add and remove may not mistake one object for
 * another, nor pass an object as a key. */
Test(table, tells_objects_of_the_same_hash_apart)
{
    static struct object objects[200];
    struct table table;

    cr_assert_eq(table_init(&table, same_hash, object_matches, 8), 0);
    for (uint64_t i = 0; i < 200; i++) {
        objects[i].key = i;
        cr_assert_eq(table_add(&table, &objects[i]), 0);
    }
    for (uint64_t i = 0; i < 200; i += 3)
        table_remove(&table, &objects[i]);
    for (uint64_t i = 0; i < 200; i++)
        cr_assert_eq(table_find(&table, 7, &i), i % 3 ? &objects[i] : NULL);
    table_fini(&table);
}

/* Against a plain array: any order of adding and removing, with rebuilds in between. */
Test(table, agrees_with_a_plain_array_over_a_long_random_run)
{
    static struct object objects[700];
    struct table table;
    size_t count = 0;

    srand(1);
    start(&table, 8);
    for (size_t i = 0; i < 700; i++)
        objects[i].key = i;
    for (int step = 0; step < 300000; step++) {
        /* The share of objects inside swings, so that the table grows and shrinks. */
        struct object *object = &objects[rand() % (step / 30000 % 2 ? 700 : 20)];

        cr_assert_eq(find(&table, object->key), object->is_in ? object : NULL);
        if (object->is_in)
            table_remove(&table, object);
        else
            cr_assert_eq(table_add(&table, object), 0);
        count = object->is_in ? count - 1 : count + 1;
        object->is_in = !object->is_in;
        cr_assert_eq(table.count, count);
    }
    for (size_t i = 0; i < 700; i++)
        cr_assert_eq(find(&table, i), objects[i].is_in ? &objects[i] : NULL);
    table_fini(&table);
}

struct visitor {
    struct table *table;
    unsigned visits;
};

static void visit_and_remove_odd(void *arg, void *found)
{
    struct visitor *visitor = arg;
    struct object *object = found;

    object->visits++;
    visitor->visits++;
    if (object->key % 2)
        table_remove(visitor->table, object);
}

Test(table, visits_each_object_once_even_when_the_visit_removes_it)
{
    static struct object objects[1000];
    struct table table;
    struct visitor visitor = {&table, 0};

    start(&table, 16);
    for (uint64_t i = 0; i < 1000; i++) {
        objects[i].key = i;
        cr_assert_eq(table_add(&table, &objects[i]), 0);
    }
    table_each(&table, visit_and_remove_odd, &visitor);
    cr_assert_eq(visitor.visits, 1000);
    for (uint64_t i = 0; i < 1000; i++)
        cr_assert_eq(objects[i].visits, 1);
    cr_assert_eq(table.count, 500);
    table_each(&table, visit_and_remove_odd, &visitor);
    cr_assert_eq(visitor.visits, 1500);
    table_fini(&table);
}

static size_t slots_of(struct table *table)
{
    ck_hs_iterator_t at = CK_HS_ITERATOR_INITIALIZER;
    void *object;

    while (ck_hs_next(&table->set, &at, &object))
        ;
    return at.offset; /* the walk has passed every slot */
}

/* Message ids come and go for ever, only few live at a time. Marks of removed objects would
 * lengthen every probe; the bound on them is the bound on space and time. */
Test(table, stays_small_and_fast_through_ten_million_short_lives)
{
    static struct object objects[16];
    struct table table;
    struct ck_hs_stat stat;
    unsigned long probes = 0;

    start(&table, 16);
    for (uint64_t i = 0; i < 10000000; i++) {
        struct object *object = &objects[i % 16];

        if (i >= 16)
            table_remove(&table, object);
        object->key = i;
        cr_assert_eq(table_add(&table, object), 0);
        if (i % 1000 == 0) {
            ck_hs_stat(&table.set, &stat);
            probes += stat.probe_maximum;
            cr_assert_leq(slots_of(&table), 256);
        }
    }
    cr_assert_leq(probes / 10000, 8); /* the worst lookup, on average over 10000 looks */
    table_fini(&table);
}

Test(table, gives_space_back_when_a_crowd_has_gone)
{
    static struct object objects[100000];
    struct table table;
    size_t slots_full;

    start(&table, 16);
    for (uint64_t i = 0; i < 100000; i++) {
        objects[i].key = i;
        cr_assert_eq(table_add(&table, &objects[i]), 0);
    }
    slots_full = slots_of(&table);
    for (uint64_t i = 0; i < 99990; i++)
        table_remove(&table, &objects[i]);
    cr_assert_eq(table_add(&table, &objects[0]), 0);
    cr_assert_lt(slots_of(&table), slots_full / 100);
    for (uint64_t i = 0; i < 100000; i++)
        cr_assert_eq(find(&table, i), i == 0 || i >= 99990 ? &objects[i] : NULL);
    table_fini(&table);
}
