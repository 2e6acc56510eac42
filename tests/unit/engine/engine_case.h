/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_CASE_H
#define ENGINE_CASE_H
/*
 * engine_case.h - a test of the engine's behaviour runs with one, two and three shards, with
 * several orders of the mail between them.
 *
 *     ENGINE_TEST(queue, keeps_the_order_of_one_producer, PLAIN)
 *     {
 *         ... uses `sim` ...
 *     }
 *
 * `attributes` of <broker> and its `children` are XML, as for sim_create. Clients on shards 0, 1
 * and 2 are apart where there are as many.
 */
#include "sim_engine.h"

#include <criterion/criterion.h>

enum { ENGINE_CASE_SEEDS = 5 };

#define ENGINE_TEST(suite, name, ...) \
    static void suite##_##name(struct sim *sim); \
    static void suite##_##name##_on(uint16_t shards) \
    { \
        for (uint64_t seed = 0; seed < (shards == 1 ? 1 : ENGINE_CASE_SEEDS); seed++) { \
            struct sim *sim = sim_create(shards, __VA_ARGS__); \
\
            sim_shuffle(sim, seed); \
            suite##_##name(sim); \
            sim_destroy(sim); \
        } \
    } \
    Test(suite, name##_1_shard) \
    { \
        suite##_##name##_on(1); \
    } \
    Test(suite, name##_2_shards) \
    { \
        suite##_##name##_on(2); \
    } \
    Test(suite, name##_3_shards) \
    { \
        suite##_##name##_on(3); \
    } \
    static void suite##_##name(struct sim *sim)

#define PLAIN NULL, NULL
#define POLICY(entry) \
    NULL, "<destinationPolicy><policyMap><policyEntries>" entry \
          "</policyEntries></policyMap></destinationPolicy>"

/* Runs, then looks at what a consumer has got since the last look. */
#define expect(consumer, texts) \
    do { \
        struct sim_consumer *looked_at_ = (consumer); \
\
        sim_run(sim); \
        cr_assert_str_eq(sim_take(looked_at_), texts); \
    } while (0)
#define expect_answer(client, request, error) \
    do { \
        uint64_t answered_ = (request); \
\
        sim_run(sim); \
        cr_assert_eq(sim_answer(client, answered_), (int)(error)); \
    } while (0)
#define expect_refusal(client, request, error, why) \
    do { \
        uint64_t refused_ = (request); \
\
        sim_run(sim); \
        cr_assert_eq(sim_answer(client, refused_), (int)(error)); \
        cr_assert_str_eq(sim_answer_text(client, refused_), why); \
    } while (0)
#endif
