/* Setup of libcurl handles. See http_curl_priv.h. Trust never comes from two places: with an
 * authority of ours the system's are not loaded. */
#include "net/http_curl_priv.h"

/* Called by libcurl for each new TLS connection, after it has set up its own. */
static CURLcode on_ssl_ctx(CURL *easy, void *ssl_ctx, void *arg)
{
    struct http_client *client = arg;
    (void)easy;
    if (!client->has_tls) {
        /* conn_curl sends from a queue that moves. */
        (void)SSL_CTX_set_mode(ssl_ctx,
                               SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        return CURLE_OK;
    }
    struct tls_client_options options = {
        .ca_pem = buf_str(&client->ca_pem),
        .ca_fingerprint = client->has_fingerprint ? client->fingerprint : NULL,
        .cert_pem = buf_str(&client->cert_pem),
        .key_pem = buf_str(&client->key_pem),
        .any_time = client->any_time,
    };
    /* The texts were tried when the client was made; what can fail now is memory. */
    int rc = tls_priv_client_apply(&client->pin, &options, ssl_ctx, NULL);
    if (rc == 0)
        return CURLE_OK;
    return rc == E_NOMEM ? CURLE_OUT_OF_MEMORY : CURLE_SSL_CERTPROBLEM;
}

static void set_tls(CURL *easy, struct http_client *client)
{
    (void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, client);
    (void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (!client->has_tls)
        return;
    (void)curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    (void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    (void)curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);
}

CURL *http_curl_new(struct http_client *client, char error[CURL_ERROR_SIZE])
{
    CURL *easy = curl_easy_init();
    if (!easy)
        return NULL;
    error[0] = '\0';
    long version = client->http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1;
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, version);
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)client->connect_timeout_ms);
    (void)curl_easy_setopt(easy, CURLOPT_SHARE, client->share);
    set_tls(easy, client);
    if (curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") != CURLE_OK ||
        curl_easy_setopt(easy, CURLOPT_USERAGENT, client->user_agent) != CURLE_OK ||
        (client->proxy && curl_easy_setopt(easy, CURLOPT_PROXY, client->proxy) != CURLE_OK)) {
        curl_easy_cleanup(easy);
        return NULL;
    }
    return easy;
}

int http_curl_set_url(CURL *easy, const char *url, struct err *err)
{
    CURLU *parsed = curl_url();
    if (!parsed)
        return err_set(err, E_NOMEM, "out of memory");
    CURLUcode bad = curl_url_set(parsed, CURLUPART_URL, url, CURLU_DISALLOW_USER);
    curl_url_cleanup(parsed);
    if (bad)
        return err_set(err, E_ARG, "'%s' is not a usable URL: %s", url, curl_url_strerror(bad));
    if (curl_easy_setopt(easy, CURLOPT_URL, url) != CURLE_OK)
        return err_set(err, E_NOMEM, "out of memory");
    return 0;
}

static int our_code(CURLcode code)
{
    switch (code) {
    case CURLE_OUT_OF_MEMORY:
        return E_NOMEM;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
        return E_ARG;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
        return E_CONNECT;
    case CURLE_OPERATION_TIMEDOUT:
        return E_TIMEOUT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
        return E_CRYPTO;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
        return E_CLOSED;
    case CURLE_FILESIZE_EXCEEDED:
        return E_LIMIT;
    default:
        return E_IO;
    }
}

int http_curl_fail(CURLcode code, const char *error, const char *url, struct err *err)
{
    return err_set(err, our_code(code), "%s: %s", url, error[0] ? error : curl_easy_strerror(code));
}
