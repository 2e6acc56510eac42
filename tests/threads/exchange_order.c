/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three threads flood each other and themselves through rings that are far too small, sleeping
 * whenever they may; then single tokens go round, so that every hop is a wake-up. Nothing may be
 * lost, doubled or out of order, and nobody may sleep on mail. An eventfd stands in for
 * IORING_OP_MSG_RING.
 */
#include "base/exchange.h"
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    THREADS = 3,
    MAILS = 200000, /* from each to each */
    RING_SLOTS = 8,
    TURN_MAILS_MAX = 64,
    HOPS = 30000,
    TOKENS = 2,
    LOST_WAKE_UP_MS = 60000,
};

static void check_at(bool holds, const char *what, int line)
{
    if (holds)
        return;
    fprintf(stderr, "exchange_order.c:%d: %s\n", line, what);
    exit(1);
}
#define check(condition) check_at(condition, #condition, __LINE__)

struct node {
    struct exchange_port *port;
    int wake_fd;
    const struct node *nodes;
    uint32_t random;
    uint16_t index;
    uint32_t sent[THREADS], received[THREADS];
    uint32_t sleeps, congestions;
    unsigned tokens_gone;
};

/* Written by the sender without any atomics, read by the receiver: TSan sees whether the mail
 * orders what it refers to. */
static uint32_t payload[THREADS][THREADS][MAILS];

static uint32_t next_random(struct node *self)
{
    self->random ^= self->random << 13;
    self->random ^= self->random >> 17;
    self->random ^= self->random << 5;
    return self->random;
}

static void sleep_until_woken(struct node *self)
{
    struct pollfd woken = {.fd = self->wake_fd, .events = POLLIN};
    uint64_t count;

    check(poll(&woken, 1, LOST_WAKE_UP_MS) == 1); /* else a wake-up was lost */
    check(read(self->wake_fd, &count, sizeof count) == sizeof count);
    self->sleeps++;
}

static void publish_and_wake(struct node *self) WORKER_ONLY;
static void publish_and_wake(struct node *self)
{
    const uint64_t one = 1;
    const uint64_t to_wake = exchange_publish(self->port);

    check((to_wake & UINT64_C(1) << self->index) == 0 && to_wake >> THREADS == 0);
    for (uint16_t to = 0; to < THREADS; to++)
        if (to_wake & UINT64_C(1) << to)
            check(write(self->nodes[to].wake_fd, &one, sizeof one) == sizeof one);
}

static void sleep_if_no_mail(struct node *self) WORKER_ONLY;
static void sleep_if_no_mail(struct node *self)
{
    if (!exchange_prepare_sleep(self->port))
        return;
    sleep_until_woken(self);
    exchange_wake_up(self->port);
}

static void receive(void *arg, uint16_t from, const struct mail *mail)
{
    struct node *self = arg;
    const uint32_t number = self->received[from]++;

    check(mail->word[0] == from);
    check(mail->word[1] == number); /* in order, none lost, none twice */
    check(mail->word[7] == ~(uint64_t)number);
    check(*(const uint32_t *)(uintptr_t)mail->word[2] == number + from);
}

static void send_one(struct node *self, uint16_t to) WORKER_ONLY;
static void send_one(struct node *self, uint16_t to)
{
    const uint32_t number = self->sent[to]++;
    uint32_t *at = &payload[self->index][to][number];
    const struct mail mail = {{
        [0] = self->index,
        [1] = number,
        [2] = (uint64_t)(uintptr_t)at,
        [7] = ~(uint64_t)number,
    }};

    *at = number + self->index;
    exchange_send(self->port, to, &mail);
}

/* True when everything has been handed to the exchange. */
static bool send_some(struct node *self) WORKER_ONLY;
static bool send_some(struct node *self)
{
    bool is_done = true;

    for (uint16_t to = 0; to < THREADS; to++) {
        uint32_t count = next_random(self) % TURN_MAILS_MAX;

        for (; count > 0 && self->sent[to] < MAILS; count--)
            send_one(self, to);
        if (next_random(self) % 4 == 0)
            sched_yield(); /* the peer drains what is not yet published */
        is_done = is_done && self->sent[to] == MAILS;
    }
    return is_done;
}

static bool has_received_all(const struct node *self)
{
    for (uint16_t from = 0; from < THREADS; from++)
        if (self->received[from] < MAILS)
            return false;
    return true;
}

static void *flood(void *arg)
{
    struct node *self = arg;
    bool is_sent = false;

    worker_role_take(self->index);
    while (!is_sent || !has_received_all(self) || exchange_is_congested(self->port)) {
        bool is_congested;

        /* Now and then nobody drains, so that overflow grows on the other side. */
        if (next_random(self) % 4 != 0)
            exchange_drain(self->port, 1 + next_random(self) % 32, receive, self);
        is_congested = exchange_is_congested(self->port);
        self->congestions += is_congested;
        if (!is_sent && (!is_congested || next_random(self) % 8 == 0))
            is_sent = send_some(self);
        publish_and_wake(self);
        /* Asked again: once publishing has moved all overflow, nobody owes us a wake-up for it. */
        is_congested = exchange_is_congested(self->port);
        if (is_congested || (is_sent && !has_received_all(self)))
            sleep_if_no_mail(self);
    }
    publish_and_wake(self); /* who waits for room here must hear of the last drain */
    worker_self = WORKER_NONE;
    return NULL;
}

/* A token counts its hops; the last one is followed by a word to everybody that it has ended. */
static void pass_on(void *arg, uint16_t from, const struct mail *mail)
{
    struct node *self = arg;
    struct mail next = *mail;

    (void)from;
    assert_on_worker(self->index);
    if (mail->word[0] == HOPS) {
        self->tokens_gone++;
        return;
    }
    check(mail->word[0] < HOPS);
    next.word[0]++;
    if (next.word[0] < HOPS) {
        exchange_send(self->port, (uint16_t)((self->index + 1) % THREADS), &next);
        return;
    }
    for (uint16_t to = 0; to < THREADS; to++)
        exchange_send(self->port, to, &next);
}

static void *pass_tokens(void *arg)
{
    struct node *self = arg;
    const struct mail start = {{0}};

    worker_role_take(self->index);
    if (self->index < TOKENS)
        exchange_send(self->port, (uint16_t)((self->index + 1) % THREADS), &start);
    while (self->tokens_gone < TOKENS) {
        publish_and_wake(self);
        sleep_if_no_mail(self);
        exchange_drain(self->port, 4, pass_on, self);
    }
    publish_and_wake(self);
    worker_self = WORKER_NONE;
    return NULL;
}

static void run(struct node *nodes, void *(*body)(void *))
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        check(pthread_create(&threads[i], NULL, body, &nodes[i]) == 0);
    for (int i = 0; i < THREADS; i++)
        check(pthread_join(threads[i], NULL) == 0);
}

int main(void)
{
    static struct node nodes[THREADS];
    struct exchange *exchange = exchange_create(THREADS, RING_SLOTS);
    uint32_t sleeps = 0;
    uint32_t congestions = 0;

    check(exchange != NULL);
    for (uint16_t i = 0; i < THREADS; i++) {
        nodes[i] = (struct node){
            .port = exchange_port(exchange, i),
            .wake_fd = eventfd(0, EFD_CLOEXEC),
            .nodes = nodes,
            .random = 2463534242u + i,
            .index = i,
        };
        check(nodes[i].wake_fd >= 0);
    }
    run(nodes, flood);
    for (int i = 0; i < THREADS; i++) {
        sleeps += nodes[i].sleeps;
        congestions += nodes[i].congestions;
    }
    printf("flood: %u sleeps, %u congested turns\n", sleeps, congestions);
    check(sleeps > 0 && congestions > 0); /* else it was no test of them */
    run(nodes, pass_tokens);
    for (int i = 0; i < THREADS; i++) {
        printf("thread %d: %u sleeps\n", i, nodes[i].sleeps);
        close(nodes[i].wake_fd);
    }
    exchange_destroy(exchange);
    return 0;
}
