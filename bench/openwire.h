/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_OPENWIRE_H
#define BENCH_OPENWIRE_H
/*
 * openwire.h - one OpenWire connection of the load generator: what has been agreed upon, its ids,
 * and the blocking calls that set it up. openwire_send.h and openwire_receive.h do the rest.
 *
 * Threads    belongs to the thread of its client. Ownership: the client's, which frees it.
 */
#include "client.h"
#include "openwire/codec.h"

/* The number of a goodbye: no message has it, for theirs are numbered below. */
#define OPENWIRE_GOODBYE     INT32_MAX
#define OPENWIRE_NUMBER_MASK UINT32_C(0x3fffffff)

struct openwire {
    struct ow_reader *reader;
    struct ow_writer *writer;
    struct ow_format format;
    char connection_text[64];
    struct ow_connection_id connection_id;
    struct ow_session_id session_id;
    struct ow_producer_id producer_id;
    struct ow_consumer_id consumer_id;
    struct ow_destination destination; /* of the consumer */
    char destination_text[1024];
    int32_t command_id; /* of the last request */
    struct openwire_receiver *receiver;
};

/* On a connected socket: agrees on a format and opens connection and session. Errors as of
 * client_open. */
int openwire_open(struct client *client, const struct options *options,
                  struct text_error *why) MUST_CHECK;
int openwire_subscribe(struct client *client, const struct options *options, const char *name,
                       struct text_error *why) MUST_CHECK;
int openwire_announce(struct client *client, struct text_error *why) MUST_CHECK; /* a producer */
/* Waits until the broker has read everything that was sent. */
void openwire_leave(struct client *client);
void openwire_destroy(struct openwire *openwire); /* NULL is allowed */

/* Appends the command to the client's output. */
int openwire_put(struct client *client, const struct ow_object *object) MUST_CHECK;
/* Its bytes, in one piece behind what `out` holds. */
int openwire_render(struct openwire *openwire, const struct ow_object *object,
                    struct text *out) MUST_CHECK;
/* The length of the next frame, its size field included; 0: not known yet. */
size_t openwire_frame_len(struct slice in);
/* The type of a frame that begins here; OW_NULL: not known yet. */
enum ow_type openwire_frame_type(struct slice in);
/* True: it is an ExceptionResponse or a ConnectionError; `why` tells. */
bool openwire_is_error(const struct ow_object *object, struct text_error *why);
/* The goodbye of a connection; its answer says that all before it has been read. */
int openwire_put_goodbye(struct client *client) MUST_CHECK;
#endif
