/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RemoveInfo: what a client ends, and what ends with it.
 */
#include "openwire_consumer.h"
#include <inttypes.h>

static const char *const wrong_order = "java.lang.IllegalStateException";

struct removal {
    struct openwire_connection *connection;
    int64_t last_delivered;
};

/* Clients of old versions cannot say what they have delivered: all, as far as we know. */
static int64_t last_delivered_of(const struct openwire_session *session,
                                 const struct ow_remove_info *info)
{
    enum { TOLD_SINCE = 5 };

    return session->format.version < TOLD_SINCE ? LAST_DELIVERED_UNKNOWN
                                                : info->last_delivered_sequence_id;
}

static void remove_of_session(void *arg, int64_t number)
{
    const struct removal *removal = arg;

    consumers_remove(removal->connection, number, removal->last_delivered);
    producers_remove(removal->connection, number);
}

/* Success also when it is not there: its end may have been noticed in other ways. */
static void remove_connection(struct openwire_session *session, const struct ow_remove_info *info)
{
    const struct ow_connection_id *id =
        (const struct ow_connection_id *)(const void *)info->object_id;
    struct openwire_connection *connection = connection_find(session, id->value);
    struct removal removal = {connection, last_delivered_of(session, info)};

    if (connection) {
        connection->is_leaving = true;
        sessions_each(connection, remove_of_session, &removal);
        connection_destroy(connection);
    }
    respond(session, &info->command);
}

static void remove_session(struct openwire_session *session, const struct ow_remove_info *info,
                           struct failure *failure)
{
    const struct ow_session_id *id = (const struct ow_session_id *)(const void *)info->object_id;
    struct openwire_connection *connection = connection_find(session, id->connection_id);
    struct removal removal = {connection, last_delivered_of(session, info)};

    if (!connection) {
        failure_set(failure, wrong_order,
                    "Cannot remove session from connection that had not been registered: %.*s",
                    SLICE_FMT(id->connection_id));
    } else if (!connection_has_session(connection, id->value)) {
        failure_set(failure, wrong_order,
                    "Cannot remove session that had not been registered: %.*s:%" PRId64,
                    SLICE_FMT(id->connection_id), id->value);
    } else {
        remove_of_session(&removal, id->value);
        (void)session_remove(connection, id->value);
        respond(session, &info->command);
    }
}

static void remove_consumer(struct openwire_session *session, const struct ow_remove_info *info,
                            struct failure *failure)
{
    const struct ow_consumer_id *id = (const struct ow_consumer_id *)(const void *)info->object_id;
    struct openwire_connection *connection = connection_find(session, id->connection_id);

    if (!connection)
        failure_set(failure, wrong_order,
                    "Cannot remove a consumer from a connection that had not been registered: %.*s",
                    SLICE_FMT(id->connection_id));
    else if (!consumer_remove(connection, id, last_delivered_of(session, info), &info->command))
        failure_set(failure, wrong_order,
                    "Cannot remove a consumer that had not been registered: %.*s:%" PRId64
                    ":%" PRId64,
                    SLICE_FMT(id->connection_id), id->session_id, id->value);
}

static void remove_producer(struct openwire_session *session, const struct ow_remove_info *info,
                            struct failure *failure)
{
    const struct ow_producer_id *id = (const struct ow_producer_id *)(const void *)info->object_id;
    struct openwire_connection *connection = connection_find(session, id->connection_id);

    if (!connection)
        failure_set(failure, wrong_order,
                    "Cannot remove a producer from a connection that had not been registered: %.*s",
                    SLICE_FMT(id->connection_id));
    else if (!producer_remove(connection, id))
        failure_set(failure, wrong_order,
                    "Cannot remove a producer that had not been registered: %.*s:%" PRId64
                    ":%" PRId64,
                    SLICE_FMT(id->connection_id), id->session_id, id->value);
    else
        respond(session, &info->command);
}

void on_remove_info(struct openwire_session *session, const struct ow_remove_info *info)
{
    const int type = info->object_id ? info->object_id->type : OW_NULL;
    struct failure failure = {.class_name = NULL};

    switch (type) {
    case OW_CONNECTION_ID:
        remove_connection(session, info);
        break;
    case OW_SESSION_ID:
        remove_session(session, info, &failure);
        break;
    case OW_CONSUMER_ID:
        remove_consumer(session, info, &failure);
        break;
    case OW_PRODUCER_ID:
        remove_producer(session, info, &failure);
        break;
    default:
        failure_set(&failure, "java.io.IOException", "Unknown remove command type: %d", type);
        break;
    }
    if (failure.class_name)
        respond_failure(session, &info->command, &failure);
}
