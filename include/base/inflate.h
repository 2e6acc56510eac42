/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_INFLATE_H
#define BASE_INFLATE_H
/*
 * inflate.h - bodies that were compressed (zlib streams, RFC 1950), made readable with a limit: a
 * few bytes may claim to be a thousand times as many.
 *
 * Threads    any, `out` being the caller's.
 * Ownership  what comes out is appended to `out`; after an error `out` is as it was.
 * Limits     memory grows with what comes out, never with what was promised.
 */
#include "base/compiler.h"
#include "base/slice.h"
#include "base/text.h"

/* All of a stream. What stands behind its end is ignored, as Java's InflaterInputStream does.
 * -EBADMSG: damaged or cut short; -EFBIG: more than `len_max` bytes; -ENOMEM. */
int inflate_all(struct slice packed, size_t len_max, struct text *out) MUST_CHECK;
/* The first `len` bytes of what a stream says; what comes after them is not looked at.
 * -EBADMSG: damaged before that, or not so long; -ENOMEM. */
int inflate_first(struct slice packed, size_t len, struct text *out) MUST_CHECK;
#endif
