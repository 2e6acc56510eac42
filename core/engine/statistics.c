/* SPDX-License-Identifier: Apache-2.0 */
#include "statistics.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "home.h"
#include "window.h"

enum { ENTRIES_MAX = 48, NAMES_MAX = 1024 };

enum question_kind { ASK_NOTHING, ASK_BROKER, ASK_DESTINATION, ASK_SUBSCRIPTION };

struct sums {
    uint64_t size, enqueued, dequeued, dispatched, expired, inflight, consumers, producers;
    uint64_t memory;
};

/* Asked of every shard; each gets its own. */
struct inquiry {
    uint64_t id;
    enum question_kind kind;
    enum destination_kind destination_kind;
    bool reset, first_timestamp;
    struct message *question; /* a reference: what answers copy from */
};

/* One shard's part of the answer. */
struct findings {
    struct sums sums;
    struct message **messages; /* ready to be sent; may be NULL */
    size_t count, capacity;
};

/* A question that is not answered by all shards yet. */
struct query {
    struct list_node node;
    struct inquiry inquiry;
    struct findings findings;
    uint32_t waiting;
    bool end_with_null;
};

struct queries {
    struct list_node list;
    uint64_t last_id;
};

/*
 * Map messages.
 */
struct map {
    struct property entries[ENTRIES_MAX];
    size_t count;
};

static void put(struct map *map, const char *name, struct value value)
{
    assert(map->count < ENTRIES_MAX);
    map->entries[map->count++] = (struct property){slice_of_text(name), value};
}

static void put_long(struct map *map, const char *name, uint64_t number)
{
    put(map, name, (struct value){.type = VALUE_LONG, .integer = (int64_t)number});
}

static void put_int(struct map *map, const char *name, int64_t number)
{
    put(map, name, (struct value){.type = VALUE_INT, .integer = number});
}

static void put_real(struct map *map, const char *name, double number)
{
    put(map, name, (struct value){.type = VALUE_DOUBLE, .real = number});
}

static void put_bool(struct map *map, const char *name, bool truth)
{
    put(map, name, (struct value){.type = VALUE_BOOL, .boolean = truth});
}

static void put_text(struct map *map, const char *name, const char *text)
{
    put(map, name, (struct value){.type = VALUE_STRING, .text = slice_of_text(text ? text : "")});
}

static struct message *compose(struct engine *engine, const struct message *question,
                               const struct map *map)
{
    struct message_draft draft = {
        .destination = {(enum destination_kind)question->reply_to_kind,
                        message_part(question, MESSAGE_REPLY_TO)},
        .correlation_id = message_part(question, MESSAGE_CORRELATION_ID),
        .id = slice_of_text(engine->advisory_producer),
        .id_sequence = ++engine->advisory_count,
        .type = SLICE("Advisory"),
        .body_kind = BODY_MAP,
        .body_count = (uint16_t)map->count,
        .timestamp_ms = engine->wall_ms,
        .broker_in_ms = engine->wall_ms,
    };
    struct message *message;
    uint8_t *body, *at;
    size_t len = 0;

    for (size_t i = 0; i < map->count; i++)
        len += property_len(&map->entries[i]);
    at = body = malloc(len + 1);
    if (!body)
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        at = property_write(at, &map->entries[i]);
    draft.body = slice_of(body, len);
    message = message_create(&draft);
    free(body);
    return message;
}

static void findings_add(struct findings *findings, struct message *message)
{
    size_t capacity = findings->capacity ? findings->capacity * 2 : 16;
    struct message **messages;

    if (!message)
        return;
    if (findings->count == findings->capacity) {
        messages = realloc(findings->messages, capacity * sizeof(struct message *));
        if (!messages) {
            message_unref(message);
            return;
        }
        findings->messages = messages;
        findings->capacity = capacity;
    }
    findings->messages[findings->count++] = message;
}

/*
 * What one shard knows.
 */
static uint64_t inflight_of_attachments(const struct destination *queue,
                                        const struct list_node *attachments)
{
    uint64_t count = 0;

    LIST_FOR_EACH(node, attachments) {
        const struct window *window =
            &LIST_ENTRY(node, struct attachment, class_node)->subscription->window;

        WINDOW_FOR_EACH(tag, window, 0, UINT64_MAX) {
            const struct entry *entry = window_at(window, tag);

            count += entry && entry->queue == queue;
        }
    }
    return count;
}

static uint64_t inflight_of(const struct destination *queue)
{
    uint64_t count = 0;

    LIST_FOR_EACH(node, &queue->queue.classes) {
        const struct priority_class *class = LIST_ENTRY(node, struct priority_class, node);

        count += inflight_of_attachments(queue, &class->ready);
        count += inflight_of_attachments(queue, &class->full);
    }
    return count;
}

static struct sums sums_of(const struct destination *destination)
{
    bool is_queue = destination_is_queue(destination);

    return (struct sums){
        .size = destination->count,
        .enqueued = destination->counters.enqueued,
        .dequeued = destination->counters.dequeued,
        .dispatched = destination->counters.dispatched,
        .expired = destination->counters.expired,
        .inflight = is_queue ? inflight_of(destination) : 0,
        .consumers = destination->subscription_count,
        .producers = destination->producer_count,
        .memory = destination->memory,
    };
}

static void put_broker(struct map *map, const struct engine *engine)
{
    const struct config *config = engine->config;

    put_text(map, "brokerName", config->broker_name);
    put_text(map, "brokerId", config->broker_id ? config->broker_id : config->broker_name);
}

static void put_sums(struct map *map, const struct sums *sums, uint64_t memory_limit)
{
    put_long(map, "size", sums->size);
    put_long(map, "enqueueCount", sums->enqueued);
    put_long(map, "dequeueCount", sums->dequeued);
    put_long(map, "dispatchCount", sums->dispatched);
    put_long(map, "expiredCount", sums->expired);
    put_long(map, "inflightCount", sums->inflight);
    put_long(map, "messagesCached", 0);
    put_real(map, "averageMessageSize",
             sums->size > 0 ? (double)sums->memory / (double)sums->size : 0);
    put_long(map, "consumerCount", sums->consumers);
    put_long(map, "producerCount", sums->producers);
    put_long(map, "memoryUsage", sums->memory);
    put_long(map, "memoryLimit", memory_limit);
    put_int(map, "memoryPercentUsage",
            memory_limit > 0 ? (int64_t)(sums->memory * 100 / memory_limit) : 0);
    put_real(map, "averageEnqueueTime", 0); /* nobody measures how long messages stay */
    put_real(map, "maxEnqueueTime", 0);
    put_real(map, "minEnqueueTime", 0);
}

struct search {
    struct engine *engine;
    const struct inquiry *inquiry;
    struct findings *findings;
    struct slice pattern;
};

static void add_first_timestamp(struct map *map, const struct destination *destination)
{
    const struct list_node *head = &destination->queue.pending;

    if (destination_is_queue(destination) && !list_is_empty(head))
        put_long(map, "firstMessageTimestamp",
                 (uint64_t)LIST_ENTRY(head->next, struct entry, node)->message->broker_in_ms);
}

static void describe_destination(void *arg, void *object)
{
    const struct search *search = arg;
    const struct destination *destination = object;
    uint64_t limit = destination->policy->memory_limit;
    struct sums sums;
    struct text_error name;
    struct map map = {.count = 0};

    if (destination->name.kind != search->inquiry->destination_kind ||
        !pattern_matches(search->pattern, destination->name.name))
        return;
    sums = sums_of(destination);
    destination_text(destination->name, &name);
    put_text(&map, "destinationName", name.text);
    put_broker(&map, search->engine);
    put_sums(&map, &sums, limit ? limit : search->engine->config->usage.memory_bytes_max);
    if (search->inquiry->first_timestamp)
        add_first_timestamp(&map, destination);
    findings_add(search->findings, compose(search->engine, search->inquiry->question, &map));
}

static void names_text(const struct subscribe_request *request, char out[NAMES_MAX])
{
    size_t len = 0;

    out[0] = '\0';
    for (uint32_t i = 0; i < request->name_count && len < NAMES_MAX; i++)
        len += (size_t)snprintf(out + len, NAMES_MAX - len, "%s%s%s", i > 0 ? "," : "",
                                destination_kind_prefix(request->names[i].kind),
                                request->names[i].name);
}

static void describe_subscription(void *arg, void *object)
{
    const struct search *search = arg;
    const struct subscription *subscription = object;
    const struct subscribe_request *request = subscription->request;
    uint64_t pending = subscription->pending_count;
    struct map map = {.count = 0};
    char names[NAMES_MAX];

    names_text(request, names);
    put_broker(&map, search->engine);
    put_text(&map, "destinationName", names);
    put_text(&map, "clientId", request->client_id);
    put_text(&map, "connectionId", request->connection_id);
    put_long(&map, "sessionId", 1);
    put_text(&map, "selector", request->selector_text);
    put_long(&map, "enqueueCounter", subscription->dispatched + pending);
    put_long(&map, "dequeueCounter", subscription->dequeued);
    put_long(&map, "dispatchedCounter", subscription->dispatched);
    put_long(&map, "dispatchedQueueSize", subscription->window.live);
    put_int(&map, "prefetchSize", subscription->prefetch);
    put_int(&map, "maximumPendingMessageLimit",
            subscription->pending_limit > 0 ? subscription->pending_limit : 0);
    put_bool(&map, "exclusive", request->exclusive);
    put_bool(&map, "retroactive", request->retroactive);
    put_bool(&map, "slowConsumer", subscription->slow_since_ms != 0);
    findings_add(search->findings, compose(search->engine, search->inquiry->question, &map));
}

static void sum_up(void *arg, void *object)
{
    const struct search *search = arg;
    struct sums *total = &search->findings->sums;
    struct sums one = sums_of(object);

    total->size += one.size;
    total->inflight += one.inflight;
    total->consumers += one.consumers;
    total->producers += one.producers;
}

static void find_broker(struct search *search)
{
    struct engine *engine = search->engine;
    struct sums *total = &search->findings->sums;

    table_each(&engine->destinations, sum_up, search);
    total->enqueued = engine->counters.enqueued;
    total->dequeued = engine->counters.dequeued;
    total->dispatched = engine->counters.dispatched;
    total->expired = engine->counters.expired;
    total->memory = engine->memory;
    if (search->inquiry->reset)
        engine->counters = (struct engine_counters){0};
}

static const struct {
    enum question_kind kind;
    struct slice name;
} questions[] = {
    {ASK_BROKER, {(const uint8_t *)"ActiveMQ.Statistics.Broker", 26}},
    {ASK_DESTINATION, {(const uint8_t *)"ActiveMQ.Statistics.Destination.", 32}},
    {ASK_SUBSCRIPTION, {(const uint8_t *)"ActiveMQ.Statistics.Subscription", 32}},
};

static enum question_kind kind_of(struct slice name, struct slice *rest)
{
    for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
        struct slice prefix = questions[i].name;

        if (name.len >= prefix.len &&
            strncasecmp((const char *)name.bytes, (const char *)prefix.bytes, prefix.len) == 0) {
            *rest = slice_after(name, prefix.len);
            return questions[i].kind;
        }
    }
    return ASK_NOTHING;
}

static void find(struct engine *engine, const struct inquiry *inquiry, struct findings *findings)
{
    struct search search = {engine, inquiry, findings, SLICE_ABSENT};
    enum question_kind kind =
        kind_of(message_part(inquiry->question, MESSAGE_DESTINATION), &search.pattern);

    if (kind == ASK_BROKER)
        find_broker(&search);
    else if (kind == ASK_DESTINATION)
        table_each(&engine->destinations, describe_destination, &search);
    else if (kind == ASK_SUBSCRIPTION)
        table_each(&engine->subscriptions, describe_subscription, &search);
}

/*
 * Asking and answering.
 */
static void reply(struct engine *engine, struct message *message)
{
    struct destination_name to;

    if (!message)
        return;
    to = message_destination(message);
    home_send(engine, destination_name_hash(to), message, (struct reply_address){0, 0},
              MAIL_INTERNAL | MAIL_MAY_CREATE);
}

static void put_connectors(struct map *map, const struct config *config)
{
    static const char *const names[] = {"openwire", "stomp", "ssl", "stomp+ssl", "vm"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        put_text(map, names[i], "");
    for (size_t i = 0; i < config->connector_count; i++)
        for (size_t k = map->count - ARRAY_LEN(names); k < map->count; k++)
            if (config->connectors[i].name &&
                slice_is(map->entries[k].name, config->connectors[i].name))
                map->entries[k].value.text = slice_of_text(config->connectors[i].host);
}

static void reply_about_broker(struct engine *engine, const struct query *query)
{
    const struct config *config = engine->config;
    struct map map = {.count = 0};

    put_broker(&map, engine);
    put_sums(&map, &query->findings.sums, config->usage.memory_bytes_max);
    put_long(&map, "storeUsage", 0);
    put_long(&map, "storeLimit", config->usage.store_bytes_max);
    put_int(&map, "storePercentUsage", 0);
    put_long(&map, "tempUsage", 0);
    put_long(&map, "tempLimit", config->usage.temp_bytes_max);
    put_int(&map, "tempPercentUsage", 0);
    put_text(&map, "dataDirectory", config->data_directory);
    put_connectors(&map, config);
    reply(engine, compose(engine, query->inquiry.question, &map));
}

static void query_destroy(struct query *query)
{
    list_remove(&query->node);
    for (size_t i = 0; i < query->findings.count; i++)
        message_unref(query->findings.messages[i]);
    free(query->findings.messages);
    message_unref(query->inquiry.question);
    free(query);
}

static void finish(struct engine *engine, struct query *query)
{
    for (size_t i = 0; i < query->findings.count; i++) {
        reply(engine, query->findings.messages[i]);
        query->findings.messages[i] = NULL;
    }
    if (query->inquiry.kind == ASK_BROKER)
        reply_about_broker(engine, query);
    else if (query->end_with_null)
        reply(engine, compose(engine, query->inquiry.question, &(struct map){.count = 0}));
    query_destroy(query);
}

static bool has(const struct message *message, const char *name)
{
    struct value value;

    return property_find(message_part(message, MESSAGE_PROPERTIES), slice_of_text(name), &value);
}

static struct query *query_create(struct engine *engine, enum question_kind kind,
                                  struct message *message)
{
    struct query *query = calloc(1, sizeof *query);

    if (!engine->queries) {
        engine->queries = calloc(1, sizeof *engine->queries);
        if (engine->queries)
            list_init(&engine->queries->list);
    }
    if (!query || !engine->queries) {
        free(query);
        return NULL;
    }
    query->inquiry = (struct inquiry){
        .id = ++engine->queries->last_id,
        .kind = kind,
        .destination_kind = (enum destination_kind)message->destination_kind,
        .reset = has(message, "ActiveMQ.Statistics.Broker.Reset"),
        .first_timestamp =
            has(message, "ActiveMQ.Statistics.Destination.Include.First.Message.Timestamp"),
        .question = message_ref(message),
    };
    query->end_with_null = kind == ASK_DESTINATION &&
                           has(message, "ActiveMQ.Statistics.Destination.List.End.With.Null");
    query->waiting = 1;
    list_append(&engine->queries->list, &query->node);
    return query;
}

bool statistics_is_question(const struct engine *engine, struct destination_name name)
{
    struct slice rest;

    return engine->config->statistics_plugin && kind_of(name.name, &rest) != ASK_NOTHING;
}

bool statistics_take(struct engine *engine, struct destination *destination,
                     struct message *message)
{
    struct slice rest;
    enum question_kind kind = ASK_NOTHING;
    struct query *query;

    if (slice_is_present(message_part(message, MESSAGE_REPLY_TO)))
        kind = kind_of(destination->name.name, &rest);
    query = kind == ASK_NOTHING ? NULL : query_create(engine, kind, message);
    if (!query)
        return false;
    for (uint16_t to = 0; to < engine->shards; to++) {
        struct inquiry *inquiry = to == engine->index ? NULL : malloc(sizeof *inquiry);
        struct engine_mail mail = {.kind = MAIL_QUERY, .pointer = inquiry};

        if (!inquiry)
            continue;
        *inquiry = query->inquiry;
        inquiry->question = message_ref(message);
        query->waiting++;
        engine_mail_to(engine, to, &mail);
    }
    find(engine, &query->inquiry, &query->findings);
    if (--query->waiting == 0)
        finish(engine, query);
    return true;
}

void statistics_receive_query(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    struct inquiry *inquiry = mail->pointer;
    struct findings *findings = calloc(1, sizeof *findings);
    struct engine_mail answer = {.kind = MAIL_QUERY_ANSWER, .id = inquiry->id, .pointer = findings};

    if (findings)
        find(engine, inquiry, findings);
    engine_mail_to(engine, from, &answer);
    message_unref(inquiry->question);
    free(inquiry);
}

static struct query *query_find(const struct engine *engine, uint64_t id)
{
    LIST_FOR_EACH(node, &engine->queries->list) {
        struct query *query = LIST_ENTRY(node, struct query, node);

        if (query->inquiry.id == id)
            return query;
    }
    return NULL;
}

static void add_up(struct sums *total, const struct sums *one)
{
    total->size += one->size;
    total->enqueued += one->enqueued;
    total->dequeued += one->dequeued;
    total->dispatched += one->dispatched;
    total->expired += one->expired;
    total->inflight += one->inflight;
    total->consumers += one->consumers;
    total->producers += one->producers;
    total->memory += one->memory;
}

void statistics_receive_answer(struct engine *engine, const struct engine_mail *mail)
{
    struct query *query = query_find(engine, mail->id);
    struct findings *findings = mail->pointer;

    assert(query); /* it waits until all have answered */
    if (findings) {
        add_up(&query->findings.sums, &findings->sums);
        for (size_t i = 0; i < findings->count; i++)
            findings_add(&query->findings, findings->messages[i]);
        free(findings->messages);
        free(findings);
    }
    if (--query->waiting == 0)
        finish(engine, query);
}

void statistics_fini(struct engine *engine)
{
    if (!engine->queries)
        return;
    LIST_FOR_EACH_SAFE(node, &engine->queries->list)
        query_destroy(LIST_ENTRY(node, struct query, node));
    free(engine->queries);
}
