/* HTTP server: listener, list of connections, draining. See http_server.h. */
#include "net/http_server.h"

#include "base/mem.h"
#include "net/http_priv.h"
#include "net/ws_conn.h"
#include "schema/param.h"

static bool on_accept(int fd, const struct listener_peer *peer, void *arg)
{
    return http_conn_new(arg, fd, peer) == 0;
}

static void or_default(int64_t *value, enum param_id id)
{
    if (*value == 0)
        *value = param_default(id);
}

static void or_default_count(unsigned *value, enum param_id id)
{
    if (*value == 0)
        *value = (unsigned)param_default(id);
}

int http_server_new(const struct http_server_options *options, struct http_server **ret_server,
                    struct err *err)
{
    struct http_server *server = mem_calloc(1, sizeof *server);
    if (!server)
        return err_set(err, E_NOMEM, "HTTP server: out of memory");
    server->options = *options;
    struct http_server_options *o = &server->options;
    or_default(&o->head_timeout_ms, PARAM_HTTP_HEAD_MS);
    or_default(&o->idle_timeout_ms, PARAM_HTTP_IDLE_MS);
    or_default(&o->body_timeout_ms, PARAM_HTTP_BODY_MS);
    or_default(&o->write_timeout_ms, PARAM_HTTP_WRITE_MS);
    or_default_count(&o->accepts_per_s, PARAM_HTTP_ACCEPTS_PER_S);
    or_default_count(&o->connections_max, PARAM_HTTP_CONNECTIONS);
    or_default_count(&o->connections_per_address_max, PARAM_HTTP_CONNECTIONS_PER_ADDRESS);
    struct listener_options listening = {
        .loop = o->loop,
        .address = o->address,
        .port = o->port,
        .share_port = o->share_port,
        .accepts_per_s = o->accepts_per_s,
        .connections_max = o->connections_max,
        .connections_per_address_max = o->connections_per_address_max,
        .on_accept = on_accept,
        .arg = server,
    };
    int rc = listener_new(&listening, &server->listener, err);
    if (rc) {
        mem_free(server);
        return rc;
    }
    o->address = NULL; /* was borrowed for the call */
    *ret_server = server;
    return 0;
}

/* Call `fn` for each connection; it may free that one, no other. */
static void each_conn(struct http_server *server, void (*fn)(struct http_conn *hc))
{
    for (struct http_conn *hc = server->conns, *next; hc; hc = next) {
        next = hc->next;
        fn(hc);
    }
}

/* Last act: `fn` may free the server. */
static void report_drained(struct http_server *server)
{
    void (*fn)(struct http_server *, void *) = TAKE(server->on_drained);
    fn(server, server->on_drained_arg);
}

static void on_drain_timer(struct loop *loop, void *arg)
{
    struct http_server *server = arg;
    (void)loop;
    server->drain_timer = 0;
    void (*fn)(struct http_server *, void *) = TAKE(server->on_drained);
    each_conn(server, http_conn_free);
    server->on_drained = fn;
    report_drained(server);
}

void http_server_check_drained(struct http_server *server)
{
    if (!server->on_drained || server->conns)
        return;
    loop_timer_cancel(server->options.loop, server->drain_timer);
    report_drained(server);
}

int http_server_drain(struct http_server *server, int64_t timeout_ms,
                      void (*fn)(struct http_server *server, void *arg), void *arg)
{
    if (server->draining)
        return 0;
    /* With nothing open it only waits for the loop, so that `fn` never runs below this call. */
    server->drain_timer =
        loop_timer(server->options.loop, server->conns ? timeout_ms : 0, on_drain_timer, server);
    if (!server->drain_timer)
        return E_NOMEM;
    server->draining = true;
    server->on_drained = fn;
    server->on_drained_arg = arg;
    listener_stop(server->listener);
    each_conn(server, http_conn_drain);
    return 0;
}

void http_server_free(struct http_server *server)
{
    if (!server)
        return;
    loop_timer_cancel(server->options.loop, server->drain_timer);
    server->on_drained = NULL;
    listener_stop(server->listener);
    each_conn(server, http_conn_free);
    listener_free(server->listener);
    mem_free(server);
}

uint16_t http_server_port(const struct http_server *server)
{
    return listener_port(server->listener);
}

unsigned http_server_connections(const struct http_server *server)
{
    return listener_connections(server->listener);
}

unsigned http_server_cut(struct http_server *server, struct str fingerprint_hex)
{
    unsigned count = 0;
    for (struct http_conn *hc = server->conns; hc; hc = hc->next) {
        const struct tls_peer *peer = hc->ws ? ws_conn_tls_peer(hc->ws) : conn_tls_peer(hc->conn);
        if (!peer || !str_eq_nocase(str_of(peer->fingerprint_hex), fingerprint_hex))
            continue;
        if (hc->ws)
            ws_conn_abort(hc->ws);
        else
            conn_abort(hc->conn);
        count++;
    }
    return count;
}
