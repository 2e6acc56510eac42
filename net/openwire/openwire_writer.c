/* SPDX-License-Identifier: Apache-2.0 */
#include "openwire/codec.h"
#include "openwire_ascii.h"
#include "openwire_cache.h"
#include <endian.h>
#include <errno.h>
#include <stdlib.h>

enum {
    HEAD_MAX = 8, /* size, type, and the length of the tight form's bits */
    SIZE_BYTES = 4,
    FIELD_MAX = 16,     /* no field needs more, but for the bytes of texts and the like */
    CAPACITY_MIN = 256, /* of a buffer */
    CAPACITY_KEPT = 8192,
    TIGHT_TEXT_MAX = 32766, /* Java cannot send, nor does it expect, one byte more */
    BITS_SHORT_MAX = 63,
    BITS_U8_FOLLOWS = 0xc0,
    BITS_I16_FOLLOWS = 0x80,
};

struct buffer {
    uint8_t *bytes;
    size_t capacity;
};

struct ow_writer {
    struct ow_format format;
    struct buffer bytes; /* all but the tight form's bits */
    struct buffer bits;
    struct buffer keys; /* of the cache: those of the objects that are being written */
    size_t keys_used;
    struct writer_cache cache;
};

/* One frame, or one key of the cache. */
struct writing {
    uint8_t *at, *end;           /* room for a field at least */
    uint8_t *bits_at, *bits_end; /* room for `bits` at least */
    uint64_t bits;               /* those that are not in the buffer yet */
    uint32_t bit_count;
    uint8_t version;
    bool tight, is_key;
    enum ow_error error;
    struct ow_writer *writer;
    struct buffer *buffer; /* of `at` */
    struct slice shared;
    size_t shared_at; /* how many bytes are before it */
};

static bool fail(struct writing *w, enum ow_error error)
{
    w->error = error;
    return false;
}

static size_t used_of(const struct buffer *buffer, const uint8_t *at)
{
    return buffer->bytes ? (size_t)(at - buffer->bytes) : 0;
}

/* Moves what was written up to *at to where there is room for `more` bytes. */
static bool grow(struct writing *w, struct buffer *buffer, uint8_t **at, uint8_t **end, size_t more)
{
    size_t used = used_of(buffer, *at);
    size_t capacity = buffer->capacity > 0 ? buffer->capacity : CAPACITY_MIN;
    uint8_t *grown;

    if (more > INT32_MAX || used + more > INT32_MAX)
        return fail(w, OW_FRAME_TOO_LONG);
    while (capacity - used < more)
        capacity *= 2;
    grown = realloc(buffer->bytes, capacity);
    if (!grown)
        return fail(w, OW_NO_MEMORY);
    *buffer = (struct buffer){grown, capacity};
    *at = grown + used;
    *end = grown + capacity;
    return true;
}

/* For `len` bytes, and the next field behind them. */
static inline bool make_room(struct writing *w, size_t len)
{
    return LIKELY((size_t)(w->end - w->at) >= len + FIELD_MAX) ||
           grow(w, w->buffer, &w->at, &w->end, len + FIELD_MAX);
}

static inline void write_u16(struct writing *w, uint16_t value)
{
    value = htobe16(value);
    memcpy(w->at, &value, sizeof value);
    w->at += sizeof value;
}

static inline void write_u32(struct writing *w, uint32_t value)
{
    value = htobe32(value);
    memcpy(w->at, &value, sizeof value);
    w->at += sizeof value;
}

static inline void write_u64(struct writing *w, uint64_t value)
{
    value = htobe64(value);
    memcpy(w->at, &value, sizeof value);
    w->at += sizeof value;
}

static bool write_bits(struct writing *w)
{
    const uint64_t word = htole64(w->bits);
    const size_t len = (w->bit_count + 7) / 8;

    memcpy(w->bits_at, &word, sizeof word);
    w->bits_at += len;
    w->bits = 0;
    w->bit_count = 0;
    if (used_of(&w->writer->bits, w->bits_at) - HEAD_MAX > INT16_MAX)
        return fail(w, OW_TOO_MANY);
    return (size_t)(w->bits_end - w->bits_at) >= sizeof word ||
           grow(w, &w->writer->bits, &w->bits_at, &w->bits_end, sizeof word);
}

static inline bool write_bit(struct writing *w, bool value)
{
    w->bits |= (uint64_t)value << w->bit_count;
    return LIKELY(++w->bit_count < 64) || write_bits(w);
}

static inline bool write_bool(struct writing *w, bool value)
{
    if (w->tight)
        return write_bit(w, value);
    *w->at++ = value;
    return true;
}

/* Tight: two bits say how many bytes there are. */
static bool write_tight_long(struct writing *w, uint64_t value)
{
    const bool high = value > UINT16_MAX;
    const bool low = value > UINT32_MAX || (value > 0 && !high);

    if (high && low)
        write_u64(w, value);
    else if (high)
        write_u32(w, (uint32_t)value);
    else if (low)
        write_u16(w, (uint16_t)value);
    return write_bit(w, high) && write_bit(w, low);
}

static inline bool write_long(struct writing *w, uint64_t value)
{
    if (w->tight)
        return write_tight_long(w, value);
    write_u64(w, value);
    return true;
}

static inline bool write_string(struct writing *w, struct slice text)
{
    const bool is_present = slice_is_present(text);

    if (!write_bool(w, is_present))
        return false;
    if (!is_present)
        return true;
    if (text.len > (w->tight ? TIGHT_TEXT_MAX : UINT16_MAX))
        return fail(w, OW_TEXT_TOO_LONG);
    if ((w->tight && !write_bit(w, text_is_ascii(text))) || !make_room(w, text.len))
        return false;
    write_u16(w, (uint16_t)text.len);
    memcpy(w->at, text.bytes, text.len);
    w->at += text.len;
    return true;
}

static inline bool write_bytes(struct writing *w, struct slice bytes, bool may_share)
{
    const bool is_present = slice_is_present(bytes);

    if (!write_bool(w, is_present))
        return false;
    if (!is_present)
        return true;
    if (bytes.len > INT32_MAX)
        return fail(w, OW_FRAME_TOO_LONG);
    may_share = may_share && bytes.len >= OW_SHARED_MIN && !slice_is_present(w->shared);
    if (!make_room(w, may_share ? 0 : bytes.len))
        return false;
    write_u32(w, (uint32_t)bytes.len);
    if (may_share) {
        w->shared = bytes;
        w->shared_at = used_of(w->buffer, w->at);
        return true;
    }
    memcpy(w->at, bytes.bytes, bytes.len);
    w->at += bytes.len;
    return true;
}

static bool write_fields(struct writing *w, const struct ow_structure *structure,
                         const uint8_t *object);

static bool write_object(struct writing *w, const struct ow_field *field,
                         const struct ow_object *object)
{
    const struct ow_structure *structure = ow_structure_of(object->type, w->version);

    assert(ow_field_holds(field, object->type));
    if (!structure)
        return fail(w, OW_UNKNOWN_TYPE);
    *w->at++ = object->type;
    if (w->tight && structure->has_form_bit && !write_bit(w, false))
        return false;
    return write_fields(w, structure, (const uint8_t *)object);
}

static bool write_nested(struct writing *w, const struct ow_field *field,
                         const struct ow_object *object)
{
    if (!write_bool(w, object != NULL))
        return false;
    return !object || write_object(w, field, object);
}

/* An object's key is its own loose form. It stays on the stack of keys, from `start` on, while
 * the object's parts, which may be cached as well, get theirs. */
static bool write_key(struct writing *w, const struct ow_field *field,
                      const struct ow_object *object, size_t start)
{
    struct buffer *keys = &w->writer->keys;
    struct writing key = {.version = w->version,
                          .is_key = true,
                          .writer = w->writer,
                          .buffer = keys,
                          .at = keys->bytes + start,
                          .end = keys->bytes + keys->capacity};

    if (!make_room(&key, 0) || !write_nested(&key, field, object))
        return fail(w, key.error);
    w->writer->keys_used = used_of(keys, key.at);
    return true;
}

static struct slice key_from(const struct ow_writer *writer, size_t start)
{
    return slice_of(writer->keys.bytes + start, writer->keys_used - start);
}

/* A loose object takes its slot before its parts do, a tight one after them. */
static bool write_new(struct writing *w, const struct ow_field *field,
                      const struct ow_object *object, size_t start)
{
    struct ow_writer *writer = w->writer;
    size_t slot_at;
    uint16_t slot;

    if (!w->tight) {
        write_u16(w, (uint16_t)writer_cache_add(&writer->cache, key_from(writer, start)));
        return write_nested(w, field, object);
    }
    slot_at = used_of(w->buffer, w->at);
    w->at += sizeof slot;
    if (!write_nested(w, field, object))
        return false;
    slot = htobe16((uint16_t)writer_cache_add(&writer->cache, key_from(writer, start)));
    memcpy(w->buffer->bytes + slot_at, &slot, sizeof slot);
    return true;
}

static bool write_cached(struct writing *w, const struct ow_field *field,
                         const struct ow_object *object)
{
    struct ow_writer *writer = w->writer;
    const size_t start = writer->keys_used;
    bool is_written;
    int slot;

    if (w->is_key || !writer->format.cache)
        return write_nested(w, field, object);
    if (!write_key(w, field, object, start))
        return false;
    slot = writer_cache_find(&writer->cache, key_from(writer, start));
    is_written = write_bool(w, slot == CACHE_SLOT_NONE);
    if (is_written && slot == CACHE_SLOT_NONE)
        is_written = write_new(w, field, object, start);
    else
        write_u16(w, (uint16_t)slot);
    writer->keys_used = start;
    return is_written;
}

static bool write_array(struct writing *w, const struct ow_field *field,
                        const struct ow_array *array)
{
    if (!write_bool(w, array->is_present))
        return false;
    if (!array->is_present)
        return true;
    if (array->count > INT16_MAX)
        return fail(w, OW_TOO_MANY);
    write_u16(w, array->count);
    for (unsigned i = 0; i < array->count; i++)
        if (!make_room(w, 0) || !write_nested(w, field, array->items[i]))
            return false;
    return true;
}

static bool write_throwable(struct writing *w, const struct ow_throwable *throwable);

static bool write_stack(struct writing *w, const struct ow_throwable *throwable)
{
    if (throwable->frame_count > INT16_MAX)
        return fail(w, OW_TOO_MANY);
    write_u16(w, throwable->frame_count);
    for (unsigned i = 0; i < throwable->frame_count; i++) {
        const struct ow_stack_frame *frame = &throwable->frames[i];

        if (!make_room(w, 0) || !write_string(w, frame->class_name) ||
            !write_string(w, frame->method) || !write_string(w, frame->file))
            return false;
        write_u32(w, (uint32_t)frame->line);
    }
    return make_room(w, 0) && write_throwable(w, throwable->cause);
}

static bool write_throwable(struct writing *w, const struct ow_throwable *throwable)
{
    if (!write_bool(w, throwable != NULL))
        return false;
    if (!throwable)
        return true;
    return write_string(w, throwable->class_name) && write_string(w, throwable->message) &&
           (!w->writer->format.stack_trace || write_stack(w, throwable));
}

/* The structure or the throwable that a member points to. */
static const void *pointer_in(const void *member)
{
    const void *pointer;

    memcpy(&pointer, member, sizeof pointer);
    return pointer;
}

static inline bool write_field(struct writing *w, const struct ow_field *field, const void *member)
{
    switch ((enum ow_kind)field->kind) {
    case OW_BOOL:
        return write_bool(w, *(const bool *)member);
    case OW_BYTE:
        *w->at++ = *(const uint8_t *)member;
        return true;
    case OW_INT:
        write_u32(w, *(const uint32_t *)member);
        return true;
    case OW_LONG:
        return write_long(w, *(const uint64_t *)member);
    case OW_STRING:
        return write_string(w, *(const struct slice *)member);
    case OW_BYTES:
        return write_bytes(w, *(const struct slice *)member, false);
    case OW_CONTENT:
        return write_bytes(w, *(const struct slice *)member, !w->is_key);
    case OW_FIXED8:
        memcpy(w->at, member, 8);
        w->at += 8;
        return true;
    case OW_NESTED:
        return write_nested(w, field, pointer_in(member));
    case OW_CACHED:
        return write_cached(w, field, pointer_in(member));
    case OW_ARRAY:
        return write_array(w, field, member);
    case OW_THROWABLE:
        return write_throwable(w, pointer_in(member));
    }
    return false;
}

static bool write_fields(struct writing *w, const struct ow_structure *structure,
                         const uint8_t *object)
{
    const struct ow_field *field = structure->fields;
    const struct ow_field *end = field + structure->field_count;

    for (; field < end; field++)
        if (ow_field_is_in(field, w->version) &&
            !(make_room(w, 0) && write_field(w, field, object + field->offset)))
            return false;
    return true;
}

/* Size, type and how many bits there are, in front of the bits. Returns where that begins. */
static uint8_t *write_tight_head(struct ow_writer *writer, size_t bits_len, uint8_t type)
{
    uint8_t *at = writer->bits.bytes + HEAD_MAX;

    if (bits_len <= BITS_SHORT_MAX) {
        *--at = (uint8_t)bits_len;
    } else if (bits_len <= UINT8_MAX) {
        *--at = (uint8_t)bits_len;
        *--at = BITS_U8_FOLLOWS;
    } else {
        *--at = (uint8_t)bits_len;
        *--at = (uint8_t)(bits_len >> 8);
        *--at = BITS_I16_FOLLOWS;
    }
    *--at = type;
    return at - SIZE_BYTES;
}

/* Bits and bytes were written apart; what is before the shared part moves behind the bits. */
static bool finish_tight(struct writing *w, const struct ow_object *object, struct ow_frame *out)
{
    struct ow_writer *writer = w->writer;
    size_t before = w->shared_at;
    uint8_t *start;

    if (!write_bits(w))
        return false;
    if ((size_t)(w->bits_end - w->bits_at) < before &&
        !grow(w, &writer->bits, &w->bits_at, &w->bits_end, before))
        return false;
    start = write_tight_head(writer, used_of(&writer->bits, w->bits_at) - HEAD_MAX, object->type);
    memcpy(w->bits_at, writer->bytes.bytes, before);
    out->head = slice_of(start, (size_t)(w->bits_at - start) + before);
    out->tail = slice_of(writer->bytes.bytes + before, used_of(&writer->bytes, w->at) - before);
    return true;
}

static void finish_loose(const struct writing *w, struct ow_frame *out)
{
    size_t len = used_of(w->buffer, w->at);
    size_t before = slice_is_present(w->shared) ? w->shared_at : len;

    out->head = slice_of(w->buffer->bytes, before);
    out->tail = slice_of(w->buffer->bytes + before, len - before);
}

static bool start_frame(struct writing *w)
{
    struct ow_writer *writer = w->writer;

    writer->keys_used = 0;
    if (writer->format.cache)
        writer_cache_begin(&writer->cache);
    if (!make_room(w, 0))
        return false;
    if (!w->tight) {
        w->at += SIZE_BYTES;
        return true;
    }
    w->bits_at = writer->bits.bytes;
    w->bits_end = w->bits_at + writer->bits.capacity;
    if (!w->bits_at && !grow(w, &writer->bits, &w->bits_at, &w->bits_end, 2 * HEAD_MAX))
        return false;
    w->bits_at += HEAD_MAX;
    return true;
}

static void write_size(struct ow_writer *writer, const struct ow_frame *frame, uint32_t size)
{
    struct buffer *first = writer->format.tight ? &writer->bits : &writer->bytes;

    size = htobe32(size);
    memcpy(first->bytes + (frame->head.bytes - first->bytes), &size, sizeof size);
}

/* The type of a tight frame is before the bits, all else of it behind them. */
static bool write_frame(struct writing *w, const struct ow_object *object, struct ow_frame *out)
{
    const struct ow_structure *structure = ow_structure_of(object->type, w->version);
    uint64_t size;

    if (!structure)
        return fail(w, OW_UNKNOWN_TYPE);
    if (!start_frame(w))
        return false;
    if (!w->tight)
        *w->at++ = object->type;
    if (!write_fields(w, structure, (const uint8_t *)object))
        return false;
    if (!w->tight)
        finish_loose(w, out);
    else if (!finish_tight(w, object, out))
        return false;
    out->shared = w->shared;
    size = (uint64_t)out->head.len + out->shared.len + out->tail.len - SIZE_BYTES;
    if (size > INT32_MAX)
        return fail(w, OW_FRAME_TOO_LONG);
    write_size(w->writer, out, (uint32_t)size);
    return true;
}

enum ow_error ow_write(struct ow_writer *writer, const struct ow_object *object,
                       struct ow_frame *out)
{
    struct writing w = {.version = writer->format.version,
                        .tight = writer->format.tight,
                        .writer = writer,
                        .buffer = &writer->bytes};

    if (UNLIKELY(writer->bytes.capacity > CAPACITY_KEPT || writer->bits.capacity > CAPACITY_KEPT ||
                 writer->keys.capacity > CAPACITY_KEPT))
        ow_writer_trim(writer);
    w.at = writer->bytes.bytes;
    w.end = w.at + writer->bytes.capacity;
    if (write_frame(&w, object, out))
        return OW_OK;
    if (writer->format.cache)
        writer_cache_undo(&writer->cache);
    return w.error;
}

struct ow_writer *ow_writer_create(void)
{
    struct ow_writer *writer = calloc(1, sizeof *writer);

    if (writer)
        writer->format.version = OW_VERSION_MIN;
    return writer;
}

static void trim(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){NULL, 0};
}

void ow_writer_trim(struct ow_writer *writer)
{
    trim(&writer->bytes);
    trim(&writer->bits);
    trim(&writer->keys);
}

void ow_writer_destroy(struct ow_writer *writer)
{
    if (!writer)
        return;
    ow_writer_trim(writer);
    if (writer->format.cache)
        writer_cache_fini(&writer->cache);
    free(writer);
}

int ow_writer_set_format(struct ow_writer *writer, const struct ow_format *format)
{
    assert(format->version >= OW_VERSION_MIN && format->version <= OW_VERSION_MAX);
    assert(!format->cache || format->cache_size > 0);
    if (writer->format.cache)
        writer_cache_fini(&writer->cache);
    writer->format = *format;
    writer->format.cache = false;
    if (format->cache && writer_cache_init(&writer->cache, format->cache_size) != 0)
        return -ENOMEM;
    writer->format.cache = format->cache;
    return 0;
}
