/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/message.h"
#include "jms/text.h"
#include <criterion/criterion.h>

static void check_both_ways(struct slice utf8, struct slice modified)
{
    struct text scratch;
    struct slice got;

    text_init(&scratch);
    got = modified_of_utf8(utf8, &scratch);
    cr_expect(slice_equal(got, modified), "%.*s", SLICE_FMT(utf8));
    cr_expect_eq(got.bytes == utf8.bytes, text_is_the_same(utf8));
    got = utf8_of_modified(modified, &scratch);
    cr_expect(slice_equal(got, utf8), "%.*s", SLICE_FMT(utf8));
    cr_expect_eq(got.bytes == modified.bytes, text_is_the_same(modified));
    cr_expect(modified_is_valid(modified));
    text_fini(&scratch);
}

Test(text, ascii_and_the_basic_plane_are_the_same_in_both)
{
    check_both_ways(SLICE_ABSENT, SLICE_ABSENT);
    check_both_ways(SLICE(""), SLICE(""));
    check_both_ways(SLICE("plain"), SLICE("plain"));
    check_both_ways(
        SLICE("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf"),
        SLICE("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf"));
}

Test(text, nul_and_what_is_beyond_the_basic_plane_differ)
{
    check_both_ways(SLICE("a\0b"), SLICE("a\xc0\x80"
                                         "b"));
    check_both_ways(SLICE("\0"), SLICE("\xc0\x80"));
    check_both_ways(SLICE("\xf0\x9f\x98\x80 emoji"), SLICE("\xed\xa0\xbd\xed\xb8\x80 emoji"));
    check_both_ways(SLICE("\xf0\x90\x80\x80"), SLICE("\xed\xa0\x80\xed\xb0\x80"));
    check_both_ways(SLICE("x\xf4\x8f\xbf\xbf"), SLICE("x\xed\xaf\xbf\xed\xbf\xbf"));
}

Test(text, a_lone_surrogate_becomes_the_replacement_character)
{
    static const char *const lone[] = {"a\xed\xa0\xbd"
                                       "b",
                                       "a\xed\xb8\x80"
                                       "b"};
    struct text scratch;

    text_init(&scratch);
    for (unsigned i = 0; i < 2; i++) {
        cr_expect(modified_is_valid(slice_of_text(lone[i])));
        cr_expect(slice_is(utf8_of_modified(slice_of_text(lone[i]), &scratch), "a\xef\xbf\xbd"
                                                                               "b"));
    }
    cr_expect(slice_is(utf8_of_modified(SLICE("\xed\xb8\x80\xed\xa0\xbd"), &scratch),
                       "\xef\xbf\xbd\xef\xbf\xbd"));
    text_fini(&scratch);
}

Test(text, what_is_not_utf8_is_made_valid)
{
    static const char *const broken[] = {"\xff",
                                         "\x80",
                                         "\xc3",
                                         "\xe2\x82",
                                         "\xc1\xbf",
                                         "\xe0\x9f\xbf",
                                         "\xf0\x9f\x98",
                                         "\xf5\x80\x80\x80",
                                         "\xf0\x80\x80\x80",
                                         "\xf4\x90\x80\x80"};
    struct text scratch;

    text_init(&scratch);
    for (unsigned i = 0; i < ARRAY_LEN(broken); i++) {
        struct slice made = modified_of_utf8(slice_of_text(broken[i]), &scratch);

        cr_expect(!text_is_the_same(slice_of_text(broken[i])));
        cr_expect(modified_is_valid(made));
        cr_expect(slice_starts_with(made, SLICE("\xef\xbf\xbd")), "%u", i);
        cr_expect(!modified_is_valid(slice_of_text(broken[i])), "%u", i);
    }
    text_fini(&scratch);
}

static void check_map(struct slice map, uint16_t count, struct slice entries)
{
    struct property_conversion got;
    struct text scratch, back;
    struct slice again;

    text_init(&scratch);
    text_init(&back);
    cr_assert(entries_of_map(map, &scratch, &got));
    cr_expect_eq(got.count, count);
    cr_expect(slice_equal(got.entries, entries));
    cr_assert(map_of_entries(got.entries, got.count, &back, &again));
    if (count > 0)
        cr_expect(slice_equal(again, map));
    else
        cr_expect(!slice_is_present(again));
    text_fini(&scratch);
    text_fini(&back);
}

#define INT_ENTRY "\0\1i\5\0\0\0\7"

Test(text, maps_of_plain_values_are_passed_through)
{
    struct slice map = SLICE("\0\0\0\3" INT_ENTRY "\0\0\0"
                             "\0\1s\x9\0\2hi");
    struct property_conversion got;
    struct text scratch;

    check_map(map, 3, slice_after(map, 4));
    text_init(&scratch);
    cr_assert(entries_of_map(map, &scratch, &got));
    cr_expect_eq(got.entries.bytes, map.bytes + 4);
    text_fini(&scratch);
}

Test(text, no_map_and_a_null_map_have_no_entries)
{
    check_map(SLICE_ABSENT, 0, SLICE_ABSENT);
    check_map(SLICE(""), 0, SLICE_ABSENT);
    check_map(SLICE("\0\0\0\0"), 0, SLICE(""));
    check_map(SLICE("\xff\xff\xff\xff"), 0, SLICE_ABSENT);
}

Test(text, texts_of_maps_are_converted)
{
    check_map(SLICE("\0\0\0\2\0\3\xc0\x80x\x9\0\6\xed\xa0\xbd\xed\xb8\x80" INT_ENTRY), 2,
              SLICE("\0\2\0x\x9\0\4\xf0\x9f\x98\x80" INT_ENTRY));
    check_map(SLICE("\0\0\0\1\0\1b\xd\0\0\0\2\xc0\x80"), 1, SLICE("\0\1b\xd\0\0\0\1\0"));
}

Test(text, nested_maps_and_lists_have_their_length_in_front_in_the_engine)
{
    check_map(SLICE("\0\0\0\2\0\1m\xb\0\0\0\1" INT_ENTRY INT_ENTRY), 2,
              SLICE("\0\1m\xb\0\0\0\xc\0\0\0\1" INT_ENTRY INT_ENTRY));
    check_map(SLICE("\0\0\0\1\0\1l\xc\0\0\0\2\1\1\0"), 1, SLICE("\0\1l\xc\0\0\0\7\0\0\0\2\1\1\0"));
    check_map(SLICE("\0\0\0\1\0\1m\xb\xff\xff\xff\xff"), 1,
              SLICE("\0\1m\xb\0\0\0\4\xff\xff\xff\xff"));
}

static bool is_refused(struct slice map)
{
    struct property_conversion got;
    uint8_t *exact = malloc(map.len); /* a byte too many is seen */
    struct text scratch;
    bool is_taken;

    memcpy(exact, map.bytes, map.len);
    text_init(&scratch);
    is_taken = entries_of_map(slice_of(exact, map.len), &scratch, &got);
    text_fini(&scratch);
    free(exact);
    return !is_taken;
}

Test(text, damaged_maps_are_refused)
{
    static const uint8_t whole[] = "\0\0\0\4\0\1m\xb\0\0\0\1" INT_ENTRY "\0\1s\x9\0\2hi"
                                   "\0\1b\xa\0\0\0\1x" INT_ENTRY;

    for (size_t len = 1; len < sizeof whole - 1; len++)
        cr_expect(is_refused(slice_of(whole, len)), "%zu bytes", len);
    cr_expect(!is_refused(slice_of(whole, sizeof whole - 1)));
    cr_expect(is_refused(SLICE("\0\0\0\1\0\1x\xe")), "a tag that there is not");
    cr_expect(is_refused(SLICE("\0\0\0\1\0\1\xff\0")), "a name that is no text");
    cr_expect(is_refused(SLICE("\0\0\0\1\0\1x\x9\0\1\x80")), "a value that is no text");
    cr_expect(is_refused(SLICE("\0\1\0\0")), "too many entries");
    cr_expect(is_refused(SLICE("\0\0\0\1\0\1b\xa\xff\xff\xff\xff")), "a negative length");
}

static size_t nest(uint8_t *out, unsigned depth)
{
    size_t len = 0;

    memcpy(out, "\0\0\0\1\0\1l\xc", 8);
    len = 8;
    for (unsigned i = 1; i < depth; i++, len += 5)
        memcpy(out + len, "\0\0\0\1\xc", 5);
    memcpy(out + len, "\0\0\0\0", 4);
    return len + 4;
}

Test(text, maps_in_maps_have_a_limit)
{
    uint8_t map[1024];

    cr_expect(!is_refused(slice_of(map, nest(map, 31))));
    cr_expect(is_refused(slice_of(map, nest(map, 32))));
}

Test(text, a_string_that_grows_beyond_its_length_becomes_a_big_one)
{
    static uint8_t nuls[40000];
    const struct property property = {SLICE("n"), {.type = VALUE_STRING, .text = {nuls, 40000}}};
    uint8_t *entries = malloc(property_len(&property));
    struct property_conversion back;
    struct text scratch, again;
    struct slice map;

    property_write(entries, &property);
    text_init(&scratch);
    text_init(&again);
    cr_assert(map_of_entries(slice_of(entries, property_len(&property)), 1, &scratch, &map));
    cr_expect_eq(map.len, 4 + 3 + 1 + 4 + 80000);
    cr_expect_eq(map.bytes[7], VALUE_BIG_STRING);
    cr_assert(entries_of_map(map, &again, &back));
    cr_expect_eq(back.entries.len, 3 + 1 + 4 + 40000);
    text_fini(&scratch);
    text_fini(&again);
    free(entries);
}

Test(text, damaged_entries_are_no_map)
{
    struct text scratch;
    struct slice map;

    text_init(&scratch);
    cr_expect(!map_of_entries(SLICE(INT_ENTRY), 2, &scratch, &map));
    cr_expect(!map_of_entries(SLICE(INT_ENTRY "x"), 1, &scratch, &map));
    cr_expect(!map_of_entries(SLICE("\0\1m\xb\0\0\0\3\0\0\0"), 1, &scratch, &map));
    cr_expect(!map_of_entries(SLICE("\0\1m\xb\0\0\0\5\0\0\0\0x"), 1, &scratch, &map));
    text_fini(&scratch);
}
