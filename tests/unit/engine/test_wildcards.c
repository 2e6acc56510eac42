/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_case.h"

/* Queues with these names live on different shards, if there are several. */
static const char *const names[] = {"W.a", "W.b", "W.c", "W.d", "W.e", "W.f"};

ENGINE_TEST(wildcards, match_queues_that_exist_on_any_shard, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer;

    for (int i = 0; i < 6; i++)
        sim_send(client, names[i], names[i]);
    sim_send(client, "X", "x");
    sim_run(sim);
    consumer = sim_listen(client, "W.*", 100);
    sim_run(sim);
    cr_assert_eq(consumer->count, 6);
    sim_consume_all(consumer);
    expect(sim_listen(client, "X", 10), "x");
}

ENGINE_TEST(wildcards, match_queues_that_come_later, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_client *other = sim_client(sim, 2);
    struct sim_consumer *consumer = sim_listen(client, "W.>", 100);

    sim_run(sim);
    for (int i = 0; i < 6; i++)
        sim_send(other, names[i], names[i]);
    sim_run(sim);
    cr_assert_eq(consumer->count, 6);
    sim_consume_all(consumer);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(wildcards, keep_to_one_prefetch_over_all_shards, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "W.>", 3);
    size_t seen = 0;

    sim_run(sim);
    for (int i = 0; i < 18; i++)
        sim_send(client, names[i % 6], "x");
    for (size_t rounds = 1; rounds <= 18; rounds++) {
        sim_run(sim);
        cr_assert_eq(consumer->count, seen + 3 <= 18 ? seen + 3 : 18);
        sim_settle_tags(consumer, ACKNOWLEDGE_CONSUMED, consumer->deliveries[seen].tag,
                        consumer->deliveries[seen].tag, NULL);
        seen++;
    }
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(wildcards, take_the_prefetch_of_their_policy_over_all_shards,
            POLICY("<policyEntry queue='W.>' queuePrefetch='2'/>"))
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_subscribe(
        client, "W.>",
        (struct engine_subscribe_spec){.prefetch = 1000, .prefetch_is_default = true});

    sim_run(sim);
    for (int i = 0; i < 12; i++)
        sim_send(client, names[i % 6], "x");
    sim_run(sim);
    cr_assert_eq(consumer->count, 2);
}

ENGINE_TEST(wildcards, count_tags_without_gaps, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "W.>", 100);

    sim_run(sim);
    for (int i = 0; i < 12; i++)
        sim_send(client, names[i % 6], "x");
    sim_run(sim);
    cr_assert_eq(consumer->count, 12);
    for (size_t i = 0; i < 12; i++)
        cr_assert_eq(consumer->deliveries[i].tag, i + 1);
    sim_settle_tags(consumer, ACKNOWLEDGE_CONSUMED, 1, 12, NULL);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(wildcards, give_everything_back_at_the_end, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "W.>", 4);
    unsigned redelivered = 0;

    sim_run(sim);
    for (int i = 0; i < 12; i++)
        sim_send(client, names[i % 6], "x");
    sim_run(sim);
    cr_assert_eq(consumer->count, 4);
    sim_unsubscribe(consumer);
    sim_run(sim);
    consumer = sim_listen(client, "W.>", 100);
    sim_run(sim);
    cr_assert_eq(consumer->count, 12);
    for (size_t i = 0; i < 12; i++)
        redelivered += consumer->deliveries[i].redelivery_count;
    cr_assert_eq(redelivered, 4); /* what waited at the gate has not been delivered */
}

ENGINE_TEST(wildcards, release_and_poison_on_every_shard, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "W.>", 100);
    struct sim_consumer *dead;

    sim_run(sim);
    for (int i = 0; i < 6; i++)
        sim_send(client, names[i], names[i]);
    sim_run(sim);
    cr_assert_eq(consumer->count, 6);
    sim_settle(consumer, ACKNOWLEDGE_POISON, "W.a", NULL);
    sim_settle(consumer, ACKNOWLEDGE_RELEASED, "W.b", NULL);
    sim_run(sim);
    cr_assert_eq(consumer->count, 7);
    cr_assert_eq(consumer->deliveries[6].redelivery_count, 1);
    dead = sim_listen(client, "ActiveMQ.DLQ", 10);
    expect(dead, "W.a");
}

ENGINE_TEST(wildcards, match_topics_of_any_shard_once, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_client *other = sim_client(sim, 2);
    struct sim_consumer *consumer = sim_listen(client, "topic://W.>", 100);

    sim_run(sim);
    for (int i = 0; i < 6; i++) {
        char name[16];

        snprintf(name, sizeof name, "topic://%s", names[i]);
        sim_send(other, name, names[i]);
    }
    sim_run(sim);
    cr_assert_eq(consumer->count, 6);
    sim_consume_all(consumer);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(wildcards, a_composite_subscription_hears_all_its_parts, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "W.a,W.b,topic://T,W.c", 2);

    sim_run(sim);
    cr_assert_eq(sim_answer(client, consumer->request), ENGINE_OK);
    sim_send(client, "W.a", "1");
    sim_send(client, "W.b", "2");
    sim_send(client, "W.c", "3");
    sim_send(client, "topic://T", "4");
    sim_run(sim);
    cr_assert_eq(consumer->count, 2);
    sim_consume_all(consumer);
    sim_run(sim);
    cr_assert_eq(consumer->count, 4);
    sim_consume_all(consumer);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(wildcards, a_message_counts_once_for_overlapping_topic_names, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "topic://W.>,topic://W.a,topic://*.a", 10);

    sim_run(sim);
    sim_send(client, "topic://W.a", "x");
    expect(consumer, "x");
}

ENGINE_TEST(wildcards, extend_the_window_in_a_transaction_over_shards, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "W.>", 2);
    struct engine_transaction *transaction;
    size_t settled = 0;

    sim_run(sim);
    for (int i = 0; i < 8; i++)
        sim_send(client, names[i % 6], "x");
    sim_run(sim);
    transaction = sim_begin(client);
    while (settled < consumer->count) { /* a batch larger than the prefetch must not stall */
        uint64_t tag = consumer->deliveries[settled++].tag;

        sim_settle_tags(consumer, ACKNOWLEDGE_CONSUMED, tag, tag, transaction);
        sim_run(sim);
    }
    cr_assert_eq(consumer->count, 8);
    expect_answer(client, sim_commit(client, transaction), ENGINE_OK);
    cr_assert_eq(sim_memory(sim), 0);
}
