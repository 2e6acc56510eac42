/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message.c - building messages and walking their properties.
 *
 * Threads    see message.h. A reference count needs no more than relaxed order going up: who
 *            takes a reference already has one. Going down, the release part publishes the last
 *            reads of this holder, and the acquire part lets the one who frees see them all.
 */
#include "engine/message.h"
#include <endian.h>
#include <stdlib.h>

enum {
    NAME_LEN_BYTES = 2,
    TYPE_BYTES = 1,
    TEXT_LEN_MAX = UINT16_MAX,
    U64_DIGITS_MAX = 20,
};

static_assert(sizeof(struct message) == offsetof(struct message, bytes), "no gap before the parts");

static struct message_span append(struct message *message, uint32_t *at, struct slice part)
{
    struct message_span span = {0, 0};

    if (!slice_is_present(part))
        return span;
    span = (struct message_span){*at, (uint32_t)part.len};
    if (part.len > 0)
        memcpy((uint8_t *)message + *at, part.bytes, part.len);
    *at += span.len;
    return span;
}

static struct message_span append_properties(struct message *message, uint32_t *at,
                                             const struct message_draft *draft)
{
    struct message_span span = append(message, at, draft->encoded_properties);
    uint8_t *end = (uint8_t *)message + *at;

    if (draft->property_count == 0)
        return span;
    if (span.off == 0)
        span.off = *at;
    for (size_t i = 0; i < draft->property_count; i++)
        end = property_write(end, &draft->properties[i]);
    *at = (uint32_t)(end - (uint8_t *)message);
    span.len = *at - span.off;
    return span;
}

/* 0: beyond the limits of message.h. */
static size_t total_len(const struct message_draft *draft)
{
    size_t len = sizeof(struct message);

    len += draft->destination.name.len + draft->reply_to.name.len;
    len += draft->original_destination.name.len + draft->id.len + draft->correlation_id.len;
    len += draft->type.len + draft->group_id.len + draft->user_id.len + draft->broker_path.len;
    len += draft->body.len + draft->encoded_properties.len;
    for (size_t i = 0; i < draft->property_count; i++) {
        if (draft->properties[i].name.len > PROPERTY_NAME_MAX)
            return 0;
        len += property_len(&draft->properties[i]);
    }
    if (draft->property_count + draft->encoded_property_count > UINT16_MAX)
        return 0;
    return len <= UINT32_MAX ? len : 0;
}

static void copy_fields(struct message *message, const struct message_draft *draft)
{
    atomic_init(&message->refs, 1);
    message->destination_kind = (uint8_t)draft->destination.kind;
    message->reply_to_kind = (uint8_t)draft->reply_to.kind;
    message->original_kind = (uint8_t)draft->original_destination.kind;
    message->body_kind = (uint8_t)draft->body_kind;
    message->priority = draft->priority;
    message->persistent = draft->persistent;
    message->compressed = draft->compressed;
    message->advisory = draft->advisory;
    message->redelivery_count = draft->redelivery_count;
    message->group_sequence = draft->group_sequence;
    message->property_count = (uint16_t)(draft->property_count + draft->encoded_property_count);
    message->body_count = draft->body_count;
    message->id_sequence = draft->id_sequence;
    message->origin = draft->origin;
    message->timestamp_ms = draft->timestamp_ms;
    message->expiration_ms = draft->expiration_ms;
    message->broker_in_ms = draft->broker_in_ms;
}

/* What routing and selectors read comes first, next to the fields; the body comes last. */
static uint32_t copy_parts(struct message *message, const struct message_draft *draft)
{
    struct message_span *parts = message->parts;
    uint32_t at = sizeof(struct message);

    parts[MESSAGE_DESTINATION] = append(message, &at, draft->destination.name);
    parts[MESSAGE_ID] = append(message, &at, draft->id);
    parts[MESSAGE_REPLY_TO] = append(message, &at, draft->reply_to.name);
    parts[MESSAGE_CORRELATION_ID] = append(message, &at, draft->correlation_id);
    parts[MESSAGE_TYPE] = append(message, &at, draft->type);
    parts[MESSAGE_GROUP_ID] = append(message, &at, draft->group_id);
    parts[MESSAGE_USER_ID] = append(message, &at, draft->user_id);
    parts[MESSAGE_ORIGINAL_DESTINATION] = append(message, &at, draft->original_destination.name);
    parts[MESSAGE_BROKER_PATH] = append(message, &at, draft->broker_path);
    parts[MESSAGE_PROPERTIES] = append_properties(message, &at, draft);
    parts[MESSAGE_BODY] = append(message, &at, draft->body);
    return at;
}

struct message *message_create(const struct message_draft *draft)
{
    size_t len = total_len(draft);
    struct message *message = len > 0 ? malloc(len) : NULL;

    if (!message)
        return NULL;
    copy_fields(message, draft);
    message->len = copy_parts(message, draft);
    assert(message->len == len);
    return message;
}

static struct destination_name named(uint8_t kind, struct slice name)
{
    return (struct destination_name){(enum destination_kind)kind, name};
}

void message_to_draft(const struct message *message, struct message_draft *draft)
{
    *draft = (struct message_draft){
        .destination = message_destination(message),
        .reply_to = named(message->reply_to_kind, message_part(message, MESSAGE_REPLY_TO)),
        .original_destination =
            named(message->original_kind, message_part(message, MESSAGE_ORIGINAL_DESTINATION)),
        .id = message_part(message, MESSAGE_ID),
        .correlation_id = message_part(message, MESSAGE_CORRELATION_ID),
        .type = message_part(message, MESSAGE_TYPE),
        .group_id = message_part(message, MESSAGE_GROUP_ID),
        .user_id = message_part(message, MESSAGE_USER_ID),
        .broker_path = message_part(message, MESSAGE_BROKER_PATH),
        .body = message_part(message, MESSAGE_BODY),
        .encoded_properties = message_part(message, MESSAGE_PROPERTIES),
        .encoded_property_count = message->property_count,
        .body_kind = (enum body_kind)message->body_kind,
        .body_count = message->body_count,
        .priority = message->priority,
        .advisory = message->advisory,
        .persistent = message->persistent,
        .compressed = message->compressed,
        .redelivery_count = message->redelivery_count,
        .group_sequence = message->group_sequence,
        .id_sequence = message->id_sequence,
        .origin = message->origin,
        .timestamp_ms = message->timestamp_ms,
        .expiration_ms = message->expiration_ms,
        .broker_in_ms = message->broker_in_ms,
    };
}

struct message *message_ref(struct message *message)
{
    uint32_t before = atomic_fetch_add_explicit(&message->refs, 1, memory_order_relaxed);

    assert(before > 0);
    return message;
}

void message_unref(struct message *message)
{
    uint32_t before;

    if (!message)
        return;
    before = atomic_fetch_sub_explicit(&message->refs, 1, memory_order_acq_rel);
    assert(before > 0);
    if (before == 1)
        free(message);
}

size_t message_id_write(const struct message *message, char out[MESSAGE_ID_MAX])
{
    struct slice id = message_part(message, MESSAGE_ID);
    char tail[1 + U64_DIGITS_MAX];
    char *first = tail + sizeof tail;
    uint64_t sequence = message->id_sequence;
    size_t len = id.len < MESSAGE_ID_MAX ? id.len : MESSAGE_ID_MAX;
    size_t tail_len;

    do {
        *--first = (char)('0' + sequence % 10);
        sequence /= 10;
    } while (sequence > 0);
    *--first = ':';
    tail_len = (size_t)(tail + sizeof tail - first);
    if (tail_len > MESSAGE_ID_MAX - len)
        tail_len = MESSAGE_ID_MAX - len;
    if (len > 0)
        memcpy(out, id.bytes, len);
    memcpy(out + len, first, tail_len);
    return len + tail_len;
}

/* Text beyond the 2-byte length becomes BIG_STRING; readers treat both alike. */
static enum value_type written_type(const struct value *value)
{
    if (value->type == VALUE_STRING && value->text.len > TEXT_LEN_MAX)
        return VALUE_BIG_STRING;
    return value->type;
}

/* Bytes of a fixed-size value; for text, bytes of the length in front. -1: no such type. */
static int fixed_len(unsigned type)
{
    static const int8_t len_of[] = {
        [VALUE_NULL] = 0,  [VALUE_BOOL] = 1,       [VALUE_BYTE] = 1,  [VALUE_CHAR] = 2,
        [VALUE_SHORT] = 2, [VALUE_INT] = 4,        [VALUE_LONG] = 8,  [VALUE_DOUBLE] = 8,
        [VALUE_FLOAT] = 4, [VALUE_STRING] = 2,     [VALUE_BYTES] = 4, [VALUE_MAP] = 4,
        [VALUE_LIST] = 4,  [VALUE_BIG_STRING] = 4,
    };

    return type < ARRAY_LEN(len_of) ? len_of[type] : -1;
}

static bool is_text(unsigned type)
{
    return type >= VALUE_STRING;
}

static uint64_t read_big_endian(const uint8_t *at, size_t len)
{
    uint64_t result = 0;

    for (size_t i = 0; i < len; i++)
        result = result << 8 | at[i];
    return result;
}

static uint8_t *write_big_endian(uint8_t *at, uint64_t number, size_t len)
{
    uint64_t swapped = htobe64(number);

    memcpy(at, (const uint8_t *)&swapped + sizeof swapped - len, len);
    return at + len;
}

static void decode_fixed(unsigned type, const uint8_t *at, struct value *out)
{
    uint64_t raw = read_big_endian(at, (size_t)fixed_len(type));
    uint32_t half = (uint32_t)raw;
    float narrow;

    out->type = (enum value_type)type;
    out->integer = 0;
    if (type == VALUE_BOOL)
        out->boolean = raw != 0;
    else if (type == VALUE_BYTE)
        out->integer = (int8_t)raw;
    else if (type == VALUE_CHAR)
        out->integer = (uint16_t)raw;
    else if (type == VALUE_SHORT)
        out->integer = (int16_t)raw;
    else if (type == VALUE_INT)
        out->integer = (int32_t)raw;
    else if (type == VALUE_LONG)
        out->integer = (int64_t)raw;
    else if (type == VALUE_DOUBLE)
        memcpy(&out->real, &raw, sizeof out->real);
    else if (type == VALUE_FLOAT) {
        memcpy(&narrow, &half, sizeof narrow);
        out->real = (double)narrow;
    }
}

bool property_next(struct property_cursor *cursor, struct property *out)
{
    struct slice rest = cursor->rest;
    size_t len;
    unsigned type;
    int fixed;

    if (rest.len < NAME_LEN_BYTES + TYPE_BYTES)
        return false;
    len = (size_t)rest.bytes[0] << 8 | rest.bytes[1];
    if (rest.len - NAME_LEN_BYTES - TYPE_BYTES < len)
        return false;
    out->name = slice_of(rest.bytes + NAME_LEN_BYTES, len);
    type = rest.bytes[NAME_LEN_BYTES + len];
    rest = slice_after(rest, NAME_LEN_BYTES + len + TYPE_BYTES);
    fixed = fixed_len(type);
    if (fixed < 0 || rest.len < (size_t)fixed)
        return false;
    if (is_text(type)) {
        len = (size_t)read_big_endian(rest.bytes, (size_t)fixed);
        if (rest.len - (size_t)fixed < len)
            return false;
        out->value.type = (enum value_type)type;
        out->value.text = slice_of(rest.bytes + fixed, len);
        cursor->rest = slice_after(rest, (size_t)fixed + len);
        return true;
    }
    decode_fixed(type, rest.bytes, &out->value);
    cursor->rest = slice_after(rest, (size_t)fixed);
    return true;
}

bool property_find(struct slice entries, struct slice name, struct value *out)
{
    struct property_cursor cursor = {entries};
    struct property property;

    while (property_next(&cursor, &property)) {
        if (slice_equal(property.name, name)) {
            *out = property.value;
            return true;
        }
    }
    return false;
}

size_t property_len(const struct property *property)
{
    enum value_type type = written_type(&property->value);
    int fixed = fixed_len(type);
    size_t len = NAME_LEN_BYTES + property->name.len + TYPE_BYTES;

    assert(fixed >= 0);
    return len + (size_t)fixed + (is_text(type) ? property->value.text.len : 0);
}

static uint64_t fixed_bits(const struct value *value)
{
    float narrow = 0;
    uint32_t half;
    uint64_t raw;

    if (value->type == VALUE_BOOL)
        return value->boolean;
    if (value->type == VALUE_DOUBLE) {
        memcpy(&raw, &value->real, sizeof raw);
        return raw;
    }
    if (value->type == VALUE_FLOAT) {
        narrow = (float)value->real;
        memcpy(&half, &narrow, sizeof half);
        return half;
    }
    return value->type == VALUE_NULL ? 0 : (uint64_t)value->integer;
}

uint8_t *property_write(uint8_t *at, const struct property *property)
{
    const struct value *value = &property->value;
    enum value_type type = written_type(value);
    size_t fixed = (size_t)fixed_len(type);

    assert(property->name.len <= PROPERTY_NAME_MAX);
    at = write_big_endian(at, property->name.len, NAME_LEN_BYTES);
    if (property->name.len > 0)
        memcpy(at, property->name.bytes, property->name.len);
    at += property->name.len;
    *at++ = (uint8_t)type;
    if (!is_text(type))
        return write_big_endian(at, fixed_bits(value), fixed);
    at = write_big_endian(at, value->text.len, fixed);
    if (value->text.len > 0)
        memcpy(at, value->text.bytes, value->text.len);
    return at + value->text.len;
}
