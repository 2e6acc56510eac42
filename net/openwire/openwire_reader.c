/* SPDX-License-Identifier: Apache-2.0 */
#include "openwire/text.h"
#include "openwire_arena.h"
#include "openwire_ascii.h"
#include "openwire_cache.h"
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SIZE_BYTES = 4,
    DEPTH_MAX = 16,
    WHERE_MAX = 64,
    BITS_SHORT_MAX = 63, /* the tight form's bits: so many bytes, or one of these and a length */
    BITS_U8_FOLLOWS = 0xc0,
    BITS_I16_FOLLOWS = 0x80,
};

struct ow_reader {
    struct ow_limits limits;
    struct ow_format format;
    struct arena arena;
    struct reader_cache cache;
    char where[WHERE_MAX];
};

/* One frame. The tight form has its booleans in front; the loose one, each in its place. */
struct reading {
    const uint8_t *at, *end;
    const uint8_t *bits;
    uint32_t bit, bit_count;
    uint32_t objects_left;
    uint8_t depth, version;
    bool tight;
    enum ow_error error;
    struct ow_reader *reader;
};

static bool fail(struct reading *r, enum ow_error error)
{
    r->error = error;
    return false;
}

static inline bool has(struct reading *r, size_t len)
{
    return LIKELY((size_t)(r->end - r->at) >= len) || fail(r, OW_TRUNCATED);
}

static inline bool read_bit(struct reading *r, bool *out)
{
    if (UNLIKELY(r->bit >= r->bit_count))
        return fail(r, OW_BAD_BOOLEANS);
    *out = r->bits[r->bit / 8] >> r->bit % 8 & 1;
    r->bit++;
    return true;
}

static inline bool read_bool(struct reading *r, bool *out)
{
    if (r->tight)
        return read_bit(r, out);
    if (!has(r, 1))
        return false;
    *out = *r->at++ != 0;
    return true;
}

static inline bool read_u16(struct reading *r, uint16_t *out)
{
    if (!has(r, sizeof *out))
        return false;
    memcpy(out, r->at, sizeof *out);
    *out = be16toh(*out);
    r->at += sizeof *out;
    return true;
}

static inline bool read_u32(struct reading *r, uint32_t *out)
{
    if (!has(r, sizeof *out))
        return false;
    memcpy(out, r->at, sizeof *out);
    *out = be32toh(*out);
    r->at += sizeof *out;
    return true;
}

static inline bool read_u64(struct reading *r, uint64_t *out)
{
    if (!has(r, sizeof *out))
        return false;
    memcpy(out, r->at, sizeof *out);
    *out = be64toh(*out);
    r->at += sizeof *out;
    return true;
}

static inline bool read_raw(struct reading *r, void *out, size_t len)
{
    if (!has(r, len))
        return false;
    memcpy(out, r->at, len);
    r->at += len;
    return true;
}

/* Tight: two bits say how many bytes there are. */
static bool read_tight_long(struct reading *r, uint64_t *out)
{
    bool high = false, low = false;
    uint16_t narrow;
    uint32_t half;

    if (!read_bit(r, &high) || !read_bit(r, &low))
        return false;
    if (high && low)
        return read_u64(r, out);
    if (high) {
        if (!read_u32(r, &half))
            return false;
        *out = half;
    } else if (low) {
        if (!read_u16(r, &narrow))
            return false;
        *out = narrow;
    } else {
        *out = 0;
    }
    return true;
}

static inline bool take(struct reading *r, size_t len, struct slice *out)
{
    if (UNLIKELY((size_t)(r->end - r->at) < len))
        return fail(r, OW_BAD_LENGTH);
    *out = slice_of(r->at, len);
    r->at += len;
    return true;
}

static inline bool read_string(struct reading *r, struct slice *out)
{
    bool is_present = false, is_ascii = false;
    uint16_t len;

    if (!read_bool(r, &is_present))
        return false;
    if (!is_present)
        return true;
    if (r->tight && !read_bit(r, &is_ascii))
        return false;
    if (!read_u16(r, &len))
        return false;
    if (is_ascii && len > INT16_MAX)
        return fail(r, OW_BAD_LENGTH);
    if (!take(r, len, out))
        return false;
    if (LIKELY(text_is_ascii(*out)))
        return true;
    return (!is_ascii && modified_is_valid(*out)) || fail(r, OW_BAD_TEXT);
}

static inline bool read_bytes(struct reading *r, struct slice *out)
{
    bool is_present = false;
    uint32_t len;

    if (!read_bool(r, &is_present))
        return false;
    if (!is_present)
        return true;
    if (!read_u32(r, &len))
        return false;
    if (len > INT32_MAX)
        return fail(r, OW_BAD_LENGTH);
    return take(r, len, out);
}

static void *alloc(struct reading *r, size_t size)
{
    void *memory = arena_alloc(&r->reader->arena, size);

    if (UNLIKELY(!memory))
        fail(r, OW_NO_MEMORY);
    return memory;
}

/* Of structures and elements of arrays: each costs at least a byte or, tight, a bit of the frame.
 */
static inline bool charge(struct reading *r, uint32_t count)
{
    if (UNLIKELY(r->objects_left < count))
        return fail(r, OW_TOO_MANY);
    r->objects_left -= count;
    return true;
}

/* Finds the tight form's bits, behind the frame's type. */
static bool find_bits(struct reading *r)
{
    struct slice bits;
    uint16_t wide = 0;
    uint8_t len = 0;

    if (!read_raw(r, &len, 1))
        return false;
    if (len <= BITS_SHORT_MAX) {
        wide = len;
    } else if (len == BITS_U8_FOLLOWS) {
        if (!read_raw(r, &len, 1))
            return false;
        wide = len;
    } else if (len != BITS_I16_FOLLOWS || !read_u16(r, &wide) || wide > INT16_MAX) {
        return fail(r, OW_BAD_BOOLEANS);
    }
    if (!take(r, wide, &bits))
        return fail(r, OW_BAD_BOOLEANS);
    r->bits = bits.bytes;
    r->bit_count = wide * 8u;
    return true;
}

/* A ready-made form never comes: Java itself cannot send it. */
static bool skip_form_bit(struct reading *r, const struct ow_structure *structure)
{
    bool is_ready_made = false;

    return !structure->has_form_bit ||
           (read_bit(r, &is_ready_made) && (!is_ready_made || fail(r, OW_BAD_BOOLEANS)));
}

static bool read_fields(struct reading *r, const struct ow_structure *structure, uint8_t *object);

/* `field` is NULL for what the frame itself holds. */
static bool read_object(struct reading *r, const struct ow_field *field,
                        const struct ow_object **out)
{
    const struct ow_structure *structure;
    struct ow_object *object;
    uint8_t type;

    if (!read_raw(r, &type, sizeof type))
        return false;
    structure = ow_structure_of(type, r->version);
    if (!structure)
        return fail(r, OW_UNKNOWN_TYPE);
    if (field && !ow_field_holds(field, type))
        return fail(r, OW_WRONG_TYPE);
    if (r->tight && !(field ? skip_form_bit(r, structure) : find_bits(r)))
        return false;
    if (r->depth == DEPTH_MAX)
        return fail(r, OW_TOO_DEEP);
    object = alloc(r, structure->size);
    if (!object)
        return false;
    object->type = type;
    *out = object;
    r->depth++;
    if (!read_fields(r, structure, (uint8_t *)object))
        return false;
    r->depth--;
    return true;
}

static bool read_nested(struct reading *r, const struct ow_field *field,
                        const struct ow_object **out)
{
    bool is_present = false;

    if (!read_bool(r, &is_present))
        return false;
    return !is_present || (charge(r, 1) && read_object(r, field, out));
}

static bool read_cached(struct reading *r, const struct ow_field *field,
                        const struct ow_object **out)
{
    enum ow_error error;
    bool is_new = false;
    uint16_t number;
    int slot;

    if (!r->reader->format.cache)
        return read_nested(r, field, out);
    if (!read_bool(r, &is_new) || !read_u16(r, &number))
        return false;
    slot = (int16_t)number;
    if (is_new) {
        if (!read_nested(r, field, out))
            return false;
        error = slot == CACHE_SLOT_NONE ? OW_OK : reader_cache_put(&r->reader->cache, slot, *out);
        return error == OW_OK || fail(r, error);
    }
    error = reader_cache_get(&r->reader->cache, slot, out);
    if (error != OW_OK)
        return fail(r, error);
    return !*out || ow_field_holds(field, (*out)->type) || fail(r, OW_WRONG_TYPE);
}

static bool read_array(struct reading *r, const struct ow_field *field, struct ow_array *out)
{
    const struct ow_object **items;
    uint16_t count;

    if (!read_bool(r, &out->is_present))
        return false;
    if (!out->is_present)
        return true;
    if (!read_u16(r, &count))
        return false;
    if (count > INT16_MAX ||
        count > (r->tight ? (size_t)(r->bit_count - r->bit) : (size_t)(r->end - r->at)))
        return fail(r, OW_BAD_LENGTH);
    items = charge(r, count) ? alloc(r, count * sizeof *items) : NULL;
    if (!items)
        return false;
    out->items = items;
    out->count = count;
    for (unsigned i = 0; i < count; i++) {
        bool is_present = false;

        if (!read_bool(r, &is_present) || (is_present && !read_object(r, field, &items[i])))
            return false;
    }
    return true;
}

static bool read_stack(struct reading *r, struct ow_throwable *throwable)
{
    struct ow_stack_frame *frames;
    uint16_t count;

    if (!read_u16(r, &count))
        return false;
    /* Each has a line number at least. */
    if (count > INT16_MAX || count > (size_t)(r->end - r->at) / sizeof frames->line)
        return fail(r, OW_BAD_LENGTH);
    frames = charge(r, count) ? alloc(r, count * sizeof *frames) : NULL;
    if (!frames)
        return false;
    throwable->frames = frames;
    throwable->frame_count = count;
    for (unsigned i = 0; i < count; i++) {
        uint32_t line;

        if (!read_string(r, &frames[i].class_name) || !read_string(r, &frames[i].method) ||
            !read_string(r, &frames[i].file) || !read_u32(r, &line))
            return false;
        frames[i].line = (int32_t)line;
    }
    return true;
}

static bool read_throwable(struct reading *r, const struct ow_throwable **out)
{
    struct ow_throwable *throwable;
    bool is_present = false;
    bool is_read;

    if (!read_bool(r, &is_present))
        return false;
    if (!is_present)
        return true;
    if (r->depth == DEPTH_MAX)
        return fail(r, OW_TOO_DEEP);
    throwable = charge(r, 1) ? alloc(r, sizeof *throwable) : NULL;
    if (!throwable)
        return false;
    *out = throwable;
    r->depth++;
    is_read = read_string(r, &throwable->class_name) && read_string(r, &throwable->message) &&
              (!r->reader->format.stack_trace ||
               (read_stack(r, throwable) && read_throwable(r, &throwable->cause)));
    r->depth--;
    return is_read;
}

static inline bool read_field(struct reading *r, const struct ow_field *field, void *member)
{
    const struct ow_object *nested = NULL;
    bool is_read;

    switch ((enum ow_kind)field->kind) {
    case OW_BOOL:
        return read_bool(r, member);
    case OW_BYTE:
        return read_raw(r, member, 1);
    case OW_INT:
        return read_u32(r, member);
    case OW_LONG:
        return r->tight ? read_tight_long(r, member) : read_u64(r, member);
    case OW_STRING:
        return read_string(r, member);
    case OW_BYTES:
    case OW_CONTENT:
        return read_bytes(r, member);
    case OW_FIXED8:
        return read_raw(r, member, 8);
    case OW_NESTED:
        is_read = read_nested(r, field, &nested);
        memcpy(member, &nested, sizeof nested);
        return is_read;
    case OW_CACHED:
        is_read = read_cached(r, field, &nested);
        memcpy(member, &nested, sizeof nested);
        return is_read;
    case OW_ARRAY:
        return read_array(r, field, member);
    case OW_THROWABLE:
        return read_throwable(r, member);
    }
    return false;
}

static bool read_fields(struct reading *r, const struct ow_structure *structure, uint8_t *object)
{
    const struct ow_field *field = structure->fields;
    const struct ow_field *end = field + structure->field_count;

    for (; field < end; field++) {
        if (!ow_field_is_in(field, r->version) || read_field(r, field, object + field->offset))
            continue;
        if (r->reader->where[0] == '\0') /* the innermost one */
            snprintf(r->reader->where, WHERE_MAX, "%s.%s", structure->name, field->name);
        return false;
    }
    return true;
}

static bool read_frame(struct reading *r, const struct ow_object **out)
{
    if (!read_object(r, NULL, out))
        return false;
    if (r->at != r->end)
        return fail(r, OW_TRAILING_BYTES);
    return r->bit_count - r->bit < 8 || fail(r, OW_BAD_BOOLEANS);
}

static struct ow_read read_failed(struct ow_reader *reader, enum ow_error error)
{
    return (struct ow_read){NULL, 0, error, reader->where[0] ? reader->where : "frame"};
}

struct ow_read ow_read(struct ow_reader *reader, struct slice bytes)
{
    struct ow_read result = {NULL, 0, OW_OK, NULL};
    struct reading r = {
        .objects_left = reader->limits.objects_max,
        .version = reader->format.version,
        .tight = reader->format.tight,
        .reader = reader,
    };
    uint32_t size;

    arena_reset(&reader->arena);
    reader_cache_release(&reader->cache);
    if (bytes.len < SIZE_BYTES)
        return result;
    memcpy(&size, bytes.bytes, sizeof size);
    size = be32toh(size);
    if (size == 0 || size > INT32_MAX || size > reader->limits.frame_bytes_max)
        return read_failed(reader, OW_FRAME_TOO_LONG);
    if (bytes.len - SIZE_BYTES < size)
        return result;
    r.at = bytes.bytes + SIZE_BYTES;
    r.end = r.at + size;
    result.used = SIZE_BYTES + (size_t)size;
    if (size == 1 && *r.at == OW_NULL)
        return result;
    return read_frame(&r, &result.object) ? result : read_failed(reader, r.error);
}

struct ow_reader *ow_reader_create(const struct ow_limits *limits)
{
    struct ow_reader *reader = calloc(1, sizeof *reader);

    if (!reader)
        return NULL;
    reader->limits = *limits;
    reader->format.version = OW_VERSION_MIN;
    arena_init(&reader->arena);
    reader_cache_init(&reader->cache, 0, 0);
    return reader;
}

void ow_reader_destroy(struct ow_reader *reader)
{
    if (!reader)
        return;
    arena_fini(&reader->arena);
    reader_cache_fini(&reader->cache);
    free(reader);
}

int ow_reader_set_format(struct ow_reader *reader, const struct ow_format *format)
{
    assert(format->version >= OW_VERSION_MIN && format->version <= OW_VERSION_MAX);
    reader->format = *format;
    reader_cache_fini(&reader->cache);
    reader_cache_init(&reader->cache, format->cache ? format->cache_size : 0,
                      reader->limits.cache_bytes_max);
    return 0;
}

void ow_reader_set_frame_max(struct ow_reader *reader, uint32_t frame_bytes_max)
{
    reader->limits.frame_bytes_max = frame_bytes_max;
}

void ow_reader_trim(struct ow_reader *reader)
{
    arena_trim(&reader->arena);
}
