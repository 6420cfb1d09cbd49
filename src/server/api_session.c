/* Who is signed in, and the end of it. Signing in: api_login.c. */
#include "fleet/user.h"
#include "os/clock.h"
#include "server/browser.h"
#include "server/handlers.h"
#include "server/render.h"

static int end_work(struct store_tx *tx, struct job *j, struct err *err)
{
    return user_token_delete(tx, &j->actor, clock_wall_ns(), str_of(j->call->token_hash), err);
}

static void end_done(struct job *j)
{
    struct buf cookie CLEANUP(buf_done) = {0};
    if (j->rc == 0 && j->call->csrf[0]) {
        browser_add_cookie(&cookie, STR(""), 0);
        http_answer_header(j->call->req, "Set-Cookie", buf_str(&cookie));
    }
    job_reply(j);
}

void session_end(struct call *c)
{
    struct job *j = job_new(c->server, c, end_work, end_done, NULL);
    if (!j)
        return;
    j->status = 204;
    job_start(j);
}

static int get(struct reading *r, struct err *err)
{
    const struct call *c = r->call;
    struct store_token token;
    int rc = store_token_get(r->tx, str_of(c->token_hash), &r->arena, &token, err);
    if (rc == E_NOT_FOUND)
        return err_set(err, E_AUTH, "the session has just ended");
    if (rc == 0)
        render_session(c->actor.name, c->actor.role, c->must_change, str_of(c->csrf),
                       token.expires_ns, &r->json);
    return rc;
}

void session_get(struct call *c)
{
    reply_read(c, get, NULL, NULL);
}

void session_whoami(struct call *c)
{
    struct buf out CLEANUP(buf_done) = {0};
    struct json_out j = {.out = &out};
    json_object_begin(&j);
    render_person(c->actor.name, c->actor.role, c->must_change, &j);
    json_object_end(&j);
    reply_json(c, 200, &out);
}
