/* What the transports and the libcurl clients need of a TLS context. */
#ifndef CORDON_NET_TLS_PRIV_H
#define CORDON_NET_TLS_PRIV_H

#include <openssl/ssl.h>

#include "net/tls.h"

struct tls_context {
    SSL_CTX *ssl_ctx;
    bool client;
    bool pinned; /* ca_fingerprint holds the only authority */
    unsigned char ca_fingerprint[TLS_FINGERPRINT_BYTES];
    unsigned char ticket_key[TLS_TICKET_KEY_BYTES];
};

/** Set up an SSL_CTX that somebody else owns (libcurl) as this client context's; `context` must
 * outlive it. @return 0, E_PARSE, E_CRYPTO, E_NOMEM */
int tls_priv_client_apply(struct tls_context *context, const struct tls_client_options *options,
                          SSL_CTX *ssl_ctx, struct err *err) MUST_CHECK;

/** Fill `err` with the oldest error OpenSSL has queued, and forget the others. @return code */
int tls_priv_error(struct err *err, int code, const char *what);

#endif
