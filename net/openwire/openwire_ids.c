/* SPDX-License-Identifier: Apache-2.0 */
#include "openwire_internal.h"
#include <inttypes.h>
#include <stdio.h>

enum { NUMBER_LEN_MAX = 21 }; /* a colon, a sign and 19 digits */

static uint8_t *put_number(uint8_t *at, int64_t number)
{
    uint8_t digits[NUMBER_LEN_MAX];
    uint8_t *first = digits + sizeof digits;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    do {
        *--first = (uint8_t)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    *at++ = ':';
    if (number < 0)
        *at++ = '-';
    memcpy(at, first, (size_t)(digits + sizeof digits - first));
    return at + (digits + sizeof digits - first);
}

size_t id_text_write(char out[ID_TEXT_MAX], struct slice connection, int64_t session, int64_t value)
{
    uint8_t *at = (uint8_t *)out;

    if (connection.len > ID_TEXT_MAX - (size_t)2 * NUMBER_LEN_MAX)
        return 0;
    if (connection.len > 0)
        memcpy(at, connection.bytes, connection.len);
    at = put_number(at + connection.len, session);
    at = put_number(at, value);
    return (size_t)(at - (uint8_t *)out);
}

/* Takes ":<number>" off the end. */
static bool take_number(struct slice *text, int64_t *out)
{
    size_t at = text->len;

    while (at > 0 && text->bytes[at - 1] != ':')
        at--;
    if (at == 0 || !slice_to_i64(slice_after(*text, at), out))
        return false;
    text->len = at - 1;
    return true;
}

struct id_parts id_parts_of(struct slice text)
{
    struct id_parts parts = {.connection = text};

    if (take_number(&parts.connection, &parts.value) &&
        take_number(&parts.connection, &parts.session))
        return parts;
    return (struct id_parts){.connection = text};
}

/* Java prints each byte as a signed number in hexadecimal, without leading zeros. */
static size_t put_hex(char *out, size_t len, struct slice bytes)
{
    size_t used = 0;

    for (size_t i = 0; i < bytes.len && used < len; i++) {
        const int count =
            snprintf(out + used, len - used, "%x", (unsigned)(int)(int8_t)bytes.bytes[i]);

        used += (size_t)count;
    }
    return used < len ? used : len - 1;
}

static void xa_text(const struct ow_xa_transaction_id *id, struct text_error *out)
{
    char global[sizeof out->text / 3], branch[sizeof out->text / 3];
    const size_t global_len = put_hex(global, sizeof global, id->global_transaction_id);
    const size_t branch_len = put_hex(branch, sizeof branch, id->branch_qualifier);

    text_error_set(out, "XID:[%" PRId32 ",globalId=%.*s,branchId=%.*s]", id->format_id,
                   (int)global_len, global, (int)branch_len, branch);
}

void transaction_id_text(const struct ow_object *id, struct text_error *out)
{
    const struct ow_local_transaction_id *local =
        (const struct ow_local_transaction_id *)(const void *)id;

    if (id && id->type == OW_XA_TRANSACTION_ID)
        xa_text((const struct ow_xa_transaction_id *)(const void *)id, out);
    else if (id && id->type == OW_LOCAL_TRANSACTION_ID)
        text_error_set(out, "TX:%.*s:%" PRId64,
                       SLICE_FMT(local->connection_id ? local->connection_id->value : SLICE_ABSENT),
                       local->value);
    else
        text_error_set(out, "null");
}
