/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_MESSAGE_H
#define ENGINE_MESSAGE_H
/*
 * message.h - a message: one allocation, never changed once it has been accepted.
 *
 * What brokers look at are fields; properties and body are bytes. What differs per delivery
 * (redelivery count, subscription, tag) is never in it.
 *
 * Threads    immutable after message_create: any thread may read, ref and unref.
 * Ownership  create and derive give one reference.
 * Limits     all parts together below 4 GB, 65535 properties, names up to PROPERTY_NAME_MAX:
 *            past one, message_create returns NULL.
 *
 * Properties and map bodies are kept in one encoding, a row of entries without a count in front:
 * name length (2 bytes, big-endian), name, type (1 byte, enum value_type), value. Numbers are
 * big-endian; STRING has a 2-byte length, BIG_STRING, BYTES, MAP and LIST a 4-byte length in
 * front. It is OpenWire's primitive map, except that text is plain UTF-8 and that MAP and LIST
 * have that length. A STRING too long for its length field is written as BIG_STRING.
 */
#include "base/compiler.h"
#include "base/slice.h"
#include "engine/destination_name.h"
#include <stdatomic.h>

/* Numbered as OpenWire's primitive types. */
enum value_type {
    VALUE_NULL = 0,
    VALUE_BOOL = 1,
    VALUE_BYTE = 2,
    VALUE_CHAR = 3,
    VALUE_SHORT = 4,
    VALUE_INT = 5,
    VALUE_LONG = 6,
    VALUE_DOUBLE = 7,
    VALUE_FLOAT = 8,
    VALUE_STRING = 9,
    VALUE_BYTES = 10,
    VALUE_MAP = 11,  /* kept as undecoded bytes in `text` */
    VALUE_LIST = 12, /* likewise */
    VALUE_BIG_STRING = 13,
};

struct value {
    enum value_type type;
    union {
        bool boolean;
        int64_t integer;   /* BYTE, CHAR, SHORT, INT, LONG */
        double real;       /* FLOAT, DOUBLE */
        struct slice text; /* STRING, BIG_STRING, BYTES, MAP, LIST */
    };
};

enum { PROPERTY_NAME_MAX = UINT16_MAX };

struct property {
    struct slice name;
    struct value value;
};

enum body_kind {
    BODY_NONE, /* no body: ActiveMQMessage */
    BODY_TEXT, /* UTF-8 */
    BODY_BYTES,
    BODY_MAP,    /* entries as of properties */
    BODY_STREAM, /* passed through as it came */
    BODY_OBJECT, /* passed through, never interpreted */
    BODY_BLOB,   /* entries "url", "mimeType", "deletedByBroker": the data is elsewhere */
};

/* The variable-length parts. */
enum message_part {
    MESSAGE_DESTINATION,
    MESSAGE_ID, /* the producer's part: "ID:host-port-ms-n:c:-1:1"; id_sequence completes it */
    MESSAGE_REPLY_TO,
    MESSAGE_CORRELATION_ID,
    MESSAGE_TYPE,
    MESSAGE_GROUP_ID,
    MESSAGE_USER_ID,
    MESSAGE_ORIGINAL_DESTINATION,
    MESSAGE_BROKER_PATH, /* ids of the brokers passed, comma separated */
    MESSAGE_PROPERTIES,
    MESSAGE_BODY,
    MESSAGE_PART_COUNT,
};

struct message_span {
    uint32_t off, len; /* off 0: absent */
};

struct message {
    _Atomic uint32_t refs;
    uint32_t len; /* of the whole allocation: what memory accounting counts */
    uint8_t destination_kind, reply_to_kind, original_kind; /* enum destination_kind */
    uint8_t body_kind;                                      /* enum body_kind */
    uint8_t priority;                                       /* 0..9 */
    bool persistent, compressed;
    uint8_t advisory;          /* enum advisory_kind, 0: an ordinary message */
    uint32_t redelivery_count; /* as its sender claims */
    int32_t group_sequence;
    uint16_t property_count;
    uint16_t body_count; /* entries of a map body */
    uint64_t id_sequence;
    uint64_t origin; /* the connection it came by, for noLocal; 0: the broker itself */
    int64_t timestamp_ms, expiration_ms; /* since 1970; expiration 0: never */
    int64_t broker_in_ms;
    struct message_span parts[MESSAGE_PART_COUNT];
    uint8_t bytes[];
};

/* What message_create copies from. Zero-initialise, then fill in. */
struct message_draft {
    struct destination_name destination, reply_to, original_destination;
    struct slice id, correlation_id, type, group_id, user_id, broker_path, body;
    const struct property *properties;
    size_t property_count;
    struct slice encoded_properties; /* instead, or in addition (in front) */
    uint16_t encoded_property_count;
    enum body_kind body_kind;
    uint16_t body_count;
    uint8_t priority, advisory;
    bool persistent, compressed;
    uint32_t redelivery_count;
    int32_t group_sequence;
    uint64_t id_sequence, origin;
    int64_t timestamp_ms, expiration_ms, broker_in_ms;
};

/* NULL: no memory, or past the limits above. */
struct message *message_create(const struct message_draft *draft) MUST_CHECK;
/* A draft that describes an existing message; its slices point into that message. */
void message_to_draft(const struct message *message, struct message_draft *draft);
struct message *message_ref(struct message *message) MUST_CHECK;
void message_unref(struct message *message); /* NULL is allowed */

static inline struct slice message_part(const struct message *message, enum message_part part)
{
    struct message_span span = message->parts[part];

    return span.off ? slice_of((const uint8_t *)message + span.off, span.len) : SLICE_ABSENT;
}

static inline struct destination_name message_destination(const struct message *message)
{
    return (struct destination_name){(enum destination_kind)message->destination_kind,
                                     message_part(message, MESSAGE_DESTINATION)};
}

static inline bool message_is_expired(const struct message *message, int64_t now_ms)
{
    return message->expiration_ms > 0 && message->expiration_ms <= now_ms;
}

enum { MESSAGE_ID_MAX = 600 };
/* Writes "<id>:<sequence>" into `out` (cut at MESSAGE_ID_MAX) and returns its length. */
size_t message_id_write(const struct message *message, char out[MESSAGE_ID_MAX]);

/* Walks encoded entries. Start with {entries}; false at the end or at damaged bytes. */
struct property_cursor {
    struct slice rest; /* at false: empty at the end, else it begins with what is damaged */
};
bool property_next(struct property_cursor *cursor, struct property *out);
/* The first entry with that name; false when there is none. */
bool property_find(struct slice entries, struct slice name, struct value *out);
/* Bytes that one entry takes, and writing it. */
size_t property_len(const struct property *property);
uint8_t *property_write(uint8_t *at, const struct property *property);
#endif
