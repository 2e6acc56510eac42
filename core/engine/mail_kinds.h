/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_MAIL_KINDS_H
#define ENGINE_MAIL_KINDS_H
/*
 * mail_kinds.h - what shards say to each other. One mail is one cache line; pointers in it move
 * to the receiver with everything they own.
 *
 * Threads    the engine's own (shard.h).
 */
#include "base/exchange.h"
#include <assert.h>
#include <string.h>

enum engine_mail_kind {
    MAIL_NONE,
    MAIL_SEND,      /* message for a destination of yours */
    MAIL_DONE,      /* the answer to an operation of yours */
    MAIL_SUBSCRIBE, /* struct subscribe_request: a consumer of mine wants your destinations */
    MAIL_UNSUBSCRIBE,
    MAIL_DELIVER, /* message for a consumer of yours */
    MAIL_ACKNOWLEDGE,
    MAIL_POISON,       /* the same for what is given up; with the cause */
    MAIL_PULL,         /* one message for a consumer of mine (ADD), or its permit back (LAST) */
    MAIL_RETURN,       /* of what you have sent this was too much */
    MAIL_PREFETCH,     /* of a consumer of mine, from now on */
    MAIL_LOCK,         /* acknowledged inside a transaction (branch.h) */
    MAIL_END_BRANCH,   /* the transaction is committed or rolled back */
    MAIL_GATE,         /* what that was for a consumer of yours that has a gate */
    MAIL_CLAIM_XID,    /* struct xid_claim: a transaction of mine begins under it */
    MAIL_RELEASE_XID,  /* it has ended */
    MAIL_PREPARE,      /* struct engine_transaction: it is yours now */
    MAIL_END_PREPARED, /* char[]: commit or roll back the one of this xid */
    MAIL_RECOVER,      /* which ones have you? */
    MAIL_RECOVERED,    /* struct xids */
    MAIL_CONSUMER_END, /* the subscription behind a consumer of yours is gone */
    MAIL_PUBLISH,      /* message for your topic subscriptions */
    MAIL_OFFER,        /* message for one topic subscription of yours (recovery) */
    MAIL_TOPIC_FULL,   /* too much of your topic waits here, or no longer */
    MAIL_INTEREST,     /* I have (no longer) topic subscriptions that match this */
    MAIL_THROTTLE,     /* stop or resume reading from a client of yours */
    MAIL_CLIENT_GONE,  /* a client of mine: what it has waiting has nobody to tell */
    MAIL_DESTINATION,  /* struct destination_request */
    MAIL_CLAIM,        /* struct claim_request: of a client id that is yours to give */
    MAIL_LEAVING,      /* whoever has it has closed... */
    MAIL_RELEASE,      /* ...and what it had has gone back. struct kept, or NULL */
    MAIL_KEPT,         /* struct kept, for a client of yours */
    MAIL_FLUSH,        /* answer: what I sent before has arrived */
    MAIL_DISCONNECT,   /* close a client of yours */
    MAIL_REMOVE_DURABLE,
    MAIL_BIND, /* a queue fed by virtual topics came or went */
    MAIL_ADVISORY_INTEREST,
    MAIL_ADVISORY_COUNT, /* an advisory about a topic of yours: say how many consume from it */
    MAIL_REPLAY,         /* send the present state to an advisory subscription */
    MAIL_QUERY,          /* statistics */
    MAIL_QUERY_ANSWER,
    MAIL_SCHEDULE,         /* message for a destination of yours, later */
    MAIL_SCHEDULE_COMMAND, /* message with a command to the scheduler */
    MAIL_SCHEDULE_DONE,    /* it has been obeyed: behind what it sent to you */
    MAIL_KIND_COUNT,
};

/* Who waits for an answer: `operation` 0 means that only failure is told. */
struct reply_address {
    uint64_t client;    /* engine_client serial, 0: nobody */
    uint64_t operation; /* of the shard that the client is on */
};

struct engine_mail {
    uint8_t kind; /* enum engine_mail_kind */
    uint8_t flags;
    uint16_t reserved;
    uint32_t small;
    uint64_t id;
    uint64_t first, last;
    struct reply_address reply;
    void *pointer;
    union {
        void *pointer_b;
        uint64_t transaction; /* MAIL_LOCK, MAIL_END_BRANCH */
    };
};
static_assert(sizeof(struct engine_mail) == sizeof(struct mail), "a mail is one cache line");

enum { /* flags */
       MAIL_MAY_CREATE = 1,
       MAIL_GROUP_FIRST = 2, /* of a delivery */
       MAIL_GATED = 2,       /* of a lock: the consumer's gate waits for the end */
       MAIL_ADD = 4,         /* else: remove */
       MAIL_LAST = 8,        /* end of a browse, or of a pull (with its number) */
       MAIL_INTERNAL = 16,   /* sent by the broker itself */
       MAIL_RETROACTIVE = 32,
       MAIL_SELECTIVE = 64, /* a copy for whoever selects it now, else for nobody (virtuals.h) */
       MAIL_FAILED = 128,   /* of an unsubscribe: its subscribe has failed somewhere */
};
#endif
