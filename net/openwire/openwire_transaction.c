/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TransactionInfo: local transactions, and both phases of distributed ones.
 *
 * What a transaction acknowledges stays in the windows until it is committed: after a rollback the
 * client begins again by itself with what it has, and acknowledges that once more.
 */
#include "openwire_consumer.h"
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum info_type {
    INFO_BEGIN = 0,
    INFO_PREPARE = 1,
    INFO_COMMIT_ONE_PHASE = 2,
    INFO_COMMIT_TWO_PHASE = 3,
    INFO_ROLLBACK = 4,
    INFO_RECOVER = 5,
    INFO_FORGET = 6,
    INFO_END = 7,
};

/* javax.transaction.xa: what PREPARE answers, and codes of errors. Clients read these at the end of
 * the text and nowhere else. */
enum {
    XA_OK = 0,
    XA_RDONLY = 3,
    XA_RBROLLBACK = 100,
    XAER_RMERR = -3,
    XAER_NOTA = -4,
    XAER_INVAL = -5,
    XAER_PROTO = -6,
    XAER_DUPID = -8,
};

static const char *const jms_exception = "javax.jms.JMSException";
static const char *const wrong_order = "java.lang.IllegalStateException";
static const char *const xa_exception = "javax.transaction.xa.XAException";

enum transaction_state {
    TRANSACTION_OPEN,
    TRANSACTION_PREPARING, /* the engine is about to answer */
    TRANSACTION_PREPARED,
    TRANSACTION_ENDING, /* likewise; nobody can name it any more */
};

/* What is acknowledged at commit. */
struct step {
    struct openwire_consumer *consumer; /* NULL: it is gone */
    struct tag_range tags;
};

struct openwire_transaction {
    struct list_node node; /* in the connection's */
    struct openwire_connection *connection;
    struct engine_transaction *engine; /* while open */
    struct fifo steps;                 /* struct step */
    int64_t value;                     /* local ones: their number in the connection */
    uint8_t state;                     /* enum transaction_state */
    uint8_t refused;                   /* enum engine_error: why it is not to be used */
    bool is_beginning;                 /* the engine is about to say whether the xid is free */
    bool is_xa;
    uint16_t xid_len;
    uint8_t xid[];
};

/*
 * By id.
 */
struct transaction_key {
    bool is_xa;
    int64_t value;
    struct slice xid;
};

static uint64_t key_hash(const struct transaction_key *key)
{
    const uint64_t value = (uint64_t)key->value;

    return key->is_xa ? slice_hash(key->xid, 0) : slice_hash(slice_of(&value, sizeof value), 1);
}

static struct transaction_key key_of(const struct openwire_transaction *transaction)
{
    return (struct transaction_key){transaction->is_xa, transaction->value,
                                    slice_of(transaction->xid, transaction->xid_len)};
}

static uint64_t hash_of(const void *object)
{
    const struct transaction_key key = key_of(object);

    return key_hash(&key);
}

static bool matches(const void *object, const void *wanted)
{
    const struct transaction_key key = key_of(object), *other = wanted;

    return key.is_xa == other->is_xa && key.value == other->value &&
           slice_equal(key.xid, other->xid);
}

int transactions_init(struct openwire_connection *connection)
{
    list_init(&connection->transactions);
    list_init(&connection->recoveries);
    return table_init(&connection->transaction_ids, hash_of, matches, 4);
}

/* The engine's name for an xid: the format, then both halves with their lengths in front. */
static size_t put_xid(const struct ow_xa_transaction_id *id, uint8_t out[XID_LEN_MAX])
{
    const struct slice halves[2] = {id->global_transaction_id, id->branch_qualifier};
    const uint32_t format = htobe32((uint32_t)id->format_id);
    uint8_t *at = out;

    memcpy(at, &format, sizeof format);
    at += sizeof format;
    for (size_t i = 0; i < ARRAY_LEN(halves); i++) {
        *at++ = (uint8_t)halves[i].len;
        if (halves[i].len > 0)
            memcpy(at, halves[i].bytes, halves[i].len);
        at += halves[i].len;
    }
    return (size_t)(at - out);
}

static bool read_xid(struct slice xid, struct ow_xa_transaction_id *out)
{
    struct slice *const halves[2] = {&out->global_transaction_id, &out->branch_qualifier};
    uint32_t format;

    if (xid.len < sizeof format)
        return false;
    memcpy(&format, xid.bytes, sizeof format);
    *out = (struct ow_xa_transaction_id){.object = {OW_XA_TRANSACTION_ID},
                                         .format_id = (int32_t)be32toh(format)};
    xid = slice_after(xid, sizeof format);
    for (size_t i = 0; i < ARRAY_LEN(halves); i++) {
        if (xid.len < 1 || xid.len < 1U + xid.bytes[0])
            return false;
        *halves[i] = slice_of(xid.bytes + 1, xid.bytes[0]);
        xid = slice_after(xid, 1U + xid.bytes[0]);
    }
    return xid.len == 0;
}

/* `xid` is where the key's bytes are put. False: an id that cannot be. */
static bool read_id(const struct openwire_connection *connection, const struct ow_object *id,
                    uint8_t xid[XID_LEN_MAX], struct transaction_key *out, struct failure *failure)
{
    const struct ow_xa_transaction_id *xa = (const struct ow_xa_transaction_id *)(const void *)id;
    const struct ow_local_transaction_id *local =
        (const struct ow_local_transaction_id *)(const void *)id;

    if (!id) {
        failure_set(failure, jms_exception, "The command names no transaction");
        return false;
    }
    if (id->type == OW_XA_TRANSACTION_ID) {
        if (xa->global_transaction_id.len > XID_PART_MAX ||
            xa->branch_qualifier.len > XID_PART_MAX) {
            failure_set(failure, xa_exception, "The xid is too long. xaErrorCode:%d", XAER_INVAL);
            return false;
        }
        *out = (struct transaction_key){.is_xa = true, .xid = slice_of(xid, put_xid(xa, xid))};
        return true;
    }
    *out = (struct transaction_key){.value = local->value, .xid = SLICE("")};
    if (local->connection_id && slice_equal(local->connection_id->value, connection->id_slice))
        return true;
    failure_set(failure, jms_exception, "The transaction is of another connection");
    return false;
}

static void not_started(const struct ow_object *id, struct failure *failure)
{
    struct text_error name;

    transaction_id_text(id, &name);
    if (id->type == OW_XA_TRANSACTION_ID)
        failure_set(failure, xa_exception,
                    "Transaction '%.200s' has not been started. xaErrorCode:%d", name.text,
                    XAER_NOTA);
    else
        failure_set(failure, jms_exception, "Transaction '%.200s' has not been started.",
                    name.text);
}

static struct openwire_transaction *find_key(const struct openwire_connection *connection,
                                             const struct transaction_key *key)
{
    return table_find(&connection->transaction_ids, key_hash(key), key);
}

/* Its manager has started the xid on two connections. ActiveMQ would join them; here the work of
 * one of them would be lost, unless nothing is done in the second one. */
static void refusal(const struct openwire_transaction *transaction, struct failure *failure)
{
    struct ow_xa_transaction_id id;
    struct text_error name;

    if (transaction->refused != ENGINE_IN_USE) {
        failure_set(failure, xa_exception, "The broker is out of memory. xaErrorCode:%d",
                    XAER_RMERR);
        return;
    }
    text_error_set(&name, "XID");
    if (read_xid(slice_of(transaction->xid, transaction->xid_len), &id))
        transaction_id_text(&id.object, &name);
    failure_set(failure, xa_exception,
                "%.100s is in use by another connection of this broker; set "
                "jms.rmIdFromConnectionId=true on the client's URL. xaErrorCode:%d",
                name.text, XAER_DUPID);
}

bool transaction_lookup(struct openwire_connection *connection, const struct ow_object *id,
                        struct openwire_transaction **out, struct failure *failure)
{
    uint8_t xid[XID_LEN_MAX];
    struct transaction_key key;

    if (!read_id(connection, id, xid, &key, failure))
        return false;
    *out = find_key(connection, &key);
    if (*out && (*out)->refused != ENGINE_OK) {
        refusal(*out, failure);
        return false;
    }
    if (*out && (*out)->state == TRANSACTION_OPEN)
        return true;
    if (*out)
        failure_set(failure, xa_exception, "The transaction is prepared. xaErrorCode:%d",
                    XAER_PROTO);
    else
        not_started(id, failure);
    return false;
}

struct engine_transaction *transaction_engine(const struct openwire_transaction *transaction)
{
    return transaction->engine;
}

bool transaction_find(struct openwire_connection *connection, const struct ow_object *id,
                      struct engine_transaction **out, struct failure *failure)
{
    struct openwire_transaction *transaction;

    *out = NULL;
    if (LIKELY(!id))
        return true;
    if (!transaction_lookup(connection, id, &transaction, failure))
        return false;
    *out = transaction->engine;
    return true;
}

/*
 * Life.
 */
static struct openwire_transaction *transaction_create(struct openwire_connection *connection,
                                                       const struct transaction_key *key)
{
    struct openwire_transaction *transaction = calloc(1, sizeof *transaction + key->xid.len);

    if (!transaction)
        return NULL;
    transaction->connection = connection;
    transaction->is_xa = key->is_xa;
    transaction->value = key->value;
    transaction->xid_len = (uint16_t)key->xid.len;
    if (key->xid.len > 0)
        memcpy(transaction->xid, key->xid.bytes, key->xid.len);
    if (table_add(&connection->transaction_ids, transaction) != 0) {
        free(transaction);
        return NULL;
    }
    list_append(&connection->transactions, &transaction->node);
    return transaction;
}

/* Nobody can name it from now on. */
static void retire(struct openwire_transaction *transaction)
{
    if (transaction->state != TRANSACTION_ENDING)
        table_remove(&transaction->connection->transaction_ids, transaction);
    transaction->state = TRANSACTION_ENDING;
}

static void transaction_destroy(struct openwire_transaction *transaction)
{
    retire(transaction);
    list_remove(&transaction->node);
    fifo_fini(&transaction->steps);
    free(transaction);
}

/* One that waits for RECOVER's answer. */
struct recovery {
    struct list_node node;
    uint64_t request;
    struct ow_command command;
    bool is_answered;
};

void transactions_destroy(struct openwire_connection *connection)
{
    LIST_FOR_EACH_SAFE(node, &connection->transactions)
        transaction_destroy(LIST_ENTRY(node, struct openwire_transaction, node));
    LIST_FOR_EACH_SAFE(node, &connection->recoveries)
        free(LIST_ENTRY(node, struct recovery, node));
    list_init(&connection->recoveries);
    table_fini(&connection->transaction_ids);
}

int transaction_note(struct openwire_transaction *transaction, struct openwire_consumer *consumer,
                     uint64_t first_tag, uint64_t last_tag)
{
    const struct engine *engine = consumer->connection->session->worker->engine;
    const uint32_t count = transaction->steps.count;
    struct step *step = count > 0 ? fifo_at(&transaction->steps, sizeof *step, count - 1) : NULL;

    if (step && step->consumer == consumer && step->tags.last + 1 == first_tag) {
        step->tags.last = last_tag;
        return 0;
    }
    /* The same may be acknowledged again and again. */
    if (count * sizeof *step >= engine_config(engine)->settings.transaction_bytes_max)
        return -ENOBUFS;
    step = fifo_push(&transaction->steps, sizeof *step);
    if (!step)
        return -ENOMEM;
    *step = (struct step){consumer, {first_tag, last_tag}};
    return 0;
}

void transactions_forget(struct openwire_consumer *consumer)
{
    LIST_FOR_EACH(node, &consumer->connection->transactions) {
        struct openwire_transaction *transaction =
            LIST_ENTRY(node, struct openwire_transaction, node);

        for (uint32_t i = 0; i < transaction->steps.count; i++) {
            struct step *step = fifo_at(&transaction->steps, sizeof *step, i);

            if (step->consumer == consumer)
                step->consumer = NULL;
        }
    }
}

static void settle_steps(struct openwire_transaction *transaction)
{
    for (uint32_t i = 0; i < transaction->steps.count; i++) {
        const struct step *step = fifo_at(&transaction->steps, sizeof *step, i);

        if (step->consumer && !step->consumer->is_counted)
            openwire_window_settle(step->consumer, step->tags.first, step->tags.last);
    }
}

/* Of topics the client will acknowledge as many again; what others have overtaken is not waited
 * for. Windows have it all still. */
static void revert_steps(struct openwire_transaction *transaction)
{
    for (uint32_t i = transaction->steps.count; i > 0; i--) {
        const struct step *step = fifo_at(&transaction->steps, sizeof *step, i - 1);
        struct openwire_consumer *consumer = step->consumer;

        if (!consumer || !consumer->is_counted)
            continue;
        if (consumer->settled_tag == step->tags.last)
            consumer->settled_tag = step->tags.first - 1;
        else
            consumer_leave_over(consumer, &(struct leftover){.tags = step->tags});
    }
}

/*
 * What the engine answers.
 */
static void respond_pending(const struct pending *pending, const struct failure *failure)
{
    const struct ow_command command = {.command_id = pending->command_id,
                                       .response_required = pending->response_required};

    if (failure)
        respond_failure(pending->connection->session, &command, failure);
    else
        respond(pending->connection->session, &command);
}

static int xa_code_of(enum engine_error error)
{
    switch (error) {
    case ENGINE_ROLLED_BACK:
        return XA_RBROLLBACK;
    case ENGINE_NO_SUCH_TRANSACTION:
        return XAER_NOTA;
    case ENGINE_IN_USE:
        return XAER_DUPID;
    default:
        return XAER_RMERR;
    }
}

static void fail_pending(const struct pending *pending, bool is_xa,
                         const struct engine_completion *completion)
{
    struct failure failure;

    if (is_xa)
        failure_set(&failure, xa_exception, "%.200s xaErrorCode:%d",
                    completion->error == ENGINE_NO_SUCH_TRANSACTION
                        ? "The transaction has not been started, or has ended."
                        : completion->text,
                    xa_code_of(completion->error));
    else
        failure_of(completion->error, completion->text, &failure);
    respond_pending(pending, &failure);
}

static void committed(struct pending *pending, const struct engine_completion *completion)
{
    struct openwire_transaction *transaction = pending->subject;

    if (completion->error == ENGINE_OK) {
        settle_steps(transaction);
        respond_pending(pending, NULL);
    } else {
        revert_steps(transaction);
        fail_pending(pending, transaction->is_xa, completion);
    }
    transaction_destroy(transaction);
}

static void rolled_back(struct pending *pending, const struct engine_completion *completion)
{
    struct openwire_transaction *transaction = pending->subject;

    revert_steps(transaction);
    if (completion->error == ENGINE_OK)
        respond_pending(pending, NULL);
    else
        fail_pending(pending, transaction->is_xa, completion);
    transaction_destroy(transaction);
}

static void prepared(struct pending *pending, const struct engine_completion *completion)
{
    struct openwire_transaction *transaction = pending->subject;
    const struct ow_command command = {.command_id = pending->command_id,
                                       .response_required = pending->response_required};

    if (completion->error == ENGINE_OK) {
        transaction->state = TRANSACTION_PREPARED;
        respond_integer(pending->connection->session, &command, XA_OK);
        return;
    }
    revert_steps(transaction);
    fail_pending(pending, true, completion);
    transaction_destroy(transaction);
}

/* Of a transaction that was prepared elsewhere, or before. */
static void ended_elsewhere(struct pending *pending, const struct engine_completion *completion)
{
    if (completion->error == ENGINE_OK)
        respond_pending(pending, NULL);
    else
        fail_pending(pending, true, completion);
}

/*
 * Commands.
 */
static void begun(struct pending *pending, const struct engine_completion *completion)
{
    struct openwire_transaction *transaction = pending->subject;
    struct failure failure;

    transaction->is_beginning = false;
    transaction->refused = (uint8_t)completion->error;
    session_resume(pending->connection->session, PAUSE_BEGIN);
    if (completion->error == ENGINE_OK) {
        respond_pending(pending, NULL);
        return;
    }
    refusal(transaction, &failure);
    respond_pending(pending, &failure);
}

/* Nothing is read until it is known whose the xid is: what follows is not done in vain. */
static void begin_xa(struct openwire_transaction *transaction, const struct ow_command *command)
{
    struct openwire_connection *connection = transaction->connection;
    const struct slice xid = slice_of(transaction->xid, transaction->xid_len);
    const uint64_t request = request_with(connection, command, begun, transaction, 0);

    if (request != 0) {
        transaction->is_beginning = true;
        transaction->engine = engine_xa_begin(connection->client, xid, request);
    }
    if (!transaction->engine) /* which has been answered */
        transaction_destroy(transaction);
    else if (transaction->is_beginning)
        session_pause(connection->session, PAUSE_BEGIN);
}

static void begin_local(struct openwire_transaction *transaction, const struct ow_command *command)
{
    struct openwire_connection *connection = transaction->connection;
    struct failure failure;

    transaction->engine = engine_begin(connection->client);
    if (transaction->engine) {
        respond(connection->session, command);
        return;
    }
    failure_of(ENGINE_NO_MEMORY, "no memory for a transaction", &failure);
    respond_failure(connection->session, command, &failure);
    transaction_destroy(transaction);
}

static void begin(struct openwire_connection *connection, const struct ow_transaction_info *info,
                  const struct transaction_key *key)
{
    struct openwire_transaction *transaction = find_key(connection, key);
    struct failure failure;

    if (transaction && transaction->refused != ENGINE_OK) {
        refusal(transaction, &failure);
    } else if (transaction) {
        respond(connection->session, &info->command);
        return;
    } else if (connection->transaction_ids.count >= TRANSACTIONS_MAX) {
        failure_set(&failure, "javax.jms.ResourceAllocationException",
                    "Too many transactions are open on this connection");
    } else if (!(transaction = transaction_create(connection, key))) {
        failure_of(ENGINE_NO_MEMORY, "no memory for a transaction", &failure);
    } else {
        if (key->is_xa)
            begin_xa(transaction, &info->command);
        else
            begin_local(transaction, &info->command);
        return;
    }
    respond_failure(connection->session, &info->command, &failure);
}

static void prepare_open(struct openwire_transaction *transaction, const struct ow_command *command)
{
    struct openwire_connection *connection = transaction->connection;
    uint64_t request;

    if (engine_transaction_is_empty(transaction->engine)) {
        engine_rollback(transaction->engine, 0);
        transaction_destroy(transaction);
        respond_integer(connection->session, command, XA_RDONLY);
        return;
    }
    request = request_with(connection, command, prepared, transaction, 0);
    if (request == 0)
        return;
    transaction->state = TRANSACTION_PREPARING;
    engine_prepare(transaction->engine, slice_of(transaction->xid, transaction->xid_len), request);
}

static void prepare(struct openwire_connection *connection, const struct ow_transaction_info *info,
                    const struct transaction_key *key)
{
    struct openwire_transaction *transaction = find_key(connection, key);
    struct text_error name;
    struct failure failure;

    if (transaction && !transaction->is_xa) {
        failure_set(&failure, xa_exception,
                    "Prepare not implemented on Local Transactions. xaErrorCode:%d", XAER_RMERR);
        respond_failure(connection->session, &info->command, &failure);
    } else if (!transaction) {
        transaction_id_text(info->transaction_id, &name);
        failure_set(&failure, wrong_order,
                    "Cannot prepare a transaction that had not been started or previously "
                    "returned XA_RDONLY: %.160s",
                    name.text);
        respond_failure(connection->session, &info->command, &failure);
    } else if (transaction->state == TRANSACTION_OPEN) {
        prepare_open(transaction, &info->command);
    } else if (transaction->state == TRANSACTION_PREPARED) {
        respond_integer(connection->session, &info->command, XA_OK);
    } else {
        failure_set(&failure, xa_exception, "Prepare cannot be called now. xaErrorCode:%d",
                    XAER_PROTO);
        respond_failure(connection->session, &info->command, &failure);
    }
}

typedef void transaction_answered_fn(struct pending *pending,
                                     const struct engine_completion *completion);

/* Commits or rolls back what this connection has begun. */
static void end_own(struct openwire_transaction *transaction, const struct ow_command *command,
                    bool commits)
{
    struct openwire_connection *connection = transaction->connection;
    const bool was_prepared = transaction->state == TRANSACTION_PREPARED;
    const struct slice xid = slice_of(transaction->xid, transaction->xid_len);
    const uint64_t request =
        request_with(connection, command, commits ? committed : rolled_back, transaction, 0);

    if (request == 0)
        return;
    retire(transaction);
    if (was_prepared && commits)
        engine_xa_commit(connection->client, xid, request);
    else if (was_prepared)
        engine_xa_rollback(connection->client, xid, request);
    else if (commits)
        engine_commit(transaction->engine, request);
    else
        engine_rollback(transaction->engine, request);
}

static void end_elsewhere(struct openwire_connection *connection,
                          const struct ow_transaction_info *info, struct slice xid, bool commits)
{
    const uint64_t request = request_with(connection, &info->command, ended_elsewhere, NULL, 0);

    if (request == 0)
        return;
    if (commits)
        engine_xa_commit(connection->client, xid, request);
    else
        engine_xa_rollback(connection->client, xid, request);
}

static void end(struct openwire_connection *connection, const struct ow_transaction_info *info,
                const struct transaction_key *key)
{
    const bool commits = info->type == INFO_COMMIT_ONE_PHASE || info->type == INFO_COMMIT_TWO_PHASE;
    struct openwire_transaction *transaction = find_key(connection, key);
    struct failure failure;

    if (!transaction && key->is_xa) {
        end_elsewhere(connection, info, key->xid, commits);
        return;
    }
    if (!transaction)
        not_started(info->transaction_id, &failure);
    else if (transaction->state == TRANSACTION_PREPARING)
        failure_set(&failure, xa_exception, "The transaction is being prepared. xaErrorCode:%d",
                    XAER_PROTO);
    else if (info->type == INFO_COMMIT_TWO_PHASE && transaction->is_xa &&
             transaction->state != TRANSACTION_PREPARED)
        failure_set(&failure, xa_exception,
                    "Cannot do 2 phase commit if the transaction has not been prepared. "
                    "xaErrorCode:%d",
                    XAER_PROTO);
    else {
        end_own(transaction, &info->command, commits);
        return;
    }
    respond_failure(connection->session, &info->command, &failure);
}

/*
 * RECOVER.
 */
static void respond_xids(const struct recovery *recovery, struct openwire_session *session,
                         const struct slice *xids, size_t count)
{
    const size_t most = count < INT16_MAX ? count : INT16_MAX; /* what an array can hold */
    struct ow_xa_transaction_id *ids = calloc(most + 1, sizeof *ids);
    const struct ow_object **items = calloc(most + 1, sizeof *items);
    uint16_t used = 0;

    for (size_t i = 0; ids && items && i < most; i++) {
        if (!read_xid(xids[i], &ids[used])) /* not one of ours */
            continue;
        items[used] = &ids[used].object;
        used++;
    }
    if (ids && items)
        respond_array(session, &recovery->command, items, used);
    else
        session_close(session, "no memory for a list of transactions");
    free(items);
    free(ids);
}

void connection_recovered(void *arg, uint64_t request, const struct slice *xids, size_t count)
{
    struct openwire_connection *connection = arg;

    LIST_FOR_EACH(node, &connection->recoveries) {
        struct recovery *recovery = LIST_ENTRY(node, struct recovery, node);

        if (recovery->request != request)
            continue;
        recovery->is_answered = true;
        respond_xids(recovery, connection->session, xids, count);
        return;
    }
}

static void recovery_completed(struct pending *pending, const struct engine_completion *completion)
{
    struct recovery *recovery = pending->subject;

    if (completion->error != ENGINE_OK)
        fail_pending(pending, true, completion);
    else if (!recovery->is_answered)
        respond_xids(recovery, pending->connection->session, NULL, 0);
    list_remove(&recovery->node);
    free(recovery);
}

static void recover(struct openwire_connection *connection, const struct ow_command *command)
{
    struct recovery *recovery = calloc(1, sizeof *recovery);
    struct failure failure;

    if (!recovery) {
        failure_of(ENGINE_NO_MEMORY, "no memory for a list of transactions", &failure);
        respond_failure(connection->session, command, &failure);
        return;
    }
    recovery->command = *command;
    recovery->request = request_with(connection, command, recovery_completed, recovery, 0);
    if (recovery->request == 0) {
        free(recovery);
        return;
    }
    list_append(&connection->recoveries, &recovery->node);
    engine_xa_recover(connection->client, recovery->request);
}

/* Whatever was to be done with a refused one, it ends: managers leave out what failed. */
static void end_refused(struct openwire_transaction *transaction, const struct ow_command *command)
{
    struct openwire_session *session = transaction->connection->session;
    struct failure failure;

    refusal(transaction, &failure);
    engine_rollback(transaction->engine, 0);
    transaction_destroy(transaction);
    respond_failure(session, command, &failure);
}

static void on_transaction(struct openwire_connection *connection,
                           const struct ow_transaction_info *info)
{
    struct openwire_transaction *transaction;
    uint8_t xid[XID_LEN_MAX];
    struct transaction_key key;
    struct failure failure;

    if (!read_id(connection, info->transaction_id, xid, &key, &failure)) {
        if (info->type == INFO_END)
            respond(connection->session, &info->command);
        else
            respond_failure(connection->session, &info->command, &failure);
        return;
    }
    transaction = find_key(connection, &key);
    if (info->type != INFO_BEGIN && transaction && transaction->refused != ENGINE_OK)
        end_refused(transaction, &info->command);
    else if (info->type == INFO_END) /* a client makes sure that the broker has come so far */
        respond(connection->session, &info->command);
    else if (info->type == INFO_BEGIN)
        begin(connection, info, &key);
    else if (info->type == INFO_PREPARE)
        prepare(connection, info, &key);
    else
        end(connection, info, &key);
}

void on_transaction_info(struct openwire_session *session, const struct ow_transaction_info *info)
{
    struct openwire_connection *connection =
        info->connection_id ? connection_find(session, info->connection_id->value) : NULL;
    struct failure failure;

    if (info->type < INFO_BEGIN || info->type > INFO_END) {
        failure_set(&failure, "java.io.IOException", "Unknown transaction info type: %d",
                    info->type);
        respond_failure(session, &info->command, &failure);
    } else if (!connection) {
        failure_set(&failure, wrong_order, "The connection of the transaction is not registered");
        respond_failure(session, &info->command, &failure);
    } else if (info->type == INFO_RECOVER) {
        recover(connection, &info->command);
    } else {
        on_transaction(connection, info);
    }
}
