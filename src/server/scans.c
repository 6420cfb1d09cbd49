/* Scanning on a thread. See scans.h. Everything but the places is the thread's. */
#include "server/scans.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "detect/prevent.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/log.h"
#include "proto/json_in.h"
#include "schema/param.h"
#include "server/worker.h"
#include "server/yara_process.h"

struct scans {
    struct server *server;
    struct worker *thread;
    unsigned taken; /* places; the loop's */
    char version[HASH_HEX_BYTES];
    void *map; /* the image of that version, NULL = none */
    size_t map_len;
    struct prevent prevent;
    struct yara_worker *yara; /* NULL: the ruleset has no YARA rules */
};

struct scan_call {
    struct scan_task *task;
    loop_fn done;
    void *arg;
};

void scan_task_done(struct scan_task *t)
{
    fd_closep(&t->fd);
    buf_done(&t->prevent);
    buf_done(&t->matches);
}

/* ---------------------------------------------------------------- the ruleset */

static void drop_ruleset(struct scans *s)
{
    yara_worker_free(TAKE(s->yara));
    if (s->map)
        (void)munmap(TAKE(s->map), s->map_len);
    s->version[0] = '\0';
}

static int map_image(struct scans *s, const char *version, struct err *err)
{
    struct buf path CLEANUP(buf_done) = {0};
    struct stat st;
    buf_addf(&path, "%.*s/rulesets/%s", STR_FMT(s->server->config->data_dir), version);
    if (buf_check(&path))
        return err_set(err, E_NOMEM, "%s", err_sentence(E_NOMEM));
    int fd CLEANUP(fd_closep) = open(buf_cstr(&path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        return err_set(err, E_NOT_FOUND, "there is no ruleset '%s'", version);
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size <= 0)
        return err_errno(err, E_IO, errno, "cannot open the ruleset '%s'", version);
    void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return err_errno(err, E_IO, errno, "cannot map the ruleset '%s'", version);
    s->map = map;
    s->map_len = (size_t)st.st_size;
    return 0;
}

static int open_image(struct scans *s, const char *version, struct err *err)
{
    struct yara_files files;
    char found[HASH_HEX_BYTES];
    struct str image = str_n(s->map, s->map_len);
    int rc = hash_sha256_hex(image, found);
    if (rc == 0 && strcmp(found, version) != 0)
        rc = err_set(err, E_IO, "the ruleset '%s' is damaged", version);
    if (rc == 0)
        rc = prevent_open(image, &s->prevent, err);
    if (rc == 0)
        rc = yara_files_open(image, &files, err);
    return rc || files.len == 0 ? rc : yara_process_new(&files, &s->yara, err);
}

static int use_ruleset(struct scans *s, const char *version, struct err *err)
{
    if (strcmp(s->version, version) == 0)
        return 0;
    drop_ruleset(s);
    int rc = map_image(s, version, err);
    if (rc == 0)
        rc = open_image(s, version, err);
    if (rc)
        drop_ruleset(s);
    else
        memcpy(s->version, version, sizeof s->version);
    return rc;
}

/* ---------------------------------------------------------------- one file */

static void add_entry(struct buf *out, enum prevent_decision decision,
                      const struct prevent_verdict *v)
{
    struct json_out j = {.out = out};
    struct buf value CLEANUP(buf_done) = {0};
    prevent_add_value(v, &value);
    json_object_begin(&j);
    json_kv_cstr(&j, "action", decision == PREVENT_ALLOW ? "allow" : "deny");
    json_kv_cstr(&j, "type", list_kind_name(v->kind));
    json_kv_str(&j, "value", buf_str(&value));
    json_kv_str(&j, "reason", v->reason);
    json_kv_str(&j, "source", v->source);
    if (v->expires_ns)
        json_kv_time(&j, "expires", v->expires_ns);
    json_object_end(&j);
}

static int look_up(struct scans *s, struct scan_task *t)
{
    unsigned char digest[HASH_BYTES];
    struct prevent_verdict verdict;
    if (lseek(t->fd, 0, SEEK_SET) != 0)
        return err_errno(&t->err, E_IO, errno, "cannot read what was received");
    int rc = hash_sha256_fd(t->fd, UINT64_MAX, digest, NULL);
    if (rc)
        return rc;
    hash_hex(digest, t->sha256);
    const struct code_identity id = {.sha256 = str_n((const char *)digest, sizeof digest)};
    enum prevent_decision decision = prevent_check(&s->prevent, &id, clock_wall_ns(), &verdict);
    if (decision != PREVENT_NONE)
        add_entry(&t->prevent, decision, &verdict);
    return buf_check(&t->prevent);
}

static bool is_match(const json_t *match)
{
    return json_is_string(json_object_get(match, "rule")) &&
           json_is_array(json_object_get(match, "tags")) &&
           json_is_object(json_object_get(match, "meta")) &&
           json_is_array(json_object_get(match, "strings"));
}

/* The worker looked into hostile bytes: its words are taken apart and written anew. */
static int take_matches(struct scan_task *t, const struct yara_found *found, struct err *err)
{
    struct buf text CLEANUP(buf_done) = {0};
    buf_addf(&text, "[%.*s]", STR_FMT(buf_str(&found->rules)));
    json_t *list CLEANUP(json_in_freep) = json_loads(buf_cstr(&text), 0, NULL);
    bool good = json_is_array(list);
    for (size_t i = 0; good && i < json_array_size(list); i++)
        good = is_match(json_array_get(list, i));
    char *written = good ? json_dumps(list, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
    if (written) {
        t->matches_len = (uint32_t)json_array_size(list);
        buf_add_cstr(&t->matches, written);
    }
    free(written);
    return good ? buf_check(&t->matches)
                : err_set(err, E_PARSE, "the YARA worker's answer is no list of matches");
}

static void look_into(struct scans *s, struct scan_task *t)
{
    struct yara_found found CLEANUP(yara_found_done) = {0};
    struct err err = {0};
    int rc = s->yara ? yara_worker_scan(s->yara, t->fd, &found, &t->lack) : 0;
    t->rules = s->yara ? yara_worker_rules(s->yara) : 0;
    if (take_matches(t, &found, &err) != 0) {
        rc = err.code;
        t->lack = err;
    }
    t->complete = rc == 0;
    if (rc)
        log_err(LOG_WARN, "a file that was sent could not be scanned", &t->lack);
}

static void work(void *arg)
{
    struct scan_task *t = ((struct scan_call *)arg)->task;
    t->rc = use_ruleset(t->scans, t->version, &t->err);
    if (t->rc == 0)
        t->rc = look_up(t->scans, t);
    if (t->rc == 0)
        look_into(t->scans, t);
}

static void finished(struct loop *loop, void *arg)
{
    struct scan_call call = *(struct scan_call *)arg;
    mem_free(arg);
    call.done(loop, call.arg);
}

/* ---------------------------------------------------------------- all of them */

int scans_new(struct server *server, struct scans **ret_scans, struct err *err)
{
    struct scans *s = mem_calloc(1, sizeof *s);
    if (!s)
        return err_set(err, E_NOMEM, "out of memory");
    s->server = server;
    int rc = worker_new(server->loop, &s->thread, err);
    if (rc)
        mem_free(s);
    else
        *ret_scans = s;
    return rc;
}

void scans_free(struct scans *s)
{
    if (!s)
        return;
    worker_free(s->thread);
    drop_ruleset(s);
    mem_free(s);
}

int scans_reserve(struct scans *s, struct err *err)
{
    if (s->taken >= (unsigned)param_default(PARAM_SCANS))
        return err_set(err, E_RATE, "%lld files are being scanned already",
                       (long long)param_default(PARAM_SCANS));
    s->taken++;
    return 0;
}

void scans_release(struct scans *s)
{
    s->taken--;
}

int scans_run(struct scans *s, struct scan_task *task, loop_fn done, void *arg)
{
    struct scan_call *call = mem_calloc(1, sizeof *call);
    if (!call)
        return E_NOMEM;
    *call = (struct scan_call){task, done, arg};
    task->scans = s;
    int rc = worker_run(s->thread, work, finished, call);
    if (rc)
        mem_free(call);
    return rc;
}
