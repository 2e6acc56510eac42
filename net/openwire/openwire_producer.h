/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPENWIRE_PRODUCER_H
#define OPENWIRE_PRODUCER_H
/*
 * openwire_producer.h - a producer that a client has registered, and which of its messages have
 * come already.
 *
 * Clients number a producer's messages in a row. A number that is not above the last one is a
 * repetition, and answered as if it had been sent; but one may have been on its way when the
 * connection before was lost, and such a one is taken (openwire_replay.c).
 *
 * Threads    the worker's.
 */
#include "openwire_internal.h"

struct openwire_producer {
    int64_t session, value; /* the key, within its connection */
    struct openwire_connection *connection;
    struct engine_producer *engine; /* NULL: refused */
    int64_t last_sequence;          /* of messages outside of transactions; 0: none yet */
    int64_t *missed;                /* of a connection before: below the last, yet not completed */
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
