/* Signed files for devices: rulesets and plans by version. */
#include <stdio.h>

#include "proto/signed_file.h"
#include "server/handlers.h"
#include "server/rules.h"

void device_call_ruleset(struct call *c)
{
    struct buf file CLEANUP(buf_done) = {0};
    struct err err = {0};
    struct str version = c->match.params[0];
    struct str known;
    char etag[HASH_HEX_BYTES + 2];
    int n = snprintf(etag, sizeof etag, "\"%.*s\"", STR_FMT(version));
    if (n > 0 && (size_t)n < sizeof etag &&
        http1_find_single(http_req_head(c->req), "if-none-match", &known) == 0 &&
        str_is(known, etag)) {
        http_answer_send(c->req, 304, NULL, STR(""));
        return;
    }
    int rc = rules_signed(c->server, version, &file, &err);
    if (rc) {
        reply_err(c, rc, &err);
        return;
    }
    http_answer_header(c->req, "ETag", str_of(etag));
    http_answer_send(c->req, 200, "application/octet-stream", buf_str(&file));
}

void device_call_plan(struct call *c)
{
    const struct server *s = c->server;
    struct buf file CLEANUP(buf_done) = {0};
    struct err err = {0};
    if (!str_is(c->match.params[0], s->plan_version)) {
        http_answer_problem(c->req, 404, E_NOT_FOUND, "there is no such plan");
        return;
    }
    int rc =
        signed_file_seal(STR(SIGNED_PURPOSE_PLAN), s->plan_json, s->keys.ruleset_key, &file, &err);
    if (rc)
        reply_err(c, rc, &err);
    else
        http_answer_send(c->req, 200, "application/octet-stream", buf_str(&file));
}
