/* SPDX-License-Identifier: Apache-2.0 */
#include "home.h"

#include <stdlib.h>

#include "destination.h"
#include "durable.h"

struct subscribe_request *subscribe_request_create(uint32_t name_count)
{
    struct subscribe_request *request =
        calloc(1, sizeof *request + name_count * sizeof request->names[0]);

    if (request)
        request->name_count = name_count;
    return request;
}

void subscribe_request_destroy(struct subscribe_request *request)
{
    if (!request)
        return;
    for (uint32_t i = 0; i < request->name_count; i++)
        free(request->names[i].name);
    selector_destroy(request->selector);
    auth_principal_unref(request->principal);
    free(request->client_id);
    free(request->connection_id);
    free(request->consumer_id);
    free(request->whole);
    free(request->durable_name);
    free(request->selector_text);
    free(request);
}

uint32_t subscribe_request_answers(const struct engine *engine,
                                   const struct subscribe_request *request)
{
    uint32_t answers = 0;
    bool has_queues = false;

    for (uint32_t i = 0; i < request->name_count; i++) {
        const struct subscribe_name *name = &request->names[i];

        if (destination_kind_is_queue(name->kind))
            has_queues = true;
        else
            answers += name->wildcard ? engine->shards : 1;
    }
    return answers + has_queues;
}

void subscribe_request_refuse(struct engine *engine, const struct subscribe_request *request,
                              const struct reply_address *reply, enum engine_error error,
                              const char *text)
{
    uint32_t answers = subscribe_request_answers(engine, request);

    for (uint32_t i = 0; i < answers; i++)
        engine_answer(engine, reply, error, text);
}

void home_send(struct engine *engine, uint64_t name_hash, struct message *message,
               struct reply_address reply, uint8_t flags)
{
    uint16_t shard = engine_home_of(engine, name_hash);

    if (LIKELY(shard == engine->index)) {
        destination_send(engine, name_hash, message, &reply, flags);
    } else {
        struct engine_mail mail = {
            .kind = MAIL_SEND, .flags = flags, .id = name_hash, .reply = reply, .pointer = message};

        engine_mail_to(engine, shard, &mail);
    }
}

void home_subscribe(struct engine *engine, uint16_t shard, struct subscribe_request *request,
                    struct reply_address reply)
{
    struct engine_mail mail = {.kind = MAIL_SUBSCRIBE, .reply = reply, .pointer = request};

    if (shard == engine->index)
        shard_subscribe(engine, request, &reply);
    else
        engine_mail_to(engine, shard, &mail);
}

void home_unsubscribe(struct engine *engine, uint16_t shard, uint64_t consumer,
                      uint64_t delivered_tag, bool failed, struct reply_address reply)
{
    struct engine_mail mail = {.kind = MAIL_UNSUBSCRIBE,
                               .flags = failed ? MAIL_FAILED : 0,
                               .id = consumer,
                               .last = delivered_tag,
                               .reply = reply};

    if (shard == engine->index)
        shard_unsubscribe(engine, consumer, delivered_tag, failed, &reply);
    else
        engine_mail_to(engine, shard, &mail);
}

static void acknowledge_here(struct engine *engine, const struct engine_mail *mail)
{
    struct subscription *subscription = subscription_find(engine, mail->id);

    if (subscription)
        subscription_acknowledge(engine, subscription, (enum acknowledgement_kind)mail->small,
                                 mail->first, mail->last);
    engine_answer(engine, &mail->reply, ENGINE_OK, "");
}

static void poison_here(struct engine *engine, const struct engine_mail *mail)
{
    struct subscription *subscription = subscription_find(engine, mail->id);

    if (subscription) {
        subscription->poison_cause = mail->pointer;
        subscription_acknowledge(engine, subscription, ACKNOWLEDGE_POISON, mail->first, mail->last);
        subscription = subscription_find(engine, mail->id);
    }
    if (subscription)
        subscription->poison_cause = NULL;
    free(mail->pointer);
    engine_answer(engine, &mail->reply, ENGINE_OK, "");
}

void home_poison(struct engine *engine, uint16_t shard, uint64_t consumer, uint64_t first,
                 uint64_t last, struct slice cause, struct reply_address reply)
{
    struct engine_mail mail = {
        .kind = MAIL_POISON, .id = consumer, .first = first, .last = last, .reply = reply};

    if (cause.len > 0) /* without memory for it the cause is not known */
        mail.pointer = strndup((const char *)cause.bytes, cause.len);
    if (shard == engine->index)
        poison_here(engine, &mail);
    else
        engine_mail_to(engine, shard, &mail);
}

void home_receive_poison(struct engine *engine, const struct engine_mail *mail)
{
    poison_here(engine, mail);
}

void home_acknowledge(struct engine *engine, uint16_t shard, uint64_t consumer,
                      enum acknowledgement_kind kind, uint64_t first, uint64_t last,
                      struct reply_address reply)
{
    struct engine_mail mail = {.kind = MAIL_ACKNOWLEDGE,
                               .small = (uint32_t)kind,
                               .id = consumer,
                               .first = first,
                               .last = last,
                               .reply = reply};

    if (shard == engine->index)
        acknowledge_here(engine, &mail);
    else
        engine_mail_to(engine, shard, &mail);
}

void home_receive_acknowledge(struct engine *engine, const struct engine_mail *mail)
{
    acknowledge_here(engine, mail);
}

/* One allocation: the texts follow the struct. NULL: no memory. */
static struct destination_request *copy_request(const struct destination_request *request)
{
    struct slice connection_id = request->connection_id, producer_id = request->producer_id;
    struct slice name = request->name.name;
    struct destination_request *copy =
        malloc(sizeof *copy + name.len + connection_id.len + producer_id.len);
    uint8_t *at = (uint8_t *)(copy + 1);

    if (!copy)
        return NULL;
    *copy = *request;
    copy->name.name = slice_of(memcpy(at, name.bytes, name.len), name.len);
    at += name.len;
    if (slice_is_present(connection_id))
        copy->connection_id =
            slice_of(memcpy(at, connection_id.bytes, connection_id.len), connection_id.len);
    at += connection_id.len;
    if (slice_is_present(producer_id))
        copy->producer_id =
            slice_of(memcpy(at, producer_id.bytes, producer_id.len), producer_id.len);
    return copy;
}

void home_destination(struct engine *engine, const struct destination_request *request,
                      struct reply_address reply)
{
    uint16_t shard = engine_home_of(engine, destination_name_hash(request->name));
    struct engine_mail mail = {.kind = MAIL_DESTINATION, .reply = reply};

    if (shard == engine->index) {
        shard_destination(engine, request, &reply);
        return;
    }
    mail.pointer = copy_request(request);
    if (mail.pointer)
        engine_mail_to(engine, shard, &mail);
    else
        engine_answer(engine, &reply, ENGINE_NO_MEMORY, "the broker is out of memory");
}

void home_receive_destination(struct engine *engine, const struct engine_mail *mail)
{
    shard_destination(engine, mail->pointer, &mail->reply);
    free(mail->pointer);
}

void home_flush(struct engine *engine, uint16_t shard, struct reply_address reply)
{
    struct engine_mail mail = {.kind = MAIL_FLUSH, .reply = reply};

    if (shard == engine->index)
        engine_answer(engine, &reply, ENGINE_OK, "");
    else
        engine_mail_to(engine, shard, &mail);
}

void home_remove_durable(struct engine *engine, const char *client_id, struct slice name,
                         struct reply_address reply)
{
    uint16_t shard = engine_home_of(engine, durable_hash(slice_of_text(client_id), name));
    struct engine_mail mail = {.kind = MAIL_REMOVE_DURABLE,
                               .reply = reply,
                               .pointer = strdup(client_id),
                               .pointer_b = strndup((const char *)name.bytes, name.len)};

    if (shard == engine->index)
        home_receive_remove_durable(engine, &mail);
    else
        engine_mail_to(engine, shard, &mail);
}

void home_receive_remove_durable(struct engine *engine, const struct engine_mail *mail)
{
    durable_remove(engine, slice_of_text(mail->pointer), slice_of_text(mail->pointer_b),
                   &mail->reply);
    free(mail->pointer);
    free(mail->pointer_b);
}
