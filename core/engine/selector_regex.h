/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_SELECTOR_REGEX_H
#define ENGINE_SELECTOR_REGEX_H
/*
 * selector_regex.h - regular expressions whose work is bounded by (text x pattern).
 *
 * Java's usual syntax: . [] [^] | () (?:) * + ? {n,m} and their lazy forms, ^ $ \A \z \b \B,
 * \d \w \s and their opposites, \t \n \r \f \xhh \uhhhh, (?i) in front. Not: back references,
 * look-around, possessive forms, \p, \Q, class intersections. Neither libc's nor a backtracking
 * library's matcher keeps to bounds when a peer chooses both pattern and text.
 *
 * Threads    immutable once compiled. Ownership: compile gives it to the caller.
 * Limits     pattern 1 kB, 1000 states. Matching takes stack only, and stops when *work, which
 *            it counts down, is used up.
 */
#include "base/compiler.h"
#include "base/slice.h"

struct selector_regex;

/* -EINVAL with the reason in *why (a constant), -ENOMEM. */
int regex_compile(struct slice pattern, struct selector_regex **out, const char **why) MUST_CHECK;
void regex_destroy(struct selector_regex *regex); /* NULL is allowed */

enum regex_result {
    REGEX_NO_MATCH,
    REGEX_MATCH,
    REGEX_GAVE_UP, /* *work is used up */
};

/* Does it match anywhere? */
enum regex_result regex_find(const struct selector_regex *regex, struct slice text, uint32_t *work);
/* The first match that begins at `from` or later, as Java would choose it. */
enum regex_result regex_next(const struct selector_regex *regex, struct slice text, size_t from,
                             size_t *start, size_t *end, uint32_t *work);
#endif
