/* SPDX-License-Identifier: Apache-2.0 */
#include "openwire/openwire_session.h"

enum {
    CONNECT_TIMEOUT_MS = 30000,
    INACTIVITY_MS = 30000,
    INACTIVITY_INITIAL_MS = 10000,
    /* Java's own limit is none: 2^63-1. What a broker reads into memory needs one. */
    FRAME_BYTES_MAX = 1 << 30,
    CACHE_SIZE_MIN = 101, /* with less, Java's clients wait for ever for a free slot */
    CACHE_SIZE_MAX = 32767,
};

static int64_t number_of(const struct config_transport_connector *config, const char *name,
                         int64_t initial, int64_t max)
{
    const int64_t value = config_connector_number(config, name, initial);

    return value < 0 ? 0 : value < max ? value : max;
}

static int32_t cache_size_of(const struct config_transport_connector *config)
{
    const int64_t size = number_of(config, "cacheSize", OW_CACHE_SIZE_DEFAULT, CACHE_SIZE_MAX);

    return (int32_t)(size < CACHE_SIZE_MIN ? CACHE_SIZE_MIN : size);
}

static uint8_t version_of(const struct config_transport_connector *config)
{
    const int64_t version = number_of(config, "version", OW_VERSION_MAX, OW_VERSION_MAX);

    return (uint8_t)(version < OW_VERSION_MIN ? OW_VERSION_MIN : version);
}

/* ActiveMQ's spelling, and the word as it is spelled elsewhere. */
static int64_t initial_delay_of(const struct config_transport_connector *config)
{
    const int64_t delay =
        number_of(config, "maxInactivityDurationInitialDelay", INACTIVITY_INITIAL_MS, INT64_MAX);

    return number_of(config, "maxInactivityDurationInitalDelay", delay, INT64_MAX);
}

/* Tight encoding and the cache save bytes and cost work for each message, and a frame that refers
 * to one client's cache can be sent to no other: they are off unless asked for. Both sides must
 * want them, so clients follow. */
static void read_offer(struct ow_offer *offer, const struct config_transport_connector *config)
{
    const int64_t frame_bytes_max = number_of(config, "maxFrameSize", INT64_MAX, INT64_MAX);

    *offer = (struct ow_offer){
        .version = version_of(config),
        .tight = config_connector_bool(config, "tightEncodingEnabled", false),
        .cache = config_connector_bool(config, "cacheEnabled", false),
        .stack_trace = config_connector_bool(config, "stackTraceEnabled", true),
        .tcp_no_delay = config_connector_bool(config, "tcpNoDelayEnabled", true),
        .cache_size = cache_size_of(config),
        .inactivity_ms = number_of(config, "maxInactivityDuration", INACTIVITY_MS, INT64_MAX),
        .inactivity_initial_ms = initial_delay_of(config),
        .frame_bytes_max = frame_bytes_max,
        .provider_name = SLICE("Corewire"),
    };
    if (!config_connector_bool(config, "useInactivityMonitor", true))
        offer->inactivity_ms = 0;
}

void openwire_connector_init(struct openwire_connector *connector,
                             const struct config_transport_connector *config,
                             const struct config *broker)
{
    *connector = (struct openwire_connector){
        .config = config,
        .limits = OW_LIMITS_DEFAULT,
        .version_min = (uint8_t)number_of(config, "minmumWireFormatVersion", 0, OW_VERSION_MAX),
        .connect_timeout_ms =
            number_of(config, "connectAttemptTimeout", CONNECT_TIMEOUT_MS, INT32_MAX),
        .output_bytes_max = broker->settings.output_bytes_max,
        .allow_link_stealing = config->allow_link_stealing,
        .update_cluster_clients = config->update_cluster_clients,
        .rebalance_cluster_clients = config->rebalance_cluster_clients,
        .update_cluster_on_remove = config->update_cluster_on_remove,
        .broker_url = "",
    };
    read_offer(&connector->offer, config);
    connector->limits.frame_bytes_max =
        (uint32_t)(connector->offer.frame_bytes_max > 0 &&
                           connector->offer.frame_bytes_max < FRAME_BYTES_MAX
                       ? connector->offer.frame_bytes_max
                       : FRAME_BYTES_MAX);
}
