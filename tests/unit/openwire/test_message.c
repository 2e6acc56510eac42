/* SPDX-License-Identifier: Apache-2.0 */
#include "message_case.h"

TestSuite(openwire_message, .init = begin_case, .fini = end_case);

static struct ow_destination named(enum ow_type type, const char *name)
{
    return (struct ow_destination){{(uint8_t)type}, slice_of_text(name)};
}

Test(openwire_message, has_the_fields_that_were_sent)
{
    const struct ow_destination reply = named(OW_TEMP_TOPIC, "ID:host-1-2-3:4:1");
    const struct ow_destination original = named(OW_TOPIC, "T");
    struct ow_blob_message in = sent(OW_MESSAGE);

    in.message.reply_to = &reply;
    in.message.original_destination = &original;
    in.message.group_id = SLICE("group");
    in.message.group_sequence = -1;
    in.message.correlation_id = SLICE("correlation");
    in.message.type = SLICE("type");
    in.message.persistent = true;
    in.message.expiration = 5000;
    in.message.priority = 7;
    cr_assert(take(&in));
    assert_part(MESSAGE_DESTINATION, SLICE("A"));
    assert_part(MESSAGE_ID, SLICE("ID:host-1-2-3:4:5:6"));
    assert_part(MESSAGE_REPLY_TO, SLICE("ID:host-1-2-3:4:1"));
    assert_part(MESSAGE_ORIGINAL_DESTINATION, SLICE("T"));
    assert_part(MESSAGE_GROUP_ID, SLICE("group"));
    assert_part(MESSAGE_CORRELATION_ID, SLICE("correlation"));
    assert_part(MESSAGE_TYPE, SLICE("type"));
    assert_part(MESSAGE_PROPERTIES, SLICE_ABSENT);
    cr_assert(it.message->destination_kind == DESTINATION_QUEUE);
    cr_assert(it.message->reply_to_kind == DESTINATION_TEMP_TOPIC);
    cr_assert(it.message->original_kind == DESTINATION_TOPIC);
    cr_assert(it.message->id_sequence == 9);
    cr_assert(it.message->group_sequence == -1);
    cr_assert(it.message->persistent);
    cr_assert(it.message->priority == 7);
    cr_assert(it.message->timestamp_ms == 1000);
    cr_assert(it.message->expiration_ms == 5000);
    cr_assert(it.message->origin == 7, "the engine has stamped it");
}

Test(openwire_message, is_told_by_the_producer_where_its_id_has_none)
{
    const struct ow_message_id id = {.object = {OW_MESSAGE_ID}, .producer_sequence_id = 3};
    struct ow_blob_message in = sent(OW_MESSAGE);

    in.message.message_id = &id;
    cr_assert(take(&in));
    assert_part(MESSAGE_ID, SLICE("ID:host-1-2-3:4:5:6"));
}

Test(openwire_message, takes_nothing_that_a_client_cannot_vouch_for)
{
    const struct ow_broker_id broker = {{OW_BROKER_ID}, SLICE("forged")};
    const struct ow_object *path[] = {&broker.object};
    struct ow_blob_message in = sent(OW_MESSAGE);

    in.message.broker_path = (struct ow_array){path, 1, true};
    in.message.user_id = SLICE("root");
    in.message.redelivery_counter = 5;
    in.message.broker_in_time = 1;
    in.message.data_structure = &broker.object;
    cr_assert(take(&in));
    assert_part(MESSAGE_BROKER_PATH, SLICE_ABSENT);
    assert_part(MESSAGE_USER_ID, SLICE_ABSENT);
    cr_assert(it.message->redelivery_count == 0);
    cr_assert(it.message->broker_in_ms == CASE_NOW_MS);
    cr_assert(it.message->advisory == ADVISORY_NONE);
    it.config.populate_user_id = true;
    cr_assert(take(&in));
    assert_part(MESSAGE_USER_ID, SLICE("alice"));
}

Test(openwire_message, keeps_a_priority_between_0_and_9)
{
    struct ow_blob_message in = sent(OW_MESSAGE);

    in.message.priority = -1;
    cr_assert(take(&in)->priority == 0);
    in.message.priority = 127;
    cr_assert(take(&in)->priority == 9);
}

Test(openwire_message, may_have_no_timestamp)
{
    struct ow_blob_message in = sent(OW_MESSAGE);

    in.message.timestamp = 0;
    cr_assert(take(&in)->timestamp_ms == 0);
    it.config.timestamps.enabled = true;
    cr_assert(take(&in)->timestamp_ms == CASE_NOW_MS);
}

Test(openwire_message, goes_to_a_name_without_blanks_and_options)
{
    const struct ow_destination name = named(OW_TOPIC, " \tA.B,queue://C?x=1&y=2 ");
    struct ow_blob_message in = sent(OW_MESSAGE);

    in.message.destination = &name;
    cr_assert(take(&in));
    assert_part(MESSAGE_DESTINATION, SLICE("A.B,queue://C"));
    cr_assert(it.message->destination_kind == DESTINATION_TOPIC);
}

Test(openwire_message, is_refused_without_a_destination)
{
    struct ow_blob_message in = sent(OW_MESSAGE);

    in.message.destination = NULL;
    cr_assert(!take(&in));
    assert_refused("The message has no destination");
    cr_assert_str_eq(it.failure.class_name, "javax.jms.InvalidDestinationException");
}

Test(openwire_message, is_refused_when_a_destination_has_no_name)
{
    static const char *const names[] = {"", "  ", "?x=1"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct ow_destination name = named(OW_QUEUE, names[i]);
        struct ow_blob_message in = sent(OW_MESSAGE);

        in.message.destination = &name;
        cr_assert(!take(&in));
        assert_refused("Invalid destination name: a non-empty name is required in destination");
        in.message.destination = &queue_a;
        in.message.reply_to = &name;
        cr_assert(!take(&in));
        assert_refused("Invalid destination name: a non-empty name is required in replyTo");
    }
}

Test(openwire_message, is_refused_when_a_name_is_too_long)
{
    static char longest[DESTINATION_NAME_MAX + 2];
    struct ow_destination name = {{OW_QUEUE}, {(const uint8_t *)longest, DESTINATION_NAME_MAX}};
    struct ow_blob_message in = sent(OW_MESSAGE);

    memset(longest, 'n', sizeof longest - 1);
    in.message.destination = &name;
    cr_assert(take(&in));
    name.physical_name.len++;
    cr_assert(!take(&in));
    assert_refused("The name in destination is longer than 4096 bytes");
}

Test(openwire_message, is_refused_without_an_id)
{
    const struct ow_message_id id = {.object = {OW_MESSAGE_ID}, .producer_sequence_id = 3};
    struct ow_blob_message in = sent(OW_MESSAGE);

    in.message.message_id = NULL;
    cr_assert(!take(&in));
    assert_refused("The message has no id");
    in.message.message_id = &id;
    in.message.producer_id = NULL;
    cr_assert(!take(&in));
    assert_refused("The message has no id");
}

Test(openwire_message, is_refused_when_its_id_is_too_long)
{
    static char longest[ID_TEXT_MAX + 1];
    struct ow_producer_id producer = producer_1;
    const struct ow_message_id id = {.object = {OW_MESSAGE_ID}, .producer_id = &producer};
    struct ow_blob_message in = sent(OW_MESSAGE);

    memset(longest, 'x', sizeof longest - 1);
    producer.connection_id = slice_of_text(longest);
    in.message.message_id = &id;
    cr_assert(!take(&in));
    assert_refused("The id of the message is too long");
}

Test(openwire_message, has_its_texts_in_utf8)
{
    const struct ow_destination name = named(OW_QUEUE, "Q\xed\xa0\xbd\xed\xb8\x80");
    const struct ow_destination reply = named(OW_QUEUE, "R\xed\xa0\xbd\xed\xb8\x80");
    struct ow_blob_message in = sent(OW_MESSAGE);

    in.message.destination = &name;
    in.message.reply_to = &reply;
    in.message.correlation_id = SLICE("zero\xc0\x80");
    in.message.type = SLICE("gr\xc3\xb6\xc3\x9f"
                            "e");
    in.message.group_id = SLICE("\xed\xa0\xbd");
    cr_assert(take(&in));
    assert_part(MESSAGE_DESTINATION, SLICE("Q\xf0\x9f\x98\x80"));
    assert_part(MESSAGE_REPLY_TO, SLICE("R\xf0\x9f\x98\x80"));
    assert_part(MESSAGE_CORRELATION_ID, SLICE("zero\0"));
    assert_part(MESSAGE_TYPE, SLICE("gr\xc3\xb6\xc3\x9f"
                                    "e"));
    assert_part(MESSAGE_GROUP_ID, SLICE("\xef\xbf\xbd"));
}

/*
 * Bodies.
 */
Test(openwire_message, has_a_text_body_in_utf8)
{
    cr_assert(take_content(OW_TEXT_MESSAGE, SLICE("\0\0\0\x0b"
                                                  "hi\xc0\x80 \xed\xa0\xbd\xed\xb8\x80")));
    cr_assert(it.message->body_kind == BODY_TEXT);
    assert_part(MESSAGE_BODY, SLICE("hi\0 \xf0\x9f\x98\x80"));
}

Test(openwire_message, knows_an_empty_text_from_none)
{
    cr_assert(take_content(OW_TEXT_MESSAGE, SLICE("\0\0\0\0")));
    assert_part(MESSAGE_BODY, SLICE(""));
    cr_assert(take_content(OW_TEXT_MESSAGE, SLICE_ABSENT));
    assert_part(MESSAGE_BODY, SLICE_ABSENT);
    cr_assert(take_content(OW_TEXT_MESSAGE, SLICE("\xff\xff\xff\xff")));
    assert_part(MESSAGE_BODY, SLICE_ABSENT);
}

Test(openwire_message, ignores_what_stands_behind_the_text)
{
    cr_assert(take_content(OW_TEXT_MESSAGE, SLICE("\0\0\0\2hi there")));
    assert_part(MESSAGE_BODY, SLICE("hi"));
}

Test(openwire_message, with_a_damaged_text_is_refused)
{
    static const struct slice damaged[] = {
        {(const uint8_t *)"", 0},
        {(const uint8_t *)"\0\0\0", 3},
        {(const uint8_t *)"\0\0\0\3hi", 6},
        {(const uint8_t *)"\x7f\xff\xff\xffhi", 6},
        {(const uint8_t *)"\x80\0\0\0hi", 6},
        {(const uint8_t *)"\0\0\0\1\xff", 5},
        {(const uint8_t *)"\0\0\0\1\0", 5},               /* not how modified UTF-8 writes NUL */
        {(const uint8_t *)"\0\0\0\4\xf0\x9f\x98\x80", 8}, /* nor what is beyond U+FFFF */
    };

    for (size_t i = 0; i < ARRAY_LEN(damaged); i++) {
        cr_assert(!take_content(OW_TEXT_MESSAGE, damaged[i]), "%zu", i);
        assert_refused("The text of the message is damaged");
        cr_assert_str_eq(it.failure.class_name, "javax.jms.JMSException");
    }
}

Test(openwire_message, has_bytes_as_they_came)
{
    cr_assert(take_content(OW_BYTES_MESSAGE, SLICE("\0\1\xff")));
    cr_assert(it.message->body_kind == BODY_BYTES);
    assert_part(MESSAGE_BODY, SLICE("\0\1\xff"));
    cr_assert(take_content(OW_BYTES_MESSAGE, SLICE("")));
    assert_part(MESSAGE_BODY, SLICE(""));
    cr_assert(take_content(OW_BYTES_MESSAGE, SLICE_ABSENT));
    assert_part(MESSAGE_BODY, SLICE_ABSENT);
}

Test(openwire_message, has_a_map_as_entries)
{
    struct value value;

    cr_assert(take_content(OW_MAP_MESSAGE, SLICE("\0\0\0\2\0\1i\5\0\0\0\7\0\1s\x09\0\2\xc0\x80")));
    cr_assert(it.message->body_kind == BODY_MAP);
    cr_assert(it.message->body_count == 2);
    cr_assert(property_find(message_part(it.message, MESSAGE_BODY), SLICE("i"), &value));
    cr_assert(value.type == VALUE_INT && value.integer == 7);
    cr_assert(property_find(message_part(it.message, MESSAGE_BODY), SLICE("s"), &value));
    assert_slice(value.text, SLICE("\0"));
    cr_assert(take_content(OW_MAP_MESSAGE, SLICE_ABSENT));
    assert_part(MESSAGE_BODY, SLICE_ABSENT);
    cr_assert(take_content(OW_MAP_MESSAGE, SLICE("\0\0\0\0")));
    assert_part(MESSAGE_BODY, SLICE_ABSENT);
}

Test(openwire_message, with_a_damaged_map_is_refused)
{
    static const struct slice damaged[] = {
        {(const uint8_t *)"\0\0\0", 3},
        {(const uint8_t *)"\0\0\0\2\0\1i\5\0\0\0\7", 12},
        {(const uint8_t *)"\0\0\0\1\0\1i\5\0\0\0", 11},
        {(const uint8_t *)"\0\0\0\1\0\1i\x0e", 8},
        {(const uint8_t *)"\0\0\0\1\0\1i\x09\xff\xff", 10},
    };

    for (size_t i = 0; i < ARRAY_LEN(damaged); i++) {
        cr_assert(!take_content(OW_MAP_MESSAGE, damaged[i]), "%zu", i);
        assert_refused("The map of the message is damaged");
    }
}

Test(openwire_message, has_streams_and_objects_as_they_came)
{
    cr_assert(take_content(OW_STREAM_MESSAGE, SLICE("\1\1\x63")));
    cr_assert(it.message->body_kind == BODY_STREAM);
    assert_part(MESSAGE_BODY, SLICE("\1\1\x63"));
    cr_assert(take_content(OW_OBJECT_MESSAGE, SLICE("\xac\xed\0\5")));
    cr_assert(it.message->body_kind == BODY_OBJECT);
    assert_part(MESSAGE_BODY, SLICE("\xac\xed\0\5"));
    cr_assert(take_content(OW_MESSAGE, SLICE_ABSENT));
    cr_assert(it.message->body_kind == BODY_NONE);
    assert_part(MESSAGE_BODY, SLICE_ABSENT);
}

Test(openwire_message, has_compressed_bodies_as_they_came)
{
    static const enum ow_type types[] = {OW_TEXT_MESSAGE, OW_BYTES_MESSAGE, OW_MAP_MESSAGE,
                                         OW_STREAM_MESSAGE, OW_OBJECT_MESSAGE};

    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        struct ow_blob_message in = sent(types[i]);

        in.message.content = SLICE("\x78\x9c whatever");
        in.message.compressed = true;
        cr_assert(take(&in));
        cr_assert(it.message->compressed);
        assert_part(MESSAGE_BODY, SLICE("\x78\x9c whatever"));
    }
}

Test(openwire_message, says_where_a_blob_is)
{
    struct ow_blob_message in = sent(OW_BLOB_MESSAGE);
    struct value value;

    in.remote_blob_url = SLICE("http://host/\xed\xa0\xbd\xed\xb8\x80");
    in.deleted_by_broker = true;
    cr_assert(take(&in));
    cr_assert(it.message->body_kind == BODY_BLOB);
    cr_assert(it.message->body_count == 2);
    cr_assert(property_find(message_part(it.message, MESSAGE_BODY), SLICE("url"), &value));
    assert_slice(value.text, SLICE("http://host/\xf0\x9f\x98\x80"));
    cr_assert(!property_find(message_part(it.message, MESSAGE_BODY), SLICE("mimeType"), &value));
    cr_assert(
        property_find(message_part(it.message, MESSAGE_BODY), SLICE("deletedByBroker"), &value));
    cr_assert(value.boolean);
}

/*
 * Properties.
 */
Test(openwire_message, has_properties_of_all_types)
{
    struct ow_blob_message in = sent(OW_MESSAGE);
    struct value value;

    in.message.marshalled_properties =
        SLICE("\0\0\0\x08"
              "\0\1a\1\1\0\1b\2\xff\0\1c\4\xff\xfe\0\1d\5\0\0\0\1\0\1e\6\0\0\0\0\0\0\0\2"
              "\0\1f\7\x3f\xf0\0\0\0\0\0\0\0\1g\x08\x3f\x80\0\0\0\1h\x09\0\3s\xc0\x80");
    cr_assert(take(&in));
    cr_assert(it.message->property_count == 8);
    cr_assert(property_find(message_part(it.message, MESSAGE_PROPERTIES), SLICE("b"), &value));
    cr_assert(value.type == VALUE_BYTE && value.integer == -1);
    cr_assert(property_find(message_part(it.message, MESSAGE_PROPERTIES), SLICE("f"), &value));
    cr_assert(value.type == VALUE_DOUBLE && value.real == 1.0);
    cr_assert(property_find(message_part(it.message, MESSAGE_PROPERTIES), SLICE("h"), &value));
    assert_slice(value.text, SLICE("s\0"));
}

Test(openwire_message, has_none_of_an_empty_row_of_properties)
{
    struct ow_blob_message in = sent(OW_MESSAGE);

    in.message.marshalled_properties = SLICE("\0\0\0\0");
    cr_assert(take(&in));
    assert_part(MESSAGE_PROPERTIES, SLICE_ABSENT);
    in.message.marshalled_properties = SLICE("\xff\xff\xff\xff"); /* null */
    cr_assert(take(&in));
    assert_part(MESSAGE_PROPERTIES, SLICE_ABSENT);
}

Test(openwire_message, with_damaged_properties_is_refused)
{
    struct ow_blob_message in = sent(OW_MESSAGE);

    in.message.marshalled_properties = SLICE("garbage");
    cr_assert(!take(&in));
    assert_refused("The properties of the message are damaged");
    in.message.marshalled_properties = SLICE("\0\0\0\1\0\1h\x09\0\1\xff");
    cr_assert(!take(&in));
    assert_refused("The properties of the message are damaged");
}

Test(openwire_message, leaves_no_large_scratch_behind)
{
    static uint8_t content[4 + 1000000];
    const uint32_t len = 1000000;

    content[1] = (uint8_t)(len >> 16), content[2] = (uint8_t)(len >> 8), content[3] = (uint8_t)len;
    for (size_t i = 4; i < sizeof content; i += 2)
        content[i] = 0xc0, content[i + 1] = 0x80;
    cr_assert(take_content(OW_TEXT_MESSAGE, slice_of(content, sizeof content)));
    cr_assert(message_part(it.message, MESSAGE_BODY).len == len / 2);
    cr_assert(it.worker.scratch[SCRATCH_BODY].capacity > 100000);
    cr_assert(take_content(OW_MESSAGE, SLICE_ABSENT));
    cr_assert(it.worker.scratch[SCRATCH_BODY].capacity == 0);
}

Test(openwire_message, names_are_read_alike_everywhere)
{
    const struct ow_destination plain = named(OW_TEMP_QUEUE, " ID:1:1?a=b");
    const struct ow_destination other = named(OW_TOPIC, "\xed\xa0\xbd\xed\xb8\x80");
    struct text *scratch = &it.worker.scratch[0];
    struct destination_name name = destination_of_openwire(&plain, scratch);

    cr_assert(name.kind == DESTINATION_TEMP_QUEUE);
    assert_slice(name.name, SLICE("ID:1:1"));
    name = destination_of_openwire(&other, scratch);
    cr_assert(name.kind == DESTINATION_TOPIC);
    assert_slice(name.name, SLICE("\xf0\x9f\x98\x80"));
    assert_slice(destination_of_openwire(NULL, scratch).name, SLICE_ABSENT);
}
