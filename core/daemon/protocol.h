/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_PROTOCOL_H
#define DAEMON_PROTOCOL_H
/*
 * protocol.h - the protocols that clients speak, as connections see them.
 *
 * Threads    tables, read by all. The functions are a worker's.
 */
#include "base/compiler.h"
#include "base/log.h"
#include "base/slice.h"
#include "loop/wire.h"

struct connector;
struct worker;

enum protocol_id { PROTOCOL_OPENWIRE, PROTOCOL_STOMP, PROTOCOL_COUNT };

struct protocol {
    const char *name; /* and the module of its log lines */
    /* Could a connection that begins like this be of it? 1 yes, 0 no, -1 too few bytes. */
    int (*is_spoken)(struct slice first_bytes);
    /* NULL: no memory. */
    void *(*create)(const struct worker *worker, const struct connector *connector,
                    const struct wire *wire, struct log_scope scope, const char *remote);
    void (*destroy)(void *session);
    size_t (*receive)(void *session, struct slice bytes);
    void (*sent)(void *session, uint64_t total);
};

extern const struct protocol protocols[PROTOCOL_COUNT];
#endif
