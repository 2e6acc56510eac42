/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPENWIRE_RARE_H
#define OPENWIRE_RARE_H
/*
 * rare.h - OpenWire structures that clients do not send: what stores keep, what brokers tell each
 * other, parts of commands on datagram transports. Read and written like all others (types.h).
 */
#include "openwire/commands.h"

struct ow_discovery_event {
    struct ow_object object;
    struct slice service_name;
    struct slice broker_name;
};

struct ow_journal_topic_ack {
    struct ow_object object;
    const struct ow_destination *destination;
    const struct ow_message_id *message_id;
    int64_t message_sequence_id;
    struct slice subscription_name;
    struct slice client_id;
    const struct ow_object *transaction_id; /* ow_local_transaction_id, ow_xa_transaction_id */
};

struct ow_journal_queue_ack {
    struct ow_object object;
    const struct ow_destination *destination;
    const struct ow_message_ack *message_ack;
};

struct ow_journal_trace {
    struct ow_object object;
    struct slice message;
};

struct ow_journal_transaction {
    struct ow_object object;
    const struct ow_object *transaction_id; /* ow_local_transaction_id, ow_xa_transaction_id */
    int8_t type;
    bool was_prepared;
};

struct ow_subscription_info {
    struct ow_object object;
    struct slice client_id;
    const struct ow_destination *destination;
    struct slice selector;
    struct slice subscription_name;
    const struct ow_destination *subscribed_destination;
    bool no_local;
};

struct ow_partial_command {
    struct ow_object object;
    int32_t command_id;
    struct slice data; /* bytes */
};

struct ow_replay_command {
    struct ow_command command;
    int32_t first_nak_number;
    int32_t last_nak_number;
};

struct ow_message_dispatch_notification {
    struct ow_command command;
    const struct ow_consumer_id *consumer_id;
    const struct ow_destination *destination;
    int64_t delivery_sequence_id;
    const struct ow_message_id *message_id;
};

struct ow_network_bridge_filter {
    struct ow_object object;
    int32_t network_ttl;
    const struct ow_broker_id *network_broker_id;
    int32_t message_ttl;
    int32_t consumer_ttl;
};

struct ow_broker_subscription_info {
    struct ow_command command;
    const struct ow_broker_id *broker_id;
    struct slice broker_name;
    struct ow_array subscription_infos; /* struct ow_consumer_info */
};
#endif
