/* SPDX-License-Identifier: Apache-2.0 */
/*
 * driver.c - a turn: wait for events, receive once from each readable connection, then let each
 * producer write one batch. So neither side starves the other on the one core there is.
 */
#include "driver.h"
#include "base/clock.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { EVENTS_MAX = 256, IDLE_NS_MAX = 10000000 };
#define LATENCY_LOWEST_NS  INT64_C(100)
#define LATENCY_HIGHEST_NS INT64_C(3600000000000)

struct driver {
    struct run *run;
    uint32_t index;
    int epoll;
    pthread_t thread;
    struct producer *producers;
    uint32_t producer_count;
    bool *producer_waits; /* registered for EPOLLOUT */
    struct consumer *consumers;
    uint32_t consumer_count;
    bool *consumer_waits;
    struct consumer_group *groups;
    uint32_t group_count;
    struct consumer_input input;
    struct histogram *latency;
    struct text_error why;
    atomic_uint_fast64_t sent, received, unique; /* relaxed: figures for the progress line */
    atomic_uint producers_open;                  /* relaxed */
    atomic_bool has_failed;                      /* relaxed */
};

/* A producer is bit 32 and its number, a consumer only the number. */
#define PRODUCER_TAG (UINT64_C(1) << 32)

static bool is_mine(const struct driver *d, uint32_t number)
{
    return number % d->run->options->thread_count == d->index;
}

/* Consumers of a queue stay together; subscribers of a topic are spread. */
static bool is_my_consumer(const struct driver *d, uint32_t destination, uint32_t member)
{
    const struct options *o = d->run->options;

    return is_mine(d,
                   o->kind == BENCH_QUEUE ? destination : destination * o->consumer_count + member);
}

static bool is_my_producer(const struct driver *d, uint32_t index)
{
    return is_mine(d, index + 1);
}

static void count_share(struct driver *d)
{
    const struct options *o = d->run->options;

    for (uint32_t i = 0; i < o->producer_count; i++)
        d->producer_count += is_my_producer(d, i);
    for (uint32_t i = 0; i < o->destination_count; i++) {
        uint32_t before = d->consumer_count;

        for (uint32_t k = 0; k < o->consumer_count; k++)
            d->consumer_count += is_my_consumer(d, i, k);
        d->group_count +=
            o->kind == BENCH_TOPIC ? d->consumer_count - before : d->consumer_count > before;
    }
}

int driver_create(struct run *run, uint32_t index, struct driver **out)
{
    struct driver *d = calloc(1, sizeof *d);

    if (!d)
        return -ENOMEM;
    d->run = run;
    d->index = index;
    d->epoll = epoll_create1(EPOLL_CLOEXEC);
    count_share(d);
    d->producers = calloc(d->producer_count + 1u, sizeof *d->producers);
    d->producer_waits = calloc(d->producer_count + 1u, sizeof *d->producer_waits);
    d->consumers = calloc(d->consumer_count + 1u, sizeof *d->consumers);
    d->consumer_waits = calloc(d->consumer_count + 1u, sizeof *d->consumer_waits);
    d->groups = calloc(d->group_count + 1u, sizeof *d->groups);
    if (d->epoll < 0 || !d->producers || !d->producer_waits || !d->consumers ||
        !d->consumer_waits || !d->groups ||
        histogram_create(LATENCY_LOWEST_NS, LATENCY_HIGHEST_NS, 3, &d->latency) != 0) {
        driver_destroy(d);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < d->producer_count; i++)
        d->producers[i].client.fd = -1;
    for (uint32_t i = 0; i < d->consumer_count; i++)
        d->consumers[i].client.fd = -1;
    *out = d;
    return 0;
}

void driver_destroy(struct driver *d)
{
    if (!d)
        return;
    for (uint32_t i = 0; d->producers && i < d->producer_count; i++)
        producer_fini(&d->producers[i]);
    for (uint32_t i = 0; d->consumers && i < d->consumer_count; i++)
        consumer_fini(&d->consumers[i]);
    for (uint32_t i = 0; d->groups && i < d->group_count; i++)
        consumer_group_fini(&d->groups[i]);
    free(d->producers);
    free(d->producer_waits);
    free(d->consumers);
    free(d->consumer_waits);
    free(d->groups);
    free(d->input.bytes);
    histogram_destroy(d->latency);
    if (d->epoll >= 0)
        close(d->epoll);
    free(d);
}

static int watch(struct driver *d, int fd, uint64_t tag, struct text_error *why)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = tag};

    if (epoll_ctl(d->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
        return 0;
    text_error_set(why, "epoll: %s", strerror(errno));
    return -errno;
}

int driver_open_consumers(struct driver *d, struct text_error *why)
{
    const struct options *o = d->run->options;
    uint32_t opened = 0, group_used = 0;

    for (uint32_t i = 0; i < o->destination_count; i++) {
        struct consumer_group *group = NULL;

        for (uint32_t k = 0; k < o->consumer_count; k++) {
            int error = 0;

            if (!is_my_consumer(d, i, k))
                continue;
            if (!group || o->kind == BENCH_TOPIC) {
                group = &d->groups[group_used++];
                error = consumer_group_init(group, o, i);
            }
            if (!error)
                error = consumer_init(&d->consumers[opened], d->run, group, i, why);
            if (!error)
                error = watch(d, d->consumers[opened].client.fd, opened, why);
            if (error)
                return error;
            opened++;
        }
    }
    return 0;
}

int driver_open_producers(struct driver *d, struct text_error *why)
{
    uint32_t opened = 0;

    for (uint32_t i = 0; i < d->run->options->producer_count; i++) {
        int error;

        if (!is_my_producer(d, i))
            continue;
        error = producer_init(&d->producers[opened], d->run, i, why);
        if (!error)
            error = watch(d, d->producers[opened].client.fd, PRODUCER_TAG | opened, why);
        if (error)
            return error;
        opened++;
    }
    atomic_store_explicit(&d->producers_open, opened, memory_order_relaxed);
    return 0;
}

/* Keeps EPOLLOUT asked for exactly while the socket takes no more. */
static int watch_output(struct driver *d, const struct client *client, uint64_t tag, bool *waits)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = tag};

    if (*waits == client->is_blocked)
        return 0;
    if (client->is_blocked)
        event.events |= EPOLLOUT;
    *waits = client->is_blocked;
    return epoll_ctl(d->epoll, EPOLL_CTL_MOD, client->fd, &event) == 0 ? 0 : -errno;
}

static int handle_consumer(struct driver *d, uint32_t index, uint32_t events)
{
    struct consumer *c = &d->consumers[index];
    int error = 0;

    if (events & EPOLLOUT)
        error = client_flush(&c->client);
    if (!error && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        error = consumer_receive(c, &d->input, d->latency, &d->why);
    return error ? error : watch_output(d, &c->client, index, &d->consumer_waits[index]);
}

static int handle_producer(struct driver *d, uint32_t index, uint32_t events)
{
    struct producer *p = &d->producers[index];
    int error = 0;

    if (p->is_done)
        return 0;
    if (events & EPOLLOUT)
        error = client_flush(&p->client);
    if (!error && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        error = producer_receive(p, &d->why);
    if (!error && p->is_done) {
        atomic_fetch_sub_explicit(&d->producers_open, 1, memory_order_relaxed);
        client_close(&p->client); /* which also ends its watch */
    }
    return error;
}

/* One batch for each producer; *next_ns is when the earliest has more to send. */
static int send_batches(struct driver *d, int64_t *next_ns)
{
    int64_t now_ns = clock_monotonic_ns() - d->run->start_ns;
    uint64_t sent = 0;

    *next_ns = INT64_MAX;
    for (uint32_t i = 0; i < d->producer_count; i++) {
        struct producer *p = &d->producers[i];
        int64_t due_ns;
        int error;

        sent += p->sent;
        if (p->is_done)
            continue;
        error = producer_send(p, now_ns);
        if (!error)
            error = watch_output(d, &p->client, PRODUCER_TAG | i, &d->producer_waits[i]);
        if (error)
            return error;
        due_ns = producer_due_ns(p);
        if (due_ns < *next_ns)
            *next_ns = due_ns;
    }
    atomic_store_explicit(&d->sent, sent, memory_order_relaxed);
    return 0;
}

static void publish_received(struct driver *d)
{
    uint64_t received = 0, unique = 0;

    for (uint32_t i = 0; i < d->consumer_count; i++) {
        received += d->consumers[i].received;
        unique += d->consumers[i].unique;
    }
    atomic_store_explicit(&d->received, received, memory_order_relaxed);
    atomic_store_explicit(&d->unique, unique, memory_order_relaxed);
}

/* How long to sleep at most. With a rate the thread spins, unless told to sleep: waking up takes
 * longer than a fast broker's answer. */
static struct timespec patience(const struct driver *d, int64_t next_ns)
{
    const struct options *o = d->run->options;
    int64_t wait_ns = IDLE_NS_MAX;

    if (next_ns != INT64_MAX)
        wait_ns = next_ns - (clock_monotonic_ns() - d->run->start_ns);
    if (wait_ns < 0 || (o->rate > 0 && !o->sleeps))
        wait_ns = 0;
    if (wait_ns > IDLE_NS_MAX)
        wait_ns = IDLE_NS_MAX;
    return (struct timespec){.tv_sec = 0, .tv_nsec = wait_ns};
}

static int turn(struct driver *d, struct epoll_event *events, int64_t *next_ns)
{
    struct timespec wait = patience(d, *next_ns);
    int count = epoll_pwait2(d->epoll, events, EVENTS_MAX, &wait, NULL);
    int error = 0;

    if (count < 0 && errno != EINTR)
        return -errno;
    for (int i = 0; i < count && !error; i++) {
        uint64_t tag = events[i].data.u64;

        if (tag & PRODUCER_TAG)
            error = handle_producer(d, (uint32_t)tag, events[i].events);
        else
            error = handle_consumer(d, (uint32_t)tag, events[i].events);
    }
    if (count > 0)
        publish_received(d);
    return error ? error : send_batches(d, next_ns);
}

static int take_kept(struct driver *d)
{
    int error = 0;

    for (uint32_t i = 0; i < d->consumer_count && !error; i++)
        error = consumer_take_kept(&d->consumers[i], d->latency, &d->why);
    return error;
}

static void *drive(void *arg)
{
    struct driver *d = arg;
    struct epoll_event events[EVENTS_MAX];
    int64_t next_ns = 0;
    int error;

    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    error = take_kept(d);
    while (!error && !atomic_load_explicit(&d->run->stop, memory_order_relaxed))
        error = turn(d, events, &next_ns);
    if (error) {
        if (d->why.text[0] == '\0')
            text_error_set(&d->why, "%s", strerror(-error));
        atomic_store_explicit(&d->has_failed, true, memory_order_release);
        return NULL;
    }
    for (uint32_t i = 0; i < d->consumer_count; i++)
        consumer_leave(&d->consumers[i]);
    return NULL;
}

int driver_start(struct driver *d)
{
    return -pthread_create(&d->thread, NULL, drive, d);
}

void driver_join(struct driver *d)
{
    pthread_join(d->thread, NULL);
}

struct driver_progress driver_progress(const struct driver *d)
{
    return (struct driver_progress){
        .sent = atomic_load_explicit(&d->sent, memory_order_relaxed),
        .received = atomic_load_explicit(&d->received, memory_order_relaxed),
        .unique = atomic_load_explicit(&d->unique, memory_order_relaxed),
        .producers_open = atomic_load_explicit(&d->producers_open, memory_order_relaxed),
        .has_failed = atomic_load_explicit(&d->has_failed, memory_order_acquire),
    };
}

struct driver_result driver_result(const struct driver *d)
{
    struct driver_result r = {0};

    for (uint32_t i = 0; i < d->producer_count; i++) {
        const struct producer *p = &d->producers[i];

        r.sent += p->sent;
        r.sent_measured += p->sent_measured;
        if (p->ended_ns > r.last_sent_ns)
            r.last_sent_ns = p->ended_ns;
    }
    for (uint32_t i = 0; i < d->consumer_count; i++) {
        const struct consumer *c = &d->consumers[i];

        r.received += c->received;
        r.received_measured += c->received_measured;
        r.bytes_measured += c->bytes_measured;
        r.unique += c->unique;
        r.duplicated += c->duplicated;
        r.reordered += c->reordered;
        r.foreign += c->foreign;
        if (c->last_received_ns > r.last_received_ns)
            r.last_received_ns = c->last_received_ns;
    }
    return r;
}

const struct histogram *driver_latency(const struct driver *d)
{
    return d->latency;
}

const char *driver_error(const struct driver *d)
{
    return d->why.text;
}
