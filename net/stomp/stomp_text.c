/* SPDX-License-Identifier: Apache-2.0 */
#include "stomp_text.h"

#define EACH_BYTE(c) (UINT64_C(0x0101010101010101) * (c))

/* Whether one of eight bytes may need an escape; answers yes too often for bytes below 0x0e. */
static bool may_need_escape(uint64_t word)
{
    const uint64_t high = EACH_BYTE(0x80);
    const uint64_t colon = word ^ EACH_BYTE(':');
    const uint64_t backslash = word ^ EACH_BYTE('\\');
    const uint64_t small = (word - EACH_BYTE(0x0e)) & ~word;

    return (((colon - EACH_BYTE(1)) & ~colon) | ((backslash - EACH_BYTE(1)) & ~backslash) | small) &
           high;
}

static inline uint8_t *put_escaped_byte(uint8_t *at, uint8_t c, enum stomp_version version)
{
    char letter = 0;

    switch (c) {
    case '\0':
        return at;
    case '\n':
        letter = 'n';
        break;
    case '\r':
        letter = version == STOMP_1_2 ? 'r' : 0;
        break;
    case ':':
        letter = version != STOMP_1_0 ? 'c' : 0;
        break;
    case '\\':
        letter = version != STOMP_1_0 ? '\\' : 0;
        break;
    default:
        break;
    }
    if (letter == 0) {
        *at++ = c;
        return at;
    }
    *at++ = '\\';
    *at++ = (uint8_t)letter;
    return at;
}

uint8_t *put_escaped(uint8_t *at, struct slice s, enum stomp_version version)
{
    size_t i = 0;

    while (s.len - i >= 8) {
        uint64_t word;

        memcpy(&word, s.bytes + i, sizeof word);
        if (!may_need_escape(word)) {
            memcpy(at, &word, sizeof word);
            at += sizeof word;
            i += sizeof word;
            continue;
        }
        for (size_t end = i + 8; i < end; i++)
            at = put_escaped_byte(at, s.bytes[i], version);
    }
    for (; i < s.len; i++)
        at = put_escaped_byte(at, s.bytes[i], version);
    return at;
}

uint8_t *put_decimal(uint8_t *at, int64_t number)
{
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    uint8_t digits[20];
    size_t len = 0;

    do {
        digits[sizeof digits - ++len] = (uint8_t)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        *at++ = '-';
    return put_bytes(at, digits + sizeof digits - len, len);
}

uint8_t *put_value(uint8_t *at, const struct value *value, enum stomp_version version)
{
    char text[VALUE_TEXT_MAX];

    switch (value->type) {
    case VALUE_BOOL:
        return value->boolean ? PUT(at, "true") : PUT(at, "false");
    case VALUE_CHAR: /* may be one that needs an escape */
        return put_escaped(at, slice_of(text, value_write(value, text)), version);
    case VALUE_BYTE:
    case VALUE_SHORT:
    case VALUE_INT:
    case VALUE_LONG:
        return put_decimal(at, value->integer);
    case VALUE_DOUBLE:
    case VALUE_FLOAT:
        return put_bytes(at, text, value_write(value, text));
    case VALUE_STRING:
    case VALUE_BIG_STRING:
        return put_escaped(at, value->text, version);
    case VALUE_NULL:
        return PUT(at, "null");
    case VALUE_BYTES:
    case VALUE_MAP:
    case VALUE_LIST:
        break; /* nothing a text could say */
    }
    return at;
}
