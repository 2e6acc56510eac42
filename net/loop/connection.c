/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connection.c - a connection is OPEN, then perhaps DRAINING (it sends the rest and throws away
 * what comes in), then CLOSING (it waits for its last completion).
 *
 * Users are called back only while a turn's completions are handled: by those, or from the loop's
 * lists `resumed` (left-over input to be offered again) and `finished` (ended, to be freed). What
 * was put there in one turn is handled in the next, so never within a call of the user.
 */
#include "loop/connection.h"
#include "input.h"
#include "loop_private.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

/* A peer that ends its side may still read: what is written goes out for so long. */
enum { PEER_ENDED_LINGER_MS = 1000 };

enum connection_state {
    CONNECTION_OPEN,
    CONNECTION_DRAINING,
    CONNECTION_CLOSING,
    CONNECTION_STATE_COUNT,
};

static const uint8_t may_enter[CONNECTION_STATE_COUNT] = {
    [CONNECTION_OPEN] = 1 << CONNECTION_DRAINING | 1 << CONNECTION_CLOSING,
    [CONNECTION_DRAINING] = 1 << CONNECTION_CLOSING,
};

struct connection {
    struct io_op receive, send;
    struct loop *loop;
    const struct connection_events *events;
    void *user;
    struct output output;
    struct input input; /* received, not used up */
    int64_t write_stall_ms;
    int64_t progress_ms; /* when the send in flight began */
    struct timer timer;  /* OPEN: the stall of a send; DRAINING: the end of lingering */
    struct list_node node, work;
    uint32_t input_bytes_max;
    int fd;
    int error; /* for `closed`; while OPEN: why nothing can be sent */
    uint8_t state;
    uint8_t ops_in_flight;
    bool is_paused;
    bool is_receiving, is_receive_cancelled;
    bool is_sending;
    bool used_nothing; /* of the last offer */
    bool has_peer_ended;
    bool is_shut; /* all is sent, and the peer was told that no more comes */
};

static_assert(sizeof(struct connection) <= 320, "a hundred thousand idle connections cost 32 MB");

static void end(struct connection *connection, int error);

size_t connection_struct_len(void)
{
    return sizeof(struct connection);
}

static void enter_state(struct connection *connection, enum connection_state to)
{
    assert(may_enter[connection->state] & 1u << to);
    connection->state = (uint8_t)to;
}

static void begin_op(struct connection *connection, struct io_uring_sqe *sqe, struct io_op *op)
{
    io_uring_sqe_set_data(sqe, op);
    connection->ops_in_flight++;
}

/* Puts the connection on the list from which it is freed once nothing in the kernel refers to it.
 */
static void end_op(struct connection *connection)
{
    assert(connection->ops_in_flight > 0);
    connection->ops_in_flight--;
    if (connection->state == CONNECTION_CLOSING && connection->ops_in_flight == 0)
        list_append(&connection->loop->finished, &connection->work);
}

static bool has_unsent(const struct connection *connection)
{
    return connection->output.state == OUTPUT_OPEN &&
           connection->output.written != connection->output.sent;
}

/*
 * Input
 */

static void arm_receive(struct connection *connection)
{
    struct io_uring_sqe *sqe = loop_sqe(connection->loop);

    io_uring_prep_recv_multishot(sqe, connection->fd, NULL, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = RECEIVE_GROUP;
    begin_op(connection, sqe, &connection->receive);
    connection->is_receiving = true;
    connection->is_receive_cancelled = false;
}

static void cancel_receive(struct connection *connection)
{
    if (!connection->is_receiving || connection->is_receive_cancelled)
        return;
    loop_cancel(connection->loop, &connection->receive);
    connection->is_receive_cancelled = true;
}

static void start_draining(struct connection *connection, int64_t linger_ms)
{
    struct loop *loop = connection->loop;

    enter_state(connection, CONNECTION_DRAINING);
    list_remove(&connection->work);
    wheel_set(&loop->wheel, &connection->timer, loop->now_ms + linger_ms);
    output_mark_dirty(&connection->output);
}

static void peer_ended(struct connection *connection)
{
    if (has_unsent(connection))
        start_draining(connection, PEER_ENDED_LINGER_MS);
    else
        end(connection, connection->error);
}

/* Hands bytes to the user; returns how many are left over. */
static size_t offer(struct connection *connection, struct slice bytes)
{
    const size_t used = connection->events->received(connection->user, bytes);

    assert(used <= bytes.len);
    connection->used_nothing = used == 0;
    return bytes.len - used;
}

static void after_offer(struct connection *connection, int error)
{
    if (connection->state != CONNECTION_OPEN)
        input_fini(&connection->input); /* nobody asks for it any more */
    else if (error != 0)
        end(connection, error);
    else if (connection->is_paused)
        return; /* the rest may be whole frames */
    else if (connection->input.len > connection->input_bytes_max)
        end(connection, -EMSGSIZE);
    else if (connection->has_peer_ended)
        peer_ended(connection);
}

static void offer_in_place(struct connection *connection, struct slice bytes)
{
    struct input *input = &connection->input;
    const size_t left = offer(connection, bytes);
    int error = 0;

    if (left == 0)
        input_fini(input);
    else if (connection->state == CONNECTION_OPEN)
        error = input_replace(input, slice_after(bytes, bytes.len - left));
    after_offer(connection, error);
}

static void offer_left_over(struct connection *connection)
{
    struct input *input = &connection->input;
    const size_t len = input->len;
    const size_t left = offer(connection, input_slice(input));

    input_consume(input, len - left);
    after_offer(connection, 0);
}

/* `bytes` lie in a receive buffer, with its headroom in front. */
static void take_input(struct connection *connection, uint8_t *bytes, size_t len)
{
    struct input *input = &connection->input;

    list_remove(&connection->work); /* if it was resumed in this turn, it is offered now */
    if (!connection->is_paused && input->len <= RECEIVE_HEADROOM) {
        const size_t before_len = input->len;

        if (before_len > 0)
            memcpy(bytes - before_len, input_slice(input).bytes, before_len);
        offer_in_place(connection, slice_of(bytes - before_len, before_len + len));
    } else if (input_append(input, slice_of(bytes, len)) != 0) {
        end(connection, -ENOMEM);
    } else if (!connection->is_paused) {
        offer_left_over(connection);
    }
}

static void receive_failed(struct connection *connection, int error)
{
    struct loop *loop = connection->loop;

    switch (error) {
    case -ENOBUFS: /* armed again at the end of the turn, when buffers have been given back */
        loop->counters.receive_buffer_shortages++;
        receive_buffers_note_shortage(&loop->buffers);
        return;
    case -ECANCELED: /* paused */
    case -EINTR:
    case -EAGAIN:
        return;
    default:
        if (connection->is_shut)
            error = 0;
        else if (connection->error != 0)
            error = connection->error;
        end(connection, error);
    }
}

static void receive_completed(struct connection *connection, int result)
{
    if (result < 0) {
        receive_failed(connection, result);
    } else if (result == 0) {
        connection->has_peer_ended = true;
        if (connection->state == CONNECTION_OPEN && !connection->is_paused &&
            list_is_empty(&connection->work))
            peer_ended(connection);
    }
}

static void receive_done(struct io_op *op, int result, uint32_t flags)
{
    struct connection *connection = CONTAINER_OF(op, struct connection, receive);
    struct loop *loop = connection->loop;

    if (flags & IORING_CQE_F_BUFFER) {
        const uint16_t id = (uint16_t)(flags >> IORING_CQE_BUFFER_SHIFT);
        uint8_t *bytes = receive_buffers_take(&loop->buffers, id);

        if (result > 0) {
            loop->counters.received_bytes += (uint64_t)result;
            if (connection->state == CONNECTION_OPEN)
                take_input(connection, bytes, (size_t)result);
        }
        receive_buffers_give(&loop->buffers, id);
    }
    if (!(flags & IORING_CQE_F_MORE))
        connection->is_receiving = false;
    if (result <= 0 && connection->state != CONNECTION_CLOSING)
        receive_completed(connection, result);
    if (!connection->is_receiving) {
        if (connection->state != CONNECTION_CLOSING)
            output_mark_dirty(&connection->output);
        end_op(connection);
    }
}

/*
 * Output
 */

static void start_send(struct connection *connection)
{
    struct loop *loop = connection->loop;
    struct iovec *vectors = loop_send_vectors(loop);
    const unsigned count = output_gather(&connection->output, vectors, SEND_VECTORS_MAX);
    struct io_uring_sqe *sqe = loop_sqe(loop);

    assert(count > 0);
    if (count == 1)
        io_uring_prep_send(sqe, connection->fd, vectors->iov_base, vectors->iov_len, MSG_NOSIGNAL);
    else
        io_uring_prep_sendmsg(sqe, connection->fd, loop_send_header(loop, count), MSG_NOSIGNAL);
    begin_op(connection, sqe, &connection->send);
    connection->is_sending = true;
    connection->progress_ms = loop->now_ms;
    if (connection->write_stall_ms > 0 && !timer_is_set(&connection->timer))
        wheel_set(&loop->wheel, &connection->timer, loop->now_ms + connection->write_stall_ms);
}

static void send_failed(struct connection *connection, int error)
{
    const bool has_peer_gone = error == -EPIPE || error == -ECONNRESET;

    if (connection->has_peer_ended) {
        end(connection, 0);
    } else if (has_peer_gone && connection->state == CONNECTION_OPEN && connection->is_receiving &&
               !connection->is_paused) {
        /* What the peer sent before it went is still to be read; then receiving ends, too. */
        connection->error = error;
        output_shut(&connection->output);
    } else {
        end(connection, error);
    }
}

static void send_done(struct io_op *op, int result, uint32_t flags)
{
    struct connection *connection = CONTAINER_OF(op, struct connection, send);

    (void)flags;
    connection->is_sending = false;
    if (connection->state == CONNECTION_CLOSING) {
        end_op(connection);
        return;
    }
    if (result >= 0) {
        output_consume(&connection->output, (size_t)result);
        connection->loop->counters.sent_bytes += (uint64_t)result;
        if (has_unsent(connection) || connection->state == CONNECTION_DRAINING)
            output_mark_dirty(&connection->output);
        connection->events->sent(connection->user, connection->output.sent);
    } else if (result == -EINTR || result == -EAGAIN) {
        output_mark_dirty(&connection->output);
    } else {
        send_failed(connection, result);
    }
    end_op(connection);
}

/* A timer for each send would be set and cancelled each turn. This one fires once a while and
 * looks whether the send it finds is an old one. */
static void timer_fired(struct timer *timer)
{
    struct connection *connection = CONTAINER_OF(timer, struct connection, timer);
    const int64_t stalled_ms = connection->progress_ms + connection->write_stall_ms;

    if (connection->state == CONNECTION_DRAINING)
        end(connection, connection->is_shut || connection->has_peer_ended ? 0 : -ETIMEDOUT);
    else if (connection->is_sending && connection->loop->now_ms >= stalled_ms)
        end(connection, -ETIMEDOUT);
    else if (connection->is_sending)
        wheel_set(&connection->loop->wheel, timer, stalled_ms);
}

/*
 * The end of a turn
 */

/* Everything is sent: wait for the peer to see it. Closing with unread input would reset the
 * connection, and the peer might never read our last bytes. */
static void finish_draining(struct connection *connection)
{
    if (connection->has_peer_ended) {
        end(connection, 0);
        return;
    }
    if (!connection->is_shut) {
        connection->is_shut = true;
        (void)shutdown(connection->fd, SHUT_WR); /* fails when the peer has gone: we read of it */
        output_shut(&connection->output);
    }
}

static bool wants_input(const struct connection *connection)
{
    if (connection->has_peer_ended)
        return false;
    if (connection->state == CONNECTION_DRAINING)
        return true;
    if (connection->is_paused)
        return false;
    /* Not before what is left over has been offered: else it would grow with each resumption. But
     * who used nothing of it may be waiting for the rest of a frame. */
    return list_is_empty(&connection->work) ||
           (connection->used_nothing && connection->input.len <= connection->input_bytes_max);
}

static void flush(struct connection *connection)
{
    if (connection->output.state == OUTPUT_BROKEN) {
        end(connection, -ENOMEM);
        return;
    }
    if (!connection->is_sending) {
        if (has_unsent(connection))
            start_send(connection);
        else if (connection->state == CONNECTION_DRAINING)
            finish_draining(connection);
    }
    if (connection->state == CONNECTION_CLOSING)
        return;
    if (!wants_input(connection))
        cancel_receive(connection);
    else if (!connection->is_receiving)
        arm_receive(connection);
}

void connections_flush(struct loop *loop)
{
    while (!list_is_empty(&loop->outputs.dirty)) {
        struct output *output = LIST_ENTRY(loop->outputs.dirty.next, struct output, dirty);

        list_remove(&output->dirty);
        flush(CONTAINER_OF(output, struct connection, output));
    }
}

/*
 * The end of a connection
 */

/* The one way out. What the user may be reading at this moment is kept until it is freed. */
static void end(struct connection *connection, int error)
{
    struct loop *loop = connection->loop;

    enter_state(connection, CONNECTION_CLOSING);
    connection->error = error;
    wheel_cancel(&loop->wheel, &connection->timer);
    list_remove(&connection->work);
    output_shut(&connection->output);
    cancel_receive(connection);
    if (connection->is_sending)
        loop_cancel(loop, &connection->send);
    if (connection->ops_in_flight == 0)
        list_append(&loop->finished, &connection->work);
}

static void release(struct connection *connection)
{
    struct loop *loop = connection->loop;
    const struct linger reset = {.l_onoff = 1};

    assert(connection->ops_in_flight == 0);
    /* A peer that reads no more would keep the kernel's send buffer for many minutes. */
    if (connection->error == -ETIMEDOUT)
        (void)setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(connection->fd);
    connection->events->closed(connection->user, connection->error);
    input_fini(&connection->input);
    output_fini(&connection->output);
    list_remove(&connection->work);
    list_remove(&connection->node);
    pool_give(&loop->connection_pool, connection);
}

void connections_run_finished(struct loop *loop)
{
    struct list_node batch;

    list_take(&loop->finished, &batch);
    while (!list_is_empty(&batch)) {
        struct connection *connection = LIST_ENTRY(batch.next, struct connection, work);

        list_remove(&connection->work);
        release(connection);
    }
}

void connections_run_resumed(struct loop *loop)
{
    struct list_node batch;

    list_take(&loop->resumed, &batch);
    while (!list_is_empty(&batch)) {
        struct connection *connection = LIST_ENTRY(batch.next, struct connection, work);

        list_remove(&connection->work);
        output_mark_dirty(&connection->output); /* to receive again, if it stays so */
        if (connection->input.len > 0)
            offer_left_over(connection);
        else
            after_offer(connection, 0); /* the peer had ended meanwhile */
    }
}

void connections_end(struct loop *loop)
{
    LIST_FOR_EACH(node, &loop->connections) {
        struct connection *connection = LIST_ENTRY(node, struct connection, node);

        if (connection->state != CONNECTION_CLOSING)
            end(connection, -ECANCELED);
    }
}

/*
 * What users call
 */

static int prepare_socket(int fd)
{
    const int one = 1;
    const int flags = fcntl(fd, F_GETFL);

    if (flags < 0)
        return -errno;
    /* io_uring answers -EAGAIN for a nonblocking socket instead of waiting. */
    if ((flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0)
        return -errno;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0 && errno != EOPNOTSUPP &&
        errno != EINVAL) /* not TCP; a peer that has gone: we shall read of it */
        return -errno;
    return 0;
}

int connection_open(struct loop *loop, int fd, const struct connection_options *options,
                    const struct connection_events *events, void *user, struct connection **out)
{
    struct connection *connection;
    int error = prepare_socket(fd);

    assert_on_worker(loop->owner);
    connection = error == 0 ? pool_take(&loop->connection_pool) : NULL;
    if (!connection || loop->is_ending) {
        pool_give(&loop->connection_pool, connection);
        close(fd);
        return error != 0 ? error : loop->is_ending ? -ESHUTDOWN : -ENOMEM;
    }
    *connection = (struct connection){
        .receive = {receive_done},
        .send = {send_done},
        .loop = loop,
        .events = events,
        .user = user,
        .write_stall_ms = options->write_stall_ms,
        .input_bytes_max = options->input_bytes_max,
        .fd = fd,
    };
    output_init(&connection->output, &loop->outputs);
    timer_init(&connection->timer, timer_fired);
    list_init(&connection->work);
    list_append(&loop->connections, &connection->node);
    output_mark_dirty(&connection->output); /* receives from the end of this turn on */
    *out = connection;
    return 0;
}

struct output *connection_output(struct connection *connection)
{
    return &connection->output;
}

uint64_t connection_output_len(const struct connection *connection)
{
    return connection->output.written - connection->output.sent;
}

uint64_t connection_output_total(const struct connection *connection)
{
    return connection->output.written;
}

void connection_pause(struct connection *connection)
{
    assert_on_worker(connection->loop->owner);
    connection->is_paused = true;
    if (connection->state != CONNECTION_OPEN)
        return;
    list_remove(&connection->work);
    output_mark_dirty(&connection->output);
}

void connection_resume(struct connection *connection)
{
    assert_on_worker(connection->loop->owner);
    if (!connection->is_paused)
        return;
    connection->is_paused = false;
    if (connection->state != CONNECTION_OPEN)
        return;
    if (connection->input.len > 0 || connection->has_peer_ended)
        list_append(&connection->loop->resumed, &connection->work);
    output_mark_dirty(&connection->output);
}

bool connection_is_paused(const struct connection *connection)
{
    return connection->is_paused;
}

void connection_close(struct connection *connection, int64_t linger_ms)
{
    assert_on_worker(connection->loop->owner);
    if (connection->state == CONNECTION_OPEN)
        start_draining(connection, linger_ms);
}

void connection_abort(struct connection *connection)
{
    assert_on_worker(connection->loop->owner);
    if (connection->state != CONNECTION_CLOSING)
        end(connection, -ECANCELED);
}
