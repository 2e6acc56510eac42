/* SPDX-License-Identifier: Apache-2.0 */
/* check.c - `corewire check`: reads configuration files as corewired would, and starts nothing. */
#include "cli.h"
#include "config/config.h"
#include <argp.h>
#include <errno.h>
#include <stdlib.h>

enum check_key { KEY_DATA = 256, KEY_SET, KEY_QUIET };

struct check {
    char **files;
    int file_count;
    const char *data_directory;
    struct config_option *variables;
    size_t variable_count;
    bool is_quiet;
};

static const struct argp_option check_options[] = {
    {"data", KEY_DATA, "DIR", 0, "data directory, as for corewired", 0},
    {"set", KEY_SET, "NAME=VALUE", 0, "value of ${NAME}; may be repeated", 0},
    {"quiet", KEY_QUIET, NULL, 0, "print remarks only, not what the file means", 0},
    {NULL, 0, NULL, 0, NULL, 0},
};

static error_t add_variable(struct check *check, char *text, struct argp_state *state)
{
    struct config_option *more;
    char *sign = strchr(text, '=');

    if (!sign || sign == text) {
        argp_error(state, "a variable is NAME=VALUE, not %s", text);
        return EINVAL;
    }
    more = realloc(check->variables, (check->variable_count + 1) * sizeof *more);
    if (!more)
        return ENOMEM;
    *sign = '\0';
    more[check->variable_count++] = (struct config_option){.name = text, .value = sign + 1};
    check->variables = more;
    return 0;
}

static error_t parse_one(int key, char *arg, struct argp_state *state)
{
    struct check *check = state->input;

    switch (key) {
    case KEY_DATA:
        check->data_directory = arg;
        return 0;
    case KEY_SET:
        return add_variable(check, arg, state);
    case KEY_QUIET:
        check->is_quiet = true;
        return 0;
    case ARGP_KEY_ARGS:
        check->files = state->argv + state->next;
        check->file_count = state->argc - state->next;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "no file");
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool check_file(const struct check *check, const char *file)
{
    struct config_source source = {
        .file = file,
        .data_directory = check->data_directory,
        .variables = check->variables,
        .variable_count = check->variable_count,
    };
    struct config_report report = {0};
    struct config *config = NULL;
    int error = config_load(&source, &config, &report);

    config_report_print(&report, stdout);
    if (!error && !check->is_quiet)
        config_print(config, stdout);
    if (error && report.error_count == 0)
        printf("%s: %s\n", file, strerror(-error));
    printf("%s: %s\n", file, error ? "has errors, a broker would not start" : "ok");
    config_report_fini(&report);
    config_destroy(config);
    return error == 0;
}

enum cli_status cli_check(int argc, char **argv)
{
    static const struct argp argp = {
        check_options,
        parse_one,
        "FILE...",
        "Says what configuration files mean to corewired, what in them has no effect, and what "
        "is wrong.\vExit status 1 when one of the files has errors.",
        NULL,
        NULL,
        NULL};
    struct check check = {0};
    enum cli_status status = CLI_OK;

    if (argp_parse(&argp, argc, argv, 0, NULL, &check) != 0)
        return CLI_USAGE;
    for (int i = 0; i < check.file_count; i++) {
        if (!check_file(&check, check.files[i]))
            status = CLI_FAILED;
    }
    free(check.variables);
    return status;
}
