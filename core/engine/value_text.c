/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/value_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The fewest digits that give the same number back. */
static void shortest(double real, bool is_float, char *out, size_t out_len)
{
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(out, out_len, "%.*e", digits - 1, real);
        if (is_float ? strtof(out, NULL) == (float)real : strtod(out, NULL) == real)
            return;
    }
}

/* As Double.toString: 0.001 and above below 10^7 with a point, all else as 1.0E10. */
static size_t write_real(double real, bool is_float, char out[VALUE_TEXT_MAX])
{
    char e_form[40], digits[24];
    size_t digit_count = 0;
    int exponent;

    if (isnan(real))
        return (size_t)snprintf(out, VALUE_TEXT_MAX, "NaN");
    if (isinf(real))
        return (size_t)snprintf(out, VALUE_TEXT_MAX, real < 0 ? "-Infinity" : "Infinity");
    if (real == 0)
        return (size_t)snprintf(out, VALUE_TEXT_MAX, signbit(real) ? "-0.0" : "0.0");
    shortest(fabs(real), is_float, e_form, sizeof e_form);
    for (const char *at = e_form; *at != 'e'; at++) {
        if (*at != '.')
            digits[digit_count++] = *at;
    }
    digits[digit_count] = '\0';
    exponent = (int)strtol(strchr(e_form, 'e') + 1, NULL, 10);
    if (exponent < -3 || exponent >= 7)
        return (size_t)snprintf(out, VALUE_TEXT_MAX, "%s%c.%sE%d", real < 0 ? "-" : "", digits[0],
                                digit_count > 1 ? digits + 1 : "0", exponent);
    return (size_t)snprintf(out, VALUE_TEXT_MAX, "%.*f",
                            (int)digit_count - 1 > exponent ? (int)digit_count - 1 - exponent : 1,
                            real);
}

static size_t write_char(uint32_t c, char out[VALUE_TEXT_MAX])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    out[0] = (char)(0xe0 | c >> 12);
    out[1] = (char)(0x80 | (c >> 6 & 0x3f));
    out[2] = (char)(0x80 | (c & 0x3f));
    return 3;
}

size_t value_write(const struct value *value, char out[VALUE_TEXT_MAX])
{
    switch (value->type) {
    case VALUE_FLOAT:
    case VALUE_DOUBLE:
        return write_real(value->real, value->type == VALUE_FLOAT, out);
    case VALUE_BYTE:
    case VALUE_SHORT:
    case VALUE_INT:
    case VALUE_LONG:
        return (size_t)snprintf(out, VALUE_TEXT_MAX, "%lld", (long long)value->integer);
    case VALUE_BOOL:
        return (size_t)snprintf(out, VALUE_TEXT_MAX, value->boolean ? "true" : "false");
    case VALUE_CHAR:
        return write_char((uint32_t)value->integer & 0xffff, out);
    case VALUE_NULL:
    case VALUE_STRING:
    case VALUE_BIG_STRING:
    case VALUE_BYTES:
    case VALUE_MAP:
    case VALUE_LIST:
        break;
    }
    return 0;
}
