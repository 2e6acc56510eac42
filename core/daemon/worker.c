/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.c - a worker's turn, and its way in and out.
 *
 * Time advances right after waiting: what completions bring is stamped with the present, and
 * timers are set from it.
 */
#include "worker.h"
#include "base/clock.h"
#include "client_connection.h"
#include "loop/connection.h"
#include "openwire/openwire_session.h"
#include "stomp/stomp_session.h"
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    MAILS_PER_TURN_MAX = 4096, /* of each sender: connections want their turn, too */
    /* At the end: reading stops, a tick later the answers to what was read are out and
     * connections begin to close. Who then has nothing left to send for a while, and whose client
     * still does not close, is closed by us. */
    STOP_TICK_MS = 50,
    QUIET_TICKS_MAX = 10,
};

/*
 * The turn
 */

static void deliver_mail(void *arg, uint16_t from, const struct mail *mail)
{
    struct worker *worker = arg;

    engine_receive(worker->engine, from, mail);
}

static void send_mail(void *arg, uint16_t to, const struct mail *mail)
{
    struct worker *worker = arg;

    assert_on_worker(worker->index);
    exchange_send(worker->port, to, mail);
}

static uint64_t memory_of_others(void *arg)
{
    const struct worker *worker = arg;

    return worker->memory_of_others;
}

static uint64_t scheduled_of_others(void *arg)
{
    const struct worker *worker = arg;

    return worker->scheduled_of_others;
}

static void share(_Atomic uint64_t *number, uint64_t value)
{
    if (value != atomic_load_explicit(number, memory_order_relaxed))
        atomic_store_explicit(number, value, memory_order_relaxed);
}

static void share_memory(struct worker *worker)
{
    const struct crew *crew = worker->crew;
    uint64_t others = 0, scheduled = 0;

    /* Relaxed: numbers, nothing else hangs on them. Unchanged ones leave the peers' caches alone.
     */
    share(&worker->memory, engine_memory(worker->engine));
    share(&worker->scheduled, engine_scheduled(worker->engine));
    for (uint16_t i = 0; i < crew->worker_count; i++) {
        if (i == worker->index)
            continue;
        others += atomic_load_explicit(&crew->workers[i].memory, memory_order_relaxed);
        scheduled += atomic_load_explicit(&crew->workers[i].scheduled, memory_order_relaxed);
    }
    worker->memory_of_others = others;
    worker->scheduled_of_others = scheduled;
}

static void publish_mail(struct worker *worker) WORKER_ONLY;
static void publish_mail(struct worker *worker)
{
    uint64_t to_wake = exchange_publish(worker->port);

    for (uint16_t i = 0; to_wake != 0; i++, to_wake >>= 1)
        if (to_wake & 1)
            loop_wake(worker->loop, loop_fd(worker->crew->workers[i].loop));
}

/* Back-pressure: while mail waits here for room, nobody is read who could make more of it. */
static void heed_congestion(struct worker *worker) WORKER_ONLY;
static void heed_congestion(struct worker *worker)
{
    const bool is_congested = exchange_is_congested(worker->port);

    if (is_congested == worker->is_congested)
        return;
    worker->is_congested = is_congested;
    LIST_FOR_EACH(node, &worker->connections) {
        struct client_connection *connection = LIST_ENTRY(node, struct client_connection, node);

        if (is_congested)
            client_connection_hold(connection, HOLD_CONGESTED);
        else
            client_connection_release(connection, HOLD_CONGESTED);
    }
}

static void turn(void *arg)
{
    struct worker *worker = arg;

    assert_on_worker(worker->index);
    (void)exchange_drain(worker->port, MAILS_PER_TURN_MAX, deliver_mail, worker);
    wheel_advance(&worker->wheel, worker->wheel.now_ms); /* what sessions want done at once */
    share_memory(worker);
    publish_mail(worker);
    heed_congestion(worker);
}

static int64_t before_wait(void *arg)
{
    struct worker *worker = arg;
    const int64_t engine_ms = engine_next_ms(worker->engine);
    const int64_t wheel_ms = wheel_next_ms(&worker->wheel);

    assert_on_worker(worker->index);
    if (!exchange_prepare_sleep(worker->port))
        return 0;
    return engine_ms < wheel_ms ? engine_ms : wheel_ms;
}

static void after_wait(void *arg)
{
    struct worker *worker = arg;
    const int64_t now_ms = clock_monotonic_ms();

    assert_on_worker(worker->index);
    exchange_wake_up(worker->port);
    engine_advance(worker->engine, now_ms, clock_wall_ms());
    wheel_advance(&worker->wheel, now_ms);
}

/*
 * The end, as far as clients see it
 */

/* The last one sends everybody home: until then all destinations are needed. */
static void leave_if_done(struct worker *worker)
{
    struct crew *crew = worker->crew;

    if (!worker->is_stopping || worker->is_done || !list_is_empty(&worker->connections))
        return;
    worker->is_done = true;
    wheel_cancel(&worker->wheel, &worker->stop_timer);
    if (atomic_fetch_sub(&crew->busy_count, 1) > 1)
        return;
    for (uint16_t i = 0; i < crew->worker_count; i++)
        loop_stop(crew->workers[i].loop);
}

void worker_connection_ended(struct worker *worker)
{
    assert(worker->connection_count > 0);
    worker->connection_count--;
    leave_if_done(worker);
}

static void close_if_quiet(struct client_connection *connection)
{
    if (connection_output_len(connection->connection) > 0)
        connection->quiet_ticks = 0;
    else if (++connection->quiet_ticks == QUIET_TICKS_MAX)
        connection_abort(connection->connection);
}

static void stop_tick(struct timer *timer)
{
    struct worker *worker = CONTAINER_OF(timer, struct worker, stop_timer);
    const int64_t linger_ms = worker->crew->config->settings.shutdown_ms;

    const int64_t waited_ms = (int64_t)worker->stop_ticks++ * STOP_TICK_MS;

    assert_on_worker(worker->index);
    LIST_FOR_EACH(node, &worker->connections) {
        struct client_connection *connection = LIST_ENTRY(node, struct client_connection, node);

        if (waited_ms == 0)
            connection_close(connection->connection, linger_ms);
        else if (waited_ms > linger_ms) /* it was closing before, with a linger of its own */
            connection_abort(connection->connection);
        else
            close_if_quiet(connection);
    }
    wheel_set(&worker->wheel, timer, worker->wheel.now_ms + STOP_TICK_MS);
}

static void close_listeners(struct worker *worker)
{
    for (size_t i = 0; i < worker->crew->connectors.count; i++) {
        if (worker->listeners[i].listener)
            listener_close(worker->listeners[i].listener);
        worker->listeners[i].listener = NULL;
    }
}

static void stop(struct worker *worker)
{
    if (worker->is_stopping)
        return;
    worker->is_stopping = true;
    close_listeners(worker);
    LIST_FOR_EACH(node, &worker->connections) {
        client_connection_hold(LIST_ENTRY(node, struct client_connection, node), HOLD_STOPPING);
    }
    wheel_set(&worker->wheel, &worker->stop_timer, worker->wheel.now_ms + STOP_TICK_MS);
    leave_if_done(worker);
}

static void abort_connections(struct worker *worker)
{
    LIST_FOR_EACH(node, &worker->connections) {
        connection_abort(LIST_ENTRY(node, struct client_connection, node)->connection);
    }
}

/*
 * What the main thread asks for
 */

static void log_counters(const struct worker *worker)
{
    const struct loop_counters counters = loop_counters(worker->loop);

    log_event(&worker->log, LOG_INFO, "counters",
              "connections=%" PRIu64 " message_bytes=%" PRIu64 " turns=%" PRIu64 " waits=%" PRIu64
              " completions=%" PRIu64 " received_bytes=%" PRIu64 " sent_bytes=%" PRIu64
              " receive_buffer_shortages=%" PRIu64,
              worker->connection_count, engine_memory(worker->engine), counters.turns,
              counters.waits, counters.completions, counters.received_bytes, counters.sent_bytes,
              counters.receive_buffer_shortages);
}

static void take_realm(struct worker *worker)
{
    struct auth_realm *realm = atomic_exchange(&worker->new_realm, NULL);

    if (!realm)
        return;
    engine_set_realm(worker->engine, realm);
    auth_realm_unref(realm);
    crew_realm_taken(worker->crew);
}

static void requested(void *arg)
{
    struct worker *worker = arg;
    uint64_t count;
    unsigned requests;

    assert_on_worker(worker->index);
    (void)!read(worker->request_fd, &count, sizeof count); /* makes it unreadable; never blocks */
    requests = atomic_exchange(&worker->requests, 0);
    if (requests & WORKER_REALM)
        take_realm(worker);
    if (requests & WORKER_COUNTERS)
        log_counters(worker);
    if (requests & WORKER_STOP)
        stop(worker);
    if (requests & WORKER_ABORT)
        abort_connections(worker);
}

void worker_request(struct worker *worker, enum worker_request request)
{
    const uint64_t one = 1;

    atomic_fetch_or(&worker->requests, (unsigned)request);
    (void)!write(worker->request_fd, &one, sizeof one); /* a full counter is readable as well */
}

void worker_give_realm(struct worker *worker, struct auth_realm *realm)
{
    struct auth_realm *not_taken;

    atomic_fetch_add(&worker->crew->realms_on_the_way, 1);
    not_taken = atomic_exchange(&worker->new_realm, auth_realm_ref(realm));
    if (not_taken) {
        auth_realm_unref(not_taken);
        crew_realm_taken(worker->crew);
    }
    worker_request(worker, WORKER_REALM);
}

/*
 * The way in
 */

static void stay_on_cpu(const struct worker *worker)
{
    cpu_set_t set;

    if (worker->cpu < 0)
        return;
    CPU_ZERO(&set);
    CPU_SET((size_t)worker->cpu, &set);
    if (pthread_setaffinity_np(pthread_self(), sizeof set, &set) != 0)
        log_event(&worker->log, LOG_WARN, "not_pinned", "cpu=%d", worker->cpu);
}

static int open_loop(struct worker *worker, struct text_error *why)
{
    const struct config_settings *settings = &worker->crew->config->settings;
    const struct loop_options options = {
        .owner = worker->index,
        .ring_entries = settings->ring_entries,
        .receive_buffers = settings->receive_buffers,
        .receive_buffer_bytes = settings->receive_buffer_bytes,
    };
    int error;

    worker->request_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (worker->request_fd < 0) {
        error = -errno;
        text_error_set(why, "no event descriptor (%s)", strerror(-error));
        return error;
    }
    error = loop_create(&options, &worker->loop, why);
    if (error != 0) {
        worker->loop = NULL;
        return error;
    }
    error = loop_watch(worker->loop, worker->request_fd, requested, worker);
    if (error != 0)
        text_error_set(why, "no memory for a worker");
    return error;
}

static int open_engine(struct worker *worker)
{
    struct crew *crew = worker->crew;
    const struct engine_options options = {
        .index = worker->index,
        .shards = crew->worker_count,
        .config = crew->config,
        .realm = crew->realm,
        .id_base = crew->id_base,
        .broker_url = crew->connectors.broker_url,
        .host = {send_mail, memory_of_others, worker, scheduled_of_others},
        .now_ms = clock_monotonic_ms(),
        .wall_ms = clock_wall_ms(),
    };

    wheel_init(&worker->wheel, options.now_ms);
    worker->engine = engine_create(&options);
    if (!worker->engine)
        return -ENOMEM;
    worker->stomp = stomp_worker_create(worker->engine, &worker->wheel);
    worker->openwire = openwire_worker_create(worker->engine, &worker->wheel);
    return worker->stomp && worker->openwire ? 0 : -ENOMEM;
}

static int open_listeners(struct worker *worker)
{
    const struct connectors *connectors = &worker->crew->connectors;

    worker->listeners = calloc(connectors->count, sizeof *worker->listeners);
    if (!worker->listeners)
        return -ENOMEM;
    for (size_t i = 0; i < connectors->count; i++) {
        struct worker_listener *listener = &worker->listeners[i];
        int error;

        *listener = (struct worker_listener){worker, &connectors->list[i], NULL};
        error =
            listener_start(worker->loop, connector_take_socket(listener->connector, worker->index),
                           client_connection_accepted, listener, &listener->listener);
        if (error != 0)
            return error;
    }
    return 0;
}

/* Step by step with all others. False: somebody failed. */
static bool come_in(struct worker *worker)
{
    struct crew *crew = worker->crew;
    struct text_error why;

    if (open_loop(worker, &why) != 0)
        crew_fail(crew, why.text);
    if (!crew_meet(crew))
        return false;
    if (!crew_meet(crew)) /* the main thread opens the sockets meanwhile */
        return false;
    if (open_engine(worker) != 0)
        crew_fail(crew, "no memory for a worker");
    if (!crew_meet(crew))
        return false;
    engine_start(worker->engine);
    if (open_listeners(worker) != 0)
        crew_fail(crew, "no memory for a listener");
    return crew_meet(crew);
}

/*
 * The way out
 */

/* No clients are left anywhere. Mail may still make more mail: rounds of showing all of it to its
 * receivers and then draining it, until one in which nobody found any. */
static void settle(struct worker *worker) WORKER_ONLY;
static void settle(struct worker *worker)
{
    struct crew *crew = worker->crew;
    unsigned moved = 1;

    for (unsigned round = 0; moved > 0; round++) {
        atomic_uint *sum = &crew->moved[round % CREW_ROUNDS];
        const uint64_t to_wake = exchange_publish(worker->port);
        unsigned count = exchange_is_congested(worker->port);

        (void)to_wake; /* nobody sleeps, all come to the barrier */
        (void)pthread_barrier_wait(&crew->end);
        atomic_store(&crew->moved[(round + 1) % CREW_ROUNDS], 0); /* all have read it */
        count += exchange_drain(worker->port, UINT32_MAX, deliver_mail, worker);
        atomic_fetch_add(sum, count);
        (void)pthread_barrier_wait(&crew->end);
        moved = atomic_load(sum);
    }
}

static void go_out(struct worker *worker) WORKER_ONLY;
static void go_out(struct worker *worker)
{
    settle(worker);
    stomp_worker_destroy(worker->stomp);
    openwire_worker_destroy(worker->openwire);
    if (worker->engine)
        engine_destroy(worker->engine);
    loop_destroy(worker->loop);
    pool_fini(&worker->connection_pool);
    auth_realm_unref(atomic_exchange(&worker->new_realm, NULL));
    free(worker->listeners);
}

static void *run(void *arg)
{
    struct worker *worker = arg;
    struct crew *crew = worker->crew;
    const struct loop_hooks hooks = {turn, before_wait, after_wait, worker};

    worker_role_take(worker->index);
    stay_on_cpu(worker);
    if (come_in(worker))
        loop_run(worker->loop, &hooks);
    go_out(worker);
    if (atomic_fetch_sub(&crew->running_count, 1) == 1)
        (void)pthread_kill(crew->main_thread, crew->done_signal);
    return NULL;
}

int worker_start(struct worker *worker)
{
    char name[16];
    int error;

    worker->log = (struct log_scope){.module = "daemon", .worker = worker->index};
    worker->port = exchange_port(worker->crew->exchange, worker->index);
    worker->request_fd = -1;
    worker->last_connection_id = worker->index + UINT64_C(1);
    list_init(&worker->connections);
    pool_init(&worker->connection_pool, sizeof(struct client_connection));
    timer_init(&worker->stop_timer, stop_tick);
    atomic_init(&worker->memory, 0);
    atomic_init(&worker->scheduled, 0);
    atomic_init(&worker->requests, 0);
    atomic_init(&worker->new_realm, NULL);
    error = pthread_create(&worker->thread, NULL, run, worker);
    if (error != 0)
        return -error;
    (void)snprintf(name, sizeof name, "worker-%u", worker->index);
    (void)pthread_setname_np(worker->thread, name);
    return 0;
}

void worker_join(struct worker *worker)
{
    (void)pthread_join(worker->thread, NULL);
    if (worker->request_fd >= 0) /* not earlier: requests may come until the last one has ended */
        close(worker->request_fd);
}
