/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

TestSuite(stomp_acknowledge, .fini = close_session);

enum { CONSUMED = ACKNOWLEDGE_CONSUMED, POISON = ACKNOWLEDGE_POISON };

static void deliver(int consumer, int count)
{
    for (int i = 0; i < count; i++)
        fake_deliver_text(consumer, "x");
}

static void sent_all(void)
{
    stomp_session_sent(session, fake.output.committed);
}

static void open_client_mode_1_1(void)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\nack:client\n\n");
}

static void open_1_2_with(const char *ack)
{
    char frame[200];
    const int len =
        snprintf(frame, sizeof frame, "SUBSCRIBE\nid:s\ndestination:/queue/a\nack:%s\n\n", ack);

    open_1_2();
    feed_bytes(frame, (size_t)len + 1);
}

Test(stomp_acknowledge, acknowledges_by_itself_when_the_kernel_has_the_bytes)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    deliver(0, 1);
    assert_not_called("acknowledge");
    stomp_session_sent(session, fake.output.committed - 1);
    assert_not_called("acknowledge");
    sent_all();
    assert_called("acknowledge 0 kind=0 0..1 tx=0");
}

Test(stomp_acknowledge, acknowledges_a_batch_with_one_call)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    deliver(0, 500);
    fake_forget_calls();
    sent_all();
    cr_assert_str_eq(fake.calls.bytes, "acknowledge 0 kind=0 0..500 tx=0\n");
}

Test(stomp_acknowledge, acknowledges_what_left_and_keeps_the_rest_for_later)
{
    uint64_t first;

    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    deliver(0, 2);
    first = fake.output.committed;
    stomp_session_sent(session, first - 1); /* the kernel is busy: a new batch begins */
    deliver(0, 2);
    stomp_session_sent(session, first);
    assert_called("acknowledge 0 kind=0 0..2");
    assert_not_called("0..4");
    sent_all();
    assert_called("acknowledge 0 kind=0 0..4");
}

Test(stomp_acknowledge, keeps_subscriptions_apart)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    FEED("SUBSCRIBE\nid:t\ndestination:/queue/b\n\n");
    deliver(0, 2);
    deliver(1, 3);
    sent_all();
    assert_called("acknowledge 0 kind=0 0..2 tx=0\nacknowledge 1 kind=0 0..3 tx=0\n");
}

Test(stomp_acknowledge, acknowledges_what_was_rendered_before_it_unsubscribes)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    deliver(0, 3);
    FEED("UNSUBSCRIBE\nid:s\n\n");
    assert_called("acknowledge 0 kind=0 0..3 tx=0\nunsubscribe 0 delivered=0\n");
    fake_forget_calls();
    sent_all();
    assert_not_called("acknowledge");
}

Test(stomp_acknowledge, counts_deliveries_as_made_when_a_client_mode_ends)
{
    open_client_mode_1_1();
    deliver(0, 3);
    FEED("UNSUBSCRIBE\nid:s\n\n");
    assert_not_called("acknowledge");
    assert_called("unsubscribe 0 delivered=-1\n");
}

Test(stomp_acknowledge, is_not_refused_in_1_2_when_the_subscription_is_gone)
{
    open_1_2();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\nack:client\n\n");
    deliver(0, 1);
    FEED("UNSUBSCRIBE\nid:s\n\n");
    FEED("ACK\nid:1-1\nreceipt:r\n\n");
    assert_output_has("RECEIPT\nreceipt-id:r\n");
    FEED("ACK\nid:2-1\n\n");
    assert_output_has("message:Unexpected ACK received for message-id [2-1]");
    assert_not_called("acknowledge");
}

Test(stomp_acknowledge, does_not_render_after_DISCONNECT)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    FEED("DISCONNECT\n\n");
    fake_output();
    deliver(0, 1);
    assert_output("");
    sent_all();
    assert_not_called("acknowledge");
}

Test(stomp_acknowledge, acknowledges_after_DISCONNECT_what_was_rendered_before)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    deliver(0, 1);
    FEED("DISCONNECT\n\n");
    sent_all();
    assert_called("acknowledge 0 kind=0 0..1");
}

Test(stomp_acknowledge, is_cumulative_in_client_mode)
{
    open_client_mode_1_1();
    deliver(0, 5);
    FEED("ACK\nsubscription:s\nmessage-id:ID\\ctest-1-2-3\\c4\\c-1\\c1\\c3\n\n");
    assert_called("acknowledge 0 kind=0 0..3 tx=0");
    FEED("ACK\nsubscription:s\nmessage-id:ID:test-1-2-3:4:-1:1:2\n\n");
    assert_error("Unexpected ACK received for message-id [ID:test-1-2-3:4:-1:1:2]", false);
    FEED("ACK\nsubscription:s\nmessage-id:ID:test-1-2-3:4:-1:1:5\n\n");
    assert_called("acknowledge 0 kind=0 0..5 tx=0");
}

Test(stomp_acknowledge, takes_a_message_id_alone_in_1_0)
{
    open_1_0();
    FEED("SUBSCRIBE\ndestination:/queue/a\nack:client\n\n");
    FEED("SUBSCRIBE\ndestination:/queue/b\nack:client\n\n");
    deliver(0, 1);
    deliver(1, 1);
    FEED("ACK\nmessage-id:ID:test-1-2-3:4:-1:1:2\ncontent-length:12\n\n");
    assert_called("acknowledge 1 kind=0 0..1 tx=0");
}

Test(stomp_acknowledge, goes_by_the_ack_header_in_1_2)
{
    open_1_2_with("client");
    deliver(0, 3);
    FEED("ACK\nid:1-2\n\n");
    assert_called("acknowledge 0 kind=0 0..2 tx=0");
}

Test(stomp_acknowledge, takes_single_messages_in_any_order_in_client_individual_mode)
{
    open_1_2_with("client-individual");
    deliver(0, 3);
    FEED("ACK\nid:1-3\n\n");
    assert_called("acknowledge 0 kind=0 3..3 tx=0");
    FEED("ACK\nid:1-1\n\n");
    assert_called("acknowledge 0 kind=0 1..1 tx=0");
    FEED("ACK\nid:1-1\n\n");
    assert_error("Unexpected ACK received for message-id [1-1]", false);
    FEED("ACK\nid:1-2\n\n");
    assert_called("acknowledge 0 kind=0 2..2 tx=0");
}

Test(stomp_acknowledge, keeps_its_order_through_many_gaps)
{
    char frame[64];

    open_1_2_with("client-individual");
    deliver(0, 300);
    for (int tag = 2; tag <= 300; tag++) { /* the first one stays: the window is full of gaps */
        const int len = snprintf(frame, sizeof frame, "ACK\nid:1-%d\n\n", tag);

        fake_forget_calls();
        feed_bytes(frame, (size_t)len + 1);
        assert_called("acknowledge 0 kind=0 ");
        cr_assert_eq(atoi(fake.calls.bytes + strlen("acknowledge 0 kind=0 ")), tag);
    }
    fake_output();
    FEED("ACK\nid:1-1\n\n");
    assert_called("1..1");
    assert_output("");
}

Test(stomp_acknowledge, refuses_ack_ids_it_did_not_give_out)
{
    open_1_2_with("client");
    deliver(0, 1);
    FEED("ACK\nid:1-2\n\n");
    assert_error("Unexpected ACK received for message-id [1-2]", false);
    FEED("ACK\nid:9-1\n\n");
    assert_error("Unexpected ACK received for message-id [9-1]", false);
    FEED("ACK\nid:-\n\n");
    assert_error("Unexpected ACK received for message-id [-]", false);
    FEED("ACK\nid:\n\n");
    assert_error("Unexpected ACK received for message-id []", false);
    FEED("ACK\nid:99999999999999999999-1\n\n");
    assert_error("Unexpected ACK received for message-id [99999999999999999999-1]", false);
    assert_not_called("acknowledge");
}

Test(stomp_acknowledge, refuses_ACK_in_auto_mode)
{
    open_1_2_with("auto");
    deliver(0, 1);
    FEED("ACK\nid:1-1\n\n");
    assert_error("Unexpected ACK received for message-id [1-1]", false);
}

Test(stomp_acknowledge, takes_an_unknown_ack_mode_as_auto)
{
    open_1_2_with("sometimes");
    deliver(0, 1);
    sent_all();
    assert_called("acknowledge 0 kind=0 0..1");
}

Test(stomp_acknowledge, names_the_header_that_is_missing)
{
    open_1_2();
    FEED("ACK\nmessage-id:x\n\n");
    assert_error("ACK received without a ack id for acknowledge!", false);
    FEED("NACK\n\n");
    assert_error("NACK received without an ack header to acknowledge!", false);
}

Test(stomp_acknowledge, names_the_header_that_is_missing_in_1_1)
{
    open_1_1();
    FEED("ACK\nsubscription:s\n\n");
    assert_error("ACK received without a message-id to acknowledge!", false);
    FEED("ACK\nmessage-id:x\n\n");
    assert_error("ACK received without a subscription id for acknowledge!", false);
    FEED("NACK\nmessage-id:x\n\n");
    assert_error("NACK received without a subscription id for acknowledge!", false);
}

Test(stomp_acknowledge, knows_no_NACK_in_1_0)
{
    open_1_0();
    FEED("NACK\nmessage-id:x\n\n");
    assert_error("NACK received but connection is in v1.0 mode.", false);
}

Test(stomp_acknowledge, takes_NACK_for_one_message_in_client_mode_too)
{
    open_1_2_with("client");
    deliver(0, 3);
    FEED("NACK\nid:1-2\nreceipt:n\n\n");
    assert_called("acknowledge 0 kind=1 2..2 tx=0");
    assert_output_has("RECEIPT\nreceipt-id:n\n");
    FEED("ACK\nid:1-3\n\n");
    assert_called("acknowledge 0 kind=0 0..3 tx=0");
}

Test(stomp_acknowledge, refuses_NACK_on_a_browser)
{
    open_1_2();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\nack:client\nbrowser:true\n\n");
    deliver(0, 1);
    fake_output();
    FEED("NACK\nid:1-1\n\n");
    assert_error("Cannot Nack a message on a Queue Browser Subscription.", false);
}

Test(stomp_acknowledge, holds_an_ack_until_the_transaction_commits)
{
    open_1_2_with("client");
    deliver(0, 3);
    FEED("BEGIN\ntransaction:t\n\n");
    FEED("ACK\nid:1-2\ntransaction:t\n\n");
    assert_called("acknowledge 0 kind=0 0..2 tx=1");
    fake_output();
    FEED("ACK\nid:1-1\n\n");
    assert_error("Unexpected ACK received for message-id [1-1]", false);
    FEED("COMMIT\ntransaction:t\n\n");
    FEED("ACK\nid:1-2\n\n");
    assert_error("Unexpected ACK received for message-id [1-2]", false);
}

Test(stomp_acknowledge, may_acknowledge_again_after_ABORT)
{
    open_1_2_with("client-individual");
    deliver(0, 2);
    FEED("BEGIN\ntransaction:t\n\n");
    FEED("ACK\nid:1-1\ntransaction:t\n\n");
    FEED("NACK\nid:1-2\ntransaction:t\n\n");
    assert_called("acknowledge 0 kind=1 2..2 tx=1");
    FEED("ABORT\ntransaction:t\n\n");
    fake_forget_calls();
    FEED("ACK\nid:1-1\n\n");
    FEED("ACK\nid:1-2\n\n");
    assert_called("acknowledge 0 kind=0 1..1 tx=0\nacknowledge 0 kind=0 2..2 tx=0\n");
}

Test(stomp_acknowledge, may_acknowledge_again_after_a_commit_that_failed)
{
    open_1_2_with("client-individual");
    deliver(0, 1);
    FEED("BEGIN\ntransaction:t\n\n");
    FEED("ACK\nid:1-1\ntransaction:t\n\n");
    fake.fail_next = ENGINE_ROLLED_BACK;
    fake.fail_text = "rolled back";
    FEED("COMMIT\ntransaction:t\n\n");
    fake_forget_calls();
    FEED("ACK\nid:1-1\n\n");
    assert_called("acknowledge 0 kind=0 1..1 tx=0");
}

Test(stomp_acknowledge, lets_1_1_acknowledge_out_of_order_in_one_transaction)
{
    open_client_mode_1_1();
    deliver(0, 3);
    fake_output();
    FEED("BEGIN\ntransaction:t\n\n");
    FEED("ACK\nsubscription:s\ntransaction:t\nmessage-id:ID:test-1-2-3:4:-1:1:3\n\n");
    FEED("ACK\nsubscription:s\ntransaction:t\nmessage-id:ID:test-1-2-3:4:-1:1:2\n\n");
    FEED("COMMIT\ntransaction:t\n\n");
    assert_output("");
}

Test(stomp_acknowledge, keeps_the_acks_of_different_transactions_apart)
{
    open_1_2_with("client-individual");
    deliver(0, 2);
    FEED("BEGIN\ntransaction:t\n\n");
    FEED("BEGIN\ntransaction:u\n\n");
    FEED("ACK\nid:1-1\ntransaction:t\n\n");
    FEED("ACK\nid:1-2\ntransaction:u\n\n");
    FEED("COMMIT\ntransaction:t\n\n");
    FEED("ABORT\ntransaction:u\n\n");
    fake_output();
    FEED("ACK\nid:1-2\n\n");
    assert_output("");
    FEED("ACK\nid:1-1\n\n");
    assert_error("Unexpected ACK received for message-id [1-1]", false);
}

Test(stomp_acknowledge, tells_the_engine_when_the_output_is_full_and_when_not)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    deliver(0, 400);
    assert_not_called("congested");
    deliver(0, 300);
    pass_time(1);
    assert_called("congested=1");
    fake_forget_calls();
    stomp_session_sent(session, fake.output.committed - 40000);
    assert_not_called("congested");
    sent_all();
    assert_called("congested=0");
}

Test(stomp_acknowledge, stops_reading_when_too_many_receipts_are_owed)
{
    static const char frame[] = "BEGIN\ntransaction:t\nreceipt:1\n\n\0ABORT\ntransaction:t\n\n";

    open_1_1();
    fake.is_holding = true;
    FEED("SEND\ndestination:/queue/a\nreceipt:first\n\n");
    for (int i = 0; i < 65534; i++)
        cr_assert_eq(feed_bytes(frame, sizeof frame), sizeof frame);
    cr_assert_not(fake.is_paused);
    FEED("SEND\ndestination:/queue/a\nreceipt:last\n\n");
    cr_assert(fake.is_paused);
    fake_answer(0, ENGINE_OK, "");
    cr_assert_not(fake.is_paused);
}
