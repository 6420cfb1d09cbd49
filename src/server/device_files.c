/* Signed files for devices: rulesets and plans by version. A file is kept in memory once, however
 * many devices take it at the same time and however slowly; each of them is sent the next piece
 * when it took the last. */
#include "base/mem.h"
#include "codec/http_accept.h"
#include "proto/signed_file.h"
#include "server/handlers.h"
#include "server/rules.h"

enum { PIECE_BYTES = 64 * 1024, ETAG_BYTES = HASH_HEX_BYTES + 2 };

/** A signed file that requests and the cache share. Loop thread only. */
struct served {
    unsigned refs;
    char version[HASH_HEX_BYTES];
    struct buf bytes;
};

static void unref(struct served *f)
{
    if (!f || --f->refs)
        return;
    buf_done(&f->bytes);
    mem_free(f);
}

static void unrefp(struct served **f)
{
    unref(*f);
}

void device_files_free(struct server *s)
{
    unref(TAKE(s->served_ruleset));
}

/* ---------------------------------------------------------------- sending */

/** One answer under way; in the request's arena. */
struct sending {
    struct served *file;
    size_t at;
};

static void go_on(struct http_req *req, void *arg)
{
    struct sending *s = arg;
    struct str all = buf_str(&s->file->bytes);
    do {
        struct str piece = str_sub(all, s->at, PIECE_BYTES);
        if (http_answer_write(req, piece) != 0) {
            http_answer_abort(req);
            return;
        }
        s->at += piece.len;
    } while (s->at < all.len && http_answer_writable(req));
    if (s->at == all.len)
        http_answer_end(req);
}

static void gone(struct http_req *req, void *arg)
{
    (void)arg;
    http_answer_abort(req);
}

static void finished(struct http_req *req, void *data)
{
    struct sending *s = data;
    (void)req;
    unref(s->file);
}

static void send_file(struct call *c, struct served *file, const char *etag)
{
    struct sending *s = arena_alloc(http_req_arena(c->req), sizeof *s);
    if (!s) {
        http_answer_problem(c->req, 0, E_NOMEM, NULL);
        return;
    }
    *s = (struct sending){.file = file};
    file->refs++;
    http_req_set_data(c->req, s, finished);
    http_req_on_gone(c->req, gone, s);
    http_answer_on_drain(c->req, go_on, s);
    http_answer_header(c->req, "ETag", str_of(etag));
    http_answer_begin(c->req, 200, "application/octet-stream", (int64_t)file->bytes.len);
    go_on(c->req, s);
}

/* ---------------------------------------------------------------- what is there already */

/* @return true when the request was answered: the device has it, or there is no such version */
static bool answer_early(struct call *c, const char *what, char etag[ETAG_BYTES])
{
    struct str version = c->match.params[0];
    struct err err = {0};
    bool is_hash = version.len == HASH_HEX_BYTES - 1;
    for (size_t i = 0; is_hash && i < version.len; i++) {
        char ch = version.ptr[i];
        is_hash = (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'f');
    }
    if (!is_hash) {
        reply_err(c, err_set(&err, E_NOT_FOUND, "there is no such %s", what), &err);
        return true;
    }
    etag[0] = '"';
    memcpy(etag + 1, version.ptr, version.len);
    memcpy(etag + 1 + version.len, "\"", 2);
    if (!http_etag_listed(http1_find(http_req_head(c->req), "if-none-match"), str_of(etag)))
        return false;
    http_answer_header(c->req, "ETag", str_of(etag));
    http_answer_send(c->req, 304, NULL, STR(""));
    return true;
}

/* ---------------------------------------------------------------- the routes */

static struct served *served_new(struct str version)
{
    struct served *f = mem_calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->refs = 1;
    memcpy(f->version, version.ptr, version.len);
    return f;
}

/* The active ruleset is what a fleet asks for at the same time: it stays in memory. */
static int open_ruleset(struct server *s, struct str version, struct served **ret, struct err *err)
{
    if (s->served_ruleset && str_is(version, s->served_ruleset->version)) {
        s->served_ruleset->refs++;
        *ret = s->served_ruleset;
        return 0;
    }
    struct served *f CLEANUP(unrefp) = served_new(version);
    if (!f)
        return err_set(err, E_NOMEM, "out of memory");
    int rc = rules_signed(s, version, &f->bytes, err);
    if (rc)
        return rc;
    if (str_is(version, s->ruleset_version)) {
        unref(s->served_ruleset);
        s->served_ruleset = f;
        f->refs++;
    }
    *ret = TAKE(f);
    return 0;
}

void device_call_ruleset(struct call *c)
{
    struct served *f CLEANUP(unrefp) = NULL;
    struct err err = {0};
    char etag[ETAG_BYTES];
    if (answer_early(c, "ruleset", etag))
        return;
    int rc = open_ruleset(c->server, c->match.params[0], &f, &err);
    if (rc)
        reply_err(c, rc, &err);
    else
        send_file(c, f, etag);
}

void device_call_plan(struct call *c)
{
    const struct server *s = c->server;
    struct served *f CLEANUP(unrefp) = NULL;
    struct err err = {0};
    char etag[ETAG_BYTES];
    if (answer_early(c, "plan", etag))
        return;
    int rc = 0;
    if (!str_is(c->match.params[0], s->plan_version))
        rc = err_set(&err, E_NOT_FOUND, "there is no such plan");
    if (rc == 0) {
        f = served_new(c->match.params[0]);
        rc = f ? signed_file_seal(STR(SIGNED_PURPOSE_PLAN), s->plan_json, s->keys.ruleset_key,
                                  &f->bytes, &err)
               : E_NOMEM;
    }
    if (rc)
        reply_err(c, rc, &err);
    else
        send_file(c, f, etag);
}
