/* SPDX-License-Identifier: Apache-2.0 */
#include "password.h"
#include "auth/auth.h"
#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

enum {
    SCRYPT_N_MAX = 1 << 17,
    SCRYPT_R_MAX = 32,
    SCRYPT_P_MAX = 16,
    SCRYPT_MEMORY_MAX = 64 << 20,
    SCRYPT_WORK_MAX = 256 << 20,
    PBKDF2_ITERATIONS_MIN = 1000,
    PBKDF2_ITERATIONS_MAX = 2000000,
    SALT_MIN = 8,
    HASH_MIN = 16,
    PARTS = 5, /* "a$b$c$salt$hash" */

    /* What auth_hash_password uses: OWASP's advice, with little memory a login. */
    SCRYPT_N = 1 << 14,
    SCRYPT_R = 8,
    SCRYPT_P = 5,
    PBKDF2_ITERATIONS = 600000,
    SALT_LEN = 16,
    HASH_LEN = 32,
};

static_assert(SHA256_DIGEST_LENGTH <= PASSWORD_HASH_MAX, "a plain password's digest must fit");

/* Splits at '$' into at most PARTS parts; returns how many there are. */
static size_t split(struct slice text, struct slice parts[PARTS])
{
    size_t count = 0, begin = 0;

    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.bytes[i] != '$')
            continue;
        if (count == PARTS)
            return PARTS + 1;
        parts[count++] = slice_of(text.bytes + begin, i - begin);
        begin = i + 1;
    }
    return count;
}

static bool read_number(struct slice text, uint32_t min, uint32_t max, uint32_t *out)
{
    int64_t value;

    if (!slice_to_i64(text, &value) || value < (int64_t)min || value > (int64_t)max)
        return false;
    *out = (uint32_t)value;
    return true;
}

/* With or without padding at the end. */
static bool read_base64(struct slice text, size_t min, size_t max, uint8_t *out, uint32_t *len)
{
    uint8_t padded[(PASSWORD_HASH_MAX + 2) / 3 * 4], bytes[sizeof padded];
    size_t used = text.len, whole;

    while (used > 0 && text.len - used < 2 && text.bytes[used - 1] == '=')
        used--;
    if (used > sizeof padded || used % 4 == 1 || memchr(text.bytes, '=', used))
        return false;
    memset(padded, '=', sizeof padded);
    memcpy(padded, text.bytes, used);
    /* '=' decodes to zero bits, so the real length follows from the characters used. A shorter
     * answer means blanks, which the decoder skips. */
    whole = (used + 3) / 4;
    if (EVP_DecodeBlock(bytes, padded, (int)(whole * 4)) != (int)(whole * 3))
        return false;
    *len = (uint32_t)(used * 3 / 4);
    if (*len < min || *len > max)
        return false;
    memcpy(out, bytes, *len);
    return true;
}

static int refuse(struct text_error *why, const char *reason)
{
    text_error_set(why, "%s", reason);
    return -EINVAL;
}

static int read_salt_and_hash(struct slice salt, struct slice hash, struct password *out,
                              struct text_error *why)
{
    if (!read_base64(salt, SALT_MIN, PASSWORD_SALT_MAX, out->salt, &out->salt_len))
        return refuse(why, "the salt of the hash must be 8 to 64 bytes in Base64");
    if (!read_base64(hash, HASH_MIN, PASSWORD_HASH_MAX, out->hash, &out->hash_len))
        return refuse(why, "the hash must be 16 to 64 bytes in Base64");
    return 0;
}

static int parse_scrypt(struct slice text, struct password *out, struct text_error *why)
{
    struct slice parts[PARTS];
    uint64_t memory;

    if (split(text, parts) != 5)
        return refuse(why, "a scrypt hash is {scrypt}N$r$p$salt$hash");
    if (!read_number(parts[0], 2, SCRYPT_N_MAX, &out->cost) || (out->cost & (out->cost - 1)))
        return refuse(why, "N of a scrypt hash must be a power of two, at most 131072");
    if (!read_number(parts[1], 1, SCRYPT_R_MAX, &out->block_size))
        return refuse(why, "r of a scrypt hash must be 1 to 32");
    if (!read_number(parts[2], 1, SCRYPT_P_MAX, &out->parallel))
        return refuse(why, "p of a scrypt hash must be 1 to 16");
    memory = UINT64_C(128) * out->cost * out->block_size;
    if (memory > SCRYPT_MEMORY_MAX || memory * out->parallel > SCRYPT_WORK_MAX)
        return refuse(why, "a scrypt hash may use 64 MB of memory (128*N*r) and p times that "
                           "up to 256 MB");
    out->scheme = PASSWORD_SCRYPT;
    return read_salt_and_hash(parts[3], parts[4], out, why);
}

static int parse_pbkdf2(struct slice text, struct password *out, struct text_error *why)
{
    struct slice parts[PARTS];

    if (split(text, parts) != 4 || !slice_is(parts[0], "sha256"))
        return refuse(why, "a PBKDF2 hash is {pbkdf2}sha256$iterations$salt$hash");
    if (!read_number(parts[1], PBKDF2_ITERATIONS_MIN, PBKDF2_ITERATIONS_MAX, &out->cost))
        return refuse(why, "iterations of a PBKDF2 hash must be 1000 to 2000000");
    out->scheme = PASSWORD_PBKDF2;
    return read_salt_and_hash(parts[2], parts[3], out, why);
}

int password_parse(struct slice text, struct password *out, struct text_error *why)
{
    struct slice scrypt = SLICE("{scrypt}"), pbkdf2 = SLICE("{pbkdf2}");

    memset(out, 0, sizeof *out);
    if (!slice_is_present(text))
        return 0;
    if (slice_starts_with(text, scrypt))
        return parse_scrypt(slice_after(text, scrypt.len), out, why);
    if (slice_starts_with(text, pbkdf2))
        return parse_pbkdf2(slice_after(text, pbkdf2.len), out, why);
    out->scheme = PASSWORD_PLAIN;
    out->hash_len = SHA256_DIGEST_LENGTH;
    SHA256(text.bytes, text.len, out->hash);
    return 0;
}

static bool compute(const struct password *p, struct slice given, uint8_t hash[PASSWORD_HASH_MAX])
{
    const char *text = given.bytes ? (const char *)given.bytes : "";
    uint64_t memory;

    switch (p->scheme) {
    case PASSWORD_NONE:
    case PASSWORD_PLAIN:
        SHA256((const uint8_t *)text, given.len, hash);
        return true;
    case PASSWORD_SCRYPT:
        /* OpenSSL counts some blocks beside the main table. */
        memory = UINT64_C(128) * p->block_size * (p->cost + p->parallel + 2) + 4096;
        return EVP_PBE_scrypt(text, given.len, p->salt, p->salt_len, p->cost, p->block_size,
                              p->parallel, memory, hash, p->hash_len) == 1;
    case PASSWORD_PBKDF2:
        return PKCS5_PBKDF2_HMAC(text, (int)given.len, p->salt, (int)p->salt_len, (int)p->cost,
                                 EVP_sha256(), (int)p->hash_len, hash) == 1;
    }
    return false;
}

bool password_matches(const struct password *password, struct slice given)
{
    uint8_t hash[PASSWORD_HASH_MAX] = {0};
    bool computed, equal;

    assert(given.len <= AUTH_CREDENTIAL_BYTES_MAX);
    computed = compute(password, given, hash);
    /* Lengths are those of digests: they say nothing about the password. */
    equal = CRYPTO_memcmp(hash, password->hash, sizeof hash) == 0;
    OPENSSL_cleanse(hash, sizeof hash);
    return computed && equal && password->scheme != PASSWORD_NONE;
}

bool password_is_costly(const struct password *password)
{
    return password->scheme == PASSWORD_SCRYPT || password->scheme == PASSWORD_PBKDF2;
}

static void add_base64(struct text *out, const uint8_t *bytes, size_t len)
{
    uint8_t encoded[(PASSWORD_HASH_MAX + 2) / 3 * 4 + 1];
    int encoded_len = EVP_EncodeBlock(encoded, bytes, (int)len);

    text_add(out, slice_of(encoded, (size_t)encoded_len));
}

int auth_hash_password(enum auth_hash_scheme scheme, struct slice password, struct text *out)
{
    struct password made = {.salt_len = SALT_LEN, .hash_len = HASH_LEN};

    if (password.len > AUTH_CREDENTIAL_BYTES_MAX)
        return -EINVAL;
    if (RAND_bytes(made.salt, SALT_LEN) != 1)
        return -EIO;
    if (scheme == AUTH_HASH_SCRYPT) {
        made.scheme = PASSWORD_SCRYPT;
        made.cost = SCRYPT_N;
        made.block_size = SCRYPT_R;
        made.parallel = SCRYPT_P;
        text_add_format(out, "{scrypt}%d$%d$%d$", SCRYPT_N, SCRYPT_R, SCRYPT_P);
    } else {
        made.scheme = PASSWORD_PBKDF2;
        made.cost = PBKDF2_ITERATIONS;
        text_add_format(out, "{pbkdf2}sha256$%d$", PBKDF2_ITERATIONS);
    }
    if (!compute(&made, password, made.hash))
        return -ENOMEM;
    add_base64(out, made.salt, made.salt_len);
    text_add_char(out, '$');
    add_base64(out, made.hash, made.hash_len);
    return text_failed(out) ? -ENOMEM : 0;
}
