/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_STORE_H
#define ENGINE_STORE_H
/*
 * store.h - what the engine asks of whoever makes messages durable.
 *
 * The engine hands over what must survive and goes on; the answer to a client (receipt,
 * response) is held back until engine_store_done says that the promise holds. Without a store
 * the promise is "accepted by the destination's owner".
 *
 * Threads    called on, and answered on, the engine's thread.
 * Order      records of one engine become durable in the order they were handed over.
 */
#include "engine/message.h"

struct engine;

struct engine_store {
    /* A persistent message has been accepted by a destination (or a durable subscription). The
     * store takes a reference of its own if it needs the message later. */
    void (*add)(void *arg, uint64_t ticket, uint64_t message_number,
                struct destination_name destination, struct message *message);
    /* It is not needed any more. ticket 0: nobody waits. */
    void (*remove)(void *arg, uint64_t ticket, uint64_t message_number);
    /* Everything handed over between begin and commit becomes durable together, or not at all. */
    void (*begin)(void *arg);
    void (*commit)(void *arg, uint64_t ticket);
    void *arg;
};

void engine_store_done(struct engine *engine, uint64_t ticket, int error);
#endif
