/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPENWIRE_CACHE_H
#define OPENWIRE_CACHE_H
/*
 * openwire_cache.h - the marshal cache: structures that were sent once and are then named by the
 * number of a slot. Each direction of a connection has its own; the sender says what goes where.
 *
 * Threads    belongs to one thread.
 * Ownership  copies: both keep nothing that the caller passed in.
 * Limits     slots as negotiated; what a reader keeps also in bytes.
 */
#include "base/table.h"
#include "openwire/codec.h"
#include "openwire_schema.h"

/*
 * A reader's: slots, in whatever order the peer likes.
 */
struct kept;
struct reader_cache {
    struct kept **slots;
    uint32_t slot_count, allocated;
    size_t bytes, bytes_max;
    struct kept *retired; /* overwritten, but perhaps part of what the last read gave */
};
void reader_cache_init(struct reader_cache *cache, uint32_t slot_count, size_t bytes_max);
void reader_cache_fini(struct reader_cache *cache);
/* What the last read gave is not needed any more. */
void reader_cache_release(struct reader_cache *cache);
enum ow_error reader_cache_get(const struct reader_cache *cache, int slot,
                               const struct ow_object **out) MUST_CHECK;
enum ow_error reader_cache_put(struct reader_cache *cache, int slot,
                               const struct ow_object *object) MUST_CHECK;

/*
 * A writer's: what is equal to something sent before gets its slot. Slots are given out and taken
 * back in a circle, as Java does, so that the same objects lead to the same bytes. A key is the
 * object in its own loose form, without cache; that of null is one byte.
 */
enum { CACHE_SLOT_NONE = -1 };
struct writer_cache_entry;
struct writer_cache {
    struct table by_key;
    struct writer_cache_entry **slots;
    uint32_t slot_count, allocated;
    uint32_t next, oldest; /* where the circle of occupied slots ends and begins */
    uint32_t count, added; /* occupied slots; those since writer_cache_begin */
    int null_slot;         /* of null, which is asked for most */
};
int writer_cache_init(struct writer_cache *cache, uint32_t slot_count) MUST_CHECK;
void writer_cache_fini(struct writer_cache *cache);
/* Before each frame: makes room. */
void writer_cache_begin(struct writer_cache *cache);
/* Forgets what was added since. */
void writer_cache_undo(struct writer_cache *cache);
int writer_cache_find(const struct writer_cache *cache, struct slice key);
/* CACHE_SLOT_NONE: no room, the object goes without a slot. */
int writer_cache_add(struct writer_cache *cache, struct slice key);
#endif
