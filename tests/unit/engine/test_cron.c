/* SPDX-License-Identifier: Apache-2.0 */
#include "cron.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BERLIN    "CET-1CEST,M3.5.0,M10.5.0/3"
#define SAO_PAULO "BRT3BRST,M10.3.0/0,M2.3.0/0"
#define LORD_HOWE "LHST-10:30LHDT-11,M10.1.0,M4.1.0"

static void use_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

/* "2026-03-02 09:15[:30]", local. Of a time that comes twice, the second with a + behind. */
static int64_t at(const char *text)
{
    struct tm tm = {.tm_isdst = -1};
    int fields = sscanf(text, "%d-%d-%d %d:%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
                        &tm.tm_hour, &tm.tm_min, &tm.tm_sec);

    cr_assert_geq(fields, 5, "%s", text);
    tm.tm_year -= 1900;
    tm.tm_mon--;
    if (text[strlen(text) - 1] == '+')
        tm.tm_isdst = 0;
    else if (text[strlen(text) - 1] == '-')
        tm.tm_isdst = 1;
    return mktime(&tm) * INT64_C(1000);
}

static const char *say(int64_t ms)
{
    static char text[64];
    time_t t = (time_t)(ms / 1000);
    struct tm tm;

    localtime_r(&t, &tm);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %Z", &tm);
    return text;
}

static struct cron parse(const char *text)
{
    struct cron cron;
    struct text_error why;

    cr_assert_eq(cron_parse(slice_of_text(text), &cron, &why), 0, "%s: %s", text, why.text);
    return cron;
}

struct hit {
    const char *entry, *after, *next;
};

static void expect_hits(const struct hit *hits, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct cron cron = parse(hits[i].entry);
        int64_t next_ms = cron_next_ms(&cron, at(hits[i].after));

        cr_expect_eq(next_ms, at(hits[i].next), "\"%s\" after %s: %s, not %s", hits[i].entry,
                     hits[i].after, say(next_ms), hits[i].next);
    }
}

/* The 2nd of March 2026 is a Monday. */
Test(cron, names_the_next_full_minute_that_matches)
{
    static const struct hit hits[] = {
        {"* * * * *", "2026-03-02 09:15:30", "2026-03-02 09:16"},
        {"* * * * *", "2026-03-02 09:15:00", "2026-03-02 09:16"},
        {"? ? ? ? ?", "2026-03-02 09:15:59", "2026-03-02 09:16"},
        {"* * * * *", "2026-12-31 23:59:30", "2027-01-01 00:00"},
        {"0 * * * *", "2026-03-02 09:15:30", "2026-03-02 10:00"},
        {"15 * * * *", "2026-03-02 09:15:00", "2026-03-02 10:15"},
        {"16 * * * *", "2026-03-02 09:15:00", "2026-03-02 09:16"},
        {"30 9 * * *", "2026-03-02 09:15:30", "2026-03-02 09:30"},
        {"30 8 * * *", "2026-03-02 09:15:30", "2026-03-03 08:30"},
        {"*/15 * * * *", "2026-03-02 09:15:30", "2026-03-02 09:30"},
        {"*/15 * * * *", "2026-03-02 09:46:00", "2026-03-02 10:00"},
        {"*/7 * * * *", "2026-03-02 09:56:30", "2026-03-02 10:00"},
        {"0 */5 * * *", "2026-03-02 21:00:00", "2026-03-03 00:00"},
        {"45 8,17 * * 1-5", "2026-03-02 09:15:30", "2026-03-02 17:45"},
        {"45 8,17 * * 1-5", "2026-03-06 17:45:00", "2026-03-09 08:45"},
        {"0,1,30-32 5 * * *", "2026-03-02 05:01:00", "2026-03-02 05:30"},
        {"0,1,30-32 5 * * *", "2026-03-02 05:32:00", "2026-03-03 05:00"},
        {"1,2,3,4/2 * * * *", "2026-03-02 09:02:10", "2026-03-02 09:04"},
        {"* 13 * * *", "2026-03-02 09:15:30", "2026-03-02 13:00"},
        {"  0\t12   1 *  * ", "2026-03-02 09:15:30", "2026-04-01 12:00"},
        {"0 12 1-31/2 * *", "2026-03-02 12:00:00", "2026-03-04 12:00"}, /* as ActiveMQ: 2, 4... */
        {"0 12 */10 * *", "2026-03-30 12:00:00", "2026-04-10 12:00"},
        {"0 12 31 * *", "2026-03-31 12:00:00", "2026-05-31 12:00"},
        {"0 0 30 * *", "2026-01-30 00:00:00", "2026-03-30 00:00"},
        {"0 0 1 1 *", "2026-03-02 09:15:30", "2027-01-01 00:00"},
        {"0 0 * 6-8 *", "2026-03-02 09:15:30", "2026-06-01 00:00"},
        {"* * * 12 *", "2026-03-02 09:15:30", "2026-12-01 00:00"},
        {"0 20 * 4,5 0", "2026-05-31 20:00:00", "2027-04-04 20:00"},
        {"0 0 * * 7", "2026-03-02 09:15:30", "2026-03-08 00:00"},
        {"0 0 * * 0", "2026-03-02 09:15:30", "2026-03-08 00:00"},
        {"0 0 * * 5-7", "2026-03-07 00:00:00", "2026-03-08 00:00"},
        {"0 0 * * Mon", "2026-03-02 09:15:30", "2026-03-09 00:00"},
        {"0 0 * * TUE-thu,SAT", "2026-03-05 00:00:00", "2026-03-07 00:00"},
        {"0 0 1 jan,JUL *", "2026-03-02 09:15:30", "2026-07-01 00:00"},
        {"0 0 29 2 *", "2026-03-02 09:15:30", "2028-02-29 00:00"},
        {"0 0 29 2 *", "2028-02-29 00:00:00", "2032-02-29 00:00"},
        {"0 0 29 2 *", "2096-02-29 00:00:00", "2104-02-29 00:00"},
        {"59 23 28-29 FEB *", "2027-02-28 23:59:00", "2028-02-28 23:59"},
        {"59 23 28-29 FEB *", "2028-02-28 23:59:00", "2028-02-29 23:59"},
    };

    use_zone("UTC");
    expect_hits(hits, sizeof hits / sizeof hits[0]);
    use_zone("<+0545>-5:45"); /* Nepal */
    expect_hits(hits, sizeof hits / sizeof hits[0]);
    use_zone("EST5");
    expect_hits(hits, sizeof hits / sizeof hits[0]);
}

Test(cron, takes_a_day_of_either_kind_when_both_are_restricted)
{
    static const struct hit hits[] = {
        {"0 0 15 * 5", "2026-03-02 09:15:30", "2026-03-06 00:00"},
        {"0 0 15 * 5", "2026-03-13 00:00:00", "2026-03-15 00:00"},
        {"0 0 15 * 5", "2026-03-15 00:00:00", "2026-03-20 00:00"},
        {"0 0 31 2 1", "2026-02-23 00:00:00", "2027-02-01 00:00"}, /* the Mondays of February */
        {"0 0 13 * *", "2026-03-02 09:15:30", "2026-03-13 00:00"},
        {"0 0 * * 5", "2026-03-02 09:15:30", "2026-03-06 00:00"},
        {"0 0 1-31 * 5", "2026-03-02 09:15:30", "2026-03-06 00:00"}, /* all days: no restriction */
    };

    use_zone("UTC");
    expect_hits(hits, sizeof hits / sizeof hits[0]);
}

/* On the 29th of March 2026, 02:00 is 03:00. */
Test(cron, makes_up_for_an_hour_that_is_lost)
{
    static const struct hit hits[] = {
        {"30 2 * * *", "2026-03-28 02:30", "2026-03-29 03:00"},
        {"30 2 * * *", "2026-03-29 03:00", "2026-03-30 02:30"},
        {"0 2 * * *", "2026-03-28 12:00", "2026-03-29 03:00"},
        {"0 3 * * *", "2026-03-28 12:00", "2026-03-29 03:00"},
        {"0,30 2 * * *", "2026-03-29 01:00", "2026-03-29 03:00"}, /* once for both */
        {"0,30 2 * * *", "2026-03-29 03:00", "2026-03-30 02:00"},
        {"0 4 * * *", "2026-03-28 12:00", "2026-03-29 04:00"},
        {"30 1 * * *", "2026-03-28 12:00", "2026-03-29 01:30"},
        {"30 2 30 * *", "2026-03-28 12:00", "2026-03-30 02:30"},
        {"*/15 * * * *", "2026-03-29 01:45", "2026-03-29 03:00"}, /* follows the clock */
        {"30 * * * *", "2026-03-29 01:30", "2026-03-29 03:30"},
        {"* 2 * * *", "2026-03-28 12:00", "2026-03-30 02:00"},
    };

    use_zone(BERLIN);
    expect_hits(hits, sizeof hits / sizeof hits[0]);
}

/* On the 25th of October 2026, 03:00 is 02:00: "-" is the first time, "+" the second. */
Test(cron, does_not_repeat_an_hour_that_comes_twice)
{
    static const struct hit hits[] = {
        {"30 2 * * *", "2026-10-24 12:00", "2026-10-25 02:30-"},
        {"30 2 * * *", "2026-10-25 02:30-", "2026-10-26 02:30"},
        {"30 2 * * *", "2026-10-25 02:10+", "2026-10-26 02:30"},
        {"0 3 * * *", "2026-10-25 02:30-", "2026-10-25 03:00"},
        {"30 * * * *", "2026-10-25 02:30-", "2026-10-25 02:30+"}, /* follows the clock */
        {"*/15 * * * *", "2026-10-25 02:45-", "2026-10-25 02:00+"},
        {"*/15 * * * *", "2026-10-25 02:45+", "2026-10-25 03:00"},
        {"0 12 * * *", "2026-10-25 01:00", "2026-10-25 12:00"},
    };

    use_zone(BERLIN);
    expect_hits(hits, sizeof hits / sizeof hits[0]);
}

/* On the 18th of October 2026 there is no midnight; on the 15th of February the evening before
 * comes twice. */
Test(cron, copes_with_clocks_that_are_put_at_midnight)
{
    static const struct hit hits[] = {
        {"0 0 * * *", "2026-10-17 12:00", "2026-10-18 01:00"},
        {"30 0 18 10 *", "2026-10-17 12:00", "2026-10-18 01:00"},
        {"0 0 * * *", "2026-10-18 01:00", "2026-10-19 00:00"},
        {"0 1 * * *", "2026-10-17 12:00", "2026-10-18 01:00"},
        {"15 23 * * *", "2026-02-14 12:00", "2026-02-14 23:15-"},
        {"15 23 * * *", "2026-02-14 23:15-", "2026-02-15 23:15"},
        {"0 0 * * *", "2026-02-14 12:00", "2026-02-15 00:00"},
    };

    use_zone(SAO_PAULO);
    expect_hits(hits, sizeof hits / sizeof hits[0]);
}

Test(cron, copes_with_half_an_hour)
{
    static const struct hit hits[] = {
        {"15 2 * * *", "2026-10-03 12:00", "2026-10-04 02:30"}, /* 02:00 is 02:30 */
        {"30 2 * * *", "2026-10-03 12:00", "2026-10-04 02:30"},
        {"45 1 * * *", "2026-04-04 12:00", "2026-04-05 01:45-"}, /* 02:00 is 01:30 */
        {"45 1 * * *", "2026-04-05 01:45-", "2026-04-06 01:45"},
        {"0 2 * * *", "2026-04-04 12:00", "2026-04-05 02:00"},
    };

    use_zone(LORD_HOWE);
    expect_hits(hits, sizeof hits / sizeof hits[0]);
}

/* Against the dullest possible search, through the two odd days of a year. */
Test(cron, agrees_with_a_search_minute_by_minute)
{
    static const char *const entries[] = {"*/20 * * * *", "0 * * * *", "10-50/10 */2 * * *",
                                          "* * 29 3 *",   "* 2 * * 0", "59 * 25 10 *"};

    use_zone(BERLIN);
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        struct cron cron = parse(entries[i]);
        int64_t next_ms = -1;

        for (int64_t ms = at("2026-03-31 00:00"); ms > at("2026-03-27 00:00"); ms -= 60000) {
            time_t t = (time_t)(ms / 1000);
            struct tm tm;

            if (next_ms > 0)
                cr_assert_eq(cron_next_ms(&cron, ms), next_ms, "%s after %s", entries[i], say(ms));
            localtime_r(&t, &tm);
            if (cron.minutes >> tm.tm_min & 1 && cron.hours >> tm.tm_hour & 1 &&
                cron.days_of_month >> tm.tm_mday & 1 && cron.months >> (tm.tm_mon + 1) & 1 &&
                cron.days_of_week >> tm.tm_wday & 1)
                next_ms = ms;
        }
    }
}

Test(cron, refuses_what_it_cannot_read)
{
    static const char *const wrong[] = {
        "",
        "*",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 0 *",
        "* * * 13 *",
        "* * * * 8",
        "-1 * * * *",
        "5-1 * * * *",
        "1- * * * *",
        "-5 * * * *",
        "1,,2 * * * *",
        "1, * * * *",
        ",1 * * * *",
        "*/0 * * * *",
        "*/ * * * *",
        "*/x * * * *",
        "5/10 * * * *",
        "*/15,3 * * * *",
        "*/1/2 * * * *",
        "x * * * *",
        "JAN * * * *",
        "* * * MON *",
        "* * * * JAN",
        "* * * * MONDAY",
        "** * * * *",
        "1-2-3 * * * *",
        "*-5 * * * *",
        "0 0 30 2 *",
        "0 0 31 4,6 *",
        "99999 * * * *",
        "1.5 * * * *",
        "@daily",
        "\xff * * * *",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct cron cron;
        struct text_error why = {""};

        cr_assert_lt(cron_parse(slice_of_text(wrong[i]), &cron, &why), 0, "%s", wrong[i]);
        cr_assert_neq(why.text[0], '\0');
    }
}

Test(cron, has_an_end)
{
    struct cron cron = parse("0 0 29 2 *");

    use_zone("UTC");
    cr_assert_eq(cron_next_ms(&cron, INT64_MAX), INT64_MAX);
    cr_assert_eq(cron_next_ms(&cron, -1), INT64_MAX);
    cr_assert_gt(cron_next_ms(&cron, 0), 0);
}
