/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selector_lexer.c - the longest word wins, as in the grammar this dialect comes from: "42AND" is
 * a number and a keyword, "052" is octal, "08" is two numbers and so an error further on.
 */
#include "selector_lexer.h"
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

static const struct keyword {
    const char *word;
    enum token_kind kind;
} keywords[] = {
    {"NOT", TOKEN_NOT},         {"AND", TOKEN_AND},   {"OR", TOKEN_OR},
    {"BETWEEN", TOKEN_BETWEEN}, {"LIKE", TOKEN_LIKE}, {"ESCAPE", TOKEN_ESCAPE},
    {"IN", TOKEN_IN},           {"IS", TOKEN_IS},     {"TRUE", TOKEN_TRUE},
    {"FALSE", TOKEN_FALSE},     {"NULL", TOKEN_NULL}, {"XPATH", TOKEN_XPATH},
    {"XQUERY", TOKEN_XQUERY},
};

static int peek(const struct lexer *lexer, size_t ahead)
{
    size_t at = lexer->at + ahead;

    return at < lexer->text.len ? lexer->text.bytes[at] : -1;
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex_digit(int c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_name_start(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

static void fail(struct token *token, const char *reason)
{
    token->kind = TOKEN_ERROR;
    token->text = slice_of_text(reason);
}

/* False: a block comment that does not end, which is no comment. */
static bool skip_comment(struct lexer *lexer)
{
    const uint8_t *at = lexer->text.bytes + lexer->at + 2;
    size_t left = lexer->text.len - lexer->at - 2;
    const uint8_t *end;

    if (peek(lexer, 0) == '-') {
        while (peek(lexer, 0) >= 0 && peek(lexer, 0) != '\n' && peek(lexer, 0) != '\r')
            lexer->at++;
        return true;
    }
    end = left > 0 ? memmem(at, left, "*/", 2) : NULL;
    if (!end)
        return false;
    lexer->at = (size_t)(end - lexer->text.bytes) + 2;
    return true;
}

static void skip_blank(struct lexer *lexer)
{
    for (;;) {
        int c = peek(lexer, 0), next = peek(lexer, 1);

        if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f')
            lexer->at++;
        else if ((c != '-' || next != '-') && (c != '/' || next != '*'))
            return;
        else if (!skip_comment(lexer))
            return;
    }
}

static void read_string(struct lexer *lexer, struct token *token)
{
    const uint8_t *bytes = lexer->text.bytes;
    size_t start = ++lexer->at;
    size_t doubled = 0;

    for (;; lexer->at++) {
        if (peek(lexer, 0) < 0) {
            fail(token, "text without a closing quote");
            return;
        }
        if (peek(lexer, 0) != '\'')
            continue;
        if (peek(lexer, 1) != '\'')
            break;
        doubled++;
        lexer->at++;
    }
    token->kind = TOKEN_STRING;
    token->text = slice_of(bytes + start, lexer->at - start);
    lexer->at++;
    if (doubled == 0)
        return;
    token->text = slice_of(lexer->decoded, token->text.len - doubled);
    for (size_t i = start; i < lexer->at - 1; i++) {
        *lexer->decoded++ = (char)bytes[i];
        i += bytes[i] == '\'';
    }
}

/* Length of "e+12" at `ahead`, 0 when there is no exponent. */
static size_t exponent_len(const struct lexer *lexer, size_t ahead)
{
    size_t len = 1;

    if (peek(lexer, ahead) != 'e' && peek(lexer, ahead) != 'E')
        return 0;
    if (peek(lexer, ahead + len) == '+' || peek(lexer, ahead + len) == '-')
        len++;
    if (!is_digit(peek(lexer, ahead + len)))
        return 0;
    while (is_digit(peek(lexer, ahead + len)))
        len++;
    return len;
}

/* Length of a floating literal here, 0 when there is none. */
static size_t real_len(const struct lexer *lexer)
{
    size_t len = 0;

    while (is_digit(peek(lexer, len)))
        len++;
    if (peek(lexer, len) != '.') {
        size_t exponent = exponent_len(lexer, len);

        return exponent > 0 ? len + exponent : 0;
    }
    len++;
    while (is_digit(peek(lexer, len)))
        len++;
    return len + exponent_len(lexer, len);
}

static void read_real(struct lexer *lexer, struct token *token, size_t len)
{
    /* A NUL or a byte that is no part of a number follows: strtod stops where the literal does. */
    token->kind = TOKEN_NUMBER;
    token->value.type = VALUE_DOUBLE;
    token->value.real = strtod((const char *)lexer->text.bytes + lexer->at, NULL);
    lexer->at += len;
}

static void read_integer(struct lexer *lexer, struct token *token, size_t len, int base)
{
    const char *at = (const char *)lexer->text.bytes + lexer->at;

    token->kind = TOKEN_NUMBER;
    token->value.type = VALUE_LONG;
    errno = 0;
    token->value.integer = strtoll(at, NULL, base);
    lexer->at += len;
    if (errno != ERANGE)
        return;
    if (base != 10) {
        fail(token, "number too large");
        return;
    }
    token->value.type = VALUE_DOUBLE;
    token->value.real = strtod(at, NULL);
    token->is_min_long = slice_is(slice_of(at, len), "9223372036854775808");
}

static void read_number(struct lexer *lexer, struct token *token)
{
    size_t len = real_len(lexer);

    if (len > 0) {
        read_real(lexer, token, len);
        return;
    }
    if (peek(lexer, 0) != '0') {
        while (is_digit(peek(lexer, len)))
            len++;
        read_integer(lexer, token, len, 10);
        if (peek(lexer, 0) == 'l' || peek(lexer, 0) == 'L')
            lexer->at++;
        return;
    }
    if ((peek(lexer, 1) == 'x' || peek(lexer, 1) == 'X') && is_hex_digit(peek(lexer, 2))) {
        len = 2;
        while (is_hex_digit(peek(lexer, len)))
            len++;
        read_integer(lexer, token, len, 16);
        return;
    }
    len = 1;
    while (peek(lexer, len) >= '0' && peek(lexer, len) <= '7')
        len++;
    read_integer(lexer, token, len, 8);
}

static void read_name(struct lexer *lexer, struct token *token)
{
    size_t start = lexer->at;

    while (is_name_start(peek(lexer, 0)) || is_digit(peek(lexer, 0)))
        lexer->at++;
    token->kind = TOKEN_NAME;
    token->text = slice_of(lexer->text.bytes + start, lexer->at - start);
    for (size_t i = 0; i < ARRAY_LEN(keywords); i++) {
        if (strlen(keywords[i].word) == token->text.len &&
            strncasecmp(keywords[i].word, (const char *)token->text.bytes, token->text.len) == 0)
            token->kind = keywords[i].kind;
    }
}

static enum token_kind two_of(struct lexer *lexer, char second, enum token_kind both,
                              enum token_kind alone)
{
    if (peek(lexer, 0) != second)
        return alone;
    lexer->at++;
    return both;
}

static void read_sign(struct lexer *lexer, struct token *token)
{
    static const char signs[] = "=+-*/%(),";
    static const enum token_kind kinds[] = {
        TOKEN_EQUAL,   TOKEN_PLUS, TOKEN_MINUS, TOKEN_STAR,  TOKEN_SLASH,
        TOKEN_PERCENT, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_COMMA,
    };
    int c = peek(lexer, 0);
    const char *found = c > 0 ? strchr(signs, c) : NULL;

    lexer->at++;
    if (found) {
        token->kind = kinds[found - signs];
    } else if (c == '>') {
        token->kind = two_of(lexer, '=', TOKEN_GREATER_EQUAL, TOKEN_GREATER);
    } else if (c == '<') {
        token->kind = two_of(lexer, '>', TOKEN_NOT_EQUAL, TOKEN_LESS);
        if (token->kind == TOKEN_LESS)
            token->kind = two_of(lexer, '=', TOKEN_LESS_EQUAL, TOKEN_LESS);
    } else if (c == '"') {
        fail(token, "text stands in single quotes, not in double ones,");
    } else {
        fail(token, "unexpected character");
    }
}

void lexer_next(struct lexer *lexer, struct token *token)
{
    int c;

    skip_blank(lexer);
    *token = (struct token){.kind = TOKEN_END, .column = lexer->at + 1};
    c = peek(lexer, 0);
    if (c < 0)
        return;
    if (c == '\'')
        read_string(lexer, token);
    else if (is_digit(c) || (c == '.' && is_digit(peek(lexer, 1))))
        read_number(lexer, token);
    else if (is_name_start(c))
        read_name(lexer, token);
    else
        read_sign(lexer, token);
}
