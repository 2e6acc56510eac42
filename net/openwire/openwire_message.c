/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what a client sends to the engine's message. Nothing is allocated but the message, unless a
 * text has characters that modified UTF-8 writes in another way.
 */
#include "openwire_message.h"
#include "jms/ascii.h"
#include <endian.h>
#include <stdlib.h>

#define JMS_EXCEPTION "javax.jms.JMSException"

enum {
    PRIORITY_MAX = 9,
    SCRATCH_KEPT_MAX = 65536, /* larger ones are given back */
};

void scratch_reset(struct text *scratch)
{
    for (size_t i = 0; i < SCRATCH_COUNT; i++) {
        if (UNLIKELY(scratch[i].capacity > SCRATCH_KEPT_MAX || scratch[i].failed))
            text_fini(&scratch[i]);
        scratch[i].len = 0;
    }
}

/* Room for all of them first: what has been converted must not move. */
static bool convert_apart(struct text *scratch, text_conversion_fn *convert,
                          struct slice *const *texts, size_t count, size_t bytes_max)
{
    struct text *kept = &scratch[SCRATCH_TEXTS], *piece = &scratch[SCRATCH_PIECE];
    char *room = realloc(kept->bytes, bytes_max + 1);

    if (!room)
        return false;
    kept->bytes = room;
    kept->capacity = bytes_max + 1;
    kept->len = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t start = kept->len;

        if (text_is_the_same(*texts[i]))
            continue;
        piece->len = 0;
        text_add(kept, convert(*texts[i], piece));
        *texts[i] = slice_of(kept->bytes + start, kept->len - start);
        assert(kept->bytes == room);
    }
    return !text_failed(kept) && !text_failed(piece);
}

bool texts_convert(struct text *scratch, text_conversion_fn *convert, struct slice *const *texts,
                   size_t count)
{
    size_t bytes_max = 0;

    for (size_t i = 0; i < count; i++)
        if (UNLIKELY(!text_is_ascii(*texts[i]) && !text_is_the_same(*texts[i])))
            bytes_max += 3 * texts[i]->len; /* a byte that is no UTF-8 becomes U+FFFD */
    return LIKELY(bytes_max == 0) || convert_apart(scratch, convert, texts, count, bytes_max);
}

static struct destination_name name_on_wire(const struct ow_destination *destination)
{
    struct destination_name name = {DESTINATION_QUEUE, SLICE_ABSENT};
    const uint8_t *options;

    if (!destination)
        return name;
    assert(destination->object.type >= OW_QUEUE && destination->object.type <= OW_TEMP_TOPIC);
    name.kind = (enum destination_kind)(DESTINATION_QUEUE + destination->object.type - OW_QUEUE);
    name.name = destination->physical_name;
    options = name.name.len > 0 ? memchr(name.name.bytes, '?', name.name.len) : NULL;
    if (options)
        name.name.len = (size_t)(options - name.name.bytes);
    name.name = slice_trim(name.name);
    return name;
}

struct destination_name destination_of_openwire(const struct ow_destination *destination,
                                                struct text *scratch)
{
    struct destination_name name = name_on_wire(destination);

    scratch->len = 0;
    name.name = utf8_of_modified(name.name, scratch);
    return name;
}

static bool refuse(struct failure *failure, const char *why)
{
    failure_set(failure, JMS_EXCEPTION, "%s", why);
    return false;
}

static bool refuse_no_memory(struct failure *failure)
{
    failure_set(failure, "javax.jms.ResourceAllocationException", "the broker is out of memory");
    return false;
}

static bool check_name(const struct ow_destination *given, const struct destination_name *name,
                       const char *what, struct failure *failure)
{
    if (name->name.len == 0 && given)
        failure_set(failure, "javax.jms.InvalidDestinationException",
                    "Invalid destination name: a non-empty name is required in %s", what);
    else if (name->name.len > DESTINATION_NAME_MAX)
        failure_set(failure, "javax.jms.InvalidDestinationException",
                    "The name in %s is longer than %d bytes", what, DESTINATION_NAME_MAX);
    else
        return true;
    return false;
}

static bool read_names(const struct ow_message *in, struct message_draft *draft,
                       struct failure *failure)
{
    draft->destination = name_on_wire(in->destination);
    draft->reply_to = name_on_wire(in->reply_to);
    draft->original_destination = name_on_wire(in->original_destination);
    if (!in->destination) {
        failure_set(failure, "javax.jms.InvalidDestinationException",
                    "The message has no destination");
        return false;
    }
    return check_name(in->destination, &draft->destination, "destination", failure) &&
           check_name(in->reply_to, &draft->reply_to, "replyTo", failure) &&
           check_name(in->original_destination, &draft->original_destination, "originalDestination",
                      failure);
}

/* The identity is the producer's id and the sequence; a textView is not part of it. */
static bool read_id(const struct ow_message *in, char room[ID_TEXT_MAX],
                    struct message_draft *draft, struct failure *failure)
{
    const struct ow_message_id *id = in->message_id;
    const struct ow_producer_id *producer =
        id && id->producer_id ? id->producer_id : in->producer_id;
    size_t len;

    if (!id || !producer)
        return refuse(failure, "The message has no id");
    len = id_text_write(room, producer->connection_id, producer->session_id, producer->value);
    if (len == 0)
        return refuse(failure, "The id of the message is too long");
    draft->id = slice_of(room, len);
    draft->id_sequence = (uint64_t)id->producer_sequence_id;
    return true;
}

static void read_fields(const struct ow_message *in, struct message_draft *draft)
{
    draft->correlation_id = in->correlation_id;
    draft->type = in->type;
    draft->group_id = in->group_id;
    draft->group_sequence = in->group_sequence;
    draft->persistent = in->persistent;
    draft->compressed = in->compressed;
    draft->priority = in->priority < 0              ? 0
                      : in->priority > PRIORITY_MAX ? PRIORITY_MAX
                                                    : (uint8_t)in->priority;
    draft->timestamp_ms = in->timestamp;
    draft->expiration_ms = in->expiration;
}

static bool read_properties(struct text *scratch, const struct ow_message *in,
                            struct message_draft *draft, struct failure *failure)
{
    struct property_conversion properties;

    if (!slice_is_present(in->marshalled_properties))
        return true;
    if (!entries_of_map(in->marshalled_properties, &scratch[SCRATCH_PROPERTIES], &properties))
        return refuse(failure, "The properties of the message are damaged");
    if (properties.count == 0)
        return true;
    draft->encoded_properties = properties.entries;
    draft->encoded_property_count = properties.count;
    return true;
}

static bool read_text(struct text *scratch, struct slice content, struct message_draft *draft)
{
    uint32_t len;

    if (content.len < TEXT_LEN_BYTES)
        return false;
    memcpy(&len, content.bytes, sizeof len);
    len = be32toh(len);
    content = slice_after(content, TEXT_LEN_BYTES);
    if (len == UINT32_MAX) /* null, as old clients write it */
        return true;
    if (len > content.len)
        return false;
    content.len = len;
    if (LIKELY(text_is_the_same(content)))
        draft->body = content;
    else if (modified_is_valid(content))
        draft->body = utf8_of_modified(content, &scratch[SCRATCH_BODY]);
    else
        return false;
    return true;
}

static bool read_map(struct text *scratch, struct slice content, struct message_draft *draft)
{
    struct property_conversion entries;

    if (!entries_of_map(content, &scratch[SCRATCH_BODY], &entries))
        return false;
    draft->body = entries.count > 0 ? entries.entries : SLICE_ABSENT; /* as Java writes it */
    draft->body_count = entries.count;
    return true;
}

static void add_entry(struct text *out, struct property entry, uint16_t *count)
{
    uint8_t *end;

    if (entry.value.type == VALUE_STRING && !slice_is_present(entry.value.text))
        return;
    for (size_t len = property_len(&entry); len > 0; len--)
        text_add_char(out, '\0');
    if (text_failed(out))
        return;
    end = property_write((uint8_t *)out->bytes + out->len - property_len(&entry), &entry);
    assert(end == (uint8_t *)out->bytes + out->len);
    (*count)++;
}

/* The data is elsewhere: what says where is kept as entries. */
static void read_blob(struct text *scratch, const struct ow_blob_message *in,
                      struct message_draft *draft)
{
    struct text *body = &scratch[SCRATCH_BODY], *piece = &scratch[SCRATCH_PIECE];

    draft->body_count = 0;
    add_entry(
        body,
        (struct property){
            BLOB_URL, {.type = VALUE_STRING, .text = utf8_of_modified(in->remote_blob_url, piece)}},
        &draft->body_count);
    piece->len = 0;
    add_entry(
        body,
        (struct property){BLOB_TYPE,
                          {.type = VALUE_STRING, .text = utf8_of_modified(in->mime_type, piece)}},
        &draft->body_count);
    add_entry(
        body,
        (struct property){BLOB_DELETED, {.type = VALUE_BOOL, .boolean = in->deleted_by_broker}},
        &draft->body_count);
    draft->body = text_slice(body);
}

static bool read_body(struct text *scratch, const struct ow_message *in,
                      struct message_draft *draft, struct failure *failure)
{
    static const uint8_t kinds[] = {
        [OW_MESSAGE - OW_MESSAGE] = BODY_NONE,
        [OW_BYTES_MESSAGE - OW_MESSAGE] = BODY_BYTES,
        [OW_MAP_MESSAGE - OW_MESSAGE] = BODY_MAP,
        [OW_OBJECT_MESSAGE - OW_MESSAGE] = BODY_OBJECT,
        [OW_STREAM_MESSAGE - OW_MESSAGE] = BODY_STREAM,
        [OW_TEXT_MESSAGE - OW_MESSAGE] = BODY_TEXT,
        [OW_BLOB_MESSAGE - OW_MESSAGE] = BODY_BLOB,
    };
    const unsigned type = in->command.object.type;

    assert(type >= OW_MESSAGE && type <= OW_BLOB_MESSAGE);
    draft->body_kind = (enum body_kind)kinds[type - OW_MESSAGE];
    draft->body = in->content;
    if (type == OW_BLOB_MESSAGE) {
        draft->compressed = false;
        read_blob(scratch, (const struct ow_blob_message *)in, draft);
        return !text_failed(&scratch[SCRATCH_BODY]) || refuse_no_memory(failure);
    }
    if (!slice_is_present(in->content) || in->compressed)
        return true;
    if (type == OW_TEXT_MESSAGE) {
        draft->body = SLICE_ABSENT;
        return read_text(scratch, in->content, draft) ||
               refuse(failure, "The text of the message is damaged");
    }
    return type != OW_MAP_MESSAGE || read_map(scratch, in->content, draft) ||
           refuse(failure, "The map of the message is damaged");
}

static bool read_texts(struct text *scratch, struct message_draft *draft, struct failure *failure)
{
    struct slice *const texts[] = {
        &draft->destination.name,
        &draft->reply_to.name,
        &draft->original_destination.name,
        &draft->id,
        &draft->type,
        &draft->correlation_id,
        &draft->group_id,
    };

    return texts_convert(scratch, utf8_of_modified, texts, ARRAY_LEN(texts)) ||
           refuse_no_memory(failure);
}

/* A client that has switched timestamps off means none. */
static void stamp(struct openwire_connection *connection, struct message_draft *draft)
{
    const bool has_none = draft->timestamp_ms == 0;

    engine_stamp(connection->client, draft);
    if (has_none && !engine_config(connection->session->worker->engine)->timestamps.enabled)
        draft->timestamp_ms = 0;
}

struct message *message_of_openwire(struct openwire_connection *connection,
                                    const struct ow_message *in, struct failure *failure)
{
    struct text *scratch = connection->session->worker->scratch;
    struct message_draft draft = {.body_kind = BODY_NONE};
    struct message *message;
    char id[ID_TEXT_MAX];

    scratch_reset(scratch);
    if (!read_names(in, &draft, failure) || !read_id(in, id, &draft, failure))
        return NULL;
    read_fields(in, &draft);
    if (!read_properties(scratch, in, &draft, failure) ||
        !read_body(scratch, in, &draft, failure) || !read_texts(scratch, &draft, failure))
        return NULL;
    stamp(connection, &draft);
    message = message_create(&draft);
    if (!message)
        refuse_no_memory(failure);
    return message;
}
