/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_DURABLE_H
#define ENGINE_DURABLE_H
/*
 * durable.h - durable subscribers: (client id, subscription name) that outlive connections. Each
 * lives on the shard its key hashes to, holds one topic subscription all the time, and lends it
 * to the consumer that is online.
 *
 * Threads    the engine's own (shard.h).
 */
#include "subscription.h"

struct durable {
    struct slice client_id, name; /* bytes follow the struct */
    uint64_t hash;
    struct subscription *subscription;
    bool online;
    int64_t offline_since_ms;
};

void durable_subscribe(struct engine *engine, struct subscribe_request *request,
                       const struct reply_address *reply);
void durable_detach(struct engine *engine, struct subscription *subscription,
                    uint64_t delivered_tag);
/* The subscribe that has just made it has failed. */
void durable_undo(struct engine *engine, struct subscription *subscription);
void durable_remove(struct engine *engine, struct slice client_id, struct slice name,
                    const struct reply_address *reply);
/* A message waits for it from now on; it is done with. */
void durable_keep(struct engine *engine, struct subscription *subscription, struct entry *entry);
void durable_forget(struct engine *engine, struct subscription *subscription, struct entry *entry);
/* Removes those that have been offline too long (offlineDurableSubscriberTimeout). */
void durables_sweep(struct engine *engine);
int durables_init(struct engine *engine) MUST_CHECK;
void durables_fini(struct engine *engine);
#endif
