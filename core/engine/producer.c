/* SPDX-License-Identifier: Apache-2.0 */
#include "producer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "advisories.h"
#include "event_log.h"
#include "home.h"
#include "operation.h"
#include "virtuals.h"

/*
 * The front.
 */
struct engine_producer {
    struct list_node node; /* client->producers */
    struct engine_client *client;
    uint64_t serial;
    int32_t window_size;
    struct destination_name destination; /* bytes follow the struct; absent: anywhere */
    struct slice id;                     /* likewise */
};

/* False: the client has been told why. */
static bool is_allowed(struct engine_client *client, struct destination_name name, uint64_t request)
{
    const uint32_t own_limit = client->engine->config->settings.connection_subscriptions_max;
    const uint32_t limit = own_limit < client->producers_max ? own_limit : client->producers_max;
    const struct route *route;
    struct text_error text, why;

    if (client->producer_count >= limit) {
        text_error_set(&why, "Can't add producer on connection %s: at maximum limit: %" PRIu32,
                       client->connection_id, limit);
        client_complete(client, request, ENGINE_NO_RESOURCES, why.text);
        return false;
    }
    if (!slice_is_present(name.name))
        return true;
    if (name.name.len == 0 || name.name.len > DESTINATION_NAME_MAX) {
        client_complete(client, request, ENGINE_BAD_DESTINATION,
                        "the destination is empty, or longer than is allowed");
        return false;
    }
    route = client_route(client, name);
    if (!route || route->parts > COMPOSITE_PARTS_MAX) {
        client_complete(client, request, route ? ENGINE_NO_RESOURCES : ENGINE_NO_MEMORY,
                        route ? "the composite destination has too many parts"
                              : "the broker is out of memory");
        return false;
    }
    if (route->may_write)
        return true;
    destination_text(name, &text);
    text_error_set(&why, "write to: %s", text.text);
    client_complete(client, request, ENGINE_NOT_AUTHORIZED, why.text);
    return false;
}

/* NULL: no memory. */
static struct engine_producer *create(struct engine_client *client,
                                      const struct engine_producer_spec *spec)
{
    struct slice name = spec->destination.name;
    struct slice id = slice_is_present(spec->producer_id) ? spec->producer_id
                                                          : slice_of_text(client->producer_id);
    struct engine_producer *producer = malloc(sizeof *producer + name.len + id.len);
    uint8_t *at = (uint8_t *)(producer + 1);

    if (!producer)
        return NULL;
    *producer = (struct engine_producer){
        .client = client,
        .serial = engine_serial(client->engine, ++client->engine->producer_count),
        .window_size = spec->window_size};
    producer->destination = (struct destination_name){spec->destination.kind, SLICE_ABSENT};
    if (slice_is_present(name))
        producer->destination.name = slice_of(memcpy(at, name.bytes, name.len), name.len);
    at += name.len;
    producer->id = slice_of(memcpy(at, id.bytes, id.len), id.len);
    list_append(&client->producers, &producer->node);
    client->producer_count++;
    return producer;
}

/* Tells the home of each of its destinations; without operation nobody waits for it. */
static void tell(struct engine_producer *producer, enum destination_change change,
                 struct operation *operation)
{
    struct engine_client *client = producer->client;
    struct slice rest = producer->destination.name;
    struct destination_request request = {.change = change,
                                          .client = client->serial,
                                          .producer = producer->serial,
                                          .window_size = producer->window_size,
                                          .connection_id = slice_of_text(client->connection_id),
                                          .producer_id = producer->id};
    const struct route *route =
        change == PRODUCER_ADD ? client_route(client, producer->destination) : NULL;

    request.may_create = route && route->may_create;
    while (destination_next(&rest, producer->destination, &request.name))
        home_destination(client->engine, &request,
                         operation ? operation_expect(operation) : (struct reply_address){0, 0});
    if (event_log_wants(client->engine, EVENT_LOG_PRODUCERS))
        event_log_producer(client, producer->destination, change == PRODUCER_ADD);
}

struct engine_producer *engine_producer_open(struct engine_client *client,
                                             const struct engine_producer_spec *spec)
{
    struct engine_producer *producer;
    struct operation *operation;

    client->announces_producers = true;
    if (!is_allowed(client, spec->destination, spec->request))
        return NULL;
    producer = create(client, spec);
    if (!producer) {
        client_complete(client, spec->request, ENGINE_NO_MEMORY, "the broker is out of memory");
        return NULL;
    }
    if (!slice_is_present(spec->destination.name)) {
        client_complete(client, spec->request, ENGINE_OK, "");
        return producer;
    }
    operation = operation_start(client, spec->request);
    if (!operation) {
        engine_producer_close(producer);
        return NULL;
    }
    tell(producer, PRODUCER_ADD, operation);
    operation_finish(client->engine, operation, ENGINE_OK, "");
    return producer;
}

void engine_producer_close(struct engine_producer *producer)
{
    if (slice_is_present(producer->destination.name))
        tell(producer, PRODUCER_REMOVE, NULL);
    list_remove(&producer->node);
    producer->client->producer_count--;
    free(producer);
}

void producers_close(struct engine_client *client)
{
    LIST_FOR_EACH_SAFE(node, &client->producers)
        engine_producer_close(LIST_ENTRY(node, struct engine_producer, node));
}

/*
 * The home.
 */
struct producer_key {
    uint64_t serial;
    const struct destination *destination;
};

static uint64_t hash_key(uint64_t serial, const struct destination *destination)
{
    return serial_hash(serial) ^ destination->hash;
}

static uint64_t hash_of(const void *object)
{
    const struct home_producer *producer = object;

    return hash_key(producer->serial, producer->destination);
}

static bool matches(const void *object, const void *key)
{
    const struct home_producer *producer = object;
    const struct producer_key *wanted = key;

    return producer->serial == wanted->serial && producer->destination == wanted->destination;
}

int producer_table_init(struct engine *engine)
{
    return table_init(&engine->producers, hash_of, matches, 64);
}

void producer_table_fini(struct engine *engine)
{
    table_fini(&engine->producers);
}

/* -ENOMEM */
static int note(struct engine *engine, struct destination *destination,
                const struct destination_request *request)
{
    struct producer_key key = {request->producer, destination};
    struct home_producer *producer;

    if (table_find(&engine->producers, hash_key(key.serial, destination), &key))
        return 0; /* a composite may name it twice */
    producer = malloc(sizeof *producer + request->producer_id.len + 1);
    if (!producer)
        return -ENOMEM;
    producer->destination = destination;
    producer->serial = request->producer;
    producer->window_size = request->window_size;
    memcpy(producer->id, request->producer_id.bytes, request->producer_id.len);
    producer->id[request->producer_id.len] = '\0';
    if (table_add(&engine->producers, producer) != 0) {
        free(producer);
        return -ENOMEM;
    }
    list_append(&destination->producers, &producer->node);
    destination->producer_count++;
    destination_touch(destination);
    advisory_announced_producer(engine, destination, producer, true);
    return 0;
}

static void add(struct engine *engine, const struct destination_request *request,
                const struct reply_address *reply)
{
    struct destination_maker maker = {.may_create = request->may_create,
                                      .connection_id = request->connection_id};
    enum engine_error error = ENGINE_OK;
    struct text_error why;
    struct destination *destination = destination_get(
        engine, request->name, destination_name_hash(request->name), &maker, &error, &why);

    if (!destination)
        engine_answer(engine, reply, error, why.text);
    else if (note(engine, destination, request) != 0)
        engine_answer(engine, reply, ENGINE_NO_MEMORY, "the broker is out of memory");
    else
        engine_answer(engine, reply, ENGINE_OK, "");
}

static void remove_one(struct engine *engine, const struct destination_request *request)
{
    struct destination *destination =
        destination_find(engine, request->name, destination_name_hash(request->name));
    struct producer_key key = {request->producer, destination};
    struct home_producer *producer =
        destination ? table_find(&engine->producers, hash_key(key.serial, destination), &key)
                    : NULL;

    if (!producer) /* it has failed, or the destination is another one by now */
        return;
    table_remove(&engine->producers, producer);
    list_remove(&producer->node);
    destination->producer_count--;
    destination_touch(destination);
    advisory_announced_producer(engine, destination, producer, false);
    free(producer);
}

void producer_receive(struct engine *engine, const struct destination_request *request,
                      const struct reply_address *reply)
{
    if (request->change == PRODUCER_ADD) {
        add(engine, request, reply);
    } else {
        remove_one(engine, request);
        engine_answer(engine, reply, ENGINE_OK, "");
    }
}

void producers_forget(struct engine *engine, struct destination *destination)
{
    LIST_FOR_EACH_SAFE(node, &destination->producers) {
        struct home_producer *producer = LIST_ENTRY(node, struct home_producer, node);

        table_remove(&engine->producers, producer);
        list_remove(&producer->node);
        free(producer);
    }
    destination->producer_count = 0;
}
