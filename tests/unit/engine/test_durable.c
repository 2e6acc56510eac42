/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_case.h"

static struct sim_consumer *listen_durable(struct sim_client *client, const char *selector)
{
    return sim_subscribe(client, "topic://T",
                         (struct engine_subscribe_spec){.prefetch = 2,
                                                        .durable_name = SLICE("sub"),
                                                        .selector = slice_of_text(selector)});
}

static void send_letters(struct sim_client *client, const char *to, int count)
{
    for (int i = 0; i < count; i++)
        sim_send(client, to, (char[]){(char)('a' + i), 0});
}

ENGINE_TEST(durable, keeps_messages_while_it_is_away, PLAIN)
{
    struct sim_client *sender = sim_client(sim, 2);
    struct sim_client *client = sim_client_as(sim, 1, "me");
    struct sim_consumer *consumer = listen_durable(client, NULL);

    sim_run(sim);
    cr_assert_eq(sim_answer(client, consumer->request), ENGINE_OK);
    sim_close(client);
    sim_run(sim);
    send_letters(sender, "topic://T", 3);
    sim_run(sim);
    client = sim_client_as(sim, 0, "me");
    consumer = listen_durable(client, NULL);
    expect(consumer, "a b");
    sim_consume_all(consumer);
    expect(consumer, "c");
    sim_consume_all(consumer);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(durable, gets_again_what_it_did_not_acknowledge, PLAIN)
{
    struct sim_client *sender = sim_client(sim, 2);
    struct sim_client *client = sim_client_as(sim, 1, "me");
    struct sim_consumer *consumer = listen_durable(client, NULL);

    sim_run(sim);
    send_letters(sender, "topic://T", 3);
    expect(consumer, "a b");
    sim_consume(consumer, "a");
    expect(consumer, "c");
    sim_close(client);
    sim_run(sim);
    client = sim_client_as(sim, 2, "me");
    expect(listen_durable(client, NULL), "b+1 c+1");
}

ENGINE_TEST(durable, is_in_use_by_one_consumer_only, PLAIN)
{
    struct sim_client *client = sim_client_as(sim, 1, "me");
    struct sim_consumer *second;

    listen_durable(client, NULL);
    sim_run(sim);
    second = listen_durable(client, NULL);
    sim_run(sim);
    cr_assert_eq(sim_answer(client, second->request), ENGINE_DURABLE_IN_USE);
    cr_assert_str_eq(sim_answer_text(client, second->request),
                     "Durable consumer is in use for client: me and subscriptionName: sub");
}

ENGINE_TEST(durable, begins_anew_with_another_selector, PLAIN)
{
    struct sim_client *sender = sim_client(sim, 2);
    struct sim_client *client = sim_client_as(sim, 1, "me");
    struct sim_consumer *consumer = listen_durable(client, NULL);
    struct property red[] = {{SLICE("colour"), {.type = VALUE_STRING, .text = SLICE("red")}}};

    sim_run(sim);
    sim_unsubscribe(consumer);
    sim_run(sim);
    send_letters(sender, "topic://T", 2);
    sim_run(sim);
    consumer = listen_durable(client, "colour = 'red'");
    expect(consumer, ""); /* what the old one had is gone */
    cr_assert_eq(sim_memory(sim), 0);
    sim_send(sender, "topic://T", "plain");
    sim_send_draft(sender, "topic://T", "red",
                   (struct message_draft){.properties = red, .property_count = 1});
    expect(consumer, "red");
}

ENGINE_TEST(durable, is_removed_with_what_it_keeps, PLAIN)
{
    struct sim_client *sender = sim_client(sim, 2);
    struct sim_client *client = sim_client_as(sim, 1, "me");
    struct sim_consumer *consumer = listen_durable(client, NULL);

    sim_run(sim);
    expect_refusal(client, sim_remove_durable(client, "sub"), ENGINE_DURABLE_IN_USE,
                   "Durable consumer is in use");
    sim_unsubscribe(consumer);
    sim_run(sim);
    send_letters(sender, "topic://T", 2);
    sim_run(sim);
    cr_assert_gt(sim_memory(sim), 0);
    expect_answer(client, sim_remove_durable(client, "sub"), ENGINE_OK);
    cr_assert_eq(sim_memory(sim), 0);
    expect_refusal(client, sim_remove_durable(client, "sub"), ENGINE_NO_SUCH_SUBSCRIPTION,
                   "No durable subscription exists for clientID: me and subscriptionName: sub");
}

ENGINE_TEST(durable, belongs_to_one_client_id, PLAIN)
{
    struct sim_client *client = sim_client_as(sim, 1, "me");
    struct sim_client *other = sim_client_as(sim, 2, "you");
    struct sim_consumer *mine = listen_durable(client, NULL);
    struct sim_consumer *yours = listen_durable(other, NULL);

    sim_run(sim);
    sim_send(client, "topic://T", "x");
    expect(mine, "x");
    expect(yours, "x");
}

ENGINE_TEST(durable, hears_wildcards, PLAIN)
{
    struct sim_client *client = sim_client_as(sim, 1, "me");
    struct sim_consumer *consumer = sim_subscribe(
        client, "topic://T.>", (struct engine_subscribe_spec){.durable_name = SLICE("sub")});

    sim_run(sim);
    sim_unsubscribe(consumer);
    sim_run(sim);
    sim_send(client, "topic://T.a", "a");
    sim_run(sim);
    sim_send(client, "topic://T.b", "b");
    sim_run(sim);
    expect(sim_subscribe(client, "topic://T.>",
                         (struct engine_subscribe_spec){.durable_name = SLICE("sub")}),
           "a b");
}

ENGINE_TEST(durable, is_refused_where_the_broker_rejects_them, "rejectDurableConsumers='true'",
            NULL)
{
    struct sim_client *client = sim_client_as(sim, 1, "me");
    struct sim_consumer *consumer = listen_durable(client, NULL);

    sim_run(sim);
    cr_assert_eq(sim_answer(client, consumer->request), ENGINE_UNSUPPORTED);
}

ENGINE_TEST(durable, is_for_topics_only, PLAIN)
{
    struct sim_client *client = sim_client_as(sim, 1, "me");
    struct sim_consumer *consumer =
        sim_subscribe(client, "A", (struct engine_subscribe_spec){.durable_name = SLICE("sub")});

    sim_run(sim);
    cr_assert_neq(sim_answer(client, consumer->request), ENGINE_OK);
}

ENGINE_TEST(durable, goes_when_it_stays_away_too_long,
            "offlineDurableSubscriberTimeout='60000' offlineDurableSubscriberTaskSchedule='10000'",
            NULL)
{
    struct sim_client *sender = sim_client(sim, 2);
    struct sim_client *client = sim_client_as(sim, 1, "me");

    listen_durable(client, NULL);
    sim_run(sim);
    sim_close(client);
    sim_run(sim);
    send_letters(sender, "topic://T", 2);
    sim_run(sim);
    cr_assert_gt(sim_memory(sim), 0);
    sim_advance(sim, 80000);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(durable, begins_anew_with_another_topic_or_noLocal, PLAIN)
{
    struct sim_client *sender = sim_client(sim, 2);
    struct sim_client *client = sim_client_as(sim, 1, "me");
    struct engine_subscribe_spec spec = {.durable_name = SLICE("sub")};
    struct sim_consumer *consumer = sim_subscribe(client, "topic://T", spec);

    sim_run(sim);
    sim_unsubscribe(consumer);
    sim_run(sim);
    sim_send(sender, "topic://T", "lost");
    sim_run(sim);
    consumer = sim_subscribe(client, "topic://U", spec);
    expect(consumer, "");
    cr_assert_eq(sim_memory(sim), 0);
    sim_send(sender, "topic://T", "not any more");
    sim_send(sender, "topic://U", "a");
    expect(consumer, "a");
    sim_consume_all(consumer);
    sim_unsubscribe(consumer);
    sim_run(sim);
    sim_send(sender, "topic://U", "lost");
    sim_run(sim);
    spec.no_local = true;
    consumer = sim_subscribe(client, "topic://U", spec);
    expect(consumer, "");
    sim_send(client, "topic://U", "mine");
    sim_send(sender, "topic://U", "b");
    expect(consumer, "b");
}

ENGINE_TEST(durable, may_come_back_with_another_prefetch, PLAIN)
{
    struct sim_client *sender = sim_client(sim, 2);
    struct sim_client *client = sim_client_as(sim, 1, "me");
    struct engine_subscribe_spec spec = {.durable_name = SLICE("sub"), .prefetch = 1};
    struct sim_consumer *consumer = sim_subscribe(client, "topic://T", spec);

    sim_run(sim);
    send_letters(sender, "topic://T", 4);
    expect(consumer, "a");
    sim_unsubscribe_delivered(consumer, 0);
    sim_run(sim);
    spec.prefetch = 3;
    expect(sim_subscribe(client, "topic://T", spec), "a b c");
}

ENGINE_TEST(durable, is_in_use_by_a_client_on_another_shard, PLAIN)
{
    struct sim_client *client = sim_client_as(sim, 1, "me");
    struct sim_consumer *consumer = listen_durable(client, NULL);

    sim_run(sim);
    expect_refusal(client, sim_remove_durable(client, "sub"), ENGINE_DURABLE_IN_USE,
                   "Durable consumer is in use");
    sim_close(client);
    client = sim_client_as(sim, 2, "me");
    expect_answer(client, sim_remove_durable(client, "sub"), ENGINE_OK);
    (void)consumer;
}

ENGINE_TEST(durable, that_is_retroactive_gets_what_the_topic_has_kept,
            POLICY("<policyEntry topic='&gt;'><subscriptionRecoveryPolicy>"
                   "<fixedCountSubscriptionRecoveryPolicy maximumSize='3'/>"
                   "</subscriptionRecoveryPolicy></policyEntry>"))
{
    struct sim_client *client = sim_client_as(sim, 1, "me");
    struct engine_subscribe_spec spec = {.durable_name = SLICE("sub"), .retroactive = true};
    struct sim_consumer *consumer;

    send_letters(sim_client(sim, 2), "topic://T", 4);
    sim_run(sim);
    consumer = sim_subscribe(client, "topic://T", spec);
    expect(consumer, "b c d");
    sim_consume_all(consumer);
    sim_unsubscribe(consumer);
    sim_run(sim);
    expect(sim_subscribe(client, "topic://T", spec), ""); /* it has had them */
}

ENGINE_TEST(durable, to_an_advisory_topic_is_told_what_is_there, PLAIN)
{
    struct sim_client *client = sim_client_as(sim, 1, "me");
    struct sim_consumer *watch;

    sim_listen(sim_client(sim, 2), "A", 10);
    sim_run(sim);
    watch = sim_subscribe(client, "topic://ActiveMQ.Advisory.Queue",
                          (struct engine_subscribe_spec){.durable_name = SLICE("sub")});
    sim_run(sim);
    cr_assert_eq(watch->count, 1);
}

ENGINE_TEST(durable, that_has_come_back_leaves_its_topic_when_it_is_removed, PLAIN)
{
    struct sim_client *sender = sim_client(sim, 2);
    struct sim_client *client = sim_client_as(sim, 1, "me");

    for (int i = 0; i < 2; i++) {
        struct sim_consumer *consumer = listen_durable(client, NULL);

        sim_run(sim);
        sim_unsubscribe(consumer);
        sim_run(sim);
    }
    expect_answer(client, sim_remove_durable(client, "sub"), ENGINE_OK);
    send_letters(sender, "topic://T", 2);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
    expect_answer(client, sim_remove_destination(client, "topic://T"), ENGINE_OK);
}
