/* SPDX-License-Identifier: Apache-2.0 */
#include "config/properties.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct properties_reader {
    const uint8_t *at, *end;
    const char *file;
    int line;
    struct text key, value;
    struct text_error *why;
    bool failed;
};

static void fail(struct properties_reader *r, const char *reason)
{
    if (!r->failed)
        text_error_set(r->why, "%s:%d: %s", r->file, r->line, reason);
    r->failed = true;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

static bool is_line_end(const struct properties_reader *r)
{
    return r->at == r->end || *r->at == '\n' || *r->at == '\r';
}

static void skip_blanks(struct properties_reader *r)
{
    while (r->at < r->end && is_blank(*r->at))
        r->at++;
}

/* \n, \r and \r\n are one line end each. */
static void skip_line_end(struct properties_reader *r)
{
    if (r->at == r->end)
        return;
    if (*r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n')
        r->at++;
    r->at++;
    r->line++;
}

static void add_code_point(struct text *out, uint32_t c)
{
    if (c < 0x80) {
        text_add_char(out, (char)c);
    } else if (c < 0x800) {
        text_add_char(out, (char)(0xC0 | c >> 6));
        text_add_char(out, (char)(0x80 | (c & 0x3F)));
    } else if (c < 0x10000) {
        text_add_char(out, (char)(0xE0 | c >> 12));
        text_add_char(out, (char)(0x80 | (c >> 6 & 0x3F)));
        text_add_char(out, (char)(0x80 | (c & 0x3F)));
    } else {
        text_add_char(out, (char)(0xF0 | c >> 18));
        text_add_char(out, (char)(0x80 | (c >> 12 & 0x3F)));
        text_add_char(out, (char)(0x80 | (c >> 6 & 0x3F)));
        text_add_char(out, (char)(0x80 | (c & 0x3F)));
    }
}

/* The four digits after "\u". */
static uint32_t read_code_unit(struct properties_reader *r)
{
    uint32_t value = 0;

    for (int i = 0; i < 4; i++) {
        uint8_t c = r->at < r->end ? *r->at : 0;

        if (c >= '0' && c <= '9')
            value = value << 4 | (uint32_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            value = value << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
        else {
            fail(r, "\\u needs four hexadecimal digits");
            return 0;
        }
        r->at++;
    }
    return value;
}

static void read_unicode_escape(struct properties_reader *r, struct text *out)
{
    uint32_t c = read_code_unit(r);

    if (r->failed)
        return;
    if (c >= 0xD800 && c < 0xDC00 && r->end - r->at >= 2 && r->at[0] == '\\' && r->at[1] == 'u') {
        uint32_t low;

        r->at += 2;
        low = read_code_unit(r);
        if (!r->failed && low >= 0xDC00 && low < 0xE000)
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
    if (c == 0 || (c >= 0xD800 && c < 0xE000))
        fail(r, "\\u names no character"); /* values become C strings in UTF-8 */
    else
        add_code_point(out, c);
}

/* After a backslash. At the end of a line it joins the next line without its leading blanks. */
static void read_escape(struct properties_reader *r, struct text *out)
{
    static const char names[] = "tnrf", meanings[] = "\t\n\r\f";
    const char *name;
    uint8_t c;

    if (is_line_end(r)) {
        skip_line_end(r);
        skip_blanks(r);
        return;
    }
    c = *r->at++;
    if (c == 'u') {
        read_unicode_escape(r, out);
        return;
    }
    name = c ? strchr(names, c) : NULL;
    add_code_point(out, name ? (uint8_t)meanings[name - names] : c);
}

static void read_key(struct properties_reader *r)
{
    while (!r->failed && !is_line_end(r)) {
        uint8_t c = *r->at;

        if (is_blank(c) || c == '=' || c == ':')
            return;
        r->at++;
        if (c == '\\')
            read_escape(r, &r->key);
        else
            add_code_point(&r->key, c);
    }
}

static bool is_joined_line(const struct properties_reader *r)
{
    return r->end - r->at >= 2 && *r->at == '\\' && (r->at[1] == '\n' || r->at[1] == '\r');
}

/* Blanks around the separator do not count, even when a line is continued among them. */
static void skip_blanks_and_joints(struct properties_reader *r)
{
    for (skip_blanks(r); is_joined_line(r); skip_blanks(r)) {
        r->at++;
        skip_line_end(r);
    }
}

static void skip_separator(struct properties_reader *r)
{
    skip_blanks_and_joints(r);
    if (r->at < r->end && (*r->at == '=' || *r->at == ':')) {
        r->at++;
        skip_blanks_and_joints(r);
    }
}

static void read_value(struct properties_reader *r)
{
    while (!r->failed && !is_line_end(r)) {
        uint8_t c = *r->at++;

        if (c == '\\')
            read_escape(r, &r->value);
        else
            add_code_point(&r->value, c);
    }
}

static void read_pair(struct properties_reader *r, properties_each_fn *each, void *arg)
{
    int line = r->line;

    r->key.len = r->value.len = 0;
    read_key(r);
    skip_separator(r);
    read_value(r);
    if (text_failed(&r->key) || text_failed(&r->value))
        fail(r, "out of memory");
    if (!r->failed)
        each(arg, text_slice(&r->key), text_slice(&r->value), line);
}

int properties_parse(struct slice bytes, const char *file, properties_each_fn *each, void *arg,
                     struct text_error *why)
{
    struct properties_reader r = {.at = bytes.bytes, .file = file, .line = 1, .why = why};
    bool no_memory;

    r.end = bytes.len > 0 ? bytes.bytes + bytes.len : bytes.bytes;
    text_init(&r.key);
    text_init(&r.value);
    while (r.at < r.end && !r.failed) {
        skip_blanks(&r);
        if (r.at < r.end && (*r.at == '#' || *r.at == '!')) {
            while (!is_line_end(&r))
                r.at++;
        } else if (!is_line_end(&r)) {
            read_pair(&r, each, arg);
        }
        skip_line_end(&r);
    }
    no_memory = text_failed(&r.key) || text_failed(&r.value);
    text_fini(&r.key);
    text_fini(&r.value);
    if (!r.failed)
        return 0;
    return no_memory ? -ENOMEM : -EINVAL;
}

static int read_all(int fd, size_t bytes_max, struct text *out)
{
    char buffer[16384];
    size_t total = 0;

    for (;;) {
        ssize_t got = read(fd, buffer, sizeof buffer);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            return text_failed(out) ? -ENOMEM : 0;
        total += (size_t)got;
        if (total > bytes_max)
            return -EFBIG;
        text_add(out, slice_of(buffer, (size_t)got));
    }
}

int properties_read_file(const char *file, size_t bytes_max, struct text *out,
                         struct text_error *why)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    int rc;

    if (fd < 0) {
        rc = -errno;
    } else {
        rc = read_all(fd, bytes_max, out);
        close(fd);
    }
    if (rc != 0)
        text_error_set(why, "%s: cannot be read: %s", file, strerror(-rc));
    return rc;
}

int properties_load(const char *file, properties_each_fn *each, void *arg, struct text_error *why)
{
    struct text bytes;
    int rc;

    text_init(&bytes);
    rc = properties_read_file(file, PROPERTIES_BYTES_MAX, &bytes, why);
    if (rc == 0)
        rc = properties_parse(text_slice(&bytes), file, each, arg, why);
    /* The files hold passwords: what is freed must not keep them. */
    if (bytes.bytes)
        explicit_bzero(bytes.bytes, bytes.len);
    text_fini(&bytes);
    return rc;
}
