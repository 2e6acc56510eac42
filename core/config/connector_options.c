/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slice.h"
#include "config/config.h"
#include <strings.h>

int64_t config_connector_number(const struct config_transport_connector *connector,
                                const char *name, int64_t initial)
{
    const char *text = config_connector_option(connector, name);
    int64_t value;

    return text && slice_to_i64(slice_of_text(text), &value) ? value : initial;
}

bool config_connector_bool(const struct config_transport_connector *connector, const char *name,
                           bool initial)
{
    const char *text = config_connector_option(connector, name);

    return text ? strcasecmp(text, "true") == 0 : initial;
}
