/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "advisories.h"
#include "branch.h"
#include "client.h"
#include "consumer.h"
#include "destination.h"
#include "durable.h"
#include "home.h"
#include "operation.h"
#include "producer.h"
#include "pull.h"
#include "purge.h"
#include "schedule.h"
#include "shard.h"
#include "statistics.h"
#include "subscription.h"
#include "topic.h"
#include "transaction.h"
#include "virtuals.h"

static uint64_t client_hash(const void *object)
{
    return serial_hash(((const struct engine_client *)object)->serial);
}

static bool client_matches(const void *object, const void *key)
{
    return ((const struct engine_client *)object)->serial == *(const uint64_t *)key;
}

static uint64_t consumer_hash(const void *object)
{
    return serial_hash(((const struct engine_consumer *)object)->id);
}

static bool consumer_matches(const void *object, const void *key)
{
    return ((const struct engine_consumer *)object)->id == *(const uint64_t *)key;
}

static uint64_t operation_hash(const void *object)
{
    return serial_hash(((const struct operation *)object)->id);
}

static bool operation_matches(const void *object, const void *key)
{
    return ((const struct operation *)object)->id == *(const uint64_t *)key;
}

static uint64_t subscription_hash(const void *object)
{
    return serial_hash(((const struct subscription *)object)->id);
}

static bool subscription_matches(const void *object, const void *key)
{
    return ((const struct subscription *)object)->id == *(const uint64_t *)key;
}

static uint64_t destination_hash(const void *object)
{
    return ((const struct destination *)object)->hash;
}

static bool destination_matches(const void *object, const void *key)
{
    return destination_name_equal(((const struct destination *)object)->name,
                                  *(const struct destination_name *)key);
}

static int init_tables(struct engine *engine)
{
    if (table_init(&engine->clients, client_hash, client_matches, 64) != 0 ||
        table_init(&engine->consumers, consumer_hash, consumer_matches, 64) != 0 ||
        table_init(&engine->operations, operation_hash, operation_matches, 64) != 0 ||
        table_init(&engine->subscriptions, subscription_hash, subscription_matches, 64) != 0 ||
        table_init(&engine->destinations, destination_hash, destination_matches, 64) != 0)
        return -ENOMEM;
    if (branches_init(engine) != 0 || xids_init(engine) != 0 || prepared_init(engine) != 0)
        return -ENOMEM;
    if (tickets_init(engine) != 0 || durables_init(engine) != 0 || client_ids_init(engine) != 0 ||
        topics_init(engine) != 0 || producer_table_init(engine) != 0 || schedule_init(engine) != 0)
        return -ENOMEM;
    return virtuals_init(engine);
}

struct engine *engine_create(const struct engine_options *options)
{
    struct engine *engine = calloc(1, sizeof *engine);

    if (!engine)
        return NULL;
    assert(options->shards > 0 && options->shards <= EXCHANGE_PORTS_MAX);
    assert(options->index < options->shards);
    engine->index = options->index;
    engine->shards = options->shards;
    engine->config = options->config;
    engine->realm = auth_realm_ref(options->realm);
    engine->realm_generation = 1;
    engine->store = options->store;
    engine->broker_url = options->broker_url ? options->broker_url : "";
    engine->host = options->host;
    engine->advises_deliveries = policies_advise_deliveries(options->config);
    engine->id_base = strdup(options->id_base);
    if (asprintf(&engine->advisory_producer, "%s-%u:0:0:0", options->id_base, engine->index) < 0)
        engine->advisory_producer = NULL;
    engine->wall_ms = options->wall_ms;
    wheel_init(&engine->wheel, options->now_ms);
    pool_init(&engine->operation_pool, sizeof(struct operation));
    pool_init(&engine->entry_pool, sizeof(struct entry));
    pool_init(&engine->item_pool, sizeof(struct item));
    list_init(&engine->blocked);
    text_init(&engine->trace_path);
    list_init(&engine->wildcards);
    if (!engine->id_base || !engine->advisory_producer || init_tables(engine) != 0) {
        free(engine->id_base);
        free(engine); /* at the start of the process: the rest goes with it */
        return NULL;
    }
    return engine;
}

void engine_start(struct engine *engine)
{
    destinations_start(engine);
    purge_start(engine);
}

void engine_destroy(struct engine *engine)
{
    if (!engine)
        return;
    assert(engine->clients.count == 0);
    engine->store = NULL; /* what is freed now stays in the store */
    purge_stop(engine);
    statistics_fini(engine);
    durables_fini(engine);
    destinations_fini(engine);
    schedule_fini(engine);
    branches_fini(engine);
    prepared_fini(engine);
    xids_fini(engine);
    dead_letters_fini(engine);
    virtuals_fini(engine);
    client_ids_fini(engine);
    topics_fini(engine);
    tickets_fini(engine);
    producer_table_fini(engine);
    table_fini(&engine->clients);
    table_fini(&engine->consumers);
    operations_fini(engine);
    table_fini(&engine->subscriptions);
    table_fini(&engine->destinations);
    pool_fini(&engine->operation_pool);
    pool_fini(&engine->entry_pool);
    pool_fini(&engine->item_pool);
    auth_realm_unref(engine->realm);
    text_fini(&engine->trace_path);
    free(engine->id_base);
    free(engine->advisory_producer);
    free(engine);
}

void engine_mail_to(struct engine *engine, uint16_t to, const struct engine_mail *mail)
{
    struct mail raw;

    assert(to < engine->shards && to != engine->index);
    memcpy(&raw, mail, sizeof raw);
    engine->host.send(engine->host.arg, to, &raw);
}

/*
 * Arriving mail: one function a kind.
 */
typedef void receive_fn(struct engine *engine, uint16_t from, const struct engine_mail *mail);

static void receive_send(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    destination_send(engine, mail->id, mail->pointer, &mail->reply, mail->flags);
}

static void receive_schedule(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    schedule_send(engine, mail->id, mail->pointer, &mail->reply, mail->flags);
}

static void receive_done(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    operation_receive_done(engine, mail);
}

static void receive_subscribe(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    shard_subscribe(engine, mail->pointer, &mail->reply);
}

static void receive_unsubscribe(struct engine *engine, uint16_t from,
                                const struct engine_mail *mail)
{
    (void)from;
    shard_unsubscribe(engine, mail->id, mail->last, mail->flags & MAIL_FAILED, &mail->reply);
}

static void receive_acknowledge(struct engine *engine, uint16_t from,
                                const struct engine_mail *mail)
{
    (void)from;
    home_receive_acknowledge(engine, mail);
}

static void receive_poison(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    home_receive_poison(engine, mail);
}

static void receive_lock(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    branch_receive_lock(engine, mail);
}

static void receive_end_branch(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    branch_receive_end(engine, mail);
}

static void receive_claim_xid(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    xid_receive_claim(engine, mail);
}

static void receive_release_xid(struct engine *engine, uint16_t from,
                                const struct engine_mail *mail)
{
    (void)from;
    xid_receive_release(engine, mail);
}

static void receive_prepare(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    prepared_receive(engine, mail);
}

static void receive_end_prepared(struct engine *engine, uint16_t from,
                                 const struct engine_mail *mail)
{
    (void)from;
    prepared_receive_end(engine, mail);
}

static void receive_recover(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    prepared_receive_recover(engine, mail);
}

static void receive_recovered(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    prepared_receive_recovered(engine, mail);
}

static void receive_pull(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    pull_receive(engine, mail);
}

static void receive_return(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    return_receive(engine, mail);
}

static void receive_prefetch(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    prefetch_receive(engine, mail);
}

static void receive_consumer_end(struct engine *engine, uint16_t from,
                                 const struct engine_mail *mail)
{
    (void)from;
    consumer_end(engine, mail->id, mail->pointer ? mail->pointer : "");
    free(mail->pointer);
}

static void receive_publish(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    topic_fan_out(engine, mail->pointer);
    message_unref(mail->pointer);
}

static void receive_offer(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    topic_receive_offer(engine, mail);
}

static void receive_throttle(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    client_throttle(engine, mail->id, mail->flags & MAIL_ADD);
}

static void receive_client_gone(struct engine *engine, uint16_t from,
                                const struct engine_mail *mail)
{
    (void)from;
    flow_receive_client_gone(engine, mail);
}

static void receive_destination(struct engine *engine, uint16_t from,
                                const struct engine_mail *mail)
{
    (void)from;
    home_receive_destination(engine, mail);
}

static void receive_claim(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    client_id_receive_claim(engine, mail);
}

static void receive_leaving(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    client_id_receive_leaving(engine, mail);
}

static void receive_release(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    client_id_receive_release(engine, mail);
}

static void receive_kept(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    client_receive_kept(engine, mail);
}

static void receive_flush(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    engine_answer(engine, &mail->reply, ENGINE_OK, "");
}

static void receive_disconnect(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    client_disconnect(engine, mail->id, mail->pointer ? mail->pointer : "");
    free(mail->pointer);
}

static void receive_remove_durable(struct engine *engine, uint16_t from,
                                   const struct engine_mail *mail)
{
    (void)from;
    home_receive_remove_durable(engine, mail);
}

static void receive_bind(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    virtual_receive_bind(engine, mail);
}

static void receive_advisory_interest(struct engine *engine, uint16_t from,
                                      const struct engine_mail *mail)
{
    (void)from;
    advisory_receive_interest(engine, mail);
}

static void receive_advisory_count(struct engine *engine, uint16_t from,
                                   const struct engine_mail *mail)
{
    (void)from;
    advisory_receive_count(engine, mail);
}

static void receive_query_answer(struct engine *engine, uint16_t from,
                                 const struct engine_mail *mail)
{
    (void)from;
    statistics_receive_answer(engine, mail);
}

void engine_receive(struct engine *engine, uint16_t from, const struct mail *raw)
{
    static receive_fn *const receive[MAIL_KIND_COUNT] = {
        [MAIL_SEND] = receive_send,
        [MAIL_DONE] = receive_done,
        [MAIL_SUBSCRIBE] = receive_subscribe,
        [MAIL_UNSUBSCRIBE] = receive_unsubscribe,
        [MAIL_DELIVER] = consumer_receive_delivery,
        [MAIL_ACKNOWLEDGE] = receive_acknowledge,
        [MAIL_POISON] = receive_poison,
        [MAIL_PULL] = receive_pull,
        [MAIL_RETURN] = receive_return,
        [MAIL_PREFETCH] = receive_prefetch,
        [MAIL_LOCK] = receive_lock,
        [MAIL_END_BRANCH] = receive_end_branch,
        [MAIL_GATE] = gate_receive_end,
        [MAIL_CLAIM_XID] = receive_claim_xid,
        [MAIL_RELEASE_XID] = receive_release_xid,
        [MAIL_PREPARE] = receive_prepare,
        [MAIL_END_PREPARED] = receive_end_prepared,
        [MAIL_RECOVER] = receive_recover,
        [MAIL_RECOVERED] = receive_recovered,
        [MAIL_CONSUMER_END] = receive_consumer_end,
        [MAIL_PUBLISH] = receive_publish,
        [MAIL_OFFER] = receive_offer,
        [MAIL_TOPIC_FULL] = topic_receive_full,
        [MAIL_INTEREST] = topic_receive_interest,
        [MAIL_THROTTLE] = receive_throttle,
        [MAIL_CLIENT_GONE] = receive_client_gone,
        [MAIL_DESTINATION] = receive_destination,
        [MAIL_CLAIM] = receive_claim,
        [MAIL_LEAVING] = receive_leaving,
        [MAIL_RELEASE] = receive_release,
        [MAIL_KEPT] = receive_kept,
        [MAIL_FLUSH] = receive_flush,
        [MAIL_DISCONNECT] = receive_disconnect,
        [MAIL_REMOVE_DURABLE] = receive_remove_durable,
        [MAIL_BIND] = receive_bind,
        [MAIL_ADVISORY_INTEREST] = receive_advisory_interest,
        [MAIL_ADVISORY_COUNT] = receive_advisory_count,
        [MAIL_REPLAY] = advisory_receive_replay,
        [MAIL_QUERY] = statistics_receive_query,
        [MAIL_QUERY_ANSWER] = receive_query_answer,
        [MAIL_SCHEDULE] = receive_schedule,
        [MAIL_SCHEDULE_COMMAND] = schedule_receive_command,
        [MAIL_SCHEDULE_DONE] = schedule_receive_done,
    };
    struct engine_mail mail;

    memcpy(&mail, raw, sizeof mail);
    assert(mail.kind < MAIL_KIND_COUNT && receive[mail.kind]);
    receive[mail.kind](engine, from, &mail);
}

void engine_advance(struct engine *engine, int64_t now_ms, int64_t wall_ms)
{
    engine->wall_ms = wall_ms;
    wheel_advance(&engine->wheel, now_ms);
    if (UNLIKELY(!list_is_empty(&engine->blocked)))
        destinations_release_blocked(engine);
}

int64_t engine_next_ms(const struct engine *engine)
{
    int64_t next_ms = wheel_next_ms(&engine->wheel);

    /* Room may appear on other shards, of which nobody tells us. */
    if (!list_is_empty(&engine->blocked) && next_ms > engine->wheel.now_ms + 10)
        next_ms = engine->wheel.now_ms + 10;
    return next_ms;
}

uint64_t engine_memory(const struct engine *engine)
{
    return engine->memory;
}

uint64_t engine_scheduled(const struct engine *engine)
{
    return schedule_memory(engine);
}

void engine_set_realm(struct engine *engine, struct auth_realm *realm)
{
    struct auth_realm *old = engine->realm;

    engine->realm = auth_realm_ref(realm);
    engine->realm_generation++;
    engine->subscribers_version++; /* topics under wildcards are judged anew */
    auth_realm_unref(old);
}

const struct config *engine_config(const struct engine *engine)
{
    return engine->config;
}

const char *engine_broker_id(const struct engine *engine)
{
    return engine->config->broker_id ? engine->config->broker_id : engine->id_base;
}

struct auth_realm *engine_realm(const struct engine *engine)
{
    return engine->realm;
}

int64_t engine_wall_ms(const struct engine *engine)
{
    return engine->wall_ms;
}
