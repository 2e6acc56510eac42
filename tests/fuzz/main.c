/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for libFuzzer: runs the target over the files and folders named as arguments (its
 * seeds and old crashes), so that each of them is an ordinary test in every build. */
#include <assert.h>
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_bytes(const uint8_t *data, size_t size)
{
    int result = LLVMFuzzerTestOneInput(data, size);

    assert(result == 0 || result == -1); /* -1: not for the corpus */
    (void)result;
}

static int run_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(size ? size : 1);
    size_t got;

    assert(bytes != NULL);
    if (!file) {
        perror(path);
        free(bytes);
        return 1;
    }
    got = fread(bytes, 1, size, file);
    fclose(file);
    run_bytes(bytes, got);
    free(bytes);
    return 0;
}

static int run_path(const char *path, unsigned *count);

static int run_folder(const char *path, unsigned *count)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    int failed = 0;
    char *child;

    if (!folder) {
        perror(path);
        return 1;
    }
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        if (asprintf(&child, "%s/%s", path, entry->d_name) < 0)
            abort();
        failed |= run_path(child, count);
        free(child);
    }
    closedir(folder);
    return failed;
}

static int run_path(const char *path, unsigned *count)
{
    struct stat status;

    if (stat(path, &status) != 0) {
        perror(path);
        return 1;
    }
    if (S_ISDIR(status.st_mode))
        return run_folder(path, count);
    (*count)++;
    return run_file(path, (size_t)status.st_size);
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    int failed = 0;

    run_bytes((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++)
        failed |= run_path(argv[i], &count);
    printf("%u inputs\n", count);
    return failed || count == 0; /* no seeds at all: the test would show nothing */
}
