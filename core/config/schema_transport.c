/* SPDX-License-Identifier: Apache-2.0 */
/* transportConnectors: where the broker listens. */
#include "uri.h"
#include "values.h"
#include "walk.h"

/* Attributes may come in any order, so the uri is read at the end. */
struct connector_draft {
    struct config_transport_connector connector;
    const char *uri;
    struct config_place uri_place;
};

static void *begin_connector(struct walk *walk, const xmlNode *node, void *parent);

static void set_uri(struct walk *walk, void *object, const struct schema_attribute *row,
                    const char *value, struct config_place place)
{
    struct connector_draft *draft = object;

    (void)row;
    draft->uri = arena_copy(walk->arena, value_trim(value));
    draft->uri_place = place;
}

static void check_twin(struct walk *walk, const struct config_transport_connector *c)
{
    const struct config *config = walk->config;

    for (size_t i = 0; i < config->connector_count; i++) {
        const struct config_transport_connector *other = &config->connectors[i];

        if (c->port != 0 && other->port == c->port && strcmp(other->host, c->host) == 0)
            walk_remark(walk, CONFIG_ERROR, c->place,
                        "port %u of %s is taken already by the connector %s in line %d",
                        (unsigned)c->port, c->host, other->name, other->place.line);
        if (strcmp(other->name, c->name) == 0)
            walk_remark(walk, CONFIG_WARNING, c->place,
                        "the connector in line %d has the name %s too", other->place.line, c->name);
    }
}

static void end_connector(struct walk *walk, const xmlNode *node, void *object)
{
    struct connector_draft *draft = object;
    struct config_transport_connector *c = &draft->connector;
    struct config *config = walk->config;
    struct text_error error;
    enum uri_service service;

    if (!walk_has(node, "uri"))
        walk_remark(walk, CONFIG_ERROR, walk_place(walk, node),
                    "<transportConnector> needs uri=, such as stomp://0.0.0.0:61613");
    if (!draft->uri)
        return;
    if (uri_parse(walk->arena, draft->uri, c, &service, &error) != 0) {
        walk_remark(walk, CONFIG_ERROR, draft->uri_place, "uri=\"%.100s\" %s", draft->uri,
                    error.text);
        return;
    }
    if (service != URI_SERVED) {
        walk_remark(walk, CONFIG_WARNING, draft->uri_place, "%s://%s:%u is not served: %s",
                    c->scheme, c->host, (unsigned)c->port, uri_service_text(service));
        return;
    }
    if (!c->name)
        c->name = draft->uri;
    uri_check_options(walk, c, draft->uri_place);
    check_twin(walk, c);
    *ARENA_APPEND(walk->arena, config->connectors, config->connector_count) = *c;
}

/* clang-format off */
#define WHY_CLUSTER "no broker is linked to this one in this version"
#define C struct connector_draft
static const struct schema_element published_address_policy_bean = {
    .name = "publishedAddressPolicy", .disposition = MISSED, .flags = ELEMENT_OPAQUE,
    .meaning = "clients are told the address as the connector's uri gives it",
};
static const struct schema_element published_address_policy = {
    .name = "publishedAddressPolicy", .meaning = "holds the element of the same name",
    .children = CHILDREN(&published_address_policy_bean),
};
static const struct schema_element message_policy = {
    .name = "messageAuthorizationPolicy", .disposition = REFUSED,
    .meaning = "it is a Java class that decides who may see which message; without it everybody "
               "could",
};
#define OPAQUE(var, element_name, how, why) \
    static const struct schema_element var = { \
        .name = element_name, .disposition = how, .flags = ELEMENT_OPAQUE, .meaning = why }
OPAQUE(discovery_agent, "discoveryAgent", MISSED, "the broker is not announced");
OPAQUE(task_runner_factory, "taskRunnerFactory", IGNORED, WHY_THREADS);
OPAQUE(broker_info, "brokerInfo", IGNORED, WHY_SPRING);
OPAQUE(server, "server", REFUSED, "it is a Java object");

static const struct schema_element transport_connector = {
    .name = "transportConnector", .flags = ELEMENT_REPEATS, .meaning = "a listening endpoint",
    .begin = begin_connector, .end = end_connector,
    .attributes = ATTRIBUTES(
        A_TEXT("name", C, connector.name, NULL, "its name; otherwise the uri"),
        A_SET("uri", set_uri, NULL,
              "scheme://host:port?options; 0.0.0.0 is every address, port 0 any free one"),
        A_BOOL("allowLinkStealing", C, connector.allow_link_stealing, "false",
               "a new connection takes the client id of an older one"),
        A_BOOL("updateClusterClients", C, connector.update_cluster_clients, "false",
               "clients with failover are told which brokers there are: this one, so far"),
        A_BOOL("rebalanceClusterClients", C, connector.rebalance_cluster_clients, "false",
               "clients with failover are told to spread over the brokers they know"),
        A_BOOL("updateClusterClientsOnRemove", C, connector.update_cluster_on_remove, "false",
               "they are told of brokers that have gone, too"),
        N_TEXT(IGNORED, "updateClusterFilter", NULL, WHY_CLUSTER),
        A_INT("maximumProducersAllowedPerConnection", C, connector.maximum_producers, 0,
              INT_MAX_JAVA, "2147483647", "producers of one OpenWire connection"),
        A_INT("maximumConsumersAllowedPerConnection", C, connector.maximum_consumers, 0,
              INT_MAX_JAVA, "2147483647", "consumers of one connection"),
        N_TEXT(MISSED, "discoveryUri", NULL, "the broker is not announced"),
        N_BOOL(IGNORED, "enableStatusMonitor", "false", "slow connections are always logged"),
        N_BOOL(MISSED, "auditNetworkProducers", "false", "no link to another broker is served"),
        N_BOOL(IGNORED, "disableAsyncDispatch", "false", WHY_THREADS),
        N_BOOL(IGNORED, "warnOnRemoteClose", "false", "every close is logged with its reason"),
        N_BOOL(IGNORED, "displayStackTrace", "false", WHY_JVM),
        N_BOOL(REFUSED, "autoStart", "true", "there is nothing here that could start it later"),
        N_TEXT(IGNORED, "taskRunnerFactory", NULL, WHY_THREADS),
        N_TEXT(IGNORED, "brokerInfo", NULL, WHY_SPRING),
        N_TEXT(IGNORED, "brokerService", NULL, WHY_SPRING)),
    .children = CHILDREN(&published_address_policy, &message_policy, &discovery_agent,
                         &task_runner_factory, &broker_info, &server),
};
const struct schema_element schema_transport_connectors = {
    .name = "transportConnectors", .meaning = "where the broker listens",
    .children = CHILDREN(&transport_connector),
};
/* clang-format on */

static void *begin_connector(struct walk *walk, const xmlNode *node, void *parent)
{
    struct connector_draft *draft = arena_alloc(walk->arena, sizeof *draft);

    (void)parent;
    schema_set_defaults(&transport_connector, draft);
    draft->connector.place = walk_place(walk, node);
    return draft;
}
