/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPENWIRE_OPENWIRE_SESSION_H
#define OPENWIRE_OPENWIRE_SESSION_H
/*
 * openwire_session.h - one OpenWire connection of a client: commands in, engine calls out, and
 * back. Knows no socket.
 *
 * Threads    belongs to the worker that owns the connection (and its engine).
 * Ownership  create gives the session to the caller, who destroys it when the connection ends.
 * Limits     those of the connector's URI, see openwire_connector.
 */
#include "base/compiler.h"
#include "base/log.h"
#include "base/slice.h"
#include "base/wheel.h"
#include "config/config.h"
#include "engine/engine.h"
#include "loop/wire.h"
#include "openwire/codec.h"

struct openwire_session;

/* One per worker: what sessions share (scratch for rendering, logins, log limits). */
struct openwire_worker;
struct openwire_worker *openwire_worker_create(struct engine *engine,
                                               struct wheel *wheel) MUST_CHECK;
void openwire_worker_destroy(struct openwire_worker *worker);

/* Options of the transport connector, read once per connector. */
struct openwire_connector {
    const struct config_transport_connector *config;
    struct ow_offer offer;      /* ours: wireFormat.* of the URI */
    struct ow_limits limits;    /* of what is read; frame_bytes_max is the offer's */
    uint8_t version_min;        /* of OpenWire; 0: any */
    int64_t connect_timeout_ms; /* until WireFormatInfo has come */
    uint32_t output_bytes_max;  /* beyond it messages wait in the engine */
    bool allow_link_stealing;
    /* ConnectionControl for failover clients. */
    bool update_cluster_clients, rebalance_cluster_clients, update_cluster_on_remove;
    const char *broker_url; /* "tcp://host:port", as BrokerInfo says; there once it is asked for */
};
void openwire_connector_init(struct openwire_connector *connector,
                             const struct config_transport_connector *config,
                             const struct config *broker);

/* Begins with sending our WireFormatInfo. */
struct openwire_session *openwire_session_create(struct openwire_worker *worker,
                                                 const struct openwire_connector *connector,
                                                 const struct wire *wire, struct log_scope scope,
                                                 const char *remote_address) MUST_CHECK;
/* The connection is gone (or must go): closes the engine's clients. */
void openwire_session_destroy(struct openwire_session *session);
/* Takes bytes; returns how many were used. What is left is offered again with more behind. */
size_t openwire_session_receive(struct openwire_session *session, struct slice bytes);
/* The kernel has taken all output up to `total` bytes. */
void openwire_session_sent(struct openwire_session *session, uint64_t total);

/* Could these first bytes of a connection be OpenWire (a WireFormatInfo)? For "auto" connectors:
 * 1 yes, 0 no, -1 too few to say. */
int openwire_is_spoken(struct slice first_bytes);
#endif
