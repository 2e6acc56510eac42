/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_BRANCH_H
#define ENGINE_BRANCH_H
/*
 * branch.h - a home's part of a transaction: the deliveries that are acknowledged in it.
 *
 * Each is locked: it stays in its subscription's window, where nothing else settles it, until the
 * transaction ends. If its consumer goes first, a message of a queue or a durable subscription
 * waits outside all windows, so a transaction outlives its consumers and even, when it is
 * prepared, its connection.
 *
 * Threads    the engine's own (shard.h).
 * Order      what is committed is settled in the order of acknowledgement.
 */
#include "home.h"
#include "subscription.h"

struct branch {
    uint64_t transaction;
    struct list_node locks;
};

struct lock {
    struct list_node node; /* branch->locks */
    struct branch *branch;
    struct entry *entry;
    struct subscription *subscription; /* whose it is; NULL: it has ended */
    uint64_t tag;                      /* in its window; 0: in none any more */
    enum acknowledgement_kind kind;
    bool is_gated; /* the consumer's gate hears how it ends */
};

/* Locks these deliveries, as far as they are there and not locked yet. */
void home_lock(struct engine *engine, uint16_t shard, uint64_t transaction, uint64_t consumer,
               enum acknowledgement_kind kind, uint64_t first, uint64_t last, bool is_gated,
               struct reply_address reply);
/* Settles what it has locked, or sets it free: what is in a window stays there, the rest goes
 * back to where it came from. */
void home_end_branch(struct engine *engine, uint16_t shard, uint64_t transaction, bool commit,
                     struct reply_address reply);

/* The entry is leaving its window, for its consumer is gone: true if its lock keeps it. */
bool branch_keeps(struct engine *engine, struct subscription *subscription, struct entry *entry);
/* It is being destroyed. */
void branch_forget(struct engine *engine, struct entry *entry);

void branch_receive_lock(struct engine *engine, const struct engine_mail *mail);
void branch_receive_end(struct engine *engine, const struct engine_mail *mail);
int branches_init(struct engine *engine) MUST_CHECK;
void branches_fini(struct engine *engine); /* nothing is locked any more */
#endif
