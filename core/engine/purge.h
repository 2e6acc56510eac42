/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_PURGE_H
#define ENGINE_PURGE_H
/*
 * purge.h - what a shard does from time to time: removes destinations that nobody uses
 * (gcInactiveDestinations) and durable subscribers that stay away, and looks for slow consumers.
 *
 * Threads    the engine's own (shard.h).
 */
#include "shard.h"

void purge_start(struct engine *engine); /* sets the timers the configuration asks for */
void purge_stop(struct engine *engine);  /* allowed without a start */
#endif
