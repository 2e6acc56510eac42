/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include <criterion/criterion.h>
#include <time.h>

Test(clock, wall_time_is_that_of_the_system_in_milliseconds)
{
    const int64_t before = (int64_t)time(NULL) - 1; /* time() may lag by a tick */
    const int64_t now = clock_wall_ms();
    const int64_t after = (int64_t)time(NULL) + 1;

    cr_assert_geq(now, before * 1000);
    cr_assert_leq(now, after * 1000);
}

Test(clock, monotonic_time_never_goes_back_and_agrees_in_both_units)
{
    int64_t last = clock_monotonic_ns();

    for (int i = 0; i < 10000; i++) {
        const int64_t ms = clock_monotonic_ms();
        const int64_t ns = clock_monotonic_ns();

        cr_assert_geq(ms, last / 1000000);
        cr_assert_geq(ns / 1000000, ms);
        last = ns;
    }
}
