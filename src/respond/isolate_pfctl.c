/* Isolation through pfctl. See isolate_pfctl.h. */
#include "respond/isolate_pfctl.h"

#include <sys/wait.h>
#include <unistd.h>

#include "os/file.h"
#include "os/proc.h"
#include "respond/isolate_pf.h"

#define TIMEOUT_MS     10000
#define OUTPUT_BYTES   (1024 * 1024)
#define SCRATCH_ANCHOR "cordon-check" /* called by nobody */

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_INPUT  ((struct str){0})

/* pfctl prints remarks that mean nothing here on every run; the last line says what failed. */
static struct str last_line(struct str text)
{
    text = str_trim(text);
    size_t end = str_rfind_char(text, '\n');
    return end == SIZE_MAX ? text : str_trim(str_sub(text, end + 1, SIZE_MAX));
}

/* A parse error stands in the line before "pfctl: Syntax error in config file". */
static struct str complaint(struct str errors)
{
    size_t at = str_find(errors, STR("stdin:"));
    if (at == SIZE_MAX)
        return last_line(errors);
    struct str rest = str_sub(errors, at, SIZE_MAX);
    struct str line = {0};
    (void)str_next(&rest, '\n', &line);
    return str_trim(line);
}

/* Run pfctl to a successful end; it prints its results on either stream. */
static int run(const struct isolate_pfctl *p, const char *const *args, struct str input,
               struct buf *out, struct buf *errors, struct err *err)
{
    enum { ARGS_MAX = 8 };
    const char *argv[ARGS_MAX + 2] = {p->program};
    int status;
    for (size_t i = 0; i < ARGS_MAX && args[i]; i++)
        argv[i + 1] = args[i];
    int rc = proc_run(argv, input, TIMEOUT_MS, OUTPUT_BYTES, out, errors, &status, err);
    if (rc == E_NOT_FOUND)
        return err_set(err, E_UNSUPPORTED, "there is no program %s", p->program);
    if (rc)
        return rc;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    struct str says = complaint(buf_str(errors));
    bool denied = str_find(says, STR("Permission denied")) != SIZE_MAX ||
                  str_find(says, STR("Operation not permitted")) != SIZE_MAX;
    if (says.len == 0)
        return err_set(err, E_STATE, "pfctl failed without a word");
    return err_set(err, denied ? E_DENIED : E_STATE, "pfctl: %.*s", STR_FMT(str_sub(says, 0, 300)));
}

static int run_quiet(const struct isolate_pfctl *p, const char *const *args, struct str input,
                     struct err *err)
{
    CLEANUP(buf_done) struct buf out = {0};
    CLEANUP(buf_done) struct buf errors = {0};
    return run(p, args, input, &out, &errors, err);
}

static int run_show(const struct isolate_pfctl *p, const char *const *args, struct buf *out,
                    struct err *err)
{
    CLEANUP(buf_done) struct buf errors = {0};
    return run(p, args, NO_INPUT, out, &errors, err);
}

/* ------------------------------------------------------------------ the reference on pf */

static uint64_t read_token(const struct isolate_pfctl *p)
{
    CLEANUP(buf_done) struct buf text = {0};
    uint64_t token;
    if (p->token)
        return p->token;
    if (file_read(p->token_path, 64, &text, NULL) || str_to_u64(str_trim(buf_str(&text)), &token))
        return 0;
    return token;
}

/* A file that cannot be written must not keep the device from being isolated: at worst pf stays
 * enabled, without rules of ours. */
static void keep_token(struct isolate_pfctl *p, uint64_t token)
{
    CLEANUP(buf_done) struct buf text = {0};
    buf_addf(&text, "%llu\n", (unsigned long long)token);
    p->token = token;
    if (buf_check(&text) == 0 && file_write_atomic(p->token_path, buf_str(&text), 0600, NULL) == 0)
        p->token = 0;
}

/* Take a reference unless the one we have still counts. */
static int enable(struct isolate_pfctl *p, struct err *err)
{
    CLEANUP(buf_done) struct buf out = {0};
    CLEANUP(buf_done) struct buf errors = {0};
    uint64_t token = read_token(p);
    if (token) {
        int shown = run_show(p, ARGS("-s", "References"), &out, err);
        if (shown)
            return shown;
        if (isolate_pf_holds(buf_str(&out), token))
            return 0;
        buf_clear(&out);
    }
    int rc = run(p, ARGS("-E"), NO_INPUT, &out, &errors, err);
    if (rc)
        return rc;
    if (isolate_pf_token(buf_str(&errors), &token) && isolate_pf_token(buf_str(&out), &token))
        return err_set(err, E_PARSE, "pfctl -E printed no token");
    keep_token(p, token);
    return 0;
}

static void give_back(struct isolate_pfctl *p)
{
    CLEANUP(buf_done) struct buf text = {0};
    uint64_t token = read_token(p);
    if (token == 0)
        return;
    buf_addf(&text, "%llu", (unsigned long long)token);
    /* A token of a filter that was disabled meanwhile is not valid any more. */
    (void)!run_quiet(p, ARGS("-X", buf_cstr(&text)), NO_INPUT, NULL);
    (void)unlink(p->token_path);
    p->token = 0;
}

/* ------------------------------------------------------------------ rules */

static int load_anchor(const struct isolate_pfctl *p, const char *anchor,
                       const struct isolate_policy *policy, struct err *err)
{
    CLEANUP(buf_done) struct buf rules = {0};
    int rc = isolate_pf_add_anchor(&rules, policy);
    if (rc)
        return err_set(err, rc, "out of memory");
    return run_quiet(p, ARGS("-a", anchor, "-f", "-"), buf_str(&rules), err);
}

static int load_main(const struct isolate_pfctl *p, bool ours, struct err *err)
{
    CLEANUP(buf_done) struct buf rules = {0};
    int rc = isolate_pf_add_main(&rules, ours);
    if (rc)
        return err_set(err, rc, "out of memory");
    return run_quiet(p, ARGS("-f", "-"), buf_str(&rules), err);
}

/* What other products had loaded, for whoever wonders afterwards. */
static void keep_evidence(const struct isolate_pfctl *p)
{
    CLEANUP(buf_done) struct buf rules = {0};
    if (run_show(p, ARGS("-s", "rules"), &rules, NULL) || isolate_pf_calls_anchor(buf_str(&rules)))
        return;
    if (run_show(p, ARGS("-s", "nat"), &rules, NULL) == 0)
        (void)!file_write_atomic(p->before_path, buf_str(&rules), 0600, NULL);
}

/* What pf prints for the wanted rules, from an anchor that nothing calls; asked once a policy. */
static int print_wanted(struct isolate_pfctl *p, const struct isolate_policy *policy,
                        struct err *err)
{
    if (p->printed_valid && isolate_policy_equal(&p->printed_for, policy))
        return 0;
    p->printed_valid = false;
    buf_clear(&p->printed);
    int rc = load_anchor(p, SCRATCH_ANCHOR, policy, err);
    if (rc == 0)
        rc = run_show(p, ARGS("-a", SCRATCH_ANCHOR, "-s", "rules"), &p->printed, err);
    (void)!run_quiet(p, ARGS("-a", SCRATCH_ANCHOR, "-F", "rules"), NO_INPUT, NULL);
    if (rc)
        return rc;
    p->printed_for = *policy;
    p->printed_valid = true;
    return 0;
}

int isolate_pfctl_check(struct isolate_pfctl *p, const struct isolate_policy *wanted,
                        enum isolate_found *ret_found, struct err *err)
{
    CLEANUP(buf_done) struct buf info = {0};
    CLEANUP(buf_done) struct buf main_rules = {0};
    CLEANUP(buf_done) struct buf have = {0};
    int rc = run_show(p, ARGS("-s", "info"), &info, err);
    if (rc == 0)
        rc = run_show(p, ARGS("-s", "rules"), &main_rules, err);
    if (rc == 0)
        rc = run_show(p, ARGS("-a", ISOLATE_PF_ANCHOR, "-s", "rules"), &have, err);
    if (rc)
        return rc;
    if (!isolate_pf_calls_anchor(buf_str(&main_rules)) && str_trim(buf_str(&have)).len == 0) {
        *ret_found = ISOLATE_ABSENT;
        return 0;
    }
    rc = print_wanted(p, wanted, err);
    if (rc)
        return rc;
    *ret_found = ISOLATE_DIFFERENT;
    if (!isolate_pf_enabled(buf_str(&info)))
        (void)err_set(err, E_STATE, "pf is not enabled");
    else if (!isolate_pf_anchor_first(buf_str(&main_rules)))
        (void)err_set(err, E_STATE, "the main ruleset does not call our anchor first");
    else if (!str_eq(buf_str(&have), buf_str(&p->printed)))
        (void)err_set(err, E_STATE, "the rules of our anchor were changed");
    else
        *ret_found = ISOLATE_AS_WANTED;
    return 0;
}

int isolate_pfctl_apply(struct isolate_pfctl *p, const struct isolate_policy *policy,
                        struct err *err)
{
    enum isolate_found found = ISOLATE_ABSENT;
    if (policy->lifeline_len == 0)
        return err_set(err, E_ARG, "refusing to isolate without an address of the server");
    keep_evidence(p);
    /* The anchor is filled before it is called: the device is never half isolated. */
    int rc = load_anchor(p, ISOLATE_PF_ANCHOR, policy, err);
    if (rc == 0)
        rc = load_main(p, true, err);
    if (rc == 0)
        rc = enable(p, err);
    if (rc == 0)
        rc = isolate_pfctl_check(p, policy, &found, err);
    if (rc)
        return rc;
    if (found == ISOLATE_ABSENT)
        return err_set(err, E_STATE, "pf does not have the rules it was given");
    if (found != ISOLATE_AS_WANTED)
        return E_STATE; /* the check said what differs */
    /* Connections approved before would otherwise go on for ever. */
    return run_quiet(p, ARGS("-F", "states"), NO_INPUT, err);
}

int isolate_pfctl_release(struct isolate_pfctl *p, struct err *err)
{
    CLEANUP(buf_done) struct buf main_rules = {0};
    /* Emptied first: from here on everything passes, whatever becomes of the next steps. */
    int rc = run_quiet(p, ARGS("-a", ISOLATE_PF_ANCHOR, "-F", "rules"), NO_INPUT, err);
    if (rc == 0)
        rc = run_show(p, ARGS("-s", "rules"), &main_rules, err);
    if (rc)
        return rc;
    if (isolate_pf_calls_anchor(buf_str(&main_rules)) &&
        run_quiet(p, ARGS("-f", p->system_rules), NO_INPUT, err) != 0) {
        /* A system file that does not load was no better before: what Apple ships does. */
        rc = load_main(p, false, err);
        if (rc)
            return rc;
        err_clear(err);
    }
    give_back(p);
    return 0;
}

int isolate_pfctl_dry_run(const struct isolate_pfctl *p, const struct isolate_policy *policy,
                          struct err *err)
{
    CLEANUP(buf_done) struct buf anchor = {0};
    CLEANUP(buf_done) struct buf main_rules = {0};
    int rc = isolate_pf_add_anchor(&anchor, policy);
    if (rc == 0)
        rc = isolate_pf_add_main(&main_rules, true);
    if (rc)
        return err_set(err, rc, "out of memory");
    rc = run_quiet(p, ARGS("-n", "-a", ISOLATE_PF_ANCHOR, "-f", "-"), buf_str(&anchor), err);
    return rc ? rc : run_quiet(p, ARGS("-n", "-f", "-"), buf_str(&main_rules), err);
}

void isolate_pfctl_done(struct isolate_pfctl *p)
{
    buf_done(&p->printed);
    p->printed_valid = false;
}
