/* SPDX-License-Identifier: Apache-2.0 */
#include "stomp_internal.h"
#include <stdlib.h>

/*
 * Automatic acknowledgement: what the kernel has taken counts as consumed.
 */
void session_sent_acks(struct stomp_session *session)
{
    session_refuse_unreadable(session);
    session->acks_sealed = true; /* deliveries made meanwhile begin entries of their own */
    while (session->auto_acks.count > 0) {
        const struct auto_batch *front = fifo_at(&session->auto_acks, sizeof *front, 0);
        const struct auto_batch batch = *front;

        if (batch.offset > session->sent)
            return;
        fifo_pop(&session->auto_acks);
        if (batch.subscription && !batch.subscription->is_dead)
            engine_acknowledge(batch.subscription->consumer, ACKNOWLEDGE_CONSUMED, 0, batch.tag,
                               NULL, 0);
    }
}

/*
 * Transactions.
 */
static struct stomp_transaction **find(struct stomp_session *session, struct slice name)
{
    struct stomp_transaction **link = &session->transactions;

    while (*link && !slice_equal(slice_of((*link)->name, (*link)->name_len), name))
        link = &(*link)->next;
    return link;
}

bool session_find_transaction(struct stomp_session *session, const struct stomp_frame *frame,
                              struct stomp_transaction **out)
{
    const struct slice name = stomp_frame_header(frame, STOMP_HEADER_TRANSACTION);

    *out = NULL;
    if (!slice_is_present(name))
        return true;
    *out = *find(session, name);
    if (!*out)
        session_refuse(session, frame, "Invalid transaction id: %.*s", SLICE_FMT(name));
    return *out != NULL;
}

static int begin(struct stomp_session *session, struct slice name)
{
    struct stomp_transaction *transaction = malloc(sizeof *transaction + name.len);

    if (!transaction)
        return -1;
    transaction->engine = engine_begin(session->client);
    if (!transaction->engine) {
        free(transaction);
        return -1;
    }
    transaction->number = ++session->last_transaction;
    if (transaction->number == OUTSTANDING_SETTLED || transaction->number == OUTSTANDING_FREE)
        transaction->number = session->last_transaction = 1;
    transaction->name_len = (uint32_t)name.len;
    if (name.len > 0)
        memcpy(transaction->name, name.bytes, name.len);
    transaction->next = session->transactions;
    session->transactions = transaction;
    session->transaction_count++;
    return 0;
}

void session_on_begin(struct stomp_session *session, const struct stomp_frame *frame)
{
    const struct slice name = stomp_frame_header(frame, STOMP_HEADER_TRANSACTION);

    if (!slice_is_present(name))
        session_refuse(session, frame, "Must specify the transaction you are beginning");
    else if (*find(session, name))
        session_refuse(session, frame, "The transaction was already started: %.*s",
                       SLICE_FMT(name));
    else if (session->transaction_count >= TRANSACTIONS_MAX)
        session_refuse(session, frame, "Too many transactions are open on this connection");
    else if (begin(session, name) != 0)
        session_refuse(session, frame, "No memory for a transaction");
    else
        receipt_now(session, frame, RECEIPT_PLAIN);
}

/* Takes the frame's transaction out of the list; the caller frees it. NULL after an ERROR. */
static struct stomp_transaction *take(struct stomp_session *session,
                                      const struct stomp_frame *frame, const char *doing)
{
    const struct slice name = stomp_frame_header(frame, STOMP_HEADER_TRANSACTION);
    struct stomp_transaction **link, *transaction;

    if (!slice_is_present(name)) {
        session_refuse(session, frame, "Must specify the transaction you are %s", doing);
        return NULL;
    }
    link = find(session, name);
    transaction = *link;
    if (!transaction) {
        session_refuse(session, frame, "Invalid transaction id: %.*s", SLICE_FMT(name));
        return NULL;
    }
    *link = transaction->next;
    session->transaction_count--;
    return transaction;
}

void session_commit_answered(struct stomp_session *session, struct stomp_transaction *transaction,
                             bool is_committed)
{
    subscriptions_each(session, is_committed ? stomp_window_commit : stomp_window_abort,
                       transaction->number);
    free(transaction);
}

void session_on_commit(struct stomp_session *session, const struct stomp_frame *frame)
{
    struct stomp_transaction *transaction = take(session, frame, "committing");
    uint64_t request;

    if (!transaction)
        return;
    request = receipt_open(session, frame, RECEIPT_COMMIT, transaction);
    if (request == 0) { /* no memory: the connection goes down, which rolls back */
        free(transaction);
        return;
    }
    engine_commit(transaction->engine, request);
}

void session_on_abort(struct stomp_session *session, const struct stomp_frame *frame)
{
    struct stomp_transaction *transaction = take(session, frame, "aborting");
    struct engine_transaction *engine;

    if (!transaction)
        return;
    subscriptions_each(session, stomp_window_abort, transaction->number);
    engine = transaction->engine;
    free(transaction);
    engine_rollback(engine, receipt_open(session, frame, RECEIPT_PLAIN, NULL));
}

void transactions_fini(struct stomp_session *session)
{
    while (session->transactions) {
        struct stomp_transaction *next = session->transactions->next;

        free(session->transactions);
        session->transactions = next;
    }
}

/*
 * ACK and NACK.
 */
struct target {
    struct stomp_subscription *subscription;
    uint32_t index; /* in its window */
};

/* "<number of the subscription>-<tag>", as session_deliver wrote it. */
static bool read_ack_id(struct slice id, uint32_t *number, uint64_t *tag)
{
    const uint8_t *dash = id.len > 0 ? memchr(id.bytes, '-', id.len) : NULL;
    int64_t first, second;

    if (!dash || !slice_to_i64(slice_of(id.bytes, (size_t)(dash - id.bytes)), &first) ||
        !slice_to_i64(slice_after(id, (size_t)(dash - id.bytes) + 1), &second) || first < 1 ||
        first > UINT32_MAX || second < 1)
        return false;
    *number = (uint32_t)first;
    *tag = (uint64_t)second;
    return true;
}

static bool find_by_ack_id(const struct stomp_session *session, struct slice id, struct target *out)
{
    uint32_t number;
    uint64_t tag;

    if (!read_ack_id(id, &number, &tag))
        return false;
    out->subscription = stomp_subscription_by_number(session, number);
    return out->subscription && stomp_window_find_tag(out->subscription, tag, &out->index);
}

/* The subscription is gone and the message went back. Clients that work through what they had got
 * before UNSUBSCRIBE are not told, in ActiveMQ as here. */
static bool is_late(const struct stomp_session *session, const struct stomp_frame *frame)
{
    uint32_t number;
    uint64_t tag;

    return session->version == STOMP_1_2 &&
           read_ack_id(stomp_frame_header(frame, STOMP_HEADER_ID), &number, &tag) &&
           number <= session->last_number && !stomp_subscription_by_number(session, number);
}

/* STOMP 1.0 without a subscription header: whichever subscription has that message. */
static bool find_anywhere(const struct stomp_session *session, struct slice message_id,
                          struct target *out)
{
    for (uint32_t i = 0; i < session->bucket_count; i++)
        for (struct stomp_subscription *s = session->by_key[i]; s; s = s->next_by_key)
            if (!s->is_dead && stomp_window_find_message(s, message_id, &out->index)) {
                out->subscription = s;
                return true;
            }
    return false;
}

static bool find_target(const struct stomp_session *session, const struct stomp_frame *frame,
                        struct target *out)
{
    const struct slice id = stomp_frame_header(frame, STOMP_HEADER_ID);
    const struct slice message_id = stomp_frame_header(frame, STOMP_HEADER_MESSAGE_ID);
    const struct slice subscription = stomp_frame_header(frame, STOMP_HEADER_SUBSCRIPTION);

    if (session->version == STOMP_1_2)
        return find_by_ack_id(session, id, out);
    if (!slice_is_present(subscription))
        return find_anywhere(session, message_id, out);
    out->subscription = stomp_subscription_find(session, subscription);
    return out->subscription &&
           stomp_window_find_message(out->subscription, message_id, &out->index);
}

/* What is missing in the frame, as ActiveMQ words it; NULL: nothing. */
static const char *find_fault(const struct stomp_session *session, const struct stomp_frame *frame)
{
    const bool is_nack = frame->action == STOMP_NACK;

    if (is_nack && session->version == STOMP_1_0)
        return "NACK received but connection is in v1.0 mode.";
    if (session->version == STOMP_1_2) {
        if (frame->known[STOMP_HEADER_ID])
            return NULL;
        return is_nack ? "NACK received without an ack header to acknowledge!"
                       : "ACK received without a ack id for acknowledge!";
    }
    if (!frame->known[STOMP_HEADER_MESSAGE_ID])
        return is_nack ? "NACK received without a message-id to acknowledge!"
                       : "ACK received without a message-id to acknowledge!";
    if (session->version == STOMP_1_1 && !frame->known[STOMP_HEADER_SUBSCRIPTION])
        return is_nack ? "NACK received without a subscription id for acknowledge!"
                       : "ACK received without a subscription id for acknowledge!";
    return NULL;
}

/* ActiveMQ lets a message be acknowledged again in the transaction that has it, but in STOMP 1.2
 * the ack id is used up by the first time. */
static bool is_usable(const struct stomp_session *session, const struct outstanding *entry,
                      const struct stomp_transaction *transaction)
{
    return entry->transaction == OUTSTANDING_FREE ||
           (session->version != STOMP_1_2 && transaction &&
            entry->transaction == transaction->number);
}

static void refuse_unexpected(struct stomp_session *session, const struct stomp_frame *frame)
{
    const struct slice id = stomp_frame_header(
        frame, session->version == STOMP_1_2 ? STOMP_HEADER_ID : STOMP_HEADER_MESSAGE_ID);

    session_refuse(session, frame, "Unexpected %s received for message-id [%.*s]",
                   frame->action == STOMP_NACK ? "NACK" : "ACK", SLICE_FMT(id));
}

static void acknowledge(struct stomp_session *session, const struct stomp_frame *frame,
                        const struct target *target, const struct stomp_transaction *transaction)
{
    struct stomp_subscription *s = target->subscription;
    const bool is_nack = frame->action == STOMP_NACK;
    const bool is_cumulative = s->ack_mode == ACK_CLIENT && !is_nack;
    const uint64_t tag = stomp_window_at(s, target->index)->tag;

    /* The window first: the engine may deliver, and so push to it, before it returns. */
    stomp_window_settle(s, is_cumulative ? 0 : target->index, target->index,
                        transaction ? transaction->number : (uint32_t)OUTSTANDING_FREE);
    engine_acknowledge(s->consumer, is_nack ? ACKNOWLEDGE_POISON : ACKNOWLEDGE_CONSUMED,
                       is_cumulative ? 0 : tag, tag, transaction ? transaction->engine : NULL,
                       receipt_open(session, frame, RECEIPT_PLAIN, NULL));
}

void session_on_acknowledge(struct stomp_session *session, const struct stomp_frame *frame)
{
    const char *fault = find_fault(session, frame);
    struct stomp_transaction *transaction;
    struct target target;

    if (fault) {
        session_refuse(session, frame, "%s", fault);
        return;
    }
    if (!session_find_transaction(session, frame, &transaction))
        return;
    if (is_late(session, frame))
        receipt_now(session, frame, RECEIPT_PLAIN);
    else if (!find_target(session, frame, &target) ||
             !is_usable(session, stomp_window_at(target.subscription, target.index), transaction))
        refuse_unexpected(session, frame);
    else if (frame->action == STOMP_NACK && target.subscription->is_browser)
        session_refuse(session, frame, "Cannot Nack a message on a Queue Browser Subscription.");
    else
        acknowledge(session, frame, &target, transaction);
}
