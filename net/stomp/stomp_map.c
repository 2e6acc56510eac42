/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a map from the two texts that stomp_transform.c writes for one:
 *
 *   {"map":{"entry":[{"string":["name","value"]},{"string":"name","long":1}]}}
 *   <map><entry><string>name</string><long>1</long></entry></map>
 *
 * Strict, in one pass, without recursion; whatever else the text holds makes it no map.
 */
#include "stomp_transform.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct reader {
    struct slice rest;
    bool failed;                   /* sticky */
    struct text name, type, value; /* of the entry at hand */
    struct text *entries;
    uint16_t count;
};

static void skip_blanks(struct reader *r)
{
    while (r->rest.len > 0 && (r->rest.bytes[0] == ' ' || r->rest.bytes[0] == '\t' ||
                               r->rest.bytes[0] == '\n' || r->rest.bytes[0] == '\r'))
        r->rest = slice_after(r->rest, 1);
}

static bool accept(struct reader *r, const char *token)
{
    const struct slice s = slice_of_text(token);

    skip_blanks(r);
    if (r->failed || !slice_starts_with(r->rest, s))
        return false;
    r->rest = slice_after(r->rest, s.len);
    return true;
}

static void expect(struct reader *r, const char *token)
{
    if (!accept(r, token))
        r->failed = true;
}

static void add_code_point(struct text *out, uint32_t c)
{
    if (c < 0x80) {
        text_add_char(out, (char)c);
    } else if (c < 0x800) {
        text_add_char(out, (char)(0xc0 | c >> 6));
        text_add_char(out, (char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        text_add_char(out, (char)(0xe0 | c >> 12));
        text_add_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
        text_add_char(out, (char)(0x80 | (c & 0x3f)));
    } else {
        text_add_char(out, (char)(0xf0 | c >> 18));
        text_add_char(out, (char)(0x80 | (c >> 12 & 0x3f)));
        text_add_char(out, (char)(0x80 | (c >> 6 & 0x3f)));
        text_add_char(out, (char)(0x80 | (c & 0x3f)));
    }
}

static uint32_t next_byte(struct reader *r)
{
    uint32_t c;

    if (r->failed || r->rest.len == 0) {
        r->failed = true;
        return 0;
    }
    c = r->rest.bytes[0];
    r->rest = slice_after(r->rest, 1);
    return c;
}

static uint32_t read_hex(struct reader *r, int digits)
{
    uint32_t value = 0;

    for (int i = 0; i < digits; i++) {
        const uint32_t c = next_byte(r);

        if (c >= '0' && c <= '9')
            value = value * 16 + (c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            value = value * 16 + ((c | 0x20) - 'a' + 10);
        else
            r->failed = true;
    }
    return value;
}

static void read_unicode_escape(struct reader *r, struct text *out)
{
    uint32_t c = read_hex(r, 4);

    if (c >= 0xd800 && c < 0xdc00) { /* the first half of a pair */
        if (next_byte(r) != '\\' || next_byte(r) != 'u')
            r->failed = true;
        c = 0x10000 + ((c - 0xd800) << 10 | ((read_hex(r, 4) - 0xdc00) & 0x3ff));
    } else if (c >= 0xdc00 && c < 0xe000) {
        r->failed = true;
    }
    add_code_point(out, c);
}

static void read_escape(struct reader *r, struct text *out)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    const uint32_t c = next_byte(r);
    const char *letter = c ? strchr(letters, (int)c) : NULL;

    if (c == 'u')
        read_unicode_escape(r, out);
    else if (letter)
        text_add_char(out, meanings[letter - letters]);
    else
        r->failed = true;
}

static void read_json_string(struct reader *r, struct text *out)
{
    out->len = 0;
    expect(r, "\"");
    while (!r->failed) {
        const uint32_t c = next_byte(r);

        if (c == '"')
            return;
        if (c == '\\')
            read_escape(r, out);
        else
            text_add_char(out, (char)c);
    }
}

/* A string, or a bare word such as 1.5e3, true, null. */
static void read_json_scalar(struct reader *r, struct text *out)
{
    skip_blanks(r);
    if (r->rest.len > 0 && r->rest.bytes[0] == '"') {
        read_json_string(r, out);
        return;
    }
    out->len = 0;
    while (r->rest.len > 0 && !memchr(" \t\r\n,]}[{:\"", r->rest.bytes[0], 11)) {
        text_add_char(out, (char)r->rest.bytes[0]);
        r->rest = slice_after(r->rest, 1);
    }
    if (out->len == 0)
        r->failed = true;
}

static bool read_integer(struct slice text, int64_t min, int64_t max, struct value *out)
{
    return slice_to_i64(text, &out->integer) && out->integer >= min && out->integer <= max;
}

static bool read_real(const struct text *text, struct value *out)
{
    char *end;

    if (text->len == 0)
        return false;
    out->real = strtod(text->bytes, &end); /* a text is followed by NUL */
    return *end == '\0' && (size_t)(end - text->bytes) == text->len;
}

static bool read_value(const struct text *type, const struct text *text, struct value *out)
{
    const struct slice name = text_slice(type), s = text_slice(text);
    static const struct {
        const char *name;
        enum value_type type;
        int64_t min, max;
    } integers[] = {
        {"byte", VALUE_BYTE, INT8_MIN, INT8_MAX},
        {"short", VALUE_SHORT, INT16_MIN, INT16_MAX},
        {"int", VALUE_INT, INT32_MIN, INT32_MAX},
        {"long", VALUE_LONG, INT64_MIN, INT64_MAX},
    };

    for (size_t i = 0; i < ARRAY_LEN(integers); i++)
        if (slice_is(name, integers[i].name)) {
            out->type = integers[i].type;
            return read_integer(s, integers[i].min, integers[i].max, out);
        }
    if (slice_is(name, "string")) {
        *out =
            (struct value){.type = s.len > UINT16_MAX ? VALUE_BIG_STRING : VALUE_STRING, .text = s};
        return true;
    }
    if (slice_is(name, "boolean")) {
        *out = (struct value){.type = VALUE_BOOL, .boolean = slice_is(s, "true")};
        return out->boolean || slice_is(s, "false");
    }
    out->type = slice_is(name, "float") ? VALUE_FLOAT : VALUE_DOUBLE;
    return (slice_is(name, "float") || slice_is(name, "double")) && read_real(text, out);
}

static void add_entry(struct reader *r)
{
    struct property property = {.name = text_slice(&r->name)};
    uint8_t *bytes;
    size_t len;

    if (r->failed || text_failed(&r->name) || text_failed(&r->type) || text_failed(&r->value) ||
        property.name.len > UINT16_MAX || r->count == UINT16_MAX ||
        !read_value(&r->type, &r->value, &property.value)) {
        r->failed = true;
        return;
    }
    len = property_len(&property);
    bytes = malloc(len);
    if (!bytes) {
        r->failed = true;
        return;
    }
    property_write(bytes, &property);
    text_add(r->entries, slice_of(bytes, len));
    free(bytes);
    r->count++;
}

static void read_json_entry(struct reader *r)
{
    expect(r, "{");
    expect(r, "\"string\"");
    expect(r, ":");
    if (accept(r, "[")) {
        read_json_string(r, &r->name);
        expect(r, ",");
        read_json_string(r, &r->value);
        expect(r, "]");
        r->type.len = 0;
        text_add(&r->type, SLICE("string"));
    } else {
        read_json_string(r, &r->name);
        expect(r, ",");
        read_json_string(r, &r->type);
        expect(r, ":");
        read_json_scalar(r, &r->value);
    }
    expect(r, "}");
    add_entry(r);
}

static void read_json(struct reader *r)
{
    expect(r, "{");
    expect(r, "\"map\"");
    expect(r, ":");
    expect(r, "{");
    if (!accept(r, "}")) {
        expect(r, "\"entry\"");
        expect(r, ":");
        if (accept(r, "[")) {
            if (!accept(r, "]")) {
                do
                    read_json_entry(r);
                while (accept(r, ","));
                expect(r, "]");
            }
        } else {
            read_json_entry(r);
        }
        expect(r, "}");
    }
    expect(r, "}");
}

static uint32_t read_character_reference(struct slice digits)
{
    const bool is_hex = digits.len > 0 && digits.bytes[0] == 'x';
    uint32_t value = 0;

    for (size_t i = is_hex; i < digits.len && value <= 0x10ffff; i++) {
        const uint32_t c = digits.bytes[i];
        const uint32_t digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;

        if (digit >= (is_hex ? 16U : 10U))
            return 0;
        value = value * (is_hex ? 16 : 10) + digit;
    }
    return value > 0x10ffff || (value >= 0xd800 && value < 0xe000) ? 0 : value;
}

static void read_entity(struct reader *r, struct text *out)
{
    static const struct {
        const char *name;
        char meaning;
    } known[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
    const uint8_t *end = r->rest.len ? memchr(r->rest.bytes, ';', r->rest.len) : NULL;
    struct slice name;
    uint32_t c = 0;

    if (!end) {
        r->failed = true;
        return;
    }
    name = slice_of(r->rest.bytes, (size_t)(end - r->rest.bytes));
    r->rest = slice_after(r->rest, name.len + 1);
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (slice_is(name, known[i].name))
            c = (uint8_t)known[i].meaning;
    if (name.len > 1 && name.bytes[0] == '#')
        c = read_character_reference(slice_after(name, 1));
    if (c == 0)
        r->failed = true;
    else
        add_code_point(out, c);
}

static void read_xml_text(struct reader *r, struct text *out)
{
    out->len = 0;
    while (!r->failed && r->rest.len > 0 && r->rest.bytes[0] != '<') {
        const uint32_t c = next_byte(r);

        if (c == '&')
            read_entity(r, out);
        else if (c == 0)
            r->failed = true; /* XML cannot say it: nobody could read what we write of it */
        else
            text_add_char(out, (char)c);
    }
}

/* "<name>text</name>"; the name goes to `tag`. */
static void read_xml_element(struct reader *r, struct text *tag, struct text *out)
{
    tag->len = 0;
    expect(r, "<");
    while (!r->failed && r->rest.len > 0 && r->rest.bytes[0] >= 'a' && r->rest.bytes[0] <= 'z')
        text_add_char(tag, (char)next_byte(r));
    if (tag->len == 0 || next_byte(r) != '>') {
        r->failed = true;
        return;
    }
    read_xml_text(r, out);
    if (next_byte(r) != '<' || next_byte(r) != '/' || !slice_starts_with(r->rest, text_slice(tag)))
        r->failed = true;
    if (r->failed)
        return;
    r->rest = slice_after(r->rest, tag->len);
    expect(r, ">");
}

static void read_xml(struct reader *r)
{
    if (accept(r, "<?xml")) {
        const uint8_t *end = r->rest.len ? memchr(r->rest.bytes, '>', r->rest.len) : NULL;

        r->failed = !end;
        if (end)
            r->rest = slice_after(r->rest, (size_t)(end - r->rest.bytes) + 1);
    }
    if (accept(r, "<map/>"))
        return;
    expect(r, "<map>");
    while (accept(r, "<entry>")) {
        read_xml_element(r, &r->type, &r->name);
        if (!slice_is(text_slice(&r->type), "string"))
            r->failed = true;
        read_xml_element(r, &r->type, &r->value);
        expect(r, "</entry>");
        add_entry(r);
    }
    expect(r, "</map>");
}

int stomp_map_read(enum stomp_transformation how, struct slice text, struct text *scratch,
                   uint16_t *count)
{
    struct reader r = {.rest = text, .entries = scratch};
    bool is_map;

    assert(how == TRANSFORM_MAP_JSON || how == TRANSFORM_MAP_XML);
    text_init(&r.name);
    text_init(&r.type);
    text_init(&r.value);
    scratch->len = 0;
    if (how == TRANSFORM_MAP_JSON)
        read_json(&r);
    else
        read_xml(&r);
    skip_blanks(&r);
    is_map = !r.failed && r.rest.len == 0 && !text_failed(scratch);
    text_fini(&r.name);
    text_fini(&r.type);
    text_fini(&r.value);
    if (!is_map)
        return -EINVAL;
    *count = r.count;
    return 0;
}
