/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Length first: it tells nearly all names apart, and the comparison that is left has a constant
 * length, which the compiler turns into one or two loads.
 */
#include "stomp_header.h"

#define IS(literal, id) \
    if (memcmp(name.bytes, literal, sizeof(literal) - 1) == 0) \
    return STOMP_HEADER_##id

static enum stomp_header_id find_short(struct slice name)
{
    switch (name.len) {
    case 2:
        IS("id", ID);
        break;
    case 3:
        IS("ack", ACK);
        break;
    case 4:
        IS("type", TYPE);
        break;
    case 5:
        IS("login", LOGIN);
        break;
    case 7:
        IS("receipt", RECEIPT);
        IS("expires", EXPIRES);
        IS("browser", BROWSER);
        break;
    case 8:
        IS("reply-to", REPLY_TO);
        IS("priority", PRIORITY);
        IS("selector", SELECTOR);
        IS("passcode", PASSCODE);
        break;
    case 9:
        IS("timestamp", TIMESTAMP);
        IS("client-id", CLIENT_ID);
        break;
    case 10:
        IS("message-id", MESSAGE_ID);
        IS("persistent", PERSISTENT);
        IS("heart-beat", HEART_BEAT);
        IS("request-id", REQUEST_ID);
        IS("JMSXUserID", USER_ID);
        break;
    default:
        break;
    }
    return STOMP_HEADER_OTHER;
}

static enum stomp_header_id find_long(struct slice name)
{
    switch (name.len) {
    case 11:
        IS("destination", DESTINATION);
        IS("transaction", TRANSACTION);
        IS("redelivered", REDELIVERED);
        IS("JMSXGroupID", GROUP_ID);
        break;
    case 12:
        IS("subscription", SUBSCRIPTION);
        IS("amq-msg-type", AMQ_MSG_TYPE);
        IS("JMSXGroupSeq", GROUP_SEQ);
        break;
    case 14:
        IS("content-length", CONTENT_LENGTH);
        IS("correlation-id", CORRELATION_ID);
        IS("accept-version", ACCEPT_VERSION);
        IS("transformation", TRANSFORMATION);
        break;
    case 17:
        IS("JMSXDeliveryCount", DELIVERY_COUNT);
        break;
    case 19:
        IS("AMQ_SCHEDULED_DELAY", SCHEDULED_DELAY);
        break;
    case 20:
        IS("original-destination", ORIGINAL_DESTINATION);
        IS("transformation-error", TRANSFORMATION_ERROR);
        IS("AMQ_SCHEDULED_PERIOD", SCHEDULED_PERIOD);
        IS("AMQ_SCHEDULED_REPEAT", SCHEDULED_REPEAT);
        break;
    case 25:
        IS("durable-subscription-name", DURABLE_NAME);
        break;
    default:
        break;
    }
    return STOMP_HEADER_OTHER;
}

enum stomp_header_id stomp_header_find(struct slice name)
{
    return name.len <= 10 ? find_short(name) : find_long(name);
}
