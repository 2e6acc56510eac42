/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slice.h"

__extension__ typedef unsigned __int128 product;

/* The full product of two words, folded: every bit of either changes half of the result. */
static inline uint64_t mix(uint64_t a, uint64_t b)
{
    product p = (product)a * b;

    return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static inline uint64_t load_8(const uint8_t *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return word;
}

static inline uint64_t load_4(const uint8_t *at)
{
    uint32_t word;

    memcpy(&word, at, sizeof word);
    return word;
}

/*
 * Names come from peers. Each word meets a secret made from the seed before it is multiplied, so
 * that nobody can choose a factor of zero, or collisions, without knowing the seed.
 */
uint64_t slice_hash(struct slice s, uint64_t seed)
{
    const uint64_t secret = mix(seed ^ UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xd6e8feb86659fd93));
    uint64_t hash = seed ^ secret >> 1;
    const uint8_t *at = s.bytes;
    size_t left = s.len;
    uint64_t a = 0;
    uint64_t b = 0;

    for (; left > 16; left -= 16, at += 16)
        hash = mix(load_8(at) ^ secret, load_8(at + 8) ^ hash);
    if (left >= 8) { /* the two words overlap unless `left` is 16 */
        a = load_8(at);
        b = load_8(at + left - 8);
    } else if (left >= 4) {
        a = load_4(at);
        b = load_4(at + left - 4);
    } else if (left > 0) {
        a = (uint64_t)at[0] << 16 | (uint64_t)at[left / 2] << 8 | at[left - 1];
    }
    return mix(mix(a ^ secret, b ^ hash) ^ s.len, secret | 1);
}

bool slice_to_i64(struct slice s, int64_t *out)
{
    const bool is_negative = s.len > 0 && s.bytes[0] == '-';
    size_t i = is_negative ? 1 : 0;
    int64_t value = 0;

    if (i == s.len)
        return false;
    for (; i < s.len; i++) {
        int digit = s.bytes[i] - '0';

        if (digit < 0 || digit > 9)
            return false;
        /* Counted downwards, because the smallest number has no positive twin. */
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value))
            return false;
    }
    if (!is_negative && value == INT64_MIN)
        return false;
    *out = is_negative ? value : -value;
    return true;
}
