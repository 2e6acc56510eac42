/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_TRACE_PATH_H
#define ENGINE_TRACE_PATH_H
/*
 * trace_path.h - traceBrokerPathPlugin: a property of each message lists the brokers it passed.
 *
 * Threads    the engine's own (shard.h).
 */
#include "shard.h"

/* Adds this broker. The draft points into the engine until the next call. */
void trace_path_stamp(struct engine *engine, struct message_draft *draft);
#endif
