/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"
#include <criterion/criterion.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

/* Each object is filled to its end with its own byte: an overlap would change a neighbour. */
Test(pool, gives_aligned_objects_that_do_not_overlap)
{
    static const size_t lens[] = {1, 16, 24, 200, 5000, 100000};

    for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
        unsigned char *objects[300];
        struct pool pool;

        pool_init(&pool, lens[i]);
        for (size_t n = 0; n < ARRAY_LEN(objects); n++) {
            objects[n] = pool_take(&pool);
            cr_assert_not_null(objects[n]);
            cr_assert_eq((uintptr_t)objects[n] % 16, 0);
            memset(objects[n], (int)(n % 251), lens[i]);
        }
        cr_assert_eq(pool.in_use, ARRAY_LEN(objects));
        for (size_t n = 0; n < ARRAY_LEN(objects); n++) {
            cr_assert_eq(objects[n][0], n % 251);
            cr_assert_eq(objects[n][lens[i] - 1], n % 251);
            pool_give(&pool, objects[n]);
        }
        pool_fini(&pool);
    }
}

Test(pool, reuses_what_was_given_back_instead_of_growing)
{
    struct pool pool;
    void *objects[100];
    void *slabs;

    pool_init(&pool, 64);
    for (size_t n = 0; n < ARRAY_LEN(objects); n++)
        objects[n] = pool_take(&pool);
    slabs = pool.slabs;
    for (int round = 0; round < 1000; round++) {
        for (size_t n = 0; n < ARRAY_LEN(objects); n++)
            pool_give(&pool, objects[n]);
        for (size_t n = 0; n < ARRAY_LEN(objects); n++)
            objects[n] = pool_take(&pool);
    }
    cr_assert_eq(pool.slabs, slabs);
    for (size_t n = 0; n < ARRAY_LEN(objects); n++)
        pool_give(&pool, objects[n]);
    pool_give(&pool, NULL);
    cr_assert_eq(pool.in_use, 0);
    pool_fini(&pool);
}

Test(pool, stops_the_program_when_an_object_outlives_it, .signal = SIGABRT)
{
    static struct pool pool;
    static void *object;

    pool_init(&pool, 64);
    object = pool_take(&pool);
    cr_assert_not_null(object);
    pool_fini(&pool);
}
