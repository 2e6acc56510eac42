/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STOMP_TRANSFORM_H
#define STOMP_TRANSFORM_H
/*
 * stomp_transform.h - bodies that STOMP cannot carry as they are: maps and advisories, written
 * as the JSON or XML that ActiveMQ's transformations give, and maps read from it.
 *
 * Threads    pure, any thread.
 * Ownership  what is written goes into `scratch` and lives until its next use.
 * Limits     no DOCTYPE, no entity but the five of XML and character references; no nesting
 *            beyond what a map needs.
 */
#include "jms/unpack.h"
#include "stomp_message.h"

enum stomp_transformation {
    TRANSFORM_DEFAULT, /* none asked for, or a name nobody knows */
    TRANSFORM_MAP_JSON,
    TRANSFORM_MAP_XML,
    TRANSFORM_OBJECT_JSON,
    TRANSFORM_OBJECT_XML,
    TRANSFORM_JSON,
    TRANSFORM_XML,
    TRANSFORM_BYTE,
    TRANSFORM_ADVISORY_JSON,
    TRANSFORM_ADVISORY_XML,
};

enum stomp_transformation stomp_transformation_find(struct slice name);

enum { STOMP_INFLATED_MAX = 100 * 1024 * 1024 }; /* of a compressed body */

struct stomp_scratch {
    struct text body;
    struct unpack_scratch unpack;
};
void stomp_scratch_init(struct stomp_scratch *scratch);
void stomp_scratch_fini(struct stomp_scratch *scratch);

/* The body of a message for a subscriber who asked for `how`. What cannot be shown is empty, as in
 * ActiveMQ. -EBADMSG: it is compressed and damaged; -EFBIG: it inflates to more than the limit;
 * -ENOMEM. */
int stomp_content(const struct message *message, enum stomp_transformation how,
                  struct stomp_scratch *scratch, struct stomp_content *out) MUST_CHECK;

/* Reads a map body from text into encoded entries. -EINVAL: it is none; -ENOMEM. */
int stomp_map_read(enum stomp_transformation how, struct slice text, struct text *scratch,
                   uint16_t *count) MUST_CHECK;
#endif
