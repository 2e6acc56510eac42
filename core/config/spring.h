/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_SPRING_H
#define CONFIG_SPRING_H
/*
 * spring.h - what stands around <broker>: property files, imports, other beans.
 *
 * Threads    the loading one. Order: before the broker is read, because of its ${...}.
 */
#include "walk.h"

void spring_read(struct walk *walk, const xmlNode *root);
/* What a file without <broker> may have meant, to be added to the error. */
const char *spring_missing_broker(const xmlNode *root);
#endif
