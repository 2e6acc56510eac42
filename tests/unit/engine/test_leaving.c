/* SPDX-License-Identifier: Apache-2.0 */
/* What remains when consumers, connections and destinations go, and when a subscribe fails. */
#include "engine_case.h"

ENGINE_TEST(leaving, does_not_count_what_a_closing_connection_never_got, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_client *other = sim_client(sim, 2);
    struct sim_consumer *later;

    for (unsigned i = 0; i < 5; i++)
        sim_listen(client, "A", 1);
    sim_run(sim);
    sim_send(other, "A", "a");
    sim_send(other, "A", "b");
    sim_run(sim);
    sim_close(client);
    sim_run(sim);
    later = sim_listen(other, "A", 10);
    expect(later, "a+1 b+1");
}

ENGINE_TEST(leaving, does_not_count_deliveries_on_their_way, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_client *other = sim_client(sim, 2);
    struct sim_consumer *first = sim_listen(client, "A", 10);
    struct sim_consumer *later;

    sim_run(sim);
    sim_congest(client, true);
    sim_send(other, "A", "a");
    sim_run(sim);
    sim_unsubscribe(first);
    sim_run(sim);
    later = sim_listen(other, "A", 10);
    expect(later, "a");
}

ENGINE_TEST(leaving, keeps_the_order_of_what_comes_back_before_what_nobody_selects, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct engine_subscribe_spec selective = {.selector = SLICE("JMSType = 'x'"), .prefetch = 10};
    struct message_draft draft = {.type = SLICE("x"), .priority = 4};
    struct sim_consumer *first = sim_subscribe(client, "A", selective);
    struct sim_consumer *all;

    sim_send(client, "A", "1");
    sim_send_draft(client, "A", "2", draft);
    sim_send(client, "A", "3");
    sim_send_draft(client, "A", "4", draft);
    sim_send_draft(client, "A", "5", draft);
    sim_send(client, "A", "6");
    expect(first, "2 4 5");
    sim_settle(first, ACKNOWLEDGE_RELEASED, "4", NULL);
    expect(first, "4+1");
    sim_unsubscribe(first);
    sim_run(sim);
    all = sim_listen(client, "A", 10);
    expect(all, "1 2+1 3 4+2 5+1 6");
}

ENGINE_TEST(leaving, of_an_exclusive_consumer_shows_all_to_selective_ones_that_were_full, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct engine_subscribe_spec selective = {.selector = SLICE("JMSPriority = 4"), .prefetch = 1};
    struct sim_consumer *second = sim_subscribe(client, "A", selective);
    struct sim_consumer *exclusive;

    sim_send(client, "A", "a");
    expect(second, "a");
    exclusive = sim_subscribe(client, "A",
                              (struct engine_subscribe_spec){.exclusive = true, .prefetch = 1});
    sim_run(sim);
    sim_consume(second, "a");
    sim_send(client, "A", "b");
    sim_send(client, "A", "c");
    sim_send(client, "A", "d");
    expect(exclusive, "b");
    sim_unsubscribe(exclusive);
    expect(second, "b+1");
    sim_consume_all(second);
    expect(second, "c");
    sim_consume_all(second);
    expect(second, "d");
}

ENGINE_TEST(leaving, of_a_temporary_queue_leaves_its_pattern_and_makes_room, PLAIN)
{
    struct sim_client *owner = sim_client(sim, 0);
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *pattern = sim_listen(owner, "temp-queue://t.>", 1);
    struct sim_consumer *foreign = sim_listen(client, "temp-queue://t.>", 1);

    sim_run(sim);
    sim_create_temp(owner, "temp-queue://t.1");
    sim_run(sim);
    sim_send(client, "temp-queue://t.1", "a");
    expect(pattern, "a");
    sim_remove_destination(owner, "temp-queue://t.1");
    sim_run(sim);
    cr_assert_not(pattern->ended);
    sim_consume(pattern, "a"); /* too late: it is gone */
    sim_create_temp(owner, "temp-queue://t.2");
    sim_run(sim);
    sim_send(client, "temp-queue://t.2", "b");
    expect(pattern, "b");
    expect(foreign, "");
}

ENGINE_TEST(leaving, temporary_queues_are_for_their_connection, PLAIN)
{
    struct sim_client *owner = sim_client(sim, 0);
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *own, *foreign, *foreign_topic;

    sim_create_temp(owner, "temp-queue://t");
    sim_create_temp(owner, "temp-topic://t");
    sim_run(sim);
    own = sim_listen(owner, "temp-queue://t", 10);
    foreign = sim_listen(client, "temp-queue://t", 10);
    foreign_topic = sim_listen(client, "temp-topic://t", 10);
    expect_refusal(client, foreign->request, ENGINE_NOT_AUTHORIZED,
                   "User anonymous is not authorized to read from: temp-queue://t");
    expect_answer(client, foreign_topic->request, ENGINE_NOT_AUTHORIZED);
    expect_answer(client, sim_send(client, "temp-queue://t", "a"), ENGINE_OK);
    expect(own, "a");
}

ENGINE_TEST(leaving, a_consumer_ended_by_the_broker_does_not_spoil_its_transaction, PLAIN)
{
    struct sim_client *owner = sim_client(sim, 0);
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer;
    struct engine_transaction *transaction;

    sim_create_temp(owner, "temp-queue://t");
    sim_run(sim);
    consumer = sim_listen(owner, "temp-queue://t", 10);
    sim_run(sim);
    sim_send(client, "temp-queue://t", "a");
    expect(consumer, "a");
    transaction = sim_begin(owner);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "a", transaction);
    sim_run(sim);
    sim_remove_destination(owner, "temp-queue://t");
    sim_run(sim);
    cr_assert(consumer->ended);
    expect_answer(owner, sim_commit(owner, transaction), ENGINE_OK);
}

ENGINE_TEST(leaving, expired_messages_may_move_consumers_between_queues,
            POLICY("<policyEntry queue='&gt;' expireMessagesPeriod='0'/>"))
{
    struct sim_client *client = sim_client(sim, 1);
    struct message_draft draft = {.persistent = true, .priority = 4};
    struct sim_consumer *first, *second, *both;

    draft.expiration_ms = sim_wall_ms(sim) + 100;
    for (unsigned i = 0; i < 4; i++)
        sim_send_draft(client, "A", "x", draft);
    sim_run(sim);
    sim_advance(sim, 200);
    first = sim_listen(client, "A", 1);
    both = sim_listen(client, "A,ActiveMQ.DLQ", 1);
    second = sim_listen(client, "A", 1);
    sim_run(sim);
    sim_send(client, "A", "a");
    sim_send(client, "A", "b");
    sim_run(sim);
    cr_assert_eq(first->count + second->count, 2);
    cr_assert_str_eq(sim_take(both), "x");
}

ENGINE_TEST(leaving, waiting_sends_and_durable_subscribers_end_quietly,
            POLICY("<policyEntry queue='A' memoryLimit='1'>"
                   "<pendingQueuePolicy><vmQueueCursor/></pendingQueuePolicy></policyEntry>"))
{
    struct sim_client *client = sim_client_as(sim, 1, "c");
    struct sim_consumer *durable = sim_subscribe(
        client, "topic://T", (struct engine_subscribe_spec){.durable_name = SLICE("d")});

    sim_run(sim);
    sim_unsubscribe(durable);
    sim_run(sim);
    sim_send(client, "topic://T", "kept");
    sim_send(client, "A", "a");
    sim_send_in(client, "A", "b", (struct message_draft){.priority = 4}, NULL, false);
    sim_run(sim);
    cr_assert(client->throttled);
}
