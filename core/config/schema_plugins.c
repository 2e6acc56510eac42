/* SPDX-License-Identifier: Apache-2.0 */
/* plugins: who may connect, who may do what, and what is done to messages on their way. */
#include "schema_lists.h"
#include "values.h"
#include "walk.h"
#include <unistd.h>

/* --- authentication ------------------------------------------------------------------------ */

static struct config_security *begin_authentication(struct walk *walk, const xmlNode *node,
                                                    struct config *config)
{
    struct config_security *security = &config->security;

    if (walk->authentication_place.line > 0)
        walk_remark(walk, CONFIG_WARNING, walk_place(walk, node),
                    "two authentication plugins: this one decides, as in ActiveMQ, and the one in "
                    "line %d does nothing",
                    walk->authentication_place.line);
    walk->authentication_place = walk_place(walk, node);
    return security;
}

static void *begin_simple(struct walk *walk, const xmlNode *node, void *parent)
{
    struct config_security *security = begin_authentication(walk, node, parent);

    security->method = CONFIG_AUTH_SIMPLE;
    return security;
}

static void *begin_jaas(struct walk *walk, const xmlNode *node, void *parent)
{
    struct config_security *security = begin_authentication(walk, node, parent);

    security->method = CONFIG_AUTH_JAAS;
    return security;
}

static bool try_login_config(struct walk *walk, struct config_security *security, const char *path)
{
    if (!path || access(path, R_OK) != 0)
        return false;
    security->jaas_file = arena_copy_text(walk->arena, path);
    return true;
}

static void end_jaas(struct walk *walk, const xmlNode *node, void *object)
{
    struct config_security *security = object;
    const char *given = variables_find(walk->variables, "java.security.auth.login.config");
    const char *conf = variables_find(walk->variables, "activemq.conf");

    if (given) {
        if (!try_login_config(walk, security, variables_locate(walk->variables, given)))
            walk_remark(walk, CONFIG_ERROR, walk_place(walk, node),
                        "%s, named by java.security.auth.login.config, cannot be read", given);
        return;
    }
    if (try_login_config(walk, security, arena_format(walk->arena, "%s/login.config", conf)) ||
        try_login_config(walk, security,
                         variables_locate(walk->variables, "classpath:login.config")))
        return;
    walk_remark(walk, CONFIG_ERROR, walk_place(walk, node),
                "login.config is neither in %s nor beside this file, and ACTIVEMQ_OPTS has no "
                "-Djava.security.auth.login.config: nobody could log in",
                conf);
}

static void *begin_user(struct walk *walk, const xmlNode *node, void *parent)
{
    struct config_security *security = parent;

    (void)node;
    return ARENA_APPEND(walk->arena, security->users, security->user_count);
}

static void end_user(struct walk *walk, const xmlNode *node, void *object)
{
    const struct config_security *security = &walk->config->security;
    struct config_user *user = object;

    if (!walk_has(node, "username") || !walk_has(node, "password"))
        walk_remark(walk, CONFIG_ERROR, walk_place(walk, node),
                    "<authenticationUser> needs username= and password=");
    if (!user->name || !user->password)
        return;
    if (!user->groups)
        walk_remark(walk, CONFIG_NOTE, walk_place(walk, node), "the user %s is in no group",
                    user->name);
    if (user->password[0] == '\0')
        walk_remark(walk, CONFIG_WARNING, walk_place(walk, node),
                    "the user %s has an empty password: anybody may log in as it", user->name);
    for (size_t i = 0; i + 1 < security->user_count; i++)
        if (security->users[i].name && strcmp(security->users[i].name, user->name) == 0)
            walk_remark(walk, CONFIG_WARNING, walk_place(walk, node),
                        "the user %s was there already: as in ActiveMQ the last one counts",
                        user->name);
}

/* --- authorization ------------------------------------------------------------------------- */

static void *begin_authorization(struct walk *walk, const xmlNode *node, void *parent)
{
    if (walk->has_authorization) {
        walk_remark(walk, CONFIG_ERROR, walk_place(walk, node),
                    "a second <authorizationPlugin> would have to agree to everything the first "
                    "one grants: write one");
        return NULL;
    }
    walk->has_authorization = true;
    ((struct config *)parent)->security.has_authorization = true;
    return &((struct config *)parent)->security;
}

static struct config_authorization_entry *append_entry(struct walk *walk,
                                                       struct config_security *security)
{
    return ARENA_APPEND(walk->arena, security->entries, security->entry_count);
}

static void *begin_entry(struct walk *walk, const xmlNode *node, void *parent)
{
    struct config_authorization_entry *entry = append_entry(walk, parent);

    *entry = (struct config_authorization_entry){.place = walk_place(walk, node)};
    return entry;
}

static void set_entry_name(struct walk *walk, void *object, const struct schema_attribute *row,
                           const char *value, struct config_place place)
{
    struct config_authorization_entry *entry = object;

    if (entry->name)
        walk_remark(walk, CONFIG_ERROR, place,
                    "an entry is for one destination, this one names "
                    "two: write two entries");
    entry->kind = strcmp(row->name, "topic") == 0 ? CONFIG_TOPIC : CONFIG_QUEUE;
    entry->name = destination_trim(walk->arena, value);
}

static void set_entry_temp(struct walk *walk, void *object, const struct schema_attribute *row,
                           const char *value, struct config_place place)
{
    struct config_authorization_entry *entry = object;
    struct text_error error;
    bool is_wanted;

    if (value_parse_bool(value, &is_wanted, &error) != 0) {
        walk_remark(walk, CONFIG_ERROR, place, "%s=\"%s\" %s", row->name, value, error.text);
    } else if (is_wanted) {
        entry->kind = strcmp(row->name, "tempTopic") == 0 ? CONFIG_TEMP_TOPIC : CONFIG_TEMP_QUEUE;
        entry->name = ">";
    }
}

static void set_group_class(struct walk *walk, void *object, const struct schema_attribute *row,
                            const char *value, struct config_place place)
{
    (void)object;
    if (!strstr(value, "GroupPrincipal"))
        walk_remark(walk, CONFIG_ERROR, place,
                    "%s=\"%s\": groups are names here, as org.apache.activemq.jaas.GroupPrincipal",
                    row->name, value);
}

static void end_entry(struct walk *walk, const xmlNode *node, void *object)
{
    struct config_security *security = &walk->config->security;
    struct config_authorization_entry whole = *(struct config_authorization_entry *)object;
    char *rest, *name;

    if (!whole.name || !*whole.name) { /* a name that was wrong has its own error */
        walk_remark(walk, CONFIG_ERROR, walk_place(walk, node),
                    "<authorizationEntry> names no destination: it needs queue= or topic=");
        return;
    }
    if (!whole.read && !whole.write && !whole.admin)
        walk_remark(walk, CONFIG_WARNING, walk_place(walk, node),
                    "this entry for %s grants nothing: it has neither read, write nor admin",
                    whole.name);
    if (!strchr(whole.name, ','))
        return;
    rest = arena_copy_text(walk->arena, whole.name); /* "A,B": an entry each */
    security->entry_count--;
    while ((name = strsep(&rest, ","))) {
        struct config_authorization_entry *entry = append_entry(walk, security);

        *entry = whole;
        entry->name = destination_trim(walk->arena, name);
    }
}

/* What everybody is granted everywhere is the same as an entry for all queues and topics. */
static void end_default_entry(struct walk *walk, const xmlNode *node, void *object)
{
    struct config_security *security = &walk->config->security;
    struct config_authorization_entry *topic, all = *(struct config_authorization_entry *)object;

    (void)node;
    all.name = ">";
    all.kind = CONFIG_QUEUE;
    security->entries[security->entry_count - 1] = all;
    topic = append_entry(walk, security);
    *topic = all;
    topic->kind = CONFIG_TOPIC;
}

static void *begin_temp_entry(struct walk *walk, const xmlNode *node, void *parent)
{
    struct config_security *security = parent;

    security->temp_entry = arena_alloc(walk->arena, sizeof *security->temp_entry);
    security->temp_entry->kind = CONFIG_TEMP_QUEUE;
    security->temp_entry->place = walk_place(walk, node);
    return security->temp_entry;
}

/* --- the other plugins --------------------------------------------------------------------- */

static const struct schema_element logging_plugin, timestamp_plugin, dlq_plugin, redelivery_plugin;
static const struct schema_element redelivery_policy;

#define ENABLED(fn, field, element) \
    static void *fn(struct walk *walk, const xmlNode *node, void *parent) \
    { \
        struct config *config = parent; \
        (void)walk, (void)node; \
        schema_set_defaults(&element, &config->field); \
        config->field.enabled = true; \
        return &config->field; \
    }

ENABLED(begin_logging, logging, logging_plugin)
ENABLED(begin_timestamps, timestamps, timestamp_plugin)
ENABLED(begin_discarding, discarding_dlq, dlq_plugin)
ENABLED(begin_redelivery, redelivery, redelivery_plugin)

static void *begin_statistics(struct walk *walk, const xmlNode *node, void *parent)
{
    (void)walk, (void)node;
    ((struct config *)parent)->statistics_plugin = true;
    return parent;
}

static void set_log_all(struct walk *walk, void *object, const struct schema_attribute *row,
                        const char *value, struct config_place place)
{
    struct config_logging_plugin *logging = object;
    struct text_error error;
    bool all;

    if (value_parse_bool(value, &all, &error) != 0)
        walk_remark(walk, CONFIG_ERROR, place, "%s=\"%s\" %s", row->name, value, error.text);
    else if (all)
        *logging = (struct config_logging_plugin){true, true, true, true, true, true, true};
}

static void *begin_separator(struct walk *walk, const xmlNode *node, void *parent)
{
    (void)walk, (void)node;
    ((struct config *)parent)->path_separator = "/";
    return parent;
}

static void *begin_trace_path(struct walk *walk, const xmlNode *node, void *parent)
{
    (void)walk, (void)node;
    ((struct config *)parent)->trace_broker_path = "BrokerPath";
    return parent;
}

static void *begin_force(struct walk *walk, const xmlNode *node, void *parent)
{
    (void)walk, (void)node;
    ((struct config *)parent)->force_persistency = 0;
    return parent;
}

static void *begin_redelivery_policy(struct walk *walk, const xmlNode *node, void *parent)
{
    struct config_redelivery_plugin *plugin = parent;
    struct config_redelivery_policy *policy =
        ARENA_APPEND(walk->arena, plugin->policies, plugin->policy_count);

    (void)node;
    schema_set_defaults(&redelivery_policy, policy);
    return policy;
}

static void set_redelivery_name(struct walk *walk, void *object, const struct schema_attribute *row,
                                const char *value, struct config_place place)
{
    struct config_redelivery_policy *policy = object;

    (void)place;
    policy->kind = strcmp(row->name, "topic") == 0 ? CONFIG_TOPIC : CONFIG_QUEUE;
    policy->name = destination_trim(walk->arena, value);
}

static void end_redelivery_policy(struct walk *walk, const xmlNode *node, void *object)
{
    const struct config_redelivery_policy *policy = object;

    if (policy->initial_delay_ms < 1000 || policy->delay_ms < 1000)
        walk_remark(walk, CONFIG_ERROR, walk_place(walk, node),
                    "the redeliveryPlugin needs initialRedeliveryDelay and redeliveryDelay of at "
                    "least 1000 ms, as in ActiveMQ");
}

static void end_redelivery_entry(struct walk *walk, const xmlNode *node, void *object)
{
    const struct config_redelivery_policy *policy = object;

    end_redelivery_policy(walk, node, object);
    if (!policy->name || !*policy->name)
        walk_remark(walk, CONFIG_ERROR, walk_place(walk, node),
                    "this <redeliveryPolicy> names no destination: it needs queue= or topic=; for "
                    "all others there is <defaultEntry>");
    else if (policy->kind == CONFIG_TOPIC)
        walk_remark(walk, CONFIG_WARNING, walk_place(walk, node),
                    "topic=\"%s\" of <redeliveryPolicy> is accepted, but: messages are delivered "
                    "again from queues only",
                    policy->name);
}

void plugins_finish(struct walk *walk, struct config *config)
{
    const struct config_security *security = &config->security;

    if (security->has_authorization && security->method == CONFIG_AUTH_NONE)
        walk_remark(walk, CONFIG_WARNING, config->broker_place,
                    "authorizationPlugin without an authentication plugin: no connection has a "
                    "user, so that every access is refused");
    if (config->redelivery.enabled && !config->scheduler_support)
        walk_remark(walk, CONFIG_ERROR, config->broker_place,
                    "the redeliveryPlugin needs schedulerSupport=\"true\" on <broker>");
    if (config->path_separator &&
        (strlen(config->path_separator) != 1 || strchr(".,*>?", config->path_separator[0])))
        walk_remark(walk, CONFIG_ERROR, config->broker_place,
                    "pathSeparator=\"%s\" of <destinationPathSeparatorPlugin> must be one "
                    "character, and none of . , * > ?",
                    config->path_separator);
}

/* clang-format off */

#define SECURITY struct config_security
static const struct schema_element authentication_user = {
    .name = "authenticationUser", .meaning = "somebody who may connect", .flags = ELEMENT_REPEATS,
    .begin = begin_user, .end = end_user,
    .attributes = ATTRIBUTES(
        A_TEXT("username", struct config_user, name, NULL, "login name"),
        A_TEXT("password", struct config_user, password, NULL,
               "the password, or a hash of it: {scrypt}... or {pbkdf2}..."),
        A_TEXT("groups", struct config_user, groups, NULL, "groups, separated by commas")),
};
static const struct schema_element users = {
    .name = "users", .meaning = "all users", .children = CHILDREN(&authentication_user),
};
static const struct schema_element user_groups = {
    .name = "userGroups", .disposition = REFUSED, .meaning = "write <users> instead",
};
static const struct schema_element user_passwords = {
    .name = "userPasswords", .disposition = REFUSED, .meaning = "write <users> instead",
};
static const struct schema_element simple_plugin = {
    .name = "simpleAuthenticationPlugin", .meaning = "users and passwords in this file",
    .begin = begin_simple,
    .attributes = ATTRIBUTES(
        A_BOOL("anonymousAccessAllowed", SECURITY, anonymous_access, "false",
               "clients that give neither name nor password may connect"),
        A_TEXT("anonymousUser", SECURITY, anonymous_user, "anonymous", "their user name"),
        A_TEXT("anonymousGroup", SECURITY, anonymous_group, "anonymous", "their group")),
    .children = CHILDREN(&users, &user_groups, &user_passwords),
};
#define JAAS_ROWS \
    A_TEXT("configuration", SECURITY, jaas_realm, "activemq-domain", \
           "name of the realm in login.config"), \
    N_BOOL(IGNORED, "discoverLoginConfig", "true", "login.config is always looked for")
static const struct schema_element jaas_plugin = {
    .name = "jaasAuthenticationPlugin",
    .meaning = "login.config in ${activemq.conf}, beside this file, or as "
               "-Djava.security.auth.login.config in ACTIVEMQ_OPTS says",
    .begin = begin_jaas, .end = end_jaas, .attributes = ATTRIBUTES(JAAS_ROWS),
};
static const struct schema_element jaas_dual_plugin = {
    .name = "jaasDualAuthenticationPlugin",
    .meaning = "as jaasAuthenticationPlugin for connections without TLS",
    .begin = begin_jaas, .end = end_jaas,
    .attributes = ATTRIBUTES(
        JAAS_ROWS,
        N_TEXT(MISSED, "sslConfiguration", "activemq-ssl-domain",
               "this version serves no TLS connectors")),
};
static const struct schema_element jaas_certificate_plugin = {
    .name = "jaasCertificateAuthenticationPlugin", .disposition = REFUSED,
    .meaning = "it needs TLS connectors, which this version does not serve",
};

#define E struct config_authorization_entry
#define RIGHTS_ROWS \
    A_TEXT("read", E, read, NULL, "groups that may consume and browse; * is every user"), \
    A_TEXT("write", E, write, NULL, "groups that may send"), \
    A_TEXT("admin", E, admin, NULL, "groups that may create and delete"), \
    A_SET("groupClass", set_group_class, "org.apache.activemq.jaas.GroupPrincipal", \
          "only that class")
#define JAVA_ONLY(var, element_name, why) \
    static const struct schema_element var = { \
        .name = element_name, .disposition = REFUSED, .meaning = why }
JAVA_ONLY(read_acls, "readACLs", "it is a set of Java objects: write read=");
JAVA_ONLY(write_acls, "writeACLs", "it is a set of Java objects: write write=");
JAVA_ONLY(admin_acls, "adminACLs", "it is a set of Java objects: write admin=");
JAVA_ONLY(entry_destination, "destination", "write queue= or topic=");
#define ENTRY_CHILDREN CHILDREN(&read_acls, &write_acls, &admin_acls, &entry_destination)
static const struct schema_element authorization_entry = {
    .name = "authorizationEntry", .flags = ELEMENT_REPEATS,
    .meaning = "rights for destinations; those of all entries that match are added up",
    .begin = begin_entry, .end = end_entry,
    .attributes = ATTRIBUTES(
        A_SET("queue", set_entry_name, NULL, "the queues; wildcards * and >"),
        A_SET("topic", set_entry_name, NULL, "the topics"),
        A_SET("tempQueue", set_entry_temp, "false", "true: temporary queues"),
        A_SET("tempTopic", set_entry_temp, "false", "true: temporary topics"),
        RIGHTS_ROWS),
    .children = ENTRY_CHILDREN,
};
static const struct schema_element default_authorization_entry = {
    .name = "authorizationEntry", .meaning = "rights for all queues and topics",
    .begin = begin_entry, .end = end_default_entry, .attributes = ATTRIBUTES(RIGHTS_ROWS),
    .children = CHILDREN(&read_acls, &write_acls, &admin_acls),
};
static const struct schema_element temp_authorization_entry = {
    .name = "tempDestinationAuthorizationEntry",
    .meaning = "rights for temporary destinations; without it everybody has them",
    .begin = begin_temp_entry,
    .attributes = ATTRIBUTES(
        N_BOOL(IGNORED, "tempQueue", NULL, "it is for all temporary destinations"),
        N_BOOL(IGNORED, "tempTopic", NULL, "it is for all temporary destinations"),
        N_TEXT(IGNORED, "queue", NULL, "it is for all temporary destinations"),
        N_TEXT(IGNORED, "topic", NULL, "it is for all temporary destinations"),
        RIGHTS_ROWS),
    .children = ENTRY_CHILDREN,
};
static const struct schema_element authorization_entries = {
    .name = "authorizationEntries", .meaning = "the entries",
    .children = CHILDREN(&authorization_entry),
};
static const struct schema_element plain_entries = {
    .name = "entries", .meaning = "the entries, the same",
    .children = CHILDREN(&authorization_entry),
};
static const struct schema_element default_rights = {
    .name = "defaultEntry", .meaning = "added to what matches",
    .children = CHILDREN(&default_authorization_entry),
};
static const struct schema_element temp_rights = {
    .name = "tempDestinationAuthorizationEntry", .meaning = "holds the element of the same name",
    .children = CHILDREN(&temp_authorization_entry),
};
static const struct schema_element authorization_map = {
    .name = "authorizationMap", .meaning = "rights in this file",
    .attributes = ATTRIBUTES(
        A_SET("groupClass", set_group_class, "org.apache.activemq.jaas.GroupPrincipal",
              "only that class")),
    .children = CHILDREN(&authorization_entries, &plain_entries, &default_rights, &temp_rights),
};
#define NO_MAP(var, element_name, why) \
    static const struct schema_element var = { \
        .name = element_name, .disposition = REFUSED, .meaning = why }
NO_MAP(cached_ldap_map, "cachedLDAPAuthorizationMap",
       "rights are not read from LDAP by this version: write an <authorizationMap>");
NO_MAP(old_ldap_map, "lDAPAuthorizationMap",
       "rights are not read from LDAP by this version: write an <authorizationMap>");
NO_MAP(simple_map, "simpleAuthorizationMap", "write an <authorizationMap>");
static const struct schema_element map = {
    .name = "map", .meaning = "holds the map",
    .children = CHILDREN(&authorization_map, &cached_ldap_map, &old_ldap_map, &simple_map),
};
static const struct schema_element authorization_plugin = {
    .name = "authorizationPlugin", .meaning = "who may do what; what nobody grants is refused",
    .begin = begin_authorization, .children = CHILDREN(&map),
};

#define INNER_ROWS \
    N_TEXT(IGNORED, "adminConnectionContext", NULL, WHY_SPRING), \
    N_TEXT(IGNORED, "next", NULL, WHY_SPRING)

#define L struct config_logging_plugin
static const struct schema_element logging_plugin = {
    .name = "loggingBrokerPlugin", .meaning = "log lines for what clients do; never bodies",
    .begin = begin_logging,
    .attributes = ATTRIBUTES(
        A_SET("logAll", set_log_all, "false", "all of the following"),
        A_BOOL("logConnectionEvents", L, connections, "true", "connections"),
        N_BOOL(IGNORED, "logSessionEvents", "true", "STOMP has no sessions"),
        A_BOOL("logProducerEvents", L, producers, "false", "producers"),
        A_BOOL("logConsumerEvents", L, consumers, "false", "consumers"),
        A_BOOL("logTransactionEvents", L, transactions, "false", "transactions"),
        A_BOOL("logMessageEvents", L, messages, "false", "messages and acknowledgements"),
        A_BOOL("logInternalEvents", L, internal, "false", "what the broker does by itself"),
        N_BOOL(IGNORED, "perDestinationLogger", "false", "every line names its destination"),
        INNER_ROWS),
};
#define T struct config_timestamp_plugin
static const struct schema_element timestamp_plugin = {
    .name = "timeStampingBrokerPlugin", .meaning = "messages get the broker's time",
    .begin = begin_timestamps,
    .attributes = ATTRIBUTES(
        A_BOOL("futureOnly", T, future_only, "false", "only if theirs lies in the future"),
        A_BOOL("processNetworkMessages", T, process_network_messages, "false",
               "also those from other brokers"),
        A_MILLIS("zeroExpirationOverride", T, zero_expiration_override_ms, 0, "0",
                 "time to live for those without one; 0: none"),
        A_MILLIS("ttlCeiling", T, ttl_ceiling_ms, 0, "0", "longest time to live; 0: any"),
        INNER_ROWS),
};
#define G struct config_discarding_dlq
static const struct schema_element dlq_plugin = {
    .name = "discardingDLQBrokerPlugin", .meaning = "dead letters are dropped",
    .begin = begin_discarding,
    .attributes = ATTRIBUTES(
        A_BOOL("dropAll", G, drop_all, "true", "all"),
        A_BOOL("dropTemporaryTopics", G, drop_temporary_topics, "true", "of temporary topics"),
        A_BOOL("dropTemporaryQueues", G, drop_temporary_queues, "true", "of temporary queues"),
        A_TEXT("dropOnly", G, drop_only, NULL,
               "of destinations that match one of these regular expressions, with blanks between"),
        N_INT(IGNORED, "reportInterval", "1000", "they are counted")),
};
#define Y struct config_redelivery_policy
#define REDELIVERY_ROWS \
    A_INT("maximumRedeliveries", Y, maximum_redeliveries, -1, INT_MAX_JAVA, "6", \
          "then it becomes a dead letter; -1: never"), \
    A_MILLIS("initialRedeliveryDelay", Y, initial_delay_ms, 0, "1000", "before the first"), \
    A_MILLIS("redeliveryDelay", Y, delay_ms, 0, "1000", "before each further one"), \
    A_MILLIS("maximumRedeliveryDelay", Y, maximum_delay_ms, -1, "-1", "at most; -1: any"), \
    A_BOOL("useExponentialBackOff", Y, exponential, "false", "each delay is longer"), \
    A_REAL("backOffMultiplier", Y, back_off_multiplier, "5.0", "by this factor"), \
    N_BOOL(MISSED, "useCollisionAvoidance", "false", "delays do not vary by chance"), \
    N_INT(IGNORED, "collisionAvoidancePercent", "15", "see useCollisionAvoidance"), \
    N_BOOL(IGNORED, "preDispatchCheck", "true", "a matter of the client")
static const struct schema_element redelivery_policy = {
    .name = "redeliveryPolicy", .meaning = "for the destinations it names",
    .flags = ELEMENT_REPEATS, .begin = begin_redelivery_policy, .end = end_redelivery_entry,
    .attributes = ATTRIBUTES(
        A_SET("queue", set_redelivery_name, NULL, "the queues; wildcards * and >"),
        A_SET("topic", set_redelivery_name, NULL,
              "the topics; accepted, but what their subscribers give up on is a dead letter"),
        N_BOOL(REFUSED, "tempQueue", "false", "write queue= or topic="),
        N_BOOL(REFUSED, "tempTopic", "false", "write queue= or topic="),
        REDELIVERY_ROWS),
    .children = CHILDREN(&entry_destination),
};
static const struct schema_element default_redelivery_policy = {
    .name = "redeliveryPolicy", .meaning = "for all others", .begin = begin_redelivery_policy,
    .end = end_redelivery_policy, .attributes = ATTRIBUTES(REDELIVERY_ROWS),
};
static const struct schema_element redelivery_entries = {
    .name = "redeliveryPolicyEntries", .meaning = "the entries",
    .children = CHILDREN(&redelivery_policy),
};
static const struct schema_element redelivery_plain_entries = {
    .name = "entries", .meaning = "the entries, the same",
    .children = CHILDREN(&redelivery_policy),
};
static const struct schema_element default_redelivery = {
    .name = "defaultEntry", .meaning = "the policy for all others",
    .children = CHILDREN(&default_redelivery_policy),
};
static const struct schema_element redelivery_map_bean = {
    .name = "redeliveryPolicyMap", .meaning = "all policies",
    .children = CHILDREN(&redelivery_entries, &redelivery_plain_entries, &default_redelivery),
};
static const struct schema_element redelivery_map = {
    .name = "redeliveryPolicyMap", .meaning = "holds the element of the same name",
    .children = CHILDREN(&redelivery_map_bean),
};
static const struct schema_element redelivery_plugin = {
    .name = "redeliveryPlugin",
    .meaning = "the broker itself delivers again, after a delay; needs schedulerSupport",
    .begin = begin_redelivery,
    .attributes = ATTRIBUTES(
        A_BOOL("fallbackToDeadLetter", struct config_redelivery_plugin, fallback_to_dead_letter,
               "true", "without a policy a message becomes a dead letter"),
        A_BOOL("sendToDlqIfMaxRetriesExceeded", struct config_redelivery_plugin,
               dead_letter_after_retries, "true", "and after its last redelivery"),
        INNER_ROWS),
    .children = CHILDREN(&redelivery_map),
};
static const struct schema_element statistics_plugin = {
    .name = "statisticsBrokerPlugin", .begin = begin_statistics,
    .meaning = "answers messages to ActiveMQ.Statistics.> with counters",
};
static const struct schema_element separator_plugin = {
    .name = "destinationPathSeparatorPlugin", .begin = begin_separator,
    .meaning = "another character stands for the dot in destination names",
    .attributes = ATTRIBUTES(
        A_TEXT("pathSeparator", struct config, path_separator, "/", "that character"),
        INNER_ROWS),
};
static const struct schema_element trace_path_plugin = {
    .name = "traceBrokerPathPlugin", .begin = begin_trace_path,
    .meaning = "messages list the brokers they passed",
    .attributes = ATTRIBUTES(
        A_TEXT("stampProperty", struct config, trace_broker_path, "BrokerPath",
               "in this property"),
        INNER_ROWS),
};
static const struct schema_element force_plugin = {
    .name = "forcePersistencyModeBrokerPlugin", .begin = begin_force,
    .meaning = "all messages get the same delivery mode",
    .attributes = ATTRIBUTES(
        {.name = "persistenceFlag", .type = VALUE_BOOL,
         ROW_HELD(struct config, force_persistency), .initial = "false",
         .meaning = "true: persistent"}),
};

#define OTHER_PLUGIN(var, element_name, how, why, ...) \
    static const struct schema_element var = { \
        .name = element_name, .disposition = how, .meaning = why, \
        .attributes = ATTRIBUTES(__VA_ARGS__) }

OTHER_PLUGIN(destinations_plugin, "destinationsPlugin", MISSED,
             "destinations are not remembered in a file",
             N_TEXT(IGNORED, "location", NULL, "see the element"), INNER_ROWS);
OTHER_PLUGIN(selector_cache_plugin, "virtualSelectorCacheBrokerPlugin", MISSED,
             "selectors of consumers that are away are not remembered",
             N_TEXT(IGNORED, "persistFile", NULL, "see the element"),
             N_INT(IGNORED, "persistInterval", "600000", "see the element"),
             N_BOOL(IGNORED, "singleSelectorPerDestination", "false", "see the element"),
             N_BOOL(IGNORED, "ignoreWildcardSelectors", "false", "see the element"));
OTHER_PLUGIN(runtime_plugin, "runtimeConfigurationPlugin", MISSED,
             "a changed file is read at the next start",
             N_INT(IGNORED, "checkPeriod", "0", "see the element"));
OTHER_PLUGIN(connection_dot_plugin, "connectionDotFilePlugin", MISSED, "no graph is written",
             N_TEXT(IGNORED, "file", NULL, "see the element"));
OTHER_PLUGIN(destination_dot_plugin, "destinationDotFilePlugin", MISSED, "no graph is written",
             N_TEXT(IGNORED, "file", NULL, "see the element"));
#define TRACE_ROWS \
    N_TEXT(IGNORED, "address", NULL, "see the element"), \
    N_BOOL(IGNORED, "broadcast", NULL, "see the element"), \
    N_TEXT(IGNORED, "destination", NULL, "see the element"), \
    N_INT(IGNORED, "maxTraceDatagramSize", NULL, "see the element"), \
    N_TEXT(IGNORED, "wireFormat", NULL, WHY_SPRING), \
    N_TEXT(IGNORED, "wireFormatFactory", NULL, WHY_SPRING), INNER_ROWS
OTHER_PLUGIN(multicast_trace_plugin, "multicastTraceBrokerPlugin", MISSED,
             "traffic is not copied", N_INT(IGNORED, "timeToLive", NULL, "see the element"),
             TRACE_ROWS);
OTHER_PLUGIN(udp_trace_plugin, "udpTraceBrokerPlugin", MISSED, "traffic is not copied",
             TRACE_ROWS);
static const struct schema_element partition_plugin = {
    .name = "partitionBrokerPlugin", .disposition = REFUSED,
    .meaning = "it was removed from ActiveMQ with version 5.18",
};

const struct schema_element schema_plugins = {
    .name = "plugins", .meaning = "what is put around the broker",
    .children = CHILDREN(
        &simple_plugin, &jaas_plugin, &jaas_dual_plugin, &jaas_certificate_plugin,
        &authorization_plugin, &statistics_plugin, &logging_plugin, &timestamp_plugin,
        &force_plugin, &dlq_plugin, &redelivery_plugin, &separator_plugin, &trace_path_plugin,
        &destinations_plugin, &selector_cache_plugin, &runtime_plugin, &connection_dot_plugin,
        &destination_dot_plugin, &multicast_trace_plugin, &udp_trace_plugin, &partition_plugin),
};
/* clang-format on */
