/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_SUBSCRIPTION_H
#define ENGINE_SUBSCRIPTION_H
/*
 * subscription.h - the home half of a subscription: its selector, its window of dispatched
 * messages, and the queues it is attached to or the topic messages that wait for it.
 *
 * Threads    the engine's own (shard.h).
 */
#include "base/list.h"
#include "engine/selector.h"
#include "home.h"
#include "shard.h"

struct destination;
struct durable;

/* One topic message here, however many subscriptions it waits for. */
struct item {
    struct message *message;
    struct topic_view *view; /* accounts for it; NULL: nobody does (browse.c) */
    uint32_t refs, charge;
};

/* A message in a queue, or waiting for one topic subscription. */
struct entry {
    struct list_node node;    /* pending messages of the queue or the topic subscription */
    struct list_node cursors; /* selective attachments that go on from here (queue.c) */
    struct message *message;
    struct item *item;         /* topic subscriptions: who holds the message */
    struct destination *queue; /* NULL for topic subscriptions */
    struct lock *lock;         /* acknowledged in a transaction that has not ended (branch.h) */
    uint64_t number;           /* order within the destination */
    uint32_t charge;           /* bytes accounted for it */
    uint32_t redelivery_count;
    bool group_first, extended, dispatched;
};

/* Dispatched and not acknowledged: a ring of slots, indexed by tag. What stays behind while many
 * later ones are acknowledged moves into a row of its own, so that the ring stays short. */
struct window {
    uintptr_t *slots; /* entries, or items alone (window.c) */
    uint32_t capacity, head;
    uint32_t len;  /* slots from the oldest unacknowledged to the newest */
    uint32_t live; /* unacknowledged, in the ring and behind */
    uint64_t base_tag;
    struct straggler *stragglers; /* tags below base_tag, rising */
    uint32_t straggler_count, straggler_capacity;
};

/* One subscription's place at one queue. */
struct attachment {
    struct subscription *subscription;
    struct destination *queue;
    struct priority_class *class;
    struct list_node class_node;        /* ready or full list of its class */
    struct list_node subscription_node; /* the subscription's attachments */
    struct list_node cursor_node;       /* at cursor->cursors */
    struct entry *cursor; /* selective ones: the first entry not looked at; NULL: all seen */
};

struct subscription {
    uint64_t id, client; /* consumer id and client serial; 0 while a durable one is offline */
    struct engine_consumer *local;     /* the consumer, when it is on this shard */
    struct subscribe_request *request; /* what it asked for */
    struct window window;
    uint32_t prefetch, extension;
    bool ready;  /* has room: its attachments stand in the ready lists */
    bool permit; /* for one message, beyond the prefetch (pull.c) */
    bool closing;
    bool announced; /* by an advisory */
    struct list_node attachments;
    struct list_node wildcard_node; /* engine->wildcards */

    /* topics */
    struct list_node pending;
    uint32_t pending_count;
    int64_t pending_limit;              /* -1: none */
    int64_t expiry_ms;                  /* none of the pending messages expires before */
    const struct config_policy *policy; /* of its topic */
    uint64_t discarded;
    struct durable *durable;
    struct list_node locked; /* a durable one's entries that transactions keep */

    const char *poison_cause; /* the client's, while what it gives up is dealt with; else NULL */
    struct browse *browse;    /* browsers: the messages still to show (browse.c) */

    /* slow consumers */
    int64_t slow_since_ms, last_acknowledged_ms;
    uint32_t slow_count;
    uint64_t dispatched, dequeued;
};

/* For `expiry_ms`, of a message that is pending now. */
static inline void subscription_note_expiry(struct subscription *subscription,
                                            const struct message *message)
{
    if (message->expiration_ms > 0 && message->expiration_ms < subscription->expiry_ms)
        subscription->expiry_ms = message->expiration_ms;
}

struct subscription *subscription_find(struct engine *engine, uint64_t id);
/* Takes over the request. NULL: no memory (the request is freed). */
struct subscription *subscription_create(struct engine *engine,
                                         struct subscribe_request *request) MUST_CHECK;
/* Detached from everything, window empty. */
void subscription_destroy(struct engine *engine, struct subscription *subscription);
bool subscription_has_room(const struct subscription *subscription);
bool subscription_accepts(const struct subscription *subscription, const struct entry *entry);
/* Puts the entry into the window and hands it to the consumer. -ENOMEM: nothing has happened. */
int subscription_dispatch(struct engine *engine, struct subscription *subscription,
                          struct entry *entry) MUST_CHECK;
/* The same for a topic message that has not waited: it needs no entry. Takes a reference. */
int subscription_dispatch_item(struct engine *engine, struct subscription *subscription,
                               struct item *item) MUST_CHECK;
/* Moves its attachments to where they belong now: the ready or the full lists. */
void subscription_update_ready(struct subscription *subscription);
/* Room may have appeared or gone: the same, and dispatches what waits for it. */
void subscription_update(struct engine *engine, struct subscription *subscription);
/* Runs the queues it is attached to, for all their subscriptions. */
void subscription_run_queues(struct engine *engine, struct subscription *subscription);
/* Finds the consumer of its id, if that is on this shard. */
void subscription_bind(struct engine *engine, struct subscription *subscription);
/* Gives everything back and destroys it. */
void subscription_leave(struct engine *engine, struct subscription *subscription,
                        uint64_t delivered_tag);
void subscription_acknowledge(struct engine *engine, struct subscription *subscription,
                              enum acknowledgement_kind kind, uint64_t first, uint64_t last);
/* Gives the dispatched messages back; those up to delivered_tag count as delivered once more. */
void subscription_return_window(struct engine *engine, struct subscription *subscription,
                                uint64_t delivered_tag);
/* The session has not seen it: it is as if it had not been dispatched. */
void subscription_take_back(struct engine *engine, struct subscription *subscription, uint64_t tag);
/* For branch.c: what one delivery of the window becomes... */
void subscription_settle(struct engine *engine, struct subscription *subscription,
                         enum acknowledgement_kind kind, uint64_t tag);
/* ...or one that a transaction has kept; the subscription may be gone (NULL). */
void subscription_settle_kept(struct engine *engine, struct subscription *subscription,
                              struct entry *entry, enum acknowledgement_kind kind);
void subscription_settled(struct engine *engine, struct subscription *subscription); /* after */
/* It fills the window no more, if the policy allows, or again. */
void subscription_extend(struct engine *engine, struct subscription *subscription,
                         struct entry *entry);
void subscription_contract(struct subscription *subscription, struct entry *entry);
/* A queue that a wildcard subscription may match: attaches it, if the user may read it. The
 * attachment is still to be started. NULL: nothing has been attached. */
struct attachment *subscription_attach_matching(struct engine *engine,
                                                struct subscription *subscription,
                                                struct destination *queue);
void subscription_detach_from(struct engine *engine, struct subscription *subscription,
                              struct destination *queue);
/* Ends it from the broker's side (slow consumer, destination removed). */
void subscription_end(struct engine *engine, struct subscription *subscription, const char *why);

void shard_subscribe(struct engine *engine, struct subscribe_request *request,
                     const struct reply_address *reply);
/* After a failed subscribe nothing may stay behind, not even a durable one. */
void shard_unsubscribe(struct engine *engine, uint64_t id, uint64_t delivered_tag, bool failed,
                       const struct reply_address *reply);

/* entry.c: entries and items */
struct entry *entry_create(struct engine *engine, struct message *message, struct item *item,
                           struct destination *queue) MUST_CHECK; /* takes over one reference */
void entry_destroy(struct engine *engine, struct entry *entry);   /* and what it holds */
struct item *item_create(struct engine *engine, struct message *message,
                         struct topic_view *view) MUST_CHECK;
void item_unref(struct engine *engine, struct item *item);
#endif
