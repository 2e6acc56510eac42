/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring.c - opens the ring, or says in an operator's words why this kernel will not do.
 */
#include "loop_private.h"
#include <errno.h>
#include <stdlib.h>

struct need {
    unsigned what;
    const char *name;
};

static const struct need operations[] = {
    {IORING_OP_ACCEPT, "IORING_OP_ACCEPT"},     {IORING_OP_RECV, "IORING_OP_RECV"},
    {IORING_OP_SEND, "IORING_OP_SEND"},         {IORING_OP_SENDMSG, "IORING_OP_SENDMSG"},
    {IORING_OP_POLL_ADD, "IORING_OP_POLL_ADD"}, {IORING_OP_ASYNC_CANCEL, "IORING_OP_ASYNC_CANCEL"},
    {IORING_OP_MSG_RING, "IORING_OP_MSG_RING"},
};

static const struct need features[] = {
    {IORING_FEAT_NODROP, "IORING_FEAT_NODROP"},
    {IORING_FEAT_SUBMIT_STABLE, "IORING_FEAT_SUBMIT_STABLE"},
    {IORING_FEAT_FAST_POLL, "IORING_FEAT_FAST_POLL"},
    {IORING_FEAT_EXT_ARG, "IORING_FEAT_EXT_ARG"},
    {IORING_FEAT_CQE_SKIP, "IORING_FEAT_CQE_SKIP"},
};

static const char *open_problem(int error)
{
    switch (error) {
    case -ENOSYS:
        return "this kernel has no io_uring, or a container's seccomp profile hides it";
    case -EPERM:
    case -EACCES:
        return "io_uring is forbidden here; see the sysctl kernel.io_uring_disabled and the "
               "seccomp profile of the container";
    case -EINVAL:
        return "this kernel's io_uring has no IORING_SETUP_SINGLE_ISSUER with "
               "IORING_SETUP_DEFER_TASKRUN; Linux 6.1 or later is needed";
    case -ENOMEM:
        return "no memory for io_uring, or the limit of locked memory (ulimit -l) is too low";
    case -EMFILE:
    case -ENFILE:
        return "no file descriptor left for io_uring (ulimit -n)";
    default:
        return "io_uring cannot be set up";
    }
}

static int refuse(const char *name, struct text_error *why)
{
    text_error_set(why, "this kernel has no %s; Linux 6.1 or later is needed", name);
    return -ENOSYS;
}

static int check_features(const struct io_uring *ring, struct text_error *why)
{
    for (size_t i = 0; i < ARRAY_LEN(features); i++) {
        if (!(ring->features & features[i].what))
            return refuse(features[i].name, why);
    }
    return 0;
}

static int check_operations(struct io_uring *ring, struct text_error *why)
{
    struct io_uring_probe *probe = io_uring_get_probe_ring(ring);
    int error = 0;

    if (!probe)
        return refuse("IORING_REGISTER_PROBE", why);
    for (size_t i = 0; i < ARRAY_LEN(operations) && error == 0; i++) {
        if (!io_uring_opcode_supported(probe, (int)operations[i].what))
            error = refuse(operations[i].name, why);
    }
    io_uring_free_probe(probe);
    return error;
}

int ring_open(const struct loop_options *options, struct io_uring *ring, struct text_error *why)
{
    struct io_uring_params params = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL |
                 IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP,
        /* Each buffer and each entry may complete in one turn; more waits in the kernel. */
        .cq_entries = 2 * (options->ring_entries + options->receive_buffers),
    };
    int error = io_uring_queue_init_params(options->ring_entries, ring, &params);

    if (error != 0) {
        text_error_set(why, "%s (%s)", open_problem(error), strerror(-error));
        return error;
    }
    error = check_features(ring, why);
    if (error == 0)
        error = check_operations(ring, why);
    if (error != 0) {
        io_uring_queue_exit(ring);
        return error;
    }
    /* Spares the look-up of the descriptor at each entry; without it all works as well. */
    (void)io_uring_register_ring_fd(ring);
    return 0;
}
