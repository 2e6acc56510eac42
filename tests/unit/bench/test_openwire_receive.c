/* SPDX-License-Identifier: Apache-2.0 */
#include "openwire_pair.h"
#include "openwire_receive.c"

enum { RUN = 4711 };

struct dispatched {
    const char *producer;
    int64_t sequence, broker_sequence, broker_in_time;
    uint64_t number;
    bool is_text;
};

static void make_body(uint8_t body[40], uint64_t number, bool is_text)
{
    size_t at = is_text ? 4 : 0;

    memset(body, 'x', 40);
    if (is_text)
        memcpy(body, "\0\0\0\x24", 4);
    stamp_put(body + at, &(struct stamp){.run = RUN, .stream = 1, .sequence = number});
}

/* What the broker writes; freed by the caller. */
static struct text write_dispatch(struct pair *pair, const struct dispatched *d)
{
    const struct ow_producer_id producer = {{OW_PRODUCER_ID}, slice_of_text(d->producer), 1, 1};
    const struct ow_message_id id = {
        {OW_MESSAGE_ID}, SLICE_ABSENT, &producer, d->sequence, d->broker_sequence};
    uint8_t body[40];
    struct ow_message message = {
        .command = {{d->is_text ? OW_TEXT_MESSAGE : OW_BYTES_MESSAGE}, (int32_t)d->number, false},
        .producer_id = &producer,
        .destination = &pair->openwire.destination,
        .message_id = &id,
        .timestamp = 1000,
        .broker_in_time = d->broker_in_time,
    };
    struct ow_message_dispatch dispatch = {
        .command = {{OW_MESSAGE_DISPATCH}, 0, false},
        .consumer_id = &pair->openwire.consumer_id,
        .destination = &pair->openwire.destination,
        .message = &message,
    };
    struct ow_frame frame;
    struct text text;

    make_body(body, d->number, d->is_text);
    message.content = slice_of(body, sizeof body);
    cr_assert_eq(ow_write(pair->writer, &dispatch.command.object, &frame), OW_OK);
    text_init(&text);
    text_add(&text, frame.head);
    text_add(&text, frame.shared);
    text_add(&text, frame.tail);
    return text;
}

static void start(struct pair *pair, unsigned format, struct options *o)
{
    uint8_t stamp[STAMP_BYTES];

    pair_init(pair, format);
    stamp_put(stamp, &(struct stamp){.run = RUN});
    pair->openwire.receiver = openwire_receiver_create(o);
    openwire_set_mark(pair->openwire.receiver, stamp);
}

static void expect_body(struct slice body, uint64_t number)
{
    struct stamp stamp;

    cr_assert_geq(body.len, STAMP_BYTES);
    cr_assert(stamp_get(body.bytes, &stamp));
    cr_assert_eq(stamp.run, RUN);
    cr_assert_eq(stamp.sequence, number);
}

/* Passes it to the client; true: its form was known. */
static bool receive(struct pair *pair, const struct dispatched *d)
{
    struct text text = write_dispatch(pair, d);
    struct openwire_receiver *r = pair->openwire.receiver;
    struct openwire_input input;
    struct text_error why;
    bool known = find_form(r, text_slice(&text)) != NULL;

    cr_assert_eq(openwire_next(&pair->openwire, text_slice(&text), &input, &why), OPENWIRE_WHOLE);
    cr_assert_eq(input.kind, OPENWIRE_DISPATCH);
    cr_assert_eq(input.consumed, text.len);
    expect_body(input.body, d->number);
    cr_assert_eq(r->last.sequence, d->sequence);
    cr_assert_eq(r->last.broker_sequence, d->broker_sequence);
    cr_assert(slice_is(r->sources[r->last.source].id.connection_id, d->producer));
    text_fini(&text);
    return known;
}

static int64_t sequence_of(uint64_t n)
{
    return INT64_C(0x100000000) + (int64_t)n * 7;
}

Test(openwire_receive, reads_the_same_with_a_known_form_as_with_the_codec)
{
    static const char *const producers[] = {"ID:one:1", "ID:two:1", "ID:three-is-longer:1"};
    struct options o = {.ack = BENCH_ACK_AUTO};

    for (unsigned format = 0; format < FORMATS; format++) {
        struct pair pair;
        unsigned known = 0;

        start(&pair, format, &o);
        for (uint64_t n = 0; n < 3000; n++)
            known += receive(&pair, &(struct dispatched){.producer = producers[n % 7 % 3],
                                                         .sequence = sequence_of(n),
                                                         .broker_sequence = (int64_t)n * 50,
                                                         .broker_in_time = (int64_t)(n * n),
                                                         .number = n});
        cr_assert_gt(known, 2700, "format %u: %u", format, known);
        pair_fini(&pair);
    }
}

Test(openwire_receive, small_numbers_of_a_sender_of_stomp_are_read_too)
{
    struct options o = {.ack = BENCH_ACK_AUTO};

    for (unsigned format = 0; format < FORMATS; format++) {
        struct pair pair;

        start(&pair, format, &o);
        for (uint64_t n = 0; n < 2000; n++)
            receive(&pair, &(struct dispatched){.producer = "ID:stomp:-1:1",
                                                .sequence = (int64_t)n,
                                                .broker_sequence = (int64_t)n + 1,
                                                .number = n,
                                                .is_text = n % 500 > 250});
        pair_fini(&pair);
    }
}

/* Every frame is one of the codec's: what the fast way skips must not be missed by the cache. */
Test(openwire_receive, new_producers_and_old_ones_mix)
{
    struct options o = {.ack = BENCH_ACK_AUTO};

    for (unsigned format = 0; format < FORMATS; format++) {
        struct pair pair;
        char name[32];

        start(&pair, format, &o);
        for (uint64_t n = 0; n < 2000; n++) {
            snprintf(name, sizeof name, "ID:host-%02u:1", (unsigned)(n * n % (n / 100 + 1)));
            receive(&pair, &(struct dispatched){.producer = name,
                                                .sequence = sequence_of(n),
                                                .broker_sequence = (int64_t)n,
                                                .number = n});
        }
        pair_fini(&pair);
    }
}

Test(openwire_receive, waits_at_every_cut_for_the_length_it_names)
{
    struct options o = {.ack = BENCH_ACK_AUTO};
    struct dispatched d = {.producer = "ID:one:1", .sequence = sequence_of(1), .number = 1};
    struct openwire_input input;
    struct text_error why;
    struct text text;
    struct pair pair;

    start(&pair, 3, &o);
    text = write_dispatch(&pair, &d);
    for (size_t cut = 0; cut < text.len; cut++) {
        cr_assert_eq(openwire_next(&pair.openwire, slice_of(text.bytes, cut), &input, &why),
                     OPENWIRE_PARTIAL);
        cr_assert_eq(input.consumed, cut < 4 ? 0 : text.len);
    }
    text_fini(&text);
    cr_assert_eq(openwire_next(&pair.openwire, SLICE("\x7f\xff\xff\xff"), &input, &why),
                 OPENWIRE_BROKEN);
    cr_assert_eq(openwire_next(&pair.openwire, SLICE("\0\0\0\2\x77\x77"), &input, &why),
                 OPENWIRE_BROKEN);
    pair_fini(&pair);
}

static void expect_acks(struct pair *pair, const struct dispatched *of, int32_t every, int8_t type)
{
    const struct ow_message_ack *ack;
    size_t len = openwire_frame_len(slice_of(pair->client.out, pair->client.out_len));

    cr_assert_eq(len, pair->client.out_len);
    ack = (const struct ow_message_ack *)pair_read(pair, pair->client.out, len);
    cr_assert_eq(ack->command.object.type, OW_MESSAGE_ACK);
    cr_assert_eq(ack->ack_type, type);
    cr_assert_eq(ack->message_count, every);
    cr_assert(slice_is(ack->destination->physical_name, "bench.0"));
    cr_assert_eq(ack->consumer_id->value, 1);
    cr_assert_eq(ack->last_message_id->producer_sequence_id, of->sequence);
    cr_assert_eq(ack->last_message_id->broker_sequence_id, of->broker_sequence);
    cr_assert(slice_is(ack->last_message_id->producer_id->connection_id, of->producer));
    cr_assert_eq(ack->first_message_id != NULL, type == ACK_STANDARD);
    if (ack->first_message_id)
        cr_assert_eq(ack->first_message_id->producer_sequence_id, of->sequence - 7 * (every - 1));
    pair->client.out_len = 0;
}

static void acknowledge_all(unsigned format, struct options *o, int32_t every, int8_t type)
{
    struct pair pair;
    unsigned patched = 0;

    start(&pair, format, o);
    for (uint64_t n = 0; n < 4000; n++) {
        struct dispatched d = {.producer = n % 1000 < 900 ? "ID:one:1" : "ID:two:1",
                               .sequence = sequence_of(n),
                               .broker_sequence = (int64_t)n * 50,
                               .number = n};

        receive(&pair, &d);
        if ((n + 1) % (uint64_t)every == 0) {
            if (pair.openwire.receiver->unacknowledged == 0)
                pair.openwire.receiver->first = pair.openwire.receiver->last;
            pair.openwire.receiver->unacknowledged++;
            patched += fits_ack_form(&pair.openwire);
            pair.openwire.receiver->unacknowledged--;
        }
        cr_assert_eq(openwire_note(&pair.client), 0);
        if ((n + 1) % (uint64_t)every == 0)
            expect_acks(&pair, &d, every, type);
    }
    cr_assert_gt(patched, 3500 / (unsigned)every);
    pair_fini(&pair);
}

Test(openwire_receive, acknowledges_each_message_as_the_java_client_does)
{
    struct options o = {.ack = BENCH_ACK_AUTO, .ack_every = 100, .prefetch = -1};

    for (unsigned format = 0; format < FORMATS; format++)
        acknowledge_all(format, &o, 1, ACK_STANDARD);
}

Test(openwire_receive, or_ranges)
{
    struct options o = {.ack = BENCH_ACK_CLIENT, .ack_every = 20, .prefetch = -1};

    for (unsigned format = 0; format < FORMATS; format++)
        acknowledge_all(format, &o, 20, ACK_STANDARD);
}

Test(openwire_receive, that_are_no_longer_than_the_prefetch)
{
    struct options o = {.ack = BENCH_ACK_CLIENT, .ack_every = 20, .prefetch = 10};

    acknowledge_all(3, &o, 10, ACK_STANDARD);
}

Test(openwire_receive, or_single_messages)
{
    struct options o = {.ack = BENCH_ACK_INDIVIDUAL, .prefetch = -1};

    for (unsigned format = 0; format < FORMATS; format++)
        acknowledge_all(format, &o, 1, ACK_INDIVIDUAL);
}
