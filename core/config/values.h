/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_VALUES_H
#define CONFIG_VALUES_H
/*
 * values.h - the text of an attribute as a value of its type, and into the field it is for.
 *
 * Threads    any. Order: check first, store what passed.
 */
#include "base/slice.h"
#include "base/text.h"
#include "schema.h"

union value {
    const char *text;
    bool flag;
    int64_t integer;
    uint64_t bytes;
    double real;
    uint32_t word;
};

/* Blanks around a value never count. On -EINVAL the error says what would be right. */
int value_parse(const struct schema_attribute *row, const char *text, union value *out,
                struct text_error *error) MUST_CHECK;
void value_store(const struct schema_attribute *row, void *object, const union value *value);

int value_parse_bool(const char *text, bool *out, struct text_error *error) MUST_CHECK;
int value_parse_integer(const char *text, int64_t min, int64_t max, int64_t *out,
                        struct text_error *error) MUST_CHECK;
/* "100", "64mb", "1 g": units of 1024 as ActiveMQ reads them. */
int value_parse_memory(const char *text, uint64_t *out, struct text_error *error) MUST_CHECK;
int value_parse_real(const char *text, double *out, struct text_error *error) MUST_CHECK;
struct slice value_trim(const char *text);
#endif
