/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/advisory.h"
#include "harness.h"
#include "stomp_text.h"
#include "stomp_transform.h"

TestSuite(stomp_transform, .fini = close_session);

static struct message *map_message(enum advisory_kind advisory, const char *type)
{
    static uint8_t body[500];
    const struct property entries[] = {
        {SLICE("name"), {.type = VALUE_STRING, .text = SLICE("a<\"b")}},
        {SLICE("size"), {.type = VALUE_LONG, .integer = 10}},
        {SLICE("share"), {.type = VALUE_DOUBLE, .real = 0.5}},
        {SLICE("on"), {.type = VALUE_BOOL, .boolean = true}},
    };
    struct message_draft draft = {
        .destination = {DESTINATION_TOPIC, SLICE("T")},
        .id = SLICE("ID:1"),
        .type = slice_of_text(type),
        .body_kind = BODY_MAP,
        .body_count = ARRAY_LEN(entries),
        .advisory = (uint8_t)advisory,
    };
    uint8_t *at = body;
    struct message *message;

    for (size_t i = 0; i < ARRAY_LEN(entries); i++)
        at = property_write(at, &entries[i]);
    draft.body = slice_of(body, (size_t)(at - body));
    message = message_create(&draft);
    cr_assert(message);
    return message;
}

static void assert_body(struct message *message, const char *body)
{
    char expected[1000];

    snprintf(expected, sizeof expected, "\n\n%s~\n", body);
    fake_deliver(0, message);
    message_unref(message);
    assert_output_has(expected);
}

Test(stomp_transform, shows_an_advisory_as_json)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/topic/ActiveMQ.Advisory.Connection\n\n");
    assert_body(
        map_message(ADVISORY_CONNECTION_INFO, "Advisory"),
        "{\"ConnectionInfo\":{\"name\":\"a<\\\"b\",\"size\":10,\"share\":0.5,\"on\":true}}");
}

Test(stomp_transform, shows_an_advisory_as_xml_to_who_asks)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/topic/T\ntransformation:jms-advisory-xml\n\n");
    assert_body(map_message(ADVISORY_PRODUCER_INFO, "Advisory"),
                "<ProducerInfo>\n  <name>a&lt;&quot;b</name>\n  <size>10</size>\n"
                "  <share>0.5</share>\n  <on>true</on>\n</ProducerInfo>");
}

/* An advisory about a message with this text. */
static struct message *about_a_message(const char *text)
{
    const struct property properties[] = {
        {SLICE("a\"b"), {.type = VALUE_STRING, .text = SLICE("<c>")}},
        {SLICE("n"), {.type = VALUE_INT, .integer = 1}},
    };
    const struct message_draft about = {
        .destination = {DESTINATION_QUEUE, SLICE("Q")},
        .reply_to = {DESTINATION_TEMP_TOPIC, SLICE("R")},
        .id = SLICE("ID:1"),
        .id_sequence = 5,
        .type = SLICE("mine"),
        .properties = properties,
        .property_count = ARRAY_LEN(properties),
        .body_kind = BODY_TEXT,
        .body = slice_of_text(text),
        .persistent = true,
        .priority = 4,
        .timestamp_ms = 1,
        .expiration_ms = 2,
    };
    struct message *subject = message_create(&about), *message;
    const struct message_draft draft = {
        .destination = {DESTINATION_TOPIC, SLICE("ActiveMQ.Advisory.Expired.Queue.Q")},
        .type = SLICE("Advisory"),
        .advisory = ADVISORY_MESSAGE,
        .body = slice_of(subject, subject->len),
    };

    message = message_create(&draft);
    cr_assert(message);
    message_unref(subject);
    return message;
}

Test(stomp_transform, shows_the_message_that_an_advisory_is_about_as_json)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/topic/ActiveMQ.Advisory.>\n\n");
    assert_body(about_a_message("hi"),
                "{\"ActiveMQTextMessage\":{\"messageId\":\"ID:1:5\",\"destination\":\"queue://Q\","
                "\"replyTo\":\"temp-topic://R\",\"type\":\"mine\",\"persistent\":true,"
                "\"priority\":4,\"timestamp\":1,\"expiration\":2,"
                "\"properties\":{\"a\\\"b\":\"<c>\",\"n\":1},\"text\":\"hi\"}}");
}

Test(stomp_transform, shows_the_message_that_an_advisory_is_about_as_xml)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/topic/T\ntransformation:jms-advisory-xml\n\n");
    assert_body(about_a_message(NULL),
                "<ActiveMQTextMessage>\n  <messageId>ID:1:5</messageId>\n"
                "  <destination>queue://Q</destination>\n"
                "  <replyTo>temp-topic://R</replyTo>\n  <type>mine</type>\n"
                "  <persistent>true</persistent>\n  <priority>4</priority>\n"
                "  <timestamp>1</timestamp>\n  <expiration>2</expiration>\n  <properties>\n"
                "  <entry>\n    <string>a&quot;b</string>\n    <string>&lt;c&gt;</string>\n"
                "  </entry>\n  <entry>\n    <string>n</string>\n    <int>1</int>\n"
                "  </entry>\n  </properties>\n</ActiveMQTextMessage>");
}

Test(stomp_transform, shows_a_map_as_json)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/topic/T\ntransformation:jms-map-json\n\n");
    assert_body(map_message(ADVISORY_NONE, NULL),
                "{\"map\":{\"entry\":[{\"string\":[\"name\",\"a<\\\"b\"]},"
                "{\"string\":\"size\",\"long\":10},{\"string\":\"share\",\"double\":0.5},"
                "{\"string\":\"on\",\"boolean\":true}]}}");
}

Test(stomp_transform, shows_a_map_as_xml)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/topic/T\ntransformation:jms-xml\n\n");
    assert_body(map_message(ADVISORY_NONE, NULL),
                "<map>\n  <entry>\n    <string>name</string>\n    <string>a&lt;&quot;b</string>\n"
                "  </entry>\n  <entry>\n    <string>size</string>\n    <long>10</long>\n"
                "  </entry>\n  <entry>\n    <string>share</string>\n    <double>0.5</double>\n"
                "  </entry>\n  <entry>\n    <string>on</string>\n    <boolean>true</boolean>\n"
                "  </entry>\n</map>");
}

Test(stomp_transform, shows_the_brokers_map_replies_as_xml_unasked)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/topic/T\n\n");
    fake_deliver(0, fake.last_message = map_message(ADVISORY_NONE, "Advisory"));
    assert_output_has("\n\n<map>\n");
}

Test(stomp_transform, shows_other_maps_as_empty)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/topic/T\n\n");
    assert_body(map_message(ADVISORY_NONE, NULL), "");
}

Test(stomp_transform, ignores_what_the_message_asks_for)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\n\n");
    FEED("SEND\ndestination:/queue/a\ntransformation:jms-byte\n\nx");
    FEED("SEND\ndestination:/queue/a\ntransformation:jms-json\n\nx");
    fake_deliver(0, fake.last_message);
    assert_output_has("transformation:jms-json\n\nx~\n");
}

Test(stomp_transform, says_what_was_asked_for)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/topic/T\ntransformation:jms-json\n\n");
    fake_deliver(0, fake.last_message = map_message(ADVISORY_NONE, NULL));
    assert_output_has("transformation:jms-map-json\n");
}

Test(stomp_transform, says_it_once_whatever_the_sender_wrote)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\ntransformation:jms-xml\n\n");
    FEED("SEND\ndestination:/queue/a\ntransformation:jms-json\n\nx");
    fake_deliver(0, fake.last_message);
    assert_output_has("priority:4\ntransformation:jms-xml\n\nx~\n");
}

Test(stomp_transform, gives_text_as_bytes_to_who_asks)
{
    open_1_1();
    FEED("SUBSCRIBE\nid:s\ndestination:/queue/a\ntransformation:jms-byte\n\n");
    fake_deliver_text(0, "abc");
    assert_output_has("content-length:3\n\nabc~\n");
}

Test(stomp_transform, reads_back_the_json_it_writes)
{
    struct stomp_scratch out;
    struct stomp_content content;
    struct text again;
    struct message *message = map_message(ADVISORY_NONE, NULL);
    uint16_t count;

    stomp_scratch_init(&out);
    text_init(&again);
    cr_assert_eq(stomp_content(message, TRANSFORM_MAP_JSON, &out, &content), 0);
    cr_assert_eq(stomp_map_read(TRANSFORM_MAP_JSON, content.body, &again, &count), 0);
    cr_assert_eq(count, 4);
    cr_assert(slice_equal(text_slice(&again), message_part(message, MESSAGE_BODY)));
    cr_assert_eq(stomp_content(message, TRANSFORM_MAP_XML, &out, &content), 0);
    cr_assert_eq(stomp_map_read(TRANSFORM_MAP_XML, content.body, &again, &count), 0);
    cr_assert(slice_equal(text_slice(&again), message_part(message, MESSAGE_BODY)));
    stomp_scratch_fini(&out);
    text_fini(&again);
    message_unref(message);
}

Test(stomp_transform, takes_no_damaged_map)
{
    static const char *const json[] = {
        "",
        "{",
        "{\"map\":{\"entry\":[",
        "{\"map\":{\"entry\":[{\"string\":[\"a\"]}]}}",
        "{\"map\":{\"entry\":[{\"string\":\"a\",\"int\":99999999999}]}}",
        "{\"map\":{\"entry\":[{\"string\":\"a\",\"class\":1}]}}",
        "{\"map\":{\"entry\":[{\"string\":[\"a\",\"\\ud800x\"]}]}}",
        "{\"map\":{\"entry\":[{\"string\":[\"a\",\"b\"]}]}} more"};
    static const char *const xml[] = {
        "<map>",
        "<map><entry><string>a</string></entry></map>",
        "<map><entry><string>a</string><string>&e;</string></entry></map>",
        "<map><entry><string>a</string><string>b</int></entry></map>",
        "<map><entry><string>a</string><int>x</int></entry></map>",
        "<!DOCTYPE a><map/>"};
    struct text out;
    uint16_t count;

    text_init(&out);
    for (size_t i = 0; i < ARRAY_LEN(json); i++)
        cr_assert_eq(stomp_map_read(TRANSFORM_MAP_JSON, slice_of_text(json[i]), &out, &count),
                     -EINVAL, "%s", json[i]);
    for (size_t i = 0; i < ARRAY_LEN(xml); i++)
        cr_assert_eq(stomp_map_read(TRANSFORM_MAP_XML, slice_of_text(xml[i]), &out, &count),
                     -EINVAL, "%s", xml[i]);
    text_fini(&out);
}

Test(stomp_transform, writes_numbers_as_java_does)
{
    static const struct {
        double number;
        bool is_float;
        const char *text;
    } cases[] = {
        {0.0, false, "0.0"},
        {-0.0, false, "-0.0"},
        {1.0, false, "1.0"},
        {0.1, false, "0.1"},
        {1234567.0, false, "1234567.0"},
        {1e7, false, "1.0E7"},
        {1e-3, false, "0.001"},
        {1e-4, false, "1.0E-4"},
        {(double)0.1f, true, "0.1"},
        {3.14159265358979, false, "3.14159265358979"},
        {-2.5e300, false, "-2.5E300"},
    };
    char text[VALUE_TEXT_MAX];

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct value value = {.type = cases[i].is_float ? VALUE_FLOAT : VALUE_DOUBLE,
                                    .real = cases[i].number};
        const size_t len = value_write(&value, text);

        cr_assert(slice_is(slice_of(text, len), cases[i].text), "%s but %.*s", cases[i].text,
                  (int)len, text);
    }
}

Test(stomp_transform, escapes_at_every_place_of_a_word)
{
    uint8_t out[64], expected[64];

    for (size_t len = 1; len < 24; len++)
        for (size_t at = 0; at < len; at++) {
            uint8_t text[24];
            size_t expected_len = 0;
            uint8_t *end;

            memset(text, 'a', sizeof text);
            text[at] = ':';
            for (size_t i = 0; i < len; i++) {
                if (i == at)
                    expected[expected_len++] = '\\';
                expected[expected_len++] = i == at ? 'c' : 'a';
            }
            end = put_escaped(out, slice_of(text, len), STOMP_1_1);
            cr_assert_eq((size_t)(end - out), expected_len);
            cr_assert_arr_eq(out, expected, expected_len);
        }
}

Test(stomp_transform, shows_composites_with_the_prefix_of_each_part)
{
    uint8_t out[200];
    const struct destination_name name = {DESTINATION_QUEUE, SLICE("A,topic://B,C")};
    const uint8_t *end = stomp_destination_put(out, NULL, name, STOMP_1_0);

    cr_assert(slice_is(slice_of(out, (size_t)(end - out)), "/queue/A,/topic/B,/queue/C"));
    cr_assert_leq((size_t)(end - out), stomp_destination_bound(name.name));
}
