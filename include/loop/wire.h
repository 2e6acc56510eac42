/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LOOP_WIRE_H
#define LOOP_WIRE_H
/*
 * wire.h - what a protocol's session wants from the connection it is on, whatever carries it.
 *
 * Threads    the session's. All functions may be called while the session is handed bytes, and
 *            from engine callbacks; none of them calls the session.
 */
#include "loop/output.h"

struct wire {
    struct output *output;          /* where frames go; sent at the end of the turn */
    uint64_t (*written)(void *arg); /* bytes written to `output` since the start */
    void (*pause)(void *arg);       /* stop reading */
    void (*resume)(void *arg);
    void (*close)(void *arg); /* send what is written, then close */
    void *arg;
};
#endif
