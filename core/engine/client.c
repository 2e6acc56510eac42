/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "advisories.h"
#include "consumer.h"
#include "destination.h"
#include "event_log.h"
#include "operation.h"
#include "producer.h"
#include "schedule.h"
#include "trace_path.h"
#include "transaction.h"
#include "virtuals.h"

enum { ROUTES_MAX = 4096 }; /* then the client's cache begins anew */

struct engine_client *client_find(struct engine *engine, uint64_t serial)
{
    return table_find(&engine->clients, serial_hash(serial), &serial);
}

struct slice client_user(const struct engine_client *client)
{
    struct slice name = client->principal ? auth_principal_name(client->principal) : SLICE_ABSENT;

    if (name.len > 0) /* guests have one that they did not give */
        return name;
    return slice_of_text(client->user_name ? client->user_name : "anonymous");
}

/*
 * Routes.
 */
static uint64_t route_hash(const void *object)
{
    return ((const struct route *)object)->hash;
}

static bool route_matches(const void *object, const void *key)
{
    return destination_name_equal(((const struct route *)object)->name,
                                  *(const struct destination_name *)key);
}

static void drop_route(void *arg, void *object)
{
    struct engine_client *client = arg;

    table_remove(&client->routes, object);
    free(object);
}

static void drop_routes(struct engine_client *client)
{
    client->last_route = NULL;
    table_each(&client->routes, drop_route, client);
}

static void judge(struct engine_client *client, struct route *route)
{
    const struct engine *engine = client->engine;
    enum config_destination_kind kind = (enum config_destination_kind)route->name.kind;

    route->may_write =
        auth_may(engine->realm, client->principal, AUTH_WRITE, kind, route->name.name);
    route->may_create =
        auth_may(engine->realm, client->principal, AUTH_ADMIN, kind, route->name.name);
    route->generation = engine->realm_generation;
}

static void announce_route(struct engine_client *client, const struct route *route, bool started)
{
    advisory_producer(client, route->name, started);
    if (event_log_wants(client->engine, EVENT_LOG_PRODUCERS))
        event_log_producer(client, route->name, started);
}

void route_init(struct route *route, const struct engine *engine, struct destination_name name)
{
    *route = (struct route){.name = name, .hash = destination_name_hash(name), .parts = 1};
    for (size_t i = 0; i < name.name.len; i++)
        route->parts += name.name.bytes[i] == ',';
    route->is_virtual = virtual_concerns(engine, name);
    route->is_management = engine->schedule && schedule_is_management(name);
    route->is_plain = !route->is_virtual && !engine->schedule;
}

static struct route *add_route(struct engine_client *client, struct destination_name name)
{
    struct route *route;

    if (client->routes.count >= ROUTES_MAX)
        drop_routes(client);
    route = calloc(1, sizeof *route + name.name.len);
    if (!route)
        return NULL;
    memcpy(route + 1, name.name.bytes, name.name.len);
    name.name = slice_of(route + 1, name.name.len);
    route_init(route, client->engine, name);
    if (table_add(&client->routes, route) != 0) {
        free(route);
        return NULL;
    }
    judge(client, route);
    route->announced = !client->announces_producers;
    if (route->announced)
        announce_route(client, route, true);
    return route;
}

struct route *client_route(struct engine_client *client, struct destination_name name)
{
    struct route *route = client->last_route;
    uint64_t hash;

    if (LIKELY(route && destination_name_equal(route->name, name)))
        goto found;
    hash = destination_name_hash(name);
    route = table_find(&client->routes, hash, &name);
    if (!route)
        route = add_route(client, name);
    if (!route)
        return NULL;
    client->last_route = route;
found:
    if (UNLIKELY(route->generation != client->engine->realm_generation))
        judge(client, route);
    return route;
}

/*
 * Life.
 */
static char *copy_or(struct slice s, const char *fallback)
{
    if (slice_is_present(s))
        return strndup((const char *)s.bytes, s.len);
    return fallback ? strdup(fallback) : NULL;
}

static bool copy_spec(struct engine_client *client, const struct engine_client_spec *spec)
{
    struct engine *engine = client->engine;

    client->names_client = slice_is_present(spec->client_id);
    client->names_connection = slice_is_present(spec->connection_id);
    client->steal_link = spec->steal_link;
    client->wants_kept = spec->wants_kept;
    client->open_request = spec->request;
    if (client->names_connection)
        client->connection_id = copy_or(spec->connection_id, NULL);
    else if (asprintf(&client->connection_id, "%s-%u:%" PRIu64, engine->id_base, engine->index,
                      client->serial & 0xffffffffffff) < 0)
        client->connection_id = NULL;
    if (!client->connection_id ||
        asprintf(&client->producer_id, "%s:-1:1", client->connection_id) < 0)
        client->producer_id = NULL;
    if (client->connection_id)
        client->origin = slice_hash(slice_of_text(client->connection_id), 0) | 1;
    client->client_id = copy_or(spec->client_id, client->connection_id);
    client->manageable = spec->manageable;
    client->client_master = spec->client_master;
    client->fault_tolerant = spec->fault_tolerant;
    client->failover_reconnect = spec->failover_reconnect;
    client->user_name = copy_or(spec->user_name, NULL);
    client->remote_address = copy_or(spec->remote_address, "");
    client->connector_name = copy_or(spec->connector_name, "");
    return client->connection_id && client->producer_id && client->client_id &&
           client->remote_address && client->connector_name;
}

static void client_free(struct engine_client *client)
{
    table_fini(&client->routes);
    free(client->claims);
    auth_principal_unref(client->principal);
    free(client->connection_id);
    free(client->producer_id);
    free(client->client_id);
    free(client->user_name);
    free(client->remote_address);
    free(client->connector_name);
    free(client);
}

/* NULL for clients of no connector. */
static const struct config_transport_connector *connector_of(const struct config *config,
                                                             struct slice name)
{
    for (size_t i = 0; i < config->connector_count; i++)
        if (config->connectors[i].name && slice_is(name, config->connectors[i].name))
            return &config->connectors[i];
    return NULL;
}

static void set_limits(struct engine_client *client, struct slice connector_name)
{
    const struct config_transport_connector *connector =
        connector_of(client->engine->config, connector_name);

    client->consumers_max = connector ? connector->maximum_consumers : UINT32_MAX;
    client->producers_max = connector ? connector->maximum_producers : UINT32_MAX;
}

static struct engine_client *client_create(struct engine *engine,
                                           const struct engine_client_spec *spec)
{
    struct engine_client *client = calloc(1, sizeof *client);

    if (!client)
        return NULL;
    client->engine = engine;
    client->serial = engine_serial(engine, ++engine->client_count);
    set_limits(client, spec->connector_name);
    list_init(&client->consumers);
    list_init(&client->producers);
    list_init(&client->transactions);
    list_init(&client->operations);
    list_init(&client->temps);
    if (table_init(&client->routes, route_hash, route_matches, 2) != 0) {
        free(client);
        return NULL;
    }
    client->claims = calloc(1, sizeof *client->claims); /* now: closing must not need memory */
    if (spec->principal)
        client->principal = auth_principal_ref(spec->principal);
    if (!client->claims || !copy_spec(client, spec) || table_add(&engine->clients, client) != 0) {
        client_free(client);
        return NULL;
    }
    return client;
}

void client_announce(struct engine_client *client, bool opened)
{
    advisory_connection(client, opened);
    if (event_log_wants(client->engine, EVENT_LOG_CONNECTIONS))
        event_log_connection(client, opened);
}

struct engine_client *engine_client_open(struct engine *engine,
                                         const struct engine_client_spec *spec,
                                         const struct engine_client_ops *ops, void *session)
{
    struct engine_client *client = client_create(engine, spec);

    if (!client)
        return NULL;
    client->ops = ops;
    client->session = session;
    client_ids_claim(client);
    return client;
}

static void announce_end(void *arg, void *object)
{
    const struct route *route = object;

    if (route->announced)
        announce_route(arg, route, false);
}

void engine_client_close(struct engine_client *client)
{
    engine_client_close_keeping(client, SLICE_ABSENT);
}

void engine_client_close_keeping(struct engine_client *client, struct slice bytes)
{
    struct engine *engine = client->engine;

    client->congested = true; /* what one consumer gives back is not for the next to be closed */
    table_remove(&engine->clients, client); /* from now on nobody finds it to call it back */
    operations_forget_client(client);
    transactions_abandon(client);
    LIST_FOR_EACH_SAFE(node, &client->consumers)
        consumer_close(LIST_ENTRY(node, struct engine_consumer, node), UINT64_MAX, NULL);
    producers_close(client);
    temps_remove(client);
    if (engine->advisory_interest > 0 || event_log_wants(engine, EVENT_LOG_PRODUCERS))
        table_each(&client->routes, announce_end, client);
    drop_routes(client);
    if (client->open)
        client_announce(client, false);
    flow_client_gone(engine, client->serial);
    client_ids_leave(client, bytes);
    client_free(client);
}

struct slice engine_client_connection_id(const struct engine_client *client)
{
    return slice_of_text(client->connection_id);
}

void engine_client_set_congested(struct engine_client *client, bool congested)
{
    if (client->congested == congested)
        return;
    client->congested =
        congested; /* subscriptions see at their next message that they have no room */
    if (congested)
        return;
    LIST_FOR_EACH_SAFE(node, &client->consumers) {
        if (client->congested)
            return; /* what waited has filled the session again */
        consumer_uncongested(LIST_ENTRY(node, struct engine_consumer, node));
    }
}

void client_throttle(struct engine *engine, uint64_t serial, bool stop)
{
    struct engine_client *client = client_find(engine, serial);

    if (!client)
        return;
    if (stop) {
        if (client->throttled++ == 0)
            client->ops->throttle(client->session, true);
    } else if (client->throttled > 0 && --client->throttled == 0) {
        client->ops->throttle(client->session, false);
    }
}

void client_disconnect(struct engine *engine, uint64_t serial, const char *why)
{
    struct engine_client *client = client_find(engine, serial);

    if (client)
        client->ops->disconnect(client->session, why);
}

void client_receive_kept(struct engine *engine, const struct engine_mail *mail)
{
    struct engine_client *client = client_find(engine, mail->id);
    const struct kept *kept = mail->pointer;

    if (client && client->ops->kept)
        client->ops->kept(client->session, slice_of(kept->bytes, kept->len));
    free(mail->pointer);
}

/*
 * What the broker decides about a message.
 */
static void stamp_time(const struct engine *engine, struct message_draft *draft)
{
    const struct config_timestamp_plugin *plugin = &engine->config->timestamps;
    int64_t now_ms = engine->wall_ms;
    int64_t old_ms = draft->timestamp_ms;
    int64_t ttl_ms;

    if (draft->timestamp_ms == 0)
        draft->timestamp_ms = now_ms;
    if (!plugin->enabled ||
        (slice_is_present(draft->broker_path) && !plugin->process_network_messages))
        return;
    ttl_ms = draft->expiration_ms == 0 ? plugin->zero_expiration_override_ms
                                       : draft->expiration_ms - draft->timestamp_ms;
    if (plugin->ttl_ceiling_ms > 0 && ttl_ms > plugin->ttl_ceiling_ms)
        ttl_ms = plugin->ttl_ceiling_ms;
    if (!plugin->future_only || old_ms == 0 || now_ms > old_ms) {
        draft->timestamp_ms = now_ms;
        if (ttl_ms > 0)
            draft->expiration_ms = now_ms + ttl_ms;
    }
}

void engine_stamp(struct engine_client *client, struct message_draft *draft)
{
    struct engine *engine = client->engine;
    const struct config *config = engine->config;

    if (!slice_is_present(draft->id)) {
        draft->id = slice_of_text(client->producer_id);
        draft->id_sequence = ++client->sequence;
    }
    draft->origin = client->origin;
    draft->broker_in_ms = engine->wall_ms;
    stamp_time(engine, draft);
    if (config->force_persistency >= 0)
        draft->persistent = config->force_persistency == 1;
    draft->user_id = config->populate_user_id ? slice_of_text(client->user_name) : SLICE_ABSENT;
    if (UNLIKELY(config->trace_broker_path != NULL))
        trace_path_stamp(engine, draft);
}
