/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client_id.c - client ids are unique in the broker: each is claimed on the shard it hashes to.
 */
#include <stdlib.h>

#include "client.h"
#include "operation.h"

struct client_id {
    uint64_t hash, client;
    char *remote_address;
    char id[];
};

struct client_id_request {
    uint64_t client;
    bool steal;
    char *remote_address;
    char id[];
};

static uint64_t hash_text(const char *id)
{
    return slice_hash(slice_of_text(id), 0x636c69656e74);
}

static uint64_t hash_of(const void *object)
{
    return ((const struct client_id *)object)->hash;
}

static bool matches(const void *object, const void *key)
{
    return strcmp(((const struct client_id *)object)->id, key) == 0;
}

int client_ids_init(struct engine *engine)
{
    return table_init(&engine->client_ids, hash_of, matches, 64);
}

static void destroy(struct engine *engine, struct client_id *claim)
{
    table_remove(&engine->client_ids, claim);
    free(claim->remote_address);
    free(claim);
}

static void disconnect(struct engine *engine, uint64_t client)
{
    struct engine_mail mail = {.kind = MAIL_DISCONNECT, .id = client};

    if (serial_shard(client) == engine->index) {
        client_disconnect(engine, client, "its client id was taken over");
    } else {
        mail.pointer = strdup("its client id was taken over");
        engine_mail_to(engine, serial_shard(client), &mail);
    }
}

static void refuse(struct engine *engine, const struct client_id *claim,
                   const struct reply_address *reply)
{
    struct text_error why;

    text_error_set(&why, "Broker: %s - Client: %s already connected from %s",
                   engine->config->broker_name, claim->id, claim->remote_address);
    engine_answer(engine, reply, ENGINE_CLIENT_ID_IN_USE, why.text);
}

static void claim_here(struct engine *engine, const struct client_id_request *request,
                       const struct reply_address *reply)
{
    uint64_t hash = hash_text(request->id);
    struct client_id *claim = table_find(&engine->client_ids, hash, request->id);
    size_t len = strlen(request->id) + 1;

    if (claim && !request->steal) {
        refuse(engine, claim, reply);
        return;
    }
    if (claim) {
        disconnect(engine, claim->client);
        claim->client = request->client;
        engine_answer(engine, reply, ENGINE_OK, "");
        return;
    }
    claim = malloc(sizeof *claim + len);
    if (claim) {
        *claim = (struct client_id){.hash = hash,
                                    .client = request->client,
                                    .remote_address = strdup(request->remote_address)};
        memcpy(claim->id, request->id, len);
        if (claim->remote_address && table_add(&engine->client_ids, claim) == 0) {
            engine_answer(engine, reply, ENGINE_OK, "");
            return;
        }
        free(claim->remote_address);
        free(claim);
    }
    engine_answer(engine, reply, ENGINE_NO_MEMORY, "the broker is out of memory");
}

static void release_here(struct engine *engine, const struct client_id_request *request)
{
    struct client_id *claim = table_find(&engine->client_ids, hash_text(request->id), request->id);

    if (claim && claim->client == request->client) /* else somebody has taken it over */
        destroy(engine, claim);
}

void client_id_receive(struct engine *engine, const struct engine_mail *mail)
{
    struct client_id_request *request = mail->pointer;

    if (mail->flags & MAIL_ADD)
        claim_here(engine, request, &mail->reply);
    else
        release_here(engine, request);
    free(request->remote_address);
    free(request);
}

static void tell(struct engine_client *client, bool claim, bool steal, struct reply_address reply)
{
    struct engine *engine = client->engine;
    size_t len = strlen(client->client_id) + 1;
    struct client_id_request *request = malloc(sizeof *request + len);
    uint16_t shard = engine_home_of(engine, hash_text(client->client_id));
    struct engine_mail mail = {
        .kind = MAIL_CLIENT_ID, .flags = claim ? MAIL_ADD : 0, .reply = reply, .pointer = request};

    if (!request) {
        engine_answer(engine, &reply, ENGINE_NO_MEMORY, "the broker is out of memory");
        return;
    }
    *request = (struct client_id_request){
        .client = client->serial, .steal = steal, .remote_address = strdup(client->remote_address)};
    memcpy(request->id, client->client_id, len);
    if (shard == engine->index)
        client_id_receive(engine, &mail);
    else
        engine_mail_to(engine, shard, &mail);
}

void client_id_claim(struct engine_client *client, bool steal, struct operation *operation)
{
    client->claimed = true;
    operation->opens_client = true;
    tell(client, true, steal, operation_expect(operation));
}

void client_id_release(struct engine_client *client)
{
    if (client->claimed)
        tell(client, false, false, (struct reply_address){0, 0});
}

static void fini_one(void *arg, void *object)
{
    destroy(arg, object);
}

void client_ids_fini(struct engine *engine)
{
    table_each(&engine->client_ids, fini_one, engine);
    table_fini(&engine->client_ids);
}
