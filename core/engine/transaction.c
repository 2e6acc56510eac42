/* SPDX-License-Identifier: Apache-2.0 */
#include "transaction.h"

#include <stdlib.h>

#include "event_log.h"
#include "operation.h"
#include "send.h"

enum step_kind { STEP_SEND, STEP_ACKNOWLEDGE };

struct step {
    struct list_node node;
    enum step_kind kind;
    struct message *message;
    uint64_t consumer; /* id: it may be gone by then */
    enum acknowledgement_kind acknowledgement;
    uint64_t first, last;
};

struct engine_transaction {
    struct list_node node; /* in the client's transactions */
    struct engine_client *client;
    struct list_node steps;
    uint64_t bytes;
    uint32_t count;
    bool rollback_only;
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
    list_init(&transaction->steps);
    list_append(&client->transactions, &transaction->node);
    log_transaction(transaction, "transaction_begun");
    return transaction;
}

static void fail(struct engine_transaction *transaction, uint64_t request, enum engine_error error,
                 const char *why)
{
    transaction->rollback_only = true;
    client_complete(transaction->client, request, error, why);
}

static struct step *add_step(struct engine_transaction *transaction, enum step_kind kind)
{
    struct step *step = calloc(1, sizeof *step);

    if (step) {
        step->kind = kind;
        list_append(&transaction->steps, &step->node);
        transaction->count++;
    }
    return step;
}

/* Limits are the operator's: a client must not fill memory with what it never commits. */
static const char *limit_reached(const struct engine_transaction *transaction)
{
    const struct config *config = transaction->client->engine->config;

    if (config->max_uncommitted_count != 0 && transaction->count >= config->max_uncommitted_count)
        return "the transaction has more operations than maxUncommittedCount allows";
    if (transaction->bytes > config->settings.transaction_bytes_max)
        return "the transaction holds more bytes than maxTransactionBytes allows";
    return NULL;
}

void transaction_add_send(struct engine_transaction *transaction, struct message *message,
                          uint64_t request)
{
    const char *limit = limit_reached(transaction);
    struct step *step = limit ? NULL : add_step(transaction, STEP_SEND);

    if (!step) {
        message_unref(message);
        fail(transaction, request, limit ? ENGINE_NO_RESOURCES : ENGINE_NO_MEMORY,
             limit ? limit : "the broker is out of memory");
        return;
    }
    step->message = message;
    transaction->bytes += message->len;
    client_complete(transaction->client, request, ENGINE_OK, "");
}

void transaction_add_acknowledgement(struct engine_transaction *transaction,
                                     struct engine_consumer *consumer,
                                     enum acknowledgement_kind kind, uint64_t first, uint64_t last,
                                     uint64_t request)
{
    const char *limit = limit_reached(transaction);
    struct step *step = limit ? NULL : add_step(transaction, STEP_ACKNOWLEDGE);

    if (!step) {
        fail(transaction, request, limit ? ENGINE_NO_RESOURCES : ENGINE_NO_MEMORY,
             limit ? limit : "the broker is out of memory");
        return;
    }
    step->consumer = consumer->id;
    step->acknowledgement = kind;
    step->first = first;
    step->last = last;
    client_complete(transaction->client, request, ENGINE_OK, "");
    consumer_extend(consumer, first, last, true);
}

static void step_destroy(struct step *step)
{
    list_remove(&step->node);
    message_unref(step->message);
    free(step);
}

static void undo_step(struct engine_transaction *transaction, struct step *step)
{
    struct engine_consumer *consumer;

    if (step->kind == STEP_ACKNOWLEDGE) {
        consumer = consumer_find(transaction->client->engine, step->consumer);
        if (consumer)
            consumer_extend(consumer, step->first, step->last, false);
    }
    step_destroy(step);
}

static void undo(struct engine_transaction *transaction)
{
    log_transaction(transaction, "transaction_rolled_back");
    LIST_FOR_EACH_SAFE(node, &transaction->steps)
        undo_step(transaction, LIST_ENTRY(node, struct step, node));
    list_remove(&transaction->node);
    free(transaction);
}

static void apply(struct engine_transaction *transaction, struct step *step,
                  struct operation *operation)
{
    struct engine_client *client = transaction->client;
    struct engine_consumer *consumer;

    if (step->kind == STEP_SEND) {
        send_message(client, step->message, operation);
        step->message = NULL;
    } else {
        consumer = consumer_find(client->engine, step->consumer);
        if (consumer)
            consumer_acknowledge(consumer, step->acknowledgement, step->first, step->last,
                                 operation);
    }
    step_destroy(step);
}

void engine_commit(struct engine_transaction *transaction, uint64_t request)
{
    struct engine_client *client = transaction->client;
    struct engine *engine = client->engine;
    struct operation *operation;

    if (transaction->rollback_only) {
        undo(transaction);
        client_complete(client, request, ENGINE_ROLLED_BACK,
                        "Transaction rolled back: an operation inside has failed");
        return;
    }
    operation = operation_start(client, request);
    if (!operation) {
        undo(transaction);
        return;
    }
    log_transaction(transaction, "transaction_committed");
    LIST_FOR_EACH_SAFE(node, &transaction->steps)
        apply(transaction, LIST_ENTRY(node, struct step, node), operation);
    list_remove(&transaction->node);
    free(transaction);
    operation_finish(engine, operation, ENGINE_OK, "");
}

void engine_rollback(struct engine_transaction *transaction, uint64_t request)
{
    struct engine_client *client = transaction->client;

    undo(transaction);
    client_complete(client, request, ENGINE_OK, "");
}

/* Its deliveries go back to the queue: an acknowledgement of them would come too late. */
void transactions_forget_consumer(struct engine_consumer *consumer)
{
    LIST_FOR_EACH(node, &consumer->client->transactions) {
        struct engine_transaction *transaction = LIST_ENTRY(node, struct engine_transaction, node);

        if (transaction->rollback_only)
            continue;
        LIST_FOR_EACH(step_node, &transaction->steps) {
            struct step *step = LIST_ENTRY(step_node, struct step, node);

            if (step->kind == STEP_ACKNOWLEDGE && step->consumer == consumer->id)
                transaction->rollback_only = true;
        }
    }
}

void transactions_abandon(struct engine_client *client)
{
    LIST_FOR_EACH_SAFE(node, &client->transactions)
        undo(LIST_ENTRY(node, struct engine_transaction, node));
}
