/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/advisory.h"

const struct message *advisory_subject(const struct message *advisory, struct text *scratch)
{
    const struct slice body = message_part(advisory, MESSAGE_BODY);
    const struct message *subject;

    if (advisory->advisory != ADVISORY_MESSAGE || body.len < sizeof *subject)
        return NULL;
    scratch->len = 0;
    text_add(scratch, body); /* a copy, because a message must be aligned */
    if (text_failed(scratch))
        return NULL;
    subject = (const struct message *)(const void *)scratch->bytes;
    return subject->len == body.len ? subject : NULL;
}
