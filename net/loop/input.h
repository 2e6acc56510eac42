/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INPUT_H
#define INPUT_H
/*
 * input.h - the bytes of a connection that were received and not yet used up.
 *
 * Threads    belongs to its loop's thread. Ownership: input_fini frees the bytes.
 * Limits     none here: the connection judges the length. Grows by doubling, so that a long frame
 *            which comes in many parts is copied once or twice, not once for each part.
 */
#include "base/compiler.h"
#include "base/slice.h"

struct input {
    uint8_t *bytes;
    size_t start, len, capacity;
};

static inline struct slice input_slice(const struct input *input)
{
    return slice_of(input->bytes + input->start, input->len);
}

void input_fini(struct input *input);
int input_append(struct input *input, struct slice bytes) MUST_CHECK;  /* -ENOMEM */
int input_replace(struct input *input, struct slice bytes) MUST_CHECK; /* not by its own bytes */
/* The first `len` bytes were used up. Gives memory back when little or nothing is left. */
void input_consume(struct input *input, size_t len);
#endif
