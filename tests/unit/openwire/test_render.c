/* SPDX-License-Identifier: Apache-2.0 */
#include "message_case.h"

TestSuite(openwire_render, .init = begin_case, .fini = end_case);

static struct message_draft plain(enum body_kind kind)
{
    return (struct message_draft){
        .destination = {DESTINATION_TOPIC, SLICE("T")},
        .id = SLICE("ID:host-1-2-3:4:-1:1"),
        .id_sequence = 77,
        .body_kind = kind,
        .timestamp_ms = 1000,
        .broker_in_ms = 2000,
    };
}

static const struct ow_message *give_draft(const struct message_draft *draft)
{
    message_unref(it.message);
    it.message = message_create(draft);
    return give(it.message);
}

static void assert_destination(const struct ow_destination *got, enum ow_type type,
                               struct slice name)
{
    cr_assert(got);
    cr_assert(got->object.type == type);
    assert_slice(got->physical_name, name);
}

Test(openwire_render, gives_all_fields)
{
    struct message_draft draft = plain(BODY_NONE);
    const struct ow_message *out;

    draft.reply_to = (struct destination_name){DESTINATION_TEMP_QUEUE, SLICE("ID:1:1")};
    draft.original_destination = (struct destination_name){DESTINATION_QUEUE, SLICE("Q")};
    draft.correlation_id = SLICE("correlation");
    draft.type = SLICE("type");
    draft.group_id = SLICE("group");
    draft.group_sequence = 3;
    draft.user_id = SLICE("alice");
    draft.persistent = true;
    draft.priority = 9;
    draft.expiration_ms = 3000;
    draft.redelivery_count = 2;
    out = give_draft(&draft);
    cr_assert(out->command.object.type == OW_MESSAGE);
    assert_destination(out->destination, OW_TOPIC, SLICE("T"));
    assert_destination(out->reply_to, OW_TEMP_QUEUE, SLICE("ID:1:1"));
    assert_destination(out->original_destination, OW_QUEUE, SLICE("Q"));
    assert_slice(out->correlation_id, SLICE("correlation"));
    assert_slice(out->type, SLICE("type"));
    assert_slice(out->group_id, SLICE("group"));
    assert_slice(out->user_id, SLICE("alice"));
    assert_slice(out->content, SLICE_ABSENT);
    assert_slice(out->marshalled_properties, SLICE_ABSENT);
    cr_assert(out->group_sequence == 3 && out->persistent && out->priority == 9);
    cr_assert(out->expiration == 3000 && out->timestamp == 1000 && out->redelivery_counter == 2);
    cr_assert(out->broker_in_time == 2000 && out->broker_out_time == CASE_NOW_MS);
    cr_assert(!out->broker_path.is_present && !out->data_structure && !out->target_consumer_id);
}

Test(openwire_render, gives_nothing_that_is_not_there)
{
    const struct message_draft draft = plain(BODY_NONE);
    const struct ow_message *out = give_draft(&draft);

    cr_assert(!out->reply_to && !out->original_destination && !out->transaction_id);
    assert_slice(out->correlation_id, SLICE_ABSENT);
    assert_slice(out->type, SLICE_ABSENT);
    assert_slice(out->group_id, SLICE_ABSENT);
    assert_slice(out->user_id, SLICE_ABSENT);
}

Test(openwire_render, makes_ids_of_their_text)
{
    struct message_draft draft = plain(BODY_NONE);
    const struct ow_message *out = give_draft(&draft);

    cr_assert(out->message_id->producer_id == out->producer_id);
    assert_slice(out->producer_id->connection_id, SLICE("ID:host-1-2-3:4"));
    cr_assert(out->producer_id->session_id == -1 && out->producer_id->value == 1);
    cr_assert(out->message_id->producer_sequence_id == 77);
    assert_slice(out->message_id->text_view, SLICE_ABSENT);
    draft.id = SLICE("no such form");
    out = give_draft(&draft);
    assert_slice(out->producer_id->connection_id, SLICE("no such form"));
    draft.id = SLICE_ABSENT;
    out = give_draft(&draft);
    assert_slice(out->producer_id->connection_id, SLICE(""));
}

Test(openwire_render, gives_the_path_of_brokers)
{
    struct message_draft draft = plain(BODY_NONE);
    const struct ow_message *out;
    const struct ow_broker_id *second;

    draft.broker_path = SLICE("ID:a,ID:b\xf0\x9f\x98\x80,");
    out = give_draft(&draft);
    cr_assert(out->broker_path.is_present && out->broker_path.count == 3);
    second = (const struct ow_broker_id *)out->broker_path.items[1];
    cr_assert(second->object.type == OW_BROKER_ID);
    assert_slice(second->value, SLICE("ID:b\xed\xa0\xbd\xed\xb8\x80"));
    draft.broker_path = SLICE("ID:a");
    cr_assert(give_draft(&draft)->broker_path.count == 1);
}

Test(openwire_render, writes_texts_in_modified_utf8)
{
    struct message_draft draft = plain(BODY_TEXT);
    const struct ow_message *out;

    draft.destination.name = SLICE("Q\xf0\x9f\x98\x80");
    draft.correlation_id = SLICE("zero\0");
    draft.type = SLICE("gr\xc3\xb6\xc3\x9f"
                       "e");
    draft.user_id = SLICE("\xff");
    draft.body = SLICE("\0\xf0\x9f\x98\x80");
    out = give_draft(&draft);
    assert_slice(out->destination->physical_name, SLICE("Q\xed\xa0\xbd\xed\xb8\x80"));
    assert_slice(out->correlation_id, SLICE("zero\xc0\x80"));
    assert_slice(out->type, SLICE("gr\xc3\xb6\xc3\x9f"
                                  "e"));
    assert_slice(out->user_id, SLICE("\xef\xbf\xbd"));
    assert_slice(out->content, SLICE("\0\0\0\x08\xc0\x80\xed\xa0\xbd\xed\xb8\x80"));
}

Test(openwire_render, has_a_type_for_each_kind_of_body)
{
    static const struct {
        enum body_kind kind;
        enum ow_type type;
    } pairs[] = {
        {BODY_NONE, OW_MESSAGE},          {BODY_TEXT, OW_TEXT_MESSAGE},
        {BODY_BYTES, OW_BYTES_MESSAGE},   {BODY_MAP, OW_MAP_MESSAGE},
        {BODY_STREAM, OW_STREAM_MESSAGE}, {BODY_OBJECT, OW_OBJECT_MESSAGE},
        {BODY_BLOB, OW_BLOB_MESSAGE},
    };

    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        const struct message_draft draft = plain(pairs[i].kind);
        const struct ow_message *out = give_draft(&draft);

        cr_assert(out->command.object.type == pairs[i].type);
        assert_slice(out->content, SLICE_ABSENT);
    }
}

Test(openwire_render, refuses_damaged_properties_and_maps)
{
    struct message_draft draft = plain(BODY_MAP);

    draft.encoded_properties = SLICE("garbage");
    draft.encoded_property_count = 1;
    it.message = message_create(&draft);
    cr_assert(render_message(&it.worker, it.message, &it.rendering) == -EINVAL);
    message_unref(it.message);
    draft.encoded_property_count = 0;
    draft.encoded_properties = SLICE_ABSENT;
    draft.body = SLICE("garbage");
    draft.body_count = 1;
    it.message = message_create(&draft);
    cr_assert(render_message(&it.worker, it.message, &it.rendering) == -EINVAL);
}

Test(openwire_render, gives_properties_of_other_protocols)
{
    const struct property properties[] = {
        {SLICE("a"), {.type = VALUE_STRING, .text = SLICE("b")}},
        {SLICE("n\0"), {.type = VALUE_INT, .integer = 1}},
    };
    struct message_draft draft = plain(BODY_NONE);

    draft.properties = properties;
    draft.property_count = ARRAY_LEN(properties);
    assert_slice(give_draft(&draft)->marshalled_properties,
                 SLICE("\0\0\0\2\0\1a\x09\0\1b\0\3n\xc0\x80\5\0\0\0\1"));
}

/*
 * There and back.
 */
static void assert_comes_back(const struct ow_blob_message *in)
{
    const struct ow_blob_message *out;

    cr_assert(take(in), "%s", it.failure.text.text);
    give(it.message);
    out = &it.rendering.blob;
    cr_assert(out->message.command.object.type == in->message.command.object.type);
    cr_assert(out->message.compressed == in->message.compressed);
    assert_slice(out->message.content, in->message.content);
    assert_slice(out->message.marshalled_properties, in->message.marshalled_properties);
    assert_slice(out->remote_blob_url, in->remote_blob_url);
    assert_slice(out->mime_type, in->mime_type);
    cr_assert(out->deleted_by_broker == in->deleted_by_broker);
    assert_slice(out->message.destination->physical_name, in->message.destination->physical_name);
    assert_slice(out->message.correlation_id, in->message.correlation_id);
    cr_assert(out->message.message_id->producer_sequence_id ==
              in->message.message_id->producer_sequence_id);
    assert_slice(out->message.producer_id->connection_id, in->message.producer_id->connection_id);
    cr_assert(out->message.producer_id->session_id == in->message.producer_id->session_id);
    cr_assert(out->message.producer_id->value == in->message.producer_id->value);
}

Test(openwire_render, gives_each_kind_of_body_back)
{
    static const struct {
        enum ow_type type;
        struct slice content;
    } bodies[] = {
        {OW_MESSAGE, {NULL, 0}},
        {OW_TEXT_MESSAGE, {NULL, 0}},
        {OW_TEXT_MESSAGE, {(const uint8_t *)"\0\0\0\0", 4}},
        {OW_TEXT_MESSAGE,
         {(const uint8_t *)"\0\0\0\x0a"
                           "a\xc3\xa4\xc0\x80"
                           "b\xe2\x82\xac"
                           "c",
          14}},
        {OW_TEXT_MESSAGE, {(const uint8_t *)"\0\0\0\6\xed\xa0\xbd\xed\xb8\x80", 10}},
        {OW_BYTES_MESSAGE, {NULL, 0}},
        {OW_BYTES_MESSAGE, {(const uint8_t *)"", 0}},
        {OW_BYTES_MESSAGE, {(const uint8_t *)"\0\xff\x80", 3}},
        {OW_MAP_MESSAGE, {NULL, 0}},
        {OW_MAP_MESSAGE,
         {(const uint8_t *)"\0\0\0\2\0\1i\5\0\0\0\7\0\2\xc0\x80\x09\0\2\xc0\x80", 21}},
        {OW_MAP_MESSAGE, {(const uint8_t *)"\0\0\0\1\0\1b\x0a\0\0\0\2\0\xff", 14}},
        {OW_MAP_MESSAGE, {(const uint8_t *)"\0\0\0\1\0\1m\x0b\0\0\0\1\0\1x\0", 16}},
        {OW_MAP_MESSAGE, {(const uint8_t *)"\0\0\0\1\0\1l\x0c\0\0\0\2\1\1\x0c\0\0\0\0", 19}},
        {OW_STREAM_MESSAGE, {(const uint8_t *)"\1\1\x09\0\1s\0", 7}},
        {OW_OBJECT_MESSAGE, {(const uint8_t *)"\xac\xed\0\5", 4}},
    };

    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct ow_blob_message in = sent(bodies[i].type);

        in.message.content = bodies[i].content;
        assert_comes_back(&in);
        if (!slice_is_present(bodies[i].content))
            continue;
        in.message.compressed = true;
        assert_comes_back(&in);
    }
}

Test(openwire_render, gives_a_blob_back)
{
    struct ow_blob_message in = sent(OW_BLOB_MESSAGE);

    in.remote_blob_url = SLICE("http://host/\xed\xa0\xbd\xed\xb8\x80");
    in.mime_type = SLICE("a/\xc0\x80");
    in.deleted_by_broker = true;
    assert_comes_back(&in);
    in.mime_type = SLICE_ABSENT;
    in.deleted_by_broker = false;
    assert_comes_back(&in);
}

Test(openwire_render, gives_properties_of_all_types_back)
{
    struct ow_blob_message in = sent(OW_BYTES_MESSAGE);

    in.message.content = SLICE("x");
    in.message.correlation_id = SLICE("\xc0\x80\xed\xa0\xbd\xed\xb8\x80");
    in.message.marshalled_properties =
        SLICE("\0\0\0\x0e"
              "\0\1z\0\0\1a\1\1\0\1b\2\xff\0\1k\3\0\x63\0\1c\4\xff\xfe\0\1d\5\0\0\0\1"
              "\0\1e\6\0\0\0\0\0\0\0\2\0\1f\7\x3f\xf0\0\0\0\0\0\0\0\1g\x08\x3f\x80\0\0"
              "\0\1h\x09\0\3s\xc0\x80\0\1i\x0a\0\0\0\2\0\xff\0\1m\x0b\0\0\0\1\0\1x\0"
              "\0\1l\x0c\0\0\0\1\5\0\0\0\1\0\1s\x0d\0\0\0\2hi");
    assert_comes_back(&in);
}

Test(openwire_render, may_be_used_again_and_again)
{
    struct ow_blob_message blob = sent(OW_BLOB_MESSAGE), text = sent(OW_TEXT_MESSAGE);

    blob.remote_blob_url = SLICE("u");
    text.message.content = SLICE("\0\0\0\2\xc0\x80");
    for (int i = 0; i < 3; i++) {
        assert_comes_back(&blob);
        assert_comes_back(&text);
    }
}
