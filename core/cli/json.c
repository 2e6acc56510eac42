/* SPDX-License-Identifier: Apache-2.0 */
/* json.c - a message as JSON: text as a string, other bytes as Base64. */
#include "cli.h"

/* Length of the UTF-8 sequence at `at`, 0 when there is none: no overlong forms, no surrogates. */
static size_t sequence_len(const uint8_t *at, size_t left)
{
    static const struct {
        uint8_t mask, lead;
        size_t len;
        uint32_t lowest;
    } forms[] = {{0x80, 0x00, 1, 0},
                 {0xe0, 0xc0, 2, 0x80},
                 {0xf0, 0xe0, 3, 0x800},
                 {0xf8, 0xf0, 4, 0x10000}};

    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        uint32_t code = (uint32_t)(at[0] & ~forms[i].mask);

        if ((at[0] & forms[i].mask) != forms[i].lead)
            continue;
        if (left < forms[i].len)
            return 0;
        for (size_t k = 1; k < forms[i].len; k++) {
            if ((at[k] & 0xc0) != 0x80)
                return 0;
            code = code << 6 | (at[k] & 0x3f);
        }
        if (code < forms[i].lowest || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
            return 0;
        return forms[i].len;
    }
    return 0;
}

static bool is_utf8(struct slice s)
{
    size_t len;

    for (size_t at = 0; at < s.len; at += len) {
        len = sequence_len(s.bytes + at, s.len - at);
        if (len == 0)
            return false;
    }
    return true;
}

bool cli_put_json(FILE *to, struct slice s)
{
    if (!is_utf8(s))
        return false;
    fputc('"', to);
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.bytes[i];

        if (c == '"' || c == '\\')
            fprintf(to, "\\%c", c);
        else if (c == '\n')
            fputs("\\n", to);
        else if (c < 0x20 || c == 0x7f)
            fprintf(to, "\\u%04x", c);
        else
            fputc(c, to);
    }
    fputc('"', to);
    return true;
}

void cli_put_base64(FILE *to, struct slice s)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    fputc('"', to);
    for (size_t i = 0; i < s.len; i += 3) {
        size_t left = s.len - i;
        uint32_t bits = (uint32_t)s.bytes[i] << 16;

        bits |= left > 1 ? (uint32_t)s.bytes[i + 1] << 8 : 0;
        bits |= left > 2 ? (uint32_t)s.bytes[i + 2] : 0;
        fputc(digits[bits >> 18], to);
        fputc(digits[bits >> 12 & 63], to);
        fputc(left > 1 ? digits[bits >> 6 & 63] : '=', to);
        fputc(left > 2 ? digits[bits & 63] : '=', to);
    }
    fputc('"', to);
}
