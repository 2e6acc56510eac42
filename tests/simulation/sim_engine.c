/* SPDX-License-Identifier: Apache-2.0 */
#include "sim_engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "shard.h"

enum { SHARDS_MAX = 8, TEXT_MAX = 65536, PREFETCH = 1000 };
static const int64_t wall_at_zero_ms = INT64_C(1700000000000);

struct parcel {
    struct parcel *next;
    struct mail mail;
};

struct sim_answer {
    int error;
    char *text;
};

/* Mails of one shard to another. */
struct lane {
    struct parcel *first, **last;
    bool held;
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
    uint64_t delivery_count;
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

static uint64_t scheduled_of_others(void *arg)
{
    const struct shard *shard = arg;
    uint64_t sum = 0;

    for (uint16_t i = 0; i < shard->sim->shards; i++)
        if (i != shard->index && shard->sim->shard[i].engine)
            sum += engine_scheduled(shard->sim->shard[i].engine);
    return sum;
}

static bool serve(struct sim *sim, struct shard *from, uint16_t to)
{
    struct lane *lane = &from->to[to];
    struct parcel *parcel = lane->first;

    if (!parcel || lane->held)
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

uint64_t sim_random(struct sim *sim, uint64_t below)
{
    return (draw(sim) * UINT64_C(0x2545F4914F6CDD1D) >> 16) % below;
}

bool sim_step(struct sim *sim)
{
    return serve_some(sim);
}

void sim_hold(struct sim *sim, uint16_t from, uint16_t to, bool hold)
{
    sim->shard[from].to[to].held = hold;
}

uint16_t sim_shards(const struct sim *sim)
{
    return sim->shards;
}

static void show_time(struct sim *sim, uint16_t shard)
{
    engine_advance(sim->shard[shard].engine, sim->now_ms, wall_at_zero_ms + sim->now_ms);
}

void sim_run(struct sim *sim)
{
    do {
        while (serve_some(sim))
            if (sim->random && sim_random(sim, 8) == 0)
                show_time(sim, (uint16_t)sim_random(sim, sim->shards));
        for (uint16_t i = 0; i < sim->shards; i++)
            show_time(sim, i); /* as at the end of each turn of a worker */
    } while (serve_some(sim));
}

uint64_t sim_memory(const struct sim *sim)
{
    uint64_t sum = 0;

    for (uint16_t i = 0; i < sim->shards; i++)
        sum += engine_memory(sim->shard[i].engine);
    return sum;
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

    sim_run(sim);
    do {
        int64_t next = next_ms(sim);

        if (next <= sim->now_ms)
            next = sim->now_ms + 1;
        sim->now_ms = next < until_ms ? next : until_ms;
        for (uint16_t i = 0; i < sim->shards; i++)
            show_time(sim, i);
        sim_run(sim);
    } while (sim->now_ms < until_ms);
}

int64_t sim_wall_ms(const struct sim *sim)
{
    return wall_at_zero_ms + sim->now_ms;
}

struct config *sim_config(struct sim *sim)
{
    return sim->config;
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
        .broker_url = "tcp://sim:61616",
        .host = {.send = post,
                 .memory_of_others = memory_of_others,
                 .arg = shard,
                 .scheduled_of_others = scheduled_of_others},
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

static void free_client(struct sim_client *client)
{
    for (size_t i = 0; i < client->by_request_capacity; i++)
        free(client->by_request[i].text);
    free(client->by_request);
    auth_principal_unref(client->principal);
    free(client);
}

void sim_destroy(struct sim *sim)
{
    for (struct sim_client *client = sim->clients; client; client = client->next)
        sim_close(client);
    sim_run(sim);
    for (uint16_t i = 0; i < sim->shards; i++) {
        assert(sim->shard[i].engine->operations.count == 0);
        assert(sim->shard[i].engine->consumers.count == 0);
    }
    for (uint16_t i = 0; i < sim->shards; i++)
        engine_destroy(sim->shard[i].engine);
    assert(!serve_some(sim));
    while (sim->consumers) {
        struct sim_consumer *next = sim->consumers->next;

        free_consumer(sim->consumers);
        sim->consumers = next;
    }
    while (sim->clients) {
        struct sim_client *next = sim->clients->next;

        free_client(sim->clients);
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

    assert(!consumer->ended && !consumer->browse_ended && consumer->client == session);
    assert(consumer->client->client && !consumer->client->congested);
    assert(sim_answer(consumer->client, consumer->request) == ENGINE_OK);
    assert(!consumer->consumer || consumer->consumer == delivery->consumer);
    if (!delivery->message) {
        consumer->browse_ended = consumer->is_browser;
        consumer->nothings += !consumer->is_browser;
        return;
    }
    assert(delivery->tag > consumer->last_tag);
    consumer->last_tag = delivery->tag;
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
                              .group_first = delivery->group_first,
                              .order = ++consumer->client->sim->delivery_count};
}

static uint64_t new_request(struct sim_client *client)
{
    size_t capacity = client->by_request_capacity;
    uint64_t request = ++client->request;

    if (request >= capacity) {
        client->by_request_capacity = capacity ? capacity * 2 : 16;
        client->by_request =
            realloc(client->by_request, client->by_request_capacity * sizeof *client->by_request);
        assert(client->by_request);
        for (size_t i = capacity; i < client->by_request_capacity; i++)
            client->by_request[i] = (struct sim_answer){SIM_PENDING, NULL};
    }
    return request;
}

int sim_answer(const struct sim_client *client, uint64_t request)
{
    assert(request > 0 && request <= client->request);
    return client->by_request[request].error;
}

const char *sim_answer_text(const struct sim_client *client, uint64_t request)
{
    assert(sim_answer(client, request) != SIM_PENDING);
    return client->by_request[request].text;
}

static void drop_refused(struct sim_client *client, uint64_t request)
{
    for (struct sim_consumer *consumer = client->sim->consumers; consumer;
         consumer = consumer->next)
        if (consumer->client == client && consumer->request == request)
            consumer->consumer = NULL;
}

static void note_completion(void *session, const struct engine_completion *completion)
{
    struct sim_client *client = session;
    uint64_t request = completion->request;

    if (request == 0) {
        assert(completion->error != ENGINE_OK);
        client->failures++;
        snprintf(client->failure, sizeof client->failure, "%s", completion->text);
        return;
    }
    client->answers++;
    client->error = completion->error;
    snprintf(client->text, sizeof client->text, "%s", completion->text);
    assert(sim_answer(client, request) == SIM_PENDING);
    client->by_request[request].error = (int)completion->error;
    client->by_request[request].text = strdup(completion->text);
    if (completion->error != ENGINE_OK)
        drop_refused(client, request);
}

static void note_end(void *session, void *context, const char *why)
{
    struct sim_consumer *consumer = context;

    assert(consumer->client == session && !consumer->ended);
    consumer->ended = true;
    consumer->consumer = NULL;
    snprintf(consumer->why, sizeof consumer->why, "%s", why);
}

static void note_throttle(void *session, bool stop)
{
    struct sim_client *client = session;

    assert(client->throttled != stop);
    client->throttled = stop;
    client->throttle_count += stop;
}

static void note_disconnect(void *session, const char *why)
{
    struct sim_client *client = session;

    client->disconnected = true;
    snprintf(client->disconnect_reason, sizeof client->disconnect_reason, "%s", why);
}

static void note_kept(void *session, struct slice bytes)
{
    struct sim_client *client = session;

    assert(sim_answer(client, 1) == SIM_PENDING && client->kept[0] == '\0');
    snprintf(client->kept, sizeof client->kept, "%.*s", SLICE_FMT(bytes));
}

static int compare_xids(const void *a, const void *b)
{
    const struct slice *x = a, *y = b;
    int order = memcmp(x->bytes, y->bytes, x->len < y->len ? x->len : y->len);

    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static void note_recovered(void *session, uint64_t request, const struct slice *xids, size_t count)
{
    struct sim_client *client = session;
    struct slice *sorted = malloc((count + 1) * sizeof *sorted);
    size_t len = 0;

    assert(sim_answer(client, request) == SIM_PENDING && sorted);
    memcpy(sorted, xids, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_xids);
    client->recovered[0] = '\0';
    for (size_t i = 0; i < count && len < sizeof client->recovered; i++)
        len += (size_t)snprintf(client->recovered + len, sizeof client->recovered - len, "%s%.*s",
                                i > 0 ? " " : "", SLICE_FMT(sorted[i]));
    free(sorted);
}

static const struct engine_client_ops ops = {
    .deliver = note_delivery,
    .completed = note_completion,
    .consumer_ended = note_end,
    .throttle = note_throttle,
    .disconnect = note_disconnect,
    .kept = note_kept,
    .recovered = note_recovered,
};

struct sim_client *sim_client_open(struct sim *sim, const struct sim_client_spec *wanted)
{
    struct sim_client *client = calloc(1, sizeof *client);
    struct auth_credentials credentials = {.user = slice_of_text(wanted->user),
                                           .password = slice_of_text(wanted->password),
                                           .remote_address = "tcp://127.0.0.1:1"};
    struct engine_client_spec spec = {.client_id = slice_of_text(wanted->client_id),
                                      .user_name = slice_of_text(wanted->user),
                                      .remote_address = SLICE("tcp://127.0.0.1:1"),
                                      .connector_name = SLICE("sim"),
                                      .connection_id = slice_of_text(wanted->connection_id),
                                      .steal_link = wanted->steal,
                                      .wants_kept = wanted->wants_kept};
    struct text_error why;

    assert(client);
    client->sim = sim;
    client->shard = (uint16_t)(wanted->shard % sim->shards);
    spec.request = new_request(client);
    client->next = sim->clients;
    sim->clients = client;
    if (auth_authenticate(sim->realm, &credentials, &client->principal, &why) != 0)
        abort();
    spec.principal = client->principal;
    if (wanted->remote_address)
        spec.remote_address = slice_of_text(wanted->remote_address);
    client->client = engine_client_open(sim_engine(sim, client->shard), &spec, &ops, client);
    assert(client->client);
    return client;
}

struct sim_client *sim_client_as(struct sim *sim, uint16_t shard, const char *client_id)
{
    struct sim_client *client =
        sim_client_open(sim, &(struct sim_client_spec){.shard = shard, .client_id = client_id});

    sim_run(sim);
    return client;
}

struct sim_client *sim_client(struct sim *sim, uint16_t shard)
{
    return sim_client_as(sim, shard, NULL);
}

void sim_congest(struct sim_client *client, bool congested)
{
    client->congested = congested;
    engine_client_set_congested(client->client, congested);
}

void sim_close(struct sim_client *client)
{
    sim_close_keeping(client, NULL);
}

void sim_close_keeping(struct sim_client *client, const char *bytes)
{
    if (!client->client)
        return;
    engine_client_close_keeping(client->client, slice_of_text(bytes));
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
    return (struct destination_name){DESTINATION_QUEUE, slice_of_text(text)};
}

uint64_t sim_send_in(struct sim_client *client, const char *to, const char *body,
                     struct message_draft draft, struct engine_transaction *transaction,
                     bool with_request)
{
    uint64_t request = with_request ? new_request(client) : 0;
    struct message *message;

    draft.destination = sim_name(to);
    if (!slice_is_present(draft.body)) {
        draft.body_kind = BODY_TEXT;
        draft.body = slice_of_text(body);
    }
    engine_stamp(client->client, &draft);
    message = message_create(&draft);
    assert(message);
    engine_send(client->client, message, transaction, request);
    return request;
}

uint64_t sim_send_draft(struct sim_client *client, const char *to, const char *body,
                        struct message_draft draft)
{
    return sim_send_in(client, to, body, draft, NULL, true);
}

uint64_t sim_send(struct sim_client *client, const char *to, const char *body)
{
    return sim_send_draft(client, to, body,
                          (struct message_draft){.persistent = true, .priority = 4});
}

struct sim_consumer *sim_subscribe(struct sim_client *client, const char *to,
                                   struct engine_subscribe_spec spec)
{
    struct sim_consumer *consumer = calloc(1, sizeof *consumer);
    struct engine_consumer *handle;

    assert(consumer);
    consumer->client = client;
    consumer->next = client->sim->consumers;
    client->sim->consumers = consumer;
    spec.destination = sim_name(to);
    spec.context = consumer;
    consumer->is_browser = spec.browser;
    if (spec.prefetch == 0)
        spec.prefetch = PREFETCH;
    else if (spec.prefetch == SIM_PULLS)
        spec.prefetch = 0;
    spec.request = consumer->request = new_request(client);
    handle = engine_subscribe(client->client, &spec);
    assert(handle || sim_answer(client, consumer->request) > ENGINE_OK);
    assert(!handle || sim_answer(client, consumer->request) <= ENGINE_OK);
    consumer->consumer = handle;
    return consumer;
}

struct sim_consumer *sim_listen(struct sim_client *client, const char *to, uint32_t prefetch)
{
    return sim_subscribe(client, to, (struct engine_subscribe_spec){.prefetch = prefetch});
}

void sim_pull(struct sim_consumer *consumer, int64_t timeout_ms)
{
    assert(consumer->consumer);
    engine_pull(consumer->consumer, timeout_ms);
}

void sim_set_prefetch(struct sim_consumer *consumer, uint32_t prefetch)
{
    assert(consumer->consumer);
    engine_set_prefetch(consumer->consumer, prefetch);
}

uint64_t sim_unsubscribe_delivered(struct sim_consumer *consumer, uint64_t delivered_tag)
{
    uint64_t request = new_request(consumer->client);

    assert(consumer->consumer);
    engine_unsubscribe(consumer->consumer, delivered_tag, request);
    consumer->consumer = NULL;
    return request;
}

uint64_t sim_unsubscribe(struct sim_consumer *consumer)
{
    return sim_unsubscribe_delivered(consumer, UINT64_MAX);
}

uint64_t sim_settle_tags(struct sim_consumer *consumer, enum acknowledgement_kind kind,
                         uint64_t first_tag, uint64_t last_tag,
                         struct engine_transaction *transaction)
{
    uint64_t request = new_request(consumer->client);

    assert(consumer->consumer);
    for (size_t i = 0; i < consumer->count && kind != ACKNOWLEDGE_DELIVERED && !transaction; i++)
        if (consumer->deliveries[i].tag >= first_tag && consumer->deliveries[i].tag <= last_tag)
            consumer->deliveries[i].settled = true;
    engine_acknowledge(consumer->consumer, kind, first_tag, last_tag, transaction, request);
    return request;
}

static bool has_body(const struct sim_delivery *delivery, const char *body)
{
    return slice_is(message_part(delivery->message, MESSAGE_BODY), body);
}

uint64_t sim_tag(const struct sim_consumer *consumer, const char *body)
{
    for (size_t i = consumer->count; i-- > 0;)
        if (!consumer->deliveries[i].settled && has_body(&consumer->deliveries[i], body))
            return consumer->deliveries[i].tag;
    fprintf(stderr, "no unsettled delivery of \"%s\"\n", body);
    abort();
}

uint64_t sim_settle(struct sim_consumer *consumer, enum acknowledgement_kind kind, const char *body,
                    struct engine_transaction *transaction)
{
    uint64_t tag = sim_tag(consumer, body);

    return sim_settle_tags(consumer, kind, tag, tag, transaction);
}

uint64_t sim_consume(struct sim_consumer *consumer, const char *body)
{
    return sim_settle(consumer, ACKNOWLEDGE_CONSUMED, body, NULL);
}

uint64_t sim_poison(struct sim_consumer *consumer, const char *body, const char *cause)
{
    uint64_t request = new_request(consumer->client), tag = sim_tag(consumer, body);

    for (size_t i = 0; i < consumer->count; i++)
        consumer->deliveries[i].settled |= consumer->deliveries[i].tag == tag;
    engine_poison(consumer->consumer, tag, tag, slice_of_text(cause), request);
    return request;
}

void sim_consume_all(struct sim_consumer *consumer)
{
    if (consumer->last_tag > 0)
        sim_settle_tags(consumer, ACKNOWLEDGE_CONSUMED, 1, consumer->last_tag, NULL);
}

struct engine_transaction *sim_begin(struct sim_client *client)
{
    struct engine_transaction *transaction = engine_begin(client->client);

    assert(transaction);
    return transaction;
}

struct engine_transaction *sim_begin_xa(struct sim_client *client, const char *xid)
{
    struct engine_transaction *transaction =
        engine_xa_begin(client->client, slice_of_text(xid), new_request(client));

    assert(transaction);
    return transaction;
}

uint64_t sim_commit(struct sim_client *client, struct engine_transaction *transaction)
{
    uint64_t request = new_request(client);

    engine_commit(transaction, request);
    return request;
}

uint64_t sim_rollback(struct sim_client *client, struct engine_transaction *transaction)
{
    uint64_t request = new_request(client);

    engine_rollback(transaction, request);
    return request;
}

uint64_t sim_prepare(struct sim_client *client, struct engine_transaction *transaction,
                     const char *xid)
{
    uint64_t request = new_request(client);

    engine_prepare(transaction, slice_of_text(xid), request);
    return request;
}

uint64_t sim_xa_commit(struct sim_client *client, const char *xid)
{
    uint64_t request = new_request(client);

    engine_xa_commit(client->client, slice_of_text(xid), request);
    return request;
}

uint64_t sim_xa_rollback(struct sim_client *client, const char *xid)
{
    uint64_t request = new_request(client);

    engine_xa_rollback(client->client, slice_of_text(xid), request);
    return request;
}

const char *sim_recover(struct sim_client *client)
{
    uint64_t request = new_request(client);

    engine_xa_recover(client->client, request);
    sim_run(client->sim);
    assert(sim_answer(client, request) == ENGINE_OK);
    return client->recovered;
}

uint64_t sim_create_temp(struct sim_client *client, const char *name)
{
    uint64_t request = new_request(client);

    engine_create_temp(client->client, sim_name(name), request);
    return request;
}

uint64_t sim_remove_destination(struct sim_client *client, const char *name)
{
    uint64_t request = new_request(client);

    engine_remove_destination(client->client, sim_name(name), false, request);
    return request;
}

uint64_t sim_remove_forced(struct sim_client *client, const char *name)
{
    uint64_t request = new_request(client);

    engine_remove_destination(client->client, sim_name(name), true, request);
    return request;
}

uint64_t sim_create_destination(struct sim_client *client, const char *name)
{
    uint64_t request = new_request(client);

    engine_create_destination(client->client, sim_name(name), request);
    return request;
}

struct engine_producer *sim_produce(struct sim_client *client, const char *to, const char *id)
{
    struct engine_producer_spec spec = {.producer_id = slice_of_text(id),
                                        .request = new_request(client)};

    if (to)
        spec.destination = sim_name(to);
    return engine_producer_open(client->client, &spec);
}

uint64_t sim_remove_durable(struct sim_client *client, const char *name)
{
    uint64_t request = new_request(client);

    engine_remove_durable(client->client, slice_of_text(name), request);
    return request;
}

void sim_acknowledge(struct sim_consumer *consumer, enum acknowledgement_kind kind, size_t from,
                     size_t to)
{
    assert(from <= to && to < consumer->count && consumer->consumer);
    sim_settle_tags(consumer, kind, consumer->deliveries[from].tag, consumer->deliveries[to].tag,
                    NULL);
}

void sim_ack(struct sim_consumer *consumer, size_t from, size_t to)
{
    sim_acknowledge(consumer, ACKNOWLEDGE_CONSUMED, from, to);
}

/*
 * What was delivered, as text.
 */
const char *sim_take(struct sim_consumer *consumer)
{
    struct sim *sim = consumer->client->sim;
    size_t len = 0;

    sim->text[0] = '\0';
    for (; consumer->taken < consumer->count; consumer->taken++) {
        const struct sim_delivery *delivery = &consumer->deliveries[consumer->taken];
        struct slice body = message_part(delivery->message, MESSAGE_BODY);

        assert(len + body.len + 16 < TEXT_MAX);
        len += (size_t)snprintf(sim->text + len, TEXT_MAX - len, "%s%.*s", len > 0 ? " " : "",
                                SLICE_FMT(body));
        if (delivery->redelivery_count > 0)
            len += (size_t)snprintf(sim->text + len, TEXT_MAX - len, "+%" PRIu32,
                                    delivery->redelivery_count);
    }
    return sim->text;
}

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

static const char *show_entry(const struct sim_consumer *consumer, size_t delivery,
                              enum message_part part, const char *name)
{
    struct sim *sim = consumer->client->sim;
    struct value value;

    assert(delivery < consumer->count);
    sim->text[0] = '\0';
    if (!property_find(message_part(consumer->deliveries[delivery].message, part),
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

const char *sim_property(const struct sim_consumer *consumer, size_t delivery, const char *name)
{
    return show_entry(consumer, delivery, MESSAGE_PROPERTIES, name);
}

const char *sim_field(const struct sim_consumer *consumer, size_t delivery, const char *name)
{
    return show_entry(consumer, delivery, MESSAGE_BODY, name);
}
