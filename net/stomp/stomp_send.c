/* SPDX-License-Identifier: Apache-2.0 */
#include "stomp_internal.h"
#include <errno.h>
#include <strings.h>

enum { PRIORITY_DEFAULT = 4, PRIORITY_MAX = 9 };

#define BIT(id) (UINT64_C(1) << STOMP_HEADER_##id)
static_assert(STOMP_HEADER_COUNT <= 64, "a set of headers fits into a word");

/* Headers that become fields of the message, or that a client must not forge. All others become
 * properties. */
static const uint64_t consumed =
    BIT(DESTINATION) | BIT(REPLY_TO) | BIT(CORRELATION_ID) | BIT(EXPIRES) | BIT(TIMESTAMP) |
    BIT(PRIORITY) | BIT(TYPE) | BIT(PERSISTENT) | BIT(RECEIPT) | BIT(TRANSACTION) |
    BIT(MESSAGE_ID) | BIT(REDELIVERED) | BIT(SUBSCRIPTION) | BIT(USER_ID) | BIT(CONTENT_LENGTH) |
    BIT(GROUP_ID) | BIT(GROUP_SEQ) | BIT(DELIVERY_COUNT);

void session_bad_destination(struct stomp_session *session, const struct stomp_frame *frame,
                             int error)
{
    switch (error) {
    case -ENOENT:
        session_fail(session, frame, "The destination has no name");
        break;
    case -ENAMETOOLONG:
        session_refuse(session, frame, "The name of the destination is longer than %d bytes",
                       DESTINATION_NAME_MAX);
        break;
    case -ENOSPC:
        session_refuse(session, frame, "Too many temporary destinations on this connection");
        break;
    default:
        session_refuse(session, frame, "No memory for a destination");
        break;
    }
}

static struct property text_property(struct slice name, struct slice value)
{
    return (struct property){
        name, {.type = value.len > UINT16_MAX ? VALUE_BIG_STRING : VALUE_STRING, .text = value}};
}

static size_t read_properties(const struct stomp_frame *frame, uint64_t left_out,
                              struct property *properties)
{
    size_t count = 0;

    for (unsigned i = 0; i < frame->header_count; i++) {
        if (left_out >> frame->ids[i] & 1 || frame->headers[i].name.len > UINT16_MAX)
            continue;
        properties[count++] = text_property(frame->headers[i].name, frame->headers[i].value);
    }
    return count;
}

struct number_header {
    enum stomp_header_id id;
    const char *name;
    int64_t min, max;
    bool is_clamped;
};

/* True when absent (then *out stays) or a number. */
static bool read_number(struct stomp_session *session, const struct stomp_frame *frame,
                        const struct number_header *what, int64_t *out)
{
    const struct slice text = stomp_frame_header(frame, what->id);
    int64_t number;

    if (!slice_is_present(text))
        return true;
    if (!slice_to_i64(text, &number) ||
        (!what->is_clamped && (number < what->min || number > what->max))) {
        session_fail(session, frame, "Header %s is not a valid number: [%.*s]", what->name,
                     SLICE_FMT(text));
        return false;
    }
    *out = number < what->min ? what->min : number > what->max ? what->max : number;
    return true;
}

static bool read_numbers(struct stomp_session *session, const struct stomp_frame *frame,
                         struct message_draft *draft)
{
    static const struct number_header expires = {STOMP_HEADER_EXPIRES, "expires", INT64_MIN,
                                                 INT64_MAX, false};
    static const struct number_header timestamp = {STOMP_HEADER_TIMESTAMP, "timestamp", INT64_MIN,
                                                   INT64_MAX, false};
    static const struct number_header priority = {STOMP_HEADER_PRIORITY, "priority", 0,
                                                  PRIORITY_MAX, true};
    static const struct number_header sequence = {STOMP_HEADER_GROUP_SEQ, "JMSXGroupSeq", INT32_MIN,
                                                  INT32_MAX, false};
    static const struct number_header count = {STOMP_HEADER_DELIVERY_COUNT, "JMSXDeliveryCount",
                                               INT32_MIN, INT32_MAX, false};
    int64_t level = PRIORITY_DEFAULT, group_sequence = 0, deliveries = 1;

    draft->timestamp_ms = engine_wall_ms(session->worker->engine);
    if (!read_number(session, frame, &expires, &draft->expiration_ms) ||
        !read_number(session, frame, &timestamp, &draft->timestamp_ms) ||
        !read_number(session, frame, &priority, &level) ||
        !read_number(session, frame, &sequence, &group_sequence) ||
        !read_number(session, frame, &count, &deliveries))
        return false;
    draft->priority = (uint8_t)level;
    draft->group_sequence = (int32_t)group_sequence;
    draft->redelivery_count = deliveries > 1 ? (uint32_t)(deliveries - 1) : 0;
    return true;
}

/* Where the scheduler is on, what it cannot read takes the connection down, as in ActiveMQ. */
static bool check_schedule(struct stomp_session *session, const struct stomp_frame *frame)
{
    static const struct number_header headers[] = {
        {STOMP_HEADER_SCHEDULED_DELAY, "AMQ_SCHEDULED_DELAY", INT64_MIN, INT64_MAX, false},
        {STOMP_HEADER_SCHEDULED_PERIOD, "AMQ_SCHEDULED_PERIOD", INT64_MIN, INT64_MAX, false},
        {STOMP_HEADER_SCHEDULED_REPEAT, "AMQ_SCHEDULED_REPEAT", INT64_MIN, INT64_MAX, false},
    };
    int64_t unused;

    if (!frame->known[STOMP_HEADER_SCHEDULED_DELAY] &&
        !frame->known[STOMP_HEADER_SCHEDULED_PERIOD] &&
        !frame->known[STOMP_HEADER_SCHEDULED_REPEAT])
        return true;
    if (!engine_config(session->worker->engine)->scheduler_support)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(headers); i++)
        if (!read_number(session, frame, &headers[i], &unused))
            return false;
    return true;
}

static bool equals_any_case(struct slice s, const char *word)
{
    return s.len == strlen(word) && strncasecmp((const char *)s.bytes, word, s.len) == 0;
}

/* A transformation that fails leaves a text with the reason, as ActiveMQ does. */
static void transform(struct stomp_session *session, const struct stomp_frame *frame,
                      struct message_draft *draft)
{
    const struct slice header = stomp_frame_header(frame, STOMP_HEADER_TRANSFORMATION);
    const enum stomp_transformation how = stomp_transformation_find(header);
    struct text *entries = &session->worker->scratch.body;
    struct property *last = &session->worker->properties[draft->property_count];
    uint16_t count;

    if (how == TRANSFORM_BYTE) {
        draft->body_kind = BODY_BYTES;
    } else if (how == TRANSFORM_MAP_JSON || how == TRANSFORM_MAP_XML) {
        if (stomp_map_read(how, frame->body, entries, &count) == 0) {
            draft->body_kind = BODY_MAP;
            draft->body = text_slice(entries);
            draft->body_count = count;
            return;
        }
        draft->body_kind = BODY_TEXT;
        *last = text_property(SLICE("transformation-error"), SLICE("The body is not a map"));
        draft->property_count++;
    } else if (how == TRANSFORM_OBJECT_JSON || how == TRANSFORM_OBJECT_XML) {
        draft->body_kind = BODY_TEXT;
        *last = text_property(SLICE("transformation-error"),
                              SLICE("Objects of Java are not supported"));
        draft->property_count++;
    }
}

/* False after an ERROR. */
static bool read_body(struct stomp_session *session, const struct stomp_frame *frame,
                      struct message_draft *draft)
{
    const struct slice kind = stomp_frame_header(frame, STOMP_HEADER_AMQ_MSG_TYPE);
    uint64_t left_out = consumed;

    draft->body = frame->body;
    draft->body_kind = frame->has_body_len ? BODY_BYTES : BODY_TEXT;
    if (slice_is_present(kind)) {
        if (equals_any_case(kind, "text")) {
            draft->body_kind = BODY_TEXT;
            left_out &= ~BIT(CONTENT_LENGTH); /* stays visible, as in ActiveMQ */
        } else if (equals_any_case(kind, "bytes")) {
            draft->body_kind = BODY_BYTES;
        } else {
            session_refuse(session, frame, "Unsupported message type '%.*s'", SLICE_FMT(kind));
            return false;
        }
    }
    draft->properties = session->worker->properties;
    draft->property_count = read_properties(frame, left_out, session->worker->properties);
    if (frame->known[STOMP_HEADER_TRANSFORMATION])
        transform(session, frame, draft);
    return true;
}

/* What is no destination stays a property that the receiver sees unchanged. */
static void read_reply_to(struct stomp_session *session, const struct stomp_frame *frame,
                          struct message_draft *draft)
{
    const struct slice header = stomp_frame_header(frame, STOMP_HEADER_REPLY_TO);

    if (!slice_is_present(header))
        return;
    if (stomp_destination_read(&session->naming, header, false, &session->worker->reply_to,
                               &draft->reply_to) == 0)
        return;
    draft->reply_to.name = SLICE_ABSENT;
    session->worker->properties[draft->property_count++] = text_property(SLICE("reply-to"), header);
}

static bool read_draft(struct stomp_session *session, const struct stomp_frame *frame,
                       struct message_draft *draft)
{
    int error = stomp_destination_read(&session->naming,
                                       stomp_frame_header(frame, STOMP_HEADER_DESTINATION), true,
                                       &session->worker->destination, &draft->destination);

    if (error) {
        session_bad_destination(session, frame, error);
        return false;
    }
    if (!read_numbers(session, frame, draft) || !check_schedule(session, frame) ||
        !read_body(session, frame, draft))
        return false;
    read_reply_to(session, frame, draft);
    draft->correlation_id = stomp_frame_header(frame, STOMP_HEADER_CORRELATION_ID);
    draft->type = stomp_frame_header(frame, STOMP_HEADER_TYPE);
    draft->group_id = stomp_frame_header(frame, STOMP_HEADER_GROUP_ID);
    draft->persistent = slice_is(stomp_frame_header(frame, STOMP_HEADER_PERSISTENT), "true");
    return true;
}

void session_on_send(struct stomp_session *session, const struct stomp_frame *frame)
{
    struct stomp_transaction *transaction;
    struct message_draft draft = {.body_kind = BODY_TEXT};
    struct message *message;

    if (!frame->known[STOMP_HEADER_DESTINATION]) {
        session_refuse(session, frame, "SEND received without a Destination specified!");
        return;
    }
    if (!session_find_transaction(session, frame, &transaction) ||
        !read_draft(session, frame, &draft))
        return;
    engine_stamp(session->client, &draft);
    message = message_create(&draft);
    if (!message) {
        session_refuse(session, frame, "No memory for a message");
        return;
    }
    engine_send(session->client, message, transaction ? transaction->engine : NULL,
                receipt_open(session, frame, RECEIPT_PLAIN, NULL));
}
