/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_CONNECTORS_H
#define DAEMON_CONNECTORS_H
/*
 * connectors.h - the transport connectors that are served, and their listening sockets.
 *
 * Threads    made and ended by the main thread; workers read it while they run. A connection is
 *            counted by whichever worker accepted it.
 * Ownership  a socket belongs to the connectors until a worker takes it.
 * Limits     a connection beyond maximumConnections is for the caller to close.
 */
#include "base/compiler.h"
#include "base/log.h"
#include "base/text.h"
#include "config/config.h"
#include "loop/connection.h"
#include "openwire/openwire_session.h"
#include "protocol.h"
#include "stomp/stomp_session.h"
#include <stdatomic.h>

enum { CONNECTOR_URL_BYTES = 300 };

struct connector {
    const struct config_transport_connector *config;
    const struct protocol *protocol; /* NULL: found out from the first bytes */
    bool takes[PROTOCOL_COUNT];
    int64_t detection_ms; /* for finding it out; 0: any time */
    struct openwire_connector openwire;
    struct stomp_connector stomp;
    struct connection_options options;
    int *sockets; /* one a worker; -1: taken, or not open */
    int backlog;
    int linger_seconds; /* -1: as the system does */
    int buffer_bytes;   /* 0: as the system does */
    uint16_t port;      /* the real one */
    bool keeps_alive;
    atomic_uint connection_count;
};

struct connectors {
    char broker_url[CONNECTOR_URL_BYTES]; /* by which clients know the broker; once it listens */
    struct connector *list;
    size_t count;
    uint16_t worker_count;
};

/* Those of the configuration. -EINVAL when there is none, else -ENOMEM, with `why`. */
int connectors_init(struct connectors *connectors, const struct config *config,
                    uint16_t worker_count, struct text_error *why) MUST_CHECK;
void connectors_fini(struct connectors *connectors); /* zeros are allowed */
int connectors_listen(struct connectors *connectors, struct text_error *why) MUST_CHECK;

int connector_take_socket(struct connector *connector, uint16_t worker);
/* False: the connector is full, nothing was counted. */
bool connector_enter(struct connector *connector) MUST_CHECK;
void connector_leave(struct connector *connector);
/* Options of the URI that the loop does not know. */
void connector_prepare_socket(const struct connector *connector, int fd);
#endif
