/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_ADVISORY_H
#define ENGINE_ADVISORY_H
/*
 * advisory.h - what a session needs to render the messages that the broker makes about itself
 * (topics ActiveMQ.Advisory.*).
 *
 * An advisory's body is not text: `message->advisory` says which of ActiveMQ's data structures it
 * stands for, and the body holds that structure's fields as encoded entries (message.h), by the
 * names that ActiveMQ's Java classes give them ("clientId", "consumerId", "destination", ...).
 * Destinations are strings such as "queue://A" (a composite: "queue://A,topic://B"); ids are
 * strings such as "ID:h-1-2:3:-1:1".
 *
 * What sessions render (INT fields may be of any integer type; what is missing is 0 or null):
 *   ConnectionInfo   connectionId, clientId, userName, clientIp, manageable, faultTolerant,
 *                    clientMaster, failoverReconnect
 *   ConsumerInfo     consumerId, destination, clientId, selector, subscriptionName, prefetchSize,
 *                    maximumPendingMessageLimit, priority, browser, exclusive, retroactive,
 *                    noLocal, dispatchAsync, networkSubscription
 *   ProducerInfo     producerId, destination, windowSize, dispatchAsync
 *   DestinationInfo  connectionId (none: the broker's own doing), destination,
 *                    operationType, timeout
 *   RemoveInfo       objectId, lastDeliveredSequenceId; the topic says what kind of id it is
 *   BrokerInfo       brokerId, brokerName, brokerURL
 *   RemoveSubscriptionInfo
 *                    connectionId, clientId, subscriptionName
 * An advisory for one subscriber only (the present state, told to a new one) has the consumer's id
 * as "targetConsumerId" on top, which is no field of the structure.
 */
#include "base/text.h"
#include "engine/message.h"

enum advisory_kind {
    ADVISORY_NONE, /* an ordinary message */
    ADVISORY_CONNECTION_INFO,
    ADVISORY_CONSUMER_INFO,
    ADVISORY_PRODUCER_INFO,
    ADVISORY_DESTINATION_INFO,
    ADVISORY_REMOVE_INFO,
    ADVISORY_BROKER_INFO,
    ADVISORY_REMOVE_SUBSCRIPTION_INFO,
    ADVISORY_PLAIN,   /* an advisory without a data structure, or a message nobody listened to */
    ADVISORY_MESSAGE, /* about a message: the body holds it, see advisory_subject */
};

/* The message that an ADVISORY_MESSAGE is about: without its body, unless the policy asks for that.
 * Lives in `scratch`, and like all of it until the next use. NULL: no memory, or damaged. */
const struct message *advisory_subject(const struct message *advisory, struct text *scratch);
#endif
