/* SPDX-License-Identifier: Apache-2.0 */
/* One thread plays all: it takes the role of each port in turn. See tests/threads for real ones. */
#include "base/exchange.h"
#include <criterion/criterion.h>
#include <signal.h>

struct inbox {
    struct exchange_port *port; /* where the first mail is answered, when answering */
    uint16_t answer_to;
    unsigned count;
    uint64_t numbers[20000];
    uint16_t from[20000];
};
static struct inbox inbox;

static void send_number(struct exchange *exchange, uint16_t from, uint16_t to, uint64_t number)
{
    const struct mail mail = {{number}};

    worker_role_take(from);
    exchange_send(exchange_port(exchange, from), to, &mail);
}

static uint64_t publish(struct exchange *exchange, uint16_t from)
{
    worker_role_take(from);
    return exchange_publish(exchange_port(exchange, from));
}

static void keep(void *arg, uint16_t from, const struct mail *mail)
{
    assert_on_worker(worker_self);
    cr_assert_eq(arg, &inbox);
    inbox.from[inbox.count] = from;
    inbox.numbers[inbox.count++] = mail->word[0];
    if (inbox.port) {
        const struct mail answer = {{mail->word[0] + 1}};

        exchange_send(inbox.port, inbox.answer_to, &answer);
    }
}

static unsigned drain(struct exchange *exchange, uint16_t to, unsigned max)
{
    worker_role_take(to);
    return exchange_drain(exchange_port(exchange, to), max, keep, &inbox);
}

static bool prepare_sleep(struct exchange *exchange, uint16_t index)
{
    worker_role_take(index);
    return exchange_prepare_sleep(exchange_port(exchange, index));
}

static void wake_up(struct exchange *exchange, uint16_t index)
{
    worker_role_take(index);
    exchange_wake_up(exchange_port(exchange, index));
}

static bool is_congested(struct exchange *exchange, uint16_t index)
{
    worker_role_take(index);
    return exchange_is_congested(exchange_port(exchange, index));
}

Test(exchange, delivers_mails_of_each_sender_as_sent)
{
    struct exchange *exchange = exchange_create(3, 16);

    for (uint64_t i = 0; i < 5; i++) {
        send_number(exchange, 1, 0, 100 + i);
        send_number(exchange, 2, 0, 200 + i);
    }
    cr_assert_eq(publish(exchange, 1), 0);
    cr_assert_eq(publish(exchange, 2), 0);
    cr_assert_eq(drain(exchange, 0, 100), 10);
    for (unsigned i = 0, next[3] = {0}; i < 10; i++)
        cr_assert_eq(inbox.numbers[i], inbox.from[i] * 100u + next[inbox.from[i]]++);
    cr_assert_eq(drain(exchange, 0, 100), 0);
    exchange_destroy(exchange);
}

static void copy(void *arg, uint16_t from, const struct mail *mail)
{
    cr_assert_eq(from, 0);
    *(struct mail *)arg = *mail;
}

Test(exchange, carries_the_whole_mail)
{
    struct exchange *exchange = exchange_create(2, 2);
    const struct mail sent = {{1, 2, 3, 4, 5, 6, 7, UINT64_MAX}};
    struct mail got = {{0}};

    worker_role_take(0);
    exchange_send(exchange_port(exchange, 0), 1, &sent);
    cr_assert_eq(publish(exchange, 0), 0);
    worker_role_take(1);
    cr_assert_eq(exchange_drain(exchange_port(exchange, 1), 1, copy, &got), 1);
    cr_assert_arr_eq(&got, &sent, sizeof sent);
    exchange_destroy(exchange);
}

/* Far more than the ring and several chunks of the overflow, taken in odd portions. */
Test(exchange, keeps_everything_in_order_when_the_ring_is_full)
{
    struct exchange *exchange = exchange_create(2, 4);
    uint64_t sent = 0;

    while (inbox.count < 10000) {
        for (unsigned i = 0; i < 17 && sent < 10000; i++)
            send_number(exchange, 0, 1, sent++);
        cr_assert_eq(publish(exchange, 0), 0);
        drain(exchange, 1, 1 + (unsigned)sent % 5);
        cr_assert_eq(publish(exchange, 1), 0);
    }
    for (unsigned i = 0; i < 10000; i++)
        cr_assert_eq(inbox.numbers[i], i);
    cr_assert_eq(publish(exchange, 0), 0);
    cr_assert(!is_congested(exchange, 0));
    exchange_destroy(exchange);
}

Test(exchange, is_congested_exactly_while_mail_waits_for_a_ring)
{
    struct exchange *exchange = exchange_create(3, 4); /* a ring of 4 slots holds 3 mails */

    for (uint64_t i = 0; i < 3; i++)
        send_number(exchange, 0, 1, i);
    cr_assert(!is_congested(exchange, 0));
    send_number(exchange, 0, 1, 3);
    cr_assert(is_congested(exchange, 0));
    cr_assert(!is_congested(exchange, 1));
    cr_assert_eq(publish(exchange, 0), 0);
    cr_assert(is_congested(exchange, 0));
    send_number(exchange, 0, 2, 9); /* the other peer's ring is not concerned */
    cr_assert_eq(drain(exchange, 1, 1), 1);
    cr_assert_eq(publish(exchange, 0), 0);
    cr_assert(!is_congested(exchange, 0));
    cr_assert_eq(drain(exchange, 1, 10), 3);
    cr_assert_eq(drain(exchange, 2, 10), 1);
    exchange_destroy(exchange);
}

Test(exchange, names_a_sleeping_peer_once_a_sleep)
{
    struct exchange *exchange = exchange_create(4, 8);

    cr_assert(prepare_sleep(exchange, 1));
    cr_assert(prepare_sleep(exchange, 2));
    cr_assert_eq(publish(exchange, 0), 0); /* nothing sent: nobody woken */
    send_number(exchange, 0, 1, 1);
    send_number(exchange, 0, 1, 2);
    send_number(exchange, 0, 3, 3);
    cr_assert_eq(publish(exchange, 0), 1u << 1);
    send_number(exchange, 0, 1, 4);
    cr_assert_eq(publish(exchange, 0), 0);
    send_number(exchange, 3, 1, 5);
    cr_assert_eq(publish(exchange, 3), 0);
    wake_up(exchange, 1);
    cr_assert_eq(drain(exchange, 1, 10), 4);
    send_number(exchange, 0, 1, 6);
    cr_assert_eq(publish(exchange, 0), 0); /* awake now */
    cr_assert_eq(drain(exchange, 1, 10), 1);
    cr_assert(prepare_sleep(exchange, 1));
    send_number(exchange, 0, 1, 7);
    cr_assert_eq(publish(exchange, 0), 1u << 1); /* another sleep */
    wake_up(exchange, 1);
    drain(exchange, 1, 10);
    drain(exchange, 3, 10);
    exchange_destroy(exchange);
}

Test(exchange, does_not_let_a_port_sleep_on_mail)
{
    struct exchange *exchange = exchange_create(2, 8);

    send_number(exchange, 0, 1, 1);
    send_number(exchange, 0, 1, 2);
    cr_assert_eq(publish(exchange, 0), 0);
    cr_assert(!prepare_sleep(exchange, 1)); /* arrived */
    cr_assert_eq(drain(exchange, 1, 1), 1);
    cr_assert(!prepare_sleep(exchange, 1)); /* the second one is still in the ring */
    cr_assert_eq(drain(exchange, 1, 1), 1);
    send_number(exchange, 1, 1, 3);
    cr_assert(!prepare_sleep(exchange, 1)); /* to itself */
    cr_assert_eq(drain(exchange, 1, 1), 1);
    cr_assert(prepare_sleep(exchange, 1));
    exchange_destroy(exchange);
}

/* The refusal takes the announcement back: a peer that publishes afterwards wakes nobody. */
Test(exchange, counts_a_port_that_may_not_sleep_as_awake)
{
    struct exchange *exchange = exchange_create(3, 8);

    send_number(exchange, 0, 1, 1);
    cr_assert_eq(publish(exchange, 0), 0);
    cr_assert(!prepare_sleep(exchange, 1));
    cr_assert_eq(drain(exchange, 1, 9), 1);
    send_number(exchange, 2, 1, 2);
    cr_assert_eq(publish(exchange, 2), 0);
    cr_assert_eq(drain(exchange, 1, 9), 1);
    exchange_destroy(exchange);
}

Test(exchange, wakes_a_sender_that_sleeps_on_overflow_when_there_is_room)
{
    struct exchange *exchange = exchange_create(2, 4);

    for (uint64_t i = 0; i < 10; i++)
        send_number(exchange, 0, 1, i);
    cr_assert_eq(publish(exchange, 0), 0);
    cr_assert(prepare_sleep(exchange, 0));
    cr_assert_eq(drain(exchange, 1, 10), 3);
    cr_assert_eq(publish(exchange, 1), 1u << 0);
    wake_up(exchange, 0);
    cr_assert_eq(drain(exchange, 0, 10), 0);
    cr_assert_eq(publish(exchange, 0), 0);
    cr_assert(prepare_sleep(exchange, 0));
    cr_assert_eq(drain(exchange, 1, 10), 3);
    cr_assert_eq(publish(exchange, 1), 1u << 0);
    wake_up(exchange, 0);
    cr_assert_eq(publish(exchange, 0), 0);
    cr_assert_eq(drain(exchange, 1, 10), 3);
    cr_assert_eq(publish(exchange, 0), 0);
    cr_assert_eq(drain(exchange, 1, 10), 1);
    exchange_destroy(exchange);
}

Test(exchange, delivers_mail_to_self_in_order_and_its_answers_at_the_next_drain)
{
    struct exchange *exchange = exchange_create(2, 4);

    for (uint64_t i = 0; i < 200; i++)
        send_number(exchange, 0, 0, i * 10);
    cr_assert_eq(publish(exchange, 0), 0);
    cr_assert(!is_congested(exchange, 0));
    inbox.port = exchange_port(exchange, 0);
    inbox.answer_to = 0;
    cr_assert_eq(drain(exchange, 0, 1000), 200);
    inbox.port = NULL;
    cr_assert_eq(drain(exchange, 0, 150), 150);
    cr_assert_eq(drain(exchange, 0, 150), 50);
    for (unsigned i = 0; i < 200; i++) {
        cr_assert_eq(inbox.numbers[i], i * 10);
        cr_assert_eq(inbox.numbers[200 + i], i * 10 + 1);
    }
    exchange_destroy(exchange);
}

Test(exchange, delivers_at_most_max_mails_of_each_sender)
{
    struct exchange *exchange = exchange_create(EXCHANGE_PORTS_MAX, 16);

    for (uint16_t from = 0; from < EXCHANGE_PORTS_MAX; from++) {
        for (uint64_t i = 0; i < 5; i++)
            send_number(exchange, from, 63, from);
        cr_assert_eq(publish(exchange, from), 0);
    }
    cr_assert_eq(drain(exchange, 63, 2), 2 * EXCHANGE_PORTS_MAX);
    cr_assert_eq(drain(exchange, 63, 2), 2 * EXCHANGE_PORTS_MAX);
    cr_assert_eq(drain(exchange, 63, 2), EXCHANGE_PORTS_MAX);
    exchange_destroy(exchange);
}

Test(exchange, stops_the_program_when_another_thread_uses_a_port, .signal = SIGABRT)
{
    struct exchange *exchange = exchange_create(2, 4);
    const struct mail mail = {{0}};

    worker_role_take(1);
    exchange_send(exchange_port(exchange, 0), 1, &mail);
}

Test(exchange, stops_the_program_that_sleeps_before_it_has_published, .signal = SIGABRT)
{
    struct exchange *exchange = exchange_create(2, 4);

    send_number(exchange, 0, 1, 1);
    (void)!prepare_sleep(exchange, 0);
}

Test(exchange, stops_the_program_that_forgets_mail, .signal = SIGABRT)
{
    struct exchange *exchange = exchange_create(2, 4);

    send_number(exchange, 0, 1, 1);
    exchange_destroy(exchange);
}
