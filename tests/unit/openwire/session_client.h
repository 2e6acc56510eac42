/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SESSION_CLIENT_H
#define SESSION_CLIENT_H
/* session_client.h - what the clients of session_case.h say. */
#include "session_case.h"

static inline void negotiate(int index)
{
    const struct ow_offer ours = connector.offer;
    const struct ow_format format = {.version = ours.version, .stack_trace = true};
    uint8_t scratch[OW_OFFER_BYTES_MAX];
    struct ow_wire_format_info info;

    ow_offer_write(&ours, &info, scratch);
    send_frame(index, &info);
    cr_assert_eq(next_object(index)->type, OW_WIRE_FORMAT_INFO);
    cr_assert_eq(ow_reader_set_format(peers[index].reader, &format), 0);
    cr_assert_eq(ow_writer_set_format(peers[index].writer, &format), 0);
    cr_assert_eq(next_object(index)->type, OW_BROKER_INFO);
}

static inline struct ow_command command_of(int index, int type, bool response_required)
{
    return (struct ow_command){{(uint8_t)type}, ++peers[index].command_id, response_required};
}

static inline void log_in(int index, bool failover_reconnect)
{
    const struct ow_connection_id id = {{OW_CONNECTION_ID}, slice_of_text(peers[index].id)};
    const struct ow_connection_info info = {
        .command = command_of(index, OW_CONNECTION_INFO, true),
        .connection_id = &id,
        .client_id = slice_of_text(peers[index].id),
        .fault_tolerant = true,
        .failover_reconnect = failover_reconnect,
    };

    send_frame(index, &info);
}

static inline void add_session(int index)
{
    const struct ow_session_id id = {{OW_SESSION_ID}, slice_of_text(peers[index].id), 1};
    const struct ow_session_info info = {command_of(index, OW_SESSION_INFO, false), &id};

    send_frame(index, &info);
}

static inline struct ow_producer_id producer_of(int index, int64_t value)
{
    return (struct ow_producer_id){{OW_PRODUCER_ID}, slice_of_text(peers[index].id), value, 1};
}

static inline void add_producer(int index, int32_t window)
{
    const struct ow_producer_id id = producer_of(index, 1);
    const struct ow_producer_info info = {.command = command_of(index, OW_PRODUCER_INFO, true),
                                          .producer_id = &id,
                                          .window_size = window};

    send_frame(index, &info);
}

/* All of it up to a producer without a destination. */
static inline void open_peer(int index)
{
    begin(index);
    negotiate(index);
    log_in(index, false);
    add_session(index);
    add_producer(index, 0);
    cr_assert_eq(next_response(index), OW_RESPONSE);
    cr_assert_eq(next_response(index), OW_RESPONSE);
}

/* A BytesMessage of `len` bytes. */
static inline void send_bytes(int index, const char *queue, int64_t sequence, size_t len,
                              bool response_required)
{
    static uint8_t body[BODY_MAX];
    const struct ow_producer_id producer = producer_of(index, 1);
    const struct ow_message_id id = {
        .object = {OW_MESSAGE_ID}, .producer_id = &producer, .producer_sequence_id = sequence};
    const struct ow_destination destination = {{OW_QUEUE}, slice_of_text(queue)};
    const struct ow_message message = {
        .command = command_of(index, OW_BYTES_MESSAGE, response_required),
        .producer_id = &producer,
        .destination = &destination,
        .message_id = &id,
        .persistent = true,
        .priority = 4,
        .content = slice_of(body, len),
    };

    cr_assert_leq(len, sizeof body);
    send_frame(index, &message);
}

static inline void consume(int index, const char *queue, int32_t prefetch)
{
    const struct ow_consumer_id id = {{OW_CONSUMER_ID}, slice_of_text(peers[index].id), 1, 1};
    const struct ow_destination destination = {{OW_QUEUE}, slice_of_text(queue)};
    const struct ow_consumer_info info = {.command = command_of(index, OW_CONSUMER_INFO, true),
                                          .consumer_id = &id,
                                          .destination = &destination,
                                          .prefetch_size = prefetch};

    send_frame(index, &info);
}
#endif
