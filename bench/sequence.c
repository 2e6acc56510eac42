/* SPDX-License-Identifier: Apache-2.0 */
#include "sequence.h"
#include <stdlib.h>

enum { CAPACITY_FIRST = 4096, WORD_BITS = 64 };

static uint64_t *word_of(const struct sequence *s, uint64_t number)
{
    return &s->ahead[(number & (s->capacity - 1)) / WORD_BITS];
}

static uint64_t bit_of(uint64_t number)
{
    return UINT64_C(1) << (number % WORD_BITS);
}

static bool is_seen(const struct sequence *s, uint64_t number)
{
    return number < s->end && (*word_of(s, number) & bit_of(number)) != 0;
}

/* Passes over all that has come, clearing its bits for the numbers that reuse them. */
static void advance(struct sequence *s)
{
    while (s->next < s->end && is_seen(s, s->next)) {
        *word_of(s, s->next) &= ~bit_of(s->next);
        s->next++;
    }
}

static bool grow_to_hold(struct sequence *s, uint64_t number)
{
    struct sequence larger = *s;

    if (s->capacity > 0 && number - s->next < s->capacity)
        return true;
    if (larger.capacity == 0)
        larger.capacity = CAPACITY_FIRST;
    while (number - s->next >= larger.capacity)
        larger.capacity *= 2;
    larger.ahead = calloc(larger.capacity / WORD_BITS, sizeof *larger.ahead);
    if (!larger.ahead)
        return false;
    for (uint64_t n = s->next; s->capacity > 0 && n < s->end; n++) {
        if (is_seen(s, n))
            *word_of(&larger, n) |= bit_of(n);
    }
    free(s->ahead);
    *s = larger;
    return true;
}

/* Gives up what is missing below `floor`. */
static void give_up_below(struct sequence *s, uint64_t floor)
{
    while (s->next < floor && s->next < s->end) {
        *word_of(s, s->next) &= ~bit_of(s->next);
        s->next++;
    }
    if (s->next < floor)
        s->next = s->end = floor;
    advance(s);
}

enum sequence_verdict sequence_add_slow(struct sequence *s, uint64_t number)
{
    if (number < s->next)
        return SEQUENCE_DUPLICATE;
    if (number - s->next >= SEQUENCE_AHEAD_MAX) {
        if (s->capacity == 0 && !grow_to_hold(s, s->next))
            return SEQUENCE_NO_MEMORY;
        give_up_below(s, number - SEQUENCE_AHEAD_MAX + 1);
    }
    if (!grow_to_hold(s, number))
        return SEQUENCE_NO_MEMORY;
    if (is_seen(s, number))
        return SEQUENCE_DUPLICATE;
    *word_of(s, number) |= bit_of(number);
    if (number >= s->end)
        s->end = number + 1;
    s->unique++;
    advance(s);
    return SEQUENCE_NEW;
}

void sequence_fini(struct sequence *s)
{
    free(s->ahead);
    *s = (struct sequence){0};
}
