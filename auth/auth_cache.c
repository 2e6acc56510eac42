/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/auth_cache.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdlib.h>

enum { KEY_LEN = 32, DIGEST_LEN = 32 };

struct known_login {
    uint8_t digest[DIGEST_LEN];
    struct auth_principal *principal; /* NULL: the slot is free */
};

struct auth_cache {
    struct auth_realm *realm; /* what the slots were checked against */
    uint8_t key[KEY_LEN];
    struct known_login slots[AUTH_CACHE_SLOTS];
};

struct auth_cache *auth_cache_create(void)
{
    struct auth_cache *cache = calloc(1, sizeof *cache);

    if (cache && RAND_bytes(cache->key, KEY_LEN) == 1)
        return cache;
    free(cache);
    return NULL;
}

static void forget_all(struct auth_cache *cache)
{
    for (size_t i = 0; i < AUTH_CACHE_SLOTS; i++) {
        auth_principal_unref(cache->slots[i].principal);
        cache->slots[i].principal = NULL;
    }
    auth_realm_unref(cache->realm);
    cache->realm = NULL;
}

void auth_cache_destroy(struct auth_cache *cache)
{
    if (!cache)
        return;
    forget_all(cache);
    OPENSSL_cleanse(cache, sizeof *cache);
    free(cache);
}

/* The user's length goes in front: "ab" + "c" is not "a" + "bc". */
static bool digest_of(const struct auth_cache *cache, const struct auth_credentials *credentials,
                      uint8_t digest[DIGEST_LEN])
{
    uint8_t text[sizeof(size_t) + AUTH_CREDENTIAL_BYTES_MAX + AUTH_CREDENTIAL_BYTES_MAX];
    struct slice user = credentials->user, password = credentials->password;
    size_t len = sizeof user.len;
    bool done;

    memcpy(text, &user.len, sizeof user.len);
    if (user.len > 0)
        memcpy(text + len, user.bytes, user.len);
    len += user.len;
    if (password.len > 0)
        memcpy(text + len, password.bytes, password.len);
    len += password.len;
    done = HMAC(EVP_sha256(), cache->key, KEY_LEN, text, len, digest, NULL) != NULL;
    OPENSSL_cleanse(text, len);
    return done;
}

int auth_cache_login(struct auth_cache *cache, struct auth_realm *realm,
                     const struct auth_credentials *credentials, struct auth_principal **out,
                     struct text_error *why)
{
    uint8_t digest[DIGEST_LEN];
    struct known_login *slot;
    int error;

    if (!auth_is_costly(realm, credentials) || !slice_is_present(credentials->password) ||
        !digest_of(cache, credentials, digest))
        return auth_authenticate(realm, credentials, out, why);
    if (cache->realm != realm) {
        forget_all(cache);
        cache->realm = auth_realm_ref(realm);
    }
    slot = &cache->slots[digest[0] % AUTH_CACHE_SLOTS];
    if (slot->principal && CRYPTO_memcmp(slot->digest, digest, DIGEST_LEN) == 0) {
        *out = auth_principal_ref(slot->principal);
        return 0;
    }
    error = auth_authenticate(realm, credentials, out, why);
    if (error == 0) {
        auth_principal_unref(slot->principal);
        slot->principal = auth_principal_ref(*out);
        memcpy(slot->digest, digest, DIGEST_LEN);
    }
    return error;
}
