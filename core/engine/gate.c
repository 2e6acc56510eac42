/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate.c - between the homes of a consumer and its session: deliveries that must wait (the
 * consumer is not answered yet, its session is congested, or its window is full), and the
 * renumbering that makes several homes look like one.
 */
#include "consumer.h"

#include <errno.h>
#include <stdlib.h>

#include "client.h"
#include "pull.h"

struct gated {
    struct list_node node;
    struct consumer_delivery delivery; /* with a reference to its message */
};

/* What the session has and has not settled, by the tag it knows. */
struct outstanding {
    uint64_t home_tag;
    uint16_t shard;
    bool live, extended;
    bool locked; /* acknowledged in a transaction: nothing else settles it */
};

struct gate {
    bool renumbers;
    struct list_node waiting;
    struct outstanding *slots; /* a ring, from base_tag on */
    uint32_t capacity, head, len, live, extension;
    uint64_t base_tag;
    uint64_t ended_tag; /* near the last one of a transaction that has ended */
};

struct gate *gate_create(bool renumbers)
{
    struct gate *gate = calloc(1, sizeof *gate);

    if (gate) {
        gate->renumbers = renumbers;
        gate->base_tag = 1;
        list_init(&gate->waiting);
    }
    return gate;
}

void gate_destroy(struct gate *gate)
{
    if (!gate)
        return;
    LIST_FOR_EACH_SAFE(node, &gate->waiting) {
        struct gated *gated = LIST_ENTRY(node, struct gated, node);

        message_unref(gated->delivery.message);
        free(gated);
    }
    free(gate->slots);
    free(gate);
}

bool gate_renumbers(const struct gate *gate)
{
    return gate && gate->renumbers;
}

static bool is_full(const struct engine_consumer *consumer)
{
    const struct gate *gate = consumer->gate;

    if (consumer->prefetch == 0) /* else it has asked for what waits here (pull.c) */
        return consumer->is_browser && gate->renumbers && !pull_permits(consumer);
    return gate->renumbers && gate->live >= (uint64_t)consumer->prefetch + gate->extension;
}

bool gate_holds(const struct engine_consumer *consumer)
{
    const struct gate *gate = consumer->gate;

    if (!consumer->open || consumer->client->congested)
        return true;
    if (!gate)
        return false;
    return !list_is_empty(&gate->waiting) || is_full(consumer);
}

static struct outstanding *slot(const struct gate *gate, uint32_t index)
{
    return &gate->slots[(gate->head + index) & (gate->capacity - 1)];
}

static int grow(struct gate *gate)
{
    uint32_t capacity = gate->capacity ? gate->capacity * 2 : 16;
    struct outstanding *slots = malloc(capacity * sizeof *slots);

    if (!slots)
        return -ENOMEM;
    for (uint32_t i = 0; i < gate->len; i++)
        slots[i] = *slot(gate, i);
    free(gate->slots);
    gate->slots = slots;
    gate->capacity = capacity;
    gate->head = 0;
    return 0;
}

static int renumber(struct gate *gate, struct consumer_delivery *delivery)
{
    if (gate->len == gate->capacity && grow(gate) != 0)
        return -ENOMEM;
    *slot(gate, gate->len) =
        (struct outstanding){.home_tag = delivery->tag, .shard = delivery->shard, .live = true};
    delivery->tag = gate->base_tag + gate->len;
    gate->len++;
    gate->live++;
    return 0;
}

int gate_add(struct engine_consumer *consumer, const struct consumer_delivery *delivery)
{
    struct gated *gated;

    if (UNLIKELY(consumer->prefetch == 0) && gate_renumbers(consumer->gate) && delivery->message &&
        !consumer->is_browser && !pull_takes(consumer, delivery))
        return 0;
    if (!consumer->gate)
        consumer->gate = gate_create(false);
    gated = consumer->gate ? malloc(sizeof *gated) : NULL;
    if (!gated)
        return -ENOMEM;
    gated->delivery = *delivery;
    if (delivery->message)
        gated->delivery.message = message_ref(delivery->message);
    list_append(&consumer->gate->waiting, &gated->node);
    gate_flush(consumer);
    return 0;
}

static bool is_end_of_pull(const struct consumer_delivery *delivery)
{
    return !delivery->message && delivery->tag != 0;
}

void gate_flush(struct engine_consumer *consumer)
{
    struct gate *gate = consumer->gate;

    while (gate && !list_is_empty(&gate->waiting)) {
        struct gated *gated = LIST_ENTRY(gate->waiting.next, struct gated, node);

        if (!consumer->open || consumer->client->congested ||
            (is_full(consumer) && !is_end_of_pull(&gated->delivery)))
            return;
        if (gate->renumbers && gated->delivery.message && renumber(gate, &gated->delivery) != 0)
            return;
        list_remove(&gated->node);
        if (UNLIKELY(consumer->is_browser && consumer->prefetch == 0))
            pull_use(consumer, gated->delivery.shard);
        consumer_pass(consumer, &gated->delivery);
        message_unref(gated->delivery.message);
        free(gated);
    }
}

void gate_give_back(struct engine_consumer *consumer)
{
    struct gate *gate = consumer->gate;

    if (!gate_renumbers(gate) || consumer->is_browser)
        return;
    while (!list_is_empty(&gate->waiting)) { /* the last one first: each finds its place at once */
        struct gated *gated = LIST_ENTRY(gate->waiting.prev, struct gated, node);

        list_remove(&gated->node);
        if (gated->delivery.message)
            pull_give_back(consumer, &gated->delivery);
        message_unref(gated->delivery.message);
        free(gated);
    }
}

static bool clip(const struct gate *gate, uint64_t *first, uint64_t *last)
{
    if (gate->len == 0)
        return false;
    if (*first < gate->base_tag)
        *first = gate->base_tag;
    if (*last > gate->base_tag + gate->len - 1)
        *last = gate->base_tag + gate->len - 1;
    return *first <= *last;
}

bool gate_range(const struct gate *gate, uint16_t shard, uint64_t first_tag, uint64_t last_tag,
                uint64_t *home_first, uint64_t *home_last)
{
    bool found = false;

    if (!clip(gate, &first_tag, &last_tag))
        return false;
    for (uint64_t tag = first_tag; tag <= last_tag; tag++) {
        const struct outstanding *out = slot(gate, (uint32_t)(tag - gate->base_tag));

        if (!out->live || out->shard != shard)
            continue;
        if (!found)
            *home_first = out->home_tag;
        *home_last = out->home_tag; /* of one home they rise */
        found = true;
    }
    return found;
}

static void settle(struct gate *gate, struct outstanding *out)
{
    gate->live -= out->live;
    gate->extension -= out->extended;
    out->live = out->extended = out->locked = false;
}

static void forget_settled(struct gate *gate)
{
    while (gate->len > 0 && !slot(gate, 0)->live) {
        gate->head = (gate->head + 1) & (gate->capacity - 1);
        gate->base_tag++;
        gate->len--;
    }
}

void gate_settle(struct gate *gate, uint64_t first_tag, uint64_t last_tag)
{
    if (!clip(gate, &first_tag, &last_tag))
        return;
    for (uint64_t tag = first_tag; tag <= last_tag; tag++) {
        struct outstanding *out = slot(gate, (uint32_t)(tag - gate->base_tag));

        if (!out->locked)
            settle(gate, out);
    }
    forget_settled(gate);
}

static void extend(struct gate *gate, struct outstanding *out)
{
    if (!out->live || out->extended)
        return;
    out->extended = true;
    gate->extension++;
}

void gate_extend(struct gate *gate, uint64_t first_tag, uint64_t last_tag)
{
    if (!clip(gate, &first_tag, &last_tag))
        return;
    for (uint64_t tag = first_tag; tag <= last_tag; tag++)
        extend(gate, slot(gate, (uint32_t)(tag - gate->base_tag)));
}

void gate_lock(struct gate *gate, uint64_t first_tag, uint64_t last_tag)
{
    gate_extend(gate, first_tag, last_tag);
    if (!clip(gate, &first_tag, &last_tag))
        return;
    for (uint64_t tag = first_tag; tag <= last_tag; tag++) {
        struct outstanding *out = slot(gate, (uint32_t)(tag - gate->base_tag));

        out->locked = out->live;
    }
}

static void unlock(struct gate *gate, struct outstanding *out, bool settled)
{
    if (settled) {
        settle(gate, out);
        forget_settled(gate);
        return;
    }
    gate->extension -= out->extended;
    out->extended = out->locked = false;
}

static bool is_at(const struct gate *gate, uint32_t index, uint16_t shard, uint64_t home_tag)
{
    const struct outstanding *out = slot(gate, index);

    return out->live && out->shard == shard && out->home_tag == home_tag;
}

/* Homes tell of a transaction's deliveries in their order, up or down: the next is near the last
 * one. gate->len: it is not there. */
static uint32_t find(const struct gate *gate, uint16_t shard, uint64_t home_tag)
{
    uint64_t past = gate->ended_tag > gate->base_tag ? gate->ended_tag - gate->base_tag : 0;
    uint32_t near = past < gate->len ? (uint32_t)past : gate->len;

    for (uint32_t distance = 0; distance <= gate->len; distance++) {
        if (distance < gate->len - near && is_at(gate, near + distance, shard, home_tag))
            return near + distance;
        if (distance > 0 && distance <= near && is_at(gate, near - distance, shard, home_tag))
            return near - distance;
    }
    return gate->len;
}

void gate_receive_end(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    struct engine_consumer *consumer = consumer_find(engine, mail->id);
    struct gate *gate = consumer ? consumer->gate : NULL;
    uint32_t at = gate ? find(gate, from, mail->first) : 0;

    if (!gate || at == gate->len)
        return;
    gate->ended_tag = gate->base_tag + at;
    unlock(gate, slot(gate, at), mail->flags & MAIL_ADD);
    gate_flush(consumer);
}
