/* SPDX-License-Identifier: Apache-2.0 */
#include "stomp/stomp_session.h"
#include "stomp_parser.h"
#include <stdlib.h>

enum {
    ACTION_BYTES_MAX = 1024,
    HEADER_BYTES_MAX = 10240,
    BODY_BYTES_MAX = 100 * 1024 * 1024,
    CONNECT_TIMEOUT_MS = 30000,
};

static const struct log_scope scope = {.module = "stomp", .worker = UINT16_MAX};

/* As ActiveMQ: what cannot be read is reported and the default stays. */
static void read_number(const struct config_transport_connector *config, const char *name,
                        int64_t max, int64_t *value)
{
    const char *text = config_connector_option(config, name);
    int64_t number;

    if (!text)
        return;
    if (!slice_to_i64(slice_of_text(text), &number) || number < 0) {
        log_event(&scope, LOG_ERROR, "connector_option_invalid",
                  "connector=\"%s\" option=%s value=\"%s\"", config->name ? config->name : "", name,
                  text);
        return;
    }
    *value = number < max ? number : max;
}

static void read_heart_beat(struct stomp_connector *connector,
                            const struct config_transport_connector *config)
{
    const char *text = config_connector_option(config, "defaultHeartBeat");
    const char *comma = text ? strchr(text, ',') : NULL;
    int64_t read_ms, write_ms;

    if (!text)
        return;
    if (!comma || !slice_to_i64(slice_of(text, (size_t)(comma - text)), &read_ms) ||
        !slice_to_i64(slice_of_text(comma + 1), &write_ms) || read_ms < 0 || write_ms < 0) {
        log_event(&scope, LOG_ERROR, "connector_option_invalid",
                  "connector=\"%s\" option=defaultHeartBeat value=\"%s\"",
                  config->name ? config->name : "", text);
        return;
    }
    connector->default_heart_beat_read_ms = read_ms;
    connector->default_heart_beat_write_ms = write_ms;
}

static void read_grace(struct stomp_connector *connector,
                       const struct config_transport_connector *config)
{
    const char *text = config_connector_option(config, "hbGracePeriodMultiplier");
    double value = text ? strtod(text, NULL) : 1.0;

    if (value > 1.0 && value < 1e6) /* others are ignored, as ActiveMQ does */
        connector->grace_multiplier = value;
}

void stomp_connector_init(struct stomp_connector *connector,
                          const struct config_transport_connector *config,
                          const struct config *broker)
{
    int64_t body = BODY_BYTES_MAX, frame = INT64_MAX, timeout = CONNECT_TIMEOUT_MS;

    read_number(config, "maxDataLength", INT32_MAX, &body);
    read_number(config, "maxFrameSize", INT64_MAX, &frame);
    read_number(config, "connectionAttemptTimeout", INT32_MAX, &timeout);
    read_number(config, "connectAttemptTimeout", INT32_MAX, &timeout);
    *connector = (struct stomp_connector){
        .config = config,
        .action_bytes_max = ACTION_BYTES_MAX,
        .header_bytes_max = HEADER_BYTES_MAX,
        .headers_max = STOMP_HEADERS_MAX,
        .body_bytes_max = (uint32_t)body,
        .frame_bytes_max = (uint64_t)frame,
        .connect_timeout_ms = timeout,
        .grace_multiplier = 1.0,
        .output_bytes_max = broker->settings.output_bytes_max,
    };
    read_heart_beat(connector, config);
    read_grace(connector, config);
}

/* A frame that opens a connection, perhaps behind ends of lines. */
int stomp_is_spoken(struct slice first_bytes)
{
    static const char *const actions[] = {"CONNECT", "STOMP"};
    const struct slice rest = slice_after(first_bytes, stomp_skip(first_bytes));
    int answer = 0;

    for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
        const size_t len = strlen(actions[i]);

        if (memcmp(rest.bytes, actions[i], rest.len < len ? rest.len : len) != 0)
            continue;
        if (rest.len >= len)
            return 1;
        answer = -1;
    }
    return answer;
}
