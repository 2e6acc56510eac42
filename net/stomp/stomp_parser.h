/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STOMP_PARSER_H
#define STOMP_PARSER_H
/*
 * stomp_parser.h - cuts STOMP 1.0-1.2 frames out of a byte stream, with ActiveMQ's tolerances.
 *
 * The caller keeps the bytes: `in` starts at the first byte of the current frame and may grow or
 * move between calls, so what outlives a call (struct stomp_parser, small, one per connection)
 * holds offsets. What describes a whole frame (struct stomp_frame, large, shared by all
 * connections of a thread) holds slices and is valid until `in` is consumed or the next call.
 *
 * Threads    belong to one thread.
 * Ownership  slices of a frame point into `in` or into the frame's own scratch (unescaped values).
 * Limits     struct stomp_limits, checked before bytes are waited for. No byte of a torn frame is
 *            searched twice; its head is read a second time once the frame is whole.
 */
#include "base/compiler.h"
#include "base/slice.h"
#include "stomp_header.h"

enum stomp_version { STOMP_1_0, STOMP_1_1, STOMP_1_2, STOMP_VERSION_COUNT };

enum stomp_action {
    STOMP_UNKNOWN,
    STOMP_SEND,
    STOMP_ACK,
    STOMP_NACK,
    STOMP_BEGIN,
    STOMP_COMMIT,
    STOMP_ABORT,
    STOMP_SUBSCRIBE,
    STOMP_UNSUBSCRIBE,
    STOMP_CONNECT,
    STOMP_DISCONNECT,
};

enum parse_status { PARSE_NEED_MORE, PARSE_FRAME, PARSE_ERROR };

#define STOMP_ERRORS(X) \
    X(NONE, "") \
    X(ACTION_TOO_LONG, "The maximum command length was exceeded") \
    X(HEADER_TOO_LONG, "The maximum header length was exceeded") \
    X(TOO_MANY_HEADERS, "The maximum number of headers was exceeded") \
    X(BODY_TOO_LONG, "The maximum data length was exceeded") \
    X(FRAME_TOO_LONG, "The maximum frame size was exceeded") \
    X(NUL_IN_HEAD, "A header holds a NUL byte") \
    X(BAD_LENGTH, "Specified content-length is not a valid integer") \
    X(BAD_TERMINATOR, "content-length bytes were read and there was no trailing null byte") \
    X(NO_MEMORY, "No memory for the headers of this frame")

enum stomp_error {
#define X(name, text) STOMP_ERROR_##name,
    STOMP_ERRORS(X)
#undef X
        STOMP_ERROR_COUNT
};
const char *stomp_error_text(enum stomp_error error);

enum { STOMP_HEADERS_MAX = 1000, STOMP_SEEN_SLOTS = 2048 };

struct stomp_limits {
    uint32_t action_bytes_max, header_bytes_max, headers_max, body_bytes_max;
    uint64_t frame_bytes_max; /* action, headers and body together */
};

/* Where the current frame stands. All zeros at the start and after each frame. */
struct stomp_parser {
    uint32_t line;     /* start of the first line that is not whole yet */
    uint32_t searched; /* bytes that need no second look */
    uint32_t head_len; /* action, headers and blank line; 0 until they are whole */
    uint32_t body_len;
    uint16_t lines; /* whole lines so far */
    bool has_body_len;
    uint8_t error; /* enum stomp_error, set when PARSE_ERROR was returned */
};

struct stomp_header {
    struct slice name, value;
};

struct stomp_frame {
    enum stomp_action action;
    struct slice action_text;
    struct slice body;
    bool has_body_len; /* a content-length was given and counted */
    uint16_t header_count;
    uint16_t known[STOMP_HEADER_COUNT]; /* index of the first header of that name, plus 1 */
    struct stomp_header headers[STOMP_HEADERS_MAX]; /* first ones only: repeats are left out */
    uint8_t ids[STOMP_HEADERS_MAX];                 /* enum stomp_header_id */
    uint16_t seen[STOMP_SEEN_SLOTS];                /* finds repeats in large frames */
    uint8_t *scratch;
    size_t scratch_capacity;
};

void stomp_frame_init(struct stomp_frame *frame);
void stomp_frame_fini(struct stomp_frame *frame);

/* Absent when the frame has no such header. */
static inline struct slice stomp_frame_header(const struct stomp_frame *frame,
                                              enum stomp_header_id id)
{
    return frame->known[id] ? frame->headers[frame->known[id] - 1].value : SLICE_ABSENT;
}

/* How many bytes in front belong to no frame: line ends (heart-beats), NULs, blanks. */
size_t stomp_skip(struct slice in);

/*
 * `in` must not begin with bytes that stomp_skip() would skip.
 *
 * PARSE_FRAME      `frame` describes one frame; *consumed is its length, NUL included. The parser
 *                  is ready for the next frame.
 * PARSE_NEED_MORE  *consumed is 0: call again with the same bytes and more after them.
 * PARSE_ERROR      parser->error says why. The stream has no next frame: close it.
 */
enum parse_status stomp_parse(struct stomp_parser *parser, const struct stomp_limits *limits,
                              enum stomp_version version, struct slice in,
                              struct stomp_frame *frame, size_t *consumed) MUST_CHECK;
#endif
