/* SPDX-License-Identifier: Apache-2.0 */
#include "schedule.h"
#include "send.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

#include "base/log.h"
#include "client.h"

#define MANAGEMENT "ActiveMQ.Scheduler.Management"
#define ACTION     "AMQ_SCHEDULER_ACTION"

enum action { ACTION_NONE, ACTION_BROWSE, ACTION_REMOVE, ACTION_REMOVE_ALL };

struct command {
    enum action action;
    struct slice job_id;
    int64_t first_ms, last_ms; /* jobs that are due then */
};

bool schedule_is_management(struct destination_name name)
{
    struct slice prefix = SLICE(MANAGEMENT);

    return name.name.len >= prefix.len &&
           strncasecmp((const char *)name.name.bytes, MANAGEMENT, prefix.len) == 0;
}

static enum action action_of(struct slice entries)
{
    struct value value;

    if (!property_find(entries, SLICE(ACTION), &value) || value.type != VALUE_STRING)
        return ACTION_NONE;
    if (slice_is(value.text, "BROWSE"))
        return ACTION_BROWSE;
    if (slice_is(value.text, "REMOVE"))
        return ACTION_REMOVE;
    return slice_is(value.text, "REMOVEALL") ? ACTION_REMOVE_ALL : ACTION_NONE;
}

static int read_command(const struct message *message, struct command *out, struct text_error *why)
{
    struct slice entries = message_part(message, MESSAGE_PROPERTIES);
    struct value job_id, first, last;
    struct command command = {
        .action = action_of(entries), .first_ms = INT64_MIN, .last_ms = INT64_MAX};

    if (property_find(entries, SLICE("scheduledJobId"), &job_id) && job_id.type == VALUE_STRING)
        command.job_id = job_id.text;
    if (property_find(entries, SLICE("ACTION_START_TIME"), &first) &&
        property_find(entries, SLICE("ACTION_END_TIME"), &last) &&
        (!schedule_read_number(&first, &command.first_ms) ||
         !schedule_read_number(&last, &command.last_ms))) {
        text_error_set(why, "ACTION_START_TIME and ACTION_END_TIME must be numbers");
        return -EINVAL;
    }
    *out = command;
    return 0;
}

/*
 * On each shard.
 */
struct row {
    struct job **jobs;
    size_t count;
    const struct command *command;
};

static void note_job(void *arg, struct job *job)
{
    struct row *row = arg;
    int64_t due_ms = schedule_due_ms(job);

    if (due_ms >= row->command->first_ms && due_ms <= row->command->last_ms)
        row->jobs[row->count++] = job;
}

static int compare_due(const void *a, const void *b)
{
    int64_t one = schedule_due_ms(*(struct job *const *)a);
    int64_t other = schedule_due_ms(*(struct job *const *)b);

    return (one > other) - (one < other);
}

/* The jobs that the command is about, the next one first; the caller frees them. */
static int find_jobs(struct engine *engine, const struct command *command, struct row *row)
{
    *row = (struct row){.command = command};
    row->jobs = calloc(schedule_count(engine) + 1, sizeof(struct job *));
    if (!row->jobs)
        return -ENOMEM;
    schedule_each(engine, note_job, row);
    qsort(row->jobs, row->count, sizeof(struct job *), compare_due);
    return 0;
}

/* The message as it was sent, for whoever asks; NULL: no memory. */
static struct message *describe(struct engine *engine, const struct message *question,
                                const struct job *job)
{
    const struct slice names[] = {SLICE("scheduledJobId")};
    const struct message *message = schedule_message(job);
    struct message_draft draft;
    struct message *answer;
    struct text_error job_id;
    size_t count;
    struct property *properties = schedule_strip(message, names, ARRAY_LEN(names), 1, &count);

    if (!properties)
        return NULL;
    schedule_job_id(engine, job, &job_id);
    properties[count++] =
        (struct property){names[0], {.type = VALUE_STRING, .text = slice_of_text(job_id.text)}};
    message_to_draft(message, &draft);
    draft.encoded_properties = SLICE_ABSENT;
    draft.encoded_property_count = 0;
    draft.properties = properties;
    draft.property_count = count;
    draft.original_destination = draft.destination;
    draft.destination = (struct destination_name){(enum destination_kind)question->reply_to_kind,
                                                  message_part(question, MESSAGE_REPLY_TO)};
    draft.type = SLICE("Advisory");
    draft.persistent = false;
    draft.id = slice_of_text(engine->advisory_producer);
    draft.id_sequence = ++engine->advisory_count;
    answer = message_create(&draft);
    free(properties);
    return answer;
}

static int browse(struct engine *engine, const struct message *question,
                  const struct command *command)
{
    struct log_scope scope = {"engine", 0, engine->index};
    struct row row;
    int error = 0;

    if (!slice_is_present(message_part(question, MESSAGE_REPLY_TO)))
        return 0;
    if (find_jobs(engine, command, &row) != 0)
        return -ENOMEM;
    for (size_t i = 0; i < row.count && !error; i++) {
        /* Answers are copies: asking must not fill the broker. */
        struct message *answer =
            flow_has_room(engine, NULL, true) ? describe(engine, question, row.jobs[i]) : NULL;

        if (answer) {
            send_by_broker(engine, answer, true);
        } else {
            error = -ENOSPC;
            log_event(&scope, LOG_WARN, "schedule_browse_cut", "jobs=%zu answered=%zu", row.count,
                      i);
        }
    }
    free(row.jobs);
    return error;
}

static int remove_all(struct engine *engine, const struct command *command)
{
    struct row row;

    if (find_jobs(engine, command, &row) != 0)
        return -ENOMEM;
    for (size_t i = 0; i < row.count; i++)
        schedule_remove(engine, row.jobs[i]);
    free(row.jobs);
    return 0;
}

void schedule_receive_done(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    if (mail->small != ENGINE_OK)
        engine_answer(engine, &mail->reply, (enum engine_error)mail->small,
                      "no memory for all scheduled messages");
    else
        engine_answer(engine, &mail->reply, ENGINE_OK, "");
}

/* The answer to a browse goes the way that its messages went, and so comes after them. */
static void answer(struct engine *engine, const struct message *message,
                   const struct reply_address *reply, int error)
{
    struct destination_name to = {(enum destination_kind)message->reply_to_kind,
                                  message_part(message, MESSAGE_REPLY_TO)};
    uint16_t shard = slice_is_present(to.name) ? engine_home_of(engine, destination_name_hash(to))
                                               : engine->index;
    struct engine_mail mail = {.kind = MAIL_SCHEDULE_DONE,
                               .small = error ? ENGINE_NO_RESOURCES : ENGINE_OK,
                               .reply = *reply};

    if (shard == engine->index)
        schedule_receive_done(engine, shard, &mail);
    else
        engine_mail_to(engine, shard, &mail);
}

static void obey(struct engine *engine, const struct message *message,
                 const struct reply_address *reply)
{
    struct command command;
    struct text_error why;
    struct job *job;
    int error = 0;

    if (read_command(message, &command, &why) != 0) { /* its front has checked that */
        engine_answer(engine, reply, ENGINE_BAD_SCHEDULE, why.text);
        return;
    }
    if (command.action == ACTION_BROWSE) {
        error = browse(engine, message, &command);
    } else if (command.action == ACTION_REMOVE_ALL) {
        error = remove_all(engine, &command);
    } else if (command.action == ACTION_REMOVE) {
        job = schedule_find(engine, command.job_id);
        if (job)
            schedule_remove(engine, job);
    }
    answer(engine, message, reply, error);
}

void schedule_receive_command(struct engine *engine, uint16_t from, const struct engine_mail *mail)
{
    (void)from;
    obey(engine, mail->pointer, &mail->reply);
    message_unref(mail->pointer);
}

/*
 * At the front.
 */
static bool may_answer(struct engine_client *client, const struct message *command,
                       uint64_t request)
{
    struct destination_name to = {(enum destination_kind)command->reply_to_kind,
                                  message_part(command, MESSAGE_REPLY_TO)};
    struct text_error name, why;

    if (!slice_is_present(to.name) || auth_may(client->engine->realm, client->principal, AUTH_WRITE,
                                               (enum config_destination_kind)to.kind, to.name))
        return true;
    destination_text(to, &name);
    text_error_set(&why, "write to: %s", name.text);
    client_complete(client, request, ENGINE_NOT_AUTHORIZED, why.text);
    return false;
}

bool schedule_may_command(struct engine_client *client, const struct message *message,
                          uint64_t request)
{
    struct command command;
    struct text_error why;

    if (read_command(message, &command, &why) != 0) {
        client_complete(client, request, ENGINE_BAD_SCHEDULE, why.text);
        return false;
    }
    /* The broker would send for whoever may not. */
    return command.action != ACTION_BROWSE || may_answer(client, message, request);
}

void schedule_command(const struct sender *sender, struct message *command)
{
    struct engine *engine = sender->engine;

    for (uint16_t to = 0; to < engine->shards; to++) {
        struct engine_mail mail = {.kind = MAIL_SCHEDULE_COMMAND,
                                   .reply = sender_address(sender),
                                   .pointer = message_ref(command)};

        if (to == engine->index)
            schedule_receive_command(engine, to, &mail);
        else
            engine_mail_to(engine, to, &mail);
    }
    message_unref(command);
}
