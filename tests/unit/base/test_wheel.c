/* SPDX-License-Identifier: Apache-2.0 */
#include "base/wheel.h"
#include <criterion/criterion.h>
#include <stdlib.h>

static struct {
    struct wheel wheel;
    int64_t asked_ms; /* what the running wheel_advance was given */
    int64_t last_at_ms;
    unsigned fired;
} state;

static void count(struct timer *timer)
{
    cr_assert(!timer_is_set(timer));
    cr_assert_leq(timer->at_ms, state.asked_ms, "fired early");
    cr_assert_geq(timer->at_ms, state.last_at_ms, "fired out of order");
    state.last_at_ms = timer->at_ms;
    state.fired++;
}

static void start(int64_t now_ms)
{
    wheel_init(&state.wheel, now_ms);
    state.asked_ms = state.last_at_ms = now_ms;
    state.fired = 0;
}

static unsigned advance(int64_t now_ms)
{
    const unsigned before = state.fired;

    state.asked_ms = now_ms;
    wheel_advance(&state.wheel, now_ms);
    return state.fired - before;
}

static const int64_t starts[] = {0, 1, 63, 64, 4095, 1767600000123, (INT64_C(1) << 36) - 1};
static const int64_t delays[] = {1,
                                 2,
                                 63,
                                 64,
                                 65,
                                 4095,
                                 4096,
                                 4097,
                                 262143,
                                 262144,
                                 16777216,
                                 16777217,
                                 1 << 30,
                                 INT64_C(1) << 35,
                                 INT64_C(1) << 36,
                                 INT64_C(1) << 40};

Test(wheel, fires_at_its_time_and_not_a_millisecond_before)
{
    for (size_t s = 0; s < ARRAY_LEN(starts); s++) {
        for (size_t d = 0; d < ARRAY_LEN(delays); d++) {
            struct timer timer;

            start(starts[s]);
            timer_init(&timer, count);
            wheel_set(&state.wheel, &timer, starts[s] + delays[d]);
            cr_assert(timer_is_set(&timer));
            cr_assert_eq(advance(starts[s] + delays[d] - 1), 0, "%zu %zu", s, d);
            cr_assert_eq(advance(starts[s] + delays[d]), 1, "%zu %zu", s, d);
            cr_assert_eq(wheel_next_ms(&state.wheel), INT64_MAX);
        }
    }
}

Test(wheel, fires_timers_in_the_order_of_their_time)
{
    static struct timer timers[2000];

    srand(2);
    start(1000);
    for (size_t i = 0; i < 2000; i++) {
        timer_init(&timers[i], count);
        wheel_set(&state.wheel, &timers[i], 1001 + rand() % (i % 2 ? 1000 : 10000000));
    }
    cr_assert_eq(advance(20000000), 2000);
}

/* As a loop does it: sleep until the wheel says so. Steps stay few, times exact. */
Test(wheel, fires_each_timer_at_its_millisecond_when_the_caller_follows_next)
{
    static struct timer timers[500];
    unsigned steps = 0;

    srand(3);
    start(777);
    for (size_t i = 0; i < 500; i++) {
        timer_init(&timers[i], count);
        wheel_set(&state.wheel, &timers[i], 778 + rand() % 100000000);
    }
    while (state.fired < 500) {
        const int64_t next = wheel_next_ms(&state.wheel);

        cr_assert_gt(next, state.wheel.now_ms);
        for (size_t i = 0; i < 500; i++)
            cr_assert(!timer_is_set(&timers[i]) || next <= timers[i].at_ms);
        if (advance(next) > 0)
            cr_assert_eq(state.last_at_ms, next);
        steps++;
    }
    cr_assert_leq(steps, 500 * WHEEL_LEVELS);
}

Test(wheel, fires_what_was_set_for_the_past_at_the_next_advance)
{
    struct timer past, now;

    start(5000);
    timer_init(&past, count);
    timer_init(&now, count);
    state.last_at_ms = 0;
    wheel_set(&state.wheel, &past, 10);
    wheel_set(&state.wheel, &now, 5000);
    cr_assert_leq(wheel_next_ms(&state.wheel), 5000);
    cr_assert_eq(advance(5000), 2);
    cr_assert_eq(wheel_next_ms(&state.wheel), INT64_MAX);
}

Test(wheel, moves_a_timer_that_is_set_again)
{
    struct timer timer;

    start(0);
    timer_init(&timer, count);
    wheel_set(&state.wheel, &timer, 100);
    wheel_set(&state.wheel, &timer, 100000);
    cr_assert_eq(advance(99999), 0);
    wheel_set(&state.wheel, &timer, 100500);
    wheel_set(&state.wheel, &timer, 100001);
    cr_assert_eq(advance(100001), 1);
    cr_assert_eq(advance(200000), 0);
}

Test(wheel, never_fires_a_cancelled_timer_and_forgets_its_slot)
{
    for (size_t d = 0; d < ARRAY_LEN(delays); d++) {
        struct timer timer;

        start(123456);
        timer_init(&timer, count);
        wheel_cancel(&state.wheel, &timer);
        wheel_set(&state.wheel, &timer, 123456 + delays[d]);
        cr_assert_eq(advance(123456 + delays[d] / 2), 0);
        wheel_cancel(&state.wheel, &timer);
        wheel_cancel(&state.wheel, &timer);
        cr_assert(!timer_is_set(&timer));
        cr_assert_eq(wheel_next_ms(&state.wheel), INT64_MAX);
        cr_assert_eq(advance(123456 + delays[d] * 2), 0);
    }
}

static struct timer periodic, victim, other;

static void fire_again(struct timer *timer)
{
    count(timer);
    wheel_set(&state.wheel, timer, timer->at_ms + 10);
}

/* A gap of hours fires every period of it, each at its own tick. */
Test(wheel, lets_a_callback_set_its_timer_again)
{
    start(0);
    timer_init(&periodic, fire_again);
    wheel_set(&state.wheel, &periodic, 10);
    cr_assert_eq(advance(3600 * 1000), 3600 * 100);
    cr_assert_eq(wheel_next_ms(&state.wheel), 3600 * 1000 + 10);
}

static void fire_again_at_once(struct timer *timer)
{
    state.fired++;
    wheel_set(&state.wheel, timer, 0);
}

Test(wheel, does_not_loop_over_a_callback_that_sets_its_timer_for_the_past)
{
    start(0);
    timer_init(&periodic, fire_again_at_once);
    wheel_set(&state.wheel, &periodic, 5);
    cr_assert_eq(advance(1000), 1);
    cr_assert_eq(advance(1000), 1);
    wheel_cancel(&state.wheel, &periodic);
}

static void cancel_victim(struct timer *timer)
{
    state.fired++;
    wheel_cancel(&state.wheel, timer == &victim ? &other : &victim);
}

Test(wheel, lets_a_callback_cancel_a_timer_of_the_same_tick)
{
    static const int64_t times[] = {-5, 7, 70};

    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        start(0);
        timer_init(&victim, cancel_victim);
        timer_init(&other, cancel_victim);
        wheel_set(&state.wheel, &victim, times[i]);
        wheel_set(&state.wheel, &other, times[i]);
        cr_assert_eq(advance(100), 1);
        cr_assert(!timer_is_set(&victim) && !timer_is_set(&other));
    }
}

Test(wheel, ignores_a_clock_that_stands_or_goes_back)
{
    struct timer timer;

    start(1000);
    timer_init(&timer, count);
    wheel_set(&state.wheel, &timer, 1500);
    cr_assert_eq(advance(900), 0);
    cr_assert_eq(state.wheel.now_ms, 1000);
    cr_assert_eq(advance(1499), 0);
    cr_assert_eq(advance(1499), 0);
    cr_assert_eq(advance(1500), 1);
}

static bool is_set_by_plan[300];
static int64_t plan[300];
static struct timer planned[300];

static void fire_planned(struct timer *timer)
{
    const size_t i = (size_t)(timer - planned);

    cr_assert(is_set_by_plan[i]);
    cr_assert_eq(plan[i], timer->at_ms);
    is_set_by_plan[i] = false;
    count(timer);
}

/* Against a plain array: after each advance exactly those are left whose time has not come. */
Test(wheel, agrees_with_a_plain_array_over_a_long_random_run)
{
    int64_t now = INT64_C(1767600000000);

    srand(4);
    start(now);
    for (size_t i = 0; i < 300; i++)
        timer_init(&planned[i], fire_planned);
    for (int step = 0; step < 20000; step++) {
        const size_t i = (size_t)rand() % 300;
        const int64_t delay = rand() % (INT64_C(1) << (1 + rand() % 30)) + 1;

        if (rand() % 4 == 0) {
            wheel_cancel(&state.wheel, &planned[i]);
            is_set_by_plan[i] = false;
        } else {
            plan[i] = now + delay;
            wheel_set(&state.wheel, &planned[i], plan[i]);
            is_set_by_plan[i] = true;
        }
        now += rand() % (INT64_C(1) << (rand() % 22));
        state.last_at_ms = 0;
        advance(now);
        for (size_t n = 0; n < 300; n++) {
            cr_assert_eq(timer_is_set(&planned[n]), is_set_by_plan[n]);
            cr_assert(!is_set_by_plan[n] || plan[n] > now);
        }
    }
}
