/* SPDX-License-Identifier: Apache-2.0 */
#include "redelivery.h"
#include "shard.h"
#include "sim_engine.h"

#include <criterion/criterion.h>

#define SCHEDULER "schedulerSupport=\"true\""
#define PLUGIN(attributes, policies) \
    "<plugins><redeliveryPlugin " attributes \
    "><redeliveryPolicyMap><redeliveryPolicyMap>" policies \
    "</redeliveryPolicyMap></redeliveryPolicyMap></redeliveryPlugin></plugins>"
#define ENTRY(attributes) \
    "<redeliveryPolicyEntries><redeliveryPolicy " attributes "/></redeliveryPolicyEntries>"
#define DEFAULT(attributes) "<defaultEntry><redeliveryPolicy " attributes "/></defaultEntry>"

static const struct engine_subscribe_spec plain;

struct scene {
    struct sim *sim;
    struct sim_client *producer, *reader;
    struct sim_consumer *consumer, *dead;
};

static struct scene scene(uint16_t shards, const char *plugin)
{
    struct scene s = {.sim = sim_create(shards, SCHEDULER, plugin)};

    s.producer = sim_client(s.sim, 0);
    s.reader = sim_client(s.sim, shards - 1);
    s.consumer = sim_subscribe(s.reader, "queue://A", plain);
    s.dead = sim_subscribe(s.reader, "queue://ActiveMQ.DLQ", plain);
    sim_run(s.sim);
    return s;
}

static void give_up(struct scene *s, size_t delivery)
{
    sim_acknowledge(s->consumer, ACKNOWLEDGE_POISON, delivery, delivery);
    sim_run(s->sim);
}

static uint64_t memory(struct sim *sim, uint16_t shards)
{
    uint64_t sum = 0;

    for (uint16_t i = 0; i < shards; i++)
        sum += engine_memory(sim_engine(sim, i));
    return sum;
}

Test(redelivery_plugin, a_message_given_up_comes_back_after_its_delay)
{
    for (uint16_t shards = 1; shards <= 3; shards++) {
        struct scene s = scene(shards, PLUGIN("", DEFAULT("initialRedeliveryDelay=\"2000\"")));

        sim_send(s.producer, "queue://A", "a");
        sim_run(s.sim);
        give_up(&s, 0);
        sim_advance(s.sim, 1999);
        cr_assert_str_eq(sim_bodies(s.consumer), "a");
        sim_advance(s.sim, 1);
        cr_assert_str_eq(sim_bodies(s.consumer), "a a");
        cr_assert_eq(s.consumer->deliveries[1].redelivery_count, 1);
        cr_assert_str_eq(sim_property(s.consumer, 1, "redeliveryDelay"), "2000");
        cr_assert_neq(sim_property(s.consumer, 1, "scheduledJobId")[0], '\0');
        sim_ack(s.consumer, 1, 1);
        sim_run(s.sim);
        cr_assert_eq(memory(s.sim, shards), 0);
        cr_assert_eq(s.dead->count, 0);
        sim_destroy(s.sim);
    }
}

Test(redelivery_plugin, keeps_the_id_and_goes_behind_what_came_meanwhile)
{
    struct scene s = scene(1, PLUGIN("", DEFAULT("")));
    struct sim_consumer *slow;
    char first[MESSAGE_ID_MAX], second[MESSAGE_ID_MAX];
    size_t len;

    sim_send(s.producer, "queue://A", "a");
    sim_run(s.sim);
    give_up(&s, 0);
    len = message_id_write(s.consumer->deliveries[0].message, first);
    sim_unsubscribe(s.consumer);
    sim_send(s.producer, "queue://A", "b");
    sim_run(s.sim);
    sim_advance(s.sim, 1000);
    slow = sim_subscribe(s.reader, "queue://A", plain);
    sim_run(s.sim);
    cr_assert_str_eq(sim_bodies(slow), "b a");
    cr_assert_eq(message_id_write(slow->deliveries[1].message, second), len);
    cr_assert_arr_eq(first, second, len);
    sim_destroy(s.sim);
}

Test(redelivery_plugin, a_second_redelivery_names_its_own_delay_only)
{
    struct scene s = scene(1, PLUGIN("", DEFAULT("initialRedeliveryDelay=\"1000\" "
                                                 "redeliveryDelay=\"3000\"")));
    unsigned properties;

    sim_send(s.producer, "queue://A", "a");
    sim_run(s.sim);
    give_up(&s, 0);
    sim_advance(s.sim, 1000);
    properties = s.consumer->deliveries[1].message->property_count;
    give_up(&s, 1);
    sim_advance(s.sim, 2999);
    cr_assert_eq(s.consumer->count, 2);
    sim_advance(s.sim, 1);
    cr_assert_eq(s.consumer->count, 3);
    cr_assert_str_eq(sim_property(s.consumer, 2, "redeliveryDelay"), "3000");
    cr_assert_eq(s.consumer->deliveries[2].message->property_count, properties);
    cr_assert_eq(s.consumer->deliveries[2].redelivery_count, 2);
    sim_destroy(s.sim);
}

Test(redelivery_plugin, after_the_last_redelivery_it_is_a_dead_letter)
{
    struct scene s = scene(2, PLUGIN("", DEFAULT("maximumRedeliveries=\"2\"")));

    sim_send(s.producer, "queue://A", "a");
    sim_run(s.sim);
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(s.consumer->count, i + 1);
        cr_assert_eq(s.dead->count, 0);
        give_up(&s, i);
        sim_advance(s.sim, 1000);
    }
    cr_assert_eq(s.consumer->count, 3);
    cr_assert_str_eq(sim_bodies(s.dead), "a");
    sim_destroy(s.sim);
}

Test(redelivery_plugin, or_dropped_if_the_plugin_says_so)
{
    struct scene s = scene(
        1, PLUGIN("sendToDlqIfMaxRetriesExceeded=\"false\"", DEFAULT("maximumRedeliveries=\"0\"")));

    sim_send(s.producer, "queue://A", "a");
    sim_run(s.sim);
    give_up(&s, 0);
    cr_assert_eq(s.dead->count, 0);
    cr_assert_eq(memory(s.sim, 1), 0);
    sim_destroy(s.sim);
}

Test(redelivery_plugin, a_queue_without_a_policy_falls_back_to_dead_letters)
{
    struct scene s = scene(1, PLUGIN("", ENTRY("queue=\"B\"")));

    sim_send(s.producer, "queue://A", "a");
    sim_run(s.sim);
    give_up(&s, 0);
    cr_assert_str_eq(sim_bodies(s.dead), "a");
    sim_destroy(s.sim);
}

Test(redelivery_plugin, or_to_nothing)
{
    struct scene s = scene(1, PLUGIN("fallbackToDeadLetter=\"false\"", ENTRY("queue=\"B\"")));

    sim_send(s.producer, "queue://A", "a");
    sim_run(s.sim);
    give_up(&s, 0);
    sim_advance(s.sim, 100000);
    cr_assert_eq(s.dead->count, 0);
    cr_assert_eq(s.consumer->count, 1);
    cr_assert_eq(memory(s.sim, 1), 0);
    sim_destroy(s.sim);
}

Test(redelivery_plugin, the_closest_policy_counts)
{
    struct scene s =
        scene(1, PLUGIN("", "<redeliveryPolicyEntries>"
                            "<redeliveryPolicy queue=\">\" maximumRedeliveries=\"0\"/>"
                            "<redeliveryPolicy queue=\"A\" "
                            "initialRedeliveryDelay=\"5000\"/>"
                            "<redeliveryPolicy topic=\"A\" maximumRedeliveries=\"0\"/>"
                            "</redeliveryPolicyEntries>" DEFAULT("maximumRedeliveries=\"0\"")));

    sim_send(s.producer, "queue://A", "a");
    sim_run(s.sim);
    give_up(&s, 0);
    sim_advance(s.sim, 5000);
    cr_assert_eq(s.dead->count, 0);
    cr_assert_eq(s.consumer->count, 2);
    sim_destroy(s.sim);
}

Test(redelivery_plugin, an_expired_message_is_not_delivered_again)
{
    struct scene s = scene(1, PLUGIN("", DEFAULT("")));

    sim_send_draft(
        s.producer, "queue://A", "a",
        (struct message_draft){.persistent = true, .expiration_ms = sim_wall_ms(s.sim) + 500});
    sim_run(s.sim);
    give_up(&s, 0);
    sim_advance(s.sim, 1000);
    cr_assert_eq(s.consumer->count, 1);
    cr_assert_str_eq(sim_bodies(s.dead), "a");
    sim_destroy(s.sim);
}

Test(redelivery_plugin, what_waits_for_its_redelivery_still_counts_and_is_freed_with_the_broker)
{
    struct scene s = scene(2, PLUGIN("", DEFAULT("")));

    sim_send(s.producer, "queue://A", "a");
    sim_send(s.producer, "queue://A", "b");
    sim_run(s.sim);
    give_up(&s, 0);
    give_up(&s, 1);
    cr_assert_geq(memory(s.sim, 2), 2048);
    sim_destroy(s.sim); /* the sanitizer sees what is left behind */
}

Test(redelivery_plugin, what_waits_for_its_redelivery_ends_with_its_queue)
{
    struct scene s = scene(1, PLUGIN("", DEFAULT("")));

    sim_send(s.producer, "queue://A", "a");
    sim_run(s.sim);
    give_up(&s, 0);
    sim_unsubscribe(s.consumer);
    sim_run(s.sim);
    engine_remove_destination(s.producer->client, sim_name("queue://A"), false, 0);
    sim_run(s.sim);
    cr_assert_eq(memory(s.sim, 1), 0);
    sim_subscribe(s.reader, "queue://A", plain);
    sim_advance(s.sim, 2000);
    cr_assert_eq(s.consumer->count, 1);
    sim_destroy(s.sim);
}

static const struct config_redelivery_policy growing = {
    .initial_delay_ms = 1000,
    .delay_ms = 1500,
    .maximum_delay_ms = 20000,
    .back_off_multiplier = 5,
    .exponential = true,
};

Test(redelivery_plugin, delays_grow_up_to_their_maximum)
{
    static const int64_t expected[] = {1000, 5000, 20000, 20000};

    for (uint32_t i = 0; i < 4; i++)
        cr_assert_eq(redelivery_delay_ms(&growing, i), expected[i], "after %u", i);
    cr_assert_eq(redelivery_delay_ms(&growing, UINT32_MAX), 20000);
}

Test(redelivery_plugin, without_a_maximum_delays_end_at_ten_years)
{
    struct config_redelivery_policy endless = growing;

    endless.maximum_delay_ms = -1;
    cr_assert_eq(redelivery_delay_ms(&endless, UINT32_MAX), INT64_C(315360000000));
}

Test(redelivery_plugin, delays_that_do_not_grow_differ_only_in_the_first)
{
    struct config_redelivery_policy steady = growing;

    steady.exponential = false;
    cr_assert_eq(redelivery_delay_ms(&steady, 0), 1000);
    cr_assert_eq(redelivery_delay_ms(&steady, 1), 1500);
    cr_assert_eq(redelivery_delay_ms(&steady, 9), 1500);
}
