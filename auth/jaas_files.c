/* SPDX-License-Identifier: Apache-2.0 */
#include "jaas_files.h"
#include "config/properties.h"
#include <errno.h>
#include <stdlib.h>

struct group_line {
    struct slice group, members;
    int line;
};

struct jaas_loading {
    struct auth_arena *arena;
    struct user_table *table;
    const char *file;
    struct group_line *groups;
    size_t group_count;
    struct text_error *why;
    int rc;
};

static void add_user(void *arg, struct slice key, struct slice value, int line)
{
    struct jaas_loading *loading = arg;
    struct text_error why;

    if (loading->rc != 0)
        return;
    loading->rc = user_table_add(loading->table, loading->arena, key, value, &why);
    if (loading->rc != 0)
        text_error_set(loading->why, "%s:%d: %s", loading->file, line, why.text);
}

static void add_group_line(void *arg, struct slice key, struct slice value, int line)
{
    struct jaas_loading *loading = arg;
    struct group_line *added;

    loading->groups = auth_arena_grow(loading->arena, loading->groups, loading->group_count,
                                      sizeof *loading->groups);
    if (!loading->groups) {
        loading->group_count = 0;
        return;
    }
    added = &loading->groups[loading->group_count++];
    added->group = auth_arena_dup(loading->arena, key);
    added->members = auth_arena_dup(loading->arena, value);
    added->line = line;
}

static int compare_group_lines(const void *a, const void *b)
{
    const struct group_line *left = a, *right = b;
    size_t len = left->group.len < right->group.len ? left->group.len : right->group.len;
    int order = len > 0 ? memcmp(left->group.bytes, right->group.bytes, len) : 0;

    if (order == 0)
        order = (left->group.len > right->group.len) - (left->group.len < right->group.len);
    return order != 0 ? order : left->line - right->line;
}

static void add_members(struct jaas_loading *loading, const struct group_line *line)
{
    struct slice rest = line->members;

    for (;;) {
        const uint8_t *comma = rest.len > 0 ? memchr(rest.bytes, ',', rest.len) : NULL;
        size_t len = comma ? (size_t)(comma - rest.bytes) : rest.len;
        struct user *user = user_table_find(loading->table, slice_of(rest.bytes, len));

        if (user)
            user_add_group(user, loading->arena, line->group);
        if (!comma)
            return;
        rest = slice_after(rest, len + 1);
    }
}

/* Of two lines for one group the later one counts, as in a Java map. */
static void add_groups(struct jaas_loading *loading)
{
    const struct group_line *lines = loading->groups;

    if (loading->group_count == 0)
        return;
    qsort(loading->groups, loading->group_count, sizeof *loading->groups, compare_group_lines);
    for (size_t i = 0; i < loading->group_count; i++)
        if (i + 1 == loading->group_count || !slice_equal(lines[i].group, lines[i + 1].group))
            add_members(loading, &lines[i]);
}

int jaas_files_load(const char *users_file, const char *groups_file, struct auth_arena *arena,
                    struct user_table *table, struct text_error *why)
{
    struct jaas_loading loading = {.arena = arena, .table = table, .file = users_file, .why = why};
    int rc = properties_load(users_file, add_user, &loading, why);

    if (rc == 0)
        rc = loading.rc;
    if (rc != 0)
        return rc == -ENOMEM ? rc : -EINVAL;
    user_table_seal(table);
    rc = properties_load(groups_file, add_group_line, &loading, why);
    if (rc != 0)
        return rc == -ENOMEM ? rc : -EINVAL;
    if (!arena->failed)
        add_groups(&loading);
    return 0;
}
