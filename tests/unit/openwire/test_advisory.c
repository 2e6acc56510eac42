/* SPDX-License-Identifier: Apache-2.0 */
#include "message_case.h"

TestSuite(openwire_advisory, .init = begin_case, .fini = end_case);

#define TOPIC(name) SLICE("ActiveMQ.Advisory." name)

static struct value text(struct slice s)
{
    return (struct value){.type = VALUE_STRING, .text = s};
}

static struct value number(int64_t integer)
{
    return (struct value){.type = VALUE_INT, .integer = integer};
}

static struct value yes(void)
{
    return (struct value){.type = VALUE_BOOL, .boolean = true};
}

/* The data structure of an advisory with these fields. */
static const struct ow_object *structure(enum advisory_kind kind, struct slice topic,
                                         const struct property *fields, size_t count)
{
    const struct property origin = {SLICE("originBrokerName"), text(SLICE("b\xf0\x9f\x98\x80"))};
    static uint8_t body[2000];
    uint8_t *at = body;
    struct message_draft draft = {
        .destination = {DESTINATION_TOPIC, topic},
        .id = SLICE("ID:b-1-2:1:0:0"),
        .type = SLICE("Advisory"),
        .properties = &origin,
        .property_count = 1,
        .advisory = (uint8_t)kind,
        .body_count = (uint16_t)count,
    };
    const struct ow_message *out;

    for (size_t i = 0; i < count; i++)
        at = property_write(at, &fields[i]);
    draft.body = slice_of(body, (size_t)(at - body));
    message_unref(it.message);
    it.message = message_create(&draft);
    out = give(it.message);
    cr_assert(out->command.object.type == OW_MESSAGE);
    assert_slice(out->type, SLICE("Advisory"));
    assert_slice(out->content, SLICE_ABSENT);
    assert_slice(out->marshalled_properties,
                 SLICE("\0\0\0\1\0\x10originBrokerName\x09\0\7b\xed\xa0\xbd\xed\xb8\x80"));
    return out->data_structure;
}

#define STRUCTURE(kind, topic, fields) structure(kind, topic, fields, ARRAY_LEN(fields))

Test(openwire_advisory, tells_of_temporary_destinations)
{
    const struct property fields[] = {
        {SLICE("connectionId"), text(SLICE("ID:h-1-2-3:4"))},
        {SLICE("destination"), text(SLICE("temp-queue://ID:h-1-2-3:4:1"))},
        {SLICE("operationType"), number(1)},
        {SLICE("timeout"), number(0)},
    };
    const struct ow_destination_info *info =
        (const void *)STRUCTURE(ADVISORY_DESTINATION_INFO, TOPIC("TempQueue"), fields);

    cr_assert(info->command.object.type == OW_DESTINATION_INFO);
    assert_slice(info->connection_id->value, SLICE("ID:h-1-2-3:4"));
    cr_assert(info->destination->object.type == OW_TEMP_QUEUE);
    assert_slice(info->destination->physical_name, SLICE("ID:h-1-2-3:4:1"));
    cr_assert(info->operation_type == 1);
}

Test(openwire_advisory, names_each_kind_of_destination)
{
    static const char *const names[] = {"queue://A", "topic://A", "temp-queue://A",
                                        "temp-topic://A"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct property fields[] = {{SLICE("destination"), text(slice_of_text(names[i]))}};
        const struct ow_destination_info *info =
            (const void *)STRUCTURE(ADVISORY_DESTINATION_INFO, TOPIC("Queue"), fields);

        cr_assert(info->destination->object.type == OW_QUEUE + i);
        assert_slice(info->destination->physical_name, SLICE("A"));
        cr_assert(!info->connection_id, "the broker did it");
    }
}

Test(openwire_advisory, tells_of_connections_without_their_password)
{
    const struct property fields[] = {
        {SLICE("connectionId"), text(SLICE("ID:h-1-2-3:4"))},
        {SLICE("clientId"), text(SLICE("c\0"))},
        {SLICE("userName"), text(SLICE("alice"))},
        {SLICE("clientIp"), text(SLICE("tcp://1.2.3.4:5"))},
        {SLICE("manageable"), yes()},
    };
    const struct ow_connection_info *info =
        (const void *)STRUCTURE(ADVISORY_CONNECTION_INFO, TOPIC("Connection"), fields);

    cr_assert(info->command.object.type == OW_CONNECTION_INFO);
    assert_slice(info->connection_id->value, SLICE("ID:h-1-2-3:4"));
    assert_slice(info->client_id, SLICE("c\xc0\x80"));
    assert_slice(info->user_name, SLICE("alice"));
    assert_slice(info->password, SLICE(""));
    assert_slice(info->client_ip, SLICE("tcp://1.2.3.4:5"));
    cr_assert(info->manageable && !info->fault_tolerant);
}

Test(openwire_advisory, tells_of_consumers)
{
    const struct property fields[] = {
        {SLICE("consumerId"), text(SLICE("ID:h-1-2-3:4:-1:7"))},
        {SLICE("destination"), text(SLICE("topic://T"))},
        {SLICE("clientId"), text(SLICE("c"))},
        {SLICE("selector"), text(SLICE("a = 'x'"))},
        {SLICE("subscriptionName"), text(SLICE("s"))},
        {SLICE("prefetchSize"), {.type = VALUE_LONG, .integer = INT64_MAX}},
        {SLICE("priority"), number(3)},
        {SLICE("browser"), yes()},
        {SLICE("noLocal"), yes()},
        {SLICE("exclusive"), yes()},
        {SLICE("retroactive"), yes()},
        {SLICE("dispatchAsync"), yes()},
        {SLICE("networkSubscription"), yes()},
    };
    const struct ow_consumer_info *info =
        (const void *)STRUCTURE(ADVISORY_CONSUMER_INFO, TOPIC("Consumer.Topic.T"), fields);

    cr_assert(info->command.object.type == OW_CONSUMER_INFO);
    assert_slice(info->consumer_id->connection_id, SLICE("ID:h-1-2-3:4"));
    cr_assert(info->consumer_id->session_id == -1 && info->consumer_id->value == 7);
    assert_slice(info->destination->physical_name, SLICE("T"));
    assert_slice(info->client_id, SLICE("c"));
    assert_slice(info->selector, SLICE("a = 'x'"));
    assert_slice(info->subscription_name, SLICE("s"));
    cr_assert(info->prefetch_size == INT32_MAX && info->priority == 3);
    cr_assert(info->browser && info->no_local && info->exclusive && info->retroactive &&
              info->dispatch_async && info->network_subscription);
}

Test(openwire_advisory, tells_of_producers)
{
    const struct property fields[] = {
        {SLICE("producerId"), text(SLICE("ID:h-1-2-3:4:1:2"))},
        {SLICE("destination"), text(SLICE("queue://Q"))},
        {SLICE("windowSize"), number(1024)},
    };
    const struct ow_producer_info *info =
        (const void *)STRUCTURE(ADVISORY_PRODUCER_INFO, TOPIC("Producer.Queue.Q"), fields);

    cr_assert(info->command.object.type == OW_PRODUCER_INFO);
    assert_slice(info->producer_id->connection_id, SLICE("ID:h-1-2-3:4"));
    cr_assert(info->producer_id->session_id == 1 && info->producer_id->value == 2);
    cr_assert(info->window_size == 1024);
    cr_assert(info->destination->object.type == OW_QUEUE);
}

Test(openwire_advisory, tells_what_kind_of_thing_was_removed)
{
    const struct property fields[] = {{SLICE("objectId"), text(SLICE("ID:h-1-2-3:4:1:2"))}};
    const struct ow_remove_info *info =
        (const void *)STRUCTURE(ADVISORY_REMOVE_INFO, TOPIC("Consumer.Queue.Q"), fields);
    const struct ow_consumer_id *consumer = (const void *)info->object_id;
    const struct ow_connection_id *connection;

    cr_assert(info->command.object.type == OW_REMOVE_INFO);
    cr_assert(consumer->object.type == OW_CONSUMER_ID && consumer->value == 2);
    cr_assert(info->last_delivered_sequence_id == -2, "as ActiveMQ says that nobody knows");
    info = (const void *)STRUCTURE(ADVISORY_REMOVE_INFO, TOPIC("Producer.Topic.T"), fields);
    cr_assert(info->object_id->type == OW_PRODUCER_ID);
    info = (const void *)STRUCTURE(ADVISORY_REMOVE_INFO, TOPIC("Connection"), fields);
    connection = (const void *)info->object_id;
    cr_assert(connection->object.type == OW_CONNECTION_ID);
    assert_slice(connection->value, SLICE("ID:h-1-2-3:4:1:2"));
}

Test(openwire_advisory, tells_of_brokers)
{
    const struct property fields[] = {
        {SLICE("brokerId"), text(SLICE("ID:b"))},
        {SLICE("brokerName"), text(SLICE("b"))},
        {SLICE("brokerURL"), text(SLICE("tcp://b:1"))},
    };
    const struct ow_broker_info *info =
        (const void *)STRUCTURE(ADVISORY_BROKER_INFO, TOPIC("MasterBroker"), fields);

    cr_assert(info->command.object.type == OW_BROKER_INFO);
    assert_slice(info->broker_id->value, SLICE("ID:b"));
    assert_slice(info->broker_name, SLICE("b"));
    assert_slice(info->broker_url, SLICE("tcp://b:1"));
}

Test(openwire_advisory, names_the_one_subscriber_it_is_for)
{
    const struct property fields[] = {
        {SLICE("destination"), text(SLICE("queue://A"))},
        {SLICE("targetConsumerId"), text(SLICE("ID:h-1-2-3:4:-1:1"))},
    };
    const struct ow_consumer_id *target;

    cr_assert(STRUCTURE(ADVISORY_DESTINATION_INFO, TOPIC("Queue"), fields));
    target = it.rendering.blob.message.target_consumer_id;
    cr_assert(target);
    assert_slice(target->connection_id, SLICE("ID:h-1-2-3:4"));
    cr_assert(target->session_id == -1 && target->value == 1);
}

Test(openwire_advisory, without_fields_is_still_one)
{
    cr_assert(structure(ADVISORY_CONSUMER_INFO, TOPIC("Consumer.Queue.Q"), NULL, 0)->type ==
              OW_CONSUMER_INFO);
    cr_assert(structure(ADVISORY_REMOVE_INFO, TOPIC("Connection"), NULL, 0)->type ==
              OW_REMOVE_INFO);
    cr_assert(!structure(ADVISORY_PLAIN, TOPIC("FULL.Queue.Q"), NULL, 0));
}

/* What the engine makes of a message that an advisory is about. */
static struct message *about(const struct message *subject)
{
    const struct property id = {SLICE("orignalMessageId"), text(SLICE("ID:\xf0\x9f\x98\x80"))};
    const struct message_draft draft = {
        .destination = {DESTINATION_TOPIC, TOPIC("MessageDLQd.Queue.A")},
        .id = SLICE("ID:b-1-2:1:0:0"),
        .type = SLICE("Advisory"),
        .properties = &id,
        .property_count = 1,
        .advisory = ADVISORY_MESSAGE,
        .body = slice_of(subject, subject->len),
    };
    struct message *advisory = message_create(&draft);

    cr_assert(advisory);
    return advisory;
}

Test(openwire_advisory, holds_the_message_that_it_is_about)
{
    struct ow_blob_message in = sent(OW_TEXT_MESSAGE);
    const struct ow_message *out, *subject;
    struct message *advisory;

    in.message.content = SLICE("\0\0\0\2\xc0\x80");
    in.message.type = SLICE("mine");
    in.message.marshalled_properties = SLICE("\0\0\0\1\0\1p\x09\0\2\xc0\x80");
    cr_assert(take(&in));
    advisory = about(it.message);
    out = give(advisory);
    cr_assert(out->command.object.type == OW_MESSAGE);
    assert_slice(out->type, SLICE("Advisory"));
    assert_slice(out->marshalled_properties,
                 SLICE("\0\0\0\1\0\x10orignalMessageId\x09\0\x09ID:\xed\xa0\xbd\xed\xb8\x80"));
    subject = (const void *)out->data_structure;
    cr_assert(subject && subject->command.object.type == OW_TEXT_MESSAGE);
    assert_slice(subject->type, SLICE("mine"));
    assert_slice(subject->content, in.message.content);
    assert_slice(subject->marshalled_properties, in.message.marshalled_properties);
    assert_slice(subject->destination->physical_name, SLICE("A"));
    assert_slice(subject->producer_id->connection_id, SLICE("ID:host-1-2-3:4"));
    cr_assert(subject->message_id->producer_sequence_id == 9);
    message_unref(advisory);
}

Test(openwire_advisory, about_an_advisory_goes_no_deeper)
{
    struct message *advisory, *outer;

    cr_assert(take_content(OW_TEXT_MESSAGE, SLICE_ABSENT));
    advisory = about(it.message);
    outer = about(advisory);
    cr_assert(render_message(&it.worker, outer, &it.rendering) == -EINVAL);
    message_unref(outer);
    message_unref(advisory);
}
