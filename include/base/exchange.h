/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_EXCHANGE_H
#define BASE_EXCHANGE_H
/*
 * exchange.h - the only way one thread hands work to another: a single-producer, single-consumer
 * ring (ck_ring) for each ordered pair of threads, and what belongs around it: an overflow list
 * in order, and the knowledge of who sleeps.
 *
 * Threads    a port belongs to one thread; every function with a port runs there (checked).
 *            exchange_create and _destroy while no other thread runs.
 * Ownership  exchange_send moves the mail and every reference in it to the receiver.
 * Order      mails of one sender arrive as sent; senders are not ordered. A mail is sure to be
 *            seen by the receiver once its sender has published, and may be seen before.
 * Limits     a full ring never blocks and never drops: the rest waits in the sender's own list,
 *            and exchange_is_congested tells the sender to stop reading from its sockets. It may
 *            sleep meanwhile: when the receiver has made room, its next publish wakes the sender,
 *            whose own next publish moves the rest.
 */
#include "base/compiler.h"
#include "base/role.h"
#include <stdbool.h>
#include <stdint.h>

enum { EXCHANGE_PORTS_MAX = 64 };

/* One cache line; the parts that use the exchange give the words their meaning. */
struct mail {
    uint64_t word[8];
};

struct exchange;
struct exchange_port;
typedef void mail_fn(void *arg, uint16_t from, const struct mail *mail);

/* `ring_slots` is a power of two, at least 2. NULL: no memory. */
struct exchange *exchange_create(uint16_t ports, uint32_t ring_slots) MUST_CHECK;
void exchange_destroy(struct exchange *exchange); /* mails still inside must be drained before */
struct exchange_port *exchange_port(struct exchange *exchange, uint16_t index);

/* `to` may be the port itself: such mails wait in its own list for the next drain. */
void exchange_send(struct exchange_port *port, uint16_t to, const struct mail *mail) WORKER_ONLY;
/* Moves overflow into rings that have room again and returns the peers that sleep and must be
 * woken (a bit each). Call once at the end of a turn; a peer is named at most once per sleep. */
uint64_t exchange_publish(struct exchange_port *port) WORKER_ONLY MUST_CHECK;
/* Delivers what has arrived, at most `max` mails of each sender; returns how many. */
unsigned exchange_drain(struct exchange_port *port, unsigned max, mail_fn *deliver,
                        void *arg) WORKER_ONLY;
/* Ask after exchange_publish: it may have ended the congestion, and nothing else wakes for that. */
bool exchange_is_congested(const struct exchange_port *port) WORKER_ONLY;
/* Announces sleep; publish first (asserted). False: there is mail to drain, do not sleep. */
bool exchange_prepare_sleep(struct exchange_port *port) WORKER_ONLY MUST_CHECK;
void exchange_wake_up(struct exchange_port *port) WORKER_ONLY; /* after sleeping, or instead */
#endif
