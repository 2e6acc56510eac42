/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIMULATION_SIM_ENGINE_H
#define SIMULATION_SIM_ENGINE_H
/*
 * sim_engine.h - several shards of the engine in one thread and in virtual time, and clients that
 * note what they are told.
 *
 * Nothing happens between shards before sim_run, and no time passes but by sim_advance. Names are
 * written with their kind in front: "queue://A", "topic://T".
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
    bool throttled, disconnected;
};

struct sim_delivery {
    struct message *message; /* a reference */
    uint64_t tag;
    uint32_t redelivery_count;
    bool group_first;
};

struct sim_consumer {
    struct sim_consumer *next;
    struct sim_client *client;
    struct engine_consumer *consumer; /* NULL: refused or ended */
    struct sim_delivery *deliveries;
    size_t count, capacity;
    bool browse_ended;
    bool ended; /* by the broker */
};

/* Children of <broker> with one <policyEntry>, of these attributes and children. */
#define SIM_POLICY(attributes, children) \
    "<destinationPolicy><policyMap><policyEntries><policyEntry " attributes ">" children \
    "</policyEntry></policyEntries></policyMap></destinationPolicy>"

/* `attributes` of <broker> and its `children`, as XML; both may be NULL. */
struct sim *sim_create(uint16_t shards, const char *attributes, const char *children);
void sim_destroy(struct sim *sim); /* closes what is open, and lets the rest happen */
void sim_shuffle(struct sim *sim, uint64_t seed);
struct engine *sim_engine(struct sim *sim, uint16_t shard);
/* Delivers mail until there is none. */
void sim_run(struct sim *sim);
void sim_advance(struct sim *sim, int64_t ms); /* timers fire one after the other; runs */
int64_t sim_wall_ms(const struct sim *sim);

struct sim_client *sim_client(struct sim *sim, uint16_t shard);
struct sim_client *sim_client_as(struct sim *sim, uint16_t shard, const char *client_id);
void sim_close(struct sim_client *client);

/* A persistent text message; these ask for an answer, and do not run. */
void sim_send(struct sim_client *client, const char *to, const char *body);
/* What the draft leaves open is filled in: destination, body, id. */
void sim_send_draft(struct sim_client *client, const char *to, const char *body,
                    struct message_draft draft);
/* The spec's destination and context are filled in, and a prefetch of 1000 if it is 0. */
struct sim_consumer *sim_subscribe(struct sim_client *client, const char *to,
                                   struct engine_subscribe_spec spec);
void sim_unsubscribe(struct sim_consumer *consumer);
/* Deliveries from..to, counted from 0. */
void sim_acknowledge(struct sim_consumer *consumer, enum acknowledgement_kind kind, size_t from,
                     size_t to);
void sim_ack(struct sim_consumer *consumer, size_t from, size_t to); /* consumed */

/* The bodies delivered, with a blank between. Valid until the next call. */
const char *sim_bodies(const struct sim_consumer *consumer);
/* The text of a property of a delivery: numbers in decimal; "" when there is none. Likewise. */
const char *sim_property(const struct sim_consumer *consumer, size_t delivery, const char *name);
struct destination_name sim_name(const char *text); /* points into it */
#endif
