/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

struct pair {
    struct rig rig;
    struct user user;
    struct peer peer;
    size_t until; /* what is_done of the test compares with */
};

static void pair_open_with(struct pair *pair, uint32_t entries, uint32_t buffers, uint32_t len)
{
    int fds[2];

    rig_open_with(&pair->rig, entries, buffers, len);
    tcp_pair(fds);
    user_open(&pair->user, &pair->rig, fds[0], 1u << 20, 0);
    pair->peer.fd = fds[1];
    text_init(&pair->peer.got);
}

static void pair_open(struct pair *pair)
{
    *pair = (struct pair){0};
    pair_open_with(pair, 64, 64, 4096);
}

static void pair_close(struct pair *pair)
{
    rig_close(&pair->rig);
    cr_assert_eq(pair->user.closes, 1);
    user_fini(&pair->user);
    text_fini(&pair->peer.got);
    if (pair->peer.fd >= 0)
        close(pair->peer.fd);
}

static bool has_echoed(void *arg)
{
    struct pair *pair = arg;

    peer_write(&pair->peer);
    peer_read(&pair->peer);
    return pair->peer.got.len >= pair->peer.to_write;
}

static bool has_arrived(void *arg)
{
    struct pair *pair = arg;

    peer_write(&pair->peer);
    return pair->user.got.len >= pair->peer.to_write;
}

static bool has_ended_for_peer(void *arg)
{
    struct pair *pair = arg;

    peer_read(&pair->peer);
    return pair->peer.has_ended;
}

Test(connection, echoes_every_byte_in_order)
{
    struct pair pair;

    pair_open(&pair);
    pair.user.echoes = true;
    pair.peer.to_write = 1000000;
    rig_run_until(&pair.rig, has_echoed, &pair);
    cr_assert(is_pattern(&pair.peer.got, 1000000));
    cr_assert_eq(connection_output_total(pair.user.connection), 1000000);
    pair_close(&pair);
}

Test(connection, offers_torn_input_again_with_what_came_later)
{
    struct pair pair;

    pair_open(&pair);
    pair.user.echoes = true;
    pair.user.unit = 100; /* frames of 100 bytes */
    pair.peer.write_max = 7;
    pair.peer.to_write = 2000;
    rig_run_until(&pair.rig, has_echoed, &pair);
    cr_assert(is_pattern(&pair.peer.got, 2000));
    pair_close(&pair);
}

/* Frames longer than a receive buffer, and rests longer than its headroom. */
Test(connection, collects_frames_longer_than_a_receive_buffer)
{
    struct pair pair;

    pair_open(&pair);
    pair.user.unit = 77777;
    pair.peer.to_write = 77777 * 20;
    rig_run_until(&pair.rig, has_arrived, &pair);
    cr_assert(is_pattern(&pair.user.got, 77777 * 20));
    pair_close(&pair);
}

Test(connection, closes_when_unconsumed_input_exceeds_its_limit)
{
    struct pair pair = {0};
    int fds[2];

    rig_open(&pair.rig);
    tcp_pair(fds);
    pair.user.unit = 100000;
    user_open(&pair.user, &pair.rig, fds[0], 5000, 0);
    pair.peer.fd = fds[1];
    cr_assert_eq(send(fds[1], (char[6000]){0}, 6000, 0), 6000);
    rig_run_until(&pair.rig, user_is_closed, &pair.user);
    cr_assert_eq(pair.user.close_error, -EMSGSIZE);
    pair_close(&pair);
}

Test(connection, reports_the_end_of_the_peer_with_0)
{
    struct pair pair;

    pair_open(&pair);
    close(pair.peer.fd);
    pair.peer.fd = -1;
    rig_run_until(&pair.rig, user_is_closed, &pair.user);
    cr_assert_eq(pair.user.close_error, 0);
    pair_close(&pair);
}

Test(connection, reports_a_reset_of_the_peer)
{
    const struct linger reset = {.l_onoff = 1};
    struct pair pair;

    pair_open(&pair);
    rig_run_turns(&pair.rig, 2);
    cr_assert_eq(setsockopt(pair.peer.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    close(pair.peer.fd);
    pair.peer.fd = -1;
    rig_run_until(&pair.rig, user_is_closed, &pair.user);
    cr_assert_eq(pair.user.close_error, -ECONNRESET);
    pair_close(&pair);
}

/* As `printf ... | nc` does: the end of the input comes with the input. */
Test(connection, answers_a_peer_that_ended_only_its_own_side)
{
    struct pair pair;

    pair_open(&pair);
    pair.user.echoes = true;
    pair.peer.to_write = 5000;
    peer_write(&pair.peer);
    cr_assert_eq(pair.peer.written, 5000);
    shutdown(pair.peer.fd, SHUT_WR);
    rig_run_until(&pair.rig, has_ended_for_peer, &pair);
    cr_assert(is_pattern(&pair.peer.got, 5000));
    rig_run_until(&pair.rig, user_is_closed, &pair.user);
    cr_assert_eq(pair.user.close_error, 0);
    pair_close(&pair);
}

Test(connection, reads_nothing_while_paused)
{
    struct pair pair;
    uint64_t received;

    pair_open(&pair);
    connection_pause(pair.user.connection);
    cr_assert(connection_is_paused(pair.user.connection));
    rig_run_turns(&pair.rig, 2);
    pair.peer.to_write = 3000;
    peer_write(&pair.peer);
    rig_run_turns(&pair.rig, 5);
    received = loop_counters(pair.rig.loop).received_bytes;
    cr_assert_eq(received, 0);
    cr_assert_eq(pair.user.offers, 0);
    connection_resume(pair.user.connection);
    rig_run_until(&pair.rig, has_arrived, &pair);
    cr_assert(is_pattern(&pair.user.got, 3000));
    pair_close(&pair);
}

static bool resumes_until_arrived(void *arg)
{
    struct pair *pair = arg;

    connection_resume(pair->user.connection);
    return has_arrived(pair);
}

Test(connection, loses_nothing_and_keeps_the_order_when_paused_in_every_offer)
{
    struct pair pair;

    pair_open(&pair);
    pair.user.pauses = true;
    pair.user.use_max = 1000; /* leaves whole frames behind */
    pair.user.unit = 10;
    pair.peer.to_write = 300000;
    rig_run_until(&pair.rig, resumes_until_arrived, &pair);
    cr_assert(is_pattern(&pair.user.got, 300000));
    pair_close(&pair);
}

static bool resumes_until_a_part_has_arrived(void *arg)
{
    struct pair *pair = arg;

    peer_write(&pair->peer);
    connection_resume(pair->user.connection);
    return pair->user.got.len >= pair->until;
}

/* Resuming for a little at a time must not let input pile up in memory. */
Test(connection, bounds_left_over_input_by_what_one_turn_receives)
{
    struct pair pair;

    pair_open(&pair);
    pair.user.pauses = true;
    pair.user.use_max = 100;
    pair.peer.to_write = 2000000;
    pair.until = 20000;
    rig_run_until(&pair.rig, resumes_until_a_part_has_arrived, &pair);
    cr_assert(pair.user.offer_len_max <= 2 * 64 * 4096, "%zu", pair.user.offer_len_max);
    pair_close(&pair);
}

Test(connection, offers_what_came_before_the_end_even_when_it_was_paused)
{
    struct pair pair;

    pair_open(&pair);
    pair.user.pauses = true;
    pair.user.use_max = 100;
    pair.peer.to_write = 3000;
    peer_write(&pair.peer);
    rig_run_turns(&pair.rig, 3);
    cr_assert_eq(pair.user.got.len, 100);
    close(pair.peer.fd);
    pair.peer.fd = -1;
    rig_run_turns(&pair.rig, 3);
    cr_assert_eq(pair.user.closes, 0);
    rig_run_until(&pair.rig, resumes_until_arrived, &pair);
    cr_assert(is_pattern(&pair.user.got, 3000));
    connection_resume(pair.user.connection);
    rig_run_until(&pair.rig, user_is_closed, &pair.user);
    cr_assert_eq(pair.user.close_error, 0);
    pair_close(&pair);
}

static bool has_sent_all(void *arg)
{
    const struct pair *pair = arg;

    return connection_output_len(pair->user.connection) == 0;
}

static void write_pattern(struct user *user, size_t len)
{
    for (size_t at = 0; at < len;) {
        uint8_t *room = output_reserve(connection_output(user->connection), 10);
        size_t count = 0;

        while (count < 10 && at < len)
            room[count++] = pattern(at++);
        output_commit(connection_output(user->connection), count);
    }
}

Test(connection, flushes_before_it_closes)
{
    struct pair pair;

    pair_open(&pair);
    write_pattern(&pair.user, 3000000); /* more than the socket takes at once */
    connection_close(pair.user.connection, RIG_DEADLINE_MS);
    cr_assert_eq(pair.user.closes, 0); /* never from within the call */
    rig_run_until(&pair.rig, has_ended_for_peer, &pair);
    cr_assert_eq(pair.peer.read_error, 0);
    cr_assert(is_pattern(&pair.peer.got, 3000000));
    close(pair.peer.fd);
    pair.peer.fd = -1;
    rig_run_until(&pair.rig, user_is_closed, &pair.user);
    cr_assert_eq(pair.user.close_error, 0);
    pair_close(&pair);
}

/* Closing with unread input would reset the connection and destroy the last bytes. */
Test(connection, lets_the_peer_read_the_last_bytes_though_it_keeps_sending)
{
    struct pair pair;

    pair_open(&pair);
    pair.user.pauses = true;
    pair.peer.to_write = 100000;
    rig_run_turns(&pair.rig, 2);
    for (unsigned i = 0; i < 20; i++)
        peer_write(&pair.peer);
    rig_run_turns(&pair.rig, 3);
    write_pattern(&pair.user, 500);
    connection_close(pair.user.connection, RIG_DEADLINE_MS);
    for (unsigned i = 0; i < 20; i++) {
        peer_write(&pair.peer);
        rig_run_turns(&pair.rig, 1);
    }
    rig_run_until(&pair.rig, has_ended_for_peer, &pair);
    cr_assert_eq(pair.peer.read_error, 0, "%s", strerror(pair.peer.read_error));
    cr_assert(is_pattern(&pair.peer.got, 500));
    cr_assert_eq(pair.user.closes, 0); /* it waits for the peer */
    close(pair.peer.fd);
    pair.peer.fd = -1;
    rig_run_until(&pair.rig, user_is_closed, &pair.user);
    pair_close(&pair);
}

Test(connection, is_offered_no_more_input_after_closing_from_within_an_offer)
{
    struct pair pair;

    pair_open(&pair);
    pair.user.last_words = "ERROR";
    pair.user.use_max = 1;
    pair.peer.to_write = 20000;
    peer_write(&pair.peer);
    rig_run_turns(&pair.rig, 2);
    peer_write(&pair.peer);
    rig_run_until(&pair.rig, has_ended_for_peer, &pair);
    cr_assert_eq(pair.peer.read_error, 0);
    cr_assert(slice_is(text_slice(&pair.peer.got), "ERROR"));
    cr_assert_eq(pair.user.offers, 1);
    close(pair.peer.fd);
    pair.peer.fd = -1;
    rig_run_until(&pair.rig, user_is_closed, &pair.user);
    cr_assert_eq(pair.user.close_error, 0);
    pair_close(&pair);
}

/* A client that sends and goes away without reading our answers resets the connection. */
Test(connection, offers_what_a_peer_sent_before_it_reset_the_connection)
{
    struct pair pair;

    pair_open(&pair);
    rig_run_turns(&pair.rig, 2);
    write_pattern(&pair.user, 100);
    rig_run_until(&pair.rig, has_sent_all, &pair);
    pair.peer.to_write = 5000;
    peer_write(&pair.peer);
    close(pair.peer.fd); /* with 100 unread bytes */
    pair.peer.fd = -1;
    write_pattern(&pair.user, 100);
    rig_run_until(&pair.rig, user_is_closed, &pair.user);
    cr_assert(is_pattern(&pair.user.got, 5000));
    cr_assert_neq(pair.user.close_error, 0);
    pair_close(&pair);
}

Test(connection, lingers_no_longer_than_told)
{
    struct pair pair;

    pair_open(&pair);
    write_pattern(&pair.user, 20000000); /* nobody reads it */
    connection_close(pair.user.connection, 30);
    rig_run_until(&pair.rig, user_is_closed, &pair.user);
    cr_assert_eq(pair.user.close_error, -ETIMEDOUT);
    pair_close(&pair);
}

Test(connection, closes_a_peer_that_reads_no_more_after_the_stall_time)
{
    struct pair pair = {0};
    int fds[2];

    rig_open(&pair.rig);
    tcp_pair(fds);
    user_open(&pair.user, &pair.rig, fds[0], 1000, 30);
    pair.peer.fd = fds[1];
    write_pattern(&pair.user, 20000000);
    rig_run_until(&pair.rig, user_is_closed, &pair.user);
    cr_assert_eq(pair.user.close_error, -ETIMEDOUT);
    pair_close(&pair);
}

static bool reads_a_little(void *arg)
{
    struct pair *pair = arg;

    peer_read(&pair->peer);
    return pair->peer.got.len >= pair->until;
}

/* The stall time is one without progress, not one for all there is to send. */
Test(connection, keeps_a_slow_peer_that_goes_on_reading)
{
    struct pair pair = {0};
    int fds[2];

    rig_open(&pair.rig);
    tcp_pair(fds);
    user_open(&pair.user, &pair.rig, fds[0], 1000, 3000);
    pair.peer.fd = fds[1];
    text_init(&pair.peer.got);
    write_pattern(&pair.user, 20000000);
    pair.until = 20000000;
    rig_run_until(&pair.rig, reads_a_little, &pair);
    cr_assert(is_pattern(&pair.peer.got, 20000000));
    cr_assert_eq(pair.user.closes, 0);
    pair_close(&pair);
}

Test(connection, tells_how_much_was_sent_once_a_turn)
{
    struct pair pair;

    pair_open(&pair);
    for (unsigned i = 0; i < 1000; i++)
        write_pattern(&pair.user, 10);
    cr_assert_eq(connection_output_len(pair.user.connection), 10000);
    rig_run_until(&pair.rig, has_sent_all, &pair);
    cr_assert_eq(pair.user.sents, 1);
    cr_assert_eq(pair.user.sent_total, 10000);
    pair_close(&pair);
}

Test(connection, keeps_output_until_a_peer_reads_it)
{
    struct pair pair;

    pair_open(&pair);
    write_pattern(&pair.user, 20000000);
    rig_run_turns(&pair.rig, 20);
    cr_assert_eq(pair.user.closes, 0);
    cr_assert(connection_output_len(pair.user.connection) > 0);
    cr_assert(pair.user.sent_total > 0);
    pair.until = 20000000;
    rig_run_until(&pair.rig, reads_a_little, &pair);
    cr_assert(is_pattern(&pair.peer.got, 20000000));
    pair_close(&pair);
}

Test(connection, aborts_without_calling_back_from_within)
{
    struct pair pair;

    pair_open(&pair);
    write_pattern(&pair.user, 20000000);
    rig_run_turns(&pair.rig, 2);
    connection_abort(pair.user.connection);
    cr_assert_eq(pair.user.closes, 0);
    connection_abort(pair.user.connection); /* a second time is harmless */
    output_add(connection_output(pair.user.connection), SLICE("swallowed"));
    connection_close(pair.user.connection, 1000);
    connection_pause(pair.user.connection);
    connection_resume(pair.user.connection);
    rig_run_until(&pair.rig, user_is_closed, &pair.user);
    cr_assert_eq(pair.user.close_error, -ECANCELED);
    rig_run_turns(&pair.rig, 3);
    pair_close(&pair);
}

Test(connection, can_be_aborted_by_another_one_with_input_in_the_same_turn)
{
    struct pair pair;
    struct user victim = {0};
    int fds[2];

    pair_open(&pair);
    tcp_pair(fds);
    user_open(&victim, &pair.rig, fds[0], 1000, 0);
    rig_run_turns(&pair.rig, 2);
    pair.user.other = &victim;
    pair.peer.to_write = 10;
    peer_write(&pair.peer);
    cr_assert_eq(send(fds[1], "x", 1, 0), 1);
    rig_run_until(&pair.rig, user_is_closed, &victim);
    cr_assert_eq(victim.close_error, -ECANCELED);
    cr_assert(victim.offers <= 1);
    user_fini(&victim);
    close(fds[1]);
    pair_close(&pair);
}

Test(connection, is_closed_by_the_end_of_its_loop)
{
    struct pair pair;

    pair_open(&pair);
    write_pattern(&pair.user, 20000000);
    rig_run_turns(&pair.rig, 2);
    pair_close(&pair); /* asserts the one call */
    cr_assert_eq(pair.user.close_error, -ECANCELED);
}

static void count_release(void *owner)
{
    unsigned *count = owner;

    ++*count;
}

Test(connection, sends_shared_bytes_in_their_place_and_releases_them_once)
{
    enum { BODY_LEN = 50000, COUNT = 100 };
    struct output *output;
    struct pair pair;
    uint8_t *bytes = malloc(BODY_LEN);
    unsigned released = 0;
    size_t at = 0;

    pair_open(&pair);
    output = connection_output(pair.user.connection);
    for (unsigned i = 0; i < COUNT; i++) {
        uint8_t head[20];

        for (unsigned j = 0; j < sizeof head; j++)
            head[j] = (uint8_t)i;
        output_add(output, slice_of(head, sizeof head));
        for (unsigned j = 0; j < BODY_LEN && i == 0; j++)
            bytes[j] = pattern(j);
        output_add_shared(output, slice_of(bytes, BODY_LEN), count_release, &released);
    }
    cr_assert_eq(released, 0);
    pair.until = COUNT * (BODY_LEN + 20);
    rig_run_until(&pair.rig, reads_a_little, &pair);
    for (unsigned i = 0; i < COUNT; i++) {
        for (unsigned j = 0; j < 20; j++)
            cr_assert_eq((uint8_t)pair.peer.got.bytes[at++], i);
        for (unsigned j = 0; j < BODY_LEN; j++)
            cr_assert_eq((uint8_t)pair.peer.got.bytes[at++], pattern(j));
    }
    rig_run_until(&pair.rig, has_sent_all, &pair);
    cr_assert_eq(released, COUNT);
    pair_close(&pair);
    cr_assert_eq(released, COUNT);
    free(bytes);
}

Test(connection, releases_shared_bytes_that_were_never_sent)
{
    struct pair pair;
    unsigned released = 0;

    pair_open(&pair);
    output_add_shared(connection_output(pair.user.connection), SLICE("abc"), count_release,
                      &released);
    connection_abort(pair.user.connection);
    output_add_shared(connection_output(pair.user.connection), SLICE("def"), count_release,
                      &released);
    cr_assert_eq(released, 1); /* swallowed at once */
    pair_close(&pair);
    cr_assert_eq(released, 2);
}

/* More than one message can take vectors: the rest goes with the next send. */
Test(connection, sends_more_pieces_than_one_message_takes)
{
    struct pair pair;
    unsigned released = 0;

    pair_open(&pair);
    for (unsigned i = 0; i < 1000; i++) {
        output_add(connection_output(pair.user.connection), SLICE("ab"));
        output_add_shared(connection_output(pair.user.connection), SLICE("c"), count_release,
                          &released);
    }
    pair.until = 3000;
    rig_run_until(&pair.rig, reads_a_little, &pair);
    for (unsigned i = 0; i < 3000; i++)
        cr_assert_eq(pair.peer.got.bytes[i], "abc"[i % 3]);
    pair_close(&pair);
}

struct crowd {
    struct user *users;
    struct peer *peers;
    unsigned count;
};

static bool crowd_has_echoed(void *arg)
{
    struct crowd *crowd = arg;
    bool is_done = true;

    for (unsigned i = 0; i < crowd->count; i++) {
        peer_write(&crowd->peers[i]);
        peer_read(&crowd->peers[i]);
        is_done = is_done && crowd->peers[i].got.len >= crowd->peers[i].to_write;
    }
    return is_done;
}

static void crowd_run(struct rig *rig, unsigned count, size_t len)
{
    struct crowd crowd = {.count = count};

    crowd.users = calloc(count, sizeof *crowd.users);
    crowd.peers = calloc(count, sizeof *crowd.peers);
    for (unsigned i = 0; i < count; i++) {
        int fds[2];

        tcp_pair(fds);
        crowd.users[i].echoes = crowd.users[i].shares = true;
        user_open(&crowd.users[i], rig, fds[0], 100000, 1000);
        crowd.peers[i].fd = fds[1];
        crowd.peers[i].to_write = len;
        text_init(&crowd.peers[i].got);
    }
    rig_run_until(rig, crowd_has_echoed, &crowd);
    for (unsigned i = 0; i < count; i++) {
        cr_assert(is_pattern(&crowd.peers[i].got, len));
        text_fini(&crowd.peers[i].got);
        close(crowd.peers[i].fd);
    }
    rig_close(rig);
    for (unsigned i = 0; i < count; i++) {
        cr_assert_eq(crowd.users[i].closes, 1);
        user_fini(&crowd.users[i]);
    }
    free(crowd.users);
    free(crowd.peers);
}

Test(connection, serves_a_thousand_at_once_through_a_small_ring)
{
    struct rig rig;

    rig_open_with(&rig, 16, 256, 2048);
    crowd_run(&rig, 1000, 5000);
}

Test(connection, gets_by_with_two_receive_buffers)
{
    struct rig rig;
    struct pair pair = {0};

    pair_open_with(&pair, 64, 2, 512);
    pair.user.echoes = true;
    pair.peer.to_write = 100000;
    rig_run_until(&pair.rig, has_echoed, &pair);
    cr_assert(is_pattern(&pair.peer.got, 100000));
    cr_assert(loop_counters(pair.rig.loop).receive_buffer_shortages > 0);
    pair_close(&pair);

    rig_open_with(&rig, 64, 2, 512);
    crowd_run(&rig, 50, 5000);
}
