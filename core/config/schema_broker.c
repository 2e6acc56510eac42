/* SPDX-License-Identifier: Apache-2.0 */
/* The <broker> element, its limits, its management and its certificates. */
#include "host.h"
#include "values.h"
#include "walk.h"
#include <errno.h>

#define WHY_STORE     "messages are kept in memory only by this version"
#define WHY_SCHEDULED "the scheduler of this version has no store"
#define WHY_SLAVE     "pure master/slave pairs were removed from ActiveMQ long ago"
#define WHY_SPLIT     "memory is not split between producers and consumers"

/* --- systemUsage --------------------------------------------------------------------------- */

struct usage_part {
    struct config_system_usage *usage;
    uint64_t limit, total;
    int32_t percent;
};

static void *begin_system_usage(struct walk *walk, const xmlNode *node, void *parent)
{
    struct config_system_usage *usage = &((struct config *)parent)->usage;

    (void)walk, (void)node;
    /* As in ActiveMQ: parts that an explicit systemUsage leaves out are not limited. */
    usage->memory_bytes_max = usage->store_bytes_max = 0;
    usage->temp_bytes_max = usage->scheduler_bytes_max = 0;
    return usage;
}

static void *begin_usage_part(struct walk *walk, const xmlNode *node, void *parent)
{
    struct usage_part *part = arena_alloc(walk->arena, sizeof *part);

    (void)node;
    part->usage = parent;
    return part;
}

static void set_total(struct walk *walk, void *object, const struct schema_attribute *row,
                      const char *value, struct config_place place)
{
    struct usage_part *part = object;
    struct text_error error;

    if (value_parse_memory(value, &part->total, &error) != 0)
        walk_remark(walk, CONFIG_ERROR, place, "%s=\"%s\" %s", row->name, value, error.text);
}

static uint64_t share_of(struct walk *walk, const xmlNode *node, uint64_t whole, int32_t percent)
{
    if (whole == 0)
        walk_remark(walk, CONFIG_WARNING, walk_place(walk, node),
                    "what %d percent refers to cannot be found out here: no limit is set", percent);
    return (uint64_t)((double)whole * percent / 100.0);
}

static void end_memory_usage(struct walk *walk, const xmlNode *node, void *object)
{
    const struct usage_part *part = object;

    part->usage->memory_bytes_max =
        part->percent > 0 ? share_of(walk, node, host_memory_bytes(), part->percent) : part->limit;
}

static uint64_t disk_limit(struct walk *walk, const xmlNode *node, const struct usage_part *part)
{
    if (part->percent <= 0)
        return part->limit;
    return share_of(walk, node,
                    part->total ? part->total : host_partition_bytes(walk->config->data_directory),
                    part->percent);
}

static void end_store_usage(struct walk *walk, const xmlNode *node, void *object)
{
    ((struct usage_part *)object)->usage->store_bytes_max = disk_limit(walk, node, object);
}

static void end_temp_usage(struct walk *walk, const xmlNode *node, void *object)
{
    ((struct usage_part *)object)->usage->temp_bytes_max = disk_limit(walk, node, object);
}

static void end_scheduler_usage(struct walk *walk, const xmlNode *node, void *object)
{
    ((struct usage_part *)object)->usage->scheduler_bytes_max = disk_limit(walk, node, object);
}

/* clang-format off */
#define USAGE_ROWS \
    A_SIZE("limit", struct usage_part, limit, "0", "bytes; 0: no limit"), \
    N_TEXT(IGNORED, "name", NULL, WHY_SPRING), \
    N_TEXT(IGNORED, "parent", NULL, WHY_SPRING), \
    N_TEXT(IGNORED, "executor", NULL, WHY_JVM), \
    N_TEXT(IGNORED, "store", NULL, WHY_SPRING), \
    N_INT(IGNORED, "percentUsage", NULL, "what is used is measured, not given"), \
    N_TEXT(IGNORED, "percentUsageMinDelta", NULL, "usage is always exact here"), \
    N_INT(IGNORED, "pollingTime", NULL, "usage is not polled here"), \
    N_REAL(MISSED, "usagePortion", "1.0", "the whole limit is used")

static const struct schema_element limiter = {
    .name = "limiter", .disposition = REFUSED, .meaning = "it is a Java object: write limit=",
};
static const struct schema_element memory_usage_bean = {
    .name = "memoryUsage",
    .meaning = "bytes of message bodies and headers held in memory",
    .begin = begin_usage_part, .end = end_memory_usage,
    .attributes = ATTRIBUTES(
        USAGE_ROWS,
        A_INT("percentOfJvmHeap", struct usage_part, percent, 0, 100, "0",
              "percent of the memory this process may use (the smaller of the RAM and the "
              "control group's limit; there is no Java heap); wins over limit"),
        N_REAL(MISSED, "portion", NULL, "the whole limit is used"),
        N_INT(IGNORED, "usage", NULL, "what is used is measured, not given")),
    .children = CHILDREN(&limiter),
};

#define DISK_USAGE(var, element_name, how, end_fn, say) \
    static const struct schema_element var = { \
        .name = element_name, .disposition = how, .meaning = say, .begin = begin_usage_part, \
        .end = end_fn, \
        .attributes = ATTRIBUTES( \
            USAGE_ROWS, \
            A_INT("percentLimit", struct usage_part, percent, 0, 100, "0", \
                  "percent of the partition that holds the data directory; wins over limit"), \
            A_SET("total", set_total, NULL, "size that percentLimit refers to instead")), \
        .children = CHILDREN(&limiter), \
    }

DISK_USAGE(store_usage_bean, "storeUsage", HONOURED, end_store_usage,
           "bytes of persistent messages on disk: reported by statistics, and no more than that, "
           "since this version writes none");
DISK_USAGE(temp_usage_bean, "tempUsage", HONOURED, end_temp_usage,
           "bytes that messages without producerFlowControl may take beyond memoryUsage; in memory "
           "as well in this version");
DISK_USAGE(scheduler_usage_bean, "jobSchedulerUsage", HONOURED, end_scheduler_usage,
           "bytes of messages that wait for their time; in memory in this version, so that they "
           "count as memoryUsage as well");

#define PROPERTY(var, element_name, bean) \
    static const struct schema_element var = { \
        .name = element_name, .meaning = "holds the element of the same name", \
        .children = CHILDREN(&bean) }

PROPERTY(memory_usage, "memoryUsage", memory_usage_bean);
PROPERTY(store_usage, "storeUsage", store_usage_bean);
PROPERTY(temp_usage, "tempUsage", temp_usage_bean);
PROPERTY(scheduler_usage, "jobSchedulerUsage", scheduler_usage_bean);

#define SYSTEM_USAGE_ROWS \
    A_BOOL("sendFailIfNoSpace", struct config_system_usage, send_fail_if_no_space, "false", \
           "refuse a message at once when a limit is reached instead of stopping its producer"), \
    A_MILLIS("sendFailIfNoSpaceAfterTimeout", struct config_system_usage, send_fail_after_ms, 0, \
             "0", "refuse it after that many milliseconds; 0: wait for ever"), \
    N_BOOL(IGNORED, "sendFailIfNoSpaceExplicitySet", NULL, WHY_SPRING), \
    N_TEXT(IGNORED, "checkLimitsLogLevel", "warn", "limits are taken as they are given"), \
    N_TEXT(IGNORED, "name", NULL, WHY_SPRING), \
    N_TEXT(IGNORED, "parent", NULL, WHY_SPRING), \
    N_TEXT(IGNORED, "adapter", NULL, WHY_SPRING), \
    N_TEXT(IGNORED, "executor", NULL, WHY_JVM), \
    N_TEXT(IGNORED, "tempStore", NULL, WHY_SPRING), \
    N_TEXT(IGNORED, "jobSchedulerStore", NULL, WHY_SPRING)

static const struct schema_element system_usage_bean = {
    .name = "systemUsage",
    .meaning = "limits of the whole broker; a part that is left out is not limited. Without "
               "this element: memory 1 gb, store 100 gb, temp 50 gb, scheduler 50 gb",
    .begin = begin_system_usage,
    .attributes = ATTRIBUTES(SYSTEM_USAGE_ROWS),
    .children = CHILDREN(&memory_usage, &store_usage, &temp_usage, &scheduler_usage),
};
static const struct schema_element system_usage = {
    .name = "systemUsage", .meaning = "holds the element of the same name",
    .children = CHILDREN(&system_usage_bean),
};
static const struct schema_element producer_system_usage = {
    .name = "producerSystemUsage", .disposition = MISSED, .meaning = WHY_SPLIT,
    .children = CHILDREN(&system_usage_bean),
};
static const struct schema_element consumer_system_usage = {
    .name = "consumerSystemUsage", .disposition = MISSED, .meaning = WHY_SPLIT,
    .children = CHILDREN(&system_usage_bean),
};

/* --- managementContext and sslContext ------------------------------------------------------ */

static const struct schema_element any_environment = {
    .name = "environment", .disposition = IGNORED, .flags = ELEMENT_OPAQUE, .meaning = WHY_JMX,
};
static const struct schema_element any_mbean_server = {
    .name = "MBeanServer", .disposition = IGNORED, .flags = ELEMENT_OPAQUE, .meaning = WHY_JMX,
};
static const struct schema_element any_server = {
    .name = "server", .disposition = IGNORED, .flags = ELEMENT_OPAQUE, .meaning = WHY_JMX,
};
static const struct schema_element management_context_bean = {
    .name = "managementContext", .meaning = "how a Java broker shows itself in JMX",
    .attributes = ATTRIBUTES(
        N_BOOL(MISSED, "createConnector", "false", "there is no RMI connector for JMX here"),
        N_INT(IGNORED, "connectorPort", "1099", WHY_JMX),
        N_TEXT(IGNORED, "connectorHost", "localhost", WHY_JMX),
        N_TEXT(IGNORED, "connectorPath", "/jmxrmi", WHY_JMX),
        N_INT(IGNORED, "rmiServerPort", "0", WHY_JMX),
        N_TEXT(IGNORED, "jmxDomainName", "org.apache.activemq", WHY_JMX),
        N_TEXT(IGNORED, "suppressMBean", NULL, WHY_JMX),
        N_BOOL(IGNORED, "useMBeanServer", "true", WHY_JMX),
        N_BOOL(IGNORED, "createMBeanServer", "true", WHY_JMX),
        N_BOOL(IGNORED, "findTigerMbeanServer", "true", WHY_JMX),
        N_BOOL(IGNORED, "allowRemoteAddressInMBeanNames", "true", WHY_JMX),
        N_TEXT(IGNORED, "brokerName", NULL, WHY_JMX),
        N_TEXT(IGNORED, "environment", NULL, WHY_JMX),
        N_TEXT(IGNORED, "server", NULL, WHY_JMX)),
    .children = CHILDREN(&any_environment, &any_mbean_server, &any_server),
};
static const struct schema_element management_context = {
    .name = "managementContext", .meaning = "holds the element of the same name",
    .children = CHILDREN(&management_context_bean),
};

#define WHY_TLS "this version serves no TLS connectors"
static const struct schema_element any_key_managers = {
    .name = "keyManagers", .disposition = MISSED, .flags = ELEMENT_OPAQUE, .meaning = WHY_TLS,
};
static const struct schema_element any_trust_managers = {
    .name = "trustManagers", .disposition = MISSED, .flags = ELEMENT_OPAQUE, .meaning = WHY_TLS,
};
static const struct schema_element ssl_context_bean = {
    .name = "sslContext", .disposition = IGNORED,
    .meaning = WHY_TLS,
    .attributes = ATTRIBUTES(
        N_TEXT(IGNORED, "keyStore", NULL, WHY_TLS),
        N_TEXT(IGNORED, "keyStorePassword", NULL, WHY_TLS),
        N_TEXT(IGNORED, "keyStoreKeyPassword", NULL, WHY_TLS),
        N_TEXT(IGNORED, "keyStoreType", "jks", WHY_TLS),
        N_TEXT(IGNORED, "keyStoreAlgorithm", "SunX509", WHY_JVM),
        N_TEXT(IGNORED, "trustStore", NULL, WHY_TLS),
        N_TEXT(IGNORED, "trustStorePassword", NULL, WHY_TLS),
        N_TEXT(IGNORED, "trustStoreType", "jks", WHY_TLS),
        N_TEXT(IGNORED, "trustStoreAlgorithm", "PKIX", WHY_JVM),
        N_TEXT(IGNORED, "crlPath", NULL, WHY_TLS),
        N_TEXT(IGNORED, "protocol", "TLS", WHY_TLS),
        N_TEXT(IGNORED, "provider", NULL, WHY_JVM),
        N_TEXT(IGNORED, "secureRandom", NULL, WHY_JVM),
        N_TEXT(IGNORED, "secureRandomAlgorithm", "SHA1PRNG", WHY_JVM),
        N_TEXT(IGNORED, "SSLContext", NULL, WHY_JVM)),
    .children = CHILDREN(&any_key_managers, &any_trust_managers),
};
static const struct schema_element ssl_context = {
    .name = "sslContext", .meaning = "holds the element of the same name",
    .children = CHILDREN(&ssl_context_bean),
};

/* --- broker -------------------------------------------------------------------------------- */

#define OPAQUE(var, element_name, how, why) \
    static const struct schema_element var = { \
        .name = element_name, .disposition = how, .flags = ELEMENT_OPAQUE, .meaning = why }

OPAQUE(jms_bridge_connectors, "jmsBridgeConnectors", MISSED,
       "bridges to other JMS vendors need their Java clients; no message is forwarded");
OPAQUE(proxy_connectors, "proxyConnectors", MISSED, "TCP proxies are not built in");
OPAQUE(message_authorization_policy, "messageAuthorizationPolicy", REFUSED,
       "it is a Java class that decides who may see which message; without it everybody could");
OPAQUE(task_runner_factory, "taskRunnerFactory", IGNORED, WHY_THREADS);
OPAQUE(persistence_task_runner_factory, "persistenceTaskRunnerFactory", IGNORED, WHY_THREADS);
OPAQUE(broker_context, "brokerContext", IGNORED, WHY_SPRING);
OPAQUE(admin_view, "adminView", IGNORED, WHY_JMX);
OPAQUE(broker_object_name, "brokerObjectName", IGNORED, WHY_JMX);
OPAQUE(region_broker, "regionBroker", REFUSED, "the inside of the broker cannot be replaced");
OPAQUE(destination_factory, "destinationFactory", REFUSED,
       "the inside of the broker cannot be replaced");
OPAQUE(start_exception, "startException", IGNORED, WHY_SPRING);
static const struct schema_element services = {
    .name = "services", .disposition = MISSED, .flags = ELEMENT_BEANS_OK | ELEMENT_OPAQUE,
    .meaning = "services are Java objects and are not started",
};
static const struct schema_element shutdown_hooks = {
    .name = "shutdownHooks", .flags = ELEMENT_BEANS_OK,
    .meaning = "Java objects that run at shutdown; left out",
};
OPAQUE(transport_connector_uris, "transportConnectorURIs", REFUSED,
       "write a <transportConnector> for each");
OPAQUE(network_connector_uris, "networkConnectorURIs", REFUSED,
       "write a <networkConnector> for each");

static void set_host_name(struct walk *walk, void *object, const struct schema_attribute *row,
                          const char *value, struct config_place place)
{
    struct text_error error;

    (void)object, (void)row, (void)place;
    if (value_parse_bool(value, &walk->uses_host_name, &error) != 0)
        walk_remark(walk, CONFIG_ERROR, place, "useLocalHostBrokerName=\"%s\" %s", value,
                    error.text);
}

#define X(field, attribute, initial_value, low, high, say) \
    {.name = attribute, .type = VALUE_INTEGER, .is_ours = true, \
     ROW_HELD(struct config, settings.field), .min = (low), .max = (high), \
     .initial = #initial_value, .meaning = say},

static const struct schema_attribute broker_rows[] = {
    A_TEXT("brokerName", struct config, broker_name, "localhost",
           "name of this broker; characters other than a-z A-Z 0-9 . _ - : become _"),
    A_SET("useLocalHostBrokerName", set_host_name, "false", "take the machine's name instead"),
    A_TEXT("brokerId", struct config, broker_id, NULL, "a fixed broker id; otherwise made once"),
    A_TEXT("dataDirectory", struct config, data_directory, "activemq-data",
           "where everything the broker keeps is put"),
    A_TEXT("dataDirectoryFile", struct config, data_directory, NULL, "the same"),
    A_BOOL("persistent", struct config, persistent, "true",
           "false: persistent messages are not stored either"),
    N_BOOL(IGNORED, "deleteAllMessagesOnStartup", "false",
           "this version always starts without messages"),
    A_BOOL("advisorySupport", struct config, advisory_support, "true",
           "messages about clients and destinations on ActiveMQ.Advisory topics"),
    N_BOOL(MISSED, "anonymousProducerAdvisorySupport", "false",
           "a producer is announced when it sends to a destination for the first time"),
    A_BOOL("schedulerSupport", struct config, scheduler_support, "false",
           "messages with AMQ_SCHEDULED properties are delivered later (docs/scheduler.md); without "
           "it at once. Needed by the redeliveryPlugin"),
    A_INT("maxSchedulerRepeatAllowed", struct config, scheduler_repeat_max, 0, INT_MAX_JAVA,
          "1000", "a message with a larger AMQ_SCHEDULED_REPEAT is refused"),
    A_BOOL("useVirtualTopics", struct config, use_virtual_topics, "true",
           "the built-in virtual topic VirtualTopic.>, unless destinationInterceptors are given"),
    A_BOOL("useMirroredQueues", struct config, use_mirrored_queues, "false",
           "every message of a queue also goes to the topic VirtualTopic.Mirror.<queue>"),
    N_BOOL(MISSED, "useVirtualDestSubs", "false",
           "links to other brokers are not built in this version"),
    N_BOOL(IGNORED, "enableStatistics", "true", "destinations are always counted"),
    A_BOOL("populateJMSXUserID", struct config, populate_user_id, "false",
           "JMSXUserID of each message is set to the user who sent it"),
    A_BOOL("rejectDurableConsumers", struct config, reject_durable_consumers, "false",
           "durable subscriptions are refused"),
    A_BOOL("allowTempAutoCreationOnSend", struct config, allow_temp_auto_creation, "false",
           "a send creates a temporary destination that is not known"),
    A_MILLIS("schedulePeriodForDestinationPurge", struct config, purge_period_ms, 0, "0",
             "how often inactive destinations are looked for; 0: never. Needed for "
             "gcInactiveDestinations"),
    A_INT("maxPurgedDestinationsPerSweep", struct config, purged_per_sweep_max, 0, INT_MAX_JAVA,
          "0", "how many are removed each time; 0: all"),
    A_MILLIS("offlineDurableSubscriberTimeout", struct config, offline_durable_timeout_ms, -1,
             "-1", "durable subscribers that are away longer are removed; -1: never"),
    A_MILLIS("offlineDurableSubscriberTaskSchedule", struct config, offline_durable_check_ms, 0,
             "300000", "how often they are looked for"),
    A_INT("maxUncommittedCount", struct config, max_uncommitted_count, 0, INT_MAX_JAVA, "0",
          "messages and acknowledgements of one transaction; 0: no limit"),
    CONFIG_SETTINGS(X)
    N_BOOL(REFUSED, "start", "true", "a broker that does not start serves nobody"),
    N_BOOL(IGNORED, "startAsync", "false", "start-up never waits here"),
    N_BOOL(IGNORED, "useJmx", "true", WHY_JMX),
    N_TEXT(MISSED, "tmpDataDirectory", NULL, "messages do not leave memory in this version"),
    N_TEXT(MISSED, "schedulerDirectory", NULL, WHY_SCHEDULED),
    N_TEXT(MISSED, "schedulerDirectoryFile", NULL, WHY_SCHEDULED),
    N_BOOL(MISSED, "useVirtualDestSubsOnCreation", "false", "see useVirtualDestSubs"),
    N_BOOL(MISSED, "useAuthenticatedPrincipalForJMSXUserID", "false",
           "JMSXUserID is the login name"),
    N_BOOL(IGNORED, "populateUserNameInMBeans", "false", WHY_JMX),
    N_BOOL(IGNORED, "keepDurableSubsActive", "true", "a cursor's detail"),
    N_BOOL(MISSED, "enableMessageExpirationOnActiveDurableSubs", "false",
           "messages of active durable subscribers expire when they are delivered"),
    N_INT(IGNORED, "schedulePeriodForDiskUsageCheck", "0", "limits are checked at start"),
    N_TEXT(IGNORED, "diskUsageCheckRegrowThreshold", "-1", "limits are checked at start"),
    N_BOOL(IGNORED, "adjustUsageLimits", "true", "limits are taken as they are given"),
    N_BOOL(MISSED, "useTempMirroredQueues", "true", "temporary queues are mirrored like others"),
    N_BOOL(MISSED, "cacheTempDestinations", "false",
           "temporary destinations end with their connection"),
    N_INT(IGNORED, "timeBeforePurgeTempDestinations", "5000",
          "temporary destinations end with their connection"),
    N_BOOL(IGNORED, "useShutdownHook", "true", "SIGTERM always stops the broker cleanly"),
    N_BOOL(IGNORED, "systemExitOnShutdown", "false", "the process always ends with the broker"),
    N_INT(IGNORED, "systemExitOnShutdownExitCode", "0", "a clean stop exits with 0"),
    N_BOOL(IGNORED, "restartAllowed", "true", WHY_JMX),
    N_BOOL(IGNORED, "useLoggingForShutdownErrors", "false", "errors are always logged"),
    N_BOOL(IGNORED, "waitForSlave", "false", WHY_SLAVE),
    N_INT(IGNORED, "waitForSlaveTimeout", "600000", WHY_SLAVE),
    N_BOOL(IGNORED, "passiveSlave", "false", WHY_SLAVE),
    N_BOOL(IGNORED, "shutdownOnSlaveFailure", "false", WHY_SLAVE),
    N_BOOL(IGNORED, "shutdownOnMasterFailure", "false", WHY_SLAVE),
    N_BOOL(MISSED, "splitSystemUsageForProducersConsumers", "false", WHY_SPLIT),
    N_INT(IGNORED, "producerSystemUsagePortion", "60", WHY_SPLIT),
    N_INT(IGNORED, "consumerSystemUsagePortion", "40", WHY_SPLIT),
    N_TEXT(MISSED, "producerSystemUsage", NULL, WHY_SPLIT),
    N_TEXT(MISSED, "consumerSystemUsage", NULL, WHY_SPLIT),
    N_BOOL(IGNORED, "networkConnectorStartAsync", "false", "start-up never waits here"),
    N_BOOL(MISSED, "monitorConnectionSplits", "false", "duplicate connections are not looked for"),
    N_BOOL(MISSED, "rollbackOnlyOnAsyncException", "true",
           "a failed send always makes its transaction roll back"),
    N_SIZE(IGNORED, "maxInflatedDataSize", "100mb", "compressed bodies are never inflated here"),
    N_INT(IGNORED, "storeOpenWireVersion", "11", WHY_STORE),
    N_TEXT(IGNORED, "vmConnectorURI", NULL, "there are no clients inside the process"),
    N_TEXT(IGNORED, "brokerObjectName", NULL, WHY_JMX),
    N_INT(IGNORED, "mbeanInvocationTimeout", "0", WHY_JMX),
    N_BOOL(IGNORED, "dedicatedTaskRunner", "false", WHY_THREADS),
    N_INT(IGNORED, "taskRunnerPriority", "5", WHY_THREADS),
    N_INT(IGNORED, "persistenceThreadPriority", "10", WHY_THREADS),
    N_TEXT(IGNORED, "virtualThreadTaskRunner", "false", WHY_THREADS),
    N_TEXT(IGNORED, "taskRunnerFactory", NULL, WHY_THREADS),
    N_TEXT(IGNORED, "persistenceTaskRunnerFactory", NULL, WHY_THREADS),
    N_TEXT(IGNORED, "adminView", NULL, WHY_JMX),
    N_TEXT(IGNORED, "brokerContext", NULL, WHY_SPRING),
    N_TEXT(IGNORED, "startException", NULL, WHY_SPRING),
    {.name = NULL},
};
#undef X

const struct schema_element schema_broker = {
    .name = "broker", .meaning = "the broker",
    .attributes = broker_rows,
    .children = CHILDREN(
        &schema_transport_connectors, &system_usage, &schema_destination_policy,
        &schema_destinations, &schema_destination_interceptors, &schema_plugins,
        &schema_persistence_adapter, &schema_network_connectors, &management_context,
        &ssl_context, &schema_persistence_factory, &schema_temp_data_store,
        &schema_job_scheduler_store, &schema_io_exception_handler,
        &producer_system_usage, &consumer_system_usage,
        &jms_bridge_connectors, &proxy_connectors, &message_authorization_policy,
        &task_runner_factory, &persistence_task_runner_factory, &broker_context, &admin_view,
        &broker_object_name, &region_broker, &destination_factory, &start_exception, &services,
        &shutdown_hooks, &transport_connector_uris, &network_connector_uris),
};
/* clang-format on */
