/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fifo.h"

#include <criterion/criterion.h>

enum { LEN = sizeof(uint64_t) };

static void push(struct fifo *fifo, uint64_t value)
{
    uint64_t *slot = fifo_push(fifo, LEN);

    cr_assert(slot);
    *slot = value;
}

static uint64_t at(const struct fifo *fifo, uint32_t index)
{
    return *(uint64_t *)fifo_at(fifo, LEN, index);
}

Test(fifo, keeps_the_order_while_it_wraps_and_grows)
{
    struct fifo fifo = {0};
    uint64_t in = 0, out = 0;

    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < 3; i++)
            push(&fifo, in++);
        cr_assert_eq(at(&fifo, 0), out);
        cr_assert_eq(at(&fifo, fifo.count - 1), in - 1);
        fifo_pop(&fifo);
        out++;
    }
    cr_assert_eq(fifo.count, 400);
    while (fifo.count > 0) {
        cr_assert_eq(at(&fifo, 0), out++);
        fifo_pop(&fifo);
    }
    cr_assert_eq(in, out);
    fifo_fini(&fifo);
}

Test(fifo, gives_its_memory_back_when_it_has_been_large_and_runs_empty)
{
    struct fifo fifo = {0};

    push(&fifo, 1);
    fifo_pop(&fifo);
    cr_assert_eq(fifo.capacity, (uint32_t)FIFO_SLOTS_MIN);
    for (uint64_t i = 0; i < 1000; i++)
        push(&fifo, i);
    cr_assert_geq(fifo.capacity, 1000);
    while (fifo.count > 0)
        fifo_pop(&fifo);
    cr_assert_null(fifo.slots);
    push(&fifo, 7);
    cr_assert_eq(at(&fifo, 0), 7);
    fifo_fini(&fifo);
}
