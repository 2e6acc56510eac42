/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever a client sends behind a proper handshake, in whatever pieces: two sessions on a real
 * engine survive it, take no byte twice, and the engine ends empty of clients. The input is a row
 * of steps: a byte that says for which session and what happens afterwards, two bytes of length,
 * and that many bytes, in front of which the length of a frame may be put.
 */
#include "base/log.h"
#include "openwire/openwire_session.h"
#include <stdlib.h>

enum { SESSIONS = 2, STEP_HEAD = 3 };
enum step { STEP_SECOND = 1, STEP_SENT = 2, STEP_TIME = 4, STEP_FRAME = 8, STEP_END = 16 };

struct output {
    uint64_t total;
    uint8_t room[OUTPUT_RESERVE_MAX];
};

struct peer {
    struct openwire_session *session;
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

/* Reads every byte: what is sent must be there. */
void output_add(struct output *output, struct slice bytes)
{
    unsigned sum = 0;

    for (size_t i = 0; i < bytes.len; i++)
        sum += bytes.bytes[i];
    output->room[0] = (uint8_t)sum;
    output->total += bytes.len;
}

void output_add_shared(struct output *output, struct slice bytes, void (*release)(void *owner),
                       void *owner)
{
    output_add(output, bytes);
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

static void receive(struct peer *peer, struct slice bytes)
{
    uint8_t *joined = malloc(peer->input_len + bytes.len + 1);
    size_t used;

    check(joined != NULL);
    if (peer->input_len > 0)
        memcpy(joined, peer->input, peer->input_len);
    if (bytes.len > 0)
        memcpy(joined + peer->input_len, bytes.bytes, bytes.len);
    free(peer->input);
    peer->input = joined;
    peer->input_len += bytes.len;
    if (peer->is_closed || peer->is_paused)
        return;
    used = openwire_session_receive(peer->session, slice_of(peer->input, peer->input_len));
    check(used <= peer->input_len);
    peer->input_len -= used;
    memmove(peer->input, peer->input + used, peer->input_len);
}

static void receive_object(struct peer *peer, struct ow_writer *writer,
                           const struct ow_object *object)
{
    struct ow_frame frame;

    check(ow_write(writer, object, &frame) == OW_OK);
    receive(peer, frame.head);
}

/* WireFormatInfo, and a connection "a" or "b" with session 1. */
static void shake_hands(struct peer *peer, const struct ow_offer *offer, const char *name)
{
    const struct slice text = slice_of_text(name);
    const struct ow_connection_id id = {{OW_CONNECTION_ID}, text};
    const struct ow_session_id session_id = {{OW_SESSION_ID}, text, 1};
    const struct ow_connection_info connection = {.command = {{OW_CONNECTION_INFO}, 1, true},
                                                  .connection_id = &id,
                                                  .client_id = text,
                                                  .fault_tolerant = true,
                                                  .manageable = true};
    const struct ow_session_info session = {{{OW_SESSION_INFO}, 2, false}, &session_id};
    const struct ow_format format = {.version = offer->version, .stack_trace = true};
    struct ow_writer *writer = ow_writer_create();
    uint8_t scratch[OW_OFFER_BYTES_MAX];
    struct ow_wire_format_info info;

    check(writer != NULL);
    ow_offer_write(offer, &info, scratch);
    receive_object(peer, writer, &info.object);
    check(ow_writer_set_format(writer, &format) == 0);
    receive_object(peer, writer, &connection.command.object);
    receive_object(peer, writer, &session.command.object);
    ow_writer_destroy(writer);
    check(!peer->is_closed);
}

static void step(struct peer *peer, uint8_t what, struct slice bytes)
{
    const uint8_t len[] = {0, 0, (uint8_t)(bytes.len >> 8), (uint8_t)bytes.len};

    if (what & STEP_FRAME)
        receive(peer, slice_of(len, sizeof len));
    receive(peer, bytes);
    if (what & STEP_SENT)
        openwire_session_sent(peer->session, peer->output.total);
}

static void pass_time(struct engine *engine, struct wheel *wheel, int64_t ms)
{
    wheel_advance(wheel, wheel->now_ms + ms);
    engine_advance(engine, wheel->now_ms, 1000000 + wheel->now_ms);
}

static void end_session(struct peer *peer)
{
    openwire_session_destroy(peer->session);
    free(peer->input);
    *peer = (struct peer){.is_closed = true};
}

static void run(struct engine *engine, struct wheel *wheel, struct peer *peers, struct slice in)
{
    while (in.len >= STEP_HEAD) {
        const uint8_t what = in.bytes[0];
        const size_t announced = (size_t)in.bytes[1] << 8 | in.bytes[2];
        struct peer *peer = &peers[what & STEP_SECOND];
        size_t len;

        in = slice_after(in, STEP_HEAD);
        len = announced < in.len ? announced : in.len;
        if (peer->session)
            step(peer, what, slice_of(in.bytes, len));
        if (what & STEP_TIME)
            pass_time(engine, wheel, 1 + (what >> 5) * 5000);
        if (what & STEP_END && peer->session)
            end_session(peer);
        in = slice_after(in, len);
    }
}

static const struct log_scope scope = {.module = "fuzz"};

static void open_peers(struct peer *peers, struct openwire_worker *worker,
                       const struct openwire_connector *connector)
{
    static const char *const names[SESSIONS] = {"a", "b"};

    for (int i = 0; i < SESSIONS; i++) {
        const struct wire wire = {&peers[i].output, written,    pause_reading,
                                  resume_reading,   close_peer, &peers[i]};

        peers[i].session = openwire_session_create(worker, connector, &wire, scope, "tcp://1:1");
        check(peers[i].session);
        shake_hands(&peers[i], &connector->offer, names[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config config;
    static const struct config_transport_connector transport = {
        .name = "o", .scheme = "tcp", .maximum_consumers = 20};
    struct peer *peers = calloc(SESSIONS, sizeof *peers);
    struct engine_options options = {
        .shards = 1, .config = &config, .id_base = "ID:fuzz-1-2", .now_ms = 1, .wall_ms = 1000000};
    struct openwire_connector connector;
    struct openwire_worker *worker;
    struct auth_realm *realm;
    struct engine *engine;
    struct text_error why;
    struct wheel wheel;

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
    config.policies.fallback.queue_cursor = CURSOR_VM;
    config.policies.fallback.memory_limit = 50000;
    check(auth_realm_create(&config.security, &realm, &why) == 0);
    options.realm = realm;
    options.host = (struct engine_host){.send = nothing_to_send,
                                        .memory_of_others = no_memory_elsewhere,
                                        .scheduled_of_others = no_memory_elsewhere};
    wheel_init(&wheel, 1);
    engine = engine_create(&options);
    check(engine && peers);
    engine_start(engine);
    worker = openwire_worker_create(engine, &wheel);
    openwire_connector_init(&connector, &transport, &config);
    connector.broker_url = "tcp://fuzz:1";
    open_peers(peers, worker, &connector);
    run(engine, &wheel, peers, slice_of(data, size));
    for (int i = 0; i < SESSIONS; i++)
        if (peers[i].session)
            end_session(&peers[i]);
    openwire_worker_destroy(worker);
    engine_destroy(engine);
    auth_realm_unref(realm);
    free(peers);
    return 0;
}
