/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_CLIENT_CONNECTION_H
#define DAEMON_CLIENT_CONNECTION_H
/*
 * client_connection.h - one client's socket and its session, and what goes between them.
 *
 * Threads    belongs to its worker.
 * Ownership  lives from being accepted until its socket has closed, on its worker's list.
 * Order      reading goes on only when nobody holds it: session, congestion, or the end.
 * Limits     where the protocol must be found out from the first bytes, the connector's time.
 */
#include "base/list.h"
#include "protocol.h"
#include "worker.h"
#include <sys/socket.h>

enum hold {
    HOLD_SESSION = 1,   /* flow control */
    HOLD_CONGESTED = 2, /* mail to other workers waits here */
    HOLD_STOPPING = 4,
};

struct detection;

struct client_connection {
    struct list_node node;
    struct worker *worker;
    struct connector *connector;
    struct connection *connection;
    const struct protocol *protocol; /* of the session */
    void *session;                   /* NULL: not known yet which, or it could not be made */
    struct detection *detection;     /* while it is not known */
    struct log_scope log;
    uint8_t holds;       /* a set */
    uint8_t quiet_ticks; /* at the end: how long nothing has been waiting to be sent */
};

/* Of a struct worker_listener: takes the socket. */
void client_connection_accepted(void *arg, int fd, const struct sockaddr_storage *peer);
void client_connection_hold(struct client_connection *self, enum hold hold);
void client_connection_release(struct client_connection *self, enum hold hold);
#endif
