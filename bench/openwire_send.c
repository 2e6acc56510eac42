/* SPDX-License-Identifier: Apache-2.0 */
#include "openwire_send.h"
#include "stamp.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { PRIORITY_DEFAULT = 4, TYPE_STRING = 9 };

/* Values that stand out in a frame. */
static const int32_t command_marker = 0x11a2b3c4;
static const int64_t sequence_marker = INT64_C(0x3a5c6b174d2e9f01);

static void add_big_endian(struct text *text, uint64_t number, unsigned bytes)
{
    for (unsigned i = bytes; i > 0; i--)
        text_add_char(text, (char)(number >> ((i - 1) * 8)));
}

static void add_string(struct text *text, struct slice string)
{
    add_big_endian(text, string.len, 2);
    text_add(text, string);
}

int openwire_properties(const struct options *options, struct text *out)
{
    if (options->header_count == 0)
        return 0;
    add_big_endian(out, options->header_count, 4);
    for (uint32_t i = 0; i < options->header_count; i++) {
        struct slice all = slice_of_text(options->headers[i]);
        size_t name_len = strcspn(options->headers[i], ":");

        add_string(out, slice_of(all.bytes, name_len));
        text_add_char(out, TYPE_STRING);
        add_string(out, slice_after(all, name_len + 1));
    }
    return text_failed(out) ? -ENOMEM : 0;
}

static void add_body(struct text *text, const struct run *run, uint32_t stream)
{
    const struct options *o = run->options;
    struct stamp stamp = {.run = run->id, .stream = stream};
    uint8_t head[STAMP_BYTES];
    uint32_t filled = 0;

    if (o->is_text)
        add_big_endian(text, o->body_bytes, 4);
    if (o->body_bytes >= STAMP_BYTES) {
        stamp_put(head, &stamp);
        text_add(text, slice_of(head, sizeof head));
        filled = STAMP_BYTES;
    }
    for (; filled < o->body_bytes; filled++)
        text_add_char(text, 'x');
}

/* Where these bytes stand first. */
static size_t place_of(const struct text *text, const void *bytes, size_t len)
{
    const char *found = memmem(text->bytes, text->len, bytes, len);

    assert(found);
    return (size_t)(found - text->bytes);
}

static void find_places(const struct text *text, const struct text *body,
                        const struct options *options, struct send_frame *out)
{
    uint64_t sequence = htobe64((uint64_t)sequence_marker);
    uint32_t command = htobe32((uint32_t)command_marker);
    size_t in_front = options->is_text ? 4 : 0;

    out->sequence_at = place_of(text, &sequence, sizeof sequence);
    out->receipt_at = place_of(text, &command, sizeof command);
    if (options->body_bytes >= STAMP_BYTES)
        out->body_at = place_of(text, body->bytes + in_front, STAMP_BYTES);
}

static struct ow_message describe(const struct openwire *openwire, const struct options *o,
                                  const struct ow_destination *destination,
                                  const struct ow_message_id *id)
{
    return (struct ow_message){
        .command = {{o->is_text ? OW_TEXT_MESSAGE : OW_BYTES_MESSAGE}, command_marker, false},
        .producer_id = &openwire->producer_id,
        .destination = destination,
        .message_id = id,
        .persistent = o->persistent,
        .priority = PRIORITY_DEFAULT,
        .timestamp = INT64_C(1) << 40,
    };
}

int openwire_render_message(struct client *client, const struct run *run, uint32_t stream,
                            bool asks, struct slice properties, struct send_frame *out)
{
    struct openwire *openwire = client->openwire;
    const struct options *o = run->options;
    char name[RUN_NAME_BYTES];
    struct ow_destination destination = {{o->kind == BENCH_QUEUE ? OW_QUEUE : OW_TOPIC},
                                         SLICE_ABSENT};
    struct ow_message_id id = {.object = {OW_MESSAGE_ID},
                               .producer_id = &openwire->producer_id,
                               .producer_sequence_id = sequence_marker};
    struct ow_message message = describe(openwire, o, &destination, &id);
    struct text body, text;
    int error;

    text_init(&body);
    text_init(&text);
    run_destination_name(o, run_stream_destination(o, stream), name);
    destination.physical_name = slice_of_text(name);
    add_body(&body, run, stream);
    message.content = text_slice(&body);
    if (properties.len > 0)
        message.marshalled_properties = properties;
    message.command.response_required = asks;
    error =
        text_failed(&body) ? -ENOMEM : openwire_render(openwire, &message.command.object, &text);
    if (!error) {
        find_places(&text, &body, o, out);
        out->bytes = (uint8_t *)text.bytes; /* the caller's now */
        out->len = text.len;
    } else {
        text_fini(&text);
    }
    text_fini(&body);
    return error;
}
