/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random clients on random shards, with mail between shards in random order,
 * against an exact model: every message sent is consumed exactly once by a
 * queue's consumers, once by each topic subscriber and once by each durable
 * subscriber, which comes and goes meanwhile; what a transaction has
 * acknowledged is nobody else's until it ends, though its consumer or, once it
 * is prepared, its connection goes first; a message that comes again says so in
 * its redelivery count; what one producer sends to one queue is first delivered
 * in order; clients that come back take over from themselves; at the end
 * nothing is held and nobody waits.
 *
 *     test_random_schedule [first seed [number of seeds]]
 *
 * Without arguments it begins at a seed taken from the clock. A failure names
 * its seed.
 */
#include "sim_engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    SEEDS = 3000,
    CLIENTS_MAX = 6,
    QUEUES = 4,
    CONSUMERS_MAX = 12,
    MESSAGES_MAX = 4096,
    STEPS = 1000,
    PREPARED_MAX = 16,
    TOPIC = QUEUES, /* messages to the topic, in struct sent */
    EPOCHS_MAX = CLIENTS_MAX * 64,
};

static const char *const names[QUEUES + 1] = {"R.a", "R.b", "R.c", "R.d", "topic://R.t"};
static const struct message_draft plain = {.persistent = true, .priority = 4};

/* A message of the model, known by its number, which is its body. */
struct sent {
    unsigned queue, client_epoch; /* queue TOPIC: sent to the topic */
    uint64_t request;
    unsigned sent_in, locked_by; /* transactions that have not ended; 0: none */
    unsigned deliveries;         /* that a session has seen */
    bool rolled_back, consumed;
    bool prepared; /* sent in a transaction that was: others of its sender go first */
};

struct actor {
    struct sim_client *client;
    struct engine_transaction *transaction;
    unsigned transaction_number;
    uint16_t shard;
    unsigned epoch;
    struct sim_consumer *topic; /* gets all messages from topic_first on */
    size_t topic_first;
};

/* What a durable subscriber knows of a message. */
struct copy {
    unsigned locked_by, deliveries;
    bool consumed;
};

/* A durable subscriber of the topic, one of each client id. */
struct keeper {
    bool exists;
    struct sim_consumer *consumer; /* the last one */
    size_t first;                  /* it gets all messages from this one on */
    size_t seen;                   /* deliveries looked at */
    struct copy copies[MESSAGES_MAX];
    size_t newest[EPOCHS_MAX]; /* first delivery of an epoch's messages, plus 1 */
};

struct listener {
    struct sim_consumer *consumer;
    unsigned actor;
    size_t seen;     /* deliveries looked at */
    unsigned queues; /* a bit each: what it listens to */
    bool pulls;      /* prefetch 0, so far */
    size_t pulled;   /* how often */
};

struct run {
    struct sim *sim;
    uint64_t seed;
    uint16_t shards;
    unsigned actor_count, listener_count;
    struct actor actors[CLIENTS_MAX];
    struct listener listeners[CONSUMERS_MAX];
    struct keeper keepers[CLIENTS_MAX]; /* of the actors */
    struct sent sent[MESSAGES_MAX];
    size_t sent_count;
    size_t newest[EPOCHS_MAX][QUEUES]; /* first delivery of an epoch's messages, plus 1 */
    unsigned epochs, transactions;
    unsigned prepared[PREPARED_MAX], prepared_count; /* by number, which is the xid */
    bool one_consumer_each;                          /* of the queues: then order is checked */
};

static void fail(const struct run *run, const char *what, size_t message)
{
    fprintf(stderr, "test_random_schedule: seed %" PRIu64 ": %s (message %zu)\n", run->seed, what,
            message);
    abort();
}

static unsigned draw(struct run *run, unsigned below)
{
    return (unsigned)sim_random(run->sim, below);
}

static struct sent *message_of(struct run *run, const struct sim_delivery *delivery)
{
    struct slice body = message_part(delivery->message, MESSAGE_BODY);
    int64_t number = 0;

    if (!slice_to_i64(body, &number) || number < 0 || (size_t)number >= run->sent_count)
        fail(run, "a message nobody sent", 0);
    return &run->sent[number];
}

/*
 * What has come in is compared with the model.
 */
static void look_at(struct run *run, const struct listener *listener, size_t index)
{
    const struct sim_delivery *delivery = &listener->consumer->deliveries[index];
    struct sent *sent = message_of(run, delivery);
    size_t number = (size_t)(sent - run->sent);
    size_t *newest = &run->newest[sent->client_epoch][sent->queue];

    if (sent->rolled_back)
        fail(run, "delivered although rolled back", number);
    if (sent->consumed)
        fail(run, "delivered after it was consumed", number);
    if (sent->locked_by != 0)
        fail(run, "delivered although a transaction has acknowledged it", number);
    if (delivery->redelivery_count > sent->deliveries)
        fail(run, "claims more redeliveries than there were", number);
    if (delivery->redelivery_count < sent->deliveries)
        fail(run, "comes again without saying so", number);
    if (run->one_consumer_each && delivery->redelivery_count == 0 && !sent->prepared) {
        if (number + 1 < *newest)
            fail(run, "overtaken by a later one of its producer", number);
        *newest = number + 1;
    }
    sent->deliveries++;
}

static void look_at_copy(struct run *run, struct keeper *keeper,
                         const struct sim_delivery *delivery)
{
    const struct sent *sent = message_of(run, delivery);
    size_t number = (size_t)(sent - run->sent);
    struct copy *copy = &keeper->copies[number];

    if (sent->queue != TOPIC || sent->rolled_back)
        fail(run, "a durable subscriber gets what is not for it", number);
    if (copy->consumed || copy->locked_by != 0)
        fail(run, "a durable subscriber gets what it has acknowledged", number);
    if (delivery->redelivery_count != copy->deliveries)
        fail(run, "a durable subscriber gets a wrong redelivery count", number);
    if (delivery->redelivery_count == 0 && !sent->prepared) {
        if (number + 1 < keeper->newest[sent->client_epoch])
            fail(run, "overtaken at a durable subscriber", number);
        keeper->newest[sent->client_epoch] = number + 1;
    }
    copy->deliveries++;
}

static void look_at_keepers(struct run *run)
{
    for (unsigned i = 0; i < run->actor_count; i++) {
        struct keeper *keeper = &run->keepers[i];

        while (keeper->consumer && keeper->seen < keeper->consumer->count)
            look_at_copy(run, keeper, &keeper->consumer->deliveries[keeper->seen++]);
    }
}

/* All that is new, in the order in which it came. */
static void look(struct run *run)
{
    look_at_keepers(run);
    for (;;) {
        struct listener *earliest = NULL;

        for (unsigned i = 0; i < run->listener_count; i++) {
            struct listener *listener = &run->listeners[i];

            if (listener->pulls &&
                listener->consumer->count + listener->consumer->nothings > listener->pulled)
                fail(run, "more than was asked for", i);
            if (listener->seen < listener->consumer->count &&
                (!earliest || listener->consumer->deliveries[listener->seen].order <
                                  earliest->consumer->deliveries[earliest->seen].order))
                earliest = listener;
        }
        if (!earliest)
            return;
        look_at(run, earliest, earliest->seen++);
    }
}

/*
 * What clients do.
 */
static struct sim_client *come(struct run *run, unsigned index)
{
    char client_id[16], connection_id[16];
    struct sim_client_spec spec = {.shard = (uint16_t)draw(run, run->shards),
                                   .client_id = client_id,
                                   .connection_id = connection_id};

    snprintf(client_id, sizeof client_id, "client-%u", index);
    snprintf(connection_id, sizeof connection_id, "ID:%u", index);
    return sim_client_open(run->sim, &spec);
}

static void open_actor(struct run *run, unsigned index, struct sim_client *client)
{
    struct actor *actor = &run->actors[index];

    sim_run(run->sim);
    if (sim_answer(client, 1) != ENGINE_OK)
        fail(run, "a client did not get its id", 0);
    actor->client = client;
    actor->transaction = NULL;
    actor->epoch = run->epochs++;
    actor->topic = sim_listen(actor->client, names[TOPIC], 1 + draw(run, 10));
    sim_run(run->sim);
    actor->topic_first = run->sent_count;
}

/* Each message of the topic exactly once; those sent before it came, in
 * transactions, at most. */
static void check_topic(struct run *run, const struct actor *actor)
{
    static unsigned char seen[MESSAGES_MAX];

    memset(seen, 0, sizeof seen);
    for (size_t i = 0; i < actor->topic->count; i++) {
        const struct sent *sent = message_of(run, &actor->topic->deliveries[i]);

        if (sent->queue != TOPIC || sent->rolled_back || seen[sent - run->sent]++ > 0)
            fail(run, "a topic message that should not come", (size_t)(sent - run->sent));
    }
    for (size_t i = actor->topic_first; i < run->sent_count; i++)
        if (run->sent[i].queue == TOPIC && run->sent[i].sent_in == 0 && !run->sent[i].rolled_back &&
            !seen[i])
            fail(run, "a topic message is missing", i);
}

static void drain_topic(struct run *run, struct actor *actor)
{
    size_t count;

    if (actor->client->congested)
        sim_congest(actor->client, false);
    do {
        sim_run(run->sim);
        count = actor->topic->count;
        sim_consume_all(actor->topic);
        sim_run(run->sim);
    } while (actor->topic->count > count);
}

static void send_one(struct run *run, unsigned index)
{
    struct actor *actor = &run->actors[index];
    struct sent *sent = &run->sent[run->sent_count];
    struct message_draft draft = plain;
    char body[24];

    if (run->sent_count == MESSAGES_MAX || actor->client->throttled)
        return;
    snprintf(body, sizeof body, "%zu", run->sent_count);
    *sent = (struct sent){.queue = draw(run, QUEUES + 1),
                          .client_epoch = actor->epoch,
                          .sent_in = actor->transaction ? actor->transaction_number : 0};
    draft.priority = (uint8_t)draw(run, 10);
    run->sent_count++;
    sent->request =
        sim_send_in(actor->client, names[sent->queue], body, draft, actor->transaction, true);
}

/* A new one, or one whose consumer is gone; NULL: there are enough. */
static struct listener *free_listener(struct run *run)
{
    unsigned max = run->one_consumer_each ? QUEUES : CONSUMERS_MAX;

    look(run);
    if (run->listener_count < max)
        return &run->listeners[run->listener_count++];
    for (unsigned i = 0; i < max && !run->one_consumer_each; i++)
        if (!run->listeners[i].consumer->consumer)
            return &run->listeners[i];
    return NULL;
}

static void listen(struct run *run, unsigned index)
{
    bool pulls = draw(run, 4) == 0;
    struct engine_subscribe_spec spec = {.prefetch = pulls ? SIM_PULLS : 1 + draw(run, 20)};
    struct listener *listener = free_listener(run);
    unsigned first = draw(run, QUEUES), second = draw(run, QUEUES);
    unsigned listener_queues;
    char composite[32];

    if (!listener)
        return;
    if (run->one_consumer_each)
        first = second = run->listener_count - 1;
    else if (draw(run, 4) > 0)
        second = first;
    snprintf(composite, sizeof composite, "%s,%s", names[first], names[second]);
    if (first == second)
        snprintf(composite, sizeof composite, "%s", names[first]);
    listener_queues = 1U << first | 1U << second;
    if (!run->one_consumer_each && draw(run, 4) == 0) {
        snprintf(composite, sizeof composite, "R.>");
        listener_queues = (1U << QUEUES) - 1;
    }
    spec.priority = (int32_t)draw(run, 3);
    *listener =
        (struct listener){.consumer = sim_subscribe(run->actors[index].client, composite, spec),
                          .actor = index,
                          .queues = listener_queues,
                          .pulls = pulls};
}

static bool is_open(const struct run *run, const struct listener *listener)
{
    return listener->consumer->consumer && sim_answer(run->actors[listener->actor].client,
                                                      listener->consumer->request) == ENGINE_OK;
}

static struct listener *any_listener(struct run *run)
{
    for (unsigned tries = 0; tries < 4 && run->listener_count > 0; tries++) {
        struct listener *listener = &run->listeners[draw(run, run->listener_count)];

        if (is_open(run, listener))
            return listener;
    }
    return NULL;
}

static void pull(struct run *run)
{
    static const int64_t timeouts_ms[] = {-1, 0, 5, 30};
    struct listener *listener = any_listener(run);

    if (!listener || !listener->pulls)
        return;
    listener->pulled++;
    sim_pull(listener->consumer, timeouts_ms[draw(run, 4)]);
}

static void change_prefetch(struct run *run)
{
    struct listener *listener = any_listener(run);

    if (!listener || run->one_consumer_each)
        return;
    listener->pulls = false;
    sim_set_prefetch(listener->consumer, draw(run, 4) == 0 ? 0 : 1 + draw(run, 20));
}

static struct sim_delivery *any_unsettled(struct run *run, struct listener *listener)
{
    size_t count = listener->consumer->count;

    for (unsigned tries = 0; tries < 4 && count > 0; tries++) {
        struct sim_delivery *delivery = &listener->consumer->deliveries[draw(run, (unsigned)count)];

        if (!delivery->settled && message_of(run, delivery)->locked_by == 0)
            return delivery;
    }
    return NULL;
}

static void settle_one(struct run *run)
{
    struct listener *listener = any_listener(run);
    struct sim_delivery *delivery = listener ? any_unsettled(run, listener) : NULL;
    struct actor *actor = listener ? &run->actors[listener->actor] : NULL;
    struct sent *sent;
    uint64_t tag;

    if (!delivery)
        return;
    sent = message_of(run, delivery);
    tag = delivery->tag;
    if (actor->transaction && !sent->consumed && draw(run, 2) == 0) {
        sent->locked_by = actor->transaction_number;
        sim_settle_tags(listener->consumer, ACKNOWLEDGE_CONSUMED, tag, tag, actor->transaction);
    } else if (draw(run, 5) == 0) {
        sim_settle_tags(listener->consumer, ACKNOWLEDGE_RELEASED, tag, tag, NULL);
    } else if (draw(run, 6) == 0) {
        sim_settle_tags(listener->consumer, ACKNOWLEDGE_DELIVERED, tag, tag, NULL);
    } else {
        sent->consumed = true;
        sim_settle_tags(listener->consumer, ACKNOWLEDGE_CONSUMED, tag, tag, NULL);
    }
}

static bool is_online(const struct keeper *keeper)
{
    return keeper->consumer && keeper->consumer->consumer;
}

/* A durable subscriber comes, for the first time or again. */
static void attend(struct run *run, unsigned index)
{
    struct keeper *keeper = &run->keepers[index];
    struct engine_subscribe_spec spec = {.prefetch = 1 + draw(run, 20),
                                         .durable_name = SLICE("keeper")};
    struct sim_client *client = run->actors[index].client;

    if (is_online(keeper))
        return;
    look(run);
    keeper->consumer = sim_subscribe(client, names[TOPIC], spec);
    keeper->seen = 0;
    sim_run(run->sim);
    if (sim_answer(client, keeper->consumer->request) != ENGINE_OK)
        fail(run, "a durable subscriber was refused", index);
    if (!keeper->exists)
        keeper->first = run->sent_count;
    keeper->exists = true;
}

static void remove_durable(struct run *run, unsigned index)
{
    struct keeper *keeper = &run->keepers[index];
    struct sim_client *client = run->actors[index].client;
    uint64_t request = sim_remove_durable(client, "keeper");

    sim_run(run->sim);
    if (sim_answer(client, request) != ENGINE_OK)
        fail(run, "a durable subscriber could not be removed", index);
    *keeper = (struct keeper){.exists = false};
}

static void go(struct run *run, unsigned index)
{
    struct keeper *keeper = &run->keepers[index];

    if (is_online(keeper))
        sim_unsubscribe(keeper->consumer);
    else if (keeper->exists && draw(run, 4) == 0)
        remove_durable(run, index);
}

static void settle_copy(struct run *run, unsigned index)
{
    struct keeper *keeper = &run->keepers[index];
    const struct actor *actor = &run->actors[index];
    struct sim_delivery *delivery;
    struct copy *copy;
    uint64_t tag;

    look(run);
    if (!is_online(keeper) || keeper->consumer->count == 0)
        return;
    delivery = &keeper->consumer->deliveries[draw(run, (unsigned)keeper->consumer->count)];
    copy = &keeper->copies[message_of(run, delivery) - run->sent];
    tag = delivery->tag;
    if (delivery->settled || copy->locked_by != 0 || copy->consumed)
        return;
    if (actor->transaction && draw(run, 2) == 0) {
        copy->locked_by = actor->transaction_number;
        sim_settle_tags(keeper->consumer, ACKNOWLEDGE_CONSUMED, tag, tag, actor->transaction);
    } else if (draw(run, 5) == 0) {
        sim_settle_tags(keeper->consumer, ACKNOWLEDGE_RELEASED, tag, tag, NULL);
    } else if (draw(run, 6) == 0) {
        sim_settle_tags(keeper->consumer, ACKNOWLEDGE_DELIVERED, tag, tag, NULL);
    } else {
        copy->consumed = true;
        sim_settle_tags(keeper->consumer, ACKNOWLEDGE_CONSUMED, tag, tag, NULL);
    }
}

static void note_end_of_copies(struct run *run, unsigned number, bool commit)
{
    for (unsigned k = 0; k < run->actor_count; k++)
        for (size_t i = 0; i < run->sent_count; i++)
            if (run->keepers[k].copies[i].locked_by == number) {
                run->keepers[k].copies[i].locked_by = 0;
                run->keepers[k].copies[i].consumed = commit;
            }
}

/* In the model. */
static void note_end(struct run *run, unsigned number, bool commit)
{
    note_end_of_copies(run, number, commit);
    for (size_t i = 0; i < run->sent_count; i++) {
        struct sent *sent = &run->sent[i];

        if (sent->sent_in == number) {
            sent->sent_in = 0;
            sent->rolled_back = !commit;
        }
        if (sent->locked_by == number) {
            sent->locked_by = 0;
            sent->consumed = commit;
        }
    }
}

static void end_transaction(struct run *run, unsigned index, bool commit)
{
    struct actor *actor = &run->actors[index];
    uint64_t request;

    if (!actor->transaction)
        return;
    request = commit ? sim_commit(actor->client, actor->transaction)
                     : sim_rollback(actor->client, actor->transaction);
    actor->transaction = NULL;
    sim_run(run->sim); /* the model needs to know what became of it */
    if (sim_answer(actor->client, request) != ENGINE_OK)
        fail(run, "a transaction did not end as it should", 0);
    note_end(run, actor->transaction_number, commit);
}

static uint64_t start_to_prepare(struct run *run, unsigned index)
{
    struct actor *actor = &run->actors[index];
    struct engine_transaction *transaction = actor->transaction;
    char xid[16];

    for (size_t i = 0; i < run->sent_count; i++)
        run->sent[i].prepared |= run->sent[i].sent_in == actor->transaction_number;
    snprintf(xid, sizeof xid, "%u", actor->transaction_number);
    actor->transaction = NULL;
    return sim_prepare(actor->client, transaction, xid);
}

static void prepare(struct run *run, unsigned index)
{
    struct actor *actor = &run->actors[index];
    uint64_t request;

    if (!actor->transaction || run->prepared_count == PREPARED_MAX)
        return;
    request = start_to_prepare(run, index);
    sim_run(run->sim);
    if (sim_answer(actor->client, request) != ENGINE_OK)
        fail(run, "a transaction could not be prepared", 0);
    run->prepared[run->prepared_count++] = actor->transaction_number;
}

/* Anybody ends it. */
static void end_prepared(struct run *run, struct sim_client *client)
{
    unsigned at = run->prepared_count > 0 ? draw(run, run->prepared_count) : 0;
    unsigned number = run->prepared[at];
    bool commit = draw(run, 2) == 0;
    uint64_t request;
    char xid[16];

    if (run->prepared_count == 0)
        return;
    snprintf(xid, sizeof xid, "%u", number);
    request = commit ? sim_xa_commit(client, xid) : sim_xa_rollback(client, xid);
    sim_run(run->sim);
    if (sim_answer(client, request) != ENGINE_OK)
        fail(run, "a prepared transaction did not end as it should", 0);
    note_end(run, number, commit);
    run->prepared[at] = run->prepared[--run->prepared_count];
}

static bool is_listed(const char *list, unsigned number)
{
    char name[16];

    for (snprintf(name, sizeof name, "%u", number); *list; list += strspn(list, " ")) {
        size_t len = strcspn(list, " ");

        if (len == strlen(name) && strncmp(list, name, len) == 0)
            return true;
        list += len;
    }
    return false;
}

static void leave(struct run *run)
{
    struct listener *listener = any_listener(run);

    if (!listener || run->one_consumer_each)
        return;
    sim_unsubscribe(listener->consumer);
}

/* The connection breaks. Its transaction may have been prepared by then, or not. */
static void lose(struct run *run, unsigned index)
{
    struct actor *actor = &run->actors[index];
    bool has_transaction = actor->transaction, preparing;

    preparing = has_transaction && run->prepared_count < PREPARED_MAX && draw(run, 2) == 0;
    if (preparing) {
        start_to_prepare(run, index);
        for (unsigned mails = draw(run, 8); mails > 0; mails--)
            sim_step(run->sim);
    }
    sim_close(actor->client);
    sim_run(run->sim);
    if (preparing && is_listed(sim_recover(sim_client(run->sim, 0)), actor->transaction_number))
        run->prepared[run->prepared_count++] = actor->transaction_number;
    else if (has_transaction)
        note_end(run, actor->transaction_number, false);
}

/* Its unanswered sends may have arrived or not: they are answered first. Its successor comes
 * before it has gone, or after. */
static void reconnect(struct run *run, unsigned index)
{
    struct actor *actor = &run->actors[index];
    struct sim_client *successor = NULL;

    if (run->one_consumer_each)
        return;
    sim_run(run->sim);
    look(run);
    drain_topic(run, actor);
    check_topic(run, actor);
    if (run->epochs < EPOCHS_MAX && draw(run, 2) == 0) {
        successor = come(run, index);
        for (unsigned mails = draw(run, 8); mails > 0; mails--)
            sim_step(run->sim);
    }
    lose(run, index);
    if (run->epochs < EPOCHS_MAX)
        open_actor(run, index, successor ? successor : come(run, index));
    look(run);
}

static void act(struct run *run)
{
    unsigned index = draw(run, run->actor_count);
    struct actor *actor = &run->actors[index];
    unsigned dice = draw(run, 112);

    if (!actor->client->client)
        return;
    if (dice < 35) {
        send_one(run, index);
    } else if (dice < 42) {
        listen(run, index);
    } else if (dice < 76) {
        settle_one(run);
    } else if (dice < 78) {
        sim_consume_all(actor->topic);
    } else if (dice < 81) {
        leave(run);
    } else if (dice < 86 && !actor->transaction) {
        actor->transaction = sim_begin(actor->client);
        actor->transaction_number = ++run->transactions;
    } else if (dice < 87) {
        prepare(run, index);
    } else if (dice < 88) {
        end_prepared(run, actor->client);
    } else if (dice < 90) {
        end_transaction(run, index, draw(run, 3) > 0);
    } else if (dice < 95) {
        sim_congest(actor->client, !actor->client->congested);
    } else if (dice < 97) {
        sim_advance(run->sim, 1 + draw(run, 50));
    } else if (dice < 98) {
        reconnect(run, index);
    } else if (dice >= 108) {
        settle_copy(run, index);
        settle_copy(run, index);
        settle_copy(run, index);
    } else if (dice >= 106) {
        attend(run, index);
    } else if (dice >= 105) {
        go(run, index);
    } else if (draw(run, 4) == 0) {
        change_prefetch(run);
    } else {
        for (unsigned pulls = draw(run, 8); pulls > 0; pulls--)
            pull(run);
    }
}

/*
 * The end: everything is drained and compared.
 */
static bool consume_what_came(struct run *run, struct listener *listener)
{
    size_t count = listener->consumer->count; /* each acknowledgement may bring more */
    bool some = false;

    look(run);
    if (!is_open(run, listener))
        return false;
    if (listener->pulls) {
        unsigned nothings = listener->consumer->nothings;

        listener->pulled++;
        sim_pull(listener->consumer, -1);
        sim_run(run->sim);
        some = listener->consumer->nothings == nothings;
    }
    for (size_t i = 0; i < count; i++) {
        struct sim_delivery *delivery = &listener->consumer->deliveries[i];

        if (delivery->settled)
            continue;
        message_of(run, delivery)->consumed = some = true;
        sim_settle_tags(listener->consumer, ACKNOWLEDGE_CONSUMED, delivery->tag, delivery->tag,
                        NULL);
    }
    return some;
}

/* Whoever listens gets everything, as long as it consumes: nothing may be
 * stuck. */
static void consume_all(struct run *run)
{
    unsigned served = 0;
    bool some = true;

    for (unsigned i = 0; i < run->listener_count; i++)
        if (is_open(run, &run->listeners[i]) && !run->listeners[i].pulls)
            sim_set_prefetch(run->listeners[i].consumer, 10); /* it may have become 0 */
    sim_run(run->sim);
    while (some) {
        some = false;
        for (unsigned i = 0; i < run->listener_count; i++)
            some |= consume_what_came(run, &run->listeners[i]);
        sim_run(run->sim);
        look(run);
    }
    for (unsigned i = 0; i < run->listener_count; i++)
        if (is_open(run, &run->listeners[i]))
            served |= run->listeners[i].queues;
    for (size_t i = 0; i < run->sent_count; i++)
        if (served >> run->sent[i].queue & 1 && !run->sent[i].consumed && !run->sent[i].rolled_back)
            fail(run, "stuck although somebody listens", i);
}

static bool consume_copies(struct run *run, struct keeper *keeper)
{
    struct sim_consumer *consumer = keeper->consumer;
    size_t count = consumer->count;
    bool some = false;

    look(run);
    for (size_t i = 0; i < count; i++) {
        const struct sim_delivery *delivery = &consumer->deliveries[i];
        uint64_t tag = delivery->tag;

        if (delivery->settled)
            continue;
        keeper->copies[message_of(run, delivery) - run->sent].consumed = some = true;
        sim_settle_tags(consumer, ACKNOWLEDGE_CONSUMED, tag, tag, NULL);
    }
    sim_run(run->sim);
    return some || consumer->count > count;
}

/* Nothing is missing, whatever it has been through. */
static void drain_keeper(struct run *run, unsigned index)
{
    struct keeper *keeper = &run->keepers[index];

    if (!keeper->exists)
        return;
    if (!run->actors[index].client->client)
        run->actors[index].client = come(run, index);
    sim_run(run->sim);
    if (run->actors[index].client->congested)
        sim_congest(run->actors[index].client, false);
    attend(run, index);
    while (consume_copies(run, keeper))
        ;
    for (size_t i = keeper->first; i < run->sent_count; i++)
        if (run->sent[i].queue == TOPIC && !run->sent[i].rolled_back && !keeper->copies[i].consumed)
            fail(run, "a durable subscriber has lost a message", i);
    sim_unsubscribe(keeper->consumer);
    remove_durable(run, index);
}

static void drain(struct run *run)
{
    struct sim_client *client = sim_client(run->sim, 0);
    struct listener *listener;

    for (unsigned i = 0; i < run->actor_count; i++)
        end_transaction(run, i, true);
    while (run->prepared_count > 0)
        end_prepared(run, client);
    for (unsigned i = 0; i < run->actor_count; i++)
        if (run->actors[i].client->client)
            drain_topic(run, &run->actors[i]);
    for (unsigned i = 0; i < run->actor_count; i++)
        if (run->actors[i].client->client)
            check_topic(run, &run->actors[i]);
    for (unsigned i = 0; i < run->actor_count; i++)
        drain_keeper(run, i);
    look(run);
    if (draw(run, 2) == 0)
        consume_all(run);
    for (unsigned i = 0; i < run->actor_count; i++)
        if (run->actors[i].client->client)
            sim_close(run->actors[i].client);
    sim_run(run->sim);
    look(run); /* what one gave back may have gone to another that was still there
                */
    run->listener_count = 1;
    listener = &run->listeners[0];
    *listener = (struct listener){.consumer = sim_listen(client, "R.>", 100000)};
    sim_run(run->sim);
    look(run);
    for (size_t i = 0; i < listener->consumer->count; i++)
        message_of(run, &listener->consumer->deliveries[i])->consumed = true;
    sim_consume_all(listener->consumer);
    sim_run(run->sim);
    for (size_t i = 0; i < run->sent_count; i++)
        if (run->sent[i].queue != TOPIC && !run->sent[i].consumed && !run->sent[i].rolled_back)
            fail(run, "lost", i);
    if (sim_memory(run->sim) != 0)
        fail(run, "memory is held although all is consumed", 0);
}

static void play(uint64_t seed)
{
    struct run *run = calloc(1, sizeof *run);

    if (!run)
        abort();
    run->seed = seed;
    run->shards = (uint16_t)(1 + seed % 4);
    run->sim = sim_create(run->shards, NULL, NULL);
    sim_shuffle(run->sim, seed + 1);
    run->one_consumer_each = seed / 4 % 3 == 0;
    run->actor_count = 2 + draw(run, CLIENTS_MAX - 1);
    for (unsigned i = 0; i < run->actor_count; i++)
        open_actor(run, i, come(run, i));
    for (unsigned step = 0; step < STEPS; step++) {
        act(run);
        for (unsigned mails = draw(run, 6); mails > 0; mails--)
            sim_step(run->sim);
        look(run);
    }
    drain(run);
    sim_destroy(run->sim);
    free(run);
}

int main(int argc, char **argv)
{
    uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL) * 1000;
    uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : SEEDS;

    printf("test_random_schedule: seeds %" PRIu64 " and %" PRIu64 " more\n", first, count - 1);
    fflush(stdout);
    for (uint64_t i = 0; i < count; i++)
        play(first + i);
    return 0;
}
