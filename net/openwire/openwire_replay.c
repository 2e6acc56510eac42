/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client's next connection must know of what it sent on a lost one. Clients with failover
 * send again whatever was not answered; what had been taken all the same must not be taken twice.
 *
 * A send that is on its way, or waits for room, goes on without its client: it counts as taken.
 * Only where the broker may yet refuse it for lack of room (sendFailIfNoSpace...) it is taken
 * again, since a message that comes twice is better than none.
 *
 * It is kept as a row of numbers, one record a producer:
 *     session, value, last sequence, count, and that many sequences that are not taken yet
 */
#include "openwire_producer.h"
#include <stdlib.h>

enum {
    RECORD_LEN = 4 * sizeof(int64_t), /* without the sequences */
    KEPT_BYTES_MAX = 1 << 20,
};

static void put_number(struct text *out, int64_t number)
{
    text_add(out, slice_of(&number, sizeof number));
}

static int64_t get_number(struct slice bytes, size_t index)
{
    int64_t number;

    memcpy(&number, bytes.bytes + index * sizeof number, sizeof number);
    return number;
}

static bool is_send_of(const struct pending *pending, const struct openwire_producer *producer)
{
    return pending->subject == producer && pending->answered == send_answered;
}

static bool may_fail(int fails_at_once, int64_t fails_after_ms)
{
    return fails_at_once > 0 || fails_after_ms > 0;
}

/* Whether any destination gives up on sends for which there is no room. */
static bool may_refuse(const struct config *config)
{
    const struct config_policies *policies = &config->policies;
    bool may =
        may_fail(config->usage.send_fail_if_no_space, config->usage.send_fail_after_ms) ||
        may_fail(policies->fallback.send_fail_if_no_space, policies->fallback.send_fail_after_ms);

    for (size_t i = 0; i < policies->count; i++)
        may = may || may_fail(policies->entries[i].send_fail_if_no_space,
                              policies->entries[i].send_fail_after_ms);
    return may;
}

/* Numbers that others have overtaken: bit n is the highest one less n. */
static uint64_t gaps_of(const struct openwire_producer *producer)
{
    const uint64_t recent = producer->recent;

    return recent ? ~recent & ((UINT64_C(1) << (63 - __builtin_clzll(recent))) - 1) : 0;
}

struct keeping {
    struct text *out;
    bool with_pending;
};

static void keep_pending(const struct openwire_producer *producer, struct text *out)
{
    LIST_FOR_EACH(node, &producer->connection->pendings) {
        const struct pending *pending = LIST_ENTRY(node, struct pending, node);

        if (is_send_of(pending, producer))
            put_number(out, pending->number);
    }
}

static void keep_one(void *arg, void *object)
{
    const struct openwire_producer *producer = object;
    const struct keeping *keeping = arg;
    struct text *out = keeping->out;
    size_t count_at;
    int64_t count;

    if (producer->is_dead || producer->last_sequence == 0 || out->len > KEPT_BYTES_MAX)
        return;
    put_number(out, producer->session);
    put_number(out, producer->value);
    put_number(out, producer->last_sequence);
    count_at = out->len;
    put_number(out, 0);
    if (keeping->with_pending)
        keep_pending(producer, out);
    for (uint64_t gaps = gaps_of(producer); gaps != 0; gaps &= gaps - 1)
        put_number(out, producer->last_sequence - __builtin_ctzll(gaps));
    for (uint32_t i = 0; i < producer->missed_count; i++)
        put_number(out, producer->missed[i]);
    if (text_failed(out))
        return;
    count = (int64_t)((out->len - count_at) / sizeof count) - 1;
    memcpy(out->bytes + count_at, &count, sizeof count);
}

void producers_keep(struct openwire_connection *connection, struct text *out)
{
    struct keeping keeping = {out, may_refuse(engine_config(connection->session->worker->engine))};

    table_each(&connection->producers, keep_one, &keeping);
    text_add(out, text_slice(&connection->kept)); /* of producers that have not come back yet */
}

static void restore_missed(struct openwire_producer *producer, struct slice numbers)
{
    producer->missed = malloc(numbers.len);
    if (!producer->missed)
        return; /* then they count as sent */
    memcpy(producer->missed, numbers.bytes, numbers.len);
    producer->missed_count = (uint32_t)(numbers.len / sizeof *producer->missed);
}

static void remove_record(struct text *kept, size_t at, size_t len)
{
    memmove(kept->bytes + at, kept->bytes + at + len, kept->len - at - len);
    kept->len -= len;
}

void producer_restore(struct openwire_producer *producer)
{
    struct text *kept = &producer->connection->kept;
    size_t at = 0;

    while (kept->len - at >= RECORD_LEN) {
        const struct slice record = slice_after(text_slice(kept), at);
        const struct slice missed = slice_after(record, RECORD_LEN);
        const uint64_t count = (uint64_t)get_number(record, 3);
        size_t missed_len;

        if (count > missed.len / sizeof(int64_t))
            return;
        missed_len = (size_t)count * sizeof(int64_t);
        if (get_number(record, 0) == producer->session &&
            get_number(record, 1) == producer->value) {
            producer->last_sequence = producer->restored_sequence = get_number(record, 2);
            producer->recent = 1;
            if (count > 0)
                restore_missed(producer, slice_of(missed.bytes, missed_len));
            remove_record(kept, at, RECORD_LEN + missed_len);
            return;
        }
        at += RECORD_LEN + missed_len;
    }
}

bool producer_missed(struct openwire_producer *producer, int64_t sequence)
{
    for (uint32_t i = 0; i < producer->missed_count; i++) {
        if (producer->missed[i] != sequence)
            continue;
        producer->missed[i] = producer->missed[--producer->missed_count];
        return true;
    }
    return false;
}
