/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol.h"
#include "openwire/openwire_session.h"
#include "stomp/stomp_session.h"
#include "worker.h"

static void *create_openwire(const struct worker *worker, const struct connector *connector,
                             const struct wire *wire, struct log_scope scope, const char *remote)
{
    return openwire_session_create(worker->openwire, &connector->openwire, wire, scope, remote);
}

static void destroy_openwire(void *session)
{
    openwire_session_destroy(session);
}

static size_t receive_openwire(void *session, struct slice bytes)
{
    return openwire_session_receive(session, bytes);
}

static void sent_openwire(void *session, uint64_t total)
{
    openwire_session_sent(session, total);
}

static void *create_stomp(const struct worker *worker, const struct connector *connector,
                          const struct wire *wire, struct log_scope scope, const char *remote)
{
    return stomp_session_create(worker->stomp, &connector->stomp, wire, scope, remote);
}

static void destroy_stomp(void *session)
{
    stomp_session_destroy(session);
}

static size_t receive_stomp(void *session, struct slice bytes)
{
    return stomp_session_receive(session, bytes);
}

static void sent_stomp(void *session, uint64_t total)
{
    stomp_session_sent(session, total);
}

const struct protocol protocols[PROTOCOL_COUNT] = {
    [PROTOCOL_OPENWIRE] = {"openwire", openwire_is_spoken, create_openwire, destroy_openwire,
                           receive_openwire, sent_openwire},
    [PROTOCOL_STOMP] = {"stomp", stomp_is_spoken, create_stomp, destroy_stomp, receive_stomp,
                        sent_stomp},
};
