/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_CONSUMER_H
#define BENCH_CONSUMER_H
/*
 * consumer.h - a connection that receives: counts, checks and times messages, acknowledges them.
 *
 * Threads    a consumer and its group belong to the thread of their driver. All consumers of a
 *            queue share one group, hence one thread.
 * Ownership  init fills storage of the caller, fini frees what it holds.
 * Limits     a frame longer than CONSUMER_FRAME_MAX is an error.
 */
#include "client.h"
#include "histogram.h"
#include "run.h"
#include "sequence.h"

enum { CONSUMER_INPUT_BYTES = 256 * 1024, CONSUMER_FRAME_MAX = 1 << 28 };

/* Those that together must get every message of a destination once: the consumers of a queue,
 * or a single subscriber of a topic. */
struct consumer_group {
    struct sequence *sequences; /* one for each stream of the destination */
    uint32_t sequence_count;
};

struct consumer {
    struct client client;
    const struct run *run;
    struct consumer_group *group;
    uint32_t destination;
    uint64_t *highest; /* of each stream, one above the highest number that came here */
    uint64_t received, unique, duplicated, reordered, foreign;
    uint64_t received_measured, bytes_measured;
    uint32_t unacknowledged;
    struct text ack_id; /* of the last message */
    int64_t last_received_ns;
};

/* Where a driver receives into, one for all its consumers. */
struct consumer_input {
    uint8_t *bytes;
    size_t capacity;
};

int consumer_group_init(struct consumer_group *group, const struct options *options,
                        uint32_t destination) MUST_CHECK;
void consumer_group_fini(struct consumer_group *group);

int consumer_init(struct consumer *c, const struct run *run, struct consumer_group *group,
                  uint32_t destination, struct text_error *why) MUST_CHECK;
void consumer_fini(struct consumer *c);

/* Receives once and takes all whole frames in; acknowledgements go out at once. */
int consumer_receive(struct consumer *c, struct consumer_input *input, struct histogram *latency,
                     struct text_error *why) MUST_CHECK;
/* Takes in what came while the subscription was made. */
int consumer_take_kept(struct consumer *c, struct histogram *latency,
                       struct text_error *why) MUST_CHECK;
/* Acknowledges the rest and leaves in order; blocks. */
void consumer_leave(struct consumer *c);
#endif
