/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as properties or a map body: a walk stays inside and ends, what it names is found by
 * that name, and an entry that is written again takes the bytes it came from.
 */
#include "engine/message.h"
#include <stdlib.h>

enum { FINDS_MAX = 32 }; /* a walk for each entry would make long inputs quadratic */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool truth)
{
    if (!truth)
        abort();
}

static bool same_value(const struct value *a, const struct value *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case VALUE_NULL:
        return true;
    case VALUE_BOOL:
        return a->boolean == b->boolean;
    case VALUE_DOUBLE:
    case VALUE_FLOAT:
        return a->real == b->real || (a->real != a->real && b->real != b->real);
    case VALUE_BYTE:
    case VALUE_CHAR:
    case VALUE_SHORT:
    case VALUE_INT:
    case VALUE_LONG:
        return a->integer == b->integer;
    case VALUE_STRING:
    case VALUE_BIG_STRING:
    case VALUE_BYTES:
    case VALUE_MAP:
    case VALUE_LIST:
        break;
    }
    return slice_equal(a->text, b->text);
}

/* True has 255 forms, and a NaN that signals comes back quiet: these alone are normalised. */
static bool is_canonical(const struct property *entry, struct slice bytes)
{
    const struct value *value = &entry->value;

    if (value->type == VALUE_BOOL)
        return bytes.bytes[bytes.len - 1] <= 1;
    return value->type != VALUE_FLOAT || value->real == value->real;
}

static void check_written(const struct property *entry, struct slice bytes)
{
    struct property again;
    struct property_cursor cursor;
    uint8_t *copy = malloc(bytes.len);

    check(copy != NULL);
    check(property_len(entry) == bytes.len);
    check(property_write(copy, entry) == copy + bytes.len);
    if (is_canonical(entry, bytes))
        check(memcmp(copy, bytes.bytes, bytes.len) == 0);
    cursor.rest = slice_of(copy, bytes.len);
    check(property_next(&cursor, &again) && cursor.rest.len == 0);
    check(slice_equal(again.name, entry->name) && same_value(&again.value, &entry->value));
    free(copy);
}

static void check_found(struct slice entries, struct slice before, const struct property *entry)
{
    struct value value;

    check(property_find(entries, entry->name, &value));
    if (!property_find(before, entry->name, &value)) { /* the first one of its name */
        check(property_find(entries, entry->name, &value));
        check(same_value(&value, &entry->value));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct slice entries = slice_of(data, len);
    struct property_cursor cursor = {entries};
    struct property entry;
    unsigned count = 0;

    for (;;) {
        const struct slice rest = cursor.rest;
        const struct slice before = slice_of(entries.bytes, len - rest.len);

        if (!property_next(&cursor, &entry)) {
            check(cursor.rest.bytes == rest.bytes && cursor.rest.len == rest.len);
            return 0;
        }
        check(cursor.rest.len < rest.len);
        check(cursor.rest.bytes == rest.bytes + (rest.len - cursor.rest.len));
        check_written(&entry, slice_of(rest.bytes, rest.len - cursor.rest.len));
        if (count++ < FINDS_MAX)
            check_found(entries, before, &entry);
    }
}
