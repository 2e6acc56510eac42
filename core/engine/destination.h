/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_DESTINATION_H
#define ENGINE_DESTINATION_H
/*
 * destination.h - a destination as its owner holds it, whatever its kind.
 *
 * Threads    the engine's own (shard.h).
 */
#include "base/list.h"
#include "shard.h"
#include "subscription.h"

/* The attachments of one consumer priority: those with room take turns. */
struct priority_class {
    struct list_node node; /* queue.classes, highest priority first */
    int32_t priority;
    struct list_node ready, full;
};

struct queue {
    struct list_node pending; /* by level, highest first, then by number */
    struct entry *last[10];   /* the last entry of each level; without priorities all are on 0 */
    struct entry *returned;   /* the last one that came back, if pending: the next is near it */
    struct list_node classes;
    uint32_t selective_count;     /* attachments that keep a cursor */
    struct attachment *exclusive; /* the one that gets everything */
    struct list_node locked;      /* entries that transactions keep (branch.h) */
    struct list_node delayed;     /* struct job (schedule.c): neither pending nor dispatched */
    struct group_map *groups;     /* message groups and who has them; NULL: none yet */
    bool started;
    bool changed; /* something came back, or `rescan`: others may find work (queue_run_all) */
    bool rescan;  /* what was left alone may be taken now: cursors go back to the front */
    struct timer start_timer;
    uint32_t expiring_count; /* messages that have an expiration */
};

struct topic {
    uint64_t interested;       /* shards with matching subscriptions, a bit each */
    uint64_t interest_version; /* of the engine, when `interested` was found out */
    uint64_t full;             /* shards where more waits than the policy allows */
    struct recovery *recovery; /* what late subscribers may ask for (recovery.c) */
};

/* A send that waits until there is room. */
struct waiting_send {
    struct list_node node;
    struct message *message;
    struct reply_address reply;
    int64_t until_ms; /* then it fails; INT64_MAX: never */
    uint8_t flags;
    bool throttled;
    bool is_orphaned; /* its client has gone */
};

struct destination_counters {
    uint64_t enqueued, dequeued, dispatched, expired, forwarded, dead_lettered;
    uint64_t blocked_sends;
};

struct destination {
    struct destination_name name; /* bytes follow the struct */
    uint64_t hash;
    const struct config_policy *policy;
    uint64_t owner;      /* client serial of a temporary one, else 0 */
    char *connection_id; /* of whoever made it come into being; NULL: the broker */
    uint64_t memory;
    uint32_t count; /* messages held, dispatched ones included */
    uint32_t subscription_count, producer_count;
    struct list_node producers; /* struct home_producer (producer.c) */
    bool is_dead_letter, is_statistics, full_announced, configured;
    bool is_scheduler;             /* not a destination, but what is scheduled (schedule.c) */
    struct list_node blocked_node; /* engine->blocked */
    struct list_node waiting;      /* struct waiting_send */
    uint64_t waiting_bytes;
    int64_t next_warning_ms; /* of producers that wait */
    int64_t idle_since_ms;
    struct timer expire_timer;
    struct engine *engine;
    struct destination_counters counters;
    union {
        struct queue queue;
        struct topic topic;
    };
};

static inline bool destination_is_queue(const struct destination *destination)
{
    return destination_kind_is_queue(destination->name.kind);
}

struct destination *destination_find(struct engine *engine, struct destination_name name,
                                     uint64_t hash);
/* Who brings a destination into being. */
struct destination_maker {
    bool may_create;
    uint64_t owner;             /* of a temporary one: client serial, else 0 */
    struct slice connection_id; /* absent: the broker */
};
/* Finds it, or creates it if its maker may. NULL: `error` and `why` say the reason. */
struct destination *destination_get(struct engine *engine, struct destination_name name,
                                    uint64_t hash, const struct destination_maker *maker,
                                    enum engine_error *error, struct text_error *why) MUST_CHECK;
/* With its content; subscriptions to it end. */
void destination_remove(struct engine *engine, struct destination *destination, const char *why);
void destination_touch(struct destination *destination); /* it is in use now */
/* Does anybody subscribe to this topic, be it by a wildcard, or durably and offline? */
bool destination_is_heard(const struct engine *engine, const struct destination *topic);
/* A message for a destination of this shard; takes over the reference. */
void destination_send(struct engine *engine, uint64_t hash, struct message *message,
                      const struct reply_address *reply, uint8_t flags);
/* An admitted message becomes part of the destination, and the sender hears so. */
void destination_accept(struct engine *engine, struct destination *destination,
                        struct message *message, const struct reply_address *reply);
/* Room may have appeared: lets waiting sends in. */
void destinations_release_blocked(struct engine *engine);
void shard_destination(struct engine *engine, const struct destination_request *request,
                       const struct reply_address *reply);
void destinations_start(struct engine *engine);
void destinations_fini(struct engine *engine);
void destination_text(struct destination_name name, struct text_error *out); /* "queue://A" */

/* flow.c: memory and flow control */
uint32_t message_charge(const struct message *message, const struct config_policy *policy);
void memory_add(struct engine *engine, struct destination *destination, uint32_t charge);
void memory_remove(struct engine *engine, struct destination *destination, uint32_t charge);
/* False: the send waits or has been refused; it is dealt with. */
bool flow_admits(struct engine *engine, struct destination *destination, struct message *message,
                 const struct reply_address *reply, uint8_t flags);
/* For what the broker sends on its own account: the limits of a destination (NULL: there is none
 * yet), and, if it `adds` to what is held, those of the broker. */
bool flow_has_room(const struct engine *engine, const struct destination *destination, bool adds);
/* A client has closed: what it still has waiting, on any shard, does not time out. */
void flow_client_gone(struct engine *engine, uint64_t client);
void flow_receive_client_gone(struct engine *engine, const struct engine_mail *mail);
void flow_drop_waiting(struct engine *engine, struct destination *destination);
void flow_forget_waiting(struct destination *destination); /* at the end: nobody is told */

/* tickets.c: an answer that waits until the store has kept its promise. 0: no memory. */
uint64_t ticket_create(struct engine *engine, const struct reply_address *reply);
int tickets_init(struct engine *engine) MUST_CHECK;
void tickets_fini(struct engine *engine);

/* policy.c */
unsigned
policy_closeness(struct slice pattern); /* how closely it describes names: more is closer */
const struct config_policy *policy_for(const struct config *config, struct destination_name name);
/* Does any policy ask for an advisory about each delivery, or about each message consumed? */
bool policies_advise_deliveries(const struct config *config);

/* queue.c */
int queue_init(struct destination *destination) MUST_CHECK;
void queue_fini(struct destination *destination);
/* `ticket` is what the store answers when the message is durable; 0: nobody waits. */
int queue_enqueue(struct engine *engine, struct destination *queue, struct message *message,
                  uint64_t ticket) MUST_CHECK;
int queue_attach(struct engine *engine, struct destination *queue,
                 struct subscription *subscription) MUST_CHECK;
void queue_detach(struct engine *engine, struct attachment *attachment);
void queue_start_attachment(struct engine *engine, struct attachment *attachment);
/* Dispatches to this attachment while it has room and there is something for it. */
void queue_run(struct engine *engine, struct attachment *attachment);
void queue_run_all(struct engine *engine, struct destination *queue); /* if `changed` */
/* At the next advance: messages that others had to leave alone are free, and a queue cannot be run
 * from inside its own dispatch. */
void queue_run_soon(struct destination *queue);
void queue_set_ready(struct attachment *attachment, bool ready);
/* An entry that waited for its redelivery comes back, as the newest. */
void queue_enqueue_again(struct engine *engine, struct entry *entry);
/* An entry that was dispatched comes back to its place. */
void queue_return(struct engine *engine, struct entry *entry);
/* It is done with: acknowledged, expired, dead-lettered or purged. Frees the entry. */
void queue_forget(struct engine *engine, struct entry *entry);
void queue_expire(struct engine *engine, struct destination *queue);
void queue_purge(struct engine *engine, struct destination *queue);
struct subscription *queue_any_subscription(const struct destination *queue); /* or NULL */

/* queue_groups.c */
bool queue_group_admits(struct engine *engine, const struct attachment *attachment,
                        struct entry *entry);
void queue_group_dispatched(struct engine *engine, struct attachment *attachment,
                            struct entry *entry);
/* Its consumer has not seen the first message of the group: it is nobody's again. */
void queue_group_taken_back(struct destination *queue, const struct entry *entry,
                            const struct subscription *subscription);
void queue_groups_forget(struct destination *queue, const struct subscription *subscription);
void queue_groups_fini(struct queue *queue);

/* browse.c */
int browse_start(struct engine *engine, struct subscription *subscription,
                 struct destination *queue) MUST_CHECK;
void browse_run(struct engine *engine, struct subscription *subscription);
void browse_fini(struct engine *engine, struct subscription *subscription);

/* dead_letter.c. The entry's message goes to its dead letter queue or is dropped, as the policy
 * says; the entry stays with the caller. */
enum dead_letter_reason { DEAD_LETTER_POISON, DEAD_LETTER_EXPIRED, DEAD_LETTER_REDELIVERED };
void dead_letter(struct engine *engine, const struct config_policy *policy,
                 struct destination_name from, struct message *message,
                 enum dead_letter_reason reason, const struct subscription *subscription);
/* Is it one that the policies send dead letters to? Told by its name. */
bool dead_letter_is_target(const struct config *config, struct destination_name name);
void dead_letters_fini(struct engine *engine);
#endif
