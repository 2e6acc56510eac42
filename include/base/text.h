/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H
/*
 * text.h - a growing piece of text or bytes, and the fixed-size text of an error.
 *
 * Threads    belongs to one thread. Ownership: text_fini frees the bytes.
 * Limits     failure to allocate is sticky: later appends do nothing, text_failed() tells once
 *            at the end. The bytes are followed by a NUL that is not counted; they are NULL until
 *            the first append, while text_slice is never absent.
 */
#include "base/compiler.h"
#include "base/slice.h"

struct text {
    char *bytes;
    size_t len, capacity;
    bool failed;
};

void text_init(struct text *text);
void text_fini(struct text *text);
void text_add(struct text *text, struct slice s);
void text_add_char(struct text *text, char c);
void text_add_format(struct text *text, const char *fmt, ...) PRINTF_LIKE(2, 3);
struct slice text_slice(const struct text *text);
bool text_failed(const struct text *text);

/* What went wrong, in words for the operator or the peer. */
struct text_error {
    char text[256];
};
void text_error_set(struct text_error *error, const char *fmt, ...) PRINTF_LIKE(2, 3);
#endif
