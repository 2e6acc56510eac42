/* SPDX-License-Identifier: Apache-2.0 */
#include "authorization.h"

bool authorization_next_part(struct slice *rest, struct slice *part)
{
    while (rest->len > 0) {
        const uint8_t *comma = memchr(rest->bytes, ',', rest->len);
        size_t len = comma ? (size_t)(comma - rest->bytes) : rest->len;

        *part = slice_trim(slice_of(rest->bytes, len));
        *rest = slice_after(*rest, comma ? len + 1 : len);
        if (part->len > 0)
            return true;
    }
    return false;
}

static void init_groups(struct group_list *groups, struct auth_arena *arena, const char *list)
{
    struct slice rest = slice_of_text(list), name;

    while (authorization_next_part(&rest, &name)) {
        groups->has_any = groups->has_any || slice_is(name, "*");
        groups->names = auth_arena_grow(arena, groups->names, groups->count, sizeof name);
        if (!groups->names)
            return;
        groups->names[groups->count++] = auth_arena_dup(arena, name);
    }
}

static bool is_composite(struct slice name)
{
    return name.len > 0 && memchr(name.bytes, ',', name.len);
}

/* A part of a composite may say of which kind it is. */
static struct authorization_pattern part_of(enum config_destination_kind kind, struct slice part)
{
    static const struct {
        const char *prefix;
        enum config_destination_kind kind;
    } prefixes[] = {
        {"queue://", CONFIG_QUEUE},
        {"topic://", CONFIG_TOPIC},
        {"temp-queue://", CONFIG_TEMP_QUEUE},
        {"temp-topic://", CONFIG_TEMP_TOPIC},
    };

    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        struct slice prefix = slice_of_text(prefixes[i].prefix);

        if (slice_starts_with(part, prefix))
            return (struct authorization_pattern){prefixes[i].kind,
                                                  slice_trim(slice_after(part, prefix.len))};
    }
    return (struct authorization_pattern){kind, part};
}

static void add_pattern(struct authorization_entry *entry, struct auth_arena *arena,
                        struct authorization_pattern pattern)
{
    pattern.name = auth_arena_dup(arena, pattern.name);
    entry->patterns =
        auth_arena_grow(arena, entry->patterns, entry->pattern_count, sizeof *entry->patterns);
    if (entry->patterns)
        entry->patterns[entry->pattern_count++] = pattern;
    else
        entry->pattern_count = 0;
}

static void init_entry(struct authorization_entry *entry, struct auth_arena *arena,
                       const struct config_authorization_entry *from)
{
    struct slice name = slice_of_text(from->name), part;

    init_groups(&entry->granted[AUTH_READ], arena, from->read);
    init_groups(&entry->granted[AUTH_WRITE], arena, from->write);
    init_groups(&entry->granted[AUTH_ADMIN], arena, from->admin);
    if (!is_composite(name)) {
        add_pattern(entry, arena, (struct authorization_pattern){from->kind, slice_trim(name)});
        return;
    }
    while (authorization_next_part(&name, &part))
        add_pattern(entry, arena, part_of(from->kind, part));
}

void authorization_init(struct authorization *authorization, struct auth_arena *arena,
                        const struct config_security *security)
{
    authorization->is_on = security->has_authorization;
    if (!authorization->is_on)
        return;
    authorization->entries =
        auth_arena_alloc(arena, security->entry_count * sizeof *authorization->entries);
    if (!authorization->entries)
        return;
    authorization->entry_count = security->entry_count;
    for (size_t i = 0; i < security->entry_count; i++)
        init_entry(&authorization->entries[i], arena, &security->entries[i]);
    if (!security->temp_entry)
        return;
    authorization->temp_entry = auth_arena_alloc(arena, sizeof *authorization->temp_entry);
    if (authorization->temp_entry)
        init_entry(authorization->temp_entry, arena, security->temp_entry);
}

/* Cuts the first level off a name; false when no level is left. An empty name has one level. */
static bool next_level(struct slice *rest, struct slice *level)
{
    const uint8_t *dot;
    size_t len;

    if (!slice_is_present(*rest))
        return false;
    dot = rest->len > 0 ? memchr(rest->bytes, '.', rest->len) : NULL;
    len = dot ? (size_t)(dot - rest->bytes) : rest->len;
    *level = slice_of(rest->bytes, len);
    *rest = dot ? slice_after(*rest, len + 1) : SLICE_ABSENT;
    return true;
}

bool authorization_pattern_meets(struct slice pattern, struct slice requested)
{
    struct slice of_pattern, of_request;

    while (next_level(&requested, &of_request)) {
        if (slice_is(of_request, ">"))
            return true; /* the levels so far agree, the rest may be anything */
        if (!next_level(&pattern, &of_pattern))
            return false;
        if (slice_is(of_pattern, ">"))
            return true;
        if (!slice_is(of_pattern, "*") && !slice_is(of_request, "*") &&
            !slice_equal(of_pattern, of_request))
            return false;
    }
    /* "A.>" has A as well */
    return !slice_is_present(pattern) || slice_is(pattern, ">");
}

static bool entry_has(const struct authorization_entry *entry, struct authorization_pattern asked)
{
    for (size_t i = 0; i < entry->pattern_count; i++)
        if (entry->patterns[i].kind == asked.kind &&
            authorization_pattern_meets(entry->patterns[i].name, asked.name))
            return true;
    return false;
}

static bool entry_has_all(const struct authorization_entry *entry,
                          enum config_destination_kind kind, struct slice name)
{
    struct slice part;
    bool has_part = false;

    if (!is_composite(name))
        return entry_has(entry, (struct authorization_pattern){kind, name});
    while (authorization_next_part(&name, &part)) {
        if (!entry_has(entry, part_of(kind, part)))
            return false;
        has_part = true;
    }
    return has_part;
}

static bool grants(const struct authorization_entry *entry, enum auth_right right,
                   const struct auth_principal *principal)
{
    const struct group_list *groups = &entry->granted[right];

    if (groups->has_any && principal_is_any_group(principal))
        return true;
    for (size_t i = 0; i < groups->count; i++)
        if (auth_principal_has_group(principal, groups->names[i]))
            return true;
    return false;
}

static bool is_temporary(enum config_destination_kind kind)
{
    return kind == CONFIG_TEMP_QUEUE || kind == CONFIG_TEMP_TOPIC;
}

static bool entries_allow(const struct authorization *authorization,
                          const struct auth_principal *principal, enum auth_right right,
                          enum config_destination_kind kind, struct slice name)
{
    for (size_t i = 0; i < authorization->entry_count; i++) {
        const struct authorization_entry *entry = &authorization->entries[i];

        if (grants(entry, right, principal) && entry_has_all(entry, kind, name))
            return true;
    }
    return false;
}

/* Parts of a temporary composite that are not temporary themselves are judged one by one, so
 * that naming a temporary destination beside a forbidden one opens nothing. */
static bool temporary_allowed(const struct authorization *authorization,
                              const struct auth_principal *principal, enum auth_right right,
                              enum config_destination_kind kind, struct slice name)
{
    struct slice part;

    if (authorization->temp_entry && !grants(authorization->temp_entry, right, principal))
        return false;
    if (!is_composite(name))
        return true;
    while (authorization_next_part(&name, &part)) {
        struct authorization_pattern asked = part_of(kind, part);

        if (!is_temporary(asked.kind) &&
            !entries_allow(authorization, principal, right, asked.kind, asked.name))
            return false;
    }
    return true;
}

bool authorization_allows(const struct authorization *authorization,
                          const struct auth_principal *principal, enum auth_right right,
                          enum config_destination_kind kind, struct slice name)
{
    if (!authorization->is_on)
        return true;
    if (!principal || !principal_is_authenticated(principal) || name.len == 0)
        return false;
    if (is_temporary(kind))
        return temporary_allowed(authorization, principal, right, kind, name);
    return entries_allow(authorization, principal, right, kind, name);
}
