/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H
/*
 * loop.h - one thread's event loop over one io_uring (single issuer, deferred task work).
 *
 * A turn: reap completions (which call listeners and connections back), call hooks->turn, send
 * what connections have to send, submit and wait. No system call per message.
 *
 * Threads    a loop belongs to the thread that created it. Other threads use its loop_fd, through
 *            loop_wake on their own loop, and may call loop_stop.
 * Ownership  listeners and connections of a loop are freed by it at the end of their life.
 * Limits     see struct loop_options.
 */
#include "base/compiler.h"
#include "base/role.h"
#include "base/text.h"
#include <sys/socket.h>

struct loop;

struct loop_options {
    uint16_t owner;           /* the thread's role, see base/role.h */
    uint32_t ring_entries;    /* submission entries; a power of two */
    uint32_t receive_buffers; /* provided buffers; a power of two, at most 32768 */
    uint32_t receive_buffer_bytes;
};

struct loop_hooks {
    /* Once a turn, after the completions: mail of other threads. */
    void (*turn)(void *arg);
    /* Just before the loop waits: returns until when at most (monotonic milliseconds,
     * INT64_MAX: no limit, 0: do not wait at all, there is work). Once a turn: what it writes to
     * connections, and the wake-ups it asks for, still go out with this turn. */
    int64_t (*before_wait)(void *arg);
    /* After each before_wait, also when there was no waiting: timers. */
    void (*after_wait)(void *arg);
    void *arg;
};

/* -ENOSYS, -EPERM, ... with `why` in words an operator understands ("this kernel has no
 * IORING_OP_MSG_RING; Linux 6.1 or later is needed"). Checks for every operation it will use. */
int loop_create(const struct loop_options *options, struct loop **out,
                struct text_error *why) MUST_CHECK;
void loop_destroy(struct loop *loop);                             /* closes what is left */
void loop_run(struct loop *loop, const struct loop_hooks *hooks); /* until loop_stop */
void loop_stop(struct loop *loop); /* async-signal-safe, any thread */

int loop_fd(const struct loop *loop); /* the ring, for loop_wake by other loops */
/* Wakes the loop whose ring is `fd` with IORING_OP_MSG_RING, submitted with this turn. That loop
 * must not be destroyed before this one has stopped. */
void loop_wake(struct loop *loop, int fd);

/* Calls back when the descriptor (signalfd, eventfd, inotify, ...) becomes readable. The callback
 * must read until nothing is left: bytes left behind do not make it be called again. The caller
 * keeps the descriptor open as long as the loop lives. */
typedef void loop_readable_fn(void *arg);
int loop_watch(struct loop *loop, int fd, loop_readable_fn *readable, void *arg) MUST_CHECK;

/*
 * Listeners. The callback owns `fd` from then on. Accepting goes on until listener_close; when
 * descriptors run out it pauses and tries again, and says so in the log once a second at most.
 */
struct listener;
typedef void accepted_fn(void *arg, int fd, const struct sockaddr_storage *peer);

/* A bound, listening TCP socket (SO_REUSEPORT, so that each worker has its own). Port 0 picks
 * one; `*port_out` tells. `host` is an address or a name. */
int listener_open(const char *host, uint16_t port, int backlog, int *fd_out, uint16_t *port_out,
                  struct text_error *why) MUST_CHECK;
/* Listeners share ports, so two brokers with the same configuration would quietly share clients,
 * too. -EADDRINUSE if somebody listens there already: ask once, before the first listener_open. */
int listener_check(const char *host, uint16_t port, struct text_error *why) MUST_CHECK;
/* Takes `fd`, also on failure. */
int listener_start(struct loop *loop, int fd, accepted_fn *accepted, void *arg,
                   struct listener **out) MUST_CHECK;
void listener_close(struct listener *listener); /* no callback after this, closes the socket */

struct loop_counters {
    uint64_t turns, waits, completions, received_bytes, sent_bytes, receive_buffer_shortages;
};
struct loop_counters loop_counters(const struct loop *loop);
#endif
