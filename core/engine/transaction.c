/* SPDX-License-Identifier: Apache-2.0 */
#include "transaction.h"

#include <stdlib.h>

#include "branch.h"
#include "event_log.h"
#include "operation.h"
#include "send.h"

/* A message to be sent at commit. */
struct send {
    struct list_node node;
    struct message *message;
    bool may_create;
};

static void log_transaction(const struct engine_transaction *transaction, const char *what)
{
    if (event_log_wants(transaction->client->engine, EVENT_LOG_TRANSACTIONS))
        event_log_transaction(transaction->client, what, transaction->count);
}

struct engine_transaction *engine_begin(struct engine_client *client)
{
    struct engine_transaction *transaction = calloc(1, sizeof *transaction);

    if (!transaction)
        return NULL;
    transaction->client = client;
    transaction->id = engine_serial(client->engine, ++client->engine->transaction_count);
    list_init(&transaction->sends);
    list_append(&client->transactions, &transaction->node);
    log_transaction(transaction, "transaction_begun");
    return transaction;
}

bool engine_transaction_is_empty(const struct engine_transaction *transaction)
{
    return transaction->count == 0;
}

static void fail(struct engine_transaction *transaction, uint64_t request, enum engine_error error,
                 const char *why)
{
    transaction->rollback_only = true;
    client_complete(transaction->client, request, error, why);
}

/* Limits are the operator's: a client must not fill memory with what it never commits. */
static const char *limit_reached(const struct engine_transaction *transaction)
{
    const struct config *config = transaction->client->engine->config;

    if (config->max_uncommitted_count != 0 && transaction->count >= config->max_uncommitted_count)
        return "the transaction has more operations than maxUncommittedCount allows";
    if (transaction->client->uncommitted_bytes > config->settings.transaction_bytes_max)
        return "the connection's transactions hold more bytes than maxTransactionBytes allows";
    return NULL;
}

void transaction_add_send(struct engine_transaction *transaction, struct message *message,
                          bool may_create, uint64_t request)
{
    const char *limit = limit_reached(transaction);
    struct send *send = limit ? NULL : malloc(sizeof *send);

    if (!send) {
        message_unref(message);
        fail(transaction, request, limit ? ENGINE_NO_RESOURCES : ENGINE_NO_MEMORY,
             limit ? limit : "the broker is out of memory");
        return;
    }
    send->message = message;
    send->may_create = may_create;
    list_append(&transaction->sends, &send->node);
    transaction->count++;
    transaction->bytes += message->len;
    transaction->client->uncommitted_bytes += message->len;
    client_complete(transaction->client, request, ENGINE_OK, "");
}

void transaction_add_acknowledgement(struct engine_transaction *transaction,
                                     struct engine_consumer *consumer,
                                     enum acknowledgement_kind kind, uint64_t first, uint64_t last,
                                     uint64_t request)
{
    const char *limit = limit_reached(transaction);

    if (limit) {
        fail(transaction, request, ENGINE_NO_RESOURCES, limit);
        return;
    }
    transaction->count++;
    client_complete(transaction->client, request, ENGINE_OK, "");
    transaction->homes |= consumer_lock(consumer, transaction->id, kind, first, last);
}

void transaction_detach(struct engine_transaction *transaction)
{
    list_remove(&transaction->node);
    transaction->client->uncommitted_bytes -= transaction->bytes;
    transaction->client = NULL;
}

void transaction_destroy(struct engine_transaction *transaction)
{
    LIST_FOR_EACH_SAFE(node, &transaction->sends) {
        struct send *send = LIST_ENTRY(node, struct send, node);

        message_unref(send->message);
        free(send);
    }
    free(transaction->xid);
    free(transaction);
}

static void end_branches(struct engine *engine, const struct engine_transaction *transaction,
                         bool commit, struct operation *operation)
{
    for (uint64_t homes = transaction->homes; homes != 0; homes &= homes - 1)
        home_end_branch(engine, (uint16_t)__builtin_ctzll(homes), transaction->id, commit,
                        operation ? operation_expect(operation) : (struct reply_address){0, 0});
}

void transaction_commit(struct engine *engine, struct engine_transaction *transaction,
                        struct operation *operation)
{
    end_branches(engine, transaction, true, operation);
    LIST_FOR_EACH(node, &transaction->sends) {
        struct send *send = LIST_ENTRY(node, struct send, node);

        send_checked(engine, send->message, send->may_create, operation);
        send->message = NULL;
    }
    transaction_destroy(transaction);
}

void transaction_roll_back(struct engine *engine, struct engine_transaction *transaction,
                           struct operation *operation)
{
    end_branches(engine, transaction, false, operation);
    transaction_destroy(transaction);
}

static void undo(struct engine_transaction *transaction, struct operation *operation)
{
    struct engine *engine = transaction->client->engine;

    log_transaction(transaction, "transaction_rolled_back");
    xid_release(engine, transaction);
    transaction_detach(transaction);
    transaction_roll_back(engine, transaction, operation);
}

/* Tells the client that it has been rolled back. */
static void refuse(struct engine_transaction *transaction, uint64_t request)
{
    struct engine_client *client = transaction->client;

    undo(transaction, NULL);
    client_complete(client, request, ENGINE_ROLLED_BACK,
                    "Transaction rolled back: an operation inside has failed");
}

void engine_commit(struct engine_transaction *transaction, uint64_t request)
{
    struct engine_client *client = transaction->client;
    struct engine *engine = client->engine;
    struct operation *operation;

    assert(!transaction->claiming);
    if (transaction->rollback_only) {
        refuse(transaction, request);
        return;
    }
    operation = operation_start(client, request);
    if (!operation) {
        undo(transaction, NULL);
        return;
    }
    log_transaction(transaction, "transaction_committed");
    xid_release(engine, transaction);
    transaction_detach(transaction);
    transaction_commit(engine, transaction, operation);
    operation_finish(engine, operation, ENGINE_OK, "");
}

void engine_rollback(struct engine_transaction *transaction, uint64_t request)
{
    struct engine_client *client = transaction->client;
    struct engine *engine = client->engine;
    struct operation *operation = operation_start(client, request);

    undo(transaction, operation);
    if (operation)
        operation_finish(engine, operation, ENGINE_OK, "");
}

void transactions_abandon(struct engine_client *client)
{
    LIST_FOR_EACH_SAFE(node, &client->transactions)
        undo(LIST_ENTRY(node, struct engine_transaction, node), NULL);
}
