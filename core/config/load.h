/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H
/*
 * load.h - config_load with the bytes of the file at hand: for tests and the fuzzer.
 */
#include "arena.h"
#include "config/config.h"

enum { FILE_BYTES_MAX = 16 * 1024 * 1024, NESTING_MAX = 100 };

/* What config->arena points to. */
struct config_memory {
    struct arena *arena;
    struct config_remark *remarks; /* notes and warnings, for config_print */
    size_t remark_count;
};

int config_load_memory(const struct config_source *source, struct slice bytes, struct config **out,
                       struct config_report *report) MUST_CHECK;
#endif
