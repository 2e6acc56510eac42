/* SPDX-License-Identifier: Apache-2.0 */
/*
 * advisory_interest.c - who listens to advisories, and the present state for new listeners.
 */
#include <stdlib.h>

#include "advisories.h"
#include "producer.h"

/* A name or pattern that could meet an advisory topic. */
static bool may_match_advisories(struct destination_name name)
{
    if (name.kind != DESTINATION_TOPIC || name.name.len == 0)
        return false;
    return slice_starts_with(name.name, SLICE("ActiveMQ.")) || name.name.bytes[0] == '>' ||
           slice_starts_with(name.name, SLICE("*."));
}

static void count_interest(struct engine *engine, bool more)
{
    if (!engine->config->advisory_support)
        return;
    if (more)
        engine->advisory_interest++;
    else if (engine->advisory_interest > 0)
        engine->advisory_interest--;
}

void advisory_receive_interest(struct engine *engine, const struct engine_mail *mail)
{
    count_interest(engine, mail->flags & MAIL_ADD);
}

/* All shards learn of it. */
static void tell_interest(struct engine *engine, bool more)
{
    struct engine_mail mail = {.kind = MAIL_ADVISORY_INTEREST, .flags = more ? MAIL_ADD : 0};

    for (uint16_t to = 0; to < engine->shards; to++)
        if (to != engine->index)
            engine_mail_to(engine, to, &mail);
    count_interest(engine, more);
}

/*
 * The present state, for a new subscriber.
 */
struct replay {
    struct engine *engine;
    struct slice pattern;
    struct advisory_target target;
    struct engine_client *client; /* whose producers are being told */
};

static bool replay_wants(const struct replay *replay, const char *what,
                         struct destination_name about)
{
    return advisory_name_matches(replay->pattern, what, about);
}

static void replay_sender(void *arg, void *object)
{
    const struct replay *replay = arg;
    const struct route *route = object;

    if (route->announced && replay_wants(replay, "Producer", route->name))
        advisory_tell_sender(replay->client, route->name, true, &replay->target);
}

static void replay_client(void *arg, void *object)
{
    struct replay *replay = arg;
    struct engine_client *client = object;

    if (!client->open)
        return;
    if (replay_wants(replay, "Connection", (struct destination_name){0}))
        advisory_tell_connection(client, true, &replay->target);
    replay->client = client;
    table_each(&client->routes, replay_sender, replay);
}

static void replay_destination(void *arg, void *object)
{
    static const char *const topics[] = {"Queue", "Topic", "TempQueue", "TempTopic"};
    const struct replay *replay = arg;
    const struct destination *destination = object;

    if (replay_wants(replay, topics[destination->name.kind], (struct destination_name){0}))
        advisory_tell_destination(replay->engine, destination, true, &replay->target);
    if (list_is_empty(&destination->producers) ||
        !replay_wants(replay, "Producer", destination->name))
        return;
    LIST_FOR_EACH(node, &destination->producers)
        advisory_tell_producer(replay->engine, destination,
                               LIST_ENTRY(node, struct home_producer, node), true, &replay->target);
}

static void replay_subscription(void *arg, void *object)
{
    const struct replay *replay = arg;
    const struct subscription *subscription = object;
    const struct subscribe_request *request = subscription->request;
    struct destination_name name = {request->names[0].kind, slice_of_text(request->names[0].name)};

    if (request->whole)
        name = (struct destination_name){request->whole_kind, slice_of_text(request->whole)};
    if (subscription->announced && replay_wants(replay, "Consumer", name))
        advisory_tell_consumer(replay->engine, subscription, true, &replay->target);
}

void advisory_receive_replay(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    struct replay replay = {
        engine, slice_of_text(mail->pointer), {mail->id, from, mail->pointer_b}, NULL};

    if (mail->pointer) {
        table_each(&engine->clients, replay_client, &replay);
        table_each(&engine->destinations, replay_destination, &replay);
        table_each(&engine->subscriptions, replay_subscription, &replay);
    }
    free(mail->pointer);
    free(mail->pointer_b);
}

/* Subscribers of everything ("ActiveMQ.Advisory.>") are not told, as in ActiveMQ. */
static void ask_for_replay(struct engine *engine, const struct subscription *subscription,
                           const struct subscribe_name *name)
{
    struct slice pattern = slice_of_text(name->name);

    if (!engine->config->advisory_support || !slice_starts_with(pattern, SLICE(ADVISORY_PREFIX)) ||
        slice_is(pattern, ADVISORY_PREFIX ">"))
        return;
    for (uint16_t to = 0; to < engine->shards; to++) {
        struct engine_mail mail = {.kind = MAIL_REPLAY,
                                   .id = subscription->id,
                                   .pointer = strdup(name->name),
                                   .pointer_b = strdup(subscription->request->consumer_id)};

        if (to == engine->index)
            advisory_receive_replay(engine, to, &mail);
        else
            engine_mail_to(engine, to, &mail);
    }
}

void advisory_topic_joined(struct engine *engine, const struct subscription *subscription,
                           const struct subscribe_name *name, bool joined)
{
    struct destination_name topic = {name->kind, slice_of_text(name->name)};

    if (!may_match_advisories(topic))
        return;
    tell_interest(engine, joined);
    if (joined)
        ask_for_replay(engine, subscription, name);
}
