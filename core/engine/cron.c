/* SPDX-License-Identifier: Apache-2.0 */
#include "cron.h"

#include <errno.h>
#include <strings.h>
#include <time.h>

enum {
    FIELD_COUNT = 5,
    MINUTE_S = 60,
    DAY_MINUTES = 24 * 60,
    DAY_S = DAY_MINUTES * MINUTE_S,
    SEARCH_DAYS_MAX = 9 * 366, /* from one 29 February to the next it is eight years at most */
    NAME_LEN = 3,
};

static const int64_t time_max_s = INT64_C(253402300799); /* the end of the year 9999 */

/*
 * Reading.
 */
struct field {
    const char *name;
    unsigned min, max;
    const char *const *names; /* of the values from `min` on; NULL: none */
};

static const char *const month_names[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL",
                                          "AUG", "SEP", "OCT", "NOV", "DEC", NULL};
static const char *const day_names[] = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", NULL};

static const struct field fields[FIELD_COUNT] = {
    {"minute", 0, 59, NULL},          {"hour", 0, 23, NULL},
    {"day of month", 1, 31, NULL},    {"month", 1, 12, month_names},
    {"day of week", 0, 7, day_names},
};

static int refuse(const struct field *field, struct slice token, const char *what,
                  struct text_error *why)
{
    text_error_set(why, "the %s \"%.*s\" of the cron entry %s", field->name,
                   (int)(token.len < 64 ? token.len : 64), (const char *)token.bytes, what);
    return -EINVAL;
}

static bool read_digits(struct slice text, unsigned *out)
{
    unsigned number = 0;

    if (text.len == 0 || text.len > 4)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return false;
        number = number * 10 + (unsigned)(text.bytes[i] - '0');
    }
    *out = number;
    return true;
}

static bool read_value(const struct field *field, struct slice text, unsigned *out)
{
    if (text.len == NAME_LEN && field->names) {
        for (unsigned i = 0; field->names[i]; i++) {
            if (strncasecmp((const char *)text.bytes, field->names[i], NAME_LEN) == 0) {
                *out = field->min + i;
                return true;
            }
        }
    }
    return read_digits(text, out) && *out >= field->min && *out <= field->max;
}

/* Takes the part up to the next `end` off `rest`. */
static struct slice take_part(struct slice *rest, char end)
{
    const uint8_t *at = rest->len > 0 ? memchr(rest->bytes, end, rest->len) : NULL;
    struct slice part = at ? slice_of(rest->bytes, (size_t)(at - rest->bytes)) : *rest;

    *rest = at ? slice_after(*rest, part.len + 1) : SLICE_ABSENT;
    return part;
}

static bool is_all(struct slice text)
{
    return slice_is(text, "*") || slice_is(text, "?");
}

/* One item of a list; 0: it is wrong. */
static uint64_t read_item(const struct field *field, struct slice item)
{
    struct slice rest = item;
    struct slice first = take_part(&rest, '-');
    unsigned from, to;
    uint64_t values = 0;

    if (is_all(item)) {
        from = field->min;
        to = field->max;
    } else {
        if (!read_value(field, first, &from))
            return 0;
        to = from;
        if (slice_is_present(rest) && !read_value(field, rest, &to))
            return 0;
    }
    for (unsigned i = from; i <= to; i++)
        values |= UINT64_C(1) << i;
    return values;
}

static uint64_t multiples_of(uint64_t values, unsigned step)
{
    for (unsigned i = 0; i < 64; i++)
        if (i % step != 0)
            values &= ~(UINT64_C(1) << i);
    return values;
}

static int read_field(const struct field *field, struct slice token, uint64_t *out,
                      struct text_error *why)
{
    struct slice step_text = token;
    struct slice list = take_part(&step_text, '/');
    unsigned step = 1;
    uint64_t values = 0;

    if (slice_is_present(step_text) && (!read_digits(step_text, &step) || step == 0))
        return refuse(field, token, "has no number behind its /", why);
    do {
        uint64_t item = read_item(field, take_part(&list, ','));

        if (item == 0)
            return refuse(field, token, "is not a value, a range or a list of them", why);
        values |= item;
    } while (slice_is_present(list));
    values = multiples_of(values, step);
    if (values == 0)
        return refuse(field, token, "names nothing", why);
    *out = values;
    return 0;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* False: it has not as many fields as it needs. */
static bool split(struct slice text, struct slice tokens[FIELD_COUNT])
{
    unsigned count = 0;

    for (;;) {
        size_t len = 0;

        while (text.len > 0 && is_blank(text.bytes[0]))
            text = slice_after(text, 1);
        if (text.len == 0)
            return count == FIELD_COUNT;
        if (count == FIELD_COUNT)
            return false;
        while (len < text.len && !is_blank(text.bytes[len]))
            len++;
        tokens[count++] = slice_of(text.bytes, len);
        text = slice_after(text, len);
    }
}

static bool is_any_weekday(const struct cron *cron)
{
    return cron->days_of_week == 0x7f;
}

static bool is_any_day_of_month(const struct cron *cron)
{
    return cron->days_of_month == 0xfffffffe;
}

/* Does any of its months have any of its days? */
static bool has_days(const struct cron *cron)
{
    static const unsigned last[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (!is_any_weekday(cron)) /* these are in every month */
        return true;
    for (unsigned month = 1; month <= 12; month++)
        for (unsigned day = 1; day <= last[month - 1]; day++)
            if (cron->months >> month & 1 && cron->days_of_month >> day & 1)
                return true;
    return false;
}

int cron_parse(struct slice text, struct cron *out, struct text_error *why)
{
    struct slice tokens[FIELD_COUNT];
    uint64_t values[FIELD_COUNT];
    struct cron cron;

    if (text.len > CRON_TEXT_MAX || !split(text, tokens)) {
        text_error_set(why, "a cron entry has five fields: minute hour day month weekday");
        return -EINVAL;
    }
    for (unsigned i = 0; i < FIELD_COUNT; i++)
        if (read_field(&fields[i], tokens[i], &values[i], why) != 0)
            return -EINVAL;
    cron = (struct cron){
        .minutes = values[0],
        .hours = (uint32_t)values[1],
        .days_of_month = (uint32_t)values[2],
        .months = (uint16_t)values[3],
        .days_of_week = (uint8_t)((values[4] & 0x7f) | values[4] >> 7),
        .follows_clock =
            is_all(slice_of(tokens[0].bytes, 1)) || is_all(slice_of(tokens[1].bytes, 1)),
    };
    if (!has_days(&cron)) {
        text_error_set(why, "the cron entry names a day that no month has");
        return -EINVAL;
    }
    *out = cron;
    return 0;
}

/*
 * Searching. All times are in seconds since 1970; local ones as if the local clock were UTC.
 */
static int64_t local_of(int64_t at_s, struct tm *tm)
{
    time_t t = (time_t)at_s;

    if (!localtime_r(&t, tm)) { /* not with the range we use: a year beyond int */
        *tm = (struct tm){0};
        return at_s;
    }
    return at_s + tm->tm_gmtoff;
}

static int64_t offset_of(int64_t at_s)
{
    struct tm tm;

    return local_of(at_s, &tm) - at_s;
}

static int64_t day_of(int64_t local_s)
{
    return local_s >= 0 ? local_s / DAY_S : -((DAY_S - 1 - local_s) / DAY_S);
}

static int64_t minute_of_day(int64_t local_s)
{
    return (local_s - day_of(local_s) * DAY_S) / MINUTE_S;
}

/* The first second of a local day. Its midnight may not exist, or the evening before come twice. */
static int64_t day_start(int64_t day, int64_t near_s)
{
    int64_t at_s = day * DAY_S - offset_of(near_s);

    at_s = day * DAY_S - offset_of(at_s - MINUTE_S);
    if (day_of(at_s + offset_of(at_s)) < day)
        at_s = day * DAY_S - offset_of(at_s);
    return at_s;
}

static bool has_day(const struct cron *cron, const struct tm *tm)
{
    bool by_month = cron->days_of_month >> tm->tm_mday & 1;
    bool by_week = cron->days_of_week >> tm->tm_wday & 1;

    if (!(cron->months >> (tm->tm_mon + 1) & 1))
        return false;
    if (!is_any_day_of_month(cron) && !is_any_weekday(cron))
        return by_month || by_week;
    return by_month && by_week;
}

static bool has_minute(const struct cron *cron, int64_t local_s)
{
    int64_t minute = minute_of_day(local_s);

    return cron->hours >> (minute / 60) & 1 && cron->minutes >> (minute % 60) & 1;
}

/* From a minute of a day on which the clock is not put; -1: nothing more on that day. */
static int64_t search_plain_day(const struct cron *cron, int64_t from)
{
    for (int64_t hour = from / 60; hour < 24; hour++) {
        uint64_t minutes = cron->minutes;

        if (!(cron->hours >> hour & 1))
            continue;
        if (hour == from / 60)
            minutes = minutes >> (from % 60) << (from % 60);
        if (minutes != 0)
            return hour * 60 + __builtin_ctzll(minutes);
    }
    return -1;
}

/* Was one of its minutes left out between two local times of the same day? */
static bool has_lost_minute(const struct cron *cron, int64_t before_s, int64_t local_s)
{
    for (int64_t s = before_s + MINUTE_S; s < local_s; s += MINUTE_S)
        if (day_of(s) == day_of(local_s) && has_minute(cron, s))
            return true;
    return false;
}

/* Minute by minute through a day on which the clock is put forward or back. */
static int64_t search_odd_day(const struct cron *cron, int64_t start_s, int64_t end_s,
                              int64_t from_s)
{
    int64_t before_s = start_s - MINUTE_S + offset_of(start_s - MINUTE_S);
    int64_t furthest_s = before_s; /* local times up to here have been */

    for (int64_t at_s = start_s; at_s < end_s; at_s += MINUTE_S) {
        int64_t local_s = at_s + offset_of(at_s);
        bool hits = has_minute(cron, local_s);

        if (!cron->follows_clock)
            hits = (hits && local_s > furthest_s) || has_lost_minute(cron, before_s, local_s);
        if (hits && at_s >= from_s)
            return at_s;
        before_s = local_s;
        if (local_s > furthest_s)
            furthest_s = local_s;
    }
    return -1;
}

/* On one local day, not before `from_s`; -1: nothing. */
static int64_t search_day(const struct cron *cron, int64_t day, int64_t from_s)
{
    int64_t start_s = day_start(day, from_s);
    int64_t end_s = day_start(day + 1, start_s + DAY_S);
    int64_t offset = offset_of(end_s - MINUTE_S);
    int64_t minute;

    if (start_s >= end_s) /* who crosses the date line may lose a day */
        return -1;
    if (offset_of(start_s - MINUTE_S) != offset)
        return search_odd_day(cron, start_s, end_s, from_s);
    minute = from_s > start_s ? (from_s - start_s + MINUTE_S - 1) / MINUTE_S : 0;
    minute = search_plain_day(cron, minute);
    return minute < 0 ? -1 : start_s + minute * MINUTE_S;
}

int64_t cron_next_ms(const struct cron *cron, int64_t after_ms)
{
    int64_t from_s = after_ms / 1000 / MINUTE_S * MINUTE_S + MINUTE_S;
    struct tm tm;
    int64_t day, found_s;

    if (after_ms < 0 || from_s > time_max_s)
        return INT64_MAX;
    day = day_of(local_of(from_s, &tm));
    for (unsigned i = 0; i < SEARCH_DAYS_MAX; i++, day++) {
        time_t noon_s = (time_t)(day * DAY_S + DAY_S / 2); /* the local date, read as if of UTC */

        if (!gmtime_r(&noon_s, &tm) || !has_day(cron, &tm))
            continue;
        found_s = search_day(cron, day, from_s);
        if (found_s >= 0)
            return found_s * 1000;
    }
    return INT64_MAX;
}
