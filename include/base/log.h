/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_LOG_H
#define BASE_LOG_H
/*
 * log.h - a log line is an event with its scope: a stable name to grep and alert on, then
 * key=value pairs.
 *
 *   2026-01-05T10:22:31.123456Z warn  w3 c1187 stomp frame_refused error="..." bytes=70112
 *
 * Threads    log_event from any thread: one write(2) a line. log_configure before threads start.
 * Limits     a line is cut at 2048 bytes. Control characters in values are escaped, so that a
 *            peer cannot forge lines. Never log a body or a credential.
 */
#include "base/compiler.h"
#include "base/slice.h"
#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_LEVEL_COUNT };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON, LOG_FORMAT_JOURNALD };

/* Who is speaking. Every long-lived object holds one; its lines can be found by any field. */
struct log_scope {
    const char *module;     /* "stomp", "config": lives for ever */
    uint64_t connection_id; /* 0 when not about one connection */
    uint16_t worker;        /* WORKER_NONE when not on a worker */
};

/* Lets one line a second through; the next line that passes says how many were kept back, as
 * suppressed=N. Belongs to one thread; starts as zeros. */
struct log_limit {
    int64_t second; /* of the last line, counted from 1 */
    uint32_t suppressed;
};

void log_configure(enum log_level level, enum log_format format, int fd);
bool log_enabled(enum log_level level);
bool log_limit_allows(struct log_limit *limit);

/* What a peer says, made fit to stand between quotes: a quote in it would end the value, and what
 * follows could pass for keys of ours. It becomes an apostrophe. Cut at LOG_TEXT_MAX. */
enum { LOG_TEXT_MAX = 512 };
struct log_text {
    char bytes[LOG_TEXT_MAX];
};
const char *log_text(struct log_text *room, struct slice peer_text);

/* `fmt` yields the key=value part; values with blanks must be in double quotes, as in
 * "error=\"%s\"". In JSON the pairs become members; such a value ends at a quote before
 * the next key (letters, digits, _) or the end. */
void log_write(const struct log_scope *scope, enum log_level level, const char *event,
               const char *fmt, ...) PRINTF_LIKE(4, 5);

/* After log_limit_allows() said yes; adds suppressed=N when lines were kept back before. */
void log_write_limited(const struct log_scope *scope, struct log_limit *limit, enum log_level level,
                       const char *event, const char *fmt, ...) PRINTF_LIKE(5, 6);

/* Arguments are not evaluated when the level is off. */
#define log_event(scope, level, event, ...) \
    do { \
        if (log_enabled(level)) \
            log_write(scope, level, event, __VA_ARGS__); \
    } while (0)

/* For what a peer can cause at will. */
#define log_event_limited(scope, limit, level, event, ...) \
    do { \
        if (log_enabled(level) && log_limit_allows(limit)) \
            log_write_limited(scope, limit, level, event, __VA_ARGS__); \
    } while (0)
#endif
