/* SPDX-License-Identifier: Apache-2.0 */
#include "stomp_names.h"
#include "base/table.h"
#include "stomp_text.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { PREFIX_LEN_MAX = 24 };

struct temp {
    struct destination_name stomp; /* as the client calls it; bytes behind this struct */
    struct destination_name real;
    uint8_t bytes[];
};

struct stomp_temps {
    struct table by_name;
    struct temp **items; /* by number - 1 */
    uint32_t count, capacity;
};

static uint64_t temp_hash(const void *object)
{
    return destination_name_hash(((const struct temp *)object)->stomp);
}

static bool temp_matches(const void *object, const void *key)
{
    return destination_name_equal(((const struct temp *)object)->stomp,
                                  *(const struct destination_name *)key);
}

void stomp_naming_fini(struct stomp_naming *naming)
{
    struct stomp_temps *temps = naming->temps;

    if (!temps)
        return;
    table_fini(&temps->by_name);
    for (uint32_t i = 0; i < temps->count; i++)
        free(temps->items[i]);
    free(temps->items);
    free(temps);
    naming->temps = NULL;
}

static int temps_create(struct stomp_temps **out)
{
    struct stomp_temps *temps = calloc(1, sizeof *temps);

    if (!temps)
        return -ENOMEM;
    if (table_init(&temps->by_name, temp_hash, temp_matches, 4) != 0) {
        free(temps);
        return -ENOMEM;
    }
    *out = temps;
    return 0;
}

static struct temp *temp_create(struct destination_name stomp, struct slice connection_id,
                                uint32_t number)
{
    const size_t real_max = connection_id.len + 12;
    struct temp *temp = malloc(sizeof *temp + stomp.name.len + real_max);
    uint8_t *at;

    if (!temp)
        return NULL;
    at = put_slice(temp->bytes, stomp.name);
    temp->stomp = (struct destination_name){stomp.kind, slice_of(temp->bytes, stomp.name.len)};
    temp->real = (struct destination_name){stomp.kind, slice_of(at, 0)};
    at = put_slice(at, connection_id);
    *at++ = ':';
    at = put_decimal(at, number);
    temp->real.name.len = (size_t)(at - temp->real.name.bytes);
    return temp;
}

static int temps_reserve(struct stomp_temps *temps)
{
    const uint32_t capacity = temps->capacity ? 2 * temps->capacity : 4;
    struct temp **items;

    if (temps->count < temps->capacity)
        return 0;
    items = realloc(temps->items, capacity * sizeof(struct temp *));
    if (!items)
        return -ENOMEM;
    temps->items = items;
    temps->capacity = capacity;
    return 0;
}

static int add_temp(struct stomp_naming *naming, struct destination_name stomp,
                    struct destination_name *out)
{
    struct stomp_temps *temps = naming->temps;
    struct temp *temp;

    if (temps->count >= naming->temps_max)
        return -ENOSPC;
    if (temps_reserve(temps) != 0)
        return -ENOMEM;
    temp = temp_create(stomp, engine_client_connection_id(naming->client), temps->count + 1);
    if (!temp)
        return -ENOMEM;
    if (table_add(&temps->by_name, temp) != 0) {
        free(temp);
        return -ENOMEM;
    }
    temps->items[temps->count++] = temp;
    *out = temp->real;
    engine_create_temp(naming->client, temp->real, 0);
    return 0;
}

static int find_temp(struct stomp_naming *naming, struct destination_name stomp,
                     struct destination_name *out)
{
    const struct temp *temp;

    if (!naming->temps && temps_create(&naming->temps) != 0)
        return -ENOMEM;
    temp = table_find(&naming->temps->by_name, destination_name_hash(stomp), &stomp);
    if (!temp)
        return add_temp(naming, stomp, out);
    *out = temp->real;
    return 0;
}

static bool cut_prefix(struct slice *s, struct slice prefix)
{
    if (!slice_starts_with(*s, prefix))
        return false;
    *s = slice_after(*s, prefix.len);
    return true;
}

/* One destination, without commas. */
static int read_one(struct stomp_naming *naming, struct slice part, bool is_lenient,
                    struct destination_name *out)
{
    const uint8_t *options;
    enum destination_kind kind = DESTINATION_QUEUE;
    bool is_private = false;

    if (cut_prefix(&part, SLICE("/queue/"))) {
        kind = DESTINATION_QUEUE;
    } else if (cut_prefix(&part, SLICE("/topic/"))) {
        kind = DESTINATION_TOPIC;
    } else if (cut_prefix(&part, SLICE("/temp-queue/"))) {
        kind = DESTINATION_TEMP_QUEUE;
        is_private = true;
    } else if (cut_prefix(&part, SLICE("/temp-topic/"))) {
        kind = DESTINATION_TEMP_TOPIC;
        is_private = true;
    } else if (cut_prefix(&part, SLICE("/remote-temp-queue/"))) {
        kind = DESTINATION_TEMP_QUEUE;
    } else if (cut_prefix(&part, SLICE("/remote-temp-topic/"))) {
        kind = DESTINATION_TEMP_TOPIC;
    } else if (!is_lenient) {
        return -EINVAL;
    }
    options = part.len > 0 ? memchr(part.bytes, '?', part.len) : NULL;
    if (options)
        part.len = (size_t)(options - part.bytes);
    if (part.len == 0)
        return -ENOENT;
    if (part.len > DESTINATION_NAME_MAX)
        return -ENAMETOOLONG;
    *out = (struct destination_name){kind, part};
    return is_private ? find_temp(naming, *out, out) : 0;
}

static bool is_mapped(const struct stomp_naming *naming, enum destination_kind kind)
{
    return naming && UNLIKELY(naming->separator != '\0') && !destination_kind_is_temp(kind);
}

/* Adds the name as the engine knows it. */
static void add_name(struct text *text, const struct stomp_naming *naming,
                     struct destination_name name)
{
    const size_t start = text->len;

    text_add(text, name.name);
    if (!is_mapped(naming, name.kind) || text_failed(text))
        return;
    for (size_t i = start; i < text->len; i++)
        if (text->bytes[i] == naming->separator)
            text->bytes[i] = '.';
}

static uint8_t *put_name(uint8_t *at, const struct stomp_naming *naming,
                         struct destination_name name, enum stomp_version version)
{
    struct slice rest = name.name;
    const uint8_t *dot;

    if (!is_mapped(naming, name.kind))
        return put_escaped(at, name.name, version);
    while (rest.len > 0 && (dot = memchr(rest.bytes, '.', rest.len)) != NULL) {
        at = put_escaped(at, slice_of(rest.bytes, (size_t)(dot - rest.bytes)), version);
        at = put_escaped(at, slice_of(&naming->separator, 1), version);
        rest = slice_after(rest, (size_t)(dot - rest.bytes) + 1);
    }
    return put_escaped(at, rest, version);
}

/* The engine's composite: parts of another kind than the first carry their kind in front. */
static int read_composite(struct stomp_naming *naming, struct slice header, bool is_lenient,
                          struct text *scratch, struct destination_name *out)
{
    struct destination_name one = {DESTINATION_QUEUE, SLICE_ABSENT};
    enum destination_kind kind = DESTINATION_QUEUE;
    bool is_first = true;

    scratch->len = 0;
    while (header.len > 0) {
        const uint8_t *comma = memchr(header.bytes, ',', header.len);
        const size_t len = comma ? (size_t)(comma - header.bytes) : header.len;
        const struct slice part = slice_trim(slice_of(header.bytes, len));
        int error;

        header = slice_after(header, comma ? len + 1 : len);
        if (part.len == 0)
            continue;
        error = read_one(naming, part, is_lenient, &one);
        if (error)
            return error;
        if (is_first)
            kind = one.kind;
        else
            text_add_char(scratch, ',');
        if (one.kind != kind)
            text_add(scratch, slice_of_text(destination_kind_prefix(one.kind)));
        add_name(scratch, naming, one);
        is_first = false;
    }
    if (text_failed(scratch))
        return -ENOMEM;
    if (is_first)
        return -ENOENT;
    if (scratch->len > DESTINATION_NAME_MAX)
        return -ENAMETOOLONG;
    *out = (struct destination_name){kind, text_slice(scratch)};
    return 0;
}

int stomp_destination_read(struct stomp_naming *naming, struct slice header, bool is_lenient,
                           struct text *scratch, struct destination_name *out)
{
    int error;

    header = slice_trim(header);
    if (header.len == 0)
        return -ENOENT;
    if (memchr(header.bytes, ',', header.len))
        return read_composite(naming, header, is_lenient, scratch, out);
    error = read_one(naming, header, is_lenient, out);
    if (error || LIKELY(!is_mapped(naming, out->kind)))
        return error;
    scratch->len = 0;
    add_name(scratch, naming, *out);
    out->name = text_slice(scratch);
    return text_failed(scratch) ? -ENOMEM : 0;
}

bool stomp_destination_is_own(const struct stomp_naming *naming, struct destination_name name)
{
    const struct slice id = engine_client_connection_id(naming->client);

    return slice_starts_with(name.name, id) && name.name.len > id.len &&
           name.name.bytes[id.len] == ':';
}

size_t stomp_destination_bound(struct slice name)
{
    size_t parts = 1;

    for (size_t i = 0; i < name.len; i++)
        parts += name.bytes[i] == ',';
    return 2 * name.len + parts * PREFIX_LEN_MAX;
}

static const struct temp *own_temp(const struct stomp_naming *naming, struct destination_name name)
{
    int64_t number;

    if (!naming || !naming->temps || !destination_kind_is_temp(name.kind) ||
        !stomp_destination_is_own(naming, name))
        return NULL;
    name.name = slice_after(name.name, engine_client_connection_id(naming->client).len + 1);
    if (!slice_to_i64(name.name, &number) || number < 1 || number > naming->temps->count)
        return NULL;
    return naming->temps->items[number - 1]->stomp.kind == name.kind
               ? naming->temps->items[number - 1]
               : NULL;
}

static uint8_t *put_one(uint8_t *at, const struct stomp_naming *naming,
                        struct destination_name name, enum stomp_version version)
{
    static const char *const prefixes[DESTINATION_KIND_COUNT] = {
        [DESTINATION_QUEUE] = "/queue/",
        [DESTINATION_TOPIC] = "/topic/",
        [DESTINATION_TEMP_QUEUE] = "/remote-temp-queue/",
        [DESTINATION_TEMP_TOPIC] = "/remote-temp-topic/",
    };
    const struct temp *temp = own_temp(naming, name);

    if (temp) {
        at =
            name.kind == DESTINATION_TEMP_QUEUE ? PUT(at, "/temp-queue/") : PUT(at, "/temp-topic/");
        return put_escaped(at, temp->stomp.name, version);
    }
    at = put_slice(at, slice_of_text(prefixes[name.kind]));
    return put_name(at, naming, name, version);
}

static uint8_t *put_composite(uint8_t *at, const struct stomp_naming *naming,
                              struct destination_name all, enum stomp_version version)
{
    struct slice rest = all.name;

    while (rest.len > 0) {
        const uint8_t *comma = memchr(rest.bytes, ',', rest.len);
        const size_t len = comma ? (size_t)(comma - rest.bytes) : rest.len;
        struct destination_name one = {all.kind, slice_of(rest.bytes, len)};

        for (int kind = 0; kind < DESTINATION_KIND_COUNT; kind++)
            if (cut_prefix(&one.name,
                           slice_of_text(destination_kind_prefix((enum destination_kind)kind)))) {
                one.kind = (enum destination_kind)kind;
                break;
            }
        at = put_one(at, naming, one, version);
        if (comma)
            *at++ = ',';
        rest = slice_after(rest, comma ? len + 1 : len);
    }
    return at;
}

uint8_t *stomp_destination_put(uint8_t *at, const struct stomp_naming *naming,
                               struct destination_name name, enum stomp_version version)
{
    assert(name.kind < DESTINATION_KIND_COUNT);
    if (name.name.len > 0 && memchr(name.name.bytes, ',', name.name.len))
        return put_composite(at, naming, name, version);
    return put_one(at, naming, name, version);
}
