/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which exception of Java's a client is told of. Clients act by the class: the list of what may be
 * sent is closed, and nothing that came from a peer is ever sent as a class name.
 */
#include "openwire_internal.h"
#include <stdarg.h>
#include <stdio.h>

static const char *class_of(enum engine_error error)
{
    switch (error) {
    case ENGINE_NOT_AUTHORIZED:
        return "java.lang.SecurityException";
    case ENGINE_NO_SUCH_DESTINATION:
        return "org.apache.activemq.DestinationDoesNotExistException";
    case ENGINE_BAD_DESTINATION:
    case ENGINE_NO_SUCH_SUBSCRIPTION:
        return "javax.jms.InvalidDestinationException";
    case ENGINE_BAD_SELECTOR:
        return "javax.jms.InvalidSelectorException";
    case ENGINE_BAD_SCHEDULE:
        return "javax.jms.MessageFormatException";
    case ENGINE_CLIENT_ID_IN_USE:
        return "javax.jms.InvalidClientIDException";
    case ENGINE_NO_RESOURCES:
    case ENGINE_NO_MEMORY:
        return "javax.jms.ResourceAllocationException";
    case ENGINE_ROLLED_BACK:
        return "javax.jms.TransactionRolledBackException";
    case ENGINE_NO_SUCH_TRANSACTION:
        return "javax.transaction.xa.XAException";
    case ENGINE_OK:
    case ENGINE_DURABLE_IN_USE:
    case ENGINE_IN_USE:
    case ENGINE_UNSUPPORTED:
        break;
    }
    return "javax.jms.JMSException";
}

/* Clients read XA's error code from the end of the text, and nowhere else. */
static const char *xa_code(enum engine_error error, const char *text)
{
    return error == ENGINE_NO_SUCH_TRANSACTION && !strstr(text, "xaErrorCode:")
               ? " xaErrorCode:-4" /* XAER_NOTA */
               : "";
}

void failure_of(enum engine_error error, const char *text, struct failure *out)
{
    if (!text || !*text) /* ActiveMQ's readers of old versions want one */
        text = "The broker has refused it";
    failure_set(out, class_of(error), "%s%s", text, xa_code(error, text));
}

void failure_set(struct failure *failure, const char *class_name, const char *fmt, ...)
{
    va_list args;

    *failure = (struct failure){.class_name = class_name};
    va_start(args, fmt);
    vsnprintf(failure->text.text, sizeof failure->text.text, fmt, args);
    va_end(args);
}
