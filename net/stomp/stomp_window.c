/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client has been given and not acknowledged, in order of the tags. Entries that are
 * settled out of order stay as gaps until the front reaches them or half of the row is gaps.
 */
#include "stomp_internal.h"
#include <errno.h>

enum { LEN = sizeof(struct outstanding), GAPS_MIN = 32 };

struct outstanding *stomp_window_at(const struct stomp_subscription *subscription, uint32_t index)
{
    return fifo_at(&subscription->window, LEN, index);
}

static void close_gaps(struct stomp_subscription *subscription)
{
    struct fifo *window = &subscription->window;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < window->count; i++) {
        const struct outstanding *from = stomp_window_at(subscription, i);

        if (from->transaction != OUTSTANDING_SETTLED)
            *stomp_window_at(subscription, kept++) = *from;
    }
    window->count = kept;
    subscription->settled = 0;
}

static void trim_window(struct stomp_subscription *subscription)
{
    struct fifo *window = &subscription->window;

    while (window->count > 0 &&
           stomp_window_at(subscription, 0)->transaction == OUTSTANDING_SETTLED) {
        subscription->settled--;
        fifo_pop(window);
    }
    if (subscription->settled > GAPS_MIN && subscription->settled > window->count / 2)
        close_gaps(subscription);
}

int stomp_window_push(struct stomp_subscription *subscription, uint64_t tag,
                      struct message *message)
{
    struct outstanding *entry = fifo_push(&subscription->window, LEN);

    if (!entry)
        return -ENOMEM;
    *entry = (struct outstanding){.tag = tag, .message = message};
    return 0;
}

bool stomp_window_find_tag(const struct stomp_subscription *subscription, uint64_t tag,
                           uint32_t *index)
{
    uint32_t low = 0, high = subscription->window.count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (stomp_window_at(subscription, middle)->tag < tag)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == subscription->window.count || stomp_window_at(subscription, low)->tag != tag ||
        stomp_window_at(subscription, low)->transaction == OUTSTANDING_SETTLED)
        return false;
    *index = low;
    return true;
}

/* A message-id is what the producer's part and the sequence behind the last colon make. */
bool stomp_window_find_message(const struct stomp_subscription *subscription,
                               struct slice message_id, uint32_t *index)
{
    const uint8_t *colon = message_id.len ? memrchr(message_id.bytes, ':', message_id.len) : NULL;
    struct slice producer;
    int64_t sequence;

    if (!colon)
        return false;
    producer = slice_of(message_id.bytes, (size_t)(colon - message_id.bytes));
    if (!slice_to_i64(slice_after(message_id, producer.len + 1), &sequence))
        return false;
    for (uint32_t i = 0; i < subscription->window.count; i++) {
        const struct outstanding *entry = stomp_window_at(subscription, i);

        if (entry->transaction != OUTSTANDING_SETTLED && entry->message &&
            entry->message->id_sequence == (uint64_t)sequence &&
            slice_equal(message_part(entry->message, MESSAGE_ID), producer)) {
            *index = i;
            return true;
        }
    }
    return false;
}

static void settle(struct stomp_subscription *subscription, struct outstanding *entry)
{
    entry->transaction = OUTSTANDING_SETTLED;
    message_unref(entry->message);
    entry->message = NULL;
    subscription->settled++;
}

void stomp_window_settle(struct stomp_subscription *subscription, uint32_t first, uint32_t last,
                         uint32_t transaction)
{
    for (uint32_t i = first; i <= last; i++) {
        struct outstanding *entry = stomp_window_at(subscription, i);

        if (entry->transaction != OUTSTANDING_FREE)
            continue;
        if (transaction != OUTSTANDING_FREE)
            entry->transaction = transaction;
        else
            settle(subscription, entry);
    }
    trim_window(subscription);
}

void stomp_window_commit(struct stomp_subscription *subscription, uint32_t transaction)
{
    for (uint32_t i = 0; i < subscription->window.count; i++)
        if (stomp_window_at(subscription, i)->transaction == transaction)
            settle(subscription, stomp_window_at(subscription, i));
    trim_window(subscription);
}

void stomp_window_abort(struct stomp_subscription *subscription, uint32_t transaction)
{
    for (uint32_t i = 0; i < subscription->window.count; i++)
        if (stomp_window_at(subscription, i)->transaction == transaction)
            stomp_window_at(subscription, i)->transaction = OUTSTANDING_FREE;
}

void stomp_window_fini(struct stomp_subscription *subscription)
{
    for (uint32_t i = 0; i < subscription->window.count; i++)
        message_unref(stomp_window_at(subscription, i)->message);
    fifo_fini(&subscription->window);
}
