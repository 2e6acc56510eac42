/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receipts leave in the order of the frames that asked for them, however the engine's answers
 * arrive. Requests are numbered in a row, so an answer finds its place without a search.
 */
#include "stomp_internal.h"
#include <stdlib.h>

static struct slice id_of(const struct receipt *receipt)
{
    if (!receipt->has_id)
        return SLICE_ABSENT;
    return slice_of(receipt->id_len > RECEIPT_NEAR_MAX ? receipt->far : receipt->near,
                    receipt->id_len);
}

static void receipt_fini(struct receipt *receipt)
{
    if (receipt->id_len > RECEIPT_NEAR_MAX)
        free(receipt->far);
    free(receipt->error);
}

static int set_id(struct receipt *receipt, struct slice id)
{
    receipt->has_id = slice_is_present(id);
    if (!receipt->has_id)
        return 0;
    if (id.len > RECEIPT_NEAR_MAX) {
        receipt->far = malloc(id.len);
        if (!receipt->far)
            return -1;
    }
    receipt->id_len = (uint32_t)id.len;
    if (id.len > 0)
        memcpy(id.len > RECEIPT_NEAR_MAX ? receipt->far : receipt->near, id.bytes, id.len);
    return 0;
}

/* NULL: no memory, and the session goes down, since an answer would be missing. */
static struct receipt *push(struct stomp_session *session, struct slice id, enum receipt_kind kind)
{
    struct receipt *receipt = fifo_push(&session->receipts, sizeof *receipt);

    if (!receipt) {
        session->is_broken = true;
        stomp_session_attend_soon(session);
        return NULL;
    }
    memset(receipt, 0, sizeof *receipt);
    receipt->kind = (uint8_t)kind;
    if (set_id(receipt, id) != 0) {
        session->is_broken = true;
        stomp_session_attend_soon(session);
    }
    if (session->receipts.count >= RECEIPTS_OUTSTANDING_MAX)
        stomp_session_pause(session, PAUSE_RECEIPTS);
    return receipt;
}

static void emit(struct stomp_session *session, const struct receipt *receipt)
{
    const struct slice id = id_of(receipt);

    if (session->state == SESSION_CLOSED)
        return;
    if (receipt->state == RECEIPT_FAILED)
        write_error(session, receipt->error ? receipt->error : "No memory", id);
    else if (slice_is_present(id))
        write_receipt(session, id);
    if (receipt->kind == RECEIPT_DISCONNECT)
        stomp_session_close(session, "client");
}

void receipts_flush(struct stomp_session *session)
{
    while (session->receipts.count > 0) {
        struct receipt *receipt = fifo_at(&session->receipts, sizeof *receipt, 0);

        if (receipt->state == RECEIPT_WAITS)
            return;
        if (receipt->kind == RECEIPT_DISCONNECT && session->client) { /* see stomp_session_attend */
            stomp_session_attend_soon(session);
            return;
        }
        emit(session, receipt);
        receipt_fini(receipt);
        fifo_pop(&session->receipts);
        session->first_request++;
        if (session->receipts.count < RECEIPTS_OUTSTANDING_MAX / 2)
            stomp_session_resume(session, PAUSE_RECEIPTS);
    }
}

uint64_t receipt_open(struct stomp_session *session, const struct stomp_frame *frame,
                      enum receipt_kind kind, void *subject)
{
    const struct slice id = stomp_frame_header(frame, STOMP_HEADER_RECEIPT);
    struct receipt *receipt;

    if (kind == RECEIPT_PLAIN && !slice_is_present(id))
        return 0;
    receipt = push(session, id, kind);
    if (!receipt)
        return 0;
    receipt->subject = subject;
    return session->first_request + session->receipts.count - 1;
}

void receipt_now(struct stomp_session *session, const struct stomp_frame *frame,
                 enum receipt_kind kind)
{
    const struct slice id = stomp_frame_header(frame, STOMP_HEADER_RECEIPT);
    struct receipt *receipt;

    if (kind == RECEIPT_PLAIN && !slice_is_present(id))
        return;
    receipt = push(session, id, kind);
    if (receipt)
        receipt->state = RECEIPT_DONE;
    receipts_flush(session);
}

void receipt_failed(struct stomp_session *session, struct slice id, const char *text)
{
    struct receipt *receipt;

    if (!slice_is_present(id)) {
        write_error(session, text, id);
        return;
    }
    receipt = push(session, id, RECEIPT_PLAIN);
    if (!receipt)
        return;
    receipt->state = RECEIPT_FAILED;
    receipt->error = strdup(text);
    receipts_flush(session);
}

static void follow_up(struct stomp_session *session, struct receipt *receipt, bool is_ok)
{
    if (receipt->kind == RECEIPT_SUBSCRIBE && !is_ok && receipt->subject)
        stomp_subscription_mark_dead(receipt->subject);
    if (receipt->kind == RECEIPT_COMMIT)
        session_commit_answered(session, receipt->subject, is_ok);
    receipt->subject = NULL;
}

void receipt_answered(struct stomp_session *session, const struct engine_completion *completion)
{
    const bool is_ok = completion->error == ENGINE_OK;
    const uint64_t index = completion->request - session->first_request;
    struct receipt *receipt;

    if (completion->request == 0) {
        if (!is_ok && session->state != SESSION_CLOSED)
            write_error(session, completion->text, SLICE_ABSENT);
        return;
    }
    assert(index < session->receipts.count);
    receipt = fifo_at(&session->receipts, sizeof *receipt, (uint32_t)index);
    assert(receipt->state == RECEIPT_WAITS);
    receipt->state = is_ok ? RECEIPT_DONE : RECEIPT_FAILED;
    if (!is_ok)
        receipt->error = strdup(completion->text);
    follow_up(session, receipt, is_ok);
    receipts_flush(session);
}

void receipts_forget(struct stomp_session *session, const void *subject)
{
    for (uint32_t i = 0; i < session->receipts.count; i++) {
        struct receipt *receipt = fifo_at(&session->receipts, sizeof *receipt, i);

        if (receipt->subject == subject)
            receipt->subject = NULL;
    }
}

bool receipts_await_end(struct stomp_session *session)
{
    const struct receipt *front;

    if (session->receipts.count == 0)
        return false;
    front = fifo_at(&session->receipts, sizeof *front, 0);
    return front->kind == RECEIPT_DISCONNECT;
}

void receipts_fini(struct stomp_session *session)
{
    for (uint32_t i = 0; i < session->receipts.count; i++) {
        struct receipt *receipt = fifo_at(&session->receipts, sizeof *receipt, i);

        if (receipt->kind == RECEIPT_COMMIT)
            free(receipt->subject);
        receipt_fini(receipt);
    }
    fifo_fini(&session->receipts);
}
