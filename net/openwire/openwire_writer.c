/* SPDX-License-Identifier: Apache-2.0 */
#include "jms/ascii.h"
#include "openwire/codec.h"
#include "openwire_cache.h"
#include <endian.h>
#include <errno.h>
#include <stdlib.h>

enum {
    HEAD_MAX = 8, /* size, type, and the length of the tight form's bits */
    SIZE_BYTES = 4,
    FIELD_MAX = 8,      /* no field needs more, but for the bytes of texts and the like */
    FIELD_BITS_MAX = 8, /* likewise */
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
    uint32_t frame_bytes_max;
    struct buffer bytes; /* all but the tight form's bits */
    struct buffer bits;
    struct buffer keys; /* of the cache: those of the objects that are being written */
    size_t keys_used;
    struct writer_cache cache;
};

/* Where we are in the buffers. There is always room for a field, see make_room. */
struct cursor {
    uint8_t *at;
    uint64_t bits; /* those that are not in their buffer yet */
    uint32_t bit_count;
};

/* One frame, or one key of the cache. */
struct writing {
    struct cursor cursor;
    uint8_t *end;
    uint8_t *bits_at, *bits_end;
    uint8_t version;
    bool tight, cache, is_key;
    enum ow_error error;
    struct ow_writer *writer;
    struct buffer *buffer; /* of the cursor */
    struct slice shared;
    size_t shared_at; /* how many bytes are before it */
};

static bool fail(struct writing *w, enum ow_error error)
{
    w->error = error;
    return false;
}

/* `offset` bytes into a buffer, which has no bytes at first. */
static uint8_t *place_in(const struct buffer *buffer, size_t offset)
{
    return buffer->bytes ? buffer->bytes + offset : NULL;
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

/* Whole bytes of bits go into their buffer. */
static bool write_bits(struct writing *w)
{
    struct cursor *c = &w->cursor;
    const uint64_t word = htole64(c->bits);

    if ((size_t)(w->bits_end - w->bits_at) < sizeof word &&
        !grow(w, &w->writer->bits, &w->bits_at, &w->bits_end, sizeof word))
        return false;
    memcpy(w->bits_at, &word, sizeof word);
    w->bits_at += c->bit_count / 8;
    c->bits = c->bit_count < 64 ? c->bits >> c->bit_count / 8 * 8 : 0;
    c->bit_count %= 8;
    return used_of(&w->writer->bits, w->bits_at) - HEAD_MAX <= INT16_MAX || fail(w, OW_TOO_MANY);
}

static ALWAYS_INLINE bool make_room(struct writing *w, struct cursor *c, size_t len)
{
    bool is_made;

    if (LIKELY((size_t)(w->end - c->at) >= len))
        return true;
    w->cursor = *c;
    is_made = grow(w, w->buffer, &w->cursor.at, &w->end, len);
    *c = w->cursor;
    return is_made;
}

static ALWAYS_INLINE bool make_bit_room(struct writing *w, struct cursor *c)
{
    bool is_made;

    if (LIKELY(c->bit_count <= 64 - FIELD_BITS_MAX))
        return true;
    w->cursor = *c;
    is_made = write_bits(w);
    *c = w->cursor;
    return is_made;
}

/* For what is written outside of write_fields. */
static bool make_field_room(struct writing *w)
{
    return make_room(w, &w->cursor, FIELD_MAX) && make_bit_room(w, &w->cursor);
}

/*
 * What fields are made of. These are inlined with a constant `tight` where it counts, so that the
 * cursor stays in registers from one field to the next.
 */
static ALWAYS_INLINE void write_u8(struct cursor *c, uint8_t value)
{
    *c->at++ = value;
}

static ALWAYS_INLINE void write_u16(struct cursor *c, uint16_t value)
{
    value = htobe16(value);
    memcpy(c->at, &value, sizeof value);
    c->at += sizeof value;
}

static ALWAYS_INLINE void write_u32(struct cursor *c, uint32_t value)
{
    value = htobe32(value);
    memcpy(c->at, &value, sizeof value);
    c->at += sizeof value;
}

static ALWAYS_INLINE void write_u64(struct cursor *c, uint64_t value)
{
    value = htobe64(value);
    memcpy(c->at, &value, sizeof value);
    c->at += sizeof value;
}

static ALWAYS_INLINE void write_raw(struct cursor *c, const void *bytes, size_t len)
{
    memcpy(c->at, bytes, len);
    c->at += len;
}

static ALWAYS_INLINE void write_bit(struct cursor *c, bool value)
{
    c->bits |= (uint64_t)value << c->bit_count++;
}

static ALWAYS_INLINE void write_bool(struct cursor *c, bool tight, bool value)
{
    if (tight)
        write_bit(c, value);
    else
        write_u8(c, value);
}

/* Tight: two bits say how many bytes there are. */
static ALWAYS_INLINE void write_long(struct cursor *c, bool tight, uint64_t value)
{
    const bool high = !tight || value > UINT16_MAX;
    const bool low = !tight || value > UINT32_MAX || (value > 0 && !high);

    if (high && low)
        write_u64(c, value);
    else if (high)
        write_u32(c, (uint32_t)value);
    else if (low)
        write_u16(c, (uint16_t)value);
    if (tight) {
        write_bit(c, high);
        write_bit(c, low);
    }
}

/* `rest` is room that is needed behind it. */
static ALWAYS_INLINE bool write_string(struct writing *w, struct cursor *c, bool tight,
                                       struct slice text, size_t rest)
{
    const bool is_present = slice_is_present(text);

    write_bool(c, tight, is_present);
    if (!is_present)
        return true;
    if (UNLIKELY(text.len > (tight ? TIGHT_TEXT_MAX : UINT16_MAX)))
        return fail(w, OW_TEXT_TOO_LONG);
    if (!make_room(w, c, sizeof(uint16_t) + text.len + rest))
        return false;
    if (tight)
        write_bit(c, text_is_ascii(text));
    write_u16(c, (uint16_t)text.len);
    write_raw(c, text.bytes, text.len);
    return true;
}

/* Likewise. Long ones that may be shared stay where they are. */
static ALWAYS_INLINE bool write_bytes(struct writing *w, struct cursor *c, bool tight,
                                      struct slice bytes, bool may_share, size_t rest)
{
    const bool is_present = slice_is_present(bytes);

    write_bool(c, tight, is_present);
    if (!is_present)
        return true;
    if (UNLIKELY(bytes.len > INT32_MAX))
        return fail(w, OW_FRAME_TOO_LONG);
    may_share = may_share && bytes.len >= OW_SHARED_MIN && !slice_is_present(w->shared);
    if (!make_room(w, c, sizeof(uint32_t) + (may_share ? 0 : bytes.len) + rest))
        return false;
    write_u32(c, (uint32_t)bytes.len);
    if (may_share) {
        w->shared = bytes;
        w->shared_at = used_of(w->buffer, c->at);
    } else {
        write_raw(c, bytes.bytes, bytes.len);
    }
    return true;
}

/*
 * Structures.
 */
static bool write_fields(struct writing *w, const struct ow_structure *structure,
                         const uint8_t *object);

static bool write_written(struct writing *w, const struct ow_written *written)
{
    assert(!w->tight && !w->cache);
    if (!make_room(w, &w->cursor, written->bytes.len))
        return false;
    write_raw(&w->cursor, written->bytes.bytes, written->bytes.len);
    return true;
}

static bool write_object(struct writing *w, const struct ow_field *field,
                         const struct ow_object *object)
{
    const struct ow_structure *structure = ow_structure_of(object->type, w->version);

    if (object->type == OW_WRITTEN)
        return write_written(w, (const struct ow_written *)(const void *)object);
    assert(ow_field_holds(field, object->type));
    if (UNLIKELY(!structure))
        return fail(w, OW_UNKNOWN_TYPE);
    write_u8(&w->cursor, object->type);
    if (w->tight && structure->has_form_bit)
        write_bit(&w->cursor, false);
    return write_fields(w, structure, (const uint8_t *)object);
}

static bool write_nullable(struct writing *w, const struct ow_field *field,
                           const struct ow_object *object)
{
    write_bool(&w->cursor, w->tight, object != NULL);
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
                          .cursor.at = place_in(keys, start),
                          .end = place_in(keys, keys->capacity)};

    if (!make_field_room(&key) || !write_nullable(&key, field, object))
        return fail(w, key.error);
    w->writer->keys_used = used_of(keys, key.cursor.at);
    return true;
}

static struct slice key_of(const struct ow_writer *writer, const struct ow_object *object,
                           size_t start)
{
    if (!object) /* null is a value like others */
        return SLICE("\0");
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
        write_u16(&w->cursor,
                  (uint16_t)writer_cache_add(&writer->cache, key_of(writer, object, start)));
        return write_nullable(w, field, object);
    }
    slot_at = used_of(w->buffer, w->cursor.at);
    w->cursor.at += sizeof slot;
    if (!write_nullable(w, field, object))
        return false;
    slot = htobe16((uint16_t)writer_cache_add(&writer->cache, key_of(writer, object, start)));
    memcpy(w->buffer->bytes + slot_at, &slot, sizeof slot);
    return true;
}

static bool write_cached(struct writing *w, const struct ow_field *field,
                         const struct ow_object *object)
{
    struct ow_writer *writer = w->writer;
    const size_t start = writer->keys_used;
    bool is_written = true;
    int slot;

    if (object && !write_key(w, field, object, start))
        return false;
    slot = writer_cache_find(&writer->cache, key_of(writer, object, start));
    write_bool(&w->cursor, w->tight, slot == CACHE_SLOT_NONE);
    if (slot == CACHE_SLOT_NONE)
        is_written = write_new(w, field, object, start);
    else
        write_u16(&w->cursor, (uint16_t)slot);
    writer->keys_used = start;
    return is_written;
}

static bool write_array(struct writing *w, const struct ow_field *field,
                        const struct ow_array *array)
{
    if (array->count > INT16_MAX)
        return fail(w, OW_TOO_MANY);
    write_u16(&w->cursor, array->count);
    for (unsigned i = 0; i < array->count; i++)
        if (!make_field_room(w) || !write_nullable(w, field, array->items[i]))
            return false;
    return true;
}

static bool write_stack(struct writing *w, const struct ow_throwable *throwable)
{
    struct cursor *c = &w->cursor;

    if (throwable->frame_count > INT16_MAX)
        return fail(w, OW_TOO_MANY);
    write_u16(c, throwable->frame_count);
    for (unsigned i = 0; i < throwable->frame_count; i++) {
        const struct ow_stack_frame *frame = &throwable->frames[i];

        if (!make_field_room(w) || !write_string(w, c, w->tight, frame->class_name, FIELD_MAX) ||
            !write_string(w, c, w->tight, frame->method, FIELD_MAX) ||
            !write_string(w, c, w->tight, frame->file, FIELD_MAX))
            return false;
        write_u32(c, (uint32_t)frame->line);
    }
    return true;
}

/* One that is there, and its causes. */
static bool write_throwable(struct writing *w, const struct ow_throwable *throwable)
{
    struct cursor *c = &w->cursor;

    for (; throwable; throwable = throwable->cause) {
        if (!write_string(w, c, w->tight, throwable->class_name, FIELD_MAX) ||
            !write_string(w, c, w->tight, throwable->message, FIELD_MAX))
            return false;
        if (!w->writer->format.stack_trace)
            return true;
        if (!write_stack(w, throwable) || !make_field_room(w))
            return false;
        write_bool(c, w->tight, throwable->cause != NULL);
    }
    return true;
}

static ALWAYS_INLINE bool is_null(const struct ow_field *field, const void *member)
{
    const struct ow_array *array = member;
    const void *pointer;

    if (field->kind == OW_ARRAY)
        return !array->is_present;
    memcpy(&pointer, member, sizeof pointer);
    return !pointer;
}

/* What is there: of what goes through the cache, anything; of all else, more than a null. */
static inline bool write_structured(struct writing *w, const struct ow_field *field,
                                    const void *member)
{
    const void *pointer;

    if (field->kind == OW_ARRAY)
        return write_array(w, field, member);
    memcpy(&pointer, member, sizeof pointer);
    if (field->kind == OW_THROWABLE)
        return write_throwable(w, pointer);
    return field->kind == OW_CACHED && w->cache ? write_cached(w, field, pointer)
                                                : write_object(w, field, pointer);
}

/* There is always room for what the fields to come need, without the bytes of texts and the like.
 */
static ALWAYS_INLINE bool write_fields_as(struct writing *w, const struct ow_structure *structure,
                                          const uint8_t *object, const bool tight)
{
    const struct ow_field *field = structure->fields, *const end = field + structure->field_count;
    size_t rest = (size_t)structure->field_count * FIELD_MAX;
    const unsigned version = w->version;
    struct cursor c = w->cursor;
    bool is_written = make_room(w, &c, rest);

    for (; is_written && field < end; field++, rest -= FIELD_MAX) {
        const void *member = object + field->offset;

        if (UNLIKELY(!ow_field_is_in(field, version)))
            continue;
        if (tight && UNLIKELY(!make_bit_room(w, &c)))
            return false;
        switch ((enum ow_kind)field->kind) {
        case OW_BOOL:
            write_bool(&c, tight, *(const bool *)member);
            continue;
        case OW_BYTE:
            write_u8(&c, *(const uint8_t *)member);
            continue;
        case OW_INT:
            write_u32(&c, *(const uint32_t *)member);
            continue;
        case OW_LONG:
            write_long(&c, tight, *(const uint64_t *)member);
            continue;
        case OW_STRING:
            is_written = write_string(w, &c, tight, *(const struct slice *)member, rest);
            continue;
        case OW_BYTES:
        case OW_CONTENT:
            is_written = write_bytes(w, &c, tight, *(const struct slice *)member,
                                     field->kind == OW_CONTENT && !w->is_key, rest);
            continue;
        case OW_FIXED8:
            write_raw(&c, member, 8);
            continue;
        case OW_NESTED:
        case OW_CACHED:
        case OW_ARRAY:
        case OW_THROWABLE:
            if (field->kind != OW_CACHED || !w->cache) {
                write_bool(&c, tight, !is_null(field, member));
                if (is_null(field, member))
                    continue;
            }
            w->cursor = c;
            is_written = write_structured(w, field, member);
            c = w->cursor;
            is_written = is_written && make_room(w, &c, rest);
        }
    }
    w->cursor = c;
    return is_written;
}

static bool write_fields(struct writing *w, const struct ow_structure *structure,
                         const uint8_t *object)
{
    return w->tight ? write_fields_as(w, structure, object, true)
                    : write_fields_as(w, structure, object, false);
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

    w->cursor.bit_count = (w->cursor.bit_count + 7) & ~7u;
    if (!write_bits(w))
        return false;
    if ((size_t)(w->bits_end - w->bits_at) < before &&
        !grow(w, &writer->bits, &w->bits_at, &w->bits_end, before))
        return false;
    start = write_tight_head(writer, used_of(&writer->bits, w->bits_at) - HEAD_MAX, object->type);
    memcpy(w->bits_at, writer->bytes.bytes, before);
    out->head = slice_of(start, (size_t)(w->bits_at - start) + before);
    out->tail =
        slice_of(writer->bytes.bytes + before, used_of(&writer->bytes, w->cursor.at) - before);
    return true;
}

static void finish_loose(const struct writing *w, struct ow_frame *out)
{
    size_t len = used_of(w->buffer, w->cursor.at);
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
    if (w->tight) {
        w->bits_at = writer->bits.bytes;
        w->bits_end = place_in(&writer->bits, writer->bits.capacity);
        if (!w->bits_at && !grow(w, &writer->bits, &w->bits_at, &w->bits_end, HEAD_MAX))
            return false;
        w->bits_at += HEAD_MAX;
    }
    if (!make_room(w, &w->cursor, HEAD_MAX))
        return false;
    if (!w->tight)
        w->cursor.at += SIZE_BYTES;
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
        write_u8(&w->cursor, object->type);
    if (!write_fields(w, structure, (const uint8_t *)object))
        return false;
    if (!w->tight)
        finish_loose(w, out);
    else if (!finish_tight(w, object, out))
        return false;
    out->shared = w->shared;
    size = (uint64_t)out->head.len + out->shared.len + out->tail.len - SIZE_BYTES;
    if (size > w->writer->frame_bytes_max)
        return fail(w, OW_FRAME_TOO_LONG);
    write_size(w->writer, out, (uint32_t)size);
    return true;
}

enum ow_error ow_write(struct ow_writer *writer, const struct ow_object *object,
                       struct ow_frame *out)
{
    struct writing w = {.version = writer->format.version,
                        .tight = writer->format.tight,
                        .cache = writer->format.cache,
                        .writer = writer,
                        .buffer = &writer->bytes};

    if (UNLIKELY(writer->bytes.capacity > CAPACITY_KEPT || writer->bits.capacity > CAPACITY_KEPT ||
                 writer->keys.capacity > CAPACITY_KEPT))
        ow_writer_trim(writer);
    w.cursor.at = writer->bytes.bytes;
    w.end = place_in(&writer->bytes, writer->bytes.capacity);
    if (write_frame(&w, object, out))
        return OW_OK;
    if (writer->format.cache)
        writer_cache_undo(&writer->cache);
    return w.error;
}

struct ow_writer *ow_writer_create(void)
{
    struct ow_writer *writer = calloc(1, sizeof *writer);

    if (!writer)
        return NULL;
    writer->format.version = OW_VERSION_MIN;
    writer->frame_bytes_max = INT32_MAX;
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

void ow_writer_set_frame_max(struct ow_writer *writer, uint32_t frame_bytes_max)
{
    writer->frame_bytes_max = frame_bytes_max < INT32_MAX ? frame_bytes_max : INT32_MAX;
}
