/* SPDX-License-Identifier: Apache-2.0 */
#include "openwire_schema.h"
#include "openwire/codec.h"
#include "openwire/rare.h"

/* clang-format off */

/* Zero, if the member has the C type that fields of its kind are read into. */
#define CHECKED(structure, member, type) \
    (0 * sizeof(char[IS_OF_TYPE(((struct ow_##structure *)0)->member, type) ? 1 : -1]))
#define IS_OF_TYPE(member, type) __builtin_types_compatible_p(__typeof__(member), type)

#define FIELD(kind, since, until, name, structure, member, type, ...) \
    {name, (uint16_t)(offsetof(struct ow_##structure, member) + CHECKED(structure, member, type)), \
     VERSIONS(since, until), kind, __VA_ARGS__}
#define VERSIONS(since, until) ((2u << (until)) - (1u << (since)))

/* Rows of the tables below: the first version that has the field, its name, its C struct and
 * member, and which structures it may hold. */
#define BOOL(since, ...)      VALUE(OW_BOOL, since, __VA_ARGS__, bool)
#define BYTE(since, ...)      VALUE(OW_BYTE, since, __VA_ARGS__, int8_t)
#define INT(since, ...)       VALUE(OW_INT, since, __VA_ARGS__, int32_t)
#define LONG(since, ...)      VALUE(OW_LONG, since, __VA_ARGS__, int64_t)
#define STRING(since, ...)    VALUE(OW_STRING, since, __VA_ARGS__, struct slice)
#define BYTES(since, ...)     VALUE(OW_BYTES, since, __VA_ARGS__, struct slice)
#define CONTENT(since, ...)   VALUE(OW_CONTENT, since, __VA_ARGS__, struct slice)
#define FIXED8(since, ...)    VALUE(OW_FIXED8, since, __VA_ARGS__, uint8_t[8])
#define THROWABLE(since, ...) VALUE(OW_THROWABLE, since, __VA_ARGS__, const struct ow_throwable *)
#define NESTED(since, ...)    POINTER(OW_NESTED, since, __VA_ARGS__)
#define CACHED(since, ...)    POINTER(OW_CACHED, since, __VA_ARGS__)
#define ARRAY(since, ...)     ELEMENTS(since, __VA_ARGS__)

#define INT_UNTIL(since, until, name, structure, member) \
    FIELD(OW_INT, since, until, name, structure, member, int32_t, 0, 0)
#define VALUE(kind, since, name, structure, member, type) \
    FIELD(kind, since, OW_VERSION_MAX, name, structure, member, type, 0, 0)
#define POINTER(kind, since, name, structure, member, type_min, type_max, type) \
    FIELD(kind, since, OW_VERSION_MAX, name, structure, member, type, type_min, type_max)
#define ELEMENTS(since, name, structure, member, type_min, type_max, type) \
    FIELD(OW_ARRAY, since, OW_VERSION_MAX, name, structure, member, struct ow_array, \
          type_min, type_max)

/* Which structures: from one type to another, and the C type that points to them. Nobody sends a
 * RemoveInfo of anything but these ids, and no broker knows what that would mean. */
#define ANY                   OW_WIRE_FORMAT_INFO, OW_BROKER_ID, const struct ow_object *
#define ANY_ID                OW_CONNECTION_ID, OW_PRODUCER_ID, const struct ow_object *
#define ANY_MESSAGE           OW_MESSAGE, OW_BLOB_MESSAGE, const struct ow_message *
#define DESTINATION           OW_QUEUE, OW_TEMP_TOPIC, const struct ow_destination *
#define TRANSACTION_ID \
    OW_LOCAL_TRANSACTION_ID, OW_XA_TRANSACTION_ID, const struct ow_object *
#define BROKER_ID             ONLY(OW_BROKER_ID, ow_broker_id)
#define BROKER_INFO           ONLY(OW_BROKER_INFO, ow_broker_info)
#define CONNECTION_ID         ONLY(OW_CONNECTION_ID, ow_connection_id)
#define CONSUMER_ID           ONLY(OW_CONSUMER_ID, ow_consumer_id)
#define CONSUMER_INFO         ONLY(OW_CONSUMER_INFO, ow_consumer_info)
#define MESSAGE_ACK           ONLY(OW_MESSAGE_ACK, ow_message_ack)
#define MESSAGE_ID            ONLY(OW_MESSAGE_ID, ow_message_id)
#define NETWORK_BRIDGE_FILTER ONLY(OW_NETWORK_BRIDGE_FILTER, ow_object)
#define PRODUCER_ID           ONLY(OW_PRODUCER_ID, ow_producer_id)
#define SESSION_ID            ONLY(OW_SESSION_ID, ow_session_id)
#define ONLY(type, structure) type, type, const struct structure *

#define COMMAND_FIELDS \
    INT(1,  "commandId",        command, command_id), \
    BOOL(1, "responseRequired", command, response_required)

#define MESSAGE_FIELDS \
    COMMAND_FIELDS, \
    CACHED(1,  "producerId",                message, producer_id, PRODUCER_ID), \
    CACHED(1,  "destination",               message, destination, DESTINATION), \
    CACHED(1,  "transactionId",             message, transaction_id, TRANSACTION_ID), \
    CACHED(1,  "originalDestination",       message, original_destination, DESTINATION), \
    NESTED(1,  "messageId",                 message, message_id, MESSAGE_ID), \
    CACHED(1,  "originalTransactionId",     message, original_transaction_id, TRANSACTION_ID), \
    STRING(1,  "groupId",                   message, group_id), \
    INT(1,     "groupSequence",             message, group_sequence), \
    STRING(1,  "correlationId",             message, correlation_id), \
    BOOL(1,    "persistent",                message, persistent), \
    LONG(1,    "expiration",                message, expiration), \
    BYTE(1,    "priority",                  message, priority), \
    NESTED(1,  "replyTo",                   message, reply_to, DESTINATION), \
    LONG(1,    "timestamp",                 message, timestamp), \
    STRING(1,  "type",                      message, type), \
    CONTENT(1, "content",                   message, content), \
    BYTES(1,   "marshalledProperties",      message, marshalled_properties), \
    NESTED(1,  "dataStructure",             message, data_structure, ANY), \
    CACHED(1,  "targetConsumerId",          message, target_consumer_id, CONSUMER_ID), \
    BOOL(1,    "compressed",                message, compressed), \
    INT(1,     "redeliveryCounter",         message, redelivery_counter), \
    ARRAY(1,   "brokerPath",                message, broker_path, BROKER_ID), \
    LONG(1,    "arrival",                   message, arrival), \
    STRING(1,  "userId",                    message, user_id), \
    BOOL(1,    "receivedByDFBridge",        message, received_by_df_bridge), \
    BOOL(2,    "droppable",                 message, droppable), \
    ARRAY(3,   "cluster",                   message, cluster, BROKER_ID), \
    LONG(3,    "brokerInTime",              message, broker_in_time), \
    LONG(3,    "brokerOutTime",             message, broker_out_time), \
    BOOL(10,   "jmsxGroupFirstForConsumer", message, jmsx_group_first_for_consumer)

#define RESPONSE_FIELDS \
    COMMAND_FIELDS, \
    INT(1, "correlationId", response, correlation_id)

static const struct ow_field wire_format_info_fields[] = {
    FIXED8(1, "magic",                wire_format_info, magic),
    INT(1,    "version",              wire_format_info, version),
    BYTES(1,  "marshalledProperties", wire_format_info, marshalled_properties),
};

static const struct ow_field broker_info_fields[] = {
    COMMAND_FIELDS,
    CACHED(1, "brokerId",                   broker_info, broker_id, BROKER_ID),
    STRING(1, "brokerUrl",                  broker_info, broker_url),
    ARRAY(1,  "peerBrokerInfos",            broker_info, peer_broker_infos, BROKER_INFO),
    STRING(1, "brokerName",                 broker_info, broker_name),
    BOOL(1,   "slaveBroker",                broker_info, slave_broker),
    BOOL(1,   "masterBroker",               broker_info, master_broker),
    BOOL(1,   "faultTolerantConfiguration", broker_info, fault_tolerant_configuration),
    BOOL(2,   "duplexConnection",           broker_info, duplex_connection),
    BOOL(2,   "networkConnection",          broker_info, network_connection),
    LONG(2,   "connectionId",               broker_info, connection_id),
    STRING(3, "brokerUploadUrl",            broker_info, broker_upload_url),
    STRING(3, "networkProperties",          broker_info, network_properties),
};

static const struct ow_field connection_info_fields[] = {
    COMMAND_FIELDS,
    CACHED(1, "connectionId",          connection_info, connection_id, CONNECTION_ID),
    STRING(1, "clientId",              connection_info, client_id),
    STRING(1, "password",              connection_info, password),
    STRING(1, "userName",              connection_info, user_name),
    ARRAY(1,  "brokerPath",            connection_info, broker_path, BROKER_ID),
    BOOL(1,   "brokerMasterConnector", connection_info, broker_master_connector),
    BOOL(1,   "manageable",            connection_info, manageable),
    BOOL(2,   "clientMaster",          connection_info, client_master),
    BOOL(6,   "faultTolerant",         connection_info, fault_tolerant),
    BOOL(6,   "failoverReconnect",     connection_info, failover_reconnect),
    STRING(8, "clientIp",              connection_info, client_ip),
};

static const struct ow_field session_info_fields[] = {
    COMMAND_FIELDS,
    CACHED(1, "sessionId", session_info, session_id, SESSION_ID),
};

static const struct ow_field consumer_info_fields[] = {
    COMMAND_FIELDS,
    CACHED(1,  "consumerId",                 consumer_info, consumer_id, CONSUMER_ID),
    BOOL(1,    "browser",                    consumer_info, browser),
    CACHED(1,  "destination",                consumer_info, destination, DESTINATION),
    INT(1,     "prefetchSize",               consumer_info, prefetch_size),
    INT(1,     "maximumPendingMessageLimit", consumer_info, maximum_pending_message_limit),
    BOOL(1,    "dispatchAsync",              consumer_info, dispatch_async),
    STRING(1,  "selector",                   consumer_info, selector),
    STRING(10, "clientId",                   consumer_info, client_id),
    STRING(1,  "subscriptionName",           consumer_info, subscription_name),
    BOOL(1,    "noLocal",                    consumer_info, no_local),
    BOOL(1,    "exclusive",                  consumer_info, exclusive),
    BOOL(1,    "retroactive",                consumer_info, retroactive),
    BYTE(1,    "priority",                   consumer_info, priority),
    ARRAY(1,   "brokerPath",                 consumer_info, broker_path, BROKER_ID),
    NESTED(1,  "additionalPredicate", consumer_info, additional_predicate, NETWORK_BRIDGE_FILTER),
    BOOL(1,    "networkSubscription",        consumer_info, network_subscription),
    BOOL(1,    "optimizedAcknowledge",       consumer_info, optimized_acknowledge),
    BOOL(1,    "noRangeAcks",                consumer_info, no_range_acks),
    ARRAY(4,   "networkConsumerPath",        consumer_info, network_consumer_path, CONSUMER_ID),
};

static const struct ow_field producer_info_fields[] = {
    COMMAND_FIELDS,
    CACHED(1, "producerId",    producer_info, producer_id, PRODUCER_ID),
    CACHED(1, "destination",   producer_info, destination, DESTINATION),
    ARRAY(1,  "brokerPath",    producer_info, broker_path, BROKER_ID),
    BOOL(2,   "dispatchAsync", producer_info, dispatch_async),
    INT(3,    "windowSize",    producer_info, window_size),
};

static const struct ow_field transaction_info_fields[] = {
    COMMAND_FIELDS,
    CACHED(1, "connectionId",  transaction_info, connection_id, CONNECTION_ID),
    CACHED(1, "transactionId", transaction_info, transaction_id, TRANSACTION_ID),
    BYTE(1,   "type",          transaction_info, type),
};

static const struct ow_field destination_info_fields[] = {
    COMMAND_FIELDS,
    CACHED(1, "connectionId",  destination_info, connection_id, CONNECTION_ID),
    CACHED(1, "destination",   destination_info, destination, DESTINATION),
    BYTE(1,   "operationType", destination_info, operation_type),
    LONG(1,   "timeout",       destination_info, timeout),
    ARRAY(1,  "brokerPath",    destination_info, broker_path, BROKER_ID),
};

static const struct ow_field remove_subscription_info_fields[] = {
    COMMAND_FIELDS,
    CACHED(1, "connectionId",     remove_subscription_info, connection_id, CONNECTION_ID),
    STRING(1, "subscriptionName", remove_subscription_info, subscription_name),
    STRING(1, "clientId",         remove_subscription_info, client_id),
};

static const struct ow_field command_fields[] = {
    COMMAND_FIELDS,
};

static const struct ow_field remove_info_fields[] = {
    COMMAND_FIELDS,
    CACHED(1, "objectId",                remove_info, object_id, ANY_ID),
    LONG(5,   "lastDeliveredSequenceId", remove_info, last_delivered_sequence_id),
};

static const struct ow_field control_command_fields[] = {
    COMMAND_FIELDS,
    STRING(1, "command", control_command, text),
};

static const struct ow_field connection_error_fields[] = {
    COMMAND_FIELDS,
    THROWABLE(1, "exception",    connection_error, exception),
    NESTED(1,    "connectionId", connection_error, connection_id, CONNECTION_ID),
};

static const struct ow_field consumer_control_fields[] = {
    COMMAND_FIELDS,
    NESTED(6, "destination", consumer_control, destination, DESTINATION),
    BOOL(1,   "close",       consumer_control, close),
    NESTED(1, "consumerId",  consumer_control, consumer_id, CONSUMER_ID),
    INT(1,    "prefetch",    consumer_control, prefetch),
    BOOL(2,   "flush",       consumer_control, flush),
    BOOL(2,   "start",       consumer_control, start),
    BOOL(2,   "stop",        consumer_control, stop),
};

static const struct ow_field connection_control_fields[] = {
    COMMAND_FIELDS,
    BOOL(1,   "close",               connection_control, close),
    BOOL(1,   "exit",                connection_control, exit),
    BOOL(1,   "faultTolerant",       connection_control, fault_tolerant),
    BOOL(1,   "resume",              connection_control, resume),
    BOOL(1,   "suspend",             connection_control, suspend),
    STRING(6, "connectedBrokers",    connection_control, connected_brokers),
    STRING(6, "reconnectTo",         connection_control, reconnect_to),
    BOOL(6,   "rebalanceConnection", connection_control, rebalance_connection),
    BYTES(8,  "token",               connection_control, token),
};

static const struct ow_field producer_ack_fields[] = {
    COMMAND_FIELDS,
    NESTED(3, "producerId", producer_ack, producer_id, PRODUCER_ID),
    INT(3,    "size",       producer_ack, size),
};

static const struct ow_field message_pull_fields[] = {
    COMMAND_FIELDS,
    CACHED(2, "consumerId",    message_pull, consumer_id, CONSUMER_ID),
    CACHED(2, "destination",   message_pull, destination, DESTINATION),
    LONG(2,   "timeout",       message_pull, timeout),
    STRING(3, "correlationId", message_pull, correlation_id),
    NESTED(3, "messageId",     message_pull, message_id, MESSAGE_ID),
};

static const struct ow_field message_dispatch_fields[] = {
    COMMAND_FIELDS,
    CACHED(1, "consumerId",        message_dispatch, consumer_id, CONSUMER_ID),
    CACHED(1, "destination",       message_dispatch, destination, DESTINATION),
    NESTED(1, "message",           message_dispatch, message, ANY_MESSAGE),
    INT(1,    "redeliveryCounter", message_dispatch, redelivery_counter),
};

static const struct ow_field message_ack_fields[] = {
    COMMAND_FIELDS,
    CACHED(1,    "destination",    message_ack, destination, DESTINATION),
    CACHED(1,    "transactionId",  message_ack, transaction_id, TRANSACTION_ID),
    CACHED(1,    "consumerId",     message_ack, consumer_id, CONSUMER_ID),
    BYTE(1,      "ackType",        message_ack, ack_type),
    NESTED(1,    "firstMessageId", message_ack, first_message_id, MESSAGE_ID),
    NESTED(1,    "lastMessageId",  message_ack, last_message_id, MESSAGE_ID),
    INT(1,       "messageCount",   message_ack, message_count),
    THROWABLE(7, "poisonCause",    message_ack, poison_cause),
};

static const struct ow_field message_fields[] = {
    MESSAGE_FIELDS,
};

static const struct ow_field blob_message_fields[] = {
    MESSAGE_FIELDS,
    STRING(3, "remoteBlobUrl",   blob_message, remote_blob_url),
    STRING(3, "mimeType",        blob_message, mime_type),
    BOOL(3,   "deletedByBroker", blob_message, deleted_by_broker),
};

static const struct ow_field response_fields[] = {
    COMMAND_FIELDS,
    INT(1, "correlationId", response, correlation_id),
};

static const struct ow_field exception_response_fields[] = {
    RESPONSE_FIELDS,
    THROWABLE(1, "exception", exception_response, exception),
};

static const struct ow_field data_response_fields[] = {
    RESPONSE_FIELDS,
    NESTED(1, "data", data_response, data, ANY),
};

static const struct ow_field data_array_response_fields[] = {
    RESPONSE_FIELDS,
    ARRAY(1, "data", data_array_response, data, ANY),
};

static const struct ow_field integer_response_fields[] = {
    RESPONSE_FIELDS,
    INT(1, "result", integer_response, result),
};

static const struct ow_field discovery_event_fields[] = {
    STRING(1, "serviceName", discovery_event, service_name),
    STRING(1, "brokerName",  discovery_event, broker_name),
};

static const struct ow_field journal_topic_ack_fields[] = {
    NESTED(1, "destination",       journal_topic_ack, destination, DESTINATION),
    NESTED(1, "messageId",         journal_topic_ack, message_id, MESSAGE_ID),
    LONG(1,   "messageSequenceId", journal_topic_ack, message_sequence_id),
    STRING(1, "subscriptionName",  journal_topic_ack, subscription_name),
    STRING(1, "clientId",          journal_topic_ack, client_id),
    NESTED(1, "transactionId",     journal_topic_ack, transaction_id, TRANSACTION_ID),
};

static const struct ow_field journal_queue_ack_fields[] = {
    NESTED(1, "destination", journal_queue_ack, destination, DESTINATION),
    NESTED(1, "messageAck",  journal_queue_ack, message_ack, MESSAGE_ACK),
};

static const struct ow_field journal_trace_fields[] = {
    STRING(1, "message", journal_trace, message),
};

static const struct ow_field journal_transaction_fields[] = {
    NESTED(1, "transactionId", journal_transaction, transaction_id, TRANSACTION_ID),
    BYTE(1,   "type",          journal_transaction, type),
    BOOL(1,   "wasPrepared",   journal_transaction, was_prepared),
};

static const struct ow_field subscription_info_fields[] = {
    STRING(1, "clientId",              subscription_info, client_id),
    CACHED(1, "destination",           subscription_info, destination, DESTINATION),
    STRING(1, "selector",              subscription_info, selector),
    STRING(1, "subscriptionName",      subscription_info, subscription_name),
    NESTED(3, "subscribedDestination", subscription_info, subscribed_destination, DESTINATION),
    BOOL(11,  "noLocal",               subscription_info, no_local),
};

static const struct ow_field partial_command_fields[] = {
    INT(1,   "commandId", partial_command, command_id),
    BYTES(1, "data",      partial_command, data),
};

static const struct ow_field replay_command_fields[] = {
    COMMAND_FIELDS,
    INT(1, "firstNakNumber", replay_command, first_nak_number),
    INT(1, "lastNakNumber",  replay_command, last_nak_number),
};

static const struct ow_field message_dispatch_notification_fields[] = {
    COMMAND_FIELDS,
    CACHED(1, "consumerId",         message_dispatch_notification, consumer_id, CONSUMER_ID),
    CACHED(1, "destination",        message_dispatch_notification, destination, DESTINATION),
    LONG(1,   "deliverySequenceId", message_dispatch_notification, delivery_sequence_id),
    NESTED(1, "messageId",          message_dispatch_notification, message_id, MESSAGE_ID),
};

static const struct ow_field network_bridge_filter_fields[] = {
    INT_UNTIL(1, 9,                 "networkTTL", network_bridge_filter, network_ttl),
    CACHED(1,    "networkBrokerId", network_bridge_filter, network_broker_id, BROKER_ID),
    INT(10,      "messageTTL",      network_bridge_filter, message_ttl),
    INT(10,      "consumerTTL",     network_bridge_filter, consumer_ttl),
};

static const struct ow_field broker_subscription_info_fields[] = {
    COMMAND_FIELDS,
    NESTED(12, "brokerId",          broker_subscription_info, broker_id, BROKER_ID),
    STRING(12, "brokerName",        broker_subscription_info, broker_name),
    ARRAY(12,  "subscriptionInfos", broker_subscription_info, subscription_infos, CONSUMER_INFO),
};

static const struct ow_field destination_fields[] = {
    STRING(1, "physicalName", destination, physical_name),
};

static const struct ow_field message_id_fields[] = {
    STRING(10, "textView",           message_id, text_view),
    CACHED(1,  "producerId",         message_id, producer_id, PRODUCER_ID),
    LONG(1,    "producerSequenceId", message_id, producer_sequence_id),
    LONG(1,    "brokerSequenceId",   message_id, broker_sequence_id),
};

static const struct ow_field local_transaction_id_fields[] = {
    LONG(1,   "value",        local_transaction_id, value),
    CACHED(1, "connectionId", local_transaction_id, connection_id, CONNECTION_ID),
};

static const struct ow_field xa_transaction_id_fields[] = {
    INT(1,   "formatId",            xa_transaction_id, format_id),
    BYTES(1, "globalTransactionId", xa_transaction_id, global_transaction_id),
    BYTES(1, "branchQualifier",     xa_transaction_id, branch_qualifier),
};

static const struct ow_field connection_id_fields[] = {
    STRING(1, "value", connection_id, value),
};

static const struct ow_field session_id_fields[] = {
    STRING(1, "connectionId", session_id, connection_id),
    LONG(1,   "value",        session_id, value),
};

static const struct ow_field consumer_id_fields[] = {
    STRING(1, "connectionId", consumer_id, connection_id),
    LONG(1,   "sessionId",    consumer_id, session_id),
    LONG(1,   "value",        consumer_id, value),
};

static const struct ow_field producer_id_fields[] = {
    STRING(1, "connectionId", producer_id, connection_id),
    LONG(1,   "value",        producer_id, value),
    LONG(1,   "sessionId",    producer_id, session_id),
};

static const struct ow_field broker_id_fields[] = {
    STRING(1, "value", broker_id, value),
};

#define STRUCTURE_ROW(type, name, since, stem, has_form_bit) \
    [type] = {name, stem##_fields, ARRAY_LEN(stem##_fields), sizeof(struct ow_##stem), since, \
              has_form_bit}
#define STRUCTURE(type, name, since, stem) STRUCTURE_ROW(type, name, since, stem, false)
#define AWARE(type, name, since, stem) STRUCTURE_ROW(type, name, since, stem, true)

/* AWARE: those that Java calls marshal aware. */
const struct ow_structure ow_structures[OW_TYPE_COUNT] = {
    AWARE(OW_WIRE_FORMAT_INFO, "WireFormatInfo", 1, wire_format_info),
    STRUCTURE(OW_BROKER_INFO, "BrokerInfo", 1, broker_info),
    STRUCTURE(OW_CONNECTION_INFO, "ConnectionInfo", 1, connection_info),
    STRUCTURE(OW_SESSION_INFO, "SessionInfo", 1, session_info),
    STRUCTURE(OW_CONSUMER_INFO, "ConsumerInfo", 1, consumer_info),
    STRUCTURE(OW_PRODUCER_INFO, "ProducerInfo", 1, producer_info),
    STRUCTURE(OW_TRANSACTION_INFO, "TransactionInfo", 1, transaction_info),
    STRUCTURE(OW_DESTINATION_INFO, "DestinationInfo", 1, destination_info),
    STRUCTURE(OW_REMOVE_SUBSCRIPTION_INFO, "RemoveSubscriptionInfo", 1, remove_subscription_info),
    STRUCTURE(OW_KEEP_ALIVE_INFO, "KeepAliveInfo", 1, command),
    STRUCTURE(OW_SHUTDOWN_INFO, "ShutdownInfo", 1, command),
    STRUCTURE(OW_REMOVE_INFO, "RemoveInfo", 1, remove_info),
    STRUCTURE(OW_CONTROL_COMMAND, "ControlCommand", 1, control_command),
    STRUCTURE(OW_FLUSH_COMMAND, "FlushCommand", 1, command),
    STRUCTURE(OW_CONNECTION_ERROR, "ConnectionError", 1, connection_error),
    STRUCTURE(OW_CONSUMER_CONTROL, "ConsumerControl", 1, consumer_control),
    STRUCTURE(OW_CONNECTION_CONTROL, "ConnectionControl", 1, connection_control),
    STRUCTURE(OW_PRODUCER_ACK, "ProducerAck", 3, producer_ack),
    STRUCTURE(OW_MESSAGE_PULL, "MessagePull", 2, message_pull),
    STRUCTURE(OW_MESSAGE_DISPATCH, "MessageDispatch", 1, message_dispatch),
    STRUCTURE(OW_MESSAGE_ACK, "MessageAck", 1, message_ack),
    AWARE(OW_MESSAGE, "ActiveMQMessage", 1, message),
    AWARE(OW_BYTES_MESSAGE, "ActiveMQBytesMessage", 1, message),
    AWARE(OW_MAP_MESSAGE, "ActiveMQMapMessage", 1, message),
    AWARE(OW_OBJECT_MESSAGE, "ActiveMQObjectMessage", 1, message),
    AWARE(OW_STREAM_MESSAGE, "ActiveMQStreamMessage", 1, message),
    AWARE(OW_TEXT_MESSAGE, "ActiveMQTextMessage", 1, message),
    AWARE(OW_BLOB_MESSAGE, "ActiveMQBlobMessage", 3, blob_message),
    STRUCTURE(OW_RESPONSE, "Response", 1, response),
    STRUCTURE(OW_EXCEPTION_RESPONSE, "ExceptionResponse", 1, exception_response),
    STRUCTURE(OW_DATA_RESPONSE, "DataResponse", 1, data_response),
    STRUCTURE(OW_DATA_ARRAY_RESPONSE, "DataArrayResponse", 1, data_array_response),
    STRUCTURE(OW_INTEGER_RESPONSE, "IntegerResponse", 1, integer_response),
    STRUCTURE(OW_DISCOVERY_EVENT, "DiscoveryEvent", 1, discovery_event),
    STRUCTURE(OW_JOURNAL_TOPIC_ACK, "JournalTopicAck", 1, journal_topic_ack),
    STRUCTURE(OW_JOURNAL_QUEUE_ACK, "JournalQueueAck", 1, journal_queue_ack),
    STRUCTURE(OW_JOURNAL_TRACE, "JournalTrace", 1, journal_trace),
    STRUCTURE(OW_JOURNAL_TRANSACTION, "JournalTransaction", 1, journal_transaction),
    STRUCTURE(OW_SUBSCRIPTION_INFO, "SubscriptionInfo", 1, subscription_info),
    STRUCTURE(OW_PARTIAL_COMMAND, "PartialCommand", 1, partial_command),
    STRUCTURE(OW_LAST_PARTIAL_COMMAND, "LastPartialCommand", 1, partial_command),
    STRUCTURE(OW_REPLAY_COMMAND, "ReplayCommand", 1, replay_command),
    STRUCTURE(OW_MESSAGE_DISPATCH_NOTIFICATION, "MessageDispatchNotification", 1,
              message_dispatch_notification),
    STRUCTURE(OW_NETWORK_BRIDGE_FILTER, "NetworkBridgeFilter", 1, network_bridge_filter),
    STRUCTURE(OW_BROKER_SUBSCRIPTION_INFO, "BrokerSubscriptionInfo", 12, broker_subscription_info),
    STRUCTURE(OW_QUEUE, "ActiveMQQueue", 1, destination),
    STRUCTURE(OW_TOPIC, "ActiveMQTopic", 1, destination),
    STRUCTURE(OW_TEMP_QUEUE, "ActiveMQTempQueue", 1, destination),
    STRUCTURE(OW_TEMP_TOPIC, "ActiveMQTempTopic", 1, destination),
    STRUCTURE(OW_MESSAGE_ID, "MessageId", 1, message_id),
    STRUCTURE(OW_LOCAL_TRANSACTION_ID, "LocalTransactionId", 1, local_transaction_id),
    STRUCTURE(OW_XA_TRANSACTION_ID, "XATransactionId", 1, xa_transaction_id),
    STRUCTURE(OW_CONNECTION_ID, "ConnectionId", 1, connection_id),
    STRUCTURE(OW_SESSION_ID, "SessionId", 1, session_id),
    STRUCTURE(OW_CONSUMER_ID, "ConsumerId", 1, consumer_id),
    STRUCTURE(OW_PRODUCER_ID, "ProducerId", 1, producer_id),
    STRUCTURE(OW_BROKER_ID, "BrokerId", 1, broker_id),
};
/* clang-format on */

const char *ow_type_name(enum ow_type type)
{
    return (unsigned)type < OW_TYPE_COUNT ? ow_structures[type].name : NULL;
}
