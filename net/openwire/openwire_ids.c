/* SPDX-License-Identifier: Apache-2.0 */
#include "openwire_internal.h"
#include <inttypes.h>
#include <stdio.h>

size_t id_text_write(char out[ID_TEXT_MAX], struct slice connection, int64_t session, int64_t value)
{
    const int len = snprintf(out, ID_TEXT_MAX, "%.*s:%" PRId64 ":%" PRId64, SLICE_FMT(connection),
                             session, value);

    return len > 0 && len < ID_TEXT_MAX ? (size_t)len : 0;
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
