/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H
/*
 * auth.h - who a client is, and what it may do.
 *
 * A `realm` is an immutable picture of users, groups and authorization entries, made from the
 * configuration. A reload makes a new one; connections keep their principal and are judged by
 * the newest realm from then on.
 *
 * Threads    realm and principal are immutable and reference-counted: any thread may read them
 *            and take or drop references. auth_hash_password: any thread.
 * Ownership  create and authenticate give one reference to the caller. Nothing points into the
 *            configuration afterwards.
 * Limits     user names and passwords up to 4096 bytes; more is refused like a wrong password.
 */
#include "base/compiler.h"
#include "base/slice.h"
#include "base/text.h"
#include "config/config.h"

struct auth_realm;
struct auth_principal; /* one authenticated user with its groups */

enum auth_right { AUTH_READ, AUTH_WRITE, AUTH_ADMIN };

struct auth_credentials {
    struct slice user, password; /* absent when the client sent none */
    const char *remote_address;  /* for logs */
};

enum { AUTH_CREDENTIAL_BYTES_MAX = 4096 };

/* Reads property files where the configuration names them (JAAS), relative to login.config.
 * -EINVAL with `why` (file and line) when they cannot be read or make no sense. Passwords are
 * kept as digests; `why` and the log never show one. */
int auth_realm_create(const struct config_security *security, struct auth_realm **out,
                      struct text_error *why) MUST_CHECK;
struct auth_realm *auth_realm_ref(struct auth_realm *realm) MUST_CHECK;
void auth_realm_unref(struct auth_realm *realm); /* NULL is allowed */

/* 0 and a principal, or -EACCES and `why` in the words that ActiveMQ sends to the client
 * ("User name [x] or password is invalid."). Passwords are compared in constant time. Hashed
 * passwords cost tens of milliseconds: auth_is_costly() tells, so that a caller may do it
 * elsewhere than on a worker. */
int auth_authenticate(struct auth_realm *realm, const struct auth_credentials *credentials,
                      struct auth_principal **out, struct text_error *why) MUST_CHECK;
bool auth_is_costly(const struct auth_realm *realm, const struct auth_credentials *credentials);

struct auth_principal *auth_principal_ref(struct auth_principal *principal) MUST_CHECK;
void auth_principal_unref(struct auth_principal *principal); /* NULL is allowed */
struct slice auth_principal_name(const struct auth_principal *principal);
bool auth_principal_has_group(const struct auth_principal *principal, struct slice group);

/* May the principal do this with the destination? Combines entries as ActiveMQ does: all that
 * match are united; none matches: no. `name` is without "?options". It may hold wildcards: then
 * one common name of entry and wildcard is enough, and the caller asks again for each real
 * destination. It may hold commas for a composite, each part with an optional "queue://",
 * "topic://", "temp-queue://" or "temp-topic://" in front (without a comma such a prefix is part
 * of the name). Without an authorizationPlugin the answer is always yes. With one, whom no
 * authentication plugin has let in (NULL included) may do nothing. */
bool auth_may(const struct auth_realm *realm, const struct auth_principal *principal,
              enum auth_right right, enum config_destination_kind kind, struct slice name);

enum auth_hash_scheme { AUTH_HASH_SCRYPT, AUTH_HASH_PBKDF2 };

/* Appends the hash of a password with a fresh salt, in the form the configuration takes:
 *   {scrypt}N$r$p$salt$hash          {pbkdf2}sha256$iterations$salt$hash
 * Salt and hash are Base64. Takes tens to hundreds of milliseconds. -EIO: no randomness. */
int auth_hash_password(enum auth_hash_scheme scheme, struct slice password,
                       struct text *out) MUST_CHECK;
#endif
