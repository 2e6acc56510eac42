/* SPDX-License-Identifier: Apache-2.0 */
#include "login_config.h"
#include <errno.h>
#include <strings.h>

enum token { TOKEN_END, TOKEN_WORD, TOKEN_PUNCTUATION };

struct login_parser {
    const uint8_t *at, *end;
    const char *file;
    int line; /* of `at` */
    login_property_fn *property;
    void *property_arg;
    struct auth_arena *arena;
    struct text_error *why;
    bool failed;

    enum token token;
    int token_line;
    struct text word; /* of TOKEN_WORD */
    char punctuation; /* of TOKEN_PUNCTUATION: one of { } ; = */
};

static void fail_at(struct login_parser *p, int line, const char *reason)
{
    if (!p->failed)
        text_error_set(p->why, "%s:%d: %s", p->file, line, reason);
    p->failed = true;
}

static void fail_expected(struct login_parser *p, const char *expected)
{
    if (p->failed)
        return;
    p->failed = true;
    if (p->token == TOKEN_END)
        text_error_set(p->why, "%s:%d: %s expected before the end", p->file, p->token_line,
                       expected);
    else if (p->token == TOKEN_WORD)
        text_error_set(p->why, "%s:%d: %s expected before \"%.*s\"", p->file, p->token_line,
                       expected, SLICE_FMT(text_slice(&p->word)));
    else
        text_error_set(p->why, "%s:%d: %s expected before '%c'", p->file, p->token_line, expected,
                       p->punctuation);
}

static bool is_word_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '$' || c == '*' || c >= 0x80;
}

/* After the two characters that open it. */
static void skip_block_comment(struct login_parser *p)
{
    int line = p->line;

    for (p->at += 2; p->at < p->end; p->at++) {
        if (*p->at == '\n')
            p->line++;
        if (*p->at == '*' && p->at + 1 < p->end && p->at[1] == '/') {
            p->at += 2;
            return;
        }
    }
    fail_at(p, line, "a comment without an end");
}

static void skip_to_token(struct login_parser *p)
{
    while (p->at < p->end && !p->failed) {
        uint8_t next = p->at + 1 < p->end ? p->at[1] : 0;

        if (*p->at == '/' && next == '*') {
            skip_block_comment(p);
        } else if (*p->at == '/' && next == '/') {
            while (p->at < p->end && *p->at != '\n')
                p->at++;
        } else if (*p->at <= ' ') {
            p->line += *p->at == '\n';
            p->at++;
        } else {
            return;
        }
    }
}

/* After a backslash in quotes, as Java's StreamTokenizer reads it. */
static char read_escape(struct login_parser *p)
{
    static const char names[] = "abfnrtv", meanings[] = "\a\b\f\n\r\t\v";
    uint8_t c = *p->at++;
    const char *name;

    if (c >= '0' && c <= '7') {
        unsigned value = c - '0', digits_max = c <= '3' ? 3 : 2;

        for (unsigned i = 1; i < digits_max && p->at < p->end; i++) {
            if (*p->at < '0' || *p->at > '7')
                break;
            value = value * 8 + (unsigned)(*p->at++ - '0');
        }
        return (char)value;
    }
    name = c ? strchr(names, c) : NULL;
    return name ? meanings[name - names] : (char)c;
}

static void read_quoted(struct login_parser *p)
{
    p->at++;
    while (p->at < p->end && *p->at != '\n') {
        uint8_t c = *p->at++;

        if (c == '"')
            return;
        if (c == '\\' && p->at < p->end && *p->at != '\n')
            c = (uint8_t)read_escape(p);
        text_add_char(&p->word, (char)c);
    }
    fail_at(p, p->token_line, "a quoted text must end in its line");
}

static void next_token(struct login_parser *p)
{
    p->word.len = 0;
    skip_to_token(p);
    p->token_line = p->line;
    if (p->failed || p->at == p->end) {
        p->token = TOKEN_END;
    } else if (*p->at == '"') {
        p->token = TOKEN_WORD;
        read_quoted(p);
    } else if (is_word_char(*p->at)) {
        p->token = TOKEN_WORD;
        while (p->at < p->end && is_word_char(*p->at))
            text_add_char(&p->word, (char)*p->at++);
    } else if (memchr("{};=", *p->at, 4)) {
        p->token = TOKEN_PUNCTUATION;
        p->punctuation = (char)*p->at++;
    } else {
        fail_at(p, p->line, "a character that is allowed in quotes only");
        p->token = TOKEN_END;
    }
}

static bool is_at(const struct login_parser *p, char punctuation)
{
    return p->token == TOKEN_PUNCTUATION && p->punctuation == punctuation;
}

static void take(struct login_parser *p, char punctuation, const char *expected)
{
    if (is_at(p, punctuation))
        next_token(p);
    else
        fail_expected(p, expected);
}

static struct slice take_word(struct login_parser *p, const char *expected)
{
    struct slice word;

    if (p->failed || p->token != TOKEN_WORD) {
        fail_expected(p, expected);
        return SLICE("");
    }
    word = auth_arena_dup(p->arena, text_slice(&p->word));
    next_token(p);
    return word;
}

/* Adds what the name between "${" and "}" stands for. */
static void add_property(struct login_parser *p, struct slice name, int line, struct text *out)
{
    struct slice value = SLICE_ABSENT;

    if (slice_is(name, "/"))
        value = SLICE("/");
    else if (p->property)
        value = p->property(p->property_arg, name);
    if (slice_is_present(value)) {
        text_add(out, value);
    } else if (!p->failed) {
        p->failed = true;
        text_error_set(p->why, "%s:%d: nothing is known as ${%.*s}", p->file, line,
                       SLICE_FMT(name));
    }
}

static struct slice expand(struct login_parser *p, struct slice value, int line)
{
    struct text out;
    struct slice expanded;

    text_init(&out);
    for (size_t i = 0; i < value.len && !p->failed; i++) {
        const uint8_t *close = NULL;

        if (value.bytes[i] == '$' && i + 1 < value.len && value.bytes[i + 1] == '{')
            close = memchr(value.bytes + i, '}', value.len - i);
        if (close) {
            size_t end = (size_t)(close - value.bytes);

            add_property(p, slice_of(value.bytes + i + 2, end - i - 2), line, &out);
            i = end;
        } else {
            text_add_char(&out, (char)value.bytes[i]);
        }
    }
    if (text_failed(&out))
        p->arena->failed = true;
    expanded = auth_arena_dup(p->arena, text_slice(&out));
    text_fini(&out);
    return expanded;
}

static enum login_flag take_flag(struct login_parser *p)
{
    static const char *const names[] = {"required", "requisite", "sufficient", "optional"};
    int line = p->token_line;
    struct slice word = take_word(p, "required, requisite, sufficient or optional");

    for (size_t i = 0; i < ARRAY_LEN(names) && !p->failed && !p->arena->failed; i++)
        if (word.len == strlen(names[i]) &&
            strncasecmp((const char *)word.bytes, names[i], word.len) == 0)
            return (enum login_flag)i;
    fail_at(p, line, "the flag of a module is required, requisite, sufficient or optional");
    return LOGIN_REQUIRED;
}

static void read_option(struct login_parser *p, struct login_module *module,
                        struct login_option ***tail)
{
    struct login_option *option = auth_arena_alloc(p->arena, sizeof *option);
    int line;

    if (!option)
        return;
    option->name = take_word(p, "an option or ';'");
    take(p, '=', "'='");
    line = p->token_line;
    option->value = expand(p, take_word(p, "a value"), line);
    if (p->failed || p->arena->failed)
        return;
    if (slice_is_present(login_module_option(module, (const char *)option->name.bytes)))
        fail_at(p, line, "an option is given twice");
    **tail = option;
    *tail = &option->next;
}

static struct login_module *read_module(struct login_parser *p)
{
    struct login_module *module = auth_arena_alloc(p->arena, sizeof *module);
    struct login_option **tail;

    if (!module)
        return NULL;
    tail = &module->options;
    module->line = p->token_line;
    module->class_name = take_word(p, "the class of a login module");
    module->flag = take_flag(p);
    while (!p->failed && !p->arena->failed && !is_at(p, ';'))
        read_option(p, module, &tail);
    take(p, ';', "';'");
    return module;
}

static struct login_realm *read_realm(struct login_parser *p)
{
    struct login_realm *realm = auth_arena_alloc(p->arena, sizeof *realm);
    struct login_module **tail;

    if (!realm)
        return NULL;
    tail = &realm->modules;
    realm->line = p->token_line;
    realm->name = take_word(p, "the name of a realm");
    take(p, '{', "'{'");
    do {
        *tail = read_module(p);
        if (*tail)
            tail = &(*tail)->next;
    } while (!p->failed && !p->arena->failed && !is_at(p, '}'));
    take(p, '}', "'}'");
    take(p, ';', "';'");
    return realm;
}

static const struct login_realm *find_exact(const struct login_realm *realms, struct slice name)
{
    while (realms && !slice_equal(realms->name, name))
        realms = realms->next;
    return realms;
}

int login_config_parse(struct slice bytes, const char *file, login_property_fn *property,
                       void *property_arg, struct auth_arena *arena, struct login_realm **out,
                       struct text_error *why)
{
    struct login_parser p = {
        .at = bytes.bytes,
        .file = file,
        .line = 1,
        .property = property,
        .property_arg = property_arg,
        .arena = arena,
        .why = why,
    };
    struct login_realm *first = NULL, **tail = &first;

    p.end = bytes.len > 0 ? bytes.bytes + bytes.len : bytes.bytes;
    text_init(&p.word);
    next_token(&p);
    while (!p.failed && !arena->failed && p.token != TOKEN_END) {
        struct login_realm *realm = read_realm(&p);

        if (p.failed || arena->failed)
            break;
        if (find_exact(first, realm->name))
            fail_at(&p, realm->line, "a realm of this name stands further up already");
        *tail = realm;
        tail = &realm->next;
    }
    if (text_failed(&p.word))
        arena->failed = true;
    text_fini(&p.word);
    if (arena->failed)
        return -ENOMEM;
    if (p.failed)
        return -EINVAL;
    *out = first;
    return 0;
}

const struct login_realm *login_config_find(const struct login_realm *realms, struct slice name)
{
    const struct login_realm *found = find_exact(realms, name);

    return found ? found : find_exact(realms, SLICE("other"));
}

struct slice login_module_option(const struct login_module *module, const char *name)
{
    for (const struct login_option *option = module->options; option; option = option->next)
        if (slice_is(option->name, name))
            return option->value;
    return SLICE_ABSENT;
}
