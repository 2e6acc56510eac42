/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "sim_engine.h"
#include "virtuals.h"

#define VIRTUAL(children) \
    "<destinationInterceptors><virtualDestinationInterceptor><virtualDestinations>" children \
    "</virtualDestinations></virtualDestinationInterceptor></destinationInterceptors>"

static const struct engine_subscribe_spec plain;

static struct sim_consumer *subscribe(struct sim_client *client, const char *to)
{
    struct sim_consumer *consumer = sim_subscribe(client, to, plain);

    sim_run(client->sim);
    return consumer;
}

static void send(struct sim_client *client, const char *to, const char *body)
{
    sim_send(client, to, body);
    sim_run(client->sim);
    cr_assert_eq(client->error, ENGINE_OK, "%s", client->text);
    cr_assert_eq(client->answers, client->request);
}

/* From every shard: which queues are fed is known on all of them. */
Test(virtuals, topic_feeds_the_queues_of_its_consumers_and_itself)
{
    for (uint16_t shard = 0; shard < 3; shard++) {
        struct sim *sim = sim_create(3, NULL, NULL);
        struct sim_client *client = sim_client(sim, 1), *sender = sim_client(sim, shard);
        struct sim_consumer *a = subscribe(client, "queue://Consumer.A.VirtualTopic.Orders");
        struct sim_consumer *b = subscribe(client, "queue://Consumer.B.VirtualTopic.Orders");
        struct sim_consumer *other = subscribe(client, "queue://Consumer.A.VirtualTopic.Others");
        struct sim_consumer *topic = subscribe(client, "topic://VirtualTopic.Orders");
        const struct message *copy;

        send(sender, "topic://VirtualTopic.Orders", "x");
        cr_assert_str_eq(sim_bodies(a), "x");
        cr_assert_str_eq(sim_bodies(b), "x");
        cr_assert_str_eq(sim_bodies(topic), "x");
        cr_assert_eq(other->count, 0);
        copy = a->deliveries[0].message;
        cr_assert(
            slice_is(message_part(copy, MESSAGE_ORIGINAL_DESTINATION), "VirtualTopic.Orders"));
        cr_assert_eq(copy->original_kind, DESTINATION_TOPIC);
        cr_assert(
            slice_is(message_part(copy, MESSAGE_DESTINATION), "Consumer.A.VirtualTopic.Orders"));
        sim_destroy(sim);
    }
}

Test(virtuals, topic_keeps_for_a_queue_whose_consumer_is_away)
{
    struct sim *sim = sim_create(2, NULL, NULL);
    struct sim_client *client = sim_client(sim, 0);

    sim_unsubscribe(subscribe(client, "queue://Consumer.A.VirtualTopic.Orders"));
    sim_run(sim);
    send(client, "topic://VirtualTopic.Orders", "x");
    cr_assert_str_eq(sim_bodies(subscribe(client, "queue://Consumer.A.VirtualTopic.Orders")), "x");
    sim_destroy(sim);
}

Test(virtuals, topic_no_longer_feeds_a_queue_that_was_removed)
{
    struct sim *sim = sim_create(2, NULL, NULL);
    struct sim_client *client = sim_client(sim, 0);
    const char *queue = "queue://Consumer.A.VirtualTopic.Orders";

    sim_unsubscribe(subscribe(client, queue));
    sim_run(sim);
    engine_remove_destination(client->client, sim_name(queue), false, ++client->request);
    sim_run(sim);
    send(client, "topic://VirtualTopic.Orders", "x");
    cr_assert_eq(subscribe(client, queue)->count, 0);
    sim_destroy(sim);
}

Test(virtuals, topics_have_the_names_that_the_configuration_gives_them)
{
    struct sim *sim = sim_create(
        1, NULL, VIRTUAL("<virtualTopic name='Events.>' prefix='Q.*.' postfix='.copy'/>"));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *ours = subscribe(client, "queue://Q.A.Events.X.copy");
    struct sim_consumer *not_ours = subscribe(client, "queue://Consumer.A.VirtualTopic.X");
    struct sim_consumer *no_postfix = subscribe(client, "queue://Q.A.Events.X");

    send(client, "topic://Events.X", "x");
    send(client, "topic://VirtualTopic.X", "y");
    cr_assert_str_eq(sim_bodies(ours), "x");
    cr_assert_eq(not_ours->count, 0);
    cr_assert_eq(no_postfix->count, 0);
    sim_destroy(sim);
}

Test(virtuals, topic_leaves_out_consumers_that_do_not_select_where_it_is_selector_aware)
{
    struct sim *sim =
        sim_create(2, NULL, VIRTUAL("<virtualTopic name='VirtualTopic.>' selectorAware='true'/>"));
    struct sim_client *client = sim_client(sim, 0);
    struct engine_subscribe_spec picky = {.selector = SLICE("JMSPriority = 9")};
    const char *queue = "queue://Consumer.A.VirtualTopic.T";
    struct sim_consumer *consumer = sim_subscribe(client, queue, picky);

    sim_run(sim);
    send(client, "topic://VirtualTopic.T", "unwanted");
    sim_send_draft(client, "topic://VirtualTopic.T", "wanted",
                   (struct message_draft){.priority = 9});
    sim_run(sim);
    cr_assert_str_eq(sim_bodies(consumer), "wanted");
    sim_ack(consumer, 0, 0);
    sim_unsubscribe(consumer);
    sim_run(sim);
    send(client, "topic://VirtualTopic.T", "nobody is there");
    cr_assert_eq(subscribe(client, queue)->count, 0);
    sim_destroy(sim);
}

Test(virtuals, local_topic_does_not_feed_from_other_brokers)
{
    struct sim *sim =
        sim_create(1, NULL, VIRTUAL("<virtualTopic name='VirtualTopic.>' local='true'/>"));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *consumer = subscribe(client, "queue://Consumer.A.VirtualTopic.T");

    sim_send_draft(client, "topic://VirtualTopic.T", "from elsewhere",
                   (struct message_draft){.broker_path = SLICE("ID:other")});
    send(client, "topic://VirtualTopic.T", "ours");
    cr_assert_str_eq(sim_bodies(consumer), "ours");
    sim_destroy(sim);
}

Test(virtuals, composite_queue_forwards_and_keeps_nothing_by_default)
{
    struct sim *sim =
        sim_create(2, NULL,
                   VIRTUAL("<compositeQueue name='C'><forwardTo><queue physicalName='A'/>"
                           "<topic physicalName='T'/></forwardTo></compositeQueue>"));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *a = subscribe(client, "queue://A"), *t = subscribe(client, "topic://T");
    struct sim_consumer *c = subscribe(client, "queue://C");

    send(client, "queue://C", "x");
    cr_assert_str_eq(sim_bodies(a), "x");
    cr_assert_str_eq(sim_bodies(t), "x");
    cr_assert_eq(c->count, 0);
    cr_assert(slice_is(message_part(a->deliveries[0].message, MESSAGE_ORIGINAL_DESTINATION), "C"));
    sim_destroy(sim);
}

Test(virtuals, composite_topic_can_keep_its_messages)
{
    struct sim *sim = sim_create(1, NULL,
                                 VIRTUAL("<compositeTopic name='C' forwardOnly='false'><forwardTo>"
                                         "<queue physicalName='A'/></forwardTo></compositeTopic>"));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *a = subscribe(client, "queue://A"), *c = subscribe(client, "topic://C");

    send(client, "topic://C", "x");
    cr_assert_str_eq(sim_bodies(a), "x");
    cr_assert_str_eq(sim_bodies(c), "x");
    sim_destroy(sim);
}

Test(virtuals, composite_filters_and_can_keep_what_nobody_took)
{
    struct sim *sim =
        sim_create(1, NULL,
                   VIRTUAL("<compositeQueue name='C' sendWhenNotMatched='true'><forwardTo>"
                           "<filteredDestination selector='JMSPriority &gt; 5' queue='High'/>"
                           "</forwardTo></compositeQueue>"));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *high = subscribe(client, "queue://High");
    struct sim_consumer *c = subscribe(client, "queue://C");

    sim_send_draft(client, "queue://C", "urgent", (struct message_draft){.priority = 9});
    sim_send_draft(client, "queue://C", "plain", (struct message_draft){.priority = 4});
    cr_assert_str_eq(sim_bodies(high), "urgent");
    cr_assert_str_eq(sim_bodies(c), "plain");
    sim_destroy(sim);
}

Test(virtuals, composites_that_lead_to_each_other_come_to_an_end)
{
    struct sim *sim = sim_create(
        1, NULL,
        VIRTUAL("<compositeQueue name='A'><forwardTo><queue physicalName='B'/></forwardTo>"
                "</compositeQueue><compositeQueue name='B'><forwardTo>"
                "<queue physicalName='A'/></forwardTo></compositeQueue>"));
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *a = subscribe(client, "queue://A"), *b = subscribe(client, "queue://B");

    send(client, "queue://A", "x");
    cr_assert_eq(a->count + b->count, 1);
    sim_destroy(sim);
}

Test(virtuals, mirrored_queue_goes_to_a_topic_as_well)
{
    struct sim *sim = sim_create(2, "useMirroredQueues='true'", NULL);
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *queue = subscribe(client, "queue://Q");
    struct sim_consumer *topic = subscribe(client, "topic://VirtualTopic.Mirror.Q");

    send(client, "queue://Q", "x");
    cr_assert_str_eq(sim_bodies(queue), "x");
    cr_assert_str_eq(sim_bodies(topic), "x");
    sim_destroy(sim);
}

Test(virtuals, composite_name_reaches_every_part)
{
    struct sim *sim = sim_create(3, NULL, NULL);
    struct sim_client *client = sim_client(sim, 0);
    struct sim_consumer *a = subscribe(client, "queue://A"), *b = subscribe(client, "queue://B");
    struct sim_consumer *t = subscribe(client, "topic://VirtualTopic.T");
    struct sim_consumer *fed = subscribe(client, "queue://Consumer.A.VirtualTopic.T");

    send(client, "queue://A, B,,topic://VirtualTopic.T", "x");
    cr_assert_str_eq(sim_bodies(a), "x");
    cr_assert_str_eq(sim_bodies(b), "x");
    cr_assert_str_eq(sim_bodies(t), "x");
    cr_assert_str_eq(sim_bodies(fed), "x");
    sim_destroy(sim);
}

Test(virtuals, composite_names_are_taken_apart)
{
    struct slice rest = SLICE("A, topic://B ,,queue://C,");
    struct destination_name part;

    cr_assert(composite_next(&rest, DESTINATION_QUEUE, &part));
    cr_assert(destination_name_equal(part, sim_name("queue://A")));
    cr_assert(composite_next(&rest, DESTINATION_QUEUE, &part));
    cr_assert(destination_name_equal(part, sim_name("topic://B")));
    cr_assert(composite_next(&rest, DESTINATION_QUEUE, &part));
    cr_assert(destination_name_equal(part, sim_name("queue://C")));
    cr_assert_not(composite_next(&rest, DESTINATION_QUEUE, &part));
}

Test(virtuals, do_not_concern_plain_names)
{
    struct sim *sim = sim_create(1, NULL, NULL);
    struct engine *engine = sim_engine(sim, 0);

    cr_assert_not(virtual_concerns(engine, sim_name("queue://VirtualTopic.A")));
    cr_assert_not(virtual_concerns(engine, sim_name("topic://A")));
    cr_assert(virtual_concerns(engine, sim_name("topic://VirtualTopic.A")));
    cr_assert(virtual_concerns(engine, sim_name("queue://A,B")));
    sim_destroy(sim);
}
