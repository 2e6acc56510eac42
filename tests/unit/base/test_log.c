/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "base/role.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static const struct log_scope scope = {"stomp", 1187, 3};
static const struct log_scope bare_scope = {"config", 0, WORKER_NONE};
static int ends[2];

static void start(enum log_level level, enum log_format format)
{
    cr_assert_eq(pipe(ends), 0);
    log_configure(level, format, ends[1]);
}

/* What one write brought: a line written in two pieces would come as a part only. */
static const char *line(void)
{
    static char bytes[8192];
    ssize_t len;

    log_configure(LOG_DEBUG, LOG_FORMAT_TEXT, STDERR_FILENO);
    close(ends[1]);
    len = read(ends[0], bytes, sizeof bytes - 1);
    close(ends[0]);
    cr_assert_geq(len, 0);
    bytes[len] = '\0';
    return bytes;
}

/* Takes the time off a text line, after a look at its form. */
static const char *after_time(const char *text)
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd.ddddddZ ";

    for (size_t i = 0; i < sizeof form - 1; i++) {
        if (form[i] == 'd')
            cr_assert(text[i] >= '0' && text[i] <= '9', "%s", text);
        else
            cr_assert_eq(text[i], form[i], "%s", text);
    }
    return text + sizeof form - 1;
}

Test(log, writes_a_text_line_with_time_level_scope_event_and_pairs)
{
    start(LOG_INFO, LOG_FORMAT_TEXT);
    log_event(&scope, LOG_WARN, "frame_refused", "error=\"%s\" bytes=%d", "too long", 70112);
    cr_assert_str_eq(after_time(line()),
                     "warn  w3 c1187 stomp frame_refused error=\"too long\" bytes=70112\n");
}

Test(log, leaves_out_what_the_scope_does_not_have)
{
    start(LOG_INFO, LOG_FORMAT_TEXT);
    log_event(&bare_scope, LOG_ERROR, "stopped", "%s", "");
    cr_assert_str_eq(after_time(line()), "error config stopped\n");
}

Test(log, writes_a_journald_line_with_its_priority_and_without_time)
{
    start(LOG_DEBUG, LOG_FORMAT_JOURNALD);
    log_event(&scope, LOG_ERROR, "a", "k=v");
    log_event(&scope, LOG_WARN, "b", "k=v");
    log_event(&scope, LOG_INFO, "c", "k=v");
    log_event(&bare_scope, LOG_DEBUG, "d", "k=v");
    cr_assert_str_eq(line(), "<3>w3 c1187 stomp a k=v\n<4>w3 c1187 stomp b k=v\n"
                             "<6>w3 c1187 stomp c k=v\n<7>config d k=v\n");
}

static void expect_json(const char *members)
{
    const char *text = line();
    char expected[4096];

    cr_assert_eq(strncmp(text, "{\"time\":\"", 9), 0, "%s", text);
    snprintf(expected, sizeof expected, "\",%s}\n", members);
    cr_assert_str_eq(text + 9 + 27, expected);
}

Test(log, turns_pairs_into_json_members)
{
    start(LOG_INFO, LOG_FORMAT_JSON);
    log_event(&scope, LOG_INFO, "opened", "name=\"a b\"  path=/x=y word empty=  none=\"\" q=\"%s\"",
              "say \"hi\"! \\o/");
    expect_json("\"level\":\"info\",\"worker\":3,\"connection\":1187,\"module\":\"stomp\","
                "\"event\":\"opened\",\"name\":\"a b\",\"path\":\"/x=y\",\"word\":\"\","
                "\"empty\":\"\",\"none\":\"\",\"q\":\"say \\\"hi\\\"! \\\\o/\"");
}

Test(log, keeps_quoted_words_inside_a_json_value)
{
    start(LOG_INFO, LOG_FORMAT_JSON);
    log_event(&bare_scope, LOG_INFO, "e", "text=\"%s\" lineMax2=%d", "a=\"b\" on <c> says", 7);
    expect_json("\"level\":\"info\",\"module\":\"config\",\"event\":\"e\","
                "\"text\":\"a=\\\"b\\\" on <c> says\",\"lineMax2\":\"7\"");
}

Test(log, writes_json_without_pairs)
{
    start(LOG_INFO, LOG_FORMAT_JSON);
    log_event(&bare_scope, LOG_WARN, "bare", "%s", "");
    expect_json("\"level\":\"warn\",\"module\":\"config\",\"event\":\"bare\"");
}

/* Newlines forge lines, escapes drive terminals, also the ones of two bytes (U+009B). */
Test(log, escapes_control_characters_so_that_nobody_forges_a_line)
{
    start(LOG_INFO, LOG_FORMAT_TEXT);
    log_event(&bare_scope, LOG_INFO, "e", "v=\"%s\"", "a\r\nb\t\x1b[31m\x7f\xc2\x9b\xc3\xa4\xff");
    cr_assert_str_eq(after_time(line()), "info  config e v=\"a\\r\\nb\\t\\x1b[31m\\x7f\\xc2\\x9b"
                                         "\xc3\xa4\\xff\"\n");
}

Test(log, keeps_json_valid_whatever_bytes_a_value_has)
{
    start(LOG_INFO, LOG_FORMAT_JSON);
    /* Overlong, surrogate, beyond the last character, cut off. */
    log_event(&bare_scope, LOG_INFO, "e", "v=\"\n\x01%s\"",
              "\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82");
    expect_json("\"level\":\"info\",\"module\":\"config\",\"event\":\"e\",\"v\":\"\\n\\u0001"
                "\\u00c0\\u00af\\u00ed\\u00a0\\u0080\\u00f4\\u0090\\u0080\\u0080\\u00e2\\u0082\"");
}

Test(log, cuts_a_long_line_at_2048_bytes_with_its_newline)
{
    const char *text;

    start(LOG_INFO, LOG_FORMAT_TEXT);
    log_event(&scope, LOG_INFO, "long", "v=%03000d", 1);
    text = line();
    cr_assert_leq(strlen(text), 2048);
    cr_assert_geq(strlen(text), 2000);
    cr_assert_eq(strchr(text, '\n'), text + strlen(text) - 1);
}

/* Wherever the cut falls: in a value, an escape, a key or between members. */
Test(log, closes_the_quote_and_the_brace_of_a_long_json_line)
{
    for (int len = 1850; len < 2060; len++) {
        const char *text;
        size_t text_len, quotes = 0;

        start(LOG_INFO, LOG_FORMAT_JSON);
        log_event(&scope, LOG_INFO, "long", "v=%0*d\x01\x01\x01\x01 key=value other=value", len, 1);
        text = line();
        text_len = strlen(text);
        cr_assert_leq(text_len, 2048);
        cr_assert_str_eq(text + text_len - 3, "\"}\n");
        for (size_t i = 0; i < text_len; i++)
            quotes += text[i] == '"';
        cr_assert_eq(quotes % 4, 0, "%d", len); /* two members without quotes, the others whole */
    }
}

static int asked;

static const char *asking(void)
{
    asked++;
    return "x";
}

Test(log, does_not_ask_for_arguments_when_the_level_is_off)
{
    start(LOG_WARN, LOG_FORMAT_TEXT);
    cr_assert(log_enabled(LOG_ERROR) && log_enabled(LOG_WARN) && !log_enabled(LOG_INFO));
    log_event(&scope, LOG_INFO, "off", "v=%s", asking());
    cr_assert_eq(asked, 0);
    log_event(&scope, LOG_WARN, "on", "v=%s", asking());
    cr_assert_eq(asked, 1);
    cr_assert_str_eq(after_time(line()), "warn  w3 c1187 stomp on v=x\n");
}

Test(log, leaves_errno_alone)
{
    log_configure(LOG_INFO, LOG_FORMAT_TEXT, -1); /* every write fails */
    errno = ENOENT;
    log_event(&scope, LOG_INFO, "lost", "v=%d", 1);
    cr_assert_eq(errno, ENOENT);
}

/* The second may change under the test, but not twice: one or two lines of three pass. */
Test(log, keeps_back_all_but_one_line_a_second)
{
    struct log_limit limit = {0, 0};
    unsigned allowed = 0;

    for (int i = 0; i < 3; i++)
        allowed += log_limit_allows(&limit);
    cr_assert(allowed == 1 || allowed == 2);
    cr_assert_eq(allowed + limit.suppressed, 3);
}

Test(log, says_how_many_lines_were_kept_back)
{
    struct log_limit limit = {.second = 0, .suppressed = 41}; /* some second ago */

    start(LOG_INFO, LOG_FORMAT_TEXT);
    log_event_limited(&scope, &limit, LOG_WARN, "refused", "v=%d", 1);
    cr_assert_eq(limit.suppressed, 0);
    cr_assert_str_eq(after_time(line()), "warn  w3 c1187 stomp refused suppressed=41 v=1\n");
}

Test(log, does_not_let_a_peer_end_its_value_and_begin_a_key)
{
    struct log_text clean;

    start(LOG_INFO, LOG_FORMAT_JSON);
    log_event(&scope, LOG_INFO, "opened", "client=\"%s\"",
              log_text(&clean, SLICE("x\" level=\"error\" user=\"admin")));
    cr_assert_not_null(strstr(line(), "\"client\":\"x' level='error' user='admin\""));
}
