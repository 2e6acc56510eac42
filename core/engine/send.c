/* SPDX-License-Identifier: Apache-2.0 */
#include "send.h"

#include "advisories.h"
#include "event_log.h"
#include "home.h"
#include "schedule.h"
#include "transaction.h"
#include "virtuals.h"

struct reply_address sender_address(const struct sender *sender)
{
    return sender->operation ? operation_expect(sender->operation)
                             : (struct reply_address){sender->client, 0};
}

struct expansion {
    const struct sender *sender;
    struct message *message;
    uint8_t flags;       /* for destinations that the sender has named */
    uint8_t other_flags; /* for those that the configuration forwards to */
    bool is_composite;
};

static void fail(const struct sender *sender)
{
    struct reply_address reply = sender_address(sender);

    engine_answer(sender->engine, &reply, ENGINE_NO_MEMORY, "the broker is out of memory");
}

static void send_to_target(void *arg, const struct virtual_target *target)
{
    struct expansion *expansion = arg;
    const struct sender *sender = expansion->sender;
    struct message *message = target->is_copy ? virtual_copy(expansion->message, target->name)
                                              : message_ref(expansion->message);
    bool is_named = !target->is_copy || expansion->is_composite;
    uint8_t flags = is_named ? expansion->flags : expansion->other_flags;

    if (target->selector_aware)
        flags |= MAIL_SELECTIVE;
    if (message)
        home_send(sender->engine, destination_name_hash(target->name), message,
                  sender_address(sender), flags);
    else
        fail(sender);
}

void send_by_broker(struct engine *engine, struct message *message, bool may_create)
{
    struct destination_name name = message_destination(message);
    const struct sender nobody = {.engine = engine};
    struct expansion expansion = {
        .sender = &nobody,
        .message = message,
        .flags = MAIL_INTERNAL | (may_create ? MAIL_MAY_CREATE : 0),
        .other_flags = MAIL_INTERNAL | MAIL_MAY_CREATE,
    };

    if (!virtual_concerns(engine, name)) {
        home_send(engine, destination_name_hash(name), message, (struct reply_address){0, 0},
                  expansion.flags);
        return;
    }
    virtual_expand(engine, message, send_to_target, &expansion);
    message_unref(message);
}

/* Each part of a composite is a job of its own; virtual destinations are expanded when it is due.
 */
static void schedule_parts(const struct route *route, const struct sender *sender,
                           struct message *message, uint8_t flags)
{
    struct slice rest = route->name.name;
    struct destination_name part;
    struct message *copy;

    if (route->parts == 1) {
        home_schedule(sender->engine, route->hash, message, sender_address(sender), flags);
        return;
    }
    while (composite_next(&rest, route->name.kind, &part)) {
        copy = virtual_copy(message, part);
        if (copy)
            home_schedule(sender->engine, destination_name_hash(part), copy, sender_address(sender),
                          flags);
        else
            fail(sender);
    }
    message_unref(message);
}

/* Where the rights are cached, the parts of a composite are created with the client's right to
 * create the whole; what the configuration forwards to, with the broker's. */
static void send_by(const struct route *route, const struct sender *sender, struct message *message)
{
    uint8_t flags = route->may_create ? MAIL_MAY_CREATE : 0;
    struct expansion expansion = {sender, message, flags, MAIL_MAY_CREATE, route->parts > 1};

    if (LIKELY(route->is_plain)) {
        home_send(sender->engine, route->hash, message, sender_address(sender), flags);
    } else if (route->is_management) {
        schedule_command(sender, message);
    } else if (sender->engine->schedule && schedule_concerns(message)) {
        schedule_parts(route, sender, message, flags);
    } else if (!route->is_virtual) {
        home_send(sender->engine, route->hash, message, sender_address(sender), flags);
    } else {
        virtual_expand(sender->engine, message, send_to_target, &expansion);
        message_unref(message);
    }
}

void send_checked(struct engine *engine, struct message *message, bool may_create,
                  struct operation *operation)
{
    struct route route;

    route_init(&route, engine, message_destination(message));
    route.may_create = may_create;
    send_by(&route, &(struct sender){engine, 0, operation}, message);
}

/* Each part of a composite gets a copy: one message must not become more than a transaction may
 * hold. */
static bool is_too_much(const struct engine_client *client, const struct route *route,
                        const struct message *message)
{
    uint32_t limit = client->engine->config->settings.transaction_bytes_max;

    return UNLIKELY(route->parts > 1) &&
           (route->parts > COMPOSITE_PARTS_MAX || message->len > limit / route->parts);
}

static bool is_allowed(struct engine_client *client, const struct route *route,
                       const struct message *message, uint64_t request)
{
    struct text_error name, why;

    if (is_too_much(client, route, message)) {
        client_complete(client, request, ENGINE_NO_RESOURCES,
                        "the composite destination has too many parts for a message of this size");
        return false;
    }
    if (LIKELY(route->may_write))
        return true;
    destination_text(route->name, &name);
    text_error_set(&why, "write to: %s", name.text);
    client_complete(client, request, ENGINE_NOT_AUTHORIZED, why.text);
    return false;
}

/* A wrong schedule fails at once, not when its transaction is committed. */
static bool is_valid_schedule(struct engine_client *client, const struct route *route,
                              const struct message *message, uint64_t request)
{
    struct schedule_plan plan;
    struct text_error why;

    if (route->is_management)
        return schedule_may_command(client, message, request);
    if (!client->engine->schedule || !schedule_concerns(message) ||
        schedule_read(client->engine->config, message, &plan, &why) == 0)
        return true;
    client_complete(client, request, ENGINE_BAD_SCHEDULE, why.text);
    return false;
}

void engine_send(struct engine_client *client, struct message *message,
                 struct engine_transaction *transaction, uint64_t request)
{
    const struct route *route = client_route(client, message_destination(message));
    struct operation *operation;

    if (UNLIKELY(!route)) {
        message_unref(message);
        client_complete(client, request, ENGINE_NO_MEMORY, "the broker is out of memory");
        return;
    }
    if (!is_allowed(client, route, message, request) ||
        (UNLIKELY(!route->is_plain) && !is_valid_schedule(client, route, message, request))) {
        message_unref(message);
        return;
    }
    if (event_log_wants(client->engine, EVENT_LOG_MESSAGES))
        event_log_sent(client, message, transaction != NULL);
    if (UNLIKELY(transaction != NULL)) {
        transaction_add_send(transaction, message, route->may_create, request);
        return;
    }
    if (LIKELY(request == 0)) {
        send_by(route, &(struct sender){client->engine, client->serial, NULL}, message);
        return;
    }
    operation = operation_start(client, request);
    if (!operation) {
        message_unref(message);
        return;
    }
    send_by(route, &(struct sender){client->engine, client->serial, operation}, message);
    operation_finish(client->engine, operation, ENGINE_OK, "");
}
