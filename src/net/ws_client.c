/* Opening WebSockets as a client. See ws_client.h. An attempt goes: libcurl connects, our handshake
 * is sent and answered, a ws_conn takes the connection over. */
#include "net/ws_client.h"

#include "base/mem.h"
#include "base/text.h"
#include "codec/http1.h"
#include "codec/http1_write.h"
#include "net/conn_curl_priv.h"
#include "net/http_curl_priv.h"
#include "net/ws_conn_priv.h"
#include "os/random.h"
#include "schema/param.h"

struct ws_client {
    struct ws_client_options options;
    int64_t timeout_ms;
    struct conn_curl *connecting; /* until the connection is taken */
    struct conn *conn;
    struct buf url;     /* with a scheme that libcurl knows */
    struct buf request; /* the handshake */
    struct buf in;      /* what came of the answer */
    struct http1_scan scan;
    char accept[WS_ACCEPT_BYTES + 1]; /* the only right answer to our key */
};

static void discard(struct ws_client *a)
{
    conn_free(a->conn);
    conn_curl_free(a->connecting);
    buf_done(&a->url);
    buf_done(&a->request);
    buf_done(&a->in);
    mem_free(a);
}

void ws_client_cancel(struct ws_client *attempt)
{
    if (attempt)
        discard(attempt);
}

static void fail(struct ws_client *a, const struct err *err, int status)
{
    struct err report = *err;
    void (*on_fail)(const struct err *, int, void *) = a->options.on_fail;
    void *arg = a->options.arg;
    discard(a);
    on_fail(&report, status, arg);
}

static void fail_with(struct ws_client *a, int code, int status, const char *reason)
{
    struct err err = {0};
    (void)err_set(&err, code, "%s: %s", buf_cstr(&a->url), reason);
    fail(a, &err, status);
}

/* The error of our list that says the same as a status. */
static int status_code(int status)
{
    switch (status) {
    case 401:
        return E_AUTH;
    case 403:
        return E_DENIED;
    case 404:
        return E_NOT_FOUND;
    case 426:
        return E_VERSION;
    case 429:
        return E_RATE;
    case 503:
        return E_AGAIN;
    default:
        return E_PARSE;
    }
}

/* NULL when the answer accepts our handshake as it must, else what is wrong. RFC 6455 section 4.1.
 */
static const char *check_answer(const struct ws_client *a, const struct http1_head *head)
{
    struct str accept = {0};
    struct str protocol = http1_find(head, "Sec-WebSocket-Protocol");
    if (head->status != 101)
        return "the server does not open a WebSocket";
    if (!head->upgrade || !str_eq_nocase(http1_find(head, "Upgrade"), STR("websocket")))
        return "the answer is no WebSocket handshake";
    if (http1_find_single(head, "Sec-WebSocket-Accept", &accept) || !str_is(accept, a->accept))
        return "the answer belongs to another handshake";
    if (http1_find(head, "Sec-WebSocket-Extensions").ptr)
        return "the server uses an extension nobody asked for";
    if (protocol.ptr && (!a->options.protocol || !str_is(protocol, a->options.protocol)))
        return "the server chose a protocol nobody asked for";
    return NULL;
}

static void on_ws_freed(void *owner)
{
    (void)owner; /* the connection was all there was */
}

static void open_ws(struct ws_client *a, size_t head_bytes)
{
    struct ws_conn *ws;
    struct str early = str_sub(buf_str(&a->in), head_bytes, SIZE_MAX);
    int rc = ws_conn_priv_new(a->conn, WS_CLIENT, &a->options.ws, early, on_ws_freed, NULL, &ws);
    if (rc) {
        fail_with(a, rc, 0, err_sentence(rc));
        return;
    }
    a->conn = NULL; /* it is the WebSocket's */
    void (*on_open)(struct ws_conn *, void *) = a->options.on_open;
    void *arg = a->options.arg;
    discard(a);
    on_open(ws, arg);
}

static void on_data(struct conn *c, struct str bytes, void *arg)
{
    struct ws_client *a = arg;
    struct http1_head head;
    struct http1_fault fault = {0};
    struct http1_limits limits = {
        .head_bytes = (size_t)param_default(PARAM_HTTP_HEAD_BYTES),
        .line_bytes = (size_t)param_default(PARAM_HTTP_LINE_BYTES),
        .headers = (unsigned)param_default(PARAM_HTTP_HEADERS),
    };
    (void)c;
    buf_add_str(&a->in, bytes);
    int rc = buf_check(&a->in);
    if (rc == 0)
        rc = http1_response(&a->scan, buf_str(&a->in), &limits, &head, &fault);
    if (rc == E_AGAIN)
        return;
    if (rc) {
        fail_with(a, rc, 0, fault.reason ? fault.reason : err_sentence(rc));
        return;
    }
    const char *wrong = check_answer(a, &head);
    if (!wrong)
        open_ws(a, head.head_bytes);
    else if (head.status == 101)
        fail_with(a, E_PARSE, 101, wrong);
    else
        fail_with(a, status_code(head.status), head.status, http1_write_reason(head.status));
}

static void on_eof(struct conn *c, void *arg)
{
    (void)c;
    fail_with(arg, E_CLOSED, 0, "the server closed the connection instead of answering");
}

static void on_hangup(struct conn *c, void *arg)
{
    (void)c;
    (void)arg;
}

static void on_drain(struct conn *c, void *arg)
{
    (void)c;
    (void)arg;
}

static void on_timeout(struct conn *c, void *arg)
{
    (void)c;
    fail_with(arg, E_TIMEOUT, 0, "the server did not answer the handshake in time");
}

static void on_close(struct conn *c, int reason, void *arg)
{
    (void)c;
    fail_with(arg, reason ? reason : E_CLOSED, 0, "the connection broke during the handshake");
}

static const struct conn_handler conn_callbacks = {
    .on_data = on_data,
    .on_eof = on_eof,
    .on_hangup = on_hangup,
    .on_drain = on_drain,
    .on_timeout = on_timeout,
    .on_close = on_close,
};

static void on_connected(int rc, const struct err *err, void *arg)
{
    struct ws_client *a = arg;
    if (rc) {
        fail(a, err, 0);
        return;
    }
    struct conn_options options = {
        .queue_bytes_max = SIZE_MAX, /* until the WebSocket sets its own */
        .write_timeout_ms = param_default(PARAM_HTTP_WRITE_MS),
        .handler = &conn_callbacks,
        .arg = a,
    };
    rc = conn_curl_take(a->connecting, &options, &a->conn);
    if (rc == 0) {
        a->connecting = NULL;
        struct str request = buf_str(&a->request);
        rc = conn_write(a->conn, &request, 1);
    }
    if (rc) {
        fail_with(a, rc, 0, "the handshake could not be sent");
        return;
    }
    conn_deadline(a->conn, a->timeout_ms);
}

/* "wss://host/path" is to libcurl "https://host/path". */
static int translate_url(const char *url, struct buf *out, struct err *err)
{
    static const struct {
        struct str from;
        const char *to;
    } schemes[] = {
        {{"wss://", 6}, "https://"},
        {{"ws://", 5}, "http://"},
        {{"https://", 8}, "https://"},
        {{"http://", 7}, "http://"},
    };
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        if (!str_starts_nocase(str_of(url), schemes[i].from))
            continue;
        buf_add_cstr(out, schemes[i].to);
        buf_add_cstr(out, url + schemes[i].from.len);
        return buf_check(out) ? err_set(err, E_NOMEM, "out of memory") : 0;
    }
    return err_set(err, E_ARG, "'%s' is no WebSocket URL (wss://host/path)", url);
}

static void free_url(CURLU **url)
{
    curl_url_cleanup(*url);
}

static void free_part(char **part)
{
    curl_free(*part);
}

/* Request line and Host field out of the URL. */
static int write_target(struct ws_client *a, struct err *err)
{
    CLEANUP(free_url) CURLU *url = curl_url();
    CLEANUP(free_part) char *host = NULL;
    CLEANUP(free_part) char *port = NULL;
    CLEANUP(free_part) char *path = NULL;
    CLEANUP(free_part) char *query = NULL;
    if (!url)
        return err_set(err, E_NOMEM, "out of memory");
    if (curl_url_set(url, CURLUPART_URL, buf_cstr(&a->url), CURLU_DISALLOW_USER) ||
        curl_url_get(url, CURLUPART_HOST, &host, 0) || curl_url_get(url, CURLUPART_PATH, &path, 0))
        return err_set(err, E_ARG, "'%s' is not a usable URL", buf_cstr(&a->url));
    (void)curl_url_get(url, CURLUPART_PORT, &port, 0);
    (void)curl_url_get(url, CURLUPART_QUERY, &query, 0);
    CLEANUP(buf_done) struct buf target = {0};
    CLEANUP(buf_done) struct buf authority = {0};
    buf_addf(&target, "%s%s%s", path, query ? "?" : "", query ? query : "");
    buf_addf(&authority, "%s%s%s", host, port ? ":" : "", port ? port : "");
    if (buf_check(&target) || buf_check(&authority))
        return err_set(err, E_NOMEM, "out of memory");
    if (http1_write_request(&a->request, STR("GET"), buf_str(&target)) ||
        http1_write_header(&a->request, "Host", buf_str(&authority)))
        return err_set(err, E_ARG, "'%s' is not a usable URL", buf_cstr(&a->url));
    return 0;
}

static int write_key(struct ws_client *a)
{
    unsigned char nonce[16];
    CLEANUP(buf_done) struct buf key = {0};
    random_bytes(nonce, sizeof nonce);
    text_base64_add(&key, nonce, sizeof nonce);
    if (buf_check(&key) || ws_accept_key(buf_str(&key), a->accept))
        return E_NOMEM;
    return http1_write_header(&a->request, "Sec-WebSocket-Key", buf_str(&key));
}

static int write_request(struct ws_client *a, const char *user_agent, struct err *err)
{
    const struct ws_client_options *o = &a->options;
    int rc = write_target(a, err);
    if (rc)
        return rc;
    buf_add_cstr(&a->request, "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Version: 13\r\n");
    if (write_key(a) || http1_write_header(&a->request, "User-Agent", str_of(user_agent)))
        return err_set(err, E_NOMEM, "out of memory");
    if (o->protocol &&
        http1_write_header(&a->request, "Sec-WebSocket-Protocol", str_of(o->protocol)))
        return err_set(err, E_ARG, "'%s' is no protocol name", o->protocol);
    for (size_t i = 0; i < o->header_count; i++) {
        if (http1_write_header(&a->request, o->headers[i].name, o->headers[i].value))
            return err_set(err, E_ARG, "header %s: malformed", o->headers[i].name);
    }
    http1_write_end(&a->request);
    return buf_check(&a->request) ? err_set(err, E_NOMEM, "out of memory") : 0;
}

int ws_client_connect(struct http_client *client, const struct ws_client_options *options,
                      struct ws_client **ret_attempt, struct err *err)
{
    struct ws_client *a = mem_calloc(1, sizeof *a);
    if (!a)
        return err_set(err, E_NOMEM, "out of memory");
    a->options = *options;
    a->timeout_ms = client->connect_timeout_ms;
    int rc = translate_url(options->url, &a->url, err);
    if (rc == 0)
        rc = write_request(a, client->user_agent, err);
    if (rc == 0)
        rc = conn_curl_connect(client, options->loop, buf_cstr(&a->url), on_connected, a,
                               &a->connecting, err);
    if (rc) {
        discard(a);
        return rc;
    }
    a->options.url = NULL; /* borrowed for the call, like the headers */
    a->options.headers = NULL;
    *ret_attempt = a;
    return 0;
}
