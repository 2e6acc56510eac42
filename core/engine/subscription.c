/* SPDX-License-Identifier: Apache-2.0 */
#include "subscription.h"

#include <errno.h>
#include <stdlib.h>

#include "advisories.h"
#include "branch.h"
#include "client.h"
#include "consumer.h"
#include "durable.h"
#include "redelivery.h"
#include "slow_consumer.h"
#include "topic.h"
#include "window.h"

struct subscription *subscription_find(struct engine *engine, uint64_t id)
{
    return table_find(&engine->subscriptions, serial_hash(id), &id);
}

struct subscription *subscription_create(struct engine *engine, struct subscribe_request *request)
{
    struct subscription *subscription = calloc(1, sizeof *subscription);

    if (!subscription) {
        subscribe_request_destroy(request);
        return NULL;
    }
    subscription->id = request->consumer;
    subscription->client = request->client;
    subscription->request = request;
    subscription->prefetch = request->prefetch;
    subscription->pending_limit = -1;
    subscription->expiry_ms = INT64_MAX;
    subscription->last_acknowledged_ms = engine->wheel.now_ms;
    subscription->ready = true;
    window_init(&subscription->window);
    list_init(&subscription->attachments);
    list_init(&subscription->wildcard_node);
    list_init(&subscription->pending);
    list_init(&subscription->locked);
    subscription_bind(engine, subscription);
    return subscription;
}

void subscription_bind(struct engine *engine, struct subscription *subscription)
{
    bool here = subscription->id != 0 && serial_shard(subscription->id) == engine->index;

    subscription->local = here ? consumer_find(engine, subscription->id) : NULL;
    if (subscription->local)
        subscription->local->local = subscription;
}

void subscription_destroy(struct engine *engine, struct subscription *subscription)
{
    assert(list_is_empty(&subscription->attachments) && list_is_empty(&subscription->pending));
    assert(subscription->window.live == 0 && list_is_empty(&subscription->locked));
    if (subscription->local)
        subscription->local->local = NULL;
    list_remove(&subscription->wildcard_node);
    browse_fini(engine, subscription);
    window_fini(&subscription->window);
    subscribe_request_destroy(subscription->request);
    free(subscription);
}

bool subscription_has_room(const struct subscription *subscription)
{
    const struct engine_consumer *consumer = subscription->local;

    if (subscription->window.live >= (uint64_t)subscription->prefetch + subscription->extension &&
        !subscription->permit)
        return false;
    if (subscription->closing || subscription->id == 0)
        return false;
    return !consumer || !consumer->client->congested;
}

void subscription_update_ready(struct subscription *subscription)
{
    bool ready = subscription_has_room(subscription);

    if (ready == subscription->ready)
        return;
    subscription->ready = ready;
    LIST_FOR_EACH(node, &subscription->attachments)
        queue_set_ready(LIST_ENTRY(node, struct attachment, subscription_node), ready);
}

bool subscription_accepts(const struct subscription *subscription, const struct entry *entry)
{
    const struct subscribe_request *request = subscription->request;

    if (request->no_local && entry->message->origin == request->origin)
        return false;
    if (LIKELY(!request->selector))
        return true;
    return selector_matches(request->selector, entry->message,
                            &(struct selector_facts){.redelivery_count = entry->redelivery_count});
}

static void deliver_remote(struct engine *engine, const struct subscription *subscription,
                           const struct entry *entry, uint64_t tag)
{
    struct engine_mail mail = {
        .kind = MAIL_DELIVER,
        .flags = entry->group_first ? MAIL_GROUP_FIRST : 0,
        .small = entry->redelivery_count,
        .id = subscription->id,
        .first = tag,
        .pointer = message_ref(entry->message),
    };

    engine_mail_to(engine, serial_shard(subscription->id), &mail);
}

static struct destination_name name_of(const struct entry *entry)
{
    return entry->queue ? entry->queue->name : message_destination(entry->message);
}

static const struct config_policy *policy_of(const struct engine *engine, const struct entry *entry)
{
    return entry->queue ? entry->queue->policy : policy_for(engine->config, name_of(entry));
}

/* What every dispatch counts and tells, whatever stands in the window. */
static void note_dispatch(struct engine *engine, struct subscription *subscription)
{
    subscription->permit = false;
    subscription->dispatched++;
    engine->counters.dispatched++;
    if (UNLIKELY(subscription->window.live == subscription->prefetch))
        slow_consumer_full(engine, subscription);
}

int subscription_dispatch(struct engine *engine, struct subscription *subscription,
                          struct entry *entry)
{
    uint64_t tag;

    if (UNLIKELY(window_push(&subscription->window, entry, &tag) != 0))
        return -ENOMEM;
    entry->dispatched = true;
    note_dispatch(engine, subscription);
    if (UNLIKELY(engine->advises_deliveries) && !subscription->browse)
        advisory_message(engine, MESSAGE_ADVISORY_DISPATCHED, policy_of(engine, entry),
                         name_of(entry), entry->message, subscription);
    if (LIKELY(subscription->local != NULL)) {
        struct consumer_delivery delivery = {.message = entry->message,
                                             .tag = tag,
                                             .redelivery_count = entry->redelivery_count,
                                             .shard = engine->index,
                                             .group_first = entry->group_first};

        consumer_deliver(subscription->local, &delivery);
    } else {
        deliver_remote(engine, subscription, entry, tag);
    }
    return 0;
}

int subscription_dispatch_item(struct engine *engine, struct subscription *subscription,
                               struct item *item)
{
    struct consumer_delivery delivery = {.message = item->message,
                                         .redelivery_count = item->message->redelivery_count,
                                         .shard = engine->index};

    if (UNLIKELY(window_push_item(&subscription->window, item, &delivery.tag) != 0))
        return -ENOMEM;
    note_dispatch(engine, subscription);
    consumer_deliver(subscription->local, &delivery);
    return 0;
}

void subscription_update(struct engine *engine, struct subscription *subscription)
{
    bool was_ready = subscription->ready;

    subscription_update_ready(subscription);
    if (!subscription->ready)
        return;
    if (UNLIKELY(subscription->browse != NULL))
        browse_run(engine, subscription);
    if (!was_ready) /* else it has seen all that is pending, and would look at it at each call */
        LIST_FOR_EACH_SAFE(node, &subscription->attachments)
            queue_run(engine, LIST_ENTRY(node, struct attachment, subscription_node));
    if (!list_is_empty(&subscription->pending))
        topic_run(engine, subscription);
    subscription_update_ready(subscription);
}

/*
 * Acknowledgement. A subscription that has ended is NULL here: a transaction has kept the entry.
 */
static void forget(struct engine *engine, struct subscription *subscription, struct entry *entry)
{
    if (entry->extended)
        subscription->extension--;
    if (entry->queue)
        queue_forget(engine, entry);
    else
        topic_forget(engine, subscription, entry);
}

static void consumed(struct engine *engine, struct subscription *subscription, struct entry *entry)
{
    if (LIKELY(subscription != NULL))
        subscription->dequeued++;
    engine->counters.dequeued++;
    if (entry->queue)
        entry->queue->counters.dequeued++;
    if (UNLIKELY(engine->advises_deliveries))
        advisory_message(engine, MESSAGE_ADVISORY_CONSUMED, policy_of(engine, entry),
                         name_of(entry), entry->message, subscription);
    forget(engine, subscription, entry);
}

/* redeliveryPlugin: true when it has dealt with the entry. */
static bool is_redelivered(struct engine *engine, struct subscription *subscription,
                           struct entry *entry, enum dead_letter_reason reason)
{
    bool was_extended = entry->extended; /* then it is in the window of one that is there */

    switch (redelivery_decide(engine, entry, reason)) {
    case REDELIVERY_NONE:
        return false;
    case REDELIVERY_DELAYED:
        if (was_extended)
            subscription->extension--;
        return true;
    case REDELIVERY_DISCARDED:
        entry->queue->counters.dequeued++;
        forget(engine, subscription, entry);
        return true;
    }
    return false;
}

static void poisoned(struct engine *engine, struct subscription *subscription, struct entry *entry,
                     enum dead_letter_reason reason)
{
    if (UNLIKELY(engine->config->redelivery.enabled) && entry->queue &&
        is_redelivered(engine, subscription, entry, reason))
        return;
    if (entry->queue || (subscription && subscription->durable) ||
        reason != DEAD_LETTER_POISON) /* as in ActiveMQ */
        dead_letter(engine, policy_of(engine, entry), name_of(entry), entry->message, reason,
                    subscription);
    if (entry->queue) {
        entry->queue->counters.dequeued++;
        entry->queue->counters.dead_lettered++;
    }
    forget(engine, subscription, entry);
}

static void expired(struct engine *engine, struct subscription *subscription, struct entry *entry)
{
    const struct config_policy *policy = policy_of(engine, entry);

    if (subscription && subscription->browse) { /* it was only shown */
        forget(engine, subscription, entry);
        return;
    }
    engine->counters.expired++;
    if (entry->queue)
        entry->queue->counters.expired++;
    advisory_message(engine, MESSAGE_ADVISORY_EXPIRED, policy, name_of(entry), entry->message,
                     subscription);
    dead_letter(engine, policy, name_of(entry), entry->message, DEAD_LETTER_EXPIRED, subscription);
    forget(engine, subscription, entry);
}

/* Back to where it came from; too often redelivered, to the dead letter queue. */
static void give_back(struct engine *engine, struct subscription *subscription, struct entry *entry,
                      bool was_delivered)
{
    int32_t limit = policy_of(engine, entry)->maximum_redeliveries;

    if (UNLIKELY(subscription && subscription->browse)) { /* it was only shown */
        forget(engine, subscription, entry);
        return;
    }
    if (entry->extended)
        subscription->extension--;
    entry->extended = false;
    if (was_delivered)
        entry->redelivery_count++;
    if (limit >= 0 && entry->redelivery_count > (uint32_t)limit)
        poisoned(engine, subscription, entry, DEAD_LETTER_REDELIVERED);
    else if (entry->queue)
        queue_return(engine, entry);
    else
        topic_return(engine, subscription, entry);
}

static void extend(struct subscription *subscription, struct entry *entry)
{
    if (!entry->extended)
        subscription->extension++;
    entry->extended = true;
}

void subscription_extend(struct engine *engine, struct subscription *subscription,
                         struct entry *entry)
{
    if (subscription->prefetch > 0 && policy_of(engine, entry)->use_prefetch_extension)
        extend(subscription, entry);
}

void subscription_contract(struct subscription *subscription, struct entry *entry)
{
    if (entry->extended)
        subscription->extension--;
    entry->extended = false;
}

static bool item_consumed(struct engine *engine, struct subscription *subscription, uint64_t tag)
{
    struct item *item = window_take_item(&subscription->window, tag);

    if (!item)
        return false;
    subscription->dequeued++;
    engine->counters.dequeued++;
    item_unref(engine, item);
    return true;
}

static void settle(struct engine *engine, struct subscription *subscription,
                   enum acknowledgement_kind kind, struct entry *entry)
{
    switch (kind) {
    case ACKNOWLEDGE_CONSUMED:
        consumed(engine, subscription, entry);
        break;
    case ACKNOWLEDGE_POISON:
        poisoned(engine, subscription, entry, DEAD_LETTER_POISON);
        break;
    case ACKNOWLEDGE_EXPIRED:
        expired(engine, subscription, entry);
        break;
    case ACKNOWLEDGE_RELEASED:
        give_back(engine, subscription, entry, true);
        break;
    case ACKNOWLEDGE_DELIVERED:
        if (policy_of(engine, entry)->use_prefetch_extension)
            extend(subscription, entry);
        break;
    }
}

void subscription_settle(struct engine *engine, struct subscription *subscription,
                         enum acknowledgement_kind kind, uint64_t tag)
{
    struct window *window = &subscription->window;
    struct entry *entry;

    if (kind == ACKNOWLEDGE_CONSUMED && LIKELY(!engine->advises_deliveries) &&
        item_consumed(engine, subscription, tag))
        return;
    window_make_entry(engine, window, tag);
    entry = window_at(window, tag);
    if (!entry || UNLIKELY(entry->lock != NULL)) /* that is up to its transaction */
        return;
    if (kind != ACKNOWLEDGE_DELIVERED)
        window_take(window, tag);
    settle(engine, subscription, kind, entry);
}

void subscription_settle_kept(struct engine *engine, struct subscription *subscription,
                              struct entry *entry, enum acknowledgement_kind kind)
{
    settle(engine, subscription, kind, entry);
}

void subscription_settled(struct engine *engine, struct subscription *subscription)
{
    subscription->last_acknowledged_ms = engine->wheel.now_ms;
    slow_consumer_acknowledged(engine, subscription);
    subscription_update(engine, subscription);
}

void subscription_acknowledge(struct engine *engine, struct subscription *subscription,
                              enum acknowledgement_kind kind, uint64_t first, uint64_t last)
{
    struct window *window = &subscription->window;

    if (window->live == 0)
        return;
    if (kind == ACKNOWLEDGE_RELEASED) { /* backwards: each finds its place at once */
        WINDOW_FOR_EACH_BACKWARDS(tag, window, first, last)
            subscription_settle(engine, subscription, kind, tag);
        subscription_run_queues(engine, subscription);
    } else {
        WINDOW_FOR_EACH(tag, window, first, last)
            subscription_settle(engine, subscription, kind, tag);
    }
    subscription_settled(engine, subscription);
}

void subscription_run_queues(struct engine *engine, struct subscription *subscription)
{
    LIST_FOR_EACH_SAFE(node, &subscription->attachments)
        queue_run_all(engine, LIST_ENTRY(node, struct attachment, subscription_node)->queue);
}

void subscription_return_window(struct engine *engine, struct subscription *subscription,
                                uint64_t delivered_tag)
{
    WINDOW_FOR_EACH_BACKWARDS(tag, &subscription->window, 1, UINT64_MAX) {
        struct entry *entry;

        window_make_entry(engine, &subscription->window, tag);
        entry = window_take(&subscription->window, tag);
        if (!entry)
            continue;
        if (UNLIKELY(entry->lock != NULL))
            subscription_contract(subscription, entry);
        if (!branch_keeps(engine, subscription, entry))
            give_back(engine, subscription, entry, tag <= delivered_tag);
    }
}

void subscription_take_back(struct engine *engine, struct subscription *subscription, uint64_t tag)
{
    struct destination *queue;
    struct entry *entry;

    window_make_entry(engine, &subscription->window, tag);
    entry = window_at(&subscription->window, tag);
    if (!entry || entry->lock)
        return;
    window_take(&subscription->window, tag);
    queue = entry->queue;
    if (entry->group_first)
        queue_group_taken_back(queue, entry, subscription);
    give_back(engine, subscription, entry, false);
    if (queue)
        queue_run_soon(queue);
    subscription_update_ready(subscription);
}

/*
 * Coming and going.
 */
static bool is_attached(const struct subscription *subscription, const struct destination *queue)
{
    LIST_FOR_EACH(node, &subscription->attachments)
        if (LIST_ENTRY(node, struct attachment, subscription_node)->queue == queue)
            return true;
    return false;
}

/* 5.17 leaves it to the clients that nobody consumes what is meant for another connection. */
static bool is_of_other_client(const struct destination *destination, uint64_t client)
{
    return destination->owner != 0 && destination->owner != client;
}

struct attachment *subscription_attach_matching(struct engine *engine,
                                                struct subscription *subscription,
                                                struct destination *queue)
{
    const struct subscribe_request *request = subscription->request;

    for (uint32_t i = 0; i < request->name_count; i++) {
        const struct subscribe_name *name = &request->names[i];

        if (name->kind != queue->name.kind ||
            !pattern_matches(slice_of_text(name->name), queue->name.name))
            continue;
        if (is_attached(subscription, queue) || is_of_other_client(queue, subscription->client) ||
            !auth_may(engine->realm, request->principal, AUTH_READ,
                      (enum config_destination_kind)queue->name.kind, queue->name.name))
            return NULL;
        if (queue_attach(engine, queue, subscription) != 0)
            return NULL;
        return LIST_ENTRY(subscription->attachments.prev, struct attachment, subscription_node);
    }
    return NULL;
}

void subscription_detach_from(struct engine *engine, struct subscription *subscription,
                              struct destination *queue)
{
    LIST_FOR_EACH_SAFE(node, &subscription->attachments) {
        struct attachment *attachment = LIST_ENTRY(node, struct attachment, subscription_node);

        if (attachment->queue == queue) {
            window_take_queue(engine, subscription, queue);
            queue_detach(engine, attachment);
        }
    }
    subscription_update(engine, subscription); /* its other queues may have waited for the room */
}

struct attach_all {
    struct engine *engine;
    struct subscription *subscription;
};

/* Nothing is dispatched meanwhile: what expires then may create a dead letter queue, and the table
 * of destinations must not grow while it is walked. */
static void attach_if_matching(void *arg, void *object)
{
    struct attach_all *all = arg;
    struct destination *destination = object;

    if (destination_is_queue(destination))
        (void)subscription_attach_matching(all->engine, all->subscription, destination);
}

static int attach_one(struct engine *engine, struct subscription *subscription,
                      const struct subscribe_name *name, enum engine_error *error,
                      struct text_error *why)
{
    struct destination_name wanted = {name->kind, slice_of_text(name->name)};
    struct destination_maker maker = {.may_create = name->may_create};
    struct destination *queue;
    int result = 0;

    maker.connection_id = slice_of_text(subscription->request->connection_id);
    queue = destination_get(engine, wanted, destination_name_hash(wanted), &maker, error, why);
    if (!queue)
        return -ENOENT;
    if (is_of_other_client(queue, subscription->client)) {
        *error = ENGINE_NOT_AUTHORIZED;
        text_error_set(why, "read from: %s%.*s", destination_kind_prefix(name->kind),
                       SLICE_FMT(wanted.name));
        return -EACCES;
    }
    if (subscription->request->browser)
        result = browse_start(engine, subscription, queue);
    else if (!is_attached(subscription, queue))
        result = queue_attach(engine, queue, subscription);
    if (result != 0) {
        *error = ENGINE_NO_MEMORY;
        text_error_set(why, "the broker is out of memory");
    }
    return result;
}

/* All queue names of the request that are not wildcards. */
static int attach_queues(struct engine *engine, struct subscription *subscription,
                         enum engine_error *error, struct text_error *why)
{
    const struct subscribe_request *request = subscription->request;

    for (uint32_t i = 0; i < request->name_count; i++) {
        const struct subscribe_name *name = &request->names[i];

        if (!destination_kind_is_queue(name->kind))
            continue;
        if (name->wildcard) {
            if (list_is_empty(&subscription->wildcard_node))
                list_append(&engine->wildcards, &subscription->wildcard_node);
        } else if (attach_one(engine, subscription, name, error, why) != 0) {
            return -EINVAL;
        }
    }
    return 0;
}

static void detach_queues(struct engine *engine, struct subscription *subscription)
{
    while (!list_is_empty(&subscription->attachments)) {
        struct attachment *attachment =
            LIST_ENTRY(subscription->attachments.next, struct attachment, subscription_node);
        struct destination *queue = attachment->queue;

        queue_detach(engine, attachment);
        queue_run_all(engine, queue);
    }
}

void subscription_leave(struct engine *engine, struct subscription *subscription,
                        uint64_t delivered_tag)
{
    struct subscribe_request *request = subscription->request;

    subscription->closing = true;
    list_remove(&subscription->wildcard_node); /* queues that come into being now are not for it */
    subscription_update_ready(subscription);
    subscription_return_window(engine, subscription, delivered_tag);
    detach_queues(engine, subscription);
    for (uint32_t i = 0; i < request->name_count; i++)
        if (!destination_kind_is_queue(request->names[i].kind))
            topic_unsubscribe(engine, subscription, &request->names[i]);
    topic_drop_pending(engine, subscription);
    advisory_consumer(engine, subscription, false);
    table_remove(&engine->subscriptions, subscription);
    subscription_destroy(engine, subscription);
}

static bool has_queues(const struct subscribe_request *request)
{
    for (uint32_t i = 0; i < request->name_count; i++)
        if (destination_kind_is_queue(request->names[i].kind))
            return true;
    return false;
}

/* Answers for the queues (topics answer for themselves) and lets messages flow. */
static void begin(struct engine *engine, struct subscription *subscription,
                  const struct reply_address *reply)
{
    uint64_t id = subscription->id;

    if (has_queues(subscription->request))
        engine_answer(engine, reply, ENGINE_OK, "");
    subscription = subscription_find(engine, id);
    if (!subscription)
        return;
    if (!list_is_empty(&subscription->wildcard_node))
        table_each(&engine->destinations, attach_if_matching,
                   &(struct attach_all){engine, subscription});
    LIST_FOR_EACH_SAFE(node, &subscription->attachments)
        queue_start_attachment(engine, LIST_ENTRY(node, struct attachment, subscription_node));
    if (subscription->browse)
        browse_run(engine, subscription);
    subscription_update_ready(subscription);
}

/* NULL: the subscription has failed meanwhile, and is gone. */
static struct subscription *join_topics(struct engine *engine, struct subscription *subscription,
                                        const struct reply_address *reply)
{
    uint64_t id = subscription->id;

    for (uint32_t i = 0; subscription && i < subscription->request->name_count; i++) {
        struct subscribe_name *name = &subscription->request->names[i];

        if (destination_kind_is_queue(name->kind))
            continue;
        topic_subscribe(engine, subscription, name, reply);
        subscription = subscription_find(engine, id);
    }
    return subscription;
}

void shard_subscribe(struct engine *engine, struct subscribe_request *request,
                     const struct reply_address *reply)
{
    struct subscription *subscription;
    enum engine_error error = ENGINE_NO_MEMORY;
    struct text_error why = {"the broker is out of memory"};
    uint32_t answers;

    if (request->durable_name) {
        durable_subscribe(engine, request, reply);
        return;
    }
    answers = subscribe_request_answers(engine, request);
    subscription = subscription_create(engine, request);
    if (!subscription) {
        while (answers-- > 0)
            engine_answer(engine, reply, error, why.text);
        return;
    }
    if (table_add(&engine->subscriptions, subscription) != 0) {
        subscribe_request_refuse(engine, request, reply, error, why.text);
        subscription_destroy(engine, subscription);
        return;
    }
    if (attach_queues(engine, subscription, &error, &why) != 0) {
        subscribe_request_refuse(engine, request, reply, error, why.text);
        subscription_leave(engine, subscription, 0);
        return;
    }
    subscription = join_topics(engine, subscription, reply);
    if (subscription)
        advisory_consumer(engine, subscription, true);
    if (subscription)
        begin(engine, subscription, reply);
}

void shard_unsubscribe(struct engine *engine, uint64_t id, uint64_t delivered_tag, bool failed,
                       const struct reply_address *reply)
{
    struct subscription *subscription = subscription_find(engine, id);

    if (subscription && subscription->durable && failed)
        durable_undo(engine, subscription);
    else if (subscription && subscription->durable)
        durable_detach(engine, subscription, delivered_tag);
    else if (subscription)
        subscription_leave(engine, subscription, delivered_tag);
    engine_answer(engine, reply, ENGINE_OK, "");
}

void subscription_end(struct engine *engine, struct subscription *subscription, const char *why)
{
    uint64_t consumer = subscription->id;
    struct engine_mail mail = {.kind = MAIL_CONSUMER_END, .id = consumer};

    if (subscription->durable)
        durable_detach(engine, subscription, UINT64_MAX);
    else
        subscription_leave(engine, subscription, UINT64_MAX);
    if (serial_shard(consumer) == engine->index) {
        consumer_end(engine, consumer, why);
    } else {
        mail.pointer = strdup(why);
        engine_mail_to(engine, serial_shard(consumer), &mail);
    }
}
