/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_SELECTOR_UTF8_H
#define ENGINE_SELECTOR_UTF8_H
/*
 * selector_utf8.h - one character off a text. A byte that is not UTF-8 counts as a character of
 * its own, unlike any other, so that damaged text still has a defined meaning.
 *
 * Threads    the engine's own (shard.h).
 */
#include <stddef.h>
#include <stdint.h>

enum { UTF8_DAMAGED = 0x110000 };

/* Bytes of the character at `at`; there is at least one byte before `end`. */
static inline size_t utf8_take(const uint8_t *at, const uint8_t *end, uint32_t *out)
{
    uint32_t c = *at, least;
    size_t len;

    *out = c;
    if (c < 0x80)
        return 1;
    len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    least = len == 4 ? 0x10000 : len == 3 ? 0x800 : 0x80;
    *out = UTF8_DAMAGED + c;
    if (c < 0xc0 || c > 0xf4 || (size_t)(end - at) < len)
        return 1;
    c &= 0x7fu >> len;
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 1;
        c = c << 6 | (at[i] & 0x3f);
    }
    if (c < least || c > 0x10ffff)
        return 1;
    *out = c;
    return len;
}
#endif
