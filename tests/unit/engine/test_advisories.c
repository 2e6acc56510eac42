/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_case.h"

#include "engine/advisory.h"

static bool is_kind(const struct sim_consumer *consumer, size_t index, enum advisory_kind kind)
{
    return index < consumer->count && consumer->deliveries[index].message->advisory == kind;
}

ENGINE_TEST(advisories, tell_of_connections, PLAIN)
{
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *consumer = sim_listen(client, "topic://ActiveMQ.Advisory.Connection", 100);
    struct sim_client *other;
    size_t before;

    sim_run(sim);
    before = consumer->count;
    other = sim_client_as(sim, 1, "other");
    cr_assert_eq(consumer->count, before + 1);
    cr_assert(is_kind(consumer, before, ADVISORY_CONNECTION_INFO));
    cr_assert_str_eq(sim_property(consumer, before, "originBrokerName"), "sim");
    cr_assert_str_eq(sim_property(consumer, before, "originBrokerURL"), "tcp://sim:61616");
    sim_close(other);
    sim_run(sim);
    cr_assert_eq(consumer->count, before + 2);
    cr_assert(is_kind(consumer, before + 1, ADVISORY_REMOVE_INFO));
}

ENGINE_TEST(advisories, tell_of_consumers_of_a_queue, PLAIN)
{
    struct sim_client *client = sim_client(sim, 0);
    struct sim_client *other = sim_client(sim, 1);
    struct sim_consumer *watch =
        sim_listen(client, "topic://ActiveMQ.Advisory.Consumer.Queue.A", 100);
    struct sim_consumer *consumer;

    sim_run(sim);
    cr_assert_eq(watch->count, 0);
    consumer = sim_listen(other, "A", 10);
    sim_run(sim);
    cr_assert_eq(watch->count, 1);
    cr_assert(is_kind(watch, 0, ADVISORY_CONSUMER_INFO));
    cr_assert_str_eq(sim_property(watch, 0, "consumerCount"), "1");
    sim_unsubscribe(consumer);
    sim_run(sim);
    cr_assert_eq(watch->count, 2);
    cr_assert(is_kind(watch, 1, ADVISORY_REMOVE_INFO));
    cr_assert_str_eq(sim_property(watch, 1, "consumerCount"), "0");
}

ENGINE_TEST(advisories, tell_of_producers, PLAIN)
{
    struct sim_client *client = sim_client(sim, 0);
    struct sim_client *other = sim_client(sim, 1);
    struct sim_consumer *watch =
        sim_listen(client, "topic://ActiveMQ.Advisory.Producer.Queue.>", 100);

    sim_run(sim);
    sim_send(other, "A", "a");
    sim_send(other, "A", "b");
    sim_run(sim);
    cr_assert_eq(watch->count, 1);
    cr_assert(is_kind(watch, 0, ADVISORY_PRODUCER_INFO));
    sim_close(other);
    sim_run(sim);
    cr_assert_eq(watch->count, 2);
    cr_assert(is_kind(watch, 1, ADVISORY_REMOVE_INFO));
}

ENGINE_TEST(advisories, tell_of_destinations, PLAIN)
{
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *watch = sim_listen(client, "topic://ActiveMQ.Advisory.Queue", 100);

    sim_run(sim);
    sim_send(client, "A", "a");
    sim_run(sim);
    cr_assert_eq(watch->count, 1);
    cr_assert(is_kind(watch, 0, ADVISORY_DESTINATION_INFO));
    sim_remove_destination(client, "A");
    sim_run(sim);
    cr_assert_eq(watch->count, 2);
}

ENGINE_TEST(advisories, replay_the_present_to_new_subscribers, PLAIN)
{
    struct sim_client *client = sim_client(sim, 0);
    struct sim_client *other = sim_client(sim, 1);
    struct sim_consumer *watch;

    sim_listen(other, "A", 10);
    sim_listen(other, "B", 10);
    sim_run(sim);
    watch = sim_listen(client, "topic://ActiveMQ.Advisory.Consumer.>", 100);
    sim_run(sim);
    cr_assert_eq(watch->count, 2);
    cr_assert(is_kind(watch, 0, ADVISORY_CONSUMER_INFO));
    cr_assert(is_kind(watch, 1, ADVISORY_CONSUMER_INFO));
}

ENGINE_TEST(advisories, hold_nothing_without_interest, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);

    sim_listen(client, "A", 10);
    sim_send(client, "B", "x");
    sim_run(sim);
    for (uint16_t i = 0; i < 3; i++) {
        struct sim_client *other = sim_client(sim, i);

        expect(sim_listen(other, "topic://Other", 10), "");
    }
}

ENGINE_TEST(advisories, are_off_where_the_broker_says_so, "advisorySupport='false'", NULL)
{
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *watch = sim_listen(client, "topic://ActiveMQ.Advisory.>", 100);

    sim_listen(client, "A", 10);
    sim_client(sim, 1);
    sim_run(sim);
    cr_assert_eq(watch->count, 0);
}

ENGINE_TEST(advisories, tell_of_expired_messages, PLAIN)
{
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *watch =
        sim_listen(client, "topic://ActiveMQ.Advisory.Expired.Queue.A", 100);

    sim_run(sim);
    sim_send_draft(client, "A", "late",
                   (struct message_draft){.expiration_ms = sim_wall_ms(sim) - 1});
    sim_run(sim);
    cr_assert_eq(watch->count, 1);
    cr_assert(is_kind(watch, 0, ADVISORY_MESSAGE));
}

static void assert_subject(const struct message *advisory, const char *body)
{
    struct text scratch;
    const struct message *subject;

    text_init(&scratch);
    subject = advisory_subject(advisory, &scratch);
    cr_assert(subject);
    cr_assert(slice_is(message_part(subject, MESSAGE_DESTINATION), "A"));
    cr_assert(slice_is(message_part(subject, MESSAGE_TYPE), "kind"));
    cr_assert(subject->persistent);
    cr_assert_eq(subject->body_kind, BODY_TEXT);
    cr_assert_eq(subject->advisory, ADVISORY_NONE);
    if (body)
        cr_assert(slice_is(message_part(subject, MESSAGE_BODY), body));
    else
        cr_assert(!slice_is_present(message_part(subject, MESSAGE_BODY)));
    text_fini(&scratch);
}

static void send_for_advisory(struct sim *sim, const char *body)
{
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *watch =
        sim_listen(client, "topic://ActiveMQ.Advisory.MessageDelivered.Queue.A", 100);

    sim_run(sim);
    sim_send_draft(client, "A", "text",
                   (struct message_draft){.type = SLICE("kind"), .persistent = true});
    sim_run(sim);
    cr_assert_eq(watch->count, 1);
    cr_assert(slice_is(message_part(watch->deliveries[0].message, MESSAGE_TYPE), "Advisory"));
    cr_assert_str_eq(sim_property(watch, 0, "orignalDestination"), "queue://A");
    assert_subject(watch->deliveries[0].message, body);
}

ENGINE_TEST(advisories, hold_the_message_they_are_about,
            POLICY("<policyEntry queue='A' advisoryForDelivery='true'/>"))
{
    send_for_advisory(sim, NULL);
}

ENGINE_TEST(advisories, hold_its_body_if_asked_to,
            POLICY("<policyEntry queue='A' advisoryForDelivery='true' "
                   "includeBodyForAdvisory='true'/>"))
{
    send_for_advisory(sim, "text");
}

ENGINE_TEST(advisories, tell_of_messages_nobody_hears,
            POLICY("<policyEntry queue='&gt;' sendAdvisoryIfNoConsumers='true'/>"
                   "<policyEntry topic='&gt;' sendAdvisoryIfNoConsumers='true'/>"))
{
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *queue =
        sim_listen(client, "topic://ActiveMQ.Advisory.NoConsumer.Queue.A", 100);
    struct sim_consumer *topic =
        sim_listen(client, "topic://ActiveMQ.Advisory.NoConsumer.Topic.T", 100);

    sim_run(sim);
    sim_send_draft(client, "A", "x", (struct message_draft){.persistent = false});
    sim_send_draft(client, "topic://T", "x", (struct message_draft){.persistent = false});
    sim_run(sim);
    cr_assert_eq(queue->count, 1);
    cr_assert_eq(topic->count, 1);
    cr_assert(is_kind(queue, 0, ADVISORY_PLAIN));
    cr_assert(slice_is(message_part(queue->deliveries[0].message, MESSAGE_BODY), "x"));
}

ENGINE_TEST(advisories, of_discarded_messages_come_if_asked_for,
            POLICY("<policyEntry topic='T' advisoryForDiscardingMessages='true'>"
                   "<pendingMessageLimitStrategy>"
                   "<constantPendingMessageLimitStrategy limit='1'/>"
                   "</pendingMessageLimitStrategy></policyEntry>"))
{
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *watch =
        sim_listen(client, "topic://ActiveMQ.Advisory.MessageDiscarded.Topic.T", 100);

    sim_listen(sim_client(sim, 1), "topic://T", 1);
    sim_run(sim);
    for (int i = 0; i < 4; i++)
        sim_send(client, "topic://T", "x");
    sim_run(sim);
    cr_assert_eq(watch->count, 2);
}

ENGINE_TEST(advisories, describe_a_consumer_as_it_has_asked, PLAIN)
{
    struct sim_client *other = sim_client_as(sim, 1, "other");
    struct sim_consumer *watch =
        sim_listen(sim_client(sim, 0), "topic://ActiveMQ.Advisory.Consumer.>", 100);
    struct sim_consumer *consumer;

    sim_run(sim);
    consumer = sim_subscribe(other, "A",
                             (struct engine_subscribe_spec){.consumer_id = SLICE("ID:c-1:2:3:4"),
                                                            .selector = SLICE("x = 1"),
                                                            .prefetch = 7,
                                                            .pending_max = 5,
                                                            .priority = 3,
                                                            .exclusive = true});
    sim_run(sim);
    cr_assert_eq(watch->count, 1);
    cr_assert_str_eq(sim_field(watch, 0, "consumerId"), "ID:c-1:2:3:4");
    cr_assert_str_eq(sim_field(watch, 0, "destination"), "queue://A");
    cr_assert_str_eq(sim_field(watch, 0, "clientId"), "other");
    cr_assert_str_eq(sim_field(watch, 0, "selector"), "x = 1");
    cr_assert_str_eq(sim_field(watch, 0, "prefetchSize"), "7");
    cr_assert_str_eq(sim_field(watch, 0, "maximumPendingMessageLimit"), "5");
    cr_assert_str_eq(sim_field(watch, 0, "priority"), "3");
    cr_assert_str_eq(sim_field(watch, 0, "exclusive"), "true");
    cr_assert_str_eq(sim_field(watch, 0, "subscriptionName"), "");
    sim_unsubscribe(consumer);
    sim_run(sim);
    cr_assert_str_eq(sim_field(watch, 1, "objectId"), "ID:c-1:2:3:4");
    cr_assert_str_eq(sim_field(watch, 1, "lastDeliveredSequenceId"), "-2");
}

ENGINE_TEST(advisories, name_long_destinations_in_full, PLAIN)
{
    struct sim_client *client = sim_client(sim, 0), *other = sim_client(sim, 1);
    struct sim_consumer *consumers =
        sim_listen(client, "topic://ActiveMQ.Advisory.Consumer.>", 100);
    struct sim_consumer *queues = sim_listen(client, "topic://ActiveMQ.Advisory.Queue", 100);
    struct sim_consumer *producers =
        sim_listen(client, "topic://ActiveMQ.Advisory.Producer.>", 100);
    char text[700] = "queue://";

    memset(text + 8, 'n', sizeof text - 9);
    sim_run(sim);
    sim_listen(other, text, 10);
    sim_run(sim);
    cr_assert_not_null(engine_producer_open(
        other->client, &(struct engine_producer_spec){.destination = sim_name(text),
                                                      .producer_id = SLICE("ID:p-1:1:1:1"),
                                                      .window_size = 1000}));
    sim_run(sim);
    cr_assert_str_eq(sim_field(consumers, 0, "destination"), text);
    cr_assert_str_eq(sim_field(queues, 0, "destination"), text);
    cr_assert_str_eq(sim_field(producers, 0, "destination"), text);
    cr_assert_str_eq(sim_field(producers, 0, "windowSize"), "1000");
}

ENGINE_TEST(advisories, count_the_consumers_of_a_topic, PLAIN)
{
    struct sim_consumer *watch =
        sim_listen(sim_client(sim, 0), "topic://ActiveMQ.Advisory.Consumer.Topic.T", 100);
    struct sim_consumer *first = sim_listen(sim_client(sim, 1), "topic://T", 10);

    sim_run(sim);
    sim_listen(sim_client(sim, 2), "topic://T", 10);
    sim_run(sim);
    sim_unsubscribe(first);
    sim_run(sim);
    cr_assert_eq(watch->count, 3);
    cr_assert_str_eq(sim_property(watch, 0, "consumerCount"), "1");
    cr_assert_str_eq(sim_property(watch, 1, "consumerCount"), "2");
    cr_assert_str_eq(sim_property(watch, 2, "consumerCount"), "1");
}

ENGINE_TEST(advisories, announce_a_composite_or_a_wildcard_once, PLAIN)
{
    struct sim_consumer *watch =
        sim_listen(sim_client(sim, 0), "topic://ActiveMQ.Advisory.Consumer.>", 100);
    struct sim_client *other = sim_client(sim, 1);
    struct sim_consumer *composite, *wildcard;

    sim_run(sim);
    composite = sim_listen(other, "A,B,topic://T", 10);
    sim_run(sim);
    cr_assert_eq(watch->count, 1);
    cr_assert_str_eq(sim_field(watch, 0, "destination"), "queue://A,B,topic://T");
    wildcard = sim_listen(other, "W.>", 10);
    sim_send(other, "W.a", "x");
    sim_run(sim);
    cr_assert_eq(watch->count, 2);
    cr_assert_str_eq(sim_field(watch, 1, "destination"), "queue://W.>");
    sim_unsubscribe(composite);
    sim_unsubscribe(wildcard);
    sim_run(sim);
    cr_assert_eq(watch->count, 4);
    watch = sim_listen(sim_client(sim, 2), "topic://ActiveMQ.Advisory.Consumer.>", 100);
    expect(watch, "");
}

ENGINE_TEST(advisories, tell_of_browsers, PLAIN)
{
    struct sim_consumer *watch =
        sim_listen(sim_client(sim, 0), "topic://ActiveMQ.Advisory.Consumer.Queue.A", 100);
    struct sim_client *other = sim_client(sim, 1);
    struct sim_consumer *browser;

    sim_listen(other, "A", 10);
    sim_run(sim);
    browser = sim_subscribe(other, "A", (struct engine_subscribe_spec){.browser = true});
    sim_run(sim);
    sim_unsubscribe(browser);
    sim_run(sim);
    cr_assert_eq(watch->count, 3);
    cr_assert_str_eq(sim_field(watch, 1, "browser"), "true");
    cr_assert_str_eq(sim_property(watch, 1, "consumerCount"), "2");
    cr_assert_str_eq(sim_property(watch, 2, "consumerCount"), "1");
}

ENGINE_TEST(advisories, follow_a_durable_subscriber, PLAIN)
{
    struct sim_consumer *watch =
        sim_listen(sim_client(sim, 0), "topic://ActiveMQ.Advisory.Consumer.Topic.T", 100);
    struct sim_client *client = sim_client_as(sim, 1, "me");
    struct engine_subscribe_spec spec = {.durable_name = SLICE("sub"),
                                         .consumer_id = SLICE("ID:c-1:1:1:1")};
    struct sim_consumer *consumer = sim_subscribe(client, "topic://T", spec);

    sim_run(sim);
    sim_unsubscribe(consumer);
    sim_run(sim);
    cr_assert_eq(watch->count, 2);
    cr_assert_str_eq(sim_field(watch, 0, "subscriptionName"), "sub");
    cr_assert(is_kind(watch, 1, ADVISORY_REMOVE_INFO));
    cr_assert_str_eq(sim_property(watch, 1, "consumerCount"), "1"); /* it is offline, not gone */
    consumer = sim_subscribe(client, "topic://T", spec);
    sim_run(sim);
    cr_assert(is_kind(watch, 2, ADVISORY_CONSUMER_INFO));
    sim_unsubscribe(consumer);
    sim_run(sim);
    expect_answer(client, sim_remove_durable(client, "sub"), ENGINE_OK);
    cr_assert_eq(watch->count, 5);
    cr_assert(is_kind(watch, 4, ADVISORY_REMOVE_SUBSCRIPTION_INFO));
    cr_assert_str_eq(sim_property(watch, 4, "consumerCount"), "0");
    cr_assert_str_eq(sim_field(watch, 4, "clientId"), "me");
    cr_assert_str_eq(sim_field(watch, 4, "subscriptionName"), "sub");
}

ENGINE_TEST(advisories, of_temporary_queues_name_their_owner, PLAIN)
{
    struct sim_client *owner = sim_client(sim, 1);
    struct sim_consumer *watch, *late;
    char id[128];

    snprintf(id, sizeof id, "%.*s", SLICE_FMT(engine_client_connection_id(owner->client)));
    watch =
        sim_listen(sim_client(sim, 0),
                   "topic://ActiveMQ.Advisory.TempQueue,topic://ActiveMQ.Advisory.TempTopic", 100);
    sim_run(sim);
    expect_answer(owner, sim_create_temp(owner, "temp-queue://t"), ENGINE_OK);
    late = sim_subscribe(sim_client(sim, 2), "topic://ActiveMQ.Advisory.TempQueue",
                         (struct engine_subscribe_spec){.consumer_id = SLICE("ID:l-1:1:-1:1")});
    sim_run(sim);
    cr_assert_eq(watch->count, 1);
    cr_assert_str_eq(sim_field(watch, 0, "connectionId"), id);
    cr_assert_str_eq(sim_field(watch, 0, "targetConsumerId"), "");
    cr_assert_eq(late->count, 1);
    cr_assert_str_eq(sim_field(late, 0, "connectionId"), id);
    cr_assert_str_eq(sim_field(late, 0, "destination"), "temp-queue://t");
    cr_assert_str_eq(sim_field(late, 0, "targetConsumerId"), "ID:l-1:1:-1:1");
    sim_close(owner);
    sim_run(sim);
    cr_assert_eq(watch->count, 2);
    cr_assert_str_eq(sim_field(watch, 1, "connectionId"), id);
    cr_assert_str_eq(sim_field(watch, 1, "operationType"), "1");
}

ENGINE_TEST(advisories, say_whose_send_has_made_a_queue, PLAIN)
{
    struct sim_client *other = sim_client(sim, 1);
    struct sim_consumer *watch =
        sim_listen(sim_client(sim, 0), "topic://ActiveMQ.Advisory.Queue", 100);
    char id[128];

    snprintf(id, sizeof id, "%.*s", SLICE_FMT(engine_client_connection_id(other->client)));
    sim_run(sim);
    sim_send(other, "A", "x");
    sim_run(sim);
    cr_assert_str_eq(sim_field(watch, 0, "connectionId"), id);
}
