/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_VARIABLES_H
#define CONFIG_VARIABLES_H
/*
 * variables.h - what ${name} stands for, and the replacing of it.
 *
 * Threads    the loading one. Ownership: all texts are in the arena.
 * Order      first the caller's (--set), then property files (of equal names the last), then
 *            activemq.* and what a Java machine defines, -D of ACTIVEMQ_OPTS, the environment.
 * Limits     64 KB for a value, 20 levels of nesting.
 */
#include "arena.h"
#include "base/text.h"
#include "config/config.h"

struct variables;

struct variables *variables_create(struct arena *arena, const struct config_source *source);
/* A pair of a property file. */
void variables_add(struct variables *variables, struct slice name, struct slice value);
/* Unknown names stay as they are from now on. */
void variables_keep_unknown(struct variables *variables);
const char *variables_find(const struct variables *variables, const char *name);
/* `text` with every ${...} replaced; `text` itself when there is none. -EINVAL with the reason. */
int variables_resolve(const struct variables *variables, const char *text, const char **out,
                      struct text_error *error) MUST_CHECK;
/* A Java location ("file:...", "classpath:...", a path) as a path that may be opened. */
const char *variables_locate(const struct variables *variables, const char *location);
#endif
