/* SPDX-License-Identifier: Apache-2.0 */
/*
 * administer.c - destinations that clients create and remove by name, temporary ones among them.
 */
#include <errno.h>
#include <stdlib.h>

#include "client.h"
#include "destination.h"
#include "home.h"
#include "operation.h"
#include "virtuals.h"

static struct client_temp *find_temp(struct engine_client *client, struct destination_name name)
{
    LIST_FOR_EACH(node, &client->temps) {
        struct client_temp *temp = LIST_ENTRY(node, struct client_temp, node);

        if (destination_name_equal(temp->name, name))
            return temp;
    }
    return NULL;
}

static int note_temp(struct engine_client *client, struct destination_name name)
{
    struct client_temp *temp = malloc(sizeof *temp + name.name.len);

    if (!temp)
        return -ENOMEM;
    memcpy(temp + 1, name.name.bytes, name.name.len);
    temp->name = (struct destination_name){name.kind, slice_of(temp + 1, name.name.len)};
    list_append(&client->temps, &temp->node);
    client->temp_count++;
    return 0;
}

static void remove_temp(struct engine_client *client, struct client_temp *temp)
{
    struct destination_request request = {
        .change = DESTINATION_REMOVE, .name = temp->name, .owned = true, .client = client->serial};

    home_destination(client->engine, &request, (struct reply_address){0, 0});
    list_remove(&temp->node);
    client->temp_count--;
    free(temp);
}

void temps_remove(struct engine_client *client)
{
    LIST_FOR_EACH_SAFE(node, &client->temps)
        remove_temp(client, LIST_ENTRY(node, struct client_temp, node));
}

static bool may_administer(struct engine_client *client, struct destination_name name,
                           const char *what, uint64_t request)
{
    struct text_error text, why;

    if (auth_may(client->engine->realm, client->principal, AUTH_ADMIN,
                 (enum config_destination_kind)name.kind, name.name))
        return true;
    destination_text(name, &text);
    text_error_set(&why, "%s: %s", what, text.text);
    client_complete(client, request, ENGINE_NOT_AUTHORIZED, why.text);
    return false;
}

static bool may_make_temp(struct engine_client *client, struct destination_name name,
                          uint64_t request)
{
    if (!may_administer(client, name, "create", request))
        return false;
    if (client->temp_count >= client->engine->config->settings.connection_temps_max) {
        client_complete(client, request, ENGINE_NO_RESOURCES,
                        "this connection has too many temporary destinations already");
        return false;
    }
    return true;
}

void engine_create_temp(struct engine_client *client, struct destination_name name,
                        uint64_t request)
{
    struct destination_request wish = {.change = DESTINATION_CREATE,
                                       .name = name,
                                       .owned = true,
                                       .client = client->serial,
                                       .connection_id = slice_of_text(client->connection_id)};
    struct operation *operation;

    if (find_temp(client, name)) {
        client_complete(client, request, ENGINE_OK, "");
        return;
    }
    if (!may_make_temp(client, name, request))
        return;
    operation = operation_start(client, request);
    if (!operation)
        return;
    if (note_temp(client, name) != 0) {
        operation_finish(client->engine, operation, ENGINE_NO_MEMORY,
                         "the broker is out of memory");
        return;
    }
    home_destination(client->engine, &wish, operation_expect(operation));
    operation_finish(client->engine, operation, ENGINE_OK, "");
}

/* Asks the home of each part of a composite. */
static void change_destinations(struct engine_client *client, struct destination_request *request,
                                uint64_t answer_to)
{
    struct destination_name whole = request->name;
    struct slice rest = whole.name;
    struct operation *operation = operation_start(client, answer_to);

    if (!operation)
        return;
    while (destination_next(&rest, whole, &request->name))
        home_destination(client->engine, request, operation_expect(operation));
    operation_finish(client->engine, operation, ENGINE_OK, "");
}

void engine_create_destination(struct engine_client *client, struct destination_name name,
                               uint64_t request)
{
    struct destination_request wish = {.change = DESTINATION_CREATE,
                                       .name = name,
                                       .client = client->serial,
                                       .connection_id = slice_of_text(client->connection_id)};

    if (name.name.len == 0 || destination_kind_is_temp(name.kind)) {
        client_complete(client, request, ENGINE_BAD_DESTINATION,
                        "the destination is empty, or temporary");
        return;
    }
    /* One that exists already needs no right: homes refuse what is new. */
    wish.may_create = auth_may(client->engine->realm, client->principal, AUTH_ADMIN,
                               (enum config_destination_kind)name.kind, name.name);
    change_destinations(client, &wish, request);
}

void engine_remove_destination(struct engine_client *client, struct destination_name name,
                               bool forced, uint64_t request)
{
    struct client_temp *temp = find_temp(client, name);
    struct destination_request wish = {.change = DESTINATION_REMOVE,
                                       .name = name,
                                       .owned = temp != NULL,
                                       .forced = forced,
                                       .client = client->serial};

    if (!temp && !may_administer(client, name, "remove", request))
        return;
    if (temp) {
        list_remove(&temp->node);
        client->temp_count--;
    }
    change_destinations(client, &wish, request);
    free(temp);
}
