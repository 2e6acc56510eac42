/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FAKE_STATE_H
#define FAKE_STATE_H
/*
 * fake_state.h - an engine, an authentication and an output for tests of the session: calls are
 * written down as lines, answers come when the test says so. Include once in a test program.
 */
#include "engine/engine.h"
#include "loop/output.h"
#include "stomp/stomp_session.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { FAKE_CONSUMERS = 64, FAKE_HELD = 64 };

struct engine_client {
    const struct engine_client_ops *ops;
    void *session;
};

struct engine_consumer {
    void *context;
    uint64_t last_tag;
};

struct engine_transaction {
    int number;
};

struct output {
    struct text bytes;
    uint64_t committed;
    uint8_t room[OUTPUT_RESERVE_MAX];
    int shared_count;
};

/* Everything a test looks at. */
static struct {
    struct config config;
    struct text calls; /* one line each */
    struct engine_client client;
    struct engine_consumer consumers[FAKE_CONSUMERS];
    int consumer_count, transaction_count;
    bool is_holding; /* answers wait for fake_answer */
    uint64_t held[FAKE_HELD];
    int held_count;
    enum engine_error fail_next; /* the next call with an answer fails */
    const char *fail_text;
    struct message *last_message; /* of the last engine_send */
    uint64_t next_sequence;
    struct output output;
    struct wheel wheel;
    bool is_closed, is_paused;
} fake;

static inline void fake_note(const char *fmt, ...) PRINTF_LIKE(1, 2);
static inline void fake_note(const char *fmt, ...)
{
    char line[4096];
    va_list args;

    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    text_add(&fake.calls, slice_of_text(line));
    text_add_char(&fake.calls, '\n');
}

static inline bool fake_called(const char *line)
{
    return fake.calls.bytes && strstr(fake.calls.bytes, line);
}

static inline void fake_forget_calls(void)
{
    fake.calls.len = 0;
    if (fake.calls.bytes)
        fake.calls.bytes[0] = '\0';
}

static inline void fake_complete(uint64_t request, enum engine_error error, const char *text)
{
    const struct engine_completion completion = {request, error, text};

    fake.client.ops->completed(fake.client.session, &completion);
}

/* True: the call failed, and that has been said. */
static inline bool fake_answer_call(uint64_t request)
{
    const enum engine_error error = fake.fail_next;

    fake.fail_next = ENGINE_OK;
    if (error != ENGINE_OK) {
        fake_complete(request, error, fake.fail_text);
        return true;
    }
    if (request == 0)
        return false;
    if (fake.is_holding)
        fake.held[fake.held_count++] = request;
    else
        fake_complete(request, ENGINE_OK, "");
    return false;
}

/* Answers the call that has waited as number `index`. */
static inline void fake_answer(int index, enum engine_error error, const char *text)
{
    cr_assert_lt(index, fake.held_count);
    fake_complete(fake.held[index], error, text);
}

static inline uint64_t fake_deliver_again(int consumer, struct message *message,
                                          uint32_t redeliveries)
{
    struct engine_consumer *to = &fake.consumers[consumer];
    const struct engine_delivery delivery = {
        .consumer = to,
        .context = to->context,
        .message = message,
        .tag = ++to->last_tag,
        .redelivery_count = redeliveries,
    };

    fake.client.ops->deliver(fake.client.session, &delivery);
    return to->last_tag;
}

static inline uint64_t fake_deliver(int consumer, struct message *message)
{
    return fake_deliver_again(consumer, message, 0);
}

static inline struct message *fake_text_message(const char *destination, const char *body)
{
    const struct message_draft draft = {
        .destination = {DESTINATION_QUEUE, slice_of_text(destination)},
        .id = SLICE("ID:test-1-2-3:4:-1:1"),
        .id_sequence = ++fake.next_sequence,
        .body = slice_of_text(body),
        .body_kind = BODY_TEXT,
        .priority = 4,
        .timestamp_ms = 77,
    };
    struct message *message = message_create(&draft);

    cr_assert(message);
    return message;
}

static inline void fake_deliver_text(int consumer, const char *body)
{
    struct message *message = fake_text_message("a", body);

    fake_deliver(consumer, message);
    message_unref(message);
}

/* What was written, with NUL shown as '~'; and forgets it. */
static inline const char *fake_output(void)
{
    static char shown[200000];
    const size_t len = fake.output.bytes.len;

    cr_assert_lt(len, sizeof shown);
    for (size_t i = 0; i < len; i++)
        shown[i] = fake.output.bytes.bytes[i] ? fake.output.bytes.bytes[i] : '~';
    shown[len] = '\0';
    fake.output.bytes.len = 0;
    return shown;
}

/*
 * Output.
 */
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
    output->committed += bytes.len;
}

void output_add_shared(struct output *output, struct slice bytes, void (*release)(void *owner),
                       void *owner)
{
    output_add(output, bytes);
    output->shared_count++;
    release(owner);
}
#endif
