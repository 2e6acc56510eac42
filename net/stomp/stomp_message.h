/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STOMP_MESSAGE_H
#define STOMP_MESSAGE_H
/*
 * stomp_message.h - the part of a MESSAGE frame that is the same for all who get the message:
 * its headers and the blank line. What is in front (subscription, ack, redelivered) and behind
 * (body, NUL) is the caller's.
 *
 * Threads    pure, any thread.
 */
#include "stomp_names.h"

/* The body as this subscriber shall see it. */
struct stomp_content {
    struct slice body;
    bool is_counted; /* goes with a content-length */
    bool has_failed; /* could not be transformed: `why` becomes a header */
    const char *why;
    struct slice transformation; /* what the subscriber asked for, or absent */
};

/* The most bytes stomp_message_put may write. */
size_t stomp_message_bound(const struct message *message);
uint8_t *stomp_message_put(uint8_t *at, const struct message *message,
                           const struct stomp_content *content, const struct stomp_naming *naming,
                           enum stomp_version version);
#endif
