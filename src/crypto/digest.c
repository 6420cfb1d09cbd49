/* Digests over OpenSSL. See digest.h. */
#include "crypto/digest.h"

#include <errno.h>
#include <unistd.h>

#include <openssl/err.h>

#include "base/mem.h"
#include "crypto/ossl_priv.h"

enum { CHUNK_BYTES = 256 * 1024 };

static const EVP_MD *algorithm(enum digest_type type)
{
    return type == DIGEST_SHA1 ? EVP_sha1() : type == DIGEST_SHA256 ? EVP_sha256() : EVP_sha384();
}

int digest_of(enum digest_type type, struct str data, unsigned char ret_digest[DIGEST_BYTES_MOST])
{
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    if (EVP_Digest(data.ptr, data.len, digest, NULL, algorithm(type), NULL) != 1) {
        ERR_clear_error();
        return E_NOMEM;
    }
    (void)memcpy(ret_digest, digest, DIGEST_BYTES_MOST);
    return 0;
}

static EVP_MD_CTX *start(enum digest_type type)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx && EVP_DigestInit_ex(ctx, algorithm(type), NULL) == 1)
        return ctx;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return NULL;
}

int digest_pair_fd(int fd, uint64_t limit_bytes, struct digest_pair *ret_pair)
{
    CLEANUP(ossl_priv_md_ctx_freep) EVP_MD_CTX *sha1 = start(DIGEST_SHA1);
    CLEANUP(ossl_priv_md_ctx_freep) EVP_MD_CTX *sha256 = start(DIGEST_SHA256);
    CLEANUP(mem_freep) char *chunk = mem_alloc(CHUNK_BYTES);
    struct digest_pair pair;
    if (!sha1 || !sha256 || !chunk)
        return E_NOMEM;
    for (uint64_t at = 0;;) {
        ssize_t got = pread(fd, chunk, CHUNK_BYTES, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return E_IO;
        if (got == 0)
            break;
        at += (uint64_t)got;
        if (at > limit_bytes)
            return E_LIMIT;
        if (EVP_DigestUpdate(sha1, chunk, (size_t)got) != 1 ||
            EVP_DigestUpdate(sha256, chunk, (size_t)got) != 1) {
            ERR_clear_error();
            return E_NOMEM;
        }
    }
    if (EVP_DigestFinal_ex(sha1, pair.sha1, NULL) != 1 ||
        EVP_DigestFinal_ex(sha256, pair.sha256, NULL) != 1) {
        ERR_clear_error();
        return E_NOMEM;
    }
    *ret_pair = pair;
    return 0;
}
