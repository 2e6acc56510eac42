/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Consumers: how they come, are changed and go.
 */
#include "openwire_consumer.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* What Java's client asks for when nobody has told it otherwise: a policy may know better. */
enum {
    PREFETCH_QUEUE = 1000,
    PREFETCH_BROWSER = 500,
    PREFETCH_TOPIC = 32767,
    PREFETCH_DURABLE = 100,
    PREFETCH_DURABLE_AUTO = 1000, /* sessions that acknowledge automatically */
};

static const char *const jms_exception = "javax.jms.JMSException";
static const char *const wrong_order = "java.lang.IllegalStateException";

/*
 * By number.
 */
struct consumer_key {
    int64_t session, value;
};

static uint64_t key_hash(struct consumer_key key)
{
    const uint64_t mixed = (uint64_t)key.session * UINT64_C(0x9e3779b97f4a7c15) +
                           (uint64_t)key.value * UINT64_C(0xd6e8feb86659fd93);

    return mixed ^ mixed >> 32;
}

static uint64_t hash_of(const void *object)
{
    const struct openwire_consumer *consumer = object;

    return key_hash((struct consumer_key){consumer->session, consumer->value});
}

static bool matches(const void *object, const void *key)
{
    const struct openwire_consumer *consumer = object;
    const struct consumer_key *wanted = key;

    return consumer->session == wanted->session && consumer->value == wanted->value;
}

static struct openwire_consumer *find_in(const struct openwire_connection *connection,
                                         const struct ow_consumer_id *id)
{
    const struct consumer_key key = {id->session_id, id->value};

    return table_find(&connection->consumers, key_hash(key), &key);
}

struct openwire_consumer *openwire_consumer_find(struct openwire_session *session,
                                                 const struct ow_consumer_id *id)
{
    const struct openwire_connection *connection =
        id ? connection_find(session, id->connection_id) : NULL;

    return connection ? find_in(connection, id) : NULL;
}

struct ow_consumer_id consumer_id_of(const struct openwire_consumer *consumer)
{
    return (struct ow_consumer_id){
        {OW_CONSUMER_ID}, consumer->connection->id_slice, consumer->session, consumer->value};
}

int consumers_init(struct openwire_connection *connection)
{
    int error = table_init(&connection->consumers, hash_of, matches, 4);

    if (error)
        return error;
    error = transactions_init(connection);
    if (error)
        table_fini(&connection->consumers);
    return error;
}

static void consumer_free(struct openwire_consumer *consumer)
{
    openwire_window_fini(consumer);
    fifo_fini(&consumer->leftovers);
    free(consumer);
}

static void visit_free(void *arg, void *object)
{
    struct openwire_connection *connection = arg;

    table_remove(&connection->consumers, object);
    consumer_free(object);
}

void consumers_destroy(struct openwire_connection *connection)
{
    table_each(&connection->consumers, visit_free, connection);
    table_fini(&connection->consumers);
}

/* Nobody will name it any more. */
static void consumer_destroy(struct openwire_consumer *consumer)
{
    struct openwire_connection *connection = consumer->connection;

    transactions_forget(consumer);
    requests_forget(connection, consumer);
    table_remove(&connection->consumers, consumer);
    consumer_free(consumer);
}

/*
 * ConsumerInfo.
 */
static bool is_default_prefetch(const struct openwire_consumer *consumer, int32_t prefetch)
{
    if (consumer->is_browser)
        return prefetch == PREFETCH_BROWSER;
    if (destination_kind_is_queue((enum destination_kind)consumer->kind))
        return prefetch == PREFETCH_QUEUE;
    if (consumer->is_durable)
        return prefetch == PREFETCH_DURABLE || prefetch == PREFETCH_DURABLE_AUTO;
    return prefetch == PREFETCH_TOPIC;
}

/* A composite's parts may say their kind, and then acknowledgements are of both sorts. */
static bool has_queue(struct destination_name destination)
{
    return destination_kind_is_queue(destination.kind) ||
           (destination.name.len > 0 &&
            memmem(destination.name.bytes, destination.name.len, "queue://", 8) != NULL);
}

static struct openwire_consumer *consumer_create(struct openwire_connection *connection,
                                                 const struct ow_consumer_info *info,
                                                 const struct engine_subscribe_spec *spec)
{
    struct openwire_consumer *consumer = calloc(1, sizeof *consumer);

    if (!consumer)
        return NULL;
    consumer->connection = connection;
    consumer->session = info->consumer_id->session_id;
    consumer->value = info->consumer_id->value;
    consumer->kind = (uint8_t)spec->destination.kind;
    consumer->is_browser = spec->browser;
    consumer->is_durable = slice_is_present(spec->durable_name);
    consumer->is_counted = !consumer->is_durable && !has_queue(spec->destination);
    if (table_add(&connection->consumers, consumer) == 0)
        return consumer;
    free(consumer);
    return NULL;
}

/* As in ActiveMQ the text is the selector. */
static void refuse_selector(const struct pending *pending, struct slice selector)
{
    const struct ow_command command = {.command_id = pending->command_id,
                                       .response_required = pending->response_required};
    struct failure failure;

    if (selector.len == 0 || selector.bytes[0] == '\0') /* a text must not be empty */
        selector = SLICE("The selector is not one");
    failure_set(&failure, "javax.jms.InvalidSelectorException", "%.*s", SLICE_FMT(selector));
    respond_failure(pending->connection->session, &command, &failure);
}

static void subscribed(struct pending *pending, const struct engine_completion *completion)
{
    struct openwire_consumer *consumer = pending->subject;

    if (completion->error == ENGINE_BAD_SELECTOR && consumer && consumer->selector.len > 0)
        refuse_selector(pending, consumer->selector);
    else
        pending_respond(pending, completion);
    if (completion->error != ENGINE_OK && consumer)
        consumer_destroy(consumer);
}

static void no_memory(struct openwire_session *session, const struct ow_command *command)
{
    struct failure failure;

    failure_of(ENGINE_NO_MEMORY, "no memory for a consumer", &failure);
    respond_failure(session, command, &failure);
}

/* The policy says so: a client that does not know would wait for messages for ever. */
static void tell_to_pull(const struct openwire_consumer *consumer)
{
    const struct ow_consumer_id id = consumer_id_of(consumer);
    const struct ow_consumer_control control = {.command = {.object = {OW_CONSUMER_CONTROL}},
                                                .consumer_id = &id};

    if (consumer->connection->manageable)
        session_write(consumer->connection->session, &control.command.object);
}

static void subscribe(struct openwire_connection *connection, const struct ow_consumer_info *info,
                      struct engine_subscribe_spec *spec)
{
    struct openwire_consumer *consumer = consumer_create(connection, info, spec);
    struct engine_consumer *engine;

    if (!consumer) {
        no_memory(connection->session, &info->command);
        return;
    }
    spec->prefetch_is_default = is_default_prefetch(consumer, info->prefetch_size);
    spec->context = consumer;
    spec->request = request_with(connection, &info->command, subscribed, consumer, 0);
    if (spec->request == 0) {
        consumer_destroy(consumer);
        return;
    }
    consumer->selector = spec->selector;
    engine = engine_subscribe(connection->client, spec);
    if (!engine) /* the answer has been given already, and the consumer is gone */
        return;
    consumer->engine = engine;
    consumer->selector = SLICE_ABSENT;
    if (spec->prefetch > 0 && engine_consumer_prefetch(engine) == 0)
        tell_to_pull(consumer);
}

/* False: no memory. */
static bool read_texts(const struct ow_consumer_info *info, struct text scratch[3],
                       struct engine_subscribe_spec *spec)
{
    spec->destination = destination_of_openwire(info->destination, &scratch[0]);
    if (info->selector.len > 0)
        spec->selector = utf8_of_modified(info->selector, &scratch[1]);
    /* ActiveMQ's queues do not look at it. */
    if (!destination_kind_is_queue(spec->destination.kind) &&
        slice_is_present(info->subscription_name))
        spec->durable_name = utf8_of_modified(info->subscription_name, &scratch[2]);
    return !text_failed(&scratch[0]) && !text_failed(&scratch[1]) && !text_failed(&scratch[2]);
}

static bool is_possible(const struct openwire_connection *connection,
                        const struct ow_consumer_info *info, struct failure *failure)
{
    const struct config_settings *settings =
        &engine_config(connection->session->worker->engine)->settings;

    if (!info->destination)
        failure_set(failure, jms_exception, "A consumer needs a destination");
    else if (info->prefetch_size < 0)
        failure_set(failure, jms_exception, "Cannot have a prefetch size less than zero");
    else if (connection->consumers.count >= settings->connection_subscriptions_max)
        failure_set(failure, "javax.jms.ResourceAllocationException",
                    "Too many consumers on this connection");
    else
        return true;
    return false;
}

static void add_consumer(struct openwire_connection *connection,
                         const struct ow_consumer_info *info)
{
    char id[ID_TEXT_MAX];
    const size_t id_len = id_text_write(id, connection->id_slice, info->consumer_id->session_id,
                                        info->consumer_id->value);
    struct engine_subscribe_spec spec = {
        .consumer_id = id_len > 0 ? slice_of(id, id_len) : SLICE_ABSENT,
        .prefetch = (uint32_t)info->prefetch_size,
        .browser = info->browser,
        .exclusive = info->exclusive,
        .retroactive = info->retroactive,
        .no_local = info->no_local,
        .network = info->network_subscription,
        .priority = info->priority,
        .pending_max =
            info->maximum_pending_message_limit > 0 ? info->maximum_pending_message_limit : 0,
    };
    struct text scratch[3];

    for (size_t i = 0; i < ARRAY_LEN(scratch); i++)
        text_init(&scratch[i]);
    if (read_texts(info, scratch, &spec))
        subscribe(connection, info, &spec);
    else
        no_memory(connection->session, &info->command);
    for (size_t i = 0; i < ARRAY_LEN(scratch); i++)
        text_fini(&scratch[i]);
}

void on_consumer_info(struct openwire_session *session, const struct ow_consumer_info *info)
{
    const struct ow_consumer_id *id = info->consumer_id;
    struct openwire_connection *connection =
        id ? connection_find(session, id->connection_id) : NULL;
    struct failure failure;

    if (!id)
        failure_set(&failure, jms_exception, "A consumer needs an id");
    else if (!connection)
        failure_set(&failure, wrong_order,
                    "Cannot add a consumer to a connection that had not been registered: %.*s",
                    SLICE_FMT(id->connection_id));
    else if (!connection_has_session(connection, id->session_id))
        failure_set(
            &failure, wrong_order,
            "Cannot add a consumer to a session that had not been registered: %.*s:%" PRId64,
            SLICE_FMT(id->connection_id), id->session_id);
    else if (find_in(connection, id)) { /* a client that repeats itself after a reconnection */
        respond(session, &info->command);
        return;
    } else if (is_possible(connection, info, &failure)) {
        add_consumer(connection, info);
        return;
    }
    respond_failure(session, &info->command, &failure);
}

/*
 * Going.
 */
static void end(struct openwire_consumer *consumer, int64_t last_delivered,
                const struct ow_command *command)
{
    struct openwire_connection *connection = consumer->connection;
    struct engine_consumer *engine = consumer->engine;
    const uint64_t delivered_tag = openwire_window_delivered_tag(consumer, last_delivered);

    consumer_destroy(consumer);
    if (engine)
        engine_unsubscribe(engine, delivered_tag, command ? request_for(connection, command) : 0);
    else if (command)
        respond(connection->session, command);
}

bool consumer_remove(struct openwire_connection *connection, const struct ow_consumer_id *id,
                     int64_t last_delivered, const struct ow_command *command)
{
    struct openwire_consumer *consumer = find_in(connection, id);

    if (consumer)
        end(consumer, last_delivered, command);
    return consumer != NULL;
}

struct removal {
    int64_t session, last_delivered;
};

static void visit_remove(void *arg, void *object)
{
    const struct removal *removal = arg;
    struct openwire_consumer *consumer = object;

    if (consumer->session == removal->session)
        end(consumer, removal->last_delivered, NULL);
}

void consumers_remove(struct openwire_connection *connection, int64_t session,
                      int64_t last_delivered)
{
    struct removal removal = {session, last_delivered};

    /* What one gives back is not for the next that goes. */
    engine_client_set_congested(connection->client, true);
    table_each(&connection->consumers, visit_remove, &removal);
    if (!connection->session->is_congested && !connection->is_leaving)
        engine_client_set_congested(connection->client, false);
}

/* Its client is told, and says RemoveInfo then: until that comes the number is taken. */
void connection_consumer_ended(void *arg, void *context, const char *why)
{
    struct openwire_connection *connection = arg;
    struct openwire_consumer *consumer = context;
    const struct ow_consumer_id id = consumer_id_of(consumer);
    const struct ow_consumer_control control = {
        .command = {.object = {OW_CONSUMER_CONTROL}},
        .close = true,
        .consumer_id = &id,
    };

    log_event(&connection->session->scope, LOG_INFO, "consumer_ended",
              "consumer=%" PRId64 ":%" PRId64 " reason=\"%s\"", consumer->session, consumer->value,
              why);
    transactions_forget(consumer);
    openwire_window_fini(consumer);
    consumer->engine = NULL;
    session_write(connection->session, &control.command.object);
}

/*
 * Changes.
 */
void on_consumer_control(struct openwire_session *session,
                         const struct ow_consumer_control *control)
{
    struct openwire_consumer *consumer = openwire_consumer_find(session, control->consumer_id);

    /* Nothing else in it is for brokers. Nobody minds who is not there, as in ActiveMQ. */
    if (consumer && consumer->engine && control->prefetch >= 0 && !control->close)
        engine_set_prefetch(consumer->engine, (uint32_t)control->prefetch);
    respond(session, &control->command);
}

void on_message_pull(struct openwire_session *session, const struct ow_message_pull *pull)
{
    const struct ow_consumer_id *id = pull->consumer_id;
    struct openwire_consumer *consumer = openwire_consumer_find(session, id);
    struct failure failure;

    if (!consumer) {
        failure_set(&failure, "java.lang.IllegalArgumentException",
                    "The subscription does not exist: %.*s:%" PRId64 ":%" PRId64,
                    SLICE_FMT(id ? id->connection_id : SLICE_ABSENT), id ? id->session_id : 0,
                    id ? id->value : 0);
        respond_failure(session, &pull->command, &failure);
        return;
    }
    if (consumer->engine)
        engine_pull(consumer->engine,
                    pull->timeout < -1 || pull->timeout > INT32_MAX ? 0 : pull->timeout);
    respond(session, &pull->command);
}
