/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JMS_ASCII_H
#define JMS_ASCII_H
/*
 * ascii.h - bytes that stand for the same characters in ASCII, UTF-8 and modified UTF-8:
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

/* Nonzero when one of up to seven bytes is. */
static inline uint64_t ascii_strangers_of_few(const uint8_t *at, size_t len)
{
    uint32_t first, last;

    if (len >= sizeof first) { /* both halves, which may overlap */
        memcpy(&first, at, sizeof first);
        memcpy(&last, at + len - sizeof last, sizeof last);
        return ascii_strangers((uint64_t)first << 32 | last);
    }
    if (len == 0)
        return 0;
    first = (uint32_t)at[0] << 16 | (uint32_t)at[len / 2] << 8 | at[len - 1];
    return ascii_strangers(UINT64_C(0x0101010101) << 24 | first);
}

typedef int8_t ascii_block __attribute__((vector_size(16)));

/* Nonzero when one of many bytes is: as signed numbers they are not above 0. */
static inline uint64_t ascii_strangers_of_many(const uint8_t **at, size_t *left)
{
    ascii_block found = {0}, block;
    uint64_t words[sizeof found / sizeof(uint64_t)];

    for (; *left >= sizeof block; *left -= sizeof block, *at += sizeof block) {
        memcpy(&block, *at, sizeof block);
        found |= block <= 0;
    }
    memcpy(words, &found, sizeof words);
    return words[0] | words[1];
}

static inline bool text_is_ascii(struct slice text)
{
    const uint8_t *at = text.bytes;
    size_t left = text.len;
    uint64_t strangers = 0, word;

    if (left < sizeof word)
        return ascii_strangers_of_few(at, left) == 0;
    if (left >= 4 * sizeof(ascii_block))
        strangers = ascii_strangers_of_many(&at, &left);
    for (; left > sizeof word; left -= sizeof word, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        strangers |= ascii_strangers(word);
    }
    memcpy(&word, text.bytes + text.len - sizeof word, sizeof word);
    return (strangers | ascii_strangers(word)) == 0;
}
#endif
