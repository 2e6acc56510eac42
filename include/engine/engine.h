/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H
/*
 * engine.h - messaging, without sockets, threads or a clock of its own.
 *
 * An engine is one shard: the destinations that hash to it, and the clients whose connections
 * live on the same thread. Shards talk only by mail. A protocol session, a link and the broker
 * itself use the same calls: clients send, subscribe, acknowledge.
 *
 * Threads    an engine belongs to one thread. Answers come through struct engine_client_ops, on
 *            that thread, sometimes before the call returns. A callback must not call the engine
 *            (except engine_client_set_congested(client, true), and message_ref and the like): it
 *            renders or takes notes.
 * Ownership  clients, consumers and transactions belong to the engine; the caller holds borrowed
 *            pointers until it closes them, or is told that they ended.
 * Order      what one client sends to one destination arrives in that order.
 */
#include "auth/auth.h"
#include "base/compiler.h"
#include "base/exchange.h"
#include "config/config.h"
#include "engine/message.h"
#include "engine/store.h"

struct engine;
struct engine_client;
struct engine_consumer;
struct engine_transaction;

enum engine_error {
    ENGINE_OK,
    ENGINE_NOT_AUTHORIZED,
    ENGINE_NO_SUCH_DESTINATION, /* a temporary one that is gone */
    ENGINE_BAD_DESTINATION,
    ENGINE_BAD_SELECTOR,
    ENGINE_BAD_SCHEDULE, /* AMQ_SCHEDULED properties, or a command to the scheduler */
    ENGINE_CLIENT_ID_IN_USE,
    ENGINE_DURABLE_IN_USE,
    ENGINE_NO_SUCH_SUBSCRIPTION,
    ENGINE_NO_RESOURCES, /* a limit of the broker, a policy or a destination */
    ENGINE_IN_USE,       /* a destination that has subscriptions; an xid */
    ENGINE_UNSUPPORTED,
    ENGINE_ROLLED_BACK,
    ENGINE_NO_SUCH_TRANSACTION,
    ENGINE_NO_MEMORY,
};

/* The answer to a call that carried `request`. Calls with request 0 get one only on failure. */
struct engine_completion {
    uint64_t request;
    enum engine_error error;
    const char *text; /* for the client, in ActiveMQ's words; "" when all is well */
};

struct engine_delivery {
    struct engine_consumer *consumer;
    void *context;           /* as given to engine_subscribe */
    struct message *message; /* borrowed; NULL: the end of a browse, or nothing to pull */
    uint64_t tag;            /* names this delivery to engine_acknowledge; rises, from 1 */
    uint32_t redelivery_count;
    bool group_first; /* JMSXGroupFirstForConsumer */
};

struct engine_client_ops {
    void (*deliver)(void *session, const struct engine_delivery *delivery);
    void (*completed)(void *session, const struct engine_completion *completion);
    /* The broker ended the subscription (slow consumer, destination removed): it is gone. */
    void (*consumer_ended)(void *session, void *context, const char *why);
    /* Flow control: stop reading what this client sends, or go on. */
    void (*throttle)(void *session, bool stop);
    /* The session must close its connection; engine_client_close follows from it as always. */
    void (*disconnect)(void *session, const char *why);
    /* Before the answer to engine_client_open: what the last connection with this client id left
     * behind (engine_client_close_keeping). NULL where nobody asks for it. */
    void (*kept)(void *session, struct slice bytes);
    /* Before the answer to engine_xa_recover. NULL where nobody asks for it. */
    void (*recovered)(void *session, uint64_t request, const struct slice *xids, size_t count);
};

struct engine_host {
    void (*send)(void *arg, uint16_t to, const struct mail *mail); /* to another shard */
    uint64_t (*memory_of_others)(void *arg); /* message bytes held by all other shards */
    void *arg;
    uint64_t (*scheduled_of_others)(void *arg); /* scheduled ones of these; NULL: none */
};

struct engine_options {
    uint16_t index, shards;
    const struct config *config; /* outlives the engine */
    struct auth_realm *realm;    /* borrowed: the engine takes its own reference */
    const char *id_base;         /* "ID:host-port-ms": where all generated ids begin */
    /* "tcp://host:port" of the first connector, for advisories; outlives the engine. NULL: none */
    const char *broker_url;
    const struct engine_store *store; /* NULL: nothing is durable */
    struct engine_host host;
    int64_t now_ms, wall_ms;
};

struct engine *engine_create(const struct engine_options *options) MUST_CHECK; /* NULL: no memory */
void engine_destroy(struct engine *engine); /* all clients are closed, all mail is drained */
/* Destinations named in the configuration; call on every shard once all of them exist. */
void engine_start(struct engine *engine);
void engine_receive(struct engine *engine, uint16_t from, const struct mail *mail);
/* Time passes: `now_ms` is monotonic (timers), `wall_ms` since 1970 (expiry). Cheap to call. */
void engine_advance(struct engine *engine, int64_t now_ms, int64_t wall_ms);
int64_t engine_next_ms(const struct engine *engine); /* when to call engine_advance at the latest */
uint64_t engine_memory(const struct engine *engine); /* message bytes held by this shard */
uint64_t engine_scheduled(const struct engine *engine); /* of these: of scheduled messages */
void engine_set_realm(struct engine *engine, struct auth_realm *realm); /* reload; borrowed */
const struct config *engine_config(const struct engine *engine);
struct auth_realm *engine_realm(const struct engine *engine); /* borrowed */
const char *engine_broker_id(const struct engine *engine);    /* the same on all shards */
int64_t engine_wall_ms(const struct engine *engine);

/*
 * Clients: one for each connection.
 */
struct engine_client_spec {
    struct slice client_id;           /* absent: the connection id, which is unique */
    struct slice connection_id;       /* absent: one is generated, see ..._connection_id() */
    struct auth_principal *principal; /* borrowed; the client takes its own reference */
    struct slice user_name;           /* as the client gave it */
    struct slice remote_address;      /* "tcp://1.2.3.4:567" */
    struct slice connector_name;
    /* As its ConnectionInfo says, for advisories. */
    bool manageable, client_master, fault_tolerant, failover_reconnect;
    /* Take the client id over from whoever has it. Whoever has the same connection id is always
     * succeeded. The answer comes when the other one has closed (it is told to, and given half a
     * minute): what it had goes back first. */
    bool steal_link;
    bool wants_kept;  /* see engine_client_ops.kept */
    uint64_t request; /* answered when the client id is ours (always, if not 0) */
};
/* NULL: no memory. Until the request is answered with ENGINE_OK use it for closing only; after
 * an error the session closes it like any other. */
struct engine_client *engine_client_open(struct engine *engine,
                                         const struct engine_client_spec *spec,
                                         const struct engine_client_ops *ops,
                                         void *session) MUST_CHECK;
/* Ends its subscriptions (what was dispatched goes back), rolls its transactions back, removes
 * its temporary destinations. No callback comes any more. */
void engine_client_close(struct engine_client *client);
/* The same for a connection that was lost: whoever opens this client id next, and asks, is given
 * the bytes (copied; some minutes, and a limited number of clients). */
void engine_client_close_keeping(struct engine_client *client, struct slice bytes);
struct slice engine_client_connection_id(const struct engine_client *client); /* "ID:...:n" */
/* Fills in what the broker decides about a message: id and sequence (when the draft has no id),
 * origin, time of arrival, user id, plugins that rewrite (timestamps, persistency). */
void engine_stamp(struct engine_client *client, struct message_draft *draft);
/* The session's output is (no longer) full: messages wait here meanwhile, by reference. */
void engine_client_set_congested(struct engine_client *client, bool congested);

/*
 * Sending. Takes over one reference of the message, in every outcome. The message's destination
 * may be a composite ("A,topic://B": parts separated by commas).
 */
void engine_send(struct engine_client *client, struct message *message,
                 struct engine_transaction *transaction, uint64_t request);

/*
 * Subscriptions.
 */
struct engine_subscribe_spec {
    struct destination_name destination; /* may hold wildcards, or be a composite */
    struct slice selector;               /* absent: none */
    bool convert_strings;                /* STOMP: strings compare with numbers */
    struct slice durable_name;           /* absent: not durable. Topics only */
    struct slice consumer_id; /* "<connection id>:1:1", for advisories; absent: made up */
    uint32_t prefetch;        /* 0: only what engine_pull asks for */
    bool prefetch_is_default; /* the client did not say: a policy may */
    bool browser, exclusive, retroactive, no_local, network;
    int32_t priority;
    int32_t pending_max; /* maximumPendingMessageLimit, 0: as the policy says */
    void *context;
    uint64_t request;
};
/* NULL when it failed at once; `completed` has been called then. Failing later is told the same
 * way, and the consumer is gone from then on. The answer comes before the first delivery. */
struct engine_consumer *engine_subscribe(struct engine_client *client,
                                         const struct engine_subscribe_spec *spec) MUST_CHECK;
/* Ends it; what is not acknowledged goes back to the destination. Of these, deliveries with a
 * tag up to `delivered_tag` count as delivered once more (UINT64_MAX: all of them). */
void engine_unsubscribe(struct engine_consumer *consumer, uint64_t delivered_tag, uint64_t request);
void engine_remove_durable(struct engine_client *client, struct slice durable_name,
                           uint64_t request);
/* What holds: a policy may have changed the default, even to 0. */
uint32_t engine_consumer_prefetch(const struct engine_consumer *consumer);
/* How many deliveries may be unacknowledged from now on; more than before are dispatched. */
void engine_set_prefetch(struct engine_consumer *consumer, uint32_t prefetch);
/* Permits one delivery to a consumer with prefetch 0 (permits do not add up). timeout_ms -1: now
 * or not at all; 0: whenever it comes; else within that time. Nothing came: a delivery without a
 * message. Ignored for other consumers. */
void engine_pull(struct engine_consumer *consumer, int64_t timeout_ms);

enum acknowledgement_kind {
    ACKNOWLEDGE_CONSUMED,
    ACKNOWLEDGE_POISON,    /* give up on it: dead letter queue */
    ACKNOWLEDGE_RELEASED,  /* back to the destination, counted as redelivered */
    ACKNOWLEDGE_DELIVERED, /* seen, not done: makes room in the prefetch window only */
    ACKNOWLEDGE_EXPIRED,   /* the client found it expired: handled as the broker's own finding */
};
/* All unacknowledged deliveries with first_tag <= tag <= last_tag. Unknown tags are ignored: the
 * session knows what it has handed out. */
void engine_acknowledge(struct engine_consumer *consumer, enum acknowledgement_kind kind,
                        uint64_t first_tag, uint64_t last_tag,
                        struct engine_transaction *transaction, uint64_t request);
/* ACKNOWLEDGE_POISON with the client's reason, which the dead letter carries on. */
void engine_poison(struct engine_consumer *consumer, uint64_t first_tag, uint64_t last_tag,
                   struct slice cause, uint64_t request);

/*
 * Producers that announce themselves. Checks the right to write and that a temporary destination
 * exists, creates what may be created, and makes advisories. Sending needs no producer.
 */
struct engine_producer;
struct engine_producer_spec {
    struct destination_name destination; /* absent: anywhere */
    struct slice producer_id;            /* "<connection id>:1:1" */
    int32_t window_size;                 /* for advisories: bytes it sends ahead, 0: no limit */
    uint64_t request;
};
/* NULL when it failed; `completed` has been called, or will be for what fails later: the producer
 * is of no use then, but must be closed. Ends with its client otherwise. */
struct engine_producer *engine_producer_open(struct engine_client *client,
                                             const struct engine_producer_spec *spec) MUST_CHECK;
void engine_producer_close(struct engine_producer *producer);

/*
 * Local transactions. At commit acknowledgements count and sends become visible, each in order.
 * After a rollback what was acknowledged in it is still dispatched, and may be acknowledged again.
 * Until the end nothing else settles it; its consumer may go first: then a rollback gives it back
 * to where it came from, as delivered once more. ACKNOWLEDGE_DELIVERED is never part of one.
 * A failed send inside makes the transaction rollback-only: commit then fails.
 */
struct engine_transaction *engine_begin(struct engine_client *client) MUST_CHECK; /* or NULL */
void engine_commit(struct engine_transaction *transaction, uint64_t request);     /* and ends it */
void engine_rollback(struct engine_transaction *transaction, uint64_t request);
bool engine_transaction_is_empty(const struct engine_transaction *transaction);

/*
 * The two phases of a distributed transaction. A prepared one leaves its client: it belongs to the
 * broker under its xid (bytes, equal or not), survives the connection, and locks what it has
 * acknowledged. Any client may end it.
 */
/* As engine_begin, and claims the xid, which is this transaction's alone until it ends.
 * ENGINE_IN_USE when another one has it, open or prepared: this one exists all the same, but can
 * only be rolled back. Until the answer it must be neither committed nor prepared. NULL: no memory;
 * answered. */
struct engine_transaction *engine_xa_begin(struct engine_client *client, struct slice xid,
                                           uint64_t request) MUST_CHECK;
/* Ends `transaction` in any case: it is prepared now, or rolled back with an error
 * (ENGINE_NO_RESOURCES: its messages find no room, and would take it until somebody ends it).
 * `xid` is the one it was begun with, if it was. */
void engine_prepare(struct engine_transaction *transaction, struct slice xid, uint64_t request);
/* The first one to name it ends it. ENGINE_NO_SUCH_TRANSACTION when no such one is prepared. */
void engine_xa_commit(struct engine_client *client, struct slice xid, uint64_t request);
void engine_xa_rollback(struct engine_client *client, struct slice xid, uint64_t request);
void engine_xa_recover(struct engine_client *client, uint64_t request); /* lists all of them */

/*
 * Destinations. A temporary one belongs to the client that creates it and dies with it; only
 * its name is given (no wildcard, no comma), the session makes it from the connection id.
 */
void engine_create_temp(struct engine_client *client, struct destination_name name,
                        uint64_t request);
/* A queue or topic, if it is not there yet: then it needs the right to administer it. */
void engine_create_destination(struct engine_client *client, struct destination_name name,
                               uint64_t request);
/* With its messages. One that has subscriptions is ENGINE_IN_USE, unless it is temporary (they end)
 * or `forced` (they stay for when it comes back). A temporary one of another client is
 * ENGINE_NOT_AUTHORIZED; one that does not exist is removed with success. */
void engine_remove_destination(struct engine_client *client, struct destination_name name,
                               bool forced, uint64_t request);
#endif
