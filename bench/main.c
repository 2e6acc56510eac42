/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - corewire-bench: opens all connections, lets the drivers run, watches them, reports.
 */
#include "base/clock.h"
#include "driver.h"
#include "idle.h"
#include "options.h"
#include "report.h"
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_FAULT = 1, EXIT_BROKER = 2, POLL_NS = 10000000 };

const char *argp_program_version = "corewire-bench " CW_VERSION;

struct bench {
    struct options options;
    struct run run;
    struct driver **drivers;
    struct client *idle;
    struct report report;
    struct histogram *latency;
    FILE *csv;
    struct text_error why;
};

/* The last progress line, to tell rates from. */
struct watch {
    int64_t shown_ns, moved_ns;
    struct driver_progress shown, last;
};

/* Each connection is a file descriptor; the soft limit is often 1024. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int open_all(struct bench *b)
{
    const struct options *o = &b->options;
    int error = idle_open(o, &b->idle, &b->report.idle, &b->why);

    b->drivers = calloc(o->thread_count, sizeof(struct driver *));
    if (!error && !b->drivers)
        error = -ENOMEM;
    for (uint32_t i = 0; i < o->thread_count && !error; i++)
        error = driver_create(&b->run, i, &b->drivers[i]);
    for (uint32_t i = 0; i < o->thread_count && !error; i++)
        error = driver_open_consumers(b->drivers[i], &b->why);
    for (uint32_t i = 0; i < o->thread_count && !error; i++)
        error = driver_open_producers(b->drivers[i], &b->why);
    if (error && b->why.text[0] == '\0')
        text_error_set(&b->why, "%s", strerror(-error));
    return error;
}

static struct driver_progress sum_progress(const struct bench *b)
{
    struct driver_progress sum = {0};

    for (uint32_t i = 0; i < b->options.thread_count; i++) {
        struct driver_progress p = driver_progress(b->drivers[i]);

        sum.sent += p.sent;
        sum.received += p.received;
        sum.unique += p.unique;
        sum.producers_open += p.producers_open;
        sum.has_failed |= p.has_failed;
    }
    return sum;
}

static uint64_t expected_count(const struct options *o, uint64_t sent)
{
    return o->kind == BENCH_TOPIC ? sent * o->consumer_count : o->consumer_count > 0 ? sent : 0;
}

static void show_progress(struct bench *b, struct watch *w, const struct driver_progress *p,
                          int64_t now_ns)
{
    double seconds = (double)(now_ns - w->shown_ns) / 1e9;
    double sent = (double)(p->sent - w->shown.sent) / seconds;
    double received = (double)(p->received - w->shown.received) / seconds;

    if (!b->options.quiet)
        fprintf(stderr,
                "%s%6.1f s  sent %.0f/s  received %.0f/s  total %" PRIu64 " / %" PRIu64 "%s",
                isatty(STDERR_FILENO) ? "\r\033[K" : "", (double)now_ns / 1e9, sent, received,
                p->sent, p->received, isatty(STDERR_FILENO) ? "" : "\n");
    if (b->csv)
        fprintf(b->csv, "%.3f,%" PRIu64 ",%" PRIu64 ",%.1f,%.1f,%" PRId64 "\n",
                (double)now_ns / 1e9, p->sent, p->received, sent, received,
                idle_resident_bytes(b->options.pid));
    w->shown = *p;
    w->shown_ns = now_ns;
}

/* Has the run come to its end? */
static bool is_over(const struct bench *b, struct watch *w, const struct driver_progress *p,
                    int64_t now_ns)
{
    const struct options *o = &b->options;

    if (p->sent != w->last.sent || p->received != w->last.received || p->producers_open > 0)
        w->moved_ns = now_ns;
    w->last = *p;
    if (p->has_failed)
        return true;
    if (o->producer_count == 0)
        return o->consumer_count == 0 || now_ns >= b->run.send_until_ns ||
               (o->message_count > 0 && p->received >= o->message_count);
    if (p->producers_open > 0)
        return false;
    if (!o->selector && p->unique >= expected_count(o, p->sent))
        return true;
    return (double)(now_ns - w->moved_ns) / 1e9 >= o->drain_seconds;
}

static void watch_drivers(struct bench *b)
{
    struct watch w = {0};

    for (;;) {
        struct driver_progress p = sum_progress(b);
        int64_t now_ns = clock_monotonic_ns() - b->run.start_ns;

        if (is_over(b, &w, &p, now_ns))
            break;
        if (now_ns - w.shown_ns >= 1000000000)
            show_progress(b, &w, &p, now_ns);
        nanosleep(&(struct timespec){.tv_nsec = POLL_NS}, NULL);
    }
    atomic_store(&b->run.stop, true);
    if (!b->options.quiet && isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}

static int drive(struct bench *b)
{
    const struct options *o = &b->options;
    uint32_t started = 0;
    int error = 0;

    b->run.start_ns = clock_monotonic_ns();
    b->run.measure_from_ns = (int64_t)(o->warmup_seconds * 1e9);
    b->run.send_until_ns = INT64_MAX;
    if (o->seconds > 0)
        b->run.send_until_ns = (int64_t)((o->warmup_seconds + o->seconds) * 1e9);
    for (; started < o->thread_count && !error; started += !error)
        error = driver_start(b->drivers[started]);
    if (!error)
        watch_drivers(b);
    atomic_store(&b->run.stop, true);
    for (uint32_t i = 0; i < started; i++) {
        driver_join(b->drivers[i]);
        if (driver_progress(b->drivers[i]).has_failed) {
            b->why = (struct text_error){{0}};
            text_error_set(&b->why, "%s", driver_error(b->drivers[i]));
            error = -EPROTO;
        }
    }
    return error;
}

static int sum_up(struct bench *b)
{
    struct report *r = &b->report;
    struct driver_result *t = &r->total;

    for (uint32_t i = 0; i < b->options.thread_count; i++) {
        struct driver_result one = driver_result(b->drivers[i]);
        int error = histogram_merge(b->latency, driver_latency(b->drivers[i]));

        if (error)
            return error;
        t->sent += one.sent;
        t->sent_measured += one.sent_measured;
        t->received += one.received;
        t->received_measured += one.received_measured;
        t->bytes_measured += one.bytes_measured;
        t->unique += one.unique;
        t->duplicated += one.duplicated;
        t->reordered += one.reordered;
        t->foreign += one.foreign;
        if (one.last_sent_ns > t->last_sent_ns)
            t->last_sent_ns = one.last_sent_ns;
        if (one.last_received_ns > t->last_received_ns)
            t->last_received_ns = one.last_received_ns;
    }
    r->latency = b->latency;
    r->send_seconds = (double)(t->last_sent_ns - b->run.measure_from_ns) / 1e9;
    r->receive_seconds = (double)(t->last_received_ns - b->run.measure_from_ns) / 1e9;
    r->rss_end = idle_resident_bytes(b->options.pid);
    if (report_is_verified(r)) {
        r->expected = expected_count(&b->options, t->sent);
        r->lost = r->expected > t->unique ? r->expected - t->unique : 0;
    }
    return 0;
}

static int write_reports(struct bench *b)
{
    const char *path = b->options.json_file;
    FILE *to = stdout;
    bool is_bad;

    if (!b->options.quiet)
        report_print(&b->report, stdout);
    if (!path)
        return 0;
    if (strcmp(path, "-") != 0)
        to = fopen(path, "we");
    if (to)
        report_print_json(&b->report, to);
    is_bad = !to || ferror(to) || (to != stdout && fclose(to) != 0);
    if (is_bad)
        text_error_set(&b->why, "cannot write %s", path);
    return is_bad ? -EIO : 0;
}

static int prepare(struct bench *b)
{
    int error = histogram_create(100, INT64_C(3600000000000), 3, &b->latency);

    b->run.options = b->report.options = &b->options;
    if (!error && getrandom(&b->run.id, sizeof b->run.id, 0) != sizeof b->run.id)
        error = -EIO;
    b->run.id &= (1u << 24) - 1;
    if (!error && b->options.csv_file) {
        b->csv = fopen(b->options.csv_file, "we");
        error = b->csv ? 0 : -errno;
        if (b->csv)
            fputs("seconds,sent,received,sent_per_second,received_per_second,rss\n", b->csv);
    }
    if (error)
        text_error_set(&b->why, "cannot start: %s", strerror(-error));
    return error;
}

static void clean_up(struct bench *b)
{
    for (uint32_t i = 0; b->drivers && i < b->options.thread_count; i++)
        driver_destroy(b->drivers[i]);
    free(b->drivers);
    idle_close(b->idle, b->report.idle.count);
    histogram_destroy(b->latency);
    if (b->csv)
        fclose(b->csv);
    options_fini(&b->options);
}

int main(int argc, char **argv)
{
    struct bench b = {0};
    int error = options_parse(argc, argv, OPTIONS_EXIT, &b.options);
    bool has_fault;

    if (error)
        return EX_USAGE;
    raise_file_limit();
    error = prepare(&b);
    if (!error)
        error = open_all(&b);
    if (!error)
        error = drive(&b);
    if (!error)
        error = sum_up(&b);
    if (!error)
        error = write_reports(&b);
    if (error)
        fprintf(stderr, "corewire-bench: %s\n", b.why.text);
    has_fault = report_is_verified(&b.report) && report_has_fault(&b.report);
    clean_up(&b);
    return error ? EXIT_BROKER : has_fault ? EXIT_FAULT : EXIT_SUCCESS;
}
