/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPENWIRE_CONSUMER_H
#define OPENWIRE_CONSUMER_H
/*
 * openwire_consumer.h - consumers and transactions of a connection, as their files share them.
 *
 * A delivery goes out with a brokerSequenceId of ours, which an acknowledgement brings back: that
 * finds it in the window at once. The rest of the message id must agree, too: an acknowledgement
 * from before a reconnection carries numbers of another time.
 *
 * Threads    belongs to the worker's thread.
 */
#include "base/fifo.h"
#include "openwire_internal.h"

enum {
    TRANSACTIONS_MAX = 4096,     /* open at once in one connection */
    LAST_DELIVERED_UNKNOWN = -2, /* RemoveInfo.lastDeliveredSequenceId */
    XID_PART_MAX = UINT8_MAX,    /* bytes of each half of an xid; XA allows 64 */
    XID_LEN_MAX = 4 + 2 * (1 + XID_PART_MAX),
};

/* A delivery that the client has not acknowledged. */
struct outstanding {
    uint64_t number;   /* the brokerSequenceId it went out with */
    uint64_t tag;      /* the engine's */
    uint64_t identity; /* hash of the producer's id and its number for the message */
    bool is_settled;   /* acknowledged after all: a gap */
};

struct tag_range {
    uint64_t first, last;
};

/* Deliveries that no client will acknowledge. */
struct leftover {
    struct tag_range tags;
    const char *why; /* they go to the dead letter queue; NULL: they are consumed */
};

struct openwire_consumer {
    struct openwire_connection *connection;
    struct engine_consumer *engine; /* NULL: the broker has ended it, its client not yet */
    int64_t session, value;         /* its id, together with the connection's */
    /* Of topics that are not durable only the number of messages counts, for queues and durable
     * subscriptions each delivery. */
    bool is_counted, is_durable, is_browser;
    uint8_t kind;       /* enum destination_kind */
    uint32_t settled;   /* entries of the window */
    struct fifo window; /* struct outstanding, numbers and tags rising; the front is not settled */
    uint64_t settled_tag;  /* when counted: up to here acknowledged */
    uint64_t extended_tag; /* when counted: up to here reported as delivered */
    uint64_t passed_tag;   /* when counted: the last one sent */
    struct slice selector; /* while the engine looks at it; UTF-8 */
    struct fifo leftovers; /* struct leftover, for the next attendance */
};

/* By its number; NULL: no such one. */
struct openwire_consumer *openwire_consumer_find(struct openwire_session *session,
                                                 const struct ow_consumer_id *id);
struct ow_consumer_id consumer_id_of(const struct openwire_consumer *consumer);

/* Done without the client as soon as the engine may be called. */
void consumer_leave_over(struct openwire_consumer *consumer, const struct leftover *leftover);

/*
 * openwire_window.c
 */
uint64_t message_identity(const struct openwire_connection *connection,
                          const struct ow_message_id *id);
int openwire_window_push(struct openwire_consumer *consumer,
                         const struct outstanding *delivery) MUST_CHECK;
struct outstanding *openwire_window_at(const struct openwire_consumer *consumer, uint32_t index);
/* Where the message of that id stands; false: it is not in the window. */
bool openwire_window_find(const struct openwire_consumer *consumer, const struct ow_message_id *id,
                          uint32_t *index);
/* The last tag that had been delivered when the client saw `number` last; 0: none, or unknown. */
uint64_t openwire_window_delivered_tag(const struct openwire_consumer *consumer, int64_t number);
/* How many are unacknowledged from `first` to `last`, and where one begins to have `count`. */
uint32_t openwire_window_count(const struct openwire_consumer *consumer, uint32_t first,
                               uint32_t last);
uint32_t openwire_window_go_back(const struct openwire_consumer *consumer, uint32_t last,
                                 uint32_t count);
/* All deliveries with first_tag <= tag <= last_tag are acknowledged. */
void openwire_window_settle(struct openwire_consumer *consumer, uint64_t first_tag,
                            uint64_t last_tag);
void openwire_window_fini(struct openwire_consumer *consumer);

/*
 * openwire_transaction.c
 */
/* What consumers and acknowledgements have to know. */
struct openwire_transaction;
/* As transaction_find, with our part of it. */
bool transaction_lookup(struct openwire_connection *connection, const struct ow_object *id,
                        struct openwire_transaction **out, struct failure *failure) MUST_CHECK;
struct engine_transaction *transaction_engine(const struct openwire_transaction *transaction);
/* Notes what will be acknowledged at commit. -ENOMEM; -ENOBUFS: more than maxTransactionBytes. */
int transaction_note(struct openwire_transaction *transaction, struct openwire_consumer *consumer,
                     uint64_t first_tag, uint64_t last_tag) MUST_CHECK;
/* The consumer is going. */
void transactions_forget(struct openwire_consumer *consumer);
int transactions_init(struct openwire_connection *connection) MUST_CHECK;
#endif
