/* SPDX-License-Identifier: Apache-2.0 */
#include "client_connection.h"
#include "loop/connection.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    CLOSE_LINGER_MS = 10000, /* a slow reader should still see why we close */
    ADDRESS_LEN_MAX = INET6_ADDRSTRLEN + sizeof("tcp://[]:65535"),
};

void client_connection_hold(struct client_connection *self, enum hold hold)
{
    if (self->holds == 0)
        connection_pause(self->connection);
    self->holds |= (uint8_t)hold;
}

void client_connection_release(struct client_connection *self, enum hold hold)
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
    const struct client_connection *self = arg;

    return connection_output_total(self->connection);
}

static void wire_pause(void *arg)
{
    client_connection_hold(arg, HOLD_SESSION);
}

static void wire_resume(void *arg)
{
    client_connection_release(arg, HOLD_SESSION);
}

static void wire_close(void *arg)
{
    struct client_connection *self = arg;

    connection_close(self->connection, CLOSE_LINGER_MS);
}

/*
 * Which protocol: the connector says, or the first bytes do.
 */

struct detection {
    struct timer timer;
    struct client_connection *self;
    char remote[ADDRESS_LEN_MAX];
};

/* False: there is none, and the connection ends. */
static bool open_session(struct client_connection *self, const struct protocol *protocol,
                         const char *remote)
{
    struct worker *worker = self->worker;
    const struct log_scope scope = {protocol->name, self->log.connection_id, worker->index};
    const struct wire wire = {
        .output = connection_output(self->connection),
        .written = wire_written,
        .pause = wire_pause,
        .resume = wire_resume,
        .close = wire_close,
        .arg = self,
    };

    self->protocol = protocol;
    self->session = protocol->create(worker, self->connector, &wire, scope, remote);
    if (!self->session)
        connection_abort(self->connection);
    return self->session != NULL;
}

static void end_detection(struct client_connection *self)
{
    if (!self->detection)
        return;
    wheel_cancel(&self->worker->wheel, &self->detection->timer);
    free(self->detection);
    self->detection = NULL;
}

static void refuse_unknown(struct client_connection *self, const char *why)
{
    log_event_limited(&self->worker->log, &self->worker->refused_limit, LOG_WARN,
                      "connection_refused", "connector=\"%s\" remote=\"%s\" error=\"%s\"",
                      self->connector->config->name, self->detection->remote, why);
    end_detection(self);
    connection_abort(self->connection);
}

static void detection_timed_out(struct timer *timer)
{
    const struct detection *detection = CONTAINER_OF(timer, struct detection, timer);

    refuse_unknown(detection->self, "no protocol was begun in time");
}

static void begin_detection(struct client_connection *self, const char *remote)
{
    struct detection *detection = calloc(1, sizeof *detection);

    if (!detection) {
        connection_abort(self->connection);
        return;
    }
    detection->self = self;
    (void)snprintf(detection->remote, sizeof detection->remote, "%s", remote);
    self->detection = detection;
    timer_init(&detection->timer, detection_timed_out);
    if (self->connector->detection_ms > 0)
        wheel_set(&self->worker->wheel, &detection->timer,
                  self->worker->wheel.now_ms + self->connector->detection_ms);
}

/* False: not known yet, or never. */
static bool detect(struct client_connection *self, struct slice bytes)
{
    char remote[ADDRESS_LEN_MAX];
    bool may_be = false;

    if (!self->detection)
        return false;
    for (int id = 0; id < PROTOCOL_COUNT; id++) {
        const int answer = self->connector->takes[id] ? protocols[id].is_spoken(bytes) : 0;

        may_be = may_be || answer < 0;
        if (answer <= 0)
            continue;
        (void)snprintf(remote, sizeof remote, "%s", self->detection->remote);
        end_detection(self);
        return open_session(self, &protocols[id], remote);
    }
    if (!may_be)
        refuse_unknown(self, "it speaks no protocol that is taken here");
    return false;
}

/*
 * The connection's side
 */

static size_t received(void *user, struct slice bytes)
{
    struct client_connection *self = user;

    if (UNLIKELY(!self->session) && !detect(self, bytes))
        return 0;
    return self->protocol->receive(self->session, bytes);
}

static void sent(void *user, uint64_t total)
{
    struct client_connection *self = user;

    if (self->session)
        self->protocol->sent(self->session, total);
}

static void closed(void *user, int error)
{
    struct client_connection *self = user;
    struct worker *worker = self->worker;

    log_event(&self->log, LOG_DEBUG, "connection_closed", "error=\"%s\"",
              error == 0 ? "" : strerror(-error));
    if (self->session)
        self->protocol->destroy(self->session);
    end_detection(self);
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

/* Takes the socket, also on failure. */
static int open_connection(struct worker_listener *listener, int fd, const char *remote)
{
    struct worker *worker = listener->worker;
    struct client_connection *self = pool_take(&worker->connection_pool);
    int error;

    if (!self) {
        close(fd);
        return -ENOMEM;
    }
    worker->last_connection_id += worker->crew->worker_count;
    *self = (struct client_connection){
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
    if (listener->connector->protocol)
        (void)open_session(self, listener->connector->protocol, remote);
    else
        begin_detection(self, remote);
    if (worker->is_congested)
        client_connection_hold(self, HOLD_CONGESTED);
    return 0;
}

void client_connection_accepted(void *arg, int fd, const struct sockaddr_storage *peer)
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
