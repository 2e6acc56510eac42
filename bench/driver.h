/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_DRIVER_H
#define BENCH_DRIVER_H
/*
 * driver.h - one thread that drives its share of the connections with epoll.
 *
 * Threads    create, adopt, start, join, destroy and the results after join: the main thread.
 *            driver_progress any thread at any time.
 * Ownership  a driver owns its producers, consumers and groups.
 * Order      create, prepare, start, join, read results, destroy.
 */
#include "consumer.h"
#include "producer.h"

struct driver;

/* What a driver has done so far; each number by itself is exact, together they may be torn. */
struct driver_progress {
    uint64_t sent, received, unique;
    uint32_t producers_open;
    bool has_failed;
};

/* Sums over all connections of a driver. */
struct driver_result {
    uint64_t sent, sent_measured;
    uint64_t received, received_measured, bytes_measured;
    uint64_t unique, duplicated, reordered, foreign;
    int64_t last_sent_ns; /* when the broker had read the last message */
    int64_t last_received_ns;
};

/* Driver number `index` of options->thread_count. */
int driver_create(struct run *run, uint32_t index, struct driver **out) MUST_CHECK;
void driver_destroy(struct driver *d); /* NULL is allowed */

/* Connects this driver's share; first all drivers' consumers, then their producers, so that no
 * topic message is sent before all have subscribed. */
int driver_open_consumers(struct driver *d, struct text_error *why) MUST_CHECK;
int driver_open_producers(struct driver *d, struct text_error *why) MUST_CHECK;

int driver_start(struct driver *d) MUST_CHECK;
void driver_join(struct driver *d);

struct driver_progress driver_progress(const struct driver *d);
/* After join. */
struct driver_result driver_result(const struct driver *d);
const struct histogram *driver_latency(const struct driver *d);
const char *driver_error(const struct driver *d); /* why it failed */
#endif
