/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_OPENWIRE_BOTH_ENDS_H
#define TESTS_OPENWIRE_BOTH_ENDS_H
/*
 * both_ends.h - both ends of one stream, and frames as one piece.
 */
#include "base/text.h"
#include "openwire/codec.h"
#include "vectors.h"
#include <criterion/criterion.h>

struct codec {
    struct ow_reader *reader;
    struct ow_writer *writer;
    struct ow_format format;
};

static inline void codec_open(struct codec *codec, const struct ow_format *format)
{
    codec->reader = ow_reader_create(&OW_LIMITS_DEFAULT);
    codec->writer = ow_writer_create();
    codec->format = *format;
    cr_assert(codec->reader && codec->writer);
    cr_assert_eq(ow_reader_set_format(codec->reader, format), 0);
    cr_assert_eq(ow_writer_set_format(codec->writer, format), 0);
}

static inline void codec_close(struct codec *codec)
{
    ow_reader_destroy(codec->reader);
    ow_writer_destroy(codec->writer);
}

static inline void joined(const struct ow_frame *frame, struct text *out)
{
    out->len = 0;
    text_add(out, frame->head);
    text_add(out, frame->shared);
    text_add(out, frame->tail);
}

/* Writes `object` into `out` and reads that. */
static inline struct ow_read passed(struct codec *codec, const void *object, struct text *out)
{
    struct ow_frame frame;
    struct ow_read read;

    cr_assert_eq(ow_write(codec->writer, object, &frame), OW_OK);
    joined(&frame, out);
    read = ow_read(codec->reader, text_slice(out));
    cr_assert_eq(read.error, OW_OK, "%s at %s", ow_error_text(read.error), read.where);
    cr_assert_eq(read.used, out->len);
    return read;
}

/* Of exactly that size: a byte too many is seen. */
static inline struct slice of_hex(const char *digits)
{
    static uint8_t *bytes;

    free(bytes);
    bytes = malloc(strlen(digits) / 2 + !digits[0]);
    return bytes_of_hex(digits, bytes);
}

/* A frame from its type on, without the size. */
static inline struct ow_read read_hex(struct ow_reader *reader, const char *digits)
{
    static char frame[65536];

    snprintf(frame, sizeof frame, "%08zx%s", strlen(digits) / 2, digits);
    return ow_read(reader, of_hex(frame));
}
#endif
