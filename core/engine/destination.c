/* SPDX-License-Identifier: Apache-2.0 */
#include "destination.h"

#include <inttypes.h>
#include <stdlib.h>

#include "advisories.h"
#include "base/log.h"
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

static struct destination *create(struct engine *engine, struct destination_name name,
                                  uint64_t hash, uint64_t owner)
{
    struct destination *destination = calloc(1, sizeof *destination + name.name.len);
    uint8_t *bytes;

    if (!destination)
        return NULL;
    bytes = (uint8_t *)(destination + 1);
    memcpy(bytes, name.name.bytes, name.name.len);
    destination->name = (struct destination_name){name.kind, slice_of(bytes, name.name.len)};
    destination->hash = hash;
    destination->owner = owner;
    destination->engine = engine;
    destination->policy = policy_for(engine->config, name);
    destination->is_dead_letter = dead_letter_is_target(engine->config, name);
    destination->is_statistics = statistics_is_question(engine, name);
    destination->idle_since_ms = engine->wheel.now_ms;
    list_init(&destination->waiting);
    list_init(&destination->blocked_node);
    timer_init(&destination->expire_timer, expire_fired);
    if (destination_is_queue(destination) && queue_init(destination) != 0)
        goto no_memory;
    if (table_add(&engine->destinations, destination) != 0)
        goto no_memory;
    return destination;

no_memory:
    if (destination_is_queue(destination))
        queue_fini(destination);
    free(destination);
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
                               uint64_t owner, enum engine_error *error, struct text_error *why)
{
    struct destination *destination;

    *error = ENGINE_NO_RESOURCES;
    if (is_limit_reached(engine, name, why))
        return NULL;
    destination = create(engine, name, hash, owner);
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
                                    uint64_t hash, bool may_create, enum engine_error *error,
                                    struct text_error *why)
{
    struct destination *destination = destination_find(engine, name, hash);
    struct text_error text;

    if (LIKELY(destination != NULL))
        return destination;
    destination_text(name, &text);
    if (destination_kind_is_temp(name.kind) && !engine->config->allow_temp_auto_creation) {
        *error = ENGINE_NO_SUCH_DESTINATION;
        text_error_set(why, "The destination %s does not exist.", text.text);
        return NULL;
    }
    if (!may_create) {
        *error = ENGINE_NOT_AUTHORIZED;
        text_error_set(why, "create: %s", text.text);
        return NULL;
    }
    return add(engine, name, hash, 0, error, why);
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

void destination_send(struct engine *engine, uint64_t hash, struct message *message,
                      const struct reply_address *reply, uint8_t flags)
{
    struct destination *destination;
    enum engine_error error = ENGINE_OK;
    struct text_error why;

    if (UNLIKELY(flags & MAIL_INTERNAL) && advisory_is_topic(message_destination(message))) {
        topic_publish_advisory(engine, hash, message);
        return;
    }
    destination = destination_get(engine, message_destination(message), hash,
                                  flags & MAIL_MAY_CREATE, &error, &why);
    if (UNLIKELY(!destination)) {
        message_unref(message);
        engine_answer(engine, reply, error, why.text);
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
    free(destination);
}

static void create_requested(struct engine *engine, const struct destination_request *request,
                             struct destination_name name, const struct reply_address *reply)
{
    uint64_t hash = destination_name_hash(name);
    struct destination *destination = destination_find(engine, name, hash);
    enum engine_error error = ENGINE_OK;
    struct text_error why;

    if (!destination)
        destination =
            request->may_create || request->owned
                ? add(engine, name, hash, request->owned ? request->client : 0, &error, &why)
                : destination_get(engine, name, hash, false, &error, &why);
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
    else
        destination->configured |= request->client == 0;
    engine_answer(engine, reply, ENGINE_OK, "");
}

static void remove_requested(struct engine *engine, const struct destination_request *request,
                             struct destination_name name, const struct reply_address *reply)
{
    struct destination *destination = destination_find(engine, name, destination_name_hash(name));

    if (!destination || (request->owned && destination->owner != request->client)) {
        engine_answer(engine, reply, ENGINE_OK, ""); /* gone is gone */
        return;
    }
    if (!request->owned && destination->subscription_count > 0) {
        engine_answer(engine, reply, ENGINE_IN_USE, "Destination still has an active subscription");
        return;
    }
    destination_remove(engine, destination, "the destination was removed");
    engine_answer(engine, reply, ENGINE_OK, "");
}

void shard_destination(struct engine *engine, const struct destination_request *request,
                       bool add_it, const struct reply_address *reply)
{
    struct destination_name name = {request->kind, slice_of_text(request->name)};

    if (add_it)
        create_requested(engine, request, name, reply);
    else
        remove_requested(engine, request, name, reply);
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
        destination = destination_get(engine, name, hash, true, &error, &why);
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
    table_remove(&engine->destinations, destination);
    free(destination);
}

void destinations_fini(struct engine *engine)
{
    table_each(&engine->destinations, drop, engine);
}
