/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_OPENWIRE_SEND_H
#define BENCH_OPENWIRE_SEND_H
/*
 * openwire_send.h - messages rendered once and patched where they differ.
 *
 * With the cache, a stream's first message brings its names into the broker's cache: it has a frame
 * of its own, and all later ones refer to it.
 *
 * Threads    the client's. Ownership: the caller frees the bytes.
 * Order      the first frames of all streams go out in the order in which they were rendered.
 */
#include "openwire.h"
#include "run.h"
#include <endian.h>

/* Sequence numbers begin here, so that all take eight bytes in the tight form. */
#define OPENWIRE_SEQUENCE_FIRST (UINT64_C(1) << 32)

/* One message, ready but for the stamp and its number. */
struct send_frame {
    uint8_t *bytes;
    size_t len, body_at;
    size_t receipt_at;  /* STOMP: the number in the receipt's name; OpenWire: the command id */
    size_t sequence_at; /* OpenWire: of the message id */
};

/* Messages of a stream that the broker shall answer or not. `properties` as openwire_properties. */
int openwire_render_message(struct client *client, const struct run *run, uint32_t stream,
                            bool asks, struct slice properties, struct send_frame *out) MUST_CHECK;
/* The headers of the command line as marshalled properties; empty without any. */
int openwire_properties(const struct options *options, struct text *out) MUST_CHECK;
static inline void openwire_patch(uint8_t *frame, const struct send_frame *form, uint64_t sequence)
{
    uint64_t wide = htobe64(OPENWIRE_SEQUENCE_FIRST + sequence);
    uint32_t narrow = htobe32((uint32_t)(sequence + 1) & OPENWIRE_NUMBER_MASK);

    memcpy(frame + form->sequence_at, &wide, sizeof wide);
    memcpy(frame + form->receipt_at, &narrow, sizeof narrow);
}

/* The highest message number above `confirmed` that this correlation id can stand for. */
static inline uint64_t openwire_confirmed(uint64_t confirmed, int32_t correlation_id)
{
    uint64_t number = (confirmed & ~(uint64_t)OPENWIRE_NUMBER_MASK) | (uint32_t)correlation_id;

    return number < confirmed ? number + OPENWIRE_NUMBER_MASK + 1 : number;
}
#endif
