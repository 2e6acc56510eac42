/* SPDX-License-Identifier: Apache-2.0 */
#include "hint.h"
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { NAME_MAX_LEN = 64 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int folded(char c)
{
    return tolower((unsigned char)c);
}

/* Insertions, deletions, replacements and swaps of neighbours, upper and lower case alike. */
static size_t distance_of(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][NAME_MAX_LEN + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];

    for (size_t j = 0; j <= b_len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *spare = before;

        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            bool same = folded(a[i - 1]) == folded(b[j - 1]);

            now[j] = smaller(smaller(last[j], now[j - 1]) + 1, last[j - 1] + (same ? 0 : 1));
            if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
                folded(a[i - 2]) == folded(b[j - 1]))
                now[j] = smaller(now[j], before[j - 2] + 1);
        }
        before = last;
        last = now;
        now = spare;
    }
    return last[b_len];
}

void hint_init(struct hint *hint, const char *wanted)
{
    *hint = (struct hint){.wanted = wanted, .distance = (size_t)-1};
}

void hint_offer(struct hint *hint, const char *candidate)
{
    size_t wanted_len = strlen(hint->wanted), len = strlen(candidate);
    size_t allowed = smaller(wanted_len, len) / 3;
    size_t distance;

    if (wanted_len > NAME_MAX_LEN || len > NAME_MAX_LEN)
        return;
    distance = distance_of(hint->wanted, wanted_len, candidate, len);
    if (distance < wanted_len && distance <= (allowed < 1 ? 1 : allowed) &&
        distance < hint->distance) {
        hint->best = candidate;
        hint->distance = distance;
    }
}
