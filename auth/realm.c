/* SPDX-License-Identifier: Apache-2.0 */
#include "authorization.h"
#include "jaas.h"
#include "principal.h"
#include "user_table.h"
#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { SHOWN_NAME_MAX = 160 }; /* of a name in an error, so that the sentence is not cut */

struct auth_realm {
    atomic_uint refs;
    struct auth_arena arena; /* owns all of the below */
    enum config_auth_method method;
    struct user_table users; /* simple */
    bool anonymous_access;
    struct slice anonymous_user, anonymous_group;
    struct jaas jaas;
    struct authorization authorization;
};

static void destroy(struct auth_realm *realm)
{
    auth_arena_fini(&realm->arena);
    free(realm);
}

static void add_groups(struct user *user, struct auth_arena *arena, const char *list)
{
    struct slice rest = slice_of_text(list), group;

    while (authorization_next_part(&rest, &group))
        user_add_group(user, arena, group);
}

static int init_simple(struct auth_realm *realm, const struct config_security *security,
                       struct text_error *why)
{
    const char *anonymous_user = security->anonymous_user, *group = security->anonymous_group;

    for (size_t i = 0; i < security->user_count; i++) {
        const struct config_user *from = &security->users[i];
        struct text_error reason;
        int rc = user_table_add(&realm->users, &realm->arena, slice_of_text(from->name),
                                slice_of_text(from->password), &reason);

        if (rc != 0) {
            text_error_set(why, "user \"%.*s\": %s", SHOWN_NAME_MAX, from->name, reason.text);
            return rc;
        }
        if (realm->arena.failed)
            return -ENOMEM;
        add_groups(&realm->users.users[i], &realm->arena, from->groups);
    }
    user_table_seal(&realm->users);
    realm->anonymous_access = security->anonymous_access;
    realm->anonymous_user =
        auth_arena_dup(&realm->arena, slice_of_text(anonymous_user ? anonymous_user : "anonymous"));
    realm->anonymous_group =
        auth_arena_dup(&realm->arena, slice_of_text(group ? group : "anonymous"));
    return 0;
}

static int init_authentication(struct auth_realm *realm, const struct config_security *security,
                               struct text_error *why)
{
    switch (security->method) {
    case CONFIG_AUTH_NONE:
        return 0;
    case CONFIG_AUTH_SIMPLE:
        return init_simple(realm, security, why);
    case CONFIG_AUTH_JAAS:
        return jaas_init(&realm->jaas, &realm->arena, security, why);
    }
    return -EINVAL;
}

int auth_realm_create(const struct config_security *security, struct auth_realm **out,
                      struct text_error *why)
{
    struct auth_realm *realm = calloc(1, sizeof *realm);
    int rc = -ENOMEM;

    if (realm) {
        atomic_init(&realm->refs, 1);
        auth_arena_init(&realm->arena);
        realm->method = security->method;
        rc = init_authentication(realm, security, why);
        if (rc == 0)
            authorization_init(&realm->authorization, &realm->arena, security);
        if (realm->arena.failed)
            rc = -ENOMEM;
    }
    if (rc == 0) {
        *out = realm;
        return 0;
    }
    if (rc == -ENOMEM)
        text_error_set(why, "out of memory");
    if (realm)
        destroy(realm);
    return rc;
}

struct auth_realm *auth_realm_ref(struct auth_realm *realm)
{
    /* relaxed: who refs holds a reference already */
    unsigned before = atomic_fetch_add_explicit(&realm->refs, 1, memory_order_relaxed);

    assert(before > 0); /* at zero it is already being freed */
    assert(before < UINT32_MAX);
    return realm;
}

void auth_realm_unref(struct auth_realm *realm)
{
    unsigned before;

    if (!realm)
        return;
    /* acq_rel: all reads by others happen before the free */
    before = atomic_fetch_sub_explicit(&realm->refs, 1, memory_order_acq_rel);
    assert(before > 0);
    if (before == 1)
        destroy(realm);
}

/* ActiveMQ's words. The name comes from the peer: shown short, whole in UTF-8 and without
 * control characters. */
static void explain_refusal(struct slice user, struct text_error *why)
{
    char shown[SHOWN_NAME_MAX + 1];
    size_t len;

    if (!slice_is_present(user))
        user = SLICE("null");
    len = user.len < SHOWN_NAME_MAX ? user.len : SHOWN_NAME_MAX;
    while (len < user.len && len > 0 && (user.bytes[len] & 0xC0) == 0x80)
        len--;
    for (size_t i = 0; i < len; i++)
        shown[i] = user.bytes[i] < ' ' || user.bytes[i] == 0x7F ? '?' : (char)user.bytes[i];
    shown[len] = '\0';
    text_error_set(why, "User name [%s] or password is invalid.", shown);
}

static int login_unknown(const struct auth_credentials *credentials, struct auth_principal **out)
{
    *out = principal_create(&(struct principal_plan){.name = credentials->user});
    return *out ? 0 : -ENOMEM;
}

static int login_simple(const struct auth_realm *realm, const struct auth_credentials *credentials,
                        struct auth_principal **out)
{
    bool has_user = slice_is_present(credentials->user);
    bool has_password = slice_is_present(credentials->password);
    struct principal_plan plan = {.is_authenticated = true};

    if (realm->anonymous_access && !has_user && !has_password) {
        plan.name = realm->anonymous_user;
        plan.groups = &realm->anonymous_group;
        plan.group_count = 1;
    } else {
        const struct user *user =
            user_table_check(&realm->users, credentials->user, credentials->password);

        if (!user || !has_password)
            return -EACCES;
        plan.name = user->name;
        plan.groups = user->groups;
        plan.group_count = user->group_count;
    }
    *out = principal_create(&plan);
    return *out ? 0 : -ENOMEM;
}

int auth_authenticate(struct auth_realm *realm, const struct auth_credentials *credentials,
                      struct auth_principal **out, struct text_error *why)
{
    struct auth_principal *principal = NULL;
    int rc = -EACCES;

    if (credentials->user.len <= AUTH_CREDENTIAL_BYTES_MAX &&
        credentials->password.len <= AUTH_CREDENTIAL_BYTES_MAX) {
        switch (realm->method) {
        case CONFIG_AUTH_NONE:
            rc = login_unknown(credentials, &principal);
            break;
        case CONFIG_AUTH_SIMPLE:
            rc = login_simple(realm, credentials, &principal);
            break;
        case CONFIG_AUTH_JAAS:
            rc = jaas_login(&realm->jaas, credentials, &principal);
            break;
        }
    }
    if (rc == 0)
        *out = principal;
    else if (rc == -EACCES)
        explain_refusal(credentials->user, why);
    else
        text_error_set(why, "out of memory");
    return rc;
}

bool auth_is_costly(const struct auth_realm *realm, const struct auth_credentials *credentials)
{
    if (credentials->user.len > AUTH_CREDENTIAL_BYTES_MAX ||
        credentials->password.len > AUTH_CREDENTIAL_BYTES_MAX)
        return false;
    if (realm->method == CONFIG_AUTH_SIMPLE)
        return user_table_is_costly(&realm->users, credentials->user);
    return realm->method == CONFIG_AUTH_JAAS && jaas_is_costly(&realm->jaas, credentials);
}

bool auth_may(const struct auth_realm *realm, const struct auth_principal *principal,
              enum auth_right right, enum config_destination_kind kind, struct slice name)
{
    return authorization_allows(&realm->authorization, principal, right, kind, name);
}
