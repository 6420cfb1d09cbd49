/* Confinement on macOS: sandbox_init(3) with the "pure-computation" profile, which leaves a process
 * only the descriptors it has. The call is old and marked deprecated, but it is what the system's
 * own services use and there is no other. Declared here because our headers lack sandbox.h.
 * Restricting paths, and the uplink's profile, need a profile text of their own and are not done
 * yet: said so, not pretended. See sandbox.h. */
#include "os/sandbox.h"

#include <stdint.h>

#define PROFILE_IS_NAMED UINT64_C(1)

int sandbox_init(const char *profile, uint64_t flags, char **errorbuf);
void sandbox_free_error(char *errorbuf);

int sandbox_calls(enum sandbox_profile profile, struct sandbox_state *state, struct err *err)
{
    char *why = NULL;
    if (profile != SANDBOX_COMPUTE)
        return err_set(err, E_UNSUPPORTED, "this profile is not available on macOS");
    if (sandbox_init("pure-computation", PROFILE_IS_NAMED, &why) != 0) {
        int rc = err_set(err, E_IO, "cannot enter the sandbox: %s", why ? why : "no reason given");
        sandbox_free_error(why);
        return rc;
    }
    state->calls = true;
    return 0;
}

int sandbox_paths(const char *const *read_paths, const char *const *write_paths,
                  struct sandbox_state *state, struct err *err)
{
    (void)read_paths;
    (void)write_paths;
    (void)state;
    return err_set(err, E_UNSUPPORTED, "paths are not restricted on macOS");
}
