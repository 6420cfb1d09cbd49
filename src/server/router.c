/* Routes to handlers, and the choke point of authentication and permission. See router.h. */
#include "server/router.h"

#include "crypto/token.h"
#include "fleet/device.h"
#include "fleet/user.h"
#include "os/clock.h"
#include "os/log.h"
#include "server/browser.h"
#include "server/console.h"
#include "server/handlers.h"

static const call_fn bindings[ROUTE_COUNT] = {
    [ROUTE_LIVEZ] = ops_livez,
    [ROUTE_READYZ] = ops_readyz,
    [ROUTE_METRICS] = ops_metrics,
    [ROUTE_OPENAPI] = ops_openapi,
    [ROUTE_SESSION] = session_get,
    [ROUTE_SESSION_CREATE] = login_browser,
    [ROUTE_SESSION_END] = session_end,
    [ROUTE_LOGIN] = login_bearer,
    [ROUTE_LOGOUT] = session_end,
    [ROUTE_WHOAMI] = session_whoami,
    [ROUTE_PASSWORD] = login_password,
    [ROUTE_STREAM] = stream_open,
    [ROUTE_OVERVIEW] = overview_get,
    [ROUTE_DEVICES] = devices_list,
    [ROUTE_DEVICE] = devices_get,
    [ROUTE_DEVICE_REVOKE] = devices_revoke,
    [ROUTE_ALERTS] = alerts_list,
    [ROUTE_ALERT] = alerts_get,
    [ROUTE_ALERT_ACK] = alerts_ack,
    [ROUTE_ALERT_CLOSE] = alerts_close,
    [ROUTE_ALERT_REOPEN] = alerts_reopen,
    [ROUTE_ACTION_TYPES] = actions_types,
    [ROUTE_ACTIONS] = actions_list,
    [ROUTE_ACTION_CREATE] = actions_create,
    [ROUTE_ACTION] = actions_get,
    [ROUTE_ACTION_CANCEL] = actions_cancel,
    [ROUTE_ACTION_CONFIRM] = actions_confirm,
    [ROUTE_TOKENS] = tokens_list,
    [ROUTE_TOKEN_CREATE] = tokens_create,
    [ROUTE_TOKEN_REVOKE] = tokens_revoke,
    [ROUTE_RULESETS] = rulesets_list,
    [ROUTE_RULES_UPLOAD] = rulesets_upload,
    [ROUTE_LIST_ENTRIES] = lists_get,
    [ROUTE_LIST_ADD] = lists_add,
    [ROUTE_LIST_REMOVE] = lists_remove,
    [ROUTE_EXCEPTIONS] = exceptions_get,
    [ROUTE_EXCEPTION_ADD] = exceptions_add,
    [ROUTE_EXCEPTION_REMOVE] = exceptions_remove,
    [ROUTE_HUNTS] = hunts_list,
    [ROUTE_HUNT_CREATE] = hunts_create,
    [ROUTE_HUNT] = hunts_get,
    [ROUTE_HUNT_RESULTS] = hunts_results,
    [ROUTE_HUNT_CANCEL] = hunts_cancel,
    [ROUTE_SCAN] = scans_create,
    [ROUTE_AUDIT] = audit_list,
    [ROUTE_ENROLL] = device_call_enroll,
    [ROUTE_RENEW] = device_call_renew,
    [ROUTE_CHANNEL] = device_call_channel,
    [ROUTE_BATCH] = device_call_batch,
    [ROUTE_RULESET] = device_call_ruleset,
    [ROUTE_PLAN] = device_call_plan,
};

call_fn router_binding(enum route_id id)
{
    return bindings[id];
}

/* ---------------------------------------------------------------- who calls */

static int bearer_token(const struct http1_head *head, struct str *ret_token, struct err *err)
{
    struct str value;
    struct str kind;
    if (http1_find_single(head, "authorization", &value) != 0 ||
        !str_starts_nocase(value, STR("Bearer ")))
        return err_set(err, E_AUTH, "a bearer token is needed: log in first");
    struct str token = str_trim(str_sub(value, 7, SIZE_MAX));
    if (token_parse(token, &kind) != 0 || !str_is(kind, BEARER_TOKEN_KIND))
        return err_set(err, E_AUTH, "the token is not valid");
    *ret_token = token;
    return 0;
}

/* What the caller shows: a bearer token, which counts whenever one is sent, or the cookie. */
static int presented_token(struct call *c, struct str *ret_token, struct err *err)
{
    const struct http1_head *head = http_req_head(c->req);
    if (http1_find(head, "authorization").ptr)
        return bearer_token(head, ret_token, err);
    int rc = browser_token(head, ret_token, err);
    if (rc == E_NOT_FOUND)
        return bearer_token(head, ret_token, err);
    return rc ? rc : browser_csrf(*ret_token, c->csrf);
}

static int authenticate_person(struct call *c, struct err *err)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct str token;
    int rc = presented_token(c, &token, err);
    if (rc == 0)
        rc = token_hash(token, c->token_hash);
    if (rc == 0)
        rc = store_read_begin(c->server->store, &tx, err);
    if (rc == 0)
        rc = user_authenticate(tx, str_of(c->token_hash), clock_wall_ns(), http_req_arena(c->req),
                               &c->actor, &c->must_change, err);
    c->actor.address = str_of(http_req_peer_address(c->req));
    return rc;
}

/* What somebody may do before they have set a password of their own. */
static bool is_before_password(enum route_id id)
{
    return id == ROUTE_PASSWORD || id == ROUTE_WHOAMI || id == ROUTE_LOGOUT ||
           id == ROUTE_SESSION || id == ROUTE_SESSION_END;
}

static int authorise_person(struct call *c, const struct route_row *row, struct err *err)
{
    int rc = 0;
    if (c->csrf[0] && !str_is(row->method, "GET"))
        rc = browser_check_change(http_req_head(c->req), str_of(c->csrf), err);
    if (rc)
        return rc;
    if (c->must_change && !is_before_password(c->match.id))
        return err_set(err, E_DENIED, "set a new password first: POST /api/v1/password");
    return actor_may(&c->actor, permission_find(row->permission), err);
}

/* Revocation is looked up for every request. */
static int authenticate_device(struct call *c, struct err *err)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    const struct tls_peer *peer = http_req_tls_peer(c->req);
    bool is_next;
    if (!peer)
        return err_set(err, E_AUTH, "a device certificate is needed");
    int rc = store_read_begin(c->server->store, &tx, err);
    if (rc == 0)
        rc = device_authenticate(tx, str_of(peer->fingerprint_hex), http_req_arena(c->req),
                                 &c->device, &is_next, err);
    if (rc)
        return rc;
    c->promote = is_next;
    c->actor = actor_device(c->device.id, str_of(http_req_peer_address(c->req)));
    return 0;
}

/* ---------------------------------------------------------------- dispatch */

static void body_complete(struct http_req *req, void *arg)
{
    struct call *c = arg;
    (void)req;
    bindings[c->match.id](c);
}

/* Its handler receives the body itself: too large to hold it twice. */
static bool takes_pieces(enum route_id id)
{
    return id == ROUTE_SCAN;
}

static void dispatch(struct call *c)
{
    const struct route_row *row = &route_table[c->match.id];
    struct err err = {0};
    int rc = 0;
    if (row->auth == AUTH_PERSON) {
        rc = authenticate_person(c, &err);
        if (rc == 0)
            rc = authorise_person(c, row, &err);
    } else if (row->auth == AUTH_DEVICE) {
        rc = authenticate_device(c, &err);
    }
    if (rc == E_AUTH)
        http_answer_header(c->req, "WWW-Authenticate", STR("Bearer realm=\"cordon\""));
    if (rc)
        reply_err(c, rc, &err);
    else if (row->body_bytes && !takes_pieces(c->match.id))
        http_req_collect(c->req, row->body_bytes, body_complete, c);
    else
        bindings[c->match.id](c);
}

static void route(struct http_req *req, struct server *s, enum route_listener listener)
{
    struct call *c = arena_alloc(http_req_arena(req), sizeof *c);
    struct route_match m;
    s->requests++;
    if (!c) {
        http_answer_problem(req, 0, E_NOMEM, NULL);
        return;
    }
    /* Nothing that a browser gets here is to be taken for something else. */
    if (listener == LISTENER_ADMIN)
        http_answer_header(req, "X-Content-Type-Options", STR("nosniff"));
    /* HEAD is answered as GET without the body; the HTTP server leaves the body out. */
    struct str method = http_req_method(req);
    if (str_is(method, "HEAD"))
        method = STR("GET");
    int rc = route_find(listener, method, http_req_path(req), &m);
    if (rc == E_UNSUPPORTED) {
        char allow[ROUTE_ALLOW_BYTES];
        (void)route_allow(listener, http_req_path(req), allow);
        http_answer_header(req, "Allow", str_of(allow));
        http_answer_problem(req, 405, rc, "this path does not know the method");
        return;
    }
    if (rc && listener == LISTENER_ADMIN) {
        console_answer(req);
        return;
    }
    if (rc) {
        http_answer_problem(req, 404, E_NOT_FOUND, "there is no such path");
        return;
    }
    *c = (struct call){.server = s, .req = req, .match = m};
    dispatch(c);
}

static void on_admin(struct http_req *req, void *arg)
{
    route(req, arg, LISTENER_ADMIN);
}

static void on_device(struct http_req *req, void *arg)
{
    route(req, arg, LISTENER_DEVICE);
}

static void on_done(const struct http_req *req, int status, uint64_t sent_bytes, void *arg)
{
    (void)arg;
    log_at(status >= 500 ? LOG_WARN : LOG_DEBUG, "request", KV_STR("method", http_req_method(req)),
           KV_STR("target", http_req_target(req)), KV_INT("status", status),
           KV_INT("bytes", sent_bytes), KV_CSTR("peer", http_req_peer_address(req)));
}

const struct http_handler router_admin = {on_admin, on_done};
const struct http_handler router_device = {on_device, on_done};
