/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTH_LOGIN_CONFIG_H
#define AUTH_LOGIN_CONFIG_H
/*
 * login_config.h - reads a JAAS login.config:
 *
 *   realm {
 *       module.Class flag option="value" other=word;
 *   };
 *
 * Comments are as in Java. Values may hold ${property} and ${/}.
 *
 * Threads    any. Ownership: everything lives in the arena given to login_config_parse.
 * Order      realms, modules and options come as written.
 * Limits     a realm may be named once. A file may be 16 MB.
 */
#include "auth_arena.h"
#include "base/text.h"

enum login_flag { LOGIN_REQUIRED, LOGIN_REQUISITE, LOGIN_SUFFICIENT, LOGIN_OPTIONAL };

struct login_option {
    struct slice name, value;
    struct login_option *next;
};

struct login_module {
    struct slice class_name;
    int line;
    enum login_flag flag;
    struct login_option *options;
    struct login_module *next;
};

struct login_realm {
    struct slice name;
    int line;
    struct login_module *modules; /* never NULL */
    struct login_realm *next;
};

/* The value of a ${name}, absent when there is none. */
typedef struct slice login_property_fn(void *arg, struct slice name);

/* -EINVAL with `why` (file:line), -ENOMEM. */
int login_config_parse(struct slice bytes, const char *file, login_property_fn *property,
                       void *property_arg, struct auth_arena *arena, struct login_realm **out,
                       struct text_error *why) MUST_CHECK;
/* As JAAS: without a realm of that name, the one named "other". NULL: neither. */
const struct login_realm *login_config_find(const struct login_realm *realms, struct slice name);
/* Absent when the option is not given. */
struct slice login_module_option(const struct login_module *module, const char *name);
#endif
