/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_case.h"

static void send_letters(struct sim_client *client, const char *to, int count)
{
    for (int i = 0; i < count; i++)
        sim_send(client, to, (char[]){(char)('a' + i), 0});
}

ENGINE_TEST(topic, gives_every_subscriber_everything, PLAIN)
{
    struct sim_client *clients[] = {sim_client(sim, 0), sim_client(sim, 1), sim_client(sim, 2)};
    struct sim_consumer *consumers[6];

    for (int i = 0; i < 6; i++)
        consumers[i] = sim_listen(clients[i % 3], "topic://T", 100);
    sim_run(sim);
    send_letters(clients[1], "topic://T", 3);
    for (int i = 0; i < 6; i++) {
        expect(consumers[i], "a b c");
        sim_consume_all(consumers[i]);
    }
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(topic, keeps_nothing_for_those_who_come_later, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);

    send_letters(client, "topic://T", 2);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
    expect(sim_listen(client, "topic://T", 10), "");
}

ENGINE_TEST(topic, holds_back_beyond_the_prefetch, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *slow = sim_listen(client, "topic://T", 1);
    struct sim_consumer *fast = sim_listen(client, "topic://T", 10);

    sim_run(sim);
    send_letters(client, "topic://T", 3);
    expect(slow, "a");
    expect(fast, "a b c");
    sim_consume_all(slow);
    expect(slow, "b");
    sim_consume_all(slow);
    expect(slow, "c");
    sim_consume_all(slow);
    sim_consume_all(fast);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(topic, drops_the_oldest_beyond_the_pending_limit,
            POLICY("<policyEntry topic='T'><pendingMessageLimitStrategy>"
                   "<constantPendingMessageLimitStrategy limit='2'/>"
                   "</pendingMessageLimitStrategy></policyEntry>"))
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "topic://T", 1);

    sim_run(sim);
    send_letters(client, "topic://T", 6);
    expect(consumer, "a");
    sim_consume_all(consumer);
    expect(consumer, "e");
    sim_consume_all(consumer);
    expect(consumer, "f");
    sim_consume_all(consumer);
    expect(consumer, "");
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(topic, obeys_selectors_and_noLocal, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_client *other = sim_client(sim, 2);
    struct property red[] = {{SLICE("colour"), {.type = VALUE_STRING, .text = SLICE("red")}}};
    struct sim_consumer *selective = sim_subscribe(
        client, "topic://T", (struct engine_subscribe_spec){.selector = SLICE("colour = 'red'")});
    struct sim_consumer *others =
        sim_subscribe(client, "topic://T", (struct engine_subscribe_spec){.no_local = true});

    sim_run(sim);
    sim_send_draft(client, "topic://T", "own",
                   (struct message_draft){.properties = red, .property_count = 1});
    sim_send(other, "topic://T", "theirs");
    expect(selective, "own");
    expect(others, "theirs");
}

ENGINE_TEST(topic, forgets_those_who_leave, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_client *other = sim_client(sim, 2);
    struct sim_consumer *consumer = sim_listen(client, "topic://T", 1);

    sim_run(sim);
    send_letters(other, "topic://T", 3);
    expect(consumer, "a");
    sim_unsubscribe(consumer);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
    send_letters(other, "topic://T", 3);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(topic, keeps_the_order_of_a_producer_for_all, PLAIN)
{
    struct sim_client *producer = sim_client(sim, 0);
    struct sim_consumer *consumers[3];
    char body[8];

    for (uint16_t i = 0; i < 3; i++)
        consumers[i] = sim_listen(sim_client(sim, i), "topic://T", 1000);
    sim_run(sim);
    for (int i = 0; i < 50; i++) {
        snprintf(body, sizeof body, "%02d", i);
        sim_send(producer, "topic://T", body);
    }
    sim_run(sim);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(consumers[i]->count, 50);
        for (size_t k = 0; k < 50; k++) {
            snprintf(body, sizeof body, "%02zu", k);
            cr_assert(
                slice_is(message_part(consumers[i]->deliveries[k].message, MESSAGE_BODY), body));
        }
    }
}

ENGINE_TEST(topic, a_composite_reaches_queues_and_topics, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *queue = sim_listen(client, "A", 10);
    struct sim_consumer *other = sim_listen(client, "B", 10);
    struct sim_consumer *topic = sim_listen(client, "topic://T", 10);

    sim_run(sim);
    expect_answer(client, sim_send(client, "queue://A,topic://T,B", "x"), ENGINE_OK);
    expect(queue, "x");
    expect(other, "x");
    expect(topic, "x");
}

ENGINE_TEST(topic, temporary_ones_end_with_their_owner, PLAIN)
{
    struct sim_client *owner = sim_client(sim, 1);
    struct sim_client *other = sim_client(sim, 2);
    struct sim_consumer *consumer;

    expect_answer(owner, sim_create_temp(owner, "temp-topic://x"), ENGINE_OK);
    consumer = sim_listen(owner, "temp-topic://x", 10);
    sim_run(sim);
    sim_send(other, "temp-topic://x", "a");
    expect(consumer, "a");
    sim_close(owner);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(topic, temporary_queues_take_their_messages_along,
            "allowTempAutoCreationOnSend='false'", NULL)
{
    struct sim_client *owner = sim_client(sim, 1);
    struct sim_client *other = sim_client(sim, 2);

    expect_answer(owner, sim_create_temp(owner, "temp-queue://x"), ENGINE_OK);
    expect_answer(other, sim_send(other, "temp-queue://x", "a"), ENGINE_OK);
    cr_assert_gt(sim_memory(sim), 0);
    sim_close(owner);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
    expect_refusal(other, sim_send(other, "temp-queue://x", "a"), ENGINE_NO_SUCH_DESTINATION,
                   "temp-queue://x");
}

ENGINE_TEST(topic, subscribers_end_when_their_temporary_queue_is_removed, PLAIN)
{
    struct sim_client *owner = sim_client(sim, 1);
    struct sim_consumer *consumer;

    expect_answer(owner, sim_create_temp(owner, "temp-queue://x"), ENGINE_OK);
    consumer = sim_listen(owner, "temp-queue://x", 10);
    sim_run(sim);
    expect_answer(owner, sim_remove_destination(owner, "temp-queue://x"), ENGINE_OK);
    cr_assert(consumer->ended);
}

ENGINE_TEST(topic, a_retroactive_subscriber_gets_what_the_policy_keeps,
            POLICY("<policyEntry topic='T'><subscriptionRecoveryPolicy>"
                   "<fixedCountSubscriptionRecoveryPolicy maximumSize='2'/>"
                   "</subscriptionRecoveryPolicy></policyEntry>"))
{
    struct sim_client *client = sim_client(sim, 1);

    sim_send(client, "topic://T", "a");
    sim_send(client, "topic://T", "b");
    sim_send(client, "topic://T", "c");
    sim_run(sim);
    expect(sim_subscribe(client, "topic://T", (struct engine_subscribe_spec){.retroactive = true}),
           "b c");
    expect(sim_listen(client, "topic://T", 10), "");
}
