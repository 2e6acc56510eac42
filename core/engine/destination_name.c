/* SPDX-License-Identifier: Apache-2.0 */
/*
 * destination_name.c - names, and how one wildcard pattern matches one name.
 *
 * A name always has at least one level: "" is one empty level, "A..B" has three. Only in the
 * pattern do "*" and ">" mean something; in the name they are levels like any other.
 */
#include "engine/destination_name.h"

/* Fixed, so that all shards agree who owns a name. */
static const uint64_t hash_seeds[DESTINATION_KIND_COUNT] = {
    [DESTINATION_QUEUE] = UINT64_C(0x6a09e667f3bcc908),
    [DESTINATION_TOPIC] = UINT64_C(0xbb67ae8584caa73b),
    [DESTINATION_TEMP_QUEUE] = UINT64_C(0x3c6ef372fe94f82b),
    [DESTINATION_TEMP_TOPIC] = UINT64_C(0xa54ff53a5f1d36f1),
};

const char *destination_kind_prefix(enum destination_kind kind)
{
    static const char *const prefixes[DESTINATION_KIND_COUNT] = {
        [DESTINATION_QUEUE] = "queue://",
        [DESTINATION_TOPIC] = "topic://",
        [DESTINATION_TEMP_QUEUE] = "temp-queue://",
        [DESTINATION_TEMP_TOPIC] = "temp-topic://",
    };

    assert(kind < DESTINATION_KIND_COUNT);
    return prefixes[kind];
}

uint64_t destination_name_hash(struct destination_name name)
{
    assert(name.kind < DESTINATION_KIND_COUNT);
    return slice_hash(name.name, hash_seeds[name.kind]);
}

bool destination_name_equal(struct destination_name a, struct destination_name b)
{
    return a.kind == b.kind && slice_equal(a.name, b.name);
}

/* Takes the first level off `rest`; false once the last one has been taken. */
static bool take_level(struct slice *rest, struct slice *level)
{
    const uint8_t *dot;

    if (!slice_is_present(*rest))
        return false;
    dot = rest->len > 0 ? memchr(rest->bytes, '.', rest->len) : NULL;
    if (!dot) {
        *level = *rest;
        *rest = SLICE_ABSENT;
        return true;
    }
    *level = slice_of(rest->bytes, (size_t)(dot - rest->bytes));
    *rest = slice_after(*rest, level->len + 1);
    return true;
}

static bool ends_in_rest(struct slice pattern)
{
    size_t len = pattern.len;

    return len > 0 && pattern.bytes[len - 1] == '>' && (len == 1 || pattern.bytes[len - 2] == '.');
}

/* "A.>.>" means no more than "A.>". The answer is without the ">", and absent for ">" alone. */
static struct slice without_rest(struct slice pattern)
{
    while (ends_in_rest(pattern)) {
        if (pattern.len == 1)
            return SLICE_ABSENT;
        pattern.len -= 2;
    }
    return pattern;
}

bool pattern_is_wildcard(struct slice name)
{
    struct slice level;

    if (ends_in_rest(name))
        return true;
    while (take_level(&name, &level)) {
        if (slice_is(level, "*"))
            return true;
    }
    return false;
}

bool pattern_matches(struct slice pattern, struct slice name)
{
    bool open = ends_in_rest(pattern);
    struct slice wanted, level;

    if (open)
        pattern = without_rest(pattern);
    while (take_level(&pattern, &wanted)) {
        if (!take_level(&name, &level))
            return false;
        if (!slice_is(wanted, "*") && !slice_equal(wanted, level))
            return false;
    }
    return open || !slice_is_present(name);
}
