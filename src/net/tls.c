/* TLS contexts over OpenSSL 3. See tls.h.
 * A client context keeps no copy of private keys outside OpenSSL; a pinned authority is looked for
 * in the chain the server sends. Source: RFC 8446, OpenSSL 3.0 manual. */
#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/mem.h"
#include "net/tls_priv.h"

/* How long a session may be resumed: a device that was asleep overnight saves the full handshake.
 */
enum { SESSION_LIFE_S = 86400, SECURITY_LEVEL = 2 };

static const unsigned char alpn_http1[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

int tls_priv_error(struct err *err, int code, const char *what)
{
    unsigned long first = ERR_get_error();
    char text[256] = "no reason given";
    if (first)
        ERR_error_string_n(first, text, sizeof text);
    ERR_clear_error();
    return err_set(err, code, "%s: %s", what, text);
}

static void free_bio(BIO **bio)
{
    BIO_free_all(*bio);
}

static void free_x509(X509 **cert)
{
    X509_free(*cert);
}

static void free_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static int open_pem(struct str pem, const char *what, BIO **ret_bio, struct err *err)
{
    if (pem.len == 0 || pem.len > TLS_PEM_BYTES_MAX)
        return err_set(err, E_PARSE, "%s: expected PEM text of 1 to %d bytes, got %zu", what,
                       TLS_PEM_BYTES_MAX, pem.len);
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    if (!bio)
        return err_set(err, E_NOMEM, "%s: out of memory", what);
    *ret_bio = bio;
    return 0;
}

/* An encrypted key is refused: a server has nobody to ask. */
static int no_password(char *out, int size, int writing, void *arg)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)arg;
    return 0;
}

/* True when reading stopped because the text has no further PEM block. */
static bool at_pem_end(void)
{
    unsigned long last = ERR_peek_last_error();
    bool end = ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
    if (end)
        ERR_clear_error();
    return end;
}

/* Does one thing with a certificate it does not own; 1 on success, as OpenSSL has it. */
typedef int (*cert_fn)(SSL_CTX *ctx, X509 *cert, unsigned index);

/* Call `take` for every certificate of a PEM text, at least one. */
static int each_cert(struct str pem, const char *what, cert_fn take, SSL_CTX *ctx, struct err *err)
{
    CLEANUP(free_bio) BIO *bio = NULL;
    int rc = open_pem(pem, what, &bio, err);
    if (rc)
        return rc;
    ERR_clear_error();
    for (unsigned index = 0;; index++) {
        CLEANUP(free_x509) X509 *cert = PEM_read_bio_X509(bio, NULL, no_password, NULL);
        if (!cert && index > 0 && at_pem_end())
            return 0;
        if (!cert)
            return tls_priv_error(err, E_PARSE, what);
        if (take(ctx, cert, index) != 1)
            return tls_priv_error(err, E_CRYPTO, what);
    }
}

static int take_own_cert(SSL_CTX *ctx, X509 *cert, unsigned index)
{
    return index == 0 ? SSL_CTX_use_certificate(ctx, cert)
                      : (int)SSL_CTX_add1_chain_cert(ctx, cert);
}

static int take_authority(SSL_CTX *ctx, X509 *cert, unsigned index)
{
    (void)index;
    return X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), cert);
}

static int take_client_authority(SSL_CTX *ctx, X509 *cert, unsigned index)
{
    return take_authority(ctx, cert, index) == 1 ? SSL_CTX_add_client_CA(ctx, cert) : 0;
}

static int use_own_identity(SSL_CTX *ctx, struct str cert_pem, struct str key_pem, struct err *err)
{
    int rc = each_cert(cert_pem, "certificate", take_own_cert, ctx, err);
    if (rc)
        return rc;
    CLEANUP(free_bio) BIO *bio = NULL;
    rc = open_pem(key_pem, "private key", &bio, err);
    if (rc)
        return rc;
    CLEANUP(free_key) EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    if (!key)
        return tls_priv_error(err, E_PARSE, "private key");
    if (SSL_CTX_use_PrivateKey(ctx, key) != 1 || SSL_CTX_check_private_key(ctx) != 1)
        return tls_priv_error(err, E_CRYPTO, "private key does not belong to the certificate");
    return 0;
}

/* What both sides share. */
static int set_common(SSL_CTX *ctx, struct err *err)
{
    SSL_CTX_set_security_level(ctx, SECURITY_LEVEL);
    if (SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) != 1)
        return tls_priv_error(err, E_CRYPTO, "TLS 1.3");
    (void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    /* An authority of ours is trusted because it is configured, root of somebody else's or not. */
    if (X509_STORE_set_flags(SSL_CTX_get_cert_store(ctx), X509_V_FLAG_PARTIAL_CHAIN) != 1)
        return tls_priv_error(err, E_NOMEM, "trust store");
    return 0;
}

static int select_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                       const unsigned char *in, unsigned in_len, void *arg)
{
    (void)ssl;
    (void)arg;
    unsigned char *chosen = NULL;
    if (SSL_select_next_proto(&chosen, out_len, alpn_http1, sizeof alpn_http1, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* A resumed session brings the certificate verified when it began: it must not outlive a change of
 * the authorities, so they are part of the session's context. */
static int set_session_context(SSL_CTX *ctx, const struct tls_server_options *options,
                               const unsigned char *ticket_key, struct err *err)
{
    unsigned char id[EVP_MAX_MD_SIZE];
    unsigned id_len = 0;
    if (EVP_Digest(options->client_ca_pem.ptr, options->client_ca_pem.len, id, &id_len,
                   EVP_sha256(), NULL) != 1 ||
        SSL_CTX_set_session_id_context(ctx, id, id_len) != 1)
        return tls_priv_error(err, E_NOMEM, "session context");
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* tickets only, no memory */
    (void)SSL_CTX_set_timeout(ctx, SESSION_LIFE_S);
    if (SSL_CTX_set_num_tickets(ctx, 1) != 1 ||
        SSL_CTX_set_tlsext_ticket_keys(ctx, (void *)(uintptr_t)ticket_key, TLS_TICKET_KEY_BYTES) !=
            1)
        return tls_priv_error(err, E_CRYPTO, "session tickets");
    return 0;
}

static int set_server(SSL_CTX *ctx, const struct tls_server_options *options,
                      const unsigned char *ticket_key, struct err *err)
{
    int rc = set_common(ctx, err);
    if (rc == 0)
        rc = use_own_identity(ctx, options->cert_pem, options->key_pem, err);
    if (rc == 0)
        rc = set_session_context(ctx, options, ticket_key, err);
    if (rc)
        return rc;
    SSL_CTX_set_alpn_select_cb(ctx, select_alpn, NULL);
    if (options->client_cert == TLS_CLIENT_CERT_NONE)
        return 0;
    int mode = SSL_VERIFY_PEER;
    if (options->client_cert == TLS_CLIENT_CERT_REQUIRED)
        mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_verify(ctx, mode, NULL);
    return each_cert(options->client_ca_pem, "client authority", take_client_authority, ctx, err);
}

static int make_server(const struct tls_server_options *options, const unsigned char *ticket_key,
                       SSL_CTX **ret_ctx, struct err *err)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx)
        return tls_priv_error(err, E_NOMEM, "TLS context");
    int rc = set_server(ctx, options, ticket_key, err);
    if (rc) {
        SSL_CTX_free(ctx);
        return rc;
    }
    *ret_ctx = ctx;
    return 0;
}

int tls_server_new(const struct tls_server_options *options, struct tls_context **ret_context,
                   struct err *err)
{
    struct tls_context *context = mem_calloc(1, sizeof *context);
    if (!context)
        return err_set(err, E_NOMEM, "TLS context: out of memory");
    int rc = 0;
    if (options->ticket_key)
        memcpy(context->ticket_key, options->ticket_key, sizeof context->ticket_key);
    else if (RAND_priv_bytes(context->ticket_key, sizeof context->ticket_key) != 1)
        rc = tls_priv_error(err, E_CRYPTO, "ticket key");
    if (rc == 0)
        rc = make_server(options, context->ticket_key, &context->ssl_ctx, err);
    if (rc) {
        tls_free(context);
        return rc;
    }
    *ret_context = context;
    return 0;
}

int tls_server_reload(struct tls_context *context, const struct tls_server_options *options,
                      struct err *err)
{
    SSL_CTX *fresh;
    int rc = make_server(options, context->ticket_key, &fresh, err);
    if (rc)
        return rc;
    SSL_CTX_free(context->ssl_ctx); /* connections hold references */
    context->ssl_ctx = fresh;
    return 0;
}

void tls_free(struct tls_context *context)
{
    if (!context)
        return;
    SSL_CTX_free(context->ssl_ctx);
    OPENSSL_cleanse(context->ticket_key, sizeof context->ticket_key);
    mem_free(context);
}

static bool has_fingerprint(X509 *cert, const unsigned char *fingerprint)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    return X509_digest(cert, EVP_sha256(), digest, &len) == 1 && len == TLS_FINGERPRINT_BYTES &&
           memcmp(digest, fingerprint, len) == 0;
}

/* Trust the certificate of the pinned fingerprint if the server sent it, and nothing else; the
 * chain up to it, dates and host name are then verified as ever. */
static int verify_pinned(X509_STORE_CTX *store, void *arg)
{
    const struct tls_context *context = arg;
    STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(store);
    STACK_OF(X509) *trusted = sk_X509_new_null();
    for (int i = 0; trusted && i < sk_X509_num(sent); i++) {
        X509 *cert = sk_X509_value(sent, i);
        if (has_fingerprint(cert, context->ca_fingerprint) && !sk_X509_push(trusted, cert))
            break;
    }
    int ok = 0;
    if (trusted && sk_X509_num(trusted) > 0) {
        X509_STORE_CTX_set0_trusted_stack(store, trusted);
        ok = X509_verify_cert(store);
        X509_STORE_CTX_set0_trusted_stack(store, NULL);
    } else {
        X509_STORE_CTX_set_error(store, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    }
    sk_X509_free(trusted);
    return ok;
}

int tls_priv_client_apply(struct tls_context *context, const struct tls_client_options *options,
                          SSL_CTX *ssl_ctx, struct err *err)
{
    int rc = set_common(ssl_ctx, err);
    if (rc)
        return rc;
    SSL_CTX_set_verify(ssl_ctx, SSL_VERIFY_PEER, NULL);
    if (options->any_time &&
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ssl_ctx), X509_V_FLAG_NO_CHECK_TIME) != 1)
        return tls_priv_error(err, E_NOMEM, "TLS context");
    if (options->ca_fingerprint) {
        memcpy(context->ca_fingerprint, options->ca_fingerprint, sizeof context->ca_fingerprint);
        SSL_CTX_set_cert_verify_callback(ssl_ctx, verify_pinned, context);
    } else {
        rc = each_cert(options->ca_pem, "authority", take_authority, ssl_ctx, err);
    }
    if (rc == 0 && options->cert_pem.len)
        rc = use_own_identity(ssl_ctx, options->cert_pem, options->key_pem, err);
    return rc;
}

int tls_client_new(const struct tls_client_options *options, struct tls_context **ret_context,
                   struct err *err)
{
    struct tls_context *context = mem_calloc(1, sizeof *context);
    if (!context)
        return err_set(err, E_NOMEM, "TLS context: out of memory");
    context->client = true;
    context->ssl_ctx = SSL_CTX_new(TLS_client_method());
    int rc = context->ssl_ctx ? 0 : tls_priv_error(err, E_NOMEM, "TLS context");
    if (rc == 0)
        rc = tls_priv_client_apply(context, options, context->ssl_ctx, err);
    /* Inverted result: 0 is success. */
    if (rc == 0 && SSL_CTX_set_alpn_protos(context->ssl_ctx, alpn_http1, sizeof alpn_http1) != 0)
        rc = tls_priv_error(err, E_NOMEM, "ALPN");
    if (rc) {
        tls_free(context);
        return rc;
    }
    *ret_context = context;
    return 0;
}
