/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPENWIRE_INTERNAL_H
#define OPENWIRE_INTERNAL_H
/*
 * openwire_internal.h - what the files of a session share.
 *
 * One socket may carry several logical connections; each is a client of the engine. Callbacks of
 * the engine may not call the engine: what follows from one is noted, the session is put on its
 * worker's list, and session_attend does it at the next turn at the latest.
 *
 * Threads    all of it belongs to the worker's thread.
 */
#include "auth/auth_cache.h"
#include "base/list.h"
#include "base/pool.h"
#include "base/table.h"
#include "base/text.h"
#include "jms/text.h"
#include "openwire/commands.h"
#include "openwire/openwire_session.h"
#include "openwire_fanout.h"

struct openwire_connection;
struct openwire_consumer;
struct openwire_producer;

/* An engine's message as OpenWire's. All that `blob` points to lives in here, in the message, or in
 * the worker's scratch: until the next rendering or reading of a message. */
struct rendering {
    struct ow_blob_message blob; /* its type says which kind of message it is */
    struct ow_message_id id;
    struct ow_producer_id producer;
    struct ow_destination destination, original_destination, reply_to;
    struct text structures;             /* what the broker path is made of */
    struct rendered_advisory *advisory; /* NULL until the first one */
};

struct openwire_worker {
    struct engine *engine;
    struct wheel *wheel;
    struct list_node attention; /* of struct openwire_session */
    struct timer attention_timer;
    struct auth_cache *logins;
    struct log_limit connect_limit, refuse_limit, close_limit;
    struct pool pending_pool;   /* of struct pending */
    struct text names[4];       /* openwire_connect.c's: what a client calls itself, as UTF-8 */
    struct text error_text;     /* openwire_respond.c's */
    struct text scratch[4];     /* openwire_message.h says what each is for */
    struct rendering rendering; /* of what is being delivered */
    struct fanout fanout;       /* what topics deliver to many */
};

enum session_state {
    SESSION_NEW,    /* ours is sent; the peer's WireFormatInfo has not come */
    SESSION_OPEN,   /* formats are agreed upon */
    SESSION_CLOSED, /* what is written is still sent; nothing is read or written any more */
};

struct openwire_session {
    struct openwire_worker *worker;
    const struct openwire_connector *connector;
    struct wire wire;
    struct log_scope scope;
    char *remote_address;
    struct ow_reader *reader;
    struct ow_writer *writer;
    struct ow_format format;
    int64_t inactivity_ms, inactivity_initial_ms; /* agreed upon; 0: nobody looks */
    struct list_node connections;                 /* struct openwire_connection */
    uint64_t delivery_count;   /* the last brokerSequenceId given out on this socket */
    uint64_t sent;             /* output bytes that the kernel has taken */
    uint64_t written_at_check; /* output bytes when the write timer looked last */
    uint8_t state;             /* enum session_state */
    uint8_t paused;            /* set of enum pause_reason */
    bool is_congested, is_attended;
    bool is_busy;             /* messages have passed: the codec's buffers are worth keeping */
    bool has_read, is_silent; /* since the read timer looked last; then already not */
    struct list_node attention;
    struct timer read_timer, write_timer;
    /* Acknowledged by one consumer after the other, not yet told to the engine: clients
     * acknowledge one by one, and a range costs the engine as much as one. Only within
     * openwire_session_receive, and only until something else comes. */
    struct held_acknowledgements {
        struct openwire_consumer *consumer; /* NULL: none */
        uint64_t first_tag, last_tag;
    } held;
};

/* A client of the engine; the "session" of its callbacks is this. */
struct openwire_connection {
    struct list_node node; /* session->connections */
    struct openwire_session *session;
    struct engine_client *client;
    char *id, *client_id;
    struct slice id_slice;
    bool is_open;    /* ConnectionInfo is answered */
    bool is_ready;   /* its tables are made */
    bool is_leaving; /* its client ends it: nothing is kept */
    bool is_throttled, has_dead_producer, has_leftovers;
    bool manageable, fault_tolerant, failover_reconnect, client_master;
    struct opening *opening;                     /* while the engine thinks about ConnectionInfo */
    struct table sessions, consumers, producers; /* by their numbers; see each one's file */
    struct openwire_producer *last_producer;     /* who sent last, or NULL */
    struct list_node transactions;               /* struct openwire_transaction */
    struct table transaction_ids;                /* those of them that can still be named */
    struct list_node recoveries;                 /* of openwire_transaction.c */
    struct list_node pendings;                   /* struct pending */
    struct text kept; /* of the connection before: see openwire_replay.c */
};

/* What a client is told of a failure. */
struct failure {
    const char *class_name; /* one of failure_classes; "javax.jms.JMSException" */
    struct text_error text;
    bool closes; /* the connection cannot go on: answer, then close */
};
/* By the engine's error; `text` is the engine's. */
void failure_of(enum engine_error error, const char *text, struct failure *out);
void failure_set(struct failure *failure, const char *class_name, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/*
 * openwire_session.c
 */
enum pause_reason { PAUSE_CONNECT = 1, PAUSE_THROTTLE = 2, PAUSE_OUTPUT = 4, PAUSE_BEGIN = 8 };
void session_attend_soon(struct openwire_session *session);
/* Gives back the buffers of the codec until they are needed again: idle connections are many. */
void session_trim(struct openwire_session *session);
void session_pause(struct openwire_session *session, enum pause_reason reason);
void session_resume(struct openwire_session *session, enum pause_reason reason);
/* The peer broke the protocol, or the like: closes without a word to it, with one to the log. */
void session_close(struct openwire_session *session, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Sends one command. What cannot be written closes the session. */
void session_write(struct openwire_session *session, const struct ow_object *object);
/* The same; long parts of `owner` are not copied: output takes a reference of its own. What cannot
 * be written in the format of this client leaves all as it was, and the error says why. */
enum ow_error session_write_message(struct openwire_session *session,
                                    const struct ow_object *object,
                                    struct message *owner) MUST_CHECK;
/* Once the peer is owed no more: sends what is written, then closes, with a line to the log. */
void session_end(struct openwire_session *session, const char *reason);
extern const struct engine_client_ops connection_ops; /* their first argument: the connection */

/*
 * openwire_respond.c: answers. `command` may be one without responseRequired: then success is
 * silent, and failure is a ConnectionError.
 */
void respond(struct openwire_session *session, const struct ow_command *command);
void respond_failure(struct openwire_session *session, const struct ow_command *command,
                     const struct failure *failure);
void respond_integer(struct openwire_session *session, const struct ow_command *command,
                     int32_t result);
void respond_array(struct openwire_session *session, const struct ow_command *command,
                   const struct ow_object *const *items, uint16_t count);

/* What to do when the engine answers. Without a handler: respond, or respond_failure. */
struct pending {
    struct list_node node; /* connection->pendings */
    int32_t command_id;
    bool response_required;
    struct openwire_connection *connection;
    /* Called instead of the default; `pending` is gone afterwards. */
    void (*answered)(struct pending *pending, const struct engine_completion *completion);
    void *subject;
    int64_t number;
};
/* The number for an engine call that stands for `command`. Costs nothing for the default handler;
 * with another one a struct pending is kept until the answer. 0: no memory, has been answered. */
uint64_t request_for(struct openwire_connection *connection, const struct ow_command *command);
uint64_t request_with(struct openwire_connection *connection, const struct ow_command *command,
                      void (*answered)(struct pending *, const struct engine_completion *),
                      void *subject, int64_t number);
void connection_completed(void *connection, const struct engine_completion *completion);
#define CONNECT_REQUEST UINT64_MAX /* answered by connect_answered */
void requests_destroy(struct openwire_connection *connection);
/* As `pending` would have been answered without a handler of its own. */
void pending_respond(const struct pending *pending, const struct engine_completion *completion);
/* A consumer, producer or transaction is gone: `subject` becomes NULL in what waits for answers;
 * these are sent all the same. */
void requests_forget(struct openwire_connection *connection, const void *subject);

/*
 * openwire_ids.c: ids as text and back.
 */
enum { ID_TEXT_MAX = 512 };
/* "<connection>:<session>:<value>"; returns its length, or 0 when it is longer than allowed. */
size_t id_text_write(char out[ID_TEXT_MAX], struct slice connection, int64_t session,
                     int64_t value);
/* Splits at the last two colons. What has no such form is all connection, with zeros. */
struct id_parts {
    struct slice connection;
    int64_t session, value;
};
struct id_parts id_parts_of(struct slice text);
/* "TX:<connection>:<n>" or "XID:[<format>,globalId=<hex>,branchId=<hex>]", for messages. */
void transaction_id_text(const struct ow_object *id, struct text_error *out);

/*
 * openwire_connect.c, openwire_remove.c, openwire_control.c, openwire_monitor.c,
 * openwire_produce.c, openwire_replay.c
 */
struct openwire_connection *connection_find(struct openwire_session *session, struct slice id);
/* What its client has not ended itself is kept for it, see engine_client_close_keeping. */
void connection_destroy(struct openwire_connection *connection);
/* Session -1 is always there. */
bool connection_has_session(const struct openwire_connection *connection, int64_t number);
/* All of them, -1 included. */
void sessions_each(struct openwire_connection *connection, void (*visit)(void *arg, int64_t number),
                   void *arg);
bool session_remove(struct openwire_connection *connection, int64_t number); /* false: not there */
void connection_attend(struct openwire_connection *connection);
void on_wire_format(struct openwire_session *session, const struct ow_wire_format_info *info);
void connect_answered(struct openwire_connection *connection,
                      const struct engine_completion *completion);
/* Inactivity, both ways: from now on as agreed. */
void monitor_start(struct openwire_session *session);
void monitor_init(struct openwire_session *session);
void monitor_stop(struct openwire_session *session);
void on_connection_info(struct openwire_session *session, const struct ow_connection_info *info);
void on_session_info(struct openwire_session *session, const struct ow_session_info *info);
void on_remove_info(struct openwire_session *session, const struct ow_remove_info *info);
void on_destination_info(struct openwire_session *session, const struct ow_destination_info *info);
void on_remove_subscription(struct openwire_session *session,
                            const struct ow_remove_subscription_info *info);
void on_keep_alive(struct openwire_session *session, const struct ow_command *command);
void on_producer_info(struct openwire_session *session, const struct ow_producer_info *info);
void on_message(struct openwire_session *session, const struct ow_message *message);
/* Ends what belongs to one producer, or to all of a session (openwire_remove.c asks). */
void producers_remove(struct openwire_connection *connection, int64_t session);
/* False: not there. */
bool producer_remove(struct openwire_connection *connection, const struct ow_producer_id *id);
int producers_init(struct openwire_connection *connection) MUST_CHECK;
/* Without the engine's part, which ends with the client. */
void producers_destroy(struct openwire_connection *connection);
void producers_attend(struct openwire_connection *connection);
/* What to keep for the client's next connection, appended to `out`. */
void producers_keep(struct openwire_connection *connection, struct text *out);

/*
 * openwire_consume.c, openwire_deliver.c, openwire_ack.c, openwire_transaction.c
 */
void on_consumer_info(struct openwire_session *session, const struct ow_consumer_info *info);
void on_consumer_control(struct openwire_session *session,
                         const struct ow_consumer_control *control);
void on_message_pull(struct openwire_session *session, const struct ow_message_pull *pull);
void on_message_ack(struct openwire_session *session, const struct ow_message_ack *ack);
void acknowledgements_flush(struct openwire_session *session); /* tells the engine what is held */
void on_transaction_info(struct openwire_session *session, const struct ow_transaction_info *info);
void consumers_remove(struct openwire_connection *connection, int64_t session,
                      int64_t last_delivered);
bool consumer_remove(struct openwire_connection *connection, const struct ow_consumer_id *id,
                     int64_t last_delivered, const struct ow_command *command);
/* Consumers and transactions. */
int consumers_init(struct openwire_connection *connection) MUST_CHECK;
/* Without the engine's part, which ends with the client. */
void consumers_destroy(struct openwire_connection *connection);
/* What its callbacks have put off: consumers that are gone, and the like. Cheap. */
void consumers_attend(struct openwire_connection *connection);
void connection_deliver(void *connection, const struct engine_delivery *delivery);
void connection_consumer_ended(void *connection, void *context, const char *why);
void connection_recovered(void *connection, uint64_t request, const struct slice *xids,
                          size_t count);
/* The engine's transaction that a message or an acknowledgement names; *out is NULL for none.
 * False: there is no such one, see `failure`. */
bool transaction_find(struct openwire_connection *connection, const struct ow_object *id,
                      struct engine_transaction **out, struct failure *failure);
void transactions_destroy(struct openwire_connection *connection); /* without the engine's */

/*
 * openwire_message.c, openwire_render.c, openwire_advisory.c: messages in both forms
 */
/* What the engine takes: stamped by it, one reference. NULL, with the failure: no destination, no
 * id, a damaged body or properties, no memory. What a client cannot vouch for is not taken from it:
 * brokerPath, userId, redeliveryCounter, arrival, brokerInTime, targetConsumerId, dataStructure. */
struct message *message_of_openwire(struct openwire_connection *connection,
                                    const struct ow_message *in,
                                    struct failure *failure) MUST_CHECK;
void rendering_init(struct rendering *rendering);
void rendering_fini(struct rendering *rendering);
/* What differs per delivery is the caller's: id.broker_sequence_id (0), and of blob.message
 * command, redelivery_counter (as the sender claimed) and jmsx_group_first_for_consumer.
 * -ENOMEM, or -EINVAL for damaged properties: such a message cannot be sent. */
int render_message(struct openwire_worker *worker, const struct message *message,
                   struct rendering *out) MUST_CHECK;
/* The name as the engine knows it: UTF-8 (in `scratch` if that differs), without blanks around it
 * and the options behind '?', as Java reads it. `destination` may be NULL: no name then; a name
 * may be empty, too. */
struct destination_name destination_of_openwire(const struct ow_destination *destination,
                                                struct text *scratch);
#endif
