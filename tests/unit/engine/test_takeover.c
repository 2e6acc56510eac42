/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_case.h"

#include <stdio.h>
#include <stdlib.h>

enum { HALF_A_MINUTE_MS = 30 * 1000, FIVE_MINUTES_MS = 5 * 60 * 1000 };

/* A client of failover: the same ids each time, on whatever shard. */
static struct sim_client *come(struct sim *sim, uint16_t shard)
{
    return sim_client_open(
        sim, &(struct sim_client_spec){
                 .shard = shard, .client_id = "me", .connection_id = "ID:h-1", .wants_kept = true});
}

static struct sim_client *come_as(struct sim *sim, uint16_t shard, const char *client_id,
                                  const char *connection_id)
{
    return sim_client_open(sim, &(struct sim_client_spec){.shard = shard,
                                                          .client_id = client_id,
                                                          .connection_id = connection_id});
}

/* Two in flight: which of their mails comes first is not known. */
static void run_some(struct sim *sim)
{
    for (uint64_t steps = sim_random(sim, 8); steps > 0; steps--)
        sim_step(sim);
}

ENGINE_TEST(takeover, waits_until_the_old_connection_has_closed, PLAIN)
{
    struct sim_client *old = come(sim, 0), *new;

    sim_run(sim);
    cr_assert_eq(sim_answer(old, 1), ENGINE_OK);
    new = come(sim, 1);
    sim_run(sim);
    cr_assert(old->disconnected);
    cr_assert_eq(sim_answer(new, 1), SIM_PENDING);
    sim_close(old);
    sim_run(sim);
    cr_assert_eq(sim_answer(new, 1), ENGINE_OK);
    cr_assert_not(new->disconnected);
    cr_assert(slice_is(engine_client_connection_id(new->client), "ID:h-1"));
}

ENGINE_TEST(takeover, finds_what_the_old_connection_held_in_its_queue, PLAIN)
{
    struct sim_client *old = come(sim, 0), *new;

    sim_run(sim);
    for (char name = 'A'; name <= 'F'; name++)
        sim_listen(old, (char[]){name, 0}, 10);
    for (char name = 'A'; name <= 'F'; name++)
        sim_send(old, (char[]){name, 0}, "m");
    sim_run(sim);
    new = come(sim, 1);
    run_some(sim);
    sim_close(old);
    while (sim_answer(new, 1) == SIM_PENDING)
        cr_assert(sim_step(sim));
    cr_assert_eq(sim_answer(new, 1), ENGINE_OK);
    for (char name = 'A'; name <= 'F'; name++)
        expect(sim_listen(new, (char[]){name, 0}, 10), "m+1");
}

ENGINE_TEST(takeover, finds_what_the_old_connection_sent_last_before_what_it_sends_itself, PLAIN)
{
    struct sim_client *old = come(sim, 0), *new;

    sim_run(sim);
    for (char name = 'A'; name <= 'F'; name++)
        sim_send(old, (char[]){name, 0}, "old");
    sim_close(old);
    new = come(sim, 1);
    while (sim_answer(new, 1) == SIM_PENDING)
        cr_assert(sim_step(sim));
    for (char name = 'A'; name <= 'F'; name++)
        sim_send(new, (char[]){name, 0}, "new");
    for (char name = 'A'; name <= 'F'; name++)
        expect(sim_listen(new, (char[]){name, 0}, 10), "old new");
}

enum { TEMPS = 8, ROUNDS = 12 };

/* All of them are made, by one who has just come, while those of the one before are being removed.
 */
static void make_temps(struct sim *sim, struct sim_client *client, struct sim_client *other)
{
    uint64_t made[TEMPS], sent[TEMPS];
    char name[TEMPS][64];

    for (int i = 0; i < TEMPS; i++) {
        snprintf(name[i], sizeof name[i], "temp-queue://ID:h-1:%d", i);
        made[i] = sim_create_temp(client, name[i]);
    }
    sim_run(sim);
    for (int i = 0; i < TEMPS; i++) {
        cr_assert_eq(sim_answer(client, made[i]), ENGINE_OK);
        sent[i] = sim_send(other, name[i], "answer");
    }
    sim_run(sim);
    for (int i = 0; i < TEMPS; i++) {
        cr_assert_eq(sim_answer(other, sent[i]), ENGINE_OK);
        expect(sim_listen(client, name[i], 10), "answer");
    }
}

ENGINE_TEST(takeover, lets_temporary_destinations_be_made_again, PLAIN)
{
    struct sim_client *old = come(sim, 0), *new, *other = sim_client(sim, 2);

    sim_run(sim);
    make_temps(sim, old, other);
    for (uint16_t round = 0; round < ROUNDS; round++, old = new) {
        new = come(sim, (uint16_t)sim_random(sim, 3));
        run_some(sim);
        sim_close(old);
        while (sim_answer(new, 1) == SIM_PENDING)
            cr_assert(sim_step(sim));
        make_temps(sim, new, other);
    }
}

/* Whichever shard hears last of the old connection's end. */
ENGINE_TEST(takeover, waits_for_the_slowest_shard, PLAIN)
{
    struct sim_client *old, *new, *other = sim_client(sim, 2);

    for (uint16_t to = 1; to < sim_shards(sim); to++) {
        old = come(sim, 0);
        sim_run(sim);
        make_temps(sim, old, other);
        sim_hold(sim, 0, to, true);
        sim_close(old);
        new = come(sim, (uint16_t)(to + 1));
        sim_run(sim);
        cr_assert_eq(sim_answer(new, 1), SIM_PENDING);
        sim_hold(sim, 0, to, false);
        sim_run(sim);
        cr_assert_eq(sim_answer(new, 1), ENGINE_OK);
        make_temps(sim, new, other);
        sim_close(new);
        sim_run(sim);
    }
}

/* 0: created, 1: removed. */
static int64_t operation_type(const struct sim_consumer *advisories, size_t index)
{
    struct value value = {.integer = -1};

    property_find(message_part(advisories->deliveries[index].message, MESSAGE_BODY),
                  SLICE("operationType"), &value);
    return value.integer;
}

ENGINE_TEST(takeover, tells_of_temporary_destinations_in_order, PLAIN)
{
    struct sim_client *watcher = sim_client(sim, 2), *old, *new;
    struct sim_consumer *advisories =
        sim_listen(watcher, "topic://ActiveMQ.Advisory.TempQueue", 100);

    sim_run(sim);
    old = come(sim, 0);
    sim_run(sim);
    sim_create_temp(old, "temp-queue://ID:h-1:1");
    sim_run(sim);
    sim_close(old);
    new = come(sim, 1);
    while (sim_answer(new, 1) == SIM_PENDING)
        cr_assert(sim_step(sim));
    sim_create_temp(new, "temp-queue://ID:h-1:1");
    sim_run(sim);
    cr_assert_eq(advisories->count, 3);
    cr_assert_eq(operation_type(advisories, 0), 0);
    cr_assert_eq(operation_type(advisories, 1), 1);
    cr_assert_eq(operation_type(advisories, 2), 0);
}

ENGINE_TEST(takeover, by_another_connection_needs_link_stealing, PLAIN)
{
    struct sim_client *first = come_as(sim, 0, "me", "ID:h-1"), *second;

    sim_run(sim);
    second = come_as(sim, 1, "me", "ID:h-2");
    sim_run(sim);
    cr_assert_eq(sim_answer(second, 1), ENGINE_CLIENT_ID_IN_USE);
    cr_assert_str_eq(sim_answer_text(second, 1),
                     "Broker: sim - Client: me already connected from tcp://127.0.0.1:1");
    cr_assert_not(first->disconnected);
    sim_close(second);
    sim_run(sim);
    second = come_as(sim, 2, "me", "ID:h-2");
    sim_run(sim);
    cr_assert_eq(sim_answer(second, 1), ENGINE_CLIENT_ID_IN_USE);
    cr_assert_not(first->disconnected);
}

ENGINE_TEST(takeover, by_the_same_connection_works_under_another_client_id, PLAIN)
{
    struct sim_client *first = come_as(sim, 0, "me", "ID:h-1"), *second, *third;

    sim_run(sim);
    second = come_as(sim, 1, "you", "ID:h-1");
    sim_run(sim);
    cr_assert(first->disconnected);
    cr_assert_eq(sim_answer(second, 1), SIM_PENDING);
    sim_close(first);
    sim_run(sim);
    cr_assert_eq(sim_answer(second, 1), ENGINE_OK);
    third = come_as(sim, 2, "me", "ID:h-3"); /* the first one's is free */
    sim_run(sim);
    cr_assert_eq(sim_answer(third, 1), ENGINE_OK);
}

ENGINE_TEST(takeover, goes_to_the_newest_of_several, PLAIN)
{
    struct sim_client *first = come(sim, 0), *second, *third;

    sim_run(sim);
    second = come(sim, 1);
    sim_run(sim);
    third = come(sim, 2);
    sim_run(sim);
    cr_assert_eq(sim_answer(second, 1), ENGINE_CLIENT_ID_IN_USE);
    cr_assert_eq(sim_answer(third, 1), SIM_PENDING);
    sim_close(second);
    sim_close(first);
    sim_run(sim);
    cr_assert_eq(sim_answer(third, 1), ENGINE_OK);
    cr_assert_not(third->disconnected);
}

ENGINE_TEST(takeover, is_given_up_by_one_that_closes_meanwhile, PLAIN)
{
    struct sim_client *first = come(sim, 0), *second, *third;

    sim_run(sim);
    second = come(sim, 1);
    run_some(sim);
    sim_close(second);
    run_some(sim);
    sim_close(first);
    sim_run(sim);
    third = come(sim, 2);
    sim_run(sim);
    cr_assert_eq(sim_answer(third, 1), ENGINE_OK);
}

ENGINE_TEST(takeover, fails_when_the_old_connection_never_closes, PLAIN)
{
    struct sim_client *old = come_as(sim, 0, "me", "ID:h-1"), *new;

    sim_run(sim);
    new = come_as(sim, 1, "me", "ID:h-1");
    sim_advance(sim, HALF_A_MINUTE_MS - 1000);
    cr_assert_eq(sim_answer(new, 1), SIM_PENDING);
    sim_advance(sim, 2000);
    cr_assert_eq(sim_answer(new, 1), ENGINE_CLIENT_ID_IN_USE);
    sim_close(new);
    sim_close(old);
    sim_run(sim);
    new = come_as(sim, 1, "me", "ID:h-1");
    sim_run(sim);
    cr_assert_eq(sim_answer(new, 1), ENGINE_OK);
}

ENGINE_TEST(takeover, is_not_needed_from_one_that_is_closing, PLAIN)
{
    struct sim_client *old = come_as(sim, 0, "me", "ID:h-1"), *new;

    sim_run(sim);
    sim_listen(old, "A", 10);
    sim_run(sim);
    sim_close(old);
    run_some(sim);
    new = come_as(sim, 0, "me", "ID:h-2"); /* behind the old one's mail */
    sim_run(sim);
    cr_assert_eq(sim_answer(new, 1), ENGINE_OK);
}

ENGINE_TEST(takeover, between_many_ends_with_one, PLAIN)
{
    struct sim_client *clients[20];
    unsigned open = 0;

    for (int i = 0; i < 20; i++) {
        clients[i] = come_as(sim, (uint16_t)sim_random(sim, 3), sim_random(sim, 2) ? "me" : "you",
                             sim_random(sim, 2) ? "ID:h-1" : "ID:h-2");
        run_some(sim);
        for (int j = 0; j <= i; j++)
            if (clients[j]->disconnected && sim_random(sim, 2))
                sim_close(clients[j]);
    }
    for (int round = 0; round < 40; round++) {
        sim_run(sim);
        for (int i = 0; i < 20; i++)
            if (clients[i]->disconnected || sim_answer(clients[i], 1) > ENGINE_OK)
                sim_close(clients[i]);
    }
    sim_run(sim);
    for (int i = 0; i < 20; i++) {
        if (clients[i]->client)
            cr_assert_eq(sim_answer(clients[i], 1), ENGINE_OK);
        open += clients[i]->client != NULL;
    }
    cr_assert(open == 1 || open == 2);
}

ENGINE_TEST(kept, is_given_to_the_successor_once, PLAIN)
{
    struct sim_client *first = come(sim, 0), *second, *third;

    sim_run(sim);
    cr_assert_str_eq(first->kept, "");
    second = come(sim, 1);
    run_some(sim);
    sim_close_keeping(first, "what I know");
    sim_run(sim);
    cr_assert_eq(sim_answer(second, 1), ENGINE_OK);
    cr_assert_str_eq(second->kept, "what I know");
    sim_close(second);
    sim_run(sim);
    third = come(sim, 2);
    sim_run(sim);
    cr_assert_str_eq(third->kept, "");
}

ENGINE_TEST(kept, waits_for_the_next_one_some_minutes, PLAIN)
{
    struct sim_client *client = come(sim, 0);

    sim_run(sim);
    sim_close_keeping(client, "a");
    sim_advance(sim, FIVE_MINUTES_MS - 1000);
    client = come(sim, 1);
    sim_run(sim);
    cr_assert_str_eq(client->kept, "a");
    sim_close_keeping(client, "b");
    sim_advance(sim, FIVE_MINUTES_MS + 1000);
    client = come(sim, 2);
    sim_run(sim);
    cr_assert_eq(sim_answer(client, 1), ENGINE_OK);
    cr_assert_str_eq(client->kept, "");
}

ENGINE_TEST(kept, is_not_lost_on_one_that_was_never_told, PLAIN)
{
    struct sim_client *client = come(sim, 0);
    bool told = false;

    sim_run(sim);
    sim_close_keeping(client, "a");
    for (int i = 0; i < 6; i++) {
        client = come(sim, (uint16_t)i);
        run_some(sim);
        told |= client->kept[0] != '\0';
        sim_close(client); /* its socket broke again */
        run_some(sim);
    }
    sim_run(sim);
    client = come(sim, 1);
    sim_run(sim);
    cr_assert_str_eq(client->kept, told ? "" : "a");
}

ENGINE_TEST(kept, is_not_for_those_who_do_not_ask, PLAIN)
{
    struct sim_client *client = come(sim, 0);

    sim_run(sim);
    sim_close_keeping(client, "a");
    sim_run(sim);
    client = sim_client_as(sim, 1, "me");
    cr_assert_str_eq(client->kept, "");
    sim_close(client);
    sim_run(sim);
    client = come(sim, 1); /* it knows less than the one in between */
    sim_run(sim);
    cr_assert_str_eq(client->kept, "");
}

ENGINE_TEST(kept, has_a_limit_and_forgets_the_oldest, PLAIN)
{
    enum { BIG = 6 << 20, COUNT = 12 };
    struct sim_client *client;
    char *bytes = malloc(BIG + 1);
    char name[16];
    unsigned kept = 0;

    memset(bytes, 'x', BIG);
    bytes[BIG] = '\0';
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "me%d", i);
        client = sim_client_as(sim, 0, name);
        sim_close_keeping(client, bytes);
        sim_run(sim);
    }
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "me%d", i);
        client =
            sim_client_open(sim, &(struct sim_client_spec){.client_id = name, .wants_kept = true});
        sim_run(sim);
        kept += client->kept[0] == 'x';
        cr_assert(i < COUNT - 1 || client->kept[0] == 'x'); /* the newest */
    }
    cr_assert_geq(kept, 2);
    cr_assert_leq(kept, 2 * 3);
    free(bytes);
}
