/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTH_JAAS_FILES_H
#define AUTH_JAAS_FILES_H
/* jaas_files.h - the user and group files of ActiveMQ's PropertiesLoginModule. */
#include "user_table.h"

/* `users_file` holds user=password, `groups_file` group=user,user without trimming. Fills and
 * seals the table. -EINVAL with `why`; check arena->failed as well. */
int jaas_files_load(const char *users_file, const char *groups_file, struct auth_arena *arena,
                    struct user_table *table, struct text_error *why) MUST_CHECK;
#endif
