/* ECDSA P-256 keys over OpenSSL. See sign.h. */
#include "crypto/sign.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/ossl_priv.h"
#include "crypto/secret.h"
#include "crypto/sign_priv.h"
#include "os/file.h"

struct sign_key {
    EVP_PKEY *pkey;
    bool is_private;
};

int sign_priv_wrap(EVP_PKEY *pkey, bool is_private, struct sign_key **ret_key, struct err *err)
{
    int rc = ossl_priv_require_p256(pkey, err);
    if (rc)
        return rc;
    struct sign_key *key = mem_calloc(1, sizeof *key);
    if (!key)
        return err_set(err, E_NOMEM, "out of memory");
    if (EVP_PKEY_up_ref(pkey) != 1) {
        mem_free(key);
        return ossl_priv_fail(err, E_INTERNAL, "cannot keep the key");
    }
    key->pkey = pkey;
    key->is_private = is_private;
    *ret_key = key;
    return 0;
}

int sign_key_new(struct sign_key **ret_key, struct err *err)
{
    EVP_PKEY *pkey CLEANUP(ossl_priv_pkey_freep) = EVP_EC_gen("P-256");
    if (!pkey)
        return ossl_priv_fail(err, E_NOMEM, "cannot make a key");
    return sign_priv_wrap(pkey, true, ret_key, err);
}

void sign_key_free(struct sign_key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->pkey);
    mem_free(key);
}

void sign_key_freep(struct sign_key **key)
{
    sign_key_free(*key);
    *key = NULL;
}

bool sign_key_is_private(const struct sign_key *key)
{
    return key->is_private;
}

struct evp_pkey_st *sign_key_handle(const struct sign_key *key)
{
    return key->pkey;
}

/* A passphrase is never asked for: without this OpenSSL would read one from the terminal. */
static int no_passphrase(char *buf, int size, int rwflag, void *arg)
{
    (void)buf;
    (void)size;
    (void)rwflag;
    (void)arg;
    return -1;
}

static int read_pem(struct str pem, bool is_private, struct sign_key **ret_key, struct err *err)
{
    if (pem.len > SIGN_PEM_BYTES_MAX)
        return err_set(err, E_LIMIT, "the key is longer than %d bytes", SIGN_PEM_BYTES_MAX);
    BIO *bio CLEANUP(ossl_priv_bio_freep) = ossl_priv_bio_of(pem);
    if (!bio)
        return ossl_priv_fail(err, E_NOMEM, "cannot read the key");
    EVP_PKEY *pkey CLEANUP(ossl_priv_pkey_freep) =
        is_private ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL)
                   : PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
    if (!pkey)
        return ossl_priv_fail(err, E_PARSE, "not a %s key in PEM form",
                              is_private ? "private" : "public");
    return sign_priv_wrap(pkey, is_private, ret_key, err);
}

int sign_key_from_pem(struct str pem, struct sign_key **ret_key, struct err *err)
{
    return read_pem(pem, true, ret_key, err);
}

int sign_public_from_pem(struct str pem, struct sign_key **ret_key, struct err *err)
{
    return read_pem(pem, false, ret_key, err);
}

int sign_public_from_der(struct str der, struct sign_key **ret_key, struct err *err)
{
    if (der.len > SIGN_DER_BYTES_MAX)
        return err_set(err, E_LIMIT, "the public key is longer than %d bytes", SIGN_DER_BYTES_MAX);
    const unsigned char *at = (const unsigned char *)der.ptr;
    EVP_PKEY *pkey CLEANUP(ossl_priv_pkey_freep) =
        der.len ? d2i_PUBKEY(NULL, &at, (long)der.len) : NULL;
    if (!pkey)
        return ossl_priv_fail(err, E_PARSE, "not a public key in DER form");
    if (at != (const unsigned char *)der.ptr + der.len)
        return err_set(err, E_PARSE, "bytes follow the public key");
    return sign_priv_wrap(pkey, false, ret_key, err);
}

int sign_key_to_pem(const struct sign_key *key, struct buf *out, struct err *err)
{
    if (!key->is_private)
        return err_set(err, E_ARG, "only the public half of the key is known");
    /* A secure-memory BIO wipes what it gives back. */
    BIO *bio CLEANUP(ossl_priv_bio_freep) = BIO_new(BIO_s_secmem());
    if (!bio || PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) != 1)
        return ossl_priv_fail(err, E_NOMEM, "cannot write the key");
    int rc = ossl_priv_add_bio(out, bio);
    return rc ? err_set(err, rc, "cannot write the key: %s", err_sentence(rc)) : 0;
}

int sign_key_load(const char *path, struct sign_key **ret_key, struct err *err)
{
    struct buf pem CLEANUP(secret_buf_done) = {0};
    int rc = file_read(path, SIGN_PEM_BYTES_MAX, &pem, err);
    if (rc)
        return rc;
    rc = sign_key_from_pem(buf_str(&pem), ret_key, err);
    if (rc)
        err_prefix(err, "%s", path);
    return rc;
}

int sign_key_save(const struct sign_key *key, const char *path, struct err *err)
{
    struct buf pem CLEANUP(secret_buf_done) = {0};
    int rc = sign_key_to_pem(key, &pem, err);
    return rc ? rc : file_write_atomic(path, buf_str(&pem), 0600, err);
}

int sign_public_to_der(const struct sign_key *key, struct buf *out, struct err *err)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key->pkey, &der);
    if (len <= 0)
        return ossl_priv_fail(err, E_NOMEM, "cannot write the public key");
    buf_add(out, der, (size_t)len);
    OPENSSL_free(der);
    int rc = buf_check(out);
    return rc ? err_set(err, rc, "cannot write the public key: %s", err_sentence(rc)) : 0;
}

int sign_public_to_pem(const struct sign_key *key, struct buf *out, struct err *err)
{
    BIO *bio CLEANUP(ossl_priv_bio_freep) = BIO_new(BIO_s_mem());
    if (!bio || PEM_write_bio_PUBKEY(bio, key->pkey) != 1)
        return ossl_priv_fail(err, E_NOMEM, "cannot write the public key");
    int rc = ossl_priv_add_bio(out, bio);
    return rc ? err_set(err, rc, "cannot write the public key: %s", err_sentence(rc)) : 0;
}

int sign_key_id(const struct sign_key *key, char ret_id[SIGN_KEY_ID_BYTES])
{
    struct buf der CLEANUP(buf_done) = {0};
    char hex[HASH_HEX_BYTES];
    int rc = sign_public_to_der(key, &der, NULL);
    if (!rc)
        rc = hash_sha256_hex(buf_str(&der), hex);
    if (rc)
        return rc;
    (void)memcpy(ret_id, hex, SIGN_KEY_ID_BYTES - 1);
    ret_id[SIGN_KEY_ID_BYTES - 1] = '\0';
    return 0;
}

bool sign_key_same(const struct sign_key *a, const struct sign_key *b)
{
    return EVP_PKEY_eq(a->pkey, b->pkey) == 1;
}

int sign_make(const struct sign_key *key, struct str data, struct buf *out, struct err *err)
{
    unsigned char signature[SIGN_SIGNATURE_BYTES_MAX];
    size_t len = sizeof signature;
    if (!key->is_private)
        return err_set(err, E_ARG, "only the public half of the key is known");
    EVP_MD_CTX *ctx CLEANUP(ossl_priv_md_ctx_freep) = EVP_MD_CTX_new();
    if (!ctx || EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, key->pkey, NULL) != 1 ||
        EVP_DigestSign(ctx, signature, &len, (const unsigned char *)data.ptr, data.len) != 1)
        return ossl_priv_fail(err, E_NOMEM, "cannot sign");
    /* OpenSSL 3.0 reports success with a length of 2^32-1 when it runs out of memory while it
     * writes the signature. */
    if (len == 0 || len > sizeof signature)
        return ossl_priv_fail(err, E_NOMEM, "cannot sign");
    buf_add(out, signature, len);
    int rc = buf_check(out);
    return rc ? err_set(err, rc, "cannot sign: %s", err_sentence(rc)) : 0;
}

int sign_verify(const struct sign_key *key, struct str data, struct str signature, struct err *err)
{
    if (signature.len == 0 || signature.len > SIGN_SIGNATURE_BYTES_MAX)
        return err_set(err, E_CRYPTO, "the signature has %zu bytes", signature.len);
    EVP_MD_CTX *ctx CLEANUP(ossl_priv_md_ctx_freep) = EVP_MD_CTX_new();
    if (!ctx || EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", NULL, NULL, key->pkey, NULL) != 1)
        return ossl_priv_fail(err, E_NOMEM, "cannot verify the signature");
    if (EVP_DigestVerify(ctx, (const unsigned char *)signature.ptr, signature.len,
                         (const unsigned char *)data.ptr, data.len) != 1)
        return ossl_priv_fail(err, E_CRYPTO, "the signature is not by this key over this data");
    return 0;
}
