/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JMS_TEXT_H
#define JMS_TEXT_H
/*
 * text.h - modified UTF-8, as Java writes it, to UTF-8 and back. They differ in U+0000 (two bytes
 * there) and in characters beyond U+FFFF (a pair of surrogates, three bytes each).
 *
 * Ownership  what differs is written into `scratch`, which the caller owns; what is the same in
 *            both is returned as it is.
 */
#include "base/compiler.h"
#include "base/slice.h"
#include "base/text.h"

/* Absent stays absent. A lone surrogate becomes U+FFFD. */
struct slice utf8_of_modified(struct slice modified, struct text *scratch);
struct slice modified_of_utf8(struct slice utf8, struct text *scratch);
bool modified_is_valid(struct slice text);
/* Nothing in it differs between the two. */
bool text_is_the_same(struct slice text);

struct property_conversion {
    struct slice entries; /* encoded as of message.h */
    uint16_t count;
};
/* OpenWire's primitive map (with its count in front; absent: no entries) to entries as of
 * engine/message.h, and back. Bytes are passed through where both forms are the same, else written
 * into `scratch`. False: damaged, nested deeper than 32, or more than 65535 entries. */
bool entries_of_map(struct slice map, struct text *scratch,
                    struct property_conversion *out) MUST_CHECK;
bool map_of_entries(struct slice entries, uint16_t count, struct text *scratch,
                    struct slice *out) MUST_CHECK;
#endif
