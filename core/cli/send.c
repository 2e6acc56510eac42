/* SPDX-License-Identifier: Apache-2.0 */
/* send.c - `corewire send`. */
#include "base/clock.h"
#include "session.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum { BODY_BYTES_MAX = 1 << 27, COUNT_MAX = 1000000000 };

enum send_key {
    KEY_PERSISTENT = 256,
    KEY_RECEIPT,
    KEY_REPLY_TO,
    KEY_TTL,
    KEY_FILE,
    KEY_BYTES,
};

struct send {
    struct session session;
    const char **headers; /* "name:value" */
    size_t header_count;
    const char *destination, *body, *file, *reply_to;
    bool is_persistent, wants_receipt, is_bytes;
    int64_t ttl_ms, count;
    struct text content;
};

static const struct argp_option send_options[] = {
    {NULL, 0, NULL, 0, "Message", -1},
    {"header", 'H', "NAME:VALUE", 0, "one more header; may be repeated", 0},
    {"persistent", KEY_PERSISTENT, NULL, 0, "the message survives a restart of the broker", 0},
    {"reply-to", KEY_REPLY_TO, "DESTINATION", 0, "where answers shall go", 0},
    {"ttl", KEY_TTL, "MS", 0, "the message expires after so many milliseconds", 0},
    {"file", KEY_FILE, "FILE", 0, "the body is this file; - is standard input", 0},
    {"bytes", KEY_BYTES, NULL, 0, "a bytes message even if the body looks like text", 0},
    {"count", 'n', "COUNT", 0, "send it so many times", 0},
    {"receipt", KEY_RECEIPT, NULL, 0, "wait for the broker's receipt after each message", 0},
    {NULL, 0, NULL, 0, NULL, 0},
};

static error_t add_header(struct send *send, const char *text, struct argp_state *state)
{
    const char **more;

    if (!strchr(text, ':') || text[0] == ':')
        argp_error(state, "a header is NAME:VALUE, not %s", text);
    more = realloc(send->headers, (send->header_count + 1) * sizeof *more);
    if (!more)
        return ENOMEM;
    more[send->header_count++] = text;
    send->headers = more;
    return 0;
}

static error_t take_argument(struct send *send, const char *text, struct argp_state *state)
{
    if (!send->destination)
        send->destination = text;
    else if (!send->body)
        send->body = text;
    else
        argp_error(state, "unexpected argument %s", text);
    return 0;
}

static error_t parse_one(int key, char *arg, struct argp_state *state)
{
    struct send *send = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &send->session;
        return 0;
    case 'H':
        return add_header(send, arg, state);
    case KEY_PERSISTENT:
        send->is_persistent = true;
        return 0;
    case KEY_RECEIPT:
        send->wants_receipt = true;
        return 0;
    case KEY_BYTES:
        send->is_bytes = true;
        return 0;
    case KEY_REPLY_TO:
        send->reply_to = arg;
        return 0;
    case KEY_FILE:
        send->file = arg;
        return 0;
    case KEY_TTL:
        if (!cli_read_number(arg, INT64_MAX / 4, &send->ttl_ms))
            argp_error(state, "not a number of milliseconds: %s", arg);
        return 0;
    case 'n':
        if (!cli_read_number(arg, COUNT_MAX, &send->count))
            argp_error(state, "not a count: %s", arg);
        return 0;
    case ARGP_KEY_ARG:
        return take_argument(send, arg, state);
    case ARGP_KEY_END:
        if (!send->destination)
            argp_error(state, "no destination");
        if (send->body && send->file)
            argp_error(state, "a body on the command line and --file exclude each other");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int read_stream(FILE *from, struct text *out)
{
    char bytes[65536];
    size_t n;

    while ((n = fread(bytes, 1, sizeof bytes, from)) > 0) {
        text_add(out, slice_of(bytes, n));
        if (out->len > BODY_BYTES_MAX)
            return -EFBIG;
    }
    if (text_failed(out))
        return -ENOMEM;
    return ferror(from) ? -EIO : 0;
}

static enum cli_status read_body(struct send *send)
{
    const char *name = send->file ? send->file : "-";
    FILE *from;
    int error;

    if (send->body) {
        text_add(&send->content, slice_of_text(send->body));
        return text_failed(&send->content) ? CLI_FAILED : CLI_OK;
    }
    from = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
    error = from ? read_stream(from, &send->content) : -errno;
    if (from && from != stdin)
        fclose(from);
    if (error)
        fprintf(stderr, "corewire: %s: %s\n", name, strerror(-error));
    return error ? CLI_FAILED : CLI_OK;
}

static void add_destination(struct text *frame, struct slice name, const char *destination)
{
    struct text text;

    text_init(&text);
    stomp_destination(&text, destination);
    stomp_frame_header(frame, name, text_slice(&text));
    frame->failed |= text_failed(&text);
    text_fini(&text);
}

static void add_number(struct text *frame, struct slice name, int64_t number)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%" PRId64, number);
    stomp_frame_header(frame, name, slice_of_text(digits));
}

/* The whole SEND frame. A broker takes a body with content-length for bytes, one without for
 * text; only a body that holds a NUL leaves no choice. */
static void render(const struct send *send, struct text *frame)
{
    struct slice body = text_slice(&send->content);
    bool has_nul = body.len > 0 && memchr(body.bytes, 0, body.len);

    stomp_frame_begin(frame, "SEND");
    add_destination(frame, SLICE("destination"), send->destination);
    if (send->reply_to)
        add_destination(frame, SLICE("reply-to"), send->reply_to);
    if (send->is_persistent)
        stomp_frame_header(frame, SLICE("persistent"), SLICE("true"));
    if (send->ttl_ms > 0)
        add_number(frame, SLICE("expires"), clock_wall_ms() + send->ttl_ms);
    if (send->is_bytes || has_nul)
        add_number(frame, SLICE("content-length"), (int64_t)body.len);
    if (send->wants_receipt)
        stomp_frame_header(frame, SLICE("receipt"), SLICE("sent"));
    for (size_t i = 0; i < send->header_count; i++) {
        struct slice all = slice_of_text(send->headers[i]);
        size_t name_len = strcspn(send->headers[i], ":");

        stomp_frame_header(frame, slice_of(all.bytes, name_len), slice_after(all, name_len + 1));
    }
    stomp_frame_end(frame, body);
}

static int send_one(const struct send *send, struct text_error *why)
{
    struct text frame;
    int error;

    text_init(&frame);
    render(send, &frame);
    error = stomp_client_write(send->session.client, &frame, why);
    if (!error && send->wants_receipt)
        error = stomp_client_await_receipt(send->session.client, "sent", why);
    text_fini(&frame);
    return error;
}

/* After a failed write the reason may still be in the socket: an ERROR says more than EPIPE. */
static enum cli_status explain(struct send *send, int error, struct text_error *why)
{
    struct stomp_client_frame frame;
    struct text_error reason;

    if (error == -EPIPE || error == -ECONNRESET) {
        int read;

        do {
            read = stomp_client_read(send->session.client, 0, &frame, &reason);
        } while (!read);
        if (read == -EPROTO)
            return session_failed(read, &reason);
    }
    return session_failed(error, why);
}

static enum cli_status send_all(struct send *send)
{
    struct text_error why = {{0}};
    int error = 0;

    for (int64_t i = 0; i < send->count && !error; i++)
        error = send_one(send, &why);
    /* Not before this has the broker read, and perhaps refused, all of it. */
    if (!error)
        error = stomp_client_disconnect(send->session.client, &why);
    return error ? explain(send, error, &why) : CLI_OK;
}

enum cli_status cli_send(int argc, char **argv)
{
    static const struct argp_child children[] = {{&session_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        send_options,
        parse_one,
        "DESTINATION [BODY]",
        "Sends a message; without BODY and --file its body is standard input.\v"
        "A destination is /queue/NAME, /topic/NAME, queue://NAME or topic://NAME.",
        children,
        NULL,
        NULL};
    struct send send = {.count = 1};
    enum cli_status status = CLI_USAGE;

    session_init(&send.session);
    text_init(&send.content);
    if (argp_parse(&argp, argc, argv, 0, NULL, &send) == 0)
        status = read_body(&send);
    if (status == CLI_OK)
        status = session_open(&send.session);
    if (status == CLI_OK)
        status = send_all(&send);
    session_fini(&send.session);
    text_fini(&send.content);
    free(send.headers);
    return status;
}
