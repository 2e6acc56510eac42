/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_STATISTICS_H
#define ENGINE_STATISTICS_H
/*
 * statistics.h - statisticsBrokerPlugin: messages to ActiveMQ.Statistics.* are questions, answered
 * to their reply-to by map messages. The home of the question asks all shards and adds up.
 *
 * Threads    the engine's own (shard.h).
 */
#include "destination.h"

/* By its name, if the plugin is on. Found out once a destination: sending is the hot path. */
bool statistics_is_question(const struct engine *engine, struct destination_name name);
/* True: the message was a question and has been taken; it is not to be enqueued. */
bool statistics_take(struct engine *engine, struct destination *destination,
                     struct message *message);
void statistics_receive_query(struct engine *engine, uint16_t from, const struct engine_mail *mail);
void statistics_receive_answer(struct engine *engine, const struct engine_mail *mail);
void statistics_fini(struct engine *engine);
#endif
