/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client has been given and not acknowledged, in order of dispatch. Entries that are
 * settled out of order stay as gaps until the front reaches them or half of the row is gaps.
 */
#include "openwire_consumer.h"
#include <errno.h>

enum { LEN = sizeof(struct outstanding), GAPS_MIN = 32 };

uint64_t message_identity(const struct openwire_connection *connection,
                          const struct ow_message_id *id)
{
    const struct ow_producer_id *producer = id->producer_id;
    const uint64_t numbers[3] = {(uint64_t)producer->session_id, (uint64_t)producer->value,
                                 (uint64_t)id->producer_sequence_id};

    return slice_hash(slice_of(numbers, sizeof numbers),
                      slice_hash(producer->connection_id, (uintptr_t)connection));
}

struct outstanding *openwire_window_at(const struct openwire_consumer *consumer, uint32_t index)
{
    return fifo_at(&consumer->window, LEN, index);
}

int openwire_window_push(struct openwire_consumer *consumer, const struct outstanding *delivery)
{
    struct outstanding *entry = fifo_push(&consumer->window, LEN);

    if (!entry)
        return -ENOMEM;
    *entry = *delivery;
    return 0;
}

static void close_gaps(struct openwire_consumer *consumer)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < consumer->window.count; i++) {
        const struct outstanding *from = openwire_window_at(consumer, i);

        if (!from->is_settled)
            *openwire_window_at(consumer, kept++) = *from;
    }
    consumer->window.count = kept;
    consumer->settled = 0;
}

static void trim(struct openwire_consumer *consumer)
{
    struct fifo *window = &consumer->window;

    while (window->count > 0 && openwire_window_at(consumer, 0)->is_settled) {
        consumer->settled--;
        fifo_pop(window);
    }
    if (consumer->settled > GAPS_MIN && consumer->settled > window->count / 2)
        close_gaps(consumer);
}

/* The first entry whose number, or whose tag, is not below. In most rows they rise by ones. */
static uint32_t first_number(const struct openwire_consumer *consumer, uint64_t number)
{
    uint32_t low = 0, high = consumer->window.count;
    const uint64_t guess = high > 0 ? number - openwire_window_at(consumer, 0)->number : 0;

    if (LIKELY(guess < high && openwire_window_at(consumer, (uint32_t)guess)->number == number))
        return (uint32_t)guess;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (openwire_window_at(consumer, middle)->number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint32_t first_tag_from(const struct openwire_consumer *consumer, uint64_t tag)
{
    uint32_t low = 0, high = consumer->window.count;
    const uint64_t guess = high > 0 ? tag - openwire_window_at(consumer, 0)->tag : 0;

    if (LIKELY(guess < high && openwire_window_at(consumer, (uint32_t)guess)->tag == tag))
        return (uint32_t)guess;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (openwire_window_at(consumer, middle)->tag < tag)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_message(const struct outstanding *entry, uint64_t identity)
{
    return entry->identity == identity && !entry->is_settled;
}

bool openwire_window_find(const struct openwire_consumer *consumer, const struct ow_message_id *id,
                          uint32_t *index)
{
    const uint32_t count = consumer->window.count;
    uint64_t identity;
    uint32_t at;

    if (count == 0 || !id->producer_id)
        return false;
    identity = message_identity(consumer->connection, id);
    at = first_number(consumer, (uint64_t)id->broker_sequence_id);
    if (LIKELY(at < count && is_message(openwire_window_at(consumer, at), identity))) {
        *index = at;
        return true;
    }
    for (at = 0; at < count; at++) { /* a client that does not give our number back */
        if (is_message(openwire_window_at(consumer, at), identity)) {
            *index = at;
            return true;
        }
    }
    return false;
}

/* As ActiveMQ: of a queue the very delivery must still be there, a durable subscription takes the
 * number for what it is, and 0 for all. */
uint64_t openwire_window_delivered_tag(const struct openwire_consumer *consumer, int64_t number)
{
    uint32_t at;

    if (number == LAST_DELIVERED_UNKNOWN || (number == 0 && consumer->is_durable))
        return UINT64_MAX;
    if (number <= 0)
        return 0;
    at = first_number(consumer, (uint64_t)number);
    if (at < consumer->window.count &&
        openwire_window_at(consumer, at)->number == (uint64_t)number &&
        !openwire_window_at(consumer, at)->is_settled)
        return openwire_window_at(consumer, at)->tag;
    while (consumer->is_durable && at > 0)
        if (!openwire_window_at(consumer, --at)->is_settled)
            return openwire_window_at(consumer, at)->tag;
    return 0;
}

uint32_t openwire_window_count(const struct openwire_consumer *consumer, uint32_t first,
                               uint32_t last)
{
    uint32_t count = 0;

    if (LIKELY(consumer->settled == 0))
        return last - first + 1;
    for (uint32_t i = first; i <= last; i++)
        count += !openwire_window_at(consumer, i)->is_settled;
    return count;
}

uint32_t openwire_window_go_back(const struct openwire_consumer *consumer, uint32_t last,
                                 uint32_t count)
{
    uint32_t first = last;

    while (count > 1 && first > 0)
        count -= !openwire_window_at(consumer, --first)->is_settled;
    return first;
}

void openwire_window_settle(struct openwire_consumer *consumer, uint64_t first_tag,
                            uint64_t last_tag)
{
    for (uint32_t i = first_tag_from(consumer, first_tag); i < consumer->window.count; i++) {
        struct outstanding *entry = openwire_window_at(consumer, i);

        if (entry->tag > last_tag)
            break;
        consumer->settled += !entry->is_settled;
        entry->is_settled = true;
    }
    trim(consumer);
}

void openwire_window_fini(struct openwire_consumer *consumer)
{
    fifo_fini(&consumer->window);
    consumer->settled = 0;
}
