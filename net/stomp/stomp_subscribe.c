/* SPDX-License-Identifier: Apache-2.0 */
#include "stomp_internal.h"

/* ActiveMQ's defaults per kind of subscription; a policy may know better. */
enum {
    PREFETCH_QUEUE = 1000,
    PREFETCH_TOPIC = 32767,
    PREFETCH_DURABLE = 100,
    PREFETCH_BROWSER = 500
};

static bool is_true(struct slice s)
{
    return slice_is(s, "true");
}

static void set_bool(struct slice value, bool *out)
{
    if (is_true(value))
        *out = true;
    else if (slice_is(value, "false"))
        *out = false;
}

static void set_number(struct slice value, int64_t min, int32_t *out)
{
    int64_t number;

    if (slice_to_i64(value, &number) && number >= min && number <= INT32_MAX)
        *out = (int32_t)number;
}

/* One header "activemq.<field>". Unknown fields and values that make no sense are ignored, as
 * ActiveMQ does; dispatchAsync is, for STOMP, always on. networkSubscription is not for clients. */
static void set_option(struct engine_subscribe_spec *spec, struct slice field, struct slice value)
{
    int32_t prefetch = -1;

    if (slice_is(field, "prefetchSize")) {
        set_number(value, 0, &prefetch);
        if (prefetch >= 0) {
            spec->prefetch = (uint32_t)prefetch;
            spec->prefetch_is_default = false;
        }
    } else if (slice_is(field, "subscriptionName") || slice_is(field, "subcriptionName")) {
        spec->durable_name = value; /* the second spelling is one that old clients send */
    } else if (slice_is(field, "exclusive")) {
        set_bool(value, &spec->exclusive);
    } else if (slice_is(field, "priority")) {
        set_number(value, INT8_MIN, &spec->priority);
        if (spec->priority > INT8_MAX)
            spec->priority = INT8_MAX;
    } else if (slice_is(field, "retroactive")) {
        set_bool(value, &spec->retroactive);
    } else if (slice_is(field, "noLocal")) {
        set_bool(value, &spec->no_local);
    } else if (slice_is(field, "browser")) {
        set_bool(value, &spec->browser);
    } else if (slice_is(field, "maximumPendingMessageLimit")) {
        set_number(value, 0, &spec->pending_max);
    } else if (slice_is(field, "selector") && !slice_is_present(spec->selector)) {
        spec->selector = value;
        spec->convert_strings = false;
    }
}

static void read_options(const struct stomp_frame *frame, struct engine_subscribe_spec *spec)
{
    for (unsigned i = 0; i < frame->header_count; i++) {
        const struct stomp_header *header = &frame->headers[i];

        if (frame->ids[i] == STOMP_HEADER_OTHER &&
            slice_starts_with(header->name, SLICE("activemq.")))
            set_option(spec, slice_after(header->name, sizeof("activemq.") - 1), header->value);
    }
}

static void read_spec(const struct stomp_frame *frame, struct destination_name destination,
                      struct engine_subscribe_spec *spec)
{
    *spec = (struct engine_subscribe_spec){
        .destination = destination,
        .selector = stomp_frame_header(frame, STOMP_HEADER_SELECTOR),
        .convert_strings = true,
        .durable_name = stomp_frame_header(frame, STOMP_HEADER_DURABLE_NAME),
        .prefetch_is_default = true,
        .browser = is_true(stomp_frame_header(frame, STOMP_HEADER_BROWSER)),
    };
    read_options(frame, spec);
    if (!spec->prefetch_is_default)
        return;
    if (spec->browser)
        spec->prefetch = PREFETCH_BROWSER;
    else if (destination_kind_is_queue(destination.kind))
        spec->prefetch = PREFETCH_QUEUE;
    else
        spec->prefetch = slice_is_present(spec->durable_name) ? PREFETCH_DURABLE : PREFETCH_TOPIC;
}

static const char *find_fault(const struct stomp_session *session,
                              const struct engine_subscribe_spec *spec)
{
    const bool is_queue = destination_kind_is_queue(spec->destination.kind);

    if (spec->browser && session->version == STOMP_1_0)
        return "Queue Browser feature only valid for Stomp v1.1+ clients!";
    if (spec->browser && !is_queue)
        return "Queue Browser can only be used on a Queue destination!";
    if (is_queue && slice_is_present(spec->durable_name))
        return "Invalid Subscription: cannot durably subscribe to a Queue destination!";
    if (destination_kind_is_temp(spec->destination.kind) &&
        !stomp_destination_is_own(&session->naming, spec->destination))
        return "Cannot subscribe to a temporary destination of another connection";
    if (session->subscription_count >=
        engine_config(session->worker->engine)->settings.connection_subscriptions_max)
        return "Too many subscriptions on this connection";
    return NULL;
}

static enum ack_mode read_ack_mode(const struct stomp_frame *frame)
{
    const struct slice mode = stomp_frame_header(frame, STOMP_HEADER_ACK);

    if (slice_is(mode, "client"))
        return ACK_CLIENT;
    return slice_is(mode, "client-individual") ? ACK_INDIVIDUAL : ACK_AUTO;
}

static void subscribe(struct stomp_session *session, const struct stomp_frame *frame,
                      struct engine_subscribe_spec *spec)
{
    const struct subscription_names names = {stomp_frame_header(frame, STOMP_HEADER_ID),
                                             spec->destination};
    struct stomp_subscription *s = stomp_subscription_create(session, &names);
    const struct slice how = stomp_frame_header(frame, STOMP_HEADER_TRANSFORMATION);
    struct engine_consumer *consumer;

    if (!s) {
        session_refuse(session, frame, "No memory for a subscription");
        return;
    }
    s->ack_mode = (uint8_t)read_ack_mode(frame);
    s->transformation = (uint8_t)stomp_transformation_find(how);
    s->is_browser = spec->browser;
    spec->context = s;
    spec->request = receipt_open(session, frame, RECEIPT_SUBSCRIBE, s);
    if (spec->request == 0) {
        stomp_subscription_destroy(s);
        return;
    }
    consumer = engine_subscribe(session->client, spec);
    if (!s->is_dead) /* else the answer has been given already: no */
        s->consumer = consumer;
}

void session_on_subscribe(struct stomp_session *session, const struct stomp_frame *frame)
{
    const struct slice header = stomp_frame_header(frame, STOMP_HEADER_DESTINATION);
    struct engine_subscribe_spec spec;
    struct destination_name destination;
    const char *fault;
    int error;

    if (session->version != STOMP_1_0 && !frame->known[STOMP_HEADER_ID]) {
        session_refuse(session, frame, "SUBSCRIBE received without a subscription id!");
        return;
    }
    if (!slice_is_present(header)) {
        session_refuse(session, frame, "Invalid empty or 'null' Destination header");
        return;
    }
    error = stomp_destination_read(&session->naming, header, true, &session->worker->destination,
                                   &destination);
    if (error) {
        session_bad_destination(session, frame, error);
        return;
    }
    read_spec(frame, destination, &spec);
    fault = find_fault(session, &spec);
    if (fault)
        session_refuse(session, frame, "%s", fault);
    else
        subscribe(session, frame, &spec);
}

/* What was rendered in auto mode is the client's; the rest goes back. */
static void unsubscribe(struct stomp_session *session, const struct stomp_frame *frame,
                        struct stomp_subscription *s)
{
    struct engine_consumer *consumer = s->consumer;
    const bool is_auto = s->ack_mode == ACK_AUTO;
    const uint64_t auto_tag = s->auto_tag;

    if (is_auto && auto_tag > 0)
        engine_acknowledge(consumer, ACKNOWLEDGE_CONSUMED, 0, auto_tag, NULL, 0);
    s->is_dead = true; /* the acknowledgement may have brought more: not to be rendered */
    if (is_auto && s->auto_tag > auto_tag)
        engine_acknowledge(consumer, ACKNOWLEDGE_CONSUMED, 0, s->auto_tag, NULL, 0);
    engine_unsubscribe(consumer, is_auto ? 0 : UINT64_MAX,
                       receipt_open(session, frame, RECEIPT_PLAIN, NULL));
    stomp_subscription_destroy(s);
}

static struct slice durable_name_of(const struct stomp_frame *frame)
{
    for (unsigned i = 0; i < frame->header_count; i++)
        if (slice_is(frame->headers[i].name, "activemq.subscriptionName") ||
            slice_is(frame->headers[i].name, "activemq.subcriptionName"))
            return frame->headers[i].value;
    return stomp_frame_header(frame, STOMP_HEADER_DURABLE_NAME);
}

static struct stomp_subscription *find(struct stomp_session *session,
                                       const struct stomp_frame *frame)
{
    const struct slice id = stomp_frame_header(frame, STOMP_HEADER_ID);
    struct destination_name destination;

    if (slice_is_present(id))
        return stomp_subscription_find(session, id);
    if (stomp_destination_read(&session->naming,
                               stomp_frame_header(frame, STOMP_HEADER_DESTINATION), true,
                               &session->worker->destination, &destination) != 0)
        return NULL;
    return stomp_subscription_find_by_destination(session, destination);
}

void session_on_unsubscribe(struct stomp_session *session, const struct stomp_frame *frame)
{
    const struct slice durable = durable_name_of(frame);
    struct stomp_subscription *s;

    if (session->version != STOMP_1_0 && !frame->known[STOMP_HEADER_ID]) {
        session_refuse(session, frame, "UNSUBSCRIBE received without a subscription id!");
        return;
    }
    if (slice_is_present(durable)) {
        engine_remove_durable(session->client, durable,
                              receipt_open(session, frame, RECEIPT_PLAIN, NULL));
        return;
    }
    if (!frame->known[STOMP_HEADER_ID] && !frame->known[STOMP_HEADER_DESTINATION]) {
        session_refuse(session, frame,
                       "Must specify the subscriptionId or the destination you "
                       "are unsubscribing from");
        return;
    }
    s = find(session, frame);
    if (!s || !s->consumer)
        session_refuse(session, frame, "No subscription matched.");
    else
        unsubscribe(session, frame, s);
}
