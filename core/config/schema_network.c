/* SPDX-License-Identifier: Apache-2.0 */
/* networkConnectors: links to other brokers. */
#include "schema_lists.h"
#include "walk.h"

static void *begin_connector(struct walk *walk, const xmlNode *node, void *parent)
{
    struct config *config = parent;
    struct config_network_connector *c =
        ARENA_APPEND(walk->arena, config->network_connectors, config->network_connector_count);

    c->place = walk_place(walk, node);
    c->name = "NC";
    return c;
}

static void *begin_connectors(struct walk *walk, const xmlNode *node, void *parent)
{
    bool has_any = false;

    for (const xmlNode *n = node->children; n; n = n->next)
        has_any = has_any || n->type == XML_ELEMENT_NODE;
    if (has_any)
        walk_remark(walk, CONFIG_WARNING, walk_place(walk, node),
                    "network connectors are not started by this version: this broker links itself "
                    "to no other");
    return parent;
}

static void keep_attribute(struct walk *walk, void *object, const char *name, const char *value)
{
    struct config_network_connector *c = object;
    struct config_option *option = ARENA_APPEND(walk->arena, c->attributes, c->attribute_count);

    *option = (struct config_option){arena_copy_text(walk->arena, name), value};
}

static void end_connector(struct walk *walk, const xmlNode *node, void *object)
{
    const struct config *config = walk->config;
    const struct config_network_connector *c = object;

    if (!walk_has(node, "uri") && !walk_has(node, "discoveryURI"))
        walk_remark(walk, CONFIG_ERROR, c->place,
                    "<networkConnector> needs uri=, such as static:(tcp://other:61616)");
    else if (c->uri && !strchr(c->uri, ':'))
        walk_remark(walk, CONFIG_ERROR, c->place,
                    "uri=\"%s\" of <networkConnector> has no scheme: did you mean "
                    "static:(tcp://%s)?",
                    c->uri, c->uri);
    for (size_t i = 0; i + 1 < config->network_connector_count; i++)
        if (strcmp(config->network_connectors[i].name, c->name) == 0)
            walk_remark(walk, CONFIG_WARNING, walk_place(walk, node),
                        "the network connector in line %d has the name %s too: links to the same "
                        "broker need names of their own",
                        config->network_connectors[i].place.line, c->name);
}

#define LIST(fn, field, counter) \
    static void *fn(struct walk *walk, const xmlNode *node, void *parent) \
    { \
        struct config_network_connector *c = parent; \
        (void)node; \
        return destination_list_begin(walk, &c->field, &c->counter); \
    }

LIST(begin_excluded, excluded, excluded_count)
LIST(begin_dynamic, dynamically_included, dynamically_included_count)
LIST(begin_static, statically_included, statically_included_count)

/* clang-format off */
#define DESTINATION_LIST(var, element_name, fn, say) \
    static const struct schema_element var = { \
        .name = element_name, .meaning = say, .begin = fn, \
        .children = CHILDREN(&schema_list_queue, &schema_list_topic, &schema_list_temp_queue, \
                             &schema_list_temp_topic) }

DESTINATION_LIST(excluded, "excludedDestinations", begin_excluded, "never forwarded");
DESTINATION_LIST(dynamic, "dynamicallyIncludedDestinations", begin_dynamic,
                 "forwarded when there is demand; empty: all");
DESTINATION_LIST(statics, "staticallyIncludedDestinations", begin_static,
                 "forwarded with or without demand");
static const struct schema_element durables = {
    .name = "durableDestinations", .disposition = MISSED, .flags = ELEMENT_OPAQUE,
    .meaning = "durable subscriptions follow the other lists",
};

#define OPAQUE(var, element_name, why) \
    static const struct schema_element var = { \
        .name = element_name, .disposition = MISSED, .flags = ELEMENT_OPAQUE, .meaning = why }
OPAQUE(ssl_context, "sslContext", "this version serves no TLS");
OPAQUE(bridge_factory, "bridgeFactory", "it is a Java object");
OPAQUE(connection_filter, "connectionFilter", "it is a Java object");
OPAQUE(discovery_agent, "discoveryAgent", "it is a Java object");

/* Kept as text for the links to come: the keep hook sees every row. */
#define K_BOOL(n, d, say) {.name = n, .type = VALUE_BOOL, .initial = d, .meaning = say}
#define K_INT(n, lo, d, say) \
    {.name = n, .type = VALUE_INTEGER, .min = lo, .max = INT_MAX_JAVA, .initial = d, .meaning = say}
#define K_TEXT(n, d, say) {.name = n, .initial = d, .meaning = say}
#define C struct config_network_connector

#define COMMON_ROWS \
    A_TEXT("name", C, name, "NC", "tells links to the same broker apart"), \
    K_BOOL("duplex", "false", "one connection serves both directions"), \
    K_TEXT("userName", NULL, "login at the other broker"), \
    K_TEXT("password", NULL, "and its password"), \
    K_TEXT("remoteUserName", NULL, "login at the other broker alone"), \
    K_TEXT("remotePassword", NULL, "and its password"), \
    K_INT("networkTTL", 0, "1", "brokers a message and demand may pass"), \
    K_INT("messageTTL", 0, "1", "brokers a message may pass"), \
    K_INT("consumerTTL", 0, "1", "brokers demand may pass"), \
    K_BOOL("dynamicOnly", "false", "durable subscriptions count while they are active"), \
    K_BOOL("conduitSubscriptions", "true", "many consumers here look like one over there"), \
    K_BOOL("conduitNetworkQueueSubscriptions", "false", "also those that are links themselves"), \
    K_BOOL("decreaseNetworkConsumerPriority", "false", "nearer consumers first"), \
    K_INT("consumerPriorityBase", -128, "-5", "priority of a link's consumers"), \
    K_BOOL("suppressDuplicateQueueSubscriptions", "false", "one path to a queue's consumers"), \
    K_BOOL("suppressDuplicateTopicSubscriptions", "true", "one path to a topic's subscribers"), \
    K_INT("prefetchSize", 1, "1000", "messages sent ahead to the link"), \
    K_INT("advisoryPrefetchSize", 0, "0", "advisories sent ahead; 0: as prefetchSize"), \
    K_INT("advisoryAckPercentage", 0, "75", "of them acknowledged at a time"), \
    K_BOOL("bridgeTempDestinations", "true", "request and reply works across brokers"), \
    K_BOOL("alwaysSyncSend", "true", "non-persistent messages are confirmed too"), \
    K_BOOL("dispatchAsync", "true", "kept"), \
    K_BOOL("staticBridge", "false", "only what staticallyIncludedDestinations lists"), \
    K_TEXT("destinationFilter", NULL, "which consumers count as demand"), \
    K_BOOL("useVirtualDestSubs", "false", "virtual destinations count as demand"), \
    K_BOOL("syncDurableSubs", "false", "durable subscriptions are exchanged at connect"), \
    K_BOOL("useCompression", "false", "bodies are compressed on the way"), \
    K_BOOL("checkDuplicateMessagesOnDuplex", "false", "duplicates after a failure are dropped"), \
    K_BOOL("advisoryForFailedForward", "false", "an advisory for what could not be forwarded"), \
    K_BOOL("gcDestinationViews", "true", "kept"), \
    K_INT("gcSweepTime", 0, "60000", "kept"), \
    K_BOOL("useBrokerNamesAsIdSeed", "true", "kept"), \
    K_BOOL("useBrokerNameAsIdSees", "true", "the same, as the schema spells it"), \
    K_TEXT("clientIdToken", "_", "joins the parts of a link's client id"), \
    K_BOOL("autoStart", "true", "false: the link waits to be started"), \
    N_TEXT(IGNORED, "brokerURL", NULL, WHY_SPRING), \
    N_TEXT(IGNORED, "localUri", NULL, WHY_SPRING), \
    N_TEXT(IGNORED, "brokerName", NULL, WHY_SPRING), \
    N_TEXT(IGNORED, "brokerService", NULL, WHY_SPRING), \
    N_TEXT(IGNORED, "objectName", NULL, WHY_JMX)

#define CONNECTOR_CHILDREN CHILDREN(&excluded, &dynamic, &statics, &durables, &ssl_context, \
                                    &bridge_factory, &connection_filter, &discovery_agent)

static const struct schema_element network_connector = {
    .name = "networkConnector", .flags = ELEMENT_REPEATS,
    .meaning = "a link to another broker; read and checked, but not started by this version",
    .begin = begin_connector, .end = end_connector, .keep = keep_attribute,
    .attributes = ATTRIBUTES(
        A_TEXT("uri", C, uri, NULL, "static:(tcp://a:61616,tcp://b:61616), masterslave:(...)"),
        A_TEXT("discoveryURI", C, uri, NULL, "the same"),
        COMMON_ROWS),
    .children = CONNECTOR_CHILDREN,
};
static const struct schema_element ldap_connector = {
    .name = "ldapNetworkConnector", .disposition = MISSED,
    .flags = ELEMENT_REPEATS | ELEMENT_OPAQUE, .meaning = "brokers are not looked up in LDAP",
};
static const struct schema_element multicast_connector = {
    .name = "multicastNetworkConnector", .disposition = MISSED,
    .flags = ELEMENT_REPEATS | ELEMENT_OPAQUE, .meaning = "there are no multicast transports",
};
const struct schema_element schema_network_connectors = {
    .name = "networkConnectors", .meaning = "links to other brokers", .begin = begin_connectors,
    .children = CHILDREN(&network_connector, &ldap_connector, &multicast_connector),
};
/* clang-format on */
