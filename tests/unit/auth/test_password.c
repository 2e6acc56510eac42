/* SPDX-License-Identifier: Apache-2.0 */
#include "auth_fixture.h"
#include "password.h"

static struct password parsed(const char *text)
{
    struct password password;
    struct text_error why = {""};

    cr_assert_eq(password_parse(slice_of_text(text), &password, &why), 0, "%s: %s", text, why.text);
    return password;
}

static bool matches(const char *stored, const char *given)
{
    struct password password = parsed(stored);

    return password_matches(&password, slice_of_text(given));
}

static bool is_refused(const char *text)
{
    struct password password;
    struct text_error why = {""};

    return password_parse(slice_of_text(text), &password, &why) == -EINVAL && strlen(why.text) > 10;
}

Test(password, keeps_a_plain_one_as_a_digest_only)
{
    struct password password = parsed("correct horse");

    cr_assert_eq(password.scheme, PASSWORD_PLAIN);
    cr_assert_null(memmem(&password, sizeof password, "correct", 7));
    cr_assert(password_matches(&password, SLICE("correct horse")));
    cr_assert_not(password_matches(&password, SLICE("correct hors")));
    cr_assert_not(password_is_costly(&password));
}

Test(password, matches_nothing_when_none_is_stored)
{
    struct password password;
    struct text_error why = {""};

    cr_assert_eq(password_parse(SLICE_ABSENT, &password, &why), 0);
    cr_assert_not(password_matches(&password, SLICE("")));
    cr_assert_not(password_matches(&password, SLICE_ABSENT));
}

/* RFC 7914, section 12: "pleaseletmein" with "SodiumChloride". */
Test(password, computes_scrypt_as_the_rfc_does)
{
    static const char stored[] = "{scrypt}16384$8$1$U29kaXVtQ2hsb3JpZGU$"
                                 "cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr5"
                                 "5h6F3A1lHkDfzwF7RVdYhw==";

    cr_assert(matches(stored, "pleaseletmein"));
    cr_assert_not(matches(stored, "pleaseletmeout"));
}

/* The fifth case of RFC 6070 with SHA-256 instead of SHA-1 and 32 bytes. */
Test(password, computes_pbkdf2_with_sha256)
{
    static const char stored[] = "{pbkdf2}sha256$4096$c2FsdFNBTFRzYWx0U0FMVHNhbHRTQUxUc2FsdFNBTFRz"
                                 "YWx0$NIyJ28vTKy8y2BS4EW6EzysXNH68GAAYHE4qH7jdU+E=";

    cr_assert(matches(stored, "passwordPASSWORDpassword"));
    cr_assert_not(matches(stored, "passwordPASSWORDpasswore"));
}

Test(password, reads_base64_with_and_without_padding)
{
    cr_assert_eq(parsed("{pbkdf2}sha256$1000$MDEyMzQ1Njc$MDEyMzQ1Njc4OWFiY2RlZg").hash_len, 16);
    cr_assert_eq(parsed("{pbkdf2}sha256$1000$MDEyMzQ1Njc=$MDEyMzQ1Njc4OWFiY2RlZg==").salt_len, 8);
}

Test(password, refuses_hashes_that_are_not_whole)
{
    static const char *const broken[] = {
        "{scrypt}",
        "{scrypt}16384$8$1$U29kaXVtQ2hsb3JpZGU",
        "{scrypt}16384$8$1$$cCO9yzr9c0hGHAbNgf046w",
        "{scrypt}16384$8$1$U29kaXVtQ2hsb3JpZGU$",
        "{scrypt}16384$8$1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046w$x",
        "{scrypt}16384$8$1$U29kaXVt Q2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046w",
        "{scrypt}16384$8$1$ U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046w",
        "{scrypt}16384$8$1$U29k=XVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046w",
        "{scrypt}16384$8$1$U29kaXVtQ2hsb3JpZGU$short",
        "{pbkdf2}",
        "{pbkdf2}sha1$4096$c2FsdHNhbHQ$cCO9yzr9c0hGHAbNgf046w",
        "{pbkdf2}sha256$4096$c2FsdHNhbHQ",
        "{pbkdf2}sha256$many$c2FsdHNhbHQ$cCO9yzr9c0hGHAbNgf046w",
    };

    for (size_t i = 0; i < ARRAY_LEN(broken); i++)
        cr_expect(is_refused(broken[i]), "%s", broken[i]);
}

Test(password, refuses_costs_that_would_take_the_machine_down)
{
    static const char *const dear[] = {
        "{scrypt}0$8$1$c2FsdHNhbHQ$cCO9yzr9c0hGHAbNgf046w",
        "{scrypt}1000$8$1$c2FsdHNhbHQ$cCO9yzr9c0hGHAbNgf046w",
        "{scrypt}-16384$8$1$c2FsdHNhbHQ$cCO9yzr9c0hGHAbNgf046w",
        "{scrypt}131072$8$1$c2FsdHNhbHQ$cCO9yzr9c0hGHAbNgf046w",
        "{scrypt}1073741824$8$1$c2FsdHNhbHQ$cCO9yzr9c0hGHAbNgf046w",
        "{scrypt}16384$0$1$c2FsdHNhbHQ$cCO9yzr9c0hGHAbNgf046w",
        "{scrypt}16384$33$1$c2FsdHNhbHQ$cCO9yzr9c0hGHAbNgf046w",
        "{scrypt}16384$8$0$c2FsdHNhbHQ$cCO9yzr9c0hGHAbNgf046w",
        "{scrypt}16384$8$17$c2FsdHNhbHQ$cCO9yzr9c0hGHAbNgf046w",
        "{scrypt}65536$8$5$c2FsdHNhbHQ$cCO9yzr9c0hGHAbNgf046w",
        "{pbkdf2}sha256$999$c2FsdHNhbHQ$cCO9yzr9c0hGHAbNgf046w",
        "{pbkdf2}sha256$2000001$c2FsdHNhbHQ$cCO9yzr9c0hGHAbNgf046w",
        "{pbkdf2}sha256$99999999999999999999$c2FsdHNhbHQ$cCO9yzr9c0hGHAbNgf046w",
    };

    for (size_t i = 0; i < ARRAY_LEN(dear); i++)
        cr_expect(is_refused(dear[i]), "%s", dear[i]);
}

Test(password, computes_scrypt_at_the_limits)
{
    cr_assert(matches("{scrypt}65536$8$4$c2FsdHNhbHQ$lBq5em916d+a9bexy7svvQ==", "dear"));
    cr_assert(matches("{scrypt}131072$4$1$c2FsdHNhbHQ$c3dcNHzHfHtgxs0sCE0e9w==", "dear"));
    cr_assert(matches("{scrypt}2$32$16$c2FsdHNhbHQ$+akooSwbsT/jGEtySNc87A==", "dear"));
}

Test(password, reads_other_braces_as_plain_text)
{
    cr_assert(matches("{SCRYPT}x", "{SCRYPT}x"));
    cr_assert(matches("{md5}abc", "{md5}abc"));
    cr_assert(matches("ENC(abc)", "ENC(abc)"));
}

static void assert_round_trip(enum auth_hash_scheme scheme, const char *prefix)
{
    struct text first, second;

    text_init(&first);
    text_init(&second);
    cr_assert_eq(auth_hash_password(scheme, SLICE("p\xC3\xA4ss"), &first), 0);
    cr_assert_eq(auth_hash_password(scheme, SLICE("p\xC3\xA4ss"), &second), 0);
    cr_assert(slice_starts_with(text_slice(&first), slice_of_text(prefix)));
    cr_assert_not(slice_equal(text_slice(&first), text_slice(&second)), "salts must differ");
    cr_assert(matches(first.bytes, "p\xC3\xA4ss"));
    cr_assert_not(matches(first.bytes, "p\xC3\xA4s"));
    text_fini(&first);
    text_fini(&second);
}

Test(password, made_as_scrypt_is_read_back)
{
    assert_round_trip(AUTH_HASH_SCRYPT, "{scrypt}");
}

Test(password, made_as_pbkdf2_is_read_back)
{
    assert_round_trip(AUTH_HASH_PBKDF2, "{pbkdf2}sha256$");
}
