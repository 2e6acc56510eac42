/* SPDX-License-Identifier: Apache-2.0 */
#include "stomp_message.h"
#include "stomp_text.h"

enum {
    FIXED_LEN_MAX = 704,                 /* names of all headers, numbers, the text of a failure */
    PROPERTY_EXTRA = VALUE_TEXT_MAX + 2, /* colon, line end, a number for few bytes */
};

size_t stomp_message_bound(const struct message *message)
{
    static const enum message_part texts[] = {MESSAGE_ID, MESSAGE_CORRELATION_ID, MESSAGE_TYPE,
                                              MESSAGE_USER_ID, MESSAGE_PROPERTIES};
    static const enum message_part names[] = {MESSAGE_DESTINATION, MESSAGE_REPLY_TO,
                                              MESSAGE_ORIGINAL_DESTINATION};
    size_t bound = FIXED_LEN_MAX + (size_t)message->property_count * PROPERTY_EXTRA;

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        bound += 2 * (size_t)message->parts[texts[i]].len;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (message->parts[names[i]].off)
            bound += stomp_destination_bound(message_part(message, names[i]));
    return bound;
}

static uint8_t *put_text(uint8_t *at, const struct message *message, enum message_part part,
                         struct slice name, enum stomp_version version)
{
    if (!message->parts[part].off)
        return at;
    at = put_slice(at, name);
    at = put_escaped(at, message_part(message, part), version);
    *at++ = '\n';
    return at;
}

static uint8_t *put_name(uint8_t *at, const struct stomp_naming *naming, struct slice header,
                         struct destination_name name, enum stomp_version version)
{
    at = put_slice(at, header);
    at = stomp_destination_put(at, naming, name, version);
    *at++ = '\n';
    return at;
}

static uint8_t *put_names(uint8_t *at, const struct message *message,
                          const struct stomp_naming *naming, enum stomp_version version)
{
    at = put_name(at, naming, SLICE("destination:"), message_destination(message), version);
    if (message->parts[MESSAGE_REPLY_TO].off) {
        const struct destination_name name = {(enum destination_kind)message->reply_to_kind,
                                              message_part(message, MESSAGE_REPLY_TO)};

        at = put_name(at, naming, SLICE("reply-to:"), name, version);
    }
    if (message->parts[MESSAGE_ORIGINAL_DESTINATION].off) {
        const struct destination_name name = {(enum destination_kind)message->original_kind,
                                              message_part(message, MESSAGE_ORIGINAL_DESTINATION)};

        at = put_name(at, naming, SLICE("original-destination:"), name, version);
    }
    return at;
}

static uint8_t *put_number(uint8_t *at, struct slice name, int64_t number)
{
    at = put_slice(at, name);
    at = put_decimal(at, number);
    *at++ = '\n';
    return at;
}

/* A property may not stand in for a header that the broker vouches for. */
static bool is_ours(const struct message *message, const struct stomp_content *content,
                    struct slice name, enum stomp_version version)
{
    switch (stomp_header_find(name)) {
    case STOMP_HEADER_DESTINATION:
    case STOMP_HEADER_MESSAGE_ID:
    case STOMP_HEADER_EXPIRES:
    case STOMP_HEADER_PRIORITY:
    case STOMP_HEADER_TIMESTAMP:
    case STOMP_HEADER_SUBSCRIPTION:
    case STOMP_HEADER_REDELIVERED:
    case STOMP_HEADER_PERSISTENT:
    case STOMP_HEADER_USER_ID:
    case STOMP_HEADER_CONTENT_LENGTH:
        return true;
    case STOMP_HEADER_ACK:
        return version == STOMP_1_2;
    case STOMP_HEADER_TRANSFORMATION:
        return slice_is_present(content->transformation);
    case STOMP_HEADER_CORRELATION_ID:
        return message->parts[MESSAGE_CORRELATION_ID].off != 0;
    case STOMP_HEADER_REPLY_TO:
        return message->parts[MESSAGE_REPLY_TO].off != 0;
    case STOMP_HEADER_TYPE:
        return message->parts[MESSAGE_TYPE].off != 0;
    case STOMP_HEADER_ORIGINAL_DESTINATION:
        return message->parts[MESSAGE_ORIGINAL_DESTINATION].off != 0;
    default:
        return false;
    }
}

/* Other protocols allow names that would break a frame. */
static bool is_clean(struct slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.bytes[i] == '\0' || name.bytes[i] == '\n' || name.bytes[i] == '\r' ||
            name.bytes[i] == ':')
            return false;
    return name.len > 0;
}

static uint8_t *put_properties(uint8_t *at, const struct message *message,
                               const struct stomp_content *content, enum stomp_version version,
                               bool *has_body_len)
{
    struct property_cursor cursor = {message_part(message, MESSAGE_PROPERTIES)};
    struct property property;

    while (property_next(&cursor, &property)) {
        if (is_ours(message, content, property.name, version)) {
            if (slice_is(property.name, "content-length"))
                *has_body_len = true;
            continue;
        }
        if (!is_clean(property.name))
            continue;
        at = put_slice(at, property.name);
        *at++ = ':';
        at = put_value(at, &property.value, version);
        *at++ = '\n';
    }
    return at;
}

uint8_t *stomp_message_put(uint8_t *at, const struct message *message,
                           const struct stomp_content *content, const struct stomp_naming *naming,
                           enum stomp_version version)
{
    /* A text with a NUL inside needs a count as well, or its rest would be read as a frame. */
    bool has_body_len =
        content->is_counted ||
        (content->body.len > 0 && memchr(content->body.bytes, '\0', content->body.len) != NULL);

    at = put_names(at, message, naming, version);
    at = PUT(at, "message-id:");
    at = put_escaped(at, message_part(message, MESSAGE_ID), version);
    if (version == STOMP_1_0)
        *at++ = ':';
    else
        at = PUT(at, "\\c");
    at = put_decimal(at, (int64_t)message->id_sequence);
    at = put_number(at, SLICE("\nexpires:"), message->expiration_ms);
    at = put_number(at, SLICE("timestamp:"), message->timestamp_ms);
    at = put_number(at, SLICE("priority:"), message->priority);
    if (message->persistent)
        at = PUT(at, "persistent:true\n");
    at = put_text(at, message, MESSAGE_CORRELATION_ID, SLICE("correlation-id:"), version);
    at = put_text(at, message, MESSAGE_TYPE, SLICE("type:"), version);
    at = put_text(at, message, MESSAGE_USER_ID, SLICE("JMSXUserID:"), version);
    at = put_properties(at, message, content, version, &has_body_len);
    if (slice_is_present(content->transformation)) {
        at = PUT(at, "transformation:");
        at = put_slice(at, content->transformation);
        *at++ = '\n';
    }
    if (content->has_failed) {
        at = PUT(at, "transformation-error:");
        at = put_escaped(at, slice_of_text(content->why), version);
        *at++ = '\n';
    }
    if (has_body_len)
        at = put_number(at, SLICE("content-length:"), (int64_t)content->body.len);
    *at++ = '\n';
    return at;
}
