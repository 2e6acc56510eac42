/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text compiles or fails with a reason; what compiles compiles again from its own text to a
 * selector that says the same of every message, and an equality it claims really is needed.
 */
#include "engine/selector.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* SLICE is no constant expression to a pedantic compiler. */
#define TEXT(literal) \
    { \
        (const uint8_t *)(literal), sizeof(literal) - 1 \
    }

static const struct property first[] = {
    {TEXT("a"), {.type = VALUE_STRING, .text = TEXT("abc")}},
    {TEXT("b"), {.type = VALUE_INT, .integer = 42}},
    {TEXT("c"), {.type = VALUE_BOOL, .boolean = true}},
    {TEXT("d"), {.type = VALUE_DOUBLE, .real = 1.5}},
    {TEXT("e"), {.type = VALUE_FLOAT, .real = (double)4.2f}},
    {TEXT("f"), {.type = VALUE_BIG_STRING, .text = TEXT("x,y,\xff,\0,")}},
    {TEXT("g"), {.type = VALUE_BYTES, .text = TEXT("abc")}},
    {TEXT("h"), {.type = VALUE_NULL}},
};
static const struct property second[] = {
    {TEXT("a"), {.type = VALUE_LONG, .integer = INT64_MIN}},
    {TEXT("b"), {.type = VALUE_STRING, .text = TEXT("42")}},
    {TEXT("c"), {.type = VALUE_STRING, .text = TEXT("true")}},
    {TEXT("d"), {.type = VALUE_CHAR, .integer = 0xfc}},
    {TEXT("e"), {.type = VALUE_SHORT, .integer = -1}},
    {TEXT("f"), {.type = VALUE_BOOL, .boolean = false}},
};

static const struct message_draft drafts[] = {
    {.destination = {DESTINATION_QUEUE, TEXT("Q")}},
    {
        .destination = {DESTINATION_TOPIC, TEXT("T")},
        .original_destination = {DESTINATION_QUEUE, TEXT("O")},
        .id = TEXT("ID:1"),
        .type = TEXT("abc"),
        .broker_path = TEXT("x,y"),
        .properties = first,
        .property_count = ARRAY_LEN(first),
    },
    {
        .destination = {DESTINATION_TEMP_TOPIC, TEXT("")},
        .reply_to = {DESTINATION_TEMP_QUEUE, TEXT("R")},
        .properties = second,
        .property_count = ARRAY_LEN(second),
        .persistent = true,
    },
};

static void check(bool truth)
{
    if (!truth)
        abort();
}

static bool text_equals(const struct message *message, struct slice name, struct slice literal)
{
    struct value value;

    return property_find(message_part(message, MESSAGE_PROPERTIES), name, &value) &&
           (value.type == VALUE_STRING || value.type == VALUE_BIG_STRING) &&
           slice_equal(value.text, literal);
}

static void check_messages(const struct selector *one, const struct selector *other)
{
    struct selector_facts facts = {.redelivery_count = 1};
    struct slice name, literal;

    for (size_t i = 0; i < ARRAY_LEN(drafts); i++) {
        struct message *message = message_create(&drafts[i]);
        bool matches;

        check(message != NULL);
        matches = selector_matches(one, message, &facts);
        check(matches == selector_matches(other, message, &facts));
        if (matches && selector_equality(one, &name, &literal))
            check(text_equals(message, name, literal));
        message_unref(message);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    for (int convert = 0; convert < 2; convert++) {
        struct selector *selector = NULL, *again = NULL;
        struct text_error why = {""};

        if (selector_compile(slice_of(data, len), convert, &selector, &why) < 0) {
            check(why.text[0] != '\0' && selector == NULL);
            continue;
        }
        check(slice_equal(selector_text(selector), slice_of(data, len)));
        check(selector_compile(selector_text(selector), convert, &again, &why) == 0);
        check_messages(selector, again);
        selector_destroy(selector);
        selector_destroy(again);
    }
    return 0;
}
