/* Whether this Mac is managed by an MDM server: then an isolated device keeps root's way to Apple's
 * management ports, so that it can still be locked or erased. */
#ifndef CORDON_RESPOND_MDM_H
#define CORDON_RESPOND_MDM_H

#include <stdbool.h>

#include "base/str.h"

/** The system's program; other systems have none, and are not managed. */
#define MDM_PROFILES "/usr/bin/profiles"

/** Ask `profiles status -type enrollment`; false when it cannot be told. Blocks for a second, 5 s
 * at most. @param program absolute path */
bool mdm_enrolled(const char *program);
/** What that program prints: "MDM enrollment: Yes (User Approved)". @param ret_line the line about
 * enrollment, borrowed; "" when there is none */
bool mdm_says_enrolled(struct str printed, struct str *ret_line);

#endif
