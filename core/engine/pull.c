/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pull.c - consumers with prefetch 0, which get what they ask for, one message at a time.
 *
 * A pull gives every part of the consumer a permit for one message. The first message that comes
 * is the consumer's; the other parts lose their permits, and what they have sent meanwhile goes
 * back, unseen. Whether a permit has been used is known by its home: when time is up the front
 * asks for it back, and the home answers that there is nothing, unless a message is on its way.
 *
 * What a browser gets too much of does not go back: it waits in the gate for the next pull.
 */
#include "pull.h"

#include <stdlib.h>

#include "client.h"
#include "home.h"
#include "subscription.h"

/*
 * The front.
 */
static void ask(struct engine_consumer *consumer, uint64_t parts, uint8_t flags)
{
    struct engine *engine = consumer->client->engine;

    for (; parts != 0; parts &= parts - 1) {
        uint16_t shard = (uint16_t)__builtin_ctzll(parts);
        struct engine_mail mail = {
            .kind = MAIL_PULL, .flags = flags, .id = consumer->id, .first = consumer->pull->number};

        if (flags & MAIL_ADD && !consumer->pull->permitted)
            return; /* the part before had one at once */
        if (shard == engine->index)
            pull_receive(engine, &mail);
        else
            engine_mail_to(engine, shard, &mail);
    }
}

static void time_is_up(struct timer *timer)
{
    struct pull *pull = CONTAINER_OF(timer, struct pull, timer);

    ask(pull->consumer, pull->asked, MAIL_LAST);
}

static struct pull *pull_of(struct engine_consumer *consumer)
{
    struct pull *pull = consumer->pull;

    if (pull)
        return pull;
    pull = calloc(1, sizeof *pull);
    if (!pull)
        return NULL;
    pull->consumer = consumer;
    timer_init(&pull->timer, time_is_up);
    consumer->pull = pull;
    return pull;
}

void engine_pull(struct engine_consumer *consumer, int64_t timeout_ms)
{
    struct engine_client *client = consumer->client;
    struct wheel *wheel = &client->engine->wheel;
    struct pull *pull = pull_of(consumer);

    if (!pull) {
        client->ops->disconnect(client->session, "the broker is out of memory");
        return;
    }
    pull->number++;
    pull->permitted = true;
    pull->asked = consumer->parts;
    wheel_cancel(wheel, &pull->timer);
    if (timeout_ms > 0)
        wheel_set(wheel, &pull->timer, wheel->now_ms + timeout_ms);
    if (UNLIKELY(consumer->is_browser))
        gate_flush(consumer);
    if (!pull->permitted) /* something has waited for it */
        return;
    ask(consumer, pull->asked, timeout_ms < 0 ? MAIL_ADD | MAIL_LAST : MAIL_ADD);
}

void pull_end(struct engine_consumer *consumer)
{
    if (!consumer->pull)
        return;
    wheel_cancel(&consumer->client->engine->wheel, &consumer->pull->timer);
    free(consumer->pull);
    consumer->pull = NULL;
}

bool pull_is_over(struct engine_consumer *consumer, const struct consumer_delivery *nothing)
{
    struct pull *pull = consumer->pull;

    if (!pull || !pull->permitted || pull->number != nothing->tag)
        return false; /* of an earlier one, or of a part that came too late */
    pull->asked &= ~(UINT64_C(1) << nothing->shard);
    if (pull->asked != 0)
        return false;
    pull->permitted = false;
    wheel_cancel(&consumer->client->engine->wheel, &pull->timer);
    return true;
}

void pull_give_back(struct engine_consumer *consumer, const struct consumer_delivery *delivery)
{
    struct engine *engine = consumer->client->engine;
    struct engine_mail mail = {.kind = MAIL_RETURN, .id = consumer->id, .first = delivery->tag};

    if (delivery->shard == engine->index)
        return_receive(engine, &mail);
    else
        engine_mail_to(engine, delivery->shard, &mail);
}

bool pull_permits(const struct engine_consumer *consumer)
{
    return consumer->pull && consumer->pull->permitted;
}

void pull_use(struct engine_consumer *consumer, uint16_t shard)
{
    struct pull *pull = consumer->pull;

    if (!pull_permits(consumer))
        return;
    pull->permitted = false;
    pull->asked &= ~(UINT64_C(1) << shard);
    wheel_cancel(&consumer->client->engine->wheel, &pull->timer);
    ask(consumer, pull->asked, MAIL_LAST);
}

bool pull_takes(struct engine_consumer *consumer, const struct consumer_delivery *delivery)
{
    if (!pull_permits(consumer)) {
        pull_give_back(consumer, delivery);
        return false;
    }
    pull_use(consumer, delivery->shard);
    return true;
}

void engine_set_prefetch(struct engine_consumer *consumer, uint32_t prefetch)
{
    struct engine *engine = consumer->client->engine;
    struct engine_mail mail = {.kind = MAIL_PREFETCH, .small = prefetch, .id = consumer->id};

    consumer->prefetch = prefetch;
    pull_end(consumer);
    for (uint64_t parts = consumer->parts; parts != 0; parts &= parts - 1) {
        uint16_t shard = (uint16_t)__builtin_ctzll(parts);

        if (shard == engine->index)
            prefetch_receive(engine, &mail);
        else
            engine_mail_to(engine, shard, &mail);
    }
    if (prefetch == 0) /* they know, and will not send it again at once */
        gate_give_back(consumer);
    gate_flush(consumer);
}

/*
 * The home.
 */
static void say_nothing(struct engine *engine, const struct subscription *subscription,
                        uint64_t number)
{
    struct engine_mail mail = {
        .kind = MAIL_DELIVER, .flags = MAIL_LAST, .id = subscription->id, .first = number};
    struct consumer_delivery nothing = {.tag = number, .shard = engine->index};

    if (subscription->local)
        consumer_deliver(subscription->local, &nothing);
    else
        engine_mail_to(engine, serial_shard(subscription->id), &mail);
}

void pull_receive(struct engine *engine, const struct engine_mail *mail)
{
    struct subscription *subscription = subscription_find(engine, mail->id);

    if (!subscription || subscription->prefetch != 0)
        return;
    if (mail->flags & MAIL_ADD) {
        subscription->permit = true;
        subscription_update(engine, subscription);
    }
    if (mail->flags & MAIL_LAST && subscription->permit) {
        subscription->permit = false;
        subscription_update_ready(subscription);
        say_nothing(engine, subscription, mail->first);
    }
}

void return_receive(struct engine *engine, const struct engine_mail *mail)
{
    struct subscription *subscription = subscription_find(engine, mail->id);

    if (subscription)
        subscription_take_back(engine, subscription, mail->first);
}

void prefetch_receive(struct engine *engine, const struct engine_mail *mail)
{
    struct subscription *subscription = subscription_find(engine, mail->id);

    if (!subscription)
        return;
    subscription->prefetch = mail->small;
    subscription->permit = false;
    subscription_update(engine, subscription);
}
