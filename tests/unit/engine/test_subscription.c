/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_case.h"

/* Users and rights, after features.md E3: reader reads, writer writes, boss does all. */
#define RIGHTS \
    NULL, "<plugins><simpleAuthenticationPlugin><users>" \
          "<authenticationUser username='reader' password='p' groups='readers'/>" \
          "<authenticationUser username='writer' password='p' groups='writers'/>" \
          "<authenticationUser username='boss' password='p' groups='bosses'/>" \
          "</users></simpleAuthenticationPlugin><authorizationPlugin><map><authorizationMap>" \
          "<authorizationEntries>" \
          "<authorizationEntry queue='&gt;' read='readers,bosses' write='writers,bosses' " \
          "admin='bosses'/>" \
          "<authorizationEntry topic='&gt;' read='readers,bosses' write='writers,bosses' " \
          "admin='bosses'/>" \
          "<authorizationEntry topic='ActiveMQ.Advisory.&gt;' read='bosses' write='bosses' " \
          "admin='readers,writers,bosses'/>" \
          "</authorizationEntries></authorizationMap></map></authorizationPlugin></plugins>"

static struct sim_client *client_of(struct sim *sim, uint16_t shard, const char *user)
{
    struct sim_client *client = sim_client_open(
        sim, &(struct sim_client_spec){.shard = shard, .user = user, .password = "p"});

    sim_run(sim);
    cr_assert_eq(sim_answer(client, 1), ENGINE_OK);
    return client;
}

ENGINE_TEST(subscription, writing_takes_a_right, RIGHTS)
{
    struct sim_client *reader = client_of(sim, 1, "reader");

    expect_refusal(reader, sim_send(reader, "A", "x"), ENGINE_NOT_AUTHORIZED,
                   "User reader is not authorized to write to: queue://A");
    expect_refusal(reader, sim_send(reader, "topic://T", "x"), ENGINE_NOT_AUTHORIZED,
                   "User reader is not authorized to write to: topic://T");
}

ENGINE_TEST(subscription, refusals_of_silent_sends_are_told_all_the_same, RIGHTS)
{
    struct sim_client *reader = client_of(sim, 1, "reader");
    struct sim_client *writer = client_of(sim, 1, "writer");

    sim_send_in(reader, "A", "x", (struct message_draft){0}, NULL, false);
    sim_send_in(writer, "New", "x", (struct message_draft){0}, NULL, false);
    sim_run(sim);
    cr_assert_eq(reader->failures, 1);
    cr_assert_str_eq(reader->failure, "User reader is not authorized to write to: queue://A");
    cr_assert_eq(writer->failures, 1);
    cr_assert_str_eq(writer->failure, "User writer is not authorized to create: queue://New");
}

ENGINE_TEST(subscription, reading_takes_a_right, RIGHTS)
{
    struct sim_client *writer = client_of(sim, 1, "writer");
    struct sim_consumer *consumer = sim_listen(writer, "A", 10);

    cr_assert_null(consumer->consumer);
    expect_refusal(writer, consumer->request, ENGINE_NOT_AUTHORIZED,
                   "User writer is not authorized to read from: queue://A");
    consumer = sim_listen(writer, "topic://T", 10);
    expect_refusal(writer, consumer->request, ENGINE_NOT_AUTHORIZED,
                   "User writer is not authorized to read from: topic://T");
}

ENGINE_TEST(subscription, creating_takes_a_right, RIGHTS)
{
    struct sim_client *writer = client_of(sim, 1, "writer");
    struct sim_client *reader = client_of(sim, 2, "reader");
    struct sim_client *boss = client_of(sim, 0, "boss");
    struct sim_consumer *consumer = sim_listen(reader, "New", 10);

    expect_refusal(reader, consumer->request, ENGINE_NOT_AUTHORIZED,
                   "User reader is not authorized to create: queue://New");
    cr_assert_null(consumer->consumer);
    expect_refusal(writer, sim_send(writer, "New", "x"), ENGINE_NOT_AUTHORIZED,
                   "User writer is not authorized to create: queue://New");
    expect_answer(boss, sim_send(boss, "New", "a"), ENGINE_OK);
    expect_answer(writer, sim_send(writer, "New", "b"), ENGINE_OK);
    consumer = sim_listen(reader, "New", 10);
    expect(consumer, "a b");
}

ENGINE_TEST(subscription, removing_takes_a_right, RIGHTS)
{
    struct sim_client *writer = client_of(sim, 1, "writer");

    expect_refusal(writer, sim_remove_destination(writer, "A"), ENGINE_NOT_AUTHORIZED,
                   "User writer is not authorized to remove: queue://A");
}

ENGINE_TEST(subscription, a_refused_one_gets_nothing_and_ends_quietly, RIGHTS)
{
    struct sim_client *reader = client_of(sim, 1, "reader");
    struct sim_client *boss = client_of(sim, 2, "boss");
    struct sim_consumer *consumer = sim_listen(reader, "New", 10);

    sim_run(sim);
    sim_send(boss, "New", "a");
    expect(consumer, "");
    cr_assert_not(consumer->ended);
}

ENGINE_TEST(subscription, ends_with_an_answer, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);

    expect_answer(client, sim_unsubscribe(consumer), ENGINE_OK);
    sim_send(client, "A", "a");
    expect(consumer, "");
}

ENGINE_TEST(subscription, may_end_before_it_is_answered, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumers[3] = {sim_listen(client, "A", 10),
                                         sim_listen(client, "A.>,B", 10),
                                         sim_listen(client, "topic://T", 10)};

    for (int i = 0; i < 3; i++)
        expect_answer(client, sim_unsubscribe(consumers[i]), ENGINE_OK);
    sim_send(client, "A", "a");
    sim_run(sim);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(consumers[i]->count, 0);
    expect(sim_listen(client, "A", 10), "a");
}

ENGINE_TEST(subscription, may_lose_its_client_before_it_is_answered, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_client *other = sim_client(sim, 2);
    struct sim_consumer *lost, *consumer;

    sim_send(other, "A", "a");
    sim_run(sim);
    lost = sim_listen(client, "A", 10);
    sim_listen(client, "A.>,B,topic://T", 10);
    sim_close(client);
    sim_run(sim);
    consumer = sim_listen(other, "A", 10);
    sim_run(sim);
    cr_assert_eq(consumer->count, 1);
    cr_assert_eq(consumer->deliveries[0].redelivery_count, lost->count); /* one shard: at once */
}

ENGINE_TEST(subscription, takes_the_prefetch_of_the_policy_if_it_has_none,
            POLICY("<policyEntry queue='&gt;' queuePrefetch='2'/>"
                   "<policyEntry topic='&gt;' topicPrefetch='3'/>"))
{
    struct sim_client *client = sim_client(sim, 1);
    struct engine_subscribe_spec spec = {.prefetch = 1000, .prefetch_is_default = true};
    struct sim_consumer *queue = sim_subscribe(client, "A", spec);
    struct sim_consumer *topic = sim_subscribe(client, "topic://T", spec);

    sim_run(sim);
    for (int i = 0; i < 5; i++) {
        sim_send(client, "A", "x");
        sim_send(client, "topic://T", "x");
    }
    sim_run(sim);
    cr_assert_eq(queue->count, 2);
    cr_assert_eq(topic->count, 3);
}

ENGINE_TEST(subscription, of_an_empty_name_is_refused, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "queue://", 10);

    cr_assert_eq(sim_answer(client, consumer->request), ENGINE_BAD_DESTINATION);
    consumer = sim_listen(client, ",", 10);
    cr_assert_eq(sim_answer(client, consumer->request), ENGINE_BAD_DESTINATION);
}

ENGINE_TEST(subscription, virtual_topics_feed_queues, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_client *other = sim_client(sim, 2);
    struct sim_consumer *first = sim_listen(client, "Consumer.a.VirtualTopic.T", 10);
    struct sim_consumer *second = sim_listen(other, "Consumer.b.VirtualTopic.T", 10);
    struct sim_consumer *topic = sim_listen(other, "topic://VirtualTopic.T", 10);

    sim_run(sim);
    sim_send(client, "topic://VirtualTopic.T", "x");
    expect(first, "x");
    expect(second, "x");
    expect(topic, "x");
    sim_consume_all(first);
    sim_consume_all(second);
    sim_consume_all(topic);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}
