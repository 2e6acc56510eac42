/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slice.h"
#include <criterion/criterion.h>
#include <stdio.h>

Test(slice, an_absent_slice_differs_from_an_empty_one_only_in_presence)
{
    cr_assert(!slice_is_present(SLICE_ABSENT));
    cr_assert(!slice_is_present(slice_of_text(NULL)));
    cr_assert(slice_is_present(SLICE("")));
    cr_assert(slice_equal(SLICE_ABSENT, SLICE("")));
    cr_assert(slice_is(SLICE_ABSENT, ""));
    cr_assert(slice_starts_with(SLICE_ABSENT, SLICE_ABSENT));
    cr_assert_eq(slice_after(SLICE_ABSENT, 0).len, 0);
}

Test(slice, is_trimmed_of_what_java_takes_for_blanks)
{
    cr_assert(slice_is(slice_trim(SLICE(" \t\r\na b\0 ")), "a b"));
    cr_assert(slice_is(slice_trim(SLICE("a")), "a"));
    cr_assert(slice_is(slice_trim(SLICE("\xc2\xa0")), "\xc2\xa0"));
    cr_assert(slice_is(slice_trim(SLICE("  ")), ""));
    cr_assert(!slice_is_present(slice_trim(SLICE_ABSENT)));
}

Test(slice, compares_by_bytes_and_length)
{
    cr_assert(slice_equal(SLICE("a\0b"), SLICE("a\0b")));
    cr_assert(!slice_equal(SLICE("a\0b"), SLICE("a\0c")));
    cr_assert(!slice_equal(SLICE("ab"), SLICE("abc")));
    cr_assert(slice_is(SLICE("queue"), "queue"));
    cr_assert(!slice_is(SLICE("queue"), "queue/"));
    cr_assert(slice_starts_with(SLICE("/queue/a"), SLICE("/queue/")));
    cr_assert(!slice_starts_with(SLICE("/que"), SLICE("/queue/")));
    cr_assert(slice_is(slice_after(SLICE("/queue/a"), 7), "a"));
    cr_assert_eq(slice_after(SLICE("abc"), 3).len, 0);
}

/* Equal bytes at other addresses hash alike; any change of a bit, the length or the seed shows. */
Test(slice, hashes_every_bit_of_its_bytes_and_of_the_seed)
{
    uint8_t bytes[70] = {0}, moved[71] = {0};

    for (size_t len = 0; len <= 64; len++) {
        const uint64_t hash = slice_hash(slice_of(bytes, len), 1);

        cr_assert_eq(hash, slice_hash(slice_of(moved + 1, len), 1));
        cr_assert_neq(hash, slice_hash(slice_of(bytes, len + 1), 1), "length %zu", len);
        cr_assert_neq(hash, slice_hash(slice_of(bytes, len), 2), "length %zu", len);
        for (size_t bit = 0; bit < len * 8; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            cr_assert_neq(hash, slice_hash(slice_of(bytes, len), 1), "%zu of %zu", bit, len);
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
    cr_assert_eq(slice_hash(SLICE_ABSENT, 5), slice_hash(SLICE(""), 5));
}

/* 65536 names into 4096 buckets: 16 each on average; both ends of the hash must serve. */
Test(slice, spreads_numbered_names_evenly_over_buckets)
{
    static unsigned low[4096], high[4096];

    for (unsigned i = 0; i < 65536; i++) {
        char name[32];
        int len = snprintf(name, sizeof name, "/queue/orders.%u", i);
        uint64_t hash = slice_hash(slice_of(name, (size_t)len), 0);

        low[hash % 4096]++;
        high[hash >> 52]++;
    }
    for (unsigned i = 0; i < 4096; i++) {
        cr_assert_leq(low[i], 48);
        cr_assert_leq(high[i], 48);
    }
}

Test(slice, reads_numbers_to_both_ends_of_the_range)
{
    static const struct {
        const char *text;
        int64_t value;
    } cases[] = {
        {"0", 0},
        {"-0", 0},
        {"007", 7},
        {"-1", -1},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = 42;

        cr_assert(slice_to_i64(slice_of_text(cases[i].text), &value), "%s", cases[i].text);
        cr_assert_eq(value, cases[i].value, "%s", cases[i].text);
    }
}

Test(slice, refuses_what_is_no_number_and_leaves_the_result_alone)
{
    static const char *const texts[] = {
        "",
        "-",
        "+1",
        " 1",
        "1 ",
        "--1",
        "1-",
        "0x10",
        "a",
        "1.0",
        "1e3",
        "٣",
        "12a",
        "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999",
        "100000000000000000000000",
    };
    int64_t value = 42;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_assert(!slice_to_i64(slice_of_text(texts[i]), &value), "%s", texts[i]);
    cr_assert(!slice_to_i64(SLICE_ABSENT, &value));
    cr_assert(!slice_to_i64(SLICE("1\0"), &value));
    cr_assert_eq(value, 42);
}
