/* Compiling and activating after a change. See rules_change.h. */
#include "server/rules_change.h"

#include "base/mem.h"
#include "os/log.h"
#include "schema/content.h"
#include "server/channels.h"
#include "server/rules.h"
#include "server/worker.h"
#include "server/yara_process.h"

enum { CHANGES_MOST = 64 }; /* in work and waiting */

struct change {
    struct change *next;
    struct call *call;
    struct server *server;
    int status;
    struct str own; /* NULL pointer: keep */
    char own_name[HASH_HEX_BYTES];
    struct buf members;
    struct rules_built built;
    struct yara_process_told yara; /* of own rules */
    struct store_ruleset record;
    int rc;
    struct err err;
};

static void run(struct change *u);

/* The first of those that wait is done; the next may see what it stored. */
static void change_free(struct change *u)
{
    struct server *s = u->server;
    if (s->changes == u) {
        s->changes = u->next;
        if (s->changes)
            run(s->changes);
    }
    job_release(s);
    rules_built_done(&u->built);
    yara_process_told_done(&u->yara);
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
    /* Those in force were compiled when they came. */
    if (u->rc == 0 && u->own.ptr)
        u->rc = yara_process_check(buf_str(&u->built.image), (uint32_t)content_yara_len, &u->yara,
                                   &u->err);
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

static void add_yara(const struct yara_process_told *told, struct json_out *j)
{
    struct str left = buf_str(&told->warnings);
    struct str line;
    json_object_begin(j);
    json_kv_uint(j, "files", told->files);
    json_kv_uint(j, "rules", told->rules);
    json_key(j, "warnings");
    json_array_begin(j);
    while (str_next(&left, '\n', &line)) {
        if (line.len)
            json_str(j, line);
    }
    json_array_end(j);
    json_object_end(j);
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
    if (u->yara.files) {
        buf_add_cstr(&text, ",\"yara\":");
        add_yara(&u->yara, &(struct json_out){.out = &text});
    }
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

static void run(struct change *u)
{
    int rc = worker_run(u->server->rules_worker, compile, compiled, u);
    if (rc)
        fail(u, rc);
}

static void start(struct change *u)
{
    struct change **end = &u->server->changes;
    unsigned waiting = 0;
    job_hold(u->server);
    for (; *end; end = &(*end)->next)
        waiting++;
    if (waiting == CHANGES_MOST) {
        fail(u, E_RATE);
        return;
    }
    *end = u;
    if (waiting == 0)
        run(u);
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
