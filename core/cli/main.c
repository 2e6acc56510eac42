/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - finds the subcommand; what each does is in the file of its name. */
#include "cli.h"
#include "config/config.h"
#include <argp.h>
#include <errno.h>
#include <stdlib.h>

static const struct command {
    const char *name;
    enum cli_status (*run)(int argc, char **argv);
    const char *meaning;
} commands[] = {
    {"send", cli_send, "send messages to a destination"},
    {"receive", cli_receive, "print messages of a destination"},
    {"check", cli_check, "say what a configuration file means to us"},
    {"hash-password", cli_hash_password, "turn a password into a hash for the configuration"},
    {"config-reference", cli_config_reference, "print all that a configuration may contain"},
};

struct choice {
    const struct command *command;
    int argc;
    char **argv;
};

bool cli_read_number(const char *text, int64_t max, int64_t *out)
{
    char *end;
    int64_t value;

    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 1 || value > max)
        return false;
    *out = value;
    return true;
}

enum cli_status cli_config_reference(int argc, char **argv)
{
    static const struct argp argp = {
        NULL, NULL, NULL, "Prints every element and attribute of the configuration, as Markdown.",
        NULL, NULL, NULL};

    if (argp_parse(&argp, argc, argv, 0, NULL, NULL) != 0)
        return CLI_USAGE;
    config_print_reference(stdout);
    return ferror(stdout) ? CLI_FAILED : CLI_OK;
}

static void print_version(FILE *to, struct argp_state *state)
{
    (void)state;
    fputs("corewire " CW_VERSION "\n", to);
}

/* The list of commands, generated so that it cannot be forgotten. */
static char *list_commands(int key, const char *text, void *input)
{
    char *list = NULL;
    size_t len = 0;
    FILE *to;

    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC)
        return (char *)(uintptr_t)text; /* argp's own, unchanged */
    to = open_memstream(&list, &len);
    if (!to)
        return NULL;
    fputs("Commands:\n", to);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        fprintf(to, "  %-18s%s\n", commands[i].name, commands[i].meaning);
    fputs("\n`corewire COMMAND --help' tells more about each.\n\n"
          "Exit status: 0 done; 1 a file cannot be read or a configuration has errors; 2 no "
          "connection to the broker; 3 the broker answered ERROR; 4 timeout; 64 mistake on the "
          "command line.",
          to);
    fclose(to);
    return list;
}

static error_t parse_one(int key, char *arg, struct argp_state *state)
{
    struct choice *choice = state->input;

    switch (key) {
    case ARGP_KEY_ARG:
        for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
            if (strcmp(commands[i].name, arg) == 0)
                choice->command = &commands[i];
        }
        if (!choice->command)
            argp_error(state, "no such command: %s", arg);
        choice->argc = state->argc - state->next + 1;
        choice->argv = state->argv + state->next - 1;
        state->next = state->argc; /* the rest belongs to the command */
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_usage(state);
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Messages and --help of a command begin with "corewire send". */
static enum cli_status run(const struct choice *choice)
{
    char name[64];

    snprintf(name, sizeof name, "corewire %s", choice->command->name);
    choice->argv[0] = name;
    return choice->command->run(choice->argc, choice->argv);
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        NULL,
        parse_one,
        "COMMAND [ARGUMENT...]",
        "Talks to a message broker and helps with its configuration.\v",
        NULL,
        list_commands,
        NULL};
    struct choice choice = {0};

    argp_program_version_hook = print_version;
    if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &choice) != 0 || !choice.command)
        return CLI_USAGE;
    return (int)run(&choice);
}
