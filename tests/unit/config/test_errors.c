/* SPDX-License-Identifier: Apache-2.0 */
#include "config_case.h"

Test(errors, an_unknown_attribute_is_named_with_its_line_and_the_one_that_was_meant)
{
    expect_error(BROKER("\n brokername=\"a\"", ""), 2, "<broker> has no attribute brokername",
                 "did you mean brokerName?");
}

Test(errors, an_attribute_nobody_means_lists_what_is_allowed_when_that_is_short)
{
    expect_error(BROKER("", "\n<destinations><queue\n physicalName=\"A\"\n color=\"red\"/>"
                            "</destinations>"),
                 4, "<queue> has no attribute color", "allowed here: physicalName, name");
}

Test(errors, an_unknown_element_is_named_with_its_line_and_the_one_that_was_meant)
{
    expect_error(BROKER("", "\n\n<transportConectors/>"), 3,
                 "<transportConectors> is not known inside <broker>",
                 "did you mean <transportConnectors>?");
}

Test(errors, a_wrong_value_names_attribute_element_and_what_would_be_right)
{
    expect_error(BROKER("persistent=\"yes\"", ""), 1, "persistent=\"yes\" of <broker>",
                 "did you mean true?");
    expect_error(BROKER("",
                        "<systemUsage><systemUsage><memoryUsage>\n<memoryUsage limit=\"1.5 gb\"/>"
                        "</memoryUsage></systemUsage></systemUsage>"),
                 2, "limit=\"1.5 gb\" of <memoryUsage>", "1536 mb");
}

Test(errors, values_of_ignored_attributes_are_checked_too)
{
    expect_error(BROKER("", "<persistenceAdapter>\n<kahaDB journalMaxFileLength=\"1 tb\"/>"
                            "</persistenceAdapter>"),
                 2, "journalMaxFileLength", "1024 gb");
    expect_error(BROKER("", "<persistenceAdapter><kahaDB journalDiskSyncStrategy=\"SOMETIMES\"/>"
                            "</persistenceAdapter>"),
                 1, "journalDiskSyncStrategy", "ALWAYS, PERIODIC, NEVER");
}

Test(errors, all_of_a_file_are_reported_in_the_order_of_its_lines)
{
    struct config_case c = case_load(
        BROKER("persistent=\"no\"",
               "\n<bogus/>\n<destinationPolicy><policyMap><policyEntries>\n"
               "<policyEntry queue=\">\" memoryLimit=\"x\"/></policyEntries></policyMap>"
               "</destinationPolicy>\n<transportConnectors><transportConnector uri=\"stomp://a\"/>"
               "</transportConnectors>"));

    cr_assert_null(c.config);
    cr_assert_eq(c.report.error_count, 4);
    for (size_t i = 1; i < c.report.count; i++)
        cr_assert_leq(c.report.remarks[i - 1].place.line, c.report.remarks[i].place.line);
    case_fini(&c);
}

Test(errors, lines_are_right_behind_comments_of_many_lines_cdata_and_odd_quotes)
{
    expect_error("<?xml version='1.0'?>\n<!-- a\n <broker x='1'>\n -->\n<beans\n>\n"
                 "<broker brokerName='a>b'\n\n\n bogus = '1' />\n</beans>",
                 10, "bogus", "has no attribute");
}

Test(errors, lines_are_right_with_prefixes)
{
    expect_error("<beans xmlns:amq=\"http://activemq.apache.org/schema/core\">\n<amq:broker\n"
                 " xmlns:cw=\"urn:corewire:config\"\n cw:worker=\"2\"/>\n</beans>",
                 4, "<broker> has no attribute cw:worker", "did you mean cw:workers?");
}

Test(errors, text_where_elements_belong_is_an_error)
{
    expect_error(BROKER("", "<destinations>TEST.Q</destinations>"), 1, "<destinations> holds text",
                 "only elements");
}

Test(errors, a_file_that_is_not_xml_tells_the_line)
{
    struct config_case c = case_load("<beans>\n<broker>\n</beans>");

    cr_assert_null(c.config);
    cr_assert_eq(c.report.remarks[0].place.line, 3);
    expect_remark(&c, CONFIG_ERROR, "XML:");
    case_fini(&c);
    c = case_load("not xml");
    expect_remark(&c, CONFIG_ERROR, "XML:");
    case_fini(&c);
    c = case_load("");
    expect_remark(&c, CONFIG_ERROR, "empty");
    case_fini(&c);
}

Test(errors, declared_entities_are_refused_before_they_can_grow)
{
    expect_error("<!DOCTYPE beans [\n<!ENTITY a \"aaaaaaaaaa\">\n<!ENTITY b \"&a;&a;&a;\">\n]>\n"
                 "<beans><broker brokerName=\"&b;\"/></beans>",
                 2, "declares the entity a", "write their text");
}

Test(errors, external_entities_and_dtds_open_no_file)
{
    struct config_case c =
        case_load("<!DOCTYPE beans [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\n"
                  "<beans><broker brokerName=\"&x;\"/></beans>");

    expect_remark(&c, CONFIG_ERROR, "declares the entity x");
    case_fini(&c);
    c = case_load("<!DOCTYPE beans SYSTEM \"http://localhost:1/x.dtd\">\n"
                  "<beans><broker brokerName=\"a\"/></beans>");
    cr_assert_not_null(c.config);
    case_fini(&c);
    c = case_load("<!DOCTYPE beans SYSTEM \"x.dtd\">\n<beans><broker brokerName=\"&x;\"/></beans>");
    cr_assert_null(c.config);
    case_fini(&c);
}

Test(errors, elements_nested_too_deep_are_refused)
{
    struct text xml;
    struct config_case c;

    text_init(&xml);
    for (int i = 0; i < 150; i++)
        text_add(&xml, SLICE("<beans>"));
    for (int i = 0; i < 150; i++)
        text_add(&xml, SLICE("</beans>"));
    c = case_load(xml.bytes);
    expect_remark(&c, CONFIG_ERROR, "deeper than 100");
    case_fini(&c);
    text_fini(&xml);
}

Test(errors, a_file_without_a_broker_says_so)
{
    expect_error("<beans>\n<import resource=\"other.xml\"/></beans>", 1, "no <broker>",
                 "imported files are not read");
}

Test(errors, a_second_broker_is_refused)
{
    expect_error("<beans><broker/>\n<broker/></beans>", 2, "a second <broker>", "line 1");
}

Test(errors, a_broker_as_a_java_bean_is_refused_with_the_way_to_write_it)
{
    struct config_case c =
        case_load("<beans><bean class=\"org.apache.activemq.broker.BrokerService\"/></beans>");

    expect_remark(&c, CONFIG_ERROR, "write it as <broker>");
    case_fini(&c);
}

Test(errors, a_java_plugin_is_refused_by_its_class)
{
    expect_error(BROKER("", "<plugins>\n<bean xmlns=\"http://www.springframework.org/schema/beans\""
                            " class=\"com.example.MyPlugin\"/></plugins>"),
                 2, "com.example.MyPlugin", "cannot run here");
    expect_error(BROKER("", "<plugins><ref bean=\"mine\"/></plugins>"), 1, "mine",
                 "cannot run here");
}

Test(errors, a_reference_to_a_bean_asks_for_the_element)
{
    expect_error(BROKER("systemUsage=\"#limits\"", ""), 1, "systemUsage of <broker>",
                 "write the element <systemUsage>");
}

Test(errors, what_cannot_be_done_is_refused_with_the_reason)
{
    expect_error(BROKER("persistent=\"false\"", "<persistenceAdapter>\n<jdbcPersistenceAdapter "
                                                "dataSource=\"#ds\"/></persistenceAdapter>"),
                 2, "<jdbcPersistenceAdapter> is refused", "no JDBC");
    expect_error(BROKER("", "<plugins><jaasCertificateAuthenticationPlugin/></plugins>"), 1,
                 "<jaasCertificateAuthenticationPlugin> is refused", "TLS");
    expect_error(BROKER("", "<messageAuthorizationPolicy/>"), 1, "is refused", "everybody could");
    expect_error(BROKER("start=\"false\"", ""), 1, "start of <broker> is refused", "nobody");
}

Test(errors, a_missing_file_and_a_directory_are_told_apart)
{
    struct config_case c = case_load_file("/no/such/activemq.xml");

    expect_remark(&c, CONFIG_ERROR, "No such file");
    case_fini(&c);
    c = case_load_file("/");
    expect_remark(&c, CONFIG_ERROR, "not a file");
    case_fini(&c);
}

Test(errors, a_report_prints_file_line_severity_and_text)
{
    struct config_case c = case_load(BROKER("\nbogus=\"1\"", ""));
    char *printed = NULL;
    size_t len;
    FILE *to = open_memstream(&printed, &len);

    config_report_print(&c.report, to);
    fclose(to);
    cr_assert_not_null(strstr(printed, "inline.xml:2: error: <broker> has no attribute bogus"));
    free(printed);
    case_fini(&c);
}
