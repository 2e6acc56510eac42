/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_OPENWIRE_RENDER_H
#define TESTS_OPENWIRE_RENDER_H
/*
 * render.h - a decoded structure as JSON, in the form of vectors.tsv: fields in wire order, bytes
 * as hex, text with escapes as Python writes them.
 */
#include "base/text.h"
#include "openwire_schema.h"

static inline void render_hex(struct text *out, struct slice bytes)
{
    text_add_char(out, '"');
    for (size_t i = 0; i < bytes.len; i++)
        text_add_format(out, "%02x", bytes.bytes[i]);
    text_add_char(out, '"');
}

static inline void render_unit(struct text *out, unsigned unit)
{
    static const char shorts[] = "\b\t\n\f\r\"\\", letters[] = "btnfr\"\\";
    const char *found = unit && unit < 0x7f ? strchr(shorts, (int)unit) : NULL;

    if (found)
        text_add_format(out, "\\%c", letters[found - shorts]);
    else if (unit >= 0x20 && unit < 0x7f)
        text_add_char(out, (char)unit);
    else
        text_add_format(out, "\\u%04x", unit);
}

static inline void render_text(struct text *out, struct slice text)
{
    const uint8_t *at = text.bytes;

    if (!slice_is_present(text)) {
        text_add(out, SLICE("null"));
        return;
    }
    text_add_char(out, '"');
    while (at < text.bytes + text.len) {
        size_t len = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : 3;

        if (len == 1)
            render_unit(out, at[0]);
        else if (len == 2)
            render_unit(out, (at[0] & 0x1fu) << 6 | (at[1] & 0x3fu));
        else
            render_unit(out, (at[0] & 0xfu) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu));
        at += len;
    }
    text_add_char(out, '"');
}

static inline void render_throwable(struct text *out, const struct ow_throwable *throwable,
                                    bool stack_trace)
{
    if (!throwable) {
        text_add(out, SLICE("null"));
        return;
    }
    text_add(out, SLICE("{\"class\":"));
    render_text(out, throwable->class_name);
    text_add(out, SLICE(",\"message\":"));
    render_text(out, throwable->message);
    if (stack_trace) {
        text_add(out, SLICE(",\"stack\":["));
        for (unsigned i = 0; i < throwable->frame_count; i++) {
            const struct ow_stack_frame *frame = &throwable->frames[i];

            text_add_format(out, i > 0 ? ",[" : "[");
            render_text(out, frame->class_name);
            text_add_char(out, ',');
            render_text(out, frame->method);
            text_add_char(out, ',');
            render_text(out, frame->file);
            text_add_format(out, ",%d]", frame->line);
        }
        text_add(out, SLICE("],\"cause\":"));
        render_throwable(out, throwable->cause, stack_trace);
    }
    text_add_char(out, '}');
}

static inline void render_object(struct text *out, const struct ow_object *object, unsigned version,
                                 bool stack_trace);

static inline void render_array(struct text *out, const struct ow_array *array, unsigned version,
                                bool stack_trace)
{
    if (!array->is_present) {
        text_add(out, SLICE("null"));
        return;
    }
    text_add_char(out, '[');
    for (unsigned i = 0; i < array->count; i++) {
        if (i > 0)
            text_add_char(out, ',');
        render_object(out, array->items[i], version, stack_trace);
    }
    text_add_char(out, ']');
}

static inline void render_field(struct text *out, const struct ow_field *field, const void *member,
                                unsigned version, bool stack_trace)
{
    switch ((enum ow_kind)field->kind) {
    case OW_BOOL:
        text_add_format(out, *(const bool *)member ? "true" : "false");
        break;
    case OW_BYTE:
        text_add_format(out, "%d", *(const int8_t *)member);
        break;
    case OW_INT:
        text_add_format(out, "%d", *(const int32_t *)member);
        break;
    case OW_LONG:
        text_add_format(out, "%lld", (long long)*(const int64_t *)member);
        break;
    case OW_STRING:
        render_text(out, *(const struct slice *)member);
        break;
    case OW_BYTES:
    case OW_CONTENT:
        if (slice_is_present(*(const struct slice *)member))
            render_hex(out, *(const struct slice *)member);
        else
            text_add(out, SLICE("null"));
        break;
    case OW_FIXED8:
        render_hex(out, slice_of(member, 8));
        break;
    case OW_NESTED:
    case OW_CACHED:
        render_object(out, *(const struct ow_object *const *)member, version, stack_trace);
        break;
    case OW_ARRAY:
        render_array(out, member, version, stack_trace);
        break;
    case OW_THROWABLE:
        render_throwable(out, *(const struct ow_throwable *const *)member, stack_trace);
        break;
    }
}

static inline void render_object(struct text *out, const struct ow_object *object, unsigned version,
                                 bool stack_trace)
{
    const struct ow_structure *structure;

    if (!object) {
        text_add(out, SLICE("null"));
        return;
    }
    structure = &ow_structures[object->type];
    text_add_format(out, "{\"_t\":\"%s\"", structure->name);
    for (unsigned i = 0; i < structure->field_count; i++) {
        const struct ow_field *field = &structure->fields[i];

        if (!ow_field_is_in(field, version))
            continue;
        text_add_format(out, ",\"%s\":", field->name);
        render_field(out, field, (const uint8_t *)object + field->offset, version, stack_trace);
    }
    text_add_char(out, '}');
}
#endif
