/* SPDX-License-Identifier: Apache-2.0 */
#include "stomp_transform.h"
#include "engine/advisory.h"
#include "stomp_text.h"
#include <errno.h>
#include <math.h>

static const char *const transformation_names[] = {
    [TRANSFORM_MAP_JSON] = "jms-map-json",
    [TRANSFORM_MAP_XML] = "jms-map-xml",
    [TRANSFORM_OBJECT_JSON] = "jms-object-json",
    [TRANSFORM_OBJECT_XML] = "jms-object-xml",
    [TRANSFORM_JSON] = "jms-json",
    [TRANSFORM_XML] = "jms-xml",
    [TRANSFORM_BYTE] = "jms-byte",
    [TRANSFORM_ADVISORY_JSON] = "jms-advisory-json",
    [TRANSFORM_ADVISORY_XML] = "jms-advisory-xml",
};

enum stomp_transformation stomp_transformation_find(struct slice name)
{
    for (size_t i = TRANSFORM_DEFAULT + 1;
         slice_is_present(name) && i < ARRAY_LEN(transformation_names); i++)
        if (slice_is(name, transformation_names[i]))
            return (enum stomp_transformation)i;
    return TRANSFORM_DEFAULT;
}

/* What the header `transformation` says: as asked for, jms-json and jms-xml by the kind of body. */
static struct slice announced(const struct message *message, enum stomp_transformation how)
{
    const bool is_json = how == TRANSFORM_JSON;

    if (how == TRANSFORM_DEFAULT || message->body_kind == BODY_BYTES)
        return SLICE_ABSENT;
    if (is_json || how == TRANSFORM_XML) {
        if (message->advisory != ADVISORY_NONE && message->advisory != ADVISORY_PLAIN)
            how = is_json ? TRANSFORM_ADVISORY_JSON : TRANSFORM_ADVISORY_XML;
        else if (message->body_kind == BODY_MAP)
            how = is_json ? TRANSFORM_MAP_JSON : TRANSFORM_MAP_XML;
        else if (message->body_kind == BODY_OBJECT)
            how = is_json ? TRANSFORM_OBJECT_JSON : TRANSFORM_OBJECT_XML;
    }
    return slice_of_text(transformation_names[how]);
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

static void add_map_json(struct text *out, struct slice entries)
{
    struct property_cursor cursor = {entries};
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

static void add_xml_entry(struct text *out, const struct property *entry)
{
    const char *type = type_name(entry->value.type);

    text_add(out, SLICE("  <entry>\n    <string>"));
    add_xml_text(out, entry->name);
    text_add_format(out, "</string>\n    <%s>", type);
    add_value(out, &entry->value, false);
    text_add_format(out, "</%s>\n  </entry>\n", type);
}

static void add_map_xml(struct text *out, struct slice entries)
{
    struct property_cursor cursor = {entries};
    struct property entry;

    text_add(out, SLICE("<map>\n"));
    while (property_next(&cursor, &entry))
        add_xml_entry(out, &entry);
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
    case ADVISORY_REMOVE_SUBSCRIPTION_INFO:
        return "RemoveSubscriptionInfo";
    case ADVISORY_NONE:
    case ADVISORY_PLAIN:
    case ADVISORY_MESSAGE:
        break;
    }
    return NULL;
}

/* A structure in the making. */
struct structure {
    struct text *out;
    bool is_json, is_empty;
};

static void add_field(struct structure *structure, const struct property *field)
{
    struct text *out = structure->out;

    if (field->value.type == VALUE_NULL)
        return;
    if (structure->is_json) {
        if (!structure->is_empty)
            text_add_char(out, ',');
        add_json_string(out, field->name);
        text_add_char(out, ':');
        add_value(out, &field->value, true);
    } else { /* field names are Java identifiers of our own making */
        text_add_format(out, "\n  <%.*s>", SLICE_FMT(field->name));
        add_value(out, &field->value, false);
        text_add_format(out, "</%.*s>", SLICE_FMT(field->name));
    }
    structure->is_empty = false;
}

static struct structure begin_structure(struct text *out, const char *name, bool is_json)
{
    text_add_format(out, is_json ? "{\"%s\":{" : "<%s>", name);
    return (struct structure){out, is_json, true};
}

static void end_structure(const struct structure *structure, const char *name)
{
    if (structure->is_json)
        text_add(structure->out, SLICE("}}"));
    else
        text_add_format(structure->out, "\n</%s>", name);
}

static void add_advisory(struct text *out, const struct message *message, const char *name,
                         bool is_json)
{
    struct property_cursor cursor = {message_part(message, MESSAGE_BODY)};
    struct structure structure = begin_structure(out, name, is_json);
    struct property field;

    while (property_next(&cursor, &field))
        if (!slice_is(field.name, "targetConsumerId")) /* for whom it is, no field */
            add_field(&structure, &field);
    end_structure(&structure, name);
}

static void add_text_field(struct structure *structure, const char *name, struct slice text)
{
    if (slice_is_present(text))
        add_field(structure,
                  &(struct property){slice_of_text(name), {.type = VALUE_STRING, .text = text}});
}

static void add_name_field(struct structure *structure, const char *name, uint8_t kind,
                           struct slice plain)
{
    struct text whole;

    if (!slice_is_present(plain))
        return;
    text_init(&whole);
    text_add(&whole, slice_of_text(destination_kind_prefix((enum destination_kind)kind)));
    text_add(&whole, plain);
    add_text_field(structure, name, text_slice(&whole));
    text_fini(&whole);
}

static void add_number_field(struct structure *structure, const char *name, int64_t number)
{
    add_field(structure,
              &(struct property){slice_of_text(name), {.type = VALUE_LONG, .integer = number}});
}

/* In JSON an object of its own, in XML a map. */
static void add_property_fields(struct structure *structure, const struct message *message)
{
    struct property_cursor cursor = {message_part(message, MESSAGE_PROPERTIES)};
    struct structure inner = {structure->out, structure->is_json, true};
    struct property property;

    if (message->property_count == 0)
        return;
    text_add(inner.out, inner.is_json ? SLICE(",\"properties\":{") : SLICE("\n  <properties>\n"));
    while (property_next(&cursor, &property))
        if (inner.is_json)
            add_field(&inner, &property);
        else
            add_xml_entry(inner.out, &property);
    text_add(inner.out, inner.is_json ? SLICE("}") : SLICE("  </properties>"));
}

static void add_message(struct text *out, const struct message *message, bool is_json)
{
    static const char *const names[] = {
        [BODY_NONE] = "ActiveMQMessage",         [BODY_TEXT] = "ActiveMQTextMessage",
        [BODY_BYTES] = "ActiveMQBytesMessage",   [BODY_MAP] = "ActiveMQMapMessage",
        [BODY_STREAM] = "ActiveMQStreamMessage", [BODY_OBJECT] = "ActiveMQObjectMessage",
        [BODY_BLOB] = "ActiveMQBlobMessage",
    };
    const char *name = names[message->body_kind];
    struct structure structure = begin_structure(out, name, is_json);
    char id[MESSAGE_ID_MAX];

    add_text_field(&structure, "messageId", slice_of(id, message_id_write(message, id)));
    add_name_field(&structure, "destination", message->destination_kind,
                   message_part(message, MESSAGE_DESTINATION));
    add_name_field(&structure, "originalDestination", message->original_kind,
                   message_part(message, MESSAGE_ORIGINAL_DESTINATION));
    add_name_field(&structure, "replyTo", message->reply_to_kind,
                   message_part(message, MESSAGE_REPLY_TO));
    add_text_field(&structure, "correlationId", message_part(message, MESSAGE_CORRELATION_ID));
    add_text_field(&structure, "type", message_part(message, MESSAGE_TYPE));
    add_text_field(&structure, "groupID", message_part(message, MESSAGE_GROUP_ID));
    add_text_field(&structure, "userID", message_part(message, MESSAGE_USER_ID));
    add_field(&structure, &(struct property){SLICE("persistent"),
                                             {.type = VALUE_BOOL, .boolean = message->persistent}});
    add_number_field(&structure, "priority", message->priority);
    add_number_field(&structure, "timestamp", message->timestamp_ms);
    add_number_field(&structure, "expiration", message->expiration_ms);
    add_property_fields(&structure, message);
    if (message->body_kind == BODY_TEXT && !message->compressed)
        add_text_field(&structure, "text", message_part(message, MESSAGE_BODY));
    end_structure(&structure, name);
}

static void add_subject(struct text *out, const struct message *advisory, bool is_json)
{
    const struct message *subject;
    struct text scratch;

    text_init(&scratch);
    subject = advisory_subject(advisory, &scratch);
    if (subject)
        add_message(out, subject, is_json);
    text_fini(&scratch);
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

void stomp_scratch_init(struct stomp_scratch *scratch)
{
    text_init(&scratch->body);
    text_init(&scratch->unpack.inflated);
    text_init(&scratch->unpack.converted);
}

void stomp_scratch_fini(struct stomp_scratch *scratch)
{
    text_fini(&scratch->body);
    text_fini(&scratch->unpack.inflated);
    text_fini(&scratch->unpack.converted);
}

static void add_map(struct text *out, struct slice entries, bool is_json)
{
    if (is_json)
        add_map_json(out, entries);
    else
        add_map_xml(out, entries);
}

static int plain_content(const struct message *message, enum stomp_transformation how,
                         struct stomp_scratch *scratch, struct stomp_content *out)
{
    struct slice body = message_part(message, MESSAGE_BODY);
    struct unpacked unpacked;
    bool is_json;
    int error;

    if (UNLIKELY(message->compressed)) {
        error = body_unpack(message, STOMP_INFLATED_MAX, &scratch->unpack, &unpacked);
        if (error)
            return error;
        body = unpacked.body;
    }
    if (message->body_kind == BODY_MAP && shows_map(message, how, &is_json)) {
        add_map(&scratch->body, body, is_json);
        out->body = text_slice(&scratch->body);
    } else if (message->body_kind == BODY_TEXT || message->body_kind == BODY_BYTES) {
        out->is_counted = message->body_kind == BODY_BYTES || how == TRANSFORM_BYTE;
        if (slice_is_present(body))
            out->body = body;
    }
    return 0;
}

int stomp_content(const struct message *message, enum stomp_transformation how,
                  struct stomp_scratch *scratch, struct stomp_content *out)
{
    const char *advisory = advisory_name((enum advisory_kind)message->advisory);
    struct text *text = &scratch->body;
    int error = 0;

    *out = (struct stomp_content){.body = SLICE(""), .transformation = announced(message, how)};
    text->len = 0;
    if (LIKELY(message->advisory == ADVISORY_NONE || message->advisory == ADVISORY_PLAIN)) {
        error = plain_content(message, how, scratch, out);
    } else {
        if (message->advisory == ADVISORY_MESSAGE)
            add_subject(text, message, !wants_xml(how));
        else if (advisory)
            add_advisory(text, message, advisory, !wants_xml(how));
        out->body = text_slice(text);
    }
    return error ? error : text_failed(text) ? -ENOMEM : 0;
}
