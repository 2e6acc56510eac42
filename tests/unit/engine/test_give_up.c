/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_case.h"

#include "engine/advisory.h"

static const char cause[] = "java.lang.Throwable: Delivery[7] exceeds redelivery policy limit";

ENGINE_TEST(give_up, tells_the_dead_letter_why, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct sim_consumer *dead = sim_listen(client, "ActiveMQ.DLQ", 10);

    sim_send(client, "A", "a");
    sim_send(client, "A", "b");
    expect(consumer, "a b");
    expect_answer(client, sim_poison(consumer, "a", cause), ENGINE_OK);
    expect_answer(client, sim_poison(consumer, "b", NULL), ENGINE_OK);
    expect(dead, "a b");
    cr_assert_str_eq(sim_property(dead, 0, "dlqDeliveryFailureCause"), cause);
    cr_assert_str_eq(sim_property(dead, 1, "dlqDeliveryFailureCause"), "");
}

ENGINE_TEST(give_up, tells_so_for_each_of_several_queues, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A,B,C", 10);
    struct sim_consumer *dead = sim_listen(client, "ActiveMQ.DLQ", 10);

    sim_run(sim);
    sim_send(client, "A", "a");
    sim_send(client, "B", "b");
    sim_send(client, "C", "c");
    sim_run(sim);
    cr_assert_eq(consumer->count, 3);
    engine_poison(consumer->consumer, 1, consumer->last_tag, slice_of_text(cause), 0);
    sim_run(sim);
    cr_assert_eq(dead->count, 3);
    for (size_t i = 0; i < 3; i++)
        cr_assert_str_eq(sim_property(dead, i, "dlqDeliveryFailureCause"), cause);
    cr_assert_str_eq(sim_property(dead, 0, "originalExpiration"), "0");
}

ENGINE_TEST(give_up, does_not_say_so_before_the_broker_has_tried_again, "schedulerSupport='true'",
            "<plugins><redeliveryPlugin fallbackToDeadLetter='true' "
            "sendToDlqIfMaxRetriesExceeded='true'><redeliveryPolicyMap><redeliveryPolicyMap>"
            "<defaultEntry><redeliveryPolicy maximumRedeliveries='1' "
            "initialRedeliveryDelay='1000' redeliveryDelay='1000'/></defaultEntry>"
            "</redeliveryPolicyMap></redeliveryPolicyMap></redeliveryPlugin></plugins>")
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct sim_consumer *dead = sim_listen(client, "ActiveMQ.DLQ", 10);

    sim_send(client, "A", "a");
    expect(consumer, "a");
    sim_poison(consumer, "a", "the first time");
    sim_advance(sim, 2000);
    expect(consumer, "a+1");
    expect(dead, "");
    cr_assert_str_eq(sim_property(consumer, 1, "dlqDeliveryFailureCause"), "");
    sim_poison(consumer, "a", cause);
    expect(dead, "a");
    cr_assert_str_eq(sim_property(dead, 0, "dlqDeliveryFailureCause"), cause);
}

ENGINE_TEST(give_up, what_the_client_found_expired_is_expired, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *watch =
        sim_listen(sim_client(sim, 0), "topic://ActiveMQ.Advisory.Expired.Queue.A", 10);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct sim_consumer *dead = sim_listen(client, "ActiveMQ.DLQ", 10);
    char text[80];
    int64_t at_ms = sim_wall_ms(sim) + 50;

    sim_run(sim);
    sim_send_draft(client, "A", "a",
                   (struct message_draft){.persistent = true, .expiration_ms = at_ms});
    sim_send_draft(client, "A", "b", (struct message_draft){.expiration_ms = at_ms});
    expect(consumer, "a b");
    sim_advance(sim, 100);
    sim_acknowledge(consumer, ACKNOWLEDGE_EXPIRED, 0, 1);
    expect(dead, "a"); /* persistent ones only, as always */
    snprintf(text, sizeof text, "java.lang.Throwable: Message Expired. Expiration:%lld",
             (long long)at_ms);
    cr_assert_str_eq(sim_property(dead, 0, "dlqDeliveryFailureCause"), text);
    cr_assert_eq(watch->count, 2);
    sim_consume_all(dead);
    sim_consume_all(watch);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(give_up, an_expired_message_makes_room, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A,B", 1);

    sim_run(sim);
    sim_send(client, "A", "a");
    sim_send(client, "B", "a");
    expect(consumer, "a");
    sim_settle(consumer, ACKNOWLEDGE_EXPIRED, "a", NULL);
    expect(consumer, "a");
}

ENGINE_TEST(give_up, a_topic_message_found_expired_is_dealt_with_for_durable_subscribers, PLAIN)
{
    struct sim_client *client = sim_client_as(sim, 1, "me");
    struct sim_consumer *durable = sim_subscribe(
        client, "topic://T", (struct engine_subscribe_spec){.durable_name = SLICE("sub")});
    struct sim_consumer *dead = sim_listen(client, "ActiveMQ.DLQ", 10);

    sim_run(sim);
    sim_send_draft(
        client, "topic://T", "a",
        (struct message_draft){.persistent = true, .expiration_ms = sim_wall_ms(sim) + 50});
    expect(durable, "a");
    sim_settle(durable, ACKNOWLEDGE_EXPIRED, "a", NULL);
    expect(dead, "a");
}

ENGINE_TEST(give_up, a_browser_expires_nothing, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *browser, *dead = sim_listen(client, "ActiveMQ.DLQ", 10);

    sim_send(client, "A", "a");
    sim_run(sim);
    browser = sim_subscribe(client, "A", (struct engine_subscribe_spec){.browser = true});
    expect(browser, "a");
    sim_settle(browser, ACKNOWLEDGE_EXPIRED, "a", NULL);
    expect(dead, "");
    expect(sim_listen(client, "A", 10), "a");
}
