/* SPDX-License-Identifier: Apache-2.0 */
#include "openwire.h"
#include "openwire_receive.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    SIZE_BYTES = 4,
    PREFETCH_QUEUE = 1000,
    PREFETCH_TOPIC = 32767,
    CACHED_NAMES_MAX = 1000
}; /* as the Java client */

size_t openwire_frame_len(struct slice in)
{
    if (in.len < SIZE_BYTES)
        return 0;
    return ((size_t)in.bytes[0] << 24 | (size_t)in.bytes[1] << 16 | (size_t)in.bytes[2] << 8 |
            in.bytes[3]) +
           SIZE_BYTES;
}

enum ow_type openwire_frame_type(struct slice in)
{
    return in.len > SIZE_BYTES ? (enum ow_type)in.bytes[SIZE_BYTES] : OW_NULL;
}

int openwire_render(struct openwire *openwire, const struct ow_object *object, struct text *out)
{
    struct ow_frame frame;

    if (ow_write(openwire->writer, object, &frame) != OW_OK)
        return -EPROTO;
    text_add(out, frame.head);
    text_add(out, frame.shared);
    text_add(out, frame.tail);
    return text_failed(out) ? -ENOMEM : 0;
}

int openwire_put(struct client *client, const struct ow_object *object)
{
    struct ow_frame frame;
    uint8_t *to;
    int error;

    if (ow_write(client->openwire->writer, object, &frame) != OW_OK)
        return -EPROTO;
    error = client_reserve(client, frame.head.len + frame.shared.len + frame.tail.len);
    if (error)
        return error;
    to = client->out + client->out_len;
    memcpy(to, frame.head.bytes, frame.head.len);
    if (frame.shared.len > 0)
        memcpy(to + frame.head.len, frame.shared.bytes, frame.shared.len);
    if (frame.tail.len > 0)
        memcpy(to + frame.head.len + frame.shared.len, frame.tail.bytes, frame.tail.len);
    client->out_len += frame.head.len + frame.shared.len + frame.tail.len;
    return 0;
}

bool openwire_is_error(const struct ow_object *object, struct text_error *why)
{
    const struct ow_throwable *exception;
    struct slice text;

    if (object->type == OW_EXCEPTION_RESPONSE)
        exception = ((const struct ow_exception_response *)object)->exception;
    else if (object->type == OW_CONNECTION_ERROR)
        exception = ((const struct ow_connection_error *)object)->exception;
    else
        return false;
    text = exception ? exception->message : SLICE("no reason given");
    if (text.len > 200)
        text.len = 200;
    text_error_set(why, "error from the broker: %.*s", SLICE_FMT(text));
    return true;
}

/*
 * Blocking calls.
 */
static bool agree(struct openwire *openwire, const struct ow_offer *ours,
                  const struct ow_wire_format_info *info)
{
    struct ow_offer theirs, agreed;

    if (!ow_offer_read(info, &theirs))
        return false;
    ow_offer_combine(ours, &theirs, &agreed, &openwire->format);
    return ow_reader_set_format(openwire->reader, &openwire->format) == 0 &&
           ow_writer_set_format(openwire->writer, &openwire->format) == 0;
}

/* Takes the frame of `len` bytes at `at` out of `kept`. */
static void take_out(struct client *client, size_t at, size_t len)
{
    char *from = client->kept.bytes + at;

    client->kept.len -= len;
    memmove(from, from + len, client->kept.len - at);
}

static bool is_answer(const struct openwire *openwire, const struct ow_object *object)
{
    return (object->type >= OW_RESPONSE && object->type <= OW_INTEGER_RESPONSE) &&
           ((const struct ow_response *)object)->correlation_id == openwire->command_id;
}

/* Reads what is there but for dispatches, whose reader comes later. True: the answer was there. */
static int look_for_answer(struct client *client, bool *found, struct text_error *why)
{
    size_t at = 0, len;

    *found = false;
    while (!*found) {
        struct slice rest = slice_after(text_slice(&client->kept), at);
        struct ow_read read;

        len = openwire_frame_len(rest);
        if (len == 0 || rest.len < len)
            return 0;
        if (openwire_frame_type(rest) == OW_MESSAGE_DISPATCH) {
            at += len;
            continue;
        }
        read = ow_read(client->openwire->reader, rest);
        if (!read.object) {
            text_error_set(why, "what the broker sends is not OpenWire: %s",
                           ow_error_text(read.error));
            return -EPROTO;
        }
        if (openwire_is_error(read.object, why))
            return -EPROTO;
        *found = is_answer(client->openwire, read.object);
        take_out(client, at, len);
    }
    return 0;
}

static int await_answer(struct client *client, struct text_error *why)
{
    bool found = false;
    int error = look_for_answer(client, &found, why);

    while (!error && !found) {
        error = client_receive_more(client, why);
        if (!error)
            error = look_for_answer(client, &found, why);
    }
    return error;
}

static int send_object(struct client *client, const struct ow_object *object,
                       struct text_error *why)
{
    struct text text;
    int error;

    text_init(&text);
    error = openwire_render(client->openwire, object, &text);
    if (error)
        text_error_set(why, "a command cannot be written");
    else
        error = client_send_all(client, text_slice(&text), why);
    text_fini(&text);
    return error;
}

/* Numbers the command, sends it and waits for the answer. */
static int request(struct client *client, struct ow_command *command, struct text_error *why)
{
    int error;

    command->command_id = ++client->openwire->command_id;
    command->response_required = true;
    error = send_object(client, &command->object, why);
    return error ? error : await_answer(client, why);
}

static int negotiate(struct client *client, const struct options *options, struct text_error *why)
{
    struct openwire *openwire = client->openwire;
    struct ow_offer offer = {
        .version = OW_VERSION_MAX,
        .tight = options->is_tight,
        .cache = options->has_cache && options->destination_count <= CACHED_NAMES_MAX,
        .cache_size = OW_CACHE_SIZE_DEFAULT,
        .tcp_no_delay = true,
        .provider_name = SLICE("corewire-bench"),
        .host = slice_of_text(options->host),
    };
    struct ow_wire_format_info info;
    uint8_t scratch[OW_OFFER_BYTES_MAX];
    struct ow_read read = {.used = 0};
    int error;

    ow_offer_write(&offer, &info, scratch);
    error = send_object(client, &info.object, why);
    while (!error && read.used == 0) {
        read = ow_read(openwire->reader, text_slice(&client->kept));
        if (read.error != OW_OK || (read.object && read.object->type != OW_WIRE_FORMAT_INFO)) {
            text_error_set(why, "the broker does not speak OpenWire on this port");
            return -EPROTO;
        }
        if (read.used == 0)
            error = client_receive_more(client, why);
    }
    if (error)
        return error;
    if (!agree(openwire, &offer, (const struct ow_wire_format_info *)read.object)) {
        text_error_set(why, "the broker and this program cannot agree on a format");
        return -EPROTO;
    }
    take_out(client, 0, read.used);
    return 0;
}

static void name_ids(struct openwire *openwire)
{
    static atomic_uint count; /* relaxed: only that no two are the same */
    struct slice connection;
    unsigned number = atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);

    snprintf(openwire->connection_text, sizeof openwire->connection_text, "ID:bench-%d-%lld-%u:1",
             (int)getpid(), (long long)time(NULL), number);
    connection = slice_of_text(openwire->connection_text);
    openwire->connection_id = (struct ow_connection_id){{OW_CONNECTION_ID}, connection};
    openwire->session_id = (struct ow_session_id){{OW_SESSION_ID}, connection, 1};
    openwire->producer_id = (struct ow_producer_id){
        .object = {OW_PRODUCER_ID}, .connection_id = connection, .value = 1, .session_id = 1};
    openwire->consumer_id = (struct ow_consumer_id){
        .object = {OW_CONSUMER_ID}, .connection_id = connection, .session_id = 1, .value = 1};
}

static int introduce(struct client *client, const struct options *options, struct text_error *why)
{
    struct openwire *openwire = client->openwire;
    struct ow_connection_info connection = {
        .command.object.type = OW_CONNECTION_INFO,
        .connection_id = &openwire->connection_id,
        .client_id = slice_of_text(openwire->connection_text),
        .user_name = slice_of_text(options->user),
        .password = slice_of_text(options->password),
        .manageable = true,
    };
    struct ow_session_info session = {.command.object.type = OW_SESSION_INFO,
                                      .session_id = &openwire->session_id};
    int error = request(client, &connection.command, why);

    return error ? error : request(client, &session.command, why);
}

int openwire_open(struct client *client, const struct options *options, struct text_error *why)
{
    struct openwire *openwire = calloc(1, sizeof *openwire);
    int error;

    client->openwire = openwire;
    if (openwire) {
        openwire->reader = ow_reader_create(&OW_LIMITS_DEFAULT);
        openwire->writer = ow_writer_create();
    }
    if (!openwire || !openwire->reader || !openwire->writer) {
        text_error_set(why, "out of memory");
        return -ENOMEM;
    }
    name_ids(openwire);
    error = negotiate(client, options, why);
    return error ? error : introduce(client, options, why);
}

int openwire_subscribe(struct client *client, const struct options *options, const char *name,
                       struct text_error *why)
{
    bool is_queue = options->kind == BENCH_QUEUE;
    struct openwire *openwire = client->openwire;
    struct ow_consumer_info consumer = {
        .command.object.type = OW_CONSUMER_INFO,
        .consumer_id = &openwire->consumer_id,
        .destination = &openwire->destination,
        .prefetch_size = is_queue ? PREFETCH_QUEUE : PREFETCH_TOPIC,
        .dispatch_async = true,
        .selector = slice_of_text(options->selector),
        .optimized_acknowledge = options->ack == BENCH_ACK_CLIENT,
    };

    snprintf(openwire->destination_text, sizeof openwire->destination_text, "%s", name);
    openwire->destination = (struct ow_destination){{is_queue ? OW_QUEUE : OW_TOPIC},
                                                    slice_of_text(openwire->destination_text)};
    if (options->prefetch >= 0)
        consumer.prefetch_size = (int32_t)options->prefetch;
    openwire->receiver = openwire_receiver_create(options);
    if (!openwire->receiver) {
        text_error_set(why, "out of memory");
        return -ENOMEM;
    }
    return request(client, &consumer.command, why);
}

int openwire_announce(struct client *client, struct text_error *why)
{
    struct ow_producer_info producer = {.command.object.type = OW_PRODUCER_INFO,
                                        .producer_id = &client->openwire->producer_id,
                                        .dispatch_async = true};

    return request(client, &producer.command, why);
}

int openwire_put_goodbye(struct client *client)
{
    struct openwire *openwire = client->openwire;
    struct ow_remove_info remove = {
        .command = {{OW_REMOVE_INFO}, OPENWIRE_GOODBYE, true},
        .object_id = &openwire->connection_id.object,
    };

    openwire->command_id = OPENWIRE_GOODBYE;
    return openwire_put(client, &remove.command.object);
}

void openwire_leave(struct client *client)
{
    struct text_error ignored;

    if (openwire_put_goodbye(client) != 0 ||
        client_send_all(client,
                        slice_of(client->out + client->out_at, client->out_len - client->out_at),
                        &ignored) != 0)
        return;
    client->out_at = client->out_len;
    (void)await_answer(client, &ignored);
}

void openwire_destroy(struct openwire *openwire)
{
    if (!openwire)
        return;
    ow_reader_destroy(openwire->reader);
    ow_writer_destroy(openwire->writer);
    openwire_receiver_destroy(openwire->receiver);
    free(openwire);
}
