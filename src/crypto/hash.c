/* SHA-256 and HMAC over OpenSSL. See hash.h. */
#include "crypto/hash.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/hmac.h>

#include "base/mem.h"
#include "crypto/ossl_priv.h"

enum { READ_STEP = 65536 };

/* Looked up once for the process: OpenSSL 3 otherwise searches its providers at every hash. */
static const EVP_MD *sha256;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    const EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
    sha256 = md ? md : EVP_sha256();
}

static const EVP_MD *algorithm(void)
{
    (void)pthread_once(&sha256_once, fetch);
    return sha256;
}

/* The stream is OpenSSL's context by another name. */
static EVP_MD_CTX *context(struct hash_stream *s)
{
    return (EVP_MD_CTX *)s;
}

int hash_stream_new(struct hash_stream **ret_stream)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!ctx || EVP_DigestInit_ex(ctx, algorithm(), NULL) != 1) {
        EVP_MD_CTX_free(ctx);
        ERR_clear_error();
        return E_NOMEM;
    }
    *ret_stream = (struct hash_stream *)ctx;
    return 0;
}

void hash_stream_free(struct hash_stream *s)
{
    EVP_MD_CTX_free(context(s));
}

void hash_stream_freep(struct hash_stream **s)
{
    hash_stream_free(*s);
    *s = NULL;
}

int hash_stream_add(struct hash_stream *s, struct str data)
{
    return EVP_DigestUpdate(context(s), data.ptr, data.len) == 1 ? 0 : E_INTERNAL;
}

int hash_stream_finish(struct hash_stream *s, unsigned char ret_digest[HASH_BYTES])
{
    unsigned char digest[HASH_BYTES];
    if (EVP_DigestFinal_ex(context(s), digest, NULL) != 1 ||
        EVP_DigestInit_ex(context(s), NULL, NULL) != 1)
        return E_INTERNAL;
    (void)memcpy(ret_digest, digest, sizeof digest);
    return 0;
}

int hash_sha256(struct str data, unsigned char ret_digest[HASH_BYTES])
{
    unsigned char digest[HASH_BYTES];
    if (EVP_Digest(data.ptr, data.len, digest, NULL, algorithm(), NULL) != 1) {
        ERR_clear_error();
        return E_NOMEM;
    }
    (void)memcpy(ret_digest, digest, sizeof digest);
    return 0;
}

void hash_hex(const unsigned char digest[HASH_BYTES], char ret_hex[HASH_HEX_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < HASH_BYTES; i++) {
        ret_hex[2 * i] = digits[digest[i] >> 4];
        ret_hex[2 * i + 1] = digits[digest[i] & 15];
    }
    ret_hex[HASH_HEX_BYTES - 1] = '\0';
}

int hash_sha256_hex(struct str data, char ret_hex[HASH_HEX_BYTES])
{
    unsigned char digest[HASH_BYTES];
    int rc = hash_sha256(data, digest);
    if (!rc)
        hash_hex(digest, ret_hex);
    return rc;
}

int hash_hmac(struct str key, struct str data, unsigned char ret_mac[HASH_BYTES])
{
    unsigned char mac[HASH_BYTES];
    unsigned int len = 0;
    if (key.len > INT_MAX)
        return E_NOMEM;
    /* OpenSSL takes a NULL key for "the one of before". */
    if (!HMAC(algorithm(), key.ptr ? key.ptr : "", (int)key.len, (const unsigned char *)data.ptr,
              data.len, mac, &len)) {
        ERR_clear_error();
        return E_NOMEM;
    }
    (void)memcpy(ret_mac, mac, sizeof mac);
    OPENSSL_cleanse(mac, sizeof mac);
    return 0;
}

int hash_sha256_fd(int fd, uint64_t limit, unsigned char ret_digest[HASH_BYTES], uint64_t *ret_size)
{
    struct hash_stream *s CLEANUP(hash_stream_freep) = NULL;
    char *chunk CLEANUP(mem_freep) = mem_alloc(READ_STEP);
    uint64_t size = 0;
    if (!chunk)
        return E_NOMEM;
    int rc = hash_stream_new(&s);
    while (!rc) {
        ssize_t n = read(fd, chunk, READ_STEP);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return E_IO;
        if (n == 0)
            break;
        if ((uint64_t)n > limit - size)
            return E_LIMIT;
        size += (uint64_t)n;
        rc = hash_stream_add(s, str_n(chunk, (size_t)n));
    }
    if (!rc)
        rc = hash_stream_finish(s, ret_digest);
    if (!rc && ret_size)
        *ret_size = size;
    return rc;
}

bool hash_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0);
}
