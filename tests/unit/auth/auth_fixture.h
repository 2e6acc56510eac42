/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTH_FIXTURE_H
#define AUTH_FIXTURE_H
/* auth_fixture.h - short ways to say what the tests of auth need. */
#include "auth/auth.h"
#include <criterion/criterion.h>
#include <errno.h>

static inline struct auth_realm *realm_of(const struct config_security *security)
{
    struct auth_realm *realm = NULL;
    struct text_error why = {""};

    cr_assert_eq(auth_realm_create(security, &realm, &why), 0, "%s", why.text);
    return realm;
}

/* NULL for text gives absent credentials. */
static inline int login_slices(struct auth_realm *realm, struct slice user, struct slice password,
                               struct auth_principal **out, struct text_error *why)
{
    struct auth_credentials credentials = {user, password, "127.0.0.1:1"};

    return auth_authenticate(realm, &credentials, out, why);
}

static inline struct auth_principal *login(struct auth_realm *realm, const char *user,
                                           const char *password)
{
    struct auth_principal *principal = NULL;
    struct text_error why = {""};
    int rc = login_slices(realm, slice_of_text(user), slice_of_text(password), &principal, &why);

    cr_assert_eq(rc, 0, "%s", why.text);
    return principal;
}

static inline bool can_login(struct auth_realm *realm, const char *user, const char *password)
{
    struct auth_principal *principal = NULL;
    struct text_error why = {""};
    int rc = login_slices(realm, slice_of_text(user), slice_of_text(password), &principal, &why);

    cr_assert(rc == 0 || rc == -EACCES);
    cr_assert_eq(rc == 0, principal != NULL);
    auth_principal_unref(principal);
    return rc == 0;
}

static inline bool has_group(const struct auth_principal *principal, const char *group)
{
    return auth_principal_has_group(principal, slice_of_text(group));
}

static inline bool is_named(const struct auth_principal *principal, const char *name)
{
    return slice_is(auth_principal_name(principal), name);
}
#endif
