/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPENWIRE_FANOUT_H
#define OPENWIRE_FANOUT_H
/*
 * openwire_fanout.h - a message on its way to many subscribers of a topic, written once for all of
 * them: in the loose form without cache nothing in it differs from one to the other, as long as
 * nobody has to tell his deliveries apart by their brokerSequenceId.
 *
 * Threads    belongs to the worker's thread.
 * Ownership  keeps the last such message (one reference) and its bytes.
 * Limits     messages of up to FANOUT_BYTES_MAX; longer ones are written each time.
 */
#include "base/text.h"
#include "openwire/codec.h"
#include "openwire/commands.h"

enum { FANOUT_BYTES_MAX = 65536 };

struct message;
struct openwire_session;

struct fanout {
    const struct message *last; /* came last; only compared, never followed */
    struct message *message;    /* one reference; what follows is of it. NULL: nothing */
    uint8_t version;
    struct text bytes, name;
    struct ow_written written;
    struct ow_destination destination;
};
void fanout_init(struct fanout *fanout);
void fanout_fini(struct fanout *fanout);
/* NULL: it is to be written for this session alone. The second time it comes it is written for
 * all, since most messages come once. */
const struct fanout *fanout_of(struct openwire_session *session, struct message *message);
#endif
