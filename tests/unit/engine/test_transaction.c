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

ENGINE_TEST(transaction, fails_when_its_consumer_is_gone, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct engine_transaction *transaction;

    send_letters(client, "A", 1);
    expect(consumer, "a");
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "a", transaction);
    sim_unsubscribe(consumer);
    sim_run(sim);
    expect_answer(client, sim_commit(client, transaction), ENGINE_ROLLED_BACK);
    expect(sim_listen(client, "A", 10), "a+1");
}
