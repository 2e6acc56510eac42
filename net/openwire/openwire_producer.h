/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPENWIRE_PRODUCER_H
#define OPENWIRE_PRODUCER_H
/*
 * openwire_producer.h - a producer that a client has registered, and which of its messages have
 * come already.
 *
 * Clients number a producer's messages in a row, threads may send them in another order. A number
 * that has come already is a repetition, and answered as if it had been sent: one of the last 64,
 * or one of the connection before, unless it was on its way when that was lost (openwire_replay.c).
 *
 * Threads    the worker's.
 */
#include "openwire_internal.h"

struct openwire_producer {
    int64_t session, value; /* the key, within its connection */
    struct openwire_connection *connection;
    struct engine_producer *engine; /* NULL: refused */
    int64_t last_sequence;          /* the highest outside of transactions; 0: none yet */
    uint64_t recent;                /* which of the last 64 have come: bit 0 is the highest */
    int64_t restored_sequence;      /* up to here a connection before has sent */
    int64_t *missed;                /* of these the ones that have not come, or not to their end */
    uint32_t missed_count;
    bool has_window; /* the client waits for a ProducerAck of what it sends without a response */
    bool is_dead;
};

/* Takes out of connection->kept what was said of this producer. */
void producer_restore(struct openwire_producer *producer);
/* True once for each number that was on its way when the connection before was lost. */
bool producer_missed(struct openwire_producer *producer, int64_t sequence);
/* openwire_produce.c: answers one message whose client may have to send it again. */
void send_answered(struct pending *pending, const struct engine_completion *completion);
#endif
