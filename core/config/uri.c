/* SPDX-License-Identifier: Apache-2.0 */
#include "uri.h"
#include "hint.h"
#include "values.h"
#include <ctype.h>
#include <errno.h>

static const struct {
    const char *name;
    enum uri_service service;
} schemes[] = {
    {"stomp", URI_SERVED},
    {"stomp+nio", URI_SERVED},
    {"tcp", URI_SERVED},
    {"nio", URI_SERVED},
    {"auto", URI_SERVED},
    {"auto+nio", URI_SERVED},
    {"stomp+ssl", URI_NO_TLS},
    {"stomp+nio+ssl", URI_NO_TLS},
    {"ssl", URI_NO_TLS},
    {"nio+ssl", URI_NO_TLS},
    {"auto+ssl", URI_NO_TLS},
    {"auto+nio+ssl", URI_NO_TLS},
    {"mqtt", URI_NO_MQTT},
    {"mqtt+nio", URI_NO_MQTT},
    {"mqtt+ssl", URI_NO_MQTT},
    {"mqtt+nio+ssl", URI_NO_MQTT},
    {"amqp", URI_NO_AMQP},
    {"amqp+nio", URI_NO_AMQP},
    {"amqp+ssl", URI_NO_AMQP},
    {"amqp+nio+ssl", URI_NO_AMQP},
    {"amqp+ws", URI_NO_WEB_SOCKET},
    {"amqp+wss", URI_NO_WEB_SOCKET},
    {"ws", URI_NO_WEB_SOCKET},
    {"wss", URI_NO_WEB_SOCKET},
    {"http", URI_NO_HTTP},
    {"https", URI_NO_HTTP},
    {"vm", URI_NO_VM},
    {"udp", URI_NO_OTHER},
    {"multicast", URI_NO_OTHER},
    {"xmpp", URI_NO_OTHER},
};

const char *uri_service_text(enum uri_service service)
{
    static const char *const texts[] = {
        [URI_SERVED] = "served",
        [URI_NO_TLS] = "TLS is not built into this version",
        [URI_NO_MQTT] = "MQTT is not built into this version",
        [URI_NO_AMQP] = "AMQP is not built into this version",
        [URI_NO_WEB_SOCKET] = "WebSocket is not built into this version",
        [URI_NO_HTTP] = "HTTP is not built into this version",
        [URI_NO_VM] = "no client runs inside this process",
        [URI_NO_OTHER] = "this transport is not built into this version",
    };

    return texts[service];
}

/* clang-format off */
/* "transport.", "wireFormat." and "socket." in front do not matter here. */
static const struct schema_attribute options[] = {
    A_INT("maximumConnections", struct config_transport_connector, maximum_connections, 0,
          INT_MAX_JAVA, "2147483647", "connections at a time; one more is closed at once"),
    {.name = "maxFrameSize", .type = VALUE_INTEGER, .min = 1, .max = INT64_MAX,
     .initial = "9223372036854775807", .meaning = "bytes of the largest frame"},
    {.name = "maxDataLength", .type = VALUE_INTEGER, .min = 1, .max = INT64_MAX,
     .initial = "104857600", .meaning = "bytes of the largest body (STOMP)"},
    {.name = "connectAttemptTimeout", .type = VALUE_INTEGER, .min = 0, .max = INT64_MAX,
     .initial = "30000", .meaning = "milliseconds for the first frame"},
    {.name = "connectionAttemptTimeout", .type = VALUE_INTEGER, .min = 0, .max = INT64_MAX,
     .meaning = "the same"},
    {.name = "defaultHeartBeat", .initial = "0,0",
     .meaning = "heart-beat of clients that name none (STOMP)"},
    {.name = "hbGracePeriodMultiplier", .type = VALUE_REAL, .initial = "1.0",
     .meaning = "a client may be that much later than it promised (STOMP)"},
    {.name = "backlog", .type = VALUE_INTEGER, .min = 1, .max = 65535, .initial = "5000",
     .meaning = "connections that wait to be accepted"},
    {.name = "soWriteTimeout", .type = VALUE_INTEGER, .min = 0, .max = INT64_MAX, .initial = "0",
     .meaning = "milliseconds a write may stand still; 0: any"},
    {.name = "keepAlive", .type = VALUE_BOOL, .initial = "false", .meaning = "TCP keep-alive"},
    {.name = "soLinger", .type = VALUE_INTEGER, .min = -1, .max = 65535, .meaning = "SO_LINGER"},
    {.name = "socketBufferSize", .type = VALUE_INTEGER, .min = 1, .max = INT_MAX_JAVA,
     .initial = "65536", .meaning = "kernel buffers of a connection"},
    {.name = "maxInactivityDuration", .type = VALUE_INTEGER, .min = 0, .max = INT64_MAX,
     .initial = "30000",
     .meaning = "milliseconds of silence after which a peer counts as gone; 0: never (OpenWire)"},
    {.name = "maxInactivityDurationInitalDelay", .type = VALUE_INTEGER, .min = 0, .max = INT64_MAX,
     .initial = "10000", .meaning = "the same for the first time (OpenWire)"},
    {.name = "maxInactivityDurationInitialDelay", .type = VALUE_INTEGER, .min = 0,
     .max = INT64_MAX, .meaning = "the same; ActiveMQ knows the other spelling only"},
    {.name = "useInactivityMonitor", .type = VALUE_BOOL, .initial = "true",
     .meaning = "whether anybody looks for silence (OpenWire)"},
    {.name = "version", .type = VALUE_INTEGER, .min = 1, .max = 12, .initial = "12",
     .meaning = "the highest version that is offered (OpenWire)"},
    {.name = "minmumWireFormatVersion", .type = VALUE_INTEGER, .min = 0, .max = 12,
     .initial = "0", .meaning = "clients below it are refused (OpenWire)"},
    {.name = "tightEncodingEnabled", .type = VALUE_BOOL, .initial = "false",
     .meaning = "fewer bytes, more work; ActiveMQ's default is true (OpenWire)"},
    {.name = "cacheEnabled", .type = VALUE_BOOL, .initial = "false",
     .meaning = "ids and names only once; ActiveMQ's default is true (OpenWire)"},
    {.name = "cacheSize", .type = VALUE_INTEGER, .min = 0, .max = 32767, .initial = "1024",
     .meaning = "how many of them; below 101 counts as 101 (OpenWire)"},
    {.name = "stackTraceEnabled", .type = VALUE_BOOL, .initial = "true",
     .meaning = "exceptions may carry traces; the broker's are empty (OpenWire)"},
    {.name = "tcpNoDelayEnabled", .type = VALUE_BOOL, .initial = "true",
     .meaning = "the peer's TCP_NODELAY; here it is always on (OpenWire)"},
    {.name = "auto.protocols", .initial = "default,stomp",
     .meaning = "what an auto connector takes: default is OpenWire"},
    {.name = "protocolDetectionTimeOut", .type = VALUE_INTEGER, .min = 0, .max = INT64_MAX,
     .initial = "30000", .meaning = "milliseconds until an auto connector must know what is spoken"},
    N_BOOL(IGNORED, "sizePrefixDisabled", "false", "frames always begin with their size"),
    N_BOOL(IGNORED, "maxFrameSizeEnabled", "true", "maxFrameSize is always in force"),
    N_BOOL(IGNORED, "useKeepAlive", "true", "see maxInactivityDuration"),
    N_BOOL(MISSED, "trace", "false", "frames are not logged"),
    N_TEXT(IGNORED, "host", NULL, "names the broker in OpenWire's handshake only"),
    N_INT(IGNORED, "soTimeout", "0", "reads never block here"),
    N_INT(IGNORED, "ioBufferSize", "8192", "see cw:receiveBufferBytes"),
    N_INT(IGNORED, "connectionTimeout", "30000", "it is for outgoing connections"),
    N_BOOL(IGNORED, "tcpNoDelay", "false", "always on here"),
    N_TEXT(IGNORED, "trafficClass", NULL, "packets are not marked"),
    N_TEXT(IGNORED, "diffServ", NULL, "packets are not marked"),
    N_TEXT(IGNORED, "typeOfService", NULL, "packets are not marked"),
    N_BOOL(IGNORED, "closeAsync", "true", "closing never waits here"),
    N_BOOL(IGNORED, "useQueueForAccept", "true", WHY_THREADS),
    N_BOOL(IGNORED, "dynamicManagement", "false", WHY_JMX),
    N_BOOL(IGNORED, "startLogging", "true", "frames are not logged"),
    N_TEXT(IGNORED, "logWriterName", NULL, "frames are not logged"),
    N_INT(IGNORED, "jmxPort", NULL, WHY_JMX),
    N_TEXT(IGNORED, "threadName", NULL, WHY_THREADS),
    N_INT(IGNORED, "stackSize", NULL, WHY_THREADS),
    N_BOOL(IGNORED, "daemon", NULL, WHY_THREADS),
    N_BOOL(IGNORED, "needClientAuth", "false", "it is for TLS"),
    N_BOOL(IGNORED, "wantClientAuth", "false", "it is for TLS"),
    N_BOOL(IGNORED, "verifyHostName", "false", "it is for TLS"),
    N_TEXT(IGNORED, "enabledProtocols", NULL, "it is for TLS"),
    N_TEXT(IGNORED, "enabledCipherSuites", NULL, "it is for TLS"),
    N_INT(IGNORED, "autoDetectionTimeout", "30000", "see protocolDetectionTimeOut"),
    N_INT(IGNORED, "maxConnectionThreadPoolSize", NULL, WHY_THREADS),
    {.name = NULL},
};
/* clang-format on */

bool uri_option_at(size_t index, const char **name, const char **initial, const char **meaning,
                   enum disposition *disposition)
{
    if (index + 1 >= ARRAY_LEN(options))
        return false;
    *name = options[index].name;
    *initial = options[index].initial;
    *meaning = options[index].meaning;
    *disposition = options[index].disposition;
    return true;
}

static const char *without_prefix(const char *name)
{
    static const char *const prefixes[] = {"transport.", "wireFormat.", "socket."};

    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return name + strlen(prefixes[i]);
    return name;
}

static const struct schema_attribute *find_option(const char *name)
{
    for (const struct schema_attribute *row = options; row->name; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

static void unknown_option(struct walk *walk, const char *name, struct config_place place)
{
    const char *bare = without_prefix(name);
    struct hint hint;

    hint_init(&hint, bare);
    for (const struct schema_attribute *row = options; row->name; row++)
        hint_offer(&hint, row->name);
    if (hint.best)
        walk_remark(walk, CONFIG_WARNING, place,
                    "the option %s is not known and left out, as in ActiveMQ: did you mean %.*s%s?",
                    name, (int)(bare - name), name, hint.best);
    else
        walk_remark(walk, CONFIG_WARNING, place,
                    "the option %s is not known and left out, as in ActiveMQ", name);
}

/* False when the option is to be left out. */
static bool check_option(struct walk *walk, struct config_transport_connector *c,
                         const struct config_option *option, struct config_place place)
{
    const struct schema_attribute *row = find_option(without_prefix(option->name));
    struct text_error error;
    union value value;

    if (!row) {
        unknown_option(walk, option->name, place);
        return true;
    }
    if (value_parse(row, option->value, &value, &error) != 0) {
        walk_remark(walk, CONFIG_WARNING, place, "%s=%s %s; as in ActiveMQ the default %s stays",
                    option->name, option->value, error.text, row->initial ? row->initial : "");
        return false;
    }
    if (row->disposition == IGNORED)
        walk_remark(walk, CONFIG_NOTE, place, "the option %s is ignored: %s", option->name,
                    row->meaning);
    else if (row->disposition == MISSED && strcmp(option->value, row->initial) != 0)
        walk_remark(walk, CONFIG_WARNING, place, "the option %s is accepted, but: %s", option->name,
                    row->meaning);
    else
        value_store(row, c, &value);
    return true;
}

void uri_check_options(struct walk *walk, struct config_transport_connector *c,
                       struct config_place place)
{
    size_t kept = 0;

    c->maximum_connections = (uint32_t)INT_MAX_JAVA;
    for (size_t i = 0; i < c->option_count; i++) {
        struct config_option *option = &c->options[i];

        if (strncmp(option->name, "amp;", 4) == 0) {
            option->name += 4;
            walk_remark(walk, CONFIG_NOTE, place, "\"&amp;\" is escaped twice before %s",
                        option->name);
        }
        if (check_option(walk, c, option, place))
            c->options[kept++] = *option;
    }
    c->option_count = kept;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (tolower((unsigned char)c) >= 'a' && tolower((unsigned char)c) <= 'f')
        return tolower((unsigned char)c) - 'a' + 10;
    return -1;
}

/* "%41" and "+" as Java's URLDecoder reads them, in place. %00 stays as it is. */
static void unescape(char *text)
{
    char *to = text;

    for (const char *from = text; *from; from++) {
        int high = *from == '%' ? hex_digit(from[1]) : -1;
        int low = high >= 0 ? hex_digit(from[2]) : -1;

        if (low >= 0 && high * 16 + low > 0) {
            *to++ = (char)(high * 16 + low);
            from += 2;
        } else {
            *to++ = *from == '+' ? ' ' : *from;
        }
    }
    *to = '\0';
}

static void read_options(struct arena *arena, const char *query,
                         struct config_transport_connector *out)
{
    char *rest = arena_copy_text(arena, query), *pair;

    while ((pair = strsep(&rest, "&"))) {
        char *value = strchr(pair, '=');
        struct config_option *option;

        if (!*pair)
            continue;
        if (value)
            *value++ = '\0';
        unescape(pair);
        if (value)
            unescape(value);
        option = ARENA_APPEND(arena, out->options, out->option_count);
        *option = (struct config_option){pair, value ? value : ""};
    }
}

static int read_scheme(struct arena *arena, const char *text, size_t len,
                       struct config_transport_connector *out, enum uri_service *service,
                       struct text_error *error)
{
    struct hint hint;

    out->scheme = arena_copy(arena, slice_of(text, len));
    hint_init(&hint, out->scheme);
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        if (strcmp(schemes[i].name, out->scheme) == 0) {
            *service = schemes[i].service;
            return 0;
        }
        hint_offer(&hint, schemes[i].name);
    }
    if (hint.best)
        text_error_set(error, "has the unknown scheme %.40s: did you mean %s?", out->scheme,
                       hint.best);
    else
        text_error_set(error, "has the unknown scheme %.40s: stomp and tcp are usual", out->scheme);
    return -EINVAL;
}

/* "host:port", "[::1]:port", with a path behind that does not matter. */
static int read_authority(struct arena *arena, struct slice s,
                          struct config_transport_connector *out, struct text_error *error)
{
    char *host = arena_copy(arena, s), *colon, *end;
    int64_t port;

    host[strcspn(host, "/")] = '\0';
    if (strchr(host, '@') || strpbrk(host, " \t\n")) {
        text_error_set(error, "has a host that cannot be: write scheme://host:port");
        return -EINVAL;
    }
    end = *host == '[' ? strchr(host, ']') : host;
    colon = end ? strrchr(end, ':') : NULL;
    if (!colon || !colon[1]) {
        text_error_set(error, "has no port: write %s://%s:61613 or so; port 0 is any free one",
                       out->scheme, *host ? host : "0.0.0.0");
        return -EINVAL;
    }
    *colon = '\0';
    if (value_parse_integer(colon + 1, 0, 65535, &port, error) != 0) {
        text_error_set(error, "has the port %.20s, which is not a number from 0 to 65535",
                       colon + 1);
        return -EINVAL;
    }
    if (!*host) {
        text_error_set(error, "has no host: 0.0.0.0 is every address");
        return -EINVAL;
    }
    if (*host == '[') {
        *end = '\0';
        host++;
    } else if (strchr(host, ':')) {
        text_error_set(error, "has an IPv6 address: write it in [brackets]");
        return -EINVAL;
    }
    out->host = host;
    out->port = (uint16_t)port;
    return 0;
}

int uri_parse(struct arena *arena, const char *text, struct config_transport_connector *out,
              enum uri_service *service, struct text_error *error)
{
    const char *after = strstr(text, "://"), *query;
    size_t scheme_len = strcspn(text, ":/?");
    int rc;

    if (text[scheme_len] != ':' || scheme_len == 0) {
        text_error_set(error, "has no scheme: write stomp://host:port or tcp://host:port");
        return -EINVAL;
    }
    rc = read_scheme(arena, text, scheme_len, out, service, error);
    if (rc != 0 || *service == URI_NO_VM) {
        out->host = "";
        return rc;
    }
    if (after != text + scheme_len) {
        text_error_set(error, "needs // behind its scheme: write %s://host:port", out->scheme);
        return -EINVAL;
    }
    after += 3;
    query = strchr(after, '?');
    if (query)
        read_options(arena, query + 1, out);
    return read_authority(arena, slice_of(after, query ? (size_t)(query - after) : strlen(after)),
                          out, error);
}

const char *config_connector_option(const struct config_transport_connector *connector,
                                    const char *name)
{
    const char *bare = without_prefix(name), *found = NULL;

    for (size_t i = 0; i < connector->option_count; i++) {
        const struct config_option *option = &connector->options[i];

        if (strcmp(option->name, name) == 0)
            return option->value;
        if (!found && strcmp(without_prefix(option->name), bare) == 0)
            found = option->value;
    }
    return found;
}
