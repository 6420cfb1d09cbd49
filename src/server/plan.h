/* The plan: what devices are to do besides obeying commands, as signed JSON. One for the whole
 * fleet for now: which event kinds are not sent, and where the server is. */
#ifndef CORDON_SERVER_PLAN_H
#define CORDON_SERVER_PLAN_H

#include "server/server.h"

/** Build it from the configuration; fills s->plan_json and s->plan_version. @return 0, E_ARG,
 * E_NOMEM */
int plan_start(struct server *s, struct err *err) MUST_CHECK;

/** Append the addresses an isolated device may still reach, as a JSON array of "ip:port".
 * @return how many; with none a device would refuse to be isolated */
size_t plan_lifeline(const struct server *s, struct json_out *j);

#endif
