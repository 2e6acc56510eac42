/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_OPENWIRE_HARNESS_H
#define TESTS_OPENWIRE_HARNESS_H
/*
 * harness.h - OpenWire sessions on the simulated shards of sim_engine.h: what clients say goes in
 * as structures, and what they are told comes out as the lines of told.h. Include once in a test
 * program.
 */
#include "sim_engine.h"
#include "told.h"
#include <stdlib.h>

static struct sim *sim;
static struct wheel wheels[SHARDS_MOST];
static struct openwire_worker *workers[SHARDS_MOST];
static uint16_t shard_count;
static struct config_transport_connector transport = {.name = "sim", .scheme = "tcp"};
static struct openwire_connector connector;

/*
 * The wire.
 */
static uint64_t wire_written(void *arg)
{
    return ((struct peer *)arg)->output.total;
}

static void wire_pause(void *arg)
{
    ((struct peer *)arg)->is_paused = true;
}

static void wire_resume(void *arg)
{
    ((struct peer *)arg)->is_paused = false;
}

static void wire_close(void *arg)
{
    ((struct peer *)arg)->is_closed = true;
}

/*
 * Time and mail.
 */
static inline void run(void)
{
    for (int round = 0; round < 4; round++) {
        sim_run(sim);
        for (uint16_t i = 0; i < shard_count; i++)
            wheel_advance(&wheels[i], wheels[i].now_ms);
    }
}

static inline void pass_time(int64_t ms)
{
    run();
    sim_advance(sim, ms);
    for (uint16_t i = 0; i < shard_count; i++)
        wheel_advance(&wheels[i], wheels[i].now_ms + ms);
    run();
}

/* What a peer has been told since the last look. The kernel takes it with this. */
static inline const char *take(int index)
{
    struct peer *peer = &peers[index];
    struct slice rest;

    run();
    peer->shown.len = 0;
    text_add(&peer->shown, SLICE(""));
    do {
        rest = text_slice(&peer->output.bytes);
        while (rest.len > 0) {
            const struct ow_read read = ow_read(peer->reader, rest);

            cr_assert_eq(read.error, OW_OK, "%s at %s", ow_error_text(read.error), read.where);
            cr_assert_gt(read.used, 0);
            if (read.object)
                show(peer, read.object);
            rest = slice_after(rest, read.used);
        }
        peer->output.bytes.len = peer->output.looked = 0;
        openwire_session_sent(peer->session, peer->output.total);
        run();
    } while (peer->output.bytes.len > 0);
    return peer->shown.bytes;
}

#define ASSERT_TOLD(index, expected) \
    do { \
        const char *told_ = take(index); \
        cr_assert_str_eq(told_, expected, "told [%s], not [%s]", told_, expected); \
    } while (0)

/*
 * What goes in.
 */
static inline void add_frame(int index, const struct ow_object *object, struct text *out)
{
    struct ow_frame frame;

    cr_assert_eq(ow_write(peers[index].writer, object, &frame), OW_OK);
    text_add(out, frame.head);
    text_add(out, frame.shared);
    text_add(out, frame.tail);
}

static inline void pass_on(int index, const struct ow_object *object)
{
    struct peer *peer = &peers[index];
    struct text bytes;

    text_init(&bytes);
    add_frame(index, object, &bytes);
    cr_assert_eq(openwire_session_receive(peer->session, text_slice(&bytes)), bytes.len);
    text_fini(&bytes);
}

/* And what comes of it happens. */
static inline void say(int index, const struct ow_object *object)
{
    pass_on(index, object);
    run();
}

static inline struct ow_command command_of(int index, uint8_t type, bool response_required)
{
    return (struct ow_command){{type}, ++peers[index].command_id, response_required};
}

static inline struct ow_connection_id connection_id_of(int index)
{
    return (struct ow_connection_id){{OW_CONNECTION_ID}, slice_of_text(peers[index].connection)};
}

static inline struct ow_consumer_id consumer_id(int index, int64_t value)
{
    return (struct ow_consumer_id){
        {OW_CONSUMER_ID}, slice_of_text(peers[index].connection), 1, value};
}

/* "queue://A", "topic://A"; a name alone is a queue's. */
static inline struct ow_destination destination_of(const char *text)
{
    const struct destination_name name = sim_name(text);

    return (struct ow_destination){{(uint8_t)(OW_QUEUE + name.kind)}, name.name};
}

/* The broker's WireFormatInfo; what follows is in the new format. */
static inline void read_formats(struct peer *peer, const struct ow_format *format)
{
    const struct ow_read read = ow_read(peer->reader, text_slice(&peer->output.bytes));

    cr_assert(read.object && read.object->type == OW_WIRE_FORMAT_INFO);
    cr_assert_eq(read.used, peer->output.bytes.len);
    peer->output.bytes.len = 0;
    cr_assert_eq(ow_reader_set_format(peer->reader, format), 0);
}

static inline void say_formats(struct peer *peer, const struct ow_offer *offer)
{
    uint8_t scratch[OW_OFFER_BYTES_MAX];
    struct ow_wire_format_info info;
    struct ow_offer agreed;
    struct ow_format format;

    ow_offer_write(offer, &info, scratch);
    ow_offer_combine(&connector.offer, offer, &agreed, &format);
    read_formats(peer, &format);
    say((int)(peer - peers), &info.object);
    cr_assert_eq(ow_writer_set_format(peer->writer, &format), 0);
    ASSERT_TOLD((int)(peer - peers), "BrokerInfo\n");
}

/* A session on a shard that waits for the client's WireFormatInfo. */
static inline void begin_wire(int index, uint16_t shard)
{
    struct peer *peer = &peers[index];
    const struct wire wire = {&peer->output, wire_written, wire_pause,
                              wire_resume,   wire_close,   peer};
    const struct log_scope scope = {.module = "openwire"};
    const struct ow_limits limits = OW_LIMITS_DEFAULT;

    peer->reader = ow_reader_create(&limits);
    peer->writer = ow_writer_create();
    cr_assert(peer->reader && peer->writer);
    text_init(&peer->output.bytes);
    text_init(&peer->shown);
    peer->session = openwire_session_create(workers[shard % shard_count], &connector, &wire, scope,
                                            "tcp://10.0.0.1:1");
    cr_assert(peer->session);
}

/* Without a connection. */
static inline void open_wire(int index, uint16_t shard, const struct ow_offer *offer)
{
    begin_wire(index, shard);
    say_formats(&peers[index], offer);
}

/* Loose, without cache: frames are the same at every place of the stream, whatever the version. */
static const struct ow_offer plain_offer = {
    .version = OW_VERSION_MAX, .tcp_no_delay = true, .cache_size = OW_CACHE_SIZE_DEFAULT};

static inline void connect_as(int index, const char *connection, const char *client_id)
{
    struct ow_connection_info info = {
        .client_id = slice_of_text(client_id), .client_master = true, .manageable = true};
    struct ow_session_info session_info;
    struct ow_session_id session_id;
    struct ow_connection_id id;

    peers[index].connection = connection;
    id = connection_id_of(index);
    info.command = command_of(index, OW_CONNECTION_INFO, true);
    info.connection_id = &id;
    say(index, &info.command.object);
    session_id = (struct ow_session_id){{OW_SESSION_ID}, slice_of_text(connection), 1};
    session_info = (struct ow_session_info){command_of(index, OW_SESSION_INFO, false), &session_id};
    say(index, &session_info.command.object);
}

/* With a connection "c0" (of the index) and its session 1; the next command is number 3. */
static inline void open_peer_as(int index, uint16_t shard, const char *client_id)
{
    static const char *const names[PEERS_MAX] = {"c0", "c1", "c2", "c3"};

    open_wire(index, shard, &plain_offer);
    connect_as(index, names[index], client_id);
    take(index);
    cr_assert_not(peers[index].is_closed);
}

static inline void open_peer(int index, uint16_t shard)
{
    static const char *const names[PEERS_MAX] = {"client0", "client1", "client2", "client3"};

    open_peer_as(index, shard, names[index]);
}

static inline void close_peer(int index)
{
    struct peer *peer = &peers[index];

    if (!peer->session)
        return;
    openwire_session_destroy(peer->session);
    ow_reader_destroy(peer->reader);
    ow_writer_destroy(peer->writer);
    text_fini(&peer->output.bytes);
    text_fini(&peer->shown);
    memset(peer, 0, sizeof *peer);
    run();
}

static inline void open_broker(uint16_t shards, const char *attributes, const char *children)
{
    log_configure(LOG_ERROR, LOG_FORMAT_TEXT, 2);
    shard_count = shards;
    sim = sim_create(shards, attributes, children);
    openwire_connector_init(&connector, &transport, engine_config(sim_engine(sim, 0)));
    for (uint16_t i = 0; i < shards; i++) {
        wheel_init(&wheels[i], 1);
        workers[i] = openwire_worker_create(sim_engine(sim, i), &wheels[i]);
        cr_assert(workers[i]);
    }
}

static inline void close_broker(void)
{
    for (int i = 0; i < PEERS_MAX; i++)
        close_peer(i);
    for (uint16_t i = 0; i < shard_count; i++)
        openwire_worker_destroy(workers[i]);
    sim_destroy(sim);
}
#endif
