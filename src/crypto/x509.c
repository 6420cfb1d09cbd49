/* Reading and verifying certificates. See x509.h. */
#include "crypto/x509.h"

#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timefmt.h"
#include "crypto/ossl_priv.h"
#include "crypto/sign_priv.h"
#include "crypto/x509_priv.h"

/* The certificate is OpenSSL's X509 by another name: reference counted and internally locked. */
X509 *x509_handle(const struct x509_cert *cert)
{
    return (X509 *)(uintptr_t)cert;
}

static struct x509_cert *wrap(X509 *x)
{
    return (struct x509_cert *)x;
}

void x509_free(struct x509_cert *cert)
{
    X509_free(x509_handle(cert));
}

void x509_freep(struct x509_cert **cert)
{
    x509_free(*cert);
    *cert = NULL;
}

int x509_from_handle(X509 *handle, struct x509_cert **ret_cert)
{
    if (X509_up_ref(handle) != 1)
        return E_NOMEM;
    *ret_cert = wrap(handle);
    return 0;
}

int x509_from_pem(struct str pem, struct x509_cert **ret_cert, struct err *err)
{
    if (pem.len > X509_CERT_BYTES_MAX)
        return err_set(err, E_LIMIT, "the certificate is longer than %d bytes",
                       X509_CERT_BYTES_MAX);
    BIO *bio CLEANUP(ossl_priv_bio_freep) = ossl_priv_bio_of(pem);
    if (!bio)
        return ossl_priv_fail(err, E_NOMEM, "cannot read the certificate");
    X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    if (!x)
        return ossl_priv_fail(err, E_PARSE, "not a certificate in PEM form");
    *ret_cert = wrap(x);
    return 0;
}

int x509_from_der(struct str der, struct x509_cert **ret_cert, struct err *err)
{
    if (der.len > X509_CERT_BYTES_MAX)
        return err_set(err, E_LIMIT, "the certificate is longer than %d bytes",
                       X509_CERT_BYTES_MAX);
    const unsigned char *at = (const unsigned char *)der.ptr;
    X509 *x CLEANUP(ossl_priv_x509_freep) = der.len ? d2i_X509(NULL, &at, (long)der.len) : NULL;
    if (!x)
        return ossl_priv_fail(err, E_PARSE, "not a certificate in DER form");
    if (at != (const unsigned char *)der.ptr + der.len)
        return err_set(err, E_PARSE, "bytes follow the certificate");
    *ret_cert = wrap(TAKE(x));
    return 0;
}

int x509_to_pem(const struct x509_cert *cert, struct buf *out, struct err *err)
{
    BIO *bio CLEANUP(ossl_priv_bio_freep) = BIO_new(BIO_s_mem());
    if (!bio || PEM_write_bio_X509(bio, x509_handle(cert)) != 1)
        return ossl_priv_fail(err, E_NOMEM, "cannot write the certificate");
    int rc = ossl_priv_add_bio(out, bio);
    return rc ? err_set(err, rc, "cannot write the certificate: %s", err_sentence(rc)) : 0;
}

int x509_to_der(const struct x509_cert *cert, struct buf *out, struct err *err)
{
    unsigned char *der = NULL;
    int len = i2d_X509(x509_handle(cert), &der);
    if (len <= 0)
        return ossl_priv_fail(err, E_NOMEM, "cannot write the certificate");
    buf_add(out, der, (size_t)len);
    OPENSSL_free(der);
    int rc = buf_check(out);
    return rc ? err_set(err, rc, "cannot write the certificate: %s", err_sentence(rc)) : 0;
}

int x509_fingerprint(const struct x509_cert *cert, char ret_hex[HASH_HEX_BYTES])
{
    struct buf der CLEANUP(buf_done) = {0};
    int rc = x509_to_der(cert, &der, NULL);
    return rc ? rc : hash_sha256_hex(buf_str(&der), ret_hex);
}

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
            return true;
    }
    return false;
}

int x509_priv_check_name(struct str name, struct err *err)
{
    if (name.len == 0 || name.len > X509_NAME_BYTES_MAX)
        return err_set(err, E_ARG, "a name in a certificate has 1 to %d bytes, not %zu",
                       X509_NAME_BYTES_MAX, name.len);
    if (has_control(name) || !text_utf8_valid(name))
        return err_set(err, E_ARG, "a name in a certificate is plain UTF-8 text");
    return 0;
}

int x509_priv_set_name(X509_NAME *subject, struct str name, struct err *err)
{
    if (X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                                   (const unsigned char *)name.ptr, (int)name.len, -1, 0) != 1)
        return ossl_priv_fail(err, E_NOMEM, "cannot set the name '%.*s'", STR_FMT(name));
    return 0;
}

int x509_priv_common_name(const X509_NAME *subject, struct buf *out, struct err *err)
{
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0)
        return err_set(err, E_PARSE, "the subject has no common name");
    if (X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
        return err_set(err, E_PARSE, "the subject has several common names");
    unsigned char *text = NULL;
    int len =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (len < 0)
        return ossl_priv_fail(err, E_PARSE, "the common name is not text");
    struct str name = str_n((const char *)text, (size_t)len);
    int rc = 0;
    if (has_control(name) || !text_utf8_valid(name))
        rc = err_set(err, E_PARSE, "the common name holds control characters");
    else
        buf_add_str(out, name);
    OPENSSL_free(text);
    if (!rc && buf_check(out))
        rc = err_set(err, buf_check(out), "%s", err_sentence(buf_check(out)));
    return rc;
}

int x509_common_name(const struct x509_cert *cert, struct buf *out, struct err *err)
{
    return x509_priv_common_name(X509_get_subject_name(x509_handle(cert)), out, err);
}

int x509_serial(const struct x509_cert *cert, struct buf *out)
{
    /* The absolute value; a negative serial number breaks the standard but occurs. */
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x509_handle(cert));
    text_hex_add(out, ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial));
    return buf_check(out);
}

static int64_t time_ns(const ASN1_TIME *time)
{
    struct tm tm;
    int64_t ns;
    if (ASN1_TIME_to_tm(time, &tm) != 1) {
        ERR_clear_error();
        return INT64_MAX;
    }
    if (__builtin_mul_overflow((int64_t)timegm(&tm), NS_PER_S, &ns))
        return tm.tm_year < 70 ? INT64_MIN : INT64_MAX;
    return ns;
}

int64_t x509_not_before_ns(const struct x509_cert *cert)
{
    return time_ns(X509_get0_notBefore(x509_handle(cert)));
}

int64_t x509_not_after_ns(const struct x509_cert *cert)
{
    return time_ns(X509_get0_notAfter(x509_handle(cert)));
}

int x509_public_key(const struct x509_cert *cert, struct sign_key **ret_key, struct err *err)
{
    EVP_PKEY *pkey = X509_get0_pubkey(x509_handle(cert));
    if (!pkey)
        return ossl_priv_fail(err, E_UNSUPPORTED, "the certificate's key cannot be read");
    return sign_priv_wrap(pkey, false, ret_key, err);
}

static int64_t floor_seconds(int64_t ns)
{
    return ns / NS_PER_S - (ns % NS_PER_S < 0);
}

int x509_verify(const struct x509_cert *cert, const struct x509_cert *const *cas, size_t ca_count,
                enum x509_purpose purpose, int64_t now_ns, struct err *err)
{
    X509_STORE *store CLEANUP(ossl_priv_store_freep) = X509_STORE_new();
    X509_STORE_CTX *ctx CLEANUP(ossl_priv_store_ctx_freep) = X509_STORE_CTX_new();
    if (!store || !ctx)
        return ossl_priv_fail(err, E_NOMEM, "cannot verify the certificate");
    for (size_t i = 0; i < ca_count; i++) {
        if (X509_STORE_add_cert(store, x509_handle(cas[i])) != 1)
            return ossl_priv_fail(err, E_NOMEM, "cannot verify the certificate");
    }
    if (X509_STORE_CTX_init(ctx, store, x509_handle(cert), NULL) != 1)
        return ossl_priv_fail(err, E_NOMEM, "cannot verify the certificate");
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(param, (time_t)floor_seconds(now_ns));
    (void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
    if (X509_VERIFY_PARAM_set_purpose(param, purpose == X509_FOR_CLIENT
                                                 ? X509_PURPOSE_SSL_CLIENT
                                                 : X509_PURPOSE_SSL_SERVER) != 1)
        return ossl_priv_fail(err, E_NOMEM, "cannot verify the certificate");
    if (X509_verify_cert(ctx) == 1)
        return 0;
    int why = X509_STORE_CTX_get_error(ctx);
    ERR_clear_error();
    if (why == X509_V_ERR_OUT_OF_MEM)
        return err_set(err, E_NOMEM, "out of memory");
    return err_set(err, E_CRYPTO, "the certificate is not valid: %s",
                   X509_verify_cert_error_string(why));
}
