/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LOOP_PRIVATE_H
#define LOOP_PRIVATE_H
/*
 * loop_private.h - what the parts of the loop share.
 *
 * Threads    everything here belongs to the loop's thread, but for `stop` and `stop_fd`.
 * Ownership  an io_op is embedded in its owner, who lives until its last completion (one without
 *            IORING_CQE_F_MORE) has been handled.
 * Order      entries are submitted in the order in which they were got: a cancel reaches the
 *            kernel before an operation that would reuse the same address.
 */
#include "base/log.h"
#include "base/wheel.h"
#include "loop/loop.h"
#include "output_private.h"
#include "receive_buffers.h"
#include <assert.h>
#include <liburing.h>
#include <stdatomic.h>

struct io_op {
    void (*done)(struct io_op *op, int result, uint32_t flags);
};

/* Completions with this are nobody's: wake-ups by other loops, results of cancels. */
#define IO_OP_NONE UINT64_C(0)

/* Message headers and vectors of sends; the kernel has read them when submit returns. */
struct send_room {
    struct msghdr *headers;
    struct iovec *vectors;
    unsigned header_count, header_max;
    unsigned vector_count, vector_max;
};

struct loop {
    struct io_uring ring;
    struct receive_buffers buffers;
    struct send_room sends;
    struct loop_counters counters;
    int64_t now_ms;                     /* when this turn began */
    struct list_node resumed, finished; /* connections with a callback to come; see connection.c */
    struct list_node connections, listeners, watches;
    struct pool connection_pool;
    struct wheel wheel;
    struct log_scope log;
    uint16_t owner;
    bool is_ending; /* nothing new may be opened */
    int stop_fd;
    atomic_bool stop;
    struct output_pool outputs;
};

/* ring.c */
int ring_open(const struct loop_options *options, struct io_uring *ring,
              struct text_error *why) MUST_CHECK;

/* A cleared entry of the submission queue. Never NULL: a full queue is submitted first. */
struct io_uring_sqe *loop_sqe(struct loop *loop);
void loop_cancel(struct loop *loop, struct io_op *op);
/* Room for the vectors of one message, and with it an entry of the queue; then its header. Both
 * are good until the next submit. */
enum { SEND_VECTORS_MAX = 64 };
struct iovec *loop_send_vectors(struct loop *loop);
const struct msghdr *loop_send_header(struct loop *loop, unsigned vector_count);

static inline void list_take(struct list_node *from, struct list_node *to)
{
    list_init(to);
    if (!list_is_empty(from)) {
        list_insert_before(from->next, to);
        list_remove(from);
    }
}

/* connection.c: the parts of a turn. */
void connections_run_finished(struct loop *loop);
void connections_run_resumed(struct loop *loop);
void connections_flush(struct loop *loop);
void connections_end(struct loop *loop); /* begins to end every connection */
size_t connection_struct_len(void);

/* listener.c */
void listeners_close(struct loop *loop);
#endif
