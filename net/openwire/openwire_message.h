/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPENWIRE_MESSAGE_H
#define OPENWIRE_MESSAGE_H
/*
 * openwire_message.h - what both directions of messages share: scratch, and texts in other forms.
 *
 * Threads    belongs to the worker's thread.
 */
#include "openwire_internal.h"

/* A row of these, such as worker->scratch. What a conversion puts there lives until the next. */
enum message_scratch {
    SCRATCH_TEXTS,      /* names and other header texts */
    SCRATCH_PROPERTIES, /* entries, or a primitive map */
    SCRATCH_BODY,       /* content, or a body */
    SCRATCH_PIECE,      /* one text on its way */
    SCRATCH_COUNT,
};
static_assert(SCRATCH_COUNT == ARRAY_LEN(((struct openwire_worker *)0)->scratch), "one for each");

/* Empties it, and gives back what one large message has made of it. */
void scratch_reset(struct text *scratch);

/* utf8_of_modified or modified_of_utf8 */
typedef struct slice text_conversion_fn(struct slice text, struct text *scratch);
/* Converts each of them in place; absent ones are skipped. False: no memory. */
bool texts_convert(struct text *scratch, text_conversion_fn *convert, struct slice *const *texts,
                   size_t count) MUST_CHECK;

enum { TEXT_LEN_BYTES = 4 }; /* in front of a text body */

/* The names of a blob message's entries (BODY_BLOB of engine/message.h). */
#define BLOB_URL     SLICE("url")
#define BLOB_TYPE    SLICE("mimeType")
#define BLOB_DELETED SLICE("deletedByBroker")

/* render_message with other scratch; now_ms: since 1970. */
int render_with(struct text *scratch, int64_t now_ms, const struct message *message,
                struct rendering *out) MUST_CHECK;
/* openwire_advisory.c: the data structure of a message that has one, into out->advisory. */
int advisory_render(struct text *scratch, int64_t now_ms, const struct message *message,
                    struct rendering *out) MUST_CHECK;
void advisory_destroy(struct rendered_advisory *advisory); /* NULL is allowed */
#endif
