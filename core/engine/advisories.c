/* SPDX-License-Identifier: Apache-2.0 */
#include "advisories.h"

#include <stdio.h>
#include <stdlib.h>

#include "event_log.h"
#include "home.h"
#include "producer.h"
#include "topic.h"

#define PREFIX ADVISORY_PREFIX

enum { FIELDS_MAX = 28, TOPIC_NAME_MAX = DESTINATION_NAME_MAX + 64 };

/* A message in the making: the topic it goes to, its properties, and the fields of its data
 * structure. All slices live until it is published. */
struct advisory {
    struct engine *engine;
    char topic[TOPIC_NAME_MAX];
    char destination[TOPIC_NAME_MAX]; /* field_destination */
    struct property properties[FIELDS_MAX], fields[FIELDS_MAX];
    size_t property_count, field_count;
    const struct advisory_target *target; /* for this subscription only; NULL: for all */
    enum advisory_kind kind;
};

static const char *const kind_texts[] = {"Queue", "Topic", "TempQueue", "TempTopic"};

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

static void field_slice(struct advisory *advisory, const char *name, struct slice text)
{
    add(advisory->fields, &advisory->field_count, name,
        (struct value){.type = VALUE_STRING, .text = text});
}

static void field_text(struct advisory *advisory, const char *name, const char *text)
{
    if (text)
        field_slice(advisory, name, slice_of_text(text));
}

/* "queue://A"; once for each advisory. */
static struct slice write_destination(struct advisory *advisory, struct destination_name name)
{
    snprintf(advisory->destination, sizeof advisory->destination, "%s%.*s",
             destination_kind_prefix(name.kind), SLICE_FMT(name.name));
    return slice_of_text(advisory->destination);
}

static void field_destination(struct advisory *advisory, struct destination_name name)
{
    field_slice(advisory, "destination", write_destination(advisory, name));
}

static void field_long(struct advisory *advisory, const char *name, int64_t number)
{
    add(advisory->fields, &advisory->field_count, name,
        (struct value){.type = VALUE_LONG, .integer = number});
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
                  const struct advisory_target *target)
{
    advisory->engine = engine;
    advisory->property_count = advisory->field_count = 0;
    advisory->kind = kind;
    advisory->target = target;
    property_text(advisory, "originBrokerId", slice_of_text(engine_broker_id(engine)));
    property_text(advisory, "originBrokerName", slice_of_text(engine->config->broker_name));
    property_text(advisory, "originBrokerURL", slice_of_text(engine->broker_url));
}

/* A comma would make several topics of it. */
static void add_name(struct advisory *advisory, size_t len, struct slice name)
{
    static const char comma[] = "&sbquo;";
    const size_t limit = sizeof advisory->topic - sizeof comma;

    for (size_t i = 0; i < name.len && len < limit; i++) {
        if (name.bytes[i] == ',') {
            memcpy(&advisory->topic[len], comma, sizeof comma - 1);
            len += sizeof comma - 1;
        } else {
            advisory->topic[len++] = (char)name.bytes[i];
        }
    }
    advisory->topic[len] = '\0';
}

static void topic_name(struct advisory *advisory, const char *what, struct destination_name about)
{
    int len = snprintf(advisory->topic, sizeof advisory->topic, PREFIX "%s", what);

    if (!slice_is_present(about.name))
        return;
    len += snprintf(&advisory->topic[len], sizeof advisory->topic - (size_t)len, ".%s.",
                    kind_texts[about.kind]);
    add_name(advisory, (size_t)len, about.name);
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
static void offer_to(struct engine *engine, uint16_t shard, uint64_t consumer,
                     struct message *message)
{
    struct engine_mail mail = {.kind = MAIL_OFFER, .id = consumer, .pointer = message};

    if (shard == engine->index)
        topic_receive_offer(engine, &mail);
    else
        engine_mail_to(engine, shard, &mail);
}

/* Takes over the message's reference; NULL is allowed. */
static void send(struct engine *engine, struct message *message)
{
    if (message)
        home_send(engine, destination_name_hash(message_destination(message)), message,
                  (struct reply_address){0, 0}, MAIL_INTERNAL);
}

/* NULL: no memory. */
static struct message *compose(struct advisory *advisory)
{
    uint8_t *bytes = NULL;
    struct message_draft draft = {
        .destination = {DESTINATION_TOPIC, slice_of_text(advisory->topic)},
        .type = SLICE("Advisory"),
        .properties = advisory->properties,
        .property_count = advisory->property_count,
        .advisory = (uint8_t)advisory->kind,
        .body_kind = BODY_NONE,
        .priority = 0,
    };
    struct message *message;

    if (advisory->target)
        field_text(advisory, "targetConsumerId", advisory->target->consumer_id);
    draft.body = encode_fields(advisory, &bytes);
    draft.body_count = (uint16_t)advisory->field_count;
    stamp(advisory->engine, &draft);
    message = bytes ? message_create(&draft) : NULL;
    free(bytes);
    return message;
}

static void publish(struct advisory *advisory)
{
    const struct advisory_target *target = advisory->target;
    struct message *message = compose(advisory);

    if (message && target)
        offer_to(advisory->engine, target->shard, target->consumer, message);
    else
        send(advisory->engine, message);
}

/* How many consume from a topic is known by its owner: the property is added there. */
static void publish_counted(struct advisory *advisory, struct destination_name topic)
{
    struct engine *engine = advisory->engine;
    const struct advisory_target *target = advisory->target;
    uint16_t owner = engine_home_of(engine, destination_name_hash(topic));
    struct engine_mail mail = {
        .kind = MAIL_ADVISORY_COUNT, .small = (uint32_t)topic.kind, .pointer = compose(advisory)};

    mail.pointer_b = strndup((const char *)topic.name.bytes, topic.name.len);
    if (target) {
        mail.id = target->consumer;
        mail.first = target->shard;
    }
    if (owner == engine->index)
        advisory_receive_count(engine, &mail);
    else
        engine_mail_to(engine, owner, &mail);
}

void advisory_receive_count(struct engine *engine, const struct engine_mail *mail)
{
    struct destination_name name = {(enum destination_kind)mail->small,
                                    slice_of_text(mail->pointer_b)};
    const struct destination *topic =
        mail->pointer_b ? destination_find(engine, name, destination_name_hash(name)) : NULL;
    struct property count = {SLICE("consumerCount"),
                             {.type = VALUE_INT, .integer = topic ? topic->subscription_count : 0}};
    struct message_draft draft;
    struct message *message;

    free(mail->pointer_b);
    if (!mail->pointer)
        return;
    message_to_draft(mail->pointer, &draft);
    draft.properties = &count;
    draft.property_count = 1;
    message = message_create(&draft);
    message_unref(mail->pointer);
    if (message && mail->id != 0)
        offer_to(engine, (uint16_t)mail->first, mail->id, message);
    else
        send(engine, message);
}

static void removed(struct advisory *advisory, const char *id)
{
    field_text(advisory, "objectId", id);
    field_long(advisory, "lastDeliveredSequenceId", -2); /* unknown */
}

/*
 * Connections and producers.
 */
void advisory_tell_connection(struct engine_client *client, bool started,
                              const struct advisory_target *target)
{
    struct advisory advisory;

    begin(&advisory, client->engine, started ? ADVISORY_CONNECTION_INFO : ADVISORY_REMOVE_INFO,
          target);
    topic_name(&advisory, "Connection", (struct destination_name){0});
    if (started) {
        field_text(&advisory, "connectionId", client->connection_id);
        field_text(&advisory, "clientId", client->client_id);
        field_text(&advisory, "clientIp", client->remote_address);
        field_text(&advisory, "userName", client->user_name);
        field_bool(&advisory, "manageable", client->manageable);
        field_bool(&advisory, "clientMaster", client->client_master);
        field_bool(&advisory, "faultTolerant", client->fault_tolerant);
        field_bool(&advisory, "failoverReconnect", client->failover_reconnect);
    } else {
        removed(&advisory, client->connection_id);
    }
    publish(&advisory);
}

void advisory_connection(struct engine_client *client, bool started)
{
    if (wanted(client->engine))
        advisory_tell_connection(client, started, NULL);
}

static void tell_producer(struct engine *engine, const char *id, int32_t window_size,
                          struct destination_name name, uint32_t count, bool started,
                          const struct advisory_target *target)
{
    struct advisory advisory;

    if (advisory_is_topic(name))
        return;
    begin(&advisory, engine, started ? ADVISORY_PRODUCER_INFO : ADVISORY_REMOVE_INFO, target);
    topic_name(&advisory, "Producer", name);
    property_int(&advisory, "producerCount", count);
    if (started) {
        field_text(&advisory, "producerId", id);
        field_destination(&advisory, name);
        field_int(&advisory, "windowSize", window_size);
    } else {
        removed(&advisory, id);
    }
    publish(&advisory);
}

void advisory_tell_sender(struct engine_client *client, struct destination_name name, bool started,
                          const struct advisory_target *target)
{
    tell_producer(client->engine, client->producer_id, 0, name, started, started, target);
}

void advisory_producer(struct engine_client *client, struct destination_name name, bool started)
{
    if (wanted(client->engine))
        advisory_tell_sender(client, name, started, NULL);
}

void advisory_tell_producer(struct engine *engine, const struct destination *destination,
                            const struct home_producer *producer, bool started,
                            const struct advisory_target *target)
{
    tell_producer(engine, producer->id, producer->window_size, destination->name,
                  destination->producer_count, started, target);
}

void advisory_announced_producer(struct engine *engine, const struct destination *destination,
                                 const struct home_producer *producer, bool started)
{
    if (wanted(engine))
        advisory_tell_producer(engine, destination, producer, started, NULL);
}

/*
 * Destinations and consumers.
 */
void advisory_tell_destination(struct engine *engine, const struct destination *destination,
                               bool created, const struct advisory_target *target)
{
    struct advisory advisory;

    if (advisory_is_topic(destination->name))
        return;
    begin(&advisory, engine, ADVISORY_DESTINATION_INFO, target);
    topic_name(&advisory, kind_texts[destination->name.kind], (struct destination_name){0});
    field_text(&advisory, "connectionId", destination->connection_id);
    field_destination(&advisory, destination->name);
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
        advisory_tell_destination(engine, destination, created, NULL);
}

static void consumer_fields(struct advisory *advisory, const struct subscription *subscription,
                            struct destination_name destination)
{
    const struct subscribe_request *request = subscription->request;

    field_text(advisory, "consumerId", request->consumer_id);
    field_destination(advisory, destination);
    field_text(advisory, "clientId", request->client_id);
    field_text(advisory, "selector", request->selector_text);
    field_text(advisory, "subscriptionName", request->durable_name);
    field_int(advisory, "prefetchSize", subscription->prefetch);
    field_int(advisory, "maximumPendingMessageLimit", request->pending_max);
    field_int(advisory, "priority", request->priority);
    field_bool(advisory, "browser", request->browser);
    field_bool(advisory, "exclusive", request->exclusive);
    field_bool(advisory, "retroactive", request->retroactive);
    field_bool(advisory, "noLocal", request->no_local);
    field_bool(advisory, "dispatchAsync", true);
    field_bool(advisory, "networkSubscription", request->network);
}

/* `count` -1: the owner of the topic knows. */
static void tell_consumer(struct engine *engine, const struct subscription *subscription,
                          struct destination_name name, int64_t count, bool started,
                          const struct advisory_target *target)
{
    struct advisory advisory;

    if (advisory_is_topic(name))
        return;
    begin(&advisory, engine, started ? ADVISORY_CONSUMER_INFO : ADVISORY_REMOVE_INFO, target);
    topic_name(&advisory, "Consumer", name);
    if (started)
        consumer_fields(&advisory, subscription, name);
    else
        removed(&advisory, subscription->request->consumer_id);
    if (count < 0) {
        publish_counted(&advisory, name);
    } else {
        property_int(&advisory, "consumerCount", count);
        publish(&advisory);
    }
}

/* What the consumer has named, if that is not one queue that can be looked up here. */
static bool has_plain_queue(const struct subscribe_request *request)
{
    return !request->whole && destination_kind_is_queue(request->names[0].kind);
}

void advisory_queue_consumer(struct engine *engine, const struct subscription *subscription,
                             const struct destination *queue, bool started)
{
    if (wanted(engine) && has_plain_queue(subscription->request))
        tell_consumer(engine, subscription, queue->name, queue->subscription_count, started, NULL);
}

/* A browser is no subscription of the queue, but it counts. */
static void tell_browser(struct engine *engine, const struct subscription *subscription,
                         bool started, const struct advisory_target *target)
{
    const struct subscribe_name *first = &subscription->request->names[0];
    struct destination_name name = {first->kind, slice_of_text(first->name)};
    const struct destination *queue = destination_find(engine, name, destination_name_hash(name));
    uint32_t others = queue ? queue->subscription_count : 0;

    tell_consumer(engine, subscription, name, others + started, started, target);
}

void advisory_tell_consumer(struct engine *engine, const struct subscription *subscription,
                            bool started, const struct advisory_target *target)
{
    const struct subscribe_request *request = subscription->request;
    const struct subscribe_name *first = &request->names[0];
    struct destination_name name = {first->kind, slice_of_text(first->name)};
    const struct destination *queue;

    if (request->whole) {
        name = (struct destination_name){request->whole_kind, slice_of_text(request->whole)};
        if (request->announces)
            tell_consumer(engine, subscription, name, started, started, target);
    } else if (!has_plain_queue(request)) {
        tell_consumer(engine, subscription, name, first->wildcard ? started : -1, started, target);
    } else if (request->browser) {
        tell_browser(engine, subscription, started, target);
    } else {
        queue = destination_find(engine, name, destination_name_hash(name));
        if (queue)
            tell_consumer(engine, subscription, name, queue->subscription_count, started, target);
    }
}

void advisory_consumer(struct engine *engine, struct subscription *subscription, bool started)
{
    const struct subscribe_request *request = subscription->request;

    if (subscription->announced == started)
        return;
    subscription->announced = started;
    if (wanted(engine) && (!has_plain_queue(request) || request->browser))
        advisory_tell_consumer(engine, subscription, started, NULL);
}

void advisory_durable_removed(struct engine *engine, const struct subscription *subscription)
{
    const struct subscribe_request *request = subscription->request;
    struct destination_name name = {request->names[0].kind, slice_of_text(request->names[0].name)};
    struct advisory advisory;

    if (!wanted(engine))
        return;
    begin(&advisory, engine, ADVISORY_REMOVE_SUBSCRIPTION_INFO, NULL);
    topic_name(&advisory, "Consumer", name);
    field_text(&advisory, "connectionId", request->connection_id);
    field_text(&advisory, "clientId", request->client_id);
    field_text(&advisory, "subscriptionName", request->durable_name);
    publish_counted(&advisory, name);
}

/*
 * Policies.
 */
void advisory_full(struct engine *engine, const struct destination *destination)
{
    struct advisory advisory;

    if (!wanted(engine) || !destination->policy->advisory_full)
        return;
    begin(&advisory, engine, ADVISORY_PLAIN, NULL);
    topic_name(&advisory, "FULL", destination->name);
    property_text(&advisory, "usageName", slice_of_text("memory"));
    property_int(&advisory, "usageCount", (int64_t)destination->memory);
    publish(&advisory);
}

/* The home knows a producer by the ids of its messages only. */
void advisory_fast_producer(struct engine *engine, const struct destination *destination,
                            const struct message *message)
{
    struct slice id = message_part(message, MESSAGE_ID);
    struct advisory advisory;

    if (!wanted(engine) || !destination->policy->advisory_fast_producer)
        return;
    begin(&advisory, engine, ADVISORY_PRODUCER_INFO, NULL);
    topic_name(&advisory, "FastProducer", destination->name);
    property_text(&advisory, "producerId", id);
    field_slice(&advisory, "producerId", id);
    field_destination(&advisory, destination->name);
    publish(&advisory);
}

void advisory_slow_consumer(struct engine *engine, const struct destination *destination,
                            const struct subscription *subscription)
{
    struct advisory advisory;

    if (!wanted(engine) || !destination->policy->advisory_slow_consumer)
        return;
    begin(&advisory, engine, ADVISORY_CONSUMER_INFO, NULL);
    topic_name(&advisory, "SlowConsumer", destination->name);
    property_text(&advisory, "consumerId", slice_of_text(subscription->request->consumer_id));
    consumer_fields(&advisory, subscription, destination->name);
    publish(&advisory);
}

enum { /* what identifies the message, as properties; misspelt as ActiveMQ does */
       TELLS_ID = 1,
       TELLS_DESTINATION = 2,
       TELLS_CONSUMER = 4,
};

static const struct {
    const char *topic;
    const char *event; /* for the log; NULL: too common to be one */
    unsigned tells;
} about_messages[] = {
    [MESSAGE_ADVISORY_EXPIRED] = {"Expired", "message_expired", TELLS_ID},
    [MESSAGE_ADVISORY_DLQD] = {"MessageDLQd", "message_dead_lettered", TELLS_ID},
    [MESSAGE_ADVISORY_DISCARDED] = {"MessageDiscarded", "message_discarded",
                                    TELLS_ID | TELLS_CONSUMER},
    [MESSAGE_ADVISORY_DELIVERED] = {"MessageDelivered", NULL, TELLS_ID | TELLS_DESTINATION},
    [MESSAGE_ADVISORY_CONSUMED] = {"MessageConsumed", NULL,
                                   TELLS_ID | TELLS_DESTINATION | TELLS_CONSUMER},
    [MESSAGE_ADVISORY_DISPATCHED] = {"MessageDispatched", NULL,
                                     TELLS_ID | TELLS_DESTINATION | TELLS_CONSUMER},
    [MESSAGE_ADVISORY_NO_CONSUMER] = {"NoConsumer", NULL, 0},
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

/* The message itself goes to the advisory's topic. */
static void pass_on(struct advisory *advisory, const struct message *message)
{
    struct message_draft draft;

    message_to_draft(message, &draft);
    draft.destination =
        (struct destination_name){DESTINATION_TOPIC, slice_of_text(advisory->topic)};
    draft.advisory = ADVISORY_PLAIN;
    send(advisory->engine, message_create(&draft));
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
    send(advisory->engine, message_create(&draft));
    message_unref(subject);
}

void advisory_message(struct engine *engine, enum message_advisory what,
                      const struct config_policy *policy, struct destination_name about,
                      const struct message *message, const struct subscription *subscription)
{
    unsigned tells = about_messages[what].tells;
    struct advisory advisory;
    char id[MESSAGE_ID_MAX];

    if (event_log_wants(engine, EVENT_LOG_INTERNAL) && about_messages[what].event)
        event_log_internal(engine, about_messages[what].event, about, message);
    if (!wanted(engine) || !policy_asks(policy, what, message) || advisory_is_topic(about))
        return;
    begin(&advisory, engine, ADVISORY_MESSAGE, NULL);
    topic_name(&advisory, about_messages[what].topic, about);
    if (what == MESSAGE_ADVISORY_NO_CONSUMER) {
        pass_on(&advisory, message);
        return;
    }
    if (tells & TELLS_ID)
        property_text(&advisory, "orignalMessageId", slice_of(id, message_id_write(message, id)));
    if (tells & TELLS_DESTINATION)
        property_text(&advisory, "orignalDestination", write_destination(&advisory, about));
    if (subscription && tells & TELLS_CONSUMER)
        property_text(&advisory, "consumerId", slice_of_text(subscription->request->consumer_id));
    if (subscription && what == MESSAGE_ADVISORY_DISCARDED)
        property_int(&advisory, "discardedCount", (int64_t)subscription->discarded);
    publish_about(&advisory, message, policy->advisory_with_body);
}

bool advisory_is_topic(struct destination_name name)
{
    return name.kind == DESTINATION_TOPIC && slice_starts_with(name.name, SLICE(PREFIX));
}

bool advisory_name_matches(struct slice pattern, const char *what, struct destination_name about)
{
    struct advisory advisory; /* for its name only */

    topic_name(&advisory, what, about);
    return pattern_matches(pattern, slice_of_text(advisory.topic));
}
