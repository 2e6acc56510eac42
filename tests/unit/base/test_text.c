/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include <criterion/criterion.h>
#include <wchar.h>

Test(text, is_present_and_empty_before_the_first_append)
{
    struct text text;

    text_init(&text);
    cr_assert(slice_is_present(text_slice(&text)));
    cr_assert(slice_is(text_slice(&text), ""));
    cr_assert(!text_failed(&text));
    text_fini(&text);
}

Test(text, keeps_what_was_added_in_order_and_ends_with_a_nul)
{
    struct text text;

    text_init(&text);
    text_add(&text, SLICE("a\0b"));
    text_add(&text, SLICE_ABSENT);
    text_add_char(&text, ':');
    text_add_format(&text, "%d-%s", 7, "x");
    cr_assert(slice_equal(text_slice(&text), SLICE("a\0b:7-x")));
    cr_assert_eq(text.bytes[text.len], '\0');
    text_fini(&text);
    cr_assert_eq(text.len, 0);
}

/* The moment of growth falls on each of the three ways to append. */
Test(text, grows_at_any_byte)
{
    struct text text;
    size_t len = 0;

    text_init(&text);
    for (int i = 0; i < 3000; i++) {
        text_add_char(&text, 'c');
        text_add(&text, SLICE("sl"));
        text_add_format(&text, "%s", i % 2 ? "fmt" : "");
        len += i % 2 ? 6 : 3;
        cr_assert_eq(text.len, len);
        cr_assert_eq(strlen(text.bytes), len);
    }
    cr_assert(slice_starts_with(text_slice(&text), SLICE("cslcslfmtcslcslfmt")));
    cr_assert(!text_failed(&text));
    text_fini(&text);
}

Test(text, stays_failed_and_unchanged_after_a_failure)
{
    struct text text;

    text_init(&text);
    text_add(&text, SLICE("before"));
    text_add(&text, slice_of("", SIZE_MAX / 2)); /* more than any memory: never read */
    cr_assert(text_failed(&text));
    text_add(&text, SLICE("after"));
    text_add_char(&text, 'c');
    text_add_format(&text, "%d", 1);
    cr_assert(text_failed(&text));
    cr_assert(slice_is(text_slice(&text), "before"));
    text_fini(&text);
}

Test(text, fails_when_a_format_cannot_be_written)
{
    struct text text;

    text_init(&text);
    text_add(&text, SLICE("before"));
    text_add_format(&text, "%lc", (wint_t)0x7fffffff); /* no such character in any locale */
    cr_assert(text_failed(&text));
    text_add_format(&text, "%d", 1);
    cr_assert(slice_is(text_slice(&text), "before"));
    text_fini(&text);
}

Test(text, cuts_an_error_that_is_too_long)
{
    struct text_error error;

    text_error_set(&error, "line %d: %0300d", 12, 7);
    cr_assert_eq(strlen(error.text), sizeof error.text - 1);
    cr_assert(slice_starts_with(slice_of_text(error.text), SLICE("line 12: 000")));
    text_error_set(&error, "short");
    cr_assert_str_eq(error.text, "short");
}
