/* SPDX-License-Identifier: Apache-2.0 */
#include "producer.h"
#include "base/clock.h"
#include "stamp.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { RECEIPT_DIGITS = 15, BATCHES_BYTES_MAX = 64 << 20 };

/* One SEND frame, ready but for the stamp and the receipt's number. */
struct send_frame {
    uint8_t *bytes;
    size_t len, body_at, receipt_at;
};

struct producer_stream {
    struct send_frame plain, asking; /* asking for a receipt; rendered only with a window */
    uint64_t next;
};

static void add_user_headers(struct text *text, const struct options *o)
{
    for (uint32_t i = 0; i < o->header_count; i++) {
        struct slice all = slice_of_text(o->headers[i]);
        size_t name_len = strcspn(o->headers[i], ":");

        client_add_escaped(text, o->protocol, slice_of(all.bytes, name_len));
        text_add_char(text, ':');
        client_add_escaped(text, o->protocol, slice_after(all, name_len + 1));
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

static int render(struct send_frame *frame, const struct run *run, uint32_t stream, bool asks)
{
    const struct options *o = run->options;
    char name[RUN_NAME_BYTES];
    struct text text;

    text_init(&text);
    run_destination_name(o, run_stream_destination(o, stream), name);
    text_add(&text, SLICE("SEND\ndestination:"));
    client_add_escaped(&text, o->protocol, slice_of_text(name));
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

static int render_streams(struct producer *p)
{
    const struct options *o = p->run->options;
    uint32_t streams = run_stream_count(o);

    p->stream_count = (streams - p->index - 1) / o->producer_count + 1;
    p->streams = calloc(p->stream_count, sizeof *p->streams);
    if (!p->streams)
        return -ENOMEM;
    for (uint32_t i = 0; i < p->stream_count; i++) {
        uint32_t stream = p->index + i * o->producer_count;
        int error = render(&p->streams[i].plain, p->run, stream, false);

        if (!error && p->receipt_every > 0)
            error = render(&p->streams[i].asking, p->run, stream, true);
        if (error)
            return error;
    }
    return 0;
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
    error = render_streams(p);
    if (!error)
        error = client_open(&p->client, o, why);
    else
        text_error_set(why, "out of memory");
    if (!error)
        error = client_set_nonblocking(&p->client);
    if (error)
        producer_fini(p);
    return error;
}

void producer_fini(struct producer *p)
{
    client_close(&p->client);
    for (uint32_t i = 0; p->streams && i < p->stream_count; i++) {
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
    bool asks = p->receipt_every > 0 && (p->sent + 1) % p->receipt_every == 0;
    const struct send_frame *frame = asks ? &stream->asking : &stream->plain;
    uint8_t *to = p->client.out + p->client.out_len;

    memcpy(to, frame->bytes, frame->len);
    if (stamps) {
        stamp_put_word(to + frame->body_at + 8, stream->next);
        stamp_put_word(to + frame->body_at + 16, (uint64_t)time_ns);
    }
    if (asks)
        put_receipt(to + frame->receipt_at, p->sent + 1);
    stream->next++;
    p->client.out_len += frame->len;
    p->sent++;
    if (time_ns >= p->run->measure_from_ns)
        p->sent_measured++;
    if (++p->stream_at == p->stream_count)
        p->stream_at = 0;
}

static size_t frame_bytes_max(const struct producer *p)
{
    size_t most = 0;

    for (uint32_t i = 0; i < p->stream_count; i++) {
        if (p->streams[i].plain.len > most)
            most = p->streams[i].plain.len;
        if (p->streams[i].asking.len > most)
            most = p->streams[i].asking.len;
    }
    return most;
}

static int fill(struct producer *p, int64_t now_ns)
{
    const struct options *o = p->run->options;
    bool stamps = o->body_bytes >= STAMP_BYTES;
    size_t frame_bytes = p->stream_count == 1 && p->receipt_every == 0 ? p->streams[0].plain.len
                                                                       : frame_bytes_max(p);
    uint64_t count = allowance(p, now_ns), batch = p->batch_bytes / frame_bytes;
    int error;

    if (batch == 0)
        batch = 1;
    if (count > batch)
        count = batch;
    if (count == 0)
        return 0;
    error = client_reserve(&p->client, (size_t)count * frame_bytes);
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

    if (error)
        return error;
    memcpy(p->client.out + p->client.out_len, frame, sizeof frame);
    p->client.out_len += sizeof frame;
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

static int take_frames(struct producer *p, struct text_error *why)
{
    struct slice rest = text_slice(&p->client.kept);
    struct frame frame;
    enum frame_status status;

    while ((status = frame_next(&p->client.hint, rest, &frame)) == FRAME_WHOLE) {
        rest = slice_after(rest, frame.consumed);
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
