/* SPDX-License-Identifier: Apache-2.0 */
#include "topic.h"

#include <errno.h>
#include <stdlib.h>

#include "advisories.h"
#include "durable.h"
#include "slow_consumer.h"

enum { VIEWS_MAX = 65536 }; /* then the ones that hold nothing are dropped */

/* That a shard has subscriptions matching a pattern. */
struct interest {
    uint16_t shard;
    enum destination_kind kind;
    uint32_t count;
    struct slice pattern; /* bytes follow the struct */
};

static unsigned plane(enum destination_kind kind)
{
    assert(!destination_kind_is_queue(kind));
    return kind == DESTINATION_TEMP_TOPIC;
}

/*
 * Interest, at the owners of topics.
 */
static uint64_t interest_hash(const void *object)
{
    const struct interest *interest = object;

    return slice_hash(interest->pattern, (uint64_t)interest->shard << 8 | interest->kind);
}

static bool interest_matches(const void *object, const void *key)
{
    const struct interest *a = object, *b = key;

    return a->shard == b->shard && a->kind == b->kind && slice_equal(a->pattern, b->pattern);
}

static struct interest *interest_add(struct engine *engine, const struct interest *wanted)
{
    struct interest *interest = malloc(sizeof *interest + wanted->pattern.len);

    if (!interest)
        return NULL;
    *interest = *wanted;
    memcpy(interest + 1, wanted->pattern.bytes, wanted->pattern.len);
    interest->pattern = slice_of(interest + 1, wanted->pattern.len);
    if (pattern_index_add(engine->interest[plane(wanted->kind)], interest->pattern, interest) != 0)
        goto no_memory;
    if (table_add(&engine->interests, interest) != 0) {
        pattern_index_remove(engine->interest[plane(wanted->kind)], interest->pattern, interest);
        goto no_memory;
    }
    engine->interest_version++;
    return interest;

no_memory:
    free(interest);
    return NULL;
}

static void interest_remove(struct engine *engine, struct interest *interest)
{
    pattern_index_remove(engine->interest[plane(interest->kind)], interest->pattern, interest);
    table_remove(&engine->interests, interest);
    engine->interest_version++;
    free(interest);
}

void topic_interest_changed(struct engine *engine, uint16_t shard, enum destination_kind kind,
                            struct slice pattern, bool add)
{
    struct interest key = {.shard = shard, .kind = kind, .pattern = pattern};
    struct interest *interest = table_find(&engine->interests, interest_hash(&key), &key);

    if (!interest && add)
        interest = interest_add(engine, &key);
    if (!interest)
        return;
    if (add)
        interest->count++;
    else if (--interest->count == 0)
        interest_remove(engine, interest);
}

static void note_shard(void *arg, void *item)
{
    uint64_t *shards = arg;
    const struct interest *interest = item;

    *shards |= UINT64_C(1) << interest->shard;
}

static uint64_t interested_shards(struct engine *engine, struct destination *destination)
{
    struct topic *topic = &destination->topic;

    if (UNLIKELY(topic->interest_version != engine->interest_version)) {
        topic->interested = 0;
        pattern_index_match(engine->interest[plane(destination->name.kind)], destination->name.name,
                            note_shard, &topic->interested);
        topic->interest_version = engine->interest_version;
    }
    return topic->interested;
}

static void send_to_shards(struct engine *engine, uint64_t shards, struct message *message)
{
    bool here = shards >> engine->index & 1;

    shards &= ~(UINT64_C(1) << engine->index);
    while (shards != 0) {
        uint16_t to = (uint16_t)__builtin_ctzll(shards);
        struct engine_mail mail = {.kind = MAIL_PUBLISH, .pointer = message_ref(message)};

        shards &= shards - 1;
        engine_mail_to(engine, to, &mail);
    }
    if (here)
        topic_fan_out(engine, message);
}

void topic_publish(struct engine *engine, struct destination *topic, struct message *message)
{
    uint64_t shards = interested_shards(engine, topic);

    if (UNLIKELY(topic->policy->recovery.kind != RECOVERY_NONE))
        recovery_keep(engine, topic, message);
    if (UNLIKELY(shards == 0))
        advisory_message(engine, MESSAGE_ADVISORY_NO_CONSUMER, topic->policy, topic->name, message,
                         NULL);
    topic->counters.dispatched++;
    send_to_shards(engine, shards, message);
}

void topic_publish_advisory(struct engine *engine, uint64_t hash, struct message *message)
{
    struct destination_name name = message_destination(message);
    struct destination *topic = destination_find(engine, name, hash);
    uint64_t shards = 0;

    if (topic)
        shards = interested_shards(engine, topic);
    else
        pattern_index_match(engine->interest[plane(name.kind)], name.name, note_shard, &shards);
    send_to_shards(engine, shards, message);
    message_unref(message);
}

/* A subscription to a concrete name makes the topic, and is told what the topic keeps. */
static void interest_in_topic(struct engine *engine, uint16_t from, struct destination_name name,
                              const struct engine_mail *mail)
{
    enum engine_error error = ENGINE_OK;
    struct text_error why;
    struct destination_maker maker = {.may_create = mail->flags & MAIL_MAY_CREATE};
    struct destination *topic;
    bool is_foreign;

    maker.connection_id = mail->pointer_b ? slice_of_text(mail->pointer_b) : SLICE_ABSENT;
    topic = destination_get(engine, name, destination_name_hash(name), &maker, &error, &why);
    /* Whoever fails takes this back like any other. */
    topic_interest_changed(engine, from, name.kind, name.name, true);
    if (topic) {
        topic->subscription_count++;
        destination_touch(topic);
    }
    is_foreign = topic && topic->owner != 0 && topic->owner != mail->first;
    if (is_foreign) { /* it is for the connection that has made it */
        error = ENGINE_NOT_AUTHORIZED;
        text_error_set(&why, "read from: %s%.*s", destination_kind_prefix(name.kind),
                       SLICE_FMT(name.name));
    }
    if (!topic || is_foreign) {
        engine_answer(engine, &mail->reply, error, why.text);
        return;
    }
    engine_answer(engine, &mail->reply, ENGINE_OK, "");
    if (mail->flags & MAIL_RETROACTIVE || topic->policy->always_retroactive)
        recovery_replay(engine, topic, from, mail->id);
}

struct replay {
    struct engine *engine;
    uint16_t from;
    const struct engine_mail *mail;
    struct destination_name pattern;
};

static void replay_if_matching(void *arg, void *object)
{
    const struct replay *replay = arg;
    struct destination *topic = object;

    if (topic->name.kind == replay->pattern.kind &&
        pattern_matches(replay->pattern.name, topic->name.name) &&
        (replay->mail->flags & MAIL_RETROACTIVE || topic->policy->always_retroactive))
        recovery_replay(replay->engine, topic, replay->from, replay->mail->id);
}

static void interest_in_pattern(struct engine *engine, uint16_t from,
                                struct destination_name pattern, const struct engine_mail *mail)
{
    topic_interest_changed(engine, from, pattern.kind, pattern.name, true);
    engine_answer(engine, &mail->reply, ENGINE_OK, "");
    table_each(&engine->destinations, replay_if_matching,
               &(struct replay){engine, from, mail, pattern});
}

static void interest_gone(struct engine *engine, uint16_t from, struct destination_name name)
{
    struct destination *topic = destination_find(engine, name, destination_name_hash(name));

    topic_interest_changed(engine, from, name.kind, name.name, false);
    if (topic && topic->subscription_count > 0)
        topic->subscription_count--;
    if (topic)
        destination_touch(topic);
}

void topic_receive_interest(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    struct destination_name name = {(enum destination_kind)mail->small,
                                    slice_of_text(mail->pointer)};

    if (!mail->pointer)
        engine_answer(engine, &mail->reply, ENGINE_NO_MEMORY, "the broker is out of memory");
    else if (!(mail->flags & MAIL_ADD))
        interest_gone(engine, from, name);
    else if (pattern_is_wildcard(name.name))
        interest_in_pattern(engine, from, name, mail);
    else
        interest_in_topic(engine, from, name, mail);
    free(mail->pointer);
    free(mail->pointer_b);
}

static void tell_owners(struct engine *engine, const struct subscribe_name *name, uint8_t flags,
                        const struct subscription *subscription, const struct reply_address *reply)
{
    struct destination_name wanted = {name->kind, slice_of_text(name->name)};
    uint16_t owner = engine_home_of(engine, destination_name_hash(wanted));
    uint16_t first = name->wildcard ? 0 : owner;
    uint16_t last = name->wildcard ? (uint16_t)(engine->shards - 1) : owner;

    for (uint16_t to = first; to <= last; to++) {
        struct engine_mail mail = {.kind = MAIL_INTEREST,
                                   .flags = flags,
                                   .small = (uint32_t)name->kind,
                                   .id = subscription->id,
                                   .first = subscription->client,
                                   .pointer = strdup(name->name)};

        if (flags & MAIL_ADD && !name->wildcard) /* in whose name it creates the topic */
            mail.pointer_b = strdup(subscription->request->connection_id);
        if (reply)
            mail.reply = *reply;
        if (to == engine->index)
            topic_receive_interest(engine, to, &mail);
        else
            engine_mail_to(engine, to, &mail);
    }
}

/*
 * Subscriptions, at their home.
 */
static void apply_policy(struct engine *engine, struct subscription *subscription,
                         const struct subscribe_name *name)
{
    const struct subscribe_request *request = subscription->request;
    struct destination_name topic = {name->kind, slice_of_text(name->name)};
    const struct config_policy *policy = policy_for(engine->config, topic);
    const struct config_pending_limit *limit = &policy->pending_limit;

    subscription->policy = policy;
    if (request->durable_name || limit->kind == PENDING_LIMIT_NONE || request->network)
        return;
    subscription->pending_limit = limit->kind == PENDING_LIMIT_CONSTANT
                                      ? limit->limit
                                      : (int64_t)(limit->multiplier * subscription->prefetch);
    if (request->pending_max > 0 &&
        (subscription->pending_limit < 0 || subscription->pending_limit > request->pending_max))
        subscription->pending_limit = request->pending_max;
}

void topic_subscribe(struct engine *engine, struct subscription *subscription,
                     struct subscribe_name *name, const struct reply_address *reply)
{
    const struct subscribe_request *request = subscription->request;
    uint32_t answers = name->wildcard ? engine->shards : 1;
    uint8_t flags = MAIL_ADD;

    apply_policy(engine, subscription, name);
    if (pattern_index_add(engine->subscribers[plane(name->kind)], slice_of_text(name->name),
                          subscription) != 0) {
        while (answers-- > 0)
            engine_answer(engine, reply, ENGINE_NO_MEMORY, "the broker is out of memory");
        return;
    }
    name->joined = true;
    engine->subscribers_version++;
    if (name->may_create)
        flags |= MAIL_MAY_CREATE;
    if (request->retroactive)
        flags |= MAIL_RETROACTIVE;
    tell_owners(engine, name, flags, subscription, reply);
    advisory_topic_joined(engine, subscription, name, true);
}

void topic_unsubscribe(struct engine *engine, struct subscription *subscription,
                       struct subscribe_name *name)
{
    if (!name->joined)
        return;
    name->joined = false;
    pattern_index_remove(engine->subscribers[plane(name->kind)], slice_of_text(name->name),
                         subscription);
    engine->subscribers_version++;
    tell_owners(engine, name, 0, subscription, NULL);
    advisory_topic_joined(engine, subscription, name, false);
}

/*
 * Views.
 */

/* Who subscribes to a pattern gets the topics he may read, and does not hear of the others. */
static bool may_read(const struct engine *engine, const struct subscription *subscription,
                     struct destination_name topic)
{
    const struct subscribe_request *request = subscription->request;

    for (uint32_t i = 0; i < request->name_count; i++)
        if (request->names[i].wildcard)
            return auth_may(engine->realm, request->principal, AUTH_READ,
                            (enum config_destination_kind)topic.kind, topic.name);
    return true; /* judged when it subscribed */
}

static uint64_t view_hash(const void *object)
{
    return ((const struct topic_view *)object)->hash;
}

static bool view_matches(const void *object, const void *key)
{
    return destination_name_equal(((const struct topic_view *)object)->name,
                                  *(const struct destination_name *)key);
}

static void view_destroy(struct engine *engine, struct topic_view *view)
{
    table_remove(&engine->views, view);
    free(view->subscriptions);
    free(view);
}

static void drop_idle_view(void *arg, void *object)
{
    struct topic_view *view = object;

    if (view->memory == 0 && !view->full)
        view_destroy(arg, view);
}

static struct topic_view *view_create(struct engine *engine, struct destination_name name,
                                      uint64_t hash)
{
    struct topic_view *view;

    if (engine->views.count >= VIEWS_MAX)
        table_each(&engine->views, drop_idle_view, engine);
    view = calloc(1, sizeof *view + name.name.len);
    if (!view)
        return NULL;
    memcpy(view + 1, name.name.bytes, name.name.len);
    view->name = (struct destination_name){name.kind, slice_of(view + 1, name.name.len)};
    view->hash = hash;
    view->policy = policy_for(engine->config, name);
    if (table_add(&engine->views, view) != 0) {
        free(view);
        return NULL;
    }
    return view;
}

struct viewing {
    const struct engine *engine;
    struct topic_view *view;
};

static void view_add(void *arg, void *item)
{
    const struct viewing *viewing = arg;
    struct topic_view *view = viewing->view;
    uint32_t capacity = view->capacity ? view->capacity * 2 : 4;
    struct subscription **subscriptions;

    for (uint32_t i = view->count; i-- > 0 && i + 8 > view->count;)
        if (view->subscriptions[i] == item)
            return;
    if (!may_read(viewing->engine, item, view->name))
        return;
    if (view->count == view->capacity) {
        subscriptions = realloc(view->subscriptions, capacity * sizeof(struct subscription *));
        if (!subscriptions)
            return;
        view->subscriptions = subscriptions;
        view->capacity = capacity;
    }
    view->subscriptions[view->count++] = item;
}

static int compare_subscriptions(const void *a, const void *b)
{
    const struct subscription *left = *(struct subscription *const *)a;
    const struct subscription *right = *(struct subscription *const *)b;

    if (left->id != right->id)
        return left->id < right->id ? -1 : 1;
    return left < right ? -1 : left > right; /* durable ones that are offline have no id */
}

/* A composite subscription may match by several of its names: one message each all the same. */
static void view_drop_repeated(struct topic_view *view)
{
    uint32_t kept = 0;

    if (view->count < 2)
        return;
    qsort(view->subscriptions, view->count, sizeof(struct subscription *), compare_subscriptions);
    for (uint32_t i = 0; i < view->count; i++)
        if (i == 0 || view->subscriptions[i] != view->subscriptions[i - 1])
            view->subscriptions[kept++] = view->subscriptions[i];
    view->count = kept;
}

static struct topic_view *view_for(struct engine *engine, struct destination_name name)
{
    uint64_t hash = destination_name_hash(name);
    struct topic_view *view = table_find(&engine->views, hash, &name);

    if (!view)
        view = view_create(engine, name, hash);
    if (!view || LIKELY(view->version == engine->subscribers_version))
        return view;
    view->count = 0;
    pattern_index_match(engine->subscribers[plane(name.kind)], name.name, view_add,
                        &(struct viewing){engine, view});
    view_drop_repeated(view);
    view->version = engine->subscribers_version;
    return view;
}

static void tell_full(struct engine *engine, struct topic_view *view)
{
    struct engine_mail mail = {.kind = MAIL_TOPIC_FULL,
                               .flags = view->full ? MAIL_ADD : 0,
                               .small = (uint32_t)view->name.kind};
    uint16_t owner = engine_home_of(engine, view->hash);

    mail.pointer = strndup((const char *)view->name.name.bytes, view->name.name.len);
    if (owner == engine->index)
        topic_receive_full(engine, owner, &mail);
    else
        engine_mail_to(engine, owner, &mail);
}

void topic_receive_full(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    struct destination_name name = {(enum destination_kind)mail->small,
                                    slice_of_text(mail->pointer)};
    struct destination *topic = destination_find(engine, name, destination_name_hash(name));
    uint64_t bit = UINT64_C(1) << from;

    if (topic)
        topic->topic.full =
            mail->flags & MAIL_ADD ? topic->topic.full | bit : topic->topic.full & ~bit;
    free(mail->pointer);
}

void topic_view_charge(struct engine *engine, struct topic_view *view, uint32_t charge, bool add)
{
    const struct config_policy *policy = view->policy;
    bool full;

    view->memory = add ? view->memory + charge : view->memory - charge;
    full = policy->memory_limit != 0 && policy->producer_flow_control &&
           view->memory >= policy->memory_limit;
    if (UNLIKELY(full != view->full)) {
        view->full = full;
        tell_full(engine, view);
    }
}

/*
 * Messages.
 */
static bool accepts(const struct subscription *subscription, const struct message *message)
{
    const struct subscribe_request *request = subscription->request;

    if (request->no_local && message->origin == request->origin)
        return false;
    return LIKELY(!request->selector) ||
           selector_matches(request->selector, message, &(struct selector_facts){0});
}

/* Nothing waits before it, and nobody wants to know more of it than that it was acknowledged. */
static void add_pending(struct subscription *subscription, struct entry *entry,
                        struct list_node *before)
{
    list_insert_before(before, &entry->node);
    subscription->pending_count++;
    subscription_note_expiry(subscription, entry->message);
}

static bool can_go_alone(const struct engine *engine, const struct subscription *subscription)
{
    return subscription->pending_count == 0 && subscription->local && !subscription->durable &&
           !engine->advises_deliveries && subscription_has_room(subscription);
}

void topic_offer(struct engine *engine, struct subscription *subscription, struct item *item)
{
    struct entry *entry;

    if (!accepts(subscription, item->message))
        return;
    if (LIKELY(can_go_alone(engine, subscription)) &&
        subscription_dispatch_item(engine, subscription, item) == 0)
        return;
    entry = entry_create(engine, item->message, item, NULL);
    if (!entry)
        return;
    if (subscription->durable)
        durable_keep(engine, subscription, entry);
    if (LIKELY(subscription->pending_count == 0 && subscription_has_room(subscription)) &&
        subscription_dispatch(engine, subscription, entry) == 0)
        return;
    add_pending(subscription, entry, &subscription->pending);
    if (UNLIKELY(subscription_has_room(subscription))) { /* there was no memory for one before */
        topic_run(engine, subscription);
        return;
    }
    if (UNLIKELY(subscription->pending_count == subscription->prefetch + 1))
        slow_consumer_full(engine, subscription);
    if (subscription->pending_limit >= 0 &&
        subscription->pending_count > subscription->pending_limit)
        topic_evict(engine, subscription);
}

unsigned topic_fan_out(struct engine *engine, struct message *message)
{
    struct topic_view *view = view_for(engine, message_destination(message));
    struct item *item;

    if (!view || view->count == 0)
        return 0;
    item = item_create(engine, message, view);
    if (!item)
        return 0;
    for (uint32_t i = 0; i < view->count; i++)
        topic_offer(engine, view->subscriptions[i], item);
    item_unref(engine, item);
    return view->count;
}

void topic_receive_offer(struct engine *engine, const struct engine_mail *mail)
{
    struct subscription *subscription = subscription_find(engine, mail->id);
    struct message *message = mail->pointer;
    struct topic_view *view = subscription ? view_for(engine, message_destination(message)) : NULL;
    struct item *item = NULL;

    if (view && may_read(engine, subscription, view->name))
        item = item_create(engine, message, view);
    if (item) {
        topic_offer(engine, subscription, item);
        item_unref(engine, item);
    }
    message_unref(message);
}

static void take_pending(struct subscription *subscription, struct entry *entry)
{
    list_remove(&entry->node);
    subscription->pending_count--;
}

void topic_expire(struct engine *engine, struct subscription *subscription, struct entry *entry)
{
    struct destination_name name = message_destination(entry->message);

    engine->counters.expired++;
    advisory_message(engine, MESSAGE_ADVISORY_EXPIRED, subscription->policy, name, entry->message,
                     subscription);
    dead_letter(engine, subscription->policy, name, entry->message, DEAD_LETTER_EXPIRED,
                subscription);
    topic_forget(engine, subscription, entry);
}

void topic_run(struct engine *engine, struct subscription *subscription)
{
    while (!list_is_empty(&subscription->pending) && subscription_has_room(subscription)) {
        struct entry *entry = LIST_ENTRY(subscription->pending.next, struct entry, node);

        take_pending(subscription, entry);
        if (message_is_expired(entry->message, engine->wall_ms)) {
            topic_expire(engine, subscription, entry);
        } else if (subscription_dispatch(engine, subscription, entry) != 0) {
            add_pending(subscription, entry, subscription->pending.next);
            return;
        }
    }
}

void topic_forget(struct engine *engine, struct subscription *subscription, struct entry *entry)
{
    if (subscription->durable)
        durable_forget(engine, subscription, entry);
    entry_destroy(engine, entry);
}

void topic_return(struct engine *engine, struct subscription *subscription, struct entry *entry)
{
    if (subscription->closing && !subscription->durable) {
        entry_destroy(engine, entry);
        return;
    }
    entry->dispatched = false;
    add_pending(subscription, entry, subscription->pending.next);
}

void topic_drop_pending(struct engine *engine, struct subscription *subscription)
{
    LIST_FOR_EACH_SAFE(node, &subscription->pending) {
        struct entry *entry = LIST_ENTRY(node, struct entry, node);

        take_pending(subscription, entry);
        topic_forget(engine, subscription, entry);
    }
}

int topics_init(struct engine *engine)
{
    for (unsigned i = 0; i < 2; i++) {
        engine->interest[i] = pattern_index_create();
        engine->subscribers[i] = pattern_index_create();
        if (!engine->interest[i] || !engine->subscribers[i])
            return -ENOMEM;
    }
    engine->interest_version = engine->subscribers_version = 1;
    if (table_init(&engine->interests, interest_hash, interest_matches, 64) != 0)
        return -ENOMEM;
    return table_init(&engine->views, view_hash, view_matches, 64);
}

static void drop_view(void *arg, void *object)
{
    view_destroy(arg, object);
}

static void drop_interest(void *arg, void *object)
{
    interest_remove(arg, object);
}

void topics_fini(struct engine *engine)
{
    table_each(&engine->views, drop_view, engine);
    table_fini(&engine->views);
    table_each(&engine->interests, drop_interest, engine);
    table_fini(&engine->interests);
    for (unsigned i = 0; i < 2; i++) {
        pattern_index_destroy(engine->interest[i]);
        pattern_index_destroy(engine->subscribers[i]);
    }
}
