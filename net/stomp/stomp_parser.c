/* SPDX-License-Identifier: Apache-2.0 */
#include "stomp_parser.h"
#include <stdlib.h>

enum { SCRATCH_KEPT_MAX = 65536, FEW_HEADERS = 16 };

const char *stomp_error_text(enum stomp_error error)
{
    static const char *const text[STOMP_ERROR_COUNT] = {
#define X(name, words) [STOMP_ERROR_##name] = words,
        STOMP_ERRORS(X)
#undef X
    };
    assert(error < STOMP_ERROR_COUNT);
    return text[error];
}

void stomp_frame_init(struct stomp_frame *frame)
{
    memset(frame, 0, sizeof *frame);
}

void stomp_frame_fini(struct stomp_frame *frame)
{
    free(frame->scratch);
    frame->scratch = NULL;
    frame->scratch_capacity = 0;
}

static enum parse_status fail(struct stomp_parser *parser, enum stomp_error error)
{
    parser->error = (uint8_t)error;
    return PARSE_ERROR;
}

size_t stomp_skip(struct slice in)
{
    size_t at = 0;

    while (at < in.len && in.bytes[at] <= ' ')
        at++;
    return at;
}

static bool repeats_among_few(const struct stomp_frame *frame, struct slice name)
{
    for (unsigned i = 0; i < frame->header_count; i++)
        if (frame->ids[i] == STOMP_HEADER_OTHER && slice_equal(frame->headers[i].name, name))
            return true;
    return false;
}

/* True when the name is there; else `*slot` is where it belongs. */
static bool seen_find(const struct stomp_frame *frame, struct slice name, unsigned *slot)
{
    unsigned at = (unsigned)slice_hash(name, (uintptr_t)frame) % STOMP_SEEN_SLOTS;

    while (frame->seen[at] != 0) {
        if (slice_equal(frame->headers[frame->seen[at] - 1].name, name))
            return true;
        at = (at + 1) % STOMP_SEEN_SLOTS;
    }
    *slot = at;
    return false;
}

/* Many headers: comparing each with each would let a peer buy a millisecond with 10 kB. */
static bool repeats_among_many(struct stomp_frame *frame, struct slice name)
{
    unsigned slot;

    if (frame->header_count == FEW_HEADERS) {
        memset(frame->seen, 0, sizeof frame->seen);
        for (unsigned i = 0; i < FEW_HEADERS; i++)
            if (!seen_find(frame, frame->headers[i].name, &slot))
                frame->seen[slot] = (uint16_t)(i + 1);
    }
    if (seen_find(frame, name, &slot))
        return true;
    frame->seen[slot] = (uint16_t)(frame->header_count + 1);
    return false;
}

/* STOMP 1.2, and ActiveMQ in all versions: of a repeated header, the first one counts. */
static bool is_repeated(struct stomp_frame *frame, enum stomp_header_id id, struct slice name)
{
    if (frame->header_count >= FEW_HEADERS)
        return repeats_among_many(frame, name);
    if (id != STOMP_HEADER_OTHER)
        return frame->known[id] != 0;
    return repeats_among_few(frame, name);
}

static void add_header(struct stomp_frame *frame, enum stomp_version version, struct slice line)
{
    const uint8_t *colon;
    struct slice name, value;
    enum stomp_header_id id;

    if (version != STOMP_1_1 && line.len > 0 && line.bytes[line.len - 1] == '\r')
        line.len--;
    colon = memchr(line.bytes, ':', line.len);
    name = slice_of(line.bytes, colon ? (size_t)(colon - line.bytes) : line.len);
    value = slice_after(line, colon ? name.len + 1 : line.len);
    if (version == STOMP_1_0) /* only the value, as in ActiveMQ */
        value = slice_trim(value);
    id = stomp_header_find(name);
    if (is_repeated(frame, id, name))
        return;
    frame->headers[frame->header_count] = (struct stomp_header){name, value};
    frame->ids[frame->header_count++] = (uint8_t)id;
    if (id != STOMP_HEADER_OTHER)
        frame->known[id] = frame->header_count;
}

/* Whichever limit lies nearer is the one that counts, however the bytes arrive. */
static enum parse_status check_line(struct stomp_parser *parser, const struct stomp_limits *limits,
                                    size_t end)
{
    const uint64_t line_max =
        parser->lines == 0 ? limits->action_bytes_max : limits->header_bytes_max;
    const uint64_t line_limit = parser->line + line_max;

    if (end <= line_limit && end <= limits->frame_bytes_max)
        return PARSE_FRAME;
    if (limits->frame_bytes_max < line_limit)
        return fail(parser, STOMP_ERROR_FRAME_TOO_LONG);
    return fail(parser,
                parser->lines == 0 ? STOMP_ERROR_ACTION_TOO_LONG : STOMP_ERROR_HEADER_TOO_LONG);
}

static bool is_blank(struct slice line)
{
    return line.len == 0 || (line.len == 1 && line.bytes[0] == '\r');
}

/* Goes on from the first line that is not whole. With a frame, also takes the lines into it. */
static enum parse_status read_lines(struct stomp_parser *parser, const struct stomp_limits *limits,
                                    enum stomp_version version, struct slice in,
                                    struct stomp_frame *frame)
{
    for (;;) {
        const uint8_t *from = in.bytes + parser->searched;
        const uint8_t *lf = memchr(from, '\n', in.len - parser->searched);
        const size_t end = lf ? (size_t)(lf - in.bytes) : in.len;
        const struct slice line = slice_of(in.bytes + parser->line, end - parser->line);

        if (check_line(parser, limits, end) == PARSE_ERROR)
            return PARSE_ERROR;
        if (!lf) {
            parser->searched = (uint32_t)in.len;
            return PARSE_NEED_MORE;
        }
        parser->line = parser->searched = (uint32_t)end + 1;
        if (parser->lines == 0) {
            if (frame)
                frame->action_text = slice_trim(line);
        } else if (is_blank(line)) {
            parser->head_len = (uint32_t)end + 1;
            return PARSE_FRAME;
        } else if (parser->lines > limits->headers_max || parser->lines > STOMP_HEADERS_MAX) {
            return fail(parser, STOMP_ERROR_TOO_MANY_HEADERS);
        } else if (frame) {
            add_header(frame, version, line);
        }
        parser->lines++;
    }
}

/* By prefix and in this order, as ActiveMQ does it: "SUB" and "SENDX" work. */
static enum stomp_action find_action(struct slice text)
{
    static const struct {
        const char *prefix;
        enum stomp_action action;
    } actions[] = {
        {"SEND", STOMP_SEND},
        {"ACK", STOMP_ACK},
        {"NACK", STOMP_NACK},
        {"BEGIN", STOMP_BEGIN},
        {"COMMIT", STOMP_COMMIT},
        {"ABORT", STOMP_ABORT},
        {"SUB", STOMP_SUBSCRIBE},
        {"UNSUB", STOMP_UNSUBSCRIBE},
        {"CONNECT", STOMP_CONNECT},
        {"STOMP", STOMP_CONNECT},
        {"DISCONNECT", STOMP_DISCONNECT},
    };

    if (slice_is(text, "CONNECTED")) /* a server's frame: not a longer spelling of CONNECT */
        return STOMP_UNKNOWN;
    for (size_t i = 0; i < ARRAY_LEN(actions); i++)
        if (text.bytes[0] == (uint8_t)actions[i].prefix[0] &&
            slice_starts_with(text, slice_of_text(actions[i].prefix)))
            return actions[i].action;
    return STOMP_UNKNOWN;
}

static size_t unescape(uint8_t *to, struct slice from, enum stomp_version version)
{
    size_t len = 0;

    for (size_t i = 0; i < from.len; i++) {
        uint8_t c = from.bytes[i];
        const uint8_t next = i + 1 < from.len ? from.bytes[i + 1] : 0;

        if (c == '\\' &&
            (next == 'n' || next == 'c' || next == '\\' || (next == 'r' && version == STOMP_1_2))) {
            c = next == 'n' ? '\n' : next == 'c' ? ':' : next == 'r' ? '\r' : '\\';
            i++;
        }
        to[len++] = c; /* undefined sequences stay as they are */
    }
    return len;
}

static bool reserve_scratch(struct stomp_frame *frame, size_t len)
{
    if (frame->scratch_capacity < len || frame->scratch_capacity > SCRATCH_KEPT_MAX) {
        const size_t capacity = len < 4096 ? 4096 : len;
        uint8_t *scratch = realloc(frame->scratch, capacity);

        if (!scratch)
            return false;
        frame->scratch = scratch;
        frame->scratch_capacity = capacity;
    }
    return true;
}

static bool unescape_values(struct stomp_frame *frame, size_t head_len, enum stomp_version version)
{
    uint8_t *at;

    if (!reserve_scratch(frame, head_len))
        return false;
    at = frame->scratch;
    for (unsigned i = 0; i < frame->header_count; i++) {
        struct slice *value = &frame->headers[i].value;

        if (value->len == 0 || !memchr(value->bytes, '\\', value->len))
            continue;
        value->len = unescape(at, *value, version);
        value->bytes = at;
        at += value->len;
    }
    return true;
}

static enum parse_status read_body_len(struct stomp_parser *parser, struct stomp_frame *frame)
{
    const struct slice text = slice_trim(stomp_frame_header(frame, STOMP_HEADER_CONTENT_LENGTH));
    uint64_t len = 0;

    if (frame->action != STOMP_SEND || !frame->known[STOMP_HEADER_CONTENT_LENGTH])
        return PARSE_FRAME;
    if (text.len == 0)
        return fail(parser, STOMP_ERROR_BAD_LENGTH);
    for (size_t i = 0; i < text.len; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return fail(parser, STOMP_ERROR_BAD_LENGTH);
        if (len <= UINT32_MAX) /* beyond that any limit is passed already */
            len = len * 10 + (text.bytes[i] - (uint64_t)'0');
    }
    parser->has_body_len = true;
    parser->body_len = len > UINT32_MAX ? UINT32_MAX : (uint32_t)len;
    return PARSE_FRAME;
}

/* Reads a head that is in `in` from its first to its last byte, or finds that it is not. */
static enum parse_status read_head(struct stomp_parser *parser, const struct stomp_limits *limits,
                                   enum stomp_version version, struct slice in,
                                   struct stomp_frame *frame)
{
    enum parse_status status;

    memset(frame->known, 0, sizeof frame->known);
    frame->header_count = 0;
    status = read_lines(parser, limits, version, in, frame);
    if (status != PARSE_FRAME)
        return status;
    if (memchr(in.bytes, '\0', parser->head_len))
        return fail(parser, STOMP_ERROR_NUL_IN_HEAD);
    if (memchr(in.bytes, '\\', parser->head_len) &&
        !unescape_values(frame, parser->head_len, version))
        return fail(parser, STOMP_ERROR_NO_MEMORY);
    frame->action = find_action(frame->action_text);
    return read_body_len(parser, frame);
}

/* A torn head: searches on without a frame, which others may have used since. */
static enum parse_status resume_head(struct stomp_parser *parser, const struct stomp_limits *limits,
                                     enum stomp_version version, struct slice in,
                                     struct stomp_frame *frame)
{
    enum parse_status status = read_lines(parser, limits, version, in, NULL);

    if (status != PARSE_FRAME)
        return status;
    *parser = (struct stomp_parser){.line = 0};
    return read_head(parser, limits, version, in, frame);
}

/* The limit that a body of (at least) this length passes first, if any. */
static enum parse_status check_body(struct stomp_parser *parser, const struct stomp_limits *limits,
                                    uint64_t len)
{
    if (len <= limits->body_bytes_max && parser->head_len + len <= limits->frame_bytes_max)
        return PARSE_FRAME;
    return fail(parser,
                limits->frame_bytes_max < (uint64_t)parser->head_len + limits->body_bytes_max
                    ? STOMP_ERROR_FRAME_TOO_LONG
                    : STOMP_ERROR_BODY_TOO_LONG);
}

static enum parse_status find_body(struct stomp_parser *parser, const struct stomp_limits *limits,
                                   struct slice in)
{
    const size_t rest = in.len - parser->head_len;
    const uint8_t *nul;

    if (parser->has_body_len) {
        if (check_body(parser, limits, parser->body_len) == PARSE_ERROR)
            return PARSE_ERROR;
        if (rest <= parser->body_len)
            return PARSE_NEED_MORE;
        if (in.bytes[parser->head_len + (size_t)parser->body_len] != '\0')
            return fail(parser, STOMP_ERROR_BAD_TERMINATOR);
        return PARSE_FRAME;
    }
    nul = memchr(in.bytes + parser->searched, '\0', in.len - parser->searched);
    if (check_body(parser, limits, nul ? (size_t)(nul - in.bytes) - parser->head_len : rest) ==
        PARSE_ERROR)
        return PARSE_ERROR;
    if (!nul) {
        parser->searched = (uint32_t)in.len;
        return PARSE_NEED_MORE;
    }
    parser->body_len = (uint32_t)(nul - in.bytes) - parser->head_len;
    return PARSE_FRAME;
}

static enum parse_status parse_step(struct stomp_parser *parser, const struct stomp_limits *limits,
                                    enum stomp_version version, struct slice in,
                                    struct stomp_frame *frame)
{
    const bool was_whole = parser->head_len != 0;
    const uint32_t body_searched = parser->searched;
    enum parse_status status = PARSE_FRAME;

    if (!was_whole)
        status = parser->searched == 0 ? read_head(parser, limits, version, in, frame)
                                       : resume_head(parser, limits, version, in, frame);
    if (status != PARSE_FRAME)
        return status;
    status = find_body(parser, limits, in);
    if (status == PARSE_FRAME && was_whole) {
        const struct stomp_parser found = *parser;

        *parser = (struct stomp_parser){.line = 0};
        status = read_head(parser, limits, version, in, frame);
        assert(status != PARSE_NEED_MORE && body_searched >= parser->head_len);
        if (status == PARSE_FRAME)
            *parser = found;
    }
    return status;
}

enum parse_status stomp_parse(struct stomp_parser *parser, const struct stomp_limits *limits,
                              enum stomp_version version, struct slice in,
                              struct stomp_frame *frame, size_t *consumed)
{
    enum parse_status status;

    assert(parser->error == STOMP_ERROR_NONE); /* an error is final */
    assert(parser->searched <= in.len);        /* the caller may add bytes, never take any away */
    *consumed = 0;
    if (in.len == 0)
        return PARSE_NEED_MORE;
    assert(in.bytes[0] > ' ');
    if (in.len > UINT32_MAX - 1) /* offsets have 32 bits, whatever the limits say */
        return fail(parser, STOMP_ERROR_FRAME_TOO_LONG);
    status = parse_step(parser, limits, version, in, frame);
    if (status != PARSE_FRAME)
        return status;
    frame->has_body_len = parser->has_body_len;
    frame->body = slice_of(in.bytes + parser->head_len, parser->body_len);
    *consumed = (size_t)parser->head_len + parser->body_len + 1;
    *parser = (struct stomp_parser){.line = 0};
    return PARSE_FRAME;
}
