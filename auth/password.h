/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H
/*
 * password.h - a stored password: a digest, never the text.
 *
 *   {scrypt}N$r$p$salt$hash              N a power of two, salt and hash in Base64
 *   {pbkdf2}sha256$iterations$salt$hash
 *   anything else                        is the password itself, kept as its SHA-256
 *
 * Threads    any; a struct is plain data and never changes once parsed.
 * Limits     N up to 2^17, r up to 32, p up to 16, memory (128*N*r) up to 64 MB, work
 *            (128*N*r*p) up to 256 MB; 1000 to 2000000 iterations; salt 8 to 64 and hash 16 to 64
 *            bytes. So a configuration cannot make a login take down the machine.
 */
#include "base/compiler.h"
#include "base/slice.h"
#include "base/text.h"

enum { PASSWORD_SALT_MAX = 64, PASSWORD_HASH_MAX = 64 };

enum password_scheme { PASSWORD_NONE, PASSWORD_PLAIN, PASSWORD_SCRYPT, PASSWORD_PBKDF2 };

struct password {
    enum password_scheme scheme;   /* PASSWORD_NONE: nothing matches */
    uint32_t cost;                 /* scrypt: N, PBKDF2: iterations */
    uint32_t block_size, parallel; /* scrypt: r and p */
    uint32_t salt_len, hash_len;
    uint8_t salt[PASSWORD_SALT_MAX];
    uint8_t hash[PASSWORD_HASH_MAX];
};

/* -EINVAL with `why`, which never quotes the text. */
int password_parse(struct slice text, struct password *out, struct text_error *why) MUST_CHECK;
/* The time taken depends on the scheme and on the length of `given` only. */
bool password_matches(const struct password *password, struct slice given);
bool password_is_costly(const struct password *password);
#endif
