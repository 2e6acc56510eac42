/* SPDX-License-Identifier: Apache-2.0 */
#include "purge.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "destination.h"
#include "durable.h"
#include "slow_consumer.h"

static bool is_inactive(const struct engine *engine, struct destination *destination)
{
    const struct config_policy *policy = destination->policy;

    if (!policy->gc_inactive || destination_kind_is_temp(destination->name.kind))
        return false;
    if (destination->count > 0 || destination->subscription_count > 0 ||
        destination->producer_count > 0 || !list_is_empty(&destination->waiting))
        return false;
    if (engine->wheel.now_ms - destination->idle_since_ms < policy->gc_inactive_ms)
        return false;
    /* Subscriptions with wildcards are not counted at the topics they match. */
    if (destination_is_queue(destination) || !destination_is_heard(engine, destination))
        return true;
    destination_touch(destination);
    return false;
}

/* Removal announces itself on an advisory topic, which may come into being by that: the table
 * must not be walked meanwhile. So the inactive ones are noted first. */
struct sweep {
    struct engine *engine;
    struct destination **found;
    size_t count, capacity;
};

static void note_inactive(void *arg, void *object)
{
    struct sweep *sweep = arg;

    if (sweep->count < sweep->capacity && is_inactive(sweep->engine, object))
        sweep->found[sweep->count++] = object;
}

static void remove_inactive(struct engine *engine)
{
    size_t limit = engine->config->purged_per_sweep_max;
    struct sweep sweep = {.engine = engine, .capacity = engine->destinations.count};
    struct log_scope scope = {"engine", 0, engine->index};

    if (limit > 0 && sweep.capacity > limit)
        sweep.capacity = limit;
    if (sweep.capacity == 0)
        return;
    sweep.found = malloc(sweep.capacity * sizeof *sweep.found);
    if (!sweep.found)
        return; /* the next sweep may find memory */
    table_each(&engine->destinations, note_inactive, &sweep);
    for (size_t i = 0; i < sweep.count; i++) {
        struct destination *destination = sweep.found[i];
        struct text_error text;
        struct log_text clean;

        destination_text(destination->name, &text);
        log_event(&scope, LOG_INFO, "destination_inactive", "destination=\"%s\" idle_ms=%" PRId64,
                  log_text(&clean, slice_of_text(text.text)),
                  engine->wheel.now_ms - destination->idle_since_ms);
        destination_remove(engine, destination, "the destination was inactive");
    }
    free(sweep.found);
}

static void purge_fired(struct timer *timer)
{
    struct engine *engine = CONTAINER_OF(timer, struct engine, purge_timer);

    remove_inactive(engine);
    wheel_set(&engine->wheel, timer, engine->wheel.now_ms + engine->config->purge_period_ms);
}

static void durable_fired(struct timer *timer)
{
    struct engine *engine = CONTAINER_OF(timer, struct engine, durable_timer);

    durables_sweep(engine);
    wheel_set(&engine->wheel, timer,
              engine->wheel.now_ms + engine->config->offline_durable_check_ms);
}

static void slow_fired(struct timer *timer)
{
    struct engine *engine = CONTAINER_OF(timer, struct engine, slow_timer);

    slow_consumers_sweep(engine);
    wheel_set(&engine->wheel, timer,
              engine->wheel.now_ms + slow_consumers_period_ms(engine->config));
}

void purge_start(struct engine *engine)
{
    const struct config *config = engine->config;
    int64_t now_ms = engine->wheel.now_ms;
    int64_t slow_ms = slow_consumers_period_ms(config);

    timer_init(&engine->purge_timer, purge_fired);
    timer_init(&engine->durable_timer, durable_fired);
    timer_init(&engine->slow_timer, slow_fired);
    if (config->purge_period_ms > 0)
        wheel_set(&engine->wheel, &engine->purge_timer, now_ms + config->purge_period_ms);
    if (config->offline_durable_timeout_ms >= 0 && config->offline_durable_check_ms > 0)
        wheel_set(&engine->wheel, &engine->durable_timer,
                  now_ms + config->offline_durable_check_ms);
    if (slow_ms > 0)
        wheel_set(&engine->wheel, &engine->slow_timer, now_ms + slow_ms);
}

void purge_stop(struct engine *engine)
{
    struct timer *timers[] = {&engine->purge_timer, &engine->durable_timer, &engine->slow_timer};

    for (size_t i = 0; i < ARRAY_LEN(timers); i++)
        if (timers[i]->fire) /* else they never started */
            wheel_cancel(&engine->wheel, timers[i]);
}
