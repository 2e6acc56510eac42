/* SPDX-License-Identifier: Apache-2.0 */
#include "auth_fixture.h"
#include "authorization.h"

static struct config_user users[] = {
    {"amq", "p", "admins,everyone"},
    {"server", "p", "mcollective,everyone"},
    {"admin", "p", "mcollective,admins,everyone"},
    {"guest", "p", "guests"},
    {"groupless", "p", ""},
    {"starred", "p", "*"},
};

/* The entries of a network operations centre: servers read requests and write replies. */
static struct config_authorization_entry noc[] = {
    {CONFIG_QUEUE, ">", "admins", "admins", "admins", {"", 1}},
    {CONFIG_TOPIC, ">", "admins", "admins", "admins", {"", 2}},
    {CONFIG_QUEUE, "*.nodes", "mcollective", NULL, "mcollective", {"", 3}},
    {CONFIG_QUEUE, "*.reply.>", NULL, "mcollective", "mcollective", {"", 4}},
    {CONFIG_TOPIC, "*.*.agent", "mcollective", NULL, "mcollective", {"", 5}},
    {CONFIG_TOPIC,
     "mcollective.registration.agent",
     "mcollective",
     "mcollective",
     "mcollective",
     {"", 6}},
    {CONFIG_TOPIC, "ActiveMQ.Advisory.>", "everyone", "everyone", "everyone", {"", 7}},
};

static struct auth_realm *realm_with(struct config_authorization_entry *entries, size_t count,
                                     struct config_authorization_entry *temp)
{
    struct config_security security = {
        .method = CONFIG_AUTH_SIMPLE,
        .users = users,
        .user_count = ARRAY_LEN(users),
        .has_authorization = true,
        .entries = entries,
        .entry_count = count,
        .temp_entry = temp,
    };

    return realm_of(&security);
}

static bool may(struct auth_realm *realm, const char *user, enum auth_right right,
                enum config_destination_kind kind, const char *name)
{
    struct auth_principal *principal = login(realm, user, "p");
    bool answer = auth_may(realm, principal, right, kind, slice_of_text(name));

    auth_principal_unref(principal);
    return answer;
}

/* "rwa" with a '-' for each right that is missing. */
static const char *rights(struct auth_realm *realm, const char *user,
                          enum config_destination_kind kind, const char *name, char shown[4])
{
    shown[0] = may(realm, user, AUTH_READ, kind, name) ? 'r' : '-';
    shown[1] = may(realm, user, AUTH_WRITE, kind, name) ? 'w' : '-';
    shown[2] = may(realm, user, AUTH_ADMIN, kind, name) ? 'a' : '-';
    shown[3] = '\0';
    return shown;
}

Test(matrix, gives_each_user_of_the_operations_centre_exactly_its_rights)
{
    static const struct {
        enum config_destination_kind kind;
        const char *name, *amq, *server, *admin, *guest;
    } rows[] = {
        {CONFIG_QUEUE, "mcollective.nodes", "rwa", "r-a", "rwa", "---"},
        {CONFIG_QUEUE, "nodes", "rwa", "---", "rwa", "---"},
        {CONFIG_QUEUE, "a.b.nodes", "rwa", "---", "rwa", "---"},
        {CONFIG_QUEUE, "mcollective.reply.operator_10253.1", "rwa", "-wa", "rwa", "---"},
        {CONFIG_QUEUE, "mcollective.reply", "rwa", "-wa", "rwa", "---"},
        {CONFIG_QUEUE, "reply.mcollective", "rwa", "---", "rwa", "---"},
        {CONFIG_QUEUE, "other", "rwa", "---", "rwa", "---"},
        {CONFIG_QUEUE, "mcollective.echo.agent", "rwa", "---", "rwa", "---"},
        {CONFIG_TOPIC, "mcollective.nodes", "rwa", "---", "rwa", "---"},
        {CONFIG_TOPIC, "mcollective.echo.agent", "rwa", "r-a", "rwa", "---"},
        {CONFIG_TOPIC, "mcollective.registration.agent", "rwa", "rwa", "rwa", "---"},
        {CONFIG_TOPIC, "dc1_collective.registration.agent", "rwa", "r-a", "rwa", "---"},
        {CONFIG_TOPIC, "mcollective.echo.agent.x", "rwa", "---", "rwa", "---"},
        {CONFIG_TOPIC, "ActiveMQ.Advisory.Connection", "rwa", "rwa", "rwa", "---"},
        {CONFIG_TOPIC, "ActiveMQ.Advisory", "rwa", "rwa", "rwa", "---"},
        {CONFIG_QUEUE, "ActiveMQ.Advisory.Connection", "rwa", "---", "rwa", "---"},
        {CONFIG_TOPIC, "activemq.advisory.Connection", "rwa", "---", "rwa", "---"},
        {CONFIG_QUEUE, "ActiveMQ.DLQ", "rwa", "---", "rwa", "---"},
        {CONFIG_TEMP_QUEUE, "ID:host-1-2-3:1:1", "rwa", "rwa", "rwa", "rwa"},
        {CONFIG_TEMP_TOPIC, "ID:host-1-2-3:1:1", "rwa", "rwa", "rwa", "rwa"},
    };
    struct auth_realm *realm = realm_with(noc, ARRAY_LEN(noc), NULL);
    char shown[4];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        cr_expect_str_eq(rights(realm, "amq", rows[i].kind, rows[i].name, shown), rows[i].amq,
                         "amq, row %zu: %s", i, shown);
        cr_expect_str_eq(rights(realm, "server", rows[i].kind, rows[i].name, shown), rows[i].server,
                         "server, row %zu: %s", i, shown);
        cr_expect_str_eq(rights(realm, "admin", rows[i].kind, rows[i].name, shown), rows[i].admin,
                         "admin, row %zu: %s", i, shown);
        cr_expect_str_eq(rights(realm, "guest", rows[i].kind, rows[i].name, shown), rows[i].guest,
                         "guest, row %zu: %s", i, shown);
    }
    auth_realm_unref(realm);
}

Test(authorization, is_free_for_all_without_the_plugin)
{
    struct config_security security = {.method = CONFIG_AUTH_NONE};
    struct auth_realm *realm = realm_of(&security);

    cr_assert(auth_may(realm, NULL, AUTH_ADMIN, CONFIG_QUEUE, SLICE("Q")));
    cr_assert(may(realm, "guest", AUTH_WRITE, CONFIG_TOPIC, "T"));
    auth_realm_unref(realm);
}

Test(authorization, refuses_whom_no_plugin_let_in)
{
    struct config_authorization_entry all[] = {
        {CONFIG_QUEUE, ">", "*", "*", "*", {"", 1}},
    };
    struct config_security security = {
        .method = CONFIG_AUTH_NONE, .has_authorization = true, .entries = all, .entry_count = 1};
    struct auth_realm *realm = realm_of(&security);

    cr_assert_not(may(realm, "amq", AUTH_READ, CONFIG_QUEUE, "Q"));
    cr_assert_not(may(realm, "amq", AUTH_READ, CONFIG_TEMP_QUEUE, "ID:1"));
    cr_assert_not(auth_may(realm, NULL, AUTH_READ, CONFIG_QUEUE, SLICE("Q")));
    cr_assert_not(auth_may(realm, NULL, AUTH_READ, CONFIG_TEMP_QUEUE, SLICE("ID:1")));
    auth_realm_unref(realm);
}

Test(authorization, refuses_where_no_entry_matches)
{
    struct auth_realm *realm = realm_with(NULL, 0, NULL);

    cr_assert_not(may(realm, "admin", AUTH_READ, CONFIG_QUEUE, "Q"));
    cr_assert_not(may(realm, "admin", AUTH_READ, CONFIG_TOPIC, "ActiveMQ.Advisory.Queue"));
    auth_realm_unref(realm);
}

Test(authorization, does_not_let_a_narrow_entry_restrict_a_wide_one)
{
    struct config_authorization_entry entries[] = {
        {CONFIG_QUEUE, "A.>", "guests", "guests", "guests", {"", 1}},
        {CONFIG_QUEUE, "A.secret", "admins", "admins", "admins", {"", 2}},
    };
    struct auth_realm *realm = realm_with(entries, ARRAY_LEN(entries), NULL);

    cr_assert(may(realm, "guest", AUTH_READ, CONFIG_QUEUE, "A.secret"));
    cr_assert(may(realm, "amq", AUTH_READ, CONFIG_QUEUE, "A.secret"));
    cr_assert_not(may(realm, "amq", AUTH_READ, CONFIG_QUEUE, "A.other"));
    auth_realm_unref(realm);
}

Test(authorization, grants_to_nobody_what_an_entry_leaves_out)
{
    struct config_authorization_entry entries[] = {
        {CONFIG_QUEUE, "Q", "guests", NULL, "", {"", 1}},
    };
    struct auth_realm *realm = realm_with(entries, 1, NULL);
    char shown[4];

    cr_assert_str_eq(rights(realm, "guest", CONFIG_QUEUE, "Q", shown), "r--");
    auth_realm_unref(realm);
}

Test(authorization, reads_a_star_as_any_group)
{
    struct config_authorization_entry entries[] = {
        {CONFIG_QUEUE, "Q", "none, * ", "guests", "admins", {"", 1}},
    };
    struct auth_realm *realm = realm_with(entries, 1, NULL);

    cr_assert(may(realm, "guest", AUTH_READ, CONFIG_QUEUE, "Q"));
    cr_assert(may(realm, "amq", AUTH_READ, CONFIG_QUEUE, "Q"));
    cr_assert_not(may(realm, "groupless", AUTH_READ, CONFIG_QUEUE, "Q"));
    auth_realm_unref(realm);
}

Test(authorization, gives_a_user_whose_group_is_a_star_no_other_groups)
{
    struct config_authorization_entry entries[] = {
        {CONFIG_QUEUE, "Q", "admins", "*", NULL, {"", 1}},
    };
    struct auth_realm *realm = realm_with(entries, 1, NULL);

    cr_assert_not(may(realm, "starred", AUTH_READ, CONFIG_QUEUE, "Q"));
    cr_assert(may(realm, "starred", AUTH_WRITE, CONFIG_QUEUE, "Q"));
    auth_realm_unref(realm);
}

Test(authorization, knows_group_names_exactly)
{
    struct config_authorization_entry entries[] = {
        {CONFIG_QUEUE, "Q", "admin,Admins,adminss", "amq", NULL, {"", 1}},
    };
    struct auth_realm *realm = realm_with(entries, 1, NULL);

    cr_assert_not(may(realm, "amq", AUTH_READ, CONFIG_QUEUE, "Q"));
    cr_assert_not(may(realm, "amq", AUTH_WRITE, CONFIG_QUEUE, "Q"), "a user is not a group");
    auth_realm_unref(realm);
}

Test(authorization, trims_the_groups_and_the_name_of_an_entry)
{
    struct config_authorization_entry entries[] = {
        {CONFIG_QUEUE, " Q ", " guests , admins ", NULL, NULL, {"", 1}},
    };
    struct auth_realm *realm = realm_with(entries, 1, NULL);

    cr_assert(may(realm, "guest", AUTH_READ, CONFIG_QUEUE, "Q"));
    cr_assert(may(realm, "amq", AUTH_READ, CONFIG_QUEUE, "Q"));
    auth_realm_unref(realm);
}

Test(authorization, allows_a_wildcard_that_meets_a_readable_entry)
{
    struct auth_realm *realm = realm_with(noc, ARRAY_LEN(noc), NULL);

    cr_assert(may(realm, "server", AUTH_READ, CONFIG_TOPIC, "mcollective.>"));
    cr_assert(may(realm, "server", AUTH_READ, CONFIG_TOPIC, "mcollective.*.agent"));
    cr_assert(may(realm, "server", AUTH_READ, CONFIG_QUEUE, ">"));
    cr_assert_not(may(realm, "server", AUTH_READ, CONFIG_QUEUE, "mcollective.reply.>"));
    cr_assert_not(may(realm, "server", AUTH_READ, CONFIG_QUEUE, "*"));
    cr_assert_not(may(realm, "guest", AUTH_READ, CONFIG_QUEUE, ">"));
    auth_realm_unref(realm);
}

Test(authorization, needs_one_entry_that_has_every_part_of_a_composite)
{
    struct config_authorization_entry entries[] = {
        {CONFIG_QUEUE, "A", "guests", "guests", "guests", {"", 1}},
        {CONFIG_QUEUE, "B", "guests", "guests", "guests", {"", 2}},
        {CONFIG_QUEUE, "C.>", "guests", "guests", "guests", {"", 3}},
    };
    struct auth_realm *realm = realm_with(entries, ARRAY_LEN(entries), NULL);

    cr_assert(may(realm, "guest", AUTH_WRITE, CONFIG_QUEUE, "A"));
    cr_assert(may(realm, "guest", AUTH_WRITE, CONFIG_QUEUE, "B"));
    cr_assert_not(may(realm, "guest", AUTH_WRITE, CONFIG_QUEUE, "A,B"));
    cr_assert(may(realm, "guest", AUTH_WRITE, CONFIG_QUEUE, "C.1,C.2"));
    cr_assert(may(realm, "guest", AUTH_WRITE, CONFIG_QUEUE, " C.1 ,, C.2 "));
    cr_assert_not(may(realm, "guest", AUTH_WRITE, CONFIG_QUEUE, "C.1,D"));
    cr_assert_not(may(realm, "guest", AUTH_WRITE, CONFIG_QUEUE, "D,C.1"));
    auth_realm_unref(realm);
}

Test(authorization, reads_the_kind_in_front_of_a_part_of_a_composite)
{
    struct auth_realm *realm = realm_with(noc, ARRAY_LEN(noc), NULL);

    cr_assert(may(realm, "server", AUTH_READ, CONFIG_QUEUE, "a.nodes,queue://b.nodes"));
    cr_assert_not(may(realm, "server", AUTH_READ, CONFIG_QUEUE, "a.nodes,topic://b.nodes"));
    cr_assert_not(may(realm, "amq", AUTH_READ, CONFIG_QUEUE, "Q,topic://T"),
                  "rights of two entries do not add up");
    cr_assert(may(realm, "server", AUTH_READ, CONFIG_QUEUE, "topic://a.b.agent,"));
    auth_realm_unref(realm);
}

Test(authorization, reads_a_kind_in_front_of_a_plain_name_as_part_of_the_name)
{
    struct auth_realm *realm = realm_with(noc, ARRAY_LEN(noc), NULL);

    cr_assert_not(
        may(realm, "server", AUTH_READ, CONFIG_QUEUE, "topic://mcollective.registration.agent"));
    auth_realm_unref(realm);
}

Test(authorization, refuses_names_without_any_part)
{
    struct auth_realm *realm = realm_with(noc, ARRAY_LEN(noc), NULL);

    cr_assert_not(may(realm, "amq", AUTH_READ, CONFIG_QUEUE, ","));
    cr_assert_not(may(realm, "amq", AUTH_READ, CONFIG_QUEUE, " , ,"));
    cr_assert_not(may(realm, "amq", AUTH_READ, CONFIG_QUEUE, ""));
    cr_assert_not(may(realm, "amq", AUTH_READ, CONFIG_QUEUE, NULL));
    auth_realm_unref(realm);
}

Test(authorization, takes_an_entry_whose_name_is_a_composite_for_all_its_parts)
{
    struct config_authorization_entry entries[] = {
        {CONFIG_QUEUE, "A,topic://B", "guests", "guests", "guests", {"", 1}},
    };
    struct auth_realm *realm = realm_with(entries, 1, NULL);

    cr_assert(may(realm, "guest", AUTH_READ, CONFIG_QUEUE, "A"));
    cr_assert(may(realm, "guest", AUTH_READ, CONFIG_TOPIC, "B"));
    cr_assert(may(realm, "guest", AUTH_READ, CONFIG_QUEUE, "A,topic://B"));
    cr_assert_not(may(realm, "guest", AUTH_READ, CONFIG_QUEUE, "B"));
    cr_assert_not(may(realm, "guest", AUTH_READ, CONFIG_TOPIC, "A"));
    auth_realm_unref(realm);
}

Test(authorization, lets_the_temp_entry_decide_about_temporary_destinations)
{
    struct config_authorization_entry temp = {CONFIG_TEMP_QUEUE, NULL,   "guests", "*",
                                              "admins",          {"", 1}};
    struct auth_realm *realm = realm_with(noc, ARRAY_LEN(noc), &temp);
    char shown[4];

    cr_assert_str_eq(rights(realm, "guest", CONFIG_TEMP_QUEUE, "ID:1", shown), "rw-");
    cr_assert_str_eq(rights(realm, "guest", CONFIG_TEMP_TOPIC, "ID:1", shown), "rw-");
    cr_assert_str_eq(rights(realm, "amq", CONFIG_TEMP_QUEUE, "ID:1", shown), "-wa");
    cr_assert_str_eq(rights(realm, "groupless", CONFIG_TEMP_QUEUE, "ID:1", shown), "---");
    auth_realm_unref(realm);
}

Test(authorization, does_not_ask_entries_about_a_single_temporary_destination)
{
    struct config_authorization_entry entries[] = {
        {CONFIG_TEMP_QUEUE, ">", "admins", "admins", "admins", {"", 1}},
    };
    struct auth_realm *realm = realm_with(entries, 1, NULL);

    cr_assert(may(realm, "guest", AUTH_READ, CONFIG_TEMP_QUEUE, "ID:1"));
    auth_realm_unref(realm);
}

Test(authorization, opens_nothing_by_naming_a_temporary_destination_beside_a_forbidden_one)
{
    struct auth_realm *realm = realm_with(noc, ARRAY_LEN(noc), NULL);

    cr_assert_not(may(realm, "guest", AUTH_READ, CONFIG_TEMP_QUEUE, "ID:1,queue://secret"));
    cr_assert_not(may(realm, "guest", AUTH_READ, CONFIG_QUEUE, "secret,temp-queue://ID:1"));
    cr_assert_not(may(realm, "server", AUTH_READ, CONFIG_QUEUE, "a.nodes,temp-queue://ID:1"));
    cr_assert(may(realm, "guest", AUTH_READ, CONFIG_TEMP_QUEUE, "ID:1,temp-topic://ID:2"));
    cr_assert(may(realm, "server", AUTH_READ, CONFIG_TEMP_QUEUE, "ID:1,queue://a.nodes"));
    auth_realm_unref(realm);
}

static bool meets(const char *pattern, const char *requested)
{
    return authorization_pattern_meets(slice_of_text(pattern), slice_of_text(requested));
}

Test(pattern, matches_a_plain_name_level_by_level)
{
    cr_assert(meets("A", "A"));
    cr_assert(meets("A.B", "A.B"));
    cr_assert_not(meets("A", "B"));
    cr_assert_not(meets("A", "A.B"));
    cr_assert_not(meets("A.B", "A"));
    cr_assert_not(meets("A", "a"));
    cr_assert_not(meets("AB", "A"));
}

Test(pattern, lets_a_star_stand_for_exactly_one_level)
{
    cr_assert(meets("*", "A"));
    cr_assert(meets("A.*", "A.B"));
    cr_assert(meets("*.B", "A.B"));
    cr_assert(meets("A.*.C", "A.B.C"));
    cr_assert_not(meets("*", "A.B"));
    cr_assert_not(meets("A.*", "A"));
    cr_assert_not(meets("A.*", "A.B.C"));
    cr_assert_not(meets("A*", "AB"), "inside a level it is a letter");
}

Test(pattern, lets_an_arrow_stand_for_any_rest_and_for_none)
{
    cr_assert(meets(">", "A"));
    cr_assert(meets(">", "A.B.C"));
    cr_assert(meets("A.>", "A.B"));
    cr_assert(meets("A.>", "A.B.C"));
    cr_assert(meets("A.>", "A"));
    cr_assert_not(meets("A.>", "B"));
    cr_assert_not(meets("A.>", "AB.C"));
    cr_assert_not(meets("A.B.>", "A"));
}

Test(pattern, meets_a_wildcard_with_which_it_shares_a_name)
{
    cr_assert(meets("A.B", "A.*"));
    cr_assert(meets("A.*", "*.B"));
    cr_assert(meets("A.B.C", "A.>"));
    cr_assert(meets("A", "A.>"));
    cr_assert(meets("A.>", "A.*"));
    cr_assert(meets("A.>", "*"));
    cr_assert(meets("A.>", "*.*.C"));
    cr_assert(meets("*.B", "A.>"));
    cr_assert_not(meets("A.B", "A.*.C"));
    cr_assert_not(meets("A.B", "B.>"));
    cr_assert_not(meets("A.*", "*.B.C"));
    cr_assert_not(meets("A.B", "*"));
}

Test(pattern, counts_empty_levels)
{
    cr_assert(meets("A..B", "A..B"));
    cr_assert(meets("A.*.B", "A..B"));
    cr_assert_not(meets("A.B", "A..B"));
    cr_assert_not(meets("A", "A."));
    cr_assert(meets("A.*", "A."));
}
