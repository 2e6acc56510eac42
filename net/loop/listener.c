/* SPDX-License-Identifier: Apache-2.0 */
#include "loop_private.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { RETRY_MS = 100 };

struct listener {
    struct io_op op;
    struct list_node node;
    struct timer retry;
    struct log_limit log_limit;
    struct loop *loop;
    accepted_fn *accepted;
    void *arg;
    int fd;
    bool is_armed, is_closed;
};

static int option(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof value) == 0 ? 0 : -errno;
}

/* What is done with a socket that is bound. */
enum purpose { PURPOSE_CHECK, PURPOSE_LISTEN };

static int bind_socket(int fd, const struct addrinfo *address, enum purpose purpose)
{
    int error = option(fd, SOL_SOCKET, SO_REUSEADDR, 1);

    if (error == 0 && purpose == PURPOSE_LISTEN)
        error = option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (error == 0 && address->ai_family == AF_INET6)
        error = option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0); /* "::" takes IPv4 as well */
    if (error == 0 && bind(fd, address->ai_addr, address->ai_addrlen) != 0)
        error = -errno;
    return error;
}

/* Binds to the first address that can be had; the last one's error otherwise. */
static int bind_first(const struct addrinfo *found, enum purpose purpose, int *fd_out)
{
    int error = -EADDRNOTAVAIL;

    for (const struct addrinfo *address = found; address; address = address->ai_next) {
        /* Blocking: io_uring answers -EAGAIN for a nonblocking socket instead of waiting. */
        const int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);

        if (fd < 0) {
            error = -errno;
            continue;
        }
        error = bind_socket(fd, address, purpose);
        if (error == 0) {
            *fd_out = fd;
            return 0;
        }
        close(fd);
    }
    return error;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    in_port_t port = 0;

    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return 0;
    if (address.ss_family == AF_INET)
        port = ((struct sockaddr_in *)&address)->sin_port;
    else if (address.ss_family == AF_INET6)
        port = ((struct sockaddr_in6 *)&address)->sin6_port;
    return ntohs(port);
}

static int resolve(const char *host, uint16_t port, struct addrinfo **found, struct text_error *why)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
    };
    char service[8];
    int problem;

    (void)snprintf(service, sizeof service, "%u", port);
    problem = getaddrinfo(host, service, &hints, found);
    if (problem == 0)
        return 0;
    text_error_set(why, "%s: %s", host, gai_strerror(problem));
    if (problem == EAI_SYSTEM)
        return -errno;
    return problem == EAI_MEMORY ? -ENOMEM : -EADDRNOTAVAIL;
}

static int open_bound(const char *host, uint16_t port, enum purpose purpose, int *fd_out,
                      struct text_error *why)
{
    struct addrinfo *found;
    int error = resolve(host, port, &found, why);

    if (error != 0)
        return error;
    error = bind_first(found, purpose, fd_out);
    freeaddrinfo(found);
    if (error != 0)
        text_error_set(why, "cannot listen on %s port %u: %s", host, port, strerror(-error));
    return error;
}

int listener_check(const char *host, uint16_t port, struct text_error *why)
{
    int fd, error = open_bound(host, port, PURPOSE_CHECK, &fd, why);

    if (error == 0)
        close(fd);
    return error;
}

int listener_open(const char *host, uint16_t port, int backlog, int *fd_out, uint16_t *port_out,
                  struct text_error *why)
{
    int fd, error = open_bound(host, port, PURPOSE_LISTEN, &fd, why);

    if (error != 0)
        return error;
    if (listen(fd, backlog) != 0) {
        error = -errno;
        text_error_set(why, "cannot listen on %s port %u: %s", host, port, strerror(errno));
        close(fd);
        return error;
    }
    *fd_out = fd;
    *port_out = port_of(fd);
    return 0;
}

static void arm(struct listener *listener)
{
    struct io_uring_sqe *sqe = loop_sqe(listener->loop);

    /* One address buffer cannot serve several accepts: the peer is asked for later. */
    io_uring_prep_multishot_accept(sqe, listener->fd, NULL, NULL, SOCK_CLOEXEC);
    io_uring_sqe_set_data(sqe, &listener->op);
    listener->is_armed = true;
}

static void release(struct listener *listener)
{
    wheel_cancel(&listener->loop->wheel, &listener->retry);
    list_remove(&listener->node);
    close(listener->fd);
    free(listener);
}

static void retry(struct timer *timer)
{
    arm(CONTAINER_OF(timer, struct listener, retry));
}

static void accepted(struct listener *listener, int fd)
{
    struct sockaddr_storage peer = {0};
    socklen_t len = sizeof peer;

    if (listener->is_closed || getpeername(fd, (struct sockaddr *)&peer, &len) != 0) {
        close(fd); /* nobody wants it any more, or it is gone already */
        return;
    }
    listener->accepted(listener->arg, fd, &peer);
}

/* That connection failed, not the accepting. */
static bool concerns_one_connection(int error)
{
    return error == -ECONNABORTED || error == -EINTR || error == -EAGAIN || error == -EPROTO;
}

static void listener_done(struct io_op *op, int result, uint32_t flags)
{
    struct listener *listener = CONTAINER_OF(op, struct listener, op);
    struct loop *loop = listener->loop;

    if (result >= 0)
        accepted(listener, result); /* may close the listener, which is armed until below */
    if (flags & IORING_CQE_F_MORE)
        return;
    listener->is_armed = false;
    if (listener->is_closed) {
        release(listener);
    } else if (result >= 0 || concerns_one_connection(result)) {
        arm(listener);
    } else {
        log_event_limited(&loop->log, &listener->log_limit, LOG_WARN, "accept_paused",
                          "error=\"%s\" retry_ms=%d", strerror(-result), RETRY_MS);
        wheel_set(&loop->wheel, &listener->retry, loop->now_ms + RETRY_MS);
    }
}

int listener_start(struct loop *loop, int fd, accepted_fn *accepted_by, void *arg,
                   struct listener **out)
{
    struct listener *listener = calloc(1, sizeof *listener);

    assert_on_worker(loop->owner);
    if (!listener || loop->is_ending) {
        free(listener);
        close(fd);
        return loop->is_ending ? -ESHUTDOWN : -ENOMEM;
    }
    listener->op.done = listener_done;
    listener->loop = loop;
    listener->accepted = accepted_by;
    listener->arg = arg;
    listener->fd = fd;
    timer_init(&listener->retry, retry);
    list_append(&loop->listeners, &listener->node);
    arm(listener);
    *out = listener;
    return 0;
}

void listener_close(struct listener *listener)
{
    struct loop *loop = listener->loop;

    assert_on_worker(loop->owner);
    assert(!listener->is_closed);
    listener->is_closed = true;
    wheel_cancel(&loop->wheel, &listener->retry);
    if (listener->is_armed)
        loop_cancel(loop, &listener->op);
    else
        release(listener);
}

void listeners_close(struct loop *loop)
{
    LIST_FOR_EACH_SAFE(node, &loop->listeners) {
        struct listener *listener = LIST_ENTRY(node, struct listener, node);

        if (!listener->is_closed)
            listener_close(listener);
    }
}
