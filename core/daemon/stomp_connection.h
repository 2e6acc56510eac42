/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_STOMP_CONNECTION_H
#define DAEMON_STOMP_CONNECTION_H
/*
 * stomp_connection.h - one client's socket and its STOMP session, and what goes between them.
 *
 * Threads    belongs to its worker.
 * Ownership  lives from being accepted until its socket has closed, on its worker's list.
 * Order      reading goes on only when nobody holds it: session, congestion, or the end.
 */
#include "base/list.h"
#include "worker.h"
#include <sys/socket.h>

enum hold {
    HOLD_SESSION = 1,   /* flow control */
    HOLD_CONGESTED = 2, /* mail to other workers waits here */
    HOLD_STOPPING = 4,
};

struct stomp_connection {
    struct list_node node;
    struct worker *worker;
    struct connector *connector;
    struct connection *connection;
    struct stomp_session *session; /* NULL: it could not be made */
    struct log_scope log;
    uint8_t holds;       /* a set */
    uint8_t quiet_ticks; /* at the end: how long nothing has been waiting to be sent */
};

/* Of a struct worker_listener: takes the socket. */
void stomp_connection_accepted(void *arg, int fd, const struct sockaddr_storage *peer);
void stomp_connection_hold(struct stomp_connection *self, enum hold hold);
void stomp_connection_release(struct stomp_connection *self, enum hold hold);
#endif
