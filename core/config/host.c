/* SPDX-License-Identifier: Apache-2.0 */
#include "host.h"
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static bool read_line(const char *path, char *line, size_t size)
{
    FILE *f = fopen(path, "re");
    bool is_read;

    if (!f)
        return false;
    is_read = fgets(line, (int)size, f) != NULL;
    fclose(f);
    if (is_read)
        line[strcspn(line, "\n")] = '\0';
    return is_read;
}

static uint64_t limit_in(const char *group)
{
    char path[PATH_MAX], line[64];
    uint64_t limit;
    char *end;

    snprintf(path, sizeof path, "/sys/fs/cgroup%.3000s/memory.max", group);
    if (!read_line(path, line, sizeof line))
        return UINT64_MAX;
    limit = strtoull(line, &end, 10);
    return end == line ? UINT64_MAX : limit; /* "max" */
}

/* Every group above ours may hold the limit. */
static uint64_t group_limit(void)
{
    char line[PATH_MAX];
    uint64_t least = UINT64_MAX;
    char *group, *slash;

    if (!read_line("/proc/self/cgroup", line, sizeof line) || strncmp(line, "0::", 3) != 0)
        return UINT64_MAX;
    group = line + 3;
    for (;;) {
        uint64_t limit = limit_in(group);

        least = limit < least ? limit : least;
        slash = strrchr(group, '/');
        if (!slash)
            return least;
        *slash = '\0';
    }
}

uint64_t host_memory_bytes(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    uint64_t ram = pages > 0 && page_bytes > 0 ? (uint64_t)pages * (uint64_t)page_bytes : 0;
    uint64_t limit = group_limit();

    return ram == 0 || limit < ram ? (limit == UINT64_MAX ? ram : limit) : ram;
}

uint64_t host_partition_bytes(const char *path)
{
    char at[PATH_MAX];
    struct statvfs fs;
    const char *up;

    if (strlen(path) >= sizeof at)
        return 0;
    memcpy(at, path, strlen(path) + 1);
    while (statvfs(at, &fs) != 0) {
        if (errno != ENOENT || strcmp(at, "/") == 0 || strcmp(at, ".") == 0)
            return 0;
        up = dirname(at); /* points into `at`, or to "." or "/" */
        memmove(at, up, strlen(up) + 1);
    }
    return (uint64_t)fs.f_blocks * fs.f_frsize;
}
