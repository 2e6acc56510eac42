/* SPDX-License-Identifier: Apache-2.0 */
/* What the recorded streams do not show of the marshal cache. */
#include "both_ends.h"
#include "openwire_cache.h"

static struct ow_format cached(bool tight, uint16_t slots)
{
    return (struct ow_format){.version = 12, .tight = tight, .cache = true, .cache_size = slots};
}

static const struct ow_connection_id *connection_of(struct ow_read read)
{
    const struct ow_remove_info *info = (const void *)read.object;

    return (const void *)info->object_id;
}

static struct ow_connection_id connection_id(unsigned i, char text[16])
{
    snprintf(text, 16, "c%u", i);
    return (struct ow_connection_id){{OW_CONNECTION_ID}, slice_of_text(text)};
}

/* Through all slots several times, each value twice: whatever is evicted, the reader agrees. */
Test(cache, whatever_is_sent_again_arrives_again)
{
    static const uint16_t sizes[] = {1, 2, 50, 100, 101, 150, 1024};

    for (unsigned i = 0; i < 2 * ARRAY_LEN(sizes); i++) {
        struct ow_format format = cached(i % 2, sizes[i / 2]);
        struct codec codec;
        struct text bytes;

        text_init(&bytes);
        codec_open(&codec, &format);
        for (unsigned n = 0; n < 3000; n++) {
            char text[16];
            struct ow_connection_id id = connection_id(n / 2 % 1300, text);
            struct ow_remove_info info = {{{OW_REMOVE_INFO}, 1, false}, &id.object, 0};
            size_t first_len = bytes.len;

            cr_assert(slice_equal(connection_of(passed(&codec, &info, &bytes))->value, id.value));
            if (n % 2 == 1 && sizes[i / 2] > 100)
                cr_assert_lt(bytes.len, first_len);
        }
        codec_close(&codec);
        text_fini(&bytes);
    }
}

/* More new objects in one frame than the cache has slots: those that find no room go without. */
Test(cache, a_frame_with_more_objects_than_slots)
{
    enum { COUNT = 300 };
    struct ow_remove_info infos[COUNT];
    struct ow_connection_id ids[COUNT];
    const struct ow_object *items[COUNT];
    struct ow_data_array_response response = {.response = {{{OW_DATA_ARRAY_RESPONSE}, 1, false}, 2},
                                              .data = {items, COUNT, true}};
    char texts[COUNT][16];

    for (unsigned i = 0; i < COUNT; i++) {
        ids[i] = connection_id(i, texts[i]);
        infos[i] = (struct ow_remove_info){{{OW_REMOVE_INFO}, 1, false}, &ids[i].object, 0};
        items[i] = &infos[i].command.object;
    }
    for (unsigned i = 0; i < 4; i++) {
        struct ow_format format = cached(i % 2, i < 2 ? 120 : 200);
        struct codec codec;
        struct text bytes;

        text_init(&bytes);
        codec_open(&codec, &format);
        for (unsigned round = 0; round < 5; round++) {
            struct ow_read read = passed(&codec, &response, &bytes);
            const struct ow_data_array_response *got = (const void *)read.object;

            for (unsigned n = 0; n < COUNT; n++)
                cr_assert(slice_equal(
                    connection_of((struct ow_read){.object = got->data.items[n]})->value,
                    ids[n].value));
        }
        codec_close(&codec);
        text_fini(&bytes);
    }
}

/* Slot 0 is read, overwritten and read again in one frame: each time what it then was. */
Test(cache, what_a_frame_overwrites_stays_until_the_next)
{
    static const char *const texts[] = {"a", "b", "b"};
    const struct ow_format format = cached(false, 101);
    const struct ow_data_array_response *got;
    struct codec codec;
    struct ow_read read;

    codec_open(&codec, &format);
    read = read_hex(codec.reader, "0c0000000100010000017801000161"
                                  "0000000000000000");
    cr_assert_eq(read.error, OW_OK, "%s at %s", ow_error_text(read.error), read.where);
    read = read_hex(codec.reader, "21000000000000000000"
                                  "010003"
                                  "010c0000000100000000"
                                  "0000000000000000"
                                  "010c0000000100010000"
                                  "017801000162"
                                  "0000000000000000"
                                  "010c0000000100000000"
                                  "0000000000000000");
    cr_assert_eq(read.error, OW_OK, "%s at %s", ow_error_text(read.error), read.where);
    got = (const void *)read.object;
    for (unsigned i = 0; i < ARRAY_LEN(texts); i++)
        cr_assert(slice_is(connection_of((struct ow_read){.object = got->data.items[i]})->value,
                           texts[i]));
    codec_close(&codec);
}

Test(cache, a_reader_keeps_so_many_bytes_and_no_more)
{
    const struct ow_format format = cached(false, 1024);
    struct ow_limits limits = OW_LIMITS_DEFAULT;
    static uint8_t long_text[10000];
    enum ow_error error = OW_OK;
    struct ow_reader *reader;
    struct ow_writer *writer = ow_writer_create();
    struct text bytes;
    unsigned count = 0;

    memset(long_text, 'x', sizeof long_text);
    limits.cache_bytes_max = 100000;
    reader = ow_reader_create(&limits);
    cr_assert_eq(ow_reader_set_format(reader, &format), 0);
    cr_assert_eq(ow_writer_set_format(writer, &format), 0);
    text_init(&bytes);
    for (; error == OW_OK && count < 100; count++) {
        struct ow_connection_id id = {{OW_CONNECTION_ID}, {long_text, sizeof long_text - count}};
        struct ow_remove_info info = {{{OW_REMOVE_INFO}, 1, false}, &id.object, 0};
        struct ow_frame frame;

        cr_assert_eq(ow_write(writer, &info.command.object, &frame), OW_OK);
        joined(&frame, &bytes);
        error = ow_read(reader, text_slice(&bytes)).error;
    }
    cr_assert_eq(error, OW_TOO_MANY);
    cr_assert_eq(count, 10); /* nine and their overhead fit */
    text_fini(&bytes);
    ow_reader_destroy(reader);
    ow_writer_destroy(writer);
}

/* Copying into the cache relies on it. */
Test(cache, what_goes_through_it_holds_neither_arrays_nor_throwables)
{
    for (unsigned type = 1; type < OW_TYPE_COUNT; type++)
        for (unsigned i = 0; i < ow_structures[type].field_count; i++) {
            const struct ow_field *field = &ow_structures[type].fields[i];

            for (unsigned held = field->type_min; held && held <= field->type_max; held++)
                for (unsigned j = 0;
                     field->kind == OW_CACHED && j < ow_structures[held].field_count; j++) {
                    unsigned kind = ow_structures[held].fields[j].kind;

                    cr_assert(kind != OW_ARRAY && kind != OW_THROWABLE && kind != OW_CONTENT);
                }
        }
}
