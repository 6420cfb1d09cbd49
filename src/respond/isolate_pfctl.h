/* Isolation through the program pfctl of macOS: what is run, in which order, and what its answers
 * mean. Portable, because it only runs a program: tests on Linux give it a stand-in.
 * isolate_macos.c gives it the real one. The rules' text is in isolate_pf.h.
 *
 * pf is reference counted: `pfctl -E` yields a token, given back on release. pf itself is never
 * disabled: others use it. `pfctl -d` of somebody else ends every reference; isolate_pfctl_check
 * notices. Source: pfctl(8) of macOS. */
#ifndef CORDON_RESPOND_ISOLATE_PFCTL_H
#define CORDON_RESPOND_ISOLATE_PFCTL_H

#include "respond/isolate.h"

/** The programs and files, and what is remembered between calls. `{.program = ...}` is ready. */
struct isolate_pfctl {
    const char *program;      /* /sbin/pfctl */
    const char *token_path;   /* keeps our reference; in a folder that a boot empties */
    const char *before_path;  /* the main rules as they were before ours, for people */
    const char *system_rules; /* /etc/pf.conf */
    uint64_t token;           /* our reference while no file could take it; 0 = none */
    bool printed_valid;
    struct isolate_policy printed_for;
    struct buf printed; /* what pf prints for the rules of `printed_for` */
};

/** As isolate_apply, isolate_release and isolate_check of isolate.h. */
int isolate_pfctl_apply(struct isolate_pfctl *p, const struct isolate_policy *policy,
                        struct err *err) MUST_CHECK;
int isolate_pfctl_release(struct isolate_pfctl *p, struct err *err) MUST_CHECK;
int isolate_pfctl_check(struct isolate_pfctl *p, const struct isolate_policy *wanted,
                        enum isolate_found *ret_found, struct err *err) MUST_CHECK;

/** Have pfctl parse the rules for a policy without loading them (`-n`). @return 0, E_STATE (a rule
 * is refused; err quotes), as isolate_apply */
int isolate_pfctl_dry_run(const struct isolate_pfctl *p, const struct isolate_policy *policy,
                          struct err *err) MUST_CHECK;
/** Free what is remembered. */
void isolate_pfctl_done(struct isolate_pfctl *p);

#endif
