/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_OPENWIRE_RECEIVE_H
#define BENCH_OPENWIRE_RECEIVE_H
/*
 * openwire_receive.h - dispatches in, acknowledgements out, as cheaply as can be.
 *
 * The load generator must not be the bottleneck: when a dispatch has the form of an earlier one
 * (same length, same booleans, same producer, the run's mark at the start of the body), only the
 * two numbers of its id and its body are looked at. All others go through the codec. The same goes
 * for acknowledgements: rendered once, then copied and patched.
 *
 * Threads    the client's. Ownership: a dispatch points into the input.
 * Limits     frames up to OPENWIRE_FRAME_MAX bytes.
 */
#include "openwire.h"

enum { OPENWIRE_FRAME_MAX = 1 << 28 };

enum openwire_kind { OPENWIRE_DISPATCH, OPENWIRE_RESPONSE, OPENWIRE_ERROR, OPENWIRE_OTHER };
enum openwire_status { OPENWIRE_WHOLE, OPENWIRE_PARTIAL, OPENWIRE_BROKEN };

struct openwire_input {
    enum openwire_kind kind;
    struct slice body;      /* of a dispatch */
    int32_t correlation_id; /* of a response */
    size_t consumed;        /* OPENWIRE_PARTIAL: the length to wait for, 0: unknown */
};

struct openwire_receiver;
struct openwire_receiver *openwire_receiver_create(const struct options *options) MUST_CHECK;
void openwire_receiver_destroy(struct openwire_receiver *receiver); /* NULL is allowed */
/* The first bytes of every body of this run. Without it all goes through the codec. */
void openwire_set_mark(struct openwire_receiver *receiver, const uint8_t mark[4]);

/* As frame_next. After OPENWIRE_BROKEN and with OPENWIRE_ERROR `why` tells. */
enum openwire_status openwire_next(struct openwire *openwire, struct slice in,
                                   struct openwire_input *out, struct text_error *why);
/* The last dispatch is to be acknowledged: it is, with those before it, when enough have come. */
int openwire_note(struct client *client) MUST_CHECK;
int openwire_acknowledge(struct client *client) MUST_CHECK; /* what has not been, at once */
#endif
