/* Entering a network namespace: enforcement and the uplink then live in it (Linux; refused
 * elsewhere). */
#ifndef CORDON_AGENT_NETNS_H
#define CORDON_AGENT_NETNS_H

#include "base/err.h"
#include "base/str.h"

/** @param path e.g. /run/netns/NAME. @return 0, E_NOT_FOUND, E_DENIED, E_UNSUPPORTED */
int netns_enter(struct str path, struct err *err) MUST_CHECK;

#endif
