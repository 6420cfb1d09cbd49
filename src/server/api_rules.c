/* Rulesets: list; upload of the operator's own rules. Compilation runs on the worker thread. */
#include "base/mem.h"
#include "os/log.h"
#include "server/channels.h"
#include "server/handlers.h"
#include "server/render.h"
#include "server/rules.h"
#include "server/worker.h"

static int list(struct call *c, const struct store_page *page, struct buf *out, struct err *err)
{
    struct store_tx *tx CLEANUP(store_read_endp) = NULL;
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_ruleset_list found;
    struct json_out j = {.out = out};
    int rc = store_read_begin(c->server->store, &tx, err);
    if (rc == 0)
        rc = store_ruleset_list(tx, page, &arena, &found, err);
    if (rc)
        return rc;
    render_list_begin(&j);
    for (size_t i = 0; i < found.len; i++)
        render_ruleset(&found.items[i], &j);
    render_list_end(&j, found.next);
    return 0;
}

void rulesets_list(struct call *c)
{
    struct store_page page = {0};
    struct buf out CLEANUP(buf_done) = {0};
    struct err err = {0};
    if (call_page(c, &page))
        return;
    int rc = list(c, &page, &out, &err);
    if (rc)
        reply_err(c, rc, &err);
    else
        reply_json(c, 200, &out);
}

struct upload {
    struct call *call;
    struct str yaml; /* body of the request, which waits */
    struct rules_built built;
    struct store_ruleset record;
    int rc;
    struct err err;
};

static void upload_free(struct upload *u)
{
    job_release(u->call->server);
    rules_built_done(&u->built);
    mem_free(u);
}

static void upload_fail(struct upload *u, int rc)
{
    struct call *c = u->call;
    struct err err = u->err;
    upload_free(u);
    reply_err(c, rc, &err);
}

static void compile(void *arg)
{
    struct upload *u = arg;
    u->rc = rules_build(u->yaml, &u->built, &u->err);
}

static int store_work(struct store_tx *tx, struct job *j, struct err *err)
{
    const struct upload *u = j->data;
    struct buf detail CLEANUP(buf_done) = {0};
    buf_addf(&detail, "{\"rules\":%u,\"refused\":%u}", u->built.rules, u->built.refused);
    int rc = store_ruleset_put(tx, &u->record, err);
    if (rc == 0)
        rc = store_ruleset_activate(tx, u->record.version, err);
    if (rc == 0)
        rc = actor_audit(tx, &j->actor, u->record.created_ns, "ruleset.activate", "ruleset",
                         u->record.version, buf_str(&detail), err);
    return rc;
}

static void stored(struct job *j)
{
    struct upload *u = j->data;
    struct server *s = j->server;
    struct json_out out = {.out = &j->out};
    if (j->rc) {
        u->err = j->err;
        upload_fail(u, j->rc);
        return;
    }
    memcpy(s->ruleset_version, u->built.version, sizeof s->ruleset_version);
    log_info("ruleset active", KV_CSTR("version", s->ruleset_version),
             KV_INT("rules", u->built.rules));
    channels_announce(s->channels);
    json_object_begin(&out);
    json_kv_cstr(&out, "version", u->built.version);
    json_kv_uint(&out, "rules", u->built.rules);
    json_key(&out, "refused");
    json_raw(&out, buf_str(&u->built.refusals));
    json_object_end(&out);
    struct call *c = u->call;
    upload_free(u);
    reply_json(c, 201, &j->out);
}

static void compiled(struct loop *loop, void *arg)
{
    (void)loop;
    struct upload *u = arg;
    struct call *c = u->call;
    if (u->rc) {
        upload_fail(u, u->rc);
        return;
    }
    struct job *j = job_new(c->server, NULL, store_work, stored, u);
    if (!j) {
        upload_fail(u, E_NOMEM);
        return;
    }
    j->actor = c->actor; /* lives as long as the request, which waits */
    int rc = rules_save(c->server, &u->built, c->actor.name, &j->arena, &u->record, &u->err);
    if (rc) {
        job_refuse(j, rc, &u->err);
        upload_fail(u, rc);
        return;
    }
    job_start(j);
}

void rulesets_upload(struct call *c)
{
    struct upload *u = mem_calloc(1, sizeof *u);
    if (!u) {
        http_answer_problem(c->req, 0, E_NOMEM, NULL);
        return;
    }
    job_hold(c->server);
    u->call = c;
    u->yaml = buf_str(http_req_body(c->req));
    int rc = worker_run(c->server->worker, compile, compiled, u);
    if (rc)
        upload_fail(u, rc);
}
