/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_REMARKS_H
#define DAEMON_REMARKS_H
/* remarks.h - what loading a configuration had to say, as lines of the log. Any thread. */
#include "base/log.h"
#include "config/config.h"

void remarks_log(const struct log_scope *log, const struct config_report *report);
#endif
