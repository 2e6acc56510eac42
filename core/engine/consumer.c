/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer.h"

#include <inttypes.h>
#include <stdlib.h>

#include "branch.h"
#include "client.h"
#include "event_log.h"
#include "home.h"
#include "pull.h"
#include "subscription.h"
#include "transaction.h"

struct engine_consumer *consumer_find(struct engine *engine, uint64_t id)
{
    return table_find(&engine->consumers, serial_hash(id), &id);
}

void consumer_drop(struct engine_consumer *consumer)
{
    struct engine *engine = consumer->client->engine;

    if (event_log_wants(engine, EVENT_LOG_CONSUMERS))
        event_log_consumer_gone(consumer);
    if (consumer->local)
        consumer->local->local = NULL;
    table_remove(&engine->consumers, consumer);
    list_remove(&consumer->node);
    consumer->client->consumer_count--;
    pull_end(consumer);
    gate_destroy(consumer->gate);
    free(consumer);
}

void consumer_pass(struct engine_consumer *consumer, const struct consumer_delivery *delivery)
{
    struct engine_delivery out = {.consumer = consumer,
                                  .context = consumer->context,
                                  .message = delivery->message,
                                  .tag = delivery->tag,
                                  .redelivery_count = delivery->redelivery_count,
                                  .group_first = delivery->group_first};

    if (LIKELY(delivery->message != NULL))
        consumer->passed_tag = delivery->tag;
    consumer->client->ops->deliver(consumer->client->session, &out);
}

/* A browser is told of the end once, when all its parts have come to theirs. */
static bool is_end_of_part(struct engine_consumer *consumer,
                           const struct consumer_delivery *delivery)
{
    if (LIKELY(delivery->message != NULL))
        return false;
    if (delivery->tag != 0)
        return !pull_is_over(consumer, delivery);
    consumer->browsing &= ~(UINT64_C(1) << delivery->shard);
    return consumer->browsing != 0;
}

void consumer_deliver(struct engine_consumer *consumer, const struct consumer_delivery *delivery)
{
    if (UNLIKELY(is_end_of_part(consumer, delivery)))
        return;
    if (UNLIKELY(gate_renumbers(consumer->gate) || gate_holds(consumer))) {
        if (gate_add(consumer, delivery) != 0)
            consumer->client->ops->disconnect(consumer->client->session,
                                              "the broker is out of memory");
        return;
    }
    consumer_pass(consumer, delivery);
}

void consumer_receive_delivery(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    struct engine_consumer *consumer = consumer_find(engine, mail->id);
    struct consumer_delivery delivery = {.message = mail->pointer,
                                         .tag = mail->first,
                                         .redelivery_count = mail->small,
                                         .shard = from,
                                         .group_first = mail->flags & MAIL_GROUP_FIRST};

    if (consumer) /* else it has just been closed, and its home takes the message back */
        consumer_deliver(consumer, &delivery);
    message_unref(mail->pointer);
}

void consumer_uncongested(struct engine_consumer *consumer)
{
    gate_flush(consumer);
    if (consumer->local)
        subscription_update(consumer->client->engine, consumer->local);
}

void consumer_answered(struct engine *engine, uint64_t id, enum engine_error error)
{
    struct engine_consumer *consumer = consumer_find(engine, id);

    if (!consumer)
        return;
    if (error != ENGINE_OK) {
        consumer->failed = true;
        consumer_close(consumer, 0, NULL);
        return;
    }
    consumer->open = true;
    gate_flush(consumer);
    if (consumer->local)
        subscription_update(engine, consumer->local);
}

void consumer_end(struct engine *engine, uint64_t id, const char *why)
{
    struct engine_consumer *consumer = consumer_find(engine, id);

    if (!consumer)
        return;
    consumer->client->ops->consumer_ended(consumer->client->session, consumer->context, why);
    consumer_close(consumer, UINT64_MAX, NULL);
}

/* What is still on its way, or waits in the gate, has not been delivered. */
static uint64_t home_tag_up_to(const struct engine_consumer *consumer, uint16_t shard, uint64_t tag)
{
    uint64_t first, last = 0;

    if (gate_renumbers(consumer->gate)) {
        gate_range(consumer->gate, shard, 0, tag, &first, &last);
        return last;
    }
    return consumer->passed_tag < tag ? consumer->passed_tag : tag;
}

static struct reply_address address(struct operation *operation)
{
    return operation ? operation_expect(operation) : (struct reply_address){0, 0};
}

void consumer_close(struct engine_consumer *consumer, uint64_t delivered_tag,
                    struct operation *operation)
{
    struct engine *engine = consumer->client->engine;
    uint64_t id = consumer->id, parts = consumer->parts;
    bool failed = consumer->failed;
    uint64_t tags[64];

    for (uint64_t left = parts; left != 0; left &= left - 1) {
        uint16_t shard = (uint16_t)__builtin_ctzll(left);

        tags[shard] = home_tag_up_to(consumer, shard, delivered_tag);
    }
    consumer_drop(consumer);
    for (; parts != 0; parts &= parts - 1) {
        uint16_t shard = (uint16_t)__builtin_ctzll(parts);

        home_unsubscribe(engine, shard, id, tags[shard], failed, address(operation));
    }
}

/* What the client holds has become less: the gate may let more through. */
static void settled(struct engine_consumer *consumer, enum acknowledgement_kind kind,
                    uint64_t first_tag, uint64_t last_tag)
{
    if (!gate_renumbers(consumer->gate))
        return;
    if (kind == ACKNOWLEDGE_DELIVERED)
        gate_extend(consumer->gate, first_tag, last_tag);
    else
        gate_settle(consumer->gate, first_tag, last_tag);
    gate_flush(consumer);
}

void consumer_acknowledge(struct engine_consumer *consumer, enum acknowledgement_kind kind,
                          uint64_t first_tag, uint64_t last_tag, struct operation *operation)
{
    struct engine *engine = consumer->client->engine;
    bool renumbers = gate_renumbers(consumer->gate);
    uint64_t id = consumer->id;

    for (uint64_t parts = consumer->parts; parts != 0; parts &= parts - 1) {
        uint16_t shard = (uint16_t)__builtin_ctzll(parts);
        uint64_t first = first_tag, last = last_tag;

        if (renumbers && !gate_range(consumer->gate, shard, first_tag, last_tag, &first, &last))
            continue;
        home_acknowledge(engine, shard, id, kind, first, last, address(operation));
    }
    settled(consumer, kind, first_tag, last_tag);
}

static void poison(struct engine_consumer *consumer, uint64_t first_tag, uint64_t last_tag,
                   struct slice cause, struct operation *operation)
{
    bool renumbers = gate_renumbers(consumer->gate);

    for (uint64_t parts = consumer->parts; parts != 0; parts &= parts - 1) {
        uint16_t shard = (uint16_t)__builtin_ctzll(parts);
        uint64_t first = first_tag, last = last_tag;

        if (!renumbers || gate_range(consumer->gate, shard, first_tag, last_tag, &first, &last))
            home_poison(consumer->client->engine, shard, consumer->id, first, last, cause,
                        address(operation));
    }
    settled(consumer, ACKNOWLEDGE_POISON, first_tag, last_tag);
}

uint64_t consumer_lock(struct engine_consumer *consumer, uint64_t transaction,
                       enum acknowledgement_kind kind, uint64_t first_tag, uint64_t last_tag)
{
    struct engine *engine = consumer->client->engine;
    struct reply_address reply = {consumer->client->serial, 0};
    bool renumbers = gate_renumbers(consumer->gate);
    uint64_t id = consumer->id, homes = 0;

    for (uint64_t parts = consumer->parts; parts != 0; parts &= parts - 1) {
        uint16_t shard = (uint16_t)__builtin_ctzll(parts);
        uint64_t first = first_tag, last = last_tag;

        if (renumbers && !gate_range(consumer->gate, shard, first_tag, last_tag, &first, &last))
            continue;
        homes |= UINT64_C(1) << shard;
        home_lock(engine, shard, transaction, id, kind, first, last, renumbers, reply);
    }
    if (renumbers) {
        gate_lock(consumer->gate, first_tag, last_tag);
        gate_flush(consumer);
    }
    return homes;
}

void engine_acknowledge(struct engine_consumer *consumer, enum acknowledgement_kind kind,
                        uint64_t first_tag, uint64_t last_tag,
                        struct engine_transaction *transaction, uint64_t request)
{
    struct engine_client *client = consumer->client;
    struct operation *operation;

    if (event_log_wants(client->engine, EVENT_LOG_MESSAGES))
        event_log_acknowledged(consumer, kind, first_tag, last_tag, transaction != NULL);
    if (UNLIKELY(transaction != NULL) && kind != ACKNOWLEDGE_DELIVERED) {
        transaction_add_acknowledgement(transaction, consumer, kind, first_tag, last_tag, request);
    } else if (LIKELY(request == 0)) {
        consumer_acknowledge(consumer, kind, first_tag, last_tag, NULL);
    } else {
        operation = operation_start(client, request);
        if (!operation)
            return;
        consumer_acknowledge(consumer, kind, first_tag, last_tag, operation);
        operation_finish(client->engine, operation, ENGINE_OK, "");
    }
}

void engine_poison(struct engine_consumer *consumer, uint64_t first_tag, uint64_t last_tag,
                   struct slice cause, uint64_t request)
{
    struct engine_client *client = consumer->client;
    struct operation *operation = NULL;

    if (event_log_wants(client->engine, EVENT_LOG_MESSAGES))
        event_log_acknowledged(consumer, ACKNOWLEDGE_POISON, first_tag, last_tag, false);
    if (request != 0) {
        operation = operation_start(client, request);
        if (!operation)
            return;
    }
    poison(consumer, first_tag, last_tag, cause, operation);
    if (operation)
        operation_finish(client->engine, operation, ENGINE_OK, "");
}

void engine_unsubscribe(struct engine_consumer *consumer, uint64_t delivered_tag, uint64_t request)
{
    struct engine *engine = consumer->client->engine;
    struct operation *operation = NULL;

    if (request != 0) {
        operation = operation_start(consumer->client, request);
        if (!operation)
            return;
    }
    consumer_close(consumer, delivered_tag, operation);
    if (operation)
        operation_finish(engine, operation, ENGINE_OK, "");
}
