/* SPDX-License-Identifier: Apache-2.0 */
#include "sim_engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SHARDS_MAX = 8, TEXT_MAX = 65536, PREFETCH = 1000 };
static const int64_t wall_at_zero_ms = INT64_C(1700000000000);

struct parcel {
    struct parcel *next;
    struct mail mail;
};

/* Mails of one shard to another. */
struct lane {
    struct parcel *first, **last;
};

struct shard {
    struct sim *sim;
    uint16_t index;
    struct engine *engine;
    struct lane to[SHARDS_MAX];
};

struct sim {
    uint16_t shards;
    struct shard shard[SHARDS_MAX];
    struct config *config;
    struct auth_realm *realm;
    int64_t now_ms;
    uint64_t random; /* 0: lanes are served in turn */
    struct sim_client *clients;
    struct sim_consumer *consumers;
    char text[TEXT_MAX];
};

/*
 * The host of an engine.
 */
static void post(void *arg, uint16_t to, const struct mail *mail)
{
    struct shard *from = arg;
    struct lane *lane = &from->to[to];
    struct parcel *parcel = malloc(sizeof *parcel);

    assert(parcel && to < from->sim->shards && to != from->index);
    *parcel = (struct parcel){.mail = *mail};
    *lane->last = parcel;
    lane->last = &parcel->next;
}

static uint64_t memory_of_others(void *arg)
{
    const struct shard *shard = arg;
    uint64_t sum = 0;

    for (uint16_t i = 0; i < shard->sim->shards; i++)
        if (i != shard->index && shard->sim->shard[i].engine)
            sum += engine_memory(shard->sim->shard[i].engine);
    return sum;
}

static bool serve(struct sim *sim, struct shard *from, uint16_t to)
{
    struct lane *lane = &from->to[to];
    struct parcel *parcel = lane->first;

    if (!parcel)
        return false;
    lane->first = parcel->next;
    if (!lane->first)
        lane->last = &lane->first;
    engine_receive(sim->shard[to].engine, from->index, &parcel->mail);
    free(parcel);
    return true;
}

static uint64_t draw(struct sim *sim)
{
    sim->random ^= sim->random << 13;
    sim->random ^= sim->random >> 7;
    sim->random ^= sim->random << 17;
    return sim->random;
}

/* One mail of one lane, or in turn one of each; false: all are empty. */
static bool serve_some(struct sim *sim)
{
    unsigned lanes = (unsigned)sim->shards * sim->shards;
    unsigned first = sim->random ? (unsigned)(draw(sim) % lanes) : 0;
    bool served = false;

    for (unsigned i = 0; i < lanes; i++) {
        unsigned lane = (first + i) % lanes;

        served |= serve(sim, &sim->shard[lane / sim->shards], (uint16_t)(lane % sim->shards));
        if (served && sim->random)
            break;
    }
    return served;
}

void sim_run(struct sim *sim)
{
    while (serve_some(sim))
        ;
}

void sim_shuffle(struct sim *sim, uint64_t seed)
{
    sim->random = seed * UINT64_C(0x9E3779B97F4A7C15) | 1;
}

static int64_t next_ms(const struct sim *sim)
{
    int64_t next = INT64_MAX;

    for (uint16_t i = 0; i < sim->shards; i++)
        if (engine_next_ms(sim->shard[i].engine) < next)
            next = engine_next_ms(sim->shard[i].engine);
    return next;
}

void sim_advance(struct sim *sim, int64_t ms)
{
    int64_t until_ms = sim->now_ms + ms;

    do {
        int64_t next = next_ms(sim);

        if (next <= sim->now_ms)
            next = sim->now_ms + 1;
        sim->now_ms = next < until_ms ? next : until_ms;
        for (uint16_t i = 0; i < sim->shards; i++)
            engine_advance(sim->shard[i].engine, sim->now_ms, wall_at_zero_ms + sim->now_ms);
        sim_run(sim);
    } while (sim->now_ms < until_ms);
}

int64_t sim_wall_ms(const struct sim *sim)
{
    return wall_at_zero_ms + sim->now_ms;
}

struct engine *sim_engine(struct sim *sim, uint16_t shard)
{
    return sim->shard[shard].engine;
}

/*
 * Beginning and end.
 */
static void write_file(FILE *file, const char *attributes, const char *children)
{
    fprintf(file,
            "<beans xmlns=\"http://www.springframework.org/schema/beans\">\n"
            "<broker xmlns=\"http://activemq.apache.org/schema/core\" brokerName=\"sim\" %s>\n"
            "%s\n</broker></beans>\n",
            attributes ? attributes : "", children ? children : "");
}

static struct config *load(const char *attributes, const char *children)
{
    char name[] = "/tmp/sim-XXXXXX.xml";
    int fd = mkstemps(name, 4);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    struct config_source source = {.file = name};
    struct config_report report = {0};
    struct config *config = NULL;

    assert(file);
    write_file(file, attributes, children);
    fclose(file);
    if (config_load(&source, &config, &report) != 0) {
        config_report_print(&report, stderr);
        abort();
    }
    config_report_fini(&report);
    unlink(name);
    return config;
}

static void start_shard(struct sim *sim, uint16_t index)
{
    struct shard *shard = &sim->shard[index];
    struct engine_options options = {
        .index = index,
        .shards = sim->shards,
        .config = sim->config,
        .realm = sim->realm,
        .id_base = "ID:sim-1-1",
        .host = {.send = post, .memory_of_others = memory_of_others, .arg = shard},
        .now_ms = sim->now_ms,
        .wall_ms = sim_wall_ms(sim),
    };

    shard->sim = sim;
    shard->index = index;
    for (uint16_t to = 0; to < SHARDS_MAX; to++)
        shard->to[to].last = &shard->to[to].first;
    shard->engine = engine_create(&options);
    assert(shard->engine);
}

struct sim *sim_create(uint16_t shards, const char *attributes, const char *children)
{
    struct sim *sim = calloc(1, sizeof *sim);
    struct text_error why;

    assert(sim && shards > 0 && shards <= SHARDS_MAX);
    sim->shards = shards;
    sim->now_ms = 1000;
    sim->config = load(attributes, children);
    if (auth_realm_create(&sim->config->security, &sim->realm, &why) != 0)
        abort();
    for (uint16_t i = 0; i < shards; i++)
        start_shard(sim, i);
    for (uint16_t i = 0; i < shards; i++)
        engine_start(sim->shard[i].engine);
    sim_run(sim);
    return sim;
}

static void free_consumer(struct sim_consumer *consumer)
{
    for (size_t i = 0; i < consumer->count; i++)
        message_unref(consumer->deliveries[i].message);
    free(consumer->deliveries);
    free(consumer);
}

void sim_destroy(struct sim *sim)
{
    for (struct sim_client *client = sim->clients; client; client = client->next)
        sim_close(client);
    sim_run(sim);
    for (uint16_t i = 0; i < sim->shards; i++)
        engine_destroy(sim->shard[i].engine);
    while (sim->consumers) {
        struct sim_consumer *next = sim->consumers->next;

        free_consumer(sim->consumers);
        sim->consumers = next;
    }
    while (sim->clients) {
        struct sim_client *next = sim->clients->next;

        free(sim->clients);
        sim->clients = next;
    }
    auth_realm_unref(sim->realm);
    config_destroy(sim->config);
    free(sim);
}

/*
 * Clients take notes.
 */
static void note_delivery(void *session, const struct engine_delivery *delivery)
{
    struct sim_consumer *consumer = delivery->context;
    size_t capacity = consumer->capacity ? consumer->capacity * 2 : 16;

    (void)session;
    assert(!consumer->ended && !consumer->browse_ended);
    if (!delivery->message) {
        consumer->browse_ended = true;
        return;
    }
    if (consumer->count == consumer->capacity) {
        consumer->deliveries =
            realloc(consumer->deliveries, capacity * sizeof *consumer->deliveries);
        assert(consumer->deliveries);
        consumer->capacity = capacity;
    }
    consumer->deliveries[consumer->count++] =
        (struct sim_delivery){.message = message_ref(delivery->message),
                              .tag = delivery->tag,
                              .redelivery_count = delivery->redelivery_count,
                              .group_first = delivery->group_first};
}

static void note_completion(void *session, const struct engine_completion *completion)
{
    struct sim_client *client = session;

    client->answers++;
    client->error = completion->error;
    snprintf(client->text, sizeof client->text, "%s", completion->text);
}

static void note_end(void *session, void *context, const char *why)
{
    struct sim_consumer *consumer = context;

    (void)session;
    (void)why;
    consumer->ended = true;
    consumer->consumer = NULL;
}

static void note_throttle(void *session, bool stop)
{
    ((struct sim_client *)session)->throttled = stop;
}

static void note_disconnect(void *session, const char *why)
{
    (void)why;
    ((struct sim_client *)session)->disconnected = true;
}

static const struct engine_client_ops ops = {
    .deliver = note_delivery,
    .completed = note_completion,
    .consumer_ended = note_end,
    .throttle = note_throttle,
    .disconnect = note_disconnect,
};

struct sim_client *sim_client_as(struct sim *sim, uint16_t shard, const char *client_id)
{
    struct sim_client *client = calloc(1, sizeof *client);
    struct engine_client_spec spec = {.client_id = slice_of_text(client_id),
                                      .remote_address = SLICE("tcp://127.0.0.1:1"),
                                      .connector_name = SLICE("sim"),
                                      .request = 1};

    assert(client && shard < sim->shards);
    client->sim = sim;
    client->shard = shard;
    client->request = 1;
    client->next = sim->clients;
    sim->clients = client;
    client->client = engine_client_open(sim_engine(sim, shard), &spec, &ops, client);
    assert(client->client);
    sim_run(sim);
    return client;
}

struct sim_client *sim_client(struct sim *sim, uint16_t shard)
{
    return sim_client_as(sim, shard, NULL);
}

void sim_close(struct sim_client *client)
{
    if (!client->client)
        return;
    engine_client_close(client->client);
    client->client = NULL;
    for (struct sim_consumer *consumer = client->sim->consumers; consumer;
         consumer = consumer->next)
        if (consumer->client == client)
            consumer->consumer = NULL;
}

struct destination_name sim_name(const char *text)
{
    for (unsigned i = 0; i < DESTINATION_KIND_COUNT; i++) {
        enum destination_kind kind = (enum destination_kind)i;
        struct slice prefix = slice_of_text(destination_kind_prefix(kind));
        struct slice name = slice_of_text(text);

        if (slice_starts_with(name, prefix))
            return (struct destination_name){kind, slice_after(name, prefix.len)};
    }
    abort();
}

void sim_send_draft(struct sim_client *client, const char *to, const char *body,
                    struct message_draft draft)
{
    struct message *message;

    draft.destination = sim_name(to);
    draft.body_kind = BODY_TEXT;
    draft.body = slice_of_text(body);
    engine_stamp(client->client, &draft);
    message = message_create(&draft);
    assert(message);
    engine_send(client->client, message, NULL, ++client->request);
}

void sim_send(struct sim_client *client, const char *to, const char *body)
{
    sim_send_draft(client, to, body, (struct message_draft){.persistent = true, .priority = 4});
}

struct sim_consumer *sim_subscribe(struct sim_client *client, const char *to,
                                   struct engine_subscribe_spec spec)
{
    struct sim_consumer *consumer = calloc(1, sizeof *consumer);

    assert(consumer);
    consumer->client = client;
    consumer->next = client->sim->consumers;
    client->sim->consumers = consumer;
    spec.destination = sim_name(to);
    spec.context = consumer;
    if (spec.prefetch == 0)
        spec.prefetch = PREFETCH;
    spec.request = ++client->request;
    consumer->consumer = engine_subscribe(client->client, &spec);
    return consumer;
}

void sim_unsubscribe(struct sim_consumer *consumer)
{
    assert(consumer->consumer);
    engine_unsubscribe(consumer->consumer, UINT64_MAX, ++consumer->client->request);
    consumer->consumer = NULL;
}

void sim_acknowledge(struct sim_consumer *consumer, enum acknowledgement_kind kind, size_t from,
                     size_t to)
{
    assert(from <= to && to < consumer->count && consumer->consumer);
    engine_acknowledge(consumer->consumer, kind, consumer->deliveries[from].tag,
                       consumer->deliveries[to].tag, NULL, ++consumer->client->request);
}

void sim_ack(struct sim_consumer *consumer, size_t from, size_t to)
{
    sim_acknowledge(consumer, ACKNOWLEDGE_CONSUMED, from, to);
}

/*
 * What was delivered, as text.
 */
const char *sim_bodies(const struct sim_consumer *consumer)
{
    struct sim *sim = consumer->client->sim;
    size_t len = 0;

    sim->text[0] = '\0';
    for (size_t i = 0; i < consumer->count; i++) {
        struct slice body = message_part(consumer->deliveries[i].message, MESSAGE_BODY);

        assert(len + body.len + 2 < TEXT_MAX);
        len += (size_t)snprintf(sim->text + len, TEXT_MAX - len, "%s%.*s", i > 0 ? " " : "",
                                SLICE_FMT(body));
    }
    return sim->text;
}

const char *sim_property(const struct sim_consumer *consumer, size_t delivery, const char *name)
{
    struct sim *sim = consumer->client->sim;
    struct value value;

    assert(delivery < consumer->count);
    sim->text[0] = '\0';
    if (!property_find(message_part(consumer->deliveries[delivery].message, MESSAGE_PROPERTIES),
                       slice_of_text(name), &value))
        return sim->text;
    if (value.type == VALUE_BOOL)
        snprintf(sim->text, TEXT_MAX, "%s", value.boolean ? "true" : "false");
    else if (value.type >= VALUE_STRING)
        snprintf(sim->text, TEXT_MAX, "%.*s", SLICE_FMT(value.text));
    else
        snprintf(sim->text, TEXT_MAX, "%" PRId64, value.integer);
    return sim->text;
}
