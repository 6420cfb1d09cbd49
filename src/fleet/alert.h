/* Working on alerts. For units of work. Making them is part of a batch (store_batch_submit). */
#ifndef CORDON_FLEET_ALERT_H
#define CORDON_FLEET_ALERT_H

#include "fleet/actor.h"

/** open -> acknowledged. E_STATE: it is not open. */
int alert_acknowledge(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str id,
                      struct str note, struct err *err) MUST_CHECK;
/** open or acknowledged -> closed; a reason is required. E_STATE: closed already. */
int alert_close(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str id,
                struct str reason, struct err *err) MUST_CHECK;
/** acknowledged or closed -> open. */
int alert_reopen(struct store_tx *tx, const struct actor *by, int64_t now_ns, struct str id,
                 struct str reason, struct err *err) MUST_CHECK;

#endif
