/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_case.h"

static struct sim_consumer *pulls_from(struct sim_client *client, const char *names)
{
    return sim_subscribe(client, names, (struct engine_subscribe_spec){.prefetch = SIM_PULLS});
}

static void send_letters(struct sim_client *client, const char *to, const char *letters)
{
    for (const char *at = letters; *at; at++)
        sim_send(client, to, (char[]){*at, '\0'});
}

ENGINE_TEST(pull, brings_nothing_that_was_not_asked_for, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = pulls_from(client, "A");

    send_letters(client, "A", "abc");
    expect(consumer, "");
    sim_pull(consumer, 0);
    expect(consumer, "a");
    sim_advance(sim, 100000);
    expect(consumer, "");
    sim_pull(consumer, 0); /* though "a" is not acknowledged */
    expect(consumer, "b");
    cr_assert_eq(consumer->nothings, 0);
}

ENGINE_TEST(pull, leaves_the_rest_to_others, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = pulls_from(client, "A");

    sim_run(sim);
    sim_pull(consumer, 0);
    send_letters(client, "A", "ab");
    expect(consumer, "a");
    expect(sim_listen(sim_client(sim, 2), "A", 10), "b");
}

ENGINE_TEST(pull, without_waiting_says_that_there_is_nothing, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = pulls_from(client, "A");

    sim_run(sim);
    sim_pull(consumer, -1);
    expect(consumer, "");
    cr_assert_eq(consumer->nothings, 1);
    send_letters(client, "A", "a");
    expect(consumer, ""); /* the permit is gone */
    sim_pull(consumer, -1);
    expect(consumer, "a");
    cr_assert_eq(consumer->nothings, 1);
}

ENGINE_TEST(pull, waits_as_long_as_it_is_told, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = pulls_from(client, "A");

    sim_run(sim);
    sim_pull(consumer, 1000);
    sim_advance(sim, 999);
    cr_assert_eq(consumer->nothings, 0);
    sim_advance(sim, 1);
    cr_assert_eq(consumer->nothings, 1);
    send_letters(client, "A", "ab");
    expect(consumer, "");
    sim_pull(consumer, 1000);
    expect(consumer, "a");
    sim_advance(sim, 5000);
    cr_assert_eq(consumer->nothings, 1);
    sim_pull(consumer, 1000);
    expect(consumer, "b");
}

ENGINE_TEST(pull, without_limit_waits_for_ever, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = pulls_from(client, "A");

    sim_run(sim);
    sim_pull(consumer, 500);
    sim_pull(consumer, 0); /* replaces it */
    sim_advance(sim, 1000000);
    cr_assert_eq(consumer->nothings, 0);
    send_letters(client, "A", "ab");
    expect(consumer, "a");
}

ENGINE_TEST(pull, permits_do_not_add_up, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = pulls_from(client, "A");

    sim_run(sim);
    sim_pull(consumer, 0);
    sim_pull(consumer, 0);
    sim_run(sim);
    sim_pull(consumer, 0);
    send_letters(client, "A", "abc");
    expect(consumer, "a");
}

ENGINE_TEST(pull, from_several_queues_brings_one_message, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = pulls_from(client, "A,B,C,D");
    struct sim_consumer *others[4];
    const char *const names[] = {"A", "B", "C", "D"};
    size_t rest = 0;

    for (int i = 0; i < 4; i++)
        send_letters(client, names[i], "x");
    sim_run(sim);
    sim_pull(consumer, 0);
    expect(consumer, "x");
    sim_pull(consumer, 0);
    expect(consumer, "x");
    for (int i = 0; i < 4; i++)
        others[i] = sim_listen(sim_client(sim, 2), names[i], 10);
    sim_run(sim);
    for (int i = 0; i < 4; i++) {
        rest += others[i]->count;
        cr_assert(others[i]->count == 0 || others[i]->deliveries[0].redelivery_count == 0);
    }
    cr_assert_eq(rest, 2);
}

ENGINE_TEST(pull, from_several_queues_finds_the_only_message, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = pulls_from(client, "A,B,C,D");

    send_letters(client, "C", "x");
    sim_run(sim);
    sim_pull(consumer, -1);
    expect(consumer, "x");
    cr_assert_eq(consumer->nothings, 0);
    sim_pull(consumer, -1);
    expect(consumer, "");
    cr_assert_eq(consumer->nothings, 1);
    sim_pull(consumer, 300);
    sim_advance(sim, 400);
    cr_assert_eq(consumer->nothings, 2);
    send_letters(client, "D", "y");
    sim_pull(consumer, 300);
    expect(consumer, "y");
    sim_advance(sim, 400);
    cr_assert_eq(consumer->nothings, 2);
}

ENGINE_TEST(pull, by_a_wildcard_brings_one_message, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = pulls_from(client, "W.>");

    sim_run(sim);
    sim_pull(consumer, 0);
    send_letters(client, "W.a", "x");
    send_letters(client, "W.b", "x");
    send_letters(client, "W.c", "x");
    expect(consumer, "x");
    sim_consume_all(consumer);
    expect(consumer, "");
    sim_pull(consumer, 0);
    expect(consumer, "x");
    sim_pull(consumer, 0);
    expect(consumer, "x");
    sim_pull(consumer, -1);
    expect(consumer, "");
    cr_assert_eq(consumer->nothings, 1);
    sim_consume_all(consumer);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(pull, from_a_topic_brings_what_has_waited, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = pulls_from(client, "topic://T");

    sim_run(sim);
    send_letters(client, "topic://T", "abc");
    expect(consumer, "");
    sim_pull(consumer, -1);
    expect(consumer, "a");
    sim_pull(consumer, 0);
    expect(consumer, "b");
    sim_pull(consumer, 0);
    expect(consumer, "c");
    sim_pull(consumer, 50);
    sim_advance(sim, 60);
    cr_assert_eq(consumer->nothings, 1);
}

ENGINE_TEST(pull, by_a_durable_subscriber_goes_on_when_it_comes_back, PLAIN)
{
    struct engine_subscribe_spec spec = {.durable_name = SLICE("sub"), .prefetch = SIM_PULLS};
    struct sim_client *sender = sim_client(sim, 2);
    struct sim_client *client = sim_client_as(sim, 1, "me");
    struct sim_consumer *consumer = sim_subscribe(client, "topic://T", spec);

    sim_run(sim);
    send_letters(sender, "topic://T", "abc");
    sim_pull(consumer, 0);
    expect(consumer, "a");
    sim_consume(consumer, "a");
    sim_close(client);
    sim_run(sim);
    client = sim_client_as(sim, 0, "me");
    consumer = sim_subscribe(client, "topic://T", spec);
    expect(consumer, "");
    sim_pull(consumer, -1);
    expect(consumer, "b");
}

/* Whatever it has got before its prefetch went, and whatever is still on its way. */
static void browse_on_by_pulling(struct sim *sim, uint32_t prefetch, unsigned steps, bool congested)
{
    static const char *const queues[] = {"A", "B", "C"};
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *browser;

    for (unsigned i = 0; i < 3; i++)
        send_letters(client, queues[i], "xy");
    sim_run(sim);
    browser = sim_subscribe(client, "A,B,C",
                            (struct engine_subscribe_spec){.browser = true, .prefetch = prefetch});
    if (congested)
        sim_congest(client, true);
    while (steps-- > 0)
        sim_step(sim);
    sim_set_prefetch(browser, 0);
    sim_run(sim);
    if (congested)
        sim_congest(client, false);
    sim_run(sim);
    for (unsigned pulls = 0; pulls < 12 && !browser->browse_ended; pulls++) {
        size_t before = browser->count;

        sim_pull(browser, 1000);
        sim_advance(sim, 2000);
        cr_assert_leq(browser->count, before + 1);
    }
    cr_assert(browser->browse_ended);
    cr_assert_eq(browser->count, 6);
}

ENGINE_TEST(pull, shows_a_browser_the_rest_when_its_prefetch_goes, PLAIN)
{
    browse_on_by_pulling(sim, 4, 1000, false);
}

ENGINE_TEST(pull, shows_a_congested_browser_the_rest_when_its_prefetch_goes, PLAIN)
{
    browse_on_by_pulling(sim, 4, 1000, true);
}

ENGINE_TEST(pull, shows_a_browser_the_rest_when_its_prefetch_goes_early, PLAIN)
{
    browse_on_by_pulling(sim, 4, 2, true);
}

ENGINE_TEST(pull, shows_a_browser_of_several_queues_one_message_after_the_other, PLAIN)
{
    browse_on_by_pulling(sim, SIM_PULLS, 0, false);
}

ENGINE_TEST(pull, shows_a_browser_one_message_after_the_other, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *browser;

    send_letters(client, "A", "abc");
    sim_run(sim);
    browser = sim_subscribe(client, "A",
                            (struct engine_subscribe_spec){.browser = true, .prefetch = SIM_PULLS});
    expect(browser, "");
    sim_pull(browser, -1);
    expect(browser, "a");
    sim_consume(browser, "a");
    sim_pull(browser, -1);
    expect(browser, "b");
    sim_pull(browser, -1);
    expect(browser, "c");
    cr_assert(!browser->browse_ended);
    sim_pull(browser, -1);
    expect(browser, "");
    cr_assert(browser->browse_ended);
}

ENGINE_TEST(pull, of_a_congested_client_waits_for_it, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = pulls_from(client, "A,B");

    sim_run(sim);
    sim_pull(consumer, 0);
    sim_run(sim);
    sim_congest(client, true);
    send_letters(sim_client(sim, 2), "A", "ab");
    send_letters(sim_client(sim, 2), "B", "cd");
    expect(consumer, "");
    sim_congest(client, false);
    sim_run(sim);
    cr_assert_eq(consumer->count, 1);
}

ENGINE_TEST(pull, dies_with_its_consumer, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = pulls_from(client, "A,B,C");

    sim_run(sim);
    sim_pull(consumer, 1000);
    sim_run(sim);
    sim_unsubscribe(consumer);
    send_letters(client, "A", "a");
    sim_advance(sim, 2000);
    cr_assert_eq(consumer->nothings, 0);
    expect(sim_listen(client, "A", 10), "a");
}

ENGINE_TEST(pull, is_ignored_for_a_consumer_with_a_prefetch, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 1);

    send_letters(client, "A", "abc");
    expect(consumer, "a");
    sim_pull(consumer, -1);
    sim_pull(consumer, 10);
    sim_advance(sim, 100);
    expect(consumer, "");
    cr_assert_eq(consumer->nothings, 0);
}

ENGINE_TEST(prefetch, that_rises_brings_more, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 1);

    send_letters(client, "A", "abcd");
    expect(consumer, "a");
    sim_set_prefetch(consumer, 3);
    expect(consumer, "b c");
    sim_consume(consumer, "a");
    expect(consumer, "d");
}

ENGINE_TEST(prefetch, that_falls_brings_no_more_until_there_is_room, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A", 3);

    send_letters(client, "A", "abcde");
    expect(consumer, "a b c");
    sim_set_prefetch(consumer, 1);
    sim_run(sim);
    sim_consume(consumer, "a");
    sim_consume(consumer, "b");
    expect(consumer, "");
    sim_consume(consumer, "c");
    expect(consumer, "d");
    sim_consume(consumer, "d");
    expect(consumer, "e");
}

ENGINE_TEST(prefetch, rises_for_consumers_of_several_queues, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "A,B,C", 2);

    send_letters(client, "A", "xx");
    send_letters(client, "B", "xx");
    send_letters(client, "C", "xx");
    sim_run(sim);
    cr_assert_eq(consumer->count, 2);
    sim_set_prefetch(consumer, 6);
    sim_run(sim);
    cr_assert_eq(consumer->count, 6);
}

ENGINE_TEST(prefetch, that_was_0_may_rise_and_fall_again, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = pulls_from(client, "A,B,C");
    struct sim_consumer *other;
    size_t count;

    send_letters(client, "A", "xx");
    send_letters(client, "B", "xx");
    send_letters(client, "C", "xx");
    expect(consumer, "");
    sim_set_prefetch(consumer, 2); /* as after failover */
    sim_run(sim);
    cr_assert_geq(consumer->count, 2);
    sim_set_prefetch(consumer, 0);
    sim_run(sim);
    count = consumer->count;
    other = sim_listen(sim_client(sim, 2), "A,B,C", 100);
    sim_run(sim);
    cr_assert_eq(count + other->count, 6); /* none waits in between */
}

ENGINE_TEST(prefetch, of_a_topic_subscriber_may_rise, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = sim_listen(client, "topic://T", 1);

    sim_run(sim);
    send_letters(client, "topic://T", "abc");
    expect(consumer, "a");
    sim_set_prefetch(consumer, 2);
    expect(consumer, "b");
}

ENGINE_TEST(pull, of_a_group_sees_its_first_message_as_the_first, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *consumer = pulls_from(client, "A,B,C");
    const char *const names[] = {"A", "B", "C"};
    unsigned firsts = 0;

    for (int i = 0; i < 3; i++)
        for (int n = 0; n < 2; n++)
            sim_send_draft(client, names[i], "x", (struct message_draft){.group_id = SLICE("g")});
    sim_run(sim);
    for (int i = 0; i < 6; i++) {
        sim_pull(consumer, 0);
        sim_run(sim);
    }
    cr_assert_eq(consumer->count, 6);
    for (size_t i = 0; i < consumer->count; i++)
        firsts += consumer->deliveries[i].group_first;
    cr_assert_eq(firsts, 3); /* each queue has a group of its own */
}

ENGINE_TEST(pull, of_an_exclusive_consumer_leaves_nothing_to_others, PLAIN)
{
    struct sim_client *client = sim_client(sim, 1);
    struct sim_consumer *exclusive = sim_subscribe(
        client, "A", (struct engine_subscribe_spec){.prefetch = SIM_PULLS, .exclusive = true});
    struct sim_consumer *other = sim_listen(sim_client(sim, 2), "A", 10);

    sim_run(sim);
    send_letters(client, "A", "ab");
    expect(other, "");
    sim_pull(exclusive, -1);
    expect(exclusive, "a");
    sim_unsubscribe(exclusive);
    expect(other, "a+1 b");
}
