/* SPDX-License-Identifier: Apache-2.0 */
#include "config_case.h"

Test(broker, has_the_defaults_of_activemq)
{
    struct config_case c = expect_ok(BROKER("", ""));
    const struct config *k = c.config;

    cr_assert_str_eq(k->broker_name, "localhost");
    cr_assert_str_eq(k->data_directory, "activemq-data");
    cr_assert(k->persistent && k->advisory_support && k->use_virtual_topics);
    cr_assert(!k->scheduler_support);
    cr_assert_eq(k->scheduler_repeat_max, 1000);
    cr_assert_eq(k->purge_period_ms, 0);
    cr_assert_eq(k->offline_durable_timeout_ms, -1);
    cr_assert_eq(k->offline_durable_check_ms, 300000);
    cr_assert_eq(k->force_persistency, -1);
    cr_assert_eq(k->security.method, CONFIG_AUTH_NONE);
    cr_assert_null(k->path_separator);
    cr_assert_eq(k->settings.worker_count, 0);
    cr_assert_eq(k->settings.output_bytes_max, 1048576);
    case_fini(&c);
}

Test(broker, characters_that_may_not_be_in_its_name_become_underscores)
{
    struct config_case c = expect_ok(BROKER("brokerName=\"my broker/1\"", ""));

    cr_assert_str_eq(c.config->broker_name, "my_broker_1");
    expect_remark(&c, CONFIG_WARNING, "becomes my_broker_1");
    case_fini(&c);
}

Test(broker, our_own_settings_are_in_our_own_namespace)
{
    struct config_case c = expect_ok(BROKER("cw:workers=\"3\" cw:tcpBacklog=\"10\"", ""));

    cr_assert_eq(c.config->settings.worker_count, 3);
    cr_assert_eq(c.config->settings.tcp_backlog, 10);
    case_fini(&c);
    expect_error(BROKER("cw:workers=\"33\"", ""), 1, "workers=\"33\"", "0 to 32");
    expect_error(BROKER("workers=\"3\"", ""), 1, "no attribute workers",
                 "did you mean cw:workers?");
}

Test(broker, may_be_alone_prefixed_or_in_an_old_namespace)
{
    struct config_case c = expect_ok("<broker brokerName=\"a\"/>");

    expect_remark(&c, CONFIG_NOTE, "inside <beans>");
    case_fini(&c);
    c = expect_ok("<beans xmlns:amq=\"http://activemq.apache.org/schema/core\"><amq:broker "
                  "brokerName=\"a\"><amq:destinations><amq:queue physicalName=\"Q\"/>"
                  "</amq:destinations></amq:broker></beans>");
    cr_assert_eq(c.config->destination_count, 1);
    case_fini(&c);
    c = expect_ok("<beans><broker xmlns=\"http://activemq.org/config/1.0\"/></beans>");
    expect_remark(&c, CONFIG_NOTE, "which ActiveMQ refuses");
    case_fini(&c);
}

Test(broker, spring_properties_are_attributes)
{
    struct config_case c =
        expect_ok(BROKER("", "<property name=\"brokerName\" value=\"a\"/>"
                             "<property name=\"dataDirectory\"><value>d</value></property>"));

    cr_assert_str_eq(c.config->broker_name, "a");
    cr_assert_str_eq(c.config->data_directory, "d");
    case_fini(&c);
}

Test(broker, an_attribute_may_be_written_as_an_element_with_text)
{
    struct config_case c = expect_ok(BROKER("", "<dataDirectoryFile>d</dataDirectoryFile>"));

    cr_assert_str_eq(c.config->data_directory, "d");
    case_fini(&c);
}

Test(broker, of_an_element_written_twice_the_last_counts_and_a_warning_says_so)
{
    struct config_case c =
        expect_ok(BROKER("", "<destinations><queue physicalName=\"A\"/></destinations>\n"
                             "<destinations><queue physicalName=\"B\"/></destinations>"));

    cr_assert_eq(c.config->destination_count, 1);
    cr_assert_str_eq(c.config->destinations[0].name, "B");
    expect_remark(&c, CONFIG_WARNING, "line 2 has <destinations> again");
    case_fini(&c);
}

Test(broker, text_is_utf_8_whatever_the_encoding_of_the_file)
{
    struct config_case c = expect_ok("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>"
                                     "<beans><broker><destinations>"
                                     "<queue physicalName=\"K\xfc\"/>"
                                     "</destinations></broker></beans>");

    cr_assert_str_eq(c.config->destinations[0].name, "K\xc3\xbc");
    case_fini(&c);
}

Test(broker, what_is_ignored_is_noted_once_with_the_reason)
{
    struct config_case c =
        expect_ok(BROKER("", "<destinationPolicy><policyMap><policyEntries>"
                             "<policyEntry queue=\"A\" optimizedDispatch=\"true\"/>"
                             "<policyEntry queue=\"B\" optimizedDispatch=\"true\"/>"
                             "</policyEntries></policyMap></destinationPolicy>"));
    size_t count = 0;

    for (size_t i = 0; i < c.report.count; i++)
        count += strstr(c.report.remarks[i].text, "optimizedDispatch") != NULL;
    cr_assert_eq(count, 1);
    case_fini(&c);
}

Test(broker, the_data_directory_of_the_command_line_wins)
{
    struct config_source source = {.file = file_name, .data_directory = "/elsewhere"};
    const char *xml = BROKER("dataDirectory=\"here\"", "");
    struct config_case c = {0};

    cr_assert_eq(config_load_memory(&source, slice_of_text(xml), &c.config, &c.report), 0);
    cr_assert_str_eq(c.config->data_directory, "/elsewhere");
    case_fini(&c);
}

#define USAGE(inside) \
    BROKER("", "<systemUsage><systemUsage sendFailIfNoSpaceAfterTimeout=\"3000\">" inside \
               "</systemUsage></systemUsage>")

Test(usage, without_it_the_built_in_limits_hold)
{
    struct config_case c = expect_ok(BROKER("", ""));

    cr_assert_eq(c.config->usage.memory_bytes_max, UINT64_C(1) << 30);
    cr_assert_eq(c.config->usage.temp_bytes_max, UINT64_C(50) << 30);
    cr_assert_eq(c.config->usage.scheduler_bytes_max, UINT64_C(50) << 30);
    case_fini(&c);
}

Test(usage, parts_an_explicit_one_leaves_out_are_not_limited)
{
    struct config_case c =
        expect_ok(USAGE("<memoryUsage><memoryUsage limit=\"20 mb\"/></memoryUsage>"));

    cr_assert_eq(c.config->usage.memory_bytes_max, UINT64_C(20) << 20);
    cr_assert_eq(c.config->usage.temp_bytes_max, 0);
    cr_assert_eq(c.config->usage.scheduler_bytes_max, 0);
    cr_assert_eq(c.config->usage.send_fail_after_ms, 3000);
    case_fini(&c);
}

Test(usage, a_percentage_of_the_heap_is_one_of_the_memory_we_may_use)
{
    struct config_case half =
        expect_ok(USAGE("<memoryUsage><memoryUsage percentOfJvmHeap=\"50\"/></memoryUsage>"));
    struct config_case whole =
        expect_ok(USAGE("<memoryUsage><memoryUsage percentOfJvmHeap=\"100\"/></memoryUsage>"));
    uint64_t half_bytes = half.config->usage.memory_bytes_max;
    uint64_t whole_bytes = whole.config->usage.memory_bytes_max;

    cr_assert_gt(half_bytes, 0);
    cr_assert_leq(half_bytes * 2, whole_bytes);
    cr_assert_geq(half_bytes * 2 + 2, whole_bytes);
    case_fini(&half);
    case_fini(&whole);
}

Test(usage, a_percentage_of_the_disk_may_refer_to_a_given_total)
{
    struct config_case c =
        expect_ok(USAGE("<tempUsage><tempUsage percentLimit=\"25\" total=\"4 gb\"/></tempUsage>"));

    cr_assert_eq(c.config->usage.temp_bytes_max, UINT64_C(1) << 30);
    case_fini(&c);
    c = expect_ok(USAGE("<tempUsage><tempUsage percentLimit=\"10\"/></tempUsage>"));
    cr_assert_gt(c.config->usage.temp_bytes_max, 0);
    case_fini(&c);
}

Test(usage, the_scheduler_has_limits_of_its_own)
{
    struct config_case c = expect_ok(
        BROKER("schedulerSupport=\"true\" maxSchedulerRepeatAllowed=\"7\"",
               "<systemUsage><systemUsage><jobSchedulerUsage><jobSchedulerUsage limit=\"2 mb\"/>"
               "</jobSchedulerUsage></systemUsage></systemUsage>"));

    cr_assert(c.config->scheduler_support);
    cr_assert_eq(c.config->scheduler_repeat_max, 7);
    cr_assert_eq(c.config->usage.scheduler_bytes_max, UINT64_C(2) << 20);
    case_fini(&c);
}

Test(usage, doubled_names_may_be_written_once_with_a_note)
{
    struct config_case c =
        expect_ok(BROKER("", "<systemUsage sendFailIfNoSpace=\"true\"><memoryUsage limit=\"64mb\"/>"
                             "<storeUsage limit=\"1gb\"/></systemUsage>"));

    cr_assert_eq(c.config->usage.memory_bytes_max, UINT64_C(64) << 20);
    cr_assert_eq(c.config->usage.store_bytes_max, UINT64_C(1) << 30);
    cr_assert(c.config->usage.send_fail_if_no_space);
    expect_remark(&c, CONFIG_NOTE, "wants it doubled");
    case_fini(&c);
}

#define CONNECTORS(inside) BROKER("", "<transportConnectors>\n" inside "</transportConnectors>")
#define CONNECTOR(uri)     CONNECTORS("<transportConnector name=\"c\" uri=\"" uri "\"/>")

Test(connectors, a_uri_has_scheme_host_port_and_options)
{
    struct config_case c = expect_ok(CONNECTOR(
        "stomp+nio://127.0.0.1:61613?maximumConnections=1000&amp;wireFormat.maxFrameSize=1048576"
        "&amp;transport.defaultHeartBeat=5000%2C0"));
    const struct config_transport_connector *t = &c.config->connectors[0];

    cr_assert_str_eq(t->scheme, "stomp+nio");
    cr_assert_str_eq(t->host, "127.0.0.1");
    cr_assert_eq(t->port, 61613);
    cr_assert_eq(t->maximum_connections, 1000);
    cr_assert_eq(t->option_count, 3);
    cr_assert_str_eq(config_connector_option(t, "maxFrameSize"), "1048576");
    cr_assert_str_eq(config_connector_option(t, "wireFormat.maxFrameSize"), "1048576");
    cr_assert_str_eq(config_connector_option(t, "defaultHeartBeat"), "5000,0");
    cr_assert_null(config_connector_option(t, "backlog"));
    case_fini(&c);
}

Test(connectors, the_exact_name_of_an_option_wins)
{
    struct config_case c =
        expect_ok(CONNECTOR("stomp://a:1?transport.trace=true&amp;wireFormat.trace=false"));
    const struct config_transport_connector *t = &c.config->connectors[0];

    cr_assert_str_eq(config_connector_option(t, "wireFormat.trace"), "false");
    cr_assert_str_eq(config_connector_option(t, "trace"), "true");
    case_fini(&c);
}

Test(connectors, a_missing_port_scheme_or_host_is_an_error_with_a_hint)
{
    expect_error(CONNECTOR("stomp://0.0.0.0"), 2, "has no port", "port 0 is any free one");
    expect_error(CONNECTOR("0.0.0.0:61613"), 2, "unknown scheme", "stomp and tcp are usual");
    expect_error(CONNECTOR("stmop://0.0.0.0:1"), 2, "unknown scheme stmop", "did you mean stomp?");
    expect_error(CONNECTOR("stomp://:61613"), 2, "has no host", "0.0.0.0");
    expect_error(CONNECTOR("stomp:61613"), 2, "needs //", "stomp://host:port");
    expect_error(CONNECTOR("stomp://a:65536"), 2, "65536", "0 to 65535");
    expect_error(CONNECTOR("stomp://::1:5"), 2, "IPv6", "[brackets]");
    expect_error(CONNECTORS("<transportConnector name=\"c\"/>"), 2, "needs uri=", "stomp://");
}

Test(connectors, addresses_of_ipv6_stand_in_brackets_and_paths_do_not_matter)
{
    struct config_case c = expect_ok(CONNECTOR("stomp://[::1]:61613/"));

    cr_assert_str_eq(c.config->connectors[0].host, "::1");
    cr_assert_eq(c.config->connectors[0].port, 61613);
    case_fini(&c);
}

Test(connectors, transports_that_are_not_built_are_left_out_with_a_warning)
{
    struct config_case c =
        expect_ok(CONNECTORS("<transportConnector name=\"a\" uri=\"amqp://0.0.0.0:5672\"/>"
                             "<transportConnector name=\"m\" uri=\"mqtt://0.0.0.0:1883\"/>"
                             "<transportConnector name=\"w\" uri=\"ws://0.0.0.0:61614\"/>"
                             "<transportConnector name=\"x\" uri=\"stomp+ssl://0.0.0.0:61612\"/>"
                             "<transportConnector name=\"o\" uri=\"tcp://0.0.0.0:61616\"/>"));

    cr_assert_eq(c.config->connector_count, 1);
    cr_assert_str_eq(c.config->connectors[0].scheme, "tcp");
    expect_remark(&c, CONFIG_WARNING, "amqp://0.0.0.0:5672 is not served");
    expect_remark(&c, CONFIG_WARNING, "mqtt://0.0.0.0:1883 is not served");
    expect_remark(&c, CONFIG_WARNING, "ws://0.0.0.0:61614 is not served");
    expect_remark(&c, CONFIG_WARNING, "stomp+ssl://0.0.0.0:61612 is not served: TLS");
    case_fini(&c);
}

Test(connectors, unknown_options_and_wrong_values_are_warnings_and_the_default_stays)
{
    struct config_case c =
        expect_ok(CONNECTOR("stomp://a:1?maximumConections=5&amp;wireFormat.maxFrameSize=100mb"));
    const struct config_transport_connector *t = &c.config->connectors[0];

    expect_remark(&c, CONFIG_WARNING, "did you mean maximumConnections?");
    expect_remark(&c, CONFIG_WARNING, "the default 9223372036854775807 stays");
    cr_assert_null(config_connector_option(t, "maxFrameSize"));
    cr_assert_eq(t->maximum_connections, 2147483647);
    case_fini(&c);
}

Test(connectors, options_escaped_twice_are_understood)
{
    struct config_case c =
        expect_ok(CONNECTOR("stomp://a:1?trace=true&amp;amp;maximumConnections=7"));

    cr_assert_eq(c.config->connectors[0].maximum_connections, 7);
    case_fini(&c);
}

Test(connectors, two_on_one_port_are_an_error)
{
    expect_error(CONNECTORS("<transportConnector name=\"a\" uri=\"stomp://h:1\"/>\n"
                            "<transportConnector name=\"b\" uri=\"tcp://h:1\"/>"),
                 3, "taken already", "line 2");
}

#define POLICIES(inside) \
    BROKER("schedulePeriodForDestinationPurge=\"1000\"", \
           "<destinationPolicy><policyMap><policyEntries>\n" inside \
           "</policyEntries></policyMap></destinationPolicy>")

Test(policies, have_the_defaults_of_activemq)
{
    struct config_policy p;

    config_policy_init(&p);
    cr_assert_null(p.destination.name);
    cr_assert(p.producer_flow_control && p.use_prefetch_extension);
    cr_assert_eq(p.send_fail_if_no_space, -1);
    cr_assert_eq(p.send_fail_after_ms, -1);
    cr_assert_eq(p.queue_prefetch, 1000);
    cr_assert_eq(p.topic_prefetch, 32767);
    cr_assert_eq(p.durable_prefetch, 100);
    cr_assert_eq(p.browser_prefetch, 500);
    cr_assert_eq(p.gc_inactive_ms, 60000);
    cr_assert_eq(p.expire_period_ms, 30000);
    cr_assert_eq(p.max_destinations, -1);
    cr_assert_eq(p.maximum_redeliveries, -1);
    cr_assert_eq(p.group_map, GROUP_MAP_CACHED);
    cr_assert_eq(p.group_map_size, 1024);
    cr_assert_eq(p.pending_limit.kind, PENDING_LIMIT_NONE);
    cr_assert_eq(p.slow_consumer.kind, SLOW_CONSUMER_NONE);
    cr_assert_eq(p.slow_consumer.max_slow_duration_ms, 30000);
    cr_assert_eq(p.recovery.kind, RECOVERY_NONE);
    cr_assert_eq(p.recovery.maximum_size, 100);
    cr_assert_eq(p.dead_letter.kind, DEAD_LETTER_SHARED);
    cr_assert_str_eq(p.dead_letter.shared_queue, "ActiveMQ.DLQ");
    cr_assert_str_eq(p.dead_letter.queue_prefix, "ActiveMQ.DLQ.Queue.");
    cr_assert(p.dead_letter.process_expired && !p.dead_letter.process_non_persistent);
}

Test(policies, read_every_strategy)
{
    struct config_case c = expect_ok(POLICIES(
        "<policyEntry topic=\"A.>\" memoryLimit=\"5mb\" sendFailIfNoSpace=\"true\" "
        "messageGroupMapFactoryType=\"bucket?bucketCount=64\" cw:maximumRedeliveries=\"6\">"
        "<deadLetterStrategy><individualDeadLetterStrategy queuePrefix=\"DLQ.\" "
        "processNonPersistent=\"true\"/></deadLetterStrategy>"
        "<pendingMessageLimitStrategy><constantPendingMessageLimitStrategy limit=\"50\"/>"
        "</pendingMessageLimitStrategy>"
        "<messageEvictionStrategy><uniquePropertyMessageEvictionStrategy propertyName=\"STOCK\"/>"
        "</messageEvictionStrategy>"
        "<slowConsumerStrategy><abortSlowAckConsumerStrategy maxTimeSinceLastAck=\"5000\" "
        "abortConnection=\"true\"/></slowConsumerStrategy>"
        "<subscriptionRecoveryPolicy><fixedSizedSubscriptionRecoveryPolicy maximumSize=\"1mb\"/>"
        "</subscriptionRecoveryPolicy>"
        "<pendingSubscriberPolicy><vmCursor/></pendingSubscriberPolicy>"
        "<pendingQueuePolicy><vmQueueCursor/></pendingQueuePolicy>"
        "<pendingDurableSubscriberPolicy><vmDurableCursor/></pendingDurableSubscriberPolicy>"
        "</policyEntry>"));
    const struct config_policy *p = &c.config->policies.entries[0];

    cr_assert_eq(p->destination.kind, CONFIG_TOPIC);
    cr_assert_str_eq(p->destination.name, "A.>");
    cr_assert_eq(p->line, 2);
    cr_assert_eq(p->memory_limit, 5 << 20);
    cr_assert_eq(p->send_fail_if_no_space, 1);
    cr_assert_eq(p->group_map, GROUP_MAP_BUCKET);
    cr_assert_eq(p->group_map_size, 64);
    cr_assert_eq(p->maximum_redeliveries, 6);
    cr_assert_eq(p->dead_letter.kind, DEAD_LETTER_INDIVIDUAL);
    cr_assert_str_eq(p->dead_letter.queue_prefix, "DLQ.");
    cr_assert(p->dead_letter.process_non_persistent);
    cr_assert_eq(p->pending_limit.kind, PENDING_LIMIT_CONSTANT);
    cr_assert_eq(p->pending_limit.limit, 50);
    cr_assert_eq(p->eviction.kind, EVICTION_UNIQUE_PROPERTY);
    cr_assert_str_eq(p->eviction.property_name, "STOCK");
    cr_assert_eq(p->slow_consumer.kind, SLOW_CONSUMER_ABORT_SLOW_ACK);
    cr_assert_eq(p->slow_consumer.max_time_since_last_ack_ms, 5000);
    cr_assert(p->slow_consumer.abort_connection);
    cr_assert_eq(p->recovery.kind, RECOVERY_FIXED_SIZE);
    cr_assert_eq(p->recovery.maximum_size, 1 << 20);
    cr_assert_eq(p->queue_cursor, CURSOR_VM);
    case_fini(&c);
}

Test(policies, the_sizes_of_both_recovery_policies_have_their_own_defaults)
{
    struct config_case c = expect_ok(POLICIES(
        "<policyEntry topic=\"A\"><subscriptionRecoveryPolicy>"
        "<fixedSizedSubscriptionRecoveryPolicy/></subscriptionRecoveryPolicy></policyEntry>"
        "<policyEntry topic=\"B\"><subscriptionRecoveryPolicy>"
        "<fixedCountSubscriptionRecoveryPolicy/></subscriptionRecoveryPolicy></policyEntry>"));

    cr_assert_eq(c.config->policies.entries[0].recovery.maximum_size, 65536);
    cr_assert_eq(c.config->policies.entries[1].recovery.maximum_size, 100);
    case_fini(&c);
}

Test(policies, both_spellings_of_the_inactive_timeout_work)
{
    struct config_case c = expect_ok(POLICIES(
        "<policyEntry queue=\"A\" gcInactiveDestinations=\"true\" inactiveTimoutBeforeGC=\"5\"/>"
        "<policyEntry queue=\"B\" gcInactiveDestinations=\"true\" "
        "inactiveTimeoutBeforeGC=\"6\"/>"));

    cr_assert_eq(c.config->policies.entries[0].gc_inactive_ms, 5);
    cr_assert_eq(c.config->policies.entries[1].gc_inactive_ms, 6);
    case_fini(&c);
}

Test(policies, an_entry_directly_in_the_map_is_read_with_a_note)
{
    struct config_case c =
        expect_ok(BROKER("", "<destinationPolicy><policyMap>\n<policyEntry topic=\">\" "
                             "producerFlowControl=\"false\"/></policyMap></destinationPolicy>"));

    cr_assert_eq(c.config->policies.count, 1);
    cr_assert_not(c.config->policies.entries[0].producer_flow_control);
    expect_remark(&c, CONFIG_NOTE, "<policyEntry> belongs inside <policyEntries>");
    cr_assert_eq(case_find(&c, CONFIG_NOTE, "belongs inside")->place.line, 2);
    case_fini(&c);
}

Test(policies, a_strategy_without_its_holder_is_read_with_a_note)
{
    struct config_case c = expect_ok(
        POLICIES("<policyEntry queue=\"A\"><individualDeadLetterStrategy queuePrefix=\"D.\"/>"
                 "</policyEntry>"));

    cr_assert_str_eq(c.config->policies.entries[0].dead_letter.queue_prefix, "D.");
    expect_remark(&c, CONFIG_NOTE, "belongs inside <deadLetterStrategy>");
    case_fini(&c);
}

Test(policies, of_two_entries_for_one_destination_the_first_counts)
{
    struct config_case c = expect_ok(POLICIES("<policyEntry queue=\"A\" queuePrefetch=\"1\"/>\n"
                                              "<policyEntry queue=\"A\" queuePrefetch=\"2\"/>"));

    cr_assert_eq(c.config->policies.count, 1);
    cr_assert_eq(c.config->policies.entries[0].queue_prefetch, 1);
    expect_remark(&c, CONFIG_WARNING, "line 2 names the same destination");
    case_fini(&c);
}

Test(policies, of_two_strategies_in_one_place_the_last_counts_and_a_warning_says_so)
{
    struct config_case c =
        expect_ok(POLICIES("<policyEntry queue=\"A\"><deadLetterStrategy>"
                           "<individualDeadLetterStrategy queuePrefix=\"D.\"/>\n<discarding/>"
                           "</deadLetterStrategy></policyEntry>"));
    const struct config_dead_letter *d = &c.config->policies.entries[0].dead_letter;

    cr_assert_eq(d->kind, DEAD_LETTER_DISCARD);
    cr_assert_str_eq(d->queue_prefix, "ActiveMQ.DLQ.Queue.");
    expect_remark(&c, CONFIG_WARNING, "line 3 has <discarding> in its place");
    case_fini(&c);
}

Test(policies, an_entry_without_a_destination_is_an_error)
{
    expect_error(POLICIES("<policyEntry memoryLimit=\"1mb\"/>"), 2, "names no destination",
                 "<defaultEntry>");
}

Test(policies, an_entry_may_name_several_destinations)
{
    struct config_case c =
        expect_ok(POLICIES("<policyEntry queue=\"A, B.>\" queuePrefetch=\"1\"/>"));

    cr_assert_eq(c.config->policies.count, 2);
    cr_assert_str_eq(c.config->policies.entries[1].destination.name, "B.>");
    cr_assert_eq(c.config->policies.entries[1].queue_prefetch, 1);
    case_fini(&c);
}

Test(policies, the_default_entry_is_for_all_others)
{
    struct config_case c = expect_ok(
        BROKER("", "<destinationPolicy><policyMap><defaultEntry><policyEntry queue=\">\" "
                   "queuePrefetch=\"7\"/></defaultEntry></policyMap></destinationPolicy>"));

    cr_assert_eq(c.config->policies.count, 0);
    cr_assert_eq(c.config->policies.fallback.queue_prefetch, 7);
    cr_assert_null(c.config->policies.fallback.destination.name);
    case_fini(&c);
}

Test(policies, a_dead_letter_queue_may_be_an_element_or_a_uri_but_no_topic)
{
    struct config_case c =
        expect_ok(POLICIES("<policyEntry queue=\"A\"><deadLetterStrategy><sharedDeadLetterStrategy>"
                           "<deadLetterQueue><queue physicalName=\"D1\"/></deadLetterQueue>"
                           "</sharedDeadLetterStrategy></deadLetterStrategy></policyEntry>"
                           "<policyEntry queue=\"B\"><deadLetterStrategy><sharedDeadLetterStrategy "
                           "deadLetterQueue=\"queue://D2\"/></deadLetterStrategy></policyEntry>"));

    cr_assert_str_eq(c.config->policies.entries[0].dead_letter.shared_queue, "D1");
    cr_assert_str_eq(c.config->policies.entries[1].dead_letter.shared_queue, "D2");
    case_fini(&c);
    expect_error(POLICIES("<policyEntry queue=\"B\"><deadLetterStrategy><sharedDeadLetterStrategy "
                          "deadLetterQueue=\"topic://D\"/></deadLetterStrategy></policyEntry>"),
                 2, "topic://D", "go to a queue");
}

Test(policies, collecting_without_a_period_is_a_warning)
{
    struct config_case c = expect_ok(BROKER(
        "", "<destinationPolicy><policyMap><policyEntries><policyEntry queue=\">\" "
            "gcInactiveDestinations=\"true\"/></policyEntries></policyMap></destinationPolicy>"));

    expect_remark(&c, CONFIG_WARNING, "schedulePeriodForDestinationPurge");
    case_fini(&c);
}

Test(virtuals, the_built_in_virtual_topic_is_there_unless_others_are)
{
    struct config_case c = expect_ok(BROKER("", ""));

    cr_assert_eq(c.config->virtual_count, 1);
    cr_assert_str_eq(c.config->virtuals[0].name, "VirtualTopic.>");
    cr_assert_str_eq(c.config->virtuals[0].prefix, "Consumer.*.");
    case_fini(&c);
    c = expect_ok(BROKER("useVirtualTopics=\"false\"", ""));
    cr_assert_eq(c.config->virtual_count, 0);
    case_fini(&c);
    c = expect_ok(BROKER("useMirroredQueues=\"true\"", ""));
    cr_assert_eq(c.config->virtual_count, 2);
    cr_assert_eq(c.config->virtuals[1].kind, MIRRORED_QUEUE);
    cr_assert_str_eq(c.config->virtuals[1].prefix, "VirtualTopic.Mirror.");
    case_fini(&c);
}

Test(virtuals, composites_forward_and_filter)
{
    struct config_case c = expect_ok(BROKER(
        "", "<destinationInterceptors><virtualDestinationInterceptor><virtualDestinations>"
            "<compositeQueue name=\"C\" forwardOnly=\"false\"><forwardTo>"
            "<queue physicalName=\"A\"/><topic physicalName=\"B\"/>"
            "<filteredDestination selector=\"odd = 'yes'\" topic=\"F\"/>"
            "</forwardTo></compositeQueue><virtualTopic name=\"V.>\" selectorAware=\"true\"/>"
            "</virtualDestinations></virtualDestinationInterceptor></destinationInterceptors>"));
    const struct config_virtual_destination *v = c.config->virtuals;

    cr_assert_eq(c.config->virtual_count, 2);
    cr_assert_eq(v[0].kind, COMPOSITE_QUEUE);
    cr_assert_not(v[0].forward_only);
    cr_assert_eq(v[0].forward_count, 3);
    cr_assert_eq(v[0].forwards[1].destination.kind, CONFIG_TOPIC);
    cr_assert_str_eq(v[0].forwards[2].destination.name, "F");
    cr_assert_str_eq(v[0].forwards[2].selector, "odd = 'yes'");
    cr_assert_null(v[0].forwards[0].selector);
    cr_assert(v[1].selector_aware);
    case_fini(&c);
}

#define PLUGINS(inside) BROKER("", "<plugins>\n" inside "</plugins>")

Test(security, simple_users_have_names_passwords_and_groups)
{
    struct config_case c = expect_ok(PLUGINS(
        "<simpleAuthenticationPlugin anonymousAccessAllowed=\"true\"><users>"
        "<authenticationUser username=\"a\" password=\"p\" groups=\"g,h\"/>"
        "<authenticationUser username=\"b\" password=\"\"/></users></simpleAuthenticationPlugin>"));
    const struct config_security *s = &c.config->security;

    cr_assert_eq(s->method, CONFIG_AUTH_SIMPLE);
    cr_assert_eq(s->user_count, 2);
    cr_assert_str_eq(s->users[0].groups, "g,h");
    cr_assert_null(s->users[1].groups);
    cr_assert(s->anonymous_access);
    cr_assert_str_eq(s->anonymous_user, "anonymous");
    expect_remark(&c, CONFIG_WARNING, "the user b has an empty password");
    case_fini(&c);
    expect_error(PLUGINS("<simpleAuthenticationPlugin><users>\n<authenticationUser "
                         "username=\"a\"/></users></simpleAuthenticationPlugin>"),
                 3, "needs username=", "password=");
}

Test(security, jaas_finds_login_config_beside_the_file_or_as_java_is_told)
{
    struct config_case c;

    unsetenv("ACTIVEMQ_HOME"), unsetenv("ACTIVEMQ_BASE"), unsetenv("ACTIVEMQ_CONF");
    c = expect_ok(PLUGINS("<jaasAuthenticationPlugin configuration=\"activemq\"/>"));
    cr_assert_eq(c.config->security.method, CONFIG_AUTH_JAAS);
    cr_assert_str_eq(c.config->security.jaas_realm, "activemq");
    cr_assert_str_eq(c.config->security.jaas_file, "tests/unit/config/data/login.config");
    case_fini(&c);
    setenv("ACTIVEMQ_OPTS", "-Djava.security.auth.login.config=/no/such", 1);
    expect_error(PLUGINS("<jaasAuthenticationPlugin/>"), 2, "/no/such", "cannot be read");
    unsetenv("ACTIVEMQ_OPTS");
    setenv("ACTIVEMQ_CONF", "/no/conf", 1);
    c = expect_ok(PLUGINS("<jaasAuthenticationPlugin/>"));
    cr_assert_str_eq(c.config->security.jaas_realm, "activemq-domain");
    case_fini(&c);
}

#define RIGHTS(inside) \
    "<simpleAuthenticationPlugin/><authorizationPlugin><map><authorizationMap>" inside \
    "</authorizationMap></map></authorizationPlugin>"

Test(security, rights_are_entries_in_the_order_of_the_file)
{
    struct config_case c = expect_ok(PLUGINS(
        RIGHTS("<authorizationEntries><authorizationEntry queue=\">\" read=\"r\" write=\"w\" "
               "admin=\"a\"/><authorizationEntry topic=\"A,B\" read=\"*\"/></authorizationEntries>"
               "<tempDestinationAuthorizationEntry><tempDestinationAuthorizationEntry read=\"t\"/>"
               "</tempDestinationAuthorizationEntry>")));
    const struct config_security *s = &c.config->security;

    cr_assert(s->has_authorization);
    cr_assert_eq(s->entry_count, 3);
    cr_assert_str_eq(s->entries[0].write, "w");
    cr_assert_eq(s->entries[1].kind, CONFIG_TOPIC);
    cr_assert_str_eq(s->entries[1].name, "A");
    cr_assert_str_eq(s->entries[2].name, "B");
    cr_assert_null(s->entries[2].write);
    cr_assert_str_eq(s->temp_entry->read, "t");
    cr_assert_null(s->temp_entry->write);
    case_fini(&c);
}

Test(security, a_default_entry_is_one_for_all_queues_and_topics)
{
    struct config_case c =
        expect_ok(PLUGINS(RIGHTS("<defaultEntry><authorizationEntry read=\"r\"/></defaultEntry>")));

    cr_assert_eq(c.config->security.entry_count, 2);
    cr_assert_str_eq(c.config->security.entries[0].name, ">");
    cr_assert_eq(c.config->security.entries[0].kind, CONFIG_QUEUE);
    cr_assert_eq(c.config->security.entries[1].kind, CONFIG_TOPIC);
    case_fini(&c);
}

Test(security, rights_without_users_are_a_warning_and_two_maps_an_error)
{
    struct config_case c = expect_ok(PLUGINS("<authorizationPlugin><map><authorizationMap/></map>"
                                             "</authorizationPlugin>"));

    expect_remark(&c, CONFIG_WARNING, "every access is refused");
    case_fini(&c);
    expect_error(PLUGINS("<authorizationPlugin><map><lDAPAuthorizationMap/></map>"
                         "</authorizationPlugin>"),
                 2, "lDAPAuthorizationMap", "LDAP");
}

Test(plugins, the_shipped_ones_are_read)
{
    struct config_case c = expect_ok(
        BROKER("schedulerSupport=\"true\"",
               "<plugins><statisticsBrokerPlugin/><loggingBrokerPlugin logAll=\"true\"/>"
               "<timeStampingBrokerPlugin ttlCeiling=\"5\" futureOnly=\"true\"/>"
               "<forcePersistencyModeBrokerPlugin persistenceFlag=\"true\"/>"
               "<discardingDLQBrokerPlugin dropAll=\"false\" dropOnly=\"A.* B\"/>"
               "<destinationPathSeparatorPlugin/><traceBrokerPathPlugin stampProperty=\"P\"/>"
               "<redeliveryPlugin fallbackToDeadLetter=\"false\"><redeliveryPolicyMap>"
               "<redeliveryPolicyMap><redeliveryPolicyEntries><redeliveryPolicy queue=\"Q\" "
               "maximumRedeliveries=\"4\" redeliveryDelay=\"2000\"/></redeliveryPolicyEntries>"
               "<defaultEntry><redeliveryPolicy/></defaultEntry></redeliveryPolicyMap>"
               "</redeliveryPolicyMap></redeliveryPlugin></plugins>"));
    const struct config *k = c.config;

    cr_assert(k->statistics_plugin);
    cr_assert(k->logging.enabled && k->logging.messages && k->logging.internal);
    cr_assert(k->timestamps.enabled && k->timestamps.future_only);
    cr_assert_eq(k->timestamps.ttl_ceiling_ms, 5);
    cr_assert_eq(k->force_persistency, 1);
    cr_assert(k->discarding_dlq.enabled && !k->discarding_dlq.drop_all);
    cr_assert(k->discarding_dlq.drop_temporary_queues);
    cr_assert_str_eq(k->discarding_dlq.drop_only, "A.* B");
    cr_assert_str_eq(k->path_separator, "/");
    cr_assert_str_eq(k->trace_broker_path, "P");
    cr_assert(k->redelivery.enabled && !k->redelivery.fallback_to_dead_letter);
    cr_assert(k->redelivery.dead_letter_after_retries);
    cr_assert_eq(k->redelivery.policy_count, 2);
    cr_assert_str_eq(k->redelivery.policies[0].name, "Q");
    cr_assert_eq(k->redelivery.policies[0].maximum_redeliveries, 4);
    cr_assert_null(k->redelivery.policies[1].name);
    cr_assert_eq(k->redelivery.policies[1].back_off_multiplier, 5.0);
    case_fini(&c);
}

Test(plugins, redelivery_needs_the_scheduler_and_a_second)
{
    expect_error(PLUGINS("<redeliveryPlugin/>"), 1, "redeliveryPlugin needs",
                 "schedulerSupport=\"true\"");
    expect_error(
        BROKER("schedulerSupport=\"true\"",
               "<plugins>\n<redeliveryPlugin><redeliveryPolicyMap><redeliveryPolicyMap>"
               "<defaultEntry><redeliveryPolicy redeliveryDelay=\"10\"/></defaultEntry>"
               "</redeliveryPolicyMap></redeliveryPolicyMap></redeliveryPlugin></plugins>"),
        2, "at least 1000 ms", "redeliveryDelay");
}

Test(network, connectors_are_read_whole_and_a_warning_says_they_are_not_started)
{
    struct config_case c = expect_ok(BROKER(
        "", "<networkConnectors>\n<networkConnector name=\"n\" uri=\"static:(tcp://b:61616)\" "
            "duplex=\"true\" networkTTL=\"2\" password=\"secret\">"
            "<excludedDestinations><queue physicalName=\">\"/><topic physicalName=\"X.>\"/>"
            "</excludedDestinations><dynamicallyIncludedDestinations>"
            "<topic physicalName=\"Y\"/></dynamicallyIncludedDestinations></networkConnector>"
            "</networkConnectors>"));
    const struct config_network_connector *n = &c.config->network_connectors[0];

    cr_assert_eq(c.config->network_connector_count, 1);
    cr_assert_str_eq(n->name, "n");
    cr_assert_str_eq(n->uri, "static:(tcp://b:61616)");
    cr_assert_eq(n->place.line, 2);
    cr_assert_eq(n->attribute_count, 5);
    cr_assert_str_eq(n->attributes[2].name, "duplex");
    cr_assert_eq(n->excluded_count, 2);
    cr_assert_eq(n->excluded[1].kind, CONFIG_TOPIC);
    cr_assert_eq(n->dynamically_included_count, 1);
    expect_remark(&c, CONFIG_WARNING, "not started by this version");
    case_fini(&c);
    expect_error(BROKER("", "<networkConnectors><networkConnector name=\"n\"/>"
                            "</networkConnectors>"),
                 1, "needs uri=", "static:(tcp://");
    expect_error(BROKER("", "<networkConnectors><networkConnector uri=\"static:(tcp://b:1)\" "
                            "duplx=\"true\"/></networkConnectors>"),
                 1, "duplx", "did you mean duplex?");
}

static char *printed_of(const struct config *config)
{
    char *text = NULL;
    size_t len;
    FILE *to = open_memstream(&text, &len);

    config_print(config, to);
    fclose(to);
    return text;
}

Test(print, tells_everything_but_passwords)
{
    struct config_case c = expect_ok(
        BROKER("brokerName=\"printed\"",
               "<transportConnectors><transportConnector name=\"s\" uri=\"stomp://0.0.0.0:61613\"/>"
               "</transportConnectors><networkConnectors><networkConnector password=\"SECRET1\" "
               "uri=\"static:(tcp://me:SECRET2@b:1)\"/></networkConnectors>"
               "<plugins><simpleAuthenticationPlugin><users><authenticationUser username=\"joe\" "
               "password=\"SECRET3\" groups=\"admins\"/></users></simpleAuthenticationPlugin>"
               "<authorizationPlugin><map><authorizationMap><authorizationEntries>"
               "<authorizationEntry queue=\"Q.>\" read=\"readers\" write=\"writers\"/>"
               "</authorizationEntries></authorizationMap></map></authorizationPlugin></plugins>"));
    static const char *const parts[] = {"Broker printed",
                                        "stomp://0.0.0.0:61613",
                                        "memory",
                                        "1 gb",
                                        "joe",
                                        "admins",
                                        "queue Q.>",
                                        "readers",
                                        "VirtualTopic.>",
                                        "all others",
                                        "cw:workers",
                                        "not started by this version",
                                        "tcp://b:1"};
    char *text = printed_of(c.config);

    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        cr_assert_not_null(strstr(text, parts[i]), "no \"%s\" in:\n%s", parts[i], text);
    cr_assert_null(strstr(text, "SECRET"), "%s", text);
    free(text);
    case_fini(&c);
}

/* Accepted, but less than ActiveMQ does: said once, unless it is the default that is written. */
Test(less, settings_that_nothing_obeys_are_warned_of)
{
    struct config_case c = expect_ok(
        BROKER("useVirtualDestSubs=\"true\" enableStatistics=\"false\"",
               "<destinationPolicy><policyMap><policyEntries>"
               "<policyEntry queue=\">\" persistJMSRedelivered=\"true\" enableAudit=\"false\" "
               "maxPageSize=\"10\" gcWithNetworkConsumers=\"true\"><pendingSubscriberPolicy>"
               "<fileCursor/></pendingSubscriberPolicy></policyEntry>"
               "</policyEntries></policyMap></destinationPolicy>"
               "<destinationInterceptors><virtualDestinationInterceptor><virtualDestinations>"
               "<virtualTopic dropOnResourceLimit=\"true\" concurrentSend=\"true\"/>"
               "</virtualDestinations></virtualDestinationInterceptor></destinationInterceptors>"
               "<transportConnectors><transportConnector uri=\"stomp://0.0.0.0:1\" "
               "auditNetworkProducers=\"true\" maximumConsumersAllowedPerConnection=\"7\"/>"
               "</transportConnectors>"));
    static const char *const warnings[] = {
        "useVirtualDestSubs",     "persistJMSRedelivered", "enableAudit",
        "gcWithNetworkConsumers", "<fileCursor>",          "dropOnResourceLimit",
        "auditNetworkProducers",
    };

    for (size_t i = 0; i < ARRAY_LEN(warnings); i++)
        expect_remark(&c, CONFIG_WARNING, warnings[i]);
    expect_remark(&c, CONFIG_NOTE, "enableStatistics");
    expect_remark(&c, CONFIG_NOTE, "maxPageSize");
    expect_remark(&c, CONFIG_NOTE, "concurrentSend");
    cr_assert_eq(c.config->connectors[0].maximum_consumers, 7);
    case_fini(&c);
}

Test(less, defaults_that_are_written_out_are_not_warned_of)
{
    struct config_case c = expect_ok(
        BROKER("useVirtualDestSubs=\"false\"",
               "<destinationPolicy><policyMap><policyEntries>"
               "<policyEntry queue=\">\" persistJMSRedelivered=\"false\" enableAudit=\"true\" "
               "gcWithNetworkConsumers=\"false\"/></policyEntries></policyMap>"
               "</destinationPolicy>"));

    cr_assert_null(case_find(&c, CONFIG_WARNING, "is accepted, but"));
    case_fini(&c);
}

Test(plugins, a_path_separator_is_one_character)
{
    struct config_case c =
        expect_ok(BROKER("", "<plugins><destinationPathSeparatorPlugin/></plugins>"));

    cr_assert_str_eq(c.config->path_separator, "/");
    case_fini(&c);
    expect_error(BROKER("", "<plugins><destinationPathSeparatorPlugin pathSeparator=\"::\"/>"
                            "</plugins>"),
                 1, "must be one character", "::");
    expect_error(BROKER("", "<plugins><destinationPathSeparatorPlugin pathSeparator=\">\"/>"
                            "</plugins>"),
                 1, "must be one character", ">");
}

Test(plugins, redelivery_of_topics_is_warned_of)
{
    struct config_case c = expect_ok(
        BROKER("schedulerSupport=\"true\"",
               "<plugins><redeliveryPlugin><redeliveryPolicyMap><redeliveryPolicyMap>"
               "<redeliveryPolicyEntries><redeliveryPolicy topic=\"T\"/></redeliveryPolicyEntries>"
               "</redeliveryPolicyMap></redeliveryPolicyMap></redeliveryPlugin></plugins>"));

    expect_remark(&c, CONFIG_WARNING, "from queues only");
    case_fini(&c);
}

Test(less, options_of_a_connector_that_nothing_obeys_are_told)
{
    struct config_case c =
        expect_ok(CONNECTORS("<transportConnector uri=\"stomp://0.0.0.0:61613?trace=true&amp;"
                             "wireFormat.sizePrefixDisabled=true\"/>"));

    expect_remark(&c, CONFIG_WARNING, "option trace is accepted, but");
    expect_remark(&c, CONFIG_NOTE, "frames always begin with their size");
    case_fini(&c);
    c = expect_ok(CONNECTORS("<transportConnector uri=\"stomp://0.0.0.0:61613?trace=false\"/>"));
    cr_assert_null(case_find(&c, CONFIG_WARNING, "trace"));
    case_fini(&c);
}
