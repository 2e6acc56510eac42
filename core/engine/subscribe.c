/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subscribe.c - a client's wish to subscribe: checked, taken apart by the shards that have
 * something for it, and sent to them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "client.h"
#include "consumer.h"
#include "destination.h"
#include "durable.h"
#include "event_log.h"
#include "home.h"
#include "virtuals.h"

/* What a refusal says. */
struct refusal {
    enum engine_error error;
    struct text_error why;
};

struct wanted_names {
    struct destination_name names[COMPOSITE_PARTS_MAX];
    uint32_t count;
};

static bool split(const struct engine_subscribe_spec *spec, struct wanted_names *wanted)
{
    struct slice rest = spec->destination.name;
    struct destination_name part;

    /* Only a composite's parts may say their kind: else "queue://Q" would be one queue to those
     * who send and another to those who receive. */
    if (rest.len > 0 && rest.len <= DESTINATION_NAME_MAX && !memchr(rest.bytes, ',', rest.len)) {
        wanted->names[wanted->count++] = spec->destination;
        return true;
    }
    while (composite_next(&rest, spec->destination.kind, &part)) {
        if (wanted->count == COMPOSITE_PARTS_MAX || part.name.len == 0 ||
            part.name.len > DESTINATION_NAME_MAX)
            return false;
        wanted->names[wanted->count++] = part;
    }
    return wanted->count > 0;
}

static bool may(const struct engine_client *client, enum auth_right right,
                struct destination_name name)
{
    return auth_may(client->engine->realm, client->principal, right,
                    (enum config_destination_kind)name.kind, name.name);
}

static bool is_allowed(const struct engine_client *client, const struct engine_subscribe_spec *spec,
                       const struct wanted_names *wanted, struct refusal *refusal)
{
    bool is_composite = memchr(spec->destination.name.bytes, ',', spec->destination.name.len);
    bool allowed = !is_composite || may(client, AUTH_READ, spec->destination);
    struct text_error name;

    /* Each part for itself as well, by the kind it says. */
    for (uint32_t i = 0; allowed && i < wanted->count; i++)
        allowed = may(client, AUTH_READ, wanted->names[i]);
    if (allowed)
        return true;
    destination_text(spec->destination, &name);
    refusal->error = ENGINE_NOT_AUTHORIZED;
    text_error_set(&refusal->why, "read from: %s", name.text);
    return false;
}

static bool is_sensible(const struct engine_client *client,
                        const struct engine_subscribe_spec *spec, const struct wanted_names *wanted,
                        struct refusal *refusal)
{
    const struct config_settings *settings = &client->engine->config->settings;

    refusal->error = ENGINE_BAD_DESTINATION;
    for (uint32_t i = 0; i < wanted->count; i++) {
        if (spec->browser && !destination_kind_is_queue(wanted->names[i].kind)) {
            text_error_set(&refusal->why, "only queues can be browsed");
            return false;
        }
        if (spec->browser && pattern_is_wildcard(wanted->names[i].name)) {
            text_error_set(&refusal->why, "only queues that are named can be browsed");
            return false;
        }
        if (slice_is_present(spec->durable_name) && wanted->names[i].kind != DESTINATION_TOPIC) {
            text_error_set(&refusal->why, "only topics can have durable subscriptions");
            return false;
        }
    }
    if (client->consumer_count >= client->consumers_max) {
        refusal->error = ENGINE_NO_RESOURCES;
        text_error_set(&refusal->why,
                       "Can't add consumer on connection %s: at maximum limit: %" PRIu32,
                       client->connection_id, client->consumers_max);
        return false;
    }
    if (client->consumer_count >= settings->connection_subscriptions_max) {
        refusal->error = ENGINE_NO_RESOURCES;
        text_error_set(&refusal->why, "this connection has %" PRIu32 " subscriptions already",
                       settings->connection_subscriptions_max);
        return false;
    }
    return true;
}

static uint16_t home_of(const struct engine_client *client,
                        const struct engine_subscribe_spec *spec, struct destination_name name)
{
    const struct engine *engine = client->engine;

    if (slice_is_present(spec->durable_name))
        return engine_home_of(engine,
                              durable_hash(slice_of_text(client->client_id), spec->durable_name));
    if (!destination_kind_is_queue(name.kind))
        return engine->index;
    return engine_home_of(engine, destination_name_hash(name));
}

static uint64_t homes_of(const struct engine_client *client,
                         const struct engine_subscribe_spec *spec, struct destination_name name)
{
    unsigned shards = client->engine->shards;

    if (destination_kind_is_queue(name.kind) && pattern_is_wildcard(name.name))
        return shards == 64 ? UINT64_MAX : (UINT64_C(1) << shards) - 1;
    return UINT64_C(1) << home_of(client, spec, name);
}

static char *copy(struct slice s)
{
    return slice_is_present(s) ? strndup((const char *)s.bytes, s.len) : NULL;
}

/* A client that gives no ids has one session, -1. */
static char *consumer_id(const struct engine_client *client,
                         const struct engine_subscribe_spec *spec, uint64_t consumer)
{
    char *id;

    if (slice_is_present(spec->consumer_id))
        return copy(spec->consumer_id);
    if (asprintf(&id, "%s:-1:%" PRIu64, client->connection_id, consumer & 0xffffffffffff) < 0)
        return NULL;
    return id;
}

/* Is it more than one name, for one shard to look up? */
static bool is_whole(struct destination_name name)
{
    return memchr(name.name.bytes, ',', name.name.len) ||
           (destination_kind_is_queue(name.kind) && pattern_is_wildcard(name.name));
}

static bool copy_texts(const struct engine_client *client, const struct engine_subscribe_spec *spec,
                       struct subscribe_request *request)
{
    request->client_id = strdup(client->client_id);
    request->connection_id = strdup(client->connection_id);
    request->consumer_id = consumer_id(client, spec, request->consumer);
    request->durable_name = copy(spec->durable_name);
    request->selector_text = copy(spec->selector);
    if (is_whole(spec->destination))
        request->whole = copy(spec->destination.name);
    for (uint32_t i = 0; i < request->name_count; i++)
        if (!request->names[i].name)
            return false;
    return request->client_id && request->connection_id && request->consumer_id &&
           (request->durable_name || !slice_is_present(spec->durable_name)) &&
           (request->selector_text || !slice_is_present(spec->selector)) &&
           (request->whole || !is_whole(spec->destination));
}

/* The part of the wish that one shard is to fulfil. */
static struct subscribe_request *request_for(const struct engine_consumer *consumer,
                                             const struct engine_subscribe_spec *spec,
                                             const struct wanted_names *wanted, uint16_t shard)
{
    const struct engine_client *client = consumer->client;
    struct subscribe_request *request;
    uint32_t count = 0;

    for (uint32_t i = 0; i < wanted->count; i++)
        count += (uint32_t)(homes_of(client, spec, wanted->names[i]) >> shard & 1);
    request = subscribe_request_create(count);
    if (!request)
        return NULL;
    count = 0;
    for (uint32_t i = 0; i < wanted->count; i++) {
        struct destination_name name = wanted->names[i];

        if (homes_of(client, spec, name) >> shard & 1)
            request->names[count++] =
                (struct subscribe_name){.kind = name.kind,
                                        .wildcard = pattern_is_wildcard(name.name),
                                        .may_create = may(client, AUTH_ADMIN, name),
                                        .name = copy(name.name)};
    }
    request->consumer = consumer->id;
    request->client = client->serial;
    request->origin = client->origin;
    if (client->principal)
        request->principal = auth_principal_ref(client->principal);
    if (!copy_texts(client, spec, request)) {
        subscribe_request_destroy(request);
        return NULL;
    }
    request->whole_kind = spec->destination.kind;
    request->announces = shard == (uint16_t)__builtin_ctzll(consumer->parts);
    request->prefetch = consumer->prefetch;
    request->priority = spec->priority;
    request->pending_max = spec->pending_max;
    request->browser = spec->browser;
    request->exclusive = spec->exclusive;
    request->retroactive = spec->retroactive;
    request->no_local = spec->no_local;
    request->network = spec->network;
    return request;
}

/* Who does not say gets what the policy of the destination, or of the pattern, has; of a composite
 * the first part decides. Where the operator has written no policy the client's default stays. */
static uint32_t prefetch_for(const struct engine *engine, const struct engine_subscribe_spec *spec,
                             struct destination_name first)
{
    const struct config_policy *policy = policy_for(engine->config, first);

    if (!spec->prefetch_is_default || policy->line == 0)
        return spec->prefetch;
    if (destination_kind_is_queue(first.kind))
        return spec->browser ? policy->browser_prefetch : policy->queue_prefetch;
    return slice_is_present(spec->durable_name) ? policy->durable_prefetch : policy->topic_prefetch;
}

uint32_t engine_consumer_prefetch(const struct engine_consumer *consumer)
{
    return consumer->prefetch;
}

static struct engine_consumer *consumer_create(struct engine_client *client,
                                               const struct engine_subscribe_spec *spec,
                                               const struct wanted_names *wanted)
{
    struct engine *engine = client->engine;
    struct engine_consumer *consumer = calloc(1, sizeof *consumer);

    if (!consumer)
        return NULL;
    consumer->id = engine_serial(engine, ++engine->consumer_count);
    consumer->client = client;
    consumer->context = spec->context;
    consumer->prefetch = prefetch_for(engine, spec, wanted->names[0]);
    for (uint32_t i = 0; i < wanted->count; i++)
        consumer->parts |= homes_of(client, spec, wanted->names[i]);
    consumer->browsing = consumer->parts;
    consumer->is_browser = spec->browser;
    if (consumer->parts & (consumer->parts - 1)) {
        consumer->gate = gate_create(true);
        if (!consumer->gate)
            goto no_memory;
    }
    if (table_add(&engine->consumers, consumer) != 0)
        goto no_memory;
    list_append(&client->consumers, &consumer->node);
    client->consumer_count++;
    return consumer;

no_memory:
    gate_destroy(consumer->gate);
    free(consumer);
    return NULL;
}

/* Each shard gets a selector of its own: it is compiled again for all but the first. */
static int send_requests(struct engine_consumer *consumer, const struct engine_subscribe_spec *spec,
                         const struct wanted_names *wanted, struct selector *selector,
                         struct operation *operation)
{
    struct engine *engine = consumer->client->engine;
    struct text_error why;

    for (uint64_t parts = consumer->parts; parts != 0; parts &= parts - 1) {
        uint16_t shard = (uint16_t)__builtin_ctzll(parts);
        struct subscribe_request *request = request_for(consumer, spec, wanted, shard);
        struct reply_address reply = {0, 0};
        uint32_t answers;

        if (!request) {
            selector_destroy(selector);
            return -ENOMEM;
        }
        request->selector = selector;
        selector = NULL;
        if (slice_is_present(spec->selector) && !request->selector &&
            selector_compile(spec->selector, spec->convert_strings, &request->selector, &why) !=
                0) {
            subscribe_request_destroy(request);
            return -ENOMEM;
        }
        answers = subscribe_request_answers(engine, request);
        for (uint32_t i = 0; i < answers; i++)
            reply = operation_expect(operation);
        home_subscribe(engine, shard, request, reply);
    }
    return 0;
}

static bool check(struct engine_client *client, const struct engine_subscribe_spec *spec,
                  struct wanted_names *wanted, struct selector **selector, struct refusal *refusal)
{
    if (!split(spec, wanted)) {
        refusal->error = ENGINE_BAD_DESTINATION;
        text_error_set(&refusal->why, "the destination is empty, or longer than is allowed");
        return false;
    }
    if (!is_allowed(client, spec, wanted, refusal) || !is_sensible(client, spec, wanted, refusal))
        return false;
    if (slice_is_present(spec->selector) &&
        selector_compile(spec->selector, spec->convert_strings, selector, &refusal->why) != 0) {
        refusal->error = ENGINE_BAD_SELECTOR;
        return false;
    }
    return true;
}

struct engine_consumer *engine_subscribe(struct engine_client *client,
                                         const struct engine_subscribe_spec *spec)
{
    struct engine *engine = client->engine;
    struct wanted_names wanted;
    struct selector *selector = NULL;
    struct refusal refusal;
    struct engine_consumer *consumer;
    struct operation *operation;
    uint64_t id;

    wanted.count = 0;
    if (!check(client, spec, &wanted, &selector, &refusal)) {
        client_complete(client, spec->request, refusal.error, refusal.why.text);
        return NULL;
    }
    consumer = consumer_create(client, spec, &wanted);
    operation = consumer ? operation_start(client, spec->request) : NULL;
    if (!operation) {
        selector_destroy(selector);
        if (consumer)
            consumer_drop(consumer);
        else
            client_complete(client, spec->request, ENGINE_NO_MEMORY, "the broker is out of memory");
        return NULL;
    }
    id = operation->consumer_id = consumer->id;
    if (event_log_wants(engine, EVENT_LOG_CONSUMERS))
        event_log_consumer(consumer, spec);
    if (send_requests(consumer, spec, &wanted, selector, operation) != 0)
        operation_finish(engine, operation, ENGINE_NO_MEMORY, "the broker is out of memory");
    else
        operation_finish(engine, operation, ENGINE_OK, "");
    return consumer_find(engine, id); /* NULL when it has failed at once */
}

void engine_remove_durable(struct engine_client *client, struct slice durable_name,
                           uint64_t request)
{
    struct operation *operation = operation_start(client, request);

    if (!operation)
        return;
    home_remove_durable(client->engine, client->client_id, durable_name,
                        operation_expect(operation));
    operation_finish(client->engine, operation, ENGINE_OK, "");
}
