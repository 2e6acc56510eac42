/* SPDX-License-Identifier: Apache-2.0 */
#include "auth_fixture.h"

static struct config_user users[] = {
    {"amq", "secret", "admins, everyone ,,"},
    {"empty", "", "everyone"},
    {"locked", NULL, "everyone"},
    {"lonely", "alone", NULL},
    {"twice", "first", "first"},
    {"twice", "second", "second"},
    {"*", "star", "stars"},
};

static struct config_security simple(void)
{
    return (struct config_security){
        .method = CONFIG_AUTH_SIMPLE,
        .users = users,
        .user_count = ARRAY_LEN(users),
        .anonymous_user = "anonymous",
        .anonymous_group = "anonymous",
    };
}

static struct auth_realm *simple_realm(bool anonymous)
{
    struct config_security security = simple();

    security.anonymous_access = anonymous;
    return realm_of(&security);
}

Test(simple, lets_a_user_in_with_the_right_password)
{
    struct auth_realm *realm = simple_realm(false);
    struct auth_principal *principal = login(realm, "amq", "secret");

    cr_assert(is_named(principal, "amq"));
    auth_principal_unref(principal);
    auth_realm_unref(realm);
}

Test(simple, trims_the_names_of_groups)
{
    struct auth_realm *realm = simple_realm(false);
    struct auth_principal *principal = login(realm, "amq", "secret");

    cr_assert(has_group(principal, "admins"));
    cr_assert(has_group(principal, "everyone"));
    cr_assert_not(has_group(principal, " everyone "));
    cr_assert_not(has_group(principal, ""));
    cr_assert_not(has_group(principal, "*"));
    auth_principal_unref(principal);
    auth_realm_unref(realm);
}

Test(simple, refuses_in_the_words_of_activemq)
{
    struct auth_realm *realm = simple_realm(false);
    struct auth_principal *principal = NULL;
    struct text_error why = {""};

    cr_assert_eq(login_slices(realm, SLICE("amq"), SLICE("wrong"), &principal, &why), -EACCES);
    cr_assert_str_eq(why.text, "User name [amq] or password is invalid.");
    cr_assert_null(principal);
    cr_assert_eq(login_slices(realm, SLICE_ABSENT, SLICE("wrong"), &principal, &why), -EACCES);
    cr_assert_str_eq(why.text, "User name [null] or password is invalid.");
    auth_realm_unref(realm);
}

Test(simple, tells_an_unknown_user_the_same_as_a_wrong_password)
{
    struct auth_realm *realm = simple_realm(false);
    struct auth_principal *principal = NULL;
    struct text_error why = {""};

    cr_assert_eq(login_slices(realm, SLICE("ghost"), SLICE("x"), &principal, &why), -EACCES);
    cr_assert_str_eq(why.text, "User name [ghost] or password is invalid.");
    auth_realm_unref(realm);
}

Test(simple, compares_user_names_exactly)
{
    static const char *const others[] = {"AMQ", "amq ", " amq", "am", "amqq", ""};
    struct auth_realm *realm = simple_realm(false);

    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        cr_assert_not(can_login(realm, others[i], "secret"), "\"%s\"", others[i]);
    auth_realm_unref(realm);
}

Test(simple, compares_passwords_exactly)
{
    static const char *const others[] = {"", "secre", "secret ", "Secret", "secretsecret"};
    struct auth_realm *realm = simple_realm(false);

    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        cr_assert_not(can_login(realm, "amq", others[i]), "\"%s\"", others[i]);
    cr_assert_not(can_login(realm, "amq", NULL));
    auth_realm_unref(realm);
}

Test(simple, takes_an_empty_password_only_where_one_is_configured)
{
    struct auth_realm *realm = simple_realm(false);

    cr_assert(can_login(realm, "empty", ""));
    cr_assert_not(can_login(realm, "empty", NULL));
    cr_assert_not(can_login(realm, "amq", ""));
    auth_realm_unref(realm);
}

Test(simple, never_lets_a_user_without_a_configured_password_in)
{
    struct auth_realm *realm = simple_realm(true);

    cr_assert_not(can_login(realm, "locked", ""));
    cr_assert_not(can_login(realm, "locked", NULL));
    cr_assert_not(can_login(realm, "locked", "null"));
    auth_realm_unref(realm);
}

Test(simple, lets_the_last_of_two_users_of_one_name_count)
{
    struct auth_realm *realm = simple_realm(false);
    struct auth_principal *principal = login(realm, "twice", "second");

    cr_assert_not(can_login(realm, "twice", "first"));
    cr_assert(has_group(principal, "second"));
    cr_assert_not(has_group(principal, "first"));
    auth_principal_unref(principal);
    auth_realm_unref(realm);
}

Test(simple, lets_a_user_without_groups_in)
{
    struct auth_realm *realm = simple_realm(false);
    struct auth_principal *principal = login(realm, "lonely", "alone");

    cr_assert_not(has_group(principal, ""));
    auth_principal_unref(principal);
    auth_realm_unref(realm);
}

Test(simple, takes_anonymous_clients_only_without_login_and_passcode)
{
    struct auth_realm *realm = simple_realm(true);
    struct auth_principal *principal = login(realm, NULL, NULL);

    cr_assert(is_named(principal, "anonymous"));
    cr_assert(has_group(principal, "anonymous"));
    cr_assert_not(can_login(realm, "", NULL));
    cr_assert_not(can_login(realm, NULL, ""));
    cr_assert_not(can_login(realm, "", ""));
    cr_assert_not(can_login(realm, "anonymous", ""));
    cr_assert_not(can_login(realm, "amq", NULL));
    auth_principal_unref(principal);
    auth_realm_unref(realm);
}

Test(simple, refuses_anonymous_clients_when_they_are_not_allowed)
{
    struct auth_realm *realm = simple_realm(false);

    cr_assert_not(can_login(realm, NULL, NULL));
    auth_realm_unref(realm);
}

Test(simple, gives_anonymous_clients_the_configured_names)
{
    struct config_security security = simple();
    struct auth_realm *realm;
    struct auth_principal *principal;

    security.anonymous_access = true;
    security.anonymous_user = "visitor";
    security.anonymous_group = "visitors";
    realm = realm_of(&security);
    principal = login(realm, NULL, NULL);
    cr_assert(is_named(principal, "visitor"));
    cr_assert(has_group(principal, "visitors"));
    auth_principal_unref(principal);
    auth_realm_unref(realm);
}

Test(simple, reads_a_star_as_an_ordinary_user_name)
{
    struct auth_realm *realm = simple_realm(false);

    cr_assert(can_login(realm, "*", "star"));
    cr_assert_not(can_login(realm, "*", "secret"));
    cr_assert_not(can_login(realm, "*", "*"));
    auth_realm_unref(realm);
}

Test(simple, does_not_stop_at_a_nul_byte)
{
    static const char password[] = "secret\0x", user[] = "amq\0x";
    struct auth_realm *realm = simple_realm(false);
    struct auth_principal *principal = NULL;
    struct text_error why = {""};

    cr_assert_eq(login_slices(realm, SLICE("amq"), slice_of(password, 8), &principal, &why),
                 -EACCES);
    cr_assert_eq(login_slices(realm, slice_of(user, 5), SLICE("secret"), &principal, &why),
                 -EACCES);
    cr_assert_str_eq(why.text, "User name [amq?x] or password is invalid.");
    auth_realm_unref(realm);
}

Test(simple, refuses_very_long_credentials_without_comparing_them)
{
    static char longer[AUTH_CREDENTIAL_BYTES_MAX + 1];
    struct auth_realm *realm = simple_realm(false);
    struct auth_principal *principal = NULL;
    struct text_error why = {""};
    struct slice s = slice_of(longer, sizeof longer);

    memset(longer, 'a', sizeof longer);
    cr_assert_eq(login_slices(realm, s, SLICE("secret"), &principal, &why), -EACCES);
    cr_assert_eq(why.text[strlen(why.text) - 1], '.', "the sentence must be whole");
    cr_assert_eq(login_slices(realm, SLICE("amq"), s, &principal, &why), -EACCES);
    s.len--;
    cr_assert_eq(login_slices(realm, s, s, &principal, &why), -EACCES);
    auth_realm_unref(realm);
}

Test(simple, keeps_control_characters_and_half_letters_out_of_the_refusal)
{
    char name[162];
    struct auth_realm *realm = simple_realm(false);
    struct auth_principal *principal = NULL;
    struct text_error why = {""};

    cr_assert_eq(login_slices(realm, SLICE("a\r\nERROR\x7f"), SLICE("x"), &principal, &why),
                 -EACCES);
    cr_assert_str_eq(why.text, "User name [a??ERROR?] or password is invalid.");
    memset(name, 'n', sizeof name);
    memcpy(name + 159, "\xC3\xA4", 2);
    cr_assert_eq(login_slices(realm, slice_of(name, sizeof name), SLICE("x"), &principal, &why),
                 -EACCES);
    cr_assert_null(strchr(why.text, '\xC3'));
    auth_realm_unref(realm);
}

Test(simple, takes_hashed_passwords_beside_plain_ones)
{
    struct config_user mixed[2] = {{"hashed", NULL, "h"}, {"plain", "p", "p"}};
    struct config_security security = {
        .method = CONFIG_AUTH_SIMPLE, .users = mixed, .user_count = 2};
    struct auth_realm *realm;
    struct text hash;

    text_init(&hash);
    cr_assert_eq(auth_hash_password(AUTH_HASH_SCRYPT, SLICE("geheim"), &hash), 0);
    mixed[0].password = hash.bytes;
    realm = realm_of(&security);
    cr_assert(can_login(realm, "hashed", "geheim"));
    cr_assert_not(can_login(realm, "hashed", "falsch"));
    cr_assert_not(can_login(realm, "hashed", hash.bytes), "the hash is not the password");
    cr_assert(can_login(realm, "plain", "p"));
    text_fini(&hash);
    auth_realm_unref(realm);
}

Test(simple, says_that_a_login_is_costly_when_a_hash_must_be_computed)
{
    struct config_user mixed[] = {
        {"hashed", "{pbkdf2}sha256$1000$MDEyMzQ1Njc$MDEyMzQ1Njc4OWFiY2RlZg==", "h"},
        {"plain", "p", "p"},
    };
    struct config_security security = {
        .method = CONFIG_AUTH_SIMPLE, .users = mixed, .user_count = 2};
    struct auth_realm *realm = realm_of(&security);
    struct auth_credentials credentials = {SLICE("hashed"), SLICE("x"), ""};

    cr_assert(auth_is_costly(realm, &credentials));
    credentials.user = SLICE("plain");
    cr_assert_not(auth_is_costly(realm, &credentials));
    credentials.user = SLICE("nobody"); /* as costly as a known one, or it could be told apart */
    cr_assert(auth_is_costly(realm, &credentials));
    auth_realm_unref(realm);
}

Test(simple, refuses_a_broken_hash_without_showing_it)
{
    struct config_user broken[] = {{"bob", "{scrypt}3$8$1$c2FsdHNhbHQ$topsecret", "g"}};
    struct config_security security = {
        .method = CONFIG_AUTH_SIMPLE, .users = broken, .user_count = 1};
    struct auth_realm *realm = NULL;
    struct text_error why = {""};

    cr_assert_eq(auth_realm_create(&security, &realm, &why), -EINVAL);
    cr_assert_null(realm);
    cr_assert(strstr(why.text, "bob"), "%s", why.text);
    cr_assert_null(strstr(why.text, "topsecret"));
}

Test(simple, needs_nothing_of_the_configuration_afterwards)
{
    char name[] = "amq", password[] = "secret", groups[] = "admins";
    struct config_user user = {name, password, groups};
    struct config_security security = {
        .method = CONFIG_AUTH_SIMPLE, .users = &user, .user_count = 1};
    struct auth_realm *realm = realm_of(&security);
    struct auth_principal *principal;

    memset(name, 'x', 3);
    memset(password, 'x', 6);
    memset(groups, 'x', 6);
    principal = login(realm, "amq", "secret");
    auth_realm_unref(realm); /* the principal outlives its realm */
    cr_assert(is_named(principal, "amq"));
    cr_assert(has_group(principal, "admins"));
    auth_principal_unref(principal);
}

Test(simple, frees_a_realm_and_a_principal_with_their_last_reference)
{
    struct auth_realm *realm = simple_realm(false);
    struct auth_principal *principal = login(realm, "amq", "secret");

    cr_assert_eq(auth_realm_ref(realm), realm);
    auth_realm_unref(realm);
    cr_assert(can_login(realm, "amq", "secret"));
    cr_assert_eq(auth_principal_ref(principal), principal);
    auth_principal_unref(principal);
    cr_assert(has_group(principal, "admins"));
    auth_principal_unref(principal);
    auth_realm_unref(realm);
    auth_realm_unref(NULL);
    auth_principal_unref(NULL);
}

Test(no_plugin, lets_everybody_in_under_the_name_given)
{
    struct config_security security = {.method = CONFIG_AUTH_NONE};
    struct auth_realm *realm = realm_of(&security);
    struct auth_principal *named = login(realm, "whoever", "whatever");
    struct auth_principal *nobody = login(realm, NULL, NULL);

    cr_assert(is_named(named, "whoever"));
    cr_assert_not(slice_is_present(auth_principal_name(nobody)));
    cr_assert_not(has_group(named, "whoever"));
    auth_principal_unref(named);
    auth_principal_unref(nobody);
    auth_realm_unref(realm);
}
