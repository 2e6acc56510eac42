/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Destinations and durable subscriptions on command, and keep-alives.
 */
#include "openwire_internal.h"

enum operation_type { DESTINATION_ADD, DESTINATION_REMOVE };

/* Below the commands: it is its own answer. */
void on_keep_alive(struct openwire_session *session, const struct ow_command *command)
{
    const struct ow_command answer = {.object.type = OW_KEEP_ALIVE_INFO,
                                      .command_id = command->command_id};

    if (command->response_required)
        session_write(session, &answer.object);
}

/* A temporary destination is its connection's, "<connection id>:<n>". */
static bool is_own(const struct openwire_connection *connection, struct slice name)
{
    return slice_starts_with(name, connection->id_slice) &&
           name.len > connection->id_slice.len + 1 && name.bytes[connection->id_slice.len] == ':';
}

static void add_destination(struct openwire_connection *connection,
                            const struct ow_destination_info *info, struct destination_name name)
{
    struct openwire_session *session = connection->session;
    struct failure failure;

    if (!destination_kind_is_temp(name.kind)) {
        engine_create_destination(connection->client, name,
                                  request_for(connection, &info->command));
    } else if (!is_own(connection, name.name)) {
        failure_set(&failure, "javax.jms.InvalidDestinationException",
                    "A temporary destination begins with its connection's id: %s%.*s",
                    destination_kind_prefix(name.kind), SLICE_FMT(name.name));
        respond_failure(session, &info->command, &failure);
    } else {
        engine_create_temp(connection->client, name, request_for(connection, &info->command));
    }
}

/* As ActiveMQ: any timeout makes it go in spite of its consumers. */
static void remove_destination(struct openwire_connection *connection,
                               const struct ow_destination_info *info, struct destination_name name)
{
    engine_remove_destination(connection->client, name, info->timeout != 0,
                              request_for(connection, &info->command));
}

static bool check_destination(const struct openwire_connection *connection,
                              const struct ow_destination_info *info, struct destination_name name,
                              struct failure *failure)
{
    const struct slice id = info->connection_id ? info->connection_id->value : SLICE_ABSENT;

    if (!connection)
        failure_set(failure, "java.lang.IllegalStateException",
                    "Cannot lookup a connection that had not been registered: %.*s", SLICE_FMT(id));
    else if (name.name.len == 0 || name.name.len > DESTINATION_NAME_MAX)
        failure_set(failure, "javax.jms.InvalidDestinationException",
                    name.name.len == 0 ? "The destination has no name"
                                       : "The name of the destination is too long");
    else if (info->operation_type != DESTINATION_ADD && info->operation_type != DESTINATION_REMOVE)
        failure_set(failure, "java.io.IOException", "Unknown operation type: %d",
                    info->operation_type);
    else
        return true;
    return false;
}

void on_destination_info(struct openwire_session *session, const struct ow_destination_info *info)
{
    const struct slice id = info->connection_id ? info->connection_id->value : SLICE_ABSENT;
    struct openwire_connection *connection = connection_find(session, id);
    const struct destination_name name =
        destination_of_openwire(info->destination, &session->worker->names[0]);
    struct failure failure;

    if (!check_destination(connection, info, name, &failure))
        respond_failure(session, &info->command, &failure);
    else if (info->operation_type == DESTINATION_ADD)
        add_destination(connection, info, name);
    else
        remove_destination(connection, info, name);
}

void on_remove_subscription(struct openwire_session *session,
                            const struct ow_remove_subscription_info *info)
{
    const struct slice id = info->connection_id ? info->connection_id->value : SLICE_ABSENT;
    struct openwire_connection *connection = connection_find(session, id);
    struct text *names = session->worker->names;
    const struct slice name = utf8_of_modified(info->subscription_name, &names[0]);
    const struct slice client_id = utf8_of_modified(info->client_id, &names[1]);
    struct failure failure;

    if (!connection) {
        failure_set(&failure, "java.lang.IllegalStateException",
                    "Cannot lookup a connection that had not been registered: %.*s", SLICE_FMT(id));
    } else if (!slice_is_present(name) || !slice_is(client_id, connection->client_id)) {
        /* The engine ends a client's own ones only, and so do all clients that are known. */
        failure_set(&failure, "javax.jms.InvalidDestinationException",
                    "No durable subscription exists for clientID: %.*s and subscriptionName: %.*s",
                    SLICE_FMT(client_id), SLICE_FMT(name));
    } else {
        engine_remove_durable(connection->client, name, request_for(connection, &info->command));
        return;
    }
    respond_failure(session, &info->command, &failure);
}
