/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SESSION_CASE_H
#define SESSION_CASE_H
/*
 * session_case.h - sessions on one shard of the real engine, in virtual time, and clients that
 * speak with the codec. Include once in a test program.
 */
#include "loop/output.h"
#include "openwire/openwire_session.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { PEERS = 3, CONNECTION_TEXT_MAX = 32, BODY_MAX = 65536 };

struct output {
    struct text bytes;
    uint64_t total;
    uint8_t room[OUTPUT_RESERVE_MAX];
};

struct peer {
    struct openwire_session *session;
    struct ow_reader *reader;
    struct ow_writer *writer;
    struct output output;
    size_t taken; /* of output.bytes */
    char id[CONNECTION_TEXT_MAX];
    int32_t command_id;
    bool is_paused, is_closed;
};

static struct peer peers[PEERS];
static struct config config;
static struct config_transport_connector transport;
static struct config_option options[4];
static struct openwire_connector connector;
static struct auth_realm *realm;
static struct wheel wheel;
static struct engine *engine;
static struct openwire_worker *worker;

uint8_t *output_reserve(struct output *output, size_t len)
{
    cr_assert_leq(len, OUTPUT_RESERVE_MAX);
    return output->room;
}

void output_commit(struct output *output, size_t len)
{
    output_add(output, slice_of(output->room, len));
}

void output_add(struct output *output, struct slice bytes)
{
    text_add(&output->bytes, bytes);
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

static void pause_peer(void *arg)
{
    ((struct peer *)arg)->is_paused = true;
}

static void resume_peer(void *arg)
{
    ((struct peer *)arg)->is_paused = false;
}

static void close_peer(void *arg)
{
    ((struct peer *)arg)->is_closed = true;
}

static void no_mail(void *arg, uint16_t to, const struct mail *mail)
{
    (void)arg;
    (void)to;
    (void)mail;
    cr_assert_fail("there is one shard only");
}

static uint64_t no_memory_elsewhere(void *arg)
{
    (void)arg;
    return 0;
}

/* With options of the connector's URI as "name", "value" pairs up to NULL. */
static inline void start_broker(const char *const *pairs)
{
    struct engine_options what = {
        .shards = 1, .config = &config, .id_base = "ID:t-1-2", .now_ms = 1, .wall_ms = 1000000};
    struct text_error why;
    size_t count = 0;

    log_configure(LOG_ERROR, LOG_FORMAT_TEXT, 2);
    while (pairs && pairs[2 * count]) {
        options[count] = (struct config_option){pairs[2 * count], pairs[2 * count + 1]};
        count++;
    }
    transport = (struct config_transport_connector){.name = "openwire",
                                                    .scheme = "tcp",
                                                    .maximum_consumers = 100,
                                                    .options = options,
                                                    .option_count = count};
    config.broker_name = "t";
    config.force_persistency = -1;
    config.advisory_support = config.use_virtual_topics = config.allow_temp_auto_creation = true;
    config.settings = (struct config_settings){.output_bytes_max = 65536,
                                               .connection_subscriptions_max = 5,
                                               .connection_temps_max = 10,
                                               .transaction_bytes_max = 65536};
    config_policy_init(&config.policies.fallback);
    config.policies.fallback.queue_cursor = CURSOR_VM;
    cr_assert_eq(auth_realm_create(&config.security, &realm, &why), 0);
    what.realm = realm;
    what.host = (struct engine_host){no_mail, no_memory_elsewhere, no_memory_elsewhere, NULL};
    wheel_init(&wheel, 1);
    engine = engine_create(&what);
    cr_assert(engine);
    engine_start(engine);
    worker = openwire_worker_create(engine, &wheel);
    openwire_connector_init(&connector, &transport, &config);
    connector.broker_url = "tcp://here:61616";
}

static inline void pass_time(int64_t ms)
{
    wheel_advance(&wheel, wheel.now_ms + ms);
    engine_advance(engine, wheel.now_ms, 1000000 + wheel.now_ms);
    wheel_advance(&wheel, wheel.now_ms);
}

/* A session that waits for the client's WireFormatInfo. */
static inline void begin(int index)
{
    struct peer *peer = &peers[index];
    const struct wire wire = {&peer->output, written, pause_peer, resume_peer, close_peer, peer};
    const struct log_scope scope = {.module = "openwire"};

    *peer =
        (struct peer){.reader = ow_reader_create(&OW_LIMITS_DEFAULT), .writer = ow_writer_create()};
    snprintf(peer->id, sizeof peer->id, "ID:c-1:%d", index);
    peer->session = openwire_session_create(worker, &connector, &wire, scope, "tcp://10.0.0.1:1");
    cr_assert(peer->session && peer->reader && peer->writer);
}

static inline void end(int index)
{
    struct peer *peer = &peers[index];

    openwire_session_destroy(peer->session);
    ow_reader_destroy(peer->reader);
    ow_writer_destroy(peer->writer);
    text_fini(&peer->output.bytes);
    *peer = (struct peer){.session = NULL};
}

static inline void stop_broker(void)
{
    for (int i = 0; i < PEERS; i++)
        end(i);
    openwire_worker_destroy(worker);
    engine_destroy(engine);
    auth_realm_unref(realm);
}

static inline void send_frame(int index, const void *object)
{
    struct peer *peer = &peers[index];
    struct text frame;
    struct ow_frame out;

    text_init(&frame);
    cr_assert_eq(ow_write(peer->writer, object, &out), OW_OK);
    text_add(&frame, out.head);
    text_add(&frame, out.shared);
    text_add(&frame, out.tail);
    cr_assert_eq(openwire_session_receive(peer->session, text_slice(&frame)), frame.len);
    text_fini(&frame);
}

/* The next command of the broker, NULL when there is none; lives until the next call. */
static inline const struct ow_object *next_object(int index)
{
    struct peer *peer = &peers[index];
    const struct slice all = text_slice(&peer->output.bytes);
    const struct ow_read read = ow_read(peer->reader, slice_after(all, peer->taken));

    cr_assert_eq(read.error, OW_OK);
    peer->taken += read.used;
    return read.object;
}

/* The kernel takes all that is written. */
static inline void take_output(int index)
{
    openwire_session_sent(peers[index].session, peers[index].output.total);
}

static inline int count_of(int index, int type)
{
    const struct ow_object *object;
    int count = 0;

    while ((object = next_object(index)))
        count += object->type == type;
    return count;
}

/* The next response; its type. */
static inline int next_response(int index)
{
    const struct ow_object *object;

    while ((object = next_object(index)))
        if (object->type >= OW_RESPONSE && object->type <= OW_INTEGER_RESPONSE)
            return object->type;
    return 0;
}
#endif
