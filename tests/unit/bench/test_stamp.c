/* SPDX-License-Identifier: Apache-2.0 */
#include "stamp.h"
#include <criterion/criterion.h>

Test(stamp, gives_back_what_was_put_for_every_bit)
{
    for (int bit = 0; bit < 48; bit++) {
        struct stamp in = {.run = (1u << bit % 24), .stream = STAMP_PART_MAX ^ (1u << bit % 24)};
        struct stamp out = {0};
        uint8_t bytes[STAMP_BYTES];

        in.sequence = UINT64_C(1) << bit;
        in.time_ns = STAMP_WORD_MAX ^ in.sequence;
        stamp_put(bytes, &in);
        cr_assert(stamp_get(bytes, &out));
        cr_assert_eq(out.run, in.run);
        cr_assert_eq(out.stream, in.stream);
        cr_assert_eq(out.sequence, in.sequence);
        cr_assert_eq(out.time_ns, in.time_ns);
    }
}

Test(stamp, is_made_of_printable_digits_only)
{
    uint8_t bytes[STAMP_BYTES];

    stamp_put(bytes, &(struct stamp){1, STAMP_PART_MAX, 0, STAMP_WORD_MAX / 3});
    for (size_t i = 0; i < sizeof bytes; i++)
        cr_assert(bytes[i] >= '0' && bytes[i] <= 'o');
}

Test(stamp, starts_with_the_run_so_that_a_run_has_a_mark)
{
    uint8_t a[STAMP_BYTES], b[STAMP_BYTES], other[STAMP_BYTES];

    stamp_put(a, &(struct stamp){77, 1, 2, 3});
    stamp_put(b, &(struct stamp){77, 900000, 4, 5});
    stamp_put(other, &(struct stamp){78, 1, 2, 3});
    cr_assert_arr_eq(a, b, STAMP_RUN_BYTES);
    cr_assert_arr_neq(a, other, STAMP_RUN_BYTES);
}

Test(stamp, is_refused_when_any_byte_is_no_digit)
{
    for (size_t at = 0; at < STAMP_BYTES; at++) {
        for (int byte = 0; byte < 256; byte++) {
            uint8_t bytes[STAMP_BYTES];
            struct stamp out;

            stamp_put(bytes, &(struct stamp){1, 2, 3, 4});
            bytes[at] = (uint8_t)byte;
            cr_assert_eq(stamp_get(bytes, &out), byte >= '0' && byte <= 'o', "byte %d at %zu", byte,
                         at);
        }
    }
}
