/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LOOP_CONNECTION_H
#define LOOP_CONNECTION_H
/*
 * connection.h - one TCP connection on a loop: bytes in as they come, bytes out once a turn.
 *
 * Threads    belongs to its loop's thread.
 * Ownership  the loop frees a connection after events->closed has been called; the callback is
 *            the user's last word about it. Operations in the kernel keep it alive until then.
 *            `events` must outlive the connection.
 * Order      bytes leave in the order written. `received` is never called from within another
 *            callback of the same connection, and no callback from within a function below.
 * Limits     unconsumed input is kept up to `input_bytes_max`; more closes the connection with
 *            -EMSGSIZE; a pause adds what one turn receives at most. Output is unlimited here:
 *            watch connection_output_len. An idle connection holds no buffer.
 */
#include "base/compiler.h"
#include "base/slice.h"
#include "loop/loop.h"
#include "loop/output.h"

struct connection;

struct connection_events {
    /* New bytes, after those left over from before. Returns how many were used up; the rest is
     * offered again, at the same place or another, when more has come. */
    size_t (*received)(void *user, struct slice bytes);
    /* The kernel has taken all output up to `total` bytes since the start. At most once a turn. */
    void (*sent)(void *user, uint64_t total);
    /* The end, for whatever reason, exactly once: 0 the peer closed (all it sent was offered), or
     * connection_close did its work; -ECANCELED connection_abort or loop_destroy; -ETIMEDOUT the
     * peer did not read; else another -errno. Output not sent is lost. */
    void (*closed)(void *user, int error);
};

struct connection_options {
    uint32_t input_bytes_max;
    int64_t write_stall_ms; /* close when a send makes no progress for that long; 0: never */
};

/* Takes `fd` (also on failure). Sets TCP_NODELAY. */
int connection_open(struct loop *loop, int fd, const struct connection_options *options,
                    const struct connection_events *events, void *user,
                    struct connection **out) MUST_CHECK;

/* Where to write; it is sent at the end of the turn. */
struct output *connection_output(struct connection *connection);
uint64_t connection_output_len(const struct connection *connection);   /* written, not yet sent */
uint64_t connection_output_total(const struct connection *connection); /* written since start */

/* Back-pressure: while paused nothing is read and `received` is not called. Pausing takes effect
 * at once (also from within `received`); what was left over is offered again after resuming. */
void connection_pause(struct connection *connection);
void connection_resume(struct connection *connection);
bool connection_is_paused(const struct connection *connection);

/* No more `received`. Sends what is written and tells the peer that this was all; then waits for
 * it to close, dropping what it still sends, so that it can read our last bytes. All that takes
 * `linger_ms` at most. */
void connection_close(struct connection *connection, int64_t linger_ms);
void connection_abort(struct connection *connection); /* closes without sending */
#endif
