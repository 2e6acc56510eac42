/* SPDX-License-Identifier: Apache-2.0 */
#include "input.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum {
    CAPACITY_MIN = 512,
    CAPACITY_KEPT_MAX = 65536, /* a longer buffer is not kept for a short rest */
};

void input_fini(struct input *input)
{
    free(input->bytes);
    *input = (struct input){0};
}

static int make_room(struct input *input, size_t len)
{
    size_t capacity = input->capacity > 0 ? input->capacity : CAPACITY_MIN;
    uint8_t *bytes;

    if (input->start + input->len + len <= input->capacity)
        return 0;
    if (input->start > 0) {
        memmove(input->bytes, input->bytes + input->start, input->len);
        input->start = 0;
    }
    while (capacity < input->len + len)
        capacity *= 2;
    if (capacity == input->capacity)
        return 0;
    bytes = realloc(input->bytes, capacity);
    if (!bytes)
        return -ENOMEM;
    input->bytes = bytes;
    input->capacity = capacity;
    return 0;
}

int input_append(struct input *input, struct slice bytes)
{
    if (make_room(input, bytes.len) != 0)
        return -ENOMEM;
    memcpy(input->bytes + input->start + input->len, bytes.bytes, bytes.len);
    input->len += bytes.len;
    return 0;
}

int input_replace(struct input *input, struct slice bytes)
{
    if (input->capacity > CAPACITY_KEPT_MAX && bytes.len <= CAPACITY_KEPT_MAX / 2)
        input_fini(input);
    input->start = input->len = 0;
    return input_append(input, bytes);
}

void input_consume(struct input *input, size_t len)
{
    struct input shorter = {0};

    assert(len <= input->len);
    input->start += len;
    input->len -= len;
    if (input->len == 0) {
        input_fini(input);
    } else if (input->capacity > CAPACITY_KEPT_MAX && input->len <= CAPACITY_KEPT_MAX / 2 &&
               input_append(&shorter, input_slice(input)) == 0) {
        input_fini(input);
        *input = shorter;
    }
}
