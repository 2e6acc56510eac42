/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"
#include <inttypes.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static const struct {
    double percent;
    const char *name;
} percentiles[] = {
    {50, "p50"}, {90, "p90"}, {99, "p99"}, {99.9, "p99.9"}, {99.99, "p99.99"},
};

bool report_is_verified(const struct report *r)
{
    return r->options->verify && r->options->producer_count > 0 && r->options->consumer_count > 0;
}

bool report_has_fault(const struct report *r)
{
    return r->lost > 0 || r->total.duplicated > 0 || r->total.reordered > 0;
}

static double per_second(uint64_t count, double seconds)
{
    return seconds > 0 ? (double)count / seconds : 0;
}

static double bytes_per_idle(const struct report_idle *idle)
{
    if (idle->count == 0 || idle->rss_before == 0)
        return 0;
    return (double)(idle->rss_after - idle->rss_before) / idle->count;
}

static void print_load(const struct options *o, FILE *to)
{
    fprintf(to,
            "load       %s %s, %" PRIu32 " destination(s), %" PRIu32 " producer(s), %" PRIu32
            " consumer(s) each, %" PRIu32 " bytes, ack %s%s\n",
            o->kind == BENCH_QUEUE ? "queue" : "topic", o->name, o->destination_count,
            o->producer_count, o->consumer_count, o->body_bytes, options_ack_name(o),
            o->persistent ? ", persistent" : "");
}

static void print_latency(const struct report *r, FILE *to)
{
    if (histogram_count(r->latency) == 0)
        return;
    fprintf(to, "latency   ");
    for (size_t i = 0; i < ARRAY_LEN(percentiles); i++)
        fprintf(to, " %s %.1f us ", percentiles[i].name,
                (double)histogram_percentile(r->latency, percentiles[i].percent) / 1e3);
    fprintf(to, " max %.1f us%s\n", (double)histogram_max(r->latency) / 1e3,
            r->options->rate > 0 ? " (from the moment each message was due)" : "");
}

static void print_idle(const struct report *r, FILE *to)
{
    const struct report_idle *idle = &r->idle;

    if (idle->count > 0)
        fprintf(to, "idle       %" PRIu32 " connections in %.2f s", idle->count,
                idle->open_seconds);
    if (idle->count > 0 && idle->rss_before > 0)
        fprintf(to, ", broker %.1f to %.1f MB, %.0f bytes each", (double)idle->rss_before / 1e6,
                (double)idle->rss_after / 1e6, bytes_per_idle(idle));
    if (idle->count > 0)
        fputc('\n', to);
    if (r->rss_end > 0)
        fprintf(to, "memory     broker %.1f MB at the end\n", (double)r->rss_end / 1e6);
}

void report_print(const struct report *r, FILE *to)
{
    const struct driver_result *t = &r->total;

    print_load(r->options, to);
    if (t->sent > 0)
        fprintf(to, "sent       %" PRIu64 " messages, %.0f/s, %.1f MB/s\n", t->sent,
                per_second(t->sent_measured, r->send_seconds),
                per_second(t->sent_measured * r->options->body_bytes, r->send_seconds) / 1e6);
    if (t->received > 0)
        fprintf(to, "received   %" PRIu64 " messages, %.0f/s, %.1f MB/s\n", t->received,
                per_second(t->received_measured, r->receive_seconds),
                per_second(t->bytes_measured, r->receive_seconds) / 1e6);
    print_latency(r, to);
    if (report_is_verified(r))
        fprintf(to,
                "verified   %" PRIu64 " expected, %" PRIu64 " lost, %" PRIu64 " repeated, %" PRIu64
                " reordered, %" PRIu64 " of other runs\n",
                r->expected, r->lost, t->duplicated, t->reordered, t->foreign);
    print_idle(r, to);
}

static void put_string(FILE *to, const char *text)
{
    fputc('"', to);
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\')
            fprintf(to, "\\%c", *c);
        else if ((unsigned char)*c < 0x20)
            fprintf(to, "\\u%04x", (unsigned)*c);
        else
            fputc(*c, to);
    }
    fputc('"', to);
}

static void put_text_member(FILE *to, const char *name, const char *text)
{
    fprintf(to, "\"%s\": ", name);
    put_string(to, text);
    fputs(", ", to);
}

static void read_cpu_model(char *out, size_t size)
{
    FILE *f = fopen("/proc/cpuinfo", "re");
    char line[256];

    snprintf(out, size, "unknown");
    while (f && fgets(line, sizeof line, f)) {
        const char *value = strchr(line, ':');

        if (strncmp(line, "model name", 10) != 0 || !value)
            continue;
        snprintf(out, size, "%.*s", (int)strcspn(value + 2, "\n"), value + 2);
        break;
    }
    if (f)
        fclose(f);
}

static void put_machine(FILE *to)
{
    struct utsname name;
    char model[200];

    read_cpu_model(model, sizeof model);
    fputs("  \"machine\": {", to);
    put_text_member(to, "cpu", model);
    if (uname(&name) == 0) {
        put_text_member(to, "kernel", name.release);
        put_text_member(to, "architecture", name.machine);
    }
    fprintf(to, "\"cpus\": %ld},\n", sysconf(_SC_NPROCESSORS_ONLN));
}

static void put_settings(const struct options *o, FILE *to)
{
    fputs("  \"settings\": {", to);
    put_text_member(to, "host", o->host);
    put_text_member(to, "port", o->port);
    put_text_member(to, "openwire_port", o->openwire_port);
    put_text_member(to, "producer_protocol", options_protocol_name(o->producer_protocol));
    put_text_member(to, "consumer_protocol", options_protocol_name(o->consumer_protocol));
    fprintf(to, "\"tight\": %s, \"cache\": %s, ", o->is_tight ? "true" : "false",
            o->has_cache ? "true" : "false");
    put_text_member(to, "kind", o->kind == BENCH_QUEUE ? "queue" : "topic");
    put_text_member(to, "name", o->name);
    put_text_member(to, "ack", options_ack_name(o));
    if (o->selector)
        put_text_member(to, "selector", o->selector);
    fprintf(to,
            "\"destinations\": %" PRIu32 ", \"producers\": %" PRIu32 ", \"consumers\": %" PRIu32
            ", \"threads\": %" PRIu32 ", \"size\": %" PRIu32 ", ",
            o->destination_count, o->producer_count, o->consumer_count, o->thread_count,
            o->body_bytes);
    fprintf(to,
            "\"messages\": %" PRIu64 ", \"seconds\": %g, \"warmup\": %g, \"rate\": %.17g, "
            "\"window\": %" PRIu32 ", \"ack_every\": %" PRIu32 ", \"prefetch\": %" PRId64
            ", \"persistent\": %s, \"text\": %s, \"verify\": %s},\n",
            o->message_count, o->seconds, o->warmup_seconds, o->rate, o->window, o->ack_every,
            o->prefetch, o->persistent ? "true" : "false", o->is_text ? "true" : "false",
            o->verify ? "true" : "false");
}

static void put_side(FILE *to, const char *name, uint64_t all, uint64_t measured, uint64_t bytes,
                     double seconds)
{
    fprintf(to,
            "  \"%s\": {\"messages\": %" PRIu64 ", \"measured\": %" PRIu64
            ", \"seconds\": %.6f, \"per_second\": %.1f, \"mb_per_second\": %.3f},\n",
            name, all, measured, seconds, per_second(measured, seconds),
            per_second(bytes, seconds) / 1e6);
}

static void put_latency(const struct histogram *h, FILE *to)
{
    fprintf(to, "  \"latency_us\": {\"count\": %" PRIu64 ", \"min\": %.3f, \"mean\": %.3f, ",
            histogram_count(h), (double)histogram_min(h) / 1e3, histogram_mean(h) / 1e3);
    for (size_t i = 0; i < ARRAY_LEN(percentiles); i++)
        fprintf(to, "\"%s\": %.3f, ", percentiles[i].name,
                (double)histogram_percentile(h, percentiles[i].percent) / 1e3);
    fprintf(to, "\"max\": %.3f},\n", (double)histogram_max(h) / 1e3);
}

void report_print_json(const struct report *r, FILE *to)
{
    const struct driver_result *t = &r->total;
    const struct report_idle *idle = &r->idle;

    fputs("{\n", to);
    put_machine(to);
    put_settings(r->options, to);
    put_side(to, "sent", t->sent, t->sent_measured, t->sent_measured * r->options->body_bytes,
             r->send_seconds);
    put_side(to, "received", t->received, t->received_measured, t->bytes_measured,
             r->receive_seconds);
    put_latency(r->latency, to);
    fprintf(to,
            "  \"verification\": {\"done\": %s, \"expected\": %" PRIu64 ", \"lost\": %" PRIu64
            ", \"duplicated\": %" PRIu64 ", \"reordered\": %" PRIu64 ", \"foreign\": %" PRIu64
            "},\n",
            report_is_verified(r) ? "true" : "false", r->expected, r->lost, t->duplicated,
            t->reordered, t->foreign);
    fprintf(to,
            "  \"idle\": {\"connections\": %" PRIu32 ", \"open_seconds\": %.6f, "
            "\"rss_before\": %" PRId64 ", \"rss_after\": %" PRId64
            ", \"bytes_per_connection\": %.1f},\n",
            idle->count, idle->open_seconds, idle->rss_before, idle->rss_after,
            bytes_per_idle(idle));
    fprintf(to, "  \"rss_end\": %" PRId64 "\n}\n", r->rss_end);
}
