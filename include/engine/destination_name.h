/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_DESTINATION_NAME_H
#define ENGINE_DESTINATION_NAME_H
/*
 * destination_name.h - kinds and names of destinations, and how wildcards match.
 *
 * Names are levels separated by '.'; in a pattern '*' stands for one level and '>', at the end,
 * for any number of further levels, none included ("A.>" matches "A"). Anywhere else both are
 * plain text ("A>", "A.>.B"), as they are in a name. A level may be empty: "A..B" has three.
 *
 * Threads    pure functions, any thread; a pattern_index belongs to one thread.
 */
#include "base/compiler.h"
#include "base/slice.h"
#include "config/config_policy.h"
#include <assert.h>

enum destination_kind {
    DESTINATION_QUEUE,
    DESTINATION_TOPIC,
    DESTINATION_TEMP_QUEUE,
    DESTINATION_TEMP_TOPIC,
    DESTINATION_KIND_COUNT,
};
static_assert((int)DESTINATION_TEMP_TOPIC == (int)CONFIG_TEMP_TOPIC, "one numbering");

enum { DESTINATION_NAME_MAX = 4096 };

/* A destination as somebody names it; the bytes belong to somebody else. */
struct destination_name {
    enum destination_kind kind;
    struct slice name;
};

static inline bool destination_kind_is_queue(enum destination_kind kind)
{
    return kind == DESTINATION_QUEUE || kind == DESTINATION_TEMP_QUEUE;
}

static inline bool destination_kind_is_temp(enum destination_kind kind)
{
    return kind >= DESTINATION_TEMP_QUEUE;
}

/* "queue://", "topic://", "temp-queue://", "temp-topic://": as ActiveMQ writes them in texts. */
const char *destination_kind_prefix(enum destination_kind kind);
uint64_t destination_name_hash(struct destination_name name); /* the same on every shard */
bool destination_name_equal(struct destination_name a, struct destination_name b);

bool pattern_is_wildcard(struct slice name); /* has a level that is "*", or ends in ">" */
bool pattern_matches(struct slice pattern, struct slice name);

/*
 * Which of many patterns match a name: a trie over levels. Holds plain pointers for its users.
 */
struct pattern_index;
typedef void pattern_visit_fn(void *arg, void *item);

struct pattern_index *pattern_index_create(void) MUST_CHECK; /* NULL: no memory */
void pattern_index_destroy(struct pattern_index *index);
/* The same item may stand under several patterns; the same pattern may have many items. -EINVAL:
 * longer than DESTINATION_NAME_MAX. */
int pattern_index_add(struct pattern_index *index, struct slice pattern, void *item) MUST_CHECK;
/* Takes away one such pair; nothing when there is none. */
void pattern_index_remove(struct pattern_index *index, struct slice pattern, void *item);
/* Visits each (pattern, item) whose pattern matches, exact names included. Do not change the
 * index meanwhile. */
void pattern_index_match(const struct pattern_index *index, struct slice name,
                         pattern_visit_fn *visit, void *arg);
#endif
