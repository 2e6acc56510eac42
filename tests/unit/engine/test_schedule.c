/* SPDX-License-Identifier: Apache-2.0 */
#include "shard.h"
#include "sim_engine.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

#define SCHEDULER "schedulerSupport=\"true\""
#define TEXT(name, value) \
    { \
        SLICE(name), \
        { \
            .type = VALUE_STRING, .text = SLICE(value) \
        } \
    }
#define NUMBER(name, value_type, value) \
    { \
        SLICE(name), \
        { \
            .type = value_type, .integer = value \
        } \
    }
#define DELAY(ms)  NUMBER("AMQ_SCHEDULED_DELAY", VALUE_LONG, ms)
#define PERIOD(ms) NUMBER("AMQ_SCHEDULED_PERIOD", VALUE_LONG, ms)
#define REPEAT(n)  NUMBER("AMQ_SCHEDULED_REPEAT", VALUE_INT, n)
#define CRON(text) TEXT("AMQ_SCHEDULED_CRON", text)

/* A draft with these properties. */
#define WITH(...) \
    (struct message_draft) \
    { \
        .persistent = true, .priority = 4, .properties = (const struct property[]){__VA_ARGS__}, \
        .property_count = \
            sizeof((const struct property[]){__VA_ARGS__}) / sizeof(struct property), \
    }

static const struct engine_subscribe_spec plain;

struct scene {
    struct sim *sim;
    uint16_t shards;
    struct sim_client *producer, *reader;
    struct sim_consumer *consumer;
};

static struct scene scene_with(uint16_t shards, const char *attributes, const char *children)
{
    struct scene s = {.sim = sim_create(shards, attributes, children), .shards = shards};

    s.producer = sim_client(s.sim, 0);
    s.reader = sim_client(s.sim, shards - 1);
    s.consumer = sim_subscribe(s.reader, "queue://A", plain);
    sim_run(s.sim);
    return s;
}

static struct scene scene(uint16_t shards)
{
    return scene_with(shards, SCHEDULER, NULL);
}

static uint64_t schedule_to(struct scene *s, const char *to, const char *body,
                            struct message_draft draft)
{
    uint64_t request = sim_send_draft(s->producer, to, body, draft);

    sim_run(s->sim);
    return request;
}

static void schedule(struct scene *s, const char *body, struct message_draft draft)
{
    uint64_t request = schedule_to(s, "queue://A", body, draft);

    cr_assert_eq(sim_answer(s->producer, request), ENGINE_OK, "%s",
                 sim_answer_text(s->producer, request));
}

static void expect_refused(struct scene *s, struct message_draft draft, const char *why)
{
    uint64_t request = schedule_to(s, "queue://A", "wrong", draft);

    cr_assert_eq(sim_answer(s->producer, request), ENGINE_BAD_SCHEDULE);
    cr_assert_str_eq(sim_answer_text(s->producer, request), why);
}

static void command(struct scene *s, const char *reply_to, struct message_draft draft)
{
    uint64_t request;

    if (reply_to)
        draft.reply_to = sim_name(reply_to);
    request = schedule_to(s, "topic://ActiveMQ.Scheduler.Management", "", draft);
    cr_assert_eq(sim_answer(s->producer, request), ENGINE_OK, "%s",
                 sim_answer_text(s->producer, request));
}

static uint64_t scheduled(const struct scene *s)
{
    uint64_t sum = 0;

    for (uint16_t i = 0; i < s->shards; i++)
        sum += engine_scheduled(sim_engine(s->sim, i));
    return sum;
}

/* To the next full minute: cron entries hit there. */
static void to_full_minute(struct scene *s)
{
    setenv("TZ", "UTC", 1);
    tzset();
    sim_advance(s->sim, 60000 - sim_wall_ms(s->sim) % 60000);
}

static void end(struct scene *s)
{
    sim_consume_all(s->consumer);
    sim_run(s->sim);
    cr_assert_eq(scheduled(s), 0);
    cr_assert_eq(sim_memory(s->sim), 0);
    sim_destroy(s->sim);
}

Test(schedule, a_delayed_message_comes_after_its_delay_and_not_before)
{
    for (uint16_t shards = 1; shards <= 3; shards++) {
        struct scene s = scene(shards);

        schedule(&s, "a", WITH(DELAY(2000), TEXT("color", "red")));
        cr_assert_gt(scheduled(&s), 0);
        cr_assert_eq(sim_memory(s.sim), scheduled(&s));
        sim_advance(s.sim, 1999);
        cr_assert_eq(s.consumer->count, 0);
        sim_advance(s.sim, 1);
        cr_assert_str_eq(sim_take(s.consumer), "a");
        cr_assert_str_eq(sim_property(s.consumer, 0, "color"), "red");
        cr_assert_str_eq(sim_property(s.consumer, 0, "AMQ_SCHEDULED_DELAY"), "");
        cr_assert_neq(sim_property(s.consumer, 0, "scheduledJobId")[0], '\0');
        sim_advance(s.sim, 100000);
        cr_assert_eq(s.consumer->count, 1);
        end(&s);
    }
}

Test(schedule, without_scheduler_support_the_properties_are_properties)
{
    struct scene s = scene_with(1, "", NULL);

    schedule(&s, "a", WITH(DELAY(2000), CRON("never"), REPEAT(100000)));
    cr_assert_str_eq(sim_take(s.consumer), "a");
    cr_assert_str_eq(sim_property(s.consumer, 0, "AMQ_SCHEDULED_DELAY"), "2000");
    end(&s);
}

Test(schedule, messages_without_such_properties_come_at_once)
{
    struct scene s = scene(2);

    schedule(&s, "a", WITH(TEXT("color", "red"), REPEAT(3)));
    schedule(&s, "b", WITH(TEXT("AMQ_SCHEDULED", "1"), TEXT("AMQ_SCHEDULED_DELAYED", "1")));
    cr_assert_str_eq(sim_take(s.consumer), "a b");
    end(&s);
}

Test(schedule, what_has_been_scheduled_is_not_scheduled_again)
{
    struct scene s = scene(1);

    schedule(&s, "a", WITH(DELAY(2000), TEXT("scheduledJobId", "ID:1")));
    cr_assert_str_eq(sim_take(s.consumer), "a");
    end(&s);
}

Test(schedule, properties_may_be_texts_as_stomp_sends_them)
{
    struct scene s = scene(1);

    schedule(&s, "a",
             WITH(TEXT("AMQ_SCHEDULED_DELAY", "100"), TEXT("AMQ_SCHEDULED_PERIOD", "+50"),
                  TEXT("AMQ_SCHEDULED_REPEAT", "1")));
    sim_advance(s.sim, 100);
    cr_assert_str_eq(sim_take(s.consumer), "a");
    sim_advance(s.sim, 50);
    cr_assert_str_eq(sim_take(s.consumer), "a");
    end(&s);
}

Test(schedule, delays_that_are_past_are_none)
{
    struct scene s = scene(1);

    schedule(&s, "a", WITH(DELAY(0)));
    schedule(&s, "b", WITH(DELAY(-5)));
    sim_advance(s.sim, 1);
    cr_assert_str_eq(sim_take(s.consumer), "a b");
    end(&s);
}

Test(schedule, a_delay_without_end_does_not_overflow)
{
    struct scene s = scene(1);

    schedule(&s, "a", WITH(DELAY(INT64_MAX), PERIOD(INT64_MAX), REPEAT(-1)));
    sim_advance(s.sim, 3600000);
    cr_assert_eq(s.consumer->count, 0);
    command(&s, NULL, WITH(TEXT("AMQ_SCHEDULER_ACTION", "REMOVEALL")));
    end(&s);
}

Test(schedule, repeats_come_period_by_period_with_ids_of_their_own)
{
    for (uint16_t shards = 1; shards <= 3; shards += 2) {
        struct scene s = scene(shards);
        char ids[3][MESSAGE_ID_MAX];

        schedule(&s, "a", WITH(DELAY(500), PERIOD(300), REPEAT(2)));
        sim_advance(s.sim, 499);
        cr_assert_eq(s.consumer->count, 0);
        for (size_t i = 0; i < 3; i++) {
            sim_advance(s.sim, i == 0 ? 1 : 299);
            cr_assert_eq(s.consumer->count, i + (i == 0));
            sim_advance(s.sim, i == 0 ? 0 : 1);
            cr_assert_eq(s.consumer->count, i + 1);
            ids[i][message_id_write(s.consumer->deliveries[i].message, ids[i])] = '\0';
        }
        cr_assert_str_neq(ids[0], ids[1]);
        cr_assert_str_neq(ids[1], ids[2]);
        sim_advance(s.sim, 10000);
        cr_assert_eq(s.consumer->count, 3);
        end(&s);
    }
}

Test(schedule, without_a_delay_the_first_copy_waits_one_period)
{
    struct scene s = scene(1);

    schedule(&s, "a", WITH(PERIOD(300), REPEAT(1)));
    sim_advance(s.sim, 299);
    cr_assert_eq(s.consumer->count, 0);
    sim_advance(s.sim, 1);
    cr_assert_eq(s.consumer->count, 1);
    sim_advance(s.sim, 300);
    cr_assert_eq(s.consumer->count, 2);
    end(&s);
}

Test(schedule, a_single_delayed_message_keeps_its_id)
{
    struct scene s = scene(1);
    struct message_draft draft = WITH(DELAY(10));
    char id[MESSAGE_ID_MAX];

    draft.id = SLICE("ID:me:1:1");
    draft.id_sequence = 7;
    schedule(&s, "a", draft);
    sim_advance(s.sim, 10);
    id[message_id_write(s.consumer->deliveries[0].message, id)] = '\0';
    cr_assert_str_eq(id, "ID:me:1:1:7");
    end(&s);
}

Test(schedule, a_repeat_of_minus_one_has_no_end)
{
    struct scene s = scene(1);

    schedule(&s, "a", WITH(PERIOD(1000), REPEAT(-1)));
    sim_advance(s.sim, 50000);
    cr_assert_eq(s.consumer->count, 50);
    command(&s, NULL, WITH(TEXT("AMQ_SCHEDULER_ACTION", "REMOVEALL")));
    sim_advance(s.sim, 50000);
    cr_assert_eq(s.consumer->count, 50);
    end(&s);
}

Test(schedule, a_repeat_without_a_period_does_not_spin)
{
    struct scene s = scene(1);

    schedule(&s, "a", WITH(DELAY(5), REPEAT(3)));
    sim_advance(s.sim, 5);
    cr_assert_eq(s.consumer->count, 1);
    sim_advance(s.sim, 1);
    cr_assert_eq(s.consumer->count, 2);
    sim_advance(s.sim, 100);
    cr_assert_eq(s.consumer->count, 4);
    end(&s);
}

Test(schedule, what_is_due_together_comes_in_the_order_of_sending)
{
    for (uint16_t shards = 1; shards <= 3; shards += 2) {
        struct scene s = scene(shards);
        char body[8];

        for (int i = 0; i < 100; i++) { /* all for the same time, from near and from far */
            snprintf(body, sizeof body, "%d", i);
            sim_send_draft(s.producer, "queue://A", body, WITH(DELAY(5000 - i * 40)));
            sim_run(s.sim);
            sim_advance(s.sim, 40);
        }
        sim_advance(s.sim, 5000);
        cr_assert_eq(s.consumer->count, 100);
        for (size_t i = 0; i < 100; i++) {
            snprintf(body, sizeof body, "%zu", i);
            cr_assert(
                slice_is(message_part(s.consumer->deliveries[i].message, MESSAGE_BODY), body));
        }
        end(&s);
    }
}

Test(schedule, time_to_live_begins_when_it_is_delivered)
{
    struct scene s = scene(1);
    struct message_draft draft = WITH(DELAY(10000));
    const struct message *message;
    int64_t sent_ms = sim_wall_ms(s.sim);

    draft.timestamp_ms = sent_ms;
    draft.expiration_ms = sent_ms + 3000;
    schedule(&s, "a", draft);
    schedule(&s, "b", WITH(DELAY(10000)));
    sim_advance(s.sim, 10000);
    cr_assert_str_eq(sim_take(s.consumer), "a b");
    message = s.consumer->deliveries[0].message;
    cr_assert_eq(message->timestamp_ms, sent_ms + 10000);
    cr_assert_eq(message->expiration_ms, sent_ms + 13000);
    cr_assert_eq(message->broker_in_ms, sent_ms + 10000);
    message = s.consumer->deliveries[1].message; /* nothing to renew */
    cr_assert_eq(message->timestamp_ms, sent_ms);
    cr_assert_eq(message->expiration_ms, 0);
    end(&s);
}

Test(schedule, a_transaction_schedules_when_it_is_committed)
{
    struct scene s = scene(3);
    struct engine_transaction *transaction = sim_begin(s.producer);

    sim_send_in(s.producer, "queue://A", "a", WITH(DELAY(1000)), transaction, true);
    sim_run(s.sim);
    sim_advance(s.sim, 3000);
    cr_assert_eq(scheduled(&s), 0);
    sim_commit(s.producer, transaction);
    sim_run(s.sim);
    sim_advance(s.sim, 999);
    cr_assert_eq(s.consumer->count, 0);
    sim_advance(s.sim, 1);
    cr_assert_str_eq(sim_take(s.consumer), "a");
    transaction = sim_begin(s.producer);
    sim_send_in(s.producer, "queue://A", "b", WITH(DELAY(1000)), transaction, true);
    sim_rollback(s.producer, transaction);
    sim_advance(s.sim, 3000);
    cr_assert_eq(s.consumer->count, 1);
    end(&s);
}

Test(schedule, what_cannot_be_read_is_refused_inside_a_transaction_too)
{
    struct scene s = scene(1);
    struct engine_transaction *transaction = sim_begin(s.producer);
    uint64_t request = sim_send_in(s.producer, "queue://A", "a",
                                   WITH(TEXT("AMQ_SCHEDULED_DELAY", "soon")), transaction, true);

    cr_assert_eq(sim_answer(s.producer, request), ENGINE_BAD_SCHEDULE);
    sim_rollback(s.producer, transaction);
    sim_run(s.sim);
    end(&s);
}

Test(schedule, refuses_what_it_cannot_read)
{
    struct scene s = scene(2);

    expect_refused(&s, WITH(TEXT("AMQ_SCHEDULED_DELAY", "soon")),
                   "AMQ_SCHEDULED_DELAY is not a valid number: [soon]");
    expect_refused(&s, WITH(TEXT("AMQ_SCHEDULED_DELAY", "")),
                   "AMQ_SCHEDULED_DELAY is not a valid number: []");
    expect_refused(&s, WITH(TEXT("AMQ_SCHEDULED_DELAY", "99999999999999999999")),
                   "AMQ_SCHEDULED_DELAY is not a valid number: [99999999999999999999]");
    expect_refused(&s, WITH(DELAY(1), TEXT("AMQ_SCHEDULED_PERIOD", "1.5")),
                   "AMQ_SCHEDULED_PERIOD is not a valid number: [1.5]");
    expect_refused(&s, WITH(DELAY(1), TEXT("AMQ_SCHEDULED_REPEAT", "x")),
                   "AMQ_SCHEDULED_REPEAT is not a valid number: [x]");
    expect_refused(&s, WITH(NUMBER("AMQ_SCHEDULED_DELAY", VALUE_BOOL, 1)),
                   "AMQ_SCHEDULED_DELAY should be a long or int value");
    expect_refused(&s, WITH(DELAY(1), REPEAT(1001)), "The scheduled repeat value is too large");
    expect_refused(&s, WITH(CRON("")),
                   "a cron entry has five fields: minute hour day month weekday");
    expect_refused(&s, WITH(CRON("every day")),
                   "a cron entry has five fields: minute hour day month weekday");
    expect_refused(&s, WITH(NUMBER("AMQ_SCHEDULED_CRON", VALUE_INT, 5)),
                   "AMQ_SCHEDULED_CRON should be a string");
    cr_assert_eq(scheduled(&s), 0);
    schedule(&s, "a", WITH(PERIOD(1), REPEAT(1000)));
    sim_advance(s.sim, 900);
    sim_consume_all(s.consumer);
    sim_advance(s.sim, 900);
    cr_assert_eq(s.consumer->count, 1001);
    end(&s);
}

Test(schedule, the_largest_repeat_is_configured)
{
    struct scene s = scene_with(1, SCHEDULER " maxSchedulerRepeatAllowed=\"5\"", NULL);

    expect_refused(&s, WITH(DELAY(1), REPEAT(6)), "The scheduled repeat value is too large");
    schedule(&s, "a", WITH(PERIOD(1), REPEAT(5)));
    sim_advance(s.sim, 2000);
    cr_assert_eq(s.consumer->count, 6);
    end(&s);
}

Test(schedule, a_cron_entry_hits_on_full_minutes)
{
    for (uint16_t shards = 1; shards <= 3; shards += 2) {
        struct scene s = scene(shards);

        to_full_minute(&s);
        sim_advance(s.sim, 10000);
        schedule(&s, "a", WITH(CRON("* * * * *")));
        sim_advance(s.sim, 49999);
        cr_assert_eq(s.consumer->count, 0);
        sim_advance(s.sim, 1);
        cr_assert_eq(s.consumer->count, 1);
        cr_assert_str_eq(sim_property(s.consumer, 0, "AMQ_SCHEDULED_CRON"), "");
        sim_advance(s.sim, 59999);
        cr_assert_eq(s.consumer->count, 1);
        sim_advance(s.sim, 1 + 600000);
        cr_assert_eq(s.consumer->count, 12);
        cr_assert_neq(s.consumer->deliveries[0].message->id_sequence,
                      s.consumer->deliveries[1].message->id_sequence);
        command(&s, NULL, WITH(TEXT("AMQ_SCHEDULER_ACTION", "REMOVEALL")));
        end(&s);
    }
}

Test(schedule, a_cron_entry_waits_for_days)
{
    struct scene s = scene(1);
    int64_t start_ms;

    to_full_minute(&s);
    start_ms = sim_wall_ms(s.sim);
    schedule(&s, "a", WITH(CRON("0 0 1 * *")));
    while (s.consumer->count == 0 && sim_wall_ms(s.sim) < start_ms + INT64_C(32) * 86400000)
        sim_advance(s.sim, 3600000);
    cr_assert_eq(s.consumer->count, 1);
    cr_assert_eq(s.consumer->deliveries[0].message->broker_in_ms % 86400000, 0);
    command(&s, NULL, WITH(TEXT("AMQ_SCHEDULER_ACTION", "REMOVEALL")));
    end(&s);
}

/* ActiveMQ's scheduler stops for ever at the first hit of such a job (AMQ-9808). */
Test(schedule, each_hit_of_a_cron_entry_may_start_a_series)
{
    struct scene s = scene(3);

    to_full_minute(&s);
    schedule(&s, "a", WITH(CRON("* * * * *"), DELAY(1000), PERIOD(2000), REPEAT(2)));
    sim_advance(s.sim, 60999);
    cr_assert_eq(s.consumer->count, 0);
    sim_advance(s.sim, 1);
    cr_assert_eq(s.consumer->count, 1);
    sim_advance(s.sim, 2000);
    cr_assert_eq(s.consumer->count, 2);
    sim_advance(s.sim, 2000);
    cr_assert_eq(s.consumer->count, 3);
    sim_advance(s.sim, 54999);
    cr_assert_eq(s.consumer->count, 3);
    sim_advance(s.sim, 4001 + 1000);
    cr_assert_eq(s.consumer->count, 6);
    command(&s, NULL, WITH(TEXT("AMQ_SCHEDULER_ACTION", "REMOVEALL")));
    end(&s);
}

Test(schedule, a_cron_entry_follows_a_clock_that_is_put)
{
    struct scene s = scene(1);
    struct engine *engine = sim_engine(s.sim, 0);
    int64_t now_ms, wall_ms;

    to_full_minute(&s);
    schedule(&s, "a", WITH(CRON("0 * * * *")));
    now_ms = engine->wheel.now_ms;
    wall_ms = (sim_wall_ms(s.sim) / 3600000 + 1) * 3600000; /* the next hit is 10 s away, then */
    engine_advance(engine, now_ms, wall_ms - 10000);
    for (int i = 0; i < 9; i++)
        engine_advance(engine, now_ms += 1000, wall_ms - 10000 + (i + 1) * 1000);
    cr_assert_eq(s.consumer->count, 0);
    for (int i = 0; i < 60; i++) /* at the latest, when it looks at the clock again */
        engine_advance(engine, now_ms += 1000, wall_ms + i * 1000);
    cr_assert_eq(s.consumer->count, 1);
    sim_destroy(s.sim);
}

Test(schedule, each_part_of_a_composite_is_scheduled)
{
    struct scene s = scene(3);
    struct sim_consumer *other = sim_subscribe(s.reader, "topic://B", plain);

    sim_run(s.sim);
    schedule_to(&s, "queue://A,topic://B", "a", WITH(DELAY(100)));
    cr_assert_eq(s.consumer->count, 0);
    sim_advance(s.sim, 100);
    cr_assert_str_eq(sim_take(s.consumer), "a");
    cr_assert_str_eq(sim_take(other), "a");
    sim_consume_all(other);
    end(&s);
}

/* Whoever subscribes until then is reached. */
Test(schedule, virtual_topics_are_expanded_when_it_is_due)
{
    struct scene s = scene(3);
    struct sim_consumer *late;

    schedule_to(&s, "topic://VirtualTopic.T", "a", WITH(DELAY(100)));
    late = sim_subscribe(s.reader, "queue://Consumer.X.VirtualTopic.T", plain);
    sim_run(s.sim);
    sim_advance(s.sim, 100);
    cr_assert_str_eq(sim_take(late), "a");
    sim_consume_all(late);
    end(&s);
}

Test(schedule, a_temporary_destination_that_is_gone_ends_the_job)
{
    struct scene s = scene(2);
    struct message_draft draft = WITH(PERIOD(100), REPEAT(-1));
    uint64_t request;

    sim_create_temp(s.producer, "temp-queue://T");
    sim_run(s.sim);
    request = schedule_to(&s, "temp-queue://T", "a", draft);
    cr_assert_eq(sim_answer(s.producer, request), ENGINE_OK);
    sim_advance(s.sim, 250);
    sim_remove_destination(s.producer, "temp-queue://T");
    sim_run(s.sim);
    sim_advance(s.sim, 250);
    cr_assert_eq(scheduled(&s), 0);
    request = schedule_to(&s, "temp-queue://T", "a", draft);
    cr_assert_eq(sim_answer(s.producer, request), ENGINE_NO_SUCH_DESTINATION);
    end(&s);
}

#define LIMIT(bytes) \
    "<systemUsage><systemUsage><jobSchedulerUsage><jobSchedulerUsage limit=\"" bytes \
    "\"/></jobSchedulerUsage></systemUsage></systemUsage>"

Test(schedule, senders_wait_when_the_scheduler_is_full)
{
    for (uint16_t shards = 1; shards <= 3; shards += 2) {
        struct scene s = scene_with(shards, SCHEDULER, LIMIT("3000"));
        struct sim_consumer *other = sim_subscribe(s.reader, "queue://B", plain);
        uint64_t requests[4];

        for (int i = 0; i < 4; i++)
            requests[i] =
                schedule_to(&s, i % 2 ? "queue://B" : "queue://A", "a", WITH(DELAY(1000)));
        cr_assert_eq(sim_answer(s.producer, requests[2]), ENGINE_OK);
        cr_assert_eq(sim_answer(s.producer, requests[3]), SIM_PENDING);
        schedule(&s, "at once",
                 WITH(TEXT("color", "red"))); /* who does not schedule does not wait */
        sim_advance(s.sim, 1100);
        cr_assert_eq(sim_answer(s.producer, requests[3]), ENGINE_OK);
        sim_advance(s.sim, 1100);
        cr_assert_eq(s.consumer->count + other->count, 5);
        sim_consume_all(other);
        end(&s);
    }
}

Test(schedule, or_are_refused_if_the_configuration_says_so)
{
    struct scene s = scene_with(1, SCHEDULER,
                                "<systemUsage><systemUsage sendFailIfNoSpace=\"true\">"
                                "<jobSchedulerUsage><jobSchedulerUsage limit=\"1000\"/>"
                                "</jobSchedulerUsage></systemUsage></systemUsage>");
    uint64_t request;

    schedule(&s, "a", WITH(DELAY(1000)));
    request = schedule_to(&s, "queue://A", "b", WITH(DELAY(1000)));
    cr_assert_eq(sim_answer(s.producer, request), ENGINE_NO_RESOURCES);
    cr_assert_str_eq(sim_answer_text(s.producer, request),
                     "Job Scheduler Store is Full: no room for another scheduled message");
    sim_advance(s.sim, 1000);
    cr_assert_str_eq(sim_take(s.consumer), "a");
    end(&s);
}

#define MEMORY(bytes) \
    "<systemUsage><systemUsage><memoryUsage><memoryUsage limit=\"" bytes \
    "\"/></memoryUsage></systemUsage></systemUsage>"

/* Else what fills the memory would wait for itself. */
Test(schedule, messages_that_fill_all_memory_are_delivered_all_the_same)
{
    struct scene s = scene_with(3, SCHEDULER, MEMORY("4000"));
    uint64_t last = 0;

    for (int i = 0; i < 6; i++)
        last = schedule_to(&s, "queue://A", "a", WITH(DELAY(1000), PERIOD(1000), REPEAT(1)));
    cr_assert_eq(sim_answer(s.producer, last), SIM_PENDING);
    for (int i = 0; i < 100 && s.consumer->count < 12; i++) {
        sim_advance(s.sim, 1000);
        sim_consume_all(s.consumer);
        sim_run(s.sim);
    }
    cr_assert_eq(sim_answer(s.producer, last), ENGINE_OK);
    cr_assert_eq(s.consumer->count, 12);
    end(&s);
}

Test(schedule, a_job_for_ever_does_not_fill_a_broker_that_nobody_empties)
{
    struct scene s = scene_with(2, SCHEDULER, MEMORY("20000"));

    schedule_to(&s, "queue://nobody", "a", WITH(PERIOD(10), REPEAT(-1)));
    sim_advance(s.sim, 10000);
    cr_assert_lt(sim_memory(s.sim), 23000);
    command(&s, NULL, WITH(TEXT("AMQ_SCHEDULER_ACTION", "REMOVEALL")));
    sim_remove_destination(s.producer, "queue://nobody");
    sim_run(s.sim);
    end(&s);
}

static void browse(struct scene *s, const char *first, const char *last)
{
    struct property properties[] = {
        TEXT("AMQ_SCHEDULER_ACTION", "BROWSE"),
        {SLICE("ACTION_START_TIME"), {.type = VALUE_STRING, .text = slice_of_text(first)}},
        {SLICE("ACTION_END_TIME"), {.type = VALUE_STRING, .text = slice_of_text(last)}},
    };
    struct message_draft draft = {.properties = properties, .property_count = first ? 3 : 1};

    command(s, "queue://answers", draft);
}

Test(schedule, jobs_of_all_shards_can_be_browsed)
{
    for (uint16_t shards = 1; shards <= 3; shards++) {
        struct scene s = scene(shards);
        struct sim_consumer *answers = sim_subscribe(s.reader, "queue://answers", plain);
        const struct message *message;

        sim_run(s.sim);
        schedule(&s, "later", WITH(DELAY(5000), TEXT("color", "red")));
        schedule(&s, "soon", WITH(DELAY(1000)));
        schedule_to(&s, "queue://B", "b", WITH(DELAY(3000)));
        schedule_to(&s, "queue://C", "c", WITH(DELAY(3000)));
        browse(&s, NULL, NULL);
        cr_assert_eq(answers->count, 4);
        for (size_t i = 0; i < 4; i++) {
            message = answers->deliveries[i].message;
            cr_assert_neq(sim_property(answers, i, "scheduledJobId")[0], '\0');
            cr_assert_neq(sim_property(answers, i, "AMQ_SCHEDULED_DELAY")[0], '\0');
            cr_assert(slice_is(message_part(message, MESSAGE_TYPE), "Advisory"));
            cr_assert(!message->persistent);
        }
        cr_assert(shards > 1 || strcmp(sim_take(answers), "soon b c later") == 0 ||
                  strcmp(sim_take(answers), "soon c b later") == 0);
        cr_assert_eq(s.consumer->count, 0); /* looking is not taking */
        sim_consume_all(answers);
        command(&s, NULL, WITH(TEXT("AMQ_SCHEDULER_ACTION", "REMOVEALL")));
        end(&s);
    }
}

/* Whatever way mail takes, what the asker sends after its receipt comes behind the answers. */
Test(schedule, a_browse_is_answered_before_it_is_confirmed)
{
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct scene s = scene(3);
        struct sim_consumer *answers = sim_subscribe(s.reader, "queue://answers", plain);
        struct message_draft draft = WITH(TEXT("AMQ_SCHEDULER_ACTION", "BROWSE"));
        char name[16];
        uint64_t request;

        sim_run(s.sim);
        for (int i = 0; i < 10; i++) {
            snprintf(name, sizeof name, "queue://%d", i);
            schedule_to(&s, name, "job", WITH(DELAY(5000)));
        }
        sim_shuffle(s.sim, seed);
        draft.reply_to = sim_name("queue://answers");
        request = sim_send_draft(s.producer, "topic://ActiveMQ.Scheduler.Management", "", draft);
        while (sim_answer(s.producer, request) == SIM_PENDING)
            cr_assert(sim_step(s.sim));
        sim_send(s.producer, "queue://answers", "end");
        sim_run(s.sim);
        cr_assert_str_eq(sim_take(answers), "job job job job job job job job job job end");
        sim_consume_all(answers);
        command(&s, NULL, WITH(TEXT("AMQ_SCHEDULER_ACTION", "REMOVEALL")));
        end(&s);
    }
}

Test(schedule, jobs_can_be_chosen_by_when_they_are_due)
{
    struct scene s = scene(3);
    struct sim_consumer *answers = sim_subscribe(s.reader, "queue://answers", plain);
    int64_t now_ms = sim_wall_ms(s.sim);
    char first[32], last[32];

    sim_run(s.sim);
    schedule(&s, "a", WITH(DELAY(1000)));
    schedule(&s, "b", WITH(DELAY(2000)));
    schedule(&s, "c", WITH(DELAY(3000)));
    snprintf(first, sizeof first, "%lld", (long long)now_ms + 1500);
    snprintf(last, sizeof last, "%lld", (long long)now_ms + 2500);
    browse(&s, first, last);
    cr_assert_str_eq(sim_take(answers), "b");
    command(&s, NULL,
            WITH(TEXT("AMQ_SCHEDULER_ACTION", "REMOVEALL"),
                 NUMBER("ACTION_START_TIME", VALUE_LONG, now_ms + 1500),
                 NUMBER("ACTION_END_TIME", VALUE_LONG, now_ms + 9999)));
    sim_advance(s.sim, 5000);
    cr_assert_str_eq(sim_take(s.consumer), "a");
    sim_consume_all(answers);
    end(&s);
}

Test(schedule, a_job_is_removed_by_its_id)
{
    for (uint16_t shards = 1; shards <= 3; shards++) {
        struct scene s = scene(shards);
        struct sim_consumer *answers = sim_subscribe(s.reader, "queue://answers", plain);
        struct property properties[] = {TEXT("AMQ_SCHEDULER_ACTION", "REMOVE"),
                                        TEXT("scheduledJobId", "")};
        struct message_draft draft = {.properties = properties, .property_count = 2};

        sim_run(s.sim);
        schedule(&s, "a", WITH(DELAY(1000)));
        browse(&s, NULL, NULL);
        schedule(&s, "b", WITH(DELAY(1000)));
        command(&s, NULL, draft); /* no such job */
        properties[1].value.text = SLICE("ID:sim-1-1-0:0:0:1:x");
        command(&s, NULL, draft);
        properties[1].value.text = slice_of_text(sim_property(answers, 0, "scheduledJobId"));
        command(&s, NULL, draft);
        command(&s, NULL, draft); /* gone is gone */
        sim_advance(s.sim, 2000);
        cr_assert_str_eq(sim_take(s.consumer), "b");
        sim_consume_all(answers);
        end(&s);
    }
}

/* What a client may do with so many destinations is remembered, and then begun anew. */
Test(schedule, a_browse_may_follow_sends_to_many_destinations)
{
    struct scene s = scene(2);
    struct sim_consumer *answers = sim_subscribe(s.reader, "queue://answers", plain);
    char name[16];

    schedule_to(&s, "queue://a", "job", WITH(DELAY(5000)));
    command(&s, NULL, WITH(TEXT("AMQ_SCHEDULER_ACTION", "DANCE")));
    for (int i = 0; i < 4094; i++) {
        snprintf(name, sizeof name, "topic://%d", i);
        sim_send(s.producer, name, "x");
    }
    sim_run(s.sim);
    browse(&s, NULL, NULL);
    cr_assert_eq(answers->count, 1);
    sim_consume_all(answers);
    command(&s, NULL, WITH(TEXT("AMQ_SCHEDULER_ACTION", "REMOVEALL")));
    end(&s);
}

Test(schedule, commands_that_mean_nothing_are_taken_all_the_same)
{
    struct scene s = scene(2);
    struct sim_consumer *management =
        sim_subscribe(s.reader, "queue://ActiveMQ.Scheduler.Management", plain);
    uint64_t request;

    sim_run(s.sim);
    command(&s, NULL, WITH(TEXT("AMQ_SCHEDULER_ACTION", "DANCE")));
    command(&s, NULL, WITH(TEXT("AMQ_SCHEDULER_ACTION", "BROWSE"))); /* to whom? */
    command(&s, NULL, WITH(TEXT("color", "red")));
    schedule_to(&s, "queue://activemq.scheduler.management", "a", WITH(DELAY(5)));
    sim_advance(s.sim, 100);
    cr_assert_eq(management->count, 0);
    request = schedule_to(&s, "topic://ActiveMQ.Scheduler.Management", "",
                          WITH(TEXT("AMQ_SCHEDULER_ACTION", "REMOVEALL"),
                               TEXT("ACTION_START_TIME", "now"), TEXT("ACTION_END_TIME", "later")));
    cr_assert_eq(sim_answer(s.producer, request), ENGINE_BAD_SCHEDULE);
    end(&s);
}

Test(schedule, without_scheduler_support_its_management_is_a_destination_like_others)
{
    struct scene s = scene_with(1, "", NULL);
    struct sim_consumer *management =
        sim_subscribe(s.reader, "topic://ActiveMQ.Scheduler.Management", plain);

    sim_run(s.sim);
    command(&s, NULL, WITH(TEXT("AMQ_SCHEDULER_ACTION", "REMOVEALL")));
    cr_assert_eq(management->count, 1);
    sim_consume_all(management);
    end(&s);
}

#define USERS \
    "<plugins><simpleAuthenticationPlugin><users>" \
    "<authenticationUser username=\"admin\" password=\"p\" groups=\"admins\"/>" \
    "<authenticationUser username=\"joe\" password=\"p\" groups=\"users\"/>" \
    "</users></simpleAuthenticationPlugin><authorizationPlugin><map><authorizationMap>" \
    "<authorizationEntries>" \
    "<authorizationEntry queue=\">\" read=\"admins\" write=\"admins\" admin=\"admins\"/>" \
    "<authorizationEntry topic=\">\" read=\"admins\" write=\"admins,users\" admin=\"admins\"/>" \
    "<authorizationEntry queue=\"joe.>\" read=\"users\" write=\"users\" admin=\"admins\"/>" \
    "</authorizationEntries></authorizationMap></map></authorizationPlugin></plugins>"

/* The broker delivers and answers: not where the one who asks may not send. */
Test(schedule, gives_nobody_rights_that_he_has_not)
{
    struct sim *sim = sim_create(3, SCHEDULER, USERS);
    struct sim_client *joe =
        sim_client_open(sim, &(struct sim_client_spec){.user = "joe", .password = "p"});
    struct message_draft browse = WITH(TEXT("AMQ_SCHEDULER_ACTION", "BROWSE"));
    uint64_t request;

    sim_run(sim);
    request = sim_send_draft(joe, "queue://A", "a", WITH(DELAY(10)));
    sim_run(sim);
    cr_assert_eq(sim_answer(joe, request), ENGINE_NOT_AUTHORIZED);
    request = sim_send_draft(joe, "queue://joe.new", "a", WITH(DELAY(10)));
    sim_run(sim);
    cr_assert_eq(sim_answer(joe, request), ENGINE_NOT_AUTHORIZED); /* to create it */
    browse.reply_to = sim_name("queue://A");
    request = sim_send_draft(joe, "topic://ActiveMQ.Scheduler.Management", "", browse);
    sim_run(sim);
    cr_assert_eq(sim_answer(joe, request), ENGINE_NOT_AUTHORIZED);
    sim_destroy(sim);
}

Test(schedule, redeliveries_of_the_broker_are_jobs_as_well)
{
    struct scene s = scene_with(
        3, SCHEDULER,
        "<plugins><redeliveryPlugin><redeliveryPolicyMap><redeliveryPolicyMap><defaultEntry>"
        "<redeliveryPolicy/></defaultEntry></redeliveryPolicyMap></redeliveryPolicyMap>"
        "</redeliveryPlugin></plugins>");
    struct sim_consumer *answers = sim_subscribe(s.reader, "queue://answers", plain);
    struct property properties[] = {TEXT("AMQ_SCHEDULER_ACTION", "REMOVE"),
                                    TEXT("scheduledJobId", "")};

    sim_send(s.producer, "queue://A", "a");
    sim_run(s.sim);
    sim_acknowledge(s.consumer, ACKNOWLEDGE_POISON, 0, 0);
    sim_run(s.sim);
    browse(&s, NULL, NULL);
    cr_assert_str_eq(sim_take(answers), "a+1");
    properties[1].value.text = slice_of_text(sim_property(answers, 0, "scheduledJobId"));
    command(&s, NULL, (struct message_draft){.properties = properties, .property_count = 2});
    sim_advance(s.sim, 5000);
    cr_assert_eq(s.consumer->count, 1);
    sim_consume_all(answers);
    end(&s);
}

Test(schedule, what_is_not_due_at_the_end_is_freed)
{
    struct scene s = scene_with(3, SCHEDULER, LIMIT("3000"));

    schedule(&s, "a", WITH(CRON("0 0 1 1 *")));
    for (int i = 0; i < 10; i++) { /* some of them wait for room */
        sim_send_in(s.producer, "queue://A", "a", WITH(DELAY(100000)), NULL, false);
        sim_run(s.sim);
    }
    cr_assert(s.producer->throttled);
    sim_destroy(s.sim);
}
