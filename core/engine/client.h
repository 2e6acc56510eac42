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
    uint32_t parts;     /* of a composite, else 1 */
    bool is_plain;      /* one concrete destination, and nothing of the below or the scheduler's */
    bool is_virtual;    /* a composite, or a virtual destination intercepts it */
    bool is_management; /* commands to the scheduler */
    bool announced;     /* as a producer of a client that does not announce its own */
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
    uint64_t origin; /* of its messages: a hash of the connection id, which outlives this */
    struct client_claims *claims; /* its ids, which must be given back */
    uint64_t open_request;
    bool open; /* they are ours */
    bool names_client, names_connection, steal_link, wants_kept;
    bool congested;
    uint32_t throttled; /* destinations that wait for room */
    size_t consumer_count, temp_count;
    uint32_t consumers_max, producers_max; /* its connector's, per connection */
    struct list_node consumers, producers, transactions, operations, temps;
    uint64_t uncommitted_bytes; /* of messages in all transactions */
    size_t producer_count;
    bool manageable, client_master, fault_tolerant, failover_reconnect; /* for advisories */
    bool announces_producers; /* engine_producer_open: what it sends to says no more */
    struct table routes;
    struct route *last_route;
};

/* A temporary destination the client owns. */
struct client_temp {
    struct list_node node;
    struct destination_name name; /* bytes follow */
};

struct engine_client *client_find(struct engine *engine, uint64_t serial);
/* How a name is to be sent to; nobody's rights are looked at. */
void route_init(struct route *route, const struct engine *engine, struct destination_name name);
/* Valid until the next call: a new route may take the place of all others. NULL: no memory. */
struct route *client_route(struct engine_client *client, struct destination_name name) MUST_CHECK;
void client_throttle(struct engine *engine, uint64_t serial, bool stop);
void client_disconnect(struct engine *engine, uint64_t serial, const char *why);
void client_announce(struct engine_client *client, bool opened); /* to whoever wants to know */
struct slice client_user(const struct engine_client *client);
void temps_remove(struct engine_client *client); /* its temporary destinations (administer.c) */

/* The bytes that a lost connection left to its successor. */
struct kept {
    size_t len;
    uint8_t bytes[];
};

/* Client ids, and connection ids that clients choose, are unique: each is claimed on the shard it
 * hashes to (client_id.c). */
enum claim_kind { CLAIM_CONNECTION_ID, CLAIM_CLIENT_ID, CLAIM_KINDS };

/* What a client has claimed. Outlives it, until all else that it had has gone back. */
struct client_claims {
    uint64_t client;
    uint64_t hash[CLAIM_KINDS];
    bool claimed[CLAIM_KINDS];
    bool was_open;
    struct kept *kept;
};

/* Claims what the client has named, one after the other; then it is open, or has failed. */
void client_ids_claim(struct engine_client *client);
/* The client is closed, and all its mail is on its way. */
void client_ids_leave(struct engine_client *client, struct slice kept);
void client_id_receive_claim(struct engine *engine, const struct engine_mail *mail);
void client_id_receive_leaving(struct engine *engine, const struct engine_mail *mail);
void client_id_receive_release(struct engine *engine, const struct engine_mail *mail);
void client_receive_kept(struct engine *engine, const struct engine_mail *mail);
int client_ids_init(struct engine *engine) MUST_CHECK;
void client_ids_fini(struct engine *engine);
#endif
