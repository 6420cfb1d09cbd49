/* The desired state of isolation. See isolation.h.
 *
 * Order of steps, so that a crash between any two is harmless: the wish is saved first, then the
 * kernel follows; a restart reads the wish and repeats the second step in either direction. */
#include "respond/isolation.h"

#include <string.h>

#include "base/mem.h"
#include "os/clock.h"
#include "os/failpoint.h"

enum { PROBE_MS = 2000 };

static int probe_kernel(const struct isolate_policy *policy, struct isolate_probe *ret_probe,
                        struct err *err)
{
    return isolate_probe_run(policy, PROBE_MS, ret_probe, err);
}

const struct isolation_backend isolation_kernel = {
    .apply = isolate_apply,
    .release = isolate_release,
    .check = isolate_check,
    .probe = probe_kernel,
};

struct isolation {
    const char *path;
    const struct isolation_backend *backend;
    int64_t rollback_ms;
    struct isolate_record record; /* the wish */
    bool in_kernel;               /* our rules were there when last looked at */
    bool persisted;               /* the file says what `record` says */
    bool rolled_back;
    bool leaks; /* the rules are in the kernel, and the probe came through them */
    struct isolate_probe probe;
    int64_t deadline_ms; /* for an unconfirmed isolation, monotonic */
    uint64_t reasserted;
};

int isolation_new(const char *path, const struct isolation_backend *backend, int64_t rollback_ms,
                  struct isolation **ret_isolation)
{
    struct isolation *i = mem_calloc(1, sizeof *i);
    if (!i)
        return E_NOMEM;
    i->path = path;
    i->backend = backend;
    i->rollback_ms = rollback_ms;
    i->persisted = true; /* no wish yet, none to save */
    *ret_isolation = i;
    return 0;
}

void isolation_free(struct isolation *i)
{
    mem_free(i);
}

/* Failing to save is remembered and tried again, not fatal. */
static void save(struct isolation *i)
{
    i->persisted = FAILPOINT("isolation.save.before") == 0 &&
                   isolate_state_save(i->path, &i->record, NULL) == 0 &&
                   FAILPOINT("isolation.save.after") == 0;
}

static void wish(struct isolation *i, const struct isolate_record *next)
{
    i->record = *next;
    save(i);
}

static int apply(struct isolation *i, struct err *err)
{
    if (FAILPOINT("isolation.apply.before"))
        return err_set(err, E_IO, "fail point");
    int rc = i->backend->apply(&i->record.policy, err);
    if (rc == 0 && FAILPOINT("isolation.apply.after"))
        rc = err_set(err, E_IO, "fail point");
    if (rc == 0)
        i->in_kernel = true;
    return rc;
}

/* Rules that do not hold stay all the same: they may hold somebody, and are looked at again. */
static int look_inside(struct isolation *i, struct err *err)
{
    if (!i->backend->probe)
        return 0;
    int rc = i->backend->probe(&i->record.policy, &i->probe, err);
    i->leaks = rc == E_STATE;
    return i->leaks ? rc : 0;
}

static int take_out(struct isolation *i, struct err *err)
{
    if (FAILPOINT("isolation.release.before"))
        return err_set(err, E_IO, "fail point");
    int rc = i->backend->release(err);
    if (rc == 0 && FAILPOINT("isolation.release.after"))
        rc = err_set(err, E_IO, "fail point");
    if (rc == 0)
        i->in_kernel = i->leaks = false;
    return rc;
}

/* The wish is "not isolated" from here on; the kernel follows, at the next tick if not now. */
static int lift(struct isolation *i, uint64_t generation, struct err *err)
{
    struct isolate_record next = i->record;
    next.isolated = next.confirmed = next.has_code = false;
    memset(next.code_hash, 0, sizeof next.code_hash);
    next.since_ns = clock_wall_ns();
    next.policy.generation = generation;
    wish(i, &next);
    i->in_kernel = true; /* until it is known to be gone */
    return take_out(i, err);
}

int isolation_restore(struct isolation *i, int64_t now_ms, struct err *err)
{
    struct isolate_record found;
    int rc = isolate_state_load(i->path, &found, err);
    if (rc)
        return rc == E_NOT_FOUND ? 0 : rc;
    i->record = found;
    i->deadline_ms = now_ms + i->rollback_ms;
    if (found.isolated)
        return apply(i, err);
    enum isolate_found rules;
    rc = i->backend->check(&found.policy, &rules, err);
    if (rc)
        return rc == E_UNSUPPORTED ? 0 : rc;
    return rules == ISOLATE_ABSENT ? 0 : take_out(i, err);
}

/* A confirmed way to the server is never given up for an untried one. */
static int keep_lifeline(struct isolate_policy *policy, const struct isolate_policy *before,
                         struct err *err)
{
    int rc = 0;
    for (uint32_t n = 0; n < before->lifeline_len && rc == 0; n++)
        rc = isolate_policy_add(policy->lifeline, &policy->lifeline_len, &before->lifeline[n], err);
    return rc;
}

int isolation_order(struct isolation *i, const struct isolate_policy *policy,
                    const unsigned char *code_hash, int64_t now_ms, struct err *err)
{
    const struct isolate_record before = i->record;
    uint64_t current = before.policy.generation;
    if (policy->generation < current ||
        (policy->generation == current && !before.isolated && current))
        return err_set(err, E_STATE, "order %llu is not later than %llu, which is in force",
                       (unsigned long long)policy->generation, (unsigned long long)current);
    struct isolate_record next = {.isolated = true, .policy = *policy};
    next.since_ns = clock_wall_ns();
    next.confirmed = before.isolated && before.confirmed;
    next.has_code = code_hash != NULL;
    if (code_hash)
        memcpy(next.code_hash, code_hash, sizeof next.code_hash);
    int rc = next.confirmed ? keep_lifeline(&next.policy, &before.policy, err) : 0;
    if (rc)
        return rc;
    wish(i, &next);
    rc = apply(i, err);
    if (rc) {
        wish(i, &before);
        if (!before.isolated)
            (void)take_out(i, NULL);
        return rc;
    }
    i->rolled_back = false;
    i->deadline_ms = now_ms + i->rollback_ms;
    return look_inside(i, err);
}

int isolation_release(struct isolation *i, uint64_t generation, struct err *err)
{
    if (generation < i->record.policy.generation)
        return err_set(err, E_STATE, "order %llu is older than %llu, which is in force",
                       (unsigned long long)generation,
                       (unsigned long long)i->record.policy.generation);
    return lift(i, generation, err);
}

int isolation_release_code(struct isolation *i, struct str code, struct err *err)
{
    unsigned char digest[HASH_BYTES];
    if (!i->record.isolated || !i->record.has_code)
        return err_set(err, E_AUTH, "no release code is valid now");
    int rc = hash_sha256(code, digest);
    if (rc)
        return err_set(err, rc, "cannot check the release code");
    if (!hash_equal(str_n((const char *)digest, sizeof digest),
                    str_n((const char *)i->record.code_hash, sizeof i->record.code_hash)))
        return err_set(err, E_AUTH, "the release code is wrong");
    return lift(i, i->record.policy.generation, err);
}

int isolation_confirm(struct isolation *i, struct err *err)
{
    if (!i->record.isolated || i->record.confirmed)
        return 0;
    struct isolate_record next = i->record;
    next.confirmed = true;
    wish(i, &next);
    return i->persisted ? 0 : err_set(err, E_IO, "cannot save %s; it is tried again", i->path);
}

/* Look after rules that should be there. */
static int reassert(struct isolation *i, struct err *err)
{
    enum isolate_found found;
    int rc = i->backend->check(&i->record.policy, &found, err);
    if (rc)
        return rc;
    i->in_kernel = found != ISOLATE_ABSENT;
    if (found == ISOLATE_AS_WANTED)
        return 0;
    rc = apply(i, err);
    if (rc == 0)
        i->reasserted++;
    return rc;
}

int isolation_tick(struct isolation *i, int64_t now_ms, struct err *err)
{
    int rc = 0;
    if (i->record.isolated && !i->record.confirmed && now_ms >= i->deadline_ms) {
        i->rolled_back = true;
        rc = lift(i, i->record.policy.generation, err);
    } else if (i->record.isolated) {
        rc = reassert(i, err);
        if (rc == 0 && i->leaks)
            rc = look_inside(i, err);
    } else if (i->in_kernel) {
        rc = take_out(i, err);
    }
    if (!i->persisted)
        save(i);
    return rc;
}

void isolation_status(const struct isolation *i, struct isolation_status *ret_status)
{
    *ret_status = (struct isolation_status){
        .isolated = i->in_kernel && !i->leaks,
        .confirmed = i->record.confirmed,
        .persisted = i->persisted,
        .rolled_back = i->rolled_back,
        .generation = i->record.policy.generation,
        .reasserted = i->reasserted,
        .since_ns = i->record.since_ns,
        .probe = i->probe,
    };
}

const struct isolate_policy *isolation_policy(const struct isolation *i)
{
    return &i->record.policy;
}
