/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eviction.c - which of the messages that wait for a slow topic subscription are discarded.
 */
#include <stdlib.h>

#include "advisories.h"
#include "topic.h"

static struct entry *entry_of(struct list_node *node)
{
    return LIST_ENTRY(node, struct entry, node);
}

static void take(struct subscription *subscription, struct entry *entry)
{
    list_remove(&entry->node);
    subscription->pending_count--;
}

static void discard(struct engine *engine, struct subscription *subscription, struct entry *entry)
{
    take(subscription, entry);
    subscription->discarded++;
    engine->counters.discarded++;
    advisory_message(engine, MESSAGE_ADVISORY_DISCARDED, subscription->policy,
                     message_destination(entry->message), entry->message, subscription);
    topic_forget(engine, subscription, entry);
}

static void drop_expired(struct engine *engine, struct subscription *subscription)
{
    if (engine->wall_ms < subscription->expiry_ms)
        return;
    subscription->expiry_ms = INT64_MAX;
    LIST_FOR_EACH_SAFE(node, &subscription->pending) {
        struct entry *entry = entry_of(node);

        if (!message_is_expired(entry->message, engine->wall_ms)) {
            subscription_note_expiry(subscription, entry->message);
            continue;
        }
        take(subscription, entry);
        topic_expire(engine, subscription, entry);
    }
}

static struct entry *oldest_of_lowest_priority(struct subscription *subscription)
{
    struct entry *lowest = NULL;

    LIST_FOR_EACH(node, &subscription->pending) {
        struct entry *entry = entry_of(node);

        if (!lowest || entry->message->priority < lowest->message->priority)
            lowest = entry;
    }
    return lowest;
}

/*
 * By a property: of those with the same value only the latest stays, and those without it go. A
 * value's latest message is found by sorting, for which each is noted with its place.
 */
struct candidate {
    struct entry *entry;
    struct value value; /* VALUE_NULL: it has none */
    size_t place;
    bool superseded;
};

static int compare_text(struct slice a, struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.bytes, b.bytes, len) : 0;

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_values(const struct value *a, const struct value *b)
{
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    switch (a->type) {
    case VALUE_NULL:
        return 0;
    case VALUE_BOOL:
        return a->boolean - b->boolean;
    case VALUE_BYTE:
    case VALUE_CHAR:
    case VALUE_SHORT:
    case VALUE_INT:
    case VALUE_LONG:
        return (a->integer > b->integer) - (a->integer < b->integer);
    case VALUE_FLOAT:
    case VALUE_DOUBLE:
        return (a->real > b->real) - (a->real < b->real);
    case VALUE_STRING:
    case VALUE_BIG_STRING:
    case VALUE_BYTES:
    case VALUE_MAP:
    case VALUE_LIST:
        break;
    }
    return compare_text(a->text, b->text);
}

/* Equal values come together, the latest of them first. */
static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *left = a, *right = b;
    int order = compare_values(&left->value, &right->value);

    if (order != 0)
        return order;
    if (left->entry->message->timestamp_ms != right->entry->message->timestamp_ms)
        return left->entry->message->timestamp_ms > right->entry->message->timestamp_ms ? -1 : 1;
    return left->place > right->place ? -1 : 1;
}

static size_t note_candidates(struct subscription *subscription, struct slice property,
                              struct candidate *candidates)
{
    size_t count = 0;

    LIST_FOR_EACH(node, &subscription->pending) {
        struct candidate *candidate = &candidates[count];
        struct entry *entry = entry_of(node);

        *candidate = (struct candidate){.entry = entry, .place = count};
        if (!property_find(message_part(entry->message, MESSAGE_PROPERTIES), property,
                           &candidate->value))
            candidate->value.type = VALUE_NULL;
        count++;
    }
    return count;
}

/* False: every message has a value of its own, or none has one, or there is no memory. */
static bool discard_superseded(struct engine *engine, struct subscription *subscription)
{
    const char *property = subscription->policy->eviction.property_name;
    struct candidate *candidates;
    uint32_t before = subscription->pending_count;
    size_t count;

    if (!property)
        return false;
    candidates = malloc(before * sizeof *candidates);
    if (!candidates)
        return false;
    count = note_candidates(subscription, slice_of_text(property), candidates);
    qsort(candidates, count, sizeof *candidates, compare_candidates);
    if (candidates[count - 1].value.type != VALUE_NULL) /* those without it come first */
        for (size_t i = 0; i < count; i++)
            if (candidates[i].value.type == VALUE_NULL ||
                (i > 0 && compare_values(&candidates[i].value, &candidates[i - 1].value) == 0))
                candidates[i].superseded = true;
    for (size_t i = 0; i < count; i++) /* they own the values that are compared above */
        if (candidates[i].superseded)
            discard(engine, subscription, candidates[i].entry);
    free(candidates);
    return subscription->pending_count < before;
}

static void evict(struct engine *engine, struct subscription *subscription)
{
    enum eviction_kind kind = subscription->policy->eviction.kind;
    struct entry *entry = entry_of(subscription->pending.next);

    if (kind == EVICTION_UNIQUE_PROPERTY && discard_superseded(engine, subscription))
        return;
    if (kind == EVICTION_OLDEST_LOWEST_PRIORITY)
        entry = oldest_of_lowest_priority(subscription);
    discard(engine, subscription, entry);
}

void topic_evict(struct engine *engine, struct subscription *subscription)
{
    if (subscription->pending_count > subscription->policy->eviction.expired_high_watermark)
        drop_expired(engine, subscription);
    while (subscription->pending_count > 0 &&
           subscription->pending_count > subscription->pending_limit)
        evict(engine, subscription);
}
