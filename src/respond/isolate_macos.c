/* Isolation on macOS: isolate_pfctl.h with the system's own program and files. See isolate.h. What
 * only a Mac can show is in docs/mac-checklist.md. */
#include "respond/isolate.h"

#include "respond/isolate_pfctl.h"

/* Tokens do not outlive a boot, and neither does what lies in /var/run. */
static struct isolate_pfctl pf = {
    .program = "/sbin/pfctl",
    .token_path = "/var/run/cordon.pf-token",
    .before_path = "/var/run/cordon.pf-before",
    .system_rules = "/etc/pf.conf",
};

int isolate_apply(const struct isolate_policy *policy, struct err *err)
{
    return isolate_pfctl_apply(&pf, policy, err);
}

int isolate_release(struct err *err)
{
    return isolate_pfctl_release(&pf, err);
}

int isolate_check(const struct isolate_policy *wanted, enum isolate_found *ret_found,
                  struct err *err)
{
    return isolate_pfctl_check(&pf, wanted, ret_found, err);
}

int isolate_dry_run(const struct isolate_policy *policy, struct err *err)
{
    return isolate_pfctl_dry_run(&pf, policy, err);
}
