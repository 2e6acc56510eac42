/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_REDELIVERY_H
#define ENGINE_REDELIVERY_H
/*
 * redelivery.h - redeliveryPlugin: what a consumer gave up on is delivered again by the broker,
 * after a delay, as a newcomer at the end of its queue.
 *
 * Ownership  a delayed entry belongs to its queue: it counts there and takes memory there. It waits
 *            as a job of the scheduler (schedule.h), which can be browsed and removed like others.
 * Limits     delays live in memory. After a restart the message is there at once.
 *
 * Threads    the engine's own (shard.h).
 */
#include "destination.h"

enum redelivery {
    REDELIVERY_NONE,      /* a dead letter, as without the plugin */
    REDELIVERY_DELAYED,   /* the entry has been taken over */
    REDELIVERY_DISCARDED, /* neither: the plugin says that it is dropped */
};

/* For an entry of a queue that is in no list and no window any more. Only while
 * config->redelivery.enabled. */
enum redelivery redelivery_decide(struct engine *engine, struct entry *entry,
                                  enum dead_letter_reason reason) MUST_CHECK;
/* How long a message waits that has been delivered again `done` times before. */
int64_t redelivery_delay_ms(const struct config_redelivery_policy *policy, uint32_t done);
#endif
