/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

Test(loop, stops_when_it_was_told_to_before_it_ran)
{
    struct rig rig;

    rig_open(&rig);
    loop_stop(rig.loop);
    rig_run_turns(&rig, 1000000); /* returns at once */
    cr_assert_eq(loop_counters(rig.loop).turns, 0);
    rig_run_turns(&rig, 2); /* and runs again afterwards */
    cr_assert(loop_counters(rig.loop).turns > 0);
    rig_close(&rig);
}

struct waiting {
    struct loop *loop;
    int64_t limit_ms;
    unsigned turns, after_waits;
};

static void no_turn(void *arg)
{
    struct waiting *waiting = arg;

    waiting->turns++;
}

static int64_t wait_as_told(void *arg)
{
    const struct waiting *waiting = arg;

    return waiting->limit_ms;
}

static void stop_after_wait(void *arg)
{
    struct waiting *waiting = arg;

    waiting->after_waits++;
    if (waiting->turns >= 3 && clock_monotonic_ms() >= waiting->limit_ms)
        loop_stop(waiting->loop);
}

Test(loop, waits_until_the_time_it_is_told_and_not_at_all_for_0)
{
    struct waiting waiting = {0};
    const struct loop_hooks hooks = {no_turn, wait_as_told, stop_after_wait, &waiting};
    struct rig rig;
    int64_t begun_ms;

    rig_open(&rig);
    waiting.loop = rig.loop;
    loop_run(rig.loop, &hooks);
    cr_assert_eq(waiting.after_waits, 3);
    cr_assert_eq(loop_counters(rig.loop).waits, 0);

    begun_ms = clock_monotonic_ms();
    waiting.limit_ms = begun_ms + 20;
    waiting.turns = 2;
    loop_run(rig.loop, &hooks);
    cr_assert(clock_monotonic_ms() >= begun_ms + 20);
    cr_assert_leq(waiting.turns, 5); /* a stop that is left over wakes it once */
    cr_assert(loop_counters(rig.loop).waits > 0);
    rig_close(&rig);
}

static struct loop *loop_of_signal;

static void stop_in_handler(int number)
{
    (void)number;
    loop_stop(loop_of_signal);
}

static int64_t raise_and_wait_for_ever(void *arg)
{
    (void)arg;
    raise(SIGUSR1);
    return INT64_MAX;
}

Test(loop, is_stopped_by_a_signal_handler_while_it_waits)
{
    struct waiting waiting = {0};
    const struct loop_hooks hooks = {no_turn, raise_and_wait_for_ever, stop_after_wait, &waiting};
    struct rig rig;

    rig_open(&rig);
    waiting.loop = loop_of_signal = rig.loop;
    signal(SIGUSR1, stop_in_handler);
    loop_run(rig.loop, &hooks);
    cr_assert(waiting.turns <= 2);
    rig_close(&rig);
}

struct watched {
    int fd;
    uint64_t sum, until;
};

static void read_watched(void *arg)
{
    struct watched *watched = arg;
    uint64_t count;

    if (read(watched->fd, &count, sizeof count) == sizeof count)
        watched->sum += count;
}

static bool adds_until_seen(void *arg)
{
    struct watched *watched = arg;
    const uint64_t one = 1;

    if (watched->sum < watched->until)
        cr_assert_eq(write(watched->fd, &one, sizeof one), sizeof one);
    return watched->sum >= watched->until;
}

Test(loop, calls_back_each_time_a_watched_descriptor_is_readable)
{
    struct watched watched = {.until = 50};
    struct rig rig;

    rig_open(&rig);
    watched.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    cr_assert_eq(loop_watch(rig.loop, watched.fd, read_watched, &watched), 0);
    rig_run_until(&rig, adds_until_seen, &watched);
    rig_close(&rig);
    close(watched.fd);
}

static bool wakes_itself(void *arg)
{
    struct waiting *waiting = arg;

    return waiting->turns++ >= 5;
}

static int64_t wake_self(void *arg)
{
    struct rig *rig = arg;

    loop_wake(rig->loop, loop_fd(rig->loop));
    return INT64_MAX; /* only the wake ends the wait */
}

Test(loop, is_woken_by_a_message_to_its_ring)
{
    struct waiting waiting = {0};
    struct rig rig;
    const struct loop_hooks hooks = {rig_turn, wake_self, rig_after_wait, &rig};

    rig_open(&rig);
    rig.is_done = wakes_itself;
    rig.arg = &waiting;
    rig.deadline_ms = INT64_MAX;
    loop_run(rig.loop, &hooks);
    cr_assert_geq(waiting.turns, 5);
    rig_close(&rig);
}

Test(loop, loses_no_operation_when_its_queue_is_full)
{
    enum { WAKES = 1000 };
    struct rig rig;

    rig_open_with(&rig, 4, 4, 512);
    for (unsigned i = 0; i < WAKES; i++)
        loop_wake(rig.loop, loop_fd(rig.loop));
    while (loop_counters(rig.loop).completions < WAKES)
        rig_run_turns(&rig, 1);
    rig_close(&rig);
}

struct ending {
    struct loop *loop;
    int fd, open_result, listen_result, watch_result;
    unsigned closes;
};

static size_t use_all(void *arg, struct slice bytes)
{
    (void)arg;
    return bytes.len;
}

static void ignore_sent(void *arg, uint64_t total)
{
    (void)arg;
    (void)total;
}

static void open_more(void *arg, int error)
{
    static const struct connection_events events = {use_all, ignore_sent, open_more};
    const struct connection_options options = {1000, 0};
    struct ending *ending = arg;
    struct connection *connection;
    struct listener *listener;

    cr_assert_eq(error, -ECANCELED);
    ending->closes++;
    ending->open_result =
        connection_open(ending->loop, dup(ending->fd), &options, &events, arg, &connection);
    ending->listen_result = listener_start(ending->loop, dup(ending->fd), NULL, NULL, &listener);
    ending->watch_result = loop_watch(ending->loop, ending->fd, NULL, NULL);
}

Test(loop, opens_nothing_new_while_it_ends)
{
    static const struct connection_events events = {use_all, ignore_sent, open_more};
    const struct connection_options options = {1000, 0};
    struct connection *connection;
    struct ending ending = {0};
    struct rig rig;
    int fds[2];

    rig_open(&rig);
    tcp_pair(fds);
    ending.loop = rig.loop;
    ending.fd = fds[1];
    cr_assert_eq(connection_open(rig.loop, fds[0], &options, &events, &ending, &connection), 0);
    rig_close(&rig); /* without a single turn */
    cr_assert_eq(ending.closes, 1);
    cr_assert_eq(ending.open_result, -ESHUTDOWN);
    cr_assert_eq(ending.listen_result, -ESHUTDOWN);
    cr_assert_eq(ending.watch_result, -ESHUTDOWN);
    close(fds[1]);
}

/* Makes this process believe in a kernel that answers io_uring_setup with `error`. */
static void forbid_io_uring(uint32_t error)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {ARRAY_LEN(filter), filter};

    cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        cr_skip_test("no seccomp here");
}

static void check_refusal(int error, const char *words)
{
    const struct loop_options options = {0, 16, 16, 4096};
    const int next_fd = dup(STDERR_FILENO); /* the lowest free number */
    struct rlimit limit, low;
    struct loop *loop = NULL;
    struct text_error why = {""};
    int result;

    close(next_fd);
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = limit;
    if (error == -EMFILE)
        low.rlim_cur = (rlim_t)next_fd;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
    worker_self = 0;
    result = loop_create(&options, &loop, &why);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_assert_eq(result, error);
    cr_assert_null(loop);
    cr_assert(strstr(why.text, words), "%s", why.text);
    cr_assert_eq(dup(STDERR_FILENO), next_fd); /* nothing was left open */
}

Test(loop, says_that_an_older_kernel_will_not_do)
{
    forbid_io_uring(EINVAL);
    check_refusal(-EINVAL, "Linux 6.1 or later is needed");
}

Test(loop, says_that_there_is_no_io_uring)
{
    forbid_io_uring(ENOSYS);
    check_refusal(-ENOSYS, "has no io_uring");
}

Test(loop, says_that_io_uring_is_forbidden)
{
    forbid_io_uring(EPERM);
    check_refusal(-EPERM, "kernel.io_uring_disabled");
}

Test(loop, says_that_descriptors_ran_out)
{
    check_refusal(-EMFILE, "descriptor");
}
