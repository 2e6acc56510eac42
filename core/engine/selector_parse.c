/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selector_parse.c - recursive descent from words to operations.
 *
 * Each function leaves one value on the (future) stack and says what is known about it, since
 * some operands are refused while parsing. The first error counts: after it every word is
 * TOKEN_END, which takes all loops and calls back out.
 */
#include "selector_lexer.h"
#include "selector_program.h"
#include "selector_utf8.h"
#include <errno.h>
#include <stdlib.h>

enum operand_kind {
    OPERAND_TEXT,      /* a text literal */
    OPERAND_NUMBER,    /* a number literal */
    OPERAND_CONSTANT,  /* TRUE, FALSE */
    OPERAND_NULL,      /* NULL */
    OPERAND_PROPERTY,  /* a property or a JMS field */
    OPERAND_CONDITION, /* can only be a boolean */
    OPERAND_VALUE,     /* anything else */
    OPERAND_LIST,      /* MAKELIST: arg values on the stack */
    OPERAND_PARTS,     /* SPLIT: its text on the stack, arg the place of PARTS */
};

struct operand {
    enum operand_kind kind;
    size_t column;
    struct slice text;                      /* TEXT; PROPERTY: name if no JMS field */
    struct slice equal_name, equal_literal; /* CONDITION: see selector_equality */
    uint32_t arg;
};

struct parser {
    struct lexer lexer;
    struct token token, next;
    struct selector *selector;
    struct text_error *why;
    int result; /* below 0: failed */
    uint32_t depth;
    uint32_t nesting;
    bool list_wanted;
    uint32_t kept_count;
    struct slice kept[SELECTOR_KEPT_MAX]; /* names of properties */
};

static struct operand parse_or(struct parser *p);
static struct operand parse_add(struct parser *p);
static struct operand parse_unary(struct parser *p);

static void stop(struct parser *p, int result)
{
    p->result = result;
    p->token.kind = TOKEN_END;
    p->next.kind = TOKEN_END;
}

#define FAIL(p, column, fmt, ...) \
    do { \
        if ((p)->result == 0) { \
            text_error_set((p)->why, "selector: " fmt " at column %zu", __VA_ARGS__, \
                           (size_t)(column)); \
            stop(p, -EINVAL); \
        } \
    } while (0)

static void fail(struct parser *p, size_t column, const char *what)
{
    FAIL(p, column, "%s", what);
}

static void advance(struct parser *p)
{
    p->token = p->next;
    if (p->token.kind == TOKEN_ERROR)
        FAIL(p, p->token.column, "%.*s", SLICE_FMT(p->token.text));
    if (p->token.kind != TOKEN_END)
        lexer_next(&p->lexer, &p->next);
}

static bool accept(struct parser *p, enum token_kind kind)
{
    if (p->token.kind != kind || p->result < 0)
        return false;
    advance(p);
    return true;
}

static void expect(struct parser *p, enum token_kind kind, const char *what)
{
    if (!accept(p, kind))
        FAIL(p, p->token.column, "expected %s", what);
}

/* Appends an operation that makes the stack grow by `growth`, and says where it stands. */
static uint32_t emit(struct parser *p, struct selector_op op, int growth)
{
    struct selector *selector = p->selector;

    if (p->result < 0)
        return 0;
    if (selector->op_count == selector->op_capacity) {
        uint32_t capacity = selector->op_capacity ? selector->op_capacity * 2 : 8;
        struct selector_op *ops = realloc(selector->ops, capacity * sizeof *ops);

        if (!ops) {
            stop(p, -ENOMEM);
            return 0;
        }
        selector->ops = ops;
        selector->op_capacity = capacity;
    }
    p->depth = (uint32_t)((int)p->depth + growth);
    if (p->depth > SELECTOR_STACK_MAX)
        fail(p, p->token.column, "too many values at a time");
    selector->ops[selector->op_count] = op;
    return selector->op_count++;
}

static uint32_t emit_code(struct parser *p, enum selector_code code, int growth)
{
    return emit(p, (struct selector_op){.code = (uint8_t)code}, growth);
}

static void emit_const(struct parser *p, struct value value, int growth)
{
    emit(p, (struct selector_op){.code = CODE_CONST, .value = value}, growth);
}

static struct value text_value(struct slice text)
{
    return (struct value){.type = VALUE_STRING, .text = text};
}

static struct operand operand_of(enum operand_kind kind, size_t column)
{
    return (struct operand){.kind = kind, .column = column};
}

/* What AND, OR and NOT work on. A property is one if its value turns out to be a boolean. */
static void make_condition(struct parser *p, const struct operand *operand)
{
    if (operand->kind == OPERAND_PROPERTY)
        emit_code(p, CODE_CAST, 0);
    else if (operand->kind != OPERAND_CONSTANT && operand->kind != OPERAND_NULL &&
             operand->kind != OPERAND_CONDITION)
        fail(p, operand->column, "expected a condition, not a value,");
}

static enum selector_field field_named(struct slice name)
{
    static const char *const names[] = {
        [FIELD_DESTINATION] = "JMSDestination",
        [FIELD_REPLY_TO] = "JMSReplyTo",
        [FIELD_TYPE] = "JMSType",
        [FIELD_MESSAGE_ID] = "JMSMessageID",
        [FIELD_CORRELATION_ID] = "JMSCorrelationID",
        [FIELD_TIMESTAMP] = "JMSTimestamp",
        [FIELD_EXPIRATION] = "JMSExpiration",
        [FIELD_PRIORITY] = "JMSPriority",
        [FIELD_DELIVERY_MODE] = "JMSDeliveryMode",
        [FIELD_REDELIVERED] = "JMSRedelivered",
        [FIELD_DELIVERY_COUNT] = "JMSXDeliveryCount",
        [FIELD_GROUP_ID] = "JMSXGroupID",
        [FIELD_GROUP_SEQUENCE] = "JMSXGroupSeq",
        [FIELD_GROUP_FIRST] = "JMSXGroupFirstForConsumer",
        [FIELD_USER_ID] = "JMSXUserID",
        [FIELD_PRODUCER_TX_ID] = "JMSXProducerTXID",
        [FIELD_BROKER_IN] = "JMSActiveMQBrokerInTime",
        [FIELD_BROKER_OUT] = "JMSActiveMQBrokerOutTime",
        [FIELD_BROKER_PATH] = "JMSActiveMQBrokerPath",
    };

    for (int i = 0; i < FIELD_NONE; i++) {
        if (slice_is(name, names[i]))
            return (enum selector_field)i;
    }
    return FIELD_NONE;
}

/* Where the value of a property is kept; SELECTOR_KEPT_MAX when there is no room. */
static uint32_t keep(struct parser *p, struct slice name)
{
    uint32_t i = 0;

    while (i < p->kept_count && !slice_equal(p->kept[i], name))
        i++;
    if (i == p->kept_count && i < SELECTOR_KEPT_MAX)
        p->kept[p->kept_count++] = name;
    return i;
}

static struct operand parse_property(struct parser *p)
{
    struct operand operand = operand_of(OPERAND_PROPERTY, p->token.column);
    struct slice name = p->token.text;
    enum selector_field field = field_named(name);

    if (field != FIELD_NONE) {
        emit(p, (struct selector_op){.code = CODE_FIELD, .arg = field}, 1);
    } else {
        struct selector_op op = {.code = CODE_PROPERTY, .value = text_value(name)};

        op.arg = keep(p, name);
        operand.text = name;
        emit(p, op, 1);
    }
    advance(p);
    return operand;
}

static struct operand parse_literal(struct parser *p)
{
    struct operand operand = operand_of(OPERAND_CONSTANT, p->token.column);
    struct selector_op op = {.code = CODE_CONST};

    switch (p->token.kind) {
    case TOKEN_STRING:
        operand.kind = OPERAND_TEXT;
        operand.text = p->token.text;
        op.value = text_value(p->token.text);
        break;
    case TOKEN_NUMBER:
        operand.kind = OPERAND_NUMBER;
        op.value = p->token.value;
        op.is_min_long = p->token.is_min_long;
        break;
    case TOKEN_TRUE:
    case TOKEN_FALSE:
        op.value = (struct value){.type = VALUE_BOOL, .boolean = p->token.kind == TOKEN_TRUE};
        break;
    case TOKEN_NULL:
        operand.kind = OPERAND_NULL;
        op.value = (struct value){.type = VALUE_NULL};
        break;
    default:
        fail(p, operand.column, "expected a value");
        return operand;
    }
    emit(p, op, 1);
    advance(p);
    return operand;
}

static struct operand parse_primary(struct parser *p)
{
    struct operand operand;
    size_t column = p->token.column;

    if (p->token.kind == TOKEN_NAME)
        return parse_property(p);
    if (!accept(p, TOKEN_OPEN))
        return parse_literal(p);
    operand = parse_or(p);
    operand.column = column;
    expect(p, TOKEN_CLOSE, "')'");
    return operand;
}

static struct slice text_literal(struct parser *p)
{
    struct slice text = p->token.text;

    expect(p, TOKEN_STRING, "a text in single quotes");
    return text;
}

/* A pattern is compiled once, with the selector: it cannot come out of a message. */
static struct selector_regex *regex_argument(struct parser *p)
{
    struct selector_regex *regex = NULL;
    size_t column = p->token.column;
    struct slice pattern = text_literal(p);
    const char *why = NULL;
    int result;

    if (p->result < 0)
        return NULL;
    result = regex_compile(pattern, &regex, &why);
    if (result == -EINVAL)
        FAIL(p, column, "regular expression: %s,", why);
    else if (result < 0)
        stop(p, result);
    return regex;
}

/* From here on the operation owns the regex. */
static uint32_t emit_regex(struct parser *p, enum selector_code code, struct selector_regex *regex)
{
    uint32_t place;

    if (p->result < 0) {
        regex_destroy(regex);
        return 0;
    }
    place = emit(p, (struct selector_op){.code = (uint8_t)code, .regex = regex}, 0);
    if (p->result == -ENOMEM)
        regex_destroy(regex);
    return place;
}

static struct operand call_regex(struct parser *p, size_t column)
{
    struct selector_regex *regex = regex_argument(p);

    expect(p, TOKEN_COMMA, "','");
    parse_unary(p);
    emit_regex(p, CODE_REGEX, regex);
    return operand_of(OPERAND_CONDITION, column);
}

static struct operand call_replace(struct parser *p, size_t column)
{
    struct selector_regex *regex;
    size_t replacement_column;
    struct slice replacement;

    parse_unary(p);
    expect(p, TOKEN_COMMA, "','");
    regex = regex_argument(p);
    emit_regex(p, CODE_REPLACE, regex);
    expect(p, TOKEN_COMMA, "','");
    replacement_column = p->token.column;
    replacement = text_literal(p);
    if (replacement.len > 0 && (memchr(replacement.bytes, '$', replacement.len) ||
                                memchr(replacement.bytes, '\\', replacement.len)))
        fail(p, replacement_column, "'$' and '\\' are not supported in a replacement");
    emit_const(p, text_value(replacement), 0);
    return operand_of(OPERAND_VALUE, column);
}

static struct operand call_split(struct parser *p, size_t column)
{
    struct operand operand = operand_of(OPERAND_PARTS, column);
    int64_t limit = 0;
    bool negative;

    parse_unary(p);
    expect(p, TOKEN_COMMA, "','");
    operand.arg = emit_regex(p, CODE_PARTS, regex_argument(p));
    if (accept(p, TOKEN_COMMA)) {
        negative = accept(p, TOKEN_MINUS);
        if (p->token.kind != TOKEN_NUMBER || p->token.value.type != VALUE_LONG ||
            p->token.value.integer > INT32_MAX)
            fail(p, p->token.column, "expected a whole number");
        limit = negative ? -p->token.value.integer : p->token.value.integer;
        advance(p);
    }
    if (p->result == 0)
        p->selector->ops[operand.arg].arg = (uint32_t)(int32_t)limit;
    return operand;
}

static struct operand call_make_list(struct parser *p, size_t column)
{
    struct operand operand = operand_of(OPERAND_LIST, column);

    do {
        parse_unary(p);
        operand.arg++;
    } while (accept(p, TOKEN_COMMA));
    return operand;
}

static struct operand call_in_list(struct parser *p, size_t column)
{
    struct operand list;

    p->list_wanted = true;
    list = parse_unary(p);
    if (list.kind != OPERAND_LIST && list.kind != OPERAND_PARTS)
        fail(p, list.column, "expected MAKELIST or SPLIT");
    expect(p, TOKEN_COMMA, "','");
    parse_unary(p);
    if (list.kind == OPERAND_LIST)
        emit(p, (struct selector_op){.code = CODE_IN_VALUES, .arg = list.arg}, -(int)list.arg);
    else
        emit(p, (struct selector_op){.code = CODE_IN_PARTS, .arg = list.arg}, -1);
    return operand_of(OPERAND_CONDITION, column);
}

static struct operand parse_call(struct parser *p, bool list_wanted)
{
    static const struct function {
        const char *name;
        struct operand (*parse)(struct parser *p, size_t column);
    } functions[] = {
        {"REGEX", call_regex},        {"REPLACE", call_replace}, {"SPLIT", call_split},
        {"MAKELIST", call_make_list}, {"INLIST", call_in_list},
    };
    struct slice name = p->token.text;
    size_t column = p->token.column;
    struct operand operand = operand_of(OPERAND_VALUE, column);
    size_t i = 0;

    while (i < ARRAY_LEN(functions) && !slice_is(name, functions[i].name))
        i++;
    if (i == ARRAY_LEN(functions)) {
        name.len = name.len < 64 ? name.len : 64;
        FAIL(p, column, "unknown function %.*s", SLICE_FMT(name));
        return operand;
    }
    advance(p);
    advance(p); /* the parenthesis */
    operand = functions[i].parse(p, column);
    expect(p, TOKEN_CLOSE, "')'");
    if (!list_wanted && (operand.kind == OPERAND_LIST || operand.kind == OPERAND_PARTS))
        FAIL(p, column, "%s makes a list, which only INLIST takes,", functions[i].name);
    return operand;
}

static struct operand parse_negated(struct parser *p)
{
    struct operand operand = parse_unary(p);
    struct selector_op *last;

    if (p->result < 0)
        return operand;
    if (operand.kind != OPERAND_NUMBER) {
        emit_code(p, CODE_NEGATE, 0);
        return operand_of(OPERAND_VALUE, operand.column);
    }
    last = &p->selector->ops[p->selector->op_count - 1];
    if (last->is_min_long)
        last->value = (struct value){.type = VALUE_LONG, .integer = INT64_MIN};
    else if (last->value.type == VALUE_LONG)
        last->value.integer = -last->value.integer; /* literals have no sign: never the least */
    else
        last->value.real = -last->value.real;
    last->is_min_long = false;
    return operand_of(OPERAND_VALUE, operand.column);
}

static struct operand parse_unary(struct parser *p)
{
    bool list_wanted = p->list_wanted;
    size_t column = p->token.column;
    struct operand operand;

    p->list_wanted = false;
    if (++p->nesting > SELECTOR_NESTING_MAX)
        fail(p, column, "nested too deep");
    if (accept(p, TOKEN_PLUS)) {
        operand = parse_unary(p);
    } else if (accept(p, TOKEN_MINUS)) {
        operand = parse_negated(p);
    } else if (accept(p, TOKEN_NOT)) {
        operand = parse_unary(p);
        make_condition(p, &operand);
        emit_code(p, CODE_NOT, 0);
        operand = operand_of(OPERAND_CONDITION, column);
    } else if (p->token.kind == TOKEN_XPATH || p->token.kind == TOKEN_XQUERY) {
        FAIL(p, column, "%s is not supported", p->token.kind == TOKEN_XPATH ? "XPATH" : "XQUERY");
        operand = operand_of(OPERAND_CONDITION, column);
    } else if (p->token.kind == TOKEN_NAME && p->next.kind == TOKEN_OPEN) {
        operand = parse_call(p, list_wanted);
    } else {
        operand = parse_primary(p);
    }
    p->nesting--;
    return operand;
}

/* An operation on the top two, where the words `from` and on stand for the codes `to` and on. */
static struct operand parse_row(struct parser *p, struct operand (*part)(struct parser *p),
                                enum token_kind from, enum token_kind until, enum selector_code to)
{
    struct operand left = part(p);

    while (p->token.kind >= from && p->token.kind <= until) {
        enum selector_code code = to + (p->token.kind - from);

        advance(p);
        part(p);
        emit_code(p, code, -1);
        left = operand_of(OPERAND_VALUE, left.column);
    }
    return left;
}

static struct operand parse_multiply(struct parser *p)
{
    return parse_row(p, parse_unary, TOKEN_STAR, TOKEN_PERCENT, CODE_MULTIPLY);
}

static struct operand parse_add(struct parser *p)
{
    return parse_row(p, parse_multiply, TOKEN_PLUS, TOKEN_MINUS, CODE_ADD);
}

/* Literals have no order but numbers; two properties that hold text do, when it comes to that. */
static void check_ordered(struct parser *p, const struct operand *operand)
{
    if (operand->kind == OPERAND_TEXT || operand->kind == OPERAND_CONSTANT ||
        operand->kind == OPERAND_NULL || operand->kind == OPERAND_CONDITION)
        fail(p, operand->column, "only numbers can be ordered: wrong operand");
}

static void parse_between(struct parser *p, const struct operand *left, bool negated)
{
    struct operand low, high;

    low = parse_add(p);
    expect(p, TOKEN_AND, "AND");
    high = parse_add(p);
    check_ordered(p, left);
    check_ordered(p, &low);
    check_ordered(p, &high);
    emit_code(p, negated ? CODE_NOT_BETWEEN : CODE_BETWEEN, -2);
}

static void parse_like(struct parser *p, bool negated)
{
    struct selector_op op = {.code = negated ? CODE_NOT_LIKE : CODE_LIKE, .arg = UINT32_MAX};

    op.value = text_value(text_literal(p));
    if (accept(p, TOKEN_ESCAPE)) {
        size_t column = p->token.column;
        struct slice escape = text_literal(p);

        if (p->result == 0 && (escape.len == 0 || utf8_take(escape.bytes, escape.bytes + escape.len,
                                                            &op.arg) != escape.len))
            fail(p, column, "ESCAPE takes one character");
    }
    emit(p, op, 0);
}

static int order_of_ops(const void *a, const void *b)
{
    return selector_text_order(((const struct selector_op *)a)->value.text,
                               ((const struct selector_op *)b)->value.text);
}

static void parse_in(struct parser *p, const struct operand *left, bool negated)
{
    struct selector_op op = {.code = negated ? CODE_NOT_IN : CODE_IN};
    uint32_t place;

    if (left->kind != OPERAND_PROPERTY)
        fail(p, left->column, "IN takes a property on its left, not what stands");
    place = emit(p, op, 0);
    expect(p, TOKEN_OPEN, "'('");
    do {
        emit_const(p, text_value(text_literal(p)), 0);
    } while (accept(p, TOKEN_COMMA));
    expect(p, TOKEN_CLOSE, "')'");
    if (p->result < 0)
        return;
    op.arg = p->selector->op_count - place - 1;
    p->selector->ops[place].arg = op.arg;
    qsort(&p->selector->ops[place + 1], op.arg, sizeof op, order_of_ops);
}

static void parse_ordering(struct parser *p, const struct operand *left)
{
    enum selector_code code = CODE_LESS + (p->token.kind - TOKEN_LESS);
    struct operand right;

    advance(p);
    right = parse_add(p);
    check_ordered(p, left);
    check_ordered(p, &right);
    emit_code(p, code, -1);
}

static struct operand parse_comparison(struct parser *p)
{
    struct operand left = parse_add(p);

    for (;;) {
        bool negated = p->token.kind == TOKEN_NOT;
        enum token_kind kind = negated ? p->next.kind : p->token.kind;

        if (kind == TOKEN_LIKE || kind == TOKEN_BETWEEN || kind == TOKEN_IN) {
            accept(p, TOKEN_NOT);
            advance(p);
        }
        if (kind == TOKEN_LIKE)
            parse_like(p, negated);
        else if (kind == TOKEN_BETWEEN)
            parse_between(p, &left, negated);
        else if (kind == TOKEN_IN)
            parse_in(p, &left, negated);
        else if (!negated && kind >= TOKEN_LESS && kind <= TOKEN_GREATER_EQUAL)
            parse_ordering(p, &left);
        else
            return left;
        left = operand_of(OPERAND_CONDITION, left.column);
    }
}

/* A text that could also equal a number or a boolean, converted, says nothing about the type. On
 * the left any text is converted to a boolean. */
static bool equals_text_only(const struct parser *p, struct slice literal, bool on_left)
{
    double number;

    return !p->selector->convert_strings ||
           (!on_left && !selector_text_to_double(literal, &number) &&
            !selector_text_is(literal, "true") && !selector_text_is(literal, "false"));
}

static struct operand parse_equal(struct parser *p, const struct operand *left, bool negated)
{
    struct operand right = parse_comparison(p), result;
    const struct operand *name = left, *literal = &right;

    if (left->kind == OPERAND_NULL || right.kind == OPERAND_NULL)
        fail(p, left->kind == OPERAND_NULL ? left->column : right.column,
             "NULL is equal to nothing, IS NULL asks for it: wrong operand");
    if (left->kind == OPERAND_CONSTANT &&
        (right.kind == OPERAND_TEXT || right.kind == OPERAND_NUMBER))
        fail(p, right.column, "a boolean cannot be compared with what stands");
    emit_code(p, negated ? CODE_NOT_EQUAL : CODE_EQUAL, -1);
    result = operand_of(OPERAND_CONDITION, left->column);
    if (left->kind == OPERAND_TEXT) {
        name = &right;
        literal = left;
    }
    if (!negated && name->kind == OPERAND_PROPERTY && slice_is_present(name->text) &&
        literal->kind == OPERAND_TEXT && equals_text_only(p, literal->text, literal == left)) {
        result.equal_name = name->text;
        result.equal_literal = literal->text;
    }
    return result;
}

static struct operand parse_equality(struct parser *p)
{
    struct operand left = parse_comparison(p);

    for (;;) {
        if (accept(p, TOKEN_EQUAL)) {
            left = parse_equal(p, &left, false);
        } else if (accept(p, TOKEN_NOT_EQUAL)) {
            left = parse_equal(p, &left, true);
        } else if (accept(p, TOKEN_IS)) {
            emit_code(p, accept(p, TOKEN_NOT) ? CODE_IS_NOT_NULL : CODE_IS_NULL, 0);
            expect(p, TOKEN_NULL, "NULL");
            left = operand_of(OPERAND_CONDITION, left.column);
        } else {
            return left;
        }
    }
}

/* The right side of AND or OR, whose word has been taken. The jump lets a decided left side
 * skip it; unknown decides nothing. */
static struct operand parse_right(struct parser *p, struct operand (*part)(struct parser *p),
                                  const struct operand *left, enum selector_code jump,
                                  enum selector_code code)
{
    struct operand right;
    uint32_t place;

    make_condition(p, left);
    place = emit_code(p, jump, 0);
    right = part(p);
    make_condition(p, &right);
    emit_code(p, code, -1);
    if (p->result == 0)
        p->selector->ops[place].arg = p->selector->op_count;
    return right;
}

static struct operand parse_and(struct parser *p)
{
    struct operand left = parse_equality(p);

    while (accept(p, TOKEN_AND)) {
        struct operand right = parse_right(p, parse_equality, &left, CODE_JUMP_IF_FALSE, CODE_AND);
        const struct operand *known = slice_is_present(left.equal_name) ? &left : &right;
        struct operand both = operand_of(OPERAND_CONDITION, left.column);

        both.equal_name = known->equal_name;
        both.equal_literal = known->equal_literal;
        left = both;
    }
    return left;
}

static struct operand parse_or(struct parser *p)
{
    struct operand left = parse_and(p);

    while (accept(p, TOKEN_OR)) {
        parse_right(p, parse_and, &left, CODE_JUMP_IF_TRUE, CODE_OR);
        left = operand_of(OPERAND_CONDITION, left.column);
    }
    return left;
}

int selector_parse(struct selector *selector, size_t start, struct text_error *why)
{
    struct parser p = {
        .lexer = {selector->text, start, selector->bytes + selector->text.len + 1},
        .selector = selector,
        .why = why,
    };
    struct operand all;

    lexer_next(&p.lexer, &p.next);
    advance(&p);
    all = parse_or(&p);
    make_condition(&p, &all);
    if (p.token.kind != TOKEN_END)
        fail(&p, p.token.column, "expected AND, OR or the end of the text");
    selector->equal_name = all.equal_name;
    selector->equal_literal = all.equal_literal;
    return p.result;
}
