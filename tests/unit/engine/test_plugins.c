/* SPDX-License-Identifier: Apache-2.0 */
/* What loggingBrokerPlugin and traceBrokerPathPlugin do, and settings that ask for a word. */
#include "base/log.h"
#include "sim_engine.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct engine_subscribe_spec plain;

/* Log lines go to a file that is read at the end. */
static FILE *lines_begin(void)
{
    FILE *file = tmpfile();

    cr_assert_not_null(file);
    log_configure(LOG_INFO, LOG_FORMAT_TEXT, fileno(file));
    return file;
}

static char *lines_end(FILE *file)
{
    static char lines[65536];
    size_t len;

    rewind(file);
    len = fread(lines, 1, sizeof lines - 1, file);
    lines[len] = '\0';
    log_configure(LOG_ERROR, LOG_FORMAT_TEXT, STDERR_FILENO);
    fclose(file);
    return lines;
}

#define LOGGING(attributes) "<plugins><loggingBrokerPlugin " attributes "/></plugins>"

static char *lines_of_a_session(const char *children)
{
    FILE *file = lines_begin();
    struct sim *sim = sim_create(1, NULL, children);
    struct sim_client *client = sim_client_as(sim, 0, "me");
    struct sim_consumer *consumer = sim_subscribe(client, "queue://A", plain);
    struct engine_transaction *transaction;

    sim_send(client, "queue://A", "secret body");
    sim_run(sim);
    sim_ack(consumer, 0, 0);
    transaction = engine_begin(client->client);
    cr_assert_not_null(transaction);
    engine_commit(transaction, 0);
    sim_run(sim);
    sim_unsubscribe(consumer);
    sim_close(client);
    sim_destroy(sim);
    return lines_end(file);
}

Test(event_log, all_kinds_of_events_are_logged_without_bodies)
{
    static const char *const events[] = {
        "connection_opened",    "client_id=\"me\"",          "producer_added",
        "consumer_added",       "consumer_removed",          "message_sent",
        "message_acknowledged", "transaction_begun",         "transaction_committed",
        "destination_added",    "destination=\"queue://A\"", "connection_closed",
        "producer_removed",
    };
    const char *lines = lines_of_a_session(LOGGING("logAll=\"true\""));

    for (size_t i = 0; i < ARRAY_LEN(events); i++)
        cr_assert_not_null(strstr(lines, events[i]), "no %s in\n%s", events[i], lines);
    cr_assert_null(strstr(lines, "secret body"));
}

Test(event_log, by_default_only_connections_are_logged)
{
    const char *lines = lines_of_a_session(LOGGING(""));

    cr_assert_not_null(strstr(lines, "connection_opened"));
    cr_assert_null(strstr(lines, "message_sent"));
    cr_assert_null(strstr(lines, "consumer_added"));
    cr_assert_null(strstr(lines, "transaction_begun"));
}

Test(event_log, without_the_plugin_nothing_is)
{
    cr_assert_str_eq(lines_of_a_session(NULL), "");
}

#define TRACE(attributes) "<plugins><traceBrokerPathPlugin " attributes "/></plugins>"

Test(trace_path, every_message_names_the_broker)
{
    struct sim *sim = sim_create(1, NULL, TRACE(""));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *consumer = sim_subscribe(client, "queue://A", plain);

    sim_send(client, "queue://A", "a");
    sim_send(client, "queue://A", "b");
    sim_run(sim);
    cr_assert_str_eq(sim_property(consumer, 0, "BrokerPath"), "sim");
    cr_assert_str_eq(sim_property(consumer, 1, "BrokerPath"), "sim");
    sim_destroy(sim);
}

Test(trace_path, brokers_passed_before_come_first_and_other_properties_stay)
{
    struct sim *sim = sim_create(1, NULL, TRACE("stampProperty=\"via\""));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *consumer = sim_subscribe(client, "queue://A", plain);
    const struct property properties[] = {
        {SLICE("via"), {.type = VALUE_STRING, .text = SLICE("one")}},
        {SLICE("x"), {.type = VALUE_STRING, .text = SLICE("y")}},
    };

    sim_send_draft(client, "queue://A", "a",
                   (struct message_draft){.properties = properties, .property_count = 2});
    sim_run(sim);
    cr_assert_str_eq(sim_property(consumer, 0, "via"), "one,sim");
    cr_assert_str_eq(sim_property(consumer, 0, "x"), "y");
    sim_destroy(sim);
}

Test(trace_path, without_the_plugin_there_is_no_such_property)
{
    struct sim *sim = sim_create(1, NULL, NULL);
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *consumer = sim_subscribe(client, "queue://A", plain);

    sim_send(client, "queue://A", "a");
    sim_run(sim);
    cr_assert_str_eq(sim_property(consumer, 0, "BrokerPath"), "");
    sim_destroy(sim);
}

/* A queue with room for one message, and a producer whose second has to wait. */
static struct sim *blocked(const char *policy, struct sim_consumer **advisories)
{
    struct sim *sim = sim_create(1, NULL, policy);
    struct sim_client *client = sim_client(sim, 0);

    *advisories = sim_subscribe(client, "topic://ActiveMQ.Advisory.FastProducer.>", plain);
    sim_run(sim);
    sim_send(sim_client(sim, 0), "queue://A", "a");
    sim_run(sim);
    sim_send(sim_client(sim, 0), "queue://A", "b");
    sim_run(sim);
    return sim;
}

/* A broker ends when nobody waits for an answer any more. */
static void end_blocked(struct sim *sim)
{
    struct sim_consumer *consumer = sim_subscribe(sim_client(sim, 0), "queue://A", plain);

    sim_run(sim);
    sim_ack(consumer, 0, 0);
    sim_advance(sim, 20);
    cr_assert_str_eq(sim_bodies(consumer), "a b");
    sim_destroy(sim);
}

#define VM_CURSOR "<pendingQueuePolicy><vmQueueCursor/></pendingQueuePolicy>"

Test(blocked_producer, is_warned_of_at_once_and_then_at_the_interval)
{
    FILE *file = lines_begin();
    struct sim_consumer *advisories;
    struct sim *sim = blocked(
        SIM_POLICY("queue=\">\" memoryLimit=\"1kb\" blockedProducerWarningInterval=\"2000\"",
                   VM_CURSOR),
        &advisories);
    const char *lines, *first;

    sim_advance(sim, 1999);
    sim_advance(sim, 20);
    end_blocked(sim);
    lines = lines_end(file);
    first = strstr(lines, "producers_blocked destination=\"queue://A\"");
    cr_assert_not_null(first, "%s", lines);
    first = strstr(first + 1, "producers_blocked");
    cr_assert_not_null(first, "%s", lines);
    cr_assert_null(strstr(first + 1, "producers_blocked"), "%s", lines);
}

Test(blocked_producer, is_not_spoken_of_if_the_interval_is_0)
{
    FILE *file = lines_begin();
    struct sim_consumer *advisories;
    struct sim *sim =
        blocked(SIM_POLICY("queue=\">\" memoryLimit=\"1kb\" blockedProducerWarningInterval=\"0\"",
                           VM_CURSOR),
                &advisories);

    sim_advance(sim, 60000);
    end_blocked(sim);
    cr_assert_null(strstr(lines_end(file), "producers_blocked"));
}

Test(blocked_producer, is_an_advisory_if_the_policy_asks)
{
    struct sim_consumer *advisories;
    struct sim *sim = blocked(
        SIM_POLICY("queue=\">\" memoryLimit=\"1kb\" advisoryForFastProducers=\"true\"", VM_CURSOR),
        &advisories);

    cr_assert_eq(advisories->count, 1);
    cr_assert_neq(sim_property(advisories, 0, "producerId")[0], '\0');
    end_blocked(sim);
    sim = blocked(SIM_POLICY("queue=\">\" memoryLimit=\"1kb\"", VM_CURSOR), &advisories);
    cr_assert_eq(advisories->count, 0);
    end_blocked(sim);
}

static void expect_about(const char *policy, const char *topic, size_t count)
{
    struct sim *sim = sim_create(1, NULL, policy);
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *advisories = sim_subscribe(client, topic, plain);
    struct sim_consumer *consumer = sim_subscribe(client, "queue://A", plain);

    sim_run(sim);
    sim_send(client, "queue://A", "a");
    sim_run(sim);
    sim_ack(consumer, 0, 0);
    sim_run(sim);
    cr_assert_eq(advisories->count, count, "%s: %zu", topic, advisories->count);
    if (count > 0)
        cr_assert_str_eq(sim_property(advisories, 0, "orignalDestination"), "queue://A");
    sim_destroy(sim);
}

Test(advisory, arrival_dispatch_and_consumption_are_told_if_the_policy_asks)
{
    static const char all[] =
        SIM_POLICY("queue=\">\" advisoryForDelivery=\"true\" advisoryForDispatched=\"true\" "
                   "advisoryForConsumed=\"true\"",
                   "");

    expect_about(all, "topic://ActiveMQ.Advisory.MessageDelivered.Queue.A", 1);
    expect_about(all, "topic://ActiveMQ.Advisory.MessageDispatched.Queue.A", 1);
    expect_about(all, "topic://ActiveMQ.Advisory.MessageConsumed.Queue.A", 1);
    expect_about(NULL, "topic://ActiveMQ.Advisory.MessageDelivered.>", 0);
    expect_about(NULL, "topic://ActiveMQ.Advisory.MessageDispatched.>", 0);
    expect_about(NULL, "topic://ActiveMQ.Advisory.MessageConsumed.>", 0);
}

Test(browser, gets_the_policys_prefetch_unless_it_has_one_of_its_own)
{
    struct sim *sim = sim_create(1, NULL, SIM_POLICY("queue=\">\" queueBrowserPrefetch=\"2\"", ""));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *consumer;

    for (int i = 0; i < 5; i++)
        sim_send(client, "queue://A", "m");
    sim_run(sim);
    consumer =
        sim_subscribe(client, "queue://A",
                      (struct engine_subscribe_spec){.browser = true, .prefetch_is_default = true});
    sim_run(sim);
    cr_assert_eq(consumer->count, 2);
    consumer = sim_subscribe(client, "queue://A",
                             (struct engine_subscribe_spec){.browser = true, .prefetch = 4});
    sim_run(sim);
    cr_assert_eq(consumer->count, 4);
    sim_destroy(sim);
}
