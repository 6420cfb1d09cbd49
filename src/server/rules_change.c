/* Compiling and activating after a change. See rules_change.h. */
#include "server/rules_change.h"

#include "base/mem.h"
#include "os/log.h"
#include "server/channels.h"
#include "server/rules.h"
#include "server/worker.h"

struct change {
    struct call *call;
    struct server *server;
    int status;
    struct str own; /* NULL pointer: keep */
    char own_name[HASH_HEX_BYTES];
    struct buf members;
    struct rules_built built;
    struct store_ruleset record;
    int rc;
    struct err err;
};

static void change_free(struct change *u)
{
    job_release(u->server);
    rules_built_done(&u->built);
    buf_done(&u->members);
    mem_free(u);
}

static void fail(struct change *u, int rc)
{
    struct call *c = u->call;
    struct err err = u->err;
    change_free(u);
    if (c)
        reply_err(c, rc, &err);
    else
        log_err(LOG_ERROR, "the ruleset could not be compiled anew", &err);
}

/* Worker thread. */
static void compile(void *arg)
{
    struct change *u = arg;
    struct rules_source source = {0};
    u->rc = rules_source_read(u->server, &source, &u->err);
    if (u->rc == 0 && u->own.ptr) {
        buf_clear(&source.own);
        buf_add_str(&source.own, u->own);
        u->rc = buf_check(&source.own);
    }
    if (u->rc == 0)
        u->rc = rules_build(&source, &u->built, &u->err);
    if (u->rc == 0 && u->own.ptr)
        u->rc = rules_own_save(u->server, u->own, u->own_name, &u->err);
    rules_source_done(&source);
}

static int store_work(struct store_tx *tx, struct job *j, struct err *err)
{
    const struct change *u = j->data;
    struct buf detail CLEANUP(buf_done) = {0};
    buf_addf(&detail, "{\"rules\":%u,\"refused\":%u}", u->built.rules, u->built.refused);
    int rc = store_ruleset_put(tx, &u->record, err);
    if (rc == 0)
        rc = store_ruleset_activate(tx, u->record.version, err);
    if (rc == 0 && u->own.ptr)
        rc = store_setting_put(tx, STR(RULES_OWN_SETTING), str_of(u->own_name), err);
    if (rc == 0)
        rc = actor_audit(tx, &j->actor, u->record.created_ns, "ruleset.activate", "ruleset",
                         u->record.version, buf_str(&detail), err);
    return rc;
}

static void answer(struct change *u)
{
    struct buf text CLEANUP(buf_done) = {0};
    struct json_out out = {.out = &text};
    buf_add_char(&text, '{');
    buf_add_str(&text, buf_str(&u->members));
    buf_addf(&text, "\"version\":\"%s\",\"rules\":%u,\"refused\":", u->built.version,
             u->built.rules);
    json_raw(&out, buf_str(&u->built.refusals));
    buf_add_char(&text, '}');
    struct call *c = u->call;
    int status = u->status;
    change_free(u);
    if (!c)
        return;
    reply_json(c, status, &text);
}

static void stored(struct job *j)
{
    struct change *u = j->data;
    struct server *s = j->server;
    if (j->rc) {
        u->err = j->err;
        fail(u, j->rc);
        return;
    }
    memcpy(s->ruleset_version, u->built.version, sizeof s->ruleset_version);
    log_info("ruleset active", KV_CSTR("version", s->ruleset_version),
             KV_INT("rules", u->built.rules));
    channels_announce(s->channels);
    answer(u);
}

static void compiled(struct loop *loop, void *arg)
{
    (void)loop;
    struct change *u = arg;
    if (u->rc) {
        fail(u, u->rc);
        return;
    }
    struct job *j = job_new(u->server, NULL, store_work, stored, u);
    if (!j) {
        fail(u, E_NOMEM);
        return;
    }
    /* A person's lives as long as the request, which waits. */
    j->actor = u->call ? u->call->actor : actor_system("system");
    int rc = rules_save(u->server, &u->built, j->actor.name, &j->arena, &u->record, &u->err);
    if (rc) {
        job_refuse(j, rc, &u->err);
        fail(u, rc);
        return;
    }
    job_start(j);
}

static void start(struct change *u)
{
    job_hold(u->server);
    int rc = worker_run(u->server->worker, compile, compiled, u);
    if (rc)
        fail(u, rc);
}

void rules_refresh(struct server *s)
{
    struct change *u = mem_calloc(1, sizeof *u);
    if (!u) {
        log_error("out of memory: the ruleset is not compiled anew");
        return;
    }
    u->server = s;
    start(u);
}

void rules_change(struct call *c, int status, struct str own, struct buf *members)
{
    struct change *u = mem_calloc(1, sizeof *u);
    if (!u) {
        buf_done(members);
        http_answer_problem(c->req, 0, E_NOMEM, NULL);
        return;
    }
    *u = (struct change){
        .call = c, .server = c->server, .status = status, .own = own, .members = *members};
    *members = (struct buf){0};
    start(u);
}
