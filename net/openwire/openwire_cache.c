/* SPDX-License-Identifier: Apache-2.0 */
#include "openwire_cache.h"
#include <errno.h>
#include <stdlib.h>

enum { SLOTS_FIRST = 16, FREE_SLOTS_MIN = 100, NULL_KEY_LEN = 1 };

/* Slots come into being as they are used: most connections use a handful of a thousand. */
static bool make_slots(void ***slots, uint32_t *allocated, uint32_t slot, uint32_t slot_count)
{
    uint32_t wanted = *allocated ? *allocated : SLOTS_FIRST;
    void **grown;

    if (slot < *allocated)
        return true;
    while (wanted <= slot)
        wanted *= 2;
    if (wanted > slot_count)
        wanted = slot_count;
    grown = realloc(*slots, wanted * sizeof *grown);
    if (!grown)
        return false;
    memset(grown + *allocated, 0, (wanted - *allocated) * sizeof *grown);
    *slots = grown;
    *allocated = wanted;
    return true;
}

/*
 * The reader's
 */
struct kept {
    struct kept *next; /* in `retired` */
    size_t size;
    const struct ow_object *object; /* NULL is a value like others */
    _Alignas(8) uint8_t bytes[];
};

/* Copies into `base`, or only counts, when that is NULL. */
struct copying {
    uint8_t *base;
    size_t used;
};

static void *copy_bytes(struct copying *copying, const void *from, size_t len, size_t alignment)
{
    uint8_t *to;

    copying->used = (copying->used + alignment - 1) & ~(alignment - 1);
    to = copying->base ? copying->base + copying->used : NULL;
    if (to && len > 0)
        memcpy(to, from, len);
    copying->used += len;
    return to;
}

static void *copy_object(struct copying *copying, const struct ow_object *object)
{
    const struct ow_structure *structure = &ow_structures[object->type];
    uint8_t *copy = copy_bytes(copying, object, structure->size, 8);

    for (unsigned i = 0; i < structure->field_count; i++) {
        const struct ow_field *field = &structure->fields[i];
        const void *member = (const uint8_t *)object + field->offset;
        struct slice slice;
        const void *part;

        assert(field->kind != OW_ARRAY && field->kind != OW_THROWABLE); /* ids have none */
        if (field->kind == OW_STRING || field->kind == OW_BYTES) {
            memcpy(&slice, member, sizeof slice);
            if (!slice_is_present(slice))
                continue;
            slice.bytes = copy_bytes(copying, slice.bytes, slice.len, 1);
            if (copy)
                memcpy(copy + field->offset, &slice, sizeof slice);
        } else if (field->kind == OW_CACHED || field->kind == OW_NESTED) {
            memcpy(&part, member, sizeof part);
            if (!part)
                continue;
            part = copy_object(copying, part);
            if (copy)
                memcpy(copy + field->offset, &part, sizeof part);
        }
    }
    return copy;
}

static struct kept *keep(const struct ow_object *object, size_t bytes_free, enum ow_error *error)
{
    struct copying copying = {NULL, 0};
    struct kept *kept;

    if (object)
        copy_object(&copying, object);
    if (sizeof *kept + copying.used > bytes_free) {
        *error = OW_TOO_MANY;
        return NULL;
    }
    kept = malloc(sizeof *kept + copying.used);
    if (!kept) {
        *error = OW_NO_MEMORY;
        return NULL;
    }
    *kept = (struct kept){.size = sizeof *kept + copying.used};
    copying = (struct copying){kept->bytes, 0};
    if (object)
        kept->object = copy_object(&copying, object);
    return kept;
}

void reader_cache_init(struct reader_cache *cache, uint32_t slot_count, size_t bytes_max)
{
    *cache = (struct reader_cache){.slot_count = slot_count, .bytes_max = bytes_max};
}

void reader_cache_fini(struct reader_cache *cache)
{
    reader_cache_release(cache);
    for (uint32_t i = 0; i < cache->allocated; i++)
        free(cache->slots[i]);
    free(cache->slots);
    reader_cache_init(cache, 0, 0);
}

void reader_cache_release(struct reader_cache *cache)
{
    while (UNLIKELY(cache->retired != NULL)) {
        struct kept *kept = cache->retired;

        cache->retired = kept->next;
        cache->bytes -= kept->size;
        free(kept);
    }
}

enum ow_error reader_cache_get(const struct reader_cache *cache, int slot,
                               const struct ow_object **out)
{
    if (slot < 0 || (uint32_t)slot >= cache->allocated || !cache->slots[slot])
        return OW_BAD_SLOT;
    *out = cache->slots[slot]->object;
    return OW_OK;
}

enum ow_error reader_cache_put(struct reader_cache *cache, int slot, const struct ow_object *object)
{
    enum ow_error error = OW_OK;
    struct kept *kept;

    if (slot < 0 || (uint32_t)slot >= cache->slot_count)
        return OW_BAD_SLOT;
    if (!make_slots((void ***)(void *)&cache->slots, &cache->allocated, (uint32_t)slot,
                    cache->slot_count))
        return OW_NO_MEMORY;
    kept =
        keep(object, cache->bytes < cache->bytes_max ? cache->bytes_max - cache->bytes : 0, &error);
    if (!kept)
        return error;
    cache->bytes += kept->size;
    if (cache->slots[slot]) {
        cache->slots[slot]->next = cache->retired;
        cache->retired = cache->slots[slot];
    }
    cache->slots[slot] = kept;
    return OW_OK;
}

/*
 * The writer's
 */
struct writer_cache_entry {
    uint64_t hash;
    uint32_t len;
    uint16_t slot;
    uint8_t key[];
};

static uint64_t entry_hash(const void *object)
{
    const struct writer_cache_entry *entry = object;

    return entry->hash;
}

static bool entry_matches(const void *object, const void *key)
{
    const struct writer_cache_entry *entry = object;
    const struct slice *wanted = key;

    return slice_equal(slice_of(entry->key, entry->len), *wanted);
}

static uint64_t key_hash(const struct writer_cache *cache, struct slice key)
{
    return slice_hash(key, (uintptr_t)cache);
}

int writer_cache_init(struct writer_cache *cache, uint32_t slot_count)
{
    *cache = (struct writer_cache){.slot_count = slot_count, .null_slot = CACHE_SLOT_NONE};
    return table_init(&cache->by_key, entry_hash, entry_matches, SLOTS_FIRST);
}

void writer_cache_fini(struct writer_cache *cache)
{
    for (uint32_t i = 0; i < cache->allocated; i++)
        free(cache->slots[i]);
    free(cache->slots);
    table_fini(&cache->by_key);
}

static void forget(struct writer_cache *cache, uint32_t slot)
{
    table_remove(&cache->by_key, cache->slots[slot]);
    if (cache->null_slot == (int)slot)
        cache->null_slot = CACHE_SLOT_NONE;
    free(cache->slots[slot]);
    cache->slots[slot] = NULL;
    cache->count--;
}

void writer_cache_begin(struct writer_cache *cache)
{
    uint32_t count_max =
        cache->slot_count > FREE_SLOTS_MIN ? cache->slot_count - FREE_SLOTS_MIN : 0;

    while (cache->count > count_max) {
        forget(cache, cache->oldest);
        cache->oldest = (cache->oldest + 1) % cache->slot_count;
    }
    cache->added = 0;
}

void writer_cache_undo(struct writer_cache *cache)
{
    for (; cache->added > 0; cache->added--) {
        cache->next = (cache->next + cache->slot_count - 1) % cache->slot_count;
        forget(cache, cache->next);
    }
}

int writer_cache_find(const struct writer_cache *cache, struct slice key)
{
    const struct writer_cache_entry *entry = table_find(&cache->by_key, key_hash(cache, key), &key);

    return entry ? entry->slot : CACHE_SLOT_NONE;
}

int writer_cache_add(struct writer_cache *cache, struct slice key)
{
    uint32_t slot = cache->next;
    struct writer_cache_entry *entry;

    if (cache->count == cache->slot_count ||
        !make_slots((void ***)(void *)&cache->slots, &cache->allocated, slot, cache->slot_count))
        return CACHE_SLOT_NONE;
    entry = malloc(sizeof *entry + key.len);
    if (!entry)
        return CACHE_SLOT_NONE;
    entry->hash = key_hash(cache, key);
    entry->len = (uint32_t)key.len;
    entry->slot = (uint16_t)slot;
    memcpy(entry->key, key.bytes, key.len);
    if (table_add(&cache->by_key, entry) != 0) {
        free(entry);
        return CACHE_SLOT_NONE;
    }
    cache->slots[slot] = entry;
    if (key.len == NULL_KEY_LEN)
        cache->null_slot = (int)slot;
    cache->next = (slot + 1) % cache->slot_count;
    cache->count++;
    cache->added++;
    return (int)slot;
}
