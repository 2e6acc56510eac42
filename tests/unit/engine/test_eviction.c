/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "shard.h"
#include "sim_engine.h"

#define LIMIT(limit, more) \
    SIM_POLICY("topic='>'", "<pendingMessageLimitStrategy><constantPendingMessageLimitStrategy " \
                            "limit='" limit "'/></pendingMessageLimitStrategy>" more)
#define EVICTION(strategy) "<messageEvictionStrategy>" strategy "</messageEvictionStrategy>"

static const struct engine_subscribe_spec prefetch_of_one = {.prefetch = 1};
static const struct engine_subscribe_spec prefetch_of_two = {.prefetch = 2};

static void drain(struct sim_consumer *consumer)
{
    for (size_t i = 0; i < consumer->count; i++)
        sim_ack(consumer, i, i);
}

Test(eviction, keeps_the_window_and_the_newest_of_what_waits)
{
    struct sim *sim = sim_create(1, NULL, LIMIT("5", ""));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *slow = sim_subscribe(client, "topic://T", prefetch_of_two);

    for (unsigned i = 0; i < 20; i++) {
        char body[16];

        snprintf(body, sizeof body, "s%u", i);
        sim_send(client, "topic://T", body);
    }
    drain(slow);
    cr_assert_str_eq(sim_bodies(slow), "s0 s1 s15 s16 s17 s18 s19");
    cr_assert_eq(sim_engine(sim, 0)->counters.discarded, 13);
    sim_destroy(sim);
}

Test(eviction, with_a_limit_of_zero_keeps_only_the_window)
{
    struct sim *sim = sim_create(1, NULL, LIMIT("0", ""));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *slow = sim_subscribe(client, "topic://T", prefetch_of_one);

    sim_send(client, "topic://T", "a");
    sim_send(client, "topic://T", "b");
    drain(slow);
    sim_send(client, "topic://T", "c");
    cr_assert_str_eq(sim_bodies(slow), "a c");
    sim_destroy(sim);
}

Test(eviction, can_prefer_low_priorities)
{
    struct sim *sim = sim_create(
        1, NULL, LIMIT("2", EVICTION("<oldestMessageWithLowestPriorityEvictionStrategy/>")));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *slow = sim_subscribe(client, "topic://T", prefetch_of_one);

    sim_send_draft(client, "topic://T", "first", (struct message_draft){.priority = 4});
    sim_send_draft(client, "topic://T", "high", (struct message_draft){.priority = 9});
    sim_send_draft(client, "topic://T", "low", (struct message_draft){.priority = 1});
    sim_send_draft(client, "topic://T", "middle", (struct message_draft){.priority = 4});
    drain(slow);
    cr_assert_str_eq(sim_bodies(slow), "first high middle");
    sim_destroy(sim);
}

static void quote(struct sim_client *client, const char *symbol, const char *body)
{
    struct property property = {SLICE("symbol"),
                                {.type = VALUE_STRING, .text = slice_of_text(symbol)}};

    sim_send_draft(
        client, "topic://T", body,
        (struct message_draft){.properties = &property, .property_count = symbol != NULL});
}

Test(eviction, can_keep_the_latest_for_each_value_of_a_property)
{
    struct sim *sim = sim_create(
        1, NULL,
        LIMIT("5", EVICTION("<uniquePropertyMessageEvictionStrategy propertyName='symbol'/>")));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *slow = sim_subscribe(client, "topic://T", prefetch_of_one);

    quote(client, "A", "first");
    quote(client, "A", "A1");
    quote(client, NULL, "none");
    quote(client, "B", "B1");
    quote(client, "A", "A2");
    quote(client, "B", "B2");
    quote(client, "A", "A3");
    drain(slow);
    cr_assert_str_eq(sim_bodies(slow), "first B2 A3");
    sim_destroy(sim);
}

Test(eviction, by_a_property_discards_the_oldest_when_all_values_differ)
{
    struct sim *sim = sim_create(
        1, NULL,
        LIMIT("2", EVICTION("<uniquePropertyMessageEvictionStrategy propertyName='symbol'/>")));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *slow = sim_subscribe(client, "topic://T", prefetch_of_one);

    quote(client, "A", "first");
    quote(client, "B", "B");
    quote(client, "C", "C");
    quote(client, "D", "D");
    drain(slow);
    cr_assert_str_eq(sim_bodies(slow), "first C D");
    sim_destroy(sim);
}

Test(eviction, takes_expired_messages_first_above_the_watermark)
{
    struct sim *sim = sim_create(
        1, NULL,
        LIMIT("3",
              EVICTION("<oldestMessageEvictionStrategy evictExpiredMessagesHighWatermark='1'/>")));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *slow = sim_subscribe(client, "topic://T", prefetch_of_one);

    sim_send(client, "topic://T", "first");
    sim_send(client, "topic://T", "old");
    sim_send_draft(client, "topic://T", "expired",
                   (struct message_draft){.expiration_ms = sim_wall_ms(sim) + 10});
    sim_send(client, "topic://T", "new");
    sim_advance(sim, 20);
    sim_send(client, "topic://T", "newest");
    drain(slow);
    cr_assert_str_eq(sim_bodies(slow), "first old new newest");
    cr_assert_eq(sim_engine(sim, 0)->counters.discarded, 0);
    cr_assert_eq(sim_engine(sim, 0)->counters.expired, 1);
    sim_destroy(sim);
}

Test(eviction, never_touches_durable_subscribers)
{
    struct sim *sim = sim_create(1, NULL, LIMIT("1", ""));
    struct sim_client *client = sim_client_as(sim, 0, "me");
    struct sim_consumer *slow =
        sim_subscribe(client, "topic://T",
                      (struct engine_subscribe_spec){.prefetch = 1, .durable_name = SLICE("sub")});

    for (unsigned i = 0; i < 5; i++)
        sim_send(client, "topic://T", "x");
    drain(slow);
    cr_assert_str_eq(sim_bodies(slow), "x x x x x");
    sim_destroy(sim);
}
