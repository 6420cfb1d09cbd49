/* Enrollment tokens: list, make, revoke. */
#include <jansson.h>

#include "base/timefmt.h"
#include "crypto/secret.h"
#include "crypto/token.h"
#include "fleet/enrollment.h"
#include "os/clock.h"
#include "proto/json_in.h"
#include "schema/param.h"
#include "server/handlers.h"
#include "server/render.h"

static int list(struct reading *r, struct err *err)
{
    struct store_enroll_token_list found;
    int rc = store_enroll_token_list(r->tx, &r->page, &r->arena, &found, err);
    if (rc)
        return rc;
    render_list_begin(&r->json);
    for (size_t i = 0; i < found.len; i++)
        render_enroll_token(&found.items[i], STR(""), &r->json);
    render_list_end(&r->json, found.next);
    return 0;
}

void tokens_list(struct call *c)
{
    struct store_page page = {0};
    if (call_page(c, &page))
        return;
    reply_read(c, list, NULL, &page);
}

struct wanted {
    char hash[HASH_HEX_BYTES];
    struct str token;
    struct str note;
    enum enroll_kind kind;
    int64_t uses;
    int64_t expires_ns;
};

static int create_work(struct store_tx *tx, struct job *j, struct err *err)
{
    const struct wanted *w = j->data;
    struct arena arena CLEANUP(arena_done) = {0};
    struct store_enroll_token made;
    struct json_out out = {.out = &j->out};
    int rc = enrollment_create(tx, &j->actor, clock_wall_ns(), str_of(w->hash), w->note, w->kind,
                               w->uses, w->expires_ns, err);
    if (rc == 0)
        rc = store_enroll_token_get(tx, str_of(w->hash), &arena, &made, err);
    if (rc)
        return rc;
    render_enroll_token(&made, w->token, &out);
    return 0;
}

static int read_wanted(const json_t *body, struct arena *arena, struct wanted *w, struct err *err)
{
    const struct param_row *ttl = &param_table[PARAM_ENROLL_TOKEN_TTL_S];
    struct buf token CLEANUP(secret_buf_done) = {0};
    struct str kind;
    int64_t ttl_s;
    int rc = json_in_text(body, "kind", true, 32, arena, &kind, err);
    if (rc == 0)
        rc = json_in_text(body, "note", false, 256, arena, &w->note, err);
    if (rc == 0)
        rc = json_in_int(body, "ttl_s", false, ttl->value, &ttl_s, err);
    if (rc)
        return rc;
    unsigned k = record_name_find(enroll_kind_names, ENROLL_KIND_COUNT, kind);
    if (k == ENROLL_KIND_COUNT)
        return err_set(err, E_ARG, "kind '%.*s': expected one-time or group", STR_FMT(kind));
    if (ttl_s < ttl->least || ttl_s > ttl->most)
        return err_set(err, E_ARG, "ttl_s %lld: expected %lld to %lld", (long long)ttl_s,
                       (long long)ttl->least, (long long)ttl->most);
    w->kind = (enum enroll_kind)k;
    w->expires_ns = clock_wall_ns() + ttl_s * NS_PER_S;
    rc = json_in_int(body, "uses", false, w->kind == ENROLL_ONCE ? 1 : -1, &w->uses, err);
    if (rc == 0)
        rc = token_make(STR("enroll"), &token);
    if (rc == 0)
        rc = token_hash(buf_str(&token), w->hash);
    if (rc == 0) {
        w->token = arena_str(arena, buf_str(&token));
        rc = w->token.ptr ? 0 : E_NOMEM;
    }
    return rc;
}

void tokens_create(struct call *c)
{
    json_t *body CLEANUP(json_in_freep) = call_body(c);
    struct err err = {0};
    if (!body)
        return;
    struct job *j = job_new(c->server, c, create_work, job_reply, NULL);
    if (!j)
        return;
    struct wanted *w = arena_alloc(&j->arena, sizeof *w);
    int rc = w ? read_wanted(body, &j->arena, w, &err) : E_NOMEM;
    if (rc) {
        job_refuse(j, rc, &err);
        return;
    }
    j->data = w;
    j->status = 201;
    job_start(j);
}

static int revoke_work(struct store_tx *tx, struct job *j, struct err *err)
{
    return enrollment_revoke(tx, &j->actor, clock_wall_ns(), j->call->match.params[0], err);
}

void tokens_revoke(struct call *c)
{
    struct job *j = job_new(c->server, c, revoke_work, job_reply, NULL);
    if (!j)
        return;
    j->status = 204;
    job_start(j);
}
