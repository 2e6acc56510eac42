/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_PRODUCER_H
#define BENCH_PRODUCER_H
/*
 * producer.h - a connection that sends: frames are rendered once, then copied in bulk and only
 * stamped with number and time.
 *
 * Threads    belongs to the thread of its driver. Ownership: init fills storage of the caller,
 *            fini frees what it holds. Order: messages of a stream go out in their order.
 * Limits     with a window, never more than that many messages without a receipt; at most
 *            PRODUCER_BATCH_BYTES are rendered ahead.
 */
#include "client.h"
#include "run.h"

enum { PRODUCER_BATCH_BYTES = 256 * 1024 };

struct producer_stream;

struct producer {
    struct client client;
    const struct run *run;
    uint32_t index;
    struct producer_stream *streams;
    uint32_t stream_count, stream_at;
    size_t frame_bytes_max, batch_bytes;
    uint64_t quota; /* of messages, UINT64_MAX: no end */
    uint64_t sent, confirmed, sent_measured;
    uint32_t receipt_every; /* 0: never */
    int64_t ended_ns;       /* when the broker had read it all */
    bool is_leaving;        /* DISCONNECT is written */
    bool is_done;           /* and the broker has read it all */
};

int producer_init(struct producer *p, const struct run *run, uint32_t index,
                  struct text_error *why) MUST_CHECK;
void producer_fini(struct producer *p);

/* Sends what is due at `now_ns`, as far as socket and window allow; in the end says good-bye. */
int producer_send(struct producer *p, int64_t now_ns) MUST_CHECK;
/* Takes receipts and errors in. -EPROTO with `why` after an ERROR. */
int producer_receive(struct producer *p, struct text_error *why) MUST_CHECK;
/* When the next message is due, for a driver that sleeps; INT64_MAX: not before an event. */
int64_t producer_due_ns(const struct producer *p);
#endif
