/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_STOMP_CLIENT_H
#define CLI_STOMP_CLIENT_H
/*
 * stomp_client.h - a small STOMP 1.2 client with blocking calls.
 *
 * Threads    a client belongs to one thread.
 * Ownership  open gives the client to the caller, close frees it. A received frame belongs to
 *            the client and lives until the next call.
 * Limits     frames up to STOMP_CLIENT_FRAME_MAX bytes, STOMP_CLIENT_HEADERS_MAX headers.
 */
#include "base/compiler.h"
#include "base/text.h"

enum { STOMP_CLIENT_FRAME_MAX = 1 << 28, STOMP_CLIENT_HEADERS_MAX = 1000 };

struct stomp_client;

struct stomp_client_login {
    const char *host, *port;
    const char *user, *password, *client_id; /* NULL: none */
};

struct stomp_client_header {
    struct slice name, value; /* unescaped */
};

struct stomp_client_frame {
    struct slice command;
    const struct stomp_client_header *headers;
    size_t header_count;
    struct slice body;
};

/* All return 0 or -errno and then explain in `why`: -EPROTO after an ERROR from the broker (its
 * message) or bytes that are no STOMP, -ETIMEDOUT when the time is over, else no connection. */
int stomp_client_open(const struct stomp_client_login *login, struct stomp_client **out,
                      struct text_error *why) MUST_CHECK;
void stomp_client_close(struct stomp_client *client); /* NULL is allowed */

int stomp_client_write(struct stomp_client *client, const struct text *frame,
                       struct text_error *why) MUST_CHECK;
/* The next frame; timeout_ms < 0 waits for ever. An ERROR frame is -EPROTO. */
int stomp_client_read(struct stomp_client *client, int64_t timeout_ms,
                      struct stomp_client_frame *frame, struct text_error *why) MUST_CHECK;
/* Waits for the receipt `id` and drops all other frames before it. */
int stomp_client_await_receipt(struct stomp_client *client, const char *id,
                               struct text_error *why) MUST_CHECK;
/* Says good-bye and waits until the broker has read all that was written. */
int stomp_client_disconnect(struct stomp_client *client, struct text_error *why) MUST_CHECK;

/* The first value of a header, absent when there is none. */
struct slice stomp_client_header(const struct stomp_client_frame *frame, const char *name);

/* Writing frames: begin, headers, end. */
void stomp_frame_begin(struct text *text, const char *command);
void stomp_frame_header(struct text *text, struct slice name, struct slice value);
void stomp_frame_end(struct text *text, struct slice body);

/* Appends "queue://x" as "/queue/x", likewise topic and the temporary ones; others unchanged. */
void stomp_destination(struct text *text, const char *name);
#endif
