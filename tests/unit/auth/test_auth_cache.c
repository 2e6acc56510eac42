/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth_cache.h"
#include "auth_fixture.h"

static struct auth_realm *realm_with(const char *hashed)
{
    struct config_user users[] = {{"node", hashed, "servers"}, {"plain", "text", "everyone"}};
    struct config_security security = {
        .method = CONFIG_AUTH_SIMPLE, .users = users, .user_count = ARRAY_LEN(users)};

    return realm_of(&security);
}

static struct auth_realm *realm_for(const char *password)
{
    struct text hashed;
    struct auth_realm *realm;

    text_init(&hashed);
    cr_assert_eq(auth_hash_password(AUTH_HASH_SCRYPT, slice_of_text(password), &hashed), 0);
    realm = realm_with(hashed.bytes);
    text_fini(&hashed);
    return realm;
}

static int log_in(struct auth_cache *cache, struct auth_realm *realm, const char *user,
                  const char *password, struct auth_principal **out)
{
    struct auth_credentials credentials = {slice_of_text(user), slice_of_text(password), "test"};
    struct text_error why;

    return auth_cache_login(cache, realm, &credentials, out, &why);
}

Test(auth_cache, knows_a_costly_login_again_as_the_same_principal)
{
    struct auth_cache *cache = auth_cache_create();
    struct auth_realm *realm = realm_for("secret");
    struct auth_principal *first = NULL, *second = NULL;

    cr_assert_eq(log_in(cache, realm, "node", "secret", &first), 0);
    cr_assert_eq(log_in(cache, realm, "node", "secret", &second), 0);
    cr_assert_eq(first, second, "the second login was checked again");
    auth_principal_unref(first);
    auth_principal_unref(second);
    auth_cache_destroy(cache);
    auth_realm_unref(realm);
}

Test(auth_cache, still_refuses_another_password_for_a_known_user)
{
    struct auth_cache *cache = auth_cache_create();
    struct auth_realm *realm = realm_for("secret");
    struct auth_principal *principal = NULL, *none = NULL;

    cr_assert_eq(log_in(cache, realm, "node", "secret", &principal), 0);
    cr_assert_eq(log_in(cache, realm, "node", "secre", &none), -EACCES);
    cr_assert_eq(log_in(cache, realm, "nodes", "ecret", &none), -EACCES);
    cr_assert_null(none);
    auth_principal_unref(principal);
    auth_cache_destroy(cache);
    auth_realm_unref(realm);
}

Test(auth_cache, forgets_all_when_the_realm_is_a_new_one)
{
    struct auth_cache *cache = auth_cache_create();
    struct auth_realm *before = realm_for("old"), *after = realm_for("new");
    struct auth_principal *principal = NULL, *none = NULL;

    cr_assert_eq(log_in(cache, before, "node", "old", &principal), 0);
    cr_assert_eq(log_in(cache, after, "node", "old", &none), -EACCES);
    auth_principal_unref(principal);
    cr_assert_eq(log_in(cache, after, "node", "new", &principal), 0);
    auth_principal_unref(principal);
    auth_cache_destroy(cache);
    auth_realm_unref(before);
    auth_realm_unref(after);
}

Test(auth_cache, does_not_keep_what_costs_nothing)
{
    struct auth_cache *cache = auth_cache_create();
    struct auth_realm *realm = realm_with("other");
    struct auth_principal *first = NULL, *second = NULL;

    cr_assert_eq(log_in(cache, realm, "plain", "text", &first), 0);
    cr_assert_eq(log_in(cache, realm, "plain", "text", &second), 0);
    cr_assert_neq(first, second);
    auth_principal_unref(first);
    auth_principal_unref(second);
    auth_cache_destroy(cache);
    auth_realm_unref(realm);
}
