/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "sim_engine.h"

static void send(struct sim_client *client, const char *group, int32_t sequence, const char *body)
{
    sim_send_draft(client, "queue://Q", body,
                   (struct message_draft){.group_id = slice_of_text(group),
                                          .group_sequence = sequence,
                                          .priority = 4});
}

static struct engine_subscribe_spec prefetch(uint32_t count)
{
    return (struct engine_subscribe_spec){.prefetch = count};
}

Test(groups, stay_with_the_consumer_that_had_their_first_message)
{
    struct sim *sim = sim_create(1, NULL, NULL);
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *one = sim_subscribe(client, "queue://Q", prefetch(10));
    struct sim_consumer *two = sim_subscribe(client, "queue://Q", prefetch(10));

    send(client, "a", 0, "a1");
    send(client, "b", 0, "b1");
    send(client, "a", 0, "a2");
    send(client, "a", 0, "a3");
    send(client, "b", 0, "b2");
    cr_assert_str_eq(sim_bodies(one), "a1 a2 a3");
    cr_assert_str_eq(sim_bodies(two), "b1 b2");
    cr_assert(one->deliveries[0].group_first);
    cr_assert_not(one->deliveries[1].group_first);
    sim_destroy(sim);
}

Test(groups, wait_for_their_owner_while_others_have_room)
{
    struct sim *sim = sim_create(1, NULL, NULL);
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *one = sim_subscribe(client, "queue://Q", prefetch(1));
    struct sim_consumer *two;

    send(client, "a", 0, "a1");
    two = sim_subscribe(client, "queue://Q", prefetch(10));
    send(client, "a", 0, "a2");
    send(client, "b", 0, "b1");
    cr_assert_str_eq(sim_bodies(one), "a1");
    cr_assert_str_eq(sim_bodies(two), "b1");
    sim_ack(one, 0, 0);
    cr_assert_str_eq(sim_bodies(one), "a1 a2");
    sim_destroy(sim);
}

Test(groups, find_another_consumer_when_theirs_goes)
{
    struct sim *sim = sim_create(1, NULL, NULL);
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *one = sim_subscribe(client, "queue://Q", prefetch(10));
    struct sim_consumer *two;

    send(client, "a", 0, "a1");
    two = sim_subscribe(client, "queue://Q", prefetch(10));
    sim_ack(one, 0, 0);
    sim_unsubscribe(one);
    send(client, "a", 0, "a2");
    cr_assert_str_eq(sim_bodies(two), "a2");
    cr_assert(two->deliveries[0].group_first);
    sim_destroy(sim);
}

Test(groups, are_let_go_by_a_negative_sequence)
{
    struct sim *sim = sim_create(1, NULL, NULL);
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *one = sim_subscribe(client, "queue://Q", prefetch(2));
    struct sim_consumer *two;

    send(client, "a", 0, "a1");
    two = sim_subscribe(client, "queue://Q", prefetch(10));
    send(client, "a", -1, "a2");
    send(client, "a", 0, "a3");
    cr_assert_str_eq(sim_bodies(one), "a1 a2");
    cr_assert_str_eq(sim_bodies(two), "a3");
    cr_assert(two->deliveries[0].group_first);
    sim_destroy(sim);
}

Test(groups, that_are_let_go_do_not_leave_messages_behind)
{
    struct sim *sim = sim_create(1, NULL, NULL);
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *one = sim_subscribe(client, "queue://Q", prefetch(1));
    struct sim_consumer *two;

    send(client, "a", 0, "a1");
    two = sim_subscribe(client, "queue://Q", prefetch(10));
    send(client, "a", -1, "a2");
    send(client, "a", 0, "a3"); /* waits, as the group still belongs to the first */
    sim_ack(one, 0, 0);
    cr_assert_str_eq(sim_bodies(one), "a1 a2");
    sim_advance(sim, 1);
    cr_assert_str_eq(sim_bodies(two), "a3");
    sim_destroy(sim);
}

Test(groups, may_begin_anew_with_sequence_one)
{
    struct sim *sim = sim_create(1, NULL, NULL);
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *one = sim_subscribe(client, "queue://Q", prefetch(1));
    struct sim_consumer *two;

    send(client, "a", 1, "a1");
    two = sim_subscribe(client, "queue://Q", prefetch(10));
    send(client, "a", 1, "a1'");
    send(client, "a", 2, "a2'");
    cr_assert_str_eq(sim_bodies(one), "a1");
    cr_assert_str_eq(sim_bodies(two), "a1' a2'");
    sim_destroy(sim);
}

#define MAP_TYPE(type) SIM_POLICY("queue='>' messageGroupMapFactoryType='" type "'", "")

Test(groups, are_forgotten_when_more_were_used_than_the_cache_holds)
{
    struct sim *sim = sim_create(1, NULL, MAP_TYPE("cached?cacheSize=2"));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *one = sim_subscribe(client, "queue://Q", prefetch(3));
    struct sim_consumer *two;

    send(client, "a", 0, "a1");
    send(client, "b", 0, "b1");
    send(client, "c", 0, "c1"); /* a is forgotten */
    two = sim_subscribe(client, "queue://Q", prefetch(10));
    send(client, "a", 0, "a2");
    send(client, "c", 0, "c2");
    cr_assert_str_eq(sim_bodies(one), "a1 b1 c1");
    cr_assert_str_eq(sim_bodies(two), "a2");
    sim_destroy(sim);
}

Test(groups, share_their_consumer_when_they_share_the_only_bucket)
{
    struct sim *sim = sim_create(1, NULL, MAP_TYPE("bucket?bucketCount=1"));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *one = sim_subscribe(client, "queue://Q", prefetch(10));
    struct sim_consumer *two = sim_subscribe(client, "queue://Q", prefetch(10));

    send(client, "a", 0, "a1");
    send(client, "b", 0, "b1");
    send(client, "c", 0, "c1");
    cr_assert_str_eq(sim_bodies(one), "a1 b1 c1");
    cr_assert_eq(two->count, 0);
    sim_destroy(sim);
}
