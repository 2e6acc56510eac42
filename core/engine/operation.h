/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_OPERATION_H
#define ENGINE_OPERATION_H
/*
 * operation.h - a client's call that is not answered yet, perhaps by several shards.
 *
 * An operation starts with one count held by its caller; each home it asks holds one more. When
 * the last one is given back the client hears the outcome: the first failure, else success.
 *
 * Threads    the engine's own (shard.h).
 */
#include "shard.h"

struct operation;
/* What follows when all answers are in, before the client hears. False: it is not to hear now. */
typedef bool operation_then_fn(struct engine *engine, struct operation *operation);

struct operation {
    uint64_t id, request;
    struct engine_client *client; /* NULL once the client has closed */
    struct reply_address reply;   /* of the engine's own: who hears the outcome */
    uint64_t asker;               /* the client's serial, or the engine's own: 0 on this shard */
    uint64_t consumer_id;         /* of a subscribe: dropped on failure */
    struct list_node node;        /* in the client's operations */
    operation_then_fn *then;      /* or NULL */
    void *context;                /* for `then`, which frees it */
    uint32_t waiting;
    enum engine_error error;
    char *text;
};

/* NULL: no memory (the client has been told). */
struct operation *operation_start(struct engine_client *client, uint64_t request) MUST_CHECK;
/* One of the engine's own; its outcome goes to `reply`. NULL: no memory. */
struct operation *operation_start_own(struct engine *engine, struct reply_address reply) MUST_CHECK;
/* The address for one more answer. */
struct reply_address operation_expect(struct operation *operation);
/* Gives one count back. */
void operation_finish(struct engine *engine, struct operation *operation, enum engine_error error,
                      const char *text);
/* For calls that hold no operation: tells the client at once. Success with request 0 is silent.
 * For ENGINE_NOT_AUTHORIZED the text is "<what>: <destination>", as in "write to: queue://A". */
void client_complete(struct engine_client *client, uint64_t request, enum engine_error error,
                     const char *text);
/* From a home to whoever waits, here or on another shard. A reply without operation is for
 * failures only. */
void engine_answer(struct engine *engine, const struct reply_address *to, enum engine_error error,
                   const char *text);
void operation_receive_done(struct engine *engine, const struct engine_mail *mail);
void operations_forget_client(struct engine_client *client);
/* What still waits when all clients are gone: sends without room, for instance. */
void operations_fini(struct engine *engine);
#endif
