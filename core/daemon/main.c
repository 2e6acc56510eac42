/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - the command line of corewired. */
#include "base/clock.h"
#include "base/log.h"
#include "base/role.h"
#include "config/config.h"
#include "connectors.h"
#include "daemon.h"
#include "remarks.h"
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { KEY_CHECK = 0x100, KEY_LOG_FORMAT, KEY_LOG_LEVEL };

struct arguments {
    struct config_source source;
    struct config_option *variables; /* what source.variables points at */
    bool is_check;
    enum log_format log_format;
    enum log_level log_level;
};

static const struct log_scope scope = {.module = "daemon", .worker = WORKER_NONE};

static const char *const format_names[] = {
    [LOG_FORMAT_TEXT] = "text",
    [LOG_FORMAT_JSON] = "json",
    [LOG_FORMAT_JOURNALD] = "journald",
};

static const char *const level_names[LOG_LEVEL_COUNT] = {
    [LOG_ERROR] = "error",
    [LOG_WARN] = "warn",
    [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug",
};

/* systemd says which file the journal gave us; it is our standard error unless redirected. */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM"); /* "device:inode" */
    struct stat status;
    uintmax_t device;
    char *end;

    if (!stream || fstat(STDERR_FILENO, &status) != 0)
        return false;
    device = strtoumax(stream, &end, 10);
    return *end == ':' && device == status.st_dev && strtoumax(end + 1, NULL, 10) == status.st_ino;
}

static unsigned choose(struct argp_state *state, const char *text, const char *const *names,
                       size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], text) == 0)
            return (unsigned)i;
    argp_error(state, "%s cannot be %s", what, text);
    return 0;
}

/* NAME=VALUE; the argument vector keeps the texts. */
static error_t add_variable(struct arguments *arguments, char *text, struct argp_state *state)
{
    const size_t count = arguments->source.variable_count;
    char *value = strchr(text, '=');
    struct config_option *grown;

    if (!value || value == text) {
        argp_error(state, "--set needs NAME=VALUE, not %s", text);
        return EINVAL;
    }
    grown = realloc(arguments->variables, (count + 1) * sizeof *grown);
    if (!grown)
        return ENOMEM;
    *value++ = '\0';
    grown[count] = (struct config_option){text, value};
    arguments->variables = grown;
    arguments->source.variables = grown;
    arguments->source.variable_count = count + 1;
    return 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    switch (key) {
    case 'c':
        arguments->source.file = arg;
        return 0;
    case 'd':
        arguments->source.data_directory = arg;
        return 0;
    case 's':
        return add_variable(arguments, arg, state);
    case KEY_CHECK:
        arguments->is_check = true;
        return 0;
    case KEY_LOG_FORMAT:
        arguments->log_format = (enum log_format)choose(state, arg, format_names,
                                                        ARRAY_LEN(format_names), "the format");
        return 0;
    case KEY_LOG_LEVEL:
        arguments->log_level =
            (enum log_level)choose(state, arg, level_names, ARRAY_LEN(level_names), "the level");
        return 0;
    case ARGP_KEY_END:
        if (!arguments->source.file)
            argp_error(state, "--config FILE is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse(int argc, char **argv, struct arguments *arguments)
{
    static const struct argp_option options[] = {
        {"config", 'c', "FILE", 0, "the broker's configuration, an activemq.xml", 0},
        {"data", 'd', "DIR", 0, "the data directory, instead of the configuration's", 0},
        {"set", 's', "NAME=VALUE", 0, "what ${NAME} stands for; may be repeated", 0},
        {"check", KEY_CHECK, NULL, 0, "say what the configuration means, and do not start", 0},
        {"log-format", KEY_LOG_FORMAT, "FORMAT", 0,
         "text, json or journald; journald is the default when standard error is the journal", 0},
        {"log-level", KEY_LOG_LEVEL, "LEVEL", 0, "error, warn, info or debug; default info", 0},
        {0},
    };
    static const struct argp argp = {
        options,
        parse_option,
        NULL,
        "Corewire's message broker. Runs in the foreground and logs to standard error."
        "\vSIGTERM ends it, SIGHUP reads users, groups and authorization again, SIGUSR1 writes "
        "counters into the log. ACTIVEMQ_BASE, ACTIVEMQ_CONF, ACTIVEMQ_DATA and ACTIVEMQ_HOME "
        "give the ${activemq.*} variables.\n\n"
        "Exit status: 0 ended by SIGTERM, or the configuration is good; 1 it could not start, or "
        "the configuration is not good; 64 mistake on the command line.",
        NULL,
        NULL,
        NULL};

    return argp_parse(&argp, argc, argv, 0, NULL, arguments);
}

static void print_version(FILE *to, struct argp_state *state)
{
    (void)state;
    (void)fputs("corewired " CW_VERSION "\n", to);
}

/* What would keep a broker with this configuration from starting, beyond the file itself. */
static int check_further(const struct config *config)
{
    struct auth_realm *realm;
    struct text_error why;

    if (auth_realm_create(&config->security, &realm, &why) != 0) {
        (void)fprintf(stderr, "%s: error: %s\n", config->file, why.text);
        return EXIT_FAILURE;
    }
    auth_realm_unref(realm);
    if (config->connector_count == 0) {
        (void)fprintf(stderr, "%s: error: no transport connector is served by this version\n",
                      config->file);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

static int check(const struct config_source *source)
{
    struct config_report report;
    struct config *config = NULL;
    int error = config_load(source, &config, &report);
    int status = EXIT_FAILURE;

    config_report_print(&report, stderr);
    config_report_fini(&report);
    if (error == 0) {
        config_print(config, stdout);
        status = check_further(config);
        config_destroy(config);
    }
    return fflush(stdout) == 0 ? status : EXIT_FAILURE;
}

static int serve(const struct config_source *source)
{
    const int64_t begin_ms = clock_monotonic_ms();
    struct config_report report;
    struct config *config = NULL;
    int error, status = EXIT_FAILURE;

    tzset(); /* cron entries of scheduled messages: the file is read now, not under load */
    daemon_block_signals();
    error = config_load(source, &config, &report);
    remarks_log(&scope, &report);
    if (error != 0)
        log_event(&scope, LOG_ERROR, "start_failed",
                  "error=\"the configuration has errors\" count=%zu", report.error_count);
    config_report_fini(&report);
    if (error == 0) {
        status = daemon_run(source, config, begin_ms);
        config_destroy(config);
    }
    return status;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.log_format = LOG_FORMAT_TEXT, .log_level = LOG_INFO};
    int status;

    if (stderr_is_journal())
        arguments.log_format = LOG_FORMAT_JOURNALD;
    argp_program_version_hook = print_version;
    if (parse(argc, argv, &arguments) != 0)
        return EXIT_FAILURE;
    log_configure(arguments.log_level, arguments.log_format, STDERR_FILENO);
    status = arguments.is_check ? check(&arguments.source) : serve(&arguments.source);
    free(arguments.variables);
    return status;
}
