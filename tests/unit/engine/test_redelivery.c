/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_case.h"

static void send_letters(struct sim_client *client, const char *to, int count)
{
    for (int i = 0; i < count; i++)
        sim_send(client, to, (char[]){(char)('a' + i), 0});
}

ENGINE_TEST(redelivery, poison_goes_to_the_dead_letter_queue, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct sim_consumer *dead = sim_listen(client, "ActiveMQ.DLQ", 10);

    send_letters(client, "A", 3);
    expect(consumer, "a b c");
    expect_answer(client, sim_settle(consumer, ACKNOWLEDGE_POISON, "b", NULL), ENGINE_OK);
    expect(dead, "b");
    expect(consumer, "");
    sim_consume_all(consumer);
    sim_consume_all(dead);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(redelivery, poison_of_volatile_messages_is_dropped, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct sim_consumer *dead = sim_listen(client, "ActiveMQ.DLQ", 10);

    sim_send_draft(client, "A", "a", (struct message_draft){.persistent = false});
    expect(consumer, "a");
    sim_settle(consumer, ACKNOWLEDGE_POISON, "a", NULL);
    expect(dead, "");
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(redelivery, poison_in_the_dead_letter_queue_does_not_go_round, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *dead = sim_listen(client, "ActiveMQ.DLQ", 10);

    sim_send(client, "ActiveMQ.DLQ", "a");
    expect(dead, "a");
    sim_settle(dead, ACKNOWLEDGE_POISON, "a", NULL);
    expect(dead, "");
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(redelivery, released_messages_come_again_and_are_counted, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);

    send_letters(client, "A", 2);
    expect(consumer, "a b");
    sim_settle(consumer, ACKNOWLEDGE_RELEASED, "a", NULL);
    expect(consumer, "a+1");
    sim_settle(consumer, ACKNOWLEDGE_RELEASED, "a", NULL);
    expect(consumer, "a+2");
    sim_consume(consumer, "a");
    sim_consume(consumer, "b");
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(redelivery, released_together_they_come_in_their_order, PLAIN)
{
    struct sim_client *client = sim_client(sim, 2);
    struct sim_consumer *consumer = sim_listen(client, "A", 3);

    send_letters(client, "A", 5);
    expect(consumer, "a b c");
    sim_settle_tags(consumer, ACKNOWLEDGE_RELEASED, 1, consumer->last_tag, NULL);
    expect(consumer, "a+1 b+1 c+1");
    sim_consume_all(consumer);
    expect(consumer, "d e");
}

ENGINE_TEST(redelivery, only_what_was_delivered_counts, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);

    send_letters(client, "A", 3);
    expect(consumer, "a b c");
    sim_unsubscribe_delivered(consumer, sim_tag(consumer, "b"));
    sim_run(sim);
    consumer = sim_listen(client, "A", 10);
    expect(consumer, "a+1 b+1 c");
}

ENGINE_TEST(redelivery, an_offline_prefetch_is_not_delivered, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_client *other = sim_client(sim, 2);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);

    sim_run(sim);
    sim_congest(client, true);
    send_letters(other, "A", 3);
    expect(consumer, "");
    sim_close(client);
    sim_run(sim);
    consumer = sim_listen(other, "A", 10);
    sim_run(sim);
    cr_assert_str_eq(sim_bodies(consumer), "a b c");
    for (size_t i = 0; i < consumer->count; i++)
        cr_assert_eq(consumer->deliveries[i].redelivery_count, 0);
}

ENGINE_TEST(redelivery, too_many_lead_to_the_dead_letter_queue, "xmlns:cw='urn:corewire:config'",
            "<destinationPolicy><policyMap><policyEntries>"
            "<policyEntry queue='A' cw:maximumRedeliveries='2'/>"
            "</policyEntries></policyMap></destinationPolicy>")
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct sim_consumer *dead = sim_listen(client, "ActiveMQ.DLQ", 10);

    send_letters(client, "A", 1);
    expect(consumer, "a");
    sim_settle(consumer, ACKNOWLEDGE_RELEASED, "a", NULL);
    expect(consumer, "a+1");
    sim_settle(consumer, ACKNOWLEDGE_RELEASED, "a", NULL);
    expect(consumer, "a+2");
    expect(dead, "");
    sim_settle(consumer, ACKNOWLEDGE_RELEASED, "a", NULL);
    expect(consumer, "");
    sim_run(sim);
    cr_assert_eq(dead->count, 1);
}

ENGINE_TEST(redelivery, a_dead_letter_queue_of_its_own,
            POLICY("<policyEntry queue='A'><deadLetterStrategy>"
                   "<individualDeadLetterStrategy queuePrefix='DLQ.'/>"
                   "</deadLetterStrategy></policyEntry>"))
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct sim_consumer *dead = sim_listen(client, "DLQ.A", 10);

    send_letters(client, "A", 1);
    expect(consumer, "a");
    sim_settle(consumer, ACKNOWLEDGE_POISON, "a", NULL);
    expect(dead, "a");
    cr_assert(
        slice_is(message_part(dead->deliveries[0].message, MESSAGE_ORIGINAL_DESTINATION), "A"));
}

ENGINE_TEST(redelivery, a_topic_subscriber_gets_it_again_too, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "topic://T", 10);

    sim_run(sim);
    send_letters(client, "topic://T", 2);
    expect(consumer, "a b");
    sim_settle(consumer, ACKNOWLEDGE_RELEASED, "a", NULL);
    expect(consumer, "a+1");
    sim_consume_all(consumer);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(redelivery, seen_ones_make_room_but_stay, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 2);

    send_letters(client, "A", 4);
    expect(consumer, "a b");
    sim_settle(consumer, ACKNOWLEDGE_DELIVERED, "a", NULL);
    expect(consumer, "c");
    sim_consume(consumer, "a");
    expect(consumer, "");
    sim_unsubscribe(consumer);
    sim_run(sim);
    consumer = sim_listen(client, "A", 10);
    expect(consumer, "b+1 c+1 d");
}

ENGINE_TEST(redelivery, congested_sessions_get_nothing_until_they_flow_again, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_client *other = sim_client(sim, 2);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct sim_consumer *topic = sim_listen(client, "topic://T", 10);

    sim_run(sim);
    sim_congest(client, true);
    send_letters(other, "A", 3);
    send_letters(other, "topic://T", 3);
    expect(consumer, "");
    expect(topic, "");
    sim_congest(client, false);
    expect(consumer, "a b c");
    expect(topic, "a b c");
}
