/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPENWIRE_COMMANDS_H
#define OPENWIRE_COMMANDS_H
/*
 * commands.h - OpenWire's commands as structures. See types.h for what holds of all of them.
 *
 * Commands without fields of their own are plain struct ow_command: keep_alive_info, shutdown_info,
 * flush_command.
 */
#include "openwire/types.h"

/* All kinds of messages but OW_BLOB_MESSAGE. */
struct ow_message {
    struct ow_command command;
    const struct ow_producer_id *producer_id;
    const struct ow_destination *destination;
    const struct ow_object *transaction_id; /* ow_local_transaction_id, ow_xa_transaction_id */
    const struct ow_destination *original_destination;
    const struct ow_message_id *message_id;
    const struct ow_object *original_transaction_id; /* likewise */
    struct slice group_id;
    int32_t group_sequence;
    struct slice correlation_id;
    bool persistent;
    int64_t expiration;
    int8_t priority;
    const struct ow_destination *reply_to;
    int64_t timestamp;
    struct slice type;
    struct slice content;               /* bytes */
    struct slice marshalled_properties; /* bytes */
    const struct ow_object *data_structure;
    const struct ow_consumer_id *target_consumer_id;
    bool compressed;
    int32_t redelivery_counter;
    struct ow_array broker_path; /* struct ow_broker_id */
    int64_t arrival;
    struct slice user_id;
    bool received_by_df_bridge;
    bool droppable;
    struct ow_array cluster; /* struct ow_broker_id */
    int64_t broker_in_time;
    int64_t broker_out_time;
    bool jmsx_group_first_for_consumer;
};

struct ow_blob_message {
    struct ow_message message;
    struct slice remote_blob_url;
    struct slice mime_type;
    bool deleted_by_broker;
};

struct ow_wire_format_info {
    struct ow_object object;
    uint8_t magic[8];
    int32_t version;
    struct slice marshalled_properties; /* bytes */
};

struct ow_broker_info {
    struct ow_command command;
    const struct ow_broker_id *broker_id;
    struct slice broker_url;
    struct ow_array peer_broker_infos; /* struct ow_broker_info */
    struct slice broker_name;
    bool slave_broker;
    bool master_broker;
    bool fault_tolerant_configuration;
    bool duplex_connection;
    bool network_connection;
    int64_t connection_id;
    struct slice broker_upload_url;
    struct slice network_properties;
};

struct ow_connection_info {
    struct ow_command command;
    const struct ow_connection_id *connection_id;
    struct slice client_id;
    struct slice password;
    struct slice user_name;
    struct ow_array broker_path; /* struct ow_broker_id */
    bool broker_master_connector;
    bool manageable;
    bool client_master;
    bool fault_tolerant;
    bool failover_reconnect;
    struct slice client_ip;
};

struct ow_session_info {
    struct ow_command command;
    const struct ow_session_id *session_id;
};

struct ow_consumer_info {
    struct ow_command command;
    const struct ow_consumer_id *consumer_id;
    bool browser;
    const struct ow_destination *destination;
    int32_t prefetch_size;
    int32_t maximum_pending_message_limit;
    bool dispatch_async;
    struct slice selector;
    struct slice client_id;
    struct slice subscription_name;
    bool no_local;
    bool exclusive;
    bool retroactive;
    int8_t priority;
    struct ow_array broker_path; /* struct ow_broker_id */
    const struct ow_object *additional_predicate;
    bool network_subscription;
    bool optimized_acknowledge;
    bool no_range_acks;
    struct ow_array network_consumer_path; /* struct ow_consumer_id */
};

struct ow_producer_info {
    struct ow_command command;
    const struct ow_producer_id *producer_id;
    const struct ow_destination *destination;
    struct ow_array broker_path; /* struct ow_broker_id */
    bool dispatch_async;
    int32_t window_size;
};

struct ow_transaction_info {
    struct ow_command command;
    const struct ow_connection_id *connection_id;
    const struct ow_object *transaction_id; /* ow_local_transaction_id, ow_xa_transaction_id */
    int8_t type;
};

struct ow_destination_info {
    struct ow_command command;
    const struct ow_connection_id *connection_id;
    const struct ow_destination *destination;
    int8_t operation_type;
    int64_t timeout;
    struct ow_array broker_path; /* struct ow_broker_id */
};

struct ow_remove_subscription_info {
    struct ow_command command;
    const struct ow_connection_id *connection_id;
    struct slice subscription_name;
    struct slice client_id;
};

struct ow_remove_info {
    struct ow_command command;
    const struct ow_object *object_id;
    int64_t last_delivered_sequence_id;
};

struct ow_control_command {
    struct ow_command command;
    struct slice text;
};

struct ow_connection_error {
    struct ow_command command;
    const struct ow_throwable *exception;
    const struct ow_connection_id *connection_id;
};

struct ow_consumer_control {
    struct ow_command command;
    const struct ow_destination *destination;
    bool close;
    const struct ow_consumer_id *consumer_id;
    int32_t prefetch;
    bool flush;
    bool start;
    bool stop;
};

struct ow_connection_control {
    struct ow_command command;
    bool close;
    bool exit;
    bool fault_tolerant;
    bool resume;
    bool suspend;
    struct slice connected_brokers;
    struct slice reconnect_to;
    bool rebalance_connection;
    struct slice token; /* bytes */
};

struct ow_producer_ack {
    struct ow_command command;
    const struct ow_producer_id *producer_id;
    int32_t size;
};

struct ow_message_pull {
    struct ow_command command;
    const struct ow_consumer_id *consumer_id;
    const struct ow_destination *destination;
    int64_t timeout;
    struct slice correlation_id;
    const struct ow_message_id *message_id;
};

struct ow_message_dispatch {
    struct ow_command command;
    const struct ow_consumer_id *consumer_id;
    const struct ow_destination *destination;
    const struct ow_message *message;
    int32_t redelivery_counter;
};

struct ow_message_ack {
    struct ow_command command;
    const struct ow_destination *destination;
    const struct ow_object *transaction_id; /* ow_local_transaction_id, ow_xa_transaction_id */
    const struct ow_consumer_id *consumer_id;
    int8_t ack_type;
    const struct ow_message_id *first_message_id;
    const struct ow_message_id *last_message_id;
    int32_t message_count;
    const struct ow_throwable *poison_cause;
};

struct ow_response {
    struct ow_command command;
    int32_t correlation_id;
};

struct ow_exception_response {
    struct ow_response response;
    const struct ow_throwable *exception;
};

struct ow_data_response {
    struct ow_response response;
    const struct ow_object *data;
};

struct ow_data_array_response {
    struct ow_response response;
    struct ow_array data; /* any */
};

struct ow_integer_response {
    struct ow_response response;
    int32_t result;
};
#endif
