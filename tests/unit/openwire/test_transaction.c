/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions, local and distributed. */
#include "consuming.h"

TestSuite(openwire_transaction, .timeout = 60);

enum {
    BEGIN = 0,
    PREPARE = 1,
    COMMIT_ONE_PHASE = 2,
    COMMIT_TWO_PHASE = 3,
    ROLLBACK = 4,
    RECOVER = 5,
    FORGET = 6,
    END = 7,
};

#define NOT_STARTED(id) "Transaction '" id "' has not been started."
#define XA_CLASS        "javax.transaction.xa.XAException: "

static void open_shards(uint16_t shards)
{
    open_broker(shards, NULL, NULL);
    open_peer(0, 0);
    producer = sim_client(sim, 1);
}

static void open_all(void)
{
    open_shards(1);
}

static const struct ow_xa_transaction_id xid_1 = {
    {OW_XA_TRANSACTION_ID}, 77, SLICE("\5"), SLICE("\x9")};
static const struct ow_xa_transaction_id xid_2 = {
    {OW_XA_TRANSACTION_ID}, 77, SLICE("\6"), SLICE("")};

static void say_xa(int index, int8_t type, const struct ow_xa_transaction_id *xid)
{
    say_transaction(index, type, xid ? &xid->object : NULL, true);
}

static void ack_in(int index, const struct ow_object *transaction, int8_t type, const char *first,
                   const char *last, int32_t count)
{
    say_ack(index,
            (struct ow_message_ack){
                .ack_type = type, .message_count = count, .transaction_id = transaction},
            1, first, last);
}

static void ack_local(int64_t value, int8_t type, const char *first, const char *last,
                      int32_t count)
{
    const struct ow_connection_id connection = connection_id_of(0);
    const struct ow_local_transaction_id id = local_id(&connection, value);

    ack_in(0, &id.object, type, first, last, count);
}

/* A producer and a message of it, in a transaction. */
static void send_in(int index, const struct ow_object *transaction, const char *to,
                    const char *body, int64_t sequence)
{
    const struct ow_producer_id id = {
        {OW_PRODUCER_ID}, slice_of_text(peers[index].connection), 1, 1};
    const struct ow_destination destination = destination_of(to);
    const struct ow_producer_info info = {.command = command_of(index, OW_PRODUCER_INFO, false),
                                          .producer_id = &id};
    const struct ow_message_id message_id = {
        .object = {OW_MESSAGE_ID}, .producer_id = &id, .producer_sequence_id = sequence};
    struct ow_message message = {.producer_id = &id,
                                 .destination = &destination,
                                 .transaction_id = transaction,
                                 .message_id = &message_id,
                                 .persistent = true,
                                 .priority = 4};

    say(index, &info.command.object);
    message.command = command_of(index, OW_BYTES_MESSAGE, false);
    message.content = slice_of_text(body);
    say(index, &message.command.object);
}

static struct sim_consumer *watch(const char *queue)
{
    struct sim_consumer *consumer = sim_listen(producer, queue, 1000);

    run();
    return consumer;
}

/*
 * Local ones.
 */
Test(openwire_transaction, what_is_sent_is_seen_at_commit)
{
    const struct ow_connection_id connection = {{OW_CONNECTION_ID}, SLICE("c0")};
    const struct ow_local_transaction_id id = local_id(&connection, 1);
    struct sim_consumer *other;

    open_all();
    other = watch("A");
    say_local(0, BEGIN, 1);
    send_in(0, &id.object, "A", "m1", 1);
    send_in(0, &id.object, "A", "m2", 2);
    cr_assert_str_eq(sim_take(other), "");
    say_local(0, COMMIT_ONE_PHASE, 1);
    cr_assert_str_eq(sim_take(other), "m1 m2");
    ASSERT_TOLD(0, "Response 3\nResponse 8\n");
    say_local(0, BEGIN, 1);
    send_in(0, &id.object, "A", "m3", 3);
    say_local(0, ROLLBACK, 1);
    cr_assert_str_eq(sim_take(other), "");
    ASSERT_TOLD(0, "Response 9\nResponse 12\n");
    close_broker();
}

Test(openwire_transaction, what_is_acknowledged_is_gone_at_commit_and_the_window_moves_before)
{
    open_all();
    consume(0, 1, "A", 2);
    send_all("A", "m1 m2 m3 m4 m5");
    take(0);
    say_local(0, BEGIN, 1);
    ack_local(1, ACK_DELIVERED, "m1", "m1", 1);
    ack_local(1, ACK_STANDARD, "m1", "m2", 2);
    ASSERT_TOLD(0, "Response 4\nDispatch 1 queue://A m3\nDispatch 1 queue://A m4\n");
    say_local(0, COMMIT_TWO_PHASE, 1);
    ASSERT_TOLD(0, "Response 7\n");
    acknowledge(0, ACK_STANDARD, 1, NULL, "m4", 2);
    ASSERT_TOLD(0, "Dispatch 1 queue://A m5\n");
    close_broker();
}

Test(openwire_transaction, after_a_rollback_what_was_acknowledged_is_dispatched_still)
{
    open_all();
    consume(0, 1, "A", 10);
    send_all("A", "m1 m2 m3");
    take(0);
    say_local(0, BEGIN, 1);
    ack_local(1, ACK_STANDARD, "m1", "m2", 2);
    say_local(0, ROLLBACK, 1);
    ASSERT_TOLD(0, "Response 4\nResponse 6\n"); /* and not again */
    say_local(0, BEGIN, 2);
    ack_local(2, ACK_STANDARD, "m1", "m2", 7); /* who counts in a transaction? */
    say_local(0, COMMIT_ONE_PHASE, 2);
    acknowledge(0, ACK_STANDARD, 1, NULL, "m3", 1);
    ASSERT_TOLD(0, "Response 7\nResponse 9\n");
    close_peer(0);
    cr_assert_str_eq(sim_take(watch("A")), "");
    close_broker();
}

Test(openwire_transaction, who_acknowledges_the_same_again_and_again_is_stopped)
{
    enum { ENOUGH = 1000 };
    const char *told;

    open_all();
    ((struct config *)(uintptr_t)engine_config(sim_engine(sim, 0)))
        ->settings.transaction_bytes_max = 1024;
    consume(0, 1, "A", 10);
    send_all("A", "m1 m2 m3");
    take(0);
    say_local(0, BEGIN, 1);
    take(0);
    for (int i = 0; i < ENOUGH; i++) {
        const char *body = i % 2 ? "m1" : "m3";

        ack_local(1, ACK_STANDARD, body, body, 1);
    }
    told = take(0);
    cr_assert(strstr(told, "ResourceAllocationException: the transaction has more"), "%s", told);
    close_broker();
}

Test(openwire_transaction, topics_count_again_after_a_rollback)
{
    open_all();
    consume(0, 1, "topic://T", 2);
    send_all("topic://T", "m1 m2 m3 m4 m5 m6");
    take(0);
    say_local(0, BEGIN, 1);
    ack_local(1, ACK_STANDARD, NULL, "m2", 2);
    ASSERT_TOLD(0, "Response 4\nDispatch 1 topic://T m3\nDispatch 1 topic://T m4\n");
    say_local(0, ROLLBACK, 1);
    say_local(0, BEGIN, 2);
    ack_local(2, ACK_INDIVIDUAL, NULL, "m2", 1);
    ack_local(2, ACK_INDIVIDUAL, NULL, "m2", 1);
    ASSERT_TOLD(0, "Response 6\nResponse 7\n");
    say_local(0, COMMIT_ONE_PHASE, 2);
    acknowledge(0, ACK_STANDARD, 1, NULL, NULL, 2);
    ASSERT_TOLD(0, "Response 10\nDispatch 1 topic://T m5\nDispatch 1 topic://T m6\n");
    close_broker();
}

Test(openwire_transaction, poison_is_never_part_of_one)
{
    open_all();
    consume(0, 1, "A", 10);
    consume(0, 2, "topic://T", 10);
    send_all("A", "m1");
    take(0);
    say_local(0, BEGIN, 1);
    ack_local(1, ACK_POISON, "m1", "m1", 1);
    cr_assert(strstr(take(0), "Error javax.jms.JMSException: Poison ack cannot be transacted: "));
    say_local(0, COMMIT_ONE_PHASE, 1);
    ASSERT_TOLD(0, "Response 7\n");
    close_peer(0);
    cr_assert_str_eq(sim_take(watch("A")), "m1+1");
    close_broker();
}

Test(openwire_transaction, what_was_not_started_is_refused)
{
    open_all();
    consume(0, 1, "A", 10);
    send_all("A", "m1");
    take(0);
    ack_local(7, ACK_STANDARD, "m1", "m1", 1);
    ASSERT_TOLD(0, "Error javax.jms.JMSException: " NOT_STARTED("TX:c0:7") "\n");
    say_local(0, COMMIT_ONE_PHASE, 7);
    say_local(0, ROLLBACK, 7);
    say_local(0, PREPARE, 7);
    ASSERT_TOLD(0, "Exception 5 javax.jms.JMSException: " NOT_STARTED(
                       "TX:c0:7") "\n"
                                  "Exception 6 javax.jms.JMSException: " NOT_STARTED(
                                      "TX:c0:7") "\n"
                                                 "Exception 7 java.lang.IllegalStateException: "
                                                 "Cannot prepare a transaction that "
                                                 "had not been started or previously returned "
                                                 "XA_RDONLY: TX:c0:7\n");
    say_local(0, BEGIN, 7);
    say_local(0, BEGIN, 7);
    say_local(0, PREPARE, 7);
    say_local(0, END, 7);
    say_local(0, FORGET, 7);
    say_local(0, COMMIT_ONE_PHASE, 7);
    ASSERT_TOLD(0, "Response 8\nResponse 9\nException 10 " XA_CLASS
                   "Prepare not implemented on Local Transactions. xaErrorCode:-3\n"
                   "Response 11\nResponse 12\n"
                   "Exception 13 javax.jms.JMSException: " NOT_STARTED("TX:c0:7") "\n");
    close_broker();
}

Test(openwire_transaction, commands_that_make_no_sense_are_refused)
{
    const struct ow_connection_id other = {{OW_CONNECTION_ID}, SLICE("x")};
    const struct ow_local_transaction_id id = local_id(&other, 1);
    struct ow_transaction_info info = {.connection_id = &other};

    open_all();
    say_transaction(0, BEGIN, &id.object, true);
    say_transaction(0, BEGIN, NULL, true);
    say_local(0, 8, 1);
    info.command = command_of(0, OW_TRANSACTION_INFO, true);
    say(0, &info.command.object);
    ASSERT_TOLD(0, "Exception 3 javax.jms.JMSException: The transaction is of another connection\n"
                   "Exception 4 javax.jms.JMSException: The command names no transaction\n"
                   "Exception 5 java.io.IOException: Unknown transaction info type: 8\n"
                   "Exception 6 java.lang.IllegalStateException: The connection of the "
                   "transaction is not registered\n");
    say_transaction(0, -1, &id.object, false);
    cr_assert(peers[0].is_closed);
    close_broker();
}

Test(openwire_transaction, the_end_of_the_connection_rolls_back)
{
    const struct ow_connection_id connection = {{OW_CONNECTION_ID}, SLICE("c0")};
    const struct ow_local_transaction_id id = local_id(&connection, 1);
    struct sim_consumer *other;

    open_all();
    other = watch("B");
    consume(0, 1, "A", 10);
    send_all("A", "m1");
    take(0);
    say_local(0, BEGIN, 1);
    ack_local(1, ACK_STANDARD, "m1", "m1", 1);
    send_in(0, &id.object, "B", "m2", 1);
    close_peer(0);
    cr_assert_str_eq(sim_take(other), "");
    cr_assert_str_eq(sim_take(watch("A")), "m1+1");
    close_broker();
}

Test(openwire_transaction, many_transactions_of_one_connection_are_told_apart)
{
    open_all();
    consume(0, 1, "A", 100);
    send_all("A", "m1 m2 m3");
    take(0);
    for (int64_t i = 1; i <= 100; i++)
        say_local(0, BEGIN, i);
    ack_local(3, ACK_INDIVIDUAL, NULL, "m1", 1);
    ack_local(50, ACK_INDIVIDUAL, NULL, "m2", 1);
    ack_local(99, ACK_INDIVIDUAL, NULL, "m3", 1);
    for (int64_t i = 1; i <= 100; i++)
        say_local(0, i == 50 ? ROLLBACK : COMMIT_ONE_PHASE, i);
    take(0);
    close_peer(0);
    cr_assert_str_eq(sim_take(watch("A")), "m2+1");
    close_broker();
}

/*
 * Distributed ones.
 */
Test(openwire_transaction, both_phases_of_a_distributed_one)
{
    struct sim_consumer *other;

    open_shards(3);
    other = watch("B");
    consume(0, 1, "A", 10);
    send_all("A", "m1 m2");
    take(0);
    say_xa(0, BEGIN, &xid_1);
    ack_in(0, &xid_1.object, ACK_STANDARD, "m1", "m1", 1);
    send_in(0, &xid_1.object, "B", "b1", 1);
    say_xa(0, END, &xid_1);
    ASSERT_TOLD(0, "Response 4\nResponse 8\n");
    say_xa(0, COMMIT_TWO_PHASE, &xid_1);
    ASSERT_TOLD(0, "Exception 9 " XA_CLASS "Cannot do 2 phase commit if the transaction has not "
                   "been prepared. xaErrorCode:-6\n");
    say_xa(0, PREPARE, &xid_1);
    ASSERT_TOLD(0, "Integer 10 0\n");
    say_xa(0, PREPARE, &xid_1);
    say_xa(0, RECOVER, NULL);
    ASSERT_TOLD(0, "Integer 11 0\nArray 12 XID:[77,globalId=5,branchId=9]\n");
    cr_assert_str_eq(sim_take(other), "");
    say_xa(0, COMMIT_TWO_PHASE, &xid_1);
    ASSERT_TOLD(0, "Response 13\n");
    cr_assert_str_eq(sim_take(other), "b1");
    acknowledge(0, ACK_STANDARD, 1, NULL, "m2", 1);
    say_xa(0, COMMIT_TWO_PHASE, &xid_1);
    say_xa(0, RECOVER, NULL);
    ASSERT_TOLD(0, "Exception 15 " XA_CLASS "The transaction has not been started, or has ended. "
                   "xaErrorCode:-4\nArray 16\n");
    close_broker();
}

Test(openwire_transaction, a_branch_that_did_nothing_is_read_only)
{
    open_all();
    say_xa(0, BEGIN, &xid_1);
    say_xa(0, PREPARE, &xid_1);
    say_xa(0, PREPARE, &xid_1);
    ASSERT_TOLD(0, "Response 3\nInteger 4 3\nException 5 java.lang.IllegalStateException: Cannot "
                   "prepare a transaction that had not been started or previously returned "
                   "XA_RDONLY: XID:[77,globalId=5,branchId=9]\n");
    close_broker();
}

Test(openwire_transaction, a_distributed_one_may_be_committed_in_one_phase)
{
    struct sim_consumer *other;

    open_all();
    other = watch("B");
    say_xa(0, BEGIN, &xid_2);
    send_in(0, &xid_2.object, "B", "b1", 1);
    say_xa(0, COMMIT_ONE_PHASE, &xid_2);
    ASSERT_TOLD(0, "Response 3\nResponse 6\n");
    cr_assert_str_eq(sim_take(other), "b1");
    close_broker();
}

Test(openwire_transaction, a_prepared_one_that_is_rolled_back_stays_with_its_consumer)
{
    open_shards(3);
    consume(0, 1, "A", 10);
    send_all("A", "m1");
    take(0);
    say_xa(0, BEGIN, &xid_1);
    ack_in(0, &xid_1.object, ACK_STANDARD, "m1", "m1", 1);
    say_xa(0, PREPARE, &xid_1);
    ack_in(0, &xid_1.object, ACK_STANDARD, "m1", "m1", 1);
    ASSERT_TOLD(0, "Response 4\nInteger 6 0\nError " XA_CLASS "The transaction is prepared. "
                   "xaErrorCode:-6\n");
    say_xa(0, ROLLBACK, &xid_1);
    acknowledge(0, ACK_STANDARD, 1, "m1", "m1", 1);
    ASSERT_TOLD(0, "Response 8\n");
    close_peer(0);
    cr_assert_str_eq(sim_take(watch("A")), "");
    close_broker();
}

Test(openwire_transaction, a_prepared_one_survives_its_connection_and_is_ended_by_another)
{
    struct sim_consumer *other;

    open_shards(3);
    open_peer(1, 2);
    other = watch("B");
    say_xa(0, BEGIN, &xid_1);
    send_in(0, &xid_1.object, "B", "b1", 1);
    say_xa(0, PREPARE, &xid_1);
    say_xa(0, BEGIN, &xid_2);
    send_in(0, &xid_2.object, "B", "b2", 2);
    ASSERT_TOLD(0, "Response 3\nInteger 6 0\nResponse 7\n");
    close_peer(0);
    say_xa(1, RECOVER, NULL);
    say_xa(1, COMMIT_TWO_PHASE, &xid_1);
    say_xa(1, ROLLBACK, &xid_2);
    ASSERT_TOLD(1, "Array 3 XID:[77,globalId=5,branchId=9]\nResponse 4\n"
                   "Exception 5 " XA_CLASS "The transaction has not been started, or has ended. "
                   "xaErrorCode:-4\n");
    cr_assert_str_eq(sim_take(other), "b1");
    close_broker();
}

#define IN_USE \
    XA_CLASS "XID:[77,globalId=5,branchId=9] is in use by another connection of this broker; set " \
             "jms.rmIdFromConnectionId=true on the client's URL. xaErrorCode:-8\n"

Test(openwire_transaction, one_that_another_connection_has_is_refused_and_loses_nothing_there)
{
    struct sim_consumer *other;

    for (uint16_t shards = 1; shards <= 3; shards += 2) {
        open_shards(shards);
        open_peer(1, shards - 1);
        other = watch("B");
        say_xa(0, BEGIN, &xid_1);
        send_in(0, &xid_1.object, "B", "b1", 1);
        say_xa(1, BEGIN, &xid_1);
        ASSERT_TOLD(1, "Exception 3 " IN_USE);
        say_xa(1, BEGIN, &xid_1);
        send_in(1, &xid_1.object, "B", "never", 1);
        say_xa(1, END, &xid_1);
        ASSERT_TOLD(1, "Exception 4 " IN_USE "Error " IN_USE "Exception 7 " IN_USE);
        for (int8_t type = PREPARE; type <= ROLLBACK; type++) {
            say_xa(1, BEGIN, &xid_1);
            say_xa(1, type, &xid_1);
        }
        ASSERT_TOLD(1, "Exception 8 " IN_USE "Exception 9 " IN_USE "Exception 10 " IN_USE
                       "Exception 11 " IN_USE "Exception 12 " IN_USE "Exception 13 " IN_USE
                       "Exception 14 " IN_USE "Exception 15 " IN_USE);
        say_xa(0, END, &xid_1);
        say_xa(0, PREPARE, &xid_1);
        say_xa(1, BEGIN, &xid_1);
        ASSERT_TOLD(1, "Exception 16 " IN_USE);
        say_xa(0, COMMIT_TWO_PHASE, &xid_1);
        ASSERT_TOLD(0, "Response 3\nResponse 6\nInteger 7 0\nResponse 8\n");
        cr_assert_str_eq(sim_take(other), "b1");
        say_xa(1, ROLLBACK, &xid_1); /* of what was refused while prepared */
        say_xa(1, BEGIN, &xid_1);
        ASSERT_TOLD(1, "Exception 17 " IN_USE "Response 18\n");
        close_broker();
    }
}

Test(openwire_transaction, what_is_acknowledged_in_one_that_is_refused_goes_to_others)
{
    open_shards(3);
    open_peer(1, 2);
    say_xa(1, BEGIN, &xid_1);
    consume(0, 1, "A", 10);
    send_all("A", "m1");
    take(0);
    say_xa(0, BEGIN, &xid_1);
    ack_in(0, &xid_1.object, ACK_STANDARD, "m1", "m1", 1);
    take(0);
    close_peer(0);
    cr_assert_str_eq(sim_take(watch("A")), "m1+1");
    close_broker();
}

/* BEGIN and PREPARE in the same bytes. True: the second one had to wait. */
static bool begin_and_prepare(int index, const struct ow_xa_transaction_id *xid)
{
    const struct ow_connection_id connection = connection_id_of(index);
    struct openwire_session *session = peers[index].session;
    struct text bytes;
    size_t used;
    bool has_waited;

    text_init(&bytes);
    for (int8_t type = BEGIN; type <= PREPARE; type++) {
        const struct ow_transaction_info info = {.command =
                                                     command_of(index, OW_TRANSACTION_INFO, true),
                                                 .connection_id = &connection,
                                                 .transaction_id = &xid->object,
                                                 .type = type};

        add_frame(index, &info.command.object, &bytes);
    }
    used = openwire_session_receive(session, text_slice(&bytes));
    has_waited = peers[index].is_paused;
    cr_assert_eq(used < bytes.len, has_waited);
    run();
    cr_assert_not(peers[index].is_paused);
    used += openwire_session_receive(session, slice_after(text_slice(&bytes), used));
    cr_assert_eq(used, bytes.len);
    text_fini(&bytes);
    return has_waited;
}

Test(openwire_transaction, commands_behind_the_begin_wait_for_its_answer)
{
    int waited = 0;

    open_shards(3);
    say_xa(0, BEGIN, &xid_1);
    for (uint16_t i = 0; i < 3; i++) { /* one of the shards is the xid's home */
        open_peer(i + 1, i);
        waited += begin_and_prepare(i + 1, &xid_1);
        ASSERT_TOLD(i + 1, "Exception 3 " IN_USE "Exception 4 " IN_USE);
    }
    cr_assert_eq(waited, 2);
    say_xa(0, ROLLBACK, &xid_1);
    for (int i = 1; i <= 3; i++) {
        begin_and_prepare(i, &xid_1);
        ASSERT_TOLD(i, "Response 5\nInteger 6 3\n");
    }
    close_broker();
}

Test(openwire_transaction, what_is_acknowledged_in_one_is_gone_though_its_consumer_went_first)
{
    open_all();
    consume(0, 1, "A", 10);
    send_all("A", "m1 m2");
    take(0);
    say_local(0, BEGIN, 1);
    ack_local(1, ACK_STANDARD, "m1", "m1", 1);
    remove_consumer(0, 1, -1);
    say_local(0, COMMIT_ONE_PHASE, 1);
    ASSERT_TOLD(0, "Response 4\nResponse 6\nResponse 7\n");
    cr_assert_str_eq(sim_take(watch("A")), "m2");
    close_broker();
}
