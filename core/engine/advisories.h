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

#define ADVISORY_PREFIX "ActiveMQ.Advisory."

struct home_producer;

/* At the front: of clients, and of producers that do not announce themselves. */
void advisory_connection(struct engine_client *client, bool started);
void advisory_producer(struct engine_client *client, struct destination_name name, bool started);

/* At the home. */
void advisory_announced_producer(struct engine *engine, const struct destination *destination,
                                 const struct home_producer *producer, bool started);
void advisory_destination(struct engine *engine, const struct destination *destination,
                          bool created);
/* A consumer is announced once, by the destination that it has named: where that is one queue,
 * when the queue takes it on; else when all of it begins and ends. */
void advisory_queue_consumer(struct engine *engine, const struct subscription *subscription,
                             const struct destination *queue, bool started);
void advisory_consumer(struct engine *engine, struct subscription *subscription, bool started);
void advisory_durable_removed(struct engine *engine, const struct subscription *subscription);

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
/* advisory_interest.c: who listens. */

/* A subscription to an advisory topic is made known to all shards, which tell it what is there
 * already. */
void advisory_topic_joined(struct engine *engine, const struct subscription *subscription,
                           const struct subscribe_name *name, bool joined);
void advisory_receive_interest(struct engine *engine, const struct engine_mail *mail);
void advisory_receive_replay(struct engine *engine, uint16_t from, const struct engine_mail *mail);

/* For new listeners: the same as above for one of them, whether or not anybody listens. */
struct advisory_target {
    uint64_t consumer; /* its subscription is there: */
    uint16_t shard;
    const char *consumer_id;
};
void advisory_tell_connection(struct engine_client *client, bool started,
                              const struct advisory_target *target);
void advisory_tell_sender(struct engine_client *client, struct destination_name name, bool started,
                          const struct advisory_target *target);
void advisory_tell_producer(struct engine *engine, const struct destination *destination,
                            const struct home_producer *producer, bool started,
                            const struct advisory_target *target);
void advisory_tell_destination(struct engine *engine, const struct destination *destination,
                               bool created, const struct advisory_target *target);
void advisory_tell_consumer(struct engine *engine, const struct subscription *subscription,
                            bool started, const struct advisory_target *target);
/* Does a pattern match the topic of advisories that tell this? */
bool advisory_name_matches(struct slice pattern, const char *what, struct destination_name about);
/* At the owner of a topic: how many consume from it is said by whoever knows. */
void advisory_receive_count(struct engine *engine, const struct engine_mail *mail);
#endif
