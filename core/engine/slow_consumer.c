/* SPDX-License-Identifier: Apache-2.0 */
#include "slow_consumer.h"

#include <inttypes.h>
#include <stdlib.h>

#include "advisories.h"
#include "base/log.h"
#include "client.h"
#include "destination.h"

enum { CHECK_PERIOD_MIN_MS = 100 };

static bool is_of_topic(const struct subscription *subscription)
{
    return list_is_empty(&subscription->attachments) && subscription->policy;
}

static struct destination *first_queue(const struct subscription *subscription)
{
    if (list_is_empty(&subscription->attachments))
        return NULL;
    return LIST_ENTRY(subscription->attachments.next, struct attachment, subscription_node)->queue;
}

/* NULL: none rules it, as for a browser or a wildcard that matches nothing yet. */
static const struct config_policy *policy_of(const struct subscription *subscription)
{
    const struct destination *queue = first_queue(subscription);

    if (subscription->browse)
        return NULL;
    return queue ? queue->policy : subscription->policy;
}

static bool is_slow(const struct engine *engine, const struct subscription *subscription,
                    const struct config_slow_consumer *rule)
{
    if (rule->kind == SLOW_CONSUMER_ABORT_SLOW_ACK) {
        if (rule->max_time_since_last_ack_ms < 0)
            return false;
        if (rule->ignore_idle_consumers && subscription->window.live == 0)
            return false;
        return engine->wheel.now_ms - subscription->last_acknowledged_ms >=
               rule->max_time_since_last_ack_ms;
    }
    if (is_of_topic(subscription))
        return subscription->prefetch > 1 && subscription->pending_count > subscription->prefetch;
    return subscription->prefetch > 0 && /* else it takes what it asks for, and no more */
           subscription->window.live >= subscription->prefetch + subscription->extension;
}

static void mark(struct engine *engine, struct subscription *subscription)
{
    if (subscription->slow_count == 0)
        subscription->slow_since_ms = engine->wheel.now_ms;
    subscription->slow_count++;
}

/* The topic is named by the subscription: its owner may be another shard. */
static void announce_topics(struct engine *engine, const struct subscription *subscription)
{
    const struct subscribe_request *request = subscription->request;

    for (uint32_t i = 0; i < request->name_count; i++) {
        struct destination topic = {.policy = subscription->policy, .engine = engine};

        topic.name.kind = request->names[i].kind;
        topic.name.name = slice_of_text(request->names[i].name);
        if (!destination_kind_is_queue(topic.name.kind))
            advisory_slow_consumer(engine, &topic, subscription);
    }
}

static void announce(struct engine *engine, const struct subscription *subscription)
{
    const struct destination *queue = first_queue(subscription);

    if (queue)
        advisory_slow_consumer(engine, queue, subscription);
    else
        announce_topics(engine, subscription);
}

void slow_consumer_full(struct engine *engine, struct subscription *subscription)
{
    const struct config_policy *policy = policy_of(subscription);

    if (LIKELY(!policy || (policy->slow_consumer.kind == SLOW_CONSUMER_NONE &&
                           !policy->advisory_slow_consumer)))
        return;
    if (is_of_topic(subscription) &&
        !(subscription->prefetch > 1 && subscription->pending_count > subscription->prefetch))
        return; /* a full window alone does not make a topic's consumer slow */
    if (policy->slow_consumer.kind == SLOW_CONSUMER_ABORT)
        mark(engine, subscription);
    if (policy->advisory_slow_consumer)
        announce(engine, subscription);
}

void slow_consumer_acknowledged(struct engine *engine, struct subscription *subscription)
{
    const struct config_policy *policy;

    (void)engine;
    if (LIKELY(subscription->slow_count == 0))
        return;
    /* By the other strategy one acknowledgement is not enough: it may fill up again and again
     * between two sweeps, and is slow if a sweep finds it full. */
    policy = policy_of(subscription);
    if (policy && policy->slow_consumer.kind == SLOW_CONSUMER_ABORT_SLOW_ACK)
        subscription->slow_count = 0;
}

static bool is_too_slow(const struct engine *engine, const struct subscription *subscription,
                        const struct config_slow_consumer *rule)
{
    int64_t slow_ms = engine->wheel.now_ms - subscription->slow_since_ms;

    return (rule->max_slow_duration_ms > 0 && slow_ms >= rule->max_slow_duration_ms) ||
           (rule->max_slow_count > 0 && subscription->slow_count >= rule->max_slow_count);
}

/* Ending one changes the table of subscriptions, which must not be walked meanwhile. */
struct doomed {
    struct engine *engine;
    uint64_t *ids;
    size_t count, capacity;
};

static void judge(void *arg, void *object)
{
    struct doomed *doomed = arg;
    struct engine *engine = doomed->engine;
    struct subscription *subscription = object;
    const struct config_policy *policy = policy_of(subscription);
    const struct config_slow_consumer *rule = policy ? &policy->slow_consumer : NULL;

    if (!rule || rule->kind == SLOW_CONSUMER_NONE || subscription->id == 0)
        return;
    if (rule->ignore_network_consumers && subscription->request->network)
        return;
    if (!is_slow(engine, subscription, rule)) {
        subscription->slow_count = 0;
        return;
    }
    if (subscription->slow_count == 0 || rule->kind == SLOW_CONSUMER_ABORT_SLOW_ACK)
        mark(engine, subscription);
    if (is_too_slow(engine, subscription, rule) && doomed->count < doomed->capacity)
        doomed->ids[doomed->count++] = subscription->id;
}

static void disconnect(struct engine *engine, uint64_t client, const char *why)
{
    struct engine_mail mail = {.kind = MAIL_DISCONNECT, .id = client};

    if (client == 0)
        return;
    if (serial_shard(client) == engine->index) {
        client_disconnect(engine, client, why);
    } else {
        mail.pointer = strdup(why);
        engine_mail_to(engine, serial_shard(client), &mail);
    }
}

static void end(struct engine *engine, struct subscription *subscription)
{
    const struct config_policy *policy = policy_of(subscription);
    uint64_t client = subscription->client;
    bool whole_connection = policy && policy->slow_consumer.abort_connection;
    struct log_scope scope = {"engine", client, engine->index};

    log_event(&scope, LOG_WARN, "slow_consumer_aborted",
              "consumer=%" PRIx64 " slow_ms=%" PRId64 " slow_count=%" PRIu32, subscription->id,
              engine->wheel.now_ms - subscription->slow_since_ms, subscription->slow_count);
    subscription->slow_count = 0; /* a durable one goes on without its consumer */
    subscription_end(engine, subscription, "the consumer was slow for too long");
    if (whole_connection)
        disconnect(engine, client, "a consumer was slow for too long");
}

void slow_consumers_sweep(struct engine *engine)
{
    struct doomed doomed = {.engine = engine, .capacity = engine->subscriptions.count};

    if (doomed.capacity == 0)
        return;
    doomed.ids = malloc(doomed.capacity * sizeof *doomed.ids);
    if (!doomed.ids)
        return; /* the next sweep may find memory */
    table_each(&engine->subscriptions, judge, &doomed);
    for (size_t i = 0; i < doomed.count; i++) {
        struct subscription *subscription = subscription_find(engine, doomed.ids[i]);

        if (subscription)
            end(engine, subscription);
    }
    free(doomed.ids);
}

int64_t slow_consumers_period_ms(const struct config *config)
{
    const struct config_policies *policies = &config->policies;
    int64_t shortest = 0;

    for (size_t i = 0; i <= policies->count; i++) {
        const struct config_slow_consumer *rule = i < policies->count
                                                      ? &policies->entries[i].slow_consumer
                                                      : &policies->fallback.slow_consumer;
        int64_t period_ms = rule->check_period_ms;

        if (rule->kind == SLOW_CONSUMER_NONE)
            continue;
        if (period_ms < CHECK_PERIOD_MIN_MS)
            period_ms = CHECK_PERIOD_MIN_MS;
        if (shortest == 0 || period_ms < shortest)
            shortest = period_ms;
    }
    return shortest;
}
