/* SPDX-License-Identifier: Apache-2.0 */
#include "openwire_pair.h"
#include "openwire_send.h"
#include "stamp.h"
#include <stdlib.h>

static const char *headers[] = {"color:red", "size:7:8"};

static struct options options(void)
{
    return (struct options){.name = "bench",
                            .destination_count = 3,
                            .producer_count = 1,
                            .body_bytes = 50,
                            .persistent = true};
}

static void expect_message(struct pair *pair, struct send_frame *frame, uint64_t sequence,
                           const char *destination, bool asks)
{
    const struct ow_message *message;

    openwire_patch(frame->bytes, frame, sequence);
    stamp_put_word(frame->bytes + frame->body_at + 8, sequence);
    message = (const struct ow_message *)pair_read(pair, frame->bytes, frame->len);
    cr_assert_eq(message->command.command_id, (int32_t)sequence + 1);
    cr_assert_eq(message->command.response_required, asks);
    cr_assert_eq(message->message_id->producer_sequence_id,
                 (int64_t)(OPENWIRE_SEQUENCE_FIRST + sequence));
    cr_assert(slice_is(message->message_id->producer_id->connection_id, "ID:bench-1-1-1:1"));
    cr_assert(slice_is(message->destination->physical_name, destination));
    cr_assert(message->persistent);
    cr_assert_eq(message->priority, 4);
}

Test(openwire_send, a_message_rendered_once_is_right_with_every_number)
{
    struct options o = options();
    struct run run = {.options = &o, .id = 12345};

    for (unsigned format = 0; format < FORMATS; format++) {
        struct send_frame first[3] = {{NULL}}, plain[3] = {{NULL}}, asking[3] = {{NULL}};
        struct pair pair;

        pair_init(&pair, format);
        for (uint32_t i = 0; i < 3; i++)
            cr_assert_eq(
                openwire_render_message(&pair.client, &run, i, false, SLICE_ABSENT, &first[i]), 0);
        for (uint32_t i = 0; i < 3; i++) {
            cr_assert_eq(
                openwire_render_message(&pair.client, &run, i, false, SLICE_ABSENT, &plain[i]), 0);
            cr_assert_eq(
                openwire_render_message(&pair.client, &run, i, true, SLICE_ABSENT, &asking[i]), 0);
        }
        expect_message(&pair, &first[0], 0, "bench.0", false);
        expect_message(&pair, &first[1], 1, "bench.1", false);
        expect_message(&pair, &first[2], 2, "bench.2", false);
        for (uint64_t n = 3; n < UINT64_C(1) << 29; n = n * 5 + 1) {
            expect_message(&pair, &plain[n % 3], n,
                           (const char *[]){"bench.0", "bench.1", "bench.2"}[n % 3], false);
            expect_message(&pair, &asking[1], n + 1, "bench.1", true);
        }
        if (format & 2) /* what the cache holds is not written again */
            cr_assert_lt(plain[0].len, first[0].len);
        for (uint32_t i = 0; i < 3; i++) {
            free(first[i].bytes);
            free(plain[i].bytes);
            free(asking[i].bytes);
        }
        pair_fini(&pair);
    }
}

Test(openwire_send, texts_have_their_length_in_front_and_headers_are_properties)
{
    struct options o = options();
    struct run run = {.options = &o, .id = 12345};
    struct send_frame frame = {NULL};
    const struct ow_message *message;
    struct text properties;
    struct pair pair;

    o.is_text = true;
    o.headers = headers;
    o.header_count = 2;
    pair_init(&pair, 1);
    text_init(&properties);
    cr_assert_eq(openwire_properties(&o, &properties), 0);
    cr_assert_eq(
        openwire_render_message(&pair.client, &run, 0, false, text_slice(&properties), &frame), 0);
    message = (const struct ow_message *)pair_read(&pair, frame.bytes, frame.len);
    cr_assert_eq(message->command.object.type, OW_TEXT_MESSAGE);
    cr_assert_eq(message->content.len, 54);
    cr_assert_arr_eq(message->content.bytes, "\0\0\0\x32", 4);
    cr_assert_arr_eq(message->content.bytes + 4, frame.bytes + frame.body_at, 50);
    cr_assert(slice_equal(message->marshalled_properties,
                          SLICE("\0\0\0\2\0\5color\x9\0\3red\0\4size\x9\0\3"
                                "7:8")));
    text_fini(&properties);
    free(frame.bytes);
    pair_fini(&pair);
}

Test(openwire_send, a_correlation_id_stands_for_the_next_message_that_has_it)
{
    cr_assert_eq(openwire_confirmed(0, 5), 5);
    cr_assert_eq(openwire_confirmed(0x3ffffff0, 0x3fffffff), 0x3fffffff);
    cr_assert_eq(openwire_confirmed(0x3ffffff0, 7), UINT64_C(0x40000007));
    cr_assert_eq(openwire_confirmed(UINT64_C(0x7ffffffe), 0x3fffffff), UINT64_C(0x7fffffff));
    cr_assert_eq(openwire_confirmed(UINT64_C(0x80000001), 1), UINT64_C(0x80000001));
}
