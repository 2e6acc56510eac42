/* SPDX-License-Identifier: Apache-2.0 */
/* Whole or torn, the same bytes must give the same structures; and what was read is written and
 * read again as the same. First byte: the version and the form; second: where to tear; then frames
 * of one stream. */
#include "base/text.h"
#include "openwire/codec.h"
#include <stdlib.h>

static const struct ow_limits limits = {65536, 1000, 65536};
/* What came out of a cache once may go through the stream many times. */
static const struct ow_limits wide_limits = {INT32_MAX, 1000000, 1u << 30};

/* The readers and writers of one input. `plain` writes all there is in a form without state. */
struct codec {
    struct ow_reader *whole, *torn, *again;
    struct ow_writer *writer, *plain;
    struct text frame, first, second;
};

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void open_all(struct codec *codec, const struct ow_format *format)
{
    const struct ow_format plain = {.version = OW_VERSION_MAX, .stack_trace = format->stack_trace};

    *codec = (struct codec){
        ow_reader_create(&limits), ow_reader_create(&limits), ow_reader_create(&wide_limits),
        ow_writer_create(),        ow_writer_create(),        .frame.len = 0};
    check(codec->whole && codec->torn && codec->again && codec->writer && codec->plain);
    check(ow_reader_set_format(codec->whole, format) == 0 &&
          ow_reader_set_format(codec->torn, format) == 0 &&
          ow_reader_set_format(codec->again, format) == 0 &&
          ow_writer_set_format(codec->writer, format) == 0 &&
          ow_writer_set_format(codec->plain, &plain) == 0);
}

static void close_all(struct codec *codec)
{
    ow_reader_destroy(codec->whole);
    ow_reader_destroy(codec->torn);
    ow_reader_destroy(codec->again);
    ow_writer_destroy(codec->writer);
    ow_writer_destroy(codec->plain);
    text_fini(&codec->frame);
    text_fini(&codec->first);
    text_fini(&codec->second);
}

static enum ow_error write_into(struct ow_writer *writer, const struct ow_object *object,
                                struct text *out)
{
    struct ow_frame frame;
    enum ow_error error = ow_write(writer, object, &frame);

    if (error != OW_OK)
        return error;
    out->len = 0;
    text_add(out, frame.head);
    text_add(out, frame.shared);
    text_add(out, frame.tail);
    check(!text_failed(out));
    return OW_OK;
}

static struct ow_read read_torn(struct ow_reader *reader, struct slice in, size_t cut)
{
    struct ow_read read = {NULL, 0, OW_OK, NULL};

    for (size_t len = cut % (in.len + 1); len < in.len; len += 1 + in.len / 3) {
        read = ow_read(reader, slice_of(in.bytes, len));
        if (read.error != OW_OK || read.used > 0)
            return read;
    }
    return ow_read(reader, in);
}

/* False: the writer's stream cannot go on. */
static bool check_again(struct codec *codec, const struct ow_object *object)
{
    enum ow_error error = write_into(codec->writer, object, &codec->frame);
    struct ow_read read;

    if (error != OW_OK) { /* a tight frame may hold longer texts than Java sends in one */
        check(error == OW_TEXT_TOO_LONG || error == OW_TOO_MANY);
        return true;
    }
    read = ow_read(codec->again, text_slice(&codec->frame));
    if (read.error == OW_TOO_DEEP) /* what came from the cache is nested now */
        return false;
    check(read.error == OW_OK && read.used == codec->frame.len && read.object);
    check(write_into(codec->plain, read.object, &codec->second) == OW_OK);
    check(slice_equal(text_slice(&codec->first), text_slice(&codec->second)));
    return true;
}

static bool read_one(struct codec *codec, struct slice *in, size_t cut)
{
    struct ow_read whole = ow_read(codec->whole, *in), torn = read_torn(codec->torn, *in, cut);

    check(whole.used == torn.used && whole.error == torn.error);
    check(!whole.object == !torn.object && whole.used <= in->len);
    check(whole.error == OW_OK || (whole.used == 0 && whole.object == NULL && whole.where));
    if (whole.object) {
        check(write_into(codec->plain, whole.object, &codec->first) == OW_OK);
        check(write_into(codec->plain, torn.object, &codec->second) == OW_OK);
        check(slice_equal(text_slice(&codec->first), text_slice(&codec->second)));
        if (!check_again(codec, whole.object))
            return false;
    }
    *in = slice_after(*in, whole.used);
    return whole.used > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ow_format format;
    struct codec codec;
    struct slice in;
    uint8_t *copy;

    if (size < 2)
        return 0;
    format = (struct ow_format){.version = (uint8_t)(1 + (data[0] & 15) % OW_VERSION_MAX),
                                .tight = data[0] & 0x20,
                                .cache = data[0] & 0x40,
                                .stack_trace = data[0] & 0x80};
    format.cache_size = format.cache ? 102 : 0;
    copy = malloc(size); /* exact size: ASan sees a read of one byte too many */
    check(copy != NULL);
    memcpy(copy, data + 2, size - 2);
    in = slice_of(copy, size - 2);
    open_all(&codec, &format);
    while (in.len > 0 && read_one(&codec, &in, data[1]))
        ;
    close_all(&codec);
    free(copy);
    return 0;
}
