/* SPDX-License-Identifier: Apache-2.0 */
#include "user_table.h"
#include <stdlib.h>

static int compare_names(struct slice a, struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.bytes, b.bytes, len) : 0;

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_users(const void *a, const void *b)
{
    const struct user *left = a, *right = b;
    int order = compare_names(left->name, right->name);

    return order != 0 ? order : (left->index > right->index) - (left->index < right->index);
}

int user_table_add(struct user_table *table, struct auth_arena *arena, struct slice name,
                   struct slice password, struct text_error *why)
{
    struct user *user;

    table->users = auth_arena_grow(arena, table->users, table->count, sizeof *table->users);
    if (!table->users) {
        table->count = 0; /* the arena's failure is sticky: the realm will not come to life */
        return 0;
    }
    user = &table->users[table->count];
    *user = (struct user){.name = auth_arena_dup(arena, name), .index = table->count};
    table->count++;
    return password_parse(password, &user->password, why);
}

static uint64_t cost_of(const struct password *password)
{
    switch (password->scheme) {
    case PASSWORD_NONE:
    case PASSWORD_PLAIN:
        return 0;
    case PASSWORD_SCRYPT:
        return UINT64_C(128) * password->cost * password->block_size * password->parallel;
    case PASSWORD_PBKDF2:
        return UINT64_C(128) * password->cost;
    }
    return 0;
}

void user_table_seal(struct user_table *table)
{
    size_t kept = 0;

    if (table->count == 0)
        return;
    qsort(table->users, table->count, sizeof *table->users, compare_users);
    for (size_t i = 0; i < table->count; i++) {
        const struct user *user = &table->users[i];

        if (i + 1 < table->count && slice_equal(user->name, user[1].name))
            continue;
        table->users[kept++] = *user;
        if (cost_of(&user->password) > cost_of(&table->decoy))
            table->decoy = user->password;
    }
    table->count = kept;
}

static int compare_with_name(const void *key, const void *element)
{
    const struct slice *name = key;
    const struct user *user = element;

    return compare_names(*name, user->name);
}

struct user *user_table_find(const struct user_table *table, struct slice name)
{
    if (table->count == 0 || !slice_is_present(name))
        return NULL;
    return bsearch(&name, table->users, table->count, sizeof *table->users, compare_with_name);
}

const struct user *user_table_check(const struct user_table *table, struct slice name,
                                    struct slice password)
{
    const struct user *user = user_table_find(table, name);
    bool matches = password_matches(user ? &user->password : &table->decoy, password);

    return user && matches ? user : NULL;
}

bool user_table_is_costly(const struct user_table *table, struct slice name)
{
    const struct user *user = user_table_find(table, name);

    return password_is_costly(user ? &user->password : &table->decoy);
}

void user_add_group(struct user *user, struct auth_arena *arena, struct slice group)
{
    user->groups = auth_arena_grow(arena, user->groups, user->group_count, sizeof *user->groups);
    if (user->groups)
        user->groups[user->group_count++] = auth_arena_dup(arena, group);
    else
        user->group_count = 0;
}
