/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTH_PRINCIPAL_H
#define AUTH_PRINCIPAL_H
/* principal.h - making principals; what they are stands in auth/auth.h. */
#include "auth/auth.h"

struct principal_plan {
    struct slice name;          /* absent: nobody in particular */
    const struct slice *groups; /* may name a group twice */
    size_t group_count;
    bool is_authenticated; /* a plugin let the user in */
    bool is_any_group;     /* counts for the group "*" even without a group */
};

/* Copies all of the plan. NULL: no memory. */
struct auth_principal *principal_create(const struct principal_plan *plan) MUST_CHECK;
bool principal_is_authenticated(const struct auth_principal *principal);
bool principal_is_any_group(const struct auth_principal *principal);
#endif
