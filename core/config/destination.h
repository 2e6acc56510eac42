/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_DESTINATION_H
#define CONFIG_DESTINATION_H
/*
 * destination.h - names of destinations as an activemq.xml writes them.
 *
 * Threads    the loading one. Ownership: names are in the arena.
 */
#include "arena.h"
#include "config/config_policy.h"

/* Without blanks around it and without "?options", as ActiveMQ takes it. */
const char *destination_trim(struct arena *arena, const char *name);
/* "queue://A", "topic://B" or a plain name of `kind`. False when there is no name. */
bool destination_parse(struct arena *arena, const char *text, enum config_destination_kind kind,
                       struct config_destination *out);
const char *destination_kind_text(enum config_destination_kind kind);
#endif
