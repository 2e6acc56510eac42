/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H
/*
 * config.h - what an activemq.xml means to us: plain structs, read once, then never changed.
 *
 * Threads    a loaded config is immutable; any thread may read it.
 * Ownership  config_load gives the whole tree to the caller; config_destroy frees it. Strings
 *            are NUL-terminated and belong to the config; NULL means "not given".
 * Limits     files up to 16 MB, nesting up to 100, no network access, no entity expansion.
 *
 * Which element and attribute is honoured, ignored (and why) or refused stands in one table:
 * core/config/schema_<area>.c. `corewire check` and docs/configuration.md are printed from it.
 */
#include "base/compiler.h"
#include "base/text.h"
#include "config/config_policy.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Where a thing was written, for messages. */
struct config_place {
    const char *file;
    int line;
};

struct config_option {
    const char *name, *value;
};

/* A listening endpoint: <transportConnector name= uri=>. */
struct config_transport_connector {
    struct config_place place;
    const char *name;
    const char *scheme;            /* "stomp", "stomp+nio", "tcp", "auto+ssl", ... as written */
    const char *host;              /* "0.0.0.0" for all */
    uint16_t port;                 /* 0: any free one */
    struct config_option *options; /* of the URI, in order, unescaped */
    size_t option_count;
    uint32_t maximum_connections; /* maximumConnections, default 2147483647 */
    bool allow_link_stealing;
    /* updateClusterClients, rebalanceClusterClients, updateClusterClientsOnRemove */
    bool update_cluster_clients, rebalance_cluster_clients, update_cluster_on_remove;
    uint32_t maximum_consumers; /* maximumConsumersAllowedPerConnection */
    uint32_t maximum_producers; /* maximumProducersAllowedPerConnection */
};

/* Kept for the links to come; every attribute as text, checked by the schema's types. */
struct config_network_connector {
    struct config_place place;
    const char *name, *uri;
    struct config_option *attributes;
    size_t attribute_count;
    struct config_destination *excluded, *dynamically_included, *statically_included;
    size_t excluded_count, dynamically_included_count, statically_included_count;
};

struct config_user {
    const char *name, *password; /* the password may be a hash: "{scrypt}..." or "{pbkdf2}..." */
    const char *groups;          /* comma list as written */
};

enum config_auth_method { CONFIG_AUTH_NONE, CONFIG_AUTH_SIMPLE, CONFIG_AUTH_JAAS };

struct config_authorization_entry {
    enum config_destination_kind kind;
    const char *name;                 /* with wildcards; NULL for the temp entry */
    const char *read, *write, *admin; /* comma lists; NULL: granted to nobody by this entry */
    struct config_place place;
};

struct config_security {
    enum config_auth_method method;
    struct config_user *users;
    size_t user_count;
    bool anonymous_access;
    const char *anonymous_user, *anonymous_group; /* "anonymous" */
    const char *jaas_realm;                       /* default "activemq-domain" */
    const char *jaas_file;                        /* login.config found, NULL if none */
    bool has_authorization;
    struct config_authorization_entry *entries; /* tempQueue/tempTopic entries included */
    size_t entry_count;
    struct config_authorization_entry *temp_entry; /* NULL: temp destinations unrestricted */
};

struct config_system_usage {
    uint64_t memory_bytes_max, store_bytes_max, temp_bytes_max, scheduler_bytes_max; /* 0: none */
    bool send_fail_if_no_space;
    int64_t send_fail_after_ms; /* 0: wait for ever */
};

struct config_logging_plugin {
    bool enabled, connections, producers, consumers, transactions, messages, internal;
};

struct config_timestamp_plugin {
    bool enabled, future_only, process_network_messages;
    int64_t zero_expiration_override_ms, ttl_ceiling_ms;
};

struct config_discarding_dlq {
    bool enabled, drop_all, drop_temporary_topics, drop_temporary_queues;
    const char *drop_only; /* blank separated regular expressions */
};

struct config_redelivery_policy {
    enum config_destination_kind kind;
    const char *name;             /* NULL: the default entry */
    int32_t maximum_redeliveries; /* -1: no end */
    int64_t initial_delay_ms, delay_ms, maximum_delay_ms;
    double back_off_multiplier;
    bool exponential;
};

struct config_redelivery_plugin {
    bool enabled, fallback_to_dead_letter, dead_letter_after_retries;
    struct config_redelivery_policy *policies;
    size_t policy_count;
};

/* Corewire's own attributes on <broker>, in namespace urn:corewire:config (prefix "cw"). */
#define CONFIG_SETTINGS(X) \
    /* field                 attribute              default    min    max         meaning */ \
    X(worker_count, "workers", 0, 0, 32, "worker threads; 0 means one for each CPU") \
    X(pin_workers, "pinWorkers", 0, 0, 1, "1: each worker stays on its own CPU") \
    X(ring_entries, "ringEntries", 1024, 64, 32768, "submission entries of each io_uring") \
    X(mailbox_slots, "mailboxSlots", 4096, 64, 1048576, "commands between two threads in flight") \
    X(receive_buffers, "receiveBuffers", 256, 16, 32768, "receive buffers of each worker") \
    X(receive_buffer_bytes, "receiveBufferBytes", 16384, 1024, 1048576, "size of one of them") \
    X(output_bytes_max, "outputBytesMax", 1048576, 65536, 1073741824, \
      "bytes rendered ahead for one slow reader before its messages wait unrendered") \
    X(connection_subscriptions_max, "maxSubscriptionsPerConnection", 100000, 1, 10000000, \
      "subscriptions one connection may hold") \
    X(connection_temps_max, "maxTempDestinationsPerConnection", 10000, 1, 10000000, \
      "temporary destinations one connection may own") \
    X(transaction_bytes_max, "maxTransactionBytes", 67108864, 1024, 4294967295, \
      "bytes of uncommitted messages one connection may hold") \
    X(shutdown_ms, "shutdownMillis", 5000, 0, 600000, "longest wait for output at shutdown") \
    X(tcp_backlog, "tcpBacklog", 5000, 1, 65535, "listen backlog where the URI says nothing")

struct config_settings {
#define X(field, attribute, initial, min, max, meaning) uint32_t field;
    CONFIG_SETTINGS(X)
#undef X
};

struct config {
    const char *file;
    struct config_place broker_place;
    const char *broker_name;    /* with characters ActiveMQ would replace already replaced */
    const char *broker_id;      /* NULL: generated */
    const char *data_directory; /* absolute or relative to the working directory */
    bool persistent, advisory_support;
    bool scheduler_support, use_virtual_topics, use_mirrored_queues;
    int32_t scheduler_repeat_max; /* maxSchedulerRepeatAllowed */
    bool populate_user_id, reject_durable_consumers, allow_temp_auto_creation;
    int64_t purge_period_ms;       /* schedulePeriodForDestinationPurge, 0: off */
    uint32_t purged_per_sweep_max; /* maxPurgedDestinationsPerSweep, 0: no cap */
    int64_t offline_durable_timeout_ms, offline_durable_check_ms; /* -1: never; 300000 */
    uint32_t max_uncommitted_count;
    struct config_system_usage usage;
    struct config_policies policies;
    struct config_destination *destinations; /* to create at start */
    size_t destination_count;
    struct config_virtual_destination *virtuals; /* the default VirtualTopic.> included */
    size_t virtual_count;
    struct config_transport_connector *connectors;
    size_t connector_count;
    struct config_network_connector *network_connectors;
    size_t network_connector_count;
    struct config_security security;
    bool statistics_plugin;
    const char *path_separator;    /* destinationPathSeparatorPlugin, NULL: off */
    const char *trace_broker_path; /* traceBrokerPathPlugin's property, NULL: off */
    int force_persistency; /* forcePersistencyModeBrokerPlugin: -1 off, 0 np, 1 persistent */
    struct config_logging_plugin logging;
    struct config_timestamp_plugin timestamps;
    struct config_discarding_dlq discarding_dlq;
    struct config_redelivery_plugin redelivery;
    struct config_settings settings;
    void *arena; /* owns every string and array above */
};

enum config_severity { CONFIG_NOTE, CONFIG_WARNING, CONFIG_ERROR };

/* One remark about the file: an error, a slip that was accepted, something ignored and why. */
struct config_remark {
    enum config_severity severity;
    struct config_place place;
    const char *text;
};

struct config_report {
    struct config_remark *remarks; /* in the order of the file */
    size_t count;
    size_t error_count;
    void *arena;
};

struct config_source {
    const char *file;
    const char *data_directory; /* --data: overrides dataDirectory; NULL: as configured */
    const struct config_option *variables; /* --set NAME=VALUE: win over all other sources */
    size_t variable_count;
};

/* Reads the file and all it refers to. All errors of a file are reported, not only the first.
 * Returns -EINVAL with report->error_count > 0 when the broker must not start; the report is
 * filled in either case and freed with config_report_fini. */
int config_load(const struct config_source *source, struct config **out,
                struct config_report *report) MUST_CHECK;
void config_destroy(struct config *config); /* NULL is allowed */
void config_report_fini(struct config_report *report);
void config_report_print(const struct config_report *report, FILE *to);
/* What the file means to us, for people: `corewire check`. Never prints a password. */
void config_print(const struct config *config, FILE *to);
/* The reference of every element and attribute, as Markdown: docs/configuration.md. */
void config_print_reference(FILE *to);

/* The value of an option of a connector's URI, with or without "transport." or "wireFormat."
 * in front (the exact name wins); NULL when not given. */
const char *config_connector_option(const struct config_transport_connector *connector,
                                    const char *name);
/* The same as a number or a truth, `initial` when not given. config_load has left out what is not
 * one. */
int64_t config_connector_number(const struct config_transport_connector *connector,
                                const char *name, int64_t initial);
bool config_connector_bool(const struct config_transport_connector *connector, const char *name,
                           bool initial);
#endif
