/* SPDX-License-Identifier: Apache-2.0 */
#include "auth_fixture.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char directory[] = "/tmp/corewire-jaas-XXXXXX";

static void write_file(const char *name, const char *content)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", directory, name);
    file = fopen(path, "w");
    cr_assert(file);
    cr_assert(fputs(content, file) >= 0);
    cr_assert_eq(fclose(file), 0);
}

static void setup(void)
{
    cr_assert(mkdtemp(directory));
    write_file("users.properties", "# who\n"
                                   "admin=manager\n"
                                   "user = password\n"
                                   "bob : with\\u00e4\n"
                                   "trailing=blank \n"
                                   "nopass=\n"
                                   "twice=first\n"
                                   "twice=second\n");
    write_file("groups.properties", "admins=admin\n"
                                    "users=admin,user,bob\n"
                                    "spaced=user, bob\n"
                                    "replaced=user\n"
                                    "replaced=bob\n"
                                    "strangers=nobody\n");
    write_file("guests.properties", "visitor=v\n");
    write_file("none.properties", "");
}

static void teardown(void)
{
    static const char *const names[] = {"users.properties", "groups.properties",
                                        "guests.properties", "none.properties", "login.config"};
    char path[128];

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        unlink(path);
    }
    rmdir(directory);
}

TestSuite(jaas, .init = setup, .fini = teardown);

#define CLASS(name) "org.apache.activemq.jaas." name "LoginModule"
#define FILES(users, groups) \
    " org.apache.activemq.jaas.properties.user=\"" users "\"" \
    " org.apache.activemq.jaas.properties.group=\"" groups "\";\n"
#define USERS(flag)    CLASS("Properties") " " flag FILES("users.properties", "groups.properties")
#define VISITORS(flag) CLASS("Properties") " " flag FILES("guests.properties", "none.properties")
#define REALM(modules) "activemq {\n" modules "};\n"

static int create(const char *content, const char *name, struct auth_realm **out,
                  struct text_error *why)
{
    char path[128];
    struct config_security security = {
        .method = CONFIG_AUTH_JAAS, .jaas_realm = name, .jaas_file = path};

    snprintf(path, sizeof path, "%s/login.config", directory);
    if (content)
        write_file("login.config", content);
    return auth_realm_create(&security, out, why);
}

static struct auth_realm *realm_from(const char *content)
{
    struct auth_realm *realm = NULL;
    struct text_error why = {""};

    cr_assert_eq(create(content, "activemq", &realm, &why), 0, "%s", why.text);
    return realm;
}

/* Creation fails and the reason holds `words`. */
static void assert_refused(const char *content, const char *words)
{
    struct auth_realm *realm = NULL;
    struct text_error why = {""};

    cr_assert_eq(create(content, "activemq", &realm, &why), -EINVAL);
    cr_assert_null(realm);
    cr_assert(strstr(why.text, words), "%s", why.text);
}

Test(jaas, lets_users_of_the_file_in_with_their_groups)
{
    struct auth_realm *realm = realm_from(REALM(USERS("required")));
    struct auth_principal *admin = login(realm, "admin", "manager");

    cr_assert(is_named(admin, "admin"));
    cr_assert(has_group(admin, "admins"));
    cr_assert(has_group(admin, "users"));
    cr_assert_not(has_group(admin, "strangers"));
    cr_assert_not(can_login(realm, "admin", "password"));
    cr_assert_not(can_login(realm, "nobody", ""));
    auth_principal_unref(admin);
    auth_realm_unref(realm);
}

Test(jaas, refuses_in_the_words_of_activemq)
{
    struct auth_realm *realm = realm_from(REALM(USERS("required")));
    struct auth_principal *principal = NULL;
    struct text_error why = {""};

    cr_assert_eq(login_slices(realm, SLICE("admin"), SLICE("x"), &principal, &why), -EACCES);
    cr_assert_str_eq(why.text, "User name [admin] or password is invalid.");
    auth_realm_unref(realm);
}

Test(jaas, does_not_trim_around_the_commas_of_a_group)
{
    struct auth_realm *realm = realm_from(REALM(USERS("required")));
    struct auth_principal *user = login(realm, "user", "password");
    struct auth_principal *bob = login(realm, "bob", "with\xC3\xA4");

    cr_assert(has_group(user, "spaced"));
    cr_assert_not(has_group(bob, "spaced"));
    auth_principal_unref(user);
    auth_principal_unref(bob);
    auth_realm_unref(realm);
}

Test(jaas, lets_the_last_line_of_a_key_count)
{
    struct auth_realm *realm = realm_from(REALM(USERS("required")));
    struct auth_principal *user = login(realm, "user", "password");
    struct auth_principal *bob = login(realm, "bob", "with\xC3\xA4");

    cr_assert(can_login(realm, "twice", "second"));
    cr_assert_not(can_login(realm, "twice", "first"));
    cr_assert(has_group(bob, "replaced"));
    cr_assert_not(has_group(user, "replaced"));
    auth_principal_unref(user);
    auth_principal_unref(bob);
    auth_realm_unref(realm);
}

Test(jaas, counts_blanks_at_the_end_of_a_password)
{
    struct auth_realm *realm = realm_from(REALM(USERS("required")));

    cr_assert(can_login(realm, "trailing", "blank "));
    cr_assert_not(can_login(realm, "trailing", "blank"));
    auth_realm_unref(realm);
}

Test(jaas, reads_a_missing_password_as_an_empty_one)
{
    struct auth_realm *realm = realm_from(REALM(USERS("required")));

    cr_assert(can_login(realm, "nopass", NULL));
    cr_assert(can_login(realm, "nopass", ""));
    cr_assert_not(can_login(realm, "admin", NULL));
    cr_assert_not(can_login(realm, "admin", ""));
    cr_assert_not(can_login(realm, NULL, NULL));
    cr_assert_not(can_login(realm, NULL, ""));
    auth_realm_unref(realm);
}

Test(jaas, lets_no_star_or_control_character_stand_for_a_user)
{
    struct auth_realm *realm = realm_from(REALM(USERS("required")));

    cr_assert_not(can_login(realm, "*", "manager"));
    cr_assert_not(can_login(realm, "adm*", "manager"));
    cr_assert_not(can_login(realm, "admin)(|(uid=*", "manager"));
    cr_assert_not(can_login(realm, "admin\n", "manager"));
    auth_realm_unref(realm);
}

Test(jaas, takes_guests_without_a_password_only_when_told_so)
{
    struct auth_realm *realm = realm_from(REALM(
        CLASS("Guest") " sufficient credentialsInvalidate=true"
                       " org.apache.activemq.jaas.guest.user=\"visitor\""
                       " org.apache.activemq.jaas.guest.group=\"visitors\";\n" USERS("requisite")));
    struct auth_principal *guest = login(realm, NULL, NULL);
    struct auth_principal *admin = login(realm, "admin", "manager");

    cr_assert(is_named(guest, "visitor"));
    cr_assert(has_group(guest, "visitors"));
    cr_assert_not(has_group(guest, "users"));
    cr_assert(is_named(admin, "admin"));
    cr_assert_not(has_group(admin, "visitors"));
    cr_assert_not(can_login(realm, "admin", "wrong"));
    cr_assert_not(can_login(realm, "admin", ""));
    auth_principal_unref(guest);
    auth_principal_unref(admin);
    auth_realm_unref(realm);
}

Test(jaas, names_a_guest_as_the_guest_whatever_name_was_claimed)
{
    struct auth_realm *realm =
        realm_from(REALM(USERS("sufficient") CLASS("Guest") " sufficient;\n"));
    struct auth_principal *guest = login(realm, "admin", "wrong");

    cr_assert(is_named(guest, "guest"));
    cr_assert(has_group(guest, "guests"));
    cr_assert_not(has_group(guest, "admins"));
    auth_principal_unref(guest);
    auth_realm_unref(realm);
}

Test(jaas, needs_every_required_module)
{
    struct auth_realm *realm = realm_from(REALM(USERS("required") VISITORS("required")));

    cr_assert_not(can_login(realm, "admin", "manager"));
    cr_assert_not(can_login(realm, "visitor", "v"));
    auth_realm_unref(realm);
}

Test(jaas, does_not_forgive_a_failed_required_module_for_a_sufficient_one)
{
    struct auth_realm *realm = realm_from(REALM(USERS("required") VISITORS("sufficient")));

    cr_assert_not(can_login(realm, "visitor", "v"));
    cr_assert(can_login(realm, "admin", "manager"));
    auth_realm_unref(realm);
}

Test(jaas, stops_at_a_sufficient_module_that_succeeds)
{
    struct auth_realm *realm = realm_from(REALM(VISITORS("sufficient") USERS("required")));

    cr_assert(can_login(realm, "visitor", "v"));
    cr_assert(can_login(realm, "admin", "manager"));
    cr_assert_not(can_login(realm, "admin", "v"));
    auth_realm_unref(realm);
}

Test(jaas, stops_at_a_requisite_module_that_fails)
{
    struct auth_realm *realm = realm_from(REALM(VISITORS("requisite") USERS("sufficient")));

    cr_assert_not(can_login(realm, "admin", "manager"));
    cr_assert(can_login(realm, "visitor", "v"));
    auth_realm_unref(realm);
}

Test(jaas, needs_one_of_several_optional_modules)
{
    struct auth_realm *realm = realm_from(REALM(VISITORS("optional") USERS("Optional")));

    cr_assert(can_login(realm, "admin", "manager"));
    cr_assert(can_login(realm, "visitor", "v"));
    cr_assert_not(can_login(realm, "visitor", "manager"));
    auth_realm_unref(realm);
}

Test(jaas, joins_the_groups_of_all_modules_that_succeeded)
{
    struct auth_realm *realm = realm_from(REALM(USERS("required") CLASS("Guest") " optional;\n"));
    struct auth_principal *admin = login(realm, "admin", "manager");

    cr_assert(is_named(admin, "admin"));
    cr_assert(has_group(admin, "admins"));
    cr_assert(has_group(admin, "guests"));
    cr_assert_not(can_login(realm, "admin", "wrong"));
    auth_principal_unref(admin);
    auth_realm_unref(realm);
}

Test(jaas, refuses_when_all_modules_look_away)
{
    struct auth_realm *realm =
        realm_from(REALM(CLASS("Guest") " required credentialsInvalidate=\"TRUE\";\n"));

    cr_assert(can_login(realm, NULL, NULL));
    cr_assert_not(can_login(realm, "x", "y"));
    auth_realm_unref(realm);
}

Test(jaas, counts_a_user_without_groups_for_the_group_star)
{
    char path[128];
    struct config_authorization_entry entry = {CONFIG_QUEUE, "Q", "*", NULL, NULL, {"", 1}};
    struct config_security security = {
        .method = CONFIG_AUTH_JAAS,
        .jaas_realm = "activemq",
        .jaas_file = path,
        .has_authorization = true,
        .entries = &entry,
        .entry_count = 1,
    };
    struct auth_realm *realm;
    struct auth_principal *principal;

    snprintf(path, sizeof path, "%s/login.config", directory);
    write_file("login.config", REALM(USERS("required")));
    realm = realm_of(&security);
    principal = login(realm, "nopass", "");
    cr_assert(auth_may(realm, principal, AUTH_READ, CONFIG_QUEUE, SLICE("Q")));
    cr_assert_not(auth_may(realm, principal, AUTH_WRITE, CONFIG_QUEUE, SLICE("Q")));
    auth_principal_unref(principal);
    auth_realm_unref(realm);
}

Test(jaas, takes_the_realm_named_other_when_its_own_is_missing)
{
    struct auth_realm *realm = realm_from("x { a.B required; };\nother {" USERS("required") "};");

    cr_assert(can_login(realm, "admin", "manager"));
    auth_realm_unref(realm);
}

Test(jaas, takes_files_from_the_base_directory_and_by_property)
{
    struct auth_realm *realm =
        realm_from(REALM(CLASS("Properties") " required baseDir=\"${activemq.conf}${/}.\"" FILES(
            "users.properties", "groups.properties")));

    cr_assert(can_login(realm, "admin", "manager"));
    auth_realm_unref(realm);
}

Test(jaas, accepts_debug_and_reload)
{
    struct auth_realm *realm =
        realm_from(REALM(CLASS("Properties") " required debug=true reload=\"true\"" FILES(
            "users.properties", "groups.properties")));

    cr_assert(can_login(realm, "admin", "manager"));
    auth_realm_unref(realm);
}

Test(jaas, names_the_place_and_the_class_of_a_module_it_cannot_run)
{
    assert_refused(REALM("\n" CLASS("LDAP") " required;\n"), "login.config:3: ");
    assert_refused(REALM("\n" CLASS("LDAP") " required;\n"), CLASS("LDAP"));
    assert_refused(REALM("com.sun.security.auth.module.Krb5LoginModule required;\n"), "Krb5");
}

Test(jaas, does_not_mind_unknown_modules_in_other_realms)
{
    struct auth_realm *realm =
        realm_from("ldap {" CLASS("LDAP") " required; };\n" REALM(USERS("required")));

    cr_assert(can_login(realm, "admin", "manager"));
    auth_realm_unref(realm);
}

Test(jaas, refuses_to_start_without_the_files_it_needs)
{
    assert_refused(NULL, "login.config: cannot be read");
    assert_refused(REALM(CLASS("Properties") " required" FILES("absent", "groups.properties")),
                   "absent: cannot be read");
    assert_refused(REALM(CLASS("Properties") " required" FILES("users.properties", "absent")),
                   "absent: cannot be read");
    assert_refused("elsewhere { a.B required; };", "there is no realm \"activemq\"");
    assert_refused("", "there is no realm \"activemq\"");
}

Test(jaas, refuses_to_start_when_no_login_config_was_found)
{
    struct config_security security = {.method = CONFIG_AUTH_JAAS};
    struct auth_realm *realm = NULL;
    struct text_error why = {""};

    cr_assert_eq(auth_realm_create(&security, &realm, &why), -EINVAL);
    cr_assert(strstr(why.text, "no login.config"));
}

Test(jaas, names_the_line_of_a_broken_hash_without_showing_it)
{
    struct auth_realm *realm = NULL;
    struct text_error why = {""};

    write_file("guests.properties", "\nvisitor={scrypt}16384$8$1$nonsense\n");
    cr_assert_eq(create(REALM(VISITORS("required")), "activemq", &realm, &why), -EINVAL);
    cr_assert(strstr(why.text, "guests.properties:2: "), "%s", why.text);
    cr_assert_null(strstr(why.text, "nonsense"));
}

Test(jaas, refuses_encrypted_files_with_a_reason)
{
    assert_refused(REALM(CLASS("Properties") " required decrypt=true;\n"), "decrypt=true");
}

Test(jaas, takes_hashed_passwords_from_the_file)
{
    struct auth_credentials credentials = {SLICE("visitor"), SLICE("v"), ""};
    struct auth_realm *realm;
    struct text line;

    text_init(&line);
    text_add(&line, SLICE("visitor="));
    cr_assert_eq(auth_hash_password(AUTH_HASH_PBKDF2, SLICE("v"), &line), 0);
    write_file("guests.properties", line.bytes);
    text_fini(&line);
    realm = realm_from(REALM(VISITORS("required")));
    cr_assert(can_login(realm, "visitor", "v"));
    cr_assert_not(can_login(realm, "visitor", "w"));
    cr_assert(auth_is_costly(realm, &credentials));
    auth_realm_unref(realm);
}

Test(jaas, refuses_more_modules_than_a_realm_may_have)
{
    struct text content;

    text_init(&content);
    text_add(&content, SLICE("activemq {"));
    for (int i = 0; i < 17; i++)
        text_add(&content, SLICE(CLASS("Guest") " optional;\n"));
    text_add(&content, SLICE("};"));
    assert_refused(content.bytes, "16 modules");
    text_fini(&content);
}
