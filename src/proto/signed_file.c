/* Signed rulesets and plans. See signed_file.h. */
#include "proto/signed_file.h"

#include <string.h>

#include "base/rd.h"
#include "crypto/hash.h"

enum { MAGIC_BYTES = 16, ALIGN = 16, NAME_MAX_BYTES = 64, SIGNATURE_MAX = 256 };

static const char magic[MAGIC_BYTES] = "CORDON-SIG-1\n";

static int digest_message(struct str purpose, struct str payload, struct buf *out)
{
    unsigned char digest[HASH_BYTES];
    int rc = hash_sha256(payload, digest);
    if (rc)
        return rc;
    buf_add_str(out, purpose);
    buf_add_u8(out, 0);
    buf_add(out, digest, sizeof digest);
    return buf_check(out);
}

static void add_str(struct buf *out, struct str s)
{
    buf_add_u32(out, (uint32_t)s.len);
    buf_add_str(out, s);
}

int signed_file_seal(struct str purpose, struct str payload, const struct sign_key *key,
                     struct buf *out, struct err *err)
{
    struct buf message CLEANUP(buf_done) = {0};
    struct buf signature CLEANUP(buf_done) = {0};
    if (purpose.len > NAME_MAX_BYTES)
        return err_set(err, E_LIMIT, "purpose '%.*s' is too long", STR_FMT(purpose));
    int rc = digest_message(purpose, payload, &message);
    if (rc)
        return err_set(err, rc, "cannot sign a %.*s", STR_FMT(purpose));
    rc = sign_make(key, buf_str(&message), &signature, err);
    if (rc)
        return rc;
    char id[SIGN_KEY_ID_BYTES];
    rc = sign_key_id(key, id);
    if (rc)
        return err_set(err, rc, "cannot name the key");
    size_t start = out->len;
    buf_add(out, magic, sizeof magic);
    add_str(out, purpose);
    add_str(out, str_of(id));
    add_str(out, buf_str(&signature));
    buf_add_u64(out, payload.len);
    while (!buf_check(out) && (out->len - start) % ALIGN)
        buf_add_u8(out, 0);
    buf_add_str(out, payload);
    rc = buf_check(out);
    return rc ? err_set(err, rc, "cannot write a signed %.*s", STR_FMT(purpose)) : 0;
}

int signed_file_open(struct str file, struct str purpose, const struct command_key *keys,
                     size_t keys_len, struct str *ret_payload, struct err *err)
{
    struct rd r = rd_of(file);
    struct str head = rd_bytes(&r, sizeof magic);
    if (r.failed || memcmp(head.ptr, magic, sizeof magic) != 0)
        return err_set(err, E_PARSE, "not a signed file");
    struct str got_purpose = rd_str32(&r, NAME_MAX_BYTES);
    struct str key_id = rd_str32(&r, NAME_MAX_BYTES);
    struct str signature = rd_str32(&r, SIGNATURE_MAX);
    uint64_t payload_len = rd_u64(&r);
    size_t used = file.len - r.left;
    size_t padding = (ALIGN - used % ALIGN) % ALIGN;
    struct str zeros = rd_bytes(&r, padding);
    if (r.failed || payload_len != r.left)
        return err_set(err, E_PARSE, "signed file is damaged: its lengths do not add up");
    for (size_t i = 0; i < zeros.len; i++) {
        if (zeros.ptr[i])
            return err_set(err, E_PARSE, "signed file is damaged: its padding is not empty");
    }
    struct str payload = rd_bytes(&r, (size_t)payload_len);
    if (!str_eq(got_purpose, purpose))
        return err_set(err, E_CRYPTO, "signed as '%.*s', expected '%.*s'", STR_FMT(got_purpose),
                       STR_FMT(purpose));
    const struct sign_key *key = NULL;
    for (size_t i = 0; i < keys_len; i++) {
        if (str_eq(keys[i].id, key_id))
            key = keys[i].key;
    }
    if (!key)
        return err_set(err, E_CRYPTO, "%.*s signed by unknown key '%.*s'", STR_FMT(purpose),
                       STR_FMT(key_id));
    struct buf message CLEANUP(buf_done) = {0};
    int rc = digest_message(purpose, payload, &message);
    if (rc)
        return err_set(err, rc, "cannot verify a %.*s", STR_FMT(purpose));
    rc = sign_verify(key, buf_str(&message), signature, err);
    if (rc)
        return rc;
    *ret_payload = payload;
    return 0;
}
