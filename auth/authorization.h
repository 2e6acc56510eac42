/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTH_AUTHORIZATION_H
#define AUTH_AUTHORIZATION_H
/*
 * authorization.h - the entries of an authorizationPlugin, and how they combine.
 *
 * Threads    filled by one thread; immutable and readable by any afterwards.
 * Ownership  everything is copied into the arena.
 */
#include "auth_arena.h"
#include "principal.h"

enum { RIGHT_COUNT = AUTH_ADMIN + 1 };

struct group_list {
    struct slice *names;
    size_t count;
    bool has_any; /* "*" is among them */
};

struct authorization_pattern {
    enum config_destination_kind kind;
    struct slice name;
};

struct authorization_entry {
    struct authorization_pattern *patterns; /* several when the name is a composite */
    size_t pattern_count;
    struct group_list granted[RIGHT_COUNT];
};

struct authorization {
    bool is_on;
    struct authorization_entry *entries;
    size_t entry_count;
    struct authorization_entry *temp_entry; /* NULL: temporary destinations are free */
};

/* Check arena->failed afterwards. */
void authorization_init(struct authorization *authorization, struct auth_arena *arena,
                        const struct config_security *security);
/* The `name` as auth_may has it. */
bool authorization_allows(const struct authorization *authorization,
                          const struct auth_principal *principal, enum auth_right right,
                          enum config_destination_kind kind, struct slice name);
/* Does the pattern of an entry have a name in common with a requested name or wildcard? As
 * ActiveMQ's DestinationMap: "A.>" has A, and the wildcard "A.>" has an entry for A. */
bool authorization_pattern_meets(struct slice pattern, struct slice requested);

/* The next part of a comma list from *rest, trimmed; false at its end. Empty parts are left out. */
bool authorization_next_part(struct slice *rest, struct slice *part);
#endif
