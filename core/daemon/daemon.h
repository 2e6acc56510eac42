/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H
/*
 * daemon.h - the running broker, as seen by main().
 *
 * Threads    the main thread; daemon_block_signals before any other thread exists. All that the
 *            main thread does while the broker runs is to wait for signals:
 *              SIGTERM, SIGINT   stop accepting, flush, close, end; a second one does not flush
 *              SIGHUP            read users, groups and authorization again
 *              SIGUSR1           counters of each worker into the log
 */
#include "base/compiler.h"
#include "config/config.h"
#include <stdint.h>

/* So that a signal during the start is not lost, and none reaches another thread. */
void daemon_block_signals(void);
/* Runs until a signal ends it. `source` is what `config` was loaded from. Returns the exit status
 * of the process; the reason of a failure is in the log. */
int daemon_run(const struct config_source *source, const struct config *config,
               int64_t begin_ms) MUST_CHECK;
#endif
