/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client_id.c - ids that one client at a time has: each is claimed on the shard it hashes to.
 *
 * A client that closes says so at once, and gives its ids back when everything it sent before has
 * arrived on all shards: its successor finds what it had back in the queues, and its temporary
 * destinations gone. Who takes an id over waits for that; the newest one is the one who gets it.
 */
#include <stdlib.h>

#include "client.h"
#include "home.h"
#include "operation.h"

enum {
    SUCCESSOR_WAITS_MS = 30 * 1000, /* a connection that is told to close does so sooner */
    KEPT_MS = 5 * 60 * 1000,
    KEPT_COUNT_MAX = 10000,
    KEPT_BYTES_MAX = 16 << 20,
};

struct claimant {
    uint64_t client; /* 0: nobody */
    char *connection_id, *remote_address;
    struct reply_address reply;
    bool wants_kept;
};

struct claim_request {
    enum claim_kind kind;
    bool steal;
    struct claimant claimant;
    char id[];
};

struct claim {
    struct engine *engine;
    uint64_t hash;
    enum claim_kind kind;
    struct claimant holder, successor;
    bool is_leaving;            /* the holder */
    struct kept *kept;          /* the one before it left them; until it has been open */
    struct list_node kept_node; /* engine->kept */
    struct timer kept_timer, wait_timer;
    char id[];
};

/* By the id, or by one who has or wants it. */
struct claim_key {
    enum claim_kind kind;
    const char *id;
    uint64_t client;
};

static uint64_t hash_id(enum claim_kind kind, const char *id)
{
    return slice_hash(slice_of_text(id), kind == CLAIM_CLIENT_ID ? 0x636c69656e74 : 0x636f6e6e);
}

static uint64_t hash_of(const void *object)
{
    return ((const struct claim *)object)->hash;
}

static bool matches(const void *object, const void *wanted)
{
    const struct claim *claim = object;
    const struct claim_key *key = wanted;

    if (claim->kind != key->kind)
        return false;
    if (key->id)
        return strcmp(claim->id, key->id) == 0;
    return claim->holder.client == key->client || claim->successor.client == key->client;
}

int client_ids_init(struct engine *engine)
{
    list_init(&engine->kept);
    return table_init(&engine->client_ids, hash_of, matches, 64);
}

static void claimant_fini(struct claimant *claimant)
{
    free(claimant->connection_id);
    free(claimant->remote_address);
    *claimant = (struct claimant){.client = 0};
}

/*
 * What connections leave behind.
 */
static void drop_kept(struct claim *claim)
{
    struct engine *engine = claim->engine;

    if (!claim->kept)
        return;
    wheel_cancel(&engine->wheel, &claim->kept_timer);
    list_remove(&claim->kept_node);
    engine->kept_count--;
    engine->kept_bytes -= claim->kept->len;
    free(claim->kept);
    claim->kept = NULL;
}

static void destroy_if_unused(struct claim *claim)
{
    struct engine *engine = claim->engine;

    if (claim->holder.client != 0 || claim->kept)
        return;
    assert(claim->successor.client == 0);
    table_remove(&engine->client_ids, claim);
    free(claim);
}

static void kept_too_long(struct timer *timer)
{
    struct claim *claim = CONTAINER_OF(timer, struct claim, kept_timer);

    drop_kept(claim);
    destroy_if_unused(claim);
}

static void keep(struct claim *claim, struct kept *kept)
{
    struct engine *engine = claim->engine;

    drop_kept(claim);
    if (!kept)
        return;
    claim->kept = kept;
    list_append(&engine->kept, &claim->kept_node);
    engine->kept_count++;
    engine->kept_bytes += kept->len;
    wheel_set(&engine->wheel, &claim->kept_timer, engine->wheel.now_ms + KEPT_MS);
}

static void limit_kept(struct engine *engine)
{
    while (engine->kept_count > KEPT_COUNT_MAX || engine->kept_bytes > KEPT_BYTES_MAX) {
        struct claim *oldest = LIST_ENTRY(engine->kept.next, struct claim, kept_node);

        drop_kept(oldest);
        destroy_if_unused(oldest);
    }
}

static struct kept *kept_copy(struct slice bytes)
{
    struct kept *kept =
        bytes.len > 0 && bytes.len <= KEPT_BYTES_MAX ? malloc(sizeof *kept + bytes.len) : NULL;

    if (kept) {
        kept->len = bytes.len;
        memcpy(kept->bytes, bytes.bytes, bytes.len);
    }
    return kept;
}

/* A copy: its holder may be gone before it arrives. */
static void hand_over(const struct claim *claim)
{
    struct engine *engine = claim->engine;
    struct engine_mail mail = {.kind = MAIL_KEPT, .id = claim->holder.client};

    mail.pointer = kept_copy(slice_of(claim->kept->bytes, claim->kept->len));
    if (!mail.pointer)
        return;
    if (serial_shard(mail.id) == engine->index)
        client_receive_kept(engine, &mail);
    else
        engine_mail_to(engine, serial_shard(mail.id), &mail);
}

/*
 * Who gets it.
 */
static void refuse(const struct claim *claim, const struct reply_address *reply)
{
    struct text_error why;

    text_error_set(&why, "Broker: %s - Client: %s already connected from %s",
                   claim->engine->config->broker_name, claim->id, claim->holder.remote_address);
    engine_answer(claim->engine, reply, ENGINE_CLIENT_ID_IN_USE, why.text);
}

static void grant(struct claim *claim, const struct claimant *claimant)
{
    claim->holder = *claimant;
    claim->is_leaving = false;
    if (claim->kept && claimant->wants_kept)
        hand_over(claim);
    engine_answer(claim->engine, &claimant->reply, ENGINE_OK, "");
}

static void drop_successor(struct claim *claim)
{
    wheel_cancel(&claim->engine->wheel, &claim->wait_timer);
    claimant_fini(&claim->successor);
}

static void refuse_successor(struct claim *claim)
{
    refuse(claim, &claim->successor.reply);
    drop_successor(claim);
}

static void waited_too_long(struct timer *timer)
{
    refuse_successor(CONTAINER_OF(timer, struct claim, wait_timer));
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

static struct claim *add_claim(struct engine *engine, uint64_t hash,
                               const struct claim_request *request)
{
    size_t len = strlen(request->id) + 1;
    struct claim *claim = malloc(sizeof *claim + len);

    if (!claim)
        return NULL;
    *claim = (struct claim){.engine = engine, .hash = hash, .kind = request->kind};
    list_init(&claim->kept_node);
    timer_init(&claim->kept_timer, kept_too_long);
    timer_init(&claim->wait_timer, waited_too_long);
    memcpy(claim->id, request->id, len);
    if (table_add(&engine->client_ids, claim) == 0)
        return claim;
    free(claim);
    return NULL;
}

static bool is_same_connection(const struct claimant *one, const struct claimant *other)
{
    return one->client != 0 && strcmp(one->connection_id, other->connection_id) == 0;
}

/* A client that comes back on another socket takes over from itself; so does every new connection
 * of the same connection id. What the holder is about to give back is for who asks first. */
static bool may_succeed(const struct claim *claim, const struct claim_request *request)
{
    if (request->steal || claim->kind == CLAIM_CONNECTION_ID ||
        is_same_connection(&claim->holder, &request->claimant) ||
        is_same_connection(&claim->successor, &request->claimant))
        return true;
    return claim->is_leaving && claim->successor.client == 0;
}

static void succeed(struct claim *claim, const struct claimant *claimant)
{
    struct engine *engine = claim->engine;

    if (claim->successor.client != 0)
        refuse_successor(claim);
    claim->successor = *claimant;
    wheel_set(&engine->wheel, &claim->wait_timer, engine->wheel.now_ms + SUCCESSOR_WAITS_MS);
    if (!claim->is_leaving)
        disconnect(engine, claim->holder.client);
}

static void claim_here(struct engine *engine, struct claim_request *request)
{
    uint64_t hash = hash_id(request->kind, request->id);
    struct claim *claim =
        table_find(&engine->client_ids, hash, &(struct claim_key){request->kind, request->id, 0});
    struct claimant *claimant = &request->claimant;

    if (!claim)
        claim = add_claim(engine, hash, request);
    if (!claim) {
        engine_answer(engine, &claimant->reply, ENGINE_NO_MEMORY, "the broker is out of memory");
        claimant_fini(claimant);
    } else if (claim->holder.client == 0) {
        grant(claim, claimant);
    } else if (may_succeed(claim, request)) {
        succeed(claim, claimant);
    } else {
        refuse(claim, &claimant->reply);
        claimant_fini(claimant);
    }
    free(request);
}

static struct claim *find_by_client(struct engine *engine, const struct engine_mail *mail)
{
    return table_find(&engine->client_ids, mail->id,
                      &(struct claim_key){(enum claim_kind)mail->small, NULL, mail->first});
}

void client_id_receive_claim(struct engine *engine, const struct engine_mail *mail)
{
    claim_here(engine, mail->pointer);
}

void client_id_receive_leaving(struct engine *engine, const struct engine_mail *mail)
{
    struct claim *claim = find_by_client(engine, mail);

    if (claim && claim->holder.client == mail->first)
        claim->is_leaving = true;
    else if (claim)
        refuse_successor(claim);
}

void client_id_receive_release(struct engine *engine, const struct engine_mail *mail)
{
    struct claim *claim = find_by_client(engine, mail);
    struct claimant successor;

    if (!claim) { /* it had been refused */
        free(mail->pointer);
        return;
    }
    assert(claim->holder.client == mail->first);
    claimant_fini(&claim->holder);
    if (mail->flags & MAIL_ADD) /* else it has not been told what was kept for it */
        keep(claim, mail->pointer);
    else
        free(mail->pointer);
    successor = claim->successor;
    if (successor.client != 0) {
        wheel_cancel(&engine->wheel, &claim->wait_timer);
        claim->successor = (struct claimant){.client = 0};
        grant(claim, &successor);
    } else {
        destroy_if_unused(claim);
    }
    limit_kept(engine);
}

/*
 * The client's side.
 */
static const char *id_of(const struct engine_client *client, enum claim_kind kind)
{
    return kind == CLAIM_CLIENT_ID ? client->client_id : client->connection_id;
}

static struct claim_request *make_request(const struct engine_client *client, enum claim_kind kind,
                                          struct reply_address reply)
{
    const char *id = id_of(client, kind);
    struct claim_request *request = malloc(sizeof *request + strlen(id) + 1);
    struct claimant *claimant;

    if (!request)
        return NULL;
    *request = (struct claim_request){.kind = kind, .steal = client->steal_link};
    claimant = &request->claimant;
    *claimant = (struct claimant){.client = client->serial,
                                  .connection_id = strdup(client->connection_id),
                                  .remote_address = strdup(client->remote_address),
                                  .reply = reply,
                                  .wants_kept = client->wants_kept && kind == CLAIM_CLIENT_ID};
    memcpy(request->id, id, strlen(id) + 1);
    if (claimant->connection_id && claimant->remote_address)
        return request;
    claimant_fini(claimant);
    free(request);
    return NULL;
}

static bool claimed(struct engine *engine, struct operation *operation)
{
    (void)engine;
    if (!operation->client || operation->error != ENGINE_OK)
        return true;
    client_ids_claim(operation->client);
    return false;
}

static void claim(struct engine_client *client, enum claim_kind kind)
{
    struct engine *engine = client->engine;
    struct operation *operation = operation_start(client, client->open_request);
    struct engine_mail mail = {.kind = MAIL_CLAIM};
    uint64_t hash = hash_id(kind, id_of(client, kind));
    uint16_t shard = engine_home_of(engine, hash);

    if (!operation)
        return;
    mail.pointer = make_request(client, kind, operation_expect(operation));
    if (!mail.pointer) {
        operation_finish(engine, operation, ENGINE_NO_MEMORY, "the broker is out of memory");
        operation_finish(engine, operation, ENGINE_OK, "");
        return;
    }
    operation->then = claimed;
    client->claims->claimed[kind] = true;
    client->claims->hash[kind] = hash;
    if (shard == engine->index)
        client_id_receive_claim(engine, &mail);
    else
        engine_mail_to(engine, shard, &mail);
    operation_finish(engine, operation, ENGINE_OK, "");
}

void client_ids_claim(struct engine_client *client)
{
    if (client->names_connection && !client->claims->claimed[CLAIM_CONNECTION_ID]) {
        claim(client, CLAIM_CONNECTION_ID);
    } else if (client->names_client && !client->claims->claimed[CLAIM_CLIENT_ID]) {
        claim(client, CLAIM_CLIENT_ID);
    } else {
        client->open = true;
        client_announce(client, true);
        client_complete(client, client->open_request, ENGINE_OK, "");
    }
}

/* To the shards of all its ids. */
static void tell(struct engine *engine, struct client_claims *claims, enum engine_mail_kind what)
{
    for (enum claim_kind kind = 0; kind < CLAIM_KINDS; kind++) {
        struct engine_mail mail = {.kind = (uint8_t)what,
                                   .flags = claims->was_open ? MAIL_ADD : 0,
                                   .small = (uint32_t)kind,
                                   .id = claims->hash[kind],
                                   .first = claims->client};
        uint16_t shard = engine_home_of(engine, mail.id);

        if (!claims->claimed[kind])
            continue;
        if (kind == CLAIM_CLIENT_ID && what == MAIL_RELEASE) {
            mail.pointer = claims->kept;
            claims->kept = NULL;
        }
        if (shard != engine->index)
            engine_mail_to(engine, shard, &mail);
        else if (what == MAIL_LEAVING)
            client_id_receive_leaving(engine, &mail);
        else
            client_id_receive_release(engine, &mail);
    }
}

static void release(struct engine *engine, struct client_claims *claims)
{
    tell(engine, claims, MAIL_RELEASE);
    free(claims->kept);
    free(claims);
}

static bool all_gone_back(struct engine *engine, struct operation *operation)
{
    release(engine, operation->context);
    return false;
}

void client_ids_leave(struct engine_client *client, struct slice kept)
{
    struct engine *engine = client->engine;
    struct client_claims *claims = client->claims;
    struct operation *operation;

    if (!claims->claimed[CLAIM_CONNECTION_ID] && !claims->claimed[CLAIM_CLIENT_ID])
        return;
    client->claims = NULL;
    claims->client = client->serial;
    claims->was_open = client->open;
    claims->kept = kept_copy(kept);
    tell(engine, claims, MAIL_LEAVING);
    operation = operation_start_own(engine, (struct reply_address){0, 0});
    if (!operation) { /* its successor may come too early, but it comes */
        release(engine, claims);
        return;
    }
    operation->then = all_gone_back;
    operation->context = claims;
    for (uint16_t shard = 0; shard < engine->shards; shard++)
        home_flush(engine, shard, operation_expect(operation));
    operation_finish(engine, operation, ENGINE_OK, "");
}

static void fini_one(void *arg, void *object)
{
    struct engine *engine = arg;
    struct claim *claim = object;

    drop_kept(claim);
    drop_successor(claim);
    claimant_fini(&claim->holder);
    table_remove(&engine->client_ids, claim);
    free(claim);
}

void client_ids_fini(struct engine *engine)
{
    table_each(&engine->client_ids, fini_one, engine);
    table_fini(&engine->client_ids);
}
