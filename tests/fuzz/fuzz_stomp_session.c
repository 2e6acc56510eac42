/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever a client sends, in whatever pieces: two sessions on a real engine survive it, take no
 * byte twice, and the engine ends empty of clients. In the input, byte 0xff ends a piece; the
 * byte after it says which session is next and what happens meanwhile.
 */
#include "base/log.h"
#include "stomp/stomp_session.h"
#include <stdlib.h>

enum { SESSIONS = 2 };

struct output {
    uint64_t total;
    uint8_t room[OUTPUT_RESERVE_MAX];
};

struct peer {
    struct stomp_session *session;
    struct output output;
    uint8_t *input; /* exactly as long as its bytes: ASan sees a read of one too many */
    size_t input_len;
    bool is_paused, is_closed;
};

static void check(bool holds)
{
    if (!holds)
        abort();
}

uint8_t *output_reserve(struct output *output, size_t len)
{
    check(len <= OUTPUT_RESERVE_MAX);
    return output->room;
}

void output_commit(struct output *output, size_t len)
{
    check(len <= OUTPUT_RESERVE_MAX);
    output->total += len;
}

void output_add(struct output *output, struct slice bytes)
{
    output->total += bytes.len;
}

void output_add_shared(struct output *output, struct slice bytes, void (*release)(void *owner),
                       void *owner)
{
    output->total += bytes.len;
    release(owner);
}

static uint64_t written(void *arg)
{
    return ((struct peer *)arg)->output.total;
}

static void pause_reading(void *arg)
{
    ((struct peer *)arg)->is_paused = true;
}

static void resume_reading(void *arg)
{
    ((struct peer *)arg)->is_paused = false;
}

static void close_peer(void *arg)
{
    ((struct peer *)arg)->is_closed = true;
}

static void nothing_to_send(void *arg, uint16_t to, const struct mail *mail)
{
    (void)arg;
    (void)to;
    (void)mail;
    abort(); /* there is one shard only */
}

static uint64_t no_memory_elsewhere(void *arg)
{
    (void)arg;
    return 0;
}

static void receive(struct peer *peer, const uint8_t *bytes, size_t len)
{
    uint8_t *joined = malloc(peer->input_len + len + 1);
    size_t used;

    check(joined != NULL);
    if (peer->input_len > 0)
        memcpy(joined, peer->input, peer->input_len);
    if (len > 0)
        memcpy(joined + peer->input_len, bytes, len);
    free(peer->input);
    peer->input = joined;
    peer->input_len += len;
    if (peer->is_closed || peer->is_paused)
        return;
    used = stomp_session_receive(peer->session, slice_of(peer->input, peer->input_len));
    check(used <= peer->input_len);
    peer->input_len -= used;
    memmove(peer->input, peer->input + used, peer->input_len);
}

static void run(struct engine *engine, struct wheel *wheel, struct peer *peers, struct slice in)
{
    struct peer *peer = &peers[0];

    while (in.len > 0) {
        const uint8_t *end = memchr(in.bytes, 0xff, in.len);
        const size_t len = end ? (size_t)(end - in.bytes) : in.len;
        uint8_t what = 0;

        receive(peer, in.bytes, len);
        in = slice_after(in, end ? len + 1 : len);
        if (in.len > 0) {
            what = in.bytes[0];
            in = slice_after(in, 1);
        }
        if (what & 2)
            stomp_session_sent(peer->session, peer->output.total);
        if (what & 4) {
            wheel_advance(wheel, wheel->now_ms + 1 + (what >> 4) * 500);
            engine_advance(engine, wheel->now_ms, 1000000 + wheel->now_ms);
        }
        peer = &peers[what & 1];
    }
}

static const struct log_scope scope = {.module = "fuzz"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config config;
    static const struct config_transport_connector transport = {.name = "s", .scheme = "stomp"};
    struct auth_realm *realm;
    struct text_error why;
    struct wheel wheel;
    struct peer *peers = calloc(SESSIONS, sizeof *peers);
    struct stomp_connector connector;
    struct engine_options options = {
        .shards = 1, .config = &config, .id_base = "ID:fuzz-1-2", .now_ms = 1, .wall_ms = 1000000};
    struct engine *engine;
    struct stomp_worker *worker;

    log_configure(LOG_ERROR, LOG_FORMAT_TEXT, 2);
    config = (struct config){.broker_name = "fuzz",
                             .force_persistency = -1,
                             .advisory_support = true,
                             .use_virtual_topics = true,
                             .allow_temp_auto_creation = true};
    config.settings = (struct config_settings){.output_bytes_max = 65536,
                                               .connection_subscriptions_max = 20,
                                               .connection_temps_max = 10,
                                               .transaction_bytes_max = 65536};
    config_policy_init(&config.policies.fallback);
    check(auth_realm_create(&config.security, &realm, &why) == 0);
    options.realm = realm;
    options.host =
        (struct engine_host){.send = nothing_to_send, .memory_of_others = no_memory_elsewhere};
    wheel_init(&wheel, 1);
    engine = engine_create(&options);
    check(engine && peers);
    engine_start(engine);
    worker = stomp_worker_create(engine, &wheel);
    stomp_connector_init(&connector, &transport, &config);
    for (int i = 0; i < SESSIONS; i++) {
        const struct wire wire = {&peers[i].output, written,    pause_reading,
                                  resume_reading,   close_peer, &peers[i]};

        peers[i].session = stomp_session_create(worker, &connector, &wire, scope, "tcp://1:1");
        check(peers[i].session);
    }
    run(engine, &wheel, peers, slice_of(data, size));
    for (int i = 0; i < SESSIONS; i++) {
        stomp_session_destroy(peers[i].session);
        free(peers[i].input);
    }
    stomp_worker_destroy(worker);
    engine_destroy(engine);
    auth_realm_unref(realm);
    free(peers);
    return 0;
}
