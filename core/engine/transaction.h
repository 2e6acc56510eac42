/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_TRANSACTION_H
#define ENGINE_TRANSACTION_H
/*
 * transaction.h - what a client has sent and acknowledged, until commit.
 *
 * Messages sent wait here, on the client's shard; deliveries acknowledged wait, locked, at their
 * homes (branch.h). A prepared transaction has left its client and lives on the shard its xid
 * hashes to (prepared.c).
 * The xid of a distributed one is its alone as long as it is open (xid.c).
 *
 * Threads    the engine's own (shard.h).
 */
#include "client.h"
#include "consumer.h"

struct engine_transaction {
    struct list_node node;        /* in the client's transactions */
    struct engine_client *client; /* NULL: it is prepared, or about to be */
    uint64_t id;                  /* of its branches */
    uint64_t homes;               /* shards that have one, a bit each */
    struct list_node sends;
    uint64_t bytes;
    uint32_t count;
    bool rollback_only;

    /* xid.c, prepared.c: of distributed ones */
    uint64_t hash, request;
    size_t xid_len;
    uint8_t *xid;
    struct operation *claiming; /* the xid; NULL: that is answered */
    bool is_claimed;            /* it must be given back */
};

/* Takes over the message's reference; the client's rights have been checked. */
void transaction_add_send(struct engine_transaction *transaction, struct message *message,
                          bool may_create, uint64_t request);
void transaction_add_acknowledgement(struct engine_transaction *transaction,
                                     struct engine_consumer *consumer,
                                     enum acknowledgement_kind kind, uint64_t first, uint64_t last,
                                     uint64_t request);
/* Takes it from its client, which goes on without it. */
void transaction_detach(struct engine_transaction *transaction);
/* The end of a detached one, which is freed: `operation` waits for all that follows, or is NULL
 * for a rollback that nobody waits for. */
void transaction_commit(struct engine *engine, struct engine_transaction *transaction,
                        struct operation *operation);
void transaction_roll_back(struct engine *engine, struct engine_transaction *transaction,
                           struct operation *operation);
/* The client is closing: everything is undone, nobody is told. */
void transactions_abandon(struct engine_client *client);
/* For engine_destroy: frees it alone. */
void transaction_destroy(struct engine_transaction *transaction);

/* xid.c */
uint64_t xid_hash(struct slice xid);
/* The transaction ends without being prepared: its xid is free, if it had one. */
void xid_release(struct engine *engine, struct engine_transaction *transaction);
/* At home: `transaction` does not have it any more. */
void xid_give_back(struct engine *engine, uint64_t hash, uint64_t transaction);
void xid_receive_claim(struct engine *engine, const struct engine_mail *mail);
void xid_receive_release(struct engine *engine, const struct engine_mail *mail);
int xids_init(struct engine *engine) MUST_CHECK;
void xids_fini(struct engine *engine);

/* prepared.c */
bool transaction_name(struct engine_transaction *transaction, struct slice xid) MUST_CHECK;
bool prepared_has(struct engine *engine, uint64_t hash, struct slice xid);
void prepared_receive(struct engine *engine, const struct engine_mail *mail);
void prepared_receive_end(struct engine *engine, const struct engine_mail *mail);
void prepared_receive_recover(struct engine *engine, const struct engine_mail *mail);
void prepared_receive_recovered(struct engine *engine, const struct engine_mail *mail);
int prepared_init(struct engine *engine) MUST_CHECK;
void prepared_fini(struct engine *engine);
#endif
