/* SPDX-License-Identifier: Apache-2.0 */
#include "base/inflate.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

static uint8_t *packed_bytes;
static struct text inflated;

static void begin(void)
{
    text_init(&inflated);
    packed_bytes = NULL;
}

static void end(void)
{
    text_fini(&inflated);
    free(packed_bytes);
}

TestSuite(inflate, .init = begin, .fini = end);

static struct slice pack(struct slice plain)
{
    uLongf len = compressBound(plain.len);

    packed_bytes = malloc(len);
    cr_assert(packed_bytes);
    cr_assert(compress(packed_bytes, &len, plain.bytes, plain.len) == Z_OK);
    return slice_of(packed_bytes, len);
}

/* `len` bytes of zero, which pack to a thousandth. */
static struct slice pack_bomb(size_t len)
{
    uint8_t *zeros = calloc(1, len);
    struct slice packed;

    cr_assert(zeros);
    packed = pack(slice_of(zeros, len));
    free(zeros);
    return packed;
}

static void assert_inflated(struct slice expected)
{
    cr_assert(slice_equal(text_slice(&inflated), expected));
}

Test(inflate, gives_back_what_was_compressed)
{
    cr_assert(inflate_all(pack(SLICE("hello, hello, hello")), 100, &inflated) == 0);
    assert_inflated(SLICE("hello, hello, hello"));
}

Test(inflate, gives_back_more_than_one_piece_of_what_does_not_compress)
{
    uint8_t plain[100000];
    uint32_t random = 1;

    for (size_t i = 0; i < sizeof plain; i++) {
        random = random * 1664525 + 1013904223;
        plain[i] = (uint8_t)(random >> 24);
    }
    cr_assert(inflate_all(pack(slice_of(plain, sizeof plain)), sizeof plain, &inflated) == 0);
    assert_inflated(slice_of(plain, sizeof plain));
}

Test(inflate, appends_to_what_is_there)
{
    text_add(&inflated, SLICE("> "));
    cr_assert(inflate_all(pack(SLICE("hi")), 2, &inflated) == 0);
    assert_inflated(SLICE("> hi"));
}

Test(inflate, knows_an_empty_stream)
{
    cr_assert(inflate_all(pack(SLICE("")), 0, &inflated) == 0);
    assert_inflated(SLICE(""));
}

Test(inflate, allows_as_much_as_the_limit_and_no_more)
{
    const struct slice packed = pack(SLICE("12345"));

    cr_assert(inflate_all(packed, 5, &inflated) == 0);
    cr_assert(inflate_all(packed, 4, &inflated) == -EFBIG);
    assert_inflated(SLICE("12345"));
}

Test(inflate, stops_a_bomb_at_the_limit)
{
    const struct slice packed = pack_bomb(50 * 1000 * 1000);

    cr_assert(inflate_all(packed, 100000, &inflated) == -EFBIG);
    assert_inflated(SLICE(""));
    cr_assert(inflated.capacity < 1000000, "no more memory than the limit asks for");
}

Test(inflate, refuses_each_stream_that_is_cut_short)
{
    struct slice packed = pack(SLICE("a text of some length, of some length"));

    for (packed.len--; packed.len > 0; packed.len--) {
        cr_assert(inflate_all(packed, 1000, &inflated) == -EBADMSG, "len %zu", packed.len);
        assert_inflated(SLICE(""));
    }
    cr_assert(inflate_all(SLICE(""), 1000, &inflated) == -EBADMSG);
    cr_assert(inflate_all(SLICE_ABSENT, 1000, &inflated) == -EBADMSG);
}

Test(inflate, refuses_a_damaged_stream)
{
    const struct slice packed = pack(SLICE("a text of some length, of some length"));

    packed_bytes[packed.len - 1] ^= 1; /* the checksum */
    cr_assert(inflate_all(packed, 1000, &inflated) == -EBADMSG);
    cr_assert(inflate_all(SLICE("this is no stream"), 1000, &inflated) == -EBADMSG);
}

Test(inflate, refuses_a_stream_that_needs_a_dictionary)
{
    cr_assert(inflate_all(SLICE("\x78\xbb\x00\x01\x00\x01"), 1000, &inflated) == -EBADMSG);
}

Test(inflate, ignores_what_stands_behind_the_stream)
{
    struct slice packed = pack(SLICE("hello"));
    uint8_t more[100];

    memcpy(more, packed.bytes, packed.len);
    memset(more + packed.len, 'x', 10);
    cr_assert(inflate_all(slice_of(more, packed.len + 10), 100, &inflated) == 0);
    assert_inflated(SLICE("hello"));
}

Test(inflate, takes_only_the_first_bytes_when_asked_to)
{
    const struct slice packed = pack(SLICE("hello\0\0\0\0\0\0\0"));

    cr_assert(inflate_first(packed, 5, &inflated) == 0);
    assert_inflated(SLICE("hello"));
    cr_assert(inflate_first(packed, 0, &inflated) == 0);
    assert_inflated(SLICE("hello"));
}

Test(inflate, does_not_look_at_what_follows_the_first_bytes)
{
    const struct slice packed = pack(SLICE("hello"));

    packed_bytes[packed.len - 1] ^= 1;
    cr_assert(inflate_first(packed, 5, &inflated) == 0);
    assert_inflated(SLICE("hello"));
}

Test(inflate, refuses_a_stream_shorter_than_promised)
{
    const struct slice packed = pack(SLICE("hello"));

    cr_assert(inflate_first(packed, 6, &inflated) == -EBADMSG);
    cr_assert(inflate_first(packed, SIZE_MAX, &inflated) == -EBADMSG);
    assert_inflated(SLICE(""));
}
