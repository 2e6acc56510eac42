/* SPDX-License-Identifier: Apache-2.0 */
/* The xid of an open transaction is its alone. */
#include "engine_case.h"

static const struct message_draft plain = {.persistent = true, .priority = 4};

static struct engine_transaction *begin_xa(struct sim *sim, struct sim_client *client,
                                           const char *xid, enum engine_error error)
{
    struct engine_transaction *transaction = sim_begin_xa(client, xid);

    expect_answer(client, client->request, error);
    return transaction;
}

ENGINE_TEST(xid, is_refused_to_a_second_client_and_the_first_one_goes_on, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1), *other = sim_client(sim, 2);
    struct sim_consumer *sink = sim_listen(other, "B", 10);
    struct engine_transaction *first = begin_xa(sim, client, "x", ENGINE_OK), *second;

    sim_send_in(client, "B", "a", plain, first, true);
    second = begin_xa(sim, other, "x", ENGINE_IN_USE);
    sim_send_in(other, "B", "never", plain, second, true);
    expect_answer(other, sim_commit(other, second), ENGINE_ROLLED_BACK);
    begin_xa(sim, other, "x", ENGINE_IN_USE);
    expect_answer(client, sim_commit(client, first), ENGINE_OK);
    expect(sink, "a");
}

ENGINE_TEST(xid, is_refused_to_a_second_client_in_both_phases, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1), *other = sim_client(sim, 2);
    struct sim_consumer *sink = sim_listen(other, "B", 10);
    struct engine_transaction *first = begin_xa(sim, client, "x", ENGINE_OK), *second;

    sim_send_in(client, "B", "a", plain, first, true);
    second = begin_xa(sim, other, "x", ENGINE_IN_USE);
    expect_answer(other, sim_prepare(other, second, "x"), ENGINE_ROLLED_BACK);
    expect_answer(client, sim_prepare(client, first, "x"), ENGINE_OK);
    begin_xa(sim, other, "x", ENGINE_IN_USE);
    begin_xa(sim, client, "x", ENGINE_IN_USE);
    expect_answer(other, sim_xa_commit(other, "x"), ENGINE_OK);
    expect(sink, "a");
    begin_xa(sim, other, "x", ENGINE_OK);
}

ENGINE_TEST(xid, is_free_after_each_end, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1), *other = sim_client(sim, 2);
    struct engine_transaction *transaction = begin_xa(sim, client, "x", ENGINE_OK);

    expect_answer(client, sim_commit(client, transaction), ENGINE_OK);
    transaction = begin_xa(sim, other, "x", ENGINE_OK);
    expect_answer(other, sim_rollback(other, transaction), ENGINE_OK);
    transaction = begin_xa(sim, client, "x", ENGINE_OK);
    expect_answer(client, sim_prepare(client, transaction, "x"), ENGINE_OK);
    expect_answer(other, sim_xa_rollback(other, "x"), ENGINE_OK);
    begin_xa(sim, client, "x", ENGINE_OK);
    begin_xa(sim, client, "y", ENGINE_OK);
    begin_xa(sim, other, "z", ENGINE_OK);
    sim_close(client);
    sim_run(sim);
    begin_xa(sim, other, "x", ENGINE_OK);
    begin_xa(sim, other, "y", ENGINE_OK);
    begin_xa(sim, other, "z", ENGINE_IN_USE);
}

ENGINE_TEST(xid, is_free_when_its_client_goes_during_the_prepare, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1), *other = sim_client(sim, 2);
    struct sim_consumer *consumer = sim_listen(client, "A", 10);
    struct engine_transaction *transaction = begin_xa(sim, client, "x", ENGINE_OK);

    sim_send(other, "A", "a");
    expect(consumer, "a");
    sim_settle(consumer, ACKNOWLEDGE_CONSUMED, "a", transaction);
    sim_prepare(client, transaction, "x");
    sim_close(client);
    sim_run(sim);
    if (strcmp(sim_recover(other), "x") == 0)
        expect_answer(other, sim_xa_rollback(other, "x"), ENGINE_OK);
    begin_xa(sim, other, "x", ENGINE_OK);
}

ENGINE_TEST(xid, may_be_given_back_before_the_claim_is_answered, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1), *other = sim_client(sim, 2);
    struct engine_transaction *transaction = sim_begin_xa(client, "x");
    uint64_t request = client->request;

    expect_answer(client, sim_rollback(client, transaction), ENGINE_OK);
    expect_answer(client, request, ENGINE_OK);
    sim_begin_xa(client, "x");
    sim_close(client);
    sim_run(sim);
    transaction = begin_xa(sim, other, "x", ENGINE_OK);
    client = sim_client(sim, 0);
    sim_rollback(client, sim_begin_xa(client, "x")); /* refused: it was not its to give back */
    sim_run(sim);
    begin_xa(sim, client, "x", ENGINE_IN_USE);
    expect_answer(other, sim_commit(other, transaction), ENGINE_OK);
}

ENGINE_TEST(xid, is_had_by_exactly_one_of_those_who_begin_at_once, PLAIN)
{
    struct sim_client *clients[3];
    uint64_t requests[3];
    int granted = 0;

    for (uint16_t i = 0; i < 3; i++)
        clients[i] = sim_client(sim, i);
    for (int i = 0; i < 3; i++) {
        sim_begin_xa(clients[i], "x");
        requests[i] = clients[i]->request;
    }
    sim_run(sim);
    for (int i = 0; i < 3; i++)
        granted += sim_answer(clients[i], requests[i]) == (int)ENGINE_OK;
    cr_assert_eq(granted, 1);
}
