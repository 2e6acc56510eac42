/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_VALUE_TEXT_H
#define ENGINE_VALUE_TEXT_H
/*
 * value_text.h - numbers, booleans and characters as Java writes them: what STOMP shows of typed
 * properties and what string functions of selectors work on. Any thread.
 */
#include "engine/message.h"

enum { VALUE_TEXT_MAX = 32 };

/* UTF-8, not NUL-terminated; returns the length. 0: the value is text, bytes or a structure. */
size_t value_write(const struct value *value, char out[VALUE_TEXT_MAX]);
#endif
