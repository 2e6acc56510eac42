/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data structures of advisories, made of the fields in their bodies (engine/advisory.h).
 */
#include "engine/advisory.h"
#include "openwire_message.h"
#include <errno.h>
#include <stdlib.h>

enum { MAP_COUNT_BYTES = 4, LAST_DELIVERED_UNKNOWN = -2 };

struct rendered_advisory {
    union {
        struct ow_connection_info connection;
        struct ow_consumer_info consumer;
        struct ow_producer_info producer;
        struct ow_destination_info destination_info;
        struct ow_remove_info remove;
        struct ow_remove_subscription_info remove_subscription;
        struct ow_broker_info broker;
    };
    union {
        struct ow_object object;
        struct ow_connection_id connection;
        struct ow_consumer_id consumer;
        struct ow_producer_id producer;
        struct ow_broker_id broker;
    } id;
    struct ow_destination destination;
    struct ow_consumer_id target;
    struct rendering subject; /* of the message that it is about */
    struct text subject_bytes, scratch[SCRATCH_COUNT];
};

void advisory_destroy(struct rendered_advisory *advisory)
{
    if (!advisory)
        return;
    rendering_fini(&advisory->subject);
    text_fini(&advisory->subject_bytes);
    for (size_t i = 0; i < SCRATCH_COUNT; i++)
        text_fini(&advisory->scratch[i]);
    free(advisory);
}

static struct rendered_advisory *advisory_of(struct rendering *rendering)
{
    struct rendered_advisory *advisory = rendering->advisory;

    if (advisory)
        return advisory;
    advisory = calloc(1, sizeof *advisory);
    if (!advisory)
        return NULL;
    rendering_init(&advisory->subject);
    text_init(&advisory->subject_bytes);
    for (size_t i = 0; i < SCRATCH_COUNT; i++)
        text_init(&advisory->scratch[i]);
    rendering->advisory = advisory;
    return advisory;
}

/*
 * Fields. Their texts are modified UTF-8 already.
 */
static struct slice text_field(struct slice fields, struct slice name)
{
    struct value value;

    if (!property_find(fields, name, &value) ||
        (value.type != VALUE_STRING && value.type != VALUE_BIG_STRING))
        return SLICE_ABSENT;
    return value.text;
}

static int64_t number_field(struct slice fields, struct slice name, int64_t missing)
{
    struct value value;

    if (!property_find(fields, name, &value) || value.type < VALUE_BYTE || value.type > VALUE_LONG)
        return missing;
    return value.integer;
}

static int32_t int_field(struct slice fields, struct slice name)
{
    const int64_t number = number_field(fields, name, 0);

    return number > INT32_MAX ? INT32_MAX : number < INT32_MIN ? INT32_MIN : (int32_t)number;
}

static bool bool_field(struct slice fields, struct slice name)
{
    struct value value;

    return property_find(fields, name, &value) && value.type == VALUE_BOOL && value.boolean;
}

static const struct ow_destination *destination_field(struct slice fields,
                                                      struct rendered_advisory *out)
{
    const struct slice text = text_field(fields, SLICE("destination"));

    for (int kind = 0; kind < DESTINATION_KIND_COUNT; kind++) {
        const struct slice prefix =
            slice_of_text(destination_kind_prefix((enum destination_kind)kind));

        if (slice_is_present(text) && slice_starts_with(text, prefix)) {
            out->destination = (struct ow_destination){{(uint8_t)(OW_QUEUE + kind)},
                                                       slice_after(text, prefix.len)};
            return &out->destination;
        }
    }
    return NULL;
}

static struct slice id_field(struct slice fields, struct slice name)
{
    const struct slice text = text_field(fields, name);

    return slice_is_present(text) ? text : SLICE("");
}

/* What the broker did itself names no connection. */
static const struct ow_connection_id *connection_id(struct slice text,
                                                    struct rendered_advisory *out)
{
    if (text.len == 0)
        return NULL;
    out->id.connection = (struct ow_connection_id){{OW_CONNECTION_ID}, text};
    return &out->id.connection;
}

static struct ow_consumer_id consumer_id(struct slice text)
{
    const struct id_parts parts = id_parts_of(text);

    return (struct ow_consumer_id){{OW_CONSUMER_ID}, parts.connection, parts.session, parts.value};
}

static const struct ow_producer_id *producer_id(struct slice text, struct rendered_advisory *out)
{
    const struct id_parts parts = id_parts_of(text);

    out->id.producer =
        (struct ow_producer_id){{OW_PRODUCER_ID}, parts.connection, parts.value, parts.session};
    return &out->id.producer;
}

/*
 * Structures.
 */
static void connection_info(struct slice fields, struct rendered_advisory *out)
{
    out->connection = (struct ow_connection_info){
        .command = {.object = {OW_CONNECTION_INFO}},
        .connection_id = connection_id(id_field(fields, SLICE("connectionId")), out),
        .client_id = text_field(fields, SLICE("clientId")),
        .password = SLICE(""),
        .user_name = text_field(fields, SLICE("userName")),
        .manageable = bool_field(fields, SLICE("manageable")),
        .client_master = bool_field(fields, SLICE("clientMaster")),
        .fault_tolerant = bool_field(fields, SLICE("faultTolerant")),
        .failover_reconnect = bool_field(fields, SLICE("failoverReconnect")),
        .client_ip = text_field(fields, SLICE("clientIp")),
    };
}

static void consumer_info(struct slice fields, struct rendered_advisory *out)
{
    out->id.consumer = consumer_id(id_field(fields, SLICE("consumerId")));
    out->consumer = (struct ow_consumer_info){
        .command = {.object = {OW_CONSUMER_INFO}},
        .consumer_id = &out->id.consumer,
        .browser = bool_field(fields, SLICE("browser")),
        .destination = destination_field(fields, out),
        .prefetch_size = int_field(fields, SLICE("prefetchSize")),
        .maximum_pending_message_limit = int_field(fields, SLICE("maximumPendingMessageLimit")),
        .dispatch_async = bool_field(fields, SLICE("dispatchAsync")),
        .selector = text_field(fields, SLICE("selector")),
        .client_id = text_field(fields, SLICE("clientId")),
        .subscription_name = text_field(fields, SLICE("subscriptionName")),
        .no_local = bool_field(fields, SLICE("noLocal")),
        .exclusive = bool_field(fields, SLICE("exclusive")),
        .retroactive = bool_field(fields, SLICE("retroactive")),
        .priority = (int8_t)int_field(fields, SLICE("priority")),
        .network_subscription = bool_field(fields, SLICE("networkSubscription")),
    };
}

static void producer_info(struct slice fields, struct rendered_advisory *out)
{
    out->producer = (struct ow_producer_info){
        .command = {.object = {OW_PRODUCER_INFO}},
        .producer_id = producer_id(id_field(fields, SLICE("producerId")), out),
        .destination = destination_field(fields, out),
        .dispatch_async = bool_field(fields, SLICE("dispatchAsync")),
        .window_size = int_field(fields, SLICE("windowSize")),
    };
}

static void destination_info(struct slice fields, struct rendered_advisory *out)
{
    out->destination_info = (struct ow_destination_info){
        .command = {.object = {OW_DESTINATION_INFO}},
        .connection_id = connection_id(id_field(fields, SLICE("connectionId")), out),
        .destination = destination_field(fields, out),
        .operation_type = (int8_t)int_field(fields, SLICE("operationType")),
        .timeout = number_field(fields, SLICE("timeout"), 0),
    };
}

/* What was removed is told by the topic. */
static void remove_info(const struct message *message, struct slice fields,
                        struct rendered_advisory *out)
{
    const struct slice topic = message_part(message, MESSAGE_DESTINATION);
    const struct slice id = id_field(fields, SLICE("objectId"));

    if (slice_is(topic, "ActiveMQ.Advisory.Connection"))
        out->id.connection = (struct ow_connection_id){{OW_CONNECTION_ID}, id};
    else if (slice_starts_with(topic, SLICE("ActiveMQ.Advisory.Producer.")))
        producer_id(id, out);
    else
        out->id.consumer = consumer_id(id);
    out->remove = (struct ow_remove_info){
        .command = {.object = {OW_REMOVE_INFO}},
        .object_id = &out->id.object,
        .last_delivered_sequence_id =
            number_field(fields, SLICE("lastDeliveredSequenceId"), LAST_DELIVERED_UNKNOWN),
    };
}

static void remove_subscription_info(struct slice fields, struct rendered_advisory *out)
{
    out->remove_subscription = (struct ow_remove_subscription_info){
        .command = {.object = {OW_REMOVE_SUBSCRIPTION_INFO}},
        .connection_id = connection_id(id_field(fields, SLICE("connectionId")), out),
        .client_id = text_field(fields, SLICE("clientId")),
        .subscription_name = text_field(fields, SLICE("subscriptionName")),
    };
}

static void broker_info(struct slice fields, struct rendered_advisory *out)
{
    out->id.broker = (struct ow_broker_id){{OW_BROKER_ID}, id_field(fields, SLICE("brokerId"))};
    out->broker = (struct ow_broker_info){
        .command = {.object = {OW_BROKER_INFO}},
        .broker_id = &out->id.broker,
        .broker_url = text_field(fields, SLICE("brokerURL")),
        .broker_name = text_field(fields, SLICE("brokerName")),
    };
}

static const struct ow_object *structure_of(const struct message *message, struct slice fields,
                                            struct rendered_advisory *out)
{
    switch ((enum advisory_kind)message->advisory) {
    case ADVISORY_CONNECTION_INFO:
        connection_info(fields, out);
        return &out->connection.command.object;
    case ADVISORY_CONSUMER_INFO:
        consumer_info(fields, out);
        return &out->consumer.command.object;
    case ADVISORY_PRODUCER_INFO:
        producer_info(fields, out);
        return &out->producer.command.object;
    case ADVISORY_DESTINATION_INFO:
        destination_info(fields, out);
        return &out->destination_info.command.object;
    case ADVISORY_REMOVE_INFO:
        remove_info(message, fields, out);
        return &out->remove.command.object;
    case ADVISORY_BROKER_INFO:
        broker_info(fields, out);
        return &out->broker.command.object;
    case ADVISORY_REMOVE_SUBSCRIPTION_INFO:
        remove_subscription_info(fields, out);
        return &out->remove_subscription.command.object;
    case ADVISORY_NONE:
    case ADVISORY_PLAIN:
    case ADVISORY_MESSAGE:
        break;
    }
    return NULL;
}

static int render_structure(struct text *scratch, const struct message *message,
                            struct rendered_advisory *advisory, struct ow_message *out)
{
    struct slice fields, target;

    if (!map_of_entries(message_part(message, MESSAGE_BODY), message->body_count,
                        &scratch[SCRATCH_BODY], &fields))
        return -EINVAL;
    fields = fields.len > MAP_COUNT_BYTES ? slice_after(fields, MAP_COUNT_BYTES) : SLICE("");
    out->data_structure = structure_of(message, fields, advisory);
    target = text_field(fields, SLICE("targetConsumerId"));
    if (slice_is_present(target)) {
        advisory->target = consumer_id(target);
        out->target_consumer_id = &advisory->target;
    }
    return 0;
}

int advisory_render(struct text *scratch, int64_t now_ms, const struct message *message,
                    struct rendering *out)
{
    struct rendered_advisory *advisory = advisory_of(out);
    const struct message *subject;
    int error;

    if (!advisory)
        return -ENOMEM;
    if (message->advisory != ADVISORY_MESSAGE)
        return render_structure(scratch, message, advisory, &out->blob.message);
    subject = advisory_subject(message, &advisory->subject_bytes);
    if (!subject || subject->advisory == ADVISORY_MESSAGE)
        return -EINVAL;
    error = render_with(advisory->scratch, now_ms, subject, &advisory->subject);
    out->blob.message.data_structure = &advisory->subject.blob.message.command.object;
    return error;
}
