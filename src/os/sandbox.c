/* The sandbox's state in words. See sandbox.h; the walls are in sandbox_<system>.c. */
#include "os/sandbox.h"

void sandbox_state_add(struct buf *out, const struct sandbox_state *state)
{
    buf_add_cstr(out, state->calls ? "calls filtered, " : "calls not filtered, ");
    if (!state->paths) {
        buf_add_cstr(out, "paths not restricted");
        return;
    }
    buf_addf(out, "paths restricted (version %u", state->path_abi);
    if (state->path_gaps && state->path_gaps[0])
        buf_addf(out, ", without %s", state->path_gaps);
    buf_add_char(out, ')');
}
