/* SPDX-License-Identifier: Apache-2.0 */
#include "remarks.h"
#include <stdio.h>

/* A note is about something that cannot hurt; the rest an operator wants to see. */
static const enum log_level levels[] = {
    [CONFIG_NOTE] = LOG_DEBUG,
    [CONFIG_WARNING] = LOG_WARN,
    [CONFIG_ERROR] = LOG_ERROR,
};

void remarks_log(const struct log_scope *log, const struct config_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct config_remark *remark = &report->remarks[i];
        char line[16] = "";

        if (remark->place.line > 0)
            (void)snprintf(line, sizeof line, ":%d", remark->place.line);
        log_event(log, levels[remark->severity], "config_remark", "place=%s%s text=\"%s\"",
                  remark->place.file ? remark->place.file : "", line, remark->text);
    }
}
