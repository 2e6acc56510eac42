/* SPDX-License-Identifier: Apache-2.0 */
#include "jms/ascii.h"
#include "jms/text.h"
#include "openwire_arena.h"
#include "openwire_cache.h"
#include "openwire_repeats.h"
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
    struct repeats repeats;
    char where[WHERE_MAX];
};

/* Where in the frame we are. The tight form has its booleans in front; the loose one, each in its
 * place. */
struct cursor {
    const uint8_t *at;
    uint32_t bit;
};

/* One frame. */
struct reading {
    struct cursor cursor;
    const uint8_t *end;
    const uint8_t *bits;
    uint32_t bit_count;
    enum ow_error error;
    uint32_t objects_left;
    uint8_t depth, version;
    bool tight, cache;
    struct ow_reader *reader;
};

/*
 * What fields are made of. These are inlined with a constant `tight` where it counts, so that the
 * cursor stays in registers from one field to the next.
 */
static bool fail(struct reading *r, enum ow_error error)
{
    r->error = error;
    return false;
}

static ALWAYS_INLINE bool has(struct reading *r, struct cursor *c, size_t len)
{
    return LIKELY((size_t)(r->end - c->at) >= len) || fail(r, OW_TRUNCATED);
}

static ALWAYS_INLINE bool read_bit(struct reading *r, struct cursor *c, bool *out)
{
    unsigned byte;

    if (UNLIKELY(c->bit >= r->bit_count))
        return fail(r, OW_BAD_BOOLEANS);
    byte = r->bits[c->bit / 8];
    *out = (byte >> c->bit++ % 8 & 1) != 0;
    return true;
}

static ALWAYS_INLINE bool read_raw(struct reading *r, struct cursor *c, void *out, size_t len)
{
    if (!has(r, c, len))
        return false;
    memcpy(out, c->at, len);
    c->at += len;
    return true;
}

static ALWAYS_INLINE bool read_bool(struct reading *r, struct cursor *c, bool tight, bool *out)
{
    if (tight)
        return read_bit(r, c, out);
    if (!has(r, c, 1))
        return false;
    *out = *c->at++ != 0;
    return true;
}

static ALWAYS_INLINE bool read_u16(struct reading *r, struct cursor *c, uint16_t *out)
{
    uint16_t value;

    if (!read_raw(r, c, &value, sizeof value))
        return false;
    *out = be16toh(value);
    return true;
}

static ALWAYS_INLINE bool read_u32(struct reading *r, struct cursor *c, uint32_t *out)
{
    uint32_t value;

    if (!read_raw(r, c, &value, sizeof value))
        return false;
    *out = be32toh(value);
    return true;
}

/* Tight: two bits say how many bytes there are. */
static ALWAYS_INLINE bool read_long(struct reading *r, struct cursor *c, bool tight, uint64_t *out)
{
    bool high = true, low = true;
    uint64_t value = 0;
    uint32_t half = 0;
    uint16_t narrow = 0;

    if (tight && (!read_bit(r, c, &high) || !read_bit(r, c, &low)))
        return false;
    if (high && low) {
        if (!read_raw(r, c, &value, sizeof value))
            return false;
        *out = be64toh(value);
    } else if (high) {
        if (!read_u32(r, c, &half))
            return false;
        *out = half;
    } else {
        if (low && !read_u16(r, c, &narrow))
            return false;
        *out = narrow;
    }
    return true;
}

static ALWAYS_INLINE bool take(struct reading *r, struct cursor *c, size_t len, struct slice *out)
{
    if (UNLIKELY((size_t)(r->end - c->at) < len))
        return fail(r, OW_BAD_LENGTH);
    *out = slice_of(c->at, len);
    c->at += len;
    return true;
}

static ALWAYS_INLINE bool read_string(struct reading *r, struct cursor *c, bool tight,
                                      struct slice *out)
{
    bool is_present = false, is_ascii = false;
    struct slice text;
    uint16_t len;

    if (!read_bool(r, c, tight, &is_present))
        return false;
    if (!is_present)
        return true;
    if ((tight && !read_bit(r, c, &is_ascii)) || !read_u16(r, c, &len))
        return false;
    if (is_ascii && len > INT16_MAX)
        return fail(r, OW_BAD_LENGTH);
    if (!take(r, c, len, &text))
        return false;
    *out = text;
    if (LIKELY(text_is_ascii(text)))
        return true;
    return (!is_ascii && modified_is_valid(text)) || fail(r, OW_BAD_TEXT);
}

static ALWAYS_INLINE bool read_bytes(struct reading *r, struct cursor *c, bool tight,
                                     struct slice *out)
{
    bool is_present = false;
    uint32_t len;

    if (!read_bool(r, c, tight, &is_present))
        return false;
    if (!is_present)
        return true;
    if (!read_u32(r, c, &len))
        return false;
    if (len > INT32_MAX)
        return fail(r, OW_BAD_LENGTH);
    return take(r, c, len, out);
}

/*
 * Structures.
 */
static void *alloc(struct reading *r, size_t size)
{
    void *memory = arena_alloc(&r->reader->arena, size);

    if (UNLIKELY(!memory))
        fail(r, OW_NO_MEMORY);
    return memory;
}

/* For structures and elements of arrays: each costs at least a byte or, tight, a bit of the frame.
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
    struct cursor *c = &r->cursor;
    struct slice bits;
    uint16_t wide = 0;
    uint8_t len = 0;

    if (!read_raw(r, c, &len, 1))
        return false;
    if (len <= BITS_SHORT_MAX) {
        wide = len;
    } else if (len == BITS_U8_FOLLOWS) {
        if (!read_raw(r, c, &len, 1))
            return false;
        wide = len;
    } else if (len != BITS_I16_FOLLOWS || !read_u16(r, c, &wide) || wide > INT16_MAX) {
        return fail(r, OW_BAD_BOOLEANS);
    }
    if (!take(r, c, wide, &bits))
        return fail(r, OW_BAD_BOOLEANS);
    r->bits = bits.bytes;
    r->bit_count = wide * 8u;
    return true;
}

/* A ready-made form never comes: Java itself cannot send it. */
static bool skip_form_bit(struct reading *r, const struct ow_structure *structure)
{
    bool is_ready_made = false;

    return !structure->has_form_bit || (read_bit(r, &r->cursor, &is_ready_made) &&
                                        (!is_ready_made || fail(r, OW_BAD_BOOLEANS)));
}

static bool read_fields(struct reading *r, const struct ow_structure *structure, uint8_t *object);

/* `field` is NULL for what the frame itself holds. */
static bool read_object(struct reading *r, const struct ow_field *field,
                        const struct ow_object **out)
{
    struct cursor *c = &r->cursor;
    const struct ow_structure *structure;
    struct ow_object *object;
    uint8_t type;

    if (!read_raw(r, c, &type, sizeof type))
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
    object = charge(r, 1) ? alloc(r, structure->size) : NULL;
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

static bool read_nullable(struct reading *r, const struct ow_field *field,
                          const struct ow_object **out)
{
    bool is_present = false;

    return read_bool(r, &r->cursor, r->tight, &is_present) &&
           (!is_present || read_object(r, field, out));
}

static bool read_cached(struct reading *r, const struct ow_field *field,
                        const struct ow_object **out)
{
    struct reader_cache *cache = &r->reader->cache;
    struct cursor *c = &r->cursor;
    enum ow_error error;
    bool is_new = false;
    uint16_t number;
    int slot;

    if (!read_bool(r, c, r->tight, &is_new) || !read_u16(r, c, &number))
        return false;
    slot = (int16_t)number;
    if (is_new) {
        if (!read_nullable(r, field, out))
            return false;
        error = slot == CACHE_SLOT_NONE ? OW_OK : reader_cache_put(cache, slot, *out);
        return error == OW_OK || fail(r, error);
    }
    error = reader_cache_get(cache, slot, out);
    if (error != OW_OK)
        return fail(r, error);
    return !*out || ow_field_holds(field, (*out)->type) || fail(r, OW_WRONG_TYPE);
}

/* A structure that would go through the cache, if there was one. */
static bool read_repeated(struct reading *r, const struct ow_field *field,
                          const struct ow_object **out)
{
    struct repeats *repeats = &r->reader->repeats;
    const uint8_t *begin = r->cursor.at;
    size_t len;

    *out = repeats_find(repeats, field, slice_of(begin, (size_t)(r->end - begin)), &len);
    if (LIKELY(*out != NULL)) {
        r->cursor.at += len;
        return true;
    }
    if (!read_object(r, field, out))
        return false;
    repeats_note(repeats, field, slice_of(begin, (size_t)(r->cursor.at - begin)), *out);
    return true;
}

static bool read_array(struct reading *r, const struct ow_field *field, struct ow_array *out)
{
    struct cursor *c = &r->cursor;
    const struct ow_object **items;
    uint16_t count;

    if (!read_u16(r, c, &count))
        return false;
    if (count > INT16_MAX ||
        count > (r->tight ? (size_t)(r->bit_count - c->bit) : (size_t)(r->end - c->at)))
        return fail(r, OW_BAD_LENGTH);
    items = charge(r, count) ? alloc(r, count * sizeof *items) : NULL;
    if (!items)
        return false;
    *out = (struct ow_array){items, count, true};
    for (unsigned i = 0; i < count; i++)
        if (!read_nullable(r, field, &items[i]))
            return false;
    return true;
}

static bool read_stack(struct reading *r, struct ow_throwable *throwable)
{
    struct cursor *c = &r->cursor;
    struct ow_stack_frame *frames;
    uint16_t count;

    if (!read_u16(r, c, &count))
        return false;
    if (count > INT16_MAX || count > (size_t)(r->end - c->at) / sizeof frames->line)
        return fail(r, OW_BAD_LENGTH);
    frames = charge(r, count) ? alloc(r, count * sizeof *frames) : NULL;
    if (!frames)
        return false;
    throwable->frames = frames;
    throwable->frame_count = count;
    for (unsigned i = 0; i < count; i++) {
        uint32_t line;

        if (!read_string(r, c, r->tight, &frames[i].class_name) ||
            !read_string(r, c, r->tight, &frames[i].method) ||
            !read_string(r, c, r->tight, &frames[i].file) || !read_u32(r, c, &line))
            return false;
        frames[i].line = (int32_t)line;
    }
    return true;
}

/* One that is there, and then its causes. */
static bool read_throwable(struct reading *r, const struct ow_throwable **out)
{
    struct cursor *c = &r->cursor;
    bool is_present = true;

    for (unsigned depth = r->depth; is_present; depth++) {
        struct ow_throwable *throwable;

        if (depth == DEPTH_MAX)
            return fail(r, OW_TOO_DEEP);
        throwable = charge(r, 1) ? alloc(r, sizeof *throwable) : NULL;
        if (!throwable)
            return false;
        *out = throwable;
        out = &throwable->cause;
        if (!read_string(r, c, r->tight, &throwable->class_name) ||
            !read_string(r, c, r->tight, &throwable->message))
            return false;
        if (!r->reader->format.stack_trace)
            return true;
        if (!read_stack(r, throwable) || !read_bool(r, c, r->tight, &is_present))
            return false;
    }
    return true;
}

/* What is there: of what goes through the cache, the slot; of all else, more than a null. */
static inline bool read_structured(struct reading *r, const struct ow_field *field, void *member)
{
    const struct ow_throwable *throwable = NULL;
    const struct ow_object *object = NULL;
    bool is_read;

    if (field->kind == OW_ARRAY)
        return read_array(r, field, member);
    if (field->kind == OW_THROWABLE) {
        is_read = read_throwable(r, &throwable);
        memcpy(member, &throwable, sizeof throwable);
        return is_read;
    }
    if (field->kind != OW_CACHED || (r->tight && !r->cache))
        is_read = read_object(r, field, &object);
    else
        is_read = r->cache ? read_cached(r, field, &object) : read_repeated(r, field, &object);
    memcpy(member, &object, sizeof object);
    return is_read;
}

static bool fail_at(struct reading *r, const struct ow_structure *structure,
                    const struct ow_field *field)
{
    if (r->reader->where[0] == '\0') /* the innermost one */
        snprintf(r->reader->where, WHERE_MAX, "%s.%s", structure->name, field->name);
    return false;
}

static ALWAYS_INLINE bool read_fields_as(struct reading *r, const struct ow_structure *structure,
                                         uint8_t *start, const bool tight)
{
    const struct ow_field *field = structure->fields, *const end = field + structure->field_count;
    const unsigned version = r->version;
    struct cursor c = r->cursor;
    bool is_read = true, is_present;

    for (; field < end; field++) {
        void *member = start + field->offset;

        if (UNLIKELY(!ow_field_is_in(field, version)))
            continue;
        switch ((enum ow_kind)field->kind) {
        case OW_BOOL:
            is_read = read_bool(r, &c, tight, member);
            break;
        case OW_BYTE:
            is_read = read_raw(r, &c, member, 1);
            break;
        case OW_INT:
            is_read = read_u32(r, &c, member);
            break;
        case OW_LONG:
            is_read = read_long(r, &c, tight, member);
            break;
        case OW_STRING:
            is_read = read_string(r, &c, tight, member);
            break;
        case OW_BYTES:
        case OW_CONTENT:
            is_read = read_bytes(r, &c, tight, member);
            break;
        case OW_FIXED8:
            is_read = read_raw(r, &c, member, 8);
            break;
        case OW_NESTED:
        case OW_CACHED:
        case OW_ARRAY:
        case OW_THROWABLE:
            is_present = field->kind == OW_CACHED && r->cache;
            is_read = is_present || read_bool(r, &c, tight, &is_present);
            if (!is_present)
                break;
            r->cursor = c;
            is_read = read_structured(r, field, member);
            c = r->cursor;
            break;
        }
        if (UNLIKELY(!is_read))
            return fail_at(r, structure, field);
    }
    r->cursor = c;
    return true;
}

static bool read_fields(struct reading *r, const struct ow_structure *structure, uint8_t *object)
{
    return r->tight ? read_fields_as(r, structure, object, true)
                    : read_fields_as(r, structure, object, false);
}

static bool read_frame(struct reading *r, const struct ow_object **out)
{
    struct cursor *c = &r->cursor;

    if (!read_object(r, NULL, out))
        return false;
    if (c->at != r->end)
        return fail(r, OW_TRAILING_BYTES);
    return r->bit_count - c->bit < 8 || fail(r, OW_BAD_BOOLEANS);
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
        .cache = reader->format.cache,
        .reader = reader,
    };
    uint32_t size;

    arena_reset(&reader->arena);
    reader_cache_release(&reader->cache);
    repeats_release(&reader->repeats);
    if (bytes.len < SIZE_BYTES)
        return result;
    memcpy(&size, bytes.bytes, sizeof size);
    size = be32toh(size);
    if (size == 0 || size > INT32_MAX || size > reader->limits.frame_bytes_max)
        return read_failed(reader, OW_FRAME_TOO_LONG);
    if (bytes.len - SIZE_BYTES < size)
        return result;
    r.cursor.at = bytes.bytes + SIZE_BYTES;
    r.end = r.cursor.at + size;
    result.used = SIZE_BYTES + (size_t)size;
    if (size == 1 && *r.cursor.at == OW_NULL)
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
    repeats_init(&reader->repeats);
    return reader;
}

void ow_reader_destroy(struct ow_reader *reader)
{
    if (!reader)
        return;
    arena_fini(&reader->arena);
    reader_cache_fini(&reader->cache);
    repeats_fini(&reader->repeats);
    free(reader);
}

int ow_reader_set_format(struct ow_reader *reader, const struct ow_format *format)
{
    assert(format->version >= OW_VERSION_MIN && format->version <= OW_VERSION_MAX);
    reader->format = *format;
    repeats_fini(&reader->repeats);
    reader_cache_fini(&reader->cache);
    reader_cache_init(&reader->cache, format->cache ? format->cache_size : 0,
                      reader->limits.cache_bytes_max);
    return 0;
}

void ow_reader_set_limits(struct ow_reader *reader, const struct ow_limits *limits)
{
    reader->limits = *limits;
    if (reader->format.cache)
        reader->cache.bytes_max = limits->cache_bytes_max;
}

void ow_reader_trim(struct ow_reader *reader)
{
    arena_trim(&reader->arena);
    repeats_fini(&reader->repeats);
}
