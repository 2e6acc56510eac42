/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_REPORT_H
#define CONFIG_REPORT_H
/*
 * report.h - how remarks about a file get into the caller's struct config_report.
 *
 * Threads    the loading one. Ownership: texts live in the report's own arena.
 * Order      remarks come as they are found; report_sort puts them in the order of the file.
 * Limits     at most 1000 remarks; one more says that there were others.
 */
#include "config/config.h"

void report_init(struct config_report *report);
void report_add(struct config_report *report, enum config_severity severity,
                struct config_place place, const char *fmt, ...) PRINTF_LIKE(4, 5);
void report_sort(struct config_report *report);
#endif
