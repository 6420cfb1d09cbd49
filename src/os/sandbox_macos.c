/* Confinement on macOS: sandbox_init(3). It is old and marked deprecated, but it is what the
 * system's own services use and there is no other. A process gets one profile, once, so
 * sandbox_paths keeps the paths until sandbox_calls has the rest. Declared here because our headers
 * lack sandbox.h. See sandbox.h. */
#include "os/sandbox.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "os/sandbox_seatbelt.h"

#define PROFILE_IS_NAMED UINT64_C(1)
#define PROFILE_IS_TEXT  UINT64_C(0)
#define PATHS_MAX        4

int sandbox_init(const char *profile, uint64_t flags, char **errorbuf);
void sandbox_free_error(char *errorbuf);

/* Of this process, as its confinement is. */
static char kept[PATHS_MAX][PATH_MAX];
static const char *kept_paths[PATHS_MAX + 1];

static int enter(const char *profile, uint64_t flags, int code, struct err *err)
{
    char *why = NULL;
    if (sandbox_init(profile, flags, &why) == 0)
        return 0;
    int rc = err_set(err, code, "cannot enter the sandbox: %s", why ? why : "no reason given");
    sandbox_free_error(why);
    return rc;
}

int sandbox_calls(enum sandbox_profile profile, struct sandbox_state *state, struct err *err)
{
    CLEANUP(buf_done) struct buf text = {0};
    int rc;
    if (profile == SANDBOX_COMPUTE) {
        /* kSBXProfilePureComputation: nothing but the descriptors the process has. */
        rc = enter("pure-computation", PROFILE_IS_NAMED, E_IO, err);
    } else {
        rc = sandbox_seatbelt_add(&text, kept_paths);
        if (rc)
            return err_set(err, rc, "cannot write the sandbox profile");
        /* A system that refuses the text leaves the uplink as it was; health says so. */
        rc = enter(buf_cstr(&text), PROFILE_IS_TEXT, E_UNSUPPORTED, err);
    }
    if (rc)
        return rc;
    state->calls = state->paths = true;
    state->path_abi = 1;
    state->path_gaps = profile == SANDBOX_COMPUTE ? "" : "reading the system's own files";
    return 0;
}

/* Both profiles settle what may be read by themselves. */
int sandbox_paths(const char *const *read_paths, const char *const *write_paths,
                  struct sandbox_state *state, struct err *err)
{
    (void)read_paths;
    (void)state;
    for (size_t i = 0; write_paths[i]; i++) {
        if (i == PATHS_MAX)
            return err_set(err, E_LIMIT, "more than %d paths", PATHS_MAX);
        if (!realpath(write_paths[i], kept[i]))
            return err_set(err, E_NOT_FOUND, "cannot find %s", write_paths[i]);
        kept_paths[i] = kept[i];
    }
    return 0;
}
