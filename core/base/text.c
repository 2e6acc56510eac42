/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { CAPACITY_FIRST = 64 };

void text_init(struct text *text)
{
    *text = (struct text){NULL, 0, 0, false};
}

void text_fini(struct text *text)
{
    free(text->bytes);
    text_init(text);
}

/* Room for `more` bytes and the NUL. */
static bool make_room(struct text *text, size_t more)
{
    size_t capacity = text->capacity > 0 ? text->capacity : CAPACITY_FIRST;
    size_t needed;
    char *bytes;

    if (text->failed)
        return false;
    if (__builtin_add_overflow(text->len, more, &needed) || needed > SIZE_MAX / 2 - 1) {
        text->failed = true;
        return false;
    }
    needed++;
    if (needed <= text->capacity)
        return true;
    while (capacity < needed)
        capacity *= 2;
    bytes = realloc(text->bytes, capacity);
    if (!bytes) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void text_add(struct text *text, struct slice s)
{
    if (!make_room(text, s.len))
        return;
    if (s.len > 0)
        memcpy(text->bytes + text->len, s.bytes, s.len);
    text->len += s.len;
    text->bytes[text->len] = '\0';
}

void text_add_char(struct text *text, char c)
{
    if (!make_room(text, 1))
        return;
    text->bytes[text->len++] = c;
    text->bytes[text->len] = '\0';
}

void text_add_format(struct text *text, const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (len < 0) {
        text->failed = true;
        return;
    }
    if (!make_room(text, (size_t)len))
        return;
    va_start(args, fmt);
    len = vsnprintf(text->bytes + text->len, text->capacity - text->len, fmt, args);
    va_end(args);
    text->len += (size_t)len;
}

struct slice text_slice(const struct text *text)
{
    return slice_of(text->bytes ? text->bytes : "", text->len);
}

bool text_failed(const struct text *text)
{
    return text->failed;
}

void text_error_set(struct text_error *error, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(error->text, sizeof error->text, fmt, args); /* cut when too long */
    va_end(args);
}
