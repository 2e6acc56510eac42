/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ROLE_H
#define BASE_ROLE_H
/*
 * role.h - which thread may run what, said once and checked twice.
 *
 * Clang's -Wthread-safety checks WORKER_ONLY at compile time; assert_on_worker() checks the
 * same claim at run time. A thread that never took the role fails both. "Worker" here means
 * any thread that owns a port of the exchange (worker, forwarder, journal, admin).
 */
#include "base/compiler.h"
#include <assert.h>
#include <stdint.h>

struct THREAD_ATTR(capability("role")) worker_role {
    char unused;
};
extern struct worker_role worker_role;

#define WORKER_ONLY THREAD_ATTR(requires_capability(worker_role))
#define WORKER_NONE UINT16_MAX

extern _Thread_local uint16_t worker_self; /* WORKER_NONE on a thread without a role */

/* Also tells clang that from here on we are on a worker: callbacks start with it. */
static inline void assert_on_worker(uint16_t owner) THREAD_ATTR(assert_capability(worker_role));
static inline void assert_on_worker(uint16_t owner)
{
    assert(owner != WORKER_NONE);
    assert(owner == worker_self);
    (void)owner;
}

/* The calling thread becomes worker `index`: at its start, or in a test that plays several. */
static inline void worker_role_take(uint16_t index) THREAD_ATTR(assert_capability(worker_role));
static inline void worker_role_take(uint16_t index)
{
    worker_self = index;
}
#endif
