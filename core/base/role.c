/* SPDX-License-Identifier: Apache-2.0 */
#include "base/role.h"

struct worker_role worker_role;
_Thread_local uint16_t worker_self = WORKER_NONE;
