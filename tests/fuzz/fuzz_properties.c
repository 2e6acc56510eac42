/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a .properties file: never a crash, a reason for each refusal, the same pairs
 * twice, and the same pairs again from the file that would be written for them.
 */
#include "config/properties.h"
#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct notes {
    struct text pairs;   /* each with both lengths in front */
    struct text written; /* the same as a file, everything unusual escaped */
    int line;
};

static void check(bool truth)
{
    if (!truth)
        abort();
}

/* The first character of well-formed UTF-8; stops the fuzzer at anything else. */
static uint32_t take_character(struct slice *s)
{
    const uint8_t first = s->bytes[0];
    const size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint32_t c = len == 1 ? first : first & (0x7fU >> len);

    check(len == 1 || (first >= 0xc2 && first <= 0xf4));
    check(s->len >= len);
    for (size_t i = 1; i < len; i++) {
        check((s->bytes[i] & 0xc0) == 0x80);
        c = c << 6 | (s->bytes[i] & 0x3fU);
    }
    check(c <= 0x10ffff && (c < 0xd800 || c >= 0xe000));
    *s = slice_after(*s, len);
    return c;
}

static void write_escaped(struct text *out, struct slice s)
{
    while (s.len > 0) {
        const uint32_t c = take_character(&s);

        if (c == 0 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')) /* NUL has no escape */
            text_add_char(out, (char)c);
        else if (c < 0x10000)
            text_add_format(out, "\\u%04x", c);
        else
            text_add_format(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
                            0xdc00 + ((c - 0x10000) & 0x3ff));
    }
}

static void note(void *arg, struct slice key, struct slice value, int line)
{
    struct notes *notes = arg;

    check(line > notes->line);
    notes->line = line;
    text_add_format(&notes->pairs, "%zu %zu ", key.len, value.len);
    text_add(&notes->pairs, key);
    text_add(&notes->pairs, value);
    write_escaped(&notes->written, key);
    text_add_char(&notes->written, '=');
    write_escaped(&notes->written, value);
    text_add_char(&notes->written, '\n');
}

static int parse(struct slice bytes, struct notes *notes)
{
    struct text_error why = {""};
    int rc;

    *notes = (struct notes){.line = 0};
    text_init(&notes->pairs);
    text_init(&notes->written);
    rc = properties_parse(bytes, "file", note, notes, &why);
    check(rc == 0 || rc == -EINVAL);
    check((rc == 0) == (why.text[0] == '\0'));
    check(!text_failed(&notes->pairs) && !text_failed(&notes->written));
    return rc;
}

static void drop(struct notes *notes)
{
    text_fini(&notes->pairs);
    text_fini(&notes->written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct notes first, second, third;

    check(parse(slice_of(data, size), &first) == parse(slice_of(data, size), &second));
    check(slice_equal(text_slice(&first.pairs), text_slice(&second.pairs)));
    check(parse(text_slice(&first.written), &third) == 0);
    check(slice_equal(text_slice(&first.pairs), text_slice(&third.pairs)));
    drop(&first);
    drop(&second);
    drop(&third);
    return 0;
}
