/* The text of the uplink's sandbox on macOS. Text only, so that it is tested everywhere;
 * sandbox_macos.c hands it to the kernel. Private to os/. */
#ifndef CORDON_OS_SANDBOX_SEATBELT_H
#define CORDON_OS_SANDBOX_SEATBELT_H

#include "base/buf.h"

/**
 * Append a profile that forbids programs, listening, people's files, and writing anywhere but at or
 * below the given paths. What the system's own libraries need to look up a name and connect is not
 * listed one by one: a Mac that its server cannot reach any more would be the worse fault.
 *
 * @param write_paths NULL-terminated, absolute, without symbolic links
 * @return 0, E_ARG (a path with a line end or a control character), E_NOMEM
 */
int sandbox_seatbelt_add(struct buf *out, const char *const *write_paths) MUST_CHECK;

#endif
