/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers, and what waits for the engine's.
 *
 * A request number of the engine is one of three: 0 for commands that want no answer (it comes on
 * failure only), PLAIN and the command's id where the answer is all there is to do, or the address
 * of a struct pending. User space addresses never have the highest bit.
 */
#include "openwire_internal.h"

#define PLAIN (UINT64_C(1) << 63)

static struct ow_response response_to(uint8_t type, int32_t command_id)
{
    return (struct ow_response){.command.object.type = type, .correlation_id = command_id};
}

static void answer(struct openwire_session *session, int32_t command_id)
{
    const struct ow_response response = response_to(OW_RESPONSE, command_id);

    session_write(session, &response.command.object);
}

void respond(struct openwire_session *session, const struct ow_command *command)
{
    if (command->response_required)
        answer(session, command->command_id);
}

void respond_integer(struct openwire_session *session, const struct ow_command *command,
                     int32_t result)
{
    const struct ow_integer_response response = {
        .response = response_to(OW_INTEGER_RESPONSE, command->command_id), .result = result};

    if (command->response_required)
        session_write(session, &response.response.command.object);
}

void respond_array(struct openwire_session *session, const struct ow_command *command,
                   const struct ow_object *const *items, uint16_t count)
{
    const struct ow_data_array_response response = {
        .response = response_to(OW_DATA_ARRAY_RESPONSE, command->command_id),
        .data = {items, count, true},
    };

    if (command->response_required)
        session_write(session, &response.response.command.object);
}

/* A text that was cut may end within a character. */
static struct slice whole_characters(struct slice text)
{
    size_t start = text.len;

    while (start > 0 && text.len - start < 4 && (text.bytes[start - 1] & 0xc0) == 0x80)
        start--;
    if (start > 0 && text.bytes[start - 1] >= 0xc0) {
        const uint8_t lead = text.bytes[start - 1];
        const size_t len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

        if (text.len - (start - 1) < len)
            text.len = start - 1;
    }
    return text;
}

static void write_failure(struct openwire_session *session, bool response_required,
                          int32_t command_id, const struct failure *failure)
{
    const struct ow_throwable exception = {
        .class_name = slice_of_text(failure->class_name),
        .message = modified_of_utf8(whole_characters(slice_of_text(failure->text.text)),
                                    &session->worker->error_text),
    };
    const struct ow_exception_response response = {
        .response = response_to(OW_EXCEPTION_RESPONSE, command_id), .exception = &exception};
    const struct ow_connection_error error = {.command.object.type = OW_CONNECTION_ERROR,
                                              .exception = &exception};

    session_write(session,
                  response_required ? &response.response.command.object : &error.command.object);
}

void respond_failure(struct openwire_session *session, const struct ow_command *command,
                     const struct failure *failure)
{
    struct log_text clean;

    log_event_limited(&session->scope, &session->worker->refuse_limit, LOG_DEBUG, "command_refused",
                      "remote=\"%s\" class=%s error=\"%s\"", session->remote_address,
                      failure->class_name, log_text(&clean, slice_of_text(failure->text.text)));
    /* As ActiveMQ: what is wrong with the stream itself is nothing that a listener could mend. */
    if (!command->response_required && strcmp(failure->class_name, "java.io.IOException") == 0) {
        session_close(session, "%s", failure->text.text);
        return;
    }
    write_failure(session, command->response_required, command->command_id, failure);
    if (failure->closes)
        session_end(session, "refused");
}

/*
 * What the engine answers.
 */
uint64_t request_for(struct openwire_connection *connection, const struct ow_command *command)
{
    (void)connection;
    return command->response_required ? PLAIN | (uint32_t)command->command_id : 0;
}

uint64_t request_with(struct openwire_connection *connection, const struct ow_command *command,
                      void (*answered)(struct pending *, const struct engine_completion *),
                      void *subject, int64_t number)
{
    struct openwire_session *session = connection->session;
    struct pending *pending = pool_take(&session->worker->pending_pool);
    struct failure failure;

    if (!pending) {
        failure_of(ENGINE_NO_MEMORY, "The broker is out of memory", &failure);
        respond_failure(session, command, &failure);
        return 0;
    }
    *pending = (struct pending){
        .command_id = command->command_id,
        .response_required = command->response_required,
        .connection = connection,
        .answered = answered,
        .subject = subject,
        .number = number,
    };
    list_append(&connection->pendings, &pending->node);
    return (uint64_t)(uintptr_t)pending;
}

static void default_answer(struct openwire_session *session, bool response_required,
                           int32_t command_id, const struct engine_completion *completion)
{
    const struct ow_command command = {.command_id = command_id,
                                       .response_required = response_required};
    struct failure failure;

    if (completion->error == ENGINE_OK) {
        respond(session, &command);
        return;
    }
    failure_of(completion->error, completion->text, &failure);
    respond_failure(session, &command, &failure);
}

void pending_respond(const struct pending *pending, const struct engine_completion *completion)
{
    default_answer(pending->connection->session, pending->response_required, pending->command_id,
                   completion);
}

static void pending_free(struct pending *pending)
{
    struct openwire_worker *worker = pending->connection->session->worker;

    list_remove(&pending->node);
    pool_give(&worker->pending_pool, pending);
}

void connection_completed(void *arg, const struct engine_completion *completion)
{
    struct openwire_connection *connection = arg;
    struct pending *pending;

    if (completion->request == CONNECT_REQUEST) {
        connect_answered(connection, completion);
        return;
    }
    if (completion->request == 0 || completion->request & PLAIN) {
        default_answer(connection->session, completion->request != 0, (int32_t)completion->request,
                       completion);
        return;
    }
    pending = (struct pending *)(uintptr_t)completion->request;
    assert(pending->connection == connection);
    if (pending->answered)
        pending->answered(pending, completion);
    else
        pending_respond(pending, completion);
    pending_free(pending);
}

void requests_forget(struct openwire_connection *connection, const void *subject)
{
    LIST_FOR_EACH(node, &connection->pendings) {
        struct pending *pending = LIST_ENTRY(node, struct pending, node);

        if (pending->subject == subject)
            pending->subject = NULL;
    }
}

void requests_destroy(struct openwire_connection *connection)
{
    LIST_FOR_EACH_SAFE(node, &connection->pendings)
        pending_free(LIST_ENTRY(node, struct pending, node));
}
