/* SPDX-License-Identifier: Apache-2.0 */
#include "openwire_repeats.h"
#include <stdlib.h>

enum {
    ROWS = 16,        /* a power of two */
    UNNOTED_MAX = 24, /* connecting and subscribing alone is not worth the memory */
};

struct repeat {
    const struct ow_field *field;
    uint16_t len;
    bool is_kept; /* in the slot of the same number */
    uint8_t bytes[REPEAT_LEN_MAX];
};

static unsigned row_of(const struct ow_field *field)
{
    return (unsigned)((uintptr_t)field / sizeof *field) % ROWS;
}

void repeats_init(struct repeats *repeats)
{
    *repeats = (struct repeats){.rows = NULL};
    reader_cache_init(&repeats->kept, ROWS, SIZE_MAX);
}

void repeats_fini(struct repeats *repeats)
{
    free(repeats->rows);
    reader_cache_fini(&repeats->kept);
    repeats_init(repeats);
}

const struct ow_object *repeats_find(const struct repeats *repeats, const struct ow_field *field,
                                     struct slice bytes, size_t *len)
{
    const struct ow_object *object = NULL;
    const struct repeat *row;

    if (!repeats->rows)
        return NULL;
    row = &repeats->rows[row_of(field)];
    if (row->field != field || !row->is_kept || row->len > bytes.len ||
        memcmp(row->bytes, bytes.bytes, row->len) != 0)
        return NULL;
    *len = row->len;
    return reader_cache_get(&repeats->kept, (int)row_of(field), &object) == OW_OK ? object : NULL;
}

void repeats_note(struct repeats *repeats, const struct ow_field *field, struct slice bytes,
                  const struct ow_object *object)
{
    struct repeat *row;

    if (bytes.len > REPEAT_LEN_MAX)
        return;
    if (!repeats->rows && ++repeats->noted > UNNOTED_MAX)
        repeats->rows = calloc(ROWS, sizeof *repeats->rows);
    if (!repeats->rows)
        return;
    row = &repeats->rows[row_of(field)];
    if (row->field == field && row->len == bytes.len &&
        memcmp(row->bytes, bytes.bytes, row->len) == 0) {
        row->is_kept = reader_cache_put(&repeats->kept, (int)row_of(field), object) == OW_OK;
        return;
    }
    row->field = field;
    row->len = (uint16_t)bytes.len;
    row->is_kept = false;
    memcpy(row->bytes, bytes.bytes, bytes.len);
}
