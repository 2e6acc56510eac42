/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"
#include <inttypes.h>
#include <stdio.h>

void run_destination_name(const struct options *o, uint32_t destination,
                          char name[static RUN_NAME_BYTES])
{
    snprintf(name, RUN_NAME_BYTES, "%s.%" PRIu32, o->name, destination);
}

const char *run_prefix(const struct options *o)
{
    return o->kind == BENCH_QUEUE ? "/queue/" : "/topic/";
}
