/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "sim_engine.h"

#define SLOW(where, strategy) \
    SIM_POLICY(where, "<slowConsumerStrategy>" strategy "</slowConsumerStrategy>")
#define ABORT(attributes) \
    "<abortSlowConsumerStrategy checkPeriod='1000' maxSlowDuration='5000' " attributes "/>"
#define ABORT_SLOW_ACK(attributes) \
    "<abortSlowAckConsumerStrategy checkPeriod='1000' " attributes "/>"

static struct engine_subscribe_spec prefetch(uint32_t count)
{
    return (struct engine_subscribe_spec){.prefetch = count};
}

static void send(struct sim_client *client, const char *to, unsigned count)
{
    while (count-- > 0)
        sim_send(client, to, "x");
    sim_run(client->sim);
}

/* Client and queue on the same shard, or on two. */
static void abort_on(uint16_t shards, uint16_t shard)
{
    struct sim *sim = sim_create(shards, NULL, SLOW("queue='>'", ABORT("")));
    struct sim_client *client = sim_client(sim, shard);
    struct sim_consumer *slow = sim_subscribe(client, "queue://Q", prefetch(2));
    struct sim_consumer *other;

    sim_run(sim);
    send(client, "queue://Q", 3);
    sim_advance(sim, 4000);
    cr_assert_not(slow->ended);
    sim_advance(sim, 3000);
    cr_assert(slow->ended);
    cr_assert_not(client->disconnected);
    other = sim_subscribe(client, "queue://Q", prefetch(10));
    sim_run(sim);
    cr_assert_eq(other->count, 3);
    sim_destroy(sim);
}

Test(slow_consumer, of_a_queue_is_ended_when_its_window_stays_full)
{
    abort_on(1, 0);
}

Test(slow_consumer, is_ended_on_whatever_shard_it_is)
{
    for (uint16_t shard = 0; shard < 3; shard++)
        abort_on(3, shard);
}

Test(slow_consumer, that_acknowledges_now_and_then_lives)
{
    struct sim *sim = sim_create(1, NULL, SLOW("queue='>'", ABORT("")));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *consumer = sim_subscribe(client, "queue://Q", prefetch(2));

    send(client, "queue://Q", 2);
    sim_advance(sim, 3500);
    sim_ack(consumer, 0, 0);
    sim_advance(sim, 1000); /* a sweep finds it well */
    send(client, "queue://Q", 1);
    sim_advance(sim, 3500);
    cr_assert_not(consumer->ended);
    sim_advance(sim, 3000);
    cr_assert(consumer->ended);
    sim_destroy(sim);
}

Test(slow_consumer, of_a_topic_is_one_for_which_more_than_a_prefetch_waits)
{
    struct sim *sim = sim_create(1, NULL, SLOW("topic='>'", ABORT("")));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *full = sim_subscribe(client, "topic://Few", prefetch(2));
    struct sim_consumer *slow = sim_subscribe(client, "topic://Many", prefetch(2));
    struct sim_consumer *one = sim_subscribe(client, "topic://Many", prefetch(1));

    send(client, "topic://Few", 4);
    send(client, "topic://Many", 5);
    sim_advance(sim, 10000);
    cr_assert_not(full->ended);
    cr_assert(slow->ended);
    cr_assert_not(one->ended); /* a prefetch of 1 is never slow */
    sim_destroy(sim);
}

Test(slow_consumer, that_is_slow_too_often_is_ended)
{
    struct sim *sim = sim_create(
        1, NULL,
        SLOW("queue='>'", "<abortSlowConsumerStrategy checkPeriod='1000' maxSlowDuration='-1' "
                          "maxSlowCount='3'/>"));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *consumer = sim_subscribe(client, "queue://Q", prefetch(1));

    send(client, "queue://Q", 2);
    sim_ack(consumer, 0, 0);
    sim_advance(sim, 1500);
    cr_assert_not(consumer->ended);
    send(client, "queue://Q", 1);
    sim_ack(consumer, 1, 1);
    sim_advance(sim, 1500);
    cr_assert(consumer->ended);
    sim_destroy(sim);
}

Test(slow_consumer, can_cost_the_whole_connection)
{
    for (uint16_t shard = 0; shard < 2; shard++) {
        struct sim *sim = sim_create(2, NULL, SLOW("queue='>'", ABORT("abortConnection='true'")));
        struct sim_client *client = sim_client(sim, shard);

        sim_subscribe(client, "queue://Q", prefetch(1));
        send(client, "queue://Q", 1);
        sim_advance(sim, 10000);
        cr_assert(client->disconnected);
        sim_destroy(sim);
    }
}

Test(slow_consumer, of_another_broker_is_left_alone_by_default)
{
    struct sim *sim = sim_create(1, NULL, SLOW("queue='>'", ABORT("")));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *bridge = sim_subscribe(
        client, "queue://Q", (struct engine_subscribe_spec){.prefetch = 1, .network = true});

    send(client, "queue://Q", 2);
    sim_advance(sim, 20000);
    cr_assert_not(bridge->ended);
    sim_destroy(sim);
}

Test(slow_consumer, can_be_one_that_does_not_acknowledge)
{
    struct sim *sim = sim_create(
        1, NULL,
        SLOW("queue='>'", ABORT_SLOW_ACK("maxTimeSinceLastAck='2000' maxSlowDuration='3000'")));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *slow = sim_subscribe(client, "queue://A", prefetch(100));
    struct sim_consumer *idle = sim_subscribe(client, "queue://B", prefetch(100));
    struct sim_consumer *good = sim_subscribe(client, "queue://C", prefetch(100));

    send(client, "queue://A", 1);
    send(client, "queue://C", 8);
    for (size_t i = 0; i < 8; i++) {
        cr_assert(i >= 4 || !slow->ended);
        sim_ack(good, i, i);
        sim_advance(sim, 1000);
    }
    cr_assert(slow->ended);
    cr_assert_not(idle->ended);
    cr_assert_not(good->ended);
    sim_destroy(sim);
}

Test(slow_consumer, is_announced_where_the_policy_says_so)
{
    struct sim *sim =
        sim_create(1, NULL, SIM_POLICY("queue='>' advisoryForSlowConsumers='true'", ""));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *watcher =
        sim_subscribe(client, "topic://ActiveMQ.Advisory.SlowConsumer.>", prefetch(100));

    sim_subscribe(client, "queue://Q", prefetch(2));
    send(client, "queue://Q", 1);
    cr_assert_eq(watcher->count, 0);
    send(client, "queue://Q", 1);
    cr_assert_eq(watcher->count, 1);
    cr_assert(slice_is(message_part(watcher->deliveries[0].message, MESSAGE_DESTINATION),
                       "ActiveMQ.Advisory.SlowConsumer.Queue.Q"));
    sim_destroy(sim);
}

Test(slow_consumer, of_a_topic_is_announced_likewise)
{
    struct sim *sim =
        sim_create(1, NULL, SIM_POLICY("topic='T' advisoryForSlowConsumers='true'", ""));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *watcher =
        sim_subscribe(client, "topic://ActiveMQ.Advisory.SlowConsumer.>", prefetch(100));

    sim_subscribe(client, "topic://T", prefetch(2));
    send(client, "topic://T", 4);
    cr_assert_eq(watcher->count, 0);
    send(client, "topic://T", 3);
    cr_assert_eq(watcher->count, 1);
    cr_assert(slice_is(message_part(watcher->deliveries[0].message, MESSAGE_DESTINATION),
                       "ActiveMQ.Advisory.SlowConsumer.Topic.T"));
    sim_destroy(sim);
}
