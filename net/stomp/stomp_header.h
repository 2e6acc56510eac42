/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STOMP_HEADER_H
#define STOMP_HEADER_H
/*
 * stomp_header.h - the header names that mean something to us, as numbers.
 *
 * Threads    pure, any thread.
 */
#include "base/slice.h"

#define STOMP_HEADERS(X) \
    X(ACCEPT_VERSION, "accept-version") \
    X(ACK, "ack") \
    X(AMQ_MSG_TYPE, "amq-msg-type") \
    X(BROWSER, "browser") \
    X(CLIENT_ID, "client-id") \
    X(CONTENT_LENGTH, "content-length") \
    X(CORRELATION_ID, "correlation-id") \
    X(DELIVERY_COUNT, "JMSXDeliveryCount") \
    X(DESTINATION, "destination") \
    X(DURABLE_NAME, "durable-subscription-name") \
    X(EXPIRES, "expires") \
    X(GROUP_ID, "JMSXGroupID") \
    X(GROUP_SEQ, "JMSXGroupSeq") \
    X(HEART_BEAT, "heart-beat") \
    X(ID, "id") \
    X(LOGIN, "login") \
    X(MESSAGE_ID, "message-id") \
    X(ORIGINAL_DESTINATION, "original-destination") \
    X(PASSCODE, "passcode") \
    X(PERSISTENT, "persistent") \
    X(PRIORITY, "priority") \
    X(RECEIPT, "receipt") \
    X(REDELIVERED, "redelivered") \
    X(REPLY_TO, "reply-to") \
    X(REQUEST_ID, "request-id") \
    X(SCHEDULED_DELAY, "AMQ_SCHEDULED_DELAY") \
    X(SCHEDULED_PERIOD, "AMQ_SCHEDULED_PERIOD") \
    X(SCHEDULED_REPEAT, "AMQ_SCHEDULED_REPEAT") \
    X(SELECTOR, "selector") \
    X(SUBSCRIPTION, "subscription") \
    X(TIMESTAMP, "timestamp") \
    X(TRANSACTION, "transaction") \
    X(TRANSFORMATION, "transformation") \
    X(TRANSFORMATION_ERROR, "transformation-error") \
    X(TYPE, "type") \
    X(USER_ID, "JMSXUserID")

enum stomp_header_id {
    STOMP_HEADER_OTHER,
#define X(id, name) STOMP_HEADER_##id,
    STOMP_HEADERS(X)
#undef X
        STOMP_HEADER_COUNT
};

/* STOMP_HEADER_OTHER when it is none of them. Names are case-sensitive. */
enum stomp_header_id stomp_header_find(struct slice name);
#endif
