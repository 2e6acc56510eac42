/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_SELECTOR_LEXER_H
#define ENGINE_SELECTOR_LEXER_H
/*
 * selector_lexer.h - the words of a selector.
 *
 * Ownership  tokens point into the text, or into `decoded` for literals with doubled quotes.
 * Limits     the text is followed by a NUL byte; `decoded` has room for as much as the text.
 *
 * Threads    the engine's own (shard.h).
 */
#include "engine/message.h"

enum token_kind {
    TOKEN_END,
    TOKEN_ERROR, /* of no meaning; `text` is what is wrong */
    TOKEN_NAME,
    TOKEN_STRING,
    TOKEN_NUMBER,
    TOKEN_EQUAL,
    TOKEN_NOT_EQUAL,
    TOKEN_LESS,
    TOKEN_LESS_EQUAL,
    TOKEN_GREATER,
    TOKEN_GREATER_EQUAL,
    TOKEN_PLUS,
    TOKEN_MINUS,
    TOKEN_STAR,
    TOKEN_SLASH,
    TOKEN_PERCENT,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_COMMA,
    TOKEN_NOT,
    TOKEN_AND,
    TOKEN_OR,
    TOKEN_BETWEEN,
    TOKEN_LIKE,
    TOKEN_ESCAPE,
    TOKEN_IN,
    TOKEN_IS,
    TOKEN_TRUE,
    TOKEN_FALSE,
    TOKEN_NULL,
    TOKEN_XPATH,
    TOKEN_XQUERY,
};

struct token {
    enum token_kind kind;
    bool is_min_long;   /* NUMBER: 9223372036854775808 */
    size_t column;      /* from 1 */
    struct slice text;  /* NAME; STRING without quotes; ERROR: the reason */
    struct value value; /* NUMBER: LONG or DOUBLE */
};

struct lexer {
    struct slice text;
    size_t at;
    char *decoded; /* where the next decoded literal goes */
};

void lexer_next(struct lexer *lexer, struct token *token);
#endif
