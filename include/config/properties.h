/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_PROPERTIES_H
#define CONFIG_PROPERTIES_H
/*
 * properties.h - reads Java .properties files: placeholders, credentials, users and groups.
 *
 * The syntax is that of java.util.Properties: comments with # or !, keys ended by '=', ':' or a
 * blank, lines continued by a backslash, the usual escapes and \uXXXX. Bytes are ISO-8859-1 and
 * come out as UTF-8. Blanks at the end of a value belong to the value.
 *
 * Threads    any. Ownership: key and value live during the callback only.
 * Order      pairs come in the order of the file; a key may come twice, the last one counts.
 * Limits     files up to 16 MB. An escape for NUL or for half a surrogate pair is an error.
 */
#include "base/compiler.h"
#include "base/slice.h"
#include "base/text.h"

enum { PROPERTIES_BYTES_MAX = 16 * 1024 * 1024 };

/* `line` is where the key stands, from 1. */
typedef void properties_each_fn(void *arg, struct slice key, struct slice value, int line);

/* -EINVAL with `why` (file:line), -ENOMEM. Pairs before the error were already delivered. `file`
 * is for messages only. */
int properties_parse(struct slice bytes, const char *file, properties_each_fn *each, void *arg,
                     struct text_error *why) MUST_CHECK;
/* As above, or -errno when the file cannot be read. */
int properties_load(const char *file, properties_each_fn *each, void *arg,
                    struct text_error *why) MUST_CHECK;

/* The whole file, appended to `out`. -EFBIG when it is longer than `bytes_max`, else -errno;
 * `why` names the file. */
int properties_read_file(const char *file, size_t bytes_max, struct text *out,
                         struct text_error *why) MUST_CHECK;
#endif
