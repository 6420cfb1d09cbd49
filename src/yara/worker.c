/* The user's side of a YARA worker. See worker.h. */
#include "yara/worker.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rd.h"
#include "os/file.h"
#include "os/proc.h"
#include "yara/wire.h"

enum {
    GRACE_MS = 3000, /* libyara looks at its clock now and then only */
    PIECE_BYTES = 1 << 20,
    SEND_MS = 30000,
    WARNINGS_BYTES = 65536
};

const struct yara_limits yara_limits_default = {
    .file_bytes = UINT64_C(256) << 20, .seconds = 30, .compile_seconds = 60};

struct source {
    char *name;
    struct buf text;
};

struct yara_worker {
    const char *const *argv;
    struct yara_limits limits;
    struct source *sources;
    size_t sources_len;
    size_t sources_cap;
    struct proc_child child; /* pid 0 = none */
    struct wire wire;
    uint32_t rules;
    uint32_t losses;
    struct buf warnings;
};

int yara_worker_new(const char *const *argv, const struct yara_limits *limits,
                    struct yara_worker **ret_worker)
{
    struct yara_worker *w = mem_calloc(1, sizeof *w);
    if (!w)
        return E_NOMEM;
    w->argv = argv;
    w->limits = *limits;
    w->child.stdin_fd = w->child.stdout_fd = w->child.stderr_fd = -1;
    w->wire.fd = w->wire.file = -1;
    *ret_worker = w;
    return 0;
}

/* The process is gone, or has to go. */
static void end_child(struct yara_worker *w)
{
    if (w->child.pid > 0) {
        fd_closep(&w->child.stdin_fd);
        (void)kill(w->child.pid, SIGKILL);
        while (waitpid(w->child.pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    wire_done(&w->wire);
    w->wire = (struct wire){.fd = -1, .file = -1};
    w->child.pid = 0;
}

void yara_worker_free(struct yara_worker *w)
{
    if (!w)
        return;
    end_child(w);
    for (size_t i = 0; i < w->sources_len; i++) {
        mem_free(w->sources[i].name);
        buf_done(&w->sources[i].text);
    }
    mem_free(w->sources);
    buf_done(&w->warnings);
    mem_free(w);
}

int yara_worker_add(struct yara_worker *w, struct str name, struct str text)
{
    struct source s = {0};
    int rc = mem_grow(&w->sources, &w->sources_cap, w->sources_len + 1, sizeof *w->sources);
    if (rc)
        return rc;
    s.name = mem_strndup(name.ptr, name.len);
    buf_add_str(&s.text, text);
    if (!s.name || buf_check(&s.text)) {
        mem_free(s.name);
        buf_done(&s.text);
        return E_NOMEM;
    }
    w->sources[w->sources_len++] = s;
    return 0;
}

uint32_t yara_worker_rules(const struct yara_worker *w)
{
    return w->rules;
}

struct str yara_worker_warnings(const struct yara_worker *w)
{
    return buf_str(&w->warnings);
}

uint32_t yara_worker_losses(const struct yara_worker *w)
{
    return w->losses;
}

/* A failure of the conversation: the worker is of no use any more. */
static int lost(struct yara_worker *w, int code, const char *doing, struct err *err)
{
    end_child(w);
    w->losses++;
    if (code == E_TIMEOUT)
        return err_set(err, code, "the YARA worker took too long %s and was ended", doing);
    if (code == E_CLOSED)
        return err_set(err, code, "the YARA worker died %s", doing);
    return err_set(err, code, "the YARA worker failed %s: %s", doing, err_sentence(code));
}

/* ------------------------------------------------------------------ rules */

static int send_source(struct yara_worker *w, const struct source *s)
{
    int rc = wire_send(&w->wire, YARA_MSG_NAME, str_of(s->name), -1, SEND_MS);
    for (size_t at = 0; rc == 0 && at < s->text.len; at += PIECE_BYTES)
        rc = wire_send(&w->wire, YARA_MSG_TEXT, str_sub(buf_str(&s->text), at, PIECE_BYTES), -1,
                       SEND_MS);
    return rc;
}

static int refused(struct yara_worker *w, struct str body, struct err *err)
{
    struct rd r = rd_of(body);
    int code = -(int)(rd_u32(&r) & 0xff);
    uint32_t line = rd_u32(&r);
    struct str rest = rd_bytes(&r, r.left);
    size_t name = 0;
    while (name < rest.len && rest.ptr[name])
        name++;
    char source[ERR_SOURCE_BYTES];
    size_t len = name < sizeof source - 1 ? name : sizeof source - 1;
    memcpy(source, rest.len ? rest.ptr : "", len);
    source[len] = '\0';
    struct str message = str_sub(rest, name + 1, SIZE_MAX);
    end_child(w);
    err_at(err, source, line, 0);
    if (message.len == 0)
        message = STR("the YARA worker refused the rules without a reason");
    return err_set(err, code ? code : E_PARSE, "%.*s", STR_FMT(message));
}

int yara_worker_start(struct yara_worker *w, struct err *err)
{
    if (w->child.pid)
        return 0;
    int rc = proc_spawn(w->argv, NULL, PROC_SOCKET | PROC_DIE_WITH_PARENT, &w->child, err);
    if (rc) {
        w->child.pid = 0;
        return rc;
    }
    w->wire = (struct wire){.fd = w->child.stdin_fd, .file = -1};
    for (size_t i = 0; rc == 0 && i < w->sources_len; i++)
        rc = send_source(w, &w->sources[i]);
    if (rc == 0)
        rc = wire_send(&w->wire, YARA_MSG_COMPILE, STR(""), -1, SEND_MS);
    struct imsg m;
    if (rc == 0)
        rc = wire_receive(&w->wire, &m, (int64_t)w->limits.compile_seconds * 1000);
    if (rc)
        return lost(w, rc, "compiling rules", err);
    if (m.type == YARA_MSG_REFUSED)
        return refused(w, m.body, err);
    struct rd r = rd_of(m.body);
    w->rules = rd_u32(&r);
    if (m.type != YARA_MSG_READY || r.failed)
        return lost(w, E_PARSE, "compiling rules", err);
    buf_clear(&w->warnings);
    buf_add_str(&w->warnings, str_sub(rd_bytes(&r, r.left), 0, WARNINGS_BYTES));
    return buf_check(&w->warnings);
}

/* ------------------------------------------------------------------ files */

void yara_found_done(struct yara_found *f)
{
    buf_done(&f->names);
    buf_done(&f->rules);
}

static int take_result(struct yara_worker *w, const struct imsg *m, struct yara_found *found,
                       struct err *err)
{
    struct rd r = rd_of(m->body);
    int code = -(int)(rd_u32(&r) & 0xff);
    found->bytes = rd_u64(&r);
    found->cut = rd_u8(&r) != 0;
    struct str names = rd_str32(&r, IMSG_BODY_MAX);
    if (m->type != YARA_MSG_RESULT || r.failed)
        return lost(w, E_PARSE, "scanning", err);
    buf_add_str(&found->names, names);
    buf_add_str(&found->rules, rd_bytes(&r, r.left));
    if (buf_check(&found->names) || buf_check(&found->rules))
        return err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
    if (code == E_TIMEOUT)
        return err_set(err, code, "the scan took longer than %u s", w->limits.seconds);
    if (code == E_NOMEM)
        return err_set(err, code, "the scan needs more memory than it may have");
    return code ? err_set(err, code, "the scan failed: %s", err_sentence(code)) : 0;
}

int yara_worker_scan(struct yara_worker *w, int fd, struct yara_found *found, struct err *err)
{
    struct buf body CLEANUP(buf_done) = {0};
    struct imsg m;
    buf_clear(&found->names);
    buf_clear(&found->rules);
    found->bytes = 0;
    found->cut = false;
    int rc = yara_worker_start(w, err);
    if (rc)
        return rc;
    buf_add_u64(&body, w->limits.file_bytes);
    buf_add_u32(&body, w->limits.seconds);
    rc = buf_check(&body);
    if (rc == 0)
        rc = wire_send(&w->wire, YARA_MSG_SCAN, buf_str(&body), fd, SEND_MS);
    if (rc == 0)
        rc = wire_receive(&w->wire, &m, (int64_t)w->limits.seconds * 1000 + GRACE_MS);
    return rc ? lost(w, rc, "scanning", err) : take_result(w, &m, found, err);
}
