/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_case.h"

#include "engine/advisory.h"

#define RIGHTS \
    "<plugins><simpleAuthenticationPlugin><users>" \
    "<authenticationUser username='joe' password='x' groups='users'/>" \
    "</users></simpleAuthenticationPlugin><authorizationPlugin><map><authorizationMap>" \
    "<authorizationEntries>" \
    "<authorizationEntry queue='open.>' read='users' write='users' admin='users'/>" \
    "<authorizationEntry queue='fixed.>' read='users' write='users' admin='nobody'/>" \
    "<authorizationEntry queue='closed.>' read='users' write='nobody' admin='users'/>" \
    "</authorizationEntries></authorizationMap></map></authorizationPlugin></plugins>"

static struct sim_client *open_joe(struct sim *sim)
{
    struct sim_client *client =
        sim_client_open(sim, &(struct sim_client_spec){.shard = 1, .user = "joe", .password = "x"});

    sim_run(sim);
    return client;
}

/* What a new listener hears of the queues there are. */
static size_t queues_there(struct sim *sim)
{
    struct sim_consumer *watch =
        sim_listen(sim_client(sim, 2), "topic://ActiveMQ.Advisory.Queue", 100);

    sim_run(sim);
    return watch->count;
}

ENGINE_TEST(producer, makes_its_destination, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);

    cr_assert(sim_produce(client, "A", "ID:p-1:1:1:1"));
    expect_answer(client, client->request, ENGINE_OK);
    cr_assert_eq(queues_there(sim), 1);
}

ENGINE_TEST(producer, makes_every_part_of_a_composite, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);

    cr_assert(sim_produce(client, "A,B,topic://C", "ID:p-1:1:1:1"));
    expect_answer(client, client->request, ENGINE_OK);
    cr_assert_eq(queues_there(sim), 2);
}

ENGINE_TEST(producer, without_destination_makes_nothing, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct engine_producer *producer = sim_produce(client, NULL, "ID:p-1:1:1:1");

    cr_assert(producer);
    expect_answer(client, client->request, ENGINE_OK);
    cr_assert_eq(queues_there(sim), 0);
    engine_producer_close(producer);
}

ENGINE_TEST(producer, needs_the_right_to_write, NULL, RIGHTS)
{
    struct sim_client *client = open_joe(sim);

    cr_assert_null(sim_produce(client, "closed.A", "ID:p-1:1:1:1"));
    expect_refusal(client, client->request, ENGINE_NOT_AUTHORIZED,
                   "User joe is not authorized to write to: queue://closed.A");
    cr_assert(sim_produce(client, "open.A", "ID:p-1:1:1:2"));
    expect_answer(client, client->request, ENGINE_OK);
    cr_assert_null(sim_produce(client, "open.A,closed.A", "ID:p-1:1:1:3"));
    expect_answer(client, client->request, ENGINE_NOT_AUTHORIZED);
}

ENGINE_TEST(producer, does_not_make_what_its_client_may_not_create, NULL, RIGHTS)
{
    struct sim_client *client = open_joe(sim);
    struct engine_producer *producer = sim_produce(client, "fixed.A", "ID:p-1:1:1:1");

    cr_assert(producer);
    expect_refusal(client, client->request, ENGINE_NOT_AUTHORIZED,
                   "User joe is not authorized to create: queue://fixed.A");
    engine_producer_close(producer);
}

ENGINE_TEST(producer, for_a_temporary_destination_that_is_gone_fails, PLAIN)
{
    struct sim_client *owner = sim_client(sim, 2);
    struct sim_client *client = sim_client(sim, 1);
    struct engine_producer *producer;

    expect_answer(owner, sim_create_temp(owner, "temp-queue://ID:o:1"), ENGINE_OK);
    cr_assert(sim_produce(client, "temp-queue://ID:o:1", "ID:p-1:1:1:1"));
    expect_answer(client, client->request, ENGINE_OK);
    sim_close(owner);
    sim_run(sim);
    producer = sim_produce(client, "temp-queue://ID:o:1", "ID:p-1:1:1:2");
    cr_assert(producer);
    expect_refusal(client, client->request, ENGINE_NO_SUCH_DESTINATION, "temp-queue://ID:o:1");
    engine_producer_close(producer);
}

ENGINE_TEST(producer, is_announced_with_how_many_there_are, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *watch =
        sim_listen(sim_client(sim, 0), "topic://ActiveMQ.Advisory.Producer.Queue.>", 100);
    struct engine_producer *first, *second;

    sim_run(sim);
    first = sim_produce(client, "A", "ID:p-1:1:1:1");
    second = sim_produce(client, "A", "ID:p-1:1:1:2");
    sim_run(sim);
    cr_assert_eq(watch->count, 2);
    cr_assert_eq(watch->deliveries[1].message->advisory, ADVISORY_PRODUCER_INFO);
    cr_assert_str_eq(sim_property(watch, 0, "producerCount"), "1");
    cr_assert_str_eq(sim_property(watch, 1, "producerCount"), "2");
    cr_assert_str_eq(sim_field(watch, 1, "producerId"), "ID:p-1:1:1:2");
    cr_assert_str_eq(sim_field(watch, 1, "destination"), "queue://A");
    engine_producer_close(first);
    sim_run(sim);
    cr_assert_eq(watch->count, 3);
    cr_assert_eq(watch->deliveries[2].message->advisory, ADVISORY_REMOVE_INFO);
    cr_assert_str_eq(sim_field(watch, 2, "objectId"), "ID:p-1:1:1:1");
    cr_assert_str_eq(sim_property(watch, 2, "producerCount"), "1");
    (void)second; /* ends with its client */
    sim_close(client);
    sim_run(sim);
    cr_assert_eq(watch->count, 4);
    cr_assert_str_eq(sim_property(watch, 3, "producerCount"), "0");
}

ENGINE_TEST(producer, is_not_announced_again_when_it_sends, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *watch =
        sim_listen(sim_client(sim, 0), "topic://ActiveMQ.Advisory.Producer.Queue.>", 100);

    sim_run(sim);
    cr_assert(sim_produce(client, "A", "ID:p-1:1:1:1"));
    cr_assert(sim_produce(client, NULL, "ID:p-1:1:1:2"));
    sim_send(client, "A", "a");
    sim_send(client, "B", "b"); /* by the one that may send anywhere */
    sim_run(sim);
    cr_assert_eq(watch->count, 1);
    sim_close(client);
    sim_run(sim);
    cr_assert_eq(watch->count, 2);
}

ENGINE_TEST(producer, is_told_to_new_listeners, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *watch;

    cr_assert(sim_produce(client, "A,topic://T", "ID:p-1:1:1:1"));
    sim_run(sim);
    watch = sim_subscribe(sim_client(sim, 0), "topic://ActiveMQ.Advisory.Producer.>",
                          (struct engine_subscribe_spec){.consumer_id = SLICE("ID:w-1:1:1:7")});
    sim_run(sim);
    cr_assert_eq(watch->count, 2);
    cr_assert_str_eq(sim_property(watch, 0, "producerCount"), "1");
    cr_assert_str_eq(sim_field(watch, 0, "targetConsumerId"), "ID:w-1:1:1:7");
}

ENGINE_TEST(producer, keeps_an_idle_queue_from_being_purged,
            "schedulePeriodForDestinationPurge='1000'",
            "<destinationPolicy><policyMap><policyEntries><policyEntry queue='&gt;' "
            "gcInactiveDestinations='true' inactiveTimeoutBeforeGC='2000'/>"
            "</policyEntries></policyMap></destinationPolicy>")
{
    struct sim_client *client = sim_client(sim, 1);
    struct engine_producer *producer = sim_produce(client, "A", "ID:p-1:1:1:1");

    sim_advance(sim, 10000);
    cr_assert_eq(queues_there(sim), 1);
    engine_producer_close(producer);
    sim_advance(sim, 10000);
    cr_assert_eq(queues_there(sim), 0);
}

ENGINE_TEST(producer, survives_the_removal_of_its_queue, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct engine_producer *producer = sim_produce(client, "A", "ID:p-1:1:1:1");

    sim_run(sim);
    expect_answer(client, sim_remove_destination(client, "A"), ENGINE_OK);
    cr_assert_eq(queues_there(sim), 0);
    engine_producer_close(producer);
    sim_run(sim);
    cr_assert(sim_produce(client, "A", "ID:p-1:1:1:2"));
    expect_answer(client, client->request, ENGINE_OK);
}

ENGINE_TEST(producer, is_refused_when_its_connection_has_as_many_as_the_connector_allows, NULL,
            "<transportConnectors><transportConnector name='sim' uri='tcp://127.0.0.1:0' "
            "maximumProducersAllowedPerConnection='2'/></transportConnectors>")
{
    struct sim_client *client = sim_client(sim, 1);
    struct engine_producer *first = sim_produce(client, "A", "ID:p-1:1:1:1");

    cr_assert(sim_produce(client, NULL, "ID:p-1:1:1:2"));
    cr_assert_null(sim_produce(client, "A", "ID:p-1:1:1:3"));
    expect_answer(client, client->request, ENGINE_NO_RESOURCES);
    engine_producer_close(first);
    cr_assert(sim_produce(client, "A", "ID:p-1:1:1:4"));
}
