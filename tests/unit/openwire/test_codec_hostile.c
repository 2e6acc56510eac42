/* SPDX-License-Identifier: Apache-2.0 */
/* What a reader refuses, and by which name. */
#include "both_ends.h"

static const struct ow_format loose = {.version = 12}, tight = {.version = 12, .tight = true};
static const struct ow_format cached = {.version = 12, .cache = true, .cache_size = 128};

static struct ow_reader *reader_of(const struct ow_format *format)
{
    struct ow_reader *reader = ow_reader_create(&OW_LIMITS_DEFAULT);

    cr_assert(reader);
    cr_assert_eq(ow_reader_set_format(reader, format), 0);
    return reader;
}

static void refuse(const struct ow_format *format, const char *digits, enum ow_error error,
                   const char *where)
{
    struct ow_reader *reader = reader_of(format);
    struct ow_read read = read_hex(reader, digits);

    cr_expect_eq(read.error, error, "%s: %s, at %s", digits, ow_error_text(read.error), read.where);
    cr_expect(read.used == 0 && read.object == NULL);
    cr_expect_str_eq(read.where, where, "%s: at %s", digits, read.where);
    ow_reader_destroy(reader);
}

Test(hostile, sizes_of_frames)
{
    struct ow_limits limits = OW_LIMITS_DEFAULT;
    struct ow_reader *reader;

    limits.frame_bytes_max = 100;
    reader = ow_reader_create(&limits);
    cr_expect_eq(ow_read(reader, of_hex("00000000")).error, OW_FRAME_TOO_LONG);
    cr_expect_eq(ow_read(reader, of_hex("ffffffff")).error, OW_FRAME_TOO_LONG);
    cr_expect_eq(ow_read(reader, of_hex("80000000")).error, OW_FRAME_TOO_LONG);
    cr_expect_eq(ow_read(reader, of_hex("00000065")).error, OW_FRAME_TOO_LONG);
    cr_expect_eq(ow_read(reader, of_hex("00000064")).error, OW_OK);
    ow_reader_set_limits(reader, &(struct ow_limits){101, 10000, 0});
    cr_expect_eq(ow_read(reader, of_hex("00000065")).error, OW_OK);
    ow_reader_destroy(reader);
}

Test(hostile, a_null_command_is_nothing_at_all)
{
    struct ow_reader *reader = reader_of(&loose);
    struct ow_read read = ow_read(reader, of_hex("0000000100"));

    cr_expect(read.error == OW_OK && read.object == NULL && read.used == 5);
    ow_reader_destroy(reader);
}

Test(hostile, frames_that_end_too_early_or_too_late)
{
    refuse(&loose, "0a00000000", OW_TRUNCATED, "KeepAliveInfo.responseRequired");
    refuse(&loose, "0a0000", OW_TRUNCATED, "KeepAliveInfo.commandId");
    refuse(&loose, "0a000000000000", OW_TRAILING_BYTES, "frame");
    refuse(&loose, "0000", OW_UNKNOWN_TYPE, "frame");
    refuse(&tight, "0a", OW_TRUNCATED, "frame");
    refuse(&tight, "0a0100000000", OW_TRUNCATED, "KeepAliveInfo.commandId");
    refuse(&tight, "0a01000000000000", OW_TRAILING_BYTES, "frame");
}

Test(hostile, types_that_are_unknown_or_not_of_the_version)
{
    const struct ow_format old = {.version = 1};

    refuse(&loose, "0d0000000000", OW_UNKNOWN_TYPE, "frame");
    refuse(&loose, "ff0000000000", OW_UNKNOWN_TYPE, "frame");
    refuse(&old, "140000000000", OW_UNKNOWN_TYPE, "frame");
    refuse(&loose, "20000000000000000000017d", OW_UNKNOWN_TYPE, "DataResponse.data");
    refuse(&old, "200000000000000000000113", OW_UNKNOWN_TYPE, "DataResponse.data");
}

Test(hostile, types_that_a_field_may_not_hold)
{
    refuse(&loose, "0400000000000178", OW_WRONG_TYPE, "SessionInfo.sessionId");
    refuse(&loose, "0c0000000000011c", OW_WRONG_TYPE, "RemoveInfo.objectId");
}

Test(hostile, a_cached_object_of_another_type)
{
    struct ow_reader *reader = reader_of(&cached);

    cr_assert_eq(read_hex(reader, "0c00000000000100000178010001630000000000000000").error, OW_OK);
    cr_assert_eq(read_hex(reader, "0c00000000000000000000000000000000").error, OW_OK);
    cr_assert_eq(read_hex(reader, "040000000000000000").error, OW_WRONG_TYPE);
    ow_reader_destroy(reader);
}

Test(hostile, slots_out_of_range_or_never_written)
{
    refuse(&cached, "040000000000000000", OW_BAD_SLOT, "SessionInfo.sessionId");
    refuse(&cached, "04000000000000ffff", OW_BAD_SLOT, "SessionInfo.sessionId");
    refuse(&cached, "0400000000000000ff", OW_BAD_SLOT, "SessionInfo.sessionId");
    refuse(&cached, "04000000000001008000", OW_BAD_SLOT, "SessionInfo.sessionId");
    refuse(&cached, "04000000000001fffe00", OW_BAD_SLOT, "SessionInfo.sessionId");
}

Test(hostile, lengths_beyond_the_frame)
{
    refuse(&loose, "0e000000000001ffff", OW_BAD_LENGTH, "ControlCommand.command");
    refuse(&loose, "0e00000000000100026f", OW_BAD_LENGTH, "ControlCommand.command");
    refuse(&loose, "3c0000000001ffffffff", OW_BAD_LENGTH, "PartialCommand.data");
    refuse(&loose, "3c00000000017fffffff", OW_BAD_LENGTH, "PartialCommand.data");
    refuse(&loose, "21000000000000000000017fff", OW_BAD_LENGTH, "DataArrayResponse.data");
    refuse(&loose, "2100000000000000000001ffff", OW_BAD_LENGTH, "DataArrayResponse.data");
    refuse(&tight, "21010200000000000000007fff", OW_BAD_LENGTH, "DataArrayResponse.data");
}

Test(hostile, texts)
{
    refuse(&loose, "0e000000000001000100", OW_BAD_TEXT, "ControlCommand.command");
    refuse(&loose, "0e000000000001000180", OW_BAD_TEXT, "ControlCommand.command");
    refuse(&loose, "0e0000000000010002c3", OW_BAD_LENGTH, "ControlCommand.command");
    refuse(&loose, "0e0000000000010004f09f9880", OW_BAD_TEXT, "ControlCommand.command");
    refuse(&loose, "0e0000000000010002c1bf", OW_BAD_TEXT, "ControlCommand.command");
    /* Said to be ASCII. */
    refuse(&tight, "0e0106000000000002c3a9", OW_BAD_TEXT, "ControlCommand.command");
    refuse(&tight, "0e0106000000008000", OW_BAD_LENGTH, "ControlCommand.command");
}

Test(hostile, booleans_of_the_tight_form)
{
    refuse(&tight, "0a4000000000", OW_BAD_BOOLEANS, "frame");
    refuse(&tight, "0a8100000000", OW_BAD_BOOLEANS, "frame");
    refuse(&tight, "0aff00000000", OW_BAD_BOOLEANS, "frame");
    refuse(&tight, "0a3f00000000", OW_BAD_BOOLEANS, "frame");
    refuse(&tight, "0a80ffff0000", OW_BAD_BOOLEANS, "frame");
    refuse(&tight, "0a0000000000", OW_BAD_BOOLEANS, "KeepAliveInfo.responseRequired");
    refuse(&tight, "0a02000000000000", OW_BAD_BOOLEANS, "frame"); /* eight of them to spare */
    /* A message that claims to come ready-made. */
    refuse(&tight, "20010600000000000000001c", OW_BAD_BOOLEANS, "DataResponse.data");
}

/* DataResponses in DataResponses. */
static void nest(char *out, unsigned depth)
{
    out[0] = '\0';
    for (unsigned i = 0; i < depth; i++)
        strcat(out, i + 1 < depth ? "200000000000000000"
                                    "0001"
                                  : "2000000000000000000000");
}

Test(hostile, structures_in_structures)
{
    struct ow_reader *reader = reader_of(&loose);
    char digits[1024];

    nest(digits, 16);
    cr_expect_eq(read_hex(reader, digits).error, OW_OK);
    ow_reader_destroy(reader);
    nest(digits, 17);
    refuse(&loose, digits, OW_TOO_DEEP, "DataResponse.data");
}

Test(hostile, causes_of_causes)
{
    const struct ow_format format = {.version = 12, .stack_trace = true};
    static char digits[4096] = "1f00000000000000000001";

    for (unsigned i = 0; i < 20; i++)
        strcat(digits, "0000000001");
    refuse(&format, digits, OW_TOO_DEEP, "ExceptionResponse.exception");
}

Test(hostile, more_elements_than_allowed)
{
    static char digits[32768];
    struct ow_limits limits = OW_LIMITS_DEFAULT;
    struct ow_reader *reader;

    limits.objects_max = 100;
    strcpy(digits, "21000000000000000000010064");
    for (unsigned i = 0; i < 100; i++)
        strcat(digits, "00");
    reader = ow_reader_create(&limits);
    cr_assert_eq(ow_reader_set_format(reader, &loose), 0);
    cr_expect_eq(read_hex(reader, digits).error, OW_TOO_MANY);
    ow_reader_destroy(reader);
}

/* However the network tears a frame: nothing, and then what there would have been at once. */
Test(hostile, torn_frames_are_waited_for)
{
    struct vectors vectors;
    struct vector vector;

    vectors_open(&vectors);
    for (unsigned i = 0; i < 150 && vectors_next(&vectors, &vector); i++) {
        struct ow_reader *reader = reader_of(&vector.format);

        for (size_t len = 0; len < vector.frame.len; len++) {
            struct ow_read read = ow_read(reader, slice_of(vector.frame.bytes, len));

            cr_assert(read.error == OW_OK && read.used == 0 && read.object == NULL);
        }
        cr_assert_eq(ow_read(reader, vector.frame).used, vector.frame.len);
        ow_reader_destroy(reader);
    }
    vectors_close(&vectors);
}

/* A frame that is shorter than its fields, in all ways there are. */
Test(hostile, frames_cut_short_are_refused)
{
    struct vectors vectors;
    struct vector vector;
    unsigned cut_count = 0;

    vectors_open(&vectors);
    for (unsigned i = 0; i < 200 && vectors_next(&vectors, &vector); i++) {
        if (vector.format.cache)
            continue;
        for (uint32_t size = 1; size + 4 < vector.frame.len; size++, cut_count++) {
            struct ow_reader *reader = reader_of(&vector.format);
            uint8_t *bytes = malloc(4 + size);
            uint8_t head[4] = {0, 0, (uint8_t)(size >> 8), (uint8_t)size};

            memcpy(bytes, vector.frame.bytes, 4 + size);
            memcpy(bytes, head, 4);
            cr_assert_neq(ow_read(reader, slice_of(bytes, 4 + size)).error, OW_OK);
            free(bytes);
            ow_reader_destroy(reader);
        }
    }
    vectors_close(&vectors);
    cr_assert_gt(cut_count, 10000);
}
