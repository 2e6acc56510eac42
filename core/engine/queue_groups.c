/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue_groups.c - message groups: messages with one JMSXGroupID go to one consumer while it
 * stays. Sequence 1 may choose a new owner, a negative one lets the group go.
 *
 * A group is remembered in a slot. "simple" has one for each group, without end; "cached" keeps
 * the most recently used ones; "bucket" has a fixed number of slots that groups share by hash, so
 * that all groups of a slot have the same owner.
 */
#include <errno.h>
#include <stdlib.h>

#include "destination.h"

/* A slot's key is the group's id, or for buckets its number. */
struct group {
    struct list_node node; /* in use_order */
    uint64_t hash;
    const struct subscription *owner;
    struct slice id; /* bytes follow the struct */
};

struct group_map {
    struct table groups;
    struct list_node use_order; /* the least recently used one first */
};

struct group_key {
    uint64_t hash;
    struct slice id;
};

static uint64_t group_hash(const void *object)
{
    return ((const struct group *)object)->hash;
}

static bool group_matches(const void *object, const void *key)
{
    const struct group *group = object;
    const struct group_key *wanted = key;

    return group->hash == wanted->hash && slice_equal(group->id, wanted->id);
}

static struct group_key key_of(const struct config_policy *policy, const struct entry *entry)
{
    struct slice id = message_part(entry->message, MESSAGE_GROUP_ID);
    uint64_t hash = slice_hash(id, 0);

    if (policy->group_map == GROUP_MAP_BUCKET && policy->group_map_size > 0)
        return (struct group_key){hash % policy->group_map_size, slice_of("", 0)};
    return (struct group_key){hash, id};
}

static struct group *find(const struct destination *queue, const struct group_key *key)
{
    const struct group_map *map = queue->queue.groups;

    return map ? table_find(&map->groups, key->hash, key) : NULL;
}

static void forget(struct group_map *map, struct group *group)
{
    table_remove(&map->groups, group);
    list_remove(&group->node);
    free(group);
}

static int prepare(struct queue *queue)
{
    struct group_map *map;

    if (queue->groups)
        return 0;
    map = malloc(sizeof *map);
    if (!map)
        return -ENOMEM;
    list_init(&map->use_order);
    if (table_init(&map->groups, group_hash, group_matches, 16) != 0) {
        free(map);
        return -ENOMEM;
    }
    queue->groups = map;
    return 0;
}

static void keep_to_size(struct destination *queue)
{
    const struct config_policy *policy = queue->policy;
    struct group_map *map = queue->queue.groups;

    if (policy->group_map != GROUP_MAP_CACHED || policy->group_map_size == 0)
        return;
    while (map->groups.count > policy->group_map_size) {
        forget(map, LIST_ENTRY(map->use_order.next, struct group, node));
        queue_run_soon(queue);
    }
}

/* Without memory the group has no owner, and its order is not kept. */
static void assign(struct destination *queue, const struct group_key *key,
                   const struct subscription *owner)
{
    struct group *group;

    if (prepare(&queue->queue) != 0)
        return;
    group = malloc(sizeof *group + key->id.len);
    if (!group)
        return;
    *group = (struct group){.hash = key->hash, .owner = owner};
    if (key->id.len > 0)
        memcpy(group + 1, key->id.bytes, key->id.len);
    group->id = slice_of(group + 1, key->id.len);
    list_append(&queue->queue.groups->use_order, &group->node);
    if (table_add(&queue->queue.groups->groups, group) != 0) {
        list_remove(&group->node);
        free(group);
        return;
    }
    keep_to_size(queue);
}

bool queue_group_admits(struct engine *engine, const struct attachment *attachment,
                        struct entry *entry)
{
    struct group_key key = key_of(attachment->queue->policy, entry);
    const struct group *group;

    (void)engine;
    if (entry->message->group_sequence == 1)
        return true;
    group = find(attachment->queue, &key);
    return !group || group->owner == attachment->subscription;
}

void queue_group_dispatched(struct engine *engine, struct attachment *attachment,
                            struct entry *entry)
{
    struct destination *queue = attachment->queue;
    struct group_key key = key_of(queue->policy, entry);
    struct group *group = find(queue, &key);
    int32_t sequence = entry->message->group_sequence;

    (void)engine;
    entry->group_first = !group || sequence == 1;
    if (!group && sequence >= 0) {
        assign(queue, &key, attachment->subscription);
    } else if (group && sequence < 0) {
        forget(queue->queue.groups, group);
        queue_run_soon(queue);
    } else if (group) {
        list_remove(&group->node);
        list_append(&queue->queue.groups->use_order, &group->node);
        if (group->owner != attachment->subscription)
            queue_run_soon(queue);
        group->owner = attachment->subscription;
    }
}

void queue_group_taken_back(struct destination *queue, const struct entry *entry,
                            const struct subscription *subscription)
{
    struct group_key key = key_of(queue->policy, entry);
    struct group *group = find(queue, &key);

    if (group && group->owner == subscription)
        forget(queue->queue.groups, group);
}

void queue_groups_forget(struct destination *queue, const struct subscription *subscription)
{
    struct group_map *map = queue->queue.groups;

    if (!map)
        return;
    LIST_FOR_EACH_SAFE(node, &map->use_order) {
        struct group *group = LIST_ENTRY(node, struct group, node);

        if (group->owner == subscription)
            forget(map, group);
    }
}

void queue_groups_fini(struct queue *queue)
{
    struct group_map *map = queue->groups;

    if (!map)
        return;
    while (!list_is_empty(&map->use_order))
        forget(map, LIST_ENTRY(map->use_order.next, struct group, node));
    table_fini(&map->groups);
    free(map);
    queue->groups = NULL;
}
