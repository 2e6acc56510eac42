/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/selector.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const struct property properties[] = {
    {SLICE("s"), {.type = VALUE_STRING, .text = SLICE("abc")}},
    {SLICE("S"), {.type = VALUE_STRING, .text = SLICE("upper")}},
    {SLICE("q"), {.type = VALUE_STRING, .text = SLICE("it's")}},
    {SLICE("csv"), {.type = VALUE_BIG_STRING, .text = SLICE("a,b,,c,")}},
    {SLICE("num"), {.type = VALUE_STRING, .text = SLICE("42")}},
    {SLICE("yes"), {.type = VALUE_STRING, .text = SLICE("True")}},
    {SLICE("utf"), {.type = VALUE_STRING, .text = SLICE("gr\xc3\xbc\xc3\x9f")}},
    {SLICE("bad"), {.type = VALUE_STRING, .text = SLICE("x\xff")}},
    {SLICE("pct"), {.type = VALUE_STRING, .text = SLICE("50%_off")}},
    {SLICE("empty"), {.type = VALUE_STRING, .text = SLICE("")}},
    {SLICE("i"), {.type = VALUE_INT, .integer = 42}},
    {SLICE("by"), {.type = VALUE_BYTE, .integer = -3}},
    {SLICE("sh"), {.type = VALUE_SHORT, .integer = 300}},
    {SLICE("l"), {.type = VALUE_LONG, .integer = INT64_MAX}},
    {SLICE("min"), {.type = VALUE_LONG, .integer = INT64_MIN}},
    {SLICE("d"), {.type = VALUE_DOUBLE, .real = 1.5}},
    {SLICE("f"), {.type = VALUE_FLOAT, .real = (double)4.2f}},
    {SLICE("t"), {.type = VALUE_BOOL, .boolean = true}},
    {SLICE("no"), {.type = VALUE_BOOL, .boolean = false}},
    {SLICE("c"), {.type = VALUE_CHAR, .integer = 'x'}},
    {SLICE("nil"), {.type = VALUE_NULL}},
    {SLICE("raw"), {.type = VALUE_BYTES, .text = SLICE("abc")}},
    {SLICE("$_9"), {.type = VALUE_INT, .integer = 9}},
};

static struct message *new_message(void)
{
    struct message_draft draft = {
        .destination = {DESTINATION_QUEUE, SLICE("HERE")},
        .original_destination = {DESTINATION_TOPIC, SLICE("FIRST")},
        .reply_to = {DESTINATION_TEMP_QUEUE, SLICE("ID:1")},
        .id = SLICE("ID:host-1:1:-1:1"),
        .id_sequence = 7,
        .type = SLICE("order"),
        .group_id = SLICE("g1"),
        .broker_path = SLICE("b1,b2"),
        .properties = properties,
        .property_count = ARRAY_LEN(properties),
        .priority = 4,
        .persistent = true,
        .group_sequence = 3,
        .timestamp_ms = 1700000000000,
        .expiration_ms = 1700000005000,
        .broker_in_ms = 1700000000001,
    };

    return message_create(&draft);
}

static const struct selector_facts facts = {
    .redelivery_count = 2, .group_first_for_consumer = true, .broker_out_ms = 1700000000002};

enum answer { NO, YES, BAD };

static enum answer ask(const struct message *message, const char *text, bool convert)
{
    struct selector *selector = NULL;
    struct text_error why = {""};
    int result = selector_compile(slice_of_text(text), convert, &selector, &why);
    bool matches;

    if (result < 0) {
        cr_assert_eq(result, -EINVAL);
        cr_assert_null(selector);
        cr_assert_eq(strncmp(why.text, "selector: ", 10), 0, "%s", why.text);
        return BAD;
    }
    matches = selector_matches(selector, message, &facts);
    cr_assert_eq(matches, selector_matches(selector, message, &facts));
    selector_destroy(selector);
    return matches ? YES : NO;
}

struct expectation {
    const char *text;
    enum answer answer;
};

static void check(const struct expectation *list, size_t count, bool convert)
{
    struct message *message = new_message();

    for (size_t i = 0; i < count; i++)
        cr_expect_eq(ask(message, list[i].text, convert), list[i].answer, "%s: not %s",
                     list[i].text,
                     list[i].answer == BAD   ? "invalid"
                     : list[i].answer == YES ? "true"
                                             : "false");
    message_unref(message);
}

#define CHECK(...) \
    do { \
        static const struct expectation list[] = {__VA_ARGS__}; \
        check(list, ARRAY_LEN(list), false); \
    } while (0)
#define CHECK_CONVERTED(...) \
    do { \
        static const struct expectation list[] = {__VA_ARGS__}; \
        check(list, ARRAY_LEN(list), true); \
    } while (0)

Test(selector, compares_text_by_equality_only)
{
    CHECK({"s = 'abc'", YES}, {"s = 'abd'", NO}, {"s <> 'abd'", YES}, {"s <> 'abc'", NO},
          {"'abc' = s", YES}, {"s = 'ABC'", NO}, {"q = 'it''s'", YES}, {"q = 'it'", NO},
          {"empty = ''", YES}, {"s = ''", NO}, {"'''' = ''''", YES}, {"'a''b' <> 'a''c'", YES},
          {"s = S", NO}, {"s = s", YES}, {"s < S", YES}, {"S < s", NO}, {"s <= s", YES},
          {"s > 'abc'", BAD}, {"'abc' < s", BAD}, {"s BETWEEN 'a' AND 'b'", BAD},
          {"s NOT BETWEEN 'a' AND 'b'", BAD}, {"s >= TRUE", BAD}, {"s < NULL", BAD},
          {"c = 'x'", NO}, {"c = c", YES}, {"raw = 'abc'", NO}, {"raw IS NOT NULL", YES});
}

Test(selector, knows_the_signs_of_sql_and_no_others)
{
    CHECK({"i == 42", BAD}, {"i != 42", BAD}, {"s = \"abc\"", BAD}, {"\"s\" = 'abc'", BAD},
          {"i => 42", BAD}, {"i =< 42", BAD}, {"i = 42;", BAD}, {"i = #", BAD}, {"i & 1 = 0", BAD},
          {"i = 42 && t", BAD}, {"[s] = 'abc'", BAD}, {"s.t = 'abc'", BAD}, {"i = ?", BAD},
          {"i || i = 1", BAD}, {"", BAD}, {" \t\n\r\f", BAD}, {"s = 'abc", BAD}, {"s = '", BAD},
          {"(i = 42", BAD}, {"i = 42)", BAD}, {"()", BAD}, {"i =", BAD}, {"= i", BAD},
          {"i 42", BAD}, {"i = 42 i = 42", BAD}, {"AND", BAD}, {"i = 42 AND", BAD},
          {"OR i = 42", BAD}, {"NOT", BAD}, {"i IS 42", BAD}, {"i IS", BAD}, {"i NOT", BAD},
          {"i NOT = 42", BAD}, {"\xc3\xbc = 1", BAD}, {"i\xa0= 42", BAD});
}

Test(selector, takes_keywords_in_any_case_and_names_as_written)
{
    CHECK({"s = 'abc' and i = 42", YES}, {"s = 'x' Or i = 42", YES}, {"nOt (i = 41)", YES},
          {"i between 1 AND 50", YES}, {"s like 'a%'", YES}, {"s in ('abc')", YES},
          {"nosuch is null", YES}, {"tRue", YES}, {"falSE", NO}, {"S = 'upper'", YES},
          {"s = 'upper'", NO}, {"I = 42", NO}, {"$_9 = 9", YES}, {"in = 1", BAD}, {"like = 1", BAD},
          {"s-t = 'abc'", NO}, {"T IS NULL", YES}, {"_x IS NULL", YES}, {"9x = 1", BAD},
          {"xpath = 1", BAD});
}

Test(selector, reads_numbers_as_java_writes_them)
{
    CHECK({"i = 42", YES}, {"i = 42L", YES}, {"i = 42l", YES}, {"i = 0x2A", YES}, {"i = 0X2a", YES},
          {"i = 052", YES}, {"i = 42.0", YES}, {"i = 42.", YES}, {"i = 4.2e1", YES},
          {"i = 4.2E+1", YES}, {"i = 420e-1", YES}, {"i = 052L", BAD}, {"i = 0x2AL", BAD},
          {"i = 08", BAD}, {"i = 0x", BAD}, {"i = 1e", BAD}, {"i = .42e2", YES}, {"d = 1.5", YES},
          {"d = 1.5f", BAD}, {"d = 15e-1", YES}, {"0 = 0.0", YES}, {"00 = 0", YES},
          {".5 = 0.5", YES}, {"i=42AND t", YES}, {"l = 9223372036854775807", YES},
          {"l = 0x7FFFFFFFFFFFFFFF", YES}, {"l = 0xFFFFFFFFFFFFFFFF", BAD},
          {"min = -9223372036854775808", YES}, {"min = -9223372036854775807", NO},
          {"l < 9223372036854775809000", YES}, {"i = 1 e 5", BAD}, {"i = - 42", NO},
          {"by = -3", YES}, {"by = - 3", YES}, {"i = +42", YES}, {"i = ++42", YES},
          {"i = - -42", YES}, {"-i = -42", YES}, {"- - i = 42", YES});
}

Test(selector, compares_numbers_across_their_types)
{
    CHECK({"i > 41", YES}, {"i > 42", NO}, {"i >= 42", YES}, {"i < 42.5", YES}, {"i <= 41.9", NO},
          {"by < 0", YES}, {"42 = i", YES}, {"-3 = by", YES}, {"sh = 300", YES},
          {"300.0 = sh", YES}, {"by < sh", YES}, {"d > 1", YES}, {"d < i", YES}, {"f = 4.2", NO},
          {"f > 4.1", YES}, {"f < 4.2", YES}, {"f = f", YES}, {"f <> 4.2", YES},
          {"f BETWEEN 4.1 AND 4.3", YES}, {"i = '42'", NO}, {"i <> '42'", YES}, {"num = 42", NO},
          {"num <> 42", YES}, {"num > 1", NO}, {"s > 1", NO}, {"s < 1", NO}, {"i = TRUE", NO},
          {"t = 1", NO}, {"1 = 1", YES}, {"1 = 2", NO}, {"1 <> 1", NO}, {"'a' = 1", NO},
          {"1 = 'a'", NO});
}

Test(selector, takes_a_boolean_as_a_condition)
{
    CHECK({"t", YES}, {"no", NO}, {"NOT no", YES}, {"NOT t", NO}, {"TRUE", YES}, {"FALSE", NO},
          {"NULL", NO}, {"NOT NULL", NO}, {"t = TRUE", YES}, {"t = FALSE", NO}, {"no = FALSE", YES},
          {"t <> no", YES}, {"t AND NOT no", YES}, {"i", NO}, {"NOT i", YES}, {"s", NO},
          {"nosuch", NO}, {"NOT nosuch", NO}, {"42", BAD}, {"'abc'", BAD}, {"i + 1", BAD},
          {"-t", BAD}, {"t AND 1", BAD}, {"'a' OR t", BAD}, {"NOT 5", BAD}, {"NOT 'x'", BAD},
          {"TRUE = 5", BAD}, {"TRUE = 'x'", BAD}, {"5 = TRUE", NO}, {"TRUE = TRUE", YES},
          {"TRUE <> FALSE", YES}, {"(t)", YES}, {"((NOT (no)))", YES}, {"t = (i = 42)", YES},
          {"(i = 42) = (s = 'abc')", YES}, {"t > no", YES}, {"t > FALSE", BAD},
          {"(i = 42) > 1", BAD}, {"t IS NOT NULL", YES});
}

Test(selector, binds_operators_in_their_order)
{
    CHECK({"no AND no OR t", YES}, {"t OR no AND no", YES}, {"no AND (no OR t)", NO},
          {"NOT no AND no", NO}, {"NOT (no AND no)", YES}, {"NOT i = 42", NO},
          {"NOT (i = 41)", YES}, {"NOT no = t", YES}, {"1 + 2 * 3 = 7", YES},
          {"(1 + 2) * 3 = 9", YES}, {"10 - 4 - 3 = 3", YES}, {"8 / 2 / 2 = 2", YES},
          {"2 * 3 % 4 = 2", YES}, {"-2 + 3 = 1", YES}, {"- (2 + 3) = -5", YES}, {"1 < 2 = t", YES},
          {"t = 1 < 2", YES}, {"1 < 2 < 3", BAD}, {"t = t = t", YES}, {"no = no = no", NO},
          {"i = 40 + 2", YES}, {"i + 1 > 42 AND i - 1 < 42", YES},
          {"i BETWEEN 40 + 1 AND 40 + 3", YES}, {"i = 42 IS NULL", NO}, {"nosuch = 1 IS NULL", YES},
          {"i BETWEEN 1 AND 50 AND s = 'abc'", YES});
}

Test(selector, gives_unknown_for_what_is_missing)
{
    CHECK({"nosuch = 'x'", NO}, {"nosuch <> 'x'", NO}, {"NOT (nosuch = 'x')", NO},
          {"NOT (nosuch <> 'x')", NO}, {"nosuch > 1", NO}, {"NOT (nosuch > 1)", NO},
          {"nosuch IN ('x')", NO}, {"nosuch NOT IN ('x')", NO}, {"nosuch LIKE 'x'", NO},
          {"nosuch NOT LIKE 'x'", NO}, {"nosuch BETWEEN 1 AND 2", NO},
          {"nosuch NOT BETWEEN 1 AND 2", NO}, {"i BETWEEN nosuch AND 2", NO},
          {"i NOT BETWEEN nosuch AND 2", YES}, {"nosuch IS NULL", YES}, {"nosuch IS NOT NULL", NO},
          {"nil IS NULL", YES}, {"nil = 1", NO}, {"i IS NULL", NO}, {"i IS NOT NULL", YES},
          {"nosuch + 1 IS NULL", YES}, {"-nosuch IS NULL", YES}, {"nosuch = nil", NO},
          {"nosuch <> nil", NO}, {"'x' <> nosuch", NO}, {"'x' = nosuch", NO}, {"i = NULL", BAD},
          {"i <> NULL", BAD}, {"NULL = i", BAD}, {"NULL IS NULL", YES}, {"NULL OR t", YES},
          {"s + nosuch IS NULL", YES}, {"1 IS NULL", NO}, {"'a' IS NOT NULL", YES});
}

Test(selector, joins_conditions_by_three_valued_logic)
{
    CHECK({"TRUE AND TRUE", YES}, {"(TRUE AND FALSE) = FALSE", YES},
          {"(TRUE AND NULL) IS NULL", YES}, {"(FALSE AND TRUE) = FALSE", YES},
          {"(FALSE AND FALSE) = FALSE", YES}, {"(FALSE AND NULL) = FALSE", YES},
          {"(NULL AND TRUE) IS NULL", YES}, {"(NULL AND FALSE) = FALSE", YES},
          {"(NULL AND NULL) IS NULL", YES}, {"(TRUE OR TRUE) = TRUE", YES},
          {"(TRUE OR FALSE) = TRUE", YES}, {"(TRUE OR NULL) = TRUE", YES},
          {"(FALSE OR TRUE) = TRUE", YES}, {"(FALSE OR FALSE) = FALSE", YES},
          {"(FALSE OR NULL) IS NULL", YES}, {"(NULL OR TRUE) = TRUE", YES},
          {"(NULL OR FALSE) IS NULL", YES}, {"(NULL OR NULL) IS NULL", YES},
          {"(NOT NULL) IS NULL", YES}, {"(NOT TRUE) = FALSE", YES}, {"(NOT FALSE) = TRUE", YES},
          {"nosuch = 1 OR i = 42", YES}, {"i = 42 OR nosuch = 1", YES},
          {"NOT (nosuch = 1 AND i = 41)", YES}, {"NOT (nosuch = 1 AND i = 42)", NO},
          {"NOT (nosuch = 1 OR i = 41)", NO});
}

Test(selector, finds_members_of_lists_and_ranges)
{
    CHECK({"s IN ('x', 'abc')", YES}, {"s IN ('x')", NO}, {"s NOT IN ('x')", YES},
          {"s NOT IN ('abc')", NO}, {"(s) IN ('abc')", YES}, {"s IN ('')", NO},
          {"empty IN ('')", YES}, {"s IN ('a','ab','abcd','b','c','cab','abc','z')", YES},
          {"q IN ('it''s')", YES}, {"s IN ('a','ab','abcd','b','c','cab','z')", NO},
          {"i IN ('42')", NO}, {"i NOT IN ('42')", NO}, {"i IN (42)", BAD}, {"i IN (41, 42)", BAD},
          {"s IN ()", BAD}, {"s IN 'abc'", BAD}, {"s IN ('abc'", BAD}, {"s IN ('abc',)", BAD},
          {"'abc' IN ('abc')", BAD}, {"s + '' IN ('abc')", BAD}, {"s IN (S)", BAD},
          {"JMSType IN ('order')", YES}, {"i BETWEEN 42 AND 42", YES}, {"i BETWEEN 43 AND 41", NO},
          {"i NOT BETWEEN 43 AND 50", YES}, {"i NOT BETWEEN 40 AND 50", NO}, {"i BETWEEN 1", BAD},
          {"i BETWEEN 1 OR 2", BAD}, {"s BETWEEN 1 AND 2", NO}, {"s NOT IN ('x') AND t", YES});
}

Test(selector, matches_like_patterns)
{
    CHECK({"s LIKE 'abc'", YES}, {"s LIKE 'a%'", YES}, {"s LIKE '%c'", YES}, {"s LIKE '%b%'", YES},
          {"s LIKE '%'", YES}, {"s LIKE 'a_c'", YES}, {"s LIKE '___'", YES}, {"s LIKE '__'", NO},
          {"s LIKE '____'", NO}, {"s LIKE 'ab'", NO}, {"s LIKE 'A%'", NO}, {"s LIKE '%d'", NO},
          {"s LIKE '%a%b%c%'", YES}, {"s LIKE '%%'", YES}, {"s LIKE ''", NO},
          {"empty LIKE ''", YES}, {"empty LIKE '%'", YES}, {"empty LIKE '_'", NO},
          {"s NOT LIKE 'x%'", YES}, {"s NOT LIKE 'a%'", NO}, {"i LIKE '4%'", NO},
          {"i NOT LIKE '4%'", YES}, {"utf LIKE 'gr__'", YES}, {"utf LIKE 'gr\xc3\xbc_'", YES},
          {"utf LIKE 'gr___'", NO}, {"bad LIKE 'x_'", YES}, {"bad LIKE 'x\xff'", YES},
          {"s LIKE '.*'", NO}, {"s LIKE '[a]bc'", NO}, {"q LIKE 'it''s'", YES},
          {"q LIKE '%''%'", YES}, {"pct LIKE '50\\%%' ESCAPE '\\'", YES},
          {"pct LIKE '50!%!_off' ESCAPE '!'", YES}, {"pct LIKE '50!_%' ESCAPE '!'", NO},
          {"s LIKE '!abc' ESCAPE '!'", NO}, {"s LIKE 'abc!' ESCAPE '!'", NO},
          {"'!' LIKE '!!' ESCAPE '!'", YES}, {"'!' LIKE '!' ESCAPE '!'", YES},
          {"s LIKE 'a' ESCAPE ''", BAD}, {"s LIKE 'a' ESCAPE 'xy'", BAD},
          {"s LIKE 'a' ESCAPE '\xc3\xbc'", NO}, {"s LIKE", BAD}, {"s LIKE 5", BAD},
          {"s LIKE S", BAD}, {"5 LIKE '5'", NO}, {"s + 'd' LIKE 'abcd'", YES});
}

Test(selector, calculates)
{
    CHECK({"i + 1 = 43", YES}, {"i - 2 = 40", YES}, {"i * 2 = 84", YES}, {"i / 4 = 10.5", YES},
          {"7 / 2 = 3.5", YES}, {"7 / 2 = 3", NO}, {"7 % 4 = 3", YES}, {"-7 % 4 = -3", YES},
          {"i + d = 43.5", YES}, {"l + 1 = min", YES}, {"min - 1 = l", YES}, {"-min = min", YES},
          {"l * 2 = -2", YES}, {"1 / 0 > 1000000", YES}, {"-1 / 0 < -1000000", YES},
          {"0 / 0 = 0 / 0", NO}, {"5 % 0 > 0", NO}, {"by + sh = 297", YES}, {"-by = 3", YES},
          {"s + 1 = 'abc1'", YES}, {"s + 'd' = 'abcd'", YES}, {"'n' + 1 + 2 = 'n12'", YES},
          {"1 + 2 + 'n' = '3n'", NO}, {"(1 + 'n') IS NULL", YES}, {"s - 1 IS NULL", YES},
          {"s * 2 = 1", NO}, {"t + 1 IS NULL", YES}, {"-s IS NULL", YES}, {"-t IS NULL", YES},
          {"'' + 1.5 = '1.5'", YES}, {"'' + 1e10 = '1.0E10'", YES}, {"'' + 100.0 = '100.0'", YES},
          {"'' + 0.001 = '0.001'", YES}, {"'' + 1.5e-5 = '1.5E-5'", YES}, {"'' + f = '4.2'", YES},
          {"'' + t = 'true'", YES}, {"'' + c = 'x'", YES}, {"'' + (1/0) = 'Infinity'", YES},
          {"'' + (0/0) = 'NaN'", YES}, {"'' + 12345678.0 = '1.2345678E7'", YES},
          {"'' + -0.5 = '-0.5'", YES}, {"s + (s + s) + s = 'abcabcabcabc'", YES},
          {"(s + s) + (S + S) = 'abcabcupperupper'", YES}, {"s + '' = s", YES});
}

Test(selector, skips_comments_and_blanks)
{
    CHECK({"i = 42 -- the answer", YES}, {"i = -- what\n42", YES}, {"i = /* x */ 42", YES},
          {"/**/i/***/=/* ** / */42", YES}, {"i = 42 /*", BAD}, {"i = 42 /* *", BAD},
          {"i = /*/ 42", BAD}, {"\ti\n=\r42\f", YES}, {"-- all", BAD}, {"s = '--'", NO},
          {"s = '/*' OR t", YES}, {"i = 43 -- no\r- 1", YES}, {"i = 44 - -2 + -4", YES});
}

Test(selector, sees_the_fields_of_jms)
{
    CHECK({"JMSDestination = 'topic://FIRST'", YES}, {"JMSReplyTo = 'temp-queue://ID:1'", YES},
          {"JMSType = 'order'", YES}, {"JMSMessageID = 'ID:host-1:1:-1:1:7'", YES},
          {"JMSCorrelationID IS NULL", YES}, {"JMSTimestamp = 1700000000000", YES},
          {"JMSExpiration = JMSTimestamp + 5000", YES}, {"JMSPriority = 4", YES},
          {"JMSPriority > 4", NO}, {"JMSDeliveryMode = 'PERSISTENT'", YES},
          {"JMSDeliveryMode <> 'NON_PERSISTENT'", YES}, {"JMSRedelivered", YES},
          {"JMSRedelivered = TRUE", YES}, {"JMSXDeliveryCount = 3", YES},
          {"JMSXGroupID = 'g1'", YES}, {"JMSXGroupSeq = 3", YES},
          {"JMSXGroupFirstForConsumer", YES}, {"JMSXUserID IS NULL", YES},
          {"JMSXProducerTXID IS NULL", YES}, {"JMSActiveMQBrokerInTime = 1700000000001", YES},
          {"JMSActiveMQBrokerOutTime = 1700000000002", YES},
          {"JMSActiveMQBrokerPath = '[b1, b2]'", YES}, {"jmstype = 'order'", NO},
          {"JMSNoSuch IS NULL", YES}, {"JMSType LIKE 'ord%'", YES},
          {"JMSDestination + JMSType = 'topic://FIRSTorder'", YES});
}

Test(selector, converts_text_when_asked_to)
{
    CHECK_CONVERTED(
        {"num = 42", YES}, {"num > 41", YES}, {"num < 42", NO}, {"num = 42.0", YES},
        {"42 = num", YES}, {"num BETWEEN 1 AND 50", YES}, {"num <> 41", YES}, {"s = 42", NO},
        {"s <> 42", YES}, {"s > 1", NO}, {"s < 1", NO}, {"NOT (s > 1)", YES}, {"yes = TRUE", YES},
        {"TRUE = t", YES}, {"s = FALSE", YES}, {"s = TRUE", NO}, {"i = '42'", YES},
        {"'42' = i", YES}, {"i = 'x'", NO}, {"d = '1.5'", YES}, {"t = 'true'", YES},
        {"no = 'x'", NO}, {"t = 'x'", NO}, {"nosuch = 42", NO}, {"nosuch <> 42", NO},
        {"num = '42'", YES}, {"num = '42.0'", NO}, {"num + 1 = 421", YES}, {"num * 2 = 84", NO},
        {"yes", NO}, {"empty = 0", NO}, {"i = 42", YES}, {"num IN ('42')", YES}, {"s > 'abc'", BAD},
        {"num = 4.2e1", YES}, {"i > '41'", BAD}, {"no_convert_string_expressions:num = 42", NO},
        {"convert_string_expressions:num = 42", YES});
    CHECK({"convert_string_expressions:num = 42", YES},
          {"no_convert_string_expressions:num = 42", NO},
          {"convert_string_expressions: num > 41", YES}, {"convert_string_expressions:", BAD},
          {"CONVERT_STRING_EXPRESSIONS:num = 42", BAD});
}

Test(selector, calls_functions)
{
    CHECK({"REGEX('^a', s)", YES}, {"REGEX('b', s)", YES}, {"REGEX('^b', s)", NO},
          {"REGEX('c$', s)", YES}, {"REGEX('^4', i)", YES}, {"REGEX('x', nosuch)", NO},
          {"NOT REGEX('x', nosuch)", YES}, {"regex('a', s)", BAD}, {"REGEX('a')", BAD},
          {"REGEX('a', s, s)", BAD}, {"REGEX(s, s)", BAD}, {"REGEX('(', s)", BAD},
          {"REGEX('a', s) = TRUE", YES}, {"REGEX ( 'a' , s )", YES}, {"REGEX()", BAD},
          {"INLIST(MAKELIST('x', 'abc'), s)", YES}, {"INLIST(MAKELIST('x'), s)", NO},
          {"INLIST(MAKELIST(1, 42), i)", YES}, {"INLIST(MAKELIST(1, 42), num)", NO},
          {"INLIST(MAKELIST(nosuch), nil)", NO}, {"INLIST(s, s)", BAD},
          {"INLIST(MAKELIST(), s)", BAD}, {"MAKELIST('a')", BAD}, {"MAKELIST('a') = s", BAD},
          {"INLIST((MAKELIST('a')), s)", BAD}, {"INLIST(MAKELIST(MAKELIST('a')), s)", BAD},
          {"SPLIT(csv, ',') = 'a'", BAD}, {"INLIST(SPLIT(csv, ','), 'c')", YES},
          {"INLIST(SPLIT(csv, ','), 'd')", NO}, {"INLIST(SPLIT(csv, ','), '')", YES},
          {"INLIST(SPLIT(csv, ',', 2), 'b,,c,')", YES}, {"INLIST(SPLIT(csv, ',', 2), 'b')", NO},
          {"INLIST(SPLIT(s, ','), 'abc')", YES}, {"INLIST(SPLIT(s, 'c'), '')", NO},
          {"INLIST(SPLIT(s, 'c', -1), '')", YES}, {"INLIST(SPLIT(s, ''), 'c')", YES},
          {"INLIST(SPLIT(s, ''), '')", NO}, {"INLIST(SPLIT(empty, ','), '')", YES},
          {"INLIST(SPLIT(nosuch, ','), 'a')", NO}, {"INLIST(SPLIT(i, ','), 'a')", NO},
          {"INLIST(SPLIT(csv, ',', 'x'), 'a')", BAD}, {"REPLACE(s, 'b', 'x') = 'axc'", YES},
          {"REPLACE(s, '[a-c]', '') = ''", YES}, {"REPLACE(csv, ',+', ';') = 'a;b;c;'", YES},
          {"REPLACE(s, '', '-') = '-a-b-c-'", YES}, {"REPLACE(s, 'x', 'y') = 'abc'", YES},
          {"REPLACE(i, '4', 'y') IS NULL", YES}, {"REPLACE(s, 'b', '$1') = ''", BAD},
          {"REPLACE(s, 'b') = ''", BAD}, {"nosuch(s)", BAD}, {"REPLACE(s, 'b', 'x')", BAD},
          {"XPATH '//a'", BAD}, {"XQUERY '//a'", BAD},
          {"REPLACE(REPLACE(s, 'a', 'bb'), 'b', 'cc') = 'ccccccc'", YES},
          {"s + REPLACE(s, 'b', 'abc') + s = 'abcaabccabc'", YES},
          {"REPLACE(s, 'b', s) = 'x'", BAD});
}

Test(selector, understands_the_usual_regular_expressions)
{
    CHECK(
        {"REGEX('^(abc|xyz)$', s)", YES}, {"REGEX('^(?:x|ab|y)c$', s)", YES},
        {"REGEX('^\\d+$', num)", YES}, {"REGEX('^\\D+$', num)", NO}, {"REGEX('^\\w{3}$', s)", YES},
        {"REGEX('^\\w{4,}$', s)", NO}, {"REGEX('^.{1,3}$', s)", YES}, {"REGEX('^.{0}$', s)", NO},
        {"REGEX('^a?b?c?d?$', s)", YES}, {"REGEX('^[^x-z]+$', s)", YES}, {"REGEX('[x-z]', s)", NO},
        {"REGEX('(?i)ABC', s)", YES}, {"REGEX('(?i)[A-C]{3}', s)", YES}, {"REGEX('ABC', s)", NO},
        {"REGEX('^gr..$', utf)", YES}, {"REGEX('^gr[\xc3\xbc]', utf)", YES},
        {"REGEX('\\u00fc', utf)", YES}, {"REGEX('\\x61', s)", YES}, {"REGEX('\\babc\\b', s)", YES},
        {"REGEX('a\\Bb', s)", YES}, {"REGEX('a\\bb', s)", NO}, {"REGEX('\\Aabc\\z', s)", YES},
        {"REGEX('a.*?c', s)", YES}, {"REGEX('', empty)", YES}, {"REGEX('^$', empty)", YES},
        {"REGEX('a|', empty)", YES}, {"REGEX('()*', s)", YES}, {"REGEX('(a*)*b', s)", YES},
        {"REGEX('(a|b|c){3}', s)", YES}, {"REGEX('(a|b|c){4}', s)", NO}, {"REGEX('\\.', s)", NO},
        {"REGEX('[\\d,]', csv)", YES}, {"REGEX('a+b+c+', s)", YES}, {"REGEX('50%_', pct)", YES},
        {"REGEX('(a)\\1', s)", BAD}, {"REGEX('(?=a)', s)", BAD}, {"REGEX('a++', s)", BAD},
        {"REGEX('\\p{L}', s)", BAD}, {"REGEX('[a', s)", BAD}, {"REGEX('a)', s)", BAD},
        {"REGEX('*a', s)", BAD}, {"REGEX('a{2', s)", BAD}, {"REGEX('a{3,2}', s)", BAD},
        {"REGEX('a{99999}', s)", BAD}, {"REGEX('((a{100}){100}){100}', s)", BAD},
        {"REGEX('[z-a]', s)", BAD}, {"REGEX('a\\', s)", BAD}, {"REGEX('[a&&b]', s)", BAD},
        {"REGEX('a**', s)", BAD}, {"REGEX('\\xzz', s)", BAD}, {"REGEX('(?<n>a)', s)", BAD});
}
