/* SPDX-License-Identifier: Apache-2.0 */
#include "schedule.h"

#include <errno.h>
#include <stdlib.h>

#define PREFIX "AMQ_SCHEDULED_"

/* Later than this is as good as never, and sums of such numbers do not overflow. */
static const int64_t delay_ms_max = INT64_C(100) * 366 * 24 * 3600 * 1000;

struct wish {
    struct value delay, period, repeat, cron; /* VALUE_NULL: not given */
    bool has_job_id;                          /* it has been scheduled already */
};

static void note(struct wish *wish, const struct property *property)
{
    struct slice name = property->name;

    if (slice_is(name, "scheduledJobId")) {
        wish->has_job_id = true;
        return;
    }
    if (!slice_starts_with(name, SLICE(PREFIX)))
        return;
    name = slice_after(name, sizeof PREFIX - 1);
    if (slice_is(name, "DELAY"))
        wish->delay = property->value;
    else if (slice_is(name, "PERIOD"))
        wish->period = property->value;
    else if (slice_is(name, "REPEAT"))
        wish->repeat = property->value;
    else if (slice_is(name, "CRON"))
        wish->cron = property->value;
}

/* True: it is to be scheduled. */
static bool find_wish(const struct message *message, struct wish *wish)
{
    struct property_cursor cursor = {message_part(message, MESSAGE_PROPERTIES)};
    struct property property;

    *wish = (struct wish){.has_job_id = false};
    while (property_next(&cursor, &property))
        note(wish, &property);
    return !wish->has_job_id && (wish->delay.type != VALUE_NULL ||
                                 wish->period.type != VALUE_NULL || wish->cron.type != VALUE_NULL);
}

bool schedule_concerns(const struct message *message)
{
    struct wish wish;

    return message->property_count > 0 && find_wish(message, &wish);
}

static bool is_text(const struct value *value)
{
    return value->type == VALUE_STRING || value->type == VALUE_BIG_STRING;
}

/* As Long.valueOf, which allows a plus. */
static bool text_to_number(struct slice text, int64_t *out)
{
    if (text.len > 1 && text.bytes[0] == '+' && text.bytes[1] != '-')
        text = slice_after(text, 1);
    return slice_to_i64(text, out);
}

bool schedule_read_number(const struct value *value, int64_t *out)
{
    if (is_text(value))
        return text_to_number(value->text, out);
    if (value->type != VALUE_BYTE && value->type != VALUE_SHORT && value->type != VALUE_INT &&
        value->type != VALUE_LONG)
        return false;
    *out = value->integer;
    return true;
}

static int refuse(const char *name, const struct value *value, struct text_error *why)
{
    if (is_text(value))
        text_error_set(why, PREFIX "%s is not a valid number: [%.*s]", name,
                       (int)(value->text.len < 64 ? value->text.len : 64),
                       (const char *)value->text.bytes);
    else
        text_error_set(why, PREFIX "%s should be a long or int value", name);
    return -EINVAL;
}

static int read_time(const char *name, const struct value *value, int64_t *out,
                     struct text_error *why)
{
    int64_t time_ms = 0;

    if (value->type != VALUE_NULL && !schedule_read_number(value, &time_ms))
        return refuse(name, value, why);
    *out = time_ms < 0 ? 0 : time_ms > delay_ms_max ? delay_ms_max : time_ms;
    return 0;
}

static int read_repeat(const struct config *config, const struct value *value, int32_t *out,
                       struct text_error *why)
{
    int64_t repeat = 0;

    if (value->type != VALUE_NULL && !schedule_read_number(value, &repeat))
        return refuse("REPEAT", value, why);
    if (repeat > config->scheduler_repeat_max) {
        text_error_set(why, "The scheduled repeat value is too large");
        return -EINVAL;
    }
    *out = repeat < 0 ? -1 : (int32_t)repeat;
    return 0;
}

static int read_cron(const struct value *value, struct schedule_plan *out, struct text_error *why)
{
    if (value->type == VALUE_NULL)
        return 0;
    if (!is_text(value)) {
        text_error_set(why, PREFIX "CRON should be a string");
        return -EINVAL;
    }
    out->has_cron = true;
    return cron_parse(value->text, &out->cron, why);
}

int schedule_read(const struct config *config, const struct message *message,
                  struct schedule_plan *out, struct text_error *why)
{
    struct schedule_plan plan = {.has_cron = false};
    struct wish wish;

    (void)find_wish(message, &wish);
    if (read_time("DELAY", &wish.delay, &plan.delay_ms, why) != 0 ||
        read_time("PERIOD", &wish.period, &plan.period_ms, why) != 0 ||
        read_repeat(config, &wish.repeat, &plan.repeat, why) != 0 ||
        read_cron(&wish.cron, &plan, why) != 0)
        return -EINVAL;
    *out = plan;
    return 0;
}

static bool is_named(struct slice name, const struct slice *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal(name, names[i]))
            return true;
    return false;
}

struct property *schedule_strip(const struct message *message, const struct slice *names,
                                size_t name_count, size_t room, size_t *count)
{
    struct property_cursor cursor = {message_part(message, MESSAGE_PROPERTIES)};
    struct property *properties =
        calloc((size_t)message->property_count + room + 1, sizeof *properties);
    struct property property;

    *count = 0;
    while (properties && *count < message->property_count && property_next(&cursor, &property))
        if (!is_named(property.name, names, name_count))
            properties[(*count)++] = property;
    return properties;
}
