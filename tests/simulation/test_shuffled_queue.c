/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_shuffled_queue.c - whatever order mail between shards takes, and however consumers come
 * and go, each message of a queue is consumed once, and those of one producer arrive in order.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sim_engine.h"

enum { SEEDS = 60, SHARDS = 4, PRODUCERS = 3, MESSAGES = 40, ROUNDS = 30 };

struct run {
    struct sim *sim;
    uint64_t random, seed;
    struct sim_client *producers[PRODUCERS];
    unsigned sent[PRODUCERS];
    unsigned consumed[PRODUCERS][MESSAGES];
    struct sim_client *client; /* the consumer's */
    struct sim_consumer *consumer;
    size_t acknowledged; /* of its deliveries */
};

static void fail(const struct run *run, const char *what)
{
    fprintf(stderr, "seed %llu: %s\n", (unsigned long long)run->seed, what);
    exit(1);
}

static unsigned draw(struct run *run, unsigned below)
{
    run->random = run->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)(run->random >> 33) % below;
}

static void produce(struct run *run)
{
    unsigned producer = draw(run, PRODUCERS);
    char body[32];

    if (run->sent[producer] == MESSAGES)
        return;
    snprintf(body, sizeof body, "%u.%u", producer, run->sent[producer]++);
    sim_send(run->producers[producer], "queue://Q", body);
}

static void read_body(const struct run *run, size_t delivery, unsigned *producer, unsigned *number)
{
    struct slice body = message_part(run->consumer->deliveries[delivery].message, MESSAGE_BODY);
    char text[32];

    snprintf(text, sizeof text, "%.*s", SLICE_FMT(body));
    if (sscanf(text, "%u.%u", producer, number) != 2)
        fail(run, "a body that nobody sent");
}

/* What one consumer sees of one producer rises. */
static void check_order(const struct run *run)
{
    unsigned next[PRODUCERS] = {0};

    for (size_t i = 0; i < run->consumer->count; i++) {
        unsigned producer, number;

        read_body(run, i, &producer, &number);
        if (number < next[producer])
            fail(run, "out of order");
        next[producer] = number + 1;
    }
}

static void acknowledge(struct run *run, unsigned at_most)
{
    while (run->acknowledged < run->consumer->count && at_most-- > 0) {
        unsigned producer, number;

        read_body(run, run->acknowledged, &producer, &number);
        if (run->consumed[producer][number]++ > 0)
            fail(run, "consumed twice");
        sim_ack(run->consumer, run->acknowledged, run->acknowledged);
        run->acknowledged++;
    }
}

static void change_consumer(struct run *run)
{
    if (run->consumer) {
        check_order(run);
        sim_close(run->client);
    }
    run->client = sim_client(run->sim, (uint16_t)draw(run, SHARDS));
    run->consumer = sim_subscribe(run->client, "queue://Q",
                                  (struct engine_subscribe_spec){.prefetch = 1 + draw(run, 8)});
    run->acknowledged = 0;
}

static void one_round(struct run *run)
{
    unsigned sends = draw(run, 8);

    while (sends-- > 0)
        produce(run);
    if (draw(run, 2))
        sim_run(run->sim);
    acknowledge(run, draw(run, 5));
    if (draw(run, 6) == 0)
        change_consumer(run);
}

static void drain(struct run *run)
{
    size_t before;

    do {
        before = run->acknowledged;
        sim_run(run->sim);
        acknowledge(run, UINT32_MAX);
        sim_run(run->sim);
    } while (run->acknowledged > before);
    check_order(run);
}

static void play(uint64_t seed)
{
    struct run run = {.sim = sim_create(SHARDS, NULL, NULL), .random = seed, .seed = seed};

    sim_shuffle(run.sim, seed);
    for (unsigned i = 0; i < PRODUCERS; i++)
        run.producers[i] = sim_client(run.sim, (uint16_t)(i % SHARDS));
    change_consumer(&run);
    for (unsigned i = 0; i < ROUNDS; i++)
        one_round(&run);
    drain(&run);
    for (unsigned i = 0; i < PRODUCERS; i++)
        for (unsigned n = 0; n < run.sent[i]; n++)
            if (run.consumed[i][n] != 1)
                fail(&run, "lost");
    sim_destroy(run.sim);
}

int main(void)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        play(seed);
    return 0;
}
