/* Accounts the agent's unprivileged processes run as. */
#ifndef CORDON_AGENT_ACCOUNT_H
#define CORDON_AGENT_ACCOUNT_H

#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

/**
 * Look an account up; an empty name means "nobody". When this process is not root, its own ids.
 * @return 0, E_NOT_FOUND (err names the account), E_DENIED (the account is root)
 */
int account_find(struct str name, uid_t *ret_uid, gid_t *ret_gid, struct err *err) MUST_CHECK;

#endif
