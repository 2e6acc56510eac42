/* SPDX-License-Identifier: Apache-2.0 */
/* Consumers, and every row of the table of acknowledgements. */
#include "consuming.h"

TestSuite(openwire_acknowledge, .timeout = 60);

static void open_with(const char *attributes, const char *policy)
{
    open_broker(1, attributes, policy);
    open_peer(0, 0);
    producer = sim_client(sim, 0);
}

static void open_all(void)
{
    open_with(NULL, NULL);
}

/* What is left in the queue, as another consumer sees it. */
static const char *left_in(const char *queue)
{
    static char text[4096];
    struct sim_consumer *other = sim_listen(sim_client(sim, 0), queue, 1000);

    run();
    snprintf(text, sizeof text, "%s", sim_take(other));
    sim_unsubscribe_delivered(other, 0);
    run();
    return text;
}

#define ASSERT_LEFT(queue, expected) \
    do { \
        const char *left_ = left_in(queue); \
        cr_assert_str_eq(left_, expected, "left [%s]", left_); \
    } while (0)

static void assert_refused(const char *text)
{
    const char *told = take(0);

    cr_assert(strstr(told, "javax.jms.JMSException: "), "told [%s]", told);
    cr_assert(strstr(told, text), "told [%s]", told);
}

Test(openwire_acknowledge, a_message_is_dispatched_and_acknowledged)
{
    open_all();
    consume(0, 1, "A", 1000);
    send_all("A", "m1 m2");
    ASSERT_TOLD(0, "Response 3\nDispatch 1 queue://A m1\nDispatch 1 queue://A m2\n");
    acknowledge(0, ACK_STANDARD, 1, "m1", "m1", 1);
    acknowledge(0, ACK_STANDARD, 1, "m2", "m2", 1);
    ASSERT_TOLD(0, "");
    close_peer(0);
    ASSERT_LEFT("A", "");
    close_broker();
}

Test(openwire_acknowledge, the_window_moves_with_acknowledgements)
{
    open_all();
    consume(0, 1, "A", 2);
    send_all("A", "m1 m2 m3 m4");
    ASSERT_TOLD(0, "Response 3\nDispatch 1 queue://A m1\nDispatch 1 queue://A m2\n");
    acknowledge(0, ACK_STANDARD, 1, "m1", "m2", 2);
    ASSERT_TOLD(0, "Dispatch 1 queue://A m3\nDispatch 1 queue://A m4\n");
    close_broker();
}

Test(openwire_acknowledge, a_range_without_a_first_begins_at_the_front)
{
    open_all();
    consume(0, 1, "A", 1000);
    send_all("A", "m1 m2 m3");
    take(0);
    acknowledge(0, ACK_STANDARD, 1, NULL, "m2", 2);
    ASSERT_TOLD(0, "");
    close_peer(0);
    ASSERT_LEFT("A", "m3+1");
    close_broker();
}

Test(openwire_acknowledge, a_range_must_have_as_many_messages_as_it_says)
{
    open_all();
    consume(0, 1, "A", 1000);
    send_all("A", "m1 m2 m3");
    take(0);
    acknowledge(0, ACK_STANDARD, 1, "m1", "m3", 2);
    ASSERT_TOLD(0, "Error javax.jms.JMSException: Unmatched acknowledge: Expected message count "
                   "(2) differs from count in dispatched-list (3)\n");
    acknowledge_required(0, ACK_STANDARD, 1, "m3", "m1", 2);
    assert_refused("Unmatched acknowledge: Could not find Message-ID ");
    close_peer(0);
    ASSERT_LEFT("A", "m1+1 m2+1 m3+1");
    close_broker();
}

Test(openwire_acknowledge, what_was_acknowledged_by_itself_is_no_part_of_a_range)
{
    open_all();
    consume(0, 1, "A", 1000);
    send_all("A", "m1 m2 m3 m4");
    take(0);
    acknowledge(0, ACK_INDIVIDUAL, 1, NULL, "m2", 1);
    acknowledge(0, ACK_STANDARD, 1, "m1", "m3", 2);
    ASSERT_TOLD(0, "");
    close_peer(0);
    ASSERT_LEFT("A", "m4+1");
    close_broker();
}

Test(openwire_acknowledge, an_individual_one_concerns_that_message_alone_and_an_unknown_one_none)
{
    open_all();
    consume(0, 1, "A", 1000);
    send_all("A", "m1 m2 m3");
    take(0);
    acknowledge(0, ACK_INDIVIDUAL, 1, NULL, "m3", 1);
    acknowledge(0, ACK_INDIVIDUAL, 1, NULL, "m3", 1);
    acknowledge(0, ACK_INDIVIDUAL, 1, NULL, "m2", 1);
    ASSERT_TOLD(0, "");
    close_peer(0);
    ASSERT_LEFT("A", "m1+1");
    close_broker();
}

Test(openwire_acknowledge, many_individual_ones_in_any_order_leave_the_rest)
{
    char sent[4096] = "", body[16];

    open_all();
    consume(0, 1, "A", 1000);
    for (int i = 0; i < 200; i++)
        snprintf(sent + strlen(sent), sizeof sent - strlen(sent), "%sm%d", i ? " " : "", i);
    send_all("A", sent);
    take(0);
    for (int i = 199; i >= 0; i--) {
        snprintf(body, sizeof body, "m%d", i);
        if (i % 50 != 7)
            acknowledge(0, ACK_INDIVIDUAL, 1, NULL, body, 1);
    }
    acknowledge(0, ACK_STANDARD, 1, "m57", "m157", 3);
    ASSERT_TOLD(0, "");
    close_peer(0);
    ASSERT_LEFT("A", "m7+1");
    close_broker();
}

Test(openwire_acknowledge, delivered_makes_room_and_removes_nothing)
{
    open_all();
    consume(0, 1, "A", 2);
    send_all("A", "m1 m2 m3 m4 m5");
    ASSERT_TOLD(0, "Response 3\nDispatch 1 queue://A m1\nDispatch 1 queue://A m2\n");
    acknowledge(0, ACK_DELIVERED, 1, "m1", "m1", 1);
    ASSERT_TOLD(0, "Dispatch 1 queue://A m3\n");
    acknowledge(0, ACK_DELIVERED, 1, NULL, "m3", 2); /* m2 and m3 */
    ASSERT_TOLD(0, "Dispatch 1 queue://A m4\nDispatch 1 queue://A m5\n");
    acknowledge(0, ACK_STANDARD, 1, "m1", "m3", 3);
    ASSERT_TOLD(0, "");
    close_peer(0);
    ASSERT_LEFT("A", "m4+1 m5+1");
    close_broker();
}

Test(openwire_acknowledge, delivered_makes_no_room_where_the_policy_forbids_it)
{
    open_with(NULL, SIM_POLICY("queue='>' usePrefetchExtension='false'", ""));
    consume(0, 1, "A", 1);
    send_all("A", "m1 m2");
    take(0);
    acknowledge(0, ACK_DELIVERED, 1, "m1", "m1", 1);
    ASSERT_TOLD(0, "");
    close_broker();
}

Test(openwire_acknowledge, what_names_no_dispatched_message_is_refused_and_does_nothing)
{
    static const int8_t types[] = {ACK_DELIVERED, ACK_POISON, ACK_REDELIVERED};

    open_all();
    consume(0, 1, "A", 1000);
    send_all("A", "m1 m2");
    take(0);
    acknowledge(0, ACK_STANDARD, 1, "m1", "m1", 1);
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        acknowledge(0, types[i], 1, NULL, "m1", 1);
        assert_refused("Could not correlate acknowledgment with dispatched message: ");
        acknowledge(0, types[i], 1, "m1", NULL, 1);
        assert_refused("Could not correlate acknowledgment with dispatched message: null");
    }
    acknowledge(0, ACK_EXPIRED, 1, NULL, "m1", 1);
    assert_refused("Could not correlate expired acknowledgment with dispatched message: ");
    acknowledge(0, ACK_STANDARD, 1, NULL, "m1", 1);
    assert_refused("(end of ack)");
    acknowledge(0, ACK_STANDARD, 1, "m2", NULL, 1);
    assert_refused("Could not find Message-ID null in dispatched-list (end of ack)");
    close_peer(0);
    ASSERT_LEFT("A", "m2+1");
    close_broker();
}

Test(openwire_acknowledge, poison_goes_to_the_dead_letter_queue_with_its_cause)
{
    const struct ow_throwable inner = {.class_name = SLICE("java.lang.Error")};
    const struct ow_throwable cause = {
        .class_name = SLICE("java.lang.Throwable"), .message = SLICE("too often"), .cause = &inner};
    struct sim_consumer *dead;

    open_all();
    consume(0, 1, "A", 1000);
    send_all("A", "m1 m2 m3");
    take(0);
    say_ack(
        0,
        (struct ow_message_ack){.ack_type = ACK_POISON, .message_count = 2, .poison_cause = &cause},
        1, "m1", "m2");
    ASSERT_TOLD(0, "");
    dead = sim_listen(producer, "ActiveMQ.DLQ", 1000);
    run();
    cr_assert_str_eq(sim_bodies(dead), "m1 m2");
    cr_assert_str_eq(sim_property(dead, 0, "dlqDeliveryFailureCause"),
                     "java.lang.Throwable: too often");
    close_peer(0);
    ASSERT_LEFT("A", "m3+1");
    close_broker();
}

Test(openwire_acknowledge, redelivered_changes_nothing)
{
    open_all();
    consume(0, 1, "A", 2);
    send_all("A", "m1 m2 m3");
    take(0);
    acknowledge_required(0, ACK_REDELIVERED, 1, "m1", "m2", 2);
    ASSERT_TOLD(0, "Response 4\n");
    acknowledge(0, ACK_STANDARD, 1, "m1", "m2", 2);
    ASSERT_TOLD(0, "Dispatch 1 queue://A m3\n");
    close_broker();
}

Test(openwire_acknowledge, expired_takes_it_out_of_the_window)
{
    open_all();
    consume(0, 1, "A", 1);
    sim_send_draft(
        producer, "A", "m1",
        (struct message_draft){.persistent = true, .expiration_ms = sim_wall_ms(sim) + 1000});
    send_all("A", "m2");
    ASSERT_TOLD(0, "Response 3\nDispatch 1 queue://A m1\n");
    pass_time(2000);
    acknowledge(0, ACK_EXPIRED, 1, "m1", "m1", 1);
    ASSERT_TOLD(0, "Dispatch 1 queue://A m2\n");
    ASSERT_LEFT("ActiveMQ.DLQ", "m1");
    close_broker();
}

Test(openwire_acknowledge, kinds_that_mean_nothing_are_ignored_for_queues_and_refused_for_topics)
{
    open_all();
    consume(0, 1, "A", 1000);
    consume(0, 2, "topic://T", 1000);
    send_all("A", "m1");
    send_all("topic://T", "t1");
    take(0);
    acknowledge_required(0, ACK_UNMATCHED, 1, "m1", "m1", 1);
    acknowledge_required(0, 99, 1, "m1", "m1", 1);
    ASSERT_TOLD(0, "Response 5\nResponse 6\n");
    acknowledge(0, ACK_UNMATCHED, 2, "t1", "t1", 1);
    assert_refused("Error javax.jms.JMSException: Invalid acknowledgment: ");
    acknowledge(0, -1, 2, "t1", "t1", 1);
    assert_refused("Error javax.jms.JMSException: Invalid acknowledgment: ");
    close_peer(0);
    ASSERT_LEFT("A", "m1+1");
    close_broker();
}

Test(openwire_acknowledge, of_topics_only_the_number_counts)
{
    open_all();
    consume(0, 1, "topic://T", 2);
    send_all("topic://T", "m1 m2 m3 m4 m5");
    ASSERT_TOLD(0, "Response 3\nDispatch 1 topic://T m1\nDispatch 1 topic://T m2\n");
    acknowledge(0, ACK_STANDARD, 1, NULL, NULL, 2);
    ASSERT_TOLD(0, "Dispatch 1 topic://T m3\nDispatch 1 topic://T m4\n");
    acknowledge(0, ACK_STANDARD, 1, NULL, "m1", -5);
    acknowledge(0, ACK_REDELIVERED, 1, NULL, "m1", 1);
    ASSERT_TOLD(0, "");
    acknowledge(0, ACK_DELIVERED, 1, NULL, NULL, 1);
    ASSERT_TOLD(0, "Dispatch 1 topic://T m5\n");
    acknowledge(0, ACK_EXPIRED, 1, NULL, NULL, 1);
    acknowledge(0, ACK_INDIVIDUAL, 1, NULL, NULL, 100);
    send_all("topic://T", "m6 m7 m8");
    ASSERT_TOLD(0, "Dispatch 1 topic://T m6\nDispatch 1 topic://T m7\n");
    acknowledge(0, ACK_POISON, 1, NULL, NULL, 2);
    ASSERT_TOLD(0, "Dispatch 1 topic://T m8\n");
    ASSERT_LEFT("ActiveMQ.DLQ", "");
    close_broker();
}

Test(openwire_acknowledge, who_acknowledges_for_a_consumer_that_is_gone_is_answered)
{
    open_all();
    consume(0, 1, "A", 1000);
    send_all("A", "m1");
    take(0);
    remove_consumer(0, 1, -1);
    acknowledge_required(0, ACK_STANDARD, 1, "m1", "m1", 1);
    acknowledge(0, ACK_STANDARD, 1, "m1", "m1", 1);
    ASSERT_TOLD(0, "Response 4\nResponse 5\n");
    ASSERT_LEFT("A", "m1");
    close_broker();
}

/* A client that reconnects may acknowledge what it had got before: with the numbers of then. */
Test(openwire_acknowledge, a_message_is_known_by_its_id_and_not_by_our_number_alone)
{
    struct ow_message_id id;
    struct ow_message_ack ack = {.ack_type = ACK_STANDARD, .message_count = 1};

    open_all();
    consume(0, 1, "A", 1000);
    send_all("A", "m1 m2 m3");
    take(0);
    id = *got(0, 1, "m2");
    id.broker_sequence_id = got(0, 1, "m1")->broker_sequence_id;
    ack.first_message_id = ack.last_message_id = &id;
    say_ack(0, ack, 1, NULL, NULL);
    ASSERT_TOLD(0, "");
    id = *got(0, 1, "m3");
    id.broker_sequence_id = 0;
    say_ack(0, ack, 1, NULL, NULL);
    ASSERT_TOLD(0, "");
    id.producer_sequence_id += 1000;
    say_ack(0, ack, 1, NULL, NULL);
    assert_refused("Unmatched acknowledge");
    close_peer(0);
    ASSERT_LEFT("A", "m1+1");
    close_broker();
}

/*
 * What a consumer had when it went.
 */
static int64_t number_of(const char *body)
{
    return got(0, 1, body)->broker_sequence_id;
}

static void open_with_four(void)
{
    open_all();
    consume(0, 1, "A", 1000);
    send_all("A", "m1 m2 m3 m4");
    take(0);
    acknowledge(0, ACK_STANDARD, 1, "m1", "m1", 1);
}

Test(openwire_acknowledge, without_knowledge_all_count_as_delivered)
{
    open_with_four();
    remove_consumer(0, 1, -2);
    ASSERT_LEFT("A", "m2+1 m3+1 m4+1");
    close_broker();
}

Test(openwire_acknowledge, what_a_client_of_an_old_version_had_counts_as_delivered)
{
    struct ow_offer old = plain_offer;

    open_broker(1, NULL, NULL);
    producer = sim_client(sim, 0);
    old.version = 4;
    open_wire(0, 0, &old);
    connect_as(0, "c0", "client0");
    consume(0, 1, "A", 1000);
    send_all("A", "m1 m2");
    take(0);
    remove_consumer(0, 1, -1);
    ASSERT_TOLD(0, "Response 4\n");
    ASSERT_LEFT("A", "m1+1 m2+1");
    close_broker();
}

Test(openwire_acknowledge, when_nothing_was_delivered_nothing_counts)
{
    open_with_four();
    remove_consumer(0, 1, -1);
    ASSERT_LEFT("A", "m2 m3 m4");
    consume(0, 1, "A", 1000);
    take(0);
    remove_consumer(0, 1, 0);
    ASSERT_LEFT("A", "m2 m3 m4");
    close_broker();
}

Test(openwire_acknowledge, up_to_the_last_delivered_one_all_count)
{
    open_with_four();
    remove_consumer(0, 1, number_of("m3"));
    ASSERT_LEFT("A", "m2+1 m3+1 m4");
    close_broker();
}

Test(openwire_acknowledge, when_the_last_delivered_one_was_acknowledged_nothing_counts)
{
    open_with_four();
    remove_consumer(0, 1, number_of("m1"));
    ASSERT_LEFT("A", "m2 m3 m4");
    consume(0, 1, "A", 1000);
    take(0);
    acknowledge(0, ACK_INDIVIDUAL, 1, NULL, "m3", 1);
    remove_consumer(0, 1, number_of("m3"));
    ASSERT_LEFT("A", "m2 m4");
    consume(0, 1, "A", 1000);
    take(0);
    remove_consumer(0, 1, 1000000);
    ASSERT_LEFT("A", "m2 m4");
    close_broker();
}

Test(openwire_acknowledge, what_the_broker_takes_back_goes_to_nobody_who_goes_as_well)
{
    const struct ow_session_id session = {{OW_SESSION_ID}, SLICE("c0"), 1};
    struct ow_remove_info info = {.object_id = &session.object, .last_delivered_sequence_id = -1};

    open_all();
    consume(0, 1, "A", 1);
    consume(0, 2, "A", 1);
    consume(0, 3, "A", 1);
    send_all("A", "m1 m2 m3");
    take(0);
    info.command = command_of(0, OW_REMOVE_INFO, true);
    say(0, &info.command.object);
    ASSERT_TOLD(0, "Response 6\n");
    ASSERT_LEFT("A", "m1 m2 m3");
    close_broker();
}
