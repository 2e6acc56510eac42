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

/* Sends what may be sent: rights have been checked. Takes over the message's reference. With an
 * operation each destination's answer counts; without, only failures are told. */
void send_message(struct engine_client *client, struct message *message,
                  struct operation *operation);
/* Of the broker's own accord, to one destination: nobody waits, no limit stops it, and nobody is
 * told if it fails. Takes over the reference. */
void send_by_broker(struct engine *engine, struct message *message, bool may_create);
#endif
