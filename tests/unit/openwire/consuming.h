/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_OPENWIRE_CONSUMING_H
#define TESTS_OPENWIRE_CONSUMING_H
/* consuming.h - what consumers of harness.h's peers say. */
#include "harness.h"

enum {
    ACK_DELIVERED = 0,
    ACK_POISON = 1,
    ACK_STANDARD = 2,
    ACK_REDELIVERED = 3,
    ACK_INDIVIDUAL = 4,
    ACK_UNMATCHED = 5,
    ACK_EXPIRED = 6,
};

static struct sim_client *producer; /* who sends */

static inline void send_all(const char *to, const char *bodies)
{
    char copy[4096], *rest = copy, *body;

    snprintf(copy, sizeof copy, "%s", bodies);
    while ((body = strsep(&rest, " ")))
        sim_send(producer, to, body);
    run();
}

static inline void consume_with(int index, struct ow_consumer_info info, int64_t value,
                                const char *from)
{
    const struct ow_consumer_id id = consumer_id(index, value);
    const struct ow_destination destination = destination_of(from);

    info.command = command_of(index, OW_CONSUMER_INFO, true);
    info.consumer_id = &id;
    info.destination = &destination;
    say(index, &info.command.object);
}

static inline void consume(int index, int64_t value, const char *from, int32_t prefetch)
{
    consume_with(index, (struct ow_consumer_info){.prefetch_size = prefetch}, value, from);
}

/* The last one with that body that a consumer has got. */
static inline const struct ow_message_id *got(int index, int64_t consumer, const char *body)
{
    const struct peer *peer = &peers[index];

    if (!body)
        return NULL;
    for (size_t i = peer->got_count; i > 0; i--)
        if (peer->got[i - 1].consumer == consumer && strcmp(peer->got[i - 1].body, body) == 0)
            return &peer->got[i - 1].id;
    cr_assert_fail("%s has not come", body);
    return NULL;
}

static inline void say_ack(int index, struct ow_message_ack ack, int64_t value, const char *first,
                           const char *last)
{
    const struct ow_consumer_id id = consumer_id(index, value);
    const bool response_required = ack.command.response_required;

    ack.command = command_of(index, OW_MESSAGE_ACK, response_required);
    ack.consumer_id = &id;
    if (first)
        ack.first_message_id = got(index, value, first);
    if (last)
        ack.last_message_id = got(index, value, last);
    say(index, &ack.command.object);
}

static inline void acknowledge(int index, int8_t type, int64_t value, const char *first,
                               const char *last, int32_t count)
{
    say_ack(index, (struct ow_message_ack){.ack_type = type, .message_count = count}, value, first,
            last);
}

static inline void acknowledge_required(int index, int8_t type, int64_t value, const char *first,
                                        const char *last, int32_t count)
{
    say_ack(index,
            (struct ow_message_ack){
                .command.response_required = true, .ack_type = type, .message_count = count},
            value, first, last);
}

static inline void remove_consumer(int index, int64_t value, int64_t last_delivered)
{
    const struct ow_consumer_id id = consumer_id(index, value);
    const struct ow_remove_info info = {.command = command_of(index, OW_REMOVE_INFO, true),
                                        .object_id = &id.object,
                                        .last_delivered_sequence_id = last_delivered};

    say(index, &info.command.object);
}

static inline void pull(int index, int64_t value, int64_t timeout)
{
    const struct ow_consumer_id id = consumer_id(index, value);
    const struct ow_message_pull command = {.command = command_of(index, OW_MESSAGE_PULL, false),
                                            .consumer_id = &id,
                                            .timeout = timeout};

    say(index, &command.command.object);
}

static inline struct ow_local_transaction_id local_id(const struct ow_connection_id *connection,
                                                      int64_t value)
{
    return (struct ow_local_transaction_id){{OW_LOCAL_TRANSACTION_ID}, value, connection};
}

static inline void say_transaction(int index, int8_t type, const struct ow_object *id,
                                   bool response_required)
{
    const struct ow_connection_id connection = connection_id_of(index);
    const struct ow_transaction_info info = {
        .command = command_of(index, OW_TRANSACTION_INFO, response_required),
        .connection_id = &connection,
        .transaction_id = id,
        .type = type};

    say(index, &info.command.object);
}

static inline void say_local(int index, int8_t type, int64_t value)
{
    const struct ow_connection_id connection = connection_id_of(index);
    const struct ow_local_transaction_id id = local_id(&connection, value);

    say_transaction(index, type, &id.object, true);
}
#endif
