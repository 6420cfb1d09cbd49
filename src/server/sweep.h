/* What time demands: expired orders, rollbacks, expired sessions. Every few seconds on the loop. */
#ifndef CORDON_SERVER_SWEEP_H
#define CORDON_SERVER_SWEEP_H

#include "server/server.h"

/** Begin; goes on until the loop ends. @return 0 or E_NOMEM */
int sweep_start(struct server *s) MUST_CHECK;

#endif
