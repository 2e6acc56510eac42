/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_CREW_H
#define DAEMON_CREW_H
/*
 * crew.h - what the main thread and all workers share, and where they wait for each other.
 *
 * Threads    filled in by the main thread before the workers exist, or while they all wait in
 *            crew_meet; read by all afterwards. The atomics are for everybody.
 * Order      start: loops, sockets, engines, listeners, each step on all threads before the next.
 *            End: connections, then mail, then engines, then loops.
 */
#include "auth/auth.h"
#include "base/exchange.h"
#include "base/log.h"
#include "config/config.h"
#include "connectors.h"
#include <pthread.h>
#include <stdatomic.h>

struct worker;

enum { CREW_ROUNDS = 2, CREW_ID_BYTES = 128 };

struct crew {
    struct log_scope log;
    const struct config *config;
    struct exchange *exchange;
    struct auth_realm *realm; /* the newest; the main thread's */
    struct connectors connectors;
    struct worker *workers;
    uint16_t worker_count;
    char id_base[CREW_ID_BYTES]; /* "ID:host-port-ms" */
    pthread_barrier_t start;     /* all workers and the main thread */
    pthread_barrier_t end;       /* all workers */
    pthread_t main_thread;
    int done_signal;                /* for the main thread, from the last worker */
    atomic_bool has_failed;         /* at start: everybody winds down */
    atomic_uint busy_count;         /* workers that still have connections, while stopping */
    atomic_uint running_count;      /* workers that have not ended */
    atomic_uint realms_on_the_way;  /* given to workers, not yet taken; one more while giving */
    atomic_uint moved[CREW_ROUNDS]; /* mails drained in a round of the end */
};

/* Everybody waits here for everybody; true when no one has failed so far. */
bool crew_meet(struct crew *crew) MUST_CHECK;
/* The start is off. Only the first one's reason goes to the log. */
void crew_fail(struct crew *crew, const char *why);
/* One realm is less on its way. After the last one says the log that the reload is in force. */
void crew_realm_taken(struct crew *crew);
#endif
