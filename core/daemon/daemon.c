/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon.h"
#include "base/clock.h"
#include "remarks.h"
#include "worker.h"
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { WORKERS_MAX = 32 };

static const struct log_scope scope = {.module = "daemon", .worker = WORKER_NONE};

/* By which the last worker tells the main thread that it is done. */
static int done_signal(void)
{
    return SIGRTMIN;
}

static sigset_t waited_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, done_signal());
    return set;
}

void daemon_block_signals(void)
{
    const sigset_t set = waited_signals();

    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

/* Each connection is a descriptor; the soft limit is there for programs that use select(). */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    rlim_t before;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        limit.rlim_cur = before;
    log_event(&scope, LOG_INFO, "descriptors", "limit=%ju before=%ju", (uintmax_t)limit.rlim_cur,
              (uintmax_t)before);
}

/*
 * The crew
 */

static unsigned allowed_cpus(cpu_set_t *set)
{
    CPU_ZERO(set);
    if (sched_getaffinity(0, sizeof *set, set) != 0)
        CPU_SET(0, set);
    return (unsigned)CPU_COUNT(set);
}

static int nth_cpu(const cpu_set_t *set, unsigned n)
{
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET((size_t)cpu, set) && n-- == 0)
            return cpu;
    return -1;
}

static int hire_workers(struct crew *crew)
{
    const struct config_settings *settings = &crew->config->settings;
    cpu_set_t cpus;
    const unsigned cpu_count = allowed_cpus(&cpus);
    unsigned count = settings->worker_count > 0 ? settings->worker_count : cpu_count;
    size_t size;

    count = count < WORKERS_MAX ? count : WORKERS_MAX;
    size = count * sizeof *crew->workers;
    crew->workers = aligned_alloc(_Alignof(struct worker), size);
    if (!crew->workers)
        return -ENOMEM;
    memset((void *)crew->workers, 0, size);
    crew->worker_count = (uint16_t)count;
    for (uint16_t i = 0; i < crew->worker_count; i++) {
        crew->workers[i].crew = crew;
        crew->workers[i].index = i;
        crew->workers[i].cpu = settings->pin_workers ? nth_cpu(&cpus, i % cpu_count) : -1;
    }
    return 0;
}

static unsigned power_of_two_from(unsigned value)
{
    unsigned power = 2;

    while (power < value)
        power *= 2;
    return power;
}

static int init_shared(struct crew *crew)
{
    crew->exchange = exchange_create(crew->worker_count,
                                     power_of_two_from(crew->config->settings.mailbox_slots));
    if (!crew->exchange || pthread_barrier_init(&crew->start, NULL, crew->worker_count + 1u) != 0)
        return -ENOMEM;
    if (pthread_barrier_init(&crew->end, NULL, crew->worker_count) != 0)
        return -ENOMEM;
    crew->log = scope;
    crew->main_thread = pthread_self();
    crew->done_signal = done_signal();
    atomic_init(&crew->has_failed, false);
    atomic_init(&crew->busy_count, crew->worker_count);
    atomic_init(&crew->running_count, crew->worker_count);
    atomic_init(&crew->realms_on_the_way, 0);
    for (size_t i = 0; i < CREW_ROUNDS; i++)
        atomic_init(&crew->moved[i], 0);
    return 0;
}

static int crew_init(struct crew *crew, const struct config *config)
{
    struct text_error why;
    int error;

    *crew = (struct crew){.config = config};
    text_error_set(&why, "no memory");
    error = auth_realm_create(&config->security, &crew->realm, &why);
    if (error == 0)
        error = hire_workers(crew);
    if (error == 0)
        error = connectors_init(&crew->connectors, config, crew->worker_count, &why);
    if (error == 0)
        error = init_shared(crew);
    if (error != 0)
        log_event(&scope, LOG_ERROR, "start_failed", "error=\"%s\"", why.text);
    return error;
}

static void crew_fini(struct crew *crew)
{
    connectors_fini(&crew->connectors);
    if (crew->exchange)
        exchange_destroy(crew->exchange);
    auth_realm_unref(crew->realm);
    free(crew->workers);
}

/*
 * The start
 */

/* Where generated ids begin. ActiveMQ's clients take them as opaque; people read them. */
static void make_id_base(struct crew *crew)
{
    char host[64] = "";
    size_t len;

    if (gethostname(host, sizeof host - 1) != 0)
        host[0] = '\0';
    len = strcspn(host, ".");
    host[len] = '\0';
    for (char *c = host; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
            *c = '_';
    (void)snprintf(crew->id_base, sizeof crew->id_base, "ID:%s-%u-%" PRId64,
                   host[0] ? host : "localhost", crew->connectors.list[0].port, clock_wall_ms());
}

static void open_sockets(struct crew *crew)
{
    struct text_error why;

    if (connectors_listen(&crew->connectors, &why) != 0)
        crew_fail(crew, why.text);
    make_id_base(crew);
}

/* The main thread's part of what worker.c calls coming in. */
static bool start(struct crew *crew)
{
    for (uint16_t i = 0; i < crew->worker_count; i++) {
        const int error = worker_start(&crew->workers[i]);

        if (error != 0) { /* those that exist wait for this one, so there is no way back */
            log_event(&scope, LOG_ERROR, "start_failed", "error=\"no thread for a worker: %s\"",
                      strerror(-error));
            exit(EXIT_FAILURE);
        }
    }
    if (!crew_meet(crew))
        return false;
    open_sockets(crew);
    return crew_meet(crew) && crew_meet(crew) && crew_meet(crew);
}

static void log_started(const struct crew *crew, int64_t begin_ms)
{
    for (size_t i = 0; i < crew->connectors.count; i++) {
        const struct connector *connector = &crew->connectors.list[i];

        log_event(&scope, LOG_INFO, "listening", "connector=\"%s\" uri=%s://%s:%u",
                  connector->config->name, connector->config->scheme, connector->config->host,
                  connector->port);
    }
    log_event(&scope, LOG_INFO, "started", "ms=%" PRId64, clock_monotonic_ms() - begin_ms);
}

/*
 * Signals
 */

static void request_all(const struct crew *crew, enum worker_request request)
{
    for (uint16_t i = 0; i < crew->worker_count; i++)
        worker_request(&crew->workers[i], request);
}

static int load_realm(const struct config_source *source, struct auth_realm **out,
                      struct text_error *why)
{
    struct config_report report;
    struct config *config;
    int error = config_load(source, &config, &report);

    remarks_log(&scope, &report);
    config_report_fini(&report);
    if (error != 0) {
        text_error_set(why, "the configuration has errors");
        return error;
    }
    error = auth_realm_create(&config->security, out, why);
    config_destroy(config); /* a realm does not point into it */
    return error;
}

static void reload(struct crew *crew, const struct config_source *source)
{
    struct auth_realm *realm;
    struct text_error why;

    if (load_realm(source, &realm, &why) != 0) {
        log_event(&scope, LOG_ERROR, "reload_failed", "error=\"%s\" kept=\"%s\"", why.text,
                  "users, groups and authorization as they were");
        return;
    }
    atomic_fetch_add(&crew->realms_on_the_way, 1); /* no early "reloaded" while giving */
    for (uint16_t i = 0; i < crew->worker_count; i++)
        worker_give_realm(&crew->workers[i], realm);
    auth_realm_unref(crew->realm);
    crew->realm = realm;
    crew_realm_taken(crew);
}

static void wait_for_end(struct crew *crew, const struct config_source *source)
{
    const sigset_t set = waited_signals();
    bool is_stopping = false;

    while (atomic_load(&crew->running_count) > 0) {
        siginfo_t info;
        const int number = sigwaitinfo(&set, &info);

        if (number == SIGTERM || number == SIGINT) {
            log_event(&scope, LOG_INFO, "stopping", "signal=%d sender=%d immediately=%s", number,
                      (int)info.si_pid, is_stopping ? "true" : "false");
            request_all(crew, is_stopping ? WORKER_ABORT : WORKER_STOP);
            is_stopping = true;
        } else if (number == SIGHUP && !is_stopping) {
            reload(crew, source);
        } else if (number == SIGUSR1 && !is_stopping) {
            request_all(crew, WORKER_COUNTERS);
        }
    }
}

int daemon_run(const struct config_source *source, const struct config *config, int64_t begin_ms)
{
    struct crew crew;
    bool has_started;

    log_event(&scope, LOG_INFO, "starting", "version=%s config=%s", CW_VERSION, config->file);
    raise_descriptor_limit();
    if (crew_init(&crew, config) != 0) {
        crew_fini(&crew);
        return EXIT_FAILURE;
    }
    log_event(&scope, LOG_INFO, "broker", "name=\"%s\" workers=%u", config->broker_name,
              crew.worker_count);
    has_started = start(&crew);
    if (has_started) {
        log_started(&crew, begin_ms);
        wait_for_end(&crew, source);
    }
    for (uint16_t i = 0; i < crew.worker_count; i++)
        worker_join(&crew.workers[i]);
    (void)pthread_barrier_destroy(&crew.start);
    (void)pthread_barrier_destroy(&crew.end);
    crew_fini(&crew);
    if (!has_started)
        return EXIT_FAILURE;
    log_event(&scope, LOG_INFO, "stopped", "status=0");
    return EXIT_SUCCESS;
}
