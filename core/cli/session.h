/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H
/*
 * session.h - the options by which commands reach a broker, and the connection made from them.
 *
 * Threads    one. Ownership: strings belong to argv, or to the session until session_fini.
 */
#include "cli.h"
#include "stomp_client.h"
#include <argp.h>

struct session {
    char *host_port; /* our copy, cut at the colon */
    struct stomp_client_login login;
    const char *password_file;
    char *password;
    struct stomp_client *client;
};

/* A child parser: its input is a struct session. */
extern const struct argp session_argp;

void session_init(struct session *session);
void session_fini(struct session *session);
/* Connects. CLI_OK, or the failure has been explained on stderr. */
enum cli_status session_open(struct session *session) MUST_CHECK;
/* The status for a failed call of stomp_client, explained on stderr. */
enum cli_status session_failed(int error, const struct text_error *why);
#endif
