/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

TestSuite(stomp_subscribe, .fini = close_session);

Test(stomp_subscribe, has_ActiveMQs_prefetch_by_kind)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:1\ndestination:/queue/a\n\n");
    assert_called("subscribe queue://a selector= durable= prefetch=1000? priority=0 flags=0000");
    FEED("SUBSCRIBE\nid:2\ndestination:/topic/a\n\n");
    assert_called("subscribe topic://a selector= durable= prefetch=32767?");
    FEED("SUBSCRIBE\nid:3\ndestination:/topic/a\nactivemq.subscriptionName:d\n\n");
    assert_called("subscribe topic://a selector= durable=d prefetch=100?");
    FEED("SUBSCRIBE\nid:4\ndestination:/queue/a\nbrowser:true\n\n");
    assert_called("subscribe queue://a selector= durable= prefetch=500? priority=0 flags=1000");
}

Test(stomp_subscribe, takes_options_from_activemq_headers)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:1\ndestination:/topic/a\nactivemq.prefetchSize:1\nactivemq.priority:5\n"
         "activemq.exclusive:true\nactivemq.retroactive:true\nactivemq.noLocal:true\n"
         "activemq.maximumPendingMessageLimit:3\nactivemq.dispatchAsync:false\n\n");
    assert_called("prefetch=1 priority=5 flags=0111 pending=3");
}

Test(stomp_subscribe, ignores_unknown_options_and_values_without_sense)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:1\ndestination:/queue/a\nactivemq.prefetchSize:many\n"
         "activemq.priority:high\nactivemq.exclusive:maybe\nactivemq.networkSubscription:true\n"
         "activemq.colour:red\n\n");
    assert_called("prefetch=1000? priority=0 flags=0000 pending=0");
}

Test(stomp_subscribe, passes_on_a_prefetch_of_zero)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:1\ndestination:/queue/a\nactivemq.prefetchSize:0\n\n");
    assert_called("prefetch=0 ");
}

Test(stomp_subscribe, passes_on_the_selector)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:1\ndestination:/queue/a\nselector:mc_identity = 'n1'\n\n");
    assert_called("selector=mc_identity = 'n1' ");
}

Test(stomp_subscribe, accepts_the_name_of_a_durable_subscription_from_other_brokers_clients)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:1\ndestination:/topic/a\ndurable-subscription-name:d\n\n");
    assert_called("durable=d prefetch=100?");
}

Test(stomp_subscribe, needs_an_id_from_1_1_on)
{
    open_1_1();
    FEED("SUBSCRIBE\ndestination:/queue/a\n\n");
    assert_error("SUBSCRIBE received without a subscription id!", false);
}

Test(stomp_subscribe, needs_a_destination)
{
    open_1_0();
    FEED("SUBSCRIBE\n\n");
    assert_error("Invalid empty or 'null' Destination header", false);
}

Test(stomp_subscribe, refuses_a_durable_subscription_to_a_queue)
{
    open_1_0();
    FEED("SUBSCRIBE\ndestination:/queue/a\nactivemq.subscriptionName:d\n\n");
    assert_error("Invalid Subscription: cannot durably subscribe to a Queue destination!", false);
}

Test(stomp_subscribe, refuses_browsing_in_1_0_and_on_topics)
{
    open_1_0();
    FEED("SUBSCRIBE\ndestination:/queue/a\nbrowser:true\n\n");
    assert_error("Queue Browser feature only valid for Stomp v1.1+ clients!", false);
}

Test(stomp_subscribe, refuses_browsing_a_topic)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:1\ndestination:/topic/a\nbrowser:true\n\n");
    assert_error("Queue Browser can only be used on a Queue destination!", false);
}

Test(stomp_subscribe, refuses_a_temporary_queue_of_another_connection)
{
    open_1_0();
    FEED("SUBSCRIBE\ndestination:/remote-temp-queue/ID:fake-1-2:33:1\n\n");
    assert_error("Cannot subscribe to a temporary destination of another connection", false);
    FEED("SUBSCRIBE\ndestination:/temp-queue/x\n\n");
    assert_called("subscribe temp-queue://ID:fake-1-2:3:1");
}

Test(stomp_subscribe, limits_the_subscriptions_of_a_connection)
{
    open_1_0();
    for (int i = 0; i < 50; i++)
        FEED("SUBSCRIBE\ndestination:/queue/a\n\n");
    assert_output("");
    FEED("SUBSCRIBE\ndestination:/queue/a\n\n");
    assert_error("Too many subscriptions on this connection", false);
}

Test(stomp_subscribe, sends_its_receipt_before_the_first_message)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:1\ndestination:/queue/a\nreceipt:r\n\n");
    fake_deliver_text(0, "x");
    assert_output_has("RECEIPT\nreceipt-id:r\n\n~\nMESSAGE\n");
}

Test(stomp_subscribe, forgets_a_subscription_that_fails_at_once)
{
    open_1_1();
    fake.fail_next = ENGINE_BAD_SELECTOR;
    fake.fail_text = "bad selector";
    FEED("SUBSCRIBE\nid:1\ndestination:/queue/a\nselector:x =\nreceipt:r\n\n");
    assert_output_has("receipt-id:r\nmessage:bad selector\n");
    FEED("UNSUBSCRIBE\nid:1\n\n");
    assert_error("No subscription matched.", false);
}

Test(stomp_subscribe, forgets_a_subscription_that_fails_later)
{
    open_1_1();
    fake.is_holding = true;
    FEED("SUBSCRIBE\nid:1\ndestination:/queue/a\n\n");
    fake_answer(0, ENGINE_NOT_AUTHORIZED, "no");
    assert_error("no", false);
    FEED("UNSUBSCRIBE\nid:1\n\n");
    assert_error("No subscription matched.", false);
}

Test(stomp_subscribe, may_be_unsubscribed_before_it_is_answered)
{
    open_1_1();
    fake.is_holding = true;
    FEED("SUBSCRIBE\nid:1\ndestination:/queue/a\nreceipt:1\n\n");
    FEED("UNSUBSCRIBE\nid:1\nreceipt:2\n\n");
    fake_answer(0, ENGINE_NOT_AUTHORIZED, "no");
    fake_answer(1, ENGINE_OK, "");
    assert_output_has("RECEIPT\nreceipt-id:2\n");
}

Test(stomp_subscribe, renders_a_message_for_1_0)
{
    open_1_0();
    FEED("SUBSCRIBE\ndestination:/queue/a\n\n");
    fake_deliver_text(0, "hello");
    assert_output("MESSAGE\ndestination:/queue/a\nmessage-id:ID:test-1-2-3:4:-1:1:1\nexpires:0\n"
                  "timestamp:77\npriority:4\n\nhello~\n");
}

Test(stomp_subscribe, renders_a_message_for_1_1_with_escapes)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:/topic/x\\cy\ndestination:/queue/a\nack:client\n\n");
    fake_deliver_text(0, "hello");
    assert_output("MESSAGE\nsubscription:/topic/x\\cy\ndestination:/queue/a\n"
                  "message-id:ID\\ctest-1-2-3\\c4\\c-1\\c1\\c1\nexpires:0\ntimestamp:77\n"
                  "priority:4\n\nhello~\n");
}

Test(stomp_subscribe, adds_an_ack_header_in_1_2_except_in_auto_mode)
{
    open_1_2();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\nack:client\n\n");
    FEED("SUBSCRIBE\nid:t\ndestination:/queue/a\n\n");
    fake_deliver_text(0, "x");
    assert_output_has("MESSAGE\nsubscription:s\nack:1-1\ndestination:");
    fake_deliver_text(1, "x");
    assert_output_has("MESSAGE\nsubscription:t\ndestination:");
}

Test(stomp_subscribe, says_when_a_message_was_delivered_before)
{
    struct message *message;

    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    message = fake_text_message("a", "x");
    fake_deliver_again(0, message, 1);
    message_unref(message);
    assert_output_has("subscription:s\nredelivered:true\n");
}

Test(stomp_subscribe, gives_the_same_frame_to_all_subscribers_from_the_cache)
{
    struct message *message;
    char *first;

    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    message = fake_text_message("a", "body: x");
    fake_deliver(0, message);
    first = strdup(fake_output());
    for (int i = 0; i < 3; i++) {
        fake_deliver(0, message);
        assert_output(first);
    }
    message_unref(message);
    free(first);
    fake_deliver_text(0, "another");
    assert_output_has("another~\n");
}

Test(stomp_subscribe, does_not_mistake_a_new_message_for_a_freed_one)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    for (int i = 0; i < 100; i++) { /* the allocator gives the same address again and again */
        char body[16], expected[32];

        snprintf(body, sizeof body, "b%d", i);
        snprintf(expected, sizeof expected, "\n\nb%d~\n", i);
        fake_deliver_text(0, body);
        assert_output_has(expected);
    }
}

static struct message *big_message(size_t len, enum body_kind kind)
{
    static char body[60000];
    struct message_draft draft = {
        .destination = {DESTINATION_QUEUE, SLICE("a")},
        .id = SLICE("ID:1"),
        .id_sequence = 1,
        .body = slice_of(body, len),
        .body_kind = kind,
    };
    struct message *message;

    memset(body, 'x', sizeof body);
    message = message_create(&draft);
    cr_assert(message);
    return message;
}

Test(stomp_subscribe, sends_large_bodies_by_reference)
{
    struct message *message;

    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    message = big_message(50000, BODY_BYTES);
    for (int i = 0; i < 3; i++) { /* rendered, cached, from the cache */
        fake_deliver(0, message);
        cr_assert_eq(fake.output.shared_count, i + 1);
        assert_output_has("content-length:50000\n\nxxxx");
    }
    message_unref(message);
}

Test(stomp_subscribe, renders_headers_that_fit_into_no_single_piece_of_output)
{
    static char value[30000];
    struct property property = {SLICE("long"), {.type = VALUE_STRING}};
    struct message_draft draft = {
        .destination = {DESTINATION_QUEUE, SLICE("a")},
        .id = SLICE("ID:1"),
        .body = SLICE("x"),
        .body_kind = BODY_TEXT,
        .properties = &property,
        .property_count = 1,
    };
    struct message *message;

    open_1_1();
    memset(value, ':', sizeof value);
    property.value.text = slice_of(value, sizeof value);
    message = message_create(&draft);
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    for (int i = 0; i < 3; i++) {
        fake_deliver(0, message);
        cr_assert_gt(fake.output.bytes.len, 60000);
        assert_output_has("\\c\\c\n\nx~\n");
    }
    message_unref(message);
}

Test(stomp_subscribe, counts_the_body_of_bytes_only)
{
    struct message *message;

    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    message = big_message(3, BODY_BYTES);
    fake_deliver(0, message);
    message_unref(message);
    assert_output_has("content-length:3\n\nxxx~\n");
}

Test(stomp_subscribe, counts_a_text_that_holds_a_nul)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    FEED("SEND\ndestination:/queue/a\namq-msg-type:text\ncontent-length:3\n\na\0b");
    fake_deliver(0, fake.last_message);
    assert_output_has("amq-msg-type:text\ncontent-length:3\n\na~b~\n");
}

Test(stomp_subscribe, returns_the_headers_of_the_sender)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    FEED("SEND\ndestination:/queue/a\npersistent:true\ncorrelation-id:c\\c1\ntype:t\nx:a\\nb\n"
         "reply-to:/queue/r\nexpires:5\n\n");
    fake_deliver(0, fake.last_message);
    assert_output("MESSAGE\nsubscription:s\ndestination:/queue/a\nreply-to:/queue/r\n"
                  "message-id:ID\\cfake-1-2\\c3\\c-1\\c1\\c1\nexpires:5\ntimestamp:1234567\n"
                  "priority:4\npersistent:true\ncorrelation-id:c\\c1\ntype:t\nx:a\\nb\n\n~\n");
}

Test(stomp_subscribe, lets_no_value_begin_a_line_of_its_own_in_1_0)
{
    open_1_0();
    FEED("SUBSCRIBE\ndestination:/queue/a\n\n");
    FEED("SEND\ndestination:/queue/a\nx:a\\nadmin\\ctrue\n\n");
    fake_deliver(0, fake.last_message);
    assert_output_has("x:a\\nadmin:true\n");
}

Test(stomp_subscribe, shows_its_own_temporary_queue_by_its_own_name)
{
    open_1_0();
    FEED("SUBSCRIBE\ndestination:/temp-queue/mine\n\n");
    FEED("SEND\ndestination:/temp-queue/mine\nreply-to:/remote-temp-queue/ID:o:1\n\n");
    fake_deliver(0, fake.last_message);
    assert_output_has(
        "MESSAGE\ndestination:/temp-queue/mine\nreply-to:/remote-temp-queue/ID:o:1\n");
}

Test(stomp_subscribe, ends_a_browse_with_its_own_frame)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:b\ndestination:/queue/a\nbrowser:true\n\n");
    fake_deliver(0, NULL);
    assert_output(
        "MESSAGE\nsubscription:b\nbrowser:end\nmessage-id:0\ndestination:/queue/a\n\n~\n");
}

Test(stomp_subscribe, unsubscribes_by_destination_in_1_0)
{
    open_1_0();
    FEED("SUBSCRIBE\ndestination:/queue/a\n\n");
    FEED("SUBSCRIBE\ndestination:/topic/a\n\n");
    FEED("UNSUBSCRIBE\ndestination:/topic/a\ncontent-length:0\n\n");
    assert_called("unsubscribe 1 ");
    assert_not_called("unsubscribe 0 ");
    assert_output("");
}

Test(stomp_subscribe, unsubscribes_by_destination_what_has_an_id_too)
{
    open_1_0();
    FEED("SUBSCRIBE\nid:x\ndestination:/queue/a\n\n");
    FEED("UNSUBSCRIBE\ndestination:/queue/a\n\n");
    assert_called("unsubscribe 0 ");
}

Test(stomp_subscribe, unsubscribes_the_newer_of_two_with_one_id)
{
    open_1_1();
    for (int i = 0; i < 6; i++) /* more than the first buckets hold */
        FEED("SUBSCRIBE\nid:same\ndestination:/queue/a\n\n");
    FEED("UNSUBSCRIBE\nid:same\n\n");
    assert_called("unsubscribe 5 ");
    FEED("UNSUBSCRIBE\nid:same\n\n");
    assert_called("unsubscribe 4 ");
}

Test(stomp_subscribe, refuses_to_unsubscribe_what_it_does_not_know)
{
    open_1_1();
    FEED("UNSUBSCRIBE\nid:x\n\n");
    assert_error("No subscription matched.", false);
    FEED("UNSUBSCRIBE\ndestination:/queue/a\n\n");
    assert_error("UNSUBSCRIBE received without a subscription id!", false);
}

Test(stomp_subscribe, needs_something_to_unsubscribe)
{
    open_1_0();
    FEED("UNSUBSCRIBE\n\n");
    assert_error("Must specify the subscriptionId or the destination you are unsubscribing from",
                 false);
}

Test(stomp_subscribe, deletes_a_durable_subscription_by_name)
{
    open_1_1();
    FEED("UNSUBSCRIBE\nid:x\nactivemq.subscriptionName:d\nreceipt:r\n\n");
    assert_called("remove_durable d");
    assert_output_has("RECEIPT\nreceipt-id:r\n");
}

Test(stomp_subscribe, tells_the_client_when_the_broker_ends_a_subscription)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:1\ndestination:/queue/a\n\n");
    fake.client.ops->consumer_ended(fake.client.session, fake.consumers[0].context, "too slow");
    assert_error("too slow", false);
    pass_time(1);
    FEED("UNSUBSCRIBE\nid:1\n\n");
    assert_error("No subscription matched.", false);
}
