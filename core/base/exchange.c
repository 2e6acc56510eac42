/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two words of each port are written by its peers; both are only changed by read-modify-write,
 * so that one order of changes decides every race about them:
 *
 *   arrived  a bit for each peer that has published since the last drain, and as our own bit:
 *            we sleep. Who is first to add a bit to a word with nothing but the sleep bit wakes.
 *   starved  a bit for each peer that waits for room in its ring to us. Who waits sets the bit
 *            and then tries once more; we take from the rings and then look at the bits. So
 *            either the peer sees the room or we see the bit and publish to it in return.
 *
 * What lies in the rings is ordered by ck_ring's inline assembly, which TSan cannot see.
 */
#include "base/exchange.h"
#include <ck_ring.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

enum { CACHE_LINE = 64, CHUNK_MAILS = 63 };

static_assert(sizeof(struct mail) == CACHE_LINE, "a mail is one line moved");

CK_RING_PROTOTYPE(mail, mail)

/* ck_ring keeps the words of the two sides on lines of their own. */
struct ring {
    _Alignas(CACHE_LINE) struct ck_ring ring;
    _Alignas(CACHE_LINE) struct mail slots[];
};

struct chunk {
    struct chunk *next;
    uint32_t head, tail; /* mails[head] to mails[tail - 1] are in the list */
    struct mail mails[CHUNK_MAILS];
};

/* A list of mails in order; it keeps its last chunk for the next time. */
struct fifo {
    struct chunk *first, *last;
    size_t count;
};

struct exchange_port {
    _Alignas(CACHE_LINE) _Atomic uint64_t arrived;
    _Alignas(CACHE_LINE) _Atomic uint64_t starved;
    _Alignas(CACHE_LINE) struct exchange *exchange; /* from here on: the owner's alone */
    uint64_t self_bit;
    uint64_t pending;     /* peers whose ring may still hold mails */
    uint64_t to_feed;     /* peers seen in starved, whose ring is to be drained first */
    uint64_t to_tell;     /* peers to publish to */
    uint64_t overflowing; /* peers with mails in `waiting` */
    uint16_t index;
    struct fifo waiting[EXCHANGE_PORTS_MAX]; /* by receiver: the overflow; our own: mails to self */
};

struct exchange {
    uint16_t port_count;
    struct exchange_port *ports;
    struct ring *rings[]; /* [from * port_count + to] */
};

static uint64_t bit_of(uint16_t index)
{
    return UINT64_C(1) << index;
}

static struct ring *ring_between(struct exchange *exchange, uint16_t from, uint16_t to)
{
    return exchange->rings[(size_t)from * exchange->port_count + to];
}

/* Takes the lowest bit out of `mask` and yields its index. */
static uint16_t take_lowest(uint64_t *mask)
{
    const uint16_t index = (uint16_t)__builtin_ctzll(*mask);

    *mask &= *mask - 1;
    return index;
}

static void fifo_push(struct fifo *fifo, const struct mail *mail)
{
    if (!fifo->last || fifo->last->tail == CHUNK_MAILS) {
        struct chunk *chunk = malloc(sizeof *chunk);

        if (!chunk) {
            /* A mail carries references and promises: none may be dropped. */
            fprintf(stderr, "corewire: no memory for mail between threads\n");
            abort();
        }
        chunk->next = NULL;
        chunk->head = chunk->tail = 0;
        if (fifo->last)
            fifo->last->next = chunk;
        else
            fifo->first = chunk;
        fifo->last = chunk;
    }
    fifo->last->mails[fifo->last->tail++] = *mail;
    fifo->count++;
}

/* The pointer is good until the next push or drop. */
static struct mail *fifo_head(const struct fifo *fifo)
{
    return &fifo->first->mails[fifo->first->head];
}

static void fifo_drop_head(struct fifo *fifo)
{
    struct chunk *chunk = fifo->first;

    fifo->count--;
    if (++chunk->head < chunk->tail)
        return;
    if (chunk->next) {
        fifo->first = chunk->next;
        free(chunk);
    } else {
        chunk->head = chunk->tail = 0;
    }
}

static bool ring_put(struct ring *ring, struct mail *mail)
{
    TSAN_RELEASE(ring);
    return ck_ring_enqueue_spsc_mail(&ring->ring, ring->slots, mail);
}

static bool ring_take(struct ring *ring, struct mail *mail)
{
    if (!ck_ring_dequeue_spsc_mail(&ring->ring, ring->slots, mail))
        return false;
    TSAN_ACQUIRE(ring);
    return true;
}

static struct ring *ring_create(uint32_t slots)
{
    struct ring *ring = aligned_alloc(CACHE_LINE, sizeof *ring + slots * sizeof ring->slots[0]);

    if (ring)
        ck_ring_init(&ring->ring, slots);
    return ring;
}

static int add_rings(struct exchange *exchange, uint32_t slots)
{
    for (uint16_t from = 0; from < exchange->port_count; from++) {
        for (uint16_t to = 0; to < exchange->port_count; to++) {
            struct ring *ring;

            if (from == to)
                continue;
            ring = ring_create(slots);
            if (!ring)
                return -1;
            exchange->rings[(size_t)from * exchange->port_count + to] = ring;
        }
    }
    return 0;
}

static void port_init(struct exchange_port *port, struct exchange *exchange, uint16_t index)
{
    memset(port, 0, sizeof *port);
    atomic_init(&port->arrived, 0);
    atomic_init(&port->starved, 0);
    port->exchange = exchange;
    port->index = index;
    port->self_bit = bit_of(index);
}

struct exchange *exchange_create(uint16_t ports, uint32_t ring_slots)
{
    struct exchange *exchange;

    assert(ports > 0 && ports <= EXCHANGE_PORTS_MAX);
    assert(ring_slots >= 2 && (ring_slots & (ring_slots - 1)) == 0); /* ck_ring counts by a mask */
    exchange = calloc(1, sizeof *exchange + (size_t)ports * ports * sizeof exchange->rings[0]);
    if (!exchange)
        return NULL;
    exchange->ports = aligned_alloc(CACHE_LINE, ports * sizeof exchange->ports[0]);
    if (!exchange->ports) {
        free(exchange);
        return NULL;
    }
    exchange->port_count = ports;
    for (uint16_t i = 0; i < ports; i++)
        port_init(&exchange->ports[i], exchange, i);
    if (add_rings(exchange, ring_slots) != 0) {
        exchange_destroy(exchange);
        return NULL;
    }
    return exchange;
}

static void port_fini(struct exchange_port *port)
{
    for (uint16_t to = 0; to < port->exchange->port_count; to++) {
        struct fifo *fifo = &port->waiting[to];

        assert(fifo->count == 0); /* nobody would release what these mails refer to */
        free(fifo->first);
    }
}

void exchange_destroy(struct exchange *exchange)
{
    if (!exchange)
        return;
    for (size_t i = 0; i < (size_t)exchange->port_count * exchange->port_count; i++) {
        struct ring *ring = exchange->rings[i];

        assert(!ring || ck_ring_size(&ring->ring) == 0);
        free(ring);
    }
    for (uint16_t i = 0; i < exchange->port_count; i++)
        port_fini(&exchange->ports[i]);
    free(exchange->ports);
    free(exchange);
}

struct exchange_port *exchange_port(struct exchange *exchange, uint16_t index)
{
    assert(index < exchange->port_count);
    return &exchange->ports[index];
}

void exchange_send(struct exchange_port *port, uint16_t to, const struct mail *mail)
{
    struct mail copy = *mail;

    assert_on_worker(port->index);
    assert(to < port->exchange->port_count);
    if (to == port->index) {
        fifo_push(&port->waiting[to], mail);
        return;
    }
    port->to_tell |= bit_of(to);
    /* Once one mail waits, all later ones must: the order. */
    if ((port->overflowing & bit_of(to)) == 0 &&
        ring_put(ring_between(port->exchange, port->index, to), &copy))
        return;
    fifo_push(&port->waiting[to], mail);
    port->overflowing |= bit_of(to);
}

/* True when all has moved. */
static bool move_overflow(struct exchange_port *port, uint16_t to)
{
    struct ring *ring = ring_between(port->exchange, port->index, to);
    struct fifo *fifo = &port->waiting[to];

    while (fifo->count > 0 && ring_put(ring, fifo_head(fifo))) {
        fifo_drop_head(fifo);
        port->to_tell |= bit_of(to);
    }
    return fifo->count == 0;
}

static void move_all_overflow(struct exchange_port *port)
{
    for (uint64_t left = port->overflowing; left != 0;) {
        const uint16_t to = take_lowest(&left);
        bool is_done = move_overflow(port, to);

        if (!is_done) {
            struct exchange_port *peer = &port->exchange->ports[to];

            /* Both orders: see the room made before, show the bit to who makes room after. */
            atomic_fetch_or_explicit(&peer->starved, port->self_bit, memory_order_acq_rel);
            is_done = move_overflow(port, to);
        }
        if (is_done)
            port->overflowing &= ~bit_of(to);
    }
}

uint64_t exchange_publish(struct exchange_port *port)
{
    uint64_t to_wake = 0;

    assert_on_worker(port->index);
    move_all_overflow(port);
    while (port->to_tell != 0) {
        const uint16_t to = take_lowest(&port->to_tell);
        uint64_t before;

        /* Release: what is in the ring. Acquire is not needed: the old value alone decides. */
        before = atomic_fetch_or_explicit(&port->exchange->ports[to].arrived, port->self_bit,
                                          memory_order_release);
        if (before == bit_of(to)) /* the peer's own bit alone: it sleeps, nobody has woken it yet */
            to_wake |= bit_of(to);
    }
    return to_wake;
}

static unsigned drain_self(struct exchange_port *port, unsigned max, mail_fn *deliver, void *arg)
{
    struct fifo *fifo = &port->waiting[port->index];
    const size_t before = fifo->count; /* what delivery sends to self waits for the next drain */
    unsigned count = 0;

    for (; count < max && count < before; count++) {
        struct mail mail = *fifo_head(fifo);

        fifo_drop_head(fifo);
        deliver(arg, port->index, &mail);
    }
    return count;
}

static unsigned drain_peer(struct exchange_port *port, uint16_t from, unsigned max,
                           mail_fn *deliver, void *arg)
{
    struct ring *ring = ring_between(port->exchange, from, port->index);
    struct mail mail;
    unsigned count = 0;

    for (; count < max && ring_take(ring, &mail); count++)
        deliver(arg, from, &mail);
    if (ck_ring_size(&ring->ring) != 0)
        port->pending |= bit_of(from);
    else
        port->pending &= ~bit_of(from);
    return count;
}

/* The peers in `drained` have room in their rings now: those that wait for it are told. */
static void feed_starved(struct exchange_port *port, uint64_t drained)
{
    /* Acquire and release: the room is visible to who adds its bit after this. */
    port->to_feed |= atomic_exchange_explicit(&port->starved, 0, memory_order_acq_rel);
    port->to_tell |= port->to_feed & drained;
    port->to_feed &= ~drained;
}

unsigned exchange_drain(struct exchange_port *port, unsigned max, mail_fn *deliver, void *arg)
{
    uint64_t from_peers, left;
    unsigned count;

    assert_on_worker(port->index);
    count = drain_self(port, max, deliver, arg);
    /* Relaxed: one line is read when nothing is there; what it misses, the next turn finds. */
    if (atomic_load_explicit(&port->arrived, memory_order_relaxed) != 0) {
        /* Acquire: what the peers have put into their rings. */
        port->pending |= atomic_exchange_explicit(&port->arrived, 0, memory_order_acquire);
        port->pending &= ~port->self_bit;
    }
    from_peers = port->pending;
    if (from_peers == 0)
        return count;
    for (left = from_peers; left != 0;)
        count += drain_peer(port, take_lowest(&left), max, deliver, arg);
    feed_starved(port, from_peers);
    return count;
}

bool exchange_is_congested(const struct exchange_port *port)
{
    assert_on_worker(port->index);
    return port->overflowing != 0;
}

bool exchange_prepare_sleep(struct exchange_port *port)
{
    uint64_t before;

    assert_on_worker(port->index);
    assert(port->to_tell == 0); /* a peer would sleep on mail that it was not told of */
    if (port->pending != 0 || port->waiting[port->index].count != 0)
        return false;
    before = atomic_fetch_or_explicit(&port->arrived, port->self_bit, memory_order_relaxed);
    if ((before & ~port->self_bit) == 0)
        return true;
    exchange_wake_up(port);
    return false;
}

void exchange_wake_up(struct exchange_port *port)
{
    assert_on_worker(port->index);
    /* Relaxed: the bits of the peers stay for the drain, which acquires. */
    atomic_fetch_and_explicit(&port->arrived, ~port->self_bit, memory_order_relaxed);
}
