/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "destination.h"
#include "sim_engine.h"

#define PURGE "schedulePeriodForDestinationPurge='1000'"
#define GC(where) \
    SIM_POLICY(where " gcInactiveDestinations='true' " \
                     "inactiveTimeoutBeforeGC='5000'", \
               "")

static const struct engine_subscribe_spec plain;

static bool exists(struct sim *sim, const char *text)
{
    struct destination_name name = sim_name(text);
    uint64_t hash = destination_name_hash(name);

    return destination_find(sim_engine(sim, 0), name, hash) != NULL;
}

Test(gc, removes_a_queue_that_is_empty_and_idle_for_long)
{
    struct sim *sim = sim_create(1, PURGE, GC("queue='>'"));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *consumer = sim_subscribe(client, "queue://Q", plain);

    sim_send(client, "queue://Q", "x");
    sim_send(client, "queue://Kept", "y");
    sim_ack(consumer, 0, 0);
    sim_advance(sim, 20000);
    cr_assert(exists(sim, "queue://Q")); /* there is a consumer */
    sim_unsubscribe(consumer);
    sim_advance(sim, 3000);
    cr_assert(exists(sim, "queue://Q"));
    sim_advance(sim, 4000);
    cr_assert_not(exists(sim, "queue://Q"));
    cr_assert(exists(sim, "queue://Kept")); /* there is a message */
    sim_destroy(sim);
}

Test(gc, leaves_alone_what_its_policy_does_not_name)
{
    struct sim *sim = sim_create(1, PURGE, GC("queue='Other.>'"));
    struct sim_client *client = sim_client(sim, 0);

    sim_unsubscribe(sim_subscribe(client, "queue://Q", plain));
    sim_advance(sim, 20000);
    cr_assert(exists(sim, "queue://Q"));
    sim_destroy(sim);
}

Test(gc, is_off_without_a_period)
{
    struct sim *sim = sim_create(1, NULL, GC("queue='>'"));
    struct sim_client *client = sim_client(sim, 0);

    sim_unsubscribe(sim_subscribe(client, "queue://Q", plain));
    sim_advance(sim, 20000);
    cr_assert(exists(sim, "queue://Q"));
    sim_destroy(sim);
}

Test(gc, keeps_to_its_maximum_for_each_sweep)
{
    struct sim *sim = sim_create(1, PURGE " maxPurgedDestinationsPerSweep='1'", GC("queue='>'"));
    struct sim_client *client = sim_client(sim, 0);

    sim_unsubscribe(sim_subscribe(client, "queue://A,B,C", plain));
    sim_advance(sim, 5500);
    cr_assert_eq(exists(sim, "queue://A") + exists(sim, "queue://B") + exists(sim, "queue://C"), 2);
    sim_advance(sim, 3000);
    cr_assert_eq(exists(sim, "queue://A") + exists(sim, "queue://B") + exists(sim, "queue://C"), 0);
    sim_destroy(sim);
}

Test(gc, spares_a_topic_that_a_wildcard_subscription_matches)
{
    struct sim *sim = sim_create(1, PURGE, GC("topic='T.>'"));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *consumer = sim_subscribe(client, "topic://T.*", plain);

    sim_send(client, "topic://T.1", "x");
    sim_advance(sim, 20000);
    cr_assert(exists(sim, "topic://T.1"));
    sim_ack(consumer, 0, 0);
    sim_unsubscribe(consumer);
    sim_advance(sim, 1000);
    cr_assert(exists(sim, "topic://T.1")); /* it has been idle since then only */
    sim_advance(sim, 20000);
    cr_assert_not(exists(sim, "topic://T.1"));
    sim_destroy(sim);
}

Test(gc, announces_what_it_removes)
{
    struct sim *sim = sim_create(1, PURGE, GC("queue='Q'"));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *watcher = sim_subscribe(client, "topic://ActiveMQ.Advisory.Queue", plain);
    size_t before;

    sim_unsubscribe(sim_subscribe(client, "queue://Q", plain));
    before = watcher->count;
    sim_advance(sim, 20000);
    cr_assert_eq(watcher->count, before + 1);
    sim_destroy(sim);
}
