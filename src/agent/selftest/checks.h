/* The checks' functions, bound to their rows in table.c. Private to selftest/. */
#ifndef CORDON_AGENT_SELFTEST_CHECKS_H
#define CORDON_AGENT_SELFTEST_CHECKS_H

#include "agent/selftest/selftest.h"

/* check_access.c */
void check_root(struct selftest *t, struct selftest_result *r);
void check_accounts(struct selftest *t, struct selftest_result *r);
void check_folders(struct selftest *t, struct selftest_result *r);
void check_spool(struct selftest *t, struct selftest_result *r);
/* check_identity.c */
void check_enrolled(struct selftest *t, struct selftest_result *r);
void check_certificate(struct selftest *t, struct selftest_result *r);
/* check_server.c */
void check_server(struct selftest *t, struct selftest_result *r);
void check_clock(struct selftest *t, struct selftest_result *r);
/* check_ruleset.c */
void check_ruleset(struct selftest *t, struct selftest_result *r);
/* check_sandbox.c */
void check_sandbox(struct selftest *t, struct selftest_result *r);
/* check_filter.c */
void check_filter(struct selftest *t, struct selftest_result *r);
void check_containment(struct selftest *t, struct selftest_result *r);
/* check_sensor.c */
void check_eslogger(struct selftest *t, struct selftest_result *r);
void check_full_disk_access(struct selftest *t, struct selftest_result *r);
void check_sensor(struct selftest *t, struct selftest_result *r);
/* check_mac.c */
void check_launchd(struct selftest *t, struct selftest_result *r);
void check_signature(struct selftest *t, struct selftest_result *r);
void check_profiles(struct selftest *t, struct selftest_result *r);
void check_console(struct selftest *t, struct selftest_result *r);

/** Run a program of the system: both streams in `out`. @return its exit status, -1 when it cannot
 * be run or was killed */
int check_program(const char *const *argv, struct buf *out);

#endif
