/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STOMP_TEXT_H
#define STOMP_TEXT_H
/*
 * stomp_text.h - writes pieces of frames into room that the caller has measured.
 *
 * Threads    pure, any thread. Each function writes at `at` and returns where it stopped.
 * Limits     put_escaped writes at most twice the bytes it is given, put_decimal 20, put_value
 *            twice the encoded value plus VALUE_TEXT_MAX.
 */
#include "engine/value_text.h"
#include "stomp_parser.h"

static inline uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t len)
{
    if (len > 0)
        memcpy(at, bytes, len);
    return at + len;
}

static inline uint8_t *put_slice(uint8_t *at, struct slice s)
{
    return put_bytes(at, s.bytes, s.len);
}

#define PUT(at, literal) put_bytes(at, literal, sizeof(literal) - 1)

/* A header value in the escapes of that version. STOMP 1.0 has none; a line end is written as \n
 * there too, and NUL is left out everywhere, so that no value can begin a frame of its own. */
uint8_t *put_escaped(uint8_t *at, struct slice s, enum stomp_version version);
uint8_t *put_decimal(uint8_t *at, int64_t number);
/* As Java's string conversion writes it. */
uint8_t *put_value(uint8_t *at, const struct value *value, enum stomp_version version);
#endif
