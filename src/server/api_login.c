/* Logging in, for a bearer token or a browser's cookie, and the own password. Hashing runs on the
 * worker thread, the rest on the writer. */
#include <jansson.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "crypto/password.h"
#include "crypto/secret.h"
#include "crypto/token.h"
#include "fleet/user.h"
#include "os/clock.h"
#include "os/log.h"
#include "proto/json_in.h"
#include "server/browser.h"
#include "server/handlers.h"
#include "server/render.h"
#include "server/throttle.h"
#include "server/worker.h"

enum { SESSION_S = 12 * 3600, NEW_PASSWORD_BYTES_MIN = 12 };

/* A log-in or a password change in progress. */
struct attempt {
    struct server *server;
    struct call *call;
    struct arena arena;
    struct str name;
    struct str address;
    struct str password;
    struct str new_password; /* empty = keep */
    struct str stored;       /* hash in the database, empty = there is no such account */
    struct buf new_hash;
    struct buf token;
    char token_hash[HASH_HEX_BYTES];
    bool must_change;
    bool open_session; /* log-in; else only the change */
    bool browser;      /* the token goes into a cookie */
    bool counted;      /* an attempt of its address, until it turns out to be no failure */
    enum role_id role;
    int64_t expires_ns;
    int rc;
    struct err err;
};

static void attempt_free(struct attempt *a)
{
    job_release(a->server);
    if (a->counted && a->rc != E_AUTH)
        throttle_give(a->server->logins, a->address.ptr, clock_mono_ms());
    secret_wipe((void *)(uintptr_t)a->password.ptr, a->password.len);
    secret_wipe((void *)(uintptr_t)a->new_password.ptr, a->new_password.len);
    arena_done(&a->arena);
    secret_buf_done(&a->token);
    buf_done(&a->new_hash);
    mem_free(a);
}

/* 401 is for who is not logged in; whoever changes a password is. */
static void fail(struct attempt *a, int rc)
{
    struct call *c = a->call;
    struct err err = a->err;
    if (rc == E_AUTH && !a->open_session)
        rc = err_set(&err, E_DENIED, "the present password is wrong");
    attempt_free(a);
    reply_err(c, rc, &err);
}

static int wrong(struct attempt *a)
{
    return err_set(&a->err, E_AUTH, "the name or the password is wrong");
}

/* ---------------------------------------------------------------- worker thread */

static int check_new(struct attempt *a)
{
    if (a->new_password.len == 0)
        return a->must_change && a->open_session
                   ? err_set(&a->err, E_STATE,
                             "this is a one-time password: send new_password with it")
                   : 0;
    if (a->new_password.len < NEW_PASSWORD_BYTES_MIN)
        return err_set(&a->err, E_ARG, "the new password needs at least %d characters",
                       NEW_PASSWORD_BYTES_MIN);
    if (str_eq(a->new_password, a->password))
        return err_set(&a->err, E_ARG, "the new password is the old one");
    return password_hash(a->new_password, &a->new_hash, &a->err);
}

static void verify(void *arg)
{
    struct attempt *a = arg;
    a->rc = a->stored.len ? password_verify(a->password, a->stored, NULL)
                          : password_verify_nobody(a->password);
    if (a->rc == E_AUTH)
        (void)wrong(a);
    if (a->rc == 0)
        a->rc = check_new(a);
    if (a->rc == 0 && a->open_session) {
        a->rc =
            token_make(a->browser ? STR(BROWSER_TOKEN_KIND) : STR(BEARER_TOKEN_KIND), &a->token);
        if (a->rc == 0)
            a->rc = token_hash(buf_str(&a->token), a->token_hash);
    }
}

/* ---------------------------------------------------------------- writer thread */

/* The password was verified against what the account had a moment ago. A one-time password that
 * somebody used meanwhile, or an account that was disabled, is not good any more. */
static int judge_again(struct store_tx *tx, struct attempt *a, struct err *err)
{
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_user u;
    int rc = store_user_get(tx, a->name, &arena, &u, err);
    if (rc && rc != E_NOT_FOUND)
        return rc;
    if (rc || u.disabled || !str_eq(u.password_hash, a->stored))
        a->rc = wrong(a);
    else
        a->role = u.role;
    return 0;
}

static int login_work(struct store_tx *tx, struct job *j, struct err *err)
{
    struct attempt *a = j->data;
    int64_t now = clock_wall_ns();
    int rc = a->rc ? 0 : judge_again(tx, a, err);
    if (rc)
        return rc;
    if (a->rc == E_AUTH)
        return user_login_failed(tx, a->name, now, a->address, err);
    struct actor self = {
        .kind = ACTOR_USER, .name = a->name, .role = a->role, .address = a->address};
    if (a->new_hash.len)
        rc = user_set_password(tx, &self, now, a->name, buf_str(&a->new_hash),
                               a->open_session ? STR("") : str_of(a->call->token_hash), err);
    if (rc == 0 && a->open_session) {
        a->expires_ns = now + SESSION_S * NS_PER_S;
        rc = user_session_open(tx, a->name, str_of(a->token_hash), now, a->expires_ns,
                               a->browser ? STR("browser") : STR("api"), self.address, err);
    }
    return rc;
}

static void add_bearer(const struct attempt *a, struct json_out *j)
{
    json_object_begin(j);
    json_kv_str(j, "token", buf_str(&a->token));
    json_kv_time(j, "expires", a->expires_ns);
    json_key(j, "user");
    json_object_begin(j);
    json_kv_str(j, "name", a->name);
    json_kv_str(j, "role", role_table[a->role].name);
    json_object_end(j);
    json_object_end(j);
}

static int set_cookie(const struct attempt *a)
{
    struct buf cookie CLEANUP(secret_buf_done) = {0};
    browser_add_cookie(&cookie, buf_str(&a->token), SESSION_S);
    int rc = buf_check(&cookie);
    if (rc == 0)
        http_answer_header(a->call->req, "Set-Cookie", buf_str(&cookie));
    return rc;
}

static void answer_session(struct attempt *a)
{
    struct buf out CLEANUP(secret_buf_done) = {0};
    struct json_out json = {.out = &out};
    struct call *c = a->call;
    char csrf[HASH_HEX_BYTES] = "";
    int rc = a->browser ? browser_csrf(buf_str(&a->token), csrf) : 0;
    if (rc == 0 && a->browser)
        rc = set_cookie(a);
    if (rc) {
        fail(a, rc);
        return;
    }
    if (a->browser)
        render_session(a->name, a->role, false, str_of(csrf), a->expires_ns, &json);
    else
        add_bearer(a, &json);
    attempt_free(a);
    reply_json(c, 200, &out);
}

static void login_done(struct job *j)
{
    struct attempt *a = j->data;
    if (a->rc || j->rc) {
        if (a->rc == 0)
            a->err = j->err;
        if (a->rc == E_AUTH) {
            a->server->failed_logins++;
            log_warn("log-in failed", KV_STR("name", a->name), KV_STR("address", a->address));
        }
        fail(a, a->rc ? a->rc : j->rc);
        return;
    }
    struct call *c = a->call;
    if (!a->open_session) {
        attempt_free(a);
        reply_nothing(c);
        return;
    }
    answer_session(a);
}

static void verified(struct loop *loop, void *arg)
{
    (void)loop;
    struct attempt *a = arg;
    if (a->rc && a->rc != E_AUTH) {
        fail(a, a->rc);
        return;
    }
    struct job *j = job_new(a->server, NULL, login_work, login_done, a);
    if (j)
        job_start(j);
    else
        fail(a, E_NOMEM);
}

/* ---------------------------------------------------------------- loop thread */

static int load_user(struct attempt *a)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct store_user u;
    int rc = store_read_begin(a->server->store, &tx, &a->err);
    if (rc == 0)
        rc = store_user_get(tx, a->name, &a->arena, &u, &a->err);
    if (rc == E_NOT_FOUND) {
        err_clear(&a->err);
        return 0;
    }
    if (rc == 0 && !u.disabled) {
        a->stored = u.password_hash;
        a->must_change = u.must_change_password;
        a->role = u.role;
    }
    return rc;
}

static struct attempt *attempt_new(struct call *c)
{
    struct attempt *a = mem_calloc(1, sizeof *a);
    if (!a) {
        http_answer_problem(c->req, 0, E_NOMEM, NULL);
        return NULL;
    }
    job_hold(c->server);
    a->server = c->server;
    a->call = c;
    const char *address = arena_cstr(&a->arena, str_of(http_req_peer_address(c->req)));
    if (!address) {
        fail(a, E_NOMEM);
        return NULL;
    }
    a->address = str_of(address);
    return a;
}

static void begin(struct attempt *a)
{
    int rc = load_user(a);
    if (rc == 0) {
        a->counted = throttle_take(a->server->logins, a->address.ptr, clock_mono_ms());
        if (!a->counted) {
            http_answer_header(a->call->req, "Retry-After", STR("60"));
            rc = err_set(&a->err, E_RATE, "too many failed log-ins from this address");
        }
    }
    if (rc == 0)
        rc = worker_run(a->server->worker, verify, verified, a);
    if (rc)
        fail(a, rc);
}

static void log_in(struct call *c, bool browser)
{
    json_t *body CLEANUP(json_in_freep) = call_body(c);
    struct attempt *a = body ? attempt_new(c) : NULL;
    if (!a)
        return;
    a->open_session = true;
    a->browser = browser;
    int rc = json_in_text(body, "name", true, USER_NAME_BYTES, &a->arena, &a->name, &a->err);
    if (rc == 0)
        rc = json_in_text(body, "password", true, PASSWORD_BYTES_MAX, &a->arena, &a->password,
                          &a->err);
    if (rc == 0)
        rc = json_in_text(body, "new_password", false, PASSWORD_BYTES_MAX, &a->arena,
                          &a->new_password, &a->err);
    if (rc)
        fail(a, rc);
    else
        begin(a);
}

void login_bearer(struct call *c)
{
    log_in(c, false);
}

/* A page of another site can send a form, but no JSON without asking first. */
static int check_json(const struct http1_head *head, struct err *err)
{
    struct str value;
    int rc = http1_find_single(head, "content-type", &value);
    if (rc == 0)
        value = str_trim(str_sub(value, 0, str_find_char(value, ';')));
    if (rc || !str_eq_nocase(value, STR("application/json")))
        return err_set(err, E_DENIED, "Content-Type: it must be application/json");
    return 0;
}

void login_browser(struct call *c)
{
    const struct http1_head *head = http_req_head(c->req);
    struct err err = {0};
    int rc = browser_check_origin(head, &err);
    if (rc == 0)
        rc = check_json(head, &err);
    if (rc)
        reply_err(c, rc, &err);
    else
        log_in(c, true);
}

void login_password(struct call *c)
{
    json_t *body CLEANUP(json_in_freep) = call_body(c);
    struct attempt *a = body ? attempt_new(c) : NULL;
    if (!a)
        return;
    a->name = c->actor.name; /* lives as long as the request */
    int rc =
        json_in_text(body, "password", true, PASSWORD_BYTES_MAX, &a->arena, &a->password, &a->err);
    if (rc == 0)
        rc = json_in_text(body, "new_password", true, PASSWORD_BYTES_MAX, &a->arena,
                          &a->new_password, &a->err);
    if (rc)
        fail(a, rc);
    else
        begin(a);
}
