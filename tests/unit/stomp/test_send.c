/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

TestSuite(stomp_send, .fini = close_session);

static void assert_part(enum message_part part, const char *value)
{
    cr_assert(slice_is(message_part(fake.last_message, part), value), "got [%.*s]",
              SLICE_FMT(message_part(fake.last_message, part)));
}

static void assert_property(const char *name, const char *value)
{
    struct value found;

    cr_assert(property_find(message_part(fake.last_message, MESSAGE_PROPERTIES),
                            slice_of_text(name), &found));
    cr_assert(slice_is(found.text, value), "got [%.*s]", SLICE_FMT(found.text));
}

static bool has_property(const char *name)
{
    struct value found;

    return property_find(message_part(fake.last_message, MESSAGE_PROPERTIES), slice_of_text(name),
                         &found);
}

Test(stomp_send, makes_a_text_without_and_bytes_with_a_content_length)
{
    open_1_1();
    FEED("SEND\ndestination:/queue/a\n\nhello");
    assert_called("send queue://a kind=1 body=hello");
    FEED("SEND\ndestination:/topic/b\ncontent-length:5\n\nhello");
    assert_called("send topic://b kind=2 body=hello");
}

Test(stomp_send, lets_amq_msg_type_decide)
{
    open_1_1();
    FEED("SEND\ndestination:/queue/a\namq-msg-type:text\ncontent-length:2\n\nhi");
    cr_assert_eq(fake.last_message->body_kind, BODY_TEXT);
    assert_property("content-length", "2");
    FEED("SEND\ndestination:/queue/a\namq-msg-type:bytes\n\nhi");
    cr_assert_eq(fake.last_message->body_kind, BODY_BYTES);
}

Test(stomp_send, refuses_another_amq_msg_type_and_stays_open)
{
    open_1_1();
    FEED("SEND\ndestination:/queue/a\namq-msg-type:map\n\nhi");
    assert_error("Unsupported message type 'map'", false);
    assert_not_called("send");
}

Test(stomp_send, refuses_a_SEND_without_destination_and_stays_open)
{
    open_1_1();
    FEED("SEND\n\nhi");
    assert_error("SEND received without a Destination specified!", false);
}

Test(stomp_send, refuses_an_empty_destination_and_closes)
{
    open_1_1();
    FEED("SEND\ndestination:/queue/\n\nhi");
    assert_error("The destination has no name", true);
}

Test(stomp_send, is_persistent_only_by_the_exact_word)
{
    open_1_1();
    FEED("SEND\ndestination:/queue/a\npersistent:true\n\n");
    cr_assert(fake.last_message->persistent);
    FEED("SEND\ndestination:/queue/a\npersistent:TRUE\n\n");
    cr_assert_not(fake.last_message->persistent);
    FEED("SEND\ndestination:/queue/a\n\n");
    cr_assert_not(fake.last_message->persistent);
}

Test(stomp_send, clamps_the_priority_and_has_4_as_default)
{
    open_1_1();
    FEED("SEND\ndestination:/queue/a\n\n");
    cr_assert_eq(fake.last_message->priority, 4);
    FEED("SEND\ndestination:/queue/a\npriority:77\n\n");
    cr_assert_eq(fake.last_message->priority, 9);
    FEED("SEND\ndestination:/queue/a\npriority:-3\n\n");
    cr_assert_eq(fake.last_message->priority, 0);
}

Test(stomp_send, says_what_is_wrong_with_a_priority_before_it_closes)
{
    open_1_1();
    FEED("SEND\ndestination:/queue/a\npriority:high\n\n");
    assert_output_has("message:Header priority is not a valid number\\c [high]\n");
    cr_assert(fake.is_closed);
}

Test(stomp_send, refuses_expires_and_timestamp_that_are_no_numbers)
{
    open_1_0();
    FEED("SEND\ndestination:/queue/a\nexpires:soon\n\n");
    assert_error("Header expires is not a valid number: [soon]", true);
}

Test(stomp_send, keeps_the_clients_times_and_ids)
{
    open_1_1();
    FEED("SEND\ndestination:/queue/a\nexpires:99\ntimestamp:88\ncorrelation-id:c\ntype:t\n\n");
    cr_assert_eq(fake.last_message->expiration_ms, 99);
    cr_assert_eq(fake.last_message->timestamp_ms, 88);
    assert_part(MESSAGE_CORRELATION_ID, "c");
    assert_part(MESSAGE_TYPE, "t");
}

Test(stomp_send, stamps_the_time_when_the_client_gives_none)
{
    open_1_1();
    FEED("SEND\ndestination:/queue/a\n\n");
    cr_assert_eq(fake.last_message->timestamp_ms, 1234567);
    cr_assert_eq(fake.last_message->expiration_ms, 0);
}

Test(stomp_send, takes_group_headers)
{
    open_1_1();
    FEED("SEND\ndestination:/queue/a\nJMSXGroupID:g\nJMSXGroupSeq:-1\n\n");
    assert_part(MESSAGE_GROUP_ID, "g");
    cr_assert_eq(fake.last_message->group_sequence, -1);
    cr_assert_not(has_property("JMSXGroupID"));
}

Test(stomp_send, takes_the_delivery_count_as_redeliveries)
{
    open_1_1();
    FEED("SEND\ndestination:/queue/a\nJMSXDeliveryCount:3\n\n");
    cr_assert_eq(fake.last_message->redelivery_count, 2);
}

Test(stomp_send, makes_all_other_headers_properties)
{
    open_1_1();
    FEED("SEND\ndestination:/queue/a\ncontent-type:text/plain; charset=UTF-8\nmc_sender:x\n"
         "ack:y\nbrowser:z\n\n");
    assert_property("content-type", "text/plain; charset=UTF-8");
    assert_property("mc_sender", "x");
    assert_property("ack", "y");
    assert_property("browser", "z");
    cr_assert_eq(fake.last_message->property_count, 4);
}

Test(stomp_send, does_not_let_a_client_forge_the_brokers_headers)
{
    open_1_1();
    FEED("SEND\ndestination:/queue/a\nmessage-id:f\nredelivered:true\nsubscription:s\n"
         "JMSXUserID:root\nreceipt:r\n\n");
    cr_assert_eq(fake.last_message->property_count, 0);
    assert_part(MESSAGE_ID, "ID:fake-1-2:3:-1:1");
}

Test(stomp_send, takes_reply_to_as_a_destination)
{
    open_1_1();
    FEED("SEND\ndestination:/topic/a\nreply-to:/queue/mc.reply.1\n\n");
    assert_part(MESSAGE_REPLY_TO, "mc.reply.1");
    cr_assert_eq(fake.last_message->reply_to_kind, DESTINATION_QUEUE);
}

Test(stomp_send, keeps_a_reply_to_that_is_no_destination_as_a_property)
{
    open_1_1();
    FEED("SEND\ndestination:/topic/a\nreply-to:somebody\n\n");
    assert_property("reply-to", "somebody");
    cr_assert_not(slice_is_present(message_part(fake.last_message, MESSAGE_REPLY_TO)));
}

Test(stomp_send, creates_a_temporary_queue_at_first_mention)
{
    open_1_1();
    FEED("SEND\ndestination:/queue/a\nreply-to:/temp-queue/mine\n\n");
    assert_called("create_temp temp-queue://ID:fake-1-2:3:1");
    assert_part(MESSAGE_REPLY_TO, "ID:fake-1-2:3:1");
    fake_forget_calls();
    FEED("SEND\ndestination:/queue/a\nreply-to:/temp-queue/mine\n\n");
    assert_not_called("create_temp");
    FEED("SEND\ndestination:/queue/a\nreply-to:/temp-topic/mine\n\n");
    assert_called("create_temp temp-topic://ID:fake-1-2:3:2");
}

Test(stomp_send, limits_temporary_destinations)
{
    open_1_1();
    FEED("SEND\ndestination:/temp-queue/1\n\n");
    FEED("SEND\ndestination:/temp-queue/2\n\n");
    FEED("SEND\ndestination:/temp-queue/3\n\n");
    FEED("SEND\ndestination:/temp-queue/4\n\n");
    assert_error("Too many temporary destinations on this connection", false);
}

Test(stomp_send, addresses_the_temporary_queue_of_another_connection)
{
    open_1_1();
    FEED("SEND\ndestination:/remote-temp-queue/ID\\cother\\c1\n\n");
    assert_called("send temp-queue://ID:other:1");
}

Test(stomp_send, takes_names_without_a_prefix_as_queues)
{
    open_1_1();
    FEED("SEND\ndestination:odd\n\n");
    assert_called("send queue://odd ");
    FEED("SEND\ndestination:queue://M4\n\n");
    assert_called("send queue://queue://M4 ");
}

Test(stomp_send, trims_blanks_around_the_destination)
{
    open_1_1();
    FEED("SEND\ndestination: /queue/a\n\n");
    assert_called("send queue://a ");
}

Test(stomp_send, strips_destination_options)
{
    open_1_1();
    FEED("SEND\ndestination:/queue/a?consumer.prefetchSize=1\n\n");
    assert_called("send queue://a ");
}

Test(stomp_send, reads_composites_of_mixed_kinds)
{
    open_1_1();
    FEED("SEND\ndestination:/queue/A, /topic/B,C\n\n");
    assert_called("send queue://A,topic://B,C ");
    FEED("SEND\ndestination:/topic/A,C\n\n");
    assert_called("send topic://A,queue://C ");
}

Test(stomp_send, gives_receipts_in_the_order_of_the_frames)
{
    open_1_1();
    fake.is_holding = true;
    FEED("SEND\ndestination:/queue/a\nreceipt:1\n\n");
    FEED("SEND\ndestination:/queue/a\nreceipt:2\n\n");
    FEED("SEND\ndestination:/queue/a\n\n");
    cr_assert_eq(fake.held_count, 2);
    fake_answer(1, ENGINE_OK, "");
    assert_output("");
    fake_answer(0, ENGINE_OK, "");
    assert_output("RECEIPT\nreceipt-id:1\n\n~\nRECEIPT\nreceipt-id:2\n\n~\n");
}

Test(stomp_send, gives_back_long_receipts_whole)
{
    open_1_1();
    FEED("SEND\ndestination:/queue/a\nreceipt:a\\cb0123456789012345678901234567890123456789\n\n");
    assert_output("RECEIPT\nreceipt-id:a\\cb0123456789012345678901234567890123456789\n\n~\n");
}

Test(stomp_send, answers_a_refused_frame_with_its_receipt_id)
{
    open_1_1();
    fake.fail_next = ENGINE_NOT_AUTHORIZED;
    fake.fail_text = "User u is not authorized to write to: queue://a";
    FEED("SEND\ndestination:/queue/a\nreceipt:9\n\n");
    assert_output(
        "ERROR\ncontent-type:text/plain\nreceipt-id:9\nmessage:User u is not authorized "
        "to write to\\c queue\\c//a\n\nUser u is not authorized to write to: queue://a~\n");
    cr_assert_not(fake.is_closed);
}

Test(stomp_send, reports_a_refused_frame_without_receipt_too)
{
    open_1_0();
    fake.fail_next = ENGINE_NOT_AUTHORIZED;
    fake.fail_text = "no";
    FEED("SEND\ndestination:/queue/a\n\n");
    assert_error("no", false);
}

Test(stomp_send, keeps_an_error_of_ours_in_its_turn)
{
    open_1_1();
    fake.is_holding = true;
    FEED("SEND\ndestination:/queue/a\nreceipt:1\n\n");
    FEED("SEND\nreceipt:2\n\n");
    assert_output("");
    fake_answer(0, ENGINE_OK, "");
    assert_output_has("receipt-id:1\n\n~\nERROR\ncontent-type:text/plain\nreceipt-id:2\n");
}

Test(stomp_send, sends_inside_a_transaction)
{
    open_1_1();
    FEED("BEGIN\ntransaction:t\nreceipt:b\n\n");
    assert_output("RECEIPT\nreceipt-id:b\n\n~\n");
    FEED("SEND\ndestination:/queue/a\ntransaction:t\n\nx");
    assert_called("body=x tx=1");
    cr_assert_not(has_property("transaction"));
    FEED("COMMIT\ntransaction:t\nreceipt:c\n\n");
    assert_called("commit 1");
    assert_output("RECEIPT\nreceipt-id:c\n\n~\n");
}

Test(stomp_send, refuses_unknown_duplicate_and_missing_transactions)
{
    open_1_0();
    FEED("SEND\ndestination:/queue/a\ntransaction:t\n\nx");
    assert_error("Invalid transaction id: t", false);
    FEED("BEGIN\n\n");
    assert_error("Must specify the transaction you are beginning", false);
    FEED("BEGIN\ntransaction:t\n\n");
    FEED("BEGIN\ntransaction:t\n\n");
    assert_error("The transaction was already started: t", false);
    FEED("COMMIT\n\n");
    assert_error("Must specify the transaction you are committing", false);
    FEED("ABORT\ntransaction:u\n\n");
    assert_error("Invalid transaction id: u", false);
}

Test(stomp_send, frees_the_name_of_a_finished_transaction)
{
    open_1_1();
    FEED("BEGIN\ntransaction:t\n\n");
    FEED("ABORT\ntransaction:t\n\n");
    assert_called("rollback 1");
    FEED("BEGIN\ntransaction:t\n\n");
    FEED("COMMIT\ntransaction:t\n\n");
    assert_called("commit 2");
    assert_output("");
}

Test(stomp_send, reports_a_commit_that_fails)
{
    open_1_1();
    FEED("BEGIN\ntransaction:t\n\n");
    fake.fail_next = ENGINE_ROLLED_BACK;
    fake.fail_text = "rolled back";
    FEED("COMMIT\ntransaction:t\n\n");
    assert_error("rolled back", false);
}

Test(stomp_send, reads_a_map_from_json)
{
    struct value found;

    open_1_1();
    FEED(
        "SEND\ndestination:/queue/a\ntransformation:jms-map-json\n\n"
        "{\"map\":{\"entry\":[{\"string\":[\"n\",\"D\\u00e9\"]},{\"string\":\"c\",\"long\":-7}]}}");
    cr_assert_eq(fake.last_message->body_kind, BODY_MAP);
    cr_assert_eq(fake.last_message->body_count, 2);
    cr_assert(property_find(message_part(fake.last_message, MESSAGE_BODY), SLICE("c"), &found));
    cr_assert_eq(found.integer, -7);
    cr_assert(property_find(message_part(fake.last_message, MESSAGE_BODY), SLICE("n"), &found));
    cr_assert(slice_is(found.text, "D\xc3\xa9"));
}

Test(stomp_send, reads_a_map_from_xml)
{
    struct value found;

    open_1_1();
    FEED("SEND\ndestination:/queue/a\ntransformation:jms-map-xml\n\n<?xml version=\"1.0\"?>"
         "<map>\n<entry><string>n</string><string>a&lt;b&#65;</string></entry>\n"
         "<entry><string>d</string><double>1.5</double></entry></map>\n");
    cr_assert_eq(fake.last_message->body_kind, BODY_MAP);
    cr_assert(property_find(message_part(fake.last_message, MESSAGE_BODY), SLICE("n"), &found));
    cr_assert(slice_is(found.text, "a<bA"));
    cr_assert(property_find(message_part(fake.last_message, MESSAGE_BODY), SLICE("d"), &found));
    cr_assert_eq(found.real, 1.5);
}

Test(stomp_send, keeps_what_is_no_map_as_text_with_the_reason)
{
    open_1_1();
    FEED("SEND\ndestination:/queue/a\ntransformation:jms-map-xml\n\n"
         "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><map/>");
    cr_assert_eq(fake.last_message->body_kind, BODY_TEXT);
    assert_property("transformation-error", "The body is not a map");
    FEED("SEND\ndestination:/queue/a\ntransformation:jms-object-json\n\n{}");
    assert_property("transformation-error", "Objects of Java are not supported");
}

Test(stomp_send, ignores_unknown_transformations)
{
    open_1_1();
    FEED("SEND\ndestination:/queue/a\ntransformation:../evil\n\nx");
    cr_assert_eq(fake.last_message->body_kind, BODY_TEXT);
    cr_assert_not(has_property("transformation-error"));
}

Test(stomp_send, refuses_schedules_that_are_no_numbers_when_there_is_a_scheduler)
{
    open_1_0();
    FEED("SEND\ndestination:/queue/a\nAMQ_SCHEDULED_DELAY:soon\n\n");
    assert_property("AMQ_SCHEDULED_DELAY", "soon");
    fake.config.scheduler_support = true;
    FEED("SEND\ndestination:/queue/a\nAMQ_SCHEDULED_DELAY:soon\n\n");
    assert_error("Header AMQ_SCHEDULED_DELAY is not a valid number: [soon]", true);
}
