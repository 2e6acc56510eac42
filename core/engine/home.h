/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_HOME_H
#define ENGINE_HOME_H
/*
 * home.h - what the front half asks of the home half, on whatever shard that is.
 *
 * Each call runs at once when `shard` is this one, else travels as one mail. Answers go to the
 * reply address (operation.h).
 *
 * Threads    the engine's own (shard.h).
 */
#include "consumer.h"
#include "operation.h"
#include "shard.h"

/* What a consumer wants from one shard. Moves to the home, which frees it. */
struct subscribe_request {
    uint64_t consumer, client;
    uint64_t origin;                  /* of its connection's messages, for no_local */
    struct auth_principal *principal; /* a reference of its own */
    struct selector *selector;        /* compiled; moves along */
    char *client_id, *connection_id, *consumer_id, *durable_name, *selector_text;
    uint32_t prefetch;
    int32_t priority, pending_max;
    char *whole; /* the destination as the client named it, if it is a composite or a wildcard on
                  * queues: more parts of the consumer may be elsewhere. Else NULL */
    enum destination_kind whole_kind;
    bool announces; /* the part that makes advisories about the whole */
    bool browser, exclusive, retroactive, no_local, network;
    uint32_t name_count;
    struct subscribe_name {
        enum destination_kind kind;
        bool wildcard, may_create;
        bool joined; /* topics: the subscription takes part */
        char *name;
    } names[];
};

struct subscribe_request *subscribe_request_create(uint32_t name_count) MUST_CHECK;
void subscribe_request_destroy(struct subscribe_request *request);

/* What is to become of a destination, or of a producer there. */
enum destination_change {
    DESTINATION_CREATE,
    DESTINATION_REMOVE,
    PRODUCER_ADD,
    PRODUCER_REMOVE,
};

/* Texts are the caller's during the call; what travels is a copy. */
struct destination_request {
    enum destination_change change;
    struct destination_name name;
    bool may_create;
    bool owned;  /* a temporary one, which belongs to `client` */
    bool forced; /* removed though it has subscriptions */
    uint64_t client, producer;
    int32_t window_size;        /* the producer's */
    struct slice connection_id; /* who asks; absent: the broker */
    struct slice producer_id;
};

/* How many answers a subscribe brings: one for all queues, and for each topic name one of each
 * shard that had to learn of it. */
uint32_t subscribe_request_answers(const struct engine *engine,
                                   const struct subscribe_request *request);
/* Answers all of them with the same failure. */
void subscribe_request_refuse(struct engine *engine, const struct subscribe_request *request,
                              const struct reply_address *reply, enum engine_error error,
                              const char *text);

/* Takes over a reference of the message. */
void home_send(struct engine *engine, uint64_t name_hash, struct message *message,
               struct reply_address reply, uint8_t flags);
void home_subscribe(struct engine *engine, uint16_t shard, struct subscribe_request *request,
                    struct reply_address reply);
void home_unsubscribe(struct engine *engine, uint16_t shard, uint64_t consumer,
                      uint64_t delivered_tag, bool failed, struct reply_address reply);
void home_acknowledge(struct engine *engine, uint16_t shard, uint64_t consumer,
                      enum acknowledgement_kind kind, uint64_t first, uint64_t last,
                      struct reply_address reply);
/* The same for what a client gives up, with its reason; absent: none. */
void home_poison(struct engine *engine, uint16_t shard, uint64_t consumer, uint64_t first,
                 uint64_t last, struct slice cause, struct reply_address reply);
void home_destination(struct engine *engine, const struct destination_request *request,
                      struct reply_address reply);
/* Answers when all that this shard has sent to that one until now has arrived. */
void home_flush(struct engine *engine, uint16_t shard, struct reply_address reply);
void home_remove_durable(struct engine *engine, const char *client_id, struct slice name,
                         struct reply_address reply);
uint64_t durable_hash(struct slice client_id, struct slice name);

/* The same, arriving by mail. */
void home_receive_acknowledge(struct engine *engine, const struct engine_mail *mail);
void home_receive_poison(struct engine *engine, const struct engine_mail *mail);
void home_receive_destination(struct engine *engine, const struct engine_mail *mail);
void home_receive_remove_durable(struct engine *engine, const struct engine_mail *mail);
#endif
