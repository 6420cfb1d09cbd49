/* From a request to the handler of its route: the table of schema/route.h, bound here, and the one
 * place where it is checked who calls and whether they may. */
#ifndef CORDON_SERVER_ROUTER_H
#define CORDON_SERVER_ROUTER_H

#include "server/server.h"

/** Handler of the administration listener; `arg` is the server. */
extern const struct http_handler router_admin;
/** Handler of the device listener; `arg` is the server. */
extern const struct http_handler router_device;

/** The handler bound to a route; for the test that every row is bound. */
call_fn router_binding(enum route_id id);

#endif
