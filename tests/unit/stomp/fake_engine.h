/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FAKE_ENGINE_H
#define FAKE_ENGINE_H
/*
 * fake_engine.h - the functions of auth, config and engine that a session calls, as fakes that
 * note each call in `fake` (fake_state.h). One test program includes it once.
 */
#include "auth/auth_cache.h"
#include "fake_state.h"

/*
 * Authentication: everybody but "mallory".
 */
struct auth_cache *auth_cache_create(void)
{
    return (struct auth_cache *)&fake;
}

void auth_cache_destroy(struct auth_cache *cache)
{
    (void)cache;
}

int auth_cache_login(struct auth_cache *cache, struct auth_realm *realm,
                     const struct auth_credentials *credentials, struct auth_principal **out,
                     struct text_error *why)
{
    (void)cache;
    (void)realm;
    *out = NULL;
    if (!slice_is(credentials->user, "mallory"))
        return 0;
    text_error_set(why, "User name [mallory] or password is invalid.");
    return -EACCES;
}

void auth_principal_unref(struct auth_principal *principal)
{
    (void)principal;
}

const char *config_connector_option(const struct config_transport_connector *connector,
                                    const char *name)
{
    for (size_t i = 0; i < connector->option_count; i++)
        if (strcmp(connector->options[i].name, name) == 0)
            return connector->options[i].value;
    return NULL;
}

/*
 * The engine.
 */
const struct config *engine_config(const struct engine *engine)
{
    (void)engine;
    return &fake.config;
}

struct auth_realm *engine_realm(const struct engine *engine)
{
    (void)engine;
    return NULL;
}

int64_t engine_wall_ms(const struct engine *engine)
{
    (void)engine;
    return 1234567;
}

struct engine_client *engine_client_open(struct engine *engine,
                                         const struct engine_client_spec *spec,
                                         const struct engine_client_ops *ops, void *session)
{
    (void)engine;
    fake.client = (struct engine_client){ops, session};
    fake_note("open client_id=%.*s user=%.*s connector=%.*s", SLICE_FMT(spec->client_id),
              SLICE_FMT(spec->user_name), SLICE_FMT(spec->connector_name));
    fake_answer_call(spec->request);
    return &fake.client;
}

void engine_client_close(struct engine_client *client)
{
    (void)client;
    fake_note("close");
}

struct slice engine_client_connection_id(const struct engine_client *client)
{
    (void)client;
    return SLICE("ID:fake-1-2:3");
}

void engine_client_set_congested(struct engine_client *client, bool congested)
{
    (void)client;
    fake_note("congested=%d", congested);
}

void engine_stamp(struct engine_client *client, struct message_draft *draft)
{
    (void)client;
    draft->id = SLICE("ID:fake-1-2:3:-1:1");
    draft->id_sequence = ++fake.next_sequence;
}

void engine_send(struct engine_client *client, struct message *message,
                 struct engine_transaction *transaction, uint64_t request)
{
    (void)client;
    message_unref(fake.last_message);
    fake.last_message = message;
    fake_note("send %s%.*s kind=%d body=%.*s tx=%d",
              destination_kind_prefix((enum destination_kind)message->destination_kind),
              SLICE_FMT(message_part(message, MESSAGE_DESTINATION)), message->body_kind,
              SLICE_FMT(message_part(message, MESSAGE_BODY)),
              transaction ? transaction->number : 0);
    fake_answer_call(request);
}

struct engine_consumer *engine_subscribe(struct engine_client *client,
                                         const struct engine_subscribe_spec *spec)
{
    struct engine_consumer *consumer = &fake.consumers[fake.consumer_count];

    (void)client;
    fake_note(
        "subscribe %s%.*s selector=%.*s durable=%.*s prefetch=%u%s priority=%d flags=%d%d%d%d "
        "pending=%d",
        destination_kind_prefix(spec->destination.kind), SLICE_FMT(spec->destination.name),
        SLICE_FMT(spec->selector), SLICE_FMT(spec->durable_name), spec->prefetch,
        spec->prefetch_is_default ? "?" : "", spec->priority, spec->browser, spec->exclusive,
        spec->retroactive, spec->no_local, spec->pending_max);
    *consumer = (struct engine_consumer){.context = spec->context};
    if (fake_answer_call(spec->request))
        return NULL;
    fake.consumer_count++;
    return consumer;
}

void engine_unsubscribe(struct engine_consumer *consumer, uint64_t delivered_tag, uint64_t request)
{
    fake_note("unsubscribe %d delivered=%lld", (int)(consumer - fake.consumers),
              (long long)delivered_tag);
    fake_answer_call(request);
}

void engine_remove_durable(struct engine_client *client, struct slice durable_name,
                           uint64_t request)
{
    (void)client;
    fake_note("remove_durable %.*s", SLICE_FMT(durable_name));
    fake_answer_call(request);
}

void engine_acknowledge(struct engine_consumer *consumer, enum acknowledgement_kind kind,
                        uint64_t first_tag, uint64_t last_tag,
                        struct engine_transaction *transaction, uint64_t request)
{
    fake_note("acknowledge %d kind=%d %d..%d tx=%d", (int)(consumer - fake.consumers), kind,
              (int)first_tag, (int)last_tag, transaction ? transaction->number : 0);
    fake_answer_call(request);
}

void engine_poison(struct engine_consumer *consumer, uint64_t first_tag, uint64_t last_tag,
                   struct slice cause, uint64_t request)
{
    fake_note("poison %d %lu..%lu %.*s", (int)(consumer - fake.consumers), (unsigned long)first_tag,
              (unsigned long)last_tag, SLICE_FMT(cause));
    fake_answer_call(request);
}

struct engine_transaction *engine_begin(struct engine_client *client)
{
    static struct engine_transaction transactions[70000];

    (void)client;
    fake.transaction_count++;
    transactions[fake.transaction_count].number = fake.transaction_count;
    fake_note("begin %d", fake.transaction_count);
    return &transactions[fake.transaction_count];
}

void engine_commit(struct engine_transaction *transaction, uint64_t request)
{
    fake_note("commit %d", transaction->number);
    fake_answer_call(request);
}

void engine_rollback(struct engine_transaction *transaction, uint64_t request)
{
    fake_note("rollback %d", transaction->number);
    fake_answer_call(request);
}

void engine_create_temp(struct engine_client *client, struct destination_name name,
                        uint64_t request)
{
    (void)client;
    (void)request;
    fake_note("create_temp %s%.*s", destination_kind_prefix(name.kind), SLICE_FMT(name.name));
}
#endif
