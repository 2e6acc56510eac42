/* SPDX-License-Identifier: Apache-2.0 */
#include "stomp_connection.h"
#include "loop/connection.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

enum {
    CLOSE_LINGER_MS = 10000, /* a slow reader should still see why we close */
    ADDRESS_LEN_MAX = INET6_ADDRSTRLEN + sizeof("tcp://[]:65535"),
};

void stomp_connection_hold(struct stomp_connection *self, enum hold hold)
{
    if (self->holds == 0)
        connection_pause(self->connection);
    self->holds |= (uint8_t)hold;
}

void stomp_connection_release(struct stomp_connection *self, enum hold hold)
{
    if ((self->holds & hold) == 0)
        return;
    self->holds &= (uint8_t)~hold;
    if (self->holds == 0)
        connection_resume(self->connection);
}

/*
 * The session's side
 */

static uint64_t wire_written(void *arg)
{
    const struct stomp_connection *self = arg;

    return connection_output_total(self->connection);
}

static void wire_pause(void *arg)
{
    stomp_connection_hold(arg, HOLD_SESSION);
}

static void wire_resume(void *arg)
{
    stomp_connection_release(arg, HOLD_SESSION);
}

static void wire_close(void *arg)
{
    struct stomp_connection *self = arg;

    connection_close(self->connection, CLOSE_LINGER_MS);
}

/*
 * The connection's side
 */

static size_t received(void *user, struct slice bytes)
{
    struct stomp_connection *self = user;

    return stomp_session_receive(self->session, bytes);
}

static void sent(void *user, uint64_t total)
{
    struct stomp_connection *self = user;

    if (self->session)
        stomp_session_sent(self->session, total);
}

static void closed(void *user, int error)
{
    struct stomp_connection *self = user;
    struct worker *worker = self->worker;

    log_event(&self->log, LOG_DEBUG, "connection_closed", "error=\"%s\"",
              error == 0 ? "" : strerror(-error));
    if (self->session)
        stomp_session_destroy(self->session);
    connector_leave(self->connector);
    list_remove(&self->node);
    pool_give(&worker->connection_pool, self);
    worker_connection_ended(worker);
}

static const struct connection_events events = {received, sent, closed};

/* As ActiveMQ writes it. An IPv4 client of an IPv6 socket is an IPv4 client. */
static void format_address(const struct sockaddr_storage *peer, char *text, size_t text_len)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)peer;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)peer;
    char address[INET6_ADDRSTRLEN] = "";

    if (peer->ss_family == AF_INET) {
        (void)inet_ntop(AF_INET, &v4->sin_addr, address, sizeof address);
        (void)snprintf(text, text_len, "tcp://%s:%u", address, ntohs(v4->sin_port));
    } else if (peer->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
        (void)inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], address, sizeof address);
        (void)snprintf(text, text_len, "tcp://%s:%u", address, ntohs(v6->sin6_port));
    } else {
        (void)inet_ntop(AF_INET6, &v6->sin6_addr, address, sizeof address);
        (void)snprintf(text, text_len, "tcp://[%s]:%u", address, ntohs(v6->sin6_port));
    }
}

static void open_session(struct stomp_connection *self, const char *remote)
{
    struct worker *worker = self->worker;
    const struct log_scope scope = {"stomp", self->log.connection_id, worker->index};
    const struct wire wire = {
        .output = connection_output(self->connection),
        .written = wire_written,
        .pause = wire_pause,
        .resume = wire_resume,
        .close = wire_close,
        .arg = self,
    };

    self->session =
        stomp_session_create(worker->stomp, &self->connector->stomp, &wire, scope, remote);
    if (!self->session)
        connection_abort(self->connection);
    else if (worker->is_congested)
        stomp_connection_hold(self, HOLD_CONGESTED);
}

/* Takes the socket, also on failure. */
static int open_connection(struct worker_listener *listener, int fd, const char *remote)
{
    struct worker *worker = listener->worker;
    struct stomp_connection *self = pool_take(&worker->connection_pool);
    int error;

    if (!self) {
        close(fd);
        return -ENOMEM;
    }
    worker->last_connection_id += worker->crew->worker_count;
    *self = (struct stomp_connection){
        .worker = worker,
        .connector = listener->connector,
        .log = {"daemon", worker->last_connection_id, worker->index},
    };
    error = connection_open(worker->loop, fd, &listener->connector->options, &events, self,
                            &self->connection);
    if (error != 0) {
        pool_give(&worker->connection_pool, self);
        return error;
    }
    list_append(&worker->connections, &self->node);
    worker->connection_count++;
    log_event(&self->log, LOG_DEBUG, "connection_accepted", "connector=\"%s\" remote=\"%s\"",
              listener->connector->config->name, remote);
    open_session(self, remote);
    return 0;
}

void stomp_connection_accepted(void *arg, int fd, const struct sockaddr_storage *peer)
{
    struct worker_listener *listener = arg;
    struct worker *worker = listener->worker;
    struct connector *connector = listener->connector;
    char remote[ADDRESS_LEN_MAX];
    int error;

    assert_on_worker(worker->index);
    format_address(peer, remote, sizeof remote);
    if (!connector_enter(connector)) {
        close(fd);
        log_event_limited(&worker->log, &worker->refused_limit, LOG_WARN, "connection_refused",
                          "connector=\"%s\" remote=\"%s\" maximumConnections=%u",
                          connector->config->name, remote, connector->config->maximum_connections);
        return;
    }
    connector_prepare_socket(connector, fd);
    error = open_connection(listener, fd, remote);
    if (error != 0) {
        connector_leave(connector);
        log_event_limited(&worker->log, &worker->refused_limit, LOG_WARN, "connection_refused",
                          "connector=\"%s\" remote=\"%s\" error=\"%s\"", connector->config->name,
                          remote, strerror(-error));
    }
}
