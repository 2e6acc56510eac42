/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPENWIRE_ASCII_H
#define OPENWIRE_ASCII_H
/*
 * openwire_ascii.h - bytes that stand for the same characters in ASCII, UTF-8 and modified UTF-8:
 * 0x01..0x7f, a word at a time.
 *
 * Threads    any.
 */
#include "base/slice.h"

/* Nonzero when one of the word's bytes is 0 or above 0x7f. */
static inline uint64_t ascii_strangers(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;

    return (word | (word - ones)) & tops;
}

static inline bool text_is_ascii(struct slice text)
{
    const uint8_t *at = text.bytes;
    size_t left = text.len;
    uint64_t strangers = 0, word = 0;

    for (; left >= sizeof word; left -= sizeof word, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        strangers |= ascii_strangers(word);
    }
    for (; left > 0; left--, at++)
        strangers |= (uint64_t)((uint8_t)(*at - 1) > 0x7e);
    return strangers == 0;
}
#endif
