/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H
/*
 * slice.h - bytes that somebody else owns: a pointer and a length, never NUL-terminated.
 *
 * Threads    any. Ownership: none; a slice dies with what it points into.
 * Limits     a slice with bytes == NULL is "absent", which differs from empty.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const uint8_t *bytes;
    size_t len;
};

/* A slice of a string literal, without its NUL. */
#define SLICE(literal) ((struct slice){(const uint8_t *)("" literal), sizeof(literal) - 1})
#define SLICE_ABSENT   ((struct slice){NULL, 0})
/* For printf: "%.*s", SLICE_FMT(s) */
#define SLICE_FMT(s) (int)(s).len, (s).bytes ? (const char *)(s).bytes : ""

static inline struct slice slice_of(const void *bytes, size_t len)
{
    return (struct slice){(const uint8_t *)bytes, len};
}

static inline struct slice slice_of_text(const char *text) /* NULL gives an absent slice */
{
    return (struct slice){(const uint8_t *)text, text ? strlen(text) : 0};
}

static inline bool slice_is_present(struct slice s)
{
    return s.bytes != NULL;
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.bytes, b.bytes, a.len) == 0);
}

static inline bool slice_is(struct slice s, const char *text)
{
    return s.len == strlen(text) && (s.len == 0 || memcmp(s.bytes, text, s.len) == 0);
}

static inline bool slice_starts_with(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len &&
           (prefix.len == 0 || memcmp(s.bytes, prefix.bytes, prefix.len) == 0);
}

static inline struct slice slice_after(struct slice s, size_t count) /* count <= s.len */
{
    return (struct slice){count > 0 ? s.bytes + count : s.bytes, s.len - count};
}

/* Without blanks and control characters at both ends, as Java's String.trim. */
static inline struct slice slice_trim(struct slice s)
{
    while (s.len > 0 && s.bytes[0] <= ' ')
        s = slice_after(s, 1);
    while (s.len > 0 && s.bytes[s.len - 1] <= ' ')
        s.len--;
    return s;
}

/* Keyed by `seed`; same bytes and seed, same hash, in one run of the process. */
uint64_t slice_hash(struct slice s, uint64_t seed);

/* Decimal digits with an optional leading '-'. False and *out untouched on anything else. */
bool slice_to_i64(struct slice s, int64_t *out);
#endif
