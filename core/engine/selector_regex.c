/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selector_regex.c - a pattern becomes a small program; matching runs all its threads in step
 * over the text, each place in the program at most once for each character. A thread list keeps
 * the order in which a backtracking matcher would try them, so that both find the same match.
 *
 * Jumps are relative: a piece of program can be moved (alternatives) and copied (repetition).
 */
#include "selector_regex.h"
#include "selector_utf8.h"
#include <errno.h>
#include <stdlib.h>

enum {
    PATTERN_MAX = 1024,
    STATES_MAX = 1000,
    RANGES_MAX = 512,
    GROUPS_MAX = 50, /* one inside the other */
};

enum step_code {
    STEP_CHAR,  /* a is the character */
    STEP_ANY,   /* all but line ends */
    STEP_CLASS, /* b ranges from a on; `negated` */
    STEP_SPLIT, /* to a, then to b */
    STEP_JUMP,  /* to a */
    STEP_BEGIN,
    STEP_END,
    STEP_END_LINE,  /* the end, or before a last line end */
    STEP_WORD_EDGE, /* `negated`: no edge */
    STEP_MATCH,
};

struct step {
    uint8_t code;
    bool negated;
    int32_t a, b;
};

struct range {
    uint32_t low, high;
};

struct selector_regex {
    uint32_t step_count, range_count;
    bool any_case;
    struct range *ranges;
    struct step steps[];
};

struct compiler {
    const uint8_t *at, *end;
    const char *why;
    unsigned groups;
    uint32_t step_count, range_count;
    bool any_case;
    struct step steps[STATES_MAX];
    struct step atom[STATES_MAX]; /* what is being repeated */
    struct range ranges[RANGES_MAX];
};

static const struct range digits[] = {{'0', '9'}};
static const struct range word_chars[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
static const struct range blanks[] = {{'\t', '\r'}, {' ', ' '}};

static void parse_alternatives(struct compiler *c);

static void fail(struct compiler *c, const char *why)
{
    if (!c->why)
        c->why = why;
    c->at = c->end;
}

static int look(const struct compiler *c, size_t ahead)
{
    return (size_t)(c->end - c->at) > ahead ? c->at[ahead] : -1;
}

static bool accept(struct compiler *c, char wanted)
{
    if (look(c, 0) != wanted)
        return false;
    c->at++;
    return true;
}

static void emit(struct compiler *c, struct step step)
{
    if (c->step_count == STATES_MAX)
        fail(c, "too large");
    else
        c->steps[c->step_count++] = step;
}

/* Makes room for one step at `at`: nothing before it jumps behind it yet. */
static void insert(struct compiler *c, uint32_t at, struct step step)
{
    emit(c, step);
    if (c->why)
        return;
    memmove(&c->steps[at + 1], &c->steps[at], (c->step_count - 1 - at) * sizeof step);
    c->steps[at] = step;
}

static void add_range(struct compiler *c, uint32_t low, uint32_t high)
{
    if (c->range_count == RANGES_MAX)
        fail(c, "too large");
    else
        c->ranges[c->range_count++] = (struct range){low, high};
}

static void add_ranges(struct compiler *c, const struct range *ranges, size_t count, bool negated)
{
    uint32_t low = 0;

    for (size_t i = 0; i < count; i++) {
        if (!negated)
            add_range(c, ranges[i].low, ranges[i].high);
        else if (ranges[i].low > low)
            add_range(c, low, ranges[i].low - 1);
        low = ranges[i].high + 1;
    }
    if (negated)
        add_range(c, low, UINT32_MAX);
}

/* \d \D \w \W \s \S: adds the ranges of a class; false if `letter` names none. */
static bool named_class(struct compiler *c, int letter)
{
    if (letter == 'd' || letter == 'D')
        add_ranges(c, digits, ARRAY_LEN(digits), letter == 'D');
    else if (letter == 'w' || letter == 'W')
        add_ranges(c, word_chars, ARRAY_LEN(word_chars), letter == 'W');
    else if (letter == 's' || letter == 'S')
        add_ranges(c, blanks, ARRAY_LEN(blanks), letter == 'S');
    else
        return false;
    return true;
}

static uint32_t hex_number(struct compiler *c, unsigned len)
{
    uint32_t result = 0;

    for (unsigned i = 0; i < len; i++) {
        int d = look(c, 0);

        if (d >= '0' && d <= '9')
            result = result * 16 + (uint32_t)(d - '0');
        else if ((d | 0x20) >= 'a' && (d | 0x20) <= 'f' && d > 0)
            result = result * 16 + (uint32_t)((d | 0x20) - 'a' + 10);
        else
            fail(c, "wrong hexadecimal number");
        if (c->why)
            return 0;
        c->at++;
    }
    return result;
}

/* The character that "\letter" stands for, the letter already taken. */
static uint32_t escaped_char(struct compiler *c, int letter)
{
    static const char letters[] = "tnrfae";
    static const char chars[] = "\t\n\r\f\a\x1b";
    const char *found = letter > 0 ? strchr(letters, letter) : NULL;

    if (found)
        return (uint32_t)chars[found - letters];
    if (letter == 'x')
        return hex_number(c, 2);
    if (letter == 'u')
        return hex_number(c, 4);
    if (letter < 0)
        fail(c, "ends in a backslash");
    else if ((letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
             (letter >= 'A' && letter <= 'Z') || letter >= 0x80)
        fail(c, "unsupported escape");
    return (uint32_t)letter;
}

static uint32_t plain_char(struct compiler *c)
{
    uint32_t result = 0;

    c->at += utf8_take(c->at, c->end, &result);
    return result;
}

static void class_member(struct compiler *c)
{
    uint32_t low, high;

    if (look(c, 0) == '[' || (look(c, 0) == '&' && look(c, 1) == '&')) {
        fail(c, "classes within classes are not supported");
        return;
    }
    if (look(c, 0) == '\\') {
        int letter = look(c, 1);

        c->at += letter < 0 ? 1 : 2;
        if (named_class(c, letter))
            return;
        low = escaped_char(c, letter);
    } else {
        low = plain_char(c);
    }
    high = low;
    if (look(c, 0) == '-' && look(c, 1) >= 0 && look(c, 1) != ']') {
        c->at++;
        if (look(c, 0) == '[') {
            fail(c, "classes within classes are not supported");
            return;
        }
        high = plain_char(c);
        if (high == '\\') {
            int letter = look(c, 0);

            c->at += letter < 0 ? 0 : 1;
            high = escaped_char(c, letter);
        }
    }
    if (high < low)
        fail(c, "range in the wrong order");
    add_range(c, low, high);
}

static void parse_class(struct compiler *c)
{
    struct step step = {.code = STEP_CLASS, .a = (int32_t)c->range_count};

    step.negated = accept(c, '^');
    do {
        if (c->at == c->end) {
            fail(c, "missing ']'");
            return;
        }
        class_member(c);
    } while (!accept(c, ']'));
    step.b = (int32_t)c->range_count - step.a;
    emit(c, step);
}

static void parse_escape(struct compiler *c)
{
    int letter = look(c, 0);
    uint32_t first = c->range_count;

    if (letter >= 0)
        c->at++;
    if (letter == 'b' || letter == 'B')
        emit(c, (struct step){.code = STEP_WORD_EDGE, .negated = letter == 'B'});
    else if (letter == 'A')
        emit(c, (struct step){.code = STEP_BEGIN});
    else if (letter == 'z')
        emit(c, (struct step){.code = STEP_END});
    else if (letter == 'Z')
        emit(c, (struct step){.code = STEP_END_LINE});
    else if (named_class(c, letter))
        emit(c, (struct step){.code = STEP_CLASS,
                              .a = (int32_t)first,
                              .b = (int32_t)(c->range_count - first)});
    else
        emit(c, (struct step){.code = STEP_CHAR, .a = (int32_t)escaped_char(c, letter)});
}

static void parse_group(struct compiler *c)
{
    if (look(c, 0) == '?') {
        if (look(c, 1) != ':') {
            fail(c, "only (?: and a leading (?i) are supported");
            return;
        }
        c->at += 2;
    }
    if (++c->groups > GROUPS_MAX)
        fail(c, "groups too deep");
    parse_alternatives(c);
    c->groups--;
    if (!accept(c, ')'))
        fail(c, "missing ')'");
}

static void parse_atom(struct compiler *c)
{
    int next = look(c, 0);

    if (next == '*' || next == '+' || next == '?' || next == '{') {
        fail(c, "nothing to repeat");
        return;
    }
    if (next >= 0x80) {
        emit(c, (struct step){.code = STEP_CHAR, .a = (int32_t)plain_char(c)});
        return;
    }
    c->at++;
    if (next == '(')
        parse_group(c);
    else if (next == '[')
        parse_class(c);
    else if (next == '\\')
        parse_escape(c);
    else if (next == '.')
        emit(c, (struct step){.code = STEP_ANY});
    else if (next == '^')
        emit(c, (struct step){.code = STEP_BEGIN});
    else if (next == '$')
        emit(c, (struct step){.code = STEP_END_LINE});
    else
        emit(c, (struct step){.code = STEP_CHAR, .a = next});
}

static struct step split(int32_t go_on, int32_t leave, bool lazy)
{
    return lazy ? (struct step){.code = STEP_SPLIT, .a = leave, .b = go_on}
                : (struct step){.code = STEP_SPLIT, .a = go_on, .b = leave};
}

static int32_t read_count(struct compiler *c)
{
    int32_t count = 0;

    if (look(c, 0) < '0' || look(c, 0) > '9')
        fail(c, "wrong repetition");
    while (look(c, 0) >= '0' && look(c, 0) <= '9') {
        count = count * 10 + *c->at++ - '0';
        if (count > STATES_MAX)
            fail(c, "too large");
    }
    return count;
}

/* Appends the atom of `len` steps at `start` once more. */
static void copy_atom(struct compiler *c, const struct step *atom, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        emit(c, atom[i]);
}

/* `max` below 0: no upper bound. */
static void repeat(struct compiler *c, uint32_t start, int32_t min, int32_t max, bool lazy)
{
    uint32_t len = c->step_count - start;
    const struct step *atom = c->atom;

    memcpy(c->atom, &c->steps[start], len * sizeof *atom);
    c->step_count = start;
    for (int32_t i = 0; i < min && !c->why; i++)
        copy_atom(c, atom, len);
    if (max < 0) {
        emit(c, split(1, (int32_t)len + 2, lazy));
        copy_atom(c, atom, len);
        emit(c, (struct step){.code = STEP_JUMP, .a = -(int32_t)len - 1});
    }
    for (int32_t i = min; i < max && !c->why; i++) {
        emit(c, split(1, (int32_t)len + 1, lazy));
        copy_atom(c, atom, len);
    }
}

static void parse_repeated(struct compiler *c)
{
    uint32_t start = c->step_count;
    int32_t min = 0, max = -1;
    bool lazy;

    parse_atom(c);
    if (accept(c, '*')) {
        max = -1;
    } else if (accept(c, '+')) {
        min = 1;
    } else if (accept(c, '?')) {
        max = 1;
    } else if (accept(c, '{')) {
        min = max = read_count(c);
        if (accept(c, ','))
            max = look(c, 0) == '}' ? -1 : read_count(c);
        if (!accept(c, '}') || (max >= 0 && max < min))
            fail(c, "wrong repetition");
    } else {
        return;
    }
    lazy = accept(c, '?');
    if (look(c, 0) == '+')
        fail(c, "possessive repetition is not supported");
    else if (look(c, 0) == '*' || look(c, 0) == '?' || look(c, 0) == '{')
        fail(c, "nothing to repeat");
    if (!c->why)
        repeat(c, start, min, max, lazy);
}

static void parse_sequence(struct compiler *c)
{
    while (look(c, 0) >= 0 && look(c, 0) != '|' && look(c, 0) != ')')
        parse_repeated(c);
}

/* "x|y|z" becomes: split x: x, jump end; split y: y, jump end; z. The jumps are chained by `a`
 * until the end is known. */
static void parse_alternatives(struct compiler *c)
{
    uint32_t start = c->step_count;
    uint32_t last_jump = 0;

    parse_sequence(c);
    while (accept(c, '|')) {
        uint32_t len = c->step_count - start;

        insert(c, start, split(1, (int32_t)len + 2, false));
        emit(c, (struct step){.code = STEP_JUMP, .a = (int32_t)last_jump});
        if (c->why)
            return;
        last_jump = c->step_count - 1;
        start = c->step_count;
        parse_sequence(c);
    }
    while (last_jump > 0) {
        uint32_t before = (uint32_t)c->steps[last_jump].a;

        c->steps[last_jump].a = (int32_t)(c->step_count - last_jump);
        last_jump = before;
    }
}

static int finish(const struct compiler *c, struct selector_regex **out)
{
    struct selector_regex *regex;
    size_t steps = c->step_count * sizeof *c->steps;
    size_t ranges = c->range_count * sizeof *c->ranges;

    regex = malloc(sizeof *regex + steps + ranges);
    if (!regex)
        return -ENOMEM;
    regex->step_count = c->step_count;
    regex->range_count = c->range_count;
    regex->any_case = c->any_case;
    regex->ranges = (struct range *)(void *)&regex->steps[c->step_count];
    memcpy(regex->steps, c->steps, steps);
    memcpy(regex->ranges, c->ranges, ranges);
    *out = regex;
    return 0;
}

int regex_compile(struct slice pattern, struct selector_regex **out, const char **why)
{
    struct compiler *c;
    int result = -EINVAL;

    if (pattern.len > PATTERN_MAX) {
        *why = "too long";
        return -EINVAL;
    }
    c = malloc(sizeof *c);
    if (!c)
        return -ENOMEM;
    *c = (struct compiler){.at = pattern.bytes, .end = pattern.bytes + pattern.len};
    c->any_case = slice_starts_with(pattern, SLICE("(?i)"));
    if (c->any_case)
        c->at += 4;
    parse_alternatives(c);
    if (c->at != c->end)
        fail(c, "unexpected ')'");
    emit(c, (struct step){.code = STEP_MATCH});
    if (c->why)
        *why = c->why;
    else
        result = finish(c, out);
    free(c);
    return result;
}

void regex_destroy(struct selector_regex *regex)
{
    free(regex);
}

/* Threads waiting at one place of the text, first the one that is to be preferred. */
struct thread_list {
    uint32_t count;
    uint16_t pcs[STATES_MAX];
};

struct matcher {
    const struct selector_regex *regex;
    const uint8_t *begin, *end;
    uint32_t *work;
    uint32_t round;             /* marks of earlier rounds are void */
    uint32_t marks[STATES_MAX]; /* the round in which a step was last reached */
    uint16_t pending[STATES_MAX * 2];
    struct thread_list lists[2];
};

static bool is_word(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool holds_here(const struct matcher *m, const struct step *step, const uint8_t *at)
{
    size_t left = (size_t)(m->end - at);
    bool word_before = at > m->begin && is_word(at[-1]);
    bool word_after = left > 0 && is_word(*at);

    switch (step->code) {
    case STEP_BEGIN:
        return at == m->begin;
    case STEP_END:
        return left == 0;
    case STEP_END_LINE:
        return left == 0 || (left == 1 && (*at == '\n' || *at == '\r')) ||
               (left == 2 && at[0] == '\r' && at[1] == '\n');
    default:
        return (word_before != word_after) != step->negated;
    }
}

/* Adds the thread at `pc`, followed through all steps that take no character. */
static void add_thread(struct matcher *m, struct thread_list *list, uint16_t pc, const uint8_t *at)
{
    uint32_t waiting = 0;

    m->pending[waiting++] = pc;
    while (waiting > 0) {
        const struct step *step;

        pc = m->pending[--waiting];
        if (m->marks[pc] == m->round)
            continue;
        m->marks[pc] = m->round;
        step = &m->regex->steps[pc];
        if (step->code == STEP_SPLIT) {
            m->pending[waiting++] = (uint16_t)(pc + step->b);
            m->pending[waiting++] = (uint16_t)(pc + step->a);
        } else if (step->code == STEP_JUMP) {
            m->pending[waiting++] = (uint16_t)(pc + step->a);
        } else if (step->code == STEP_BEGIN || step->code == STEP_END ||
                   step->code == STEP_END_LINE || step->code == STEP_WORD_EDGE) {
            if (holds_here(m, step, at))
                m->pending[waiting++] = (uint16_t)(pc + 1);
        } else {
            list->pcs[list->count++] = pc;
        }
    }
}

static uint32_t lower(uint32_t c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static bool in_class(const struct selector_regex *regex, const struct step *step, uint32_t c)
{
    const struct range *range = &regex->ranges[step->a];
    uint32_t other = c;

    if (regex->any_case)
        other = lower(c) != c ? lower(c) : c >= 'a' && c <= 'z' ? c - 32 : c;
    for (int32_t i = 0; i < step->b; i++, range++) {
        if ((c >= range->low && c <= range->high) || (other >= range->low && other <= range->high))
            return true;
    }
    return false;
}

static bool takes(const struct selector_regex *regex, const struct step *step, uint32_t c)
{
    switch (step->code) {
    case STEP_CHAR:
        return regex->any_case ? lower((uint32_t)step->a) == lower(c) : (uint32_t)step->a == c;
    case STEP_ANY:
        return c != '\n' && c != '\r' && c != 0x85 && c != 0x2028 && c != 0x2029;
    default:
        return in_class(regex, step, c) != step->negated;
    }
}

static uint32_t cost_of(const struct matcher *m, const struct thread_list *list)
{
    uint32_t cost = 1;

    for (uint32_t i = 0; i < list->count; i++) {
        const struct step *step = &m->regex->steps[list->pcs[i]];

        cost += step->code == STEP_CLASS ? 1 + (uint32_t)step->b : 1;
    }
    return cost;
}

/* One run over the text from `at`. With `anywhere` new threads start at each character and the
 * first match ends it; without, the preferred match that begins at `at` is found. */
static enum regex_result run(struct matcher *m, const uint8_t *at, bool anywhere,
                             const uint8_t **match_end)
{
    struct thread_list *now = &m->lists[0], *later = &m->lists[1], *swap;
    enum regex_result result = REGEX_NO_MATCH;

    now->count = 0;
    m->round++;
    add_thread(m, now, 0, at);
    for (;;) {
        uint32_t cost = cost_of(m, now), c = 0;
        const uint8_t *next = at < m->end ? at + utf8_take(at, m->end, &c) : NULL;

        if (*m->work < cost)
            return REGEX_GAVE_UP;
        *m->work -= cost;
        later->count = 0;
        m->round++;
        for (uint32_t i = 0; i < now->count; i++) {
            const struct step *step = &m->regex->steps[now->pcs[i]];

            if (step->code == STEP_MATCH) {
                *match_end = at;
                result = REGEX_MATCH;
                break; /* those behind would be tried only without this match */
            }
            if (next && takes(m->regex, step, c))
                add_thread(m, later, (uint16_t)(now->pcs[i] + 1), next);
        }
        if (anywhere && result == REGEX_MATCH)
            return result;
        if (!next || (later->count == 0 && !anywhere))
            return result;
        at = next;
        if (anywhere)
            add_thread(m, later, 0, at);
        swap = now;
        now = later;
        later = swap;
    }
}

static void matcher_init(struct matcher *m, const struct selector_regex *regex, struct slice text,
                         uint32_t *work)
{
    m->regex = regex;
    m->begin = text.bytes;
    m->end = text.bytes + text.len;
    m->work = work;
    m->round = 0;
    memset(m->marks, 0, regex->step_count * sizeof *m->marks);
}

enum regex_result regex_find(const struct selector_regex *regex, struct slice text, uint32_t *work)
{
    const uint8_t *end;
    struct matcher m;

    matcher_init(&m, regex, text, work);
    return run(&m, m.begin, true, &end);
}

enum regex_result regex_next(const struct selector_regex *regex, struct slice text, size_t from,
                             size_t *start, size_t *end, uint32_t *work)
{
    const uint8_t *at = text.bytes + from, *match_end;
    struct matcher m;

    matcher_init(&m, regex, text, work);
    for (;;) {
        enum regex_result result = run(&m, at, false, &match_end);
        uint32_t c;

        if (result == REGEX_MATCH) {
            *start = (size_t)(at - text.bytes);
            *end = (size_t)(match_end - text.bytes);
        }
        if (result != REGEX_NO_MATCH || at == m.end)
            return result;
        at += utf8_take(at, m.end, &c);
    }
}
