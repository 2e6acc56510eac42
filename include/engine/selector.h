/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_SELECTOR_H
#define ENGINE_SELECTOR_H
/*
 * selector.h - JMS message selectors: SQL-92 conditions with three-valued logic, compiled once,
 * evaluated without allocation. The dialect is ActiveMQ's parser's (docs/selectors.md).
 *
 * Threads    a compiled selector is immutable; evaluation keeps its state on the stack.
 * Ownership  compile gives the selector to the caller.
 * Limits     text up to 64 kB, nesting up to 200 levels, 512 values at a time, patterns of 1 kB.
 *            Past one: -EINVAL. An evaluation takes at most 250000 steps and makes at most 16 kB
 *            of text, past which that part is unknown; it uses up to 50 kB of stack.
 */
#include "base/compiler.h"
#include "base/text.h"
#include "engine/message.h"

struct selector;

/* What a selector may see that is not in the message. */
struct selector_facts {
    uint32_t redelivery_count;
    bool group_first_for_consumer;
    int64_t broker_out_ms;
};

/* The prefixes "convert_string_expressions:" and "no_convert_string_expressions:" in the text
 * win over `convert_strings` (STOMP converts). -EINVAL or -ENOMEM with the reason, and the column
 * where there is one; a text without a condition is invalid. */
int selector_compile(struct slice text, bool convert_strings, struct selector **out,
                     struct text_error *why) MUST_CHECK;
void selector_destroy(struct selector *selector); /* NULL is allowed */
/* True only if the condition is true: unknown is not. `facts` is never NULL. */
bool selector_matches(const struct selector *selector, const struct message *message,
                      const struct selector_facts *facts);
/* The text as given. */
struct slice selector_text(const struct selector *selector);
/* If the condition can only be true when the string property `*name` equals `*literal` (an
 * AND-ed "name = 'literal'"), says so: lets a queue index its subscriptions. */
bool selector_equality(const struct selector *selector, struct slice *name, struct slice *literal);
#endif
