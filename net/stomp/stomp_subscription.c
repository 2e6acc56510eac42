/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The subscriptions of one connection, by key (the client's id, or the destination where STOMP
 * 1.0 gives none) and by our number, which the `ack` header of STOMP 1.2 carries. Of equal keys
 * the newest is found first.
 */
#include "stomp_internal.h"
#include "stomp_text.h"
#include <stdlib.h>

enum { BUCKETS_MIN = 4 };

static uint64_t hash_of(const struct stomp_session *session, const struct slice key)
{
    return slice_hash(key, (uintptr_t)session);
}

static struct stomp_subscription **bucket(struct stomp_subscription **buckets, uint64_t hash,
                                          uint32_t count)
{
    return &buckets[hash & (count - 1)];
}

static struct stomp_subscription *reverse(struct stomp_subscription *chain)
{
    struct stomp_subscription *reversed = NULL;

    while (chain) {
        struct stomp_subscription *next = chain->next_by_key;

        chain->next_by_key = reversed;
        reversed = chain;
        chain = next;
    }
    return reversed;
}

static void insert(struct stomp_session *session, struct stomp_subscription *s)
{
    struct stomp_subscription **by_key =
        bucket(session->by_key, s->key_hash, session->bucket_count);
    struct stomp_subscription **by_number =
        bucket(session->by_number, s->number, session->bucket_count);

    s->next_by_key = *by_key;
    *by_key = s;
    s->next_by_number = *by_number;
    *by_number = s;
}

static int grow(struct stomp_session *session)
{
    const uint32_t old_count = session->bucket_count;
    const uint32_t count = old_count ? 2 * old_count : BUCKETS_MIN;
    struct stomp_subscription **old = session->by_key;
    struct stomp_subscription **buckets =
        calloc(2 * (size_t)count, sizeof(struct stomp_subscription *));

    if (!buckets)
        return -1;
    session->by_key = buckets;
    session->by_number = buckets + count;
    session->bucket_count = count;
    for (uint32_t i = 0; i < old_count; i++) {
        struct stomp_subscription *chain = reverse(old[i]); /* oldest first: newest ends in front */

        while (chain) {
            struct stomp_subscription *next = chain->next_by_key;

            insert(session, chain);
            chain = next;
        }
    }
    free(old);
    return 0;
}

static size_t put_prefix(uint8_t *to, struct slice id, enum stomp_version version)
{
    uint8_t *at = PUT(to, "MESSAGE\n");

    if (slice_is_present(id)) {
        at = PUT(at, "subscription:");
        at = put_escaped(at, id, version);
        *at++ = '\n';
    }
    return (size_t)(at - to);
}

struct stomp_subscription *stomp_subscription_create(struct stomp_session *session,
                                                     const struct subscription_names *names)
{
    const bool has_id = slice_is_present(names->id);
    const struct slice key = has_id ? names->id : names->destination.name;
    const size_t prefix_max = 2 * (has_id ? names->id.len : 0) + 32;
    struct stomp_subscription *s;
    uint8_t *at;

    if (session->subscription_count >= session->bucket_count && grow(session) != 0)
        return NULL;
    s = calloc(1, sizeof *s + key.len + prefix_max + names->destination.name.len);
    if (!s)
        return NULL;
    s->session = session;
    s->number = ++session->last_number;
    s->has_id = has_id;
    s->key_hash = hash_of(session, key);
    s->key_len = (uint32_t)key.len;
    at = put_slice(s->bytes, key);
    s->prefix_len = (uint32_t)put_prefix(at, names->id, (enum stomp_version)session->version);
    at += s->prefix_len;
    s->destination_kind = (uint8_t)names->destination.kind;
    s->destination_len = (uint32_t)names->destination.name.len;
    put_slice(at, names->destination.name);
    insert(session, s);
    session->subscription_count++;
    return s;
}

static void unlink_from(struct stomp_session *session, struct stomp_subscription *s)
{
    struct stomp_subscription **link = bucket(session->by_key, s->key_hash, session->bucket_count);

    while (*link != s)
        link = &(*link)->next_by_key;
    *link = s->next_by_key;
    link = bucket(session->by_number, s->number, session->bucket_count);
    while (*link != s)
        link = &(*link)->next_by_number;
    *link = s->next_by_number;
    session->subscription_count--;
}

void stomp_subscription_destroy(struct stomp_subscription *s)
{
    struct stomp_session *session = s->session;

    for (uint32_t i = 0; i < session->auto_acks.count; i++) {
        struct auto_batch *batch = fifo_at(&session->auto_acks, sizeof *batch, i);

        if (batch->subscription == s)
            batch->subscription = NULL;
    }
    for (uint32_t i = 0; i < session->unreadable.count; i++) {
        struct unreadable *unreadable = fifo_at(&session->unreadable, sizeof *unreadable, i);

        if (unreadable->subscription == s)
            unreadable->subscription = NULL;
    }
    receipts_forget(session, s);
    unlink_from(session, s);
    stomp_window_fini(s);
    free(s);
}

struct slice stomp_subscription_prefix(const struct stomp_subscription *s)
{
    return slice_of(s->bytes + s->key_len, s->prefix_len);
}

struct destination_name stomp_subscription_destination(const struct stomp_subscription *s)
{
    return (struct destination_name){
        (enum destination_kind)s->destination_kind,
        slice_of(s->bytes + s->key_len + s->prefix_len, s->destination_len)};
}

struct stomp_subscription *stomp_subscription_find(const struct stomp_session *session,
                                                   struct slice id)
{
    const uint64_t hash = hash_of(session, id);
    struct stomp_subscription *s;

    if (session->bucket_count == 0)
        return NULL;
    for (s = *bucket(session->by_key, hash, session->bucket_count); s; s = s->next_by_key)
        if (s->key_hash == hash && s->has_id && !s->is_dead &&
            slice_equal(slice_of(s->bytes, s->key_len), id))
            return s;
    return NULL;
}

static bool is_for(const struct stomp_subscription *s, struct destination_name destination)
{
    return !s->is_dead && destination_name_equal(stomp_subscription_destination(s), destination);
}

struct stomp_subscription *
stomp_subscription_find_by_destination(const struct stomp_session *session,
                                       struct destination_name destination)
{
    const uint64_t hash = hash_of(session, destination.name);
    struct stomp_subscription *s;

    if (session->bucket_count == 0)
        return NULL;
    for (s = *bucket(session->by_key, hash, session->bucket_count); s; s = s->next_by_key)
        if (s->key_hash == hash && !s->has_id && is_for(s, destination))
            return s;
    for (uint32_t i = 0; i < session->bucket_count; i++) /* those with an id as well */
        for (s = session->by_key[i]; s; s = s->next_by_key)
            if (is_for(s, destination))
                return s;
    return NULL;
}

struct stomp_subscription *stomp_subscription_by_number(const struct stomp_session *session,
                                                        uint32_t number)
{
    struct stomp_subscription *s;

    if (session->bucket_count == 0)
        return NULL;
    for (s = *bucket(session->by_number, number, session->bucket_count); s; s = s->next_by_number)
        if (s->number == number && !s->is_dead)
            return s;
    return NULL;
}

void stomp_subscription_mark_dead(struct stomp_subscription *s)
{
    s->consumer = NULL;
    s->is_dead = true;
    s->session->has_dead = true;
    stomp_session_attend_soon(s->session);
}

void subscriptions_each(struct stomp_session *session, subscription_visit_fn *visit,
                        uint32_t argument)
{
    for (uint32_t i = 0; i < session->bucket_count; i++) {
        struct stomp_subscription *s = session->by_key[i];

        while (s) {
            struct stomp_subscription *next = s->next_by_key; /* the visit may destroy it */

            visit(s, argument);
            s = next;
        }
    }
}

static void visit_destroy(struct stomp_subscription *s, uint32_t unused)
{
    (void)unused;
    stomp_subscription_destroy(s);
}

void subscriptions_fini(struct stomp_session *session)
{
    fifo_fini(&session->auto_acks);
    fifo_fini(&session->unreadable);
    subscriptions_each(session, visit_destroy, 0);
    free(session->by_key);
    session->by_key = session->by_number = NULL;
    session->bucket_count = 0;
}
