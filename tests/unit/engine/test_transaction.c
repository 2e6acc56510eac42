/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_case.h"

static const struct message_draft plain = {.persistent = true, .priority = 4};

static void send_letters(struct sim_client *client, const char *to, int count)
{
    for (int i = 0; i < count; i++)
        sim_send(client, to, (char[]){(char)('a' + i), 0});
}

ENGINE_TEST(transaction, shows_its_messages_at_commit_in_order, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *first = sim_listen(client, "A", 10);
    struct sim_consumer *second = sim_listen(client, "B", 10);
    struct sim_consumer *topic = sim_listen(client, "topic://T", 10);
    struct engine_transaction *transaction;

    sim_run(sim);
    transaction = sim_begin(client);
    expect_answer(client, sim_send_in(client, "A", "a", plain, transaction, true), ENGINE_OK);
    sim_send_in(client, "B", "b", plain, transaction, true);
    sim_send_in(client, "A", "c", plain, transaction, true);
    sim_send_in(client, "topic://T", "d", plain, transaction, true);
    expect(first, "");
    expect_answer(client, sim_commit(client, transaction), ENGINE_OK);
    expect(first, "a c");
    expect(second, "b");
    expect(topic, "d");
}

ENGINE_TEST(transaction, forgets_its_messages_at_rollback, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct engine_transaction *transaction = sim_begin(client);

    sim_send_in(client, "A", "a", plain, transaction, true);
    expect_answer(client, sim_rollback(client, transaction), ENGINE_OK);
    expect(consumer, "");
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(transaction, acknowledges_at_commit, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct engine_transaction *transaction;

    send_letters(client, "A", 3);
    expect(consumer, "a b c");
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "a", transaction);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "b", transaction);
    sim_run(sim);
    cr_assert_gt(sim_memory(sim), 0);
    expect_answer(client, sim_commit(client, transaction), ENGINE_OK);
    sim_unsubscribe(consumer);
    sim_run(sim);
    expect(sim_listen(client, "A", 10), "c+1");
}

ENGINE_TEST(transaction, lets_acknowledge_again_after_a_rollback, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct engine_transaction *transaction;

    send_letters(client, "A", 1);
    expect(consumer, "a");
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "a", transaction);
    sim_rollback(client, transaction);
    expect(consumer, ""); /* it is still dispatched */
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "a", transaction);
    expect_answer(client, sim_commit(client, transaction), ENGINE_OK);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(transaction, widens_the_window_by_what_it_acknowledges, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 2);
    struct engine_transaction *transaction;

    send_letters(client, "A", 6);
    expect(consumer, "a b");
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "a", transaction);
    expect(consumer, "c");
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "b", transaction);
    expect(consumer, "d");
    sim_rollback(client, transaction);
    expect(consumer, "");
    sim_consume(consumer, "a");
    sim_consume(consumer, "b");
    expect(consumer, ""); /* two are out, as many as the prefetch */
    sim_consume(consumer, "c");
    expect(consumer, "e");
}

ENGINE_TEST(transaction, does_not_widen_the_window_against_the_policy,
            POLICY("<policyEntry queue='A' usePrefetchExtension='false'/>"))
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 2);
    struct engine_transaction *transaction;

    send_letters(client, "A", 4);
    expect(consumer, "a b");
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "a", transaction);
    expect(consumer, "");
    sim_commit(client, transaction);
    expect(consumer, "c");
}

ENGINE_TEST(transaction, is_undone_when_its_connection_closes, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_client *other = sim_client(sim, 2);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct engine_transaction *transaction;

    send_letters(other, "A", 1);
    expect(consumer, "a");
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "a", transaction);
    sim_send_in(client, "A", "never", plain, transaction, true);
    sim_close(client);
    sim_run(sim);
    expect(sim_listen(other, "A", 10), "a+1");
}

ENGINE_TEST(transaction, moves_messages_between_queues, PLAIN)
{
    struct sim_client *client = sim_client(sim, 2);
    struct sim_consumer *source = sim_listen(client, "A", 10);
    struct sim_consumer *sink = sim_listen(client, "B", 10);
    struct engine_transaction *transaction;

    send_letters(client, "A", 2);
    expect(source, "a b");
    transaction = sim_begin(client);
    sim_settle(source, ACKNOWLEDGE_CONSUMED, "a", transaction);
    sim_send_in(client, "B", "A", plain, transaction, true);
    sim_settle(source, ACKNOWLEDGE_CONSUMED, "b", transaction);
    sim_send_in(client, "B", "B", plain, transaction, true);
    expect_answer(client, sim_commit(client, transaction), ENGINE_OK);
    expect(sink, "A B");
    sim_consume_all(sink);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(transaction, poisons_and_releases_at_commit, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct sim_consumer *dead = sim_listen(client, "ActiveMQ.DLQ", 10);
    struct engine_transaction *transaction;

    send_letters(client, "A", 2);
    expect(consumer, "a b");
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_POISON, "a", transaction);
    sim_settle(consumer, ACKNOWLEDGE_RELEASED, "b", transaction);
    expect(dead, "");
    sim_commit(client, transaction);
    expect(dead, "a");
    expect(consumer, "b+1");
}

ENGINE_TEST(transaction, fails_as_a_whole_past_its_limit, "maxUncommittedCount='2'", NULL)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct engine_transaction *transaction = sim_begin(client);

    sim_send_in(client, "A", "a", plain, transaction, true);
    sim_send_in(client, "A", "b", plain, transaction, true);
    expect_answer(client, sim_send_in(client, "A", "c", plain, transaction, true),
                  ENGINE_NO_RESOURCES);
    expect_answer(client, sim_commit(client, transaction), ENGINE_ROLLED_BACK);
    expect(consumer, "");
}

/* Or a client could fill memory with what it never commits. */
ENGINE_TEST(transaction, shares_its_room_with_the_others_of_its_connection,
            "xmlns:cw='urn:corewire:config' cw:maxTransactionBytes='1024'", NULL)
{
    struct sim_client *client = sim_client(sim, 1), *other = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(other, "A", 10);
    struct engine_transaction *first = sim_begin(client), *second = sim_begin(client), *third;
    char big[1100];

    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    expect_answer(client, sim_send_in(client, "A", big, plain, first, true), ENGINE_OK);
    expect_answer(client, sim_send_in(client, "A", "b", plain, second, true), ENGINE_NO_RESOURCES);
    third = sim_begin(other);
    expect_answer(other, sim_send_in(other, "A", "c", plain, third, true), ENGINE_OK);
    expect_answer(other, sim_commit(other, third), ENGINE_OK);
    expect_answer(client, sim_rollback(client, second), ENGINE_OK);
    expect_answer(client, sim_rollback(client, first), ENGINE_OK);
    first = sim_begin(client);
    expect_answer(client, sim_send_in(client, "A", "d", plain, first, true), ENGINE_OK);
    expect_answer(client, sim_commit(client, first), ENGINE_OK);
    expect(consumer, "c d");
}

ENGINE_TEST(transaction, keeps_what_it_has_acknowledged_when_its_consumer_goes, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1), *other = sim_client(sim, 2);
    struct sim_consumer *consumer = sim_listen(client, "A", 10), *next;
    struct engine_transaction *transaction;

    send_letters(client, "A", 3);
    expect(consumer, "a b c");
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "a", transaction);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "b", transaction);
    sim_unsubscribe(consumer);
    next = sim_listen(other, "A", 10);
    expect(next, "c+1");
    expect_answer(client, sim_commit(client, transaction), ENGINE_OK);
    expect(next, "");
    sim_consume_all(next);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(transaction, gives_back_at_rollback_what_its_consumer_left, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1), *other = sim_client(sim, 2);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct engine_transaction *transaction;

    send_letters(client, "A", 4);
    expect(consumer, "a b c d");
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "b", transaction);
    sim_settle(consumer, ACKNOWLEDGE_POISON, "a", transaction);
    sim_settle(consumer, ACKNOWLEDGE_RELEASED, "d", transaction);
    sim_unsubscribe_delivered(consumer, 0);
    sim_run(sim);
    expect_answer(client, sim_rollback(client, transaction), ENGINE_OK);
    expect(sim_listen(other, "A", 10), "a+1 b+1 c d+1"); /* in their places */
}

ENGINE_TEST(transaction, poisons_and_releases_though_its_consumer_is_gone, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct sim_consumer *dead = sim_listen(client, "ActiveMQ.DLQ", 10);
    struct engine_transaction *transaction;

    send_letters(client, "A", 2);
    expect(consumer, "a b");
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_POISON, "a", transaction);
    sim_settle(consumer, ACKNOWLEDGE_RELEASED, "b", transaction);
    sim_unsubscribe(consumer);
    sim_run(sim);
    expect_answer(client, sim_commit(client, transaction), ENGINE_OK);
    expect(dead, "a");
    expect(sim_listen(client, "A", 10), "b+1");
}

ENGINE_TEST(transaction, of_a_lost_connection_gives_back_what_its_consumer_left, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1), *other = sim_client(sim, 2);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct engine_transaction *transaction;

    send_letters(client, "A", 2);
    expect(consumer, "a b");
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "a", transaction);
    sim_unsubscribe(consumer);
    sim_run(sim);
    sim_close(client);
    sim_run(sim);
    expect(sim_listen(other, "A", 10), "a+1 b+1");
}

ENGINE_TEST(transaction, loses_what_it_acknowledged_with_the_queue, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer;
    struct engine_transaction *transaction;

    expect_answer(client, sim_create_temp(client, "temp-queue://T"), ENGINE_OK);
    send_letters(client, "temp-queue://T", 3);
    consumer = sim_listen(client, "temp-queue://T", 10);
    expect(consumer, "a b c");
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "a", transaction);
    sim_unsubscribe(consumer);
    expect_answer(client, sim_remove_destination(client, "temp-queue://T"), ENGINE_OK);
    cr_assert_eq(sim_memory(sim), 0);
    expect_answer(client, sim_commit(client, transaction), ENGINE_OK);
}

ENGINE_TEST(transaction, is_alone_with_what_it_has_acknowledged, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct engine_transaction *first, *second;

    send_letters(client, "A", 2);
    expect(consumer, "a b");
    first = sim_begin(client);
    second = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "a", first);
    sim_settle_tags(consumer, ACKNOWLEDGE_CONSUMED, 1, 1, second);
    sim_settle_tags(consumer, ACKNOWLEDGE_RELEASED, 1, 1, NULL);
    expect_answer(client, sim_commit(client, second), ENGINE_OK);
    expect_answer(client, sim_rollback(client, first), ENGINE_OK);
    expect(consumer, "");
    sim_unsubscribe(consumer);
    expect(sim_listen(client, "A", 10), "a+1 b+1");
}

ENGINE_TEST(transaction, may_span_queues_behind_one_consumer, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer;
    struct engine_transaction *transaction;

    for (char name = 'a'; name <= 'f'; name++)
        sim_send(client, (char[]){'W', '.', name, 0}, (char[]){name, 0});
    sim_run(sim);
    consumer = sim_listen(client, "W.>", 3);
    sim_run(sim);
    cr_assert_eq(consumer->count, 3);
    transaction = sim_begin(client);
    sim_settle_tags(consumer, ACKNOWLEDGE_CONSUMED, 1, 2, transaction);
    sim_run(sim);
    cr_assert_eq(consumer->count, 5); /* these two have made room */
    expect_answer(client, sim_rollback(client, transaction), ENGINE_OK);
    cr_assert_eq(consumer->count, 5);
    transaction = sim_begin(client);
    sim_settle_tags(consumer, ACKNOWLEDGE_CONSUMED, 1, 5, transaction);
    expect_answer(client, sim_commit(client, transaction), ENGINE_OK);
    cr_assert_eq(consumer->count, 6);
    sim_consume_all(consumer);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(transaction, takes_a_delivered_acknowledgement_as_one_outside, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 2);
    struct engine_transaction *transaction;

    send_letters(client, "A", 4);
    expect(consumer, "a b");
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_DELIVERED, "a", transaction);
    expect(consumer, "c");
    cr_assert(engine_transaction_is_empty(transaction));
    sim_settle_tags(consumer, ACKNOWLEDGE_CONSUMED, 1, 3, transaction);
    cr_assert_not(engine_transaction_is_empty(transaction));
    expect_answer(client, sim_commit(client, transaction), ENGINE_OK);
    expect(consumer, "d");
}

ENGINE_TEST(transaction, holds_thousands, PLAIN)
{
    enum { COUNT = 10000 };
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", COUNT);
    struct sim_consumer *sink = sim_listen(client, "B", COUNT);
    struct engine_transaction *transaction;

    for (int i = 0; i < COUNT; i++)
        sim_send(client, "A", "x");
    sim_run(sim);
    cr_assert_eq(consumer->count, COUNT);
    for (int round = 0; round < 2; round++) {
        transaction = sim_begin(client);
        for (uint64_t tag = 1; tag <= COUNT; tag++) {
            sim_settle_tags(consumer, ACKNOWLEDGE_CONSUMED, tag, tag, transaction);
            sim_send_in(client, "B", "y", plain, transaction, false);
        }
        if (round == 0)
            expect_answer(client, sim_rollback(client, transaction), ENGINE_OK);
        else
            expect_answer(client, sim_commit(client, transaction), ENGINE_OK);
        cr_assert_eq(sink->count, round * COUNT);
    }
    cr_assert_eq(consumer->count, COUNT);
    sim_consume_all(sink);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(transaction, of_a_durable_subscriber_outlives_its_consumer, PLAIN)
{
    struct sim_client *client = sim_client_as(sim, 1, "me"), *other = sim_client(sim, 2);
    struct engine_subscribe_spec durable = {.durable_name = SLICE("d")};
    struct sim_consumer *consumer = sim_subscribe(client, "topic://T", durable);
    struct engine_transaction *transaction;

    sim_run(sim);
    send_letters(other, "topic://T", 4);
    expect(consumer, "a b c d");
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "a", transaction);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "b", transaction);
    sim_unsubscribe_delivered(consumer, 0);
    consumer = sim_subscribe(client, "topic://T", durable);
    expect(consumer, "c d");
    expect_answer(client, sim_rollback(client, transaction), ENGINE_OK);
    expect(consumer, "a+1 b+1");
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "a", transaction);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "c", transaction);
    sim_unsubscribe_delivered(consumer, 0);
    expect_answer(client, sim_commit(client, transaction), ENGINE_OK);
    consumer = sim_subscribe(client, "topic://T", durable);
    expect(consumer, "d b+1"); /* as they stood in the window */
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "d", transaction);
    sim_unsubscribe(consumer);
    expect_answer(client, sim_remove_durable(client, "d"), ENGINE_OK);
    cr_assert_eq(sim_memory(sim), 0);
    expect_answer(client, sim_commit(client, transaction), ENGINE_OK);
}

ENGINE_TEST(transaction, of_a_subscriber_is_over_with_it, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "topic://T", 10);
    struct engine_transaction *transaction;

    sim_run(sim);
    send_letters(client, "topic://T", 2);
    expect(consumer, "a b");
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "a", transaction);
    sim_unsubscribe(consumer);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
    expect_answer(client, sim_commit(client, transaction), ENGINE_OK);
}

ENGINE_TEST(transaction, hides_from_browsers_nothing_that_it_keeps, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct engine_transaction *transaction = sim_begin(client);

    send_letters(client, "A", 2);
    expect(consumer, "a b");
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "b", transaction);
    sim_unsubscribe_delivered(consumer, 0);
    sim_run(sim);
    expect(sim_subscribe(client, "A", (struct engine_subscribe_spec){.browser = true}), "a b");
}
