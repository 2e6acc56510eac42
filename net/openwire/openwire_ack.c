/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MessageAck.
 */
#include "openwire_consumer.h"
#include <errno.h>
#include <inttypes.h>

enum ack_type {
    ACK_DELIVERED = 0,
    ACK_POISON = 1,
    ACK_STANDARD = 2,
    ACK_REDELIVERED = 3,
    ACK_INDIVIDUAL = 4,
    ACK_UNMATCHED = 5,
    ACK_EXPIRED = 6,
};

/* An acknowledgement on its way. */
struct acknowledging {
    struct openwire_session *session;
    struct openwire_consumer *consumer;
    const struct ow_message_ack *ack;
    struct openwire_transaction *transaction; /* NULL: none */
    uint32_t first, last;                     /* in the window */
    struct failure failure;
};

static const char *const jms_exception = "javax.jms.JMSException";

struct id_words {
    char text[160];
};

/* A message id, for texts. */
static const char *words_of(const struct ow_message_id *id, struct id_words *out)
{
    const struct ow_producer_id *producer = id ? id->producer_id : NULL;

    if (producer)
        snprintf(out->text, sizeof out->text, "%.*s:%" PRId64 ":%" PRId64 ":%" PRId64,
                 SLICE_FMT(producer->connection_id), producer->session_id, producer->value,
                 id->producer_sequence_id);
    else
        snprintf(out->text, sizeof out->text, "null");
    return out->text;
}

static uint64_t request_of(const struct acknowledging *a)
{
    return request_for(a->consumer->connection, &a->ack->command);
}

/*
 * Ranges.
 */
enum missing { MISSING_NONE, MISSING_START, MISSING_END };

/* Of one message, as most are. The last id alone says so when the first one repeats its numbers:
 * of two producers no two messages have the same brokerSequenceId. */
static bool is_single(const struct ow_message_ack *ack)
{
    const struct ow_message_id *first = ack->first_message_id, *last = ack->last_message_id;

    return first && last && first->broker_sequence_id == last->broker_sequence_id &&
           first->producer_sequence_id == last->producer_sequence_id &&
           first->broker_sequence_id != 0;
}

/* first..last in order of dispatch; without a first one, from the front. */
static enum missing find_range(struct acknowledging *a)
{
    const struct ow_message_ack *ack = a->ack;

    if (LIKELY(is_single(ack))) {
        if (!openwire_window_find(a->consumer, ack->last_message_id, &a->last))
            return MISSING_START;
        a->first = a->last;
        return MISSING_NONE;
    }
    a->first = 0;
    if (ack->first_message_id &&
        !openwire_window_find(a->consumer, ack->first_message_id, &a->first))
        return MISSING_START;
    if (!ack->last_message_id || !openwire_window_find(a->consumer, ack->last_message_id, &a->last))
        return MISSING_END;
    return a->first <= a->last ? MISSING_NONE : MISSING_START;
}

static uint64_t tag_at(const struct acknowledging *a, uint32_t index)
{
    return openwire_window_at(a->consumer, index)->tag;
}

static bool note_in_transaction(struct acknowledging *a, uint64_t first_tag, uint64_t last_tag)
{
    const int error = first_tag > last_tag
                          ? 0
                          : transaction_note(a->transaction, a->consumer, first_tag, last_tag);

    if (error == -ENOBUFS)
        failure_of(ENGINE_NO_RESOURCES, "the transaction has more acknowledgements than allowed",
                   &a->failure);
    else if (error)
        failure_of(ENGINE_NO_MEMORY, "no memory for an acknowledgement", &a->failure);
    return error == 0;
}

void acknowledgements_flush(struct openwire_session *session)
{
    const struct held_acknowledgements held = session->held;

    session->held.consumer = NULL;
    if (held.consumer && held.consumer->engine)
        engine_acknowledge(held.consumer->engine, ACKNOWLEDGE_CONSUMED, held.first_tag,
                           held.last_tag, NULL, 0);
}

static void hold(struct acknowledging *a, uint64_t first_tag, uint64_t last_tag)
{
    struct held_acknowledgements *held = &a->session->held;

    if (held->consumer == a->consumer && held->last_tag + 1 == first_tag) {
        held->last_tag = last_tag;
        return;
    }
    acknowledgements_flush(a->session);
    *held = (struct held_acknowledgements){a->consumer, first_tag, last_tag};
}

/* Nobody waits for an answer, and it is done with what it names. */
static bool may_be_held(const struct ow_message_ack *ack)
{
    return !ack->command.response_required && !ack->transaction_id &&
           (ack->ack_type == ACK_STANDARD || ack->ack_type == ACK_INDIVIDUAL);
}

/* The window first: the engine may deliver, and so push to it, before it returns. */
static bool settle(struct acknowledging *a, enum acknowledgement_kind kind)
{
    const uint64_t first_tag = tag_at(a, a->first), last_tag = tag_at(a, a->last);
    struct engine_transaction *transaction = NULL;

    if (a->transaction) {
        if (!note_in_transaction(a, first_tag, last_tag))
            return false;
        transaction = transaction_engine(a->transaction);
    } else {
        openwire_window_settle(a->consumer, first_tag, last_tag);
    }
    if (LIKELY(may_be_held(a->ack))) {
        hold(a, first_tag, last_tag);
        return true;
    }
    engine_acknowledge(a->consumer->engine, kind, first_tag, last_tag, transaction, request_of(a));
    return true;
}

static bool unmatched(struct acknowledging *a, enum missing missing)
{
    const bool is_start = missing == MISSING_START;
    struct id_words id;

    failure_set(
        &a->failure, jms_exception,
        "Unmatched acknowledge: Could not find Message-ID %s in dispatched-list (%s of ack)",
        words_of(is_start ? a->ack->first_message_id : a->ack->last_message_id, &id),
        is_start ? "start" : "end");
    return false;
}

static bool not_correlated(struct acknowledging *a, const char *kind)
{
    struct id_words id;

    failure_set(&a->failure, jms_exception,
                "Could not correlate %sacknowledgment with dispatched message: %s", kind,
                words_of(a->ack->last_message_id, &id));
    return false;
}

static bool on_standard(struct acknowledging *a)
{
    const enum missing missing = find_range(a);
    uint32_t count;

    if (missing != MISSING_NONE)
        return unmatched(a, missing);
    count = openwire_window_count(a->consumer, a->first, a->last);
    if (!a->transaction && a->ack->message_count != (int64_t)count) {
        failure_set(&a->failure, jms_exception,
                    "Unmatched acknowledge: Expected message count (%" PRId32
                    ") differs from count in dispatched-list (%" PRIu32 ")",
                    a->ack->message_count, count);
        return false;
    }
    return settle(a, ACKNOWLEDGE_CONSUMED);
}

static bool on_individual(struct acknowledging *a)
{
    if (!a->ack->last_message_id ||
        !openwire_window_find(a->consumer, a->ack->last_message_id, &a->last)) { /* as ActiveMQ */
        respond(a->session, &a->ack->command);
        return true;
    }
    a->first = a->last;
    return settle(a, ACKNOWLEDGE_CONSUMED);
}

/* Seen by the application, and no more: others may come. */
static bool on_delivered(struct acknowledging *a)
{
    const struct ow_message_ack *ack = a->ack;

    if (!ack->last_message_id || !openwire_window_find(a->consumer, ack->last_message_id, &a->last))
        return not_correlated(a, "");
    if (!ack->first_message_id ||
        !openwire_window_find(a->consumer, ack->first_message_id, &a->first) || a->first > a->last)
        a->first = openwire_window_go_back(
            a->consumer, a->last, ack->message_count > 0 ? (uint32_t)ack->message_count : 1);
    engine_acknowledge(a->consumer->engine, ACKNOWLEDGE_DELIVERED, tag_at(a, a->first),
                       tag_at(a, a->last), NULL, request_of(a));
    return true;
}

/* "class: message", as Java prints an exception; the class is text and no more. */
static struct slice cause_of(const struct ow_throwable *cause, struct text *out)
{
    struct text scratch;

    if (!cause)
        return SLICE_ABSENT;
    text_init(&scratch);
    text_add(out, utf8_of_modified(cause->class_name, &scratch));
    if (slice_is_present(cause->message)) {
        scratch.len = 0;
        text_add(out, SLICE(": "));
        text_add(out, utf8_of_modified(cause->message, &scratch));
    }
    text_fini(&scratch);
    return text_failed(out) ? SLICE_ABSENT : text_slice(out);
}

static bool poison_in_transaction(struct acknowledging *a)
{
    struct id_words id;

    failure_set(&a->failure, jms_exception, "Poison ack cannot be transacted: %s",
                words_of(a->ack->last_message_id, &id));
    return false;
}

static bool on_poison(struct acknowledging *a)
{
    uint64_t first_tag, last_tag;
    struct text cause;

    if (a->transaction)
        return poison_in_transaction(a);
    if (find_range(a) != MISSING_NONE)
        return not_correlated(a, "");
    first_tag = tag_at(a, a->first);
    last_tag = tag_at(a, a->last);
    openwire_window_settle(a->consumer, first_tag, last_tag);
    text_init(&cause);
    engine_poison(a->consumer->engine, first_tag, last_tag, cause_of(a->ack->poison_cause, &cause),
                  request_of(a));
    text_fini(&cause);
    return true;
}

static bool on_expired(struct acknowledging *a)
{
    a->transaction = NULL; /* it is over, whatever becomes of the transaction */
    return find_range(a) == MISSING_NONE ? settle(a, ACKNOWLEDGE_EXPIRED)
                                         : not_correlated(a, "expired ");
}

/* The client begins again by itself: nothing changes here. */
static bool on_redelivered(struct acknowledging *a)
{
    if (find_range(a) != MISSING_NONE)
        return not_correlated(a, "");
    respond(a->session, &a->ack->command);
    return true;
}

/* False: see a->failure. */
static bool acknowledge_each(struct acknowledging *a)
{
    switch (a->ack->ack_type) {
    case ACK_STANDARD:
        return on_standard(a);
    case ACK_INDIVIDUAL:
        return on_individual(a);
    case ACK_DELIVERED:
        return on_delivered(a);
    case ACK_POISON:
        return on_poison(a);
    case ACK_EXPIRED:
        return on_expired(a);
    case ACK_REDELIVERED:
        return on_redelivered(a);
    default: /* ACK_UNMATCHED, and what does not exist */
        respond(a->session, &a->ack->command);
        return true;
    }
}

/*
 * Topics: only how many counts, and which they were does not matter to anybody.
 */
static bool extend_by_count(struct acknowledging *a, uint64_t count)
{
    struct openwire_consumer *consumer = a->consumer;
    uint64_t first, left;

    if (consumer->extended_tag < consumer->settled_tag)
        consumer->extended_tag = consumer->settled_tag;
    first = consumer->extended_tag + 1;
    left = consumer->passed_tag - consumer->extended_tag;
    consumer->extended_tag += count < left ? count : left;
    engine_acknowledge(consumer->engine, ACKNOWLEDGE_DELIVERED, first, consumer->extended_tag, NULL,
                       request_of(a));
    return true;
}

static bool consume_by_count(struct acknowledging *a, uint64_t count)
{
    struct openwire_consumer *consumer = a->consumer;
    const uint64_t first = consumer->settled_tag + 1;
    const uint64_t left = consumer->passed_tag - consumer->settled_tag;
    const uint64_t last = consumer->settled_tag + (count < left ? count : left);

    if (a->transaction && !note_in_transaction(a, first, last))
        return false;
    consumer->settled_tag = last;
    if (LIKELY(may_be_held(a->ack))) {
        if (first <= last)
            hold(a, first, last);
        return true;
    }
    engine_acknowledge(consumer->engine, ACKNOWLEDGE_CONSUMED, first, last,
                       a->transaction ? transaction_engine(a->transaction) : NULL, request_of(a));
    return true;
}

static bool acknowledge_by_count(struct acknowledging *a)
{
    const uint64_t count = a->ack->message_count > 0 ? (uint64_t)a->ack->message_count : 0;
    struct id_words id;

    switch (a->ack->ack_type) {
    case ACK_POISON:
        if (a->transaction)
            return poison_in_transaction(a);
        return consume_by_count(a, count);
    case ACK_EXPIRED:
        a->transaction = NULL;
        return consume_by_count(a, count);
    case ACK_STANDARD:
    case ACK_INDIVIDUAL:
        return consume_by_count(a, count);
    case ACK_DELIVERED:
        return extend_by_count(a, count);
    case ACK_REDELIVERED:
        respond(a->session, &a->ack->command);
        return true;
    default:
        failure_set(&a->failure, jms_exception, "Invalid acknowledgment: %s",
                    words_of(a->ack->last_message_id, &id));
        return false;
    }
}

void on_message_ack(struct openwire_session *session, const struct ow_message_ack *ack)
{
    struct openwire_consumer *consumer = openwire_consumer_find(session, ack->consumer_id);
    struct acknowledging a = {.session = session, .consumer = consumer, .ack = ack};

    if (UNLIKELY(!may_be_held(ack)))
        acknowledgements_flush(session);
    if (!consumer || !consumer->engine) { /* it has gone meanwhile */
        respond(session, &ack->command);
        return;
    }
    if (UNLIKELY(ack->transaction_id != NULL) &&
        !transaction_lookup(consumer->connection, ack->transaction_id, &a.transaction,
                            &a.failure)) {
        respond_failure(session, &ack->command, &a.failure);
        return;
    }
    if (!(consumer->is_counted ? acknowledge_by_count(&a) : acknowledge_each(&a)))
        respond_failure(session, &ack->command, &a.failure);
}
