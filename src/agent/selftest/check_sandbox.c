/* The analyst's confinement, tried by a child of ours that then does what is forbidden. */
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/selftest/checks.h"
#include "os/sandbox.h"

enum { HOLDS, PARTLY, REFUSED, LEAKS };

static int try_it(void)
{
    static const char *const nothing[] = {NULL};
    struct sandbox_state state = {0};
    int rc = sandbox_paths(nothing, nothing, &state, NULL);
    if (rc == 0 || rc == E_UNSUPPORTED)
        rc = sandbox_calls(SANDBOX_COMPUTE, &state, NULL);
    if (rc && rc != E_UNSUPPORTED)
        return REFUSED;
    if (!state.calls && !state.paths)
        return REFUSED;
    if (open("/etc/hosts", O_RDONLY | O_CLOEXEC) >= 0)
        return LEAKS;
    return state.calls && state.paths ? HOLDS : PARTLY;
}

void check_sandbox(struct selftest *t, struct selftest_result *r)
{
    int status = -1;
    (void)t;
    pid_t child = fork();
    if (child == 0)
        _exit(try_it());
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : REFUSED;
    switch (code) {
    case HOLDS:
        selftest_ok(r, "calls and paths are restricted");
        break;
    case PARTLY:
        selftest_ok(r, "this kernel has one of the two walls only; it holds");
        break;
    case LEAKS:
        selftest_failed(r, "Report this system's version: the confinement does nothing here.",
                        "a confined process could open a file");
        break;
    default:
        selftest_failed(r, "Report this system's version; the analyst runs without these walls.",
                        "the system refuses the confinement");
        break;
    }
}
