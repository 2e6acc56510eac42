/* SPDX-License-Identifier: Apache-2.0 */
#include "window.h"

#include "destination.h"
#include <criterion/criterion.h>

static struct entry entries[64];

static struct window window_with(uint64_t count)
{
    struct window window;
    uint64_t tag;

    window_init(&window);
    for (uint64_t i = 1; i <= count; i++) {
        cr_assert_eq(window_push(&window, &entries[i % 64], &tag), 0);
        cr_assert_eq(tag, i);
    }
    return window;
}

static void take_all(struct window *window)
{
    WINDOW_FOR_EACH(tag, window, 1, UINT64_MAX)
        cr_assert_not_null(window_take(window, tag));
    window_fini(window);
}

Test(window, finds_what_is_unacknowledged_by_tag)
{
    struct window window = window_with(100);

    cr_assert_eq(window_at(&window, 37), &entries[37]);
    cr_assert_eq(window_take(&window, 37), &entries[37]);
    cr_assert_null(window_take(&window, 37));
    cr_assert_null(window_at(&window, 0));
    cr_assert_null(window_at(&window, 101));
    cr_assert_eq(window_next(&window, 37), 38);
    cr_assert_eq(window_previous(&window, 37), 36);
    cr_assert_eq(window_next(&window, 101), 0);
    take_all(&window);
}

Test(window, stays_small_when_one_delivery_is_never_acknowledged)
{
    struct window window = window_with(3);
    uint64_t tag;

    for (uint64_t i = 4; i <= 3000000; i++) {
        cr_assert_eq(window_push(&window, &entries[i % 64], &tag), 0);
        cr_assert_eq(window_take(&window, tag), &entries[i % 64]);
    }
    cr_assert_leq(window.capacity, 4096);
    cr_assert_eq(window.live, 3);
    cr_assert_eq(window_at(&window, 2), &entries[2]);
    cr_assert_eq(window_next(&window, 1), 1);
    cr_assert_eq(window_next(&window, 3), 3);
    cr_assert_eq(window_next(&window, 4), 0);
    cr_assert_eq(window_previous(&window, UINT64_MAX), 3);
    cr_assert_eq(window_take(&window, 2), &entries[2]);
    cr_assert_eq(window_next(&window, 2), 3);
    cr_assert_eq(window_previous(&window, 2), 1);
    take_all(&window);
}

/* Against a plain array, with random settling and a few that stay behind. */
Test(window, answers_as_an_array_of_all_tags_would)
{
    enum { TAGS = 20000 };
    static bool live[TAGS + 2];
    struct window window;
    uint32_t seed = 7;
    uint64_t tag;

    window_init(&window);
    for (uint64_t newest = 1; newest <= TAGS; newest++) {
        cr_assert_eq(window_push(&window, &entries[newest % 64], &tag), 0);
        live[newest] = true;
        for (int tries = 0; tries < 3; tries++) {
            uint64_t some;

            seed = seed * 1664525 + 1013904223;
            some = newest - (seed >> 8) % (newest < 200 ? newest : 200);
            if (some % 500 == 0)
                continue; /* stays behind */
            cr_assert_eq(window_take(&window, some) != NULL, live[some], "tag %lu", some);
            live[some] = false;
        }
    }
    for (uint64_t i = TAGS, next = 0; i > 0; i--) {
        next = live[i] ? i : next;
        cr_assert_eq(window_next(&window, i), next, "next from %lu", i);
    }
    for (uint64_t i = 1, previous = 0; i <= TAGS; i++) {
        previous = live[i] ? i : previous;
        cr_assert_eq(window_previous(&window, i), previous, "previous to %lu", i);
    }
    take_all(&window);
}
