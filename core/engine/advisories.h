/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_ADVISORIES_H
#define ENGINE_ADVISORIES_H
/*
 * advisories.h - the messages the broker makes about itself. Each function costs one comparison
 * while nobody subscribes to advisories.
 *
 * Threads    the engine's own (shard.h).
 */
#include "client.h"
#include "consumer.h"
#include "destination.h"
#include "engine/advisory.h"

/* At the front: state of clients and consumers. */
void advisory_connection(struct engine_client *client, bool started);
void advisory_producer(struct engine_client *client, struct destination_name name, bool started);

/* At the home. */
void advisory_destination(struct engine *engine, const struct destination *destination,
                          bool created);
void advisory_consumer(struct engine *engine, const struct subscription *subscription,
                       const struct destination *destination, bool started);
/* Topic subscriptions are announced by their home, which need not own the topic. One to an
 * advisory topic is made known to all shards, which tell it what is there already. */
void advisory_topic_subscription(struct engine *engine, const struct subscription *subscription,
                                 const struct subscribe_name *name, bool started);
void advisory_full(struct engine *engine, const struct destination *destination);
/* The sender of this message has to wait. */
void advisory_fast_producer(struct engine *engine, const struct destination *destination,
                            const struct message *message);
void advisory_slow_consumer(struct engine *engine, const struct destination *destination,
                            const struct subscription *subscription);
enum message_advisory {
    MESSAGE_ADVISORY_EXPIRED,
    MESSAGE_ADVISORY_DLQD,
    MESSAGE_ADVISORY_DISCARDED,
    MESSAGE_ADVISORY_DELIVERED,
    MESSAGE_ADVISORY_CONSUMED,
    MESSAGE_ADVISORY_DISPATCHED,
    MESSAGE_ADVISORY_NO_CONSUMER,
};
/* `subscription` may be NULL. Fires only if the policy asks for it (or by default). */
void advisory_message(struct engine *engine, enum message_advisory what,
                      const struct config_policy *policy, struct destination_name about,
                      const struct message *message, const struct subscription *subscription);

bool advisory_is_topic(struct destination_name name); /* below ActiveMQ.Advisory. */
void advisory_receive_interest(struct engine *engine, const struct engine_mail *mail);
void advisory_receive_replay(struct engine *engine, const struct engine_mail *mail);
#endif
