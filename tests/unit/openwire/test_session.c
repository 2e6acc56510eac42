/* SPDX-License-Identifier: Apache-2.0 */
/* The life of connections: time limits, flow control, repetitions, ends. */
#include "session_client.h"

enum { KEEP_ALIVE_MS = 10000, LOOK_MS = 30000 };

static void setup(void)
{
    start_broker(NULL);
}

static void limit_memory(uint64_t bytes)
{
    sim_config(sim)->policies.fallback.memory_limit = bytes;
}

/* Nothing waits for room when the engine ends. */
static void teardown(void)
{
    limit_memory(0);
    pass_time(1);
    close_broker();
}

TestSuite(session, .init = setup, .fini = teardown);

Test(session, offers_at_once)
{
    begin(0);
    cr_assert_eq(next_object(0)->type, OW_WIRE_FORMAT_INFO);
    cr_assert_null(next_object(0));
}

Test(session, closes_who_does_not_answer_within_30_seconds)
{
    begin(0);
    pass_time(29999);
    cr_assert_not(peers[0].is_closed);
    pass_time(2);
    cr_assert(peers[0].is_closed);
}

Test(session, sends_keep_alives_when_it_has_nothing_to_say)
{
    begin(0);
    negotiate(0);
    pass_time(KEEP_ALIVE_MS + 1);
    cr_assert_eq(count_of(0, OW_KEEP_ALIVE_INFO), 1);
    pass_time(KEEP_ALIVE_MS);
    cr_assert_eq(count_of(0, OW_KEEP_ALIVE_INFO), 1);
    log_in(0, false);
    cr_assert_eq(next_response(0), OW_RESPONSE);
    pass_time(KEEP_ALIVE_MS);
    cr_assert_eq(count_of(0, OW_KEEP_ALIVE_INFO), 0);
}

Test(session, closes_who_is_silent_at_two_looks)
{
    begin(0);
    negotiate(0);
    pass_time(KEEP_ALIVE_MS + LOOK_MS + 1);
    cr_assert_not(peers[0].is_closed);
    pass_time(LOOK_MS);
    cr_assert(peers[0].is_closed);
}

Test(session, a_part_of_a_frame_is_a_sign_of_life)
{
    static const uint8_t byte = 0;

    begin(0);
    negotiate(0);
    for (int i = 0; i < 6; i++) {
        pass_time(LOOK_MS);
        cr_assert_eq(openwire_session_receive(peers[0].session, slice_of(&byte, 1)), 0);
        cr_assert_not(peers[0].is_closed);
    }
}

/* Returns the sequence that got no answer. */
static int64_t fill(int index, const char *queue)
{
    for (int64_t sequence = 1; sequence < 100; sequence++) {
        send_bytes(index, queue, sequence, 1000, true);
        if (!next_response(index))
            return sequence;
    }
    cr_assert_fail("the queue never filled up");
    return 0;
}

Test(session, who_waits_for_answers_is_read_on_when_there_is_no_room)
{
    int64_t waiting;

    limit_memory(10000);
    open_sender(0);
    waiting = fill(0, "q");
    cr_assert_not(peers[0].is_paused);
    pass_time(5 * LOOK_MS / 3);
    consume(0, 1, "q", 100);
    cr_assert_eq(next_response(0), OW_RESPONSE);
    cr_assert_eq(count_of(0, OW_MESSAGE_DISPATCH), (int)waiting - 1, "all but the one that waits");
}

Test(session, who_does_not_is_stopped_and_not_taken_for_dead)
{
    limit_memory(10000);
    open_sender(0);
    fill(0, "q");
    send_bytes(0, "q", 1000, 1000, false);
    cr_assert(peers[0].is_paused);
    pass_time(10 * LOOK_MS);
    cr_assert_not(peers[0].is_closed);
}

Test(session, a_window_is_opened_when_there_is_room)
{
    open_sender(1);
    limit_memory(10000);
    begin(0);
    finish_opening(0, false, 5000);
    fill(1, "q");
    send_bytes(0, "q", 1, 1000, false);
    cr_assert_not(peers[0].is_paused);
    cr_assert_eq(count_of(0, OW_PRODUCER_ACK), 0);
    send_bytes(0, "elsewhere", 2, 1000, false);
    cr_assert_eq(count_of(0, OW_PRODUCER_ACK), 1);
}

static void reconnect(int index)
{
    close_peer(index);
    begin(index);
    finish_opening(index, true, 0);
}

Test(session, numbers_that_come_out_of_order_are_messages_like_others)
{
    static const int64_t sequences[] = {1, 3, 2, 200, 199, 5};

    open_sender(0);
    for (size_t i = 0; i < ARRAY_LEN(sequences); i++)
        send_bytes(0, "q", sequences[i], 10, true);
    send_bytes(0, "q", 199, 10, true); /* this one is a repetition */
    cr_assert_eq(count_of(0, OW_RESPONSE), (int)ARRAY_LEN(sequences) + 1);
    consume(0, 1, "q", 100);
    cr_assert_eq(count_of(0, OW_MESSAGE_DISPATCH), (int)ARRAY_LEN(sequences));
}

Test(session, what_had_not_come_before_failover_is_taken)
{
    open_sender(0);
    send_bytes(0, "q", 1, 10, true);
    send_bytes(0, "q", 4, 10, true);
    reconnect(0);
    for (int64_t sequence = 1; sequence <= 5; sequence++)
        send_bytes(0, "q", sequence, 10, true);
    cr_assert_eq(count_of(0, OW_RESPONSE), 5);
    consume(0, 1, "q", 100);
    cr_assert_eq(count_of(0, OW_MESSAGE_DISPATCH), 2 + 3);
}

Test(session, what_was_taken_is_not_taken_again_after_failover)
{
    open_sender(0);
    for (int64_t sequence = 1; sequence <= 3; sequence++)
        send_bytes(0, "q", sequence, 10, true);
    reconnect(0);
    for (int64_t sequence = 2; sequence <= 4; sequence++) {
        send_bytes(0, "q", sequence, 10, true);
        cr_assert_eq(next_response(0), OW_RESPONSE);
    }
    consume(0, 1, "q", 100);
    cr_assert_eq(count_of(0, OW_MESSAGE_DISPATCH), 4);
}

Test(session, what_was_taken_is_not_taken_again_after_a_failover_that_was_cut_short)
{
    open_sender(0);
    send_bytes(0, "q", 1, 10, true);
    close_peer(0);
    begin(0);
    negotiate(0);
    log_in(0, true);
    cr_assert_eq(next_response(0), OW_RESPONSE);
    reconnect(0);
    send_bytes(0, "q", 1, 10, true);
    consume(0, 1, "q", 100);
    cr_assert_eq(count_of(0, OW_MESSAGE_DISPATCH), 1);
}

Test(session, what_waited_for_room_is_not_taken_twice_after_failover)
{
    int64_t waiting;

    limit_memory(10000);
    open_sender(0);
    waiting = fill(0, "q");
    reconnect(0);
    open_sender(1);
    send_bytes(0, "q", waiting, 1000, true);
    cr_assert_eq(next_response(0), OW_RESPONSE);
    limit_memory(0);
    pass_time(1);
    consume(1, 1, "q", 1000);
    pass_time(1);
    cr_assert_eq(count_of(1, OW_MESSAGE_DISPATCH), (int)waiting);
}

Test(session, what_waited_and_may_be_refused_is_taken_after_failover)
{
    int64_t waiting;

    limit_memory(10000);
    sim_config(sim)->policies.fallback.send_fail_after_ms = 1000;
    open_sender(0);
    waiting = fill(0, "q");
    reconnect(0);
    open_sender(1);
    send_bytes(0, "q", waiting, 1000, true);
    cr_assert_eq(next_response(0), 0, "it waits again");
    limit_memory(0);
    pass_time(1);
    consume(1, 1, "q", 1000);
    cr_assert_geq(count_of(1, OW_MESSAGE_DISPATCH), (int)waiting - 1);
}

Test(session, keeps_nothing_for_who_has_left_properly)
{
    open_sender(0);
    send_bytes(0, "q", 1, 10, true);
    {
        const struct ow_connection_id id = {{OW_CONNECTION_ID}, slice_of_text(peers[0].connection)};
        const struct ow_remove_info info = {.command = command_of(0, OW_REMOVE_INFO, true),
                                            .object_id = &id.object,
                                            .last_delivered_sequence_id = -1};

        pass_on(0, &info.command.object);
    }
    reconnect(0);
    send_bytes(0, "q", 1, 10, true);
    consume(0, 1, "q", 100);
    cr_assert_eq(count_of(0, OW_MESSAGE_DISPATCH), 2);
}

Test(session, messages_wait_in_the_engine_while_output_is_not_taken)
{
    int first, all = 0;

    open_sender(0);
    for (int64_t sequence = 1; sequence <= 50; sequence++)
        send_bytes(0, "q", sequence, 10000, true);
    count_of(0, OW_RESPONSE);
    take_output(0);
    consume(0, 1, "q", 100);
    first = all = count_of(0, OW_MESSAGE_DISPATCH);
    cr_assert_leq(first, 8, "64 kB and one more");
    for (int i = 0; i < 50 && all < 50; i++) {
        take_output(0);
        pass_time(1);
        all += count_of(0, OW_MESSAGE_DISPATCH);
    }
    cr_assert_eq(all, 50);
}

Test(session, who_asks_and_does_not_read_the_answers_is_not_listened_to)
{
    enum { ENOUGH = 1000000 };

    open_sender(0);
    for (int i = 0; i < ENOUGH && !peers[0].is_paused; i++) {
        const struct ow_command flush = command_of(0, OW_FLUSH_COMMAND, true);

        pass_on(0, &flush.object);
    }
    cr_assert(peers[0].is_paused);
    cr_assert_leq(peers[0].output.total, 5u * connector.output_bytes_max);
    take_output(0);
    pass_time(1);
    cr_assert_not(peers[0].is_paused);
}

Test(session, the_same_connection_id_on_another_socket_takes_over)
{
    open_sender(0);
    begin(1);
    peers[1].connection = peers[0].connection;
    negotiate(1);
    log_in(1, false);
    cr_assert(peers[0].is_closed);
    cr_assert(peers[1].is_paused, "nothing is read while the other one leaves");
    pass_time(1);
    cr_assert_not(peers[1].is_paused);
    cr_assert_eq(next_response(1), OW_RESPONSE);
}

Test(session, sessions_and_producers_are_limited)
{
    open_sender(0);
    for (int64_t value = 2; value <= 6; value++) {
        const struct ow_producer_id id = producer_of(0, value);
        const struct ow_producer_info info = {.command = command_of(0, OW_PRODUCER_INFO, true),
                                              .producer_id = &id};

        pass_on(0, &info.command.object);
        cr_assert_eq(next_response(0), value <= 5 ? OW_RESPONSE : OW_EXCEPTION_RESPONSE);
    }
}

Test(session, never_sends_frames_longer_than_the_client_takes)
{
    struct ow_offer theirs = connector.offer;
    uint8_t scratch[OW_OFFER_BYTES_MAX];
    struct ow_wire_format_info info;

    begin(0);
    theirs.frame_bytes_max = 20;
    ow_offer_write(&theirs, &info, scratch);
    pass_on(0, &info.object);
    cr_assert(peers[0].is_closed);
    cr_assert_eq(next_object(0)->type, OW_WIRE_FORMAT_INFO);
    cr_assert_null(next_object(0));
}

/* Of strangers little is remembered: the second name is more than the cache holds before login. */
static bool stays_with_long_names(bool logs_in)
{
    static char name[40000];
    static const char *const with_cache[] = {"cacheEnabled", "true", NULL};
    const struct ow_destination destination = {{OW_QUEUE}, slice_of(name, sizeof name)};
    struct ow_consumer_info info = {.destination = &destination};
    uint8_t scratch[OW_OFFER_BYTES_MAX];
    struct ow_wire_format_info offered;
    struct ow_format format;
    struct ow_offer agreed;
    bool stays;

    start_broker(with_cache);
    begin(0);
    ow_offer_write(&connector.offer, &offered, scratch);
    ow_offer_combine(&connector.offer, &connector.offer, &agreed, &format);
    cr_assert(format.cache);
    pass_on(0, &offered.object);
    cr_assert_eq(ow_writer_set_format(peers[0].writer, &format), 0);
    if (logs_in)
        log_in(0, false);
    for (int i = 0; i < 2; i++) {
        memset(name, 'a' + i, sizeof name);
        info.command = command_of(0, OW_CONSUMER_INFO, true);
        pass_on(0, &info.command.object);
    }
    stays = !peers[0].is_closed;
    close_broker();
    return stays;
}

Test(login, comes_before_much_is_remembered)
{
    cr_assert_not(stays_with_long_names(false));
    cr_assert(stays_with_long_names(true));
}

Test(session, times_beyond_all_clocks_are_long_times)
{
    connector.offer.inactivity_ms = connector.offer.inactivity_initial_ms = INT64_MAX;
    open_sender(0);
    pass_time(100 * LOOK_MS);
    cr_assert_not(peers[0].is_closed);
}

Test(session, tells_openwire_from_others_by_the_first_bytes)
{
    static const char start[] = "\0\0\1\2\1ActiveMQ";

    for (size_t len = 0; len < sizeof start - 1; len++)
        cr_assert_eq(openwire_is_spoken(slice_of(start, len)), -1);
    cr_assert_eq(openwire_is_spoken(slice_of(start, sizeof start - 1)), 1);
    cr_assert_eq(openwire_is_spoken(SLICE("CONNECT\n")), 0);
    cr_assert_eq(openwire_is_spoken(SLICE("\0\0\1\2\1ActiveMR")), 0);
}
