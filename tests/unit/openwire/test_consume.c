/* SPDX-License-Identifier: Apache-2.0 */
/* How consumers come, what they are given, and how they go. */
#include "consuming.h"

TestSuite(openwire_consume, .timeout = 60);

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

/*
 * ConsumerInfo.
 */
Test(openwire_consume, without_a_connection_a_session_or_a_destination_there_is_no_consumer)
{
    struct ow_consumer_id id;
    struct ow_consumer_info info = {.consumer_id = &id, .prefetch_size = 1};
    const struct ow_destination queue = destination_of("A");

    open_all();
    id = (struct ow_consumer_id){{OW_CONSUMER_ID}, SLICE("nobody"), 1, 1};
    info.command = command_of(0, OW_CONSUMER_INFO, true);
    info.destination = &queue;
    say(0, &info.command.object);
    ASSERT_TOLD(0, "Exception 3 java.lang.IllegalStateException: Cannot add a consumer to a "
                   "connection that had not been registered: nobody\n");
    id = (struct ow_consumer_id){{OW_CONSUMER_ID}, SLICE("c0"), 2, 1};
    info.command = command_of(0, OW_CONSUMER_INFO, true);
    say(0, &info.command.object);
    ASSERT_TOLD(0, "Exception 4 java.lang.IllegalStateException: Cannot add a consumer to a "
                   "session that had not been registered: c0:2\n");
    id = consumer_id(0, 1);
    info.command = command_of(0, OW_CONSUMER_INFO, true);
    info.destination = NULL;
    say(0, &info.command.object);
    ASSERT_TOLD(0, "Exception 5 javax.jms.JMSException: A consumer needs a destination\n");
    info.command = command_of(0, OW_CONSUMER_INFO, false);
    info.consumer_id = NULL;
    say(0, &info.command.object);
    ASSERT_TOLD(0, "Error javax.jms.JMSException: A consumer needs an id\n");
    consume(0, 1, "A", -1);
    ASSERT_TOLD(0, "Exception 7 javax.jms.JMSException: Cannot have a prefetch size less than "
                   "zero\n");
    consume(0, 1, "A", 1);
    ASSERT_TOLD(0, "Response 8\n");
    close_broker();
}

Test(openwire_consume, a_repeated_one_is_answered_and_changes_nothing)
{
    open_all();
    consume(0, 1, "A", 1);
    consume(0, 1, "A", 1);
    send_all("A", "m1 m2");
    ASSERT_TOLD(0, "Response 3\nResponse 4\nDispatch 1 queue://A m1\n");
    close_broker();
}

Test(openwire_consume, a_bad_selector_is_refused_and_the_number_is_free_again)
{
    open_all();
    consume_with(0, (struct ow_consumer_info){.prefetch_size = 5, .selector = SLICE("a >")}, 1,
                 "A");
    ASSERT_TOLD(0, "Exception 3 javax.jms.InvalidSelectorException: a >\n");
    consume_with(0, (struct ow_consumer_info){.prefetch_size = 5, .selector = SLICE("")}, 1, "A");
    send_all("A", "m1");
    ASSERT_TOLD(0, "Response 4\nDispatch 1 queue://A m1\n");
    close_broker();
}

Test(openwire_consume, what_is_said_of_a_selector_that_is_nothing_to_print_is_not_empty)
{
    open_all();
    consume_with(0, (struct ow_consumer_info){.prefetch_size = 1, .selector = SLICE("\xc0\x80")}, 1,
                 "A");
    ASSERT_TOLD(0, "Exception 3 javax.jms.InvalidSelectorException: "
                   "The selector is not one\n");
    close_broker();
}

Test(openwire_consume, a_selector_selects)
{
    open_all();
    consume_with(
        0,
        (struct ow_consumer_info){.prefetch_size = 5, .selector = SLICE("JMSCorrelationID = 'x'")},
        1, "A");
    sim_send_draft(producer, "A", "m1", (struct message_draft){.correlation_id = SLICE("y")});
    sim_send_draft(producer, "A", "m2", (struct message_draft){.correlation_id = SLICE("x")});
    ASSERT_TOLD(0, "Response 3\nDispatch 1 queue://A m2\n");
    close_broker();
}

Test(openwire_consume, wildcards_and_composites_are_told_where_a_message_was)
{
    open_all();
    consume(0, 1, "A.>", 1000);
    consume(0, 2, "topic://T,queue://Q", 1000);
    take(0);
    send_all("A.B", "m1");
    send_all("topic://T", "t1");
    send_all("Q", "q1");
    ASSERT_TOLD(0, "Dispatch 1 queue://A.B m1\nDispatch 2 topic://T t1\nDispatch 2 queue://Q q1\n");
    acknowledge(0, ACK_STANDARD, 1, "m1", "m1", 1);
    acknowledge(0, ACK_STANDARD, 2, "t1", "q1", 2);
    ASSERT_TOLD(0, "");
    close_broker();
}

Test(openwire_consume, the_first_of_a_group_says_so)
{
    open_all();
    consume(0, 1, "A", 1000);
    sim_send_draft(producer, "A", "m1", (struct message_draft){.group_id = SLICE("g")});
    sim_send_draft(producer, "A", "m2", (struct message_draft){.group_id = SLICE("g")});
    ASSERT_TOLD(0, "Response 3\nDispatch 1 queue://A m1 first\nDispatch 1 queue://A m2\n");
    close_broker();
}

Test(openwire_consume, the_default_prefetch_is_what_a_policy_says)
{
    open_with(NULL, SIM_POLICY("queue='>' queuePrefetch='2' queueBrowserPrefetch='1'", ""));
    send_all("A", "m1 m2 m3 m4");
    consume_with(0, (struct ow_consumer_info){.prefetch_size = 500, .browser = true}, 2, "A");
    ASSERT_TOLD(0, "Response 3\nDispatch 2 queue://A m1\n");
    consume(0, 1, "A", 1000);
    ASSERT_TOLD(0, "Response 4\nDispatch 1 queue://A m1\nDispatch 1 queue://A m2\n");
    remove_consumer(0, 1, -1);
    take(0);
    consume(0, 1, "A", 3);
    ASSERT_TOLD(0, "Response 6\nDispatch 1 queue://A m1\nDispatch 1 queue://A m2\n"
                   "Dispatch 1 queue://A m3\n");
    close_broker();
}

Test(openwire_consume, who_is_made_to_pull_by_a_policy_is_told)
{
    open_with(NULL, SIM_POLICY("queue='>' queuePrefetch='0'", ""));
    consume(0, 1, "A", 1000);
    send_all("A", "m1");
    ASSERT_TOLD(0, "Response 3\nControl 1 prefetch=0\n");
    pull(0, 1, 0);
    ASSERT_TOLD(0, "Dispatch 1 queue://A m1\n");
    consume(0, 2, "A", 0);
    ASSERT_TOLD(0, "Response 5\n");
    close_broker();
}

Test(openwire_consume, topics_and_durable_subscriptions_have_their_defaults)
{
    open_with(NULL, SIM_POLICY("topic='>' topicPrefetch='1' durableTopicPrefetch='2'", ""));
    consume(0, 1, "topic://T", 32767);
    consume_with(0,
                 (struct ow_consumer_info){.prefetch_size = 100, .subscription_name = SLICE("s")},
                 2, "topic://T");
    consume_with(0,
                 (struct ow_consumer_info){.prefetch_size = 1000, .subscription_name = SLICE("r")},
                 3, "topic://U");
    take(0);
    send_all("topic://T", "m1 m2 m3");
    send_all("topic://U", "u1 u2 u3");
    ASSERT_TOLD(0, "Dispatch 1 topic://T m1\nDispatch 2 topic://T m1\nDispatch 2 topic://T m2\n"
                   "Dispatch 3 topic://U u1\nDispatch 3 topic://U u2\n");
    close_broker();
}

static void control(int64_t value, int32_t prefetch, bool closes)
{
    const struct ow_consumer_id id = consumer_id(0, value);
    const struct ow_consumer_control control = {.command = command_of(0, OW_CONSUMER_CONTROL, true),
                                                .consumer_id = &id,
                                                .prefetch = prefetch,
                                                .close = closes};

    say(0, &control.command.object);
}

Test(openwire_consume, a_client_changes_the_prefetch)
{
    open_all();
    send_all("A", "m1 m2 m3");
    consume(0, 1, "A", 0);
    ASSERT_TOLD(0, "Response 3\n");
    control(1, 2, false);
    ASSERT_TOLD(0, "Dispatch 1 queue://A m1\nDispatch 1 queue://A m2\nResponse 4\n");
    control(1, -1, false);
    control(1, 100, true);
    control(7, 100, false);
    ASSERT_TOLD(0, "Response 5\nResponse 6\nResponse 7\n");
    close_broker();
}

/*
 * Pulls.
 */
Test(openwire_consume, a_pull_that_waits_gets_what_comes)
{
    open_all();
    consume(0, 1, "A", 0);
    send_all("A", "m1");
    ASSERT_TOLD(0, "Response 3\n");
    pull(0, 1, 0);
    ASSERT_TOLD(0, "Dispatch 1 queue://A m1\n");
    pull(0, 1, 0);
    pass_time(100000);
    ASSERT_TOLD(0, "");
    send_all("A", "m2 m3");
    ASSERT_TOLD(0, "Dispatch 1 queue://A m2\n");
    acknowledge(0, ACK_DELIVERED, 1, "m2", "m2", 1);
    acknowledge(0, ACK_STANDARD, 1, "m1", "m2", 2);
    ASSERT_TOLD(0, "");
    pull(0, 1, -7);
    ASSERT_TOLD(0, "Dispatch 1 queue://A m3\n");
    close_broker();
}

Test(openwire_consume, a_pull_that_waits_longer_than_any_clock_waits)
{
    open_all();
    consume(0, 1, "A", 0);
    take(0);
    pull(0, 1, INT64_MAX);
    pass_time(1000);
    ASSERT_TOLD(0, "");
    send_all("A", "a");
    ASSERT_TOLD(0, "Dispatch 1 queue://A a\n");
    close_broker();
}

Test(openwire_consume, a_pull_that_does_not_wait_is_told_that_there_is_nothing)
{
    open_all();
    consume(0, 1, "A", 0);
    take(0);
    pull(0, 1, -1);
    ASSERT_TOLD(0, "Dispatch 1 nothing\n");
    send_all("A", "m1");
    ASSERT_TOLD(0, "");
    pull(0, 1, -1);
    ASSERT_TOLD(0, "Dispatch 1 queue://A m1\n");
    close_broker();
}

Test(openwire_consume, a_pull_that_waits_for_a_time_is_told_when_that_is_over)
{
    open_all();
    consume(0, 1, "A", 0);
    take(0);
    pull(0, 1, 500);
    pass_time(400);
    ASSERT_TOLD(0, "");
    pass_time(200);
    ASSERT_TOLD(0, "Dispatch 1 nothing\n");
    send_all("A", "m1");
    ASSERT_TOLD(0, "");
    pull(0, 1, 500);
    ASSERT_TOLD(0, "Dispatch 1 queue://A m1\n");
    pass_time(1000);
    ASSERT_TOLD(0, "");
    close_broker();
}

Test(openwire_consume, a_pull_is_nothing_to_those_who_prefetch_and_an_error_for_those_who_are_not)
{
    open_all();
    consume(0, 1, "A", 1);
    pull(0, 1, -1);
    ASSERT_TOLD(0, "Response 3\n");
    pull(0, 9, -1);
    ASSERT_TOLD(0, "Error java.lang.IllegalArgumentException: The subscription does not exist: "
                   "c0:1:9\n");
    close_broker();
}

/*
 * Browsers.
 */
Test(openwire_consume, a_browser_sees_all_and_then_the_end_and_removes_nothing)
{
    open_all();
    send_all("A", "m1 m2 m3");
    consume_with(0, (struct ow_consumer_info){.prefetch_size = 500, .browser = true}, 1, "A");
    ASSERT_TOLD(0, "Response 3\nDispatch 1 queue://A m1\nDispatch 1 queue://A m2\n"
                   "Dispatch 1 queue://A m3\nDispatch 1 nothing\n");
    acknowledge(0, ACK_STANDARD, 1, "m1", "m1", 1);
    acknowledge(0, ACK_POISON, 1, "m2", "m2", 1);
    send_all("A", "m4");
    ASSERT_TOLD(0, "");
    remove_consumer(0, 1, -1);
    consume(0, 2, "A", 1000);
    ASSERT_TOLD(0, "Response 6\nResponse 7\nDispatch 2 queue://A m1\nDispatch 2 queue://A m2\n"
                   "Dispatch 2 queue://A m3\nDispatch 2 queue://A m4\n");
    close_broker();
}

Test(openwire_consume, a_browser_with_a_small_prefetch_sees_the_end_when_it_has_acknowledged)
{
    open_all();
    send_all("A", "m1 m2 m3");
    consume_with(0, (struct ow_consumer_info){.prefetch_size = 2, .browser = true}, 1, "A");
    ASSERT_TOLD(0, "Response 3\nDispatch 1 queue://A m1\nDispatch 1 queue://A m2\n");
    acknowledge(0, ACK_STANDARD, 1, "m1", "m1", 1);
    ASSERT_TOLD(0, "Dispatch 1 queue://A m3\nDispatch 1 nothing\n");
    consume_with(0, (struct ow_consumer_info){.prefetch_size = 5, .browser = true}, 2, "Empty");
    ASSERT_TOLD(0, "Response 5\nDispatch 2 nothing\n");
    close_broker();
}

/*
 * Durable subscriptions.
 */
static void subscribe_durably(int index, int64_t value, const char *selector, const char *topic)
{
    consume_with(index,
                 (struct ow_consumer_info){.prefetch_size = 10,
                                           .subscription_name = SLICE("s"),
                                           .selector = slice_of_text(selector)},
                 value, topic);
}

Test(openwire_consume, a_durable_subscription_keeps_what_comes_while_nobody_is_there)
{
    open_all();
    subscribe_durably(0, 1, NULL, "topic://T");
    send_all("topic://T", "m1 m2 m3");
    ASSERT_TOLD(0, "Response 3\nDispatch 1 topic://T m1\nDispatch 1 topic://T m2\n"
                   "Dispatch 1 topic://T m3\n");
    acknowledge(0, ACK_INDIVIDUAL, 1, NULL, "m2", 1);
    remove_consumer(0, 1, got(0, 1, "m2")->broker_sequence_id);
    send_all("topic://T", "m4");
    ASSERT_TOLD(0, "Response 5\n");
    subscribe_durably(0, 2, NULL, "topic://T");
    ASSERT_TOLD(0, "Response 6\nDispatch 2 topic://T m1+1\nDispatch 2 topic://T m3\n"
                   "Dispatch 2 topic://T m4\n");
    close_broker();
}

Test(openwire_consume, a_durable_subscription_has_one_consumer_at_a_time)
{
    open_all();
    subscribe_durably(0, 1, NULL, "topic://T");
    subscribe_durably(0, 2, NULL, "topic://T");
    ASSERT_TOLD(0, "Response 3\nException 4 javax.jms.JMSException: Durable consumer is in use for "
                   "client: client0 and subscriptionName: s\n");
    remove_consumer(0, 1, -1);
    subscribe_durably(0, 2, NULL, "topic://T");
    ASSERT_TOLD(0, "Response 5\nResponse 6\n");
    close_broker();
}

Test(openwire_consume, a_durable_subscription_with_another_selector_begins_anew)
{
    open_all();
    subscribe_durably(0, 1, NULL, "topic://T");
    remove_consumer(0, 1, -1);
    send_all("topic://T", "m1");
    take(0);
    subscribe_durably(0, 1, "a = 1", "topic://T");
    ASSERT_TOLD(0, "Response 5\n");
    remove_consumer(0, 1, -1);
    subscribe_durably(0, 1, NULL, "topic://T");
    ASSERT_TOLD(0, "Response 6\nResponse 7\n");
    close_broker();
}

Test(openwire_consume, a_queue_takes_no_notice_of_a_subscription_name)
{
    open_all();
    subscribe_durably(0, 1, NULL, "A");
    subscribe_durably(0, 2, NULL, "A");
    ASSERT_TOLD(0, "Response 3\nResponse 4\n");
    close_broker();
}

Test(openwire_consume, who_wants_no_messages_of_its_own_connection_gets_those_of_others)
{
    const struct ow_consumer_info info = {.prefetch_size = 10, .no_local = true};

    open_all();
    open_peer(1, 0);
    consume_with(0, info, 1, "topic://T");
    send_all("topic://T", "m1");
    ASSERT_TOLD(0, "Response 3\nDispatch 1 topic://T m1\n");
    close_broker();
}

/*
 * The broker ends it.
 */
Test(openwire_consume, a_consumer_that_the_broker_ends_is_told_to_close_and_may_say_so)
{
    open_all();
    consume(0, 1, "A", 10);
    send_all("A", "m1");
    take(0);
    sim_remove_destination(producer, "A");
    run();
    if (*take(0) == '\0') { /* in use: it stays */
        close_broker();
        return;
    }
    acknowledge_required(0, ACK_STANDARD, 1, "m1", "m1", 1);
    remove_consumer(0, 1, -1);
    ASSERT_TOLD(0, "Response 4\nResponse 5\n");
    close_broker();
}

Test(openwire_consume, a_slow_consumer_is_aborted_by_a_control_command)
{
    open_with(NULL,
              SIM_POLICY("queue='>'",
                         "<slowConsumerStrategy><abortSlowConsumerStrategy "
                         "maxSlowDuration='1000' checkPeriod='500'/></slowConsumerStrategy>"));
    consume(0, 1, "A", 1);
    send_all("A", "m1 m2");
    ASSERT_TOLD(0, "Response 3\nDispatch 1 queue://A m1\n");
    pass_time(5000);
    ASSERT_TOLD(0, "Control 1 close\n");
    acknowledge_required(0, ACK_STANDARD, 1, "m1", "m1", 1);
    pull(0, 1, -1);
    control(1, 5, false);
    remove_consumer(0, 1, -1);
    ASSERT_TOLD(0, "Response 4\nResponse 6\nResponse 7\n");
    consume(0, 1, "A", 10);
    ASSERT_TOLD(0, "Response 8\nDispatch 1 queue://A m1+1\nDispatch 1 queue://A m2\n");
    close_broker();
}

/*
 * Output.
 */
Test(openwire_consume, a_client_that_does_not_read_leaves_messages_in_the_queue)
{
    char body[60001];
    struct sim_consumer *other;

    memset(body, 'x', sizeof body - 1);
    body[sizeof body - 1] = '\0';
    open_all();
    connector.output_bytes_max = 100000;
    consume(0, 1, "A", 1000);
    for (int i = 0; i < 5; i++)
        sim_send(producer, "A", body);
    run();
    other = sim_listen(producer, "A", 1000);
    run();
    cr_assert_eq(other->count, 3); /* two have filled the output */
    cr_assert_eq(strlen(take(0)) > 0, true);
    sim_send(producer, "A", "m6");
    sim_send(producer, "A", "m7");
    cr_assert(strstr(take(0), "Dispatch 1 queue://A m"), "its output is empty again");
    close_broker();
}

Test(openwire_consume, a_connection_that_comes_while_output_is_full_waits_as_well)
{
    char body[60001];

    memset(body, 'x', sizeof body - 1);
    body[sizeof body - 1] = '\0';
    open_all();
    connector.output_bytes_max = 100000;
    consume(0, 1, "A", 1000);
    for (int i = 0; i < 4; i++)
        sim_send(producer, i < 2 ? "A" : "B", body);
    run();
    connect_as(0, "another", "another");
    consume(0, 1, "B", 1000);
    run();
    cr_assert_lt(peers[0].output.bytes.len, 3 * sizeof body, "B has filled it even more");
    take(0);
    cr_assert_eq(peers[0].got_count, 4);
    close_broker();
}

/* A header that OpenWire has no room for, as others may send it. */
/* Written once for all of the same version (openwire_fanout.c). */
Test(openwire_consume, subscribers_of_a_topic_get_the_same_each_in_its_version)
{
    static const uint8_t versions[] = {OW_VERSION_MAX, 5, OW_VERSION_MAX, 9};
    static const char *const connections[] = {"c0", "c1", "c2", "c3"};

    open_broker(1, NULL, NULL);
    producer = sim_client(sim, 0);
    for (int i = 0; i < (int)ARRAY_LEN(versions); i++) {
        struct ow_offer offer = plain_offer;

        offer.version = versions[i];
        offer.tight = offer.cache = i == 3; /* one that goes alone */
        open_wire(i, 0, &offer);
        connect_as(i, connections[i], connections[i]);
        consume(i, 1, "topic://T.>", 3);
        consume(i, 2, "topic://T.U", 3);
        take(i);
    }
    send_all("topic://T.U", "a b");
    send_all("topic://T.V", "c");
    for (int i = 0; i < (int)ARRAY_LEN(versions); i++) {
        const char *told = take(i);

        cr_assert(strstr(told, "Dispatch 1 topic://T.U a\n"), "%s", told);
        cr_assert(strstr(told, "Dispatch 2 topic://T.U a\n"), "%s", told);
        cr_assert(strstr(told, "Dispatch 1 topic://T.U b\n"), "%s", told);
        cr_assert(strstr(told, "Dispatch 2 topic://T.U b\n"), "%s", told);
        cr_assert(strstr(told, "Dispatch 1 topic://T.V c\n"), "%s", told);
        cr_assert_eq(peers[i].got_count, 5);
        cr_assert(slice_equal(got(i, 1, "b")->producer_id->connection_id,
                              got(0, 2, "b")->producer_id->connection_id));
        cr_assert_eq(got(i, 1, "b")->producer_sequence_id, got(0, 2, "b")->producer_sequence_id);
        acknowledge(i, ACK_STANDARD, 1, NULL, "c", 3);
    }
    send_all("topic://T.V", "d e");
    ASSERT_TOLD(1, "Dispatch 1 topic://T.V d\nDispatch 1 topic://T.V e\n");
    close_broker();
}

Test(openwire_consume, a_message_that_cannot_be_written_is_a_dead_letter_and_no_more)
{
    static char id[70000];
    struct sim_consumer *dead;

    memset(id, 'x', sizeof id);
    open_all();
    dead = sim_listen(producer, "ActiveMQ.DLQ", 10);
    consume(0, 1, "A", 10);
    consume(0, 2, "topic://T", 10);
    take(0);
    sim_send_draft(
        producer, "A", "long",
        (struct message_draft){.correlation_id = slice_of(id, sizeof id), .persistent = true});
    sim_send_draft(
        producer, "topic://T", "long",
        (struct message_draft){.correlation_id = slice_of(id, sizeof id), .persistent = true});
    send_all("A", "a b");
    send_all("topic://T", "c");
    ASSERT_TOLD(0, "Dispatch 1 queue://A a\nDispatch 1 queue://A b\nDispatch 2 topic://T c\n");
    cr_assert_not(peers[0].is_closed);
    cr_assert_str_eq(sim_bodies(dead), "long");
    cr_assert(strstr(sim_property(dead, 0, "dlqDeliveryFailureCause"), "too long"), "%s",
              sim_property(dead, 0, "dlqDeliveryFailureCause"));
    acknowledge_required(0, ACK_STANDARD, 1, "a", "b", 2);
    cr_assert(strstr(take(0), "Response"));
    close_broker();
}

Test(openwire_consume, a_message_that_is_longer_than_the_client_takes_is_a_dead_letter)
{
    struct ow_offer offer = plain_offer;
    struct sim_consumer *dead;
    char body[2001];

    memset(body, 'x', sizeof body - 1);
    body[sizeof body - 1] = '\0';
    offer.frame_bytes_max = 1000;
    open_broker(1, NULL, NULL);
    open_wire(0, 0, &offer);
    connect_as(0, "c0", "client0");
    producer = sim_client(sim, 0);
    dead = sim_listen(producer, "ActiveMQ.DLQ", 10);
    consume(0, 1, "A", 10);
    take(0);
    sim_send(producer, "A", body);
    sim_send(producer, "A", "short");
    ASSERT_TOLD(0, "Dispatch 1 queue://A short\n");
    cr_assert_eq(dead->count, 1);
    close_broker();
}

/*
 * With several shards an answer, a delivery and an end may be on their way at the same time.
 */
Test(openwire_consume, consumers_of_queues_on_all_shards_get_everything_once)
{
    open_broker(3, NULL, NULL);
    for (int i = 0; i < 3; i++) {
        open_peer(i, (uint16_t)i);
        consume(i, 1, "A", 1);
        consume(i, 2, "topic://T", 10);
    }
    producer = sim_client(sim, 1);
    for (int i = 0; i < 3; i++)
        ASSERT_TOLD(i, "Response 3\nResponse 4\n");
    send_all("A", "m1 m1 m1");
    send_all("topic://T", "t1");
    for (int i = 0; i < 3; i++) {
        const char *told = take(i);

        cr_assert(strstr(told, "Dispatch 1 queue://A m1\n"), "told [%s]", told);
        cr_assert(strstr(told, "Dispatch 2 topic://T t1\n"), "told [%s]", told);
        acknowledge(i, ACK_STANDARD, 1, "m1", "m1", 1);
        remove_consumer(i, 1, -1);
        remove_consumer(i, 2, -1);
        ASSERT_TOLD(i, "Response 6\nResponse 7\n");
    }
    consume(0, 3, "A", 10);
    ASSERT_TOLD(0, "Response 8\n");
    close_broker();
}

Test(openwire_consume, a_consumer_may_go_before_its_coming_is_answered)
{
    struct ow_consumer_id id;
    struct ow_remove_info info;
    struct sim_consumer *other;
    struct ow_frame frame;
    char name[16];

    open_broker(3, NULL, NULL);
    open_peer(0, 0);
    producer = sim_client(sim, 1);
    for (int i = 0; i < 6; i++) { /* some of these are elsewhere */
        snprintf(name, sizeof name, "A%d", i);
        send_all(name, "m");
        consume(0, i, name, 10);
        id = consumer_id(0, i);
        info = (struct ow_remove_info){.command = command_of(0, OW_REMOVE_INFO, true),
                                       .object_id = &id.object,
                                       .last_delivered_sequence_id = -1};
        cr_assert_eq(ow_write(peers[0].writer, &info.command.object, &frame), OW_OK);
        cr_assert_eq(openwire_session_receive(peers[0].session, frame.head), frame.head.len);
        take(0);
    }
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "A%d", i);
        other = sim_listen(producer, name, 10);
        run();
        cr_assert_str_eq(sim_take(other), "m");
    }
    close_broker();
}
