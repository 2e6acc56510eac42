/* SPDX-License-Identifier: Apache-2.0 */
/* Whole or torn, the same bytes must give the same answer. First byte: version and where to tear.
 */
#include "stomp_parser.h"
#include <stdlib.h>

static const struct stomp_limits limits = {
    .action_bytes_max = 32,
    .header_bytes_max = 64,
    .headers_max = 24,
    .body_bytes_max = 256,
    .frame_bytes_max = 400,
};

static void check(bool holds)
{
    if (!holds)
        abort();
}

static bool within(struct slice part, struct slice in, const struct stomp_frame *frame)
{
    return part.len == 0 ||
           (part.bytes >= in.bytes && part.bytes + part.len <= in.bytes + in.len) ||
           (part.bytes >= frame->scratch &&
            part.bytes + part.len <= frame->scratch + frame->scratch_capacity);
}

static void check_frame(const struct stomp_frame *frame, struct slice in)
{
    check(within(frame->body, in, frame));
    check(within(frame->action_text, in, frame));
    for (unsigned i = 0; i < frame->header_count; i++) {
        check(within(frame->headers[i].name, in, frame));
        check(within(frame->headers[i].value, in, frame));
        for (unsigned j = 0; j < i; j++)
            check(!slice_equal(frame->headers[i].name, frame->headers[j].name));
    }
}

static void check_same(const struct stomp_frame *a, const struct stomp_frame *b)
{
    check(a->action == b->action && a->header_count == b->header_count);
    check(slice_equal(a->body, b->body) && a->has_body_len == b->has_body_len);
    for (unsigned i = 0; i < a->header_count; i++) {
        check(slice_equal(a->headers[i].name, b->headers[i].name));
        check(slice_equal(a->headers[i].value, b->headers[i].value));
    }
}

static void whole_and_torn(struct slice in, size_t cut, enum stomp_version version,
                           struct stomp_frame *frames)
{
    struct stomp_parser whole = {.line = 0}, torn = {.line = 0};
    enum parse_status a, b;
    size_t used_a, used_b;

    a = stomp_parse(&whole, &limits, version, in, &frames[0], &used_a);
    b = stomp_parse(&torn, &limits, version, slice_of(in.bytes, cut), &frames[1], &used_b);
    for (size_t len = cut + 1; b == PARSE_NEED_MORE && len < in.len; len += 1 + len / 4) {
        memset(frames[1].headers, 0xee, sizeof frames[1].headers); /* others use it meanwhile */
        b = stomp_parse(&torn, &limits, version, slice_of(in.bytes, len), &frames[1], &used_b);
    }
    if (b == PARSE_NEED_MORE)
        b = stomp_parse(&torn, &limits, version, in, &frames[1], &used_b);
    check(a == b && used_a == used_b && whole.error == torn.error);
    if (a != PARSE_FRAME)
        return;
    check(used_a > 0 && used_a <= in.len && in.bytes[used_a - 1] == '\0');
    check_frame(&frames[0], in);
    check_same(&frames[0], &frames[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stomp_frame *frames = malloc(2 * sizeof *frames);
    uint8_t *copy = malloc(size ? size : 1); /* exact size: ASan sees a read of one byte too many */
    struct slice in;

    check(frames && copy);
    if (size > 2) {
        memcpy(copy, data + 2, size - 2);
        in = slice_of(copy, size - 2);
        in = slice_after(in, stomp_skip(in));
        stomp_frame_init(&frames[0]);
        stomp_frame_init(&frames[1]);
        if (in.len > 0)
            whole_and_torn(in, data[1] % in.len,
                           (enum stomp_version)(data[0] % STOMP_VERSION_COUNT), frames);
        stomp_frame_fini(&frames[0]);
        stomp_frame_fini(&frames[1]);
    }
    free(copy);
    free(frames);
    return 0;
}
