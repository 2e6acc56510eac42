/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_ARENA_H
#define CONFIG_ARENA_H
/*
 * arena.h - memory that is freed all at once: everything a configuration consists of.
 *
 * Threads    belongs to one thread while it grows; what is in it may then be read by any.
 * Ownership  arena_destroy frees every piece. Limits: none; a configuration is read at start,
 *            where lack of memory ends the program.
 */
#include "base/compiler.h"
#include "base/slice.h"
#include <stdarg.h>

struct arena;

struct arena *arena_create(void);
void arena_destroy(struct arena *arena);               /* NULL is allowed */
void *arena_alloc(struct arena *arena, size_t size);   /* zeroed, never NULL */
char *arena_copy(struct arena *arena, struct slice s); /* with a NUL behind */
char *arena_copy_text(struct arena *arena, const char *text);
char *arena_format(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3);
char *arena_format_list(struct arena *arena, const char *fmt, va_list args) PRINTF_LIKE(2, 0);
/* Room for one element more; `old` holds `count` elements and came from here or is NULL. */
void *arena_grow(struct arena *arena, void *old, size_t count, size_t size);

/* A pointer to a new element at the end of an array, zeroed unless the array was longer before;
 * earlier pointers into it die. */
#define ARENA_APPEND(arena, array, count) \
    ((array) = arena_grow((arena), (array), (count), sizeof *(array)), &(array)[(count)++])
#endif
