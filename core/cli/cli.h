/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CLI_H
#define CLI_CLI_H
/*
 * cli.h - the subcommands of `corewire`. Each gets its own arguments, its name first, and
 * returns the exit status of the program.
 *
 * Threads    one.
 */
#include "base/compiler.h"
#include "base/slice.h"
#include <stdio.h>

enum cli_status {
    CLI_OK = 0,
    CLI_FAILED = 1,     /* a file could not be read, or a configuration has errors */
    CLI_CONNECTION = 2, /* no connection to the broker, or it was lost */
    CLI_REFUSED = 3,    /* the broker answered ERROR */
    CLI_TIMEOUT = 4,    /* fewer messages came than were asked for */
    CLI_USAGE = 64,     /* mistake on the command line */
};

enum cli_status cli_send(int argc, char **argv);
enum cli_status cli_receive(int argc, char **argv);
enum cli_status cli_check(int argc, char **argv);
enum cli_status cli_hash_password(int argc, char **argv);
enum cli_status cli_config_reference(int argc, char **argv);

/* A positive decimal number up to `max`. */
bool cli_read_number(const char *text, int64_t max, int64_t *out);
/* `s` as a JSON string; false when it is not UTF-8, and then nothing was written. */
bool cli_put_json(FILE *to, struct slice s);
void cli_put_base64(FILE *to, struct slice s);
#endif
