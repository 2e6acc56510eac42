/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "destination.h"
#include "sim_engine.h"

static const struct engine_subscribe_spec plain;

/* What a message sent to `from` looks like where dead letters of `to` arrive. */
struct burial {
    struct sim *sim;
    struct sim_client *client;
    struct sim_consumer *dead;
};

static void bury(struct burial *burial, const char *children, const char *from, const char *to,
                 struct message_draft draft)
{
    struct sim_consumer *consumer;

    burial->sim = sim_create(2, NULL, children);
    burial->client = sim_client(burial->sim, 0);
    burial->dead = sim_subscribe(burial->client, to, plain);
    consumer = sim_subscribe(burial->client, from, plain);
    sim_run(burial->sim);
    sim_send_draft(burial->client, from, "poison", draft);
    sim_run(burial->sim);
    cr_assert_eq(consumer->count, 1);
    sim_acknowledge(consumer, ACKNOWLEDGE_POISON, 0, 0);
    sim_run(burial->sim);
}

Test(dead_letter, goes_to_the_shared_queue_and_says_where_it_was)
{
    struct burial burial;
    const struct message *letter;

    bury(&burial, NULL, "queue://Q", "queue://ActiveMQ.DLQ",
         (struct message_draft){
             .persistent = true, .id = SLICE("ID:me"), .id_sequence = 7, .priority = 3});
    cr_assert_str_eq(sim_bodies(burial.dead), "poison");
    letter = burial.dead->deliveries[0].message;
    cr_assert(slice_is(message_part(letter, MESSAGE_ID), "ID:me"));
    cr_assert_eq(letter->id_sequence, 7);
    cr_assert_eq(letter->priority, 3);
    cr_assert(slice_is(message_part(letter, MESSAGE_ORIGINAL_DESTINATION), "Q"));
    cr_assert_eq(letter->original_kind, DESTINATION_QUEUE);
    cr_assert(slice_is(message_part(letter, MESSAGE_DESTINATION), "ActiveMQ.DLQ"));
    cr_assert_eq(letter->redelivery_count, 0);
    cr_assert_str_eq(sim_property(burial.dead, 0, "originalExpiration"), "0");
    cr_assert_str_eq(sim_property(burial.dead, 0, "dlqDeliveryFailureCause"), "");
    sim_destroy(burial.sim);
}

Test(dead_letter, is_not_made_of_non_persistent_messages)
{
    struct burial burial;

    bury(&burial, NULL, "queue://Q", "queue://ActiveMQ.DLQ",
         (struct message_draft){.persistent = false});
    cr_assert_eq(burial.dead->count, 0);
    sim_destroy(burial.sim);
}

Test(dead_letter, of_a_non_persistent_message_is_persistent_where_the_policy_wants_it)
{
    struct burial burial;

    bury(&burial,
         SIM_POLICY("queue='>'", "<deadLetterStrategy><sharedDeadLetterStrategy "
                                 "processNonPersistent='true'/></deadLetterStrategy>"),
         "queue://Q", "queue://ActiveMQ.DLQ", (struct message_draft){.persistent = false});
    cr_assert_eq(burial.dead->count, 1);
    cr_assert(burial.dead->deliveries[0].message->persistent);
    cr_assert_str_eq(sim_property(burial.dead, 0, "originalDeliveryMode"), "NON_PERSISTENT");
    sim_destroy(burial.sim);
}

Test(dead_letter, goes_to_a_queue_of_its_own_where_the_policy_wants_it)
{
    struct burial burial;

    bury(&burial,
         SIM_POLICY("queue='>'", "<deadLetterStrategy><individualDeadLetterStrategy "
                                 "queuePrefix='DLQ.'/></deadLetterStrategy>"),
         "queue://A.B", "queue://DLQ.A.B", (struct message_draft){.persistent = true});
    cr_assert_str_eq(sim_bodies(burial.dead), "poison");
    sim_destroy(burial.sim);
}

Test(dead_letter, is_dropped_where_the_policy_discards)
{
    struct burial burial;

    bury(&burial, SIM_POLICY("queue='>'", "<deadLetterStrategy><discarding/></deadLetterStrategy>"),
         "queue://Q", "queue://ActiveMQ.DLQ", (struct message_draft){.persistent = true});
    cr_assert_eq(burial.dead->count, 0);
    sim_destroy(burial.sim);
}

Test(dead_letter, is_not_made_of_what_a_plain_topic_subscriber_refuses)
{
    struct burial burial;

    bury(&burial, NULL, "topic://T", "queue://ActiveMQ.DLQ",
         (struct message_draft){.persistent = true});
    cr_assert_eq(burial.dead->count, 0);
    sim_destroy(burial.sim);
}

Test(dead_letter, of_a_topic_follows_the_topics_policy)
{
    struct sim *sim =
        sim_create(2, NULL,
                   SIM_POLICY("topic='>'", "<deadLetterStrategy><individualDeadLetterStrategy "
                                           "topicPrefix='DLT.' topicSuffix='.x'/>"
                                           "</deadLetterStrategy>"));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *dead = sim_subscribe(client, "queue://DLT.T.x", plain);

    sim_run(sim);
    sim_send_draft(client, "topic://T", "late",
                   (struct message_draft){.persistent = true, .expiration_ms = 1});
    sim_run(sim);
    cr_assert_eq(dead->count, 1);
    cr_assert_eq(dead->deliveries[0].message->original_kind, DESTINATION_TOPIC);
    sim_destroy(sim);
}

Test(dead_letter, that_fails_in_the_queue_of_another_policy_goes_on_to_the_shared_one)
{
    struct burial burial;
    struct sim_consumer *shared;

    bury(&burial,
         SIM_POLICY("queue='Q'", "<deadLetterStrategy><individualDeadLetterStrategy "
                                 "queuePrefix='DLQ.'/></deadLetterStrategy>"),
         "queue://Q", "queue://DLQ.Q", (struct message_draft){.persistent = true});
    sim_acknowledge(burial.dead, ACKNOWLEDGE_POISON, 0, 0);
    shared = sim_subscribe(burial.client, "queue://ActiveMQ.DLQ", plain);
    sim_run(burial.sim);
    cr_assert_eq(shared->count, 1);
    sim_destroy(burial.sim);
}

Test(dead_letter, that_fails_again_is_dropped)
{
    struct burial burial;
    struct sim_consumer *again;

    bury(&burial, NULL, "queue://Q", "queue://ActiveMQ.DLQ",
         (struct message_draft){.persistent = true});
    sim_acknowledge(burial.dead, ACKNOWLEDGE_POISON, 0, 0);
    sim_run(burial.sim);
    again = sim_subscribe(burial.client, "queue://ActiveMQ.DLQ", plain);
    sim_run(burial.sim);
    cr_assert_eq(again->count, 0);
    cr_assert_eq(burial.dead->count, 1);
    sim_destroy(burial.sim);
}

Test(dead_letter, of_one_message_is_made_once)
{
    struct burial burial;
    struct sim_consumer *consumer;
    struct message_draft draft = {.persistent = true, .id = SLICE("ID:me"), .id_sequence = 1};

    bury(&burial, NULL, "queue://Q", "queue://ActiveMQ.DLQ", draft);
    consumer = sim_subscribe(burial.client, "queue://Q2", plain);
    sim_run(burial.sim);
    sim_send_draft(burial.client, "queue://Q2", "again", draft);
    draft.id_sequence = 2;
    sim_send_draft(burial.client, "queue://Q2", "other", draft);
    sim_run(burial.sim);
    sim_acknowledge(consumer, ACKNOWLEDGE_POISON, 0, 1);
    sim_run(burial.sim);
    /* The audit is each shard's own: Q and Q2 live on one here. */
    cr_assert_eq(destination_name_hash(sim_name("queue://Q")) >> 32 & 1,
                 destination_name_hash(sim_name("queue://Q2")) >> 32 & 1);
    cr_assert_str_eq(sim_bodies(burial.dead), "poison other");
    sim_destroy(burial.sim);
}

Test(dead_letter, tells_of_an_expired_message_when_and_why)
{
    struct sim *sim = sim_create(1, NULL, NULL);
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *dead = sim_subscribe(client, "queue://ActiveMQ.DLQ", plain);
    int64_t expiration_ms = sim_wall_ms(sim) + 1000;
    struct text_error wanted;

    sim_send_draft(client, "queue://Q", "late",
                   (struct message_draft){.persistent = true, .expiration_ms = expiration_ms});
    sim_advance(sim, 40000); /* the scan comes every 30 seconds */
    cr_assert_str_eq(sim_bodies(dead), "late");
    cr_assert_eq(dead->deliveries[0].message->expiration_ms, 0);
    text_error_set(&wanted, "%lld", (long long)expiration_ms);
    cr_assert_str_eq(sim_property(dead, 0, "originalExpiration"), wanted.text);
    text_error_set(&wanted, "java.lang.Throwable: Message Expired. Expiration:%lld",
                   (long long)expiration_ms);
    cr_assert_str_eq(sim_property(dead, 0, "dlqDeliveryFailureCause"), wanted.text);
    sim_destroy(sim);
}

Test(dead_letter, is_not_made_of_expired_messages_where_the_policy_says_so)
{
    struct sim *sim =
        sim_create(1, NULL,
                   SIM_POLICY("queue='Q'", "<deadLetterStrategy><sharedDeadLetterStrategy "
                                           "processExpired='false'/></deadLetterStrategy>"));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *dead = sim_subscribe(client, "queue://ActiveMQ.DLQ", plain);
    struct message_draft draft = {.persistent = true, .expiration_ms = sim_wall_ms(sim) + 1000};

    sim_send_draft(client, "queue://Q", "late", draft);
    sim_send_draft(client, "queue://Other", "also late", draft);
    sim_advance(sim, 40000);
    cr_assert_str_eq(sim_bodies(dead), "also late");
    sim_destroy(sim);
}

Test(dead_letter, expires_itself_where_the_policy_gives_it_a_time_to_live)
{
    struct burial burial;

    bury(&burial,
         SIM_POLICY("queue='Q'", "<deadLetterStrategy><sharedDeadLetterStrategy "
                                 "expiration='5000'/></deadLetterStrategy>"),
         "queue://Q", "queue://ActiveMQ.DLQ", (struct message_draft){.persistent = true});
    cr_assert_eq(burial.dead->deliveries[0].message->expiration_ms, sim_wall_ms(burial.sim) + 5000);
    cr_assert_str_eq(sim_property(burial.dead, 0, "originalExpiration"), "");
    sim_destroy(burial.sim);
}

Test(dead_letter, is_discarded_by_name_when_the_plugin_says_so)
{
    static const char plugin[] =
        "<plugins><discardingDLQBrokerPlugin dropAll='false' dropOnly='Q.+ X'/></plugins>";
    struct burial burial;

    bury(&burial, plugin, "queue://Q1", "queue://ActiveMQ.DLQ",
         (struct message_draft){.persistent = true});
    cr_assert_eq(burial.dead->count, 0);
    sim_destroy(burial.sim);
    bury(&burial, plugin, "queue://MyQ1", "queue://ActiveMQ.DLQ",
         (struct message_draft){.persistent = true});
    cr_assert_eq(burial.dead->count, 1);
    sim_destroy(burial.sim);
}

Test(dead_letter, queue_is_known_as_such)
{
    struct sim *sim =
        sim_create(1, NULL,
                   SIM_POLICY("queue='>'", "<deadLetterStrategy><individualDeadLetterStrategy "
                                           "queuePrefix='DLQ.'/></deadLetterStrategy>"));
    const struct config *config = engine_config(sim_engine(sim, 0));

    cr_assert(dead_letter_is_target(config, sim_name("queue://DLQ.A")));
    cr_assert(dead_letter_is_target(config, sim_name("queue://ActiveMQ.DLQ")));
    cr_assert_not(dead_letter_is_target(config, sim_name("queue://A")));
    cr_assert_not(dead_letter_is_target(config, sim_name("topic://DLQ.A")));
    sim_destroy(sim);
}
