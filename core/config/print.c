/* SPDX-License-Identifier: Apache-2.0 */
/* config_print: what a file means to us, for people. Passwords are never among it. */
#include "destination.h"
#include "load.h"
#include <inttypes.h>

/* "64 mb", "1 gb", "1000 b", or `none` for 0. */
static const char *size_text(uint64_t bytes, const char *none, char *out, size_t len)
{
    static const struct {
        int shift;
        const char *unit;
    } units[] = {{30, "gb"}, {20, "mb"}, {10, "kb"}, {0, "bytes"}};

    if (bytes == 0)
        return none;
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (bytes >> units[i].shift == 0 || bytes % (UINT64_C(1) << units[i].shift) != 0)
            continue;
        snprintf(out, len, "%" PRIu64 " %s", bytes >> units[i].shift, units[i].unit);
        break;
    }
    return out;
}

static const char *yes_no(bool is)
{
    return is ? "yes" : "no";
}

static const char *or_none(const char *text)
{
    return text && *text ? text : "-";
}

/* The part of a uri that may hold a login is left out. */
static void print_uri(const char *uri, FILE *to)
{
    for (const char *c = uri; *c; c++) {
        size_t len = strncmp(c, "://", 3) == 0 ? strcspn(c + 3, "/,)?") : 0;
        const char *at = len > 0 ? memrchr(c + 3, '@', len) : NULL;

        fputc(*c, to);
        if (at) {
            fputs("//", to);
            c = at;
        }
    }
}

static void print_broker(const struct config *config, FILE *to)
{
    fprintf(to, "Broker %s\n", config->broker_name);
    fprintf(to, "  data directory        %s\n", config->data_directory);
    fprintf(to, "  persistent            %s\n", yes_no(config->persistent));
    fprintf(to, "  advisories            %s\n", yes_no(config->advisory_support));
    fprintf(to, "  scheduler             %s\n", yes_no(config->scheduler_support));
    if (config->purge_period_ms > 0)
        fprintf(to, "  inactive destinations looked for every %" PRId64 " ms\n",
                config->purge_period_ms);
    else
        fprintf(to, "  inactive destinations never removed\n");
    if (config->offline_durable_timeout_ms >= 0)
        fprintf(to, "  durable subscribers   removed after %" PRId64 " ms offline\n",
                config->offline_durable_timeout_ms);
}

static void print_connectors(const struct config *config, FILE *to)
{
    fprintf(to, "\nListeners\n");
    if (config->connector_count == 0)
        fprintf(to, "  none\n");
    for (size_t i = 0; i < config->connector_count; i++) {
        const struct config_transport_connector *c = &config->connectors[i];
        bool is_v6 = strchr(c->host, ':') != NULL;

        fprintf(to, "  %-16s %s://%s%s%s:%u", c->name, c->scheme, is_v6 ? "[" : "", c->host,
                is_v6 ? "]" : "", (unsigned)c->port);
        if (c->maximum_connections != INT32_MAX)
            fprintf(to, "  at most %" PRIu32 " connections", c->maximum_connections);
        fputc('\n', to);
        for (size_t k = 0; k < c->option_count; k++)
            fprintf(to, "  %-16s   %s=%s\n", "", c->options[k].name, c->options[k].value);
    }
}

static void print_limit(const char *name, uint64_t bytes, FILE *to)
{
    char text[32];

    fprintf(to, "  %-21s %s\n", name, size_text(bytes, "no limit", text, sizeof text));
}

static void print_limits(const struct config *config, FILE *to)
{
    const struct config_system_usage *usage = &config->usage;

    fprintf(to, "\nLimits\n");
    print_limit("memory", usage->memory_bytes_max, to);
    print_limit("store", usage->store_bytes_max, to);
    print_limit("temporary store", usage->temp_bytes_max, to);
    if (config->scheduler_support)
        print_limit("scheduled messages", usage->scheduler_bytes_max, to);
    if (usage->send_fail_if_no_space)
        fprintf(to, "  at a limit            a message is refused at once\n");
    else if (usage->send_fail_after_ms > 0)
        fprintf(to, "  at a limit            a message is refused after %" PRId64 " ms\n",
                usage->send_fail_after_ms);
    else
        fprintf(to, "  at a limit            its producer waits\n");
}

static void print_dead_letter(const struct config_dead_letter *d, FILE *to)
{
    fprintf(to, "    dead letters        ");
    switch (d->kind) {
    case DEAD_LETTER_SHARED:
        fprintf(to, "%s", d->shared_queue);
        break;
    case DEAD_LETTER_INDIVIDUAL:
        fprintf(to, "%s<queue>%s, %s<topic>%s", d->queue_prefix,
                d->queue_suffix ? d->queue_suffix : "", d->topic_prefix,
                d->topic_suffix ? d->topic_suffix : "");
        break;
    case DEAD_LETTER_DISCARD:
        fprintf(to, "dropped");
        break;
    }
    fprintf(to, "%s%s\n", d->process_expired ? "" : ", not expired ones",
            d->process_non_persistent ? ", non-persistent ones too" : "");
}

static void print_slow_consumers(const struct config_policy *p, FILE *to)
{
    static const char *const evictions[] = {"the oldest", "the oldest of the lowest priority",
                                            "those with the same value of "};
    bool is_limited = true;

    if (p->pending_limit.kind == PENDING_LIMIT_CONSTANT && p->pending_limit.limit >= 0)
        fprintf(to, "    waiting messages    at most %" PRId32 " beyond the prefetch",
                p->pending_limit.limit);
    else if (p->pending_limit.kind == PENDING_LIMIT_PREFETCH_RATE)
        fprintf(to, "    waiting messages    at most %g times the prefetch beyond it",
                p->pending_limit.multiplier);
    else
        is_limited = false;
    if (is_limited)
        fprintf(to, ", then %s%s go\n", evictions[p->eviction.kind],
                p->eviction.kind == EVICTION_UNIQUE_PROPERTY ? or_none(p->eviction.property_name)
                                                             : "");
    if (p->slow_consumer.kind != SLOW_CONSUMER_NONE)
        fprintf(to, "    slow consumers      %s aborted after %" PRId64 " ms\n",
                p->slow_consumer.abort_connection ? "connection" : "subscription",
                p->slow_consumer.max_slow_duration_ms);
}

static void print_recovery(const struct config_recovery *r, FILE *to)
{
    switch (r->kind) {
    case RECOVERY_NONE:
        return;
    case RECOVERY_FIXED_COUNT:
        fprintf(to, "    late subscribers    get the last %" PRIu64 " messages\n", r->maximum_size);
        return;
    case RECOVERY_FIXED_SIZE:
        fprintf(to, "    late subscribers    get the last %" PRIu64 " bytes\n", r->maximum_size);
        return;
    case RECOVERY_LAST_IMAGE:
        fprintf(to, "    late subscribers    get the last message\n");
        return;
    case RECOVERY_TIMED:
        fprintf(to, "    late subscribers    get the last %" PRId64 " ms\n", r->duration_ms);
        return;
    case RECOVERY_RETAINED:
        fprintf(to, "    late subscribers    get the retained message\n");
        return;
    }
}

static void print_policy(const struct config_policy *p, FILE *to)
{
    char text[32];

    if (p->destination.name)
        fprintf(to, "  %s %s\n", destination_kind_text(p->destination.kind), p->destination.name);
    else
        fprintf(to, "  all others%s\n", p->line ? "" : " (built-in)");
    fprintf(to, "    memory              %s, producers %s\n",
            size_text(p->memory_limit, "the broker's", text, sizeof text),
            p->producer_flow_control ? "wait at the limit" : "are not stopped");
    fprintf(to,
            "    prefetch            queue %" PRIu32 ", topic %" PRIu32 ", durable %" PRIu32
            ", browser %" PRIu32 "\n",
            p->queue_prefetch, p->topic_prefetch, p->durable_prefetch, p->browser_prefetch);
    print_dead_letter(&p->dead_letter, to);
    if (p->maximum_redeliveries >= 0)
        fprintf(to, "    redeliveries        at most %" PRId32 "\n", p->maximum_redeliveries);
    print_slow_consumers(p, to);
    print_recovery(&p->recovery, to);
    if (p->gc_inactive)
        fprintf(to, "    removed             after %" PRId64 " ms without use\n",
                p->gc_inactive_ms);
    if (p->prioritized || p->all_exclusive || p->strict_order_dispatch)
        fprintf(to, "    order              %s%s%s\n", p->prioritized ? " by priority" : "",
                p->all_exclusive ? " exclusive consumers" : "",
                p->strict_order_dispatch ? " strict" : "");
}

static void print_policies(const struct config *config, FILE *to)
{
    fprintf(to, "\nPolicies (of those that match, the most specific one)\n");
    for (size_t i = 0; i < config->policies.count; i++)
        print_policy(&config->policies.entries[i], to);
    print_policy(&config->policies.fallback, to);
}

static void print_security(const struct config *config, FILE *to)
{
    const struct config_security *s = &config->security;

    fprintf(to, "\nUsers\n");
    if (s->method == CONFIG_AUTH_NONE)
        fprintf(to, "  everybody may connect, with any name and password\n");
    if (s->method == CONFIG_AUTH_JAAS)
        fprintf(to, "  realm %s of %s\n", s->jaas_realm, or_none(s->jaas_file));
    if (s->method == CONFIG_AUTH_SIMPLE)
        for (size_t i = 0; i < s->user_count; i++)
            fprintf(to, "  %-20s %s\n", s->users[i].name, or_none(s->users[i].groups));
    if (s->method == CONFIG_AUTH_SIMPLE && s->anonymous_access)
        fprintf(to, "  %-20s %s (no name and no password)\n", s->anonymous_user,
                s->anonymous_group);
    fprintf(to, "\nRights\n");
    if (!s->has_authorization) {
        fprintf(to, "  everybody may do everything\n");
        return;
    }
    fprintf(to, "  %-36s %-24s %-24s %s\n", "destination", "read", "write", "admin");
    for (size_t i = 0; i < s->entry_count; i++) {
        const struct config_authorization_entry *e = &s->entries[i];
        char name[256];

        snprintf(name, sizeof name, "%s %.200s", destination_kind_text(e->kind), e->name);
        fprintf(to, "  %-36s %-24s %-24s %s\n", name, or_none(e->read), or_none(e->write),
                or_none(e->admin));
    }
    if (s->temp_entry)
        fprintf(to, "  %-36s %-24s %-24s %s\n", "temporary", or_none(s->temp_entry->read),
                or_none(s->temp_entry->write), or_none(s->temp_entry->admin));
    else
        fprintf(to, "  %-36s everybody\n", "temporary");
}

static void print_virtual(const struct config_virtual_destination *v, FILE *to)
{
    switch (v->kind) {
    case VIRTUAL_TOPIC:
        fprintf(to, "  topic %s feeds the queues %s<topic>%s%s\n", v->name, v->prefix, v->postfix,
                v->selector_aware ? ", what their consumers select" : "");
        return;
    case MIRRORED_QUEUE:
        fprintf(to, "  every queue is copied to the topic %s<queue>%s\n", v->prefix, v->postfix);
        return;
    case COMPOSITE_QUEUE:
    case COMPOSITE_TOPIC:
        break;
    }
    fprintf(to, "  %s %s forwards%s to", v->kind == COMPOSITE_QUEUE ? "queue" : "topic", v->name,
            v->forward_only ? "" : " a copy");
    for (size_t i = 0; i < v->forward_count; i++) {
        const struct config_forward *f = &v->forwards[i];

        fprintf(to, "%s %s %s", i ? "," : "", destination_kind_text(f->destination.kind),
                f->destination.name);
        if (f->selector)
            fprintf(to, " where %s", f->selector);
    }
    fputc('\n', to);
}

static void print_destinations(const struct config *config, FILE *to)
{
    if (config->destination_count > 0)
        fprintf(to, "\nDestinations from the start\n");
    for (size_t i = 0; i < config->destination_count; i++)
        fprintf(to, "  %s %s\n", destination_kind_text(config->destinations[i].kind),
                config->destinations[i].name);
    fprintf(to, "\nVirtual destinations\n");
    if (config->virtual_count == 0)
        fprintf(to, "  none\n");
    for (size_t i = 0; i < config->virtual_count; i++)
        print_virtual(&config->virtuals[i], to);
}

static void print_list(const char *what, const struct config_destination *list, size_t count,
                       FILE *to)
{
    for (size_t i = 0; i < count; i++)
        fprintf(to, "    %s %s %s\n", what, destination_kind_text(list[i].kind), list[i].name);
}

static void print_links(const struct config *config, FILE *to)
{
    if (config->network_connector_count > 0)
        fprintf(to, "\nLinks to other brokers (not started by this version)\n");
    for (size_t i = 0; i < config->network_connector_count; i++) {
        const struct config_network_connector *c = &config->network_connectors[i];

        fprintf(to, "  %-16s ", c->name);
        print_uri(c->uri, to);
        fputc('\n', to);
        for (size_t k = 0; k < c->attribute_count; k++) {
            const struct config_option *a = &c->attributes[k];
            bool is_secret = strstr(a->name, "assword") != NULL;

            if (strcmp(a->name, "name") != 0 && strcmp(a->name, "uri") != 0 &&
                strcmp(a->name, "discoveryURI") != 0)
                fprintf(to, "    %s=%s\n", a->name, is_secret ? "(not shown)" : a->value);
        }
        print_list("excluded", c->excluded, c->excluded_count, to);
        print_list("included", c->dynamically_included, c->dynamically_included_count, to);
        print_list("always", c->statically_included, c->statically_included_count, to);
    }
}

static bool has_plugins(const struct config *config)
{
    return config->statistics_plugin || config->logging.enabled || config->timestamps.enabled ||
           config->force_persistency >= 0 || config->discarding_dlq.enabled ||
           config->redelivery.enabled || config->path_separator || config->trace_broker_path;
}

static void print_plugins(const struct config *config, FILE *to)
{
    if (has_plugins(config))
        fprintf(to, "\nPlugins\n");
    if (config->statistics_plugin)
        fprintf(to, "  statistics by message\n");
    if (config->logging.enabled)
        fprintf(to, "  logging of%s%s%s%s%s\n", config->logging.connections ? " connections" : "",
                config->logging.producers ? " producers" : "",
                config->logging.consumers ? " consumers" : "",
                config->logging.transactions ? " transactions" : "",
                config->logging.messages ? " messages" : "");
    if (config->timestamps.enabled)
        fprintf(to, "  time stamps by the broker\n");
    if (config->force_persistency >= 0)
        fprintf(to, "  every message becomes %spersistent\n",
                config->force_persistency ? "" : "non-");
    if (config->discarding_dlq.enabled)
        fprintf(to, "  dead letters are dropped\n");
    if (config->redelivery.enabled)
        fprintf(to, "  redelivery by the broker, %zu policies\n", config->redelivery.policy_count);
    if (config->path_separator)
        fprintf(to, "  %s separates the parts of names\n", config->path_separator);
    if (config->trace_broker_path)
        fprintf(to, "  the property %s lists the brokers\n", config->trace_broker_path);
}

static void print_settings(const struct config *config, FILE *to)
{
    fprintf(to, "\nSettings of this broker's own\n");
#define X(field, attribute, initial, min, max, meaning) \
    fprintf(to, "  %-35s %-10" PRIu32 " %s\n", "cw:" attribute, config->settings.field, meaning);
    CONFIG_SETTINGS(X)
#undef X
}

static void print_remarks(const struct config *config, FILE *to)
{
    const struct config_memory *memory = config->arena;

    fprintf(to, "\nRemarks\n");
    if (memory->remark_count == 0)
        fprintf(to, "  none\n");
    for (size_t i = 0; i < memory->remark_count; i++) {
        const struct config_remark *remark = &memory->remarks[i];

        fprintf(to, "  line %d%s: %s\n", remark->place.line,
                remark->severity == CONFIG_WARNING ? ", warning" : "", remark->text);
    }
}

void config_print(const struct config *config, FILE *to)
{
    print_broker(config, to);
    print_connectors(config, to);
    print_limits(config, to);
    print_policies(config, to);
    print_destinations(config, to);
    print_security(config, to);
    print_plugins(config, to);
    print_links(config, to);
    print_settings(config, to);
    print_remarks(config, to);
}
