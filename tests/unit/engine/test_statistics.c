/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_case.h"

#include <inttypes.h>

#define PLUGIN NULL, "<plugins><statisticsBrokerPlugin/></plugins>"

static void ask(struct sim_client *client, const char *question, const char *option)
{
    struct property properties[] = {
        {slice_of_text(option), {.type = VALUE_STRING, .text = SLICE("true")}}};

    sim_send_draft(client, question, "",
                   (struct message_draft){.reply_to = sim_name("answers"),
                                          .correlation_id = SLICE("c1"),
                                          .properties = properties,
                                          .property_count = option ? 1 : 0});
}

static bool find(const struct sim_consumer *consumer, size_t index, const char *name,
                 struct value *out)
{
    cr_assert_lt(index, consumer->count);
    return property_find(message_part(consumer->deliveries[index].message, MESSAGE_BODY),
                         slice_of_text(name), out);
}

static int64_t number(const struct sim_consumer *consumer, size_t index, const char *name)
{
    struct value value;

    cr_assert(find(consumer, index, name, &value), "%s is missing", name);
    return value.integer;
}

static bool has_text(const struct sim_consumer *consumer, size_t index, const char *name,
                     const char *text)
{
    struct value value;

    return find(consumer, index, name, &value) && slice_is(value.text, text);
}

ENGINE_TEST(statistics, of_the_broker_add_up_all_shards, PLUGIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *answers = sim_listen(client, "answers", 10);
    struct sim_consumer *consumer;
    const struct message *message;

    sim_run(sim);
    for (int i = 0; i < 6; i++)
        sim_send(client, (char[]){(char)('A' + i), 0}, "x");
    consumer = sim_listen(client, "A", 10);
    sim_run(sim);
    sim_consume_all(consumer);
    sim_listen(client, "B", 10);
    sim_run(sim);
    ask(client, "ActiveMQ.Statistics.Broker", NULL);
    sim_run(sim);
    cr_assert_eq(answers->count, 1);
    message = answers->deliveries[0].message;
    cr_assert_eq(message->body_kind, BODY_MAP);
    cr_assert_not(message->persistent);
    cr_assert(slice_is(message_part(message, MESSAGE_TYPE), "Advisory"));
    cr_assert(slice_is(message_part(message, MESSAGE_CORRELATION_ID), "c1"));
    cr_assert(has_text(answers, 0, "brokerName", "sim"));
    cr_assert_eq(number(answers, 0, "size"), 5);
    cr_assert_eq(number(answers, 0, "enqueueCount"), 6);
    cr_assert_eq(number(answers, 0, "dequeueCount"), 1);
    cr_assert_eq(number(answers, 0, "inflightCount"), 1);
    cr_assert_eq(number(answers, 0, "consumerCount"), 3);
    cr_assert_eq(number(answers, 0, "memoryUsage"), (int64_t)sim_memory(sim) - 1024);
}

ENGINE_TEST(statistics, of_the_broker_begin_anew_after_a_reset, PLUGIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *answers = sim_listen(client, "answers", 10);

    for (int i = 0; i < 6; i++)
        sim_send(client, (char[]){(char)('A' + i), 0}, "x");
    sim_run(sim);
    ask(client, "ActiveMQ.Statistics.Broker", "ActiveMQ.Statistics.Broker.Reset");
    sim_run(sim);
    cr_assert_eq(number(answers, 0, "enqueueCount"), 6);
    ask(client, "activemq.statistics.broker", NULL);
    sim_run(sim);
    cr_assert_leq(number(answers, 1, "enqueueCount"), 1); /* the first answer */
}

ENGINE_TEST(statistics, of_destinations_come_one_by_one_and_may_end_with_nothing, PLUGIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *answers = sim_listen(client, "answers", 10);

    sim_send(client, "S.a", "x");
    sim_send(client, "S.b", "x");
    sim_send(client, "S.c", "x");
    sim_send(client, "topic://S.d", "x");
    sim_run(sim);
    ask(client, "ActiveMQ.Statistics.Destination.S.>",
        "ActiveMQ.Statistics.Destination.List.End.With.Null");
    sim_run(sim);
    cr_assert_eq(answers->count, 4);
    for (size_t i = 0; i < 3; i++) {
        struct value value;

        cr_assert(find(answers, i, "destinationName", &value));
        cr_assert(slice_starts_with(value.text, SLICE("queue://S.")));
        cr_assert_eq(number(answers, i, "size"), 1);
        cr_assert_eq(number(answers, i, "enqueueCount"), 1);
        cr_assert_not(find(answers, i, "firstMessageTimestamp", &value));
    }
    cr_assert_eq(answers->deliveries[3].message->body_count, 0);
}

ENGINE_TEST(statistics, of_a_queue_tell_when_its_first_message_came, PLUGIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *answers = sim_listen(client, "answers", 10);
    int64_t sent_ms;

    sim_run(sim);
    sent_ms = sim_wall_ms(sim);
    sim_send(client, "S.a", "x");
    sim_advance(sim, 500);
    sim_send(client, "S.a", "x");
    sim_run(sim);
    ask(client, "ActiveMQ.Statistics.Destination.S.a",
        "ActiveMQ.Statistics.Destination.Include.First.Message.Timestamp");
    sim_run(sim);
    cr_assert_eq(answers->count, 1);
    cr_assert_eq(number(answers, 0, "firstMessageTimestamp"), sent_ms);
}

ENGINE_TEST(statistics, of_subscriptions_come_from_all_shards, PLUGIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *answers = sim_listen(client, "answers", 10);
    unsigned found = 0;

    sim_subscribe(client, "S.a",
                  (struct engine_subscribe_spec){.prefetch = 7, .selector = SLICE("a = 'b'")});
    sim_listen(sim_client(sim, 2), "topic://S.t", 5);
    sim_run(sim);
    ask(client, "ActiveMQ.Statistics.Subscription", NULL);
    sim_run(sim);
    cr_assert_eq(answers->count, 3);
    for (size_t i = 0; i < 3; i++)
        if (has_text(answers, i, "destinationName", "queue://S.a")) {
            cr_assert_eq(number(answers, i, "prefetchSize"), 7);
            cr_assert(has_text(answers, i, "selector", "a = 'b'"));
            found++;
        }
    cr_assert_eq(found, 1);
}

ENGINE_TEST(statistics, are_for_questions_with_an_address_only, PLUGIN)
{
    struct sim_client *client = sim_client(sim, 1);

    sim_send(client, "ActiveMQ.Statistics.Broker", "plain");
    sim_run(sim);
    expect(sim_listen(client, "ActiveMQ.Statistics.Broker", 10), "plain");
}

ENGINE_TEST(statistics, are_not_given_without_the_plugin, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *answers = sim_listen(client, "answers", 10);

    ask(client, "ActiveMQ.Statistics.Broker", NULL);
    expect(answers, "");
    expect(sim_listen(client, "ActiveMQ.Statistics.Broker", 10), "");
    cr_assert_gt(sim_memory(sim), 0);
}
