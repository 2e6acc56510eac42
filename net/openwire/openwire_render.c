/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the engine's message to what a client gets.
 */
#include "engine/advisory.h"
#include "openwire_message.h"
#include <endian.h>
#include <errno.h>
#include <stdlib.h>

void rendering_init(struct rendering *rendering)
{
    *rendering = (struct rendering){.advisory = NULL};
    text_init(&rendering->structures);
}

void rendering_fini(struct rendering *rendering)
{
    text_fini(&rendering->structures);
    advisory_destroy(rendering->advisory);
    rendering->advisory = NULL;
}

static const struct ow_destination *name_to_wire(uint8_t kind, struct slice name,
                                                 struct ow_destination *out)
{
    if (!slice_is_present(name))
        return NULL;
    *out = (struct ow_destination){{(uint8_t)(OW_QUEUE + kind)}, name};
    return out;
}

/* The ids of brokers, and pointers to them. */
static int render_path(struct slice path, struct rendering *out)
{
    struct text *room = &out->structures;
    size_t count = 1, len;
    struct ow_broker_id *ids;
    const struct ow_object **items;

    for (size_t i = 0; i < path.len; i++)
        count += path.bytes[i] == ',';
    if (count > INT16_MAX)
        return -EINVAL;
    len = count * (sizeof *ids + sizeof(struct ow_object *));
    if (room->capacity < len) {
        char *bytes = realloc(room->bytes, len);

        if (!bytes)
            return -ENOMEM;
        room->bytes = bytes;
        room->capacity = len;
    }
    ids = (struct ow_broker_id *)(void *)room->bytes;
    items = (const struct ow_object **)(void *)(ids + count);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *comma = path.len > 0 ? memchr(path.bytes, ',', path.len) : NULL;
        const size_t id_len = comma ? (size_t)(comma - path.bytes) : path.len;

        ids[i] = (struct ow_broker_id){{OW_BROKER_ID}, slice_of(path.bytes, id_len)};
        items[i] = &ids[i].object;
        path = slice_after(path, comma ? id_len + 1 : id_len);
    }
    out->blob.message.broker_path =
        (struct ow_array){.items = items, .count = (uint16_t)count, .is_present = true};
    return 0;
}

static int render_text(struct text *scratch, struct slice body, struct slice *content)
{
    struct text *whole = &scratch[SCRATCH_BODY], *piece = &scratch[SCRATCH_PIECE];
    struct slice text;
    uint32_t len;

    piece->len = 0;
    text = modified_of_utf8(body, piece);
    if (text_failed(piece) || text.len > INT32_MAX)
        return -ENOMEM;
    len = htobe32((uint32_t)text.len);
    text_add(whole, slice_of(&len, sizeof len));
    text_add(whole, text);
    *content = text_slice(whole);
    return text_failed(whole) ? -ENOMEM : 0;
}

static struct slice entry_text(struct slice entries, struct slice name)
{
    struct value value;

    return property_find(entries, name, &value) && value.type == VALUE_STRING ? value.text
                                                                              : SLICE_ABSENT;
}

static int render_blob(struct text *scratch, struct slice entries, struct ow_blob_message *out)
{
    struct text *url = &scratch[SCRATCH_BODY], *type = &scratch[SCRATCH_PIECE];
    struct value deleted;

    type->len = 0;
    out->remote_blob_url = modified_of_utf8(entry_text(entries, BLOB_URL), url);
    out->mime_type = modified_of_utf8(entry_text(entries, BLOB_TYPE), type);
    out->deleted_by_broker = property_find(entries, BLOB_DELETED, &deleted) &&
                             deleted.type == VALUE_BOOL && deleted.boolean;
    return text_failed(url) || text_failed(type) ? -ENOMEM : 0;
}

static int render_body(struct text *scratch, const struct message *message, struct rendering *out)
{
    struct slice body = message_part(message, MESSAGE_BODY);
    struct slice *content = &out->blob.message.content;

    *content = SLICE_ABSENT;
    out->blob.remote_blob_url = out->blob.mime_type = SLICE_ABSENT;
    out->blob.deleted_by_broker = false;
    if (!slice_is_present(body) || (message->advisory != ADVISORY_NONE && body.len == 0))
        return 0;
    if (message->body_kind == BODY_BLOB)
        return render_blob(scratch, body, &out->blob);
    if (message->body_kind == BODY_TEXT && !message->compressed)
        return render_text(scratch, body, content);
    *content = body;
    if (message->body_kind != BODY_MAP || message->compressed)
        return 0;
    return map_of_entries(body, message->body_count, &scratch[SCRATCH_BODY], content) ? 0 : -EINVAL;
}

static int render_properties(struct text *scratch, const struct message *message,
                             struct ow_message *out)
{
    out->marshalled_properties = SLICE_ABSENT;
    if (message->property_count == 0)
        return 0;
    return map_of_entries(message_part(message, MESSAGE_PROPERTIES), message->property_count,
                          &scratch[SCRATCH_PROPERTIES], &out->marshalled_properties)
               ? 0
               : -EINVAL;
}

static void render_id(const struct message *message, struct slice id, struct rendering *out)
{
    const struct id_parts parts = id_parts_of(id);

    out->producer = (struct ow_producer_id){
        .object = {OW_PRODUCER_ID},
        .connection_id = slice_is_present(parts.connection) ? parts.connection : SLICE(""),
        .value = parts.value,
        .session_id = parts.session,
    };
    out->id = (struct ow_message_id){
        .object = {OW_MESSAGE_ID},
        .producer_id = &out->producer,
        .producer_sequence_id = (int64_t)message->id_sequence,
    };
    out->blob.message.producer_id = &out->producer;
    out->blob.message.message_id = &out->id;
}

static void render_fields(const struct message *message, int64_t now_ms, struct ow_message *out)
{
    static const uint8_t types[] = {
        [BODY_NONE] = OW_MESSAGE,          [BODY_TEXT] = OW_TEXT_MESSAGE,
        [BODY_BYTES] = OW_BYTES_MESSAGE,   [BODY_MAP] = OW_MAP_MESSAGE,
        [BODY_STREAM] = OW_STREAM_MESSAGE, [BODY_OBJECT] = OW_OBJECT_MESSAGE,
        [BODY_BLOB] = OW_BLOB_MESSAGE,
    };

    *out = (struct ow_message){
        .command = {.object = {types[message->body_kind]}},
        .group_id = message_part(message, MESSAGE_GROUP_ID),
        .group_sequence = message->group_sequence,
        .correlation_id = message_part(message, MESSAGE_CORRELATION_ID),
        .persistent = message->persistent,
        .expiration = message->expiration_ms,
        .priority = (int8_t)message->priority,
        .timestamp = message->timestamp_ms,
        .type = message_part(message, MESSAGE_TYPE),
        .compressed = message->compressed,
        .redelivery_counter =
            message->redelivery_count < INT32_MAX ? (int32_t)message->redelivery_count : INT32_MAX,
        .user_id = message_part(message, MESSAGE_USER_ID),
        .broker_in_time = message->broker_in_ms,
        .broker_out_time = now_ms,
    };
}

/* All texts of the head, in modified UTF-8. */
static int render_head(struct text *scratch, const struct message *message, struct rendering *out)
{
    struct ow_message *to = &out->blob.message;
    struct slice destination = message_part(message, MESSAGE_DESTINATION);
    struct slice reply_to = message_part(message, MESSAGE_REPLY_TO);
    struct slice original = message_part(message, MESSAGE_ORIGINAL_DESTINATION);
    struct slice id = message_part(message, MESSAGE_ID);
    struct slice path = message_part(message, MESSAGE_BROKER_PATH);
    struct slice *const texts[] = {
        &destination,        &reply_to, &original,     &id,          &path,
        &to->correlation_id, &to->type, &to->group_id, &to->user_id,
    };

    if (!texts_convert(scratch, modified_of_utf8, texts, ARRAY_LEN(texts)))
        return -ENOMEM;
    to->destination = name_to_wire(message->destination_kind, destination, &out->destination);
    to->reply_to = name_to_wire(message->reply_to_kind, reply_to, &out->reply_to);
    to->original_destination =
        name_to_wire(message->original_kind, original, &out->original_destination);
    render_id(message, id, out);
    return slice_is_present(path) ? render_path(path, out) : 0;
}

int render_with(struct text *scratch, int64_t now_ms, const struct message *message,
                struct rendering *out)
{
    struct ow_message *to = &out->blob.message;
    int error;

    scratch_reset(scratch);
    render_fields(message, now_ms, to);
    error = render_head(scratch, message, out);
    if (!error)
        error = render_properties(scratch, message, to);
    if (error)
        return error;
    if (UNLIKELY(message->advisory != ADVISORY_NONE && message->advisory != ADVISORY_PLAIN))
        return advisory_render(scratch, now_ms, message, out);
    return render_body(scratch, message, out);
}

int render_message(struct openwire_worker *worker, const struct message *message,
                   struct rendering *out)
{
    return render_with(worker->scratch, engine_wall_ms(worker->engine), message, out);
}
