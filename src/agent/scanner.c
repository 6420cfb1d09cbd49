/* The YARA thread of the monitor. See scanner.h. The loop's side only queues; everything that waits
 * for a file or the worker happens on the thread. */
#include "agent/scanner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/scan_record.h"
#include "base/mem.h"
#include "base/rd.h"
#include "detect/yara_files.h"
#include "os/file.h"
#include "os/log.h"
#include "proto/agent_msg.h"
#include "yara/serve.h"
#include "yara/worker.h"
#include "yara/yara.h"

enum {
    JOBS_MOST = 256,
    CLEAN_FILES = 4096 /* remembered as scanned and without a match */
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

static void report(struct scanner *s, const struct job *job, const struct yara_found *found)
{
    struct report *r = mem_calloc(1, sizeof *r);
    if (!r)
        return;
    r->scanner = s;
    scan_record_add(&r->record, job->path, job->pid, job->pidversion, found);
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

/* Looked at before it is opened: opening a device can have effects of its own.
 * @return descriptor, or -1: gone again, or never one to look into */
static int open_file(const char *path, struct stat *ret_st)
{
#ifdef O_PATH
    char same[64];
    int place CLEANUP(fd_closep) = open(path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
    if (place < 0 || fstat(place, ret_st) != 0 || !S_ISREG(ret_st->st_mode))
        return -1;
    (void)snprintf(same, sizeof same, "/proc/self/fd/%d", place);
    return open(same, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
#else
    if (lstat(path, ret_st) != 0 || !S_ISREG(ret_st->st_mode))
        return -1;
    return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
#endif
}

static void scan(struct scanner *s, const struct job *job)
{
    struct yara_found found CLEANUP(yara_found_done) = {0};
    struct err err = {0};
    struct stat st;
    int fd CLEANUP(fd_closep) = open_file(job->path, &st);
    if (fd < 0)
        return;
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
    yara_worker_free(s->worker);
    (void)pthread_mutex_destroy(&s->lock);
    (void)pthread_cond_destroy(&s->wake);
    mem_free(s->program);
    mem_free(s->config);
    mem_free(s->clean);
    mem_free(s);
}

static void hand_over(struct scanner *s, struct yara_worker *w)
{
    (void)pthread_mutex_lock(&s->lock);
    yara_worker_free(s->next);
    s->next = w;
    s->has_next = true;
    s->wanted = w != NULL;
    (void)pthread_cond_signal(&s->wake);
    (void)pthread_mutex_unlock(&s->lock);
}

/* What is too much is not copied in full: the worker refuses it, with the reason. */
static int copy_rules(const struct yara_files *files, struct yara_worker *w)
{
    size_t total = 0;
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < files->len && total <= YARA_SOURCE_BYTES_MOST; i++) {
        struct str name;
        struct str text;
        yara_files_get(files, i, &name, &text);
        rc = yara_worker_add(w, name, text);
        total += text.len;
    }
    return rc;
}

static int use_image(struct scanner *s, struct str bytes, struct err *err)
{
    struct yara_files files;
    struct yara_worker *w = NULL;
    int rc = yara_files_open(bytes, &files, err);
    if (rc)
        return rc;
    if (files.len)
        rc = yara_worker_new(s->argv, &limits, &w);
    if (rc == 0 && w)
        rc = copy_rules(&files, w);
    if (rc) {
        yara_worker_free(w);
        return err_set(err, rc, "%s", err_sentence(rc));
    }
    hand_over(s, w);
    return 0;
}

int scanner_use(struct scanner *s, int fd, struct err *err)
{
    struct stat st;
    if (fd < 0 || !yara_available())
        return 0;
    if (fstat(fd, &st) != 0 || st.st_size <= 0)
        return err_set(err, E_IO, "the ruleset's file is unusable");
    void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return err_errno(err, E_IO, errno, "the ruleset cannot be mapped");
    int rc = use_image(s, str_n(map, (size_t)st.st_size), err);
    (void)munmap(map, (size_t)st.st_size);
    return rc;
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
