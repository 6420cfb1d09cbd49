/* What macOS has of the agent: its job, its signature, its profiles, the user's session. All by the
 * system's programs; the words are those of launchctl(1), codesign(1) and profiles(1). */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "agent/selftest/checks.h"
#include "os/proc.h"
#include "respond/mdm.h"
#include "respond/message.h"
#include "schema/mac.h"

enum { TIMEOUT_MS = 20000, OUTPUT_BYTES = 4 * 1024 * 1024, USER_BYTES = 64 };

int check_program(const char *const *argv, struct buf *out)
{
    struct buf errors CLEANUP(buf_done) = {0};
    int status;
    if (proc_run(argv, (struct str){0}, TIMEOUT_MS, OUTPUT_BYTES, out, &errors, &status, NULL) != 0)
        return -1;
    buf_add_str(out, buf_str(&errors));
    return buf_check(out) == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool has(const struct buf *text, const char *words)
{
    return str_find(buf_str(text), str_of(words)) != SIZE_MAX;
}

/* The rest of the first line that begins with `key`, "" without one. */
static struct str value_of(const struct buf *text, const char *key)
{
    struct str line;
    for (struct str rest = buf_str(text); str_next(&rest, '\n', &line);) {
        line = str_trim(line);
        if (str_starts(line, str_of(key)))
            return str_trim(str_sub(line, strlen(key), SIZE_MAX));
    }
    return (struct str){0};
}

void check_launchd(struct selftest *t, struct selftest_result *r)
{
    struct buf out CLEANUP(buf_done) = {0};
    const char *argv[] = {t->places->launchctl, "print", "system/" MAC_LABEL, NULL};
    int status = check_program(argv, &out);
    struct str state = value_of(&out, "state = ");
    if (status != 0)
        selftest_failed(r,
                        "Load it: launchctl bootstrap system /Library/LaunchDaemons/" MAC_LABEL
                        ".plist. Where that is refused, see Login Items in System Settings: the "
                        "background item may have been switched off.",
                        "launchd has no job " MAC_LABEL);
    else if (!str_is(state, "running"))
        selftest_failed(r, "Read the agent's log under /Library/Logs/Cordon.",
                        "the job is there but does not run: %.*s", STR_FMT(state));
    else
        selftest_ok(r, "job " MAC_LABEL " runs, pid %.*s", STR_FMT(value_of(&out, "pid = ")));
}

void check_signature(struct selftest *t, struct selftest_result *r)
{
    struct buf shown CLEANUP(buf_done) = {0};
    struct buf verified CLEANUP(buf_done) = {0};
    const char *show[] = {t->places->codesign, "-dv", t->program, NULL};
    const char *verify[] = {t->places->codesign, "--verify", "--strict", t->program, NULL};
    if (check_program(show, &shown) != 0)
        selftest_failed(r, "Install a signed agent: an Apple silicon Mac runs no other.",
                        "%s is not signed", t->program);
    else if (check_program(verify, &verified) != 0)
        selftest_failed(r, "Install the agent anew: the file is not what was signed.",
                        "the signature of %s does not verify", t->program);
    else if (has(&shown, "Signature=adhoc"))
        selftest_ok(r, "signed ad hoc: Full Disk Access given to it holds for this very file only; "
                       "give it to /usr/bin/eslogger instead");
    else
        selftest_ok(r, "signed by team %.*s as %.*s", STR_FMT(value_of(&shown, "TeamIdentifier=")),
                    STR_FMT(value_of(&shown, "Identifier=")));
}

void check_profiles(struct selftest *t, struct selftest_result *r)
{
    struct buf out CLEANUP(buf_done) = {0};
    const char *argv[] = {t->places->profiles, "show", "-type", "configuration", NULL};
    if (!mdm_enrolled(t->places->profiles)) {
        selftest_ok(r, "not managed by MDM: Full Disk Access is given by hand, and the user may "
                       "switch the agent off in Login Items");
        return;
    }
    if (check_program(argv, &out) != 0) {
        selftest_failed(r, "Run it as root: sudo cordon-agent selftest.",
                        "the profiles cannot be listed");
        return;
    }
    bool access = has(&out, MAC_PROFILE_ACCESS);
    bool background = has(&out, MAC_PROFILE_BACKGROUND);
    if (access && background)
        selftest_ok(r, "both profiles are installed");
    else
        selftest_failed(
            r, "Push the files that 'cordon mac-profiles' writes, by MDM.",
            "managed by MDM, but without the profile for %s%s%s", access ? "" : "Full Disk Access",
            access || background ? "" : " and that for ", background ? "" : "the background item");
}

void check_console(struct selftest *t, struct selftest_result *r)
{
    char user[USER_BYTES];
    (void)t;
    if (message_console_user(user, sizeof user))
        selftest_ok(r, "'%s' is at the console; messages become dialogs there", user);
    else
        selftest_ok(r, "nobody is at the console now, so messages would say so");
}
