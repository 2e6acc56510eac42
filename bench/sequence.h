/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_SEQUENCE_H
#define BENCH_SEQUENCE_H
/*
 * sequence.h - which numbers of a stream have come: finds what is lost and what came twice, in
 * whatever order the numbers arrive (several consumers share a queue).
 *
 * Threads    belongs to one thread. Ownership: fini frees the bits; zeros are a fresh one.
 * Limits     SEQUENCE_AHEAD_MAX numbers may be seen above the first that is missing; a number
 *            further ahead moves that first one up, and those passed over stay lost.
 */
#include "base/compiler.h"
#include <stdbool.h>
#include <stdint.h>

#define SEQUENCE_AHEAD_MAX (UINT64_C(1) << 31)

struct sequence {
    uint64_t next;     /* all below have come, or were given up */
    uint64_t end;      /* one above the highest that came */
    uint64_t unique;   /* how many different numbers came */
    uint64_t *ahead;   /* bit (number & (capacity - 1)) for numbers from next to end */
    uint64_t capacity; /* in bits, a power of two, or 0 */
};

enum sequence_verdict { SEQUENCE_NEW, SEQUENCE_DUPLICATE, SEQUENCE_NO_MEMORY };

enum sequence_verdict sequence_add_slow(struct sequence *s, uint64_t number);
void sequence_fini(struct sequence *s);

static inline enum sequence_verdict sequence_add(struct sequence *s, uint64_t number)
{
    if (LIKELY(number == s->next && s->end == number)) {
        s->next = s->end = number + 1;
        s->unique++;
        return SEQUENCE_NEW;
    }
    return sequence_add_slow(s, number);
}
#endif
