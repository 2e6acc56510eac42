/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_SHARD_H
#define ENGINE_SHARD_H
/*
 * shard.h - the inside of an engine: what one shard owns.
 *
 * Two halves share the struct. The front half serves the clients on this thread (client.c,
 * consumer.c, send.c, transaction.c, operation.c). The home half owns destinations and
 * subscriptions (destination.c, queue.c, subscription.c, topic.c, durable.c). They meet in
 * home.h's calls, which work alike on this shard and by mail on another.
 *
 * Threads    everything here belongs to the engine's thread.
 */
#include "base/pool.h"
#include "base/table.h"
#include "base/text.h"
#include "base/wheel.h"
#include "engine/engine.h"
#include "mail_kinds.h"

struct destination;
struct subscription;
struct topic_view;

struct engine_counters {
    uint64_t enqueued, dequeued, dispatched, expired, dead_lettered, discarded;
};

struct engine {
    uint16_t index, shards;
    const struct config *config;
    struct auth_realm *realm;
    uint64_t realm_generation; /* raised by a reload: cached rights are checked anew */
    const struct engine_store *store;
    struct engine_host host;
    char *id_base;
    int64_t wall_ms;
    struct wheel wheel;

    /* front */
    struct table clients;    /* by serial */
    struct table consumers;  /* by id */
    struct table operations; /* by id */
    struct pool operation_pool;
    uint64_t client_count, consumer_count, producer_count, operation_count; /* ever: serials */
    uint64_t transaction_count;

    /* home */
    struct table destinations;  /* by kind and name */
    struct table subscriptions; /* by id */
    struct table durables;      /* by client id and name */
    struct table producers;     /* by serial and destination */
    struct table client_ids;    /* ids of clients and connections that hash to us */
    struct list_node kept;      /* those with bytes of their last client, oldest first */
    size_t kept_count, kept_bytes;
    struct table branches; /* transactions that have acknowledged something of ours */
    struct table xids;     /* of open transactions, those that hash to us */
    struct table prepared; /* transactions whose xid hashes to us */
    struct pool entry_pool, item_pool, lock_pool;
    uint64_t subscription_count;
    uint64_t number;            /* messages accepted here so far: their order */
    uint64_t memory;            /* bytes of messages held here */
    uint64_t orphaned_bytes;    /* of sends that wait for room, but whose clients have gone */
    struct list_node blocked;   /* destinations with throttled senders */
    struct list_node wildcards; /* queue subscriptions with wildcards (subscription.h) */
    struct timer purge_timer, durable_timer, slow_timer; /* purge.c */
    struct dead_letters *dead_letters; /* what is already dead, made when needed (dead_letter.c) */
    struct text trace_path;            /* properties of the message being stamped (trace_path.c) */
    char *advisory_producer;           /* the id in messages the broker makes itself */
    const char *broker_url;            /* that advisories give */
    uint64_t advisory_count;
    uint32_t advisory_interest; /* subscriptions to advisory topics, on all shards */
    bool advises_deliveries;    /* a policy asks for an advisory about each, or each consumed */
    struct engine_counters counters;
    struct table tickets; /* answers that wait for the store (tickets.c) */
    uint64_t ticket_count;

    /* topics: who wants what */
    struct pattern_index *interest[2];    /* plain and temporary: which shards want it */
    struct pattern_index *subscribers[2]; /* local topic subscriptions */
    struct table interests;               /* by shard, kind and pattern, with counts */
    uint64_t interest_version, subscribers_version;
    struct table views; /* cached answers of `subscribers` for concrete names */

    /* virtuals.c */
    struct virtuals *virtuals;          /* the configured ones, compiled */
    struct pattern_index *bound_queues; /* by the topics that feed them: queues that take copies */
    struct table bindings;              /* these queues, which may be on any shard */
    struct queries *queries;            /* statistics under way (statistics.c) */

    struct schedule *schedule; /* schedule.c; NULL without schedulerSupport */
};

static inline uint16_t engine_home_of(const struct engine *engine, uint64_t hash)
{
    return (uint16_t)((uint32_t)(hash >> 32) % engine->shards);
}

/* Serials of clients, consumers and subscriptions carry their shard in the upper bits. */
static inline uint64_t engine_serial(const struct engine *engine, uint64_t count)
{
    return (uint64_t)(engine->index + 1) << 48 | count;
}

static inline uint16_t serial_shard(uint64_t serial)
{
    return (uint16_t)((serial >> 48) - 1);
}

static inline uint64_t serial_hash(uint64_t serial)
{
    return serial * UINT64_C(0x9E3779B97F4A7C15);
}

void engine_mail_to(struct engine *engine, uint16_t to, const struct engine_mail *mail);
#endif
