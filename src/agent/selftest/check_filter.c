/* Isolation, without isolating. */
#include <stdio.h>

#include "agent/selftest/checks.h"
#include "respond/isolate.h"
#include "respond/isolate_state.h"

enum { PATH_BYTES = 1024, SOME_UID = 497 };

#ifdef __APPLE__
#define NO_FILTER "pfctl is part of macOS: find out who removed it."
#else
#define NO_FILTER "Install the package nftables."
#endif

static const char *todo_for(int rc)
{
    return rc == E_UNSUPPORTED ? NO_FILTER
           : rc == E_DENIED    ? "Run it as root: sudo cordon-agent selftest."
                               : "Report this with the words above: isolation will not work here.";
}

/* Addresses for documentation (RFC 5737, RFC 3849), one of each family. */
static int sample(struct isolate_policy *p)
{
    static const struct str addresses[] = {STR("192.0.2.1:8443"), STR("[2001:db8::1]:8443")};
    *p = (struct isolate_policy){.generation = 1, .uid = SOME_UID, .keep_mdm = true};
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        struct isolate_address a;
        int rc = isolate_address_parse(addresses[i], &a, NULL);
        if (rc == 0)
            rc = isolate_policy_add(p->lifeline, &p->lifeline_len, &a, NULL);
        if (rc)
            return rc;
    }
    return 0;
}

void check_filter(struct selftest *t, struct selftest_result *r)
{
    struct isolate_policy policy;
    struct err err = {0};
    (void)t;
    int rc = sample(&policy);
    if (rc == 0)
        rc = isolate_dry_run(&policy, &err);
    if (rc)
        selftest_failed_err(r, todo_for(rc), &err);
    else
        selftest_ok(r, "the rules are accepted (dry run)");
}

void check_containment(struct selftest *t, struct selftest_result *r)
{
    char path[PATH_BYTES];
    struct isolate_record record = {0};
    struct err err = {0};
    enum isolate_found found = ISOLATE_ABSENT;
    (void)snprintf(path, sizeof path, "%.*s/monitor/isolation", STR_FMT(t->config->state_dir));
    int rc = isolate_state_load(path, &record, &err);
    if (rc && rc != E_NOT_FOUND) {
        selftest_failed_err(r,
                            rc == E_DENIED ? todo_for(rc)
                                           : "Order isolate or release once more: the file is "
                                             "damaged.",
                            &err);
        return;
    }
    rc = isolate_check(&record.policy, &found, &err);
    if (rc)
        selftest_failed_err(r, todo_for(rc), &err);
    else if (record.isolated && found != ISOLATE_AS_WANTED)
        selftest_failed(r, "Start the agent: it puts the rules back.",
                        "isolation is wanted but not in force%s%s", err.message[0] ? ": " : "",
                        err.message);
    else if (!record.isolated && found != ISOLATE_ABSENT)
        selftest_failed(r, "Start the agent: it takes them out.",
                        "rules of an isolation are in force that is not wanted any more");
    else if (record.isolated)
        selftest_ok(r, "isolated, order %llu, %s", (unsigned long long)record.policy.generation,
                    record.confirmed ? "confirmed" : "not confirmed yet");
    else
        selftest_ok(r, "not isolated");
}
