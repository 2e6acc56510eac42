/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_OPENWIRE_TOLD_H
#define TESTS_OPENWIRE_TOLD_H
/*
 * told.h - what clients are told, as lines. Include once in a test program, by way of harness.h.
 *
 * Lines: "Response 5", "Exception 5 class: text", "Error class: text", "Integer 5 0",
 * "Array 5 <xids>", "Dispatch <consumer> <destination> <body>" (with "+2" behind a body that was
 * delivered twice before, "first" for the first of a group), "Dispatch <consumer> nothing",
 * "Control <consumer> close" or "... prefetch=5"; others by their type's name.
 */
#include "loop/output.h"
#include "openwire_internal.h"
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

enum { PEERS_MAX = 4, SHARDS_MOST = 3, GOT_MAX = 4096, CONSUMER_TEXT_MAX = 32 };

struct output {
    struct text bytes; /* not yet taken */
    size_t looked;     /* of them: see session_client.h */
    uint64_t total;
    uint8_t room[OUTPUT_RESERVE_MAX];
};

/* A message that a peer has got. */
struct got {
    struct ow_message_id id;
    struct ow_producer_id producer;
    char connection[128], body[64];
    int64_t consumer;
};

static struct peer {
    struct openwire_session *session;
    struct ow_reader *reader;
    struct ow_writer *writer;
    struct output output;
    const char *connection;
    bool is_closed, is_paused;
    int32_t command_id; /* of the last command */
    struct got got[GOT_MAX];
    size_t got_count;
    struct text shown;
} peers[PEERS_MAX];

uint8_t *output_reserve(struct output *output, size_t len)
{
    cr_assert_leq(len, OUTPUT_RESERVE_MAX);
    return output->room;
}

void output_commit(struct output *output, size_t len)
{
    output_add(output, slice_of(output->room, len));
}

void output_add(struct output *output, struct slice bytes)
{
    text_add(&output->bytes, bytes);
    output->total += bytes.len;
}

void output_add_shared(struct output *output, struct slice bytes, void (*release)(void *owner),
                       void *owner)
{
    output_add(output, bytes);
    release(owner);
}

/*
 * What comes out.
 */
static inline void note_got(struct peer *peer, const struct ow_message_dispatch *dispatch,
                            const char *body)
{
    struct got *got = &peer->got[peer->got_count++];
    const struct ow_producer_id *producer = dispatch->message->producer_id;

    cr_assert_leq(peer->got_count, (size_t)GOT_MAX);
    snprintf(got->connection, sizeof got->connection, "%.*s", SLICE_FMT(producer->connection_id));
    snprintf(got->body, sizeof got->body, "%s", body);
    got->consumer = dispatch->consumer_id->value;
    got->id = *dispatch->message->message_id;
    got->producer = *producer;
    got->producer.connection_id = slice_of_text(got->connection);
    got->id.producer_id = &got->producer;
}

static inline void show_dispatch(struct peer *peer, const struct ow_message_dispatch *dispatch)
{
    static const char *const prefixes[] = {"queue://", "topic://", "temp-queue://",
                                           "temp-topic://"};
    const struct ow_message *message = dispatch->message;
    struct text *out = &peer->shown;
    struct slice content;
    char body[64];

    text_add_format(out, "Dispatch %" PRId64 " ", dispatch->consumer_id->value);
    if (!message) {
        cr_assert_null(dispatch->destination);
        text_add_format(out, "nothing\n");
        return;
    }
    content = message->content;
    if (message->command.object.type == OW_TEXT_MESSAGE && content.len >= 4)
        content = slice_after(content, 4);
    snprintf(body, sizeof body, "%.*s", SLICE_FMT(content));
    cr_assert_eq(dispatch->redelivery_counter, message->redelivery_counter);
    text_add_format(out, "%s%.*s %s", prefixes[dispatch->destination->object.type - OW_QUEUE],
                    SLICE_FMT(dispatch->destination->physical_name), body);
    if (message->redelivery_counter > 0)
        text_add_format(out, "+%" PRId32, message->redelivery_counter);
    text_add_format(out, "%s\n", message->jmsx_group_first_for_consumer ? " first" : "");
    note_got(peer, dispatch, body);
}

static inline void show_throwable(struct text *out, const struct ow_throwable *throwable)
{
    text_add_format(out, "%.*s: %.*s\n", SLICE_FMT(throwable->class_name),
                    SLICE_FMT(throwable->message));
}

static inline void show_control(struct text *out, const struct ow_consumer_control *control)
{
    text_add_format(out, "Control %" PRId64, control->consumer_id->value);
    if (control->close)
        text_add_format(out, " close\n");
    else
        text_add_format(out, " prefetch=%" PRId32 "\n", control->prefetch);
}

static inline void show_array(struct text *out, const struct ow_data_array_response *response)
{
    text_add_format(out, "Array %" PRId32, response->response.correlation_id);
    for (uint16_t i = 0; i < response->data.count; i++) {
        struct text_error name;

        transaction_id_text(response->data.items[i], &name);
        text_add_format(out, " %s", name.text);
    }
    text_add_char(out, '\n');
}

static inline void show(struct peer *peer, const struct ow_object *object)
{
    struct text *out = &peer->shown;
    const void *any = object;

    switch (object->type) {
    case OW_RESPONSE:
        text_add_format(out, "Response %" PRId32 "\n",
                        ((const struct ow_response *)any)->correlation_id);
        break;
    case OW_EXCEPTION_RESPONSE:
        text_add_format(out, "Exception %" PRId32 " ",
                        ((const struct ow_response *)any)->correlation_id);
        show_throwable(out, ((const struct ow_exception_response *)any)->exception);
        break;
    case OW_CONNECTION_ERROR:
        text_add_format(out, "Error ");
        show_throwable(out, ((const struct ow_connection_error *)any)->exception);
        break;
    case OW_INTEGER_RESPONSE:
        text_add_format(out, "Integer %" PRId32 " %" PRId32 "\n",
                        ((const struct ow_response *)any)->correlation_id,
                        ((const struct ow_integer_response *)any)->result);
        break;
    case OW_DATA_ARRAY_RESPONSE:
        show_array(out, any);
        break;
    case OW_MESSAGE_DISPATCH:
        show_dispatch(peer, any);
        break;
    case OW_CONSUMER_CONTROL:
        show_control(out, any);
        break;
    default:
        text_add_format(out, "%s\n", ow_type_name((enum ow_type)object->type));
        break;
    }
}
#endif
