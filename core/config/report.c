/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"
#include "arena.h"
#include <stdlib.h>

enum { REMARKS_MAX = 1000 };

void report_init(struct config_report *report)
{
    *report = (struct config_report){.arena = arena_create()};
}

void config_report_fini(struct config_report *report)
{
    arena_destroy(report->arena);
    *report = (struct config_report){0};
}

void report_add(struct config_report *report, enum config_severity severity,
                struct config_place place, const char *fmt, ...)
{
    struct config_remark *remark;
    va_list args;

    if (severity == CONFIG_ERROR)
        report->error_count++;
    if (report->count > REMARKS_MAX)
        return;
    remark = ARENA_APPEND(report->arena, report->remarks, report->count);
    remark->severity = severity;
    remark->place.line = place.line;
    remark->place.file = arena_copy_text(report->arena, place.file);
    if (report->count > REMARKS_MAX) {
        remark->text = "there is more to say than fits here";
        return;
    }
    va_start(args, fmt);
    remark->text = arena_format_list(report->arena, fmt, args);
    va_end(args);
}

/* An insertion sort: stable, and the remarks are nearly in order already. */
void report_sort(struct config_report *report)
{
    for (size_t i = 1; i < report->count; i++) {
        struct config_remark remark = report->remarks[i];
        size_t at = i;

        for (; at > 0 && report->remarks[at - 1].place.line > remark.place.line; at--)
            report->remarks[at] = report->remarks[at - 1];
        report->remarks[at] = remark;
    }
}

void config_report_print(const struct config_report *report, FILE *to)
{
    static const char *const words[] = {"note", "warning", "error"};

    for (size_t i = 0; i < report->count; i++) {
        const struct config_remark *remark = &report->remarks[i];

        if (remark->place.line > 0)
            fprintf(to, "%s:%d: %s: %s\n", remark->place.file, remark->place.line,
                    words[remark->severity], remark->text);
        else
            fprintf(to, "%s: %s: %s\n", remark->place.file, words[remark->severity], remark->text);
    }
}
