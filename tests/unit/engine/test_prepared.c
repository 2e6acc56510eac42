/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_case.h"

#include <stdio.h>

static const struct message_draft plain = {.persistent = true, .priority = 4};

static void send_letters(struct sim_client *client, const char *to, int count)
{
    for (int i = 0; i < count; i++)
        sim_send(client, to, (char[]){(char)('a' + i), 0});
}

/* Takes "a" from A, sends "A" to B, and is prepared under that name. */
static struct sim_consumer *prepare_one(struct sim *sim, struct sim_client *client, const char *xid)
{
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct engine_transaction *transaction;

    send_letters(client, "A", 3);
    expect(consumer, "a b c");
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "a", transaction);
    sim_send_in(client, "B", "A", plain, transaction, true);
    expect_answer(client, sim_prepare(client, transaction, xid), ENGINE_OK);
    return consumer;
}

ENGINE_TEST(prepared, is_committed_by_anybody, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1), *other = sim_client(sim, 2);
    struct sim_consumer *sink = sim_listen(other, "B", 10);

    prepare_one(sim, client, "x");
    sim_close(client);
    expect(sink, "");
    expect_answer(other, sim_xa_commit(other, "x"), ENGINE_OK);
    expect(sink, "A");
    expect(sim_listen(other, "A", 10), "b+1 c+1");
    expect_answer(other, sim_xa_commit(other, "x"), ENGINE_NO_SUCH_TRANSACTION);
}

ENGINE_TEST(prepared, is_rolled_back_by_anybody, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1), *other = sim_client(sim, 2);
    struct sim_consumer *sink = sim_listen(other, "B", 10), *next;

    prepare_one(sim, client, "x");
    sim_close(client);
    next = sim_listen(other, "A", 10);
    expect(next, "b+1 c+1"); /* the first one is locked */
    expect_answer(other, sim_xa_rollback(other, "x"), ENGINE_OK);
    expect(next, "a+1");
    expect(sink, "");
    expect_answer(other, sim_xa_rollback(other, "x"), ENGINE_NO_SUCH_TRANSACTION);
    sim_consume_all(next);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(prepared, gives_back_to_the_right_place, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1), *other = sim_client(sim, 2);

    prepare_one(sim, client, "x");
    sim_close(client);
    expect_answer(other, sim_xa_rollback(other, "x"), ENGINE_OK);
    expect(sim_listen(other, "A", 10), "a+1 b+1 c+1");
}

ENGINE_TEST(prepared, leaves_deliveries_with_a_consumer_that_is_still_there, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1), *other = sim_client(sim, 2);
    struct sim_consumer *consumer = prepare_one(sim, client, "x");
    struct sim_consumer *next = sim_listen(other, "A", 10);
    struct engine_transaction *transaction;

    expect_answer(other, sim_xa_rollback(other, "x"), ENGINE_OK);
    expect(next, ""); /* the client delivers it again by itself */
    expect(consumer, "");
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "a", transaction);
    expect_answer(client, sim_commit(client, transaction), ENGINE_OK);
    sim_close(client);
    expect(next, "b+1 c+1");
}

ENGINE_TEST(prepared, consumes_from_the_window_of_one_that_is_still_there, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1), *other = sim_client(sim, 2);
    struct sim_consumer *consumer = prepare_one(sim, client, "x");

    expect_answer(other, sim_xa_commit(other, "x"), ENGINE_OK);
    sim_unsubscribe(consumer);
    expect(sim_listen(other, "A", 10), "b+1 c+1");
    expect(sim_listen(other, "B", 10), "A");
}

ENGINE_TEST(prepared, is_listed_for_recovery, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1), *other = sim_client(sim, 2);
    char xid[16];

    cr_assert_str_eq(sim_recover(client), "");
    for (int i = 0; i < 8; i++) {
        struct engine_transaction *transaction = sim_begin(client);

        snprintf(xid, sizeof xid, "x%d", i);
        sim_send_in(client, "B", xid, plain, transaction, false);
        expect_answer(client, sim_prepare(client, transaction, xid), ENGINE_OK);
    }
    cr_assert_str_eq(sim_recover(other), "x0 x1 x2 x3 x4 x5 x6 x7");
    expect_answer(other, sim_xa_rollback(other, "x3"), ENGINE_OK);
    expect_answer(client, sim_xa_commit(client, "x5"), ENGINE_OK);
    sim_close(client);
    cr_assert_str_eq(sim_recover(other), "x0 x1 x2 x4 x6 x7");
    expect(sim_listen(other, "B", 10), "x5");
}

ENGINE_TEST(prepared, has_an_id_of_its_own, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1), *other = sim_client(sim, 2);
    struct sim_consumer *sink = sim_listen(other, "B", 10), *consumer;
    struct engine_transaction *second;

    prepare_one(sim, client, "x");
    consumer = sim_listen(other, "C", 10);
    sim_send(other, "C", "c");
    expect(consumer, "c");
    second = sim_begin(other);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "c", second);
    sim_send_in(other, "B", "never", plain, second, false);
    expect_refusal(other, sim_prepare(other, second, "x"), ENGINE_IN_USE,
                   "a transaction of this id is prepared already");
    expect_answer(client, sim_xa_commit(client, "x"), ENGINE_OK);
    expect(sink, "A");
    sim_unsubscribe(consumer);
    expect(sim_listen(client, "C", 10), "c+1"); /* the second one was rolled back */
}

ENGINE_TEST(prepared, is_ended_by_the_first_one_who_says_so, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1), *other = sim_client(sim, 2);
    struct sim_client *third = sim_client(sim, 0);
    struct sim_consumer *sink = sim_listen(third, "B", 10);
    uint64_t requests[2];
    bool committed;

    prepare_one(sim, client, "x");
    sim_close(client);
    requests[0] = sim_xa_commit(other, "x");
    requests[1] = sim_xa_rollback(third, "x");
    sim_run(sim);
    committed = sim_answer(other, requests[0]) == ENGINE_OK;
    cr_assert_eq(sim_answer(other, requests[0]),
                 (int)(committed ? ENGINE_OK : ENGINE_NO_SUCH_TRANSACTION));
    cr_assert_eq(sim_answer(third, requests[1]),
                 (int)(committed ? ENGINE_NO_SUCH_TRANSACTION : ENGINE_OK));
    expect(sink, committed ? "A" : "");
    expect(sim_listen(third, "A", 10), committed ? "b+1 c+1" : "a+1 b+1 c+1");
}

/* It may stay for ever; one that only consumes takes no room. */
ENGINE_TEST(prepared, is_refused_with_its_messages_while_the_broker_is_full, NULL,
            "<systemUsage><systemUsage><memoryUsage><memoryUsage limit='10 kb'/>"
            "</memoryUsage></systemUsage></systemUsage>")
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer;
    struct engine_transaction *transaction;
    char big[6000];

    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    for (int i = 0; i < 2; i++)
        expect_answer(client, sim_send(client, "A", big), ENGINE_OK);
    transaction = sim_begin(client);
    sim_send_in(client, "B", "b", plain, transaction, true);
    expect_answer(client, sim_prepare(client, transaction, "x"), ENGINE_NO_RESOURCES);
    cr_assert_str_eq(sim_recover(client), "");
    consumer = sim_listen(client, "A", 1);
    sim_run(sim);
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, big, transaction);
    expect_answer(client, sim_prepare(client, transaction, "y"), ENGINE_OK);
    expect_answer(client, sim_xa_commit(client, "y"), ENGINE_OK);
    transaction = sim_begin(client);
    sim_send_in(client, "B", "c", plain, transaction, true);
    expect_answer(client, sim_prepare(client, transaction, "z"), ENGINE_OK);
    expect_answer(client, sim_xa_commit(client, "z"), ENGINE_OK);
}

ENGINE_TEST(prepared, is_refused_when_something_inside_has_failed, "maxUncommittedCount='1'", NULL)
{
    struct sim_client *client = sim_client(sim, 1);
    struct engine_transaction *transaction = sim_begin(client);

    sim_send_in(client, "B", "1", plain, transaction, true);
    sim_send_in(client, "B", "2", plain, transaction, true);
    expect_answer(client, sim_prepare(client, transaction, "x"), ENGINE_ROLLED_BACK);
    expect_answer(client, sim_xa_commit(client, "x"), ENGINE_NO_SUCH_TRANSACTION);
    expect(sim_listen(client, "B", 10), "");
}

ENGINE_TEST(prepared, is_undone_when_the_connection_breaks_before_the_answer, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1), *other = sim_client(sim, 2);
    struct sim_consumer *consumer = sim_listen(client, "A", 10), *next;
    struct engine_transaction *transaction;
    uint64_t request;
    bool prepared;

    send_letters(client, "A", 2);
    expect(consumer, "a b");
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "a", transaction);
    request = sim_prepare(client, transaction, "x");
    for (uint64_t steps = sim_random(sim, 8); steps > 0; steps--)
        sim_step(sim);
    prepared = sim_answer(client, request) == ENGINE_OK;
    sim_close(client);
    next = sim_listen(other, "A", 10);
    sim_run(sim);
    if (sim_recover(other)[0] != '\0') /* it had come so far */
        sim_xa_rollback(other, "x");
    else
        cr_assert_not(prepared);
    sim_run(sim);
    cr_assert_eq(next->count, 2);
    cr_assert_eq(next->deliveries[0].redelivery_count, 1);
    cr_assert_eq(next->deliveries[1].redelivery_count, 1);
}

ENGINE_TEST(prepared, loses_what_it_acknowledged_with_the_queue, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1), *other = sim_client(sim, 2);
    struct sim_consumer *consumer;
    struct engine_transaction *transaction;

    expect_answer(client, sim_create_temp(client, "temp-queue://T"), ENGINE_OK);
    send_letters(client, "temp-queue://T", 2);
    consumer = sim_listen(client, "temp-queue://T", 10);
    expect(consumer, "a b");
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "a", transaction);
    expect_answer(client, sim_prepare(client, transaction, "x"), ENGINE_OK);
    sim_close(client); /* and its temporary queue */
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
    expect_answer(other, sim_xa_rollback(other, "x"), ENGINE_OK);
}

ENGINE_TEST(prepared, counts_in_memory_until_it_ends, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct engine_transaction *transaction = sim_begin(client);

    sim_send_in(client, "B", "b", plain, transaction, true);
    expect_answer(client, sim_prepare(client, transaction, "x"), ENGINE_OK);
    cr_assert_gt(sim_memory(sim), 0);
    expect_answer(client, sim_xa_rollback(client, "x"), ENGINE_OK);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(prepared, keeps_its_place_before_the_dead_letter_queue,
            "xmlns:cw='urn:corewire:config'",
            SIM_POLICY("queue='A' cw:maximumRedeliveries='1'", ""))
{
    struct sim_client *client = sim_client(sim, 1), *other = sim_client(sim, 2);
    struct sim_consumer *dead = sim_listen(other, "ActiveMQ.DLQ", 10), *consumer;
    struct engine_transaction *transaction;

    send_letters(client, "A", 1);
    consumer = sim_listen(client, "A", 10);
    for (int round = 0; round < 2; round++) {
        sim_run(sim);
        transaction = sim_begin(client);
        sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "a", transaction);
        expect_answer(client, sim_prepare(client, transaction, "x"), ENGINE_OK);
        sim_unsubscribe(consumer);
        expect(dead, "");
        expect_answer(other, sim_xa_rollback(other, "x"), ENGINE_OK);
        consumer = sim_listen(client, "A", 10);
    }
    expect(dead, "a");
    expect(consumer, "");
}

ENGINE_TEST(prepared, is_forgotten_with_the_broker, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct engine_subscribe_spec durable = {.durable_name = SLICE("d")};
    struct sim_consumer *consumer;
    struct engine_transaction *transaction;

    prepare_one(sim, client, "x");
    client = sim_client_as(sim, 0, "me");
    consumer = sim_subscribe(client, "topic://T", durable);
    sim_run(sim);
    send_letters(client, "topic://T", 2);
    expect(consumer, "a b");
    transaction = sim_begin(client);
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "b", transaction);
    expect_answer(client, sim_prepare(client, transaction, "y"), ENGINE_OK);
}
