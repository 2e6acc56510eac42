/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receive.c - `corewire receive`. A message is acknowledged after it has been printed, one by
 * one, unless --ack says otherwise: the broker's mode auto would count all messages that it has
 * sent ahead as consumed, also those behind the last one we were asked for.
 */
#include "session.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { COUNT_MAX = 1000000000, PREFETCH_MAX = 1000 };

enum receive_key {
    KEY_TIMEOUT = 256,
    KEY_ACK,
    KEY_SELECTOR,
    KEY_HEADERS,
    KEY_DURABLE,
    KEY_CLIENT_ID,
    KEY_BROWSE,
    KEY_JSON,
};

struct receive {
    struct session session;
    const char *destination, *ack, *selector, *durable;
    bool shows_headers, is_browser, is_json;
    int64_t count;      /* 0: no end */
    int64_t timeout_ms; /* for the next message; -1: none */
};

static const struct argp_option receive_options[] = {
    {NULL, 0, NULL, 0, "Messages", -1},
    {"count", 'n', "COUNT", 0, "end after so many", 0},
    {"timeout", KEY_TIMEOUT, "S", 0, "end when none came for S seconds", 0},
    {"ack", KEY_ACK, "MODE", 0, "auto, client or client-individual (the default)", 0},
    {"selector", KEY_SELECTOR, "SQL", 0, "only messages for which this holds", 0},
    {"durable", KEY_DURABLE, "NAME", 0, "durable subscription to a topic; needs --client-id", 0},
    {"client-id", KEY_CLIENT_ID, "ID", 0, "who we are, for durable subscriptions", 0},
    {"browse", KEY_BROWSE, NULL, 0, "look at the messages of a queue and leave them there", 0},
    {NULL, 0, NULL, 0, "Output", 0},
    {"headers", KEY_HEADERS, NULL, 0, "print headers and an empty line before each body", 0},
    {"json", KEY_JSON, NULL, 0, "print each message as one line of JSON", 0},
    {NULL, 0, NULL, 0, NULL, 0},
};

static error_t set_timeout(struct receive *r, const char *text, struct argp_state *state)
{
    char *end;
    double seconds = strtod(text, &end);

    if (end == text || *end != '\0' || !isfinite(seconds) || seconds < 0 || seconds > 1e9)
        argp_error(state, "not a number of seconds: %s", text);
    r->timeout_ms = (int64_t)(seconds * 1000);
    return 0;
}

static error_t settle(struct receive *r, struct argp_state *state)
{
    if (!r->destination)
        argp_error(state, "no destination");
    if (r->durable && !r->session.login.client_id)
        argp_error(state, "--durable needs --client-id");
    if (strcmp(r->ack, "auto") != 0 && strcmp(r->ack, "client") != 0 &&
        strcmp(r->ack, "client-individual") != 0)
        argp_error(state, "unknown mode of acknowledgement: %s", r->ack);
    if (r->is_browser)
        r->ack = "auto"; /* a browser cannot acknowledge */
    return 0;
}

static error_t parse_one(int key, char *arg, struct argp_state *state)
{
    struct receive *r = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &r->session;
        return 0;
    case 'n':
        if (!cli_read_number(arg, COUNT_MAX, &r->count))
            argp_error(state, "not a count: %s", arg);
        return 0;
    case KEY_TIMEOUT:
        return set_timeout(r, arg, state);
    case KEY_ACK:
        r->ack = arg;
        return 0;
    case KEY_SELECTOR:
        r->selector = arg;
        return 0;
    case KEY_HEADERS:
        r->shows_headers = true;
        return 0;
    case KEY_DURABLE:
        r->durable = arg;
        return 0;
    case KEY_CLIENT_ID:
        r->session.login.client_id = arg;
        return 0;
    case KEY_BROWSE:
        r->is_browser = true;
        return 0;
    case KEY_JSON:
        r->is_json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (r->destination)
            argp_error(state, "unexpected argument %s", arg);
        r->destination = arg;
        return 0;
    case ARGP_KEY_END:
        return settle(r, state);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int subscribe(struct receive *r, struct text_error *why)
{
    struct text frame, destination, prefetch;
    int error;

    text_init(&frame);
    text_init(&destination);
    text_init(&prefetch);
    stomp_destination(&destination, r->destination);
    stomp_frame_begin(&frame, "SUBSCRIBE");
    stomp_frame_header(&frame, SLICE("id"), SLICE("0"));
    stomp_frame_header(&frame, SLICE("destination"), text_slice(&destination));
    stomp_frame_header(&frame, SLICE("ack"), slice_of_text(r->ack));
    if (r->selector)
        stomp_frame_header(&frame, SLICE("selector"), slice_of_text(r->selector));
    if (r->durable)
        stomp_frame_header(&frame, SLICE("activemq.subscriptionName"), slice_of_text(r->durable));
    if (r->is_browser)
        stomp_frame_header(&frame, SLICE("browser"), SLICE("true"));
    if (!r->is_browser && r->count > 0 && r->count < PREFETCH_MAX) {
        text_add_format(&prefetch, "%d", (int)r->count);
        stomp_frame_header(&frame, SLICE("activemq.prefetchSize"), text_slice(&prefetch));
    }
    stomp_frame_end(&frame, SLICE(""));
    frame.failed |= text_failed(&destination) || text_failed(&prefetch);
    error = stomp_client_write(r->session.client, &frame, why);
    text_fini(&frame);
    text_fini(&destination);
    text_fini(&prefetch);
    return error;
}

static int acknowledge(struct receive *r, const struct stomp_client_frame *message,
                       struct text_error *why)
{
    struct slice id = stomp_client_header(message, "ack");
    struct text frame;
    int error;

    if (strcmp(r->ack, "auto") == 0 || !slice_is_present(id))
        return 0;
    text_init(&frame);
    stomp_frame_begin(&frame, "ACK");
    stomp_frame_header(&frame, SLICE("id"), id);
    stomp_frame_end(&frame, SLICE(""));
    error = stomp_client_write(r->session.client, &frame, why);
    text_fini(&frame);
    return error;
}

static void print_json(const struct stomp_client_frame *message)
{
    fputs("{\"headers\": {", stdout);
    for (size_t i = 0; i < message->header_count; i++) {
        fputs(i > 0 ? ", " : "", stdout);
        if (!cli_put_json(stdout, message->headers[i].name))
            fputs("\"\"", stdout);
        fputs(": ", stdout);
        if (!cli_put_json(stdout, message->headers[i].value))
            fputs("null", stdout);
    }
    fputs("}, \"body\": ", stdout);
    if (!cli_put_json(stdout, message->body)) {
        fputs("null, \"body_base64\": ", stdout);
        cli_put_base64(stdout, message->body);
    }
    fputs("}\n", stdout);
}

static void print_plain(const struct receive *r, const struct stomp_client_frame *message)
{
    for (size_t i = 0; r->shows_headers && i < message->header_count; i++)
        printf("%.*s: %.*s\n", SLICE_FMT(message->headers[i].name),
               SLICE_FMT(message->headers[i].value));
    if (r->shows_headers)
        putchar('\n');
    if (message->body.len > 0)
        fwrite(message->body.bytes, 1, message->body.len, stdout);
    putchar('\n');
}

/* One frame. 1: a message was printed; 0: something else came; -ENODATA: the browse is over. */
static int receive_one(struct receive *r, struct text_error *why)
{
    struct stomp_client_frame frame;
    int error = stomp_client_read(r->session.client, r->timeout_ms, &frame, why);

    if (error)
        return error;
    if (!slice_is(frame.command, "MESSAGE"))
        return 0;
    if (r->is_browser && slice_is(stomp_client_header(&frame, "browser"), "end"))
        return -ENODATA;
    if (r->is_json)
        print_json(&frame);
    else
        print_plain(r, &frame);
    if (fflush(stdout) != 0) {
        text_error_set(why, "cannot write: %s", strerror(errno));
        return -EIO;
    }
    error = acknowledge(r, &frame, why);
    return error ? error : 1;
}

static enum cli_status receive_all(struct receive *r)
{
    struct text_error why = {{0}};
    int64_t received = 0;
    int result = subscribe(r, &why), error;

    while (result >= 0 && (r->count == 0 || received < r->count)) {
        result = receive_one(r, &why);
        received += result == 1;
    }
    if (result == -EIO) {
        fprintf(stderr, "corewire: %s\n", why.text);
        return CLI_FAILED;
    }
    if (result < 0 && result != -ENODATA && result != -ETIMEDOUT)
        return session_failed(result, &why);
    if (result == -ETIMEDOUT && r->count > 0)
        fprintf(stderr, "corewire: timeout after %lld of %lld messages\n", (long long)received,
                (long long)r->count);
    /* The receipt for DISCONNECT also confirms the acknowledgements before it. */
    error = stomp_client_disconnect(r->session.client, &why);
    if (error)
        return session_failed(error, &why);
    return result == -ETIMEDOUT && r->count > 0 ? CLI_TIMEOUT : CLI_OK;
}

enum cli_status cli_receive(int argc, char **argv)
{
    static const struct argp_child children[] = {{&session_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        receive_options,
        parse_one,
        "DESTINATION",
        "Prints the messages of a destination as they come.\v"
        "A destination is /queue/NAME, /topic/NAME, queue://NAME or topic://NAME.",
        children,
        NULL,
        NULL};
    struct receive r = {.ack = "client-individual", .timeout_ms = -1};
    enum cli_status status = CLI_USAGE;

    session_init(&r.session);
    if (argp_parse(&argp, argc, argv, 0, NULL, &r) == 0)
        status = session_open(&r.session);
    if (status == CLI_OK)
        status = receive_all(&r);
    session_fini(&r.session);
    return status;
}
