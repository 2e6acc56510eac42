/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dead_letter.c - what becomes of messages that nobody will consume: by the policy of where they
 * were, they go to a dead letter queue or are dropped.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "advisories.h"
#include "durable.h"
#include "home.h"
#include "selector_regex.h"

enum {
    SEEN_MAX = 16384,      /* dead letters remembered, so that none is made twice */
    PROPERTIES_MAX = 3,    /* that a dead letter gets on top */
    DROP_WORK_MAX = 100000 /* steps that one regular expression may take on a name */
};

/* A message that has become a dead letter under a policy. */
struct seen {
    uint64_t hash, check; /* two keyed hashes of its id: together they will not collide */
    bool in_table;
};

struct dead_letters {
    struct table audit;
    struct seen *ring;                 /* of SEEN_MAX; the oldest gives way */
    uint64_t count;                    /* ever put into the ring */
    struct selector_regex **drop_only; /* discardingDLQBrokerPlugin dropOnly */
    size_t drop_only_count;
};

/*
 * State, made at the first dead letter.
 */
static uint64_t seen_hash(const void *object)
{
    return ((const struct seen *)object)->hash;
}

static bool seen_matches(const void *object, const void *key)
{
    const struct seen *a = object, *b = key;

    return a->hash == b->hash && a->check == b->check;
}

/* Java asks whether the expression matches the whole name. */
static int compile_whole(struct slice expression, struct selector_regex **out)
{
    struct text text;
    const char *why;
    int error;

    text_init(&text);
    text_add(&text, SLICE("\\A(?:"));
    text_add(&text, expression);
    text_add(&text, SLICE(")\\z"));
    error = text_failed(&text) ? -ENOMEM : regex_compile(text_slice(&text), out, &why);
    text_fini(&text);
    return error;
}

static void compile_drop_only(struct dead_letters *state, const char *expressions)
{
    struct slice rest = slice_of_text(expressions);

    while (rest.len > 0) {
        size_t len = strcspn((const char *)rest.bytes, " \t\r\n");
        struct selector_regex *regex = NULL;
        struct selector_regex **list;

        if (len > 0 && compile_whole(slice_of(rest.bytes, len), &regex) == 0) {
            list = realloc(state->drop_only, (state->drop_only_count + 1) * sizeof(*list));
            if (list) {
                state->drop_only = list;
                list[state->drop_only_count++] = regex;
            } else {
                regex_destroy(regex);
            }
        }
        rest = slice_after(rest, len < rest.len ? len + 1 : len);
    }
}

static struct dead_letters *state_of(struct engine *engine)
{
    struct dead_letters *state = engine->dead_letters;

    if (state)
        return state;
    state = calloc(1, sizeof *state);
    if (!state)
        return NULL;
    state->ring = calloc(SEEN_MAX, sizeof *state->ring);
    if (!state->ring || table_init(&state->audit, seen_hash, seen_matches, 64) != 0) {
        free(state->ring);
        free(state);
        return NULL;
    }
    if (engine->config->discarding_dlq.drop_only)
        compile_drop_only(state, engine->config->discarding_dlq.drop_only);
    engine->dead_letters = state;
    return state;
}

void dead_letters_fini(struct engine *engine)
{
    struct dead_letters *state = engine->dead_letters;

    if (!state)
        return;
    for (size_t i = 0; i < state->drop_only_count; i++)
        regex_destroy(state->drop_only[i]);
    free(state->drop_only);
    table_fini(&state->audit);
    free(state->ring);
    free(state);
    engine->dead_letters = NULL;
}

/* Notes the message; true if it had been noted before. */
static bool was_seen(struct dead_letters *state, const struct config_policy *policy,
                     const struct message *message)
{
    uint64_t seed = (uint64_t)(uintptr_t)policy;
    char id[MESSAGE_ID_MAX];
    struct slice text = slice_of(id, message_id_write(message, id));
    struct seen key = {.hash = slice_hash(text, seed), .check = slice_hash(text, ~seed)};
    struct seen *seen = &state->ring[state->count % SEEN_MAX];

    if (table_find(&state->audit, key.hash, &key))
        return true;
    if (seen->in_table)
        table_remove(&state->audit, seen);
    *seen = key;
    seen->in_table = table_add(&state->audit, seen) == 0;
    state->count++;
    return false;
}

/*
 * Whether and where to.
 */
static bool is_discarded(struct engine *engine, struct destination_name from)
{
    const struct config_discarding_dlq *rule = &engine->config->discarding_dlq;
    const struct dead_letters *state = engine->dead_letters;

    if (!rule->enabled)
        return false;
    if (rule->drop_all || (rule->drop_temporary_topics && from.kind == DESTINATION_TEMP_TOPIC) ||
        (rule->drop_temporary_queues && from.kind == DESTINATION_TEMP_QUEUE))
        return true;
    for (size_t i = 0; i < state->drop_only_count; i++) {
        uint32_t work = DROP_WORK_MAX;

        if (regex_find(state->drop_only[i], from.name, &work) == REGEX_MATCH)
            return true;
    }
    return false;
}

static bool ends_with(struct slice s, struct slice suffix)
{
    return s.len >= suffix.len && slice_equal(slice_after(s, s.len - suffix.len), suffix);
}

static bool has_ends(struct slice name, const char *prefix, const char *suffix)
{
    struct slice front = slice_of_text(prefix ? prefix : "");
    struct slice back = slice_of_text(suffix ? suffix : "");

    return front.len + back.len > 0 && slice_starts_with(name, front) && ends_with(name, back);
}

static bool is_target_of(const struct config_dead_letter *rule, struct destination_name name)
{
    bool is_queue = name.kind == DESTINATION_QUEUE;

    if (rule->kind == DEAD_LETTER_SHARED)
        return is_queue && rule->shared_queue && slice_is(name.name, rule->shared_queue);
    if (rule->kind != DEAD_LETTER_INDIVIDUAL || destination_kind_is_temp(name.kind))
        return false;
    return (is_queue == rule->use_queue_for_queue_messages &&
            has_ends(name.name, rule->queue_prefix, rule->queue_suffix)) ||
           (is_queue == rule->use_queue_for_topic_messages &&
            has_ends(name.name, rule->topic_prefix, rule->topic_suffix));
}

bool dead_letter_is_target(const struct config *config, struct destination_name name)
{
    const struct config_policies *policies = &config->policies;

    for (size_t i = 0; i < policies->count; i++)
        if (is_target_of(&policies->entries[i].dead_letter, name))
            return true;
    return is_target_of(&policies->fallback.dead_letter, name);
}

static bool is_wanted(struct engine *engine, const struct config_policy *policy,
                      struct destination_name from, const struct message *message,
                      enum dead_letter_reason reason)
{
    const struct config_dead_letter *rule = &policy->dead_letter;
    struct dead_letters *state;

    if (rule->kind == DEAD_LETTER_DISCARD || is_target_of(rule, from))
        return false; /* another policy's dead letter queue is a queue like any other */
    if (reason == DEAD_LETTER_EXPIRED && dead_letter_is_target(engine->config, from))
        return false;
    if (message->advisory != 0 || (!message->persistent && !rule->process_non_persistent))
        return false;
    if (reason == DEAD_LETTER_EXPIRED && !rule->process_expired)
        return false;
    state = state_of(engine);
    if (!state || is_discarded(engine, from))
        return false;
    return !rule->enable_audit || !was_seen(state, policy, message);
}

static void add_durable_key(struct text *name, const struct durable *durable)
{
    text_add_char(name, '.');
    text_add(name, durable->client_id);
    text_add_char(name, ':');
    text_add(name, durable->name);
}

/* `name` holds the bytes. */
static struct destination_name target_of(const struct config_dead_letter *rule,
                                         struct destination_name from,
                                         const struct subscription *subscription, struct text *name)
{
    bool queue = destination_kind_is_queue(from.kind);
    bool to_queue = queue ? rule->use_queue_for_queue_messages : rule->use_queue_for_topic_messages;
    const char *prefix = queue ? rule->queue_prefix : rule->topic_prefix;
    const char *suffix = queue ? rule->queue_suffix : rule->topic_suffix;

    if (rule->kind == DEAD_LETTER_SHARED) {
        text_add(name, slice_of_text(rule->shared_queue));
        return (struct destination_name){DESTINATION_QUEUE, text_slice(name)};
    }
    text_add(name, slice_of_text(prefix ? prefix : ""));
    text_add(name, from.name);
    if (rule->per_durable_subscriber && subscription && subscription->durable)
        add_durable_key(name, subscription->durable);
    text_add(name, slice_of_text(suffix ? suffix : ""));
    return (struct destination_name){to_queue ? DESTINATION_QUEUE : DESTINATION_TOPIC,
                                     text_slice(name)};
}

/*
 * The dead letter.
 */
static struct property text_property(const char *name, const char *text)
{
    return (struct property){slice_of_text(name),
                             {.type = VALUE_STRING, .text = slice_of_text(text)}};
}

/* Empty: the cause is not known. */
static const char *cause_of(const struct config_policy *policy, const struct message *message,
                            enum dead_letter_reason reason, const struct subscription *subscription,
                            struct text_error *cause)
{
    cause->text[0] = '\0';
    if (reason == DEAD_LETTER_POISON && subscription && subscription->poison_cause)
        return subscription->poison_cause;
    if (reason == DEAD_LETTER_EXPIRED)
        text_error_set(cause, "java.lang.Throwable: Message Expired. Expiration:%" PRId64,
                       message->expiration_ms);
    else if (reason == DEAD_LETTER_REDELIVERED)
        text_error_set(cause, "java.lang.Throwable: Redelivered more than %" PRId32 " times",
                       policy->maximum_redeliveries);
    return cause->text;
}

/* NULL: no memory. */
static struct message *make(struct engine *engine, const struct config_policy *policy,
                            const struct message *message, struct destination_name target,
                            const char *cause)
{
    struct property properties[PROPERTIES_MAX];
    struct message_draft draft;
    struct value value;
    size_t count = 0;

    message_to_draft(message, &draft);
    draft.original_destination = draft.destination;
    draft.destination = target;
    draft.redelivery_count = 0;
    draft.origin = 0;
    draft.broker_in_ms = engine->wall_ms;
    draft.expiration_ms = 0;
    if (policy->dead_letter.expiration_ms > 0)
        draft.expiration_ms = engine->wall_ms + policy->dead_letter.expiration_ms;
    else if (!property_find(draft.encoded_properties, SLICE("originalExpiration"), &value))
        properties[count++] = (struct property){
            SLICE("originalExpiration"), {.type = VALUE_LONG, .integer = message->expiration_ms}};
    if (!message->persistent)
        properties[count++] = text_property("originalDeliveryMode", "NON_PERSISTENT");
    draft.persistent = true;
    if (*cause)
        properties[count++] = text_property("dlqDeliveryFailureCause", cause);
    if (engine->config->populate_user_id)
        draft.user_id = SLICE("ActiveMQBroker");
    draft.properties = properties;
    draft.property_count = count;
    return message_create(&draft);
}

static void send(struct engine *engine, const struct config_policy *policy,
                 struct destination_name from, struct message *message, const char *cause,
                 struct destination_name target)
{
    struct message *letter = make(engine, policy, message, target, cause);

    if (!letter)
        return;
    engine->counters.dead_lettered++;
    advisory_message(engine, MESSAGE_ADVISORY_DLQD, policy, from, message, NULL);
    home_send(engine, destination_name_hash(target), letter, (struct reply_address){0},
              MAIL_INTERNAL | MAIL_MAY_CREATE);
}

void dead_letter(struct engine *engine, const struct config_policy *policy,
                 struct destination_name from, struct message *message,
                 enum dead_letter_reason reason, const struct subscription *subscription)
{
    struct destination_name target;
    struct text_error cause;
    struct text name;

    if (subscription && subscription->browse)
        return; /* what a browser refuses is still in the queue */
    if (!is_wanted(engine, policy, from, message, reason))
        return;
    text_init(&name);
    target = target_of(&policy->dead_letter, from, subscription, &name);
    if (!text_failed(&name) && target.name.len > 0 && !destination_name_equal(target, from))
        send(engine, policy, from, message, cause_of(policy, message, reason, subscription, &cause),
             target);
    text_fini(&name);
}
