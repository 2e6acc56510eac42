/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a login.config: a tree that can be walked, or a reason; never a crash. */
#include "../../auth/login_config.h"
#include <assert.h>
#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct slice property(void *arg, struct slice name)
{
    (void)arg;
    return slice_is(name, "activemq.conf") ? SLICE("/etc/corewire") : SLICE_ABSENT;
}

static void check_module(const struct login_module *module)
{
    assert(slice_is_present(module->class_name));
    assert(module->line > 0);
    assert(module->flag <= LOGIN_OPTIONAL);
    for (const struct login_option *option = module->options; option; option = option->next) {
        assert(slice_is_present(option->name));
        assert(slice_is_present(option->value));
    }
}

static void check_realm(const struct login_realm *realms, const struct login_realm *realm)
{
    assert(realm->modules);
    assert(login_config_find(realms, realm->name) == realm);
    for (const struct login_module *module = realm->modules; module; module = module->next)
        check_module(module);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct auth_arena arena;
    struct login_realm *realms = NULL;
    struct text_error why = {""};
    int rc;

    auth_arena_init(&arena);
    rc = login_config_parse(slice_of(data, size), "f", property, NULL, &arena, &realms, &why);
    if (rc == 0) {
        for (const struct login_realm *realm = realms; realm; realm = realm->next)
            check_realm(realms, realm);
    } else {
        assert(rc == -EINVAL);
        assert(!realms);
        assert(strncmp(why.text, "f:", 2) == 0);
    }
    auth_arena_fini(&arena);
    return 0;
}
