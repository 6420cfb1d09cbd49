/* OpenSSL's errors and keys in this folder's terms. See ossl_priv.h. */
#include <limits.h>
#include <stdio.h>

#include <openssl/core_names.h>
#include <openssl/err.h>

#include "crypto/ossl_priv.h"

int ossl_priv_fail(struct err *err, int code, const char *fmt, ...)
{
    unsigned long why = ERR_peek_last_error();
    char message[ERR_MESSAGE_BYTES];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    if (ERR_GET_REASON(why) == ERR_R_MALLOC_FAILURE)
        code = E_NOMEM;
    const char *reason = why ? ERR_reason_error_string(why) : NULL;
    code = reason ? err_set(err, code, "%.300s: %s", message, reason)
                  : err_set(err, code, "%s", message);
    ERR_clear_error();
    return code;
}

int ossl_priv_add_bio(struct buf *out, BIO *bio)
{
    char *ptr = NULL;
    long len = BIO_get_mem_data(bio, &ptr);
    buf_add(out, ptr, len > 0 ? (size_t)len : 0);
    return buf_check(out);
}

BIO *ossl_priv_bio_of(struct str s)
{
    return s.len <= INT_MAX ? BIO_new_mem_buf(s.ptr ? s.ptr : "", (int)s.len) : NULL;
}

int ossl_priv_require_p256(EVP_PKEY *key, struct err *err)
{
    char group[64] = "";
    int is_explicit = 0;
    if (!EVP_PKEY_is_a(key, "EC")) {
        const char *type = EVP_PKEY_get0_type_name(key);
        return err_set(err, E_UNSUPPORTED, "the key is %s, only EC P-256 is accepted",
                       type ? type : "of an unknown type");
    }
    if (!EVP_PKEY_get_group_name(key, group, sizeof group, NULL) ||
        strcmp(group, SN_X9_62_prime256v1) != 0) {
        ERR_clear_error();
        return err_set(err, E_UNSUPPORTED, "the key is on curve %s, only P-256 is accepted",
                       group[0] ? group : "(unnamed)");
    }
    /* Parameters spelled out can be chosen so that they only look like the named curve. */
    if (EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                               &is_explicit) &&
        is_explicit)
        return err_set(err, E_UNSUPPORTED,
                       "the key spells out its curve, only P-256 by name is "
                       "accepted");
    ERR_clear_error();
    return 0;
}
