/* The YARA thread of the monitor. See scanner.h. The loop's side only queues; everything that waits
 * for a file or the worker happens on the thread. */
#include "agent/scanner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/rd.h"
#include "event/event.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/log.h"
#include "proto/agent_msg.h"
#include "yara/worker.h"
#include "yara/yara.h"

enum {
    JOBS_MOST = 256,
    CLEAN_FILES = 4096, /* remembered as scanned and without a match */
    NAMES_MOST = 64,    /* rules told of one file */
    DETAIL_BYTES = 65536
};

struct job {
    struct job *next;
    int64_t pid;
    int64_t pidversion;
    char path[];
};

/** A file as it was when it was scanned; another content has another time of change. */
struct seen {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
};

struct scanner {
    struct loop *loop;
    scanner_fn fn;
    void *arg;
    const char *argv[6];
    char *program;
    char *config;
    struct yara_worker *coming; /* loop only: rules that are being received */
    pthread_t thread;
    bool running;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    bool stop;
    struct yara_worker *next; /* takes the place of the thread's worker */
    bool has_next;            /* also true for: no rules any more */
    bool wanted;              /* there are rules, or will be soon */
    struct job *first, **last;
    unsigned jobs;
    uint64_t scanned, found, failed, left_out;
    uint32_t rules;
    char trouble[ERR_MESSAGE_BYTES];
    /* The thread's own. */
    struct yara_worker *worker;
    struct seen *clean;
};

static const struct yara_limits limits = {
    .file_bytes = UINT64_C(64) << 20, .seconds = 10, .compile_seconds = 60};

/* ---------------------------------------------------------------- to the loop */

struct report {
    struct scanner *scanner;
    struct buf record;
};

static void tell(struct loop *loop, void *arg)
{
    struct report *r = arg;
    (void)loop;
    if (r->scanner->running)
        r->scanner->fn(r->scanner->arg, buf_str(&r->record));
    buf_done(&r->record);
    mem_free(r);
}

static size_t split_names(struct str text, struct str *names, size_t most)
{
    size_t len = 0;
    struct str line;
    while (len < most && str_next(&text, '\n', &line)) {
        if (line.len)
            names[len++] = line;
    }
    return len;
}

/* A record in our own form, as the sensors make them. */
static void write_record(struct buf *out, const struct job *job, const struct yara_found *found)
{
    struct event ev;
    struct str names[NAMES_MOST];
    size_t len = split_names(buf_str(&found->names), names, NAMES_MOST);
    event_clear(&ev);
    ev.kind = KIND_YARA_MATCH;
    ev.time_ns = clock_wall_ns();
#ifdef __APPLE__
    ev.product = STR("macos");
#else
    ev.product = STR("linux");
#endif
    ev.category = kind_table[KIND_YARA_MATCH].category;
    event_set_str(&ev, F_KIND, kind_table[KIND_YARA_MATCH].name);
    if (job->pid > 0) {
        event_set_int(&ev, F_PID, job->pid);
        event_set_int(&ev, F_PIDVERSION, job->pidversion);
    }
    event_set_str(&ev, F_FILE_PATH, str_of(job->path));
    event_set_str(&ev, F_MALWARE_PATH, str_of(job->path));
    if (len)
        event_set_str(&ev, F_MALWARE_NAME, names[0]);
    event_set_list(&ev, F_YARA_RULES, names, (uint32_t)len);
    event_set_str(&ev, F_YARA_DETAIL, str_sub(buf_str(&found->rules), 0, DETAIL_BYTES));
    event_add_json(out, &ev);
}

static void report(struct scanner *s, const struct job *job, const struct yara_found *found)
{
    struct report *r = mem_calloc(1, sizeof *r);
    if (!r)
        return;
    r->scanner = s;
    write_record(&r->record, job, found);
    if (buf_check(&r->record) || loop_post(s->loop, tell, r)) {
        buf_done(&r->record);
        mem_free(r);
    }
}

/* ---------------------------------------------------------------- the thread */

static struct seen identity_of(const struct stat *st)
{
    struct seen seen;
    memset(&seen, 0, sizeof seen); /* compared as bytes */
    seen.device = st->st_dev;
    seen.inode = st->st_ino;
    seen.size = st->st_size;
#ifdef __APPLE__
    seen.changed = st->st_ctimespec;
#else
    seen.changed = st->st_ctim;
#endif
    return seen;
}

static struct seen *place_of(struct scanner *s, const struct seen *seen)
{
    uint64_t mixed = ((uint64_t)seen->inode ^ (uint64_t)seen->device << 20) * 0x9e3779b97f4a7c15u;
    return &s->clean[mixed >> 52];
}

static void scan(struct scanner *s, const struct job *job)
{
    struct yara_found found CLEANUP(yara_found_done) = {0};
    struct err err = {0};
    struct stat st;
    int fd CLEANUP(fd_closep) =
        open(job->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return; /* gone again, or never one to look into */
    struct seen seen = identity_of(&st);
    struct seen *place = place_of(s, &seen);
    if (memcmp(place, &seen, sizeof seen) == 0)
        return;
    int rc = yara_worker_scan(s->worker, fd, &found, &err);
    if (rc)
        log_warn("a file could not be scanned", KV_CSTR("path", job->path),
                 KV_CSTR("reason", err.message));
    bool matched = found.names.len > 0;
    if (matched)
        report(s, job, &found);
    else if (rc == 0)
        *place = seen;
    (void)pthread_mutex_lock(&s->lock);
    s->scanned++;
    s->found += matched;
    s->failed += rc != 0;
    (void)pthread_mutex_unlock(&s->lock);
}

/* Rules that do not compile leave the device without YARA; its health says why. */
static void use_rules(struct scanner *s, struct yara_worker *w)
{
    struct err err = {0};
    yara_worker_free(s->worker);
    s->worker = w;
    memset(s->clean, 0, CLEAN_FILES * sizeof *s->clean);
    if (w && yara_worker_start(w, &err)) {
        log_err(LOG_ERROR, "YARA rules refused", &err);
        yara_worker_free(TAKE(s->worker));
    } else if (w) {
        log_info("YARA rules in use", KV_INT("rules", yara_worker_rules(w)));
    }
    (void)pthread_mutex_lock(&s->lock);
    s->rules = s->worker ? yara_worker_rules(s->worker) : 0;
    memcpy(s->trouble, err.message, sizeof s->trouble);
    (void)pthread_mutex_unlock(&s->lock);
}

static struct job *take_job(struct scanner *s)
{
    struct job *job = s->first;
    if (job) {
        s->first = job->next;
        s->jobs--;
        if (!s->first)
            s->last = &s->first;
    }
    return job;
}

static void *run(void *arg)
{
    struct scanner *s = arg;
    for (;;) {
        (void)pthread_mutex_lock(&s->lock);
        while (!s->stop && !s->has_next && !s->first)
            (void)pthread_cond_wait(&s->wake, &s->lock);
        bool stop = s->stop;
        bool replace = s->has_next;
        struct yara_worker *next = TAKE(s->next);
        s->has_next = false;
        struct job *job = stop || replace ? NULL : take_job(s);
        (void)pthread_mutex_unlock(&s->lock);
        if (stop) {
            yara_worker_free(next);
            return NULL;
        }
        if (replace)
            use_rules(s, next);
        if (job && s->worker)
            scan(s, job);
        mem_free(job);
    }
}

/* ---------------------------------------------------------------- the loop's side */

/* Signals are the loop's: one that this thread could take would end the process. */
static int start_thread(struct scanner *s)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&s->thread, NULL, run, s);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

int scanner_new(struct loop *loop, const char *program, const char *config, scanner_fn fn,
                void *arg, struct scanner **ret_scanner)
{
    struct scanner *s = mem_calloc(1, sizeof *s);
    if (!s)
        return E_NOMEM;
    s->loop = loop;
    s->fn = fn;
    s->arg = arg;
    s->last = &s->first;
    s->program = mem_strdup(program);
    s->config = mem_strdup(config);
    s->clean = mem_calloc(CLEAN_FILES, sizeof *s->clean);
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->wake, NULL);
    const char *const argv[] = {s->program, "--role", AGENT_YARA_ROLE, "--config", s->config, NULL};
    memcpy(s->argv, argv, sizeof argv);
    if (s->program && s->config && s->clean && start_thread(s) == 0)
        s->running = true;
    if (!s->running) {
        scanner_free(s);
        return E_NOMEM;
    }
    *ret_scanner = s;
    return 0;
}

void scanner_free(struct scanner *s)
{
    if (!s)
        return;
    if (s->running) {
        (void)pthread_mutex_lock(&s->lock);
        s->stop = true;
        (void)pthread_cond_signal(&s->wake);
        (void)pthread_mutex_unlock(&s->lock);
        (void)pthread_join(s->thread, NULL);
        s->running = false;
    }
    for (struct job *job; (job = take_job(s));)
        mem_free(job);
    yara_worker_free(s->coming);
    yara_worker_free(s->worker);
    (void)pthread_mutex_destroy(&s->lock);
    (void)pthread_cond_destroy(&s->wake);
    mem_free(s->program);
    mem_free(s->config);
    mem_free(s->clean);
    mem_free(s);
}

static void hand_over(struct scanner *s)
{
    (void)pthread_mutex_lock(&s->lock);
    yara_worker_free(s->next);
    s->next = TAKE(s->coming);
    s->has_next = true;
    s->wanted = s->next != NULL;
    (void)pthread_cond_signal(&s->wake);
    (void)pthread_mutex_unlock(&s->lock);
}

int scanner_rules(struct scanner *s, struct str body)
{
    struct rd r = rd_of(body);
    uint8_t flags = rd_u8(&r);
    struct str name = rd_str32(&r, PATH_MAX);
    struct str text = rd_bytes(&r, r.left);
    if (r.failed || memchr(name.len ? name.ptr : "x", 0, name.len ? name.len : 1))
        return E_PARSE;
    if (flags & AGENT_YARA_FIRST)
        yara_worker_free(TAKE(s->coming));
    if (name.len && yara_available()) {
        char copy[PATH_MAX + 1];
        memcpy(copy, name.ptr, name.len);
        copy[name.len] = '\0';
        int rc = s->coming ? 0 : yara_worker_new(s->argv, &limits, &s->coming);
        if (rc == 0)
            rc = yara_worker_add(s->coming, copy, text);
        if (rc)
            return rc;
    }
    if (flags & AGENT_YARA_LAST)
        hand_over(s);
    return 0;
}

int scanner_ask(struct scanner *s, struct str body)
{
    struct rd r = rd_of(body);
    int64_t pid = (int64_t)rd_u64(&r);
    int64_t pidversion = (int64_t)rd_u64(&r);
    struct str path = rd_bytes(&r, r.left);
    if (r.failed || path.len == 0 || path.ptr[0] != '/' || path.len >= PATH_MAX ||
        memchr(path.ptr, 0, path.len))
        return E_PARSE;
    (void)pthread_mutex_lock(&s->lock);
    bool take = s->wanted && s->jobs < JOBS_MOST;
    s->left_out += s->wanted && !take;
    struct job *job = take ? mem_alloc(sizeof *job + path.len + 1) : NULL;
    if (job) {
        *job = (struct job){.pid = pid, .pidversion = pidversion};
        memcpy(job->path, path.ptr, path.len);
        job->path[path.len] = '\0';
        *s->last = job;
        s->last = &job->next;
        s->jobs++;
        (void)pthread_cond_signal(&s->wake);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return take && !job ? E_NOMEM : 0;
}

void scanner_health(struct scanner *s, struct json_out *j)
{
    json_object_begin(j);
    json_kv_bool(j, "available", yara_available());
    (void)pthread_mutex_lock(&s->lock);
    json_kv_uint(j, "rules", s->rules);
    json_kv_uint(j, "scanned", s->scanned);
    json_kv_uint(j, "found", s->found);
    json_kv_uint(j, "failed", s->failed);
    json_kv_uint(j, "left_out", s->left_out);
    json_kv_cstr(j, "text", yara_available() ? s->trouble : "no YARA on macOS");
    (void)pthread_mutex_unlock(&s->lock);
    json_object_end(j);
}
