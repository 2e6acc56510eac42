/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_case.h"

#define RIGHTS \
    "<plugins><simpleAuthenticationPlugin><users>" \
    "<authenticationUser username='joe' password='x' groups='users'/>" \
    "</users></simpleAuthenticationPlugin><authorizationPlugin><map><authorizationMap>" \
    "<authorizationEntries>" \
    "<authorizationEntry queue='&gt;' read='users' write='users' admin='nobody'/>" \
    "<authorizationEntry topic='&gt;' read='users' write='users' admin='users'/>" \
    "</authorizationEntries></authorizationMap></map></authorizationPlugin></plugins>"

static const char in_use[] = "Destination: queue://A still has an active subscription: ";

ENGINE_TEST(administer, makes_a_queue_once, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *watch =
        sim_listen(sim_client(sim, 0), "topic://ActiveMQ.Advisory.Queue", 100);

    expect_answer(client, sim_create_destination(client, "A"), ENGINE_OK);
    expect_answer(client, sim_create_destination(client, "A"), ENGINE_OK);
    cr_assert_eq(watch->count, 1);
    cr_assert_str_eq(sim_field(watch, 0, "destination"), "queue://A");
    cr_assert_str_eq(sim_field(watch, 0, "operationType"), "0");
    cr_assert_str_eq(sim_field(watch, 0, "connectionId"),
                     (const char *)engine_client_connection_id(client->client).bytes);
}

ENGINE_TEST(administer, makes_what_may_be_made, NULL, RIGHTS)
{
    struct sim_client *client =
        sim_client_open(sim, &(struct sim_client_spec){.shard = 1, .user = "joe", .password = "x"});

    sim_run(sim);
    expect_refusal(client, sim_create_destination(client, "A"), ENGINE_NOT_AUTHORIZED,
                   "User joe is not authorized to create: queue://A");
    expect_answer(client, sim_create_destination(client, "topic://A"), ENGINE_OK);
    expect_refusal(client, sim_remove_destination(client, "A"), ENGINE_NOT_AUTHORIZED,
                   "User joe is not authorized to remove: queue://A");
    expect_answer(client, sim_create_destination(client, "temp-queue://A"), ENGINE_BAD_DESTINATION);
}

ENGINE_TEST(administer, removes_what_is_not_there, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);

    expect_answer(client, sim_remove_destination(client, "A"), ENGINE_OK);
    expect_answer(client, sim_remove_destination(client, "topic://A,B"), ENGINE_OK);
}

ENGINE_TEST(administer, does_not_remove_what_is_consumed, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_client *other = sim_client(sim, 2);

    sim_listen(other, "A", 10);
    sim_run(sim);
    expect_answer(client, sim_remove_destination(client, "A"), ENGINE_IN_USE);
    cr_assert_eq(strncmp(client->text, in_use, sizeof in_use - 1), 0);
}

ENGINE_TEST(administer, does_not_remove_a_topic_that_is_heard_by_a_wildcard, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(sim_client(sim, 2), "topic://T.>", 10);

    sim_run(sim);
    expect_answer(client, sim_create_destination(client, "topic://T.a"), ENGINE_OK);
    expect_answer(client, sim_remove_destination(client, "topic://T.a"), ENGINE_IN_USE);
    sim_unsubscribe(consumer);
    sim_run(sim);
    expect_answer(client, sim_remove_destination(client, "topic://T.a"), ENGINE_OK);
}

ENGINE_TEST(administer, a_forced_removal_leaves_consumers_for_when_the_queue_comes_back, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(sim_client(sim, 2), "A", 10);
    struct sim_consumer *other = sim_listen(sim_client(sim, 0), "A", 1);

    sim_run(sim);
    for (int i = 0; i < 4; i++)
        sim_send(client, "A", "x");
    sim_run(sim);
    expect_answer(client, sim_remove_forced(client, "A"), ENGINE_OK);
    cr_assert_eq(sim_memory(sim), 0);
    cr_assert(!consumer->ended && !other->ended);
    sim_take(consumer);
    sim_take(other);
    sim_consume_all(consumer); /* of what is no more */
    sim_send(client, "A", "y");
    sim_send(client, "A", "z");
    sim_run(sim);
    cr_assert_eq(strlen(sim_take(consumer)) + strlen(sim_take(other)), 2);
    sim_unsubscribe(consumer);
    sim_unsubscribe(other);
    sim_run(sim);
    expect_answer(client, sim_remove_destination(client, "A"), ENGINE_OK);
}

ENGINE_TEST(administer, a_forced_removal_of_a_topic_leaves_its_subscribers, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(sim_client(sim, 2), "topic://T", 10);

    sim_run(sim);
    expect_answer(client, sim_remove_forced(client, "topic://T"), ENGINE_OK);
    sim_send(client, "topic://T", "a");
    expect(consumer, "a");
}

ENGINE_TEST(administer, temporary_queues_are_removed_by_their_owner_only, PLAIN)
{
    struct sim_client *owner = sim_client(sim, 1);
    struct sim_client *other = sim_client(sim, 2);
    struct sim_consumer *consumer;

    expect_answer(owner, sim_create_temp(owner, "temp-queue://t"), ENGINE_OK);
    consumer = sim_listen(owner, "temp-queue://t", 10);
    sim_run(sim);
    expect_answer(other, sim_remove_destination(other, "temp-queue://t"), ENGINE_NOT_AUTHORIZED);
    expect_answer(other, sim_remove_forced(other, "temp-queue://t"), ENGINE_NOT_AUTHORIZED);
    sim_send(other, "temp-queue://t", "a");
    expect(consumer, "a");
    expect_answer(owner, sim_remove_destination(owner, "temp-queue://t"), ENGINE_OK);
    cr_assert(consumer->ended);
    cr_assert_eq(sim_memory(sim), 0);
}
