/* Blocking HTTP client. See http_client.h. */
#include "net/http_client.h"

#include <openssl/crypto.h>

#include "base/mem.h"
#include "net/http_curl_priv.h"

enum {
    CONNECT_TIMEOUT_MS = 15000,
    CALL_TIMEOUT_MS = 60000,
    ANSWER_BYTES_MAX = 16 * 1024 * 1024,
    PROBLEM_BYTES_MAX = 65536, /* kept of an error's body when it is streamed */
    HEADERS_BYTES_MAX = 65536
};

static pthread_once_t global_once = PTHREAD_ONCE_INIT;
static CURLcode global_result;

static void init_global(void)
{
    global_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void lock_share(CURL *easy, curl_lock_data data, curl_lock_access access, void *arg)
{
    (void)easy;
    (void)data;
    (void)access;
    (void)pthread_mutex_lock(arg);
}

static void unlock_share(CURL *easy, curl_lock_data data, void *arg)
{
    (void)easy;
    (void)data;
    (void)pthread_mutex_unlock(arg);
}

/* TLS sessions outlive the easy handles that made them. */
static int make_share(struct http_client *client)
{
    client->share = curl_share_init();
    if (!client->share)
        return E_NOMEM;
    (void)curl_share_setopt(client->share, CURLSHOPT_LOCKFUNC, lock_share);
    (void)curl_share_setopt(client->share, CURLSHOPT_UNLOCKFUNC, unlock_share);
    (void)curl_share_setopt(client->share, CURLSHOPT_USERDATA, &client->share_lock);
    CURLSHcode rc = curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    return rc == CURLSHE_OK ? 0 : E_NOMEM;
}

/* Copy the TLS options, and try them at once: a bad text is told before anything is called. */
static int take_tls(struct http_client *client, const struct tls_client_options *tls,
                    struct err *err)
{
    struct tls_context *probe;
    int rc = tls_client_new(tls, &probe, err);
    if (rc)
        return rc;
    tls_free(probe);
    client->has_tls = true;
    client->any_time = tls->any_time;
    buf_add_str(&client->ca_pem, tls->ca_pem);
    buf_add_str(&client->cert_pem, tls->cert_pem);
    buf_add_str(&client->key_pem, tls->key_pem);
    if (tls->ca_fingerprint) {
        client->has_fingerprint = true;
        memcpy(client->fingerprint, tls->ca_fingerprint, sizeof client->fingerprint);
    }
    if (buf_check(&client->ca_pem) || buf_check(&client->cert_pem) || buf_check(&client->key_pem))
        return err_set(err, E_NOMEM, "out of memory");
    return 0;
}

static int set_up(struct http_client *client, const struct http_client_options *options,
                  struct err *err)
{
    client->http2 = options->http2;
    client->connect_timeout_ms =
        options->connect_timeout_ms ? options->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    client->timeout_ms = options->timeout_ms ? options->timeout_ms : CALL_TIMEOUT_MS;
    client->user_agent =
        mem_strdup(options->user_agent ? options->user_agent : "cordon/" CORDON_VERSION);
    if (options->proxy)
        client->proxy = mem_strdup(options->proxy);
    if (!client->user_agent || (options->proxy && !client->proxy) || make_share(client))
        return err_set(err, E_NOMEM, "out of memory");
    return options->tls ? take_tls(client, options->tls, err) : 0;
}

int http_client_new(const struct http_client_options *options, struct http_client **ret_client,
                    struct err *err)
{
    (void)pthread_once(&global_once, init_global);
    if (global_result != CURLE_OK)
        return err_set(err, E_INTERNAL, "libcurl: %s", curl_easy_strerror(global_result));
    struct http_client *client = mem_calloc(1, sizeof *client);
    if (!client)
        return err_set(err, E_NOMEM, "out of memory");
    (void)pthread_mutex_init(&client->share_lock, NULL);
    int rc = set_up(client, options, err);
    if (rc) {
        http_client_free(client);
        return rc;
    }
    *ret_client = client;
    return 0;
}

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    curl_easy_cleanup(client->easy);
    (void)curl_share_cleanup(client->share);
    (void)pthread_mutex_destroy(&client->share_lock);
    if (client->key_pem.ptr)
        OPENSSL_cleanse(client->key_pem.ptr, client->key_pem.cap);
    buf_done(&client->key_pem);
    buf_done(&client->cert_pem);
    buf_done(&client->ca_pem);
    mem_free(client->proxy);
    mem_free(client->user_agent);
    mem_free(client);
}

void http_client_freep(struct http_client **client)
{
    http_client_free(*client);
}

/* One call under way. */
struct call {
    const struct http_client_request *request;
    CURL *easy;
    struct curl_slist *headers;
    char error[CURL_ERROR_SIZE];
    struct http_client_answer answer;
    struct str body_left;
    uint64_t received;
    int stopped; /* why a callback stopped it */
};

static void call_done(struct call *call)
{
    curl_slist_free_all(call->headers);
    http_client_answer_done(&call->answer);
}

static size_t on_read(char *ptr, size_t size, size_t count, void *arg)
{
    struct call *call = arg;
    size_t cap = size * count;
    if (call->request->read) {
        size_t n = call->request->read(ptr, cap, call->request->read_arg);
        if (n > cap) {
            call->stopped = E_IO;
            return CURL_READFUNC_ABORT;
        }
        return n;
    }
    struct str piece = str_sub(call->body_left, 0, cap);
    if (piece.len)
        memcpy(ptr, piece.ptr, piece.len);
    call->body_left = str_sub(call->body_left, piece.len, SIZE_MAX);
    return piece.len;
}

/* libcurl starts over when a kept connection turns out to be dead. */
static int on_seek(void *arg, curl_off_t offset, int origin)
{
    struct call *call = arg;
    if (call->request->read || origin != SEEK_SET || offset != 0)
        return CURL_SEEKFUNC_CANTSEEK;
    call->body_left = call->request->body;
    return CURL_SEEKFUNC_OK;
}

/* 0, or why the answer's body goes no further. */
static int take_body(struct call *call, struct str bytes)
{
    const struct http_client_request *request = call->request;
    long status = 0;
    (void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    bool streamed = request->write && status >= 200 && status < 300;
    uint64_t most = request->answer_bytes_max;
    if (!most && !streamed)
        most = request->write ? PROBLEM_BYTES_MAX : ANSWER_BYTES_MAX;
    call->received += bytes.len;
    if (most && call->received > most) {
        bool problem = request->write && !streamed; /* only ever shown: the rest does not matter */
        return problem ? 0 : E_LIMIT;
    }
    if (streamed)
        return request->write(bytes, request->write_arg);
    buf_add_str(&call->answer.body, bytes);
    return buf_check(&call->answer.body);
}

static size_t on_write(char *ptr, size_t size, size_t count, void *arg)
{
    struct call *call = arg;
    call->stopped = take_body(call, str_n(ptr, size * count));
    return call->stopped ? 0 : size * count;
}

/* A status line begins the head of another answer (100, a proxy's): forget the one before. */
static size_t on_header(char *ptr, size_t size, size_t count, void *arg)
{
    struct call *call = arg;
    struct str line = str_trim(str_n(ptr, size * count));
    struct buf *headers = &call->answer.headers;
    if (str_starts(line, STR("HTTP/"))) {
        buf_clear(headers);
    } else if (line.len) {
        buf_add_str(headers, line);
        buf_add_char(headers, '\n');
    }
    if (headers->len > HEADERS_BYTES_MAX)
        call->stopped = E_LIMIT;
    else if (buf_check(headers))
        call->stopped = buf_check(headers);
    return call->stopped ? 0 : size * count;
}

static int add_header(struct call *call, const char *name, struct str value, struct err *err)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return err_set(err, E_ARG, "header %s: control byte in its value", name);
    }
    CLEANUP(buf_done) struct buf line = {0};
    /* libcurl takes "name:" for "leave it out" and "name;" for an empty value. */
    buf_addf(&line, value.len ? "%s: %.*s" : "%s;%.*s", name, STR_FMT(value));
    struct curl_slist *longer =
        buf_check(&line) ? NULL : curl_slist_append(call->headers, buf_cstr(&line));
    if (!longer)
        return err_set(err, E_NOMEM, "out of memory");
    call->headers = longer;
    return 0;
}

static int set_headers(struct call *call, struct err *err)
{
    const struct http_client_request *request = call->request;
    int rc = add_header(call, "Accept", STR("*/*"), err);
    for (size_t i = 0; rc == 0 && i < request->header_count; i++)
        rc = add_header(call, request->headers[i].name, request->headers[i].value, err);
    if (rc == 0 && request->content_type)
        rc = add_header(call, "Content-Type", str_of(request->content_type), err);
    if (rc == 0)
        (void)curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
    return rc;
}

static int set_method(struct call *call, struct err *err)
{
    const struct http_client_request *request = call->request;
    const char *method = request->method ? request->method : "GET";
    uint64_t bytes = request->read ? request->read_bytes : request->body.len;
    bool sends = bytes > 0 || request->read || strcmp(method, "POST") == 0 ||
                 strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0;
    if (strcmp(method, "HEAD") == 0)
        (void)curl_easy_setopt(call->easy, CURLOPT_NOBODY, 1L);
    if (sends) {
        (void)curl_easy_setopt(call->easy, CURLOPT_UPLOAD, 1L);
        (void)curl_easy_setopt(call->easy, CURLOPT_READFUNCTION, on_read);
        (void)curl_easy_setopt(call->easy, CURLOPT_READDATA, call);
        (void)curl_easy_setopt(call->easy, CURLOPT_SEEKFUNCTION, on_seek);
        (void)curl_easy_setopt(call->easy, CURLOPT_SEEKDATA, call);
        (void)curl_easy_setopt(call->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)bytes);
    }
    if (curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, method) != CURLE_OK)
        return err_set(err, E_NOMEM, "out of memory");
    return 0;
}

static int perform(struct http_client *client, struct call *call, struct err *err)
{
    const struct http_client_request *request = call->request;
    int64_t timeout_ms = request->timeout_ms ? request->timeout_ms : client->timeout_ms;
    int rc = http_curl_set_url(call->easy, request->url, err);
    if (rc == 0)
        rc = set_headers(call, err);
    if (rc == 0)
        rc = set_method(call, err);
    if (rc)
        return rc;
    (void)curl_easy_setopt(call->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    (void)curl_easy_setopt(call->easy, CURLOPT_WRITEFUNCTION, on_write);
    (void)curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, call);
    (void)curl_easy_setopt(call->easy, CURLOPT_HEADERFUNCTION, on_header);
    (void)curl_easy_setopt(call->easy, CURLOPT_HEADERDATA, call);
    CURLcode result = curl_easy_perform(call->easy);
    if (call->stopped)
        return err_set(err, call->stopped, "%s: %s", request->url, err_sentence(call->stopped));
    if (result != CURLE_OK)
        return http_curl_fail(result, call->error, request->url, err);
    long status = 0;
    (void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    call->answer.status = (int)status;
    return 0;
}

/* The easy handle is kept for its connections; every option a call may set is set or reset here or
 * in perform. */
static int begin(struct http_client *client, struct call *call, struct err *err)
{
    if (!client->easy)
        client->easy = http_curl_new(client, call->error);
    if (!client->easy)
        return err_set(err, E_NOMEM, "out of memory");
    call->easy = client->easy;
    (void)curl_easy_setopt(call->easy, CURLOPT_ERRORBUFFER, call->error);
    (void)curl_easy_setopt(call->easy, CURLOPT_NOBODY, 0L);
    (void)curl_easy_setopt(call->easy, CURLOPT_UPLOAD, 0L);
    (void)curl_easy_setopt(call->easy, CURLOPT_HTTPGET, 1L);
    return 0;
}

int http_client_call(struct http_client *client, const struct http_client_request *request,
                     struct http_client_answer *ret_answer, struct err *err)
{
    CLEANUP(call_done) struct call call = {.request = request, .body_left = request->body};
    int rc = begin(client, &call, err);
    if (rc == 0)
        rc = perform(client, &call, err);
    if (client->easy) {
        (void)curl_easy_setopt(client->easy, CURLOPT_ERRORBUFFER, NULL);
        (void)curl_easy_setopt(client->easy, CURLOPT_HTTPHEADER, NULL);
    }
    if (rc)
        return rc;
    http_client_answer_done(ret_answer);
    *ret_answer = call.answer;
    call.answer = (struct http_client_answer){0};
    return 0;
}

struct str http_client_find(const struct http_client_answer *answer, const char *name)
{
    struct str rest = buf_str(&answer->headers);
    struct str line;
    while (str_next(&rest, '\n', &line)) {
        size_t colon = str_find_char(line, ':');
        if (colon != SIZE_MAX && str_eq_nocase(str_sub(line, 0, colon), str_of(name)))
            return str_trim(str_sub(line, colon + 1, SIZE_MAX));
    }
    return (struct str){0};
}

void http_client_answer_done(struct http_client_answer *answer)
{
    buf_done(&answer->body);
    buf_done(&answer->headers);
    answer->status = 0;
}
