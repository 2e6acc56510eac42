/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_TOPIC_H
#define ENGINE_TOPIC_H
/*
 * topic.h - topics. The owner of a topic knows which shards have subscriptions that match it
 * (their "interest") and sends each of them a message once; there it fans out.
 *
 * Threads    the engine's own (shard.h).
 */
#include "destination.h"

/* What this shard knows of one concrete topic: its subscriptions here that match. */
struct topic_view {
    struct destination_name name; /* bytes follow the struct */
    uint64_t hash, version;       /* of engine->subscribers when it was made */
    const struct config_policy *policy;
    uint64_t memory; /* bytes of its messages that wait here */
    bool full;       /* the owner has been told that this is too much */
    uint32_t count, capacity;
    struct subscription **subscriptions;
};

void topic_view_charge(struct engine *engine, struct topic_view *view, uint32_t charge, bool add);

/* At the owner. */
void topic_publish(struct engine *engine, struct destination *topic, struct message *message);
/* Advisories do not make topics: thousands of single-use queues must not leave traces. Takes over
 * the message's reference. */
void topic_publish_advisory(struct engine *engine, uint64_t hash, struct message *message);
void topic_interest_changed(struct engine *engine, uint16_t shard, enum destination_kind kind,
                            struct slice pattern, bool add);
/* At a shard with subscriptions; the message is borrowed. Returns how many took it. */
unsigned topic_fan_out(struct engine *engine, struct message *message);

/* A subscription takes part in the topics that match the name, or no longer. The interest goes to
 * the owner, or to all shards for a wildcard; each answers, also when it fails. */
void topic_subscribe(struct engine *engine, struct subscription *subscription,
                     struct subscribe_name *name, const struct reply_address *reply);
void topic_unsubscribe(struct engine *engine, struct subscription *subscription,
                       struct subscribe_name *name);
/* Dispatches what waits for a topic subscription while it has room. */
void topic_run(struct engine *engine, struct subscription *subscription);
/* Adds one message to a topic subscription: dispatches it, keeps it, or discards. */
void topic_offer(struct engine *engine, struct subscription *subscription, struct item *item);
/* Discards what the policy says until the pending limit holds again (eviction.c). */
void topic_evict(struct engine *engine, struct subscription *subscription);
void topic_receive_full(struct engine *engine, uint16_t from, const struct engine_mail *mail);
void topic_receive_interest(struct engine *engine, uint16_t from, const struct engine_mail *mail);
/* A dispatched message of a topic subscription is done with, or comes back to its front. */
void topic_forget(struct engine *engine, struct subscription *subscription, struct entry *entry);
void topic_return(struct engine *engine, struct subscription *subscription, struct entry *entry);
/* One that waited, already taken off the pending ones, has expired. */
void topic_expire(struct engine *engine, struct subscription *subscription, struct entry *entry);
void topic_drop_pending(struct engine *engine, struct subscription *subscription);
int topics_init(struct engine *engine) MUST_CHECK;
void topics_fini(struct engine *engine);

/* recovery.c: what the topic keeps for retroactive subscribers. */
void recovery_keep(struct engine *engine, struct destination *topic, struct message *message);
/* Sends what is kept to that consumer's subscription, which is on that shard, by MAIL_OFFER. */
void recovery_replay(struct engine *engine, struct destination *topic, uint16_t shard,
                     uint64_t consumer);
void topic_receive_offer(struct engine *engine, const struct engine_mail *mail);
void recovery_fini(struct destination *topic);
#endif
