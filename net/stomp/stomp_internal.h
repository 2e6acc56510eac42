/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STOMP_INTERNAL_H
#define STOMP_INTERNAL_H
/*
 * stomp_internal.h - what the files of a session share.
 *
 * Callbacks of the engine may not call the engine. What follows from one (closing a consumer's
 * remains, telling the engine that the output is full) is noted, the session is put on its
 * worker's list, and stomp_session_attend does it at the next turn at the latest.
 *
 * Threads    all of it belongs to the worker's thread.
 */
#include "auth/auth_cache.h"
#include "base/fifo.h"
#include "base/list.h"
#include "stomp/stomp_session.h"
#include "stomp_names.h"
#include "stomp_parser.h"
#include "stomp_transform.h"

enum {
    BODY_SHARED_MIN = 4096,           /* longer bodies are sent by reference */
    CACHED_MESSAGE_MAX = 65536,       /* longer messages are rendered each time */
    RECEIPTS_OUTSTANDING_MAX = 65536, /* beyond it the session stops reading */
    ANSWERS_UNREAD_MAX = 4,           /* as many times the output that deliveries may fill */
    TRANSACTIONS_MAX = 4096,          /* open at once on one connection */
    RECEIPT_NEAR_MAX = 24,
    RECEIPT_ID_MAX = 4096,
};

/* The shared part of a message's frame, once somebody has asked for it twice. */
struct stomp_cached {
    const struct message *last; /* rendered last; only compared, never followed */
    struct message *message;    /* one reference; `bytes` are its */
    struct text bytes;          /* headers, blank line, and the body with its end if is_whole */
    bool is_whole;
};

struct stomp_worker {
    struct engine *engine;
    struct wheel *wheel;
    struct list_node attention; /* of struct stomp_session */
    struct timer attention_timer;
    struct auth_cache *logins;
    struct stomp_cached cached[STOMP_VERSION_COUNT];
    struct log_limit connect_limit, refuse_limit, close_limit;
    struct text destination, reply_to, large;
    struct stomp_scratch scratch; /* of bodies */
    struct stomp_frame frame;
    struct property properties[STOMP_HEADERS_MAX + 2];
};

enum session_state {
    SESSION_NEW,
    SESSION_CONNECTING, /* CONNECT is with the engine; nothing is read */
    SESSION_OPEN,
    SESSION_LEAVING, /* DISCONNECT waits for earlier receipts; nothing is read */
    SESSION_CLOSED,
};

enum pause_reason { PAUSE_CONNECT = 1, PAUSE_THROTTLE = 2, PAUSE_RECEIPTS = 4, PAUSE_OUTPUT = 8 };
enum ack_mode { ACK_AUTO, ACK_CLIENT, ACK_INDIVIDUAL };

struct stomp_subscription {
    struct stomp_subscription *next_by_key, *next_by_number;
    struct engine_consumer *consumer;
    struct stomp_session *session;
    struct fifo window; /* struct outstanding, tags rising; not in auto mode */
    uint64_t auto_tag;  /* last one rendered, in auto mode */
    uint64_t key_hash;
    uint32_t number;
    uint32_t settled; /* entries of the window that are acknowledged */
    uint32_t key_len, prefix_len, destination_len;
    uint8_t destination_kind, ack_mode, transformation;
    bool has_id, is_browser, is_dead;
    uint8_t bytes[]; /* id (or destination as key), frame prefix, destination */
};

/* A delivery that the client has not acknowledged. */
struct outstanding {
    uint64_t tag;
    struct message *message; /* one reference where ACK goes by message-id, else NULL */
    uint32_t transaction;    /* number of the one it is acknowledged in, or these: */
};
#define OUTSTANDING_FREE    UINT32_C(0)
#define OUTSTANDING_SETTLED UINT32_MAX

struct stomp_transaction {
    struct stomp_transaction *next;
    struct engine_transaction *engine;
    uint32_t number;
    uint32_t name_len;
    uint8_t name[];
};

/* A delivery whose body could not be read. */
struct unreadable {
    struct stomp_subscription *subscription; /* NULL: it is gone */
    uint64_t tag;
    int error;
};

/* Deliveries of one subscription up to a tag, rendered up to an offset of the output. */
struct auto_batch {
    struct stomp_subscription *subscription; /* NULL: it is gone */
    uint64_t tag, offset;
};

enum receipt_kind { RECEIPT_PLAIN, RECEIPT_SUBSCRIBE, RECEIPT_COMMIT, RECEIPT_DISCONNECT };
enum receipt_state { RECEIPT_WAITS, RECEIPT_DONE, RECEIPT_FAILED };

struct receipt {
    union {
        uint8_t near[RECEIPT_NEAR_MAX];
        uint8_t *far;
    };
    void *subject; /* subscription or transaction */
    char *error;   /* text for the client, when failed */
    uint32_t id_len;
    uint8_t kind, state;
    bool has_id;
};

struct stomp_session {
    struct stomp_worker *worker;
    const struct stomp_connector *connector;
    struct wire wire;
    struct log_scope scope;
    struct engine_client *client;
    char *remote_address;
    struct stomp_parser parser;
    uint8_t state, version, paused; /* enums above; `paused` is a set */
    bool is_congested, is_attended, is_broken, acks_sealed;
    bool has_dead;
    bool is_lost; /* nobody is there any more: what is written will not be read */
    struct stomp_naming naming;
    struct stomp_subscription **by_key, **by_number; /* buckets, one allocation */
    uint32_t bucket_count, subscription_count, last_number;
    uint32_t transaction_count, last_transaction;
    struct stomp_transaction *transactions;
    struct fifo receipts;   /* struct receipt, in order of the frames */
    uint64_t first_request; /* of the oldest of them */
    struct fifo auto_acks;  /* struct auto_batch */
    struct fifo unreadable; /* struct unreadable */
    uint64_t sent;          /* output bytes that the kernel has taken */
    struct list_node attention;
    struct timer read_timer, write_timer;
    int64_t last_read_ms, last_write_ms;
    int64_t silence_ms_max, beat_ms;     /* 0: off */
    struct stomp_connecting *connecting; /* while the engine thinks about CONNECT */
};

/* What CONNECT said and CONNECTED will need. */
struct stomp_connecting {
    char *client_id, *receipt, *request_id; /* NULL: not given */
    int64_t read_ms, write_ms;              /* the client's heart-beats: sent, wanted */
    bool is_answered, is_refused;
    struct text_error why;
};

/* stomp_session.c */
void stomp_session_attend_soon(struct stomp_session *session);
void stomp_session_attend(struct stomp_session *session);
void stomp_session_pause(struct stomp_session *session, enum pause_reason reason);
void stomp_session_resume(struct stomp_session *session, enum pause_reason reason);
void stomp_session_close(struct stomp_session *session, const char *why);
/* ERROR, then close: the peer broke the protocol. */
void session_fail(struct stomp_session *session, const struct stomp_frame *frame, const char *fmt,
                  ...) PRINTF_LIKE(3, 4);
/* ERROR, in its turn among the receipts; the connection stays. */
void session_refuse(struct stomp_session *session, const struct stomp_frame *frame, const char *fmt,
                    ...) PRINTF_LIKE(3, 4);

/* stomp_output.c: whole frames */
void write_error(struct stomp_session *session, const char *text, struct slice receipt);
void write_receipt(struct stomp_session *session, struct slice id);
void write_connected(struct stomp_session *session, const struct stomp_connecting *connecting);

/* stomp_connect.c */
extern const struct engine_client_ops session_ops; /* stomp_session.c */
#define CONNECT_REQUEST UINT64_MAX
void session_on_connect(struct stomp_session *session, const struct stomp_frame *frame);
void session_connect_answered(struct stomp_session *session,
                              const struct engine_completion *completion);
void session_connect_fini(struct stomp_session *session);
void session_read_timer_fired(struct timer *timer);
void session_write_timer_fired(struct timer *timer);

/* stomp_send.c */
void session_on_send(struct stomp_session *session, const struct stomp_frame *frame);
/* Says what is wrong with a destination header; one without a name takes the connection down. */
void session_bad_destination(struct stomp_session *session, const struct stomp_frame *frame,
                             int error);

/* stomp_subscribe.c */
void session_on_subscribe(struct stomp_session *session, const struct stomp_frame *frame);
void session_on_unsubscribe(struct stomp_session *session, const struct stomp_frame *frame);

/* stomp_subscription.c */
struct subscription_names {
    struct slice id; /* absent: told apart by destination */
    struct destination_name destination;
};
struct stomp_subscription *
stomp_subscription_create(struct stomp_session *session,
                          const struct subscription_names *names) MUST_CHECK;
void stomp_subscription_destroy(struct stomp_subscription *subscription); /* also takes it out */
struct stomp_subscription *stomp_subscription_find(const struct stomp_session *session,
                                                   struct slice id);
struct stomp_subscription *
stomp_subscription_find_by_destination(const struct stomp_session *session,
                                       struct destination_name destination);
struct stomp_subscription *stomp_subscription_by_number(const struct stomp_session *session,
                                                        uint32_t number);
void stomp_subscription_mark_dead(struct stomp_subscription *subscription);
struct slice stomp_subscription_prefix(const struct stomp_subscription *subscription);
struct destination_name
stomp_subscription_destination(const struct stomp_subscription *subscription);
typedef void subscription_visit_fn(struct stomp_subscription *subscription, uint32_t argument);
void subscriptions_each(struct stomp_session *session, subscription_visit_fn *visit,
                        uint32_t argument);
void subscriptions_fini(struct stomp_session *session);

/* stomp_window.c */
int stomp_window_push(struct stomp_subscription *subscription, uint64_t tag,
                      struct message *message) MUST_CHECK;
bool stomp_window_find_tag(const struct stomp_subscription *subscription, uint64_t tag,
                           uint32_t *index);
bool stomp_window_find_message(const struct stomp_subscription *subscription,
                               struct slice message_id, uint32_t *index);
struct outstanding *stomp_window_at(const struct stomp_subscription *subscription, uint32_t index);
/* Settles free entries up to `index`, or only that one, or notes that a transaction does. */
void stomp_window_settle(struct stomp_subscription *subscription, uint32_t first, uint32_t last,
                         uint32_t transaction);
void stomp_window_commit(struct stomp_subscription *subscription, uint32_t transaction);
void stomp_window_abort(struct stomp_subscription *subscription, uint32_t transaction);
void stomp_window_fini(struct stomp_subscription *subscription);

/* stomp_ack.c */
void session_on_acknowledge(struct stomp_session *session, const struct stomp_frame *frame);
void session_on_begin(struct stomp_session *session, const struct stomp_frame *frame);
void session_on_commit(struct stomp_session *session, const struct stomp_frame *frame);
void session_on_abort(struct stomp_session *session, const struct stomp_frame *frame);
/* NULL and an ERROR when the frame names a transaction that is not open. */
bool session_find_transaction(struct stomp_session *session, const struct stomp_frame *frame,
                              struct stomp_transaction **out);
void session_commit_answered(struct stomp_session *session, struct stomp_transaction *transaction,
                             bool is_committed);
void session_sent_acks(struct stomp_session *session);
void transactions_fini(struct stomp_session *session);

/* stomp_receipt.c */
/* The request number for a call to the engine; 0 when nobody waits for the answer. */
uint64_t receipt_open(struct stomp_session *session, const struct stomp_frame *frame,
                      enum receipt_kind kind, void *subject);
void receipt_answered(struct stomp_session *session, const struct engine_completion *completion);
/* For frames that need nothing of the engine. */
void receipt_now(struct stomp_session *session, const struct stomp_frame *frame,
                 enum receipt_kind kind);
void receipt_failed(struct stomp_session *session, struct slice id, const char *text);
/* A subscription is gone: its answer, if it still comes, concerns nobody. */
void receipts_forget(struct stomp_session *session, const void *subject);
/* Sends what is answered, up to the first that is not, or to a DISCONNECT whose client is still
 * there. */
void receipts_flush(struct stomp_session *session);
bool receipts_await_end(struct stomp_session *session); /* DISCONNECT is next */
void receipts_fini(struct stomp_session *session);

/* stomp_deliver.c */
void session_deliver(void *session, const struct engine_delivery *delivery);
void cached_fini(struct stomp_cached *cached);
/* Gives up on what could not be read, before anything is acknowledged around it. */
void session_refuse_unreadable(struct stomp_session *session);
#endif
