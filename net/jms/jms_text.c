/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/message.h"
#include "jms/ascii.h"
#include "jms/text.h"

enum { DEPTH_MAX = 32, PROPERTIES_MAX = UINT16_MAX };

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

static bool continues(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Bytes of the character at `at` when both forms have the same for it, else 0: all of U+0001 to
 * U+FFFF but the surrogates. */
static size_t common_len(const uint8_t *at, size_t left)
{
    const uint8_t first = at[0];

    if (first - 1 < 0x7f)
        return first != 0;
    if (first >= 0xc2 && first <= 0xdf)
        return left >= 2 && continues(at[1]) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef && left >= 3 && continues(at[1]) && continues(at[2]) &&
        (first != 0xe0 || at[1] >= 0xa0) && (first != 0xed || at[1] < 0xa0))
        return 3;
    return 0;
}

static bool is_modified_nul(const uint8_t *at, size_t left)
{
    return left >= 2 && at[0] == 0xc0 && at[1] == 0x80;
}

/* Half of a character beyond U+FFFF, or 0. */
static unsigned surrogate_at(const uint8_t *at, size_t left)
{
    if (left < 3 || at[0] != 0xed || at[1] < 0xa0 || at[1] > 0xbf || !continues(at[2]))
        return 0;
    return 0xd000u | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
}

static size_t common_run(struct slice text)
{
    size_t i = 0;
    size_t len;

    while (i < text.len && (len = common_len(text.bytes + i, text.len - i)) > 0)
        i += len;
    return i;
}

bool text_is_the_same(struct slice text)
{
    return text_is_ascii(text) || common_run(text) == text.len;
}

bool modified_is_valid(struct slice text)
{
    for (;;) {
        text = slice_after(text, common_run(text));
        if (text.len == 0)
            return true;
        if (is_modified_nul(text.bytes, text.len))
            text = slice_after(text, 2);
        else if (surrogate_at(text.bytes, text.len))
            text = slice_after(text, 3);
        else
            return false;
    }
}

static void add_replacement(struct text *out)
{
    text_add(out, slice_of(replacement, sizeof replacement - 1));
}

static void add_three_bytes(struct text *out, unsigned unit)
{
    const uint8_t bytes[] = {(uint8_t)(0xe0 | unit >> 12), (uint8_t)(0x80 | (unit >> 6 & 0x3f)),
                             (uint8_t)(0x80 | (unit & 0x3f))};

    text_add(out, slice_of(bytes, sizeof bytes));
}

/* Returns how many bytes of `text`, which do not begin with a common character, it has written. */
static size_t add_as_utf8(struct slice text, struct text *out)
{
    unsigned high, low, code;

    if (is_modified_nul(text.bytes, text.len)) {
        text_add_char(out, '\0');
        return 2;
    }
    high = surrogate_at(text.bytes, text.len);
    low = high && text.len >= 6 ? surrogate_at(text.bytes + 3, text.len - 3) : 0;
    if (high < 0xdc00 && low >= 0xdc00) {
        code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        text_add_char(out, (char)(0xf0 | code >> 18));
        text_add_char(out, (char)(0x80 | (code >> 12 & 0x3f)));
        text_add_char(out, (char)(0x80 | (code >> 6 & 0x3f)));
        text_add_char(out, (char)(0x80 | (code & 0x3f)));
        return 6;
    }
    add_replacement(out);
    return high ? 3 : 1;
}

/* Likewise. */
static size_t add_as_modified(struct slice text, struct text *out)
{
    const uint8_t *at = text.bytes;
    unsigned code;

    if (at[0] == 0) {
        text_add(out, SLICE("\xc0\x80"));
        return 1;
    }
    if (text.len >= 4 && at[0] >= 0xf0 && at[0] <= 0xf4 && continues(at[1]) && continues(at[2]) &&
        continues(at[3])) {
        code = (at[0] & 7u) << 18 | (at[1] & 0x3fu) << 12 | (at[2] & 0x3fu) << 6 | (at[3] & 0x3fu);
        if (code >= 0x10000 && code <= 0x10ffff) {
            add_three_bytes(out, 0xd800 + ((code - 0x10000) >> 10));
            add_three_bytes(out, 0xdc00 + ((code - 0x10000) & 0x3ff));
            return 4;
        }
    }
    add_replacement(out);
    return 1;
}

static void add_converted(struct slice text, struct text *out,
                          size_t (*add_other)(struct slice, struct text *))
{
    while (text.len > 0) {
        size_t run = common_run(text);

        text_add(out, slice_of(text.bytes, run));
        text = slice_after(text, run);
        if (text.len > 0)
            text = slice_after(text, add_other(text, out));
    }
}

struct slice utf8_of_modified(struct slice modified, struct text *scratch)
{
    if (LIKELY(text_is_the_same(modified)))
        return modified;
    scratch->len = 0;
    add_converted(modified, scratch, add_as_utf8);
    return text_slice(scratch);
}

struct slice modified_of_utf8(struct slice utf8, struct text *scratch)
{
    if (LIKELY(text_is_the_same(utf8)))
        return utf8;
    scratch->len = 0;
    add_converted(utf8, scratch, add_as_modified);
    return text_slice(scratch);
}

/*
 * Primitive maps. The wire has {count, entries}; the engine keeps the entries, with a length in
 * front of nested maps and lists, so that it can pass over them.
 */
struct map_entry {
    struct slice name;
    struct slice value; /* all of it but the tag */
    struct slice text;  /* of a text, without its length; else absent */
    uint8_t tag;        /* enum value_type */
};

static bool take(struct slice *rest, size_t len, struct slice *out)
{
    if (rest->len < len)
        return false;
    *out = slice_of(rest->bytes, len);
    *rest = slice_after(*rest, len);
    return true;
}

static bool take_number(struct slice *rest, size_t len, uint32_t *out)
{
    struct slice bytes;

    if (!take(rest, len, &bytes))
        return false;
    *out = 0;
    for (size_t i = 0; i < len; i++)
        *out = *out << 8 | bytes.bytes[i];
    return true;
}

/* A length in front, and so many bytes. A negative one is beyond any. */
static bool take_counted(struct slice *rest, size_t len_bytes, struct slice *out)
{
    uint32_t len;

    return take_number(rest, len_bytes, &len) && take(rest, len, out);
}

static bool skip_value(struct slice *rest, unsigned tag, unsigned depth);

/* Of a map, or of a list, whose elements have no names. */
static bool skip_elements(struct slice *rest, bool have_names, unsigned depth)
{
    struct slice name;
    uint32_t count, tag;

    if (depth == DEPTH_MAX || !take_number(rest, 4, &count))
        return false;
    if (count > INT32_MAX) /* null, in Java */
        return true;
    for (; count > 0; count--)
        if ((have_names && !take_counted(rest, 2, &name)) || !take_number(rest, 1, &tag) ||
            !skip_value(rest, tag, depth + 1))
            return false;
    return true;
}

static bool skip_value(struct slice *rest, unsigned tag, unsigned depth)
{
    static const uint8_t lens[] = {
        [VALUE_NULL] = 0, [VALUE_BOOL] = 1,   [VALUE_BYTE] = 1,
        [VALUE_CHAR] = 2, [VALUE_SHORT] = 2,  [VALUE_INT] = 4,
        [VALUE_LONG] = 8, [VALUE_DOUBLE] = 8, [VALUE_FLOAT] = 4,
    };
    struct slice skipped;

    switch (tag) {
    case VALUE_STRING:
        return take_counted(rest, 2, &skipped);
    case VALUE_BYTES:
    case VALUE_BIG_STRING:
        return take_counted(rest, 4, &skipped);
    case VALUE_MAP:
    case VALUE_LIST:
        return skip_elements(rest, tag == VALUE_MAP, depth);
    default:
        return tag < ARRAY_LEN(lens) && take(rest, lens[tag], &skipped);
    }
}

static bool next_entry(struct slice *rest, struct map_entry *out)
{
    const uint8_t *value;
    uint32_t tag;

    if (!take_counted(rest, 2, &out->name) || !take_number(rest, 1, &tag))
        return false;
    value = rest->bytes;
    if (!skip_value(rest, tag, 1))
        return false;
    out->tag = (uint8_t)tag;
    out->value = slice_of(value, (size_t)(rest->bytes - value));
    out->text = tag == VALUE_STRING       ? slice_after(out->value, 2)
                : tag == VALUE_BIG_STRING ? slice_after(out->value, 4)
                                          : SLICE_ABSENT;
    return true;
}

static bool is_nested(unsigned tag)
{
    return tag == VALUE_MAP || tag == VALUE_LIST;
}

static void add_number(struct text *out, size_t len, size_t number)
{
    while (len-- > 0)
        text_add_char(out, (char)(number >> 8 * len));
}

/* A text in the other form, its length in `len_bytes` in front. False: longer than that can say. */
static bool add_text(struct text *out, struct slice text, size_t len_bytes,
                     size_t (*add_other)(struct slice, struct text *))
{
    const size_t start = out->len;
    size_t len;

    add_number(out, len_bytes, 0);
    add_converted(text, out, add_other);
    if (text_failed(out))
        return false;
    len = out->len - start - len_bytes;
    for (size_t i = 0; i < len_bytes; i++)
        out->bytes[start + i] = (char)(len >> 8 * (len_bytes - 1 - i));
    return len_bytes == 4 ? len <= UINT32_MAX : len <= UINT16_MAX;
}

static bool add_entry(struct text *out, const struct map_entry *entry)
{
    if (!add_text(out, entry->name, 2, add_as_utf8))
        return false;
    add_number(out, 1, entry->tag);
    if (slice_is_present(entry->text))
        return add_text(out, entry->text, entry->tag == VALUE_STRING ? 2 : 4, add_as_utf8);
    if (is_nested(entry->tag))
        add_number(out, 4, entry->value.len);
    text_add(out, entry->value);
    return true;
}

bool entries_of_map(struct slice map, struct text *scratch, struct property_conversion *out)
{
    struct slice rest = map, first;
    struct map_entry entry;
    uint32_t count = 0;
    bool is_same = true;

    *out = (struct property_conversion){SLICE_ABSENT, 0};
    if (map.len == 0)
        return true;
    if (!take_number(&rest, 4, &count))
        return false;
    if (count > INT32_MAX) /* null, in Java */
        return true;
    if (count > PROPERTIES_MAX)
        return false;
    first = rest;
    for (uint32_t i = 0; i < count; i++) {
        if (!next_entry(&rest, &entry))
            return false;
        is_same = is_same && !is_nested(entry.tag) && text_is_the_same(entry.name) &&
                  text_is_the_same(entry.text);
        if (!is_same && !(modified_is_valid(entry.name) && modified_is_valid(entry.text)))
            return false;
    }
    out->count = (uint16_t)count;
    out->entries = slice_of(first.bytes, (size_t)(rest.bytes - first.bytes));
    if (is_same)
        return true;
    scratch->len = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!next_entry(&first, &entry) || !add_entry(scratch, &entry))
            return false;
    out->entries = text_slice(scratch);
    return !text_failed(scratch);
}

/* A nested map or list is on the wire as it was, without the length. */
static bool add_nested(struct text *out, const struct value *value)
{
    struct slice rest = value->text;

    if (!skip_elements(&rest, value->type == VALUE_MAP, 1) || rest.len > 0)
        return false;
    text_add(out, value->text);
    return true;
}

/* The text of `property`, whose bytes without the name are `value`. */
static bool add_property(struct text *out, const struct property *property, struct slice value)
{
    const enum value_type type = property->value.type;
    size_t start;

    if (!add_text(out, property->name, 2, add_as_modified))
        return false;
    start = out->len;
    if (type != VALUE_STRING && type != VALUE_BIG_STRING && !is_nested(type)) {
        text_add(out, value);
        return true;
    }
    add_number(out, 1, type);
    if (is_nested(type))
        return add_nested(out, &property->value);
    if (type == VALUE_STRING && add_text(out, property->value.text, 2, add_as_modified))
        return true;
    if (text_failed(out))
        return false;
    out->len = start;
    add_number(out, 1, VALUE_BIG_STRING);
    return add_text(out, property->value.text, 4, add_as_modified);
}

static bool property_is_the_same(const struct property *property)
{
    const enum value_type type = property->value.type;

    return !is_nested(type) && text_is_the_same(property->name) &&
           ((type != VALUE_STRING && type != VALUE_BIG_STRING) ||
            text_is_the_same(property->value.text));
}

bool map_of_entries(struct slice entries, uint16_t count, struct text *scratch, struct slice *out)
{
    struct property_cursor cursor = {entries};
    struct property property;
    struct slice start = entries; /* of what is the same and not written yet */

    *out = SLICE_ABSENT;
    if (count == 0)
        return entries.len == 0;
    scratch->len = 0;
    add_number(scratch, 4, count);
    for (unsigned i = 0; i < count; i++) {
        const struct slice before = cursor.rest;
        struct slice value;

        if (!property_next(&cursor, &property))
            return false;
        if (property_is_the_same(&property))
            continue;
        text_add(scratch, slice_of(start.bytes, (size_t)(before.bytes - start.bytes)));
        value = slice_after(before, 2 + property.name.len);
        value.len -= cursor.rest.len;
        if (!add_property(scratch, &property, value))
            return false;
        start = cursor.rest;
    }
    if (cursor.rest.len > 0)
        return false;
    text_add(scratch, start);
    *out = text_slice(scratch);
    return !text_failed(scratch);
}
