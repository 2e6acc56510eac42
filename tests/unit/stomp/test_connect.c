/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

TestSuite(stomp_connect, .fini = close_session);

Test(stomp_connect, answers_1_0_when_no_version_is_asked_for)
{
    open_session();
    FEED("CONNECT\nlogin:a\npasscode:b\n\n");
    assert_output("CONNECTED\nserver:ActiveMQ/5.17.2 (Corewire)\nversion:1.0\nheart-beat:0,0\n"
                  "session:ID:fake-1-2:3\n\n~\n");
    assert_called("open client_id= user=a connector=stomp");
}

Test(stomp_connect, accepts_STOMP_and_the_highest_common_version)
{
    open_session();
    FEED("STOMP\naccept-version:1.0,1.3,1.2,1.1\nhost:any\n\n");
    assert_output_has("version:1.2\n");
}

Test(stomp_connect, trims_the_versions)
{
    open_session();
    FEED("CONNECT\naccept-version:1.0, 1.1\n\n");
    assert_output_has("version:1.1\n");
}

Test(stomp_connect, refuses_unknown_versions)
{
    open_session();
    FEED("CONNECT\naccept-version:1.3,9\n\n");
    assert_error("Invalid Protocol version[1.3,9], supported versions are: [1.2, 1.1, 1.0]", true);
}

Test(stomp_connect, mirrors_the_heart_beat)
{
    open_session();
    FEED("CONNECT\naccept-version:1.1\nheart-beat:30500,29500\n\n");
    assert_output_has("heart-beat:29500,30500\n");
}

Test(stomp_connect, refuses_a_heart_beat_that_is_not_two_numbers)
{
    open_session();
    FEED("CONNECT\nheart-beat:T,0\n\n");
    assert_error("Invalid heart-beat header:T,0", true);
}

Test(stomp_connect, refuses_a_heart_beat_with_one_number)
{
    open_session();
    FEED("CONNECT\nheart-beat:5\n\n");
    assert_error("Invalid heart-beat header:5", true);
}

Test(stomp_connect, refuses_a_negative_heart_beat)
{
    open_session();
    FEED("CONNECT\nheart-beat:-1,5\n\n");
    assert_error("Invalid heart-beat header:-1,5", true);
}

Test(stomp_connect, echoes_client_id_and_request_id_in_two_headers)
{
    open_session();
    FEED("CONNECT\nclient-id:me:1\nreceipt:r\nrequest-id:q\n\n");
    assert_output_has("session:me:1\nreceipt-id:q\nresponse-id:q\n\n~\n");
}

Test(stomp_connect, echoes_a_receipt_in_two_headers)
{
    open_session();
    FEED("CONNECT\nclient-id:me:1\nreceipt:r\n\n");
    assert_output_has("session:me:1\nreceipt-id:r\nresponse-id:r\n\n~\n");
}

Test(stomp_connect, escapes_nothing_in_an_error_before_CONNECTED)
{
    open_session();
    FEED("CONNECT\naccept-version:1.2\nheart-beat:x\n\n");
    assert_output_has("\nmessage:Invalid heart-beat header:x\n");
}

Test(stomp_connect, answers_wrong_credentials_with_the_message_only)
{
    open_session();
    FEED("CONNECT\nlogin:mallory\npasscode:x\n\n");
    assert_output("ERROR\ncontent-type:text/plain\nmessage:User name [mallory] or password is "
                  "invalid.\n\nUser name [mallory] or password is invalid.~\n");
    cr_assert(fake.is_closed);
    assert_not_called("open");
}

Test(stomp_connect, takes_a_CONNECT_that_comes_line_by_line)
{
    static const char text[] = "CONNECT\naccept-version:1.1,1.0\nhost:x\n\n";
    size_t used = 0;

    open_session();
    for (size_t len = 1; len <= sizeof text; len++)
        used += feed_bytes(text + used, len - used);
    cr_assert_eq(used, sizeof text);
    assert_output_has("version:1.1\n");
}

Test(stomp_connect, waits_for_the_engine_before_reading_on)
{
    static const char both[] = "CONNECT\nclient-id:c\n\n\0SEND\ndestination:/queue/a\n\n";
    size_t used;

    open_session();
    fake.is_holding = true;
    used = feed_bytes(both, sizeof both);
    cr_assert_eq(used, strlen(both) + 1);
    cr_assert(fake.is_paused);
    assert_output("");
    fake_answer(0, ENGINE_OK, "");
    assert_output_has("CONNECTED\n");
    cr_assert_not(fake.is_paused);
    cr_assert_eq(feed_bytes(both + used, sizeof both - used), sizeof both - used);
    assert_called("send queue://a");
}

Test(stomp_connect, refuses_a_client_id_in_use)
{
    open_session();
    fake.fail_next = ENGINE_CLIENT_ID_IN_USE;
    fake.fail_text = "Broker: b - Client: c already connected from tcp://x";
    FEED("CONNECT\nclient-id:c\nreceipt:7\n\n");
    assert_output_has("ERROR\ncontent-type:text/plain\nreceipt-id:7\nmessage:Broker: b - Client: c "
                      "already connected from tcp://x\n");
    cr_assert(fake.is_closed);
}

Test(stomp_connect, ignores_an_answer_that_comes_after_the_close)
{
    open_session();
    fake.is_holding = true;
    feed_bytes("CONNECT\n\n", 10);
    pass_time(30001);
    cr_assert(fake.is_closed);
    fake_answer(0, ENGINE_OK, "");
    assert_output("");
}

Test(stomp_connect, closes_silently_when_no_CONNECT_comes_in_time)
{
    open_session();
    pass_time(29999);
    cr_assert_not(fake.is_closed);
    pass_time(2);
    cr_assert(fake.is_closed);
    assert_output("");
}

Test(stomp_connect, does_not_let_line_ends_prolong_the_time_for_CONNECT)
{
    open_session();
    for (int i = 0; i < 31; i++) {
        cr_assert_eq(feed_bytes("\n", 1), 1);
        pass_time(1000);
    }
    cr_assert(fake.is_closed);
}

Test(stomp_connect, takes_the_time_limit_from_the_uri)
{
    struct config_option options[] = {{"connectAttemptTimeout", "2000"}};

    open_session_with(options, 1);
    pass_time(2001);
    cr_assert(fake.is_closed);
}

Test(stomp_connect, takes_limits_from_the_uri)
{
    struct config_option options[] = {{"maxFrameSize", "60"}, {"maxDataLength", "oops"}};

    open_session_with(options, 2);
    cr_assert_eq(connector.frame_bytes_max, 60);
    cr_assert_eq(connector.body_bytes_max, 104857600);
    feed_bytes("CONNECT\nx:123456789012345678901234567890123456789012345678901234567890\n", 70);
    assert_error("The maximum frame size was exceeded", true);
}

Test(stomp_connect, refuses_a_second_CONNECT)
{
    open_1_1();
    FEED("CONNECT\n\n");
    assert_error("Already connected.", true);
}

Test(stomp_connect, refuses_frames_before_CONNECT)
{
    open_session();
    FEED("SEND\ndestination:/queue/a\n\n");
    assert_error("Not connected.", true);
    assert_not_called("send");
}

Test(stomp_connect, refuses_a_servers_frame)
{
    open_1_0();
    FEED("MESSAGE\n\n");
    assert_error("Unknown STOMP action: MESSAGE", true);
}

Test(stomp_connect, refuses_an_unknown_action_before_CONNECT)
{
    open_session();
    FEED("GET / HTTP/1.1\nHost: x\n\n");
    assert_error("Unknown STOMP action: GET / HTTP/1.1", true);
}

Test(stomp_connect, reads_nothing_after_an_error_that_closes)
{
    static const char both[] = "MESSAGE\n\n\0SEND\ndestination:/queue/a\n\n";

    open_1_0();
    cr_assert_eq(feed_bytes(both, sizeof both), sizeof both);
    assert_not_called("send");
}

Test(stomp_connect, beats_when_it_has_nothing_to_say)
{
    open_session();
    FEED("CONNECT\nheart-beat:0,500\n\n");
    fake_output();
    pass_time(499);
    assert_output("");
    pass_time(1);
    assert_output("\n");
    pass_time(500);
    assert_output("\n");
}

Test(stomp_connect, counts_other_output_as_a_beat)
{
    open_session();
    FEED("CONNECT\nheart-beat:0,500\n\n");
    FEED("SUBSCRIBE\ndestination:/queue/a\n\n");
    fake_output();
    pass_time(400);
    fake_deliver_text(0, "x");
    fake_output();
    pass_time(499);
    assert_output("");
    pass_time(1);
    assert_output("\n");
}

Test(stomp_connect, closes_a_client_that_falls_silent_after_three_intervals)
{
    open_session();
    FEED("CONNECT\nheart-beat:500,0\n\n");
    pass_time(1499);
    cr_assert_not(fake.is_closed);
    pass_time(1);
    cr_assert(fake.is_closed);
}

Test(stomp_connect, lets_a_line_end_count_as_a_sign_of_life)
{
    open_session();
    FEED("CONNECT\nheart-beat:500,0\n\n");
    pass_time(1400);
    cr_assert_eq(feed_bytes("\n", 1), 1);
    pass_time(1400);
    cr_assert_not(fake.is_closed);
    pass_time(200);
    cr_assert(fake.is_closed);
}

Test(stomp_connect, stretches_the_allowance_by_the_grace_multiplier)
{
    struct config_option options[] = {{"hbGracePeriodMultiplier", "2.0"}};

    open_session_with(options, 1);
    FEED("CONNECT\nheart-beat:500,0\n\n");
    pass_time(2999);
    cr_assert_not(fake.is_closed);
    pass_time(1);
    cr_assert(fake.is_closed);
}

Test(stomp_connect, ignores_a_grace_multiplier_that_would_shorten)
{
    struct config_option options[] = {{"hbGracePeriodMultiplier", "0.5"}};

    open_session_with(options, 1);
    cr_assert_eq(connector.grace_multiplier, 1.0);
}

Test(stomp_connect, uses_the_connectors_heart_beat_when_the_client_says_nothing)
{
    struct config_option options[] = {{"defaultHeartBeat", "1000,2000"}};

    open_session_with(options, 1);
    FEED("CONNECT\n\n");
    assert_output_has("heart-beat:2000,1000\n");
    pass_time(3001);
    cr_assert(fake.is_closed);
}

Test(stomp_connect, does_not_take_silence_ill_while_it_does_not_listen)
{
    open_session();
    FEED("CONNECT\nheart-beat:500,0\n\n");
    fake.client.ops->throttle(fake.client.session, true);
    pass_time(10000);
    cr_assert_not(fake.is_closed);
}

Test(stomp_connect, stops_reading_while_the_engine_throttles)
{
    static const char send[] = "SEND\ndestination:/queue/a\n\n";

    open_1_1();
    fake.client.ops->throttle(fake.client.session, true);
    cr_assert(fake.is_paused);
    cr_assert_eq(feed_bytes(send, sizeof send), 0);
    fake.client.ops->throttle(fake.client.session, false);
    cr_assert_not(fake.is_paused);
    FEED("SEND\ndestination:/queue/a\n\n");
    assert_called("send queue://a");
}

Test(stomp_connect, says_why_the_broker_ends_the_connection)
{
    open_1_1();
    fake.client.ops->disconnect(fake.client.session, "stolen");
    assert_error("stolen", true);
}

Test(stomp_connect, closes_the_client_with_the_session)
{
    open_1_1();
    stomp_session_destroy(session);
    session = NULL;
    assert_called("close");
}

Test(stomp_connect, answers_DISCONNECT_with_its_receipt_and_closes)
{
    open_1_1();
    FEED("DISCONNECT\nreceipt:bye\n\n");
    assert_output("RECEIPT\nreceipt-id:bye\n\n~\n");
    cr_assert(fake.is_closed);
}

Test(stomp_connect, closes_after_DISCONNECT_without_a_receipt)
{
    open_1_1();
    FEED("DISCONNECT\ncontent-length:0\n\n");
    assert_output("");
    cr_assert(fake.is_closed);
}

Test(stomp_connect, lets_DISCONNECT_wait_for_earlier_receipts)
{
    open_1_1();
    fake.is_holding = true;
    FEED("SEND\ndestination:/queue/a\nreceipt:1\n\n");
    FEED("DISCONNECT\nreceipt:2\n\n");
    assert_output("");
    cr_assert_not(fake.is_closed);
    fake_answer(0, ENGINE_OK, "");
    pass_time(1);
    assert_output("RECEIPT\nreceipt-id:1\n\n~\nRECEIPT\nreceipt-id:2\n\n~\n");
    cr_assert(fake.is_closed);
}

Test(stomp_connect, reports_frame_errors_and_closes)
{
    open_1_1();
    FEED("SEND\ndestination:/queue/a\ncontent-length:-5\n\n");
    assert_error("Specified content-length is not a valid integer", true);
}
