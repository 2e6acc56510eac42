/* SPDX-License-Identifier: Apache-2.0 */
#include "advisories.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "event_log.h"
#include "home.h"
#include "topic.h"

#define PREFIX "ActiveMQ.Advisory."

enum { FIELDS_MAX = 24, TOPIC_NAME_MAX = DESTINATION_NAME_MAX + 64 };

/* A message in the making: the topic it goes to, its properties, and the fields of its data
 * structure. All slices live until it is published. */
struct advisory {
    struct engine *engine;
    char topic[TOPIC_NAME_MAX];
    struct property properties[FIELDS_MAX], fields[FIELDS_MAX];
    size_t property_count, field_count;
    uint64_t consumer; /* for this subscription only (a replay); 0: for all */
    enum advisory_kind kind;
};

static bool wanted(const struct engine *engine)
{
    return UNLIKELY(engine->advisory_interest > 0);
}

static void add(struct property *row, size_t *count, const char *name, struct value value)
{
    assert(*count < FIELDS_MAX);
    row[(*count)++] = (struct property){slice_of_text(name), value};
}

static void property_text(struct advisory *advisory, const char *name, struct slice text)
{
    add(advisory->properties, &advisory->property_count, name,
        (struct value){.type = VALUE_STRING, .text = text});
}

static void property_int(struct advisory *advisory, const char *name, int64_t number)
{
    add(advisory->properties, &advisory->property_count, name,
        (struct value){.type = VALUE_INT, .integer = number});
}

static void field_text(struct advisory *advisory, const char *name, const char *text)
{
    if (text)
        add(advisory->fields, &advisory->field_count, name,
            (struct value){.type = VALUE_STRING, .text = slice_of_text(text)});
}

static void field_int(struct advisory *advisory, const char *name, int64_t number)
{
    add(advisory->fields, &advisory->field_count, name,
        (struct value){.type = VALUE_INT, .integer = number});
}

static void field_bool(struct advisory *advisory, const char *name, bool truth)
{
    add(advisory->fields, &advisory->field_count, name,
        (struct value){.type = VALUE_BOOL, .boolean = truth});
}

static void begin(struct advisory *advisory, struct engine *engine, enum advisory_kind kind,
                  uint64_t consumer)
{
    advisory->engine = engine;
    advisory->property_count = advisory->field_count = 0;
    advisory->kind = kind;
    advisory->consumer = consumer;
    property_text(advisory, "originBrokerId", slice_of_text(engine_broker_id(engine)));
    property_text(advisory, "originBrokerName", slice_of_text(engine->config->broker_name));
    property_text(advisory, "originBrokerURL", SLICE(""));
}

static void topic_name(struct advisory *advisory, const char *what, struct destination_name about)
{
    static const char *const kinds[] = {"Queue", "Topic", "TempQueue", "TempTopic"};

    if (slice_is_present(about.name))
        snprintf(advisory->topic, sizeof advisory->topic, PREFIX "%s.%s.%.*s", what,
                 kinds[about.kind], SLICE_FMT(about.name));
    else
        snprintf(advisory->topic, sizeof advisory->topic, PREFIX "%s", what);
}

static struct slice encode_fields(const struct advisory *advisory, uint8_t **bytes)
{
    size_t len = 0;
    uint8_t *at;

    for (size_t i = 0; i < advisory->field_count; i++)
        len += property_len(&advisory->fields[i]);
    *bytes = at = malloc(len + 1);
    for (size_t i = 0; at && i < advisory->field_count; i++)
        at = property_write(at, &advisory->fields[i]);
    return slice_of(*bytes, *bytes ? len : 0);
}

static void stamp(struct engine *engine, struct message_draft *draft)
{
    draft->id = slice_of_text(engine->advisory_producer);
    draft->id_sequence = ++engine->advisory_count;
    draft->timestamp_ms = draft->broker_in_ms = engine->wall_ms;
}

/* One subscription gets the present state; everybody else has heard it before. */
static void offer_to(struct engine *engine, uint64_t consumer, struct message *message)
{
    struct engine_mail mail = {.kind = MAIL_OFFER, .id = consumer, .pointer = message};

    if (serial_shard(consumer) == engine->index)
        topic_receive_offer(engine, &mail);
    else
        engine_mail_to(engine, serial_shard(consumer), &mail);
}

static void send(struct engine *engine, const struct message_draft *draft, uint64_t consumer)
{
    struct message *message = message_create(draft);

    if (!message)
        return;
    if (consumer != 0)
        offer_to(engine, consumer, message);
    else
        home_send(engine, destination_name_hash(draft->destination), message,
                  (struct reply_address){0, 0}, MAIL_INTERNAL);
}

static void publish(struct advisory *advisory)
{
    uint8_t *bytes = NULL;
    struct message_draft draft = {
        .destination = {DESTINATION_TOPIC, slice_of_text(advisory->topic)},
        .type = SLICE("Advisory"),
        .properties = advisory->properties,
        .property_count = advisory->property_count,
        .advisory = (uint8_t)advisory->kind,
        .body = encode_fields(advisory, &bytes),
        .body_count = (uint16_t)advisory->field_count,
        .body_kind = BODY_NONE,
        .priority = 0,
    };

    stamp(advisory->engine, &draft);
    if (bytes)
        send(advisory->engine, &draft, advisory->consumer);
    free(bytes);
}

/*
 * Connections and producers.
 */
static void tell_connection(struct engine_client *client, bool started, uint64_t consumer)
{
    struct advisory advisory;

    begin(&advisory, client->engine, started ? ADVISORY_CONNECTION_INFO : ADVISORY_REMOVE_INFO,
          consumer);
    topic_name(&advisory, "Connection", (struct destination_name){0});
    if (started) {
        field_text(&advisory, "connectionId", client->connection_id);
        field_text(&advisory, "clientId", client->client_id);
        field_text(&advisory, "clientIp", client->remote_address);
        field_text(&advisory, "userName", client->user_name);
    } else {
        field_text(&advisory, "objectId", client->connection_id);
    }
    publish(&advisory);
}

void advisory_connection(struct engine_client *client, bool started)
{
    if (wanted(client->engine))
        tell_connection(client, started, 0);
}

static void tell_producer(struct engine_client *client, struct destination_name name, bool started,
                          uint64_t consumer)
{
    struct advisory advisory;
    struct text_error text;

    if (advisory_is_topic(name))
        return;
    destination_text(name, &text);
    begin(&advisory, client->engine, started ? ADVISORY_PRODUCER_INFO : ADVISORY_REMOVE_INFO,
          consumer);
    topic_name(&advisory, "Producer", name);
    property_text(&advisory, "producerCount", SLICE("1"));
    field_text(&advisory, started ? "producerId" : "objectId", client->producer_id);
    if (started)
        field_text(&advisory, "destination", text.text);
    publish(&advisory);
}

void advisory_producer(struct engine_client *client, struct destination_name name, bool started)
{
    if (wanted(client->engine))
        tell_producer(client, name, started, 0);
}

/*
 * Destinations and consumers.
 */
static void tell_destination(struct engine *engine, const struct destination *destination,
                             bool created, uint64_t consumer)
{
    static const char *const topics[] = {"Queue", "Topic", "TempQueue", "TempTopic"};
    struct advisory advisory;
    struct text_error text;

    if (advisory_is_topic(destination->name))
        return;
    destination_text(destination->name, &text);
    begin(&advisory, engine, ADVISORY_DESTINATION_INFO, consumer);
    topic_name(&advisory, topics[destination->name.kind], (struct destination_name){0});
    field_text(&advisory, "connectionId", "");
    field_text(&advisory, "destination", text.text);
    field_int(&advisory, "operationType", created ? 0 : 1);
    field_int(&advisory, "timeout", 0);
    publish(&advisory);
}

void advisory_destination(struct engine *engine, const struct destination *destination,
                          bool created)
{
    if (event_log_wants(engine, EVENT_LOG_INTERNAL))
        event_log_internal(engine, created ? "destination_added" : "destination_removed",
                           destination->name, NULL);
    if (wanted(engine))
        tell_destination(engine, destination, created, 0);
}

static void tell_consumer(struct engine *engine, const struct subscription *subscription,
                          struct destination_name name, uint32_t count, bool started,
                          uint64_t consumer)
{
    const struct subscribe_request *request = subscription->request;
    struct advisory advisory;
    struct text_error text, id;

    if (advisory_is_topic(name))
        return;
    destination_text(name, &text);
    text_error_set(&id, "%s:-1:%" PRIu64, request->connection_id,
                   request->consumer & 0xffffffffffff);
    begin(&advisory, engine, started ? ADVISORY_CONSUMER_INFO : ADVISORY_REMOVE_INFO, consumer);
    topic_name(&advisory, "Consumer", name);
    property_int(&advisory, "consumerCount", count);
    field_text(&advisory, started ? "consumerId" : "objectId", id.text);
    if (started) {
        field_text(&advisory, "destination", text.text);
        field_text(&advisory, "clientId", request->client_id);
        field_text(&advisory, "selector", request->selector_text);
        field_text(&advisory, "subscriptionName", request->durable_name);
        field_int(&advisory, "prefetchSize", subscription->prefetch);
        field_int(&advisory, "priority", request->priority);
        field_bool(&advisory, "browser", request->browser);
        field_bool(&advisory, "exclusive", request->exclusive);
        field_bool(&advisory, "retroactive", request->retroactive);
        field_bool(&advisory, "noLocal", request->no_local);
        field_bool(&advisory, "dispatchAsync", true);
        field_bool(&advisory, "networkSubscription", request->network);
    }
    publish(&advisory);
}

void advisory_consumer(struct engine *engine, const struct subscription *subscription,
                       const struct destination *destination, bool started)
{
    if (wanted(engine))
        tell_consumer(engine, subscription, destination->name, destination->subscription_count,
                      started, 0);
}

/*
 * Policies.
 */
void advisory_full(struct engine *engine, const struct destination *destination)
{
    struct advisory advisory;

    if (!wanted(engine) || !destination->policy->advisory_full)
        return;
    begin(&advisory, engine, ADVISORY_PLAIN, 0);
    topic_name(&advisory, "FULL", destination->name);
    property_text(&advisory, "usageName", slice_of_text("memory"));
    property_int(&advisory, "usageCount", (int64_t)destination->memory);
    publish(&advisory);
}

/* The home knows a producer by the ids of its messages only. */
void advisory_fast_producer(struct engine *engine, const struct destination *destination,
                            const struct message *message)
{
    struct advisory advisory;
    struct text_error name, id;

    if (!wanted(engine) || !destination->policy->advisory_fast_producer)
        return;
    destination_text(destination->name, &name);
    text_error_set(&id, "%.*s", SLICE_FMT(message_part(message, MESSAGE_ID)));
    begin(&advisory, engine, ADVISORY_PRODUCER_INFO, 0);
    topic_name(&advisory, "FastProducer", destination->name);
    property_text(&advisory, "producerId", slice_of_text(id.text));
    field_text(&advisory, "producerId", id.text);
    field_text(&advisory, "destination", name.text);
    publish(&advisory);
}

void advisory_slow_consumer(struct engine *engine, const struct destination *destination,
                            const struct subscription *subscription)
{
    struct advisory advisory;
    struct text_error id;

    if (!wanted(engine) || !destination->policy->advisory_slow_consumer)
        return;
    text_error_set(&id, "%s:-1:%" PRIu64, subscription->request->connection_id,
                   subscription->request->consumer & 0xffffffffffff);
    begin(&advisory, engine, ADVISORY_CONSUMER_INFO, 0);
    topic_name(&advisory, "SlowConsumer", destination->name);
    property_text(&advisory, "consumerId", slice_of_text(id.text));
    field_text(&advisory, "consumerId", id.text);
    field_text(&advisory, "clientId", subscription->request->client_id);
    publish(&advisory);
}

static const struct {
    const char *topic;
    bool is_message_itself;
    const char *event; /* for the log; NULL: too common to be one */
} about_messages[] = {
    [MESSAGE_ADVISORY_EXPIRED] = {"Expired", false, "message_expired"},
    [MESSAGE_ADVISORY_DLQD] = {"MessageDLQd", false, "message_dead_lettered"},
    [MESSAGE_ADVISORY_DISCARDED] = {"MessageDiscarded", false, "message_discarded"},
    [MESSAGE_ADVISORY_DELIVERED] = {"MessageDelivered", false, NULL},
    [MESSAGE_ADVISORY_CONSUMED] = {"MessageConsumed", false, NULL},
    [MESSAGE_ADVISORY_DISPATCHED] = {"MessageDispatched", false, NULL},
    [MESSAGE_ADVISORY_NO_CONSUMER] = {"NoConsumer", true, NULL},
};

static bool policy_asks(const struct config_policy *policy, enum message_advisory what,
                        const struct message *message)
{
    switch (what) {
    case MESSAGE_ADVISORY_EXPIRED:
    case MESSAGE_ADVISORY_DLQD:
        return true;
    case MESSAGE_ADVISORY_DISCARDED:
        return policy->advisory_discarded;
    case MESSAGE_ADVISORY_DELIVERED:
        return policy->advisory_delivered;
    case MESSAGE_ADVISORY_CONSUMED:
        return policy->advisory_consumed;
    case MESSAGE_ADVISORY_DISPATCHED:
        return policy->advisory_dispatched;
    case MESSAGE_ADVISORY_NO_CONSUMER:
        return policy->advisory_no_consumer && !message->persistent;
    }
    return false;
}

/* The message itself, under the advisory's topic. */
static void publish_as_it_is(struct advisory *advisory, const struct message *message)
{
    struct message_draft draft;

    message_to_draft(message, &draft);
    draft.destination =
        (struct destination_name){DESTINATION_TOPIC, slice_of_text(advisory->topic)};
    draft.advisory = ADVISORY_PLAIN;
    send(advisory->engine, &draft, 0);
}

static void publish_about(struct advisory *advisory, const struct message *message, bool with_body)
{
    struct message_draft inner;
    struct message *subject;
    struct message_draft draft = {
        .destination = {DESTINATION_TOPIC, slice_of_text(advisory->topic)},
        .type = SLICE("Advisory"),
        .properties = advisory->properties,
        .property_count = advisory->property_count,
        .advisory = ADVISORY_MESSAGE,
        .body_kind = BODY_NONE,
    };

    message_to_draft(message, &inner);
    if (!with_body) {
        inner.body = SLICE_ABSENT;
        inner.body_count = 0;
        inner.compressed = false;
    }
    subject = message_create(&inner);
    if (!subject)
        return;
    draft.body = slice_of(subject, subject->len);
    stamp(advisory->engine, &draft);
    send(advisory->engine, &draft, 0);
    message_unref(subject);
}

void advisory_message(struct engine *engine, enum message_advisory what,
                      const struct config_policy *policy, struct destination_name about,
                      const struct message *message, const struct subscription *subscription)
{
    struct advisory advisory;
    struct text_error name, consumer;
    char id[MESSAGE_ID_MAX];

    if (event_log_wants(engine, EVENT_LOG_INTERNAL) && about_messages[what].event)
        event_log_internal(engine, about_messages[what].event, about, message);
    if (!wanted(engine) || !policy_asks(policy, what, message) || advisory_is_topic(about))
        return;
    begin(&advisory, engine, ADVISORY_MESSAGE, 0);
    topic_name(&advisory, about_messages[what].topic, about);
    if (about_messages[what].is_message_itself) {
        publish_as_it_is(&advisory, message);
        return;
    }
    destination_text(about, &name);
    property_text(&advisory, "orignalMessageId", slice_of(id, message_id_write(message, id)));
    property_text(&advisory, "orignalDestination", slice_of_text(name.text));
    if (subscription) {
        text_error_set(&consumer, "%s:-1:%" PRIu64, subscription->request->connection_id,
                       subscription->request->consumer & 0xffffffffffff);
        property_text(&advisory, "consumerId", slice_of_text(consumer.text));
        if (what == MESSAGE_ADVISORY_DISCARDED)
            property_int(&advisory, "discardedCount", (int64_t)subscription->discarded);
    }
    publish_about(&advisory, message, policy->advisory_with_body);
}

/*
 * Who listens.
 */
bool advisory_is_topic(struct destination_name name)
{
    return name.kind == DESTINATION_TOPIC && slice_starts_with(name.name, SLICE(PREFIX));
}

/* A name or pattern that could meet an advisory topic. */
static bool may_match_advisories(struct destination_name name)
{
    if (name.kind != DESTINATION_TOPIC || name.name.len == 0)
        return false;
    return slice_starts_with(name.name, SLICE("ActiveMQ.")) || name.name.bytes[0] == '>' ||
           slice_starts_with(name.name, SLICE("*."));
}

static void count_interest(struct engine *engine, bool more)
{
    if (!engine->config->advisory_support)
        return;
    if (more)
        engine->advisory_interest++;
    else if (engine->advisory_interest > 0)
        engine->advisory_interest--;
}

void advisory_receive_interest(struct engine *engine, const struct engine_mail *mail)
{
    count_interest(engine, mail->flags & MAIL_ADD);
}

/* All shards learn of it. */
static void tell_interest(struct engine *engine, bool more)
{
    struct engine_mail mail = {.kind = MAIL_ADVISORY_INTEREST, .flags = more ? MAIL_ADD : 0};

    for (uint16_t to = 0; to < engine->shards; to++)
        if (to != engine->index)
            engine_mail_to(engine, to, &mail);
    count_interest(engine, more);
}

/*
 * The present state, for a new subscriber.
 */
struct replay {
    struct engine *engine;
    struct slice pattern;
    uint64_t consumer;
    struct engine_client *client; /* whose producers are being told */
};

static bool replay_wants(const struct replay *replay, const char *what,
                         struct destination_name about)
{
    struct advisory advisory; /* for its name only */

    topic_name(&advisory, what, about);
    return pattern_matches(replay->pattern, slice_of_text(advisory.topic));
}

static void replay_producer(void *arg, void *object)
{
    const struct replay *replay = arg;
    const struct route *route = object;

    if (replay_wants(replay, "Producer", route->name))
        tell_producer(replay->client, route->name, true, replay->consumer);
}

static void replay_client(void *arg, void *object)
{
    struct replay *replay = arg;
    struct engine_client *client = object;

    if (!client->open)
        return;
    if (replay_wants(replay, "Connection", (struct destination_name){0}))
        tell_connection(client, true, replay->consumer);
    replay->client = client;
    table_each(&client->routes, replay_producer, replay);
}

static void replay_destination(void *arg, void *object)
{
    static const char *const topics[] = {"Queue", "Topic", "TempQueue", "TempTopic"};
    struct replay *replay = arg;
    const struct destination *destination = object;

    if (replay_wants(replay, topics[destination->name.kind], (struct destination_name){0}))
        tell_destination(replay->engine, destination, true, replay->consumer);
}

static void replay_subscription(void *arg, void *object)
{
    struct replay *replay = arg;
    const struct subscription *subscription = object;
    const struct subscribe_request *request = subscription->request;

    LIST_FOR_EACH(node, &subscription->attachments) {
        const struct destination *queue =
            LIST_ENTRY(node, struct attachment, subscription_node)->queue;

        if (replay_wants(replay, "Consumer", queue->name))
            tell_consumer(replay->engine, subscription, queue->name, queue->subscription_count,
                          true, replay->consumer);
    }
    for (uint32_t i = 0; i < request->name_count; i++) {
        struct destination_name name = {request->names[i].kind,
                                        slice_of_text(request->names[i].name)};

        if (!destination_kind_is_queue(name.kind) && replay_wants(replay, "Consumer", name))
            tell_consumer(replay->engine, subscription, name, 1, true, replay->consumer);
    }
}

void advisory_receive_replay(struct engine *engine, const struct engine_mail *mail)
{
    struct replay replay = {engine, slice_of_text(mail->pointer), mail->id, NULL};

    table_each(&engine->clients, replay_client, &replay);
    table_each(&engine->destinations, replay_destination, &replay);
    table_each(&engine->subscriptions, replay_subscription, &replay);
    free(mail->pointer);
}

/* Subscribers of everything ("ActiveMQ.Advisory.>") are not told, as in ActiveMQ. */
static void ask_for_replay(struct engine *engine, const struct subscription *subscription,
                           const struct subscribe_name *name)
{
    struct slice pattern = slice_of_text(name->name);

    if (!engine->config->advisory_support || !slice_starts_with(pattern, SLICE(PREFIX)) ||
        slice_is(pattern, PREFIX ">"))
        return;
    for (uint16_t to = 0; to < engine->shards; to++) {
        struct engine_mail mail = {
            .kind = MAIL_REPLAY, .id = subscription->id, .pointer = strdup(name->name)};

        if (to == engine->index)
            advisory_receive_replay(engine, &mail);
        else
            engine_mail_to(engine, to, &mail);
    }
}

void advisory_topic_subscription(struct engine *engine, const struct subscription *subscription,
                                 const struct subscribe_name *name, bool started)
{
    struct destination_name topic = {name->kind, slice_of_text(name->name)};

    if (may_match_advisories(topic)) {
        tell_interest(engine, started);
        if (started)
            ask_for_replay(engine, subscription, name);
    }
    if (wanted(engine))
        tell_consumer(engine, subscription, topic, started ? 1 : 0, started, 0);
}
