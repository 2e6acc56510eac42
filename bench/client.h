/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H
/*
 * client.h - one connection of the load generator, STOMP or OpenWire: set up with blocking calls,
 * then non-blocking for a driver.
 *
 * Threads    belongs to one thread. Ownership: open fills storage of the caller, close frees
 *            what it holds; zeros with fd -1 are a closed one.
 * Limits     the handshake gives up after CLIENT_PATIENCE_SECONDS without an answer.
 */
#include "base/text.h"
#include "frame.h"
#include "options.h"

enum { CLIENT_PATIENCE_SECONDS = 30 };

struct openwire;

struct client {
    int fd;
    enum bench_protocol protocol;
    struct openwire *openwire; /* NULL: it speaks STOMP */
    struct frame_hint hint;
    struct text kept; /* bytes read that are not a whole frame yet */
    uint8_t *out;     /* bytes to send: out_at to out_len */
    size_t out_at, out_len, out_capacity;
    bool is_blocked; /* the socket takes no more: wait for EPOLLOUT */
};

/* Connects, and returns when the broker has let it in. -errno, -EPROTO when the broker refused;
 * `why` tells. */
int client_open(struct client *client, const struct options *options, enum bench_protocol protocol,
                struct text_error *why) MUST_CHECK;
/* Returns when the broker has confirmed the subscription. Messages that came already are kept.
 * `destination` is without kind: "bench.0". */
int client_subscribe(struct client *client, const struct options *options, const char *destination,
                     struct text_error *why) MUST_CHECK;
int client_set_nonblocking(struct client *client) MUST_CHECK;
/* Sends what is left, says good-bye and waits until the broker has read it all. */
void client_leave(struct client *client);
void client_close(struct client *client);

/* These block. Received bytes are appended to `kept`. */
int client_send_all(struct client *client, struct slice bytes, struct text_error *why) MUST_CHECK;
int client_receive_more(struct client *client, struct text_error *why) MUST_CHECK;

/* Room for `bytes` more behind out_len; -ENOMEM. */
int client_reserve(struct client *client, size_t bytes) MUST_CHECK;
/* Sends what it can; 0 also when blocked then, else -errno. */
int client_flush(struct client *client) MUST_CHECK;

static inline bool client_has_output(const struct client *client)
{
    return client->out_at < client->out_len;
}

/* Appends `value` as a header's value of this version must be written. */
void client_add_escaped(struct text *text, enum bench_protocol protocol, struct slice value);
/* "ERROR from the broker: ..." */
void client_explain_error(const struct frame *frame, struct text_error *why);
#endif
