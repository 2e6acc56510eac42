/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_SLOW_CONSUMER_H
#define ENGINE_SLOW_CONSUMER_H
/*
 * slow_consumer.h - who is slow, and what the policy does about it (abortSlowConsumerStrategy,
 * abortSlowAckConsumerStrategy).
 *
 * A queue's consumer is slow while its window is full; a topic's, while more waits for it than
 * one prefetch. By the other strategy, who does not acknowledge for some time is.
 *
 * Threads    the engine's own (shard.h).
 */
#include "subscription.h"

/* Its window has just become full, or more than a prefetch has just begun to wait for it. */
void slow_consumer_full(struct engine *engine, struct subscription *subscription);
void slow_consumer_acknowledged(struct engine *engine, struct subscription *subscription);
/* Ends those that have been slow too long, or too often. */
void slow_consumers_sweep(struct engine *engine);
/* How often to sweep: the shortest check period of all policies; 0: no policy asks. */
int64_t slow_consumers_period_ms(const struct config *config);
#endif
