/* SPDX-License-Identifier: Apache-2.0 */
#include "jaas.h"
#include "base/log.h"
#include "base/role.h"
#include "config/properties.h"
#include "jaas_files.h"
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#define PACKAGE "org.apache.activemq.jaas."

struct jaas_place {
    struct auth_arena *arena;
    const char *file;       /* login.config */
    struct slice directory; /* where it lies */
};

static struct slice join(struct auth_arena *arena, struct slice directory, struct slice name)
{
    struct text path;
    struct slice joined;

    text_init(&path);
    if (name.len == 0 || name.bytes[0] != '/') {
        text_add(&path, directory);
        text_add_char(&path, '/');
    }
    text_add(&path, name);
    joined = auth_arena_dup(arena, text_slice(&path));
    text_fini(&path);
    return joined;
}

static struct slice environment(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? slice_of_text(value) : SLICE_ABSENT;
}

/* What ActiveMQ's start script defines, found from where login.config lies when the environment
 * does not say. */
static struct slice property(void *arg, struct slice name)
{
    const struct jaas_place *place = arg;
    struct slice home = environment("ACTIVEMQ_HOME"), base = environment("ACTIVEMQ_BASE");
    struct slice conf = environment("ACTIVEMQ_CONF"), data = environment("ACTIVEMQ_DATA");

    if (!slice_is_present(base))
        base = slice_is_present(home) ? home : join(place->arena, place->directory, SLICE(".."));
    if (slice_is(name, "activemq.home"))
        return slice_is_present(home) ? home : base;
    if (slice_is(name, "activemq.base"))
        return base;
    if (slice_is(name, "activemq.conf"))
        return slice_is_present(conf) ? conf : place->directory;
    if (slice_is(name, "activemq.data"))
        return slice_is_present(data) ? data : join(place->arena, base, SLICE("data"));
    if (slice_is(name, "user.home"))
        return environment("HOME");
    if (slice_is(name, "java.io.tmpdir"))
        return SLICE("/tmp");
    return SLICE_ABSENT;
}

static struct slice directory_of(const char *file)
{
    const char *slash = strrchr(file, '/');

    if (!slash)
        return SLICE(".");
    return slice_of(file, slash == file ? 1 : (size_t)(slash - file));
}

static bool is_true(const struct login_module *module, const char *option)
{
    struct slice value = login_module_option(module, option);

    return value.len == 4 && strncasecmp((const char *)value.bytes, "true", 4) == 0;
}

static struct slice option_or(const struct login_module *module, const char *name,
                              struct slice otherwise)
{
    struct slice value = login_module_option(module, name);

    return slice_is_present(value) ? value : otherwise;
}

static int init_properties(struct jaas_module *module, const struct jaas_place *place,
                           const struct login_module *from, struct text_error *why)
{
    struct slice directory = option_or(from, "baseDir", place->directory);
    struct slice users = option_or(from, PACKAGE "properties.user", SLICE("user"));
    struct slice groups = option_or(from, PACKAGE "properties.group", SLICE("group"));
    struct log_scope log = {.module = "auth", .worker = WORKER_NONE};

    module->kind = JAAS_PROPERTIES;
    if (is_true(from, "decrypt")) {
        text_error_set(why,
                       "%s:%d: decrypt=true: encrypted passwords are not supported, use "
                       "hashed ones",
                       place->file, from->line);
        return -EINVAL;
    }
    users = join(place->arena, directory, users);
    groups = join(place->arena, directory, groups);
    if (place->arena->failed)
        return -ENOMEM;
    if (is_true(from, "reload"))
        log_event(&log, LOG_INFO, "jaas_reload", "file=\"%s\" note=\"read again on SIGHUP only\"",
                  (const char *)users.bytes);
    return jaas_files_load((const char *)users.bytes, (const char *)groups.bytes, place->arena,
                           &module->users, why);
}

static int init_module(struct jaas_module *module, const struct jaas_place *place,
                       const struct login_module *from, struct text_error *why)
{
    module->flag = from->flag;
    if (slice_is(from->class_name, PACKAGE "PropertiesLoginModule"))
        return init_properties(module, place, from, why);
    if (slice_is(from->class_name, PACKAGE "GuestLoginModule")) {
        module->kind = JAAS_GUEST;
        module->guest_user = option_or(from, PACKAGE "guest.user", SLICE("guest"));
        module->guest_group = option_or(from, PACKAGE "guest.group", SLICE("guests"));
        module->guest_has_no_password = is_true(from, "credentialsInvalidate");
        return 0;
    }
    text_error_set(why, "%s:%d: the login module %.*s is not supported (supported: %s, %s)",
                   place->file, from->line, SLICE_FMT(from->class_name), "PropertiesLoginModule",
                   "GuestLoginModule");
    return -EINVAL;
}

static int init_modules(struct jaas *jaas, const struct jaas_place *place,
                        const struct login_realm *realm, struct text_error *why)
{
    for (const struct login_module *from = realm->modules; from; from = from->next) {
        int rc;

        if (jaas->module_count == JAAS_MODULES_MAX) {
            text_error_set(why, "%s:%d: a realm may have %d modules", place->file, from->line,
                           JAAS_MODULES_MAX);
            return -EINVAL;
        }
        rc = init_module(&jaas->modules[jaas->module_count++], place, from, why);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int jaas_init(struct jaas *jaas, struct auth_arena *arena, const struct config_security *security,
              struct text_error *why)
{
    const char *name = security->jaas_realm ? security->jaas_realm : "activemq-domain";
    struct jaas_place place = {.arena = arena, .file = security->jaas_file};
    const struct login_realm *realm;
    struct login_realm *realms = NULL;
    struct text bytes;
    int rc;

    if (!place.file) {
        text_error_set(why, "jaasAuthenticationPlugin: no login.config was found");
        return -EINVAL;
    }
    place.directory = auth_arena_dup(arena, directory_of(place.file));
    text_init(&bytes);
    rc = properties_read_file(place.file, PROPERTIES_BYTES_MAX, &bytes, why);
    if (rc == 0)
        rc = login_config_parse(text_slice(&bytes), place.file, property, &place, arena, &realms,
                                why);
    text_fini(&bytes);
    if (rc != 0)
        return rc == -ENOMEM ? rc : -EINVAL;
    realm = login_config_find(realms, slice_of_text(name));
    if (!realm) {
        text_error_set(why, "%s: there is no realm \"%s\" in it", place.file, name);
        return -EINVAL;
    }
    return init_modules(jaas, &place, realm, why);
}

enum jaas_answer { JAAS_YES, JAAS_NO, JAAS_IGNORED };

/* What a module that said yes adds to the principal. */
struct jaas_identity {
    struct slice user;
    const struct slice *groups;
    size_t group_count;
};

static enum jaas_answer ask(const struct jaas_module *module,
                            const struct auth_credentials *credentials,
                            struct jaas_identity *identity)
{
    const struct user *user;

    if (module->kind == JAAS_GUEST) {
        if (module->guest_has_no_password && slice_is_present(credentials->password))
            return JAAS_IGNORED;
        *identity = (struct jaas_identity){module->guest_user, &module->guest_group, 1};
        return JAAS_YES;
    }
    user = user_table_check(&module->users, credentials->user, credentials->password);
    if (!user)
        return JAAS_NO;
    *identity = (struct jaas_identity){user->name, user->groups, user->group_count};
    return JAAS_YES;
}

/*
 * The rules of JAAS: a required module must not fail but the others are still asked; a requisite
 * one that fails ends it; a sufficient one that succeeds ends it with success unless a required
 * one failed before; of optional ones alone one must succeed. Returns how many identities there
 * are, 0: refused.
 */
static size_t run_modules(const struct jaas *jaas, const struct auth_credentials *credentials,
                          struct jaas_identity identities[JAAS_MODULES_MAX])
{
    bool required_failed = false;
    size_t count = 0;

    for (size_t i = 0; i < jaas->module_count; i++) {
        enum login_flag flag = jaas->modules[i].flag;
        enum jaas_answer answer = ask(&jaas->modules[i], credentials, &identities[count]);

        count += answer == JAAS_YES;
        if (answer == JAAS_YES && flag == LOGIN_SUFFICIENT && !required_failed)
            return count;
        if (answer == JAAS_NO && flag == LOGIN_REQUISITE)
            return 0;
        if (answer == JAAS_NO && flag == LOGIN_REQUIRED)
            required_failed = true;
    }
    return required_failed ? 0 : count;
}

int jaas_login(const struct jaas *jaas, const struct auth_credentials *credentials,
               struct auth_principal **out)
{
    struct jaas_identity identities[JAAS_MODULES_MAX];
    size_t count = run_modules(jaas, credentials, identities);
    /* JAAS users carry a user principal, which the group "*" takes as well. */
    struct principal_plan plan = {.is_authenticated = true, .is_any_group = true};
    struct slice *groups;
    size_t room = 1;

    if (count == 0)
        return -EACCES;
    for (size_t i = 0; i < count; i++)
        room += identities[i].group_count;
    groups = calloc(room, sizeof *groups);
    if (!groups)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        for (size_t g = 0; g < identities[i].group_count; g++)
            groups[plan.group_count++] = identities[i].groups[g];
    plan.name = identities[0].user;
    plan.groups = groups;
    *out = principal_create(&plan);
    free(groups);
    return *out ? 0 : -ENOMEM;
}

bool jaas_is_costly(const struct jaas *jaas, const struct auth_credentials *credentials)
{
    for (size_t i = 0; i < jaas->module_count; i++)
        if (jaas->modules[i].kind == JAAS_PROPERTIES &&
            user_table_is_costly(&jaas->modules[i].users, credentials->user))
            return true;
    return false;
}
