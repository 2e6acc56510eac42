/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CONFIG_CASE_H
#define TESTS_CONFIG_CASE_H
/*
 * config_case.h - a piece of XML, loaded, with what was said about it.
 *
 * Threads    one. Ownership: case_fini frees all.
 */
#include "load.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct config_case {
    struct config *config; /* NULL when it was refused */
    struct config_report report;
};

static const char file_name[] = "tests/unit/config/data/inline.xml";

static inline struct config_case case_load_with(const char *xml,
                                                const struct config_option *variables, size_t count)
{
    struct config_source source = {
        .file = file_name, .variables = variables, .variable_count = count};
    struct config_case c = {0};
    int rc = config_load_memory(&source, slice_of_text(xml), &c.config, &c.report);

    cr_assert_eq(rc == 0, c.report.error_count == 0);
    cr_assert_eq(rc == 0, c.config != NULL);
    return c;
}

static inline struct config_case case_load(const char *xml)
{
    return case_load_with(xml, NULL, 0);
}

static inline struct config_case case_load_file(const char *file)
{
    struct config_source source = {.file = file};
    struct config_case c = {0};
    int rc = config_load(&source, &c.config, &c.report);

    cr_assert_eq(rc == 0, c.report.error_count == 0);
    return c;
}

/* In <broker attributes>children</broker>: the broker stands in line 1, as do its children. */
#define BROKER(attributes, children) \
    "<beans xmlns=\"http://www.springframework.org/schema/beans\">" \
    "<bean class=\"org.springframework.beans.factory.config.PropertyPlaceholderConfigurer\"/>" \
    "<broker xmlns=\"http://activemq.apache.org/schema/core\" " \
    "xmlns:cw=\"urn:corewire:config\" " attributes ">" children "</broker></beans>"

static inline void case_fini(struct config_case *c)
{
    config_destroy(c->config);
    config_report_fini(&c->report);
}

/* The remark of that severity whose text holds `part`; NULL if there is none. */
static inline const struct config_remark *case_find(const struct config_case *c,
                                                    enum config_severity severity, const char *part)
{
    for (size_t i = 0; i < c->report.count; i++)
        if (c->report.remarks[i].severity == severity && strstr(c->report.remarks[i].text, part))
            return &c->report.remarks[i];
    return NULL;
}

static inline void case_show(const struct config_case *c)
{
    config_report_print(&c->report, stderr);
}

#define expect_remark(c, severity, part) \
    do { \
        if (!case_find((c), (severity), (part))) \
            case_show(c); \
        cr_assert_not_null(case_find((c), (severity), (part)), "no remark with \"%s\"", part); \
    } while (0)

/* Refused, with exactly one error, which holds both parts. */
static inline void expect_error(const char *xml, int line, const char *part, const char *hint)
{
    struct config_case c = case_load(xml);
    const struct config_remark *error = case_find(&c, CONFIG_ERROR, part);

    if (!error || c.report.error_count != 1)
        case_show(&c);
    cr_assert_eq(c.report.error_count, 1);
    cr_assert_not_null(error, "no error with \"%s\"", part);
    cr_assert_not_null(strstr(error->text, hint), "no hint \"%s\" in \"%s\"", hint, error->text);
    cr_assert_eq(error->place.line, line, "line %d", error->place.line);
    cr_assert_str_eq(error->place.file, file_name);
    case_fini(&c);
}

static inline struct config_case expect_ok(const char *xml)
{
    struct config_case c = case_load(xml);

    if (!c.config)
        case_show(&c);
    cr_assert_not_null(c.config);
    return c;
}
#endif
