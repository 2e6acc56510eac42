/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selector.c - the life of a compiled selector. Words are selector_lexer.c's, grammar is
 * selector_parse.c's, meaning is selector_eval.c's.
 */
#include "selector_program.h"
#include <errno.h>
#include <stdlib.h>

static const struct slice convert_prefix = {(const uint8_t *)"convert_string_expressions:", 27};
static const struct slice keep_prefix = {(const uint8_t *)"no_convert_string_expressions:", 30};

/* Length of the prefix, which overrides what the caller wants. */
static size_t read_prefix(struct slice text, bool *convert_strings)
{
    if (slice_starts_with(text, convert_prefix)) {
        *convert_strings = true;
        return convert_prefix.len;
    }
    if (slice_starts_with(text, keep_prefix)) {
        *convert_strings = false;
        return keep_prefix.len;
    }
    return 0;
}

int selector_compile(struct slice text, bool convert_strings, struct selector **out,
                     struct text_error *why)
{
    struct selector *selector;
    size_t start = read_prefix(text, &convert_strings);
    int result;

    if (text.len > SELECTOR_TEXT_MAX) {
        text_error_set(why, "selector: longer than %d bytes", (int)SELECTOR_TEXT_MAX);
        return -EINVAL;
    }
    selector = calloc(1, sizeof *selector + 2 * text.len + 1);
    if (!selector) {
        text_error_set(why, "selector: no memory");
        return -ENOMEM;
    }
    selector->text = slice_of(selector->bytes, text.len);
    selector->convert_strings = convert_strings;
    if (text.len > 0)
        memcpy(selector->bytes, text.bytes, text.len);
    result = selector_parse(selector, start, why);
    if (result < 0) {
        if (result == -ENOMEM)
            text_error_set(why, "selector: no memory");
        selector_destroy(selector);
        return result;
    }
    *out = selector;
    return 0;
}

static bool has_regex(const struct selector_op *op)
{
    return op->code == CODE_REGEX || op->code == CODE_REPLACE || op->code == CODE_PARTS;
}

void selector_destroy(struct selector *selector)
{
    if (!selector)
        return;
    for (uint32_t i = 0; i < selector->op_count; i++) {
        if (has_regex(&selector->ops[i]))
            regex_destroy(selector->ops[i].regex);
    }
    free(selector->ops);
    free(selector);
}

struct slice selector_text(const struct selector *selector)
{
    return selector->text;
}

bool selector_equality(const struct selector *selector, struct slice *name, struct slice *literal)
{
    if (!slice_is_present(selector->equal_name))
        return false;
    *name = selector->equal_name;
    *literal = selector->equal_literal;
    return true;
}
