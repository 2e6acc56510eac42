/* SPDX-License-Identifier: Apache-2.0 */
#include "login_config.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

static struct auth_arena arena;

static void setup(void)
{
    auth_arena_init(&arena);
}

static void teardown(void)
{
    auth_arena_fini(&arena);
}

TestSuite(login_config, .init = setup, .fini = teardown);

static struct slice property(void *arg, struct slice name)
{
    (void)arg;
    return slice_is(name, "dir") ? SLICE("/etc/x") : SLICE_ABSENT;
}

static struct login_realm *parsed(const char *content)
{
    struct login_realm *realms = NULL;
    struct text_error why = {""};

    cr_assert_eq(
        login_config_parse(slice_of_text(content), "f", property, NULL, &arena, &realms, &why), 0,
        "%s", why.text);
    return realms;
}

static void assert_refused(const char *content, const char *reason)
{
    struct login_realm *realms = NULL;
    struct text_error why = {""};

    cr_assert_eq(
        login_config_parse(slice_of_text(content), "f", property, NULL, &arena, &realms, &why),
        -EINVAL, "%s", content);
    cr_assert_str_eq(why.text, reason);
    cr_assert_null(realms);
}

static void assert_option(const char *written, const char *expected)
{
    char content[256];
    const struct login_realm *realm;
    struct slice value;

    snprintf(content, sizeof content, "r { m required o=%s; };", written);
    realm = parsed(content);
    value = login_module_option(realm->modules, "o");
    cr_assert(slice_is(value, expected), "%s gave %.*s", written, SLICE_FMT(value));
}

Test(login_config, reads_realms_modules_flags_and_options_in_order)
{
    const struct login_realm *realms = parsed("one {\n"
                                              "  a.First required debug=true x=\"y z\";\n"
                                              "  b.Second SUFFICIENT;\n"
                                              "};\n"
                                              "\"two words\" { c requisite; d optional; };\n");
    const struct login_module *first = realms->modules, *second = first->next;

    cr_assert(slice_is(realms->name, "one"));
    cr_assert(slice_is(first->class_name, "a.First"));
    cr_assert_eq(first->line, 2);
    cr_assert_eq(first->flag, LOGIN_REQUIRED);
    cr_assert(slice_is(login_module_option(first, "debug"), "true"));
    cr_assert(slice_is(login_module_option(first, "x"), "y z"));
    cr_assert_not(slice_is_present(login_module_option(first, "z")));
    cr_assert(slice_is(second->class_name, "b.Second"));
    cr_assert_eq(second->flag, LOGIN_SUFFICIENT);
    cr_assert_null(second->next);
    cr_assert(slice_is(realms->next->name, "two words"));
    cr_assert_eq(realms->next->modules->flag, LOGIN_REQUISITE);
    cr_assert_eq(realms->next->modules->next->flag, LOGIN_OPTIONAL);
    cr_assert_null(realms->next->next);
}

Test(login_config, may_be_empty)
{
    cr_assert_null(parsed(""));
    cr_assert_null(parsed(" \n\t // nothing\n/* here */"));
}

Test(login_config, skips_comments_wherever_blanks_may_stand)
{
    const struct login_realm *realm =
        parsed("/* a\n * b **/ r // c { \" \n{ m /**/ required\n// o=1\n;}/*x*/;");

    cr_assert(slice_is(realm->name, "r"));
    cr_assert_eq(realm->line, 2);
    cr_assert_eq(realm->modules->line, 3);
    cr_assert_null(realm->modules->options);
}

Test(login_config, keeps_comment_signs_in_quotes)
{
    assert_option("\"ldap://host/*x*/\"", "ldap://host/*x*/");
}

Test(login_config, reads_escapes_in_quotes)
{
    assert_option("\"a\\\"b\\\\c\"", "a\"b\\c");
    assert_option("\"C:\\\\dir\\tx\"", "C:\\dir\tx");
    assert_option("\"\\101\\7x\\x\"", "A\ax"
                                      "x");
    assert_option("\"\"", "");
}

Test(login_config, expands_properties_in_values)
{
    assert_option("\"${dir}/a${/}b\"", "/etc/x/a/b");
    assert_option("\"$dir $ {x} ${\"", "$dir $ {x} ${");
}

Test(login_config, refuses_unknown_properties)
{
    assert_refused("r { m required\n o=\"${nowhere}\"; };", "f:2: nothing is known as ${nowhere}");
    assert_refused("r { m required o=\"${}\"; };", "f:1: nothing is known as ${}");
}

Test(login_config, says_what_it_expected_and_where)
{
    assert_refused("r", "f:1: '{' expected before the end");
    assert_refused("r {\n}", "f:2: the class of a login module expected before '}'");
    assert_refused("r { m }", "f:1: required, requisite, sufficient or optional expected before "
                              "'}'");
    assert_refused("r { m required }", "f:1: an option or ';' expected before '}'");
    assert_refused("r { m required a; };", "f:1: '=' expected before ';'");
    assert_refused("r { m required a=; };", "f:1: a value expected before ';'");
    assert_refused("r { m required; }", "f:1: ';' expected before the end");
    assert_refused("r { m required;\n} x", "f:2: ';' expected before \"x\"");
    assert_refused("{ m required; };", "f:1: the name of a realm expected before '{'");
}

Test(login_config, refuses_flags_it_does_not_know)
{
    assert_refused("r { m mandatory; };",
                   "f:1: the flag of a module is required, requisite, sufficient or optional");
}

Test(login_config, refuses_quotes_and_comments_without_an_end)
{
    assert_refused("r { m required o=\"a\nb\"; };", "f:1: a quoted text must end in its line");
    assert_refused("r { m required o=\"a", "f:1: a quoted text must end in its line");
    assert_refused("r { m required o=\"a\\", "f:1: a quoted text must end in its line");
    assert_refused("r\n/* { m required; };", "f:2: a comment without an end");
    assert_refused("/*/", "f:1: a comment without an end");
}

Test(login_config, refuses_characters_that_need_quotes)
{
    assert_refused("r { m required o=/etc; };", "f:1: a character that is allowed in quotes only");
    assert_refused("# no\nr { m required; };", "f:1: a character that is allowed in quotes only");
}

Test(login_config, refuses_a_realm_or_an_option_given_twice)
{
    assert_refused("r { m required; };\nr { m required; };",
                   "f:2: a realm of this name stands further up already");
    assert_refused("r { m required a=1\na=2; };", "f:2: an option is given twice");
}

Test(login_config, finds_a_realm_by_its_name_or_else_other)
{
    const struct login_realm *realms = parsed("a { m required; }; other { n required; };");

    cr_assert(slice_is(login_config_find(realms, SLICE("a"))->modules->class_name, "m"));
    cr_assert(slice_is(login_config_find(realms, SLICE("b"))->modules->class_name, "n"));
    cr_assert_null(login_config_find(parsed("a { m required; };"), SLICE("b")));
}

Test(login_config, survives_being_cut_at_any_byte)
{
    static const char whole[] = "/* c */ r { m required o=\"${dir}\\n\" p=q; // x\n n optional; };";

    for (size_t len = 0; len < sizeof whole - 1; len++) {
        struct login_realm *realms = NULL;
        struct text_error why = {""};
        int rc =
            login_config_parse(slice_of(whole, len), "f", property, NULL, &arena, &realms, &why);

        cr_assert(rc == -EINVAL || !realms, "%zu bytes", len);
    }
    cr_assert(parsed(whole));
}
