/* SPDX-License-Identifier: Apache-2.0 */
#define ZLIB_CONST /* it only reads its input */
#include "base/inflate.h"
#include <errno.h>
#include <zlib.h>

enum { PIECE_LEN = 16384 };

/* The next piece of input: zlib counts in unsigned int. */
static void feed(z_stream *stream, struct slice *rest)
{
    const size_t len = rest->len < PIECE_LEN ? rest->len : PIECE_LEN;

    if (stream->avail_in > 0 || len == 0)
        return;
    stream->next_in = rest->bytes;
    stream->avail_in = (uInt)len;
    *rest = slice_after(*rest, len);
}

/* Up to `left` bytes, fewer when the stream ends. */
static int run(z_stream *stream, struct slice packed, size_t left, struct text *out)
{
    uint8_t piece[PIECE_LEN];

    while (left > 0) {
        const size_t room = left < PIECE_LEN ? left : PIECE_LEN;
        size_t len;
        int result;

        feed(stream, &packed);
        stream->next_out = piece;
        stream->avail_out = (uInt)room;
        result = inflate(stream, Z_NO_FLUSH);
        len = room - stream->avail_out;
        if (result == Z_MEM_ERROR)
            return -ENOMEM;
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR && len < left)
            return -EBADMSG; /* behind what is wanted it may be */
        text_add(out, slice_of(piece, len));
        if (text_failed(out))
            return -ENOMEM;
        left -= len;
        if (result == Z_STREAM_END)
            return 0;
        if (len < room && stream->avail_in == 0 && packed.len == 0)
            return -EBADMSG; /* cut short */
    }
    return 0;
}

static int inflate_up_to(struct slice packed, size_t len_max, struct text *out)
{
    const size_t start = out->len;
    z_stream stream = {.zalloc = Z_NULL};
    int error = inflateInit(&stream);

    if (error != Z_OK)
        return -ENOMEM;
    error = run(&stream, packed, len_max, out);
    inflateEnd(&stream);
    if (error)
        out->len = start;
    return error;
}

int inflate_all(struct slice packed, size_t len_max, struct text *out)
{
    const size_t start = out->len;
    int error = inflate_up_to(packed, len_max < SIZE_MAX ? len_max + 1 : len_max, out);

    if (!error && out->len - start > len_max) {
        out->len = start;
        error = -EFBIG;
    }
    return error;
}

int inflate_first(struct slice packed, size_t len, struct text *out)
{
    const size_t start = out->len;
    int error = inflate_up_to(packed, len, out);

    if (!error && out->len - start < len) {
        out->len = start;
        error = -EBADMSG;
    }
    return error;
}
