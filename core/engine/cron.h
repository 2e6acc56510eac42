/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_CRON_H
#define ENGINE_CRON_H
/*
 * cron.h - "minute hour day-of-month month day-of-week" and the times it names.
 *
 * A field is * or ?, or a list of values and ranges ("1,5-7"); "/n" behind it leaves those values
 * that n divides, as in ActiveMQ. Months and days of the week may be named (JAN, MON); Sunday is 0
 * and 7. When both kinds of days are restricted, a day of either kind will do.
 *
 * Times are the local ones of this process. Where clocks are put forward, what would have come in
 * the lost hour comes right after it; where they are put back, it comes once. Expressions with *
 * in the minute or hour follow the clock instead, so that the time between two hits is even.
 *
 * Threads    any: pure functions of their arguments and of the time zone.
 * Limits     an expression that names no day of any year does not parse.
 */
#include "base/compiler.h"
#include "base/slice.h"
#include "base/text.h"

enum { CRON_TEXT_MAX = 1024 };

/* A bit for each value. */
struct cron {
    uint64_t minutes;
    uint32_t hours, days_of_month;
    uint16_t months;
    uint8_t days_of_week; /* bit 0: Sunday */
    bool follows_clock;
};

/* -EINVAL: `why` says what is wrong, `out` is untouched. */
int cron_parse(struct slice text, struct cron *out, struct text_error *why) MUST_CHECK;
/* The first full minute after `after_ms` (since 1970) that it names. INT64_MAX: none in the next
 * decades, or `after_ms` is out of range. */
int64_t cron_next_ms(const struct cron *cron, int64_t after_ms);
#endif
