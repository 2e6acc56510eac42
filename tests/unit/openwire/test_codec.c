/* SPDX-License-Identifier: Apache-2.0 */
#include "both_ends.h"
#include "openwire/rare.h"
#include "render.h"
#include "vectors.h"

enum { STREAMS_MAX = 512 };

/* Frames of one stream share its caches; captured ones change their format after the first. */
static struct codec *codec_for(struct codec codecs[STREAMS_MAX], const struct vector *vector)
{
    struct codec *codec = &codecs[vector->stream];
    const struct ow_format *a = &codec->format, *b = &vector->format;

    cr_assert_lt(vector->stream, STREAMS_MAX);
    if (codec->reader && a->version == b->version && a->tight == b->tight &&
        a->cache_size == b->cache_size && a->stack_trace == b->stack_trace)
        return codec;
    codec_close(codec);
    codec_open(codec, b);
    return codec;
}

/* Decodes, compares the fields with what was recorded, encodes, compares the bytes. */
static void check_vector(struct codec *codec, const struct vector *vector)
{
    struct ow_read read = ow_read(codec->reader, vector->frame);
    struct text text;
    struct ow_frame frame;

    text_init(&text);
    cr_assert_eq(read.error, OW_OK, "%s %s: %s at %s", vector->set, vector->type,
                 ow_error_text(read.error), read.where);
    cr_assert_eq(read.used, vector->frame.len);
    cr_assert_str_eq(ow_type_name((enum ow_type)read.object->type), vector->type);
    render_object(&text, read.object, vector->format.version, vector->format.stack_trace);
    cr_assert_str_eq(text.bytes, vector->fields);
    cr_assert_eq(ow_write(codec->writer, read.object, &frame), OW_OK);
    joined(&frame, &text);
    cr_assert(slice_equal(text_slice(&text), vector->frame), "%s %s, version %d, stream %d",
              vector->set, vector->type, vector->format.version, vector->stream);
    text_fini(&text);
}

Test(codec, reads_what_was_recorded_and_writes_the_same_bytes)
{
    struct codec *codecs = calloc(STREAMS_MAX, sizeof *codecs);
    struct vectors vectors;
    struct vector vector;
    unsigned count = 0;

    vectors_open(&vectors);
    for (; vectors_next(&vectors, &vector); count++)
        check_vector(codec_for(codecs, &vector), &vector);
    for (unsigned i = 0; i < STREAMS_MAX; i++)
        codec_close(&codecs[i]);
    free(codecs);
    vectors_close(&vectors);
    cr_assert_eq(count, 506);
}

static void check_message(const struct ow_message *got)
{
    cr_assert_eq(got->command.object.type, OW_TEXT_MESSAGE);
    cr_assert(got->command.response_required);
    cr_assert_eq(got->producer_id->value, 1);
    cr_assert_eq(got->producer_id->session_id, 2);
    cr_assert(slice_is(got->destination->physical_name, "Q"));
    cr_assert_null(got->transaction_id);
    cr_assert(slice_is(got->message_id->text_view, "view"));
    cr_assert_eq(got->message_id->producer_sequence_id, 3);
    cr_assert_eq(got->message_id->broker_sequence_id, 4);
    cr_assert(slice_is(got->group_id, "group"));
    cr_assert_eq(got->group_sequence, 6);
    cr_assert(slice_is(got->correlation_id, "correlation"));
    cr_assert(got->persistent && !got->compressed);
    cr_assert_eq(got->expiration, 7);
    cr_assert_eq(got->priority, 8);
    cr_assert_eq(got->reply_to->object.type, OW_TOPIC);
    cr_assert_eq(got->timestamp, 9);
    cr_assert(slice_is(got->type, "type"));
    cr_assert(slice_is(got->content, "content"));
    cr_assert(!slice_is_present(got->marshalled_properties));
    cr_assert_eq(got->redelivery_counter, 10);
    cr_assert(slice_is(got->user_id, "user"));
    cr_assert(!got->received_by_df_bridge && got->droppable);
    cr_assert_eq(got->broker_out_time, 11);
}

/* The comparison above goes through the tables; this one does not. */
Test(codec, fields_arrive_in_the_members_of_their_names)
{
    const struct ow_producer_id producer = {{OW_PRODUCER_ID}, SLICE("c"), 1, 2};
    const struct ow_destination queue = {{OW_QUEUE}, SLICE("Q")}, topic = {{OW_TOPIC}, SLICE("T")};
    const struct ow_message_id id = {{OW_MESSAGE_ID}, SLICE("view"), &producer, 3, 4};
    const struct ow_message message = {
        .command = {{OW_TEXT_MESSAGE}, 5, true},
        .producer_id = &producer,
        .destination = &queue,
        .message_id = &id,
        .group_id = SLICE("group"),
        .group_sequence = 6,
        .correlation_id = SLICE("correlation"),
        .persistent = true,
        .expiration = 7,
        .priority = 8,
        .reply_to = &topic,
        .timestamp = 9,
        .type = SLICE("type"),
        .content = SLICE("content"),
        .redelivery_counter = 10,
        .user_id = SLICE("user"),
        .droppable = true,
        .broker_out_time = 11,
    };
    const struct ow_consumer_id consumer = {{OW_CONSUMER_ID}, SLICE("d"), 12, 13};
    const struct ow_message_dispatch dispatch = {
        {{OW_MESSAGE_DISPATCH}, 14, false}, &consumer, &topic, &message, 15};

    for (unsigned form = 0; form < 4; form++) {
        struct ow_format format = {12, form & 1, form & 2, false, form & 2 ? 1024 : 0};
        const struct ow_message_dispatch *got;
        struct codec codec;
        struct text bytes;

        text_init(&bytes);
        codec_open(&codec, &format);
        got = (const void *)passed(&codec, &dispatch, &bytes).object;
        cr_assert_eq(got->command.command_id, 14);
        cr_assert_eq(got->consumer_id->session_id, 12);
        cr_assert_eq(got->consumer_id->value, 13);
        cr_assert(slice_is(got->destination->physical_name, "T"));
        cr_assert_eq(got->redelivery_counter, 15);
        check_message(got->message);
        codec_close(&codec);
        text_fini(&bytes);
    }
}

Test(codec, an_older_version_leaves_out_what_it_does_not_have)
{
    const struct ow_format format = {.version = 1};
    const struct ow_message_id id = {{OW_MESSAGE_ID}, SLICE("view"), NULL, 3, 4};
    const struct ow_message message = {
        .command = {{OW_MESSAGE}, 5, true}, .message_id = &id, .droppable = true, .arrival = 7};
    const struct ow_message *got;
    struct codec codec;
    struct text bytes;

    text_init(&bytes);
    codec_open(&codec, &format);
    got = (const void *)passed(&codec, &message, &bytes).object;
    cr_assert_eq(got->arrival, 7);
    cr_assert(!got->droppable);
    cr_assert(!slice_is_present(got->message_id->text_view));
    codec_close(&codec);
    text_fini(&bytes);
}

Test(codec, long_content_is_not_copied)
{
    static uint8_t content[OW_SHARED_MIN];
    const struct ow_message message = {.command = {{OW_BYTES_MESSAGE}, 1, false},
                                       .content = {content, sizeof content},
                                       .marshalled_properties = {content, sizeof content}};

    for (unsigned tight = 0; tight < 2; tight++) {
        struct ow_format format = {.version = 12, .tight = tight};
        const struct ow_message *got;
        struct ow_frame frame;
        struct codec codec;
        struct text bytes;

        text_init(&bytes);
        codec_open(&codec, &format);
        cr_assert_eq(ow_write(codec.writer, &message.command.object, &frame), OW_OK);
        cr_assert_eq(frame.shared.bytes, content);
        cr_assert_eq(frame.shared.len, sizeof content);
        got = (const void *)passed(&codec, &message, &bytes).object;
        cr_assert(slice_equal(got->content, message.content));
        cr_assert(slice_equal(got->marshalled_properties, message.marshalled_properties));
        codec_close(&codec);
        text_fini(&bytes);
    }
}

Test(codec, a_text_too_long_for_the_form_is_not_written_and_does_no_harm)
{
    static uint8_t text[65536];
    struct ow_destination queue = {{OW_QUEUE}, {text, 0}};
    const struct ow_producer_id producer = {{OW_PRODUCER_ID}, SLICE("c"), 1, 2};
    struct ow_producer_info info = {
        .command = {{OW_PRODUCER_INFO}, 1, false}, .producer_id = &producer, .destination = &queue};

    memset(text, 'x', sizeof text);
    for (unsigned form = 0; form < 4; form++) {
        struct ow_format format = {12, form & 1, form & 2, false, form & 2 ? 1024 : 0};
        const struct ow_producer_info *got;
        struct ow_frame frame;
        struct codec codec;
        struct text bytes;

        text_init(&bytes);
        codec_open(&codec, &format);
        queue.physical_name.len = (form & 1 ? 32766 : 65535) + 1;
        cr_assert_eq(ow_write(codec.writer, &info.command.object, &frame), OW_TEXT_TOO_LONG);
        /* The producer id had a slot in what was not sent. */
        queue.physical_name.len--;
        got = (const void *)passed(&codec, &info, &bytes).object;
        cr_assert_eq(got->destination->physical_name.len, queue.physical_name.len);
        cr_assert_eq(got->producer_id->session_id, 2);
        codec_close(&codec);
        text_fini(&bytes);
    }
}

Test(codec, a_type_that_the_version_does_not_have_is_not_written)
{
    const struct ow_message_pull pull = {.command = {{OW_MESSAGE_PULL}, 1, false}};
    const struct ow_format format = {.version = 1};
    struct ow_frame frame;
    struct codec codec;

    codec_open(&codec, &format);
    cr_assert_eq(ow_write(codec.writer, &pull.command.object, &frame), OW_UNKNOWN_TYPE);
    codec_close(&codec);
}

/* As many null elements as an array may have: a bit each, in all three headers of the bits. */
Test(codec, many_booleans_are_written_and_read)
{
    static const struct ow_object *items[INT16_MAX];
    struct ow_data_array_response response = {.response = {{{OW_DATA_ARRAY_RESPONSE}, 1, false}, 2},
                                              .data = {items, 0, true}};
    const struct ow_format format = {.version = 12, .tight = true};
    struct ow_limits limits = OW_LIMITS_DEFAULT;
    struct codec codec;
    struct text bytes;

    text_init(&bytes);
    codec_open(&codec, &format);
    ow_reader_destroy(codec.reader);
    limits.objects_max = 40000;
    codec.reader = ow_reader_create(&limits);
    cr_assert_eq(ow_reader_set_format(codec.reader, &format), 0);
    for (uint16_t count = 0; count < 2100; count++) {
        response.data.count = count;
        cr_assert_eq(
            ((const struct ow_data_array_response *)passed(&codec, &response, &bytes).object)
                ->data.count,
            count);
    }
    response.data.count = INT16_MAX;
    passed(&codec, &response, &bytes);
    codec_close(&codec);
    text_fini(&bytes);
}
