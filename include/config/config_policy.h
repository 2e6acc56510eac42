/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_CONFIG_POLICY_H
#define CONFIG_CONFIG_POLICY_H
/*
 * config_policy.h - the part of the configuration that rules destinations: policy entries and
 * virtual destinations. Same contract as config.h.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum config_destination_kind {
    CONFIG_QUEUE,
    CONFIG_TOPIC,
    CONFIG_TEMP_QUEUE,
    CONFIG_TEMP_TOPIC,
};

struct config_destination {
    enum config_destination_kind kind;
    const char *name; /* may hold wildcards where patterns are allowed */
};

enum dead_letter_kind { DEAD_LETTER_SHARED, DEAD_LETTER_INDIVIDUAL, DEAD_LETTER_DISCARD };

struct config_dead_letter {
    enum dead_letter_kind kind;
    const char *shared_queue; /* "ActiveMQ.DLQ" */
    const char *queue_prefix, *topic_prefix, *queue_suffix, *topic_suffix;
    bool use_queue_for_queue_messages, use_queue_for_topic_messages;
    bool per_durable_subscriber;
    bool process_expired, process_non_persistent;
    bool enable_audit;
    int64_t expiration_ms; /* time to live of dead letters, 0: none */
};

enum pending_limit_kind { PENDING_LIMIT_NONE, PENDING_LIMIT_CONSTANT, PENDING_LIMIT_PREFETCH_RATE };

struct config_pending_limit {
    enum pending_limit_kind kind;
    int32_t limit;     /* constant: -1 means no limit */
    double multiplier; /* of the prefetch */
};

enum eviction_kind { EVICTION_OLDEST, EVICTION_OLDEST_LOWEST_PRIORITY, EVICTION_UNIQUE_PROPERTY };

struct config_eviction {
    enum eviction_kind kind;
    const char *property_name;
    uint32_t expired_high_watermark; /* evictExpiredMessagesHighWatermark, 1000 */
};

enum recovery_kind {
    RECOVERY_NONE,
    RECOVERY_FIXED_COUNT,
    RECOVERY_FIXED_SIZE,
    RECOVERY_LAST_IMAGE,
    RECOVERY_TIMED,
    RECOVERY_RETAINED,
};

struct config_recovery {
    enum recovery_kind kind;
    uint64_t maximum_size; /* messages (fixed count, 100) or bytes (fixed size, 65536) */
    int64_t duration_ms;   /* timed, 60000 */
};

enum slow_consumer_kind { SLOW_CONSUMER_NONE, SLOW_CONSUMER_ABORT, SLOW_CONSUMER_ABORT_SLOW_ACK };

struct config_slow_consumer {
    enum slow_consumer_kind kind;
    int64_t max_slow_count, max_slow_duration_ms, check_period_ms; /* -1, 30000, 30000 */
    int64_t max_time_since_last_ack_ms;                            /* 30000 */
    bool abort_connection, ignore_network_consumers, ignore_idle_consumers;
};

enum cursor_kind { CURSOR_STORE, CURSOR_FILE, CURSOR_VM };
enum group_map_kind { GROUP_MAP_CACHED, GROUP_MAP_BUCKET, GROUP_MAP_SIMPLE };

/* One <policyEntry>; defaults as ActiveMQ's. */
struct config_policy {
    struct config_destination destination; /* name NULL: the default entry */
    int line;
    uint64_t memory_limit; /* 0: only the system's */
    bool producer_flow_control;
    int send_fail_if_no_space;  /* -1: as systemUsage says */
    int64_t send_fail_after_ms; /* -1: as systemUsage says */
    int64_t blocked_producer_warning_ms;
    struct config_dead_letter dead_letter;
    struct config_pending_limit pending_limit;
    struct config_eviction eviction;
    struct config_recovery recovery;
    struct config_slow_consumer slow_consumer;
    enum cursor_kind queue_cursor;
    uint32_t queue_prefetch, topic_prefetch, durable_prefetch, browser_prefetch;
    bool gc_inactive;
    int64_t gc_inactive_ms;   /* inactiveTimeoutBeforeGC, 60000 */
    int64_t expire_period_ms; /* expireMessagesPeriod, 30000; 0: no scan */
    bool prioritized, all_exclusive, strict_order_dispatch, use_consumer_priority;
    uint32_t consumers_before_dispatch;
    int64_t time_before_dispatch_ms;
    enum group_map_kind group_map;
    uint32_t group_map_size; /* 1024 */
    bool always_retroactive;
    uint32_t minimum_message_size; /* 1024 */
    int32_t max_destinations;      /* -1 */
    bool use_prefetch_extension;
    bool advisory_slow_consumer, advisory_fast_producer, advisory_discarded, advisory_full;
    bool advisory_delivered, advisory_consumed, advisory_dispatched, advisory_with_body;
    bool advisory_no_consumer;    /* sendAdvisoryIfNoConsumers */
    int32_t maximum_redeliveries; /* our own cw:maximumRedeliveries; -1: no limit, as ActiveMQ */
};

struct config_policies {
    struct config_policy *entries; /* in the order of the file; of equal names the first counts */
    size_t count;
    struct config_policy fallback; /* <defaultEntry>, or the built-in defaults */
};

enum virtual_kind { VIRTUAL_TOPIC, COMPOSITE_QUEUE, COMPOSITE_TOPIC, MIRRORED_QUEUE };

struct config_forward {
    struct config_destination destination;
    const char *selector; /* of <filteredDestination>, else NULL */
};

struct config_virtual_destination {
    enum virtual_kind kind;
    int line;
    const char *name;             /* pattern */
    const char *prefix, *postfix; /* virtual topic ("Consumer.*."), mirrored queue */
    bool selector_aware, local;
    bool forward_only, send_when_not_matched;
    struct config_forward *forwards;
    size_t forward_count;
};

/* The defaults of a <policyEntry>. */
void config_policy_init(struct config_policy *policy);
#endif
