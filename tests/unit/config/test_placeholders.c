/* SPDX-License-Identifier: Apache-2.0 */
#include "config_case.h"
#include <unistd.h>

static void expect_name(const char *written, const char *name)
{
    char xml[2048];
    struct config_case c;

    snprintf(xml, sizeof xml, BROKER("brokerName=\"%s\"", ""), written);
    c = expect_ok(xml);
    cr_assert_str_eq(c.config->broker_name, name);
    case_fini(&c);
}

static struct config_case load_with_locations(const char *property)
{
    char xml[4096];

    snprintf(xml, sizeof xml,
             "<beans><bean class=\"org.springframework.beans.factory.config."
             "PropertyPlaceholderConfigurer\">\n%s\n</bean>"
             "<broker brokerName=\"${config.test.name}\"/></beans>",
             property);
    return case_load(xml);
}

Test(placeholders, come_from_the_environment)
{
    setenv("CONFIG_TEST_NAME", "from-env", 1);
    expect_name("${CONFIG_TEST_NAME}", "from-env");
}

Test(placeholders, have_defaults_that_may_be_empty_or_hold_colons)
{
    expect_name("${config.test.missing:other}", "other");
    expect_name("a${config.test.missing:}b", "ab");
    expect_name("${config.test.missing:a:b}", "a:b");
    expect_name("${config.test.missing:a{b}c}d", "a_b_cd");
}

Test(placeholders, may_be_several_in_one_value_and_nested)
{
    setenv("CONFIG_TEST_A", "one", 1);
    setenv("CONFIG_TEST_one", "two", 1);
    expect_name("${CONFIG_TEST_A}-${CONFIG_TEST_one}", "one-two");
    expect_name("${CONFIG_TEST_${CONFIG_TEST_A}}", "two");
    expect_name("${config.test.missing:${CONFIG_TEST_A}}", "one");
}

Test(placeholders, the_value_of_one_may_hold_another)
{
    setenv("CONFIG_TEST_A", "${CONFIG_TEST_B}x", 1);
    setenv("CONFIG_TEST_B", "b", 1);
    expect_name("${CONFIG_TEST_A}", "bx");
}

Test(placeholders, that_refer_to_each_other_are_an_error)
{
    setenv("CONFIG_TEST_A", "${CONFIG_TEST_B}", 1);
    setenv("CONFIG_TEST_B", "${CONFIG_TEST_A}", 1);
    expect_error(BROKER("brokerName=\"${CONFIG_TEST_A}\"", ""), 1, "without end", "${...}");
}

Test(placeholders, that_are_not_defined_are_an_error_in_their_line)
{
    expect_error(BROKER("\n useJmx=\"false\"\n brokerName=\"${config.test.missing}\"", ""), 3,
                 "${config.test.missing} is not defined", "ACTIVEMQ_OPTS");
}

Test(placeholders, that_never_end_are_plain_text)
{
    expect_name("a${b", "a__b"); /* neither $ nor { may stand in a name */
}

Test(placeholders, the_callers_variables_win_over_all_others)
{
    struct config_option set = {"CONFIG_TEST_NAME", "set"};
    struct config_case c;

    setenv("CONFIG_TEST_NAME", "env", 1);
    c = case_load_with(BROKER("brokerName=\"${CONFIG_TEST_NAME}\"", ""), &set, 1);
    cr_assert_str_eq(c.config->broker_name, "set");
    case_fini(&c);
}

Test(placeholders, java_options_define_names_before_the_environment)
{
    setenv("ACTIVEMQ_OPTS", "-Xmx1G -Dconfig.test.name=opts -Dother=1", 1);
    expect_name("${config.test.name}", "opts");
}

Test(placeholders, directories_follow_from_activemq_home)
{
    setenv("ACTIVEMQ_HOME", "/opt/amq", 1);
    unsetenv("ACTIVEMQ_BASE"), unsetenv("ACTIVEMQ_CONF"), unsetenv("ACTIVEMQ_DATA");
    expect_name("${activemq.home}:${activemq.base}", "_opt_amq:_opt_amq");
    expect_name("${activemq.conf}:${activemq.data}", "_opt_amq_conf:_opt_amq_data");
}

Test(placeholders, directories_follow_from_activemq_base_and_may_be_given_one_by_one)
{
    setenv("ACTIVEMQ_HOME", "/home", 1);
    setenv("ACTIVEMQ_BASE", "/base", 1);
    setenv("ACTIVEMQ_CONF", "/etc/amq", 1);
    setenv("ACTIVEMQ_DATA", "/var/amq", 1);
    expect_name("${activemq.home}:${activemq.base}:${activemq.conf}:${activemq.data}",
                "_home:_base:_etc_amq:_var_amq");
}

Test(placeholders, without_any_of_them_the_directory_of_the_file_is_the_conf_directory)
{
    unsetenv("ACTIVEMQ_HOME"), unsetenv("ACTIVEMQ_BASE");
    unsetenv("ACTIVEMQ_CONF"), unsetenv("ACTIVEMQ_DATA");
    expect_name("${activemq.conf}", "tests_unit_config_data");
    expect_name("${activemq.data}", "._data");
}

Test(placeholders, property_files_are_found_by_file_and_class_path)
{
    static const char *const properties[] = {
        "<property name=\"location\" value=\"classpath:test.properties\"/>",
        "<property name=\"location\" value=\"test.properties\"/>",
        "<property name=\"locations\"><value>file:tests/unit/config/data/test.properties"
        "</value></property>",
        "<property name=\"locations\"><list><value>file:${activemq.conf}/test.properties</value>"
        "</list></property>",
    };

    unsetenv("ACTIVEMQ_HOME"), unsetenv("ACTIVEMQ_BASE"), unsetenv("ACTIVEMQ_CONF");
    for (size_t i = 0; i < ARRAY_LEN(properties); i++) {
        struct config_case c = load_with_locations(properties[i]);

        cr_assert_not_null(c.config, "%s", properties[i]);
        cr_assert_str_eq(c.config->broker_name, "from-file");
        case_fini(&c);
    }
}

Test(placeholders, property_files_win_over_the_system)
{
    struct config_case c;

    setenv("ACTIVEMQ_OPTS", "-Dconfig.test.name=opts", 1);
    c = load_with_locations("<property name=\"location\" value=\"test.properties\"/>");
    cr_assert_str_eq(c.config->broker_name, "from-file");
    case_fini(&c);
}

Test(placeholders, properties_may_stand_in_the_file_itself)
{
    struct config_case c = load_with_locations(
        "<property name=\"properties\"><value>config.test.name = here</value></property>");

    cr_assert_str_eq(c.config->broker_name, "here");
    case_fini(&c);
    c = load_with_locations("<property name=\"properties\"><props>"
                            "<prop key=\"config.test.name\">there</prop></props></property>");
    cr_assert_str_eq(c.config->broker_name, "there");
    case_fini(&c);
}

Test(placeholders, a_missing_property_file_is_a_warning_with_its_line)
{
    struct config_case c =
        case_load("<beans>\n<bean class=\"x.PropertyPlaceholderConfigurer\">\n"
                  "<property name=\"location\"\n value=\"file:/no/such.properties\"/></bean>\n"
                  "<broker/></beans>");

    expect_remark(&c, CONFIG_WARNING, "/no/such.properties is not there");
    cr_assert_eq(case_find(&c, CONFIG_WARNING, "/no/such")->place.line, 3);
    case_fini(&c);
}

Test(placeholders, ignore_unresolvable_keeps_unknown_names)
{
    struct config_case c =
        case_load("<beans><bean class=\"x.PropertyPlaceholderConfigurer\">"
                  "<property name=\"ignoreUnresolvablePlaceholders\" value=\"true\"/></bean>"
                  "<broker dataDirectory=\"${no.such}/x\"/></beans>");

    cr_assert_str_eq(c.config->data_directory, "${no.such}/x");
    case_fini(&c);
}

Test(placeholders, are_replaced_without_a_configurer_too_with_a_note)
{
    struct config_case c = case_load("<beans><broker dataDirectory=\"${user.dir}\"/></beans>");
    char cwd[4096];

    cr_assert_str_eq(c.config->data_directory, getcwd(cwd, sizeof cwd));
    expect_remark(&c, CONFIG_NOTE, "although no PropertyPlaceholderConfigurer");
    case_fini(&c);
}

Test(placeholders, encrypted_values_are_refused_without_showing_them)
{
    setenv("CONFIG_TEST_SECRET", "ENC(abcdefgh)", 1);
    expect_error(BROKER("brokerName=\"${CONFIG_TEST_SECRET}\"", ""), 1, "encrypted value", "--set");
    expect_error(BROKER("brokerName=\"ENC(abc)\"", ""), 1, "encrypted values", "ENC");
}

Test(placeholders, spring_s_own_element_names_files_too)
{
    struct config_case c =
        case_load("<beans xmlns:context=\"http://www.springframework.org/schema/context\">"
                  "<context:property-placeholder location=\"classpath:test.properties\"/>"
                  "<broker brokerName=\"${config.test.name}\"/></beans>");

    cr_assert_str_eq(c.config->broker_name, "from-file");
    cr_assert_null(case_find(&c, CONFIG_NOTE, "PropertyPlaceholderConfigurer"));
    case_fini(&c);
}
