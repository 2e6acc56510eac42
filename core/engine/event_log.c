/* SPDX-License-Identifier: Apache-2.0 */
#include "event_log.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "destination.h"

enum { XID_SHOWN_MAX = 160 };

static struct log_scope scope_of(const struct engine_client *client)
{
    return (struct log_scope){"engine", client->serial, client->engine->index};
}

static const char *yes_no(bool yes)
{
    return yes ? "yes" : "no";
}

static const char *text_or_none(const char *text)
{
    return text ? text : "";
}

static const char *name_text(struct log_text *room, struct destination_name name)
{
    struct text_error text;

    destination_text(name, &text);
    return log_text(room, slice_of_text(text.text));
}

static const char *id_text(struct log_text *room, const struct message *message)
{
    char id[MESSAGE_ID_MAX];

    return log_text(room, slice_of(id, message_id_write(message, id)));
}

/* Clients may choose the ids of their connections. */
static const char *connection_text(struct log_text *room, const struct engine_client *client)
{
    return log_text(room, slice_of_text(client->connection_id));
}

void event_log_connection(const struct engine_client *client, bool opened)
{
    struct log_scope scope = scope_of(client);
    struct log_text connection, id, user;

    if (opened)
        log_event(&scope, LOG_INFO, "connection_opened",
                  "connection=\"%s\" client_id=\"%s\" user=\"%s\" address=\"%s\" connector=\"%s\"",
                  connection_text(&connection, client),
                  log_text(&id, slice_of_text(client->client_id)),
                  log_text(&user, slice_of_text(client->user_name)),
                  text_or_none(client->remote_address), text_or_none(client->connector_name));
    else
        log_event(&scope, LOG_INFO, "connection_closed", "connection=\"%s\" client_id=\"%s\"",
                  connection_text(&connection, client),
                  log_text(&id, slice_of_text(client->client_id)));
}

void event_log_producer(const struct engine_client *client, struct destination_name name,
                        bool added)
{
    struct log_scope scope = scope_of(client);
    struct log_text connection, text;

    log_event(&scope, LOG_INFO, added ? "producer_added" : "producer_removed",
              "connection=\"%s\" destination=\"%s\"", connection_text(&connection, client),
              name_text(&text, name));
}

void event_log_consumer(const struct engine_consumer *consumer,
                        const struct engine_subscribe_spec *spec)
{
    struct log_scope scope = scope_of(consumer->client);
    struct log_text connection, text, durable, selector;

    log_event(&scope, LOG_INFO, "consumer_added",
              "consumer=%" PRIx64 " connection=\"%s\" destination=\"%s\" prefetch=%" PRIu32
              " browser=%s durable=\"%s\" selector=\"%s\"",
              consumer->id, connection_text(&connection, consumer->client),
              name_text(&text, spec->destination), spec->prefetch, yes_no(spec->browser),
              log_text(&durable, spec->durable_name), log_text(&selector, spec->selector));
}

void event_log_consumer_gone(const struct engine_consumer *consumer)
{
    struct log_scope scope = scope_of(consumer->client);
    struct log_text connection;

    log_event(&scope, LOG_INFO, "consumer_removed", "consumer=%" PRIx64 " connection=\"%s\"",
              consumer->id, connection_text(&connection, consumer->client));
}

void event_log_transaction(const struct engine_client *client, const char *what, uint32_t steps)
{
    struct log_scope scope = scope_of(client);
    struct log_text connection;

    log_event(&scope, LOG_INFO, what, "connection=\"%s\" operations=%" PRIu32,
              connection_text(&connection, client), steps);
}

void event_log_prepared(const struct engine_client *client, const char *what, struct slice xid)
{
    struct log_scope scope = scope_of(client);
    struct log_text connection;
    char hex[2 * XID_SHOWN_MAX + 1] = "";

    for (size_t i = 0; i < xid.len && i < XID_SHOWN_MAX; i++)
        snprintf(hex + 2 * i, 3, "%02x", xid.bytes[i]);
    log_event(&scope, LOG_INFO, what, "connection=\"%s\" xid=%s",
              connection_text(&connection, client), hex);
}

void event_log_sent(const struct engine_client *client, const struct message *message,
                    bool in_transaction)
{
    struct log_scope scope = scope_of(client);
    struct log_text text, id;

    log_event(&scope, LOG_INFO, "message_sent",
              "id=\"%s\" destination=\"%s\" bytes=%" PRIu32 " persistent=%s transacted=%s",
              id_text(&id, message), name_text(&text, message_destination(message)), message->len,
              yes_no(message->persistent), yes_no(in_transaction));
}

void event_log_acknowledged(const struct engine_consumer *consumer, enum acknowledgement_kind kind,
                            uint64_t first_tag, uint64_t last_tag, bool in_transaction)
{
    static const char *const kinds[] = {
        [ACKNOWLEDGE_CONSUMED] = "consumed",
        [ACKNOWLEDGE_POISON] = "poison",
        [ACKNOWLEDGE_RELEASED] = "released",
        [ACKNOWLEDGE_DELIVERED] = "delivered",
    };
    struct log_scope scope = scope_of(consumer->client);

    log_event(&scope, LOG_INFO, "message_acknowledged",
              "consumer=%" PRIx64 " kind=%s first=%" PRIu64 " last=%" PRIu64 " transacted=%s",
              consumer->id, kinds[kind], first_tag, last_tag, yes_no(in_transaction));
}

void event_log_internal(const struct engine *engine, const char *what,
                        struct destination_name about, const struct message *message)
{
    struct log_scope scope = {"engine", 0, engine->index};
    struct log_text text, id;

    if (message)
        log_event(&scope, LOG_INFO, what, "destination=\"%s\" id=\"%s\"", name_text(&text, about),
                  id_text(&id, message));
    else
        log_event(&scope, LOG_INFO, what, "destination=\"%s\"", name_text(&text, about));
}
