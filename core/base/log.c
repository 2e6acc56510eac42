/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "base/clock.h"
#include "base/role.h"
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_BYTES_MAX = 2048,
    LINE_END_LEN = 3, /* of the longest end of a line: quote, brace, newline */
};

/* Set before threads start, only read afterwards. */
static struct {
    enum log_level level;
    enum log_format format;
    int fd;
} settings = {LOG_INFO, LOG_FORMAT_TEXT, STDERR_FILENO};

static const struct {
    const char *name;
    char padded[6];
    char journald_priority;
} levels[LOG_LEVEL_COUNT] = {
    [LOG_ERROR] = {"error", "error", '3'},
    [LOG_WARN] = {"warn", "warn ", '4'},
    [LOG_INFO] = {"info", "info ", '6'},
    [LOG_DEBUG] = {"debug", "debug", '7'},
};

struct line {
    char bytes[LINE_BYTES_MAX];
    size_t len;
    bool is_full; /* after the first piece without room nothing more is added */
};

void log_configure(enum log_level level, enum log_format format, int fd)
{
    assert(level < LOG_LEVEL_COUNT);
    settings.level = level;
    settings.format = format;
    settings.fd = fd;
}

bool log_enabled(enum log_level level)
{
    return level <= settings.level;
}

const char *log_text(struct log_text *room, struct slice peer_text)
{
    size_t len = peer_text.len < LOG_TEXT_MAX ? peer_text.len : LOG_TEXT_MAX - 1;

    for (size_t i = 0; i < len; i++)
        room->bytes[i] = peer_text.bytes[i] == '"' ? '\'' : (char)peer_text.bytes[i];
    room->bytes[len] = '\0';
    return room->bytes;
}

bool log_limit_allows(struct log_limit *limit)
{
    const int64_t second = clock_monotonic_ms() / 1000 + 1;

    if (limit->second == second) {
        limit->suppressed++;
        return false;
    }
    limit->second = second;
    return true;
}

/* A piece goes in whole or not at all; there is always room for the end of the line. */
static void add_piece(struct line *line, const char *piece, size_t len)
{
    if (line->is_full || len > sizeof line->bytes - LINE_END_LEN - line->len) {
        line->is_full = true;
        return;
    }
    memcpy(line->bytes + line->len, piece, len);
    line->len += len;
}

static void add_end(struct line *line, const char *end)
{
    const size_t len = strlen(end);

    assert(len <= LINE_END_LEN && line->len + len <= sizeof line->bytes);
    memcpy(line->bytes + line->len, end, len);
    line->len += len;
}

static void add_format(struct line *line, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void add_format(struct line *line, const char *fmt, ...)
{
    char piece[128];
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(piece, sizeof piece, fmt, args);
    va_end(args);
    if (len > 0)
        add_piece(line, piece, (size_t)len < sizeof piece ? (size_t)len : sizeof piece - 1);
}

/* Length of the character at `s` when it is well-formed UTF-8 and can be shown, else 0. */
static size_t shown_len(struct slice s)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000}; /* shorter forms exist */
    const uint8_t first = s.bytes[0];
    uint32_t code;
    size_t len;

    if (first < 0x80)
        return first >= 0x20 && first != 0x7f ? 1 : 0;
    len = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || len > s.len)
        return 0;
    code = first & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((s.bytes[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (s.bytes[i] & 0x3fu);
    }
    if (code < smallest[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    return code >= 0x80 && code < 0xa0 ? 0 : len; /* terminals obey those control characters too */
}

static void add_escaped(struct line *line, struct slice s, bool is_json)
{
    while (s.len > 0) {
        const size_t len = shown_len(s);
        const char c = (char)s.bytes[0];

        if (is_json && (c == '"' || c == '\\'))
            add_format(line, "\\%c", c);
        else if (len > 0)
            add_piece(line, (const char *)s.bytes, len);
        else if (c == '\n' || c == '\r' || c == '\t')
            add_format(line, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        else
            add_format(line, is_json ? "\\u%04x" : "\\x%02x", s.bytes[0]);
        s = slice_after(s, len > 0 ? len : 1);
    }
}

static void add_time(struct line *line)
{
    struct timespec now;
    struct tm utc;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    add_format(line, "%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ", utc.tm_year + 1900, utc.tm_mon + 1,
               utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, now.tv_nsec / 1000);
}

static void add_text(struct line *line, const struct log_scope *scope, const char *event,
                     struct slice pairs)
{
    if (scope->worker != WORKER_NONE)
        add_format(line, "w%u ", scope->worker);
    if (scope->connection_id != 0)
        add_format(line, "c%" PRIu64 " ", scope->connection_id);
    add_format(line, "%s %s", scope->module, event);
    if (pairs.len > 0)
        add_piece(line, " ", 1);
    add_escaped(line, pairs, false);
    add_end(line, "\n");
}

/* Nothing behind a value, or blanks and the next key with its '='. */
static bool ends_value(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *key = at;

    while (key < end && *key == ' ')
        key++;
    if (key == end)
        return true;
    if (key == at)
        return false;
    for (at = key; at < end && (isalnum(*at) || *at == '_');)
        at++;
    return at > key && at < end && *at == '=';
}

/* Cuts the next key=value off `pairs`. A value that opens with a quote ends at the quote before
 * the next key or the end, so that it may have quotes inside. A word alone gives an empty value. */
static bool next_pair(struct slice *pairs, struct slice *key, struct slice *value)
{
    const uint8_t *at = pairs->bytes, *end = pairs->bytes + pairs->len, *start;

    while (at < end && *at == ' ')
        at++;
    if (at == end)
        return false;
    for (start = at; at < end && *at != '=' && *at != ' ';)
        at++;
    *key = slice_of(start, (size_t)(at - start));
    if (at < end && *at == '=')
        at++;
    start = at;
    if (at < end && *at == '"') {
        for (start = ++at; at < end && !(*at == '"' && ends_value(at + 1, end));)
            at++;
        *value = slice_of(start, (size_t)(at - start));
        at += at < end;
    } else {
        while (at < end && *at != ' ')
            at++;
        *value = slice_of(start, (size_t)(at - start));
    }
    *pairs = slice_of(at, (size_t)(end - at));
    return true;
}

static void add_json(struct line *line, const struct log_scope *scope, enum log_level level,
                     const char *event, struct slice pairs)
{
    struct slice key, value;

    add_format(line, "{\"time\":\"");
    add_time(line);
    add_format(line, "\",\"level\":\"%s\"", levels[level].name);
    if (scope->worker != WORKER_NONE)
        add_format(line, ",\"worker\":%u", scope->worker);
    if (scope->connection_id != 0)
        add_format(line, ",\"connection\":%" PRIu64, scope->connection_id);
    add_format(line, ",\"module\":\"%s\",\"event\":\"%s\"", scope->module, event);
    while (next_pair(&pairs, &key, &value) && !line->is_full) {
        const size_t len_before = line->len;

        add_piece(line, ",\"", 2);
        add_escaped(line, key, true);
        add_piece(line, "\":\"", 3);
        if (line->is_full) { /* a member without its value would not be JSON */
            line->len = len_before;
            line->is_full = false;
            break;
        }
        add_escaped(line, value, true);
        if (line->is_full)
            break;
        add_piece(line, "\"", 1);
    }
    add_end(line, line->is_full ? "\"}\n" : "}\n");
}

static void write_line(const struct log_scope *scope, enum log_level level, const char *event,
                       struct slice pairs)
{
    struct line line;

    line.len = 0;
    line.is_full = false;
    switch (settings.format) {
    case LOG_FORMAT_TEXT:
        add_time(&line);
        add_format(&line, " %s ", levels[level].padded);
        add_text(&line, scope, event, pairs);
        break;
    case LOG_FORMAT_JSON:
        add_json(&line, scope, level, event, pairs);
        break;
    case LOG_FORMAT_JOURNALD: /* it has its own clock */
        add_format(&line, "<%c>", levels[level].journald_priority);
        add_text(&line, scope, event, pairs);
        break;
    }
    if (write(settings.fd, line.bytes, line.len) < 0)
        return; /* there is no other place to complain */
}

static struct slice formatted(char *buffer, size_t capacity, const char *fmt, va_list args)
    __attribute__((format(printf, 3, 0)));
static struct slice formatted(char *buffer, size_t capacity, const char *fmt, va_list args)
{
    const int len = vsnprintf(buffer, capacity, fmt, args);

    if (len < 0)
        return slice_of(buffer, 0);
    return slice_of(buffer, (size_t)len < capacity ? (size_t)len : capacity - 1);
}

void log_write(const struct log_scope *scope, enum log_level level, const char *event,
               const char *fmt, ...)
{
    const int error = errno;
    char buffer[LINE_BYTES_MAX];
    struct slice pairs;
    va_list args;

    va_start(args, fmt);
    pairs = formatted(buffer, sizeof buffer, fmt, args);
    va_end(args);
    write_line(scope, level, event, pairs);
    errno = error; /* a log line in front of "return -errno" must not change the answer */
}

void log_write_limited(const struct log_scope *scope, struct log_limit *limit, enum log_level level,
                       const char *event, const char *fmt, ...)
{
    const int error = errno;
    char buffer[LINE_BYTES_MAX];
    struct slice pairs;
    size_t prefix_len = 0;
    va_list args;

    if (limit->suppressed > 0) { /* in front, where a long line is not cut */
        prefix_len =
            (size_t)snprintf(buffer, sizeof buffer, "suppressed=%" PRIu32 " ", limit->suppressed);
        limit->suppressed = 0;
    }
    va_start(args, fmt);
    pairs = formatted(buffer + prefix_len, sizeof buffer - prefix_len, fmt, args);
    va_end(args);
    write_line(scope, level, event, slice_of(buffer, prefix_len + pairs.len));
    errno = error;
}
