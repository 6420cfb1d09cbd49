/* Enrollment tokens: what lets a machine become a device. For units of work. */
#ifndef CORDON_FLEET_ENROLLMENT_H
#define CORDON_FLEET_ENROLLMENT_H

#include "fleet/actor.h"

/**
 * Make a token. The caller draws it (os/random.h) and shows it once; only its hash is kept.
 *
 * @param uses       how often it may be used; -1 = no limit (group tokens only); one-time = 1
 * @param expires_ns 0 = after PARAM_ENROLL_TOKEN_TTL_S
 * @return 0, E_DENIED, E_ARG, E_EXISTS
 */
int enrollment_create(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                      struct str token_hash, struct str label, enum enroll_kind kind, int64_t uses,
                      int64_t expires_ns, struct err *err) MUST_CHECK;
int enrollment_revoke(struct store_tx *tx, const struct actor *by, int64_t now_ns,
                      struct str token_hash, struct err *err) MUST_CHECK;
/** Take one use of a token. @return 0, E_AUTH (unknown, revoked, expired or used up: never says
 * which) */
int enrollment_use(struct store_tx *tx, struct str token_hash, int64_t now_ns,
                   struct err *err) MUST_CHECK;

#endif
