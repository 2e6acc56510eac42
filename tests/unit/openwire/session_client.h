/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_OPENWIRE_SESSION_CLIENT_H
#define TESTS_OPENWIRE_SESSION_CLIENT_H
/*
 * session_client.h - for the life of connections: harness.h's peers on one shard, step by step.
 * Here commands are looked at one by one, and the kernel takes output only when it is told to.
 */
#include "consuming.h"

enum { BODY_MAX = 65536 };

/* With options of the connector's URI as "name", "value" pairs up to NULL. */
static inline void start_broker(const char *const *pairs)
{
    static struct config_option options[4];
    size_t count = 0;

    while (pairs && pairs[2 * count]) {
        options[count] = (struct config_option){pairs[2 * count], pairs[2 * count + 1]};
        count++;
    }
    transport.options = options;
    transport.option_count = count;
    open_broker(1,
                "xmlns:cw=\"urn:corewire:config\" cw:outputBytesMax=\"65536\" "
                "cw:maxSubscriptionsPerConnection=\"5\"",
                NULL);
    sim_config(sim)->policies.fallback.queue_cursor = CURSOR_VM;
}

static inline void begin(int index)
{
    static const char *const names[PEERS_MAX] = {"ID:c-1:0", "ID:c-1:1", "ID:c-1:2", "ID:c-1:3"};

    begin_wire(index, 0);
    peers[index].connection = names[index];
}

/* The client offers what the broker does. */
static inline void negotiate(int index)
{
    say_formats(&peers[index], &connector.offer);
}

/* The next command of the broker, NULL when there is none; lives until the next call. */
static inline const struct ow_object *next_object(int index)
{
    struct peer *peer = &peers[index];
    struct output *output = &peer->output;
    const struct ow_read read =
        ow_read(peer->reader, slice_after(text_slice(&output->bytes), output->looked));

    cr_assert_eq(read.error, OW_OK);
    output->looked += read.used;
    return read.object;
}

/* The kernel takes all that is written. */
static inline void take_output(int index)
{
    openwire_session_sent(peers[index].session, peers[index].output.total);
}

static inline int count_of(int index, int type)
{
    const struct ow_object *object;
    int count = 0;

    while ((object = next_object(index)))
        count += object->type == type;
    return count;
}

/* The next response; its type. */
static inline int next_response(int index)
{
    const struct ow_object *object;

    while ((object = next_object(index)))
        if (object->type >= OW_RESPONSE && object->type <= OW_INTEGER_RESPONSE)
            return object->type;
    return 0;
}

static inline void log_in(int index, bool failover_reconnect)
{
    const struct ow_connection_id id = connection_id_of(index);
    const struct ow_connection_info info = {
        .command = command_of(index, OW_CONNECTION_INFO, true),
        .connection_id = &id,
        .client_id = id.value,
        .fault_tolerant = true,
        .failover_reconnect = failover_reconnect,
    };

    pass_on(index, &info.command.object);
}

static inline void add_session(int index)
{
    const struct ow_session_id id = {{OW_SESSION_ID}, slice_of_text(peers[index].connection), 1};
    const struct ow_session_info info = {command_of(index, OW_SESSION_INFO, false), &id};

    pass_on(index, &info.command.object);
}

static inline struct ow_producer_id producer_of(int index, int64_t value)
{
    return (struct ow_producer_id){
        {OW_PRODUCER_ID}, slice_of_text(peers[index].connection), value, 1};
}

static inline void add_producer(int index, int32_t window)
{
    const struct ow_producer_id id = producer_of(index, 1);
    const struct ow_producer_info info = {.command = command_of(index, OW_PRODUCER_INFO, true),
                                          .producer_id = &id,
                                          .window_size = window};

    pass_on(index, &info.command.object);
}

/* With a session and a producer without a destination; both are answered. */
static inline void finish_opening(int index, bool failover_reconnect, int32_t window)
{
    negotiate(index);
    log_in(index, failover_reconnect);
    add_session(index);
    add_producer(index, window);
    cr_assert_eq(next_response(index), OW_RESPONSE);
    cr_assert_eq(next_response(index), OW_RESPONSE);
}

static inline void open_sender(int index)
{
    begin(index);
    finish_opening(index, false, 0);
}

/* A BytesMessage of `len` bytes. */
static inline void send_bytes(int index, const char *queue, int64_t sequence, size_t len,
                              bool response_required)
{
    static uint8_t body[BODY_MAX];
    const struct ow_producer_id producer_id = producer_of(index, 1);
    const struct ow_message_id id = {
        .object = {OW_MESSAGE_ID}, .producer_id = &producer_id, .producer_sequence_id = sequence};
    const struct ow_destination destination = {{OW_QUEUE}, slice_of_text(queue)};
    const struct ow_message message = {
        .command = command_of(index, OW_BYTES_MESSAGE, response_required),
        .producer_id = &producer_id,
        .destination = &destination,
        .message_id = &id,
        .persistent = true,
        .priority = 4,
        .content = slice_of(body, len),
    };

    cr_assert_leq(len, sizeof body);
    pass_on(index, &message.command.object);
}
#endif
