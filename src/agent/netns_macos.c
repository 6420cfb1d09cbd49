/* macOS has no network namespaces. See netns.h. */
#include "agent/netns.h"

int netns_enter(struct str path, struct err *err)
{
    return err_set(err, E_UNSUPPORTED, "netns '%.*s': only Linux has network namespaces",
                   STR_FMT(path));
}
