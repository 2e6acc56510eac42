/* SPDX-License-Identifier: Apache-2.0 */
#include "jms/ascii.h"
#include <criterion/criterion.h>

enum { LEN_MAX = 150 };

Test(openwire_ascii, is_all_from_1_to_127_at_every_length)
{
    uint8_t text[LEN_MAX];

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(1 + i % 127);
    for (size_t len = 0; len <= sizeof text; len++)
        cr_assert(text_is_ascii((struct slice){text, len}), "len %zu", len);
    cr_assert(text_is_ascii(SLICE_ABSENT));
}

Test(openwire_ascii, a_stranger_is_found_wherever_it_is)
{
    static const uint8_t strangers[] = {0, 0x80, 0xff};
    uint8_t text[LEN_MAX];

    memset(text, 'x', sizeof text);
    for (size_t len = 1; len <= sizeof text; len++)
        for (size_t at = 0; at < len; at++)
            for (size_t i = 0; i < sizeof strangers; i++) {
                text[at] = strangers[i];
                cr_assert(!text_is_ascii((struct slice){text, len}), "%zu of %zu", at, len);
                text[at] = 'x';
            }
}

Test(openwire_ascii, what_follows_is_not_looked_at)
{
    uint8_t text[LEN_MAX];

    memset(text, 0xff, sizeof text);
    for (size_t len = 0; len < sizeof text; len++) {
        cr_assert(text_is_ascii((struct slice){text, len}), "len %zu", len);
        text[len] = 'x';
    }
}
