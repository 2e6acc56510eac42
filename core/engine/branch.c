/* SPDX-License-Identifier: Apache-2.0 */
#include "branch.h"

#include <stdlib.h>

#include "consumer.h"
#include "destination.h"
#include "topic.h"
#include "window.h"

static uint64_t hash_of(const void *object)
{
    return serial_hash(((const struct branch *)object)->transaction);
}

static bool matches(const void *object, const void *key)
{
    return ((const struct branch *)object)->transaction == *(const uint64_t *)key;
}

int branches_init(struct engine *engine)
{
    pool_init(&engine->lock_pool, sizeof(struct lock));
    return table_init(&engine->branches, hash_of, matches, 16);
}

static void fini_one(void *arg, void *object)
{
    struct engine *engine = arg;
    struct branch *branch = object;

    assert(list_is_empty(&branch->locks));
    table_remove(&engine->branches, branch);
    free(branch);
}

void branches_fini(struct engine *engine)
{
    table_each(&engine->branches, fini_one, engine);
    table_fini(&engine->branches);
    pool_fini(&engine->lock_pool);
}

static struct branch *find(struct engine *engine, uint64_t transaction)
{
    return table_find(&engine->branches, serial_hash(transaction), &transaction);
}

static struct branch *find_or_add(struct engine *engine, uint64_t transaction)
{
    struct branch *branch = find(engine, transaction);

    if (branch)
        return branch;
    branch = malloc(sizeof *branch);
    if (!branch)
        return NULL;
    branch->transaction = transaction;
    list_init(&branch->locks);
    if (table_add(&engine->branches, branch) == 0)
        return branch;
    free(branch);
    return NULL;
}

/*
 * Locking.
 */
static bool add_lock(struct engine *engine, struct branch *branch,
                     struct subscription *subscription, uint64_t tag,
                     const struct engine_mail *wanted)
{
    struct lock *lock;
    struct entry *entry;

    window_make_entry(engine, &subscription->window, tag);
    entry = window_at(&subscription->window, tag);
    if (!entry || entry->lock)
        return true;
    lock = pool_take(&engine->lock_pool);
    if (!lock)
        return false;
    *lock = (struct lock){.branch = branch,
                          .entry = entry,
                          .subscription = subscription,
                          .tag = tag,
                          .kind = (enum acknowledgement_kind)wanted->small,
                          .is_gated = wanted->flags & MAIL_GATED};
    list_append(&branch->locks, &lock->node);
    entry->lock = lock;
    subscription_extend(engine, subscription, entry);
    return true;
}

void branch_receive_lock(struct engine *engine, const struct engine_mail *mail)
{
    struct subscription *subscription = subscription_find(engine, mail->id);
    struct branch *branch = subscription ? find_or_add(engine, mail->transaction) : NULL;
    bool ok = branch || !subscription;

    if (branch) {
        WINDOW_FOR_EACH(tag, &subscription->window, mail->first, mail->last)
            ok = ok && add_lock(engine, branch, subscription, tag, mail);
        subscription->last_acknowledged_ms = engine->wheel.now_ms;
        subscription_update(engine, subscription);
    }
    engine_answer(engine, &mail->reply, ok ? ENGINE_OK : ENGINE_NO_MEMORY,
                  ok ? "" : "the broker is out of memory");
}

void home_lock(struct engine *engine, uint16_t shard, uint64_t transaction, uint64_t consumer,
               enum acknowledgement_kind kind, uint64_t first, uint64_t last, bool is_gated,
               struct reply_address reply)
{
    struct engine_mail mail = {.kind = MAIL_LOCK,
                               .flags = is_gated ? MAIL_GATED : 0,
                               .small = (uint32_t)kind,
                               .id = consumer,
                               .first = first,
                               .last = last,
                               .reply = reply,
                               .transaction = transaction};

    if (shard == engine->index)
        branch_receive_lock(engine, &mail);
    else
        engine_mail_to(engine, shard, &mail);
}

/* The entry is free again, whatever becomes of it. */
static void unlock(struct engine *engine, struct lock *lock)
{
    list_remove(&lock->node);
    list_remove(&lock->entry->node); /* if it was kept */
    lock->entry->lock = NULL;
    pool_give(&engine->lock_pool, lock);
}

static void tell_gate(struct engine *engine, const struct lock *lock, bool commit)
{
    uint64_t consumer = lock->subscription ? lock->subscription->id : 0;
    struct engine_mail mail = {
        .kind = MAIL_GATE, .flags = commit ? MAIL_ADD : 0, .id = consumer, .first = lock->tag};

    if (serial_shard(consumer) == engine->index)
        gate_receive_end(engine, engine->index, &mail);
    else
        engine_mail_to(engine, serial_shard(consumer), &mail);
}

void branch_forget(struct engine *engine, struct entry *entry)
{
    struct lock *lock = entry->lock;

    if (LIKELY(!lock))
        return;
    if (lock->is_gated && lock->tag != 0) /* its queue is gone: for the consumer it is settled */
        tell_gate(engine, lock, true);
    unlock(engine, lock);
}

bool branch_keeps(struct engine *engine, struct subscription *subscription, struct entry *entry)
{
    struct lock *lock = entry->lock;

    if (LIKELY(!lock))
        return false;
    if (!entry->queue && !subscription->durable) {
        unlock(engine, lock);
        return false;
    }
    lock->tag = 0;
    if (entry->queue) {
        lock->subscription = NULL;
        list_append(&entry->queue->queue.locked, &entry->node);
    } else {
        list_append(&subscription->locked, &entry->node);
    }
    return true;
}

/*
 * The end of a branch. Settling one may destroy others, with a queue or a subscription: so each is
 * taken from the branch before anything happens to it.
 */
static void end_lock(struct engine *engine, struct lock *lock, bool commit)
{
    struct subscription *subscription = lock->subscription;
    struct entry *entry = lock->entry;
    enum acknowledgement_kind kind = lock->kind;
    uint64_t tag = lock->tag;

    if (UNLIKELY(lock->is_gated) && tag != 0)
        tell_gate(engine, lock, commit);
    unlock(engine, lock);
    if (tag == 0)
        subscription_settle_kept(engine, subscription, entry, commit ? kind : ACKNOWLEDGE_RELEASED);
    else if (commit)
        subscription_settle(engine, subscription, kind, tag);
    else
        subscription_contract(subscription, entry);
}

/* For whom something has changed, by that time. */
struct affected {
    uint64_t consumer;
    struct destination *queue;
};

static void run(struct engine *engine, struct affected affected)
{
    struct subscription *subscription =
        affected.consumer != 0 ? subscription_find(engine, affected.consumer) : NULL;

    if (affected.queue)
        queue_run_all(engine, affected.queue);
    if (subscription)
        subscription_settled(engine, subscription);
}

static void end_next(struct engine *engine, struct lock *lock, bool commit, struct affected *last)
{
    struct affected next = {.consumer = lock->subscription ? lock->subscription->id : 0,
                            .queue = lock->entry->queue};

    if (next.consumer != last->consumer || next.queue != last->queue)
        run(engine, *last);
    *last = next;
    end_lock(engine, lock, commit);
}

static void end_locks(struct engine *engine, struct branch *branch, bool commit)
{
    struct affected last = {.consumer = 0};
    struct list_node back; /* what goes back, from the end: each finds its place at once */

    list_init(&back);
    while (!list_is_empty(&branch->locks)) {
        struct lock *lock = LIST_ENTRY(branch->locks.next, struct lock, node);

        if (commit && lock->kind != ACKNOWLEDGE_RELEASED) {
            end_next(engine, lock, true, &last);
        } else {
            list_remove(&lock->node);
            list_append(&back, &lock->node);
        }
    }
    while (!list_is_empty(&back))
        end_next(engine, LIST_ENTRY(back.prev, struct lock, node), commit, &last);
    run(engine, last);
}

void branch_receive_end(struct engine *engine, const struct engine_mail *mail)
{
    struct branch *branch = find(engine, mail->transaction);

    if (branch) {
        end_locks(engine, branch, mail->flags & MAIL_ADD);
        table_remove(&engine->branches, branch);
        free(branch);
    }
    engine_answer(engine, &mail->reply, ENGINE_OK, "");
}

void home_end_branch(struct engine *engine, uint16_t shard, uint64_t transaction, bool commit,
                     struct reply_address reply)
{
    struct engine_mail mail = {.kind = MAIL_END_BRANCH,
                               .flags = commit ? MAIL_ADD : 0,
                               .reply = reply,
                               .transaction = transaction};

    if (shard == engine->index)
        branch_receive_end(engine, &mail);
    else
        engine_mail_to(engine, shard, &mail);
}
