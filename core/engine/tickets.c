/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tickets.c - answers that are owed: a persistent message has been accepted, and its sender hears
 * so when the store has made it durable.
 */
#include <errno.h>
#include <stdlib.h>

#include "destination.h"
#include "operation.h"

struct ticket {
    uint64_t id;
    struct reply_address reply;
};

static uint64_t hash_of(const void *object)
{
    return serial_hash(((const struct ticket *)object)->id);
}

static bool matches(const void *object, const void *key)
{
    return ((const struct ticket *)object)->id == *(const uint64_t *)key;
}

int tickets_init(struct engine *engine)
{
    return table_init(&engine->tickets, hash_of, matches, 16);
}

uint64_t ticket_create(struct engine *engine, const struct reply_address *reply)
{
    struct ticket *ticket = malloc(sizeof *ticket);

    if (!ticket)
        return 0;
    *ticket = (struct ticket){++engine->ticket_count, *reply};
    if (table_add(&engine->tickets, ticket) == 0)
        return ticket->id;
    free(ticket);
    return 0;
}

void engine_store_done(struct engine *engine, uint64_t id, int error)
{
    struct ticket *ticket = table_find(&engine->tickets, serial_hash(id), &id);
    struct reply_address reply;

    if (!ticket)
        return;
    reply = ticket->reply;
    table_remove(&engine->tickets, ticket);
    free(ticket);
    engine_answer(engine, &reply, error ? ENGINE_NO_RESOURCES : ENGINE_OK,
                  error ? "the message could not be made durable" : "");
}

static void drop(void *arg, void *object)
{
    struct engine *engine = arg;

    table_remove(&engine->tickets, object);
    free(object);
}

void tickets_fini(struct engine *engine)
{
    table_each(&engine->tickets, drop, engine);
    table_fini(&engine->tickets);
}
