/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow.c - how many bytes of messages are held, and who waits when there are too many.
 *
 * A send that finds no room waits, in order, with its message; its client is stopped from
 * sending more, unless it asked for an answer: then the answer is late, which stops a client of
 * its own accord. A client that does not stop all the same is stopped once it has a megabyte
 * waiting.
 *
 * What waits when its client goes stays, and no time limit counts any more: nobody would hear of
 * the failure, and who fails over takes for sent what has arrived. So that clients which come and
 * go do not fill memory, nothing more may wait here once too much of this kind does.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "advisories.h"
#include "base/log.h"
#include "destination.h"
#include "schedule.h"

enum { WAITING_BYTES_MAX = 1 << 20, ORPHANED_BYTES_MAX = 64 << 20, WARNING_MS_MIN = 1000 };

uint32_t message_charge(const struct message *message, const struct config_policy *policy)
{
    return message->len > policy->minimum_message_size ? message->len
                                                       : policy->minimum_message_size;
}

void memory_add(struct engine *engine, struct destination *destination, uint32_t charge)
{
    engine->memory += charge;
    destination->memory += charge;
}

void memory_remove(struct engine *engine, struct destination *destination, uint32_t charge)
{
    assert(engine->memory >= charge && destination->memory >= charge);
    engine->memory -= charge;
    destination->memory -= charge;
}

static uint64_t memory_of_all(const struct engine *engine)
{
    return engine->memory + engine->host.memory_of_others(engine->host.arg);
}

static bool is_scheduler_full(const struct engine *engine)
{
    const struct engine_host *host = &engine->host;
    uint64_t limit = engine->config->usage.scheduler_bytes_max;
    uint64_t others = host->scheduled_of_others ? host->scheduled_of_others(host->arg) : 0;

    return limit != 0 && schedule_memory(engine) + others >= limit;
}

/* By its own measure, however much the broker holds. */
static bool is_full_itself(const struct engine *engine, const struct destination *destination)
{
    const struct config_policy *policy = destination->policy;
    bool own_limit = policy->producer_flow_control && policy->memory_limit != 0;

    if (UNLIKELY(destination->is_scheduler))
        return is_scheduler_full(engine);
    if (!destination_is_queue(destination) && destination->topic.full != 0)
        return true;
    return own_limit && policy->queue_cursor == CURSOR_VM &&
           destination->memory >= policy->memory_limit;
}

static bool is_full(const struct engine *engine, const struct destination *destination)
{
    const struct config_policy *policy = destination->policy;
    const struct config_system_usage *usage = &engine->config->usage;
    uint64_t limit = usage->memory_bytes_max;

    if (is_full_itself(engine, destination))
        return true;
    /* Without flow control ActiveMQ goes on into the temporary store; until there is one here,
     * its size is added to what memory may hold. */
    if (limit != 0 && !policy->producer_flow_control)
        limit += usage->temp_bytes_max;
    return limit != 0 && memory_of_all(engine) >= limit;
}

bool flow_has_room(const struct engine *engine, const struct destination *destination, bool adds)
{
    uint64_t limit = engine->config->usage.memory_bytes_max;

    if (adds && limit != 0 && memory_of_all(engine) >= limit)
        return false;
    return !destination ||
           (list_is_empty(&destination->waiting) && !is_full_itself(engine, destination));
}

static bool fails_at_once(const struct engine *engine, const struct config_policy *policy)
{
    if (policy->send_fail_if_no_space >= 0)
        return policy->send_fail_if_no_space != 0;
    return engine->config->usage.send_fail_if_no_space;
}

static int64_t waits_until(const struct engine *engine, const struct config_policy *policy)
{
    int64_t wait_ms = policy->send_fail_after_ms >= 0 ? policy->send_fail_after_ms
                                                      : engine->config->usage.send_fail_after_ms;

    return wait_ms > 0 ? engine->wheel.now_ms + wait_ms : INT64_MAX;
}

static void throttle(struct engine *engine, uint64_t client, bool stop)
{
    struct engine_mail mail = {.kind = MAIL_THROTTLE, .id = client, .flags = stop ? MAIL_ADD : 0};

    if (client == 0)
        return;
    if (serial_shard(client) == engine->index)
        client_throttle(engine, client, stop);
    else
        engine_mail_to(engine, serial_shard(client), &mail);
}

static void refuse(struct engine *engine, const struct destination *destination,
                   const struct reply_address *reply)
{
    struct text_error name, why;

    destination_text(destination->name, &name);
    if (destination->is_scheduler)
        text_error_set(&why, "Job Scheduler Store is Full: no room for another scheduled message");
    else
        text_error_set(&why, "Usage Manager Memory Limit reached. Stopping producer of %s: no room",
                       name.text);
    engine_answer(engine, reply, ENGINE_NO_RESOURCES, why.text);
}

/* blockedProducerWarningInterval: at once, then as often while somebody waits. */
static void warn_of_blocked(const struct engine *engine, struct destination *destination)
{
    int64_t period_ms = destination->policy->blocked_producer_warning_ms;
    int64_t now_ms = engine->wheel.now_ms;
    struct log_scope scope = {"engine", 0, engine->index};
    struct text_error name;
    struct log_text clean;

    if (period_ms <= 0 || now_ms < destination->next_warning_ms)
        return;
    destination->next_warning_ms =
        now_ms + (period_ms > WARNING_MS_MIN ? period_ms : WARNING_MS_MIN);
    destination_text(destination->name, &name);
    log_event(&scope, LOG_WARN, "producers_blocked",
              "destination=\"%s\" waiting_bytes=%" PRIu64 " memory=%" PRIu64
              " memory_limit=%" PRIu64 " broker_memory=%" PRIu64,
              log_text(&clean, slice_of_text(name.text)), destination->waiting_bytes,
              destination->memory, destination->policy->memory_limit, memory_of_all(engine));
}

static void wait_for_room(struct engine *engine, struct destination *destination,
                          struct message *message, const struct reply_address *reply, uint8_t flags)
{
    struct waiting_send *waiting = malloc(sizeof *waiting);

    if (!waiting) {
        message_unref(message);
        engine_answer(engine, reply, ENGINE_NO_MEMORY, "the broker is out of memory");
        return;
    }
    *waiting = (struct waiting_send){.message = message,
                                     .reply = *reply,
                                     .until_ms = waits_until(engine, destination->policy),
                                     .flags = flags};
    destination->waiting_bytes += message->len;
    destination->counters.blocked_sends++;
    waiting->throttled = reply->operation == 0 || destination->waiting_bytes > WAITING_BYTES_MAX;
    if (waiting->throttled)
        throttle(engine, reply->client, true);
    if (list_is_empty(&destination->waiting))
        list_append(&engine->blocked, &destination->blocked_node);
    list_append(&destination->waiting, &waiting->node);
    warn_of_blocked(engine, destination);
    advisory_fast_producer(engine, destination, message);
}

bool flow_admits(struct engine *engine, struct destination *destination, struct message *message,
                 const struct reply_address *reply, uint8_t flags)
{
    if (flags & MAIL_INTERNAL)
        return true;
    if (LIKELY(list_is_empty(&destination->waiting) && !is_full(engine, destination))) {
        destination->full_announced = false;
        return true;
    }
    if (!destination->full_announced) {
        destination->full_announced = true;
        advisory_full(engine, destination);
    }
    if (fails_at_once(engine, destination->policy) || engine->orphaned_bytes > ORPHANED_BYTES_MAX) {
        refuse(engine, destination, reply);
        message_unref(message);
    } else {
        wait_for_room(engine, destination, message, reply, flags);
    }
    return false;
}

static void release(struct engine *engine, struct destination *destination,
                    struct waiting_send *waiting, bool admitted)
{
    list_remove(&waiting->node);
    destination->waiting_bytes -= waiting->message->len;
    if (waiting->is_orphaned)
        engine->orphaned_bytes -= waiting->message->len;
    if (list_is_empty(&destination->waiting))
        list_remove(&destination->blocked_node);
    if (waiting->throttled)
        throttle(engine, waiting->reply.client, false);
    if (admitted && destination->is_scheduler) {
        schedule_accept(engine, waiting->message, &waiting->reply, waiting->flags);
    } else if (admitted) {
        destination_accept(engine, destination, waiting->message, &waiting->reply);
    } else {
        refuse(engine, destination, &waiting->reply);
        message_unref(waiting->message);
    }
    free(waiting);
}

void flow_drop_waiting(struct engine *engine, struct destination *destination)
{
    LIST_FOR_EACH_SAFE(node, &destination->waiting)
        release(engine, destination, LIST_ENTRY(node, struct waiting_send, node), false);
}

void flow_forget_waiting(struct destination *destination)
{
    list_remove(&destination->blocked_node);
    LIST_FOR_EACH_SAFE(node, &destination->waiting) {
        struct waiting_send *waiting = LIST_ENTRY(node, struct waiting_send, node);

        message_unref(waiting->message);
        free(waiting);
    }
}

static void orphan(struct engine *engine, struct destination *destination, uint64_t client)
{
    LIST_FOR_EACH(node, &destination->waiting) {
        struct waiting_send *waiting = LIST_ENTRY(node, struct waiting_send, node);

        if (waiting->reply.client != client || waiting->is_orphaned)
            continue;
        waiting->is_orphaned = true;
        waiting->until_ms = INT64_MAX;
        engine->orphaned_bytes += waiting->message->len;
    }
}

void flow_receive_client_gone(struct engine *engine, const struct engine_mail *mail)
{
    LIST_FOR_EACH(node, &engine->blocked)
        orphan(engine, LIST_ENTRY(node, struct destination, blocked_node), mail->id);
}

void flow_client_gone(struct engine *engine, uint64_t client)
{
    struct engine_mail mail = {.kind = MAIL_CLIENT_GONE, .id = client};

    for (uint16_t to = 0; to < engine->shards; to++) {
        if (to == engine->index)
            flow_receive_client_gone(engine, &mail);
        else
            engine_mail_to(engine, to, &mail);
    }
}

/* But for those whose clients have gone, all wait equally long here: time is over for the first
 * ones first. */
static void release_what_fits(struct engine *engine, struct destination *destination)
{
    LIST_FOR_EACH_SAFE(node, &destination->waiting) {
        struct waiting_send *waiting = LIST_ENTRY(node, struct waiting_send, node);

        if (!is_full(engine, destination))
            release(engine, destination, waiting, true);
        else if (waiting->until_ms <= engine->wheel.now_ms)
            release(engine, destination, waiting, false);
        else if (!waiting->is_orphaned)
            return;
    }
}

void destinations_release_blocked(struct engine *engine)
{
    LIST_FOR_EACH_SAFE(node, &engine->blocked) {
        struct destination *destination = LIST_ENTRY(node, struct destination, blocked_node);

        release_what_fits(engine, destination);
        if (!list_is_empty(&destination->waiting))
            warn_of_blocked(engine, destination);
    }
}
