/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_OPENWIRE_PAIR_H
#define BENCH_OPENWIRE_PAIR_H
/* openwire_pair.h - a client without a socket, and the codec of the broker it would talk to. */
#include "openwire.h"
#include "openwire_receive.h"
#include <criterion/criterion.h>

struct pair {
    struct client client;
    struct openwire openwire;
    struct ow_reader *reader; /* the broker's */
    struct ow_writer *writer;
};

/* Of these 4 formats: loose and tight, without and with the cache. */
enum { FORMATS = 4 };

static inline void pair_init(struct pair *pair, unsigned number)
{
    struct ow_format format = {.version = 12, .tight = number & 1, .cache = number & 2};

    format.cache_size = format.cache ? 1024 : 0;
    *pair = (struct pair){.client = {.fd = -1, .protocol = BENCH_OPENWIRE}};
    pair->openwire = (struct openwire){
        .reader = ow_reader_create(&OW_LIMITS_DEFAULT),
        .writer = ow_writer_create(),
        .format = format,
        .connection_text = "ID:bench-1-1-1:1",
        .producer_id = {{OW_PRODUCER_ID}, SLICE("ID:bench-1-1-1:1"), 1, 1},
        .consumer_id = {{OW_CONSUMER_ID}, SLICE("ID:bench-1-1-1:1"), 1, 1},
        .destination = {{OW_QUEUE}, SLICE("bench.0")},
    };
    pair->client.openwire = &pair->openwire;
    pair->reader = ow_reader_create(&OW_LIMITS_DEFAULT);
    pair->writer = ow_writer_create();
    cr_assert_eq(ow_reader_set_format(pair->openwire.reader, &format), 0);
    cr_assert_eq(ow_writer_set_format(pair->openwire.writer, &format), 0);
    cr_assert_eq(ow_reader_set_format(pair->reader, &format), 0);
    cr_assert_eq(ow_writer_set_format(pair->writer, &format), 0);
}

static inline void pair_fini(struct pair *pair)
{
    ow_reader_destroy(pair->openwire.reader);
    ow_writer_destroy(pair->openwire.writer);
    openwire_receiver_destroy(pair->openwire.receiver);
    ow_reader_destroy(pair->reader);
    ow_writer_destroy(pair->writer);
    free(pair->client.out);
}

/* What the broker reads from these bytes, which are one frame. */
static inline const struct ow_object *pair_read(struct pair *pair, const uint8_t *bytes, size_t len)
{
    struct ow_read read = ow_read(pair->reader, slice_of(bytes, len));

    cr_assert_eq(read.error, OW_OK, "%s in %s", ow_error_text(read.error), read.where);
    cr_assert_eq(read.used, len);
    return read.object;
}
#endif
