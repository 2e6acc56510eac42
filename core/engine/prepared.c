/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prepared.c - distributed transactions between their two phases. A prepared one is kept on the
 * shard its xid hashes to, and ended by whoever names it first; it ends with the broker.
 */
#include <stdlib.h>

#include "destination.h"
#include "event_log.h"
#include "home.h"
#include "operation.h"
#include "transaction.h"

enum { PREPARED_MAX = 10000 }; /* on one shard */

/* What one shard has: each is a length and so many bytes. */
struct xids {
    struct list_node node;
    size_t count, len;
    uint8_t bytes[];
};

/* The answer to a client, as it grows. */
struct recovery {
    struct list_node parts; /* struct xids */
    size_t count;
};

static struct slice xid_of(const struct engine_transaction *transaction)
{
    return slice_of(transaction->xid, transaction->xid_len);
}

static uint64_t hash_of(const void *object)
{
    return ((const struct engine_transaction *)object)->hash;
}

static bool matches(const void *object, const void *key)
{
    return slice_equal(xid_of(object), *(const struct slice *)key);
}

int prepared_init(struct engine *engine)
{
    return table_init(&engine->prepared, hash_of, matches, 16);
}

bool prepared_has(struct engine *engine, uint64_t hash, struct slice xid)
{
    return table_find(&engine->prepared, hash, &xid) != NULL;
}

static void fini_one(void *arg, void *object)
{
    struct engine *engine = arg;

    table_remove(&engine->prepared, object);
    transaction_destroy(object);
}

void prepared_fini(struct engine *engine)
{
    table_each(&engine->prepared, fini_one, engine);
    table_fini(&engine->prepared);
}

/*
 * The first phase. Before the xid is known to others, everything the transaction has locked must
 * have arrived: who commits it may be on another shard.
 */
static void refuse(struct engine *engine, struct engine_transaction *transaction,
                   const struct reply_address *reply, enum engine_error error, const char *why)
{
    struct operation *operation = operation_start_own(engine, *reply);

    transaction_roll_back(engine, transaction, operation);
    if (operation)
        operation_finish(engine, operation, error, why);
    else
        engine_answer(engine, reply, error, why);
}

void prepared_receive(struct engine *engine, const struct engine_mail *mail)
{
    struct engine_transaction *transaction = mail->pointer;

    xid_give_back(engine, transaction->hash, transaction->id);
    if (prepared_has(engine, transaction->hash, xid_of(transaction))) {
        refuse(engine, transaction, &mail->reply, ENGINE_IN_USE,
               "a transaction of this id is prepared already");
    } else if (engine->prepared.count >= PREPARED_MAX) {
        refuse(engine, transaction, &mail->reply, ENGINE_NO_RESOURCES,
               "there are too many prepared transactions");
    } else if (transaction->bytes > 0 && !flow_has_room(engine, NULL, true)) {
        refuse(engine, transaction, &mail->reply, ENGINE_NO_RESOURCES,
               "the memory limit is reached: no room for a prepared transaction");
    } else if (table_add(&engine->prepared, transaction) != 0) {
        refuse(engine, transaction, &mail->reply, ENGINE_NO_MEMORY, "the broker is out of memory");
    } else {
        engine->memory += transaction->bytes;
        engine_answer(engine, &mail->reply, ENGINE_OK, "");
    }
}

static bool all_is_locked(struct engine *engine, struct operation *operation)
{
    struct engine_transaction *transaction = operation->context;
    uint16_t shard = engine_home_of(engine, transaction->hash);
    struct engine_mail mail = {.kind = MAIL_PREPARE, .pointer = transaction};
    struct operation *next = NULL;

    if (operation->client)
        next = operation_start(operation->client, operation->request);
    if (!next) { /* the client is gone, or has been told */
        xid_release(engine, transaction);
        transaction_roll_back(engine, transaction, NULL);
        return false;
    }
    mail.reply = operation_expect(next);
    if (shard == engine->index)
        prepared_receive(engine, &mail);
    else
        engine_mail_to(engine, shard, &mail);
    operation_finish(engine, next, ENGINE_OK, "");
    return false;
}

/* False: no memory. */
bool transaction_name(struct engine_transaction *transaction, struct slice xid)
{
    if (transaction->xid) { /* since it began */
        assert(slice_equal(xid_of(transaction), xid));
        return true;
    }
    transaction->xid = malloc(xid.len + 1);
    if (!transaction->xid)
        return false;
    memcpy(transaction->xid, xid.bytes, xid.len);
    transaction->xid_len = xid.len;
    transaction->hash = xid_hash(xid);
    return true;
}

void engine_prepare(struct engine_transaction *transaction, struct slice xid, uint64_t request)
{
    struct engine_client *client = transaction->client;
    struct engine *engine = client->engine;
    struct operation *operation;

    assert(!transaction->claiming);
    if (transaction->rollback_only) {
        engine_commit(transaction, request); /* which says so */
        return;
    }
    operation = transaction_name(transaction, xid) ? operation_start(client, request) : NULL;
    if (!operation) {
        if (!transaction->xid)
            client_complete(client, request, ENGINE_NO_MEMORY, "the broker is out of memory");
        engine_rollback(transaction, 0);
        return;
    }
    if (event_log_wants(engine, EVENT_LOG_TRANSACTIONS))
        event_log_prepared(client, "transaction_prepared", xid);
    transaction_detach(transaction);
    operation->then = all_is_locked;
    operation->context = transaction;
    for (uint64_t homes = transaction->homes; homes != 0; homes &= homes - 1)
        home_flush(engine, (uint16_t)__builtin_ctzll(homes), operation_expect(operation));
    operation_finish(engine, operation, ENGINE_OK, "");
}

/*
 * The second phase. The first one to name it takes it.
 */
static void end_here(struct engine *engine, struct slice xid, bool commit,
                     const struct reply_address *reply)
{
    struct engine_transaction *transaction = table_find(&engine->prepared, xid_hash(xid), &xid);
    struct operation *operation;

    if (!transaction) {
        engine_answer(engine, reply, ENGINE_NO_SUCH_TRANSACTION,
                      "no transaction of this id is prepared");
        return;
    }
    operation = operation_start_own(engine, *reply);
    if (!operation) { /* it stays prepared */
        engine_answer(engine, reply, ENGINE_NO_MEMORY, "the broker is out of memory");
        return;
    }
    table_remove(&engine->prepared, transaction);
    engine->memory -= transaction->bytes;
    if (commit)
        transaction_commit(engine, transaction, operation);
    else
        transaction_roll_back(engine, transaction, operation);
    operation_finish(engine, operation, ENGINE_OK, "");
}

void prepared_receive_end(struct engine *engine, const struct engine_mail *mail)
{
    end_here(engine, slice_of(mail->pointer, mail->first), mail->flags & MAIL_ADD, &mail->reply);
    free(mail->pointer);
}

static void end(struct engine_client *client, struct slice xid, bool commit, uint64_t request)
{
    struct engine *engine = client->engine;
    struct operation *operation = operation_start(client, request);
    uint16_t shard = engine_home_of(engine, xid_hash(xid));
    struct engine_mail mail = {
        .kind = MAIL_END_PREPARED, .flags = commit ? MAIL_ADD : 0, .first = xid.len};

    if (!operation)
        return;
    if (event_log_wants(engine, EVENT_LOG_TRANSACTIONS))
        event_log_prepared(
            client, commit ? "prepared_transaction_committed" : "prepared_transaction_rolled_back",
            xid);
    mail.pointer = malloc(xid.len + 1);
    if (!mail.pointer) {
        operation_finish(engine, operation, ENGINE_NO_MEMORY, "the broker is out of memory");
        return;
    }
    memcpy(mail.pointer, xid.bytes, xid.len);
    mail.reply = operation_expect(operation);
    if (shard == engine->index)
        prepared_receive_end(engine, &mail);
    else
        engine_mail_to(engine, shard, &mail);
    operation_finish(engine, operation, ENGINE_OK, "");
}

void engine_xa_commit(struct engine_client *client, struct slice xid, uint64_t request)
{
    end(client, xid, true, request);
}

void engine_xa_rollback(struct engine_client *client, struct slice xid, uint64_t request)
{
    end(client, xid, false, request);
}

/*
 * Which ones there are.
 */
static void add_len(void *arg, void *object)
{
    *(size_t *)arg += sizeof(size_t) + ((const struct engine_transaction *)object)->xid_len;
}

static void add_xid(void *arg, void *object)
{
    struct xids *xids = arg;
    const struct engine_transaction *transaction = object;

    memcpy(xids->bytes + xids->len, &transaction->xid_len, sizeof transaction->xid_len);
    xids->len += sizeof transaction->xid_len;
    memcpy(xids->bytes + xids->len, transaction->xid, transaction->xid_len);
    xids->len += transaction->xid_len;
    xids->count++;
}

void prepared_receive_recover(struct engine *engine, const struct engine_mail *mail)
{
    struct engine_mail answer = {.kind = MAIL_RECOVERED, .reply = mail->reply};
    size_t len = 0;
    struct xids *xids;

    table_each(&engine->prepared, add_len, &len);
    xids = calloc(1, sizeof *xids + len);
    if (!xids) {
        engine_answer(engine, &mail->reply, ENGINE_NO_MEMORY, "the broker is out of memory");
        return;
    }
    list_init(&xids->node);
    table_each(&engine->prepared, add_xid, xids);
    answer.pointer = xids;
    if (serial_shard(mail->reply.client) == engine->index)
        prepared_receive_recovered(engine, &answer);
    else
        engine_mail_to(engine, serial_shard(mail->reply.client), &answer);
}

void prepared_receive_recovered(struct engine *engine, const struct engine_mail *mail)
{
    uint64_t id = mail->reply.operation;
    struct operation *operation = table_find(&engine->operations, serial_hash(id), &id);
    struct recovery *recovery = operation->context;
    struct xids *xids = mail->pointer;

    recovery->count += xids->count;
    list_append(&recovery->parts, &xids->node);
    operation_finish(engine, operation, ENGINE_OK, "");
}

/* Slices of all of them; the caller frees the row. NULL: no memory. */
static struct slice *gather(const struct recovery *recovery)
{
    struct slice *row = calloc(recovery->count + 1, sizeof *row);
    size_t count = 0;

    if (!row)
        return NULL;
    LIST_FOR_EACH(node, &recovery->parts) {
        const struct xids *xids = LIST_ENTRY(node, struct xids, node);
        size_t at = 0, len;

        for (size_t i = 0; i < xids->count; i++, at += len) {
            memcpy(&len, xids->bytes + at, sizeof len);
            at += sizeof len;
            row[count++] = slice_of(xids->bytes + at, len);
        }
    }
    return row;
}

static void free_recovery(struct recovery *recovery)
{
    LIST_FOR_EACH_SAFE(node, &recovery->parts)
        free(LIST_ENTRY(node, struct xids, node));
    free(recovery);
}

static bool all_recovered(struct engine *engine, struct operation *operation)
{
    struct recovery *recovery = operation->context;
    struct engine_client *client = operation->client;
    struct slice *row = NULL;

    (void)engine;
    if (client && operation->error == ENGINE_OK && client->ops->recovered) {
        row = gather(recovery);
        if (row)
            client->ops->recovered(client->session, operation->request, row, recovery->count);
        else
            operation->error = ENGINE_NO_MEMORY;
    }
    free(row);
    free_recovery(recovery);
    return true;
}

void engine_xa_recover(struct engine_client *client, uint64_t request)
{
    struct engine *engine = client->engine;
    struct recovery *recovery = calloc(1, sizeof *recovery);
    struct operation *operation;

    if (!recovery) {
        client_complete(client, request, ENGINE_NO_MEMORY, "the broker is out of memory");
        return;
    }
    list_init(&recovery->parts);
    operation = operation_start(client, request);
    if (!operation) {
        free(recovery);
        return;
    }
    operation->then = all_recovered;
    operation->context = recovery;
    for (uint16_t shard = 0; shard < engine->shards; shard++) {
        struct engine_mail mail = {.kind = MAIL_RECOVER, .reply = operation_expect(operation)};

        if (shard == engine->index)
            prepared_receive_recover(engine, &mail);
        else
            engine_mail_to(engine, shard, &mail);
    }
    operation_finish(engine, operation, ENGINE_OK, "");
}
