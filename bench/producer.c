/* SPDX-License-Identifier: Apache-2.0 */
#include "producer.h"
#include "base/clock.h"
#include "openwire_receive.h"
#include "openwire_send.h"
#include "stamp.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { RECEIPT_DIGITS = 15, BATCHES_BYTES_MAX = 64 << 20 };

struct producer_stream {
    struct send_frame first;         /* OpenWire with a cache: fills it */
    struct send_frame plain, asking; /* asking for a receipt; rendered only with a window */
    uint64_t next;
};

static void add_user_headers(struct text *text, const struct options *o)
{
    enum bench_protocol protocol = o->producer_protocol;

    for (uint32_t i = 0; i < o->header_count; i++) {
        struct slice all = slice_of_text(o->headers[i]);
        size_t name_len = strcspn(o->headers[i], ":");

        client_add_escaped(text, protocol, slice_of(all.bytes, name_len));
        text_add_char(text, ':');
        client_add_escaped(text, protocol, slice_after(all, name_len + 1));
        text_add_char(text, '\n');
    }
}

static void add_body(struct text *text, const struct run *run, uint32_t stream)
{
    struct stamp stamp = {.run = run->id, .stream = stream};
    uint8_t head[STAMP_BYTES];
    uint32_t filled = 0;

    if (run->options->body_bytes >= STAMP_BYTES) {
        stamp_put(head, &stamp);
        text_add(text, slice_of(head, sizeof head));
        filled = STAMP_BYTES;
    }
    for (; filled < run->options->body_bytes; filled++)
        text_add_char(text, 'x');
}

static int render_stomp(struct send_frame *frame, const struct run *run, uint32_t stream, bool asks)
{
    const struct options *o = run->options;
    char name[RUN_NAME_BYTES];
    struct text text;

    text_init(&text);
    run_destination_name(o, run_stream_destination(o, stream), name);
    text_add_format(&text, "SEND\ndestination:%s", run_prefix(o));
    client_add_escaped(&text, o->producer_protocol, slice_of_text(name));
    text_add_char(&text, '\n');
    if (!o->is_text)
        text_add_format(&text, "content-length:%u\n", o->body_bytes);
    if (o->persistent)
        text_add(&text, SLICE("persistent:true\n"));
    add_user_headers(&text, o);
    if (asks) {
        text_add(&text, SLICE("receipt:"));
        frame->receipt_at = text.len;
        text_add_format(&text, "%0*d\n", RECEIPT_DIGITS, 0);
    }
    text_add_char(&text, '\n');
    frame->body_at = text.len;
    add_body(&text, run, stream);
    text_add_char(&text, '\0');
    if (text_failed(&text)) {
        text_fini(&text);
        return -ENOMEM;
    }
    frame->bytes = (uint8_t *)text.bytes; /* freed with the stream */
    frame->len = text.len;
    return 0;
}

static bool asks(const struct producer *p, uint64_t number)
{
    return p->receipt_every > 0 && (number + 1) % p->receipt_every == 0;
}

static int render(struct producer *p, struct send_frame *frame, uint32_t stream, bool asks_receipt)
{
    struct text properties;
    int error;

    if (!p->client.openwire)
        return render_stomp(frame, p->run, stream, asks_receipt);
    text_init(&properties);
    error = openwire_properties(p->run->options, &properties);
    if (!error)
        error = openwire_render_message(&p->client, p->run, stream, asks_receipt,
                                        text_slice(&properties), frame);
    text_fini(&properties);
    return error;
}

/* Before all others, in the order in which they are sent: they fill the cache. */
static int render_first(struct producer *p)
{
    const struct openwire *openwire = p->client.openwire;
    int error = 0;

    if (!openwire || !openwire->format.cache)
        return 0;
    for (uint32_t i = 0; i < p->stream_count && !error; i++)
        error = render(p, &p->streams[i].first, p->index + i * p->run->options->producer_count,
                       asks(p, i));
    return error;
}

static void note_len(struct producer *p, const struct send_frame *frame)
{
    if (frame->len > p->frame_bytes_max)
        p->frame_bytes_max = frame->len;
}

static int render_streams(struct producer *p)
{
    const struct options *o = p->run->options;
    uint32_t streams = run_stream_count(o);
    int error;

    p->stream_count = (streams - p->index - 1) / o->producer_count + 1;
    p->streams = calloc(p->stream_count, sizeof *p->streams);
    if (!p->streams)
        return -ENOMEM;
    error = render_first(p);
    for (uint32_t i = 0; i < p->stream_count && !error; i++) {
        uint32_t stream = p->index + i * o->producer_count;

        error = render(p, &p->streams[i].plain, stream, false);
        if (!error && p->receipt_every > 0)
            error = render(p, &p->streams[i].asking, stream, true);
        note_len(p, &p->streams[i].first);
        note_len(p, &p->streams[i].plain);
        note_len(p, &p->streams[i].asking);
    }
    return error;
}

static size_t batch_bytes_for(const struct options *o)
{
    size_t share = BATCHES_BYTES_MAX / o->producer_count;

    return share < PRODUCER_BATCH_BYTES ? share : PRODUCER_BATCH_BYTES;
}

int producer_init(struct producer *p, const struct run *run, uint32_t index, struct text_error *why)
{
    const struct options *o = run->options;
    int error;

    *p = (struct producer){.client = {.fd = -1}, .run = run, .index = index};
    p->quota = UINT64_MAX;
    if (o->message_count > 0)
        p->quota = o->message_count / o->producer_count +
                   (index < o->message_count % o->producer_count ? 1 : 0);
    /* Eight receipts a window: the producer goes on while most of them are under way. */
    if (o->window > 0)
        p->receipt_every = o->window < 8 ? 1 : o->window / 8;
    p->batch_bytes = batch_bytes_for(o);
    error = client_open(&p->client, o, o->producer_protocol, why);
    if (!error && p->client.openwire)
        error = openwire_announce(&p->client, why);
    if (error)
        goto failed;
    error = render_streams(p);
    if (!error)
        error = client_set_nonblocking(&p->client);
    if (!error)
        return 0;
    text_error_set(why, "messages cannot be rendered: %s", strerror(-error));
failed:
    producer_fini(p);
    return error;
}

void producer_fini(struct producer *p)
{
    client_close(&p->client);
    for (uint32_t i = 0; p->streams && i < p->stream_count; i++) {
        free(p->streams[i].first.bytes);
        free(p->streams[i].plain.bytes);
        free(p->streams[i].asking.bytes);
    }
    free(p->streams);
    p->streams = NULL;
}

/* When message number `n` of this producer is due; producers share the rate in turns. */
static int64_t due_time(const struct producer *p, uint64_t n)
{
    const struct options *o = p->run->options;

    return (int64_t)(((double)n * o->producer_count + p->index) * 1e9 / o->rate);
}

/* How many messages may be written at this moment, the socket aside. */
static uint64_t allowance(const struct producer *p, int64_t now_ns)
{
    const struct options *o = p->run->options;
    uint64_t room = p->quota - p->sent;

    if (o->window > 0 && o->window - (p->sent - p->confirmed) < room)
        room = o->window - (p->sent - p->confirmed);
    if (o->rate > 0) {
        double due = ((double)now_ns * o->rate / 1e9 - p->index) / o->producer_count + 1;
        uint64_t count = due > 0 ? (uint64_t)due : 0;

        if (count <= p->sent)
            return 0;
        if (count - p->sent < room)
            room = count - p->sent;
    }
    return room;
}

static void put_receipt(uint8_t *to, uint64_t number)
{
    for (int i = RECEIPT_DIGITS - 1; i >= 0; i--, number /= 10)
        to[i] = (uint8_t)('0' + number % 10);
}

/* Appends one message; the caller has made room. */
static inline void append(struct producer *p, int64_t time_ns, bool stamps)
{
    struct producer_stream *stream = &p->streams[p->stream_at];
    bool asks_receipt = asks(p, p->sent);
    const struct send_frame *frame = asks_receipt ? &stream->asking : &stream->plain;
    uint8_t *to = p->client.out + p->client.out_len;

    if (UNLIKELY(stream->next == 0) && stream->first.len > 0)
        frame = &stream->first;

    memcpy(to, frame->bytes, frame->len);
    if (stamps) {
        stamp_put_word(to + frame->body_at + 8, stream->next);
        stamp_put_word(to + frame->body_at + 16, (uint64_t)time_ns);
    }
    if (p->client.openwire)
        openwire_patch(to, frame, p->sent);
    else if (asks_receipt)
        put_receipt(to + frame->receipt_at, p->sent + 1);
    stream->next++;
    p->client.out_len += frame->len;
    p->sent++;
    if (time_ns >= p->run->measure_from_ns)
        p->sent_measured++;
    if (++p->stream_at == p->stream_count)
        p->stream_at = 0;
}

static int fill(struct producer *p, int64_t now_ns)
{
    const struct options *o = p->run->options;
    bool stamps = o->body_bytes >= STAMP_BYTES;
    uint64_t count = allowance(p, now_ns), batch = p->batch_bytes / p->frame_bytes_max;
    int error;

    if (batch == 0)
        batch = 1;
    if (count > batch)
        count = batch;
    if (count == 0)
        return 0;
    error = client_reserve(&p->client, (size_t)count * p->frame_bytes_max);
    if (error)
        return error;
    for (uint64_t i = 0; i < count; i++)
        append(p, o->rate > 0 ? due_time(p, p->sent) : now_ns, stamps);
    return 0;
}

static int say_goodbye(struct producer *p)
{
    static const char frame[] = "DISCONNECT\nreceipt:bye\n\n";
    int error = client_reserve(&p->client, sizeof frame);

    if (!error && p->client.openwire) {
        error = openwire_put_goodbye(&p->client);
    } else if (!error) {
        memcpy(p->client.out + p->client.out_len, frame, sizeof frame);
        p->client.out_len += sizeof frame;
    }
    if (error)
        return error;
    p->is_leaving = true;
    return client_flush(&p->client);
}

int producer_send(struct producer *p, int64_t now_ns)
{
    int error;

    if (p->is_done || p->client.is_blocked)
        return 0;
    if (!client_has_output(&p->client) && !p->is_leaving) {
        if (p->sent >= p->quota || now_ns >= p->run->send_until_ns)
            return say_goodbye(p);
        error = fill(p, now_ns);
        if (error)
            return error;
    }
    return client_flush(&p->client);
}

/* Only now is it sure that all messages have left the sockets' buffers. */
static void end(struct producer *p)
{
    p->is_done = true;
    p->ended_ns = clock_monotonic_ns() - p->run->start_ns;
}

static void take_receipt(struct producer *p, const struct frame *frame)
{
    struct slice id = frame_header(frame, SLICE("receipt-id"));
    int64_t number;

    if (slice_is(id, "bye"))
        end(p);
    else if (slice_to_i64(id, &number) && number > 0 && (uint64_t)number > p->confirmed &&
             (uint64_t)number <= p->sent)
        p->confirmed = (uint64_t)number;
}

static void take_response(struct producer *p, int32_t correlation_id)
{
    uint64_t number;

    if (correlation_id == OPENWIRE_GOODBYE) {
        end(p);
        return;
    }
    number = openwire_confirmed(p->confirmed, correlation_id);
    if (number > p->confirmed && number <= p->sent)
        p->confirmed = number;
}

static int take_openwire(struct producer *p, struct slice *rest, struct text_error *why)
{
    struct openwire_input input;
    enum openwire_status status;

    while ((status = openwire_next(p->client.openwire, *rest, &input, why)) == OPENWIRE_WHOLE) {
        *rest = slice_after(*rest, input.consumed);
        if (input.kind == OPENWIRE_RESPONSE)
            take_response(p, input.correlation_id);
        if (input.kind == OPENWIRE_ERROR)
            return -EPROTO;
    }
    return status == OPENWIRE_BROKEN ? -EPROTO : 0;
}

static int take_stomp(struct producer *p, struct slice *rest, struct text_error *why)
{
    struct frame frame;
    enum frame_status status;

    while ((status = frame_next(&p->client.hint, *rest, &frame)) == FRAME_WHOLE) {
        *rest = slice_after(*rest, frame.consumed);
        if (frame.kind == FRAME_RECEIPT)
            take_receipt(p, &frame);
        if (frame.kind == FRAME_ERROR) {
            client_explain_error(&frame, why);
            return -EPROTO;
        }
    }
    if (status == FRAME_BROKEN) {
        text_error_set(why, "what the broker sends is not STOMP");
        return -EPROTO;
    }
    return 0;
}

static int take_frames(struct producer *p, struct text_error *why)
{
    struct slice rest = text_slice(&p->client.kept);
    int error = p->client.openwire ? take_openwire(p, &rest, why) : take_stomp(p, &rest, why);

    if (error)
        return error;
    if (rest.len > 0)
        memmove(p->client.kept.bytes, rest.bytes, rest.len);
    p->client.kept.len = rest.len;
    return 0;
}

int producer_receive(struct producer *p, struct text_error *why)
{
    char bytes[16384];
    ssize_t n = recv(p->client.fd, bytes, sizeof bytes, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0) {
        if (p->is_leaving && !client_has_output(&p->client)) {
            end(p); /* it may hang up after DISCONNECT without a word */
            return 0;
        }
        text_error_set(why, "the broker closed the connection of a producer");
        return -ECONNRESET;
    }
    text_add(&p->client.kept, slice_of(bytes, (size_t)n));
    if (text_failed(&p->client.kept))
        return -ENOMEM;
    return take_frames(p, why);
}

int64_t producer_due_ns(const struct producer *p)
{
    if (p->is_done || p->is_leaving || p->client.is_blocked)
        return INT64_MAX;
    if (p->run->options->rate <= 0)
        return allowance(p, 0) > 0 || p->sent >= p->quota ? 0 : p->run->send_until_ns;
    if (p->run->options->window > 0 && p->sent - p->confirmed >= p->run->options->window)
        return p->run->send_until_ns;
    return due_time(p, p->sent);
}
