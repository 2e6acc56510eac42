/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"
#include "base/compiler.h"
#include <assert.h>

struct head_scan {
    size_t head_len; /* with the empty line */
    size_t length_at, length_len;
    size_t body_len;
};

static const struct slice length_name = {(const uint8_t *)"content-length:", 15};

/* Is it a MESSAGE of the learned form? Our bodies hold no LF, so that an empty line in front of
 * the run's mark can only be the end of the head. */
static bool matches_hint(const struct frame_hint *hint, struct slice in)
{
    size_t whole = hint->head_len + hint->body_len + 1;
    const uint8_t *body = in.bytes + hint->head_len;

    if (!hint->has_mark || hint->head_len == 0 || in.len < whole)
        return false;
    if (body[-1] != '\n' || body[-2] != '\n' || body[hint->body_len] != 0 ||
        hint->body_len < sizeof hint->mark || memcmp(body, hint->mark, sizeof hint->mark) != 0 ||
        memcmp(in.bytes, "MESSAGE\n", 8) != 0)
        return false;
    if (hint->length_len > 0)
        return memcmp(in.bytes + hint->length_at, hint->length_line, hint->length_len) == 0;
    return memchr(body, 0, hint->body_len + 1) == body + hint->body_len;
}

static bool read_length(struct slice value, size_t *out)
{
    int64_t number;

    if (value.len > 0 && value.bytes[value.len - 1] == '\r')
        value.len--;
    if (!slice_to_i64(value, &number) || number < 0 || number > FRAME_BODY_MAX)
        return false;
    *out = (size_t)number;
    return true;
}

static enum frame_status scan_head(struct slice in, struct head_scan *scan)
{
    const uint8_t *line = in.bytes, *end = in.bytes + in.len, *stop;

    for (;; line = stop + 1) {
        struct slice rest;

        stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop)
            return in.len > FRAME_HEAD_MAX ? FRAME_BROKEN : FRAME_PARTIAL;
        if (stop == line || (stop == line + 1 && *line == '\r'))
            break;
        rest = slice_of(line, (size_t)(stop - line));
        if (*line != 'c' || scan->length_len > 0 || !slice_starts_with(rest, length_name))
            continue;
        if (!read_length(slice_after(rest, length_name.len), &scan->body_len))
            return FRAME_BROKEN;
        scan->length_at = (size_t)(line - in.bytes);
        scan->length_len = rest.len + 1;
    }
    scan->head_len = (size_t)(stop + 1 - in.bytes);
    return scan->head_len > FRAME_HEAD_MAX ? FRAME_BROKEN : FRAME_WHOLE;
}

static enum frame_kind kind_of(struct slice head)
{
    static const struct {
        struct slice command;
        enum frame_kind kind;
    } kinds[] = {
        {{(const uint8_t *)"MESSAGE", 7}, FRAME_MESSAGE},
        {{(const uint8_t *)"RECEIPT", 7}, FRAME_RECEIPT},
        {{(const uint8_t *)"ERROR", 5}, FRAME_ERROR},
        {{(const uint8_t *)"CONNECTED", 9}, FRAME_CONNECTED},
    };

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        size_t len = kinds[i].command.len;

        if (slice_starts_with(head, kinds[i].command) && head.len > len &&
            (head.bytes[len] == '\n' || head.bytes[len] == '\r'))
            return kinds[i].kind;
    }
    return FRAME_OTHER;
}

static void learn(struct frame_hint *hint, struct slice in, const struct head_scan *scan)
{
    if (scan->length_len > sizeof hint->length_line)
        return;
    hint->head_len = scan->head_len;
    hint->body_len = scan->body_len;
    hint->length_at = scan->length_at;
    hint->length_len = scan->length_len;
    if (scan->length_len > 0)
        memcpy(hint->length_line, in.bytes + scan->length_at, scan->length_len);
}

static enum frame_status find_body(struct slice in, struct head_scan *scan, size_t *wanted)
{
    const uint8_t *body = in.bytes + scan->head_len, *end;
    size_t rest = in.len - scan->head_len;

    if (scan->length_len == 0) {
        end = memchr(body, 0, rest);
        if (!end)
            return rest > FRAME_BODY_MAX ? FRAME_BROKEN : FRAME_PARTIAL;
        scan->body_len = (size_t)(end - body);
        return FRAME_WHOLE;
    }
    *wanted = scan->head_len + scan->body_len + 1;
    if (rest <= scan->body_len)
        return FRAME_PARTIAL;
    return body[scan->body_len] == 0 ? FRAME_WHOLE : FRAME_BROKEN;
}

static enum frame_status read_whole(struct frame_hint *hint, struct slice in, struct frame *frame,
                                    size_t skipped)
{
    struct head_scan scan = {0};
    enum frame_status status = scan_head(in, &scan);
    size_t wanted = 0;

    if (status == FRAME_WHOLE)
        status = find_body(in, &scan, &wanted);
    if (status != FRAME_WHOLE) {
        frame->consumed = wanted > 0 ? skipped + wanted : 0;
        return status;
    }
    frame->kind = kind_of(in);
    frame->head = slice_of(in.bytes, scan.head_len - 1);
    frame->body = slice_of(in.bytes + scan.head_len, scan.body_len);
    frame->consumed = skipped + scan.head_len + scan.body_len + 1;
    if (frame->kind == FRAME_MESSAGE)
        learn(hint, in, &scan);
    return FRAME_WHOLE;
}

enum frame_status frame_next(struct frame_hint *hint, struct slice in, struct frame *frame)
{
    size_t skipped = 0;

    while (skipped < in.len &&
           (in.bytes[skipped] == '\n' || in.bytes[skipped] == '\r' || in.bytes[skipped] == 0))
        skipped++;
    in = slice_after(in, skipped);
    if (LIKELY(matches_hint(hint, in))) {
        frame->kind = FRAME_MESSAGE;
        frame->head = slice_of(in.bytes, hint->head_len - 1);
        frame->body = slice_of(in.bytes + hint->head_len, hint->body_len);
        frame->consumed = skipped + hint->head_len + hint->body_len + 1;
        return FRAME_WHOLE;
    }
    if (in.len == 0) {
        frame->consumed = 0;
        return FRAME_PARTIAL;
    }
    return read_whole(hint, in, frame, skipped);
}

struct slice frame_header(const struct frame *frame, struct slice name)
{
    struct slice rest = frame->head;

    while (rest.len > 0) {
        const uint8_t *stop = memchr(rest.bytes, '\n', rest.len);
        size_t len = stop ? (size_t)(stop - rest.bytes) : rest.len;
        struct slice line = slice_of(rest.bytes, len);

        rest = slice_after(rest, stop ? len + 1 : len);
        if (line.len > name.len && line.bytes[name.len] == ':' && slice_starts_with(line, name)) {
            line = slice_after(line, name.len + 1);
            if (line.len > 0 && line.bytes[line.len - 1] == '\r')
                line.len--;
            return line;
        }
    }
    return SLICE_ABSENT;
}
