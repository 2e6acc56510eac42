/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIMULATION_SIM_ENGINE_H
#define SIMULATION_SIM_ENGINE_H
/*
 * sim_engine.h - several shards of the engine in one thread and in virtual time, and clients that
 * note what they are told.
 *
 * Nothing happens between shards before sim_run, and no time passes but by sim_advance. Names are
 * written with their kind in front, "topic://T"; without, they are queues. What engine.h promises
 * is checked all along: one answer a request, the answer before the first delivery, rising tags,
 * silence while congested and after the end.
 *
 * Threads    one. Ownership: everything belongs to the simulation and dies with sim_destroy.
 * Order      mails of one shard to another keep their order. Which pair is served next goes round,
 *            or is drawn at random after sim_shuffle: one seed, one run.
 * Limits     what a test gets wrong ends the program by assertion.
 */
#include "engine/engine.h"

struct sim;

struct sim_client {
    struct sim_client *next;
    struct sim *sim;
    struct engine_client *client; /* NULL: closed */
    uint16_t shard;
    uint64_t request;        /* of the last call; answered up to... */
    uint64_t answers;        /* ...so many */
    enum engine_error error; /* of the last answer */
    char text[256];
    bool throttled, disconnected, congested;
    unsigned throttle_count; /* how often it was stopped */
    unsigned failures;       /* of calls without a request; `failure`: the last one */
    char failure[256], disconnect_reason[256];
    char kept[256]; /* what it was given */
    char recovered[1024];
    struct auth_principal *principal;
    struct sim_answer *by_request;
    size_t by_request_capacity;
};

struct sim_delivery {
    struct message *message; /* a reference */
    uint64_t tag;
    uint32_t redelivery_count;
    bool group_first;
    bool settled;   /* acknowledged by its text or its tag */
    uint64_t order; /* among all deliveries of the simulation */
};

struct sim_consumer {
    struct sim_consumer *next;
    struct sim_client *client;
    struct engine_consumer *consumer; /* NULL: refused or ended */
    struct sim_delivery *deliveries;
    size_t count, capacity;
    bool browse_ended, is_browser;
    unsigned nothings; /* pulls that brought nothing */
    bool ended;        /* by the broker */
    uint64_t request, last_tag;
    size_t taken;  /* by sim_take */
    char why[256]; /* it ended */
};

enum { SIM_PENDING = -1 };
/* A prefetch of 0: such a consumer gets what sim_pull asks for. */
#define SIM_PULLS UINT32_MAX

/* Children of <broker> with one <policyEntry>, of these attributes and children. */
#define SIM_POLICY(attributes, children) \
    "<destinationPolicy><policyMap><policyEntries><policyEntry " attributes ">" children \
    "</policyEntry></policyEntries></policyMap></destinationPolicy>"

/* `attributes` of <broker> and its `children`, as XML; both may be NULL. */
struct sim *sim_create(uint16_t shards, const char *attributes, const char *children);
void sim_destroy(struct sim *sim); /* closes what is open, and lets the rest happen */
void sim_shuffle(struct sim *sim, uint64_t seed);
/* Mail of one shard to another stays on its way until it is let go. */
void sim_hold(struct sim *sim, uint16_t from, uint16_t to, bool hold);
uint16_t sim_shards(const struct sim *sim);
struct engine *sim_engine(struct sim *sim, uint16_t shard);
struct config *sim_config(struct sim *sim); /* what a policy says may be changed on the way */
/* Delivers mail until there is none. */
void sim_run(struct sim *sim);
void sim_advance(struct sim *sim, int64_t ms); /* timers fire one after the other; runs */
int64_t sim_wall_ms(const struct sim *sim);

struct sim_client_spec {
    uint16_t shard; /* taken modulo the number of shards */
    const char *client_id, *connection_id, *user, *password, *remote_address;
    bool steal, wants_kept;
};
/* Does not run; request 1 is answered. */
struct sim_client *sim_client_open(struct sim *sim, const struct sim_client_spec *spec);
struct sim_client *sim_client(struct sim *sim, uint16_t shard); /* runs, as the next one */
struct sim_client *sim_client_as(struct sim *sim, uint16_t shard, const char *client_id);
void sim_close(struct sim_client *client);
void sim_close_keeping(struct sim_client *client, const char *bytes);
void sim_congest(struct sim_client *client, bool congested);
uint64_t sim_random(struct sim *sim, uint64_t below);
bool sim_step(struct sim *sim);             /* delivers some mail; false: there is none */
uint64_t sim_memory(const struct sim *sim); /* message bytes, of all shards */
/* What became of a request: an enum engine_error, or SIM_PENDING. */
int sim_answer(const struct sim_client *client, uint64_t request);
const char *sim_answer_text(const struct sim_client *client, uint64_t request);

/* A persistent text message; these return their request, and do not run. */
uint64_t sim_send(struct sim_client *client, const char *to, const char *body);
/* What the draft leaves open is filled in: destination, body, id. */
uint64_t sim_send_draft(struct sim_client *client, const char *to, const char *body,
                        struct message_draft draft);
/* Inside a transaction; `request` false: nothing is answered. */
uint64_t sim_send_in(struct sim_client *client, const char *to, const char *body,
                     struct message_draft draft, struct engine_transaction *transaction,
                     bool request);
/* The spec's destination and context are filled in, and a prefetch of 1000 if it is 0. */
struct sim_consumer *sim_subscribe(struct sim_client *client, const char *to,
                                   struct engine_subscribe_spec spec);
struct sim_consumer *sim_listen(struct sim_client *client, const char *to, uint32_t prefetch);
void sim_pull(struct sim_consumer *consumer, int64_t timeout_ms);
void sim_set_prefetch(struct sim_consumer *consumer, uint32_t prefetch);
uint64_t sim_poison(struct sim_consumer *consumer, const char *body, const char *cause);
uint64_t sim_unsubscribe(struct sim_consumer *consumer);
uint64_t sim_unsubscribe_delivered(struct sim_consumer *consumer, uint64_t delivered_tag);
/* Deliveries from..to, counted from 0. */
void sim_acknowledge(struct sim_consumer *consumer, enum acknowledgement_kind kind, size_t from,
                     size_t to);
void sim_ack(struct sim_consumer *consumer, size_t from, size_t to); /* consumed */

/* By the newest delivery with this body that is not settled; there must be one. */
uint64_t sim_tag(const struct sim_consumer *consumer, const char *body);
uint64_t sim_settle(struct sim_consumer *consumer, enum acknowledgement_kind kind, const char *body,
                    struct engine_transaction *transaction);
uint64_t sim_consume(struct sim_consumer *consumer, const char *body);
void sim_consume_all(struct sim_consumer *consumer);
uint64_t sim_settle_tags(struct sim_consumer *consumer, enum acknowledgement_kind kind,
                         uint64_t first_tag, uint64_t last_tag,
                         struct engine_transaction *transaction);
struct engine_transaction *sim_begin(struct sim_client *client);
/* Its request is client->request. */
struct engine_transaction *sim_begin_xa(struct sim_client *client, const char *xid);
uint64_t sim_commit(struct sim_client *client, struct engine_transaction *transaction);
uint64_t sim_rollback(struct sim_client *client, struct engine_transaction *transaction);
uint64_t sim_prepare(struct sim_client *client, struct engine_transaction *transaction,
                     const char *xid);
uint64_t sim_xa_commit(struct sim_client *client, const char *xid);
uint64_t sim_xa_rollback(struct sim_client *client, const char *xid);
/* Runs, and returns the xids in order, "a b c". Valid until the next call. */
const char *sim_recover(struct sim_client *client);
uint64_t sim_create_temp(struct sim_client *client, const char *name);
uint64_t sim_remove_destination(struct sim_client *client, const char *name);
uint64_t sim_remove_forced(struct sim_client *client, const char *name);
uint64_t sim_create_destination(struct sim_client *client, const char *name);
/* `to` NULL: anywhere. NULL when it failed at once; its request is client->request. */
struct engine_producer *sim_produce(struct sim_client *client, const char *to, const char *id);
uint64_t sim_remove_durable(struct sim_client *client, const char *name);
/* The bodies that have come since the last call, "a b+1": with redelivery counts that are not 0.
 * Valid until the next call. */
const char *sim_take(struct sim_consumer *consumer);
/* The bodies delivered, with a blank between. Valid until the next call. */
const char *sim_bodies(const struct sim_consumer *consumer);
/* The text of a property of a delivery: numbers in decimal; "" when there is none. Likewise. */
const char *sim_property(const struct sim_consumer *consumer, size_t delivery, const char *name);
/* The same of an entry of the body, which is a map or an advisory's. */
const char *sim_field(const struct sim_consumer *consumer, size_t delivery, const char *name);
struct destination_name sim_name(const char *text); /* points into it */
#endif
