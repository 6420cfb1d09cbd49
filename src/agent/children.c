/* Start and supervision of analyst and uplink. See children.h. */
#include "agent/children.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/pace.h"
#include "base/mem.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/proc.h"

enum { PAUSE_FIRST_MS = 100, HEALTHY_MS = 60000, ROLES = 2 };

struct child {
    struct children *owner;
    enum agent_role role;
    const char *name;
    pid_t pid; /* 0 = not running */
    int64_t started_ms;
    int64_t pause_ms;
    uint64_t timer;
    uint64_t starts;
};

struct children {
    struct loop *loop;
    char *program;
    char *config;
    const struct children_handler *handler;
    void *arg;
    bool stopping;
    struct child child[ROLES];
};

static struct child *child_of(struct children *c, enum agent_role role)
{
    return &c->child[role == AGENT_ROLE_ANALYST ? 0 : 1];
}

/* The minimal one; where fail points are, ours, so that a test can arm those of the children. */
static const char *const *child_environment(void)
{
#ifdef CORDON_FAILPOINTS
    return (const char *const *)environ;
#else
    return NULL;
#endif
}

static void start(struct child *k);

static void start_later(struct loop *loop, void *arg)
{
    (void)loop;
    struct child *k = arg;
    k->timer = 0;
    start(k);
}

static void schedule(struct child *k)
{
    if (k->owner->stopping || k->timer)
        return;
    int64_t lived = k->started_ms ? clock_mono_ms() - k->started_ms : 0;
    if (lived > HEALTHY_MS || k->pause_ms == 0)
        k->pause_ms = PAUSE_FIRST_MS;
    else if (k->pause_ms < PACE_RESTART_MOST_MS)
        k->pause_ms *= 2;
    k->timer = loop_timer(k->owner->loop, k->pause_ms, start_later, k);
}

static void start(struct child *k)
{
    struct children *c = k->owner;
    const char *argv[] = {c->program, "--role", k->name, "--config", c->config, NULL};
    struct proc_child started;
    struct err err = {0};
    if (c->stopping)
        return;
    if (proc_spawn(argv, child_environment(), PROC_SOCKET | PROC_DIE_WITH_PARENT, &started, &err) !=
        0) {
        log_err(LOG_ERROR, "cannot start a child", &err);
        schedule(k);
        return;
    }
    k->pid = started.pid;
    k->started_ms = clock_mono_ms();
    k->starts++;
    log_info("child started", KV_CSTR("role", k->name), KV_INT("pid", k->pid),
             KV_INT("starts", k->starts));
    c->handler->started(c->arg, k->role, started.stdin_fd);
}

static void reap(struct loop *loop, int signo, void *arg)
{
    (void)loop;
    (void)signo;
    struct children *c = arg;
    for (size_t i = 0; i < ROLES; i++) {
        struct child *k = &c->child[i];
        int status;
        if (!k->pid || waitpid(k->pid, &status, WNOHANG) != k->pid)
            continue;
        log_warn("child ended", KV_CSTR("role", k->name), KV_INT("pid", k->pid),
                 KV_INT("exit", WIFEXITED(status) ? WEXITSTATUS(status) : -1),
                 KV_INT("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0));
        k->pid = 0;
        c->handler->ended(c->arg, k->role, status);
        schedule(k);
    }
}

int children_new(struct loop *loop, const char *program, const char *config,
                 const struct children_handler *handler, void *arg, struct children **ret_children,
                 struct err *err)
{
    struct children *c = mem_calloc(1, sizeof *c);
    if (!c)
        return err_set(err, E_NOMEM, "out of memory");
    c->loop = loop;
    c->program = mem_strdup(program);
    c->config = mem_strdup(config);
    c->handler = handler;
    c->arg = arg;
    c->child[0] = (struct child){.owner = c, .role = AGENT_ROLE_ANALYST, .name = "analyst"};
    c->child[1] = (struct child){.owner = c, .role = AGENT_ROLE_UPLINK, .name = "uplink"};
    int rc = c->program && c->config ? loop_signal(loop, SIGCHLD, reap, c) : E_NOMEM;
    if (rc) {
        mem_free(c->program);
        mem_free(c->config);
        mem_free(c);
        return err_set(err, rc, "cannot watch over child processes");
    }
    *ret_children = c;
    return 0;
}

void children_start(struct children *c)
{
    for (size_t i = 0; i < ROLES; i++)
        start(&c->child[i]);
}

void children_kill(struct children *c, enum agent_role role)
{
    struct child *k = child_of(c, role);
    if (k->pid)
        (void)kill(k->pid, SIGKILL);
}

void children_stop(struct children *c)
{
    c->stopping = true;
}

unsigned children_left(const struct children *c)
{
    unsigned left = 0;
    for (size_t i = 0; i < ROLES; i++)
        left += c->child[i].pid != 0;
    return left;
}

uint64_t children_restarts(const struct children *c, enum agent_role role)
{
    const struct child *k = &c->child[role == AGENT_ROLE_ANALYST ? 0 : 1];
    return k->starts ? k->starts - 1 : 0;
}

void children_free(struct children *c)
{
    if (!c)
        return;
    c->stopping = true;
    for (size_t i = 0; i < ROLES; i++) {
        struct child *k = &c->child[i];
        loop_timer_cancel(c->loop, k->timer);
        if (k->pid) {
            (void)kill(k->pid, SIGKILL);
            (void)waitpid(k->pid, NULL, 0);
        }
    }
    mem_free(c->program);
    mem_free(c->config);
    mem_free(c);
}
