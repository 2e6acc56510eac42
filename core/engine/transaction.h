/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_TRANSACTION_H
#define ENGINE_TRANSACTION_H
/*
 * transaction.h - local transactions: what a client has sent and acknowledged, kept until commit.
 *
 * Threads    the engine's own (shard.h).
 */
#include "client.h"
#include "consumer.h"

/* Takes over the message's reference. */
void transaction_add_send(struct engine_transaction *transaction, struct message *message,
                          uint64_t request);
void transaction_add_acknowledgement(struct engine_transaction *transaction,
                                     struct engine_consumer *consumer,
                                     enum acknowledgement_kind kind, uint64_t first, uint64_t last,
                                     uint64_t request);
void transactions_forget_consumer(struct engine_consumer *consumer);
/* The client is closing: everything is undone, nobody is told. */
void transactions_abandon(struct engine_client *client);
#endif
