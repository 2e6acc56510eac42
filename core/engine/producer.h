/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_PRODUCER_H
#define ENGINE_PRODUCER_H
/*
 * producer.h - producers that clients announce. The client holds one, and the home of each of its
 * destinations notes it, for advisories and so that a destination in use is not purged.
 *
 * Threads    the engine's own (shard.h).
 */
#include "client.h"
#include "destination.h"

/* At the home: one producer of one destination. */
struct home_producer {
    struct list_node node; /* destination->producers */
    struct destination *destination;
    uint64_t serial; /* of the producer */
    int32_t window_size;
    char id[];
};

void producers_close(struct engine_client *client); /* all it has */

/* At the home. */
void producer_receive(struct engine *engine, const struct destination_request *request,
                      const struct reply_address *reply);
void producers_forget(struct engine *engine, struct destination *destination);
int producer_table_init(struct engine *engine) MUST_CHECK;
void producer_table_fini(struct engine *engine);
#endif
