/* SPDX-License-Identifier: Apache-2.0 */
#include "principal.h"
#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

struct auth_principal {
    atomic_uint refs;
    bool is_authenticated, is_any_group;
    struct slice name;
    size_t group_count;
    struct slice groups[]; /* the bytes of the groups and of the name follow */
};

static struct slice copy_bytes(struct slice s, uint8_t **to)
{
    struct slice copy = slice_of(*to, s.len);

    if (s.len > 0)
        memcpy(*to, s.bytes, s.len);
    *to += s.len;
    return copy;
}

struct auth_principal *principal_create(const struct principal_plan *plan)
{
    size_t len = plan->name.len;
    struct auth_principal *principal;
    uint8_t *to;

    for (size_t i = 0; i < plan->group_count; i++)
        len += plan->groups[i].len;
    len += sizeof *principal + plan->group_count * sizeof plan->groups[0];
    principal = malloc(len);
    if (!principal)
        return NULL;
    atomic_init(&principal->refs, 1);
    principal->is_authenticated = plan->is_authenticated;
    principal->is_any_group = plan->is_any_group || plan->group_count > 0;
    principal->group_count = plan->group_count;
    to = (uint8_t *)&principal->groups[plan->group_count];
    for (size_t i = 0; i < plan->group_count; i++)
        principal->groups[i] = copy_bytes(plan->groups[i], &to);
    principal->name = SLICE_ABSENT;
    if (slice_is_present(plan->name))
        principal->name = copy_bytes(plan->name, &to);
    return principal;
}

struct auth_principal *auth_principal_ref(struct auth_principal *principal)
{
    /* relaxed: who refs holds a reference already */
    unsigned before = atomic_fetch_add_explicit(&principal->refs, 1, memory_order_relaxed);

    assert(before > 0); /* at zero it is already being freed */
    assert(before < UINT32_MAX);
    return principal;
}

void auth_principal_unref(struct auth_principal *principal)
{
    unsigned before;

    if (!principal)
        return;
    /* acq_rel: all reads by others happen before the free */
    before = atomic_fetch_sub_explicit(&principal->refs, 1, memory_order_acq_rel);
    assert(before > 0);
    if (before == 1)
        free(principal);
}

struct slice auth_principal_name(const struct auth_principal *principal)
{
    return principal->name;
}

bool auth_principal_has_group(const struct auth_principal *principal, struct slice group)
{
    for (size_t i = 0; i < principal->group_count; i++)
        if (slice_equal(principal->groups[i], group))
            return true;
    return false;
}

bool principal_is_authenticated(const struct auth_principal *principal)
{
    return principal->is_authenticated;
}

bool principal_is_any_group(const struct auth_principal *principal)
{
    return principal->is_any_group;
}
