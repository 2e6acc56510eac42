/* SPDX-License-Identifier: Apache-2.0 */
/* config_load: the file around the <broker>, what comes before it and what follows from it. */
#include "load.h"
#include "config/properties.h"
#include "document.h"
#include "schema_lists.h"
#include "spring.h"
#include "values.h"
#include "walk.h"
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_broker(const xmlNode *node)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, "broker") == 0;
}

static void check_namespace(struct walk *walk, const xmlNode *node)
{
    const char *uri = node->ns ? (const char *)node->ns->href : NULL;

    if (!uri || strcmp(uri, NAMESPACE_CORE) == 0)
        return;
    walk_remark(walk, CONFIG_NOTE, walk_place(walk, node),
                "<broker> is in the namespace %s, which ActiveMQ refuses; read as if it "
                "were " NAMESPACE_CORE,
                uri);
}

static const xmlNode *find_broker(struct walk *walk, const xmlNode *root)
{
    const xmlNode *broker = NULL;

    if (is_broker(root)) {
        walk_remark(walk, CONFIG_NOTE, walk_place(walk, root),
                    "<broker> stands alone; ActiveMQ wants it inside <beans>");
        return root;
    }
    for (const xmlNode *n = root->children; n; n = n->next) {
        if (!is_broker(n))
            continue;
        if (broker)
            walk_remark(walk, CONFIG_ERROR, walk_place(walk, n),
                        "a second <broker>: the first is in line %d, and one process is one broker",
                        walk_line(broker));
        else
            broker = n;
    }
    if (!broker)
        walk_remark(walk, CONFIG_ERROR, walk_place(walk, root), "no <broker> in this file%s",
                    spring_missing_broker(root));
    return broker;
}

static void set_defaults(struct config *config)
{
    config->usage = (struct config_system_usage){
        .memory_bytes_max = UINT64_C(1) << 30,
        .store_bytes_max = UINT64_C(100) << 30,
        .temp_bytes_max = UINT64_C(50) << 30,
        .scheduler_bytes_max = UINT64_C(50) << 30,
    };
    schema_set_defaults(&schema_broker, config);
    config_policy_init(&config->policies.fallback);
    config->security.anonymous_user = config->security.anonymous_group = "anonymous";
    config->security.jaas_realm = "activemq-domain";
    config->force_persistency = -1;
}

static void clean_broker_name(struct walk *walk, struct config *config)
{
    char host[256] = "";
    char *name;
    bool is_changed = false;

    if (walk->uses_host_name && gethostname(host, sizeof host - 1) == 0 && *host)
        config->broker_name = arena_copy_text(walk->arena, host);
    name = arena_copy(walk->arena, value_trim(config->broker_name));
    for (char *c = name; *c; c++) {
        bool is_plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                        (*c >= '0' && *c <= '9') || strchr("._-:", *c);

        is_changed = is_changed || !is_plain;
        *c = is_plain ? *c : '_';
    }
    if (!*name)
        walk_remark(walk, CONFIG_ERROR, config->broker_place, "brokerName is empty");
    if (is_changed)
        walk_remark(walk, CONFIG_WARNING, config->broker_place,
                    "brokerName \"%s\" becomes %s, as in ActiveMQ", config->broker_name, name);
    config->broker_name = name;
}

static void check_persistence(struct walk *walk, const struct config *config)
{
    struct config_place place = walk->persistence_place;

    if (!config->persistent || walk->wants_memory_store)
        return;
    if (place.line == 0)
        place = config->broker_place;
    walk_remark(walk, CONFIG_WARNING, place,
                "this version keeps persistent messages in memory only: they do not survive a "
                "restart. persistent=\"false\" on <broker> says that you know");
}

static void finish(struct walk *walk, struct config *config)
{
    clean_broker_name(walk, config);
    virtual_add_built_in(walk, config);
    plugins_finish(walk, config);
    check_persistence(walk, config);
    if (walk->collects_destinations && config->purge_period_ms == 0)
        walk_remark(walk, CONFIG_WARNING, config->broker_place,
                    "gcInactiveDestinations does nothing without "
                    "schedulePeriodForDestinationPurge on <broker>");
    if (config->connector_count == 0)
        walk_remark(walk, CONFIG_WARNING, config->broker_place,
                    "no transport connector is served: no client can connect");
}

static void read_document(struct walk *walk, const xmlNode *root,
                          const struct config_source *source)
{
    struct config *config = walk->config;
    const xmlNode *broker;

    set_defaults(config);
    spring_read(walk, root);
    broker = find_broker(walk, root);
    if (!broker)
        return;
    config->broker_place = walk_place(walk, broker);
    check_namespace(walk, broker);
    if (source->data_directory)
        config->data_directory = arena_copy_text(walk->arena, source->data_directory);
    walk_element(walk, &schema_broker, broker, config);
    if (source->data_directory)
        config->data_directory = arena_copy_text(walk->arena, source->data_directory);
    finish(walk, config);
}

/* config_print tells what is ignored and why, so the config keeps the remarks too. */
static void keep_remarks(struct config_memory *memory, const struct config_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        struct config_remark *remark =
            ARENA_APPEND(memory->arena, memory->remarks, memory->remark_count);

        *remark = report->remarks[i];
        remark->place.file = NULL;
        remark->text = arena_copy_text(memory->arena, remark->text);
    }
}

int config_load_memory(const struct config_source *source, struct slice bytes, struct config **out,
                       struct config_report *report)
{
    struct arena *arena = arena_create();
    struct config_memory *memory = arena_alloc(arena, sizeof *memory);
    struct config *config = arena_alloc(arena, sizeof *config);
    struct walk walk = {.arena = arena, .config = config, .report = report};
    xmlDoc *document;

    report_init(report);
    memory->arena = arena;
    config->arena = memory;
    config->file = walk.file = arena_copy_text(arena, source->file);
    walk.variables = variables_create(arena, source);
    document = document_parse(bytes, walk.file, report);
    if (document) {
        read_document(&walk, xmlDocGetRootElement(document), source);
        xmlFreeDoc(document);
    }
    report_sort(report);
    if (report->error_count > 0) {
        arena_destroy(arena);
        return -EINVAL;
    }
    keep_remarks(memory, report);
    *out = config;
    return 0;
}

static int refuse_file(const struct config_source *source, struct config_report *report,
                       const char *why)
{
    report_init(report);
    report_add(report, CONFIG_ERROR, (struct config_place){source->file, 0}, "%s", why);
    return -EINVAL;
}

int config_load(const struct config_source *source, struct config **out,
                struct config_report *report)
{
    struct text_error error;
    struct stat status;
    struct text text;
    int rc;

    if (stat(source->file, &status) == 0 && !S_ISREG(status.st_mode))
        return refuse_file(source, report, "this is not a file");
    text_init(&text);
    rc = properties_read_file(source->file, FILE_BYTES_MAX, &text, &error);
    if (rc != 0)
        rc = refuse_file(source, report,
                         rc == -EFBIG ? "the file is larger than 16 MB" : strerror(-rc));
    else
        rc = config_load_memory(source, text_slice(&text), out, report);
    if (text.bytes)
        explicit_bzero(text.bytes, text.len); /* it holds passwords */
    text_fini(&text);
    return rc;
}

void config_destroy(struct config *config)
{
    if (config)
        arena_destroy(((struct config_memory *)config->arena)->arena);
}
