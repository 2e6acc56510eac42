/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_HINT_H
#define CONFIG_HINT_H
/*
 * hint.h - finds the name that somebody meant when he wrote another one.
 *
 * Threads    any. Limits: names over 64 characters are never near to anything.
 */
#include <stddef.h>

struct hint {
    const char *wanted;
    const char *best; /* NULL: nothing is near */
    size_t distance;
};

void hint_init(struct hint *hint, const char *wanted);
void hint_offer(struct hint *hint, const char *candidate); /* must outlive the hint */
#endif
