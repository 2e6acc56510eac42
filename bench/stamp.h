/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_STAMP_H
#define BENCH_STAMP_H
/*
 * stamp.h - the first 24 bytes of every body: which run, stream and message it is, and when it
 * was due. Written as printable digits of six bits ('0' to 'o'), lowest first, so that a body is
 * text in every version of STOMP; eight digits are put and read in a few instructions.
 *
 * Threads    any. Limits: run and stream 24 bits each, sequence and time 48 bits.
 */
#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { STAMP_BYTES = 24, STAMP_RUN_BYTES = 4 };
#define STAMP_PART_MAX ((UINT32_C(1) << 24) - 1)
#define STAMP_WORD_MAX ((UINT64_C(1) << 48) - 1)

struct stamp {
    uint32_t run, stream;
    uint64_t sequence; /* in its stream, from 0 */
    uint64_t time_ns;  /* since the start of the run */
};

static inline void stamp_put_word(uint8_t *to, uint64_t x)
{
    x = (x & 0xffffff) | (x & 0xffffff000000) << 8;
    x = (x & 0x00000fff00000fff) | (x & 0x00fff00000fff000) << 4;
    x = (x & 0x003f003f003f003f) | (x & 0x0fc00fc00fc00fc0) << 2;
    x = htole64(x + 0x3030303030303030);
    memcpy(to, &x, sizeof x);
}

static inline bool stamp_get_word(const uint8_t *from, uint64_t *out)
{
    uint64_t x;

    memcpy(&x, from, sizeof x);
    x = le64toh(x);
    /* With the high bits set no byte borrows from its neighbour: each shows its own range. */
    if (x & 0x8080808080808080)
        return false;
    x = (x | 0x8080808080808080) - 0x3030303030303030;
    if ((x & 0x8080808080808080) != 0x8080808080808080 || (x & 0x4040404040404040))
        return false;
    x &= 0x3f3f3f3f3f3f3f3f;
    x = (x & 0x003f003f003f003f) | (x & 0x3f003f003f003f00) >> 2;
    x = (x & 0x00000fff00000fff) | (x & 0x0fff00000fff0000) >> 4;
    x = (x & 0xffffff) | (x & 0x00ffffff00000000) >> 8;
    *out = x;
    return true;
}

static inline void stamp_put(uint8_t *to, const struct stamp *stamp)
{
    stamp_put_word(to, (uint64_t)stamp->run | (uint64_t)stamp->stream << 24);
    stamp_put_word(to + 8, stamp->sequence);
    stamp_put_word(to + 16, stamp->time_ns);
}

/* False when these are not the digits of a stamp; `from` has STAMP_BYTES. */
static inline bool stamp_get(const uint8_t *from, struct stamp *stamp)
{
    uint64_t parts, sequence, time_ns;

    if (!stamp_get_word(from, &parts) || !stamp_get_word(from + 8, &sequence) ||
        !stamp_get_word(from + 16, &time_ns))
        return false;
    stamp->run = (uint32_t)(parts & STAMP_PART_MAX);
    stamp->stream = (uint32_t)(parts >> 24);
    stamp->sequence = sequence;
    stamp->time_ns = time_ns;
    return true;
}
#endif
