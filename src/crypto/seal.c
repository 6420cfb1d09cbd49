/* Sealing and opening. See seal.h for the form. */
#include "crypto/seal.h"

#include <openssl/err.h>

#include "base/rd.h"
#include "base/text.h"
#include "crypto/ossl_priv.h"
#include "crypto/seal_priv.h"
#include "crypto/secret.h"
#include "os/random.h"

#define MAGIC "CRDNSEAL"

enum { MAGIC_BYTES = 8, ID_BYTES = 8, NONCE_BYTES = 12 };

struct header {
    enum seal_source source;
    unsigned char key_id[ID_BYTES];
    struct seal_derivation how;
    unsigned char nonce[NONCE_BYTES];
};

static void add_header(struct buf *out, const struct header *h)
{
    buf_add(out, MAGIC, MAGIC_BYTES);
    buf_add_u8(out, SEAL_VERSION);
    buf_add_u8(out, (uint8_t)h->source);
    buf_add(out, h->key_id, sizeof h->key_id);
    buf_add_u32(out, h->how.memory_kib);
    buf_add_u32(out, h->how.passes);
    buf_add(out, h->how.salt, sizeof h->how.salt);
    buf_add(out, h->nonce, sizeof h->nonce);
}

static void copy_bytes(struct rd *r, unsigned char *to, size_t len)
{
    struct str bytes = rd_bytes(r, len);
    if (bytes.len == len)
        (void)memcpy(to, bytes.ptr, len);
}

static int parse_header(struct str sealed, struct header *ret_header, struct err *err)
{
    struct header h = {0};
    struct rd r = rd_of(sealed);
    if (sealed.len < SEAL_OVERHEAD_BYTES ||
        sealed.len > SEAL_PLAIN_BYTES_MAX + SEAL_OVERHEAD_BYTES ||
        !str_eq(rd_bytes(&r, MAGIC_BYTES), STR(MAGIC)))
        return err_set(err, E_CRYPTO, "not a sealed secret");
    unsigned version = rd_u8(&r);
    if (version != SEAL_VERSION)
        return err_set(err, E_CRYPTO, "sealed in form %u, only form %d is known", version,
                       SEAL_VERSION);
    unsigned source = rd_u8(&r);
    if (source != SEAL_SOURCE_KEY && source != SEAL_SOURCE_PASSPHRASE)
        return err_set(err, E_CRYPTO, "sealed with an unknown kind of key (%u)", source);
    h.source = (enum seal_source)source;
    copy_bytes(&r, h.key_id, sizeof h.key_id);
    h.how.memory_kib = rd_u32(&r);
    h.how.passes = rd_u32(&r);
    copy_bytes(&r, h.how.salt, sizeof h.how.salt);
    copy_bytes(&r, h.nonce, sizeof h.nonce);
    PLANT_OVERREAD(sealed.ptr + sealed.len);
    *ret_header = h;
    return 0;
}

static void id_text(const unsigned char id[ID_BYTES], char ret_text[SEAL_KEY_ID_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < ID_BYTES; i++) {
        ret_text[2 * i] = digits[id[i] >> 4];
        ret_text[2 * i + 1] = digits[id[i] & 15];
    }
    ret_text[SEAL_KEY_ID_BYTES - 1] = '\0';
}

int seal_inspect(struct str sealed, struct seal_info *ret_info, struct err *err)
{
    struct header h;
    int rc = parse_header(sealed, &h, err);
    if (rc)
        return rc;
    ret_info->source = h.source;
    id_text(h.key_id, ret_info->key_id);
    return 0;
}

static int check_purpose(struct str purpose, struct err *err)
{
    if (purpose.len == 0 || purpose.len > SEAL_PURPOSE_BYTES_MAX)
        return err_set(err, E_ARG, "the purpose of a seal has 1 to %d bytes",
                       SEAL_PURPOSE_BYTES_MAX);
    return 0;
}

/* One pass of AES-256-GCM, either way, of at most SEAL_PLAIN_BYTES_MAX bytes. The header and the
 * purpose are authenticated; the header's length is fixed, so the two cannot run into each other.
 */
static int crypt(bool encrypt, const unsigned char *key, struct str header, struct str purpose,
                 struct str in, unsigned char *out, unsigned char tag[SEAL_TAG_BYTES])
{
    int len = 0;
    int dir = encrypt ? 1 : 0;
    const unsigned char *nonce =
        (const unsigned char *)header.ptr + SEAL_HEADER_BYTES - NONCE_BYTES;
    EVP_CIPHER_CTX *ctx CLEANUP(ossl_priv_cipher_ctx_freep) = EVP_CIPHER_CTX_new();
    if (!ctx || EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce, dir) != 1 ||
        EVP_CipherUpdate(ctx, NULL, &len, (const unsigned char *)header.ptr, (int)header.len) !=
            1 ||
        EVP_CipherUpdate(ctx, NULL, &len, (const unsigned char *)purpose.ptr, (int)purpose.len) !=
            1)
        return E_NOMEM;
    if (in.len && EVP_CipherUpdate(ctx, out, &len, (const unsigned char *)in.ptr, (int)in.len) != 1)
        return E_NOMEM;
    unsigned char rest[16];
    if (!encrypt && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_BYTES, tag) != 1)
        return E_NOMEM;
    if (EVP_CipherFinal_ex(ctx, rest, &len) != 1)
        return E_CRYPTO;
    if (encrypt && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_BYTES, tag) != 1)
        return E_NOMEM;
    return 0;
}

int seal_make(struct seal_key *key, struct str purpose, struct str plain, struct buf *out,
              struct err *err)
{
    struct header h = {.source = seal_priv_source(key)};
    const unsigned char *bytes = NULL;
    unsigned char tag[SEAL_TAG_BYTES];
    int rc = check_purpose(purpose, err);
    if (rc)
        return rc;
    if (plain.len > SEAL_PLAIN_BYTES_MAX)
        return err_set(err, E_LIMIT, "at most %d bytes are sealed, not %zu", SEAL_PLAIN_BYTES_MAX,
                       plain.len);
    if (h.source == SEAL_SOURCE_PASSPHRASE) {
        h.how.memory_kib = SEAL_MEMORY_KIB;
        h.how.passes = SEAL_PASSES;
        random_bytes(h.how.salt, sizeof h.how.salt);
    }
    random_bytes(h.nonce, sizeof h.nonce);
    rc = seal_priv_bytes(key, &h.how, &bytes, h.key_id, err);
    if (!rc && buf_reserve(out, plain.len + SEAL_OVERHEAD_BYTES))
        rc = err_set(err, buf_check(out), "cannot seal: %s", err_sentence(buf_check(out)));
    if (rc)
        return rc;
    size_t start = out->len;
    add_header(out, &h);
    rc = crypt(true, bytes, str_sub(buf_str(out), start, SEAL_HEADER_BYTES), purpose, plain,
               (unsigned char *)out->ptr + out->len, tag);
    if (rc) {
        buf_truncate(out, start);
        return ossl_priv_fail(err, rc, "cannot seal");
    }
    out->len += plain.len;
    buf_add(out, tag, sizeof tag);
    return 0;
}

static int refuse_key(const struct header *h, const unsigned char have[ID_BYTES], struct err *err)
{
    char wanted[SEAL_KEY_ID_BYTES];
    char got[SEAL_KEY_ID_BYTES];
    if (memcmp(h->key_id, have, ID_BYTES) == 0)
        return 0;
    id_text(h->key_id, wanted);
    id_text(have, got);
    return err_set(err, E_CRYPTO, "sealed with key %s, this is key %s", wanted, got);
}

int seal_open(struct seal_key *key, struct str purpose, struct str sealed, struct buf *out,
              struct err *err)
{
    struct header h;
    const unsigned char *bytes = NULL;
    unsigned char id[ID_BYTES];
    unsigned char tag[SEAL_TAG_BYTES];
    int rc = check_purpose(purpose, err);
    if (!rc)
        rc = parse_header(sealed, &h, err);
    if (rc)
        return rc;
    if (h.source != seal_priv_source(key))
        return err_set(err, E_CRYPTO, "sealed with a %s, not with a %s",
                       h.source == SEAL_SOURCE_KEY ? "key" : "passphrase",
                       h.source == SEAL_SOURCE_KEY ? "passphrase" : "key");
    rc = seal_priv_bytes(key, &h.how, &bytes, id, err);
    if (!rc)
        rc = refuse_key(&h, id, err);
    if (rc)
        return rc;
    struct str content = str_sub(sealed, SEAL_HEADER_BYTES, sealed.len - SEAL_OVERHEAD_BYTES);
    if (buf_reserve(out, content.len ? content.len : 1))
        return err_set(err, buf_check(out), "cannot open the seal: %s",
                       err_sentence(buf_check(out)));
    (void)memcpy(tag, sealed.ptr + sealed.len - SEAL_TAG_BYTES, SEAL_TAG_BYTES);
    rc = crypt(false, bytes, str_sub(sealed, 0, SEAL_HEADER_BYTES), purpose, content,
               (unsigned char *)out->ptr + out->len, tag);
    if (rc) {
        /* What was decrypted before the tag failed is nobody's to see. */
        secret_wipe(out->ptr + out->len, content.len);
        ERR_clear_error();
        return err_set(err, rc,
                       rc == E_CRYPTO ? "the seal does not verify: changed, or made for "
                                        "another purpose"
                                      : "cannot open the seal");
    }
    out->len += content.len;
    return 0;
}
