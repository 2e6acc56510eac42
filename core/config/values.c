/* SPDX-License-Identifier: Apache-2.0 */
#include "values.h"
#include "hint.h"
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct slice value_trim(const char *text)
{
    struct slice s = slice_of_text(text);

    while (s.len > 0 && is_blank(s.bytes[0]))
        s = slice_after(s, 1);
    while (s.len > 0 && is_blank(s.bytes[s.len - 1]))
        s.len--;
    return s;
}

static bool slice_is_word(struct slice s, const char *word) /* in any case */
{
    return s.len == strlen(word) && strncasecmp((const char *)s.bytes, word, s.len) == 0;
}

int value_parse_bool(const char *text, bool *out, struct text_error *error)
{
    struct slice s = value_trim(text);

    if (slice_is_word(s, "true"))
        *out = true;
    else if (slice_is_word(s, "false"))
        *out = false;
    else {
        bool yes = slice_is_word(s, "yes") || slice_is_word(s, "on") || slice_is(s, "1");
        bool no = slice_is_word(s, "no") || slice_is_word(s, "off") || slice_is(s, "0");

        text_error_set(error, "is not true or false%s",
                       yes  ? ": did you mean true?"
                       : no ? ": did you mean false?"
                            : "");
        return -EINVAL;
    }
    return 0;
}

/* Digits with an optional sign, held to the range of 64 bits. */
static bool read_digits(struct slice s, int64_t *out)
{
    char digits[24];
    char *end;

    if (s.len == 0 || s.len >= sizeof digits)
        return false;
    memcpy(digits, s.bytes, s.len);
    digits[s.len] = '\0';
    if (is_blank((uint8_t)digits[0]))
        return false;
    errno = 0;
    *out = strtoll(digits, &end, 10);
    return errno == 0 && end == digits + s.len;
}

int value_parse_integer(const char *text, int64_t min, int64_t max, int64_t *out,
                        struct text_error *error)
{
    struct slice s = value_trim(text);
    int64_t value;

    if (!read_digits(s, &value)) {
        bool has_unit = s.len > 1 && isdigit(s.bytes[0]) && isalpha(s.bytes[s.len - 1]);

        text_error_set(error, "is not a whole number%s",
                       has_unit ? ": times are plain milliseconds and counts have no unit" : "");
        return -EINVAL;
    }
    if (value < min || value > max) {
        if (max == INT64_MAX)
            text_error_set(error, "is too small: the least is %lld", (long long)min);
        else
            text_error_set(error, "is outside %lld to %lld", (long long)min, (long long)max);
        return -EINVAL;
    }
    *out = value;
    return 0;
}

static int unit_shift(struct slice unit)
{
    static const struct {
        const char *name;
        int shift;
    } units[] = {{"", 0},   {"b", 0},   {"k", 10}, {"kb", 10},
                 {"m", 20}, {"mb", 20}, {"g", 30}, {"gb", 30}};

    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (slice_is_word(unit, units[i].name))
            return units[i].shift;
    return -1;
}

static void explain_memory(struct slice s, struct slice unit, struct text_error *error)
{
    const char *usual = "sizes are digits and one of b, k, kb, m, mb, g, gb";

    if (s.len > 0 && s.bytes[0] == '-')
        text_error_set(error, "is negative: %s; 0 means no limit", usual);
    else if (unit.len > 0 && (unit.bytes[0] == '.' || unit.bytes[0] == ','))
        text_error_set(error, "has a fraction: %s; 1.5 gb is 1536 mb", usual);
    else if (unit.len > 0 && unit.bytes[0] == '%')
        text_error_set(error, "is a percentage: use percentOfJvmHeap or percentLimit for that");
    else if (unit.len > 0 && (unit.bytes[0] == 't' || unit.bytes[0] == 'T'))
        text_error_set(error, "is in a unit that ActiveMQ lacks: write 1 tb as 1024 gb");
    else
        text_error_set(error, "is not a size: %s", usual);
}

int value_parse_memory(const char *text, uint64_t *out, struct text_error *error)
{
    struct slice s = value_trim(text), unit = s;
    int64_t number;
    int shift;

    while (unit.len > 0 && isdigit(unit.bytes[0]))
        unit = slice_after(unit, 1);
    number = -1;
    if (unit.len == s.len || !read_digits((struct slice){s.bytes, s.len - unit.len}, &number)) {
        explain_memory(s, unit, error);
        return -EINVAL;
    }
    while (unit.len > 0 && is_blank(unit.bytes[0]))
        unit = slice_after(unit, 1);
    shift = unit_shift(unit);
    if (shift < 0) {
        explain_memory(s, unit, error);
        return -EINVAL;
    }
    if (number > INT64_MAX >> shift) {
        text_error_set(error, "is larger than any store");
        return -EINVAL;
    }
    *out = (uint64_t)number << shift;
    return 0;
}

int value_parse_real(const char *text, double *out, struct text_error *error)
{
    struct slice s = value_trim(text);
    char digits[64];
    char *end;
    double value;

    if (s.len == 0 || s.len >= sizeof digits || isalpha(s.bytes[0])) {
        text_error_set(error, "is not a number");
        return -EINVAL;
    }
    memcpy(digits, s.bytes, s.len);
    digits[s.len] = '\0';
    value = strtod(digits, &end);
    if (end != digits + s.len || !isfinite(value)) {
        text_error_set(error, "is not a number");
        return -EINVAL;
    }
    *out = value;
    return 0;
}

static int parse_word(const struct schema_attribute *row, const char *text, uint32_t *out,
                      struct text_error *error)
{
    struct slice s = value_trim(text);
    char list[160] = "";
    size_t used = 0;

    for (const struct schema_word *w = row->words; w->word; w++) {
        if (slice_is_word(s, w->word)) {
            *out = w->value;
            return 0;
        }
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "",
                                     w->word);
    }
    text_error_set(error, "is not one of %s", list);
    return -EINVAL;
}

int value_parse(const struct schema_attribute *row, const char *text, union value *out,
                struct text_error *error)
{
    switch (row->type) {
    case VALUE_TEXT:
        out->text = text;
        return 0;
    case VALUE_BOOL:
        return value_parse_bool(text, &out->flag, error);
    case VALUE_INTEGER:
        return value_parse_integer(text, row->min, row->max, &out->integer, error);
    case VALUE_MEMORY:
        return value_parse_memory(text, &out->bytes, error);
    case VALUE_REAL:
        return value_parse_real(text, &out->real, error);
    case VALUE_WORD:
        return parse_word(row, text, &out->word, error);
    }
    assert(false); /* a row has a type */
    return -EINVAL;
}

static int64_t as_integer(const struct schema_attribute *row, const union value *value)
{
    switch (row->type) {
    case VALUE_BOOL:
        return value->flag;
    case VALUE_MEMORY:
        return (int64_t)value->bytes;
    case VALUE_WORD:
        return value->word;
    default:
        assert(row->type == VALUE_INTEGER);
        return value->integer;
    }
}

void value_store(const struct schema_attribute *row, void *object, const union value *value)
{
    void *field = (char *)object + row->offset;

    switch (row->store) {
    case STORE_NOWHERE:
        return;
    case STORE_TEXT:
        *(const char **)field = value->text;
        return;
    case STORE_BOOL:
        *(bool *)field = value->flag;
        return;
    case STORE_I32:
        *(int32_t *)field = (int32_t)as_integer(row, value);
        return;
    case STORE_U32:
        *(uint32_t *)field = (uint32_t)as_integer(row, value);
        return;
    case STORE_I64:
        *(int64_t *)field = as_integer(row, value);
        return;
    case STORE_U64:
        *(uint64_t *)field = (uint64_t)as_integer(row, value);
        return;
    case STORE_REAL:
        *(double *)field = value->real;
        return;
    }
    assert(false); /* a row has a store */
}
