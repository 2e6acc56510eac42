/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RIG_H
#define RIG_H
/*
 * rig.h - a loop in a test, driven until something holds, and a user of a connection who notes
 * what happens to it. The peers' ends of sockets are nonblocking and used from the same thread.
 */
#include "base/clock.h"
#include "base/text.h"
#include "loop/connection.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RIG_DEADLINE_MS = 20000 };

struct rig {
    struct loop *loop;
    bool (*is_done)(void *arg); /* called each turn */
    void *arg;
    int64_t deadline_ms;
};

/* What a user of a connection wants and has seen. */
struct user {
    struct connection *connection;
    struct text got;     /* bytes used up */
    size_t use_max;      /* use up at most so much of an offer */
    size_t unit;         /* use up multiples of this only */
    bool echoes, pauses; /* pauses: after each offer */
    bool shares;         /* echoes the second half of an offer by reference */
    unsigned offers, sents, closes;
    size_t offer_len_max;
    uint64_t sent_total;
    int close_error;
    struct user *other;     /* aborted at the first offer */
    const char *last_words; /* written, and the connection closed, at the first offer */
};

static inline void rig_turn(void *arg)
{
    struct rig *rig = arg;

    if (rig->is_done(rig->arg))
        loop_stop(rig->loop);
    cr_assert(clock_monotonic_ms() < rig->deadline_ms, "what the test waits for did not happen");
}

static inline int64_t rig_before_wait(void *arg)
{
    (void)arg;
    return clock_monotonic_ms() + 1; /* the peers in the test are polled */
}

static inline void rig_after_wait(void *arg)
{
    (void)arg;
}

static inline void rig_open_with(struct rig *rig, uint32_t entries, uint32_t buffers, uint32_t len)
{
    const struct loop_options options = {
        .owner = 0,
        .ring_entries = entries,
        .receive_buffers = buffers,
        .receive_buffer_bytes = len,
    };
    struct text_error why;

    worker_self = 0;
    *rig = (struct rig){0};
    cr_assert_eq(loop_create(&options, &rig->loop, &why), 0, "%s", why.text);
}

static inline void rig_open(struct rig *rig)
{
    rig_open_with(rig, 64, 64, 4096);
}

static inline void rig_close(struct rig *rig)
{
    loop_destroy(rig->loop);
}

static inline void rig_run_until(struct rig *rig, bool (*is_done)(void *arg), void *arg)
{
    const struct loop_hooks hooks = {rig_turn, rig_before_wait, rig_after_wait, rig};

    rig->is_done = is_done;
    rig->arg = arg;
    rig->deadline_ms = clock_monotonic_ms() + RIG_DEADLINE_MS;
    loop_run(rig->loop, &hooks);
}

static inline bool rig_is_next_turn(void *arg)
{
    unsigned *turns = arg;

    return (*turns)-- == 0;
}

static inline void rig_run_turns(struct rig *rig, unsigned turns)
{
    rig_run_until(rig, rig_is_next_turn, &turns);
}

static inline void user_release(void *owner)
{
    free(owner);
}

static inline void user_echo(struct user *user, struct slice bytes)
{
    const size_t copied_len = user->shares ? bytes.len / 2 : bytes.len;
    const struct slice shared = slice_after(bytes, copied_len);
    uint8_t *copy = malloc(shared.len + 1);

    output_add(connection_output(user->connection), slice_of(bytes.bytes, copied_len));
    memcpy(copy, shared.bytes, shared.len);
    output_add_shared(connection_output(user->connection), slice_of(copy, shared.len), user_release,
                      copy);
}

static inline size_t user_received(void *arg, struct slice bytes)
{
    struct user *user = arg;
    size_t used = bytes.len;

    user->offers++;
    if (bytes.len > user->offer_len_max)
        user->offer_len_max = bytes.len;
    if (user->use_max > 0 && used > user->use_max)
        used = user->use_max;
    if (user->unit > 0)
        used -= used % user->unit;
    text_add(&user->got, slice_of(bytes.bytes, used));
    if (user->echoes)
        user_echo(user, slice_of(bytes.bytes, used));
    if (user->pauses)
        connection_pause(user->connection);
    if (user->last_words) {
        output_add(connection_output(user->connection), slice_of_text(user->last_words));
        connection_close(user->connection, RIG_DEADLINE_MS);
    }
    if (user->other) {
        connection_abort(user->other->connection);
        user->other = NULL;
    }
    return used;
}

static inline void user_sent(void *arg, uint64_t total)
{
    struct user *user = arg;

    user->sents++;
    cr_assert(total >= user->sent_total);
    user->sent_total = total;
}

static inline void user_closed(void *arg, int error)
{
    struct user *user = arg;

    user->closes++;
    user->close_error = error;
    user->connection = NULL;
}

static const struct connection_events user_events = {user_received, user_sent, user_closed};

static inline void user_open(struct user *user, struct rig *rig, int fd, uint32_t input_bytes_max,
                             int64_t write_stall_ms)
{
    const struct connection_options options = {input_bytes_max, write_stall_ms};

    text_init(&user->got);
    cr_assert_eq(connection_open(rig->loop, fd, &options, &user_events, user, &user->connection),
                 0);
}

static inline void user_fini(struct user *user)
{
    text_fini(&user->got);
}

static inline bool user_is_closed(void *arg)
{
    const struct user *user = arg;

    return user->closes > 0;
}

static inline void set_nonblocking(int fd)
{
    cr_assert_eq(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
}

/* A connected pair of TCP sockets: a socketpair knows no half-close surprises and no resets. */
static inline void tcp_pair(int fds[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    const int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert_eq(bind(listening, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(listening, 1), 0);
    cr_assert_eq(getsockname(listening, (struct sockaddr *)&address, &len), 0);
    fds[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(fds[1], (struct sockaddr *)&address, sizeof address), 0);
    fds[0] = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
    cr_assert(fds[0] >= 0);
    close(listening);
    set_nonblocking(fds[1]);
}

/* A peer that writes `len` bytes of a known pattern and reads everything. */
struct peer {
    int fd;
    size_t to_write, written, write_max; /* write_max: at once */
    struct text got;
    bool has_ended;
    int read_error;
};

static inline uint8_t pattern(size_t at)
{
    return (uint8_t)(at * 2654435761u >> 13);
}

static inline void peer_write(struct peer *peer)
{
    uint8_t bytes[8192];
    size_t len = peer->to_write - peer->written;
    ssize_t result;

    if (len > sizeof bytes)
        len = sizeof bytes;
    if (peer->write_max > 0 && len > peer->write_max)
        len = peer->write_max;
    if (len == 0)
        return;
    for (size_t i = 0; i < len; i++)
        bytes[i] = pattern(peer->written + i);
    result = send(peer->fd, bytes, len, MSG_NOSIGNAL);
    if (result > 0)
        peer->written += (size_t)result;
    else
        cr_assert_eq(errno, EAGAIN, "%s", strerror(errno));
}

static inline void peer_read(struct peer *peer)
{
    char bytes[65536];
    const ssize_t result = peer->has_ended ? -1 : recv(peer->fd, bytes, sizeof bytes, 0);

    if (result > 0)
        text_add(&peer->got, slice_of(bytes, (size_t)result));
    else if (result == 0)
        peer->has_ended = true;
    else if (!peer->has_ended && errno != EAGAIN) {
        peer->has_ended = true;
        peer->read_error = errno;
    }
}

static inline bool is_pattern(const struct text *text, size_t len)
{
    if (text->len != len)
        return false;
    for (size_t i = 0; i < len; i++) {
        if ((uint8_t)text->bytes[i] != pattern(i))
            return false;
    }
    return true;
}
#endif
