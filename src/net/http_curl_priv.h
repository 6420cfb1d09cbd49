/* What the clients over libcurl share: one place's TLS material and the setup of an easy handle. */
#ifndef CORDON_NET_HTTP_CURL_PRIV_H
#define CORDON_NET_HTTP_CURL_PRIV_H

#include <curl/curl.h>
#include <pthread.h>

#include "net/http_client.h"
#include "net/tls_priv.h"

struct http_client {
    CURL *easy;    /* of http_client_call */
    CURLSH *share; /* TLS sessions */
    pthread_mutex_t share_lock;
    bool has_tls;
    bool has_fingerprint;
    bool http2;
    unsigned char fingerprint[TLS_FINGERPRINT_BYTES];
    struct buf ca_pem;
    struct buf cert_pem;
    struct buf key_pem;
    bool any_time;
    struct tls_context pin; /* what the verification of a pinned authority reads */
    char *proxy;
    char *user_agent;
    int64_t connect_timeout_ms;
    int64_t timeout_ms;
};

/** New easy handle with trust, identity, proxy, protocols and connect time limit set; `error` gets
 * libcurl's own words. NULL when out of memory. */
CURL *http_curl_new(struct http_client *client, char error[CURL_ERROR_SIZE]);
/** Set the URL. @return 0, E_ARG, E_NOMEM */
int http_curl_set_url(CURL *easy, const char *url, struct err *err) MUST_CHECK;
/** Turn libcurl's result into ours. */
int http_curl_fail(CURLcode code, const char *error, const char *url, struct err *err);

#endif
