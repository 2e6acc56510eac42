/* SPDX-License-Identifier: Apache-2.0 */
#include "openwire/codec.h"
#include "render.h"
#include "vectors.h"
#include <criterion/criterion.h>

/* Both ends of one stream. */
struct codec {
    struct ow_reader *reader;
    struct ow_writer *writer;
    struct ow_format format;
};

static void codec_open(struct codec *codec, const struct ow_format *format)
{
    codec->reader = ow_reader_create(&OW_LIMITS_DEFAULT);
    codec->writer = ow_writer_create();
    codec->format = *format;
    cr_assert(codec->reader && codec->writer);
    cr_assert_eq(ow_reader_set_format(codec->reader, format), 0);
    cr_assert_eq(ow_writer_set_format(codec->writer, format), 0);
}

static void codec_close(struct codec *codec)
{
    ow_reader_destroy(codec->reader);
    ow_writer_destroy(codec->writer);
}

enum { STREAMS_MAX = 512 };

/* Frames of one stream share its caches; captured ones change their format after the first. */
static struct codec *codec_for(struct codec codecs[STREAMS_MAX], const struct vector *vector)
{
    struct codec *codec = &codecs[vector->stream];
    const struct ow_format *a = &codec->format, *b = &vector->format;

    cr_assert_lt(vector->stream, STREAMS_MAX);
    if (codec->reader && a->version == b->version && a->tight == b->tight &&
        a->cache_size == b->cache_size && a->stack_trace == b->stack_trace)
        return codec;
    codec_close(codec);
    codec_open(codec, b);
    return codec;
}

static void joined(const struct ow_frame *frame, struct text *out)
{
    out->len = 0;
    text_add(out, frame->head);
    text_add(out, frame->shared);
    text_add(out, frame->tail);
}

/* Decodes, compares the fields with what was recorded, encodes, compares the bytes. */
static void check_vector(struct codec *codec, const struct vector *vector)
{
    struct ow_read read = ow_read(codec->reader, vector->frame);
    struct text text;
    struct ow_frame frame;

    text_init(&text);
    cr_assert_eq(read.error, OW_OK, "%s %s: %s at %s", vector->set, vector->type,
                 ow_error_text(read.error), read.where);
    cr_assert_eq(read.used, vector->frame.len);
    cr_assert_str_eq(ow_type_name((enum ow_type)read.object->type), vector->type);
    render_object(&text, read.object, vector->format.version, vector->format.stack_trace);
    cr_assert_str_eq(text.bytes, vector->fields);
    cr_assert_eq(ow_write(codec->writer, read.object, &frame), OW_OK);
    joined(&frame, &text);
    cr_assert(slice_equal(text_slice(&text), vector->frame), "%s %s, version %d, stream %d",
              vector->set, vector->type, vector->format.version, vector->stream);
    text_fini(&text);
}

Test(codec, reads_what_was_recorded_and_writes_the_same_bytes)
{
    struct codec *codecs = calloc(STREAMS_MAX, sizeof *codecs);
    struct vectors vectors;
    struct vector vector;
    unsigned count = 0;

    vectors_open(&vectors);
    for (; vectors_next(&vectors, &vector); count++)
        check_vector(codec_for(codecs, &vector), &vector);
    for (unsigned i = 0; i < STREAMS_MAX; i++)
        codec_close(&codecs[i]);
    free(codecs);
    vectors_close(&vectors);
    cr_assert_eq(count, 506);
}
