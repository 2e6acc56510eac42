/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"
#include "openwire.h"
#include "run.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int connect_one(const struct addrinfo *address)
{
    struct timeval patience = {.tv_sec = CLIENT_PATIENCE_SECONDS};
    int fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, 0);
    int error;

    if (fd < 0)
        return -errno;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ||
        connect(fd, address->ai_addr, address->ai_addrlen) != 0) {
        error = -errno;
        close(fd);
        return error;
    }
    return fd;
}

static int connect_any(const struct options *options, const char *port, struct text_error *why)
{
    struct addrinfo want = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int error = getaddrinfo(options->host, port, &want, &found);
    int fd = -EHOSTUNREACH;

    if (error != 0) {
        text_error_set(why, "%s: %s", options->host, gai_strerror(error));
        return -EHOSTUNREACH;
    }
    for (const struct addrinfo *a = found; a && fd < 0; a = a->ai_next)
        fd = connect_one(a);
    freeaddrinfo(found);
    if (fd < 0)
        text_error_set(why, "cannot connect to %s port %s: %s", options->host, port, strerror(-fd));
    return fd;
}

void client_add_escaped(struct text *text, enum bench_protocol protocol, struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = (char)value.bytes[i];

        if (protocol == BENCH_STOMP_10)
            text_add_char(text, c);
        else if (c == ':')
            text_add(text, SLICE("\\c"));
        else if (c == '\n')
            text_add(text, SLICE("\\n"));
        else if (c == '\\')
            text_add(text, SLICE("\\\\"));
        else
            text_add_char(text, c);
    }
}

void client_explain_error(const struct frame *frame, struct text_error *why)
{
    struct slice message = frame_header(frame, SLICE("message"));
    struct slice text = slice_is_present(message) && message.len > 0 ? message : frame->body;

    if (text.len > 200)
        text.len = 200;
    text_error_set(why, "ERROR from the broker: %.*s", SLICE_FMT(text));
}

int client_send_all(struct client *client, struct slice rest, struct text_error *why)
{
    while (rest.len > 0) {
        ssize_t n = send(client->fd, rest.bytes, rest.len, MSG_NOSIGNAL);

        if (n < 0) {
            int error = errno;
            text_error_set(why, "cannot send: %s", strerror(error));
            return -error;
        }
        rest = slice_after(rest, (size_t)n);
    }
    return 0;
}

static int send_text(struct client *client, struct text *text, struct text_error *why)
{
    if (text_failed(text)) {
        text_error_set(why, "out of memory");
        return -ENOMEM;
    }
    return client_send_all(client, text_slice(text), why);
}

int client_receive_more(struct client *client, struct text_error *why)
{
    char bytes[4096];
    ssize_t n = recv(client->fd, bytes, sizeof bytes, 0);

    if (n == 0) {
        text_error_set(why, "the broker closed the connection");
        return -ECONNRESET;
    }
    if (n < 0) {
        int error = errno;
        text_error_set(why, error == EAGAIN ? "no answer from the broker" : "cannot receive: %s",
                       strerror(error));
        return -error;
    }
    text_add(&client->kept, slice_of(bytes, (size_t)n));
    return text_failed(&client->kept) ? -ENOMEM : 0;
}

/* Waits for a frame of this kind and removes it from `kept`; MESSAGE frames stay in front. */
static int await_frame(struct client *client, enum frame_kind kind, struct text_error *why)
{
    struct frame_hint no_hint = {0};
    size_t at = 0;

    for (;;) {
        struct slice kept = text_slice(&client->kept);
        struct frame frame;
        enum frame_status status = frame_next(&no_hint, slice_after(kept, at), &frame);

        if (status == FRAME_BROKEN) {
            text_error_set(why, "what the broker sends is not STOMP");
            return -EPROTO;
        }
        if (status == FRAME_PARTIAL) {
            int error = client_receive_more(client, why);
            if (error)
                return error;
        } else if (frame.kind == FRAME_ERROR) {
            client_explain_error(&frame, why);
            return -EPROTO;
        } else if (frame.kind == kind) {
            char *from = client->kept.bytes + at;

            client->kept.len -= frame.consumed;
            memmove(from, from + frame.consumed, client->kept.len - at);
            return 0;
        } else {
            at += frame.consumed;
        }
    }
}

static void add_header(struct text *text, enum bench_protocol protocol, const char *name,
                       const char *value)
{
    text_add_format(text, "%s:", name);
    client_add_escaped(text, protocol, slice_of_text(value));
    text_add_char(text, '\n');
}

static int say_connect(struct client *client, const struct options *options, struct text_error *why)
{
    struct text text;
    int error;

    text_init(&text);
    text_add(&text, SLICE("CONNECT\n"));
    /* STOMP 1.2: CONNECT itself is never escaped. */
    if (client->protocol != BENCH_STOMP_10)
        text_add_format(&text, "accept-version:%s\nhost:%s\nheart-beat:0,0\n",
                        options_protocol_name(client->protocol), options->host);
    if (options->user)
        text_add_format(&text, "login:%s\n", options->user);
    if (options->password)
        text_add_format(&text, "passcode:%s\n", options->password);
    text_add_char(&text, '\n');
    text_add_char(&text, '\0');
    error = send_text(client, &text, why);
    text_fini(&text);
    return error ? error : await_frame(client, FRAME_CONNECTED, why);
}

int client_open(struct client *client, const struct options *options, enum bench_protocol protocol,
                struct text_error *why)
{
    bool is_stomp = protocol != BENCH_OPENWIRE;
    int error;

    *client = (struct client){.fd = -1, .protocol = protocol};
    text_init(&client->kept);
    client->fd = connect_any(options, is_stomp ? options->port : options->openwire_port, why);
    if (client->fd < 0)
        return client->fd;
    error = is_stomp ? say_connect(client, options, why) : openwire_open(client, options, why);
    if (error)
        client_close(client);
    return error;
}

int client_subscribe(struct client *client, const struct options *options, const char *destination,
                     struct text_error *why)
{
    struct text text;
    int error;

    if (client->openwire)
        return openwire_subscribe(client, options, destination, why);
    text_init(&text);
    text_add_format(&text, "SUBSCRIBE\nid:0\nreceipt:subscribed\ndestination:%s",
                    run_prefix(options));
    client_add_escaped(&text, client->protocol, slice_of_text(destination));
    text_add_char(&text, '\n');
    add_header(&text, client->protocol, "ack", options_ack_name(options));
    if (options->prefetch >= 0)
        text_add_format(&text, "activemq.prefetchSize:%lld\n", (long long)options->prefetch);
    if (options->selector)
        add_header(&text, client->protocol, "selector", options->selector);
    text_add_char(&text, '\n');
    text_add_char(&text, '\0');
    error = send_text(client, &text, why);
    text_fini(&text);
    if (!error)
        error = await_frame(client, FRAME_RECEIPT, why);
    return error;
}

int client_set_nonblocking(struct client *client)
{
    int flags = fcntl(client->fd, F_GETFL);

    if (flags < 0 || fcntl(client->fd, F_SETFL, flags | O_NONBLOCK) != 0)
        return -errno;
    return 0;
}

void client_leave(struct client *client)
{
    struct text text;
    struct text_error ignored;
    int flags = fcntl(client->fd, F_GETFL);

    if (flags < 0 || fcntl(client->fd, F_SETFL, flags & ~O_NONBLOCK) != 0)
        return;
    text_init(&text);
    if (client->openwire) {
        openwire_leave(client);
    } else {
        text_add(&text, slice_of(client->out + client->out_at, client->out_len - client->out_at));
        text_add(&text, SLICE("DISCONNECT\nreceipt:bye\n\n\0"));
        if (send_text(client, &text, &ignored) == 0)
            (void)await_frame(client, FRAME_RECEIPT, &ignored);
    }
    text_fini(&text);
}

void client_close(struct client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
    openwire_destroy(client->openwire);
    client->openwire = NULL;
    text_fini(&client->kept);
    free(client->out);
    client->out = NULL;
    client->out_at = client->out_len = client->out_capacity = 0;
}

int client_reserve(struct client *client, size_t bytes)
{
    size_t capacity = client->out_capacity;
    uint8_t *larger;

    if (client->out_at == client->out_len)
        client->out_at = client->out_len = 0;
    if (capacity - client->out_len >= bytes)
        return 0;
    if (client->out_at > 0) {
        memmove(client->out, client->out + client->out_at, client->out_len - client->out_at);
        client->out_len -= client->out_at;
        client->out_at = 0;
    }
    while (capacity - client->out_len < bytes)
        capacity = capacity == 0 ? 256 : capacity * 2;
    if (capacity == client->out_capacity)
        return 0;
    larger = realloc(client->out, capacity);
    if (!larger)
        return -ENOMEM;
    client->out = larger;
    client->out_capacity = capacity;
    return 0;
}

int client_flush(struct client *client)
{
    while (client_has_output(client)) {
        ssize_t n = send(client->fd, client->out + client->out_at, client->out_len - client->out_at,
                         MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EAGAIN) {
            client->is_blocked = true;
            return 0;
        }
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0)
            client->out_at += (size_t)n;
    }
    client->is_blocked = false;
    return 0;
}
