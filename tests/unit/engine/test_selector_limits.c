/* SPDX-License-Identifier: Apache-2.0 */
/* What a peer may try on the broker, and what the broker asks of a compiled selector. */
#include "base/text.h"
#include "engine/selector.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

static const struct selector_facts facts = {0};

static struct message *message_with(const char *name, struct value value)
{
    struct property property = {slice_of_text(name), value};
    struct message_draft draft = {
        .destination = {DESTINATION_QUEUE, SLICE("Q")},
        .id = SLICE("ID:1"),
        .properties = &property,
        .property_count = 1,
    };

    return message_create(&draft);
}

static struct message *message_with_text(const char *name, struct slice text)
{
    return message_with(name, (struct value){.type = VALUE_STRING, .text = text});
}

static void repeat(struct text *text, const char *piece, size_t count)
{
    for (size_t i = 0; i < count; i++)
        text_add(text, slice_of_text(piece));
}

static struct selector *compiled(struct slice text)
{
    struct selector *selector = NULL;
    struct text_error why = {""};

    cr_assert_eq(selector_compile(text, false, &selector, &why), 0, "%s", why.text);
    return selector;
}

static void refused(struct slice text, const char *reason)
{
    struct selector *selector = NULL;
    struct text_error why = {""};

    cr_assert_eq(selector_compile(text, false, &selector, &why), -EINVAL);
    cr_assert_str_eq(why.text, reason);
    cr_assert_null(selector);
}

static bool holds(struct slice text, const struct message *message)
{
    struct selector *selector = compiled(text);
    bool result = selector_matches(selector, message, &facts);

    selector_destroy(selector);
    return result;
}

Test(selector_error, says_what_and_where)
{
    refused(SLICE("(a = 1 AND b = 2"), "selector: expected ')' at column 17");
    refused(SLICE("a = "), "selector: expected a value at column 5");
    refused(SLICE("a = 1 b"), "selector: expected AND, OR or the end of the text at column 7");
    refused(SLICE("a != 1"), "selector: unexpected character at column 3");
    refused(SLICE("a = 'x"), "selector: text without a closing quote at column 5");
    refused(SLICE("foo(a)"), "selector: unknown function foo at column 1");
    refused(SLICE("t AND XPATH '//a'"), "selector: XPATH is not supported at column 7");
    refused(SLICE("XQUERY 'x'"), "selector: XQUERY is not supported at column 1");
    refused(SLICE("REGEX('(', a)"), "selector: regular expression: missing ')', at column 7");
    refused(SLICE("convert_string_expressions:a ="), "selector: expected a value at column 31");
}

Test(selector_error, stays_short_whatever_the_text_says)
{
    struct text text;

    text_init(&text);
    repeat(&text, "f", 60000);
    text_add(&text, SLICE("(x)"));
    refused(text_slice(&text), "selector: unknown function "
                               "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
                               " at column 1");
    text_fini(&text);
}

Test(selector_limits, refuses_100000_levels_however_they_are_made)
{
    static const char *const openings[] = {"(",          "NOT ",    "-",        "+",
                                           "REGEX('a',", "((-",     "(a=",      "INLIST(MAKELIST(",
                                           "a+(",        "t AND (", "t OR NOT("};

    for (size_t i = 0; i < ARRAY_LEN(openings); i++) {
        size_t count = 65000 / strlen(openings[i]);
        struct selector *selector = NULL;
        struct text_error why;
        struct text text;

        text_init(&text);
        repeat(&text, openings[i], count);
        text_add(&text, SLICE("t"));
        cr_assert_eq(selector_compile(text_slice(&text), false, &selector, &why), -EINVAL);
        text_fini(&text);
        text_init(&text);
        repeat(&text, openings[i], 100000);
        cr_assert_eq(selector_compile(text_slice(&text), false, &selector, &why), -EINVAL);
        text_fini(&text);
    }
}

Test(selector_limits, takes_199_levels)
{
    struct message *message =
        message_with("t", (struct value){.type = VALUE_BOOL, .boolean = true});
    struct text text;

    text_init(&text);
    repeat(&text, "(", 199);
    text_add(&text, SLICE("t"));
    repeat(&text, ")", 199);
    cr_assert(holds(text_slice(&text), message));
    text_fini(&text);
    message_unref(message);
}

Test(selector_limits, takes_long_chains_without_nesting)
{
    struct message *message = message_with("a", (struct value){.type = VALUE_INT, .integer = 1});
    struct text text;

    text_init(&text);
    repeat(&text, "a=2 OR ", 9000);
    text_add(&text, SLICE("a=1"));
    cr_assert(holds(text_slice(&text), message));
    text_fini(&text);
    text_init(&text);
    repeat(&text, "1+", 30000);
    text_add(&text, SLICE("a=30001"));
    cr_assert(holds(text_slice(&text), message));
    text_fini(&text);
    text_init(&text);
    repeat(&text, "JMSDestination='x' OR ", 2900);
    text_add(&text, SLICE("JMSDestination = 'queue://Q'"));
    cr_assert(holds(text_slice(&text), message));
    text_fini(&text);
    message_unref(message);
}

Test(selector_limits, refuses_text_beyond_64_kb)
{
    struct text text;

    text_init(&text);
    text_add(&text, SLICE("t OR t"));
    repeat(&text, " ", 65536 - 6);
    selector_destroy(compiled(text_slice(&text)));
    text_add(&text, SLICE(" "));
    refused(text_slice(&text), "selector: longer than 65536 bytes");
    text_fini(&text);
}

Test(selector_limits, refuses_more_values_at_a_time_than_its_stack_holds)
{
    struct selector *selector = NULL;
    struct text_error why;
    struct text text;

    text_init(&text);
    text_add(&text, SLICE("INLIST(MAKELIST("));
    repeat(&text, "a,", 600);
    text_add(&text, SLICE("a),a)"));
    cr_assert_eq(selector_compile(text_slice(&text), false, &selector, &why), -EINVAL);
    cr_assert_not_null(strstr(why.text, "too many values at a time"));
    text_fini(&text);
}

Test(selector_limits, bears_bytes_that_are_no_text)
{
    struct message *message = message_with_text("s", SLICE("\xff\0\xc3"));

    refused(SLICE("\0"), "selector: unexpected character at column 1");
    refused(SLICE("s = 1\0"), "selector: unexpected character at column 6");
    refused(SLICE("s = 1\0 + 2"), "selector: unexpected character at column 6");
    refused(SLICE("\xff\xfe = 1"), "selector: unexpected character at column 1");
    cr_assert(holds(SLICE("s = '\xff\0\xc3'"), message));
    cr_assert(holds(SLICE("s LIKE '___'"), message));
    cr_assert(holds(SLICE("REGEX('^...$', s)"), message));
    cr_assert(!holds(SLICE("s = '\xff'"), message));
    message_unref(message);
}

/* Within the work allowed these are decided; without a bound they would take hours. */
Test(selector_limits, gives_up_on_patterns_that_take_too_long)
{
    struct text text;
    struct message *message;

    text_init(&text);
    repeat(&text, "a", 60000);
    message = message_with_text("s", text_slice(&text));
    cr_assert(!holds(SLICE("REGEX('(a*)*(a*)*(a*)*b', s)"), message));
    cr_assert(!holds(SLICE("REGEX('(a|a|aa)+$', (s + 'b'))"), message));
    cr_assert(!holds(SLICE("s LIKE '%aaaaaaaaaaaaaaaaab%aaaaaaaaaaaaaaaaab%'"), message));
    cr_assert(!holds(SLICE("s NOT LIKE '%aaaaaaaaaaaaaaaaab%'"), message)); /* unknown */
    cr_assert(!holds(SLICE("NOT REGEX('(a|b|ab|c){80}x', s)"), message));
    cr_assert(!holds(SLICE("INLIST(SPLIT(s, '(a*)*b'), 'x')"), message));
    message_unref(message);
    message = message_with_text("s", slice_of(text.bytes, 500));
    cr_assert(holds(SLICE("NOT REGEX('(a*)*(a*)*(a*)*b', s)"), message));
    cr_assert(holds(SLICE("s NOT LIKE '%aaaaaaaaaaaaaaaaab%'"), message));
    message_unref(message);
    text_fini(&text);
}

/* More names than are kept, each sought in a message of 60000 properties. */
Test(selector_limits, gives_up_on_too_many_searches)
{
    enum { PROPERTY_COUNT = 60000 };
    struct property *properties = calloc(PROPERTY_COUNT, sizeof *properties);
    struct message_draft draft = {.properties = properties, .property_count = PROPERTY_COUNT};
    struct message *message;
    struct text text;

    properties[0].name = SLICE("t");
    properties[0].value = (struct value){.type = VALUE_BOOL, .boolean = true};
    message = message_create(&draft);
    text_init(&text);
    for (int i = 0; i < 6000; i++)
        text_add_format(&text, "n%d OR ", i);
    text_add(&text, SLICE("t"));
    cr_assert(!holds(text_slice(&text), message));
    cr_assert(holds(SLICE("no OR such OR t"), message));
    text_fini(&text);
    message_unref(message);
    free(properties);
}

Test(selector_limits, makes_no_text_beyond_its_scratch)
{
    struct text text;
    struct message *message;

    text_init(&text);
    repeat(&text, "a", 6000);
    message = message_with_text("s", text_slice(&text));
    cr_assert(holds(SLICE("s + '' = s"), message));
    cr_assert(holds(SLICE("(s + s + s + s) IS NULL"), message));
    cr_assert(holds(SLICE("REPLACE(s, 'a', '0123456789') IS NULL"), message));
    cr_assert(holds(SLICE("(s + s + s + s) IS NULL AND s + '' = s AND s + '' = s"), message));
    message_unref(message);
    text_fini(&text);
}

static bool equality(const char *text, bool convert, const char *name, const char *literal)
{
    struct selector *selector = NULL;
    struct text_error why;
    struct slice found_name, found_literal;
    bool found;

    cr_assert_eq(selector_compile(slice_of_text(text), convert, &selector, &why), 0, "%s", text);
    found = selector_equality(selector, &found_name, &found_literal);
    if (found && name) {
        cr_assert(slice_is(found_name, name), "%s", text);
        cr_assert(slice_is(found_literal, literal), "%s", text);
    }
    selector_destroy(selector);
    return found;
}

Test(selector_equality, is_found_where_all_depends_on_it)
{
    cr_expect(equality("a = 'x'", false, "a", "x"));
    cr_expect(equality("'x' = a", false, "a", "x"));
    cr_expect(equality("((a = 'it''s'))", false, "a", "it's"));
    cr_expect(equality("b > 1 AND a = 'x'", false, "a", "x"));
    cr_expect(equality("a = 'x' AND b = 'y' AND c", false, "a", "x"));
    cr_expect(equality("c AND (b > 1 AND (a = 'x' AND d)) AND e", false, "a", "x"));
    cr_expect(equality("a = '42'", false, "a", "42"));
    cr_expect(equality("a = 'x'", true, "a", "x"));
    cr_expect(equality("a = ''", true, "a", ""));
}

Test(selector_equality, is_not_claimed_where_the_condition_may_hold_without_it)
{
    static const char *const texts[] = {"a = 'x' OR b = 'y'",
                                        "NOT (a = 'x')",
                                        "a <> 'x'",
                                        "a = 5",
                                        "JMSType = 'x'",
                                        "a = b",
                                        "a LIKE 'x'",
                                        "a IN ('x')",
                                        "(a = 'x') = b",
                                        "a = 'x' IS NULL",
                                        "a = 'x' = TRUE",
                                        "(a = 'x' OR b) AND c",
                                        "a + '' = 'x'",
                                        "'x' = 'x'",
                                        "TRUE"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        cr_expect(!equality(texts[i], false, NULL, NULL), "%s", texts[i]);
    cr_expect(!equality("a = '42'", true, NULL, NULL)); /* an int 42 matches too */
    cr_expect(!equality("a = ' 4.2e1 '", true, NULL, NULL));
    cr_expect(!equality("a = 'TRUE'", true, NULL, NULL));
    cr_expect(!equality("'x' = a", true, NULL, NULL)); /* so does a boolean */
}

Test(selector_text, is_what_was_given)
{
    struct slice text = SLICE("convert_string_expressions: a = 'it''s' -- so");
    struct selector *selector = compiled(text);

    cr_assert(slice_equal(selector_text(selector), text));
    selector_destroy(selector);
    selector_destroy(NULL);
}
