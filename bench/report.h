/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H
/*
 * report.h - what was measured, as a table for people and as JSON for programs.
 *
 * Threads    the main thread. Ownership: a report borrows options and histogram.
 */
#include "driver.h"
#include <stdio.h>

struct report_idle {
    uint32_t count;
    double open_seconds;
    int64_t rss_before, rss_after; /* of the broker, bytes; 0: unknown */
};

struct report {
    const struct options *options;
    struct driver_result total;
    const struct histogram *latency;
    double send_seconds, receive_seconds; /* measured spans, up to the last message */
    uint64_t expected, lost;
    struct report_idle idle;
    int64_t rss_end;
};

bool report_is_verified(const struct report *r); /* was there anything to check? */
bool report_has_fault(const struct report *r);   /* lost, repeated or reordered */
void report_print(const struct report *r, FILE *to);
void report_print_json(const struct report *r, FILE *to);
#endif
