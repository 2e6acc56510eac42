/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPENWIRE_TYPES_H
#define OPENWIRE_TYPES_H
/*
 * types.h - OpenWire's data structures: type numbers, ids, destinations, and what all share.
 *
 * A decoded structure begins with struct ow_object, whose type says which struct it is. Members
 * stand in wire order and are named as the specification's fields. NULL and an absent slice are
 * OpenWire's null. Text is modified UTF-8, as it came (jms/text.h turns it into UTF-8 and back).
 *
 * Ownership  of a structure that was read: the reader's (codec.h). Of one to be written: the
 *            caller's, who needs it until the write returns.
 */
#include "base/compiler.h"
#include "base/slice.h"

enum ow_type {
    OW_NULL = 0,
    OW_WIRE_FORMAT_INFO = 1,
    OW_BROKER_INFO = 2,
    OW_CONNECTION_INFO = 3,
    OW_SESSION_INFO = 4,
    OW_CONSUMER_INFO = 5,
    OW_PRODUCER_INFO = 6,
    OW_TRANSACTION_INFO = 7,
    OW_DESTINATION_INFO = 8,
    OW_REMOVE_SUBSCRIPTION_INFO = 9,
    OW_KEEP_ALIVE_INFO = 10,
    OW_SHUTDOWN_INFO = 11,
    OW_REMOVE_INFO = 12,
    OW_CONTROL_COMMAND = 14,
    OW_FLUSH_COMMAND = 15,
    OW_CONNECTION_ERROR = 16,
    OW_CONSUMER_CONTROL = 17,
    OW_CONNECTION_CONTROL = 18,
    OW_PRODUCER_ACK = 19,
    OW_MESSAGE_PULL = 20,
    OW_MESSAGE_DISPATCH = 21,
    OW_MESSAGE_ACK = 22,
    OW_MESSAGE = 23,
    OW_BYTES_MESSAGE = 24,
    OW_MAP_MESSAGE = 25,
    OW_OBJECT_MESSAGE = 26,
    OW_STREAM_MESSAGE = 27,
    OW_TEXT_MESSAGE = 28,
    OW_BLOB_MESSAGE = 29,
    OW_RESPONSE = 30,
    OW_EXCEPTION_RESPONSE = 31,
    OW_DATA_RESPONSE = 32,
    OW_DATA_ARRAY_RESPONSE = 33,
    OW_INTEGER_RESPONSE = 34,
    OW_DISCOVERY_EVENT = 40,
    OW_JOURNAL_TOPIC_ACK = 50,
    OW_JOURNAL_QUEUE_ACK = 52,
    OW_JOURNAL_TRACE = 53,
    OW_JOURNAL_TRANSACTION = 54,
    OW_SUBSCRIPTION_INFO = 55,
    OW_PARTIAL_COMMAND = 60,
    OW_LAST_PARTIAL_COMMAND = 61,
    OW_REPLAY_COMMAND = 65,
    OW_MESSAGE_DISPATCH_NOTIFICATION = 90,
    OW_NETWORK_BRIDGE_FILTER = 91,
    OW_BROKER_SUBSCRIPTION_INFO = 92,
    OW_QUEUE = 100,
    OW_TOPIC = 101,
    OW_TEMP_QUEUE = 102,
    OW_TEMP_TOPIC = 103,
    OW_MESSAGE_ID = 110,
    OW_LOCAL_TRANSACTION_ID = 111,
    OW_XA_TRANSACTION_ID = 112,
    OW_CONNECTION_ID = 120,
    OW_SESSION_ID = 121,
    OW_CONSUMER_ID = 122,
    OW_PRODUCER_ID = 123,
    OW_BROKER_ID = 124,
};

struct ow_object {
    uint8_t type; /* enum ow_type */
};

/* What begins every command. */
struct ow_command {
    struct ow_object object;
    int32_t command_id;
    bool response_required;
};

struct ow_array {
    const struct ow_object *const *items; /* each may be NULL */
    uint16_t count;
    bool is_present; /* false: null, which is not the same as empty */
};

struct ow_stack_frame {
    struct slice class_name, method, file;
    int32_t line;
};

/* An exception. Never acted upon by its class name. */
struct ow_throwable {
    struct slice class_name, message;
    const struct ow_stack_frame *frames; /* only when stack traces were negotiated */
    uint16_t frame_count;
    const struct ow_throwable *cause;
};

/* OW_QUEUE, OW_TOPIC, OW_TEMP_QUEUE, OW_TEMP_TOPIC */
struct ow_destination {
    struct ow_object object;
    struct slice physical_name;
};

struct ow_message_id {
    struct ow_object object;
    struct slice text_view;
    const struct ow_producer_id *producer_id;
    int64_t producer_sequence_id;
    int64_t broker_sequence_id;
};

struct ow_local_transaction_id {
    struct ow_object object;
    int64_t value;
    const struct ow_connection_id *connection_id;
};

struct ow_xa_transaction_id {
    struct ow_object object;
    int32_t format_id;
    struct slice global_transaction_id; /* bytes */
    struct slice branch_qualifier;      /* bytes */
};

struct ow_connection_id {
    struct ow_object object;
    struct slice value;
};

struct ow_session_id {
    struct ow_object object;
    struct slice connection_id;
    int64_t value;
};

struct ow_consumer_id {
    struct ow_object object;
    struct slice connection_id;
    int64_t session_id;
    int64_t value;
};

struct ow_producer_id {
    struct ow_object object;
    struct slice connection_id;
    int64_t value;
    int64_t session_id;
};

struct ow_broker_id {
    struct ow_object object;
    struct slice value;
};
#endif
