/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#include "destination.h"
#include "sim_engine.h"

static struct engine_subscribe_spec browser(uint32_t prefetch)
{
    return (struct engine_subscribe_spec){.browser = true, .prefetch = prefetch};
}

static void send_some(struct sim_client *client, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char body[16];

        snprintf(body, sizeof body, "%u", i);
        sim_send(client, "queue://Q", body);
    }
}

/* On one shard, and with the queue on another shard than the browser. */
static void browse_everything(uint16_t shards, uint16_t shard)
{
    struct sim *sim = sim_create(shards, NULL, NULL);
    struct sim_client *client = sim_client(sim, shard);
    struct sim_consumer *consumer, *all;

    send_some(client, 5);
    sim_run(sim);
    consumer = sim_subscribe(client, "queue://Q", (struct engine_subscribe_spec){.prefetch = 2});
    sim_run(sim);
    cr_assert_str_eq(sim_bodies(consumer), "0 1");
    all = sim_subscribe(client, "queue://Q", browser(100));
    sim_run(sim);
    cr_assert_str_eq(sim_bodies(all), "0 1 2 3 4");
    cr_assert(all->browse_ended);
    sim_ack(all, 0, 4);
    sim_run(sim);
    sim_ack(consumer, 0, 1);
    sim_run(sim);
    cr_assert_str_eq(sim_bodies(consumer), "0 1 2 3");
    sim_destroy(sim);
}

Test(browse, shows_what_waits_and_what_is_dispatched_in_order)
{
    browse_everything(1, 0);
}

Test(browse, works_from_every_shard)
{
    for (uint16_t shard = 0; shard < 3; shard++)
        browse_everything(3, shard);
}

Test(browse, of_an_empty_queue_ends_at_once)
{
    struct sim *sim = sim_create(2, NULL, NULL);
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *all = sim_subscribe(client, "queue://Q", browser(10));

    sim_run(sim);
    cr_assert_eq(all->count, 0);
    cr_assert(all->browse_ended);
    sim_destroy(sim);
}

Test(browse, goes_on_as_the_browser_acknowledges_and_then_ends)
{
    struct sim *sim = sim_create(1, NULL, NULL);
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *all;

    send_some(client, 5);
    all = sim_subscribe(client, "queue://Q", browser(2));
    cr_assert_str_eq(sim_bodies(all), "0 1");
    cr_assert_not(all->browse_ended);
    sim_ack(all, 0, 1);
    cr_assert_str_eq(sim_bodies(all), "0 1 2 3");
    sim_ack(all, 2, 3);
    cr_assert_str_eq(sim_bodies(all), "0 1 2 3 4");
    cr_assert(all->browse_ended);
    sim_destroy(sim);
}

Test(browse, shows_what_was_there_even_if_it_is_consumed_meanwhile)
{
    struct sim *sim = sim_create(1, NULL, NULL);
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *all, *consumer;

    send_some(client, 3);
    all = sim_subscribe(client, "queue://Q", browser(1));
    consumer = sim_subscribe(client, "queue://Q", (struct engine_subscribe_spec){0});
    sim_ack(consumer, 0, 2);
    sim_send(client, "queue://Q", "later");
    sim_ack(all, 0, 0);
    sim_ack(all, 1, 1);
    cr_assert_str_eq(sim_bodies(all), "0 1 2");
    cr_assert(all->browse_ended);
    cr_assert_str_eq(sim_bodies(consumer), "0 1 2 later");
    sim_destroy(sim);
}

Test(browse, obeys_the_selector)
{
    struct sim *sim = sim_create(1, NULL, NULL);
    struct sim_client *client = sim_client(sim, 0);
    struct engine_subscribe_spec spec = browser(10);
    struct sim_consumer *all;

    for (unsigned i = 0; i < 6; i++)
        sim_send_draft(client, "queue://Q", i % 2 ? "odd" : "even",
                       (struct message_draft){.priority = (uint8_t)(i % 2)});
    spec.selector = SLICE("JMSPriority = 1");
    all = sim_subscribe(client, "queue://Q", spec);
    cr_assert_str_eq(sim_bodies(all), "odd odd odd");
    cr_assert(all->browse_ended);
    sim_destroy(sim);
}

Test(browse, leaves_the_queue_as_it_was_whatever_the_browser_does)
{
    static const enum acknowledgement_kind kinds[] = {ACKNOWLEDGE_CONSUMED, ACKNOWLEDGE_POISON,
                                                      ACKNOWLEDGE_RELEASED, ACKNOWLEDGE_DELIVERED};

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct sim *sim = sim_create(1, NULL, NULL);
        struct sim_client *client = sim_client(sim, 0);
        struct sim_consumer *all, *after, *dead;

        send_some(client, 3);
        all = sim_subscribe(client, "queue://Q", browser(10));
        sim_acknowledge(all, kinds[i], 0, 1);
        sim_unsubscribe(all);
        after = sim_subscribe(client, "queue://Q", (struct engine_subscribe_spec){0});
        dead = sim_subscribe(client, "queue://ActiveMQ.DLQ", (struct engine_subscribe_spec){0});
        cr_assert_str_eq(sim_bodies(after), "0 1 2");
        cr_assert_eq(after->deliveries[0].redelivery_count, 0);
        cr_assert_eq(dead->count, 0);
        sim_destroy(sim);
    }
}

/* One end only, however many shards and queues take part. */
static void browse_several(uint16_t shards, const char *to)
{
    struct sim *sim = sim_create(shards, NULL, NULL);
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *all, *consumer;

    sim_send(client, "queue://A.1", "x");
    sim_send(client, "queue://A.2", "y");
    sim_run(sim);
    all = sim_subscribe(client, to, browser(10));
    sim_run(sim);
    cr_assert_eq(all->count, 2);
    cr_assert(all->browse_ended);
    sim_ack(all, 0, 1);
    sim_run(sim);
    sim_unsubscribe(all);
    consumer = sim_subscribe(client, "queue://A.1,A.2", (struct engine_subscribe_spec){0});
    sim_run(sim);
    cr_assert_eq(consumer->count, 2);
    sim_destroy(sim);
}

Test(browse, takes_several_queues)
{
    browse_several(1, "queue://A.1,A.2");
    browse_several(4, "queue://A.1,A.2");
}

Test(browse, does_not_take_wildcards)
{
    struct sim *sim = sim_create(1, NULL, NULL);
    struct sim_client *client = sim_client(sim, 0);

    cr_assert_null(sim_subscribe(client, "queue://A.>", browser(10))->consumer);
    cr_assert_eq(client->error, ENGINE_BAD_DESTINATION);
    sim_destroy(sim);
}
