/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handshake, and logical connections with their sessions: several may share a socket.
 */
#include "openwire_internal.h"
#include <errno.h>
#include <stdlib.h>

enum { CONNECTIONS_MAX = 1024 }; /* on one socket; Java's clients use one */

/* What ConnectionInfo said, while the engine thinks about it. */
struct opening {
    struct ow_command command;
    bool is_answered, is_refused;
    struct failure failure;
};

/* A session has no state but that it is there. */
struct session_number {
    int64_t number;
};

/*
 * WireFormatInfo.
 */
static void send_broker_info(struct openwire_session *session)
{
    const struct engine *engine = session->worker->engine;
    const struct ow_broker_id id = {.object.type = OW_BROKER_ID,
                                    .value = slice_of_text(engine_broker_id(engine))};
    const struct ow_broker_info info = {
        .command.object.type = OW_BROKER_INFO,
        .broker_id = &id,
        .broker_name = slice_of_text(engine_config(engine)->broker_name),
        .broker_url = slice_of_text(session->connector->broker_url),
        .peer_broker_infos = {.is_present = true},
    };

    session_write(session, &info.command.object);
}

/* Beyond a few weeks they are all the same, and sums of them remain what they are. */
static int64_t limited_time(int64_t ms)
{
    return ms < INT32_MAX ? ms : INT32_MAX;
}

void on_wire_format(struct openwire_session *session, const struct ow_wire_format_info *info)
{
    struct ow_offer theirs, agreed;

    if (!ow_offer_read(info, &theirs)) {
        session_close(session, "a damaged WireFormatInfo");
        return;
    }
    if (theirs.version < session->connector->version_min) {
        session_close(session, "version %d of OpenWire is older than %d", theirs.version,
                      session->connector->version_min);
        return;
    }
    ow_offer_combine(&session->connector->offer, &theirs, &agreed, &session->format);
    session->inactivity_ms = limited_time(agreed.inactivity_ms);
    session->inactivity_initial_ms = limited_time(agreed.inactivity_initial_ms);
    if (agreed.frame_bytes_max > 0 && agreed.frame_bytes_max < INT32_MAX)
        ow_writer_set_frame_max(session->writer, (uint32_t)agreed.frame_bytes_max);
    if (ow_reader_set_format(session->reader, &session->format) != 0 ||
        ow_writer_set_format(session->writer, &session->format) != 0) {
        session_close(session, "no memory for a connection");
        return;
    }
    session->state = SESSION_OPEN;
    send_broker_info(session);
    monitor_start(session);
}

/*
 * Sessions of a connection.
 */
static uint64_t number_hash(int64_t number)
{
    return slice_hash(slice_of(&number, sizeof number), 0);
}

static uint64_t session_hash(const void *object)
{
    return number_hash(((const struct session_number *)object)->number);
}

static bool session_matches(const void *object, const void *key)
{
    return ((const struct session_number *)object)->number == *(const int64_t *)key;
}

bool connection_has_session(const struct openwire_connection *connection, int64_t number)
{
    return number == -1 || table_find(&connection->sessions, number_hash(number), &number) != NULL;
}

static void forget_session(void *arg, void *object)
{
    struct openwire_connection *connection = arg;

    table_remove(&connection->sessions, object);
    free(object);
}

static int add_session(struct openwire_connection *connection, int64_t number)
{
    struct session_number *added = malloc(sizeof *added);

    if (!added)
        return -ENOMEM;
    *added = (struct session_number){number};
    if (table_add(&connection->sessions, added) == 0)
        return 0;
    free(added);
    return -ENOMEM;
}

void on_session_info(struct openwire_session *session, const struct ow_session_info *info)
{
    const struct ow_session_id *id = info->session_id;
    struct openwire_connection *connection =
        id ? connection_find(session, id->connection_id) : NULL;
    struct failure failure;

    if (!connection || connection_has_session(connection, id->value)) { /* as ActiveMQ: no error */
        respond(session, &info->command);
        return;
    }
    if (connection->sessions.count >=
        engine_config(session->worker->engine)->settings.connection_subscriptions_max) {
        failure_of(ENGINE_NO_RESOURCES, "Too many sessions on this connection", &failure);
        respond_failure(session, &info->command, &failure);
        return;
    }
    if (add_session(connection, id->value) != 0) {
        failure_of(ENGINE_NO_MEMORY, "The broker is out of memory", &failure);
        respond_failure(session, &info->command, &failure);
        return;
    }
    respond(session, &info->command);
}

struct sessions_visit {
    void (*visit)(void *arg, int64_t number);
    void *arg;
};

static void visit_session(void *arg, void *object)
{
    const struct sessions_visit *visit = arg;

    visit->visit(visit->arg, ((const struct session_number *)object)->number);
}

void sessions_each(struct openwire_connection *connection, void (*visit)(void *arg, int64_t number),
                   void *arg)
{
    struct sessions_visit all = {visit, arg};

    if (!table_find(&connection->sessions, number_hash(-1), &(int64_t){-1}))
        visit(arg, -1);
    table_each(&connection->sessions, visit_session, &all);
}

bool session_remove(struct openwire_connection *connection, int64_t number)
{
    void *found = table_find(&connection->sessions, number_hash(number), &number);

    if (found)
        forget_session(connection, found);
    return found != NULL;
}

/*
 * Connections.
 */
struct openwire_connection *connection_find(struct openwire_session *session, struct slice id)
{
    LIST_FOR_EACH(node, &session->connections) {
        struct openwire_connection *connection = LIST_ENTRY(node, struct openwire_connection, node);

        if (slice_equal(connection->id_slice, id))
            return connection;
    }
    return NULL;
}

static void opening_destroy(struct openwire_connection *connection)
{
    free(connection->opening);
    connection->opening = NULL;
}

static void close_client(struct openwire_connection *connection)
{
    struct text kept;

    if (!connection->client)
        return;
    if (!connection->fault_tolerant || connection->is_leaving || !connection->is_open) {
        engine_client_close(connection->client);
    } else {
        text_init(&kept);
        producers_keep(connection, &kept);
        engine_client_close_keeping(connection->client,
                                    text_failed(&kept) ? SLICE("") : text_slice(&kept));
        text_fini(&kept);
    }
    connection->client = NULL;
}

void connection_destroy(struct openwire_connection *connection)
{
    close_client(connection);
    list_remove(&connection->node);
    if (connection->is_ready) {
        consumers_destroy(connection);
        producers_destroy(connection);
        transactions_destroy(connection);
        table_each(&connection->sessions, forget_session, connection);
        table_fini(&connection->sessions);
    }
    requests_destroy(connection);
    opening_destroy(connection);
    text_fini(&connection->kept);
    free(connection->id);
    free(connection->client_id);
    free(connection);
}

void connection_attend(struct openwire_connection *connection)
{
    producers_attend(connection);
    consumers_attend(connection);
}

/* Tables are all there, or none. */
static int init_tables(struct openwire_connection *connection)
{
    if (table_init(&connection->sessions, session_hash, session_matches, 0) != 0)
        return -ENOMEM;
    if (producers_init(connection) != 0) {
        table_fini(&connection->sessions);
        return -ENOMEM;
    }
    if (consumers_init(connection) != 0) {
        producers_destroy(connection);
        table_fini(&connection->sessions);
        return -ENOMEM;
    }
    connection->is_ready = true;
    return 0;
}

static char *copy_text(struct slice text)
{
    return strndup(text.bytes ? (const char *)text.bytes : "", text.len);
}

/* NULL: no memory. It stands on the session's list from then on. */
static struct openwire_connection *connection_create(struct openwire_session *session,
                                                     const struct ow_connection_info *info,
                                                     struct slice client_id)
{
    struct openwire_connection *connection = calloc(1, sizeof *connection);

    if (!connection)
        return NULL;
    connection->session = session;
    list_init(&connection->transactions);
    list_init(&connection->pendings);
    list_append(&session->connections, &connection->node);
    text_init(&connection->kept);
    connection->manageable = info->manageable;
    connection->fault_tolerant = info->fault_tolerant;
    connection->failover_reconnect = info->failover_reconnect;
    connection->client_master = info->client_master || session->format.version <= 2;
    connection->id = copy_text(info->connection_id->value);
    connection->client_id = copy_text(client_id);
    connection->opening = calloc(1, sizeof *connection->opening);
    if (!connection->id || !connection->client_id || !connection->opening ||
        init_tables(connection) != 0) {
        connection_destroy(connection);
        return NULL;
    }
    connection->id_slice = slice_of_text(connection->id);
    connection->opening->command = info->command;
    return connection;
}

/*
 * ConnectionInfo.
 */
static void refuse(struct openwire_session *session, const struct ow_command *command,
                   struct failure *failure)
{
    struct log_text clean;

    log_event_limited(&session->scope, &session->worker->refuse_limit, LOG_WARN, "connect_refused",
                      "remote=\"%s\" error=\"%s\"", session->remote_address,
                      log_text(&clean, slice_of_text(failure->text.text)));
    failure->closes = true;
    respond_failure(session, command, failure);
}

static void send_connection_control(struct openwire_connection *connection)
{
    const struct openwire_connector *connector = connection->session->connector;
    const struct ow_connection_control control = {
        .command.object.type = OW_CONNECTION_CONTROL,
        /* The brokers that clients may use: so far there is this one only. */
        .connected_brokers =
            connector->update_cluster_clients ? slice_of_text(connector->broker_url) : SLICE(""),
        .reconnect_to = SLICE(""),
        .rebalance_connection =
            connector->rebalance_cluster_clients && !connection->failover_reconnect,
    };

    session_write(connection->session, &control.command.object);
}

static void log_connected(const struct openwire_connection *connection)
{
    const struct openwire_session *session = connection->session;
    struct log_text id, client_id;

    log_event_limited(&session->scope, &session->worker->connect_limit, LOG_INFO, "connected",
                      "remote=\"%s\" session=\"%s\" client=\"%s\" version=%d",
                      session->remote_address, log_text(&id, connection->id_slice),
                      log_text(&client_id, slice_of_text(connection->client_id)),
                      session->format.version);
}

static void accept_connection(struct openwire_connection *connection)
{
    struct openwire_session *session = connection->session;

    connection->is_open = true;
    if (session->is_congested)
        engine_client_set_congested(connection->client, true);
    log_connected(connection);
    ow_reader_set_limits(session->reader, &session->connector->limits);
    respond(session, &connection->opening->command);
    if (connection->manageable)
        send_connection_control(connection);
    session_resume(session, PAUSE_CONNECT);
}

static void finish(struct openwire_connection *connection)
{
    struct openwire_session *session = connection->session;
    struct opening *opening = connection->opening;

    if (opening->is_refused)
        refuse(session, &opening->command, &opening->failure);
    else
        accept_connection(connection);
    opening_destroy(connection);
}

/* May come before engine_client_open has returned the client. */
void connect_answered(struct openwire_connection *connection,
                      const struct engine_completion *completion)
{
    struct opening *opening = connection->opening;

    if (connection->session->state == SESSION_CLOSED)
        return;
    opening->is_answered = true;
    opening->is_refused = completion->error != ENGINE_OK;
    if (opening->is_refused)
        failure_of(completion->error, completion->text, &opening->failure);
    if (connection->client)
        finish(connection);
}

static void open_client(struct openwire_connection *connection, struct slice user,
                        struct auth_principal *principal)
{
    struct openwire_session *session = connection->session;
    const struct engine_client_spec spec = {
        .client_id = slice_of_text(connection->client_id),
        .connection_id = connection->id_slice,
        .principal = principal,
        .user_name = user,
        .remote_address = slice_of_text(session->remote_address),
        .connector_name = slice_of_text(session->connector->config->name),
        .steal_link = session->connector->allow_link_stealing,
        .wants_kept = connection->failover_reconnect,
        .manageable = connection->manageable,
        .client_master = connection->client_master,
        .fault_tolerant = connection->fault_tolerant,
        .failover_reconnect = connection->failover_reconnect,
        .request = CONNECT_REQUEST,
    };
    struct failure failure;

    connection->client =
        engine_client_open(session->worker->engine, &spec, &connection_ops, connection);
    if (!connection->client) {
        failure_of(ENGINE_NO_MEMORY, "The broker is out of memory", &failure);
        refuse(session, &connection->opening->command, &failure);
    } else if (connection->opening->is_answered) {
        finish(connection);
    } else {
        session_pause(session, PAUSE_CONNECT);
    }
}

static void log_in(struct openwire_session *session, const struct ow_connection_info *info)
{
    struct text *names = session->worker->names;
    const struct auth_credentials credentials = {
        utf8_of_modified(info->user_name, &names[0]),
        utf8_of_modified(info->password, &names[1]),
        session->remote_address,
    };
    const struct slice client_id = utf8_of_modified(info->client_id, &names[2]);
    struct auth_principal *principal = NULL;
    struct openwire_connection *connection;
    struct text_error why;
    struct failure failure;

    if (auth_cache_login(session->worker->logins, engine_realm(session->worker->engine),
                         &credentials, &principal, &why) != 0) {
        failure_of(ENGINE_NOT_AUTHORIZED, why.text, &failure);
        refuse(session, &info->command, &failure);
        return;
    }
    connection = connection_create(session, info, client_id);
    if (connection) {
        open_client(connection, credentials.user, principal);
    } else {
        failure_of(ENGINE_NO_MEMORY, "The broker is out of memory", &failure);
        refuse(session, &info->command, &failure);
    }
    auth_principal_unref(principal);
}

static size_t connection_count(const struct openwire_session *session)
{
    size_t count = 0;

    LIST_FOR_EACH(node, &session->connections)
        count++;
    return count;
}

/* Text with a NUL or the like would be another one after its way through the engine. */
static bool is_plain_id(struct slice id)
{
    return id.len > 0 && id.len < ID_TEXT_MAX / 2 && text_is_the_same(id) &&
           !memchr(id.bytes, '\0', id.len);
}

static bool check_connection(struct openwire_session *session,
                             const struct ow_connection_info *info, struct failure *failure)
{
    static const char *const id_class = "javax.jms.InvalidClientIDException";

    if (!info->connection_id || !is_plain_id(info->connection_id->value))
        failure_set(failure, "javax.jms.JMSException", "A connection needs a connection id");
    else if (!slice_is_present(info->client_id))
        failure_set(failure, id_class, "No clientID specified for connection request");
    else if (memchr(info->client_id.bytes ? info->client_id.bytes : (const uint8_t *)"", '\0',
                    info->client_id.len))
        failure_set(failure, id_class, "The clientID has characters that cannot be in one");
    else if (connection_find(session, info->connection_id->value))
        failure_set(failure, id_class, "Broker: %s - Client: %.*s already connected from %s",
                    engine_config(session->worker->engine)->broker_name, SLICE_FMT(info->client_id),
                    session->remote_address);
    else if (connection_count(session) >= CONNECTIONS_MAX)
        failure_set(failure, "javax.jms.ResourceAllocationException",
                    "Too many connections on one socket");
    else
        return true;
    return false;
}

void on_connection_info(struct openwire_session *session, const struct ow_connection_info *info)
{
    struct failure failure;

    if (check_connection(session, info, &failure))
        log_in(session, info);
    else
        refuse(session, &info->command, &failure);
}
