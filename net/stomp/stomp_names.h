/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STOMP_NAMES_H
#define STOMP_NAMES_H
/*
 * stomp_names.h - destinations as STOMP headers write them ("/queue/A,/topic/B"), and back.
 *
 * Names below /temp-queue/ and /temp-topic/ are private to a connection: at first mention the
 * engine creates "<connection id>:<n>", which is what others see (/remote-temp-queue/ID:...).
 *
 * Threads    belongs to the session's thread.
 * Ownership  what is read points into the header or into `scratch`, which the next reading with
 *            the same scratch overwrites.
 * Limits     temps_max temporary destinations; names up to DESTINATION_NAME_MAX.
 */
#include "base/text.h"
#include "engine/engine.h"
#include "stomp_parser.h"

struct stomp_temps;

struct stomp_naming {
    struct engine_client *client;
    struct stomp_temps *temps; /* NULL until the first one */
    uint32_t temps_max;
    char separator; /* stands for the dot in names of queues and topics; 0: the dot itself */
};

void stomp_naming_fini(struct stomp_naming *naming);

/* Options behind '?' are dropped. A name without a known prefix is a queue's if `is_lenient`.
 * -EINVAL: no known prefix; -ENOENT: no name; -ENAMETOOLONG; -ENOSPC: too many temporary ones. */
int stomp_destination_read(struct stomp_naming *naming, struct slice header, bool is_lenient,
                           struct text *scratch, struct destination_name *out) MUST_CHECK;
bool stomp_destination_is_own(const struct stomp_naming *naming, struct destination_name name);

/* The most bytes stomp_destination_put may write. */
size_t stomp_destination_bound(struct slice name);
/* `naming` may be NULL: then temporary destinations are everybody's. */
uint8_t *stomp_destination_put(uint8_t *at, const struct stomp_naming *naming,
                               struct destination_name name, enum stomp_version version);
#endif
