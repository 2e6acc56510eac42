/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_CLIENT_H
#define ENGINE_CLIENT_H
/*
 * client.h - the front half: one connection with its consumers, transactions and rights.
 *
 * Threads    the engine's own (shard.h).
 */
#include "base/list.h"
#include "shard.h"

/* What the client may do with one destination, found out once. */
struct operation;

enum { COMPOSITE_PARTS_MAX = 256 };

struct route {
    struct destination_name name; /* bytes follow the struct */
    uint64_t hash;
    uint64_t generation; /* of the realm that judged */
    bool may_write, may_create;
    uint32_t parts; /* of a composite, else 1 */
    bool is_plain;  /* one concrete destination that no virtual destination intercepts */
};

struct engine_client {
    struct engine *engine;
    uint64_t serial;
    const struct engine_client_ops *ops;
    void *session;
    struct auth_principal *principal;
    char *connection_id, *client_id, *user_name, *remote_address, *connector_name;
    char *producer_id; /* "<connection id>:-1:1" */
    uint64_t sequence;
    bool open;    /* the client id is ours */
    bool claimed; /* it must be given back */
    bool congested;
    uint32_t throttled; /* destinations that wait for room */
    size_t consumer_count, temp_count;
    uint32_t consumers_max; /* maximumConsumersAllowedPerConnection of its connector */
    struct list_node consumers, transactions, operations, temps;
    struct table routes;
    struct route *last_route;
};

/* A temporary destination the client owns. */
struct client_temp {
    struct list_node node;
    struct destination_name name; /* bytes follow */
};

struct engine_client *client_find(struct engine *engine, uint64_t serial);
/* NULL: no memory. */
struct route *client_route(struct engine_client *client, struct destination_name name) MUST_CHECK;
void client_throttle(struct engine *engine, uint64_t serial, bool stop);
void client_disconnect(struct engine *engine, uint64_t serial, const char *why);
void client_announce(struct engine_client *client, bool opened); /* to whoever wants to know */
struct slice client_user(const struct engine_client *client);

/* Claims of client ids: each lives on the shard its id hashes to (client_id.c). */
void client_id_claim(struct engine_client *client, bool steal, struct operation *operation);
void client_id_release(struct engine_client *client);
void client_id_receive(struct engine *engine, const struct engine_mail *mail);
int client_ids_init(struct engine *engine) MUST_CHECK;
void client_ids_fini(struct engine *engine);
#endif
