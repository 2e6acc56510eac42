/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as texts, properties and content of a message that a client sends. What the engine
 * accepts can be rendered; what was rendered is accepted again, and is then the same.
 *
 * The input: kind of message (top bit: compressed), length of a text, two bytes with the length of
 * the properties; then text, properties and content.
 */
#include "jms/unpack.h"
#include "openwire_message.h"
#include <stdlib.h>

enum { HEADER_LEN = 4, UNPACKED_MAX = 100000, NOW_MS = 1000 };

static struct openwire_worker reader,
    writer; /* what one gives, the other's scratch does not hold */
static struct openwire_session session = {.worker = &reader};
static struct openwire_connection connection = {.session = &session};
static struct config config;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* In place of the engine's. */
void engine_stamp(struct engine_client *client, struct message_draft *draft)
{
    (void)client;
    draft->broker_in_ms = NOW_MS;
}

int64_t engine_wall_ms(const struct engine *engine)
{
    (void)engine;
    return NOW_MS;
}

const struct config *engine_config(const struct engine *engine)
{
    (void)engine;
    return &config;
}

static void check(bool truth)
{
    if (!truth)
        abort();
}

static struct message *take(const struct ow_message *in)
{
    struct failure failure = {.class_name = NULL};
    struct message *message = message_of_openwire(&connection, in, &failure);

    check(message || (failure.class_name && failure.text.text[0]));
    return message;
}

static void check_same(const struct message *a, const struct message *b)
{
    check(a->body_kind == b->body_kind && a->compressed == b->compressed);
    check(a->property_count == b->property_count && a->body_count == b->body_count);
    check(a->id_sequence == b->id_sequence);
    for (int part = 0; part < MESSAGE_PART_COUNT; part++) {
        const struct slice left = message_part(a, (enum message_part)part);
        const struct slice right = message_part(b, (enum message_part)part);

        check(slice_is_present(left) == slice_is_present(right) && slice_equal(left, right));
    }
}

static void check_unpack(const struct message *message)
{
    struct unpack_scratch scratch;
    struct unpacked unpacked;

    text_init(&scratch.inflated);
    text_init(&scratch.converted);
    if (body_unpack(message, UNPACKED_MAX, &scratch, &unpacked) == 0)
        check(unpacked.body.len <= UNPACKED_MAX);
    text_fini(&scratch.inflated);
    text_fini(&scratch.converted);
}

static void check_round(const struct ow_blob_message *in)
{
    struct message *first = take(&in->message), *second;
    struct rendering rendering;

    if (!first)
        return;
    rendering_init(&rendering);
    check(render_message(&writer, first, &rendering) == 0);
    second = take(&rendering.blob.message);
    check(second != NULL);
    check_same(first, second);
    if (first->compressed)
        check_unpack(first);
    rendering_fini(&rendering);
    message_unref(first);
    message_unref(second);
}

static struct slice cut(struct slice *rest, size_t len)
{
    const struct slice front = slice_of(rest->bytes, len < rest->len ? len : rest->len);

    *rest = slice_after(*rest, front.len);
    return front;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t types[] = {OW_MESSAGE,        OW_BYTES_MESSAGE,  OW_MAP_MESSAGE,
                                    OW_OBJECT_MESSAGE, OW_STREAM_MESSAGE, OW_TEXT_MESSAGE,
                                    OW_BLOB_MESSAGE};
    struct slice rest = slice_of(data, len), text;
    struct ow_producer_id producer = {.object = {OW_PRODUCER_ID}, .value = 1, .session_id = -1};
    const struct ow_message_id id = {.object = {OW_MESSAGE_ID}, .producer_id = &producer};
    struct ow_destination name = {.object = {OW_TEMP_TOPIC}};
    struct ow_blob_message in = {.message = {.destination = &name, .message_id = &id}};

    if (len < HEADER_LEN)
        return 0;
    rest = slice_after(rest, HEADER_LEN);
    text = cut(&rest, data[1]);
    if (!modified_is_valid(text)) /* the codec would not let it through */
        return 0;
    in.message.marshalled_properties = cut(&rest, (size_t)data[2] << 8 | data[3]);
    in.message.content = rest;
    in.message.command.object.type = types[(data[0] & 0x7f) % ARRAY_LEN(types)];
    in.message.compressed = data[0] & 0x80;
    in.message.type = in.message.correlation_id = in.remote_blob_url = in.mime_type = text;
    name.physical_name = producer.connection_id = text;
    check_round(&in);
    return 0;
}
