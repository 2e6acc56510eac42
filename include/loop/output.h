/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LOOP_OUTPUT_H
#define LOOP_OUTPUT_H
/*
 * output.h - a queue of bytes to be sent: small pieces are copied into pooled chunks, large ones
 * are referred to.
 *
 * Threads    belongs to one thread. Ownership: output_add_shared takes over one reference of the
 *            owner, given back through `release` once sent (or when the output dies).
 * Limits     no memory: the output is marked broken, later writes are swallowed, and the
 *            connection is closed at the end of the turn. Renderers need not check.
 */
#include "base/compiler.h"
#include "base/slice.h"

struct output;

/* Room for `len` bytes in one piece (len <= OUTPUT_RESERVE_MAX), to be filled and then
 * committed with the number of bytes really used. Never NULL: a broken output gives scratch. */
enum { OUTPUT_RESERVE_MAX = 16384 };
uint8_t *output_reserve(struct output *output, size_t len);
void output_commit(struct output *output, size_t len);
void output_add(struct output *output, struct slice bytes); /* copies, any length */
/* Refers to `bytes`; worth it from a few kilobytes on. */
void output_add_shared(struct output *output, struct slice bytes, void (*release)(void *owner),
                       void *owner);
#endif
