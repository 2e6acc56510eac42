/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text parses or fails with a reason. What parses names a time: a full minute after the one
 * given, that it really names (with no time zone in the way), and none in between is left out: the
 * answer for every earlier moment is the same.
 */
#include "cron.h"
#include <stdlib.h>
#include <time.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool truth)
{
    if (!truth)
        abort();
}

static bool names(const struct cron *cron, int64_t ms)
{
    time_t t = (time_t)(ms / 1000);
    bool by_month, by_week, any_day, any_weekday;
    struct tm tm;

    gmtime_r(&t, &tm);
    by_month = cron->days_of_month >> tm.tm_mday & 1;
    by_week = cron->days_of_week >> tm.tm_wday & 1;
    any_day = cron->days_of_month == 0xfffffffe;
    any_weekday = cron->days_of_week == 0x7f;
    return cron->minutes >> tm.tm_min & 1 && cron->hours >> tm.tm_hour & 1 &&
           cron->months >> (tm.tm_mon + 1) & 1 &&
           (any_day || any_weekday ? by_month && by_week : by_month || by_week);
}

static void check_times(const struct cron *cron, int64_t after_ms)
{
    int64_t next_ms = cron_next_ms(cron, after_ms);
    int64_t first_ms = after_ms / 60000 * 60000 + 60000;

    check(next_ms > after_ms && next_ms != INT64_MAX && next_ms % 60000 == 0);
    check(names(cron, next_ms));
    check(cron_next_ms(cron, next_ms - 1) == next_ms);
    check(cron_next_ms(cron, after_ms + (next_ms - after_ms) / 2) == next_ms);
    for (int64_t ms = first_ms; ms < next_ms && ms < first_ms + 3000 * INT64_C(60000); ms += 60000)
        check(!names(cron, ms));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct text_error why = {""};
    struct cron cron;
    uint32_t minutes = 0;

    setenv("TZ", "UTC", 1);
    if (cron_parse(slice_of(data, len), &cron, &why) < 0) {
        check(why.text[0] != '\0');
        return 0;
    }
    for (size_t i = 0; i < len; i++) /* some time before 2100 that goes with the text */
        minutes = minutes * 31 + data[i];
    check_times(&cron, minutes % (68 * 1000 * 1000) * INT64_C(60000));
    check_times(&cron, minutes % (68 * 1000 * 1000) * INT64_C(60000) + 59999);
    return 0;
}
