/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selector_value.c - values as Java would treat them where a user can see it: longs wrap,
 * division is floating, a float meets a whole number as a float, a string meets a number only
 * when conversion is asked for.
 */
#include "selector_value.h"
#include "selector_utf8.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const struct value unknown = {.type = VALUE_NULL};

struct value value_of_bool(bool truth)
{
    return (struct value){.type = VALUE_BOOL, .boolean = truth};
}

struct value value_not(struct value condition)
{
    if (condition.type != VALUE_BOOL)
        return unknown;
    return value_of_bool(!condition.boolean);
}

bool value_is_text(const struct value *value)
{
    return value->type == VALUE_STRING || value->type == VALUE_BIG_STRING;
}

static bool is_whole(const struct value *value)
{
    return value->type == VALUE_BYTE || value->type == VALUE_SHORT || value->type == VALUE_INT ||
           value->type == VALUE_LONG;
}

static bool is_real(const struct value *value)
{
    return value->type == VALUE_FLOAT || value->type == VALUE_DOUBLE;
}

static bool is_number(const struct value *value)
{
    return is_whole(value) || is_real(value);
}

static double to_double(const struct value *value)
{
    return is_real(value) ? value->real : (double)value->integer;
}

int selector_text_order(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return a.len > 0 ? memcmp(a.bytes, b.bytes, a.len) : 0;
}

bool selector_text_is(struct slice text, const char *word)
{
    return text.len == strlen(word) &&
           (text.len == 0 || strncasecmp((const char *)text.bytes, word, text.len) == 0);
}

static bool text_to_long(struct slice text, int64_t *out)
{
    if (text.len > 1 && text.bytes[0] == '+' && text.bytes[1] != '-')
        text = slice_after(text, 1);
    return slice_to_i64(text, out);
}

bool selector_text_to_double(struct slice text, double *out)
{
    char copy[64], *end;

    while (text.len > 0 && text.bytes[0] <= ' ')
        text = slice_after(text, 1);
    while (text.len > 0 && text.bytes[text.len - 1] <= ' ')
        text.len--;
    if (text.len == 0 || text.len >= sizeof copy)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!memchr("0123456789.eE+-", text.bytes[i], 15))
            return false;
        copy[i] = (char)text.bytes[i];
    }
    copy[text.len] = '\0';
    *out = strtod(copy, &end);
    return *end == '\0';
}

static bool holds(enum selector_code code, int order)
{
    switch (code) {
    case CODE_EQUAL:
        return order == 0;
    case CODE_NOT_EQUAL:
        return order != 0;
    case CODE_LESS:
        return order < 0;
    case CODE_LESS_EQUAL:
        return order <= 0;
    case CODE_GREATER:
        return order > 0;
    default:
        return order >= 0;
    }
}

static struct value compare_numbers(enum selector_code code, const struct value *left,
                                    const struct value *right)
{
    double a, b;

    if (is_whole(left) && is_whole(right))
        return value_of_bool(
            holds(code, (left->integer > right->integer) - (left->integer < right->integer)));
    a = to_double(left);
    b = to_double(right);
    if (left->type == VALUE_FLOAT && is_whole(right))
        b = (double)(float)b;
    if (right->type == VALUE_FLOAT && is_whole(left))
        a = (double)(float)a;
    if (isnan(a) || isnan(b))
        return value_of_bool(code == CODE_NOT_EQUAL);
    return value_of_bool(holds(code, (a > b) - (a < b)));
}

static int text_order(struct slice a, struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.bytes, b.bytes, len) : 0;

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* The text as a value of the type that `like` has; false when it is none. */
static bool convert(const struct value *text, const struct value *like, struct value *out)
{
    out->type = like->type;
    if (is_whole(like)) {
        out->type = VALUE_LONG;
        return text_to_long(text->text, &out->integer);
    }
    if (is_real(like)) {
        if (!selector_text_to_double(text->text, &out->real))
            return false;
        if (like->type == VALUE_FLOAT)
            out->real = (double)(float)out->real;
        return true;
    }
    out->boolean = selector_text_is(text->text, "true");
    return like->type == VALUE_BOOL;
}

static struct value compare_alike(enum selector_code code, const struct value *left,
                                  const struct value *right)
{
    if (is_number(left) && is_number(right))
        return compare_numbers(code, left, right);
    if (value_is_text(left) && value_is_text(right)) {
        if (code == CODE_EQUAL)
            return value_of_bool(slice_equal(left->text, right->text));
        return value_of_bool(holds(code, text_order(left->text, right->text)));
    }
    if (left->type == VALUE_BOOL && right->type == VALUE_BOOL)
        return value_of_bool(holds(code, left->boolean - right->boolean));
    if (left->type == VALUE_CHAR && right->type == VALUE_CHAR)
        return value_of_bool(
            holds(code, (left->integer > right->integer) - (left->integer < right->integer)));
    return value_of_bool(code == CODE_NOT_EQUAL);
}

static bool says_boolean(struct slice text)
{
    return selector_text_is(text, "true") || selector_text_is(text, "false");
}

struct value value_compare(enum selector_code code, const struct value *left,
                           const struct value *right, bool convert_strings)
{
    struct value converted;

    if (left->type == VALUE_NULL || right->type == VALUE_NULL)
        return unknown;
    if (convert_strings && value_is_text(left) && convert(left, right, &converted))
        return compare_alike(code, &converted, right);
    /* A text on the right meets a boolean only if it is one: selector_equality relies on it. */
    if (convert_strings && value_is_text(right) &&
        (left->type != VALUE_BOOL || says_boolean(right->text)) && convert(right, left, &converted))
        return compare_alike(code, left, &converted);
    return compare_alike(code, left, right);
}

static struct value of_long(uint64_t bits)
{
    return (struct value){.type = VALUE_LONG, .integer = (int64_t)bits};
}

static struct value of_double(double real)
{
    return (struct value){.type = VALUE_DOUBLE, .real = real};
}

struct value value_calculate(enum selector_code code, const struct value *left,
                             const struct value *right)
{
    bool whole = is_whole(left) && is_whole(right);
    uint64_t a, b; /* unsigned, so that overflow wraps */

    if (!is_number(left) || !is_number(right))
        return unknown;
    if (code == CODE_DIVIDE)
        return of_double(to_double(left) / to_double(right));
    if (code == CODE_REMAINDER)
        return of_double(fmod(to_double(left), to_double(right)));
    if (whole) {
        a = (uint64_t)left->integer;
        b = (uint64_t)right->integer;
        return of_long(code == CODE_ADD ? a + b : code == CODE_SUBTRACT ? a - b : a * b);
    }
    if (code == CODE_ADD)
        return of_double(to_double(left) + to_double(right));
    if (code == CODE_SUBTRACT)
        return of_double(to_double(left) - to_double(right));
    return of_double(to_double(left) * to_double(right));
}

struct value value_negate(const struct value *value)
{
    if (is_whole(value))
        return of_long(-(uint64_t)value->integer);
    if (is_real(value))
        return (struct value){.type = value->type, .real = -value->real};
    return unknown;
}

bool value_same(const struct value *a, const struct value *b)
{
    if (a->type == VALUE_NULL || b->type == VALUE_NULL)
        return false;
    return compare_alike(CODE_EQUAL, a, b).boolean;
}

/* One element of a LIKE pattern. */
struct like_element {
    bool any_row, any_one;
    uint32_t character;
};

static const uint8_t *take_element(const uint8_t *at, const uint8_t *end, uint32_t escape,
                                   struct like_element *out)
{
    uint32_t following;

    at += utf8_take(at, end, &out->character);
    if (out->character == escape && at < end) {
        size_t len = utf8_take(at, end, &following);

        if (following == '_' || following == '%' || following == escape) {
            *out = (struct like_element){.character = following};
            return at + len;
        }
    }
    out->any_row = out->character == '%';
    out->any_one = out->character == '_';
    return at;
}

/* After a failure only the last '%' needs to take more: earlier ones would gain nothing. */
struct value value_like(struct slice text, struct slice pattern, uint32_t escape, uint32_t *work)
{
    const uint8_t *at = text.bytes, *end = at + text.len;
    const uint8_t *wanted = pattern.bytes, *wanted_end = wanted + pattern.len;
    const uint8_t *row = NULL, *row_at = NULL;

    while (at < end || wanted < wanted_end) {
        struct like_element element = {0};
        const uint8_t *after = wanted;
        uint32_t c = 0;
        size_t len = at < end ? utf8_take(at, end, &c) : 0;

        if (*work == 0)
            return unknown;
        (*work)--;
        if (wanted < wanted_end)
            after = take_element(wanted, wanted_end, escape, &element);
        if (element.any_row) {
            row = wanted = after;
            row_at = at;
        } else if (len > 0 && after != wanted && (element.any_one || element.character == c)) {
            at += len;
            wanted = after;
        } else if (row && row_at < end) {
            row_at += utf8_take(row_at, end, &c);
            at = row_at;
            wanted = row;
        } else {
            return value_of_bool(false);
        }
    }
    return value_of_bool(true);
}
