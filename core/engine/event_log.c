/* SPDX-License-Identifier: Apache-2.0 */
#include "event_log.h"

#include <inttypes.h>

#include "base/log.h"
#include "destination.h"

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

void event_log_connection(const struct engine_client *client, bool opened)
{
    struct log_scope scope = scope_of(client);

    if (opened)
        log_event(&scope, LOG_INFO, "connection_opened",
                  "connection=\"%s\" client_id=\"%s\" user=\"%s\" address=\"%s\" connector=\"%s\"",
                  client->connection_id, client->client_id, text_or_none(client->user_name),
                  text_or_none(client->remote_address), text_or_none(client->connector_name));
    else
        log_event(&scope, LOG_INFO, "connection_closed", "connection=\"%s\" client_id=\"%s\"",
                  client->connection_id, client->client_id);
}

void event_log_producer(const struct engine_client *client, struct destination_name name,
                        bool added)
{
    struct log_scope scope = scope_of(client);
    struct text_error text;

    destination_text(name, &text);
    log_event(&scope, LOG_INFO, added ? "producer_added" : "producer_removed",
              "connection=\"%s\" destination=\"%s\"", client->connection_id, text.text);
}

void event_log_consumer(const struct engine_consumer *consumer,
                        const struct engine_subscribe_spec *spec)
{
    struct log_scope scope = scope_of(consumer->client);
    struct text_error text;

    destination_text(spec->destination, &text);
    log_event(&scope, LOG_INFO, "consumer_added",
              "consumer=%" PRIx64 " connection=\"%s\" destination=\"%s\" prefetch=%" PRIu32
              " browser=%s durable=\"%.*s\" selector=\"%.*s\"",
              consumer->id, consumer->client->connection_id, text.text, spec->prefetch,
              yes_no(spec->browser), SLICE_FMT(spec->durable_name), SLICE_FMT(spec->selector));
}

void event_log_consumer_gone(const struct engine_consumer *consumer)
{
    struct log_scope scope = scope_of(consumer->client);

    log_event(&scope, LOG_INFO, "consumer_removed", "consumer=%" PRIx64 " connection=\"%s\"",
              consumer->id, consumer->client->connection_id);
}

void event_log_transaction(const struct engine_client *client, const char *what, uint32_t steps)
{
    struct log_scope scope = scope_of(client);

    log_event(&scope, LOG_INFO, what, "connection=\"%s\" operations=%" PRIu32,
              client->connection_id, steps);
}

void event_log_sent(const struct engine_client *client, const struct message *message,
                    bool in_transaction)
{
    struct log_scope scope = scope_of(client);
    struct text_error text;
    char id[MESSAGE_ID_MAX];
    size_t len = message_id_write(message, id);

    destination_text(message_destination(message), &text);
    log_event(&scope, LOG_INFO, "message_sent",
              "id=\"%.*s\" destination=\"%s\" bytes=%" PRIu32 " persistent=%s transacted=%s",
              (int)len, id, text.text, message->len, yes_no(message->persistent),
              yes_no(in_transaction));
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
    struct text_error text;
    char id[MESSAGE_ID_MAX];

    destination_text(about, &text);
    if (message)
        log_event(&scope, LOG_INFO, what, "destination=\"%s\" id=\"%.*s\"", text.text,
                  (int)message_id_write(message, id), id);
    else
        log_event(&scope, LOG_INFO, what, "destination=\"%s\"", text.text);
}
