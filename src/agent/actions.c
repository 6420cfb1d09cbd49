/* Actions the monitor runs. See actions.h. Containment goes to respond/isolation, the rest to the
 * table of respond/respond. */
#include "agent/actions.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "os/clock.h"
#include "os/log.h"
#include "respond/respond.h"
#include "schema/param.h"

enum { TICK_MS = 2000, PATH_BYTES = 512 };

struct actions {
    struct loop *loop;
    const struct actions_hooks *hooks;
    void *arg;
    uid_t uplink_uid;
    char state_path[PATH_BYTES];
    struct isolation *isolation;
    struct isolation_status last; /* as last reported */
    struct err trouble;           /* code 0 = all is well */
    uint64_t tick_timer;
};

static bool is_root(void)
{
    return geteuid() == 0;
}

/* ---------------------------------------------------------------- isolation */

static void look(struct actions *a)
{
    struct isolation_status now;
    isolation_status(a->isolation, &now);
    bool changed = now.isolated != a->last.isolated || now.generation != a->last.generation ||
                   now.confirmed != a->last.confirmed || now.reasserted != a->last.reasserted;
    if (now.reasserted > a->last.reasserted)
        log_warn("the rules of containment had been changed and were put back",
                 KV_INT("times", (int64_t)now.reasserted));
    a->last = now;
    if (changed)
        a->hooks->observed(a->arg);
}

static void tick(struct loop *loop, void *arg)
{
    struct actions *a = arg;
    struct err err = {0};
    if (isolation_tick(a->isolation, clock_mono_ms(), &err) == 0)
        err_clear(&err);
    /* The same trouble every two seconds is told once. */
    if (err.code && strcmp(err.message, a->trouble.message) != 0)
        log_err(LOG_ERROR, "containment upkeep failed", &err);
    a->trouble = err;
    look(a);
    a->tick_timer = loop_timer(loop, TICK_MS, tick, a);
}

/* ---------------------------------------------------------------- life */

int actions_new(struct loop *loop, const char *folder, uid_t uplink_uid,
                const struct actions_hooks *hooks, void *arg, struct actions **ret_actions,
                struct err *err)
{
    struct actions *a = mem_calloc(1, sizeof *a);
    if (!a)
        return err_set(err, E_NOMEM, "out of memory");
    *a = (struct actions){.loop = loop, .hooks = hooks, .arg = arg, .uplink_uid = uplink_uid};
    (void)snprintf(a->state_path, sizeof a->state_path, "%s/isolation", folder);
    int rc = isolation_new(a->state_path, &isolation_kernel, param_default(PARAM_ROLLBACK_S) * 1000,
                           &a->isolation);
    if (rc) {
        mem_free(a);
        return err_set(err, rc, "out of memory");
    }
    /* A damaged file or a kernel that refuses must not keep the agent from being reached. */
    if (isolation_restore(a->isolation, clock_mono_ms(), &a->trouble) != 0)
        log_err(LOG_ERROR, "containment could not be restored", &a->trouble);
    else
        err_clear(&a->trouble);
    isolation_status(a->isolation, &a->last);
    log_info("containment", KV_CSTR("state", a->last.isolated ? "isolated" : "released"),
             KV_INT("generation", a->last.generation));
    a->tick_timer = loop_timer(loop, TICK_MS, tick, a);
    *ret_actions = a;
    return 0;
}

void actions_free(struct actions *a)
{
    if (!a)
        return;
    loop_timer_cancel(a->loop, a->tick_timer);
    isolation_free(a->isolation);
    mem_free(a);
}

/* ---------------------------------------------------------------- running */

static void finish(struct actions *a, const struct command *c, int rc, const struct err *err,
                   struct str json)
{
    const char *state = rc == 0                                             ? "succeeded"
                        : rc == E_ARG || rc == E_PARSE || rc == E_NOT_FOUND ? "refused"
                                                                            : "failed";
    char text[ERR_MESSAGE_BYTES] = "";
    if (rc)
        (void)snprintf(text, sizeof text, "%s", err->message[0] ? err->message : err_sentence(rc));
    struct agent_result r = {c->action, str_of(state), str_of(text), json.len ? json : STR("{}")};
    a->hooks->finished(a->arg, &r);
}

void actions_run(struct actions *a, const struct command *c)
{
    struct buf json CLEANUP(buf_done) = {0};
    struct err err = {0};
    struct respond_env env = {.isolation = a->isolation,
                              .generation = c->generation,
                              .lifeline_uid = (uint32_t)a->uplink_uid,
                              .own_root = getpid()};
    a->hooks->started(a->arg, c->action);
    int rc = c->generation && !is_root() ? err_set(&err, E_DENIED, "the agent does not run as root")
                                         : respond_run(&env, c->name, c->arguments, &json, &err);
    look(a);
    finish(a, c, rc, &err, buf_str(&json));
}

void actions_reached(struct actions *a, uint64_t generation)
{
    struct err err = {0};
    if (!a->last.isolated || a->last.confirmed || generation != a->last.generation)
        return;
    if (isolation_confirm(a->isolation, &err) != 0)
        log_err(LOG_ERROR, "the confirmation could not be saved", &err);
    else
        log_info("isolation confirmed: the server was reached through it",
                 KV_INT("generation", (int64_t)generation));
    look(a);
}

void actions_isolation(const struct actions *a, uint64_t *ret_generation, struct str *ret_state)
{
    *ret_generation = a->last.generation;
    *ret_state = a->last.isolated ? STR("isolated") : STR("released");
}

bool actions_in_force(const struct actions *a, uint64_t generation)
{
    return a->last.generation >= generation && a->trouble.code == 0;
}

void actions_trouble(const struct actions *a, struct buf *out)
{
    if (a->trouble.code)
        buf_add_cstr(out, a->trouble.message);
    else if (a->last.rolled_back)
        buf_add_cstr(out, "an isolation undid itself: the server was never reached through it");
    else if (a->last.isolated && !a->last.persisted)
        buf_add_cstr(out, "the isolation would not outlive a restart: its file cannot be written");
    else if (!is_root())
        buf_add_cstr(out, "isolation is not possible: the agent does not run as root");
}

uint64_t actions_reasserted(const struct actions *a)
{
    return a->last.reasserted;
}
