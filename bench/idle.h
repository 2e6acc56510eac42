/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_IDLE_H
#define BENCH_IDLE_H
/*
 * idle.h - connections that subscribe and then only wait, to see what one costs the broker.
 *
 * Threads    the main thread. Ownership: open gives the array to the caller; close frees it.
 */
#include "client.h"
#include "report.h"

/* Opens options->idle_count connections, with a subscription each to /queue/NAME.idle.<n mod
 * destinations> (or /topic/), and fills `report`. */
int idle_open(const struct options *options, struct client **out, struct report_idle *report,
              struct text_error *why) MUST_CHECK;
void idle_close(struct client *clients, uint32_t count); /* NULL is allowed */

/* Resident bytes of a process, 0 when unknown. */
int64_t idle_resident_bytes(int64_t pid);
#endif
