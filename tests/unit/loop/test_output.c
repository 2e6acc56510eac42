/* SPDX-License-Identifier: Apache-2.0 */
#include "output_private.h"
#include <criterion/criterion.h>
#include <stdlib.h>

enum { TOTAL = 100000 };

static uint8_t pattern(size_t at)
{
    return (uint8_t)(at * 2654435761u >> 13);
}

static void open_output(struct output_pool *pool, struct output *output)
{
    output_pool_init(pool);
    output_init(output, pool);
}

static void close_output(struct output_pool *pool, struct output *output)
{
    output_fini(output);
    output_pool_fini(pool); /* asserts that nothing is left */
}

static size_t unsent(const struct output *output)
{
    return (size_t)(output->written - output->sent);
}

/* "Sends" `len` bytes and checks that they are those of the pattern. */
static void send_pattern(struct output *output, size_t len)
{
    struct iovec vectors[64];
    const unsigned count = output_gather(output, vectors, 64);
    size_t at = (size_t)output->sent, left = len;

    for (unsigned i = 0; i < count && left > 0; i++) {
        const uint8_t *bytes = vectors[i].iov_base;

        for (size_t j = 0; j < vectors[i].iov_len && left > 0; j++, left--)
            cr_assert_eq(bytes[j], pattern(at++));
    }
    cr_assert_eq(left, 0);
    output_consume(output, len);
}

static void release_bytes(void *owner)
{
    free(owner);
}

/* One of the three ways to write, chosen by `way`. */
static void write_pattern(struct output *output, unsigned way, size_t len)
{
    uint8_t *bytes = malloc(len);

    for (size_t i = 0; i < len; i++)
        bytes[i] = pattern((size_t)output->written + i);
    if (way == 0) {
        output_add_shared(output, slice_of(bytes, len), release_bytes, bytes);
        return;
    }
    if (way == 1) {
        output_add(output, slice_of(bytes, len));
    } else {
        memcpy(output_reserve(output, len + 7), bytes, len); /* more than is needed */
        output_commit(output, len);
    }
    free(bytes);
}

Test(output, keeps_the_order_however_it_is_written_and_sent)
{
    struct output_pool *pool = malloc(sizeof *pool);
    struct output output;
    unsigned seed = 1;

    open_output(pool, &output);
    while (output.sent < TOTAL * 10) {
        if (output.written < TOTAL * 10)
            write_pattern(&output, (unsigned)rand_r(&seed) % 3, 1 + (size_t)rand_r(&seed) % 3000);
        if (rand_r(&seed) % 2 && unsent(&output) > 0) {
            size_t len = 1 + (size_t)rand_r(&seed) % 5000;

            send_pattern(&output, len < unsent(&output) ? len : unsent(&output));
        }
    }
    close_output(pool, &output);
    free(pool);
}

Test(output, holds_no_memory_once_all_is_sent)
{
    struct output_pool *pool = malloc(sizeof *pool);
    struct output output;

    open_output(pool, &output);
    write_pattern(&output, 1, 20000);
    write_pattern(&output, 0, 5000);
    write_pattern(&output, 2, 10);
    (void)output_reserve(&output, OUTPUT_RESERVE_MAX); /* and nothing committed */
    output_commit(&output, 0);
    cr_assert(pool->chunks.in_use > 0);
    send_pattern(&output, 25010);
    cr_assert_eq(pool->chunks.in_use, 0);
    cr_assert_eq(pool->pieces.in_use, 0);
    close_output(pool, &output);
    free(pool);
}

/* Or a large body with a small header each would cost a chunk each. */
Test(output, shares_a_chunk_among_the_small_pieces_between_large_ones)
{
    struct output_pool *pool = malloc(sizeof *pool);
    struct output output;

    open_output(pool, &output);
    for (unsigned i = 0; i < 20; i++) {
        write_pattern(&output, 1, 100);
        write_pattern(&output, 0, 5000);
    }
    cr_assert_eq(pool->chunks.in_use, 1);
    send_pattern(&output, 20 * 5100);
    close_output(pool, &output);
    free(pool);
}

Test(output, can_grow_while_its_beginning_is_being_sent)
{
    struct output_pool *pool = malloc(sizeof *pool);
    struct output output;
    struct iovec vector;

    open_output(pool, &output);
    write_pattern(&output, 2, 100);
    cr_assert_eq(output_gather(&output, &vector, 1), 1);
    cr_assert_eq(vector.iov_len, 100);
    write_pattern(&output, 2, 50);
    output_consume(&output, 100); /* the send that was begun before */
    send_pattern(&output, 50);
    close_output(pool, &output);
    free(pool);
}

Test(output, is_marked_dirty_once_until_it_was_looked_at)
{
    struct output_pool *pool = malloc(sizeof *pool);
    struct output output;

    open_output(pool, &output);
    write_pattern(&output, 2, 10);
    write_pattern(&output, 2, 10);
    cr_assert_eq(pool->dirty.next, &output.dirty);
    cr_assert_eq(pool->dirty.prev, &output.dirty);
    list_remove(&output.dirty);
    write_pattern(&output, 0, 10);
    cr_assert_not(list_is_empty(&pool->dirty));
    close_output(pool, &output);
    free(pool);
}

Test(output, swallows_writes_after_memory_ran_out)
{
    struct output_pool *pool = malloc(sizeof *pool);
    struct output output;

    if (ASAN_BUILD)
        cr_skip_test("the sanitizer ends a process that asks for too much");
    open_output(pool, &output);
    pool_init(&pool->chunks, SIZE_MAX / 4); /* no such chunk can be had */
    write_pattern(&output, 1, 40000);
    write_pattern(&output, 2, 100);
    write_pattern(&output, 0, 100); /* released at once */
    cr_assert_eq(output.state, OUTPUT_BROKEN);
    cr_assert_eq(output.written, 0);
    cr_assert_not(list_is_empty(&pool->dirty));
    close_output(pool, &output);
    free(pool);
}
