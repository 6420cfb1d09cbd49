/* Who acts in the tests of fleet/ and above, a CA that issues what it is asked, and a signer. */
#ifndef CORDON_TESTS_HARNESS_FLEET_H
#define CORDON_TESTS_HARNESS_FLEET_H

#include "fleet/action.h"
#include "fleet/device.h"
#include "harness/store.h"

/** A person of a role; the name is the role's. */
struct actor test_actor(enum role_id role);
/** Serial and fingerprint are made from the CSR's text; a CSR "bad" is refused. */
extern const struct device_issuer test_issuer;
/** Policy whose signer writes "signed:<action id>:<generation>". */
struct action_policy test_policy(void);

/** Number of audit entries with this verb, over the whole chain, which must verify. */
unsigned test_audit_count(struct test_store *t, const char *verb);

#endif
