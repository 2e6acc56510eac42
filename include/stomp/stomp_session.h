/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STOMP_STOMP_SESSION_H
#define STOMP_STOMP_SESSION_H
/*
 * stomp_session.h - one STOMP connection: frames in, engine calls out, and back. Knows no socket.
 *
 * Threads    belongs to the worker that owns the connection (and its engine).
 * Ownership  create gives the session to the caller, who destroys it when the connection ends.
 * Limits     those of the connector's URI (frame, body and header sizes), see stomp_limits.
 */
#include "base/compiler.h"
#include "base/log.h"
#include "base/slice.h"
#include "base/wheel.h"
#include "config/config.h"
#include "engine/engine.h"
#include "loop/wire.h"

struct stomp_session;

/* One per worker: what sessions share (the cache of the last rendered message, counters). */
struct stomp_worker;
struct stomp_worker *stomp_worker_create(struct engine *engine, struct wheel *wheel) MUST_CHECK;
void stomp_worker_destroy(struct stomp_worker *worker);

/* Options of the transport connector, read once per connector. */
struct stomp_connector {
    const struct config_transport_connector *config;
    uint32_t action_bytes_max, header_bytes_max, headers_max, body_bytes_max;
    uint64_t frame_bytes_max;
    int64_t connect_timeout_ms;
    int64_t default_heart_beat_read_ms, default_heart_beat_write_ms;
    double grace_multiplier;
    uint32_t output_bytes_max; /* beyond it messages wait in the engine */
};
void stomp_connector_init(struct stomp_connector *connector,
                          const struct config_transport_connector *config,
                          const struct config *broker);

struct stomp_session *stomp_session_create(struct stomp_worker *worker,
                                           const struct stomp_connector *connector,
                                           const struct wire *wire, struct log_scope scope,
                                           const char *remote_address) MUST_CHECK;
/* The connection is gone (or must go): closes the engine's client. */
void stomp_session_destroy(struct stomp_session *session);
/* Takes bytes; returns how many were used. What is left is offered again with more behind. */
size_t stomp_session_receive(struct stomp_session *session, struct slice bytes);
/* The kernel has taken all output up to `total` bytes: automatic acknowledgements count now. */
void stomp_session_sent(struct stomp_session *session, uint64_t total);

/* Could these first bytes of a connection be STOMP? 1 yes, 0 no, -1 too few to say. */
int stomp_is_spoken(struct slice first_bytes);
#endif
