/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a delivery to a MessageDispatch. Runs inside the engine's callback: writes and takes notes.
 */
#include "openwire_consumer.h"
#include <errno.h>

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

void consumer_leave_over(struct openwire_consumer *consumer, uint64_t first_tag, uint64_t last_tag)
{
    struct openwire_connection *connection = consumer->connection;
    struct tag_range *range = fifo_push(&consumer->leftovers, sizeof *range);

    if (!range) {
        no_memory(connection->session);
        return;
    }
    *range = (struct tag_range){first_tag, last_tag};
    connection->has_leftovers = true;
    session_attend_soon(connection->session);
}

/* What cannot be encoded for any client. */
static void give_up(struct openwire_consumer *consumer, uint64_t tag)
{
    if (consumer->is_counted) { /* of these the client will miss one, whichever */
        consumer->passed_tag = tag;
        tag = ++consumer->settled_tag;
    }
    consumer_leave_over(consumer, tag, tag);
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
    int error;

    error = render_message(session->worker, delivery->message, rendering);
    if (UNLIKELY(error == -EINVAL)) {
        give_up(consumer, delivery->tag);
        return;
    }
    rendering->id.broker_sequence_id = (int64_t)++session->delivery_count;
    if (UNLIKELY(error || note(consumer, delivery, &rendering->id) != 0)) {
        no_memory(session);
        return;
    }
    message->redelivery_counter = redelivery_counter; /* clients look at the one or the other */
    message->jmsx_group_first_for_consumer = delivery->group_first;
    dispatch = (struct ow_message_dispatch){
        .command = {.object = {OW_MESSAGE_DISPATCH}},
        .consumer_id = &id,
        .destination = message->destination,
        .message = message,
        .redelivery_counter = redelivery_counter,
    };
    session_write_message(session, &dispatch.command.object, delivery->message);
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
    if (LIKELY(delivery->message != NULL))
        dispatch_message(consumer, delivery);
    else
        dispatch_nothing(consumer);
}

static void settle_leftovers(void *arg, void *object)
{
    struct openwire_consumer *consumer = object;

    (void)arg;
    while (consumer->leftovers.count > 0 && consumer->engine) {
        const struct tag_range *front = fifo_at(&consumer->leftovers, sizeof *front, 0);
        const struct tag_range range = *front;

        fifo_pop(&consumer->leftovers);
        if (consumer->is_counted)
            engine_acknowledge(consumer->engine, ACKNOWLEDGE_CONSUMED, range.first, range.last,
                               NULL, 0);
        else
            engine_poison(consumer->engine, range.first, range.last,
                          SLICE("the message is damaged"), 0);
    }
}

void consumers_attend(struct openwire_connection *connection)
{
    if (!connection->has_leftovers)
        return;
    connection->has_leftovers = false;
    table_each(&connection->consumers, settle_leftovers, NULL);
}
