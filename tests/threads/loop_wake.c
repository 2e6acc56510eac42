/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two loops on two threads throw a ball: each waits without a limit until the other one wakes it
 * with a message to its ring. A wake that is lost makes the program hang, and ctest ends it.
 *
 * The message itself carries nothing. What it announces goes through atomics with release and
 * acquire, as in the exchange: TSan sees those, and cannot see that the kernel orders as well.
 */
#include "base/compiler.h"
#include "base/role.h"
#include "loop/loop.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

enum { ROUNDS = 20000, SKIP = 77 };

struct player {
    struct loop *loop;
    struct player *other;
    pthread_barrier_t *finish;
    uint16_t role;
    int error;
    atomic_int fd;    /* of the ring; -1 until it is there, -2 if it will not be */
    atomic_uint ball; /* how often it was thrown to us */
    unsigned caught;  /* ours alone */
    unsigned thrown;  /* plain, guarded by `ball`: TSan checks that the edge is real */
};

static void throw_ball(struct player *self)
{
    struct player *other = self->other;

    other->thrown++; /* ours while the ball is */
    atomic_fetch_add_explicit(&other->ball, 1, memory_order_release);
    loop_wake(self->loop, atomic_load_explicit(&other->fd, memory_order_relaxed));
}

static void turn(void *arg)
{
    struct player *self = arg;

    /* Acquire: `thrown` was written before. */
    while (self->caught < atomic_load_explicit(&self->ball, memory_order_acquire)) {
        self->caught++;
        if (self->thrown != self->caught)
            self->error = EPROTO;
        if (self->caught < ROUNDS || self->role != 0)
            throw_ball(self);
        if (self->caught == ROUNDS)
            loop_stop(self->loop);
    }
}

static int64_t wait_for_ever(void *arg)
{
    (void)arg;
    return INT64_MAX;
}

static void after_wait(void *arg)
{
    (void)arg;
}

static void wait_for_ring(const struct player *player)
{
    while (atomic_load_explicit(&player->fd, memory_order_acquire) == -1)
        sched_yield();
}

static void *play(void *arg)
{
    struct player *self = arg;
    const struct loop_hooks hooks = {turn, wait_for_ever, after_wait, self};
    const struct loop_options options = {self->role, 16, 16, 4096};
    struct text_error why;

    worker_self = self->role;
    self->error = -loop_create(&options, &self->loop, &why);
    if (self->error != 0) {
        (void)fprintf(stderr, "%s\n", why.text);
        self->loop = NULL;
    }
    atomic_store_explicit(&self->fd, self->loop ? loop_fd(self->loop) : -2, memory_order_release);
    wait_for_ring(self->other);
    if (self->loop && atomic_load_explicit(&self->other->fd, memory_order_relaxed) >= 0) {
        if (self->role == 0)
            throw_ball(self);
        loop_run(self->loop, &hooks);
    }
    (void)pthread_barrier_wait(self->finish); /* nobody wakes a ring that is gone */
    loop_destroy(self->loop);
    return NULL;
}

int main(void)
{
    struct player players[2] = {{.role = 0}, {.role = 1}};
    pthread_barrier_t finish;
    pthread_t threads[2];

    if (pthread_barrier_init(&finish, NULL, 2) != 0)
        return 1;
    for (int i = 0; i < 2; i++) {
        players[i].other = &players[1 - i];
        players[i].finish = &finish;
        atomic_init(&players[i].fd, -1);
        atomic_init(&players[i].ball, 0);
    }
    for (int i = 0; i < 2; i++) {
        if (pthread_create(&threads[i], NULL, play, &players[i]) != 0)
            return 1;
    }
    for (int i = 0; i < 2; i++)
        (void)pthread_join(threads[i], NULL);
    for (int i = 0; i < 2; i++) {
        if (players[i].error == ENOSYS || players[i].error == EPERM)
            return SKIP;
        if (players[i].error != 0 || players[i].caught != ROUNDS)
            return 1;
    }
    return 0;
}
