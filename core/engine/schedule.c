/* SPDX-License-Identifier: Apache-2.0 */
#include "schedule.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "home.h"
#include "send.h"
#include "virtuals.h"

enum {
    RETRY_MS = 250,             /* when a destination has no room */
    CLOCK_CHECK_MS = 60 * 1000, /* a wall clock may be put while a cron job waits */
};

struct job {
    uint64_t number;
    struct list_node node; /* of an entry: queue.delayed */
    struct timer timer;
    struct engine *engine;
    struct entry *entry;     /* NULL: a message of its own */
    struct message *message; /* as it was sent */
    struct schedule_plan plan;
    int64_t due_ms; /* since 1970 */
    uint32_t charge;
    bool is_series; /* its copies are messages of their own */
    bool may_create;
};

struct schedule {
    struct table jobs; /* by number */
    uint64_t count;    /* ever: numbers */
    char *id_prefix;
    struct destination account; /* in no table: what is scheduled takes memory and waits there */
};

/*
 * Jobs.
 */
static uint64_t job_hash(const void *object)
{
    return serial_hash(((const struct job *)object)->number);
}

static bool job_matches(const void *object, const void *key)
{
    return ((const struct job *)object)->number == *(const uint64_t *)key;
}

void schedule_job_id(const struct engine *engine, const struct job *job, struct text_error *out)
{
    text_error_set(out, "%s%" PRIu64, engine->schedule->id_prefix, job->number);
}

struct job *schedule_find(const struct engine *engine, struct slice job_id)
{
    struct slice prefix = slice_of_text(engine->schedule->id_prefix);
    int64_t signed_number;
    uint64_t number;

    if (!slice_starts_with(job_id, prefix) ||
        !slice_to_i64(slice_after(job_id, prefix.len), &signed_number) || signed_number <= 0)
        return NULL;
    number = (uint64_t)signed_number;
    return table_find(&engine->schedule->jobs, serial_hash(number), &number);
}

int64_t schedule_due_ms(const struct job *job)
{
    return job->due_ms;
}

const struct message *schedule_message(const struct job *job)
{
    return job->entry ? job->entry->message : job->message;
}

size_t schedule_count(const struct engine *engine)
{
    return engine->schedule->jobs.count;
}

struct visit {
    void (*visit)(void *arg, struct job *job);
    void *arg;
};

static void visit_job(void *arg, void *object)
{
    const struct visit *visit = arg;

    visit->visit(visit->arg, object);
}

void schedule_each(struct engine *engine, void (*visit)(void *arg, struct job *job), void *arg)
{
    struct visit each = {visit, arg};

    table_each(&engine->schedule->jobs, visit_job, &each);
}

static struct job *job_create(struct engine *engine, void (*fire)(struct timer *timer))
{
    struct job *job = calloc(1, sizeof *job);

    if (!job)
        return NULL;
    job->number = ++engine->schedule->count;
    job->engine = engine;
    list_init(&job->node);
    timer_init(&job->timer, fire);
    if (table_add(&engine->schedule->jobs, job) != 0) {
        free(job);
        return NULL;
    }
    return job;
}

/* The entry of one that has an entry stays with the caller. */
static void job_destroy(struct job *job)
{
    struct engine *engine = job->engine;

    table_remove(&engine->schedule->jobs, job);
    wheel_cancel(&engine->wheel, &job->timer);
    list_remove(&job->node);
    if (job->message)
        memory_remove(engine, &engine->schedule->account, job->charge);
    message_unref(job->message);
    free(job);
}

void schedule_remove(struct engine *engine, struct job *job)
{
    struct entry *entry = job->entry;

    job_destroy(job);
    if (entry)
        queue_forget(engine, entry);
}

/*
 * Firing.
 */
static void set_timer(struct job *job, int64_t wait_ms)
{
    struct wheel *wheel = &job->engine->wheel;

    wheel_set(wheel, &job->timer, wheel->now_ms + wait_ms);
}

/* As ActiveMQ: it lives as long as it would have when it was sent. */
static void renew_times(struct message_draft *draft, int64_t now_ms)
{
    int64_t live_ms = draft->expiration_ms - draft->timestamp_ms;

    draft->broker_in_ms = now_ms;
    if (draft->timestamp_ms <= 0 || draft->expiration_ms <= 0 ||
        now_ms + live_ms <= draft->expiration_ms)
        return;
    if (live_ms > 0)
        draft->expiration_ms = now_ms + live_ms;
    draft->timestamp_ms = now_ms;
}

/* What the destination gets; NULL: no memory. */
static struct message *make_copy(const struct job *job)
{
    const struct slice names[] = {SLICE("AMQ_SCHEDULED_DELAY"), SLICE("AMQ_SCHEDULED_PERIOD"),
                                  SLICE("AMQ_SCHEDULED_REPEAT"), SLICE("AMQ_SCHEDULED_CRON")};
    struct engine *engine = job->engine;
    struct message_draft draft;
    struct message *message;
    struct text_error job_id;
    size_t count;
    struct property *properties = schedule_strip(job->message, names, ARRAY_LEN(names), 1, &count);

    if (!properties)
        return NULL;
    schedule_job_id(engine, job, &job_id);
    properties[count++] = (struct property){
        SLICE("scheduledJobId"), {.type = VALUE_STRING, .text = slice_of_text(job_id.text)}};
    message_to_draft(job->message, &draft);
    draft.encoded_properties = SLICE_ABSENT;
    draft.encoded_property_count = 0;
    draft.properties = properties;
    draft.property_count = count;
    if (job->is_series) {
        draft.id = slice_of_text(engine->advisory_producer);
        draft.id_sequence = ++engine->advisory_count;
    }
    renew_times(&draft, engine->wall_ms);
    message = message_create(&draft);
    free(properties);
    return message;
}

/* A message that is delivered once takes no more memory than it has; a further copy does. A queue
 * that is empty takes one all the same, or jobs that fill all memory would wait for each other. */
static bool has_room(const struct job *job, const struct destination *destination)
{
    bool adds = job->plan.repeat != 0 || job->plan.has_cron;

    if (!virtual_concerns(job->engine, message_destination(job->message)) &&
        (!destination || !destination_is_queue(destination) || destination->count == 0))
        adds = false;
    return flow_has_room(job->engine, destination, adds);
}

/* Sends a copy; false: not now. */
static bool deliver(const struct job *job)
{
    struct destination_name name = message_destination(job->message);
    const struct destination *destination =
        destination_find(job->engine, name, destination_name_hash(name));
    struct message *message = has_room(job, destination) ? make_copy(job) : NULL;

    if (!message)
        return false;
    send_by_broker(job->engine, message, job->may_create);
    return true;
}

static bool is_in_vain(const struct job *job)
{
    struct destination_name name = message_destination(job->message);

    return destination_kind_is_temp(name.kind) && !job->engine->config->allow_temp_auto_creation &&
           !destination_find(job->engine, name, destination_name_hash(name));
}

static void fire_message(struct timer *timer)
{
    struct job *job = CONTAINER_OF(timer, struct job, timer);
    int64_t now_ms = job->engine->wheel.now_ms;
    int64_t planned_ms = job->timer.at_ms;

    if (is_in_vain(job)) {
        job_destroy(job);
        return;
    }
    if (!deliver(job)) {
        set_timer(job, RETRY_MS);
        return;
    }
    if (job->plan.repeat == 0) {
        job_destroy(job);
        return;
    }
    if (job->plan.repeat > 0)
        job->plan.repeat--;
    planned_ms += job->plan.period_ms > 0 ? job->plan.period_ms : 1;
    set_timer(job, planned_ms > now_ms ? planned_ms - now_ms : 1);
    job->due_ms = job->engine->wall_ms + job->timer.at_ms - now_ms;
}

static int64_t first_wait_ms(const struct schedule_plan *plan)
{
    return plan->delay_ms > 0 ? plan->delay_ms : plan->period_ms;
}

static struct job *add_job(struct engine *engine, struct message *message,
                           const struct schedule_plan *plan, bool may_create);

/* Each hit of a cron entry that has a delay or a period as well starts a job without one. */
static bool start_series(const struct job *job)
{
    struct schedule_plan plan = job->plan;
    struct job *series;

    plan.has_cron = false;
    if (!flow_has_room(job->engine, &job->engine->schedule->account, true))
        return false;
    series = add_job(job->engine, message_ref(job->message), &plan, job->may_create);
    if (!series)
        return false;
    series->is_series = true;
    return true;
}

static void set_clock_timer(struct job *job)
{
    int64_t wait_ms = job->due_ms - job->engine->wall_ms;

    set_timer(job, wait_ms < CLOCK_CHECK_MS ? wait_ms : CLOCK_CHECK_MS);
}

static void fire_cron(struct timer *timer)
{
    struct job *job = CONTAINER_OF(timer, struct job, timer);
    int64_t wall_ms = job->engine->wall_ms;
    bool is_plain = job->plan.repeat == 0 && first_wait_ms(&job->plan) == 0;
    int64_t next_ms;

    if (wall_ms < job->due_ms) { /* unless the clock was put back, it is the same time again */
        next_ms = cron_next_ms(&job->plan.cron, wall_ms);
        job->due_ms = next_ms < job->due_ms ? next_ms : job->due_ms;
        set_clock_timer(job);
        return;
    }
    if (is_in_vain(job)) {
        job_destroy(job);
        return;
    }
    if (!(is_plain ? deliver(job) : start_series(job))) {
        set_timer(job, RETRY_MS);
        return;
    }
    job->due_ms = cron_next_ms(&job->plan.cron, wall_ms);
    if (job->due_ms == INT64_MAX)
        job_destroy(job);
    else
        set_clock_timer(job);
}

/* Takes over the reference. NULL: no memory. */
static struct job *add_job(struct engine *engine, struct message *message,
                           const struct schedule_plan *plan, bool may_create)
{
    struct destination *account = &engine->schedule->account;
    struct job *job = job_create(engine, plan->has_cron ? fire_cron : fire_message);

    if (!job) {
        message_unref(message);
        return NULL;
    }
    job->message = message;
    job->plan = *plan;
    job->may_create = may_create;
    job->is_series = plan->has_cron || plan->repeat != 0;
    job->charge = message_charge(message, account->policy) + (uint32_t)sizeof *job;
    memory_add(engine, account, job->charge);
    if (plan->has_cron) {
        job->due_ms = cron_next_ms(&plan->cron, engine->wall_ms);
        set_clock_timer(job);
    } else {
        job->due_ms = engine->wall_ms + first_wait_ms(plan);
        set_timer(job, first_wait_ms(plan));
    }
    return job;
}

/*
 * Accepting.
 */
void home_schedule(struct engine *engine, uint64_t hash, struct message *message,
                   struct reply_address reply, uint8_t flags)
{
    uint16_t shard = engine_home_of(engine, hash);
    struct engine_mail mail = {
        .kind = MAIL_SCHEDULE, .flags = flags, .id = hash, .reply = reply, .pointer = message};

    if (shard == engine->index)
        schedule_send(engine, hash, message, &reply, flags);
    else
        engine_mail_to(engine, shard, &mail);
}

/* A destination that may not come into being must be there now; who schedules hears of it. */
static bool may_go(struct engine *engine, struct destination_name name, uint64_t hash,
                   uint8_t flags, enum engine_error *error, struct text_error *why)
{
    const struct destination_maker nobody = {.owner = 0};
    bool may_create = flags & MAIL_MAY_CREATE;

    if (destination_kind_is_temp(name.kind))
        may_create &= engine->config->allow_temp_auto_creation;
    else if (virtual_concerns(engine, name))
        return true;
    /* Without the right to create, this finds it or says why it is not there. */
    return may_create || destination_get(engine, name, hash, &nobody, error, why) != NULL;
}

void schedule_send(struct engine *engine, uint64_t hash, struct message *message,
                   const struct reply_address *reply, uint8_t flags)
{
    enum engine_error error = ENGINE_OK;
    struct text_error why;

    if (!may_go(engine, message_destination(message), hash, flags, &error, &why)) {
        message_unref(message);
        engine_answer(engine, reply, error, why.text);
        return;
    }
    if (flow_admits(engine, &engine->schedule->account, message, reply, flags))
        schedule_accept(engine, message, reply, flags);
}

void schedule_accept(struct engine *engine, struct message *message,
                     const struct reply_address *reply, uint8_t flags)
{
    struct schedule_plan plan;
    struct text_error why;

    if (schedule_read(engine->config, message, &plan, &why) != 0) { /* its front has checked that */
        message_unref(message);
        engine_answer(engine, reply, ENGINE_BAD_SCHEDULE, why.text);
        return;
    }
    if (add_job(engine, message, &plan, flags & MAIL_MAY_CREATE))
        engine_answer(engine, reply, ENGINE_OK, "");
    else
        engine_answer(engine, reply, ENGINE_NO_MEMORY, "the broker is out of memory");
}

/*
 * Entries of queues.
 */
static void fire_entry(struct timer *timer)
{
    struct job *job = CONTAINER_OF(timer, struct job, timer);
    struct engine *engine = job->engine;
    struct entry *entry = job->entry;

    job_destroy(job);
    queue_enqueue_again(engine, entry);
}

struct job *schedule_entry(struct engine *engine, struct entry *entry, int64_t delay_ms)
{
    struct job *job = job_create(engine, fire_entry);

    if (!job)
        return NULL;
    job->entry = entry;
    job->due_ms = engine->wall_ms + delay_ms;
    list_append(&entry->queue->queue.delayed, &job->node);
    set_timer(job, delay_ms);
    return job;
}

void schedule_drop_entries(struct engine *engine, struct destination *queue)
{
    LIST_FOR_EACH_SAFE(node, &queue->queue.delayed)
        schedule_remove(engine, LIST_ENTRY(node, struct job, node));
}

/*
 * Beginning and end.
 */
static void account_init(struct engine *engine, struct destination *account)
{
    account->name = (struct destination_name){DESTINATION_TOPIC, SLICE("ActiveMQ.Scheduler")};
    account->policy = policy_for(engine->config, account->name);
    account->engine = engine;
    account->is_scheduler = true;
    list_init(&account->waiting);
    list_init(&account->blocked_node);
}

int schedule_init(struct engine *engine)
{
    struct schedule *schedule;
    struct text_error prefix;

    if (!engine->config->scheduler_support)
        return 0;
    schedule = calloc(1, sizeof *schedule);
    if (!schedule)
        return -ENOMEM;
    engine->schedule = schedule;
    text_error_set(&prefix, "%s-%u:0:0:1:", engine->id_base, (unsigned)engine->index);
    schedule->id_prefix = strdup(prefix.text);
    account_init(engine, &schedule->account);
    if (!schedule->id_prefix)
        return -ENOMEM;
    return table_init(&schedule->jobs, job_hash, job_matches, 64);
}

static void drop(void *arg, struct job *job)
{
    (void)arg;
    job_destroy(job);
}

void schedule_fini(struct engine *engine)
{
    if (!engine->schedule)
        return;
    flow_forget_waiting(&engine->schedule->account);
    schedule_each(engine, drop, NULL);
    table_fini(&engine->schedule->jobs);
    free(engine->schedule->id_prefix);
    free(engine->schedule);
    engine->schedule = NULL;
}

uint64_t schedule_memory(const struct engine *engine)
{
    return engine->schedule ? engine->schedule->account.memory : 0;
}
