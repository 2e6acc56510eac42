/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_SELECTOR_PROGRAM_H
#define ENGINE_SELECTOR_PROGRAM_H
/*
 * selector_program.h - what a selector is compiled to: operations for a stack of values.
 *
 * Operations stand in the order of evaluation, so that neither compiling a long chain of ANDs nor
 * evaluating it takes C stack; the parser counts how deep the stack of values gets.
 *
 * Threads    immutable once compiled.
 * Ownership  the selector owns its operations, their regexes, and the text that values point to.
 */
#include "engine/selector.h"
#include "selector_regex.h"

enum {
    SELECTOR_TEXT_MAX = 65536,
    SELECTOR_NESTING_MAX = 200,
    SELECTOR_STACK_MAX = 512,
    SELECTOR_KEPT_MAX = 64, /* properties looked up once in an evaluation, however often named */
    SELECTOR_SCRATCH_MAX = 16384, /* text made during one evaluation */
    SELECTOR_WORK_MAX =
        250000, /* steps in one evaluation: characters of patterns, properties passed */
};

enum selector_code {
    /* Push one value. */
    CODE_CONST,
    CODE_PROPERTY, /* value.text is the name; arg says where its value is kept meanwhile */
    CODE_FIELD,    /* arg is an enum selector_field */
    /* Replace the top. */
    CODE_CAST, /* of a property that stands as a condition */
    CODE_NOT,
    CODE_NEGATE,
    CODE_IS_NULL,
    CODE_IS_NOT_NULL,
    CODE_LIKE, /* value.text is the pattern, arg the escape character */
    CODE_NOT_LIKE,
    CODE_IN, /* arg constants follow, sorted by selector_text_order */
    CODE_NOT_IN,
    CODE_REGEX,
    CODE_REPLACE, /* one constant follows, the replacement */
    /* Replace the top two by one. */
    CODE_ADD,
    CODE_SUBTRACT,
    CODE_MULTIPLY,
    CODE_DIVIDE,
    CODE_REMAINDER,
    CODE_EQUAL,
    CODE_NOT_EQUAL,
    CODE_LESS,
    CODE_LESS_EQUAL,
    CODE_GREATER,
    CODE_GREATER_EQUAL,
    CODE_AND,
    CODE_OR,
    CODE_IN_PARTS, /* is the top among the parts of the one below; arg is the place of PARTS */
    /* Replace the top three by one. */
    CODE_BETWEEN,
    CODE_NOT_BETWEEN,
    /* Is the top among the arg values below it. */
    CODE_IN_VALUES,
    /* Leave the stack; go to arg when the right side cannot change what is on top. */
    CODE_JUMP_IF_FALSE,
    CODE_JUMP_IF_TRUE,
    CODE_PARTS, /* how IN_PARTS splits; arg is the limit */
};

enum selector_field {
    FIELD_DESTINATION,
    FIELD_REPLY_TO,
    FIELD_TYPE,
    FIELD_MESSAGE_ID,
    FIELD_CORRELATION_ID,
    FIELD_TIMESTAMP,
    FIELD_EXPIRATION,
    FIELD_PRIORITY,
    FIELD_DELIVERY_MODE,
    FIELD_REDELIVERED,
    FIELD_DELIVERY_COUNT,
    FIELD_GROUP_ID,
    FIELD_GROUP_SEQUENCE,
    FIELD_GROUP_FIRST,
    FIELD_USER_ID,
    FIELD_PRODUCER_TX_ID,
    FIELD_BROKER_IN,
    FIELD_BROKER_OUT,
    FIELD_BROKER_PATH,
    FIELD_NONE,
};

struct selector_op {
    uint8_t code;
    bool is_min_long; /* CONST: 9223372036854775808, a long only when negated */
    uint32_t arg;
    union {
        struct value value;
        struct selector_regex *regex; /* REGEX, REPLACE, PARTS */
    };
};

struct selector {
    struct slice text;
    struct slice equal_name, equal_literal; /* absent: none */
    struct selector_op *ops;
    uint32_t op_count, op_capacity;
    bool convert_strings;
    char bytes[]; /* text, NUL, room for string literals without their doubled quotes */
};

/* Fills `selector`, whose text is in place, from `start` on. -EINVAL or -ENOMEM. */
int selector_parse(struct selector *selector, size_t start, struct text_error *why) MUST_CHECK;

/* By length, then by bytes. */
int selector_text_order(struct slice a, struct slice b);
/* What Java takes as a number or a boolean, when strings are converted. */
bool selector_text_to_double(struct slice text, double *out);
bool selector_text_is(struct slice text, const char *word); /* ASCII, any case */
#endif
