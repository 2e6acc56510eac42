/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_SELECTOR_VALUE_H
#define ENGINE_SELECTOR_VALUE_H
/*
 * selector_value.h - comparing, calculating and writing the values of a selector.
 *
 * Conditions are values too: BOOL, or NULL for unknown.
 *
 * Threads    the engine's own (shard.h).
 */
#include "engine/value_text.h"
#include "selector_program.h"

struct value value_of_bool(bool truth);
struct value value_not(struct value condition);
/* CODE_EQUAL to CODE_GREATER_EQUAL. Unknown if either side is NULL. */
struct value value_compare(enum selector_code code, const struct value *left,
                           const struct value *right, bool convert_strings);
/* CODE_ADD to CODE_REMAINDER on numbers; NULL if a side is none. */
struct value value_calculate(enum selector_code code, const struct value *left,
                             const struct value *right);
struct value value_negate(const struct value *value);

bool value_is_text(const struct value *value);
/* Equal in type and value: what INLIST asks for. */
bool value_same(const struct value *a, const struct value *b);
/* LIKE; counts *work down and gives up (unknown) at 0. */
struct value value_like(struct slice text, struct slice pattern, uint32_t escape, uint32_t *work);
#endif
