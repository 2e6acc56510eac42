/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xid.c - the xids of open transactions: each is claimed on the shard it hashes to, where
 * prepared.c takes it over. So what one client does under an xid is never split between two.
 *
 * A transaction that ends gives its xid back by mail behind its claim, whatever came of that.
 */
#include <stdlib.h>

#include "operation.h"
#include "transaction.h"

struct xid_claim {
    uint64_t hash, transaction;
    size_t len;
    uint8_t xid[];
};

/* By xid; absent: by who has it. */
struct xid_key {
    struct slice xid;
    uint64_t transaction;
};

uint64_t xid_hash(struct slice xid)
{
    return slice_hash(xid, 0x786964);
}

static uint64_t hash_of(const void *object)
{
    return ((const struct xid_claim *)object)->hash;
}

static bool matches(const void *object, const void *wanted)
{
    const struct xid_claim *claim = object;
    const struct xid_key *key = wanted;

    if (!slice_is_present(key->xid))
        return claim->transaction == key->transaction;
    return slice_equal(slice_of(claim->xid, claim->len), key->xid);
}

int xids_init(struct engine *engine)
{
    return table_init(&engine->xids, hash_of, matches, 16);
}

static void fini_one(void *arg, void *object)
{
    struct engine *engine = arg;

    table_remove(&engine->xids, object);
    free(object);
}

void xids_fini(struct engine *engine)
{
    table_each(&engine->xids, fini_one, engine);
    table_fini(&engine->xids);
}

/*
 * At home.
 */
void xid_receive_claim(struct engine *engine, const struct engine_mail *mail)
{
    struct xid_claim *claim = mail->pointer;
    struct slice xid = slice_of(claim->xid, claim->len);
    const struct xid_key key = {xid, 0};

    if (table_find(&engine->xids, claim->hash, &key)) {
        engine_answer(engine, &mail->reply, ENGINE_IN_USE,
                      "a transaction of this id is open already");
    } else if (prepared_has(engine, claim->hash, xid)) {
        engine_answer(engine, &mail->reply, ENGINE_IN_USE,
                      "a transaction of this id is prepared already");
    } else if (table_add(&engine->xids, claim) != 0) {
        engine_answer(engine, &mail->reply, ENGINE_NO_MEMORY, "the broker is out of memory");
    } else {
        engine_answer(engine, &mail->reply, ENGINE_OK, "");
        return;
    }
    free(claim);
}

void xid_give_back(struct engine *engine, uint64_t hash, uint64_t transaction)
{
    const struct xid_key key = {SLICE_ABSENT, transaction};
    struct xid_claim *claim = table_find(&engine->xids, hash, &key);

    if (!claim) /* it had been refused */
        return;
    table_remove(&engine->xids, claim);
    free(claim);
}

void xid_receive_release(struct engine *engine, const struct engine_mail *mail)
{
    xid_give_back(engine, mail->id, mail->first);
}

/*
 * The transaction's side.
 */
static bool is_answered(struct engine *engine, struct operation *operation)
{
    struct engine_transaction *transaction = operation->context;

    (void)engine;
    if (transaction) { /* else it was rolled back meanwhile */
        transaction->claiming = NULL;
        transaction->rollback_only |= operation->error != ENGINE_OK;
    }
    return true;
}

static struct xid_claim *make_claim(const struct engine_transaction *transaction)
{
    struct xid_claim *claim = malloc(sizeof *claim + transaction->xid_len);

    if (!claim)
        return NULL;
    claim->hash = transaction->hash;
    claim->transaction = transaction->id;
    claim->len = transaction->xid_len;
    memcpy(claim->xid, transaction->xid, claim->len);
    return claim;
}

static void claim_xid(struct engine_transaction *transaction, struct xid_claim *claim,
                      struct operation *operation)
{
    struct engine *engine = transaction->client->engine;
    uint16_t shard = engine_home_of(engine, transaction->hash);
    struct engine_mail mail = {.kind = MAIL_CLAIM_XID, .pointer = claim};

    operation->then = is_answered;
    operation->context = transaction;
    transaction->claiming = operation;
    transaction->is_claimed = true;
    mail.reply = operation_expect(operation);
    if (shard == engine->index)
        xid_receive_claim(engine, &mail);
    else
        engine_mail_to(engine, shard, &mail);
    operation_finish(engine, operation, ENGINE_OK, "");
}

struct engine_transaction *engine_xa_begin(struct engine_client *client, struct slice xid,
                                           uint64_t request)
{
    struct engine_transaction *transaction = engine_begin(client);
    const bool is_named = transaction && transaction_name(transaction, xid);
    struct xid_claim *claim = is_named ? make_claim(transaction) : NULL;
    struct operation *operation = claim ? operation_start(client, request) : NULL;

    if (operation) {
        claim_xid(transaction, claim, operation);
        return transaction;
    }
    if (!claim)
        client_complete(client, request, ENGINE_NO_MEMORY, "the broker is out of memory");
    free(claim);
    if (transaction)
        engine_rollback(transaction, 0);
    return NULL;
}

void xid_release(struct engine *engine, struct engine_transaction *transaction)
{
    struct engine_mail mail = {
        .kind = MAIL_RELEASE_XID, .id = transaction->hash, .first = transaction->id};
    uint16_t shard = engine_home_of(engine, mail.id);

    if (!transaction->is_claimed)
        return;
    transaction->is_claimed = false;
    if (transaction->claiming)
        transaction->claiming->context = NULL;
    transaction->claiming = NULL;
    if (shard == engine->index)
        xid_receive_release(engine, &mail);
    else
        engine_mail_to(engine, shard, &mail);
}
