/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"
#include "config/properties.h"
#include <errno.h>
#include <stdlib.h>

enum { KEY_PASSWORD_FILE = 512, PASSWORD_BYTES_MAX = 4096 };

static const struct argp_option session_options[] = {
    {NULL, 0, NULL, 0, "Broker", -2},
    {"host", 'h', "HOST[:PORT]", 0, "where it listens for STOMP (localhost:61613)", 0},
    {"user", 'u', "NAME", 0, "login", 0},
    {"password", 'p', "PASSWORD", 0, "passcode; others can see it in the list of processes", 0},
    {"password-file", KEY_PASSWORD_FILE, "FILE", 0, "file with the passcode in its first line", 0},
    {NULL, 0, NULL, 0, NULL, 0},
};

void session_init(struct session *session)
{
    *session = (struct session){.login = {.host = "localhost", .port = "61613"}};
}

void session_fini(struct session *session)
{
    stomp_client_close(session->client);
    free(session->host_port);
    free(session->password);
    session_init(session);
}

/* "host", "host:port", "[::1]" or "[::1]:port". */
static error_t set_host(struct session *session, const char *text, struct argp_state *state)
{
    char *colon, *host;

    free(session->host_port);
    session->host_port = strdup(text);
    if (!session->host_port)
        return ENOMEM;
    host = session->host_port;
    colon = strrchr(host, ':');
    if (host[0] == '[') {
        char *bracket = strchr(host, ']');

        if (!bracket || (bracket[1] != '\0' && bracket[1] != ':'))
            argp_error(state, "not a host and port: %s", text);
        colon = bracket && bracket[1] == ':' ? bracket + 1 : NULL;
        if (bracket)
            *bracket = '\0';
        host++;
    }
    if (colon) {
        *colon = '\0';
        session->login.port = colon + 1;
    }
    session->login.host = host;
    return 0;
}

static error_t parse_one(int key, char *arg, struct argp_state *state)
{
    struct session *session = state->input;

    switch (key) {
    case 'h':
        return set_host(session, arg, state);
    case 'u':
        session->login.user = arg;
        return 0;
    case 'p':
        session->login.password = arg;
        return 0;
    case KEY_PASSWORD_FILE:
        session->password_file = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp session_argp = {session_options, parse_one, NULL, NULL, NULL, NULL, NULL};

static int read_password(struct session *session, struct text_error *why)
{
    struct text text;
    int error;

    text_init(&text);
    error = properties_read_file(session->password_file, PASSWORD_BYTES_MAX, &text, why);
    if (!error && text.bytes) {
        session->password = strndup(text.bytes, strcspn(text.bytes, "\r\n"));
        session->login.password = session->password;
    }
    if (text.bytes)
        explicit_bzero(text.bytes, text.len);
    text_fini(&text);
    return error;
}

enum cli_status session_open(struct session *session)
{
    struct text_error why = {{0}};
    int error;

    if (session->password_file && read_password(session, &why) != 0) {
        fprintf(stderr, "corewire: %s\n", why.text);
        return CLI_FAILED;
    }
    error = stomp_client_open(&session->login, &session->client, &why);
    return error ? session_failed(error, &why) : CLI_OK;
}

enum cli_status session_failed(int error, const struct text_error *why)
{
    bool is_refusal = error == -EPROTO;

    fprintf(stderr, "corewire: %s%s\n", is_refusal ? "the broker refused: " : "", why->text);
    if (is_refusal)
        return CLI_REFUSED;
    return error == -EINVAL ? CLI_USAGE : CLI_CONNECTION;
}
