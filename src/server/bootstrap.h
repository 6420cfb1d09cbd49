/* The first start: the first administrator with a one-time password. */
#ifndef CORDON_SERVER_BOOTSTRAP_H
#define CORDON_SERVER_BOOTSTRAP_H

#include "server/server.h"

/**
 * Make the first owner "admin" when there is nobody. The password must be changed at the first
 * log-in.
 * @param ret_password appended when one was made: to be shown once and wiped
 */
int bootstrap_owner(struct server *s, struct buf *ret_password, struct err *err) MUST_CHECK;

#endif
