/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/destination_name.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const struct match_case {
    const char *pattern, *name;
    bool matches;
} match_cases[] = {
    /* clang-format off */
    {"A", "A", true}, {"A", "B", false}, {"A", "a", false}, {"A.B", "A.B", true},
    {"A.B", "A", false}, {"A", "A.B", false}, {"", "", true}, {"", "A", false},
    {"*", "A", true}, {"*", "", true}, {"*", "A.B", false}, {"*.B", "A.B", true},
    {"*.B", "A.C", false}, {"A.*", "A.B", true}, {"A.*", "A", false}, {"A.*", "A.", true},
    {"A.*.C", "A.B.C", true}, {"A.*.C", "A.B.B.C", false}, {"*.*", "A.B", true},
    {"*.*", "A", false}, {"A*", "AB", false}, {"A*", "A*", true}, {"**", "A", false},
    {">", "A", true}, {">", "A.B.C", true}, {">", "", true}, {">", "..", true},
    {"A.>", "A", true}, {"A.>", "A.B", true}, {"A.>", "A.B.C", true}, {"A.>", "AB", false},
    {"A.>", "B", false}, {"A.>", "A.", true}, {"A.>", "", false},
    {"*.>", "A", true}, {"*.>", "A.B", true}, {"*.>", "", true},
    {"A.*.>", "A", false}, {"A.*.>", "A.B", true}, {"A.*.>", "A.B.C", true},
    {"A.>.>", "A", true}, {"A.>.>", "A.B", true}, {">.>", "A", true},
    {"A.>.B", "A.X.B", false}, {"A.>.B", "A.>.B", true}, {"*.>.B", "A.>.B", true},
    {"*.>.B", "A.X.B", false}, {"A>", "A.B", false}, {"A>", "A>", true}, {">A", "A", false},
    {"A..B", "A..B", true}, {"A..B", "A.B", false}, {"A.*.B", "A..B", true},
    {".A", ".A", true}, {".A", "A", false}, {"*.A", ".A", true}, {".>", "", true},
    {".>", ".A", true}, {".>", "A", false}, {"..", "..", true}, {"*.*.*", "..", true},
    {"*.*", "..", false}, {"A.B", "A.*", false}, {"A.*", "A.*", true}, {"A.B.>", "A.*", false},
    {"A.*", "A.>", true}, {"A.>", "A.>", true}, {">", ">", true}, {"A", "*", false},
    /* clang-format on */
};

Test(pattern, matches_as_its_levels_say)
{
    for (size_t i = 0; i < ARRAY_LEN(match_cases); i++) {
        const struct match_case *c = &match_cases[i];

        cr_expect_eq(pattern_matches(slice_of_text(c->pattern), slice_of_text(c->name)), c->matches,
                     "\"%s\" on \"%s\"", c->pattern, c->name);
    }
}

Test(pattern, is_a_wildcard_only_with_a_star_level_or_a_final_arrow)
{
    static const char *const wild[] = {"*", ">", "A.>", "*.A", "A.*.B", "..>", "A.*.>.B", ".*"};
    static const char *const plain[] = {"", "A", "A>", "A*", "*A", "A.>.B", "..", "A.**", ">.A"};

    for (size_t i = 0; i < ARRAY_LEN(wild); i++)
        cr_expect(pattern_is_wildcard(slice_of_text(wild[i])), "%s", wild[i]);
    for (size_t i = 0; i < ARRAY_LEN(plain); i++)
        cr_expect(!pattern_is_wildcard(slice_of_text(plain[i])), "%s", plain[i]);
}

Test(destination_name, differs_by_kind_and_by_bytes)
{
    struct destination_name queue = {DESTINATION_QUEUE, SLICE("A")}, topic = queue, other = queue;

    topic.kind = DESTINATION_TOPIC;
    other.name = SLICE("B");
    cr_assert(destination_name_equal(queue, queue));
    cr_assert(!destination_name_equal(queue, topic));
    cr_assert(!destination_name_equal(queue, other));
    cr_assert_neq(destination_name_hash(queue), destination_name_hash(topic));
    cr_assert_neq(destination_name_hash(queue), destination_name_hash(other));
    cr_assert_str_eq(destination_kind_prefix(DESTINATION_TEMP_TOPIC), "temp-topic://");
}

static void count_visit(void *arg, void *item)
{
    size_t *counts = arg;

    counts[*(const int *)item]++;
}

/* The index must agree with pattern_matches on every pair of the table above. */
Test(pattern_index, agrees_with_matching_one_by_one)
{
    struct pattern_index *index = pattern_index_create();
    int ids[ARRAY_LEN(match_cases)];

    for (int i = 0; i < (int)ARRAY_LEN(match_cases); i++) {
        ids[i] = i;
        cr_assert_eq(pattern_index_add(index, slice_of_text(match_cases[i].pattern), &ids[i]), 0);
    }
    for (size_t n = 0; n < ARRAY_LEN(match_cases); n++) {
        struct slice name = slice_of_text(match_cases[n].name);
        size_t counts[ARRAY_LEN(match_cases)] = {0};

        pattern_index_match(index, name, count_visit, counts);
        for (size_t p = 0; p < ARRAY_LEN(match_cases); p++)
            cr_expect_eq(counts[p], pattern_matches(slice_of_text(match_cases[p].pattern), name),
                         "\"%s\" on \"%s\"", match_cases[p].pattern, match_cases[n].name);
    }
    pattern_index_destroy(index);
}

static size_t matches_of(const struct pattern_index *index, const char *name)
{
    size_t counts[1] = {0};

    pattern_index_match(index, slice_of_text(name), count_visit, counts);
    return counts[0];
}

Test(pattern_index, forgets_one_pair_at_a_time)
{
    struct pattern_index *index = pattern_index_create();
    int item = 0;

    cr_assert_eq(pattern_index_add(index, SLICE("A.*.>"), &item), 0);
    cr_assert_eq(pattern_index_add(index, SLICE("A.*.>"), &item), 0);
    cr_assert_eq(pattern_index_add(index, SLICE("A.B"), &item), 0);
    cr_assert_eq(matches_of(index, "A.B"), 3);
    pattern_index_remove(index, SLICE("A.*"), &item); /* there is none */
    pattern_index_remove(index, SLICE("X.Y"), &item);
    cr_assert_eq(matches_of(index, "A.B"), 3);
    pattern_index_remove(index, SLICE("A.*.>"), &item);
    cr_assert_eq(matches_of(index, "A.B"), 2);
    pattern_index_remove(index, SLICE("A.*.>.>"), &item); /* the same pattern */
    cr_assert_eq(matches_of(index, "A.B"), 1);
    pattern_index_remove(index, SLICE("A.B"), &item);
    cr_assert_eq(matches_of(index, "A.B"), 0);
    pattern_index_destroy(index);
}

Test(pattern_index, survives_names_that_are_nothing_but_dots)
{
    struct pattern_index *index = pattern_index_create();
    char dots[DESTINATION_NAME_MAX + 2];
    int item = 0;

    memset(dots, '.', sizeof dots);
    cr_assert_eq(pattern_index_add(index, slice_of(dots, DESTINATION_NAME_MAX), &item), 0);
    cr_assert_eq(pattern_index_add(index, slice_of(dots, DESTINATION_NAME_MAX + 1), &item),
                 -EINVAL);
    dots[DESTINATION_NAME_MAX] = '\0';
    cr_assert_eq(matches_of(index, dots), 1);
    pattern_index_remove(index, slice_of(dots, DESTINATION_NAME_MAX), &item);
    cr_assert_eq(matches_of(index, dots), 0);
    pattern_index_destroy(index);
}

Test(pattern_index, finds_the_few_that_match_among_100000)
{
    struct pattern_index *index = pattern_index_create();
    enum { COUNT = 100000 };
    char pattern[64];
    int item = 0;

    for (int i = 0; i < COUNT; i++) {
        int len = snprintf(pattern, sizeof pattern, "plant.%d.line.%d%s", i % 100, i,
                           i % 2 ? ".>" : ".*.state");
        cr_assert_eq(pattern_index_add(index, slice_of(pattern, (size_t)len), &item), 0);
    }
    cr_assert_eq(pattern_index_add(index, SLICE("plant.*.line.51.>"), &item), 0);
    for (int round = 0; round < 1000; round++) {
        cr_assert_eq(matches_of(index, "plant.51.line.51.robot.state"), 2);
        cr_assert_eq(matches_of(index, "plant.50.line.50.robot.state"), 1);
        cr_assert_eq(matches_of(index, "plant.50.line.51.robot"), 1);
    }
    for (int i = 0; i < COUNT; i++) {
        int len = snprintf(pattern, sizeof pattern, "plant.%d.line.%d%s", i % 100, i,
                           i % 2 ? ".>" : ".*.state");
        pattern_index_remove(index, slice_of(pattern, (size_t)len), &item);
    }
    cr_assert_eq(matches_of(index, "plant.50.line.50.robot.state"), 0);
    cr_assert_eq(matches_of(index, "plant.51.line.51.robot.state"), 1);
    pattern_index_destroy(index);
}
