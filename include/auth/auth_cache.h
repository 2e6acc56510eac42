/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTH_AUTH_CACHE_H
#define AUTH_AUTH_CACHE_H
/*
 * auth_cache.h - logins that have been checked before, so that thousands of clients with one
 * account do not each cost a password hash when they come back at once.
 *
 * Kept is a keyed digest of user and password with a key that never leaves the process, never the
 * password. Only costly logins that succeeded are kept, and only for the realm they were checked
 * against.
 *
 * Threads    belongs to one thread. Ownership: holds references of its principals and the realm.
 * Limits     AUTH_CACHE_SLOTS logins; a newer one takes the slot of an older one.
 */
#include "auth/auth.h"

enum { AUTH_CACHE_SLOTS = 256 };

struct auth_cache;

struct auth_cache *auth_cache_create(void) MUST_CHECK; /* NULL: no memory or no randomness */
void auth_cache_destroy(struct auth_cache *cache);     /* NULL is allowed */
/* As auth_authenticate, with the same answers. */
int auth_cache_login(struct auth_cache *cache, struct auth_realm *realm,
                     const struct auth_credentials *credentials, struct auth_principal **out,
                     struct text_error *why) MUST_CHECK;
#endif
