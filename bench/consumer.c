/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer.h"
#include "base/clock.h"
#include "openwire_receive.h"
#include "stamp.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

int consumer_group_init(struct consumer_group *group, const struct options *options,
                        uint32_t destination)
{
    group->sequence_count = run_local_stream_count(options, destination);
    group->sequences = calloc(group->sequence_count + 1, sizeof *group->sequences);
    return group->sequences ? 0 : -ENOMEM;
}

void consumer_group_fini(struct consumer_group *group)
{
    for (uint32_t i = 0; group->sequences && i < group->sequence_count; i++)
        sequence_fini(&group->sequences[i]);
    free(group->sequences);
    group->sequences = NULL;
}

static void set_mark(struct consumer *c)
{
    uint8_t bytes[STAMP_BYTES];

    stamp_put(bytes, &(struct stamp){.run = c->run->id});
    static_assert(sizeof c->client.hint.mark == STAMP_RUN_BYTES, "the mark is the run's digits");
    memcpy(c->client.hint.mark, bytes, STAMP_RUN_BYTES);
    c->client.hint.has_mark = true;
    if (c->client.openwire)
        openwire_set_mark(c->client.openwire->receiver, bytes);
}

int consumer_init(struct consumer *c, const struct run *run, struct consumer_group *group,
                  uint32_t destination, struct text_error *why)
{
    char name[RUN_NAME_BYTES];
    int error;

    *c = (struct consumer){.client = {.fd = -1}, .run = run, .group = group};
    c->destination = destination;
    text_init(&c->ack_id);
    c->highest = calloc(group->sequence_count + 1, sizeof *c->highest);
    if (!c->highest) {
        text_error_set(why, "out of memory");
        return -ENOMEM;
    }
    error = client_open(&c->client, run->options, run->options->consumer_protocol, why);
    run_destination_name(run->options, destination, name);
    if (!error)
        error = client_subscribe(&c->client, run->options, name, why);
    if (!error)
        set_mark(c);
    if (!error)
        error = client_set_nonblocking(&c->client);
    if (error)
        consumer_fini(c);
    return error;
}

void consumer_fini(struct consumer *c)
{
    client_close(&c->client);
    text_fini(&c->ack_id);
    free(c->highest);
    c->highest = NULL;
}

static int write_ack(struct consumer *c)
{
    bool is_12 = c->client.protocol == BENCH_STOMP_12;
    struct text text;
    int error;

    text_init(&text);
    text_add(&text, is_12 ? SLICE("ACK\nid:") : SLICE("ACK\nsubscription:0\nmessage-id:"));
    text_add(&text, text_slice(&c->ack_id));
    text_add(&text, SLICE("\n\n\0"));
    error = text_failed(&text) ? -ENOMEM : client_reserve(&c->client, text.len);
    if (!error) {
        memcpy(c->client.out + c->client.out_len, text.bytes, text.len);
        c->client.out_len += text.len;
        c->unacknowledged = 0;
    }
    text_fini(&text);
    return error;
}

/* Remembers the message, acknowledges when enough have come. The id stays escaped as it came. */
static int note_for_ack(struct consumer *c, const struct frame *frame)
{
    bool is_12 = c->client.protocol == BENCH_STOMP_12;

    c->ack_id.len = 0;
    text_add(&c->ack_id, frame_header(frame, is_12 ? SLICE("ack") : SLICE("message-id")));
    c->unacknowledged++;
    return c->unacknowledged >= c->run->options->ack_every ? write_ack(c) : 0;
}

/* Checks the number against what came before. */
static int check(struct consumer *c, const struct stamp *stamp)
{
    const struct options *o = c->run->options;
    uint32_t local = run_stream_local(o, stamp->stream);

    if (run_stream_destination(o, stamp->stream) != c->destination ||
        local >= c->group->sequence_count) {
        c->foreign++;
        return 0;
    }
    switch (sequence_add(&c->group->sequences[local], stamp->sequence)) {
    case SEQUENCE_NEW:
        c->unique++;
        break;
    case SEQUENCE_DUPLICATE:
        c->duplicated++;
        return 0;
    case SEQUENCE_NO_MEMORY:
        return -ENOMEM;
    }
    if (LIKELY(stamp->sequence >= c->highest[local]))
        c->highest[local] = stamp->sequence + 1;
    else
        c->reordered++;
    return 0;
}

static int take_message(struct consumer *c, struct slice body, int64_t now_ns,
                        struct histogram *latency)
{
    const struct options *o = c->run->options;
    struct stamp stamp;

    c->received++;
    if (o->producer_count == 0 || o->body_bytes < STAMP_BYTES) {
        c->unique++;
        c->received_measured += now_ns >= c->run->measure_from_ns;
        c->bytes_measured += now_ns >= c->run->measure_from_ns ? body.len : 0;
        return 0;
    }
    if (body.len < STAMP_BYTES || !stamp_get(body.bytes, &stamp) || stamp.run != c->run->id) {
        c->foreign++;
        return 0;
    }
    if (now_ns >= c->run->measure_from_ns) {
        c->received_measured++;
        c->bytes_measured += body.len;
        if ((int64_t)stamp.time_ns >= c->run->measure_from_ns)
            histogram_record(latency, now_ns - (int64_t)stamp.time_ns);
    }
    if (o->verify)
        return check(c, &stamp);
    c->unique++;
    return 0;
}

/* Takes all whole frames; *rest is what remains, *wanted its whole length where that is known. */
static int take_stomp(struct consumer *c, struct slice *rest, size_t *wanted, int64_t now_ns,
                      struct histogram *latency, struct text_error *why)
{
    bool acknowledges = c->run->options->ack != BENCH_ACK_AUTO;
    struct frame frame;
    enum frame_status status;
    int error;

    while ((status = frame_next(&c->client.hint, *rest, &frame)) == FRAME_WHOLE) {
        *rest = slice_after(*rest, frame.consumed);
        if (frame.kind == FRAME_ERROR) {
            client_explain_error(&frame, why);
            return -EPROTO;
        }
        if (LIKELY(frame.kind == FRAME_MESSAGE)) {
            error = acknowledges ? note_for_ack(c, &frame) : 0;
            if (!error)
                error = take_message(c, frame.body, now_ns, latency);
            if (error)
                return error;
        }
    }
    *wanted = frame.consumed;
    if (status == FRAME_BROKEN || rest->len > CONSUMER_FRAME_MAX) {
        text_error_set(why, "what the broker sends is not STOMP");
        return -EPROTO;
    }
    return 0;
}

static int take_openwire(struct consumer *c, struct slice *rest, size_t *wanted, int64_t now_ns,
                         struct histogram *latency, struct text_error *why)
{
    struct openwire_input input;
    enum openwire_status status;
    int error;

    while ((status = openwire_next(c->client.openwire, *rest, &input, why)) == OPENWIRE_WHOLE) {
        *rest = slice_after(*rest, input.consumed);
        if (input.kind == OPENWIRE_ERROR)
            return -EPROTO;
        if (LIKELY(input.kind == OPENWIRE_DISPATCH)) {
            error = openwire_note(&c->client);
            if (!error)
                error = take_message(c, input.body, now_ns, latency);
            if (error)
                return error;
        }
    }
    *wanted = input.consumed;
    return status == OPENWIRE_BROKEN ? -EPROTO : 0;
}

/* The same of any protocol. */
static int take_frames(struct consumer *c, struct slice *rest, size_t *wanted,
                       struct histogram *latency, struct text_error *why)
{
    int64_t now_ns = clock_monotonic_ns() - c->run->start_ns;
    int error = c->client.openwire ? take_openwire(c, rest, wanted, now_ns, latency, why)
                                   : take_stomp(c, rest, wanted, now_ns, latency, why);

    if (error)
        return error;
    c->last_received_ns = now_ns;
    return client_flush(&c->client);
}

static int make_room(struct consumer_input *input, size_t bytes)
{
    size_t capacity = input->capacity > 0 ? input->capacity : CONSUMER_INPUT_BYTES;
    uint8_t *larger;

    while (capacity < bytes)
        capacity *= 2;
    if (capacity == input->capacity)
        return 0;
    larger = realloc(input->bytes, capacity);
    if (!larger)
        return -ENOMEM;
    input->bytes = larger;
    input->capacity = capacity;
    return 0;
}

int consumer_receive(struct consumer *c, struct consumer_input *input, struct histogram *latency,
                     struct text_error *why)
{
    struct text *kept = &c->client.kept;
    struct slice rest;
    size_t wanted = 0;
    ssize_t n;
    int error = make_room(input, 2 * kept->len);

    if (error)
        return error;
    if (kept->len > 0)
        memcpy(input->bytes, kept->bytes, kept->len);
    n = recv(c->client.fd, input->bytes + kept->len, input->capacity - kept->len, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0) {
        text_error_set(why, "the broker closed the connection of a consumer");
        return -ECONNRESET;
    }
    rest = slice_of(input->bytes, kept->len + (size_t)n);
    error = take_frames(c, &rest, &wanted, latency, why);
    if (error)
        return error;
    kept->len = 0;
    text_add(kept, rest);
    return text_failed(kept) ? -ENOMEM : make_room(input, wanted);
}

int consumer_take_kept(struct consumer *c, struct histogram *latency, struct text_error *why)
{
    struct slice rest = text_slice(&c->client.kept);
    size_t wanted;
    int error = take_frames(c, &rest, &wanted, latency, why);

    if (error)
        return error;
    if (rest.len > 0)
        memmove(c->client.kept.bytes, rest.bytes, rest.len);
    c->client.kept.len = rest.len;
    return 0;
}

void consumer_leave(struct consumer *c)
{
    if (c->client.fd < 0)
        return;
    if (c->client.openwire) {
        if (openwire_acknowledge(&c->client) == 0)
            client_leave(&c->client);
    } else if (c->run->options->ack != BENCH_ACK_AUTO) {
        if (c->unacknowledged == 0 || write_ack(c) == 0)
            client_leave(&c->client);
    }
}
