/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_WORKER_H
#define DAEMON_WORKER_H
/*
 * worker.h - one thread with its loop, its shard of the engine, and its connections.
 *
 * Threads    all fields belong to the worker's thread but those marked. worker_start, _join,
 *            _request and _give_realm are for the main thread.
 * Ownership  a worker takes its sockets from the connectors, and owns its loop and engine.
 * Order      see crew.h. When asked to stop it closes its connections, goes on as long as another
 *            worker has some (its destinations are needed), and then winds down.
 */
#include "base/list.h"
#include "base/pool.h"
#include "base/wheel.h"
#include "crew.h"
#include "engine/engine.h"
#include "loop/loop.h"

enum worker_request {
    WORKER_STOP = 1,     /* flush what is written, close, end */
    WORKER_ABORT = 2,    /* end without waiting for anybody's client */
    WORKER_COUNTERS = 4, /* into the log */
    WORKER_REALM = 8,    /* there is a new one */
};

/* Where connections of one connector reach one worker. */
struct worker_listener {
    struct worker *worker;
    struct connector *connector;
    struct listener *listener; /* NULL: not listening (any more) */
};

struct worker {
    struct crew *crew;
    uint16_t index;
    bool is_congested, is_stopping, is_done;
    struct log_scope log;
    struct loop *loop;
    struct exchange_port *port;
    struct engine *engine;
    struct stomp_worker *stomp;
    struct openwire_worker *openwire;
    struct wheel wheel;
    struct worker_listener *listeners; /* one a connector */
    struct list_node connections;      /* of struct client_connection */
    struct pool connection_pool;
    uint64_t connection_count, last_connection_id;
    uint64_t memory_of_others, scheduled_of_others;
    struct timer stop_timer;
    unsigned stop_ticks;
    struct log_limit refused_limit;
    int request_fd; /* eventfd */
    int cpu;        /* to stay on, -1: any */
    pthread_t thread;
    /* For other threads, away from what the worker writes all the time. */
    _Alignas(64) _Atomic uint64_t memory; /* message bytes held here, once a turn */
    _Atomic uint64_t scheduled;           /* of these: of scheduled messages */
    _Alignas(64) atomic_uint requests;
    _Atomic(struct auth_realm *) new_realm; /* one reference, until taken */
};

/* `worker` is zeros but for crew, index and cpu. -errno: there is no thread. */
int worker_start(struct worker *worker) MUST_CHECK;
void worker_join(struct worker *worker);
void worker_request(struct worker *worker, enum worker_request request);
void worker_give_realm(struct worker *worker, struct auth_realm *realm); /* takes a reference */

/* Called by the connections: one has ended. */
void worker_connection_ended(struct worker *worker);
#endif
