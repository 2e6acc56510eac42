/* SPDX-License-Identifier: Apache-2.0 */
#include "hint.h"
#include "values.h"
#include <criterion/criterion.h>
#include <errno.h>

static void expect_memory(const char *text, uint64_t bytes)
{
    struct text_error error;
    uint64_t value;

    cr_assert_eq(value_parse_memory(text, &value, &error), 0, "\"%s\"", text);
    cr_assert_eq(value, bytes, "\"%s\" is %llu", text, (unsigned long long)value);
}

static void refuse_memory(const char *text, const char *hint)
{
    struct text_error error = {""};
    uint64_t value = 7;

    cr_assert_eq(value_parse_memory(text, &value, &error), -EINVAL, "\"%s\"", text);
    cr_assert_eq(value, 7);
    cr_assert_not_null(strstr(error.text, hint), "\"%s\": %s", text, error.text);
}

Test(values, reads_sizes_as_activemq_does)
{
    expect_memory("100", 100);
    expect_memory("100b", 100);
    expect_memory("20mb", UINT64_C(20) << 20);
    expect_memory("20 Mb", UINT64_C(20) << 20);
    expect_memory(" 1024kb ", UINT64_C(1) << 20);
    expect_memory("1 g", UINT64_C(1) << 30);
    expect_memory("64m", UINT64_C(64) << 20);
    expect_memory("62k", 62 * 1024);
    expect_memory("100 GB", UINT64_C(100) << 30);
    expect_memory("0", 0);
}

Test(values, refuses_sizes_that_activemq_refuses_and_says_what_to_write)
{
    refuse_memory("1.5 gb", "1536 mb");
    refuse_memory("1 tb", "1024 gb");
    refuse_memory("70%", "percentOfJvmHeap");
    refuse_memory("-1", "0 means no limit");
    refuse_memory("", "digits");
    refuse_memory("mb", "digits");
    refuse_memory("1 mib", "digits");
    refuse_memory("99999999999999999999", "digits");
    refuse_memory("9223372036854775807 gb", "larger");
}

Test(values, booleans_are_true_and_false_in_any_case)
{
    struct text_error error;
    bool value = false;

    cr_assert_eq(value_parse_bool("TRUE", &value, &error), 0);
    cr_assert(value);
    cr_assert_eq(value_parse_bool(" False ", &value, &error), 0);
    cr_assert_not(value);
    cr_assert_eq(value_parse_bool("yes", &value, &error), -EINVAL);
    cr_assert_not_null(strstr(error.text, "did you mean true?"));
    cr_assert_eq(value_parse_bool("off", &value, &error), -EINVAL);
    cr_assert_not_null(strstr(error.text, "did you mean false?"));
}

Test(values, whole_numbers_are_held_to_their_range)
{
    struct text_error error;
    int64_t value = 0;

    cr_assert_eq(value_parse_integer("-1", -1, 10, &value, &error), 0);
    cr_assert_eq(value, -1);
    cr_assert_eq(value_parse_integer(" 10 ", -1, 10, &value, &error), 0);
    cr_assert_eq(value_parse_integer("11", -1, 10, &value, &error), -EINVAL);
    cr_assert_not_null(strstr(error.text, "-1 to 10"));
    cr_assert_eq(value_parse_integer("-2", -1, 10, &value, &error), -EINVAL);
    cr_assert_eq(value_parse_integer("99999999999999999999", 0, 10, &value, &error), -EINVAL);
    cr_assert_eq(value_parse_integer("", 0, 10, &value, &error), -EINVAL);
    cr_assert_eq(value_parse_integer("5s", 0, 10, &value, &error), -EINVAL);
    cr_assert_not_null(strstr(error.text, "milliseconds"));
    cr_assert_eq(value, 10);
}

Test(values, decimals_are_finite)
{
    struct text_error error;
    double value = 0;

    cr_assert_eq(value_parse_real("0.5", &value, &error), 0);
    cr_assert_eq(value, 0.5);
    cr_assert_eq(value_parse_real("nan", &value, &error), -EINVAL);
    cr_assert_eq(value_parse_real("1e999", &value, &error), -EINVAL);
    cr_assert_eq(value_parse_real("half", &value, &error), -EINVAL);
}

static const char *nearest(const char *wanted, const char *a, const char *b)
{
    struct hint hint;

    hint_init(&hint, wanted);
    hint_offer(&hint, a);
    hint_offer(&hint, b);
    return hint.best;
}

Test(hint, finds_the_nearest_name_and_forgives_case_and_swapped_letters)
{
    cr_assert_str_eq(nearest("memorylimit", "memoryLimit", "maxPageSize"), "memoryLimit");
    cr_assert_str_eq(nearest("barnd", "brand", "board"), "brand");
    cr_assert_str_eq(nearest("producerFlowControll", "producerFlowControl", "x"),
                     "producerFlowControl");
    cr_assert_null(nearest("bogus", "memoryLimit", "topic"));
    cr_assert_null(nearest("", "a", "topic"));
}

static void check_defaults(const struct schema_element *element, int depth, size_t *count)
{
    for (const struct schema_attribute *row = element->attributes; row && row->name; row++) {
        struct text_error error = {""};
        union value value;

        cr_assert_not_null(row->meaning, "%s of <%s>", row->name, element->name);
        cr_assert(row->disposition != HONOURED || row->store || row->set || element->keep,
                  "%s of <%s> goes nowhere", row->name, element->name);
        cr_assert_eq(schema_attribute_find(element, row->name, row->is_ours), row,
                     "%s of <%s> stands twice", row->name, element->name);
        if (row->initial)
            cr_assert_eq(value_parse(row, row->initial, &value, &error), 0, "%s of <%s> %s",
                         row->name, element->name, error.text);
        ++*count;
    }
    cr_assert_lt(depth, 20);
    for (const struct schema_element *const *c = element->children; c && *c; c++) {
        cr_assert_not_null((*c)->meaning, "<%s>", (*c)->name);
        cr_assert_eq(schema_child_find(element, (*c)->name), *c, "<%s> in <%s> stands twice",
                     (*c)->name, element->name);
        check_defaults(*c, depth + 1, count);
    }
}

Test(schema, every_row_has_a_meaning_a_place_and_a_default_of_its_own_type)
{
    size_t count = 0;

    check_defaults(&schema_broker, 0, &count);
    cr_assert_gt(count, 500);
}
