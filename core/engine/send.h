/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_SEND_H
#define ENGINE_SEND_H
/*
 * send.h - the way of a client's message to the owners of its destinations.
 *
 * Threads    the engine's own (shard.h).
 */
#include "client.h"
#include "operation.h"

/* For whom something is sent, and who waits for it. */
struct sender {
    struct engine *engine;
    uint64_t client;             /* hears of failures if there is no operation; 0: nobody */
    struct operation *operation; /* or NULL */
};

/* For one more answer. */
struct reply_address sender_address(const struct sender *sender);
/* What a transaction has kept: the rights were checked when the client sent it. Takes over the
 * message's reference; each destination's answer counts in the operation. */
void send_checked(struct engine *engine, struct message *message, bool may_create,
                  struct operation *operation);
/* Of the broker's own accord, to one destination: nobody waits, no limit stops it, and nobody is
 * told if it fails. Takes over the reference. */
void send_by_broker(struct engine *engine, struct message *message, bool may_create);
#endif
