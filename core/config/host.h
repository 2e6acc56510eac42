/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_HOST_H
#define CONFIG_HOST_H
/*
 * host.h - how much memory and disk this machine grants us: what percentages refer to.
 *
 * Threads    any. Limits: what cannot be found out counts as 0, "not known".
 */
#include <stdint.h>

/* The smaller of the RAM and the limits of our control groups. */
uint64_t host_memory_bytes(void);
/* Size of the file system that holds `path`, or would if it were created. */
uint64_t host_partition_bytes(const char *path);
#endif
