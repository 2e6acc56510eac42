/* SPDX-License-Identifier: Apache-2.0 */
#include "stomp_internal.h"
#include "stomp_text.h"

enum { ERROR_TEXT_MAX = 2048, CONNECTED_VALUE_MAX = 2048 };

/* Clients look for "ActiveMQ" here; the comment says who really answers. */
#define SERVER "ActiveMQ/5.17.2 (Corewire)"

static void commit(struct stomp_session *session, uint8_t *start, uint8_t *end)
{
    output_commit(session->wire.output, (size_t)(end - start));
    session->last_write_ms = session->worker->wheel->now_ms;
}

static struct slice cut(struct slice s, size_t len_max)
{
    if (s.len > len_max)
        s.len = len_max;
    return s;
}

static uint8_t *put_receipt_id(uint8_t *at, struct slice id, enum stomp_version version)
{
    at = PUT(at, "receipt-id:");
    at = put_escaped(at, id, version);
    *at++ = '\n';
    return at;
}

/* Until CONNECTED says otherwise both sides speak 1.0. */
static enum stomp_version spoken_version(const struct stomp_session *session)
{
    const bool is_agreed = session->state != SESSION_NEW && session->state != SESSION_CONNECTING;

    return is_agreed ? (enum stomp_version)session->version : STOMP_1_0;
}

void write_error(struct stomp_session *session, const char *text, struct slice receipt)
{
    const enum stomp_version version = spoken_version(session);
    const struct slice message = cut(slice_of_text(text), ERROR_TEXT_MAX);
    const struct slice id = cut(receipt, RECEIPT_ID_MAX);
    uint8_t *start, *at;

    start = at = output_reserve(session->wire.output, 3 * message.len + 2 * id.len + 64);
    at = PUT(at, "ERROR\ncontent-type:text/plain\n");
    if (slice_is_present(id))
        at = put_receipt_id(at, id, version);
    at = PUT(at, "message:");
    at = put_escaped(at, message, version);
    at = PUT(at, "\n\n");
    for (size_t i = 0; i < message.len; i++) /* a NUL would end the frame */
        *at++ = message.bytes[i] ? message.bytes[i] : '?';
    at = PUT(at, "\0\n");
    commit(session, start, at);
}

void write_receipt(struct stomp_session *session, struct slice id)
{
    uint8_t *start, *at;

    id = cut(id, RECEIPT_ID_MAX);
    start = at = output_reserve(session->wire.output, 2 * id.len + 32);
    at = PUT(at, "RECEIPT\n");
    at = put_receipt_id(at, id, (enum stomp_version)session->version);
    at = PUT(at, "\n\0\n");
    commit(session, start, at);
}

/* ActiveMQ never escapes in CONNECTED: only what would break the frame is escaped here. */
static uint8_t *put_given(uint8_t *at, struct slice name, const char *value)
{
    if (!value)
        return at;
    at = put_slice(at, name);
    at = put_escaped(at, cut(slice_of_text(value), CONNECTED_VALUE_MAX), STOMP_1_0);
    *at++ = '\n';
    return at;
}

void write_connected(struct stomp_session *session, const struct stomp_connecting *connecting)
{
    static const char *const versions[] = {"1.0", "1.1", "1.2"};
    const struct slice id = connecting->client_id ? slice_of_text(connecting->client_id)
                                                  : engine_client_connection_id(session->client);
    /* ActiveMQ answers request-id, or else receipt, in both headers. */
    const char *answered = connecting->request_id ? connecting->request_id : connecting->receipt;
    uint8_t *start, *at;

    start = at = output_reserve(session->wire.output, 6 * CONNECTED_VALUE_MAX + 256);
    at = PUT(at, "CONNECTED\nserver:" SERVER "\nversion:");
    at = put_slice(at, slice_of_text(versions[session->version]));
    at = PUT(at, "\nheart-beat:");
    at = put_decimal(at, connecting->write_ms);
    *at++ = ',';
    at = put_decimal(at, connecting->read_ms);
    at = PUT(at, "\nsession:");
    at = put_escaped(at, cut(id, CONNECTED_VALUE_MAX), STOMP_1_0);
    *at++ = '\n';
    at = put_given(at, SLICE("receipt-id:"), answered);
    at = put_given(at, SLICE("response-id:"), answered);
    at = PUT(at, "\n\0\n");
    commit(session, start, at);
}
