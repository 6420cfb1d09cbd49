/* Signs orders for devices: the bridge from the fleet's actions to proto/command. Any thread. */
#ifndef CORDON_SERVER_SIGNER_H
#define CORDON_SERVER_SIGNER_H

#include "server/server.h"

/** For action_policy.signer; `arg` is the server. Containment orders get the lifeline's addresses.
 */
int signer_seal(void *arg, const struct store_action *action, struct buf *out, struct err *err);

/** Append the signed answer to a device's clock challenge (32 hex digits). */
int signer_clock(const struct server *s, struct str device, struct str challenge, struct buf *out,
                 struct err *err) MUST_CHECK;

#endif
