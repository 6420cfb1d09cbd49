/* Scanning a file that somebody sends: received into memory without a name, looked up in the
 * prevent lists, looked into by the YARA worker (scans.h), audited, answered. It is never stored,
 * never run, and gone with the answer. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/clock.h"
#include "os/file.h"
#include "schema/param.h"
#include "server/handlers.h"
#include "server/scans.h"

struct scanning {
    struct call *call;
    struct scan_task task;
    int rc; /* of receiving */
    struct err err;
};

static void scanning_end(struct scanning *s)
{
    scans_release(s->call->server->scans);
    scan_task_done(&s->task);
    mem_free(s);
}

static void refuse(struct scanning *s, int rc, const struct err *why)
{
    struct call *c = s->call;
    struct err err = *why;
    scanning_end(s);
    reply_err(c, rc, &err);
}

/* ---------------------------------------------------------------- scanned */

static void add_answer(const struct scan_task *t, struct buf *out)
{
    struct json_out j = {.out = out};
    json_object_begin(&j);
    json_kv_cstr(&j, "sha256", t->sha256);
    json_kv_uint(&j, "bytes", t->bytes);
    json_kv_cstr(&j, "ruleset", t->version);
    json_kv_uint(&j, "rules", t->rules);
    json_kv_bool(&j, "complete", t->complete);
    if (!t->complete)
        json_kv_cstr(&j, "reason", t->lack.message);
    if (t->prevent.len) {
        json_key(&j, "prevent");
        json_raw(&j, buf_str(&t->prevent));
    }
    json_key(&j, "matches");
    json_raw(&j, t->matches.len ? buf_str(&t->matches) : STR("[]"));
    json_object_end(&j);
}

static int audit_work(struct store_tx *tx, struct job *j, struct err *err)
{
    const struct scanning *s = j->data;
    struct buf detail CLEANUP(buf_done) = {0};
    struct json_out d = {.out = &detail};
    json_object_begin(&d);
    json_kv_uint(&d, "bytes", s->task.bytes);
    json_kv_cstr(&d, "ruleset", s->task.version);
    json_kv_uint(&d, "matches", s->task.matches_len);
    json_kv_bool(&d, "complete", s->task.complete);
    json_object_end(&d);
    int rc = buf_check(&detail);
    if (rc == 0)
        rc = actor_audit(tx, &j->actor, clock_wall_ns(), "scan.run", "file", str_of(s->task.sha256),
                         buf_str(&detail), err);
    if (rc == 0)
        add_answer(&s->task, &j->out);
    return rc;
}

static void audited(struct job *j)
{
    struct scanning *s = j->data;
    struct call *c = s->call;
    if (j->rc) {
        refuse(s, j->rc, &j->err);
        return;
    }
    scanning_end(s);
    reply_json(c, 200, &j->out);
}

static void scanned(struct loop *loop, void *arg)
{
    struct scanning *s = arg;
    struct call *c = s->call;
    struct server *server = c->server;
    (void)loop;
    struct job *j = s->task.rc ? NULL : job_new(server, NULL, audit_work, audited, s);
    if (j) {
        j->actor = c->actor; /* lives as long as the request, which waits */
        job_start(j);
    } else {
        refuse(s, s->task.rc ? s->task.rc : E_NOMEM, &s->task.err);
    }
    job_release(server);
}

/* ---------------------------------------------------------------- receiving */

static void on_data(struct http_req *req, struct str bytes, void *arg)
{
    struct scanning *s = arg;
    (void)req;
    while (s->rc == 0 && bytes.len) {
        ssize_t n = write(s->task.fd, bytes.ptr, bytes.len);
        if (n < 0 && errno != EINTR)
            s->rc = err_errno(&s->err, errno == ENOMEM ? E_NOMEM : E_IO, errno,
                              "the file cannot be received");
        if (n > 0) {
            bytes = str_sub(bytes, (size_t)n, SIZE_MAX);
            s->task.bytes += (uint64_t)n;
        }
    }
}

/* As for a body that is collected. */
static void broken_off(struct scanning *s, int rc)
{
    struct http_req *req = s->call->req;
    scanning_end(s);
    if (rc == E_CLOSED)
        http_answer_abort(req);
    else if (rc == E_LIMIT)
        http_answer_problem(req, 0, rc, "the file is larger than the server scans");
    else if (rc == E_TIMEOUT)
        http_answer_problem(req, 408, rc, "the file did not arrive in time");
    else
        http_answer_problem(req, 0, rc, NULL);
}

static void on_end(struct http_req *req, int rc, void *arg)
{
    struct scanning *s = arg;
    struct server *server = s->call->server;
    (void)req;
    if (rc) {
        broken_off(s, rc);
        return;
    }
    /* The worker gets this descriptor: what it sees is what was hashed. */
    if (s->rc == 0 &&
        fcntl(s->task.fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL))
        s->rc = err_errno(&s->err, E_IO, errno, "the file cannot be received");
    if (s->rc == 0) {
        job_hold(server);
        s->rc = scans_run(server->scans, &s->task, scanned, s);
        if (s->rc == 0)
            return;
        job_release(server);
    }
    refuse(s, s->rc, &s->err);
}

static const struct http_body_handler receiving = {on_data, on_end};

/* A version names a file. */
static int read_version(struct call *c, struct str given, char ret_version[HASH_HEX_BYTES],
                        struct err *err)
{
    struct str version = given.len ? given : str_of(c->server->ruleset_version);
    bool good = version.len == HASH_HEX_BYTES - 1;
    for (size_t i = 0; good && i < version.len; i++)
        good = strchr("0123456789abcdef", version.ptr[i]) && version.ptr[i];
    if (!good)
        return err_set(err, E_ARG, "ruleset is '%.*s', expected 64 hexadecimal digits",
                       STR_FMT(version));
    memcpy(ret_version, version.ptr, version.len);
    ret_version[version.len] = '\0';
    return 0;
}

static int begin(struct call *c, struct str version, struct scanning *s, struct err *err)
{
    int rc = read_version(c, version, s->task.version, err);
    if (rc)
        return rc;
    s->task.fd = memfd_create("scan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (s->task.fd < 0)
        return err_errno(err, E_IO, errno, "the file cannot be received");
    return scans_reserve(c->server->scans, err);
}

void scans_create(struct call *c)
{
    struct str version;
    struct err err = {0};
    if (call_query(c, "ruleset", &version))
        return;
    struct scanning *s = mem_calloc(1, sizeof *s);
    if (s) {
        s->call = c;
        s->task.fd = -1;
    }
    int rc = s ? begin(c, version, s, &err) : E_NOMEM;
    if (rc) {
        if (s)
            scan_task_done(&s->task);
        mem_free(s);
        reply_err(c, rc, &err);
        return;
    }
    http_req_stream(c->req, (uint64_t)param_default(PARAM_SCAN_BYTES), &receiving, s);
}
