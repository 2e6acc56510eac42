/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H
/*
 * histogram.h - counts of values over a wide range with a fixed relative error, after the idea
 * of HdrHistogram: each power of two is cut into the same number of linear steps.
 *
 * Threads    belongs to one thread; merge when the other thread has ended.
 * Ownership  create gives it to the caller, destroy frees it.
 * Limits     values above `highest` count as `highest`, negative ones as 0. Two values less than
 *            `lowest` apart, or less than 1/10^digits of themselves, may count as one.
 */
#include "base/compiler.h"
#include <stdint.h>

enum { HISTOGRAM_DIGITS_MAX = 4 };

struct histogram;

/* 1 <= lowest, 2 * lowest <= highest, 1 <= digits <= HISTOGRAM_DIGITS_MAX; else -EINVAL. */
int histogram_create(int64_t lowest, int64_t highest, int digits,
                     struct histogram **out) MUST_CHECK;
void histogram_destroy(struct histogram *h); /* NULL is allowed */
void histogram_reset(struct histogram *h);

void histogram_record(struct histogram *h, int64_t value);
void histogram_record_many(struct histogram *h, int64_t value, uint64_t count);
/* Also records what would have been measured while this value kept the next ones from starting:
 * value - interval, value - 2 * interval, ... An interval of 0 or less corrects nothing. */
void histogram_record_corrected(struct histogram *h, int64_t value, int64_t interval);
/* -EINVAL unless both were created with the same arguments. */
int histogram_merge(struct histogram *into, const struct histogram *from) MUST_CHECK;

uint64_t histogram_count(const struct histogram *h);
int64_t histogram_min(const struct histogram *h); /* 0 when empty, as all below */
int64_t histogram_max(const struct histogram *h); /* exact, as is min */
double histogram_mean(const struct histogram *h); /* within the relative error */
/* The value that `percent` of all values do not exceed; never above histogram_max. */
int64_t histogram_percentile(const struct histogram *h, double percent);
#endif
