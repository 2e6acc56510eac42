/* SPDX-License-Identifier: Apache-2.0 */
#include "stomp_client.h"
#include "base/clock.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MS = 30000, READ_BYTES = 65536 };

struct stomp_client {
    int fd;
    struct text input; /* what came; the first input_used bytes belong to the last frame */
    size_t input_used;
    struct stomp_client_header headers[STOMP_CLIENT_HEADERS_MAX];
};

/* ---- writing */

static void add_escaped(struct text *text, struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        switch (s.bytes[i]) {
        case '\n':
            text_add(text, SLICE("\\n"));
            break;
        case '\r':
            text_add(text, SLICE("\\r"));
            break;
        case ':':
            text_add(text, SLICE("\\c"));
            break;
        case '\\':
            text_add(text, SLICE("\\\\"));
            break;
        default:
            text_add_char(text, (char)s.bytes[i]);
        }
    }
}

void stomp_frame_begin(struct text *text, const char *command)
{
    text_add(text, slice_of_text(command));
    text_add_char(text, '\n');
}

void stomp_frame_header(struct text *text, struct slice name, struct slice value)
{
    add_escaped(text, name);
    text_add_char(text, ':');
    add_escaped(text, value);
    text_add_char(text, '\n');
}

void stomp_frame_end(struct text *text, struct slice body)
{
    text_add_char(text, '\n');
    text_add(text, body);
    text_add_char(text, '\0');
}

void stomp_destination(struct text *text, const char *name)
{
    static const char *const kinds[] = {"queue", "topic", "temp-queue", "temp-topic"};

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        size_t len = strlen(kinds[i]);

        if (strncmp(name, kinds[i], len) == 0 && strncmp(name + len, "://", 3) == 0) {
            text_add_format(text, "/%s/%s", kinds[i], name + len + 3);
            return;
        }
    }
    text_add(text, slice_of_text(name));
}

int stomp_client_write(struct stomp_client *client, const struct text *frame,
                       struct text_error *why)
{
    struct slice rest = text_slice(frame);

    if (text_failed(frame)) {
        text_error_set(why, "out of memory");
        return -ENOMEM;
    }
    while (rest.len > 0) {
        ssize_t n = send(client->fd, rest.bytes, rest.len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int error = errno;
            text_error_set(why, "connection lost: %s", strerror(error));
            return -error;
        }
        rest = slice_after(rest, (size_t)n);
    }
    return 0;
}

/* ---- reading */

/* Undoes the escapes in place: the result is never longer. Unknown ones stay as they are. */
static struct slice unescape(uint8_t *bytes, size_t len)
{
    static const char codes[] = "nrc\\", plain[] = "\n\r:\\";
    size_t to = 0;

    for (size_t i = 0; i < len; i++, to++) {
        const char *code = i + 1 < len && bytes[i] == '\\' ? memchr(codes, bytes[i + 1], 4) : NULL;

        bytes[to] = code ? (uint8_t)plain[code - codes] : bytes[i];
        i += code != NULL;
    }
    return slice_of(bytes, to);
}

/* Length of the head with its empty line; 0: not all of it is here yet. */
static size_t find_head(const uint8_t *bytes, size_t len)
{
    size_t line = 0;

    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != '\n')
            continue;
        if (i == line || (i == line + 1 && bytes[line] == '\r'))
            return i + 1;
        line = i + 1;
    }
    return 0;
}

/* The content-length of a head that is not cut into headers yet; -1: none, -2: nonsense. */
static int64_t content_length(const uint8_t *head, size_t len)
{
    static const struct slice name = {(const uint8_t *)"\ncontent-length:", 16};
    const uint8_t *found = memmem(head, len, name.bytes, name.len);
    const uint8_t *value, *end;
    int64_t number;

    if (!found)
        return -1;
    value = found + name.len;
    end = memchr(value, '\n', (size_t)(head + len - value));
    if (end > value && end[-1] == '\r')
        end--;
    if (!slice_to_i64(slice_of(value, (size_t)(end - value)), &number) || number < 0 ||
        number > STOMP_CLIENT_FRAME_MAX)
        return -2;
    return number;
}

static void cut_head(struct stomp_client *client, uint8_t *head, size_t len,
                     struct stomp_client_frame *frame)
{
    size_t count = 0;
    bool is_first = true, is_connected = false;

    for (size_t at = 0; at < len; is_first = false) {
        uint8_t *line = head + at, *colon;
        uint8_t *stop = memchr(line, '\n', len - at);
        size_t line_len = (size_t)(stop - line);

        at += line_len + 1;
        if (line_len > 0 && line[line_len - 1] == '\r')
            line_len--;
        colon = memchr(line, ':', line_len);
        if (is_first) {
            frame->command = slice_of(line, line_len);
            is_connected = slice_is(frame->command, "CONNECTED");
        } else if (colon && count < STOMP_CLIENT_HEADERS_MAX) {
            size_t name_len = (size_t)(colon - line), value_len = line_len - name_len - 1;
            struct stomp_client_header *h = &client->headers[count++];

            h->name = is_connected ? slice_of(line, name_len) : unescape(line, name_len);
            h->value =
                is_connected ? slice_of(colon + 1, value_len) : unescape(colon + 1, value_len);
        }
    }
    frame->headers = client->headers;
    frame->header_count = count;
}

/* 1: *frame is the next frame; 0: more bytes are needed; -EPROTO: there is no next frame. */
static int take_frame(struct stomp_client *client, struct stomp_client_frame *frame)
{
    uint8_t *bytes = (uint8_t *)client->input.bytes;
    size_t len = client->input.len, start = 0, head, body_len;
    const uint8_t *nul;
    int64_t stated;

    while (start < len && (bytes[start] == '\n' || bytes[start] == '\r' || bytes[start] == 0))
        start++;
    head = find_head(bytes + start, len - start);
    if (head == 0)
        return len > STOMP_CLIENT_FRAME_MAX ? -EPROTO : 0;
    stated = content_length(bytes + start, head);
    if (stated == -2)
        return -EPROTO;
    if (stated >= 0) {
        body_len = (size_t)stated;
        if (len - start - head <= body_len)
            return 0;
        if (bytes[start + head + body_len] != 0)
            return -EPROTO;
    } else {
        nul = memchr(bytes + start + head, 0, len - start - head);
        if (!nul)
            return len > STOMP_CLIENT_FRAME_MAX ? -EPROTO : 0;
        body_len = (size_t)(nul - bytes) - start - head;
    }
    frame->body = slice_of(bytes + start + head, body_len);
    cut_head(client, bytes + start, head, frame);
    client->input_used = start + head + body_len + 1;
    return 1;
}

static int read_more(struct stomp_client *client, int64_t deadline_ms, struct text_error *why)
{
    struct pollfd wait = {.fd = client->fd, .events = POLLIN};
    char bytes[READ_BYTES];
    int64_t left = deadline_ms < 0 ? -1 : deadline_ms - clock_monotonic_ms();
    ssize_t n;
    int ready;

    if (deadline_ms >= 0 && left < 0)
        left = 0;
    ready = poll(&wait, 1, left > INT32_MAX ? INT32_MAX : (int)left);
    if (ready == 0) {
        text_error_set(why, "no answer in time");
        return -ETIMEDOUT;
    }
    n = ready < 0 ? -1 : recv(client->fd, bytes, sizeof bytes, 0);
    if (n < 0 && errno == EINTR)
        return 0;
    if (n <= 0) {
        int error = n == 0 ? ECONNRESET : errno;
        text_error_set(why, n == 0 ? "the broker closed the connection" : "connection lost: %s",
                       strerror(error));
        return -error;
    }
    text_add(&client->input, slice_of(bytes, (size_t)n));
    return text_failed(&client->input) ? -ENOMEM : 0;
}

static void explain(const struct stomp_client_frame *frame, struct text_error *why)
{
    struct slice message = stomp_client_header(frame, "message");
    struct slice text = message.len > 0 ? message : frame->body;
    const uint8_t *stop = memchr(text.len > 0 ? text.bytes : (const uint8_t *)"", '\n', text.len);

    if (stop)
        text.len = (size_t)(stop - text.bytes);
    text_error_set(why, "%.*s", SLICE_FMT(text));
}

static void drop_last_frame(struct stomp_client *client)
{
    if (client->input_used == 0)
        return;
    client->input.len -= client->input_used;
    memmove(client->input.bytes, client->input.bytes + client->input_used, client->input.len);
    client->input_used = 0;
}

int stomp_client_read(struct stomp_client *client, int64_t timeout_ms,
                      struct stomp_client_frame *frame, struct text_error *why)
{
    int64_t deadline_ms = timeout_ms < 0 ? -1 : clock_monotonic_ms() + timeout_ms;
    int taken;

    drop_last_frame(client);
    while ((taken = take_frame(client, frame)) == 0) {
        int error = read_more(client, deadline_ms, why);
        if (error)
            return error;
    }
    if (taken < 0) {
        text_error_set(why, "the other side does not speak STOMP");
        return -EPROTO;
    }
    if (slice_is(frame->command, "ERROR")) {
        explain(frame, why);
        return -EPROTO;
    }
    return 0;
}

struct slice stomp_client_header(const struct stomp_client_frame *frame, const char *name)
{
    for (size_t i = 0; i < frame->header_count; i++) {
        if (slice_is(frame->headers[i].name, name))
            return frame->headers[i].value;
    }
    return SLICE_ABSENT;
}

int stomp_client_await_receipt(struct stomp_client *client, const char *id, struct text_error *why)
{
    struct stomp_client_frame frame;
    int error;

    do {
        error = stomp_client_read(client, ANSWER_MS, &frame, why);
    } while (!error && !(slice_is(frame.command, "RECEIPT") &&
                         slice_is(stomp_client_header(&frame, "receipt-id"), id)));
    return error;
}

int stomp_client_disconnect(struct stomp_client *client, struct text_error *why)
{
    struct text text;
    int error;

    text_init(&text);
    stomp_frame_begin(&text, "DISCONNECT");
    stomp_frame_header(&text, SLICE("receipt"), SLICE("bye"));
    stomp_frame_end(&text, SLICE(""));
    error = stomp_client_write(client, &text, why);
    text_fini(&text);
    return error ? error : stomp_client_await_receipt(client, "bye", why);
}

/* ---- connecting */

static int connect_any(const struct stomp_client_login *login, struct text_error *why)
{
    struct addrinfo want = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int error = getaddrinfo(login->host, login->port, &want, &found);
    int fd = -1;

    if (error != 0) {
        text_error_set(why, "%s: %s", login->host, gai_strerror(error));
        return -EHOSTUNREACH;
    }
    error = EHOSTUNREACH;
    for (const struct addrinfo *a = found; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            break;
        error = errno;
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    if (fd < 0) {
        text_error_set(why, "cannot connect to %s port %s: %s", login->host, login->port,
                       strerror(error));
        return -error;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    return fd;
}

static bool is_one_line(const char *text)
{
    return !text || !strpbrk(text, "\r\n");
}

static int greet(struct stomp_client *client, const struct stomp_client_login *login,
                 struct text_error *why)
{
    struct stomp_client_frame frame;
    struct text text;
    int error;

    /* STOMP 1.2: CONNECT is never escaped, so a line end in a value would be another header. */
    if (!is_one_line(login->user) || !is_one_line(login->password) ||
        !is_one_line(login->client_id)) {
        text_error_set(why, "user, password and client id must be one line");
        return -EINVAL;
    }
    text_init(&text);
    text_add_format(&text, "CONNECT\naccept-version:1.2\nheart-beat:0,0\nhost:%s\n", login->host);
    if (login->user)
        text_add_format(&text, "login:%s\n", login->user);
    if (login->password)
        text_add_format(&text, "passcode:%s\n", login->password);
    if (login->client_id)
        text_add_format(&text, "client-id:%s\n", login->client_id);
    stomp_frame_end(&text, SLICE(""));
    error = stomp_client_write(client, &text, why);
    text_fini(&text);
    if (!error)
        error = stomp_client_read(client, ANSWER_MS, &frame, why);
    if (!error && !slice_is(frame.command, "CONNECTED")) {
        text_error_set(why, "unexpected answer %.*s", SLICE_FMT(frame.command));
        error = -EPROTO;
    }
    return error;
}

int stomp_client_open(const struct stomp_client_login *login, struct stomp_client **out,
                      struct text_error *why)
{
    struct stomp_client *client = calloc(1, sizeof *client);
    int error;

    if (!client) {
        text_error_set(why, "out of memory");
        return -ENOMEM;
    }
    text_init(&client->input);
    client->fd = connect_any(login, why);
    error = client->fd < 0 ? client->fd : greet(client, login, why);
    if (error) {
        stomp_client_close(client);
        return error;
    }
    *out = client;
    return 0;
}

void stomp_client_close(struct stomp_client *client)
{
    if (!client)
        return;
    if (client->fd >= 0)
        close(client->fd);
    text_fini(&client->input);
    free(client);
}
