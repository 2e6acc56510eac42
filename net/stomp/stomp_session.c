/* SPDX-License-Identifier: Apache-2.0 */
#include "stomp_internal.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { ERROR_TEXT_LEN = 1024 };

static_assert(sizeof(struct stomp_session) <= 640, "idle connections are many");
static_assert(sizeof(struct stomp_subscription) <= 120, "idle subscriptions are many");

/*
 * The worker: what its sessions share.
 */
static void attention_fired(struct timer *timer)
{
    struct stomp_worker *worker = CONTAINER_OF(timer, struct stomp_worker, attention_timer);
    struct list_node todo;

    list_init(&todo);
    while (!list_is_empty(&worker->attention)) { /* those added meanwhile wait for the next turn */
        struct list_node *node = worker->attention.next;

        list_remove(node);
        list_append(&todo, node);
    }
    while (!list_is_empty(&todo))
        stomp_session_attend(LIST_ENTRY(todo.next, struct stomp_session, attention));
}

struct stomp_worker *stomp_worker_create(struct engine *engine, struct wheel *wheel)
{
    struct stomp_worker *worker = calloc(1, sizeof *worker);

    if (!worker)
        return NULL;
    worker->engine = engine;
    worker->wheel = wheel;
    list_init(&worker->attention);
    timer_init(&worker->attention_timer, attention_fired);
    for (size_t i = 0; i < ARRAY_LEN(worker->cached); i++)
        text_init(&worker->cached[i].bytes);
    text_init(&worker->destination);
    text_init(&worker->reply_to);
    stomp_scratch_init(&worker->scratch);
    text_init(&worker->large);
    stomp_frame_init(&worker->frame);
    worker->logins = auth_cache_create();
    if (worker->logins)
        return worker;
    stomp_worker_destroy(worker);
    return NULL;
}

void stomp_worker_destroy(struct stomp_worker *worker)
{
    if (!worker)
        return;
    assert(list_is_empty(&worker->attention)); /* sessions die first */
    wheel_cancel(worker->wheel, &worker->attention_timer);
    auth_cache_destroy(worker->logins);
    for (size_t i = 0; i < ARRAY_LEN(worker->cached); i++)
        cached_fini(&worker->cached[i]);
    text_fini(&worker->destination);
    text_fini(&worker->reply_to);
    stomp_scratch_fini(&worker->scratch);
    text_fini(&worker->large);
    stomp_frame_fini(&worker->frame);
    free(worker);
}

/*
 * Callbacks of the engine.
 */
static void completed(void *arg, const struct engine_completion *completion)
{
    struct stomp_session *session = arg;

    if (completion->request == CONNECT_REQUEST)
        session_connect_answered(session, completion);
    else
        receipt_answered(session, completion);
}

static void consumer_ended(void *arg, void *context, const char *why)
{
    struct stomp_session *session = arg;

    if (session->state == SESSION_OPEN)
        write_error(session, why, SLICE_ABSENT);
    stomp_subscription_mark_dead(context);
}

static void throttle(void *arg, bool stop)
{
    if (stop)
        stomp_session_pause(arg, PAUSE_THROTTLE);
    else
        stomp_session_resume(arg, PAUSE_THROTTLE);
}

static void disconnect(void *arg, const char *why)
{
    struct stomp_session *session = arg;

    if (session->state == SESSION_CLOSED)
        return;
    write_error(session, why, SLICE_ABSENT);
    session->is_lost = true; /* whoever takes its place does not wait for it */
    stomp_session_close(session, "broker");
}

const struct engine_client_ops session_ops = {
    .deliver = session_deliver,
    .completed = completed,
    .consumer_ended = consumer_ended,
    .throttle = throttle,
    .disconnect = disconnect,
};

/*
 * Notes for later, see stomp_internal.h.
 */
void stomp_session_attend_soon(struct stomp_session *session)
{
    struct stomp_worker *worker = session->worker;

    if (session->is_attended)
        return;
    session->is_attended = true;
    list_append(&worker->attention, &session->attention);
    if (!timer_is_set(&worker->attention_timer))
        wheel_set(worker->wheel, &worker->attention_timer, worker->wheel->now_ms);
}

static void visit_dead(struct stomp_subscription *subscription, uint32_t unused)
{
    (void)unused;
    if (subscription->is_dead)
        stomp_subscription_destroy(subscription);
}

static uint64_t unsent_bytes(const struct stomp_session *session)
{
    return session->wire.written(session->wire.arg) - session->sent;
}

static void watch_output(struct stomp_session *session)
{
    const uint64_t unsent = unsent_bytes(session);

    if (!session->client || session->state != SESSION_OPEN)
        return;
    if (unsent < session->connector->output_bytes_max / 2)
        stomp_session_resume(session, PAUSE_OUTPUT);
    if (session->is_congested && unsent < session->connector->output_bytes_max / 2) {
        session->is_congested = false;
        engine_client_set_congested(session->client, false);
    }
}

/* What a closing session holds (client id, messages, temporary destinations) is free as soon as
 * the peer has been sent the rest: the peer may take long to close its side. */
static void end_client(struct stomp_session *session)
{
    if (session->state != SESSION_CLOSED || !session->client)
        return;
    if (!session->is_lost && session->sent < session->wire.written(session->wire.arg))
        return;
    engine_client_close(session->client);
    session->client = session->naming.client = NULL;
}

/* DISCONNECT: clients come back with the same client id as soon as they see its receipt, and expect
 * what they had not acknowledged. What was rendered in mode auto is theirs. */
static void leave(struct stomp_session *session)
{
    engine_client_set_congested(session->client, true); /* no more deliveries */
    session->sent = session->wire.written(session->wire.arg);
    session_sent_acks(session);
    engine_client_close(session->client);
    session->client = session->naming.client = NULL;
    receipts_flush(session);
}

void stomp_session_attend(struct stomp_session *session)
{
    list_remove(&session->attention);
    session->is_attended = false;
    session_refuse_unreadable(session);
    if (session->state == SESSION_LEAVING && session->client && receipts_await_end(session))
        leave(session);
    if (session->has_dead) {
        session->has_dead = false;
        subscriptions_each(session, visit_dead, 0);
    }
    watch_output(session);
    if (session->is_broken && session->state != SESSION_CLOSED)
        stomp_session_close(session, "no_memory");
    end_client(session);
}

void stomp_session_pause(struct stomp_session *session, enum pause_reason reason)
{
    const bool was_paused = session->paused != 0;

    session->paused |= (uint8_t)reason;
    if (!was_paused)
        session->wire.pause(session->wire.arg);
}

void stomp_session_resume(struct stomp_session *session, enum pause_reason reason)
{
    const bool was_paused = session->paused != 0;

    session->paused &= (uint8_t)~reason;
    if (was_paused && session->paused == 0)
        session->wire.resume(session->wire.arg);
}

void stomp_session_close(struct stomp_session *session, const char *why)
{
    if (session->state == SESSION_CLOSED)
        return;
    session->state = SESSION_CLOSED;
    wheel_cancel(session->worker->wheel, &session->read_timer);
    wheel_cancel(session->worker->wheel, &session->write_timer);
    log_event_limited(&session->scope, &session->worker->close_limit, LOG_INFO, "closing",
                      "remote=\"%s\" reason=%s", session->remote_address, why);
    session->wire.close(session->wire.arg);
    stomp_session_attend_soon(session);
}

/*
 * Errors.
 */
void session_fail(struct stomp_session *session, const struct stomp_frame *frame, const char *fmt,
                  ...)
{
    char text[ERROR_TEXT_LEN];
    struct log_text clean;
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    log_event_limited(&session->scope, &session->worker->refuse_limit, LOG_WARN, "frame_refused",
                      "remote=\"%s\" error=\"%s\"", session->remote_address,
                      log_text(&clean, slice_of_text(text)));
    write_error(session, text,
                frame ? stomp_frame_header(frame, STOMP_HEADER_RECEIPT) : SLICE_ABSENT);
    stomp_session_close(session, "protocol");
}

void session_refuse(struct stomp_session *session, const struct stomp_frame *frame, const char *fmt,
                    ...)
{
    char text[ERROR_TEXT_LEN];
    struct log_text clean;
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    log_event_limited(&session->scope, &session->worker->refuse_limit, LOG_DEBUG, "frame_refused",
                      "remote=\"%s\" error=\"%s\"", session->remote_address,
                      log_text(&clean, slice_of_text(text)));
    receipt_failed(session, stomp_frame_header(frame, STOMP_HEADER_RECEIPT), text);
}

/*
 * The session.
 */
struct stomp_session *stomp_session_create(struct stomp_worker *worker,
                                           const struct stomp_connector *connector,
                                           const struct wire *wire, struct log_scope scope,
                                           const char *remote_address)
{
    struct stomp_session *session = calloc(1, sizeof *session);

    if (!session)
        return NULL;
    session->remote_address = strdup(remote_address ? remote_address : "");
    if (!session->remote_address) {
        free(session);
        return NULL;
    }
    session->worker = worker;
    session->connector = connector;
    session->wire = *wire;
    session->scope = scope;
    session->state = SESSION_NEW;
    session->first_request = 1;
    session->naming.temps_max = engine_config(worker->engine)->settings.connection_temps_max;
    if (UNLIKELY(engine_config(worker->engine)->path_separator != NULL))
        session->naming.separator = engine_config(worker->engine)->path_separator[0];
    list_init(&session->attention);
    timer_init(&session->read_timer, session_read_timer_fired);
    timer_init(&session->write_timer, session_write_timer_fired);
    if (connector->connect_timeout_ms > 0)
        wheel_set(worker->wheel, &session->read_timer,
                  worker->wheel->now_ms + connector->connect_timeout_ms);
    return session;
}

void stomp_session_destroy(struct stomp_session *session)
{
    if (!session)
        return;
    session->state = SESSION_CLOSED;
    wheel_cancel(session->worker->wheel, &session->read_timer);
    wheel_cancel(session->worker->wheel, &session->write_timer);
    list_remove(&session->attention);
    if (session->client)
        engine_client_close(session->client);
    receipts_fini(session);
    subscriptions_fini(session);
    transactions_fini(session);
    stomp_naming_fini(&session->naming);
    session_connect_fini(session);
    free(session->remote_address);
    free(session);
}

static void on_disconnect(struct stomp_session *session, const struct stomp_frame *frame)
{
    session->state = SESSION_LEAVING;
    receipt_now(session, frame, RECEIPT_DISCONNECT);
}

static void on_open_frame(struct stomp_session *session, const struct stomp_frame *frame)
{
    session_refuse_unreadable(session);
    switch (frame->action) {
    case STOMP_SEND:
        session_on_send(session, frame);
        break;
    case STOMP_ACK:
    case STOMP_NACK:
        session_on_acknowledge(session, frame);
        break;
    case STOMP_BEGIN:
        session_on_begin(session, frame);
        break;
    case STOMP_COMMIT:
        session_on_commit(session, frame);
        break;
    case STOMP_ABORT:
        session_on_abort(session, frame);
        break;
    case STOMP_SUBSCRIBE:
        session_on_subscribe(session, frame);
        break;
    case STOMP_UNSUBSCRIBE:
        session_on_unsubscribe(session, frame);
        break;
    case STOMP_DISCONNECT:
        on_disconnect(session, frame);
        break;
    case STOMP_CONNECT: /* after CONNECT these two end the connection: ActiveMQ since 5.19.8 */
        session_fail(session, frame, "Already connected.");
        break;
    case STOMP_UNKNOWN:
        session_fail(session, frame, "Unknown STOMP action: %.*s", SLICE_FMT(frame->action_text));
        break;
    }
}

static void on_frame(struct stomp_session *session, const struct stomp_frame *frame)
{
    if (stomp_frame_header(frame, STOMP_HEADER_RECEIPT).len > RECEIPT_ID_MAX)
        session_fail(session, NULL, "The receipt header is longer than %d bytes", RECEIPT_ID_MAX);
    else if (session->state == SESSION_OPEN)
        on_open_frame(session, frame);
    else if (frame->action == STOMP_CONNECT)
        session_on_connect(session, frame);
    else if (frame->action == STOMP_UNKNOWN)
        session_fail(session, frame, "Unknown STOMP action: %.*s", SLICE_FMT(frame->action_text));
    else
        session_fail(session, frame, "Not connected.");
}

static bool is_reading(const struct stomp_session *session)
{
    return !session->paused && (session->state == SESSION_NEW || session->state == SESSION_OPEN);
}

size_t stomp_session_receive(struct stomp_session *session, struct slice bytes)
{
    struct stomp_worker *worker = session->worker;
    const struct stomp_limits limits = {
        session->connector->action_bytes_max, session->connector->header_bytes_max,
        session->connector->headers_max,      session->connector->body_bytes_max,
        session->connector->frame_bytes_max,
    };
    size_t used = 0;

    session->last_read_ms = worker->wheel->now_ms;
    while (is_reading(session)) {
        enum parse_status status;
        size_t consumed;

        used += session->parser.searched ? 0 : stomp_skip(slice_after(bytes, used));
        status = stomp_parse(&session->parser, &limits, (enum stomp_version)session->version,
                             slice_after(bytes, used), &worker->frame, &consumed);
        if (status == PARSE_NEED_MORE)
            break;
        if (status == PARSE_ERROR) {
            session_fail(session, NULL, "%s",
                         stomp_error_text((enum stomp_error)session->parser.error));
            break;
        }
        on_frame(session, &worker->frame);
        used += consumed;
    }
    /* Who asks for receipts and does not read them is not heard any more. */
    if (unsent_bytes(session) / ANSWERS_UNREAD_MAX > session->connector->output_bytes_max)
        stomp_session_pause(session, PAUSE_OUTPUT);
    if (session->is_attended)
        stomp_session_attend(session);
    if (session->state == SESSION_LEAVING || session->state == SESSION_CLOSED)
        return bytes.len; /* nobody will read the rest */
    return used;
}

void stomp_session_sent(struct stomp_session *session, uint64_t total)
{
    session->sent = total;
    if (!session->client)
        return;
    session_sent_acks(session);
    watch_output(session);
    if (session->is_attended)
        stomp_session_attend(session);
    end_client(session);
}
