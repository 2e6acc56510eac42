/* SPDX-License-Identifier: Apache-2.0 */
#include "redelivery.h"

#include <errno.h>
#include <stdlib.h>

#include "schedule.h"

#define DELAY_PROPERTY "redeliveryDelay"
#define JOB_PROPERTY   "scheduledJobId"

enum { BACK_OFF_STEPS_MAX = 4096 }; /* a sender may claim any redelivery count */

static const int64_t delay_ms_max = INT64_C(10) * 365 * 24 * 3600 * 1000;

static const struct config_redelivery_policy *find_policy(const struct config *config,
                                                          struct destination_name name)
{
    const struct config_redelivery_plugin *plugin = &config->redelivery;
    const struct config_redelivery_policy *best = NULL;
    unsigned best_score = 0;

    for (size_t i = 0; i < plugin->policy_count; i++) {
        const struct config_redelivery_policy *policy = &plugin->policies[i];
        struct slice pattern = slice_of_text(policy->name ? policy->name : ">");
        unsigned score;

        if (!policy->name) { /* of all others */
            best = best ? best : policy;
            continue;
        }
        if ((int)policy->kind != (int)name.kind || !pattern_matches(pattern, name.name))
            continue;
        score = policy_closeness(pattern);
        if (score > best_score) {
            best = policy;
            best_score = score;
        }
    }
    return best;
}

static int64_t clamp_delay(double delay_ms)
{
    return delay_ms < (double)delay_ms_max ? (int64_t)delay_ms : delay_ms_max;
}

int64_t redelivery_delay_ms(const struct config_redelivery_policy *policy, uint32_t done)
{
    bool grows = policy->exponential && policy->back_off_multiplier > 1;
    double limit_ms =
        (double)(policy->maximum_delay_ms > policy->delay_ms ? policy->maximum_delay_ms
                                                             : policy->delay_ms);
    double delay_ms = (double)policy->initial_delay_ms;

    if (done == 0)
        return clamp_delay(delay_ms);
    if (!grows)
        return clamp_delay((double)policy->delay_ms);
    for (uint32_t i = 0; i < done && i < BACK_OFF_STEPS_MAX; i++) {
        delay_ms *= policy->back_off_multiplier;
        if (policy->maximum_delay_ms != -1 && delay_ms > (double)policy->maximum_delay_ms)
            return clamp_delay(limit_ms);
        if (delay_ms > (double)delay_ms_max)
            break;
    }
    return clamp_delay(delay_ms);
}

/* The message as it will be delivered again; NULL: no memory. */
static struct message *make(const struct engine *engine, const struct entry *entry,
                            const struct job *job, int64_t delay_ms)
{
    const struct slice names[] = {SLICE(DELAY_PROPERTY), SLICE(JOB_PROPERTY)};
    struct message_draft draft;
    struct message *message;
    struct text_error job_id;
    size_t count;
    struct property *properties =
        schedule_strip(entry->message, names, ARRAY_LEN(names), 2, &count);

    if (!properties)
        return NULL;
    schedule_job_id(engine, job, &job_id);
    properties[count++] =
        (struct property){SLICE(DELAY_PROPERTY), {.type = VALUE_LONG, .integer = delay_ms}};
    properties[count++] = (struct property){
        SLICE(JOB_PROPERTY), {.type = VALUE_STRING, .text = slice_of_text(job_id.text)}};
    message_to_draft(entry->message, &draft);
    draft.encoded_properties = SLICE_ABSENT;
    draft.encoded_property_count = 0;
    draft.properties = properties;
    draft.property_count = count;
    draft.redelivery_count = entry->redelivery_count;
    message = message_create(&draft);
    free(properties);
    return message;
}

static void replace_message(struct engine *engine, struct entry *entry, struct message *message)
{
    memory_remove(engine, entry->queue, entry->charge);
    message_unref(entry->message);
    entry->message = message;
    entry->charge = message_charge(message, entry->queue->policy);
    memory_add(engine, entry->queue, entry->charge);
}

static int delay(struct engine *engine, struct entry *entry, uint32_t done, int64_t delay_ms)
{
    struct job *job = schedule_entry(engine, entry, delay_ms);
    struct message *message;

    if (!job)
        return -ENOMEM;
    entry->redelivery_count = done + 1;
    entry->dispatched = entry->extended = entry->group_first = false;
    message = make(engine, entry, job, delay_ms);
    if (message) /* else it comes back without the properties that tell of its delay */
        replace_message(engine, entry, message);
    return 0;
}

enum redelivery redelivery_decide(struct engine *engine, struct entry *entry,
                                  enum dead_letter_reason reason)
{
    const struct config_redelivery_plugin *plugin = &engine->config->redelivery;
    const struct config_redelivery_policy *policy = find_policy(engine->config, entry->queue->name);
    /* The policy's own limit has counted this failure already. */
    uint32_t done = entry->redelivery_count -
                    (reason == DEAD_LETTER_REDELIVERED && entry->redelivery_count > 0);

    assert(entry->queue && !entry->item);
    if (!policy)
        return plugin->fallback_to_dead_letter ? REDELIVERY_NONE : REDELIVERY_DISCARDED;
    if (message_is_expired(entry->message, engine->wall_ms))
        return REDELIVERY_NONE;
    if (policy->maximum_redeliveries >= 0 && done >= (uint32_t)policy->maximum_redeliveries)
        return plugin->dead_letter_after_retries ? REDELIVERY_NONE : REDELIVERY_DISCARDED;
    if (delay(engine, entry, done, redelivery_delay_ms(policy, done)) != 0)
        return REDELIVERY_NONE;
    return REDELIVERY_DELAYED;
}
