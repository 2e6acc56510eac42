/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTH_USER_TABLE_H
#define AUTH_USER_TABLE_H
/*
 * user_table.h - users with their passwords and groups.
 *
 * Threads    filled by one thread; immutable and readable by any after user_table_seal.
 * Ownership  names and groups are copied into the arena given to user_table_add.
 * Order      of several users of one name the last added counts, as in a Java map.
 */
#include "auth_arena.h"
#include "password.h"

struct user {
    struct slice name;
    struct password password;
    struct slice *groups;
    size_t group_count;
    size_t index; /* of adding */
};

struct user_table {
    struct user *users; /* sorted by name once sealed */
    size_t count;
    struct password decoy; /* as costly as the dearest password; for unknown users */
};

/* -EINVAL with `why` when `password` is a hash that cannot be; an absent one matches nothing. */
int user_table_add(struct user_table *table, struct auth_arena *arena, struct slice name,
                   struct slice password, struct text_error *why) MUST_CHECK;
void user_table_seal(struct user_table *table);
/* NULL: unknown. The table must be sealed. */
struct user *user_table_find(const struct user_table *table, struct slice name);
/* The user when the password is right, else NULL. Unknown users take as long as known ones. */
const struct user *user_table_check(const struct user_table *table, struct slice name,
                                    struct slice password);
bool user_table_is_costly(const struct user_table *table, struct slice name);

void user_add_group(struct user *user, struct auth_arena *arena, struct slice group);
#endif
