/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JMS_UNPACK_H
#define JMS_UNPACK_H
/*
 * unpack.h - bodies that an OpenWire client has compressed, as the engine keeps those that are not:
 * for protocols that cannot pass them on as they are.
 *
 * Threads    any. Ownership: what comes out lives in `scratch` until its next use.
 */
#include "base/text.h"
#include "engine/message.h"

struct unpack_scratch {
    struct text inflated, converted;
};

struct unpacked {
    struct slice body; /* absent: null */
    uint16_t count;    /* entries of a map */
};

/* Of a message that is compressed: text, bytes or a map; bodies of other kinds stay absent.
 * -EBADMSG: damaged; -EFBIG: more than `len_max` bytes; -ENOMEM. */
int body_unpack(const struct message *message, size_t len_max, struct unpack_scratch *scratch,
                struct unpacked *out) MUST_CHECK;
#endif
