/* Stopping listed programs. See prevention.h. The gate's thread and the loop share the mapped lists
 * and the counters under one lock; everything else is the loop's alone. */
#include "agent/prevention.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/prevention_report.h"
#include "agent/program_hash.h"
#include "base/mem.h"
#include "detect/prevent.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/log.h"
#include "os/proc.h"
#include "respond/kill.h"
#include "respond/running.h"
#include "sensor/exec_gate.h"

enum {
    GATE_BYTES_MOST = 64 * 1024 * 1024, /* of a program that is hashed while it waits */
    GATE_TIME_MOST_MS = 500,
    LATER_BYTES_MOST = 512 * 1024 * 1024, /* of one that runs already */
    LATER_TIME_MOST_MS = 2000,
    SWEEP_SLICE_MS = 20, /* of one round of the loop; the program begun last may take longer */
    PATH_BYTES = 1024
};

enum mode { MODE_DENY, MODE_KILL, MODE_OFF };

static const char *const mode_names[] = {"deny", "kill", "off"};

struct prevention {
    struct loop *loop;
    enum mode mode;
    struct prevention_report *report;
    char own_path[PATH_BYTES];
    struct exec_gate *gate;
    char gate_trouble[ERR_MESSAGE_BYTES]; /* why there is none, "" = there is, or none is needed */
    struct program_hash gate_hashes;      /* gate's thread */
    struct program_hash hashes;           /* loop */
    pid_t *sweep;                         /* processes still to be looked at */
    size_t sweep_len;
    size_t sweep_at;
    uint64_t sweep_timer;

    pthread_mutex_t lock; /* guards what follows */
    void *map;
    size_t map_len;
    struct prevent prevent;
    bool denies;
    bool denies_hash;
    uint64_t unhashed; /* programs that could not be hashed, or not in time: let through */
};

/* ---------------------------------------------------------------- deciding */

/* Any thread. `reason` and the other texts are copied, as the lists may change afterwards. */
static bool is_denied(struct prevention *p, const struct code_identity *id,
                      struct prevention_finding *f)
{
    struct prevent_verdict v;
    if (str_is(id->path, p->own_path))
        return false;
    (void)pthread_mutex_lock(&p->lock);
    bool denied = prevent_check(&p->prevent, id, clock_wall_ns(), &v) == PREVENT_DENY;
    if (denied)
        prevention_finding_set(f, &v);
    (void)pthread_mutex_unlock(&p->lock);
    return denied;
}

static bool wants_hash(struct prevention *p)
{
    (void)pthread_mutex_lock(&p->lock);
    bool wants = p->denies_hash;
    (void)pthread_mutex_unlock(&p->lock);
    return wants;
}

static void hash_into(struct prevention *p, struct program_hash *hashes, int fd,
                      unsigned char digest[HASH_BYTES], struct code_identity *id)
{
    int rc = program_hash_get(hashes, fd, digest);
    if (rc == 0)
        id->sha256 = str_n((const char *)digest, HASH_BYTES);
    if (rc && rc != E_UNSUPPORTED) { /* that one is empty, or no file */
        (void)pthread_mutex_lock(&p->lock);
        p->unhashed++;
        (void)pthread_mutex_unlock(&p->lock);
    }
}

/* The gate's thread. What is guarded is not even hashed: nearly every execution ends here. */
static bool at_gate(void *arg, int fd, const char *path, pid_t pid)
{
    struct prevention *p = arg;
    struct prevention_finding f = {.outcome = PREVENTION_DENIED, .pid = pid};
    unsigned char digest[HASH_BYTES];
    struct code_identity id = {.path = str_of(path)};
    if (list_guards_path(id.path))
        return false;
    if (wants_hash(p))
        hash_into(p, &p->gate_hashes, fd, digest, &id);
    if (!is_denied(p, &id, &f))
        return false;
    (void)snprintf(f.program, sizeof f.program, "%s", path);
    prevention_report_post(p->report, &f);
    return true;
}

/* ---------------------------------------------------------------- what runs */

static void end_process(struct prevention *p, const struct running *r, struct prevention_finding *f)
{
    struct kill_report report = {0};
    struct err err = {0};
    struct kill_order o = {.pid = r->pid, .generation = r->generation, .own_root = getpid()};
    int rc = kill_run(&o, &report, &err);
    f->outcome = rc ? PREVENTION_FAILED : report.already_gone ? PREVENTION_GONE : PREVENTION_KILLED;
    f->pid = r->pid;
    f->generation = r->generation;
    (void)snprintf(f->program, sizeof f->program, "%s", r->path);
    (void)snprintf(f->trouble, sizeof f->trouble, "%s", rc ? err.message : "");
    kill_report_done(&report);
    prevention_report_add(p->report, f);
}

static struct code_identity identity_of(const struct running *r)
{
    struct code_identity id = {.path = str_of(r->path),
                               .signing_id = str_of(r->signing_id),
                               .team_id = str_of(r->team_id),
                               .platform = r->platform};
    if (r->has_cdhash)
        id.cdhash = str_n((const char *)r->cdhash, sizeof r->cdhash);
    return id;
}

/* @param more what else is known of its program, may be NULL */
static void judge(struct prevention *p, const struct running *r, const struct code_identity *more)
{
    struct prevention_finding f = {0};
    unsigned char digest[HASH_BYTES];
    struct code_identity id = identity_of(r);
    if (list_guards_path(id.path) || id.platform || r->pid == getpid())
        return;
    if (more && id.cdhash.len == 0)
        id.cdhash = more->cdhash;
    if (more && id.signing_id.len == 0)
        id.signing_id = more->signing_id;
    if (more && id.team_id.len == 0)
        id.team_id = more->team_id;
    /* What the analyst says is believed only where this process cannot find out itself. */
    if (wants_hash(p)) {
        int fd CLEANUP(fd_closep) = running_open(r);
        if (fd >= 0)
            hash_into(p, &p->hashes, fd, digest, &id);
    }
    if (more && id.sha256.len == 0)
        id.sha256 = more->sha256;
    if (is_denied(p, &id, &f))
        end_process(p, r, &f);
}

static void sweep_slice(struct loop *loop, void *arg)
{
    struct prevention *p = arg;
    struct running r;
    int64_t until_ms = clock_mono_ms() + SWEEP_SLICE_MS;
    p->sweep_timer = 0;
    while (p->sweep_at < p->sweep_len && clock_mono_ms() < until_ms) {
        if (running_look(p->sweep[p->sweep_at++], &r) == 0)
            judge(p, &r, NULL);
    }
    if (p->sweep_at < p->sweep_len)
        p->sweep_timer = loop_timer(loop, 0, sweep_slice, p);
}

static void start_sweep(struct prevention *p)
{
    mem_free(TAKE(p->sweep));
    p->sweep_len = p->sweep_at = 0;
    if (running_pids(&p->sweep, &p->sweep_len) != 0) {
        log_error("what runs could not be listed: only what starts is held against the lists");
        return;
    }
    if (!p->sweep_timer)
        p->sweep_timer = loop_timer(p->loop, 0, sweep_slice, p);
}

void prevention_suspect(struct prevention *p, const struct agent_suspect *s)
{
    struct running r;
    if (p->mode == MODE_OFF || running_look((pid_t)s->pid, &r) || r.generation != s->generation)
        return;
    struct code_identity more = {.sha256 = s->sha256,
                                 .cdhash = s->cdhash,
                                 .signing_id = s->signing_id,
                                 .team_id = s->team_id};
    judge(p, &r, &more);
}

/* ---------------------------------------------------------------- lists */

static void set_gate(struct prevention *p)
{
    struct err err = {0};
    if (!p->denies || p->mode != MODE_DENY) {
        exec_gate_close(TAKE(p->gate));
        p->gate_trouble[0] = '\0';
        return;
    }
    if (p->gate || exec_gate_open(at_gate, p, &p->gate, &err) == 0)
        return;
    if (!p->gate_trouble[0])
        log_err(LOG_INFO, "programs cannot be kept from starting, they are ended instead", &err);
    (void)snprintf(p->gate_trouble, sizeof p->gate_trouble, "%s", err.message);
}

/* The old lists stay in force when the new ones cannot be read. */
static int map_lists(int fd, void **ret_map, size_t *ret_len, struct prevent *ret_prevent,
                     struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size <= 0)
        return err_set(err, E_IO, "the ruleset's file is unusable");
    void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return err_set(err, E_IO, "the ruleset cannot be mapped");
    int rc = prevent_open(str_n(map, (size_t)st.st_size), ret_prevent, err);
    if (rc) {
        (void)munmap(map, (size_t)st.st_size);
        return rc;
    }
    *ret_map = map;
    *ret_len = (size_t)st.st_size;
    return 0;
}

void prevention_use(struct prevention *p, int fd, const char *version)
{
    struct err err = {0};
    struct prevent prevent;
    void *map = NULL;
    size_t len = 0;
    if (p->mode == MODE_OFF || fd < 0)
        return;
    if (map_lists(fd, &map, &len, &prevent, &err) != 0) {
        log_err(LOG_ERROR, "the prevent lists of the ruleset are not used", &err);
        return;
    }
    (void)pthread_mutex_lock(&p->lock);
    void *old = p->map;
    size_t old_len = p->map_len;
    p->map = map;
    p->map_len = len;
    p->prevent = prevent;
    p->denies = prevent_denies(&prevent);
    p->denies_hash = prevent_has(&prevent, LIST_SHA256);
    (void)pthread_mutex_unlock(&p->lock);
    if (old)
        (void)munmap(old, old_len);
    set_gate(p);
    log_info("prevent lists in use", KV_CSTR("version", version), KV_INT("entries", prevent.len));
    if (p->denies)
        start_sweep(p);
}

/* ---------------------------------------------------------------- life */

int prevention_new(struct loop *loop, struct str mode, prevention_record_fn record, void *arg,
                   struct prevention **ret_prevention, struct err *err)
{
    unsigned m = 0;
    while (m < ARRAY_LEN(mode_names) && !str_is(mode, mode_names[m]))
        m++;
    if (m == ARRAY_LEN(mode_names))
        return err_set(err, E_ARG, "prevent is '%.*s', expected deny, kill or off", STR_FMT(mode));
    struct prevention *p = mem_calloc(1, sizeof *p);
    if (!p)
        return err_set(err, E_NOMEM, "out of memory");
    p->loop = loop;
    p->mode = (enum mode)m;
    p->gate_hashes = (struct program_hash){GATE_BYTES_MOST, GATE_TIME_MOST_MS, NULL};
    p->hashes = (struct program_hash){LATER_BYTES_MOST, LATER_TIME_MOST_MS, NULL};
    (void)pthread_mutex_init(&p->lock, NULL);
    int rc = proc_own_path(p->own_path, sizeof p->own_path, err);
    if (rc == 0)
        rc = prevention_report_new(loop, record, arg, &p->report);
    if (rc) {
        prevention_free(p);
        return rc;
    }
    *ret_prevention = p;
    return 0;
}

void prevention_free(struct prevention *p)
{
    if (!p)
        return;
    exec_gate_close(p->gate);
    if (p->sweep_timer)
        loop_timer_cancel(p->loop, p->sweep_timer);
    prevention_report_free(p->report);
    mem_free(p->sweep);
    program_hash_done(&p->gate_hashes);
    program_hash_done(&p->hashes);
    if (p->map)
        (void)munmap(p->map, p->map_len);
    (void)pthread_mutex_destroy(&p->lock);
    mem_free(p);
}

/* What is in force, honestly: with "deny" and no gate, programs are ended after they started. */
void prevention_health(struct prevention *p, struct json_out *j)
{
    const char *force = p->mode == MODE_OFF ? "off" : p->gate ? "deny" : "kill";
    json_object_begin(j);
    json_kv_cstr(j, "mode", p->mode == MODE_DENY && !p->denies ? "idle" : force);
    json_kv_cstr(j, "text", p->gate_trouble);
    (void)pthread_mutex_lock(&p->lock);
    json_kv_uint(j, "entries", p->prevent.len);
    if (p->prevent.issued_ns) {
        json_key(j, "lists_issued");
        json_time(j, p->prevent.issued_ns);
    }
    json_kv_uint(j, "not_hashed", p->unhashed);
    (void)pthread_mutex_unlock(&p->lock);
    prevention_report_health(p->report, j);
    json_object_end(j);
}
