/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a delivery to bytes. Runs inside the engine's callback: renders and takes notes.
 */
#include "stomp_internal.h"
#include "stomp_text.h"
#include <errno.h>

enum { DELIVERY_LEN_MAX = 80 }; /* ack:<number>-<tag>, redelivered:true, the end */

/* What is between the subscription's prefix and the shared part. */
static uint8_t *put_delivery(uint8_t *at, const struct stomp_subscription *subscription,
                             const struct engine_delivery *delivery)
{
    at = put_slice(at, stomp_subscription_prefix(subscription));
    if (subscription->ack_mode != ACK_AUTO && subscription->session->version == STOMP_1_2) {
        at = PUT(at, "ack:");
        at = put_decimal(at, subscription->number);
        *at++ = '-';
        at = put_decimal(at, (int64_t)delivery->tag);
        *at++ = '\n';
    }
    if (delivery->redelivery_count > 0 || delivery->message->redelivery_count > 0)
        at = PUT(at, "redelivered:true\n");
    return at;
}

static void release_message(void *message)
{
    message_unref(message);
}

/* Long bodies by reference, if they are the message's own. */
static bool is_shared_body(const struct message *message, const struct stomp_content *content)
{
    return content->body.len >= BODY_SHARED_MIN &&
           content->body.bytes == message_part(message, MESSAGE_BODY).bytes;
}

static void add_body(struct output *output, struct message *message,
                     const struct stomp_content *content)
{
    if (is_shared_body(message, content))
        output_add_shared(output, content->body, release_message, message_ref(message));
    else
        output_add(output, content->body);
    output_add(output, SLICE("\0\n"));
}

/* Room in the worker's scratch for what does not fit into one piece of output; NULL: no memory. */
static uint8_t *large_room(struct stomp_worker *worker, size_t len)
{
    struct text *large = &worker->large;

    if (large->capacity < len) {
        char *bytes = realloc(large->bytes, len);

        if (!bytes)
            return NULL;
        large->bytes = bytes;
        large->capacity = len;
    }
    return (uint8_t *)large->bytes;
}

static void give_large_back(struct stomp_worker *worker)
{
    if (worker->large.capacity <= CACHED_MESSAGE_MAX)
        return;
    text_fini(&worker->large);
    text_init(&worker->large);
}

static void note_no_memory(struct stomp_session *session)
{
    session->is_broken = true;
    stomp_session_attend_soon(session);
}

static void render_large(struct stomp_session *session,
                         const struct stomp_subscription *subscription,
                         const struct engine_delivery *delivery,
                         const struct stomp_content *content, size_t bound)
{
    struct output *output = session->wire.output;
    uint8_t *start = large_room(session->worker, bound);
    uint8_t *at;

    if (!start) {
        note_no_memory(session);
        return;
    }
    at = put_delivery(start, subscription, delivery);
    at = stomp_message_put(at, delivery->message, content, &session->naming,
                           (enum stomp_version)session->version);
    assert((size_t)(at - start) <= bound);
    output_add(output, slice_of(start, (size_t)(at - start)));
    add_body(output, delivery->message, content);
    give_large_back(session->worker);
}

/* Without the cache: straight into the output when it fits there in one piece. */
static void render(struct stomp_session *session, const struct stomp_subscription *subscription,
                   const struct engine_delivery *delivery, const struct stomp_content *content)
{
    struct output *output = session->wire.output;
    const bool is_apart = content->body.len >= BODY_SHARED_MIN;
    const size_t head =
        subscription->prefix_len + DELIVERY_LEN_MAX + stomp_message_bound(delivery->message);
    const size_t bound = head + (is_apart ? 0 : content->body.len + 2);
    uint8_t *start, *at;

    if (bound > OUTPUT_RESERVE_MAX) {
        render_large(session, subscription, delivery, content, head);
        return;
    }
    start = output_reserve(output, bound);
    at = put_delivery(start, subscription, delivery);
    at = stomp_message_put(at, delivery->message, content, &session->naming,
                           (enum stomp_version)session->version);
    if (!is_apart) {
        at = put_slice(at, content->body);
        at = PUT(at, "\0\n");
    }
    assert((size_t)(at - start) <= bound);
    output_commit(output, (size_t)(at - start));
    if (is_apart)
        add_body(output, delivery->message, content);
}

void cached_fini(struct stomp_cached *cached)
{
    message_unref(cached->message);
    text_fini(&cached->bytes);
}

/* Keeps the shared part; the reference makes sure that the address stays this message's. */
static bool fill_cache(struct stomp_cached *cached, struct message *message,
                       const struct stomp_content *content, enum stomp_version version)
{
    const size_t bound = stomp_message_bound(message) + content->body.len + 2;
    uint8_t *start, *at;

    message_unref(cached->message);
    cached->message = NULL;
    if (cached->bytes.capacity < bound) {
        char *bytes = realloc(cached->bytes.bytes, bound);

        if (!bytes)
            return false;
        cached->bytes.bytes = bytes;
        cached->bytes.capacity = bound;
    }
    start = (uint8_t *)cached->bytes.bytes;
    at = stomp_message_put(start, message, content, NULL, version);
    cached->is_whole = content->body.len < BODY_SHARED_MIN;
    if (cached->is_whole) {
        at = put_slice(at, content->body);
        at = PUT(at, "\0\n");
    }
    assert((size_t)(at - start) <= bound);
    cached->bytes.len = (size_t)(at - start);
    cached->message = message_ref(message);
    return true;
}

static void render_cached(struct stomp_session *session,
                          const struct stomp_subscription *subscription,
                          const struct engine_delivery *delivery, const struct stomp_cached *cached)
{
    struct output *output = session->wire.output;
    const size_t own = subscription->prefix_len + DELIVERY_LEN_MAX;
    const size_t room = own + cached->bytes.len;
    uint8_t *start, *at;

    if (room > OUTPUT_RESERVE_MAX) {
        start = output_reserve(output, own > OUTPUT_RESERVE_MAX ? 0 : own);
        if (own > OUTPUT_RESERVE_MAX) {
            start = large_room(session->worker, own);
            if (!start) {
                note_no_memory(session);
                return;
            }
            at = put_delivery(start, subscription, delivery);
            output_add(output, slice_of(start, (size_t)(at - start)));
        } else {
            at = put_delivery(start, subscription, delivery);
            output_commit(output, (size_t)(at - start));
        }
        output_add(output, slice_of(cached->bytes.bytes, cached->bytes.len));
    } else {
        start = output_reserve(output, room);
        at = put_delivery(start, subscription, delivery);
        at = put_bytes(at, cached->bytes.bytes, cached->bytes.len);
        output_commit(output, (size_t)(at - start));
    }
    if (!cached->is_whole) {
        const struct stomp_content content = {
            .body = message_part(delivery->message, MESSAGE_BODY),
        };

        add_body(output, delivery->message, &content);
    }
}

/* Names of temporary destinations differ per connection, transformed bodies per subscription. */
static bool is_cacheable(const struct stomp_subscription *subscription,
                         const struct message *message)
{
    return subscription->transformation == TRANSFORM_DEFAULT && message->advisory == 0 &&
           message->len <= CACHED_MESSAGE_MAX && !message->compressed &&
           !destination_kind_is_temp((enum destination_kind)message->destination_kind) &&
           !destination_kind_is_temp((enum destination_kind)message->reply_to_kind) &&
           !destination_kind_is_temp((enum destination_kind)message->original_kind) &&
           (message->body_kind == BODY_TEXT || message->body_kind == BODY_BYTES);
}

/* What a long body has made of it is given back. */
static void give_scratch_back(struct stomp_scratch *scratch)
{
    if (LIKELY(scratch->body.capacity <= CACHED_MESSAGE_MAX &&
               scratch->unpack.inflated.capacity <= CACHED_MESSAGE_MAX &&
               scratch->unpack.converted.capacity <= CACHED_MESSAGE_MAX))
        return;
    stomp_scratch_fini(scratch);
    stomp_scratch_init(scratch);
}

/* -EBADMSG, -EFBIG: the body cannot be read, and nothing is written. */
static int render_message(struct stomp_session *session,
                          const struct stomp_subscription *subscription,
                          const struct engine_delivery *delivery)
{
    struct stomp_worker *worker = session->worker;
    struct stomp_cached *cached = &worker->cached[session->version];
    const bool may_cache = is_cacheable(subscription, delivery->message);
    const bool is_second = cached->last == delivery->message;
    struct stomp_content content;
    int error;

    if (may_cache && cached->message == delivery->message) {
        render_cached(session, subscription, delivery, cached);
        return 0;
    }
    error =
        stomp_content(delivery->message, (enum stomp_transformation)subscription->transformation,
                      &worker->scratch, &content);
    if (error) {
        stomp_scratch_fini(&worker->scratch);
        stomp_scratch_init(&worker->scratch);
        return error;
    }
    cached->last = delivery->message;
    if (may_cache && is_second &&
        fill_cache(cached, delivery->message, &content, (enum stomp_version)session->version))
        render_cached(session, subscription, delivery, cached);
    else
        render(session, subscription, delivery, &content);
    give_scratch_back(&worker->scratch);
    return 0;
}

/* A browser leaves the message where it is. */
static void note_unreadable(struct stomp_session *session, struct stomp_subscription *subscription,
                            uint64_t tag, int error)
{
    struct unreadable *unreadable;

    if (subscription->is_browser)
        return;
    unreadable = fifo_push(&session->unreadable, sizeof *unreadable);
    if (unreadable) {
        *unreadable = (struct unreadable){subscription, tag, error};
        stomp_session_attend_soon(session);
    } else {
        note_no_memory(session);
    }
}

static void refuse_unreadable(const struct unreadable *unreadable)
{
    struct text_error cause;

    if (unreadable->error == -EFBIG)
        text_error_set(&cause, "The compressed body is longer than %d bytes when inflated",
                       STOMP_INFLATED_MAX);
    else
        text_error_set(&cause, "The compressed body is damaged");
    engine_poison(unreadable->subscription->consumer, unreadable->tag, unreadable->tag,
                  slice_of_text(cause.text), 0);
}

void session_refuse_unreadable(struct stomp_session *session)
{
    while (UNLIKELY(session->unreadable.count > 0)) {
        const struct unreadable *front = fifo_at(&session->unreadable, sizeof *front, 0);
        const struct unreadable first = *front;

        fifo_pop(&session->unreadable);
        if (first.subscription && !first.subscription->is_dead)
            refuse_unreadable(&first);
    }
}

static void write_browse_end(struct stomp_session *session,
                             const struct stomp_subscription *subscription)
{
    const struct destination_name name = stomp_subscription_destination(subscription);
    const size_t bound = subscription->prefix_len + stomp_destination_bound(name.name) + 64;
    uint8_t *start = large_room(session->worker, bound);
    uint8_t *at;

    if (!start) {
        note_no_memory(session);
        return;
    }
    at = put_slice(start, stomp_subscription_prefix(subscription));
    at = PUT(at, "browser:end\nmessage-id:0\ndestination:");
    at = stomp_destination_put(at, &session->naming, name, (enum stomp_version)session->version);
    at = PUT(at, "\n\n\0\n");
    output_add(session->wire.output, slice_of(start, (size_t)(at - start)));
}

/* Automatic acknowledgement: deliveries in a row of one subscription make one entry, until the
 * kernel has taken some output; so a batch is one call to the engine. */
static void note_auto(struct stomp_session *session, struct stomp_subscription *subscription,
                      uint64_t tag, uint64_t offset)
{
    struct fifo *row = &session->auto_acks;
    struct auto_batch *batch = NULL;

    if (row->count > 0 && !session->acks_sealed)
        batch = fifo_at(row, sizeof *batch, row->count - 1);
    if (!batch || batch->subscription != subscription)
        batch = fifo_push(row, sizeof *batch);
    if (!batch) {
        note_no_memory(session);
        return;
    }
    session->acks_sealed = false;
    *batch = (struct auto_batch){subscription, tag, offset};
    subscription->auto_tag = tag;
}

static void note_outstanding(struct stomp_session *session, struct stomp_subscription *subscription,
                             const struct engine_delivery *delivery)
{
    struct message *message = NULL;

    if (session->version != STOMP_1_2) /* the ack header of 1.2 needs no search by id */
        message = message_ref(delivery->message);
    if (stomp_window_push(subscription, delivery->tag, message) != 0) {
        message_unref(message);
        note_no_memory(session);
    }
}

void session_deliver(void *arg, const struct engine_delivery *delivery)
{
    struct stomp_session *session = arg;
    struct stomp_subscription *subscription = delivery->context;
    uint64_t written;
    int error;

    if (session->state != SESSION_OPEN || subscription->is_dead)
        return; /* what is not rendered is not acknowledged either, and goes back */
    subscription->consumer = delivery->consumer;
    session->last_write_ms = session->worker->wheel->now_ms;
    if (!delivery->message) {
        write_browse_end(session, subscription);
        return;
    }
    error = render_message(session, subscription, delivery);
    if (UNLIKELY(error == -ENOMEM)) {
        note_no_memory(session);
        return;
    }
    if (UNLIKELY(error)) {
        note_unreadable(session, subscription, delivery->tag, error);
        return;
    }
    written = session->wire.written(session->wire.arg);
    if (subscription->ack_mode == ACK_AUTO)
        note_auto(session, subscription, delivery->tag, written);
    else
        note_outstanding(session, subscription, delivery);
    if (!session->is_congested && written - session->sent > session->connector->output_bytes_max) {
        session->is_congested = true; /* the one call that a delivery may make */
        engine_client_set_congested(session->client, true);
    }
}
