/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_FRAME_H
#define BENCH_FRAME_H
/*
 * frame.h - finds where STOMP frames from a broker end, as cheaply as can be.
 *
 * The load generator must not be the bottleneck: it looks at nothing but the head's end and
 * content-length, and when a MESSAGE has the same form as the one before (same lengths, and the
 * run's mark at the start of the body), not even at the head.
 *
 * Threads    a hint belongs to one connection. Ownership: a frame points into the input.
 * Limits     heads up to FRAME_HEAD_MAX bytes, bodies up to FRAME_BODY_MAX.
 */
#include "base/slice.h"

enum { FRAME_HEAD_MAX = 1 << 20, FRAME_BODY_MAX = 1 << 28 };

enum frame_kind { FRAME_MESSAGE, FRAME_RECEIPT, FRAME_ERROR, FRAME_CONNECTED, FRAME_OTHER };
enum frame_status { FRAME_WHOLE, FRAME_PARTIAL, FRAME_BROKEN };

struct frame {
    enum frame_kind kind;
    struct slice head; /* command and header lines, with the LF of the last one */
    struct slice body;
    size_t consumed; /* up to and including the NUL, and the line ends before the command */
};

/* The form of the last MESSAGE; starts as zeros. */
struct frame_hint {
    size_t head_len; /* with the empty line; 0: nothing learned */
    size_t body_len;
    size_t length_at;  /* where the content-length line stands, when it has one */
    size_t length_len; /* 0: without content-length, the body ends at the first NUL */
    uint8_t length_line[40];
    uint8_t mark[4]; /* the start of every body of this run, set by the caller */
    bool has_mark;   /* false: hints are not used */
};

/* FRAME_PARTIAL: call again with the same bytes and more after them. When it can tell,
 * frame->consumed is the length to wait for, else 0. FRAME_BROKEN: the stream has no next frame. */
enum frame_status frame_next(struct frame_hint *hint, struct slice in, struct frame *frame);

/* The first value of this header, still escaped; absent when there is none. */
struct slice frame_header(const struct frame *frame, struct slice name);
#endif
