/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a configuration: never a crash, and the same bytes mean the same twice. */
#include "load.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *meaning_of(struct slice bytes, size_t *len)
{
    struct config_source source = {.file = "fuzz.xml"};
    struct config_report report;
    struct config *config = NULL;
    char *text = NULL;
    FILE *to = open_memstream(&text, len);

    if (!to)
        abort();
    if (config_load_memory(&source, bytes, &config, &report) == 0)
        config_print(config, to);
    else if (report.error_count == 0)
        abort(); /* refused without a reason */
    config_report_print(&report, to);
    config_destroy(config);
    config_report_fini(&report);
    fclose(to);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t first_len = 0, second_len = 0;
    char *first = meaning_of(slice_of(data, size), &first_len);
    char *second = meaning_of(slice_of(data, size), &second_len);

    if (first_len != second_len || memcmp(first, second, first_len) != 0)
        abort();
    free(first);
    free(second);
    return 0;
}
