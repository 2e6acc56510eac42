/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern_index.c - which of many patterns match a name.
 *
 * A trie whose nodes stand for levels. All edges live in one table, keyed by (parent, level): a
 * node costs the same however few children it has. The edge "*" is a pointer too, as every step
 * of a match asks for it. A pattern ending in ">" is kept in the node before the ">".
 *
 * A match walks down and backs up along parent pointers, finding the start of the level before
 * in the name itself: no recursion and no stack, however many levels a name has.
 */
#include "base/table.h"
#include "engine/destination_name.h"
#include <errno.h>
#include <stdlib.h>

struct items {
    void **list;
    uint32_t count, capacity;
};

struct node {
    struct node *parent;
    struct node *star;  /* child for "*" */
    struct items exact; /* patterns that end here */
    struct items open;  /* patterns that go on with ">" */
    uint64_t hash;
    uint32_t child_count; /* `star` included */
    uint32_t level_len;
    uint8_t level[];
};

struct pattern_index {
    struct table edges;
    struct node *root;
};

struct edge_key {
    const struct node *parent;
    struct slice level;
};

static uint64_t edge_hash(const struct node *parent, struct slice level)
{
    return slice_hash(level, (uint64_t)(uintptr_t)parent);
}

static uint64_t node_hash(const void *object)
{
    return ((const struct node *)object)->hash;
}

static bool node_matches(const void *object, const void *key)
{
    const struct node *node = object;
    const struct edge_key *edge = key;

    return node->parent == edge->parent &&
           slice_equal(slice_of(node->level, node->level_len), edge->level);
}

static struct node *node_create(struct node *parent, struct slice level)
{
    struct node *node = calloc(1, sizeof *node + level.len);

    if (!node)
        return NULL;
    node->parent = parent;
    node->hash = edge_hash(parent, level);
    node->level_len = (uint32_t)level.len;
    if (level.len > 0)
        memcpy(node->level, level.bytes, level.len);
    return node;
}

static void node_free(struct node *node)
{
    free(node->exact.list);
    free(node->open.list);
    free(node);
}

struct pattern_index *pattern_index_create(void)
{
    struct pattern_index *index = calloc(1, sizeof *index);

    if (!index)
        return NULL;
    index->root = node_create(NULL, SLICE_ABSENT);
    if (!index->root || table_init(&index->edges, node_hash, node_matches, 0) < 0) {
        free(index->root);
        free(index);
        return NULL;
    }
    return index;
}

/* The table must not meet freed objects while it walks: they are chained first. */
static void chain_up(void *arg, void *object)
{
    struct node **doomed = arg;
    struct node *node = object;

    node->parent = *doomed;
    *doomed = node;
}

void pattern_index_destroy(struct pattern_index *index)
{
    struct node *doomed;

    if (!index)
        return;
    doomed = index->root;
    table_each(&index->edges, chain_up, &doomed);
    table_fini(&index->edges);
    while (doomed) {
        struct node *next = doomed->parent;

        node_free(doomed);
        doomed = next;
    }
    free(index);
}

/* A walk over the levels of a name. `at` is where the next level begins, len + 1 at the end. */
static bool at_end(struct slice name, size_t at)
{
    return at > name.len;
}

static struct slice level_at(struct slice name, size_t at)
{
    const uint8_t *dot = at < name.len ? memchr(name.bytes + at, '.', name.len - at) : NULL;
    size_t end = dot ? (size_t)(dot - name.bytes) : name.len;

    return slice_of(name.bytes + at, end - at);
}

static size_t level_before(struct slice name, size_t at)
{
    const uint8_t *dot = at > 1 ? memrchr(name.bytes, '.', at - 1) : NULL;

    return dot ? (size_t)(dot - name.bytes) + 1 : 0;
}

/* Takes ">" off the end; false when there is none. `end` is where the level after the
 * last one would begin, 0 when no level is left. */
static bool take_open(struct slice *pattern, size_t *end)
{
    bool open = false;

    *end = pattern->len + 1;
    while (*end > 0 && slice_is(level_at(*pattern, level_before(*pattern, *end)), ">")) {
        open = true;
        *end = level_before(*pattern, *end);
        pattern->len = *end > 0 ? *end - 1 : 0;
    }
    return open;
}

static struct node *child_of(const struct pattern_index *index, const struct node *node,
                             struct slice level)
{
    struct edge_key key = {node, level};

    return table_find(&index->edges, edge_hash(node, level), &key);
}

static struct node *add_child(struct pattern_index *index, struct node *node, struct slice level)
{
    struct node *child = node_create(node, level);

    if (!child)
        return NULL;
    if (table_add(&index->edges, child) < 0) {
        node_free(child);
        return NULL;
    }
    node->child_count++;
    if (slice_is(level, "*"))
        node->star = child;
    return child;
}

/* Frees nodes that stand for nothing any more, from here upwards. */
static void prune(struct pattern_index *index, struct node *node)
{
    while (node->parent && node->child_count == 0 && node->exact.count == 0 &&
           node->open.count == 0) {
        struct node *parent = node->parent;

        table_remove(&index->edges, node);
        if (parent->star == node)
            parent->star = NULL;
        parent->child_count--;
        node_free(node);
        node = parent;
    }
}

static int items_add(struct items *items, void *item)
{
    if (items->count == items->capacity) {
        uint32_t capacity = items->capacity ? items->capacity * 2 : 1;
        void **list = realloc(items->list, capacity * sizeof *list);

        if (!list)
            return -ENOMEM;
        items->list = list;
        items->capacity = capacity;
    }
    items->list[items->count++] = item;
    return 0;
}

static void items_remove(struct items *items, const void *item)
{
    for (uint32_t i = items->count; i-- > 0;) {
        if (items->list[i] != item)
            continue;
        items->count--;
        memmove(&items->list[i], &items->list[i + 1], (items->count - i) * sizeof(void *));
        return;
    }
}

int pattern_index_add(struct pattern_index *index, struct slice pattern, void *item)
{
    struct node *node = index->root;
    size_t at = 0, end;
    bool open;
    int result;

    if (!slice_is_present(pattern) || pattern.len > DESTINATION_NAME_MAX)
        return -EINVAL;
    open = take_open(&pattern, &end);
    while (at < end) {
        struct slice level = level_at(pattern, at);
        struct node *child = child_of(index, node, level);

        if (!child)
            child = add_child(index, node, level);
        if (!child) {
            prune(index, node);
            return -ENOMEM;
        }
        node = child;
        at += level.len + 1;
    }
    result = items_add(open ? &node->open : &node->exact, item);
    if (result < 0)
        prune(index, node);
    return result;
}

void pattern_index_remove(struct pattern_index *index, struct slice pattern, void *item)
{
    struct node *node = index->root;
    size_t at = 0, end;
    bool open;

    if (!slice_is_present(pattern))
        return;
    open = take_open(&pattern, &end);
    while (node && at < end) {
        struct slice level = level_at(pattern, at);

        node = child_of(index, node, level);
        at += level.len + 1;
    }
    if (!node)
        return;
    items_remove(open ? &node->open : &node->exact, item);
    prune(index, node);
}

static void visit_all(const struct items *items, pattern_visit_fn *visit, void *arg)
{
    for (uint32_t i = 0; i < items->count; i++)
        visit(arg, items->list[i]);
}

/* Where a name's level leads, "*" left aside: in a name it is a level like any other, and no
 * pattern can ask for it literally. */
static const struct node *step(const struct pattern_index *index, const struct node *node,
                               struct slice level)
{
    return slice_is(level, "*") ? NULL : child_of(index, node, level);
}

void pattern_index_match(const struct pattern_index *index, struct slice name,
                         pattern_visit_fn *visit, void *arg)
{
    const struct node *node = index->root, *next;
    size_t at = 0;

    if (!slice_is_present(name))
        return;
    for (;;) {
        visit_all(&node->open, visit, arg);
        next = NULL;
        if (at_end(name, at)) {
            visit_all(&node->exact, visit, arg);
        } else if (node->child_count > 0) {
            next = step(index, node, level_at(name, at));
            if (!next)
                next = node->star;
        }
        /* Nothing below: back up to the nearest "*" that has not been tried. */
        while (!next && node->parent) {
            bool was_star = node == node->parent->star;

            node = node->parent;
            at = level_before(name, at);
            if (!was_star)
                next = node->star;
        }
        if (!next)
            return;
        at += level_at(name, at).len + 1;
        node = next;
    }
}
