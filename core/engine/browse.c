/* SPDX-License-Identifier: Apache-2.0 */
/*
 * browse.c - a browser is shown what was in the queue when it came, then the end.
 *
 * What it is shown is a list of its own: the messages stay alive for it whatever becomes of them
 * or of the queue, and nothing it acknowledges touches the queue.
 */
#include <errno.h>
#include <stdlib.h>

#include "consumer.h"
#include "destination.h"
#include "window.h"

struct shown {
    struct message *message; /* a reference */
    uint64_t number;
    uint32_t redelivery_count;
    uint8_t level;
};

struct browse {
    struct shown *list;
    size_t count, capacity, next;
    bool failed; /* no memory for a part of the list */
    bool ended;  /* the end has been shown */
};

static void note(struct engine *engine, const struct subscription *subscription,
                 const struct entry *entry)
{
    struct browse *browse = subscription->browse;
    size_t capacity = browse->capacity ? browse->capacity * 2 : 64;
    struct shown *list;

    if (!subscription_accepts(subscription, entry) ||
        message_is_expired(entry->message, engine->wall_ms))
        return;
    if (browse->count == browse->capacity) {
        list = realloc(browse->list, capacity * sizeof *list);
        if (!list) {
            browse->failed = true;
            return;
        }
        browse->list = list;
        browse->capacity = capacity;
    }
    browse->list[browse->count++] =
        (struct shown){.message = message_ref(entry->message),
                       .number = entry->number,
                       .redelivery_count = entry->redelivery_count,
                       .level = entry->queue->policy->prioritized ? entry->message->priority : 0};
}

static void note_dispatched(struct engine *engine, const struct subscription *browser,
                            const struct attachment *attachment)
{
    const struct window *window = &attachment->subscription->window;

    WINDOW_FOR_EACH(tag, window, 0, UINT64_MAX) {
        const struct entry *entry = window_at(window, tag);

        if (entry && entry->queue == attachment->queue)
            note(engine, browser, entry);
    }
}

static void note_all(struct engine *engine, const struct subscription *browser,
                     const struct destination *queue)
{
    LIST_FOR_EACH(node, &queue->queue.pending)
        note(engine, browser, LIST_ENTRY(node, struct entry, node));
    LIST_FOR_EACH(node, &queue->queue.locked)
        note(engine, browser, LIST_ENTRY(node, struct entry, node));
    LIST_FOR_EACH(class_node, &queue->queue.classes) {
        struct priority_class *class = LIST_ENTRY(class_node, struct priority_class, node);

        LIST_FOR_EACH(node, &class->ready)
            note_dispatched(engine, browser, LIST_ENTRY(node, struct attachment, class_node));
        LIST_FOR_EACH(node, &class->full)
            note_dispatched(engine, browser, LIST_ENTRY(node, struct attachment, class_node));
    }
}

static int compare_shown(const void *a, const void *b)
{
    const struct shown *left = a, *right = b;

    if (left->level != right->level)
        return left->level > right->level ? -1 : 1;
    return left->number < right->number ? -1 : left->number > right->number;
}

int browse_start(struct engine *engine, struct subscription *subscription,
                 struct destination *queue)
{
    struct browse *browse = subscription->browse;
    size_t before;

    if (!browse)
        browse = subscription->browse = calloc(1, sizeof *browse);
    if (!browse)
        return -ENOMEM;
    subscription->policy = queue->policy;
    before = browse->count; /* of other queues of a composite one */
    note_all(engine, subscription, queue);
    if (browse->count > before)
        qsort(browse->list + before, browse->count - before, sizeof *browse->list, compare_shown);
    destination_touch(queue);
    return browse->failed ? -ENOMEM : 0;
}

static int show(struct engine *engine, struct subscription *subscription, const struct shown *shown)
{
    struct item *item = item_create(engine, shown->message, NULL);
    struct entry *entry = item ? entry_create(engine, shown->message, item, NULL) : NULL;

    if (item)
        item_unref(engine, item); /* the entry holds it */
    if (!entry)
        return -ENOMEM;
    entry->redelivery_count = shown->redelivery_count;
    if (subscription_dispatch(engine, subscription, entry) != 0) {
        entry_destroy(engine, entry);
        return -ENOMEM;
    }
    return 0;
}

static void show_end(struct engine *engine, struct subscription *subscription)
{
    struct engine_mail mail = {.kind = MAIL_DELIVER, .flags = MAIL_LAST, .id = subscription->id};

    if (subscription->local)
        consumer_deliver(subscription->local, &(struct consumer_delivery){.shard = engine->index});
    else
        engine_mail_to(engine, serial_shard(subscription->id), &mail);
}

void browse_run(struct engine *engine, struct subscription *subscription)
{
    struct browse *browse = subscription->browse;

    while (browse->next < browse->count && subscription_has_room(subscription)) {
        const struct shown *shown = &browse->list[browse->next];

        if (!message_is_expired(shown->message, engine->wall_ms) &&
            show(engine, subscription, shown) != 0)
            return; /* tried again when it acknowledges */
        message_unref(shown->message);
        browse->next++;
    }
    if (browse->next == browse->count && !browse->ended && !subscription->closing &&
        (subscription->prefetch > 0 || subscription->permit)) {
        browse->ended = true;
        subscription->permit = false;
        show_end(engine, subscription);
    }
}

void browse_fini(struct engine *engine, struct subscription *subscription)
{
    struct browse *browse = subscription->browse;

    (void)engine;
    if (!browse)
        return;
    for (size_t i = browse->next; i < browse->count; i++)
        message_unref(browse->list[i].message);
    free(browse->list);
    free(browse);
    subscription->browse = NULL;
}
