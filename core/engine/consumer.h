/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_CONSUMER_H
#define ENGINE_CONSUMER_H
/*
 * consumer.h - the front half of a subscription: what the session sees.
 *
 * Behind a consumer stands one subscription on each shard that has something for it (its
 * "parts"): one for a queue, one here for topics, one on every shard for wildcards on queues.
 * With one part the subscription's tags are the consumer's. With several the gate renumbers
 * them, and keeps the client's window to one prefetch.
 *
 * Threads    the engine's own (shard.h).
 */
#include "base/list.h"
#include "shard.h"

struct gate;
struct pull;
struct operation;

struct engine_consumer {
    uint64_t id;
    struct engine_client *client;
    void *context;
    struct subscription *local; /* the part on this shard, if any */
    struct pull *pull;          /* with prefetch 0, once it has pulled */
    struct gate *gate;          /* deliveries that wait, renumbering; NULL when not needed */
    uint64_t parts;             /* one bit a shard */
    uint64_t browsing;          /* a browser's parts that have not shown their end */
    uint64_t passed_tag;        /* the last one the session has got; not while the gate renumbers */
    uint32_t prefetch;
    bool is_browser;
    bool open;             /* answered: deliveries may go out */
    bool failed;           /* to subscribe, somewhere */
    struct list_node node; /* in the client's consumers */
};

struct consumer_delivery {
    struct message *message; /* borrowed; NULL: the end of a browse, or of a pull */
    uint64_t tag;            /* without a message: the pull's number, 0 for a browse */
    uint32_t redelivery_count;
    uint16_t shard;
    bool group_first;
};

struct engine_consumer *consumer_find(struct engine *engine, uint64_t id);
/* Forgets it, without a word to its homes. */
void consumer_drop(struct engine_consumer *consumer);
void consumer_receive_delivery(struct engine *engine, uint16_t from,
                               const struct engine_mail *mail);
void consumer_deliver(struct engine_consumer *consumer, const struct consumer_delivery *delivery);
void consumer_answered(struct engine *engine, uint64_t id, enum engine_error error);
/* A subscription behind it has ended by itself: ends the others and tells the session. */
void consumer_end(struct engine *engine, uint64_t id, const char *why);
void consumer_close(struct engine_consumer *consumer, uint64_t delivered_tag,
                    struct operation *operation);
/* Hands a delivery to the session. */
void consumer_pass(struct engine_consumer *consumer, const struct consumer_delivery *delivery);
/* Applies to the homes what engine_acknowledge says, without a transaction. */
void consumer_acknowledge(struct engine_consumer *consumer, enum acknowledgement_kind kind,
                          uint64_t first_tag, uint64_t last_tag, struct operation *operation);
/* Locks deliveries at their homes for a transaction; returns these, a bit each. Until it ends they
 * do not fill the window. */
uint64_t consumer_lock(struct engine_consumer *consumer, uint64_t transaction,
                       enum acknowledgement_kind kind, uint64_t first_tag, uint64_t last_tag);
void consumer_uncongested(struct engine_consumer *consumer);

/* gate.c */
bool gate_holds(const struct engine_consumer *consumer); /* must deliveries wait? */
int gate_add(struct engine_consumer *consumer, const struct consumer_delivery *delivery) MUST_CHECK;
void gate_flush(struct engine_consumer *consumer);
/* Where it renumbers: what waits goes back to the homes. Not a browser's: they have shown it,
 * and perhaps their end. */
void gate_give_back(struct engine_consumer *consumer);
void gate_destroy(struct gate *gate);
struct gate *gate_create(bool renumbers) MUST_CHECK; /* NULL: no memory */
/* The tags that one shard gave to the deliveries first..last; false: none of them. */
bool gate_range(const struct gate *gate, uint16_t shard, uint64_t first_tag, uint64_t last_tag,
                uint64_t *home_first, uint64_t *home_last);
void gate_settle(struct gate *gate, uint64_t first_tag, uint64_t last_tag);
/* These no longer fill the client's window, though they are not settled. */
void gate_extend(struct gate *gate, uint64_t first_tag, uint64_t last_tag);
/* The same, and only the end of a transaction settles them. */
void gate_lock(struct gate *gate, uint64_t first_tag, uint64_t last_tag);
bool gate_renumbers(const struct gate *gate);
/* What a transaction has locked is settled, or dispatched as before. */
void gate_receive_end(struct engine *engine, uint16_t from, const struct engine_mail *mail);
#endif
