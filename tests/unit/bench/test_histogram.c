/* SPDX-License-Identifier: Apache-2.0 */
/* The load generator is a program, not a library: its parts are compiled into their tests. */
#include "histogram.c"
#include <criterion/criterion.h>
#include <stdlib.h>

#define US   INT64_C(1000)
#define HOUR INT64_C(3600000000000)

static struct histogram *latency_histogram(void)
{
    struct histogram *h = NULL;

    cr_assert_eq(histogram_create(US, HOUR, 3, &h), 0);
    return h;
}

Test(histogram, refuses_shapes_that_make_no_sense)
{
    struct histogram *h = NULL;

    cr_assert_eq(histogram_create(0, 100, 3, &h), -EINVAL);
    cr_assert_eq(histogram_create(100, 199, 3, &h), -EINVAL);
    cr_assert_eq(histogram_create(1, 100, 0, &h), -EINVAL);
    cr_assert_eq(histogram_create(1, 100, HISTOGRAM_DIGITS_MAX + 1, &h), -EINVAL);
    cr_assert_eq(histogram_create(1, INT64_MAX, 3, &h), -EINVAL);
    cr_assert_null(h);
}

Test(histogram, is_empty_when_new_and_after_a_reset)
{
    struct histogram *h = latency_histogram();

    for (int round = 0; round < 2; round++) {
        cr_assert_eq(histogram_count(h), 0);
        cr_assert_eq(histogram_min(h), 0);
        cr_assert_eq(histogram_max(h), 0);
        cr_assert_eq(histogram_percentile(h, 99), 0);
        cr_assert_eq(histogram_mean(h), 0);
        histogram_record(h, 5 * US);
        cr_assert_eq(histogram_count(h), 1);
        histogram_reset(h);
    }
    histogram_destroy(h);
}

Test(histogram, keeps_every_value_to_three_digits_from_a_microsecond_to_an_hour)
{
    struct histogram *h = latency_histogram();

    for (int64_t value = US; value <= HOUR; value += value / 7) {
        int64_t found;

        histogram_reset(h);
        histogram_record(h, value);
        histogram_record(h, HOUR); /* so that the maximum does not sharpen the answer */
        found = histogram_percentile(h, 50);
        cr_assert_geq(found, value);
        cr_assert_lt(found - value, value / 1000 + US, "%ld became %ld", value, found);
    }
    histogram_destroy(h);
}

Test(histogram, puts_neighbouring_cells_side_by_side_without_gap_or_overlap)
{
    struct histogram *h = NULL;

    cr_assert_eq(histogram_create(1, 10000000, 2, &h), 0);
    for (uint32_t cell = 0; cell + 1 < h->cell_count; cell++) {
        cr_assert_eq(cell_of(h, cell_top(h, cell)), cell);
        cr_assert_eq(cell_of(h, cell_top(h, cell) + 1), cell + 1);
    }
    histogram_destroy(h);
}

Test(histogram, finds_the_percentiles_of_an_even_distribution)
{
    static const struct {
        double percent;
        int64_t value;
    } rows[] = {{0, 1}, {50, 500}, {90, 900}, {99, 990}, {99.9, 999}, {99.95, 1000}, {100, 1000}};
    struct histogram *h = NULL;

    cr_assert_eq(histogram_create(1, 100000, 3, &h), 0);
    for (int64_t v = 1; v <= 1000; v++)
        histogram_record(h, v);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_assert_eq(histogram_percentile(h, rows[i].percent), rows[i].value, "p%g is %ld",
                     rows[i].percent, histogram_percentile(h, rows[i].percent));
    cr_assert_float_eq(histogram_mean(h), 500.5, 0.01);
    histogram_destroy(h);
}

Test(histogram, knows_minimum_and_maximum_exactly)
{
    struct histogram *h = latency_histogram();

    histogram_record(h, 1234567891);
    histogram_record(h, 7654321);
    cr_assert_eq(histogram_min(h), 7654321);
    cr_assert_eq(histogram_max(h), 1234567891);
    cr_assert_eq(histogram_percentile(h, 100), 1234567891);
    histogram_destroy(h);
}

Test(histogram, counts_what_is_out_of_range_at_the_edges)
{
    struct histogram *h = latency_histogram();

    histogram_record(h, -5);
    histogram_record(h, 2 * HOUR);
    cr_assert_eq(histogram_count(h), 2);
    cr_assert_eq(histogram_min(h), 0);
    cr_assert_eq(histogram_max(h), HOUR);
    histogram_destroy(h);
}

Test(histogram, merged_gives_the_same_as_recorded_in_one)
{
    struct histogram *one = latency_histogram(), *a = latency_histogram(), *b = latency_histogram();

    for (int64_t i = 1; i < 5000; i++) {
        histogram_record(one, i * i * US);
        histogram_record(i % 3 ? a : b, i * i * US);
    }
    cr_assert_eq(histogram_merge(a, b), 0);
    cr_assert_eq(histogram_count(a), histogram_count(one));
    cr_assert_eq(histogram_min(a), histogram_min(one));
    cr_assert_eq(histogram_max(a), histogram_max(one));
    for (double p = 0; p <= 100; p += 0.5)
        cr_assert_eq(histogram_percentile(a, p), histogram_percentile(one, p));
    histogram_destroy(one);
    histogram_destroy(a);
    histogram_destroy(b);
}

Test(histogram, refuses_to_merge_another_shape)
{
    struct histogram *a = latency_histogram(), *b = NULL;

    cr_assert_eq(histogram_create(US, HOUR, 2, &b), 0);
    histogram_record(b, US);
    cr_assert_eq(histogram_merge(a, b), -EINVAL);
    cr_assert_eq(histogram_count(a), 0);
    histogram_destroy(a);
    histogram_destroy(b);
}

Test(histogram, corrects_for_what_a_stall_kept_from_being_measured)
{
    struct histogram *h = NULL;

    cr_assert_eq(histogram_create(1, 100000, 3, &h), 0);
    histogram_record_corrected(h, 1000, 100); /* also 900, 800, ... 100 */
    cr_assert_eq(histogram_count(h), 10);
    cr_assert_eq(histogram_min(h), 100);
    cr_assert_eq(histogram_percentile(h, 50), 500);
    histogram_record_corrected(h, 50, 100);
    histogram_record_corrected(h, 5000, 0);
    cr_assert_eq(histogram_count(h), 12);
    histogram_destroy(h);
}
