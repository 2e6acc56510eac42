/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a delivery to a MessageDispatch. Runs inside the engine's callback: writes and takes notes.
 */
#include "openwire_consumer.h"
#include <errno.h>
#include <inttypes.h>

/* Remembers what the acknowledgement will be about. */
static int note(struct openwire_consumer *consumer, const struct engine_delivery *delivery,
                const struct ow_message_id *id)
{
    if (consumer->is_counted) {
        consumer->passed_tag = delivery->tag;
        return 0;
    }
    return openwire_window_push(consumer,
                                &(struct outstanding){
                                    .number = (uint64_t)id->broker_sequence_id,
                                    .tag = delivery->tag,
                                    .identity = message_identity(consumer->connection, id),
                                });
}

static int32_t counter_of(const struct engine_delivery *delivery)
{
    return delivery->redelivery_count < INT32_MAX ? (int32_t)delivery->redelivery_count : INT32_MAX;
}

static void no_memory(struct openwire_session *session)
{
    session_close(session, "no memory for a delivery");
}

void consumer_leave_over(struct openwire_consumer *consumer, const struct leftover *leftover)
{
    struct openwire_connection *connection = consumer->connection;
    struct leftover *added = fifo_push(&consumer->leftovers, sizeof *added);

    if (!added) {
        no_memory(connection->session);
        return;
    }
    *added = *leftover;
    connection->has_leftovers = true;
    session_attend_soon(connection->session);
}

/* This client can never have it. It must not come back to it for ever, nor cost it its connection:
 * a message with a header that OpenWire has no room for would close one consumer after another. */
static void give_up(struct openwire_consumer *consumer, uint64_t tag, const char *why)
{
    const struct openwire_session *session = consumer->connection->session;

    log_event_limited(&session->scope, &session->worker->refuse_limit, LOG_WARN, "message_not_sent",
                      "remote=\"%s\" consumer=%" PRId64 ":%" PRId64 " error=\"%s\"",
                      session->remote_address, consumer->session, consumer->value, why);
    if (consumer->is_counted) { /* of these the client will miss one, whichever */
        consumer->passed_tag = tag;
        tag = ++consumer->settled_tag;
        why = NULL;
    }
    consumer_leave_over(consumer, &(struct leftover){{tag, tag}, why});
}

/* To a subscriber of a topic, together with all others. False: it must be written for him alone. */
static bool dispatch_with_others(struct openwire_consumer *consumer,
                                 const struct engine_delivery *delivery)
{
    struct openwire_session *session = consumer->connection->session;
    const struct ow_consumer_id id = consumer_id_of(consumer);
    const struct fanout *fanout;
    struct ow_message_dispatch dispatch;

    if (delivery->redelivery_count > 0 || delivery->group_first)
        return false;
    fanout = fanout_of(session, delivery->message);
    if (!fanout)
        return false;
    dispatch = (struct ow_message_dispatch){
        .command = {.object = {OW_MESSAGE_DISPATCH}},
        .consumer_id = &id,
        .destination = &fanout->destination,
        .message = (const struct ow_message *)(const void *)&fanout->written,
    };
    if (session_write_message(session, &dispatch.command.object, NULL) != OW_OK)
        return false; /* nothing has been written; alone it fails again, and is dealt with */
    consumer->passed_tag = delivery->tag;
    return true;
}

static void dispatch_message(struct openwire_consumer *consumer,
                             const struct engine_delivery *delivery)
{
    struct openwire_session *session = consumer->connection->session;
    struct rendering *rendering = &session->worker->rendering;
    struct ow_message *message = &rendering->blob.message;
    const struct ow_consumer_id id = consumer_id_of(consumer);
    const int32_t redelivery_counter = counter_of(delivery);
    struct ow_message_dispatch dispatch;
    enum ow_error unwritten;
    int error;

    error = render_message(session->worker, delivery->message, rendering);
    if (UNLIKELY(error == -EINVAL)) {
        give_up(consumer, delivery->tag, "the message is damaged");
        return;
    }
    if (UNLIKELY(error)) {
        no_memory(session);
        return;
    }
    if (!consumer->is_counted)
        rendering->id.broker_sequence_id = (int64_t)++session->delivery_count;
    message->redelivery_counter = redelivery_counter; /* clients look at the one or the other */
    message->jmsx_group_first_for_consumer = delivery->group_first;
    dispatch = (struct ow_message_dispatch){
        .command = {.object = {OW_MESSAGE_DISPATCH}},
        .consumer_id = &id,
        .destination = message->destination,
        .message = message,
        .redelivery_counter = redelivery_counter,
    };
    unwritten = session_write_message(session, &dispatch.command.object, delivery->message);
    if (UNLIKELY(unwritten != OW_OK && unwritten != OW_NO_MEMORY))
        give_up(consumer, delivery->tag, ow_error_text(unwritten));
    else if (UNLIKELY(unwritten != OW_OK || note(consumer, delivery, &rendering->id) != 0))
        no_memory(session);
}

/* The end of a browse, or nothing to pull. */
static void dispatch_nothing(struct openwire_consumer *consumer)
{
    const struct ow_consumer_id id = consumer_id_of(consumer);
    const struct ow_message_dispatch dispatch = {
        .command = {.object = {OW_MESSAGE_DISPATCH}},
        .consumer_id = &id,
    };

    session_write(consumer->connection->session, &dispatch.command.object);
}

void connection_deliver(void *arg, const struct engine_delivery *delivery)
{
    struct openwire_connection *connection = arg;
    struct openwire_session *session = connection->session;
    struct openwire_consumer *consumer = delivery->context;

    if (session->state != SESSION_OPEN)
        return; /* what is not sent is not acknowledged either, and goes back */
    consumer->engine = delivery->consumer;
    if (UNLIKELY(!delivery->message))
        dispatch_nothing(consumer);
    else if (!consumer->is_counted || !dispatch_with_others(consumer, delivery))
        dispatch_message(consumer, delivery);
}

static void settle_leftovers(void *arg, void *object)
{
    struct openwire_consumer *consumer = object;

    (void)arg;
    while (consumer->leftovers.count > 0 && consumer->engine) {
        const struct leftover *front = fifo_at(&consumer->leftovers, sizeof *front, 0);
        const struct leftover leftover = *front;
        const struct tag_range *tags = &leftover.tags;

        fifo_pop(&consumer->leftovers);
        if (leftover.why)
            engine_poison(consumer->engine, tags->first, tags->last, slice_of_text(leftover.why),
                          0);
        else
            engine_acknowledge(consumer->engine, ACKNOWLEDGE_CONSUMED, tags->first, tags->last,
                               NULL, 0);
    }
}

void consumers_attend(struct openwire_connection *connection)
{
    if (!connection->has_leftovers)
        return;
    connection->has_leftovers = false;
    table_each(&connection->consumers, settle_leftovers, NULL);
}
