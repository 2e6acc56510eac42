/* SPDX-License-Identifier: Apache-2.0 */
#include "openwire_internal.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CLOSE_TEXT_LEN = 512,
    /* A frame, and the cache, of a client that has not logged in. Large enough for every
     * ConnectionInfo that is meant. */
    BYTES_MAX_BEFORE_LOGIN = 64 * 1024,
    ANSWERS_UNREAD_MAX = 4, /* as many times the output that deliveries may fill */
};

static_assert(sizeof(struct openwire_session) <= 320, "idle connections are many");
static_assert(sizeof(struct openwire_connection) <= 560, "idle connections are many");

/*
 * The worker: what its sessions share.
 */
static void session_attend(struct openwire_session *session);

static void attention_fired(struct timer *timer)
{
    struct openwire_worker *worker = CONTAINER_OF(timer, struct openwire_worker, attention_timer);
    struct list_node todo;

    list_init(&todo);
    while (!list_is_empty(&worker->attention)) { /* those added meanwhile wait for the next turn */
        struct list_node *node = worker->attention.next;

        list_remove(node);
        list_append(&todo, node);
    }
    while (!list_is_empty(&todo))
        session_attend(LIST_ENTRY(todo.next, struct openwire_session, attention));
}

struct openwire_worker *openwire_worker_create(struct engine *engine, struct wheel *wheel)
{
    struct openwire_worker *worker = calloc(1, sizeof *worker);

    if (!worker)
        return NULL;
    worker->engine = engine;
    worker->wheel = wheel;
    list_init(&worker->attention);
    timer_init(&worker->attention_timer, attention_fired);
    pool_init(&worker->pending_pool, sizeof(struct pending));
    for (size_t i = 0; i < ARRAY_LEN(worker->names); i++)
        text_init(&worker->names[i]);
    for (size_t i = 0; i < ARRAY_LEN(worker->scratch); i++)
        text_init(&worker->scratch[i]);
    text_init(&worker->error_text);
    rendering_init(&worker->rendering);
    fanout_init(&worker->fanout);
    worker->logins = auth_cache_create();
    if (worker->logins)
        return worker;
    openwire_worker_destroy(worker);
    return NULL;
}

void openwire_worker_destroy(struct openwire_worker *worker)
{
    if (!worker)
        return;
    assert(list_is_empty(&worker->attention)); /* sessions die first */
    wheel_cancel(worker->wheel, &worker->attention_timer);
    auth_cache_destroy(worker->logins);
    pool_fini(&worker->pending_pool);
    for (size_t i = 0; i < ARRAY_LEN(worker->names); i++)
        text_fini(&worker->names[i]);
    for (size_t i = 0; i < ARRAY_LEN(worker->scratch); i++)
        text_fini(&worker->scratch[i]);
    text_fini(&worker->error_text);
    rendering_fini(&worker->rendering);
    fanout_fini(&worker->fanout);
    free(worker);
}

/*
 * Callbacks of the engine.
 */
static bool is_throttled(const struct openwire_session *session)
{
    LIST_FOR_EACH(node, &session->connections) {
        if (LIST_ENTRY(node, struct openwire_connection, node)->is_throttled)
            return true;
    }
    return false;
}

static void throttle(void *arg, bool stop)
{
    struct openwire_connection *connection = arg;
    struct openwire_session *session = connection->session;

    connection->is_throttled = stop;
    if (is_throttled(session))
        session_pause(session, PAUSE_THROTTLE);
    else
        session_resume(session, PAUSE_THROTTLE);
}

static void disconnect(void *arg, const char *why)
{
    struct openwire_connection *connection = arg;
    struct openwire_session *session = connection->session;
    const struct ow_command command = {.response_required = false};
    struct failure failure;

    if (session->state == SESSION_CLOSED)
        return;
    failure_set(&failure, "javax.jms.InvalidClientIDException", "%s", why);
    respond_failure(session, &command, &failure);
    session_end(session, "broker");
}

static void keep(void *arg, struct slice bytes)
{
    struct openwire_connection *connection = arg;

    text_add(&connection->kept, bytes);
}

const struct engine_client_ops connection_ops = {
    .deliver = connection_deliver,
    .completed = connection_completed,
    .consumer_ended = connection_consumer_ended,
    .throttle = throttle,
    .disconnect = disconnect,
    .kept = keep,
    .recovered = connection_recovered,
};

/*
 * Notes for later, see openwire_internal.h.
 */
void session_attend_soon(struct openwire_session *session)
{
    struct openwire_worker *worker = session->worker;

    if (session->is_attended)
        return;
    session->is_attended = true;
    list_append(&worker->attention, &session->attention);
    if (!timer_is_set(&worker->attention_timer))
        wheel_set(worker->wheel, &worker->attention_timer, worker->wheel->now_ms);
}

static void set_congested(struct openwire_session *session, bool is_congested)
{
    session->is_congested = is_congested;
    LIST_FOR_EACH_SAFE(node, &session->connections) {
        struct openwire_connection *connection = LIST_ENTRY(node, struct openwire_connection, node);

        if (session->is_congested != is_congested)
            return; /* what waited has filled the output again */
        if (connection->is_open)
            engine_client_set_congested(connection->client, is_congested);
    }
}

static uint64_t unsent_bytes(const struct openwire_session *session)
{
    return session->wire.written(session->wire.arg) - session->sent;
}

static void session_attend(struct openwire_session *session)
{
    list_remove(&session->attention);
    session->is_attended = false;
    LIST_FOR_EACH_SAFE(node, &session->connections) {
        struct openwire_connection *connection = LIST_ENTRY(node, struct openwire_connection, node);

        if (session->state == SESSION_CLOSED)
            connection_destroy(connection);
        else
            connection_attend(connection);
    }
    if (session->state == SESSION_CLOSED || !session->is_congested ||
        unsent_bytes(session) >= session->connector->output_bytes_max / 2)
        return;
    session_resume(session, PAUSE_OUTPUT);
    set_congested(session, false);
}

void session_pause(struct openwire_session *session, enum pause_reason reason)
{
    const bool was_paused = session->paused != 0;

    session->paused |= (uint8_t)reason;
    if (!was_paused)
        session->wire.pause(session->wire.arg);
}

void session_resume(struct openwire_session *session, enum pause_reason reason)
{
    const bool was_paused = session->paused != 0;

    session->paused &= (uint8_t)~reason;
    if (was_paused && session->paused == 0)
        session->wire.resume(session->wire.arg);
}

/*
 * The end, and writing.
 */
static void close_wire(struct openwire_session *session)
{
    session->state = SESSION_CLOSED;
    monitor_stop(session);
    session->wire.close(session->wire.arg);
    session_attend_soon(session);
}

void session_close(struct openwire_session *session, const char *fmt, ...)
{
    char text[CLOSE_TEXT_LEN];
    struct log_text clean;
    va_list args;

    if (session->state == SESSION_CLOSED)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    log_event_limited(&session->scope, &session->worker->refuse_limit, LOG_WARN,
                      "connection_refused", "remote=\"%s\" error=\"%s\"", session->remote_address,
                      log_text(&clean, slice_of_text(text)));
    close_wire(session);
}

void session_end(struct openwire_session *session, const char *reason)
{
    if (session->state == SESSION_CLOSED)
        return;
    log_event_limited(&session->scope, &session->worker->close_limit, LOG_INFO, "closing",
                      "remote=\"%s\" reason=%s", session->remote_address, reason);
    close_wire(session);
}

static void release_message(void *owner)
{
    message_unref(owner);
}

/* A text's content is made up in scratch: only what lies in the message lives as long as it. */
static bool is_part_of(const struct message *message, struct slice bytes)
{
    const uintptr_t begin = (uintptr_t)message, at = (uintptr_t)bytes.bytes;

    return message && at >= begin && at - begin + bytes.len <= message->len;
}

/* Deliveries wait in the engine. Who goes on asking and does not read the answers is not listened
 * to any more. */
static void on_full_output(struct openwire_session *session)
{
    if (!session->is_congested)
        set_congested(session, true);
    if (unsent_bytes(session) / ANSWERS_UNREAD_MAX > session->connector->output_bytes_max)
        session_pause(session, PAUSE_OUTPUT);
}

static void write_frame(struct openwire_session *session, const struct ow_frame *frame,
                        struct message *owner)
{
    struct output *output = session->wire.output;

    output_add(output, frame->head);
    if (frame->shared.len > 0 && is_part_of(owner, frame->shared))
        output_add_shared(output, frame->shared, release_message, message_ref(owner));
    else if (frame->shared.len > 0)
        output_add(output, frame->shared);
    if (frame->tail.len > 0)
        output_add(output, frame->tail);
    if (UNLIKELY(unsent_bytes(session) > session->connector->output_bytes_max))
        on_full_output(session);
}

enum ow_error session_write_message(struct openwire_session *session,
                                    const struct ow_object *object, struct message *owner)
{
    struct ow_frame frame;
    enum ow_error error;

    if (session->state == SESSION_CLOSED)
        return OW_OK;
    error = ow_write(session->writer, object, &frame);
    if (LIKELY(error == OW_OK))
        write_frame(session, &frame, owner);
    return error;
}

void session_write(struct openwire_session *session, const struct ow_object *object)
{
    const enum ow_error error = session_write_message(session, object, NULL);

    if (UNLIKELY(error != OW_OK))
        session_close(session, "a %s could not be written: %s",
                      ow_type_name((enum ow_type)object->type), ow_error_text(error));
}

/*
 * The session.
 */
static int open_codec(struct openwire_session *session)
{
    struct ow_limits limits = session->connector->limits;

    if (limits.frame_bytes_max > BYTES_MAX_BEFORE_LOGIN)
        limits.frame_bytes_max = BYTES_MAX_BEFORE_LOGIN;
    if (limits.cache_bytes_max > BYTES_MAX_BEFORE_LOGIN)
        limits.cache_bytes_max = BYTES_MAX_BEFORE_LOGIN;
    session->reader = ow_reader_create(&limits);
    session->writer = ow_writer_create();
    return session->reader && session->writer ? 0 : -1;
}

static void send_offer(struct openwire_session *session)
{
    uint8_t scratch[OW_OFFER_BYTES_MAX];
    struct ow_wire_format_info info;

    ow_offer_write(&session->connector->offer, &info, scratch);
    session_write(session, &info.object);
}

struct openwire_session *openwire_session_create(struct openwire_worker *worker,
                                                 const struct openwire_connector *connector,
                                                 const struct wire *wire, struct log_scope scope,
                                                 const char *remote_address)
{
    struct openwire_session *session = calloc(1, sizeof *session);

    if (!session)
        return NULL;
    session->worker = worker;
    session->connector = connector;
    session->wire = *wire;
    session->scope = scope;
    list_init(&session->connections);
    list_init(&session->attention);
    monitor_init(session);
    session->remote_address = strdup(remote_address ? remote_address : "");
    if (!session->remote_address || open_codec(session) != 0) {
        openwire_session_destroy(session);
        return NULL;
    }
    send_offer(session);
    return session;
}

void openwire_session_destroy(struct openwire_session *session)
{
    if (!session)
        return;
    session->state = SESSION_CLOSED;
    monitor_stop(session);
    LIST_FOR_EACH_SAFE(node, &session->connections)
        connection_destroy(LIST_ENTRY(node, struct openwire_connection, node));
    list_remove(&session->attention);
    ow_reader_destroy(session->reader);
    ow_writer_destroy(session->writer);
    free(session->remote_address);
    free(session);
}

static void refuse_unserved(struct openwire_session *session, const struct ow_object *object)
{
    const struct ow_command silent = {.response_required = false};
    struct failure failure;

    switch (object->type) {
    case OW_PARTIAL_COMMAND:
    case OW_LAST_PARTIAL_COMMAND:
        failure_set(&failure, "java.lang.IllegalStateException",
                    "Commands in parts belong to datagrams, this is a stream");
        respond_failure(session, &silent, &failure);
        break;
    case OW_MESSAGE_DISPATCH_NOTIFICATION:
        failure_set(&failure, "javax.jms.JMSException",
                    "MessageDispatchNotification is for a slave broker, this is none");
        respond_failure(session, (const struct ow_command *)(const void *)object, &failure);
        break;
    default:
        session_close(session, "a %s is no command", ow_type_name((enum ow_type)object->type));
        break;
    }
}

#define COMMAND(type) ((const struct type *)(const void *)object)

/* Commands that every client sends. False: it is another one. */
static bool on_client_command(struct openwire_session *session, const struct ow_object *object)
{
    switch (object->type) {
    case OW_MESSAGE_ACK:
        session->is_busy = true;
        on_message_ack(session, COMMAND(ow_message_ack));
        break;
    case OW_MESSAGE:
    case OW_BYTES_MESSAGE:
    case OW_MAP_MESSAGE:
    case OW_OBJECT_MESSAGE:
    case OW_STREAM_MESSAGE:
    case OW_TEXT_MESSAGE:
    case OW_BLOB_MESSAGE:
        session->is_busy = true;
        on_message(session, COMMAND(ow_message));
        break;
    case OW_TRANSACTION_INFO:
        on_transaction_info(session, COMMAND(ow_transaction_info));
        break;
    case OW_MESSAGE_PULL:
        on_message_pull(session, COMMAND(ow_message_pull));
        break;
    case OW_KEEP_ALIVE_INFO:
        on_keep_alive(session, COMMAND(ow_command));
        break;
    case OW_CONNECTION_INFO:
        on_connection_info(session, COMMAND(ow_connection_info));
        break;
    case OW_SESSION_INFO:
        on_session_info(session, COMMAND(ow_session_info));
        break;
    case OW_CONSUMER_INFO:
        on_consumer_info(session, COMMAND(ow_consumer_info));
        break;
    case OW_PRODUCER_INFO:
        on_producer_info(session, COMMAND(ow_producer_info));
        break;
    case OW_REMOVE_INFO:
        on_remove_info(session, COMMAND(ow_remove_info));
        break;
    default:
        return false;
    }
    return true;
}

static void on_rare_command(struct openwire_session *session, const struct ow_object *object)
{
    switch (object->type) {
    case OW_WIRE_FORMAT_INFO:
        session_close(session, "a second WireFormatInfo");
        break;
    case OW_BROKER_INFO:
        session_close(session, "network bridges are not served by this version");
        break;
    case OW_SHUTDOWN_INFO:
        respond(session, COMMAND(ow_command));
        session_end(session, "client");
        break;
    case OW_DESTINATION_INFO:
        on_destination_info(session, COMMAND(ow_destination_info));
        break;
    case OW_REMOVE_SUBSCRIPTION_INFO:
        on_remove_subscription(session, COMMAND(ow_remove_subscription_info));
        break;
    case OW_CONSUMER_CONTROL:
        on_consumer_control(session, COMMAND(ow_consumer_control));
        break;
    case OW_CONNECTION_CONTROL:
    case OW_CONTROL_COMMAND:
    case OW_FLUSH_COMMAND:
    case OW_CONNECTION_ERROR:
    case OW_PRODUCER_ACK:
    case OW_MESSAGE_DISPATCH:
    case OW_RESPONSE:
    case OW_EXCEPTION_RESPONSE:
    case OW_DATA_RESPONSE:
    case OW_DATA_ARRAY_RESPONSE:
    case OW_INTEGER_RESPONSE:
    case OW_REPLAY_COMMAND:
    case OW_BROKER_SUBSCRIPTION_INFO:
        respond(session, COMMAND(ow_command)); /* of no effect here, but not wrong */
        break;
    default:
        refuse_unserved(session, object);
        break;
    }
}

static void on_object(struct openwire_session *session, const struct ow_object *object)
{
    if (UNLIKELY(session->held.consumer != NULL) && object->type != OW_MESSAGE_ACK)
        acknowledgements_flush(session);
    if (LIKELY(session->state == SESSION_OPEN)) {
        if (!on_client_command(session, object))
            on_rare_command(session, object);
    } else if (object->type == OW_WIRE_FORMAT_INFO) {
        on_wire_format(session, COMMAND(ow_wire_format_info));
    } else {
        session_close(session, "a %s where a WireFormatInfo must be",
                      ow_type_name((enum ow_type)object->type));
    }
}

static bool is_reading(const struct openwire_session *session)
{
    return !session->paused && session->state != SESSION_CLOSED;
}

size_t openwire_session_receive(struct openwire_session *session, struct slice bytes)
{
    size_t used = 0;

    session->has_read = true;
    while (is_reading(session)) {
        const struct ow_read read = ow_read(session->reader, slice_after(bytes, used));

        if (UNLIKELY(read.error != OW_OK)) {
            session_close(session, "a damaged frame: %s%s%s", ow_error_text(read.error),
                          read.where ? " in " : "", read.where ? read.where : "");
            break;
        }
        if (read.used == 0)
            break;
        used += read.used;
        if (read.object)
            on_object(session, read.object);
    }
    acknowledgements_flush(session);
    if (UNLIKELY(!session->is_busy))
        session_trim(session);
    if (session->is_attended)
        session_attend(session);
    return session->state == SESSION_CLOSED ? bytes.len : used; /* nobody will read the rest */
}

void session_trim(struct openwire_session *session)
{
    ow_reader_trim(session->reader);
    ow_writer_trim(session->writer);
    session->is_busy = false;
}

void openwire_session_sent(struct openwire_session *session, uint64_t total)
{
    session->sent = total;
    if (session->is_congested || session->is_attended)
        session_attend(session);
}
