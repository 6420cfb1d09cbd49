/* The update channel of the prevent lists: a signed list in a file or behind an address of the
 * operator's choosing, looked at regularly, verified with a key that is for nothing else. */
#ifndef CORDON_SERVER_PREVENT_UPDATE_H
#define CORDON_SERVER_PREVENT_UPDATE_H

#include "server/server.h"

struct prevent_update;

/**
 * Begin, when the configuration names a source.
 * @return 0, E_ARG (a source without a key), E_NOT_FOUND, E_PARSE ... (the key cannot be read),
 * E_NOMEM. *ret_update is NULL when no source is named.
 */
int prevent_update_start(struct server *s, struct prevent_update **ret_update,
                         struct err *err) MUST_CHECK;
/** After the worker and the loop ended. NULL is allowed. */
void prevent_update_free(struct prevent_update *u);

#endif
