/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H
/*
 * run.h - what all parts of one measurement share: the options, its times, and how streams of
 * messages map to producers and destinations.
 *
 * A stream is one producer's messages to one destination; its messages are numbered from 0. With
 * at least as many producers as destinations, each producer has one stream; otherwise each
 * destination has one, and a producer takes turns between its destinations.
 *
 * Threads    written before the drivers start, then read by all; `stop` by any.
 * Limits     all times are nanoseconds since start_ns.
 */
#include "options.h"
#include <stdatomic.h>

struct run {
    const struct options *options;
    uint32_t id;             /* tells our messages from those of earlier runs */
    int64_t start_ns;        /* by clock_monotonic_ns */
    int64_t measure_from_ns; /* messages due before it are not measured */
    int64_t send_until_ns;   /* INT64_MAX: until message_count */
    atomic_bool stop;        /* drivers end as soon as they see it */
};

static inline uint32_t run_stream_count(const struct options *o)
{
    if (o->producer_count == 0)
        return 0;
    return o->producer_count > o->destination_count ? o->producer_count : o->destination_count;
}

static inline uint32_t run_stream_destination(const struct options *o, uint32_t stream)
{
    return stream % o->destination_count;
}

/* The streams of one destination are numbered from 0 as well. */
static inline uint32_t run_stream_local(const struct options *o, uint32_t stream)
{
    return stream / o->destination_count;
}

static inline uint32_t run_local_stream_count(const struct options *o, uint32_t destination)
{
    uint32_t streams = run_stream_count(o);

    return streams > destination ? (streams - destination - 1) / o->destination_count + 1 : 0;
}

/* "bench.0" */
enum { RUN_NAME_BYTES = 1024 };
void run_destination_name(const struct options *o, uint32_t destination,
                          char name[static RUN_NAME_BYTES]);
const char *run_prefix(const struct options *o); /* of a name in STOMP: "/queue/" */
#endif
