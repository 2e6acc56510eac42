/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selector_eval.c - runs a compiled selector over one message.
 *
 * Text that does not stand in the message or in the selector (an id with its sequence, a sum of
 * texts) is made in a scratch area used like the stack: each value remembers where the area ended
 * before it, and what is made above goes away with it. When the area or the work allowed is used
 * up, the value is unknown: a selector too dear to decide selects nothing.
 */
#include "selector_program.h"
#include "selector_utf8.h"
#include "selector_value.h"

enum { BYTES_A_STEP = 64 }; /* plain copying and comparing is cheaper than matching */

struct machine {
    const struct selector *selector;
    const struct message *message;
    const struct selector_facts *facts;
    struct value *top;
    uint32_t *mark; /* of `top` */
    uint32_t used;
    uint32_t work;
    uint64_t known; /* which of `kept` have been looked up */
    struct value kept[SELECTOR_KEPT_MAX];
    struct value stack[SELECTOR_STACK_MAX + 1]; /* stack[0] stays unused */
    uint32_t marks[SELECTOR_STACK_MAX + 1];
    char scratch[SELECTOR_SCRATCH_MAX];
};

static const struct value unknown = {.type = VALUE_NULL};

/* Drops `count` values and puts `value`, which needs no scratch, in place of the one below. */
static void settle(struct machine *m, unsigned count, struct value value)
{
    m->top -= count;
    m->mark -= count;
    m->used = *m->mark;
    *m->top = value;
}

/* False, with nothing left, when the work allowed does not suffice. */
static bool spend(struct machine *m, size_t steps)
{
    if (steps > m->work) {
        m->work = 0;
        return false;
    }
    m->work -= (uint32_t)steps;
    return true;
}

static struct value text_or_null(struct slice text)
{
    if (!slice_is_present(text))
        return unknown;
    return (struct value){.type = VALUE_STRING, .text = text};
}

static struct value of_integer(int64_t integer)
{
    return (struct value){.type = VALUE_LONG, .integer = integer};
}

static bool scratch_add(struct machine *m, struct slice text)
{
    if (text.len > SELECTOR_SCRATCH_MAX - m->used)
        return false;
    if (text.len > 0)
        memmove(m->scratch + m->used, text.bytes, text.len);
    m->used += (uint32_t)text.len;
    return true;
}

static struct value scratch_text(const struct machine *m, uint32_t start)
{
    return text_or_null(slice_of(m->scratch + start, m->used - start));
}

static struct value destination_text(struct machine *m, uint8_t kind, struct slice name)
{
    uint32_t start = m->used;

    if (!slice_is_present(name))
        return unknown;
    if (!scratch_add(m, slice_of_text(destination_kind_prefix((enum destination_kind)kind))) ||
        !scratch_add(m, name))
        return unknown;
    return scratch_text(m, start);
}

/* A message that was sent on shows where its sender sent it. */
static struct value field_destination(struct machine *m)
{
    struct slice original = message_part(m->message, MESSAGE_ORIGINAL_DESTINATION);

    if (slice_is_present(original))
        return destination_text(m, m->message->original_kind, original);
    return destination_text(m, m->message->destination_kind,
                            message_part(m->message, MESSAGE_DESTINATION));
}

static struct value field_message_id(struct machine *m)
{
    uint32_t start = m->used;

    if (!slice_is_present(message_part(m->message, MESSAGE_ID)) ||
        SELECTOR_SCRATCH_MAX - start < MESSAGE_ID_MAX)
        return unknown;
    m->used += (uint32_t)message_id_write(m->message, m->scratch + start);
    return scratch_text(m, start);
}

static struct value field_user_id(const struct machine *m)
{
    struct slice user = message_part(m->message, MESSAGE_USER_ID);
    struct value value;

    if (!slice_is_present(user) &&
        property_find(message_part(m->message, MESSAGE_PROPERTIES), SLICE("JMSXUserID"), &value))
        return value;
    return text_or_null(user);
}

/* As a Java array is written: "[a, b]". */
static struct value field_broker_path(struct machine *m)
{
    struct slice path = message_part(m->message, MESSAGE_BROKER_PATH);
    uint32_t start = m->used;
    bool fits;

    if (!slice_is_present(path))
        return unknown;
    fits = scratch_add(m, SLICE("["));
    for (size_t i = 0; i < path.len && fits; i++) {
        fits = scratch_add(m, slice_of(path.bytes + i, 1));
        if (fits && path.bytes[i] == ',')
            fits = scratch_add(m, SLICE(" "));
    }
    return fits && scratch_add(m, SLICE("]")) ? scratch_text(m, start) : unknown;
}

static struct value field(struct machine *m, enum selector_field wanted)
{
    const struct message *message = m->message;

    switch (wanted) {
    case FIELD_DESTINATION:
        return field_destination(m);
    case FIELD_REPLY_TO:
        return destination_text(m, message->reply_to_kind, message_part(message, MESSAGE_REPLY_TO));
    case FIELD_TYPE:
        return text_or_null(message_part(message, MESSAGE_TYPE));
    case FIELD_MESSAGE_ID:
        return field_message_id(m);
    case FIELD_CORRELATION_ID:
        return text_or_null(message_part(message, MESSAGE_CORRELATION_ID));
    case FIELD_TIMESTAMP:
        return of_integer(message->timestamp_ms);
    case FIELD_EXPIRATION:
        return of_integer(message->expiration_ms);
    case FIELD_PRIORITY:
        return of_integer(message->priority);
    case FIELD_DELIVERY_MODE:
        return text_or_null(message->persistent ? SLICE("PERSISTENT") : SLICE("NON_PERSISTENT"));
    case FIELD_REDELIVERED:
        return value_of_bool(m->facts->redelivery_count > 0);
    case FIELD_DELIVERY_COUNT:
        return of_integer((int64_t)m->facts->redelivery_count + 1);
    case FIELD_GROUP_ID:
        return text_or_null(message_part(message, MESSAGE_GROUP_ID));
    case FIELD_GROUP_SEQUENCE:
        return of_integer(message->group_sequence);
    case FIELD_GROUP_FIRST:
        return value_of_bool(m->facts->group_first_for_consumer);
    case FIELD_USER_ID:
        return field_user_id(m);
    case FIELD_BROKER_IN:
        return of_integer(message->broker_in_ms);
    case FIELD_BROKER_OUT:
        return of_integer(m->facts->broker_out_ms);
    case FIELD_BROKER_PATH:
        return field_broker_path(m);
    default: /* a message that is dispatched is in no transaction any more */
        return unknown;
    }
}

static_assert(SELECTOR_KEPT_MAX <= 64, "a bit each");

static struct value property(struct machine *m, const struct selector_op *op)
{
    struct value value;

    if (op->arg < SELECTOR_KEPT_MAX && (m->known >> op->arg & 1))
        return m->kept[op->arg];
    if (!spend(m, m->message->property_count) ||
        !property_find(message_part(m->message, MESSAGE_PROPERTIES), op->value.text, &value))
        value = unknown;
    if (op->arg < SELECTOR_KEPT_MAX) {
        m->known |= UINT64_C(1) << op->arg;
        m->kept[op->arg] = value;
    }
    return value;
}

static void push_operand(struct machine *m, const struct selector_op *op)
{
    *++m->mark = m->used;
    if (op->code == CODE_CONST)
        *++m->top = op->value;
    else if (op->code == CODE_FIELD)
        *++m->top = field(m, (enum selector_field)op->arg);
    else
        *++m->top = property(m, op);
}

/* The value as text, written into scratch when it is none; false if it cannot be text. */
static bool as_text(struct machine *m, const struct value *value, struct slice *out)
{
    char written[VALUE_TEXT_MAX];
    uint32_t start = m->used;

    if (value_is_text(value)) {
        *out = value->text;
        return true;
    }
    *out = slice_of(written, value_write(value, written));
    if (out->len == 0 || !scratch_add(m, *out))
        return false;
    *out = scratch_text(m, start).text;
    return true;
}

/* Keeps what was made in scratch since `start` as the value in place of the one `count` below. */
static void settle_scratch(struct machine *m, unsigned count, uint32_t start)
{
    uint32_t len = m->used - start;
    uint32_t place = m->mark[-(ptrdiff_t)count];

    memmove(m->scratch + place, m->scratch + start, len);
    settle(m, count, text_or_null(slice_of(m->scratch + place, len)));
    m->used = place + len;
}

/* text + anything */
static void join(struct machine *m)
{
    const struct value *left = m->top - 1, *right = m->top;
    struct slice tail;
    uint32_t start;

    if (right->type == VALUE_NULL || !as_text(m, right, &tail)) {
        settle(m, 1, unknown);
        return;
    }
    start = m->used;
    if (spend(m, (left->text.len + tail.len) / BYTES_A_STEP) && scratch_add(m, left->text) &&
        scratch_add(m, tail))
        settle_scratch(m, 1, start);
    else
        settle(m, 1, unknown);
}

static void calculate(struct machine *m, enum selector_code code)
{
    if (code == CODE_ADD && value_is_text(m->top - 1))
        join(m);
    else
        settle(m, 1, value_calculate(code, m->top - 1, m->top));
}

static struct value and_of(const struct value *a, const struct value *b)
{
    bool a_false = a->type == VALUE_BOOL && !a->boolean;
    bool b_false = b->type == VALUE_BOOL && !b->boolean;

    if (a_false || b_false)
        return value_of_bool(false);
    return a->type == VALUE_BOOL && b->type == VALUE_BOOL ? value_of_bool(true) : unknown;
}

static struct value or_of(const struct value *a, const struct value *b)
{
    struct value not_a = value_not(*a), not_b = value_not(*b);

    return value_not(and_of(&not_a, &not_b));
}

static void compare(struct machine *m, enum selector_code code)
{
    const struct value *left = m->top - 1, *right = m->top;
    struct value result = unknown;

    if (!value_is_text(left) || !value_is_text(right) || spend(m, left->text.len / BYTES_A_STEP))
        result = value_compare(code, left, right, m->selector->convert_strings);
    settle(m, 1, result);
}

static void between(struct machine *m, bool negated)
{
    bool convert = m->selector->convert_strings;
    struct value low = value_compare(CODE_GREATER_EQUAL, m->top - 2, m->top - 1, convert);
    struct value high = value_compare(CODE_LESS_EQUAL, m->top - 2, m->top, convert);
    struct value inside = and_of(&low, &high);

    if (negated) {
        low = value_compare(CODE_LESS, m->top - 2, m->top - 1, convert);
        high = value_compare(CODE_GREATER, m->top - 2, m->top, convert);
        inside = or_of(&low, &high);
    }
    settle(m, 2, inside);
}

static void like(struct machine *m, const struct selector_op *op)
{
    struct value result = value_of_bool(false);

    if (m->top->type == VALUE_NULL)
        result = unknown;
    else if (value_is_text(m->top))
        result = value_like(m->top->text, op->value.text, op->arg, &m->work);
    settle(m, 0, op->code == CODE_NOT_LIKE ? value_not(result) : result);
}

static void is_in(struct machine *m, const struct selector_op *op)
{
    const struct selector_op *low = op + 1, *high = low + op->arg;
    struct slice text = m->top->text;

    if (!value_is_text(m->top)) {
        settle(m, 0, unknown);
        return;
    }
    while (low < high) {
        const struct selector_op *middle = low + (high - low) / 2;
        int order = selector_text_order(text, middle->value.text);

        if (order == 0) {
            settle(m, 0, value_of_bool(op->code == CODE_IN));
            return;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    settle(m, 0, value_of_bool(op->code == CODE_NOT_IN));
}

static struct value of_result(enum regex_result result)
{
    return result == REGEX_GAVE_UP ? unknown : value_of_bool(result == REGEX_MATCH);
}

static void find_regex(struct machine *m, const struct selector_op *op)
{
    struct value result = value_of_bool(false);
    struct slice text;

    if (as_text(m, m->top, &text))
        result = of_result(regex_find(op->regex, text, &m->work));
    settle(m, 0, result);
}

static struct slice part_of(struct slice text, size_t from, size_t until)
{
    return slice_of(text.bytes + from, until - from);
}

/* Java's replaceAll. False: unknown. */
static bool replace_all(struct machine *m, const struct selector_regex *regex, struct slice text,
                        struct slice replacement)
{
    size_t from = 0, start, end;

    while (from <= text.len) {
        enum regex_result result = regex_next(regex, text, from, &start, &end, &m->work);

        if (result == REGEX_GAVE_UP)
            return false;
        if (result == REGEX_NO_MATCH)
            break;
        if (!scratch_add(m, part_of(text, from, start)) || !scratch_add(m, replacement))
            return false;
        from = end;
        if (end == start) { /* an empty match: the character behind it stays */
            uint32_t c;
            size_t len = 1;

            if (end < text.len) {
                len = utf8_take(text.bytes + end, text.bytes + text.len, &c);
                if (!scratch_add(m, part_of(text, end, end + len)))
                    return false;
            }
            from = end + len;
        }
    }
    return from >= text.len || scratch_add(m, part_of(text, from, text.len));
}

static void replace(struct machine *m, const struct selector_op *op)
{
    uint32_t start = m->used;

    if (value_is_text(m->top) && replace_all(m, op->regex, m->top->text, op[1].value.text))
        settle_scratch(m, 0, start);
    else
        settle(m, 0, unknown);
}

/* Is `wanted` among the parts of `text`, split as Java's split does? Empty parts at the end count
 * only with a limit; an empty part is remembered until a later part tells that it counts. */
static struct value in_parts(struct machine *m, const struct selector_op *op, struct slice text,
                             struct slice wanted)
{
    int32_t limit = (int32_t)op->arg;
    size_t from = 0, next = 0, start, end;
    bool empty_waits = false, split = false;

    for (int32_t count = 1; (limit <= 0 || count < limit) && next <= text.len; count++) {
        enum regex_result result = regex_next(op->regex, text, next, &start, &end, &m->work);

        if (result == REGEX_GAVE_UP)
            return unknown;
        if (result == REGEX_NO_MATCH)
            break;
        next = end > start ? end : end + 1;
        if (end == 0) { /* an empty match in front makes no part */
            count--;
            continue;
        }
        split = true;
        if (start > from && empty_waits)
            return value_of_bool(true);
        if (slice_equal(part_of(text, from, start), wanted)) {
            if (wanted.len > 0)
                return value_of_bool(true);
            empty_waits = true;
        }
        from = end;
    }
    if (!slice_equal(part_of(text, from, text.len), wanted))
        return value_of_bool(empty_waits && (limit != 0 || from < text.len));
    return value_of_bool(wanted.len > 0 || !split || limit != 0);
}

static void is_in_parts(struct machine *m, const struct selector_op *op)
{
    const struct value *text = m->top - 1, *wanted = m->top;
    struct value result = unknown;

    if (value_is_text(text) && value_is_text(wanted))
        result = in_parts(m, &m->selector->ops[op->arg], text->text, wanted->text);
    else if (value_is_text(text))
        result = value_of_bool(false);
    settle(m, 1, result);
}

static void is_in_values(struct machine *m, const struct selector_op *op)
{
    bool found = false;

    for (uint32_t i = 1; i <= op->arg && !found; i++)
        found = value_same(m->top - i, m->top);
    settle(m, op->arg, value_of_bool(found));
}

/* A property that stands as a condition: any value but a boolean is false. */
static struct value cast(const struct value *value)
{
    if (value->type == VALUE_NULL || value->type == VALUE_BOOL)
        return *value;
    return value_of_bool(false);
}

static bool decided(const struct value *value, bool as)
{
    return value->type == VALUE_BOOL && value->boolean == as;
}

/* Operations that only change the stack. */
static void change_stack(struct machine *m, const struct selector_op *op)
{
    enum selector_code code = (enum selector_code)op->code;

    if (code <= CODE_FIELD)
        push_operand(m, op);
    else if (code >= CODE_ADD && code <= CODE_REMAINDER)
        calculate(m, code);
    else if (code >= CODE_EQUAL && code <= CODE_GREATER_EQUAL)
        compare(m, code);
    else if (code == CODE_AND)
        settle(m, 1, and_of(m->top - 1, m->top));
    else if (code == CODE_OR)
        settle(m, 1, or_of(m->top - 1, m->top));
    else if (code == CODE_CAST)
        settle(m, 0, cast(m->top));
    else if (code == CODE_NOT)
        settle(m, 0, value_not(*m->top));
    else if (code == CODE_NEGATE)
        settle(m, 0, value_negate(m->top));
    else if (code == CODE_IS_NULL || code == CODE_IS_NOT_NULL)
        settle(m, 0, value_of_bool((m->top->type == VALUE_NULL) == (code == CODE_IS_NULL)));
    else if (code == CODE_LIKE || code == CODE_NOT_LIKE)
        like(m, op);
    else if (code == CODE_REGEX)
        find_regex(m, op);
    else if (code == CODE_BETWEEN || code == CODE_NOT_BETWEEN)
        between(m, code == CODE_NOT_BETWEEN);
    else if (code == CODE_IN_PARTS)
        is_in_parts(m, op);
    else if (code == CODE_IN_VALUES)
        is_in_values(m, op);
}

/* Runs one operation and says which is next. */
static uint32_t step(struct machine *m, uint32_t at)
{
    const struct selector_op *op = &m->selector->ops[at];

    switch (op->code) {
    case CODE_JUMP_IF_FALSE:
        return decided(m->top, false) ? op->arg : at + 1;
    case CODE_JUMP_IF_TRUE:
        return decided(m->top, true) ? op->arg : at + 1;
    case CODE_IN:
    case CODE_NOT_IN:
        is_in(m, op);
        return at + 1 + op->arg;
    case CODE_REPLACE:
        replace(m, op);
        return at + 2;
    default:
        change_stack(m, op);
        return at + 1;
    }
}

bool selector_matches(const struct selector *selector, const struct message *message,
                      const struct selector_facts *facts)
{
    struct machine m;
    uint32_t at = 0;

    m.selector = selector;
    m.message = message;
    m.facts = facts;
    m.top = m.stack;
    m.mark = m.marks;
    m.used = 0;
    m.work = SELECTOR_WORK_MAX;
    m.known = 0;
    while (at < selector->op_count)
        at = step(&m, at);
    assert(m.top == m.stack + 1);
    return decided(m.top, true);
}
