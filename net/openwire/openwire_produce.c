/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Producers and what they send.
 */
#include "openwire_producer.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum {
    MESSAGE_OVERHEAD = 1024, /* what Java's client counts for a message on top of its bytes */
    RECENT_COUNT = 64,       /* bits of openwire_producer.recent */
};

static uint64_t producer_id_hash(int64_t session, int64_t value)
{
    const int64_t both[2] = {session, value};

    return slice_hash(slice_of(both, sizeof both), 0);
}

static uint64_t hash_of(const void *object)
{
    const struct openwire_producer *producer = object;

    return producer_id_hash(producer->session, producer->value);
}

static bool matches(const void *object, const void *key)
{
    const struct openwire_producer *producer = object;
    const struct ow_producer_id *id = key;

    return producer->value == id->value && producer->session == id->session_id;
}

int producers_init(struct openwire_connection *connection)
{
    return table_init(&connection->producers, hash_of, matches, 0);
}

static struct openwire_producer *producer_find(struct openwire_connection *connection,
                                               const struct ow_producer_id *id)
{
    struct openwire_producer *producer = connection->last_producer;

    if (LIKELY(producer && matches(producer, id)))
        return producer;
    producer = table_find(&connection->producers, producer_id_hash(id->session_id, id->value), id);
    if (!producer || producer->is_dead)
        return NULL;
    connection->last_producer = producer;
    return producer;
}

static void destroy(struct openwire_producer *producer)
{
    struct openwire_connection *connection = producer->connection;

    if (connection->last_producer == producer)
        connection->last_producer = NULL;
    requests_forget(connection, producer);
    table_remove(&connection->producers, producer);
    free(producer->missed);
    free(producer);
}

static void close_producer(struct openwire_producer *producer)
{
    if (producer->engine)
        engine_producer_close(producer->engine);
    destroy(producer);
}

static void destroy_each(void *arg, void *object)
{
    (void)arg;
    destroy(object);
}

void producers_destroy(struct openwire_connection *connection)
{
    table_each(&connection->producers, destroy_each, NULL);
    table_fini(&connection->producers);
}

static void close_of_session(void *arg, void *object)
{
    struct openwire_producer *producer = object;

    if (producer->session == *(const int64_t *)arg)
        close_producer(producer);
}

void producers_remove(struct openwire_connection *connection, int64_t session)
{
    table_each(&connection->producers, close_of_session, &session);
}

bool producer_remove(struct openwire_connection *connection, const struct ow_producer_id *id)
{
    struct openwire_producer *producer = producer_find(connection, id);

    if (producer)
        close_producer(producer);
    return producer != NULL;
}

static void close_dead(void *arg, void *object)
{
    struct openwire_producer *producer = object;

    (void)arg;
    if (producer->is_dead)
        close_producer(producer);
}

void producers_attend(struct openwire_connection *connection)
{
    if (!connection->has_dead_producer)
        return;
    connection->has_dead_producer = false;
    table_each(&connection->producers, close_dead, NULL);
}

/*
 * ProducerInfo.
 */
static void producer_answered(struct pending *pending, const struct engine_completion *completion)
{
    struct openwire_producer *producer = pending->subject;
    struct openwire_connection *connection = pending->connection;

    if (producer && completion->error != ENGINE_OK) {
        producer->is_dead = true;
        if (connection->last_producer == producer)
            connection->last_producer = NULL;
        connection->has_dead_producer = true;
        session_attend_soon(connection->session);
    }
    pending_respond(pending, completion);
}

/* NULL: no memory. */
static struct openwire_producer *create(struct openwire_connection *connection,
                                        const struct ow_producer_info *info)
{
    struct openwire_producer *producer = calloc(1, sizeof *producer);

    if (!producer)
        return NULL;
    producer->connection = connection;
    producer->session = info->producer_id->session_id;
    producer->value = info->producer_id->value;
    producer->has_window = info->window_size > 0 && connection->session->format.version >= 3;
    if (table_add(&connection->producers, producer) != 0) {
        free(producer);
        return NULL;
    }
    producer_restore(producer);
    return producer;
}

static void open_producer(struct openwire_producer *producer, const struct ow_producer_info *info)
{
    struct openwire_connection *connection = producer->connection;
    char id[ID_TEXT_MAX];
    const size_t id_len =
        id_text_write(id, connection->id_slice, producer->session, producer->value);
    const struct engine_producer_spec spec = {
        .destination =
            info->destination
                ? destination_of_openwire(info->destination, &connection->session->worker->names[0])
                : (struct destination_name){.name = SLICE_ABSENT},
        .producer_id = slice_of(id, id_len),
        .window_size = info->window_size,
        .request = request_with(connection, &info->command, producer_answered, producer, 0),
    };

    if (spec.request != 0)
        producer->engine = engine_producer_open(connection->client, &spec);
    else
        close_producer(producer);
}

static bool check_producer(struct openwire_session *session, const struct ow_producer_info *info,
                           struct openwire_connection *connection, struct failure *failure)
{
    const struct ow_producer_id *id = info->producer_id;

    if (!connection)
        failure_set(failure, "java.lang.IllegalStateException",
                    "Cannot add a producer to a connection that had not been registered: %.*s",
                    SLICE_FMT(id ? id->connection_id : SLICE_ABSENT));
    else if (!connection_has_session(connection, id->session_id))
        failure_set(failure, "java.lang.IllegalStateException",
                    "Cannot add a producer to a session that had not been registered: %.*s"
                    ":%" PRId64,
                    SLICE_FMT(id->connection_id), id->session_id);
    else if (info->destination && info->destination->physical_name.len == 0)
        failure_set(failure, "javax.jms.InvalidDestinationException",
                    "The destination has no name");
    else if (connection->producers.count >=
             engine_config(session->worker->engine)->settings.connection_subscriptions_max)
        failure_of(ENGINE_NO_RESOURCES, "Too many producers on this connection", failure);
    else
        return true;
    return false;
}

void on_producer_info(struct openwire_session *session, const struct ow_producer_info *info)
{
    const struct ow_producer_id *id = info->producer_id;
    struct openwire_connection *connection =
        id ? connection_find(session, id->connection_id) : NULL;
    struct openwire_producer *producer;
    struct failure failure;

    if (connection)
        producers_attend(connection); /* a refused one may come again under its id */
    if (!check_producer(session, info, connection, &failure)) {
        respond_failure(session, &info->command, &failure);
    } else if (producer_find(connection, id)) {
        respond(session, &info->command);
    } else if ((producer = create(connection, info))) {
        open_producer(producer, info);
    } else {
        failure_of(ENGINE_NO_MEMORY, "The broker is out of memory", &failure);
        respond_failure(session, &info->command, &failure);
    }
}

/*
 * Messages.
 */
void send_answered(struct pending *pending, const struct engine_completion *completion)
{
    pending_respond(pending, completion);
}

/* Also after a failure: the client has counted the message, and would wait for ever. */
static void window_answered(struct pending *pending, const struct engine_completion *completion)
{
    const struct openwire_producer *producer = pending->subject;
    struct ow_producer_id id = {.object.type = OW_PRODUCER_ID,
                                .connection_id = pending->connection->id_slice};
    const struct ow_producer_ack ack = {.command.object.type = OW_PRODUCER_ACK,
                                        .producer_id = &id,
                                        .size = (int32_t)pending->number};

    pending_respond(pending, completion);
    if (!producer)
        return;
    id.session_id = producer->session;
    id.value = producer->value;
    session_write(pending->connection->session, &ack.command.object);
}

static int64_t window_bytes(const struct ow_message *message)
{
    return (int64_t)(MESSAGE_OVERHEAD + message->content.len + message->marshalled_properties.len);
}

static bool numbers_itself(const struct ow_message *message)
{
    const struct ow_message_id *id = message->message_id;

    return id && id->producer_sequence_id > 0 && id->producer_id &&
           id->producer_id->value == message->producer_id->value &&
           id->producer_id->session_id == message->producer_id->session_id &&
           slice_equal(id->producer_id->connection_id, message->producer_id->connection_id);
}

/* True: it had come before. */
static bool note_sequence(struct openwire_producer *producer, int64_t sequence)
{
    const int64_t ahead = sequence - producer->last_sequence; /* both are positive */
    uint64_t bit;

    if (LIKELY(ahead > 0)) {
        producer->recent = ahead < RECENT_COUNT ? producer->recent << ahead | 1 : 1;
        producer->last_sequence = sequence;
        return false;
    }
    if (sequence <= producer->restored_sequence)
        return !producer_missed(producer, sequence);
    if (-ahead >= RECENT_COUNT) /* twice is better than not at all */
        return false;
    bit = UINT64_C(1) << -ahead;
    if (producer->recent & bit)
        return true;
    producer->recent |= bit;
    return false;
}

/* A transaction's messages come again only after it was rolled back. */
static bool is_repeated(struct openwire_producer *producer, const struct ow_message *message)
{
    return !message->transaction_id && numbers_itself(message) &&
           note_sequence(producer, message->message_id->producer_sequence_id);
}

/* As if it had been sent. */
static void answer_repeated(struct openwire_producer *producer, const struct ow_message *message)
{
    struct pending pending = {
        .command_id = message->command.command_id,
        .response_required = message->command.response_required,
        .connection = producer->connection,
        .subject = producer,
        .number = window_bytes(message),
    };
    const struct engine_completion done = {.error = ENGINE_OK, .text = ""};

    if (!pending.response_required && producer->has_window)
        window_answered(&pending, &done);
    else
        pending_respond(&pending, &done);
}

/* False: no memory for it, which has been said. Without a number the engine may stop the client
 * when there is no room; with one its answer is late instead. */
static bool choose_request(struct openwire_producer *producer, const struct ow_message *message,
                           uint64_t *out)
{
    struct openwire_connection *connection = producer->connection;
    const struct ow_command *command = &message->command;

    if (!command->response_required && producer->has_window)
        *out = request_with(connection, command, window_answered, producer, window_bytes(message));
    else if (command->response_required && connection->fault_tolerant && !message->transaction_id &&
             numbers_itself(message))
        *out = request_with(connection, command, send_answered, producer,
                            message->message_id->producer_sequence_id);
    else {
        *out = request_for(connection, command);
        return true;
    }
    return *out != 0;
}

static void send_message(struct openwire_producer *producer, const struct ow_message *in)
{
    struct openwire_connection *connection = producer->connection;
    struct engine_transaction *transaction = NULL;
    struct message *message = NULL;
    struct failure failure;
    uint64_t request;

    if (in->transaction_id &&
        !transaction_find(connection, in->transaction_id, &transaction, &failure)) {
        respond_failure(connection->session, &in->command, &failure);
        return;
    }
    if (is_repeated(producer, in)) {
        answer_repeated(producer, in);
        return;
    }
    message = message_of_openwire(connection, in, &failure);
    if (!message) {
        respond_failure(connection->session, &in->command, &failure);
        return;
    }
    if (choose_request(producer, in, &request))
        engine_send(connection->client, message, transaction, request);
    else
        message_unref(message);
}

void on_message(struct openwire_session *session, const struct ow_message *message)
{
    const struct ow_producer_id *id = message->producer_id;
    struct openwire_connection *connection =
        id ? connection_find(session, id->connection_id) : NULL;
    struct openwire_producer *producer = connection ? producer_find(connection, id) : NULL;
    struct failure failure;

    if (LIKELY(producer != NULL)) {
        send_message(producer, message);
        return;
    }
    if (connection)
        failure_set(
            &failure, "javax.jms.JMSException",
            "Cannot send message to %.*s with invalid (null) producer state",
            SLICE_FMT(message->destination ? message->destination->physical_name : SLICE_ABSENT));
    else
        failure_set(&failure, "java.lang.IllegalStateException",
                    "Cannot lookup a producer from a connection that had not been registered: %.*s",
                    SLICE_FMT(id ? id->connection_id : SLICE_ABSENT));
    respond_failure(session, &message->command, &failure);
}
