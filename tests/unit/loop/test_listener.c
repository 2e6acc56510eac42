/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"
#include <arpa/inet.h>
#include <sys/resource.h>

enum { ACCEPTED_MAX = 64 };

struct guests {
    int fds[ACCEPTED_MAX];
    struct sockaddr_storage peer;
    unsigned count, until;
    struct listener *listener; /* closed at the first guest */
};

static void guest_accepted(void *arg, int fd, const struct sockaddr_storage *peer)
{
    struct guests *guests = arg;

    cr_assert(guests->count < ACCEPTED_MAX);
    guests->fds[guests->count++] = fd;
    guests->peer = *peer;
    if (guests->listener)
        listener_close(guests->listener);
    guests->listener = NULL;
}

static bool have_come(void *arg)
{
    const struct guests *guests = arg;

    return guests->count >= guests->until;
}

static void guests_fini(struct guests *guests)
{
    for (unsigned i = 0; i < guests->count; i++)
        close(guests->fds[i]);
}

static int visit(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert(fd >= 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static int open_any(const char *host, uint16_t *port)
{
    struct text_error why;
    int fd;

    cr_assert_eq(listener_open(host, 0, 128, &fd, port, &why), 0, "%s", why.text);
    cr_assert_neq(*port, 0);
    return fd;
}

Test(listener, accepts_on_a_port_it_picked_and_tells_the_peer)
{
    struct guests guests = {.until = 10};
    struct listener *listener;
    struct rig rig;
    uint16_t port;
    int fds[10];

    rig_open(&rig);
    cr_assert_eq(
        listener_start(rig.loop, open_any("127.0.0.1", &port), guest_accepted, &guests, &listener),
        0);
    for (unsigned i = 0; i < 10; i++)
        fds[i] = visit(port);
    rig_run_until(&rig, have_come, &guests);
    cr_assert_eq(((struct sockaddr_in *)&guests.peer)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    for (unsigned i = 0; i < 10; i++)
        close(fds[i]);
    guests_fini(&guests);
    rig_close(&rig);
}

Test(listener, takes_ipv4_on_the_ipv6_wildcard)
{
    struct guests guests = {.until = 1};
    struct listener *listener;
    struct rig rig;
    uint16_t port;
    const int probe = socket(AF_INET6, SOCK_STREAM, 0);
    int fd;

    if (probe < 0)
        cr_skip_test("no IPv6 here");
    close(probe);
    rig_open(&rig);
    cr_assert_eq(
        listener_start(rig.loop, open_any("::", &port), guest_accepted, &guests, &listener), 0);
    fd = visit(port);
    rig_run_until(&rig, have_come, &guests);
    close(fd);
    guests_fini(&guests);
    rig_close(&rig);
}

Test(listener, refuses_names_that_do_not_exist_in_words)
{
    struct text_error why = {""};
    uint16_t port = 7;
    int fd = -7;

    cr_assert_lt(listener_open("no.such.host.invalid", 0, 1, &fd, &port, &why), 0);
    cr_assert_neq(why.text[0], '\0');
    cr_assert_eq(fd, -7);
    cr_assert_eq(port, 7);
}

Test(listener, shares_its_port_with_other_workers)
{
    struct text_error why;
    uint16_t port, same;
    int second;
    const int first = open_any("127.0.0.1", &port);

    cr_assert_eq(listener_open("127.0.0.1", port, 1, &second, &same, &why), 0, "%s", why.text);
    cr_assert_eq(port, same);
    close(first);
    close(second);
}

Test(listener, finds_out_that_somebody_else_listens)
{
    struct text_error why = {""};
    uint16_t port;
    const int fd = open_any("127.0.0.1", &port);

    cr_assert_eq(listener_check("127.0.0.1", port, &why), -EADDRINUSE);
    cr_assert(strstr(why.text, "127.0.0.1"), "%s", why.text);
    close(fd);
    cr_assert_eq(listener_check("127.0.0.1", port, &why), 0, "%s", why.text);
}

static bool is_refused(void *arg)
{
    const struct sockaddr_in *address = arg;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool refused = connect(fd, (const struct sockaddr *)address, sizeof *address) != 0;

    close(fd);
    return refused;
}

Test(listener, can_be_closed_from_its_own_callback)
{
    struct guests guests = {.until = 1};
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct rig rig;
    uint16_t port;
    int fd;

    rig_open(&rig);
    cr_assert_eq(listener_start(rig.loop, open_any("127.0.0.1", &port), guest_accepted, &guests,
                                &guests.listener),
                 0);
    fd = visit(port);
    rig_run_until(&rig, have_come, &guests);
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    rig_run_until(&rig, is_refused, &address);
    cr_assert_eq(guests.count, 1);
    close(fd);
    guests_fini(&guests);
    rig_close(&rig);
}

Test(listener, goes_on_accepting_when_descriptors_are_free_again)
{
    struct guests guests = {.until = 1};
    struct listener *listener;
    struct rlimit limit;
    struct rig rig;
    uint16_t port;
    int visitor, next_fd;

    rig_open(&rig);
    cr_assert_eq(
        listener_start(rig.loop, open_any("127.0.0.1", &port), guest_accepted, &guests, &listener),
        0);
    visitor = visit(port);
    next_fd = dup(visitor); /* the lowest free number: no more than that are allowed now */
    close(next_fd);
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)next_fd, limit.rlim_max}), 0);
    rig_run_turns(&rig, 10);
    cr_assert_eq(guests.count, 0);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    rig_run_until(&rig, have_come, &guests);
    close(visitor);
    guests_fini(&guests);
    rig_close(&rig);
}
