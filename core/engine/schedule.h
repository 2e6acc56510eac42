/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_SCHEDULE_H
#define ENGINE_SCHEDULE_H
/*
 * schedule.h - schedulerSupport: messages that are delivered later, again and again, or at times
 * that a cron entry names; and what a broker delivers again after a delay (redelivery.h).
 *
 * A scheduled message is a job on the shard that is home to its destination. What the destination
 * gets is a copy, sent by the broker when the job is due.
 *
 * Ownership  jobs belong to the shard's scheduler. A redelivery's entry stays with its queue.
 * Order      jobs of one destination that are due in the same millisecond come in the order in
 *            which they were scheduled.
 * Limits     the bytes of all jobs count as memory and against jobSchedulerUsage; senders wait as
 *            flow.c says. A copy that finds no room at its destination is tried again later. Jobs
 *            live in memory only.
 *
 * Threads    the engine's own (shard.h).
 */
#include "cron.h"
#include "destination.h"
#include "operation.h"

struct job;
struct schedule;
struct sender;

/* What the properties of a message ask for. */
struct schedule_plan {
    int64_t delay_ms, period_ms; /* 0 and more */
    int32_t repeat;              /* copies after the first; negative: for ever */
    bool has_cron;
    struct cron cron;
};

/* schedule_read.c */
/* Does it ask to be scheduled? Only with an engine->schedule is it asked. */
bool schedule_concerns(const struct message *message);
/* -EINVAL: `why` says which property is wrong. */
int schedule_read(const struct config *config, const struct message *message,
                  struct schedule_plan *out, struct text_error *why) MUST_CHECK;
/* A number, or a text that is one. */
bool schedule_read_number(const struct value *value, int64_t *out);
/* All properties but those named; `room` more may be written behind them. The caller frees them;
 * NULL: no memory. */
struct property *schedule_strip(const struct message *message, const struct slice *names,
                                size_t name_count, size_t room, size_t *count) MUST_CHECK;

/* schedule.c */
int schedule_init(struct engine *engine) MUST_CHECK;
void schedule_fini(struct engine *engine); /* after the destinations */
uint64_t schedule_memory(const struct engine *engine);
/* Towards the home of `hash`; takes over the reference. */
void home_schedule(struct engine *engine, uint64_t hash, struct message *message,
                   struct reply_address reply, uint8_t flags);
void schedule_send(struct engine *engine, uint64_t hash, struct message *message,
                   const struct reply_address *reply, uint8_t flags);
/* There is room for it: the sender hears that it is scheduled. */
void schedule_accept(struct engine *engine, struct message *message,
                     const struct reply_address *reply, uint8_t flags);
/* A queue's entry that is in no list: queue_enqueue_again when the delay is over. NULL: no memory.
 */
struct job *schedule_entry(struct engine *engine, struct entry *entry, int64_t delay_ms) MUST_CHECK;
void schedule_drop_entries(struct engine *engine, struct destination *queue); /* and forgets them */

/* For schedule_manage.c. */
void schedule_job_id(const struct engine *engine, const struct job *job, struct text_error *out);
struct job *schedule_find(const struct engine *engine, struct slice job_id); /* NULL: not here */
int64_t schedule_due_ms(const struct job *job);                              /* since 1970 */
const struct message *schedule_message(const struct job *job);
void schedule_each(struct engine *engine, void (*visit)(void *arg, struct job *job), void *arg);
size_t schedule_count(const struct engine *engine);
void schedule_remove(struct engine *engine, struct job *job);

/* schedule_manage.c: messages to ActiveMQ.Scheduler.Management are commands. */
bool schedule_is_management(struct destination_name name);
/* May the client say that? If not, its request has been answered. */
bool schedule_may_command(struct engine_client *client, const struct message *command,
                          uint64_t request);
/* Tells all shards; takes over the reference. A browse is answered before the operation ends. */
void schedule_command(const struct sender *sender, struct message *command);
void schedule_receive_command(struct engine *engine, uint16_t from, const struct engine_mail *mail);
void schedule_receive_done(struct engine *engine, uint16_t from, const struct engine_mail *mail);
#endif
