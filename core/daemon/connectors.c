/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors.h"
#include "loop/loop.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    INPUT_BYTES_MIN = 64 * 1024,
    INPUT_BYTES_SLACK = 64 * 1024, /* the session judges lengths first, and tells the peer why */
    HOST_LEN_MAX = 256,
    DETECTION_MS = 30000,
};

static uint64_t stomp_input_bytes_max(const struct stomp_connector *stomp)
{
    const uint64_t max = (uint64_t)stomp->headers_max * stomp->header_bytes_max +
                         stomp->action_bytes_max + stomp->body_bytes_max;

    return max < stomp->frame_bytes_max ? max : stomp->frame_bytes_max;
}

static uint32_t input_bytes_max(const struct connector *connector)
{
    uint64_t max = INPUT_BYTES_MIN;

    if (connector->takes[PROTOCOL_STOMP] && stomp_input_bytes_max(&connector->stomp) > max)
        max = stomp_input_bytes_max(&connector->stomp);
    if (connector->takes[PROTOCOL_OPENWIRE] && connector->openwire.limits.frame_bytes_max > max)
        max = connector->openwire.limits.frame_bytes_max;
    max += INPUT_BYTES_SLACK;
    return max < UINT32_MAX ? (uint32_t)max : UINT32_MAX;
}

/* auto.protocols: a comma list, in which OpenWire is called "default". */
static bool is_listed(const char *list, const char *name)
{
    const size_t len = strlen(name);

    for (const char *item = list; *item; item += *item == ',') {
        const size_t item_len = strcspn(item, ",");
        const struct slice word = slice_trim(slice_of(item, item_len));

        if (word.len == len && strncasecmp((const char *)word.bytes, name, len) == 0)
            return true;
        item += item_len;
    }
    return false;
}

static void choose_protocols(struct connector *connector)
{
    const struct config_transport_connector *config = connector->config;
    const char *list = config_connector_option(config, "auto.protocols");
    const bool is_auto = strncmp(config->scheme, "auto", 4) == 0;
    const bool is_stomp = strncmp(config->scheme, "stomp", 5) == 0;

    connector->detection_ms =
        config_connector_number(config, "protocolDetectionTimeOut", DETECTION_MS);
    if (is_auto) {
        connector->takes[PROTOCOL_OPENWIRE] =
            !list || is_listed(list, "default") || is_listed(list, "openwire");
        connector->takes[PROTOCOL_STOMP] = !list || is_listed(list, "stomp");
    } else {
        connector->protocol = &protocols[is_stomp ? PROTOCOL_STOMP : PROTOCOL_OPENWIRE];
        connector->takes[PROTOCOL_OPENWIRE] = !is_stomp;
        connector->takes[PROTOCOL_STOMP] = is_stomp;
    }
}

static int connector_init(struct connectors *connectors,
                          const struct config_transport_connector *config,
                          const struct config *broker)
{
    struct connector *connector = &connectors->list[connectors->count++];

    connector->config = config;
    stomp_connector_init(&connector->stomp, config, broker);
    openwire_connector_init(&connector->openwire, config, broker);
    connector->openwire.broker_url = connectors->broker_url;
    choose_protocols(connector);
    connector->options = (struct connection_options){
        .input_bytes_max = input_bytes_max(connector),
        .write_stall_ms = config_connector_number(config, "soWriteTimeout", 0),
    };
    connector->backlog =
        (int)config_connector_number(config, "backlog", broker->settings.tcp_backlog);
    connector->linger_seconds = (int)config_connector_number(config, "soLinger", -1);
    connector->buffer_bytes = (int)config_connector_number(config, "socketBufferSize", 0);
    connector->keeps_alive = config_connector_bool(config, "keepAlive", false);
    atomic_init(&connector->connection_count, 0);
    connector->sockets = malloc(connectors->worker_count * sizeof *connector->sockets);
    if (!connector->sockets)
        return -ENOMEM;
    for (uint16_t i = 0; i < connectors->worker_count; i++)
        connector->sockets[i] = -1;
    return 0;
}

int connectors_init(struct connectors *connectors, const struct config *config,
                    uint16_t worker_count, struct text_error *why)
{
    int error = 0;

    *connectors = (struct connectors){.worker_count = worker_count};
    if (config->connector_count == 0) {
        text_error_set(why, "no transport connector of the configuration is served: a uri= "
                            "such as tcp://0.0.0.0:61616 is needed");
        return -EINVAL;
    }
    connectors->list = calloc(config->connector_count, sizeof *connectors->list);
    if (!connectors->list) {
        text_error_set(why, "no memory");
        return -ENOMEM;
    }
    for (size_t i = 0; i < config->connector_count && error == 0; i++) {
        error = connector_init(connectors, &config->connectors[i], config);
    }
    if (error != 0) {
        text_error_set(why, "no memory");
        connectors_fini(connectors);
    }
    return error;
}

void connectors_fini(struct connectors *connectors)
{
    for (size_t i = 0; i < connectors->count; i++) {
        struct connector *connector = &connectors->list[i];

        for (uint16_t worker = 0; connector->sockets && worker < connectors->worker_count; worker++)
            if (connector->sockets[worker] >= 0)
                close(connector->sockets[worker]);
        free(connector->sockets);
    }
    free(connectors->list);
    *connectors = (struct connectors){0};
}

/* Of a name with several addresses ("localhost") ActiveMQ takes the IPv4 one. False: unknown. */
static bool find_address(const char *host, int family, char *address, size_t address_len)
{
    const struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    bool is_found;

    if (getaddrinfo(host, NULL, &hints, &found) != 0)
        return false;
    is_found = getnameinfo(found->ai_addr, found->ai_addrlen, address, (socklen_t)address_len, NULL,
                           0, NI_NUMERICHOST) == 0;
    freeaddrinfo(found);
    return is_found;
}

static bool has_ipv6(void)
{
    const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* Where to bind for the host of a URI. Like a Java server, 0.0.0.0 takes IPv6 clients as well. */
static void choose_address(const char *host, char *address, size_t address_len)
{
    if (strcmp(host, "0.0.0.0") == 0)
        (void)snprintf(address, address_len, "%s", has_ipv6() ? "::" : host);
    else if (!find_address(host, AF_INET, address, address_len) &&
             !find_address(host, AF_INET6, address, address_len))
        (void)snprintf(address, address_len, "%s", host); /* the loop will say what is wrong */
}

/* The first connector whose clients ask for it. They may be elsewhere: not an address that means
 * "here". */
static void name_broker(struct connectors *connectors)
{
    const struct connector *connector = &connectors->list[0];
    const char *host;
    char name[HOST_LEN_MAX] = "localhost";

    for (size_t i = connectors->count; i-- > 0;)
        if (connectors->list[i].takes[PROTOCOL_OPENWIRE])
            connector = &connectors->list[i];
    host = connector->config->host;
    if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0) {
        (void)gethostname(name, sizeof name - 1); /* else as it is */
        host = name;
    }
    (void)snprintf(connectors->broker_url, sizeof connectors->broker_url,
                   strchr(host, ':') ? "tcp://[%s]:%u" : "tcp://%s:%u", host, connector->port);
}

static int listen_on(struct connector *connector, uint16_t worker_count, struct text_error *why)
{
    char address[HOST_LEN_MAX];
    int error = 0;

    choose_address(connector->config->host, address, sizeof address);
    connector->port = connector->config->port;
    if (connector->port != 0)
        error = listener_check(address, connector->port, why);
    for (uint16_t i = 0; i < worker_count && error == 0; i++)
        error = listener_open(address, connector->port, connector->backlog, &connector->sockets[i],
                              &connector->port, why);
    return error;
}

int connectors_listen(struct connectors *connectors, struct text_error *why)
{
    for (size_t i = 0; i < connectors->count; i++) {
        struct connector *connector = &connectors->list[i];
        const struct config_transport_connector *config = connector->config;
        struct text_error reason;
        const int error = listen_on(connector, connectors->worker_count, &reason);

        if (error != 0) {
            text_error_set(why, "%s:%d: connector %s (%s://%s:%u): %s", config->place.file,
                           config->place.line, config->name, config->scheme, config->host,
                           config->port, reason.text);
            return error;
        }
    }
    name_broker(connectors);
    return 0;
}

int connector_take_socket(struct connector *connector, uint16_t worker)
{
    const int fd = connector->sockets[worker];

    connector->sockets[worker] = -1;
    return fd;
}

bool connector_enter(struct connector *connector)
{
    /* Relaxed: a count, nothing hangs on it. */
    const unsigned before =
        atomic_fetch_add_explicit(&connector->connection_count, 1, memory_order_relaxed);

    if (before < connector->config->maximum_connections)
        return true;
    connector_leave(connector);
    return false;
}

void connector_leave(struct connector *connector)
{
    const unsigned before =
        atomic_fetch_sub_explicit(&connector->connection_count, 1, memory_order_relaxed);

    assert(before > 0);
}

void connector_prepare_socket(const struct connector *connector, int fd)
{
    const int on = 1;
    const struct linger linger = {.l_onoff = 1, .l_linger = connector->linger_seconds};

    /* A peer that has gone already makes them fail; we shall read of it. */
    if (connector->keeps_alive)
        (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if (connector->linger_seconds >= 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    if (connector->buffer_bytes > 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &connector->buffer_bytes,
                         sizeof connector->buffer_bytes);
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &connector->buffer_bytes,
                         sizeof connector->buffer_bytes);
    }
}
