/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files: those of real users, and those we ship. */
#include "config_case.h"

static struct config_case load_clean(const char *file)
{
    struct config_case c = case_load_file(file);

    if (!c.config)
        case_show(&c);
    cr_assert_not_null(c.config, "%s", file);
    return c;
}

static void forget_environment(void)
{
    unsetenv("ACTIVEMQ_HOME"), unsetenv("ACTIVEMQ_BASE");
    unsetenv("ACTIVEMQ_CONF"), unsetenv("ACTIVEMQ_DATA"), unsetenv("ACTIVEMQ_OPTS");
}

TestSuite(files, .init = forget_environment);

#define DATA "tests/unit/config/data/"

Test(files, the_file_activemq_ships_starts_with_the_transports_we_serve)
{
    struct config_case c = load_clean(DATA "shipped-5.17.xml");

    cr_assert_eq(c.config->connector_count, 2);
    cr_assert_str_eq(c.config->connectors[1].name, "stomp");
    cr_assert_eq(c.config->connectors[1].maximum_connections, 1000);
    cr_assert_str_eq(c.config->data_directory, "./data");
    cr_assert_eq(c.config->policies.entries[0].pending_limit.limit, 1000);
    cr_assert_gt(c.config->usage.memory_bytes_max, 0);
    expect_remark(&c, CONFIG_WARNING, "amqp://0.0.0.0:5672 is not served");
    expect_remark(&c, CONFIG_NOTE, "import of jetty.xml is ignored");
    expect_remark(&c, CONFIG_NOTE, "SpringContextHook is ignored");
    expect_remark(&c, CONFIG_WARNING, "do not survive a restart");
    case_fini(&c);
}

Test(files, a_file_with_security_has_its_passwords_from_a_property_file)
{
    struct config_case c = load_clean(DATA "security.xml");
    const struct config_security *s = &c.config->security;

    cr_assert_str_eq(s->users[0].name, "system");
    cr_assert_str_eq(s->users[0].password, "manager");
    cr_assert_str_eq(s->users[1].password, "password");
    cr_assert_eq(s->entry_count, 3);
    cr_assert_str_eq(s->temp_entry->admin, "users");
    expect_remark(&c, CONFIG_WARNING, "createConnector");
    cr_assert_null(case_find(&c, CONFIG_WARNING, "restart"));
    case_fini(&c);
}

Test(files, a_network_of_brokers_is_read)
{
    struct config_case c = load_clean(DATA "static-network.xml");

    cr_assert_eq(c.config->network_connector_count, 1);
    cr_assert_str_eq(c.config->policies.entries[0].dead_letter.queue_prefix, "DLQ.");
    expect_remark(&c, CONFIG_WARNING, "conditionalNetworkBridgeFilterFactory");
    case_fini(&c);
}

Test(files, the_published_slip_of_mcollective_is_accepted_with_a_note)
{
    struct config_case c = load_clean(DATA "mcollective-three-brokers.xml");

    cr_assert_eq(c.config->policies.count, 2);
    cr_assert_eq(c.config->policies.entries[1].gc_inactive_ms, 300000);
    cr_assert_eq(c.config->network_connector_count, 2);
    cr_assert_eq(c.config->security.user_count, 3);
    cr_assert(c.config->statistics_plugin);
    expect_remark(&c, CONFIG_NOTE, "<policyEntry> belongs inside <policyEntries>");
    cr_assert_eq(case_find(&c, CONFIG_NOTE, "belongs inside")->place.line, 13);
    expect_remark(&c, CONFIG_NOTE, "<jetty> is ignored");
    case_fini(&c);
}

Test(files, prefixed_elements_are_read)
{
    struct config_case c = load_clean(DATA "throughput.xml");

    cr_assert_eq(c.config->policies.count, 2);
    cr_assert_eq(c.config->policies.entries[0].recovery.kind, RECOVERY_LAST_IMAGE);
    cr_assert_eq(c.config->connector_count, 2);
    cr_assert_not(c.config->advisory_support);
    case_fini(&c);
}

Test(files, quickstart_loads_without_a_warning)
{
    struct config_case c = load_clean("configs/quickstart.xml");

    for (size_t i = 0; i < c.report.count; i++)
        cr_assert_eq(c.report.remarks[i].severity, CONFIG_NOTE, "%s", c.report.remarks[i].text);
    cr_assert_str_eq(c.config->connectors[0].host, "127.0.0.1");
    cr_assert_eq(c.config->connectors[0].port, 61616);
    cr_assert_eq(c.config->connectors[1].port, 61613);
    case_fini(&c);
}

Test(files, the_single_broker_of_mcollective_loads_without_a_warning)
{
    struct config_case c = load_clean("configs/mcollective-single.xml");

    for (size_t i = 0; i < c.report.count; i++)
        cr_assert_eq(c.report.remarks[i].severity, CONFIG_NOTE, "%s", c.report.remarks[i].text);
    cr_assert_eq(c.config->security.user_count, 2);
    cr_assert_eq(c.config->policies.entries[1].gc_inactive_ms, 300000);
    case_fini(&c);
}

Test(files, the_production_file_loads)
{
    struct config_case c = load_clean("configs/production.xml");

    cr_assert_eq(c.config->policies.entries[0].maximum_redeliveries, 6);
    cr_assert_eq(c.config->connector_count, 2);
    cr_assert_eq(strncmp(c.config->security.users[0].password, "{pbkdf2}sha256$", 15), 0);
    case_fini(&c);
    setenv("BROKER_ADMIN_PASSWORD", "given", 1);
    c = load_clean("configs/production.xml");
    cr_assert_str_eq(c.config->security.users[0].password, "given");
    case_fini(&c);
}

Test(files, the_reference_in_docs_is_what_the_program_prints)
{
    char *printed = NULL, *written;
    size_t len;
    FILE *to = open_memstream(&printed, &len), *docs = fopen("docs/configuration.md", "re");

    cr_assert_not_null(docs);
    config_print_reference(to);
    fclose(to);
    written = calloc(1, len + 2);
    cr_assert_eq(fread(written, 1, len + 1, docs), len);
    cr_assert_str_eq(written, printed);
    fclose(docs);
    free(written);
    free(printed);
}
