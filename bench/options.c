/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"
#include "stamp.h"
#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_BYTES_MAX = 1 << 24, CONNECTIONS_MAX = 1000000, THREADS_MAX = 64 };

enum option_key {
    KEY_HOST = 'h',
    KEY_PORT = 'P',
    KEY_USER = 'u',
    KEY_PASSWORD = 'p',
    KEY_QUEUE = 'q',
    KEY_TOPIC = 't',
    KEY_SIZE = 's',
    KEY_MESSAGES = 'n',
    KEY_SECONDS = 'd',
    KEY_RATE = 'r',
    KEY_WINDOW = 'w',
    KEY_HEADER = 'H',
    KEY_JSON = 'j',
    KEY_PROTOCOL = 256,
    KEY_PRODUCER_PROTOCOL,
    KEY_CONSUMER_PROTOCOL,
    KEY_OPENWIRE_PORT,
    KEY_LOOSE,
    KEY_NO_CACHE,
    KEY_DESTINATIONS,
    KEY_PRODUCERS,
    KEY_CONSUMERS,
    KEY_THREADS,
    KEY_WARMUP,
    KEY_DRAIN,
    KEY_ACK,
    KEY_ACK_EVERY,
    KEY_PREFETCH,
    KEY_PERSISTENT,
    KEY_TEXT,
    KEY_NO_VERIFY,
    KEY_SLEEP,
    KEY_SELECTOR,
    KEY_IDLE,
    KEY_PID,
    KEY_CSV,
    KEY_QUIET,
};

/* clang-format off */
static const struct argp_option option_table[] = {
    {NULL, 0, NULL, 0, "Broker", 1},
    {"host", KEY_HOST, "HOST", 0, "name or address of the broker (127.0.0.1)", 0},
    {"port", KEY_PORT, "PORT", 0, "its STOMP port (61613)", 0},
    {"user", KEY_USER, "NAME", 0, "login", 0},
    {"password", KEY_PASSWORD, "PASSWORD", 0, "passcode", 0},
    {"openwire-port", KEY_OPENWIRE_PORT, "PORT", 0, "its OpenWire port (61616)", 0},
    {"protocol", KEY_PROTOCOL, "NAME", 0, "stomp (1.2), 1.0, 1.1, 1.2 or openwire", 0},
    {"producer-protocol", KEY_PRODUCER_PROTOCOL, "NAME", 0, "the same for those that send only", 0},
    {"consumer-protocol", KEY_CONSUMER_PROTOCOL, "NAME", 0, "the same for those that subscribe only", 0},
    {"loose", KEY_LOOSE, NULL, 0, "OpenWire: do not offer the tight encoding", 0},
    {"no-cache", KEY_NO_CACHE, NULL, 0, "OpenWire: do not offer the cache", 0},
    {NULL, 0, NULL, 0, "Load", 2},
    {"queue", KEY_QUEUE, "NAME", 0, "queues named NAME.0, NAME.1, ... (the default, with the name bench)", 0},
    {"topic", KEY_TOPIC, "NAME", 0, "topics named NAME.0, NAME.1, ...", 0},
    {"destinations", KEY_DESTINATIONS, "N", 0, "how many of them (1)", 0},
    {"producers", KEY_PRODUCERS, "N", 0, "connections that send, all together (1)", 0},
    {"consumers", KEY_CONSUMERS, "N", 0, "connections that subscribe, for each destination (1)", 0},
    {"size", KEY_SIZE, "BYTES", 0, "length of a body (100); below 24 nothing can be verified", 0},
    {"messages", KEY_MESSAGES, "N", 0, "end after sending N, all together", 0},
    {"seconds", KEY_SECONDS, "S", 0, "end after S seconds of sending (10, unless --messages)", 0},
    {"warmup", KEY_WARMUP, "S", 0, "leave the first S seconds out of all figures (0)", 0},
    {"rate", KEY_RATE, "R", 0, "messages a second, all together (0: as fast as possible); latency then counts "
                               "from the moment a message was due", 0},
    {"window", KEY_WINDOW, "N", 0, "unconfirmed messages of one producer (0: ask for no receipts)", 0},
    {"ack", KEY_ACK, "MODE", 0, "auto, client or client-individual (auto). With OpenWire the client "
                                 "acknowledges: auto each message as it comes, client a range of them", 0},
    {"ack-every", KEY_ACK_EVERY, "N", 0, "in mode client, acknowledge every Nth message (100)", 0},
    {"prefetch", KEY_PREFETCH, "N", 0, "of the subscriptions (OpenWire: 1000 for queues, 32767 for topics)", 0},
    {"persistent", KEY_PERSISTENT, NULL, 0, "send persistent messages", 0},
    {"text", KEY_TEXT, NULL, 0, "send no content-length: text instead of bytes messages", 0},
    {"selector", KEY_SELECTOR, "SQL", 0, "selector of the subscriptions; turns the check for loss off", 0},
    {"header", KEY_HEADER, "NAME:VALUE", 0, "one more header on each SEND; may be repeated", 0},
    {"idle-connections", KEY_IDLE, "N", 0, "open N more connections, each with a subscription", 0},
    {NULL, 0, NULL, 0, "Measuring", 3},
    {"threads", KEY_THREADS, "N", 0, "threads that drive the connections (1)", 0},
    {"sleep", KEY_SLEEP, NULL, 0, "with --rate: sleep until the next message is due, rather than spin", 0},
    {"drain", KEY_DRAIN, "S", 0, "give up when no message came for S seconds after the last was sent (10)", 0},
    {"no-verify", KEY_NO_VERIFY, NULL, 0, "do not check for lost, repeated and reordered messages", 0},
    {"pid", KEY_PID, "PID", 0, "process of the broker: report its resident memory", 0},
    {"json", KEY_JSON, "FILE", 0, "write the results as JSON; - is standard output", 0},
    {"csv", KEY_CSV, "FILE", 0, "write one line for each second", 0},
    {"quiet", KEY_QUIET, NULL, 0, "no progress, no table", 0},
    {NULL, 0, NULL, 0, NULL, 0},
};
/* clang-format on */

struct number_row {
    int key;
    size_t offset;
    int64_t min, max;
    bool is_wide; /* the field has 64 bits */
};

#define NARROW(key, field, min, max) \
    { \
        key, offsetof(struct options, field), min, max, false \
    }
#define WIDE(key, field, min, max) \
    { \
        key, offsetof(struct options, field), min, max, true \
    }
static const struct number_row number_rows[] = {
    NARROW(KEY_DESTINATIONS, destination_count, 1, CONNECTIONS_MAX),
    NARROW(KEY_PRODUCERS, producer_count, 0, CONNECTIONS_MAX),
    NARROW(KEY_CONSUMERS, consumer_count, 0, CONNECTIONS_MAX),
    NARROW(KEY_THREADS, thread_count, 1, THREADS_MAX),
    NARROW(KEY_SIZE, body_bytes, 0, BODY_BYTES_MAX),
    NARROW(KEY_WINDOW, window, 0, 1 << 30),
    NARROW(KEY_ACK_EVERY, ack_every, 1, 1 << 30),
    NARROW(KEY_IDLE, idle_count, 0, CONNECTIONS_MAX),
    WIDE(KEY_MESSAGES, message_count, 1, INT64_C(1) << 47),
    WIDE(KEY_PREFETCH, prefetch, 0, INT32_MAX),
    WIDE(KEY_PID, pid, 1, INT32_MAX),
};

struct real_row {
    int key;
    size_t offset;
    double max;
};

static const struct real_row real_rows[] = {
    {KEY_SECONDS, offsetof(struct options, seconds), 86400},
    {KEY_WARMUP, offsetof(struct options, warmup_seconds), 86400},
    {KEY_DRAIN, offsetof(struct options, drain_seconds), 86400},
    {KEY_RATE, offsetof(struct options, rate), 1e9},
};

static error_t refuse(struct argp_state *state, const char *what, const char *value)
{
    argp_error(state, "%s: %s", what, value);
    return EINVAL;
}

static error_t set_number(const struct number_row *row, const char *text, struct argp_state *state)
{
    uint8_t *field = (uint8_t *)state->input + row->offset;
    char *end;
    int64_t value;

    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < row->min || value > row->max)
        return refuse(state, "not a number in range", text);
    if (row->is_wide)
        memcpy(field, &value, sizeof value);
    else
        memcpy(field, &(uint32_t){(uint32_t)value}, sizeof(uint32_t));
    return 0;
}

static error_t set_real(const struct real_row *row, const char *text, struct argp_state *state)
{
    uint8_t *field = (uint8_t *)state->input + row->offset;
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || !isfinite(value) || value < 0 || value > row->max)
        return refuse(state, "not a number in range", text);
    memcpy(field, &value, sizeof value);
    return 0;
}

static error_t set_choice(const char *const *choices, const char *text, unsigned *out,
                          struct argp_state *state)
{
    for (unsigned i = 0; choices[i]; i++) {
        if (strcmp(choices[i], text) == 0) {
            *out = i;
            return 0;
        }
    }
    return refuse(state, "unknown choice", text);
}

static const char *const protocol_names[] = {"1.0", "1.1", "1.2", "openwire", "stomp", NULL};
static const char *const ack_names[] = {"auto", "client", "client-individual", NULL};

static error_t add_header(struct options *o, const char *text, struct argp_state *state)
{
    const char **more;

    if (!strchr(text, ':') || text[0] == ':')
        return refuse(state, "a header is NAME:VALUE, not", text);
    more = realloc(o->headers, (o->header_count + 1) * sizeof *more);
    if (!more)
        return ENOMEM;
    more[o->header_count++] = text;
    o->headers = more;
    return 0;
}

static error_t set_text(int key, const char *text, struct options *o)
{
    switch (key) {
    case KEY_HOST:
        o->host = text;
        return 0;
    case KEY_PORT:
        o->port = text;
        return 0;
    case KEY_OPENWIRE_PORT:
        o->openwire_port = text;
        return 0;
    case KEY_USER:
        o->user = text;
        return 0;
    case KEY_PASSWORD:
        o->password = text;
        return 0;
    case KEY_QUEUE:
    case KEY_TOPIC:
        o->kind = key == KEY_QUEUE ? BENCH_QUEUE : BENCH_TOPIC;
        o->name = text;
        return 0;
    case KEY_SELECTOR:
        o->selector = text;
        return 0;
    case KEY_JSON:
        o->json_file = text;
        return 0;
    case KEY_CSV:
        o->csv_file = text;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t set_flag(int key, struct options *o)
{
    switch (key) {
    case KEY_PERSISTENT:
        o->persistent = true;
        return 0;
    case KEY_TEXT:
        o->is_text = true;
        return 0;
    case KEY_NO_VERIFY:
        o->verify = false;
        return 0;
    case KEY_SLEEP:
        o->sleeps = true;
        return 0;
    case KEY_QUIET:
        o->quiet = true;
        return 0;
    case KEY_LOOSE:
        o->is_tight = false;
        return 0;
    case KEY_NO_CACHE:
        o->has_cache = false;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t set_protocol(int key, const char *text, struct options *o, struct argp_state *state)
{
    unsigned choice = BENCH_STOMP_12;
    error_t error = set_choice(protocol_names, text, &choice, state);
    enum bench_protocol protocol =
        choice > BENCH_OPENWIRE ? BENCH_STOMP_12 : (enum bench_protocol)choice;

    if (key != KEY_CONSUMER_PROTOCOL)
        o->producer_protocol = protocol;
    if (key != KEY_PRODUCER_PROTOCOL)
        o->consumer_protocol = protocol;
    return error;
}

/* What only makes sense, or not, with other options. */
static error_t settle(struct options *o, struct argp_state *state)
{
    if (o->message_count == 0 && o->seconds <= 0)
        o->seconds = 10;
    if (o->body_bytes < STAMP_BYTES || o->selector)
        o->verify = false;
    if (o->ack == BENCH_ACK_INDIVIDUAL)
        o->ack_every = 1;
    if (o->ack == BENCH_ACK_INDIVIDUAL && o->consumer_protocol == BENCH_STOMP_10)
        return refuse(state, "client-individual needs a newer protocol than", "1.0");
    if (o->prefetch == 0 && o->consumer_protocol == BENCH_OPENWIRE)
        return refuse(state, "this client of OpenWire does not pull: no prefetch of", "0");
    if ((uint64_t)o->consumer_count * o->destination_count + o->producer_count > CONNECTIONS_MAX)
        return refuse(state, "too many connections", "consumers * destinations + producers");
    return 0;
}

static error_t parse_one(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    unsigned choice = 0;
    error_t error;

    for (size_t i = 0; i < ARRAY_LEN(number_rows); i++) {
        if (number_rows[i].key == key)
            return set_number(&number_rows[i], arg, state);
    }
    for (size_t i = 0; i < ARRAY_LEN(real_rows); i++) {
        if (real_rows[i].key == key)
            return set_real(&real_rows[i], arg, state);
    }
    switch (key) {
    case KEY_PROTOCOL:
    case KEY_PRODUCER_PROTOCOL:
    case KEY_CONSUMER_PROTOCOL:
        return set_protocol(key, arg, o, state);
    case KEY_ACK:
        error = set_choice(ack_names, arg, &choice, state);
        o->ack = (enum bench_ack)choice;
        return error;
    case KEY_HEADER:
        return add_header(o, arg, state);
    case ARGP_KEY_ARG:
        return refuse(state, "unexpected argument", arg);
    case ARGP_KEY_END:
        return settle(o, state);
    default:
        error = set_flag(key, o);
        return error == ARGP_ERR_UNKNOWN ? set_text(key, arg, o) : error;
    }
}

int options_parse(int argc, char **argv, enum options_mode mode, struct options *out)
{
    static const struct argp argp = {
        option_table,
        parse_one,
        NULL,
        "Loads a broker with messages, by STOMP or OpenWire, and measures it.\v"
        "Exit status: 0 all well, 1 messages were lost, repeated or reordered, 2 the broker "
        "could not be reached or refused something, 64 mistake on the command line.",
        NULL,
        NULL,
        NULL};
    unsigned flags = mode == OPTIONS_EXIT ? 0 : ARGP_NO_EXIT | ARGP_NO_ERRS | ARGP_NO_HELP;

    *out = (struct options){
        .host = "127.0.0.1",
        .port = "61613",
        .openwire_port = "61616",
        .producer_protocol = BENCH_STOMP_12,
        .consumer_protocol = BENCH_STOMP_12,
        .is_tight = true,
        .has_cache = true,
        .name = "bench",
        .destination_count = 1,
        .producer_count = 1,
        .consumer_count = 1,
        .thread_count = 1,
        .body_bytes = 100,
        .drain_seconds = 10,
        .ack_every = 100,
        .prefetch = -1,
        .verify = true,
    };
    if (argp_parse(&argp, argc, argv, flags, NULL, out) != 0) {
        options_fini(out);
        return -EINVAL;
    }
    return 0;
}

void options_fini(struct options *options)
{
    free(options->headers);
    options->headers = NULL;
    options->header_count = 0;
}

const char *options_protocol_name(enum bench_protocol protocol)
{
    return protocol_names[protocol];
}

const char *options_ack_name(const struct options *options)
{
    return ack_names[options->ack];
}
