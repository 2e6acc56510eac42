/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.c"
#include <criterion/criterion.h>
#include <stdio.h>

static struct frame_hint marked(const char *mark)
{
    struct frame_hint hint = {.has_mark = true};

    memcpy(hint.mark, mark, sizeof hint.mark);
    return hint;
}

static enum frame_status next(struct frame_hint *hint, struct slice *rest, struct frame *frame)
{
    enum frame_status status = frame_next(hint, *rest, frame);

    if (status == FRAME_WHOLE)
        *rest = slice_after(*rest, frame->consumed);
    return status;
}

Test(frame, finds_a_body_by_its_length_even_with_nuls_in_it)
{
    struct slice in = SLICE("MESSAGE\ncontent-length:3\n\n\0a\0\0\n");
    struct frame_hint hint = {0};
    struct frame frame;

    cr_assert_eq(frame_next(&hint, in, &frame), FRAME_WHOLE);
    cr_assert_eq(frame.kind, FRAME_MESSAGE);
    cr_assert(slice_equal(frame.body, SLICE("\0a\0")));
    cr_assert_eq(frame.consumed, in.len - 1);
}

Test(frame, finds_a_text_body_by_its_nul)
{
    struct slice in = SLICE("\n\0\r\nMESSAGE\r\nx:y\r\n\r\nhello\0");
    struct frame_hint hint = {0};
    struct frame frame;

    cr_assert_eq(frame_next(&hint, in, &frame), FRAME_WHOLE);
    cr_assert_eq(frame.kind, FRAME_MESSAGE);
    cr_assert(slice_is(frame.body, "hello"));
    cr_assert(slice_is(frame_header(&frame, SLICE("x")), "y"));
    cr_assert_eq(frame.consumed, in.len);
}

Test(frame, tells_the_kinds_apart)
{
    static const struct {
        struct slice in;
        enum frame_kind kind;
    } rows[] = {
        {{(const uint8_t *)"RECEIPT\n\n\0", 10}, FRAME_RECEIPT},
        {{(const uint8_t *)"ERROR\n\n\0", 8}, FRAME_ERROR},
        {{(const uint8_t *)"CONNECTED\n\n\0", 12}, FRAME_CONNECTED},
        {{(const uint8_t *)"MESSAGES\n\n\0", 11}, FRAME_OTHER},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct frame_hint hint = {0};
        struct frame frame;

        cr_assert_eq(frame_next(&hint, rows[i].in, &frame), FRAME_WHOLE);
        cr_assert_eq(frame.kind, rows[i].kind, "row %zu", i);
    }
}

Test(frame, waits_at_every_cut_and_then_gives_the_same_frame)
{
    struct slice in = SLICE("MESSAGE\na:b\ncontent-length:5\n\nM\0\n\nx\0");
    struct frame_hint hint = {0};
    struct frame frame;

    for (size_t cut = 0; cut < in.len; cut++) {
        cr_assert_eq(frame_next(&hint, slice_of(in.bytes, cut), &frame), FRAME_PARTIAL);
        cr_assert(frame.consumed == 0 || frame.consumed == in.len, "cut at %zu", cut);
    }
    cr_assert_eq(frame_next(&hint, in, &frame), FRAME_WHOLE);
    cr_assert_eq(frame.body.len, 5);
}

Test(frame, refuses_what_cannot_be_a_frame)
{
    static const char *const heads[] = {
        "MESSAGE\ncontent-length:x\n\n", "MESSAGE\ncontent-length:-1\n\n",
        "MESSAGE\ncontent-length:\n\n", "MESSAGE\ncontent-length:99999999999\n\n",
        "MESSAGE\ncontent-length:1\n\nabc"};
    struct frame_hint hint = {0};
    struct frame frame;

    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        cr_assert_eq(frame_next(&hint, slice_of_text(heads[i]), &frame), FRAME_BROKEN, "%zu", i);
}

/* Heads that grow and shrink, with and without content-length, bodies of two sizes: with a hint
 * the answers are those without. */
Test(frame, with_a_hint_answers_as_without)
{
    static const char *const lengths[] = {"", "content-length:8\n", "content-length:12\n"};
    struct frame_hint hint = marked("abcd"), none = {0};
    char bytes[65536];
    size_t len = 0, frames = 0;
    struct slice hinted, plain;
    struct frame a, b;

    for (unsigned i = 0; i < 300; i++) {
        unsigned form = i / 7 % 3;

        len += (size_t)snprintf(bytes + len, sizeof bytes - len, "MESSAGE\n%smessage-id:%u\n\n%s%s",
                                lengths[form], i * i, i % 11 == 0 ? "other..." : "abcdefgh",
                                form == 2 ? "1234" : "");
        bytes[len++] = '\0';
        bytes[len++] = '\n';
    }
    hinted = plain = slice_of(bytes, len);
    while (next(&none, &plain, &b) == FRAME_WHOLE) {
        cr_assert_eq(next(&hint, &hinted, &a), FRAME_WHOLE);
        cr_assert_eq(a.consumed, b.consumed);
        cr_assert(slice_equal(a.head, b.head));
        cr_assert(slice_equal(a.body, b.body));
        frames++;
    }
    cr_assert_eq(frames, 300);
    cr_assert_eq(next(&hint, &hinted, &a), FRAME_PARTIAL);
}

Test(frame, uses_the_hint_for_a_second_message_of_the_same_form)
{
    struct slice in = SLICE("MESSAGE\ncontent-length:4\nid:1\n\nabcd\0");
    struct frame_hint hint = marked("abcd");
    struct frame frame;

    cr_assert_not(matches_hint(&hint, in));
    cr_assert_eq(frame_next(&hint, in, &frame), FRAME_WHOLE);
    cr_assert(matches_hint(&hint, in));
    for (size_t cut = 0; cut < in.len; cut++)
        cr_assert_not(matches_hint(&hint, slice_of(in.bytes, cut)));
}

Test(frame, header_is_found_by_its_whole_name_and_the_first_counts)
{
    struct slice in = SLICE("MESSAGE\nack-x:no\nack:1\nack:2\nempty:\n\n\0");
    struct frame_hint hint = {0};
    struct frame frame;

    cr_assert_eq(frame_next(&hint, in, &frame), FRAME_WHOLE);
    cr_assert(slice_is(frame_header(&frame, SLICE("ack")), "1"));
    cr_assert(slice_is_present(frame_header(&frame, SLICE("empty"))));
    cr_assert_not(slice_is_present(frame_header(&frame, SLICE("ac"))));
}
