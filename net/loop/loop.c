/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "loop_private.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { SEND_VECTORS_TOTAL = 4096 };

static_assert(ATOMIC_BOOL_LOCK_FREE == 2, "loop_stop is called in signal handlers");

struct watch {
    struct io_op op;
    struct list_node node;
    struct loop *loop;
    loop_readable_fn *readable;
    void *arg;
    int fd;
};

static _Noreturn void fail(const struct loop *loop, const char *doing, int error)
{
    log_event(&loop->log, LOG_ERROR, "ring_failed", "doing=%s error=\"%s\"", doing,
              strerror(-error));
    abort();
}

/* Interrupted, timed out, or the kernel is short of memory: what was not taken is still queued. */
static bool is_passing(int error)
{
    return error == -ETIME || error == -EINTR || error == -EAGAIN || error == -EBUSY;
}

static void note_submitted(struct loop *loop)
{
    if (io_uring_sq_ready(&loop->ring) == 0)
        loop->sends.header_count = loop->sends.vector_count = 0;
}

static void submit_early(struct loop *loop)
{
    for (unsigned attempt = 0; attempt < 1000; attempt++) {
        const int result = io_uring_submit(&loop->ring);

        if (result < 0 && !is_passing(result))
            fail(loop, "submit", result);
        if (io_uring_sq_ready(&loop->ring) == 0) {
            note_submitted(loop);
            return;
        }
    }
    fail(loop, "submit", -EBUSY);
}

struct io_uring_sqe *loop_sqe(struct loop *loop)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&loop->ring);

    if (UNLIKELY(!sqe)) {
        submit_early(loop);
        sqe = io_uring_get_sqe(&loop->ring);
        assert(sqe);
    }
    return sqe;
}

void loop_cancel(struct loop *loop, struct io_op *op)
{
    struct io_uring_sqe *sqe = loop_sqe(loop);

    io_uring_prep_cancel(sqe, op, 0);
    io_uring_sqe_set_data64(sqe, IO_OP_NONE);
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
}

struct iovec *loop_send_vectors(struct loop *loop)
{
    struct send_room *sends = &loop->sends;

    /* A queue that is full, too: submitting it later would take this room away again. */
    if (UNLIKELY(sends->header_count == sends->header_max ||
                 sends->vector_max - sends->vector_count < SEND_VECTORS_MAX ||
                 io_uring_sq_space_left(&loop->ring) == 0))
        submit_early(loop);
    return &sends->vectors[sends->vector_count];
}

const struct msghdr *loop_send_header(struct loop *loop, unsigned vector_count)
{
    struct send_room *sends = &loop->sends;
    struct msghdr *header = &sends->headers[sends->header_count++];

    *header = (struct msghdr){
        .msg_iov = &sends->vectors[sends->vector_count],
        .msg_iovlen = vector_count,
    };
    sends->vector_count += vector_count;
    return header;
}

static int send_room_init(struct send_room *sends, unsigned header_max)
{
    *sends = (struct send_room){.header_max = header_max, .vector_max = SEND_VECTORS_TOTAL};
    sends->headers = calloc(sends->header_max, sizeof *sends->headers);
    sends->vectors = calloc(sends->vector_max, sizeof *sends->vectors);
    return sends->headers && sends->vectors ? 0 : -ENOMEM;
}

static void send_room_fini(struct send_room *sends)
{
    free(sends->headers);
    free(sends->vectors);
}

static void arm_watch(struct watch *watch)
{
    struct io_uring_sqe *sqe = loop_sqe(watch->loop);

    io_uring_prep_poll_multishot(sqe, watch->fd, POLLIN);
    io_uring_sqe_set_data(sqe, &watch->op);
}

static void watch_done(struct io_op *op, int result, uint32_t flags)
{
    struct watch *watch = CONTAINER_OF(op, struct watch, op);
    struct loop *loop = watch->loop;
    const bool is_last = !(flags & IORING_CQE_F_MORE);

    if (is_last && (loop->is_ending || result < 0)) {
        if (!loop->is_ending)
            log_event(&loop->log, LOG_ERROR, "watch_failed", "error=\"%s\"", strerror(-result));
        list_remove(&watch->node);
        free(watch);
        return;
    }
    if (is_last)
        arm_watch(watch);
    if (result > 0 && !loop->is_ending)
        watch->readable(watch->arg);
}

int loop_watch(struct loop *loop, int fd, loop_readable_fn *readable, void *arg)
{
    struct watch *watch;

    assert_on_worker(loop->owner);
    if (loop->is_ending)
        return -ESHUTDOWN; /* nobody would take it away again */
    watch = malloc(sizeof *watch);
    if (!watch)
        return -ENOMEM;
    *watch = (struct watch){
        .op = {watch_done}, .loop = loop, .readable = readable, .arg = arg, .fd = fd};
    list_append(&loop->watches, &watch->node);
    arm_watch(watch);
    return 0;
}

static void clear_stop_fd(void *arg)
{
    const struct loop *loop = arg;
    uint64_t count;

    (void)!read(loop->stop_fd, &count, sizeof count); /* nonblocking; only to make it unreadable */
}

void loop_stop(struct loop *loop)
{
    const uint64_t one = 1;
    const int saved_errno = errno; /* we may be in a signal handler */

    /* Release: what the caller did before is seen by who returns from loop_run. */
    atomic_store_explicit(&loop->stop, true, memory_order_release);
    (void)!write(loop->stop_fd, &one, sizeof one); /* a full counter is readable as well */
    errno = saved_errno;
}

static void free_parts(struct loop *loop)
{
    receive_buffers_fini(&loop->buffers);
    send_room_fini(&loop->sends);
    if (loop->stop_fd >= 0)
        close(loop->stop_fd);
    free(loop);
}

static void init_parts(struct loop *loop, const struct loop_options *options)
{
    loop->owner = options->owner;
    loop->log = (struct log_scope){.module = "loop", .worker = options->owner};
    loop->now_ms = clock_monotonic_ms();
    wheel_init(&loop->wheel, loop->now_ms);
    output_pool_init(&loop->outputs);
    pool_init(&loop->connection_pool, connection_struct_len());
    list_init(&loop->resumed);
    list_init(&loop->finished);
    list_init(&loop->connections);
    list_init(&loop->listeners);
    list_init(&loop->watches);
    atomic_init(&loop->stop, false);
}

int loop_create(const struct loop_options *options, struct loop **out, struct text_error *why)
{
    struct loop *loop = calloc(1, sizeof *loop);
    int error = -ENOMEM;

    assert_on_worker(options->owner);
    text_error_set(why, "no memory for an event loop");
    if (!loop)
        return -ENOMEM;
    init_parts(loop, options);
    loop->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->stop_fd < 0) {
        error = -errno;
        text_error_set(why, "no event descriptor (%s)", strerror(errno));
        goto failed;
    }
    if (send_room_init(&loop->sends, options->ring_entries) != 0)
        goto failed;
    error = ring_open(options, &loop->ring, why);
    if (error != 0)
        goto failed;
    error = receive_buffers_init(&loop->buffers, &loop->ring, options->receive_buffers,
                                 options->receive_buffer_bytes);
    if (error != 0) {
        text_error_set(why,
                       "the ring of receive buffers was refused (%s); Linux 6.1 or later is "
                       "needed",
                       strerror(-error));
        goto failed_ring;
    }
    receive_buffers_publish(&loop->buffers);
    error = loop_watch(loop, loop->stop_fd, clear_stop_fd, loop);
    if (error != 0)
        goto failed_ring;
    *out = loop;
    return 0;

failed_ring:
    io_uring_queue_exit(&loop->ring);
failed:
    free_parts(loop);
    return error;
}

static void reap(struct loop *loop)
{
    struct io_uring_cqe *cqe;
    unsigned head, count = 0;

    io_uring_for_each_cqe(&loop->ring, head, cqe) {
        struct io_op *op = io_uring_cqe_get_data(cqe);

        count++;
        if (LIKELY(op != NULL))
            op->done(op, cqe->res, cqe->flags);
    }
    io_uring_cq_advance(&loop->ring, count);
    loop->counters.completions += count;
}

/* Everything that may call users back, but for the hooks. */
static void call_back(struct loop *loop)
{
    loop->counters.turns++;
    loop->now_ms = clock_monotonic_ms();
    connections_run_finished(loop);
    wheel_advance(&loop->wheel, loop->now_ms);
    connections_run_resumed(loop);
    reap(loop);
    receive_buffers_publish(&loop->buffers);
}

static int wait_until(struct loop *loop, int64_t limit_ms)
{
    struct __kernel_timespec timeout;
    struct io_uring_cqe *cqe;
    int64_t wait_ms;

    if (limit_ms == INT64_MAX) {
        loop->counters.waits++;
        return io_uring_submit_and_wait(&loop->ring, 1);
    }
    wait_ms = limit_ms - clock_monotonic_ms();
    if (wait_ms <= 0)
        return io_uring_submit_and_get_events(&loop->ring);
    timeout = (struct __kernel_timespec){wait_ms / 1000, wait_ms % 1000 * 1000000};
    loop->counters.waits++;
    return io_uring_submit_and_wait_timeout(&loop->ring, &cqe, 1, &timeout, NULL);
}

/* The one system call of a turn. */
static void enter(struct loop *loop, int64_t limit_ms)
{
    const int64_t timer_ms = wheel_next_ms(&loop->wheel);
    int result;

    if (limit_ms <= 0 || !list_is_empty(&loop->resumed) || !list_is_empty(&loop->finished))
        result = io_uring_submit_and_get_events(&loop->ring);
    else
        result = wait_until(loop, limit_ms < timer_ms ? limit_ms : timer_ms);
    if (result < 0 && !is_passing(result))
        fail(loop, "wait", result);
    note_submitted(loop);
}

void loop_run(struct loop *loop, const struct loop_hooks *hooks)
{
    assert_on_worker(loop->owner);
    /* Acquire: see loop_stop. */
    while (!atomic_load_explicit(&loop->stop, memory_order_acquire)) {
        int64_t limit_ms;

        call_back(loop);
        hooks->turn(hooks->arg);
        connections_flush(loop);
        limit_ms = hooks->before_wait(hooks->arg);
        connections_flush(loop);
        enter(loop, limit_ms);
        hooks->after_wait(hooks->arg);
    }
    atomic_store_explicit(&loop->stop, false, memory_order_relaxed); /* it may run again */
}

void loop_destroy(struct loop *loop)
{
    if (!loop)
        return;
    assert_on_worker(loop->owner);
    loop->is_ending = true;
    connections_end(loop);
    listeners_close(loop);
    LIST_FOR_EACH(node, &loop->watches) {
        loop_cancel(loop, &LIST_ENTRY(node, struct watch, node)->op);
    }
    while (!list_is_empty(&loop->connections) || !list_is_empty(&loop->listeners) ||
           !list_is_empty(&loop->watches)) {
        enter(loop, INT64_MAX);
        call_back(loop);
    }
    io_uring_queue_exit(&loop->ring);
    pool_fini(&loop->connection_pool);
    output_pool_fini(&loop->outputs);
    free_parts(loop);
}

int loop_fd(const struct loop *loop)
{
    return loop->ring.ring_fd;
}

void loop_wake(struct loop *loop, int fd)
{
    struct io_uring_sqe *sqe = loop_sqe(loop);

    io_uring_prep_msg_ring(sqe, fd, 0, IO_OP_NONE, 0);
    io_uring_sqe_set_data64(sqe, IO_OP_NONE);
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
}

struct loop_counters loop_counters(const struct loop *loop)
{
    return loop->counters;
}
