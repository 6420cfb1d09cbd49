/* Looks from inside at an isolation that was just put in force: does the server still answer the
 * account of the lifeline, and is everybody else shut out? Rules that the packet filter has taken
 * may still not act (another filter in front, a program that goes past it): only packets tell.
 *
 * The address that must not be reachable is the server's own, asked for by another account, so no
 * packet goes to anybody else. Called by isolation.c; blocks for the time it is given. */
#ifndef CORDON_RESPOND_ISOLATE_PROBE_H
#define CORDON_RESPOND_ISOLATE_PROBE_H

#include "respond/isolate_policy.h"

enum isolate_seen {
    ISOLATE_NOT_TRIED, /* not root, the lifeline is root's, or the server is on this machine */
    ISOLATE_SILENT,    /* no answer in time */
    ISOLATE_ANSWERED   /* the connection was accepted, or refused by the host itself */
};

struct isolate_probe {
    enum isolate_seen server; /* as the account of the lifeline: must answer */
    enum isolate_seen others; /* as root: must stay silent */
};

/**
 * @param timeout_ms longest time to wait for the server; it takes a tenth of it at least
 * @return 0 (also when the server is silent: that has other reasons too), E_STATE (`others`
 *         answered: the rules do not hold), E_IO (no socket)
 */
int isolate_probe_run(const struct isolate_policy *policy, int64_t timeout_ms,
                      struct isolate_probe *ret_probe, struct err *err) MUST_CHECK;
/** "not tried", "silent", "answered" */
const char *isolate_seen_name(enum isolate_seen seen);

#endif
