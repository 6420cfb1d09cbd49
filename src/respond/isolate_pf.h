/* The isolation policy as pf rules for macOS, and the reading of what pfctl prints. Text only, so
 * that it is tested on every system; isolate_pfctl.c runs pfctl.
 *
 * The rules lie in an anchor of our own that a main ruleset of our own calls before anything of
 * Apple's or of other products. Source: pf.conf(5), pfctl(8) of macOS. */
#ifndef CORDON_RESPOND_ISOLATE_PF_H
#define CORDON_RESPOND_ISOLATE_PF_H

#include "respond/isolate_policy.h"

#define ISOLATE_PF_ANCHOR "cordon"

/** Append the anchor's rules. Ends with a rule that blocks all. @return 0 or E_NOMEM */
int isolate_pf_add_anchor(struct buf *out, const struct isolate_policy *policy) MUST_CHECK;
/** Append the main ruleset that macOS ships; `ours`: with our anchor before it. @return 0 or
 * E_NOMEM */
int isolate_pf_add_main(struct buf *out, bool ours) MUST_CHECK;

/** Whether `pfctl -s info` says that the filter runs. */
bool isolate_pf_enabled(struct str info);
/** Whether `pfctl -s rules` calls our anchor before any other filter rule. */
bool isolate_pf_anchor_first(struct str rules);
/** Whether it calls our anchor anywhere. */
bool isolate_pf_calls_anchor(struct str rules);
/** Whether `pfctl -s References` lists the token. */
bool isolate_pf_holds(struct str references, uint64_t token);
/** The reference that `pfctl -E` printed ("Token : 123"). @return 0 or E_PARSE */
int isolate_pf_token(struct str printed, uint64_t *ret_token) MUST_CHECK;

#endif
