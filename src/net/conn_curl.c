/* Connections by way of libcurl. See conn_curl_priv.h. The multi interface is driven by the loop
 * until the connection stands (CONNECT_ONLY); from then on the descriptor is watched by conn.c and
 * bytes move through curl_easy_send and curl_easy_recv, so that a proxy or TLS need not be known.
 */
#include "net/conn_curl_priv.h"

#include <assert.h>

#include "base/mem.h"
#include "net/conn_priv.h"
#include "net/http_curl_priv.h"

struct conn_curl {
    struct loop *loop;
    CURLM *multi;
    CURL *easy;
    char *url;
    uint64_t timer;
    bool settled; /* libcurl's wishes for the descriptor count no more */
    conn_curl_fn fn;
    void *arg;
    char error[CURL_ERROR_SIZE];
};

static void act(struct conn_curl *cc, curl_socket_t fd, int events);

static void on_fd(struct loop *loop, int fd, unsigned events, void *arg)
{
    int mask = 0;
    (void)loop;
    if (events & LOOP_READ)
        mask |= CURL_CSELECT_IN;
    if (events & LOOP_WRITE)
        mask |= CURL_CSELECT_OUT;
    if (events & LOOP_HANGUP)
        mask |= CURL_CSELECT_ERR;
    act(arg, fd, mask);
}

static void on_timer(struct loop *loop, void *arg)
{
    struct conn_curl *cc = arg;
    (void)loop;
    cc->timer = 0;
    act(cc, CURL_SOCKET_TIMEOUT, 0);
}

/* libcurl says what to watch. */
static int watch_fd(CURL *easy, curl_socket_t fd, int what, void *arg, void *fd_arg)
{
    struct conn_curl *cc = arg;
    (void)easy;
    (void)fd_arg;
    if (cc->settled)
        return 0;
    if (what == CURL_POLL_REMOVE) {
        loop_del(cc->loop, fd);
        return 0;
    }
    unsigned events = 0;
    if (what & CURL_POLL_IN)
        events |= LOOP_READ;
    if (what & CURL_POLL_OUT)
        events |= LOOP_WRITE;
    int rc = loop_mod(cc->loop, fd, events);
    if (rc == E_NOT_FOUND)
        rc = loop_add(cc->loop, fd, events, on_fd, cc);
    return rc ? -1 : 0;
}

/* libcurl says when to come back. */
static int watch_time(CURLM *multi, long delay_ms, void *arg)
{
    struct conn_curl *cc = arg;
    (void)multi;
    loop_timer_cancel(cc->loop, cc->timer);
    cc->timer = 0;
    if (delay_ms < 0 || cc->settled)
        return 0;
    cc->timer = loop_timer(cc->loop, delay_ms, on_timer, cc);
    return cc->timer ? 0 : -1;
}

/* It stands: stop listening to libcurl, which now only carries bytes. */
static void settle(struct conn_curl *cc)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    cc->settled = true;
    loop_timer_cancel(cc->loop, cc->timer);
    cc->timer = 0;
    if (curl_easy_getinfo(cc->easy, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK &&
        fd != CURL_SOCKET_BAD)
        loop_del(cc->loop, fd);
}

/* Let libcurl work, and tell when it is done. The callback may free. */
static void act(struct conn_curl *cc, curl_socket_t fd, int events)
{
    int running = 0;
    int left = 0;
    CURLMcode multi_rc = curl_multi_socket_action(cc->multi, fd, events, &running);
    CURLMsg *message = curl_multi_info_read(cc->multi, &left);
    struct err err = {0};
    int rc = 0;
    if (message && message->msg == CURLMSG_DONE) {
        if (message->data.result != CURLE_OK)
            rc = http_curl_fail(message->data.result, cc->error, cc->url, &err);
    } else if (multi_rc != CURLM_OK) {
        rc = err_set(&err, multi_rc == CURLM_OUT_OF_MEMORY ? E_NOMEM : E_INTERNAL, "%s: %s",
                     cc->url, curl_multi_strerror(multi_rc));
    } else {
        return;
    }
    if (rc == 0)
        settle(cc);
    cc->fn(rc, &err, cc->arg);
}

static int set_up(struct conn_curl *cc, struct http_client *client, const char *url,
                  struct err *err)
{
    cc->url = mem_strdup(url);
    cc->multi = curl_multi_init();
    cc->easy = http_curl_new(client, cc->error);
    if (!cc->url || !cc->multi || !cc->easy)
        return err_set(err, E_NOMEM, "out of memory");
    int rc = http_curl_set_url(cc->easy, url, err);
    if (rc)
        return rc;
    (void)curl_easy_setopt(cc->easy, CURLOPT_CONNECT_ONLY, 1L);
    (void)curl_easy_setopt(cc->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_multi_setopt(cc->multi, CURLMOPT_SOCKETFUNCTION, watch_fd);
    (void)curl_multi_setopt(cc->multi, CURLMOPT_SOCKETDATA, cc);
    (void)curl_multi_setopt(cc->multi, CURLMOPT_TIMERFUNCTION, watch_time);
    (void)curl_multi_setopt(cc->multi, CURLMOPT_TIMERDATA, cc);
    CURLMcode multi_rc = curl_multi_add_handle(cc->multi, cc->easy); /* sets the first timer */
    if (multi_rc != CURLM_OK || !cc->timer)
        return err_set(err, E_NOMEM, "%s: %s", url, curl_multi_strerror(multi_rc));
    return 0;
}

int conn_curl_connect(struct http_client *client, struct loop *loop, const char *url,
                      conn_curl_fn fn, void *arg, struct conn_curl **ret_cc, struct err *err)
{
    struct conn_curl *cc = mem_calloc(1, sizeof *cc);
    if (!cc)
        return err_set(err, E_NOMEM, "out of memory");
    cc->loop = loop;
    cc->fn = fn;
    cc->arg = arg;
    int rc = set_up(cc, client, url, err);
    if (rc) {
        conn_curl_free(cc);
        return rc;
    }
    *ret_cc = cc;
    return 0;
}

void conn_curl_free(struct conn_curl *cc)
{
    if (!cc)
        return;
    /* While connecting, taking the handle out makes libcurl give up its descriptors by watch_fd. */
    if (cc->multi && cc->easy)
        (void)curl_multi_remove_handle(cc->multi, cc->easy);
    curl_easy_cleanup(cc->easy);
    if (cc->multi)
        (void)curl_multi_cleanup(cc->multi);
    loop_timer_cancel(cc->loop, cc->timer);
    mem_free(cc->url);
    mem_free(cc);
}

static int curl_read(struct conn *c, char *ptr, size_t cap, size_t *ret_len, unsigned *ret_want)
{
    struct conn_curl *cc = c->state;
    size_t len = 0;
    CURLcode rc = curl_easy_recv(cc->easy, ptr, cap, &len);
    if (rc == CURLE_AGAIN) {
        *ret_want = LOOP_READ;
        return E_AGAIN;
    }
    if (rc != CURLE_OK)
        return E_IO;
    *ret_len = len;
    return len ? 0 : E_CLOSED;
}

static int curl_write(struct conn *c, const struct iovec *iov, int count, size_t *ret_len,
                      unsigned *ret_want)
{
    struct conn_curl *cc = c->state;
    (void)count; /* frames are one part */
    CURLcode rc = curl_easy_send(cc->easy, iov[0].iov_base, iov[0].iov_len, ret_len);
    if (rc == CURLE_AGAIN) {
        *ret_want = LOOP_WRITE;
        return E_AGAIN;
    }
    return rc == CURLE_OK ? 0 : E_IO;
}

static void curl_finish(struct conn *c)
{
    (void)shutdown(c->fd, SHUT_WR);
}

static void curl_close(struct conn *c)
{
    conn_curl_free(c->state);
}

static const struct conn_transport curl_transport = {
    .read = curl_read,
    .write = curl_write,
    .finish = curl_finish,
    .close = curl_close,
};

int conn_curl_take(struct conn_curl *cc, const struct conn_options *options, struct conn **ret_conn)
{
    assert(cc->settled);
    struct conn_options own = *options;
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (curl_easy_getinfo(cc->easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK ||
        fd == CURL_SOCKET_BAD)
        return E_IO;
    own.loop = cc->loop;
    own.fd = fd;
    return conn_priv_new(&own, &curl_transport, cc, ret_conn);
}
