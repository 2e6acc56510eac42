/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_OPENWIRE_VECTORS_H
#define TESTS_OPENWIRE_VECTORS_H
/*
 * vectors.h - reads vectors.tsv: frames of ActiveMQ 5.17.2 with what is in them (made by
 * make_vectors.py).
 */
#include "openwire/codec.h"
#include <stdio.h>
#include <stdlib.h>

struct vector {
    const char *set, *type, *fields;
    struct ow_format format;
    int stream;
    struct slice frame;
};

struct vectors {
    FILE *file;
    char *line;
    size_t line_capacity;
    uint8_t *bytes;
};

static inline void vectors_open(struct vectors *vectors)
{
    *vectors = (struct vectors){.file = fopen("tests/unit/openwire/vectors.tsv", "r")};
    assert(vectors->file);
}

static inline void vectors_close(struct vectors *vectors)
{
    fclose(vectors->file);
    free(vectors->line);
    free(vectors->bytes);
}

static inline struct slice bytes_of_hex(const char *hex, uint8_t *bytes)
{
    size_t len = strlen(hex) / 2;

    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)strtoul((char[]){hex[2 * i], hex[2 * i + 1], '\0'}, NULL, 16);
    return slice_of(bytes, len);
}

static inline bool vectors_next(struct vectors *vectors, struct vector *out)
{
    char *columns[9], *rest;
    long cache_size;

    if (getline(&vectors->line, &vectors->line_capacity, vectors->file) < 0)
        return false;
    rest = vectors->line;
    rest[strcspn(rest, "\n")] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        columns[i] = strsep(&rest, "\t");
        assert(columns[i]);
    }
    cache_size = strtol(columns[3], NULL, 10);
    *out = (struct vector){
        .set = columns[0],
        .format = {.version = (uint8_t)strtol(columns[1], NULL, 10),
                   .tight = columns[2][0] == '1',
                   .cache = cache_size > 0,
                   .cache_size = (uint16_t)cache_size,
                   .stack_trace = columns[4][0] == '1'},
        .stream = (int)strtol(columns[5], NULL, 10),
        .type = columns[6],
        .fields = columns[8],
    };
    free(vectors->bytes); /* of exactly that size: a byte too many is seen */
    vectors->bytes = malloc(strlen(columns[7]) / 2);
    out->frame = bytes_of_hex(columns[7], vectors->bytes);
    return true;
}
#endif
