/* SPDX-License-Identifier: Apache-2.0 */
#include "engine_case.h"

#define SMALL_MEMORY(attributes) \
    NULL, "<systemUsage><systemUsage " attributes "><memoryUsage><memoryUsage limit='10 kb'/>" \
          "</memoryUsage></systemUsage></systemUsage>"

static char thousand[3001];

static uint64_t send_big(struct sim_client *client, const char *to, bool request)
{
    memset(thousand, 'x', sizeof thousand - 1);
    return sim_send_in(client, to, thousand, (struct message_draft){.persistent = true}, NULL,
                       request);
}

ENGINE_TEST(flow, answers_late_when_memory_is_full, SMALL_MEMORY(""))
{
    struct sim_client *sender = sim_client(sim, 1);
    struct sim_client *client = sim_client(sim, 2);
    struct sim_consumer *consumer;
    uint64_t requests[8];
    unsigned answered = 0;

    for (int i = 0; i < 8; i++)
        requests[i] = send_big(sender, "A", true);
    sim_run(sim);
    for (int i = 0; i < 8; i++)
        answered += sim_answer(sender, requests[i]) == ENGINE_OK;
    cr_assert_eq(answered, 4); /* each takes a bit more than 3000 bytes */
    consumer = sim_listen(client, "A", 100);
    for (int i = 0; i < 8; i++) {
        sim_run(sim);
        sim_consume_all(consumer);
    }
    sim_advance(sim, 100);
    cr_assert_eq(consumer->count, 8);
    for (int i = 0; i < 8; i++)
        cr_assert_eq(sim_answer(sender, requests[i]), ENGINE_OK);
    sim_consume_all(consumer);
    sim_run(sim);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(flow, stops_and_resumes_senders_that_ask_for_no_answer, SMALL_MEMORY(""))
{
    struct sim_client *sender = sim_client(sim, 1);
    struct sim_client *client = sim_client(sim, 2);
    struct sim_consumer *consumer;

    for (int i = 0; i < 4; i++)
        send_big(sender, "A", false);
    sim_run(sim);
    cr_assert_not(sender->throttled);
    send_big(sender, "A", false);
    send_big(sender, "A", false);
    sim_run(sim);
    cr_assert(sender->throttled);
    consumer = sim_listen(client, "A", 100);
    sim_run(sim);
    sim_consume_all(consumer);
    sim_advance(sim, 100);
    cr_assert_not(sender->throttled);
    cr_assert_eq(sender->throttle_count, 1);
    cr_assert_eq(consumer->count, 6);
}

ENGINE_TEST(flow, keeps_the_order_of_what_waits, SMALL_MEMORY(""))
{
    struct sim_client *sender = sim_client(sim, 1);
    struct sim_client *client = sim_client(sim, 2);
    struct sim_consumer *consumer;

    for (int i = 0; i < 4; i++)
        send_big(sender, "A", true);
    for (int i = 0; i < 3; i++)
        sim_send(sender, "A", (char[]){(char)('a' + i), 0});
    sim_run(sim);
    consumer = sim_listen(client, "A", 100);
    sim_run(sim);
    sim_consume_all(consumer);
    sim_advance(sim, 100);
    sim_run(sim);
    cr_assert_eq(consumer->count, 7);
    for (size_t i = 4; i < 7; i++)
        cr_assert(slice_is(message_part(consumer->deliveries[i].message, MESSAGE_BODY),
                           (char[]){(char)('a' + i - 4), 0}));
}

ENGINE_TEST(flow, fails_at_once_if_told_to, SMALL_MEMORY("sendFailIfNoSpace='true'"))
{
    struct sim_client *sender = sim_client(sim, 1);
    uint64_t requests[6];

    for (int i = 0; i < 6; i++)
        requests[i] = send_big(sender, "A", true);
    sim_run(sim);
    for (int i = 0; i < 6; i++)
        cr_assert_eq(sim_answer(sender, requests[i]), i < 4 ? ENGINE_OK : ENGINE_NO_RESOURCES);
    cr_assert_not(sender->throttled);
}

/* A client that fails over takes for sent what it has not been told otherwise about. */
ENGINE_TEST(flow, keeps_what_waits_though_its_client_goes,
            SMALL_MEMORY("sendFailIfNoSpaceAfterTimeout='3000'"))
{
    struct sim_client *sender = sim_client(sim, 1);
    struct sim_client *other = sim_client(sim, 1);
    struct sim_client *client = sim_client(sim, 2);
    struct sim_consumer *consumer;
    uint64_t failing, waiting;

    for (int i = 0; i < 4; i++)
        send_big(other, "A", true);
    sim_run(sim);
    sim_send(sender, "A", "a");
    sim_send(sender, "A", "b");
    sim_run(sim);
    failing = sim_send(other, "A", "c");
    sim_run(sim);
    sim_close(sender);
    sim_advance(sim, 2000);
    waiting = sim_send(other, "A", "d");
    sim_advance(sim, 2000);
    cr_assert_eq(sim_answer(other, failing), ENGINE_NO_RESOURCES);
    cr_assert_eq(sim_answer(other, waiting), SIM_PENDING);
    sim_advance(sim, 500);
    consumer = sim_listen(client, "A", 100);
    sim_run(sim);
    sim_consume_all(consumer);
    (void)sim_take(consumer);
    sim_advance(sim, 100);
    expect(consumer, "a b d");
    cr_assert_eq(sim_answer(other, waiting), ENGINE_OK);
}

ENGINE_TEST(flow, fails_after_a_while_if_told_to,
            SMALL_MEMORY("sendFailIfNoSpaceAfterTimeout='3000'"))
{
    struct sim_client *sender = sim_client(sim, 1);
    uint64_t last;

    for (int i = 0; i < 4; i++)
        send_big(sender, "A", true);
    last = send_big(sender, "A", true);
    sim_advance(sim, 2900);
    cr_assert_eq(sim_answer(sender, last), SIM_PENDING);
    sim_advance(sim, 200);
    cr_assert_eq(sim_answer(sender, last), ENGINE_NO_RESOURCES);
}

ENGINE_TEST(flow, lets_in_what_a_closed_client_still_waits_for, SMALL_MEMORY(""))
{
    struct sim_client *sender = sim_client(sim, 1);
    struct sim_client *client = sim_client(sim, 2);
    struct sim_consumer *consumer;

    for (int i = 0; i < 6; i++)
        send_big(sender, "A", true);
    sim_run(sim);
    sim_close(sender);
    sim_run(sim);
    consumer = sim_listen(client, "A", 100);
    sim_run(sim);
    sim_consume_all(consumer);
    sim_advance(sim, 100);
    sim_consume_all(consumer);
    sim_run(sim);
    cr_assert_eq(consumer->count, 6);
    cr_assert_eq(sim_memory(sim), 0);
}

ENGINE_TEST(flow, limits_a_queue_with_a_vm_cursor,
            POLICY("<policyEntry queue='A' memoryLimit='10 kb'><pendingQueuePolicy>"
                   "<vmQueueCursor/></pendingQueuePolicy></policyEntry>"))
{
    struct sim_client *sender = sim_client(sim, 1);
    struct sim_consumer *consumer;
    uint64_t last, other;

    for (int i = 0; i < 4; i++)
        send_big(sender, "A", true);
    last = send_big(sender, "A", true);
    other = send_big(sender, "B", true);
    sim_run(sim);
    cr_assert_eq(sim_answer(sender, last), SIM_PENDING);
    cr_assert_eq(sim_answer(sender, other), ENGINE_OK);
    consumer = sim_listen(sender, "A", 100);
    sim_run(sim);
    sim_consume_all(consumer);
    sim_advance(sim, 100);
    cr_assert_eq(sim_answer(sender, last), ENGINE_OK);
}

ENGINE_TEST(flow, slows_the_producers_of_a_topic_with_slow_consumers,
            POLICY("<policyEntry topic='T' memoryLimit='10 kb'/>"))
{
    struct sim_client *sender = sim_client(sim, 1);
    struct sim_client *client = sim_client(sim, 2);
    struct sim_consumer *consumer = sim_listen(client, "topic://T", 1);
    uint64_t requests[10];
    unsigned waiting = 0;

    sim_run(sim);
    for (int i = 0; i < 10; i++) {
        requests[i] = send_big(sender, "topic://T", true);
        sim_run(sim);
    }
    for (int i = 0; i < 10; i++)
        waiting += sim_answer(sender, requests[i]) == SIM_PENDING;
    cr_assert_eq(waiting, 6);
    for (int i = 0; i < 20; i++) {
        sim_consume_all(consumer);
        sim_advance(sim, 20);
    }
    cr_assert_eq(consumer->count, 10);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(sim_answer(sender, requests[i]), ENGINE_OK);
    cr_assert_eq(sim_memory(sim), 0);
}
