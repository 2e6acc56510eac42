/* SPDX-License-Identifier: Apache-2.0 */
/* destinationPolicy: what rules each destination. */
#include "destination.h"
#include "values.h"
#include "walk.h"

/* Choosing one of several elements is a begin function each: it says which kind it was. */
#define CHOICE(fn, part, field, choice) \
    static void *fn(struct walk *walk, const xmlNode *node, void *parent) \
    { \
        struct config_policy *policy = parent; \
        (void)walk, (void)node; \
        policy->part.field = choice; \
        return &policy->part; \
    }

CHOICE(begin_shared, dead_letter, kind, DEAD_LETTER_SHARED)
CHOICE(begin_individual, dead_letter, kind, DEAD_LETTER_INDIVIDUAL)
CHOICE(begin_discarding, dead_letter, kind, DEAD_LETTER_DISCARD)
CHOICE(begin_constant, pending_limit, kind, PENDING_LIMIT_CONSTANT)
CHOICE(begin_prefetch_rate, pending_limit, kind, PENDING_LIMIT_PREFETCH_RATE)
CHOICE(begin_oldest, eviction, kind, EVICTION_OLDEST)
CHOICE(begin_lowest, eviction, kind, EVICTION_OLDEST_LOWEST_PRIORITY)
CHOICE(begin_unique, eviction, kind, EVICTION_UNIQUE_PROPERTY)
CHOICE(begin_abort, slow_consumer, kind, SLOW_CONSUMER_ABORT)
CHOICE(begin_abort_ack, slow_consumer, kind, SLOW_CONSUMER_ABORT_SLOW_ACK)
CHOICE(begin_fixed_count, recovery, kind, RECOVERY_FIXED_COUNT)
CHOICE(begin_last_image, recovery, kind, RECOVERY_LAST_IMAGE)
CHOICE(begin_timed, recovery, kind, RECOVERY_TIMED)
CHOICE(begin_retained, recovery, kind, RECOVERY_RETAINED)
CHOICE(begin_no_recovery, recovery, kind, RECOVERY_NONE)

/* maximumSize has another unit here than in the fixed count, and so another default. */
static void *begin_fixed_size(struct walk *walk, const xmlNode *node, void *parent)
{
    struct config_recovery *recovery = &((struct config_policy *)parent)->recovery;

    (void)walk, (void)node;
    recovery->kind = RECOVERY_FIXED_SIZE;
    recovery->maximum_size = 65536;
    return recovery;
}

#define CURSOR(fn, field, choice) \
    static void *fn(struct walk *walk, const xmlNode *node, void *parent) \
    { \
        (void)walk, (void)node; \
        ((struct config_policy *)parent)->field = choice; \
        return parent; \
    }

CURSOR(begin_store_queue, queue_cursor, CURSOR_STORE)
CURSOR(begin_file_queue, queue_cursor, CURSOR_FILE)
CURSOR(begin_vm_queue, queue_cursor, CURSOR_VM)
CURSOR(begin_cached_groups, group_map, GROUP_MAP_CACHED)
CURSOR(begin_bucket_groups, group_map, GROUP_MAP_BUCKET)
CURSOR(begin_simple_groups, group_map, GROUP_MAP_SIMPLE)

static void set_dead_letter_queue(struct walk *walk, void *object,
                                  const struct schema_attribute *row, const char *value,
                                  struct config_place place)
{
    struct config_destination queue;

    (void)row;
    if (!destination_parse(walk->arena, value, CONFIG_QUEUE, &queue) || queue.kind != CONFIG_QUEUE)
        walk_remark(walk, CONFIG_ERROR, place, "dead letters go to a queue, \"%s\" is none", value);
    else
        ((struct config_dead_letter *)object)->shared_queue = queue.name;
}

static void *begin_dead_letter_target(struct walk *walk, const xmlNode *node, void *parent)
{
    (void)walk, (void)node;
    return parent;
}

/* "cached?cacheSize=1024", "bucket?bucketCount=1024" or "simple". */
static void set_group_map(struct walk *walk, void *object, const struct schema_attribute *row,
                          const char *value, struct config_place place)
{
    static const char *const names[] = {"cached", "bucket", "simple"};
    static const char *const options[] = {"cacheSize=", "bucketCount=", NULL};
    struct config_policy *policy = object;
    size_t len = strcspn(value, "?");
    struct text_error error;
    int64_t size;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *rest = value + len;

        if (strlen(names[i]) != len || strncmp(names[i], value, len) != 0)
            continue;
        policy->group_map = (enum group_map_kind)i;
        if (!*rest)
            return;
        rest++;
        if (options[i] && strncmp(rest, options[i], strlen(options[i])) == 0 &&
            value_parse_integer(rest + strlen(options[i]), 1, INT_MAX_JAVA, &size, &error) == 0) {
            policy->group_map_size = (uint32_t)size;
            return;
        }
        break;
    }
    walk_remark(walk, CONFIG_ERROR, place,
                "%s=\"%s\" is not known: write cached, cached?cacheSize=1024, bucket, "
                "bucket?bucketCount=1024 or simple",
                row->name, value);
}

static void set_name(struct walk *walk, struct config_destination *destination,
                     enum config_destination_kind kind, const char *value,
                     struct config_place place)
{
    if (destination->name)
        walk_remark(walk, CONFIG_ERROR, place,
                    "an entry is for one destination, this one names "
                    "two: write two entries");
    destination->kind = kind;
    destination->name = destination_trim(walk->arena, value);
}

static void set_queue(struct walk *walk, void *object, const struct schema_attribute *row,
                      const char *value, struct config_place place)
{
    (void)row;
    set_name(walk, &((struct config_policy *)object)->destination, CONFIG_QUEUE, value, place);
}

static void set_topic(struct walk *walk, void *object, const struct schema_attribute *row,
                      const char *value, struct config_place place)
{
    (void)row;
    set_name(walk, &((struct config_policy *)object)->destination, CONFIG_TOPIC, value, place);
}

static void set_temp(struct walk *walk, void *object, const struct schema_attribute *row,
                     const char *value, struct config_place place)
{
    enum config_destination_kind kind =
        strcmp(row->name, "tempQueue") == 0 ? CONFIG_TEMP_QUEUE : CONFIG_TEMP_TOPIC;
    struct text_error error;
    bool is_wanted;

    if (value_parse_bool(value, &is_wanted, &error) != 0)
        walk_remark(walk, CONFIG_ERROR, place, "%s=\"%s\" %s", row->name, value, error.text);
    else if (is_wanted)
        set_name(walk, &((struct config_policy *)object)->destination, kind, ">", place);
}

static void *begin_destination(struct walk *walk, const xmlNode *node, void *parent)
{
    (void)walk, (void)node;
    return &((struct config_policy *)parent)->destination;
}

static void *begin_policies(struct walk *walk, const xmlNode *node, void *parent)
{
    (void)walk, (void)node;
    return &((struct config *)parent)->policies;
}

static void *begin_entry(struct walk *walk, const xmlNode *node, void *parent)
{
    struct config_policies *policies = parent;
    struct config_policy *policy = ARENA_APPEND(walk->arena, policies->entries, policies->count);

    config_policy_init(policy);
    policy->line = walk_line(node);
    return policy;
}

/* "A,B" in one attribute stands for an entry each. */
static void split_names(struct walk *walk, struct config_policies *policies)
{
    struct config_policy whole = policies->entries[policies->count - 1];
    char *rest = arena_copy_text(walk->arena, whole.destination.name), *name;

    policies->count--;
    while ((name = strsep(&rest, ","))) {
        struct config_policy *policy =
            ARENA_APPEND(walk->arena, policies->entries, policies->count);

        *policy = whole;
        policy->destination.name = destination_trim(walk->arena, name);
    }
}

static void end_entry(struct walk *walk, const xmlNode *node, void *object)
{
    struct config_policies *policies = &walk->config->policies;
    const struct config_policy *policy = object;
    const struct config_destination *mine = &policy->destination;

    if (!mine->name || !*mine->name) {
        walk_remark(walk, CONFIG_ERROR, walk_place(walk, node),
                    "<policyEntry> names no destination: it needs queue=, topic=, tempQueue= or "
                    "tempTopic=; for all others there is <defaultEntry>");
        return;
    }
    for (size_t i = 0; i + 1 < policies->count; i++) {
        const struct config_destination *other = &policies->entries[i].destination;

        if (!other->name || other->kind != mine->kind || strcmp(other->name, mine->name) != 0)
            continue;
        walk_remark(walk, CONFIG_WARNING, walk_place(walk, node),
                    "this <policyEntry> for %s is left out: line %d names the same destination "
                    "and, as in ActiveMQ, the first one counts",
                    mine->name, policies->entries[i].line);
        policies->count--;
        return;
    }
    if (policy->gc_inactive)
        walk->collects_destinations = true;
    if (strchr(mine->name, ','))
        split_names(walk, policies);
}

static void *begin_default(struct walk *walk, const xmlNode *node, void *parent)
{
    struct config_policies *policies = parent;

    (void)walk;
    config_policy_init(&policies->fallback);
    policies->fallback.line = walk_line(node);
    return &policies->fallback;
}

static void end_default(struct walk *walk, const xmlNode *node, void *object)
{
    (void)walk, (void)node;
    ((struct config_policy *)object)->destination.name = NULL;
}

/* clang-format off */

/* --- dead letters -------------------------------------------------------------------------- */

#define D struct config_dead_letter
#define DEAD_LETTER_ROWS \
    A_BOOL("processExpired", D, process_expired, "true", "expired messages become dead letters"), \
    A_BOOL("processNonPersistent", D, process_non_persistent, "false", \
           "non-persistent messages become dead letters too"), \
    A_MILLIS("expiration", D, expiration_ms, 0, "0", "time to live of a dead letter; 0: none"), \
    A_BOOL("enableAudit", D, enable_audit, "true", "the same message is not added twice"), \
    N_INT(IGNORED, "maxAuditDepth", "2048", "the last 16384 dead letters are remembered"), \
    N_INT(IGNORED, "maxProducersToAudit", "64", "the last 16384 dead letters are remembered")

static const struct schema_element dead_letter_queue_queue = {
    .name = "queue", .meaning = "the queue",
    .attributes = ATTRIBUTES(
        A_SET("physicalName", set_dead_letter_queue, NULL, "its name"),
        A_SET("name", set_dead_letter_queue, NULL, "the same")),
};
static const struct schema_element dead_letter_queue = {
    .name = "deadLetterQueue", .meaning = "the queue as an element",
    .begin = begin_dead_letter_target, .children = CHILDREN(&dead_letter_queue_queue),
};
static const struct schema_element shared_dead_letter = {
    .name = "sharedDeadLetterStrategy", .meaning = "all dead letters go to one queue",
    .begin = begin_shared,
    .attributes = ATTRIBUTES(
        {.name = "deadLetterQueue", ROW_HELD(D, shared_queue), .set = set_dead_letter_queue,
         .initial = "ActiveMQ.DLQ", .meaning = "name of that queue"},
        DEAD_LETTER_ROWS),
    .children = CHILDREN(&dead_letter_queue),
};
static const struct schema_element individual_dead_letter = {
    .name = "individualDeadLetterStrategy",
    .meaning = "each destination has a dead letter queue of its own",
    .begin = begin_individual,
    .attributes = ATTRIBUTES(
        A_TEXT("queuePrefix", D, queue_prefix, "ActiveMQ.DLQ.Queue.", "in front of a queue's name"),
        A_TEXT("topicPrefix", D, topic_prefix, "ActiveMQ.DLQ.Topic.", "in front of a topic's name"),
        A_TEXT("queueSuffix", D, queue_suffix, NULL, "behind a queue's name"),
        A_TEXT("topicSuffix", D, topic_suffix, NULL, "behind a topic's name"),
        A_BOOL("useQueueForQueueMessages", D, use_queue_for_queue_messages, "true",
               "false: a topic takes the dead letters of a queue"),
        A_BOOL("useQueueForTopicMessages", D, use_queue_for_topic_messages, "true",
               "false: a topic takes the dead letters of a topic"),
        A_BOOL("destinationPerDurableSubscriber", D, per_durable_subscriber, "false",
               "each durable subscriber has its own: <prefix><topic>.<client id>:<name>"),
        DEAD_LETTER_ROWS),
};
static const struct schema_element discarding_dead_letter = {
    .name = "discarding", .meaning = "dead letters are dropped", .begin = begin_discarding,
    .attributes = ATTRIBUTES(
        N_TEXT(IGNORED, "deadLetterQueue", NULL, "nothing is kept"),
        DEAD_LETTER_ROWS),
};
static const struct schema_element dead_letter_strategy = {
    .name = "deadLetterStrategy", .flags = ELEMENT_ONE_OF, .meaning = "where messages go that nobody could take",
    .children = CHILDREN(&shared_dead_letter, &individual_dead_letter, &discarding_dead_letter),
};

/* --- slow consumers ------------------------------------------------------------------------ */

static const struct schema_element constant_limit = {
    .name = "constantPendingMessageLimitStrategy", .meaning = "a fixed number",
    .begin = begin_constant,
    .attributes = ATTRIBUTES(
        A_INT("limit", struct config_pending_limit, limit, -1, INT_MAX_JAVA, "-1",
              "messages beyond the prefetch; -1: no limit, 0: none are kept")),
};
static const struct schema_element prefetch_rate_limit = {
    .name = "prefetchRatePendingMessageLimitStrategy", .meaning = "a multiple of the prefetch",
    .begin = begin_prefetch_rate,
    .attributes = ATTRIBUTES(
        A_REAL("multiplier", struct config_pending_limit, multiplier, "0.5", "that multiple")),
};
static const struct schema_element pending_limit_strategy = {
    .name = "pendingMessageLimitStrategy", .flags = ELEMENT_ONE_OF,
    .meaning = "how many messages wait for a topic subscriber before some are discarded",
    .children = CHILDREN(&constant_limit, &prefetch_rate_limit),
};

#define EVICTION_ROWS \
    A_INT("evictExpiredMessagesHighWatermark", struct config_eviction, expired_high_watermark, 0, \
          INT_MAX_JAVA, "1000", "from that many on, expired messages are looked for first")

static const struct schema_element oldest_eviction = {
    .name = "oldestMessageEvictionStrategy", .meaning = "the oldest", .begin = begin_oldest,
    .attributes = ATTRIBUTES(EVICTION_ROWS),
};
static const struct schema_element lowest_eviction = {
    .name = "oldestMessageWithLowestPriorityEvictionStrategy",
    .meaning = "the oldest of the lowest priority", .begin = begin_lowest,
    .attributes = ATTRIBUTES(EVICTION_ROWS),
};
static const struct schema_element unique_eviction = {
    .name = "uniquePropertyMessageEvictionStrategy",
    .meaning = "older ones with the same value of a property", .begin = begin_unique,
    .attributes = ATTRIBUTES(
        A_TEXT("propertyName", struct config_eviction, property_name, NULL, "that property"),
        EVICTION_ROWS),
};
static const struct schema_element eviction_strategy = {
    .name = "messageEvictionStrategy", .flags = ELEMENT_ONE_OF, .meaning = "which messages are discarded at that limit",
    .children = CHILDREN(&oldest_eviction, &lowest_eviction, &unique_eviction),
};

#define S struct config_slow_consumer
#define SLOW_ROWS \
    A_MILLIS("maxSlowCount", S, max_slow_count, -1, "-1", \
             "aborted after it was slow that many times; -1: never"), \
    A_MILLIS("maxSlowDuration", S, max_slow_duration_ms, -1, "30000", \
             "aborted after it was slow that many milliseconds; -1: never"), \
    A_MILLIS("checkPeriod", S, check_period_ms, 1, "30000", "how often that is looked at"), \
    A_BOOL("abortConnection", S, abort_connection, "false", "close the whole connection"), \
    A_BOOL("ignoreNetworkConsumers", S, ignore_network_consumers, "true", \
           "links to other brokers are spared"), \
    N_TEXT(IGNORED, "name", NULL, WHY_SPRING), \
    N_TEXT(IGNORED, "brokerService", NULL, WHY_SPRING)

static const struct schema_element abort_slow = {
    .name = "abortSlowConsumerStrategy", .meaning = "subscriptions whose window stays full",
    .begin = begin_abort, .attributes = ATTRIBUTES(SLOW_ROWS),
};
static const struct schema_element abort_slow_ack = {
    .name = "abortSlowAckConsumerStrategy", .meaning = "subscriptions that stop acknowledging",
    .begin = begin_abort_ack,
    .attributes = ATTRIBUTES(
        SLOW_ROWS,
        A_MILLIS("maxTimeSinceLastAck", S, max_time_since_last_ack_ms, 0, "30000",
                 "slow when the last acknowledgement is that old"),
        A_BOOL("ignoreIdleConsumers", S, ignore_idle_consumers, "true",
               "not those that have nothing to acknowledge")),
};
static const struct schema_element slow_consumer_strategy = {
    .name = "slowConsumerStrategy", .flags = ELEMENT_ONE_OF, .meaning = "what happens to slow consumers",
    .children = CHILDREN(&abort_slow, &abort_slow_ack),
};

/* --- recovery of topics -------------------------------------------------------------------- */

#define R struct config_recovery
#define RECOVERY_ROWS N_TEXT(IGNORED, "broker", NULL, WHY_SPRING)

static const struct schema_element fixed_count_recovery = {
    .name = "fixedCountSubscriptionRecoveryPolicy", .meaning = "the last messages",
    .begin = begin_fixed_count,
    .attributes = ATTRIBUTES(
        A_INT("maximumSize", R, maximum_size, 0, INT_MAX_JAVA, "100", "how many"),
        RECOVERY_ROWS),
};
static const struct schema_element fixed_size_recovery = {
    .name = "fixedSizedSubscriptionRecoveryPolicy", .meaning = "the last bytes",
    .begin = begin_fixed_size,
    .attributes = ATTRIBUTES(
        A_SIZE("maximumSize", R, maximum_size, "64kb", "how many"),
        N_BOOL(IGNORED, "useSharedBuffer", "true", "each topic has its own"),
        N_TEXT(IGNORED, "buffer", NULL, WHY_SPRING), RECOVERY_ROWS),
};
static const struct schema_element last_image_recovery = {
    .name = "lastImageSubscriptionRecoveryPolicy", .meaning = "the last message",
    .begin = begin_last_image, .attributes = ATTRIBUTES(RECOVERY_ROWS),
};
static const struct schema_element timed_recovery = {
    .name = "timedSubscriptionRecoveryPolicy", .meaning = "the messages of the last time",
    .begin = begin_timed,
    .attributes = ATTRIBUTES(
        A_MILLIS("recoverDuration", R, duration_ms, 0, "60000", "how long"), RECOVERY_ROWS),
};
static const struct schema_element query_recovery = {
    .name = "queryBasedSubscriptionRecoveryPolicy", .disposition = REFUSED,
    .meaning = "its query is a Java object",
};
static const struct schema_element no_recovery = {
    .name = "noSubscriptionRecoveryPolicy", .meaning = "nothing", .begin = begin_no_recovery,
    .attributes = ATTRIBUTES(RECOVERY_ROWS),
};
static const struct schema_element wrapped_recovery = {
    .name = "wrapped", .disposition = MISSED, .flags = ELEMENT_OPAQUE,
    .meaning = "only the retained message is recovered",
};
static const struct schema_element retained_recovery = {
    .name = "retainedMessageSubscriptionRecoveryPolicy",
    .meaning = "the last message with the property ActiveMQ.Retain", .begin = begin_retained,
    .attributes = ATTRIBUTES(RECOVERY_ROWS), .children = CHILDREN(&wrapped_recovery),
};
static const struct schema_element recovery_policy = {
    .name = "subscriptionRecoveryPolicy", .flags = ELEMENT_ONE_OF,
    .meaning = "what a late subscriber that asks for it gets of a topic",
    .children = CHILDREN(&fixed_count_recovery, &fixed_size_recovery, &last_image_recovery,
                         &timed_recovery, &retained_recovery, &query_recovery, &no_recovery),
};

/* --- cursors, groups, dispatch ------------------------------------------------------------- */

#define LEAF(var, element_name, fn, say) \
    static const struct schema_element var = { \
        .name = element_name, .meaning = say, .begin = fn }

LEAF(store_queue_cursor, "storeCursor", begin_store_queue, "persistent ones in the store");
LEAF(file_queue_cursor, "fileQueueCursor", begin_file_queue, "in a temporary file");
LEAF(vm_queue_cursor, "vmQueueCursor", begin_vm_queue, "in memory: memoryLimit stops producers");
#define WHERE_THEY_WAIT(var, element_name, how) \
    static const struct schema_element var = { \
        .name = element_name, .disposition = how, \
        .meaning = "messages of topics wait in memory in this version" }

WHERE_THEY_WAIT(file_subscriber_cursor, "fileCursor", MISSED);
WHERE_THEY_WAIT(vm_subscriber_cursor, "vmCursor", IGNORED);
WHERE_THEY_WAIT(file_durable_cursor, "fileDurableSubscriberCursor", MISSED);
WHERE_THEY_WAIT(vm_durable_cursor, "vmDurableCursor", IGNORED);
static const struct schema_element store_durable_cursor = {
    .name = "storeDurableSubscriberCursor", .disposition = MISSED,
    .meaning = "messages of topics wait in memory in this version",
    .attributes = ATTRIBUTES(
        N_BOOL(IGNORED, "useCache", "true", "a cursor's detail"),
        N_BOOL(IGNORED, "immediatePriorityDispatch", "true", "a cursor's detail")),
};
static const struct schema_element queue_policy = {
    .name = "pendingQueuePolicy", .flags = ELEMENT_ONE_OF, .meaning = "where the messages of a queue wait",
    .children = CHILDREN(&store_queue_cursor, &file_queue_cursor, &vm_queue_cursor),
};
static const struct schema_element subscriber_policy = {
    .name = "pendingSubscriberPolicy", .flags = ELEMENT_ONE_OF, .meaning = "where those of a topic subscriber wait",
    .children = CHILDREN(&file_subscriber_cursor, &vm_subscriber_cursor),
};
static const struct schema_element durable_policy = {
    .name = "pendingDurableSubscriberPolicy", .flags = ELEMENT_ONE_OF, .meaning = "where those of a durable one wait",
    .children = CHILDREN(&store_durable_cursor, &file_durable_cursor, &vm_durable_cursor),
};

#define P struct config_policy
static const struct schema_element cached_groups = {
    .name = "cachedMessageGroupMapFactory", .meaning = "the groups used last",
    .begin = begin_cached_groups,
    .attributes = ATTRIBUTES(
        A_INT("cacheSize", P, group_map_size, 1, INT_MAX_JAVA, "1024", "how many groups")),
};
static const struct schema_element bucket_groups = {
    .name = "messageGroupHashBucketFactory", .meaning = "groups fall into buckets",
    .begin = begin_bucket_groups,
    .attributes = ATTRIBUTES(
        A_INT("bucketCount", P, group_map_size, 1, INT_MAX_JAVA, "1024", "how many buckets"),
        N_INT(IGNORED, "cacheSize", NULL, "bucketCount says it")),
};
LEAF(simple_groups, "simpleMessageGroupMapFactory", begin_simple_groups, "all groups");
static const struct schema_element group_map_factory = {
    .name = "messageGroupMapFactory", .flags = ELEMENT_ONE_OF, .meaning = "how message groups are remembered",
    .children = CHILDREN(&cached_groups, &bucket_groups, &simple_groups),
};

#define OTHER_DISPATCH(var, element_name, how, why) \
    static const struct schema_element var = { \
        .name = element_name, .disposition = how, .meaning = why }

OTHER_DISPATCH(simple_dispatch, "simpleDispatchPolicy", IGNORED, "it is the way of all topics");
OTHER_DISPATCH(round_robin_dispatch, "roundRobinDispatchPolicy", IGNORED,
               "the order among subscribers of a topic is the broker's");
OTHER_DISPATCH(strict_dispatch, "strictOrderDispatchPolicy", MISSED,
               "subscribers see the messages of each producer in order, those of several producers "
               "mixed in different ways");
OTHER_DISPATCH(priority_dispatch, "priorityDispatchPolicy", MISSED,
               "a topic serves its subscribers regardless of their priority");
OTHER_DISPATCH(network_dispatch, "priorityNetworkDispatchPolicy", MISSED,
               "a topic serves its subscribers regardless of their priority");
static const struct schema_element client_dispatch = {
    .name = "clientIdFilterDispatchPolicy", .disposition = MISSED,
    .meaning = "messages of a topic go to all its subscribers",
    .attributes = ATTRIBUTES(
        N_TEXT(IGNORED, "ptpClientId", NULL, "see the element"),
        N_TEXT(IGNORED, "ptpSuffix", NULL, "see the element")),
};
static const struct schema_element dispatch_policy = {
    .name = "dispatchPolicy", .flags = ELEMENT_ONE_OF, .meaning = "the order in which a topic serves its subscribers",
    .children = CHILDREN(&simple_dispatch, &round_robin_dispatch, &strict_dispatch,
                         &priority_dispatch, &network_dispatch, &client_dispatch),
};

static const struct schema_element conditional_filter = {
    .name = "conditionalNetworkBridgeFilterFactory", .disposition = MISSED,
    .meaning = "links to other brokers are not built in this version",
    .attributes = ATTRIBUTES(
        N_BOOL(MISSED, "replayWhenNoConsumers", "false", "see the element"),
        N_INT(IGNORED, "replayDelay", "0", "see the element"),
        N_INT(IGNORED, "rateLimit", "0", "see the element"),
        N_INT(IGNORED, "rateDuration", "1000", "see the element"),
        N_BOOL(IGNORED, "selectorAware", "false", "see the element")),
};
static const struct schema_element default_filter = {
    .name = "defaultNetworkBridgeFilterFactory", .disposition = IGNORED,
    .meaning = "it is the default",
};
static const struct schema_element filter_factory = {
    .name = "networkBridgeFilterFactory",
    .meaning = "when a message may go back to a broker it came from",
    .children = CHILDREN(&conditional_filter, &default_filter),
};
static const struct schema_element header_interceptor = {
    .name = "headerMessageInterceptorStrategy", .disposition = MISSED,
    .meaning = "delivery mode and expiry are not changed per destination",
    .attributes = ATTRIBUTES(
        N_BOOL(MISSED, "forceDeliveryMode", "false", "see the element"),
        N_BOOL(MISSED, "persistent", NULL, "see the element"),
        N_BOOL(MISSED, "forceExpiration", "false", "see the element"),
        N_INT(IGNORED, "zeroExpirationOverride", "0", "see the element"),
        N_INT(IGNORED, "expirationCeiling", "0", "see the element"),
        N_BOOL(IGNORED, "futureOnly", "false", "see the element"),
        N_BOOL(IGNORED, "processNetworkMessages", "false", "see the element")),
};
static const struct schema_element chain_interceptor = {
    .name = "chainMessageInterceptorStrategy", .disposition = MISSED, .flags = ELEMENT_OPAQUE,
    .meaning = "delivery mode and expiry are not changed per destination",
};
static const struct schema_element interceptor_strategy = {
    .name = "messageInterceptorStrategy", .meaning = "changes messages as they arrive",
    .children = CHILDREN(&header_interceptor, &chain_interceptor),
};

static const struct schema_element entry_queue = {
    .name = "queue", .meaning = "the destination",
    .attributes = ATTRIBUTES(
        A_TEXT("physicalName", struct config_destination, name, NULL, "its name"),
        A_TEXT("name", struct config_destination, name, NULL, "the same")),
};
static void *begin_entry_topic(struct walk *walk, const xmlNode *node, void *parent)
{
    (void)walk, (void)node;
    ((struct config_destination *)parent)->kind = CONFIG_TOPIC;
    return parent;
}
static const struct schema_element entry_topic = {
    .name = "topic", .meaning = "the destination", .begin = begin_entry_topic,
    .attributes = ATTRIBUTES(
        A_TEXT("physicalName", struct config_destination, name, NULL, "its name"),
        A_TEXT("name", struct config_destination, name, NULL, "the same")),
};
static const struct schema_element entry_destination = {
    .name = "destination", .meaning = "the destination as an element",
    .begin = begin_destination, .children = CHILDREN(&entry_queue, &entry_topic),
};

/* --- policyEntry --------------------------------------------------------------------------- */

#define WHY_CURSOR "a detail of ActiveMQ's cursors"
#define WHY_DISPATCH "messages are always handed on without another thread"

static const struct schema_attribute entry_rows[] = {
    A_SET("queue", set_queue, NULL, "the queues it is for; wildcards * and >"),
    A_SET("topic", set_topic, NULL, "the topics it is for"),
    A_SET("tempQueue", set_temp, "false", "true: for all temporary queues"),
    A_SET("tempTopic", set_temp, "false", "true: for all temporary topics"),
    A_SIZE("memoryLimit", P, memory_limit, "0",
           "memory for the messages of one destination; 0: only the broker's limit"),
    A_BOOL("producerFlowControl", P, producer_flow_control, "true",
           "producers are stopped at a limit"),
    {.name = "sendFailIfNoSpace", .type = VALUE_BOOL, ROW_HELD(P, send_fail_if_no_space),
     .meaning = "as in systemUsage, for these destinations"},
    A_MILLIS("sendFailIfNoSpaceAfterTimeout", P, send_fail_after_ms, -1, NULL,
             "as in systemUsage, for these destinations"),
    A_MILLIS("blockedProducerWarningInterval", P, blocked_producer_warning_ms, 0, "30000",
             "how often a stopped producer is logged; 0: never"),
    A_INT("queuePrefetch", P, queue_prefetch, 0, INT_MAX_JAVA, "1000",
          "messages sent ahead to a consumer that does not say itself"),
    A_INT("topicPrefetch", P, topic_prefetch, 0, INT_MAX_JAVA, "32767", "the same for topics"),
    A_INT("durableTopicPrefetch", P, durable_prefetch, 0, INT_MAX_JAVA, "100",
          "the same for durable subscribers"),
    A_INT("queueBrowserPrefetch", P, browser_prefetch, 0, INT_MAX_JAVA, "500",
          "the same for browsers"),
    A_BOOL("gcInactiveDestinations", P, gc_inactive, "false",
           "destinations that nobody uses are removed; needs "
           "schedulePeriodForDestinationPurge"),
    A_MILLIS("inactiveTimeoutBeforeGC", P, gc_inactive_ms, 0, "60000", "when that is"),
    A_MILLIS("inactiveTimoutBeforeGC", P, gc_inactive_ms, 0, NULL, "the same, as once misspelt"),
    N_BOOL(MISSED, "gcWithNetworkConsumers", "false",
           "links to other brokers are not built in this version"),
    A_MILLIS("expireMessagesPeriod", P, expire_period_ms, 0, "30000",
             "how often expired messages are looked for; 0: never"),
    N_INT(IGNORED, "maxExpirePageSize", "400", "each time all messages of a queue are looked at"),
    N_INT(IGNORED, "maxPageSize", "200", "messages are not paged in"),
    N_INT(IGNORED, "maxBrowsePageSize", "400", "a browser is shown the whole queue"),
    A_BOOL("prioritizedMessages", P, prioritized, "false", "higher priorities first"),
    A_BOOL("allConsumersExclusiveByDefault", P, all_exclusive, "false",
           "one consumer gets everything until it leaves"),
    A_BOOL("strictOrderDispatch", P, strict_order_dispatch, "false",
           "a queue stays with one consumer until its window is full"),
    A_BOOL("useConsumerPriority", P, use_consumer_priority, "true",
           "consumers of higher priority first"),
    A_INT("consumersBeforeDispatchStarts", P, consumers_before_dispatch, 0, INT_MAX_JAVA, "0",
          "a queue waits for that many consumers"),
    A_MILLIS("timeBeforeDispatchStarts", P, time_before_dispatch_ms, 0, "0",
             "but not longer than that"),
    A_SET("messageGroupMapFactoryType", set_group_map, "cached",
          "cached?cacheSize=1024, bucket?bucketCount=1024 or simple"),
    A_BOOL("alwaysRetroactive", P, always_retroactive, "false",
           "every subscriber of a topic gets what its recovery policy holds"),
    A_INT("minimumMessageSize", P, minimum_message_size, 0, INT_MAX_JAVA, "1024",
          "bytes a message counts at least"),
    A_INT("maxDestinations", P, max_destinations, -1, INT_MAX_JAVA, "-1",
          "destinations that may exist under this entry, counted by each worker for itself; -1: any number"),
    N_BOOL(MISSED, "persistJMSRedelivered", "false",
           "the redelivered flag does not survive a restart"),
    A_BOOL("usePrefetchExtension", P, use_prefetch_extension, "true",
           "messages acknowledged in a transaction make room for others"),
    A_BOOL("advisoryForSlowConsumers", P, advisory_slow_consumer, "false", "an advisory message"),
    A_BOOL("advisoryForFastProducers", P, advisory_fast_producer, "false", "an advisory message"),
    A_BOOL("advisoryForDiscardingMessages", P, advisory_discarded, "false", "an advisory message"),
    A_BOOL("advisoryWhenFull", P, advisory_full, "false", "an advisory message"),
    A_BOOL("advisoryForDelivery", P, advisory_delivered, "false", "an advisory message"),
    A_BOOL("advisoryForConsumed", P, advisory_consumed, "false", "an advisory message"),
    A_BOOL("advisoryForDispatched", P, advisory_dispatched, "false", "an advisory message"),
    A_BOOL("includeBodyForAdvisory", P, advisory_with_body, "false",
           "these advisories carry the message's body"),
    A_BOOL("sendAdvisoryIfNoConsumers", P, advisory_no_consumer, "false",
           "messages that nobody receives are sent as an advisory"),
    N_BOOL(MISSED, "enableAudit", "true", "a message that is sent twice is delivered twice"),
    N_INT(IGNORED, "maxQueueAuditDepth", "10000", "see enableAudit"),
    N_INT(IGNORED, "maxProducersToAudit", "64", "see enableAudit"),
    {.name = "maximumRedeliveries", .type = VALUE_INTEGER, .is_ours = true,
     ROW_HELD(P, maximum_redeliveries), .min = -1, .max = INT_MAX_JAVA, .initial = "-1",
     .meaning = "after that many redeliveries the broker itself makes a dead letter of a "
                "message, whatever the client; -1: never, as ActiveMQ"},
    N_INT(IGNORED, "maxAuditDepth", "10000", "see enableAudit"),
    N_BOOL(IGNORED, "optimizedDispatch", "false", WHY_DISPATCH),
    N_BOOL(IGNORED, "lazyDispatch", "false", WHY_CURSOR),
    N_INT(IGNORED, "cursorMemoryHighWaterMark", "70", WHY_CURSOR),
    N_INT(IGNORED, "storeUsageHighWaterMark", "100", "the store's limit is the limit"),
    N_BOOL(IGNORED, "useCache", "true", WHY_CURSOR),
    N_BOOL(IGNORED, "reduceMemoryFootprint", "false", "messages are never held in two forms"),
    N_BOOL(IGNORED, "doOptimzeMessageStorage", "true", WHY_CURSOR),
    N_INT(IGNORED, "optimizeMessageStoreInFlightLimit", "10", WHY_CURSOR),
    N_BOOL(IGNORED, "sendDuplicateFromStoreToDLQ", "false", "the store holds no duplicates"),
    N_BOOL(IGNORED, "useTopicSubscriptionInflightStats", "true", "always counted"),
    N_BOOL(IGNORED, "advancedNetworkStatisticsEnabled", "false", "no such counters"),
    N_BOOL(IGNORED, "advancedMessageStatisticsEnabled", "false", "no such counters"),
    N_BOOL(MISSED, "allowTempDestinationStealing", "false",
           "only its own connection consumes from a temporary destination"),
    {.name = NULL},
};

#define ENTRY_CHILDREN CHILDREN( \
    &dead_letter_strategy, &pending_limit_strategy, &eviction_strategy, &slow_consumer_strategy, \
    &recovery_policy, &queue_policy, &subscriber_policy, &durable_policy, &group_map_factory, \
    &dispatch_policy, &filter_factory, &interceptor_strategy, &entry_destination)

static const struct schema_element policy_entry = {
    .name = "policyEntry",
    .meaning = "rules for the destinations it names. Of several that match, the most specific "
               "alone counts",
    .flags = ELEMENT_REPEATS, .begin = begin_entry, .end = end_entry,
    .attributes = entry_rows, .children = ENTRY_CHILDREN,
};
static const struct schema_element default_policy_entry = {
    .name = "policyEntry", .meaning = "rules for destinations no other entry matches",
    .begin = begin_default, .end = end_default,
    .attributes = entry_rows, .children = ENTRY_CHILDREN,
};
static const struct schema_element policy_entries = {
    .name = "policyEntries", .meaning = "the entries", .children = CHILDREN(&policy_entry),
};
static const struct schema_element entries = {
    .name = "entries", .meaning = "the entries, the same", .children = CHILDREN(&policy_entry),
};
static const struct schema_element default_entry = {
    .name = "defaultEntry", .meaning = "the entry for all others",
    .children = CHILDREN(&default_policy_entry),
};
static const struct schema_element policy_map = {
    .name = "policyMap", .meaning = "all entries", .begin = begin_policies,
    .children = CHILDREN(&policy_entries, &entries, &default_entry),
};
const struct schema_element schema_destination_policy = {
    .name = "destinationPolicy", .meaning = "holds the map",
    .children = CHILDREN(&policy_map),
};
/* clang-format on */

void config_policy_init(struct config_policy *policy)
{
    *policy = (struct config_policy){
        .send_fail_if_no_space = -1,
        .send_fail_after_ms = -1,
        .queue_cursor = CURSOR_STORE,
        .group_map = GROUP_MAP_CACHED,
        .group_map_size = 1024,
    };
    schema_set_defaults(&policy_entry, policy);
    schema_set_defaults(&shared_dead_letter, &policy->dead_letter);
    schema_set_defaults(&individual_dead_letter, &policy->dead_letter);
    schema_set_defaults(&constant_limit, &policy->pending_limit);
    schema_set_defaults(&prefetch_rate_limit, &policy->pending_limit);
    schema_set_defaults(&oldest_eviction, &policy->eviction);
    schema_set_defaults(&abort_slow_ack, &policy->slow_consumer);
    schema_set_defaults(&fixed_count_recovery, &policy->recovery);
    schema_set_defaults(&timed_recovery, &policy->recovery);
}
