/* Until somebody has logged in: the first administrator with a one-time password. */
#ifndef CORDON_SERVER_BOOTSTRAP_H
#define CORDON_SERVER_BOOTSTRAP_H

#include "server/server.h"

/**
 * Make the first owner "admin" when there is nobody, or give him another password when he never
 * logged in: the first one may never have been seen. It must be changed at the first log-in.
 * @param ret_password appended when one was made: to be shown once and wiped
 */
int bootstrap_owner(struct server *s, struct buf *ret_password, struct err *err) MUST_CHECK;

/** Write a fresh enrollment token to the configured file, if one is configured; it is good for as
 * many devices as configured. @return also E_ARG (no such number) */
int bootstrap_enrollment(struct server *s, struct err *err) MUST_CHECK;

/**
 * Find out which enrolled device is the machine this server runs on: isolating it asks for its
 * typed name and rolls back. Reads the machine's identity into s->own_machine.
 */
int bootstrap_own_device(struct server *s, struct err *err) MUST_CHECK;

#endif
