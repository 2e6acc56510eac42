/* SPDX-License-Identifier: Apache-2.0 */
/* hash_password.c - `corewire hash-password`: a password never appears on a command line. */
#include "auth/auth.h"
#include "cli.h"
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

enum { KEY_SCHEME = 256 };

static const struct argp_option hash_options[] = {
    {"scheme", KEY_SCHEME, "NAME", 0, "scrypt (the default) or pbkdf2", 0},
    {NULL, 0, NULL, 0, NULL, 0},
};

static error_t parse_one(int key, char *arg, struct argp_state *state)
{
    enum auth_hash_scheme *scheme = state->input;

    if (key == ARGP_KEY_ARG)
        argp_error(state, "unexpected argument; the password is read from standard input");
    if (key != KEY_SCHEME)
        return ARGP_ERR_UNKNOWN;
    if (strcmp(arg, "scrypt") == 0)
        *scheme = AUTH_HASH_SCRYPT;
    else if (strcmp(arg, "pbkdf2") == 0)
        *scheme = AUTH_HASH_PBKDF2;
    else
        argp_error(state, "unknown scheme: %s", arg);
    return 0;
}

/* One line without its end; -EINVAL when there is none or it is too long. */
static int read_line(char *line, size_t size)
{
    size_t len;

    if (!fgets(line, (int)size, stdin))
        return -EINVAL;
    len = strcspn(line, "\r\n");
    if (len + 1 == size)
        return -EINVAL;
    line[len] = '\0';
    return 0;
}

static int ask(const char *prompt, char *line, size_t size)
{
    struct termios before, silent;
    int error;

    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return read_line(line, size); /* a pipe or a file */
    fputs(prompt, stderr);
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) != 0)
        return -errno;
    error = read_line(line, size);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', stderr);
    return error;
}

static int ask_twice(char *password, char *again, size_t size)
{
    int error = ask("Password: ", password, size);

    if (error || !isatty(STDIN_FILENO))
        return error;
    error = ask("Again: ", again, size);
    if (!error && strcmp(password, again) != 0) {
        fputs("corewire: the two are not the same\n", stderr);
        return -EINVAL;
    }
    return error;
}

enum cli_status cli_hash_password(int argc, char **argv)
{
    static const struct argp argp = {
        hash_options,
        parse_one,
        NULL,
        "Reads a password and prints its hash, to be written in its place into the configuration.",
        NULL,
        NULL,
        NULL};
    enum auth_hash_scheme scheme = AUTH_HASH_SCRYPT;
    char password[AUTH_CREDENTIAL_BYTES_MAX + 2], again[AUTH_CREDENTIAL_BYTES_MAX + 2];
    struct text hash;
    int error;

    if (argp_parse(&argp, argc, argv, 0, NULL, &scheme) != 0)
        return CLI_USAGE;
    text_init(&hash);
    error = ask_twice(password, again, sizeof password);
    if (!error && password[0] == '\0')
        error = -EINVAL;
    if (!error)
        error = auth_hash_password(scheme, slice_of_text(password), &hash);
    explicit_bzero(password, sizeof password);
    explicit_bzero(again, sizeof again);
    if (error)
        fprintf(stderr, "corewire: no hash was made: %s\n", strerror(-error));
    else
        printf("%.*s\n", SLICE_FMT(text_slice(&hash)));
    text_fini(&hash);
    return error ? CLI_FAILED : CLI_OK;
}
