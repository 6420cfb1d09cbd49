/* Arguments of an action against its row of schema/action.h: the same check on the server, which
 * signs an order, and on the device, which carries it out. */
#ifndef CORDON_PROTO_ACTION_ARGS_H
#define CORDON_PROTO_ACTION_ARGS_H

#include "base/err.h"
#include "schema/action.h"

/** Check arguments against a row: types, limits, required, nothing unknown. Reads nothing.
 * @return 0, E_PARSE, E_ARG (err names the argument), E_LIMIT, E_NOMEM */
int action_args_check(const struct action_row *row, struct str args_json,
                      struct err *err) MUST_CHECK;

#endif
