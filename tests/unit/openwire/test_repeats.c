/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reader that has seen the same ids again and again must read what one sees that has not.
 */
#include "openwire/codec.h"
#include "openwire/commands.h"
#include <criterion/criterion.h>
#include <stdlib.h>

enum { FRAMES = 2000, NAMES = 3 };

static const struct ow_format loose = {.version = OW_VERSION_MAX};

/* Mostly the same ids, as one consumer sends them; now and then others. */
struct numbers {
    int64_t producer, consumer;
    const char *connection, *queue;
};

static struct numbers numbers_of(unsigned i)
{
    static const char *const connections[NAMES] = {"ID:host-1-2-3:1", "ID:host-1-2-3:12", ""};
    static const char *const queues[NAMES] = {"A", "B", "a longer name for a queue"};

    return (struct numbers){
        .producer = i % 50 == 0 ? i : 7,
        .consumer = i % 70 == 3 ? i : 8,
        .connection = connections[i / 100 % NAMES],
        .queue = queues[i % 11 == 0 ? 1 + i % 2 : 0],
    };
}

static void write_ack(struct ow_writer *writer, unsigned i, struct ow_frame *frame)
{
    const struct numbers n = numbers_of(i);
    const struct slice connection = slice_of_text(n.connection);
    const struct ow_destination queue = {{OW_QUEUE}, slice_of_text(n.queue)};
    const struct ow_consumer_id consumer = {{OW_CONSUMER_ID}, connection, 1, n.consumer};
    const struct ow_producer_id first = {{OW_PRODUCER_ID}, connection, n.producer, 1};
    const struct ow_producer_id last = {{OW_PRODUCER_ID}, connection, n.producer + i % 2, 1};
    const struct ow_message_id first_id = {{OW_MESSAGE_ID}, SLICE_ABSENT, &first, i, i};
    const struct ow_message_id last_id = {{OW_MESSAGE_ID}, SLICE_ABSENT, &last, i + 1, i + 1};
    const struct ow_message_ack ack = {
        .command = {{OW_MESSAGE_ACK}, (int32_t)i, false},
        .destination = &queue,
        .consumer_id = &consumer,
        .ack_type = 2,
        .first_message_id = &first_id,
        .last_message_id = &last_id,
        .message_count = 2,
    };

    cr_assert_eq(ow_write(writer, &ack.command.object, frame), OW_OK);
}

static void check_producer(const struct ow_producer_id *id, const char *connection, int64_t value)
{
    cr_assert(slice_is(id->connection_id, connection));
    cr_assert_eq(id->value, value);
    cr_assert_eq(id->session_id, 1);
}

static void check_ack(const struct ow_message_ack *ack, unsigned i)
{
    const struct numbers n = numbers_of(i);

    cr_assert_eq(ack->command.object.type, OW_MESSAGE_ACK);
    cr_assert_eq(ack->destination->object.type, OW_QUEUE);
    cr_assert(slice_is(ack->destination->physical_name, n.queue));
    cr_assert(slice_is(ack->consumer_id->connection_id, n.connection));
    cr_assert_eq(ack->consumer_id->value, n.consumer);
    check_producer(ack->first_message_id->producer_id, n.connection, n.producer);
    check_producer(ack->last_message_id->producer_id, n.connection, n.producer + i % 2);
    cr_assert_eq(ack->first_message_id->producer_sequence_id, i);
    cr_assert_eq(ack->last_message_id->broker_sequence_id, i + 1);
    cr_assert_null(ack->transaction_id);
}

Test(repeats, ids_that_come_again_are_read_as_if_they_were_new)
{
    struct ow_reader *reader = ow_reader_create(&OW_LIMITS_DEFAULT);
    struct ow_writer *writer = ow_writer_create();

    cr_assert_eq(ow_reader_set_format(reader, &loose), 0);
    cr_assert_eq(ow_writer_set_format(writer, &loose), 0);
    for (unsigned i = 0; i < FRAMES; i++) {
        struct ow_frame frame;
        struct ow_read read;
        uint8_t *bytes;

        write_ack(writer, i, &frame);
        /* A place of its own, so that nothing may point into the frame before. */
        bytes = malloc(frame.head.len);
        memcpy(bytes, frame.head.bytes, frame.head.len);
        read = ow_read(reader, slice_of(bytes, frame.head.len));
        cr_assert_eq(read.error, OW_OK);
        cr_assert_eq(read.used, frame.head.len);
        check_ack((const struct ow_message_ack *)(const void *)read.object, i);
        free(bytes);
        if (i % 500 == 499)
            ow_reader_trim(reader);
    }
    ow_reader_destroy(reader);
    ow_writer_destroy(writer);
}

Test(repeats, a_frame_that_ends_within_what_came_before_is_damaged)
{
    struct ow_reader *reader = ow_reader_create(&OW_LIMITS_DEFAULT);
    struct ow_writer *writer = ow_writer_create();
    struct ow_frame frame;
    struct ow_read read;
    uint8_t *bytes;
    const uint8_t short_size = 20;

    cr_assert_eq(ow_reader_set_format(reader, &loose), 0);
    cr_assert_eq(ow_writer_set_format(writer, &loose), 0);
    for (unsigned i = 0; i < 100; i++) {
        write_ack(writer, 7, &frame);
        cr_assert_eq(ow_read(reader, frame.head).error, OW_OK);
    }
    bytes = malloc(4 + short_size);
    memcpy(bytes, frame.head.bytes, 4 + short_size);
    memcpy(bytes, (uint8_t[]){0, 0, 0, short_size}, 4);
    read = ow_read(reader, slice_of(bytes, 4 + short_size));
    cr_assert_eq(read.used, 0);
    cr_assert_neq(read.error, OW_OK);
    free(bytes);
    ow_reader_destroy(reader);
    ow_writer_destroy(writer);
}
