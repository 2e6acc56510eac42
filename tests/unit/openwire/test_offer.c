/* SPDX-License-Identifier: Apache-2.0 */
#include "both_ends.h"
#include "openwire/openwire_session.h"
#include "vectors.h"

static const struct ow_offer ours = {
    .version = 12,
    .tight = true,
    .cache = true,
    .stack_trace = true,
    .tcp_no_delay = true,
    .cache_size = 1024,
    .inactivity_ms = 30000,
    .inactivity_initial_ms = 10000,
    .frame_bytes_max = 104857600,
    .provider_name = {(const uint8_t *)"corewire", 8},
    .host = {(const uint8_t *)"h", 1},
};

static struct ow_format combined(struct ow_offer theirs, struct ow_offer *agreed)
{
    struct ow_format format;

    ow_offer_combine(&ours, &theirs, agreed, &format);
    return format;
}

Test(offer, what_is_written_is_read_again)
{
    uint8_t scratch[OW_OFFER_BYTES_MAX];
    struct ow_wire_format_info info;
    struct ow_offer got;

    ow_offer_write(&ours, &info, scratch);
    cr_assert(ow_offer_read(&info, &got));
    cr_expect_eq(got.version, 12);
    cr_expect(got.tight && got.cache && got.stack_trace && got.tcp_no_delay);
    cr_expect(!got.size_prefix_disabled);
    cr_expect_eq(got.cache_size, 1024);
    cr_expect_eq(got.inactivity_ms, 30000);
    cr_expect_eq(got.inactivity_initial_ms, 10000);
    cr_expect_eq(got.frame_bytes_max, 104857600);
    cr_expect(slice_is(got.provider_name, "corewire") && slice_is(got.host, "h"));
    cr_expect(!slice_is_present(got.platform));
}

Test(offer, no_limit_and_no_cache_size_are_offered_so_that_java_takes_them)
{
    uint8_t scratch[OW_OFFER_BYTES_MAX];
    struct ow_offer offer = ours, got;
    struct ow_wire_format_info info;

    offer.frame_bytes_max = 0;
    for (offer.cache_size = -1; offer.cache_size <= 100; offer.cache_size++) {
        ow_offer_write(&offer, &info, scratch);
        cr_assert(ow_offer_read(&info, &got));
        cr_expect_eq(got.frame_bytes_max, INT64_MAX);
        cr_expect_eq(got.cache_size, OW_CACHE_SIZE_DEFAULT);
    }
}

Test(offer, texts_that_do_not_fit_are_left_out)
{
    uint8_t scratch[OW_OFFER_BYTES_MAX];
    static uint8_t long_text[OW_OFFER_BYTES_MAX];
    struct ow_wire_format_info info;
    struct ow_offer offer = ours, got;

    memset(long_text, 'x', sizeof long_text);
    offer.platform = slice_of(long_text, sizeof long_text);
    ow_offer_write(&offer, &info, scratch);
    cr_assert(ow_offer_read(&info, &got));
    cr_expect(!slice_is_present(got.platform) && slice_is(got.host, "h"));
}

/* What real clients send. */
Test(offer, recorded_offers_are_understood)
{
    struct ow_reader *reader = ow_reader_create(&OW_LIMITS_DEFAULT);
    struct vectors vectors;
    struct vector vector;
    unsigned count = 0;

    vectors_open(&vectors);
    while (vectors_next(&vectors, &vector)) {
        struct ow_offer got, agreed;
        struct ow_format format;

        if (strcmp(vector.type, "WireFormatInfo") != 0 ||
            strncmp(vector.set, "captured", strlen("captured")) != 0)
            continue;
        cr_expect_eq(openwire_is_spoken(vector.frame), 1);
        cr_assert(ow_offer_read((const void *)ow_read(reader, vector.frame).object, &got));
        cr_expect_eq(got.version, 12);
        cr_expect(got.tight && got.cache && slice_is(got.provider_name, "ActiveMQ"));
        format = combined(got, &agreed);
        cr_expect(format.tight && format.cache && format.cache_size == 1024);
        cr_expect_eq(agreed.inactivity_ms, 30000);
        count++;
    }
    vectors_close(&vectors);
    ow_reader_destroy(reader);
    cr_assert_gt(count, 3);
}

Test(offer, without_properties_nothing_is_wished)
{
    const struct ow_wire_format_info info = {
        .object.type = OW_WIRE_FORMAT_INFO, .magic = "ActiveMQ", .version = 3};
    struct ow_offer theirs, agreed;
    struct ow_format format;

    cr_assert(ow_offer_read(&info, &theirs));
    format = combined(theirs, &agreed);
    cr_expect(format.version == 3 && !format.tight && !format.cache && !format.stack_trace);
    cr_expect_eq(agreed.inactivity_ms, 0);
    cr_expect_eq(agreed.frame_bytes_max, ours.frame_bytes_max);
}

static bool is_read(struct slice map, struct ow_offer *out)
{
    struct ow_wire_format_info info = {
        .object.type = OW_WIRE_FORMAT_INFO, .magic = "ActiveMQ", .version = 12};

    info.marshalled_properties = map;
    return ow_offer_read(&info, out);
}

Test(offer, tags_are_mandatory_and_unknown_names_ignored)
{
    struct ow_offer got;

    cr_assert(is_read(SLICE("\0\0\0\1\0\x9"
                            "CacheSize\5\0\0\2\0"),
                      &got));
    cr_expect_eq(got.cache_size, 512);
    cr_expect(!is_read(SLICE("\0\0\0\1\0\x9"
                             "CacheSize\6\0\0\0\0\0\0\2\0"),
                       &got));
    cr_expect(!is_read(SLICE("\0\0\0\1\0\x9"
                             "CacheSize"),
                       &got));
    cr_assert(is_read(SLICE("\0\0\0\1\0\xc"
                            "CacheEnabled\5\0\0\0\1"),
                      &got));
    cr_expect(!got.cache);
    cr_assert(is_read(SLICE("\0\0\0\2\0\1x\5\0\0\0\1\0\xc"
                            "CacheEnabled\1\1"),
                      &got));
    cr_expect(got.cache);
}

Test(offer, other_magic_and_versions_below_one_are_refused)
{
    struct ow_wire_format_info info = {.magic = "ActiveMX", .version = 12};
    struct ow_offer got, agreed;

    cr_expect(!ow_offer_read(&info, &got));
    memcpy(info.magic, "ActiveMQ", 8);
    info.version = 0;
    cr_expect(!ow_offer_read(&info, &got));
    info.version = INT32_MIN;
    cr_expect(!ow_offer_read(&info, &got));
    info.version = 13;
    cr_assert(ow_offer_read(&info, &got));
    cr_expect_eq(combined(got, &agreed).version, 12);
    info.version = 256 + 1;
    cr_assert(ow_offer_read(&info, &got));
    cr_expect_eq(combined(got, &agreed).version, 12);
}

Test(offer, cache_sizes_that_java_hangs_with_are_no_cache)
{
    static const struct {
        int32_t theirs;
        uint16_t agreed; /* 0: no cache */
    } cases[] = {{INT32_MIN, 0}, {-1, 0},       {0, 16383},       {1, 0},
                 {99, 0},        {100, 100},    {101, 101},       {1024, 1024},
                 {2000, 1024},   {16384, 1024}, {INT32_MAX, 1024}};
    struct ow_offer theirs = ours, agreed;
    struct ow_format format;

    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        theirs.cache_size = cases[i].theirs;
        format = combined(theirs, &agreed);
        cr_expect_eq(format.cache, cases[i].agreed > 0, "%d", cases[i].theirs);
        cr_expect_eq(format.cache_size, cases[i].agreed, "%d", cases[i].theirs);
    }
}

Test(offer, the_smaller_of_times_and_frame_sizes_counts)
{
    struct ow_offer theirs = ours, agreed;

    theirs.inactivity_ms = 0;
    theirs.inactivity_initial_ms = -5;
    theirs.frame_bytes_max = -1;
    combined(theirs, &agreed);
    cr_expect_eq(agreed.inactivity_ms, 0);
    cr_expect_eq(agreed.inactivity_initial_ms, 0);
    cr_expect_eq(agreed.frame_bytes_max, ours.frame_bytes_max);
    theirs.inactivity_ms = 5000;
    theirs.frame_bytes_max = 2000;
    combined(theirs, &agreed);
    cr_expect_eq(agreed.inactivity_ms, 5000);
    cr_expect_eq(agreed.frame_bytes_max, 2000);
}

Test(offer, the_first_bytes_tell_whether_it_is_openwire)
{
    static const uint8_t first[] = {0, 0, 1, 0x2a, 1, 'A', 'c', 't', 'i', 'v', 'e', 'M', 'Q'};
    uint8_t bytes[sizeof first];

    for (size_t len = 0; len < sizeof first; len++)
        cr_expect_eq(openwire_is_spoken(slice_of(first, len)), -1);
    cr_expect_eq(openwire_is_spoken(slice_of(first, sizeof first)), 1);
    for (size_t i = 4; i < sizeof first; i++) {
        memcpy(bytes, first, sizeof first);
        bytes[i] ^= 1;
        cr_expect_eq(openwire_is_spoken(slice_of(bytes, i + 1)), 0);
    }
    cr_expect_eq(openwire_is_spoken(SLICE("C")), 0);
    cr_expect_eq(openwire_is_spoken(SLICE("\x16\x03\x01")), 0);
}
