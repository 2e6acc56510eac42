/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGE_CASE_H
#define MESSAGE_CASE_H
/*
 * message_case.h - a connection without a session or an engine behind it, for messages in both
 * forms. One test program includes it once.
 */
#include "engine/advisory.h"
#include "engine/engine.h"
#include "openwire_message.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

enum { CASE_NOW_MS = 1700000000 };

static struct {
    struct openwire_worker worker;
    struct openwire_session session;
    struct openwire_connection connection;
    struct config config;
    struct rendering rendering;
    struct failure failure;
    struct message *message; /* what was read last */
} it;

/*
 * The engine's part: what it would stamp.
 */
void engine_stamp(struct engine_client *client, struct message_draft *draft)
{
    (void)client;
    if (draft->timestamp_ms == 0)
        draft->timestamp_ms = CASE_NOW_MS;
    draft->broker_in_ms = CASE_NOW_MS;
    draft->origin = 7;
    draft->user_id = it.config.populate_user_id ? SLICE("alice") : SLICE_ABSENT;
}

int64_t engine_wall_ms(const struct engine *engine)
{
    (void)engine;
    return CASE_NOW_MS;
}

const struct config *engine_config(const struct engine *engine)
{
    (void)engine;
    return &it.config;
}

static void begin_case(void)
{
    memset(&it, 0, sizeof it);
    for (size_t i = 0; i < SCRATCH_COUNT; i++)
        text_init(&it.worker.scratch[i]);
    rendering_init(&it.rendering);
    it.session.worker = &it.worker;
    it.connection.session = &it.session;
}

static void end_case(void)
{
    for (size_t i = 0; i < SCRATCH_COUNT; i++)
        text_fini(&it.worker.scratch[i]);
    rendering_fini(&it.rendering);
    message_unref(it.message);
}

/*
 * What a client sends.
 */
static const struct ow_destination queue_a = {{OW_QUEUE}, {(const uint8_t *)"A", 1}};
static const struct ow_producer_id producer_1 = {
    .object = {OW_PRODUCER_ID},
    .connection_id = {(const uint8_t *)"ID:host-1-2-3:4", 15},
    .value = 6,
    .session_id = 5,
};
static const struct ow_message_id id_9 = {
    .object = {OW_MESSAGE_ID}, .producer_id = &producer_1, .producer_sequence_id = 9};

static inline struct ow_blob_message sent(enum ow_type type)
{
    return (struct ow_blob_message){.message = {
                                        .command = {.object = {(uint8_t)type}},
                                        .producer_id = &producer_1,
                                        .destination = &queue_a,
                                        .message_id = &id_9,
                                        .priority = 4,
                                        .timestamp = 1000,
                                    }};
}

/* The message that the engine gets of it; NULL when it is refused. */
static inline struct message *take(const struct ow_blob_message *in)
{
    message_unref(it.message);
    it.message = message_of_openwire(&it.connection, &in->message, &it.failure);
    return it.message;
}

static inline struct message *take_content(enum ow_type type, struct slice content)
{
    struct ow_blob_message in = sent(type);

    in.message.content = content;
    return take(&in);
}

static inline const struct ow_message *give(const struct message *message)
{
    cr_assert(message);
    cr_assert(render_message(&it.worker, message, &it.rendering) == 0);
    return &it.rendering.blob.message;
}

static void assert_slice(struct slice got, struct slice expected)
{
    cr_assert(slice_is_present(got) == slice_is_present(expected));
    cr_assert(slice_equal(got, expected), "got %zu bytes \"%.*s\"", got.len, SLICE_FMT(got));
}

static inline void assert_part(enum message_part part, struct slice expected)
{
    cr_assert(it.message);
    assert_slice(message_part(it.message, part), expected);
}

static inline void assert_refused(const char *text)
{
    cr_assert(!it.message);
    cr_assert_str_eq(it.failure.text.text, text);
}
#endif
