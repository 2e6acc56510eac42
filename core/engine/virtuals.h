/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_VIRTUALS_H
#define ENGINE_VIRTUALS_H
/*
 * virtuals.h - virtual destinations: virtual topics, composite queues and topics, mirrored
 * queues, and destinations that clients write as a comma list. A send to one is expanded on the
 * sender's shard into sends to plain destinations.
 *
 * Which queues take copies of a virtual topic is known on every shard: a queue tells all of them
 * when it comes and when it goes.
 *
 * Threads    the engine's own (shard.h).
 */
#include "client.h"
#include "destination.h"

struct virtual_target {
    struct destination_name name;
    bool is_copy;        /* another destination than the one the client named: a derived message */
    bool selector_aware; /* its owner drops it unless virtual_is_wanted (MAIL_SELECTIVE) */
};
typedef void virtual_target_fn(void *arg, const struct virtual_target *target);

/* Does a send to this name concern any virtual destination, or hold a comma? */
bool virtual_concerns(const struct engine *engine, struct destination_name name);
/* Calls back once for each plain destination that gets the message. */
void virtual_expand(struct engine *engine, const struct message *message, virtual_target_fn *target,
                    void *arg);
/* The copy of a message for another destination: original-destination is set. NULL: no memory. */
struct message *virtual_copy(const struct message *message, struct destination_name to) MUST_CHECK;
/* At a queue's owner: would a consumer that is here now select it? */
bool virtual_is_wanted(const struct destination *queue, const struct message *message);
/* At a queue's owner: tells all shards, if the queue is fed by a virtual topic. */
void virtual_queue_changed(struct engine *engine, const struct destination *queue, bool created);
void virtual_receive_bind(struct engine *engine, const struct engine_mail *mail);
int virtuals_init(struct engine *engine) MUST_CHECK;
void virtuals_fini(struct engine *engine);

/* Splits "A,topic://B": true while there is a part, which is taken off `rest`. A part without
 * prefix has the kind given. */
bool composite_next(struct slice *rest, enum destination_kind kind, struct destination_name *part);
/* The same for any name, with `rest` its bytes at first: without a comma it is its only part. */
bool destination_next(struct slice *rest, struct destination_name whole,
                      struct destination_name *part);
#endif
