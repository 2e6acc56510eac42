/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTH_JAAS_H
#define AUTH_JAAS_H
/*
 * jaas.h - logging in through the modules of a login.config.
 *
 * Known modules are ActiveMQ's PropertiesLoginModule and GuestLoginModule; another one in the
 * realm that is used is refused at start, one in other realms does not matter.
 *
 * Threads    filled by one thread; immutable and readable by any afterwards.
 * Ownership  everything lives in the arena.
 * Limits     16 modules in a realm. Files are read once; a reload of the configuration reads
 *            them again.
 */
#include "login_config.h"
#include "principal.h"
#include "user_table.h"

enum { JAAS_MODULES_MAX = 16 };

enum jaas_module_kind { JAAS_PROPERTIES, JAAS_GUEST };

struct jaas_module {
    enum jaas_module_kind kind;
    enum login_flag flag;
    struct user_table users;              /* JAAS_PROPERTIES */
    struct slice guest_user, guest_group; /* JAAS_GUEST */
    bool guest_has_no_password;           /* credentialsInvalidate */
};

struct jaas {
    struct jaas_module modules[JAAS_MODULES_MAX];
    size_t module_count;
};

/* -EINVAL with `why`; check arena->failed as well. */
int jaas_init(struct jaas *jaas, struct auth_arena *arena, const struct config_security *security,
              struct text_error *why) MUST_CHECK;
/* 0, -EACCES or -ENOMEM. */
int jaas_login(const struct jaas *jaas, const struct auth_credentials *credentials,
               struct auth_principal **out) MUST_CHECK;
bool jaas_is_costly(const struct jaas *jaas, const struct auth_credentials *credentials);
#endif
