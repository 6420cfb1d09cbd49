/* Named places where a test makes the program fail or die. Compiled in only with CORDON_FAILPOINTS
 * (debug and sanitizer builds); nothing at all in a release.
 *
 * Armed through the environment: CORDON_FAILPOINT="name=action[:nth];name2=..." with action
 * `kill` (SIGKILL itself), `error` (the place reports an I/O error), `full` (ENOSPC) or
 * `delay<ms>`; `nth` (1 = first, default) says at which pass. CORDON_FAILPOINT_LOG=path appends
 * every name passed, once per process, so that a test can list them. With
 * CORDON_FAILPOINT_ONCE=path a point acts once in all processes; the file tells that it did.
 * Convention for names:
 * "<module>.<step>.before" and "<module>.<step>.after" around each fsync, rename, send and commit.
 */
#ifndef CORDON_OS_FAILPOINT_H
#define CORDON_OS_FAILPOINT_H

#ifdef CORDON_FAILPOINTS
/** @return 0 to go on, or an errno value the place must behave as if it got */
int failpoint_hit(const char *name);
#define FAILPOINT(name) failpoint_hit(name)
#else
#define FAILPOINT(name) 0
#endif

#endif
