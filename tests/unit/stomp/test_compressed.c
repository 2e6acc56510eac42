/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies that OpenWire clients have compressed, and what becomes of those nobody can read. */
#include "harness.h"
#include <zlib.h>

TestSuite(stomp_compressed, .fini = close_session);

static struct message *compressed(enum body_kind kind, struct slice front, struct slice plain)
{
    uint8_t body[500];
    uLongf len = sizeof body - 4;
    struct message_draft draft = {
        .destination = {DESTINATION_QUEUE, SLICE("a")},
        .id = SLICE("ID:1"),
        .body_kind = kind,
        .compressed = true,
    };
    struct message *message;

    memcpy(body, front.bytes, front.len);
    cr_assert(compress(body + front.len, &len, plain.bytes, plain.len) == Z_OK);
    draft.body = slice_of(body, front.len + len);
    message = message_create(&draft);
    cr_assert(message);
    return message;
}

static struct message *damaged(void)
{
    const struct message_draft draft = {
        .destination = {DESTINATION_QUEUE, SLICE("a")},
        .id = SLICE("ID:1"),
        .body = SLICE("no stream"),
        .body_kind = BODY_TEXT,
        .compressed = true,
    };
    struct message *message = message_create(&draft);

    cr_assert(message);
    return message;
}

static void deliver(struct message *message)
{
    fake_deliver(0, message);
    message_unref(message);
}

Test(stomp_compressed, a_text_is_shown)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    fake_output();
    deliver(compressed(BODY_TEXT, SLICE(""), SLICE("\0\0\0\5hello")));
    assert_output_has("\n\nhello~\n");
}

Test(stomp_compressed, bytes_are_shown_with_their_length)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    deliver(compressed(BODY_BYTES, SLICE("\0\0\0\3"), SLICE("abc\0\0\0")));
    assert_output_has("content-length:3\n\nabc~\n");
}

Test(stomp_compressed, a_map_is_shown_to_who_asks)
{
    const struct slice map = SLICE("\0\0\0\1\0\1i\5\0\0\0\7");

    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\ntransformation:jms-map-json\n\n");
    deliver(compressed(BODY_MAP, SLICE(""), map));
    assert_output_has("{\"map\":{\"entry\":[{\"string\":\"i\",\"int\":7}]}}");
}

Test(stomp_compressed, a_body_of_another_kind_is_empty)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    deliver(compressed(BODY_OBJECT, SLICE(""), SLICE("x")));
    assert_output_has("\n\n~\n");
}

Test(stomp_compressed, a_damaged_one_is_given_up_and_not_shown)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    fake_output();
    deliver(damaged());
    assert_output("");
    assert_not_called("poison");
    pass_time(1);
    assert_called("poison 0 1..1 The compressed body is damaged\n");
}

Test(stomp_compressed, one_that_is_too_long_is_given_up)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    fake_output();
    deliver(compressed(BODY_BYTES, SLICE("\x7f\xff\xff\xff"), SLICE("x")));
    assert_output("");
    pass_time(1);
    assert_called("poison 0 1..1 The compressed body is longer than 104857600 bytes when inflated");
}

Test(stomp_compressed, a_damaged_one_is_given_up_before_those_around_it_are_acknowledged)
{
    const char *poison, *acknowledge;

    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    fake_deliver_text(0, "one");
    deliver(damaged());
    fake_deliver_text(0, "three");
    stomp_session_sent(session, fake.output.committed);
    poison = strstr(fake.calls.bytes, "poison 0 2..2");
    acknowledge = strstr(fake.calls.bytes, "acknowledge 0 kind=0 0..3");
    cr_assert(poison && acknowledge && poison < acknowledge, "calls were [%s]", fake.calls.bytes);
}

Test(stomp_compressed, a_damaged_one_is_given_up_before_the_client_acknowledges_around_it)
{
    const char *poison, *acknowledge;

    open_1_2();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\nack:client\n\n");
    fake_deliver_text(0, "one");
    deliver(damaged());
    fake_deliver_text(0, "three");
    FEED("ACK\nid:1-3\n\n");
    poison = strstr(fake.calls.bytes, "poison 0 2..2");
    acknowledge = strstr(fake.calls.bytes, "acknowledge 0");
    cr_assert(poison && acknowledge && poison < acknowledge, "calls were [%s]", fake.calls.bytes);
}

Test(stomp_compressed, a_damaged_one_stays_where_a_browser_finds_it)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\nbrowser:true\n\n");
    fake_output();
    deliver(damaged());
    pass_time(1);
    assert_output("");
    assert_not_called("poison");
}

Test(stomp_compressed, nobody_is_asked_once_the_subscription_is_gone)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    deliver(damaged());
    fake.client.ops->consumer_ended(fake.client.session, fake.consumers[0].context, "gone");
    pass_time(1);
    assert_not_called("poison");
}
