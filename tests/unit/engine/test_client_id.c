/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_case.h"

ENGINE_TEST(client_id, is_given_once, PLAIN)
{
    struct sim_client *first = sim_client_open(
        sim, &(struct sim_client_spec){
                 .shard = 0, .client_id = "me", .remote_address = "tcp://10.0.0.1:5"});
    struct sim_client *second;

    sim_run(sim);
    cr_assert_eq(sim_answer(first, 1), ENGINE_OK);
    second = sim_client_as(sim, 1, "me");
    cr_assert_eq(sim_answer(second, 1), ENGINE_CLIENT_ID_IN_USE);
    cr_assert_str_eq(sim_answer_text(second, 1),
                     "Broker: sim - Client: me already connected from tcp://10.0.0.1:5");
    sim_close(second);
    sim_run(sim);
    cr_assert_eq(sim_answer(sim_client_as(sim, 2, "me"), 1), ENGINE_CLIENT_ID_IN_USE);
}

ENGINE_TEST(client_id, is_free_again_after_its_client, PLAIN)
{
    struct sim_client *first = sim_client_as(sim, 0, "me");

    sim_close(first);
    sim_run(sim);
    cr_assert_eq(sim_answer(sim_client_as(sim, 1, "me"), 1), ENGINE_OK);
}

ENGINE_TEST(client_id, is_taken_over_by_link_stealing, PLAIN)
{
    struct sim_client *first = sim_client_as(sim, 0, "me");
    struct sim_client *thief = sim_client_open(
        sim, &(struct sim_client_spec){.shard = 1, .client_id = "me", .steal = true});

    sim_run(sim);
    cr_assert(first->disconnected);
    cr_assert_eq(sim_answer(thief, 1), SIM_PENDING); /* until the first one has closed */
    sim_close(first);
    sim_run(sim);
    cr_assert_eq(sim_answer(thief, 1), ENGINE_OK);
    cr_assert_not(thief->disconnected);
    cr_assert_eq(sim_answer(sim_client_as(sim, 2, "me"), 1), ENGINE_CLIENT_ID_IN_USE);
}

ENGINE_TEST(client_id, is_not_needed, PLAIN)
{
    struct sim_client *first = sim_client(sim, 0);
    struct sim_client *second = sim_client(sim, 0);

    cr_assert_eq(sim_answer(first, 1), ENGINE_OK);
    cr_assert_eq(sim_answer(second, 1), ENGINE_OK);
    cr_assert_not(slice_equal(engine_client_connection_id(first->client),
                              engine_client_connection_id(second->client)));
}

ENGINE_TEST(client_id, may_be_given_up_before_it_is_granted, PLAIN)
{
    struct sim_client *first =
        sim_client_open(sim, &(struct sim_client_spec){.shard = 1, .client_id = "me"});

    sim_close(first);
    sim_run(sim);
    cr_assert_eq(sim_answer(sim_client_as(sim, 2, "me"), 1), ENGINE_OK);
}
