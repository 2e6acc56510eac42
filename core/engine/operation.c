/* SPDX-License-Identifier: Apache-2.0 */
#include "operation.h"

#include <stdlib.h>
#include <string.h>

#include "advisories.h"
#include "client.h"
#include "consumer.h"

static struct operation *start(struct engine *engine)
{
    struct operation *operation = pool_take(&engine->operation_pool);

    if (!operation)
        return NULL;
    *operation = (struct operation){
        .id = ++engine->operation_count, .waiting = 1, .asker = engine_serial(engine, 0)};
    list_init(&operation->node);
    if (table_add(&engine->operations, operation) == 0)
        return operation;
    pool_give(&engine->operation_pool, operation);
    return NULL;
}

struct operation *operation_start(struct engine_client *client, uint64_t request)
{
    struct operation *operation = start(client->engine);

    if (!operation) {
        client_complete(client, request, ENGINE_NO_MEMORY, "the broker is out of memory");
        return NULL;
    }
    operation->request = request;
    operation->client = client;
    operation->asker = client->serial;
    list_append(&client->operations, &operation->node);
    return operation;
}

struct operation *operation_start_own(struct engine *engine, struct reply_address reply)
{
    struct operation *operation = start(engine);

    if (operation)
        operation->reply = reply;
    return operation;
}

struct reply_address operation_expect(struct operation *operation)
{
    operation->waiting++;
    return (struct reply_address){operation->asker, operation->id};
}

void client_complete(struct engine_client *client, uint64_t request, enum engine_error error,
                     const char *text)
{
    struct engine_completion completion = {request, error, text ? text : ""};
    struct text_error full;

    if (request == 0 && error == ENGINE_OK)
        return;
    if (error == ENGINE_NOT_AUTHORIZED) { /* homes do not know who asks */
        text_error_set(&full, "User %.*s is not authorized to %s", SLICE_FMT(client_user(client)),
                       completion.text);
        completion.text = full.text;
    }
    client->ops->completed(client->session, &completion);
}

void operation_finish(struct engine *engine, struct operation *operation, enum engine_error error,
                      const char *text)
{
    struct engine_client *client = operation->client;

    assert(operation->waiting > 0);
    if (error != ENGINE_OK && operation->error == ENGINE_OK) {
        operation->error = error;
        operation->text = strdup(text);
    }
    if (--operation->waiting > 0)
        return;
    table_remove(&engine->operations, operation);
    list_remove(&operation->node);
    if (operation->then && !operation->then(engine, operation))
        client = NULL;
    if (client)
        client_complete(client, operation->request, operation->error, operation->text);
    else
        engine_answer(engine, &operation->reply, operation->error,
                      operation->text ? operation->text : "");
    if (operation->consumer_id != 0) /* after the answer: now deliveries may start */
        consumer_answered(engine, operation->consumer_id, operation->error);
    free(operation->text);
    pool_give(&engine->operation_pool, operation);
}

static void answered(struct engine *engine, const struct reply_address *to, enum engine_error error,
                     const char *text)
{
    struct operation *operation;
    struct engine_client *client;

    if (to->operation != 0) {
        operation = table_find(&engine->operations, serial_hash(to->operation), &to->operation);
        if (operation)
            operation_finish(engine, operation, error, text);
        return;
    }
    client = client_find(engine, to->client);
    if (client)
        client_complete(client, 0, error, text);
}

void engine_answer(struct engine *engine, const struct reply_address *to, enum engine_error error,
                   const char *text)
{
    if (to->client == 0 || (to->operation == 0 && error == ENGINE_OK))
        return;
    if (serial_shard(to->client) == engine->index) {
        answered(engine, to, error, text);
    } else {
        struct engine_mail mail = {.kind = MAIL_DONE,
                                   .small = (uint32_t)error,
                                   .reply = *to,
                                   .pointer = error == ENGINE_OK ? NULL : strdup(text)};

        engine_mail_to(engine, serial_shard(to->client), &mail);
    }
}

void operation_receive_done(struct engine *engine, const struct engine_mail *mail)
{
    answered(engine, &mail->reply, (enum engine_error)mail->small,
             mail->pointer ? mail->pointer : "");
    free(mail->pointer);
}

static void drop_one(void *arg, void *object)
{
    struct engine *engine = arg;
    struct operation *operation = object;

    table_remove(&engine->operations, operation);
    free(operation->text);
    pool_give(&engine->operation_pool, operation);
}

void operations_fini(struct engine *engine)
{
    table_each(&engine->operations, drop_one, engine);
    table_fini(&engine->operations);
}

void operations_forget_client(struct engine_client *client)
{
    LIST_FOR_EACH_SAFE(node, &client->operations) {
        struct operation *operation = LIST_ENTRY(node, struct operation, node);

        operation->client = NULL;
        list_remove(node);
    }
}
