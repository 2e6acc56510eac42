/* SPDX-License-Identifier: Apache-2.0 */
#include "durable.h"

#include <errno.h>
#include <stdlib.h>

#include "advisories.h"
#include "consumer.h"
#include "destination.h"
#include "topic.h"
#include "window.h"

struct durable_key {
    struct slice client_id, name;
};

uint64_t durable_hash(struct slice client_id, struct slice name)
{
    return slice_hash(name, slice_hash(client_id, 0x6475726162));
}

static uint64_t hash_of(const void *object)
{
    return ((const struct durable *)object)->hash;
}

static bool matches(const void *object, const void *key)
{
    const struct durable *durable = object;
    const struct durable_key *wanted = key;

    return slice_equal(durable->client_id, wanted->client_id) &&
           slice_equal(durable->name, wanted->name);
}

static struct durable *find(struct engine *engine, struct slice client_id, struct slice name)
{
    return table_find(&engine->durables, durable_hash(client_id, name),
                      &(struct durable_key){client_id, name});
}

static struct durable *create(struct engine *engine, const struct subscribe_request *request)
{
    struct slice client_id = slice_of_text(request->client_id);
    struct slice name = slice_of_text(request->durable_name);
    struct durable *durable = malloc(sizeof *durable + client_id.len + name.len);
    uint8_t *bytes = (uint8_t *)(durable + 1);

    if (!durable)
        return NULL;
    memcpy(bytes, client_id.bytes, client_id.len);
    memcpy(bytes + client_id.len, name.bytes, name.len);
    *durable = (struct durable){.client_id = slice_of(bytes, client_id.len),
                                .name = slice_of(bytes + client_id.len, name.len),
                                .hash = durable_hash(client_id, name)};
    if (table_add(&engine->durables, durable) != 0) {
        free(durable);
        return NULL;
    }
    return durable;
}

static void drop_messages(struct engine *engine, struct subscription *subscription)
{
    subscription->closing = true;
    subscription_return_window(engine, subscription, 0);
    LIST_FOR_EACH_SAFE(node, &subscription->locked)
        topic_forget(engine, subscription, LIST_ENTRY(node, struct entry, node));
    topic_drop_pending(engine, subscription);
}

static void leave_topics(struct engine *engine, struct subscription *subscription)
{
    for (uint32_t i = 0; i < subscription->request->name_count; i++)
        topic_unsubscribe(engine, subscription, &subscription->request->names[i]);
}

static void destroy(struct engine *engine, struct durable *durable)
{
    struct subscription *subscription = durable->subscription;

    if (subscription) {
        leave_topics(engine, subscription);
        drop_messages(engine, subscription);
    }
    if (durable->online)
        table_remove(&engine->subscriptions, subscription);
    if (subscription)
        subscription_destroy(engine, subscription);
    table_remove(&engine->durables, durable);
    free(durable);
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Another topic, selector or noLocal: the stored subscription is replaced. */
static bool is_same(const struct subscribe_request *a, const struct subscribe_request *b)
{
    if (a->name_count != b->name_count || !same_text(a->selector_text, b->selector_text) ||
        a->no_local != b->no_local)
        return false;
    for (uint32_t i = 0; i < a->name_count; i++)
        if (a->names[i].kind != b->names[i].kind || strcmp(a->names[i].name, b->names[i].name) != 0)
            return false;
    return true;
}

/* The consumer takes over the subscription that waits here. */
static void attach(struct engine *engine, struct durable *durable,
                   struct subscribe_request *request, const struct reply_address *reply)
{
    struct subscription *subscription = durable->subscription;
    uint32_t answers = subscribe_request_answers(engine, request);

    subscription->id = request->consumer;
    subscription->client = request->client;
    subscription->prefetch = request->prefetch;
    subscription->permit = false;
    for (uint32_t i = 0; i < request->name_count; i++) /* the same names (is_same) */
        request->names[i].joined = subscription->request->names[i].joined;
    subscribe_request_destroy(subscription->request);
    subscription->request = request;
    subscription->closing = false;
    subscription->last_acknowledged_ms = engine->wheel.now_ms; /* slow or not: he has just come */
    subscription->slow_count = 0;
    window_restart(&subscription->window);
    if (table_add(&engine->subscriptions, subscription) != 0) {
        subscription->id = 0;
        subscribe_request_refuse(engine, request, reply, ENGINE_NO_MEMORY,
                                 "the broker is out of memory");
        return;
    }
    durable->online = true;
    subscription_bind(engine, subscription);
    for (uint32_t i = 0; i < answers; i++)
        engine_answer(engine, reply, ENGINE_OK, "");
    advisory_consumer(engine, subscription, true);
    subscription_update(engine, subscription);
}

static void start_new(struct engine *engine, struct subscribe_request *request,
                      const struct reply_address *reply)
{
    uint32_t answers = subscribe_request_answers(engine, request), names = request->name_count;
    struct durable *durable = create(engine, request);
    struct subscription *subscription = NULL;

    if (durable)
        subscription = durable->subscription = subscription_create(engine, request);
    else
        subscribe_request_destroy(request);
    if (!subscription || table_add(&engine->subscriptions, subscription) != 0) {
        if (durable)
            destroy(engine, durable);
        while (answers-- > 0)
            engine_answer(engine, reply, ENGINE_NO_MEMORY, "the broker is out of memory");
        return;
    }
    subscription->durable = durable;
    durable->online = true;
    for (uint32_t i = 0; i < names; i++)
        topic_subscribe(engine, subscription, &request->names[i], reply);
    advisory_consumer(engine, subscription, true);
}

static bool all_topics(const struct subscribe_request *request)
{
    for (uint32_t i = 0; i < request->name_count; i++)
        if (request->names[i].kind != DESTINATION_TOPIC)
            return false;
    return true;
}

void durable_subscribe(struct engine *engine, struct subscribe_request *request,
                       const struct reply_address *reply)
{
    struct durable *durable =
        find(engine, slice_of_text(request->client_id), slice_of_text(request->durable_name));
    struct text_error why;

    if (engine->config->reject_durable_consumers || !all_topics(request)) {
        subscribe_request_refuse(engine, request, reply, ENGINE_UNSUPPORTED,
                                 all_topics(request)
                                     ? "durable subscriptions are not allowed by this broker"
                                     : "only topics can have durable subscriptions");
        subscribe_request_destroy(request);
        return;
    }
    if (durable && durable->online) {
        text_error_set(&why, "Durable consumer is in use for client: %s and subscriptionName: %s",
                       request->client_id, request->durable_name);
        subscribe_request_refuse(engine, request, reply, ENGINE_DURABLE_IN_USE, why.text);
        subscribe_request_destroy(request);
        return;
    }
    if (durable && is_same(durable->subscription->request, request)) {
        attach(engine, durable, request, reply);
        return;
    }
    if (durable)
        destroy(engine, durable);
    start_new(engine, request, reply);
}

void durable_detach(struct engine *engine, struct subscription *subscription,
                    uint64_t delivered_tag)
{
    struct durable *durable = subscription->durable;

    subscription->closing = true;
    subscription_return_window(engine, subscription, delivered_tag);
    advisory_consumer(engine, subscription, false);
    table_remove(&engine->subscriptions, subscription);
    if (subscription->local)
        subscription->local->local = NULL;
    subscription->local = NULL;
    subscription->id = 0;
    durable->online = false;
    durable->offline_since_ms = engine->wheel.now_ms;
}

void durable_undo(struct engine *engine, struct subscription *subscription)
{
    struct durable *durable = subscription->durable;

    durable_detach(engine, subscription, 0);
    destroy(engine, durable);
}

void durable_remove(struct engine *engine, struct slice client_id, struct slice name,
                    const struct reply_address *reply)
{
    struct durable *durable = find(engine, client_id, name);
    struct text_error why;

    if (!durable) {
        text_error_set(
            &why, "No durable subscription exists for clientID: %.*s and subscriptionName: %.*s",
            SLICE_FMT(client_id), SLICE_FMT(name));
        engine_answer(engine, reply, ENGINE_NO_SUCH_SUBSCRIPTION, why.text);
    } else if (durable->online) {
        engine_answer(engine, reply, ENGINE_DURABLE_IN_USE, "Durable consumer is in use");
    } else {
        leave_topics(engine, durable->subscription);
        advisory_durable_removed(engine, durable->subscription);
        destroy(engine, durable);
        engine_answer(engine, reply, ENGINE_OK, "");
    }
}

void durable_keep(struct engine *engine, struct subscription *subscription, struct entry *entry)
{
    if (entry->message->persistent && engine->store)
        engine->store->add(
            engine->store->arg, 0, entry->number,
            (struct destination_name){DESTINATION_TOPIC, subscription->durable->name},
            entry->message);
}

void durable_forget(struct engine *engine, struct subscription *subscription, struct entry *entry)
{
    (void)subscription;
    if (entry->message->persistent && engine->store)
        engine->store->remove(engine->store->arg, 0, entry->number);
}

static void sweep_one(void *arg, void *object)
{
    struct engine *engine = arg;
    struct durable *durable = object;
    int64_t timeout_ms = engine->config->offline_durable_timeout_ms;

    if (!durable->online && engine->wheel.now_ms - durable->offline_since_ms >= timeout_ms)
        destroy(engine, durable);
}

void durables_sweep(struct engine *engine)
{
    if (engine->config->offline_durable_timeout_ms > 0)
        table_each(&engine->durables, sweep_one, engine);
}

int durables_init(struct engine *engine)
{
    return table_init(&engine->durables, hash_of, matches, 16);
}

/* Other shards may have ended already: they are not told. */
static void fini_one(void *arg, void *object)
{
    struct engine *engine = arg;
    struct durable *durable = object;

    drop_messages(engine, durable->subscription);
    subscription_destroy(engine, durable->subscription);
    table_remove(&engine->durables, durable);
    free(durable);
}

void durables_fini(struct engine *engine)
{
    table_each(&engine->durables, fini_one, engine);
    table_fini(&engine->durables);
}
