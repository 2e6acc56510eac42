/* SPDX-License-Identifier: Apache-2.0 */
#include "stomp_parser.h"
#include <criterion/criterion.h>
#include <stdio.h>

#define BYTES(literal) slice_of(literal, sizeof(literal) - 1)

static const struct stomp_limits roomy = {1024, 10240, 1000, 1 << 20, INT64_MAX};
static struct stomp_frame frame;
static struct stomp_parser parser;
static size_t consumed;

static enum parse_status parse(enum stomp_version version, const struct stomp_limits *limits,
                               struct slice in)
{
    parser = (struct stomp_parser){.line = 0};
    return stomp_parse(&parser, limits, version, in, &frame, &consumed);
}

static void assert_header(enum stomp_version version, struct slice in, enum stomp_header_id id,
                          const char *value)
{
    cr_assert_eq(parse(version, &roomy, in), PARSE_FRAME);
    cr_assert(slice_is(stomp_frame_header(&frame, id), value), "got [%.*s]",
              SLICE_FMT(stomp_frame_header(&frame, id)));
}

static void assert_action(const char *text, enum stomp_action action)
{
    cr_assert_eq(parse(STOMP_1_1, &roomy, slice_of(text, strlen(text) + 1)), PARSE_FRAME);
    cr_assert_eq(frame.action, action, "%s", text);
}

static void assert_error(const struct stomp_limits *limits, struct slice in, enum stomp_error error)
{
    cr_assert_eq(parse(STOMP_1_1, limits, in), PARSE_ERROR);
    cr_assert_eq((enum stomp_error)parser.error, error, "%s",
                 stomp_error_text((enum stomp_error)parser.error));
    cr_assert_eq(consumed, 0);
}

Test(stomp_parser, waits_at_every_cut_and_then_gives_the_same_frame)
{
    const struct slice whole = BYTES("SEND\r\ndestination:/queue/a\ncontent-length:3\n\n\0\0x\0");

    for (size_t cut = 0; cut < whole.len; cut++) {
        struct stomp_parser torn = {.line = 0};

        cr_assert_eq(
            stomp_parse(&torn, &roomy, STOMP_1_2, slice_of(whole.bytes, cut), &frame, &consumed),
            PARSE_NEED_MORE);
        cr_assert_eq(consumed, 0);
        memset(frame.headers, 0xee, sizeof frame.headers); /* another connection's frame */
        cr_assert_eq(stomp_parse(&torn, &roomy, STOMP_1_2, whole, &frame, &consumed), PARSE_FRAME,
                     "cut at %zu", cut);
        cr_assert_eq(consumed, whole.len);
        cr_assert_eq(frame.body.len, 3);
        cr_assert_eq(frame.header_count, 2);
    }
}

Test(stomp_parser, takes_a_frame_byte_by_byte)
{
    const struct slice whole = BYTES("SEND\nx:\\c\n\nbody\0");
    struct stomp_parser torn = {.line = 0};

    for (size_t len = 1; len < whole.len; len++)
        cr_assert_eq(
            stomp_parse(&torn, &roomy, STOMP_1_2, slice_of(whole.bytes, len), &frame, &consumed),
            PARSE_NEED_MORE);
    cr_assert_eq(stomp_parse(&torn, &roomy, STOMP_1_2, whole, &frame, &consumed), PARSE_FRAME);
    cr_assert(slice_is(frame.headers[0].value, ":"));
    cr_assert(slice_is(frame.body, "body"));
}

Test(stomp_parser, consumes_one_frame_and_is_ready_for_the_next)
{
    const struct slice two = BYTES("BEGIN\ntransaction:a\n\n\0COMMIT\ntransaction:a\n\n\0");

    cr_assert_eq(parse(STOMP_1_1, &roomy, two), PARSE_FRAME);
    cr_assert_eq(frame.action, STOMP_BEGIN);
    cr_assert_eq(
        stomp_parse(&parser, &roomy, STOMP_1_1, slice_after(two, consumed), &frame, &consumed),
        PARSE_FRAME);
    cr_assert_eq(frame.action, STOMP_COMMIT);
}

Test(stomp_parser, skips_line_ends_and_nuls_between_frames)
{
    cr_assert_eq(stomp_skip(BYTES("\n\r\n\0\0 \nSEND")), 7);
    cr_assert_eq(stomp_skip(BYTES("\n\n\n")), 3);
    cr_assert_eq(stomp_skip(BYTES("SEND\n")), 0);
    cr_assert_eq(stomp_skip(SLICE("")), 0);
}

Test(stomp_parser, knows_an_action_by_its_beginning)
{
    assert_action("SEND\n\n", STOMP_SEND);
    assert_action("SENDX\n\n", STOMP_SEND);
    assert_action("SUB\n\n", STOMP_SUBSCRIBE);
    assert_action("SUBSCRIBEX\n\n", STOMP_SUBSCRIBE);
    assert_action("UNSUB\n\n", STOMP_UNSUBSCRIBE);
    assert_action("STOMP\n\n", STOMP_CONNECT);
    assert_action("CONNECT\n\n", STOMP_CONNECT);
    assert_action("DISCONNECT\n\n", STOMP_DISCONNECT);
    assert_action("NACK\n\n", STOMP_NACK);
    assert_action("ABORT\n\n", STOMP_ABORT);
}

Test(stomp_parser, does_not_know_lower_case_or_a_servers_actions)
{
    assert_action("send\n\n", STOMP_UNKNOWN);
    assert_action("MESSAGE\n\n", STOMP_UNKNOWN);
    assert_action("RECEIPT\n\n", STOMP_UNKNOWN);
    assert_action("ERROR\n\n", STOMP_UNKNOWN);
    assert_action("CONNECTED\n\n", STOMP_UNKNOWN);
}

Test(stomp_parser, drops_the_carriage_return_in_1_0_and_1_2)
{
    assert_header(STOMP_1_0, BYTES("SEND\r\ntype:a\r\n\r\n\0"), STOMP_HEADER_TYPE, "a");
    assert_header(STOMP_1_2, BYTES("SEND\r\ntype:a\r\n\r\n\0"), STOMP_HEADER_TYPE, "a");
}

Test(stomp_parser, keeps_the_carriage_return_in_1_1_as_part_of_the_value)
{
    assert_header(STOMP_1_1, BYTES("SEND\r\ntype:a\r\n\r\n\0"), STOMP_HEADER_TYPE, "a\r");
}

Test(stomp_parser, trims_values_in_1_0_only_and_names_never)
{
    assert_header(STOMP_1_0, BYTES("SEND\n type:b\ntype: a b \n\n\0"), STOMP_HEADER_TYPE, "a b");
    assert_header(STOMP_1_1, BYTES("SEND\ntype: a b \n\n\0"), STOMP_HEADER_TYPE, " a b ");
    assert_header(STOMP_1_2, BYTES("SEND\ntype: a b \n\n\0"), STOMP_HEADER_TYPE, " a b ");
}

Test(stomp_parser, lets_the_first_of_repeated_headers_count)
{
    assert_header(STOMP_1_2, BYTES("SEND\ntype:a\ntype:b\nx:1\nx:2\n\n\0"), STOMP_HEADER_TYPE, "a");
    cr_assert_eq(frame.header_count, 2);
    cr_assert(slice_is(frame.headers[1].value, "1"));
}

Test(stomp_parser, finds_repeats_among_many_headers_too)
{
    char text[20000];
    size_t len = (size_t)sprintf(text, "SEND\n");

    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 400; i++)
            len += (size_t)sprintf(text + len, "h%d:%d\n", i, round);
    len += (size_t)sprintf(text + len, "\n") + 1;
    cr_assert_eq(parse(STOMP_1_1, &roomy, slice_of(text, len)), PARSE_FRAME);
    cr_assert_eq(frame.header_count, 400);
    for (int i = 0; i < 400; i++)
        cr_assert(slice_is(frame.headers[i].value, "0"));
}

Test(stomp_parser, takes_a_header_without_a_colon_as_empty)
{
    assert_header(STOMP_1_1, BYTES("SEND\ntype\n\n\0"), STOMP_HEADER_TYPE, "");
}

Test(stomp_parser, keeps_further_colons_in_the_value)
{
    assert_header(STOMP_1_1, BYTES("SEND\ntype:a:b:c\n\n\0"), STOMP_HEADER_TYPE, "a:b:c");
}

Test(stomp_parser, decodes_escapes_in_all_versions)
{
    assert_header(STOMP_1_0, BYTES("SEND\ntype:a\\nb\\cc\\\\d\n\n\0"), STOMP_HEADER_TYPE,
                  "a\nb:c\\d");
    assert_header(STOMP_1_1, BYTES("SEND\ntype:a\\nb\\cc\\\\d\n\n\0"), STOMP_HEADER_TYPE,
                  "a\nb:c\\d");
}

Test(stomp_parser, decodes_the_escaped_carriage_return_in_1_2_only)
{
    assert_header(STOMP_1_2, BYTES("SEND\ntype:a\\rb\n\n\0"), STOMP_HEADER_TYPE, "a\rb");
    assert_header(STOMP_1_1, BYTES("SEND\ntype:a\\rb\n\n\0"), STOMP_HEADER_TYPE, "a\\rb");
}

Test(stomp_parser, keeps_undefined_escapes_as_they_are)
{
    assert_header(STOMP_1_2, BYTES("SEND\ntype:a\\tb\\\n\n\0"), STOMP_HEADER_TYPE, "a\\tb\\");
}

Test(stomp_parser, does_not_decode_names)
{
    cr_assert_eq(parse(STOMP_1_2, &roomy, BYTES("SEND\na\\cb:x\n\n\0")), PARSE_FRAME);
    cr_assert(slice_is(frame.headers[0].name, "a\\cb"));
}

Test(stomp_parser, lets_a_counted_body_hold_nuls)
{
    cr_assert_eq(parse(STOMP_1_1, &roomy, BYTES("SEND\ncontent-length:3\n\na\0b\0")), PARSE_FRAME);
    cr_assert(slice_equal(frame.body, BYTES("a\0b")));
    cr_assert(frame.has_body_len);
}

Test(stomp_parser, ends_an_uncounted_body_at_the_first_nul)
{
    const struct slice in = BYTES("SEND\n\nab\0cd\0");

    cr_assert_eq(parse(STOMP_1_1, &roomy, in), PARSE_FRAME);
    cr_assert(slice_is(frame.body, "ab"));
    cr_assert_eq(consumed, in.len - 3);
    cr_assert_not(frame.has_body_len);
}

Test(stomp_parser, reads_content_length_on_SEND_only)
{
    cr_assert_eq(parse(STOMP_1_1, &roomy, BYTES("ACK\ncontent-length:900\n\n\0")), PARSE_FRAME);
    cr_assert_eq(frame.body.len, 0);
}

Test(stomp_parser, refuses_a_counted_body_without_its_nul)
{
    assert_error(&roomy, BYTES("SEND\ncontent-length:2\n\nabc\0"), STOMP_ERROR_BAD_TERMINATOR);
}

Test(stomp_parser, refuses_a_content_length_that_is_no_number)
{
    assert_error(&roomy, BYTES("SEND\ncontent-length:x\n\n\0"), STOMP_ERROR_BAD_LENGTH);
    assert_error(&roomy, BYTES("SEND\ncontent-length:-1\n\n\0"), STOMP_ERROR_BAD_LENGTH);
    assert_error(&roomy, BYTES("SEND\ncontent-length:\n\n\0"), STOMP_ERROR_BAD_LENGTH);
}

Test(stomp_parser, refuses_a_huge_content_length_before_a_byte_of_the_body)
{
    assert_error(&roomy, BYTES("SEND\ncontent-length:99999999999999999999999\n\n"),
                 STOMP_ERROR_BODY_TOO_LONG);
    assert_error(&roomy, BYTES("SEND\ncontent-length:4294967296\n\n"), STOMP_ERROR_BODY_TOO_LONG);
}

Test(stomp_parser, refuses_a_nul_inside_the_headers)
{
    assert_error(&roomy, BYTES("SEND\nx:\0\n\n\0"), STOMP_ERROR_NUL_IN_HEAD);
}

Test(stomp_parser, refuses_a_long_action_without_waiting_for_its_end)
{
    const struct stomp_limits limits = {8, 100, 10, 100, INT64_MAX};

    assert_error(&limits, BYTES("ABCDEFGHI"), STOMP_ERROR_ACTION_TOO_LONG);
    cr_assert_eq(parse(STOMP_1_1, &limits, BYTES("ABCDEFGH")), PARSE_NEED_MORE);
}

Test(stomp_parser, refuses_a_long_header_line_without_waiting_for_its_end)
{
    const struct stomp_limits limits = {8, 10, 10, 100, INT64_MAX};

    assert_error(&limits, BYTES("SEND\n12345678901"), STOMP_ERROR_HEADER_TOO_LONG);
    cr_assert_eq(parse(STOMP_1_1, &limits, BYTES("SEND\n1234567890")), PARSE_NEED_MORE);
}

Test(stomp_parser, refuses_one_header_more_than_the_limit)
{
    const struct stomp_limits limits = {8, 10, 2, 100, INT64_MAX};

    cr_assert_eq(parse(STOMP_1_1, &limits, BYTES("SEND\na:1\nb:2\n\n\0")), PARSE_FRAME);
    assert_error(&limits, BYTES("SEND\na:1\nb:2\nc:3\n"), STOMP_ERROR_TOO_MANY_HEADERS);
}

Test(stomp_parser, refuses_a_long_body_with_and_without_a_count)
{
    const struct stomp_limits limits = {8, 30, 2, 4, INT64_MAX};

    cr_assert_eq(parse(STOMP_1_1, &limits, BYTES("SEND\n\n1234\0")), PARSE_FRAME);
    assert_error(&limits, BYTES("SEND\n\n12345"), STOMP_ERROR_BODY_TOO_LONG);
    assert_error(&limits, BYTES("SEND\ncontent-length:5\n\n"), STOMP_ERROR_BODY_TOO_LONG);
}

Test(stomp_parser, counts_action_headers_and_body_together_against_the_frame_limit)
{
    const struct stomp_limits limits = {100, 100, 10, 100, 12};

    cr_assert_eq(parse(STOMP_1_1, &limits, BYTES("SEND\n\n123456\0")), PARSE_FRAME);
    assert_error(&limits, BYTES("SEND\n\n1234567"), STOMP_ERROR_FRAME_TOO_LONG);
    assert_error(&limits, BYTES("SEND\nabc:defghij"), STOMP_ERROR_FRAME_TOO_LONG);
    assert_error(&limits, BYTES("ABCDEFGHIJKLM"), STOMP_ERROR_FRAME_TOO_LONG);
}

Test(stomp_parser, finds_every_known_header_by_its_name)
{
    static const struct {
        const char *name;
        enum stomp_header_id id;
    } all[] = {
#define X(id, name) {name, STOMP_HEADER_##id},
        STOMP_HEADERS(X)
#undef X
    };

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        cr_assert_eq(stomp_header_find(slice_of_text(all[i].name)), all[i].id, "%s", all[i].name);
    cr_assert_eq(stomp_header_find(SLICE("Destination")), STOMP_HEADER_OTHER);
    cr_assert_eq(stomp_header_find(SLICE("")), STOMP_HEADER_OTHER);
}
