/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recovery.c - what a topic keeps for subscribers that come late and ask for it
 * (subscriptionRecoveryPolicy).
 */
#include <stdlib.h>

#include "topic.h"

struct kept {
    struct list_node node;
    struct message *message; /* a reference */
    int64_t at_ms;
    uint32_t charge;
};

struct recovery {
    struct list_node kept; /* the oldest first */
    uint64_t count, bytes;
};

static void drop_oldest(struct destination *topic)
{
    struct recovery *recovery = topic->topic.recovery;
    struct kept *kept = LIST_ENTRY(recovery->kept.next, struct kept, node);

    list_remove(&kept->node);
    recovery->count--;
    recovery->bytes -= kept->message->len;
    memory_remove(topic->engine, topic, kept->charge);
    message_unref(kept->message);
    free(kept);
}

static void drop_all(struct destination *topic)
{
    while (topic->topic.recovery->count > 0)
        drop_oldest(topic);
}

static bool is_too_much(const struct engine *engine, const struct destination *topic)
{
    const struct config_recovery *rule = &topic->policy->recovery;
    const struct recovery *recovery = topic->topic.recovery;

    switch (rule->kind) {
    case RECOVERY_NONE:
        break;
    case RECOVERY_FIXED_COUNT:
        return recovery->count > rule->maximum_size;
    case RECOVERY_FIXED_SIZE:
        return recovery->bytes > rule->maximum_size;
    case RECOVERY_LAST_IMAGE:
    case RECOVERY_RETAINED:
        return recovery->count > 1;
    case RECOVERY_TIMED:
        return LIST_ENTRY(recovery->kept.next, struct kept, node)->at_ms + rule->duration_ms <=
               engine->wheel.now_ms;
    }
    return true;
}

static void trim(struct engine *engine, struct destination *topic)
{
    while (topic->topic.recovery->count > 0 && is_too_much(engine, topic))
        drop_oldest(topic);
}

/* Takes over the reference. */
static void keep(struct engine *engine, struct destination *topic, struct message *message)
{
    struct recovery *recovery = topic->topic.recovery;
    struct kept *kept = malloc(sizeof *kept);

    if (!kept) {
        message_unref(message);
        return;
    }
    *kept = (struct kept){.message = message,
                          .at_ms = engine->wheel.now_ms,
                          .charge = message_charge(message, topic->policy)};
    list_append(&recovery->kept, &kept->node);
    recovery->count++;
    recovery->bytes += message->len;
    memory_add(engine, topic, kept->charge);
    trim(engine, topic);
}

/*
 * Retained messages: the producer marks them with ActiveMQ.Retain, late subscribers see
 * ActiveMQ.Retained; an empty one clears what was retained.
 */
static bool is_marked(const struct message *message)
{
    struct value value;

    if (!property_find(message_part(message, MESSAGE_PROPERTIES), SLICE("ActiveMQ.Retain"), &value))
        return false;
    if (value.type == VALUE_BOOL)
        return value.boolean;
    return (value.type == VALUE_STRING || value.type == VALUE_BIG_STRING) && value.text.len == 4 &&
           strncasecmp((const char *)value.text.bytes, "true", 4) == 0;
}

/* NULL: no memory. */
static struct message *retained_copy(const struct message *message)
{
    struct property_cursor cursor = {message_part(message, MESSAGE_PROPERTIES)};
    struct property *properties;
    struct message_draft draft;
    struct message *copy;
    size_t count = 0;

    properties = malloc((message->property_count + 1u) * sizeof *properties);
    if (!properties)
        return NULL;
    while (count < message->property_count && property_next(&cursor, &properties[count]))
        if (!slice_is(properties[count].name, "ActiveMQ.Retain"))
            count++;
    properties[count++] =
        (struct property){SLICE("ActiveMQ.Retained"), {.type = VALUE_BOOL, .boolean = true}};
    message_to_draft(message, &draft);
    draft.encoded_properties = SLICE_ABSENT;
    draft.encoded_property_count = 0;
    draft.properties = properties;
    draft.property_count = count;
    copy = message_create(&draft);
    free(properties);
    return copy;
}

static void keep_retained(struct engine *engine, struct destination *topic,
                          const struct message *message)
{
    struct message *copy;

    if (!is_marked(message))
        return;
    if (message_part(message, MESSAGE_BODY).len == 0) {
        drop_all(topic);
        return;
    }
    copy = retained_copy(message);
    if (copy)
        keep(engine, topic, copy);
}

static bool prepare(struct destination *topic)
{
    if (topic->topic.recovery)
        return true;
    topic->topic.recovery = calloc(1, sizeof *topic->topic.recovery);
    if (!topic->topic.recovery)
        return false;
    list_init(&topic->topic.recovery->kept);
    return true;
}

void recovery_keep(struct engine *engine, struct destination *topic, struct message *message)
{
    if (!prepare(topic))
        return; /* it is kept for nobody, but goes to whoever is there */
    if (topic->policy->recovery.kind == RECOVERY_RETAINED)
        keep_retained(engine, topic, message);
    else
        keep(engine, topic, message_ref(message));
}

void recovery_replay(struct engine *engine, struct destination *topic, uint16_t shard,
                     uint64_t consumer)
{
    if (!topic->topic.recovery)
        return;
    trim(engine, topic);
    LIST_FOR_EACH(node, &topic->topic.recovery->kept) {
        struct message *message = LIST_ENTRY(node, struct kept, node)->message;
        struct engine_mail mail = {.kind = MAIL_OFFER, .id = consumer};

        if (message_is_expired(message, engine->wall_ms))
            continue;
        mail.pointer = message_ref(message);
        if (shard == engine->index)
            topic_receive_offer(engine, &mail);
        else
            engine_mail_to(engine, shard, &mail);
    }
}

void recovery_fini(struct destination *topic)
{
    if (!topic->topic.recovery)
        return;
    drop_all(topic);
    free(topic->topic.recovery);
    topic->topic.recovery = NULL;
}
