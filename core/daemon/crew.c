/* SPDX-License-Identifier: Apache-2.0 */
#include "crew.h"

bool crew_meet(struct crew *crew)
{
    bool has_failed;

    (void)pthread_barrier_wait(&crew->start);
    has_failed = atomic_load(&crew->has_failed);
    /* Nobody may fail in the next step before all have seen how this one ended. */
    (void)pthread_barrier_wait(&crew->start);
    return !has_failed;
}

void crew_fail(struct crew *crew, const char *why)
{
    if (!atomic_exchange(&crew->has_failed, true))
        log_event(&crew->log, LOG_ERROR, "start_failed", "error=\"%s\"", why);
}

void crew_realm_taken(struct crew *crew)
{
    if (atomic_fetch_sub(&crew->realms_on_the_way, 1) == 1)
        log_event(&crew->log, LOG_INFO, "reloaded",
                  "config=%s what=\"users, groups, authorization\"", crew->config->file);
}
