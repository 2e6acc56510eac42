/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_URI_H
#define CONFIG_URI_H
/*
 * uri.h - the uri of a transportConnector: scheme://host:port?options.
 *
 * Threads    the loading one. Ownership: texts are in the arena.
 */
#include "arena.h"
#include "walk.h"

enum uri_service {
    URI_SERVED,
    URI_NO_TLS,
    URI_NO_MQTT,
    URI_NO_AMQP,
    URI_NO_WEB_SOCKET,
    URI_NO_HTTP,
    URI_NO_VM,
    URI_NO_OTHER,
};

/* Fills scheme, host, port and options. -EINVAL says in `error` what is wrong with it. */
int uri_parse(struct arena *arena, const char *text, struct config_transport_connector *out,
              enum uri_service *service, struct text_error *error) MUST_CHECK;
const char *uri_service_text(enum uri_service service); /* why it is not served */
/* Remarks on options that are unknown or wrong; takes over maximumConnections. */
void uri_check_options(struct walk *walk, struct config_transport_connector *c,
                       struct config_place place);
/* The table of options for the reference; false when there is none at `index`. */
bool uri_option_at(size_t index, const char **name, const char **initial, const char **meaning,
                   enum disposition *disposition);
#endif
