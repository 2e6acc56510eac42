/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_PULL_H
#define ENGINE_PULL_H
/*
 * pull.h - consumers with prefetch 0, and prefetches that change.
 *
 * Threads    the engine's own (shard.h).
 */
#include "base/wheel.h"
#include "consumer.h"

/* What a consumer has asked for. */
struct pull {
    struct timer timer; /* until which it waits */
    struct engine_consumer *consumer;
    uint64_t number;
    uint64_t asked; /* a bit for each part that has neither sent a message nor said no */
    bool permitted; /* for consumers with one part its home knows better */
};

void pull_end(struct engine_consumer *consumer);
/* A part has nothing. True: neither have the others, and the session is to be told. */
bool pull_is_over(struct engine_consumer *consumer, const struct consumer_delivery *nothing);
bool pull_permits(const struct engine_consumer *consumer);
/* The permit, if there is one, is used by what this part has sent: the others lose theirs. */
void pull_use(struct engine_consumer *consumer, uint16_t shard);
/* For consumers with several parts: is this message the one that was asked for? If not, it is on
 * its way back. */
bool pull_takes(struct engine_consumer *consumer, const struct consumer_delivery *delivery);
/* The session will not see it. */
void pull_give_back(struct engine_consumer *consumer, const struct consumer_delivery *delivery);

/* At the home. */
void pull_receive(struct engine *engine, const struct engine_mail *mail);
void return_receive(struct engine *engine, const struct engine_mail *mail);
void prefetch_receive(struct engine *engine, const struct engine_mail *mail);
#endif
