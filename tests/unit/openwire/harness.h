/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_OPENWIRE_HARNESS_H
#define TESTS_OPENWIRE_HARNESS_H
/*
 * harness.h - OpenWire sessions on the simulated shards of sim_engine.h: what clients say goes in
 * as structures, and what they are told comes out as lines. Include once in a test program.
 *
 * Lines: "Response 5", "Exception 5 class: text", "Error class: text", "Integer 5 0",
 * "Array 5 <xids>", "Dispatch <consumer> <destination> <body>" (with "+2" behind a body that was
 * delivered twice before, "first" for the first of a group), "Dispatch <consumer> nothing",
 * "Control <consumer> close" or "... prefetch=5"; others by their type's name.
 */
#include "loop/output.h"
#include "openwire_internal.h"
#include "sim_engine.h"
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { PEERS_MAX = 4, SHARDS_MOST = 3, GOT_MAX = 4096, CONSUMER_TEXT_MAX = 32 };

struct output {
    struct text bytes; /* not yet taken */
    uint64_t total;
    uint8_t room[OUTPUT_RESERVE_MAX];
};

/* A message that a peer has got. */
struct got {
    struct ow_message_id id;
    struct ow_producer_id producer;
    char connection[128], body[64];
    int64_t consumer;
};

static struct peer {
    struct openwire_session *session;
    struct ow_reader *reader;
    struct ow_writer *writer;
    struct output output;
    const char *connection;
    bool is_closed, is_paused;
    int32_t command_id; /* of the last command */
    struct got got[GOT_MAX];
    size_t got_count;
    struct text shown;
} peers[PEERS_MAX];

static struct sim *sim;
static struct wheel wheels[SHARDS_MOST];
static struct openwire_worker *workers[SHARDS_MOST];
static uint16_t shard_count;
static struct config_transport_connector transport = {.name = "sim", .scheme = "tcp"};
static struct openwire_connector connector;

/*
 * The wire.
 */
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

/*
 * What comes out.
 */
static inline void note_got(struct peer *peer, const struct ow_message_dispatch *dispatch,
                            const char *body)
{
    struct got *got = &peer->got[peer->got_count++];
    const struct ow_producer_id *producer = dispatch->message->producer_id;

    cr_assert_leq(peer->got_count, (size_t)GOT_MAX);
    snprintf(got->connection, sizeof got->connection, "%.*s", SLICE_FMT(producer->connection_id));
    snprintf(got->body, sizeof got->body, "%s", body);
    got->consumer = dispatch->consumer_id->value;
    got->id = *dispatch->message->message_id;
    got->producer = *producer;
    got->producer.connection_id = slice_of_text(got->connection);
    got->id.producer_id = &got->producer;
}

static inline void show_dispatch(struct peer *peer, const struct ow_message_dispatch *dispatch)
{
    static const char *const prefixes[] = {"queue://", "topic://", "temp-queue://",
                                           "temp-topic://"};
    const struct ow_message *message = dispatch->message;
    struct text *out = &peer->shown;
    struct slice content;
    char body[64];

    text_add_format(out, "Dispatch %" PRId64 " ", dispatch->consumer_id->value);
    if (!message) {
        cr_assert_null(dispatch->destination);
        text_add_format(out, "nothing\n");
        return;
    }
    content = message->content;
    if (message->command.object.type == OW_TEXT_MESSAGE && content.len >= 4)
        content = slice_after(content, 4);
    snprintf(body, sizeof body, "%.*s", SLICE_FMT(content));
    cr_assert_eq(dispatch->redelivery_counter, message->redelivery_counter);
    text_add_format(out, "%s%.*s %s", prefixes[dispatch->destination->object.type - OW_QUEUE],
                    SLICE_FMT(dispatch->destination->physical_name), body);
    if (message->redelivery_counter > 0)
        text_add_format(out, "+%" PRId32, message->redelivery_counter);
    text_add_format(out, "%s\n", message->jmsx_group_first_for_consumer ? " first" : "");
    note_got(peer, dispatch, body);
}

static inline void show_throwable(struct text *out, const struct ow_throwable *throwable)
{
    text_add_format(out, "%.*s: %.*s\n", SLICE_FMT(throwable->class_name),
                    SLICE_FMT(throwable->message));
}

static inline void show_control(struct text *out, const struct ow_consumer_control *control)
{
    text_add_format(out, "Control %" PRId64, control->consumer_id->value);
    if (control->close)
        text_add_format(out, " close\n");
    else
        text_add_format(out, " prefetch=%" PRId32 "\n", control->prefetch);
}

static inline void show_array(struct text *out, const struct ow_data_array_response *response)
{
    text_add_format(out, "Array %" PRId32, response->response.correlation_id);
    for (uint16_t i = 0; i < response->data.count; i++) {
        struct text_error name;

        transaction_id_text(response->data.items[i], &name);
        text_add_format(out, " %s", name.text);
    }
    text_add_char(out, '\n');
}

static inline void show(struct peer *peer, const struct ow_object *object)
{
    struct text *out = &peer->shown;
    const void *any = object;

    switch (object->type) {
    case OW_RESPONSE:
        text_add_format(out, "Response %" PRId32 "\n",
                        ((const struct ow_response *)any)->correlation_id);
        break;
    case OW_EXCEPTION_RESPONSE:
        text_add_format(out, "Exception %" PRId32 " ",
                        ((const struct ow_response *)any)->correlation_id);
        show_throwable(out, ((const struct ow_exception_response *)any)->exception);
        break;
    case OW_CONNECTION_ERROR:
        text_add_format(out, "Error ");
        show_throwable(out, ((const struct ow_connection_error *)any)->exception);
        break;
    case OW_INTEGER_RESPONSE:
        text_add_format(out, "Integer %" PRId32 " %" PRId32 "\n",
                        ((const struct ow_response *)any)->correlation_id,
                        ((const struct ow_integer_response *)any)->result);
        break;
    case OW_DATA_ARRAY_RESPONSE:
        show_array(out, any);
        break;
    case OW_MESSAGE_DISPATCH:
        show_dispatch(peer, any);
        break;
    case OW_CONSUMER_CONTROL:
        show_control(out, any);
        break;
    default:
        text_add_format(out, "%s\n", ow_type_name((enum ow_type)object->type));
        break;
    }
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
        peer->output.bytes.len = 0;
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
static inline void say(int index, const struct ow_object *object)
{
    struct peer *peer = &peers[index];
    struct text bytes;
    struct ow_frame frame;

    cr_assert_eq(ow_write(peer->writer, object, &frame), OW_OK);
    text_init(&bytes);
    text_add(&bytes, frame.head);
    text_add(&bytes, frame.shared);
    text_add(&bytes, frame.tail);
    cr_assert_eq(openwire_session_receive(peer->session, text_slice(&bytes)), bytes.len);
    text_fini(&bytes);
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

/* On a shard, without a connection. */
static inline void open_wire(int index, uint16_t shard, const struct ow_offer *offer)
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
    say_formats(peer, offer);
}

/* Loose, without cache: frames are the same at every place of the stream, whatever the version. */
static const struct ow_offer plain_offer = {
    .version = OW_VERSION_MAX, .tcp_no_delay = true, .cache_size = OW_CACHE_SIZE_DEFAULT};

static inline void connect_as(int index, const char *connection, const char *client_id)
{
    struct ow_connection_info info = {.client_id = slice_of_text(client_id), .client_master = true};
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
