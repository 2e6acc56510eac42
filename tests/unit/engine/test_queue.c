/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_case.h"

static void send_with(struct sim_client *client, const char *to, const char *body,
                      const char *property, const char *value)
{
    struct property properties[] = {
        {slice_of_text(property), {.type = VALUE_STRING, .text = slice_of_text(value)}}};

    sim_send_draft(client, to, body,
                   (struct message_draft){.properties = properties, .property_count = 1});
}

static void send_priority(struct sim_client *client, const char *body, uint8_t priority)
{
    sim_send_draft(client, "A", body, (struct message_draft){.priority = priority});
}

static struct sim_consumer *listen_select(struct sim_client *client, const char *to,
                                          uint32_t prefetch, const char *selector)
{
    return sim_subscribe(
        client, to,
        (struct engine_subscribe_spec){.prefetch = prefetch, .selector = slice_of_text(selector)});
}

ENGINE_TEST(queue, keeps_the_order_of_one_producer, PLAIN)
{
    struct sim_client *producer = sim_client(sim, 0);
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 100);

    expect_answer(producer, sim_send(producer, "A", "a"), ENGINE_OK);
    sim_send(producer, "A", "b");
    sim_send(producer, "A", "c");
    expect(consumer, "a b c");
    sim_consume_all(consumer);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(queue, keeps_messages_until_a_consumer_comes, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_client *later = sim_client(sim, 2);
    struct sim_consumer *consumer;

    sim_send(client, "A", "a");
    sim_send(client, "A", "b");
    sim_run(sim);
    cr_assert_gt(sim_memory(sim), 0);
    consumer = sim_listen(later, "A", 10);
    expect(consumer, "a b");
    sim_consume_all(consumer);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(queue, shares_messages_between_consumers_in_turn, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_client *other = sim_client(sim, 2);
    struct sim_consumer *first = sim_listen(client, "A", 10);
    struct sim_consumer *second;

    sim_run(sim);
    second = sim_listen(other, "A", 10);
    sim_run(sim);
    for (int i = 0; i < 6; i++)
        sim_send(client, "A", i % 2 ? "odd" : "even");
    expect(first, "even even even");
    expect(second, "odd odd odd");
}

ENGINE_TEST(queue, dispatches_no_more_than_the_prefetch, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 2);

    for (int i = 0; i < 5; i++)
        sim_send(client, "A", (char[]){(char)('a' + i), 0});
    expect(consumer, "a b");
    sim_consume(consumer, "a");
    expect(consumer, "c");
    sim_consume_all(consumer);
    expect(consumer, "d e");
    sim_consume_all(consumer);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(queue, acknowledges_all_up_to_a_tag, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 3);

    for (int i = 0; i < 5; i++)
        sim_send(client, "A", (char[]){(char)('a' + i), 0});
    expect(consumer, "a b c");
    expect_answer(client,
                  sim_settle_tags(consumer, ACKNOWLEDGE_CONSUMED, 1, sim_tag(consumer, "b"), NULL),
                  ENGINE_OK);
    expect(consumer, "d e");
    sim_unsubscribe(consumer);
    consumer = sim_listen(client, "A", 10);
    expect(consumer, "c+1 d+1 e+1");
}

ENGINE_TEST(queue, acknowledges_single_messages_out_of_order, PLAIN)
{
    struct sim_client *client = sim_client(sim, 2);
    struct sim_consumer *consumer = sim_listen(client, "A", 3);

    for (int i = 0; i < 3; i++)
        sim_send(client, "A", (char[]){(char)('a' + i), 0});
    expect(consumer, "a b c");
    sim_consume(consumer, "b");
    sim_unsubscribe(consumer);
    consumer = sim_listen(client, "A", 10);
    expect(consumer, "a+1 c+1");
}

ENGINE_TEST(queue, ignores_tags_it_does_not_know, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 3);

    sim_send(client, "A", "a");
    expect(consumer, "a");
    expect_answer(client, sim_settle_tags(consumer, ACKNOWLEDGE_CONSUMED, 7, 99, NULL), ENGINE_OK);
    sim_consume(consumer, "a");
    expect_answer(client, sim_settle_tags(consumer, ACKNOWLEDGE_CONSUMED, 1, 1, NULL), ENGINE_OK);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(queue, returns_messages_of_a_closed_connection, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_client *other = sim_client(sim, 2);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);

    sim_send(other, "A", "a");
    sim_send(other, "A", "b");
    expect(consumer, "a b");
    sim_close(client);
    sim_run(sim);
    consumer = sim_listen(other, "A", 10);
    expect(consumer, "a+1 b+1");
}

ENGINE_TEST(queue, gives_what_comes_back_before_what_is_new, PLAIN)
{
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *consumer = sim_listen(client, "A", 2);

    for (int i = 0; i < 4; i++)
        sim_send(client, "A", (char[]){(char)('a' + i), 0});
    expect(consumer, "a b");
    sim_unsubscribe(consumer);
    sim_run(sim);
    consumer = sim_listen(client, "A", 10);
    expect(consumer, "a+1 b+1 c d");
}

ENGINE_TEST(queue, prefers_high_priorities_if_asked_to,
            POLICY("<policyEntry queue='A' prioritizedMessages='true'/>"))
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer;

    send_priority(client, "a1", 1);
    send_priority(client, "b9", 9);
    send_priority(client, "c4", 4);
    send_priority(client, "d9", 9);
    send_priority(client, "e1", 1);
    sim_run(sim);
    consumer = sim_listen(client, "A", 10);
    expect(consumer, "b9 d9 c4 a1 e1");
}

ENGINE_TEST(queue, puts_what_comes_back_in_its_place_among_priorities,
            POLICY("<policyEntry queue='A' prioritizedMessages='true'/>"))
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 2);

    sim_run(sim);
    send_priority(client, "a4", 4);
    send_priority(client, "b9", 9);
    send_priority(client, "c9", 9);
    send_priority(client, "d4", 4);
    expect(consumer, "a4 b9");
    sim_unsubscribe(consumer);
    sim_run(sim);
    consumer = sim_listen(client, "A", 10);
    expect(consumer, "b9+1 c9 a4+1 d4");
}

ENGINE_TEST(queue, ignores_priorities_without_the_policy, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer;

    send_priority(client, "a1", 1);
    send_priority(client, "b9", 9);
    sim_run(sim);
    consumer = sim_listen(client, "A", 10);
    expect(consumer, "a1 b9");
}

ENGINE_TEST(queue, fills_the_consumer_of_the_highest_priority_first, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_client *other = sim_client(sim, 2);
    struct sim_consumer *low = sim_listen(client, "A", 10);
    struct sim_consumer *high =
        sim_subscribe(other, "A", (struct engine_subscribe_spec){.prefetch = 2, .priority = 7});

    sim_run(sim);
    for (int i = 0; i < 4; i++)
        sim_send(client, "A", (char[]){(char)('a' + i), 0});
    expect(high, "a b");
    expect(low, "c d");
    sim_consume_all(high);
    sim_run(sim);
    sim_send(client, "A", "e");
    expect(high, "e");
}

ENGINE_TEST(queue, gives_everything_to_the_exclusive_consumer, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_client *other = sim_client(sim, 2);
    struct sim_consumer *plain = sim_listen(client, "A", 10);
    struct sim_consumer *exclusive =
        sim_subscribe(other, "A", (struct engine_subscribe_spec){.prefetch = 2, .exclusive = true});

    sim_run(sim);
    for (int i = 0; i < 4; i++)
        sim_send(client, "A", (char[]){(char)('a' + i), 0});
    expect(exclusive, "a b");
    expect(plain, "");
    sim_unsubscribe_delivered(exclusive, 0);
    expect(plain, "a b c d");
}

ENGINE_TEST(queue, hands_exclusiveness_to_the_next_one,
            POLICY("<policyEntry queue='A' allConsumersExclusiveByDefault='true'/>"))
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_client *other = sim_client(sim, 2);
    struct sim_consumer *first = sim_listen(client, "A", 10);
    struct sim_consumer *second;

    sim_run(sim);
    second = sim_listen(other, "A", 10);
    sim_run(sim);
    sim_send(client, "A", "a");
    sim_send(client, "A", "b");
    expect(first, "a b");
    expect(second, "");
    sim_close(client);
    expect(second, "a+1 b+1");
}

ENGINE_TEST(queue, does_not_let_messages_nobody_wants_block_others, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = listen_select(client, "A", 2, "colour = 'red'");
    struct sim_consumer *rest;

    for (int i = 0; i < 20; i++)
        send_with(client, "A", "blue", "colour", "blue");
    send_with(client, "A", "r1", "colour", "red");
    send_with(client, "A", "r2", "colour", "red");
    send_with(client, "A", "b", "colour", "blue");
    send_with(client, "A", "r3", "colour", "red");
    expect(consumer, "r1 r2");
    sim_consume(consumer, "r1");
    expect(consumer, "r3");
    sim_consume_all(consumer);
    rest = sim_listen(client, "A", 100);
    sim_run(sim);
    cr_assert_eq(rest->count, 21);
}

ENGINE_TEST(queue, looks_at_what_was_there_when_a_selector_comes, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer;

    send_with(client, "A", "b1", "colour", "blue");
    send_with(client, "A", "r1", "colour", "red");
    send_with(client, "A", "b2", "colour", "blue");
    send_with(client, "A", "r2", "colour", "red");
    sim_run(sim);
    consumer = listen_select(client, "A", 10, "colour = 'red'");
    expect(consumer, "r1 r2");
    sim_unsubscribe(consumer);
    sim_run(sim);
    consumer = listen_select(client, "A", 10, "colour = 'blue'");
    expect(consumer, "b1 b2");
}

ENGINE_TEST(queue, shows_returned_messages_to_other_selectors, PLAIN)
{
    struct sim_client *client = sim_client(sim, 0);
    struct sim_client *other = sim_client(sim, 2);
    struct sim_consumer *first = listen_select(client, "A", 10, "colour LIKE 'r%'");
    struct sim_consumer *second;

    sim_run(sim);
    send_with(client, "A", "r1", "colour", "red");
    send_with(client, "A", "b1", "colour", "blue");
    expect(first, "r1");
    second = listen_select(other, "A", 10, "colour = 'red'");
    expect(second, "");
    sim_unsubscribe(first);
    expect(second, "r1+1");
}

ENGINE_TEST(queue, does_not_send_back_to_a_noLocal_consumer, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_client *other = sim_client(sim, 2);
    struct sim_consumer *consumer =
        sim_subscribe(client, "A", (struct engine_subscribe_spec){.no_local = true});

    sim_run(sim);
    sim_send(client, "A", "own");
    sim_send(other, "A", "theirs");
    expect(consumer, "theirs");
    expect(sim_listen(other, "A", 10), "own");
}

ENGINE_TEST(queue, waits_for_the_number_of_consumers_the_policy_names,
            POLICY("<policyEntry queue='A' consumersBeforeDispatchStarts='2' "
                   "timeBeforeDispatchStarts='5000'/>"))
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *first = sim_listen(client, "A", 10);
    struct sim_consumer *second;

    sim_send(client, "A", "a");
    sim_send(client, "A", "b");
    expect(first, "");
    second = sim_listen(client, "A", 10);
    sim_run(sim);
    cr_assert_eq(first->count + second->count, 2);
}

ENGINE_TEST(queue, starts_alone_when_the_time_is_over,
            POLICY("<policyEntry queue='A' consumersBeforeDispatchStarts='2' "
                   "timeBeforeDispatchStarts='5000'/>"))
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *first = sim_listen(client, "A", 10);

    sim_send(client, "A", "a");
    sim_advance(sim, 4900);
    expect(first, "");
    sim_advance(sim, 200);
    expect(first, "a");
}

ENGINE_TEST(queue, drops_what_has_expired_on_arrival, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct sim_consumer *dead = sim_listen(client, "ActiveMQ.DLQ", 10);

    sim_run(sim);
    expect_answer(client,
                  sim_send_draft(client, "A", "late",
                                 (struct message_draft){.expiration_ms = sim_wall_ms(sim) - 1,
                                                        .timestamp_ms = sim_wall_ms(sim) - 5,
                                                        .persistent = true}),
                  ENGINE_OK);
    expect(consumer, "");
    expect(dead, "late");
}

ENGINE_TEST(queue, expires_messages_that_wait, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer, *dead;

    sim_send_draft(
        client, "A", "short",
        (struct message_draft){.expiration_ms = sim_wall_ms(sim) + 1000, .persistent = true});
    sim_send(client, "A", "long");
    sim_advance(sim, 31000); /* expireMessagesPeriod */
    dead = sim_listen(client, "ActiveMQ.DLQ", 10);
    expect(dead, "short");
    consumer = sim_listen(client, "A", 10);
    expect(consumer, "long");
}

ENGINE_TEST(queue, expires_messages_at_dispatch, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer, *dead;

    sim_send_draft(client, "A", "short",
                   (struct message_draft){.expiration_ms = sim_wall_ms(sim) + 1000});
    sim_send(client, "A", "long");
    sim_advance(sim, 1001); /* before any period has passed */
    consumer = sim_listen(client, "A", 10);
    expect(consumer, "long");
    dead = sim_listen(client, "ActiveMQ.DLQ", 10);
    expect(dead, ""); /* non-persistent: processNonPersistent is off */
    sim_consume_all(consumer);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(queue, refuses_what_no_policy_allows_any_more,
            POLICY("<policyEntry queue='&gt;' maxDestinations='1'/>"))
{
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *first = sim_listen(client, "A", 10);
    uint64_t requests[8];
    unsigned refused = 0;

    sim_run(sim);
    cr_assert_eq(sim_answer(client, first->request), ENGINE_OK);
    for (int i = 0; i < 8; i++)
        requests[i] = sim_send(client, (char[]){'B', (char)('a' + i), 0}, "x");
    sim_run(sim);
    for (int i = 0; i < 8; i++)
        if (sim_answer(client, requests[i]) == ENGINE_NO_RESOURCES) {
            refused++;
            cr_assert_str_eq(sim_answer_text(client, requests[i]),
                             "The maxmimum number of destinations allowed (1) for the policy has "
                             "already been reached.");
        }
    cr_assert_geq(refused, 6); /* counted on each shard */
}

ENGINE_TEST(queue, says_that_a_selector_is_wrong, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = listen_select(client, "A", 10, "a = = b");

    sim_run(sim);
    cr_assert_null(consumer->consumer);
    cr_assert_eq(sim_answer(client, consumer->request), ENGINE_BAD_SELECTOR);
}

ENGINE_TEST(queue, limits_the_subscriptions_of_a_connection,
            "xmlns:cw='urn:corewire:config' cw:maxSubscriptionsPerConnection='2'", NULL)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *last;

    sim_listen(client, "A", 10);
    sim_unsubscribe(sim_listen(client, "B", 10));
    sim_listen(client, "C", 10);
    last = sim_listen(client, "D", 10);
    sim_run(sim);
    cr_assert_eq(sim_answer(client, last->request), ENGINE_NO_RESOURCES);
}

ENGINE_TEST(queue, removes_an_unused_queue_with_its_messages, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 1);

    sim_send(client, "A", "a");
    sim_send(client, "A", "b");
    expect(consumer, "a");
    expect_answer(client, sim_remove_destination(client, "A"), ENGINE_IN_USE);
    cr_assert(strncmp(client->text,
                      "Destination: queue://A still has an active subscription: ", 57) == 0);
    sim_unsubscribe(consumer);
    sim_run(sim);
    expect_answer(client, sim_remove_destination(client, "A"), ENGINE_OK);
    cr_assert_eq(sim_memory(sim), 0);
    expect(sim_listen(client, "A", 10), "");
}
