/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_EVENT_LOG_H
#define ENGINE_EVENT_LOG_H
/*
 * event_log.h - loggingBrokerPlugin: log lines for what clients do. Each costs one test while the
 * plugin does not ask for it. Never a body, a property or a credential.
 *
 * Threads    the engine's own (shard.h).
 */
#include "base/compiler.h"
#include "client.h"
#include "consumer.h"

enum event_log_kind {
    EVENT_LOG_CONNECTIONS,
    EVENT_LOG_PRODUCERS,
    EVENT_LOG_CONSUMERS,
    EVENT_LOG_TRANSACTIONS,
    EVENT_LOG_MESSAGES,
    EVENT_LOG_INTERNAL,
};

static inline bool event_log_wants(const struct engine *engine, enum event_log_kind kind)
{
    const struct config_logging_plugin *logging = &engine->config->logging;

    switch (kind) {
    case EVENT_LOG_CONNECTIONS:
        return UNLIKELY(logging->connections);
    case EVENT_LOG_PRODUCERS:
        return UNLIKELY(logging->producers);
    case EVENT_LOG_CONSUMERS:
        return UNLIKELY(logging->consumers);
    case EVENT_LOG_TRANSACTIONS:
        return UNLIKELY(logging->transactions);
    case EVENT_LOG_MESSAGES:
        return UNLIKELY(logging->messages);
    case EVENT_LOG_INTERNAL:
        return UNLIKELY(logging->internal);
    }
    return false;
}

/* Call these only if it wants them. */
void event_log_connection(const struct engine_client *client, bool opened);
void event_log_producer(const struct engine_client *client, struct destination_name name,
                        bool added);
void event_log_consumer(const struct engine_consumer *consumer,
                        const struct engine_subscribe_spec *spec);
void event_log_consumer_gone(const struct engine_consumer *consumer);
/* `what`: "transaction_begun", "transaction_committed", "transaction_rolled_back". */
void event_log_transaction(const struct engine_client *client, const char *what, uint32_t steps);
/* Of distributed ones: "transaction_prepared", "prepared_transaction_committed" or
 * "prepared_transaction_rolled_back": asked for, whatever comes of it. */
void event_log_prepared(const struct engine_client *client, const char *what, struct slice xid);
void event_log_sent(const struct engine_client *client, const struct message *message,
                    bool in_transaction);
void event_log_acknowledged(const struct engine_consumer *consumer, enum acknowledgement_kind kind,
                            uint64_t first_tag, uint64_t last_tag, bool in_transaction);
/* What the broker does of its own accord; `message` may be NULL. */
void event_log_internal(const struct engine *engine, const char *what,
                        struct destination_name about, const struct message *message);
#endif
