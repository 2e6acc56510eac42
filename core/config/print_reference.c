/* SPDX-License-Identifier: Apache-2.0 */
/* config_print_reference: the schema's table as Markdown. */
#include "arena.h"
#include "schema.h"
#include "uri.h"

struct reference {
    struct arena *arena;
    const void **printed; /* elements, or the attributes they share */
    size_t printed_count;
    FILE *to;
};

static const char introduction[] =
    "# Configuration\n"
    "\n"
    "Corewire reads the `activemq.xml` of ActiveMQ Classic. This page lists every element and\n"
    "attribute it knows; `corewire config-reference` prints it from the table that the broker\n"
    "itself reads files with. `corewire check FILE` prints what a file means.\n"
    "\n"
    "- **yes**: does what it does in ActiveMQ.\n"
    "- **ignored**: accepted, without meaning here; a note says so once, with the reason.\n"
    "- **less**: accepted, but Corewire does less than is asked for; a warning says what.\n"
    "- **refused**: the broker does not start.\n"
    "\n"
    "A name that is not in this list, or a value of the wrong kind, is an error with its line "
    "and,\n"
    "where there is one, the name that was meant. All errors of a file are reported at once.\n"
    "\n"
    "## How a file is read\n"
    "\n"
    "- `<broker>` stands inside Spring's `<beans>`. Elements may come in any order. Of elements\n"
    "  that may stand once only, the last one counts, as in ActiveMQ, and a warning says so.\n"
    "- Nothing is fetched: no network, no schema, no DTD, no entities. Files up to 16 MB.\n"
    "- `${name}` and `${name:default}` may stand in every value. A name is looked for in\n"
    "  `--set name=value`; in the files of a `PropertyPlaceholderConfigurer` or\n"
    "  `context:property-placeholder`; among `activemq.home`, `activemq.base`, `activemq.conf`,\n"
    "  `activemq.data`, `java.io.tmpdir`, `user.name`, `user.home`, `user.dir`; in the\n"
    "  `-Dname=value` of `ACTIVEMQ_OPTS`; in the environment.\n"
    "- `activemq.*` come from `ACTIVEMQ_HOME`, `ACTIVEMQ_BASE` (otherwise the home),\n"
    "  `ACTIVEMQ_CONF` (otherwise `conf` in the base) and `ACTIVEMQ_DATA` (otherwise `data` in "
    "the\n"
    "  base). Without any of them the directory of the file is `activemq.conf`, and the base is "
    "the\n"
    "  directory above it when its name is `conf`, the working directory otherwise.\n"
    "- Sizes are digits and one of `b`, `k`, `kb`, `m`, `mb`, `g`, `gb` in any case, with or\n"
    "  without a blank between: `64mb`, `1 gb`. Times are milliseconds. `true` and `false` may be\n"
    "  in any case.\n"
    "- Imports of `jetty.xml` and Java beans of the web console are ignored. A Java bean where "
    "the\n"
    "  broker would depend on it is an error that names its class.\n"
    "- Slips that are read all the same, with a note: a `policyEntry` directly inside\n"
    "  `policyMap` (and so with every step that only holds others), doubled names written once\n"
    "  (`<memoryUsage limit=\"1 gb\"/>`), `inactiveTimoutBeforeGC`, a `<broker>` without "
    "`<beans>`.\n"
    "- Attributes in the namespace `urn:corewire:config` are Corewire's own:\n"
    "  `<broker xmlns:cw=\"urn:corewire:config\" cw:workers=\"4\">`.\n";

static const char *const words[] = {
    [HONOURED] = "yes", [IGNORED] = "ignored", [MISSED] = "less", [REFUSED] = "refused"};

/* A '|' would end the cell, a '<' would start a tag. */
static void print_cell(const char *text, FILE *to)
{
    for (const char *c = text; *c; c++) {
        if (*c == '|' || *c == '<' || *c == '*')
            fputc('\\', to);
        fputc(*c, to);
    }
}

static void print_type(const struct schema_attribute *row, FILE *to)
{
    static const char *const types[] = {
        [VALUE_TEXT] = "text",   [VALUE_BOOL] = "true, false", [VALUE_INTEGER] = "number",
        [VALUE_MEMORY] = "size", [VALUE_REAL] = "decimal",     [VALUE_WORD] = "",
    };

    fputs(types[row->type], to);
    for (const struct schema_word *w = row->words; w && w->word; w++)
        fprintf(to, "%s%s", w == row->words ? "" : ", ", w->word);
    if (row->type == VALUE_INTEGER && row->min != INT64_MIN &&
        (row->min != 0 || (row->max != INT64_MAX && row->max != INT_MAX_JAVA))) {
        if (row->max == INT64_MAX || row->max == INT_MAX_JAVA)
            fprintf(to, " from %lld", (long long)row->min);
        else
            fprintf(to, " %lld to %lld", (long long)row->min, (long long)row->max);
    }
}

static void print_attributes(const struct schema_element *element, FILE *to)
{
    fputs("\n| attribute | value | default | | meaning |\n|---|---|---|---|---|\n", to);
    for (const struct schema_attribute *row = element->attributes; row->name; row++) {
        fprintf(to, "| `%s%s` | ", row->is_ours ? "cw:" : "", row->name);
        print_type(row, to);
        if (row->initial && *row->initial)
            fprintf(to, " | `%s`", row->initial);
        else
            fputs(" | ", to);
        fprintf(to, " | %s | ", words[row->disposition]);
        print_cell(row->meaning, to);
        fputs(" |\n", to);
    }
}

static bool is_first(struct reference *r, const void *what)
{
    for (size_t i = 0; i < r->printed_count; i++)
        if (r->printed[i] == what)
            return false;
    *ARENA_APPEND(r->arena, r->printed, r->printed_count) = what;
    return true;
}

static void print_element(struct reference *r, const struct schema_element *element,
                          const char *path)
{
    const char *here = arena_format(r->arena, "%s%s%s", path, *path ? " / " : "", element->name);

    if (!is_first(r, element))
        return;
    fprintf(r->to, "\n### %s\n\n%s%s", here,
            element->disposition == HONOURED ? "" : words[element->disposition],
            element->disposition == HONOURED ? "" : ": ");
    print_cell(element->meaning, r->to);
    fputs(".", r->to);
    for (const struct schema_element *const *c = element->children; c && *c; c++)
        fprintf(r->to, "%s`%s`", c == element->children ? " Inside: " : ", ", (*c)->name);
    fputs("\n", r->to);
    if (element->attributes) {
        if (is_first(r, element->attributes))
            print_attributes(element, r->to);
        else
            fputs("\nAttributes as above.\n", r->to);
    }
    for (const struct schema_element *const *c = element->children; c && *c; c++)
        print_element(r, *c, here);
}

static void print_options(FILE *to)
{
    const char *name, *initial, *meaning;
    enum disposition disposition;

    fputs(
        "\n## Options of a connector's uri\n\n"
        "`stomp://0.0.0.0:61613?maximumConnections=1000&amp;wireFormat.maxFrameSize=1048576`.\n"
        "`transport.`, `wireFormat.` or `socket.` may stand in front of a name. As in ActiveMQ an\n"
        "unknown option or a wrong value does not stop the broker; here it is a warning.\n\n"
        "Served are `stomp`, `stomp+nio`, `tcp`, `nio`, `auto` and `auto+nio`. Connectors of the\n"
        "other transports of ActiveMQ (TLS, MQTT, AMQP, WebSocket, HTTP) are left out with a\n"
        "warning.\n\n"
        "| option | default | | meaning |\n|---|---|---|---|\n",
        to);
    for (size_t i = 0; uri_option_at(i, &name, &initial, &meaning, &disposition); i++)
        fprintf(to, "| `%s` | %s%s%s | %s | %s |\n", name, initial ? "`" : "",
                initial ? initial : "", initial ? "`" : "", words[disposition], meaning);
}

void config_print_reference(FILE *to)
{
    struct reference r = {.arena = arena_create(), .to = to};

    fputs(introduction, to);
    print_options(to);
    fputs("\n## Elements\n", to);
    print_element(&r, &schema_broker, "");
    arena_destroy(r.arena);
}
