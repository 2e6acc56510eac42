/* SPDX-License-Identifier: Apache-2.0 */
#include "config/properties.h"
#include <criterion/criterion.h>
#include <errno.h>

static void note(void *arg, struct slice key, struct slice value, int line)
{
    text_add_format(arg, "%d[%.*s][%.*s]", line, SLICE_FMT(key), SLICE_FMT(value));
}

/* Each pair is noted as line[key][value]. */
static void assert_read(const char *content, const char *expected)
{
    struct text noted;
    struct text_error why = {""};

    text_init(&noted);
    cr_assert_eq(properties_parse(slice_of_text(content), "f", note, &noted, &why), 0, "%s",
                 why.text);
    cr_expect(slice_is(text_slice(&noted), expected), "%s gave %.*s", content,
              SLICE_FMT(text_slice(&noted)));
    text_fini(&noted);
}

static void assert_refused(const char *content, const char *reason)
{
    struct text noted;
    struct text_error why = {""};

    text_init(&noted);
    cr_assert_eq(properties_parse(slice_of_text(content), "f", note, &noted, &why), -EINVAL);
    cr_expect_str_eq(why.text, reason);
    text_fini(&noted);
}

Test(properties, take_an_equals_sign_a_colon_or_a_blank_after_the_key)
{
    assert_read("a=1\nb:2\nc 3\nd = 4\ne\t:\t5\n", "1[a][1]2[b][2]3[c][3]4[d][4]5[e][5]");
    assert_read("a==1\nb=:2\nc : =3", "1[a][=1]2[b][:2]3[c][=3]");
}

Test(properties, may_have_no_value_or_no_key)
{
    assert_read("a\nb=\nc: \n=d\n", "1[a][]2[b][]3[c][]4[][d]");
}

Test(properties, skip_comments_and_blank_lines)
{
    assert_read("# a=1\n! b=2\n\n  \t\n  # c=3 \\\nd=4", "6[d][4]");
}

Test(properties, keep_blanks_at_the_end_of_a_value)
{
    assert_read("a=1 \n  b  =  2\t\n", "1[a][1 ]2[b][2\t]");
}

Test(properties, continue_a_line_after_a_backslash)
{
    assert_read("a=1,\\\n   2,\\\r\n\t3\nb=4", "1[a][1,2,3]4[b][4]");
    assert_read("a\\\n  b=1", "1[ab][1]");
    assert_read("a=1\\\\\nb=2", "1[a][1\\]2[b][2]");
    assert_read("a\\\n = \\\n 1\n", "1[a][1]");
    assert_read("a=1\\", "1[a][1]");
}

Test(properties, know_the_escapes_of_java)
{
    assert_read("a\\=b\\:c\\ d=e\\=\\tf\\qg", "1[a=b:c d][e=\tfqg]");
    assert_read("\\#a=1\n\\ b=2", "1[#a][1]2[ b][2]");
    assert_read("a=\\u0041\\u00e4\\u20AC\\ud83d\\uDE00",
                "1[a][A\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80]");
}

Test(properties, read_bytes_as_latin_1)
{
    assert_read("\xE4=\xFC", "1[\xC3\xA4][\xC3\xBC]");
}

Test(properties, take_all_three_line_ends)
{
    assert_read("a=1\rb=2\r\nc=3\nd=4", "1[a][1]2[b][2]3[c][3]4[d][4]");
}

Test(properties, refuse_escapes_that_name_no_character)
{
    assert_refused("a=1\nb=\\u12g4", "f:2: \\u needs four hexadecimal digits");
    assert_refused("a=\\u12", "f:1: \\u needs four hexadecimal digits");
    assert_refused("a=\\u0000", "f:1: \\u names no character");
    assert_refused("a=\\ud83dx", "f:1: \\u names no character");
    assert_refused("a=\\ud83d\\u0041", "f:1: \\u names no character");
    assert_refused("a=\\ude00", "f:1: \\u names no character");
}

Test(properties, may_be_empty)
{
    assert_read("", "");
    assert_read("\n\n#", "");
    assert_read("\\", "1[][]");
}

Test(properties, name_a_file_that_cannot_be_read)
{
    struct text_error why = {""};

    cr_assert_eq(properties_load("/nonexistent/p", note, NULL, &why), -ENOENT);
    cr_assert_str_eq(why.text, "/nonexistent/p: cannot be read: No such file or directory");
    cr_assert_eq(properties_load("/", note, NULL, &why), -EISDIR);
}

Test(properties, refuse_a_file_longer_than_the_limit)
{
    struct text bytes;
    struct text_error why = {""};

    text_init(&bytes);
    cr_assert_eq(properties_read_file("/dev/zero", 100000, &bytes, &why), -EFBIG);
    cr_assert(bytes.len <= 100000);
    text_fini(&bytes);
}
