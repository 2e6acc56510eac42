/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.c - a queue: its pending messages in order, and the subscriptions attached to it.
 *
 * Attachments stand by consumer priority in classes, and in each class in a ready and a full
 * list. What makes dispatch cheap is one rule: a ready attachment has seen everything that is
 * pending. So a new message is offered to the ready ones only, and a scan happens only when an
 * attachment becomes ready. Attachments without a selector take whatever is first; those with
 * one keep a cursor, so that messages nobody wants are looked at once and never block others.
 */
#include <errno.h>
#include <stdlib.h>

#include "advisories.h"
#include "destination.h"
#include "schedule.h"

enum { RETRY_MS = 100 };

static void start_fired(struct timer *timer)
{
    struct destination *queue = CONTAINER_OF(timer, struct destination, queue.start_timer);

    queue->queue.started = true;
    queue->queue.changed = queue->queue.rescan = true;
    queue_run_all(queue->engine, queue);
}

void queue_run_soon(struct destination *queue)
{
    if (!list_is_empty(&queue->queue.pending))
        wheel_set(&queue->engine->wheel, &queue->queue.start_timer, queue->engine->wheel.now_ms);
}

int queue_init(struct destination *destination)
{
    struct queue *queue = &destination->queue;

    list_init(&queue->pending);
    list_init(&queue->classes);
    list_init(&queue->delayed);
    list_init(&queue->locked);
    timer_init(&queue->start_timer, start_fired);
    queue->started = destination->policy->consumers_before_dispatch == 0 &&
                     destination->policy->time_before_dispatch_ms == 0;
    return 0;
}

void queue_fini(struct destination *destination)
{
    struct queue *queue = &destination->queue;

    LIST_FOR_EACH_SAFE(node, &queue->classes) {
        struct priority_class *class = LIST_ENTRY(node, struct priority_class, node);

        assert(list_is_empty(&class->ready) && list_is_empty(&class->full));
        free(class);
    }
    wheel_cancel(&destination->engine->wheel, &queue->start_timer);
    queue_groups_fini(queue);
}

static bool is_selective(const struct attachment *attachment)
{
    return attachment->subscription->request->selector ||
           attachment->subscription->request->no_local;
}

/*
 * The order of pending entries.
 */
static unsigned level_of(const struct entry *entry)
{
    return entry->queue->policy->prioritized ? entry->message->priority : 0;
}

/* Does a come before b? */
static bool is_before(const struct entry *a, const struct entry *b)
{
    unsigned level_a = level_of(a), level_b = level_of(b);

    return level_a != level_b ? level_a > level_b : a->number < b->number;
}

static struct entry *entry_after(const struct entry *entry)
{
    struct list_node *next = entry->node.next;

    return next == &entry->queue->queue.pending ? NULL : LIST_ENTRY(next, struct entry, node);
}

static void set_cursor(struct attachment *attachment, struct entry *entry)
{
    list_remove(&attachment->cursor_node);
    attachment->cursor = entry;
    if (entry)
        list_append(&entry->cursors, &attachment->cursor_node);
}

static void unlink_pending(struct entry *entry)
{
    struct queue *queue = &entry->queue->queue;
    unsigned level = level_of(entry);
    struct entry *next = entry_after(entry);

    LIST_FOR_EACH_SAFE(node, &entry->cursors)
        set_cursor(LIST_ENTRY(node, struct attachment, cursor_node), next);
    if (queue->last[level] == entry) {
        struct list_node *prev = entry->node.prev;

        queue->last[level] =
            prev != &queue->pending && level_of(LIST_ENTRY(prev, struct entry, node)) == level
                ? LIST_ENTRY(prev, struct entry, node)
                : NULL;
    }
    if (queue->returned == entry)
        queue->returned = NULL;
    list_remove(&entry->node);
}

/* Where entries of this level begin: behind the last of the higher levels. */
static struct list_node *level_start(struct queue *queue, unsigned level)
{
    for (unsigned higher = level + 1; higher < ARRAY_LEN(queue->last); higher++)
        if (queue->last[higher])
            return queue->last[higher]->node.next;
    return queue->pending.next;
}

/* In front of what an entry that comes back stands. Windows come back from their end: each is a
 * little before the one that came back last. */
static struct list_node *place_of(struct queue *queue, const struct entry *entry)
{
    struct list_node *at;

    if (queue->returned && is_before(entry, queue->returned)) {
        at = &queue->returned->node;
        while (at->prev != &queue->pending &&
               is_before(entry, LIST_ENTRY(at->prev, struct entry, node)))
            at = at->prev;
        return at;
    }
    at = level_start(queue, level_of(entry));
    while (at != &queue->pending && is_before(LIST_ENTRY(at, struct entry, node), entry))
        at = at->next;
    return at;
}

static void point_at(const struct list_node *attachments, struct entry *entry)
{
    LIST_FOR_EACH(node, attachments) {
        struct attachment *attachment = LIST_ENTRY(node, struct attachment, class_node);

        if (is_selective(attachment) &&
            (!attachment->cursor || is_before(entry, attachment->cursor)))
            set_cursor(attachment, entry);
    }
}

/* Selective attachments that have not looked at it begin there: a new one has been offered to
 * those that are ready, one that comes back to none. */
static void point_cursors_at(struct entry *entry, bool returned)
{
    LIST_FOR_EACH(class_node, &entry->queue->queue.classes) {
        struct priority_class *class = LIST_ENTRY(class_node, struct priority_class, node);

        point_at(&class->full, entry);
        if (returned)
            point_at(&class->ready, entry);
    }
}

static void add_pending(struct entry *entry, bool returned)
{
    struct queue *queue = &entry->queue->queue;
    unsigned level = level_of(entry);
    struct list_node *at;

    entry->dispatched = false;
    if (queue->last[level] && queue->last[level]->number < entry->number) {
        at = queue->last[level]->node.next; /* new ones go behind all others of their level */
    } else {
        at = place_of(queue, entry);
        queue->returned = entry;
    }
    list_insert_before(at, &entry->node);
    if (!queue->last[level] || queue->last[level]->number < entry->number)
        queue->last[level] = entry;
    if (queue->selective_count > 0)
        point_cursors_at(entry, returned);
}

/*
 * Dispatch.
 */
static bool admits(struct engine *engine, const struct attachment *attachment, struct entry *entry)
{
    const struct queue *queue = &attachment->queue->queue;

    if (queue->exclusive && queue->exclusive != attachment)
        return false;
    if (!subscription_accepts(attachment->subscription, entry))
        return false;
    return LIKELY(!slice_is_present(message_part(entry->message, MESSAGE_GROUP_ID))) ||
           queue_group_admits(engine, attachment, entry);
}

static int dispatch(struct engine *engine, struct attachment *attachment, struct entry *entry)
{
    int error;

    if (UNLIKELY(slice_is_present(message_part(entry->message, MESSAGE_GROUP_ID))))
        queue_group_dispatched(engine, attachment, entry);
    error = subscription_dispatch(engine, attachment->subscription, entry);
    if (LIKELY(error == 0))
        attachment->queue->counters.dispatched++;
    else if (!timer_is_set(&attachment->queue->queue.start_timer)) /* there may be memory then */
        wheel_set(&engine->wheel, &attachment->queue->queue.start_timer,
                  engine->wheel.now_ms + RETRY_MS);
    return error;
}

static bool offer_to_class(struct engine *engine, struct priority_class *class, struct entry *entry)
{
    struct attachment *attachment;

    LIST_FOR_EACH_SAFE(node, &class->ready) {
        attachment = LIST_ENTRY(node, struct attachment, class_node);
        if (!subscription_has_room(attachment->subscription)) {
            subscription_update_ready(attachment->subscription);
            continue;
        }
        if (!admits(engine, attachment, entry))
            continue;
        if (!entry->queue->policy->strict_order_dispatch && class->ready.prev != node) {
            list_remove(node); /* others of this priority come first next time */
            list_append(&class->ready, node);
        }
        return dispatch(engine, attachment, entry) == 0;
    }
    return false;
}

static bool offer(struct engine *engine, struct destination *queue, struct entry *entry)
{
    if (!queue->queue.started)
        return false;
    LIST_FOR_EACH(node, &queue->queue.classes)
        if (offer_to_class(engine, LIST_ENTRY(node, struct priority_class, node), entry))
            return true;
    return false;
}

static void watch_expiry(struct engine *engine, struct destination *queue)
{
    if (queue->policy->expire_period_ms > 0 && !timer_is_set(&queue->expire_timer))
        wheel_set(&engine->wheel, &queue->expire_timer,
                  engine->wheel.now_ms + queue->policy->expire_period_ms);
}

int queue_enqueue(struct engine *engine, struct destination *queue, struct message *message,
                  uint64_t ticket)
{
    struct entry *entry = entry_create(engine, message, NULL, queue);

    if (!entry) {
        message_unref(message);
        return -ENOMEM;
    }
    queue->count++;
    if (message->expiration_ms != 0) {
        queue->queue.expiring_count++;
        watch_expiry(engine, queue);
    }
    if (message->persistent && engine->store)
        engine->store->add(engine->store->arg, ticket, entry->number, queue->name, message);
    if (!offer(engine, queue, entry)) {
        add_pending(entry, false);
        if (queue->subscription_count == 0)
            advisory_message(engine, MESSAGE_ADVISORY_NO_CONSUMER, queue->policy, queue->name,
                             message, NULL);
    }
    return 0;
}

void queue_set_ready(struct attachment *attachment, bool ready)
{
    list_remove(&attachment->class_node);
    list_append(ready ? &attachment->class->ready : &attachment->class->full,
                &attachment->class_node);
}

static void expire(struct engine *engine, struct entry *entry)
{
    struct destination *queue = entry->queue;

    unlink_pending(entry);
    queue->counters.expired++;
    engine->counters.expired++;
    advisory_message(engine, MESSAGE_ADVISORY_EXPIRED, queue->policy, queue->name, entry->message,
                     NULL);
    dead_letter(engine, queue->policy, queue->name, entry->message, DEAD_LETTER_EXPIRED, NULL);
    queue_forget(engine, entry);
}

/* To the store it is another message: recovery goes by numbers. */
static void renumber(struct engine *engine, struct entry *entry)
{
    const struct engine_store *store = entry->message->persistent ? engine->store : NULL;
    uint64_t old = entry->number;

    entry->number = ++engine->number;
    if (!store)
        return;
    store->begin(store->arg);
    store->add(store->arg, 0, entry->number, entry->queue->name, entry->message);
    store->remove(store->arg, 0, old);
    store->commit(store->arg, 0);
}

void queue_enqueue_again(struct engine *engine, struct entry *entry)
{
    struct destination *queue = entry->queue;

    renumber(engine, entry);
    if (message_is_expired(entry->message, engine->wall_ms)) {
        add_pending(entry, false);
        expire(engine, entry);
    } else if (!offer(engine, queue, entry)) {
        add_pending(entry, false);
    }
}

void queue_run(struct engine *engine, struct attachment *attachment)
{
    struct destination *queue = attachment->queue;
    bool selective = is_selective(attachment);
    struct list_node *first = queue->queue.pending.next;
    struct entry *entry = selective                        ? attachment->cursor
                          : first == &queue->queue.pending ? NULL
                                                           : LIST_ENTRY(first, struct entry, node);

    if (!queue->queue.started || (queue->queue.exclusive && queue->queue.exclusive != attachment))
        return;
    while (entry && subscription_has_room(attachment->subscription)) {
        struct entry *next = entry_after(entry);

        if (message_is_expired(entry->message, engine->wall_ms)) {
            expire(engine, entry);
        } else if (admits(engine, attachment, entry)) {
            unlink_pending(entry);
            if (dispatch(engine, attachment, entry) != 0) {
                add_pending(entry, true);
                return;
            }
        } else if (selective) {
            set_cursor(attachment, next);
        }
        entry = next;
    }
}

/* Running one may move others between the lists (a dead letter goes to another queue of theirs):
 * those that are still to be run stand in a list of their own. */
static void run_class(struct engine *engine, struct priority_class *class)
{
    struct list_node rest;

    list_init(&rest);
    while (!list_is_empty(&class->ready)) {
        struct list_node *node = class->ready.next;

        list_remove(node);
        list_append(&rest, node);
    }
    while (!list_is_empty(&rest)) {
        struct attachment *attachment = LIST_ENTRY(rest.next, struct attachment, class_node);

        list_remove(&attachment->class_node);
        list_append(&class->ready, &attachment->class_node);
        queue_run(engine, attachment);
        subscription_update_ready(attachment->subscription);
    }
}

/* Something has changed for all of them: a new exclusive one, a freed group, returned messages. */
void queue_run_all(struct engine *engine, struct destination *queue)
{
    struct list_node *head = &queue->queue.pending;

    if (!queue->queue.changed || !queue->queue.started)
        return;
    if (queue->queue.rescan && queue->queue.selective_count > 0 && !list_is_empty(head))
        point_cursors_at(LIST_ENTRY(head->next, struct entry, node), true);
    queue->queue.changed = queue->queue.rescan = false;
    LIST_FOR_EACH(class_node, &queue->queue.classes) {
        if (list_is_empty(head))
            return;
        run_class(engine, LIST_ENTRY(class_node, struct priority_class, node));
    }
}

/*
 * Attachments.
 */
static struct priority_class *class_for(struct destination *destination, int32_t priority)
{
    struct queue *queue = &destination->queue;
    struct priority_class *class;
    struct list_node *at = queue->classes.next;

    while (at != &queue->classes) {
        class = LIST_ENTRY(at, struct priority_class, node);
        if (class->priority == priority)
            return class;
        if (class->priority < priority)
            break;
        at = at->next;
    }
    class = malloc(sizeof *class);
    if (class) {
        class->priority = priority;
        list_init(&class->ready);
        list_init(&class->full);
        list_insert_before(at, &class->node);
    }
    return class;
}

static bool wants_exclusive(const struct attachment *attachment)
{
    return attachment->subscription->request->exclusive || attachment->queue->policy->all_exclusive;
}

static void begin_when_enough(struct engine *engine, struct destination *queue)
{
    const struct config_policy *policy = queue->policy;
    int64_t wait_ms = policy->time_before_dispatch_ms;

    if (queue->queue.started)
        return;
    if (policy->consumers_before_dispatch > 0 &&
        queue->subscription_count >= policy->consumers_before_dispatch) {
        queue->queue.started = true;
        queue->queue.changed = queue->queue.rescan = true;
        queue_run_all(engine, queue);
    } else if (!timer_is_set(&queue->queue.start_timer)) {
        wheel_set(&engine->wheel, &queue->queue.start_timer,
                  engine->wheel.now_ms + (wait_ms > 0 ? wait_ms : 1000));
    }
}

int queue_attach(struct engine *engine, struct destination *queue,
                 struct subscription *subscription)
{
    bool by_priority = queue->policy->use_consumer_priority;
    struct priority_class *class =
        class_for(queue, by_priority ? subscription->request->priority : 0);
    struct attachment *attachment = malloc(sizeof *attachment);
    struct attachment *exclusive = queue->queue.exclusive;

    if (!class || !attachment) {
        free(attachment);
        return -ENOMEM;
    }
    *attachment = (struct attachment){
        .subscription = subscription, .queue = queue, .class = class, .cursor = NULL};
    list_init(&attachment->cursor_node);
    subscription_update_ready(subscription); /* else it may stand in the wrong list for ever */
    list_append(subscription->ready ? &class->ready : &class->full, &attachment->class_node);
    list_append(&subscription->attachments, &attachment->subscription_node);
    queue->subscription_count++;
    destination_touch(queue);
    if (is_selective(attachment)) {
        queue->queue.selective_count++;
        if (!list_is_empty(&queue->queue.pending))
            set_cursor(attachment, LIST_ENTRY(queue->queue.pending.next, struct entry, node));
    }
    if (wants_exclusive(attachment) && (!exclusive || class->priority > exclusive->class->priority))
        queue->queue.exclusive = attachment;
    advisory_queue_consumer(engine, subscription, queue, true);
    return 0;
}

void queue_start_attachment(struct engine *engine, struct attachment *attachment)
{
    begin_when_enough(engine, attachment->queue);
    queue_run(engine, attachment);
}

static struct attachment *next_exclusive(const struct destination *queue)
{
    LIST_FOR_EACH(class_node, &queue->queue.classes) {
        struct priority_class *class = LIST_ENTRY(class_node, struct priority_class, node);
        struct list_node *lists[] = {&class->ready, &class->full};

        for (size_t i = 0; i < ARRAY_LEN(lists); i++)
            LIST_FOR_EACH(node, lists[i]) {
                struct attachment *attachment = LIST_ENTRY(node, struct attachment, class_node);

                if (wants_exclusive(attachment))
                    return attachment;
            }
    }
    return NULL;
}

void queue_detach(struct engine *engine, struct attachment *attachment)
{
    struct destination *queue = attachment->queue;

    if (is_selective(attachment))
        queue->queue.selective_count--;
    set_cursor(attachment, NULL);
    list_remove(&attachment->class_node);
    list_remove(&attachment->subscription_node);
    queue->subscription_count--;
    destination_touch(queue);
    queue_groups_forget(queue, attachment->subscription);
    if (queue->queue.exclusive == attachment || queue->queue.groups)
        queue->queue.changed = queue->queue.rescan = true;
    if (queue->queue.exclusive == attachment)
        queue->queue.exclusive = next_exclusive(queue);
    advisory_queue_consumer(engine, attachment->subscription, queue, false);
    free(attachment);
}

struct subscription *queue_any_subscription(const struct destination *queue)
{
    LIST_FOR_EACH(class_node, &queue->queue.classes) {
        struct priority_class *class = LIST_ENTRY(class_node, struct priority_class, node);
        struct list_node *list = list_is_empty(&class->ready) ? &class->full : &class->ready;

        if (!list_is_empty(list))
            return LIST_ENTRY(list->next, struct attachment, class_node)->subscription;
    }
    return NULL;
}

/*
 * The end of entries.
 */
void queue_return(struct engine *engine, struct entry *entry)
{
    entry->extended = entry->group_first = false;
    if (message_is_expired(entry->message, engine->wall_ms)) {
        add_pending(entry, false);
        expire(engine, entry);
        return;
    }
    add_pending(entry, true);
    entry->queue->queue.changed = true;
}

void queue_forget(struct engine *engine, struct entry *entry)
{
    struct destination *queue = entry->queue;

    assert(queue->count > 0);
    queue->count--;
    if (entry->message->expiration_ms != 0)
        queue->queue.expiring_count--;
    if (queue->count == 0)
        destination_touch(queue);
    if (entry->message->persistent && engine->store)
        engine->store->remove(engine->store->arg, 0, entry->number);
    entry_destroy(engine, entry);
}

void queue_expire(struct engine *engine, struct destination *queue)
{
    LIST_FOR_EACH_SAFE(node, &queue->queue.pending) {
        struct entry *entry = LIST_ENTRY(node, struct entry, node);

        if (queue->queue.expiring_count == 0)
            return;
        if (message_is_expired(entry->message, engine->wall_ms))
            expire(engine, entry);
    }
    if (queue->queue.expiring_count > 0)
        watch_expiry(engine, queue);
}

void queue_purge(struct engine *engine, struct destination *queue)
{
    schedule_drop_entries(engine, queue);
    LIST_FOR_EACH_SAFE(node, &queue->queue.locked)
        queue_forget(engine, LIST_ENTRY(node, struct entry, node));
    LIST_FOR_EACH_SAFE(node, &queue->queue.pending) {
        struct entry *entry = LIST_ENTRY(node, struct entry, node);

        unlink_pending(entry);
        queue_forget(engine, entry);
    }
}
