/* SPDX-License-Identifier: Apache-2.0 */
#include "jms/unpack.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <zlib.h>

static struct unpack_scratch scratch;
static struct unpacked unpacked;
static struct message *message;

static void begin(void)
{
    text_init(&scratch.inflated);
    text_init(&scratch.converted);
    message = NULL;
}

static void end(void)
{
    text_fini(&scratch.inflated);
    text_fini(&scratch.converted);
    message_unref(message);
}

TestSuite(openwire_unpack, .init = begin, .fini = end);

static int unpack_up_to(enum body_kind kind, struct slice body, size_t len_max)
{
    const struct message_draft draft = {.body_kind = kind, .body = body, .compressed = true};

    message_unref(message);
    message = message_create(&draft);
    cr_assert(message);
    return body_unpack(message, len_max, &scratch, &unpacked);
}

/* `front`, and the rest compressed. */
static struct slice packed(struct slice front, struct slice rest)
{
    static uint8_t bytes[4000];
    uLongf len = sizeof bytes - 4;

    memcpy(bytes, front.bytes, front.len);
    cr_assert(compress(bytes + front.len, &len, rest.bytes, rest.len) == Z_OK);
    return slice_of(bytes, front.len + len);
}

static int unpack(enum body_kind kind, struct slice front, struct slice rest)
{
    return unpack_up_to(kind, packed(front, rest), 1000);
}

static void assert_body(struct slice expected)
{
    cr_assert(slice_is_present(unpacked.body) == slice_is_present(expected));
    cr_assert(slice_equal(unpacked.body, expected));
}

Test(openwire_unpack, gives_a_text_in_utf8)
{
    cr_assert(unpack(BODY_TEXT, SLICE(""), SLICE("\0\0\0\4hi\xc0\x80")) == 0);
    assert_body(SLICE("hi\0"));
    cr_assert(unpack(BODY_TEXT, SLICE(""), SLICE("\0\0\0\2hi and more")) == 0);
    assert_body(SLICE("hi"));
}

Test(openwire_unpack, knows_an_empty_text_from_none)
{
    cr_assert(unpack(BODY_TEXT, SLICE(""), SLICE("\0\0\0\0")) == 0);
    assert_body(SLICE(""));
    cr_assert(unpack(BODY_TEXT, SLICE(""), SLICE("\xff\xff\xff\xff")) == 0);
    assert_body(SLICE_ABSENT);
    cr_assert(unpack_up_to(BODY_TEXT, SLICE_ABSENT, 1000) == 0);
    assert_body(SLICE_ABSENT);
}

Test(openwire_unpack, gives_as_many_bytes_as_were_said)
{
    cr_assert(unpack(BODY_BYTES, SLICE("\0\0\0\3"), SLICE("abc\0\0\0\0\0\0")) == 0);
    assert_body(SLICE("abc"));
    cr_assert(unpack(BODY_BYTES, SLICE("\0\0\0\0"), SLICE("abc")) == 0);
    assert_body(SLICE(""));
}

Test(openwire_unpack, gives_a_map_as_entries)
{
    struct value value;

    cr_assert(unpack(BODY_MAP, SLICE(""), SLICE("\0\0\0\1\0\1i\5\0\0\0\7")) == 0);
    cr_assert(unpacked.count == 1);
    cr_assert(property_find(unpacked.body, SLICE("i"), &value));
    cr_assert(value.type == VALUE_INT && value.integer == 7);
}

Test(openwire_unpack, leaves_other_bodies_alone)
{
    cr_assert(unpack(BODY_OBJECT, SLICE(""), SLICE("x")) == 0);
    assert_body(SLICE_ABSENT);
    cr_assert(unpack(BODY_STREAM, SLICE(""), SLICE("x")) == 0);
    assert_body(SLICE_ABSENT);
}

Test(openwire_unpack, refuses_what_is_damaged)
{
    cr_assert(unpack_up_to(BODY_TEXT, SLICE("no stream"), 1000) == -EBADMSG);
    cr_assert(unpack_up_to(BODY_BYTES, SLICE("\0\0\0"), 1000) == -EBADMSG);
    cr_assert(unpack_up_to(BODY_BYTES, SLICE("\0\0\0\1no stream"), 1000) == -EBADMSG);
    cr_assert(unpack_up_to(BODY_MAP, SLICE("no stream"), 1000) == -EBADMSG);
    cr_assert(unpack(BODY_TEXT, SLICE(""), SLICE("\0\0\0")) == -EBADMSG);
    cr_assert(unpack(BODY_TEXT, SLICE(""), SLICE("\0\0\0\3hi")) == -EBADMSG);
    cr_assert(unpack(BODY_TEXT, SLICE(""), SLICE("\0\0\0\1\xff")) == -EBADMSG);
    cr_assert(unpack(BODY_TEXT, SLICE(""), SLICE("\x80\0\0\0hi")) == -EBADMSG);
    cr_assert(unpack(BODY_BYTES, SLICE("\0\0\0\3"), SLICE("hi")) == -EBADMSG);
    cr_assert(unpack(BODY_BYTES, SLICE("\xff\xff\xff\xff"), SLICE("hi")) == -EBADMSG);
    cr_assert(unpack(BODY_MAP, SLICE(""), SLICE("\0\0\0\2\0\1i\5\0\0\0\7")) == -EBADMSG);
}

Test(openwire_unpack, refuses_what_is_too_long)
{
    static const uint8_t zeros[100000];
    const struct slice bomb = {zeros, sizeof zeros};

    cr_assert(unpack(BODY_TEXT, SLICE(""), SLICE("\0\0\x03\xe9")) == -EFBIG);
    cr_assert(unpack(BODY_BYTES, SLICE("\0\0\x03\xe9"), bomb) == -EFBIG);
    cr_assert(unpack(BODY_MAP, SLICE(""), bomb) == -EFBIG);
    cr_assert(scratch.inflated.capacity < 50000);
    cr_assert(unpack(BODY_BYTES, SLICE("\0\0\x03\xe8"), bomb) == 0);
    cr_assert(unpacked.body.len == 1000);
}
