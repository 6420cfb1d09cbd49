/* The worker's side. See serve.h. Everything it is sent is hostile except the order of messages. */
#include "yara/serve.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rd.h"
#include "os/file.h"
#include "os/sandbox.h"
#include "yara/wire.h"
#include "yara/yara.h"

enum { READ_CHUNK = 1 << 20 };

struct serve {
    struct wire wire;
    struct yara_compiler *compiler;
    struct yara_rules *rules;
    struct buf name; /* of the file of rules that is being received */
    struct buf text;
    size_t source_bytes; /* of all of them */
    struct buf file;     /* being scanned */
};

static void serve_done(struct serve *s)
{
    yara_rules_free(s->rules);
    yara_compiler_free(s->compiler);
    buf_done(&s->name);
    buf_done(&s->text);
    buf_done(&s->file);
    wire_done(&s->wire);
}

/* A sanitizer's shadow alone is larger than any limit, and its report may go to a file. */
static void limit_memory(uint64_t bytes)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    (void)bytes;
#else
    static const struct rlimit no_file = {0, 0};
    struct rlimit limit = {bytes, bytes};
    if (bytes)
        (void)setrlimit(RLIMIT_AS, &limit);
    (void)setrlimit(RLIMIT_FSIZE, &no_file);
#endif
}

/* A file to scan needs one descriptor. */
static void limit_rest(void)
{
    static const struct rlimit none = {0, 0};
    static const struct rlimit few = {16, 16};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)setrlimit(RLIMIT_NPROC, &none);
    (void)setrlimit(RLIMIT_NOFILE, &few);
}

/* No file, no program, no network. A kernel that lacks one of the walls is no reason not to work:
 * the other stands. Without either nothing is looked at. */
static int confine(void)
{
    static const char *const none[] = {NULL};
    struct sandbox_state state = {0};
    limit_rest();
    int rc = sandbox_paths(none, none, &state, NULL);
    if (rc == 0 || rc == E_UNSUPPORTED)
        rc = sandbox_calls(SANDBOX_COMPUTE, &state, NULL);
    return rc == E_UNSUPPORTED && state.paths ? 0 : rc;
}

/* ------------------------------------------------------------------ rules */

static int finish_source(struct serve *s, struct err *err)
{
    if (s->name.len == 0)
        return 0;
    err_at(err, buf_cstr(&s->name), 0, 0);
    if (memchr(s->text.ptr ? s->text.ptr : "", 0, s->text.len))
        return err_set(err, E_PARSE, "not text: a NUL byte");
    int rc = s->compiler ? 0 : yara_compiler_new(&s->compiler, err);
    if (rc == 0)
        rc = yara_compiler_add(s->compiler, buf_cstr(&s->name), buf_cstr(&s->text), err);
    buf_clear(&s->name);
    buf_clear(&s->text);
    return rc;
}

static int add_text(struct serve *s, struct str text, struct err *err)
{
    s->source_bytes += text.len;
    if (s->source_bytes > YARA_SOURCE_BYTES_MOST)
        return err_set(err, E_LIMIT, "more than %d bytes of YARA rules", YARA_SOURCE_BYTES_MOST);
    buf_add_str(&s->text, text);
    return buf_check(&s->text) ? err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM)) : 0;
}

static int take_source(struct serve *s, const struct imsg *m, struct err *err)
{
    if (m->type == YARA_MSG_TEXT)
        return add_text(s, m->body, err);
    int rc = finish_source(s, err);
    if (rc == 0 && m->type == YARA_MSG_NAME)
        buf_add_str(&s->name, m->body.len ? m->body : STR("rules"));
    if (rc == 0 && m->type == YARA_MSG_COMPILE)
        rc = s->compiler ? 0 : yara_compiler_new(&s->compiler, err);
    if (rc == 0 && m->type == YARA_MSG_COMPILE)
        rc = yara_compiler_finish(s->compiler, &s->rules, err);
    return rc ? rc : buf_check(&s->name);
}

/* @return 0, or what ends the worker */
static int receive_rules(struct serve *s)
{
    struct err err = {0};
    struct imsg m;
    struct buf body CLEANUP(buf_done) = {0};
    int refused = 0;
    do {
        int rc = wire_receive(&s->wire, &m, -1);
        if (rc)
            return rc;
        if (m.type > YARA_MSG_COMPILE)
            return E_PARSE;
        if (refused == 0)
            refused = take_source(s, &m, &err);
    } while (m.type != YARA_MSG_COMPILE);
    yara_compiler_free(TAKE(s->compiler));
    if (refused == 0) {
        buf_add_u32(&body, yara_rules_len(s->rules));
        buf_add_str(&body, yara_rules_warnings(s->rules));
        return wire_send(&s->wire, YARA_MSG_READY, buf_str(&body), -1, -1);
    }
    buf_add_u32(&body, (uint32_t)-refused);
    buf_add_u32(&body, err.line);
    buf_add(&body, err.source, strlen(err.source) + 1);
    buf_add_cstr(&body, err.message);
    int rc = wire_send(&s->wire, YARA_MSG_REFUSED, buf_str(&body), -1, -1);
    return rc ? rc : E_CLOSED;
}

/* ------------------------------------------------------------------ files */

/* At most `most` bytes from the file's beginning. Read, not mapped: a file that shrinks meanwhile
 * must not kill. */
static int read_file(struct serve *s, uint64_t most, bool *ret_more)
{
    buf_clear(&s->file);
    for (;;) {
        if (buf_reserve(&s->file, READ_CHUNK))
            return E_NOMEM;
        ssize_t n = pread(s->wire.file, s->file.ptr + s->file.len, READ_CHUNK, (off_t)s->file.len);
        if (n < 0)
            return E_IO;
        s->file.len += (size_t)n;
        if (s->file.len > most) {
            s->file.len = (size_t)most;
            *ret_more = true;
        }
        if (n == 0 || *ret_more)
            return 0;
    }
}

static int answer_scan(struct serve *s, struct str body)
{
    struct rd r = rd_of(body);
    uint64_t most = rd_u64(&r);
    uint32_t seconds = rd_u32(&r);
    struct buf found CLEANUP(buf_done) = {.limit = IMSG_BODY_MAX / 2};
    struct buf names CLEANUP(buf_done) = {.limit = IMSG_BODY_MAX / 4};
    struct buf out CLEANUP(buf_done) = {0};
    bool more = false;
    if (r.failed || s->wire.file < 0)
        return E_PARSE;
    int rc = read_file(s, most, &more);
    if (rc == 0)
        rc = yara_scan(s->rules, buf_str(&s->file), (int)(seconds & INT32_MAX), &found, &names,
                       NULL);
    buf_add_u32(&out, (uint32_t)-rc);
    buf_add_u64(&out, s->file.len);
    buf_add_u8(&out, more);
    buf_add_u32(&out, buf_check(&names) ? 0 : (uint32_t)names.len);
    if (!buf_check(&names))
        buf_add_str(&out, buf_str(&names));
    if (!buf_check(&found))
        buf_add_str(&out, buf_str(&found));
    return buf_check(&out) ? E_NOMEM : wire_send(&s->wire, YARA_MSG_RESULT, buf_str(&out), -1, -1);
}

int yara_serve(int fd, uint64_t memory_bytes)
{
    struct serve s CLEANUP(serve_done) = {.wire = {.fd = fd, .file = -1}};
    struct imsg m;
    limit_memory(memory_bytes);
    int rc = confine();
    if (rc == 0)
        rc = receive_rules(&s);
    while (rc == 0) {
        rc = wire_receive(&s.wire, &m, -1);
        if (rc == 0)
            rc = m.type == YARA_MSG_SCAN ? answer_scan(&s, m.body) : E_PARSE;
    }
    return rc == E_CLOSED ? 0 : err_exit_status(rc);
}
