/* SPDX-License-Identifier: Apache-2.0 */
#include "base/inflate.h"
#include "jms/text.h"
#include "jms/unpack.h"
#include <endian.h>
#include <errno.h>

enum { LEN_BYTES = 4 };

static uint32_t read_len(const void *bytes)
{
    uint32_t len;

    memcpy(&len, bytes, sizeof len);
    return be32toh(len);
}

/* The text's length comes first: what a stream holds behind the text need not be inflated. */
static int unpack_text(struct slice packed, size_t len_max, struct unpack_scratch *scratch,
                       struct unpacked *out)
{
    struct text *inflated = &scratch->inflated;
    struct slice text;
    uint32_t len;
    int error = inflate_first(packed, LEN_BYTES, inflated);

    if (error)
        return error;
    len = read_len(inflated->bytes);
    if (len == UINT32_MAX) /* null */
        return 0;
    if (len > len_max)
        return len > INT32_MAX ? -EBADMSG : -EFBIG;
    inflated->len = 0;
    error = inflate_first(packed, LEN_BYTES + (size_t)len, inflated);
    if (error)
        return error;
    text = slice_after(text_slice(inflated), LEN_BYTES);
    if (!modified_is_valid(text))
        return -EBADMSG;
    out->body = utf8_of_modified(text, &scratch->converted);
    return text_failed(&scratch->converted) ? -ENOMEM : 0;
}

/* Java deflates a whole buffer: only the first bytes of it are the body. */
static int unpack_bytes(struct slice packed, size_t len_max, struct unpack_scratch *scratch,
                        struct unpacked *out)
{
    uint32_t len;
    int error;

    if (packed.len < LEN_BYTES)
        return -EBADMSG;
    len = read_len(packed.bytes);
    if (len > len_max)
        return len > INT32_MAX ? -EBADMSG : -EFBIG;
    error = inflate_first(slice_after(packed, LEN_BYTES), len, &scratch->inflated);
    out->body = text_slice(&scratch->inflated);
    return error;
}

static int unpack_map(struct slice packed, size_t len_max, struct unpack_scratch *scratch,
                      struct unpacked *out)
{
    struct property_conversion entries;
    int error = inflate_all(packed, len_max, &scratch->inflated);

    if (error)
        return error;
    if (!entries_of_map(text_slice(&scratch->inflated), &scratch->converted, &entries))
        return text_failed(&scratch->converted) ? -ENOMEM : -EBADMSG;
    *out = (struct unpacked){entries.entries, entries.count};
    return 0;
}

int body_unpack(const struct message *message, size_t len_max, struct unpack_scratch *scratch,
                struct unpacked *out)
{
    const struct slice packed = message_part(message, MESSAGE_BODY);

    assert(message->compressed);
    *out = (struct unpacked){SLICE_ABSENT, 0};
    scratch->inflated.len = scratch->converted.len = 0;
    if (!slice_is_present(packed))
        return 0;
    switch ((enum body_kind)message->body_kind) {
    case BODY_TEXT:
        return unpack_text(packed, len_max, scratch, out);
    case BODY_BYTES:
        return unpack_bytes(packed, len_max, scratch, out);
    case BODY_MAP:
        return unpack_map(packed, len_max, scratch, out);
    case BODY_NONE:
    case BODY_STREAM:
    case BODY_OBJECT:
    case BODY_BLOB:
        break;
    }
    return 0;
}
