/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three engines on three threads, with rings far too small between them, and clients that come
 * and go on each, under the same client ids: senders, consumers with three ways to acknowledge, in
 * transactions or not, subscribers to topics. What is sent to a queue is consumed once, and says
 * how often it was seen before; who stays at a topic gets all of it once and in order; at the end
 * nothing is held.
 *
 *     threads_engine_shards [seed [messages of each thread]]
 *
 * Without arguments the seed is taken from the clock. A failure names it.
 */
#include "base/clock.h"
#include "base/exchange.h"
#include "engine/engine.h"
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    THREADS = 3,
    RING_SLOTS = 64,
    MESSAGES = 50000, /* of each thread */
    MESSAGES_MAX = 1000000,
    /* Destinations: of the first ones each has its one consumer, on the thread of its number. */
    SHARED_FIRST = THREADS,
    SHARED = THREADS,
    TOPIC_FIRST = SHARED_FIRST + SHARED,
    TOPICS = 2,
    DESTINATIONS = TOPIC_FIRST + TOPICS,
    CLIENTS = 4, /* of a thread; the first one stays and listens to the topics */
    CONSUMERS = 2,
    PREFETCH_MAX = 40,
    UNSETTLED_MAX = 4 * PREFETCH_MAX, /* what transactions hold makes room for more */
    BURST_MAX = 24,
    UNANSWERED_MAX = 200,
    DRAIN_MAX = 80,
    SUM_ROUNDS = 2,
    DEADLINE_MS = 50000, /* something is stuck */
};

static const char *const names[DESTINATIONS] = {"S.a", "S.b", "S.c", "Q.a",
                                                "Q.b", "Q.c", "T.a", "T.b"};

/* Plain, although many threads touch it one after the other: TSan sees whether the mail that
 * brings a delivery orders it after the one before. */
struct sent {
    uint8_t destination, client;
    bool consumed;
    uint32_t deliveries;
};

enum mode { MODE_AUTOMATIC, MODE_CUMULATIVE, MODE_INDIVIDUAL, MODE_COUNT };

struct unsettled {
    uint64_t tag;
    struct sent *sent; /* NULL: of a topic */
};

struct client;

struct consumer {
    struct client *client;
    struct engine_consumer *handle;
    unsigned destination;
    enum mode mode;
    uint64_t request, last_tag;
    bool is_answered;
    struct unsettled unsettled[UNSETTLED_MAX];
    unsigned unsettled_count;
    uint32_t newest[THREADS][CLIENTS]; /* of a topic: number + 1 */
};

struct client {
    struct node *node;
    struct engine_client *engine_client;
    uint64_t request;
    unsigned index;
    unsigned unanswered_count;
    bool is_ready, is_closing, is_congested, is_throttled;
    struct consumer consumers[CONSUMERS];
};

struct node {
    struct crew *crew;
    struct exchange_port *port;
    struct engine *engine;
    int wake_fd;
    uint16_t index;
    uint64_t random;
    uint64_t request;
    uint32_t sent_count;
    struct sent *sent;
    uint8_t *topic_seen[THREADS]; /* by the client that stays */
    uint32_t newest_single[THREADS][CLIENTS];
    struct client clients[CLIENTS];
    bool is_eager; /* nothing to send at the moment: all that comes is consumed */
    _Atomic uint64_t memory;
    unsigned sleeps, congestions, throttles, reopened, resubscribed, redelivered;
};

struct crew {
    uint64_t seed;
    uint32_t messages; /* of each thread */
    struct config *config;
    struct auth_realm *realm;
    struct auth_principal *principal;
    struct node nodes[THREADS];
    pthread_barrier_t barrier;
    atomic_uint moved[SUM_ROUNDS];
    /* What is still to come: a message of a queue until it is consumed, one of a topic until all
     * that stay have it, and a thread that still sends. */
    _Atomic uint64_t left;
    int64_t deadline_ms;
};

static struct crew crew;

static void check_at(bool holds, const char *what, int line)
{
    if (holds)
        return;
    fprintf(stderr, "engine_shards.c:%d: %s (seed %" PRIu64 ", messages %" PRIu32 ")\n", line, what,
            crew.seed, crew.messages);
    _exit(1); /* the other threads go on: nothing may be torn down */
}
#define check(condition) check_at(condition, #condition, __LINE__)

static unsigned draw(struct node *node, unsigned below)
{
    node->random = node->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((node->random >> 33) % below);
}

static bool is_topic(unsigned destination)
{
    return destination >= TOPIC_FIRST;
}

static struct destination_name name_of(unsigned destination)
{
    return (struct destination_name){is_topic(destination) ? DESTINATION_TOPIC : DESTINATION_QUEUE,
                                     slice_of_text(names[destination])};
}

static void wake_all(void)
{
    const uint64_t one = 1;

    for (int i = 0; i < THREADS; i++)
        check(write(crew.nodes[i].wake_fd, &one, sizeof one) == sizeof one);
}

/* Nobody else may tell the others that all is done: they may be asleep. */
static void count_down(uint64_t count)
{
    const uint64_t before = atomic_fetch_sub(&crew.left, count);

    check(before >= count);
    if (before == count)
        wake_all();
}

/* Own clients only: the others' threads are running. */
static void check_in_time(const struct node *node, int64_t now_ms)
{
    if (now_ms < crew.deadline_ms)
        return;
    for (unsigned i = 0; i < CLIENTS; i++) {
        const struct client *client = &node->clients[i];

        fprintf(stderr, "thread %u client %u: ready %d, throttled %d, unanswered %u, unsettled",
                node->index, i, client->is_ready, client->is_throttled, client->unanswered_count);
        for (unsigned k = 0; k < CONSUMERS; k++)
            fprintf(stderr, " %s %u", names[client->consumers[k].destination],
                    client->consumers[k].unsettled_count);
        fprintf(stderr, "; sent %" PRIu32 "\n", node->sent_count);
    }
    fprintf(stderr, "thread %u holds %" PRIu64 " bytes\n", node->index,
            engine_memory(node->engine));
    check_at(false, "something is lost, or somebody sleeps on mail", __LINE__);
}

/*
 * What the engine tells. Callbacks take notes; acknowledgements follow in the next turn.
 */
static struct sent *read_body(const struct message *message, uint16_t *from, uint32_t *number)
{
    const struct slice body = message_part(message, MESSAGE_BODY);
    uint32_t words[2];

    check(body.len == sizeof words);
    memcpy(words, body.bytes, sizeof words);
    check(words[0] < THREADS && words[1] < crew.messages);
    *from = (uint16_t)words[0];
    *number = words[1];
    return &crew.nodes[words[0]].sent[words[1]];
}

static void note_topic(struct consumer *consumer, const struct sent *sent, uint16_t from,
                       uint32_t number)
{
    struct node *node = consumer->client->node;
    uint32_t *newest = &consumer->newest[from][sent->client];

    check(number >= *newest); /* in order, none twice */
    *newest = number + 1;
    if (consumer->client->index > 0)
        return;
    check(!node->topic_seen[from][number]);
    node->topic_seen[from][number] = 1;
    count_down(1);
}

static void note_queue(struct consumer *consumer, struct sent *sent, uint16_t from, uint32_t number,
                       uint32_t redelivery_count)
{
    struct node *node = consumer->client->node;
    uint32_t *newest = &node->newest_single[from][sent->client];

    check(!sent->consumed);
    check(redelivery_count <= sent->deliveries); /* claims no more than there were */
    check(redelivery_count >= sent->deliveries); /* does not come again without saying so */
    sent->deliveries++;
    node->redelivered += redelivery_count > 0;
    if (sent->destination >= SHARED_FIRST || redelivery_count > 0)
        return;
    check(number >= *newest); /* not overtaken by a later one of its client */
    *newest = number + 1;
}

static void note_delivery(void *session, const struct engine_delivery *delivery)
{
    struct consumer *consumer = delivery->context;
    struct client *client = session;
    struct sent *sent;
    uint16_t from;
    uint32_t number;

    assert_on_worker(client->node->index);
    check(consumer->client == client && consumer->request != 0);
    check(!consumer->handle || consumer->handle == delivery->consumer);
    check(consumer->is_answered && !client->is_congested);
    check(delivery->tag > consumer->last_tag);
    check(consumer->unsettled_count < UNSETTLED_MAX);
    consumer->last_tag = delivery->tag;
    sent = read_body(delivery->message, &from, &number);
    check(sent->destination == consumer->destination);
    if (is_topic(consumer->destination)) {
        check(delivery->redelivery_count == 0);
        note_topic(consumer, sent, from, number);
        sent = NULL;
    } else {
        note_queue(consumer, sent, from, number, delivery->redelivery_count);
    }
    consumer->unsettled[consumer->unsettled_count++] = (struct unsettled){delivery->tag, sent};
}

static void note_completion(void *session, const struct engine_completion *completion)
{
    struct client *client = session;

    assert_on_worker(client->node->index);
    check(completion->error == ENGINE_OK && completion->request != 0);
    if (completion->request == client->request) {
        check(!client->is_ready);
        client->is_ready = true;
        return;
    }
    for (unsigned i = 0; i < CONSUMERS; i++)
        if (completion->request == client->consumers[i].request) {
            check(!client->consumers[i].is_answered);
            client->consumers[i].is_answered = true;
            return;
        }
    if (completion->request % 2 == 0) /* else of a subscription that ended meanwhile */
        check(client->unanswered_count-- > 0);
}

static void note_end(void *session, void *context, const char *why)
{
    (void)session;
    (void)context;
    (void)why;
    check_at(false, "the broker ended a subscription", __LINE__);
}

static void note_throttle(void *session, bool stop)
{
    struct client *client = session;

    client->is_throttled = stop;
    client->node->throttles += stop;
}

static void note_disconnect(void *session, const char *why)
{
    (void)session;
    (void)why;
    check_at(false, "the broker ended a client", __LINE__);
}

static const struct engine_client_ops ops = {
    .deliver = note_delivery,
    .completed = note_completion,
    .consumer_ended = note_end,
    .throttle = note_throttle,
    .disconnect = note_disconnect,
};

/*
 * What clients do. Requests of sends are even, others odd.
 */
static uint64_t new_request(struct node *node, bool is_send)
{
    node->request += 2;
    return node->request | !is_send;
}

static void open_client(struct client *client)
{
    char client_id[32];
    struct engine_client_spec spec = {
        .principal = crew.principal,
        .remote_address = SLICE("tcp://127.0.0.1:1"),
        .connector_name = SLICE("threads"),
        .request = client->request = new_request(client->node, false),
    };
    struct engine_client *opened;

    /* It comes back before all shards know that it has gone. */
    snprintf(client_id, sizeof client_id, "client-%u-%u", client->node->index, client->index);
    spec.client_id = slice_of_text(client_id);
    client->is_ready = client->is_closing = client->is_congested = client->is_throttled = false;
    opened = engine_client_open(client->node->engine, &spec, &ops, client);
    check(opened != NULL);
    client->engine_client = opened;
}

static void forget(struct consumer *consumer)
{
    consumer->handle = NULL;
    consumer->request = 0;
    consumer->unsettled_count = 0;
}

static void close_client(struct client *client)
{
    engine_client_close(client->engine_client);
    client->engine_client = NULL;
    client->is_ready = false;
    client->request = 0;
    for (unsigned i = 0; i < CONSUMERS; i++)
        forget(&client->consumers[i]);
}

static void subscribe(struct consumer *consumer)
{
    struct node *node = consumer->client->node;
    struct engine_subscribe_spec spec = {
        .destination = name_of(consumer->destination),
        .prefetch = 1 + draw(node, PREFETCH_MAX),
        .context = consumer,
        .request = consumer->request = new_request(node, false),
    };

    consumer->is_answered = false;
    consumer->last_tag = 0;
    consumer->mode = (enum mode)draw(node, MODE_COUNT);
    memset(consumer->newest, 0, sizeof consumer->newest);
    consumer->handle = engine_subscribe(consumer->client->engine_client, &spec);
    check(consumer->handle != NULL);
}

static void unsubscribe(struct consumer *consumer)
{
    struct engine_consumer *handle = consumer->handle;

    forget(consumer);
    engine_unsubscribe(handle, UINT64_MAX, 0);
}

/* One that is rolled back leaves no trace. */
static void try_in_vain(struct consumer *consumer, uint64_t first_tag, uint64_t last_tag)
{
    struct node *node = consumer->client->node;
    struct engine_transaction *transaction = engine_begin(consumer->client->engine_client);

    check(transaction != NULL);
    engine_acknowledge(consumer->handle, ACKNOWLEDGE_CONSUMED, first_tag, last_tag, transaction, 0);
    engine_rollback(transaction, new_request(node, false));
}

static void consume_in_transaction(struct consumer *consumer, uint64_t first_tag, uint64_t last_tag)
{
    struct node *node = consumer->client->node;
    struct engine_transaction *transaction = engine_begin(consumer->client->engine_client);

    check(transaction != NULL);
    engine_acknowledge(consumer->handle, ACKNOWLEDGE_CONSUMED, first_tag, last_tag, transaction, 0);
    engine_commit(transaction, new_request(node, false));
}

/* Settles what stands at `from` to `to` (excluded) of the notes, which tags in order stand in. */
static void settle_notes(struct consumer *consumer, enum acknowledgement_kind kind, unsigned from,
                         unsigned to)
{
    const uint64_t first_tag = consumer->unsettled[from].tag;
    const uint64_t last_tag = consumer->unsettled[to - 1].tag;
    const unsigned rest = consumer->unsettled_count - to;
    const bool in_transaction = draw(consumer->client->node, 4) == 0;
    uint64_t consumed_count = 0;

    for (unsigned i = from; i < to && kind == ACKNOWLEDGE_CONSUMED; i++)
        if (consumer->unsettled[i].sent) {
            consumer->unsettled[i].sent->consumed = true;
            consumed_count++;
        }
    memmove(&consumer->unsettled[from], &consumer->unsettled[to],
            rest * sizeof consumer->unsettled[0]);
    consumer->unsettled_count = from + rest;
    /* May bring more. */
    if (kind == ACKNOWLEDGE_CONSUMED && in_transaction)
        consume_in_transaction(consumer, first_tag, last_tag);
    else
        engine_acknowledge(consumer->handle, kind, first_tag, last_tag, NULL, 0);
    if (consumed_count > 0)
        count_down(consumed_count);
}

static void acknowledge(struct consumer *consumer)
{
    struct node *node = consumer->client->node;
    unsigned count = consumer->unsettled_count;
    unsigned at;

    if (!consumer->handle || count == 0)
        return;
    if (count <= PREFETCH_MAX && draw(node, 8) == 0) {
        try_in_vain(consumer, consumer->unsettled[0].tag, consumer->unsettled[count - 1].tag);
        count = consumer->unsettled_count; /* it may have brought more */
    }
    if (node->is_eager || consumer->mode == MODE_AUTOMATIC) {
        settle_notes(consumer, ACKNOWLEDGE_CONSUMED, 0, count);
    } else if (consumer->mode == MODE_CUMULATIVE) {
        if (draw(node, 4) == 0)
            settle_notes(consumer, ACKNOWLEDGE_CONSUMED, 0, 1 + draw(node, count));
    } else {
        at = draw(node, count);
        settle_notes(consumer,
                     consumer->unsettled[at].sent && draw(node, 8) == 0 ? ACKNOWLEDGE_RELEASED
                                                                        : ACKNOWLEDGE_CONSUMED,
                     at, at + 1);
    }
}

static bool may_send(const struct client *client)
{
    return client->is_ready && !client->is_closing && !client->is_throttled &&
           client->unanswered_count < UNANSWERED_MAX && client->node->sent_count < crew.messages;
}

static void send_one(struct client *client)
{
    struct node *node = client->node;
    const unsigned destination = draw(node, DESTINATIONS);
    /* Without answers only throttling holds a client back; it must stay then. */
    const uint64_t request = client->index > 0 ? new_request(node, true) : 0;
    const uint32_t body[2] = {node->index, node->sent_count};
    struct message_draft draft = {.destination = name_of(destination),
                                  .body_kind = BODY_BYTES,
                                  .body = slice_of(body, sizeof body),
                                  .priority = (uint8_t)draw(node, 10),
                                  .persistent = draw(node, 2)};
    struct message *message;

    node->sent[node->sent_count++] =
        (struct sent){.destination = (uint8_t)destination, .client = (uint8_t)client->index};
    atomic_fetch_add(&crew.left, is_topic(destination) ? THREADS : 1);
    if (request != 0)
        client->unanswered_count++;
    engine_stamp(client->engine_client, &draft);
    message = message_create(&draft);
    check(message != NULL);
    engine_send(client->engine_client, message, NULL, request);
    if (node->sent_count == crew.messages)
        count_down(1);
}

static void set_congested(struct client *client, bool is_congested)
{
    if (client->is_congested == is_congested)
        return;
    client->is_congested = is_congested; /* before: ending it delivers what waits */
    engine_client_set_congested(client->engine_client, is_congested);
}

static unsigned any_destination(struct node *node, const struct client *client, unsigned consumer)
{
    if (client->index == 0)
        return TOPIC_FIRST + consumer;
    if (client->index == 1 && consumer == 0)
        return node->index; /* the one consumer of this queue */
    if (client->index == 1)
        return SHARED_FIRST + node->index; /* somebody has to come back there */
    return SHARED_FIRST + draw(node, SHARED + TOPICS);
}

static void tend_consumers(struct client *client)
{
    struct node *node = client->node;

    for (unsigned i = 0; i < CONSUMERS; i++) {
        struct consumer *consumer = &client->consumers[i];

        acknowledge(consumer);
        if (consumer->handle && client->index > 0 && !node->is_eager && draw(node, 100) == 0) {
            unsubscribe(consumer); /* answered or not */
            node->resubscribed++;
        } else if (!consumer->handle && (node->is_eager || draw(node, 20) == 0)) {
            consumer->destination = any_destination(node, client, i);
            subscribe(consumer);
        }
    }
}

/* One that closes waits for its answers: what is unanswered may not have been accepted. */
static void tend_client(struct client *client)
{
    struct node *node = client->node;

    if (client->index > 0 && !node->is_eager && draw(node, 300) == 0)
        client->is_closing = true;
    if (client->is_closing && client->unanswered_count == 0) {
        close_client(client);
        open_client(client);
        node->reopened++;
    }
    if (!client->is_ready)
        return;
    if (node->is_eager)
        set_congested(client, false);
    else if (draw(node, 50) == 0)
        set_congested(client, !client->is_congested);
    tend_consumers(client);
}

/* True: there is more to do even if no mail comes. */
static bool work(struct node *node, bool is_congested)
{
    bool may_send_more = false, may_consume = false;

    for (unsigned i = 0; i < CLIENTS; i++) {
        struct client *client = &node->clients[i];

        tend_client(client);
        if (!is_congested && draw(node, 3) == 0)
            for (unsigned burst = draw(node, BURST_MAX); burst > 0 && may_send(client); burst--)
                send_one(client);
        may_send_more |= may_send(client);
        may_consume |= client->is_congested;
        for (unsigned k = 0; k < CONSUMERS && client->is_ready; k++)
            may_consume |= client->consumers[k].unsettled_count > 0 || !client->consumers[k].handle;
    }
    /* Who sleeps must hold nothing back: others may wait for the room it takes. */
    node->is_eager = !may_send_more;
    return may_consume || may_send_more; /* whether congestion lasts is known after publishing */
}

/*
 * A thread's turn.
 */
static void post(void *arg, uint16_t to, const struct mail *mail)
{
    struct node *node = arg;

    assert_on_worker(node->index);
    exchange_send(node->port, to, mail);
}

static uint64_t memory_of_others(void *arg)
{
    const struct node *node = arg;
    uint64_t sum = 0;

    for (unsigned i = 0; i < THREADS; i++)
        if (i != node->index)
            sum += atomic_load_explicit(&crew.nodes[i].memory, memory_order_relaxed);
    return sum;
}

static void receive(void *arg, uint16_t from, const struct mail *mail)
{
    struct node *node = arg;

    assert_on_worker(node->index);
    engine_receive(node->engine, from, mail);
}

static void publish_and_wake(struct node *node) WORKER_ONLY;
static void publish_and_wake(struct node *node)
{
    const uint64_t one = 1;
    const uint64_t to_wake = exchange_publish(node->port);

    for (uint16_t to = 0; to < THREADS; to++)
        if (to_wake & UINT64_C(1) << to)
            check(write(crew.nodes[to].wake_fd, &one, sizeof one) == sizeof one);
}

static void sleep_if_no_mail(struct node *node) WORKER_ONLY;
static void sleep_if_no_mail(struct node *node)
{
    struct pollfd woken = {.fd = node->wake_fd, .events = POLLIN};
    const int64_t now_ms = clock_monotonic_ms();
    int64_t until_ms = engine_next_ms(node->engine);
    uint64_t count;
    int rc;

    if (until_ms > crew.deadline_ms)
        until_ms = crew.deadline_ms;
    if (!exchange_prepare_sleep(node->port))
        return;
    rc = poll(&woken, 1, until_ms > now_ms ? (int)(until_ms - now_ms) : 0);
    check(rc >= 0);
    if (rc == 1)
        check(read(node->wake_fd, &count, sizeof count) == sizeof count);
    exchange_wake_up(node->port);
    node->sleeps++;
}

static void turn(struct node *node) WORKER_ONLY;
static void turn(struct node *node)
{
    const int64_t now_ms = clock_monotonic_ms();
    bool is_congested = exchange_is_congested(node->port);
    bool may_go_on;

    check_in_time(node, now_ms);
    (void)exchange_drain(node->port, 1 + draw(node, DRAIN_MAX), receive, node);
    engine_advance(node->engine, now_ms, clock_wall_ms());
    may_go_on = work(node, is_congested);
    atomic_store_explicit(&node->memory, engine_memory(node->engine), memory_order_relaxed);
    publish_and_wake(node);
    is_congested = exchange_is_congested(node->port);
    node->congestions += is_congested;
    if (is_congested || !may_go_on)
        sleep_if_no_mail(node);
}

/*
 * Beginning and end: rounds of showing all mail to its receivers and then draining it, until one
 * in which nobody found any.
 */
static void settle(struct node *node) WORKER_ONLY;
static void settle(struct node *node)
{
    unsigned moved = 1;

    for (unsigned round = 0; moved > 0; round++) {
        atomic_uint *sum = &crew.moved[round % SUM_ROUNDS];
        unsigned count;

        (void)!exchange_publish(node->port); /* nobody sleeps, all come to the barrier */
        count = exchange_is_congested(node->port);
        (void)pthread_barrier_wait(&crew.barrier);
        atomic_store(&crew.moved[(round + 1) % SUM_ROUNDS], 0); /* all have read it */
        count += exchange_drain(node->port, UINT32_MAX, receive, node);
        atomic_fetch_add(sum, count);
        (void)pthread_barrier_wait(&crew.barrier);
        moved = atomic_load(sum);
    }
    (void)pthread_barrier_wait(&crew.barrier); /* the last sum is read, too */
    atomic_store(&crew.moved[0], 0);
    atomic_store(&crew.moved[1], 0);
    (void)pthread_barrier_wait(&crew.barrier);
}

static void create_engine(struct node *node)
{
    const struct engine_options options = {
        .index = node->index,
        .shards = THREADS,
        .config = crew.config,
        .realm = crew.realm,
        .id_base = "ID:threads-1-1",
        .host = {.send = post, .memory_of_others = memory_of_others, .arg = node},
        .now_ms = clock_monotonic_ms(),
        .wall_ms = clock_wall_ms(),
    };

    node->engine = engine_create(&options);
    check(node->engine != NULL);
}

static void come_in(struct node *node) WORKER_ONLY;
static void come_in(struct node *node)
{
    struct client *staying = &node->clients[0];

    create_engine(node);
    (void)pthread_barrier_wait(&crew.barrier);
    engine_start(node->engine);
    for (unsigned i = 0; i < CLIENTS; i++) {
        node->clients[i].node = node;
        node->clients[i].index = i;
        for (unsigned k = 0; k < CONSUMERS; k++)
            node->clients[i].consumers[k].client = &node->clients[i];
        open_client(&node->clients[i]);
    }
    settle(node);
    check(staying->is_ready);
    for (unsigned i = 0; i < TOPICS; i++) {
        staying->consumers[i].destination = TOPIC_FIRST + i;
        subscribe(&staying->consumers[i]);
    }
    settle(node);
    for (unsigned i = 0; i < TOPICS; i++)
        check(staying->consumers[i].is_answered);
}

static void go_out(struct node *node) WORKER_ONLY;
static void go_out(struct node *node)
{
    (void)pthread_barrier_wait(&crew.barrier);
    for (unsigned i = 0; i < CLIENTS; i++)
        close_client(&node->clients[i]);
    settle(node);
    check(engine_memory(node->engine) == 0);
    engine_destroy(node->engine);
}

static void *run(void *arg)
{
    struct node *node = arg;

    worker_role_take(node->index);
    come_in(node);
    while (atomic_load(&crew.left) > 0)
        turn(node);
    go_out(node);
    worker_self = WORKER_NONE;
    return NULL;
}

/*
 * The whole.
 */
static_assert(TOPICS == CONSUMERS, "the client that stays has a consumer for each topic");

static void load_config(void)
{
    static const char text[] =
        "<beans xmlns=\"http://www.springframework.org/schema/beans\">\n"
        "<broker xmlns=\"http://activemq.apache.org/schema/core\" "
        "brokerName=\"threads\"><destinationPolicy><policyMap>"
        "<policyEntries><policyEntry queue=\">\" memoryLimit=\"64kb\"><pendingQueuePolicy>"
        "<vmQueueCursor/></pendingQueuePolicy></policyEntry></policyEntries></policyMap></"
        "destinationPolicy></broker></beans>";
    char name[] = "/tmp/threads-XXXXXX.xml";
    const struct config_source source = {.file = name};
    const struct auth_credentials nobody = {.remote_address = "tcp://127.0.0.1:1"};
    const int fd = mkstemps(name, 4);
    struct config_report report = {0};
    struct text_error why;

    check(fd >= 0 && write(fd, text, sizeof text - 1) == sizeof text - 1);
    close(fd);
    check(config_load(&source, &crew.config, &report) == 0);
    config_report_fini(&report);
    unlink(name);
    check(auth_realm_create(&crew.config->security, &crew.realm, &why) == 0);
    check(auth_authenticate(crew.realm, &nobody, &crew.principal, &why) == 0);
}

static void prepare(struct node *node, struct exchange *exchange, uint16_t index)
{
    node->port = exchange_port(exchange, index);
    node->wake_fd = eventfd(0, EFD_CLOEXEC);
    node->index = index;
    node->random = crew.seed * THREADS + index;
    node->sent = calloc(crew.messages, sizeof *node->sent);
    check(node->wake_fd >= 0 && node->sent);
    for (unsigned i = 0; i < THREADS; i++) {
        node->topic_seen[i] = calloc(crew.messages, 1);
        check(node->topic_seen[i] != NULL);
    }
}

static void check_all_arrived(const struct node *node)
{
    check(node->sent_count == crew.messages);
    for (uint32_t i = 0; i < node->sent_count; i++) {
        if (!is_topic(node->sent[i].destination))
            check(node->sent[i].consumed);
        for (unsigned k = 0; k < THREADS; k++)
            check(crew.nodes[k].topic_seen[node->index][i] == is_topic(node->sent[i].destination));
    }
}

static void report(const struct node *node)
{
    printf("thread %u: %u sleeps, %u congested turns, %u throttles, %u clients reopened, %u "
           "subscriptions "
           "changed, %u redelivered\n",
           node->index, node->sleeps, node->congestions, node->throttles, node->reopened,
           node->resubscribed, node->redelivered);
}

static void clean_up(struct node *node)
{
    close(node->wake_fd);
    free(node->sent);
    for (unsigned i = 0; i < THREADS; i++)
        free(node->topic_seen[i]);
}

int main(int argc, char **argv)
{
    struct exchange *exchange = exchange_create(THREADS, RING_SLOTS);
    pthread_t threads[THREADS];
    unsigned congestions = 0;

    crew.seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)clock_wall_ms();
    crew.messages = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : MESSAGES;
    printf("seed %" PRIu64 "\n", crew.seed);
    fflush(stdout);
    check(exchange && crew.messages > 0 && crew.messages <= MESSAGES_MAX);
    load_config();
    atomic_init(&crew.left, THREADS);
    crew.deadline_ms = clock_monotonic_ms() + DEADLINE_MS;
    check(pthread_barrier_init(&crew.barrier, NULL, THREADS) == 0);
    for (uint16_t i = 0; i < THREADS; i++)
        prepare(&crew.nodes[i], exchange, i);
    for (int i = 0; i < THREADS; i++)
        check(pthread_create(&threads[i], NULL, run, &crew.nodes[i]) == 0);
    for (int i = 0; i < THREADS; i++)
        check(pthread_join(threads[i], NULL) == 0);
    for (int i = 0; i < THREADS; i++) {
        check_all_arrived(&crew.nodes[i]);
        report(&crew.nodes[i]);
        congestions += crew.nodes[i].congestions;
    }
    check(congestions > 0 || crew.messages < MESSAGES); /* else it was no test of it */
    for (int i = 0; i < THREADS; i++)
        clean_up(&crew.nodes[i]);
    pthread_barrier_destroy(&crew.barrier);
    exchange_destroy(exchange);
    auth_principal_unref(crew.principal);
    auth_realm_unref(crew.realm);
    config_destroy(crew.config);
    return 0;
}
