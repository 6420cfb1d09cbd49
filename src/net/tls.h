/* TLS contexts: TLS 1.3 and nothing older. A server context holds the certificate and says whether
 * clients must show one; a client context holds the authority it trusts. Used by conn, http_server,
 * http_client. Memory from OpenSSL is its own; private keys are never logged or prompted for. */
#ifndef CORDON_NET_TLS_H
#define CORDON_NET_TLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct tls_context;
struct ssl_ctx_st; /* OpenSSL's SSL_CTX */
struct x509_st;    /* OpenSSL's X509 */

/** Bytes of a session ticket key. */
#define TLS_TICKET_KEY_BYTES 80
/** Bytes of a SHA-256 fingerprint. */
#define TLS_FINGERPRINT_BYTES 32
/** Longest PEM bundle read. */
#define TLS_PEM_BYTES_MAX (1024 * 1024)

enum tls_client_cert {
    TLS_CLIENT_CERT_NONE,     /* not asked for */
    TLS_CLIENT_CERT_OPTIONAL, /* verified when sent; a request without one has no peer */
    TLS_CLIENT_CERT_REQUIRED
};

struct tls_server_options {
    struct str cert_pem; /* the server's certificate first, then its issuers; for enrollment by
                            fingerprint the authority itself must be among them */
    struct str key_pem;  /* unencrypted private key */
    enum tls_client_cert client_cert;
    struct str client_ca_pem; /* authorities of client certificates, unless NONE */
    /** TLS_TICKET_KEY_BYTES, the same on all loops and restarts that resume each other's sessions;
     * NULL draws a random one that lives as long as the context. */
    const unsigned char *ticket_key;
};

struct tls_client_options {
    struct str ca_pem; /* authorities trusted; empty with a fingerprint */
    /** SHA-256 of the DER form of the authority (or of the server's own certificate): trusted when
     * the server sends it in its chain. NULL: ca_pem decides. */
    const unsigned char *ca_fingerprint;
    struct str cert_pem; /* own certificate and key, or both empty */
    struct str key_pem;
    /** Do not judge the validity dates of the server's certificate: for a device whose clock may be
     * years off and which must be reached all the same. What it obeys is signed besides. Not with a
     * fingerprint. */
    bool any_time;
};

/** Whom a verified certificate names. */
struct tls_peer {
    char common_name[65];     /* "" when it has none, several, or one with control bytes */
    char serial_hex[43];      /* lower case */
    char fingerprint_hex[65]; /* SHA-256 of the DER form, lower case */
    int64_t not_after_ns;
};

/**
 * @param options borrowed for the call
 * @return 0, E_PARSE (a PEM text), E_CRYPTO (key and certificate do not belong together), E_NOMEM
 */
int tls_server_new(const struct tls_server_options *options, struct tls_context **ret_context,
                   struct err *err) MUST_CHECK;
int tls_client_new(const struct tls_client_options *options, struct tls_context **ret_context,
                   struct err *err) MUST_CHECK;

/**
 * Put a new certificate (or other options) in place of the old for connections accepted from now
 * on; those that exist keep theirs. Sessions resume across it when the client authorities are the
 * same. On failure everything stays. Loop thread of its listener only.
 */
int tls_server_reload(struct tls_context *context, const struct tls_server_options *options,
                      struct err *err) MUST_CHECK;

/** Connections made from it stay valid. NULL is allowed. */
void tls_free(struct tls_context *context);

#endif
