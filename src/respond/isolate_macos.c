/* Isolation on macOS: pfctl loads the rules of isolate_pf.h. See isolate.h.
 *
 * pf is reference counted: `pfctl -E` yields a token, kept in /var/run (tokens do not outlive a
 * boot either), given back on release. pf itself is never disabled: others use it. What only a Mac
 * can show is in docs/mac-checklist.md. */
#include "respond/isolate.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/file.h"
#include "os/proc.h"
#include "respond/isolate_pf.h"

#define PFCTL              "/sbin/pfctl"
#define PFCTL_TIMEOUT_MS   10000
#define PFCTL_OUTPUT_BYTES (1024 * 1024)
#define TOKEN_PATH         "/var/run/cordon.pf-token"
#define SYSTEM_RULES       "/etc/pf.conf"
#define SCRATCH_ANCHOR     "cordon-check" /* called by nobody */

/* Run pfctl to a successful end; it prints its results on either stream. */
static int run(const char *const *args, struct str input, struct buf *out, struct buf *errors,
               struct err *err)
{
    enum { ARGS_MAX = 8 };
    const char *argv[ARGS_MAX + 2] = {PFCTL};
    int status;
    for (size_t i = 0; i < ARGS_MAX && args[i]; i++)
        argv[i + 1] = args[i];
    int rc = proc_run(argv, input, PFCTL_TIMEOUT_MS, PFCTL_OUTPUT_BYTES, out, errors, &status, err);
    if (rc)
        return rc;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    struct str says = str_trim(buf_str(errors));
    int code = str_find(says, STR("Permission denied")) != SIZE_MAX ? E_DENIED : E_STATE;
    return err_set(err, code, "pfctl: %.*s", STR_FMT(str_sub(says, 0, 300)));
}

static int run_quiet(const char *const *args, struct str input, struct err *err)
{
    CLEANUP(buf_done) struct buf out = {0};
    CLEANUP(buf_done) struct buf errors = {0};
    return run(args, input, &out, &errors, err);
}

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_INPUT  ((struct str){0})

/* Take a reference unless we hold one. */
static int enable(struct err *err)
{
    CLEANUP(buf_done) struct buf out = {0};
    CLEANUP(buf_done) struct buf errors = {0};
    uint64_t token;
    if (file_exists(TOKEN_PATH))
        return 0;
    int rc = run(ARGS("-E"), NO_INPUT, &out, &errors, err);
    if (rc)
        return rc;
    if (isolate_pf_token(buf_str(&errors), &token) && isolate_pf_token(buf_str(&out), &token))
        return err_set(err, E_PARSE, "pfctl -E printed no token");
    buf_clear(&out);
    buf_addf(&out, "%llu\n", (unsigned long long)token);
    if (buf_check(&out))
        return err_set(err, buf_check(&out), "out of memory");
    return file_write_atomic(TOKEN_PATH, buf_str(&out), 0600, err);
}

static int disable(struct err *err)
{
    CLEANUP(buf_done) struct buf token = {0};
    int rc = file_read(TOKEN_PATH, 64, &token, err);
    if (rc)
        return rc == E_NOT_FOUND ? 0 : rc;
    buf_truncate(&token, str_trim(buf_str(&token)).len);
    /* A token of a filter that was disabled meanwhile is not valid any more. */
    (void)run_quiet(ARGS("-X", buf_cstr(&token)), NO_INPUT, NULL);
    (void)unlink(TOKEN_PATH);
    return 0;
}

static int load_anchor(const char *anchor, const struct isolate_policy *policy, struct err *err)
{
    CLEANUP(buf_done) struct buf rules = {0};
    int rc = isolate_pf_add_anchor(&rules, policy);
    if (rc)
        return err_set(err, rc, "out of memory");
    return run_quiet(ARGS("-a", anchor, "-f", "-"), buf_str(&rules), err);
}

static int load_main(struct err *err)
{
    CLEANUP(buf_done) struct buf rules = {0};
    int rc = isolate_pf_add_main(&rules);
    if (rc)
        return err_set(err, rc, "out of memory");
    return run_quiet(ARGS("-f", "-"), buf_str(&rules), err);
}

/* What pf prints for the wanted rules, from an anchor that nothing calls. */
static int print_wanted(const struct isolate_policy *policy, struct buf *out, struct err *err)
{
    CLEANUP(buf_done) struct buf errors = {0};
    int rc = load_anchor(SCRATCH_ANCHOR, policy, err);
    if (rc == 0)
        rc = run(ARGS("-a", SCRATCH_ANCHOR, "-s", "rules"), NO_INPUT, out, &errors, err);
    (void)run_quiet(ARGS("-a", SCRATCH_ANCHOR, "-F", "rules"), NO_INPUT, NULL);
    return rc;
}

int isolate_check(const struct isolate_policy *wanted, enum isolate_found *ret_found,
                  struct err *err)
{
    CLEANUP(buf_done) struct buf info = {0};
    CLEANUP(buf_done) struct buf main_rules = {0};
    CLEANUP(buf_done) struct buf have = {0};
    CLEANUP(buf_done) struct buf want = {0};
    CLEANUP(buf_done) struct buf errors = {0};
    int rc = run(ARGS("-s", "info"), NO_INPUT, &info, &errors, err);
    if (rc == 0)
        rc = run(ARGS("-s", "rules"), NO_INPUT, &main_rules, &errors, err);
    if (rc == 0)
        rc = run(ARGS("-a", ISOLATE_PF_ANCHOR, "-s", "rules"), NO_INPUT, &have, &errors, err);
    if (rc)
        return rc;
    bool first = isolate_pf_anchor_first(buf_str(&main_rules));
    if (!first && str_trim(buf_str(&have)).len == 0) {
        *ret_found = ISOLATE_ABSENT;
        return 0;
    }
    rc = print_wanted(wanted, &want, err);
    if (rc)
        return rc;
    *ret_found = ISOLATE_DIFFERENT;
    if (!isolate_pf_enabled(buf_str(&info)))
        (void)err_set(err, E_STATE, "pf is not enabled");
    else if (!first)
        (void)err_set(err, E_STATE, "the main ruleset does not call our anchor first");
    else if (!str_eq(buf_str(&have), buf_str(&want)))
        (void)err_set(err, E_STATE, "the rules of our anchor were changed");
    else
        *ret_found = ISOLATE_AS_WANTED;
    return 0;
}

int isolate_apply(const struct isolate_policy *policy, struct err *err)
{
    enum isolate_found found = ISOLATE_ABSENT;
    if (policy->lifeline_len == 0)
        return err_set(err, E_ARG, "refusing to isolate without an address of the server");
    /* The anchor is filled before it is called: the device is never half isolated. */
    int rc = load_anchor(ISOLATE_PF_ANCHOR, policy, err);
    if (rc == 0)
        rc = load_main(err);
    if (rc == 0)
        rc = enable(err);
    if (rc == 0)
        rc = isolate_check(policy, &found, err);
    if (rc == 0 && found != ISOLATE_AS_WANTED) {
        /* Somebody ran `pfctl -d`: our token went with it. */
        (void)unlink(TOKEN_PATH);
        rc = enable(err);
        if (rc == 0)
            rc = isolate_check(policy, &found, err);
    }
    if (rc)
        return rc;
    if (found != ISOLATE_AS_WANTED)
        return err_set(err, E_STATE, "pf does not have the rules it was given");
    return run_quiet(ARGS("-F", "states"), NO_INPUT, err);
}

int isolate_release(struct err *err)
{
    int rc = run_quiet(ARGS("-f", SYSTEM_RULES), NO_INPUT, err);
    if (rc == 0)
        rc = run_quiet(ARGS("-a", ISOLATE_PF_ANCHOR, "-F", "rules"), NO_INPUT, err);
    return rc ? rc : disable(err);
}
