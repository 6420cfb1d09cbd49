/* Client connections made by libcurl (name, proxy, TLS) without blocking the loop, and used through
 * the connection's own functions afterwards. */
#ifndef CORDON_NET_CONN_CURL_PRIV_H
#define CORDON_NET_CONN_CURL_PRIV_H

#include "net/conn.h"
#include "net/http_client.h"

struct conn_curl; /* being connected, or connected and not taken yet */

/** The attempt ended: rc 0, or an error with its report. conn_curl_take or conn_curl_free follow.
 */
typedef void (*conn_curl_fn)(int rc, const struct err *err, void *arg);

/**
 * Begin to connect to the host of a URL (http:// or https://); `fn` is called from the loop.
 * @return 0, E_ARG, E_NOMEM, E_INTERNAL
 */
int conn_curl_connect(struct http_client *client, struct loop *loop, const char *url,
                      conn_curl_fn fn, void *arg, struct conn_curl **ret_cc,
                      struct err *err) MUST_CHECK;
/** NULL is allowed. Not from inside libcurl. */
void conn_curl_free(struct conn_curl *cc);

/**
 * Make a connection of it. fd and tls of the options are ignored.
 * @return 0 (the connection owns it now), E_NOMEM, E_IO
 */
int conn_curl_take(struct conn_curl *cc, const struct conn_options *options,
                   struct conn **ret_conn) MUST_CHECK;

#endif
