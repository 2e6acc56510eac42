/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "sim_engine.h"

#define RECOVERY(strategy) \
    SIM_POLICY("topic='>' minimumMessageSize='1'", \
               "<subscriptionRecoveryPolicy>" strategy "</subscriptionRecoveryPolicy>")

static const struct engine_subscribe_spec plain;
static const struct engine_subscribe_spec retroactive = {.retroactive = true};

static void send_letters(struct sim_client *client, const char *letters)
{
    for (; *letters; letters++)
        sim_send(client, "topic://T", (char[2]){*letters, '\0'});
    sim_run(client->sim);
}

static const char *late(struct sim_client *client, struct engine_subscribe_spec spec)
{
    struct sim_consumer *consumer = sim_subscribe(client, "topic://T", spec);

    sim_run(client->sim);
    return sim_bodies(consumer);
}

Test(recovery, by_count_gives_the_last_messages_to_whoever_asks)
{
    struct sim *sim =
        sim_create(1, NULL, RECOVERY("<fixedCountSubscriptionRecoveryPolicy maximumSize='3'/>"));
    struct sim_client *client = sim_client(sim, 0);

    send_letters(client, "abcde");
    cr_assert_str_eq(late(client, plain), "");
    cr_assert_str_eq(late(client, retroactive), "c d e");
    sim_destroy(sim);
}

Test(recovery, reaches_subscribers_on_every_shard)
{
    for (uint16_t shard = 0; shard < 3; shard++) {
        struct sim *sim = sim_create(
            3, NULL, RECOVERY("<fixedCountSubscriptionRecoveryPolicy maximumSize='2'/>"));

        send_letters(sim_client(sim, 0), "abc");
        cr_assert_str_eq(late(sim_client(sim, shard), retroactive), "b c");
        sim_destroy(sim);
    }
}

Test(recovery, reaches_wildcard_subscribers)
{
    struct sim *sim = sim_create(2, NULL, RECOVERY("<lastImageSubscriptionRecoveryPolicy/>"));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *all;

    sim_send(client, "topic://A.1", "one");
    sim_send(client, "topic://A.2", "two");
    sim_run(sim);
    all = sim_subscribe(client, "topic://A.>", retroactive);
    sim_run(sim);
    cr_assert_eq(all->count, 2);
    sim_destroy(sim);
}

Test(recovery, by_size_gives_what_fits)
{
    struct sim *sim =
        sim_create(1, NULL, RECOVERY("<fixedSizedSubscriptionRecoveryPolicy maximumSize='600'/>"));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *consumer;
    uint32_t len;

    send_letters(client, "abcdefghij");
    consumer = sim_subscribe(client, "topic://T", retroactive);
    cr_assert_gt(consumer->count, 0);
    len = consumer->deliveries[0].message->len;
    cr_assert_eq(consumer->count, 600 / len);
    sim_destroy(sim);
}

Test(recovery, of_the_last_image_gives_one)
{
    struct sim *sim = sim_create(1, NULL, RECOVERY("<lastImageSubscriptionRecoveryPolicy/>"));
    struct sim_client *client = sim_client(sim, 0);

    send_letters(client, "abc");
    cr_assert_str_eq(late(client, retroactive), "c");
    sim_destroy(sim);
}

Test(recovery, by_time_gives_what_is_recent)
{
    struct sim *sim =
        sim_create(1, NULL, RECOVERY("<timedSubscriptionRecoveryPolicy recoverDuration='5000'/>"));
    struct sim_client *client = sim_client(sim, 0);

    send_letters(client, "a");
    sim_advance(sim, 3000);
    send_letters(client, "b");
    sim_advance(sim, 3000);
    cr_assert_str_eq(late(client, retroactive), "b");
    sim_advance(sim, 3000);
    cr_assert_str_eq(late(client, retroactive), "");
    sim_destroy(sim);
}

static void retain(struct sim_client *client, const char *body)
{
    struct property property = {SLICE("ActiveMQ.Retain"), {.type = VALUE_BOOL, .boolean = true}};

    sim_send_draft(client, "topic://T", body,
                   (struct message_draft){.properties = &property, .property_count = 1});
}

Test(recovery, of_retained_messages_gives_the_last_that_was_marked)
{
    struct sim *sim = sim_create(1, NULL, RECOVERY("<retainedMessageSubscriptionRecoveryPolicy/>"));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *consumer;

    retain(client, "a");
    retain(client, "b");
    send_letters(client, "c");
    consumer = sim_subscribe(client, "topic://T", retroactive);
    cr_assert_str_eq(sim_bodies(consumer), "b");
    cr_assert_str_eq(sim_property(consumer, 0, "ActiveMQ.Retained"), "true");
    cr_assert_str_eq(sim_property(consumer, 0, "ActiveMQ.Retain"), "");
    retain(client, "");
    cr_assert_str_eq(late(client, retroactive), "");
    sim_destroy(sim);
}

Test(recovery, is_for_all_where_the_policy_says_always)
{
    struct sim *sim =
        sim_create(1, NULL,
                   SIM_POLICY("topic='>' alwaysRetroactive='true'",
                              "<subscriptionRecoveryPolicy><fixedCountSubscriptionRecoveryPolicy/>"
                              "</subscriptionRecoveryPolicy>"));
    struct sim_client *client = sim_client(sim, 0);

    send_letters(client, "ab");
    cr_assert_str_eq(late(client, plain), "a b");
    sim_destroy(sim);
}

Test(recovery, leaves_out_what_has_expired)
{
    struct sim *sim = sim_create(1, NULL, RECOVERY("<fixedCountSubscriptionRecoveryPolicy/>"));
    struct sim_client *client = sim_client(sim, 0);

    sim_send_draft(client, "topic://T", "short",
                   (struct message_draft){.expiration_ms = sim_wall_ms(sim) + 10});
    send_letters(client, "a");
    sim_advance(sim, 20);
    cr_assert_str_eq(late(client, retroactive), "a");
    sim_destroy(sim);
}
