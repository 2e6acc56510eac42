/* SPDX-License-Identifier: Apache-2.0 */
#include "destination.h"

#include <inttypes.h>
#include <stdlib.h>

#include "advisories.h"
#include "base/log.h"
#include "producer.h"
#include "statistics.h"
#include "topic.h"
#include "virtuals.h"

void destination_text(struct destination_name name, struct text_error *out)
{
    text_error_set(out, "%s%.*s", destination_kind_prefix(name.kind), SLICE_FMT(name.name));
}

struct destination *destination_find(struct engine *engine, struct destination_name name,
                                     uint64_t hash)
{
    return table_find(&engine->destinations, hash, &name);
}

static void expire_fired(struct timer *timer)
{
    struct destination *queue = CONTAINER_OF(timer, struct destination, expire_timer);

    queue_expire(queue->engine, queue);
}

static void destination_free(struct destination *destination)
{
    free(destination->connection_id);
    free(destination);
}

static struct destination *create(struct engine *engine, struct destination_name name,
                                  uint64_t hash, const struct destination_maker *maker)
{
    struct destination *destination = calloc(1, sizeof *destination + name.name.len);
    struct slice connection_id = maker->connection_id;
    uint8_t *bytes;

    if (!destination)
        return NULL;
    if (slice_is_present(connection_id)) /* without memory for it: the broker made it */
        destination->connection_id = strndup((const char *)connection_id.bytes, connection_id.len);
    bytes = (uint8_t *)(destination + 1);
    memcpy(bytes, name.name.bytes, name.name.len);
    destination->name = (struct destination_name){name.kind, slice_of(bytes, name.name.len)};
    destination->hash = hash;
    destination->owner = maker->owner;
    destination->engine = engine;
    destination->policy = policy_for(engine->config, name);
    destination->is_dead_letter = dead_letter_is_target(engine->config, name);
    destination->is_statistics = statistics_is_question(engine, name);
    destination->idle_since_ms = engine->wheel.now_ms;
    list_init(&destination->waiting);
    list_init(&destination->blocked_node);
    list_init(&destination->producers);
    timer_init(&destination->expire_timer, expire_fired);
    if (destination_is_queue(destination) && queue_init(destination) != 0)
        goto no_memory;
    if (table_add(&engine->destinations, destination) != 0)
        goto no_memory;
    return destination;

no_memory:
    if (destination_is_queue(destination))
        queue_fini(destination);
    destination_free(destination);
    return NULL;
}

struct counting {
    const struct config_policy *policy;
    uint32_t count;
};

static void count_policy(void *arg, void *object)
{
    struct counting *counting = arg;
    const struct destination *destination = object;

    if (destination->policy == counting->policy)
        counting->count++;
}

/* maxDestinations counts the destinations under one policy, on this shard. */
static bool is_limit_reached(struct engine *engine, struct destination_name name,
                             struct text_error *why)
{
    struct counting counting = {.policy = policy_for(engine->config, name)};
    int32_t limit = counting.policy->max_destinations;

    if (limit < 0)
        return false;
    table_each(&engine->destinations, count_policy, &counting);
    if (counting.count < (uint32_t)limit)
        return false;
    text_error_set(why,
                   "The maxmimum number of destinations allowed (%" PRId32
                   ") for the policy has already been reached.",
                   limit);
    return true;
}

/* Queues with wildcard subscriptions take them on as soon as they exist. */
static void attach_wildcards(struct engine *engine, struct destination *queue)
{
    LIST_FOR_EACH_SAFE(node, &engine->wildcards) {
        struct subscription *subscription = LIST_ENTRY(node, struct subscription, wildcard_node);
        struct attachment *attachment = subscription_attach_matching(engine, subscription, queue);

        if (attachment)
            queue_start_attachment(engine, attachment);
    }
}

static struct destination *add(struct engine *engine, struct destination_name name, uint64_t hash,
                               const struct destination_maker *maker, enum engine_error *error,
                               struct text_error *why)
{
    struct destination *destination;

    *error = ENGINE_NO_RESOURCES;
    if (is_limit_reached(engine, name, why))
        return NULL;
    destination = create(engine, name, hash, maker);
    if (!destination) {
        *error = ENGINE_NO_MEMORY;
        text_error_set(why, "the broker is out of memory");
        return NULL;
    }
    if (destination_is_queue(destination)) {
        virtual_queue_changed(engine, destination, true);
        attach_wildcards(engine, destination);
    }
    advisory_destination(engine, destination, true);
    return destination;
}

struct destination *destination_get(struct engine *engine, struct destination_name name,
                                    uint64_t hash, const struct destination_maker *maker,
                                    enum engine_error *error, struct text_error *why)
{
    struct destination *destination = destination_find(engine, name, hash);
    struct text_error text;

    if (destination)
        return destination;
    destination_text(name, &text);
    if (destination_kind_is_temp(name.kind) && maker->owner == 0 &&
        !engine->config->allow_temp_auto_creation) {
        *error = ENGINE_NO_SUCH_DESTINATION;
        text_error_set(why, "%s", text.text);
        return NULL;
    }
    if (!maker->may_create) {
        *error = ENGINE_NOT_AUTHORIZED;
        text_error_set(why, "create: %s", text.text);
        return NULL;
    }
    return add(engine, name, hash, maker, error, why);
}

void destination_touch(struct destination *destination)
{
    destination->idle_since_ms = destination->engine->wheel.now_ms;
}

void destination_accept(struct engine *engine, struct destination *destination,
                        struct message *message, const struct reply_address *reply)
{
    bool waits = engine->store && message->persistent && reply->operation != 0 &&
                 destination_is_queue(destination);
    uint64_t ticket = waits ? ticket_create(engine, reply) : 0;
    int error = 0;

    destination->counters.enqueued++;
    engine->counters.enqueued++;
    destination->idle_since_ms = engine->wheel.now_ms;
    if (UNLIKELY(destination->policy->advisory_delivered))
        advisory_message(engine, MESSAGE_ADVISORY_DELIVERED, destination->policy, destination->name,
                         message, NULL);
    if (destination_is_queue(destination)) {
        error = queue_enqueue(engine, destination, message, ticket);
    } else {
        topic_publish(engine, destination, message);
        message_unref(message);
    }
    if (ticket == 0)
        engine_answer(engine, reply, error ? ENGINE_NO_MEMORY : ENGINE_OK,
                      error ? "the broker is out of memory" : "");
    else if (error)
        engine_store_done(engine, ticket, error);
}

/* Expired on arrival: dead letter or dropped, never enqueued. */
static void refuse_expired(struct engine *engine, struct destination *destination,
                           struct message *message, const struct reply_address *reply)
{
    destination->counters.expired++;
    engine->counters.expired++;
    advisory_message(engine, MESSAGE_ADVISORY_EXPIRED, destination->policy, destination->name,
                     message, NULL);
    dead_letter(engine, destination->policy, destination->name, message, DEAD_LETTER_EXPIRED, NULL);
    message_unref(message);
    engine_answer(engine, reply, ENGINE_OK, "");
}

/* Ids of messages begin with their connection's: "<connection>:<session>:<producer>". */
static struct slice connection_of(const struct message *message)
{
    struct slice id = message_part(message, MESSAGE_ID);

    for (unsigned colons = 2; id.len > 0 && colons > 0; id.len--)
        colons -= id.bytes[id.len - 1] == ':';
    return id.len > 0 ? id : SLICE_ABSENT;
}

/* NULL: the sender has been told why. */
static struct destination *target_of(struct engine *engine, uint64_t hash,
                                     const struct message *message,
                                     const struct reply_address *reply, uint8_t flags)
{
    struct destination_name name = message_destination(message);
    struct destination *destination = destination_find(engine, name, hash);
    struct destination_maker maker = {.may_create = flags & MAIL_MAY_CREATE};
    enum engine_error error = ENGINE_OK;
    struct text_error why;

    if (LIKELY(destination != NULL))
        return destination;
    maker.connection_id = flags & MAIL_INTERNAL ? SLICE_ABSENT : connection_of(message);
    destination = destination_get(engine, name, hash, &maker, &error, &why);
    if (!destination)
        engine_answer(engine, reply, error, why.text);
    return destination;
}

void destination_send(struct engine *engine, uint64_t hash, struct message *message,
                      const struct reply_address *reply, uint8_t flags)
{
    struct destination *destination;

    if (UNLIKELY(flags & MAIL_INTERNAL) && advisory_is_topic(message_destination(message))) {
        topic_publish_advisory(engine, hash, message);
        return;
    }
    destination = target_of(engine, hash, message, reply, flags);
    if (UNLIKELY(!destination)) {
        message_unref(message);
        return;
    }
    if (UNLIKELY(flags & MAIL_SELECTIVE) && !virtual_is_wanted(destination, message)) {
        message_unref(message);
        engine_answer(engine, reply, ENGINE_OK, "");
        return;
    }
    if (UNLIKELY(destination->is_statistics) && statistics_take(engine, destination, message)) {
        message_unref(message);
        engine_answer(engine, reply, ENGINE_OK, "");
        return;
    }
    if (UNLIKELY(message_is_expired(message, engine->wall_ms))) {
        refuse_expired(engine, destination, message, reply);
        return;
    }
    if (flow_admits(engine, destination, message, reply, flags))
        destination_accept(engine, destination, message, reply);
}

static void end_subscriptions(struct engine *engine, struct destination *destination,
                              const char *why)
{
    for (;;) {
        struct subscription *subscription = queue_any_subscription(destination);

        if (!subscription)
            return;
        if (subscription->attachments.next->next == &subscription->attachments &&
            list_is_empty(&subscription->wildcard_node))
            subscription_end(engine, subscription, why); /* that was its only queue */
        else
            subscription_detach_from(engine, subscription, destination);
    }
}

/* Its subscriptions stay, and take the queue on again when it comes back. */
static void detach_subscriptions(struct engine *engine, struct destination *queue)
{
    struct subscription *subscription;

    while ((subscription = queue_any_subscription(queue)) != NULL) {
        if (list_is_empty(&subscription->wildcard_node))
            list_append(&engine->wildcards, &subscription->wildcard_node);
        subscription_detach_from(engine, subscription, queue);
    }
}

static void note_interest(void *arg, void *item)
{
    (void)item;
    *(bool *)arg = true;
}

bool destination_is_heard(const struct engine *engine, const struct destination *topic)
{
    unsigned plane = topic->name.kind == DESTINATION_TEMP_TOPIC;
    bool heard = false;

    pattern_index_match(engine->interest[plane], topic->name.name, note_interest, &heard);
    return heard;
}

/* `user` is one of those who do. */
static bool destination_in_use(const struct engine *engine, const struct destination *destination,
                               struct text_error *user)
{
    const struct subscription *subscription;

    if (!destination_is_queue(destination)) {
        text_error_set(user, "TopicSubscription"); /* it is on another shard, perhaps */
        return destination_is_heard(engine, destination);
    }
    subscription = queue_any_subscription(destination);
    if (subscription)
        text_error_set(
            user, "QueueSubscription: consumer=%s, dispatched=%" PRIu32 ", prefetch=%" PRIu32,
            subscription->request->consumer_id, subscription->window.live, subscription->prefetch);
    return subscription != NULL;
}

void destination_remove(struct engine *engine, struct destination *destination, const char *why)
{
    flow_drop_waiting(engine, destination);
    if (destination_is_queue(destination)) {
        end_subscriptions(engine, destination, why);
        queue_purge(engine, destination);
        virtual_queue_changed(engine, destination, false);
    } else {
        recovery_fini(destination);
    }
    advisory_destination(engine, destination, false);
    wheel_cancel(&engine->wheel, &destination->expire_timer);
    table_remove(&engine->destinations, destination);
    if (destination_is_queue(destination))
        queue_fini(destination);
    producers_forget(engine, destination);
    destination_free(destination);
}

static void create_requested(struct engine *engine, const struct destination_request *request,
                             const struct reply_address *reply)
{
    struct destination_maker maker = {.may_create = request->may_create || request->owned,
                                      .owner = request->owned ? request->client : 0,
                                      .connection_id = request->connection_id};
    enum engine_error error = ENGINE_OK;
    struct text_error why;
    struct destination *destination = destination_get(
        engine, request->name, destination_name_hash(request->name), &maker, &error, &why);

    if (!destination) {
        engine_answer(engine, reply, error, why.text);
        return;
    }
    if (request->owned && destination->owner != 0 && destination->owner != request->client) {
        engine_answer(engine, reply, ENGINE_NO_RESOURCES,
                      "the temporary destination belongs to another connection");
        return;
    }
    if (request->owned)
        destination->owner = request->client;
    engine_answer(engine, reply, ENGINE_OK, "");
}

/* Subscriptions keep a destination alive, but a temporary one goes with its owner. */
static bool may_remove(const struct engine *engine, struct destination *destination,
                       const struct destination_request *request, enum engine_error *error,
                       struct text_error *why)
{
    struct text_error text, user;

    destination_text(request->name, &text);
    if (request->owned)
        return true;
    if (destination->owner != 0) { /* ActiveMQ lets anybody do it: others lose their answers */
        *error = ENGINE_NOT_AUTHORIZED;
        text_error_set(why, "remove: %s", text.text);
        return false;
    }
    if (request->forced || !destination_in_use(engine, destination, &user))
        return true;
    *error = ENGINE_IN_USE;
    text_error_set(why, "Destination: %s still has an active subscription: %s", text.text,
                   user.text);
    return false;
}

static void remove_requested(struct engine *engine, const struct destination_request *request,
                             const struct reply_address *reply)
{
    struct destination *destination =
        destination_find(engine, request->name, destination_name_hash(request->name));
    enum engine_error error = ENGINE_OK;
    struct text_error why;

    if (!destination || (request->owned && destination->owner != request->client)) {
        engine_answer(engine, reply, ENGINE_OK, ""); /* gone is gone */
        return;
    }
    if (!may_remove(engine, destination, request, &error, &why)) {
        engine_answer(engine, reply, error, why.text);
        return;
    }
    if (destination->owner == 0 && destination_is_queue(destination))
        detach_subscriptions(engine, destination);
    destination_remove(engine, destination, "the destination was removed");
    engine_answer(engine, reply, ENGINE_OK, "");
}

void shard_destination(struct engine *engine, const struct destination_request *request,
                       const struct reply_address *reply)
{
    switch (request->change) {
    case DESTINATION_CREATE:
        create_requested(engine, request, reply);
        break;
    case DESTINATION_REMOVE:
        remove_requested(engine, request, reply);
        break;
    case PRODUCER_ADD:
    case PRODUCER_REMOVE:
        producer_receive(engine, request, reply);
        break;
    }
}

void destinations_start(struct engine *engine)
{
    for (size_t i = 0; i < engine->config->destination_count; i++) {
        const struct config_destination *wanted = &engine->config->destinations[i];
        struct destination_name name = {(enum destination_kind)wanted->kind,
                                        slice_of_text(wanted->name)};
        uint64_t hash = destination_name_hash(name);
        enum engine_error error;
        struct text_error why;
        struct destination *destination;

        if (engine_home_of(engine, hash) != engine->index)
            continue;
        destination = destination_get(
            engine, name, hash, &(struct destination_maker){.may_create = true}, &error, &why);
        if (destination)
            destination->configured = true;
    }
}

static void drop(void *arg, void *object)
{
    struct engine *engine = arg;
    struct destination *destination = object;

    flow_forget_waiting(destination);
    wheel_cancel(&engine->wheel, &destination->expire_timer);
    if (destination_is_queue(destination)) {
        queue_purge(engine, destination);
        queue_fini(destination);
    } else {
        recovery_fini(destination);
    }
    producers_forget(engine, destination);
    table_remove(&engine->destinations, destination);
    destination_free(destination);
}

void destinations_fini(struct engine *engine)
{
    table_each(&engine->destinations, drop, engine);
}
