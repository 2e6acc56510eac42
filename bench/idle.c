/* SPDX-License-Identifier: Apache-2.0 */
#include "idle.h"
#include "base/clock.h"
#include "run.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int64_t idle_resident_bytes(int64_t pid)
{
    char path[64], line[128], *at;
    int64_t pages = 0;
    FILE *f;

    if (pid <= 0)
        return 0;
    snprintf(path, sizeof path, "/proc/%" PRId64 "/statm", pid);
    f = fopen(path, "re");
    if (!f)
        return 0;
    if (fgets(line, sizeof line, f) && (at = strchr(line, ' ')) != NULL)
        pages = strtoll(at, NULL, 10); /* the second number: resident pages */
    fclose(f);
    return pages * sysconf(_SC_PAGESIZE);
}

static int open_one(struct client *client, const struct options *o, uint32_t index,
                    struct text_error *why)
{
    char name[RUN_NAME_BYTES];
    int error = client_open(client, o, o->consumer_protocol, why);

    if (error)
        return error;
    snprintf(name, sizeof name, "%s.idle.%" PRIu32, o->name, index % o->destination_count);
    return client_subscribe(client, o, name, why);
}

int idle_open(const struct options *options, struct client **out, struct report_idle *report,
              struct text_error *why)
{
    struct client *clients = calloc(options->idle_count + 1u, sizeof *clients);
    int64_t start_ns = clock_monotonic_ns();

    if (!clients)
        return -ENOMEM;
    report->rss_before = idle_resident_bytes(options->pid);
    for (uint32_t i = 0; i < options->idle_count; i++) {
        int error = open_one(&clients[i], options, i, why);

        if (error) {
            idle_close(clients, i + 1);
            return error;
        }
    }
    report->count = options->idle_count;
    report->open_seconds = (double)(clock_monotonic_ns() - start_ns) / 1e9;
    report->rss_after = idle_resident_bytes(options->pid);
    *out = clients;
    return 0;
}

void idle_close(struct client *clients, uint32_t count)
{
    for (uint32_t i = 0; clients && i < count; i++)
        client_close(&clients[i]);
    free(clients);
}
