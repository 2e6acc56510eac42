/* SPDX-License-Identifier: Apache-2.0 */
#include "stomp_transform.h"
#include "engine/advisory.h"
#include "stomp_text.h"
#include <math.h>

enum stomp_transformation stomp_transformation_find(struct slice name)
{
    static const struct {
        const char *name;
        enum stomp_transformation how;
    } known[] = {
        {"jms-map-json", TRANSFORM_MAP_JSON},
        {"jms-map-xml", TRANSFORM_MAP_XML},
        {"jms-object-json", TRANSFORM_OBJECT_JSON},
        {"jms-object-xml", TRANSFORM_OBJECT_XML},
        {"jms-json", TRANSFORM_JSON},
        {"jms-xml", TRANSFORM_XML},
        {"jms-byte", TRANSFORM_BYTE},
        {"jms-advisory-json", TRANSFORM_ADVISORY_JSON},
        {"jms-advisory-xml", TRANSFORM_ADVISORY_XML},
    };

    for (size_t i = 0; slice_is_present(name) && i < ARRAY_LEN(known); i++)
        if (slice_is(name, known[i].name))
            return known[i].how;
    return TRANSFORM_DEFAULT;
}

static void add_json_string(struct text *out, struct slice s)
{
    text_add_char(out, '"');
    for (size_t i = 0; i < s.len; i++) {
        const uint8_t c = s.bytes[i];

        if (c == '"' || c == '\\') {
            text_add_char(out, '\\');
            text_add_char(out, (char)c);
        } else if (c < ' ') {
            text_add_format(out, "\\u%04x", c);
        } else {
            text_add_char(out, (char)c);
        }
    }
    text_add_char(out, '"');
}

static void add_xml_text(struct text *out, struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        const uint8_t c = s.bytes[i];

        if (c == '<')
            text_add(out, SLICE("&lt;"));
        else if (c == '>')
            text_add(out, SLICE("&gt;"));
        else if (c == '&')
            text_add(out, SLICE("&amp;"));
        else if (c == '"')
            text_add(out, SLICE("&quot;"));
        else if (c < ' ' && c != '\t' && c != '\n')
            text_add_format(out, "&#x%x;", c);
        else
            text_add_char(out, (char)c);
    }
}

static void add_value(struct text *out, const struct value *value, bool is_json)
{
    uint8_t room[VALUE_TEXT_MAX];
    struct slice plain = value->text;
    bool is_text = value->type == VALUE_STRING || value->type == VALUE_BIG_STRING;

    if (!is_text) /* numbers and the like: short, and without anything to escape */
        plain = slice_of(room, (size_t)(put_value(room, value, STOMP_1_0) - room));
    is_text = is_text || value->type == VALUE_CHAR || value->type > VALUE_FLOAT ||
              (value->type >= VALUE_DOUBLE && !isfinite(value->real));
    if (is_json && is_text)
        add_json_string(out, plain);
    else if (is_json)
        text_add(out, plain);
    else
        add_xml_text(out, plain);
}

/* XStream's names of types. */
static const char *type_name(enum value_type type)
{
    switch (type) {
    case VALUE_BOOL:
        return "boolean";
    case VALUE_BYTE:
        return "byte";
    case VALUE_CHAR:
        return "char";
    case VALUE_SHORT:
        return "short";
    case VALUE_INT:
        return "int";
    case VALUE_LONG:
        return "long";
    case VALUE_DOUBLE:
        return "double";
    case VALUE_FLOAT:
        return "float";
    case VALUE_BYTES:
        return "byte-array";
    case VALUE_NULL:
        return "null";
    default:
        return "string";
    }
}

static void add_json_entry(struct text *out, const struct property *entry)
{
    const char *type = type_name(entry->value.type);

    if (strcmp(type, "string") == 0) {
        text_add(out, SLICE("{\"string\":["));
        add_json_string(out, entry->name);
        text_add_char(out, ',');
        add_value(out, &entry->value, true);
        text_add(out, SLICE("]}"));
        return;
    }
    text_add(out, SLICE("{\"string\":"));
    add_json_string(out, entry->name);
    text_add_format(out, ",\"%s\":", type);
    add_value(out, &entry->value, true);
    text_add_char(out, '}');
}

static void add_map_json(struct text *out, const struct message *message)
{
    struct property_cursor cursor = {message_part(message, MESSAGE_BODY)};
    struct property entry;
    bool is_first = true;

    text_add(out, SLICE("{\"map\":{\"entry\":["));
    while (property_next(&cursor, &entry)) {
        if (!is_first)
            text_add_char(out, ',');
        is_first = false;
        add_json_entry(out, &entry);
    }
    text_add(out, SLICE("]}}"));
}

static void add_map_xml(struct text *out, const struct message *message)
{
    struct property_cursor cursor = {message_part(message, MESSAGE_BODY)};
    struct property entry;

    text_add(out, SLICE("<map>\n"));
    while (property_next(&cursor, &entry)) {
        const char *type = type_name(entry.value.type);

        text_add(out, SLICE("  <entry>\n    <string>"));
        add_xml_text(out, entry.name);
        text_add_format(out, "</string>\n    <%s>", type);
        add_value(out, &entry.value, false);
        text_add_format(out, "</%s>\n  </entry>\n", type);
    }
    text_add(out, SLICE("</map>"));
}

static const char *advisory_name(enum advisory_kind kind)
{
    switch (kind) {
    case ADVISORY_CONNECTION_INFO:
        return "ConnectionInfo";
    case ADVISORY_CONSUMER_INFO:
        return "ConsumerInfo";
    case ADVISORY_PRODUCER_INFO:
        return "ProducerInfo";
    case ADVISORY_DESTINATION_INFO:
        return "DestinationInfo";
    case ADVISORY_REMOVE_INFO:
        return "RemoveInfo";
    case ADVISORY_BROKER_INFO:
        return "BrokerInfo";
    case ADVISORY_NONE:
    case ADVISORY_PLAIN:
        break;
    }
    return NULL;
}

static void add_advisory(struct text *out, const struct message *message, const char *name,
                         bool is_json)
{
    struct property_cursor cursor = {message_part(message, MESSAGE_BODY)};
    struct property field;
    bool is_first = true;

    text_add_format(out, is_json ? "{\"%s\":{" : "<%s>", name);
    while (property_next(&cursor, &field)) {
        if (field.value.type == VALUE_NULL)
            continue;
        if (is_json) {
            if (!is_first)
                text_add_char(out, ',');
            add_json_string(out, field.name);
            text_add_char(out, ':');
            add_value(out, &field.value, true);
        } else { /* field names are Java identifiers of our own making */
            text_add_format(out, "\n  <%.*s>", SLICE_FMT(field.name));
            add_value(out, &field.value, false);
            text_add_format(out, "</%.*s>", SLICE_FMT(field.name));
        }
        is_first = false;
    }
    if (is_json)
        text_add(out, SLICE("}}"));
    else
        text_add_format(out, "\n</%s>", name);
}

static bool wants_xml(enum stomp_transformation how)
{
    return how == TRANSFORM_XML || how == TRANSFORM_MAP_XML || how == TRANSFORM_ADVISORY_XML ||
           how == TRANSFORM_OBJECT_XML;
}

/* Maps are shown to who asks; replies of the broker to everybody. */
static bool shows_map(const struct message *message, enum stomp_transformation how, bool *is_json)
{
    const bool is_reply = slice_is(message_part(message, MESSAGE_TYPE), "Advisory");

    *is_json = how == TRANSFORM_JSON || how == TRANSFORM_MAP_JSON;
    return *is_json || how == TRANSFORM_XML || how == TRANSFORM_MAP_XML || is_reply;
}

void stomp_content(const struct message *message, enum stomp_transformation how,
                   struct text *scratch, struct stomp_content *out)
{
    const char *advisory = advisory_name((enum advisory_kind)message->advisory);
    bool is_json;

    *out = (struct stomp_content){.body = SLICE("")};
    scratch->len = 0;
    if (message->advisory != ADVISORY_NONE && advisory) {
        add_advisory(scratch, message, advisory, !wants_xml(how));
        out->body = text_slice(scratch);
    } else if (message->compressed) {
        return; /* nothing we could show as it is */
    } else if (message->body_kind == BODY_MAP && shows_map(message, how, &is_json)) {
        if (is_json)
            add_map_json(scratch, message);
        else
            add_map_xml(scratch, message);
        out->body = text_slice(scratch);
    } else if (message->body_kind == BODY_TEXT || message->body_kind == BODY_BYTES) {
        out->is_counted = message->body_kind == BODY_BYTES || how == TRANSFORM_BYTE;
        if (message->parts[MESSAGE_BODY].off)
            out->body = message_part(message, MESSAGE_BODY);
    }
}
