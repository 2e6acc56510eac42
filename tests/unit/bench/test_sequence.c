/* SPDX-License-Identifier: Apache-2.0 */
#include "sequence.c"
#include <criterion/criterion.h>

Test(sequence, needs_no_memory_while_all_come_in_order)
{
    struct sequence s = {0};

    for (uint64_t n = 0; n < 100000; n++)
        cr_assert_eq(sequence_add(&s, n), SEQUENCE_NEW);
    cr_assert_eq(s.unique, 100000);
    cr_assert_eq(s.capacity, 0);
}

Test(sequence, finds_a_duplicate_wherever_it_is)
{
    struct sequence s = {0};

    for (uint64_t n = 0; n < 1000; n += 2)
        cr_assert_eq(sequence_add(&s, n), SEQUENCE_NEW);
    for (uint64_t n = 0; n < 1000; n++)
        cr_assert_eq(sequence_add(&s, n), n % 2 ? SEQUENCE_NEW : SEQUENCE_DUPLICATE);
    for (uint64_t n = 0; n < 1000; n++)
        cr_assert_eq(sequence_add(&s, n), SEQUENCE_DUPLICATE);
    cr_assert_eq(s.unique, 1000);
    cr_assert_eq(s.next, 1000);
    sequence_fini(&s);
}

/* Numbers in an order that visits each once, far apart: like many consumers of one queue. */
Test(sequence, counts_each_number_once_in_any_order)
{
    enum { COUNT = 65536, STEP = 40503 };
    struct sequence s = {0};

    for (uint64_t i = 0; i < COUNT; i++)
        cr_assert_eq(sequence_add(&s, i * STEP % COUNT), SEQUENCE_NEW, "round %lu", i);
    cr_assert_eq(s.unique, COUNT);
    cr_assert_eq(s.next, COUNT);
    cr_assert_eq(sequence_add(&s, COUNT), SEQUENCE_NEW);
    sequence_fini(&s);
}

Test(sequence, keeps_counting_above_a_number_that_is_lost)
{
    struct sequence s = {0};

    cr_assert_eq(sequence_add(&s, 0), SEQUENCE_NEW);
    for (uint64_t n = 2; n < 20000; n++)
        cr_assert_eq(sequence_add(&s, n), SEQUENCE_NEW);
    cr_assert_eq(s.unique, 19999);
    cr_assert_eq(s.next, 1);
    cr_assert_eq(sequence_add(&s, 12345), SEQUENCE_DUPLICATE);
    cr_assert_eq(sequence_add(&s, 1), SEQUENCE_NEW);
    cr_assert_eq(s.next, 20000);
    sequence_fini(&s);
}

Test(sequence, gives_up_what_is_missing_too_far_below)
{
    struct sequence near = {0};

    cr_assert_eq(sequence_add(&near, 5), SEQUENCE_NEW);
    give_up_below(&near, 3);
    cr_assert_eq(near.next, 3);
    cr_assert_eq(sequence_add(&near, 2), SEQUENCE_DUPLICATE);
    cr_assert_eq(sequence_add(&near, 3), SEQUENCE_NEW);
    give_up_below(&near, 100);
    cr_assert_eq(near.next, 100);
    cr_assert_eq(sequence_add(&near, 100), SEQUENCE_NEW);
    cr_assert_eq(near.unique, 3);
    sequence_fini(&near);
}
