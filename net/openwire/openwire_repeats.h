/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPENWIRE_REPEATS_H
#define OPENWIRE_REPEATS_H
/*
 * openwire_repeats.h - what a stream without the marshal cache says again and again: the same
 * destinations, producers and consumers, in the same bytes. Bytes that are the same as last time
 * in the same field stand for the same structure; it is not decoded again.
 *
 * Only for the loose form: there the bytes are all there is, in one piece.
 *
 * Threads    belongs to one thread.
 * Ownership  what is found belongs to the repeats; it lives as long as a frame's structures.
 * Limits     structures of up to REPEAT_LEN_MAX bytes, the last one of each field; streams of a few
 *            frames only keep nothing.
 */
#include "openwire_cache.h"

enum { REPEAT_LEN_MAX = 116 };

struct repeat;
struct repeats {
    struct repeat *rows;
    struct reader_cache kept;
    uint32_t noted; /* before there were rows */
};
void repeats_init(struct repeats *repeats);
void repeats_fini(struct repeats *repeats);
/* What the last read gave is not needed any more. */
static inline void repeats_release(struct repeats *repeats)
{
    reader_cache_release(&repeats->kept);
}
/* NULL: nothing that `bytes` begin with. `len` is how many of them it takes. */
const struct ow_object *repeats_find(const struct repeats *repeats, const struct ow_field *field,
                                     struct slice bytes, size_t *len);
/* That is how the field's structure was written. The second time it is kept. */
void repeats_note(struct repeats *repeats, const struct ow_field *field, struct slice bytes,
                  const struct ow_object *object);
#endif
