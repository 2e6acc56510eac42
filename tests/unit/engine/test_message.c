/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/message.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static const struct property some[] = {
    {SLICE("null"), {.type = VALUE_NULL}},
    {SLICE("bool"), {.type = VALUE_BOOL, .boolean = true}},
    {SLICE("byte"), {.type = VALUE_BYTE, .integer = -128}},
    {SLICE("char"), {.type = VALUE_CHAR, .integer = 0xfffe}},
    {SLICE("short"), {.type = VALUE_SHORT, .integer = -32768}},
    {SLICE("int"), {.type = VALUE_INT, .integer = INT32_MIN}},
    {SLICE("long"), {.type = VALUE_LONG, .integer = INT64_MIN}},
    {SLICE("double"), {.type = VALUE_DOUBLE, .real = -1.25e300}},
    {SLICE("float"), {.type = VALUE_FLOAT, .real = 4.25}},
    {SLICE("string"), {.type = VALUE_STRING, .text = SLICE("text")}},
    {SLICE("bytes"), {.type = VALUE_BYTES, .text = SLICE("\0\1\2")}},
    {SLICE("map"), {.type = VALUE_MAP, .text = SLICE("m")}},
    {SLICE("list"), {.type = VALUE_LIST, .text = SLICE("")}},
    {SLICE("big"), {.type = VALUE_BIG_STRING, .text = SLICE("large")}},
    {SLICE(""), {.type = VALUE_INT, .integer = 7}},
};

static struct message_draft full_draft(void)
{
    return (struct message_draft){
        .destination = {DESTINATION_TOPIC, SLICE("A.B")},
        .reply_to = {DESTINATION_TEMP_QUEUE, SLICE("ID:reply")},
        .original_destination = {DESTINATION_QUEUE, SLICE("ORIGINAL")},
        .id = SLICE("ID:host-1-2-3:4:-1:1"),
        .correlation_id = SLICE("c"),
        .type = SLICE("t"),
        .group_id = SLICE("g"),
        .user_id = SLICE(""),
        .broker_path = SLICE("b1,b2"),
        .body = SLICE("body"),
        .properties = some,
        .property_count = ARRAY_LEN(some),
        .body_kind = BODY_TEXT,
        .priority = 9,
        .persistent = true,
        .redelivery_count = 3,
        .group_sequence = -1,
        .id_sequence = 42,
        .origin = 5,
        .timestamp_ms = 1000,
        .expiration_ms = 2000,
        .broker_in_ms = 1001,
    };
}

static void expect_full(const struct message *message)
{
    cr_assert(slice_is(message_part(message, MESSAGE_DESTINATION), "A.B"));
    cr_assert_eq(message_destination(message).kind, DESTINATION_TOPIC);
    cr_assert(slice_is(message_part(message, MESSAGE_REPLY_TO), "ID:reply"));
    cr_assert_eq(message->reply_to_kind, DESTINATION_TEMP_QUEUE);
    cr_assert(slice_is(message_part(message, MESSAGE_ORIGINAL_DESTINATION), "ORIGINAL"));
    cr_assert(slice_is(message_part(message, MESSAGE_CORRELATION_ID), "c"));
    cr_assert(slice_is(message_part(message, MESSAGE_TYPE), "t"));
    cr_assert(slice_is(message_part(message, MESSAGE_GROUP_ID), "g"));
    cr_assert(slice_is_present(message_part(message, MESSAGE_USER_ID)));
    cr_assert_eq(message_part(message, MESSAGE_USER_ID).len, 0);
    cr_assert(slice_is(message_part(message, MESSAGE_BROKER_PATH), "b1,b2"));
    cr_assert(slice_is(message_part(message, MESSAGE_BODY), "body"));
    cr_assert_eq(message->property_count, ARRAY_LEN(some));
    cr_assert_eq(message->priority, 9);
    cr_assert(message->persistent);
    cr_assert_eq(message->redelivery_count, 3);
    cr_assert_eq(message->group_sequence, -1);
    cr_assert_eq(message->expiration_ms, 2000);
    cr_assert_eq(message->origin, 5);
}

static bool value_equal(const struct value *a, const struct value *b)
{
    if (a->type != b->type)
        return false;
    if (a->type == VALUE_NULL)
        return true;
    if (a->type == VALUE_BOOL)
        return a->boolean == b->boolean;
    if (a->type == VALUE_DOUBLE || a->type == VALUE_FLOAT)
        return a->real == b->real;
    return a->type >= VALUE_STRING ? slice_equal(a->text, b->text) : a->integer == b->integer;
}

Test(message, keeps_every_part_and_field_of_its_draft)
{
    struct message_draft draft = full_draft();
    struct message *message = message_create(&draft);

    cr_assert_not_null(message);
    expect_full(message);
    message_unref(message);
}

Test(message, tells_absent_parts_from_empty_ones)
{
    struct message_draft draft = {.destination = {DESTINATION_QUEUE, SLICE("Q")}};
    struct message *message = message_create(&draft);

    for (int part = MESSAGE_ID; part < MESSAGE_PART_COUNT; part++)
        cr_assert(!slice_is_present(message_part(message, (enum message_part)part)), "%d", part);
    cr_assert_eq(message->len, sizeof *message + 1);
    message_unref(message);
}

Test(message, gives_a_draft_from_which_the_same_message_comes_again)
{
    struct message_draft draft = full_draft(), again;
    struct message *message = message_create(&draft), *copy;

    message_to_draft(message, &again);
    copy = message_create(&again);
    cr_assert_eq(copy->len, message->len);
    message_unref(message);
    expect_full(copy);
    message_unref(copy);
}

Test(message, puts_added_properties_behind_encoded_ones)
{
    struct message_draft draft = full_draft(), again;
    struct message *message = message_create(&draft), *copy;
    struct property added = {SLICE("added"), {.type = VALUE_INT, .integer = 1}};
    struct value value;

    message_to_draft(message, &again);
    again.properties = &added;
    again.property_count = 1;
    copy = message_create(&again);
    cr_assert_eq(copy->property_count, ARRAY_LEN(some) + 1);
    cr_assert(property_find(message_part(copy, MESSAGE_PROPERTIES), SLICE("bool"), &value));
    cr_assert(property_find(message_part(copy, MESSAGE_PROPERTIES), SLICE("added"), &value));
    cr_assert_eq(value.integer, 1);
    message_unref(message);
    message_unref(copy);
}

Test(message, is_freed_with_its_last_reference)
{
    struct message_draft draft = full_draft();
    struct message *message = message_create(&draft);
    struct message *second = message_ref(message);

    message_unref(message);
    expect_full(second);
    message_unref(second);
    message_unref(NULL);
}

Test(message, refuses_what_its_counters_cannot_hold)
{
    static const uint8_t name[PROPERTY_NAME_MAX + 1];
    struct property too_long = {{name, sizeof name}, {.type = VALUE_NULL}};
    struct message_draft draft = {.properties = &too_long, .property_count = 1};

    cr_assert_null(message_create(&draft));
    draft = (struct message_draft){.body = {name, (size_t)UINT32_MAX + 1}};
    cr_assert_null(message_create(&draft));
    draft = (struct message_draft){
        .properties = some, .property_count = 1, .encoded_property_count = UINT16_MAX};
    cr_assert_null(message_create(&draft));
}

Test(message, writes_its_id_with_the_sequence_behind_it)
{
    struct message_draft draft = {.id = SLICE("ID:x:1"), .id_sequence = 0};
    struct message *message = message_create(&draft);
    char out[MESSAGE_ID_MAX];

    cr_assert(slice_is(slice_of(out, message_id_write(message, out)), "ID:x:1:0"));
    message->id_sequence = UINT64_MAX;
    cr_assert(
        slice_is(slice_of(out, message_id_write(message, out)), "ID:x:1:18446744073709551615"));
    message_unref(message);
}

Test(message, cuts_an_id_that_is_too_long)
{
    static uint8_t bytes[2 * MESSAGE_ID_MAX];
    char out[MESSAGE_ID_MAX];

    memset(bytes, 'a', sizeof bytes);
    for (size_t len = MESSAGE_ID_MAX - 25; len < sizeof bytes; len++) {
        struct message_draft draft = {.id = slice_of(bytes, len), .id_sequence = 1234567};
        struct message *message = message_create(&draft);
        size_t written = message_id_write(message, out);

        cr_assert_eq(written, len + 8 < MESSAGE_ID_MAX ? len + 8 : MESSAGE_ID_MAX);
        message_unref(message);
    }
}

Test(property, comes_back_as_it_was_written)
{
    struct message_draft draft = full_draft();
    struct message *message = message_create(&draft);
    struct property_cursor cursor = {message_part(message, MESSAGE_PROPERTIES)};
    struct property property;
    size_t count = 0;

    while (property_next(&cursor, &property)) {
        cr_assert(slice_equal(property.name, some[count].name));
        cr_assert(value_equal(&property.value, &some[count].value), "entry %zu", count);
        count++;
    }
    cr_assert_eq(count, ARRAY_LEN(some));
    cr_assert_eq(cursor.rest.len, 0);
    message_unref(message);
}

/* Each cut is its own allocation, so that a read past the end is seen. */
Test(property, stops_at_every_cut_and_never_reads_past_it)
{
    struct message_draft draft = full_draft();
    struct message *message = message_create(&draft);
    struct slice whole = message_part(message, MESSAGE_PROPERTIES);

    for (size_t cut = 0; cut < whole.len; cut++) {
        uint8_t *copy = malloc(cut + 1);
        struct property_cursor cursor = {{copy, cut}};
        struct property property;
        size_t used = 0;

        memcpy(copy, whole.bytes, cut);
        while (property_next(&cursor, &property))
            used += property_len(&property);
        cr_assert_eq(used + cursor.rest.len, cut);
        free(copy);
    }
    message_unref(message);
}

Test(property, refuses_types_that_do_not_exist)
{
    uint8_t bytes[] = {0, 1, 'a', 0, 0, 0};

    for (unsigned type = VALUE_BIG_STRING + 1; type < 256; type++) {
        struct property_cursor cursor = {slice_of(bytes, sizeof bytes)};
        struct property property;

        bytes[3] = (uint8_t)type;
        cr_assert(!property_next(&cursor, &property), "type %u", type);
    }
}

Test(property, writes_text_too_long_for_a_string_as_a_big_string)
{
    size_t len = 70000;
    uint8_t *bytes = calloc(1, len);
    struct property property = {SLICE("p"), {.type = VALUE_STRING, .text = {bytes, len}}};
    struct message_draft draft = {.properties = &property, .property_count = 1};
    struct message *message = message_create(&draft);
    struct value value;

    cr_assert(property_find(message_part(message, MESSAGE_PROPERTIES), SLICE("p"), &value));
    cr_assert_eq(value.type, VALUE_BIG_STRING);
    cr_assert_eq(value.text.len, len);
    message_unref(message);
    free(bytes);
}

Test(property, is_found_by_its_whole_name_and_the_first_one_counts)
{
    struct property twice[] = {{SLICE("ab"), {.type = VALUE_INT, .integer = 1}},
                               {SLICE("a"), {.type = VALUE_INT, .integer = 2}},
                               {SLICE("a"), {.type = VALUE_INT, .integer = 3}}};
    struct message_draft draft = {.properties = twice, .property_count = 3};
    struct message *message = message_create(&draft);
    struct slice entries = message_part(message, MESSAGE_PROPERTIES);
    struct value value;

    cr_assert(property_find(entries, SLICE("a"), &value));
    cr_assert_eq(value.integer, 2);
    cr_assert(!property_find(entries, SLICE("A"), &value));
    cr_assert(!property_find(SLICE_ABSENT, SLICE("a"), &value));
    message_unref(message);
}
