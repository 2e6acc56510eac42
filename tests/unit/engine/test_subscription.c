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

/* A client's default prefetch: what the engine makes of it. */
static uint32_t prefetch_of(struct sim_client *client, const char *name,
                            struct engine_subscribe_spec spec)
{
    struct sim_consumer *consumer;

    spec.prefetch_is_default = true;
    consumer = sim_subscribe(client, name, spec);
    sim_run(client->sim);
    cr_assert(consumer->consumer);
    return engine_consumer_prefetch(consumer->consumer);
}

ENGINE_TEST(subscription, keeps_its_default_prefetch_where_no_policy_is_written, PLAIN)
{
    struct sim_client *client = sim_client_as(sim, 1, "me");

    cr_assert_eq(prefetch_of(client, "A", (struct engine_subscribe_spec){.prefetch = 1000}), 1000);
    cr_assert_eq(prefetch_of(client, "topic://T", (struct engine_subscribe_spec){.prefetch = 5}),
                 5);
    cr_assert_eq(
        prefetch_of(client, "topic://T",
                    (struct engine_subscribe_spec){.prefetch = 1000, .durable_name = SLICE("sub")}),
        1000);
}

ENGINE_TEST(subscription, of_each_sort_has_a_prefetch_in_the_policy,
            POLICY("<policyEntry queue='&gt;' queuePrefetch='2' queueBrowserPrefetch='3'/>"
                   "<policyEntry topic='&gt;' topicPrefetch='4' durableTopicPrefetch='5'/>"))
{
    struct sim_client *client = sim_client_as(sim, 1, "me");
    struct engine_subscribe_spec queue = {.prefetch = 1000};
    struct engine_subscribe_spec browser = {.prefetch = 500, .browser = true};
    struct engine_subscribe_spec topic = {.prefetch = 32767};
    struct engine_subscribe_spec durable = {.prefetch = 100, .durable_name = SLICE("sub")};
    struct sim_consumer *own;

    cr_assert_eq(prefetch_of(client, "A", queue), 2);
    cr_assert_eq(prefetch_of(client, "A", browser), 3);
    cr_assert_eq(prefetch_of(client, "topic://T", topic), 4);
    cr_assert_eq(prefetch_of(client, "topic://T", durable), 5);
    own = sim_listen(client, "A", 7);
    sim_run(sim);
    cr_assert_eq(engine_consumer_prefetch(own->consumer), 7);
}

ENGINE_TEST(subscription, pulls_where_the_policy_says_so,
            POLICY("<policyEntry queue='&gt;' queuePrefetch='0'/>"))
{
    struct sim_client *client = sim_client(sim, 1);
    struct engine_subscribe_spec spec = {.prefetch = 1000, .prefetch_is_default = true};
    struct sim_consumer *consumer = sim_subscribe(client, "A", spec);

    sim_send(client, "A", "a");
    expect(consumer, "");
    cr_assert_eq(engine_consumer_prefetch(consumer->consumer), 0);
    sim_pull(consumer, 0);
    expect(consumer, "a");
}

static struct sim_client *open_as(struct sim *sim, uint16_t shard, const char *connection_id)
{
    struct sim_client *client = sim_client_open(
        sim, &(struct sim_client_spec){
                 .shard = shard, .client_id = "me", .connection_id = connection_id});

    sim_run(sim);
    return client;
}

ENGINE_TEST(subscription, that_is_not_local_knows_its_connection_when_it_comes_back, PLAIN)
{
    struct engine_subscribe_spec spec = {.durable_name = SLICE("sub"), .no_local = true};
    struct sim_client *other = sim_client(sim, 2);
    struct sim_client *client = open_as(sim, 1, "ID:c-1:1");
    struct sim_consumer *consumer = sim_subscribe(client, "topic://T", spec);

    sim_run(sim);
    sim_send(client, "topic://T", "mine");
    sim_send(other, "topic://T", "yours");
    expect(consumer, "yours");
    sim_consume_all(consumer);
    sim_unsubscribe(consumer);
    sim_send(client, "topic://T", "mine"); /* while nobody is there */
    sim_run(sim);
    sim_close(client);
    sim_run(sim);
    client = open_as(sim, 0, "ID:c-1:1");
    sim_send(client, "topic://T", "mine"); /* the same connection, after failover */
    sim_run(sim);
    consumer = sim_subscribe(client, "topic://T", spec);
    sim_run(sim);
    sim_send(client, "topic://T", "mine");
    sim_send(other, "topic://T", "yours");
    expect(consumer, "yours");
}
